//! Putting messages of several parts together.
//!
//! A fixed number of slots; each holds the parts of one message so far. Parts belong together when station, talker,
//! VDM or VDO, sequence number, channel and count agree; a station or group that one of them does not name fits any.
//! Parts must come in time and in order, except that parts of one group (tag block `g`) may come in any order and later,
//! because a network that delays single sentences does that. Some sources give every message the same group number: as
//! soon as that shows, order counts again.
//!
//! Whatever is given up (too old, overtaken by a new first part, or pushed out because all slots are taken) is counted
//! part by part as [`Refusal::Incomplete`].

use arrayvec::ArrayVec;

use super::bits::CHARACTERS_MAX;
use super::hearing::{Hearing, StationName};
use super::sentence::{PARTS_MAX, Sentence};
use super::{AisTally, Refusal};
use crate::feed::Place;

/// Messages that may be in the making at once. The parts of one message follow each other within seconds, and a station
/// that hears everything has a few in the making; this is enough for dozens of such stations in one feed.
const SLOTS: usize = 64;

/// How old a message in the making may get: by the station's clock where its parts give their time, else by lines.
struct Patience {
    ms_max: i64,
    lines_max: u64,
}

/// Parts that only sequence number and channel hold together. These come again after ten messages; a message is one
/// burst on the air, and this leaves room for a slow network.
const PATIENCE: Patience = Patience { ms_max: 10_000, lines_max: 500 };

/// Parts that a group number holds together: they may arrive 30 seconds late, each for itself.
const PATIENCE_WITH_GROUP: Patience = Patience { ms_max: 40_000, lines_max: 4_000 };

/// The parts of one message so far.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Slot {
    key: Key,
    /// From the parts that told, the first before the others.
    pub(super) hearing: Hearing,
    /// Line of the part that came first.
    pub(super) first_line: u64,
    /// Fill bits of the last part.
    pub(super) fill_bits: u8,
    /// Characters in order of arrival.
    characters: ArrayVec<u8, CHARACTERS_MAX>,
    /// Number of each part and how many characters it has, in order of arrival.
    arrived: ArrayVec<(u8, u16), { PARTS_MAX as usize }>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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

/// What tells a message from the next one of the same group number.
type GroupUse = (u32, Option<StationName>, Key);

/// The slots of one feed.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
#[expect(
    clippy::vec_box,
    reason = "slots are kilobytes, and move between the lists with every message of several parts"
)]
pub(super) struct Assembler {
    /// Messages in the making, oldest first; never more than [`SLOTS`].
    slots: Vec<Box<Slot>>,
    /// Slots to be used again; with those in use never more than [`SLOTS`] and one.
    #[serde(skip)]
    spare: Vec<Box<Slot>>,
    /// The group number of the last first part, and whose it was.
    last_group: Option<GroupUse>,
    /// Two messages in a row had one group number: it tells nothing.
    groups_repeat: bool,
}

/// What became of a part.
#[derive(Debug)]
pub(super) enum Step {
    /// Kept until the others come.
    Held,
    /// The last part: the slot with the whole message, to be handed back by [`Assembler::reuse`].
    Complete(Box<Slot>),
    /// Not usable.
    Refused(Refusal),
}

impl Assembler {
    /// Parts that wait for others.
    pub(super) fn held(&self) -> u64 {
        self.slots.iter().map(|slot| slot.parts()).sum()
    }

    /// Takes one part of a message of several.
    pub(super) fn push(&mut self, part: &Sentence<'_>, hearing: &Hearing, line: u64, tally: &mut AisTally) -> Step {
        self.give_up(tally, |slot| slot.is_stale(hearing, line));
        if part.number == 1 {
            self.watch_groups(part, hearing);
        }
        let is_grouped = hearing.group.is_some() && !self.groups_repeat;
        if let Some(index) = self.find(part, hearing, is_grouped) {
            return self.extend(index, part, hearing, tally);
        }
        if part.number > 1 && !is_grouped {
            return Step::Refused(Refusal::OutOfOrder);
        }
        self.begin(part, hearing, line, tally)
    }

    /// Gives up all messages in the making.
    pub(super) fn finish(&mut self, tally: &mut AisTally) {
        self.give_up(tally, |_| true);
    }

    /// Notices when one group number is used for different messages in a row.
    fn watch_groups(&mut self, part: &Sentence<'_>, hearing: &Hearing) {
        let Some(group) = hearing.group else { return };
        let used = (group.id, hearing.station, Key::of(part));
        self.groups_repeat |=
            self.last_group.is_some_and(|last| last.0 == used.0 && last.1 == used.1 && last.2 != used.2);
        self.last_group = Some(used);
    }

    /// The slot that a part belongs to. Of several the surest: same station, then same group, then the newest.
    fn find(&self, part: &Sentence<'_>, hearing: &Hearing, is_grouped: bool) -> Option<usize> {
        let key = Key::of(part);
        let fits = |slot: &Slot| {
            let same_group = is_grouped && slot.group_id().is_some() && slot.group_id() == group_id(hearing);
            slot.key == key
                && slot.agrees_with(hearing)
                && !slot.has(part.number)
                && (same_group || part.number > 1 && slot.is_next(part.number))
        };
        let likeness = |slot: &Slot| (slot.hearing.station == hearing.station, slot.group_id() == group_id(hearing));
        let fitting = self.slots.iter().enumerate().filter(|(_, slot)| fits(slot));
        fitting.map(|(index, slot)| (likeness(slot), index)).max().map(|(_, index)| index)
    }

    fn begin(&mut self, part: &Sentence<'_>, hearing: &Hearing, line: u64, tally: &mut AisTally) -> Step {
        let key = Key::of(part);
        if part.number == 1 {
            // Sequence numbers come round: a new first part ends the wait for the rest of an old one.
            self.give_up(tally, |slot| {
                slot.key == key && slot.hearing.station == hearing.station && slot.has(1) && slot.agrees_with(hearing)
            });
        }
        if self.slots.len() >= SLOTS {
            let oldest = self.slots.remove(0);
            oldest.count_as(Refusal::Incomplete, tally);
            self.reuse(oldest);
        }
        let mut slot = self.spare.pop().unwrap_or_default();
        slot.begin(key, hearing, line);
        if !slot.add(part) {
            self.reuse(slot);
            return Step::Refused(Refusal::TooLong);
        }
        self.slots.push(slot);
        Step::Held
    }

    fn extend(&mut self, index: usize, part: &Sentence<'_>, hearing: &Hearing, tally: &mut AisTally) -> Step {
        let Some(slot) = self.slots.get_mut(index) else { return Step::Refused(Refusal::OutOfOrder) };
        if !slot.add(part) {
            let slot = self.slots.remove(index);
            slot.count_as(Refusal::TooLong, tally);
            self.reuse(slot);
            return Step::Refused(Refusal::TooLong);
        }
        slot.hearing = if part.number == 1 { hearing.or(slot.hearing) } else { slot.hearing.or(*hearing) };
        if slot.parts() == u64::from(part.count) { Step::Complete(self.slots.remove(index)) } else { Step::Held }
    }

    fn give_up(&mut self, tally: &mut AisTally, lost: impl Fn(&Slot) -> bool) {
        for slot in self.slots.extract_if(.., |slot| lost(slot)) {
            slot.count_as(Refusal::Incomplete, tally);
            self.spare.push(slot);
        }
    }

    /// Takes back a slot that is done with.
    pub(super) fn reuse(&mut self, slot: Box<Slot>) {
        self.spare.push(slot);
    }
}

impl Slot {
    /// Makes it ready for the parts of another message.
    fn begin(&mut self, key: Key, hearing: &Hearing, line: u64) {
        (self.key, self.hearing, self.first_line, self.fill_bits) = (key, *hearing, line, 0);
        self.characters.clear();
        self.arrived.clear();
    }

    /// Parts held.
    pub(super) fn parts(&self) -> u64 {
        self.arrived.len() as u64
    }

    /// The characters of all parts in the order of their numbers.
    pub(super) fn payload(&self) -> ArrayVec<u8, CHARACTERS_MAX> {
        let mut payload = ArrayVec::new();
        for number in 1..=self.key.count {
            let mut rest = self.characters.as_slice();
            for &(arrived, length) in &self.arrived {
                let (characters, behind) = rest.split_at(usize::from(length).min(rest.len()));
                if arrived == number {
                    payload.extend(characters.iter().copied());
                }
                rest = behind;
            }
        }
        payload
    }

    /// False when the message gets longer than any may be.
    fn add(&mut self, part: &Sentence<'_>) -> bool {
        if part.number == part.count {
            self.fill_bits = part.fill_bits;
        }
        self.characters.try_extend_from_slice(part.payload).is_ok()
            && self.arrived.try_push((part.number, part.payload.len() as u16)).is_ok()
    }

    fn has(&self, number: u8) -> bool {
        self.arrived.iter().any(|&(arrived, _)| arrived == number)
    }

    /// Whether all parts before `number` are here.
    fn is_next(&self, number: u8) -> bool {
        (1..number).all(|before| self.has(before))
    }

    fn group_id(&self) -> Option<u32> {
        group_id(&self.hearing)
    }

    /// Too old for a part heard so, at `line`. Times are compared only within one clock of one station.
    fn is_stale(&self, hearing: &Hearing, line: u64) -> bool {
        let patience = if self.hearing.group.is_some() { PATIENCE_WITH_GROUP } else { PATIENCE };
        if (self.hearing.station, self.hearing.clock) == (hearing.station, hearing.clock)
            && let (Some(begun), Some(now)) = (self.hearing.time, hearing.time)
        {
            return now.millis_since(begun).saturating_abs() > patience.ms_max;
        }
        line.saturating_sub(self.first_line) > patience.lines_max
    }

    /// Nothing that both name differs.
    fn agrees_with(&self, hearing: &Hearing) -> bool {
        let station =
            self.hearing.station.is_none() || hearing.station.is_none() || self.hearing.station == hearing.station;
        let group = self.group_id().is_none() || hearing.group.is_none() || self.group_id() == group_id(hearing);
        station && group
    }

    fn count_as(&self, refusal: Refusal, tally: &mut AisTally) {
        for _ in 0..self.parts() {
            tally.refuse_text(refusal, Place::Line(self.first_line), &self.characters);
        }
    }
}

fn group_id(hearing: &Hearing) -> Option<u32> {
    hearing.group.map(|group| group.id)
}
