// The picture as this screen knows it: every track with the last positions it was seen at.

import { Code, ConnectError } from "@connectrpc/connect";
import { batch as together, computed, signal } from "@preact/signals";
import type { TrackFilter } from "../gen/shorewatch/track/v1/track_service_pb";
import type { LngLat } from "../geo";
import { keepStreaming } from "./client";
import { authorization } from "./session";
import { Tail } from "./tail";
import { type Batch, COLUMNS, readRow } from "./track-batch";
import type { CraftClass, Description, Motion, TrackFacts } from "./track-facts";
import type { Answer, Question } from "./track-worker";

export type { CraftClass, TrackFacts } from "./track-facts";

/** After this long without any measurement a track begins to fade, and at the end it is at its faintest. */
export const FADE_FROM_MS = 60_000;
export const FADE_TO_MS = 240_000;

export interface Craft {
  track: TrackFacts;
  /** Where it is; the same array while it lives, so whoever keeps the place copies it. */
  at: LngLat;
  craftClass: CraftClass;
  tail: { since(ms: number): LngLat[] };
}

/** A craft of the live picture, whose tail gets longer. */
interface LiveCraft extends Craft {
  tail: Tail;
}

const live = new Map<string, LiveCraft>();
/** The instant of the live picture; 0 before the first. */
export const livePictureMs = signal(0);

/** All craft of the picture that is shown, by id. Changes all the time: whoever shows it looks when `pictureTick` says so. */
export let crafts: ReadonlyMap<string, Craft> = live;
/** Counts up when crafts have changed. */
export const pictureTick = signal(0);
const pastMs = signal<number | undefined>(undefined);
/** The instant of the picture that is shown; 0 before the first. */
export const pictureMs = computed(() => pastMs.value ?? livePictureMs.value);

/** Shows a past picture in place of the live one, or the live one again. */
export function showPicture(past: { crafts: ReadonlyMap<string, Craft>; ms: number } | undefined) {
  crafts = past?.crafts ?? live;
  together(() => {
    pastMs.value = past?.ms;
    pictureTick.value++;
  });
}

/** What is known now of a track that was taken for that vessel before: history keeps no names. */
export function liveDescription(trackId: string, mmsi: number | undefined): Description | undefined {
  const known = live.get(trackId)?.track;
  return known && known.mmsi === mmsi ? known : undefined;
}

const TICK_MS = 1000;

export const isDark = (craftClass: CraftClass) => craftClass === "dark_radar" || craftClass === "dark_eo";

/** How strongly a track is drawn: 1 when it was measured lately. */
export function freshness(track: Motion, nowMs: number): number {
  const age = nowMs - track.lastSeenMs;
  return 1 - 0.7 * Math.min(1, Math.max(0, (age - FADE_FROM_MS) / (FADE_TO_MS - FADE_FROM_MS)));
}

const STILL: Motion = { timeMs: 0, lastSeenMs: 0, sogMps: 0, cogDeg: 0, stoppedProbability: 0 };

/** Takes batches of one stream; each stream gives its own places. */
class LivePicture {
  private readonly places: LiveCraft[] = [];
  /** Craft of this stream, until its snapshot is complete: then who is not among them has gone meanwhile. */
  private readonly seen = new Set<string>();

  take({ rows, described, gone, timeMs, complete }: Batch) {
    for (const place of gone) {
      const craft = this.places[place];
      if (craft) live.delete(craft.track.id);
      delete this.places[place];
    }
    for (const [place, description] of described) this.describe(place, description);
    for (let at = 0; at < rows.length; at += COLUMNS) {
      const craft = this.places[rows[at]!];
      if (!craft) continue;
      craft.craftClass = readRow(rows, at, craft.at, craft.track);
      craft.tail.add(craft.at, craft.track.timeMs);
    }
    if (complete) for (const id of live.keys()) if (!this.seen.has(id)) live.delete(id);
    // Whoever looks at both looks once.
    together(() => {
      if (timeMs > 0) livePictureMs.value = timeMs;
      if (pastMs.peek() === undefined) pictureTick.value++;
    });
  }

  private describe(place: number, description: Description) {
    const { id } = description;
    // A description comes with its track's first row.
    const craft: LiveCraft = live.get(id) ?? { track: { ...STILL, ...description }, at: [0, 0], craftClass: "ais", tail: new Tail() };
    Object.assign(craft.track, description);
    live.set(id, craft);
    this.places[place] = craft;
    this.seen.add(id);
  }
}

/** The worker that reads a stream of tracks. It stays while the server is away: its script comes from there. */
class Reader {
  private worker: Worker | undefined;
  private asked = 0;

  /** Batches of a new stream; the one before is over. */
  async *read(filter: TrackFilter | undefined, abort: AbortSignal): AsyncGenerator<Batch> {
    const answers: Answer[] = [];
    let wake = () => {};
    const number = ++this.asked;
    const worker = (this.worker ??= new Worker(new URL("./track-worker.ts", import.meta.url), { type: "module" }));
    const take = (answer: Answer) => {
      if (answer.number === number) answers.push(answer);
      wake();
    };
    worker.onmessage = ({ data }: MessageEvent<Answer>) => take(data);
    worker.onerror = () => {
      this.worker = undefined;
      take({ number, code: Code.Unavailable, message: "the script that reads tracks did not come" });
    };
    abort.addEventListener("abort", () => wake());
    worker.postMessage({ number, headers: authorization(), filter, everyMs: TICK_MS } satisfies Question);
    while (!abort.aborted) {
      const answer = answers.shift();
      if (!answer) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      } else if ("batch" in answer) yield answer.batch;
      else throw new ConnectError(answer.message, answer.code);
    }
  }

  end() {
    this.worker?.terminate();
  }
}

/** Watches the picture, or the part of it that a filter selects, until the page is closed. */
export function watchTracks(filter?: TrackFilter): () => void {
  const reader = new Reader();
  let picture = new LivePicture();
  const stop = keepStreaming(
    "tracks",
    (abort) => reader.read(filter, abort),
    () => {
      picture = new LivePicture();
    },
    (batch) => {
      picture.take(batch);
      return batch.complete ? "complete" : undefined;
    },
  );
  return () => {
    stop();
    reader.end();
  };
}

/** What to call a craft: its name, else its MMSI, else its track. */
export const craftName = (track: Description): string => track.name || (track.mmsi ? String(track.mmsi) : track.id);
