//! Positions, boxes and kinds of sensor.

use super::BadField;
use crate::api::proto::r#type::v1 as wire;
use crate::feed::sensor::SensorKind;
use crate::fusion::Sources;
use crate::geodesy::LatLon;
use crate::serve::track_watch::GeoBox;

/// A position, to the wire.
pub fn position(place: LatLon) -> wire::LatLon {
    wire::LatLon { lat_deg: place.lat_deg, lon_deg: place.lon_deg }
}

/// A position from the wire.
///
/// # Errors
/// When it is no place on earth.
pub fn checked_position(place: &wire::LatLon) -> Result<LatLon, BadField> {
    let place = LatLon::new(place.lat_deg, place.lon_deg);
    if place.is_valid() {
        Ok(place)
    } else {
        Err(BadField::new("lat_deg/lon_deg", format!("{}, {} is no place on earth", place.lat_deg, place.lon_deg)))
    }
}

/// A box from the wire.
///
/// # Errors
/// When an edge is off the globe, or south lies north of north.
pub fn checked_box(bbox: &wire::BoundingBox) -> Result<GeoBox, BadField> {
    let corners =
        [LatLon::new(bbox.south_deg, bbox.west_deg), LatLon::new(bbox.north_deg, bbox.east_deg)].map(LatLon::is_valid);
    if corners != [true, true] {
        return Err(BadField::new("bbox", "an edge is off the globe: latitudes -90 to 90, longitudes -180 to 180"));
    }
    if bbox.south_deg > bbox.north_deg {
        return Err(BadField::new("bbox", "south_deg is greater than north_deg"));
    }
    Ok(GeoBox {
        west_deg: bbox.west_deg,
        south_deg: bbox.south_deg,
        east_deg: bbox.east_deg,
        north_deg: bbox.north_deg,
    })
}

/// A kind of sensor, to the wire.
pub fn sensor_kind(kind: SensorKind) -> wire::SensorKind {
    match kind {
        SensorKind::Ais => wire::SensorKind::Ais,
        SensorKind::Radar => wire::SensorKind::Radar,
        SensorKind::Eo => wire::SensorKind::Eo,
        SensorKind::Report => wire::SensorKind::Report,
    }
}

/// A kind of sensor from the wire.
///
/// # Errors
/// When it is unspecified, or a number that this version does not know.
pub fn checked_sensor_kind(number: i32) -> Result<SensorKind, BadField> {
    match wire::SensorKind::try_from(number) {
        Ok(wire::SensorKind::Ais) => Ok(SensorKind::Ais),
        Ok(wire::SensorKind::Radar) => Ok(SensorKind::Radar),
        Ok(wire::SensorKind::Eo) => Ok(SensorKind::Eo),
        Ok(wire::SensorKind::Report) => Ok(SensorKind::Report),
        Ok(wire::SensorKind::Unspecified) | Err(_) => {
            Err(BadField::new("kind", format!("{number} is no kind of sensor: 1 AIS, 2 radar, 3 EO, 4 report")))
        }
    }
}

/// Kinds of sensor as a list, to the wire.
pub fn sources(sources: Sources) -> Vec<i32> {
    let holds = |kind| match kind {
        SensorKind::Ais => sources.ais,
        SensorKind::Radar => sources.radar,
        SensorKind::Eo => sources.eo,
        SensorKind::Report => sources.report,
    };
    SensorKind::ALL.into_iter().filter(|&kind| holds(kind)).map(|kind| sensor_kind(kind) as i32).collect()
}

/// Kinds of sensor from a list of the wire.
///
/// # Errors
/// When one of them is no kind.
pub fn checked_sources(kinds: &[i32]) -> Result<Sources, BadField> {
    let mut sources = Sources::default();
    for &kind in kinds {
        match checked_sensor_kind(kind)? {
            SensorKind::Ais => sources.ais = true,
            SensorKind::Radar => sources.radar = true,
            SensorKind::Eo => sources.eo = true,
            SensorKind::Report => sources.report = true,
        }
    }
    Ok(sources)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_and_boxes_off_the_globe_are_refused() {
        assert!(checked_position(&wire::LatLon { lat_deg: 20.0, lon_deg: 110.0 }).is_ok());
        assert!(checked_position(&wire::LatLon { lat_deg: 110.0, lon_deg: 20.0 }).is_err());
        assert!(checked_position(&wire::LatLon { lat_deg: f64::NAN, lon_deg: 20.0 }).is_err());
        let bbox = wire::BoundingBox { west_deg: 109.0, south_deg: 20.0, east_deg: 111.0, north_deg: 21.0 };
        assert!(checked_box(&bbox).is_ok());
        assert!(checked_box(&wire::BoundingBox { south_deg: 22.0, ..bbox }).is_err());
        assert!(checked_box(&wire::BoundingBox { west_deg: f64::INFINITY, ..bbox }).is_err());
    }

    #[test]
    fn kinds_of_sensor_survive_the_wire_and_unknown_ones_are_refused() {
        for kind in SensorKind::ALL {
            assert_eq!(checked_sensor_kind(sensor_kind(kind) as i32), Ok(kind));
        }
        assert!(checked_sensor_kind(0).is_err() && checked_sensor_kind(77).is_err());
        let both = Sources { ais: true, eo: true, ..Sources::default() };
        assert_eq!(checked_sources(&sources(both)), Ok(both));
    }
}
