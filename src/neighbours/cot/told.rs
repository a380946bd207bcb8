//! What a TAK server has been told, and what waits to be told: the latest state of each track and alert, never a queue of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Plan;
use super::event::{self, Timing};
use crate::fusion::TrackState;
use crate::geodesy::LatLon;
use crate::neighbours::health::Health;
use crate::neighbours::share::Share;
use crate::neighbours::{Outlook, is_open};
use crate::serve::clock;
use crate::serve::track_watch::{TrackChange, TrackWatch};
use crate::store::records::alert::AlertRecord;
use crate::store::records::board::{AlertChange, AlertWatch, Sight};
use crate::units::EventTime;

/// Tracks, alerts and ends that wait at most: a server that is away for very long misses ends, which its clients see by their age.
const WAITING_MAX: usize = 65_536;
/// How often what goes on is told while it holds.
const TOLD_IN_STALE: u32 = 3;
/// A server that has not been told anything for so long is asked whether it is there.
const PING_INTERVAL: Duration = Duration::from_secs(30);

/// Something that goes on.
#[derive(Clone, Debug)]
enum Going {
    Track(Arc<TrackState>),
    Alert(Arc<AlertRecord>),
}

/// Something that waits.
#[derive(Clone, Debug)]
enum Waiting {
    /// It goes on.
    Going(Going),
    /// It has ended: it gets old at once.
    End { kind: String, place: LatLon },
    /// And is deleted.
    Deletion { kind: String, place: LatLon },
}

/// What one server knows and has still to be told.
pub(super) struct Told {
    uid: String,
    share: Share,
    stale_s: u32,
    tracks: Option<TrackWatch>,
    alerts: AlertWatch,
    /// By uid: what it was told of and when last.
    going: BTreeMap<String, (Going, Option<Instant>)>,
    /// By uid.
    waiting: BTreeMap<String, Waiting>,
    /// What is being sent.
    under_way: Option<(String, Waiting)>,
    /// The instant of the latest picture.
    picture: EventTime,
    last_sent: Instant,
}

impl Told {
    pub(super) fn new(plan: &Plan, outlook: &Outlook) -> Self {
        let interval_ms = plan.interval_s.saturating_mul(1_000);
        Self {
            uid: plan.uid.clone(),
            share: plan.share.clone(),
            stale_s: plan.stale_s,
            tracks: plan.share.track_filter().map(|filter| TrackWatch::new(filter, interval_ms)),
            alerts: AlertWatch::default(),
            going: BTreeMap::new(),
            waiting: BTreeMap::new(),
            under_way: None,
            picture: outlook.picture.now().time,
            last_sent: Instant::now(),
        }
    }

    /// The server may have forgotten everything: all that goes on is told again.
    pub(super) fn begin_anew(&mut self) {
        if let Some((uid, waiting)) = self.under_way.take() {
            self.waiting.entry(uid).or_insert(waiting);
        }
        for (_, sent) in self.going.values_mut() {
            *sent = None;
        }
    }

    /// Looks at picture and board, and puts what is new where it waits.
    pub(super) fn look(&mut self, outlook: &mut Outlook, health: &Health) {
        let picture = outlook.picture.now();
        self.picture = picture.time;
        if let Some(watch) = &mut self.tracks {
            for change in watch.look(&picture, |id| outlook.picture.farewell(id)) {
                match change {
                    TrackChange::Snapshot(track)
                    | TrackChange::Enter(track)
                    | TrackChange::Update(track)
                    | TrackChange::Split(track, _) => {
                        let uid = event::track_uid(&self.uid, &track);
                        show(&mut self.going, &mut self.waiting, uid, Going::Track(track));
                    }
                    TrackChange::Leave(track) | TrackChange::End(track) | TrackChange::Merged(track, _) => {
                        let uid = event::track_uid(&self.uid, &track);
                        end(&mut self.going, &mut self.waiting, uid, event::track_type(&track), track.position);
                    }
                    TrackChange::SnapshotEnd => {}
                }
            }
        }
        outlook.alerts.mark_seen();
        let share = &self.share;
        let sight = |record: &AlertRecord| {
            if is_open(record) && share.tells_alert(&record.news.facts) { Sight::Selected } else { Sight::Visible }
        };
        for (change, record) in self.alerts.look(&outlook.alerts, sight) {
            let uid = event::alert_uid(&self.uid, record.id());
            if change == AlertChange::Left {
                let place = record.news.facts.position;
                end(&mut self.going, &mut self.waiting, uid, event::ALERT_TYPE.to_owned(), place);
            } else {
                show(&mut self.going, &mut self.waiting, uid, Going::Alert(record));
            }
        }
        self.refresh(|id| picture.track(id).cloned());
        while self.waiting.len() > WAITING_MAX {
            self.waiting.pop_first();
            health.lose(1);
        }
    }

    /// What goes on and was told a while ago is told again, where it is now.
    fn refresh(&mut self, latest: impl Fn(crate::units::TrackId) -> Option<Arc<TrackState>>) {
        let every = Duration::from_secs(u64::from(self.stale_s)) / TOLD_IN_STALE;
        for (uid, (going, sent)) in &mut self.going {
            if sent.is_some_and(|sent| sent.elapsed() < every) || self.waiting.contains_key(uid) {
                continue;
            }
            if let Going::Track(track) = going
                && let Some(now) = latest(track.id)
            {
                *track = now;
            }
            self.waiting.insert(uid.clone(), Waiting::Going(going.clone()));
        }
    }

    /// The next event to send; after it is sent, [`Self::sent`] is to be called.
    pub(super) fn next(&mut self) -> Option<Vec<u8>> {
        let timing = Timing::new(clock::now(), self.picture, self.stale_s);
        let Some((uid, waiting)) = self.waiting.pop_first() else {
            return (self.last_sent.elapsed() > PING_INTERVAL).then(|| event::ping(&self.uid, timing));
        };
        let bytes = match &waiting {
            Waiting::Going(Going::Track(track)) => event::of_track(&self.uid, track, timing),
            Waiting::Going(Going::Alert(alert)) => event::of_alert(&self.uid, alert, timing),
            Waiting::End { kind, place } => event::of_end(&uid, kind, *place, timing),
            Waiting::Deletion { kind, place } => event::of_deletion(&uid, kind, *place, timing),
        };
        self.under_way = Some((uid, waiting));
        Some(bytes)
    }

    /// The event that [`Self::next`] gave last was sent.
    pub(super) fn sent(&mut self) {
        self.last_sent = Instant::now();
        match self.under_way.take() {
            Some((uid, Waiting::Going(_))) => {
                if let Some((_, sent)) = self.going.get_mut(&uid) {
                    *sent = Some(Instant::now());
                }
            }
            Some((uid, Waiting::End { kind, place })) => {
                self.waiting.insert(uid, Waiting::Deletion { kind, place });
            }
            Some((_, Waiting::Deletion { .. })) | None => {}
        }
    }
}

type GoingOn = BTreeMap<String, (Going, Option<Instant>)>;

fn show(on: &mut GoingOn, waiting: &mut BTreeMap<String, Waiting>, uid: String, going: Going) {
    waiting.insert(uid.clone(), Waiting::Going(going.clone()));
    on.insert(uid, (going, None));
}

fn end(on: &mut GoingOn, waiting: &mut BTreeMap<String, Waiting>, uid: String, kind: String, place: LatLon) {
    on.remove(&uid);
    waiting.insert(uid, Waiting::End { kind, place });
}

#[cfg(test)]
mod tests {
    use tokio::sync::watch;

    use super::*;
    use crate::access::organisation::Area;
    use crate::fusion::Sources;
    use crate::neighbours::cot::link::{Address, Transport};
    use crate::neighbours::health::NeighbourKind;
    use crate::serve::picture::{Farewell, Picture, PictureHub};
    use crate::serve::track_watch::tests::track;
    use crate::store::records::board::Board;
    use crate::store::records::{Place, Records, Watchkeeping};
    use crate::units::TrackId;

    struct Stage {
        picture: PictureHub,
        _board: Board,
        _shutdown: watch::Sender<bool>,
        outlook: Outlook,
        told: Told,
        health: Health,
    }

    impl Stage {
        fn new() -> Self {
            let share = Share {
                area: Some(Arc::new(Area::Everywhere)),
                tracks: Sources { radar: true, ..Sources::default() },
                ..Share::default()
            };
            let address = Address { host_port: "127.0.0.1:1".to_owned(), transport: Transport::Tcp };
            let (name, uid) = ("tak".to_owned(), "sw".to_owned());
            let plan = Plan { name, address, uid, interval_s: 0, stale_s: 120, share };
            let (picture, board) = (PictureHub::default(), Board::default());
            let (down, shutdown) = watch::channel(false);
            let records = Records::open(&Place::Memory, Watchkeeping::default(), 0).unwrap();
            let (window, alerts, source) = (picture.window(), board.window(), "urn:shorewatch:test".into());
            let outlook = Outlook { picture: window, alerts, records, source, heard: None, shutdown };
            let told = Told::new(&plan, &outlook);
            Self {
                picture,
                _board: board,
                _shutdown: down,
                outlook,
                told,
                health: Health::new("tak", NeighbourKind::Cot),
            }
        }

        fn show(&self, seconds: i64, ids: &[u64]) {
            let tracks = ids.iter().map(|&id| Arc::new(track(id, seconds, 110.0))).collect();
            self.picture.show(Picture { time: EventTime::from_seconds(seconds), tracks });
        }

        /// What is sent: type and uid of each event.
        fn told(&mut self) -> Vec<String> {
            self.told.look(&mut self.outlook, &self.health);
            let mut all = Vec::new();
            while let Some(event) = self.told.next() {
                let text = String::from_utf8(event).unwrap();
                let value =
                    |key: &str| text.split(&format!(" {key}=\"")).nth(1).unwrap().split('"').next().unwrap().to_owned();
                let old = if value("time") == value("stale") { " old" } else { "" };
                all.push(format!("{} {}{old}", value("type"), value("uid")));
                self.told.sent();
            }
            all
        }
    }

    #[tokio::test]
    async fn a_track_is_told_and_told_again_only_when_it_was_measured_and_deleted_when_it_ends() {
        let mut stage = Stage::new();
        stage.show(10, &[1, 2]);
        assert_eq!(stage.told(), ["a-u-S sw.track.T000001", "a-u-S sw.track.T000002"]);
        assert_eq!(stage.told(), Vec::<String>::new());
        stage.picture.remember(TrackId(2), Farewell::Ended);
        stage.show(20, &[1]);
        let expected = ["a-u-S sw.track.T000001", "a-u-S sw.track.T000002 old", "t-x-d-d sw.track.T000002.delete"];
        assert_eq!(stage.told(), expected);
    }

    #[tokio::test]
    async fn what_goes_on_is_told_again_before_it_gets_old_and_an_idle_server_is_asked_whether_it_is_there() {
        let mut stage = Stage::new();
        stage.show(10, &[1]);
        assert_eq!(stage.told().len(), 1);
        let ago = |seconds| Instant::now().checked_sub(Duration::from_secs(seconds)).unwrap();
        stage.told.last_sent = ago(31);
        assert_eq!(stage.told(), ["t-x-c-t sw-ping"]);
        for (_, sent) in stage.told.going.values_mut() {
            *sent = Some(ago(41));
        }
        assert_eq!(stage.told(), ["a-u-S sw.track.T000001"]);
    }

    #[tokio::test]
    async fn a_server_that_was_away_is_told_all_that_goes_on_and_all_that_has_gone() {
        let mut stage = Stage::new();
        stage.show(10, &[1, 2]);
        assert_eq!(stage.told().len(), 2);
        // It goes in the middle of an event, and is away while track 2 ends and 3 comes.
        stage.show(20, &[1, 2]);
        stage.told.look(&mut stage.outlook, &stage.health);
        assert!(stage.told.next().is_some());
        stage.picture.remember(TrackId(2), Farewell::Ended);
        stage.show(30, &[1, 3]);
        stage.told.begin_anew();
        let told = stage.told();
        let expected = [
            "a-u-S sw.track.T000001",
            "a-u-S sw.track.T000002 old",
            "t-x-d-d sw.track.T000002.delete",
            "a-u-S sw.track.T000003",
        ];
        assert_eq!(told, expected);
    }
}
