// Positions, distances and directions as the map and its tools need them: on a sphere of the earth's mean radius, good to
// half a percent. Nothing here decides anything; what is decided is computed by the server on WGS 84.

export type LngLat = [longitude: number, latitude: number];

const RADIUS_M = 6_371_008.8;
const rad = (deg: number) => (deg * Math.PI) / 180;
const deg = (rad: number) => (rad * 180) / Math.PI;

/** Great-circle distance in metres. */
export function distanceM(a: LngLat, b: LngLat): number {
  const [dLat, dLon] = [rad(b[1] - a[1]), rad(b[0] - a[0])];
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(rad(a[1])) * Math.cos(rad(b[1])) * Math.sin(dLon / 2) ** 2;
  return 2 * RADIUS_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** Initial bearing from a to b in degrees true, 0 to 360. */
export function bearingDeg(a: LngLat, b: LngLat): number {
  const dLon = rad(b[0] - a[0]);
  const y = Math.sin(dLon) * Math.cos(rad(b[1]));
  const x = Math.cos(rad(a[1])) * Math.sin(rad(b[1])) - Math.sin(rad(a[1])) * Math.cos(rad(b[1])) * Math.cos(dLon);
  return (deg(Math.atan2(y, x)) + 360) % 360;
}

/** Where one comes out, from a, so many metres in that direction. */
export function destination(a: LngLat, bearing: number, metres: number): LngLat {
  const d = metres / RADIUS_M;
  const lat = Math.asin(
    Math.sin(rad(a[1])) * Math.cos(d) + Math.cos(rad(a[1])) * Math.sin(d) * Math.cos(rad(bearing)),
  );
  const lon =
    rad(a[0]) +
    Math.atan2(
      Math.sin(rad(bearing)) * Math.sin(d) * Math.cos(rad(a[1])),
      Math.cos(d) - Math.sin(rad(a[1])) * Math.sin(lat),
    );
  return [deg(lon), deg(lat)];
}

/** A position moved by metres to the east and north, for short ways. */
export function moved(a: LngLat, eastM: number, northM: number): LngLat {
  const lat = a[1] + deg(northM / RADIUS_M);
  return [a[0] + deg(eastM / (RADIUS_M * Math.cos(rad(a[1])))), lat];
}

/** The box around points, west, south, east, north; none without points. */
export function boxOf(points: LngLat[]): [number, number, number, number] | undefined {
  if (points.length === 0) return undefined;
  const [lon, lat] = [points.map((point) => point[0]), points.map((point) => point[1])];
  return [Math.min(...lon), Math.min(...lat), Math.max(...lon), Math.max(...lat)];
}

/** A circle as a closed ring. */
export function circle(middle: LngLat, radiusM: number, points = 72): LngLat[] {
  return Array.from({ length: points + 1 }, (_, i) => destination(middle, (i * 360) / points, radiusM));
}

/** The ellipse that holds 95 % of a position with this covariance, as a closed ring. */
export function ellipse95(middle: LngLat, eastM2: number, eastNorthM2: number, northM2: number): LngLat[] {
  const mean = (eastM2 + northM2) / 2;
  const radius = Math.hypot((eastM2 - northM2) / 2, eastNorthM2);
  // Chi-square with two degrees of freedom: 5.991 at 95 %.
  const [a, b] = [mean + radius, Math.max(mean - radius, 0)].map((variance) => Math.sqrt(5.991 * variance)) as [
    number,
    number,
  ];
  const axis = Math.atan2(2 * eastNorthM2, eastM2 - northM2) / 2;
  return Array.from({ length: 37 }, (_, i) => {
    const t = (i * 2 * Math.PI) / 36;
    const [u, v] = [a * Math.cos(t), b * Math.sin(t)];
    return moved(middle, u * Math.cos(axis) - v * Math.sin(axis), u * Math.sin(axis) + v * Math.cos(axis));
  });
}

/** Two movers: where they are and how fast they go, east and north. */
export interface Mover {
  at: LngLat;
  sogMps: number;
  cogDeg: number;
}

/** The closest point of approach of two movers that keep course and speed; none when they hardly move against each other. */
export function closestApproach(a: Mover, b: Mover): { cpaM: number; tcpaS: number } | undefined {
  const range = distanceM(a.at, b.at);
  const bearing = rad(bearingDeg(a.at, b.at));
  const [x, y] = [range * Math.sin(bearing), range * Math.cos(bearing)];
  const [vx, vy] = [
    b.sogMps * Math.sin(rad(b.cogDeg)) - a.sogMps * Math.sin(rad(a.cogDeg)),
    b.sogMps * Math.cos(rad(b.cogDeg)) - a.sogMps * Math.cos(rad(a.cogDeg)),
  ];
  const v2 = vx * vx + vy * vy;
  if (v2 < 0.05) return undefined;
  const tcpaS = -(x * vx + y * vy) / v2;
  return { cpaM: Math.hypot(x + vx * tcpaS, y + vy * tcpaS), tcpaS };
}

/** Whether a position lies in a ring (even-odd). */
export function inRing(at: LngLat, ring: LngLat[]): boolean {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [a, b] = [ring[i]!, ring[j]!];
    if (a[1] > at[1] !== b[1] > at[1] && at[0] < ((b[0] - a[0]) * (at[1] - a[1])) / (b[1] - a[1]) + a[0]) inside = !inside;
  }
  return inside;
}

/** A place on the chart (Web Mercator), in widths of the world from its upper left corner. */
export function mercator(lonDeg: number, latDeg: number): [x: number, y: number] {
  const s = Math.sin((latDeg * Math.PI) / 180);
  return [lonDeg / 360 + 0.5, 0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI)];
}
