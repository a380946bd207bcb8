// The sensors: whether each works, what it gets wrong, what of it is refused, and where the coast is seen by what.

import { useEffect } from "preact/hooks";
import { coverage, coverageTrouble, coverageWanted, layerName, loadCoverage, sensors, sensorsMs } from "../api/sensors";
import { CoverageLayerKind, type CoverageLayer, type Estimate, type Sensor, SensorHealth } from "../gen/shorewatch/sensor/v1/sensor_service_pb";
import { SensorKind } from "../gen/shorewatch/type/v1/sensor_pb";
import { type Word, named, t } from "../i18n";
import { colours } from "../map/palette";
import { language, palette } from "../settings";
import { viewTick } from "../state";
import { distance, duration, position } from "../units";
import { type Fact, FactList } from "./fact-list";
import { chartMap } from "./map-view";

const KIND_WORDS: Partial<Record<SensorKind, Word>> = { [SensorKind.AIS]: "ais", [SensorKind.RADAR]: "radar", [SensorKind.EO]: "eo" };

export function Sensors() {
  return (
    <section class="panel" id="alerts" aria-label={t("sensors")}>
      <div class="panel-head">
        <h1>{t("sensors")}</h1>
        <span class="muted">{sensors.value.length}</span>
      </div>
      <CoverageChoice />
      {sensors.value.length === 0 ? (
        <p class="empty">{t("noSensors")}</p>
      ) : (
        <ol class="zones" role="list">
          {sensors.value.map((sensor) => (
            <SensorItem key={sensor.id} sensor={sensor} />
          ))}
        </ol>
      )}
    </section>
  );
}

function layerWord({ kind, sensorId }: CoverageLayer): string {
  switch (kind) {
    case CoverageLayerKind.AIS_CLASS_A:
      return t("aisClassA");
    case CoverageLayerKind.AIS_CLASS_B:
      return t("aisClassB");
    default:
      return `${t(kind === CoverageLayerKind.RADAR ? "radar" : "eo")} ${sensorId}`;
  }
}

const LEGEND: [says: string, word: Word][] = [
  ["share-4", "coverage4"],
  ["share-3", "coverage3"],
  ["share-2", "coverage2"],
  ["share-1", "coverage1"],
  ["sight", "coverageSight"],
  ["shadow", "coverageShadow"],
  ["unheard", "coverageUnheard"],
];

function CoverageChoice() {
  const view = viewTick.value;
  const wanted = coverageWanted.value;
  const map = chartMap.value;
  useEffect(() => {
    if (map) void loadCoverage(map.view());
  }, [view, map]);
  // What is chosen here is of this page.
  useEffect(
    () => () => {
      coverageWanted.value = "";
    },
    [],
  );
  const layers = coverage.value?.layers ?? [];
  return (
    <div class="filters coverage">
      <label class="check">
        {t("coverage")}
        <select
          name="coverage"
          value={wanted}
          onChange={(event) => {
            coverageWanted.value = event.currentTarget.value;
          }}
        >
          <option value="">{t("noCoverage")}</option>
          {layers.map((layer) => (
            <option key={layerName(layer)} value={layerName(layer)}>
              {layerWord(layer)}
            </option>
          ))}
        </select>
      </label>
      {wanted && (
        <ul class="plain coverage-legend">
          {LEGEND.map(([says, word]) => (
            <li key={says}>
              <svg width="16" height="12" aria-hidden="true">
                <rect width="16" height="12" fill={colours[palette.value].coverage[says]} />
              </svg>{" "}
              {t(word)}
            </li>
          ))}
        </ul>
      )}
      {coverageTrouble.value && <p class="notice failed">{coverageTrouble.value}</p>}
    </div>
  );
}

function SensorItem({ sensor }: { sensor: Sensor }) {
  const { id, kind, health, position: at } = sensor;
  const age = sensor.lastReceivedMs === undefined ? t("never") : `${duration(sensorsMs.value - Number(sensor.lastReceivedMs), language.value)} ${t("ago")}`;
  const rows: Fact[] = [
    [t("lastReceived"), age],
    [t("taken"), `${whole(sensor.taken)}${sensor.late > 0n ? ` (${t("ofThoseLate")} ${whole(sensor.late)})` : ""}`],
    [t("refused"), sensor.refused.map(({ reason, count }) => `${reason.replaceAll("_", " ")} ${whole(count)}`).join(", ") || undefined],
    [t("rangeBias"), estimate(sensor.rangeBiasM, 0, "m")],
    [t("azimuthBias"), estimate(sensor.azimuthBiasDeg, 2, "°")],
    [t("clockOffset"), estimate(sensor.clockOffsetS, 2, "s")],
    [t("comparisons"), sensor.comparisons > 0n ? whole(sensor.comparisons) : undefined],
    [t("detection"), sensor.detectionProbability === undefined ? undefined : `${Math.round(sensor.detectionProbability * 100)} %`],
    [t("falsePlots"), sensor.falsePlotsATurn?.toFixed(1)],
    [t("reach"), sensor.maxRangeM === undefined ? undefined : distance(sensor.maxRangeM, language.value)],
    [t("positionWord"), at && position(at.latDeg, at.lonDeg)],
  ];
  return (
    <li class="sensor" data-sensor={id}>
      <p class="sensor-head">
        <button type="button" class="link" disabled={!at} onClick={() => at && chartMap.value?.goTo([at.lonDeg, at.latDeg], 10)}>
          <b>{id}</b>
        </button>
        <span class="muted">{t(KIND_WORDS[kind] ?? "sensors")}</span>
        <span class="spring" />
        <span class={`chip health-${health === SensorHealth.WORKING ? "good" : "bad"}`} data-health={health}>
          {named("health_", String(health))}
        </span>
      </p>
      <FactList rows={rows} small />
    </li>
  );
}

const whole = (count: bigint) => count.toLocaleString(language.value);

/** A number with its uncertainty: `−12 ± 3 m`. */
function estimate(found: Estimate | undefined, digits: number, unit: string): string | undefined {
  if (!found) return undefined;
  const value = found.value.toFixed(digits).replace("-", "−");
  return `${value}${found.sigma === undefined ? "" : ` ± ${found.sigma.toFixed(digits)}`} ${unit}`;
}
