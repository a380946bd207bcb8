//! From tracks and the chart to findings: one file a rule, each with the evidence and the honest causes that it tested.
//!
//! [`Behaviour::sample`] takes the whole confirmed picture at each instant of event time (10 s apart) and looks at every
//! vessel once; [`Behaviour::drain`] hands over what the rules have to say. Everything streams: windows slide, memory a
//! vessel is fixed, nothing is cut at an hour or a day. Missed reports do not end a behaviour: a vessel (a `Subject`) outlives
//! its tracks. No clock, no I/O: the same samples give the same findings.
//!
//! Reads `fusion::TrackState`, `chart::Chart` and `register::Register`, and nothing else. Definitions, sources and known
//! misses: `docs/rules.md`; thresholds: `config/rules.toml`.

mod ais_gap;
mod alongside;
mod catalogue;
mod circumstances;
mod config;
mod contact;
mod continuation;
mod craft;
mod dark_vessel;
mod drifting;
mod evidence;
mod fast_approach;
mod finding;
mod gathering;
mod heading;
mod honest;
mod identity_conflict;
mod landing;
mod last_words;
mod loitering;
mod motion;
mod newcomers;
mod note;
mod overrides;
mod pairs;
mod paper;
mod places;
mod reception;
mod roll;
mod rules_error;
mod score_config;
mod shuttle;
mod spell;
mod subject;
mod surroundings;
mod voice;
mod voyage;
mod words;
mod zone_entry;

pub use catalogue::{Threshold, thresholds};
pub use config::{
    AisGapConfig, BehaviourConfig, ContactConfig, CraftConfig, DarkVesselConfig, DriftingConfig, FastApproachConfig,
    GatheringConfig, IdentityConfig, LandingConfig, LoiteringConfig, SubjectsConfig, VoyageConfig, ZoneEntryConfig,
};
pub use craft::{Craft, Known};
pub use evidence::{Evidence, Family, Geometry, HonestCause, RecordRef, Verdict};
pub use finding::{Finding, Kind, NearPlace, Stage};
pub use overrides::OverrideConfig;
pub use rules_error::RulesError;
pub use score_config::{ScoreConfig, Weights};

use std::sync::Arc;

use crate::chart::Chart;
use crate::fusion::TrackState;
use crate::register::Register;
use crate::units::EventTime;
use contact::Contacts;
use gathering::Gatherings;
use identity_conflict::Twins;
use last_words::LastWords;
use note::Note;
use overrides::Ruleset;
use reception::Reception;
use roll::Roll;
use voice::Voice;

/// All rules over all vessels.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct Behaviour {
    #[serde(skip)]
    rules: Ruleset,
    #[serde(skip)]
    register: Arc<Register>,
    roll: Roll,
    contacts: Contacts,
    gatherings: Gatherings,
    reception: Reception,
    twins: Twins,
    /// Of each vessel in the picture, at this instant.
    notes: Vec<Note>,
    voice: Voice,
}

impl Behaviour {
    /// Rules with these thresholds, which must be valid ([`BehaviourConfig::validate`]).
    pub fn new(config: BehaviourConfig) -> Self {
        Self {
            rules: Ruleset::new(config),
            register: Arc::default(),
            roll: Roll::default(),
            contacts: Contacts::default(),
            gatherings: Gatherings::default(),
            reception: Reception::default(),
            twins: Twins::default(),
            notes: Vec::new(),
            voice: Voice::new(),
        }
    }

    /// Gives rules that were read back from what was saved the thresholds that they were saved with: those are not saved.
    pub fn set_thresholds(&mut self, config: BehaviourConfig) {
        self.rules = Ruleset::new(config);
    }

    /// Takes the register to ask from now on.
    pub fn set_register(&mut self, register: Arc<Register>) {
        self.voice.set_register(Arc::clone(&register));
        self.register = register;
    }

    /// Looks at the picture at `now`: all confirmed tracks, sorted by id, predicted to `now`.
    ///
    /// To be called at every instant of a regular grid (10 s), in order; an instant before the last is ignored.
    pub fn sample(&mut self, now: EventTime, tracks: &[TrackState], chart: &Chart) {
        debug_assert!(tracks.is_sorted_by_key(|track| track.id), "tracks come sorted by id");
        if now <= self.voice.now() {
            return;
        }
        self.voice.set_now(now);
        let Self { rules, register, roll, contacts, gatherings, reception, twins, notes, voice } = self;
        let many = rules.of_many(now);
        roll.call(now, tracks, rules.base());
        roll.note_companions(now, rules.base());
        let ports_differ = chart.zones.tells_vessels_apart();
        notes.clear();
        for (subject, track) in roll.present.iter_mut().zip(tracks) {
            let stated = || track.stated.as_ref().and_then(|stated| stated.mmsi);
            if let Some(registered) = subject.craft.mmsi.or_else(stated).and_then(|mmsi| register.get(mmsi)) {
                subject.craft.learn_registered(registered);
            }
            if ports_differ {
                voyage::update(subject, &rules.base().voyage, now, chart);
            }
            subject.surroundings.refresh(now, subject.position, chart);
            let config = rules.of(subject, chart, now);
            subject.stay.set_window(config::ms(config.loitering.duration_s));
            ais_gap::listen(subject, track, reception, now);
            landing::sight(subject, track, &config.landing);
            subject.alongside.sight(track, &config.contact);
            drifting::update(subject, config, chart, voice);
            let marks = loitering::marks(subject, &config.loitering);
            let hold_ms = subject.remembered_ms(config);
            if subject.stay.push(now, subject.position, subject.ais_speed_mps(), marks, hold_ms) {
                loitering::judge(subject, config, chart, voice);
            }
            landing::update(subject, config, chart, voice);
            zone_entry::update(subject, config, chart, voice);
            fast_approach::update(subject, config, chart, voice);
            identity_conflict::update_elsewhere(subject, config, chart, voice);
            notes.push(Note::of(subject, config, &many, now));
        }
        for subject in &mut roll.absent {
            let config = rules.of(subject, chart, now);
            landing::update(subject, config, chart, voice);
            zone_entry::update(subject, config, chart, voice);
            fast_approach::update(subject, config, chart, voice);
        }
        for index in roll.note_births(rules.base()) {
            notes[index as usize].tied = true;
        }
        contacts.update(&mut roll.present, &mut roll.absent, notes, &many, chart, voice);
        let silent: Vec<_> = roll.absent.iter().filter_map(|subject| dark_vessel::Silent::of(subject)).collect();
        let dark = roll.present.iter_mut().zip(&*notes).filter(|(_, note)| note.dark).map(|(subject, _)| subject);
        for subject in dark.chain(&mut roll.absent) {
            let config = rules.of(subject, chart, now);
            dark_vessel::update(subject, &silent, config, chart, voice);
        }
        twins.update(&roll.present, notes, &many, chart, voice);
        gatherings.update(&roll.present, &many, chart, voice);
        self.look_at_names(chart);
        let Self { rules, roll, voice, .. } = self;
        for subject in roll.forget(now, rules.base()) {
            loitering::close(&subject, chart, voice);
            landing::close(&subject, chart, voice);
            zone_entry::close(&subject, chart, voice);
            fast_approach::close(&subject, chart, voice);
            dark_vessel::close(&subject, chart, voice);
            ais_gap::close(&subject, chart, voice);
            identity_conflict::close(&subject, chart, voice);
            drifting::close(&subject, chart, voice);
        }
    }

    /// Looks at vessels that have fallen silent, or changed their name: both need the last words of all.
    fn look_at_names(&mut self, chart: &Chart) {
        let Self { rules, roll, reception, notes, voice, .. } = self;
        let now = voice.now();
        reception.sweep(now);
        let mut is_due = |subject: &subject::Subject| {
            let config = rules.of(subject, chart, now);
            ais_gap::is_due(subject, &config.ais_gap, now) || subject.identity.is_due()
        };
        let asking = notes.iter().filter(|note| note.name_due).count()
            + roll.absent.iter().filter(|subject| is_due(subject)).count();
        if asking == 0 {
            return;
        }
        let everyone = roll.present.iter().chain(&roll.absent);
        let words = LastWords::of(everyone.map(|subject| &**subject), asking);
        let due = roll.present.iter_mut().zip(&*notes).filter(|(_, note)| note.name_due).map(|(subject, _)| subject);
        for subject in due.chain(&mut roll.absent) {
            let config = rules.of(subject, chart, now);
            if ais_gap::is_due(subject, &config.ais_gap, now) {
                ais_gap::update(subject, &words, reception, config, chart, voice);
            }
            if subject.identity.is_due() {
                identity_conflict::judge_rename(subject, &words, config, chart, voice);
            }
        }
    }

    /// Takes out what the rules have said since the last time, in the order of saying.
    pub fn drain(&mut self) -> Vec<Finding> {
        self.voice.drain()
    }

    /// To be called when the chart was replaced: what was remembered of the surroundings of vessels is asked anew.
    pub fn chart_changed(&mut self) {
        self.voice.chart_changed();
        for subject in self.roll.present.iter_mut().chain(&mut self.roll.absent) {
            subject.surroundings.forget();
        }
    }

    /// How many vessels are followed or remembered.
    pub fn vessels(&self) -> usize {
        self.roll.present.len() + self.roll.absent.len()
    }
}
