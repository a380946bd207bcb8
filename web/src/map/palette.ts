// Colours of the chart by day, dusk and night, after the way of S-52: what matters stays apart from its ground in each of
// them. Hues of craft are Okabe and Ito's, which people tell apart whatever their colour vision; shape says the same again.

import type { CraftClass } from "../api/tracks";
import type { Palette } from "../settings";

export interface Colours {
  sea: string;
  land: string;
  shore: string;
  text: string;
  halo: string;
  /** Craft that send AIS. */
  ais: string;
  /** Craft without AIS: the strongest colour on the chart. */
  dark: string;
  /** Craft whose AIS fell silent. */
  silent: string;
  outline: string;
  port: string;
  harbour: string;
  anchorage: string;
  ground: string;
  restricted: string;
  traffic: string;
  sensor: string;
  alert: string;
  selected: string;
  tool: string;
  /** Areas of coverage by what is said of them; shares after viridis, which all eyes order alike. */
  coverage: Record<string, string>;
}

const viridis = (shadow: string, unheard: string): Record<string, string> => ({
  "share-1": "#482878",
  "share-2": "#2a788e",
  "share-3": "#35b779",
  "share-4": "#dce319",
  sight: "#3f9bd8",
  shadow,
  unheard,
});

export const colours: Record<Palette, Colours> = {
  day: {
    sea: "#d3e7f1",
    land: "#d9cfa5",
    shore: "#6b6242",
    text: "#14212b",
    halo: "#ffffffd0",
    ais: "#005a94",
    dark: "#c1121f",
    silent: "#8a4b00",
    outline: "#ffffff",
    port: "#00694b",
    harbour: "#7a5200",
    anchorage: "#6a3d80",
    ground: "#4d6b52",
    restricted: "#a8005f",
    traffic: "#8a3f8f",
    sensor: "#333f48",
    alert: "#a30000",
    selected: "#0a0a0a",
    tool: "#7a1fa2",
    coverage: viridis("#8a8f94", "#c9b8d8"),
  },
  dusk: {
    sea: "#122a3c",
    land: "#3c3a2a",
    shore: "#8d865f",
    text: "#e2e9ee",
    halo: "#0b1a26d8",
    ais: "#7cc4f0",
    dark: "#ff6b4a",
    silent: "#f0c040",
    outline: "#081420",
    port: "#35c79a",
    harbour: "#d9a441",
    anchorage: "#c79be0",
    ground: "#86a98b",
    restricted: "#f07bb8",
    traffic: "#c78bd0",
    sensor: "#c3ced6",
    alert: "#ffd23f",
    selected: "#ffffff",
    tool: "#e6a8ff",
    coverage: viridis("#5a6772", "#3b2a4a"),
  },
  night: {
    sea: "#05090d",
    land: "#15140d",
    shore: "#57523a",
    text: "#9aa8b2",
    halo: "#000000d8",
    ais: "#3f7ea8",
    dark: "#d9482e",
    silent: "#a8852a",
    outline: "#000000",
    port: "#1f7d60",
    harbour: "#86652a",
    anchorage: "#7a5c8c",
    ground: "#4b5f4e",
    restricted: "#a04f78",
    traffic: "#7d5484",
    sensor: "#77828a",
    alert: "#c79a1e",
    selected: "#c3ced6",
    tool: "#9a6fb0",
    coverage: viridis("#2f363c", "#1f1528"),
  },
};

export const craftColour = (colour: Colours, craftClass: CraftClass): string => {
  switch (craftClass) {
    case "dark_radar":
    case "dark_eo":
      return colour.dark;
    case "ais_lost":
      return colour.silent;
    default:
      return colour.ais;
  }
};
