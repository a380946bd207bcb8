// The alerts in the order in which they want attention: unheard first, then by grade, then the latest.

import { computed } from "@preact/signals";
import { alerts, calling, calls, silence } from "../api/alerts";
import { gradeOf, points, raisedMs, stageWord, tracksOf } from "../api/alert-facts";
import { isTold, replay, replayMs, stands } from "../api/replay";
import { session } from "../api/session";
import { craftName, crafts, pictureMs, pictureTick } from "../api/tracks";
import { type Alert, AlertState } from "../gen/shorewatch/alert/v1/alert_pb";
import { inLanguage, named, t } from "../i18n";
import { language } from "../settings";
import { type AlertFilter, alertFilter, goToAlert, viewTick } from "../state";
import { clock, duration } from "../units";
import { Told } from "./alert-actions";
import { chartMap } from "./map-view";
import { unitName } from "./sign-in";

/** More than these are not shown at once: whoever looks for the next one filters. */
const SHOWN_MAX = 200;

const inView = (alert: Alert): boolean => {
  const view = chartMap.value?.view();
  const at = alert.position;
  if (!view || !at) return true;
  return at.lonDeg >= view[0] && at.lonDeg <= view[2] && at.latDeg >= view[1] && at.latDeg <= view[3];
};

function fits(alert: Alert, filter: AlertFilter): boolean {
  if (!isTold(alert)) return false;
  if (filter.openOnly && !stands(alert) && (replay.value || !calls(alert))) return false;
  if (filter.kind && alert.kind !== filter.kind) return false;
  if (gradeOf(alert) < filter.gradeMin) return false;
  if (filter.unit && alert.life?.unitId !== filter.unit) return false;
  if (filter.inView && !inView(alert)) return false;
  if (filter.text) {
    const names = tracksOf(alert).map((id) => crafts.get(id)?.track.name ?? "");
    const words = [alert.id, alert.kind, alert.nearEn, alert.nearZh, alert.zoneId, alert.mmsi ?? "", alert.otherMmsi ?? "", ...names];
    if (!words.join(" ").toLowerCase().includes(filter.text.toLowerCase())) return false;
  }
  return true;
}

/** The alerts of the list, in its order. */
export const listed = computed<Alert[]>(() => {
  const filter = alertFilter.value;
  if (filter.inView) void viewTick.value;
  const fitting = [...alerts.value.values()].filter((alert) => fits(alert, filter));
  return fitting.sort(
    (a, b) =>
      (replay.value ? 0 : Number(calls(b)) - Number(calls(a))) ||
      Number(stands(b)) - Number(stands(a)) ||
      gradeOf(b) - gradeOf(a) ||
      raisedMs(b) - raisedMs(a),
  );
});

const kinds = computed(() => [...new Set([...alerts.value.values()].map((alert) => alert.kind))].sort());

export function AlertList() {
  const all = listed.value;
  const unheard = calling.value.length;
  return (
    <section class="panel" id="alerts" aria-label={t("alerts")}>
      <div class="panel-head">
        <h1>{t("alerts")}</h1>
        <span class="muted">{all.length}</span>
        <span class="spring" />
        {unheard > 0 && (
          <button type="button" class="primary small" onClick={() => silence(calling.value.map((alert) => alert.id))}>
            {t("acknowledgeAll")} ({unheard})
          </button>
        )}
      </div>
      <Filters />
      <Told />
      {all.length === 0 ? (
        <p class="empty">{t(alerts.value.size === 0 ? "noAlerts" : "noAlertsFiltered")}</p>
      ) : (
        <ol class="alerts" role="list">
          {all.slice(0, SHOWN_MAX).map((alert) => (
            <AlertRow key={alert.id} alert={alert} />
          ))}
        </ol>
      )}
    </section>
  );
}

function AlertRow({ alert }: { alert: Alert }) {
  const grade = gradeOf(alert);
  const unheard = calls(alert) && !replay.value;
  return (
    <li>
      <button
        type="button"
        class={`alert-row grade-${grade} ${unheard ? "calling" : ""} ${alert.state === AlertState.ACTIVE ? "" : "over"}`}
        data-alert={alert.id}
        onClick={() => goToAlert(alert.id)}
      >
        <Grade grade={grade} />
        <span class="alert-what">
          <b>{named("kind_", alert.kind)}</b>
          <StateChip alert={alert} />
        </span>
        <span class="alert-age">{age(alert)}</span>
        <span class="alert-who">
          {unheard && <span class="unread">{t("unread")}</span>}
          {who(alert)}
        </span>
        <span class="alert-score" title={t("score")}>
          {points(alert.score)}
        </span>
        <span class="alert-where">
          {inLanguage(alert.nearEn, alert.nearZh)}
          <span class="muted"> {clock(raisedMs(alert), false, false)}</span>
        </span>
      </button>
    </li>
  );
}

/** How long ago, in the time of the picture; nothing while there is none. */
const age = (alert: Alert) => (pictureMs.value > 0 ? duration(pictureMs.value - raisedMs(alert), language.value) : "");

export function Grade({ grade }: { grade: number }) {
  return (
    <span class={`grade grade-${grade}`} role="img" aria-label={`${t("grade")} ${grade}`}>
      {grade}
    </span>
  );
}

export function StateChip({ alert }: { alert: Alert }) {
  const word = stageWord(alert, replayMs.value || undefined);
  // What officers did later was not known then.
  const life = replay.value ? undefined : alert.life?.state;
  return (
    <>
      {life !== undefined && life > 1 && (
        <span class="chip life" data-life={life}>
          {named("life_", String(life))}
        </span>
      )}
      <span class={`chip ${word}`}>{t(word)}</span>
    </>
  );
}

/** The craft of an alert, by the names that are known now. */
function who(alert: Alert): string {
  void pictureTick.value;
  const name = (id: string, mmsi: number | undefined) => {
    const craft = crafts.get(id);
    return craft ? craftName(craft.track) : mmsi ? String(mmsi) : id;
  };
  const one = name(alert.trackId, alert.mmsi);
  return alert.otherTrackId ? `${one} + ${name(alert.otherTrackId, alert.otherMmsi)}` : one;
}

function Filters() {
  const filter = alertFilter.value;
  const units = session.value?.units ?? [];
  const set = (part: Partial<AlertFilter>) => {
    alertFilter.value = { ...alertFilter.value, ...part };
  };
  return (
    <div class="filters">
      <div class="segments" role="group" aria-label={t("filterState")}>
        <button type="button" aria-pressed={filter.openOnly} onClick={() => set({ openOnly: true })}>
          {t("open")}
        </button>
        <button type="button" aria-pressed={!filter.openOnly} onClick={() => set({ openOnly: false })}>
          {t("allAlerts")}
        </button>
      </div>
      <select aria-label={t("filterKind")} value={filter.kind} onChange={(event) => set({ kind: event.currentTarget.value })}>
        <option value="">
          {t("filterKind")}: {t("any")}
        </option>
        {kinds.value.map((kind) => (
          <option key={kind} value={kind}>
            {named("kind_", kind)}
          </option>
        ))}
      </select>
      <select
        aria-label={t("filterGrade")}
        value={String(filter.gradeMin)}
        onChange={(event) => set({ gradeMin: Number(event.currentTarget.value) })}
      >
        <option value="0">
          {t("filterGrade")}: {t("any")}
        </option>
        {[2, 3, 4].map((grade) => (
          <option key={grade} value={String(grade)}>
            {t("filterGrade")} ≥ {grade}
          </option>
        ))}
      </select>
      {units.length > 0 && (
        <select aria-label={t("filterUnit")} value={filter.unit} onChange={(event) => set({ unit: event.currentTarget.value })}>
          <option value="">
            {t("filterUnit")}: {t("any")}
          </option>
          {units.map(({ id }) => (
            <option key={id} value={id}>
              {unitName(id)}
            </option>
          ))}
        </select>
      )}
      <input
        type="search"
        aria-label={t("filterText")}
        placeholder={t("filterText")}
        value={filter.text}
        onInput={(event) => set({ text: event.currentTarget.value })}
      />
      <label class="check">
        <input type="checkbox" checked={filter.inView} onChange={(event) => set({ inView: event.currentTarget.checked })} />
        {t("filterArea")}
      </label>
    </div>
  );
}
