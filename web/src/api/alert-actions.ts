// What an officer can do with an alert, and what the server says to it.

import { Code, ConnectError } from "@connectrpc/connect";
import { type Alert } from "../gen/shorewatch/alert/v1/alert_pb";
import { type AlertEvent, type DismissReason, LifeState, type Outcome } from "../gen/shorewatch/alert/v1/life_pb";
import { putAlert, silence } from "./alerts";
import { alertClient, requestId } from "./client";

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

function call(alert: Alert, action: Action, request: string): Promise<{ alert?: Alert }> {
  const common = { id: alert.id, etag: alert.life?.etag ?? "", requestId: request, note: action.note };
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

/** What says that no answer came, not that the answer was no. */
const UNANSWERED = [Code.Unavailable, Code.Unknown, Code.Internal];
const TRIES = 4;
const PAUSE_MS = 700;

/** Sends a step until it is answered: under one name, so that it is done once. */
async function answered(alert: Alert, action: Action): Promise<{ alert?: Alert }> {
  const request = requestId();
  for (let tried = 1; ; tried++) {
    try {
      return await call(alert, action, request);
    } catch (error) {
      if (tried === TRIES || !UNANSWERED.includes(ConnectError.from(error).code)) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * tried));
    }
  }
}

/** Does it. When somebody else was faster, the alert as it is now is fetched, and the officer is told. */
export async function act(alert: Alert, action: Action): Promise<ActionResult> {
  try {
    const answer = await answered(alert, action);
    if (answer.alert) putAlert(answer.alert);
    silence([alert.id]);
    return { ok: true };
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
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
