// What is known of the selected craft, and whom it will meet.

import { useMemo } from "preact/hooks";
import { alerts } from "../api/alerts";
import { gradeOf, raisedMs, tracksOf } from "../api/alert-facts";
import { type Craft, type CraftClass, craftName, crafts, isDark, pictureMs, pictureTick } from "../api/tracks";
import { closestApproach, distanceM } from "../geo";
import { type Word, named, t } from "../i18n";
import { language } from "../settings";
import { goToAlert, selectedTrack } from "../state";
import { bothClocks, direction, distance, duration, position, speed } from "../units";
import { Icon } from "./icons";
import { chartMap } from "./map-view";
import { Grade } from "./alert-list";
import { type Fact, FactList } from "./fact-list";
import { MadeOf } from "./made-of";
import { Stated } from "./stated";

const APPROACH_RANGE_M = 2 * 1852;
const APPROACH_HORIZON_S = 30 * 60;
const APPROACHES_SHOWN = 4;

export const CLASS_WORDS: Record<CraftClass, Word> = {
  fused: "classFused",
  fused_eo: "classFusedEo",
  ais: "classAis",
  ais_lost: "classAisLost",
  dark_radar: "classDarkRadar",
  dark_eo: "classDarkEo",
};

export function TrackCard() {
  const id = selectedTrack.value;
  void pictureTick.value;
  if (!id) return null;
  const craft = crafts.get(id);
  return (
    <section class="card" aria-label={t("vessel")} data-track={id}>
      <div class="panel-head">
        <h2 class="name">{craft ? craftName(craft.track) : id}</h2>
        <span class="spring" />
        {craft && (
          <button type="button" class="tool" title={t("centre")} aria-label={t("centre")} onClick={() => chartMap.value?.goTo(craft.at, 12)}>
            <Icon name="target" />
          </button>
        )}
        <button
          type="button"
          class="tool"
          title={`${t("close")} (Esc)`}
          aria-label={t("close")}
          onClick={() => {
            selectedTrack.value = "";
          }}
        >
          <Icon name="close" />
        </button>
      </div>
      {craft ? <Facts craft={craft} /> : <p class="muted">{t("notInPicture")}</p>}
      <ItsAlerts id={id} />
    </section>
  );
}

function Facts({ craft }: { craft: Craft }) {
  const { track, craftClass } = craft;
  const now = pictureMs.value;
  const seen = (ms: number | undefined) =>
    ms === undefined ? t("never") : `${duration(now - ms, language.value)} ${t("ago")}`;
  const covariance = track.covariance;
  const sigma = covariance ? Math.sqrt(5.991 * Math.max(covariance.eastM2, covariance.northM2)) : undefined;
  const still = track.stoppedProbability >= 0.5;
  const rows: Fact[] = [
    [t("mmsi"), track.mmsi ? `${track.mmsi} (${Math.round(track.mmsiProbability * 100)} %)` : undefined],
    [t("hullNumber"), track.hullMmsi ? `${track.hullMmsi} (${Math.round(track.hullMmsiProbability * 100)} %)` : undefined],
    [t("callsign"), track.callsign || undefined],
    [t("imo"), track.imo ? String(track.imo) : undefined],
    [t("shipType"), track.shipType ? shipType(track.shipType) : undefined],
    [
      t("cameraClass"),
      track.eoClass ? `${named("eo_", track.eoClass)} (${Math.round(track.eoClassProbability * 100)} %)` : undefined,
    ],
    [t("length"), track.lengthM ? `${track.lengthM.toFixed(0)} m` : undefined],
    [t("positionWord"), position(craft.at[1], craft.at[0])],
    [t("uncertainty"), sigma === undefined ? undefined : `± ${sigma.toFixed(0)} m`],
    [t("heldBy"), `${t("ais")} ${seen(track.lastAisMs)} · ${t("radar")} ${seen(track.lastRadarMs)} · ${t("eo")} ${seen(track.lastEoMs)}`],
    [t("firstSeen"), bothClocks(track.firstSeenMs)],
    [t("hiddenBy"), track.mergedWith || undefined],
    [t("track"), track.id],
  ];
  return (
    <>
      <p class={`class-line ${isDark(craftClass) ? "is-dark" : ""}`}>{t(CLASS_WORDS[craftClass])}</p>
      <p class="motion">
        <span>
          <small>{t("sog")}</small> <b>{speed(track.sogMps)}</b>
        </span>
        <span>
          <small>{t("cog")}</small> <b>{still ? t("lyingStill") : direction(track.cogDeg)}</b>
        </span>
      </p>
      <FactList rows={rows} />
      <Stated craft={craft} />
      <Approaches craft={craft} />
      <MadeOf />
    </>
  );
}

/** The ranges of ITU-R M.1371, table 53. */
function shipType(type: number): string {
  const exact: Record<number, Word> = {
    30: "ship_fishing",
    31: "ship_towing",
    32: "ship_towing",
    33: "ship_dredging",
    34: "ship_diving",
    35: "ship_military",
    36: "ship_sailing",
    37: "ship_pleasure",
    50: "ship_pilot",
    51: "ship_sar",
    52: "ship_tug",
    53: "ship_port",
    55: "ship_law",
  };
  const tens: Record<number, Word> = { 4: "ship_highspeed", 6: "ship_passenger", 7: "ship_cargo", 8: "ship_tanker" };
  return t(exact[type] ?? tens[Math.floor(type / 10)] ?? "ship_other");
}

function Approaches({ craft }: { craft: Craft }) {
  const tick = pictureTick.value;
  const approaches = useMemo(() => {
    const own = { at: craft.at, sogMps: craft.track.sogMps, cogDeg: craft.track.cogDeg };
    return [...crafts.values()]
      .filter((other) => other !== craft && distanceM(other.at, craft.at) < 20 * 1852)
      .flatMap((other) => {
        const met = closestApproach(own, { at: other.at, sogMps: other.track.sogMps, cogDeg: other.track.cogDeg });
        const soon = met && met.tcpaS > 0 && met.tcpaS < APPROACH_HORIZON_S && met.cpaM < APPROACH_RANGE_M;
        return soon ? [{ other, ...met }] : [];
      })
      .sort((a, b) => a.cpaM - b.cpaM)
      .slice(0, APPROACHES_SHOWN);
  }, [craft, tick]);
  return (
    <>
      <h3>{t("cpaList")}</h3>
      {approaches.length === 0 ? (
        <p class="muted">{t("noneNear")}</p>
      ) : (
        <table class="approaches">
          <thead>
            <tr>
              <th scope="col">{t("vessel")}</th>
              <th scope="col">{t("cpa")}</th>
              <th scope="col">{t("tcpa")}</th>
            </tr>
          </thead>
          <tbody>
            {approaches.map(({ other, cpaM, tcpaS }) => (
              <tr key={other.track.id}>
                <td>
                  <button
                    type="button"
                    class="link"
                    onClick={() => {
                      selectedTrack.value = other.track.id;
                    }}
                  >
                    {craftName(other.track)}
                  </button>
                </td>
                <td>{distance(cpaM, language.value)}</td>
                <td>{duration(tcpaS * 1000, language.value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

function ItsAlerts({ id }: { id: string }) {
  const its = [...alerts.value.values()].filter((alert) => tracksOf(alert).includes(id));
  if (its.length === 0) return null;
  its.sort((a, b) => raisedMs(b) - raisedMs(a));
  return (
    <>
      <h3>{t("itsAlerts")}</h3>
      <ul class="plain">
        {its.slice(0, 6).map((alert) => (
          <li key={alert.id}>
            <button type="button" class="link" onClick={() => goToAlert(alert.id)}>
              <Grade grade={gradeOf(alert)} /> {named("kind_", alert.kind)}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
