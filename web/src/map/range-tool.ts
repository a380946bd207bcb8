// Range and bearing between two points that the officer clicks.

import { type LngLat, bearingDeg, distanceM } from "../geo";
import type { Language } from "../settings";
import { direction, distance } from "../units";
import type { ChartMap } from "./chart-map";

export class RangeTool {
  private from: LngLat | undefined;
  private to: LngLat | undefined;
  private fixed = false;

  constructor(private readonly map: ChartMap) {}

  click(at: LngLat, language: Language) {
    if (!this.from || this.fixed) {
      [this.from, this.to, this.fixed] = [at, at, false];
    } else {
      [this.to, this.fixed] = [at, true];
    }
    this.draw(language);
  }

  move(at: LngLat, language: Language) {
    if (!this.from || this.fixed) return;
    this.to = at;
    this.draw(language);
  }

  end() {
    this.from = this.to = undefined;
    this.fixed = false;
    this.map.showFeatures("tool", []);
  }

  private draw(language: Language) {
    if (!this.from || !this.to) return;
    const label = `${direction(bearingDeg(this.from, this.to))}  ${distance(distanceM(this.from, this.to), language)}`;
    const point = (coordinates: LngLat, properties = {}) =>
      ({ type: "Feature", geometry: { type: "Point", coordinates }, properties }) as const;
    this.map.showFeatures("tool", [
      { type: "Feature", geometry: { type: "LineString", coordinates: [this.from, this.to] }, properties: {} },
      point(this.from),
      point(this.to, { label }),
    ]);
  }
}
