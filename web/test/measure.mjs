// What 5,000 live tracks cost the browser's main thread. Not a test: figures depend on the machine.
//   scripts/build-console && cargo build && CHROMIUM=/usr/bin/chromium node web/test/measure.mjs [VESSELS] [SECONDS]

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { identity, position } from "./ais.mjs";
import { Server, folder } from "./server.mjs";

const vessels = Number(process.argv[2] ?? 5_000);
const seconds = Number(process.argv[3] ?? 60);
/** The heap is looked at so often. */
const EVERY_S = 60;
/** Confirmed by then, all of them. */
const SETTLED_S = 20;

/** Vessels in rows in the first view, each under way, each reporting once a second. */
function recording() {
  const begin = Date.UTC(2026, 3, 17, 12) / 1000;
  const lines = [];
  for (let second = 0; second < seconds + SETTLED_S + 10; second++) {
    for (let index = 0; index < vessels; index++) {
      const mmsi = 412_000_000 + index;
      const unixSeconds = begin + second;
      const lat = 19.65 + Math.floor(index / 100) * 0.018;
      const lon = 109.7 + (index % 100) * 0.012 + second * 0.00005;
      if (second === index % 10) lines.push(...identity({ mmsi, name: `VESSEL ${index}`, callsign: `B${index}`, unixSeconds }));
      lines.push(...position({ mmsi, lat, lon, knots: 10, course: 90, unixSeconds }));
    }
  }
  const file = join(folder(), "traffic.nmea");
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}

const server = await new Server([]).start();
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const page = await browser.newPage({ viewport: { width: 1366, height: 768 } });
const devtools = await page.context().newCDPSession(page);
await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
const metrics = async () => {
  const { metrics: all } = await devtools.send("Performance.getMetrics");
  return Object.fromEntries(all.map(({ name, value }) => [name, value]));
};
/** What is in use once nothing is left to collect. */
const heapMb = async () => {
  await devtools.send("HeapProfiler.collectGarbage");
  return (await metrics()).JSHeapUsedSize / 1e6;
};

const opened = performance.now();
await page.goto(server.url);
await page.waitForFunction(() => window.shorewatchMap?.libre.loaded());
const wall = performance.now() - opened;
console.log(`first picture ${wall.toFixed(0)} ms after opening, of which the page's thread worked ${((await metrics()).TaskDuration * 1000).toFixed(0)} ms`);

const feeding = server.feed(recording(), "--speed", "1");
await page.waitForFunction((count) => Number(document.querySelector(".counts b").textContent) >= count, vessels, { timeout: 120_000 });
const before = await metrics();
for (let passed = 0; passed < seconds * 0.7; passed += EVERY_S) {
  await page.waitForTimeout(Math.min(EVERY_S, seconds * 0.7 - passed) * 1000);
  console.log(`heap after ${passed + EVERY_S} s: ${(await heapMb()).toFixed(1)} MB`);
}
const after = await metrics();
const span = after.Timestamp - before.Timestamp;
for (const name of ["TaskDuration", "ScriptDuration", "LayoutDuration", "RecalcStyleDuration"]) {
  console.log(`${name}: ${(((after[name] - before[name]) / span) * 1000).toFixed(1)} ms of the main thread a second`);
}
await browser.close();
await server.kill();
await feeding.catch(() => {});
process.exit(0);
