//! MISB ST 0601, the UAS datalink local set: where the platform is, where its camera looks, how wide.
//!
//! **Source**: MISB ST 0601 (mapping of integers to quantities by tag), as public decoders have it; checked against recordings
//! and a second decoder. Only the tags that say where the camera is and where it looks.

use super::ber::{Items, signed, text, unsigned};
use crate::geodesy::LatLon;
use crate::units::{Bearing, EventTime};

/// What one packet says. What it does not say, or marks as not known, is `None`.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct St0601 {
    /// Tag 2: when.
    pub time: Option<EventTime>,
    /// Tag 2: when, in microseconds since 1970 as sent.
    pub time_us: Option<u64>,
    /// Tag 3: mission.
    pub mission: Option<String>,
    /// Tag 10: platform.
    pub platform: Option<String>,
    /// Tag 11: image source.
    pub image_source: Option<String>,
    /// Tag 5: heading of the platform in degrees true.
    pub platform_heading_deg: Option<f64>,
    /// Tag 6: pitch of the platform in degrees, nose up.
    pub platform_pitch_deg: Option<f64>,
    /// Tag 7: roll of the platform in degrees, right wing down.
    pub platform_roll_deg: Option<f64>,
    /// Tags 13 and 14: where the camera is.
    pub sensor_position: Option<LatLon>,
    /// Tag 15: height of the camera above mean sea level in metres.
    pub sensor_altitude_m: Option<f64>,
    /// Tag 16: horizontal field of view in degrees.
    pub horizontal_view_deg: Option<f64>,
    /// Tag 17: vertical field of view in degrees.
    pub vertical_view_deg: Option<f64>,
    /// Tag 18: azimuth of the camera from the platform's nose in degrees.
    pub relative_azimuth_deg: Option<f64>,
    /// Tag 19: elevation of the camera from the platform's plane in degrees.
    pub relative_elevation_deg: Option<f64>,
    /// Tag 20: roll of the camera in degrees.
    pub relative_roll_deg: Option<f64>,
    /// Tag 21: distance to the frame's centre in metres.
    pub slant_range_m: Option<f64>,
    /// Tag 22: width of the target in metres.
    pub target_width_m: Option<f64>,
    /// Tags 23 and 24: where the frame's centre is.
    pub frame_centre: Option<LatLon>,
    /// Tag 25: height of the frame's centre in metres.
    pub frame_centre_elevation_m: Option<f64>,
    /// Tag 65: version of the standard that the sender follows.
    pub version: Option<u64>,
}

impl St0601 {
    /// Reads the items of a packet, and gives what an embedded ST 0903 set (tag 74) holds. `None` when the items are cut.
    pub(super) fn read(value: &[u8]) -> Option<(Self, Option<&[u8]>)> {
        let (mut set, mut targets) = (Self::default(), None);
        let (mut latitude, mut longitude, mut centre_latitude, mut centre_longitude) = (None, None, None, None);
        let mut items = Items::new(value);
        for (tag, value) in &mut items {
            match tag {
                2 => {
                    set.time_us = unsigned(value).filter(|_| value.len() == 8);
                    set.time = set.time_us.and_then(time_of);
                }
                3 => set.mission = Some(text(value)),
                5 => set.platform_heading_deg = share(value, 2).map(|share| share * 360.0),
                6 => set.platform_pitch_deg = signed_share(value, 2).map(|share| share * 20.0),
                7 => set.platform_roll_deg = signed_share(value, 2).map(|share| share * 50.0),
                10 => set.platform = Some(text(value)),
                11 => set.image_source = Some(text(value)),
                13 => latitude = signed_share(value, 4).map(|share| share * 90.0),
                14 => longitude = signed_share(value, 4).map(|share| share * 180.0),
                15 => set.sensor_altitude_m = share(value, 2).map(height_m),
                16 => set.horizontal_view_deg = share(value, 2).map(|share| share * 180.0),
                17 => set.vertical_view_deg = share(value, 2).map(|share| share * 180.0),
                18 => set.relative_azimuth_deg = share(value, 4).map(|share| share * 360.0),
                19 => set.relative_elevation_deg = signed_share(value, 4).map(|share| share * 180.0),
                20 => set.relative_roll_deg = share(value, 4).map(|share| share * 360.0),
                21 => set.slant_range_m = share(value, 4).map(|share| share * 5_000_000.0),
                22 => set.target_width_m = share(value, 2).map(|share| share * 10_000.0),
                23 => centre_latitude = signed_share(value, 4).map(|share| share * 90.0),
                24 => centre_longitude = signed_share(value, 4).map(|share| share * 180.0),
                25 => set.frame_centre_elevation_m = share(value, 2).map(height_m),
                65 => set.version = unsigned(value),
                74 => targets = Some(value),
                _ => {}
            }
        }
        if items.broken {
            return None;
        }
        let place = |lat: Option<f64>, lon: Option<f64>| {
            lat.zip(lon).map(|(lat, lon)| LatLon::new(lat, lon)).filter(|place| place.is_valid())
        };
        set.sensor_position = place(latitude, longitude);
        set.frame_centre = place(centre_latitude, centre_longitude);
        Some((set, targets))
    }

    /// True bearing of the camera's axis in degrees: platform heading and azimuth from the nose, on a level platform.
    ///
    /// With pitch and roll the azimuth on the ground differs by little as long as the camera looks to the horizon; it is
    /// worked out for the whole attitude.
    pub fn true_bearing_deg(&self) -> Option<f64> {
        let heading = self.platform_heading_deg?.to_radians();
        let azimuth = self.relative_azimuth_deg?.to_radians();
        let elevation = self.relative_elevation_deg.unwrap_or(0.0).to_radians();
        let pitch = self.platform_pitch_deg.unwrap_or(0.0).to_radians();
        let roll = self.platform_roll_deg.unwrap_or(0.0).to_radians();
        // The line of sight in the platform's axes: forward, right, down.
        let (forward, right, down) =
            (elevation.cos() * azimuth.cos(), elevation.cos() * azimuth.sin(), -elevation.sin());
        // Roll about the nose, then pitch, then heading: north, east.
        let (right, down) = (right * roll.cos() - down * roll.sin(), right * roll.sin() + down * roll.cos());
        let forward = forward * pitch.cos() + down * pitch.sin();
        let north = forward * heading.cos() - right * heading.sin();
        let east = forward * heading.sin() + right * heading.cos();
        Some(Bearing::of_vector(east, north).deg())
    }
}

/// An instant of microseconds since 1970; `None` beyond what can be one.
pub(super) fn time_of(micros: u64) -> Option<EventTime> {
    // The year 2200: the range that the server takes too.
    const MICROS_MAX: u64 = 7_258_118_400_000_000;
    (micros <= MICROS_MAX).then(|| EventTime::from_millis((micros / 1000) as i64))
}

/// An unsigned number of so many bytes as a share of the largest.
fn share(value: &[u8], bytes: usize) -> Option<f64> {
    if value.len() != bytes {
        return None;
    }
    let largest = ((1_u64 << (8 * bytes)) - 1) as f64;
    Some(unsigned(value)? as f64 / largest)
}

/// Likewise in two's complement, -1 to 1; `None` for the most negative, which says "out of range".
fn signed_share(value: &[u8], bytes: usize) -> Option<f64> {
    if value.len() != bytes {
        return None;
    }
    let largest = ((1_i64 << (8 * bytes - 1)) - 1) as f64;
    let number = signed(value)? as f64;
    (number >= -largest).then_some(number / largest)
}

/// A height by its share of -900 to 19,000 m.
fn height_m(share: f64) -> f64 {
    share * 19_900.0 - 900.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_platform_adds_heading_and_azimuth() {
        let set = |heading: f64, azimuth: f64, roll: f64, elevation: f64| St0601 {
            platform_heading_deg: Some(heading),
            relative_azimuth_deg: Some(azimuth),
            relative_elevation_deg: Some(elevation),
            platform_roll_deg: Some(roll),
            ..St0601::default()
        };
        for (heading, azimuth) in [(0.0, 48.0), (350.0, 30.0), (90.0, 270.0), (123.4, 200.0)] {
            let bearing = set(heading, azimuth, 0.0, 0.0).true_bearing_deg().unwrap();
            let off = Bearing::from_deg(bearing).turn_from_deg(Bearing::from_deg(heading + azimuth));
            assert!(off.abs() < 1e-9, "{heading} {azimuth}: {bearing}");
        }
        // Looking ahead, a roll turns nothing; looking steeply down to the right, it does.
        assert!((set(0.0, 0.0, 20.0, 0.0).true_bearing_deg().unwrap()).abs() < 1e-9);
        let steep = set(0.0, 90.0, 20.0, -60.0).true_bearing_deg().unwrap();
        assert!((steep - 90.0).abs() < 1e-6, "{steep}");
    }
}
