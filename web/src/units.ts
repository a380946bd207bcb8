// Numbers as officers say them: knots, nautical miles, cables, degrees true, positions in degrees and minutes, times local and
// UTC. The wire has SI units and milliseconds since 1970.

import type { Language } from "./settings";

const METRES_A_MILE = 1852;
const MPS_A_KNOT = METRES_A_MILE / 3600;

export const knots = (mps: number) => mps / MPS_A_KNOT;

/** 12.3 kn. */
export const speed = (mps: number) => `${knots(mps).toFixed(1)} kn`;

/** Cables up to a mile, miles from there; metres below half a cable. */
export function distance(metres: number, language: Language): string {
  const miles = metres / METRES_A_MILE;
  const [m, cable, mile] = language === "zh" ? ["米", "链", "海里"] : ["m", "cbl", "nm"];
  if (miles < 0.05) return `${metres.toFixed(0)} ${m}`;
  if (miles < 1) return `${(miles * 10).toFixed(1)} ${cable}`;
  return `${miles.toFixed(miles < 10 ? 2 : 1)} ${mile}`;
}

/** 047.3 with the sign of degrees, always three digits before the point. */
export const direction = (deg: number) => `${(((deg % 360) + 360) % 360).toFixed(1).padStart(5, "0")}°`;

/** 20°05.123′N 110°20.456′E. */
export function position(lat: number, lon: number): string {
  const part = (value: number, digits: number, [plus, minus]: [string, string]) => {
    const thousandths = Math.round(Math.abs(value) * 60_000);
    const degrees = Math.floor(thousandths / 60_000);
    const minutes = ((thousandths % 60_000) / 1000).toFixed(3).padStart(6, "0");
    return `${String(degrees).padStart(digits, "0")}°${minutes}′${value < 0 ? minus : plus}`;
  };
  return `${part(lat, 2, ["N", "S"])} ${part(lon, 3, ["E", "W"])}`;
}

const ANGLE = /([-+−]?\d+(?:\.\d+)?)\s*°?\s*(?:(\d+(?:\.\d+)?)\s*[′'’])?\s*([NSEW]?)/gi;

/** A position as people write it, latitude first: `20°05.123′N 110°20.456′E`, `20.0854, 110.3409`. */
export function readPosition(text: string): [lon: number, lat: number] | undefined {
  const angles = [...text.matchAll(ANGLE)].map(([, degrees = "", minutes = "0", side = ""]) => {
    const size = Math.abs(Number(degrees.replace("−", "-"))) + Number(minutes) / 60;
    return /^[-−]/.test(degrees) || /[SW]/i.test(side) ? -size : size;
  });
  const [lat, lon] = angles;
  const fits = angles.length === 2 && Math.abs(lat!) <= 90 && Math.abs(lon!) <= 180;
  return fits ? [lon!, lat!] : undefined;
}

/** 3 min 20 s; 1 h 05 min. */
export function duration(ms: number, language: Language): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [s, min, h, d] = language === "zh" ? [" 秒", " 分", " 小时", " 天"] : [" s", " min", " h", " d"];
  if (seconds < 60) return `${seconds}${s}`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}${min}`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)}${h} ${String(Math.floor((seconds % 3600) / 60)).padStart(2, "0")}${min}`;
  return `${Math.floor(seconds / 86_400)}${d}`;
}

/** A clock time, `21:07:33`, in the browser's zone or UTC. */
export function clock(ms: number, utc: boolean, withSeconds = true): string {
  const date = new Date(ms);
  const two = (value: number) => String(value).padStart(2, "0");
  const parts = utc
    ? [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()]
    : [date.getHours(), date.getMinutes(), date.getSeconds()];
  return parts.slice(0, withSeconds ? 3 : 2).map(two).join(":");
}

/** A day, `2026-04-17`, in the browser's zone or UTC. */
export function day(ms: number, utc: boolean): string {
  const date = new Date(utc ? ms : ms - new Date(ms).getTimezoneOffset() * 60_000);
  return date.toISOString().slice(0, 10);
}

/** A local time as inputs of browsers have it: `2026-04-17T23:10`. */
export function localInput(ms: number): string {
  const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** Local time with the UTC time after it: `21:07:33 (13:07:33Z)`. */
export const bothClocks = (ms: number) => `${clock(ms, false)} (${clock(ms, true)}Z)`;

/** The browser's zone: `UTC+8`. */
export function zoneName(ms: number): string {
  const minutes = -new Date(ms).getTimezoneOffset();
  const sign = minutes < 0 ? "−" : "+";
  const hours = Math.floor(Math.abs(minutes) / 60);
  const rest = Math.abs(minutes) % 60;
  return `UTC${sign}${hours}${rest ? `:${String(rest).padStart(2, "0")}` : ""}`;
}

/** What was observed, with its unit in an officer's terms. */
export function measured(value: number, unit: string, language: Language): string {
  switch (unit) {
    case "m/s":
      return speed(value);
    case "m":
      return distance(value, language);
    case "s":
      return duration(value * 1000, language);
    case "deg":
      // An angle, such as how high the sun stands: no direction.
      return `${value.toFixed(1).replace("-", "−")}°`;
    case "probability":
      return `${Math.round(value * 100)} %`;
    default:
      return Number.isInteger(value) ? String(value) : value.toFixed(2);
  }
}
