// Reads the stream of tracks beside the page: thousands of messages a second are taken apart here, and the page gets one batch.

import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import type { Track } from "../gen/shorewatch/track/v1/track_pb";
import { TrackChange, type TrackFilter, TrackService } from "../gen/shorewatch/track/v1/track_service_pb";
import { type Batch, COLUMNS, writeRow } from "./track-batch";
import { classify, descriptionOf, motionOf } from "./track-facts";

/** What the page asks for; with each question the one before is over. */
export interface Question {
  /** Stands in the answers. */
  number: number;
  headers: Record<string, string>;
  filter: TrackFilter | undefined;
  everyMs: number;
}

/** What it is told: batches, then how the stream ended. */
export type Answer = { number: number } & ({ batch: Batch } | { code: Code; message: string });

const tell = (answer: Answer, transfer: Transferable[] = []) => postMessage(answer, { transfer });

class Gathering {
  constructor(private readonly number: number) {}

  private readonly places = new Map<string, number>();
  private readonly free: number[] = [];
  private readonly known = new Map<number, string>();
  private readonly changed = new Map<string, Track>();
  private gone: number[] = [];
  private timeMs = 0;

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
  }

  reach(timeMs: number) {
    if (timeMs > 0) this.timeMs = timeMs;
  }

  /** Sends what has changed. */
  flush(complete: boolean) {
    if (!complete && this.changed.size === 0 && this.gone.length === 0) return;
    const rows = new Float64Array(this.changed.size * COLUMNS);
    const described: Batch["described"] = [];
    let at = 0;
    for (const track of this.changed.values()) {
      const { position } = track;
      if (!position) continue;
      const place = this.place(track.id);
      const motion = motionOf(track);
      writeRow(rows, at, place, position.lonDeg, position.latDeg, classify(motion, track.sources), motion);
      at += COLUMNS;
      const description = descriptionOf(track);
      const words = JSON.stringify(description);
      if (this.known.get(place) === words) continue;
      this.known.set(place, words);
      described.push([place, description]);
    }
    const batch = { rows: rows.subarray(0, at), described, gone: this.gone, timeMs: this.timeMs, complete };
    this.changed.clear();
    this.gone = [];
    tell({ number: this.number, batch }, [rows.buffer]);
  }

  private place(id: string): number {
    const found = this.places.get(id);
    if (found !== undefined) return found;
    const place = this.free.pop() ?? this.places.size;
    this.places.set(id, place);
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

addEventListener("message", ({ data }: MessageEvent<Question>) => {
  asked.abort();
  asked = new AbortController();
  void watch(data, asked.signal);
});
