// The observations that made the selected track, drawn on the map: a dot where each was, a line along each bearing of a camera.

import type { Feature } from "geojson";
import type { Contribution } from "../gen/shorewatch/track/v1/track_service_pb";
import { SensorKind } from "../gen/shorewatch/type/v1/sensor_pb";
import { type LngLat, destination, distanceM } from "../geo";
import type { ChartMap } from "./chart-map";

/** Bearings drawn: more would hide the chart. */
const BEARINGS_MAX = 6;
/** How far a bearing goes on behind the craft. */
const BEYOND = 1.15;

const KINDS: Partial<Record<SensorKind, string>> = {
  [SensorKind.AIS]: "ais",
  [SensorKind.RADAR]: "radar",
  [SensorKind.EO]: "eo",
};

const at = (point: { lonDeg: number; latDeg: number }): LngLat => [point.lonDeg, point.latDeg];

/** `craft`: where the craft is now. */
export function drawMeasured(map: ChartMap, madeOf: Contribution[], craft: LngLat | undefined) {
  const dots = madeOf.flatMap(({ told, kind, probability }): Feature[] => {
    if (told.case !== "position" || !told.value.position) return [];
    const geometry = { type: "Point" as const, coordinates: at(told.value.position) };
    return [{ type: "Feature", geometry, properties: { kind: KINDS[kind] ?? "report", probability } }];
  });
  const bearings = madeOf.flatMap(({ told }): Feature[] => {
    if (told.case !== "bearing" || !told.value.site || !craft) return [];
    const site = at(told.value.site);
    const end = destination(site, told.value.azimuthDeg, distanceM(site, craft) * BEYOND);
    return [{ type: "Feature", geometry: { type: "LineString", coordinates: [site, end] }, properties: {} }];
  });
  map.showFeatures("measured", dots);
  map.showFeatures("bearings", bearings.slice(-BEARINGS_MAX));
}
