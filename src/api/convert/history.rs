//! Points of tracks, and what selects them.

use super::BadField;
use super::geo;
use super::track::checked_track_id;
use crate::api::proto::track::v1 as wire;
use crate::serve::track_watch::GeoBox;
use crate::store::history::{Cursor, Point, When};
use crate::units::{EventTime, Mmsi, TrackId};

/// Which points. All that is given must hold.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PointFilter {
    /// Of this track.
    pub track: Option<TrackId>,
    /// Of tracks that were taken for this vessel then.
    pub mmsi: Option<Mmsi>,
    /// In this box.
    pub bbox: Option<GeoBox>,
    /// Of this time.
    pub when: When,
}

impl PointFilter {
    /// Whether a point is selected, its time apart.
    pub fn selects(&self, point: &Point) -> bool {
        self.track.is_none_or(|track| track == point.track)
            && self.mmsi.is_none_or(|mmsi| Some(mmsi) == point.mmsi)
            && self.bbox.is_none_or(|bbox| bbox.contains(point.position))
    }
}

/// What selects points.
///
/// # Errors
/// When nothing but time is given, or a field makes no sense.
pub fn checked_filter(filter: Option<&wire::PointFilter>) -> Result<PointFilter, BadField> {
    let nothing = || BadField::new("filter", "give track_id, mmsi or bbox: history as a whole is asked for by its box");
    let filter = filter.ok_or_else(nothing)?;
    let track = match filter.track_id.as_str() {
        "" => None,
        id => Some(checked_track_id(id)?),
    };
    let mmsi = match filter.mmsi {
        0 => None,
        number => Some(Mmsi::new(number).ok_or_else(|| {
            BadField::new("filter.mmsi", format!("{number} is no MMSI: it has more than nine digits"))
        })?),
    };
    let bbox = filter.bbox.as_ref().map(geo::checked_box).transpose().map_err(|bad| bad.within("filter"))?;
    if track.is_none() && mmsi.is_none() && bbox.is_none() {
        return Err(nothing());
    }
    let (from, to) = (filter.from_ms.map(EventTime::from_millis), filter.to_ms.map(EventTime::from_millis));
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        return Err(BadField::new("filter.from_ms", "it is later than to_ms"));
    }
    Ok(PointFilter { track, mmsi, bbox, when: When { from, to } })
}

/// A point, to the wire.
pub fn point(point: &Point) -> wire::TrackPoint {
    wire::TrackPoint {
        track_id: point.track.to_string(),
        time_ms: point.at.as_millis(),
        position: Some(geo::position(point.position)),
        sigma_m: point.sigma_m,
        sog_mps: point.sog_mps,
        cog_deg: point.cog_deg,
        mmsi: point.mmsi.map(Mmsi::number),
        sources: geo::sources(point.sources),
    }
}

/// The token of a place in history.
pub fn token(cursor: Cursor) -> String {
    format!("{:x}.{:x}.{:x}", cursor.segment, cursor.offset, cursor.seen)
}

/// The place that a token stands for; the beginning for none.
///
/// # Errors
/// When it is not ours.
pub fn checked_token(token: &str) -> Result<Cursor, BadField> {
    if token.is_empty() {
        return Ok(Cursor::default());
    }
    let mut numbers = token.split('.').map(|part| u64::from_str_radix(part, 16).ok());
    let mut next = || numbers.next().flatten();
    let cursor = match (next(), next(), next()) {
        (Some(segment), Some(offset), Some(seen)) => {
            u32::try_from(seen).ok().map(|seen| Cursor { segment, offset, seen })
        }
        _ => None,
    };
    cursor.filter(|_| numbers.next().is_none()).ok_or_else(|| BadField::new("page_token", "not ours"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_selects_by_more_than_time() {
        let filter = |text: &str, mmsi| wire::PointFilter { track_id: text.to_owned(), mmsi, ..Default::default() };
        assert!(checked_filter(None).is_err());
        assert!(checked_filter(Some(&filter("", 0))).unwrap_err().to_string().contains("give track_id, mmsi or bbox"));
        assert!(checked_filter(Some(&filter("nonsense", 0))).is_err());
        assert!(checked_filter(Some(&filter("", 1_000_000_000))).is_err());
        assert_eq!(checked_filter(Some(&filter("", 5))).unwrap().mmsi, Mmsi::new(5));
        let turned = wire::PointFilter { from_ms: Some(2), to_ms: Some(1), ..filter("T000001", 0) };
        assert!(checked_filter(Some(&turned)).is_err());
    }

    #[test]
    fn a_token_is_ours_or_refused() {
        let cursor = Cursor { segment: 3, offset: 4_000_000_000_000, seen: 77 };
        assert_eq!(checked_token(&token(cursor)).unwrap(), cursor);
        assert_eq!(checked_token("").unwrap(), Cursor::default());
        for bad in ["1", "1.2", "x.y.z", "1.2.3.4", "1.2.fffffffff"] {
            assert!(checked_token(bad).is_err(), "{bad}");
        }
    }
}
