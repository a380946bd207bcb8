// The picture as rows of numbers, one for each craft. Thousands of craft move once a second: their numbers lie side by side, so that taking
// them in and drawing them touches little memory and leaves no garbage.

import type { LngLat } from "../geo";
import {
  CLASS, COG_DEG, COLUMNS, EAST_M2, EAST_NORTH_M2, LAST_AIS_MS, LAST_EO_MS, LAST_RADAR_MS, LAST_SEEN_MS, LAT, LON, NORTH_M2, PLACE, SOG_MPS, STOPPED, TIME_MS, writeRow,
} from "./track-batch";
import { CRAFT_CLASSES, type CraftClass, type Description, type Stated, type TrackFacts } from "./track-facts";
import type { Craft } from "./tracks";

const FIRST_ROWS = 256;

export class CraftRows {
  /** Rows of `COLUMNS` numbers; that of a craft begins at its place times `COLUMNS`. */
  numbers: Float64Array<ArrayBuffer> = new Float64Array(FIRST_ROWS * COLUMNS).fill(Number.NaN);
  /** How many rows there are; some of them may be empty. */
  count = 0;

  /** Takes all rows from somebody who wants those before back. */
  exchange(rows: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
    const before = this.numbers;
    this.numbers = rows;
    this.count = rows.length / COLUMNS;
    return before;
  }

  put(place: number, { at, craftClass, track }: Pick<Craft, "at" | "craftClass" | "track">) {
    this.makeRoom(place);
    writeRow(this.numbers, place * COLUMNS, place, at[0], at[1], craftClass, track);
  }

  /** Whether there is a craft in the row that begins at an index of the numbers. */
  isTaken(row: number): boolean {
    return !Number.isNaN(this.numbers[row + PLACE]!);
  }

  private makeRoom(place: number) {
    this.count = Math.max(this.count, place + 1);
    if (this.count * COLUMNS <= this.numbers.length) return;
    const larger = new Float64Array(this.count * 2 * COLUMNS).fill(Number.NaN);
    larger.set(this.numbers);
    this.numbers = larger;
  }
}

/** What is known of a craft, of which the numbers stand in its row. */
export class RowTrack implements TrackFacts {
  declare id: string;
  declare firstSeenMs: number;
  declare name: string;
  declare mmsi?: number;
  declare mmsiProbability: number;
  declare callsign: string;
  declare imo?: number;
  declare shipType?: number;
  declare eoClass: string;
  declare eoClassProbability: number;
  declare lengthM?: number;
  declare hullMmsi?: number;
  declare hullMmsiProbability: number;
  declare mergedWith: string;
  declare stated?: Stated;

  readonly #rows: CraftRows;
  readonly #place: number;

  constructor(rows: CraftRows, place: number, description: Description) {
    this.#rows = rows;
    this.#place = place;
    this.describe(description);
  }

  describe(description: Description) {
    Object.assign(this, description);
  }

  get timeMs() {
    return this.number(TIME_MS);
  }
  get lastSeenMs() {
    return this.number(LAST_SEEN_MS);
  }
  get lastAisMs() {
    return this.known(LAST_AIS_MS);
  }
  get lastRadarMs() {
    return this.known(LAST_RADAR_MS);
  }
  get lastEoMs() {
    return this.known(LAST_EO_MS);
  }
  get sogMps() {
    return this.number(SOG_MPS);
  }
  get cogDeg() {
    return this.number(COG_DEG);
  }
  get stoppedProbability() {
    return this.number(STOPPED);
  }
  get covariance() {
    const eastM2 = this.known(EAST_M2);
    return eastM2 === undefined ? undefined : { eastM2, eastNorthM2: this.number(EAST_NORTH_M2), northM2: this.number(NORTH_M2) };
  }
  get at(): LngLat {
    return [this.number(LON), this.number(LAT)];
  }
  get craftClass(): CraftClass {
    return CRAFT_CLASSES[this.number(CLASS)] ?? "ais";
  }

  private number(column: number): number {
    return this.#rows.numbers[this.#place * COLUMNS + column]!;
  }

  private known(column: number): number | undefined {
    const value = this.number(column);
    return Number.isNaN(value) ? undefined : value;
  }
}
