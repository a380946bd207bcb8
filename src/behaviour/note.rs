//! What the rules about many vessels need to know of each, noted while the walk over the fleet has it at hand.
//!
//! A vessel is some kilobytes, and a fleet does not fit into the cache of a processor: to go to each of them once an instant is
//! most of what the rules cost. Later rules go to those only that a note names.

use super::config::BehaviourConfig;
use super::subject::Subject;
use super::{ais_gap, contact, identity_conflict};
use crate::units::{EventTime, Mmsi};

/// Which rules about many vessels concern a vessel.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Note {
    /// It may be party to a contact, unless it is a second echo.
    pub(super) rests: bool,
    /// It may have gone alongside another.
    pub(super) may_be_lost: bool,
    /// Cameras see another alongside it.
    pub(super) alongside: bool,
    /// It is hidden beside another, or appeared there.
    pub(super) tied: bool,
    /// It sends no AIS, or did not when something was told of it.
    pub(super) dark: bool,
    /// It has fallen silent, or changed its name.
    pub(super) name_due: bool,
    /// The name under which it sends now.
    pub(super) sends_as: Option<Mmsi>,
}

impl Note {
    /// What is to be noted of a vessel. `many` holds for rules about several vessels, `config` for this one.
    pub(super) fn of(subject: &Subject, config: &BehaviourConfig, many: &BehaviourConfig, now: EventTime) -> Self {
        Self {
            rests: contact::rests(subject, many),
            may_be_lost: contact::may_be_lost(subject, now),
            alongside: subject.alongside.is_due(now),
            tied: subject.hidden.is_some() || subject.born_beside.is_some(),
            dark: !subject.craft.sends_ais || subject.dark_vessel.is_told(),
            name_due: ais_gap::is_due(subject, &config.ais_gap, now) || subject.identity.is_due(),
            sends_as: identity_conflict::sends_as(subject),
        }
    }
}
