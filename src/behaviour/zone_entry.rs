//! `zone_entry`: at least 50 m inside a restricted zone for 30 s; patrol craft and holders of a permit excepted.
//!
//! It is developing while a vessel under way steers so that it will be inside within ten minutes: time to call it.
//!
//! The position must be deeper than that by its own uncertainty (up to a limit), and the vessel has left only when it is
//! clearly outside: a vessel that follows the edge is told once. Fixed things never enter anything.

use smallvec::SmallVec;

use super::config::{BehaviourConfig, ZoneEntryConfig, ms};
use super::evidence::{Evidence, Geometry};
use super::finding::Kind;
use super::honest;
use super::spell::{Dwell, Rhythm, Say, Sign, Spell};
use super::subject::Subject;
use super::voice::{Telling, Voice};
use crate::chart::{Chart, Zone, ZoneKind};
use crate::geodesy::LatLon;
use crate::units::EventTime;

/// A vessel that was measured longer ago than this is nowhere for sure, in milliseconds.
const FRESH_MS: i64 = 30_000;
/// What has not moved for so long, in milliseconds, lies there: a boat at 1 m/s has long proved to be one.
const UNPROVEN_MS: i64 = 300_000;
/// The most zones that one vessel can be in or about at once; more overlap is a fault of the zone file.
const ZONES_MAX: usize = 8;

/// What is kept of a vessel for this rule: one entry a zone that it is in or has been in lately.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct State {
    stays: SmallVec<[ZoneStay; 1]>,
}

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct ZoneStay {
    /// Id of the zone: its place in the set may change with the chart.
    zone: Box<str>,
    dwell: Dwell,
    deepest_m: f64,
    /// Steering for it, outside as yet.
    steers: Dwell,
    /// Where it will be inside, and in how many seconds.
    crossing: Option<(LatLon, f64)>,
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
        let reach_m = subject.speed_mps * f64::from(config.zone_entry.warning_s);
        let near_enough = near.signed_m < reach_m;
        let Some(zone) = chart.zones.zones().get(near.index as usize).filter(|_| near_enough) else { continue };
        let known = stays.iter().any(|stay| *stay.zone == *zone.id);
        if !known && stays.len() < ZONES_MAX {
            stays.push(ZoneStay {
                zone: zone.id.as_str().into(),
                dwell: Dwell::default(),
                deepest_m: 0.0,
                steers: Dwell::default(),
                crossing: None,
                spell: None,
            });
        }
    }
    for stay in &mut stays {
        step(stay, subject, config, chart, voice);
    }
    stays.retain(|stay| stay.spell.is_some() || stay.dwell.began().is_some() || stay.steers.began().is_some());
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
    let permitted = voice.permits(subject.craft.mmsi, &stay.zone);
    // What is first seen inside may be a buoy; when it proves to be none, the time until then counts.
    let fixed = subject.is_fixed(config);
    let unproven = fixed && now.millis_since(subject.first_seen) > UNPROVEN_MS;
    let excused = subject.craft.patrol || permitted || unproven || subject.is_shadow();
    let holds = if !fresh || excused {
        None
    } else if -signed_m >= rules.depth_m + slack {
        Some(true)
    } else if signed_m >= rules.left_m {
        Some(false)
    } else {
        // On the edge: enough to stay in, not to go in. A warning is no stay.
        stay.spell.filter(|spell| spell.ongoing && Spell::is_confirmed(&stay.spell)).map(|_| true)
    };
    if holds == Some(true) {
        stay.deepest_m = stay.deepest_m.max(-signed_m);
    }
    if holds == Some(false) {
        stay.dwell.clear();
    }
    stay.dwell.feed(now, holds, FRESH_MS);
    let outside = fresh && signed_m >= 0.0 && !excused && !fixed;
    stay.crossing = if outside { crossing(stay, subject, rules, chart) } else { None };
    stay.steers.feed(now, fresh.then_some(stay.crossing.is_some()), FRESH_MS);
    let need_ms = ms(rules.duration_s);
    let silent = stay.dwell.last().is_some_and(|last| now.millis_since(last) > ms(rules.merge_s));
    if silent {
        stay.dwell.clear();
    }
    let met = stay
        .dwell
        .began()
        .zip(stay.dwell.last())
        .filter(|(_, last)| !fixed && stay.dwell.held_ms() >= need_ms && now.millis_since(*last) <= FRESH_MS)
        .map(|(began, last)| (began, began.plus_millis(need_ms), last));
    let warned = stay.steers.last() == Some(now) && stay.steers.held_ms() >= ms(rules.warning_holds_s);
    let early = stay.steers.began().filter(|_| warned).map(|began| Sign::Early { began, last: now });
    let sign = met.map(|(began, start, last)| Sign::Met { began, start, last }).or(early);
    let rhythm = Rhythm { need_ms, merge_ms: ms(rules.merge_s) };
    let Some((say, spell)) = voice.step_staged(&mut stay.spell, sign, rhythm) else { return };
    let Some(zone) = chart.zones.by_id(&stay.zone) else { return };
    let evidence = match stay.crossing {
        Some(crossing) if met.is_none() && early.is_some() => vec![warning(stay, crossing, subject, zone, config, now)],
        _ if say == Say::Started || met.is_some() => evidence(stay, subject, zone, config, now),
        _ => Vec::new(),
    };
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
            honest_causes: vec![honest::official_craft(subject), honest::not_under_command(subject)],
        },
        subject.who(),
        chart,
    );
}

/// Where and when a vessel will be inside the zone, if it goes on as it goes; `None` if it will not within the time of
/// warning, or passes through a corner only.
fn crossing(stay: &ZoneStay, subject: &Subject, rules: &ZoneEntryConfig, chart: &Chart) -> Option<(LatLon, f64)> {
    /// The way ahead is looked at in steps of so many seconds: as long as it must be inside.
    const STEP_S: u32 = 30;
    /// A vessel slower than this in m/s steers nowhere.
    const UNDER_WAY_MPS: f64 = 1.0;
    let speed = subject.speed_mps;
    let zone = chart.zones.by_id(&stay.zone).filter(|_| speed >= UNDER_WAY_MPS)?;
    let ahead = |seconds: f64| subject.position.moved_m(subject.east_mps * seconds, subject.north_mps * seconds);
    let deep = |seconds: u32| {
        let place = ahead(f64::from(seconds));
        zone.contains(place) && zone.signed_distance_m(place) <= -rules.depth_m
    };
    let steps = rules.warning_s / STEP_S;
    let first = (1..=steps).map(|step| step * STEP_S).find(|seconds| deep(*seconds))?;
    let seconds = f64::from(first);
    deep(first + STEP_S).then(|| (ahead(seconds), seconds))
}

/// That a vessel steers for the zone.
fn warning(
    stay: &ZoneStay,
    (place, seconds): (LatLon, f64),
    subject: &Subject,
    zone: &Zone,
    config: &BehaviourConfig,
    now: EventTime,
) -> Evidence {
    let (who, who_zh) = subject.words();
    let (name, minutes) = (&zone.name, seconds / 60.0);
    let name_zh = zone.name_zh.as_deref().unwrap_or(name);
    Evidence {
        code: "zone_ahead",
        observed: seconds,
        threshold: f64::from(config.zone_entry.warning_s),
        unit: "s",
        from: stay.steers.began().unwrap_or(now),
        to: now,
        sensors: subject.sources,
        sentence_en: format!("{who} will be inside the restricted zone {name} in {minutes:.1} min if it goes on so."),
        sentence_zh: format!("按当前航向航速，{who_zh}将在{minutes:.1}分钟后进入禁区“{name_zh}”。"),
        geometry: Some(Geometry::Line(vec![subject.position, place])),
        ..Evidence::default()
    }
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
