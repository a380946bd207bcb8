//! In which datum positions are given: WGS 84, unless GCJ-02 is asked for by name.
//!
//! Map services in China shift positions by some 500 m (GCJ-02). A front end that draws on such a map may ask for positions
//! shifted the same way with `crs=GCJ-02`. It is never a default, nothing is ever read in it, and answers say so.

use super::problem::Problem;
use crate::chart::{Bounds, to_gcj02};
use crate::geodesy::LatLon;

/// Name of WGS 84 in longitude and latitude, as OGC API Features writes it.
pub const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";

/// How GCJ-02 is asked for, and named in answers. It has no registered name.
pub const GCJ_02: &str = "GCJ-02";

/// No shift of GCJ-02 is greater, in degrees.
const SHIFT_MAX_DEG: f64 = 0.02;

/// A datum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Datum {
    /// WGS 84.
    #[default]
    Wgs84,
    /// The shifted datum of Chinese map services.
    Gcj02,
}

impl Datum {
    /// The datum of a parameter `crs`.
    ///
    /// # Errors
    /// For any other name.
    pub fn asked_for(crs: Option<&str>) -> Result<Self, Problem> {
        match crs {
            None | Some(CRS84) => Ok(Self::Wgs84),
            Some(GCJ_02) => Ok(Self::Gcj02),
            Some(other) => Err(Problem::bad_request(format!("crs: '{other}' is neither {CRS84} nor {GCJ_02}"))),
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wgs84 => CRS84,
            Self::Gcj02 => GCJ_02,
        }
    }

    /// The query that asks for it in an address of ours; empty for the usual one.
    pub const fn query(self) -> &'static str {
        match self {
            Self::Wgs84 => "",
            Self::Gcj02 => "?crs=GCJ-02",
        }
    }

    /// A true position as it is shown in this datum.
    pub fn shown(self, position: LatLon) -> LatLon {
        match self {
            Self::Wgs84 => position,
            Self::Gcj02 => to_gcj02(position),
        }
    }

    /// A box that holds everything that is shown inside `bounds`.
    pub fn reach(self, bounds: Bounds) -> Bounds {
        match self {
            Self::Wgs84 => bounds,
            Self::Gcj02 => bounds.widened(SHIFT_MAX_DEG),
        }
    }
}
