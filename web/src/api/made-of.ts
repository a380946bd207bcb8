// What made the track of the selected craft: the observations that it took, asked again while an officer looks at them.

import { ConnectError } from "@connectrpc/connect";
import { computed, effect, signal } from "@preact/signals";
import type { Contribution } from "../gen/shorewatch/track/v1/track_service_pb";
import { selectedTrack } from "../state";
import { trackClient } from "./client";
import { replay } from "./replay";

/** Whether the officer wants to see it. */
export const wantsMadeOf = signal(false);
export const madeOf = signal<Contribution[]>([]);
/** Why there is none, in the server's words. */
export const madeOfTrouble = signal("");

const EVERY_MS = 5_000;

/** The track that is asked for; in the past nobody knows any more what a track took. */
const asked = computed(() => (wantsMadeOf.value && !replay.value ? selectedTrack.value : ""));

async function ask(id: string) {
  try {
    const { contributions } = await trackClient.explainTrack({ id });
    if (asked.peek() !== id) return;
    madeOf.value = contributions;
    madeOfTrouble.value = "";
  } catch (error) {
    if (asked.peek() !== id) return;
    madeOf.value = [];
    madeOfTrouble.value = ConnectError.from(error).rawMessage;
  }
}

effect(() => {
  const id = asked.value;
  madeOf.value = [];
  madeOfTrouble.value = "";
  if (!id) return;
  void ask(id);
  const asking = setInterval(() => void ask(id), EVERY_MS);
  return () => clearInterval(asking);
});

/** What one sensor gave. */
export interface Share {
  sensorId: string;
  kind: number;
  count: number;
  lastMs: number;
  /** Half of what it gave was no farther off than this, in sigmas. */
  sigmas: number;
}

/** What each sensor gave, who gave most first. */
export function shares(contributions: Contribution[]): Share[] {
  const bySensor = new Map<string, Contribution[]>();
  for (const one of contributions) bySensor.set(one.sensorId, [...(bySensor.get(one.sensorId) ?? []), one]);
  return [...bySensor]
    .map(([sensorId, its]) => {
      const off = its.map(({ sigmas }) => sigmas).sort((a, b) => a - b);
      const lastMs = Math.max(...its.map(({ timeMs }) => Number(timeMs)));
      return { sensorId, kind: its[0]!.kind, count: its.length, lastMs, sigmas: off[Math.floor(off.length / 2)]! };
    })
    .sort((a, b) => b.count - a.count);
}
