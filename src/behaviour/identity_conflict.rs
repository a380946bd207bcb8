//! `identity_conflict`: a vessel under way changes its MMSI; two vessels send one; or a vessel reports a position where it is
//! not.
//!
//! Definition: (a) a vessel under way changes its MMSI; (b) two vessels more than 2,000 m apart send the same MMSI; (c) the
//! position that a vessel reports is more than 1,000 m from where radar sees it, for 60 s. Told apart from honest causes: a
//! single wild fix (it must last), a name that fusion passed from one track to another (the old one is still heard, or the
//! new one was known elsewhere before).

use std::collections::BTreeMap;

use super::config::{BehaviourConfig, IdentityConfig, ms};
use super::evidence::Evidence;
use super::finding::Kind;
use super::last_words::LastWords;
use super::note::Note;
use super::spell::{Dwell, Rhythm, Spell};
use super::subject::{Subject, Who};
use super::voice::{Telling, Voice};
use super::{honest, paper};
use crate::chart::Chart;
use crate::fusion::Sources;
use crate::geodesy::distance_m;
use crate::units::{EventTime, Mmsi, TrackId};

/// A vessel heard longer ago than this does not count as sending, in milliseconds: six reports of class A under way, two of
/// class B.
const SENDING_MS: i64 = 60_000;
/// Reports that point elsewhere count for so long after the last of them, in milliseconds: two intervals at anchor.
const CLAIMING_MS: i64 = 400_000;
/// The most pairs of twins followed at once.
const TWINS_MAX: usize = 1_024;

/// What is kept of a vessel for this rule.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct State {
    /// A change of its MMSI that has not been judged yet.
    renamed: Option<Renamed>,
    rename_spell: Option<Spell>,
    elsewhere: Dwell,
    elsewhere_spell: Option<Spell>,
}

/// A change of MMSI.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Renamed {
    from: Mmsi,
    to: Mmsi,
    at: EventTime,
    speed_mps: f64,
}

impl State {
    /// Whether anything has been told.
    pub(super) fn has_spoken(&self) -> bool {
        Spell::is_confirmed(&self.rename_spell) || Spell::is_confirmed(&self.elsewhere_spell)
    }

    /// Whether it has been told that its reports point elsewhere: then it is not silent.
    pub(super) fn reports_elsewhere(&self) -> bool {
        self.elsewhere_spell.is_some()
    }

    /// Takes note that the track of a vessel bears another MMSI from `at` on.
    pub(super) fn rename(&mut self, from: Mmsi, to: Mmsi, at: EventTime, speed_mps: f64) {
        self.renamed = match self.renamed {
            // Back to the old one before it was judged: nothing has happened.
            Some(pending) if pending.from == to => None,
            Some(pending) => Some(Renamed { to, ..pending }),
            None => Some(Renamed { from, to, at, speed_mps }),
        };
    }

    /// Whether there is a change to be judged.
    pub(super) fn is_due(&self) -> bool {
        self.rename_spell.is_some() || self.renamed.is_some()
    }
}

/// Judges a change of MMSI that has lasted.
pub(super) fn judge_rename(
    subject: &mut Subject,
    words: &LastWords,
    config: &BehaviourConfig,
    chart: &Chart,
    voice: &mut Voice,
) {
    let rules = &config.identity_conflict;
    let now = voice.now();
    // The new name may have had a track of its own before fusion saw that it is this vessel.
    let first_heard = |renamed: &Renamed| {
        let own_track = words.others_of(subject, Some(renamed.to)).map(|word| word.first_heard).min();
        own_track
            .filter(|first| renamed.at.millis_since(*first) <= SENDING_MS)
            .map_or(renamed.at, |first| first.min(renamed.at))
    };
    let pending = subject.identity.renamed.map(|renamed| Renamed { at: first_heard(&renamed), ..renamed });
    let pending = pending.filter(|renamed| now.millis_since(renamed.at) >= ms(rules.renamed_lasts_s));
    let mut met = None;
    if let Some(renamed) = pending {
        subject.identity.renamed = None;
        let old_is_heard = words.others_of(subject, Some(renamed.from)).any(|word| word.heard >= renamed.at);
        let mut new_words = words.others_of(subject, Some(renamed.to));
        let new_was_known = new_words.any(|word| renamed.at.millis_since(word.first_heard) > SENDING_MS);
        if subject.craft.mmsi == Some(renamed.to)
            && renamed.speed_mps >= rules.under_way_mps
            && !old_is_heard
            && !new_was_known
        {
            met = Some(renamed);
        }
    }
    let rhythm = Rhythm { need_ms: 0, merge_ms: ms(rules.merge_s) };
    let interval = met.map(|renamed| (renamed.at, renamed.at, now));
    let Some((say, spell)) = voice.step(&mut subject.identity.rename_spell, interval, rhythm) else { return };
    let mut evidence = met.map(|renamed| rename_evidence(subject, renamed, rules, now)).unwrap_or_default();
    let mut honest_causes = Vec::new();
    if let Some(renamed) = met {
        evidence.extend(paper::contradictions(subject, now));
        honest_causes.push(honest::wild_fix(now.seconds_since(renamed.at)));
    }
    let telling = Telling {
        kind: Kind::IdentityConflict,
        say,
        spell,
        other: None,
        zone: None,
        confidence: 0.9,
        evidence,
        honest_causes,
    };
    voice.tell(telling, subject.who(), chart);
}

fn rename_evidence(subject: &Subject, renamed: Renamed, rules: &IdentityConfig, now: EventTime) -> Vec<Evidence> {
    let Renamed { from, to, at, speed_mps } = renamed;
    let lasted = now.seconds_since(at);
    vec![
        Evidence {
            code: "mmsi_changed",
            observed: lasted,
            threshold: f64::from(rules.lasts_s),
            unit: "s",
            from: at,
            to: now,
            sensors: subject.sources,
            sentence_en: format!(
                "The vessel sent MMSI {from}, and sends MMSI {to} since; it has been followed without a break."
            ),
            sentence_zh: format!("该船原使用MMSI {from}，现改用MMSI {to}，期间航迹连续未中断。"),
            ..Evidence::default()
        },
        Evidence {
            code: "under_way",
            observed: speed_mps,
            threshold: rules.under_way_mps,
            unit: "m/s",
            from: at,
            to: now,
            sensors: subject.sources,
            sentence_en: format!(
                "It changed while under way at {speed_mps:.1} m/s; MMSI {from} has not been heard since."
            ),
            sentence_zh: format!("更换时航速{speed_mps:.1}米/秒，处于航行状态；此后未再收到MMSI {from}的信号。"),
            ..Evidence::default()
        },
    ]
}

/// Looks at a vessel whose reports point to another place than where sensors see it.
pub(super) fn update_elsewhere(subject: &mut Subject, config: &BehaviourConfig, chart: &Chart, voice: &mut Voice) {
    let idle = subject.identity.elsewhere_spell.is_none() && subject.identity.elsewhere.began().is_none();
    if idle && subject.ais_elsewhere.is_none() {
        return;
    }
    let rules = &config.identity_conflict;
    let now = voice.now();
    let gap_m = subject.ais_elsewhere.map_or(0.0, |claim| distance_m(claim.position, subject.position));
    // No report since that fits; at anchor, as it may claim to be, it sends every 3 min.
    let heard = subject.ais_elsewhere.is_some_and(|claim| {
        now.millis_since(claim.last) <= CLAIMING_MS && subject.last_ais.is_none_or(|last| last <= claim.since)
    });
    let seen = subject.present_at == now && (subject.sources.radar || subject.sources.eo) && subject.measured_lately();
    let apart = heard && gap_m - 2.0 * subject.sigma_m > rules.elsewhere_m;
    let state = &mut subject.identity;
    if apart && seen && state.elsewhere.began().is_none() {
        // It was elsewhere from the first such report on, though that is known only now.
        let since = subject.ais_elsewhere.map_or(now, |claim| claim.since);
        state.elsewhere.begin_at(since, now);
    }
    state.elsewhere.feed(now, seen.then_some(apart), SENDING_MS);
    let need_ms = ms(rules.lasts_s);
    if seen && !apart && subject.ais_elsewhere.is_none() {
        // A report that fits again: the others were wild.
        state.elsewhere.clear();
    }
    let lasting = state.elsewhere.last().is_some_and(|last| now.millis_since(last) <= SENDING_MS);
    let met = state
        .elsewhere
        .began()
        .zip(state.elsewhere.last())
        .filter(|_| lasting && state.elsewhere.held_ms() >= need_ms)
        .map(|(began, last)| (began, began.plus_millis(need_ms), last));
    let rhythm = Rhythm { need_ms, merge_ms: ms(rules.merge_s) };
    let Some((say, spell)) = voice.step(&mut subject.identity.elsewhere_spell, met, rhythm) else { return };
    let (mut evidence, mut honest_causes) = (Vec::new(), Vec::new());
    if apart && let Some((began, ..)) = met {
        evidence = elsewhere_evidence(subject, gap_m, rules, now);
        evidence.extend(paper::contradictions(subject, now));
        honest_causes.push(honest::wild_fix(now.seconds_since(began)));
    }
    let telling = Telling {
        kind: Kind::IdentityConflict,
        say,
        spell,
        other: None,
        zone: None,
        confidence: 0.9,
        evidence,
        honest_causes,
    };
    voice.tell(telling, subject.who(), chart);
}

fn elsewhere_evidence(subject: &Subject, gap_m: f64, rules: &IdentityConfig, now: EventTime) -> Vec<Evidence> {
    let (who, who_zh) = subject.words();
    let from = subject.identity.elsewhere.began().unwrap_or(now);
    let seconds = now.seconds_since(from);
    let item = |code, observed, threshold, unit, en, zh| Evidence {
        code,
        observed,
        threshold,
        unit,
        from,
        to: now,
        sensors: Sources { ais: true, ..subject.sources },
        sentence_en: en,
        sentence_zh: zh,
        ..Evidence::default()
    };
    vec![
        item(
            "reported_elsewhere",
            gap_m,
            rules.elsewhere_m,
            "m",
            format!("{who} reports a position {:.1} km from where radar and cameras follow it.", gap_m / 1000.0),
            format!("{who_zh}上报的位置与雷达、光电实际跟踪位置相差{:.1}公里。", gap_m / 1000.0),
        ),
        item(
            "duration",
            seconds,
            f64::from(rules.lasts_s),
            "s",
            format!("It has done so for {:.0} min: no single wild fix.", seconds / 60.0),
            format!("该情况已持续{:.0}分钟，并非单次定位跳变。", seconds / 60.0),
        ),
    ]
}

/// Pairs of vessels that send one MMSI.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Twins {
    pairs: BTreeMap<(u64, u64), Twin>,
    /// Who sends, by name and place in the picture.
    senders: Vec<(Mmsi, u32)>,
    /// Of those who send one name each with the one before it, by place in the picture.
    namesakes: Vec<(u32, u32)>,
}

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Twin {
    dwell: Dwell,
    spell: Option<Spell>,
    /// The one heard later, and the one heard first.
    later: Who,
    first: Who,
    apart_m: f64,
    sources: Sources,
    last_touch: EventTime,
}

/// The name under which a vessel sends now.
pub(super) fn sends_as(subject: &Subject) -> Option<Mmsi> {
    subject.craft.mmsi.filter(|_| subject.sends_now(SENDING_MS))
}

impl Twins {
    fn find_namesakes(&mut self, notes: &[Note]) {
        self.senders.clear();
        self.senders.extend((0..).zip(notes).filter_map(|(index, note)| Some((note.sends_as?, index))));
        self.senders.sort_unstable();
        self.namesakes.clear();
        let neighbours = self.senders.iter().zip(self.senders.iter().skip(1));
        self.namesakes.extend(neighbours.filter(|(one, next)| one.0 == next.0).map(|(one, next)| (next.1, one.1)));
        self.namesakes.sort_unstable();
    }

    /// Looks for vessels in the picture that send the same MMSI far apart. `notes` say of each under which name it sends.
    pub(super) fn update(
        &mut self,
        present: &[Box<Subject>],
        notes: &[Note],
        config: &BehaviourConfig,
        chart: &Chart,
        voice: &mut Voice,
    ) {
        let rules = &config.identity_conflict;
        let now = voice.now();
        self.find_namesakes(notes);
        for (later, earlier) in self.namesakes.iter().map(|(later, earlier)| (*later as usize, *earlier as usize)) {
            let (Some(twin), Some(subject)) = (present.get(earlier), present.get(later)) else { continue };
            let apart_m = distance_m(twin.position, subject.position);
            if apart_m - 3.0 * twin.sigma_m.hypot(subject.sigma_m) <= rules.twin_m {
                continue;
            }
            let (first, later) =
                if twin.first_seen <= subject.first_seen { (&**twin, &**subject) } else { (&**subject, &**twin) };
            let key = (first.number, later.number);
            if self.pairs.len() >= TWINS_MAX && !self.pairs.contains_key(&key) {
                continue;
            }
            let pair = self.pairs.entry(key).or_insert_with(|| Twin {
                dwell: Dwell::default(),
                spell: None,
                later: later.who(),
                first: first.who(),
                apart_m,
                sources: later.sources,
                last_touch: now,
            });
            if pair.dwell.began().is_none() {
                // They were twins from the first report of the later one on, though it took a while to have a track.
                pair.dwell.begin_at(later.first_seen.max(now.plus_millis(-SENDING_MS)), now);
            }
            pair.dwell.feed(now, Some(true), 2 * SENDING_MS);
            (pair.later, pair.first, pair.apart_m) = (later.who(), first.who(), apart_m);
            (pair.sources, pair.last_touch) = (later.sources, now);
        }
        for pair in self.pairs.values_mut() {
            pair.tell(rules, chart, voice);
        }
        self.pairs.retain(|_, pair| pair.spell.is_some() || now.millis_since(pair.last_touch) <= 2 * SENDING_MS);
    }
}

impl Twin {
    fn tell(&mut self, rules: &IdentityConfig, chart: &Chart, voice: &mut Voice) {
        let now = voice.now();
        if self.last_touch != now {
            self.dwell.feed(now, Some(false), 2 * SENDING_MS);
        }
        let met = self
            .dwell
            .began()
            .zip(self.dwell.last())
            .filter(|_| self.dwell.held_ms() >= ms(rules.twin_lasts_s))
            .map(|(began, last)| (began, began, last));
        let rhythm = Rhythm { need_ms: ms(rules.twin_lasts_s), merge_ms: ms(rules.merge_s) };
        let Some((say, spell)) = voice.step(&mut self.spell, met, rhythm) else { return };
        let evidence = if met.is_some() { vec![self.evidence(rules, now)] } else { Vec::new() };
        let other = Some(self.first);
        let telling = Telling {
            kind: Kind::IdentityConflict,
            say,
            spell,
            other,
            zone: None,
            confidence: 0.9,
            evidence,
            honest_causes: Vec::new(),
        };
        voice.tell(telling, self.later, chart);
    }

    fn evidence(&self, rules: &IdentityConfig, now: EventTime) -> Evidence {
        let mmsi = self.later.mmsi.map(|mmsi| mmsi.to_string()).unwrap_or_default();
        let kilometres = self.apart_m / 1000.0;
        let tracks = |track: TrackId| track.to_string();
        Evidence {
            code: "one_mmsi_twice",
            observed: self.apart_m,
            threshold: rules.twin_m,
            unit: "m",
            from: self.dwell.began().unwrap_or(now),
            to: self.dwell.last().unwrap_or(now),
            sensors: self.sources,
            sentence_en: format!(
                "MMSI {mmsi} is sent from two places {kilometres:.1} km apart at the same time: by track {} and by track {}.",
                tracks(self.later.track),
                tracks(self.first.track)
            ),
            sentence_zh: format!(
                "MMSI {mmsi}同时从相距{kilometres:.1}公里的两处发送：目标{}与目标{}，涉嫌套牌。",
                tracks(self.later.track),
                tracks(self.first.track)
            ),
            ..Evidence::default()
        }
    }
}

/// Says of a vessel that is forgotten that its affairs are over.
pub(super) fn close(subject: &Subject, chart: &Chart, voice: &mut Voice) {
    for spell in [subject.identity.rename_spell, subject.identity.elsewhere_spell].into_iter().flatten() {
        voice.end(Kind::IdentityConflict, spell, None, subject.who(), chart);
    }
}
