// The picture as this screen knows it: every track with the last positions it was seen at.

import { computed, signal } from "@preact/signals";
import type { Identity, Track } from "../gen/shorewatch/track/v1/track_pb";
import type { TrackFilter } from "../gen/shorewatch/track/v1/track_service_pb";
import { TrackChange } from "../gen/shorewatch/track/v1/track_service_pb";
import { SensorKind } from "../gen/shorewatch/type/v1/sensor_pb";
import type { LngLat } from "../geo";
import { keepStreaming, trackClient } from "./client";

/** How a craft is shown: by what tells of it. */
export type CraftClass = "fused" | "fused_eo" | "ais" | "ais_lost" | "dark_radar" | "dark_eo";

/** Positions kept for a tail: one each ten seconds for an hour. */
const TAIL_POINTS_MAX = 360;
const TAIL_STEP_MS = 10_000;
/** After this long without AIS a craft that had it counts as silent. Class A ships at anchor send each three minutes. */
const AIS_LOST_MS = 6 * 60_000;
/** After this long without any measurement a track begins to fade, and at the end it is at its faintest. */
export const FADE_FROM_MS = 60_000;
export const FADE_TO_MS = 240_000;

export interface Craft {
  track: Track;
  at: LngLat;
  craftClass: CraftClass;
  tail: TailPoint[];
}

/** Where a craft was, and when. */
export interface TailPoint {
  at: LngLat;
  ms: number;
}

const live = new Map<string, Craft>();
/** The instant of the live picture; 0 before the first. */
export const livePictureMs = signal(0);

/** All craft of the picture that is shown, by id. Changes all the time: whoever shows it looks when `pictureTick` says so. */
export let crafts: ReadonlyMap<string, Craft> = live;
/** Counts up when crafts have changed. */
export const pictureTick = signal(0);
const pastMs = signal<number | undefined>(undefined);
/** The instant of the picture that is shown; 0 before the first. */
export const pictureMs = computed(() => pastMs.value ?? livePictureMs.value);

/** Shows a past picture in place of the live one, or the live one again. */
export function showPicture(past: { crafts: ReadonlyMap<string, Craft>; ms: number } | undefined) {
  crafts = past?.crafts ?? live;
  pastMs.value = past?.ms;
  pictureTick.value++;
}

/** What is known now of a track that was taken for that vessel before: history keeps no names. */
export function liveIdentity(trackId: string, mmsi: number | undefined): Identity | undefined {
  const known = live.get(trackId)?.track.identity;
  return known && known.mmsi === mmsi ? known : undefined;
}

const TICK_MS = 1000;

export const isDark = (craftClass: CraftClass) => craftClass === "dark_radar" || craftClass === "dark_eo";

const ms = (value: bigint | undefined) => (value === undefined ? undefined : Number(value));

export function classify(track: Track): CraftClass {
  const lastAis = ms(track.lastAisMs);
  const byEo = track.lastEoMs !== undefined;
  if (lastAis === undefined) return byEo ? "dark_eo" : "dark_radar";
  const silent = Number(track.timeMs) - lastAis > AIS_LOST_MS;
  const othersSee = Math.max(ms(track.lastRadarMs) ?? 0, ms(track.lastEoMs) ?? 0) > lastAis;
  if (silent && othersSee) return "ais_lost";
  if (byEo) return "fused_eo";
  return track.sources.includes(SensorKind.RADAR) || track.lastRadarMs !== undefined ? "fused" : "ais";
}

/** How strongly a track is drawn: 1 when it was measured lately. */
export function freshness(track: Track, nowMs: number): number {
  const age = nowMs - Number(track.lastSeenMs);
  return 1 - 0.7 * Math.min(1, Math.max(0, (age - FADE_FROM_MS) / (FADE_TO_MS - FADE_FROM_MS)));
}

function put(track: Track) {
  if (!track.position) return;
  const at: LngLat = [track.position.lonDeg, track.position.latDeg];
  const tail = live.get(track.id)?.tail ?? [];
  const timeMs = Number(track.timeMs);
  const last = tail.at(-1);
  if (!last || timeMs - last.ms >= TAIL_STEP_MS) tail.push({ at, ms: timeMs });
  if (tail.length > TAIL_POINTS_MAX) tail.shift();
  live.set(track.id, { track, at, craftClass: classify(track), tail });
}

let changed = false;

/** Watches the picture, or the part of it that a filter selects, until the page is closed. */
export function watchTracks(filter?: TrackFilter): () => void {
  let snapshot: Set<string> | undefined;
  const ticking = setInterval(() => {
    if (!changed || pastMs.peek() !== undefined) return;
    changed = false;
    pictureTick.value++;
  }, TICK_MS);
  const stop = keepStreaming(
    "tracks",
    (abort) => trackClient.watchTracks({ filter, minUpdateIntervalMs: TICK_MS }, { signal: abort }),
    () => {
      snapshot = new Set();
    },
    (message) => {
      changed = true;
      const timeMs = Number(message.timeMs);
      if (timeMs > 0) livePictureMs.value = timeMs;
      const { track } = message;
      switch (message.change) {
        case TrackChange.SNAPSHOT_END:
          // What was there before the connection broke and is not there now has gone meanwhile.
          for (const id of live.keys()) if (snapshot && !snapshot.has(id)) live.delete(id);
          snapshot = undefined;
          return "complete";
        case TrackChange.SNAPSHOT:
        case TrackChange.ENTER:
        case TrackChange.UPDATE:
          if (track) {
            snapshot?.add(track.id);
            put(track);
          }
          break;
        case TrackChange.LEAVE:
        case TrackChange.END:
        case TrackChange.MERGED:
          if (track) live.delete(track.id);
          break;
      }
      return undefined;
    },
  );
  return () => {
    clearInterval(ticking);
    stop();
  };
}

/** What to call a craft: its name, else its MMSI, else its track. */
export const craftName = (track: Track): string =>
  track.identity?.name || (track.identity?.mmsi ? String(track.identity.mmsi) : track.id);
