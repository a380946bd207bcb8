// The steps that an officer can take with an alert, and who took which before.

import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { type Action, type Step, act, history, stepsFrom } from "../api/alert-actions";
import { inMemoryOnly, mayAct, session } from "../api/session";
import type { Alert } from "../gen/shorewatch/alert/v1/alert_pb";
import { type AlertEvent, AlertEventKind, DismissReason, LifeState, Outcome } from "../gen/shorewatch/alert/v1/life_pb";
import { named, t } from "../i18n";
import { bothClocks, day, duration } from "../units";
import { language } from "../settings";
import { openAlert } from "../state";
import { unitName } from "./sign-in";

/** Steps that want no more than a click. */
const AT_ONCE: Step[] = ["acknowledge"];
const REASONS = enumNumbers(DismissReason);
const OUTCOMES = enumNumbers(Outcome);

function enumNumbers(numbers: Record<string, string | number>): number[] {
  return Object.values(numbers).filter((value): value is number => typeof value === "number" && value > 0);
}

/** What became of the latest step; nothing once it is done. */
const told = signal<{ alertId: string; kind: "sending" | "failed" | "conflict"; text: string } | undefined>(undefined);

/** Takes a step, and tells the officer when it was not taken. Whether it was. */
export async function takeStep(alert: Alert, action: Action): Promise<boolean> {
  told.value = { alertId: alert.id, kind: "sending", text: t("sending") };
  const result = await act(alert, action);
  if (result.ok) told.value = undefined;
  else if (result.conflict) told.value = { alertId: alert.id, kind: "conflict", text: `${t("conflict")} (${result.message})` };
  else told.value = { alertId: alert.id, kind: "failed", text: `${t("failed")}: ${result.message}` };
  return result.ok;
}

/** The word on the latest step: in the list too, for who acts there by key. */
export function Told() {
  const word = told.value;
  return word ? (
    <p class={`notice ${word.kind}`} role="alert" data-told={word.kind}>
      {openAlert.value === word.alertId ? word.text : `${word.alertId}: ${word.text}`}
    </p>
  ) : null;
}

export function AlertActions({ alert }: { alert: Alert }) {
  const [step, setStep] = useState<Step | undefined>();
  useEffect(() => {
    setStep(undefined);
    if (told.peek()?.kind !== "sending") told.value = undefined;
  }, [alert.id]);
  const send = async (action: Action) => {
    if (await takeStep(alert, action)) setStep(undefined);
  };

  if (!mayAct.value) {
    return (
      <>
        <p class="muted small">{t("lookOnly")}</p>
        <History alert={alert} />
      </>
    );
  }
  return (
    <>
      <h2>{t("actions")}</h2>
      <div class="steps">
        {stepsOf(alert).map((name, index) => (
          <button
            key={name}
            type="button"
            class={index === 0 ? "primary" : ""}
            data-step={name}
            aria-expanded={AT_ONCE.includes(name) ? undefined : step === name}
            onClick={() => (AT_ONCE.includes(name) ? void send({ step: "acknowledge", note: "" }) : setStep(step === name ? undefined : name))}
          >
            {named("step_", name)}
          </button>
        ))}
      </div>
      {step && <StepForm key={step} alert={alert} step={step} cancel={() => setStep(undefined)} send={send} />}
      <Told />
      {inMemoryOnly.value && <p class="muted small after">{t("memoryOnlyNote")}</p>}
      <History alert={alert} />
    </>
  );
}

/** An alert is handed over to a unit of this server: where there is none, nobody can take it. */
const stepsOf = (alert: Alert): Step[] =>
  stepsFrom(alert.life?.state ?? LifeState.RAISED).filter((step) => step !== "handOver" || otherUnits(alert).length > 0);

const otherUnits = (alert: Alert) => (session.value?.units ?? []).filter(({ id }) => id !== alert.life?.unitId);

interface StepFormProperties {
  alert: Alert;
  step: Step;
  send: (action: Action) => void;
  cancel: () => void;
}

function StepForm({ alert, step, send, cancel }: StepFormProperties) {
  const [reason, setReason] = useState("");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string) => String(fields.get(name) ?? "").trim();
    send(actionOf(step, text));
  };
  return (
    <form class="step-form" onSubmit={submit} data-form={step}>
      {step === "dismiss" && <Choice name="reason" label={t("reason")} choices={numbered("reason_", REASONS)} choose={setReason} />}
      {step === "dispose" && <Choice name="outcome" label={t("outcome")} choices={numbered("outcome_", OUTCOMES)} />}
      {step === "handOver" && <Choice name="unit" label={t("unit")} choices={otherUnits(alert).map(({ id }) => [id, unitName(id)])} />}
      {step === "dispatch" && <Field name="unit" label={t("unit")} required suggestions={(session.value?.units ?? []).map(({ id }) => id)} />}
      {step === "dispatch" && <Field name="minutes" label={t("eta")} numeric />}
      {step === "dispose" && <Field name="reference" label={t("reference")} />}
      {step === "handOver" && (
        <label class="check">
          <input type="checkbox" name="joint" /> {t("joint")}
        </label>
      )}
      <label>
        {t("note")}
        <textarea name="note" rows={2} maxLength={4000} required={step === "comment" || reason === String(DismissReason.OTHER)} />
      </label>
      <div class="steps">
        <button type="submit" class="primary">
          {t("send")}
        </button>
        <button type="button" onClick={cancel}>
          {t("cancel")}
        </button>
      </div>
    </form>
  );
}

function actionOf(step: Step, text: (name: string) => string): Action {
  const note = text("note");
  switch (step) {
    case "dismiss":
      return { step, reason: Number(text("reason")) as DismissReason, note };
    case "dispose":
      return { step, outcome: Number(text("outcome")) as Outcome, reference: text("reference"), note };
    case "dispatch": {
      const minutes = Number(text("minutes"));
      return { step, unit: text("unit"), etaMs: minutes > 0 ? BigInt(Date.now() + minutes * 60_000) : undefined, note };
    }
    case "handOver":
      return { step, unitId: text("unit"), joint: text("joint") === "on", note };
    default:
      return { step, note };
  }
}

const numbered = (prefix: string, numbers: number[]): [string, string][] =>
  numbers.map((number) => [String(number), named(prefix, String(number))]);

interface ChoiceProperties {
  name: string;
  label: string;
  /** Values with their words. */
  choices: [string, string][];
  choose?: (value: string) => void;
}

function Choice({ name, label, choices, choose }: ChoiceProperties) {
  return (
    <label>
      {label}
      <select name={name} required onChange={(event) => choose?.(event.currentTarget.value)}>
        <option value="">{t("choose")}</option>
        {choices.map(([value, word]) => (
          <option key={value} value={value}>
            {word}
          </option>
        ))}
      </select>
    </label>
  );
}

interface FieldProperties {
  name: string;
  label: string;
  numeric?: boolean;
  required?: boolean;
  suggestions?: string[];
}

function Field({ name, label, numeric = false, required = false, suggestions = [] }: FieldProperties) {
  const listId = `${name}-suggestions`;
  return (
    <label>
      {label}
      <input
        name={name}
        type="text"
        inputMode={numeric ? "numeric" : "text"}
        pattern={numeric ? "[0-9]{1,4}" : undefined}
        required={required}
        maxLength={128}
        list={suggestions.length > 0 ? listId : undefined}
      />
      {suggestions.length > 0 && (
        <datalist id={listId}>
          {suggestions.map((value) => (
            <option key={value} value={value} label={unitName(value)} />
          ))}
        </datalist>
      )}
    </label>
  );
}

function History({ alert }: { alert: Alert }) {
  const [events, setEvents] = useState<AlertEvent[]>([]);
  const etag = alert.life?.etag;
  useEffect(() => {
    let current = true;
    history(alert.id).then(
      (told) => current && setEvents(told),
      // A role that may not see it sees none.
      () => current && setEvents([]),
    );
    return () => {
      current = false;
    };
  }, [alert.id, etag, alert.life?.comments]);
  return (
    <>
      <h2>{t("history")}</h2>
      {events.length === 0 ? (
        <p class="muted">{t("noHistory")}</p>
      ) : (
        <ol class="history" role="list">
          {gathered(events).map(({ event, count, newDay }) => (
            <li key={String(event.sequence)} data-event={event.kind}>
              {newDay && <span class="muted">{day(Number(event.timeMs), false)} </span>}
              <span class="mono muted">{bothClocks(Number(event.timeMs))}</span>{" "}
              <b>{event.actor?.id === "system" ? t("system") : event.actor?.name || event.actor?.id}</b>{" "}
              {named("event_", String(event.kind))}
              {count > 1 && <span class="muted"> ×{count}</span>}
              <EventDetail event={event} />
            </li>
          ))}
        </ol>
      )}
    </>
  );
}

/** Events as they are shown: what the system learnt in one go is one line, and a day stands where it begins. */
function gathered(events: AlertEvent[]) {
  const lines: { event: AlertEvent; count: number; newDay: boolean }[] = [];
  for (const event of events) {
    const last = lines.at(-1);
    if (last && event.kind === AlertEventKind.UPDATED && last.event.kind === AlertEventKind.UPDATED) {
      last.event = event;
      last.count++;
      continue;
    }
    const newDay = !last || day(Number(last.event.timeMs), false) !== day(Number(event.timeMs), false);
    lines.push({ event, count: 1, newDay });
  }
  return lines;
}

function EventDetail({ event }: { event: AlertEvent }) {
  const { life } = event;
  const parts: string[] = [];
  if (event.note) parts.push(event.note);
  if (life?.state === LifeState.DISMISSED && life.dismissReason) parts.unshift(named("reason_", String(life.dismissReason)));
  if (life?.state === LifeState.DISPATCHED && life.dispatch) {
    const eta = life.dispatch.etaMs;
    parts.unshift(
      life.dispatch.unit +
        (eta === undefined ? "" : ` (${duration(Number(eta - life.dispatch.dispatchedMs), language.value)})`),
    );
  }
  if (life?.state === LifeState.DISPOSED && life.disposal) {
    parts.unshift([named("outcome_", String(life.disposal.outcome)), life.disposal.reference].filter(Boolean).join(", "));
  }
  return parts.length > 0 ? <span class="detail">{parts.join(" · ")}</span> : null;
}
