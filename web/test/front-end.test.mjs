// The examples of docs/front-end.md as a front-end developer takes them: on a page of another origin, in the browser.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { build } from "vite";
import { openPlain } from "./browser.mjs";
import { FIXTURE, ROOT, Server, folder } from "./server.mjs";

const WEB = join(ROOT, "web");
const DOCUMENTED = "http://127.0.0.1:7411";
/** Beside the packages that examples import. */
const SCRATCH = join(WEB, "node_modules/.cache/examples");

/** The examples under a heading. */
function examples(heading) {
  const text = readFileSync(join(ROOT, "docs/front-end.md"), "utf8");
  const section = text.split(/^## /m).find((part) => part.startsWith(heading));
  assert.ok(section, `docs/front-end.md has a section '${heading}'`);
  return [...section.matchAll(/```(js|ts|html)\n(.*?)```/gs)].map(([, kind, code]) => ({ kind, code }));
}

/** What a developer's bundler makes of an example. */
async function bundled({ kind, code }, serverUrl) {
  mkdirSync(SCRATCH, { recursive: true });
  const file = join(SCRATCH, `example.${kind}`);
  writeFileSync(file, code.replaceAll(DOCUMENTED, serverUrl).replaceAll('"./gen/', `"${WEB}/src/gen/`));
  const { output } = await build({
    root: WEB,
    configFile: false,
    logLevel: "silent",
    build: { write: false, target: "es2022", modulePreload: { polyfill: false }, rolldownOptions: { input: file, external: ["maplibre-gl"] } },
  });
  return output[0].code;
}

/** Another platform: pages of its own, and a copy of MapLibre. */
class Platform {
  pages = new Map();

  async start() {
    this.server = createServer((request, response) => {
      const path = new URL(request.url, "http://x").pathname;
      const page = this.pages.get(path);
      if (page !== undefined) return response.writeHead(200, { "content-type": path.endsWith(".js") ? "text/javascript" : "text/html" }).end(page);
      const [, name] = path.match(/^\/maplibre\/([\w.-]+)$/) ?? [];
      if (!name) return response.writeHead(404).end();
      const type = name.endsWith(".css") ? "text/css" : "text/javascript";
      return response.writeHead(200, { "content-type": type }).end(readFileSync(join(WEB, "node_modules/maplibre-gl/dist", name)));
    }).listen(0, "127.0.0.1");
    await once(this.server, "listening");
    this.url = `http://127.0.0.1:${this.server.address().port}`;
  }

  /** A page that runs an example. */
  async run(example, serverUrl, globals = "") {
    this.pages.set("/example.js", await bundled(example, serverUrl));
    this.pages.set(
      "/",
      `<!doctype html><link rel="stylesheet" href="/maplibre/maplibre-gl.css"><div id="map" style="height: 400px"></div>
       <script type="importmap">{ "imports": { "maplibre-gl": "/maplibre/maplibre-gl.mjs" } }</script>
       <script>${globals}</script><script type="module" src="/example.js"></script>`,
    );
    return openPlain(this.url);
  }
}

describe("a front-end developer's ten lines", () => {
  const platform = new Platform();
  let server;
  before(async () => {
    await platform.start();
    server = new Server(["--area", FIXTURE, "--store", folder(), "--allow-origin", platform.url, "--frame-origin", platform.url]);
    await server.start();
    await server.feed(FIXTURE, "--speed", "max");
  });
  after(async () => {
    platform.server?.close();
    await server?.stop();
  });

  test("list the zones", async () => {
    const [example] = examples("Zones in ten lines");
    const page = await platform.run(example, server.url);
    await page.waitForFunction(() => window.said.some((line) => /designated_port/.test(line)));
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  test("learn who asks", async () => {
    const [example] = examples("Who asks");
    const page = await platform.run(example, server.url, "token = ''; hideSteps = () => { hidden = true }; warn = () => {}; hidden = false");
    await page.waitForLoadState("networkidle");
    assert.equal(await page.evaluate(() => window.hidden), false, "the local user may act");
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  test("follow live tracks", async () => {
    const [example] = examples("Live tracks in ten lines");
    const page = await platform.run(example, server.url, "vessels = new Map()");
    await page.waitForFunction(() => window.vessels.size > 20);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  test("ask where vessels were", async () => {
    const [example] = examples("Where a vessel was");
    const page = await platform.run(example, server.url, "way = []");
    await page.waitForFunction(() => window.way.length > 1_000);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  test("follow alerts, and take a step", async () => {
    const [watch, act] = examples("Alerts, and what officers do");
    const page = await platform.run(watch, server.url, "alerts = new Map()");
    await page.waitForFunction(() => window.alerts.size >= 10);
    await page.addScriptTag({ type: "module", content: await bundled(act, server.url) });
    // 2: acknowledged.
    await page.waitForFunction(() => [...window.alerts.values()].some(({ life }) => life.state === 2));
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  test("draw coast and tracks from tiles", async () => {
    const [example] = examples("Vector tiles in ten lines");
    const page = await platform.run({ ...example, code: `${example.code}\nwindow.map = map;` }, server.url);
    await page.waitForFunction(() => window.map?.loaded() && window.map.querySourceFeatures("tracks", { sourceLayer: "tracks" }).length > 20);
    assert.ok((await page.evaluate(() => window.map.querySourceFeatures("coast", { sourceLayer: "land" }).length)) > 0);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  test("put the map into a frame", async () => {
    const [{ code }] = examples("The map in a frame");
    platform.pages.set("/", code.replaceAll(DOCUMENTED, server.url));
    const page = await openPlain(platform.url);
    const frame = page.frame({ url: /map\.html/ });
    await frame.waitForFunction(() => Object.keys(window.shorewatchMap?.drawn() ?? {}).length > 0);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });
});
