// The zones of the chart: what each is for, since when and until when it is in force, who changed it, and, for whoever may, how
// it is drawn and edited.

import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { mayEditChart } from "../api/session";
import { pictureMs } from "../api/tracks";
import { type ZoneResult, deleteZone, draftOf, newDraft, zoneVersions, zones } from "../api/zones";
import type { Zone, ZoneVersion } from "../gen/shorewatch/zone/v1/zone_service_pb";
import { boxOf } from "../geo";
import { named, t } from "../i18n";
import { bothClocks, day } from "../units";
import { chartMap } from "./map-view";
import { zoneDraft } from "./zone-draft";
import { ZoneAnswer, ZoneForm } from "./zone-form";
import { ZoneImport } from "./zone-import";
import { kindWord, zoneName } from "./zone-words";

const wanted = signal("");
/** Id of the zone whose particulars are shown. */
const openZone = signal("");
const importing = signal(false);

/** Whether it is in force at the time of the picture. */
const inForce = ({ validFromMs, validUntilMs }: Zone) => {
  const now = pictureMs.value || Date.now();
  return Number(validFromMs ?? now) <= now && now < Number(validUntilMs ?? Infinity);
};

export function Zones() {
  const draft = zoneDraft.value;
  const text = wanted.value.trim().toLowerCase();
  const fitting = zones.value
    .filter((zone) => [zone.id, zone.name, zone.nameZh, kindWord(zone.kind)].join(" ").toLowerCase().includes(text))
    .toSorted((a, b) => kindWord(a.kind).localeCompare(kindWord(b.kind)) || zoneName(a).localeCompare(zoneName(b)));
  return (
    <section class="panel" id="alerts" aria-label={t("zones")}>
      <div class="panel-head">
        <h1>{t("zones")}</h1>
        <span class="muted">{fitting.length}</span>
        <span class="spring" />
        {mayEditChart.value && !draft && (
          <>
            <button
              type="button"
              onClick={() => {
                importing.value = !importing.value;
              }}
              aria-expanded={importing.value}
            >
              {t("import")}
            </button>
            <button
              type="button"
              class="primary"
              onClick={() => {
                zoneDraft.value = newDraft();
              }}
            >
              {t("newZone")}
            </button>
          </>
        )}
      </div>
      {draft ? (
        <ZoneForm draft={draft} />
      ) : (
        <>
          {importing.value && (
            <ZoneImport
              close={() => {
                importing.value = false;
              }}
            />
          )}
          <div class="filters">
            <input
              type="search"
              aria-label={t("filterText")}
              placeholder={t("filterText")}
              value={wanted.value}
              onInput={(event) => {
                wanted.value = event.currentTarget.value;
              }}
            />
          </div>
          {fitting.length === 0 ? (
            <p class="empty">{t("nothingFound")}</p>
          ) : (
            <ol class="zones" role="list">
              {fitting.map((zone) => (
                <ZoneRow key={zone.id} zone={zone} />
              ))}
            </ol>
          )}
        </>
      )}
    </section>
  );
}

function ZoneRow({ zone }: { zone: Zone }) {
  const open = openZone.value === zone.id;
  return (
    <li>
      <button
        type="button"
        class="zone-row"
        data-zone={zone.id}
        aria-expanded={open}
        onClick={() => {
          openZone.value = open ? "" : zone.id;
          if (!open) look(zone);
        }}
      >
        <b>{zoneName(zone)}</b>
        {!inForce(zone) && <span class="chip">{t("notInForce")}</span>}
        <span class="muted small">
          {[kindWord(zone.kind), `${t("edition")} ${zone.version}`, zone.limits && named("limits_", zone.limits), times(zone)].filter(Boolean).join(" · ")}
        </span>
      </button>
      {open && <Particulars zone={zone} />}
    </li>
  );
}

function Particulars({ zone }: { zone: Zone }) {
  const [result, setResult] = useState<ZoneResult | undefined>();
  const [sure, setSure] = useState(false);
  return (
    <div class="particulars">
      <p class="muted small">
        {zone.id}
        {zone.jurisdiction && ` · ${t("jurisdiction")}: ${zone.jurisdiction}`}
      </p>
      {mayEditChart.value && (
        <div class="steps">
          <button
            type="button"
            data-step="edit"
            onClick={() => {
              zoneDraft.value = draftOf(zone);
            }}
          >
            {t("edit")}
          </button>
          {sure ? (
            <button type="button" class="grave" data-step="remove-surely" onClick={async () => setResult(await deleteZone(zone, ""))}>
              {t("removeSurely")}
            </button>
          ) : (
            <button type="button" data-step="remove" onClick={() => setSure(true)}>
              {t("remove")}
            </button>
          )}
        </div>
      )}
      {result && !result.ok && <ZoneAnswer result={result} done="" />}
      <Versions zone={zone} />
    </div>
  );
}

function Versions({ zone }: { zone: Zone }) {
  const [versions, setVersions] = useState<ZoneVersion[]>([]);
  useEffect(() => {
    let current = true;
    zoneVersions(zone.id).then(
      (found) => current && setVersions(found),
      () => current && setVersions([]),
    );
    return () => {
      current = false;
    };
  }, [zone.id, zone.etag]);
  if (versions.length === 0) return <p class="muted small">{t("asCharted")}</p>;
  return (
    <ol class="history" role="list">
      {versions.map(({ zone: then, removed, timeMs, actorId, actorName, note }) => (
        <li key={String(timeMs)} data-version={then?.version}>
          <span class="mono muted">
            {day(Number(timeMs), false)} {bothClocks(Number(timeMs))}
          </span>{" "}
          <b>{actorName || actorId}</b> {removed ? t("removedIt") : `${t("edition")} ${then?.version ?? ""}`}
          {note && <span class="detail">{note}</span>}
        </li>
      ))}
    </ol>
  );
}

const instant = (ms: bigint) => `${day(Number(ms), false)} ${bothClocks(Number(ms))}`;

function times({ validFromMs, validUntilMs }: Zone): string {
  if (validFromMs === undefined && validUntilMs === undefined) return "";
  return `${validFromMs === undefined ? "…" : instant(validFromMs)} – ${validUntilMs === undefined ? "…" : instant(validUntilMs)}`;
}

function look(zone: Zone) {
  const points = zone.polygons.flatMap((polygon) => polygon.rings[0]?.points ?? []);
  const box = boxOf(points.map(({ lonDeg, latDeg }) => [lonDeg, latDeg]));
  if (box) chartMap.value?.fit(box);
}
