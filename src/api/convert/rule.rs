//! Rules, and what trials of them tell.

use super::{BadField, geo};
use crate::access::principal::Principal;
use crate::alert::{Alert, Stage};
use crate::api::proto::rule::v1 as wire;
use crate::backtest::stored::StoredTrial;
use crate::backtest::{Change, Rates};
use crate::behaviour::{BehaviourConfig, Kind, OverrideConfig, thresholds};
use crate::serve::limits::{RECEIVED_MS, RULES_BYTES_MAX, TRIAL_CHANGES_LISTED, TRIAL_SPAN_MS_MAX};
use crate::units::{EventTime, Mmsi};

/// The rules in force, to the wire.
pub fn rules(rules: &BehaviourConfig, log_from: Option<EventTime>) -> wire::GetRulesResponse {
    let threshold = |it: crate::behaviour::Threshold| wire::Threshold {
        section: it.section,
        key: it.key,
        value: it.value,
        shipped: it.shipped,
        unit: it.unit.to_owned(),
        note: it.note,
        sources: it.sources.into_iter().map(str::to_owned).collect(),
    };
    wire::GetRulesResponse {
        edition: rules.edition.clone(),
        thresholds: thresholds(rules).into_iter().map(threshold).collect(),
        overrides: rules.overrides.iter().map(rule_override).collect(),
        utc_offset_h: rules.utc_offset_h,
        log_from_ms: log_from.map(EventTime::as_millis),
        toml: rules.to_short_toml(),
    }
}

fn rule_override(it: &OverrideConfig) -> wire::RuleOverride {
    let mut sets = Vec::new();
    for (section, keys) in &it.set {
        for (key, value) in keys.as_table().into_iter().flatten() {
            sets.push(wire::OverrideValue { section: section.clone(), key: key.clone(), value: value.to_string() });
        }
    }
    wire::RuleOverride {
        name: it.name.clone(),
        classes: it.class.clone(),
        zone_kinds: it.zone_kind.clone(),
        zone_ids: it.zone.clone(),
        margin_m: it.margin_m,
        hours: it.hours.clone(),
        sets,
    }
}

/// The stretch and the rules of a trial, laid over those `now` in force.
///
/// # Errors
/// The field that makes no sense, and why.
pub fn checked_trial(
    request: &wire::TryRulesRequest,
    now: &BehaviourConfig,
) -> Result<(BehaviourConfig, EventTime, EventTime), BadField> {
    let &wire::TryRulesRequest { ref changes_toml, from_ms, to_ms } = request;
    if changes_toml.len() > RULES_BYTES_MAX {
        return Err(BadField::new("changes_toml", format!("longer than {RULES_BYTES_MAX} bytes")));
    }
    for (field, ms) in [("from_ms", from_ms), ("to_ms", to_ms)] {
        if !RECEIVED_MS.contains(&ms) {
            return Err(BadField::new(field, "no instant of this time: milliseconds since 1970, UTC"));
        }
    }
    if from_ms >= to_ms || to_ms - from_ms > TRIAL_SPAN_MS_MAX {
        return Err(BadField::new("to_ms", "must be after from_ms, by a day at most"));
    }
    let new = now.with_changes(changes_toml).map_err(|error| BadField::new("changes_toml", error.to_string()))?;
    Ok((new, EventTime::from_millis(from_ms), EventTime::from_millis(to_ms)))
}

/// What came of a trial of the rules `new` against those of `now`, as far as the caller may see it.
pub fn result(
    mut trial: StoredTrial,
    now: &BehaviourConfig,
    new: &BehaviourConfig,
    caller: &Principal,
) -> wire::TrialResult {
    trial.changes.retain(|change| caller.sees_place(change.alert().position));
    let rates = Rates::of(&trial.changes, trial.hours);
    let kinds = Kind::ALL.into_iter().filter_map(|kind| counted(kind, &trial.changes)).collect();
    let mut changes: Vec<wire::TrialChange> = trial.changes.iter().filter_map(change).collect();
    let changes_left_out = changes.len().saturating_sub(TRIAL_CHANGES_LISTED) as u32;
    changes.truncate(TRIAL_CHANGES_LISTED);
    wire::TrialResult {
        edition_now: now.edition.clone(),
        edition_new: new.edition.clone(),
        played_from_ms: trial.played_from.as_millis(),
        records: trial.records,
        kinds,
        changes,
        changes_left_out,
        alerts_an_hour_now: rates.now,
        alerts_an_hour_new: rates.new,
        toml: new.to_short_toml(),
    }
}

/// How many of a kind; nothing where there are none.
fn counted(kind: Kind, changes: &[Change]) -> Option<wire::KindCount> {
    let mut count = wire::KindCount { kind: kind.as_str().to_owned(), ..wire::KindCount::default() };
    let mut any = false;
    for change in changes.iter().filter(|change| change.alert().kind == kind) {
        any = true;
        *match change {
            Change::Appears(_) => &mut count.appear,
            Change::Vanishes(_) => &mut count.vanish,
            Change::Moves { .. } => &mut count.r#move,
            Change::Stays(_) => &mut count.stay,
        } += 1;
    }
    any.then_some(count)
}

/// One that differs; nothing where it stays.
fn change(change: &Change) -> Option<wire::TrialChange> {
    let (kind, now, new) = match change {
        Change::Appears(alert) => (wire::TrialChangeKind::Appears, None, Some(told_as(alert))),
        Change::Vanishes(alert) => (wire::TrialChangeKind::Vanishes, Some(told_as(alert)), None),
        Change::Moves { from, to } => (wire::TrialChangeKind::Moves, Some(told_as(from)), Some(told_as(to))),
        Change::Stays(_) => return None,
    };
    let alert = change.alert();
    Some(wire::TrialChange {
        change: kind as i32,
        kind: alert.kind.as_str().to_owned(),
        mmsi: alert.mmsi.map(Mmsi::number),
        position: Some(geo::position(alert.position)),
        near_en: alert.near.as_ref().map_or_else(String::new, |near| near.in_english.clone()),
        near_zh: alert.near.as_ref().map_or_else(String::new, |near| near.in_chinese.clone()),
        zone_id: alert.zone.clone().unwrap_or_default(),
        now,
        new,
    })
}

fn told_as(alert: &Alert) -> wire::ToldAs {
    wire::ToldAs {
        told_ms: alert.confirmed.unwrap_or(alert.raised).as_millis(),
        grade: u32::from(alert.grade.number()),
        score: alert.score.points(),
        withdrawn: alert.stage == Stage::Withdrawn,
    }
}
