// The picture of a past instant, made of points that the server kept every ten seconds.

import { create } from "@bufbuild/protobuf";
import { type Track, TrackSchema } from "../gen/shorewatch/track/v1/track_pb";
import { SensorKind } from "../gen/shorewatch/type/v1/sensor_pb";
import type { LngLat } from "../geo";
import { type Craft, type TailPoint, classify, liveIdentity } from "./tracks";

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
      crafts.set(id, craftOf(way, index, ms));
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

function craftOf(way: PastPoint[], index: number, ms: number): Craft {
  const track = trackOf(way, index);
  return {
    track,
    at: between(way[index]!, way[index + 1], ms),
    craftClass: classify(track),
    // Most craft are never asked for theirs.
    get tail(): TailPoint[] {
      return way.slice(0, index + 1);
    },
  };
}

function between(before: PastPoint, after: PastPoint | undefined, ms: number): LngLat {
  if (!after || after.ms - before.ms > STEP_MAX_MS) return before.at;
  const part = (ms - before.ms) / (after.ms - before.ms);
  return [before.at[0] + (after.at[0] - before.at[0]) * part, before.at[1] + (after.at[1] - before.at[1]) * part];
}

/** Looks back so far for what held a craft. */
const HELD_POINTS = 60;

function trackOf(way: PastPoint[], index: number): Track {
  const point = way[index]!;
  const held = (kind: SensorKind): bigint | undefined => {
    for (let i = index; i >= Math.max(0, index - HELD_POINTS); i--) if (way[i]!.sources.includes(kind)) return BigInt(way[i]!.ms);
    return undefined;
  };
  // Whoever has an MMSI has sent AIS, before what is loaded if not within it.
  const lastAisMs = held(SensorKind.AIS) ?? (point.mmsi === undefined ? undefined : BigInt(way[0]!.ms) - 3_600_000n);
  const variance = point.sigmaM * point.sigmaM;
  const known = liveIdentity(point.trackId, point.mmsi);
  return create(TrackSchema, {
    id: point.trackId,
    timeMs: BigInt(point.ms),
    position: { lonDeg: point.at[0], latDeg: point.at[1] },
    covariance: { eastM2: variance, northM2: variance, eastNorthM2: 0 },
    sogMps: point.sogMps,
    cogDeg: point.cogDeg,
    sources: point.sources,
    firstSeenMs: BigInt(way[0]!.ms),
    lastSeenMs: BigInt(point.ms),
    lastAisMs,
    lastRadarMs: held(SensorKind.RADAR),
    lastEoMs: held(SensorKind.EO),
    identity: known ?? (point.mmsi === undefined ? undefined : { mmsi: point.mmsi, mmsiProbability: 1 }),
  });
}
