// The picture on its way from the worker, which reads the stream, to the page: rows of numbers that are handed over without a copy, and
// descriptions only where they changed. A track has a place, a small number, while it is in the picture.

import { mercator } from "../geo";
import { CRAFT_CLASSES, type CraftClass, type Description, type Motion } from "./track-facts";

export interface Batch {
  /** All rows of the picture, `COLUMNS` numbers each, in order of place; one without a craft begins with NaN. */
  rows: Float64Array<ArrayBuffer>;
  /** Places of craft of which it is time to remember where they are. */
  tailed: number[];
  described: [place: number, description: Description][];
  /** Places of tracks that are out of the picture; they may be given again, in this batch already. */
  gone: number[];
  /** The instant of the picture; 0: not said. */
  timeMs: number;
  /** Whether all of the picture is here with this batch. */
  complete: boolean;
}

/** What stands where in a row. What is not known is NaN. */
export const PLACE = 0;
export const LON = 1;
export const LAT = 2;
/** Index in `CRAFT_CLASSES`. */
export const CLASS = 3;
export const TIME_MS = 4;
export const LAST_SEEN_MS = 5;
export const LAST_AIS_MS = 6;
export const LAST_RADAR_MS = 7;
export const LAST_EO_MS = 8;
export const SOG_MPS = 9;
export const COG_DEG = 10;
export const STOPPED = 11;
export const EAST_M2 = 12;
export const EAST_NORTH_M2 = 13;
export const NORTH_M2 = 14;
/** Where it is on the chart, see `mercator`. */
export const X = 15;
export const Y = 16;
export const COLUMNS = 17;

const orNot = (value: number | undefined) => value ?? Number.NaN;

export function writeRow(rows: Float64Array, at: number, place: number, lon: number, lat: number, craftClass: CraftClass, motion: Motion) {
  const { covariance } = motion;
  rows[at + PLACE] = place;
  rows[at + LON] = lon;
  rows[at + LAT] = lat;
  rows[at + CLASS] = CRAFT_CLASSES.indexOf(craftClass);
  rows[at + TIME_MS] = motion.timeMs;
  rows[at + LAST_SEEN_MS] = motion.lastSeenMs;
  rows[at + LAST_AIS_MS] = orNot(motion.lastAisMs);
  rows[at + LAST_RADAR_MS] = orNot(motion.lastRadarMs);
  rows[at + LAST_EO_MS] = orNot(motion.lastEoMs);
  rows[at + SOG_MPS] = motion.sogMps;
  rows[at + COG_DEG] = motion.cogDeg;
  rows[at + STOPPED] = motion.stoppedProbability;
  rows[at + EAST_M2] = orNot(covariance?.eastM2);
  rows[at + EAST_NORTH_M2] = covariance?.eastNorthM2 ?? 0;
  rows[at + NORTH_M2] = covariance?.northM2 ?? 0;
  [rows[at + X], rows[at + Y]] = mercator(lon, lat);
}
