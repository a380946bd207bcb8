// The picture of a past instant, made of points that the server kept every ten seconds.

import { SensorKind } from "../gen/shorewatch/type/v1/sensor_pb";
import type { LngLat } from "../geo";
import { type Motion, type TrackFacts, classify } from "./track-facts";
import { type Craft, liveDescription } from "./tracks";

export interface PastPoint {
  trackId: string;
  ms: number;
  at: LngLat;
  sigmaM: number;
  sogMps: number;
  cogDeg: number;
  mmsi?: number;
  sources: SensorKind[];
}

/** Points of a track that is in the picture lie so near to each other. */
const STEP_MAX_MS = 15_000;

/** Points of many tracks, each track's in order of time. */
export class PastPicture {
  private ways = new Map<string, PastPoint[]>();
  private count = 0;

  add(points: PastPoint[]) {
    for (const point of points) {
      const way = this.ways.get(point.trackId);
      if (!way) this.ways.set(point.trackId, [point]);
      else if (way.at(-1)!.ms < point.ms) way.push(point);
      else continue;
      this.count++;
    }
  }

  /** Forgets the oldest points beyond so many; the instant from which all are still here, if some were forgotten. */
  keep(most: number): number | undefined {
    if (this.count <= most) return undefined;
    const times = [...this.ways.values()].flatMap((way) => way.map(({ ms }) => ms)).sort((a, b) => a - b);
    const fromMs = times[this.count - most]!;
    for (const [id, way] of this.ways) {
      const left = way.filter(({ ms }) => ms >= fromMs);
      if (left.length > 0) this.ways.set(id, left);
      else this.ways.delete(id);
    }
    this.count = [...this.ways.values()].reduce((sum, way) => sum + way.length, 0);
    return fromMs;
  }

  /** The craft of that instant. */
  at(ms: number): Map<string, Craft> {
    const crafts = new Map<string, Craft>();
    for (const [id, way] of this.ways) {
      const index = lastUpTo(way, ms);
      if (index < 0 || ms - way[index]!.ms > STEP_MAX_MS) continue;
      crafts.set(id, craftOf(way, index, ms, crafts.size));
    }
    return crafts;
  }
}

/** Index of the last point not after that instant; -1: there is none. */
function lastUpTo(way: PastPoint[], ms: number): number {
  let [low, high] = [0, way.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (way[middle]!.ms <= ms) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function craftOf(way: PastPoint[], index: number, ms: number, place: number): Craft {
  const track = trackOf(way, index);
  return {
    track,
    at: between(way[index]!, way[index + 1], ms),
    craftClass: classify(track, way[index]!.sources),
    tail: {
      since: (sinceMs) => way.slice(0, index + 1).flatMap((point) => (point.ms >= sinceMs ? [point.at] : [])),
    },
    place,
  };
}

function between(before: PastPoint, after: PastPoint | undefined, ms: number): LngLat {
  if (!after || after.ms - before.ms > STEP_MAX_MS) return before.at;
  const part = (ms - before.ms) / (after.ms - before.ms);
  return [before.at[0] + (after.at[0] - before.at[0]) * part, before.at[1] + (after.at[1] - before.at[1]) * part];
}

/** Looks back so far for what held a craft. */
const HELD_POINTS = 60;

function trackOf(way: PastPoint[], index: number): TrackFacts {
  const point = way[index]!;
  const held = (kind: SensorKind): number | undefined => {
    for (let i = index; i >= Math.max(0, index - HELD_POINTS); i--) if (way[i]!.sources.includes(kind)) return way[i]!.ms;
    return undefined;
  };
  const { trackId: id, ms, mmsi, sogMps, cogDeg, sigmaM } = point;
  // Whoever has an MMSI has sent AIS, before what is loaded if not within it.
  const lastAisMs = held(SensorKind.AIS) ?? (mmsi === undefined ? undefined : way[0]!.ms - 3_600_000);
  const covariance = { eastM2: sigmaM * sigmaM, northM2: sigmaM * sigmaM, eastNorthM2: 0 };
  const motion: Motion = {
    timeMs: ms,
    lastSeenMs: ms,
    lastAisMs,
    lastRadarMs: held(SensorKind.RADAR),
    lastEoMs: held(SensorKind.EO),
    sogMps,
    cogDeg,
    stoppedProbability: 0,
    covariance,
  };
  const unknown = { name: "", mmsi, mmsiProbability: 1, callsign: "", eoClass: "", eoClassProbability: 0, hullMmsiProbability: 0, mergedWith: "" };
  return { ...unknown, ...liveDescription(id, mmsi), ...motion, id, firstSeenMs: way[0]!.ms };
}
