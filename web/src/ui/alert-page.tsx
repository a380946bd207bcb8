// One alert: what happened, what to do about it, and why the system says so.

import { gradeOf, landfallOf, points, raisedMs, tracksOf } from "../api/alert-facts";
import { alerts } from "../api/alerts";
import { replay, startReplay } from "../api/replay";
import { craftName, crafts, livePictureMs, pictureMs, pictureTick } from "../api/tracks";
import { type Alert, AlertState } from "../gen/shorewatch/alert/v1/alert_pb";
import { inLanguage, named, t } from "../i18n";
import { alertAddress, goToAlert, openAlert, selectedTrack } from "../state";
import { evidenceBox } from "../map/evidence";
import { language } from "../settings";
import { bothClocks, duration, position } from "../units";
import { AlertActions } from "./alert-actions";
import { EvidenceList } from "./alert-evidence";
import { AlertName } from "./alert-name";
import { AlertPictures } from "./alert-pictures";
import { Grade, StateChip } from "./alert-list";
import { type Fact, FactList } from "./fact-list";
import { Icon } from "./icons";
import { chartMap } from "./map-view";
import { unitName } from "./sign-in";

const SIMILAR_SHOWN = 5;

export function AlertPage() {
  const alert = alerts.value.get(openAlert.value);
  return (
    <section class="panel" id="alerts" aria-label={t("alerts")}>
      <div class="panel-head">
        <button type="button" class="tool" title={`${t("back")} (Esc)`} aria-label={t("back")} onClick={() => goToAlert("")}>
          <Icon name="back" />
        </button>
        {alert ? (
          <>
            <Grade grade={gradeOf(alert)} />
            <h1 class="name">{named("kind_", alert.kind)}</h1>
          </>
        ) : (
          <h1>{t("nothingFound")}</h1>
        )}
      </div>
      {alert && (
        <div class="scroll" data-open-alert={alert.id}>
          <Summary alert={alert} />
          {alert.state === AlertState.WITHDRAWN && <p class="notice">{t("withdrawnNote")}</p>}
          <AlertActions alert={alert} />
          <AlertPictures alert={alert} />
          <EvidenceList alert={alert} />
          <SimilarBefore alert={alert} />
        </div>
      )}
    </section>
  );
}

function Summary({ alert }: { alert: Alert }) {
  const at = alert.position;
  const confirmed = alert.confirmedMs;
  const rows: Fact[] = [
    [t("grade"), named("grade_", String(gradeOf(alert)))],
    [t("score"), points(alert.score)],
    [t("began"), bothClocks(Number(alert.beganMs))],
    [t("raised"), bothClocks(raisedMs(alert))],
    [t("ruleMet"), confirmed === undefined ? undefined : bothClocks(Number(confirmed))],
    [t("landfall"), landfallWords(alert)],
    [t("endedAt"), alert.endMs === undefined ? t("goesOn") : bothClocks(Number(alert.endMs))],
    [t("jurisdiction"), alert.jurisdiction || undefined],
    [t("inHand"), alert.life?.unitId ? unitName(alert.life.unitId) : undefined],
  ];
  return (
    <>
      <p class="chips">
        <StateChip alert={alert} />
      </p>
      <p class="where">
        <span>{inLanguage(alert.nearEn, alert.nearZh)}</span>
        {at && (
          <button type="button" class="link mono" onClick={() => chartMap.value?.goTo([at.lonDeg, at.latDeg], 12)}>
            {position(at.latDeg, at.lonDeg)}
          </button>
        )}
        <CraftInvolved alert={alert} />
        <button type="button" class="link" onClick={() => showAll(alert)}>
          {t("showEvidence")}
        </button>
        {replay.value ? (
          <span class="muted">{t("replayAlertNote")}</span>
        ) : (
          <button type="button" class="link" data-replay-alert={alert.id} onClick={() => replayAlert(alert)}>
            {t("replayAlert")}
          </button>
        )}
      </p>
      <FactList rows={rows} />
    </>
  );
}

/** Brings everything that an alert rests on into view. */
export function showAll(alert: Alert) {
  const box = evidenceBox(alert);
  if (box) chartMap.value?.fit(box);
}

/** Before an alert began and after it ended there is something to see too. */
const BEFORE_MS = 10 * 60_000;
const AFTER_MS = 5 * 60_000;

function replayAlert(alert: Alert) {
  const toMs = Number(alert.endMs ?? BigInt(livePictureMs.value)) + AFTER_MS;
  startReplay({ fromMs: Number(alert.beganMs) - BEFORE_MS, toMs: Math.min(toMs, livePictureMs.value) });
  showAll(alert);
}

/** When it will land, and how long that still is: nothing of a time gone by. */
function landfallWords(alert: Alert): string | undefined {
  const atMs = landfallOf(alert)?.atMs;
  if (atMs === undefined) return undefined;
  const left = atMs - pictureMs.value;
  const soon = left > 0 && alert.state === AlertState.ACTIVE;
  return bothClocks(atMs) + (soon ? `, ${t("timeLeft")} ${duration(left, language.value)}` : "");
}

function CraftInvolved({ alert }: { alert: Alert }) {
  void pictureTick.value;
  return (
    <>
      {tracksOf(alert).map((id) => {
        const craft = crafts.get(id);
        return (
          <button
            key={id}
            type="button"
            class="link"
            onClick={() => {
              selectedTrack.value = id;
              if (craft) chartMap.value?.goTo(craft.at, 12);
            }}
          >
            {craft ? [...new Set([craftName(craft.track), id])].join(" · ") : `${id}, ${t("notInPicture")}`}
          </button>
        );
      })}
    </>
  );
}

function SimilarBefore({ alert }: { alert: Alert }) {
  if (alert.similarBefore.length === 0) return null;
  return (
    <>
      <h2>
        {t("similarBefore")} <span class="muted">{alert.similarBefore.length}</span>
      </h2>
      <ul class="plain">
        {alert.similarBefore.slice(0, SIMILAR_SHOWN).map((id) => (
          <li key={id}>
            <a href={alertAddress(id)}>
              <AlertName id={id} />
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}
