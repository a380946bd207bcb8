//! Zones, and where points lie.

use super::BadField;
use super::geo;
use crate::api::proto::zone::v1 as wire;
use crate::chart::{Chart, Zone, ZoneKind};
use crate::geodesy::LatLon;
use crate::serve::limits::LOCATE_POINTS_MAX;
use crate::serve::track_watch::GeoBox;
use crate::units::EventTime;

/// A zone, to the wire.
pub fn zone(zone: &Zone, with_polygons: bool) -> wire::Zone {
    let ring = |ring: &Vec<LatLon>| wire::Ring { points: ring.iter().map(|&point| geo::position(point)).collect() };
    let polygon = |rings: &[Vec<LatLon>]| wire::Polygon { rings: rings.iter().map(ring).collect() };
    wire::Zone {
        id: zone.id.clone(),
        name: zone.name.clone(),
        name_zh: zone.name_zh.clone().unwrap_or_default(),
        kind: kind(zone.kind) as i32,
        version: zone.version,
        valid_from_ms: zone.validity.from.map(EventTime::as_millis),
        valid_until_ms: zone.validity.to.map(EventTime::as_millis),
        limits: zone.limits.clone().unwrap_or_default(),
        polygons: if with_polygons { zone.outlines().map(polygon).collect() } else { Vec::new() },
    }
}

/// A kind of zone, to the wire.
pub fn kind(kind: ZoneKind) -> wire::ZoneKind {
    match kind {
        ZoneKind::DesignatedPort => wire::ZoneKind::DesignatedPort,
        ZoneKind::FishingHarbour => wire::ZoneKind::FishingHarbour,
        ZoneKind::Anchorage => wire::ZoneKind::Anchorage,
        ZoneKind::FishingGround => wire::ZoneKind::FishingGround,
        ZoneKind::Farm => wire::ZoneKind::Farm,
        ZoneKind::Tss => wire::ZoneKind::Tss,
        ZoneKind::Restricted => wire::ZoneKind::Restricted,
    }
}

/// Which zones are asked for; every condition that is given must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ZoneFilter {
    bbox: Option<GeoBox>,
    kinds: Vec<ZoneKind>,
    valid_at: Option<EventTime>,
}

impl ZoneFilter {
    /// Whether a zone is asked for.
    pub fn selects(&self, zone: &Zone) -> bool {
        let bounds = GeoBox {
            west_deg: zone.bounds.west_deg,
            south_deg: zone.bounds.south_deg,
            east_deg: zone.bounds.east_deg,
            north_deg: zone.bounds.north_deg,
        };
        self.bbox.is_none_or(|bbox| bbox.touches(&bounds))
            && (self.kinds.is_empty() || self.kinds.contains(&zone.kind))
            && self.valid_at.is_none_or(|at| zone.validity.holds(at))
    }
}

/// Which zones are asked for, from the wire.
///
/// # Errors
/// For a box that makes no sense, or an unknown kind.
pub fn checked_filter(request: &wire::ListZonesRequest) -> Result<ZoneFilter, BadField> {
    let kind = |&number: &i32| {
        let named = wire::ZoneKind::try_from(number).ok();
        ZoneKind::ALL
            .into_iter()
            .find(|&known| Some(kind(known)) == named)
            .ok_or_else(|| BadField::new("kinds", format!("{number} is no kind of zone")))
    };
    Ok(ZoneFilter {
        bbox: request.bbox.as_ref().map(geo::checked_box).transpose()?,
        kinds: request.kinds.iter().map(kind).collect::<Result<_, _>>()?,
        valid_at: request.valid_at_ms.map(EventTime::from_millis),
    })
}

/// The points of a request to locate, from the wire.
///
/// # Errors
/// For too many points, or one that is no place on earth.
pub fn checked_points(request: &wire::LocateZonesRequest) -> Result<Vec<LatLon>, BadField> {
    if request.points.len() > LOCATE_POINTS_MAX {
        let problem = format!("{} are more than {LOCATE_POINTS_MAX}: ask in parts", request.points.len());
        return Err(BadField::new("points", problem));
    }
    let checked = |(index, point)| geo::checked_position(point).map_err(|bad| bad.within(&format!("points[{index}]")));
    request.points.iter().enumerate().map(checked).collect()
}

/// Where a point lies at an instant, to the wire.
pub fn place(chart: &Chart, point: LatLon, at: EventTime) -> wire::Place {
    let mut zone_ids: Vec<String> = chart.zones.containing(point, at).into_iter().map(|zone| zone.id.clone()).collect();
    zone_ids.sort_unstable();
    let shore = chart.coast.nearest(point).map(|shore| wire::NearestShore {
        distance_m: shore.distance_m,
        point: Some(geo::position(shore.point)),
        name: shore.name.to_owned(),
    });
    let ports = chart.zones.zones().iter().filter(|zone| zone.kind == ZoneKind::DesignatedPort);
    let nearest_port = ports
        .filter(|port| port.validity.holds(at))
        .map(|port| (port, port.signed_distance_m(point).max(0.0)))
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(port, distance_m)| wire::NearestPort {
            zone_id: port.id.clone(),
            name: port.name.clone(),
            name_zh: port.name_zh.clone().unwrap_or_default(),
            distance_m,
        });
    let named = chart.nearest_named_place(point);
    wire::Place {
        zone_ids,
        on_land: chart.coast.is_land(point),
        nearest_shore: shore,
        nearest_port,
        description_en: named.as_ref().map_or_else(String::new, |place| place.in_english()),
        description_zh: named.as_ref().map_or_else(String::new, |place| place.in_chinese()),
    }
}
