// The map alone, for the frames of other platforms. The address says what it shows:
//   /map.html?bbox=109.9,19.9,110.6,20.4&kinds=radar,eo&mmsi=413000001&palette=night&lang=zh

import { create } from "@bufbuild/protobuf";
import { effect } from "@preact/signals";
import { render } from "preact";
import { loadChart } from "./api/chart";
import { mayLook, openSession } from "./api/session";
import { watchSensors } from "./api/sensors";
import { watchTracks } from "./api/tracks";
import { watchZones } from "./api/zones";
import { TrackFilterSchema } from "./gen/shorewatch/track/v1/track_service_pb";
import { SensorKind } from "./gen/shorewatch/type/v1/sensor_pb";
import { language, palette } from "./settings";
import "./styles/console.css";
import { MapTools } from "./ui/map-tools";
import { MapView, chartMap } from "./ui/map-view";
import { SignedIn } from "./ui/sign-in";
import { TrackCard } from "./ui/track-card";

const KINDS: Record<string, SensorKind> = { ais: SensorKind.AIS, radar: SensorKind.RADAR, eo: SensorKind.EO };

const asked = new URLSearchParams(location.search);
const list = (name: string) => (asked.get(name) ?? "").split(",").filter((part) => part !== "");

const box = list("bbox").map(Number);
const hasBox = box.length === 4 && box.every(Number.isFinite);
const [westDeg, southDeg, eastDeg, northDeg] = box as [number, number, number, number];

const filter = create(TrackFilterSchema, {
  bbox: hasBox ? { westDeg, southDeg, eastDeg, northDeg } : undefined,
  kinds: list("kinds").flatMap((word) => KINDS[word] ?? []),
  mmsis: list("mmsi").map(Number).filter(Number.isInteger),
});

const wanted = asked.get("palette");
if (wanted === "day" || wanted === "dusk" || wanted === "night") palette.value = wanted;
const lang = asked.get("lang");
if (lang === "en" || lang === "zh") language.value = lang;

function MapPage() {
  return (
    <SignedIn>
      <main class="map-only">
        <div class="stage">
          <MapView fitFirst={!hasBox} />
          <MapTools kind="frame" />
          <TrackCard />
        </div>
      </main>
    </SignedIn>
  );
}

async function start() {
  await openSession();
  if (!mayLook.value) return;
  watchTracks(filter);
  watchZones();
  watchSensors();
  void loadChart();
}

if (hasBox) {
  const stop = effect(() => {
    chartMap.value?.fit([westDeg, southDeg, eastDeg, northDeg], false);
    if (chartMap.value) queueMicrotask(() => stop());
  });
}
render(<MapPage />, document.getElementById("app")!);
void start();
