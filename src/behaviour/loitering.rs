//! `loitering`: slow, in one area, away from the shore, without an honest cause, for half an hour.
//!
//! Definition: mean speed below 1.0 m/s over 30 min, every position within 1,000 m of their mean, more than 150 m from the
//! shore, and excused at no instant. The window slides in steps of half a minute; one step costs the same at any length.
//! A silence inside the stay is bridged (`motion::Stay`), but half of it must have been measured.
//!
//! Honest causes tested: officials and pleasure craft anywhere; ports and anchorages; fishing craft, tenders and what may
//! be one at harbours, farms and grounds; passenger vessels off a port; not under command far from the shore; and fixed
//! things (buoys, rafts), which radar alone holds and which never moved.

use super::config::{BehaviourConfig, LoiteringConfig, ms};
use super::evidence::Evidence;
use super::finding::Kind;
use super::honest;
use super::motion::{StaySummary, mark};
use super::spell::{Rhythm, Spell};
use super::subject::Subject;
use super::voice::{Telling, Voice};
use crate::chart::{Chart, ZoneKind};
use crate::units::EventTime;

/// What is kept of a vessel for this rule.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct State {
    spell: Option<Spell>,
}

impl State {
    /// Whether anything has been told.
    pub(super) fn has_spoken(&self) -> bool {
        Spell::is_confirmed(&self.spell)
    }
}

/// The honest causes that hold for a vessel at its present place, as marks for its stay.
pub(super) fn marks(subject: &Subject, config: &LoiteringConfig) -> u8 {
    let around = &subject.surroundings;
    let mut marks = 0;
    if subject.measured_in_turn() {
        marks |= mark::MEASURED;
    }
    if around.shore_m() <= config.shore_m {
        marks |= mark::NEAR_SHORE;
    }
    let within = |kind: ZoneKind, margin: f64| around.within(kind, margin);
    let port_margin = config.port_anchorage_margin_m;
    if within(ZoneKind::DesignatedPort, port_margin) || within(ZoneKind::Anchorage, port_margin) {
        marks |= mark::EXCUSES_ALL;
    }
    if within(ZoneKind::FishingHarbour, config.harbour_margin_m)
        || within(ZoneKind::Farm, config.farm_margin_m)
        || within(ZoneKind::FishingGround, config.ground_margin_m)
    {
        marks |= mark::EXCUSES_SMALL;
    }
    if within(ZoneKind::DesignatedPort, config.passenger_port_margin_m) {
        marks |= mark::EXCUSES_PASSENGER;
    }
    if subject.nav_status == Some(2) && around.shore_m() > config.not_under_command_shore_m {
        marks |= mark::NOT_UNDER_COMMAND;
    }
    marks
}

/// Judges the stay of a vessel; called whenever a bucket of it is complete.
pub(super) fn judge(subject: &mut Subject, config: &BehaviourConfig, chart: &Chart, voice: &mut Voice) {
    let rules = &config.loitering;
    if (subject.craft.official || subject.craft.pleasure) && subject.loitering.spell.is_some() {
        withdraw(subject, chart, voice);
        return;
    }
    let stay = subject.stay.summary().filter(|stay| holds(subject, stay, config));
    let circle = stay.map(|_| subject.stay.circle()).filter(|(_, radius)| *radius <= rules.radius_m);
    let met = match (stay, circle) {
        (Some(stay), Some((_, radius))) if !subject.is_fixed(config) && !subject.is_shadow() => Some((stay, radius)),
        _ => None,
    };
    let rhythm = Rhythm { need_ms: ms(rules.duration_s), merge_ms: ms(rules.merge_s) };
    let interval = met.map(|(stay, _)| (stay.from, voice.now(), voice.now()));
    let Some((say, spell)) = voice.step(&mut subject.loitering.spell, interval, rhythm) else { return };
    let evidence = met.map(|(stay, radius)| evidence(subject, &stay, radius, rules, voice.now())).unwrap_or_default();
    let confidence = met.map_or(0.5, |(stay, _)| confidence(subject, &stay, rules));
    voice.tell(
        Telling {
            kind: Kind::Loitering,
            say,
            spell,
            other: None,
            zone: None,
            confidence,
            evidence,
            honest_causes: vec![
                honest::official_craft(subject),
                honest::not_under_command(subject),
                honest::drifting(subject),
            ],
        },
        subject.who(),
        chart,
    );
}

fn holds(subject: &Subject, stay: &StaySummary, config: &BehaviourConfig) -> bool {
    let rules = &config.loitering;
    let craft = &subject.craft;
    stay.mean_speed_mps < rules.mean_speed_mps
        && stay.measured >= rules.measured_share
        && stay.count(mark::NEAR_SHORE) == 0
        && stay.count(mark::EXCUSES_ALL) == 0
        && stay.count(mark::NOT_UNDER_COMMAND) == 0
        && !(craft.passenger && stay.count(mark::EXCUSES_PASSENGER) > 0)
        && !(craft.fishing.possible() && stay.count(mark::EXCUSES_SMALL) > 0)
        && !craft.official
        && !craft.pleasure
}

/// Surer when slower, better measured, and known for what it is.
fn confidence(subject: &Subject, stay: &StaySummary, rules: &LoiteringConfig) -> f64 {
    let slowness = (1.0 - stay.mean_speed_mps / rules.mean_speed_mps).clamp(0.0, 1.0);
    let known = if subject.craft.ship_type.is_some() { 0.15 } else { 0.0 };
    (0.4 + 0.2 * slowness + 0.25 * stay.measured + known).min(0.99)
}

fn evidence(
    subject: &Subject,
    stay: &StaySummary,
    radius_m: f64,
    rules: &LoiteringConfig,
    now: EventTime,
) -> Vec<Evidence> {
    let (who, who_zh) = subject.words();
    let minutes = rules.duration_s / 60;
    let item = |code, observed, threshold, unit, en, zh| Evidence {
        code,
        observed,
        threshold,
        unit,
        from: stay.from,
        to: now,
        sensors: subject.sources,
        sentence_en: en,
        sentence_zh: zh,
        ..Evidence::default()
    };
    let speed = stay.mean_speed_mps;
    let mut list = vec![
        item(
            "mean_speed",
            speed,
            rules.mean_speed_mps,
            "m/s",
            format!(
                "{who} has averaged {speed:.1} m/s over {minutes} min; under way it would exceed {:.1} m/s.",
                rules.mean_speed_mps
            ),
            format!("{who_zh}近{minutes}分钟平均航速{speed:.1}米/秒，低于{:.1}米/秒的阈值。", rules.mean_speed_mps),
        ),
        item(
            "stay_radius",
            radius_m,
            rules.radius_m,
            "m",
            format!("In that time it has not left a circle of {radius_m:.0} m radius."),
            format!("期间活动范围未超出半径{radius_m:.0}米。"),
        ),
    ];
    let shore = subject.surroundings.shore_m();
    if shore.is_finite() {
        list.push(item(
            "shore_distance",
            shore,
            rules.shore_m,
            "m",
            format!("It lies {:.1} km off the shore, outside every port and anchorage.", shore / 1000.0),
            format!("距岸{:.1}公里，不在任何港口、锚地范围内。", shore / 1000.0),
        ));
    }
    let (type_en, type_zh) = match subject.craft.ship_type {
        Some(kind) => (format!("its AIS type is {kind}"), format!("AIS船舶类型为{kind}")),
        None => ("its type is not known".to_owned(), "船舶类型不明".to_owned()),
    };
    list.push(item(
        "honest_causes",
        0.0,
        0.0,
        "count",
        format!("No honest cause found: {type_en}, no pilot, tug, patrol or pleasure craft; it does not report being not under command; it is in no zone where its kind has business."),
        format!("未发现正当理由：{type_zh}，非引航、拖带、公务或游艇；未报告失控；所在水域无其作业区。"),
    ));
    list
}

fn withdraw(subject: &mut Subject, chart: &Chart, voice: &mut Voice) {
    let Some(spell) = subject.loitering.spell.take() else { return };
    let (who, who_zh) = subject.words();
    let kind = f64::from(subject.craft.ship_type.unwrap_or(0));
    let reason = Evidence {
        code: "official_or_pleasure_craft",
        observed: kind,
        threshold: kind,
        unit: "ship_type",
        from: spell.began,
        to: voice.now(),
        sensors: subject.sources,
        sentence_en: format!("Withdrawn: {who} has since been identified as a craft that may lie where it likes."),
        sentence_zh: format!("撤销：{who_zh}现已查明身份，属公务船或游艇，停留有正当理由。"),
        ..Evidence::default()
    };
    voice.withdraw(Kind::Loitering, spell, reason, subject.who(), chart);
}

/// Says of a vessel that is forgotten that its affair is over.
pub(super) fn close(subject: &Subject, chart: &Chart, voice: &mut Voice) {
    if let Some(spell) = subject.loitering.spell {
        voice.end(Kind::Loitering, spell, None, subject.who(), chart);
    }
}
