//! Time-keeping that all rules share: how long something has held, and which spells of it are one affair.

use crate::units::EventTime;

/// How long a condition has held, forgiving short breaks.
///
/// Feed it at every instant with `Some(true)`, `Some(false)`, or `None` when nothing could be observed. A break of up to
/// the grace is forgiven and counts as held; a longer one starts anew.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Dwell {
    interval: Option<(EventTime, EventTime)>,
}

impl Dwell {
    /// Takes note of `holds` at `now`; breaks up to `grace_ms` are forgiven.
    pub(super) fn feed(&mut self, now: EventTime, holds: Option<bool>, grace_ms: i64) {
        match (holds, self.interval) {
            (Some(true), Some((began, last))) if now.millis_since(last) <= grace_ms => {
                self.interval = Some((began, now))
            }
            (Some(true), _) => self.interval = Some((now, now)),
            (Some(false), Some((_, last))) if now.millis_since(last) > grace_ms => self.interval = None,
            _ => {}
        }
    }

    /// Starts at an instant in the past that is known only now.
    pub(super) fn begin_at(&mut self, began: EventTime, last: EventTime) {
        self.interval = Some((began, last.max(began)));
    }

    /// Since when the condition has held.
    pub(super) fn began(&self) -> Option<EventTime> {
        self.interval.map(|(began, _)| began)
    }

    /// The last instant at which it held.
    pub(super) fn last(&self) -> Option<EventTime> {
        self.interval.map(|(_, last)| last)
    }

    /// For how long it has held, in milliseconds; 0 when it does not.
    pub(super) fn held_ms(&self) -> i64 {
        self.interval.map_or(0, |(began, last)| last.millis_since(began))
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.interval = None;
    }
}

/// One affair that has been told: spells of the same behaviour no farther apart than the rule's merge time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spell {
    /// Number of the affair.
    pub(super) affair: u64,
    /// When the behaviour began.
    pub(super) began: EventTime,
    /// When the definition was met for the first time.
    pub(super) start: EventTime,
    /// The last instant at which it was.
    pub(super) last: EventTime,
    /// When something was last said of it.
    pub(super) told: EventTime,
    /// Whether it is met at present, as last said.
    pub(super) ongoing: bool,
}

/// The times that shape the spells of one rule, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rhythm {
    /// How long the condition must have held to be told.
    pub(super) need_ms: i64,
    /// Spells that begin no longer than this after the end of the last are the same affair.
    pub(super) merge_ms: i64,
}

/// What is to be said of a spell after an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Say {
    /// A new affair.
    Started,
    /// It was taken up again, or paused, or a minute has passed.
    Updated,
    /// It is over.
    Ended,
}

impl Spell {
    /// Brings `spell` up to `now`. `met` gives (began, start, last) of the condition while the definition is met.
    ///
    /// `rhythm` says how far apart two spells of one affair may be. A spell that has ended is taken out and returned, so
    /// that a new one can follow. `next_affair` numbers new ones.
    pub(super) fn step(
        spell: &mut Option<Self>,
        now: EventTime,
        met: Option<(EventTime, EventTime, EventTime)>,
        rhythm: Rhythm,
        next_affair: &mut u64,
    ) -> Option<(Say, Self)> {
        /// How often watchers hear of an affair that goes on, in milliseconds.
        const REFRESH_MS: i64 = 60_000;
        if let Some((began, start, last)) = met {
            if let Some(open) = spell
                && began.millis_since(open.last) <= rhythm.merge_ms
            {
                let resumed = !open.ongoing;
                open.last = open.last.max(last);
                open.ongoing = true;
                if resumed || now.millis_since(open.told) >= REFRESH_MS {
                    open.told = now;
                    return Some((Say::Updated, *open));
                }
                return None;
            }
            // A spell older than the merge time was ended at an instant before: see below.
            let fresh = Self { affair: *next_affair, began, start, last, told: now, ongoing: true };
            *next_affair += 1;
            *spell = Some(fresh);
            return Some((Say::Started, fresh));
        }
        let open = spell.as_mut()?;
        // A condition that began within the merge time may take until `need_ms` later to be met.
        if now.millis_since(open.last) > rhythm.merge_ms + rhythm.need_ms {
            open.ongoing = false;
            return spell.take().map(|ended| (Say::Ended, ended));
        }
        if open.ongoing {
            open.ongoing = false;
            open.told = now;
            return Some((Say::Updated, *open));
        }
        None
    }

    /// When it ended, as far as known now.
    pub(super) fn end(&self) -> Option<EventTime> {
        (!self.ongoing).then_some(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RHYTHM: Rhythm = Rhythm { need_ms: 0, merge_ms: 600_000 };

    fn at(seconds: i64) -> EventTime {
        EventTime::from_seconds(seconds)
    }

    #[test]
    fn a_short_break_is_forgiven_and_a_long_one_is_not() {
        let mut dwell = Dwell::default();
        for second in (0..=300).step_by(10) {
            dwell.feed(at(second), Some(!(100..150).contains(&second)), 60_000);
        }
        assert_eq!(dwell.held_ms(), 300_000);
        for second in (310..=400).step_by(10) {
            dwell.feed(at(second), Some(false), 60_000);
        }
        assert_eq!(dwell.held_ms(), 0);
    }

    #[test]
    fn what_cannot_be_seen_changes_nothing() {
        let mut dwell = Dwell::default();
        dwell.feed(at(0), Some(true), 60_000);
        for second in (10..=50).step_by(10) {
            dwell.feed(at(second), None, 60_000);
        }
        dwell.feed(at(60), Some(true), 60_000);
        assert_eq!(dwell.held_ms(), 60_000);
    }

    #[test]
    fn two_spells_within_the_merge_time_are_one_affair() {
        let (mut spell, mut next) = (None, 1);
        let mut said = Vec::new();
        for second in (0..=2_000).step_by(10) {
            let met = (second < 200 || (400..500).contains(&second)).then(|| {
                let began = if second < 200 { 0 } else { 400 };
                (at(began), at(began), at(second))
            });
            if let Some((say, what)) = Spell::step(&mut spell, at(second), met, RHYTHM, &mut next) {
                said.push((say, what.affair, what.end()));
            }
        }
        assert_eq!(said.first(), Some(&(Say::Started, 1, None)));
        assert_eq!(said.last(), Some(&(Say::Ended, 1, Some(at(490)))));
        assert!(said.iter().all(|(_, affair, _)| *affair == 1));
        assert_eq!(next, 2);
    }
}
