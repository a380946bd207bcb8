// The console in a real browser, on the real program. Run by scripts/test-console.

import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { identity, position } from "./ais.mjs";
import { alertRows, assertAccessible, assertBarFits, assertOurs, live, open, shot, SMALL } from "./browser.mjs";
import { FIXTURE, ROOT, Server, folder } from "./server.mjs";

const BUNDLE_MAX_BYTES = 600_000;

test("the bundle is small enough for a slow line", () => {
  const assets = join(ROOT, "web/dist/assets");
  const bytes = readdirSync(assets)
    .filter((name) => !name.endsWith(".gz"))
    .reduce((sum, name) => sum + gzipSync(readFileSync(join(assets, name)), { level: 9 }).length, 0);
  assert.ok(bytes <= BUNDLE_MAX_BYTES, `${bytes} bytes compressed`);
});

/** Runs in the page: whether a craft without AIS is on the screen, a diamond of the strongest colour: the middle of it. */
function darkIsDrawn() {
  const { libre, craft } = window.shorewatchMap;
  const dark = Object.values(window.shorewatchMap.drawn()).find(({ symbol, at }) => symbol.startsWith("dark_radar") && libre.getBounds().contains(at));
  if (!dark) return false;
  const { x, y } = libre.project(dark.at);
  const pen = new OffscreenCanvas(1, 1).getContext("2d");
  // What a canvas shows can be read only until the browser takes it.
  craft.draw();
  pen.drawImage(document.querySelector("canvas.craft"), -Math.round(x * devicePixelRatio), -Math.round(y * devicePixelRatio));
  return [...pen.getImageData(0, 0, 1, 1).data].join() === "255,107,74,255";
}

describe("an evening off Haikou", () => {
  const server = new Server();
  before(async () => {
    await server.start();
  });
  after(() => server.stop());

  test("an alert appears, sounds until it is acknowledged, is opened, and shows on the map", async () => {
    const page = await open(server, { clock: true });
    await live(page);
    assert.equal(await page.evaluate(() => window.tones), 0, "a quiet watch is quiet");
    await page.getByText("No alerts. Quiet watch.").waitFor();

    await server.feed(FIXTURE, "--speed", "max");
    await alertRows(page).first().waitFor();
    await page.waitForFunction(() => window.tones > 0);

    // The picture is on the map: craft of each sort where they are, each with its symbol.
    await page.waitForFunction(() => Object.keys(window.shorewatchMap.drawn()).length > 20);
    const classes = await page.evaluate(() => [...new Set(Object.values(window.shorewatchMap.drawn()).map(({ symbol }) => symbol))]);
    assert.ok(classes.some((name) => name.startsWith("dark")) && classes.some((name) => name.startsWith("fused")), `${classes}`);
    await page.waitForFunction(darkIsDrawn);
    await assertBarFits(page);
    await shot(page, "watch-dusk");
    await assertAccessible(page, "the watch");

    const first = await alertRows(page).first().getAttribute("data-alert");
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.waitForSelector(`[data-open-alert="${first}"]`);
    assert.ok((await page.locator(".evidence li").count()) > 0, "every alert has reasons");
    await shot(page, "alert-en");
    await assertAccessible(page, "an alert");

    // Silenced, all of them, it stays silent.
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: /^Silence/ }).click();
    await page.locator(".calling").first().waitFor({ state: "detached" });
    const tones = await page.evaluate(() => window.tones);
    // Longer than the longest pause between two soundings.
    await page.clock.runFor(20_000);
    assert.equal(await page.evaluate(() => window.tones), tones, "acknowledged alerts are silent");
    assertOurs(page);
    await page.context().close();
  });

  test("craft are drawn again when the graphics card was lost and came back", async () => {
    const page = await open(server);
    await live(page);
    await page.waitForFunction(darkIsDrawn);
    await page.evaluate(async () => {
      for (const canvas of [window.shorewatchMap.libre.getCanvas(), document.querySelector("canvas.craft")]) {
        const card = canvas.getContext("webgl2").getExtension("WEBGL_lose_context");
        const lost = new Promise((resolve) => canvas.addEventListener("webglcontextlost", resolve, { once: true }));
        card.loseContext();
        await lost;
        // Only when all have heard of it may it come back.
        await new Promise((resolve) => setTimeout(resolve, 100));
        card.restoreContext();
      }
    });
    await page.waitForFunction(() => window.shorewatchMap.restored === 1);
    await page.waitForFunction(darkIsDrawn);
    await page.waitForFunction(() => window.shorewatchMap.libre.querySourceFeatures("names").length > 5);
    assertOurs(page);
    await page.context().close();
  });

  test("Chinese and English, day and night are one key away", async () => {
    const page = await open(server);
    await live(page);
    await alertRows(page).first().waitFor();
    for (const palette of ["night", "day", "dusk"]) {
      await page.keyboard.press("p");
      await page.waitForFunction((name) => document.documentElement.dataset.palette === name, palette);
      await assertAccessible(page, palette);
      await shot(page, `watch-${palette}`);
    }
    await page.keyboard.press("l");
    await page.getByRole("heading", { name: "告警" }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), "zh");
    await alertRows(page).first().click();
    await page.getByRole("heading", { name: "证据" }).waitFor();
    await shot(page, "alert-zh");
    const evidence = await page.locator(".evidence .sentence").first().innerText();
    assert.match(evidence, /\p{Script=Han}/u, "evidence is told in Chinese");
    assertOurs(page);
    await page.context().close();
  });

  test("a craft is found by its name, and what is known of it is told", async () => {
    const page = await open(server);
    await live(page);
    const name = await page.evaluate(async () => {
      const answer = await fetch("/ogc/collections/tracks/items?limit=1000");
      const { features } = await answer.json();
      return features.map((it) => it.properties.name).find((it) => it);
    });
    await page.waitForFunction(() => Number(document.querySelector(".counts b").textContent) > 20);
    await page.keyboard.press("/");
    // Before the field has the keys, letters are commands.
    await page.waitForFunction(() => document.activeElement?.matches("dialog input"));
    await page.keyboard.type(name.toLowerCase());
    await page.keyboard.press("Enter");
    const card = page.locator("section[data-track]");
    await card.waitFor();
    assert.match(await card.innerText(), new RegExp(name.replace(/[^\w]/g, ".")));
    assert.match(await card.innerText(), /\d+\.\d kn/);
    // What made it stands on the map, and beside it how much each sensor gave.
    await card.getByLabel("Show its measurements on the map").check();
    await card.locator("table[data-made-of]").waitFor();
    assert.match(await card.locator("table[data-made-of]").innerText(), /ais\d?\s+\d+/);
    const made = Number(await card.locator("table[data-made-of]").getAttribute("data-made-of"));
    assert.ok(made > 10, `${made} measurements`);
    await page.waitForFunction(() => {
      const dots = window.shorewatchMap.libre.querySourceFeatures("measured").map((it) => it.properties.kind);
      return dots.length > 5 && dots.includes("ais");
    });
    await shot(page, "craft-measured");
    // What an officer knows of it stands beside what the sensors tell, with who and why, until it is taken back.
    await card.locator('[data-step="say"]').click();
    const saying = card.locator('[data-form="say"]');
    await saying.locator('[name="name"]').fill("琼渔 <b>07</b>");
    await saying.locator('[name="class"]').selectOption("fishing");
    await saying.locator('[name="reason"]').fill("seen from the pier");
    await shot(page, "craft-say");
    await assertAccessible(page, "what is known of a craft");
    await saying.locator('[type="submit"]').click();
    const stated = card.locator("[data-stated]");
    await stated.getByText("琼渔 <b>07</b>").waitFor();
    assert.match(await stated.innerText(), /fishing[^]*seen from the pier[^]*local/);
    assert.match(await card.locator("h2").first().innerText(), new RegExp(name.replace(/[^\w]/g, ".")), "its own word stays");
    await card.locator('[data-step="say"]').click();
    await saying.locator('[name="reason"]').fill("it was another");
    await saying.locator('[data-step="take-back"]').click();
    await stated.waitFor({ state: "detached" });
    await page.keyboard.press("m");
    await page.mouse.click(420, 200);
    await page.mouse.click(620, 300);
    // Range and bearing as the map draws them: 200 pixels to the east and 100 to the south are a course of 116.6°.
    await page.waitForFunction(() => {
      const labels = window.shorewatchMap.libre.querySourceFeatures("tool").map((it) => it.properties.label ?? "");
      return labels.some((label) => /^116\.[5-7]°  \d+\.\d+ nm$/.test(label));
    });
    await shot(page, "craft");
    await assertAccessible(page, "a craft");
    assertOurs(page);
    await page.context().close();
  });

  test("every zone of the chart is in the list, and shown on the map where it is", async () => {
    const page = await open(server);
    await live(page);
    const charted = await page.evaluate(async () => {
      const answer = await fetch("/ogc/collections/zones/items?limit=1000");
      const { features } = await answer.json();
      return features.map((it) => it.id);
    });
    await page.getByRole("button", { name: "Zones", exact: true }).click();
    await page.locator("[data-zone]").first().waitFor();
    const listed = await page.locator("[data-zone]").evaluateAll((rows) => rows.map((row) => row.dataset.zone));
    assert.deepEqual(listed.toSorted(), charted.toSorted());
    await page.getByRole("searchbox", { name: "Search" }).fill("xiuying");
    assert.equal(await page.locator("[data-zone]").count(), 1);
    await page.locator("[data-zone]").click();
    // Xiuying lies off 110.28° E, 20.02° N.
    await page.waitForFunction(() => {
      const [west, south, east, north] = window.shorewatchMap.view();
      return west > 110.2 && east < 110.35 && south > 19.95 && north < 20.1;
    });
    await page.getByRole("searchbox", { name: "Search" }).fill("");
    await shot(page, "zones");
    await assertAccessible(page, "the zones");
    assertOurs(page);
    await page.context().close();
  });

  test("every sensor of the area tells how it does, and where it sees", async () => {
    const page = await open(server);
    await live(page);
    const listed = await page.evaluate(async () => {
      const { features } = await (await fetch("/ogc/collections/sensors/items?limit=1000")).json();
      return features.map((it) => it.id);
    });
    await page.getByRole("button", { name: "Sensors", exact: true }).click();
    await page.locator("[data-sensor]").first().waitFor();
    const shown = await page.locator("[data-sensor]").evaluateAll((rows) => rows.map((row) => row.dataset.sensor));
    assert.deepEqual(shown.toSorted(), listed.toSorted());
    const radar = page.locator('[data-sensor="radar1"]');
    assert.match(await radar.innerText(), /Range bias\s+−?\d+( ± \d+)? m/);
    assert.match(await radar.innerText(), /Taken\s+[\d,]+/);
    const seen = () => window.shorewatchMap.libre.querySourceFeatures("seen").map((it) => it.properties.says);
    assert.deepEqual(await page.evaluate(seen), [], "no coverage is drawn unasked");
    const choice = page.locator('[name="coverage"]');
    await choice.locator("option", { hasText: "Radar radar1" }).waitFor({ state: "attached" });
    await choice.selectOption({ label: "Radar radar1" });
    await page.waitForFunction(() => window.shorewatchMap.libre.querySourceFeatures("seen").some((it) => /share|sight/.test(it.properties.says)));
    await shot(page, "sensors");
    await assertAccessible(page, "the sensors");
    assertOurs(page);
    await page.context().close();
  });

  test("the map stands alone in a frame of another platform, with the filter of its address", async () => {
    const page = await open(server, { viewport: SMALL, path: "/map.html?bbox=110.2,20.0,110.4,20.2&kinds=radar&palette=day&lang=zh" });
    await page.waitForFunction(() => Object.keys(window.shorewatchMap?.drawn() ?? {}).length > 0);
    const outside = await page.evaluate(() =>
      Object.values(window.shorewatchMap.drawn()).filter(({ at: [lon, lat] }) => lon < 110.19 || lon > 110.41 || lat < 19.99 || lat > 20.21).length,
    );
    assert.equal(outside, 0);
    assert.equal(await page.evaluate(() => document.documentElement.dataset.palette), "day");
    assert.equal(await page.locator("aside").count(), 0);
    await shot(page, "map-page");
    assertOurs(page);
    await page.context().close();
  });

  test("a server that dies and comes back is followed without a reload", async () => {
    const page = await open(server, { viewport: SMALL });
    await live(page);
    await alertRows(page).first().waitFor();
    const before = await alertRows(page).count();
    await page.evaluate(() => {
      window.sameDocument = true;
    });
    await server.kill();
    await page.waitForSelector('[data-connection="broken"]');
    await assertBarFits(page);
    await shot(page, "broken");
    assert.equal(await alertRows(page).count(), before, "what was told stays on the screen meanwhile");
    await server.start();
    await server.feed(FIXTURE, "--speed", "max");
    await live(page);
    await page.waitForFunction((count) => document.querySelectorAll("[data-alert]").length >= count, before);
    assert.equal(await page.evaluate(() => window.sameDocument), true);
    assertOurs(page);
    await page.context().close();
  });
});

describe("a vessel whose name is markup", () => {
  const server = new Server([]);
  after(() => server.stop());

  test("its name is shown as it is, and does nothing", async () => {
    const begin = Date.UTC(2026, 3, 17, 12) / 1000;
    const vessel = { mmsi: 413_999_001, callsign: "<B>&", name: "<SVG/ONLOAD=BREAK()>" };
    const lines = [];
    for (let second = 0; second <= 180; second += 10) {
      const unixSeconds = begin + second;
      if (second % 60 === 0) lines.push(...identity({ ...vessel, unixSeconds }));
      lines.push(...position({ ...vessel, lat: 20.15, lon: 110.3 + second * 0.00005, knots: 10, course: 90, unixSeconds }));
    }
    const file = join(folder(), "markup.nmea");
    writeFileSync(file, `${lines.join("\n")}\n`);
    await server.start();
    await server.feed(file, "--speed", "max");

    const page = await open(server, { viewport: SMALL });
    await page.evaluate(() => {
      window.broken = false;
      window.BREAK = () => {
        window.broken = true;
      };
    });
    await live(page);
    await page.waitForFunction(() => Number(document.querySelector(".counts b").textContent) === 1);
    await page.keyboard.press("/");
    await page.keyboard.type("svg/onload");
    await page.keyboard.press("Enter");
    await page.locator("section[data-track] h2", { hasText: vessel.name }).waitFor();
    await shot(page, "markup");
    assert.equal(await page.evaluate(() => window.broken), false);
    assert.equal(await page.locator("svg[onload], section[data-track] h2 > *").count(), 0);
    assertOurs(page);
    await page.context().close();
  });
});
