//! `ais_gap`: a vessel that sent AIS stops sending inside good reception and sails on.
//!
//! Definition: it has sent for at least 2 min, stops, is silent for 10 min inside good coverage, and gets at least 1,000 m away
//! in that time. Good coverage is judged by the live reception of the other ships around it; a station that is down makes
//! many fall silent at once, and then nobody is told of. Radar or a camera must show that it sailed on: what nobody sees any
//! more may have gone anywhere.

use arrayvec::ArrayVec;

use super::config::{AisGapConfig, BehaviourConfig, ms};
use super::evidence::Evidence;
use super::finding::Kind;
use super::reception::Reception;
use super::spell::{Rhythm, Spell};
use super::subject::Subject;
use super::voice::{Telling, Voice};
use crate::chart::Chart;
use crate::fusion::TrackState;
use crate::geodesy::{LatLon, distance_m};
use crate::units::{EventTime, Mmsi};

/// Reports that are remembered of a vessel, one each ten seconds at most.
const REPORTS: usize = 8;
/// A vessel that is silent is looked at again after this, in milliseconds.
const LOOK_MS: i64 = 30_000;
/// Others that fell silent within this of it, in milliseconds, fell silent with it.
const TOGETHER_MS: i64 = 60_000;

/// What is kept of a vessel for this rule.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    spell: Option<Spell>,
    /// When it was last heard, the latest last.
    reports: ArrayVec<EventTime, REPORTS>,
    /// Where it was when it was last heard.
    place: Option<LatLon>,
    looked: Option<EventTime>,
    first_heard: Option<EventTime>,
}

impl State {
    /// Whether anything has been told.
    pub(super) fn has_spoken(&self) -> bool {
        Spell::is_confirmed(&self.spell)
    }
}

/// When a vessel was last heard, for telling a silence of one from a silence of many.
#[derive(Clone, Copy, Debug)]
pub(super) struct LastWord {
    number: u64,
    mmsi: Mmsi,
    heard: EventTime,
    first_heard: EventTime,
    place: LatLon,
}

impl LastWord {
    /// Number of the vessel.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Under which MMSI it was heard last.
    pub(super) fn mmsi(&self) -> Mmsi {
        self.mmsi
    }

    /// When it was last heard.
    pub(super) fn heard(&self) -> EventTime {
        self.heard
    }

    /// When it was first heard.
    pub(super) fn first_heard(&self) -> EventTime {
        self.first_heard
    }

    /// The last word of a vessel that has sent AIS.
    pub(super) fn of(subject: &Subject) -> Option<Self> {
        let state = &subject.ais_gap;
        Some(Self {
            number: subject.number,
            mmsi: subject.craft.mmsi?,
            heard: *state.reports.last()?,
            first_heard: state.first_heard?,
            place: state.place?,
        })
    }
}

/// Takes note of when and where a vessel is heard.
pub(super) fn listen(subject: &mut Subject, track: &TrackState, reception: &mut Reception, now: EventTime) {
    let Some(heard) = track.last_ais else { return };
    let state = &mut subject.ais_gap;
    if state.reports.last().is_some_and(|last| heard <= *last) {
        return;
    }
    if state.reports.is_full() {
        state.reports.remove(0);
    }
    state.reports.push(heard);
    state.first_heard.get_or_insert(heard);
    state.place = Some(track.position);
    reception.heard(track.position, track.identity.class_a, now);
}

/// Whether a vessel has been silent for so long that it is worth a look.
pub(super) fn is_due(subject: &Subject, config: &AisGapConfig, now: EventTime) -> bool {
    let Some(last) = subject.ais_gap.reports.last() else { return false };
    if subject.ais_gap.spell.is_some() {
        return true;
    }
    now.millis_since(*last) >= ms(config.silent_s)
        && subject.ais_gap.looked.is_none_or(|looked| now.millis_since(looked) >= LOOK_MS)
}

/// Looks at a vessel that is due.
pub(super) fn update(
    subject: &mut Subject,
    words: &[LastWord],
    reception: &Reception,
    config: &BehaviourConfig,
    chart: &Chart,
    voice: &mut Voice,
) {
    let rules = &config.ais_gap;
    let now = voice.now();
    subject.ais_gap.looked = Some(now);
    let (Some(&last), Some(place)) = (subject.ais_gap.reports.last(), subject.ais_gap.place) else { return };
    let silent = now.millis_since(last) >= ms(rules.silent_s);
    let told = subject.ais_gap.spell.is_some();
    let share = reception.share(subject.position, subject.craft.class_a, rules.silent_s / 60, now);
    let company = words.iter().filter(|word| fell_silent_with(word, subject, last, place, rules)).count();
    let claims = subject.ais_elsewhere.is_some_and(|claim| now.millis_since(claim.last) < ms(rules.silent_s));
    let sent_elsewhere = claims
        || subject.identity.reports_elsewhere()
        || words.iter().any(|word| {
            word.number != subject.number
                && Some(word.mmsi) == subject.craft.mmsi
                && now.millis_since(word.heard) < ms(rules.silent_s)
        });
    // Sight of it is needed to raise the alert, not to keep it.
    let sails_on = subject.measured_lately()
        && subject.present_at == now
        && distance_m(place, subject.position) - subject.sigma_m >= rules.moved_m;
    let holds = silent
        && !sent_elsewhere
        && (told || (sails_on && regular(subject, rules) && share >= rules.reception_share && company < MANY));
    let need_ms = ms(rules.silent_s);
    let met = holds.then(|| (last, last.plus_millis(need_ms), now));
    let rhythm = Rhythm { need_ms: 0, merge_ms: ms(rules.merge_s) };
    let Some((say, spell)) = voice.step(&mut subject.ais_gap.spell, met, rhythm) else { return };
    let evidence = if holds { evidence(subject, share, last, place, rules, now) } else { Vec::new() };
    let confidence = (0.5 + 0.3 * share + if subject.sources.radar { 0.15 } else { 0.0 }).min(0.95);
    let telling = Telling {
        kind: Kind::AisGap,
        say,
        spell,
        other: None,
        zone: None,
        confidence,
        evidence,
        honest_causes: Vec::new(),
    };
    voice.tell(telling, subject.who(), chart);
}

/// So many others falling silent at the same time are a station that is down.
const MANY: usize = 2;

/// Whether another vessel nearby fell silent at the same time: then it may be the station.
fn fell_silent_with(word: &LastWord, subject: &Subject, last: EventTime, place: LatLon, rules: &AisGapConfig) -> bool {
    word.number != subject.number
        && word.heard.millis_since(last).abs() <= TOGETHER_MS
        && distance_m(word.place, place) <= rules.outage_radius_m
}

/// Whether it was heard often enough before it fell silent: what comes seldom may stop by chance.
fn regular(subject: &Subject, rules: &AisGapConfig) -> bool {
    let reports = &subject.ais_gap.reports;
    let Some(last) = reports.last() else { return false };
    let before = reports.iter().filter(|time| last.millis_since(**time) <= ms(rules.before_s)).count();
    before as u32 >= rules.reports_before
}

fn evidence(
    subject: &Subject,
    share: f64,
    last: EventTime,
    place: LatLon,
    rules: &AisGapConfig,
    now: EventTime,
) -> Vec<Evidence> {
    let (who, who_zh) = subject.words();
    let item = |code, observed, threshold, unit, en, zh| Evidence {
        code,
        observed,
        threshold,
        unit,
        from: last,
        to: now,
        sensors: subject.sources,
        sentence_en: en,
        sentence_zh: zh,
        ..Evidence::default()
    };
    let (minutes, moved) = (now.seconds_since(last) / 60.0, distance_m(place, subject.position));
    vec![
        item(
            "silence",
            minutes * 60.0,
            f64::from(rules.silent_s),
            "s",
            format!("{who} sent AIS regularly and has been silent for {minutes:.0} min."),
            format!("{who_zh}此前AIS信号正常，现已中断{minutes:.0}分钟。"),
        ),
        item(
            "reception",
            share,
            rules.reception_share,
            "probability",
            format!(
                "Other vessels around it were heard in {:.0} % of those minutes: reception is good.",
                share * 100.0
            ),
            format!("同期周边其他船舶AIS接收率{:.0}%，接收条件良好。", share * 100.0),
        ),
        item(
            "sailed_on",
            moved,
            rules.moved_m,
            "m",
            format!("It has been followed {:.1} km from where it was last heard.", moved / 1000.0),
            format!("该船自最后发送位置起继续航行{:.1}公里，雷达或光电持续跟踪。", moved / 1000.0),
        ),
        item(
            "honest_causes",
            0.0,
            MANY as f64,
            "count",
            "No other vessel fell silent with it: no station is down.".to_owned(),
            "同一时刻无多船同时中断，排除岸站故障。".to_owned(),
        ),
    ]
}

/// Says of a vessel that is forgotten that its affair is over.
pub(super) fn close(subject: &Subject, chart: &Chart, voice: &mut Voice) {
    if let Some(spell) = subject.ais_gap.spell {
        voice.end(Kind::AisGap, spell, None, subject.who(), chart);
    }
}
