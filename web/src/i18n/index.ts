// Words in the language that is set now: components that use t() change at once when the language does.

import { language } from "../settings";
import { type Words, en } from "./en";
import { zh } from "./zh";

export type Word = keyof Words;

const dictionaries: Record<"en" | "zh", Words> = { en, zh };

export const t = (word: Word): string => dictionaries[language.value][word];

/** A word whose key is made of two parts, one of them from the server; the server's own word where we have none. */
export function named(prefix: string, word: string): string {
  const words: Record<string, string> = dictionaries[language.value];
  return words[prefix + word] ?? word.replaceAll("_", " ");
}

/** The one of two texts that the server gives in both languages. */
export const inLanguage = (english: string, chinese: string): string =>
  language.value === "zh" ? chinese || english : english || chinese;
