// A trial of changed rules on a past day: asked for, watched, and what it found in a table whose rows lie on the map.

import { useEffect, useRef, useState } from "preact/hooks";
import { changedValues, endTrial, openChange, rules, trial, tryRules } from "../api/rules";
import { mayEditChart } from "../api/session";
import { livePictureMs } from "../api/tracks";
import { zones } from "../api/zones";
import type { GetRulesResponse, ToldAs, TrialChange, TrialResult } from "../gen/shorewatch/rule/v1/rule_service_pb";
import { type LngLat, boxOf } from "../geo";
import { inLanguage, named, t } from "../i18n";
import { SIGNS } from "../map/trial";
import { bothClocks, clock, day } from "../units";
import { points } from "../api/alert-facts";
import { Grade } from "./alert-list";
import { chartMap } from "./map-view";
import { Instant } from "./zone-form";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

export function RuleTrial({ rules: found }: { rules: GetRulesResponse }) {
  if (!mayEditChart.value) return <p class="muted small">{t("tryNotYours")}</p>;
  if (found.logFromMs === undefined) return <p class="muted small">{t("tryUnkept")}</p>;
  if (livePictureMs.value === 0) return <p class="muted small">{t("tryNothing")}</p>;
  return (
    <>
      <TrialForm logFromMs={Number(found.logFromMs)} edition={found.edition} />
      <TrialAnswer />
    </>
  );
}

/** The last day of what was received, in whole minutes: inputs know no others. */
function lastDay(logFromMs: number): [fromMs: number, toMs: number] {
  const toMs = Math.ceil(livePictureMs.peek() / MINUTE_MS) * MINUTE_MS;
  const fromMs = Math.max(Math.floor(logFromMs / MINUTE_MS) * MINUTE_MS, toMs - DAY_MS);
  return [fromMs, toMs];
}

function TrialForm({ logFromMs, edition }: { logFromMs: number; edition: string }) {
  const [[fromMs, toMs], setStretch] = useState(() => lastDay(logFromMs));
  const [name, setName] = useState(`${edition}-trial`);
  const runs = trial.value.state === "runs";
  const changed = changedValues.value.size;
  return (
    <form
      class="step-form trial-form"
      data-form="trial"
      onSubmit={(event) => {
        event.preventDefault();
        void tryRules(name.trim() || `${edition}-trial`, fromMs, toMs);
      }}
    >
      <p class="small">{t("tryHint")}</p>
      <label>
        {t("trialName")}
        <input type="text" name="edition" value={name} maxLength={64} onChange={(event) => setName(event.currentTarget.value)} />
      </label>
      <Instant name="from" label={t("trialFrom")} value={fromMs} required change={(ms) => ms !== undefined && setStretch([ms, toMs])} />
      <Instant name="to" label={t("trialTo")} value={toMs} required change={(ms) => ms !== undefined && setStretch([fromMs, ms])} />
      <div class="steps">
        <button type="submit" class="primary" disabled={runs || changed === 0}>
          {t("tryRules")}
        </button>
        <span class="muted" data-changed={changed}>
          {changed} {t("changedValues")}
        </span>
        {changed > 0 && (
          <button
            type="button"
            class="link"
            onClick={() => {
              changedValues.value = new Map();
            }}
          >
            {t("undoAll")}
          </button>
        )}
      </div>
    </form>
  );
}

function TrialAnswer() {
  const now = trial.value;
  switch (now.state) {
    case "none":
      return null;
    case "runs":
      return (
        <p class="notice" role="status" data-trial="runs">
          {t("trialRuns")} <progress max={1} value={now.done} aria-label={t("trialRuns")} /> {Math.round(now.done * 100)} %{" "}
          <button type="button" data-step="stop-trial" onClick={endTrial}>
            {t("tryStop")}
          </button>
        </p>
      );
    case "failed":
      return (
        <p class="notice failed" role="alert" data-trial="failed">
          {now.message}
        </p>
      );
    case "done":
      return <Result result={now.result} />;
  }
}

const sum = (counts: number[]) => counts.reduce((total, count) => total + count, 0);

function Result({ result }: { result: TrialResult }) {
  const { kinds, changes, changesLeftOut } = result;
  useEffect(() => {
    const places = changes.flatMap(({ position: at }): LngLat[] => (at ? [[at.lonDeg, at.latDeg]] : []));
    const box = boxOf(places);
    if (box) chartMap.value?.fit(box);
  }, [result]);
  const total = { kind: "", appear: 0, vanish: 0, move: 0, stay: 0 };
  for (const name of ["appear", "vanish", "move", "stay"] as const) total[name] = sum(kinds.map((kind) => kind[name]));
  return (
    <section data-trial="done" aria-label={t("trialChanges")}>
      <h2>{t("trialChanges")}</h2>
      <p class="small">
        {t("trialNow")} {result.editionNow}: <b class="mono">{result.alertsAnHourNow.toFixed(1)}</b> {t("trialAnHour")} · {t("trialNew")} {result.editionNew}:{" "}
        <b class="mono">{result.alertsAnHourNew.toFixed(1)}</b>
      </p>
      <table class="approaches trial-table">
        <thead>
          <tr>
            <th scope="col">{t("filterKind")}</th>
            <th scope="col">+ {t("trialAppear")}</th>
            <th scope="col">− {t("trialVanish")}</th>
            <th scope="col">≠ {t("trialMove")}</th>
            <th scope="col">{t("trialStay")}</th>
          </tr>
        </thead>
        <tbody>
          {[...kinds, total].map((one) => (
            <tr key={one.kind} class={one.kind ? "" : "total"} data-kind={one.kind}>
              <th scope="row">{one.kind ? named("kind_", one.kind) : t("total")}</th>
              <td>{one.appear}</td>
              <td>{one.vanish}</td>
              <td>{one.move}</td>
              <td>{one.stay}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {changes.length === 0 && <p class="muted">{t("trialAlike")}</p>}
      <ol class="plain" role="list">
        {changes.map((change, index) => (
          <ChangeRow key={index} change={change} index={index} />
        ))}
      </ol>
      {changesLeftOut > 0 && (
        <p class="muted small">
          {changesLeftOut} {t("trialLeftOut")}
        </p>
      )}
      <div class="steps after">
        <button type="button" class="primary" onClick={() => save(result)}>
          {t("trialFile")}
        </button>
        <button type="button" onClick={endTrial}>
          {t("close")}
        </button>
      </div>
    </section>
  );
}

/** How one set of rules tells it; beneath each other the two show what differs. */
function Told({ told, by }: { told: ToldAs | undefined; by: string }) {
  if (!told) return null;
  const ms = Number(told.toldMs);
  return (
    <span class="told-as">
      <span>{by}</span>
      <span class="mono" title={bothClocks(ms)}>
        {day(ms, false)} {clock(ms, false)}
      </span>
      <Grade grade={told.grade} />
      <span class="mono">{points(told.score)}</span>
      {told.withdrawn && <span>{t("stateWithdrawn")}</span>}
    </span>
  );
}

function ChangeRow({ change, index }: { change: TrialChange; index: number }) {
  const { position: at, zoneId } = change;
  const row = useRef<HTMLLIElement>(null);
  const opened = openChange.value === index;
  useEffect(() => {
    if (opened) row.current?.scrollIntoView({ block: "nearest" });
  }, [opened]);
  const zone = zones.value.find(({ id }) => id === zoneId);
  const where = [inLanguage(change.nearEn, change.nearZh), zone && (inLanguage(zone.name, zone.nameZh) || zone.id)].filter(Boolean).join(" · ");
  return (
    <li ref={row}>
      <button
        type="button"
        class="zone-row trial-change"
        aria-pressed={opened}
        data-change={change.change}
        onClick={() => {
          openChange.value = index;
          if (at) chartMap.value?.goTo([at.lonDeg, at.latDeg], 11);
        }}
      >
        <b>
          {SIGNS[change.change]} {named("kind_", change.kind)}
        </b>
        <span class="chip">{named("change_", String(change.change))}</span>
        <span class="mono">{change.mmsi ?? t("dark")}</span>
        <span class="small">
          <Told told={change.now} by={t("trialNow")} />
          <Told told={change.new} by={t("trialNew")} />
          {where && <span class="muted">{where}</span>}
        </span>
      </button>
    </li>
  );
}

function save({ toml, editionNew }: TrialResult) {
  const url = URL.createObjectURL(new Blob([toml], { type: "application/toml" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${editionNew.replaceAll(/[^\w.-]+/g, "_") || (rules.peek()?.edition ?? "rules")}.toml`;
  link.click();
  URL.revokeObjectURL(url);
}
