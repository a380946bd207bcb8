//! Where a craft is heading: the shore straight ahead, when it will be there, and how sure that is.

use super::evidence::Geometry;
use super::subject::Subject;
use crate::chart::{Chart, ZoneKind};
use crate::geodesy::LatLon;
use crate::units::{Bearing, EventTime};

/// A landfall that a craft is making for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Heading {
    /// Where the course meets the shore.
    pub(super) point: LatLon,
    /// How far ahead, in metres.
    pub(super) distance_m: f64,
    /// How long until then, in seconds.
    pub(super) seconds: f64,
    /// How far along the shore it may miss, one sigma in metres.
    pub(super) spread_m: f64,
}

impl Heading {
    /// Where it will land, as far as can be said: a circle of two sigmas.
    pub(super) fn geometry(&self) -> Geometry {
        Geometry::Circle { centre: self.point, radius_m: 2.0 * self.spread_m }
    }
}

/// The landfall of the course that a craft steers, if there is a shore within `ahead_m` and the landfall is no nearer than
/// `zone_margin_m` to a port, harbour or farm.
pub(super) fn open_shore_ahead(
    subject: &Subject,
    chart: &Chart,
    now: EventTime,
    ahead_m: f64,
    zone_margin_m: f64,
) -> Option<Heading> {
    if subject.surroundings.shore_m() > ahead_m {
        return None;
    }
    let speed = subject.speed_mps;
    let course = Bearing::of_vector(subject.east_mps, subject.north_mps);
    let landfall = chart.coast.landfall(subject.position, course, ahead_m)?;
    let near = chart.zones.within(landfall.point, zone_margin_m, now);
    let expected = near
        .iter()
        .filter(|(zone, _)| subject.surroundings.is_served_by(zone))
        .any(|(zone, _)| matches!(zone.kind, ZoneKind::DesignatedPort | ZoneKind::FishingHarbour | ZoneKind::Farm));
    if expected {
        return None;
    }
    let course_sigma = subject.speed_sigma_mps / speed.max(0.1);
    Some(Heading {
        point: landfall.point,
        distance_m: landfall.distance_m,
        seconds: landfall.distance_m / speed.max(0.1),
        spread_m: (landfall.distance_m * course_sigma).hypot(subject.sigma_m),
    })
}

/// Where a landfall is, in English and Chinese.
pub(super) fn landfall_words(heading: &Heading, chart: &Chart) -> (String, String) {
    match chart.nearest_named_place(heading.point) {
        Some(place) => (place.in_english(), place.in_chinese()),
        None => ("an open shore".to_owned(), "非设关岸段".to_owned()),
    }
}
