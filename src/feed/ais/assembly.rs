//! Putting messages of several parts together.
//!
//! A fixed number of slots; each holds the parts of one message so far. Parts belong together when station, talker,
//! VDM or VDO, sequence number, channel and count agree; a station or group that one of them does not name fits any.
//! Parts must come in order and in time. Whatever is given up (too old, overtaken by a new first part, or pushed out
//! because all slots are taken) is counted part by part as [`Refusal::Incomplete`].

use arrayvec::ArrayVec;

use super::bits::CHARACTERS_MAX;
use super::hearing::Hearing;
use super::sentence::Sentence;
use super::{AisTally, Refusal};
use crate::feed::Place;

/// Messages that may be in the making at once. The parts of one message follow each other within seconds, and a station
/// that hears everything has a few in the making; this is enough for dozens of such stations in one feed.
const SLOTS: usize = 64;

/// How old by the station's clock the first part may be when the last comes, in milliseconds. A message is one burst
/// on the air; this leaves room for a slow network.
const AGE_MS_MAX: i64 = 10_000;

/// How many lines ago the first part may stand where the parts do not give their time.
const AGE_LINES_MAX: u64 = 500;

/// The parts of one message so far.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    key: Key,
    /// From the first part that told.
    pub(super) hearing: Hearing,
    pub(super) first_line: u64,
    /// Parts held.
    pub(super) held: u8,
    pub(super) payload: ArrayVec<u8, CHARACTERS_MAX>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    talker: [u8; 2],
    own_ship: bool,
    count: u8,
    sequence: Option<u8>,
    channel: Option<u8>,
}

impl Key {
    fn of(sentence: &Sentence<'_>) -> Self {
        let Sentence { talker, own_ship, count, sequence, channel, .. } = *sentence;
        Self { talker, own_ship, count, sequence, channel }
    }
}

/// The slots of one feed.
#[derive(Clone, Debug, Default)]
pub(super) struct Assembler {
    /// Messages in the making, oldest first part first; never more than [`SLOTS`].
    slots: Vec<Slot>,
}

/// What became of a part.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "a box would allocate for every message of several parts")]
pub(super) enum Step {
    /// Kept until the others come.
    Held,
    /// The last part: the whole message, taken out of its slot.
    Complete(Slot),
    /// Not usable.
    Refused(Refusal),
}

impl Assembler {
    /// Parts that wait for others.
    pub(super) fn held(&self) -> u64 {
        self.slots.iter().map(|slot| u64::from(slot.held)).sum()
    }

    /// Takes one part of a message of several.
    pub(super) fn push(&mut self, part: &Sentence<'_>, hearing: &Hearing, line: u64, tally: &mut AisTally) -> Step {
        self.give_up(tally, |slot| slot.is_stale(hearing, line));
        if part.number == 1 { self.begin(part, hearing, line, tally) } else { self.extend(part, hearing, tally) }
    }

    fn begin(&mut self, part: &Sentence<'_>, hearing: &Hearing, line: u64, tally: &mut AisTally) -> Step {
        let key = Key::of(part);
        self.give_up(tally, |slot| slot.key == key && slot.hearing.station == hearing.station);
        let mut payload = ArrayVec::new();
        if payload.try_extend_from_slice(part.payload).is_err() {
            return Step::Refused(Refusal::TooLong);
        }
        if self.slots.len() >= SLOTS {
            let oldest = self.slots.remove(0);
            oldest.count_as_lost(tally);
        }
        self.slots.push(Slot { key, hearing: *hearing, first_line: line, held: 1, payload });
        Step::Held
    }

    fn extend(&mut self, part: &Sentence<'_>, hearing: &Hearing, tally: &mut AisTally) -> Step {
        let key = Key::of(part);
        let fits = |slot: &Slot| slot.key == key && slot.held + 1 == part.number && slot.agrees_with(hearing);
        // Of several that fit, the one that is surest to belong: same station, then same group, then the newest.
        let best = (0..self.slots.len())
            .filter_map(|index| {
                self.slots.get(index).filter(|slot| fits(slot)).map(|slot| (slot.likeness(hearing), index))
            })
            .max();
        let Some((_, index)) = best else { return Step::Refused(Refusal::OutOfOrder) };
        let Some(slot) = self.slots.get_mut(index) else { return Step::Refused(Refusal::OutOfOrder) };
        if slot.payload.try_extend_from_slice(part.payload).is_err() {
            self.slots.remove(index).count_as(Refusal::TooLong, tally);
            return Step::Refused(Refusal::TooLong);
        }
        slot.held += 1;
        slot.hearing = slot.hearing.or(*hearing);
        if slot.held == part.count { Step::Complete(self.slots.remove(index)) } else { Step::Held }
    }

    /// Gives up all messages in the making.
    pub(super) fn finish(&mut self, tally: &mut AisTally) {
        self.give_up(tally, |_| true);
    }

    fn give_up(&mut self, tally: &mut AisTally, lost: impl Fn(&Slot) -> bool) {
        self.slots.retain(|slot| {
            let lost = lost(slot);
            if lost {
                slot.count_as_lost(tally);
            }
            !lost
        });
    }
}

impl Slot {
    /// Too old for a part heard so, at `line`. Times are compared only within one clock of one
    /// station.
    fn is_stale(&self, hearing: &Hearing, line: u64) -> bool {
        if (self.hearing.station, self.hearing.clock) == (hearing.station, hearing.clock)
            && let (Some(begun), Some(now)) = (self.hearing.time, hearing.time)
        {
            return now.millis_since(begun).saturating_abs() > AGE_MS_MAX;
        }
        line.saturating_sub(self.first_line) > AGE_LINES_MAX
    }

    fn agrees_with(&self, hearing: &Hearing) -> bool {
        let station =
            self.hearing.station.is_none() || hearing.station.is_none() || self.hearing.station == hearing.station;
        let group = match (self.hearing.group, hearing.group) {
            (Some(mine), Some(theirs)) => mine.id == theirs.id && mine.count == theirs.count,
            _ => true,
        };
        station && group
    }

    fn likeness(&self, hearing: &Hearing) -> (bool, bool) {
        let group_id = |hearing: &Hearing| hearing.group.map(|group| group.id);
        (self.hearing.station == hearing.station, group_id(&self.hearing) == group_id(hearing))
    }

    fn count_as_lost(&self, tally: &mut AisTally) {
        self.count_as(Refusal::Incomplete, tally);
    }

    fn count_as(&self, refusal: Refusal, tally: &mut AisTally) {
        for _ in 0..self.held {
            tally.refuse_text(refusal, Place::Line(self.first_line), &self.payload);
        }
    }
}
