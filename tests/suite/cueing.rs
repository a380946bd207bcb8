//! Cameras told where to look: a site takes the cues of its camera from a real server that is in the middle of an evening.
#![allow(clippy::unwrap_used, missing_docs)]

use std::time::Duration;

use crate::support::server::{Server, fixture};
use serde_json::{Value, json};
use shorewatch::api::proto::alert::v1::alert_service_client::AlertServiceClient;
use shorewatch::api::proto::alert::v1::{ListAlertEventsRequest, ListAlertsRequest, VerifyAlertRequest};
use shorewatch::api::proto::sensor::v1::answer_cue_request::Answer;
use shorewatch::api::proto::sensor::v1::cue_service_client::CueServiceClient;
use shorewatch::api::proto::sensor::v1::{
    AnswerCueRequest, Cue, CueAccepted, CueCamera, CueChange, CueDone, CuePointing, CueRefused, CueSeen, CueState,
    DetectionRef, ListCuesRequest, RequestCueRequest, TakeCuesRequest, TakeCuesResponse, WithdrawCueRequest,
};
use shorewatch::api::proto::track::v1::ListTracksRequest;
use shorewatch::api::proto::track::v1::track_service_client::TrackServiceClient;
use shorewatch::geodesy::{LatLon, position_to_polar};
use tonic::transport::Channel;
use tonic::{Code, Status, Streaming};

type Client = CueServiceClient<Channel>;

/// Where the camera of the recording stands.
const CAMERA: LatLon = LatLon::new(20.086_678, 110.342_913);
/// Long enough for any machine; nothing waits so long when all goes well.
const PATIENCE: Duration = Duration::from_secs(120);

/// 33 min 50 s into the recording, milliseconds since 1970.
const LATE_MS: i64 = 1_776_440_428_000;

/// A server that has received what came in the first 34 minutes of the recording, and shows it: it is night, a mother ship lies off the
/// shore.
async fn evening() -> (Server, Client) {
    let server = Server::start(&fixture(), None).await;
    server.feed_beginning(&fixture(), 2_040.0).await;
    let mut tracks = TrackServiceClient::connect(server.url()).await.unwrap();
    let one = ListTracksRequest { page_size: 1, ..Default::default() };
    while tracks.list_tracks(one.clone()).await.unwrap().into_inner().time_ms < LATE_MS {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let client = Client::connect(server.url()).await.unwrap();
    (server, client)
}

/// A site that takes the cues of the camera.
struct Site {
    client: Client,
    cues: Streaming<TakeCuesResponse>,
}

impl Site {
    async fn begin(client: &Client, thermal: bool) -> Self {
        let mut client = client.clone();
        let cameras = vec![CueCamera { name: "eo1".to_owned(), thermal }];
        let request = TakeCuesRequest { cameras, heartbeat_interval_ms: 0 };
        let cues = client.take_cues(request).await.unwrap().into_inner();
        Self { client, cues }
    }

    /// The next change of the sort, others passed over.
    async fn next(&mut self, wanted: CueChange) -> Cue {
        let found = async {
            loop {
                let told = self.cues.message().await.unwrap().expect("the stream goes on");
                if told.change() == wanted {
                    return told.cue.unwrap();
                }
            }
        };
        tokio::time::timeout(PATIENCE, found).await.expect("the site is told")
    }

    /// The next word of a cue of an officer.
    async fn next_of_officer(&mut self) -> Cue {
        let found = async {
            loop {
                let told = self.cues.message().await.unwrap().expect("the stream goes on");
                if let Some(cue) = told.cue.filter(|cue| cue.by_officer) {
                    return cue;
                }
            }
        };
        tokio::time::timeout(PATIENCE, found).await.expect("the site is told")
    }

    async fn say(&mut self, cue: &Cue, answer: Answer) -> Result<(), Status> {
        let request = AnswerCueRequest { cue_id: cue.id.clone(), camera: "eo1".to_owned(), answer: Some(answer) };
        self.client.answer_cue(request).await.map(drop)
    }
}

async fn state_of(client: &mut Client, id: &str) -> CueState {
    let listed =
        client.list_cues(ListCuesRequest { with_over: true, ..Default::default() }).await.unwrap().into_inner();
    listed.cues.iter().find(|cue| cue.id == id).unwrap().state()
}

/// What is on record of cues, in order, once there are so many entries.
async fn on_record(server: &Server, entries: usize) -> Vec<Value> {
    let mut alerts = AlertServiceClient::connect(server.url()).await.unwrap();
    loop {
        let request = ListAlertEventsRequest { page_size: 1_000, ..Default::default() };
        let events = alerts.list_alert_events(request).await.unwrap().into_inner().events;
        let entered = events.iter().map(|event| serde_json::from_str::<Value>(&event.entry_json).unwrap());
        let of_cues: Vec<Value> =
            entered.filter(|entry| entry["subject"].as_str().unwrap().starts_with("cue/")).collect();
        if of_cues.len() >= entries {
            return of_cues;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_asks_the_camera_that_has_its_vessel_in_sight_and_hears_what_it_saw() {
    let (server, client) = evening().await;
    let mut site = Site::begin(&client, true).await;
    let cue = site.next(CueChange::Asked).await;
    assert_eq!((cue.camera.as_str(), cue.state(), cue.by_officer), ("eo1", CueState::Asked, false));
    let mut alerts = AlertServiceClient::connect(server.url()).await.unwrap();
    let listed = alerts.list_alerts(ListAlertsRequest::default()).await.unwrap().into_inner().alerts;
    let alert = listed.iter().find(|alert| alert.id == cue.alert_id).unwrap();
    assert!(alert.grade >= 2 && alert.track_id == cue.track_id, "{alert:?}");
    let (aim, place) = (cue.aim.unwrap(), cue.position.unwrap());
    let (azimuth, range_m) = position_to_polar(CAMERA, LatLon::new(place.lat_deg, place.lon_deg));
    assert!(azimuth.turn_from_deg(shorewatch::units::Bearing::from_deg(aim.azimuth_deg)).abs() < 0.4);
    assert!((aim.range_m - range_m).abs() < 100.0 && aim.range_m <= 10_000.0);
    // A mast of 60 m looks down.
    assert!((-5.0..0.0).contains(&aim.elevation_deg.unwrap()) && cue.until_ms > cue.time_ms);

    site.say(&cue, Answer::Accepted(CueAccepted {})).await.unwrap();
    site.say(&cue, Answer::Pointing(CuePointing {})).await.unwrap();
    let prolonged = site.next(CueChange::Updated).await;
    assert_eq!((prolonged.id.as_str(), prolonged.state()), (cue.id.as_str(), CueState::Pointing));
    let detection = DetectionRef { feed_id: "eo1".to_owned(), sequence: 77 };
    site.say(&cue, Answer::Seen(CueSeen { detection: Some(detection.clone()) })).await.unwrap();
    site.say(&cue, Answer::Done(CueDone {})).await.unwrap();
    let over = site.next(CueChange::Withdrawn).await;
    assert_eq!((over.id.as_str(), over.state()), (cue.id.as_str(), CueState::Seen));
    assert_eq!((over.camera.as_str(), over.detection), ("eo1", Some(detection)));
    let late = site.say(&cue, Answer::Done(CueDone {})).await.unwrap_err();
    assert_eq!(late.code(), Code::FailedPrecondition);
    // The same craft is not asked for again at once; another may be.
    let mut client = client;
    let open = client.list_cues(ListCuesRequest::default()).await.unwrap().into_inner().cues;
    assert!(open.iter().all(|other| other.track_id != cue.track_id), "{open:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_that_nobody_attends_or_that_is_blind_at_night_is_asked_for_nothing() {
    let (server, client) = evening().await;
    let mut officer = client.clone();
    let mut alerts = AlertServiceClient::connect(server.url()).await.unwrap();
    let listed = alerts.list_alerts(ListAlertsRequest::default()).await.unwrap().into_inner().alerts;
    let near = listed.iter().find(|alert| alert.id.starts_with("loitering") && alert.track_id == "T000012").unwrap();
    let ask = |track: &str, alert: &str| RequestCueRequest {
        track_id: track.to_owned(),
        alert_id: alert.to_owned(),
        note: String::new(),
    };
    let unattended = officer.request_cue(ask("", &near.id)).await.unwrap_err();
    assert_eq!(unattended.code(), Code::FailedPrecondition);
    assert!(unattended.message().contains("no site takes cues"), "{}", unattended.message());

    let site = Site::begin(&client, false).await;
    let dark = officer.request_cue(ask("T000012", "")).await.unwrap_err();
    assert!(dark.message().contains("night"), "{}", dark.message());
    assert!(officer.list_cues(ListCuesRequest::default()).await.unwrap().into_inner().cues.is_empty());
    drop(site);

    for (request, code) in [
        (ask("", ""), Code::InvalidArgument),
        (ask("boat", ""), Code::InvalidArgument),
        (ask("T999999", ""), Code::NotFound),
        (ask("", "loitering-of-yesterday"), Code::NotFound),
    ] {
        assert_eq!(officer.request_cue(request).await.unwrap_err().code(), code);
    }
    let none = TakeCuesRequest { cameras: Vec::new(), heartbeat_interval_ms: 0 };
    assert_eq!(officer.take_cues(none).await.unwrap_err().code(), Code::InvalidArgument);
    let cameras = vec![CueCamera { name: "radar1".to_owned(), thermal: true }];
    let no_camera = officer.take_cues(TakeCuesRequest { cameras, heartbeat_interval_ms: 0 }).await.unwrap_err();
    assert!(no_camera.message().contains("'radar1' is no camera"), "{}", no_camera.message());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_site_that_is_asked_for_nothing_hears_that_the_server_is_there_though_others_come_and_go() {
    let (server, client) = evening().await;
    let cameras = vec![CueCamera { name: "eo1".to_owned(), thermal: false }];
    let request = TakeCuesRequest { cameras, heartbeat_interval_ms: 1_000 };
    let mut cues = client.clone().take_cues(request).await.unwrap().into_inner();
    let heard =
        async { while cues.message().await.unwrap().expect("the stream goes on").change() != CueChange::Heartbeat {} };
    let restless = async {
        loop {
            drop(Site::begin(&client, false).await);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::select! {
        heard = tokio::time::timeout(PATIENCE, heard) => heard.expect("a heartbeat"),
        () = restless => {}
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_officer_who_looks_into_an_alert_gets_the_camera_and_it_is_on_record() {
    let (server, client) = evening().await;
    let mut officer = client.clone();
    let mut site = Site::begin(&client, true).await;
    let mut alerts = AlertServiceClient::connect(server.url()).await.unwrap();
    let listed = alerts.list_alerts(ListAlertsRequest::default()).await.unwrap().into_inner().alerts;
    let alert = listed.iter().find(|alert| alert.id.starts_with("loitering") && alert.track_id == "T000012").unwrap();
    let step = VerifyAlertRequest {
        id: alert.id.clone(),
        etag: alert.life.clone().unwrap().etag,
        request_id: "verify-1".to_owned(),
        note: "who is that?".to_owned(),
    };
    alerts.verify_alert(step).await.unwrap();
    // The alert may have had the camera already: then the look becomes the officer's.
    let cue = site.next_of_officer().await;
    assert_eq!((cue.track_id.as_str(), cue.alert_id.as_str(), cue.priority), ("T000012", alert.id.as_str(), 100));
    // What the site cannot do waits for another camera, and is shown with the site's word.
    site.say(&cue, Answer::Refused(CueRefused { reason: "wiper stuck".to_owned() })).await.unwrap();
    let taken = site.next(CueChange::Withdrawn).await;
    assert_eq!((taken.state(), taken.refusal.as_str()), (CueState::Waiting, "wiper stuck"));

    let withdrawn = WithdrawCueRequest { cue_id: cue.id.clone(), note: "fog".to_owned() };
    officer.withdraw_cue(withdrawn.clone()).await.unwrap();
    assert_eq!(officer.withdraw_cue(withdrawn).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(state_of(&mut officer, &cue.id).await, CueState::Withdrawn);

    let again = RequestCueRequest { track_id: "T000012".to_owned(), ..Default::default() };
    let second = officer.request_cue(again).await.unwrap().into_inner().cue.unwrap();
    assert_ne!(second.id, cue.id);
    drop(site);
    let mut site = Site::begin(&client, true).await;
    officer.withdraw_cue(WithdrawCueRequest { cue_id: second.id.clone(), note: String::new() }).await.unwrap();
    let entries = on_record(&server, 4).await;
    let (first, second) = (format!("cue/{}", cue.id), format!("cue/{}", second.id));
    let said: Vec<(&str, &str)> =
        entries.iter().map(|it| (it["kind"].as_str().unwrap(), it["subject"].as_str().unwrap())).collect();
    let (requested, withdrawn) = ("cue_requested", "cue_withdrawn");
    assert_eq!(said, [(requested, &*first), (withdrawn, &*first), (requested, &*second), (withdrawn, &*second)]);
    assert_eq!((&entries[0]["content"]["track"], &entries[1]["note"]), (&json!("T000012"), &json!("fog")));
    assert_eq!(entries[0]["content"]["alert"], json!(alert.id));
    // Alerts may have the camera again; the new site may have been told the officer's cue before it was taken back.
    while site.next(CueChange::Asked).await.by_officer {}
    server.stop().await;
}
