//! Zones that change while the server runs: drawn, imported, changed and taken off, by people who look at the same chart.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::support::server::{Server, fixture};
use shorewatch::api::proto::r#type::v1::LatLon;
use shorewatch::api::proto::zone::v1::zone_service_client::ZoneServiceClient;
use shorewatch::api::proto::zone::v1::*;
use shorewatch::chart::to_gcj02;
use shorewatch::geodesy;
use shorewatch::serve::area::Area;
use shorewatch::serve::stored::{OpenStore, Retention};
use shorewatch::store::disk::{Disk, RealDisk};
use tokio::time::timeout;
use tonic::transport::Channel;
use tonic::{Code, Streaming};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt;

/// Nothing here takes this long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

type Client = ZoneServiceClient<Channel>;

/// A closed square, its corner at the south-west.
fn square(lat_deg: f64, lon_deg: f64, side_deg: f64) -> Vec<Polygon> {
    let corner =
        |north: f64, east: f64| LatLon { lat_deg: lat_deg + north * side_deg, lon_deg: lon_deg + east * side_deg };
    let points = vec![corner(0.0, 0.0), corner(0.0, 1.0), corner(1.0, 1.0), corner(1.0, 0.0), corner(0.0, 0.0)];
    vec![Polygon { rings: vec![Ring { points }] }]
}

fn restricted(id: &str) -> Zone {
    Zone {
        id: id.to_owned(),
        name: "Firing range".to_owned(),
        name_zh: "射击场".to_owned(),
        kind: ZoneKind::Restricted as i32,
        polygons: square(20.05, 110.15, 0.1),
        ..Zone::default()
    }
}

fn drawn(zone: Zone, request_id: &str) -> CreateZoneRequest {
    CreateZoneRequest {
        zone: Some(zone),
        request_id: request_id.to_owned(),
        note: "exercise".to_owned(),
        ..Default::default()
    }
}

async fn zone(client: &mut Client, id: &str) -> Option<Zone> {
    client.get_zone(GetZoneRequest { id: id.to_owned() }).await.ok().and_then(|found| found.into_inner().zone)
}

async fn next(watch: &mut Streaming<WatchZonesResponse>) -> WatchZonesResponse {
    timeout(PATIENCE, watch.message()).await.expect("the watch hangs").unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_zone_is_drawn_changed_and_taken_off_and_whoever_watches_sees_it() {
    let server = Server::start(&fixture(), None).await;
    let mut client = ZoneServiceClient::connect(server.url()).await.unwrap();
    let mut watch = client.watch_zones(WatchZonesRequest { without_polygons: true }).await.unwrap().into_inner();
    let charted = next(&mut watch).await.zones.len();

    let looked_at = CreateZoneRequest { validate_only: true, ..drawn(restricted("range"), "0") };
    client.create_zone(looked_at).await.unwrap();
    assert_eq!(zone(&mut client, "range").await, None, "it was only checked");

    let created = client.create_zone(drawn(restricted("range"), "1")).await.unwrap().into_inner().zone.unwrap();
    assert_eq!((created.version, created.name_zh.as_str()), (1, "射击场"));
    let told = next(&mut watch).await;
    assert_eq!(told.zones.iter().map(|zone| zone.id.as_str()).collect::<Vec<_>>(), ["range"]);
    let again = client.create_zone(drawn(restricted("range"), "1")).await.unwrap().into_inner().zone.unwrap();
    assert_eq!(again, created, "the same call once more changes nothing");
    let twice = client.create_zone(drawn(restricted("range"), "2")).await.unwrap_err();
    assert_eq!(twice.code(), Code::AlreadyExists, "{twice}");

    let update = |etag: &str, request_id: &str| UpdateZoneRequest {
        zone: Some(Zone {
            name: "Range B".to_owned(),
            etag: etag.to_owned(),
            id: "range".to_owned(),
            ..Zone::default()
        }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["name".to_owned()] }),
        request_id: request_id.to_owned(),
        ..Default::default()
    };
    let changed = client.update_zone(update(&created.etag, "3")).await.unwrap().into_inner().zone.unwrap();
    assert_eq!((changed.version, changed.name.as_str(), changed.name_zh.as_str()), (2, "Range B", "射击场"));
    assert_eq!(changed.polygons, created.polygons, "only the name was to change");
    assert_eq!(next(&mut watch).await.zones[0].version, 2);
    let late = client.update_zone(update(&created.etag, "4")).await.unwrap_err();
    assert_eq!(late.code(), Code::Aborted, "{late}");
    assert_eq!(late.get_error_details().error_info().unwrap().metadata["etag"], "2");

    let delete = DeleteZoneRequest {
        id: "range".to_owned(),
        etag: changed.etag.clone(),
        request_id: "5".to_owned(),
        note: "over".to_owned(),
    };
    client.delete_zone(delete.clone()).await.unwrap();
    client.delete_zone(delete).await.unwrap();
    assert_eq!(next(&mut watch).await.removed_ids, ["range"]);
    let listed = client.list_zones(ListZonesRequest::default()).await.unwrap().into_inner().zones;
    assert_eq!(listed.len(), charted);

    let versions = client.list_zone_versions(ListZoneVersionsRequest { id: "range".to_owned(), ..Default::default() });
    let versions = versions.await.unwrap().into_inner().versions;
    let told: Vec<_> = versions
        .iter()
        .map(|version| {
            (version.zone.as_ref().unwrap().version, version.removed, version.note.as_str(), version.actor_id.as_str())
        })
        .collect();
    assert_eq!(told, [(3, true, "over", "local"), (2, false, "", "local"), (1, false, "exercise", "local")]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_a_zone_is_refused_with_the_reason_and_nothing_changes() {
    let server = Server::start(&fixture(), None).await;
    let mut client = ZoneServiceClient::connect(server.url()).await.unwrap();
    let before = client.list_zones(ListZonesRequest::default()).await.unwrap().into_inner();

    let mut crossed = restricted("crossed");
    crossed.polygons[0].rings[0].points.swap(1, 2);
    let no_kind = Zone { kind: 0, ..restricted("no-kind") };
    let no_outline = Zone { polygons: Vec::new(), ..restricted("no-outline") };
    let no_id = Zone { id: String::new(), ..restricted("x") };
    let long_name = Zone { name: "x".repeat(201), ..restricted("long-name") };
    let never = Zone { valid_from_ms: Some(2_000), valid_until_ms: Some(1_000), ..restricted("never") };
    for (bad, reason) in [
        (crossed, "cross"),
        (no_kind, "kind"),
        (no_outline, "coordinates"),
        (no_id, "id"),
        (long_name, "200"),
        (never, "never in force"),
    ] {
        let refused = client.create_zone(drawn(bad, "1")).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
        assert!(refused.message().contains(reason), "{reason}: {refused}");
        assert!(!refused.get_error_details().bad_request().unwrap().field_violations.is_empty());
    }
    let gcj = r#"{"type":"FeatureCollection","datum":"GCJ-02","features":[]}"#.to_owned();
    let import = ImportZonesRequest { geojson: gcj, request_id: "2".to_owned(), ..Default::default() };
    let refused = client.import_zones(import).await.unwrap_err();
    assert!(refused.message().contains("GCJ-02"), "{refused}");
    let no_call = client.create_zone(drawn(restricted("range"), "")).await.unwrap_err();
    assert!(no_call.message().contains("request_id"), "{no_call}");
    let after = client.list_zones(ListZonesRequest::default()).await.unwrap().into_inner();
    assert_eq!(after, before);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn zones_drawn_on_a_chinese_map_are_imported_where_they_truly_lie() {
    let server = Server::start(&fixture(), None).await;
    let mut client = ZoneServiceClient::connect(server.url()).await.unwrap();
    let corners = [(20.05, 110.15), (20.05, 110.25), (20.15, 110.25), (20.05, 110.15)];
    let shown: Vec<[f64; 2]> = corners
        .iter()
        .map(|&(lat, lon)| {
            let shown = to_gcj02(geodesy::LatLon::new(lat, lon));
            [shown.lon_deg, shown.lat_deg]
        })
        .collect();
    let geojson = serde_json::json!({ "type": "FeatureCollection", "datum": "GCJ-02", "features": [{
        "type": "Feature",
        "properties": { "id": "farm-9", "kind": "farm", "name": "Farm 9" },
        "geometry": { "type": "Polygon", "coordinates": [shown] },
    }] });
    let import = ImportZonesRequest {
        geojson: geojson.to_string(),
        datum: Datum::Gcj02 as i32,
        request_id: "1".to_owned(),
        ..Default::default()
    };
    let imported = client.import_zones(import).await.unwrap().into_inner();
    assert_eq!((imported.created, imported.replaced), (1, 0));
    let points = &imported.zones[0].polygons[0].rings[0].points;
    for (point, (lat, lon)) in points.iter().zip(corners) {
        let off_m =
            geodesy::distance_m(geodesy::LatLon::new(point.lat_deg, point.lon_deg), geodesy::LatLon::new(lat, lon));
        assert!(off_m < 0.01, "{off_m} m off");
    }
    server.stop().await;
}

/// A server of the fixture's area whose store lies in `folder`.
async fn stored(folder: &Path, out: &Path) -> Server {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let area = Area::open(&fixture()).unwrap();
    let store = OpenStore::open(&disk, folder, &area, Retention::default()).unwrap();
    Server::start_stored(area, store, Some(out.to_owned())).await
}

/// Waits until the server has taken what its log holds.
async fn caught_up(server: &Server) {
    let mut health = HealthClient::new(Channel::from_shared(server.url()).unwrap().connect().await.unwrap());
    let mut states = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    let served = timeout(PATIENCE, async {
        while states.message().await.unwrap().unwrap().status() != ServingStatus::Serving {}
    });
    served.await.expect("the server does not become ready");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alerts_are_raised_by_a_zone_that_was_drawn_and_a_server_that_starts_anew_knows_it() {
    let folder = tempfile::tempdir().unwrap();
    let (store, first, second) =
        (folder.path().join("store"), folder.path().join("first"), folder.path().join("second"));
    let server = stored(&store, &first).await;
    let mut client = ZoneServiceClient::connect(server.url()).await.unwrap();
    // Across the lanes of the strait: whoever passes comes in.
    let wide = Zone { polygons: square(20.12, 110.3, 0.12), ..restricted("range") };
    client.create_zone(drawn(wide, "1")).await.unwrap();
    server.feed(&fixture(), 5_000).await;
    server.stop().await;
    let told = fs::read_to_string(first.join("alerts.jsonl")).unwrap();
    let by_zone = told.lines().filter(|line| line.contains("\"zone_entry\"") && line.contains("range")).count();
    assert!(by_zone > 0, "nobody came into the zone");

    let server = stored(&store, &second).await;
    let mut client = ZoneServiceClient::connect(server.url()).await.unwrap();
    caught_up(&server).await;
    assert_eq!(zone(&mut client, "range").await.expect("the zone is not there again").version, 1);
    server.stop().await;
    assert!(fs::read_to_string(second.join("alerts.jsonl")).unwrap() == told, "the alerts are not those of before");
}
