//! `unloading` at the shore: a craft lies at an open shore, or is lost as it runs up on it, or a camera sees goods landed.
//!
//! Definition: within 150 m of the shore at less than 0.5 m/s for 5 min, outside designated ports, fishing harbours and farms
//! (+ 200 m); officials excepted. Radar seldom sees a boat on the beach, so a boat that was making for the shore and is
//! lost just off it is taken to have landed, until it is seen elsewhere.

use super::config::{BehaviourConfig, LandingConfig, ms};
use super::evidence::Evidence;
use super::finding::Kind;
use super::honest;
use super::spell::{Dwell, Rhythm, Say, Spell};
use super::subject::{Hidden, Subject};
use super::voice::{Telling, Voice};
use crate::chart::{Chart, ZoneKind};
use crate::feed::observation::EoActivity;
use crate::fusion::TrackState;
use crate::units::{Bearing, EventTime};

/// A boat that nobody has measured for this long is lost, in milliseconds: some eight scans.
const LOST_MS: i64 = 25_000;

/// A track lost within this of the time at which another craft came out of its echo may be an empty shell, in milliseconds.
const PARTED_MS: i64 = 60_000;

/// A craft that lies at the shore for so long, in milliseconds, has ended a run.
const VISIT_MS: i64 = 60_000;

/// What is kept of a vessel for this rule.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct State {
    dwell: Dwell,
    spell: Option<Spell>,
    nearest_m: f64,
    slowest_mps: f64,
    /// The measurement whose loss has been judged already.
    judged: Option<EventTime>,
    /// Camera reports of goods going ashore: when the last two came.
    eo: [Option<EventTime>; 2],
}

impl State {
    /// Whether anything has been told.
    pub(super) fn has_spoken(&self) -> bool {
        Spell::is_confirmed(&self.spell)
    }

    /// Whether it lies at the shore for all that is known.
    pub(super) fn lies_at_shore(&self) -> bool {
        self.dwell.began().is_some()
    }
}

/// Takes note of what cameras saw it do.
pub(super) fn sight(subject: &mut Subject, track: &TrackState, rules: &LandingConfig) {
    for sighting in &track.sightings {
        let ashore = matches!(sighting.activity, Some(EoActivity::LandingGoods | EoActivity::Beached));
        let newer = subject.landing.eo[1].is_none_or(|last| sighting.time > last);
        if ashore && newer && sighting.association >= rules.eo_association {
            subject.landing.eo = [subject.landing.eo[1], Some(sighting.time)];
        }
    }
}

/// Looks at a vessel that is in the picture or remembered.
pub(super) fn update(subject: &mut Subject, config: &BehaviourConfig, chart: &Chart, voice: &mut Voice) {
    let rules = &config.landing;
    let now = voice.now();
    let idle = subject.landing.spell.is_none() && !subject.landing.lies_at_shore();
    if idle && subject.surroundings.shore_m() > rules.lost_within_m.max(rules.shore_m + rules.shore_slack_m_max) {
        return;
    }
    let measured = subject.present_at == now && now.millis_since(subject.last_seen) <= LOST_MS;
    let seen_landing = eo_reports(subject, rules, now);
    if measured {
        // A camera that sees goods go ashore knows better than a radar how far the boat is from the waterline.
        let lies = lies(subject, config) || (seen_landing && at_open_shore(subject, config, 2.0 * rules.shore_m));
        if lies && !subject.landing.lies_at_shore() {
            (subject.landing.nearest_m, subject.landing.slowest_mps) = (f64::INFINITY, f64::INFINITY);
        }
        if lies {
            subject.landing.nearest_m = subject.landing.nearest_m.min(subject.surroundings.shore_m());
            subject.landing.slowest_mps = subject.landing.slowest_mps.min(subject.slow_speed_mps);
        }
        subject.landing.dwell.feed(now, Some(lies), ms(rules.break_s));
    } else {
        if !subject.landing.lies_at_shore() {
            judge_loss(subject, config, chart, now);
        }
        // Out of sight on the beach: it lies there until it is seen elsewhere, or forgotten.
        if subject.landing.lies_at_shore() {
            let still = now.millis_since(subject.measured.time) <= ms(config.subjects.remembered_slow_s) / 2;
            subject.landing.dwell.feed(now, Some(still), i64::MAX);
            if !still {
                subject.landing.dwell.clear();
            }
        }
    }
    let shuttle_ms = ms(rules.shuttle_s);
    if subject.landing.dwell.held_ms() >= VISIT_MS {
        subject.shuttle.land(subject.measured.position(), now, shuttle_ms);
    }
    let runs = subject.shuttle.runs(now, shuttle_ms).filter(|(runs, _)| *runs >= rules.shuttle_runs);
    let need_ms = ms(rules.duration_s);
    let by_time = subject.landing.dwell.held_ms() >= need_ms;
    let met = subject.landing.dwell.began().zip(subject.landing.dwell.last()).and_then(|(began, last)| {
        if by_time {
            Some((began, began.plus_millis(need_ms), last))
        } else if let Some((_, first)) = runs {
            Some((first.min(began), now, last))
        } else {
            seen_landing.then_some((began, now, last))
        }
    });
    let rhythm = Rhythm { need_ms, merge_ms: ms(rules.merge_s) };
    let Some((say, spell)) = voice.step(&mut subject.landing.spell, met, rhythm) else { return };
    let evidence = if met.is_some() || say == Say::Started { evidence(subject, rules, now) } else { Vec::new() };
    let confidence = confidence(subject, now);
    voice.tell(
        Telling {
            kind: Kind::Unloading,
            say,
            spell,
            other: None,
            zone: None,
            confidence,
            evidence,
            honest_causes: vec![honest::official_craft(subject), honest::not_under_command(subject)],
        },
        subject.who(),
        chart,
    );
}

/// Whether a measured craft lies at an open shore now.
fn lies(subject: &Subject, config: &BehaviourConfig) -> bool {
    let rules = &config.landing;
    let slack = (rules.shore_sigmas * subject.sigma_m).min(rules.shore_slack_m_max);
    subject.slow_speed_mps < rules.speed_mps + rules.speed_slack_mps
        && at_open_shore(subject, config, rules.shore_m + slack)
}

/// Whether a craft is within `within_m` of a shore where landing is somebody's concern.
fn at_open_shore(subject: &Subject, config: &BehaviourConfig, within_m: f64) -> bool {
    let rules = &config.landing;
    let around = &subject.surroundings;
    around.shore_m() <= within_m
        && concerns(subject, config)
        && ![ZoneKind::DesignatedPort, ZoneKind::FishingHarbour, ZoneKind::Farm]
            .into_iter()
            .any(|kind| around.within(kind, rules.zone_margin_m))
}

/// Whether a landing of this craft would be anybody's concern.
fn concerns(subject: &Subject, config: &BehaviourConfig) -> bool {
    !subject.craft.official && !subject.is_fixed(config) && !subject.is_shadow()
}

/// Judges once whether a boat that is lost must have run up on the shore.
fn judge_loss(subject: &mut Subject, config: &BehaviourConfig, chart: &Chart, now: EventTime) {
    let rules = &config.landing;
    let last = subject.measured;
    // A track that fusion still carries may be found again, or be followed by another.
    let lost_ms = if subject.present_at == now { 2 * LOST_MS } else { LOST_MS };
    if now.millis_since(last.time) < lost_ms || subject.landing.judged == Some(last.time) {
        return;
    }
    subject.landing.judged = Some(last.time);
    // What came out of its echo just before is the craft, and goes on.
    let empty = subject.parted.is_some_and(|parted| last.time.millis_since(parted) <= PARTED_MS);
    if !concerns(subject, config) || subject.hidden.is_some() || empty {
        return;
    }
    let (speed, place) = (last.speed_mps(), last.position());
    let shore = chart.coast.nearest(place).map(|shore| (shore.point, shore.distance_m));
    // By its error on land, or all but stopped: then it must have been at the shore already.
    let stopped = speed <= rules.speed_mps + rules.speed_slack_mps;
    let (point, distance_m) = if stopped || chart.coast.is_land(place) {
        match shore.filter(|(_, distance)| *distance <= rules.shore_m + rules.shore_slack_m_max) {
            Some(found) => found,
            None => return,
        }
    } else {
        let (east_mps, north_mps) = last.velocity_mps();
        let course = Bearing::of_vector(east_mps, north_mps);
        match chart.coast.landfall(place, course, rules.lost_within_m) {
            Some(landfall) => (landfall.point, landfall.distance_m),
            None => return,
        }
    };
    let seconds = (distance_m - rules.shore_m / 2.0).max(0.0) / speed.max(1.0);
    if seconds > f64::from(rules.lost_time_to_shore_s) {
        return;
    }
    let excused = chart
        .zones
        .within(point, rules.zone_margin_m, now)
        .iter()
        .filter(|(zone, _)| subject.surroundings.is_served_by(zone))
        .any(|(zone, _)| matches!(zone.kind, ZoneKind::DesignatedPort | ZoneKind::FishingHarbour | ZoneKind::Farm));
    if excused {
        return;
    }
    let began = last.time.plus_seconds(seconds);
    (subject.landing.nearest_m, subject.landing.slowest_mps) = (0.0, 0.0);
    subject.landing.dwell.begin_at(began, now);
    subject.hidden = Some(Hidden { place: point, with: None, since: began });
}

/// Whether a camera has reported goods going ashore often enough of late.
fn eo_reports(subject: &Subject, rules: &LandingConfig, now: EventTime) -> bool {
    let window_ms = ms(rules.eo_window_s);
    let recent = subject.landing.eo.iter().flatten().filter(|time| now.millis_since(**time) <= window_ms).count();
    recent as u32 >= rules.eo_reports.min(2)
}

fn confidence(subject: &Subject, now: EventTime) -> f64 {
    let unseen = subject.hidden.is_some() || now.millis_since(subject.last_seen) > LOST_MS;
    let camera = subject.landing.eo[1].is_some();
    let base = if unseen { 0.55 } else { 0.75 };
    base + if camera { 0.2 } else { 0.0 } + if subject.sources.eo { 0.04 } else { 0.0 }
}

fn evidence(subject: &Subject, rules: &LandingConfig, now: EventTime) -> Vec<Evidence> {
    let state = &subject.landing;
    let from = state.dwell.began().unwrap_or(now);
    let (who, who_zh) = subject.words();
    let minutes = state.dwell.held_ms() as f64 / 60_000.0;
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
    let mut list = Vec::new();
    if subject.hidden.is_some() {
        let (distance, seconds) = (subject.surroundings.shore_m(), now.seconds_since(subject.measured.time));
        list.push(item(
            "lost_at_shore",
            seconds,
            LOST_MS as f64 / 1000.0,
            "s",
            format!("{who} ran for the shore, was lost {distance:.0} m off it and has not been seen since: it must be on the beach."),
            format!("{who_zh}驶向岸边，距岸{distance:.0}米处目标消失，此后再未出现，应已抵滩。"),
        ));
    } else {
        let distance = state.nearest_m;
        list.push(item(
            "shore_distance",
            distance,
            rules.shore_m,
            "m",
            format!("{who} lies {distance:.0} m from the shore, at no designated port, fishing harbour or farm."),
            format!("{who_zh}停靠在距岸{distance:.0}米处，不在设关港口、渔港或养殖区内。"),
        ));
        list.push(item(
            "speed",
            state.slowest_mps,
            rules.speed_mps,
            "m/s",
            format!("It makes {:.1} m/s: it lies still.", state.slowest_mps),
            format!("航速{:.1}米/秒，处于停泊状态。", state.slowest_mps),
        ));
    }
    list.push(item(
        "time_at_shore",
        minutes * 60.0,
        f64::from(rules.duration_s),
        "s",
        format!("It has been there for {minutes:.0} min."),
        format!("已停留{minutes:.0}分钟。"),
    ));
    if let Some((runs, first)) = subject.shuttle.runs(now, ms(rules.shuttle_s))
        && runs >= rules.shuttle_runs
    {
        let minutes = now.seconds_since(first) / 60.0;
        list.push(item(
            "shuttle_runs",
            f64::from(runs),
            f64::from(rules.shuttle_runs),
            "count",
            format!("It has come here {runs} times from one vessel at rest, the first time {minutes:.0} min ago."),
            format!("该船已{runs}次往返于同一停泊船舶与此岸段之间，首次在{minutes:.0}分钟前。"),
        ));
    }
    if state.eo[1].is_some() {
        list.push(item(
            "camera_landing",
            f64::from(rules.eo_reports),
            f64::from(rules.eo_reports),
            "count",
            "A camera reports that goods go ashore, or that it is run up on the beach.".to_owned(),
            "光电设备发现其抢滩或正在卸货上岸。".to_owned(),
        ));
    }
    list
}

/// Says of a vessel that is forgotten that its affair is over.
pub(super) fn close(subject: &Subject, chart: &Chart, voice: &mut Voice) {
    if let Some(spell) = subject.landing.spell {
        voice.end(Kind::Unloading, spell, None, subject.who(), chart);
    }
}
