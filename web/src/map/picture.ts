// From the craft of the picture to what the map draws of them.

import type { Feature } from "geojson";
import { type Craft, craftName, crafts, freshness, isDark } from "../api/tracks";
import { type LngLat, destination, ellipse95 } from "../geo";
import type { Box, ChartMap } from "./chart-map";

/** Below this speed a craft has no course worth drawing. */
const UNDER_WAY_MPS = 0.5;
/** Ellipses of craft that are known better than this are not drawn: they would be dots. */
const ELLIPSE_FROM_M = 25;

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

/** Draws craft, vectors, tails and ellipses. What is far outside the view has a symbol only: it costs nothing to see it. */
export function drawPicture(map: ChartMap, options: PictureOptions) {
  const view = widened(map.view());
  const tracks: Feature[] = [];
  const vectors: Feature[] = [];
  const tails: Feature[] = [];
  const ellipses: Feature[] = [];
  for (const craft of crafts.values()) {
    const { track } = craft;
    const fresh = freshness(track, options.nowMs);
    const underWay = track.sogMps >= UNDER_WAY_MPS && track.stoppedProbability < 0.5;
    const alerted = options.alerted.has(track.id);
    tracks.push({
      type: "Feature",
      geometry: { type: "Point", coordinates: craft.at },
      properties: {
        id: track.id,
        class: craft.craftClass,
        under: underWay ? "way" : "still",
        course: underWay && !isDark(craft.craftClass) ? track.cogDeg : 0,
        fresh,
        alert: alerted,
        label: options.labels ? craftName(track) : "",
        order: order(craft, alerted),
      },
    });
    if (!inside(craft.at, view)) continue;
    const properties = { id: track.id, class: craft.craftClass, fresh };
    if (underWay && options.vectorMinutes > 0) {
      const ahead = destination(craft.at, track.cogDeg, track.sogMps * options.vectorMinutes * 60);
      vectors.push(line([craft.at, ahead], properties));
    }
    if (options.tailMinutes > 0) {
      const since = options.nowMs - options.tailMinutes * 60_000;
      const points = craft.tail.filter((point) => point.ms >= since).map((point) => point.at);
      if (points.length > 0) tails.push(line([...points, craft.at], properties));
    }
    const covariance = track.covariance;
    if (options.ellipses && covariance) {
      const sigma = Math.sqrt(Math.max(covariance.eastM2, covariance.northM2));
      if (sigma >= ELLIPSE_FROM_M || track.id === options.selected) {
        const ring = ellipse95(craft.at, covariance.eastM2, covariance.eastNorthM2, covariance.northM2);
        ellipses.push({ type: "Feature", geometry: { type: "Polygon", coordinates: [ring] }, properties });
      }
    }
  }
  tracks.sort((a, b) => a.properties!.order - b.properties!.order);
  map.showFeatures("tracks", tracks);
  map.showFeatures("vectors", vectors);
  map.showFeatures("tails", tails);
  map.showFeatures("ellipses", ellipses);
}

/** What is drawn above what: alerts above dark craft above the rest. */
const order = (craft: Craft, alerted: boolean) =>
  (alerted ? 4 : 0) + (isDark(craft.craftClass) ? 2 : 0) + (craft.craftClass === "ais_lost" ? 1 : 0);

const line = (coordinates: LngLat[], properties: Feature["properties"]): Feature => ({
  type: "Feature",
  geometry: { type: "LineString", coordinates },
  properties,
});

const inside = (at: LngLat, [west, south, east, north]: Box) =>
  at[0] >= west && at[0] <= east && at[1] >= south && at[1] <= north;

function widened([west, south, east, north]: Box): Box {
  const [w, h] = [(east - west) / 4, (north - south) / 4];
  return [west - w, south - h, east + w, north + h];
}
