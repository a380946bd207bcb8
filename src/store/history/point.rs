//! Points as bytes; the specification is `docs/log-format.md`.

use crate::fusion::{Sources, TrackState};
use crate::geodesy::LatLon;
use crate::store::log::frame::BODY_BYTES_MAX;
use crate::units::{EventTime, Mmsi, TrackId};

/// First byte of a body.
const POINTS: u8 = 16;
/// Bytes before the points: kind and instant.
const HEAD_BYTES: usize = 9;
/// Bytes of a point.
const POINT_BYTES: usize = 27;
/// Points of one frame.
pub(super) const POINTS_PER_FRAME: usize = (BODY_BYTES_MAX - HEAD_BYTES) / POINT_BYTES;
/// Steps a degree: 1e-7 degrees are 1 cm.
const STEPS_PER_DEG: f64 = 1e7;

/// Where a track was at an instant of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The instant.
    pub at: EventTime,
    /// The track.
    pub track: TrackId,
    /// The middle of the hull, to 1e-7 degrees.
    pub position: LatLon,
    /// One sigma of the position along the worst direction in metres, to 0.1 m; 6,553.5 and more are one.
    pub sigma_m: f64,
    /// Speed over ground in m/s, to 0.01 m/s.
    pub sog_mps: f64,
    /// Course over ground in degrees, to 0.01 degrees.
    pub cog_deg: f64,
    /// The most probable MMSI.
    pub mmsi: Option<Mmsi>,
    /// Kinds of sensor that measured it in the last minute; AIS also while the next report of a vessel at rest is not due.
    pub sources: Sources,
}

impl Point {
    /// The point of a track of the picture at `at`.
    pub fn of(at: EventTime, track: &TrackState) -> Self {
        Self {
            at,
            track: track.id,
            position: track.position,
            sigma_m: track.position_sigma_m(),
            sog_mps: track.sog_mps(),
            cog_deg: track.cog().deg(),
            mmsi: track.identity.mmsi,
            sources: track.sources,
        }
    }
}

/// Appends the body of a frame: points of one instant, [`POINTS_PER_FRAME`] at most.
pub(super) fn put_points(out: &mut Vec<u8>, at: EventTime, points: &[Point]) {
    out.push(POINTS);
    out.extend_from_slice(&at.as_millis().to_le_bytes());
    for point in points {
        // `as` saturates, and makes 0 of what is no number.
        let steps = |deg: f64| (deg * STEPS_PER_DEG).round() as i32;
        out.extend_from_slice(&point.track.0.to_le_bytes());
        out.extend_from_slice(&steps(point.position.lat_deg).to_le_bytes());
        out.extend_from_slice(&steps(point.position.lon_deg).to_le_bytes());
        out.extend_from_slice(&((point.sigma_m * 10.0).round() as u16).to_le_bytes());
        out.extend_from_slice(&((point.sog_mps * 100.0).round() as u16).to_le_bytes());
        out.extend_from_slice(&((point.cog_deg * 100.0).round() as u16 % 36_000).to_le_bytes());
        out.extend_from_slice(&point.mmsi.map_or(0, Mmsi::number).to_le_bytes());
        out.push(kinds(point.sources));
    }
}

/// Kinds of sensor as a byte.
fn kinds(sources: Sources) -> u8 {
    let Sources { ais, radar, eo, report } = sources;
    u8::from(ais) | u8::from(radar) << 1 | u8::from(eo) << 2 | u8::from(report) << 3
}

/// The instant of a body and its points; `None` when it is none.
pub(super) fn read_points(body: &[u8]) -> Option<(EventTime, impl Iterator<Item = Point> + '_)> {
    let rest = body.strip_prefix(&[POINTS])?;
    let (millis, points) = rest.split_first_chunk()?;
    let at = EventTime::from_millis(i64::from_le_bytes(*millis));
    let points = points.chunks_exact(POINT_BYTES).filter_map(move |bytes| read_point(at, bytes));
    Some((at, points))
}

fn read_point(at: EventTime, bytes: &[u8]) -> Option<Point> {
    let (track, rest) = bytes.split_first_chunk()?;
    let (lat, rest) = rest.split_first_chunk()?;
    let (lon, rest) = rest.split_first_chunk()?;
    let (sigma, rest) = rest.split_first_chunk()?;
    let (sog, rest) = rest.split_first_chunk()?;
    let (cog, rest) = rest.split_first_chunk()?;
    let (mmsi, rest) = rest.split_first_chunk()?;
    let &[kinds] = rest else { return None };
    let has = |bit: u8| kinds >> bit & 1 == 1;
    let degrees = |bytes: &[u8; 4]| f64::from(i32::from_le_bytes(*bytes)) / STEPS_PER_DEG;
    Some(Point {
        at,
        track: TrackId(u64::from_le_bytes(*track)),
        position: LatLon::new(degrees(lat), degrees(lon)),
        sigma_m: f64::from(u16::from_le_bytes(*sigma)) / 10.0,
        sog_mps: f64::from(u16::from_le_bytes(*sog)) / 100.0,
        cog_deg: f64::from(u16::from_le_bytes(*cog)) / 100.0,
        // 0 is that of nobody.
        mmsi: Some(u32::from_le_bytes(*mmsi)).filter(|&number| number > 0).and_then(Mmsi::new),
        sources: Sources { ais: has(0), radar: has(1), eo: has(2), report: has(3) },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn points_are_read_as_they_were_written_to_their_last_step(
            track in any::<u64>(), lat_deg in -90.0..90.0, lon_deg in -180.0..180.0, sigma_m in 0.0..6_000.0,
            sog_mps in 0.0..60.0, cog_deg in 0.0..360.0, mmsi in 0..1_000_000_000_u32, ais: bool, radar: bool, eo: bool, report: bool,
        ) {
            let at = EventTime::from_millis(1_776_438_400_000);
            let (position, sources) = (LatLon::new(lat_deg, lon_deg), Sources { ais, radar, eo, report });
            let point = Point { at, track: TrackId(track), position, sigma_m, sog_mps, cog_deg, mmsi: Some(mmsi).filter(|&number| number > 0).and_then(Mmsi::new), sources };
            let mut bytes = Vec::new();
            put_points(&mut bytes, at, &[point, point]);
            let (read_at, points) = read_points(&bytes).unwrap();
            let points: Vec<Point> = points.collect();
            prop_assert_eq!((read_at, points.len()), (at, 2));
            let read = points[1];
            prop_assert_eq!((read.track, read.mmsi, read.sources), (point.track, point.mmsi, point.sources));
            prop_assert!((read.position.lat_deg - lat_deg).abs() < 1e-7 && (read.position.lon_deg - lon_deg).abs() < 1e-7);
            prop_assert!((read.sigma_m - sigma_m).abs() < 0.051 && (read.sog_mps - sog_mps).abs() < 0.0051);
            let off_deg = (read.cog_deg - cog_deg).abs();
            prop_assert!(off_deg.min(360.0 - off_deg) < 0.0051);
        }

        #[test]
        fn any_bytes_are_points_or_none(bytes in any::<Vec<u8>>()) {
            if let Some((_, points)) = read_points(&bytes) {
                prop_assert!(points.count() <= bytes.len());
            }
        }
    }
}
