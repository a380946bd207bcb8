// The zones of the chart as a list: what each is for, since when and until when it is in force, how good its limits are.

import { signal } from "@preact/signals";
import { zoneKindWord, zones } from "../api/chart";
import { pictureMs } from "../api/tracks";
import type { Zone } from "../gen/shorewatch/zone/v1/zone_service_pb";
import { type Word, inLanguage, named, t } from "../i18n";
import { bothClocks, day } from "../units";
import { chartMap } from "./map-view";

const wanted = signal("");

const KIND_WORDS: Record<string, Word> = {
  designated_port: "zoneDesignated",
  fishing_harbour: "zoneFishingHarbour",
  anchorage: "zoneAnchorage",
  fishing_ground: "zoneFishingGround",
  farm: "zoneFarm",
  tss: "zoneTss",
  restricted: "zoneRestricted",
  other: "zoneOther",
};

const kindOf = (zone: Zone) => t(KIND_WORDS[zoneKindWord(zone.kind)] ?? "zoneOther");
const nameOf = (zone: Zone) => inLanguage(zone.name, zone.nameZh) || zone.id;

/** Whether it is in force at the time of the picture. */
const inForce = ({ validFromMs, validUntilMs }: Zone) => {
  const now = pictureMs.value || Date.now();
  return Number(validFromMs ?? now) <= now && now < Number(validUntilMs ?? Infinity);
};

export function Zones() {
  const text = wanted.value.trim().toLowerCase();
  const fitting = zones.value
    .filter((zone) => [zone.id, zone.name, zone.nameZh, kindOf(zone)].join(" ").toLowerCase().includes(text))
    .toSorted((a, b) => kindOf(a).localeCompare(kindOf(b)) || nameOf(a).localeCompare(nameOf(b)));
  return (
    <section class="panel" id="alerts" aria-label={t("zones")}>
      <div class="panel-head">
        <h1>{t("zones")}</h1>
        <span class="muted">{fitting.length}</span>
      </div>
      <div class="filters">
        <input
          type="search"
          aria-label={t("filterText")}
          placeholder={t("filterText")}
          value={wanted.value}
          onInput={(event) => {
            wanted.value = event.currentTarget.value;
          }}
        />
      </div>
      {fitting.length === 0 ? (
        <p class="empty">{t("nothingFound")}</p>
      ) : (
        <ol class="zones" role="list">
          {fitting.map((zone) => (
            <li key={zone.id}>
              <button type="button" class="zone-row" data-zone={zone.id} onClick={() => look(zone)}>
                <b>{nameOf(zone)}</b>
                {!inForce(zone) && <span class="chip">{t("notInForce")}</span>}
                <span class="muted small">
                  {[kindOf(zone), `${t("edition")} ${zone.version}`, zone.limits && named("limits_", zone.limits), times(zone)].filter(Boolean).join(" · ")}
                </span>
              </button>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

const instant = (ms: bigint) => `${day(Number(ms), false)} ${bothClocks(Number(ms))}`;

function times({ validFromMs, validUntilMs }: Zone): string {
  if (validFromMs === undefined && validUntilMs === undefined) return "";
  return `${validFromMs === undefined ? "…" : instant(validFromMs)} – ${validUntilMs === undefined ? "…" : instant(validUntilMs)}`;
}

function look(zone: Zone) {
  const points = zone.polygons.flatMap((polygon) => polygon.rings[0]?.points ?? []);
  if (points.length === 0) return;
  const [lon, lat] = [points.map((point) => point.lonDeg), points.map((point) => point.latDeg)];
  chartMap.value?.fit([Math.min(...lon), Math.min(...lat), Math.max(...lon), Math.max(...lat)]);
}
