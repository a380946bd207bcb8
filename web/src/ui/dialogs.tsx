// The two dialogs that keys open: the list of keys, and the search for a vessel.

import { useEffect, useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { craftName, crafts } from "../api/tracks";
import { type Word, t } from "../i18n";
import { findOpen, helpOpen, selectedTrack } from "../state";
import { chartMap } from "./map-view";
import { Icon } from "./icons";

export function Dialog({ title, close, children }: { title: string; close: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-label={title} onClose={close}>
      <div class="panel-head">
        <h1>{title}</h1>
        <span class="spring" />
        <button type="button" class="tool" aria-label={t("close")} onClick={() => dialog.current?.close()}>
          <Icon name="close" />
        </button>
      </div>
      {children}
    </dialog>
  );
}

const KEYS: [string, Word][] = [
  ["J / K", "keyNext"],
  ["Enter", "keyOpen"],
  ["A", "keyAck"],
  ["Esc", "keyBack"],
  ["M", "keyMeasure"],
  ["/", "keyFind"],
  ["F", "keyFit"],
  ["E", "keyEvidence"],
  ["R", "keyReplay"],
  ["␣", "keyPlay"],
  ["P", "keyPalette"],
  ["L", "keyLanguage"],
  ["S", "keySound"],
  ["← ↑ → ↓ + −", "keyMap"],
  ["?", "keyHelp"],
];

export function Help() {
  if (!helpOpen.value) return null;
  return (
    <Dialog
      title={t("keysTitle")}
      close={() => {
        helpOpen.value = false;
      }}
    >
      <dl class="keys">
        {KEYS.map(([key, word]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{t(word)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

const FOUND_MAX = 12;

export function Find() {
  const [text, setText] = useState("");
  if (!findOpen.value) return null;
  const wanted = text.trim().toLowerCase();
  const found =
    wanted === ""
      ? []
      : [...crafts.values()]
          .filter(({ track }) =>
            [track.id, track.name, track.mmsi, track.callsign].some((word) =>
              String(word ?? "").toLowerCase().includes(wanted),
            ),
          )
          .slice(0, FOUND_MAX);
  const go = (id: string) => {
    selectedTrack.value = id;
    const craft = crafts.get(id);
    if (craft) chartMap.value?.goTo(craft.at, 12);
    findOpen.value = false;
    setText("");
  };
  return (
    <Dialog
      title={t("find")}
      close={() => {
        findOpen.value = false;
      }}
    >
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          if (found[0]) go(found[0].track.id);
        }}
      >
        <input type="search" autofocus aria-label={t("findHint")} placeholder={t("findHint")} value={text} onInput={(event) => setText(event.currentTarget.value)} />
      </form>
      <ul class="plain found">
        {found.map(({ track }) => (
          <li key={track.id}>
            <button type="button" class="link" onClick={() => go(track.id)}>
              {craftName(track)} <span class="muted">{track.id}</span>
            </button>
          </li>
        ))}
        {wanted !== "" && found.length === 0 && <li class="muted">{t("nothingFound")}</li>}
      </ul>
    </Dialog>
  );
}
