//! How rules speak: findings are collected here, numbered, and given a place with a name.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::circumstances;
use super::evidence::{Evidence, HonestCause};
use super::finding::{Finding, Kind, NearPlace, Stage};
use super::spell::{Rhythm, Say, Sign, Spell};
use super::subject::Who;
use crate::chart::{Chart, ShoreHint};
use crate::geodesy::{LatLon, is_night};
use crate::register::Register;
use crate::units::{EventTime, Mmsi};

/// The most vessels of which is known where the shore was; who is spoken of is spoken of again within the minute.
const HINTS_MAX: usize = 16_384;

/// Collects what rules say at one instant.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Voice {
    now: EventTime,
    next_affair: u64,
    findings: Vec<Finding>,
    #[serde(skip)]
    register: Arc<Register>,
    /// Where the shore was when a vessel was last spoken of.
    hints: FxHashMap<u64, ShoreHint>,
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
    pub(super) honest_causes: Vec<HonestCause>,
}

impl Telling {
    /// That an affair is over, or taken back, for the reason that `evidence` gives.
    fn last_word(kind: Kind, spell: Spell, zone: Option<String>, evidence: Vec<Evidence>) -> Self {
        let (say, other, confidence, honest_causes) = (Say::Ended, None, 0.0, Vec::new());
        Self { kind, say, spell, other, zone, confidence, evidence, honest_causes }
    }
}

impl Voice {
    pub(super) fn new() -> Self {
        Self {
            now: EventTime::default(),
            next_affair: 1,
            findings: Vec::new(),
            register: Arc::default(),
            hints: FxHashMap::default(),
        }
    }

    /// Takes the register to speak from.
    pub(super) fn set_register(&mut self, register: Arc<Register>) {
        self.register = register;
    }

    /// Whether the register gives a vessel leave to be in a zone now.
    pub(super) fn permits(&self, mmsi: Option<Mmsi>, zone: &str) -> bool {
        mmsi.and_then(|mmsi| self.register.get(mmsi)).is_some_and(|vessel| vessel.may_enter(zone, self.now))
    }

    /// Forgets where the shore is: the chart is another one.
    pub(super) fn chart_changed(&mut self) {
        self.hints.clear();
    }

    /// Moves on to `now`.
    pub(super) fn set_now(&mut self, now: EventTime) {
        self.now = now;
    }

    /// The instant that is being looked at.
    pub(super) fn now(&self) -> EventTime {
        self.now
    }

    /// Brings a spell up to now, for a rule that tells nothing before its definition is met; `met` is when that began, was
    /// met, and last held. See [`Spell::step`].
    pub(super) fn step(
        &mut self,
        spell: &mut Option<Spell>,
        met: Option<(EventTime, EventTime, EventTime)>,
        rhythm: Rhythm,
    ) -> Option<(Say, Spell)> {
        self.step_staged(spell, met.map(|(began, start, last)| Sign::Met { began, start, last }), rhythm)
    }

    /// Brings a spell up to now, for a rule that has an early sign; see [`Spell::step`].
    pub(super) fn step_staged(
        &mut self,
        spell: &mut Option<Spell>,
        sign: Option<Sign>,
        rhythm: Rhythm,
    ) -> Option<(Say, Spell)> {
        Spell::step(spell, self.now, sign, rhythm, &mut self.next_affair)
    }

    /// Says it of `subject`.
    pub(super) fn tell(&mut self, telling: Telling, who: Who, chart: &Chart) {
        let stage = match telling.spell {
            spell if !spell.ongoing || telling.say == Say::Ended => Stage::Closed,
            spell if spell.confirmed => Stage::Confirmed,
            _ => Stage::Developing,
        };
        self.push(telling, stage, who, chart);
    }

    /// Says that an affair is over because nobody knows the vessel any more.
    pub(super) fn end(&mut self, kind: Kind, mut spell: Spell, zone: Option<String>, who: Who, chart: &Chart) {
        spell.ongoing = false;
        self.push(Telling::last_word(kind, spell, zone, Vec::new()), Stage::Closed, who, chart);
    }

    /// Takes an affair back, with the reason.
    pub(super) fn withdraw(&mut self, kind: Kind, spell: Spell, reason: Evidence, who: Who, chart: &Chart) {
        self.push(Telling::last_word(kind, spell, None, vec![reason]), Stage::Withdrawn, who, chart);
    }

    fn push(&mut self, telling: Telling, stage: Stage, who: Who, chart: &Chart) {
        let Telling { kind, spell, other, zone, confidence, mut evidence, mut honest_causes, .. } = telling;
        let night = is_night(who.place, spell.began);
        // An empty list says that nothing new is known.
        if !evidence.is_empty() && stage.goes_on() {
            if night {
                evidence.push(circumstances::night(who.place, &spell, self.now));
            }
            if let Some(vessel) = who.mmsi.and_then(|mmsi| self.register.get(mmsi)) {
                evidence.extend(circumstances::history(vessel, &spell, self.now));
                honest_causes.extend(circumstances::honest_causes(vessel, who.place, chart, self.now));
            }
            if kind.is_excused_by_ports() {
                honest_causes.extend(who.ports.honest_cause(chart));
            }
        }
        if self.hints.len() >= HINTS_MAX && !self.hints.contains_key(&who.vessel) {
            self.hints.clear();
        }
        let near = near_place(who.place, chart, self.hints.entry(who.vessel).or_default());
        self.findings.push(Finding {
            affair: spell.affair,
            kind,
            stage,
            at: self.now,
            told: self.now,
            subject: who.track,
            vessel: who.vessel,
            other_vessel: other.map(|other| other.vessel),
            other: other.map(|other| other.track),
            mmsi: who.mmsi,
            other_mmsi: other.and_then(|other| other.mmsi),
            began: spell.began,
            start: spell.start,
            end: if stage.goes_on() { None } else { spell.end() },
            place: who.place,
            near,
            jurisdiction: chart.jurisdiction(who.place, self.now).map(str::to_owned),
            night,
            zone,
            confidence,
            evidence,
            honest_causes,
        });
    }

    /// Hands over what was said since the last time.
    pub(super) fn drain(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.findings)
    }
}

/// The nearest port, harbour, anchorage or shore, for people to find the place.
fn near_place(place: LatLon, chart: &Chart, hint: &mut ShoreHint) -> Option<NearPlace> {
    let place = chart.nearest_named_place_again(place, hint)?;
    Some(NearPlace { in_english: place.in_english(), in_chinese: place.in_chinese(), distance_m: place.distance_m })
}
