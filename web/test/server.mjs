// The real program, started for a test: it serves an area and is fed with recordings.

import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { resolve } from "node:path";

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

async function listening(child) {
  let text = "";
  child.stdout.setEncoding("utf8");
  for await (const part of child.stdout) {
    text += part;
    const [url] = text.match(/http:\/\/\S+/) ?? [];
    if (url) return url;
  }
  throw new Error(`the server ended before it listened: ${text}`);
}

export class Server {
  /** Arguments of `shorewatch serve` beside the address. */
  constructor(serveArguments = ["--area", FIXTURE]) {
    this.serveArguments = serveArguments;
  }

  async start() {
    this.port ??= await freePort();
    const listen = ["serve", "--listen", `127.0.0.1:${this.port}`, ...this.serveArguments];
    this.child = spawn(PROGRAM, listen, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, RUST_LOG: "warn" } });
    this.url = await listening(this.child);
    // Whatever else it prints must not fill its pipe.
    this.child.stdout.resume();
    return this;
  }

  /** Streams a recording into it; the answer comes when all of it is taken. */
  async feed(path, ...more) {
    const feeding = spawn(PROGRAM, ["feed", path, "--to", `127.0.0.1:${this.port}`, ...more], {
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
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill("SIGTERM");
    await once(this.child, "exit");
  }
}
