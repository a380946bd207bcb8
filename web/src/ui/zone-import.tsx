// Zones from a GeoJSON file: looked at first, then taken, all of them or none.

import { useState } from "preact/hooks";
import { type ZoneResult, importZones } from "../api/zones";
import { Datum } from "../gen/shorewatch/zone/v1/zone_service_pb";
import { t } from "../i18n";
import { ZoneAnswer } from "./zone-form";

/** A file that is larger is no file of zones. */
const FILE_MAX_BYTES = 8_000_000;

export function ZoneImport({ close }: { close: () => void }) {
  const [geojson, setGeojson] = useState("");
  const [datum, setDatum] = useState(Datum.UNSPECIFIED);
  const [note, setNote] = useState("");
  const [result, setResult] = useState<ZoneResult | undefined>();
  const [taken, setTaken] = useState(false);
  const look = async (text: string, inDatum: Datum) => {
    setTaken(false);
    setResult(text === "" ? undefined : await importZones(text, inDatum, "", true));
  };
  const fits = result?.ok === true && !taken;
  return (
    <form
      class="step-form"
      data-form="import"
      onSubmit={async (event) => {
        event.preventDefault();
        setResult(await importZones(geojson, datum, note, false));
        setTaken(true);
      }}
    >
      <label>
        {t("geojsonFile")}
        <input
          type="file"
          name="file"
          accept=".geojson,.json,application/geo+json"
          onChange={async (event) => {
            const file = event.currentTarget.files?.[0];
            const text = file && file.size <= FILE_MAX_BYTES ? await file.text() : "";
            setGeojson(text);
            void look(text, datum);
          }}
        />
      </label>
      <label>
        {t("datum")}
        <select
          name="datum"
          value={String(datum)}
          onChange={(event) => {
            const chosen = Number(event.currentTarget.value) as Datum;
            setDatum(chosen);
            void look(geojson, chosen);
          }}
        >
          <option value={String(Datum.UNSPECIFIED)}>{t("datumOfFile")}</option>
          <option value={String(Datum.WGS84)}>WGS 84, CGCS2000</option>
          <option value={String(Datum.GCJ02)}>GCJ-02</option>
        </select>
      </label>
      <label>
        {t("whyNote")}
        <input type="text" name="note" maxLength={200} value={note} onInput={(event) => setNote(event.currentTarget.value)} />
      </label>
      <div class="steps">
        <button type="submit" class="primary" disabled={!fits}>
          {t("importZones")}
        </button>
        <button type="button" onClick={close}>
          {t("close")}
        </button>
      </div>
      {result && <ZoneAnswer result={result} done={`${t(taken ? "imported" : "importFits")} ${t("zonesNew")}: ${result.ok ? result.created : 0}, ${t("zonesReplaced")}: ${result.ok ? result.replaced : 0}`} />}
    </form>
  );
}
