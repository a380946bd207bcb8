// The layers of the chart, from the ground up, in the colours of a palette.

import type { ExpressionSpecification, LayerSpecification, SourceSpecification, StyleSpecification } from "maplibre-gl";
import type { Language } from "../settings";
import type { Colours } from "./palette";
import { NAMES_FROM_ZOOM } from "./words";

const EMPTY = { type: "FeatureCollection" as const, features: [] };
const geojson = (promoteId?: string): SourceSpecification => ({
  type: "geojson",
  data: EMPTY,
  ...(promoteId ? { promoteId } : {}),
});

/** Fonts of the machine: labels need no files from anywhere, Chinese ones neither. */
export const FONTS = ["system-ui", "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", "sans-serif"];

const kindColour = (colours: Colours): ExpressionSpecification => [
  "match",
  ["get", "kind"],
  "designated_port",
  colours.port,
  "fishing_harbour",
  colours.harbour,
  "anchorage",
  colours.anchorage,
  "restricted",
  colours.restricted,
  "tss",
  colours.traffic,
  colours.ground,
];

const classColour = (colours: Colours): ExpressionSpecification => [
  "match",
  ["get", "class"],
  ["dark_radar", "dark_eo"],
  colours.dark,
  "ais_lost",
  colours.silent,
  colours.ais,
];

/** Layers in the colours of a palette; `scale` enlarges symbols and names for screens that are seen from afar. */
export function layers(colours: Colours, language: Language, scale: number): LayerSpecification[] {
  return plainLayers(colours, language).map((layer) => enlarged(layer, scale));
}

const SIZES = ["text-size", "icon-size", "circle-radius"];

function enlarged(layer: LayerSpecification, scale: number): LayerSpecification {
  if (scale === 1) return layer;
  const all = (properties: object) =>
    Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, SIZES.includes(name) ? times(value, scale) : value]));
  const { layout, paint } = layer;
  return { ...layer, ...(layout && { layout: all(layout) }), ...(paint && { paint: all(paint) }) } as LayerSpecification;
}

/** A size, so many times: MapLibre wants what depends on zoom outermost. */
function times(size: unknown, scale: number): unknown {
  if (typeof size === "number") return size * scale;
  if (Array.isArray(size) && size[0] === "interpolate") return size.map((part, index) => (index > 2 && index % 2 === 0 ? ["*", scale, part] : part));
  return ["*", scale, size];
}

function plainLayers(colours: Colours, language: Language): LayerSpecification[] {
  const zoneName: ExpressionSpecification = language === "zh" ? ["get", "name_zh"] : ["get", "name"];
  const text = { "text-font": FONTS };
  return [
    { id: "sea", type: "background", paint: { "background-color": colours.sea } },
    {
      id: "land",
      type: "fill",
      source: "coast",
      "source-layer": "land",
      paint: { "fill-color": colours.land, "fill-antialias": false },
    },
    {
      id: "shore",
      type: "line",
      source: "coast",
      "source-layer": "shore",
      paint: { "line-color": colours.shore, "line-width": ["interpolate", ["linear"], ["zoom"], 7, 0.6, 13, 1.4] },
    },
    {
      id: "zone-fill",
      type: "fill",
      source: "zones",
      paint: {
        "fill-color": kindColour(colours),
        "fill-opacity": ["match", ["get", "kind"], "designated_port", 0.26, "restricted", 0.1, 0.08],
      },
    },
    {
      id: "zone-hatch",
      type: "fill",
      source: "zones",
      filter: ["==", ["get", "kind"], "restricted"],
      paint: { "fill-pattern": "hatch" },
    },
    {
      id: "zone-line",
      type: "line",
      source: "zones",
      filter: ["in", ["get", "kind"], ["literal", ["designated_port", "restricted"]]],
      paint: { "line-color": kindColour(colours), "line-width": 2 },
    },
    {
      id: "zone-dash",
      type: "line",
      source: "zones",
      filter: ["!", ["in", ["get", "kind"], ["literal", ["designated_port", "restricted"]]]],
      paint: { "line-color": kindColour(colours), "line-width": 1.3, "line-dasharray": [3, 2] },
    },
    {
      id: "seen",
      type: "fill",
      source: "seen",
      paint: {
        "fill-color": ["match", ["get", "says"], ...Object.entries(colours.coverage).flat(), "transparent"] as unknown as ExpressionSpecification,
        "fill-opacity": 0.45,
        "fill-antialias": false,
      },
    },
    {
      id: "coverage",
      type: "line",
      source: "coverage",
      paint: { "line-color": colours.sensor, "line-width": 1, "line-opacity": 0.55, "line-dasharray": [1, 3] },
    },
    {
      id: "bearings",
      type: "line",
      source: "bearings",
      paint: { "line-color": colours.dark, "line-width": 1.4, "line-dasharray": [6, 3], "line-opacity": 0.9 },
    },
    {
      id: "measured",
      type: "circle",
      source: "measured",
      paint: {
        "circle-radius": 3,
        "circle-color": ["match", ["get", "kind"], "ais", colours.ais, "radar", colours.dark, "eo", colours.silent, colours.sensor],
        // What may have been another's is fainter.
        "circle-opacity": ["max", 0.25, ["get", "probability"]],
        "circle-stroke-width": 0.8,
        "circle-stroke-color": colours.outline,
      },
    },
    {
      id: "evidence",
      type: "line",
      source: "evidence",
      filter: ["==", ["geometry-type"], "LineString"],
      layout: { "line-cap": "round" },
      paint: { "line-color": colours.alert, "line-width": 3.5, "line-opacity": 0.75 },
    },
    {
      id: "tails",
      type: "line",
      source: "tails",
      layout: { "line-join": "round" },
      paint: { "line-color": classColour(colours), "line-width": 1.3, "line-opacity": 0.55 },
    },
    {
      id: "alert-rings",
      type: "circle",
      source: "marks",
      filter: ["==", ["get", "alert"], true],
      paint: {
        "circle-radius": 16,
        "circle-color": "transparent",
        "circle-stroke-color": colours.alert,
        "circle-stroke-width": 2.5,
      },
    },
    {
      id: "selected",
      type: "circle",
      source: "marks",
      filter: ["==", ["get", "id"], ""],
      paint: {
        "circle-radius": 20,
        "circle-color": "transparent",
        "circle-stroke-color": colours.selected,
        "circle-stroke-width": 2,
      },
    },
    {
      id: "zone-names",
      type: "symbol",
      source: "zone-points",
      minzoom: 8,
      layout: {
        ...text,
        "icon-image": [
          "match",
          ["get", "kind"],
          "designated_port",
          "port",
          "fishing_harbour",
          "harbour",
          "anchorage",
          "anchor",
          "",
        ],
        "icon-size": 0.6,
        "icon-allow-overlap": true,
        "text-field": zoneName,
        "text-size": 11.5,
        "text-optional": true,
        "text-variable-anchor": ["top", "bottom", "right", "left"],
        "text-radial-offset": 0.9,
        "text-max-width": 12,
        "symbol-sort-key": ["match", ["get", "kind"], "designated_port", 0, "restricted", 1, 2],
      },
      paint: { "text-color": kindColour(colours), "text-halo-color": colours.halo, "text-halo-width": 1.4 },
    },
    {
      id: "sensors",
      type: "symbol",
      source: "sensors",
      layout: {
        ...text,
        "icon-image": ["concat", "sensor-", ["get", "kind"]],
        "icon-size": 0.8,
        "icon-offset": ["match", ["get", "beside"], 0, ["literal", [0, 0]], 1, ["literal", [34, 0]], ["literal", [68, 0]]],
        "icon-allow-overlap": true,
        "text-field": ["get", "name"],
        "text-size": 11,
        "text-optional": true,
        "text-anchor": "top",
        "text-offset": ["match", ["get", "beside"], 0, ["literal", [0, 1]], 1, ["literal", [2.5, 1]], ["literal", [5, 1]]],
      },
      paint: {
        "icon-opacity": ["case", ["get", "works"], 1, 0.45],
        "text-color": ["case", ["get", "works"], colours.sensor, colours.dark],
        "text-halo-color": colours.halo,
        "text-halo-width": 1.4,
      },
    },
    {
      id: "track-names",
      type: "symbol",
      source: "names",
      minzoom: NAMES_FROM_ZOOM,
      layout: {
        ...text,
        "text-field": ["get", "label"],
        "text-size": 11.5,
        "text-variable-anchor": ["left", "right", "top", "bottom"],
        "text-radial-offset": 1.1,
        "text-justify": "auto",
        "text-max-width": 16,
        // What matters is labelled first; what would collide is not labelled.
        "symbol-sort-key": ["-", 0, ["get", "order"]],
      },
      paint: {
        "text-color": ["match", ["get", "class"], ["dark_radar", "dark_eo"], colours.dark, colours.text],
        "text-halo-color": colours.halo,
        "text-halo-width": 1.5,
        "text-opacity": ["get", "fresh"],
      },
    },
    {
      id: "evidence-names",
      type: "symbol",
      source: "evidence",
      filter: ["==", ["geometry-type"], "Point"],
      layout: { ...text, "text-field": ["get", "label"], "text-size": 13, "text-anchor": "left", "text-offset": [1, 0], "text-allow-overlap": true },
      paint: { "text-color": colours.alert, "text-halo-color": colours.halo, "text-halo-width": 2 },
    },
    {
      id: "alert-places",
      type: "symbol",
      source: "alert-places",
      layout: {
        "icon-image": ["get", "symbol"],
        "icon-size": ["case", ["get", "opened"], 1.25, 0.8],
        "icon-anchor": "bottom",
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
        "symbol-z-order": "source",
      },
    },
    {
      id: "trial",
      type: "circle",
      source: "trial",
      paint: {
        "circle-radius": ["case", ["get", "opened"], 13, 9],
        "circle-color": colours.halo,
        "circle-stroke-width": ["case", ["get", "opened"], 4, 2.5],
        "circle-stroke-color": ["match", ["get", "change"], 1, colours.alert, 2, colours.sensor, colours.tool],
      },
    },
    {
      id: "trial-signs",
      type: "symbol",
      source: "trial",
      layout: { ...text, "text-field": ["get", "sign"], "text-size": 15, "text-allow-overlap": true, "text-ignore-placement": true },
      paint: { "text-color": colours.text },
    },
    {
      id: "tool-lines",
      type: "line",
      source: "tool",
      filter: ["==", ["geometry-type"], "LineString"],
      paint: { "line-color": colours.tool, "line-width": 2, "line-dasharray": [4, 2] },
    },
    {
      id: "tool-fill",
      type: "fill",
      source: "tool",
      filter: ["==", ["geometry-type"], "Polygon"],
      paint: { "fill-color": colours.tool, "fill-opacity": 0.15 },
    },
    {
      id: "tool-points",
      type: "circle",
      source: "tool",
      filter: ["==", ["geometry-type"], "Point"],
      paint: { "circle-radius": ["case", ["has", "before"], 3, 5], "circle-color": colours.tool, "circle-stroke-color": colours.halo, "circle-stroke-width": 1.5 },
    },
    {
      id: "tool-names",
      type: "symbol",
      source: "tool",
      filter: ["==", ["geometry-type"], "Point"],
      layout: {
        ...text,
        "text-field": ["coalesce", ["get", "label"], ""],
        "text-size": 13,
        "text-anchor": "left",
        "text-offset": [0.9, 0],
        "text-allow-overlap": true,
      },
      paint: { "text-color": colours.tool, "text-halo-color": colours.halo, "text-halo-width": 2 },
    },
  ] satisfies LayerSpecification[];
}

export function style(colours: Colours, language: Language, scale: number): StyleSpecification {
  return {
    version: 8,
    sources: {
      coast: {
        type: "vector",
        tiles: [`${location.origin}/tiles/coast/{z}/{x}/{y}.mvt`],
        minzoom: 0,
        maxzoom: 14,
      },
      zones: geojson("id"),
      "zone-points": geojson("id"),
      coverage: geojson(),
      seen: geojson(),
      bearings: geojson(),
      measured: geojson(),
      evidence: geojson(),
      "alert-places": geojson("id"),
      tails: geojson("id"),
      sensors: geojson(),
      marks: geojson(),
      names: geojson("id"),
      trial: geojson(),
      tool: geojson(),
    },
    layers: layers(colours, language, scale),
  };
}
