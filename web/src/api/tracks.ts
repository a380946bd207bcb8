// The picture as this screen knows it: every track with the last positions it was seen at.

import { Code, ConnectError } from "@connectrpc/connect";
import { batch as together, computed, signal } from "@preact/signals";
import type { TrackFilter } from "../gen/shorewatch/track/v1/track_service_pb";
import type { LngLat } from "../geo";
import { keepStreaming } from "./client";
import { authorization } from "./session";
import { CraftRows, RowTrack } from "./craft-rows";
import { Tail } from "./tail";
import { type Batch, CLASS, COLUMNS } from "./track-batch";
import { CRAFT_CLASSES, type CraftClass, type Description, type TrackFacts } from "./track-facts";
import type { Answer, Emptied, Question } from "./track-worker";

export type { CraftClass, TrackFacts } from "./track-facts";

/** After this long without any measurement a track begins to fade, and at the end it is at its faintest. */
export const FADE_FROM_MS = 60_000;
export const FADE_TO_MS = 240_000;

export interface Craft {
  track: TrackFacts;
  /** Where it is now. */
  readonly at: LngLat;
  readonly craftClass: CraftClass;
  tail: { since(ms: number): LngLat[] };
  /** Which of the rows of the picture is its. */
  readonly place: number;
}

/** A craft of the live picture, whose tail gets longer. */
class LiveCraft implements Craft {
  readonly track: RowTrack;

  constructor(
    rows: CraftRows,
    readonly place: number,
    description: Description,
    readonly tail: Tail,
  ) {
    this.track = new RowTrack(rows, place, description);
  }

  get at(): LngLat {
    return this.track.at;
  }
  get craftClass(): CraftClass {
    return this.track.craftClass;
  }
}

/** The craft of one picture, by id and as rows. */
interface Shown {
  crafts: ReadonlyMap<string, Craft>;
  rows: CraftRows;
}

let live: { crafts: ReadonlyMap<string, LiveCraft>; rows: CraftRows } = { crafts: new Map(), rows: new CraftRows() };
/** The instant of the live picture; 0 before the first. */
export const livePictureMs = signal(0);

/** All craft of the picture that is shown, by id. Changes all the time: whoever shows it looks when `pictureTick` says so. */
export let crafts: ReadonlyMap<string, Craft> = live.crafts;
/** The same craft as rows of numbers. */
export let craftRows: CraftRows = live.rows;
/** Counts up when crafts have changed. */
export const pictureTick = signal(0);
const pastMs = signal<number | undefined>(undefined);
/** The instant of the picture that is shown; 0 before the first. */
export const pictureMs = computed(() => pastMs.value ?? livePictureMs.value);

function show(picture: Shown) {
  ({ crafts, rows: craftRows } = picture);
}

/** Shows a past picture in place of the live one, or the live one again. */
export function showPicture(past: { crafts: ReadonlyMap<string, Craft>; ms: number } | undefined) {
  if (past) {
    const rows = new CraftRows();
    for (const craft of past.crafts.values()) rows.put(craft.place, craft);
    show({ crafts: past.crafts, rows });
  } else show(live);
  together(() => {
    pastMs.value = past?.ms;
    pictureTick.value++;
  });
}

/** What is known now of a track that was taken for that vessel before: history keeps no names. */
export function liveDescription(trackId: string, mmsi: number | undefined): Description | undefined {
  const known = live.crafts.get(trackId)?.track;
  return known && known.mmsi === mmsi ? known : undefined;
}

const TICK_MS = 1000;

export const isDark = (craftClass: CraftClass) => craftClass === "dark_radar" || craftClass === "dark_eo";

/** How many craft without AIS are in the picture that is shown. */
export function darkCount(): number {
  const { numbers, count } = craftRows;
  let dark = 0;
  for (let row = 0; row < count * COLUMNS; row += COLUMNS) {
    if (craftRows.isTaken(row) && isDark(CRAFT_CLASSES[numbers[row + CLASS]!]!)) dark++;
  }
  return dark;
}

/** How strongly a track is drawn: 1 when it was measured lately. */
export function freshness(lastSeenMs: number, nowMs: number): number {
  const age = nowMs - lastSeenMs;
  return 1 - 0.7 * Math.min(1, Math.max(0, (age - FADE_FROM_MS) / (FADE_TO_MS - FADE_FROM_MS)));
}

/** Takes batches of one stream; each stream gives its own places. Its first batch is all of the picture, and takes the place of what an
 * earlier stream had told. */
class LivePicture implements Shown {
  readonly crafts = new Map<string, LiveCraft>();
  readonly rows = new CraftRows();
  private readonly places: LiveCraft[] = [];

  take(batch: Batch) {
    const { described, gone, tailed, timeMs, complete } = batch;
    for (const place of gone) {
      const craft = this.places[place];
      if (craft) this.crafts.delete(craft.track.id);
      delete this.places[place];
    }
    // A description comes with its track's first row.
    for (const [place, description] of described) this.describe(place, description);
    batch.rows = this.rows.exchange(batch.rows);
    for (const place of tailed) {
      const craft = this.places[place];
      if (craft) craft.tail.add(craft.at, craft.track.timeMs);
    }
    if (complete) {
      live = this;
      if (pastMs.peek() === undefined) show(live);
    }
    // Whoever looks at both looks once.
    together(() => {
      if (timeMs > 0) livePictureMs.value = timeMs;
      if (pastMs.peek() === undefined) pictureTick.value++;
    });
  }

  private describe(place: number, description: Description) {
    const known = this.places[place];
    if (known) {
      known.track.describe(description);
      return;
    }
    const tail = live.crafts.get(description.id)?.tail ?? new Tail();
    const craft = new LiveCraft(this.rows, place, description, tail);
    this.crafts.set(description.id, craft);
    this.places[place] = craft;
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
      } else if ("batch" in answer) {
        yield answer.batch;
        // Whoever took them left those before in their place.
        const rows = answer.batch.rows.buffer;
        worker.postMessage({ rows } satisfies Emptied, [rows]);
      } else throw new ConnectError(answer.message, answer.code);
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
