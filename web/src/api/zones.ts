// Zones as the server has them now, and what an officer who may changes of them.

import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { signal } from "@preact/signals";
import { type Datum, type Zone, ZoneKind, ZoneSchema, type ZoneVersion } from "../gen/shorewatch/zone/v1/zone_service_pb";
import type { LngLat } from "../geo";
import { keepStreaming, requestId, zoneClient } from "./client";

/** All zones, in order of id. */
export const zones = signal<Zone[]>([]);
/** Whether they are here: until then nobody knows how far the area reaches. */
export const zonesKnown = signal(false);

/** Watches the chart's zones until the page is closed. */
export function watchZones(): () => void {
  let first = true;
  return keepStreaming(
    "zones",
    (abort) => zoneClient.watchZones({}, { signal: abort }),
    () => {
      first = true;
    },
    ({ zones: changed, removedIds }) => {
      const all = new Map(first ? [] : zones.peek().map((zone) => [zone.id, zone]));
      for (const zone of changed) all.set(zone.id, zone);
      for (const id of removedIds) all.delete(id);
      zones.value = [...all.values()].sort((a, b) => a.id.localeCompare(b.id));
      first = false;
      zonesKnown.value = true;
      return "complete";
    },
  );
}

/** What came of a change: what looks odd though it was taken, or why it was not. */
export type ZoneResult = { ok: true; warnings: string[]; zone?: Zone; created?: number; replaced?: number } | { ok: false; conflict: boolean; message: string };

async function told(call: () => Promise<Omit<ZoneResult & { ok: true }, "ok">>): Promise<ZoneResult> {
  try {
    return { ok: true, ...(await call()) };
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    return { ok: false, conflict: code === Code.Aborted, message: rawMessage };
  }
}

/** A zone as an officer edits it. */
export interface ZoneDraft {
  id: string;
  name: string;
  nameZh: string;
  kind: ZoneKind;
  validFromMs: number | undefined;
  validUntilMs: number | undefined;
  jurisdiction: string;
  limits: string;
  /** The outline, not closed; nothing where the zone has several parts or holes, which stay as they are. */
  outline: LngLat[] | undefined;
  /** Names the state that was edited; empty: the zone is new. */
  etag: string;
}

export const newDraft = (): ZoneDraft => ({
  id: "",
  name: "",
  nameZh: "",
  kind: ZoneKind.RESTRICTED,
  validFromMs: undefined,
  validUntilMs: undefined,
  jurisdiction: "",
  limits: "",
  outline: [],
  etag: "",
});

export function draftOf(zone: Zone): ZoneDraft {
  const ring = zone.polygons.length === 1 && zone.polygons[0]!.rings.length === 1 ? zone.polygons[0]!.rings[0]!.points : undefined;
  const ms = (value: bigint | undefined) => (value === undefined ? undefined : Number(value));
  const { id, name, nameZh, kind, jurisdiction, limits, etag } = zone;
  return {
    id,
    name,
    nameZh,
    kind,
    validFromMs: ms(zone.validFromMs),
    validUntilMs: ms(zone.validUntilMs),
    jurisdiction,
    limits,
    outline: ring?.slice(0, -1).map((point): LngLat => [point.lonDeg, point.latDeg]),
    etag,
  };
}

function zoneOf(draft: ZoneDraft): Zone {
  const { id, name, nameZh, kind, jurisdiction, limits, etag, outline } = draft;
  const ms = (value: number | undefined) => (value === undefined ? undefined : BigInt(value));
  const points = (outline ?? []).map(([lonDeg, latDeg]) => ({ lonDeg, latDeg }));
  const polygons = points.length > 0 ? [{ rings: [{ points: [...points, points[0]!] }] }] : [];
  return create(ZoneSchema, {
    id,
    name,
    nameZh,
    kind,
    jurisdiction,
    limits,
    etag,
    polygons,
    validFromMs: ms(draft.validFromMs),
    validUntilMs: ms(draft.validUntilMs),
  });
}

/** What an officer edits; other fields stay as they are. */
const EDITED = ["name", "name_zh", "kind", "jurisdiction", "limits", "valid_from_ms", "valid_until_ms"];

/** Puts a draft on the chart, or only asks whether it could be. */
export function putZone(draft: ZoneDraft, note: string, validateOnly: boolean): Promise<ZoneResult> {
  const zone = zoneOf(draft);
  const common = { zone, note, validateOnly, requestId: requestId() };
  if (draft.etag === "") return told(() => zoneClient.createZone(common));
  const updateMask = { paths: draft.outline ? [...EDITED, "polygons"] : EDITED };
  return told(() => zoneClient.updateZone({ ...common, updateMask }));
}

export const deleteZone = (zone: Zone, note: string): Promise<ZoneResult> =>
  told(async () => {
    await zoneClient.deleteZone({ id: zone.id, etag: zone.etag, note, requestId: requestId() });
    return { warnings: [] };
  });

export const importZones = (geojson: string, datum: Datum, note: string, validateOnly: boolean): Promise<ZoneResult> =>
  told(async () => {
    const { warnings, created, replaced } = await zoneClient.importZones({ geojson, datum, note, validateOnly, requestId: requestId() });
    return { warnings, created, replaced };
  });

/** The latest versions on record. */
export async function zoneVersions(id: string): Promise<ZoneVersion[]> {
  const { versions } = await zoneClient.listZoneVersions({ id });
  return versions;
}
