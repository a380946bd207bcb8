//! The document of the rules names every kind and gives every weight that the program has.

use shorewatch::behaviour::{BehaviourConfig, Kind};

const DOCUMENT: &str = include_str!("../../../docs/rules.md");

/// The text under the heading that begins with these words.
fn section(heading: &str) -> &'static str {
    let begin =
        DOCUMENT.find(&format!("\n## {heading}")).unwrap_or_else(|| panic!("docs/rules.md has no ## {heading}"));
    let text = &DOCUMENT[begin + 4..];
    &text[..text.find("\n## ").unwrap_or(text.len())]
}

#[test]
fn every_kind_has_its_definition_thresholds_evidence_and_misses() {
    for kind in Kind::ALL {
        let text = section(&format!("{kind} {}", kind.as_zh()));
        for part in ["*Thresholds:*", "*Not told for:*", "| evidence | family | points |", "*Known misses:*"] {
            assert!(text.contains(part), "{kind} lacks {part}");
        }
    }
}

#[test]
fn every_weight_is_documented_with_its_points() {
    let rules = toml::Table::try_from(BehaviourConfig::default()).expect("rules have a form");
    let weights = rules["weights"].as_table().expect("there are weights");
    for (name, codes) in weights {
        let kind = Kind::ALL.into_iter().find(|kind| kind.as_str() == name);
        let text = kind.map_or_else(|| section("What holds for all"), |kind| section(&format!("{kind} ")));
        for (code, points) in codes.as_table().expect("a section of weights") {
            let row = text.lines().find(|line| line.starts_with('|') && line.contains(&format!("`{code}`")));
            let row = row.unwrap_or_else(|| panic!("docs/rules.md does not have {name}.{code}"));
            let points = points.as_float().expect("points are numbers");
            assert!(row.split('|').any(|cell| cell.trim() == points.to_string()), "{name}.{code} = {points}: {row}");
        }
    }
}
