//! MISB ST 0903, moving targets in a video frame: mostly pixels, seldom places.
//!
//! **Source**: MISB ST 0903 (VMTI local set and VTarget pack), as a public implementation (jmisb) writes it.

use super::ber::{Items, imapb, length, oid, text, unsigned};
use super::st0601::time_of;
use crate::geodesy::LatLon;
use crate::units::EventTime;

/// The most targets of one frame that are read.
pub const TARGETS_MAX: usize = 256;

/// One frame with its targets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct St0903 {
    /// Tag 2: when.
    pub time: Option<EventTime>,
    /// Tag 2: when, in microseconds since 1970 as sent.
    pub time_us: Option<u64>,
    /// Tag 3: system.
    pub system: Option<String>,
    /// Tag 4: version of the standard that the sender follows.
    pub version: Option<u64>,
    /// Tag 5: targets detected.
    pub detected: Option<u64>,
    /// Tag 7: number of the frame.
    pub frame: Option<u64>,
    /// Tag 8: width of the frame in pixels.
    pub width: Option<u64>,
    /// Tag 9: height of the frame in pixels.
    pub height: Option<u64>,
    /// Tag 10: camera.
    pub sensor: Option<String>,
    /// Tag 11: horizontal field of view in degrees.
    pub horizontal_view_deg: Option<f64>,
    /// Tag 101: the targets.
    pub targets: Vec<VmtiTarget>,
}

/// One target.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VmtiTarget {
    /// Its number.
    pub id: u32,
    /// Tag 1: pixel of its centre, counted from 1 row by row.
    pub centroid_px: Option<u64>,
    /// Tag 2: pixel of its upper left corner.
    pub top_left_px: Option<u64>,
    /// Tag 3: pixel of its lower right corner.
    pub bottom_right_px: Option<u64>,
    /// Tag 5: confidence, 0 to 100.
    pub confidence_pct: Option<u64>,
    /// Tags 10 and 11: degrees of latitude and longitude from the frame's centre.
    pub offset_deg: Option<(f64, f64)>,
    /// Tag 17: where it is.
    pub location: Option<LatLon>,
    /// Tag 20 or by its pixel: column of its centre, counted from 1.
    pub column: Option<u64>,
}

impl St0903 {
    /// Reads a local set. `None` when the items or the targets are cut.
    pub(super) fn read(value: &[u8]) -> Option<Self> {
        let mut set = Self::default();
        let mut series = None;
        let mut items = Items::new(value);
        for (tag, value) in &mut items {
            match tag {
                2 => {
                    set.time_us = unsigned(value).filter(|_| value.len() == 8);
                    set.time = set.time_us.and_then(time_of);
                }
                3 => set.system = Some(text(value)),
                4 => set.version = unsigned(value),
                5 => set.detected = unsigned(value),
                7 => set.frame = unsigned(value),
                8 => set.width = unsigned(value),
                9 => set.height = unsigned(value),
                10 => set.sensor = Some(text(value)),
                11 => set.horizontal_view_deg = imapb(value, 0.0, 180.0),
                101 => series = Some(value),
                _ => {}
            }
        }
        if items.broken {
            return None;
        }
        let (series, mut at) = (series.unwrap_or_default(), 0);
        while at < series.len() && set.targets.len() < TARGETS_MAX {
            let length = length(series, &mut at)?;
            let pack = series.get(at..at.checked_add(length)?)?;
            at += length;
            set.targets.push(target(pack, set.width)?);
        }
        Some(set)
    }
}

/// Reads a target pack: its number, then items.
fn target(pack: &[u8], width: Option<u64>) -> Option<VmtiTarget> {
    let mut at = 0;
    let mut target = VmtiTarget { id: oid(pack, &mut at)?, ..VmtiTarget::default() };
    let (mut latitude, mut longitude) = (None, None);
    let mut items = Items::new(pack.get(at..)?);
    for (tag, value) in &mut items {
        match tag {
            1 => target.centroid_px = unsigned(value),
            2 => target.top_left_px = unsigned(value),
            3 => target.bottom_right_px = unsigned(value),
            5 => target.confidence_pct = unsigned(value).filter(|&share| share <= 100),
            10 => latitude = imapb(value, -19.2, 19.2),
            11 => longitude = imapb(value, -19.2, 19.2),
            17 => target.location = location(value),
            20 => target.column = unsigned(value),
            _ => {}
        }
    }
    if items.broken {
        return None;
    }
    target.offset_deg = latitude.zip(longitude);
    let by_pixel = target
        .centroid_px
        .zip(width)
        .filter(|&(pixel, width)| pixel > 0 && width > 0)
        .map(|(pixel, width)| (pixel - 1) % width + 1);
    target.column = target.column.or(by_pixel);
    Some(target)
}

/// The beginning of a location: latitude and longitude of four bytes each.
fn location(value: &[u8]) -> Option<LatLon> {
    let latitude = imapb(value.get(..4)?, -90.0, 90.0)?;
    let longitude = imapb(value.get(4..8)?, -180.0, 180.0)?;
    Some(LatLon::new(latitude, longitude)).filter(|place| place.is_valid())
}
