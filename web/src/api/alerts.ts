// The alerts as this screen knows them, and which of them the officer has not heard yet.

import { computed, signal } from "@preact/signals";
import type { Alert } from "../gen/shorewatch/alert/v1/alert_pb";
import { AlertState } from "../gen/shorewatch/alert/v1/alert_pb";
import { AlertChange } from "../gen/shorewatch/alert/v1/alert_service_pb";
import { kept } from "../settings";
import { LifeState } from "../gen/shorewatch/alert/v1/life_pb";
import { alertClient, keepStreaming } from "./client";
import { renewSession } from "./session";

/** Alerts by id, in no order. A new map with every change. */
export const alerts = signal<ReadonlyMap<string, Alert>>(new Map());

/** How often a silent server shows that it is there. */
const HEARTBEAT_MS = 10_000;

/** Ids heard on this screen are remembered, the latest so many. */
const HEARD_MAX = 2_000;
const isIds = (value: unknown): value is string[] => Array.isArray(value) && value.every((id) => typeof id === "string");
const heard = kept<string[]>("heard", [], isIds);
const heardSet = computed(() => new Set(heard.value));

/** Whether an alert still calls: it goes on, nobody has acknowledged it, and it was not silenced here. */
export const calls = (alert: Alert): boolean =>
  alert.state !== AlertState.WITHDRAWN &&
  (alert.life === undefined || alert.life.state === LifeState.RAISED) &&
  !heardSet.value.has(alert.id);

export const calling = computed(() => [...alerts.value.values()].filter(calls));

/** Silences alerts on this screen. */
export function silence(ids: string[]) {
  heard.value = [...heard.value.filter((id) => !ids.includes(id)), ...ids].slice(-HEARD_MAX);
}

/** Lets an alert sound again that was silenced: nobody acts on it. */
function rouse(id: string) {
  if (heardSet.value.has(id)) heard.value = heard.value.filter((other) => other !== id);
}

/** Puts an alert in its place as an answer of the server has it, before the watch brings it too. */
export function putAlert(alert: Alert) {
  alerts.value = new Map(alerts.value).set(alert.id, alert);
}

/** Watches the alerts until the page is closed. */
export function watchAlerts(): () => void {
  // During the snapshot, the map that will replace the old one: nothing flickers, nothing is lost.
  let snapshot: Map<string, Alert> | undefined;
  let pending: Map<string, Alert> | undefined;
  const publish = () => {
    if (pending) alerts.value = pending;
    pending = undefined;
  };
  return keepStreaming(
    "alerts",
    (abort) => alertClient.watchAlerts({ heartbeatIntervalMs: HEARTBEAT_MS }, { signal: abort }),
    () => {
      snapshot = new Map();
      renewSession();
    },
    (message) => {
      if (message.change === AlertChange.HEARTBEAT) return "heartbeat";
      if (message.change === AlertChange.SNAPSHOT_END) {
        pending = snapshot;
        snapshot = undefined;
        publish();
        return "complete";
      }
      const { alert } = message;
      if (!alert) return undefined;
      if (snapshot) {
        snapshot.set(alert.id, alert);
        return undefined;
      }
      if (!pending) {
        pending = new Map(alerts.value);
        // Many changes of one moment are one change of the list.
        queueMicrotask(publish);
      }
      if (message.change === AlertChange.REMINDED) rouse(alert.id);
      if (message.change === AlertChange.LEFT) pending.delete(alert.id);
      else pending.set(alert.id, alert);
      return undefined;
    },
  );
}
