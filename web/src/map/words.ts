// Names and tails of craft: features of the map, which cost it much when they change. So they change seldom, the more seldom the more there
// are, and only where the eye can see it.

import type { Feature } from "geojson";
import { type Craft, craftName, crafts, freshness } from "../api/tracks";
import type { LngLat } from "../geo";
import { type PictureOptions, inside, order } from "./asked";
import type { Box, ChartMap } from "./chart-map";

/** Below this zoom no names are drawn. */
export const NAMES_FROM_ZOOM = 9;
/** How often they are looked at, by how many craft are in view; milliseconds. */
const PACE: [craft: number, everyMs: number][] = [
  [150, 0],
  [600, 3_000],
  [2_000, 6_000],
  [Number.POSITIVE_INFINITY, 12_000],
];
/** A name may lag behind its craft by so many pixels, a tail by so many: it ends under the symbol. */
const NAME_LAG_PX = 3;
const TAIL_LAG_PX = 5;
/** Points of a tail that lie closer together than this are one. */
const TAIL_STEP_PX = 2;
/** A change of zoom by so much draws everything anew. */
const ZOOM_STEP = 0.4;
const FRESH_STEPS = 5;
/** Tails are cut anew so often. */
const TAIL_CUT_MS = 120_000;

/** One craft as it is on the screen. */
interface Drawn {
  lon: number;
  lat: number;
  looks: string;
  tailLon: number;
  tailLat: number;
  hasTail: boolean;
}

export class WordDrawer {
  private drawn = new Map<string, Drawn>();
  private zoom = Number.NaN;
  private settings = "";
  private view = "";
  private dueMs = 0;

  constructor(private readonly map: ChartMap) {}

  draw(options: PictureOptions, view: Box) {
    const { map } = this;
    const zoom = map.libre.getZoom();
    const { tailMinutes, labels, selected } = options;
    const named = labels && zoom >= NAMES_FROM_ZOOM;
    const settings = [map.restored, tailMinutes, named, Math.floor(options.nowMs / TAIL_CUT_MS)].join();
    const anew = settings !== this.settings || !(Math.abs(zoom - this.zoom) < ZOOM_STEP);
    const looksAt = [...view.map((edge) => edge.toFixed(4)), selected].join();
    const now = performance.now();
    if (!anew && looksAt === this.view && now < this.dueMs) return;
    this.view = looksAt;
    if (anew) {
      [this.zoom, this.settings] = [zoom, settings];
      this.drawn.clear();
    }
    const pixelDeg = 360 / (512 * 2 ** zoom);
    const [names, tails]: [Feature[], Feature[]] = [[], []];
    const gone: { names: string[]; tails: string[] } = { names: [], tails: [] };
    let inView = 0;
    for (const [id, craft] of crafts) {
      const before = this.drawn.get(id);
      const [lon, lat] = craft.at;
      if (!inside(lon, lat, view)) {
        if (before) this.forget(id, before, gone);
        continue;
      }
      inView++;
      const fresh = Math.round(freshness(craft.track.lastSeenMs, options.nowMs) * FRESH_STEPS) / FRESH_STEPS;
      const name = named ? craftName(craft.track) : "";
      const rank = order(craft.craftClass, options.alerted.has(id));
      const looks = `${name}|${craft.craftClass}|${fresh}|${rank}`;
      const isAlike = before?.looks === looks;
      const namedHere = before && isAlike && isWithin(before.lon - lon, before.lat - lat, pixelDeg * NAME_LAG_PX);
      const tailHere = before && isAlike && isWithin(before.tailLon - lon, before.tailLat - lat, pixelDeg * TAIL_LAG_PX);
      if (namedHere && tailHere) continue;
      const properties = { id, class: craft.craftClass, fresh };
      if (!namedHere && name) names.push(point(craft, { ...properties, label: name, order: rank }));
      let hasTail = before?.hasTail ?? false;
      if (!tailHere) {
        const points = tailMinutes > 0 ? thinned(craft.tail.since(options.nowMs - tailMinutes * 60_000), pixelDeg * TAIL_STEP_PX) : [];
        hasTail = points.length > 0;
        if (hasTail) tails.push({ type: "Feature", geometry: { type: "LineString", coordinates: [...points, [lon, lat]] }, properties });
        else if (before?.hasTail) gone.tails.push(id);
      }
      this.drawn.set(id, {
        ...(namedHere ? { lon: before.lon, lat: before.lat } : { lon, lat }),
        ...(tailHere ? { tailLon: before.tailLon, tailLat: before.tailLat } : { tailLon: lon, tailLat: lat }),
        looks,
        hasTail,
      });
    }
    for (const [id, before] of this.drawn) if (!crafts.has(id)) this.forget(id, before, gone);
    if (anew) {
      map.showFeatures("names", names);
      map.showFeatures("tails", tails);
    } else {
      map.change("names", names, gone.names);
      map.change("tails", tails, gone.tails);
    }
    this.dueMs = now + (PACE.find(([most]) => inView <= most)?.[1] ?? 0);
  }

  private forget(id: string, before: Drawn, gone: { names: string[]; tails: string[] }) {
    gone.names.push(id);
    if (before.hasTail) gone.tails.push(id);
    this.drawn.delete(id);
  }
}

const isWithin = (lonDeg: number, latDeg: number, byDeg: number) => Math.abs(lonDeg) <= byDeg && Math.abs(latDeg) <= byDeg;

const point = (craft: Craft, properties: Feature["properties"]): Feature => ({
  type: "Feature",
  geometry: { type: "Point", coordinates: craft.at },
  properties,
});

/** The same way with fewer points. */
function thinned(points: LngLat[], stepDeg: number): LngLat[] {
  let last: LngLat | undefined;
  return points.filter((at) => {
    if (last && isWithin(last[0] - at[0], last[1] - at[1], stepDeg)) return false;
    last = at;
    return true;
  });
}
