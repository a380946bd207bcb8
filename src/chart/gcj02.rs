//! The offset of GCJ-02, to recognise files that were drawn on a Chinese map service and read as WGS 84.
//!
//! No position is converted by it unasked: it warns; where a front end asks for it by name, what is shown is shifted, and where
//! an import says that zones were drawn in it, they are shifted back. The formula is the one in public use (coordinates relative to 105 E,
//! 35 N; Krasovsky 1940 ellipsoid); it is not checked against a map service. On this coast it gives 413 to 614 m towards
//! 111 to 119 degrees.

use super::coast::Coast;
use super::error::ChartWarning;
use super::zone::{Zone, ZoneKind};
use super::zone_set::ZoneSet;
use crate::geodesy::{LatLon, offset_m};
use std::f64::consts::PI;

/// Semi-major axis in metres and eccentricity squared of the ellipsoid of the formula.
const AXIS_M: f64 = 6_378_245.0;
const ECCENTRICITY_SQUARED: f64 = 0.006_693_421_622_965_943;

/// A zone counts as moved by GCJ-02 when what the formula says is met within this many metres.
const FIT_MAX_M: f64 = 60.0;
/// Fewer zones than this prove nothing.
const ZONES_MIN: usize = 2;
/// Fewer ports than this prove nothing by their distance to the shore alone.
const PORTS_MIN: usize = 5;
/// A median distance to shore of less than this is no sign of an offset of 400 m and more.
const PORT_OFF_SHORE_MIN_M: f64 = 150.0;

/// Where the true position `wgs84` appears in GCJ-02.
pub fn to_gcj02(wgs84: LatLon) -> LatLon {
    let (x, y) = (wgs84.lon_deg - 105.0, wgs84.lat_deg - 35.0);
    let wave = |amplitude: f64, half_period: f64, at: f64| amplitude * (at * PI / half_period).sin();
    let fine = (wave(20.0, 1.0 / 6.0, x) + wave(20.0, 0.5, x)) * 2.0 / 3.0;
    let common = 0.1 * x * y + fine;
    let root = x.abs().sqrt();
    let north = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.2 * root
        + (wave(20.0, 1.0, y) + wave(40.0, 3.0, y) + wave(160.0, 12.0, y) + wave(320.0, 30.0, y)) * 2.0 / 3.0;
    let east = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * root
        + (wave(20.0, 1.0, x) + wave(40.0, 3.0, x) + wave(150.0, 12.0, x) + wave(300.0, 30.0, x)) * 2.0 / 3.0;
    let (sin, cos) = wgs84.lat_deg.to_radians().sin_cos();
    let w_squared = 1.0 - ECCENTRICITY_SQUARED * sin * sin;
    let meridian_m = AXIS_M * (1.0 - ECCENTRICITY_SQUARED) / (w_squared * w_squared.sqrt());
    let parallel_m = AXIS_M / w_squared.sqrt() * cos;
    LatLon::new(
        wgs84.lat_deg + ((north + common) / meridian_m).to_degrees(),
        wgs84.lon_deg + ((east + common) / parallel_m).to_degrees(),
    )
}

/// Where a position that was read from GCJ-02 truly is, within a millimetre of what the formula says: the offset changes
/// slowly, so each round makes the rest a thousand times smaller.
pub fn from_gcj02(gcj02: LatLon) -> LatLon {
    (0..4).fold(gcj02, |guess, _| {
        let shown = to_gcj02(guess);
        LatLon::new(guess.lat_deg + gcj02.lat_deg - shown.lat_deg, guess.lon_deg + gcj02.lon_deg - shown.lon_deg)
    })
}

/// Warns when most zones that `zones` has in common with the trusted `reference` (same id) lie where GCJ-02 would
/// put them. Sure, where there is such a reference.
pub(super) fn against_reference(zones: &ZoneSet, reference: &ZoneSet) -> Option<ChartWarning> {
    let common: Vec<(LatLon, LatLon)> = zones
        .zones()
        .iter()
        .filter_map(|zone| Some((zone.bounds.middle(), reference.by_id(&zone.id)?.bounds.middle())))
        .collect();
    let fits = |a: LatLon, b: LatLon| {
        let (east_m, north_m) = offset_m(a, b);
        east_m.hypot(north_m) <= FIT_MAX_M
    };
    let moved = common.iter().filter(|(here, there)| fits(*here, to_gcj02(*there)) && !fits(*here, *there)).count();
    (moved >= ZONES_MIN && 2 * moved > common.len()).then(|| ChartWarning {
        subject: "zones".to_owned(),
        text: format!(
            "{moved} of the {} zones known here lie 400 to 600 m to the east-southeast of where they were, as GCJ-02 would \
             put them; convert the file to WGS 84 if it was drawn on a Chinese map service",
            common.len()
        ),
    })
}

/// Warns when ports and fishing harbours lie off the shore, and half as far or less once moved back by GCJ-02.
///
/// It sees files whose ports are points or small shapes on the shore. Polygons of some kilometres it cannot tell: the
/// middles of the built-in ports lie 263 m (median) from the shore, 233 m when moved by GCJ-02.
pub(super) fn against_coast(zones: &ZoneSet, coast: &Coast) -> Option<ChartWarning> {
    let ports = || {
        let is_port = |zone: &&Zone| matches!(zone.kind, ZoneKind::DesignatedPort | ZoneKind::FishingHarbour);
        zones.zones().iter().filter(is_port).map(|zone| zone.bounds.middle())
    };
    let median = |positions: &mut dyn Iterator<Item = LatLon>| {
        let mut distances: Vec<f64> =
            positions.filter_map(|position| Some(coast.nearest(position)?.distance_m)).collect();
        distances.sort_by(f64::total_cmp);
        let middle = distances.get(distances.len() / 2).copied();
        middle.filter(|_| distances.len() >= PORTS_MIN)
    };
    let as_given_m = median(&mut ports())?;
    let moved_back_m = median(&mut ports().map(from_gcj02))?;
    (as_given_m > PORT_OFF_SHORE_MIN_M && 2.0 * moved_back_m < as_given_m).then(|| ChartWarning {
        subject: "zones".to_owned(),
        text: format!(
            "ports lie {as_given_m:.0} m (median) from the shore, but {moved_back_m:.0} m once moved back by the offset of \
             GCJ-02; convert the file to WGS 84 if it was drawn on a Chinese map service"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geodesy::{distance_m, position_to_polar};

    #[test]
    fn the_offset_at_the_ports_of_hainan_is_as_was_measured() {
        for (lat, lon, wanted_m) in [(20.03, 110.28, 506.0), (18.23, 109.49, 474.0), (19.1, 108.67, 429.0)] {
            let here = LatLon::new(lat, lon);
            let (bearing, range_m) = position_to_polar(here, to_gcj02(here));
            assert!((range_m - wanted_m).abs() < 15.0, "{lat} {lon}: {range_m}");
            assert!((111.0..=120.0).contains(&bearing.deg()), "{}", bearing.deg());
            assert!(distance_m(from_gcj02(to_gcj02(here)), here) < 0.001);
        }
    }

    /// A row of small ports along a crooked shore, each on its line, `moved` as a file in another datum would have them.
    fn ports(moved: fn(LatLon) -> LatLon) -> (Coast, ZoneSet) {
        let mut shore: Vec<[f64; 2]> =
            (0..40).map(|n| [109.0 + f64::from(n) * 0.02, 20.0 + 0.05 * (f64::from(n) * 1.7).sin()]).collect();
        let on_shore: Vec<LatLon> = shore.iter().step_by(3).map(|[lon, lat]| LatLon::new(*lat, *lon)).collect();
        shore.extend([[109.78, 19.0], [109.0, 19.0]]);
        shore.push(shore[0]);
        let coast = serde_json::json!({"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {},
            "geometry": {"type": "Polygon", "coordinates": [shore]}}]});
        let features: Vec<_> = on_shore
            .iter()
            .enumerate()
            .map(|(n, port)| {
                let LatLon { lat_deg, lon_deg } = moved(*port);
                let corner = |east: f64, north: f64| [lon_deg + east * 0.001, lat_deg + north * 0.001];
                let ring = [corner(-1.0, -1.0), corner(1.0, -1.0), corner(0.0, 1.0), corner(-1.0, -1.0)];
                serde_json::json!({"type": "Feature", "properties": {"id": n.to_string(), "kind": "designated_port"},
                    "geometry": {"type": "Polygon", "coordinates": [ring]}})
            })
            .collect();
        let zones = serde_json::json!({"type": "FeatureCollection", "features": features});
        (Coast::from_geojson(&coast.to_string(), None).unwrap(), ZoneSet::from_geojson(&zones.to_string()).unwrap())
    }

    #[test]
    fn ports_drawn_in_gcj_02_are_noticed_by_the_shore_and_by_a_reference() {
        let (coast, sound) = ports(|port| port);
        let (_, moved) = ports(to_gcj02);
        assert_eq!(against_coast(&sound, &coast), None);
        assert!(against_coast(&moved, &coast).unwrap().text.contains("GCJ-02"));
        assert_eq!(against_reference(&sound, &sound), None);
        assert!(against_reference(&moved, &sound).unwrap().text.starts_with("14 of the 14 zones"));
        // The same distance in another direction is something else.
        let (_, north) = ports(|port| port.moved_m(0.0, 500.0));
        assert_eq!(against_reference(&north, &sound), None);
    }
}
