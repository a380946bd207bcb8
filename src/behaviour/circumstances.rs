//! Circumstances of a behaviour that no rule is about: night, and what the register says of the vessel.

use super::evidence::{Evidence, HonestCause, Verdict};
use super::spell::Spell;
use crate::chart::Chart;
use crate::geodesy::{LatLon, sun_elevation_deg};
use crate::register::{Credit, Registered};
use crate::units::{EventTime, VesselClass};

/// A registered vessel no longer than this in metres is a small craft.
const SMALL_M: f64 = 20.0;

/// That it is night: less is seen, and fewer have reason to be about.
pub(super) fn night(place: LatLon, spell: &Spell, now: EventTime) -> Evidence {
    let elevation_deg = sun_elevation_deg(place, spell.began);
    Evidence {
        code: "night",
        observed: elevation_deg,
        unit: "deg",
        from: spell.began,
        to: now,
        sentence_en: format!("It began at night: the sun stood {:.0} degrees below the horizon.", -elevation_deg),
        sentence_zh: format!("发生在夜间，太阳位于地平线下{:.0}度。", -elevation_deg),
        ..Evidence::default()
    }
}

/// What the register holds against the vessel: that it is to be watched, that its owner seldom keeps the rules.
pub(super) fn history(vessel: &Registered, spell: &Spell, now: EventTime) -> Vec<Evidence> {
    let item = |code, observed, en, zh| Evidence {
        code,
        observed,
        from: spell.began,
        to: now,
        sentence_en: en,
        sentence_zh: zh,
        ..Evidence::default()
    };
    let mut items = Vec::new();
    if let Some(reason) = vessel.watched(now) {
        let (en, zh) = (format!("It is on the watch list: {reason}."), format!("该船在重点关注名单内：{reason}。"));
        items.push(item("watch_list", 1.0, en, zh));
    }
    if let Some(credit) = vessel.credit.filter(|credit| *credit == Credit::D) {
        let letter = credit.as_str();
        let (en, zh) = (format!("Its owner's credit grade is {letter}."), format!("船主信用等级为{letter}级。"));
        items.push(item("low_credit", 1.0, en, zh));
    }
    items
}

/// What the register says for the vessel: leave to be there, an owner who keeps the rules.
pub(super) fn honest_causes(vessel: &Registered, place: LatLon, chart: &Chart, now: EventTime) -> Vec<HonestCause> {
    let mut causes = Vec::new();
    if !vessel.permits.is_empty() {
        let here = chart.zones.containing(place, now);
        let permitted = here.iter().find(|zone| vessel.may_enter(&zone.id, now));
        causes.push(match permitted {
            Some(zone) => HonestCause::new(
                "permit",
                Verdict::Found,
                format!("The register gives it leave to be in {}.", zone.name),
                format!("登记信息显示该船获准在“{}”活动。", zone.name_zh.as_deref().unwrap_or(&zone.name)),
            ),
            None => HonestCause::ruled_out(
                "permit",
                "None of its permits in the register holds here and now.",
                "该船登记的许可均不适用于此时此地。",
            ),
        });
    }
    let works = matches!(vessel.class, Some(VesselClass::Fishing | VesselClass::Tender));
    if works && vessel.length_m.is_some_and(|length| length <= SMALL_M) {
        causes.push(HonestCause::new(
            "registered_small_craft",
            Verdict::Found,
            "It is registered as a small fishing craft or tender: such work close to the shore and to others.",
            "该船登记为小型渔船或养殖工作船，近岸和靠近他船作业属常见情形。",
        ));
    }
    if vessel.credit == Some(Credit::A) {
        causes.push(HonestCause::new(
            "good_credit",
            Verdict::Found,
            "Its owner's credit grade is A.",
            "船主信用等级为A级。",
        ));
    }
    causes
}
