// What this screen knows of a track: the numbers of the wire as plain numbers, and how it is shown.

import type { Track } from "../gen/shorewatch/track/v1/track_pb";
import { SensorKind } from "../gen/shorewatch/type/v1/sensor_pb";

/** How a craft is shown: by what tells of it. */
export type CraftClass = "fused" | "fused_eo" | "ais" | "ais_lost" | "dark_radar" | "dark_eo";

export const CRAFT_CLASSES: CraftClass[] = ["fused", "fused_eo", "ais", "ais_lost", "dark_radar", "dark_eo"];

/** Who a craft says it is, and what cameras say. Changes seldom. */
export interface Description {
  id: string;
  firstSeenMs: number;
  name: string;
  mmsi?: number;
  mmsiProbability: number;
  callsign: string;
  imo?: number;
  shipType?: number;
  eoClass: string;
  eoClassProbability: number;
  lengthM?: number;
  /** What cameras have read from its hull, whatever its transponder says. */
  hullMmsi?: number;
  hullMmsiProbability: number;
  mergedWith: string;
  /** What an officer has said of it, beside what the sensors tell. */
  stated?: Stated;
}

/** What an officer has said of a craft, with who, when and why. */
export interface Stated {
  name: string;
  mmsi?: number;
  vesselClass: string;
  lengthM?: number;
  reason: string;
  by: string;
  atMs: number;
  etag: string;
}

/** How a craft moves, and what measured it. Changes all the time. */
export interface Motion {
  timeMs: number;
  lastSeenMs: number;
  lastAisMs?: number;
  lastRadarMs?: number;
  lastEoMs?: number;
  sogMps: number;
  cogDeg: number;
  stoppedProbability: number;
  covariance?: { eastM2: number; eastNorthM2: number; northM2: number };
}

export type TrackFacts = Description & Motion;

/** After this long without AIS a craft that had it counts as silent. Class A ships at anchor send each three minutes. */
const AIS_LOST_MS = 6 * 60_000;

export function classify(motion: Motion, sources: SensorKind[]): CraftClass {
  const { timeMs, lastAisMs, lastRadarMs, lastEoMs } = motion;
  if (lastAisMs === undefined) return lastEoMs === undefined ? "dark_radar" : "dark_eo";
  const othersSee = Math.max(lastRadarMs ?? 0, lastEoMs ?? 0) > lastAisMs;
  if (timeMs - lastAisMs > AIS_LOST_MS && othersSee) return "ais_lost";
  if (lastEoMs !== undefined) return "fused_eo";
  return sources.includes(SensorKind.RADAR) || lastRadarMs !== undefined ? "fused" : "ais";
}

const number = (value: bigint | undefined) => (value === undefined ? undefined : Number(value));

export function motionOf(track: Track): Motion {
  const { sogMps, cogDeg, stoppedProbability, covariance } = track;
  return {
    timeMs: Number(track.timeMs),
    lastSeenMs: Number(track.lastSeenMs),
    lastAisMs: number(track.lastAisMs),
    lastRadarMs: number(track.lastRadarMs),
    lastEoMs: number(track.lastEoMs),
    sogMps,
    cogDeg,
    stoppedProbability,
    covariance,
  };
}

export function descriptionOf(track: Track): Description {
  const { id, identity, eoClass, eoClassProbability, lengthM, hullMmsi, hullMmsiProbability, mergedWith } = track;
  return {
    id,
    firstSeenMs: Number(track.firstSeenMs),
    name: identity?.name ?? "",
    mmsi: identity?.mmsi,
    // To the per cent that is shown: who sends on and on describes itself once.
    mmsiProbability: Math.round((identity?.mmsiProbability ?? 0) * 100) / 100,
    callsign: identity?.callsign ?? "",
    imo: identity?.imo,
    shipType: identity?.shipType,
    eoClass,
    eoClassProbability: Math.round(eoClassProbability * 100) / 100,
    lengthM: lengthM === undefined ? undefined : Math.round(lengthM),
    hullMmsi,
    hullMmsiProbability: Math.round(hullMmsiProbability * 100) / 100,
    mergedWith,
    stated: statedOf(track),
  };
}

function statedOf({ stated }: Track): Stated | undefined {
  if (!stated) return undefined;
  const { name, mmsi, vesselClass, lengthM, reason, by, timeMs, etag } = stated;
  return { name, mmsi, vesselClass, lengthM, reason, by, atMs: Number(timeMs), etag };
}
