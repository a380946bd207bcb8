// The name of an alert for people, where the server says its name for machines.

import { raisedMs } from "../api/alert-facts";
import { alerts } from "../api/alerts";
import { named } from "../i18n";
import { alertAddress } from "../state";
import { clock, day } from "../units";

/** Kind and time; of an alert that this screen does not have, its id. */
export function AlertName({ id }: { id: string }) {
  const alert = alerts.value.get(id);
  if (!alert) return <>{id}</>;
  return (
    <>
      {named("kind_", alert.kind)} {day(raisedMs(alert), false)} {clock(raisedMs(alert), false, false)}
      {alert.life && alert.life.state > 1 && <span class="muted"> {named("life_", String(alert.life.state))}</span>}
    </>
  );
}

/** Ids of alerts as the server makes them: `dark_vessel-20260417T150648-T000807-T000019`. */
const ALERT_ID = /([a-z_]+-\d{8}T\d{6}(?:-[A-Z]\d+)+)/;

/** A sentence of the server, in which other alerts are links by their names for people. */
export function Sentence({ text }: { text: string }) {
  return (
    <>
      {text.split(ALERT_ID).map((part, index) =>
        index % 2 === 1 ? (
          <a key={index} href={alertAddress(part)}>
            <AlertName id={part} />
          </a>
        ) : (
          part
        ),
      )}
    </>
  );
}
