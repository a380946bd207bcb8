//! `fast_approach`: a fast craft runs for a shore that is no designated port.
//!
//! Definition: 10 m/s or more with a shore straight ahead within 5,000 m for 60 s, the landfall no nearer than 1,000 m to a
//! port, harbour or farm; not officials, nor passenger vessels that send AIS. Runs no more than 5 min apart are one. At 25
//! knots half a minute is enough: such a boat covers a kilometre in a minute.
//!
//! A boat that fusion tells from its companion only under way (two boats abreast are one echo) goes on with the run of the
//! track that it came out of; a run out of sight for less than a minute goes on.

use super::config::{BehaviourConfig, ms};
use super::evidence::Evidence;
use super::finding::Kind;
use super::heading::{Heading, landfall_words, open_shore_ahead};
use super::honest;
use super::spell::{Dwell, Rhythm, Sign, Spell};
use super::subject::Subject;
use super::voice::{Telling, Voice};
use crate::chart::Chart;

/// A craft measured longer ago than this runs nowhere for sure, in milliseconds.
const FRESH_MS: i64 = 20_000;

/// A track younger than this, in milliseconds, may be a passing double of another.
const SETTLED_MS: i64 = 20_000;

/// What is kept of a vessel for this rule.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct State {
    /// As fast as the rule asks.
    dwell: Dwell,
    /// So fast that half the time is enough.
    very_fast: Dwell,
    spell: Option<Spell>,
    fastest_mps: f64,
}

impl State {
    /// The run of a boat that came out of the track of another: it has run as that one ran, and nothing was told of it.
    pub(super) fn of_companion(other: &Self) -> Self {
        Self { spell: None, ..*other }
    }

    /// Whether anything has been told.
    pub(super) fn has_spoken(&self) -> bool {
        Spell::is_confirmed(&self.spell)
    }
}

/// Looks at a vessel in the picture.
pub(super) fn update(subject: &mut Subject, config: &BehaviourConfig, chart: &Chart, voice: &mut Voice) {
    let rules = &config.fast_approach;
    let speed = subject.speed_mps;
    let idle = subject.fast_approach.spell.is_none() && subject.fast_approach.dwell.began().is_none();
    if idle && speed < rules.speed_mps {
        return;
    }
    let now = voice.now();
    let craft = &subject.craft;
    let excused = craft.official || (craft.passenger && craft.sends_ais);
    let fresh = subject.present_at == now && now.millis_since(subject.last_seen) <= FRESH_MS;
    let ahead = if speed >= rules.speed_mps && !excused && !subject.is_shadow() {
        open_shore_ahead(subject, chart, now, rules.shore_ahead_m, rules.zone_margin_m)
    } else {
        None
    };
    let state = &mut subject.fast_approach;
    let (break_ms, unseen_ms) = (ms(rules.break_s), ms(rules.unseen_s));
    state.dwell.feed_after_sight(now, fresh.then_some(ahead.is_some()), break_ms, unseen_ms);
    let very_fast = ahead.is_some() && speed >= rules.very_fast_mps;
    state.very_fast.feed_after_sight(now, fresh.then_some(very_fast), break_ms, unseen_ms);
    if ahead.is_some() {
        state.fastest_mps = state.fastest_mps.max(speed);
    } else if state.dwell.began().is_none() {
        state.fastest_mps = 0.0;
    }
    let need_ms = ms(rules.duration_s);
    let settled = now.millis_since(subject.track_began) >= SETTLED_MS;
    let sign_of = |dwell: &Dwell, need_ms: i64| {
        let began = dwell.began().filter(|_| settled && dwell.last() == Some(now))?;
        Sign::of_duration(began, now, dwell.held_ms(), need_ms)
    };
    let very_fast = sign_of(&state.very_fast, ms(rules.very_fast_duration_s));
    let sign = match sign_of(&state.dwell, need_ms) {
        met @ Some(Sign::Met { .. }) => met,
        early => very_fast.filter(|sign| matches!(sign, Sign::Met { .. })).or(early),
    };
    let rhythm = Rhythm { need_ms, merge_ms: ms(rules.merge_s) };
    let Some((say, spell)) = voice.step_staged(&mut subject.fast_approach.spell, sign, rhythm) else { return };
    let evidence = match &ahead {
        Some(heading) if sign.is_some() => evidence(subject, heading, config, chart, voice),
        _ => Vec::new(),
    };
    let confidence = if subject.craft.sends_ais { 0.7 } else { 0.85 };
    let telling = Telling {
        kind: Kind::FastApproach,
        say,
        spell,
        other: None,
        zone: None,
        confidence,
        evidence,
        honest_causes: vec![honest::official_craft(subject)],
    };
    voice.tell(telling, subject.who(), chart);
}

fn evidence(
    subject: &Subject,
    heading: &Heading,
    config: &BehaviourConfig,
    chart: &Chart,
    voice: &Voice,
) -> Vec<Evidence> {
    let rules = &config.fast_approach;
    let (who, who_zh) = subject.words();
    let (place, place_zh) = landfall_words(heading, chart);
    let now = voice.now();
    let state = &subject.fast_approach;
    let item = |code, observed, threshold, unit, en, zh| Evidence {
        code,
        observed,
        threshold,
        unit,
        from: state.dwell.began().unwrap_or(now),
        to: now,
        sensors: subject.sources,
        sentence_en: en,
        sentence_zh: zh,
        ..Evidence::default()
    };
    let (knots, minutes) = (state.fastest_mps * 3600.0 / 1852.0, heading.seconds / 60.0);
    let kilometres = heading.distance_m / 1000.0;
    vec![
        item(
            "speed",
            state.fastest_mps,
            rules.speed_mps,
            "m/s",
            format!("{who} runs at up to {:.0} m/s ({knots:.0} knots).", state.fastest_mps),
            format!("{who_zh}高速航行，最高航速{:.0}米/秒（{knots:.0}节）。", state.fastest_mps),
        ),
        item(
            "landfall",
            heading.distance_m,
            rules.shore_ahead_m,
            "m",
            format!(
                "Its course meets the shore {kilometres:.1} km ahead, {place}, in {minutes:.1} min (give or take {:.0} m).",
                heading.spread_m
            ),
            format!(
                "按当前航向，前方{kilometres:.1}公里处抵岸（{place_zh}），预计{minutes:.1}分钟后到达，误差约{:.0}米。",
                heading.spread_m
            ),
        )
        .at(heading.geometry()),
        item(
            "time_left",
            heading.seconds,
            0.0,
            "s",
            format!("At that speed {:.0} s are left until it lands.", heading.seconds),
            format!("按此航速，距抵岸还有{:.0}秒。", heading.seconds),
        ),
        item(
            "duration",
            state.dwell.held_ms() as f64 / 1000.0,
            f64::from(rules.duration_s),
            "s",
            "There is no port, fishing harbour or farm where it is heading.".to_owned(),
            "其航向前方无港口、渔港或养殖区。".to_owned(),
        ),
    ]
}

/// Says of a vessel that is forgotten that its affair is over.
pub(super) fn close(subject: &Subject, chart: &Chart, voice: &mut Voice) {
    if let Some(spell) = subject.fast_approach.spell {
        voice.end(Kind::FastApproach, spell, None, subject.who(), chart);
    }
}
