// From the craft of the picture to what the map draws of them: symbols, vectors and ellipses with every picture, as rows of numbers for the
// graphics card; marks where there are any; names and tails as seldom as the eye allows.

import type { Feature } from "geojson";
import { mercator } from "../geo";
import { CLASS, COG_DEG, COLUMNS, EAST_M2, EAST_NORTH_M2, LAST_SEEN_MS, LAT, LON, NORTH_M2, SOG_MPS, STOPPED, X, Y } from "../api/track-batch";
import { CRAFT_CLASSES, type CraftClass } from "../api/track-facts";
import { type Craft, craftRows, crafts, freshness, isDark } from "../api/tracks";
import { ORDERS, type PictureOptions, inside, order } from "./asked";
import type { Box, ChartMap } from "./chart-map";
import { COLOUR, ELLIPSE, SYMBOL, VECTOR } from "./craft-layer";
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
/** The rank of a row without a craft. */
const NONE = 255;

export class PictureDrawer {
  /** By row: what the craft is drawn above. */
  private ranks = new Uint8Array();
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
    const { numbers, count } = craftRows;
    const next = this.places(alerted);
    let [vectorEnd, ellipseEnd] = [0, 0];
    const chosen = crafts.get(selected)?.place;
    for (let place = 0, row = 0; place < count; place++, row += COLUMNS) {
      const rank = this.ranks[place]!;
      if (rank === NONE) continue;
      const [lon, lat] = [numbers[row + LON]!, numbers[row + LAT]!];
      const look = LOOKS[numbers[row + CLASS]!]!;
      const sogMps = numbers[row + SOG_MPS]!;
      const [placeX, placeY] = [numbers[row + X]! - origin[0], numbers[row + Y]! - origin[1]];
      const underWay = isUnderWay(sogMps, numbers[row + STOPPED]!);
      const fresh = freshness(numbers[row + LAST_SEEN_MS]!, nowMs);
      const course = (numbers[row + COG_DEG]! * Math.PI) / 180;
      let at = next[rank]!++ * SYMBOL;
      symbols[at++] = placeX;
      symbols[at++] = placeY;
      symbols[at++] = look.symbol + (underWay ? 0 : 1);
      symbols[at++] = underWay && !look.dark ? course : 0;
      symbols[at++] = fresh;
      symbols[at] = look.dark ? 1 : 0;
      if (!inside(lon, lat, view)) continue;
      // A metre here, in widths of the world.
      const metre = 1 / (WORLD_M * Math.cos((lat * Math.PI) / 180));
      if (underWay && vectorMinutes > 0) {
        const way = sogMps * vectorMinutes * 60 * metre;
        vectors[vectorEnd++] = placeX;
        vectors[vectorEnd++] = placeY;
        vectors[vectorEnd++] = Math.sin(course) * way;
        vectors[vectorEnd++] = -Math.cos(course) * way;
        vectors[vectorEnd++] = look.colour;
        vectors[vectorEnd++] = fresh;
      }
      const eastM2 = numbers[row + EAST_M2]!;
      if (!options.ellipses || Number.isNaN(eastM2)) continue;
      const [eastNorthM2, northM2] = [numbers[row + EAST_NORTH_M2]!, numbers[row + NORTH_M2]!];
      if (Math.max(eastM2, northM2) < ELLIPSE_FROM_M * ELLIPSE_FROM_M && place !== chosen) continue;
      const [mean, half] = [(eastM2 + northM2) / 2, Math.hypot((eastM2 - northM2) / 2, eastNorthM2)];
      ellipses[ellipseEnd++] = placeX;
      ellipses[ellipseEnd++] = placeY;
      ellipses[ellipseEnd++] = SIGMAS_95 * Math.sqrt(Math.max(0, mean + half)) * metre;
      ellipses[ellipseEnd++] = SIGMAS_95 * Math.sqrt(Math.max(0, mean - half)) * metre;
      // On the screen south is down: the angle turns the other way.
      ellipses[ellipseEnd++] = -0.5 * Math.atan2(2 * eastNorthM2, eastM2 - northM2);
      ellipses[ellipseEnd++] = look.colour;
    }
    this.map.craft.show({
      origin,
      symbols: symbols.subarray(0, crafts.size * SYMBOL),
      vectors: vectors.subarray(0, vectorEnd),
      ellipses: ellipses.subarray(0, ellipseEnd),
    });
  }

  /** Where the symbols of each rank begin, and the rank of each craft: alerts above dark craft above the rest. */
  private places(alerted: ReadonlySet<string>): Uint32Array {
    const { ranks } = this;
    const { numbers, count } = craftRows;
    for (let place = 0, row = 0; place < count; place++, row += COLUMNS) {
      ranks[place] = craftRows.isTaken(row) ? LOOKS[numbers[row + CLASS]!]!.rank : NONE;
    }
    for (const id of alerted) {
      const craft = crafts.get(id);
      if (craft) ranks[craft.place] = order(craft.craftClass, true);
    }
    const next = new Uint32Array(ORDERS + 1);
    for (let place = 0; place < count; place++) if (ranks[place] !== NONE) next[ranks[place]! + 1]!++;
    for (let at = 1; at <= ORDERS; at++) next[at]! += next[at - 1]!;
    return next;
  }

  /** Arrays grow in steps, and are kept: nothing is allocated with every picture. */
  private makeRoom() {
    if (this.ranks.length >= craftRows.count) return;
    const room = Math.ceil(craftRows.count / 1024) * 1024;
    this.ranks = new Uint8Array(room);
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

const symbolIndex = (craftClass: CraftClass) => CRAFT_CLASSES.indexOf(craftClass) * 2;

/** How craft of each class look, by its number. */
const LOOKS = CRAFT_CLASSES.map((craftClass) => {
  const dark = isDark(craftClass);
  const colour = dark ? COLOUR.dark : craftClass === "ais_lost" ? COLOUR.silent : COLOUR.ais;
  return { dark, colour, symbol: symbolIndex(craftClass), rank: order(craftClass, false) };
});

/** Which symbol a craft has, as the legend names it. */
export const symbolOf = ({ craftClass, track }: Craft): string =>
  CRAFT_SYMBOLS[symbolIndex(craftClass) + (isUnderWay(track.sogMps, track.stoppedProbability) ? 0 : 1)]!;

const isUnderWay = (sogMps: number, stoppedProbability: number) => sogMps >= UNDER_WAY_MPS && stoppedProbability < 0.5;

function widened([west, south, east, north]: Box): Box {
  const [w, h] = [(east - west) / 4, (north - south) / 4];
  return [west - w, south - h, east + w, north + h];
}

