// The map in the page: fed with what changes, and with the officer's clicks.

import { effect, signal, untracked } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { alerts } from "../api/alerts";
import { tracksOf } from "../api/alert-facts";
import { madeOf } from "../api/made-of";
import { stands } from "../api/replay";
import { openChange, trial } from "../api/rules";
import { crafts, pictureMs, pictureTick } from "../api/tracks";
import { chartAttribution, chartBox, sensorFeatures, zonePoints, zonePolygons } from "../api/chart";
import { coverageAreas } from "../api/sensors";
import { t } from "../i18n";
import { ChartMap, canDraw } from "../map/chart-map";
import { drawAlertPlaces } from "../map/alert-places";
import { drawEvidence } from "../map/evidence";
import { drawMeasured } from "../map/measured";
import { drawTrial } from "../map/trial";
import { PictureDrawer } from "../map/picture";
import { RangeTool } from "../map/range-tool";
import {
  language,
  palette,
  showEllipses,
  showLabels,
  showSensors,
  showZones,
  tailMinutes,
  vectorMinutes,
} from "../settings";
import { drawPoint, isDrawing, startDrawing } from "./zone-draft";
import { goToAlert, measuring, openAlert, page, selectedTrack, viewTick } from "../state";

/** The map, once it is there. */
export const chartMap = signal<ChartMap | undefined>(undefined);

/** `fitFirst`: whether the map begins with the whole area. */
export function MapView({ fitFirst = true }: { fitFirst?: boolean }) {
  const container = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!container.current || !canDraw()) return;
    return start(container.current, fitFirst);
  }, []);
  return (
    <>
      {canDraw() ? (
        <div class="map" ref={container} role="application" aria-label={t("watch")} />
      ) : (
        <p class="map empty">{t("mapUnavailable")}</p>
      )}
      <p class="attribution">
        {[chartAttribution.value, t("notForNavigation")].filter(Boolean).join(" · ")}
      </p>
    </>
  );
}

/** Acts once, when a value is there for the first time. */
function whenFirst<T>(value: () => T | undefined, act: (value: T) => void): () => void {
  let done = false;
  return effect(() => {
    const now = value();
    if (done || now === undefined) return;
    done = true;
    untracked(() => act(now));
  });
}

function start(container: HTMLElement, fitFirst: boolean): () => void {
  const map = new ChartMap(container, palette.peek(), language.peek());
  const tool = new RangeTool(map);
  const drawer = new PictureDrawer(map);
  chartMap.value = map;
  Object.assign(window, { shorewatchMap: map });
  map.libre.on("click", (event) => {
    if (isDrawing()) drawPoint(map, event);
    else if (measuring.peek()) tool.click([event.lngLat.lng, event.lngLat.lat], language.peek());
    else {
      const change = map.changeAt(event);
      const alert = map.alertAt(event);
      if (change !== undefined) openChange.value = change;
      else if (alert) goToAlert(alert);
      else selectedTrack.value = map.craftAt(event) ?? "";
    }
  });
  map.libre.on("mousemove", (event) => {
    if (measuring.peek()) tool.move([event.lngLat.lng, event.lngLat.lat], language.peek());
    map.libre.getCanvas().style.cursor = measuring.peek() || isDrawing() ? "crosshair" : (map.changeAt(event) ?? map.alertAt(event) ?? map.craftAt(event)) !== undefined ? "pointer" : "";
  });
  map.libre.on("moveend", () => {
    viewTick.value++;
  });
  void map.ready.then(() => {
    viewTick.value++;
  });
  let restyled = `${palette.peek()}${language.peek()}`;
  const stops = [
    effect(() => {
      const wanted = `${palette.value}${language.value}`;
      if (wanted !== restyled) void map.restyle(palette.value, language.value);
      restyled = wanted;
    }),
    effect(() => {
      void pictureTick.value;
      void viewTick.value;
      const alerted = new Set([...alerts.value.values()].filter(stands).flatMap(tracksOf));
      drawer.draw({
        nowMs: pictureMs.value,
        selected: selectedTrack.value,
        alerted,
        tailMinutes: tailMinutes.value,
        vectorMinutes: vectorMinutes.value,
        ellipses: showEllipses.value,
        labels: showLabels.value,
      });
    }),
    effect(() => map.showFeatures("zones", zonePolygons.value)),
    effect(() => map.showFeatures("zone-points", zonePoints.value)),
    effect(() => {
      const { sites, coverage } = sensorFeatures.value;
      map.showFeatures("sensors", sites);
      map.showFeatures("coverage", coverage);
    }),
    effect(() => map.showFeatures("seen", coverageAreas())),
    effect(() => map.setVisible(["zone-fill", "zone-hatch", "zone-line", "zone-dash", "zone-names"], showZones.value)),
    effect(() => map.setVisible(["sensors", "coverage"], showSensors.value)),
    effect(() => map.markSelected(selectedTrack.value)),
    effect(() => {
      void pictureTick.value;
      drawAlertPlaces(map, alerts.value.values(), openAlert.value);
    }),
    effect(() => {
      void pictureTick.value;
      drawMeasured(map, madeOf.value, crafts.get(selectedTrack.value)?.at);
    }),
    effect(() => drawTrial(map, page.value === "rules" ? trial.value : { state: "none" }, openChange.value)),
    effect(() => drawEvidence(map, alerts.value.get(openAlert.value))),
    effect(() => {
      const at = alerts.peek().get(openAlert.value)?.position;
      if (at) map.lookAt([at.lonDeg, at.latDeg]);
    }),
    fitFirst ? whenFirst(() => chartBox.value, (box) => map.fit(box, false)) : () => {},
    effect(() => {
      if (!measuring.value) tool.end();
    }),
    startDrawing(map),
  ];
  return () => {
    for (const stop of stops) stop();
    map.libre.remove();
    chartMap.value = undefined;
  };
}
