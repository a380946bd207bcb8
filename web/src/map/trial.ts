// What a trial of other rules would change, drawn on the map: a sign where each alert appears, vanishes or is told otherwise.

import type { Feature } from "geojson";
import type { Trial } from "../api/rules";
import { TrialChangeKind } from "../gen/shorewatch/rule/v1/rule_service_pb";
import type { ChartMap } from "./chart-map";

/** The signs, in the list as on the map: told apart without colour. */
export const SIGNS: Partial<Record<TrialChangeKind, string>> = {
  [TrialChangeKind.APPEARS]: "+",
  [TrialChangeKind.VANISHES]: "−",
  [TrialChangeKind.MOVES]: "≠",
};

export function drawTrial(map: ChartMap, trial: Trial, opened: number) {
  const changes = trial.state === "done" ? trial.result.changes : [];
  const marks = changes.flatMap(({ change, position }, index): Feature[] =>
    position
      ? [
          {
            type: "Feature",
            geometry: { type: "Point", coordinates: [position.lonDeg, position.latDeg] },
            properties: { index, change, sign: SIGNS[change] ?? "", opened: index === opened },
          },
        ]
      : [],
  );
  map.showFeatures("trial", marks);
}
