// The real browser: pages of the console as officers have them, watched for whatever they must not do.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before } from "node:test";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const SCREENSHOTS = process.env.SCREENSHOTS;
/** Nothing here takes so long, unless it hangs. */
const PATIENCE_MS = Number(process.env.PATIENCE_MS ?? 120_000);

/** The browser of these tests: one for each file of them. */
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

/**
 * A page of the console that counts tones, and notes whatever it asks of strangers or complains of. With `clock` the test can let
 * its time pass faster.
 */
export async function open(server, { path = "/", clock = false, language = "en", viewport = { width: 1366, height: 768 } } = {}) {
  // A set-up of one's own has an authority of its own.
  const ignoreHTTPSErrors = server.url.startsWith("https:");
  const context = await browser.newContext({ ignoreHTTPSErrors, viewport, locale: language === "zh" ? "zh-CN" : "en-GB", timezoneId: "Asia/Shanghai", reducedMotion: "reduce" });
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
  if (clock) await page.clock.install();
  await page.goto(server.url + path);
  return page;
}

/** A page of somebody else, which remembers what it says and what goes wrong in it. */
export async function openPlain(url) {
  const context = await browser.newContext({ viewport: { width: 800, height: 600 } });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  await page.addInitScript(() => {
    window.said = [];
    const { log } = console;
    console.log = (...words) => {
      window.said.push(words.join(" "));
      log(...words);
    };
  });
  await page.goto(url);
  return page;
}

/** A picture for people, once the map stands still. */
export async function shot(page, name) {
  if (!SCREENSHOTS) return;
  await page.waitForFunction(() => !window.shorewatchMap || (window.shorewatchMap.libre.loaded() && !window.shorewatchMap.libre.isMoving()));
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
}

export async function assertAccessible(page, what) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }),
  );
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const told = serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).slice(0, 3).join(" | ")}`);
  assert.deepEqual(told, [], what);
}

/** A page whose layout a test says nothing of is small: drawing it costs a machine without a graphics card most of the time. */
export const SMALL = { width: 1024, height: 600 };

/** A page is live when both its pictures, of craft and of alerts, are complete. */
export const live = (page) => page.waitForSelector('[data-connection="live"]');
/** Everything in the bar at the top can be read. */
export async function assertBarFits(page) {
  const cut = await page.locator(".top").evaluate((bar) => [...bar.children].filter((part) => part.getBoundingClientRect().right > innerWidth + 1).map((part) => part.className));
  assert.deepEqual(cut, [], "nothing is cut off at the right");
}

export const alertRows = (page) => page.locator("[data-alert]");

export function assertOurs(page) {
  assert.deepEqual(page.strangers, [], "nothing is asked of other origins");
  assert.deepEqual(page.complaints, [], "no script fails, nothing is against the content security policy");
}
