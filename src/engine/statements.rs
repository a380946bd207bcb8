//! What officers have said of craft, by track, as long as there is the track.

use std::collections::BTreeMap;

use crate::fusion::{Stated, TrackEvent, TrackState};
use crate::units::TrackId;

/// Most tracks of which something is said at once; more than officers can look at.
pub const STATEMENTS_MAX: usize = 10_000;

/// Why a statement is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// No such track.
    #[error("track {0} is not in the picture")]
    UnknownTrack(TrackId),
    /// Enough is said.
    #[error("something is said of {STATEMENTS_MAX} tracks already: take back what no longer matters")]
    Full,
}

/// What is said of which track.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Statements(BTreeMap<TrackId, Stated>);

impl Statements {
    /// Says something of a track in place of what was said before; `None` takes that back. Returns whether it is another.
    pub(super) fn say(&mut self, track: TrackId, stated: Option<Stated>) -> Result<bool, StatementError> {
        let Some(stated) = stated else { return Ok(self.0.remove(&track).is_some()) };
        if self.0.len() >= STATEMENTS_MAX && !self.0.contains_key(&track) {
            return Err(StatementError::Full);
        }
        let before = self.0.insert(track, stated.clone());
        Ok(before.as_ref() != Some(&stated))
    }

    /// What is said of a track.
    pub(super) fn of(&self, track: TrackId) -> Option<&Stated> {
        self.0.get(&track)
    }

    /// A track that is over takes what was said of it with it, or hands it to the one that goes on in its place.
    pub(super) fn follow(&mut self, event: &TrackEvent) {
        let TrackEvent::Ended { id, into, .. } = event else { return };
        if let (Some(stated), Some(heir)) = (self.0.remove(id), into) {
            self.0.entry(*heir).or_insert(stated);
        }
    }

    /// Puts beside what the sensors tell of each track what is said of it.
    pub(super) fn put_on(&self, tracks: &mut [TrackState]) {
        for (id, stated) in &self.0 {
            if let Some(track) =
                tracks.binary_search_by_key(id, |track| track.id).ok().and_then(|at| tracks.get_mut(at))
            {
                track.stated = Some(Box::new(stated.clone()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::EventTime;

    fn named(name: &str) -> Option<Stated> {
        Some(Stated { name: Some(name.to_owned()), ..Stated::default() })
    }

    fn name(statements: &Statements, id: u64) -> Option<&str> {
        statements.of(TrackId(id)).and_then(|stated| stated.name.as_deref())
    }

    #[test]
    fn what_is_said_of_a_track_goes_on_with_the_craft_and_ends_with_it() {
        let mut statements = Statements::default();
        assert_eq!(statements.say(TrackId(1), named("one")), Ok(true));
        assert_eq!(statements.say(TrackId(1), named("one")), Ok(false), "said before");
        let time = EventTime::from_seconds(0);
        statements.follow(&TrackEvent::Ended { id: TrackId(1), time, into: Some(TrackId(2)) });
        assert_eq!((name(&statements, 1), name(&statements, 2)), (None, Some("one")));
        statements.say(TrackId(3), named("three")).unwrap();
        statements.follow(&TrackEvent::Ended { id: TrackId(3), time, into: Some(TrackId(2)) });
        assert_eq!(name(&statements, 2), Some("one"), "what was said of the one that goes on stands");
        statements.follow(&TrackEvent::Ended { id: TrackId(2), time, into: None });
        assert!(statements.0.is_empty());
    }

    #[test]
    fn what_is_said_is_taken_back_and_bounded() {
        let mut statements = Statements::default();
        assert_eq!(statements.say(TrackId(1), None), Ok(false));
        (0..STATEMENTS_MAX as u64).for_each(|id| assert_eq!(statements.say(TrackId(id), named("x")), Ok(true)));
        assert_eq!(statements.say(TrackId(u64::MAX), named("x")), Err(StatementError::Full));
        assert_eq!(statements.say(TrackId(7), named("seven")), Ok(true));
        assert_eq!(statements.say(TrackId(7), None), Ok(true));
        assert_eq!(statements.say(TrackId(u64::MAX), named("x")), Ok(true));
    }
}
