//! What officers say of craft and what the register says of vessels are inputs like any other: shown at once, on record, in the log at
//! their place, known again after a kill, and in the evidence.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::support::process::{Process, fixture, shorewatch};
use crate::support::server::feed_beginning;
use serde_json::Value;
use shorewatch::api::proto::register::v1::WatchVesselRequest;
use shorewatch::api::proto::register::v1::register_service_client::RegisterServiceClient;
use shorewatch::api::proto::track::v1::track_service_client::TrackServiceClient;
use shorewatch::api::proto::track::v1::*;
use shorewatch::store::records::{FILE, open_to_read};
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt;

type Tracks = TrackServiceClient<Channel>;

/// The ship of the recording that boats come to.
const MOTHER: u32 = 413_395_171;

async fn connect(server: &Process) -> Tracks {
    server.wait_ready();
    Tracks::connect(format!("http://{}", server.address)).await.unwrap()
}

async fn fed(folder: &Path) -> (Process, Tracks) {
    let server = Process::start(folder, "127.0.0.1:0");
    let client = connect(&server).await;
    feed_rest(&server);
    (server, client)
}

fn feed_rest(server: &Process) {
    let sent = shorewatch(&["feed", &fixture().to_string_lossy(), "--to", &server.address, "--speed", "max"]);
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
}

async fn list(client: &mut Tracks, filter: TrackFilter) -> Vec<Track> {
    let request = ListTracksRequest { filter: Some(filter), ..Default::default() };
    client.list_tracks(request).await.unwrap().into_inner().tracks
}

async fn say(client: &mut Tracks, id: &str, said: Option<Statement>, etag: &str, call: &str) -> Result<Track, Status> {
    let request = OverrideTrackRequest {
        id: id.to_owned(),
        statement: said,
        reason: "seen from the pier".to_owned(),
        etag: etag.to_owned(),
        request_id: call.to_owned(),
    };
    client.override_track(request).await.map(|answer| answer.into_inner().track.unwrap())
}

fn tug() -> Option<Statement> {
    let (name, vessel_class) = ("琼港拖 2".to_owned(), "tug".to_owned());
    Some(Statement { name, vessel_class, length_m: Some(28.0), ..Default::default() })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_officer_says_of_a_craft_stands_beside_what_the_sensors_tell_over_a_kill_too() {
    let folder = tempfile::tempdir().unwrap();
    let (server, mut client) = fed(folder.path()).await;
    let all = list(&mut client, TrackFilter::default()).await;
    let dark = all.iter().find(|track| track.identity.as_ref().unwrap().mmsi.is_none()).unwrap().clone();

    let mut watch = client.watch_tracks(WatchTracksRequest::default()).await.unwrap().into_inner();
    while watch.message().await.unwrap().unwrap().change() != TrackChange::SnapshotEnd {}
    let told = say(&mut client, &dark.id, tug(), "0", "1").await.unwrap();
    let stated = told.stated.clone().unwrap();
    assert_eq!((stated.name.as_str(), stated.vessel_class.as_str(), stated.by.as_str()), ("琼港拖 2", "tug", "local"));
    assert_eq!((stated.reason.as_str(), stated.length_m), ("seen from the pier", Some(28.0)));
    assert_eq!((&told.identity, &told.eo_class, told.length_m), (&dark.identity, &dark.eo_class, dark.length_m));
    loop {
        let update = watch.message().await.unwrap().unwrap();
        if update.track.as_ref().is_some_and(|track| track.id == dark.id) {
            assert_eq!((update.change(), update.track.unwrap().stated), (TrackChange::Update, Some(stated.clone())));
            break;
        }
    }
    let tugs = TrackFilter { classes: vec!["tug".to_owned()], ..Default::default() };
    assert!(list(&mut client, tugs.clone()).await.iter().any(|track| track.id == dark.id));

    assert_eq!(
        say(&mut client, &dark.id, tug(), "0", "1").await.unwrap().stated,
        Some(stated.clone()),
        "the same call"
    );
    let reused = say(&mut client, &dark.id, None, "", "1").await.unwrap_err();
    assert_eq!(reused.code(), Code::AlreadyExists);
    let stale = say(&mut client, &dark.id, None, "0", "2").await.unwrap_err();
    assert_eq!(stale.code(), Code::Aborted);
    assert_eq!(stale.get_error_details().error_info().unwrap().reason, "ETAG_MISMATCH");
    let nobody = say(&mut client, "T999999", tug(), "", "3").await.unwrap_err();
    assert_eq!(nobody.code(), Code::NotFound);
    let nothing = say(&mut client, &dark.id, Some(Statement::default()), "", "4").await.unwrap_err();
    assert_eq!(nothing.code(), Code::InvalidArgument);
    server.kill();

    let server = Process::start(folder.path(), "127.0.0.1:0");
    let mut client = connect(&server).await;
    let again = client.get_track(GetTrackRequest { id: dark.id.clone() }).await.unwrap().into_inner().track.unwrap();
    assert_eq!(again.stated, Some(stated.clone()), "what was said is known again");
    let withdrawn = say(&mut client, &dark.id, None, &stated.etag, "5").await.unwrap();
    assert_eq!((withdrawn.stated, withdrawn.identity), (None, dark.identity));
    assert!(!list(&mut client, tugs).await.iter().any(|track| track.id == dark.id));
    server.stop();
    let server = Process::start(folder.path(), "127.0.0.1:0");
    let mut client = connect(&server).await;
    let last = client.get_track(GetTrackRequest { id: dark.id.clone() }).await.unwrap().into_inner().track.unwrap();
    assert_eq!(last.stated, None, "what was taken back stays so");
    server.stop();

    let records = open_to_read(&folder.path().join("store").join(FILE)).unwrap();
    let mut kinds = records.prepare("SELECT kind FROM entries WHERE subject = ?1 ORDER BY sequence").unwrap();
    let kinds: Vec<String> =
        kinds.query_map([format!("track/{}", dark.id)], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(kinds, ["track_stated", "track_statement_withdrawn"]);
}

/// Which alerts of a file of alerts say that the vessel is on the watch list.
fn watched(file: &Path) -> BTreeMap<String, bool> {
    let lines = fs::read_to_string(file).unwrap();
    let alerts = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    alerts
        .map(|alert| {
            let reasons = alert["evidence"].as_array().unwrap();
            let says = reasons.iter().any(|reason| reason["code"] == "watch_list");
            (alert["id"].as_str().unwrap().to_owned(), says)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_of_the_log_judges_by_the_register_of_then_and_so_does_a_bundle() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let server = Process::start(folder.path(), "127.0.0.1:0");
    server.wait_ready();
    let url = format!("http://{}", server.address);
    // Before, it was an honest ship: what was told of it then stays as it was told.
    feed_beginning(&url, &fixture(), 1_500.0).await;
    let mut register = RegisterServiceClient::connect(url).await.unwrap();
    let (reason, request_id) = ("cold chain at night".to_owned(), "1".to_owned());
    register.watch_vessel(WatchVesselRequest { mmsi: MOTHER, reason, request_id, ..Default::default() }).await.unwrap();
    feed_rest(&server);
    server.stop();
    let told = watched(&folder.path().join("out/alerts.jsonl"));
    assert!(told.values().any(|says| *says) && !told.values().all(|says| *says), "{told:?}");

    let again = path("again");
    assert!(shorewatch(&["log", "replay", &path("store"), "--out", &again]).status.success());
    let line = |out: &str| fs::read_to_string(folder.path().join(out).join("alerts.jsonl")).unwrap();
    assert!(line("again") == line("out"), "the log tells other alerts than were told");

    let watched_one = told.iter().find(|(_, says)| **says).map(|(id, _)| id).unwrap();
    let bundle = path("bundle");
    let written = shorewatch(&["evidence", watched_one, "--store", &path("store"), "--out", &bundle]);
    let said = String::from_utf8_lossy(&written.stdout).into_owned();
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    assert!(said.contains("replayed tell this very alert, to the byte"), "{said}");
    let files = fs::read_dir(&bundle).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let registers: Vec<String> = files.filter(|name| name.starts_with("register-")).collect();
    assert_eq!(registers.len(), 1);
    let listed = fs::read_to_string(Path::new(&bundle).join(&registers[0])).unwrap();
    assert!(listed.contains(&MOTHER.to_string()) && listed.lines().count() == 2, "{listed}");
    let checked = shorewatch(&["verify", &bundle]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}
