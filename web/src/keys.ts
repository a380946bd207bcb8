// Keys for everything frequent. Where somebody types, keys are text.

import { alerts, silence } from "./api/alerts";
import { endReplay, replay } from "./api/replay";
import { mayAct } from "./api/session";
import { LifeState } from "./gen/shorewatch/alert/v1/life_pb";
import { takeStep } from "./ui/alert-actions";
import { showAll } from "./ui/alert-page";
import { listed } from "./ui/alert-list";
import { nextPalette } from "./ui/top-bar";
import { zoneDraft } from "./ui/zone-draft";
import { playOrPause } from "./ui/replay-bar";
import { fitArea, toggleReplay } from "./ui/map-tools";
import { otherLanguage, soundOn } from "./settings";
import { findOpen, goToAlert, goToPage, helpOpen, legendOpen, measuring, openAlert, page, selectedTrack } from "./state";

/** Silences this screen, and acknowledges on record where the role may. */
function acknowledge(id: string) {
  const alert = alerts.value.get(id);
  silence([id]);
  if (mayAct.value && alert?.life?.state === LifeState.RAISED) void takeStep(alert, { step: "acknowledge", note: "" });
}

function step(by: 1 | -1) {
  const ids = listed.value.map((alert) => alert.id);
  if (ids.length === 0) return;
  const focused = (document.activeElement as HTMLElement | null)?.dataset.alert;
  const here = ids.indexOf(openAlert.value || focused || "");
  const next = ids[here < 0 ? 0 : Math.min(ids.length - 1, Math.max(0, here + by))]!;
  if (openAlert.value) goToAlert(next);
  else document.querySelector<HTMLElement>(`[data-alert="${CSS.escape(next)}"]`)?.focus();
}

function back() {
  if (measuring.value) measuring.value = false;
  else if (page.value === "zones" && zoneDraft.value) zoneDraft.value = undefined;
  else if (legendOpen.value) legendOpen.value = false;
  else if (selectedTrack.value) selectedTrack.value = "";
  else if (replay.value) endReplay();
  else if (openAlert.value) goToAlert("");
  else if (page.value !== "watch") goToPage("watch");
}

function acknowledgeHere() {
  const focused = (document.activeElement as HTMLElement | null)?.dataset.alert;
  const id = openAlert.value || focused || listed.value[0]?.id;
  if (id) acknowledge(id);
}

const ACTIONS: Record<string, () => void> = {
  j: () => step(1),
  k: () => step(-1),
  a: acknowledgeHere,
  escape: back,
  m: () => {
    measuring.value = !measuring.value;
  },
  "/": () => {
    findOpen.value = true;
  },
  f: fitArea,
  r: toggleReplay,
  " ": playOrPause,
  e: () => {
    const alert = alerts.value.get(openAlert.value);
    if (alert) showAll(alert);
  },
  p: nextPalette,
  l: otherLanguage,
  s: () => {
    soundOn.value = !soundOn.value;
  },
  "?": () => {
    helpOpen.value = true;
  },
};

export function startKeys() {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const target = event.target as HTMLElement;
    // A box that was ticked keeps the focus, yet takes no text: its space bar is its own, letters are commands.
    const ticked = target.matches("input[type=checkbox]") && !target.closest("dialog") && event.key !== " ";
    if (!ticked && target.closest("input, select, textarea, dialog")) return;
    const action = ACTIONS[event.key.toLowerCase()];
    // The space bar presses buttons, and plays only where nothing else wants it.
    if (!action || (event.key === " " && (!replay.value || target.closest("button, a")))) return;
    event.preventDefault();
    action();
  });
}
