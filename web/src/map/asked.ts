// What is asked of the drawing of craft, and what of them comes first.

import { type CraftClass, isDark } from "../api/tracks";
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
export const order = (craftClass: CraftClass, alerted: boolean) => (alerted ? 4 : 0) + (isDark(craftClass) ? 2 : 0) + (craftClass === "ais_lost" ? 1 : 0);

export const inside = (lon: number, lat: number, [west, south, east, north]: Box) => lon >= west && lon <= east && lat >= south && lat <= north;
