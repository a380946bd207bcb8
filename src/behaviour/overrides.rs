//! Overrides: thresholds that hold for some classes of vessel, in some zones, or at some hours.
//!
//! A file of rules lists them in order, and what a later one sets wins. Which of them hold for a vessel is found at every
//! instant; the thresholds of every combination that has come up are made once and kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::config::BehaviourConfig;
use super::rules_error::RulesError;
use super::subject::Subject;
use crate::chart::{Chart, ZoneKind};
use crate::units::{EventTime, VesselClass};

/// The most overrides of a file: their combinations are told apart by the bits of one number.
const OVERRIDES_MAX: usize = 16;
/// Combinations whose thresholds are kept; more than come up in practice.
const VARIANTS_MAX: usize = 256;
/// The farthest in metres that a zone may reach for an override: what is known of surroundings reaches no farther.
const MARGIN_MAX_M: f64 = 5_000.0;
/// Rules that an override may change. Who is who, and what weighs how much, is the same for all.
const RULES: [&str; 10] = [
    "loitering",
    "landing",
    "contact",
    "zone_entry",
    "fast_approach",
    "dark_vessel",
    "ais_gap",
    "identity_conflict",
    "gathering",
    "drifting",
];
/// Rules about several vessels at once: they have thresholds for a time of day, none for a vessel.
const RULES_OF_MANY: [&str; 2] = ["contact", "gathering"];
/// Keys of which there is one value for all: whoever merges alerts knows of no vessel, and twins are two.
const SAME_FOR_ALL: [&str; 3] = ["merge_s", "twin_m", "twin_lasts_s"];
/// The word for a class that nobody knows.
const UNKNOWN_CLASS: &str = "unknown";

/// Thresholds for some vessels, places or times. Every condition that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OverrideConfig {
    /// What people call it.
    pub name: String,
    /// Only vessels of these classes; `unknown` is one of them.
    pub class: Vec<String>,
    /// Only in zones of these kinds.
    pub zone_kind: Vec<String>,
    /// Only in the zones of these ids.
    pub zone: Vec<String>,
    /// So far around those zones, in metres.
    pub margin_m: f64,
    /// Only at these hours of local time, `22:00-05:00`; empty: always.
    pub hours: String,
    /// What it sets: sections and keys as in the rules themselves.
    pub set: toml::Table,
}

/// The same, checked.
#[derive(Clone, Debug)]
struct Condition {
    classes: Vec<Option<VesselClass>>,
    zone_kinds: Vec<ZoneKind>,
    zones: Vec<String>,
    margin_m: f64,
    /// Minutes of the day, from and until; `None`: always.
    hours: Option<(i64, i64)>,
    set: toml::Table,
}

/// The rules with their overrides.
#[derive(Debug)]
pub(super) struct Ruleset {
    base: Arc<BehaviourConfig>,
    conditions: Vec<Condition>,
    utc_offset_ms: i64,
    variants: BTreeMap<u16, Arc<BehaviourConfig>>,
}

impl Default for Ruleset {
    fn default() -> Self {
        Self::new(BehaviourConfig::default())
    }
}

impl Ruleset {
    /// Rules that are valid ([`BehaviourConfig::validate`]); an override that is not is left out.
    pub(super) fn new(base: BehaviourConfig) -> Self {
        let conditions = base.overrides.iter().filter_map(|it| checked(it).ok()).take(OVERRIDES_MAX).collect();
        let utc_offset_ms = (base.utc_offset_h * 3_600_000.0) as i64;
        Self { base: Arc::new(base), conditions, utc_offset_ms, variants: BTreeMap::new() }
    }

    /// The thresholds that hold for everybody.
    pub(super) fn base(&self) -> &BehaviourConfig {
        &self.base
    }

    /// The thresholds that hold for a vessel now.
    pub(super) fn of(&mut self, subject: &Subject, chart: &Chart, now: EventTime) -> &BehaviourConfig {
        if self.conditions.is_empty() {
            return &self.base;
        }
        let minute = self.minute_of_day(now);
        self.variant(|condition| condition.holds(subject, chart, minute))
    }

    /// The thresholds that hold for rules about several vessels now.
    pub(super) fn of_many(&mut self, now: EventTime) -> Arc<BehaviourConfig> {
        let minute = self.minute_of_day(now);
        Arc::clone(self.variant(|condition| condition.is_general() && condition.is_the_hour(minute)))
    }

    fn minute_of_day(&self, now: EventTime) -> i64 {
        now.plus_millis(self.utc_offset_ms).millis_of_day() / 60_000
    }

    fn variant(&mut self, holds: impl Fn(&Condition) -> bool) -> &Arc<BehaviourConfig> {
        let bits = self.conditions.iter().enumerate().filter(|(_, condition)| holds(condition));
        let mask = bits.fold(0_u16, |mask, (bit, _)| mask | (1 << bit));
        if mask == 0 {
            return &self.base;
        }
        if self.variants.len() >= VARIANTS_MAX && !self.variants.contains_key(&mask) {
            self.variants.clear();
        }
        let (base, conditions) = (&self.base, &self.conditions);
        self.variants.entry(mask).or_insert_with(|| {
            let chosen = conditions.iter().enumerate().filter(|(bit, _)| mask & (1 << bit) != 0);
            // Each was tried when the rules were checked.
            with(base, chosen.map(|(_, condition)| &condition.set)).map_or_else(|_| Arc::clone(base), Arc::new)
        })
    }
}

impl Condition {
    fn holds(&self, subject: &Subject, chart: &Chart, minute: i64) -> bool {
        self.is_the_hour(minute)
            && (self.classes.is_empty() || self.classes.contains(&subject.craft.class()))
            && (self.zone_kinds.is_empty()
                || self.zone_kinds.iter().any(|kind| subject.surroundings.within(*kind, self.margin_m)))
            && (self.zones.is_empty() || self.is_in_zone(subject, chart))
    }

    fn is_in_zone(&self, subject: &Subject, chart: &Chart) -> bool {
        subject.surroundings.zones().iter().any(|near| {
            let zone = chart.zones.zones().get(near.index as usize);
            near.signed_m <= self.margin_m && zone.is_some_and(|zone| self.zones.contains(&zone.id))
        })
    }

    fn is_the_hour(&self, minute: i64) -> bool {
        self.hours.is_none_or(|(from, until)| match from <= until {
            true => (from..until).contains(&minute),
            false => minute >= from || minute < until,
        })
    }

    /// Whether it asks nothing of a vessel.
    fn is_general(&self) -> bool {
        self.classes.is_empty() && self.zone_kinds.is_empty() && self.zones.is_empty()
    }
}

/// Checks all overrides of a set of rules.
///
/// # Errors
/// The first that cannot be, by its number and name, with what to give.
pub(super) fn check(config: &BehaviourConfig) -> Result<(), RulesError> {
    let fault = |number: usize, name: &str, what: String| RulesError::Override {
        place: if name.is_empty() { format!("number {number}") } else { format!("number {number} ({name})") },
        what,
    };
    if config.overrides.len() > OVERRIDES_MAX {
        return Err(fault(OVERRIDES_MAX + 1, "", format!("there are more than {OVERRIDES_MAX}")));
    }
    for (one, number) in config.overrides.iter().zip(1..) {
        let set = checked(one).and_then(|condition| {
            let plain = BehaviourConfig { overrides: Vec::new(), ..config.clone() };
            let changed = with(&plain, std::iter::once(&condition.set)).map_err(|error| error.to_string())?;
            changed.validate().map_err(|error| error.to_string())
        });
        set.map_err(|what| fault(number, &one.name, what))?;
    }
    Ok(())
}

fn checked(one: &OverrideConfig) -> Result<Condition, String> {
    let class = |word: &String| match word.as_str() {
        UNKNOWN_CLASS => Ok(None),
        word => VesselClass::parse(word)
            .map(Some)
            .ok_or_else(|| format!("class '{word}' is none; use {}, {UNKNOWN_CLASS}", VesselClass::words())),
    };
    let kind = |word: &String| {
        ZoneKind::parse(word).ok_or_else(|| format!("zone_kind '{word}' is none; use {}", ZoneKind::NAMES.join(", ")))
    };
    if !(0.0..=MARGIN_MAX_M).contains(&one.margin_m) {
        return Err(format!("margin_m = {} cannot be: 0 to {MARGIN_MAX_M}", one.margin_m));
    }
    if one.set.is_empty() {
        return Err("it sets nothing: give [override.set.RULE] with keys of that rule".to_owned());
    }
    if let Some(section) = one.set.keys().find(|section| !RULES.contains(&section.as_str())) {
        return Err(format!("set.{section} is no rule: use {}", RULES.join(", ")));
    }
    let keys = one
        .set
        .iter()
        .flat_map(|(section, keys)| keys.as_table().into_iter().flatten().map(move |(key, _)| (section, key)));
    if let Some((section, key)) = keys.into_iter().find(|(_, key)| SAME_FOR_ALL.contains(&key.as_str())) {
        return Err(format!("set.{section}.{key} is the same for all: set it in [{section}]"));
    }
    let condition = Condition {
        classes: one.class.iter().map(class).collect::<Result<_, _>>()?,
        zone_kinds: one.zone_kind.iter().map(kind).collect::<Result<_, _>>()?,
        zones: one.zone.clone(),
        margin_m: one.margin_m,
        hours: hours(&one.hours)?,
        set: one.set.clone(),
    };
    if let Some(many) = RULES_OF_MANY.iter().find(|rule| one.set.contains_key(**rule))
        && !condition.is_general()
    {
        return Err(format!("set.{many} is about several vessels: give such an override hours only"));
    }
    Ok(condition)
}

/// `22:00-05:00` in minutes of the day.
fn hours(text: &str) -> Result<Option<(i64, i64)>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let minute = |text: &str| {
        let (hour, minute) = text.trim().split_once(':')?;
        let (hour, minute) = (hour.parse::<i64>().ok()?, minute.parse::<i64>().ok()?);
        ((0..=24).contains(&hour) && (0..60).contains(&minute)).then_some(hour * 60 + minute)
    };
    let span = text.split_once('-').and_then(|(from, until)| Some((minute(from)?, minute(until)?)));
    match span {
        Some((from, until)) if from != until => Ok(Some((from, until))),
        _ => Err(format!("hours = '{text}' cannot be: write HH:MM-HH:MM of local time, for example 22:00-05:00")),
    }
}

/// The rules with these tables laid over them, in order.
fn with<'a>(
    base: &BehaviourConfig,
    tables: impl Iterator<Item = &'a toml::Table>,
) -> Result<BehaviourConfig, RulesError> {
    let unreadable = |text: String| RulesError::Unreadable(text);
    let mut whole = toml::Table::try_from(base).map_err(|error| unreadable(error.to_string()))?;
    for table in tables {
        for (section, keys) in table {
            let Some(keys) = keys.as_table() else {
                return Err(unreadable(format!("set.{section} is no table of keys")));
            };
            let Some(known) = whole.get_mut(section).and_then(toml::Value::as_table_mut) else {
                return Err(unreadable(format!("there is no rule {section}")));
            };
            for (key, value) in keys {
                if !known.contains_key(key) {
                    let keys: Vec<&str> = known.keys().map(String::as_str).collect();
                    return Err(unreadable(format!("{section}.{key} is no key: use {}", keys.join(", "))));
                }
                known.insert(key.clone(), value.clone());
            }
        }
    }
    whole.try_into().map_err(|error: toml::de::Error| unreadable(error.message().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        BehaviourConfig::from_toml(text).unwrap_err().to_string()
    }

    #[test]
    fn an_override_changes_what_it_sets_and_nothing_else() {
        let config = BehaviourConfig::from_toml(
            "[[override]]\nname = \"night\"\nhours = \"22:00-05:00\"\n[override.set.contact]\nduration_s = 180\n",
        )
        .unwrap();
        let mut rules = Ruleset::new(config.clone());
        // 22:00 to 05:00 in China is 14:00 to 21:00 UTC.
        let hour = |hour| EventTime::from_utc(2026, 4, 17, hour, 0, 0, 0).unwrap();
        for (utc, duration_s) in [(13, 300), (14, 180), (20, 180), (21, 300)] {
            assert_eq!(rules.of_many(hour(utc)).contact.duration_s, duration_s, "{utc} UTC");
        }
        let night = rules.of_many(hour(15));
        assert_eq!(night.contact.distance_m, config.contact.distance_m);
        assert_eq!(night.loitering, config.loitering);
    }

    #[test]
    fn an_override_that_cannot_be_is_refused_with_what_can() {
        for (text, says) in [
            (
                "class = [\"submarine\"]\n[override.set.loitering]\nduration_s = 600",
                "class 'submarine' is none; use cargo",
            ),
            (
                "zone_kind = [\"lake\"]\n[override.set.loitering]\nduration_s = 600",
                "zone_kind 'lake' is none; use designated_port",
            ),
            ("hours = \"nightly\"\n[override.set.loitering]\nduration_s = 600", "write HH:MM-HH:MM"),
            ("hours = \"22:00-05:00\"", "it sets nothing"),
            ("[override.set.score]\nwatch_points = 1.0", "set.score is no rule: use loitering"),
            ("[override.set.loitering]\nspeed = 1.0", "loitering.speed is no key: use"),
            ("[override.set.loitering]\nradius_m = -1.0", "rule loitering.radius_m = -1 cannot be"),
            ("[override.set.loitering]\nradius_m = \"far\"", "invalid type"),
            ("[override.set.loitering]\nmerge_s = 60", "set.loitering.merge_s is the same for all"),
            ("class = [\"cargo\"]\n[override.set.contact]\nduration_s = 60", "give such an override hours only"),
        ] {
            let found = refused(&format!("[[override]]\nname = \"mine\"\n{text}\n"));
            assert!(found.starts_with("override number 1 (mine): ") && found.contains(says), "{found}");
        }
    }
}
