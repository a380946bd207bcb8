//! `drifting`: a vessel goes where wind and current take it, not where it points.
//!
//! The rule of the Danish Maritime Authority's AisAbnormal: 1 to 5 knots with course and heading 45 degrees or more apart, for
//! 10 min and 500 m. A matter of safety first, and an honest cause for loitering: who cannot steer does not choose to stay.
//! Only a vessel that sends its heading can be judged so.

use super::config::{BehaviourConfig, ms};
use super::evidence::Evidence;
use super::finding::Kind;
use super::spell::{Dwell, Rhythm, Spell};
use super::subject::Subject;
use super::voice::{Telling, Voice};
use crate::chart::{Chart, ZoneKind};
use crate::geodesy::{LatLon, distance_m};
use crate::units::Bearing;

/// A heading and a speed older than this say nothing of now, in milliseconds.
const FRESH_MS: i64 = 60_000;

/// What is kept of a vessel for this rule.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct State {
    dwell: Dwell,
    /// Where it began.
    from: Option<LatLon>,
    spell: Option<Spell>,
    /// The angle between course and heading at the last look, in degrees.
    angle_deg: f64,
}

impl State {
    /// Whether anything has been told.
    pub(super) fn has_spoken(&self) -> bool {
        Spell::is_confirmed(&self.spell)
    }

    /// Whether it drifts now, for all that has been told.
    pub(super) fn drifts(&self) -> bool {
        self.spell.is_some_and(|spell| spell.ongoing)
    }
}

/// Looks at a vessel in the picture.
pub(super) fn update(subject: &mut Subject, config: &BehaviourConfig, chart: &Chart, voice: &mut Voice) {
    let idle = subject.drifting.spell.is_none() && subject.drifting.dwell.began().is_none();
    if idle && subject.heading_deg.is_none() {
        return;
    }
    let rules = &config.drifting;
    let now = voice.now();
    let fresh = subject.last_ais.is_some_and(|last| now.millis_since(last) <= FRESH_MS);
    let speed = subject.speed_mps;
    let drifts = subject.heading_deg.filter(|_| fresh).map(|heading| {
        let course = Bearing::of_vector(subject.east_mps, subject.north_mps).deg();
        let angle = ((course - heading + 540.0).rem_euclid(360.0) - 180.0).abs();
        subject.drifting.angle_deg = angle;
        (rules.speed_min_mps..=rules.speed_max_mps).contains(&speed) && angle >= rules.angle_deg && !is_moored(subject)
    });
    let state = &mut subject.drifting;
    state.dwell.feed(now, drifts, ms(rules.break_s));
    match state.dwell.began() {
        Some(began) if began == now => state.from = Some(subject.position),
        None => state.from = None,
        Some(_) => {}
    }
    let moved_m = state.from.map_or(0.0, |from| distance_m(from, subject.position));
    let need_ms = ms(rules.duration_s);
    let lasting = state.dwell.last().is_some_and(|last| now.millis_since(last) <= ms(rules.break_s));
    let told = state.spell.is_some_and(|spell| spell.ongoing);
    let met = state
        .dwell
        .began()
        .zip(state.dwell.last())
        .filter(|_| lasting && state.dwell.held_ms() >= need_ms && (told || moved_m >= rules.moved_m))
        .map(|(began, last)| (began, began.plus_millis(need_ms), last));
    let rhythm = Rhythm { need_ms, merge_ms: ms(rules.merge_s) };
    let Some((say, spell)) = voice.step(&mut subject.drifting.spell, met, rhythm) else { return };
    let evidence = if met.is_some() { evidence(subject, moved_m, config, voice) } else { Vec::new() };
    let telling = Telling {
        kind: Kind::Drifting,
        say,
        spell,
        other: None,
        zone: None,
        confidence: 0.9,
        evidence,
        honest_causes: Vec::new(),
    };
    voice.tell(telling, subject.who(), chart);
}

/// At its berth a ship points where the quay does.
fn is_moored(subject: &Subject) -> bool {
    /// Navigational status "moored" (ITU-R M.1371-5, table 45).
    const MOORED: u8 = 5;
    subject.nav_status == Some(MOORED)
        || [ZoneKind::DesignatedPort, ZoneKind::FishingHarbour]
            .into_iter()
            .any(|kind| subject.surroundings.is_inside(kind))
}

fn evidence(subject: &Subject, moved_m: f64, config: &BehaviourConfig, voice: &Voice) -> Vec<Evidence> {
    let rules = &config.drifting;
    let now = voice.now();
    let state = &subject.drifting;
    let (who, who_zh) = subject.words();
    let minutes = state.dwell.held_ms() as f64 / 60_000.0;
    let knots = subject.speed_mps * 3600.0 / 1852.0;
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
    let angle = state.angle_deg;
    vec![
        item(
            "drift",
            angle,
            rules.angle_deg,
            "deg",
            format!("{who} goes {angle:.0} degrees off where it points, at {knots:.1} knots."),
            format!("{who_zh}航向与船首向相差{angle:.0}度，航速{knots:.1}节，处于漂流状态。"),
        ),
        item(
            "duration",
            minutes * 60.0,
            f64::from(rules.duration_s),
            "s",
            format!("It has drifted for {minutes:.0} min."),
            format!("已漂流{minutes:.0}分钟。"),
        ),
        item(
            "moved",
            moved_m,
            rules.moved_m,
            "m",
            format!("In that time it has moved {moved_m:.0} m."),
            format!("期间漂移{moved_m:.0}米。"),
        ),
    ]
}

/// Says of a vessel that is forgotten that its affair is over.
pub(super) fn close(subject: &Subject, chart: &Chart, voice: &mut Voice) {
    if let Some(spell) = subject.drifting.spell {
        voice.end(Kind::Drifting, spell, None, subject.who(), chart);
    }
}
