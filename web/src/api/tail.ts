// Where a craft was: thousands of craft have one each for an hour, so it is kept in plain numbers.

import type { LngLat } from "../geo";

/** Positions kept: one each ten seconds for an hour. */
const POINTS_MAX = 360;
export const TAIL_STEP_MS = 10_000;
/** Longitude, latitude, time. */
const COLUMNS = 3;
const FIRST_POINTS = 8;

export class Tail {
  private numbers = new Float64Array(FIRST_POINTS * COLUMNS);
  /** Where the oldest point is; they go round. */
  private begin = 0;
  private count = 0;
  private lastMs = Number.NEGATIVE_INFINITY;

  /** Takes a position, unless the last one was a moment before. */
  add([lon, lat]: LngLat, ms: number) {
    if (ms - this.lastMs < TAIL_STEP_MS) return;
    this.lastMs = ms;
    if (this.count * COLUMNS === this.numbers.length && this.count < POINTS_MAX) this.grow();
    const index = (this.begin + this.count) % this.capacity;
    if (this.count < this.capacity) this.count++;
    else this.begin = (this.begin + 1) % this.capacity;
    this.numbers.set([lon, lat, ms], index * COLUMNS);
  }

  /** The positions from an instant on, in order of time. */
  since(ms: number): LngLat[] {
    const points: LngLat[] = [];
    for (let i = 0; i < this.count; i++) {
      const at = ((this.begin + i) % this.capacity) * COLUMNS;
      if (this.numbers[at + 2]! >= ms) points.push([this.numbers[at]!, this.numbers[at + 1]!]);
    }
    return points;
  }

  private get capacity(): number {
    return this.numbers.length / COLUMNS;
  }

  /** Only a tail that has never gone round grows. */
  private grow() {
    const larger = new Float64Array(Math.min(POINTS_MAX, this.capacity * 2) * COLUMNS);
    larger.set(this.numbers);
    this.numbers = larger;
  }
}
