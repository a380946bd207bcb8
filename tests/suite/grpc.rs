//! The services on the wire: a real server fed with the recording of the sources, asked by real clients.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::support::server::{Server, fixture};
use shorewatch::api::proto::alert::v1::alert_service_client::AlertServiceClient;
use shorewatch::api::proto::alert::v1::{AlertChange, GetAlertRequest, WatchAlertsRequest};
use shorewatch::api::proto::feed::v1::feed_service_client::FeedServiceClient;
use shorewatch::api::proto::feed::v1::{Advance, IngestRequest, ingest_request, ingest_response};
use shorewatch::api::proto::track::v1::track_service_client::TrackServiceClient;
use shorewatch::api::proto::track::v1::{
    GetTrackRequest, ListTracksRequest, TrackChange, TrackFilter, WatchTracksRequest, WatchTracksResponse,
};
use shorewatch::api::proto::r#type::v1::{BoundingBox, LatLon, SensorKind};
use shorewatch::api::proto::zone::v1::zone_service_client::ZoneServiceClient;
use shorewatch::api::proto::zone::v1::{ListZonesRequest, LocateZonesRequest, ZoneKind};
use shorewatch::geodesy;
use tokio::time::timeout;
use tonic::{Code, Streaming};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

/// Nothing here takes this long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// The second in which the last record of the recording was made, milliseconds since 1970.
const FIXTURE_END_MS: i64 = 1_776_441_999_000;

type Watch = Streaming<WatchTracksResponse>;

async fn next(watch: &mut Watch) -> Option<WatchTracksResponse> {
    // The server ends a watch with UNAVAILABLE when it shuts down.
    timeout(PATIENCE, watch.message()).await.unwrap().unwrap_or(None)
}

async fn watch(client: &mut TrackServiceClient<tonic::transport::Channel>, filter: Option<TrackFilter>) -> Watch {
    let request = WatchTracksRequest { filter, min_update_interval_ms: 0, ..Default::default() };
    client.watch_tracks(request).await.unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watcher_gets_a_snapshot_and_then_every_track_in_order_of_its_life() {
    let server = Server::start(&fixture(), None).await;
    let mut client = TrackServiceClient::connect(server.url()).await.unwrap();
    let mut early = watch(&mut client, None).await;
    assert_eq!(next(&mut early).await.unwrap().change(), TrackChange::SnapshotEnd, "nothing is there yet");

    let sent = server.feed(&fixture(), 500).await;
    assert_eq!(sent.acknowledged, sent.accepted + sent.refused);
    assert!(sent.accepted > 20_000 && sent.refused > 0, "{sent:?}");

    // The picture follows within a tenth of a second.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut late = watch(&mut client, None).await;
    let mut snapshot = Vec::new();
    loop {
        let response = next(&mut late).await.unwrap();
        match response.change() {
            TrackChange::Snapshot => snapshot.push(response.track.unwrap()),
            TrackChange::SnapshotEnd => break,
            other => panic!("{other:?} before the end of the snapshot"),
        }
    }
    assert!(snapshot.len() > 20, "{}", snapshot.len());
    assert!(snapshot.is_sorted_by_key(|track| track.id.clone()));

    let page = |page_token: String, page_size| ListTracksRequest { page_token, page_size, ..Default::default() };
    let all = client.list_tracks(page(String::new(), 0)).await.unwrap().into_inner();
    assert_eq!((all.tracks.len(), all.next_page_token.as_str()), (snapshot.len(), ""));
    let mut paged = Vec::new();
    let mut token = String::new();
    loop {
        let part = client.list_tracks(page(token, 7)).await.unwrap().into_inner();
        assert!(part.tracks.len() <= 7);
        paged.extend(part.tracks);
        token = part.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(paged, all.tracks);
    let got = client.get_track(GetTrackRequest { id: snapshot[0].id.clone() }).await.unwrap().into_inner();
    assert_eq!(got.track.unwrap().id, snapshot[0].id);
    let missing = client.get_track(GetTrackRequest { id: "T999999".to_owned() }).await.unwrap_err();
    assert_eq!(missing.code(), Code::NotFound);
    let nonsense = client.get_track(GetTrackRequest { id: "x".to_owned() }).await.unwrap_err();
    assert_eq!(nonsense.code(), Code::InvalidArgument);

    server.stop().await;
    // The early watcher has not read until now: it gets the latest of each track, and no order is broken.
    let (mut there, mut over) = (BTreeSet::new(), BTreeSet::new());
    while let Some(response) = next(&mut early).await {
        let id = response.track.as_ref().unwrap().id.clone();
        match response.change() {
            TrackChange::Enter => assert!(!over.contains(&id) && there.insert(id), "enters twice"),
            TrackChange::Update | TrackChange::Split => assert!(there.contains(&id), "{id} updated before it entered"),
            TrackChange::Leave => assert!(there.remove(&id), "{id} left before it entered"),
            TrackChange::End | TrackChange::Merged => {
                assert!(there.remove(&id), "{id} ended before it entered");
                over.insert(id);
            }
            other => panic!("{other:?} after the snapshot"),
        }
    }
    let last: BTreeSet<String> = snapshot.into_iter().map(|track| track.id).collect();
    assert_eq!(there, last);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watchers_that_do_not_read_hurt_nobody() {
    let server = Server::start(&fixture(), None).await;
    let mut stalled = Vec::new();
    for _ in 0..20 {
        let mut client = TrackServiceClient::connect(server.url()).await.unwrap();
        stalled.push(watch(&mut client, None).await);
    }
    let mut client = TrackServiceClient::connect(server.url()).await.unwrap();
    let mut reading = watch(&mut client, None).await;
    let reader = tokio::spawn(async move {
        let mut changes = 0;
        while next(&mut reading).await.is_some() {
            changes += 1;
        }
        changes
    });
    // Small batches: many pictures are shown, far more than the queues of the stalled ones take.
    let sent = timeout(PATIENCE, server.feed(&fixture(), 20)).await.expect("the feed hangs");
    assert!(sent.accepted > 20_000);
    timeout(PATIENCE, server.stop()).await.expect("the server does not end");
    assert!(timeout(PATIENCE, reader).await.unwrap().unwrap() > 50);
    drop(stalled);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_selects_by_box_kind_and_identity_and_nonsense_is_refused() {
    let server = Server::start(&fixture(), None).await;
    server.feed(&fixture(), 5_000).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut client = TrackServiceClient::connect(server.url()).await.unwrap();
    let mut list = async |filter: TrackFilter| {
        let request = ListTracksRequest { filter: Some(filter), ..Default::default() };
        client.list_tracks(request).await.map(|response| response.into_inner().tracks)
    };
    let all = list(TrackFilter::default()).await.unwrap();
    let bbox = BoundingBox { west_deg: 110.2, south_deg: 20.0, east_deg: 110.4, north_deg: 20.2 };
    let near = list(TrackFilter { bbox: Some(bbox), ..Default::default() }).await.unwrap();
    let inside = all.iter().filter(|track| {
        let place = track.position.unwrap();
        (110.2..=110.4).contains(&place.lon_deg) && (20.0..=20.2).contains(&place.lat_deg)
    });
    assert_eq!(near.len(), inside.count());
    assert!(!near.is_empty() && near.len() < all.len());
    // The half of that box that lies north-west of its diagonal.
    let corner = |lat_deg, lon_deg| LatLon { lat_deg, lon_deg };
    let half = vec![corner(20.0, 110.2), corner(20.2, 110.2), corner(20.2, 110.4)];
    let in_half = list(TrackFilter { area: half.clone(), ..Default::default() }).await.unwrap();
    let north_west = near.iter().filter(|track| {
        let place = track.position.unwrap();
        place.lat_deg - 20.0 > place.lon_deg - 110.2
    });
    assert_eq!(in_half.len(), north_west.count());
    assert!(!in_half.is_empty() && in_half.len() < near.len());
    for (area, problem) in [(half[..2].to_vec(), "2 corners"), (vec![corner(91.0, 110.0); 3], "no place on earth")] {
        let refused = list(TrackFilter { area, ..Default::default() }).await.unwrap_err();
        assert!(refused.message().contains("filter.area") && refused.message().contains(problem), "{refused}");
    }
    let by_ais = list(TrackFilter { kinds: vec![SensorKind::Ais as i32], ..Default::default() }).await.unwrap();
    assert!(by_ais.iter().all(|track| track.sources.contains(&(SensorKind::Ais as i32))) && !by_ais.is_empty());
    let mmsi = by_ais[0].identity.as_ref().unwrap().mmsi.unwrap();
    let one = list(TrackFilter { mmsis: vec![mmsi], ..Default::default() }).await.unwrap();
    assert!(one.iter().all(|track| track.identity.as_ref().unwrap().mmsi == Some(mmsi)) && !one.is_empty());
    let mut zones = ZoneServiceClient::connect(server.url()).await.unwrap();
    let points = all.iter().map(|track| track.position.unwrap()).collect();
    let places = zones.locate_zones(LocateZonesRequest { points, at_ms: None }).await.unwrap().into_inner().places;
    let zone = places.iter().flat_map(|place| &place.zone_ids).next().expect("no track in any zone").clone();
    let located = places.iter().filter(|place| place.zone_ids.contains(&zone)).count();
    let in_zone = list(TrackFilter { zone_ids: vec![zone], ..Default::default() }).await.unwrap();
    assert_eq!(in_zone.len(), located, "as the zone service says");
    assert!(in_zone.len() < all.len());
    let fishing = list(TrackFilter { classes: vec!["fishing".to_owned()], ..Default::default() }).await.unwrap();
    let fishes = |track: &shorewatch::api::proto::track::v1::Track| match track
        .identity
        .as_ref()
        .and_then(|it| it.ship_type)
        .unwrap_or(0)
    {
        0 | 90.. => track.eo_class == "fishing",
        ship_type => ship_type == 30,
    };
    assert_eq!(fishing.len(), all.iter().filter(|track| fishes(track)).count());
    assert!(!fishing.is_empty());
    let nowhere = TrackFilter { zone_ids: vec!["nowhere".to_owned()], ..Default::default() };
    assert!(list(nowhere).await.unwrap_err().message().contains("there is no zone 'nowhere'"));
    let upside_down = BoundingBox { south_deg: 21.0, ..bbox };
    let refused = list(TrackFilter { bbox: Some(upside_down), ..Default::default() }).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains("filter.bbox"), "{}", refused.message());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn zones_are_listed_and_points_located_with_shore_and_port() {
    let server = Server::start(&fixture(), None).await;
    let mut client = ZoneServiceClient::connect(server.url()).await.unwrap();
    let zones = client.list_zones(ListZonesRequest::default()).await.unwrap().into_inner().zones;
    assert_eq!(zones.len(), 16);
    assert!(zones.is_sorted_by_key(|zone| zone.id.clone()) && zones.iter().all(|zone| !zone.polygons.is_empty()));
    let ports =
        ListZonesRequest { kinds: vec![ZoneKind::DesignatedPort as i32], without_polygons: true, ..Default::default() };
    let ports = client.list_zones(ports).await.unwrap().into_inner().zones;
    assert!(!ports.is_empty() && ports.iter().all(|zone| zone.kind() == ZoneKind::DesignatedPort));
    assert!(ports.iter().all(|zone| zone.polygons.is_empty()));
    let first = client.list_zones(ListZonesRequest { page_size: 9, ..Default::default() }).await.unwrap().into_inner();
    let rest = ListZonesRequest { page_size: 9, page_token: first.next_page_token, ..Default::default() };
    let rest = client.list_zones(rest).await.unwrap().into_inner();
    assert_eq!((first.zones.len(), rest.zones.len(), rest.next_page_token.as_str()), (9, 7, ""));

    // In the port of Haikou, in the strait north of it, and in the middle of the Pacific.
    let points = [(20.030, 110.285), (20.15, 110.25), (0.0, -150.0)];
    let points = points.map(|(lat_deg, lon_deg)| LatLon { lat_deg, lon_deg }).to_vec();
    let asked = LocateZonesRequest { points: points.clone(), at_ms: None };
    let places = client.locate_zones(asked).await.unwrap().into_inner().places;
    assert_eq!(places.len(), 3);
    assert!(places[0].zone_ids.contains(&"port-haikou-xiuying".to_owned()), "{:?}", places[0]);
    let port = places[0].nearest_port.as_ref().unwrap();
    assert_eq!((port.zone_id.as_str(), port.distance_m), ("port-haikou-xiuying", 0.0));
    assert!(!places[1].on_land);
    let shore = places[1].nearest_shore.as_ref().unwrap();
    let on_shore = shore.point.unwrap();
    let away_m = geodesy::distance_m(
        geodesy::LatLon::new(20.15, 110.25),
        geodesy::LatLon::new(on_shore.lat_deg, on_shore.lon_deg),
    );
    assert!((away_m - shore.distance_m).abs() < 1.0 && (1_000.0..20_000.0).contains(&away_m), "{shore:?}");
    assert!(places[1].nearest_port.as_ref().unwrap().distance_m > 1_000.0);
    assert!(!places[1].description_en.is_empty() && !places[1].description_zh.is_empty());
    assert!(places[2].nearest_shore.is_none() && places[2].zone_ids.is_empty());

    let off_the_globe = LatLon { lat_deg: 110.0, lon_deg: 20.0 };
    let asked = LocateZonesRequest { points: vec![points[0], off_the_globe], at_ms: None };
    let refused = client.locate_zones(asked).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains("points[1]"), "{}", refused.message());
    let flood = LocateZonesRequest { points: vec![points[0]; 10_001], at_ms: None };
    assert_eq!(client.locate_zones(flood).await.unwrap_err().code(), Code::InvalidArgument);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alerts_come_as_they_are_raised_with_every_reason_in_both_languages() {
    let server = Server::start(&fixture(), None).await;
    let mut client = AlertServiceClient::connect(server.url()).await.unwrap();
    let all = || WatchAlertsRequest::default();
    let mut early = client.watch_alerts(all()).await.unwrap().into_inner();
    let first = timeout(PATIENCE, early.message()).await.unwrap().unwrap().unwrap();
    assert_eq!(first.change(), AlertChange::SnapshotEnd, "nothing is told yet");
    server.feed(&fixture(), 200).await;

    let mut late = client.watch_alerts(all()).await.unwrap().into_inner();
    let mut snapshot = BTreeMap::new();
    loop {
        let response = timeout(PATIENCE, late.message()).await.unwrap().unwrap().unwrap();
        match response.change() {
            AlertChange::Snapshot => drop(snapshot.insert(response.alert.as_ref().unwrap().id.clone(), response.alert)),
            AlertChange::SnapshotEnd => break,
            other => panic!("{other:?} before the end of the snapshot"),
        }
    }
    let kinds: BTreeSet<&str> = snapshot.values().flatten().map(|alert| alert.kind.as_str()).collect();
    assert!(["loitering", "unloading", "zone_entry"].iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
    for alert in snapshot.values().flatten() {
        // While it is developing, an alert is told before its definition is met, yet never before the behaviour began.
        assert!(!alert.evidence.is_empty() && alert.raised_ms >= alert.began_ms, "{alert:?}");
        assert!(alert.start_ms >= alert.began_ms && alert.position.is_some(), "{alert:?}");
        assert!(alert.evidence.iter().all(|why| !why.sentence_en.is_empty() && !why.sentence_zh.is_empty()));
        assert!(alert.evidence.iter().all(|why| why.interval.is_some_and(|span| span.from_ms <= span.to_ms)));
    }
    let id = snapshot.keys().next().unwrap().clone();
    let got = client.get_alert(GetAlertRequest { id: id.clone() }).await.unwrap().into_inner();
    assert_eq!(&got.alert, &snapshot[&id]);
    let missing = client.get_alert(GetAlertRequest { id: "none".to_owned() }).await.unwrap_err();
    assert_eq!(missing.code(), Code::NotFound);
    let loitering = WatchAlertsRequest { kinds: vec!["loitering".to_owned()], ..Default::default() };
    let mut loitering = client.watch_alerts(loitering).await.unwrap().into_inner();
    while let Some(alert) = timeout(PATIENCE, loitering.message()).await.unwrap().unwrap().unwrap().alert {
        assert_eq!(alert.kind, "loitering");
    }
    let nonsense = WatchAlertsRequest { kinds: vec!["smuggling".to_owned()], ..Default::default() };
    assert_eq!(client.watch_alerts(nonsense).await.unwrap_err().code(), Code::InvalidArgument);

    server.stop().await;
    // Whoever watched from the beginning has been told of each, first that it was raised.
    let mut told = BTreeMap::new();
    while let Some(response) = timeout(PATIENCE, early.message()).await.unwrap().unwrap_or(None) {
        let alert = response.alert.clone().unwrap();
        let before = told.insert(alert.id.clone(), Some(alert));
        match response.change() {
            AlertChange::Raised => assert!(before.is_none(), "raised twice"),
            AlertChange::Updated | AlertChange::Ended | AlertChange::Withdrawn => assert!(before.is_some()),
            other => panic!("{other:?} after the snapshot"),
        }
    }
    assert_eq!(told, snapshot);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_jumps_by_a_century_costs_a_few_hours_of_empty_sea() {
    let server = Server::start(&fixture(), None).await;
    server.feed(&fixture(), 5_000).await;
    let mut client = FeedServiceClient::connect(server.url()).await.unwrap();
    let year_2126 = Advance { received_until_ms: 4_932_111_600_000, number: 1 };
    let asked = IngestRequest { message: Some(ingest_request::Message::Advance(year_2126)) };
    let mut answers = client.ingest(tokio_stream::once(asked)).await.unwrap().into_inner();
    let answer = timeout(PATIENCE, answers.message()).await.expect("the server hangs").unwrap().unwrap();
    assert!(matches!(answer.message, Some(ingest_response::Message::Ack(ref ack)) if ack.number == 1), "{answer:?}");
    server.stop().await;
}

#[tokio::test]
async fn health_is_told_for_each_service_and_reflection_lists_them_all() {
    let server = Server::start(&fixture(), None).await;
    let channel = tonic::transport::Channel::from_shared(server.url()).unwrap().connect().await.unwrap();
    let mut health = HealthClient::new(channel.clone());
    let services =
        ["shorewatch.feed.v1.FeedService", "shorewatch.track.v1.TrackService", "shorewatch.zone.v1.ZoneService"];
    for service in services.into_iter().chain([""]) {
        let asked = HealthCheckRequest { service: service.to_owned() };
        assert_eq!(health.check(asked).await.unwrap().into_inner().status, 1, "{service}");
    }
    let unknown = HealthCheckRequest { service: "shorewatch.None".to_owned() };
    assert_eq!(health.check(unknown).await.unwrap_err().code(), Code::NotFound);

    let mut reflection = ServerReflectionClient::new(channel);
    let asked = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut answers = reflection.server_reflection_info(tokio_stream::once(asked)).await.unwrap().into_inner();
    let Some(MessageResponse::ListServicesResponse(listed)) =
        answers.message().await.unwrap().unwrap().message_response
    else {
        panic!("no list");
    };
    let listed: BTreeSet<String> = listed.service.into_iter().map(|service| service.name).collect();
    for service in services.into_iter().chain(["grpc.health.v1.Health"]) {
        assert!(listed.contains(service), "{service} is not in {listed:?}");
    }
    server.stop().await;
}

/// The least interval that is granted is a second: asked for less, a quiet watch still has about one a second.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quiet_watch_of_tracks_or_alerts_has_heartbeats() {
    let server = Server::start(&fixture(), None).await;
    let mut tracks = TrackServiceClient::connect(server.url()).await.unwrap();
    let request = WatchTracksRequest { heartbeat_interval_ms: 1, ..Default::default() };
    let mut watch = tracks.watch_tracks(request).await.unwrap().into_inner();
    let mut changes = Vec::new();
    while changes.len() < 3 {
        changes.push(timeout(PATIENCE, watch.message()).await.expect("no heartbeat").unwrap().unwrap().change());
    }
    assert_eq!(changes, [TrackChange::SnapshotEnd, TrackChange::Heartbeat, TrackChange::Heartbeat]);
    let mut alerts = AlertServiceClient::connect(server.url()).await.unwrap();
    let request = WatchAlertsRequest { heartbeat_interval_ms: 1, ..Default::default() };
    let mut watch = alerts.watch_alerts(request).await.unwrap().into_inner();
    let mut changes = Vec::new();
    while changes.len() < 3 {
        changes.push(timeout(PATIENCE, watch.message()).await.expect("no heartbeat").unwrap().unwrap().change());
    }
    assert_eq!(changes, [AlertChange::SnapshotEnd, AlertChange::Heartbeat, AlertChange::Heartbeat]);
    server.stop().await;
}

/// What a watcher makes of what it is told: when each track in the picture was last measured.
fn follow(picture: &mut BTreeMap<String, i64>, response: WatchTracksResponse) {
    let (change, track) = (response.change(), response.track.unwrap_or_default());
    match change {
        TrackChange::SnapshotEnd | TrackChange::Heartbeat => {}
        TrackChange::Leave | TrackChange::End | TrackChange::Merged => drop(picture.remove(&track.id)),
        _ => drop(picture.insert(track.id, track.last_seen_ms)),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_whose_line_broke_goes_on_where_it_was_without_a_snapshot() {
    let server = Server::start(&fixture(), None).await;
    let mut client = TrackServiceClient::connect(server.url()).await.unwrap();
    let request = WatchTracksRequest { heartbeat_interval_ms: 1_000, ..Default::default() };
    let mut whole = client.watch_tracks(request.clone()).await.unwrap().into_inner();
    let (latest, mut latest_token) = tokio::sync::watch::channel(String::new());
    // Up to each token: what the watcher knew, had its line broken there.
    let watching = tokio::spawn(async move {
        let (mut picture, mut known) = (BTreeMap::new(), Vec::new());
        loop {
            let response = next(&mut whole).await.unwrap();
            let (token, time_ms, change) = (response.resume_token.clone(), response.time_ms, response.change());
            follow(&mut picture, response);
            if !token.is_empty() {
                known.push((token.clone(), picture.clone()));
                // A heartbeat repeats the token: only another one is news.
                latest.send_if_modified(|known| std::mem::replace(known, token.clone()) != token);
            }
            if change == TrackChange::Heartbeat && time_ms >= FIXTURE_END_MS {
                return known;
            }
        }
    });
    // A slow watcher gets few pictures of a fast feed: it is fed in parts, and told of each before the next.
    for beginning_s in [3_480.0, 3_520.0, 3_560.0] {
        latest_token.mark_unchanged();
        server.feed_beginning(&fixture(), beginning_s).await;
        timeout(PATIENCE, latest_token.changed()).await.expect("no token").unwrap();
    }
    server.feed(&fixture(), 500).await;
    let known = watching.await.unwrap();
    let listed = client.list_tracks(ListTracksRequest::default()).await.unwrap().into_inner().tracks;
    let present: BTreeMap<String, i64> = listed.into_iter().map(|track| (track.id, track.last_seen_ms)).collect();

    let mut tokens: Vec<&str> = known.iter().map(|(token, _)| token.as_str()).collect();
    tokens.dedup();
    assert!(tokens.len() > 3, "{tokens:?}");
    for token in tokens.iter().rev().take(3) {
        let (_, mut picture) = known.iter().rfind(|(of, _)| of == token).cloned().unwrap();
        let again = WatchTracksRequest { resume_token: (*token).to_owned(), ..request.clone() };
        let mut watch = client.watch_tracks(again).await.unwrap().into_inner();
        loop {
            let response = next(&mut watch).await.unwrap();
            let change = response.change();
            assert!(!matches!(change, TrackChange::Snapshot | TrackChange::SnapshotEnd), "{token}");
            follow(&mut picture, response);
            if change == TrackChange::Heartbeat {
                break;
            }
        }
        assert_eq!(picture, present, "{token}");
    }

    let token = (*tokens.last().unwrap()).to_owned();
    let by_radar = TrackFilter { kinds: vec![SensorKind::Radar.into()], ..Default::default() };
    let of_another = WatchTracksRequest { resume_token: token.clone(), filter: Some(by_radar), ..request.clone() };
    let too_old = WatchTracksRequest { resume_token: token.replacen(|_: char| true, "0", 1), ..request.clone() };
    let no_token = WatchTracksRequest { resume_token: "yesterday".to_owned(), ..request };
    for refused in [of_another, too_old, no_token] {
        let status = client.watch_tracks(refused).await.unwrap_err();
        assert_eq!(status.code(), Code::OutOfRange, "{status}");
    }
    server.stop().await;
}
