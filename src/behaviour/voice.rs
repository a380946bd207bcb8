//! How rules speak: findings are collected here, numbered, and given a place with a name.

use super::finding::{Evidence, Finding, Kind, NearPlace, Phase};
use super::spell::{Rhythm, Say, Spell};
use super::subject::Who;
use crate::chart::Chart;
use crate::geodesy::LatLon;
use crate::units::EventTime;

/// Collects what rules say at one instant.
#[derive(Debug)]
pub(super) struct Voice {
    now: EventTime,
    next_affair: u64,
    findings: Vec<Finding>,
}

/// What a rule wants told of one spell.
pub(super) struct Telling {
    pub(super) kind: Kind,
    pub(super) say: Say,
    pub(super) spell: Spell,
    pub(super) other: Option<Who>,
    pub(super) zone: Option<String>,
    pub(super) confidence: f64,
    pub(super) evidence: Vec<Evidence>,
}

impl Voice {
    pub(super) fn new() -> Self {
        Self { now: EventTime::default(), next_affair: 1, findings: Vec::new() }
    }

    /// Moves on to `now`.
    pub(super) fn set_now(&mut self, now: EventTime) {
        self.now = now;
    }

    /// The instant that is being looked at.
    pub(super) fn now(&self) -> EventTime {
        self.now
    }

    /// Brings a spell up to now; see [`Spell::step`].
    pub(super) fn step(
        &mut self,
        spell: &mut Option<Spell>,
        met: Option<(EventTime, EventTime, EventTime)>,
        rhythm: Rhythm,
    ) -> Option<(Say, Spell)> {
        Spell::step(spell, self.now, met, rhythm, &mut self.next_affair)
    }

    /// Says it of `subject`.
    pub(super) fn tell(&mut self, telling: Telling, who: Who, chart: &Chart) {
        let phase = match telling.say {
            Say::Started => Phase::Started,
            Say::Updated => Phase::Updated,
            Say::Ended => Phase::Ended,
        };
        self.push(telling, phase, who, chart);
    }

    /// Says that an affair is over because nobody knows the vessel any more.
    pub(super) fn end(&mut self, kind: Kind, mut spell: Spell, zone: Option<String>, who: Who, chart: &Chart) {
        spell.ongoing = false;
        let telling =
            Telling { kind, say: Say::Ended, spell, other: None, zone, confidence: 0.0, evidence: Vec::new() };
        self.push(telling, Phase::Ended, who, chart);
    }

    /// Takes an affair back, with the reason.
    pub(super) fn withdraw(&mut self, kind: Kind, spell: Spell, reason: Evidence, who: Who, chart: &Chart) {
        let telling =
            Telling { kind, say: Say::Ended, spell, other: None, zone: None, confidence: 0.0, evidence: vec![reason] };
        self.push(telling, Phase::Withdrawn, who, chart);
    }

    fn push(&mut self, telling: Telling, phase: Phase, who: Who, chart: &Chart) {
        let Telling { kind, spell, other, zone, confidence, evidence, .. } = telling;
        self.findings.push(Finding {
            affair: spell.affair,
            kind,
            phase,
            at: self.now,
            subject: who.track,
            other: other.map(|other| other.track),
            mmsi: who.mmsi,
            other_mmsi: other.and_then(|other| other.mmsi),
            began: spell.began,
            start: spell.start,
            end: if phase == Phase::Started { None } else { spell.end() },
            place: who.place,
            near: near_place(who.place, chart),
            zone,
            confidence,
            evidence,
        });
    }

    /// Hands over what was said since the last time.
    pub(super) fn drain(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.findings)
    }
}

/// The nearest port, harbour, anchorage or shore, for people to find the place.
fn near_place(place: LatLon, chart: &Chart) -> Option<NearPlace> {
    let place = chart.nearest_named_place(place)?;
    Some(NearPlace { in_english: place.in_english(), in_chinese: place.in_chinese(), distance_m: place.distance_m })
}
