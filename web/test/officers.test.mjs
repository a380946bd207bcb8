// What officers do with alerts: on record, under several eyes, through the death of a server, by role and unit.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { alertRows, assertAccessible, assertBarFits, assertOurs, live, open, shot, SMALL } from "./browser.mjs";
import { FIXTURE, SecureServer, Server, folder } from "./server.mjs";

/** States of `life.proto`, as the console marks them. */
const LIFE = { acknowledged: "2", verifying: "3", confirmed: "4", dismissed: "5", dispatched: "6", disposed: "7", closed: "8" };
/** Events of `life.proto`. */
const DONE = { acknowledged: "5", verifying: "6", confirmed: "7", dismissed: "8", dispatched: "9", disposed: "10", closed: "11", commented: "12" };

const row = (page, id) => page.locator(`[data-alert="${id}"]`);
const opened = (page, id) => page.locator(`[data-open-alert="${id}"]`);
const button = (page, step) => page.locator(`[data-step="${step}"]`);

/** Opens an alert by its address, as a colleague sends it. */
async function show(page, id) {
  await page.evaluate((hash) => {
    location.hash = hash;
  }, `#/alerts/${encodeURIComponent(id)}`);
  await opened(page, id).waitFor();
}

/** Takes a step with what its form asks for, and waits until it is on record. */
async function step(page, name, state, fields = {}) {
  await button(page, name).click();
  const form = page.locator(`[data-form="${name}"]`);
  if (name !== "acknowledge") {
    for (const [field, value] of Object.entries(fields)) {
      const input = form.locator(`[name="${field}"]`);
      if ((await input.evaluate((it) => it.tagName)) === "SELECT") await input.selectOption(value);
      else await input.fill(value);
    }
    await form.locator('[type="submit"]').click();
  }
  if (state) await page.locator(`.chips [data-life="${state}"]`).waitFor();
  await form.waitFor({ state: "detached" });
}

/** What was done with the open alert, in order. */
async function doings(page) {
  const all = await page.locator(".history [data-event]").evaluateAll((items) => items.map((item) => item.dataset.event));
  return all.filter((event) => Number(event) >= Number(DONE.acknowledged));
}

const alertIds = (page) => alertRows(page).evaluateAll((rows) => rows.map((it) => it.dataset.alert));

describe("two officers on one watch, with a store", () => {
  const store = folder();
  const server = new Server(["--area", FIXTURE, "--store", store]);
  let one;
  let other;
  let ids;
  before(async () => {
    await server.start();
    await server.feed(FIXTURE, "--speed", "max");
    [one, other] = await Promise.all([open(server), open(server, { viewport: SMALL })]);
    for (const page of [one, other]) {
      await live(page);
      await alertRows(page).first().waitFor();
    }
    ids = await alertIds(one);
    assert.ok(ids.length >= 4, `the evening has alerts enough: ${ids}`);
  });
  after(async () => {
    for (const page of [one, other]) await page?.context().close();
    await server.stop();
  });

  test("every alert's families add up to its score, and its items to its families", async () => {
    for (const id of ids) {
      await show(one, id);
      const table = one.locator("table.sum");
      const [total, ...parts] = (await table.locator("td").allInnerTexts()).map((text) => Number(text.replace("−", "-"))).reverse();
      const sum = parts.reduce((all, part) => all + part, 0);
      // Each figure is rounded to a tenth for the eye.
      assert.ok(Math.abs(Math.max(0, sum) - total) <= 0.05 * (parts.length + 1), `${id}: ${parts} make ${sum}, told is ${total}`);
      assert.equal(await table.getAttribute("data-adds-up"), "true", id);
      assert.ok((await one.locator(".evidence .weight").count()) > 0, `${id} has weights`);
    }
  });

  test("an alert is taken from raised to closed, and the second officer sees each step without doing anything", async () => {
    const id = ids[0];
    await show(one, id);
    assert.equal(await one.locator('[data-records="memory"]').count(), 0, "what is on disk needs no warning");
    await step(one, "acknowledge", LIFE.acknowledged);
    await row(other, id).locator(`[data-life="${LIFE.acknowledged}"]`).waitFor();
    await step(one, "verify", LIFE.verifying, { note: "camera eo1" });
    await step(one, "confirm", LIFE.confirmed, { note: "no lights, two persons" });
    await step(one, "dispatch", LIFE.dispatched, { unit: "boat 7", minutes: "25" });
    await show(other, id);
    await other.getByText("boat 7").first().waitFor();
    await shot(other, "alert-dispatched");
    await assertAccessible(other, "an alert with a history");
    await step(one, "dispose", LIFE.disposed, { outcome: "1", reference: "HK-2026-17" });
    await step(one, "close", LIFE.closed);
    const expected = [DONE.acknowledged, DONE.verifying, DONE.confirmed, DONE.dispatched, DONE.disposed, DONE.closed];
    await other.locator(`.history [data-event="${DONE.closed}"]`).waitFor();
    assert.deepEqual(await doings(other), expected);
    assert.match(await other.locator(".history").innerText(), /HK-2026-17/);
    assert.match(await other.locator(".history").innerText(), /camera eo1/);
  });

  test("an alert is dismissed with a reason, and 'other' wants words", async () => {
    const id = ids[1];
    await show(one, id);
    await step(one, "acknowledge", LIFE.acknowledged);
    await button(one, "dismiss").click();
    const form = one.locator('[data-form="dismiss"]');
    await form.locator('[name="reason"]').selectOption("11");
    await form.locator('[type="submit"]').click();
    assert.equal(await form.locator("textarea:invalid").count(), 1, "nothing is sent without words");
    await shot(one, "dismiss-form");
    await form.locator('[name="note"]').fill("regatta of the yacht club");
    await form.locator('[type="submit"]').click();
    await one.locator(`.chips [data-life="${LIFE.dismissed}"]`).waitFor();
    await form.waitFor({ state: "detached" });
    await step(one, "comment", LIFE.dismissed, { note: "told by telephone" });
    await one.locator(`.history [data-event="${DONE.commented}"]`).waitFor();
    assert.deepEqual(await doings(one), [DONE.acknowledged, DONE.dismissed, DONE.commented]);
    await one.keyboard.press("Escape");
    await one.locator(".filters button", { hasText: "Open" }).click();
    await row(one, id).waitFor({ state: "detached" });
  });

  test("the second of two officers at once is told, and overwrites nothing", async () => {
    const id = ids[2];
    for (const page of [one, other]) await show(page, id);
    // The step of the second officer is on its way while the first one's is taken.
    let arrives;
    const onItsWay = new Promise((resolve) => {
      arrives = resolve;
    });
    let letGo;
    const held = new Promise((resolve) => {
      letGo = resolve;
    });
    await other.route("**/*AlertService/VerifyAlert", async (route) => {
      arrives();
      await held;
      await route.continue();
    });
    await button(other, "verify").click();
    await other.locator('[data-form="verify"] [type="submit"]').click();
    await onItsWay;
    await step(one, "acknowledge", LIFE.acknowledged);
    letGo();
    await other.locator('[data-told="conflict"]').waitFor();
    await shot(other, "conflict");
    await other.locator(`.chips [data-life="${LIFE.acknowledged}"]`).waitFor();
    await other.unroute("**/*AlertService/VerifyAlert");
    // Having looked, he sends it again: now it follows from what he sees.
    await other.locator('[data-form="verify"] [type="submit"]').click();
    await other.locator(`.chips [data-life="${LIFE.verifying}"]`).waitFor();
    await one.locator(`.history [data-event="${DONE.verifying}"]`).waitFor();
    assert.deepEqual(await doings(one), [DONE.acknowledged, DONE.verifying]);
  });

  test("a step whose answer is lost is sent again, and done once", async () => {
    const id = ids[3];
    await show(one, id);
    let calls = 0;
    await one.route("**/*AlertService/AcknowledgeAlert", async (route) => {
      calls++;
      if (calls > 1) return route.continue();
      // The server has done it, and the line breaks before the officer's screen knows.
      await route.fetch();
      return route.abort();
    });
    await step(one, "acknowledge", LIFE.acknowledged);
    // The watch may tell it sooner than the second answer.
    await one.locator("[data-told]").waitFor({ state: "detached" });
    await one.unroute("**/*AlertService/AcknowledgeAlert");
    await one.locator(`.history [data-event="${DONE.acknowledged}"]`).waitFor();
    assert.equal(calls, 2);
    assert.deepEqual(await doings(one), [DONE.acknowledged]);
    assert.equal(await one.locator('[data-told="failed"]').count(), 0);
  });

  test("the report counts what was done, and can be taken along as CSV", async () => {
    await one.getByRole("button", { name: "Reports", exact: true }).click();
    const rules = one.locator("table.figures").first();
    await rules.waitFor();
    const column = async (name) => {
      const names = await rules.locator("thead th").allInnerTexts();
      const at = names.indexOf(name) + 1;
      assert.ok(at > 0, `${name} in ${names}`);
      const cells = await rules.locator(`tbody tr > :nth-child(${at})`).allInnerTexts();
      return cells.reduce((sum, cell) => sum + Number(cell), 0);
    };
    assert.equal(await column("True"), 1);
    assert.equal(await column("False"), 1);
    const told = await column("Alerts");
    assert.ok(told >= ids.length, `${told}`);
    await assertAccessible(one, "the report");
    await shot(one, "reports");
    const [download] = await Promise.all([one.waitForEvent("download"), one.getByRole("button", { name: "CSV" }).click()]);
    const csv = readFileSync(await download.path(), "utf8");
    assert.match(csv, /"Grade 1","Grade 2"/);
    assert.ok(csv.split("\r\n").length > 4, csv);
    await one.keyboard.press("Escape");
  });

  test("what happened is replayed as it was known then, and the watch goes on behind it", async () => {
    const id = ids.find((name) => name.startsWith("fast_approach"));
    const [boat] = id.match(/T\d+$/);
    await show(one, id);
    await one.locator(`[data-replay-alert="${id}"]`).click();
    await one.locator('[data-replay="ready"]').waitFor();
    const drawn = (track) =>
      one.waitForFunction((name) => name in window.shorewatchMap.drawn(), track);
    // Minutes after it began the boat is on the map, which it left long ago.
    await one.locator('.replay input[type="range"]').evaluate((slider) => {
      slider.value = String(Number(slider.min) + 14 * 60_000);
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    });
    await drawn(boat);
    await one.locator(".evidence li.then").first().waitFor();
    await shot(one, "replay-alert");
    await assertAccessible(one, "a replay");
    // It runs, faster than time, and what was told later is not in the list yet.
    const before = Number(await one.locator("[data-replay-ms]").getAttribute("data-replay-ms"));
    await one.locator(".replay select").selectOption("60");
    await one.getByRole("button", { name: "Play", exact: true }).click();
    await one.waitForFunction((from) => Number(document.querySelector("[data-replay-ms]").dataset.replayMs) > from + 30_000, before);
    await one.getByRole("button", { name: "Pause", exact: true }).click();
    await one.getByRole("button", { name: "Back to the list" }).click();
    await one.locator(".filters button", { hasText: "All" }).click();
    await one.waitForFunction((all) => document.querySelectorAll("[data-alert]").length < all, ids.length);
    assert.equal(await other.locator("[data-replay]").count(), 0, "the other officer's picture is live");
    await shot(one, "replay-list");
    await one.getByRole("button", { name: "Back to live" }).click();
    await one.waitForFunction((all) => document.querySelectorAll("[data-alert]").length >= all, ids.length);
  });

  test("a server that is killed and started again knows everything that was done", async () => {
    await show(one, ids[0]);
    await show(other, ids[2]);
    await server.kill();
    await one.waitForSelector('[data-connection="broken"]');
    await server.start();
    await live(one);
    await live(other);
    await one.locator(`.chips [data-life="${LIFE.closed}"]`).waitFor();
    await other.locator(`.chips [data-life="${LIFE.verifying}"]`).waitFor();
    await step(other, "confirm", LIFE.confirmed);
    for (const page of [one, other]) assertOurs(page);
  });
});

describe("a server without a store", () => {
  const server = new Server();
  before(() => server.start());
  after(() => server.stop());

  test("says on the screen that what is done is gone when it ends", async () => {
    const page = await open(server);
    await page.locator('[data-records="memory"]').waitFor();
    await live(page);
    await page.keyboard.press("r");
    await page.locator('[data-replay="unkept"]').getByText("keeps no history").waitFor();
    await page.context().close();
  });
});

describe("a server that knows its callers", () => {
  const server = new SecureServer(110.3);
  let pages = [];
  before(async () => {
    await server.start();
    await server.feed(FIXTURE, "--speed", "max");
  });
  after(async () => {
    await Promise.all(pages.map((page) => page.context().close()));
    await server.stop();
  });

  async function signIn(token) {
    const page = await open(server, { viewport: SMALL });
    pages.push(page);
    await page.locator('.sign-in [name="token"]').fill(token);
    await page.locator('.sign-in [type="submit"]').click();
    return page;
  }

  test("shows nothing to who has no token, or a wrong one, and asks again", async () => {
    const page = await signIn("not.a.token");
    await page.getByText("does not accept this token").waitFor();
    assert.equal(await page.locator(".map, [data-alert]").count(), 0);
    await shot(page, "sign-in");
    await assertAccessible(page, "the sign-in");
    await page.locator('.sign-in [name="token"]').fill(server.read("watch_officer.token"));
    await page.locator('.sign-in [type="submit"]').click();
    await live(page);
    assert.match(await page.locator(".who-is-here").innerText(), /watch officer, Joint centre/);
    await assertBarFits(page);
    assertOurs(page);
  });

  test("a unit sees its own waters, on the same chart, and what is handed over to it", async () => {
    const west = await signIn(server.token("li.wei", "watch_officer", "west"));
    const east = await signIn(server.token("wang.fang", "watch_officer", "east"));
    const alerts = [];
    for (const page of [west, east]) {
      await live(page);
      // The coast is drawn, though what lies elsewhere is hidden.
      await page.waitForFunction(() => window.shorewatchMap?.libre.querySourceFeatures("coast", { sourceLayer: "land" }).length > 0);
      await page.locator(".filters button", { hasText: "All" }).click();
      alerts.push(await alertIds(page));
    }
    const [westerly, easterly] = alerts;
    assert.equal(westerly.filter((id) => easterly.includes(id)).length, 0, "no alert is in both waters");
    const [from, to, id, unit] = westerly.length > 0 ? [west, east, westerly[0], "east"] : [east, west, easterly[0], "west"];
    await show(from, id);
    await step(from, "acknowledge", LIFE.acknowledged);
    await step(from, "handOver", LIFE.acknowledged, { unit, note: "goes your way" });
    await row(to, id).waitFor();
    await show(to, id);
    await to.getByText(`Station ${unit}`).first().waitFor();
    await to.getByText("goes your way").waitFor();
    await shot(to, "handed-over");
    for (const page of [west, east]) assertOurs(page);
  });

  test("who only looks on is offered no step", async () => {
    const page = await signIn(server.read("auditor.token"));
    await live(page);
    await page.locator(".filters button", { hasText: "All" }).click();
    await alertRows(page).first().click();
    await page.getByText("Your role looks on").waitFor();
    assert.equal(await page.locator("[data-step]").count(), 0);
    assert.ok((await page.locator(".history li").count()) >= 0);
    assertOurs(page);
  });

  test("a sensor's site sees nothing, and is told so", async () => {
    const page = await signIn(server.read("sensor_feeder.token"));
    await page.getByText("Your role sees nothing here").waitFor();
    assert.equal(await page.locator(".map, [data-alert]").count(), 0);
    assertOurs(page);
  });
});
