// Craft, their vectors and ellipses, drawn by the graphics card from arrays of numbers: thousands of them move once a second for the cost of
// handing over one buffer. They have a canvas of their own above the chart, which is not drawn anew when only they have moved. Names and
// tails, which change seldom, are features of the map like the rest of the chart.

import type { Map as LibreMap } from "maplibre-gl";
import { mercator } from "../geo";
import type { Colours } from "./palette";
import { CRAFT_SYMBOLS, craftSymbols } from "./symbols";

/** Numbers of a symbol: place (x, y), picture in the atlas, course in radians, opacity, 1 for craft without AIS. */
export const SYMBOL = 6;
/** Of a vector: place (x, y), way to its end (x, y), colour, opacity. */
export const VECTOR = 6;
/** Of an ellipse: place (x, y), half axes (along, across), direction of the first in radians, colour. */
export const ELLIPSE = 6;

/** What is drawn: places count from `origin`, in widths of the world (Web Mercator, x to the east, y to the south). */
export interface CraftPicture {
  origin: [x: number, y: number];
  symbols: Float32Array;
  vectors: Float32Array;
  ellipses: Float32Array;
}

/** Colours of vectors and ellipses, by the number that stands in the arrays. */
export const COLOUR = { ais: 0, dark: 1, silent: 2 };

const SYMBOL_PX = 32;
/** Sizes at zooms; for craft without AIS, and for the others. */
const ZOOMS = [7, 11, 14];
const DARK_SIZES = [0.5, 0.72, 0.95];
const PLAIN_SIZES = [0.4, 0.62, 0.85];
/** Widths of vectors in pixels: of craft without AIS, of others. */
const DARK_WIDTH = 2.6;
const PLAIN_WIDTH = 1.6;
const TILE_PX = 512;

/** What all three kinds share: from places to the screen. The map is never turned. */
const PLACE = `#version 300 es
uniform vec2 offset;   // of the origin from the middle of the view, pixels
uniform float world;   // width of the world, pixels
uniform vec2 half_view; // pixels
vec4 on_screen(vec2 place, vec2 pixels) {
  vec2 at = (place * world + offset + pixels) / half_view;
  return vec4(at.x, -at.y, 0.0, 1.0);
}
`;

const SYMBOL_VERTEX = `${PLACE}
in vec2 corner;
in vec2 place;
in vec4 look; // picture, course, opacity, without AIS
uniform vec2 sizes; // pixels: of others, of craft without AIS
uniform float pictures;
out vec2 at;
out float opacity;
void main() {
  float size = mix(sizes.x, sizes.y, look.w);
  float s = sin(look.y), c = cos(look.y);
  vec2 turned = mat2(c, s, -s, c) * corner;
  gl_Position = on_screen(place, turned * size * 0.5);
  at = vec2((look.x + corner.x * 0.5 + 0.5) / pictures, corner.y * 0.5 + 0.5);
  opacity = look.z;
}`;

const SYMBOL_FRAGMENT = `#version 300 es
precision mediump float;
uniform sampler2D atlas;
in vec2 at;
in float opacity;
out vec4 colour;
void main() { colour = texture(atlas, at) * opacity; }`;

const VECTOR_VERTEX = `${PLACE}
in vec2 corner;
in vec4 way; // place, way to the end
in vec2 look; // colour, opacity
uniform vec3 colours[3];
uniform vec2 widths; // pixels: of others, of craft without AIS
out vec4 paint;
void main() {
  vec2 along = way.zw * world;
  float length_px = length(along);
  vec2 unit = length_px > 0.0 ? along / length_px : vec2(1.0, 0.0);
  float width = look.x == 1.0 ? widths.y : widths.x;
  vec2 pixels = along * (corner.x * 0.5 + 0.5) + vec2(-unit.y, unit.x) * corner.y * width * 0.5;
  gl_Position = on_screen(way.xy, pixels);
  paint = vec4(colours[int(look.x)] * look.y, look.y);
}`;

const VECTOR_FRAGMENT = `#version 300 es
precision mediump float;
in vec4 paint;
out vec4 colour;
void main() { colour = paint; }`;

const ELLIPSE_VERTEX = `${PLACE}
in vec2 corner;
in vec4 shape; // place, half axes
in vec2 look; // direction, colour
uniform vec3 colours[3];
out vec2 at;
out vec2 axes_px;
out vec3 paint;
void main() {
  axes_px = max(shape.zw * world, vec2(1.0));
  vec2 reach = axes_px + 1.5;
  float s = sin(look.x), c = cos(look.x);
  gl_Position = on_screen(shape.xy, mat2(c, s, -s, c) * (corner * reach));
  at = corner * reach / axes_px;
  paint = colours[int(look.y)];
}`;

const ELLIPSE_FRAGMENT = `#version 300 es
precision highp float;
in vec2 at;
in vec2 axes_px;
in vec3 paint;
out vec4 colour;
void main() {
  float r = length(at);
  // How far from the edge, about: the gradient of r in pixels.
  float off_px = (r - 1.0) * r / max(length(at / axes_px), 1e-6);
  float rim = 0.7 * clamp(1.25 - abs(off_px), 0.0, 1.0);
  float fill = off_px < 0.0 ? 0.12 : 0.0;
  float opacity = max(rim, fill);
  colour = vec4(paint * opacity, opacity);
}`;

/** One kind of thing: a program, and an array of which each row is one of them. */
interface Kind {
  program: WebGLProgram;
  array: WebGLVertexArrayObject;
  buffer: WebGLBuffer;
  bytes: number;
  uniform(name: string): WebGLUniformLocation | null;
}

const CORNERS = new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]);

export class CraftLayer {
  private readonly canvas = document.createElement("canvas");
  private readonly gl: WebGL2RenderingContext | null;
  private picture: CraftPicture = { origin: [0.5, 0.5], symbols: new Float32Array(), vectors: new Float32Array(), ellipses: new Float32Array() };
  /** Whether the card has another picture than is to be shown. */
  private stale = true;
  private repaint = true;
  private waits = false;
  private kinds: { symbols: Kind; vectors: Kind; ellipses: Kind } | undefined;
  private atlas: WebGLTexture | undefined;

  constructor(
    private readonly map: LibreMap,
    private colours: Colours,
    private readonly scale: number,
  ) {
    this.canvas.className = "craft";
    map.getCanvasContainer().append(this.canvas);
    this.gl = this.canvas.getContext("webgl2", { antialias: true });
    // A card that was lost (its driver was reset, the machine slept) comes back empty.
    this.canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    this.canvas.addEventListener("webglcontextrestored", () => {
      this.kinds = undefined;
      this.atlas = undefined;
      this.stale = this.repaint = true;
      this.drawSoon();
    });
    // In the same frame as the chart: craft stay where they are on it while it is moved.
    map.on("render", () => this.draw());
  }

  show(picture: CraftPicture) {
    this.picture = picture;
    this.stale = true;
    this.drawSoon();
  }

  paint(colours: Colours) {
    this.colours = colours;
    this.repaint = true;
    this.drawSoon();
  }

  private drawSoon() {
    if (this.waits) return;
    this.waits = true;
    requestAnimationFrame(() => this.draw());
  }

  draw() {
    const { gl, map } = this;
    this.waits = false;
    if (!gl || gl.isContextLost()) return;
    const { symbols, vectors, ellipses } = (this.kinds ??= {
      symbols: kind(gl, SYMBOL_VERTEX, SYMBOL_FRAGMENT, [["place", 2], ["look", 4]]),
      vectors: kind(gl, VECTOR_VERTEX, VECTOR_FRAGMENT, [["way", 4], ["look", 2]]),
      ellipses: kind(gl, ELLIPSE_VERTEX, ELLIPSE_FRAGMENT, [["shape", 4], ["look", 2]]),
    });
    if (this.repaint) this.putAtlas(gl);
    if (this.stale) {
      put(gl, symbols, this.picture.symbols);
      put(gl, vectors, this.picture.vectors);
      put(gl, ellipses, this.picture.ellipses);
    }
    this.stale = this.repaint = false;

    const chart = map.getCanvas();
    if (this.canvas.width !== chart.width || this.canvas.height !== chart.height) {
      this.canvas.width = chart.width;
      this.canvas.height = chart.height;
    }
    gl.viewport(0, 0, chart.width, chart.height);
    gl.clear(gl.COLOR_BUFFER_BIT);
    const zoom = map.getZoom();
    const world = TILE_PX * 2 ** zoom;
    const { lng, lat } = map.getCenter();
    const [x, y] = mercator(lng, lat);
    const [originX, originY] = this.picture.origin;
    const half = 0.5 / map.getPixelRatio();
    const place = ({ program, uniform }: Kind) => {
      gl.useProgram(program);
      gl.uniform2f(uniform("offset"), (originX - x) * world, (originY - y) * world);
      gl.uniform1f(uniform("world"), world);
      gl.uniform2f(uniform("half_view"), chart.width * half, chart.height * half);
    };
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    const colours = new Float32Array([this.colours.ais, this.colours.dark, this.colours.silent].flatMap(rgb));

    place(ellipses);
    gl.uniform3fv(ellipses.uniform("colours"), colours);
    drawAll(gl, ellipses, this.picture.ellipses.length / ELLIPSE);
    place(vectors);
    gl.uniform3fv(vectors.uniform("colours"), colours);
    gl.uniform2f(vectors.uniform("widths"), PLAIN_WIDTH, DARK_WIDTH);
    drawAll(gl, vectors, this.picture.vectors.length / VECTOR);
    place(symbols);
    gl.uniform1i(symbols.uniform("atlas"), 0);
    gl.uniform1f(symbols.uniform("pictures"), CRAFT_SYMBOLS.length);
    const size = (sizes: number[]) => SYMBOL_PX * this.scale * interpolated(zoom, ZOOMS, sizes);
    gl.uniform2f(symbols.uniform("sizes"), size(PLAIN_SIZES), size(DARK_SIZES));
    drawAll(gl, symbols, this.picture.symbols.length / SYMBOL);
  }

  /** Puts the symbols of all classes side by side. */
  private putAtlas(gl: WebGL2RenderingContext) {
    this.atlas ??= gl.createTexture() ?? undefined;
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.atlas ?? null);
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, true);
    gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, craftSymbols(this.colours));
    gl.generateMipmap(gl.TEXTURE_2D);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  }
}

function interpolated(at: number, stops: number[], values: number[]): number {
  const above = stops.findIndex((stop) => at < stop);
  if (above < 0) return values[values.length - 1]!;
  if (above === 0) return values[0]!;
  const [low, high] = [stops[above - 1]!, stops[above]!];
  const share = (at - low) / (high - low);
  return values[above - 1]! * (1 - share) + values[above]! * share;
}

const rgb = (hex: string) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255);

function shader(gl: WebGL2RenderingContext, type: number, source: string): WebGLShader {
  const made = gl.createShader(type);
  if (!made) throw new Error("the graphics card gives no shader");
  gl.shaderSource(made, source);
  gl.compileShader(made);
  if (!gl.getShaderParameter(made, gl.COMPILE_STATUS) && !gl.isContextLost()) throw new Error(gl.getShaderInfoLog(made) ?? "a shader does not compile");
  return made;
}

function kind(gl: WebGL2RenderingContext, vertex: string, fragment: string, columns: [name: string, size: number][]): Kind {
  const program = gl.createProgram();
  gl.attachShader(program, shader(gl, gl.VERTEX_SHADER, vertex));
  gl.attachShader(program, shader(gl, gl.FRAGMENT_SHADER, fragment));
  gl.linkProgram(program);
  const [array, corners, buffer] = [gl.createVertexArray(), gl.createBuffer(), gl.createBuffer()];
  gl.bindVertexArray(array);
  gl.bindBuffer(gl.ARRAY_BUFFER, corners);
  gl.bufferData(gl.ARRAY_BUFFER, CORNERS, gl.STATIC_DRAW);
  const corner = gl.getAttribLocation(program, "corner");
  gl.enableVertexAttribArray(corner);
  gl.vertexAttribPointer(corner, 2, gl.FLOAT, false, 0, 0);
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  const row = columns.reduce((sum, [, size]) => sum + size, 0);
  let from = 0;
  for (const [name, size] of columns) {
    const at = gl.getAttribLocation(program, name);
    gl.enableVertexAttribArray(at);
    gl.vertexAttribPointer(at, size, gl.FLOAT, false, row * 4, from * 4);
    gl.vertexAttribDivisor(at, 1);
    from += size;
  }
  const known = new Map<string, WebGLUniformLocation | null>();
  const uniform = (name: string) => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const location = gl.getUniformLocation(program, name);
    known.set(name, location);
    return location;
  };
  return { program, array, buffer, bytes: 0, uniform };
}

function put(gl: WebGL2RenderingContext, into: Kind, rows: Float32Array) {
  gl.bindBuffer(gl.ARRAY_BUFFER, into.buffer);
  if (rows.byteLength > into.bytes) {
    gl.bufferData(gl.ARRAY_BUFFER, rows, gl.DYNAMIC_DRAW);
    into.bytes = rows.byteLength;
  } else if (rows.byteLength > 0) gl.bufferSubData(gl.ARRAY_BUFFER, 0, rows);
}

function drawAll(gl: WebGL2RenderingContext, { array }: Kind, count: number) {
  if (count === 0) return;
  gl.bindVertexArray(array);
  gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, count);
}
