//! From bytes to [`Observation`]s: one folder or file for each wire format, and the order in which records are taken.
//!
//! A decoder here knows its format and its sensor, nothing of tracks, zones or alerts. It never panics on input and
//! never stops a feed: what it cannot read it counts and names (see each module's `Refusal`).

pub mod ais;
pub mod asterix;
pub mod decoder;
pub mod eo;
pub mod nmea;
pub mod nmea_radar;
pub mod observation;
pub mod order;
pub mod own_ship;
pub mod radar;
pub mod report;
pub mod sensor;
pub mod splitter;
pub mod tally;
mod wire;

pub use decoder::{DecodeReport, FeedDecoder};
pub use observation::{Content, Observation};
pub use sensor::{Sensor, SensorKind, SensorTable};
pub use tally::{Place, Reason, Tally};
