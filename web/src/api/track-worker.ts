// Reads the stream of tracks beside the page: thousands of messages a second are taken apart here, and the page gets one batch.

import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import type { Track } from "../gen/shorewatch/track/v1/track_pb";
import { TrackChange, type TrackFilter, TrackService } from "../gen/shorewatch/track/v1/track_service_pb";
import { TAIL_STEP_MS } from "./tail";
import { type Batch, COLUMNS, PLACE, writeRow } from "./track-batch";
import { classify, descriptionOf, motionOf } from "./track-facts";

/** What the page asks for; with each question the one before is over. */
export interface Question {
  /** Stands in the answers. */
  number: number;
  headers: Record<string, string>;
  filter: TrackFilter | undefined;
  everyMs: number;
}

/** Numbers of a batch that the page has read, to be written anew: a page that gets another half megabyte each second collects garbage all
 * the time. */
export interface Emptied {
  rows: ArrayBuffer;
}

/** What it is told: batches, then how the stream ended. */
export type Answer = { number: number } & ({ batch: Batch } | { code: Code; message: string });

/** Rooms are whole multiples of so many bytes, so that a few craft more fit into the last one. */
const ROOM_STEP = 1 << 16;

const FIRST_ROWS = 1024;

const tell = (answer: Answer, transfer: Transferable[] = []) => postMessage(answer, { transfer });

let spare: ArrayBuffer | undefined;

/** Room for so many numbers. */
function room(numbers: number): Float64Array<ArrayBuffer> {
  const bytes = numbers * Float64Array.BYTES_PER_ELEMENT;
  const found = spare && spare.byteLength >= bytes ? spare : new ArrayBuffer(Math.ceil(bytes / ROOM_STEP) * ROOM_STEP);
  spare = undefined;
  return new Float64Array(found);
}

class Gathering {
  constructor(private readonly number: number) {}

  private readonly places = new Map<string, number>();
  private readonly free: number[] = [];
  /** How many places were ever taken. */
  private taken = 0;
  private readonly known = new Map<number, string>();
  private readonly changed = new Map<string, Track>();
  private gone: number[] = [];
  private timeMs = 0;
  /** All of the picture, as it is sent. */
  private rows = new Float64Array(FIRST_ROWS * COLUMNS);
  /** By place: when its tail gets the next point. */
  private readonly tailDueMs: number[] = [];

  put(track: Track) {
    this.changed.set(track.id, track);
  }

  drop(id: string) {
    this.changed.delete(id);
    const place = this.places.get(id);
    if (place === undefined) return;
    this.places.delete(id);
    this.known.delete(place);
    this.free.push(place);
    this.gone.push(place);
    this.rows[place * COLUMNS + PLACE] = Number.NaN;
  }

  reach(timeMs: number) {
    if (timeMs > 0) this.timeMs = timeMs;
  }

  /** Sends what has changed. */
  flush(complete: boolean) {
    if (!complete && this.changed.size === 0 && this.gone.length === 0) return;
    const described: Batch["described"] = [];
    const tailed: number[] = [];
    for (const track of this.changed.values()) {
      const { position } = track;
      if (!position) continue;
      const place = this.place(track.id);
      const motion = motionOf(track);
      writeRow(this.rows, place * COLUMNS, place, position.lonDeg, position.latDeg, classify(motion, track.sources), motion);
      if (motion.timeMs >= this.tailDueMs[place]!) {
        this.tailDueMs[place] = motion.timeMs + TAIL_STEP_MS;
        tailed.push(place);
      }
      const description = descriptionOf(track);
      const words = JSON.stringify(description);
      if (this.known.get(place) === words) continue;
      this.known.set(place, words);
      described.push([place, description]);
    }
    const numbers = this.taken * COLUMNS;
    const rows = room(numbers).subarray(0, numbers);
    rows.set(this.rows.subarray(0, numbers));
    const batch = { rows, described, gone: this.gone, tailed, timeMs: this.timeMs, complete };
    this.changed.clear();
    this.gone = [];
    tell({ number: this.number, batch }, [rows.buffer]);
  }

  private place(id: string): number {
    const found = this.places.get(id);
    if (found !== undefined) return found;
    const place = this.free.pop() ?? this.taken++;
    this.places.set(id, place);
    this.tailDueMs[place] = 0;
    if (this.taken * COLUMNS > this.rows.length) {
      const larger = new Float64Array(this.rows.length * 2);
      larger.set(this.rows);
      this.rows = larger;
    }
    return place;
  }
}

async function watch({ number, headers, filter, everyMs }: Question, signal: AbortSignal) {
  const client = createClient(TrackService, createGrpcWebTransport({ baseUrl: location.origin }));
  const gathering = new Gathering(number);
  let complete = false;
  const beating = setInterval(() => complete && gathering.flush(false), everyMs);
  try {
    for await (const { change, track, timeMs } of client.watchTracks({ filter, minUpdateIntervalMs: everyMs }, { headers, signal })) {
      gathering.reach(Number(timeMs));
      switch (change) {
        case TrackChange.SNAPSHOT_END:
          complete = true;
          gathering.flush(true);
          break;
        case TrackChange.SNAPSHOT:
        case TrackChange.ENTER:
        case TrackChange.UPDATE:
        case TrackChange.SPLIT:
          if (track) gathering.put(track);
          break;
        default:
          if (track) gathering.drop(track.id);
      }
    }
    tell({ number, code: Code.Unavailable, message: "the server has ended the stream" });
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    tell({ number, code, message: rawMessage });
  } finally {
    clearInterval(beating);
  }
}

let asked = new AbortController();

addEventListener("message", ({ data }: MessageEvent<Question | Emptied>) => {
  if ("rows" in data) {
    spare = data.rows;
    return;
  }
  asked.abort();
  asked = new AbortController();
  void watch(data, asked.signal);
});
