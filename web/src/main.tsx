// The watch console.

import { render } from "preact";
import { watchAlerts } from "./api/alerts";
import { loadChart } from "./api/chart";
import { mayLook, openSession } from "./api/session";
import { watchSensors } from "./api/sensors";
import { watchTracks } from "./api/tracks";
import { watchZones } from "./api/zones";
import { startKeys } from "./keys";
import { startSound } from "./sound";
import "./styles/console.css";
import { App } from "./ui/app";

async function start() {
  await openSession();
  if (!mayLook.value) return;
  watchTracks();
  watchAlerts();
  watchZones();
  watchSensors();
  void loadChart();
  startSound();
  startKeys();
}

render(<App />, document.getElementById("app")!);
void start();
