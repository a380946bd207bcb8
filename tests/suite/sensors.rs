//! Sensors, coverage and the making of tracks, asked of a real server that was fed with the recording of the sources.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::server::{Server, fixture};
use shorewatch::api::proto::sensor::v1::sensor_service_client::SensorServiceClient;
use shorewatch::api::proto::sensor::v1::{
    CoverageLayerKind, GetCoverageRequest, ListSensorsRequest, Sensor, SensorHealth,
};
use shorewatch::api::proto::track::v1::contribution::Told;
use shorewatch::api::proto::track::v1::track_service_client::TrackServiceClient;
use shorewatch::api::proto::track::v1::{ExplainTrackRequest, ListTracksRequest};
use shorewatch::api::proto::r#type::v1::{BoundingBox, SensorKind};
use tonic::Code;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_officer_sees_how_each_sensor_does_and_what_it_covers() {
    let server = Server::start(&fixture(), None).await;
    let mut client = SensorServiceClient::connect(server.url()).await.unwrap();
    let before = client.list_sensors(ListSensorsRequest {}).await.unwrap().into_inner();
    assert!(before.sensors.len() > 2 && before.time_ms == 0);
    assert!(before.sensors.iter().all(|sensor| sensor.health() == SensorHealth::NeverHeard));

    server.feed(&fixture(), 500).await;
    let listed = client.list_sensors(ListSensorsRequest {}).await.unwrap().into_inner();
    assert_eq!(listed.sensors.len(), before.sensors.len());
    let of_kind =
        |kind: SensorKind| -> Vec<&Sensor> { listed.sensors.iter().filter(|sensor| sensor.kind() == kind).collect() };
    for sensor in &listed.sensors {
        let age_ms = listed.time_ms - sensor.last_received_ms.unwrap();
        assert!(sensor.taken > 0 && age_ms >= 0, "{sensor:?}");
        // A radar that sends north marks is missed after two turns.
        let limit_ms = sensor.scan_s.map_or(60_000, |scan_s| (2_000.0 * scan_s) as i64 + 1_000);
        assert_eq!(sensor.health() == SensorHealth::Silent, age_ms > limit_ms, "{sensor:?}");
    }
    let radar = of_kind(SensorKind::Radar)[0];
    let bias = radar.range_bias_m.unwrap();
    assert!(bias.sigma.unwrap() < 20.0 && radar.comparisons > 100, "{radar:?}");
    assert!((0.5..1.0).contains(&radar.detection_probability.unwrap()), "{radar:?}");
    assert!(radar.false_plots_a_turn.unwrap() > 0.0 && radar.max_range_m.unwrap() > 10_000.0);
    let ais = of_kind(SensorKind::Ais)[0];
    assert!(ais.refused.iter().any(|refused| refused.count > 0), "the recording holds damaged lines: {ais:?}");

    let bbox = BoundingBox { west_deg: 110.0, south_deg: 19.95, east_deg: 110.5, north_deg: 20.35 };
    let request = GetCoverageRequest { bbox: Some(bbox), ..Default::default() };
    let grid = client.get_coverage(request).await.unwrap().into_inner();
    assert_eq!((grid.rows, grid.columns, grid.time_ms), (8, 10, listed.time_ms));
    assert!(grid.layers.iter().all(|layer| layer.cells.len() == 80));
    let layer = |kind: CoverageLayerKind| grid.layers.iter().find(|layer| layer.kind() == kind).unwrap();
    let heard = layer(CoverageLayerKind::AisClassA).cells.iter().filter(|cell| **cell <= 100).count();
    assert!(heard > 5, "ships are heard in the strait: {heard} cells");
    let seen = &layer(CoverageLayerKind::Radar).cells;
    assert!(seen.iter().any(|cell| *cell <= 100) && seen.contains(&254), "{seen:?}");
    let refused = client.get_coverage(GetCoverageRequest::default()).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_track_says_which_observations_made_it() {
    let server = Server::start(&fixture(), None).await;
    server.feed(&fixture(), 500).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let mut client = TrackServiceClient::connect(server.url()).await.unwrap();
    let tracks = client.list_tracks(ListTracksRequest::default()).await.unwrap().into_inner().tracks;
    let both = [SensorKind::Ais as i32, SensorKind::Radar as i32];
    let track = tracks.iter().find(|track| both.iter().all(|kind| track.sources.contains(kind))).unwrap();
    let explained = client.explain_track(ExplainTrackRequest { id: track.id.clone() }).await.unwrap().into_inner();
    let made_of = explained.contributions;
    assert!((20..=256).contains(&made_of.len()), "{}", made_of.len());
    for kind in both {
        assert!(made_of.iter().any(|made| made.kind == kind), "nothing of kind {kind}");
    }
    assert!(made_of.iter().all(|made| (0.0..=1.0).contains(&made.probability) && made.sigmas >= 0.0));
    let near = made_of.iter().filter(|made| match made.told.as_ref().unwrap() {
        Told::Position(told) => told.residual_east_m.hypot(told.residual_north_m) < 300.0,
        Told::Bearing(told) => told.residual_deg.abs() < 3.0,
    });
    assert_eq!(near.count(), made_of.len());
    let latest = made_of.iter().map(|made| made.time_ms).max().unwrap();
    assert!((0..60_000).contains(&(track.time_ms - latest)), "the last of them is what the track was last seen by");

    let gone = client.explain_track(ExplainTrackRequest { id: "T999999".to_owned() }).await.unwrap_err();
    assert_eq!(gone.code(), Code::NotFound);
    server.stop().await;
}

fn shorewatch(arguments: &[&Path]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_shorewatch")).args(arguments).output().unwrap()
}

#[test]
fn the_making_of_a_track_becomes_a_picture() {
    let out = tempfile::tempdir().unwrap();
    let out = out.path();
    assert!(shorewatch(&["replay".as_ref(), &fixture(), "--quiet".as_ref(), "--out".as_ref(), out]).status.success());
    let tracks = fs::read_to_string(out.join("tracks.csv")).unwrap();
    let seen_by_both = tracks.lines().filter(|line| line.ends_with(",ais+radar")).nth(2_000).unwrap();
    let id = seen_by_both.split(',').nth(1).unwrap();
    let ran = shorewatch(&["plot".as_ref(), &fixture(), out, "--track".as_ref(), id.as_ref()]);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let picture = fs::read_to_string(out.join(format!("track-{id}.svg"))).unwrap();
    assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"));
    assert_eq!(picture.matches("<g ").count(), picture.matches("</g>").count());
    assert!(picture.contains(id) && picture.contains("radar 雷达") && picture.contains("off by"));
    assert!(picture.matches("<circle").count() > 100, "plots and residuals are drawn");

    let unknown = shorewatch(&["plot".as_ref(), &fixture(), out, "--track".as_ref(), "T999999".as_ref()]);
    assert!(!unknown.status.success());
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("there is no track T999999"));
}
