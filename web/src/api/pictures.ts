// The pictures of an alert, asked for one by one and kept while the page is open: they never change.

import { Code, ConnectError } from "@connectrpc/connect";
import { signal } from "@preact/signals";
import { alertClient } from "./client";

/** What came of asking for a picture: an address within this page; that its site has not sent it; or why it cannot be had. */
export type PictureState = { address: string } | { missing: true } | { trouble: string } | "asked";

/** So many are kept; the one that was looked at longest ago goes. */
const KEPT = 60;
/** One that was not there may come: it is asked for again after so long. */
const AGAIN_MS = 15_000;

export const pictures = signal<ReadonlyMap<string, PictureState>>(new Map());

function put(sha256: string, state: PictureState) {
  const all = new Map(pictures.peek());
  all.delete(sha256);
  all.set(sha256, state);
  for (const [oldest, was] of all) {
    if (all.size <= KEPT) break;
    all.delete(oldest);
    if (typeof was === "object" && "address" in was) URL.revokeObjectURL(was.address);
  }
  pictures.value = all;
}

/** Asks for a picture that an alert names, unless it is here. */
export async function askForPicture(alertId: string, sha256: string) {
  if (pictures.peek().has(sha256)) return;
  put(sha256, "asked");
  try {
    const { mediaType, content } = await alertClient.getPicture({ alertId, sha256 });
    put(sha256, { address: URL.createObjectURL(new Blob([content as Uint8Array<ArrayBuffer>], { type: mediaType })) });
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    put(sha256, code === Code.NotFound ? { missing: true } : { trouble: rawMessage });
    setTimeout(() => {
      const all = new Map(pictures.peek());
      all.delete(sha256);
      pictures.value = all;
    }, AGAIN_MS);
  }
}
