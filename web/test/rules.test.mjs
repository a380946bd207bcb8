// The rules on the screen, and another value tried on what was received.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { SMALL, assertAccessible, assertBarFits, assertOurs, live, open, shot } from "./browser.mjs";
import { FIXTURE, SecureServer, Server, folder } from "./server.mjs";

const toRules = (page) => page.getByRole("button", { name: "Rules", exact: true }).click();
const threshold = (page, place) => page.locator(`[data-threshold="${place}"]`);

/** Opens the section of a threshold, and writes another value beside it. */
async function change(page, place, value) {
  const [section] = place.split("/");
  const details = page.locator(`[data-section="${section}"]`);
  if (!(await details.evaluate((it) => it.open))) await details.locator("summary").click();
  const input = threshold(page, place).locator("input");
  await input.fill(value);
  await input.blur();
}

describe("the rules of a server with a store", () => {
  const server = new Server(["--area", FIXTURE, "--store", folder()]);
  let page;
  before(async () => {
    await server.start();
    await server.feed(FIXTURE, "--speed", "max");
    page = await open(server);
    await live(page);
    await page.waitForFunction(() => Number(document.querySelector(".counts b").textContent) > 0);
    await toRules(page);
  });
  after(async () => {
    await page?.context().close();
    await server.stop();
  });

  test("every threshold is there with value, unit and source", async () => {
    await page.locator('[data-edition="shipped-1"]').waitFor();
    await page.getByRole("searchbox", { name: "Find a threshold" }).fill("contact");
    const distance = threshold(page, "contact/distance_m");
    assert.match(await distance.innerText(), /100\.0\s+m/);
    assert.match(await distance.innerText(), /Source: definition/);
    await page.getByRole("searchbox", { name: "Find a threshold" }).fill("");
    const shown = await page.locator("[data-threshold]").count();
    const file = readFileSync(new URL("../../config/rules.toml", import.meta.url), "utf8");
    const filed = file.split("\n").filter((line) => /^\w+ = /.test(line)).length;
    assert.equal(shown, filed, "all of config/rules.toml");
    await assertBarFits(page);
    await shot(page, "rules");
    await assertAccessible(page, "the rules");
  });

  test("a value that cannot be is refused in words", async () => {
    await change(page, "contact/distance_m", "-5.0");
    await page.locator('[data-form="trial"] [type="submit"]').click();
    await page.locator('[data-trial="failed"]').getByText("contact.distance_m = -5 cannot be").waitFor();
    await page.getByRole("button", { name: "Undo all" }).click();
    await page.locator('[data-changed="0"]').waitFor();
  });

  test("another value is tried on the evening, its difference is in the table and on the map, and its file can be had", async () => {
    await change(page, "fast_approach/speed_mps", "6.0");
    await change(page, "fast_approach/duration_s", "20");
    await change(page, "zone_entry/duration_s", "240");
    await page.locator('[data-form="trial"] [name="edition"]').fill("trial-17");
    await page.locator('[data-form="trial"] [type="submit"]').click();
    const result = page.locator('[data-trial="done"]');
    await result.waitFor();
    const total = await result.locator('[data-kind=""] td').allInnerTexts();
    const [appear, vanish, differ, stay] = total.map(Number);
    assert.ok(appear + vanish + differ > 0 && stay > 0, `the evening is told otherwise: ${total}`);
    const rows = await result.locator("[data-change]").count();
    assert.equal(rows, appear + vanish + differ, "every difference has a row");
    await page.waitForFunction((count) => window.shorewatchMap.libre.querySourceFeatures("trial").length >= count, 1);
    const marks = await page.evaluate(() => new Set(window.shorewatchMap.libre.querySourceFeatures("trial").map((it) => it.properties.index)).size);
    assert.equal(marks, rows, "and a mark on the map");
    await result.locator("[data-change]").first().click();
    await result.locator('[data-change][aria-pressed="true"]').waitFor();
    await shot(page, "rules-trial");
    await assertAccessible(page, "a trial of rules");
    const [file] = await Promise.all([page.waitForEvent("download"), result.getByRole("button", { name: "Download the rules" }).click()]);
    assert.equal(file.suggestedFilename(), "trial-17.toml");
    const toml = readFileSync(await file.path(), "utf8");
    assert.match(toml, /edition = "trial-17"/);
    assert.match(toml, /\[fast_approach\]\s+duration_s = 20\s+speed_mps = 6\.0/);
    assert.doesNotMatch(toml, /\[contact\]/, "it says only what differs");
    assert.equal(await page.locator('[data-edition="shipped-1"]').count(), 1, "the rules in force are what they were");
  });

  test("all of it is there in Chinese", async () => {
    await page.locator("h1").first().click();
    await page.keyboard.press("l");
    await page.getByRole("heading", { name: "规则", exact: true }).waitFor();
    await page.locator('[data-trial="done"]').getByText("差异").waitFor();
    await shot(page, "rules-trial-zh");
    const english = await page.locator(".threshold-line > span:first-child, .rule-section summary").evaluateAll((names) => names.map((name) => name.textContent).filter((text) => /^[\x20-\x7e]*$/.test(text)));
    assert.deepEqual(english, [], "every name has one");
    const notes = page.locator(".threshold-note");
    assert.ok((await notes.count()) > 40);
    const untold = await notes.evaluateAll((all) => all.map((note) => note.textContent).filter((text) => !/[\u4e00-\u9fff]/.test(text)));
    assert.deepEqual(untold, [], "every note does");
    await page.keyboard.press("l");
    assertOurs(page);
  });
});

describe("rules by role", () => {
  const server = new SecureServer(110.3);
  let page;
  before(() => server.start());
  after(async () => {
    await page?.context().close();
    await server.stop();
  });

  test("a watch officer sees the thresholds, and is offered no other", async () => {
    page = await open(server, { viewport: SMALL });
    await page.locator('.sign-in [name="token"]').fill(server.read("watch_officer.token"));
    await page.locator('.sign-in [type="submit"]').click();
    await live(page);
    await toRules(page);
    await page.getByText("a supervisor tries others").waitFor();
    await page.locator('[data-threshold="loitering/radius_m"]').waitFor({ state: "attached" });
    assert.equal(await page.locator("[data-threshold] input, [data-form='trial']").count(), 0);
    assertOurs(page);
  });
});
