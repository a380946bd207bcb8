// What an alert says, in the terms in which the console shows it; the one place that knows where the wire keeps it.

import type { Alert, Evidence } from "../gen/shorewatch/alert/v1/alert_pb";
import { AlertStage, AlertState } from "../gen/shorewatch/alert/v1/alert_pb";
import { LifeState } from "../gen/shorewatch/alert/v1/life_pb";
import type { Word } from "../i18n";

/** What an officer is asked to do: 1 note, 2 watch, 3 verify, 4 dispatch. */
export const gradeOf = (alert: Alert): number => Math.min(4, Math.max(1, alert.grade));

/** Points as they are shown: the same rounding everywhere, so that sums can be checked by eye. */
export const points = (value: number): string => (Math.round(value * 10) / 10).toFixed(1).replace("-", "−");

export const raisedMs = (alert: Alert) => Number(alert.raisedMs);

export const tracksOf = (alert: Alert): string[] => [alert.trackId, alert.otherTrackId].filter((id) => id !== "");

const DONE = [LifeState.DISMISSED, LifeState.DISPOSED, LifeState.CLOSED, LifeState.WITHDRAWN];

/** Whether it still wants something of an officer: where the server keeps its life, until that is done; else while it goes on. */
export const isOpen = (alert: Alert): boolean =>
  alert.life ? !DONE.includes(alert.life.state) : alert.state === AlertState.ACTIVE;

/** How far the behaviour has come, as a word; at a past instant, how far it had. */
export function stageWord(alert: Alert, atMs?: number): Word {
  if (atMs !== undefined) {
    if (alert.endMs !== undefined && Number(alert.endMs) <= atMs) return "stateEnded";
    return alert.confirmedMs !== undefined && Number(alert.confirmedMs) <= atMs ? "stateConfirmed" : "stateDeveloping";
  }
  switch (alert.stage) {
    case AlertStage.DEVELOPING:
      return "stateDeveloping";
    case AlertStage.CONFIRMED:
      return "stateConfirmed";
    case AlertStage.CLOSED:
      return "stateEnded";
    case AlertStage.WITHDRAWN:
      return "stateWithdrawn";
    default:
      return alert.state === AlertState.ACTIVE ? "stateActive" : "stateEnded";
  }
}

/** One family of evidence: its items, what they weigh together, and what of it counts after the family's cap. */
export interface Family {
  family: string;
  items: Evidence[];
  weight: number;
  counted: number;
}

/** The score, taken apart: families in the order of what they count, and whether all of it adds up to the score. */
export interface Account {
  families: Family[];
  /** Evidence that weighs nothing: it explains. */
  rest: Evidence[];
  honest: number;
  sum: number;
  addsUp: boolean;
}

/** Weights are rounded on the wire: a sum of a dozen may be off by so much. */
const TOLERANCE = 0.06;

export function account(alert: Alert): Account {
  const counted = new Map(alert.families.map(({ family, points: value }) => [family, value]));
  const families = new Map<string, Family>();
  const rest: Evidence[] = [];
  for (const item of alert.evidence) {
    if (!item.family) {
      rest.push(item);
      continue;
    }
    const family = families.get(item.family) ?? { family: item.family, items: [], weight: 0, counted: counted.get(item.family) ?? 0 };
    family.items.push(item);
    family.weight += item.weight;
    families.set(item.family, family);
  }
  const honest = counted.get("honest") ?? 0;
  const sum = [...counted.values()].reduce((total, value) => total + value, 0);
  const neverMoreThanItsItems = [...families.values()].every(({ weight, counted: value }) => value <= weight + TOLERANCE);
  return {
    families: [...families.values()].sort((a, b) => b.counted - a.counted),
    rest,
    honest,
    sum,
    addsUp: Math.abs(Math.max(0, sum) - alert.score) <= TOLERANCE && neverMoreThanItsItems,
  };
}

/** Where and when a craft will land by what an alert says, if it says so. */
export function landfallOf(alert: Alert): { place: [number, number]; atMs: number | undefined } | undefined {
  const shape = alert.evidence.find(({ code }) => code === "landfall")?.geometry?.shape;
  const centre = shape?.case === "circle" ? shape.value.centre : shape?.case === "point" ? shape.value : undefined;
  if (!centre) return undefined;
  const left = alert.evidence.find(({ code }) => code === "time_left");
  const told = left?.interval?.toMs;
  const atMs = left && told !== undefined ? Number(told) + left.observed * 1000 : undefined;
  return { place: [centre.lonDeg, centre.latDeg], atMs };
}
