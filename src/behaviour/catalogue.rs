//! Thresholds as people look at them: each with its unit and source, and what is changed of a set of rules.
//!
//! The words are the comments of `config/rules.toml`: a comment stands for the keys right below it, and names its sources.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::config::BehaviourConfig;
use super::rules_error::RulesError;

/// The rules as shipped, with the reason of each.
const SHIPPED: &str = include_str!("../../config/rules.toml");

/// Words of the shipped file for where a value comes from.
const SOURCES: [&str; 4] = ["definition", "gfw", "itu", "own"];

/// One threshold of a set of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threshold {
    /// Section of the file: `contact`, `weights.rendezvous`. Empty: of the whole.
    pub section: String,
    /// Key in it.
    pub key: String,
    /// Its value, as TOML.
    pub value: String,
    /// The value that is shipped, as TOML.
    pub shipped: String,
    /// Its unit; empty: none.
    pub unit: &'static str,
    /// What the shipped file says of it; empty: nothing that is not said of the section.
    pub note: String,
    /// Where the shipped value comes from.
    pub sources: Vec<&'static str>,
}

/// All thresholds of `config`, in the order of the shipped file; overrides are no thresholds.
pub fn thresholds(config: &BehaviourConfig) -> Vec<Threshold> {
    let (present, shipped) = (leaves(config), leaves(&BehaviourConfig::default()));
    let known = shipped_lines().into_iter().filter_map(|Line { section, key, note }| {
        let place = (section.clone(), key.clone());
        let sources = SOURCES.into_iter().filter(|source| names(&note, source)).collect();
        let value = present.get(&place)?.to_string();
        let shipped = shipped.get(&place)?.to_string();
        Some(Threshold { unit: unit_of(&section, &key), section, key, value, shipped, note, sources })
    });
    known.collect()
}

/// Whether a comment names a source as a word of its own.
fn names(note: &str, source: &str) -> bool {
    note.split(|letter: char| !letter.is_alphanumeric()).any(|word| word == source)
}

struct Line {
    section: String,
    key: String,
    note: String,
}

/// Every key of the shipped file with the comment right above it.
fn shipped_lines() -> Vec<Line> {
    let (mut section, mut note, mut in_comment) = (String::new(), String::new(), false);
    let mut lines = Vec::new();
    for line in SHIPPED.lines().map(str::trim) {
        if let Some(comment) = line.strip_prefix('#') {
            if !in_comment {
                note.clear();
            }
            let space = if note.is_empty() { "" } else { " " };
            note = format!("{note}{space}{}", comment.trim());
            in_comment = true;
            continue;
        }
        in_comment = false;
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.to_owned();
            note.clear();
        } else if let Some((key, _)) = line.split_once(" = ") {
            lines.push(Line { section: section.clone(), key: key.to_owned(), note: note.clone() });
        } else {
            note.clear();
        }
    }
    lines
}

/// Every value that is no table, by section and key.
fn leaves(config: &BehaviourConfig) -> BTreeMap<(String, String), Value> {
    let mut found = BTreeMap::new();
    gather("", table_of(config), &mut found);
    found
}

fn gather(section: &str, table: Table, found: &mut BTreeMap<(String, String), Value>) {
    for (key, value) in table {
        match value {
            Value::Table(inner) if section.is_empty() => gather(&key, inner, found),
            Value::Table(inner) => gather(&format!("{section}.{key}"), inner, found),
            value => {
                found.insert((section.to_owned(), key), value);
            }
        }
    }
}

/// A set of rules as a table; a set that was checked can be written.
fn table_of(config: &BehaviourConfig) -> Table {
    Table::try_from(config).unwrap_or_default()
}

/// The unit that a key ends with.
fn unit_of(section: &str, key: &str) -> &'static str {
    const ENDS: [(&str, &str); 9] = [
        ("_mps", "m/s"),
        ("_deg", "deg"),
        ("_nmi", "nmi"),
        ("_points", "points"),
        ("_points_max", "points"),
        ("_days", "d"),
        ("_m_max", "m"),
        ("_m", "m"),
        ("_h", "h"),
    ];
    let ending = ENDS.into_iter().find(|(end, _)| key.ends_with(end));
    match ending {
        Some((_, unit)) => unit,
        None if key.ends_with("_s") => "s",
        None if section.starts_with("weights.") => "points",
        None => "",
    }
}

impl BehaviourConfig {
    /// These rules with what `changes` (TOML in the form of the file) sets over them. Overrides in it are taken in place of all of
    /// these rules.
    ///
    /// # Errors
    /// [`RulesError`] with the key or the line, and what it must be.
    pub fn with_changes(&self, changes: &str) -> Result<Self, RulesError> {
        let changes: Table = toml::from_str(changes).map_err(|error| RulesError::Unreadable(error.to_string()))?;
        let mut whole = table_of(self);
        lay_over(&mut whole, changes);
        let changed: Self =
            whole.try_into().map_err(|error: toml::de::Error| RulesError::Unreadable(error.message().to_owned()))?;
        changed.validate()?;
        Ok(changed)
    }

    /// What these rules have different from the shipped ones, as a file that gives them again ([`Self::from_toml`]).
    pub fn to_short_toml(&self) -> String {
        let mut different = table_of(self);
        take_away(&mut different, &table_of(&Self::default()));
        let mut short = Table::from_iter([
            ("version".to_owned(), Value::Integer(i64::from(self.version))),
            ("edition".to_owned(), Value::String(self.edition.clone())),
        ]);
        short.extend(different);
        short.to_string()
    }
}

fn lay_over(base: &mut Table, changes: Table) {
    for (key, change) in changes {
        match (base.get_mut(&key), change) {
            (Some(Value::Table(inner)), Value::Table(changes)) => lay_over(inner, changes),
            (Some(value @ Value::Float(_)), Value::Integer(whole)) => *value = Value::Float(whole as f64),
            (_, change) => {
                base.insert(key, change);
            }
        }
    }
}

/// Takes away what is the same in `other`, and tables that are empty then.
fn take_away(table: &mut Table, other: &Table) {
    let keys: Vec<String> = table.keys().cloned().collect();
    for key in keys {
        if let (Some(Value::Table(inner)), Some(Value::Table(known))) = (table.get_mut(&key), other.get(&key)) {
            take_away(inner, known);
        }
        let is_same = table.get(&key) == other.get(&key);
        let is_empty = table.get(&key).and_then(Value::as_table).is_some_and(Table::is_empty);
        if is_same || is_empty {
            table.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_threshold_is_listed_once_with_unit_and_source() {
        let listed = thresholds(&BehaviourConfig::default());
        let places: Vec<_> = listed.iter().map(|it| (it.section.clone(), it.key.clone())).collect();
        let all: Vec<_> = leaves(&BehaviourConfig::default()).into_keys().collect();
        let mut sorted = places.clone();
        sorted.sort();
        assert_eq!(sorted, all, "the file and the program have the same keys");
        let of = |section: &str, key: &str| listed.iter().find(|it| it.section == section && it.key == key).unwrap();
        let stay = of("loitering", "mean_speed_mps");
        assert_eq!(
            (stay.value.as_str(), stay.unit, stay.sources.as_slice()),
            ("1.0", "m/s", &["definition", "gfw"][..])
        );
        assert_eq!(of("weights.rendezvous", "time_together").unit, "points");
        assert!(of("subjects", "continue_within_m").note.starts_with("A new track continues a lost one"));
        assert_eq!(of("ais_gap", "before_s").sources, ["own"]);
    }

    #[test]
    fn what_is_changed_is_laid_over_and_written_as_a_short_file() {
        let before = BehaviourConfig::from_toml("edition = \"port-1\"\n[contact]\ndistance_m = 90.0\n").unwrap();
        let changes = "edition = \"port-2\"\n[loitering]\nradius_m = 800\n[weights.honest]\npermit = -20.0\n\
            [[override]]\nhours = \"22:00-05:00\"\n[override.set.landing]\nduration_s = 120\n";
        let after = before.with_changes(changes).unwrap();
        assert_eq!((after.contact.distance_m, after.loitering.radius_m, after.overrides.len()), (90.0, 800.0, 1));
        let short = after.to_short_toml();
        assert!(!short.contains("mean_speed_mps"), "{short}");
        assert_eq!(BehaviourConfig::from_toml(&short).unwrap(), after);
    }

    #[test]
    fn a_change_that_cannot_be_is_refused_by_name() {
        let shipped = BehaviourConfig::default();
        let refused = |text: &str| shipped.with_changes(text).unwrap_err().to_string();
        assert!(refused("[contact]\ndistance = 5.0\n").contains("distance"));
        assert!(refused("[contact]\ndistance_m = -5.0\n").starts_with("rule contact.distance_m = -5 cannot be"));
        assert!(refused("[contact").starts_with("the rules cannot be read"));
    }
}
