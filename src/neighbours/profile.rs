//! Sharing profiles: which alerts leave, and what of them. Nothing leaves that a profile does not name.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::access::organisation::Area;
use crate::geodesy::LatLon;
use crate::store::records::outbox::{Happening, Interest};

/// The word for all of a list.
pub const ANY: &str = "any";

/// Kinds of happening that can be shared.
pub const EVENTS: [&str; 15] = [
    "raised",
    "updated",
    "ended",
    "withdrawn",
    "acknowledged",
    "verifying",
    "confirmed",
    "dismissed",
    "dispatched",
    "disposed",
    "closed",
    "commented",
    "handed_over",
    "reminded",
    "escalated",
];

/// Stages of the behaviour.
pub const STAGES: [&str; 4] = ["developing", "confirmed", "closed", "withdrawn"];

macro_rules! fields {
    ($($(#[$doc:meta])* $variant:ident = $word:literal,)+) => {
        /// What of an alert can be shared beside its id, kind and stage.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Field { $($(#[$doc])* $variant,)+ }

        impl Field {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in the configuration.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}

fields! {
    /// Grade, 1 (least) to 4.
    Grade = "grade",
    /// Points and confidence behind the grade.
    Score = "score",
    /// When it was raised and confirmed, began and ended.
    Times = "times",
    /// Where it began.
    Position = "position",
    /// The name of a place nearby.
    Near = "near",
    /// The zone concerned.
    Zone = "zone",
    /// Whose waters.
    Jurisdiction = "jurisdiction",
    /// MMSI of the vessels, as [`MmsiMask`] says.
    Mmsi = "mmsi",
    /// The tracks of the vessels.
    Tracks = "tracks",
    /// Whether it was night.
    Night = "night",
    /// Why it was raised: codes, values and sentences.
    Evidence = "evidence",
    /// Where the evidence was seen.
    Geometry = "geometry",
    /// Honest causes that were looked at.
    HonestCauses = "honest_causes",
    /// Earlier alerts that are alike.
    SimilarBefore = "similar_before",
    /// Edition of the rules.
    Rules = "rules",
    /// How the case stands with the officers: state, since when, etag.
    Life = "life",
    /// In the hands of which units.
    Units = "units",
    /// The unit that was sent.
    Dispatch = "dispatch",
    /// Outcome and number of the case file.
    Disposal = "disposal",
    /// Why it was dismissed.
    Dismissal = "dismissal",
    /// Id and name of the officer; without it only his role and unit.
    Officer = "officer",
    /// What officers noted, in their words.
    Note = "note",
}

/// How an MMSI leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MmsiMask {
    /// As it is.
    Plain,
    /// The country alone: `413xxxxxx`.
    Country,
}

impl MmsiMask {
    /// The words in the configuration.
    pub const WORDS: [(&'static str, Self); 2] = [("plain", Self::Plain), ("country", Self::Country)];

    /// An MMSI as it leaves. The country stands in digits 1 to 3 for a ship (ITU-R M.585); for other forms more than the country
    /// would be shown, so nothing is.
    pub fn apply(self, mmsi: &str) -> String {
        match self {
            Self::Plain => mmsi.to_owned(),
            Self::Country => match mmsi.get(..3) {
                Some(country) if mmsi.len() == 9 && ('2'..='7').contains(&mmsi.chars().next().unwrap_or('0')) => {
                    format!("{country}xxxxxx")
                }
                _ => "xxxxxxxxx".to_owned(),
            },
        }
    }
}

/// Words of a list, or all there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Words {
    /// All.
    Any,
    /// These.
    These(BTreeSet<String>),
}

impl Words {
    /// Reads a list; `any` alone stands for all.
    ///
    /// # Errors
    /// For a word that `known` does not hold.
    pub fn checked<'a>(list: &[String], known: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        if list == [ANY] {
            return Ok(Self::Any);
        }
        let known: Vec<&str> = known.into_iter().collect();
        match list.iter().find(|word| !known.contains(&word.as_str())) {
            Some(word) => Err(format!("'{word}' is none of {} (or \"{ANY}\" alone)", known.join(", "))),
            None => Ok(Self::These(list.iter().cloned().collect())),
        }
    }

    fn hold(&self, word: &str) -> bool {
        match self {
            Self::Any => true,
            Self::These(words) => words.contains(word),
        }
    }
}

/// Which alerts an endpoint is told of, and what of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Kinds of behaviour.
    pub kinds: Words,
    /// Grades, 1 to 4.
    pub grades: BTreeSet<u64>,
    /// Stages of the behaviour.
    pub stages: Words,
    /// What has happened to them.
    pub events: Words,
    /// Where; `None`: nowhere.
    pub area: Option<Area>,
    /// What is told of them.
    pub fields: BTreeSet<Field>,
    /// How MMSIs leave, in sentences too.
    pub mmsi: MmsiMask,
    /// Decimals of a degree in positions: 2 is about a kilometre, 5 a metre.
    pub position_decimals: u32,
}

impl Profile {
    /// Whether a field leaves.
    pub fn shows(&self, field: Field) -> bool {
        self.fields.contains(&field)
    }

    /// Whether vessels can be told by what leaves.
    pub fn shows_mmsi_in_texts(&self) -> bool {
        self.shows(Field::Mmsi) && self.mmsi == MmsiMask::Plain
    }
}

impl Interest for Profile {
    fn wants(&self, happening: Happening<'_>) -> bool {
        let alert = happening.alert;
        let text = |key: &str| alert.get(key).and_then(Value::as_str).unwrap_or_default();
        let degrees = |key: &str| alert.get(key).and_then(Value::as_f64);
        let place = degrees("lat").zip(degrees("lon")).map(|(lat, lon)| LatLon::new(lat, lon));
        self.kinds.hold(text("kind"))
            && self.stages.hold(text("stage"))
            && self.events.hold(&happening.entry.kind)
            && alert.get("grade").and_then(Value::as_u64).is_some_and(|grade| self.grades.contains(&grade))
            && self.area.as_ref().zip(place).is_some_and(|(area, place)| area.holds(place))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::records::entry::Entry;

    /// A profile that shares all there is.
    pub(in crate::neighbours) fn open() -> Profile {
        Profile {
            name: "open".to_owned(),
            kinds: Words::Any,
            grades: (1..=4).collect(),
            stages: Words::Any,
            events: Words::Any,
            area: Some(Area::Everywhere),
            fields: Field::ALL.iter().copied().collect(),
            mmsi: MmsiMask::Plain,
            position_decimals: 6,
        }
    }

    pub(in crate::neighbours) fn entry(kind: &str) -> Entry {
        serde_json::from_value(serde_json::json!({
            "sequence": 7, "time_ms": 1_776_438_402_354_i64, "kind": kind, "subject": "alert/a",
            "actor": { "id": "li.wei", "name": "Li Wei", "unit": "haikou", "role": "watch_officer" }
        }))
        .unwrap()
    }

    #[test]
    fn a_profile_shares_what_it_names_and_nothing_else() {
        let alert =
            serde_json::json!({"kind": "unloading", "stage": "confirmed", "grade": 3, "lat": 20.0, "lon": 110.0});
        let raised = entry("raised");
        let wants = |profile: &Profile| profile.wants(Happening { entry: &raised, alert: &alert });
        assert!(wants(&open()));
        let these = |words: &[&str]| Words::These(words.iter().map(|&word| word.to_owned()).collect());
        assert!(wants(&Profile { kinds: these(&["unloading"]), ..open() }));
        for narrower in [
            Profile { kinds: these(&["loitering"]), ..open() },
            Profile { stages: these(&["developing"]), ..open() },
            Profile { events: these(&["ended"]), ..open() },
            Profile { grades: [4].into(), ..open() },
            Profile { area: None, ..open() },
            Profile { kinds: these(&[]), ..open() },
        ] {
            assert!(!wants(&narrower), "{narrower:?}");
        }
        let nowhere = serde_json::json!({"kind": "unloading", "stage": "confirmed", "grade": 3});
        assert!(!open().wants(Happening { entry: &raised, alert: &nowhere }), "an alert without a place is nowhere");
    }

    #[test]
    fn a_word_that_is_none_is_refused_with_those_that_are() {
        let refused = Words::checked(&["landing".to_owned()], STAGES).unwrap_err();
        assert!(refused.starts_with("'landing' is none of developing, confirmed"), "{refused}");
        assert_eq!(Words::checked(&[], STAGES), Ok(Words::These(BTreeSet::new())));
        assert!(Words::checked(&["any".to_owned(), "closed".to_owned()], STAGES).is_err());
    }

    proptest! {
        #[test]
        fn a_masked_mmsi_shows_the_country_at_most(mmsi in 0_u32..1_000_000_000) {
            let mmsi = format!("{mmsi:09}");
            let masked = MmsiMask::Country.apply(&mmsi);
            prop_assert_eq!(masked.len(), 9);
            prop_assert_eq!(&masked[3..], "xxxxxx");
            prop_assert!(&masked[..3] == "xxx" || masked[..3] == mmsi[..3]);
        }
    }
}
