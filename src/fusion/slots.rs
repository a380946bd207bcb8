//! The tracks by slot, and up to when upkeep may leave each alone.
//!
//! Upkeep comes by every second, and of most tracks there is nothing to say: going to each, some kilobytes somewhere in
//! memory, would cost more than all measurements together. So upkeep notes beside the slot when it has to come again, and
//! whoever changes a track wakes it.

use super::track_file::TrackFile;
use crate::units::EventTime;

/// Up to when, both included, nothing happens to a track that nobody touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Rest {
    /// In receive time.
    pub(super) receipt: EventTime,
    /// In the time of the latest plot of any radar.
    pub(super) radar: EventTime,
}

impl Rest {
    /// Upkeep looks at it the next time it comes by.
    pub(super) const NONE: Self =
        Self { receipt: EventTime::from_millis(i64::MIN), radar: EventTime::from_millis(i64::MIN) };
}

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Slot {
    file: Option<Box<TrackFile>>,
    rest: Rest,
}

/// All tracks by slot.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Slots {
    slots: Vec<Slot>,
    free: Vec<u32>,
}

impl Slots {
    /// One more than the highest slot that was ever taken.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// The tracks, by slot ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = &TrackFile> {
        self.slots.iter().filter_map(|slot| slot.file.as_deref())
    }

    /// The track in a slot.
    pub(super) fn get(&self, slot: u32) -> Option<&TrackFile> {
        self.slots.get(slot as usize).and_then(|slot| slot.file.as_deref())
    }

    /// The track in a slot, to be changed: its rest is over.
    pub(super) fn get_mut(&mut self, slot: u32) -> Option<&mut TrackFile> {
        let slot = self.slots.get_mut(slot as usize)?;
        slot.rest = Rest::NONE;
        slot.file.as_deref_mut()
    }

    /// Puts a track into a slot that is free.
    pub(super) fn put(&mut self, file: Box<TrackFile>) -> u32 {
        let taken = Slot { file: Some(file), rest: Rest::NONE };
        match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = taken;
                slot
            }
            None => {
                self.slots.push(taken);
                (self.slots.len() - 1) as u32
            }
        }
    }

    /// Takes a track out; its slot is free from now on.
    pub(super) fn take(&mut self, slot: u32) -> Option<Box<TrackFile>> {
        let file = self.slots.get_mut(slot as usize)?.file.take()?;
        self.free.push(slot);
        Some(file)
    }

    /// Lets a track rest.
    pub(super) fn let_rest(&mut self, slot: u32, rest: Rest) {
        if let Some(slot) = self.slots.get_mut(slot as usize) {
            slot.rest = rest;
        }
    }

    /// Whether upkeep may leave a slot alone at the receive time `now`, the latest plot of any radar being of the time `radar`.
    pub(super) fn rests(&self, slot: u32, now: EventTime, radar: EventTime) -> bool {
        self.slots
            .get(slot as usize)
            .is_none_or(|slot| slot.file.is_none() || (now <= slot.rest.receipt && radar <= slot.rest.radar))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fusion::config::FusionConfig;
    use crate::fusion::measurement::Kinematics;
    use crate::geodesy::LatLon;
    use crate::units::TrackId;
    use nalgebra::Matrix2;

    fn file(number: u64) -> Box<TrackFile> {
        let (start, spread) = (EventTime::from_millis(0), Matrix2::identity() * 100.0);
        let state = Kinematics::start(start, LatLon::new(20.0, 110.0), spread, None, &FusionConfig::default());
        Box::new(TrackFile::born(TrackId(number), state, 0.5))
    }

    #[test]
    fn a_track_rests_until_its_time_comes_or_somebody_changes_it() {
        let at = EventTime::from_millis;
        let mut slots = Slots::default();
        let slot = slots.put(file(1));
        assert!(!slots.rests(slot, at(0), at(0)), "upkeep looks at what is new");
        let rest = Rest { receipt: at(5_000), radar: at(4_000) };
        slots.let_rest(slot, rest);
        assert!(slots.rests(slot, at(5_000), at(4_000)));
        assert!(!slots.rests(slot, at(5_001), at(4_000)) && !slots.rests(slot, at(5_000), at(4_001)));
        assert!(slots.get(slot).is_some() && slots.rests(slot, at(0), at(0)), "looking on does not wake it");
        assert!(slots.get_mut(slot).is_some() && !slots.rests(slot, at(0), at(0)));
        slots.let_rest(slot, rest);
        assert!(slots.take(slot).is_some() && slots.rests(slot, at(9_000), at(9_000)), "nobody is there");
        assert_eq!(slots.put(file(2)), slot, "its slot is used again");
        assert!(!slots.rests(slot, at(0), at(0)), "the next one there does not inherit its rest");
    }
}
