// A past hour as it was known then, from the history that the server keeps. While it is shown, craft stand where they stood;
// the live picture goes on behind it, and so does the sound of alerts.

import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { signal } from "@preact/signals";
import type { Alert } from "../gen/shorewatch/alert/v1/alert_pb";
import { isOpen, raisedMs } from "./alert-facts";
import { trackClient } from "./client";
import { type PastPoint, PastPicture } from "./past-picture";
import { livePictureMs, showPicture } from "./tracks";
import { BoundingBoxSchema } from "../gen/shorewatch/type/v1/geo_pb";

export const SPEEDS = [1, 5, 10, 30, 60];
const HOUR_MS = 3_600_000;
/** The picture moves so often while it plays. */
const FRAME_MS = 250;
/** So much is loaded before the instant that is shown, for tails, and so much at a time after it. */
const BEFORE_MS = 10 * 60_000;
const CHUNK_MS = 5 * 60_000;
const AHEAD_MS = 2 * 60_000;
/** More points than these are not kept: the oldest go first. */
const POINTS_MAX = 400_000;

export interface Span {
  fromMs: number;
  toMs: number;
}

/** What is replayed; nothing while the picture is live. */
export const replay = signal<Span | undefined>(undefined);
/** The instant that is shown. */
export const replayMs = signal(0);
export const replayPlays = signal(false);
export const replaySpeed = signal(10);
/** Whether its points are here, on their way, not to be had because the server keeps none, or did not come. */
export const replayState = signal<"ready" | "loading" | "unkept" | "failed">("ready");

let past = new PastPicture();
let loaded: Span | undefined;
let line: AbortController | undefined;
let ticking: ReturnType<typeof setInterval> | undefined;

/** Shows a past span; without one the hour before now. */
export function startReplay(span?: Span) {
  const nowMs = livePictureMs.peek() || Date.now();
  replay.value = span ?? { fromMs: nowMs - HOUR_MS, toMs: nowMs };
  forget();
  replayPlays.value = false;
  seek(replay.value.fromMs);
  let before = performance.now();
  clearInterval(ticking);
  ticking = setInterval(() => {
    const passed = performance.now() - before;
    before += passed;
    advance(passed);
  }, FRAME_MS);
}

/** Replays the hour that begins then. */
export function replayHour(fromMs: number) {
  startReplay({ fromMs, toMs: fromMs + HOUR_MS });
}

/** Back to the live picture. */
export function endReplay() {
  clearInterval(ticking);
  forget();
  replay.value = undefined;
  replayMs.value = 0;
  replayPlays.value = false;
  showPicture(undefined);
}

export function seek(atMs: number) {
  const span = replay.peek();
  if (!span) return;
  replayMs.value = Math.min(span.toMs, Math.max(span.fromMs, atMs));
  fetchAhead();
  show();
}

function advance(passedMs: number) {
  const span = replay.peek();
  if (!span || !replayPlays.peek() || !loaded) return;
  // Nothing is played that is not here yet.
  const end = Math.min(span.toMs, loaded.toMs);
  const atMs = Math.min(end, replayMs.peek() + passedMs * replaySpeed.peek());
  if (atMs >= span.toMs) replayPlays.value = false;
  if (atMs !== replayMs.peek()) seek(atMs);
}

function show() {
  const atMs = replayMs.peek();
  showPicture({ crafts: past.at(atMs), ms: atMs });
}

function forget() {
  line?.abort();
  line = undefined;
  loaded = undefined;
  past = new PastPicture();
  replayState.value = "ready";
}

/** Loads what is wanted around the instant that is shown, one piece after the other. */
function fetchAhead() {
  const span = replay.peek();
  if (!span) return;
  const atMs = replayMs.peek();
  if (loaded && (atMs < loaded.fromMs || atMs > loaded.toMs)) forget();
  if (line || replayState.peek() === "unkept" || replayState.peek() === "failed") return;
  if (!loaded) void load(atMs - BEFORE_MS, atMs + CHUNK_MS);
  else if (loaded.toMs < Math.min(span.toMs, atMs + AHEAD_MS)) void load(loaded.toMs, loaded.toMs + CHUNK_MS);
}

const WORLD = create(BoundingBoxSchema, { westDeg: -180, southDeg: -90, eastDeg: 180, northDeg: 90 });

async function load(fromMs: number, toMs: number) {
  const mine = new AbortController();
  line = mine;
  replayState.value = "loading";
  const filter = { bbox: WORLD, fromMs: BigInt(Math.round(fromMs)), toMs: BigInt(Math.round(toMs)) };
  try {
    for await (const { points } of trackClient.streamTrackPoints({ filter }, { signal: mine.signal })) {
      past.add(points.flatMap(toPast));
    }
    if (mine.signal.aborted) return;
    loaded = { fromMs: loaded?.fromMs ?? fromMs, toMs };
    const kept = past.keep(POINTS_MAX);
    if (kept !== undefined) loaded.fromMs = Math.max(loaded.fromMs, kept);
    line = undefined;
    replayState.value = "ready";
    fetchAhead();
    show();
  } catch (error) {
    if (mine.signal.aborted) return;
    line = undefined;
    replayState.value = ConnectError.from(error).code === Code.FailedPrecondition ? "unkept" : "failed";
  }
}

function toPast(point: { trackId: string; timeMs: bigint; position?: { lonDeg: number; latDeg: number } } & Omit<PastPoint, "trackId" | "ms" | "at">): PastPoint[] {
  const { trackId, timeMs, position, sigmaM, sogMps, cogDeg, mmsi, sources } = point;
  return position ? [{ trackId, ms: Number(timeMs), at: [position.lonDeg, position.latDeg], sigmaM, sogMps, cogDeg, mmsi, sources }] : [];
}

/** Whether an alert had been told at the instant that is shown. */
export const isTold = (alert: Alert): boolean => replayMs.value === 0 || raisedMs(alert) <= replayMs.value;

/** Whether an alert wants something of an officer at the instant that is shown. */
export const stands = (alert: Alert): boolean =>
  replayMs.value === 0 ? isOpen(alert) : isTold(alert) && (alert.endMs === undefined || Number(alert.endMs) > replayMs.value);
