// The console as a whole: bar, map, side panel.

import { openAlert, type Page } from "../state";
import { AlertList } from "./alert-list";
import { AlertPage } from "./alert-page";
import { Find, Help } from "./dialogs";
import { MapTools } from "./map-tools";
import { MapView } from "./map-view";
import { TopBar } from "./top-bar";
import { TrackCard } from "./track-card";

const PAGES: Page[] = ["watch"];

export function App() {
  return (
    <>
      <TopBar pages={PAGES} />
      <main>
        <div class="stage">
          <MapView />
          <MapTools />
          <TrackCard />
        </div>
        <aside>{openAlert.value ? <AlertPage /> : <AlertList />}</aside>
      </main>
      <Help />
      <Find />
    </>
  );
}
