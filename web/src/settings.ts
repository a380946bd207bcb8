// What one officer set on this screen: kept by the browser, so that it survives a reload.

import { effect, signal } from "@preact/signals";

export type Palette = "day" | "dusk" | "night";
export type Language = "en" | "zh";

const PREFIX = "shorewatch.";

/** The map page is told by its address how it looks: it must not change what the officer set in the console. */
const keeps = !location.pathname.endsWith("/map.html");

/** A signal whose value the browser keeps. Whatever is kept and does not fit is as good as nothing. */
export function kept<T>(name: string, initial: T, fits: (value: unknown) => value is T) {
  let start = initial;
  try {
    const value: unknown = JSON.parse(localStorage.getItem(PREFIX + name) ?? "null");
    if (fits(value)) start = value;
  } catch {
    // Unreadable or forbidden: the initial value it is.
  }
  const setting = signal<T>(start);
  effect(() => {
    const { value } = setting;
    if (!keeps) return;
    try {
      localStorage.setItem(PREFIX + name, JSON.stringify(value));
    } catch {
      // A browser that keeps nothing works as well, until it is closed.
    }
  });
  return setting;
}

const oneOf =
  <T extends string>(...words: T[]) =>
  (value: unknown): value is T =>
    words.includes(value as T);
const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";
const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

const preferred: Language = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";

export const language = kept<Language>("language", preferred, oneOf("en", "zh"));
export const palette = kept<Palette>("palette", "dusk", oneOf("day", "dusk", "night"));
export const soundOn = kept("sound", true, isBoolean);
export function otherLanguage() {
  language.value = language.value === "en" ? "zh" : "en";
}

/** Minutes that tails reach back. */
export const tailMinutes = kept("tails", 10, isNumber);
/** Minutes that vectors look ahead. */
export const vectorMinutes = kept("vectors", 6, isNumber);
export const showEllipses = kept("ellipses", true, isBoolean);
export const showLabels = kept("labels", true, isBoolean);
export const showSensors = kept("sensors", true, isBoolean);
export const showZones = kept("zones", true, isBoolean);

effect(() => {
  document.documentElement.dataset.palette = palette.value;
});
effect(() => {
  document.documentElement.lang = language.value;
});
