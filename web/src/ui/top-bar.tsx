// The bar at the top: where one is, what time it is, whether the picture is live, and this screen's settings.

import { computed } from "@preact/signals";
import { connection } from "../api/client";
import { replay } from "../api/replay";
import { isTroubled, sensors } from "../api/sensors";
import { inMemoryOnly } from "../api/session";
import { crafts, darkCount, pictureMs, pictureTick } from "../api/tracks";
import { t } from "../i18n";
import { language, otherLanguage, palette, soundOn } from "../settings";
import { soundBlocked } from "../sound";
import { type Page, goToPage, helpOpen, page } from "../state";
import { clock, day, zoneName } from "../units";
import { Icon } from "./icons";
import { WhoIsHere } from "./sign-in";

export const PALETTES = ["day", "dusk", "night"] as const;

const counts = computed(() => {
  void pictureTick.value;
  return { all: crafts.size, dark: darkCount() };
});

export function nextPalette() {
  palette.value = PALETTES[(PALETTES.indexOf(palette.value) + 1) % PALETTES.length]!;
}

export function TopBar({ pages }: { pages: Page[] }) {
  return (
    <header class="top">
      <a class="skip" href="#alerts">
        {t("skipToAlerts")}
      </a>
      <strong class="brand">shorewatch</strong>
      <nav aria-label={t("watch")}>
        {pages.map((name) => (
          <button key={name} type="button" class="tab" aria-current={page.value === name ? "page" : undefined} onClick={() => goToPage(name)}>
            {t(name)}
          </button>
        ))}
      </nav>
      <Clocks />
      <span class="counts">
        <b>{counts.value.all}</b> {t("tracks")}
        <span class="dark-count">
          <b>{counts.value.dark}</b> {t("dark")}
        </span>
      </span>
      <Connection />
      {inMemoryOnly.value && (
        <span class="pill memory" title={t("memoryOnlyNote")} data-records="memory">
          {t("memoryOnly")}
        </span>
      )}
      <SensorTrouble />
      <span class="spring" />
      <button
        type="button"
        class="tool"
        aria-pressed={soundOn.value}
        title={`${t("sound")} (S)`}
        onClick={() => {
          soundOn.value = !soundOn.value;
        }}
      >
        <Icon name={soundOn.value ? "sound" : "mute"} />
        {soundBlocked.value && soundOn.value ? (
          <b class="blocked">{t("soundBlocked")}</b>
        ) : (
          <span class="wide">{t(soundOn.value ? "soundOn" : "soundOff")}</span>
        )}
      </button>
      <button type="button" class="tool" title={`${t("palette")} (P)`} onClick={nextPalette}>
        {t(palette.value)}
      </button>
      <button type="button" class="tool" lang={language.value === "en" ? "zh" : "en"} title={`${t("language")} (L)`} onClick={otherLanguage}>
        {language.value === "en" ? "中文" : "English"}
      </button>
      <WhoIsHere />
      <button
        type="button"
        class="tool"
        aria-haspopup="dialog"
        title={`${t("help")} (?)`}
        aria-label={t("help")}
        onClick={() => {
          helpOpen.value = true;
        }}
      >
        ?
      </button>
    </header>
  );
}

function Clocks() {
  const ms = pictureMs.value;
  if (ms === 0) return <span class="clocks">{t("noPicture")}</span>;
  return (
    <time class="clocks" dateTime={new Date(ms).toISOString()} title={t("pictureTime")}>
      <span class="muted">{day(ms, false)}</span> <b>{clock(ms, false)}</b>
      <span class="muted"> {zoneName(ms)}</span>
      <b class="utc">{clock(ms, true)}</b>
      <span class="muted"> {t("utc")}</span>
    </time>
  );
}

/** How many sensors do not work as they should: a quiet picture may be a blind one. */
function SensorTrouble() {
  const troubled = sensors.value.filter(isTroubled);
  if (troubled.length === 0) return null;
  return (
    <button type="button" class="pill trouble" title={troubled.map(({ id }) => id).join(", ")} data-sensor-trouble={troubled.length} onClick={() => goToPage("sensors")}>
      {t("sensorTrouble")}: {troubled.length}
    </button>
  );
}

function Connection() {
  const state = connection.value;
  if (replay.value && state === "live") {
    return (
      <span class="pill connecting" role="status" data-connection="live">
        {t("replay")}
      </span>
    );
  }
  const word = state === "live" ? "connected" : state === "broken" ? "reconnecting" : "connecting";
  return (
    <span class={`pill ${state}`} role="status" data-connection={state}>
      {t(word)}
    </span>
  );
}
