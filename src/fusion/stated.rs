//! What an officer has said of a craft: kept beside what the sensors tell, and never in its place.

use crate::units::{EventTime, Mmsi, VesselClass};

/// The most characters of a reason; a longer one is refused where it comes in.
pub const TEXT_CHARS_MAX: usize = 200;

/// What an officer has said of a craft. What he has not said is `None`.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Stated {
    /// Whose it is, by MMSI.
    pub mmsi: Option<Mmsi>,
    /// Its name, or the number on its hull.
    pub name: Option<String>,
    /// What it is for.
    pub class: Option<VesselClass>,
    /// Its length in metres.
    pub length_m: Option<f64>,
    /// Why he says so.
    pub reason: String,
    /// Who says so.
    pub by: String,
    /// When he said so, by the server's clock.
    pub at: EventTime,
    /// The entry of the records that has it.
    pub sequence: i64,
}
