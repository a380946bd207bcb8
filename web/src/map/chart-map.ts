// The map: made once, told of pictures, zones, alerts and palettes as they change. What is drawn lies in layers.ts.

import { type GeoJSONSource, Map as LibreMap, type MapMouseEvent, type PointLike, setWorkerUrl } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import type { Feature, FeatureCollection } from "geojson";
import { authorization } from "../api/session";
import { crafts } from "../api/tracks";
import type { LngLat } from "../geo";
import type { Language, Palette } from "../settings";
import { CraftLayer } from "./craft-layer";
import { layers, style } from "./layers";
import { colours } from "./palette";
import { symbolOf } from "./picture";
import { symbols } from "./symbols";

setWorkerUrl(workerUrl);

export type Box = [west: number, south: number, east: number, north: number];

/** The size of text in console.css on a screen that stands on a desk. */
const DESK_FONT_PX = 14;
/** Sources of no more features than this are compared with what they show. */
const COMPARED = 100;
/** Within so many pixels of a click a craft counts as hit. */
const HIT_PX = 8;

export class ChartMap {
  readonly libre: LibreMap;
  readonly ready: Promise<void>;
  /** Craft, vectors and ellipses. */
  readonly craft: CraftLayer;
  private loaded = false;
  /** How much larger than on a desk the page is written: the map's names follow. */
  private readonly scale = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / DESK_FONT_PX;
  private readonly waiting = new Map<string, FeatureCollection>();
  /** How often the graphics card was lost and came back. */
  restored = 0;
  /** What sources of few features show, in words. */
  private readonly shown = new Map<string, string>();

  constructor(container: HTMLElement, palette: Palette, language: Language) {
    this.libre = new LibreMap({
      container,
      style: style(colours[palette], language, this.scale),
      center: [110.3, 20.1],
      zoom: 9,
      maxZoom: 17,
      minZoom: 3,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 0,
      renderWorldCopies: false,
      // Tiles are asked for like everything else: by somebody.
      transformRequest: (url) => (url.startsWith(location.origin) ? { url, headers: authorization() } : { url }),
      canvasContextAttributes: { antialias: true },
    });
    this.craft = new CraftLayer(this.libre, colours[palette], this.scale);
    this.libre.touchZoomRotate.disableRotation();
    this.libre.keyboard.disableRotation();
    this.putSymbols(palette, false);
    // A card that was lost comes back with the style, but not with all that sources were told.
    this.libre.on("webglcontextrestored", () => {
      this.libre.once("style.load", () => {
        this.shown.clear();
        this.restored++;
      });
    });
    this.ready = new Promise((resolve) => {
      this.libre.once("load", () => {
        this.loaded = true;
        for (const [source, data] of this.waiting) this.show(source, data);
        this.waiting.clear();
        resolve();
      });
    });
  }

  /** Replaces what a source shows. */
  show(source: string, data: FeatureCollection) {
    if (!this.loaded) {
      this.waiting.set(source, data);
      return;
    }
    void this.libre.getSource<GeoJSONSource>(source)?.setData(data);
  }

  showFeatures(source: string, features: Feature[]) {
    // A source that is set is cut into tiles and drawn anew: not for what it shows already.
    const words = features.length <= COMPARED ? JSON.stringify(features) : undefined;
    if (words !== undefined && this.shown.get(source) === words) return;
    if (words === undefined) this.shown.delete(source);
    else this.shown.set(source, words);
    this.show(source, { type: "FeatureCollection", features });
  }

  get isReady(): boolean {
    return this.loaded;
  }

  /** Puts features in place of those with their ids, and takes others away. */
  change(source: string, put: Feature[], gone: string[]) {
    if (put.length === 0 && gone.length === 0) return;
    this.shown.delete(source);
    void this.libre.getSource<GeoJSONSource>(source)?.updateData({ add: put, remove: gone });
  }

  private putSymbols(palette: Palette, replace: boolean) {
    for (const { name, image, pixelRatio } of symbols(colours[palette])) {
      if (replace && this.libre.hasImage(name)) this.libre.updateImage(name, image);
      else this.libre.addImage(name, image, { pixelRatio });
    }
  }

  /** Paints in another palette and names in another language, with everything where it is. */
  async restyle(palette: Palette, language: Language) {
    await this.ready;
    this.putSymbols(palette, true);
    this.craft.paint(colours[palette]);
    for (const layer of layers(colours[palette], language, this.scale)) {
      for (const [name, value] of Object.entries(layer.paint ?? {})) {
        this.libre.setPaintProperty(layer.id, name as Parameters<LibreMap["setPaintProperty"]>[1], value);
      }
      if (layer.id === "zone-names" && layer.type === "symbol") {
        this.libre.setLayoutProperty(layer.id, "text-field", layer.layout?.["text-field"]);
      }
    }
  }

  setVisible(layerIds: string[], visible: boolean) {
    void this.ready.then(() => {
      for (const id of layerIds) this.libre.setLayoutProperty(id, "visibility", visible ? "visible" : "none");
    });
  }

  markSelected(id: string) {
    void this.ready.then(() => this.libre.setFilter("selected", ["==", ["get", "id"], id]));
  }

  /** The id of the craft at a point of the screen; the nearest, when several are. */
  craftAt(event: MapMouseEvent): string | undefined {
    const { x, y } = event.point;
    let [nearest, nearestPx]: [string | undefined, number] = [undefined, HIT_PX];
    // Degrees first: of thousands only those nearby are brought to the screen.
    const corners = [this.libre.unproject([x - HIT_PX, y - HIT_PX]), this.libre.unproject([x + HIT_PX, y + HIT_PX])] as const;
    const [west, east] = [corners[0].lng, corners[1].lng];
    const [north, south] = [corners[0].lat, corners[1].lat];
    for (const [id, { at }] of crafts) {
      if (at[0] < west || at[0] > east || at[1] < south || at[1] > north) continue;
      const shown = this.libre.project(at);
      const away = Math.hypot(shown.x - x, shown.y - y);
      if (away <= nearestPx) [nearest, nearestPx] = [id, away];
    }
    return nearest;
  }

  /** The craft that are drawn, by id: where, and as which symbol. */
  drawn(): Record<string, { at: LngLat; symbol: string }> {
    if (!this.loaded) return {};
    return Object.fromEntries([...crafts].map(([id, craft]) => [id, { at: craft.at, symbol: symbolOf(craft) }]));
  }

  /** The id of the alert whose pin is at a point of the screen. */
  alertAt(event: MapMouseEvent): string | undefined {
    return this.idAt([event.point.x, event.point.y], "alert-places");
  }

  /** Which change of a trial of rules is at a point of the screen, by its place in the list. */
  changeAt(event: MapMouseEvent): number | undefined {
    return this.libre.queryRenderedFeatures(event.point, { layers: ["trial"] })[0]?.properties.index as number | undefined;
  }

  /** Which point of the outline that is drawn, or which handle after a point, is at a point of the screen. */
  toolAt(event: MapMouseEvent): { vertex?: number; before?: number } {
    const { x, y } = event.point;
    const around: [PointLike, PointLike] = [
      [x - HIT_PX, y - HIT_PX],
      [x + HIT_PX, y + HIT_PX],
    ];
    const found = this.libre.queryRenderedFeatures(around, { layers: ["tool-points"] }).map(({ properties }) => properties);
    return found.find(({ vertex }) => vertex !== undefined) ?? found[0] ?? {};
  }

  private idAt(where: PointLike | [PointLike, PointLike], layer: string): string | undefined {
    return this.libre.queryRenderedFeatures(where, { layers: [layer] })[0]?.properties.id as string | undefined;
  }

  fit(box: Box, animate = true) {
    this.libre.fitBounds(box, { padding: 70, animate, maxZoom: 14, duration: 500 });
  }

  goTo(at: LngLat, zoom?: number) {
    this.libre.easeTo({ center: at, zoom: Math.max(this.libre.getZoom(), zoom ?? 0), duration: 500 });
  }

  /** Goes there unless it is well in view already: a map that jumps about is no help. */
  lookAt(at: LngLat) {
    const [west, south, east, north] = this.view();
    const [w, h] = [(east - west) / 10, (north - south) / 10];
    const inView = at[0] > west + w && at[0] < east - w && at[1] > south + h && at[1] < north - h;
    if (!inView) this.goTo(at, 10);
  }

  view(): Box {
    const bounds = this.libre.getBounds();
    return [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
  }
}

/** Whether this browser can draw the map at all. */
export function canDraw(): boolean {
  return document.createElement("canvas").getContext("webgl2") !== null;
}
