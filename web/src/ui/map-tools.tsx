// The buttons on the map, the layers, the legend.

import { chartBox } from "../api/chart";
import { endReplay, replay, startReplay } from "../api/replay";
import { type Word, t } from "../i18n";
import { colours } from "../map/palette";
import { symbolUrl } from "../map/symbols";
import {
  palette,
  showEllipses,
  showLabels,
  showSensors,
  showZones,
  tailMinutes,
  vectorMinutes,
} from "../settings";
import { findOpen, legendOpen, measuring } from "../state";
import { Icon } from "./icons";
import { chartMap } from "./map-view";

export function fitArea() {
  const box = chartBox.value;
  if (box) chartMap.value?.fit(box);
}

export function toggleReplay() {
  if (replay.value) endReplay();
  else startReplay();
}

/** `kind`: the map in a frame of another platform has no replay, for it has no alerts. */
export function MapTools({ kind = "console" }: { kind?: "console" | "frame" }) {
  return (
    <div class="map-tools">
      <div class="tool-column" role="toolbar" aria-label={t("layers")} aria-orientation="vertical">
        <button type="button" class="tool" title={`${t("showAll")} (F)`} aria-label={t("showAll")} onClick={fitArea}>
          <Icon name="fit" />
        </button>
        <button type="button" class="tool" title={`${t("zoomIn")} (+)`} aria-label={t("zoomIn")} onClick={() => chartMap.value?.libre.zoomIn()}>
          <Icon name="plus" />
        </button>
        <button type="button" class="tool" title={`${t("zoomOut")} (−)`} aria-label={t("zoomOut")} onClick={() => chartMap.value?.libre.zoomOut()}>
          <Icon name="minus" />
        </button>
        <button
          type="button"
          class="tool"
          title={`${t("measure")} (M)`}
          aria-label={t("measure")}
          aria-pressed={measuring.value}
          onClick={() => {
            measuring.value = !measuring.value;
          }}
        >
          <Icon name="ruler" />
        </button>
        <button
          type="button"
          class="tool"
          title={`${t("find")} (/)`}
          aria-label={t("find")}
          onClick={() => {
            findOpen.value = true;
          }}
        >
          <Icon name="search" />
        </button>
        {kind === "console" && (
          <button type="button" class="tool" title={`${t("replay")} (R)`} aria-label={t("replay")} aria-pressed={replay.value !== undefined} onClick={toggleReplay}>
            <Icon name="history" />
          </button>
        )}
        <button
          type="button"
          class="tool"
          title={t("legend")}
          aria-label={t("legend")}
          aria-expanded={legendOpen.value}
          onClick={() => {
            legendOpen.value = !legendOpen.value;
          }}
        >
          <Icon name="layers" />
        </button>
      </div>
      {legendOpen.value && <Legend />}
      {measuring.value && <p class="hint">{t("measureHint")}</p>}
    </div>
  );
}

const SYMBOLS: [string, Word][] = [
  ["fused-way", "classFused"],
  ["fused_eo-way", "classFusedEo"],
  ["ais-way", "classAis"],
  ["ais_lost-way", "classAisLost"],
  ["dark_radar-still", "classDarkRadar"],
  ["dark_eo-still", "classDarkEo"],
  ["port", "zoneDesignated"],
  ["harbour", "zoneFishingHarbour"],
  ["anchor", "zoneAnchorage"],
  ["hatch", "zoneRestricted"],
];

function Legend() {
  const set = colours[palette.value];
  return (
    <section class="card legend" aria-label={t("legend")}>
      <h2>{t("legend")}</h2>
      <ul class="plain">
        {SYMBOLS.map(([symbol, word]) => (
          <li key={symbol}>
            <img src={symbolUrl(symbol, set)} alt="" width="22" height="22" /> {t(word)}
          </li>
        ))}
      </ul>
      <p class="muted small">
        {t("legendVector")}. {t("legendTail")}. {t("inAlert")}. {t("stale")}.
      </p>
      <h2>{t("layers")}</h2>
      <Check word="labels" setting={showLabels} />
      <Check word="zones" setting={showZones} />
      <Check word="sites" setting={showSensors} />
      <Check word="ellipses" setting={showEllipses} />
      <Minutes word="tails" setting={tailMinutes} choices={[0, 3, 10, 30, 60]} />
      <Minutes word="vectors" setting={vectorMinutes} choices={[0, 3, 6, 12, 30]} />
    </section>
  );
}

function Check({ word, setting }: { word: Word; setting: typeof showLabels }) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={setting.value}
        onChange={(event) => {
          setting.value = event.currentTarget.checked;
        }}
      />
      {t(word)}
    </label>
  );
}

function Minutes({ word, setting, choices }: { word: Word; setting: typeof tailMinutes; choices: number[] }) {
  return (
    <label class="check">
      <span class="grow">{t(word)}</span>
      <select
        value={String(setting.value)}
        onChange={(event) => {
          setting.value = Number(event.currentTarget.value);
        }}
      >
        {choices.map((minutes) => (
          <option key={minutes} value={String(minutes)}>
            {minutes} {t("minutes")}
          </option>
        ))}
      </select>
    </label>
  );
}
