// What became of the alerts that this screen knows: counts by rule and by zone, how fast they were acted on, how many were true.

import { computed } from "@preact/signals";
import { gradeOf } from "../api/alert-facts";
import { alerts } from "../api/alerts";
import { zones } from "../api/zones";
import { type Alert, AlertState } from "../gen/shorewatch/alert/v1/alert_pb";
import { LifeState } from "../gen/shorewatch/alert/v1/life_pb";
import { type Word, inLanguage, named, t } from "../i18n";
import { language } from "../settings";
import { bothClocks, day, duration } from "../units";

const TRUE_STATES = [LifeState.CONFIRMED, LifeState.DISPATCHED, LifeState.DISPOSED];

interface Row {
  name: string;
  total: number;
  grades: [number, number, number, number];
  withdrawn: number;
  judgedTrue: number;
  judgedFalse: number;
  unacknowledged: number;
  /** Median times in milliseconds; none where nobody acted yet. */
  toAcknowledge?: number;
  toJudge?: number;
}

const median = (values: number[]): number | undefined => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
};

function row(name: string, of: Alert[]): Row {
  const lives = of.flatMap(({ life }) => life ?? []);
  const spans = (pick: (life: (typeof lives)[number]) => bigint | undefined) =>
    lives.flatMap((life) => {
      const at = pick(life);
      return at === undefined ? [] : [Number(at - life.recordedMs)];
    });
  const grades: Row["grades"] = [0, 0, 0, 0];
  for (const alert of of) grades[gradeOf(alert) - 1]!++;
  return {
    name,
    total: of.length,
    grades,
    withdrawn: of.filter(({ life, state }) => life?.withdrawnBySystem || state === AlertState.WITHDRAWN).length,
    judgedTrue: lives.filter(({ state, disposal }) => TRUE_STATES.includes(state) || (state === LifeState.CLOSED && disposal)).length,
    judgedFalse: lives.filter(({ dismissReason }) => dismissReason !== 0).length,
    unacknowledged: lives.filter(({ state }) => state === LifeState.RAISED).length,
    toAcknowledge: median(spans((life) => life.acknowledgedMs)),
    toJudge: median(spans((life) => life.judgedMs)),
  };
}

function grouped(key: (alert: Alert) => string, name: (key: string) => string): Row[] {
  const groups = new Map<string, Alert[]>();
  for (const alert of alerts.value.values()) {
    const of = groups.get(key(alert));
    if (of) of.push(alert);
    else groups.set(key(alert), [alert]);
  }
  return [...groups].map(([word, of]) => row(name(word), of)).sort((a, b) => b.total - a.total);
}

/** The name of a zone for people; what the chart does not have any more keeps its id. */
function zoneName(id: string): string {
  const zone = zones.value.find((known) => known.id === id);
  return zone ? inLanguage(zone.name, zone.nameZh) || id : id;
}

const byKind = computed(() => grouped(({ kind }) => kind, (kind) => named("kind_", kind)));
const byZone = computed(() => grouped(({ zoneId }) => zoneId, (id) => (id ? zoneName(id) : t("noZone"))));

const COLUMNS: [Word, (row: Row) => string][] = [
  ["total", ({ total }) => String(total)],
  ["withdrawnCount", ({ withdrawn }) => String(withdrawn)],
  ["unacknowledged", ({ unacknowledged }) => String(unacknowledged)],
  ["judgedTrue", ({ judgedTrue }) => String(judgedTrue)],
  ["judgedFalse", ({ judgedFalse }) => String(judgedFalse)],
  ["toAcknowledge", ({ toAcknowledge }) => (toAcknowledge === undefined ? "–" : duration(toAcknowledge, language.value))],
  ["toJudge", ({ toJudge }) => (toJudge === undefined ? "–" : duration(toJudge, language.value))],
];

export function Reports() {
  const all = [...alerts.value.values()];
  const raised = all.map(({ raisedMs }) => Number(raisedMs));
  return (
    <section class="report" id="alerts" aria-label={t("reports")}>
      <div class="panel-head">
        <h1>{t("reports")}</h1>
        <span class="muted">
          {all.length} {t("alertsCounted")}
          {raised.length > 0 && ` · ${day(Math.min(...raised), false)} ${bothClocks(Math.min(...raised))} – ${bothClocks(Math.max(...raised))}`}
        </span>
        <span class="spring" />
        <button type="button" class="no-print" onClick={() => saveCsv(byKind.value, byZone.value)}>
          CSV
        </button>
        <button type="button" class="no-print" onClick={() => print()}>
          {t("print")}
        </button>
      </div>
      <p class="chips">
        {[1, 2, 3, 4].map((grade) => (
          <span key={grade} class="chip">
            <svg width="10" height="10" aria-hidden="true">
              <rect class={`bar grade-${grade}`} width="10" height="10" />
            </svg>{" "}
            {named("grade_", String(grade))}
          </span>
        ))}
      </p>
      <Table title={t("byRule")} head={t("filterKind")} rows={byKind.value} />
      <Table title={t("byZone")} head={t("zone")} rows={byZone.value} />
    </section>
  );
}

function Table({ title, head, rows }: { title: string; head: string; rows: Row[] }) {
  const most = Math.max(1, ...rows.map(({ total }) => total));
  return (
    <table class="figures">
      <caption>{title}</caption>
      <thead>
        <tr>
          <th scope="col">{head}</th>
          <th scope="col">{t("byGrade")}</th>
          {COLUMNS.map(([word]) => (
            <th key={word} scope="col">
              {t(word)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((one) => (
          <tr key={one.name}>
            <th scope="row">{one.name}</th>
            <td>
              <GradeBar grades={one.grades} most={most} />
            </td>
            {COLUMNS.map(([word, value]) => (
              <td key={word}>{value(one)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const BAR_WIDTH = 160;

/** How many of each grade, as a bar: the numbers are its name, for those who do not see it. */
function GradeBar({ grades, most }: { grades: Row["grades"]; most: number }) {
  let x = 0;
  return (
    <svg class="grade-bar" width={BAR_WIDTH} height="16" role="img" aria-label={grades.map((count, i) => `${t("grade")} ${i + 1}: ${count}`).join(", ")}>
      {grades.map((count, i) => {
        const width = (count / most) * BAR_WIDTH;
        const at = x;
        x += width;
        return <rect key={i} class={`bar grade-${i + 1}`} x={at} y="1" width={width} height="14" />;
      })}
    </svg>
  );
}

function saveCsv(kinds: Row[], zones: Row[]) {
  const cell = (text: string) => {
    // A cell that a spreadsheet would take for a formula is made text.
    const safe = /^[=+\-@]/.test(text) ? `'${text}` : text;
    return `"${safe.replaceAll('"', '""')}"`;
  };
  const head = ["", ...[1, 2, 3, 4].map((grade) => `${t("grade")} ${grade}`), ...COLUMNS.map(([word]) => t(word))];
  const lines = (rows: Row[]) => rows.map((one) => [one.name, ...one.grades.map(String), ...COLUMNS.map(([, value]) => value(one))]);
  const text = [head, ...lines(kinds), [], ...lines(zones)].map((cells) => cells.map(cell).join(",")).join("\r\n");
  const url = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `shorewatch-${day(Date.now(), false)}.csv`;
  link.click();
  URL.revokeObjectURL(url);
}
