//! The register over the wire: a real server, a supervisor who says who vessels are and whom to watch, and rules that heed it.
#![allow(clippy::unwrap_used, missing_docs)]

use crate::support::server::{Server, fixture};
use shorewatch::alert::{Alert, Outcome};
use shorewatch::api::proto::alert::v1::ListAlertsRequest;
use shorewatch::api::proto::alert::v1::alert_service_client::AlertServiceClient;
use shorewatch::api::proto::register::v1::register_service_client::RegisterServiceClient;
use shorewatch::api::proto::register::v1::*;
use shorewatch::recording::{OpenOptions, Recording};
use shorewatch::serve::area::Area;
use shorewatch::serve::core::Core;
use shorewatch::serve::officer::OfficerWord;
use shorewatch::serve::session::Session;
use shorewatch::serve::work::{FeedName, FeedNumber, Hello, Payload};
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt;

type Client = RegisterServiceClient<Channel>;

/// The ship of the recording that boats come to.
const MOTHER: u32 = 413_395_171;

async fn started() -> (Server, Client) {
    let server = Server::start(&fixture(), None).await;
    let client = RegisterServiceClient::connect(server.url()).await.unwrap();
    (server, client)
}

async fn import(client: &mut Client, csv: &str, replace: bool, call: &str) -> Result<ImportVesselsResponse, Status> {
    let (csv, request_id) = (csv.to_owned(), call.to_owned());
    let request = ImportVesselsRequest { csv, replace, request_id, ..Default::default() };
    client.import_vessels(request).await.map(tonic::Response::into_inner)
}

async fn watch(client: &mut Client, mmsi: u32, reason: &str, etag: &str, call: &str) -> Result<Vessel, Status> {
    let (reason, etag, request_id) = (reason.to_owned(), etag.to_owned(), call.to_owned());
    let request = WatchVesselRequest { mmsi, reason, etag, request_id, ..Default::default() };
    client.watch_vessel(request).await.map(|answer| answer.into_inner().vessel.unwrap())
}

async fn all(client: &mut Client, watched_only: bool) -> Vec<Vessel> {
    let mut vessels = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListVesselsRequest { watched_only, page_size: 2, page_token };
        let page = client.list_vessels(request).await.unwrap().into_inner();
        assert!(page.vessels.len() <= 2);
        vessels.extend(page.vessels);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return vessels;
        }
    }
}

const THREE: &str = "mmsi,name,class,length_m,permits\n\
    412000003,three,patrol,,\n412000001,琼海01,fishing,14.5,restr-x1@2026-01-01/\n412000002,two,,,\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_taken_whole_and_says_nothing_of_columns_that_it_does_not_have() {
    let (server, mut client) = started().await;
    let wrong = import(&mut client, "mmsi,class\n412000001,submarine\n12x,\n", false, "0").await.unwrap_err();
    assert_eq!(wrong.code(), Code::InvalidArgument);
    let field = &wrong.get_error_details().bad_request().cloned().unwrap().field_violations[0];
    assert_eq!(field.field, "csv");
    assert!(field.description.contains("line 2: class is 'submarine'") && field.description.contains("line 3"));

    let trial = ImportVesselsRequest { csv: THREE.to_owned(), validate_only: true, ..Default::default() };
    let trial = client.import_vessels(trial).await.unwrap().into_inner();
    assert_eq!((trial.added, trial.sequence), (3, 0));
    assert!(all(&mut client, false).await.is_empty(), "a trial changes nothing");

    let taken = import(&mut client, THREE, false, "1").await.unwrap();
    assert_eq!((taken.added, taken.changed, taken.removed, taken.unchanged), (3, 0, 0, 0));
    assert_eq!(import(&mut client, THREE, false, "1").await.unwrap(), taken, "the same call again");
    let reused = import(&mut client, "mmsi\n", false, "1").await.unwrap_err();
    assert_eq!(reused.code(), Code::AlreadyExists);
    let again = import(&mut client, THREE, false, "2").await.unwrap();
    assert_eq!((again.unchanged, again.sequence), (3, 0), "nothing new leaves no trace");

    let vessels = all(&mut client, false).await;
    assert_eq!(vessels.iter().map(|it| it.mmsi).collect::<Vec<_>>(), [412_000_001, 412_000_002, 412_000_003]);
    assert_eq!((vessels[0].name.as_str(), vessels[0].vessel_class.as_str()), ("琼海01", "fishing"));
    assert_eq!((vessels[0].length_m, vessels[0].permits[0].zone_id.as_str()), (Some(14.5), "restr-x1"));

    watch(&mut client, 412_000_002, "cold chain at night", "", "3").await.unwrap();
    let names = import(&mut client, "mmsi,name\n412000001,one\n", true, "4").await.unwrap();
    assert_eq!((names.changed, names.removed), (3, 0), "they keep their class, or their place on the list");
    let vessels = all(&mut client, false).await;
    assert_eq!((vessels[0].name.as_str(), vessels[0].length_m), ("one", Some(14.5)));
    assert_eq!((vessels[1].name.as_str(), vessels[1].watch.is_some()), ("", true));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_watch_list_has_reasons_and_ends_and_the_record_says_who_put_whom_on_it() {
    let (server, mut client) = started().await;
    let no_reason = watch(&mut client, MOTHER, " ", "", "0").await.unwrap_err();
    assert_eq!(no_reason.code(), Code::InvalidArgument);
    let past = WatchVesselRequest { mmsi: MOTHER, reason: "x".to_owned(), until_ms: Some(1), ..Default::default() };
    assert_eq!(client.watch_vessel(past).await.unwrap_err().code(), Code::InvalidArgument);

    let first = watch(&mut client, MOTHER, "cold chain at night", "", "1").await.unwrap();
    assert_eq!((first.version, first.watch.as_ref().unwrap().until_ms), (1, None));
    assert_eq!(watch(&mut client, MOTHER, "cold chain at night", "", "1").await.unwrap(), first, "the same call again");
    let second = watch(&mut client, MOTHER, "meets boats", &first.etag, "2").await.unwrap();
    let stale = watch(&mut client, MOTHER, "something else", &first.etag, "3").await.unwrap_err();
    assert_eq!(stale.code(), Code::Aborted);
    assert_eq!(stale.get_error_details().error_info().unwrap().reason, "ETAG_MISMATCH");
    assert_eq!(all(&mut client, true).await, [second]);

    let off = |call: &str| UnwatchVesselRequest {
        mmsi: MOTHER,
        request_id: call.to_owned(),
        note: "cleared".to_owned(),
        ..Default::default()
    };
    assert_eq!(client.unwatch_vessel(off("4")).await.unwrap().into_inner().vessel, None, "nothing else is known of it");
    assert_eq!(client.unwatch_vessel(off("5")).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(client.get_vessel(GetVesselRequest { mmsi: MOTHER }).await.unwrap_err().code(), Code::NotFound);

    let versions = client.list_vessel_versions(ListVesselVersionsRequest { mmsi: MOTHER }).await.unwrap().into_inner();
    let told: Vec<_> =
        versions.versions.iter().map(|it| (it.change.as_str(), it.actor.as_str(), it.note.as_str())).collect();
    let listed = ("vessel_watched", "local", "");
    assert_eq!(told, [listed, listed, ("vessel_unwatched", "local", "cleared")]);
    assert_eq!(versions.versions[0].vessel.as_ref().unwrap().watch.as_ref().unwrap().reason, "cold chain at night");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_says_that_its_vessel_is_on_the_watch_list_and_why() {
    let (server, mut client) = started().await;
    watch(&mut client, MOTHER, "cold chain at night", "", "1").await.unwrap();
    server.feed(&fixture(), 5_000).await;
    let mut alerts = AlertServiceClient::connect(server.url()).await.unwrap();
    let told = alerts.list_alerts(ListAlertsRequest::default()).await.unwrap().into_inner().alerts;
    let of_it: Vec<_> = told.iter().filter(|alert| alert.mmsi == Some(MOTHER)).collect();
    assert!(of_it.len() >= 2, "{}", of_it.len());
    for alert in of_it {
        let item = alert.evidence.iter().find(|item| item.code == "watch_list").unwrap();
        assert!(item.sentence_en.contains("cold chain at night"), "{}", item.sentence_en);
    }
    server.stop().await;
}

/// The alerts of the recording of the sources as the server tells them, when `say` answers some with what an officer found out.
fn play(mut say: impl FnMut(&Alert) -> Option<OfficerWord>) -> Vec<Alert> {
    let recording = Recording::open(&[fixture()], &OpenOptions::default()).unwrap();
    let mut session = Session::new(Area::open(&fixture()).unwrap().into_plan(None));
    for (number, feed) in (0..).zip(&recording.feeds) {
        let name = recording.sensors.get(feed.sensor.unwrap()).unwrap().name.clone();
        let hello = Hello { name: FeedName::new(&name).unwrap(), kind: feed.kind, handle: 0, last_sequence: None };
        session.open(FeedNumber(number), &hello);
    }
    let kinds: Vec<_> = recording.feeds.iter().map(|feed| feed.kind).collect();
    let mut told = Vec::new();
    let mut records = recording.records();
    while let Some(record) = records.next_record() {
        let payload = Payload::of_record(kinds[record.feed], bytes::Bytes::copy_from_slice(&record.bytes));
        let number = FeedNumber(u16::try_from(record.feed).unwrap());
        let _ = session.take(number, record.place, record.received, &payload).unwrap();
        for alert in session.take_alerts() {
            if let Some(word) = say(&alert) {
                session.hear(&word, record.received, false).unwrap();
            }
            told.push(alert);
        }
    }
    told
}

#[test]
fn what_officers_found_out_counts_in_later_alerts_of_the_vessel() {
    let last_of = |told: &[Alert], kind: &str| {
        let of_kind =
            |alert: &&Alert| alert.kind.as_str() == kind && alert.mmsi.is_some_and(|it| it.number() == MOTHER);
        told.iter().rfind(of_kind).unwrap().clone()
    };
    let codes = |alert: &Alert| alert.evidence.iter().map(|item| item.code).collect::<Vec<_>>();
    let unheard = play(|_| None);
    assert!(!codes(&last_of(&unheard, "loitering")).contains(&"verified_offence"));
    let mut said = false;
    let heard = play(|alert| {
        let first = !said && alert.kind.as_str() == "unloading" && alert.mmsi.is_some_and(|it| it.number() == MOTHER);
        said |= first;
        first.then(|| OfficerWord { alert_id: alert.id.to_string(), outcome: Some(Outcome::Offence) })
    });
    assert!(
        codes(&last_of(&heard, "loitering")).contains(&"verified_offence"),
        "{:?}",
        codes(&last_of(&heard, "loitering"))
    );
    let names =
        |told: &[Alert]| told.iter().map(|alert| alert.id.to_string()).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(names(&heard), names(&unheard), "an acknowledged alert silences no other behaviour");
}
