// Changes of the picture on their way from the worker, which reads the stream, to the page: rows of numbers that are handed
// over without a copy, and descriptions only where they changed. A track has a place, a small number, while it is in the picture.

import { CRAFT_CLASSES, type CraftClass, type Description, type Motion } from "./track-facts";

export interface Batch {
  /** Rows of `COLUMNS` numbers: the place, then what `writeRow` writes. */
  rows: Float64Array;
  described: [place: number, description: Description][];
  /** Places of tracks that are out of the picture; they may be given again, in this batch already. */
  gone: number[];
  /** The instant of the picture; 0: not said. */
  timeMs: number;
  /** Whether all of the picture is here with this batch. */
  complete: boolean;
}

export const COLUMNS = 15;

const orNot = (value: number | undefined) => value ?? Number.NaN;
const orNone = (value: number) => (Number.isNaN(value) ? undefined : value);

export function writeRow(rows: Float64Array, at: number, place: number, lon: number, lat: number, craftClass: CraftClass, motion: Motion) {
  const { covariance } = motion;
  rows.set(
    [
      place, lon, lat, CRAFT_CLASSES.indexOf(craftClass), motion.timeMs, motion.lastSeenMs, orNot(motion.lastAisMs), orNot(motion.lastRadarMs),
      orNot(motion.lastEoMs), motion.sogMps, motion.cogDeg, motion.stoppedProbability, orNot(covariance?.eastM2), covariance?.eastNorthM2 ?? 0,
      covariance?.northM2 ?? 0,
    ],
    at,
  );
}

/** Reads the row at an index of `rows` into what is known of its craft: thousands a second, so nothing new is made. */
export function readRow(rows: Float64Array, index: number, at: [lon: number, lat: number], motion: Motion): CraftClass {
  at[0] = rows[index + 1]!;
  at[1] = rows[index + 2]!;
  motion.timeMs = rows[index + 4]!;
  motion.lastSeenMs = rows[index + 5]!;
  motion.lastAisMs = orNone(rows[index + 6]!);
  motion.lastRadarMs = orNone(rows[index + 7]!);
  motion.lastEoMs = orNone(rows[index + 8]!);
  motion.sogMps = rows[index + 9]!;
  motion.cogDeg = rows[index + 10]!;
  motion.stoppedProbability = rows[index + 11]!;
  if (Number.isNaN(rows[index + 12]!)) motion.covariance = undefined;
  else {
    const covariance = (motion.covariance ??= { eastM2: 0, eastNorthM2: 0, northM2: 0 });
    covariance.eastM2 = rows[index + 12]!;
    covariance.eastNorthM2 = rows[index + 13]!;
    covariance.northM2 = rows[index + 14]!;
  }
  return CRAFT_CLASSES[rows[index + 3]!]!;
}
