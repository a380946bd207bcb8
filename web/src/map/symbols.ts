// The symbols of the chart, drawn here: triangles point where the craft goes; what has no AIS is a diamond, which looks the
// same from all sides and is like nothing else; a ring inside says that a camera saw it.

import type { CraftClass } from "../api/tracks";
import { type Colours, craftColour } from "./palette";

const SIZE = 32;
const RATIO = 2;

type Draw = (pen: CanvasRenderingContext2D, colour: Colours) => void;

function path(pen: CanvasRenderingContext2D, points: [number, number][]) {
  pen.beginPath();
  points.forEach(([x, y], i) => (i === 0 ? pen.moveTo(x, y) : pen.lineTo(x, y)));
  pen.closePath();
}

const HULL: [number, number][] = [
  [16, 3],
  [23, 27],
  [16, 23],
  [9, 27],
];
const DIAMOND: [number, number][] = [
  [16, 3],
  [28, 16],
  [16, 29],
  [4, 16],
];

function craft(craftClass: CraftClass, under: "way" | "still"): Draw {
  return (pen, colours) => {
    const fill = craftColour(colours, craftClass);
    const dark = craftClass === "dark_radar" || craftClass === "dark_eo";
    if (dark) path(pen, DIAMOND);
    else if (under === "way") path(pen, HULL);
    else {
      pen.beginPath();
      pen.arc(16, 16, 7.5, 0, 2 * Math.PI);
    }
    pen.lineJoin = "round";
    pen.strokeStyle = colours.outline;
    pen.lineWidth = 5;
    pen.stroke();
    // AIS alone is an outline: no radar of ours has seen it.
    const hollow = craftClass === "ais" || craftClass === "ais_lost";
    pen.fillStyle = hollow ? colours.sea : fill;
    pen.fill();
    pen.strokeStyle = fill;
    pen.lineWidth = 2.5;
    pen.stroke();
    if (craftClass === "ais_lost") {
      pen.beginPath();
      pen.moveTo(8, 8);
      pen.lineTo(24, 24);
      pen.stroke();
    }
    if (craftClass === "dark_eo" || craftClass === "fused_eo") {
      const y = craftClass === "dark_eo" || under === "still" ? 16 : 19;
      pen.beginPath();
      pen.arc(16, y, dark ? 4.5 : 3, 0, 2 * Math.PI);
      pen.fillStyle = colours.outline;
      pen.fill();
    }
  };
}

const sensor =
  (kind: "ais" | "radar" | "eo"): Draw =>
  (pen, colours) => {
    pen.strokeStyle = colours.sensor;
    pen.fillStyle = colours.sensor;
    pen.lineWidth = 2.5;
    pen.beginPath();
    pen.moveTo(9, 28);
    pen.lineTo(16, 12);
    pen.lineTo(23, 28);
    pen.stroke();
    pen.beginPath();
    if (kind === "radar") {
      pen.arc(16, 10, 8, 0.15 * Math.PI, 0.85 * Math.PI);
      pen.fill();
    } else if (kind === "eo") {
      pen.rect(8, 5, 12, 8);
      pen.fill();
      path(pen, [
        [20, 9],
        [26, 5],
        [26, 13],
      ]);
      pen.fill();
    } else {
      for (const radius of [4, 8]) {
        pen.beginPath();
        pen.arc(16, 10, radius, -0.3 * Math.PI, 0.3 * Math.PI);
        pen.stroke();
        pen.beginPath();
        pen.arc(16, 10, radius, 0.7 * Math.PI, 1.3 * Math.PI);
        pen.stroke();
      }
    }
  };

/** Diagonal lines, for zones that may not be entered. */
const hatch: Draw = (pen, colours) => {
  pen.strokeStyle = colours.restricted;
  pen.globalAlpha = 0.55;
  pen.lineWidth = 2;
  for (let x = -32; x <= 32; x += 16) {
    pen.beginPath();
    pen.moveTo(x, 32);
    pen.lineTo(x + 32, 0);
    pen.stroke();
  }
};

const anchor: Draw = (pen, colours) => {
  pen.strokeStyle = colours.anchorage;
  pen.lineWidth = 3;
  pen.beginPath();
  pen.arc(16, 7, 3, 0, 2 * Math.PI);
  pen.moveTo(16, 10);
  pen.lineTo(16, 27);
  pen.moveTo(10, 14);
  pen.lineTo(22, 14);
  pen.stroke();
  pen.beginPath();
  pen.arc(16, 17, 10, 0.1 * Math.PI, 0.9 * Math.PI);
  pen.stroke();
};

/** A filled square with a cross: a port where goods may be landed. */
const port: Draw = (pen, colours) => {
  pen.fillStyle = colours.port;
  pen.strokeStyle = colours.outline;
  pen.lineWidth = 3;
  pen.beginPath();
  pen.roundRect(6, 6, 20, 20, 4);
  pen.stroke();
  pen.fill();
  pen.strokeStyle = colours.sea;
  pen.beginPath();
  pen.moveTo(11, 16.5);
  pen.lineTo(15, 20.5);
  pen.lineTo(22, 11.5);
  pen.stroke();
};

/** An empty square: a harbour where goods may not be landed. */
const harbour: Draw = (pen, colours) => {
  pen.strokeStyle = colours.outline;
  pen.lineWidth = 6;
  pen.strokeRect(8, 8, 16, 16);
  pen.strokeStyle = colours.harbour;
  pen.lineWidth = 3;
  pen.setLineDash([5, 3]);
  pen.strokeRect(8, 8, 16, 16);
};

/** A pin with its grade: something was told of this place. */
const pin =
  (grade: number): Draw =>
  (pen, colours) => {
    pen.beginPath();
    pen.arc(16, 12, 10, 0.8 * Math.PI, 0.2 * Math.PI);
    pen.lineTo(16, 31);
    pen.closePath();
    pen.strokeStyle = colours.outline;
    pen.lineWidth = 3;
    pen.stroke();
    pen.fillStyle = colours.alert;
    pen.fill();
    pen.fillStyle = colours.outline;
    pen.font = "bold 15px sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(String(grade), 16, 13);
  };

export const CLASSES: CraftClass[] = ["fused", "fused_eo", "ais", "ais_lost", "dark_radar", "dark_eo"];

const draws: Record<string, Draw> = Object.fromEntries([
  ...CLASSES.flatMap((craftClass) => [
    [`${craftClass}-way`, craft(craftClass, "way")],
    [`${craftClass}-still`, craft(craftClass, "still")],
  ]),
  ["sensor-ais", sensor("ais")],
  ["sensor-radar", sensor("radar")],
  ["sensor-eo", sensor("eo")],
  ["hatch", hatch],
  ["anchor", anchor],
  ["port", port],
  ["harbour", harbour],
  ...[1, 2, 3, 4].map((grade): [string, Draw] => [`alert-${grade}`, pin(grade)]),
]);

function canvas(name: string, colours: Colours): HTMLCanvasElement {
  const sheet = document.createElement("canvas");
  sheet.width = sheet.height = SIZE * RATIO;
  const pen = sheet.getContext("2d")!;
  pen.scale(RATIO, RATIO);
  draws[name]?.(pen, colours);
  return sheet;
}

/** All symbols in these colours, for the map. */
export function symbols(colours: Colours): { name: string; image: ImageData; pixelRatio: number }[] {
  return Object.keys(draws).map((name) => ({
    name,
    image: canvas(name, colours).getContext("2d")!.getImageData(0, 0, SIZE * RATIO, SIZE * RATIO),
    pixelRatio: RATIO,
  }));
}

/** Names of the symbols of craft, in the order in which they stand side by side. */
export const CRAFT_SYMBOLS = CLASSES.flatMap((craftClass) => [`${craftClass}-way`, `${craftClass}-still`]);

/** The symbols of craft side by side, in these colours. */
export function craftSymbols(colours: Colours): HTMLCanvasElement {
  const sheet = document.createElement("canvas");
  [sheet.width, sheet.height] = [SIZE * RATIO * CRAFT_SYMBOLS.length, SIZE * RATIO];
  const pen = sheet.getContext("2d")!;
  CRAFT_SYMBOLS.forEach((name, place) => pen.drawImage(canvas(name, colours), place * SIZE * RATIO, 0));
  return sheet;
}

/** One symbol as a picture, for the legend. */
export const symbolUrl = (name: string, colours: Colours): string => canvas(name, colours).toDataURL();
