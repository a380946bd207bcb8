//! How high the sun stands: day or night at a place and time.

use super::LatLon;
use crate::units::EventTime;

/// Days from the Unix epoch to noon of 1 January 2000, from which the formulas count.
const J2000_DAYS: f64 = 10_957.5;

/// Elevation of the sun's upper edge at sunrise in degrees: refraction and half its diameter (US Naval Observatory,
/// "Rise, Set, and Twilight Definitions").
const SUNRISE_DEG: f64 = -0.833;

/// Elevation of the sun's centre above the horizon in degrees, without refraction; good to 0.05 degrees from 1950 to 2050,
/// which is 15 s of time at sunrise.
///
/// Source: Astronomical Almanac, "Low-precision formulas for the Sun's coordinates" (page C5).
pub fn sun_elevation_deg(position: LatLon, at: EventTime) -> f64 {
    let days = at.as_millis() as f64 / EventTime::DAY_MS as f64 - J2000_DAYS;
    let anomaly = (357.529 + 0.985_600_28 * days).to_radians();
    let longitude = 280.459 + 0.985_647_36 * days + 1.915 * anomaly.sin() + 0.020 * (2.0 * anomaly).sin();
    let obliquity = (23.439 - 0.000_000_36 * days).to_radians();
    let (sin_longitude, cos_longitude) = longitude.to_radians().sin_cos();
    let right_ascension = (obliquity.cos() * sin_longitude).atan2(cos_longitude);
    let declination = (obliquity.sin() * sin_longitude).asin();
    // Greenwich mean sidereal time in degrees.
    let sidereal_deg = 280.460_618_37 + 360.985_647_366_29 * days;
    let hour_angle = (sidereal_deg + position.lon_deg).to_radians() - right_ascension;
    let latitude = position.lat_deg.to_radians();
    let sine = latitude.sin() * declination.sin() + latitude.cos() * declination.cos() * hour_angle.cos();
    sine.clamp(-1.0, 1.0).asin().to_degrees()
}

/// Whether it is night: the sun is below the horizon.
pub fn is_night(position: LatLon, at: EventTime) -> bool {
    sun_elevation_deg(position, at) < SUNRISE_DEG
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sun_stands_where_an_ephemeris_has_it() {
        // PyEphem 4 (XEphem's VSOP87), without refraction.
        let haikou = LatLon::new(20.05, 110.3);
        for (position, utc, elevation_deg) in [
            (haikou, "2026-04-17T15:06:42Z", -51.935),
            (haikou, "2026-11-24T22:50:00Z", -1.595),
            (haikou, "2026-04-17T04:30:00Z", 80.207),
            (LatLon::new(18.25, 109.5), "2026-06-21T11:10:00Z", 1.442),
            (LatLon::new(-33.9, 18.4), "2026-12-21T03:30:00Z", -1.19),
            (LatLon::new(51.0, 1.5), "2016-07-01T20:05:00Z", -0.047),
        ] {
            let found = sun_elevation_deg(position, EventTime::parse_rfc3339(utc).unwrap());
            assert!((found - elevation_deg).abs() < 0.05, "{utc}: {found}, not {elevation_deg}");
        }
    }

    #[test]
    fn night_is_when_the_sun_is_down() {
        let haikou = LatLon::new(20.05, 110.3);
        assert!(is_night(haikou, EventTime::parse_rfc3339("2026-04-17T15:06:42Z").unwrap()));
        assert!(!is_night(haikou, EventTime::parse_rfc3339("2026-04-17T04:30:00Z").unwrap()));
    }
}
