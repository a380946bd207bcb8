// The server: one transport for all services, streams that never give up, and what the officer is told about them.

import { Code, ConnectError, type Interceptor, createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { computed, signal } from "@preact/signals";
import { AlertService } from "../gen/shorewatch/alert/v1/alert_service_pb";
import { RuleService } from "../gen/shorewatch/rule/v1/rule_service_pb";
import { SensorService } from "../gen/shorewatch/sensor/v1/sensor_service_pb";
import { TrackService } from "../gen/shorewatch/track/v1/track_service_pb";
import { ZoneService } from "../gen/shorewatch/zone/v1/zone_service_pb";
import { anotherToken, authorization, refuse } from "./session";

/** Says who asks, with every call, and notices when the server does not believe it. */
const identified: Interceptor = (next) => async (request) => {
  for (const [name, value] of Object.entries(authorization())) request.header.set(name, value);
  try {
    return await next(request);
  } catch (error) {
    if (ConnectError.from(error).code === Code.Unauthenticated) refuse();
    throw error;
  }
};

const transport = createGrpcWebTransport({ baseUrl: location.origin, interceptors: [identified] });

export const trackClient = createClient(TrackService, transport);
export const alertClient = createClient(AlertService, transport);
export const ruleClient = createClient(RuleService, transport);
export const sensorClient = createClient(SensorService, transport);
export const zoneClient = createClient(ZoneService, transport);

/** A name that nothing else bears. (`randomUUID` is for pages under TLS only; stations on a closed network have none.) */
export const requestId = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16).padStart(8, "0")).join("");

export type StreamState = "connecting" | "live" | "broken";

const states = signal<Record<string, StreamState>>({});

/** The worst state of all streams: the officer must know when one of them is not live. */
export const connection = computed<StreamState>(() => {
  const all = Object.values(states.value);
  if (all.includes("broken")) return "broken";
  return all.length === 0 || all.includes("connecting") ? "connecting" : "live";
});

const setState = (name: string, state: StreamState) => {
  if (states.peek()[name] !== state) states.value = { ...states.peek(), [name]: state };
};

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8_000;

/** After so long without a message a stream that has heartbeats counts as broken: the line may be dead without anybody saying so. */
const SILENCE_MAX_MS = 35_000;

/** What a message of a stream tells beside its contents: that the line is alive, or that the snapshot is complete. */
export type StreamSign = "heartbeat" | "complete" | undefined;

/**
 * A stream that is opened again when it breaks, with growing pauses; each time it begins with a snapshot, and is live from the
 * snapshot's end. Once a message was a heartbeat, silence means that the line is dead.
 */
export function keepStreaming<T>(
  name: string,
  open: (abort: AbortSignal) => AsyncIterable<T>,
  begin: () => void,
  take: (message: T) => StreamSign,
): () => void {
  const stop = new AbortController();
  const run = async () => {
    let pause = FIRST_PAUSE_MS;
    while (!stop.signal.aborted) {
      if (states.peek()[name] !== "broken") setState(name, "connecting");
      const line = new AbortController();
      const hangUp = () => line.abort();
      stop.signal.addEventListener("abort", hangUp);
      let silence: ReturnType<typeof setTimeout> | undefined;
      let beats = false;
      try {
        let begun = false;
        for await (const message of open(line.signal)) {
          if (!begun) {
            begun = true;
            begin();
          }
          const sign = take(message);
          if (sign === "complete") {
            setState(name, "live");
            pause = FIRST_PAUSE_MS;
          }
          beats ||= sign === "heartbeat";
          clearTimeout(silence);
          if (beats) silence = setTimeout(hangUp, SILENCE_MAX_MS);
        }
      } catch (error) {
        if (stop.signal.aborted) return;
        const { code } = ConnectError.from(error);
        if (code === Code.Unauthenticated) {
          refuse();
          setState(name, "connecting");
          await anotherToken();
          pause = FIRST_PAUSE_MS;
          continue;
        }
        // A request that the server does not understand will not be understood the next time either, but a server may be newer then.
        if (code === Code.InvalidArgument || code === Code.PermissionDenied) pause = LONGEST_PAUSE_MS;
      } finally {
        clearTimeout(silence);
        stop.signal.removeEventListener("abort", hangUp);
      }
      if (stop.signal.aborted) return;
      setState(name, "broken");
      // Not all screens of a station at once.
      await new Promise((resolve) => setTimeout(resolve, pause * (0.75 + Math.random() / 2)));
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  };
  void run();
  return () => stop.abort();
}
