// The steps that an officer can take with an alert, and who took which before.

import { useEffect, useState } from "preact/hooks";
import { type Action, type Step, act, history, keepsLife, stepsFrom } from "../api/alert-actions";
import { calls, silence } from "../api/alerts";
import type { Alert } from "../gen/shorewatch/alert/v1/alert_pb";
import { type AlertEvent, DismissReason, LifeState, Outcome } from "../gen/shorewatch/alert/v1/life_pb";
import { named, t } from "../i18n";
import { bothClocks, duration } from "../units";
import { language } from "../settings";

/** Steps that want no more than a click. */
const AT_ONCE: Step[] = ["acknowledge"];
const REASONS = enumNumbers(DismissReason);
const OUTCOMES = enumNumbers(Outcome);

function enumNumbers(numbers: Record<string, string | number>): number[] {
  return Object.values(numbers).filter((value): value is number => typeof value === "number" && value > 0);
}

type Told = { kind: "sending" | "failed" | "conflict"; text: string } | undefined;

export function AlertActions({ alert }: { alert: Alert }) {
  const [step, setStep] = useState<Step | undefined>();
  const [told, setTold] = useState<Told>();
  useEffect(() => {
    setStep(undefined);
    setTold(undefined);
  }, [alert.id]);

  const send = async (action: Action) => {
    setTold({ kind: "sending", text: t("sending") });
    const result = await act(alert, action);
    if (result.ok) {
      setStep(undefined);
      setTold(undefined);
    } else {
      setTold(
        result.conflict
          ? { kind: "conflict", text: `${t("conflict")} (${result.message})` }
          : { kind: "failed", text: `${t("failed")}: ${result.message}` },
      );
    }
  };

  if (!keepsLife.value || !alert.life) {
    return (
      <>
        <h2>{t("actions")}</h2>
        <button type="button" class="primary" disabled={!calls(alert)} onClick={() => silence([alert.id])}>
          {t(calls(alert) ? "acknowledge" : "acknowledged")}
        </button>
        <p class="muted small">{t("actionsHere")}</p>
      </>
    );
  }
  return (
    <>
      <h2>{t("actions")}</h2>
      <div class="steps">
        {stepsFrom(alert.life.state).map((name, index) => (
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
      {step && <StepForm key={step} step={step} cancel={() => setStep(undefined)} send={send} />}
      {told && (
        <p class={`notice ${told.kind}`} role="alert">
          {told.text}
        </p>
      )}
      <History alert={alert} />
    </>
  );
}

function StepForm({ step, send, cancel }: { step: Step; send: (action: Action) => void; cancel: () => void }) {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string) => String(fields.get(name) ?? "").trim();
    send(actionOf(step, text));
  };
  return (
    <form class="step-form" onSubmit={submit} data-form={step}>
      {step === "dismiss" && <Choice name="reason" label={t("reason")} prefix="reason_" numbers={REASONS} />}
      {step === "dispose" && <Choice name="outcome" label={t("outcome")} prefix="outcome_" numbers={OUTCOMES} />}
      {(step === "dispatch" || step === "handOver") && <Field name="unit" label={t("unit")} required />}
      {step === "dispatch" && <Field name="minutes" label={t("eta")} numeric />}
      {step === "dispose" && <Field name="reference" label={t("reference")} />}
      {step === "handOver" && (
        <label class="check">
          <input type="checkbox" name="joint" /> {t("joint")}
        </label>
      )}
      <label>
        {t("note")}
        <textarea name="note" rows={2} maxLength={4000} required={step === "comment"} />
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

function Choice({ name, label, prefix, numbers }: { name: string; label: string; prefix: string; numbers: number[] }) {
  return (
    <label>
      {label}
      <select name={name} required>
        <option value="">{t("choose")}</option>
        {numbers.map((number) => (
          <option key={number} value={String(number)}>
            {named(prefix, String(number))}
          </option>
        ))}
      </select>
    </label>
  );
}

function Field({ name, label, numeric = false, required = false }: { name: string; label: string; numeric?: boolean; required?: boolean }) {
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
      />
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
          {events.map((event) => (
            <li key={String(event.sequence)} data-event={event.kind}>
              <span class="mono muted">{bothClocks(Number(event.timeMs))}</span>{" "}
              <b>{event.actor?.id === "system" ? t("system") : event.actor?.name || event.actor?.id}</b>{" "}
              {named("event_", String(event.kind))}
              <EventDetail event={event} />
            </li>
          ))}
        </ol>
      )}
    </>
  );
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
