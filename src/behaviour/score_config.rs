//! What evidence weighs: points by kind and code, caps by family, and the scores that make the grades.
//!
//! The numbers are those of the composite suspicion of `docs/rules.md`; a file of rules may change any of them, and may name
//! none that is not here: a weight for a code that no rule has would be a weight that nobody notices missing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::evidence::Family;
use super::finding::Kind;

/// Scores that make the grades, caps of the families, and how fast the past fades.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScoreConfig {
    /// Score from which an alert is of grade 2, watch.
    pub watch_points: f64,
    /// Score from which it is of grade 3, verify.
    pub verify_points: f64,
    /// Score from which it is of grade 4, dispatch, where families and sensors allow it.
    pub dispatch_points: f64,
    /// Share of its weight that evidence of a developing alert counts.
    pub developing_share: f64,
    /// Seconds in which the weight of earlier alerts of the same vessel falls to half.
    pub half_life_s: u32,
    /// Days for which earlier alerts of a vessel are remembered.
    pub history_days: f64,
    /// Metres within which an earlier alert of the same kind is of the same place.
    pub same_place_m: f64,
    /// The most points of each family; of honest causes, the most that are taken off.
    pub concealment_points_max: f64,
    /// See above.
    pub contact_points_max: f64,
    /// See above.
    pub shore_points_max: f64,
    /// See above.
    pub lingering_points_max: f64,
    /// See above.
    pub zone_points_max: f64,
    /// See above.
    pub context_points_max: f64,
    /// See above.
    pub history_points_max: f64,
    /// See above.
    pub honest_points_max: f64,
}

impl Default for ScoreConfig {
    fn default() -> Self {
        Self {
            watch_points: 30.0,
            verify_points: 50.0,
            dispatch_points: 70.0,
            developing_share: 0.4,
            half_life_s: 21_600,
            history_days: 30.0,
            same_place_m: 500.0,
            concealment_points_max: 35.0,
            contact_points_max: 30.0,
            shore_points_max: 35.0,
            lingering_points_max: 15.0,
            zone_points_max: 30.0,
            context_points_max: 15.0,
            history_points_max: 15.0,
            honest_points_max: 40.0,
        }
    }
}

impl ScoreConfig {
    /// The most points that a family may add; of honest causes, the most that they take off.
    pub fn cap(&self, family: Family) -> f64 {
        match family {
            Family::Concealment => self.concealment_points_max,
            Family::Contact => self.contact_points_max,
            Family::Shore => self.shore_points_max,
            Family::Lingering => self.lingering_points_max,
            Family::Zone => self.zone_points_max,
            Family::Context => self.context_points_max,
            Family::History => self.history_points_max,
            Family::Honest => self.honest_points_max,
        }
    }
}

/// Sections of the weights that are no kind of alert.
const CONTEXT: &str = "context";
const HISTORY: &str = "history";
const HONEST: &str = "honest";

/// Which item of evidence belongs to which family, and what it weighs unless a file says otherwise. Codes that are not
/// here weigh nothing: they say what was seen, and another item of the same alert counts.
const TABLE: [(&str, &str, Family, f64); 37] = [
    ("loitering", "stay_radius", Family::Lingering, 10.0),
    ("unloading", "time_at_shore", Family::Shore, 25.0),
    ("unloading", "camera_landing", Family::Shore, 35.0),
    ("unloading", "shuttle_runs", Family::Shore, 15.0),
    ("unloading", "time_together", Family::Contact, 20.0),
    ("unloading", "near_shore", Family::Shore, 10.0),
    ("unloading", "party_without_ais", Family::Contact, 10.0),
    ("unloading", "camera_transfer", Family::Contact, 30.0),
    ("rendezvous", "time_together", Family::Contact, 20.0),
    ("rendezvous", "party_without_ais", Family::Contact, 10.0),
    ("rendezvous", "camera_transfer", Family::Contact, 30.0),
    ("ais_gap", "silence", Family::Concealment, 15.0),
    ("ais_gap", "sailed_on", Family::Concealment, 15.0),
    ("dark_vessel", "no_ais", Family::Concealment, 15.0),
    ("dark_vessel", "landfall", Family::Shore, 15.0),
    ("dark_vessel", "meeting", Family::Contact, 20.0),
    ("identity_conflict", "mmsi_changed", Family::Concealment, 30.0),
    ("identity_conflict", "one_mmsi_twice", Family::Concealment, 30.0),
    ("identity_conflict", "reported_elsewhere", Family::Concealment, 25.0),
    ("fast_approach", "landfall", Family::Shore, 20.0),
    ("zone_entry", "zone_depth", Family::Zone, 30.0),
    ("zone_entry", "zone_ahead", Family::Zone, 12.0),
    ("gathering", "craft_together", Family::Contact, 10.0),
    ("gathering", "craft_without_ais", Family::Concealment, 10.0),
    ("drifting", "drift", Family::Lingering, 5.0),
    (CONTEXT, "night", Family::Context, 5.0),
    (CONTEXT, "same_place_before", Family::Lingering, 5.0),
    (CONTEXT, "known_landing_place", Family::Shore, 10.0),
    (HISTORY, "watch_list", Family::History, 15.0),
    (HISTORY, "low_credit", Family::History, 5.0),
    (HISTORY, "verified_offence", Family::History, 15.0),
    (HISTORY, "verified_false", Family::History, -10.0),
    (HONEST, "official_craft", Family::Honest, -30.0),
    (HONEST, "permit", Family::Honest, -30.0),
    (HONEST, "not_under_command", Family::Honest, -20.0),
    (HONEST, "good_credit", Family::Honest, -10.0),
    (HONEST, "registered_small_craft", Family::Honest, -10.0),
];

/// Points of every item of evidence that weighs anything: kind (or `context`, `history`, `honest`), then code.
/// What a file leaves out keeps its points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<String, BTreeMap<String, f64>>")]
pub struct Weights(BTreeMap<String, BTreeMap<String, f64>>);

impl Default for Weights {
    fn default() -> Self {
        let mut sections: BTreeMap<String, BTreeMap<String, f64>> = BTreeMap::new();
        for (section, code, _, points) in TABLE {
            sections.entry(section.to_owned()).or_default().insert(code.to_owned(), points);
        }
        Self(sections)
    }
}

impl From<BTreeMap<String, BTreeMap<String, f64>>> for Weights {
    fn from(said: BTreeMap<String, BTreeMap<String, f64>>) -> Self {
        let mut weights = Self::default();
        for (section, codes) in said {
            weights.0.entry(section).or_default().extend(codes);
        }
        weights
    }
}

impl Weights {
    /// Family and points of an item of evidence of an alert of this kind; `None` where it weighs nothing.
    pub fn of(&self, kind: Kind, code: &str) -> Option<(Family, f64)> {
        [kind.as_str(), CONTEXT, HISTORY].into_iter().find_map(|section| self.entry(section, code))
    }

    /// What an honest cause takes off when it is found: 0 or less.
    pub fn of_honest_cause(&self, code: &str) -> f64 {
        self.entry(HONEST, code).map_or(0.0, |(_, points)| points.min(0.0))
    }

    fn entry(&self, section: &str, code: &str) -> Option<(Family, f64)> {
        let family = TABLE.iter().find(|row| row.0 == section && row.1 == code).map(|row| row.2)?;
        let points = self.0.get(section)?.get(code)?;
        Some((family, *points))
    }

    /// What is wrong with the weights: the first key that is none, or value out of range, with what is allowed.
    pub(super) fn fault(&self) -> Option<(String, String)> {
        for (section, codes) in &self.0 {
            for (code, points) in codes {
                let key = format!("weights.{section}.{code}");
                let known = |name: &str| TABLE.iter().any(|row| row.0 == name);
                if !known(section) {
                    let mut sections: Vec<&str> = TABLE.iter().map(|row| row.0).collect();
                    sections.dedup();
                    return Some((key, format!("there is no section {section}: use {}", sections.join(", "))));
                }
                let Some(row) = TABLE.iter().find(|row| row.0 == section && row.1 == code) else {
                    let codes: Vec<&str> = TABLE.iter().filter(|row| row.0 == section).map(|row| row.1).collect();
                    return Some((key, format!("there is no such evidence: {section} has {}", codes.join(", "))));
                };
                let range = if row.3 < 0.0 { -100.0..=0.0 } else { 0.0..=100.0 };
                if !range.contains(points) {
                    let wants = format!("{points} cannot be: give {} to {} points", range.start(), range.end());
                    return Some((key, wants));
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_alert_weighs_something() {
        for kind in Kind::ALL {
            assert!(TABLE.iter().any(|row| row.0 == kind.as_str()), "{kind}");
        }
    }

    #[test]
    fn a_weight_for_evidence_that_no_rule_has_is_refused_with_those_that_are() {
        let mut weights = Weights::default();
        assert_eq!(weights.fault(), None);
        weights.0.entry("loitering".to_owned()).or_default().insert("mood".to_owned(), 5.0);
        let (key, wants) = weights.fault().unwrap();
        assert_eq!(
            (key.as_str(), wants.as_str()),
            ("weights.loitering.mood", "there is no such evidence: loitering has stay_radius")
        );
    }

    #[test]
    fn an_honest_cause_never_adds_points() {
        let mut weights = Weights::default();
        weights.0.entry("honest".to_owned()).or_default().insert("permit".to_owned(), 30.0);
        assert!(weights.fault().is_some_and(|(_, wants)| wants.contains("-100 to 0")));
        assert_eq!(weights.of_honest_cause("permit"), 0.0);
    }
}
