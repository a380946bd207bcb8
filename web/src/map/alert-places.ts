// Pins where alerts were told whose craft is not in the picture to bear their ring, and where the open one was.

import type { Feature } from "geojson";
import { gradeOf, tracksOf } from "../api/alert-facts";
import { stands } from "../api/replay";
import { crafts } from "../api/tracks";
import type { Alert } from "../gen/shorewatch/alert/v1/alert_pb";
import type { ChartMap } from "./chart-map";

export function drawAlertPlaces(map: ChartMap, alerts: Iterable<Alert>, opened: string) {
  const pins: Feature[] = [];
  for (const alert of alerts) {
    const { id, position } = alert;
    const wanted = id === opened || (stands(alert) && !tracksOf(alert).some((track) => crafts.has(track)));
    if (!position || !wanted) continue;
    pins.push({
      type: "Feature",
      geometry: { type: "Point", coordinates: [position.lonDeg, position.latDeg] },
      properties: { id, symbol: `alert-${gradeOf(alert)}`, opened: id === opened, order: (id === opened ? 10 : 0) + gradeOf(alert) },
    });
  }
  pins.sort((a, b) => a.properties!.order - b.properties!.order);
  map.showFeatures("alert-places", pins);
}
