// What the open alert rests on, drawn on the map: the places, ways and areas of its reasons, and the ways of its craft.

import type { Feature } from "geojson";
import { tracksOf } from "../api/alert-facts";
import { crafts } from "../api/tracks";
import type { Alert, Geometry } from "../gen/shorewatch/alert/v1/alert_pb";
import { type LngLat, circle } from "../geo";
import type { ChartMap } from "./chart-map";

/** Radius of the ring around a place without an extent. */
const PLACE_RING_M = 300;

const at = (point: { lonDeg: number; latDeg: number }): LngLat => [point.lonDeg, point.latDeg];

const line = (coordinates: LngLat[]): Feature => ({ type: "Feature", geometry: { type: "LineString", coordinates }, properties: {} });

function drawn(geometry: Geometry): Feature[] {
  const { shape } = geometry;
  switch (shape.case) {
    case "point":
      return [line(circle(at(shape.value), PLACE_RING_M))];
    case "line":
      return [line(shape.value.points.map(at))];
    case "circle":
      return shape.value.centre ? [line(circle(at(shape.value.centre), shape.value.radiusM))] : [];
    default:
      return [];
  }
}

export function drawEvidence(map: ChartMap, alert: Alert | undefined) {
  const features: Feature[] = [];
  if (alert) {
    for (const { geometry } of alert.evidence) if (geometry) features.push(...drawn(geometry));
    if (features.length === 0 && alert.position) features.push(line(circle(at(alert.position), PLACE_RING_M)));
    for (const id of tracksOf(alert)) {
      const way = crafts.get(id)?.tail.filter((point) => point.ms >= Number(alert.beganMs)).map((point) => point.at) ?? [];
      if (way.length > 1) features.push(line(way));
    }
  }
  map.showFeatures("evidence", features);
}
