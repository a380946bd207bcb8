//! Where the shore, the ports and the zones are.
//!
//! Built from GeoJSON text (reading files is the business of the outermost layer), immutable afterwards: a new file makes
//! a new chart. All positions are WGS 84 degrees, all distances metres on its ellipsoid. A file that cannot be right is
//! refused with feature and reason ([`ChartError`]); what only looks odd is a [`ChartWarning`].
//!
//! - [`Coast`]: nearest shore, landfall of a course, land or water; R-tree over segments.
//! - [`ZoneSet`]: which zones hold a position, which lie within a margin; R-tree over boxes.
//! - [`Chart`]: both, checked against each other, and places in words.
//!
//! The coastline is the error, not the arithmetic: two good coastlines of Hainan differ by 288 m (median) and 7.5 km (99th
//! percentile) in distance to shore. [`Coast::attribution`] tells which one is loaded.

mod bounds;
mod coast;
mod datum;
mod document;
mod edge_tree;
mod error;
mod gcj02;
mod hint;
mod memo;
mod metric;
mod place;
mod plausible;
mod read;
mod ring;
mod shore_cells;
mod zone;
mod zone_feature;
mod zone_set;

use smallvec::SmallVec;

pub use bounds::Bounds;
pub use coast::{Coast, Land, Landfall, NearestShore, SHORE_RANGE_M};
pub use error::{ChartError, ChartWarning, FeatureProblem, Reason};
pub use gcj02::{from_gcj02, to_gcj02};
pub use hint::ShoreHint;
pub use memo::ShoreMemo;
pub use place::Place;
pub use zone::{PortLine, Side, Validity, Zone, ZoneKind};
pub use zone_set::{ZoneSet, ZonesHere, ZonesNear};

use std::sync::Arc;

use crate::geodesy::{LatLon, position_to_polar};
use crate::units::EventTime;

/// Coast and zones of an area.
#[derive(Debug)]
pub struct Chart {
    /// The coastline; charts that differ in their zones alone share it.
    pub coast: Arc<Coast>,
    /// Ports and zones.
    pub zones: ZoneSet,
    warnings: Vec<ChartWarning>,
}

impl Chart {
    /// Puts coast and zones together.
    ///
    /// # Errors
    /// When zones cannot belong to this coast: latitude and longitude exchanged. What only looks odd (a port far from any
    /// shore, a zone far from the coastline) is in [`Chart::warnings`].
    pub fn new(coast: impl Into<Arc<Coast>>, zones: ZoneSet) -> Result<Self, ChartError> {
        let coast = coast.into();
        let warnings = plausible::check(&coast, &zones)?;
        let mut warnings: Vec<_> = coast.warnings().iter().cloned().chain(warnings).collect();
        warnings.extend(gcj02::against_coast(&zones, &coast));
        if zones.zones().is_empty() {
            warnings.push(ChartWarning {
                subject: "zones".to_owned(),
                text: "there are none: no port, harbour or anchorage excuses anything".to_owned(),
            });
        }
        Ok(Self { coast, zones, warnings })
    }

    /// The same coast with other zones.
    ///
    /// # Errors
    /// Those of [`Chart::new`].
    pub fn with_zones(&self, zones: ZoneSet) -> Result<Self, ChartError> {
        Self::new(Arc::clone(&self.coast), zones)
    }

    /// What looked odd in coast and zones.
    pub fn warnings(&self) -> &[ChartWarning] {
        &self.warnings
    }

    /// Compares the zones with a set that is trusted, where both have the same ids: warns when they look as if they were in
    /// GCJ-02. (Without such a set only ports drawn as small shapes on the shore can be judged, which [`Chart::new`] does.)
    #[must_use]
    pub fn checked_against(mut self, trusted: &ZoneSet) -> Self {
        self.warnings.extend(gcj02::against_reference(&self.zones, trusted));
        self
    }

    /// The place to name for `position`: the nearest port, harbour or anchorage within 24 nautical miles (whether or not
    /// it is in force), else the nearest shore; `None` on the high seas.
    pub fn nearest_named_place(&self, position: LatLon) -> Option<Place<'_>> {
        self.nearest_named_place_again(position, &mut ShoreHint::default())
    }

    /// The same for who asks again not far from the last time; see [`Coast::nearest_again`].
    pub fn nearest_named_place_again(&self, position: LatLon, hint: &mut ShoreHint) -> Option<Place<'_>> {
        if !position.is_valid() {
            return None;
        }
        let named = |zone: &&Zone| {
            matches!(zone.kind, ZoneKind::DesignatedPort | ZoneKind::FishingHarbour | ZoneKind::Anchorage)
        };
        // Those whose box is nearest first: most of the others need not be measured.
        let least = self.zones.least_metres_per_degree(position);
        let mut zones: SmallVec<[(f64, usize, &Zone); 32]> = self
            .zones
            .zones()
            .iter()
            .filter(named)
            .enumerate()
            .map(|(number, zone)| (zone.at_least_m(position, least), number, zone))
            .filter(|(at_least_m, ..)| *at_least_m <= SHORE_RANGE_M)
            .collect();
        zones.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut nearest: Option<(f64, usize, &Zone, LatLon)> = None;
        for (at_least_m, number, zone) in zones {
            if nearest.is_some_and(|(least_m, ..)| at_least_m > least_m) {
                break;
            }
            let (edge_m, point) = zone.nearest_edge(position);
            let distance_m = if zone.contains(position) { 0.0 } else { edge_m };
            if nearest.is_none_or(|(least_m, first, ..)| (distance_m, number) < (least_m, first)) {
                nearest = Some((distance_m, number, zone, point));
            }
        }
        if let Some((distance_m, _, zone, point)) = nearest
            && distance_m <= SHORE_RANGE_M
        {
            return Some(Place {
                name: &zone.name,
                name_zh: zone.name_zh.as_deref().unwrap_or(&zone.name),
                zone: Some(&zone.id),
                distance_m,
                bearing: position_to_polar(point, position).0,
            });
        }
        let shore = self.coast.nearest_again(position, hint)?;
        Some(Place {
            name: shore.name,
            name_zh: shore.name,
            zone: None,
            distance_m: shore.distance_m,
            bearing: position_to_polar(shore.point, position).0,
        })
    }

    /// Who is in charge at `position`: what the smallest zone in force that holds it says, of those that say anything.
    pub fn jurisdiction(&self, position: LatLon, at: EventTime) -> Option<&str> {
        let zones = self.zones.containing(position, at);
        let said = zones.iter().filter_map(|zone| Some((zone.bounds.area_deg2(), zone.jurisdiction.as_deref()?)));
        said.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, jurisdiction)| jurisdiction)
    }
}
