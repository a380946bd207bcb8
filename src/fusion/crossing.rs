//! Where the bearings of two sites cross: craft that only cameras see.
//!
//! One bearing tells a direction and no place. Where bearings from two sites, each with nothing else in its beam, cross again and
//! again at places that one craft can have gone through, there is a craft. With two craft in view two sites give four crossings, of
//! which two are ghosts: a bearing that may cross with more than one of another site's is no evidence, and waits.
//!
//! The place is the least-squares solution of both bearings (Gauss-Newton on the ellipsoid; D. Torrieri, "Statistical theory of
//! passive location systems", IEEE Trans. Aerospace and Electronic Systems 20(2), 1984).

use std::collections::VecDeque;

use nalgebra::{Matrix2, Vector2};

use crate::feed::observation::{EoClass, EoDetection};
use crate::geodesy::{LatLon, distance_m, offset_m, polar_to_position, position_to_polar};
use crate::units::{Bearing, EventTime, SensorId};

/// Seconds for which a bearing waits for one that crosses it.
const WAITS_S: f64 = 10.0;
/// Seconds by which feeds may be late (FORMAT.md: up to 30).
const LATE_S: f64 = 32.0;
/// Two bearings cross at no less than this angle: flatter, the place along them is open.
const ANGLE_MIN_DEG: f64 = 15.0;
/// Nearer to a site than this a bearing says nothing of a craft at sea, metres.
const RANGE_MIN_M: f64 = 50.0;
/// One sigma of the way that a craft of unknown course makes between two bearings, m/s.
const DRIFT_MPS: f64 = 8.0;
/// Fastest craft that is believed to lie behind a row of crossings, m/s.
const GOES_AT_MOST_MPS: f64 = 30.0;
/// One sigma of a crossing along its worst direction up to which it counts, metres.
const SIGMA_MAX_M: f64 = 250.0;
/// Crossings, and seconds from the first to the last of them, that make a craft.
const CROSSINGS_MIN: u8 = 3;
const SPAN_MIN_S: f64 = 4.0;
/// Seconds after which a row of crossings that does not go on is forgotten.
const FORGOTTEN_S: f64 = 60.0;
/// Camera classes at least this sure that differ are of two craft.
const CLASS_SURE: f64 = 0.7;
/// Lengths that differ by more than this factor are of two craft: 2.5 sigma of two estimates of a quarter each.
const LENGTH_FACTOR: f64 = 2.4;
/// Most bearings of one camera that wait, so that one that sends rubbish pushes out its own alone; most of all, and most rows of
/// crossings: hundreds of cameras.
const LINES_OF_ONE_MAX: usize = 16;
const LINES_MAX: usize = 4096;
const ROWS_MAX: usize = 128;
/// Rounds of the least-squares solution: the flat start is within metres, and each round squares the error.
const ROUNDS: usize = 2;

/// A bearing that no track explains.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct SightLine {
    pub(super) time: EventTime,
    pub(super) sensor: SensorId,
    pub(super) site: LatLon,
    /// Azimuth at the site, bias removed, and one sigma in radians with what the bias estimate leaves open.
    pub(super) azimuth: Bearing,
    pub(super) sigma_rad: f64,
    /// How far the camera sees, metres.
    pub(super) reach_m: f64,
    class: (EoClass, f64),
    length_m: Option<f64>,
}

impl SightLine {
    /// The line of a detection; what it is seen as helps to tell two craft apart.
    pub(super) fn new(
        (time, sensor, site): (EventTime, SensorId, LatLon),
        (azimuth, sigma_rad): (Bearing, f64),
        reach_m: f64,
        detection: &EoDetection,
    ) -> Self {
        let class = (detection.class, detection.class_confidence);
        Self { time, sensor, site, azimuth, sigma_rad, reach_m, class, length_m: detection.length_m }
    }

    /// Whether both may show one craft by what it looks like.
    fn looks_like(&self, other: &Self) -> bool {
        let sure = self.class.1 >= CLASS_SURE && other.class.1 >= CLASS_SURE;
        let lengths = self.length_m.zip(other.length_m).filter(|(a, b)| *a > 0.0 && *b > 0.0);
        let length_fits = lengths.is_none_or(|(a, b)| (a / b).max(b / a) <= LENGTH_FACTOR);
        (!sure || self.class.0 == other.class.0) && length_fits
    }

    /// Whether a line of the same camera shows another craft than this one, which stands at `range_m`.
    fn shows_another(&self, other: &Self, range_m: f64) -> bool {
        let moved_m = GOES_AT_MOST_MPS * self.time.seconds_since(other.time).abs();
        let turn_rad = self.azimuth.turn_from_deg(other.azimuth).to_radians().abs();
        turn_rad > 4.0 * self.sigma_rad.max(other.sigma_rad) + moved_m / range_m
    }

    /// Where this line and that of another site cross, if they do within reach of both and at an angle that tells a place.
    fn cross(&self, other: &Self) -> Option<Crossing> {
        let angle_deg = self.azimuth.turn_from_deg(other.azimuth).abs();
        if !(ANGLE_MIN_DEG..=180.0 - ANGLE_MIN_DEG).contains(&angle_deg) {
            return None;
        }
        // On the flat first: own range and the other's solve two equations.
        let (east, north) = offset_m(self.site, other.site);
        let ((sin, cos), (other_sin, other_cos)) = (self.azimuth.unit_vector(), other.azimuth.unit_vector());
        let determinant = sin * other_cos - cos * other_sin;
        let range_m = (east * other_cos - north * other_sin) / determinant;
        let other_range_m = (east * cos - north * sin) / determinant;
        if !(RANGE_MIN_M..=self.reach_m).contains(&range_m) || !(RANGE_MIN_M..=other.reach_m).contains(&other_range_m) {
            return None;
        }
        let time = self.time.max(other.time);
        let mut position = polar_to_position(self.site, self.azimuth, range_m);
        let mut covariance = Matrix2::identity();
        for _ in 0..ROUNDS {
            let (mut information, mut weighted) = (Matrix2::zeros(), Vector2::zeros());
            for line in [self, other] {
                let (expected, range_m) = position_to_polar(line.site, position);
                let (sin, cos) = expected.unit_vector();
                let across = Vector2::new(cos, -sin);
                let off_m = line.azimuth.turn_from_deg(expected).to_radians() * range_m;
                let drift_m = DRIFT_MPS * time.seconds_since(line.time);
                let variance = (line.sigma_rad * range_m).powi(2) + drift_m * drift_m;
                information += across * across.transpose() / variance;
                weighted += across * (off_m / variance);
            }
            covariance = information.try_inverse()?;
            let step = covariance * weighted;
            position = position.moved_m(step.x, step.y);
        }
        let of = [(self.sensor, self.time), (other.sensor, other.time)];
        let crossing = Crossing { time, position, covariance, of };
        (crossing.sigma_m() <= SIGMA_MAX_M).then_some(crossing)
    }
}

/// A place where two bearings cross.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Crossing {
    /// When the later of the two was taken.
    pub(super) time: EventTime,
    pub(super) position: LatLon,
    /// Covariance east and north, square metres.
    pub(super) covariance: Matrix2<f64>,
    /// Of which bearings.
    of: [(SensorId, EventTime); 2],
}

impl Crossing {
    /// One sigma along the worst direction, metres.
    fn sigma_m(&self) -> f64 {
        self.covariance.symmetric_eigenvalues().max().max(0.0).sqrt()
    }
}

/// Crossings that one craft can have gone through.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Row {
    since: EventTime,
    last: Crossing,
    /// The last that was counted: one of other bearings counts next.
    counted: Crossing,
    crossings: u8,
}

/// Bearings that no track explains, and where they cross.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Crossings {
    lines: VecDeque<SightLine>,
    rows: Vec<Row>,
    /// Time of the latest bearing: a feed that is late does not make the others' old.
    latest: Option<EventTime>,
}

impl Crossings {
    /// Takes one more bearing that no track explains. The place of a craft comes back when that has crossed others often enough.
    pub(super) fn take(&mut self, line: SightLine) -> Option<Crossing> {
        let latest = self.latest.map_or(line.time, |latest| latest.max(line.time));
        self.latest = Some(latest);
        self.lines.retain(|other| latest.seconds_since(other.time) <= WAITS_S + LATE_S);
        self.rows.retain(|row| latest.seconds_since(row.last.time) <= FORGOTTEN_S);
        let crossing = self.crossing_of(&line);
        let own = |other: &SightLine| other.sensor == line.sensor;
        if self.lines.iter().filter(|other| own(other)).count() >= LINES_OF_ONE_MAX {
            // The one most like it: what else the camera sees stays known.
            let turn_deg = |other: &SightLine| line.azimuth.turn_from_deg(other.azimuth).abs();
            let alike = self.lines.iter().enumerate().filter(|(_, other)| own(other));
            let most = alike.min_by(|(_, a), (_, b)| turn_deg(a).total_cmp(&turn_deg(b))).map(|(place, _)| place);
            most.and_then(|place| self.lines.remove(place));
        } else if self.lines.len() >= LINES_MAX {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
        self.note(crossing?)
    }

    /// The surest crossing with a line of another site of which it is clear that both show the same craft.
    fn crossing_of(&self, line: &SightLine) -> Option<Crossing> {
        // Most cameras stand too far off to see anything that this one sees.
        let near = |other: &&SightLine| {
            line.time.seconds_since(other.time).abs() <= WAITS_S
                && distance_m(line.site, other.site) <= line.reach_m + other.reach_m
        };
        let near: Vec<&SightLine> = self.lines.iter().filter(near).collect();
        let crossings = near.iter().filter(|other| other.sensor != line.sensor && line.looks_like(other));
        let clear = crossings.filter_map(|other| Some((other, line.cross(other)?))).filter(|(other, crossing)| {
            let own_range_m = distance_m(line.site, crossing.position);
            let other_range_m = distance_m(other.site, crossing.position);
            // Another craft before either camera that would cross as well makes ghosts of both.
            !near.iter().any(|third| {
                let rival_of_other = third.sensor == other.sensor && other.shows_another(third, other_range_m);
                let rival_of_own = third.sensor == line.sensor && line.shows_another(third, own_range_m);
                (rival_of_other && line.looks_like(third) && line.cross(third).is_some())
                    || (rival_of_own && other.looks_like(third) && other.cross(third).is_some())
            })
        });
        clear.map(|(_, crossing)| crossing).min_by(|a, b| a.covariance.trace().total_cmp(&b.covariance.trace()))
    }

    /// Puts a crossing to the row that it goes on; the row is over when it has made a craft.
    fn note(&mut self, crossing: Crossing) -> Option<Crossing> {
        let goes_on = |row: &Row| {
            let way_m = GOES_AT_MOST_MPS * crossing.time.seconds_since(row.last.time).abs();
            distance_m(row.last.position, crossing.position) <= way_m + 3.0 * (crossing.sigma_m() + row.last.sigma_m())
        };
        let Some(place) = self.rows.iter().position(goes_on) else {
            if self.rows.len() >= ROWS_MAX {
                self.rows.remove(0);
            }
            self.rows.push(Row { since: crossing.time, last: crossing, counted: crossing, crossings: 1 });
            return None;
        };
        let row = &mut self.rows[place];
        row.last = crossing;
        // A single false bearing may cross with many that follow one another: each bearing counts once.
        if crossing.of.iter().all(|bearing| !row.counted.of.contains(bearing)) {
            row.crossings = row.crossings.saturating_add(1);
            row.counted = crossing;
        }
        let made = row.crossings >= CROSSINGS_MIN && crossing.time.seconds_since(row.since) >= SPAN_MIN_S;
        made.then(|| self.rows.remove(place).last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WEST: LatLon = LatLon { lat_deg: 20.0, lon_deg: 110.0 };

    fn line(sensor: u16, site: LatLon, at_s: f64, target: LatLon) -> SightLine {
        let (azimuth, _) = position_to_polar(site, target);
        SightLine {
            time: EventTime::from_seconds(0).plus_seconds(at_s),
            sensor: SensorId(sensor),
            site,
            azimuth,
            sigma_rad: 0.05_f64.to_radians(),
            reach_m: 15_000.0,
            class: (EoClass::Speedboat, 0.5),
            length_m: None,
        }
    }

    proptest! {
        #[test]
        fn two_bearings_taken_at_once_cross_where_the_craft_is(
            apart_m in 2_000.0..12_000.0_f64, turn_deg in 0.0..360.0_f64,
            east_m in -9_000.0..9_000.0_f64, north_m in -9_000.0..9_000.0_f64,
        ) {
            let (sin, cos) = Bearing::from_deg(turn_deg).unit_vector();
            let other_site = WEST.moved_m(apart_m * sin, apart_m * cos);
            let target = WEST.moved_m(east_m, north_m);
            let (one, other) = (line(0, WEST, 0.0, target), line(1, other_site, 0.0, target));
            if let Some(crossing) = one.cross(&other) {
                prop_assert!(distance_m(crossing.position, target) < 0.5, "{crossing:?} for {target:?}");
                let swapped = other.cross(&one).unwrap();
                prop_assert!(distance_m(crossing.position, swapped.position) < 0.01);
            } else {
                let angle_deg = one.azimuth.turn_from_deg(other.azimuth).abs();
                let (near, far) = (distance_m(WEST, target), distance_m(other_site, target));
                let flat = !(ANGLE_MIN_DEG + 0.1..179.9 - ANGLE_MIN_DEG).contains(&angle_deg);
                prop_assert!(flat || near.min(far) < 60.0 || near.max(far) > 14_900.0, "{angle_deg} {near} {far}");
            }
        }
    }

    #[test]
    fn a_row_of_crossings_makes_a_craft_and_a_single_one_does_not() {
        let (mut crossings, east) = (Crossings::default(), WEST.moved_m(6_000.0, 0.0));
        let mut made = Vec::new();
        for second in 0..12 {
            let target = WEST.moved_m(2_000.0 + 10.0 * f64::from(second), 5_000.0);
            let (sensor, site) = if second % 2 == 0 { (0, WEST) } else { (1, east) };
            made.extend(
                crossings.take(line(sensor, site, f64::from(second), target)).map(|crossing| (second, crossing)),
            );
        }
        let (second, crossing) = made[0];
        assert!((5..8).contains(&second), "{made:?}");
        let target = WEST.moved_m(2_000.0 + 10.0 * f64::from(second), 5_000.0);
        assert!(distance_m(crossing.position, target) < 3.0 * crossing.sigma_m(), "{crossing:?}");
    }

    #[test]
    fn two_craft_before_two_cameras_make_no_ghosts() {
        let (mut crossings, east) = (Crossings::default(), WEST.moved_m(6_000.0, 0.0));
        let craft = [WEST.moved_m(2_000.0, 5_000.0), WEST.moved_m(4_000.0, 6_000.0)];
        for second in 0..60 {
            for target in craft {
                let at_s = f64::from(second);
                assert_eq!(crossings.take(line(0, WEST, at_s, target)), None);
                assert_eq!(crossings.take(line(1, east, at_s + 0.3, target)), None);
            }
        }
        assert!(crossings.lines.len() <= 60, "what waits is forgotten");
    }

    #[test]
    fn one_false_bearing_makes_no_craft_however_many_cross_it() {
        let (mut crossings, east) = (Crossings::default(), WEST.moved_m(6_000.0, 0.0));
        let light = WEST.moved_m(2_000.0, 5_000.0);
        crossings.take(line(0, WEST, 0.0, light));
        for second in 1..10 {
            assert_eq!(crossings.take(line(1, east, f64::from(second), light)), None);
        }
    }

    #[test]
    fn a_camera_whose_feed_is_late_does_not_make_the_others_forget() {
        let (mut crossings, east) = (Crossings::default(), WEST.moved_m(6_000.0, 0.0));
        let (target, elsewhere) = (WEST.moved_m(2_000.0, 5_000.0), WEST.moved_m(-3_000.0, -4_000.0));
        let mut made = 0;
        for second in 0..20 {
            let at_s = f64::from(second);
            let (sensor, site) = if second % 2 == 0 { (0, WEST) } else { (1, east) };
            made += usize::from(crossings.take(line(sensor, site, at_s, target)).is_some());
            crossings.take(line(9, WEST.moved_m(0.0, -900.0), at_s - 15.0, elsewhere));
        }
        assert!(made > 0);
    }

    #[test]
    fn a_camera_that_sends_rubbish_pushes_out_no_bearings_but_its_own() {
        let (mut crossings, east) = (Crossings::default(), WEST.moved_m(6_000.0, 0.0));
        let target = WEST.moved_m(2_000.0, 5_000.0);
        crossings.take(line(0, WEST, 0.0, target));
        for number in 0..5_000_u32 {
            let anywhere = east.moved_m(3_000.0 * f64::from(number).sin(), -3_000.0 * f64::from(number).cos());
            crossings.take(line(7, east, 1.0, anywhere));
        }
        assert_eq!(crossings.lines.len(), 1 + LINES_OF_ONE_MAX);
        assert!(crossings.lines.iter().any(|line| line.sensor == SensorId(0)));
    }

    #[test]
    fn two_craft_that_look_different_are_told_apart() {
        let (mut crossings, east) = (Crossings::default(), WEST.moved_m(6_000.0, 0.0));
        let craft = [
            (WEST.moved_m(2_000.0, 5_000.0), EoClass::Speedboat, 8.0),
            (WEST.moved_m(4_000.0, 6_000.0), EoClass::Cargo, 120.0),
        ];
        let mut made = Vec::new();
        for second in 0..20 {
            for (target, class, length_m) in craft {
                for (sensor, site) in [(0, WEST), (1, east)] {
                    let seen = line(sensor, site, f64::from(second), target);
                    made.extend(crossings.take(SightLine { class: (class, 0.9), length_m: Some(length_m), ..seen }));
                }
            }
        }
        assert!(!made.is_empty());
        for crossing in made {
            assert!(
                craft.iter().any(|(target, ..)| distance_m(crossing.position, *target) < 20.0),
                "a ghost: {crossing:?}"
            );
        }
    }
}
