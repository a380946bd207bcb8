// What an officer has said of the selected craft, and the form in which one who may says it.

import { useState } from "preact/hooks";
import { mayEditChart } from "../api/session";
import { type Refusal, type Saying, say } from "../api/statements";
import type { Stated as Statement } from "../api/track-facts";
import { type Craft, pictureTick } from "../api/tracks";
import { type Word, named, t } from "../i18n";
import { bothClocks } from "../units";
import { FactList } from "./fact-list";

/** The classes of vessel, as the server names them. */
const CLASSES = [
  "cargo", "tanker", "passenger", "high_speed", "fishing", "tender", "tug", "pilot", "patrol", "pleasure", "dredger", "speedboat", "other",
];

export function Stated({ craft: { track } }: { craft: Craft }) {
  const [open, setOpen] = useState(false);
  // A word may come while time stands still.
  void pictureTick.value;
  const { id, stated } = track;
  return (
    <>
      {stated && (
        <section class="stated" data-stated={id} aria-label={t("officerSays")}>
          <h3>{t("officerSays")}</h3>
          <FactList
            rows={[
              [t("name"), stated.name || undefined],
              [t("mmsi"), stated.mmsi === undefined ? undefined : String(stated.mmsi)],
              [t("vesselClass"), stated.vesselClass ? named("vessel_", stated.vesselClass) : undefined],
              [t("length"), stated.lengthM === undefined ? undefined : `${stated.lengthM} m`],
              [t("reason"), stated.reason],
              [t("saidBy"), `${stated.by}, ${bothClocks(stated.atMs)}`],
            ]}
          />
        </section>
      )}
      {mayEditChart.value && !open && (
        <button type="button" data-step="say" onClick={() => setOpen(true)}>
          {t(stated ? "sayAnother" : "sayWhatYouKnow")}
        </button>
      )}
      {mayEditChart.value && open && <SayForm key={`${id} ${stated?.etag}`} id={id} stated={stated} close={() => setOpen(false)} />}
    </>
  );
}

function SayForm({ id, stated, close }: { id: string; stated: Statement | undefined; close: () => void }) {
  const [saying, setSaying] = useState<Saying>({
    name: stated?.name ?? "",
    mmsi: stated?.mmsi,
    vesselClass: stated?.vesselClass ?? "",
    lengthM: stated?.lengthM,
  });
  const [reason, setReason] = useState("");
  const [refusal, setRefusal] = useState<Refusal>();
  const send = async (what: Saying | undefined) => {
    const answer = await say(id, what, reason, stated?.etag);
    setRefusal(answer);
    if (!answer) close();
  };
  const number = (text: string) => (text.trim() === "" ? undefined : Number(text));
  return (
    <form
      class="step-form"
      data-form="say"
      onSubmit={(event) => {
        event.preventDefault();
        void send(saying);
      }}
    >
      <label>
        {t("nameOrHull")}
        <input type="text" name="name" maxLength={60} value={saying.name} onInput={(event) => setSaying({ ...saying, name: event.currentTarget.value })} />
      </label>
      <label>
        {t("mmsi")}
        <input
          type="text"
          name="mmsi"
          inputMode="numeric"
          pattern="[0-9]{9}"
          value={saying.mmsi ?? ""}
          onInput={(event) => setSaying({ ...saying, mmsi: number(event.currentTarget.value) })}
        />
      </label>
      <label>
        {t("vesselClass")}
        <select name="class" value={saying.vesselClass} onChange={(event) => setSaying({ ...saying, vesselClass: event.currentTarget.value })}>
          <option value="">{t("notSaid")}</option>
          {CLASSES.map((word) => (
            <option key={word} value={word}>
              {t(`vessel_${word}` as Word)}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t("lengthM")}
        <input
          name="length"
          type="number"
          min="1"
          max="500"
          step="0.5"
          value={saying.lengthM ?? ""}
          onInput={(event) => setSaying({ ...saying, lengthM: number(event.currentTarget.value) })}
        />
      </label>
      <label>
        {t("reason")}
        <input type="text" name="reason" required maxLength={200} value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
      </label>
      <div class="steps">
        <button type="submit" class="primary">
          {t("sayIt")}
        </button>
        {stated && (
          <button type="button" data-step="take-back" disabled={reason.trim() === ""} onClick={() => void send(undefined)}>
            {t("takeBack")}
          </button>
        )}
        <button type="button" onClick={close}>
          {t("cancel")}
        </button>
      </div>
      {refusal && (
        <p class="notice failed" role="alert">
          {refusal.conflict ? t("saidMeanwhile") : refusal.message}
        </p>
      )}
    </form>
  );
}
