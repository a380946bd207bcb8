// Zones in the hands of officers: drawn, checked, changed by two, imported, taken away.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { identity, position } from "./ais.mjs";
import { SMALL, assertAccessible, assertOurs, live, open, shot } from "./browser.mjs";
import { FIXTURE, SecureServer, Server, folder } from "./server.mjs";

/** Clicks on the map at a place. */
async function clickAt(page, lon, lat) {
  const { x, y } = await page.evaluate(([west, north]) => {
    const { x, y } = window.shorewatchMap.libre.project([west, north]);
    const { left, top } = document.querySelector(".map").getBoundingClientRect();
    return { x: x + left, y: y + top };
  }, [lon, lat]);
  await page.mouse.click(x, y);
}

const toZones = (page) => page.getByRole("button", { name: "Zones", exact: true }).click();
const row = (page, id) => page.locator(`[data-zone="${id}"]`);
const form = (page) => page.locator('[data-form="zone"]');

describe("the chart in officers' hands", () => {
  const server = new Server(["--area", FIXTURE, "--store", folder()]);
  let one;
  let other;
  before(async () => {
    await server.start();
    [one, other] = await Promise.all([open(server), open(server, { viewport: SMALL })]);
    for (const page of [one, other]) {
      await live(page);
      await toZones(page);
      await page.locator("[data-zone]").first().waitFor();
    }
  });
  after(async () => {
    for (const page of [one, other]) await page?.context().close();
    await server.stop();
  });

  test("a zone that is drawn on the map is checked first, then on the chart of everybody", async () => {
    await one.getByRole("button", { name: "New zone" }).click();
    for (const [lon, lat] of [[110.31, 20.12], [110.36, 20.12], [110.36, 20.18], [110.31, 20.18]]) await clickAt(one, lon, lat);
    await form(one).locator('[name="id"]').fill("naval-1");
    await form(one).locator('[name="name"]').fill("Exercise area 1");
    await form(one).locator('[name="name_zh"]').fill("演习区一");
    await form(one).locator('[name="note"]').fill("notice to mariners 17/26");
    assert.equal((await form(one).locator('[name="outline"]').inputValue()).split("\n").length, 4);
    await one.locator('[data-step="validate"]').click();
    await one.locator('[data-answer="ok"]').waitFor();
    assert.equal(await row(other, "naval-1").count(), 0, "a check changes nothing");
    await shot(one, "zone-drawn");
    await assertAccessible(one, "a zone that is drawn");
    await form(one).locator('[type="submit"]').click();
    await row(one, "naval-1").waitFor();
    await row(other, "naval-1").waitFor();
  });

  test("an outline that cannot be one is refused in words, and nothing is changed", async () => {
    const zones = await one.locator("[data-zone]").count();
    await one.getByRole("button", { name: "New zone" }).click();
    await form(one).locator('[name="id"]').fill("crossed");
    const outline = form(one).locator('[name="outline"]');
    await outline.fill("20.10, 110.40\n20.20, 110.50\n20.20, 110.40\n20.10, 110.50");
    await form(one).locator('[type="submit"]').click();
    await one.locator('[data-answer="refused"]').waitFor();
    await shot(one, "zone-refused");
    await outline.fill("20.10, 110.40\nsomewhere off Haikou");
    await outline.blur();
    await form(one).getByText("This is no position").waitFor();
    await one.getByRole("button", { name: "Cancel" }).click();
    assert.equal(await one.locator("[data-zone]").count(), zones);
  });

  test("the second of two who edit a zone is told, and both editions stay on record", async () => {
    for (const page of [one, other]) {
      await row(page, "naval-1").click();
      await page.locator('[data-step="edit"]').click();
    }
    await form(one).locator('[name="name"]').fill("Exercise area A");
    await form(one).locator('[type="submit"]').click();
    await form(one).waitFor({ state: "detached" });
    await form(other).locator('[name="name_zh"]').fill("演习区甲");
    await form(other).locator('[type="submit"]').click();
    await other.locator('[data-answer="conflict"]').waitFor();
    await form(other).locator('[type="submit"]').click();
    await form(other).waitFor({ state: "detached" });
    await one.locator("[data-version]").nth(2).waitFor();
    assert.deepEqual(await one.locator("[data-version]").evaluateAll((items) => items.map((item) => item.dataset.version)), ["3", "2", "1"]);
    await shot(one, "zone-versions");
    await assertAccessible(one, "the versions of a zone");
  });

  test("zones of a file are looked at before they are taken, all or none", async () => {
    await one.getByRole("button", { name: "Import" }).click();
    const square = (west, ring) => ({
      type: "Feature",
      properties: { id: `farm-${west}`, kind: "farm", name: `Farm ${west}` },
      geometry: { type: "Polygon", coordinates: [ring] },
    });
    const ring = (west) => [[west, 20.3], [west + 0.02, 20.3], [west + 0.02, 20.32], [west, 20.32], [west, 20.3]];
    const upload = (features) =>
      one.locator('[data-form="import"] [name="file"]').setInputFiles({
        name: "farms.geojson",
        mimeType: "application/geo+json",
        buffer: Buffer.from(JSON.stringify({ type: "FeatureCollection", features })),
      });
    await upload([square(110.6, ring(110.6)), square(110.7, ring(110.7).slice(0, 2))]);
    await one.locator('[data-form="import"] [data-answer="refused"]').waitFor();
    assert.equal(await one.locator('[data-form="import"] [type="submit"]').isDisabled(), true);
    await upload([square(110.6, ring(110.6)), square(110.7, ring(110.7))]);
    await one.locator('[data-form="import"] [data-answer="ok"]').waitFor();
    await shot(one, "zone-import");
    await assertAccessible(one, "the import");
    await one.locator('[data-form="import"] [type="submit"]').click();
    for (const id of ["farm-110.6", "farm-110.7"]) await row(other, id).waitFor();
  });

  test("a zone is taken off the chart by who is sure of it", async () => {
    await row(other, "farm-110.6").click();
    await other.locator('[data-step="remove"]').click();
    await other.locator('[data-step="remove-surely"]').click();
    await row(one, "farm-110.6").waitFor({ state: "detached" });
    for (const page of [one, other]) assertOurs(page);
  });
});

/** Where the camera of the area stands. */
const CAMERA = { lat: 20.086678, lon: 110.342913 };
/** A picture of one point, and its hash. */
const PNG = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==", "base64");
const SHA256 = createHash("sha256").update(PNG).digest("hex");

/** Sends the picture as the camera's site does, under a hash; gives the status. */
async function putPicture(server, sha256) {
  const [cert, key] = [server.read("site1.pem"), server.read("site1.key")];
  const sent = request(`${server.url}/v1/pictures/${sha256}`, { method: "PUT", cert, key, rejectUnauthorized: false, headers: { "content-type": "image/png" } });
  sent.end(PNG);
  const [answer] = await once(sent, "response");
  answer.resume();
  return answer.statusCode;
}

describe("a zone that an officer drew", () => {
  const server = new SecureServer(110.3);
  let officer;
  let supervisor;
  before(() => server.start());
  after(async () => {
    for (const page of [officer, supervisor]) await page?.context().close();
    await server.stop();
  });

  async function signIn(token, viewport) {
    const page = await open(server, { viewport });
    await page.locator('.sign-in [name="token"]').fill(token);
    await page.locator('.sign-in [type="submit"]').click();
    await live(page);
    return page;
  }

  test("calls the watch when a vessel enters it", async () => {
    officer = await signIn(server.read("watch_officer.token"), SMALL);
    await toZones(officer);
    await officer.locator("[data-zone]").first().waitFor();
    assert.equal(await officer.getByRole("button", { name: "New zone" }).count(), 0, "who only keeps the watch draws none");
    await officer.getByRole("button", { name: "Watch", exact: true }).click();

    supervisor = await signIn(server.read("supervisor.token"));
    await toZones(supervisor);
    await supervisor.locator("[data-zone]").first().waitFor();
    await supervisor.getByRole("button", { name: "New zone" }).click();
    for (const [lon, lat] of [[110.31, 20.12], [110.37, 20.12], [110.37, 20.18], [110.31, 20.18]]) await clickAt(supervisor, lon, lat);
    await form(supervisor).locator('[name="id"]').fill("drawn-1");
    await form(supervisor).locator('[name="name"]').fill("Closed for the regatta");
    await form(supervisor).locator('[name="name_zh"]').fill("赛事封闭区");
    await form(supervisor).locator('[type="submit"]').click();
    await row(supervisor, "drawn-1").waitFor();

    // A vessel from the west sails through it at ten knots, and the camera of the area takes pictures of it.
    const begin = Date.UTC(2026, 3, 17, 15, 10) / 1000;
    const vessel = { mmsi: 413_777_001, callsign: "BTST", name: "STRAIGHT ON" };
    const [lines, detections] = [[], []];
    for (let second = 0; second <= 1_500; second += 10) {
      const unixSeconds = begin + second;
      const at = { lat: 20.15, lon: 110.28 + second * 0.0000492 };
      if (second % 60 === 0) lines.push(...identity({ ...vessel, unixSeconds }));
      lines.push(...position({ ...vessel, ...at, knots: 10, course: 90, unixSeconds }));
      const [east, north] = [(at.lon - CAMERA.lon) * 104_600, (at.lat - CAMERA.lat) * 110_700];
      detections.push(
        JSON.stringify({
          time: new Date(unixSeconds * 1000).toISOString(), sensor: "eo1", azimuth_deg: (Math.atan2(east, north) * 180) / Math.PI + (east < 0 ? 360 : 0),
          range_m: Math.hypot(east, north), class: "cargo", class_confidence: 0.9, image: "https://store.example/<b>1</b>.png", image_sha256: SHA256,
        }),
      );
    }
    const recording = folder();
    writeFileSync(join(recording, "scenario.json"), readFileSync(join(FIXTURE, "scenario.json")));
    writeFileSync(join(recording, "ais1.nmea"), `${lines.join("\n")}\n`);
    writeFileSync(join(recording, "eo1.jsonl"), `${detections.join("\n")}\n`);
    writeFileSync(join(recording, "radar1.ast"), "");
    await server.feed(recording, "--speed", "max");

    const alert = officer.locator("[data-alert^=zone_entry]");
    await alert.waitFor();
    await officer.waitForFunction(() => window.tones > 0);
    await alert.click();
    const opened = officer.locator("[data-open-alert]");
    await opened.getByText("Closed for the regatta").first().waitFor();
    await opened.getByText("STRAIGHT ON").first().waitFor();
    await shot(officer, "zone-alert");
    for (const page of [officer, supervisor]) assertOurs(page);
  });

  test("shows the pictures that the camera took, once its site has sent them", async () => {
    const figure = officer.locator(`[data-open-alert] [data-picture="${SHA256}"]`).first();
    await figure.getByText("it has not been sent here").waitFor();
    await figure.getByText("https://store.example/<b>1</b>.png").waitFor();
    assert.equal(await putPicture(server, "0".repeat(64)), 400, "what is not what it says is refused");
    assert.equal(await putPicture(server, SHA256), 201);
    const image = figure.locator("img");
    await image.waitFor();
    assert.deepEqual(await image.evaluate(({ naturalWidth, naturalHeight }) => [naturalWidth, naturalHeight]), [1, 1]);
    await figure.getByRole("button").click();
    await officer.locator("dialog img.enlarged").waitFor();
    await shot(officer, "alert-picture");
    await assertAccessible(officer, "a picture");
    await officer.keyboard.press("Escape");
    await officer.locator("dialog").waitFor({ state: "detached" });
    assertOurs(officer);
  });
});
