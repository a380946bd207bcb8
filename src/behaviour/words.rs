//! The words that evidence is named and measured by, for what is saved: read back, they are words of the program again.
//!
//! For `#[serde(with = "…")]`. A word that is not listed cannot be saved, and saving says so.

use serde::de::Visitor;
use serde::ser::Error as _;
use serde::{Deserializer, Serializer};

/// Codes and units of all rules, in order. Every lower-case word that the sources of the rules and of the alerts hold is here, be
/// it a code or not: so a test can tell that none is missing.
const WORDS: [&str; 122] = [
    "",
    "ais",
    "ais_gap",
    "alongside",
    "camera_",
    "camera_alongside",
    "camera_landing",
    "camera_transfer",
    "closed",
    "concealment",
    "confirmed",
    "contact",
    "context",
    "count",
    "craft_together",
    "craft_without_ais",
    "d",
    "dark_vessel",
    "definition",
    "deg",
    "designated_port",
    "developing",
    "dispatch",
    "distance",
    "drift",
    "drifting",
    "duration",
    "earlier_alert",
    "edition",
    "eo",
    "fast_approach",
    "first_seen_leaving",
    "fixed_object",
    "found",
    "gathering",
    "gfw",
    "good_credit",
    "h",
    "hidden_alongside",
    "history",
    "honest",
    "honest_causes",
    "identity_conflict",
    "imo_check_digit",
    "itu",
    "known_landing_place",
    "landfall",
    "landing",
    "lingering",
    "loitering",
    "look_against_type",
    "lost_at_shore",
    "low_credit",
    "m",
    "m/s",
    "mean_speed",
    "meeting",
    "merge_s",
    "mmsi_changed",
    "mmsi_without_flag",
    "moored",
    "moved",
    "near_shore",
    "night",
    "nmi",
    "no_ais",
    "not_under_command",
    "note",
    "number",
    "official_craft",
    "official_or_pleasure_craft",
    "one_mmsi_twice",
    "own",
    "party_without_ais",
    "permit",
    "points",
    "probability",
    "radar",
    "reception",
    "registered_small_craft",
    "rendezvous",
    "report",
    "reported_elsewhere",
    "ruled_out",
    "s",
    "sailed_on",
    "same_place_before",
    "sends_ais",
    "ship_type",
    "shore",
    "shore_distance",
    "shuttle_runs",
    "silence",
    "size_against_type",
    "speed",
    "speedboat",
    "station_outage",
    "stay_radius",
    "tanker",
    "time_at_shore",
    "time_inside",
    "time_left",
    "time_together",
    "twin_lasts_s",
    "twin_m",
    "under_way",
    "unknown",
    "unloading",
    "utc_offset_h",
    "verified_false",
    "verified_offence",
    "verify",
    "version",
    "vessel",
    "watch",
    "watch_list",
    "wild_fix",
    "withdrawn",
    "zone",
    "zone_ahead",
    "zone_depth",
    "zone_entry",
];

fn known(word: &str) -> Option<&'static str> {
    let place = WORDS.binary_search(&word).ok()?;
    WORDS.get(place).copied()
}

/// Writes a word.
///
/// # Errors
/// Those of the format, and when it is not listed: it could not be read back.
pub(super) fn serialize<S: Serializer>(word: &&'static str, to: S) -> Result<S::Ok, S::Error> {
    match known(word) {
        Some(word) => to.serialize_str(word),
        None => Err(S::Error::custom(format!("'{word}' is in no list of the words of the rules"))),
    }
}

/// Reads a word.
///
/// # Errors
/// Those of the format, and when it is not listed.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<&'static str, D::Error> {
    struct Word;
    impl Visitor<'_> for Word {
        type Value = &'static str;

        fn expecting(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            to.write_str("a word of the rules")
        }

        fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Self::Value, E> {
            known(word).ok_or_else(|| E::custom("a word that no rule has"))
        }
    }
    from.deserialize_str(Word)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// The lower-case words in quotes of a source, its tests left out.
    fn words_of(text: &str) -> Vec<String> {
        let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        let is_word = |quoted: &&str| {
            quoted.starts_with(|first: char| first.is_ascii_lowercase())
                && quoted.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || "_/^".contains(it))
        };
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//") && !line.contains("#[serde"));
        code.flat_map(|line| line.split('"').skip(1).step_by(2).filter(is_word).map(str::to_owned)).collect()
    }

    #[test]
    fn every_word_of_the_rules_can_be_saved_and_is_read_back() {
        let mut seen = 0;
        let mut folders = vec![
            Path::new(env!("CARGO_MANIFEST_DIR")).join("src/behaviour"),
            Path::new(env!("CARGO_MANIFEST_DIR")).join("src/alert"),
        ];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                if path.ends_with("words.rs") {
                    continue;
                }
                for word in words_of(&fs::read_to_string(&path).unwrap()) {
                    seen += 1;
                    assert_eq!(known(&word), Some(word.as_str()), "{}: add it to the list", path.display());
                }
            }
        }
        assert!(seen > 100, "{seen} words were looked at");
        assert!(WORDS.is_sorted());
        assert_eq!(words_of("// \"a\"\nitem(\"mean_speed\", \"Not this\", \"m/s\")"), ["mean_speed", "m/s"]);
    }

    #[test]
    fn a_word_that_no_rule_has_is_refused_both_ways() {
        type Word = &'static str;
        #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        struct Saved(#[serde(with = "super")] Word);
        let bytes = postcard::to_stdvec(&Saved("mean_speed")).unwrap();
        assert_eq!(postcard::from_bytes::<Saved>(&bytes).unwrap(), Saved("mean_speed"));
        assert!(postcard::to_stdvec(&Saved("no_such_word")).is_err());
        assert!(postcard::from_bytes::<Saved>(&postcard::to_stdvec("no_such_word").unwrap()).is_err());
    }
}
