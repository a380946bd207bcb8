// Where the officer is: what is selected, what is open, what is filtered. The open alert is in the address, so that it can be
// sent to a colleague and survives a reload.

import { signal } from "@preact/signals";

export type Page = "watch" | "zones" | "rules" | "sensors" | "reports";
export const PAGES: Page[] = ["watch", "zones", "rules", "sensors", "reports"];

export const page = signal<Page>("watch");
/** Id of the open alert; empty: the list. */
export const openAlert = signal("");
/** Id of the selected craft; empty: none. */
export const selectedTrack = signal("");
export const helpOpen = signal(false);
export const findOpen = signal(false);
export const legendOpen = signal(false);
export const measuring = signal(false);

export interface AlertFilter {
  openOnly: boolean;
  kind: string;
  gradeMin: number;
  unit: string;
  inView: boolean;
  text: string;
}

export const alertFilter = signal<AlertFilter>({
  openOnly: true,
  kind: "",
  gradeMin: 0,
  unit: "",
  inView: false,
  text: "",
});

/** Counts up when the map's view has moved. */
export const viewTick = signal(0);

function readAddress() {
  const [first = "", id = ""] = location.hash.replace(/^#\/?/, "").split("/");
  if (first === "alerts") {
    page.value = "watch";
    openAlert.value = decodeURIComponent(id);
    return;
  }
  page.value = PAGES.find((known) => known === first) ?? "watch";
  openAlert.value = "";
}

export function goToPage(to: Page) {
  location.hash = to === "watch" ? "#/" : `#/${to}`;
}

export const alertAddress = (id: string) => (id ? `#/alerts/${encodeURIComponent(id)}` : "#/");

export function goToAlert(id: string) {
  location.hash = alertAddress(id);
}

addEventListener("hashchange", readAddress);
readAddress();
