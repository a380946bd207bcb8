// The rules: every threshold with its unit and source, and what another value would have told on a past day. No rule is changed
// from here: what proves itself is downloaded, and whoever runs the server starts it with that file.

import { useEffect, useState } from "preact/hooks";
import { changeValue, changedValues, loadRules, placeOf, rules, rulesTrouble } from "../api/rules";
import { mayEditChart } from "../api/session";
import type { GetRulesResponse, RuleOverride, Threshold } from "../gen/shorewatch/rule/v1/rule_service_pb";
import { named, t } from "../i18n";
import { ruleNotesZh } from "../i18n/rule-notes-zh";
import { language } from "../settings";
import { distance, measured } from "../units";
import { RuleTrial } from "./rule-trial";

export function Rules() {
  const [text, setText] = useState("");
  useEffect(() => void loadRules(), []);
  const found = rules.value;
  return (
    <section class="panel" id="alerts" aria-label={t("rules")}>
      <div class="panel-head">
        <h1>{t("rules")}</h1>
        {found && (
          <span class="muted" data-edition={found.edition}>
            {t("ruleEdition")} {found.edition}
          </span>
        )}
      </div>
      {rulesTrouble.value && <p class="notice failed">{rulesTrouble.value}</p>}
      {found && (
        <div class="scroll">
          <RuleTrial rules={found} />
          <h2>{t("overrides")}</h2>
          <Overrides overrides={found.overrides} />
          <input
            type="search"
            class="threshold-find"
            aria-label={t("thresholdFind")}
            placeholder={t("thresholdFind")}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
          <Sections rules={found} text={text.trim().toLowerCase()} />
        </div>
      )}
    </section>
  );
}

/** What a section is called: rules of one kind of alert by that kind. */
export function sectionName(section: string): string {
  const [first = "", kind] = section.split(".");
  if (first === "") return t("section_general");
  if (first !== "weights") return wordOr("section_", first, () => named("kind_", first));
  return `${t("points")}: ${wordOr("section_weights_", kind ?? "", () => named("kind_", kind ?? ""))}`;
}

/** A word of ours for it; else what `other` says. */
function wordOr(prefix: string, word: string, other: () => string): string {
  const ours = named(prefix, word);
  return ours === word.replaceAll("_", " ") ? other() : ours;
}

export const thresholdName = ({ key }: Pick<Threshold, "key">): string => named("rule_", key);

function Overrides({ overrides }: { overrides: RuleOverride[] }) {
  if (overrides.length === 0) return <p class="muted small">{t("noOverrides")}</p>;
  return (
    <ol class="history" role="list">
      {overrides.map((one, index) => (
        <li key={index} data-override={one.name}>
          <b>{one.name || index + 1}</b>
          <span class="detail muted small">{conditions(one)}</span>
          {one.sets.map((set) => (
            <span key={placeOf(set)} class="detail">
              {sectionName(set.section)}: {thresholdName(set)} <b class="mono">{set.value}</b>
            </span>
          ))}
        </li>
      ))}
    </ol>
  );
}

function conditions({ classes, zoneKinds, zoneIds, marginM, hours }: RuleOverride): string {
  const places = [...zoneKinds.map((kind) => kind.replaceAll("_", " ")), ...zoneIds];
  const around = marginM > 0 ? ` (${distance(marginM, language.value)} ${t("overrideMargin")})` : "";
  return [
    classes.length > 0 && `${t("overrideClasses")}: ${classes.map((word) => named("eo_", word)).join(", ")}`,
    places.length > 0 && `${t("overrideZones")}: ${places.join(", ")}${around}`,
    hours ? `${t("overrideHours")}: ${hours}` : t("overrideAlways"),
  ]
    .filter(Boolean)
    .join(" · ");
}

function Sections({ rules: { thresholds }, text }: { rules: GetRulesResponse; text: string }) {
  const sections = new Map<string, Threshold[]>();
  const notesZh = chineseNotes(thresholds);
  for (const threshold of thresholds) {
    const words = [sectionName(threshold.section), thresholdName(threshold), threshold.section, threshold.key].join(" ").toLowerCase();
    if (words.includes(text)) sections.set(threshold.section, [...(sections.get(threshold.section) ?? []), threshold]);
  }
  if (sections.size === 0) return <p class="empty">{t("nothingFound")}</p>;
  return (
    <>
      {[...sections].map(([section, of]) => (
        <details key={section} class="rule-section" data-section={section} open={text !== "" || of.some((one) => changedValues.value.has(placeOf(one)))}>
          <summary>
            {sectionName(section)} <span class="muted small">{of.length}</span>
          </summary>
          <ul class="plain">
            {of.map((threshold, index) => (
              <ThresholdItem key={placeOf(threshold)} threshold={threshold} noteFirst={threshold.note !== of[index - 1]?.note} notesZh={notesZh} />
            ))}
          </ul>
        </details>
      ))}
    </>
  );
}

const UNITS: Partial<Record<string, string>> = { deg: "°" };

/** The same value as officers say it; nothing where that is no other. */
function inOfficersUnits({ value, unit }: Threshold): string {
  const number = Number(value);
  return Number.isFinite(number) && number > 0 && ["m", "m/s", "s"].includes(unit) ? measured(number, unit, language.value) : "";
}

/** The server's notes in Chinese. A note stands for several thresholds; ours stand at the first of them. */
function chineseNotes(thresholds: Threshold[]): ReadonlyMap<string, string> {
  const ours = thresholds.map((threshold) => [threshold.note, ruleNotesZh[placeOf(threshold)]] as const);
  return new Map(ours.filter((pair): pair is [string, string] => pair[1] !== undefined));
}

/** One threshold; `noteFirst`: its note is not that of the one above. */
function ThresholdItem({ threshold, noteFirst, notesZh }: { threshold: Threshold; noteFirst: boolean; notesZh: ReadonlyMap<string, string> }) {
  const { key, value, shipped, unit, note, sources } = threshold;
  const noteZh = language.value === "zh" ? notesZh.get(note) : undefined;
  const changed = changedValues.value.get(placeOf(threshold));
  const unitWord = unit === "points" ? t("points") : (UNITS[unit] ?? unit);
  return (
    <li class={changed === undefined ? "threshold" : "threshold changed"} data-threshold={placeOf(threshold)}>
      <p class="threshold-line">
        <span>{thresholdName(threshold)}</span>
        <span class="mono threshold-value">
          <b>{value}</b> {unitWord}
        </span>
        {mayEditChart.value && (
          <input
            type="text"
            class="mono"
            aria-label={`${thresholdName(threshold)}: ${t("newValue")}`}
            placeholder={t("newValue")}
            value={changed ?? ""}
            onChange={(event) => changeValue(threshold, event.currentTarget.value)}
          />
        )}
      </p>
      <p class="muted small">
        {[
          inOfficersUnits(threshold),
          shipped === value ? "" : `${t("shippedValue")} ${shipped}`,
          sources.length > 0 && `${t("sourceWord")}: ${sources.map((source) => named("source_", source)).join(", ")}`,
          key,
        ]
          .filter(Boolean)
          .join(" · ")}
      </p>
      {note && noteFirst && (
        <p class="muted small threshold-note" lang={noteZh ? "zh" : "en"}>
          {noteZh || note}
        </p>
      )}
    </li>
  );
}
