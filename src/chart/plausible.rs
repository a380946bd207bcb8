//! Do zones and coast fit together? Checks that need both.

use super::bounds::Bounds;
use super::coast::Coast;
use super::error::{ChartError, ChartWarning, Reason};
use super::read::Problems;
use super::zone::{Zone, ZoneKind};
use super::zone_set::ZoneSet;
use crate::geodesy::LatLon;

/// How far outside the box of the coastline a zone may lie and still belong to the area: offshore grounds and lanes do.
const AREA_MARGIN_DEG: f64 = 2.0;

/// A designated port farther from any shore than this is looked at: tables of ports hold points kilometres off.
const PORT_TO_SHORE_MAX_M: f64 = 5_000.0;

/// Refuses zones whose mirror image lies in the area while they do not; warns of zones that lie elsewhere.
pub(super) fn check(coast: &Coast, zones: &ZoneSet) -> Result<Vec<ChartWarning>, ChartError> {
    let area = coast.bounds().widened(AREA_MARGIN_DEG);
    let mut problems = Problems::new("zones");
    let mut warnings = Vec::new();
    for (index, zone) in zones.zones().iter().enumerate() {
        if zone.bounds.meets(area) {
            warnings.extend(port_off_the_shore(coast, zone));
        } else if zone.bounds.mirrored().meets(area) {
            let middle = zone.bounds.middle();
            let place =
                format!("it lies at {:.3} N {:.3} E, its mirror image by the coast", middle.lat_deg, middle.lon_deg);
            problems.add(format!("feature {index} ({})", zone.id), Reason::CrossedAxes(place));
        } else {
            warnings.push(ChartWarning {
                subject: zone.id.clone(),
                text: format!(
                    "lies far from the coastline that is loaded ({}); check which is meant",
                    words(coast.bounds())
                ),
            });
        }
    }
    problems.into_result()?;
    Ok(warnings)
}

fn port_off_the_shore(coast: &Coast, zone: &Zone) -> Option<ChartWarning> {
    if zone.kind != ZoneKind::DesignatedPort {
        return None;
    }
    let points = || zone.outlines().flatten().flatten().copied().chain([zone.bounds.middle()]);
    let near = |point: LatLon| coast.within(point, PORT_TO_SHORE_MAX_M);
    if points().any(near) {
        return None;
    }
    let nearest =
        points().filter_map(|point| coast.nearest(point)).min_by(|a, b| a.distance_m.total_cmp(&b.distance_m));
    let distance = nearest.map_or("over 24 nautical miles".to_owned(), |shore| {
        format!("{:.1} km ({})", shore.distance_m / 1_000.0, shore.name)
    });
    let side = if coast.is_land(zone.bounds.middle()) { "inland" } else { "at sea" };
    Some(ChartWarning {
        subject: zone.id.clone(),
        text: format!("is a designated port {side}, {distance} from the nearest shore; check its coordinates"),
    })
}

fn words(bounds: Bounds) -> String {
    let Bounds { west_deg, south_deg, east_deg, north_deg } = bounds;
    format!("{west_deg:.2} to {east_deg:.2} E, {south_deg:.2} to {north_deg:.2} N")
}
