// Zones and sensor sites, as features of the map.

import { computed, signal } from "@preact/signals";
import type { Feature } from "geojson";
import { SensorKind } from "../gen/shorewatch/type/v1/sensor_pb";
import { type Zone, ZoneKind } from "../gen/shorewatch/zone/v1/zone_service_pb";
import { type LngLat, circle } from "../geo";
import { get } from "./session";
import { isTroubled, sensors } from "./sensors";
import { zones, zonesKnown } from "./zones";

/** Who made the chart, and under which licence: to be shown with it. */
export const chartAttribution = signal("");

const KIND_WORDS: Record<ZoneKind, string> = {
  [ZoneKind.UNSPECIFIED]: "other",
  [ZoneKind.DESIGNATED_PORT]: "designated_port",
  [ZoneKind.FISHING_HARBOUR]: "fishing_harbour",
  [ZoneKind.ANCHORAGE]: "anchorage",
  [ZoneKind.FISHING_GROUND]: "fishing_ground",
  [ZoneKind.FARM]: "farm",
  [ZoneKind.TSS]: "tss",
  [ZoneKind.RESTRICTED]: "restricted",
};

export const zoneKindWord = (kind: ZoneKind): string => KIND_WORDS[kind] ?? "other";

const properties = (zone: Zone) => ({
  id: zone.id,
  kind: zoneKindWord(zone.kind),
  name: zone.name,
  name_zh: zone.nameZh || zone.name,
});

const ring = (points: { lonDeg: number; latDeg: number }[]): [number, number][] =>
  points.map((point) => [point.lonDeg, point.latDeg]);

export const zonePolygons = computed<Feature[]>(() =>
  zones.value.map((zone) => ({
    type: "Feature",
    geometry: {
      type: "MultiPolygon",
      coordinates: zone.polygons.map((polygon) => polygon.rings.map((one) => ring(one.points))),
    },
    properties: properties(zone),
  })),
);

/** One point in each zone for its name: the middle of its box. */
export const zonePoints = computed<Feature[]>(() =>
  zones.value.flatMap((zone) => {
    const points = zone.polygons.flatMap((polygon) => polygon.rings[0]?.points ?? []);
    if (points.length === 0) return [];
    const [lon, lat] = [points.map((point) => point.lonDeg), points.map((point) => point.latDeg)];
    const middle = (values: number[]) => (Math.min(...values) + Math.max(...values)) / 2;
    return [{ type: "Feature", geometry: { type: "Point", coordinates: [middle(lon), middle(lat)] }, properties: properties(zone) }];
  }),
);

const SENSOR_WORDS: Partial<Record<SensorKind, string>> = { [SensorKind.AIS]: "ais", [SensorKind.RADAR]: "radar", [SensorKind.EO]: "eo" };

/** Where the sensors stand, whether they work, and how far they claim to reach. */
export const sensorFeatures = computed<{ sites: Feature[]; coverage: Feature[] }>(() => {
  const standing = sensors.value.flatMap((sensor) =>
    sensor.position ? [{ sensor, at: [sensor.position.lonDeg, sensor.position.latDeg] as LngLat, kind: SENSOR_WORDS[sensor.kind] ?? "ais" }] : [],
  );
  return {
    // Sensors on one mast stand side by side on the map.
    sites: standing.map(({ sensor, at, kind }) => {
      const beside = standing.filter((other) => other.at[0] === at[0] && other.at[1] === at[1]).findIndex((other) => other.sensor.id === sensor.id);
      const works = !isTroubled(sensor);
      const name = works ? sensor.id : `${sensor.id} ⚠`;
      return { type: "Feature", geometry: { type: "Point", coordinates: at }, properties: { name, kind, beside, works } };
    }),
    coverage: standing.flatMap(({ sensor, at, kind }) =>
      sensor.maxRangeM ? [{ type: "Feature", geometry: { type: "LineString", coordinates: circle(at, sensor.maxRangeM, 120) }, properties: { kind } }] : [],
    ),
  };
});

/** Loads the attribution of the coast, to be shown with it. */
async function loadAttribution() {
  const answer = await get("/tiles/coast.json");
  if (answer.ok) chartAttribution.value = ((await answer.json()) as { attribution: string }).attribution;
}

/** The box around the area: the zones, else the sensors; none while nothing is known. */
export const chartBox = computed<[number, number, number, number] | undefined>(() => {
  const points = [...zonePoints.value, ...sensorFeatures.value.sites].flatMap((feature) =>
    feature.geometry.type === "Point" ? [feature.geometry.coordinates as [number, number]] : [],
  );
  if (!zonesKnown.value || points.length === 0) return undefined;
  const [lon, lat] = [points.map((point) => point[0]), points.map((point) => point[1])];
  return [Math.min(...lon), Math.min(...lat), Math.max(...lon), Math.max(...lat)];
});

/** Loads all of that; what fails is tried again, until it is there. */
export async function loadChart() {
  const load = async (part: () => Promise<void>) => {
    for (;;) {
      try {
        return await part();
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 3_000));
      }
    }
  };
  await load(loadAttribution);
}
