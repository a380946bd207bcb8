// From the craft of the picture to what the map draws of them.

import type { Feature } from "geojson";
import { type Craft, craftName, crafts, freshness, isDark } from "../api/tracks";
import { type LngLat, destination, ellipse95 } from "../geo";
import { CRAFT_CLASSES } from "../api/track-facts";
import type { Box, ChartMap } from "./chart-map";

/** Below this speed a craft has no course worth drawing. */
const UNDER_WAY_MPS = 0.5;
/** Ellipses of craft that are known better than this are not drawn: they would be dots. */
const ELLIPSE_FROM_M = 25;

/** What has moved by less than this on the screen, and is the same otherwise, stays as it is drawn. */
const VISIBLE_PX = 1;
/** A tail ends under its craft's symbol, so it may lag by so much. */
const TAIL_LAG_PX = 5;
/** Points of a tail that lie closer together than this are one. */
const TAIL_STEP_PX = 2;
/** A change of zoom by so much draws everything anew: what was left where it was would be off by more. */
const ZOOM_STEP = 0.4;
const FRESH_STEPS = 10;
/** Tails are cut anew so often. */
const TAIL_STEP_MS = 120_000;

export interface PictureOptions {
  nowMs: number;
  selected: string;
  /** Ids of craft with an open alert. */
  alerted: ReadonlySet<string>;
  tailMinutes: number;
  vectorMinutes: number;
  ellipses: boolean;
  labels: boolean;
}

const SOURCES = ["tracks", "vectors", "tails", "ellipses"] as const;
type Source = (typeof SOURCES)[number];
type Drawing = Partial<Record<Source, Feature>>;

/** One craft as it is on the screen. */
interface Drawn {
  lon: number;
  lat: number;
  looks: number;
  name: string;
  has: Source[];
  /** Where its tail ends. */
  tailLon: number;
  tailLat: number;
}

/**
 * Draws craft, vectors, tails and ellipses: of thousands, those that have visibly changed. What is far outside the view has a
 * symbol only: it costs nothing to see it.
 */
export class PictureDrawer {
  private drawn = new Map<string, Drawn>();
  private zoom = Number.NaN;
  private settings = "";

  constructor(private readonly map: ChartMap) {}

  draw(options: PictureOptions) {
    const { map } = this;
    if (!map.isReady) return;
    const zoom = map.libre.getZoom();
    const { tailMinutes, vectorMinutes, ellipses, labels } = options;
    const tailStep = Math.floor(options.nowMs / TAIL_STEP_MS);
    const settings = [tailMinutes, vectorMinutes, ellipses, labels, tailStep].join();
    const anew = settings !== this.settings || !(Math.abs(zoom - this.zoom) < ZOOM_STEP);
    if (anew) {
      [this.zoom, this.settings] = [zoom, settings];
      this.drawn.clear();
    }
    const put: Record<Source, Feature[]> = { tracks: [], vectors: [], tails: [], ellipses: [] };
    const gone: Record<Source, string[]> = { tracks: [], vectors: [], tails: [], ellipses: [] };
    const view = widened(map.view());
    const visibleDeg = (VISIBLE_PX * 360) / (512 * 2 ** zoom);
    for (const [id, craft] of crafts) {
      const before = this.drawn.get(id);
      const [lon, lat] = craft.at;
      const looks = looksOf(craft, options, inside(craft.at, view));
      const name = craftName(craft.track);
      const isAlike = before?.looks === looks && before.name === name;
      if (before && isAlike && isWithin(before.lon - lon, before.lat - lat, visibleDeg)) continue;
      const keepsTail = before && isAlike && before.has.includes("tails") && isWithin(before.tailLon - lon, before.tailLat - lat, visibleDeg * TAIL_LAG_PX);
      const drawing = drawingOf(craft, options, view, keepsTail ? undefined : visibleDeg * TAIL_STEP_PX);
      for (const source of SOURCES) {
        if (drawing[source]) put[source].push(drawing[source]);
        else if (before?.has.includes(source) && !(keepsTail && source === "tails")) gone[source].push(id);
      }
      const has = SOURCES.filter((source) => drawing[source] ?? (keepsTail && source === "tails"));
      const [tailLon, tailLat] = keepsTail ? [before.tailLon, before.tailLat] : [lon, lat];
      this.drawn.set(id, { lon, lat, looks, name, has, tailLon, tailLat });
    }
    for (const [id, { has }] of this.drawn) {
      if (crafts.has(id)) continue;
      for (const source of has) gone[source].push(id);
      this.drawn.delete(id);
    }
    for (const source of SOURCES) {
      if (anew) map.showFeatures(source, put[source]);
      else map.change(source, put[source], gone[source]);
    }
  }
}

const isWithin = (lonDeg: number, latDeg: number, byDeg: number) => Math.abs(lonDeg) <= byDeg && Math.abs(latDeg) <= byDeg;

const isUnderWay = ({ track }: Craft) => track.sogMps >= UNDER_WAY_MPS && track.stoppedProbability < 0.5;

const freshStep = (craft: Craft, nowMs: number) => Math.round(freshness(craft.track, nowMs) * FRESH_STEPS) / FRESH_STEPS;

/** Roughly how wide the ellipse is, in steps that the eye sees. */
const widthStep = ({ track: { covariance } }: Craft) => (covariance ? Math.min(63, Math.round(2 * Math.log2(1 + covariance.eastM2 + covariance.northM2))) : 0);

/** All that makes a difference to how a craft looks, except its name and where it is, as one number: nothing is made for thousands. */
function looksOf(craft: Craft, { nowMs, alerted, selected, ellipses }: PictureOptions, inView: boolean): number {
  const { track } = craft;
  let looks = CRAFT_CLASSES.indexOf(craft.craftClass);
  looks = looks * 8 + (alerted.has(track.id) ? 1 : 0) + (track.id === selected ? 2 : 0) + (inView ? 4 : 0);
  looks = looks * (FRESH_STEPS + 1) + Math.round(freshStep(craft, nowMs) * FRESH_STEPS);
  looks = looks * 512 + (isUnderWay(craft) ? 1 + Math.round(track.cogDeg) : 0);
  looks = looks * 64 + (inView ? Math.min(63, Math.round(track.sogMps)) : 0);
  return looks * 64 + (inView && ellipses ? widthStep(craft) : 0);
}

/** What is drawn of a craft; `tailStepDeg`: how far points of its tail are apart at least, none where the tail stays as it is. */
function drawingOf(craft: Craft, options: PictureOptions, view: Box, tailStepDeg: number | undefined): Drawing {
  const { track } = craft;
  const { id } = track;
  const at: LngLat = [craft.at[0], craft.at[1]];
  const fresh = freshStep(craft, options.nowMs);
  const underWay = isUnderWay(craft);
  const alerted = options.alerted.has(id);
  const drawing: Drawing = {
    tracks: {
      type: "Feature",
      geometry: { type: "Point", coordinates: at },
      properties: {
        id,
        class: craft.craftClass,
        under: underWay ? "way" : "still",
        course: underWay && !isDark(craft.craftClass) ? track.cogDeg : 0,
        fresh,
        alert: alerted,
        label: options.labels ? craftName(track) : "",
        order: order(craft, alerted),
      },
    },
  };
  if (!inside(at, view)) return drawing;
  const properties = { id, class: craft.craftClass, fresh };
  if (underWay && options.vectorMinutes > 0) {
    const ahead = destination(at, track.cogDeg, track.sogMps * options.vectorMinutes * 60);
    drawing.vectors = line([at, ahead], properties);
  }
  if (options.tailMinutes > 0 && tailStepDeg !== undefined) {
    const since = options.nowMs - options.tailMinutes * 60_000;
    const points = thinned(craft.tail.since(since), tailStepDeg);
    if (points.length > 0) drawing.tails = line([...points, at], properties);
  }
  const { covariance } = track;
  if (options.ellipses && covariance) {
    const sigma = Math.sqrt(Math.max(covariance.eastM2, covariance.northM2));
    if (sigma >= ELLIPSE_FROM_M || id === options.selected) {
      const ring = ellipse95(at, covariance.eastM2, covariance.eastNorthM2, covariance.northM2);
      drawing.ellipses = { type: "Feature", geometry: { type: "Polygon", coordinates: [ring] }, properties };
    }
  }
  return drawing;
}

/** The same way with fewer points. */
function thinned(points: LngLat[], stepDeg: number): LngLat[] {
  let last: LngLat | undefined;
  return points.filter((at) => {
    if (last && isWithin(last[0] - at[0], last[1] - at[1], stepDeg)) return false;
    last = at;
    return true;
  });
}

/** What is drawn above what: alerts above dark craft above the rest. */
const order = (craft: Craft, alerted: boolean) =>
  (alerted ? 4 : 0) + (isDark(craft.craftClass) ? 2 : 0) + (craft.craftClass === "ais_lost" ? 1 : 0);

const line = (coordinates: LngLat[], properties: Feature["properties"]): Feature => ({
  type: "Feature",
  geometry: { type: "LineString", coordinates },
  properties,
});

const inside = (at: LngLat, [west, south, east, north]: Box) =>
  at[0] >= west && at[0] <= east && at[1] >= south && at[1] <= north;

function widened([west, south, east, north]: Box): Box {
  const [w, h] = [(east - west) / 4, (north - south) / 4];
  return [west - w, south - h, east + w, north + h];
}
