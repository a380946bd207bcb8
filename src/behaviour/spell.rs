//! Time-keeping that all rules share: how long something has held, and which spells of it are one affair.

use crate::units::EventTime;

/// How long a condition has held, forgiving short breaks.
///
/// Feed it at every instant with `Some(true)`, `Some(false)`, or `None` when nothing could be observed. A break of up to
/// the grace is forgiven and counts as held; a longer one starts anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Dwell {
    interval: Option<(EventTime, EventTime)>,
    /// Nothing could be observed at the last instant.
    blind: bool,
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

    /// The same where it could not be watched for a while: what was not seen to stop is taken to have gone on for up to
    /// `unseen_ms`.
    pub(super) fn feed_after_sight(&mut self, now: EventTime, holds: Option<bool>, grace_ms: i64, unseen_ms: i64) {
        let unseen = self.interval.is_some() && self.blind;
        self.feed(now, holds, if unseen { unseen_ms } else { grace_ms });
        self.blind = holds.is_none();
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
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Spell {
    /// Number of the affair.
    pub(super) affair: u64,
    /// When the behaviour began.
    pub(super) began: EventTime,
    /// When the definition was met for the first time; while it is developing, when it first looked like it.
    pub(super) start: EventTime,
    /// The last instant at which it was.
    pub(super) last: EventTime,
    /// When something was last said of it.
    pub(super) told: EventTime,
    /// Whether it is met at present, as last said.
    pub(super) ongoing: bool,
    /// Whether the definition has ever been met. Until then it is developing.
    pub(super) confirmed: bool,
}

/// The times that shape the spells of one rule, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rhythm {
    /// How long the condition must have held to be told.
    pub(super) need_ms: i64,
    /// Spells that begin no longer than this after the end of the last are the same affair.
    pub(super) merge_ms: i64,
}

/// What a rule sees at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// It looks like the behaviour; the definition is not met yet.
    Early { began: EventTime, last: EventTime },
    /// The definition is met, first at `start`.
    Met { began: EventTime, start: EventTime, last: EventTime },
}

impl Sign {
    /// The sign of something that has held since `began` up to `last`, `held_ms` long: met after `need_ms`, early after
    /// a third of it.
    pub(super) fn of_duration(began: EventTime, last: EventTime, held_ms: i64, need_ms: i64) -> Option<Self> {
        if held_ms >= need_ms {
            Some(Self::Met { began, start: began.plus_millis(need_ms), last })
        } else {
            (held_ms * 3 >= need_ms).then_some(Self::Early { began, last })
        }
    }

    fn began(self) -> EventTime {
        match self {
            Self::Early { began, .. } | Self::Met { began, .. } => began,
        }
    }

    fn last(self) -> EventTime {
        match self {
            Self::Early { last, .. } | Self::Met { last, .. } => last,
        }
    }
}

/// What is to be said of a spell after an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Say {
    /// A new affair: confirmed at once, or developing ([`Spell::confirmed`]).
    Started,
    /// One that was developing meets the definition.
    Confirmed,
    /// It was taken up again, or paused, or a minute has passed.
    Updated,
    /// It is over.
    Ended,
}

impl Spell {
    /// How often watchers hear of an affair that goes on, in milliseconds.
    const REFRESH_MS: i64 = 60_000;

    /// Brings `spell` up to `now`.
    ///
    /// `rhythm` says how far apart two spells of one affair may be. A spell that has ended is taken out and returned, so
    /// that a new one can follow; one that never met the definition ends as soon as nothing looks like it any more.
    /// `next_affair` numbers new ones.
    pub(super) fn step(
        spell: &mut Option<Self>,
        now: EventTime,
        sign: Option<Sign>,
        rhythm: Rhythm,
        next_affair: &mut u64,
    ) -> Option<(Say, Self)> {
        // What was confirmed once is not taken up again by a mere look.
        let counts = |open: &Self, sign: &Sign| matches!(sign, Sign::Met { .. }) || !open.confirmed;
        match (spell.as_mut(), sign) {
            (Some(open), Some(sign)) if !counts(open, &sign) => Self::pause_or_end(spell, now, rhythm),
            (Some(open), Some(sign)) if sign.began().millis_since(open.last) <= rhythm.merge_ms => {
                open.go_on(now, sign)
            }
            (_, Some(sign)) => {
                let (began, last) = (sign.began(), sign.last());
                let (start, confirmed) = match sign {
                    Sign::Early { .. } => (now, false),
                    Sign::Met { start, .. } => (start, true),
                };
                let fresh = Self { affair: *next_affair, began, start, last, told: now, ongoing: true, confirmed };
                *next_affair += 1;
                *spell = Some(fresh);
                Some((Say::Started, fresh))
            }
            (Some(_), None) => Self::pause_or_end(spell, now, rhythm),
            (None, None) => None,
        }
    }

    fn go_on(&mut self, now: EventTime, sign: Sign) -> Option<(Say, Self)> {
        let resumed = !self.ongoing;
        self.last = self.last.max(sign.last());
        self.ongoing = true;
        if let (false, Sign::Met { start, .. }) = (self.confirmed, sign) {
            (self.confirmed, self.start, self.told) = (true, start, now);
            return Some((Say::Confirmed, *self));
        }
        if resumed || now.millis_since(self.told) >= Self::REFRESH_MS {
            self.told = now;
            return Some((Say::Updated, *self));
        }
        None
    }

    fn pause_or_end(spell: &mut Option<Self>, now: EventTime, rhythm: Rhythm) -> Option<(Say, Self)> {
        let open = spell.as_mut()?;
        // A condition that began within the merge time may take until `need_ms` later to be met.
        let over = now.millis_since(open.last) > rhythm.merge_ms + rhythm.need_ms;
        if over || !open.confirmed {
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

    /// Whether the definition is or was met; a spell that only looks like it is not spoken of yet.
    pub(super) fn is_confirmed(spell: &Option<Self>) -> bool {
        spell.is_some_and(|spell| spell.confirmed)
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
            let sign = met.map(|(began, start, last)| Sign::Met { began, start, last });
            if let Some((say, what)) = Spell::step(&mut spell, at(second), sign, RHYTHM, &mut next) {
                said.push((say, what.affair, what.end()));
            }
        }
        assert_eq!(said.first(), Some(&(Say::Started, 1, None)));
        assert_eq!(said.last(), Some(&(Say::Ended, 1, Some(at(490)))));
        assert!(said.iter().all(|(_, affair, _)| *affair == 1));
        assert_eq!(next, 2);
    }

    #[test]
    fn a_spell_develops_is_confirmed_and_keeps_its_number() {
        let (mut spell, mut next) = (None, 1);
        let mut said = Vec::new();
        for second in (0..=400).step_by(10) {
            let (began, last) = (at(0), at(second));
            let sign = match second {
                0..100 => None,
                100..300 => Some(Sign::Early { began, last }),
                _ => Some(Sign::Met { began, start: at(300), last }),
            };
            said.extend(Spell::step(&mut spell, at(second), sign, RHYTHM, &mut next).map(|it| (second, it.0, it.1)));
        }
        let heard: Vec<_> = said.iter().map(|(second, say, _)| (*second, *say)).collect();
        assert_eq!(heard[0], (100, Say::Started));
        assert!(heard.contains(&(300, Say::Confirmed)), "{heard:?}");
        assert!(said.iter().all(|(second, _, spell)| spell.affair == 1 && spell.confirmed == (*second >= 300)));
    }

    #[test]
    fn what_only_looked_like_it_ends_when_it_no_longer_does() {
        let (mut spell, mut next) = (None, 1);
        let early = Some(Sign::Early { began: at(0), last: at(100) });
        assert_eq!(Spell::step(&mut spell, at(100), early, RHYTHM, &mut next).unwrap().0, Say::Started);
        let (say, ended) = Spell::step(&mut spell, at(110), None, RHYTHM, &mut next).unwrap();
        assert_eq!((say, ended.confirmed, ended.end(), spell), (Say::Ended, false, Some(at(100)), None));
    }
}
