// What is asked of the drawing of craft, and what of them comes first.

import { type Craft, isDark } from "../api/tracks";
import type { LngLat } from "../geo";
import type { Box } from "./chart-map";

export interface PictureOptions {
  nowMs: number;
  selected: string;
  /** Ids of craft with an open alert. */
  alerted: ReadonlySet<string>;
  tailMinutes: number;
  vectorMinutes: number;
  ellipses: boolean;
  labels: boolean;
}

/** So many steps has what is drawn above what. */
export const ORDERS = 8;

/** What is drawn above what: alerts above dark craft above the rest. */
export const order = (craft: Craft, alerted: boolean) =>
  (alerted ? 4 : 0) + (isDark(craft.craftClass) ? 2 : 0) + (craft.craftClass === "ais_lost" ? 1 : 0);

export const inside = (at: LngLat, [west, south, east, north]: Box) =>
  at[0] >= west && at[0] <= east && at[1] >= south && at[1] <= north;
