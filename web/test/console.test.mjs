// The console in a real browser, on the real program. Run by scripts/test-console.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";
import { identity, position } from "./ais.mjs";
import { FIXTURE, ROOT, Server } from "./server.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const SCREENSHOTS = process.env.SCREENSHOTS;
/** Nothing here takes so long, unless it hangs. */
const PATIENCE_MS = Number(process.env.PATIENCE_MS ?? 60_000);
const BUNDLE_MAX_BYTES = 600_000;

let browser;

before(async () => {
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--no-sandbox", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
      "--disable-quic", "--autoplay-policy=no-user-gesture-required", "--mute-audio",
    ],
  });
});

after(() => browser?.close());

/** A page of the console that counts tones, and notes whatever it asks of strangers or complains of. */
async function open(server, { path = "/", language = "en", viewport = { width: 1366, height: 768 } } = {}) {
  const context = await browser.newContext({ viewport, locale: language === "zh" ? "zh-CN" : "en-GB", timezoneId: "Asia/Shanghai" });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  page.strangers = [];
  page.complaints = [];
  await page.route("**/*", (route) => {
    const url = route.request().url();
    if (url.startsWith(server.url) || url.startsWith("blob:") || url.startsWith("data:")) return route.continue();
    page.strangers.push(url);
    return route.abort();
  });
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  page.on("console", (message) => {
    if (/content security policy/i.test(message.text())) page.complaints.push(message.text());
  });
  await page.addInitScript(() => {
    window.tones = 0;
    const make = AudioContext.prototype.createOscillator;
    AudioContext.prototype.createOscillator = function counted() {
      window.tones++;
      return make.call(this);
    };
  });
  await page.goto(server.url + path);
  return page;
}

async function shot(page, name) {
  if (SCREENSHOTS) await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
}

async function assertAccessible(page, what) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }),
  );
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const told = serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).slice(0, 3).join(" | ")}`);
  assert.deepEqual(told, [], what);
}

const live = (page) => page.waitForSelector('[data-connection="live"]');
const alertRows = (page) => page.locator("[data-alert]");

function assertOurs(page) {
  assert.deepEqual(page.strangers, [], "nothing is asked of other origins");
  assert.deepEqual(page.complaints, [], "no script fails, nothing is against the content security policy");
}

test("the bundle is small enough for a slow line", () => {
  const assets = join(ROOT, "web/dist/assets");
  const bytes = readdirSync(assets)
    .filter((name) => !name.endsWith(".gz"))
    .reduce((sum, name) => sum + gzipSync(readFileSync(join(assets, name)), { level: 9 }).length, 0);
  assert.ok(bytes <= BUNDLE_MAX_BYTES, `${bytes} bytes compressed`);
});

describe("an evening off Haikou", () => {
  const server = new Server();
  before(async () => {
    await server.start();
  });
  after(() => server.stop());

  test("an alert appears, sounds until it is acknowledged, is opened, and shows on the map", async () => {
    const page = await open(server);
    await live(page);
    assert.equal(await page.evaluate(() => window.tones), 0, "a quiet watch is quiet");
    await page.getByText("No alerts. Quiet watch.").waitFor();

    await server.feed(FIXTURE, "--speed", "max");
    await alertRows(page).first().waitFor();
    await page.waitForFunction(() => window.tones > 0);

    // The picture is on the map: craft of each sort where they are, each with its symbol.
    await page.waitForFunction(() => window.shorewatchMap.libre.queryRenderedFeatures({ layers: ["tracks"] }).length > 20);
    const classes = await page.evaluate(() =>
      [...new Set(window.shorewatchMap.libre.queryRenderedFeatures({ layers: ["tracks"] }).map((it) => it.properties.class))],
    );
    assert.ok(classes.some((name) => name.startsWith("dark")) && classes.some((name) => name.startsWith("fused")), `${classes}`);
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
    await page.waitForTimeout(300);
    const tones = await page.evaluate(() => window.tones);
    await page.waitForTimeout(6_000);
    assert.equal(await page.evaluate(() => window.tones), tones, "acknowledged alerts are silent");
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
      await page.waitForTimeout(500);
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
    await page.keyboard.type(name.toLowerCase());
    await page.keyboard.press("Enter");
    const card = page.locator("section[data-track]");
    await card.waitFor();
    assert.match(await card.innerText(), new RegExp(name.replace(/[^\w]/g, ".")));
    assert.match(await card.innerText(), /\d+\.\d kn/);
    await page.keyboard.press("m");
    await page.waitForTimeout(700);
    await page.mouse.click(420, 200);
    await page.mouse.click(620, 300);
    await page.waitForTimeout(500);
    await shot(page, "craft");
    await assertAccessible(page, "a craft");
    assertOurs(page);
    await page.context().close();
  });

  test("the map stands alone in a frame of another platform, with the filter of its address", async () => {
    const page = await open(server, { path: "/map.html?bbox=110.2,20.0,110.4,20.2&kinds=radar&palette=day&lang=zh" });
    await page.waitForFunction(() => window.shorewatchMap?.libre.queryRenderedFeatures({ layers: ["tracks"] }).length > 0);
    const outside = await page.evaluate(() =>
      window.shorewatchMap.libre
        .queryRenderedFeatures({ layers: ["tracks"] })
        .filter(({ geometry: { coordinates: [lon, lat] } }) => lon < 110.19 || lon > 110.41 || lat < 19.99 || lat > 20.21).length,
    );
    assert.equal(outside, 0);
    assert.equal(await page.evaluate(() => document.documentElement.dataset.palette), "day");
    assert.equal(await page.locator("aside").count(), 0);
    await shot(page, "map-page");
    assertOurs(page);
    await page.context().close();
  });

  test("a server that dies and comes back is followed without a reload", async () => {
    const page = await open(server);
    await live(page);
    await alertRows(page).first().waitFor();
    const before = await alertRows(page).count();
    await page.evaluate(() => {
      window.sameDocument = true;
    });
    await server.kill();
    await page.waitForSelector('[data-connection="broken"]');
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
    const file = join(mkdtempSync(join(tmpdir(), "shorewatch-")), "markup.nmea");
    writeFileSync(file, `${lines.join("\n")}\n`);
    await server.start();
    await server.feed(file, "--speed", "max");

    const page = await open(server);
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
