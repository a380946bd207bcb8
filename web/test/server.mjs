// The real program, started for a test: it serves an area and is fed with recordings.

import { execFileSync, spawn } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { join, resolve } from "node:path";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const FIXTURE = resolve(ROOT, "fixtures/haikou-evening");
const PROGRAM = process.env.SHOREWATCH_PROGRAM ?? resolve(ROOT, "target/debug/shorewatch");

/** A port that nobody has. */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** A folder that is gone with the tests. */
export function folder() {
  const path = mkdtempSync(join(tmpdir(), "shorewatch-"));
  process.on("exit", () => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function listening(child) {
  let text = "";
  child.stdout.setEncoding("utf8");
  for await (const part of child.stdout) {
    text += part;
    const [url] = text.match(/https?:\/\/\S+/) ?? [];
    if (url) return url;
  }
  throw new Error(`the server ended before it listened: ${text}`);
}

export class Server {
  /** Arguments of `shorewatch serve` beside the address, and of `shorewatch feed`. */
  constructor(serveArguments = ["--area", FIXTURE], feedArguments = []) {
    this.serveArguments = serveArguments;
    this.feedArguments = feedArguments;
  }

  async start() {
    this.port ??= await freePort();
    const listen = ["serve", "--listen", `127.0.0.1:${this.port}`, ...this.serveArguments];
    this.child = spawn(PROGRAM, listen, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, RUST_LOG: "error" } });
    this.url = await listening(this.child);
    // Whatever else it prints must not fill its pipe.
    this.child.stdout.resume();
    return this;
  }

  /** Streams a recording into it; comes when all of it is taken. */
  async feed(path, ...more) {
    const feeding = spawn(PROGRAM, ["feed", path, "--to", `127.0.0.1:${this.port}`, ...this.feedArguments, ...more], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, RUST_LOG: "error" },
    });
    const [code] = await once(feeding, "exit");
    if (code !== 0) throw new Error(`shorewatch feed ended with ${code}`);
  }

  async kill() {
    this.child.kill("SIGKILL");
    await once(this.child, "exit");
  }

  async stop() {
    if (!this.child || this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill("SIGTERM");
    await once(this.child, "exit");
  }
}

/** Outlines of a unit's waters, as GeoJSON. */
const square = (west, east) =>
  JSON.stringify({ type: "Polygon", coordinates: [[[west, 19], [east, 19], [east, 21.5], [west, 21.5], [west, 19]]] });

/** A server that knows its callers: TLS, tokens, and two units side by side whose waters meet at `borderDeg`. */
export class SecureServer extends Server {
  constructor(borderDeg) {
    const keys = folder();
    execFileSync(PROGRAM, ["keys", keys], { stdio: ["ignore", "ignore", "inherit"] });
    for (const [id, west, east] of [["west", 109, borderDeg], ["east", borderDeg, 112]]) {
      writeFileSync(join(keys, `${id}.geojson`), square(west, east));
      const unit = { id, name: `Station ${id}`, name_zh: id === "west" ? "西站" : "东站", kind: "city_unit", parent: "centre", area: `${id}.geojson` };
      const lines = Object.entries(unit).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
      appendFileSync(join(keys, "shorewatch.toml"), `\n[[unit]]\n${lines.join("\n")}\n`);
    }
    const file = (name) => join(keys, name);
    super(
      ["--config", file("shorewatch.toml"), "--area", FIXTURE],
      ["--ca", file("ca.pem"), "--certificate", file("site1.pem"), "--key", file("site1.key")],
    );
    this.keys = keys;
  }

  /** A token for a person. */
  token(person, role, unit) {
    const asked = ["keys", this.keys, "--token", person, "--role", role, ...(unit ? ["--unit", unit] : [])];
    return execFileSync(PROGRAM, asked, { encoding: "utf8" }).trim();
  }

  /** What `shorewatch keys` wrote. */
  read(name) {
    return readFileSync(join(this.keys, name), "utf8").trim();
  }
}
