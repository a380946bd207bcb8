//! The picture that watchers look at: a still of all confirmed tracks, replaced as a whole.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, RwLock};

use rustc_hash::FxHashMap;
use tokio::sync::watch;

use super::limits::FAREWELLS_MAX;
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

/// Where the engine task hangs the picture, and watchers find it.
///
/// There is no queue: whoever looks seldom sees the latest picture and can tell from the one it saw before what changed. So
/// a slow watcher costs nothing and holds nobody up.
#[derive(Debug)]
pub struct PictureHub {
    latest: watch::Sender<Arc<Picture>>,
    farewells: Arc<RwLock<Farewells>>,
}

impl Default for PictureHub {
    fn default() -> Self {
        Self { latest: watch::Sender::new(Arc::default()), farewells: Arc::default() }
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
        self.latest.send_replace(Arc::new(picture));
    }

    /// A window on the picture.
    pub fn window(&self) -> PictureWindow {
        PictureWindow { latest: self.latest.subscribe(), farewells: Arc::clone(&self.farewells) }
    }
}

/// A window on the picture: always shows the latest. When the hub is dropped, the picture is over.
#[derive(Clone, Debug)]
pub struct PictureWindow {
    latest: watch::Receiver<Arc<Picture>>,
    farewells: Arc<RwLock<Farewells>>,
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
}
