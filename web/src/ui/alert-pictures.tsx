// What cameras showed of the vessels of an alert: pictures that their site has sent, and in words those that it has not.

import { useEffect } from "preact/hooks";
import { signal } from "@preact/signals";
import { askForPicture, pictures } from "../api/pictures";
import type { Alert, Picture } from "../gen/shorewatch/alert/v1/alert_pb";
import { named, t } from "../i18n";
import { bothClocks } from "../units";
import { Dialog } from "./dialogs";

/** The picture that is looked at in full. */
const enlarged = signal<{ address: string; words: string } | undefined>(undefined);

export function AlertPictures({ alert }: { alert: Alert }) {
  if (alert.pictures.length === 0) return null;
  // The latest says most.
  const latestFirst = [...alert.pictures].reverse();
  return (
    <>
      <h2>{t("pictures")}</h2>
      <ul class="pictures" role="list">
        {latestFirst.map((picture) => (
          <li key={`${picture.trackId} ${picture.timeMs} ${picture.sha256}`}>
            <Shown alertId={alert.id} picture={picture} />
          </li>
        ))}
      </ul>
      {enlarged.value && (
        <Dialog
          title={enlarged.value.words}
          close={() => {
            enlarged.value = undefined;
          }}
        >
          <img class="enlarged" src={enlarged.value.address} alt={enlarged.value.words} />
        </Dialog>
      )}
    </>
  );
}

function Shown({ alertId, picture }: { alertId: string; picture: Picture }) {
  const { sha256, trackId, timeMs, sensorId, eoClass, classConfidence, activity, association, reference } = picture;
  const state = sha256 ? pictures.value.get(sha256) : undefined;
  useEffect(() => {
    if (sha256 && state === undefined) void askForPicture(alertId, sha256);
  }, [alertId, sha256, state]);
  const seen = [eoClass && `${named("eo_", eoClass)} ${Math.round(classConfidence * 100)} %`, activity && named("act_", activity)];
  const words = [bothClocks(Number(timeMs)), sensorId, trackId, ...seen.filter(Boolean)].join(" · ");
  return (
    <figure data-picture={sha256}>
      {typeof state === "object" && "address" in state ? (
        <button
          type="button"
          class="picture"
          title={t("enlarge")}
          onClick={() => {
            enlarged.value = { address: state.address, words };
          }}
        >
          <img src={state.address} alt={`${t("pictureOf")} ${words}`} />
        </button>
      ) : (
        <p class="muted" role="status">
          {state === "asked" ? t("pictureAsked") : state && "trouble" in state ? state.trouble : t("pictureAtSite")}
          {reference && <span class="mono reference"> {reference}</span>}
        </p>
      )}
      <figcaption>
        {words}
        {association < 0.7 && <span class="muted"> · {t("perhapsAnother")}</span>}
      </figcaption>
    </figure>
  );
}
