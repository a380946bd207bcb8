// Which sensors made the selected track, and how well they agree; on the map stand their measurements.

import { madeOf, madeOfTrouble, shares, wantsMadeOf } from "../api/made-of";
import { replay } from "../api/replay";
import { pictureMs } from "../api/tracks";
import { t } from "../i18n";
import { language } from "../settings";
import { duration } from "../units";

export function MadeOf() {
  if (replay.value) return null;
  const found = shares(madeOf.value);
  return (
    <>
      <h3>{t("madeOf")}</h3>
      <label class="check">
        <input
          type="checkbox"
          checked={wantsMadeOf.value}
          onChange={(event) => {
            wantsMadeOf.value = event.currentTarget.checked;
          }}
        />
        {t("showMeasured")}
      </label>
      {wantsMadeOf.value && madeOfTrouble.value && <p class="muted">{madeOfTrouble.value}</p>}
      {found.length > 0 && (
        <table class="approaches" data-made-of={madeOf.value.length}>
          <thead>
            <tr>
              <th scope="col">{t("sensor")}</th>
              <th scope="col">{t("measurements")}</th>
              <th scope="col">{t("latest")}</th>
              <th scope="col" title={t("offByTitle")}>
                {t("offBy")}
              </th>
            </tr>
          </thead>
          <tbody>
            {found.map(({ sensorId, count, lastMs, sigmas }) => (
              <tr key={sensorId}>
                <td>{sensorId}</td>
                <td>{count}</td>
                <td>{`${duration(Math.max(0, pictureMs.value - lastMs), language.value)} ${t("ago")}`}</td>
                <td>{`${sigmas.toFixed(1)} σ`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
