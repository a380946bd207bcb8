// What an officer says of a craft, told to the server.

import { Code, ConnectError } from "@connectrpc/connect";
import { requestId, trackClient } from "./client";
import type { Stated } from "./track-facts";

/** What is said, as an officer fills it in; empty: not said. */
export type Saying = Pick<Stated, "name" | "mmsi" | "vesselClass" | "lengthM">;

/** Why it was not taken; nothing when it was. */
export type Refusal = { conflict: boolean; message: string } | undefined;

/** Says something of a craft in place of what stood at `etag`; without `saying` that is taken back. */
export async function say(id: string, saying: Saying | undefined, reason: string, etag: string | undefined): Promise<Refusal> {
  try {
    await trackClient.overrideTrack({ id, statement: saying, reason, etag: etag ?? "0", requestId: requestId() });
    return undefined;
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    return { conflict: code === Code.Aborted, message: rawMessage };
  }
}
