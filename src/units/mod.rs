//! Quantities and names that every layer shares: event time, angles, identities.
//!
//! Nothing here does I/O or looks at a clock. Newtypes stand where a mix-up would otherwise compile; plain `f64` with
//! the unit in its name (`range_m`, `sog_mps`, `azimuth_deg`) is used inside the hot structures.

mod angle;
mod identity;
pub mod saved_array;
mod time;
mod vessel_class;

pub use angle::Bearing;
pub use identity::{Mmsi, MmsiKind, SensorId, TrackId};
pub use time::EventTime;
pub use vessel_class::VesselClass;

/// Metres a second in one knot (exact: one international nautical mile is 1,852 m).
pub const MPS_PER_KNOT: f64 = 1852.0 / 3600.0;

/// Metres in one international nautical mile (exact).
pub const METRES_PER_NAUTICAL_MILE: f64 = 1852.0;
