// What 5,000 live tracks cost the browser's main thread, each updated once a second (or every so many), and whether its memory grows. Not a
// test: figures depend on the machine.
//   scripts/build-console && cargo build && CHROMIUM=/usr/bin/chromium node web/test/measure.mjs [VESSELS] [SECONDS] [EVERY]
//
// "An update" is what comes of one second of reports, however many messages and frames that takes: the time of all tasks of the page's main
// thread in that second, as the browser's own trace has it, in time of the thread (what others do on the machine does not count).

import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { identity, position } from "./ais.mjs";
import { Server, folder } from "./server.mjs";

const vessels = Number(process.argv[2] ?? 5_000);
const seconds = Number(process.argv[3] ?? 60);
const every = Number(process.argv[4] ?? 1);
/** The heap is looked at so often. */
const EVERY_S = 60;
/** By then all are there and have said their names: what follows is what goes on for hours. */
const SETTLED_S = 20;
/** So long the browser writes a trace: it keeps all of it in memory. */
const TRACED_S = 20;

/** Vessels in rows in the first view, each under way. */
function recording() {
  const begin = Date.UTC(2026, 3, 17, 12) / 1000;
  const file = join(folder(), "traffic.nmea");
  for (let second = 0; second < seconds + 2 * SETTLED_S + TRACED_S; second++) {
    const lines = [];
    for (let index = second % every; index < vessels; index += every) {
      const mmsi = 412_000_000 + index;
      const unixSeconds = begin + second;
      const lat = 19.65 + Math.floor(index / 100) * 0.018;
      const lon = 109.7 + (index % 100) * 0.012 + second * 0.00005;
      if (second < 10 * every && Math.floor(second / every) === Math.floor(index / every) % 10) lines.push(...identity({ mmsi, name: `VESSEL ${index}`, callsign: `B${index}`, unixSeconds }));
      lines.push(...position({ mmsi, lat, lon, knots: 10, course: 90, unixSeconds }));
    }
    appendFileSync(file, `${lines.join("\n")}\n`);
  }
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

/** The value below which so large a share of all lie. */
const share = (values, part) => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))];

/** Milliseconds of thread time of each second of the trace: all tasks of the main thread, and by what they did. */
async function traced(length) {
  await browser.startTracing(page, { categories: ["disabled-by-default-devtools.timeline", "devtools.timeline", "toplevel"] });
  await page.waitForTimeout(length * 1000);
  const { traceEvents } = JSON.parse(await browser.stopTracing());
  const threads = traceEvents.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain");
  const all = (name) => traceEvents.filter((it) => it.name === name && it.ph === "X" && it.tdur !== undefined);
  // Of several pages the one that works is ours.
  const busy = ({ pid, tid }) => all("RunTask").filter((it) => it.pid === pid && it.tid === tid);
  const ours = threads.toSorted((a, b) => busy(b).length - busy(a).length)[0];
  const begun = Math.min(...busy(ours).map(({ ts }) => ts));
  return (name) => {
    const seconds = new Array(length).fill(0);
    for (const { ts, tdur, pid, tid } of all(name)) {
      const second = Math.floor((ts - begun) / 1e6);
      if (pid === ours.pid && tid === ours.tid && second < length) seconds[second] += tdur / 1000;
    }
    return seconds;
  };
}

for (const [again, what] of [[false, "opened for the first time"], [true, "opened again"]]) {
  const before = (await metrics()).TaskDuration;
  const opened = performance.now();
  await (again ? page.reload() : page.goto(server.url));
  await page.waitForFunction(() => window.shorewatchMap?.libre.loaded());
  const wall = performance.now() - opened;
  console.log(`${what}: first picture after ${wall.toFixed(0)} ms, of which the page's thread worked ${(((await metrics()).TaskDuration - (again ? 0 : before)) * 1000).toFixed(0)} ms`);
}

const feeding = server.feed(recording(), "--speed", "1");
await page.waitForFunction((count) => Number(document.querySelector(".counts b").textContent) >= count, vessels, { timeout: 120_000 });
await page.waitForTimeout(SETTLED_S * 1000);
const times = await traced(TRACED_S);
for (const [name, what] of [["RunTask", "all tasks"], ["HandlePostMessage", "messages of the workers"], ["FireAnimationFrame", "frames"]]) {
  const seconds = times(name);
  console.log(`main thread, ${what}, ms an update: median ${share(seconds, 0.5).toFixed(1)}, p95 ${share(seconds, 0.95).toFixed(1)}`);
}
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
