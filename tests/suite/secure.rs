//! A server set up by `shorewatch keys`: who shows nothing gets nothing, and each unit sees its own waters, in lists and in watches.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::support::server::fixture;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use shorewatch::access::role::Role;
use shorewatch::access::setup;
use shorewatch::api::playback::{self, Pace, Speed};
use shorewatch::api::proto::alert::v1::alert_service_client::AlertServiceClient;
use shorewatch::api::proto::alert::v1::*;
use shorewatch::api::proto::feed::v1::IngestRequest;
use shorewatch::api::proto::feed::v1::feed_service_client::FeedServiceClient;
use shorewatch::api::proto::sensor::v1::GetCoverageRequest;
use shorewatch::api::proto::sensor::v1::sensor_service_client::SensorServiceClient;
use shorewatch::api::proto::track::v1::track_service_client::TrackServiceClient;
use shorewatch::api::proto::track::v1::{
    ExplainTrackRequest, ListTrackPointsRequest, ListTracksRequest, PointFilter, StreamTrackPointsRequest, Track,
    TrackChange, WatchTracksRequest,
};
use shorewatch::api::proto::r#type::v1::BoundingBox;
use shorewatch::api::sender::send_secured;
use shorewatch::api::server::BoundServer;
use shorewatch::config::checked::{Checked, open};
use shorewatch::recording::{OpenOptions, Recording};
use shorewatch::serve::area::Area;
use shorewatch::serve::clock;
use shorewatch::serve::session::{Plan, Session};
use shorewatch::serve::stored::{OpenStore, Retention};
use shorewatch::store::disk::{Disk, RealDisk};
use shorewatch::store::records::{Place, Records, Watchkeeping};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tonic::metadata::MetadataValue;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Identity};
use tonic::{Code, Request, Status};

/// Nothing here takes this long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the waters of the two cities of the test meet.
const BORDER_DEG: f64 = 110.3;

struct Secure {
    folder: tempfile::TempDir,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<(), String>>,
}

/// A square as a GeoJSON file.
fn square(path: &Path, west_deg: f64, east_deg: f64) {
    let ring = format!("[[{west_deg},19.0],[{east_deg},19.0],[{east_deg},21.5],[{west_deg},21.5],[{west_deg},19.0]]");
    fs::write(path, format!(r#"{{"type":"Polygon","coordinates":[{ring}]}}"#)).unwrap();
}

impl Secure {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for file in setup::set_up(&[], 1, clock::now()).unwrap() {
            fs::write(folder.path().join(file.name), file.text).unwrap();
        }
        square(&folder.path().join("west.geojson"), 109.0, BORDER_DEG);
        square(&folder.path().join("east.geojson"), BORDER_DEG, 112.0);
        let path = folder.path().join("shorewatch.toml");
        let mut text = fs::read_to_string(&path).unwrap().replace("127.0.0.1:7411", "127.0.0.1:0");
        for unit in ["west", "east"] {
            text += &format!(
                "[[unit]]\nid = \"{unit}\"\nname = \"{unit}\"\nkind = \"city_unit\"\nparent = \"centre\"\narea = \"{unit}.geojson\"\n"
            );
        }
        // Nobody listens there.
        text += "[[cot]]\nname = \"tak\"\naddress = \"tcp://127.0.0.1:9\"\nuid = \"haikou\"\n[cot.share]\narea = \"everywhere\"\ntracks = [\"all\"]\n";
        fs::write(&path, text).unwrap();
        let Checked { listen, tls, identify, organisation, duty, neighbours, .. } = open(&path, |_| None).unwrap();
        let keeping = Watchkeeping { organisation, duty, signer: None, ..Watchkeeping::default() };
        let records = Records::open(&Place::Memory, keeping, 0).unwrap();
        let area = Area::open(&fixture()).unwrap();
        let disk: Arc<dyn Disk> = Arc::new(RealDisk);
        let store = OpenStore::open(&disk, &folder.path().join("store"), &area, Retention::default()).unwrap();
        let chart = Arc::clone(&area.chart);
        let server = BoundServer::bind(listen).await.unwrap();
        let server =
            server.with_records(records).with_access(identify).with_tls(tls.unwrap()).with_neighbours(neighbours);
        let address = server.address();
        let (stop, stopped) = oneshot::channel::<()>();
        let ended = tokio::spawn(async move {
            let stop = async { stopped.await.unwrap_or(()) };
            let session = Session::new(Plan { history: true, ..area.into_plan(None) });
            server.serve_stored(session, chart, Some(store), stop).await.map_err(|error| error.to_string())
        });
        Self { folder, address, stop, ended }
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.address.port())
    }

    fn tls(&self, certificate: Option<&str>) -> ClientTlsConfig {
        let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(self.file("ca.pem")));
        match certificate {
            Some(name) => {
                tls.identity(Identity::from_pem(self.file(&format!("{name}.pem")), self.file(&format!("{name}.key"))))
            }
            None => tls,
        }
    }

    async fn channel(&self, certificate: Option<&str>) -> Channel {
        let endpoint = Channel::from_shared(self.url()).unwrap().tls_config(self.tls(certificate)).unwrap();
        endpoint.connect().await.unwrap()
    }

    /// Streams a recording into it, as the site does.
    async fn feed(&self, path: &Path, batch: usize) {
        let recording = Recording::open(&[path.to_owned()], &OpenOptions::default()).unwrap();
        let introductions = playback::introductions(&recording).unwrap();
        let (parcels, _) = playback::start(recording, Pace { speed: Speed::Max, batch }).unwrap();
        let tls = self.tls(Some("site1"));
        let sent = send_secured(&self.url(), tls, introductions, parcels, |_| {}).await.unwrap();
        assert!(sent.accepted > 20_000);
    }

    fn token(&self, role: Role, unit: Option<&str>) -> Bearer {
        let person = format!("{role} of {}", unit.unwrap_or("nowhere"));
        Bearer(setup::token(&self.file("tokens.key"), &person, role, unit, 1, clock::now()).unwrap())
    }

    async fn alerts(&self, who: Bearer) -> AlertServiceClient<InterceptedService<Channel, Bearer>> {
        AlertServiceClient::with_interceptor(self.channel(None).await, who)
    }

    async fn stop(self) {
        let _ = self.stop.send(());
        self.ended.await.unwrap().unwrap();
    }
}

/// Shows a token with every call.
#[derive(Clone)]
struct Bearer(String);

impl tonic::service::Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let value: MetadataValue<_> = format!("Bearer {}", self.0).parse().unwrap();
        request.metadata_mut().insert("authorization", value);
        Ok(request)
    }
}

/// What made a track, and what is seen where, as the officers of the west are told it; `listed` are their tracks.
async fn explanations_and_coverage_end_at_the_border(server: &Secure, listed: &[Track]) {
    let tracks = async |unit| {
        let bearer = server.token(Role::WatchOfficer, Some(unit));
        TrackServiceClient::with_interceptor(server.channel(None).await, bearer)
    };
    let (mut west, mut east) = (tracks("west").await, tracks("east").await);
    let explain = |track: &Track| ExplainTrackRequest { id: track.id.clone() };
    let made_of = west.explain_track(explain(&listed[0])).await.unwrap().into_inner().contributions;
    assert!(!made_of.is_empty());
    assert_eq!(east.explain_track(explain(&listed[0])).await.unwrap_err().code(), Code::NotFound);

    let bearer = server.token(Role::WatchOfficer, Some("west"));
    let mut sensors = SensorServiceClient::with_interceptor(server.channel(None).await, bearer);
    let bbox = BoundingBox { west_deg: BORDER_DEG - 0.1, south_deg: 20.0, east_deg: BORDER_DEG + 0.1, north_deg: 20.1 };
    let request = GetCoverageRequest { bbox: Some(bbox), cell_deg: 0.1, ..Default::default() };
    let coverage = sensors.get_coverage(request).await.unwrap().into_inner();
    assert!(coverage.layers.iter().all(|layer| layer.cells[0] != 250 && layer.cells[1] == 250), "{coverage:?}");
}

async fn ids(client: &mut AlertServiceClient<InterceptedService<Channel, Bearer>>) -> Vec<(String, f64)> {
    let listed = client.list_alerts(ListAlertsRequest::default()).await.unwrap().into_inner().alerts;
    listed.into_iter().map(|alert| (alert.id, alert.position.unwrap().lon_deg)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_shows_nothing_or_the_wrong_thing_gets_nothing() {
    let server = Secure::start().await;
    let mut nobody = AlertServiceClient::new(server.channel(None).await);
    let refused = nobody.list_alerts(ListAlertsRequest::default()).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    assert_eq!(nobody.watch_alerts(WatchAlertsRequest::default()).await.unwrap_err().code(), Code::Unauthenticated);
    let mut forged = server.alerts(Bearer("a.b.c".to_owned())).await;
    assert_eq!(forged.list_alerts(ListAlertsRequest::default()).await.unwrap_err().code(), Code::Unauthenticated);
    let mut feeder = server.alerts(server.token(Role::SensorFeeder, Some("centre"))).await;
    assert_eq!(feeder.list_alerts(ListAlertsRequest::default()).await.unwrap_err().code(), Code::PermissionDenied);
    let mut auditor = server.alerts(server.token(Role::Auditor, Some("centre"))).await;
    assert!(auditor.list_alerts(ListAlertsRequest::default()).await.is_ok());
    let acknowledge = AcknowledgeAlertRequest::default();
    assert_eq!(auditor.acknowledge_alert(acknowledge).await.unwrap_err().code(), Code::PermissionDenied);
    // A site comes by its certificate: it may send, and see nothing.
    let site = server.channel(Some("site1")).await;
    let mut sends = FeedServiceClient::new(site.clone());
    assert!(sends.ingest(tokio_stream::empty::<IngestRequest>()).await.is_ok());
    let refused = AlertServiceClient::new(site).list_alerts(ListAlertsRequest::default()).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    // Plain text is not even answered.
    let plain = Channel::from_shared(format!("http://{}", server.address)).unwrap().connect().await;
    if let Ok(plain) = plain {
        assert!(AlertServiceClient::new(plain).list_alerts(ListAlertsRequest::default()).await.is_err());
    }
    server.stop().await;
}

/// What a client that speaks HTTP/1.1 alone, and says so in the handshake, is answered about the server's health.
async fn health_over_http_1(server: &Secure, who: Option<Bearer>) -> (reqwest::Version, String) {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(server.file("ca.pem").as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut tls = tls.with_root_certificates(roots).with_no_client_auth();
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    let client = reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build().unwrap();
    let mut request = client.get(format!("{}/healthz", server.url()));
    if let Some(Bearer(token)) = who {
        request = request.bearer_auth(token);
    }
    let answer = request.send().await.unwrap();
    (answer.version(), answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_platform_that_speaks_http_1_alone_is_served_behind_tls() {
    let server = Secure::start().await;
    assert_eq!(health_over_http_1(&server, None).await.0, reqwest::Version::HTTP_11);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_told_to_who_runs_the_server_and_to_nobody_else() {
    let server = Secure::start().await;
    let begun = async {
        while health_over_http_1(&server, None).await.1 != "serving\n" {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, begun).await.unwrap();
    let operator = server.token(Role::Administrator, Some("centre"));
    let told = health_over_http_1(&server, Some(operator)).await.1;
    assert_eq!(told, "serving\nneighbour tak: not connected\n");
    let officer = server.token(Role::WatchOfficer, Some("centre"));
    for who in [None, Some(officer), Some(Bearer("a.b.c".to_owned()))] {
        assert_eq!(health_over_http_1(&server, who).await.1, "serving\n");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_unit_sees_its_waters_in_lists_and_watches_and_what_is_handed_to_it() {
    let server = Secure::start().await;
    server.feed(&fixture(), 5_000).await;
    let mut centre = server.alerts(server.token(Role::Supervisor, Some("centre"))).await;
    let mut west = server.alerts(server.token(Role::WatchOfficer, Some("west"))).await;
    let mut east = server.alerts(server.token(Role::WatchOfficer, Some("east"))).await;
    let mut nowhere = server.alerts(server.token(Role::WatchOfficer, None)).await;
    let all = ids(&mut centre).await;
    let (in_west, in_east) = (ids(&mut west).await, ids(&mut east).await);
    assert!(!in_west.is_empty() && !in_east.is_empty(), "{all:?}");
    assert_eq!(in_west.len() + in_east.len(), all.len());
    assert!(in_west.iter().all(|(_, lon_deg)| *lon_deg < BORDER_DEG));
    assert!(in_east.iter().all(|(_, lon_deg)| *lon_deg > BORDER_DEG));
    assert!(ids(&mut nowhere).await.is_empty());

    // The same in watches, of alerts and of tracks.
    let mut watch = west.watch_alerts(WatchAlertsRequest::default()).await.unwrap().into_inner();
    let mut snapshot = 0;
    loop {
        let response = timeout(PATIENCE, watch.message()).await.unwrap().unwrap().unwrap();
        match response.alert {
            Some(alert) => {
                assert!(alert.position.unwrap().lon_deg < BORDER_DEG);
                assert_eq!(alert.life.unwrap().unit_id, "west", "the lowest unit has it in hand");
                snapshot += 1;
            }
            None => break,
        }
    }
    assert_eq!(snapshot, in_west.len());
    let bearer = server.token(Role::WatchOfficer, Some("west"));
    let mut tracks = TrackServiceClient::with_interceptor(server.channel(None).await, bearer);
    let listed = tracks.list_tracks(ListTracksRequest::default()).await.unwrap().into_inner().tracks;
    assert!(!listed.is_empty() && listed.iter().all(|track| track.position.unwrap().lon_deg < BORDER_DEG));
    let mut watched = tracks.watch_tracks(WatchTracksRequest::default()).await.unwrap().into_inner();
    loop {
        let response = timeout(PATIENCE, watched.message()).await.unwrap().unwrap().unwrap();
        if response.change() == TrackChange::SnapshotEnd {
            break;
        }
        assert!(response.track.unwrap().position.unwrap().lon_deg < BORDER_DEG);
    }

    // And of where tracks were.
    let bbox = BoundingBox { west_deg: 109.0, south_deg: 19.0, east_deg: 112.0, north_deg: 21.5 };
    let filter = Some(PointFilter { bbox: Some(bbox), ..Default::default() });
    let request = ListTrackPointsRequest { filter: filter.clone(), page_size: 10_000, page_token: String::new() };
    let page = tracks.list_track_points(request.clone()).await.unwrap().into_inner();
    assert!(page.points.len() > 100 && page.points.iter().all(|point| point.position.unwrap().lon_deg < BORDER_DEG));
    let mut stream = tracks.stream_track_points(StreamTrackPointsRequest { filter }).await.unwrap().into_inner();
    let part = timeout(PATIENCE, stream.message()).await.unwrap().unwrap().unwrap();
    assert_eq!(part.points, page.points);
    let nowhere = server.token(Role::WatchOfficer, None);
    let mut blind = TrackServiceClient::with_interceptor(server.channel(None).await, nowhere);
    assert!(blind.list_track_points(request.clone()).await.unwrap().into_inner().points.is_empty());
    let mut feeder = TrackServiceClient::with_interceptor(
        server.channel(None).await,
        server.token(Role::SensorFeeder, Some("centre")),
    );
    assert_eq!(feeder.list_track_points(request).await.unwrap_err().code(), Code::PermissionDenied);

    explanations_and_coverage_end_at_the_border(&server, &listed).await;

    // What is not for a unit does not exist for it, until it is handed over.
    let id = in_east[0].0.clone();
    let get = |id: &str| GetAlertRequest { id: id.to_owned() };
    assert_eq!(west.get_alert(get(&id)).await.unwrap_err().code(), Code::NotFound);
    let theirs = AcknowledgeAlertRequest {
        id: id.clone(),
        etag: "v1".to_owned(),
        request_id: "1".to_owned(),
        note: String::new(),
    };
    assert_eq!(west.acknowledge_alert(theirs.clone()).await.unwrap_err().code(), Code::NotFound);
    let evidence = GetEvidenceRequest { alert_id: id.clone() };
    assert_eq!(west.get_evidence(evidence).await.unwrap_err().code(), Code::NotFound);
    let everything = ListAlertEventsRequest::default();
    assert_eq!(west.list_alert_events(everything.clone()).await.unwrap_err().code(), Code::PermissionDenied);
    assert!(!centre.list_alert_events(everything).await.unwrap().into_inner().events.is_empty());
    let hand = HandOverAlertRequest {
        id: id.clone(),
        etag: "v1".to_owned(),
        request_id: "2".to_owned(),
        unit_id: "west".to_owned(),
        joint: true,
        note: "it sails your way".to_owned(),
    };
    let event = east.hand_over_alert(hand).await.unwrap().into_inner().event.unwrap();
    let actor = event.actor.unwrap();
    assert_eq!(
        (actor.id.as_str(), actor.unit_id.as_str(), actor.role.as_str()),
        ("watch_officer of east", "east", "watch_officer")
    );
    assert!(actor.credential.starts_with("jti:"));
    let told = timeout(PATIENCE, watch.message()).await.unwrap().unwrap().unwrap();
    assert_eq!((told.change(), told.alert.unwrap().id.as_str()), (AlertChange::Raised, id.as_str()));
    let alert = west.get_alert(get(&id)).await.unwrap().into_inner().alert.unwrap();
    let life = alert.life.unwrap();
    assert_eq!((life.unit_id.as_str(), life.joint_unit_ids), ("west", vec!["east".to_owned()]));
    let taken = AcknowledgeAlertRequest { etag: life.etag, ..theirs };
    assert!(west.acknowledge_alert(taken).await.is_ok());
    server.stop().await;
}
