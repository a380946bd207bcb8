// From the craft of the picture to what the map draws of them: symbols, vectors and ellipses with every picture, as rows of numbers for the
// graphics card; marks where there are any; names and tails as seldom as the eye allows.

import type { Feature } from "geojson";
import { CRAFT_CLASSES } from "../api/track-facts";
import { type Craft, crafts, freshness, isDark } from "../api/tracks";
import { ORDERS, type PictureOptions, inside, order } from "./asked";
import type { Box, ChartMap } from "./chart-map";
import { COLOUR, ELLIPSE, SYMBOL, VECTOR, mercator } from "./craft-layer";
import { CRAFT_SYMBOLS } from "./symbols";
import { WordDrawer } from "./words";

/** Below this speed a craft has no course worth drawing. */
const UNDER_WAY_MPS = 0.5;
/** Ellipses of craft that are known better than this are not drawn: they would be dots. */
const ELLIPSE_FROM_M = 25;
/** Nineteen of twenty times it is within so many sigmas, in two dimensions. */
const SIGMAS_95 = Math.sqrt(5.991);
/** Circumference of the earth at the equator (WGS 84), metres: the width of the world. */
const WORLD_M = 40_075_016.7;
export class PictureDrawer {
  private symbols = new Float32Array();
  private vectors = new Float32Array();
  private ellipses = new Float32Array();
  private marks = "";
  private readonly words: WordDrawer;

  constructor(private readonly map: ChartMap) {
    this.words = new WordDrawer(map);
  }

  draw(options: PictureOptions) {
    if (!this.map.isReady) return;
    const view = widened(this.map.view());
    this.putCraft(options, view);
    this.putMarks(options);
    this.words.draw(options, view);
  }

  private putCraft(options: PictureOptions, view: Box) {
    const { nowMs, alerted, selected, vectorMinutes } = options;
    this.makeRoom();
    const { symbols, vectors, ellipses } = this;
    const [west, south, east, north] = view;
    const origin = mercator((west + east) / 2, (south + north) / 2);
    const next = this.places(alerted);
    let [vectorEnd, ellipseEnd] = [0, 0];
    for (const craft of crafts.values()) {
      const { track, at, craftClass } = craft;
      const [x, y] = mercator(at[0], at[1]);
      const [placeX, placeY] = [x - origin[0], y - origin[1]];
      const dark = isDark(craftClass);
      const underWay = isUnderWay(craft);
      const fresh = freshness(track, nowMs);
      const colour = dark ? COLOUR.dark : craftClass === "ais_lost" ? COLOUR.silent : COLOUR.ais;
      const course = (track.cogDeg * Math.PI) / 180;
      let row = next[order(craft, alerted.has(track.id))]!++ * SYMBOL;
      symbols[row++] = placeX;
      symbols[row++] = placeY;
      symbols[row++] = CRAFT_CLASSES.indexOf(craftClass) * 2 + (underWay ? 0 : 1);
      symbols[row++] = underWay && !dark ? course : 0;
      symbols[row++] = fresh;
      symbols[row] = dark ? 1 : 0;
      if (!inside(at, view)) continue;
      // A metre here, in widths of the world.
      const metre = 1 / (WORLD_M * Math.cos((at[1] * Math.PI) / 180));
      if (underWay && vectorMinutes > 0) {
        const way = track.sogMps * vectorMinutes * 60 * metre;
        vectors[vectorEnd++] = placeX;
        vectors[vectorEnd++] = placeY;
        vectors[vectorEnd++] = Math.sin(course) * way;
        vectors[vectorEnd++] = -Math.cos(course) * way;
        vectors[vectorEnd++] = colour;
        vectors[vectorEnd++] = fresh;
      }
      const { covariance } = track;
      if (!options.ellipses || !covariance) continue;
      const { eastM2, eastNorthM2, northM2 } = covariance;
      if (Math.sqrt(Math.max(eastM2, northM2)) < ELLIPSE_FROM_M && track.id !== selected) continue;
      const [mean, half] = [(eastM2 + northM2) / 2, Math.hypot((eastM2 - northM2) / 2, eastNorthM2)];
      ellipses[ellipseEnd++] = placeX;
      ellipses[ellipseEnd++] = placeY;
      ellipses[ellipseEnd++] = SIGMAS_95 * Math.sqrt(Math.max(0, mean + half)) * metre;
      ellipses[ellipseEnd++] = SIGMAS_95 * Math.sqrt(Math.max(0, mean - half)) * metre;
      // On the screen south is down: the angle turns the other way.
      ellipses[ellipseEnd++] = -0.5 * Math.atan2(2 * eastNorthM2, eastM2 - northM2);
      ellipses[ellipseEnd++] = colour;
    }
    this.map.craft.show({
      origin,
      symbols: symbols.subarray(0, crafts.size * SYMBOL),
      vectors: vectors.subarray(0, vectorEnd),
      ellipses: ellipses.subarray(0, ellipseEnd),
    });
  }

  /** Where the rows of each order begin: alerts above dark craft above the rest. */
  private places(alerted: ReadonlySet<string>): Uint32Array {
    const next = new Uint32Array(ORDERS + 1);
    for (const craft of crafts.values()) next[order(craft, alerted.has(craft.track.id)) + 1]!++;
    for (let at = 1; at <= ORDERS; at++) next[at]! += next[at - 1]!;
    return next;
  }

  /** Arrays grow in steps, and are kept: nothing is allocated with every picture. */
  private makeRoom() {
    if (this.symbols.length >= crafts.size * SYMBOL) return;
    const room = Math.ceil(crafts.size / 1024) * 1024;
    this.symbols = new Float32Array(room * SYMBOL);
    this.vectors = new Float32Array(room * VECTOR);
    this.ellipses = new Float32Array(room * ELLIPSE);
  }

  /** Rings around craft with an alert, and around the one that is selected. */
  private putMarks({ alerted, selected }: PictureOptions) {
    const marked = [...alerted].flatMap((id) => crafts.get(id) ?? []);
    const chosen = crafts.get(selected);
    if (chosen && !alerted.has(selected)) marked.push(chosen);
    const words = marked.map(({ track, at }) => `${track.id} ${at[0].toFixed(5)} ${at[1].toFixed(5)} ${alerted.has(track.id)}`).join();
    if (words === this.marks) return;
    this.marks = words;
    this.map.showFeatures(
      "marks",
      marked.map(({ track, at }): Feature => ({
        type: "Feature",
        geometry: { type: "Point", coordinates: [at[0], at[1]] },
        properties: { id: track.id, alert: alerted.has(track.id) },
      })),
    );
  }
}

/** Which symbol a craft has, as the legend names it. */
export const symbolOf = (craft: Craft): string => CRAFT_SYMBOLS[CRAFT_CLASSES.indexOf(craft.craftClass) * 2 + (isUnderWay(craft) ? 0 : 1)]!;

const isUnderWay = ({ track }: Craft) => track.sogMps >= UNDER_WAY_MPS && track.stoppedProbability < 0.5;

function widened([west, south, east, north]: Box): Box {
  const [w, h] = [(east - west) / 4, (north - south) / 4];
  return [west - w, south - h, east + w, north + h];
}

