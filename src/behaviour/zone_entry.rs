//! `zone_entry`: at least 50 m inside a restricted zone for 30 s; patrol craft excepted.
//!
//! The position must be deeper than that by its own uncertainty (up to a limit), and the vessel has left only when it is
//! clearly outside: a vessel that follows the edge is told once. Fixed things never enter anything.

use smallvec::SmallVec;

use super::config::{BehaviourConfig, ms};
use super::evidence::Evidence;
use super::finding::Kind;
use super::spell::{Dwell, Rhythm, Say, Spell};
use super::subject::Subject;
use super::voice::{Telling, Voice};
use crate::chart::{Chart, Zone, ZoneKind};
use crate::units::EventTime;

/// A vessel that was measured longer ago than this is nowhere for sure, in milliseconds.
const FRESH_MS: i64 = 30_000;
/// The most zones that one vessel can be in or about at once; more overlap is a fault of the zone file.
const ZONES_MAX: usize = 8;

/// What is kept of a vessel for this rule: one entry a zone that it is in or has been in lately.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    stays: SmallVec<[ZoneStay; 1]>,
}

#[derive(Clone, Debug)]
struct ZoneStay {
    /// Id of the zone: its place in the set may change with the chart.
    zone: Box<str>,
    dwell: Dwell,
    deepest_m: f64,
    spell: Option<Spell>,
}

impl State {
    /// Whether anything has been told.
    pub(super) fn has_spoken(&self) -> bool {
        self.stays.iter().any(|stay| Spell::is_confirmed(&stay.spell))
    }
}

/// Looks at the restricted zones around a vessel.
pub(super) fn update(subject: &mut Subject, config: &BehaviourConfig, chart: &Chart, voice: &mut Voice) {
    let near_none = subject.surroundings.of_kind(ZoneKind::Restricted).next().is_none();
    if near_none && subject.zone_entry.stays.is_empty() {
        return;
    }
    let mut stays = std::mem::take(&mut subject.zone_entry.stays);
    for near in subject.surroundings.of_kind(ZoneKind::Restricted) {
        let Some(zone) = chart.zones.zones().get(near.index as usize).filter(|_| near.signed_m < 0.0) else { continue };
        let known = stays.iter().any(|stay| *stay.zone == *zone.id);
        if !known && stays.len() < ZONES_MAX {
            stays.push(ZoneStay {
                zone: zone.id.as_str().into(),
                dwell: Dwell::default(),
                deepest_m: 0.0,
                spell: None,
            });
        }
    }
    for stay in &mut stays {
        step(stay, subject, config, chart, voice);
    }
    stays.retain(|stay| stay.spell.is_some() || stay.dwell.began().is_some());
    subject.zone_entry.stays = stays;
}

fn step(stay: &mut ZoneStay, subject: &Subject, config: &BehaviourConfig, chart: &Chart, voice: &mut Voice) {
    let rules = &config.zone_entry;
    let now = voice.now();
    let fresh = subject.present_at == now && now.millis_since(subject.last_seen) <= FRESH_MS;
    let signed_m = subject
        .surroundings
        .of_kind(ZoneKind::Restricted)
        .find(|near| chart.zones.zones().get(near.index as usize).is_some_and(|zone| *zone.id == *stay.zone))
        .map_or(f64::INFINITY, |near| near.signed_m);
    let slack = (rules.depth_sigmas * subject.sigma_m).min(rules.depth_slack_m_max);
    let holds = if !fresh || subject.craft.patrol || subject.is_fixed(config) || subject.is_shadow() {
        None
    } else if -signed_m >= rules.depth_m + slack {
        Some(true)
    } else if signed_m >= rules.left_m {
        Some(false)
    } else {
        // On the edge: enough to stay in, not to go in.
        stay.spell.filter(|spell| spell.ongoing).map(|_| true)
    };
    if holds == Some(true) {
        stay.deepest_m = stay.deepest_m.max(-signed_m);
    }
    if holds == Some(false) {
        stay.dwell.clear();
    }
    stay.dwell.feed(now, holds, FRESH_MS);
    let need_ms = ms(rules.duration_s);
    let silent = stay.dwell.last().is_some_and(|last| now.millis_since(last) > ms(rules.merge_s));
    if silent {
        stay.dwell.clear();
    }
    let met = stay
        .dwell
        .began()
        .zip(stay.dwell.last())
        .filter(|(_, last)| stay.dwell.held_ms() >= need_ms && now.millis_since(*last) <= FRESH_MS)
        .map(|(began, last)| (began, began.plus_millis(need_ms), last));
    let rhythm = Rhythm { need_ms, merge_ms: ms(rules.merge_s) };
    let Some((say, spell)) = voice.step(&mut stay.spell, met, rhythm) else { return };
    let Some(zone) = chart.zones.by_id(&stay.zone) else { return };
    let evidence =
        if say == Say::Started || met.is_some() { evidence(stay, subject, zone, config, now) } else { Vec::new() };
    let sureness = 1.0 - (-(stay.deepest_m - rules.depth_m).max(0.0) / (subject.sigma_m + 1.0)).exp() / 2.0;
    let confidence = (0.9 * sureness + if subject.craft.sends_ais { 0.09 } else { 0.0 }).min(0.99);
    let zone = Some(zone.id.clone());
    voice.tell(
        Telling {
            kind: Kind::ZoneEntry,
            say,
            spell,
            other: None,
            zone,
            confidence,
            evidence,
            honest_causes: Vec::new(),
        },
        subject.who(),
        chart,
    );
}

fn evidence(
    stay: &ZoneStay,
    subject: &Subject,
    zone: &Zone,
    config: &BehaviourConfig,
    now: EventTime,
) -> Vec<Evidence> {
    let rules = &config.zone_entry;
    let from = stay.dwell.began().unwrap_or(now);
    let (who, who_zh) = subject.words();
    let name = &zone.name;
    let name_zh = zone.name_zh.as_deref().unwrap_or(name);
    let (depth, seconds) = (stay.deepest_m, stay.dwell.held_ms() as f64 / 1000.0);
    let item = |code, observed, threshold, unit, en, zh| Evidence {
        code,
        observed,
        threshold,
        unit,
        from,
        to: now,
        sensors: subject.sources,
        sentence_en: en,
        sentence_zh: zh,
        ..Evidence::default()
    };
    vec![
        item(
            "zone_depth",
            depth,
            rules.depth_m,
            "m",
            format!(
                "{who} is up to {depth:.0} m inside the restricted zone {name} (its position is known to {:.0} m).",
                subject.sigma_m
            ),
            format!("{who_zh}进入禁区“{name_zh}”，最深处距边界{depth:.0}米（定位误差约{:.0}米）。", subject.sigma_m),
        ),
        item(
            "time_inside",
            seconds,
            f64::from(rules.duration_s),
            "s",
            format!("It has been inside for {seconds:.0} s."),
            format!("已在区内停留{seconds:.0}秒。"),
        ),
    ]
}

/// Says of a vessel that is forgotten that its affairs are over.
pub(super) fn close(subject: &Subject, chart: &Chart, voice: &mut Voice) {
    for stay in &subject.zone_entry.stays {
        if let Some(spell) = stay.spell {
            voice.end(Kind::ZoneEntry, spell, Some(stay.zone.to_string()), subject.who(), chart);
        }
    }
}
