//! `ZoneService`: the chart, and how its zones change while the server runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use tokio::sync::{Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::convert::{BadField, life, zone as convert};
use super::proto::zone::v1 as wire;
use super::proto::zone::v1::zone_service_server::ZoneService;
use super::streams::{Answers, Places, expires_in, run_out, shutting_down};
use super::tokens;
use super::zone_desk::{Draft, ZoneDesk, collection};
use crate::access::layer::caller;
use crate::access::principal::Principal;
use crate::access::role::Permission;
use crate::chart::{Chart, Zone, ZoneSet};
use crate::serve::clock;
use crate::serve::limits::{LOCATES_AT_ONCE, WATCH_QUEUE, ZONE_PAGE_MAX, ZONE_VERSIONS_PAGE};
use crate::serve::picture::PictureWindow;
use crate::store::records::zones::{Change, ZoneChange, ZoneOrder};
use crate::units::EventTime;

/// The service.
#[derive(Debug)]
pub struct Zones {
    desk: Arc<ZoneDesk>,
    window: PictureWindow,
    places: Places,
    locating: Arc<Semaphore>,
}

/// What the calls that change something have in common.
struct Asked {
    request_id: String,
    note: String,
    validate_only: bool,
}

impl Zones {
    /// A service that answers from the chart of `desk`, by the time of the picture in `window`; watchers take one of `places`
    /// each.
    pub fn new(desk: Arc<ZoneDesk>, window: PictureWindow, places: Places) -> Self {
        Self { desk, window, places, locating: Arc::new(Semaphore::new(LOCATES_AT_ONCE)) }
    }

    fn chart(&self) -> Arc<Chart> {
        self.desk.window().now()
    }

    /// The time of the picture; the machine's while there is no picture.
    fn now(&self) -> EventTime {
        let picture = self.window.now();
        if picture.is_begun() { picture.time } else { clock::now() }
    }

    /// The zone as the chart has it.
    fn zone(&self, id: &str) -> Result<wire::Zone, Status> {
        let chart = self.chart();
        let found = chart.zones.by_id(id).map(|zone| convert::zone(zone, true));
        found.ok_or_else(|| Status::not_found(format!("there is no zone '{id}'")))
    }

    /// Puts changes on record and before the rules; only looks at them where no more is asked.
    async fn carry_out(&self, caller: &Principal, asked: Asked, changes: Vec<ZoneChange>) -> Result<(), Status> {
        let request_id = life::checked_request_id(asked.request_id);
        let note = life::checked_note(asked.note)?;
        if asked.validate_only {
            return Ok(());
        }
        let actor = caller.actor(Permission::EditChart);
        let order = ZoneOrder { changes, request_id: request_id?, note, actor, at_ms: clock::now().as_millis() };
        self.desk.carry_out(order).await.map(|_| ())
    }

    /// One zone, drawn or drawn anew: as it is afterwards, or would be.
    async fn put(
        &self,
        caller: &Principal,
        asked: Asked,
        zone: &wire::Zone,
        expected_version: u32,
    ) -> Result<(wire::Zone, Vec<String>), Status> {
        let feature = convert::feature(zone).map_err(|bad| bad.within("zone"))?;
        let Draft { zones, warnings } = self.desk.draft(caller, "zone", &collection(&feature))?;
        let Some(drawn) = zones.first() else { return Err(Status::internal("a zone was read and is not there")) };
        let id = drawn.id.clone();
        let only_looked_at = asked.validate_only;
        let change = self.desk.change_of(&id, Some(expected_version), Change::Put(drawn.to_feature()));
        self.carry_out(caller, asked, vec![change]).await?;
        let shown = if only_looked_at { convert::zone(drawn, true) } else { self.zone(&id)? };
        Ok((shown, warnings))
    }
}

#[tonic::async_trait]
impl ZoneService for Zones {
    type WatchZonesStream = Answers<wire::WatchZonesResponse>;

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
        let chart = self.chart();
        // The token is the first id of the page.
        let selects = |zone: &&Zone| zone.id.as_str() >= request.page_token.as_str() && filter.selects(zone);
        let mut selected: Vec<&Zone> = chart.zones.zones().iter().filter(selects).collect();
        selected.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        let next_page_token = selected.get(size).map_or_else(String::new, |zone| zone.id.clone());
        let zones =
            selected.into_iter().take(size).map(|zone| convert::zone(zone, !request.without_polygons)).collect();
        Ok(Response::new(wire::ListZonesResponse { zones, next_page_token }))
    }

    async fn locate_zones(
        &self,
        request: Request<wire::LocateZonesRequest>,
    ) -> Result<Response<wire::LocateZonesResponse>, Status> {
        let request = request.into_inner();
        let points = convert::checked_points(&request)?;
        let at = request.at_ms.map_or_else(|| self.now(), EventTime::from_millis);
        let chart = self.chart();
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

    async fn get_zone(
        &self,
        request: Request<wire::GetZoneRequest>,
    ) -> Result<Response<wire::GetZoneResponse>, Status> {
        let zone = self.zone(&request.into_inner().id)?;
        Ok(Response::new(wire::GetZoneResponse { zone: Some(zone) }))
    }

    async fn watch_zones(
        &self,
        request: Request<wire::WatchZonesRequest>,
    ) -> Result<Response<Self::WatchZonesStream>, Status> {
        let caller = caller(&request)?;
        let with_polygons = !request.into_inner().without_polygons;
        let place = self.places.take()?;
        let (changes, queue) = mpsc::channel(WATCH_QUEUE);
        let mut window = self.desk.window().clone();
        tokio::spawn(async move {
            let _place = place;
            let mut shown = BTreeMap::new();
            let expiry = tokio::time::sleep(expires_in(&caller));
            tokio::pin!(expiry);
            loop {
                let news = since(&mut shown, &window.now(), with_polygons);
                if changes.send(Ok(news)).await.is_err() {
                    return;
                }
                let last_word = tokio::select! {
                    next = window.next() => match next {
                        Some(_) => continue,
                        None => shutting_down(),
                    },
                    () = &mut expiry => run_out(),
                    () = changes.closed() => return,
                };
                let _ = changes.send(Err(last_word)).await;
                return;
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(queue))))
    }

    async fn create_zone(
        &self,
        request: Request<wire::CreateZoneRequest>,
    ) -> Result<Response<wire::CreateZoneResponse>, Status> {
        let caller = caller(&request)?;
        let wire::CreateZoneRequest { zone, validate_only, request_id, note } = request.into_inner();
        let zone = zone.ok_or_else(|| BadField::new("zone", "missing"))?;
        let (zone, warnings) = self.put(&caller, Asked { request_id, note, validate_only }, &zone, 0).await?;
        Ok(Response::new(wire::CreateZoneResponse { zone: Some(zone), warnings }))
    }

    async fn update_zone(
        &self,
        request: Request<wire::UpdateZoneRequest>,
    ) -> Result<Response<wire::UpdateZoneResponse>, Status> {
        let caller = caller(&request)?;
        let wire::UpdateZoneRequest { zone, update_mask, validate_only, request_id, note } = request.into_inner();
        let zone = zone.ok_or_else(|| BadField::new("zone", "missing"))?;
        let present = self.zone(&zone.id)?;
        let version = checked_etag("zone.etag", &zone.etag)?;
        let zone = convert::masked(present, zone, update_mask.as_ref())?;
        let (zone, warnings) = self.put(&caller, Asked { request_id, note, validate_only }, &zone, version).await?;
        Ok(Response::new(wire::UpdateZoneResponse { zone: Some(zone), warnings }))
    }

    async fn delete_zone(
        &self,
        request: Request<wire::DeleteZoneRequest>,
    ) -> Result<Response<wire::DeleteZoneResponse>, Status> {
        let caller = caller(&request)?;
        let wire::DeleteZoneRequest { id, etag, request_id, note } = request.into_inner();
        let version = checked_etag("etag", &etag)?;
        if let Some(zone) = self.chart().zones.by_id(&id) {
            self.desk.check_place(&caller, zone)?;
        }
        let change = self.desk.change_of(&id, Some(version), Change::Remove);
        self.carry_out(&caller, Asked { request_id, note, validate_only: false }, vec![change]).await?;
        Ok(Response::new(wire::DeleteZoneResponse {}))
    }

    async fn import_zones(
        &self,
        request: Request<wire::ImportZonesRequest>,
    ) -> Result<Response<wire::ImportZonesResponse>, Status> {
        let caller = caller(&request)?;
        let wire::ImportZonesRequest { geojson, datum, validate_only, request_id, note } = request.into_inner();
        let imported = convert::imported(&geojson, datum)?;
        let Draft { zones, warnings } = self.desk.draft(&caller, "geojson", &imported)?;
        let before = self.chart();
        let replaced = zones.iter().filter(|zone| before.zones.by_id(&zone.id).is_some()).count();
        let changes =
            zones.iter().map(|zone| self.desk.change_of(&zone.id, None, Change::Put(zone.to_feature()))).collect();
        self.carry_out(&caller, Asked { request_id, note, validate_only }, changes).await?;
        let after = self.chart();
        let shown = |zone: &Zone| {
            let present = after.zones.by_id(&zone.id).filter(|_| !validate_only);
            convert::zone(present.unwrap_or(zone), true)
        };
        Ok(Response::new(wire::ImportZonesResponse {
            zones: zones.iter().map(shown).collect(),
            warnings,
            created: (zones.len() - replaced) as u32,
            replaced: replaced as u32,
        }))
    }

    async fn list_zone_versions(
        &self,
        request: Request<wire::ListZoneVersionsRequest>,
    ) -> Result<Response<wire::ListZoneVersionsResponse>, Status> {
        let request = request.into_inner();
        let before = tokens::read(&request.page_token, &request.id)?.unwrap_or(i64::MAX);
        let size = match request.page_size as usize {
            0 => ZONE_VERSIONS_PAGE,
            size => size.min(ZONE_VERSIONS_PAGE),
        };
        let mut found = self.desk.versions(request.id.clone(), before, size + 1).await?;
        let more = found.len() > size;
        found.truncate(size);
        let last = found.last().filter(|_| more);
        let next = last.map(|(version, _)| tokens::write(i64::from(version.version), &request.id));
        let versions = found.into_iter().map(|(version, entered)| {
            let text = json!({ "type": "FeatureCollection", "features": [version.feature] }).to_string();
            // A zone of the file that was taken off the chart at once has no outline on record.
            let zone =
                ZoneSet::from_geojson(&text).ok().and_then(|set| Some(convert::zone(set.zones().first()?, true)));
            let bare = wire::Zone { id: version.id.clone(), ..wire::Zone::default() };
            let zone =
                wire::Zone { version: version.version, etag: version.version.to_string(), ..zone.unwrap_or(bare) };
            wire::ZoneVersion {
                zone: Some(zone),
                removed: version.removed,
                time_ms: entered.entry.time_ms,
                actor_id: entered.entry.actor.id,
                actor_name: entered.entry.actor.name,
                note: entered.entry.note,
            }
        });
        let versions = versions.collect();
        Ok(Response::new(wire::ListZoneVersionsResponse { versions, next_page_token: next.unwrap_or_default() }))
    }
}

/// The version that the caller was looking at. Whether it is the present one is for the records to say, which know a call
/// that is repeated.
fn checked_etag(field: &str, etag: &str) -> Result<u32, Status> {
    if etag.is_empty() {
        return Err(BadField::new(field, "missing: send zone.etag as you saw it").into());
    }
    // 0 is the version of no zone.
    match etag.parse() {
        Ok(version) if version > 0 => Ok(version),
        _ => Err(BadField::new(field, "not ours: send zone.etag as it came").into()),
    }
}

/// What has changed since `shown`, which is brought up to the chart: versions by id.
fn since(shown: &mut BTreeMap<String, u32>, chart: &Chart, with_polygons: bool) -> wire::WatchZonesResponse {
    let now: BTreeMap<String, u32> = chart.zones.zones().iter().map(|zone| (zone.id.clone(), zone.version)).collect();
    let is_news = |zone: &&Zone| shown.get(&zone.id) != Some(&zone.version);
    let zones = chart.zones.zones().iter().filter(is_news).map(|zone| convert::zone(zone, with_polygons)).collect();
    let removed_ids = shown.keys().filter(|id| !now.contains_key(*id)).cloned().collect();
    *shown = now;
    wire::WatchZonesResponse { zones, removed_ids, set_version: chart.zones.version() }
}
