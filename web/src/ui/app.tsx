// The console as a whole: bar, map, side panel.

import { type Page, openAlert, page } from "../state";
import { AlertList } from "./alert-list";
import { AlertPage } from "./alert-page";
import { Find, Help } from "./dialogs";
import { MapTools } from "./map-tools";
import { MapView } from "./map-view";
import { ReplayBar } from "./replay-bar";
import { Reports } from "./reports";
import { SignedIn } from "./sign-in";
import { TopBar } from "./top-bar";
import { TrackCard } from "./track-card";
import { Zones } from "./zones";

const PAGES: Page[] = ["watch", "zones", "reports"];

function side() {
  if (page.value === "zones") return <Zones />;
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
