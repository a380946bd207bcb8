//! The words of the life: states, reasons, outcomes; the same in files, in the database and in reports.

use serde::{Deserialize, Serialize};

/// A word that is none of the known ones.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{word}' is none of {known}")]
pub struct UnknownWord {
    word: String,
    known: String,
}

/// Defines an enumeration whose variants have a stable word.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in files and reports.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The one with that word.
            ///
            /// # Errors
            /// For any other word.
            pub fn parse(word: &str) -> Result<Self, UnknownWord> {
                Self::ALL.iter().copied().find(|it| it.as_str() == word).ok_or_else(|| UnknownWord {
                    word: word.to_owned(),
                    known: [$($word),+].join(", "),
                })
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// Where an alert stands with the officers.
    LifeState {
        /// Told by the system; nobody has taken it up.
        Raised = "raised",
        /// An officer has taken it up.
        Acknowledged = "acknowledged",
        /// It is being looked into.
        Verifying = "verifying",
        /// It is true.
        Confirmed = "confirmed",
        /// It is nothing, for a stated reason.
        Dismissed = "dismissed",
        /// A unit is on its way.
        Dispatched = "dispatched",
        /// Dealt with, with a stated outcome.
        Disposed = "disposed",
        /// The file is closed.
        Closed = "closed",
        /// The system took it back before an officer confirmed it.
        Withdrawn = "withdrawn",
    }
}

words! {
    /// Why an alert is nothing.
    DismissReason {
        /// The vessel is known and does what it always does there.
        KnownVessel = "known_vessel",
        /// Fishing as allowed.
        LawfulFishing = "lawful_fishing",
        /// A pilot, tug, bunkering or supply boat at work.
        ServiceVessel = "service_vessel",
        /// Waits for a berth, the tide or the weather.
        Waiting = "waiting",
        /// In distress or not under command.
        Distress = "distress",
        /// An authority's own craft or exercise.
        OwnForces = "own_forces",
        /// A buoy, clutter, a ghost echo.
        NotACraft = "not_a_craft",
        /// A sensor or the fusion was wrong.
        SensorFault = "sensor_fault",
        /// The rule is too strict here.
        Threshold = "threshold",
        /// The same affair as another alert.
        Duplicate = "duplicate",
        /// Something else: the note says what.
        Other = "other",
    }
}

words! {
    /// How an alert was dealt with.
    Outcome {
        /// Vessel, goods or persons were seized.
        Seized = "seized",
        /// A penalty was imposed.
        Penalty = "penalty",
        /// The vessel was warned.
        Warned = "warned",
        /// The vessel was turned away.
        TurnedAway = "turned_away",
        /// Handed over to another authority.
        HandedOver = "handed_over",
        /// Help was given.
        Assisted = "assisted",
        /// Nothing unlawful was found.
        NothingFound = "nothing_found",
        /// The vessel was not found, or got away.
        Escaped = "escaped",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_leads_back_and_is_the_same_in_json() {
        for state in LifeState::ALL {
            assert_eq!(LifeState::parse(state.as_str()), Ok(*state));
            assert_eq!(serde_json::to_string(state).unwrap(), format!("\"{state}\""));
        }
        for reason in DismissReason::ALL {
            assert_eq!(DismissReason::parse(reason.as_str()), Ok(*reason));
        }
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::parse(outcome.as_str()), Ok(*outcome));
        }
        let unknown = LifeState::parse("open").unwrap_err().to_string();
        assert!(unknown.starts_with("'open' is none of raised, acknowledged"), "{unknown}");
    }
}
