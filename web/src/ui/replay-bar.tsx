// The bar of a replay: which hour, where in it, how fast, and the way back to the live picture.

import { alerts } from "../api/alerts";
import { gradeOf, raisedMs } from "../api/alert-facts";
import { SPEEDS, endReplay, replay, replayHour, replayMs, replayPlays, replaySpeed, replayState, seek } from "../api/replay";
import { type Word, t } from "../i18n";
import { bothClocks, day, localInput } from "../units";
import { Icon } from "./icons";

const STEP_MS = 10_000;
/** Width of the row of marks, in its own units. */
const MARKS = 1000;

const TROUBLES: Partial<Record<string, Word>> = { loading: "replayLoading", unkept: "replayUnkept", failed: "replayFailed" };

export function playOrPause() {
  const span = replay.value;
  if (!span) return;
  if (!replayPlays.value && replayMs.value >= span.toMs) seek(span.fromMs);
  replayPlays.value = !replayPlays.value;
}

export function ReplayBar() {
  const span = replay.value;
  if (!span) return null;
  const atMs = replayMs.value;
  const trouble = TROUBLES[replayState.value];
  return (
    <section class="card replay" aria-label={t("replay")} data-replay={replayState.value}>
      <div class="replay-row">
        <button type="button" class="tool" title={t(replayPlays.value ? "pause" : "play")} aria-label={t(replayPlays.value ? "pause" : "play")} onClick={playOrPause}>
          <Icon name={replayPlays.value ? "pause" : "play"} />
        </button>
        <b class="mono" data-replay-ms={atMs}>
          {day(atMs, false)} {bothClocks(atMs)}
        </b>
        <span class="muted" role="status">
          {trouble && t(trouble)}
        </span>
        <span class="spring" />
        <label class="check">
          {t("replayFrom")}
          <input
            type="datetime-local"
            value={localInput(span.fromMs)}
            onChange={(event) => {
              const fromMs = new Date(event.currentTarget.value).getTime();
              if (Number.isFinite(fromMs)) replayHour(fromMs);
            }}
          />
        </label>
        <select
          aria-label={t("replaySpeed")}
          value={String(replaySpeed.value)}
          onChange={(event) => {
            replaySpeed.value = Number(event.currentTarget.value);
          }}
        >
          {SPEEDS.map((speed) => (
            <option key={speed} value={String(speed)}>
              {speed} ×
            </option>
          ))}
        </select>
        <button type="button" class="primary" onClick={endReplay}>
          {t("toLive")}
        </button>
      </div>
      <Marks fromMs={span.fromMs} toMs={span.toMs} />
      <input
        type="range"
        aria-label={t("replayTime")}
        aria-valuetext={bothClocks(atMs)}
        min={span.fromMs}
        max={span.toMs}
        step={STEP_MS}
        value={atMs}
        onInput={(event) => seek(Number(event.currentTarget.value))}
      />
    </section>
  );
}

/** When the officer was told something, above the slider. */
function Marks({ fromMs, toMs }: { fromMs: number; toMs: number }) {
  const told = [...alerts.value.values()].filter((alert) => raisedMs(alert) >= fromMs && raisedMs(alert) <= toMs);
  return (
    <svg class="marks" viewBox={`0 0 ${MARKS} 10`} preserveAspectRatio="none" role="img" aria-label={`${t("alerts")}: ${told.length}`}>
      {told.map((alert) => (
        <rect key={alert.id} class={`bar grade-${gradeOf(alert)}`} x={((raisedMs(alert) - fromMs) / (toMs - fromMs)) * (MARKS - 4)} y="0" width="4" height="10" />
      ))}
    </svg>
  );
}
