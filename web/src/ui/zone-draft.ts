// The zone that is being drawn or edited on this screen, and what the mouse does to its outline.

import { effect, signal } from "@preact/signals";
import type { MapMouseEvent } from "maplibre-gl";
import type { Feature } from "geojson";
import type { ZoneDraft } from "../api/zones";
import type { LngLat } from "../geo";
import type { ChartMap } from "../map/chart-map";
import { page } from "../state";

export const zoneDraft = signal<ZoneDraft | undefined>(undefined);

export function changeDraft(part: Partial<ZoneDraft>) {
  if (zoneDraft.value) zoneDraft.value = { ...zoneDraft.value, ...part };
}

const outline = (): LngLat[] | undefined => zoneDraft.peek()?.outline;

/** Whether clicks on the map draw. */
export const isDrawing = () => page.peek() === "zones" && outline() !== undefined;

function drawn(points: LngLat[]): Feature[] {
  const closed = [...points, points[0]!];
  const dots = points.map((at, vertex): Feature => dot(at, { vertex }));
  // Between two points lies a handle for one more.
  const handles = points.length < 2 ? [] : points.map((at, before): Feature => {
    const next = points[(before + 1) % points.length]!;
    return dot([(at[0] + next[0]) / 2, (at[1] + next[1]) / 2], { before });
  });
  if (points.length < 2) return dots;
  return [
    { type: "Feature", geometry: { type: "Polygon", coordinates: [closed] }, properties: {} },
    { type: "Feature", geometry: { type: "LineString", coordinates: closed }, properties: {} },
    ...handles,
    ...dots,
  ];
}

const dot = (coordinates: LngLat, properties: Feature["properties"]): Feature => ({
  type: "Feature",
  geometry: { type: "Point", coordinates },
  properties,
});

/** Lets the mouse draw: a click sets a point, a point can be dragged, a handle makes one more, the right button takes one away. */
export function startDrawing(map: ChartMap): () => void {
  let dragged: number | undefined;
  const put = (index: number, at: LngLat) => changeDraft({ outline: outline()!.with(index, at) });
  const down = (event: MapMouseEvent) => {
    if (!isDrawing()) return;
    const { vertex, before } = map.toolAt(event);
    if (vertex === undefined && before === undefined) return;
    event.preventDefault();
    dragged = vertex ?? before! + 1;
    if (before !== undefined) changeDraft({ outline: outline()!.toSpliced(dragged, 0, [event.lngLat.lng, event.lngLat.lat]) });
  };
  const move = (event: MapMouseEvent) => {
    if (dragged !== undefined && isDrawing()) put(dragged, [event.lngLat.lng, event.lngLat.lat]);
  };
  const up = () => {
    dragged = undefined;
  };
  const takeAway = (event: MapMouseEvent) => {
    const { vertex } = isDrawing() ? map.toolAt(event) : { vertex: undefined };
    if (vertex !== undefined) changeDraft({ outline: outline()!.toSpliced(vertex, 1) });
  };
  map.libre.on("mousedown", down);
  map.libre.on("mousemove", move);
  map.libre.on("mouseup", up);
  map.libre.on("contextmenu", takeAway);
  return effect(() => {
    const points = zoneDraft.value?.outline;
    map.showFeatures("tool", page.value === "zones" && points && points.length > 0 ? drawn(points) : []);
  });
}

/** A click on the map where nothing is dragged. */
export function drawPoint(map: ChartMap, event: MapMouseEvent) {
  const { vertex, before } = map.toolAt(event);
  if (vertex === undefined && before === undefined) changeDraft({ outline: [...outline()!, [event.lngLat.lng, event.lngLat.lat]] });
}
