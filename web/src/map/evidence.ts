// What the open alert rests on, drawn on the map: the places, ways and areas of its reasons, and the ways of its craft.

import type { Feature } from "geojson";
import { landfallOf, tracksOf } from "../api/alert-facts";
import { crafts } from "../api/tracks";
import type { Alert, Geometry } from "../gen/shorewatch/alert/v1/alert_pb";
import { type LngLat, boxOf, circle } from "../geo";
import { t } from "../i18n";
import { clock } from "../units";
import type { Box, ChartMap } from "./chart-map";

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

/** What the reasons of an alert point at, and the way of its craft since it began. */
function featuresOf(alert: Alert): Feature[] {
  const features = alert.evidence.flatMap(({ geometry }) => (geometry ? drawn(geometry) : []));
  for (const id of tracksOf(alert)) {
    const way = crafts.get(id)?.tail.since(Number(alert.beganMs)) ?? [];
    if (way.length > 1) features.push(line(way));
  }
  const landfall = landfallOf(alert);
  if (landfall) {
    const label = `${t("landfall")} ${landfall.atMs === undefined ? "" : clock(landfall.atMs, false, false)}`;
    features.push({ type: "Feature", geometry: { type: "Point", coordinates: landfall.place }, properties: { label } });
  }
  return features;
}

export function drawEvidence(map: ChartMap, alert: Alert | undefined) {
  map.showFeatures("evidence", alert ? featuresOf(alert) : []);
}

/** The box around all that an alert rests on. */
export function evidenceBox(alert: Alert): Box | undefined {
  const points = featuresOf(alert).flatMap(({ geometry }) =>
    geometry.type === "LineString" ? (geometry.coordinates as LngLat[]) : geometry.type === "Point" ? [geometry.coordinates as LngLat] : [],
  );
  for (const id of tracksOf(alert)) {
    const craft = crafts.get(id);
    if (craft) points.push(craft.at);
  }
  if (alert.position) points.push(at(alert.position));
  return boxOf(points);
}
