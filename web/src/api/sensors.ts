// How the sensors are doing, asked again and again, and where each place is seen by what.

import { ConnectError } from "@connectrpc/connect";
import { signal } from "@preact/signals";
import type { Feature } from "geojson";
import { type CoverageLayer, type GetCoverageResponse, type Sensor, SensorHealth } from "../gen/shorewatch/sensor/v1/sensor_service_pb";
import { sensorClient } from "./client";

/** All sensors of the area, in its order. */
export const sensors = signal<Sensor[]>([]);
/** Receive time for which that holds; 0: nothing has been received. */
export const sensorsMs = signal(0);

const EVERY_MS = 10_000;

/** Sensors that an officer must know of: they tell nothing. One whose clock is off is corrected, and its page says so. */
export const isTroubled = ({ health }: Sensor): boolean =>
  [SensorHealth.NEVER_HEARD, SensorHealth.SILENT, SensorHealth.NOT_OPERATIONAL].includes(health);

async function ask() {
  try {
    const { sensors: found, timeMs } = await sensorClient.listSensors({});
    sensors.value = found;
    sensorsMs.value = Number(timeMs);
  } catch {
    // The streams tell the officer that the server does not answer; what was known stays.
  }
}

/** Asks until the page is closed. */
export function watchSensors(): () => void {
  void ask();
  const asking = setInterval(() => void ask(), EVERY_MS);
  return () => clearInterval(asking);
}

type Box = [west: number, south: number, east: number, north: number];

/** The layer of coverage that is on the map, by its name; empty: none. */
export const coverageWanted = signal("");
export const coverage = signal<GetCoverageResponse | undefined>(undefined);
export const coverageTrouble = signal("");

/** Names a layer: `1`, `3 radar1`. */
export const layerName = ({ kind, sensorId }: Pick<CoverageLayer, "kind" | "sensorId">): string => [kind, sensorId].filter(Boolean).join(" ");

/** Cells from side to side of the view: each some ten pixels. */
const COLUMNS = 96;
const CELL_MIN_DEG = 0.002;

/** Loads coverage for what is in view. */
export async function loadCoverage([westDeg, southDeg, eastDeg, northDeg]: Box) {
  const cellDeg = Math.max(CELL_MIN_DEG, (eastDeg - westDeg) / COLUMNS);
  try {
    coverage.value = await sensorClient.getCoverage({ bbox: { westDeg, southDeg, eastDeg, northDeg }, cellDeg });
    coverageTrouble.value = "";
  } catch (error) {
    coverageTrouble.value = ConnectError.from(error).rawMessage;
  }
}

/** What a cell says, as the map paints it: a share in quarters, in sight only, or out of sight. Nothing of land and elsewhere. */
function paint(cell: number): string | undefined {
  if (cell <= 100) return `share-${Math.min(4, Math.floor(cell / 25) + 1)}`;
  switch (cell) {
    case 200:
      return "sight";
    case 251:
    case 252:
      return "shadow";
    case 255:
      return "unheard";
    default:
      return undefined;
  }
}

/** The wanted layer as areas: neighbours that say the same are one. */
export function coverageAreas(): Feature[] {
  const grid = coverage.value;
  const layer = grid?.layers.find((one) => layerName(one) === coverageWanted.value);
  if (!grid || !layer) return [];
  const areas: Feature[] = [];
  for (let row = 0; row < grid.rows; row++) {
    let begun = 0;
    for (let column = 1; column <= grid.columns; column++) {
      const at = (index: number) => paint(layer.cells[row * grid.columns + index] ?? 254);
      if (column < grid.columns && at(column) === at(begun)) continue;
      const says = at(begun);
      if (says) areas.push(area(grid, row, begun, column, says));
      begun = column;
    }
  }
  return areas;
}

function area({ southDeg, westDeg, cellDeg }: GetCoverageResponse, row: number, from: number, to: number, says: string): Feature {
  const [west, east] = [westDeg + from * cellDeg, westDeg + to * cellDeg];
  const [south, north] = [southDeg + row * cellDeg, southDeg + (row + 1) * cellDeg];
  const ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
  return { type: "Feature", geometry: { type: "Polygon", coordinates: [ring] }, properties: { says } };
}
