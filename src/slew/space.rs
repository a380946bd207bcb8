//! The coordinates of a camera: degrees, or shares of its travel; and how it is brought to a position in them.
//!
//! **Source**: ONVIF PTZ Service Specification, 5.8 "PTZ spaces": the generic position space (-1 to 1) and the spherical position
//! space in degrees.

use super::mount::PanTilt;
use super::soap::{Space, Spaces};

/// The spherical space: degrees.
pub const SPHERICAL: &str = "http://www.onvif.org/ver10/tptz/PanTiltSpaces/SphericalPositionSpaceDegrees";
/// The generic space: -1 to 1, whatever that is in degrees.
pub const GENERIC: &str = "http://www.onvif.org/ver10/tptz/PanTiltSpaces/PositionGenericSpace";

/// The generic space of the zoom: 0 to 1.
pub const ZOOM_GENERIC: &str = "http://www.onvif.org/ver10/tptz/ZoomSpaces/PositionGenericSpace";

/// What the ends of the generic space are in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Travel {
    /// Pan at the smallest and the largest x.
    pub pan_deg: (f64, f64),
    /// Tilt at the smallest and the largest y.
    pub tilt_deg: (f64, f64),
}

impl Default for Travel {
    fn default() -> Self {
        Self { pan_deg: (-180.0, 180.0), tilt_deg: (-90.0, 90.0) }
    }
}

/// A position in a camera's own coordinates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    /// Pan.
    pub x: f64,
    /// Tilt.
    pub y: f64,
}

/// How one camera is brought to a position.
#[derive(Clone, Debug, PartialEq)]
pub enum Drive {
    /// It is told the position.
    Absolute,
    /// It is told how fast to turn, in this space, until it is there.
    Velocity(Space),
}

/// How positions are told to one camera.
#[derive(Clone, Debug, PartialEq)]
pub struct Coordinates {
    /// The space.
    pub space: Space,
    /// How it is brought there.
    pub drive: Drive,
    travel: Travel,
}

/// Within so many degrees of where it is to stop a camera that is told speeds is slowed down.
const SLOWED_WITHIN_DEG: f64 = 30.0;
/// The least share of its speed: below it motors do not turn.
const SPEED_MIN: f64 = 0.03;
/// On an axis that is as near as this nothing is turned any more, degrees.
const NEAR_DEG: f64 = 0.2;

/// Why a camera cannot look there.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("pan {:.1} and tilt {:.1} degrees are beyond what the camera can turn to", .0.pan_deg, .0.tilt_deg)]
pub struct OutOfReach(pub PanTilt);

impl Coordinates {
    /// The best of what a camera offers: absolute positions in degrees, else in the generic space, for which `travel` says what its
    /// ends are; else speeds, while it tells where it points in the generic space. `None` when it takes neither.
    pub fn choose(offered: &Spaces, travel: Travel) -> Option<Self> {
        let known = |uri: &str| offered.absolute.iter().find(|space| space.uri == uri).cloned();
        let (space, drive) = match known(SPHERICAL).or_else(|| known(GENERIC)) {
            Some(space) => (space, Drive::Absolute),
            None => {
                let space = Space { uri: GENERIC.to_owned(), x: (-1.0, 1.0), y: (-1.0, 1.0) };
                (space, Drive::Velocity(offered.velocity.first()?.clone()))
            }
        };
        let sound = |space: &Space| space.x.0 < space.x.1 && space.y.0 < space.y.1;
        let drives = match &drive {
            Drive::Absolute => true,
            Drive::Velocity(speeds) => sound(speeds),
        };
        (sound(&space) && drives).then_some(Self { space, drive, travel })
    }

    /// How fast to turn from a position towards another, where the camera is told speeds: full speed, slower when it is near.
    pub fn speed(&self, from: Position, to: Position) -> Option<Position> {
        let Drive::Velocity(speeds) = &self.drive else { return None };
        let (x_deg, y_deg) = self.unit_deg();
        let share = |off_deg: f64| match (off_deg / SLOWED_WITHIN_DEG).clamp(-1.0, 1.0) {
            // Near enough on this axis: the other one may not be.
            _ if off_deg.abs() < NEAR_DEG => 0.0,
            share => share.signum() * share.abs().max(SPEED_MIN),
        };
        let of = |share: f64, (low, high): (f64, f64)| if share < 0.0 { -share * low } else { share * high };
        let (x, y) = (share((to.x - from.x) * x_deg), share((to.y - from.y) * y_deg));
        Some(Position { x: of(x, speeds.x), y: of(y, speeds.y) })
    }

    /// Whether positions are degrees.
    pub fn are_degrees(&self) -> bool {
        self.space.uri == SPHERICAL
    }

    /// Pan and tilt in these coordinates.
    ///
    /// # Errors
    /// When the camera does not turn so far.
    pub fn position(&self, wanted: PanTilt) -> Result<Position, OutOfReach> {
        let (x, y) = if self.are_degrees() {
            // Some count pan from 0 to 360.
            let turns = [0.0, 360.0, -360.0].map(|turn| wanted.pan_deg + turn);
            let within = turns.into_iter().find(|pan| (self.space.x.0..=self.space.x.1).contains(pan));
            (within.ok_or(OutOfReach(wanted))?, wanted.tilt_deg)
        } else {
            let (low, high) = self.travel.pan_deg;
            let turns = [0.0, 360.0, -360.0].map(|turn| wanted.pan_deg + turn);
            let within = turns.into_iter().find(|pan| (low.min(high)..=low.max(high)).contains(pan));
            let pan_deg = within.ok_or(OutOfReach(wanted))?;
            (mapped(pan_deg, (low, high), self.space.x), mapped(wanted.tilt_deg, self.travel.tilt_deg, self.space.y))
        };
        let reaches = (self.space.x.0..=self.space.x.1).contains(&x) && (self.space.y.0..=self.space.y.1).contains(&y);
        if reaches { Ok(Position { x, y }) } else { Err(OutOfReach(wanted)) }
    }

    /// How far two positions are apart in degrees, the larger of pan and tilt.
    pub fn apart_deg(&self, a: Position, b: Position) -> f64 {
        let (x_deg, y_deg) = self.unit_deg();
        let pan = ((a.x - b.x) * x_deg).rem_euclid(360.0);
        pan.min(360.0 - pan).max((a.y - b.y).abs() * y_deg)
    }

    /// What one of pan and of tilt is in degrees.
    fn unit_deg(&self) -> (f64, f64) {
        if self.are_degrees() {
            return (1.0, 1.0);
        }
        let scale = |travel: (f64, f64), range: (f64, f64)| ((travel.1 - travel.0) / (range.1 - range.0)).abs();
        (scale(self.travel.pan_deg, self.space.x), scale(self.travel.tilt_deg, self.space.y))
    }
}

/// A value of one range in the place that it has in another.
fn mapped(value: f64, from: (f64, f64), to: (f64, f64)) -> f64 {
    to.0 + (value - from.0) / (from.1 - from.0) * (to.1 - to.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space(uri: &str, x: (f64, f64), y: (f64, f64)) -> Space {
        Space { uri: uri.to_owned(), x, y }
    }

    fn absolute(spaces: &[Space]) -> Spaces {
        Spaces { absolute: spaces.to_vec(), ..Spaces::default() }
    }

    fn at(pan_deg: f64, tilt_deg: f64) -> PanTilt {
        PanTilt { pan_deg, tilt_deg }
    }

    #[test]
    fn degrees_are_taken_where_the_camera_offers_them() {
        let offered = [space(GENERIC, (-1.0, 1.0), (-1.0, 1.0)), space(SPHERICAL, (0.0, 360.0), (-20.0, 90.0))];
        let coordinates = Coordinates::choose(&absolute(&offered), Travel::default()).unwrap();
        assert!(coordinates.are_degrees());
        assert_eq!(coordinates.position(at(-10.0, -0.5)), Ok(Position { x: 350.0, y: -0.5 }));
        assert_eq!(coordinates.position(at(10.0, -25.0)), Err(OutOfReach(at(10.0, -25.0))));
        assert!((coordinates.apart_deg(Position { x: 359.5, y: 0.0 }, Position { x: 0.5, y: 0.0 }) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_camera_that_knows_only_its_travel_is_told_the_share_of_it() {
        let offered = [space(GENERIC, (-1.0, 1.0), (-1.0, 1.0))];
        let travel = Travel { pan_deg: (-170.0, 170.0), tilt_deg: (90.0, -10.0) };
        let coordinates = Coordinates::choose(&absolute(&offered), travel).unwrap();
        assert_eq!(coordinates.position(at(85.0, 40.0)), Ok(Position { x: 0.5, y: 0.0 }));
        assert_eq!(coordinates.position(at(175.0, 0.0)), Err(OutOfReach(at(175.0, 0.0))), "behind its stop");
        let half = coordinates.apart_deg(Position { x: 0.0, y: 0.0 }, Position { x: 0.1, y: 0.1 });
        assert!((half - 17.0).abs() < 1e-9, "{half}");
    }

    #[test]
    fn a_camera_that_takes_speeds_alone_is_slowed_down_as_it_comes_near() {
        let velocity = vec![space("v", (-0.5, 1.0), (-1.0, 1.0))];
        let coordinates = Coordinates::choose(&Spaces { velocity, ..Spaces::default() }, Travel::default()).unwrap();
        let to = coordinates.position(at(90.0, 0.0)).unwrap();
        let speed = |pan_deg: f64, tilt_deg: f64| {
            let from = coordinates.position(at(pan_deg, tilt_deg)).unwrap();
            coordinates.speed(from, to).map(|speed| (speed.x, speed.y)).unwrap()
        };
        assert_eq!(speed(0.0, 0.0), (1.0, 0.0), "far away at full speed");
        assert!((speed(75.0, 0.0).0 - 0.5).abs() < 1e-9);
        assert!((speed(105.0, 0.0).0 + 0.25).abs() < 1e-9, "back, in a space that is not even");
        assert_eq!(speed(89.7, 0.0), (0.03, 0.0), "never so slow that it stands");
        assert_eq!(speed(89.9, 45.0), (0.0, -1.0), "one axis stands while the other goes on");
        let told = [space(GENERIC, (-1.0, 1.0), (-1.0, 1.0))];
        let told = Coordinates::choose(&absolute(&told), Travel::default()).unwrap();
        assert_eq!((told.drive.clone(), told.speed(to, to)), (Drive::Absolute, None), "it finds its way itself");
    }

    #[test]
    fn a_camera_that_takes_neither_positions_nor_speeds_is_of_no_use() {
        assert_eq!(Coordinates::choose(&Spaces::default(), Travel::default()), None);
        let odd = [space(GENERIC, (1.0, 1.0), (-1.0, 1.0))];
        assert_eq!(Coordinates::choose(&absolute(&odd), Travel::default()), None);
    }
}
