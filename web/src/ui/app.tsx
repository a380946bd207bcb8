// The console as a whole: bar, map, side panel.

import { PAGES, openAlert, page } from "../state";
import { AlertList } from "./alert-list";
import { AlertPage } from "./alert-page";
import { Find, Help } from "./dialogs";
import { MapTools } from "./map-tools";
import { MapView } from "./map-view";
import { ReplayBar } from "./replay-bar";
import { Reports } from "./reports";
import { Rules } from "./rules";
import { Sensors } from "./sensors";
import { SignedIn } from "./sign-in";
import { TopBar } from "./top-bar";
import { TrackCard } from "./track-card";
import { Zones } from "./zones";

function side() {
  if (page.value === "zones") return <Zones />;
  if (page.value === "rules") return <Rules />;
  if (page.value === "sensors") return <Sensors />;
  return openAlert.value ? <AlertPage /> : <AlertList />;
}

export function App() {
  return (
    <SignedIn>
      <TopBar pages={PAGES} />
      <main>
        <div class="stage">
          <MapView />
          <MapTools />
          <TrackCard />
          <ReplayBar />
        </div>
        {page.value === "reports" ? <Reports /> : <aside>{side()}</aside>}
      </main>
      <Help />
      <Find />
    </SignedIn>
  );
}
