//! `ZoneService`: the chart.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tonic::{Request, Response, Status};

use super::convert::zone as convert;
use super::proto::zone::v1 as wire;
use super::proto::zone::v1::zone_service_server::ZoneService;
use crate::chart::{Chart, Zone};
use crate::serve::clock;
use crate::serve::limits::{LOCATES_AT_ONCE, ZONE_PAGE_MAX};
use crate::serve::picture::PictureWindow;
use crate::units::EventTime;

/// The service.
#[derive(Debug)]
pub struct Zones {
    chart: Arc<Chart>,
    /// Places in the chart's list of zones, in order of id.
    by_id: Vec<usize>,
    window: PictureWindow,
    locating: Arc<Semaphore>,
}

impl Zones {
    /// A service that answers from `chart`, by the time of the picture in `window`.
    pub fn new(chart: Arc<Chart>, window: PictureWindow) -> Self {
        let zones = chart.zones.zones();
        let mut by_id: Vec<usize> = (0..zones.len()).collect();
        by_id.sort_by_key(|&index| zones.get(index).map(|zone| zone.id.as_str()));
        Self { chart, by_id, window, locating: Arc::new(Semaphore::new(LOCATES_AT_ONCE)) }
    }

    /// The time of the picture; the machine's while there is no picture.
    fn now(&self) -> EventTime {
        let picture = self.window.now();
        if picture.is_begun() { picture.time } else { clock::now() }
    }
}

#[tonic::async_trait]
impl ZoneService for Zones {
    async fn list_zones(
        &self,
        request: Request<wire::ListZonesRequest>,
    ) -> Result<Response<wire::ListZonesResponse>, Status> {
        let request = request.into_inner();
        let filter = convert::checked_filter(&request)?;
        let size = match request.page_size as usize {
            0 => ZONE_PAGE_MAX,
            size => size.min(ZONE_PAGE_MAX),
        };
        // The token is the first id of the page.
        let zones = self.by_id.iter().filter_map(|&index| self.chart.zones.zones().get(index));
        let mut selected =
            zones.filter(|zone: &&Zone| zone.id.as_str() >= request.page_token.as_str() && filter.selects(zone));
        let zones = selected.by_ref().take(size).map(|zone| convert::zone(zone, !request.without_polygons)).collect();
        let next_page_token = selected.next().map_or_else(String::new, |zone| zone.id.clone());
        Ok(Response::new(wire::ListZonesResponse { zones, next_page_token }))
    }

    async fn locate_zones(
        &self,
        request: Request<wire::LocateZonesRequest>,
    ) -> Result<Response<wire::LocateZonesResponse>, Status> {
        let request = request.into_inner();
        let points = convert::checked_points(&request)?;
        let at = request.at_ms.map_or_else(|| self.now(), EventTime::from_millis);
        let chart = Arc::clone(&self.chart);
        let gone = |_| Status::unavailable("the server is shutting down");
        let place = Arc::clone(&self.locating).acquire_owned().await.map_err(gone)?;
        // Thousands of points take some milliseconds: not on the threads that move bytes.
        let places = tokio::task::spawn_blocking(move || {
            let _place = place;
            points.into_iter().map(|point| convert::place(&chart, point, at)).collect()
        });
        let places = places.await.map_err(|error| Status::internal(error.to_string()))?;
        Ok(Response::new(wire::LocateZonesResponse { places }))
    }
}
