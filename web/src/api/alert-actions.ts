// What an officer can do with an alert, and what the server says to it.

import { Code, ConnectError } from "@connectrpc/connect";
import { signal } from "@preact/signals";
import { type Alert } from "../gen/shorewatch/alert/v1/alert_pb";
import { type AlertEvent, type DismissReason, LifeState, type Outcome } from "../gen/shorewatch/alert/v1/life_pb";
import { putAlert, silence } from "./alerts";
import { alertClient } from "./client";

/** Whether this server keeps the life of alerts; known after the first try. */
export const keepsLife = signal(true);

export type ActionResult = { ok: true } | { ok: false; conflict: boolean; message: string };

export type Action =
  | { step: "acknowledge" | "verify" | "confirm" | "close"; note: string }
  | { step: "dismiss"; reason: DismissReason; note: string }
  | { step: "dispatch"; unit: string; etaMs?: bigint; note: string }
  | { step: "dispose"; outcome: Outcome; reference: string; note: string }
  | { step: "comment"; note: string }
  | { step: "handOver"; unitId: string; joint: boolean; note: string };

export type Step = Action["step"];

/** Which steps follow from where an alert stands, the most likely one first. */
export function stepsFrom(state: LifeState): Step[] {
  switch (state) {
    case LifeState.RAISED:
      return ["acknowledge", "verify", "dismiss", "comment", "handOver"];
    case LifeState.ACKNOWLEDGED:
      return ["verify", "confirm", "dispatch", "dismiss", "comment", "handOver"];
    case LifeState.VERIFYING:
      return ["confirm", "dismiss", "dispatch", "comment", "handOver"];
    case LifeState.CONFIRMED:
      return ["dispatch", "dispose", "dismiss", "comment", "handOver"];
    case LifeState.DISPATCHED:
      return ["dispose", "dispatch", "comment", "handOver"];
    case LifeState.DISMISSED:
    case LifeState.DISPOSED:
    case LifeState.WITHDRAWN:
      return ["close", "comment", "handOver"];
    case LifeState.CLOSED:
      return ["comment"];
    default:
      return ["acknowledge", "comment"];
  }
}

/** A name that nothing else bears. (`randomUUID` is for pages under TLS only; stations on a closed network have none.) */
const requestId = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16).padStart(8, "0")).join("");

function send(alert: Alert, action: Action): Promise<{ alert?: Alert }> {
  const common = { id: alert.id, etag: alert.life?.etag ?? "", requestId: requestId(), note: action.note };
  switch (action.step) {
    case "acknowledge":
      return alertClient.acknowledgeAlert(common);
    case "verify":
      return alertClient.verifyAlert(common);
    case "confirm":
      return alertClient.confirmAlert(common);
    case "close":
      return alertClient.closeAlert(common);
    case "dismiss":
      return alertClient.dismissAlert({ ...common, reason: action.reason });
    case "dispatch":
      return alertClient.dispatchAlert({ ...common, unit: action.unit, etaMs: action.etaMs });
    case "dispose":
      return alertClient.disposeAlert({ ...common, outcome: action.outcome, reference: action.reference });
    case "comment":
      return alertClient.commentAlert({ ...common, etag: "" });
    case "handOver":
      return alertClient.handOverAlert({ ...common, unitId: action.unitId, joint: action.joint });
  }
}

/** Does it. When somebody else was faster, the alert as it is now is fetched, and the officer is told. */
export async function act(alert: Alert, action: Action): Promise<ActionResult> {
  try {
    const answer = await send(alert, action);
    if (answer.alert) putAlert(answer.alert);
    silence([alert.id]);
    return { ok: true };
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    if (code === Code.Unimplemented) {
      keepsLife.value = false;
      silence([alert.id]);
      return action.step === "acknowledge" ? { ok: true } : { ok: false, conflict: false, message: rawMessage };
    }
    const conflict = code === Code.Aborted || code === Code.FailedPrecondition;
    if (conflict) {
      const now = await alertClient.getAlert({ id: alert.id }).catch(() => undefined);
      if (now?.alert) putAlert(now.alert);
    }
    return { ok: false, conflict, message: rawMessage };
  }
}

/** Who did what when. */
export async function history(id: string): Promise<AlertEvent[]> {
  const { events } = await alertClient.listAlertEvents({ alertId: id, pageSize: 1000 });
  return events;
}
