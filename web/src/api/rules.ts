// The rules in force, what an officer would change of them, and what the server says that would have made of a past day.

import { Code, ConnectError } from "@connectrpc/connect";
import { signal } from "@preact/signals";
import type { GetRulesResponse, Threshold, TrialResult } from "../gen/shorewatch/rule/v1/rule_service_pb";
import { ruleClient } from "./client";

/** The rules in force; nothing before the server has answered. */
export const rules = signal<GetRulesResponse | undefined>(undefined);
export const rulesTrouble = signal("");

/** Values that were changed on this screen, as TOML, by the place of their threshold. */
export const changedValues = signal<ReadonlyMap<string, string>>(new Map());

export const placeOf = ({ section, key }: Pick<Threshold, "section" | "key">): string => `${section}/${key}`;

/** How a trial stands. */
export type Trial =
  | { state: "none" }
  | { state: "runs"; done: number }
  | { state: "done"; result: TrialResult }
  | { state: "failed"; message: string };

export const trial = signal<Trial>({ state: "none" });
/** Place of the change that was looked at last in the list of changes; −1: none. */
export const openChange = signal(-1);

export async function loadRules() {
  try {
    rules.value = await ruleClient.getRules({});
    rulesTrouble.value = "";
  } catch (error) {
    rulesTrouble.value = ConnectError.from(error).rawMessage;
  }
}

/** Notes another value; the one in force, or nothing, takes the change back. */
export function changeValue(threshold: Threshold, value: string) {
  const changed = new Map(changedValues.value);
  if (value.trim() === "" || value.trim() === threshold.value) changed.delete(placeOf(threshold));
  else changed.set(placeOf(threshold), value.trim());
  changedValues.value = changed;
}

/** The changes as the server takes them: a file that says only what differs. */
export function changesToml(edition: string, changed: ReadonlyMap<string, string>): string {
  const sections = new Map<string, string[]>();
  for (const [place, value] of changed) {
    const slash = place.indexOf("/");
    const [section, key] = [place.slice(0, slash), place.slice(slash + 1)];
    sections.set(section, [...(sections.get(section) ?? []), `${key} = ${value}`]);
  }
  const general = sections.get("") ?? [];
  sections.delete("");
  const tables = [...sections].map(([section, lines]) => `[${section}]\n${lines.join("\n")}\n`);
  return [`edition = ${JSON.stringify(edition)}`, ...general, "", ...tables].join("\n");
}

let running: AbortController | undefined;

export async function tryRules(edition: string, fromMs: number, toMs: number) {
  running?.abort();
  const mine = new AbortController();
  running = mine;
  openChange.value = -1;
  trial.value = { state: "runs", done: 0 };
  const asked = { changesToml: changesToml(edition, changedValues.peek()), fromMs: BigInt(Math.round(fromMs)), toMs: BigInt(Math.round(toMs)) };
  try {
    for await (const { said } of ruleClient.tryRules(asked, { signal: mine.signal })) {
      if (said.case === "progress") trial.value = { state: "runs", done: said.value.done };
      if (said.case === "result") trial.value = { state: "done", result: said.value };
    }
  } catch (error) {
    if (mine.signal.aborted) return;
    const { code, rawMessage } = ConnectError.from(error);
    trial.value = { state: "failed", message: code === Code.Unknown || rawMessage === "" ? String(error) : rawMessage };
  }
}

/** Ends a trial that runs, or puts its result away; the server hears of it. */
export function endTrial() {
  running?.abort();
  running = undefined;
  openChange.value = -1;
  trial.value = { state: "none" };
}
