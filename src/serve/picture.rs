//! The picture that watchers look at: a still of all confirmed tracks, replaced as a whole.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, PoisonError, RwLock};

use rustc_hash::FxHashMap;
use tokio::sync::watch;

use super::limits::{FAREWELLS_MAX, STILL_INTERVAL_MS, STILL_STATES_MAX, STILLS_MAX};
use crate::fusion::TrackState;
use crate::units::{EventTime, TrackId};

/// All confirmed tracks at one instant.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// The instant.
    pub time: EventTime,
    /// The tracks in order of id.
    pub tracks: Vec<Arc<TrackState>>,
}

impl Picture {
    /// Whether anything has been received yet.
    pub fn is_begun(&self) -> bool {
        self.time > EventTime::default()
    }

    /// The track with this id.
    pub fn track(&self, id: TrackId) -> Option<&Arc<TrackState>> {
        self.tracks.binary_search_by_key(&id, |track| track.id).ok().and_then(|index| self.tracks.get(index))
    }
}

/// How a track ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Farewell {
    /// It was not measured any more.
    Ended,
    /// It was the same vessel as another track, which goes on.
    MergedInto(TrackId),
}

/// Remembers how the latest ended tracks ended: bounded, the oldest is forgotten first.
#[derive(Debug, Default)]
struct Farewells {
    by_track: FxHashMap<TrackId, Farewell>,
    order: VecDeque<TrackId>,
}

impl Farewells {
    fn remember(&mut self, track: TrackId, how: Farewell) {
        if self.by_track.insert(track, how).is_some() {
            return;
        }
        self.order.push_back(track);
        if self.order.len() > FAREWELLS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_track.remove(&oldest);
        }
    }
}

/// The latest pictures at regular instants, for watchers whose line broke: bounded, the oldest is forgotten first.
#[derive(Debug, Default)]
struct Stills {
    kept: VecDeque<Arc<Picture>>,
    states: usize,
}

impl Stills {
    fn keep(&mut self, picture: &Arc<Picture>) {
        let last = self.kept.back().map(|still| still.time);
        if !picture.is_begun() || last.is_some_and(|last| picture.time.millis_since(last) < STILL_INTERVAL_MS) {
            return;
        }
        self.states += picture.tracks.len();
        self.kept.push_back(Arc::clone(picture));
        while self.kept.len() > STILLS_MAX || self.states > STILL_STATES_MAX {
            let Some(oldest) = self.kept.pop_front() else { return };
            self.states -= oldest.tracks.len();
        }
    }
}

/// Where the engine task hangs the picture, and watchers find it.
///
/// There is no queue: whoever looks seldom sees the latest picture and can tell from the one it saw before what changed. So
/// a slow watcher costs nothing and holds nobody up.
#[derive(Debug)]
pub struct PictureHub {
    latest: watch::Sender<Arc<Picture>>,
    farewells: Arc<RwLock<Farewells>>,
    stills: Arc<RwLock<Stills>>,
    run: u64,
}

impl Default for PictureHub {
    fn default() -> Self {
        let run = RandomState::new().hash_one(0);
        Self { latest: watch::Sender::new(Arc::default()), farewells: Arc::default(), stills: Arc::default(), run }
    }
}

impl PictureHub {
    /// Remembers how a track ended. To be told before the first picture without it is shown.
    pub fn remember(&self, track: TrackId, how: Farewell) {
        self.farewells.write().unwrap_or_else(PoisonError::into_inner).remember(track, how);
    }

    /// How the latest ended tracks ended, in order.
    pub fn farewells(&self) -> Vec<(TrackId, Farewell)> {
        let farewells = self.farewells.read().unwrap_or_else(PoisonError::into_inner);
        let how = |track: &TrackId| farewells.by_track.get(track).map(|how| (*track, *how));
        farewells.order.iter().filter_map(how).collect()
    }

    /// Shows a new picture. The tracks must be in order of id.
    pub fn show(&self, picture: Picture) {
        debug_assert!(picture.tracks.is_sorted_by_key(|track| track.id), "the picture is in order of id");
        let picture = Arc::new(picture);
        self.stills.write().unwrap_or_else(PoisonError::into_inner).keep(&picture);
        self.latest.send_replace(picture);
    }

    /// A window on the picture.
    pub fn window(&self) -> PictureWindow {
        PictureWindow {
            latest: self.latest.subscribe(),
            farewells: Arc::clone(&self.farewells),
            stills: Arc::clone(&self.stills),
            run: self.run,
        }
    }
}

/// A window on the picture: always shows the latest. When the hub is dropped, the picture is over.
#[derive(Clone, Debug)]
pub struct PictureWindow {
    latest: watch::Receiver<Arc<Picture>>,
    farewells: Arc<RwLock<Farewells>>,
    stills: Arc<RwLock<Stills>>,
    run: u64,
}

impl PictureWindow {
    /// The latest picture.
    pub fn now(&self) -> Arc<Picture> {
        Arc::clone(&self.latest.borrow())
    }

    /// Waits for a picture that this window has not shown yet; `None` when the server has shut down and no more will come.
    pub async fn next(&mut self) -> Option<Arc<Picture>> {
        self.latest.changed().await.ok()?;
        Some(Arc::clone(&self.latest.borrow_and_update()))
    }

    /// A number that no other run of a server has: tracks may be others there.
    pub fn run(&self) -> u64 {
        self.run
    }

    /// The picture of exactly that instant, if it is one of the few that are kept.
    pub fn still(&self, time: EventTime) -> Option<Arc<Picture>> {
        let stills = self.stills.read().unwrap_or_else(PoisonError::into_inner);
        stills.kept.iter().find(|still| still.time == time).cloned()
    }

    /// The instant of the latest kept picture that is no later than that.
    pub fn still_until(&self, time: EventTime) -> Option<EventTime> {
        let stills = self.stills.read().unwrap_or_else(PoisonError::into_inner);
        stills.kept.iter().rev().map(|still| still.time).find(|&still| still <= time)
    }

    /// How a track that is gone from the picture ended; `None` when it has not, and may come back.
    pub fn farewell(&self, track: TrackId) -> Option<Farewell> {
        self.farewells.read().unwrap_or_else(PoisonError::into_inner).by_track.get(&track).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn farewells_are_bounded_and_the_oldest_is_forgotten() {
        let mut farewells = Farewells::default();
        let count = FAREWELLS_MAX as u64 + 3;
        for id in 0..count {
            farewells.remember(TrackId(id), Farewell::MergedInto(TrackId(count)));
        }
        assert_eq!(farewells.by_track.len(), FAREWELLS_MAX);
        assert_eq!(farewells.order.len(), FAREWELLS_MAX);
        assert!(!farewells.by_track.contains_key(&TrackId(2)));
        assert!(farewells.by_track.contains_key(&TrackId(3)));
    }

    #[test]
    fn a_picture_each_ten_seconds_is_kept_for_two_minutes() {
        let hub = PictureHub::default();
        let window = hub.window();
        let at = EventTime::from_seconds;
        for seconds in 1_000..=1_300 {
            hub.show(Picture { time: at(seconds), tracks: Vec::new() });
        }
        assert_eq!(window.still_until(at(1_299)), Some(at(1_290)));
        assert!(window.still(at(1_190)).is_some() && window.still(at(1_195)).is_none());
        assert!(window.still(at(1_180)).is_none() && window.still_until(at(1_180)).is_none(), "too old");
    }

    #[test]
    fn kept_pictures_of_many_tracks_are_fewer() {
        let mut stills = Stills::default();
        let track = Arc::new(crate::serve::track_watch::tests::track(1, 10, 110.0));
        for seconds in [10, 20, 30, 40] {
            let tracks = vec![Arc::clone(&track); STILL_STATES_MAX / 3];
            stills.keep(&Arc::new(Picture { time: EventTime::from_seconds(seconds), tracks }));
        }
        assert_eq!((stills.kept.len(), stills.states), (3, STILL_STATES_MAX / 3 * 3));
        assert!(STILL_STATES_MAX * size_of::<TrackState>() <= 200 << 20, "{} bytes a state", size_of::<TrackState>());
    }
}
