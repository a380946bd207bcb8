//! One AIS transmission heard by several stations: taken once, with who heard it.
//!
//! Two stations write the same content with times a little apart. The table holds every content of the last seconds of
//! receipt time with its time and hearers; memory is bounded by that window and by a cap.

use std::collections::VecDeque;

use arrayvec::ArrayVec;
use rustc_hash::FxHashMap;
use smallvec::{SmallVec, smallvec};

use crate::units::{EventTime, SensorId};

/// Two stations hear one transmission within this time by their corrected clocks, in milliseconds: twice the offset that
/// a clock may have before it is known, and a second for clocks of whole seconds.
const SAME_TRANSMISSION_MS: i64 = 2 * super::CLOCK_OFF_MAX_MS + 1_000;
/// How long a transmission is remembered, in milliseconds of receipt: the latest record of it may come that late.
const REMEMBERED_MS: i64 = super::LATE_MAX_MS + super::CLOCK_OFF_MAX_MS + SAME_TRANSMISSION_MS;
/// The most transmissions remembered: 40 s at 3,000 messages a second, many times what the channels carry in one area.
const REMEMBERED_MAX: usize = 1 << 17;
/// The most hearers of one transmission that are listed; further ones are not told apart.
pub const HEARD_BY_MAX: usize = 8;

/// The sensors that heard a transmission, in the order in which they were taken.
pub type HeardBy = ArrayVec<SensorId, HEARD_BY_MAX>;

/// What the table says of one more hearing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hearing {
    /// Not heard before.
    First,
    /// Heard before; by this many sensors, this one counted.
    Again {
        /// Number of sensors now, and whether this one is new among them.
        sensors: usize,
        /// This sensor had not reported it yet.
        new_sensor: bool,
    },
    /// The very same record of the same sensor.
    Repeated,
}

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Transmission {
    corrected: EventTime,
    /// At most [`HEARD_BY_MAX`]; as a rule one or two, and the table is large.
    hearers: SmallVec<[(SensorId, EventTime); 2]>,
}

/// The transmissions of the last seconds by the hash of their content.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Transmissions {
    /// As a rule one; more when a ship repeats itself within the time remembered.
    by_content: FxHashMap<u64, SmallVec<[Transmission; 1]>>,
    ages: VecDeque<(EventTime, u64)>,
}

impl Transmissions {
    /// Takes note of a hearing: by `sensor`, at `tag` by its own clock and `corrected` by UTC, received at `received`.
    pub(super) fn hear(
        &mut self,
        content: u64,
        sensor: SensorId,
        tag: EventTime,
        corrected: EventTime,
        received: EventTime,
    ) -> Hearing {
        self.forget(received);
        let same_content = self.by_content.entry(content).or_default();
        let near = |known: &&mut Transmission| corrected.millis_since(known.corrected).abs() <= SAME_TRANSMISSION_MS;
        if let Some(known) = same_content.iter_mut().find(near) {
            if known.hearers.contains(&(sensor, tag)) {
                return Hearing::Repeated;
            }
            let new_sensor = known.hearers.iter().all(|&(hearer, _)| hearer != sensor);
            if known.hearers.len() < HEARD_BY_MAX {
                known.hearers.push((sensor, tag));
            }
            return Hearing::Again { sensors: sensors_of(&known.hearers).len(), new_sensor };
        }
        same_content.push(Transmission { corrected, hearers: smallvec![(sensor, tag)] });
        self.ages.push_back((received, content));
        Hearing::First
    }

    /// Who heard the latest transmission of a content, as long as it is remembered.
    pub(super) fn heard_by(&self, content: u64) -> HeardBy {
        let latest = self.by_content.get(&content).and_then(|same_content| same_content.last());
        latest.map(|known| sensors_of(&known.hearers)).unwrap_or_default()
    }

    fn forget(&mut self, now: EventTime) {
        while let Some(&(received, content)) = self.ages.front() {
            if now.millis_since(received) <= REMEMBERED_MS && self.ages.len() < REMEMBERED_MAX {
                return;
            }
            self.ages.pop_front();
            if let Some(same_content) = self.by_content.get_mut(&content) {
                // Oldest first in both lists.
                if !same_content.is_empty() {
                    same_content.remove(0);
                }
                if same_content.is_empty() {
                    self.by_content.remove(&content);
                }
            }
        }
    }

    /// Every broken invariant, in words.
    #[cfg(test)]
    pub(super) fn validate(&self) -> Vec<String> {
        let mut broken = Vec::new();
        let transmissions: usize = self.by_content.values().map(|same_content| same_content.len()).sum();
        if transmissions != self.ages.len() {
            broken.push(format!("{transmissions} transmissions but {} ages", self.ages.len()));
        }
        if self.ages.len() > REMEMBERED_MAX {
            broken.push(format!("{} ages", self.ages.len()));
        }
        broken
    }
}

fn sensors_of(hearers: &[(SensorId, EventTime)]) -> HeardBy {
    let mut sensors = HeardBy::new();
    for &(sensor, _) in hearers {
        if !sensors.contains(&sensor) {
            let _ = sensors.try_push(sensor);
        }
    }
    sensors
}
