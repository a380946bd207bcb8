// Why the system says so: each reason with what it weighs, the honest causes that were tested, and the sum.

import { type Family, account, points } from "../api/alert-facts";
import { type Alert, type Evidence, type HonestCause, Verdict } from "../gen/shorewatch/alert/v1/alert_pb";
import { SensorKind } from "../gen/shorewatch/type/v1/sensor_pb";
import { replayMs } from "../api/replay";
import { type Word, inLanguage, named, t } from "../i18n";
import { language } from "../settings";
import { clock, duration, measured } from "../units";
import { Sentence } from "./alert-name";
import { chartMap } from "./map-view";

const SENSOR_WORDS: Partial<Record<SensorKind, Word>> = {
  [SensorKind.AIS]: "ais",
  [SensorKind.RADAR]: "radar",
  [SensorKind.EO]: "eo",
};

const VERDICTS: Partial<Record<Verdict, [Word, string]>> = {
  [Verdict.RULED_OUT]: ["causeExcluded", "✕"],
  [Verdict.FOUND]: ["causePossible", "✓"],
  [Verdict.UNKNOWN]: ["causeUnknown", "?"],
};

export function EvidenceList({ alert }: { alert: Alert }) {
  const { families, rest, honest, sum, addsUp } = account(alert);
  return (
    <>
      <h2>{t("evidence")}</h2>
      {families.map((family) => (
        <FamilyBlock key={family.family} family={family} />
      ))}
      {rest.length > 0 && (
        <ol class="evidence" role="list">
          {rest.map((item, index) => (
            <EvidenceItem key={`${item.code}-${index}`} item={item} />
          ))}
        </ol>
      )}
      {alert.honestCauses.length > 0 && (
        <>
          <h2>{t("honestCauses")}</h2>
          <ul class="evidence" role="list">
            {alert.honestCauses.map((cause) => (
              <Cause key={cause.code} cause={cause} />
            ))}
          </ul>
        </>
      )}
      <table class="sum" data-adds-up={addsUp} data-sum={sum}>
        <tbody>
          {families.map(({ family, counted }) => (
            <tr key={family}>
              <th scope="row">{named("family_", family)}</th>
              <td>{points(counted)}</td>
            </tr>
          ))}
          {honest !== 0 && (
            <tr>
              <th scope="row">{t("family_honest")}</th>
              <td>{points(honest)}</td>
            </tr>
          )}
          <tr class="total">
            <th scope="row">{t("score")}</th>
            <td>{points(alert.score)}</td>
          </tr>
        </tbody>
      </table>
      <p class={addsUp ? "muted small" : "notice failed"}>{t(addsUp ? "sumFits" : "sumDiffers")}</p>
    </>
  );
}

function FamilyBlock({ family }: { family: Family }) {
  const capped = family.weight - family.counted > 0.05;
  return (
    <section class="family">
      <h3>
        {named("family_", family.family)}
        <span class="weight">
          {capped && <s title={t("capped")}>{points(family.weight)}</s>} {points(family.counted)}
        </span>
      </h3>
      <ol class="evidence" role="list">
        {family.items.map((item, index) => (
          <EvidenceItem key={`${item.code}-${index}`} item={item} />
        ))}
      </ol>
    </section>
  );
}

/** A place to look at on the map, when the reason has one. */
function placeOf(item: Evidence): [number, number] | undefined {
  const shape = item.geometry?.shape;
  const at = shape?.case === "point" ? shape.value : shape?.case === "circle" ? shape.value.centre : shape?.case === "line" ? shape.value.points[0] : undefined;
  return at && [at.lonDeg, at.latDeg];
}

function EvidenceItem({ item }: { item: Evidence }) {
  const sensors = item.sensors.flatMap((kind) => SENSOR_WORDS[kind] ?? []).map((word) => t(word));
  const { interval } = item;
  const place = placeOf(item);
  const observedThen = interval && replayMs.value >= Number(interval.fromMs) && replayMs.value <= Number(interval.toMs);
  return (
    <li class={observedThen ? "then" : ""} aria-current={observedThen ? "time" : undefined}>
      <p class="sentence">
        <span>
          <Sentence text={inLanguage(item.sentenceEn, item.sentenceZh)} />
        </span>
        {item.family && <span class="weight">{item.weight > 0 ? `+${points(item.weight)}` : points(item.weight)}</span>}
      </p>
      <p class="muted small">
        {t("observed")} {measured(item.observed, item.unit, language.value)} · {t("threshold")} {measured(item.threshold, item.unit, language.value)}
        {interval && ` · ${clock(Number(interval.fromMs), false)}–${clock(Number(interval.toMs), false)} (${duration(Number(interval.toMs - interval.fromMs), language.value)})`}
        {sensors.length > 0 && ` · ${sensors.join(", ")}`}
        {place && (
          <>
            {" · "}
            <button type="button" class="link small" onClick={() => chartMap.value?.goTo(place, 12)}>
              {t("centre")}
            </button>
          </>
        )}
      </p>
    </li>
  );
}

function Cause({ cause }: { cause: HonestCause }) {
  const [word, sign] = VERDICTS[cause.verdict] ?? ["causeUnknown", "?"];
  return (
    <li>
      <p class="sentence">
        <span>
          <b class={`verdict verdict-${cause.verdict}`} aria-hidden="true">
            {sign}
          </b>{" "}
          {inLanguage(cause.sentenceEn, cause.sentenceZh)} <span class="muted">({t(word)})</span>
        </span>
        {cause.weight !== 0 && <span class="weight">{points(cause.weight)}</span>}
      </p>
    </li>
  );
}
