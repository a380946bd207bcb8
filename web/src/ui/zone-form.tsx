// The form in which a zone is drawn or edited: its outline by mouse on the map or by coordinates, the rest by field.

import { useState } from "preact/hooks";
import { type ZoneDraft, type ZoneResult, putZone, zones } from "../api/zones";
import { ZoneKind } from "../gen/shorewatch/zone/v1/zone_service_pb";
import type { LngLat } from "../geo";
import { t } from "../i18n";
import { localInput, position, readPosition } from "../units";
import { changeDraft, zoneDraft } from "./zone-draft";
import { kindWord } from "./zone-words";

export const KINDS = Object.values(ZoneKind).filter((kind): kind is ZoneKind => typeof kind === "number" && kind !== ZoneKind.UNSPECIFIED);

export function ZoneForm({ draft }: { draft: ZoneDraft }) {
  const [result, setResult] = useState<ZoneResult | undefined>();
  const [note, setNote] = useState("");
  const isNew = draft.etag === "";
  const send = async (validateOnly: boolean) => {
    const answer = await putZone(draft, note, validateOnly);
    setResult(answer);
    if (answer.ok && !validateOnly) zoneDraft.value = undefined;
    // Whoever was second has seen it now: what he sends next follows from that.
    if (!answer.ok && answer.conflict) changeDraft({ etag: zones.peek().find(({ id }) => id === draft.id)?.etag ?? draft.etag });
  };
  return (
    <form
      class="step-form scroll"
      data-form="zone"
      onSubmit={(event) => {
        event.preventDefault();
        void send(false);
      }}
    >
      <p class="muted small">{t(draft.outline ? "drawHint" : "outlineStays")}</p>
      {isNew && <Text name="id" label={t("zoneId")} value={draft.id} pattern="[A-Za-z0-9_.\-]{1,64}" required change={(id) => changeDraft({ id })} />}
      <Text name="name" label={t("name")} value={draft.name} change={(name) => changeDraft({ name })} />
      <Text name="name_zh" label={t("nameZh")} value={draft.nameZh} change={(nameZh) => changeDraft({ nameZh })} />
      <label>
        {t("filterKind")}
        <select name="kind" value={String(draft.kind)} onChange={(event) => changeDraft({ kind: Number(event.currentTarget.value) })}>
          {KINDS.map((kind) => (
            <option key={kind} value={String(kind)}>
              {kindWord(kind)}
            </option>
          ))}
        </select>
      </label>
      <Instant name="from" label={t("validFrom")} value={draft.validFromMs} change={(validFromMs) => changeDraft({ validFromMs })} />
      <Instant name="until" label={t("validUntil")} value={draft.validUntilMs} change={(validUntilMs) => changeDraft({ validUntilMs })} />
      <Text name="jurisdiction" label={t("jurisdiction")} value={draft.jurisdiction} change={(jurisdiction) => changeDraft({ jurisdiction })} />
      {draft.outline && <Points outline={draft.outline} />}
      <Text name="note" label={t("whyNote")} value={note} change={setNote} />
      <div class="steps">
        <button type="submit" class="primary">
          {t(isNew ? "drawZone" : "changeZone")}
        </button>
        <button type="button" data-step="validate" onClick={() => void send(true)}>
          {t("validate")}
        </button>
        <button
          type="button"
          onClick={() => {
            zoneDraft.value = undefined;
          }}
        >
          {t("cancel")}
        </button>
      </div>
      {result && <ZoneAnswer result={result} done={t("zoneFits")} />}
    </form>
  );
}

/** What the server said to a zone: that it took it, what looks odd, or why it did not. */
export function ZoneAnswer({ result, done }: { result: ZoneResult; done: string }) {
  if (!result.ok) {
    return (
      <p class="notice failed" role="alert" data-answer={result.conflict ? "conflict" : "refused"}>
        {result.conflict ? t("zoneConflict") : result.message}
      </p>
    );
  }
  return (
    <div class="notice" role="status" data-answer="ok">
      <p>{done}</p>
      {result.warnings.map((warning) => (
        <p key={warning}>⚠ {warning}</p>
      ))}
    </div>
  );
}

interface TextProperties {
  name: string;
  label: string;
  value: string;
  pattern?: string;
  required?: boolean;
  change: (value: string) => void;
}

function Text({ name, label, value, pattern, required = false, change }: TextProperties) {
  return (
    <label>
      {label}
      <input type="text" name={name} value={value} pattern={pattern} required={required} maxLength={200} onInput={(event) => change(event.currentTarget.value)} />
    </label>
  );
}

type InstantProps = { name: string; label: string; value: number | undefined; required?: boolean; change: (ms: number | undefined) => void };

/** A date and a time of day, in local time. */
export function Instant({ name, label, value, required = false, change }: InstantProps) {
  return (
    <label>
      {label}
      <input
        type="datetime-local"
        name={name}
        required={required}
        value={value === undefined ? "" : localInput(value)}
        onChange={(event) => {
          const ms = new Date(event.currentTarget.value).getTime();
          change(Number.isFinite(ms) ? ms : undefined);
        }}
      />
    </label>
  );
}

/** The outline as coordinates, one point a line: for whoever has them on paper, or draws without a mouse. */
function Points({ outline }: { outline: LngLat[] }) {
  const [wrong, setWrong] = useState("");
  return (
    <label>
      {t("outline")}
      <textarea
        name="outline"
        rows={5}
        class="mono"
        placeholder="20°05.000′N 110°20.000′E"
        value={outline.map(([lon, lat]) => position(lat, lon)).join("\n")}
        onChange={(event) => {
          const lines = event.currentTarget.value.split("\n").filter((line) => line.trim() !== "");
          const read = lines.map(readPosition);
          const bad = lines.find((_, index) => read[index] === undefined);
          setWrong(bad ?? "");
          if (bad === undefined) changeDraft({ outline: read.filter((at) => at !== undefined) });
        }}
      />
      {wrong && (
        <span class="notice failed" role="alert">
          {t("noPosition")}: {wrong}
        </span>
      )}
    </label>
  );
}
