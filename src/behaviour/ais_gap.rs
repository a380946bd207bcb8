//! `ais_gap`: a vessel that sent AIS stops sending inside good reception and sails on.
//!
//! Definition: it has sent for at least 2 min, stops, is silent for 10 min inside good coverage, and gets at least 1,000 m away
//! in that time. Good coverage is judged by the live reception of the other ships around it; a station that is down makes
//! many fall silent at once, and then nobody is told of. Radar or a camera must show that it sailed on: what nobody sees any
//! more may have gone anywhere.

use super::config::{AisGapConfig, BehaviourConfig, ms};
use super::evidence::Evidence;
use super::finding::Kind;
use super::honest;
use super::last_words::{LastWord, LastWords};
use super::reception::Reception;
use super::spell::{Rhythm, Spell};
use super::subject::Subject;
use super::voice::{Telling, Voice};
use crate::chart::Chart;
use crate::fusion::TrackState;
use crate::geodesy::{LatLon, distance_m};
use crate::units::EventTime;

/// Length of one slot of memory of a vessel's reports, in milliseconds: what class A sends under way at least once in.
const SLOT_MS: i64 = 10_000;
/// A vessel that is silent is looked at again after this, in milliseconds.
const LOOK_MS: i64 = 30_000;
/// Others that fell silent within this of it, in milliseconds, fell silent with it.
const TOGETHER_MS: i64 = 60_000;
/// A vessel slower than this in m/s lies still, and its transponder (class A and B, ITU-R M.1371-5) sends every 3 min.
const AT_REST_MPS: f64 = 1.0;
/// That interval with a margin, in milliseconds.
const AT_REST_MS: i64 = 200_000;

/// What is kept of a vessel for this rule.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct State {
    spell: Option<Spell>,
    /// When it was last heard.
    last: Option<EventTime>,
    /// In which of the 64 slots up to then it was heard, the latest in bit 0.
    heard: u64,
    /// Where it was when it was last heard, and how fast it was in m/s.
    place: Option<LatLon>,
    speed_mps: f64,
    looked: Option<EventTime>,
    first_heard: Option<EventTime>,
}

impl State {
    /// When and where it was heard last, at what speed in m/s, and when it was heard first.
    pub(super) fn last_word(&self) -> Option<(EventTime, LatLon, f64, EventTime)> {
        Some((self.last?, self.place?, self.speed_mps, self.first_heard?))
    }

    /// Whether anything has been told.
    pub(super) fn has_spoken(&self) -> bool {
        Spell::is_confirmed(&self.spell)
    }
}

/// Takes note of when and where a vessel is heard.
pub(super) fn listen(subject: &mut Subject, track: &TrackState, reception: &mut Reception, now: EventTime) {
    let Some(heard) = track.last_ais else { return };
    let state = &mut subject.ais_gap;
    if state.last.is_some_and(|last| heard <= last) {
        return;
    }
    let first = *state.first_heard.get_or_insert(heard);
    let slot = |time: EventTime| time.millis_since(first).div_euclid(SLOT_MS);
    let passed = state.last.map_or(0, |last| slot(heard) - slot(last));
    state.heard = u32::try_from(passed).ok().and_then(|passed| state.heard.checked_shl(passed)).unwrap_or(0) | 1;
    state.last = Some(heard);
    (state.place, state.speed_mps) = (Some(track.position), track.sog_mps());
    reception.heard(track.position, track.identity.class_a, now);
}

/// Whether a vessel has been silent for so long that it is worth a look.
pub(super) fn is_due(subject: &Subject, config: &AisGapConfig, now: EventTime) -> bool {
    let Some(last) = subject.ais_gap.last else { return false };
    if subject.ais_gap.spell.is_some() {
        return true;
    }
    now.millis_since(last) >= ms(config.silent_s)
        && subject.ais_gap.looked.is_none_or(|looked| now.millis_since(looked) >= LOOK_MS)
}

/// Looks at a vessel that is due.
pub(super) fn update(
    subject: &mut Subject,
    words: &LastWords,
    reception: &Reception,
    config: &BehaviourConfig,
    chart: &Chart,
    voice: &mut Voice,
) {
    let rules = &config.ais_gap;
    let now = voice.now();
    subject.ais_gap.looked = Some(now);
    let (Some(last), Some(place)) = (subject.ais_gap.last, subject.ais_gap.place) else { return };
    let silent = now.millis_since(last) >= ms(rules.silent_s);
    let told = subject.ais_gap.spell.is_some();
    // Sight of it is needed to raise the alert, not to keep it.
    let sails_on = subject.measured_lately()
        && subject.present_at == now
        && distance_m(place, subject.position) - subject.sigma_m >= rules.moved_m;
    let may_hold = told || (silent && sails_on);
    if !may_hold {
        return;
    }
    let share = reception.share(subject.position, subject.craft.class_a, rules.silent_s / 60, now);
    // Few ships may be near: then those farther off tell, where it was heard itself until a moment ago.
    let wide = reception.share_wide(subject.position, subject.craft.class_a, rules.silent_s / 60, now);
    let share = if distance_m(place, subject.position) <= rules.outage_radius_m { share.max(wide) } else { share };
    let company =
        words.near(place, rules.outage_radius_m).filter(|word| fell_silent_with(word, subject, last, place, rules));
    let company = company.take(COMPANY_MAX).count();
    let claims = subject.ais_elsewhere.is_some_and(|claim| now.millis_since(claim.last) < ms(rules.silent_s));
    let sent_elsewhere = claims
        || subject.identity.reports_elsewhere()
        || words.others_of(subject, subject.craft.mmsi).any(|word| now.millis_since(word.heard) < ms(rules.silent_s));
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
        honest_causes: vec![honest::station_outage(company), honest::not_under_command(subject)],
    };
    voice.tell(telling, subject.who(), chart);
}

/// So many others falling silent at the same time are a station that is down.
const MANY: usize = 2;
/// When so many did, nobody counts on.
const COMPANY_MAX: usize = 1_000;

/// Whether another vessel nearby fell silent at the same time: then it may be the station.
fn fell_silent_with(word: &LastWord, subject: &Subject, last: EventTime, place: LatLon, rules: &AisGapConfig) -> bool {
    let apart_ms = last.millis_since(word.heard);
    // One that lies still sends every three minutes: it was heard last up to so long before the station went down.
    let before_ms = if word.speed_mps < AT_REST_MPS { AT_REST_MS } else { TOGETHER_MS };
    word.number != subject.number
        && (-TOGETHER_MS..=before_ms).contains(&apart_ms)
        && distance_m(word.place, place) <= rules.outage_radius_m
}

/// Whether it was heard often enough before it fell silent: what comes seldom may stop by chance. Class A under way sends in
/// each slot, so at the edge of reception it thins out before it stops.
fn regular(subject: &Subject, rules: &AisGapConfig) -> bool {
    let state = &subject.ais_gap;
    let slots = (ms(rules.before_s) / SLOT_MS).clamp(1, 63);
    let heard = (state.heard & ((1_u64 << slots) - 1)).count_ones();
    let expected = if subject.craft.class_a && state.speed_mps >= AT_REST_MPS { slots as f64 } else { 0.0 };
    heard >= rules.reports_before && f64::from(heard) >= rules.regular_share * expected
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
