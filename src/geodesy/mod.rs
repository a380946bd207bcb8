//! Positions and distances on the WGS 84 ellipsoid.
//!
//! All maths on positions goes through here. Four tools, each with its range of use:
//! - [`offset_m`] and [`distance_m`]: WGS 84 metres at the mid latitude of the two points; within 0.7 m of Karney's
//!   geodesic at 24 nautical miles (checked in the tests below against an independent implementation).
//! - [`polar_to_position`] and [`position_to_polar`]: Gauss' mid-latitude formulas with the convergence of the
//!   meridians, for what a radar or camera measures (true azimuth at the site, range over ground).
//! - [`LocalPlane`]: an exact, invertible mapping to a flat patch in metres, for filters that want straight lines.
//! - [`Vicinity`]: bounds of the distance from one place at a fiftieth of its price, for those who seldom need it exactly.

mod local_plane;
mod position;
mod sun;
mod vicinity;

pub use local_plane::LocalPlane;
pub use position::{
    LatLon, MetresPerDegree, distance_m, metres_per_degree, offset_m, polar_to_position, position_to_polar,
};
pub use sun::{is_night, sun_elevation_deg};
pub use vicinity::Vicinity;
