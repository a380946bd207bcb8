//! Directions, clockwise from true north.

use std::fmt;

/// A direction in degrees clockwise from true north, always in `[0, 360)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, serde::Serialize, serde::Deserialize)]
pub struct Bearing(f64);

impl Bearing {
    /// A bearing from any number of degrees; brought into `[0, 360)`. Not finite becomes 0.
    pub fn from_deg(degrees: f64) -> Self {
        if !degrees.is_finite() {
            return Self(0.0);
        }
        let turned = degrees.rem_euclid(360.0);
        // A tiny negative number rounds up to 360 itself.
        Self(if turned >= 360.0 { 0.0 } else { turned })
    }

    /// The direction of a vector given by its east and north parts; the zero vector points north.
    pub fn of_vector(east: f64, north: f64) -> Self {
        Self::from_deg(east.atan2(north).to_degrees())
    }

    /// Degrees in `[0, 360)`.
    pub const fn deg(self) -> f64 {
        self.0
    }

    /// Radians in `[0, 2 pi)`.
    pub fn rad(self) -> f64 {
        self.0.to_radians()
    }

    /// East and north parts of the unit vector in this direction.
    pub fn unit_vector(self) -> (f64, f64) {
        self.rad().sin_cos()
    }

    /// The turn from `other` to this bearing in degrees, in `[-180, 180)`: positive is clockwise.
    pub fn turn_from_deg(self, other: Self) -> f64 {
        (self.0 - other.0 + 180.0).rem_euclid(360.0) - 180.0
    }
}

impl fmt::Display for Bearing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:05.1}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_angle_is_brought_into_one_turn() {
        for (given, wanted) in [(0.0, 0.0), (360.0, 0.0), (-90.0, 270.0), (725.0, 5.0), (-1e-20, 0.0)] {
            assert_eq!(Bearing::from_deg(given).deg(), wanted, "{given}");
        }
        assert_eq!(Bearing::from_deg(f64::NAN).deg(), 0.0);
    }

    #[test]
    fn the_turn_across_north_is_the_short_one() {
        assert_eq!(Bearing::from_deg(5.0).turn_from_deg(Bearing::from_deg(355.0)), 10.0);
        assert_eq!(Bearing::from_deg(355.0).turn_from_deg(Bearing::from_deg(5.0)), -10.0);
    }

    #[test]
    fn east_is_ninety_degrees() {
        assert_eq!(Bearing::of_vector(1.0, 0.0).deg(), 90.0);
        assert_eq!(Bearing::of_vector(0.0, 0.0).deg(), 0.0);
    }
}
