//! A server with a store: acknowledged is on disk, what is sent again is taken once, and a server that starts anew goes on where it
//! was. On a disk that can be made to fail, and on a real one.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use crate::support::bad_disk::BadDisk;
use crate::support::server::{Server, fixture};
use shorewatch::api::proto::feed::v1::feed_service_client::FeedServiceClient;
use shorewatch::api::proto::feed::v1::ingest_request::Message as Ask;
use shorewatch::api::proto::feed::v1::ingest_response::Message as Told;
use shorewatch::api::proto::feed::v1::{Batch, Hello, IngestRequest, IngestResponse, Record, Welcome, record::Payload};
use shorewatch::api::proto::track::v1::track_service_client::TrackServiceClient;
use shorewatch::api::proto::track::v1::{
    ListTrackPointsRequest, ListTracksRequest, PointFilter, StreamTrackPointsRequest, TrackPoint,
};
use shorewatch::api::proto::r#type::v1::{BoundingBox, SensorKind};
use shorewatch::recording::{OpenOptions, Recording};
use shorewatch::serve::area::Area;
use shorewatch::serve::stored::{OpenStore, Retention};
use shorewatch::store::disk::{Disk, RealDisk};
use shorewatch::store::log::LogError;
use shorewatch::store::log::entry::Entry;
use shorewatch::store::log::reader::LogReader;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};

/// Where the store lies on a disk that is not real.
const STORE: &str = "/store";
/// When the recording begins, and a bit.
const RECEIVED_MS: i64 = 1_776_438_400_000;

/// A server of the fixture's area with a store in `folder` of `disk`.
async fn start(disk: impl Disk, folder: &Path, out: Option<&Path>) -> Server {
    start_keeping(disk, folder, out, Retention::default()).await
}

async fn start_keeping(disk: impl Disk, folder: &Path, out: Option<&Path>, keep_for: Retention) -> Server {
    let disk: Arc<dyn Disk> = Arc::new(disk);
    let area = Area::open(&fixture()).unwrap();
    let store = OpenStore::open(&disk, folder, &area, keep_for).unwrap();
    Server::start_stored(area, store, out.map(Path::to_owned)).await
}

/// An ingest stream, spoken by hand: one feed of AIS.
struct Line {
    asks: mpsc::Sender<IngestRequest>,
    answers: Streaming<IngestResponse>,
}

impl Line {
    async fn open(server: &Server, last_sequence: Option<u64>) -> (Self, Welcome) {
        let mut client = FeedServiceClient::connect(server.url()).await.unwrap();
        let (asks, queue) = mpsc::channel(64);
        let answers = client.ingest(ReceiverStream::new(queue)).await.unwrap().into_inner();
        let mut line = Self { asks, answers };
        let hello = Hello {
            feed_id: "by-hand".to_owned(),
            kind: SensorKind::Ais as i32,
            schema_version: 1,
            handle: 0,
            last_sequence,
        };
        match line.ask(Ask::Hello(hello)).await.unwrap() {
            Told::Welcome(welcome) => (line, welcome),
            other => panic!("{other:?}"),
        }
    }

    async fn ask(&mut self, message: Ask) -> Result<Told, Status> {
        self.asks.send(IngestRequest { message: Some(message) }).await.unwrap();
        match self.answers.message().await? {
            Some(answer) => Ok(answer.message.unwrap()),
            None => Err(Status::unavailable("the stream is over")),
        }
    }

    /// Sends records with these sequences; returns up to which all are on disk.
    async fn send(&mut self, sequences: std::ops::Range<u64>) -> Result<Option<u64>, Status> {
        let record = |sequence| Record {
            handle: 0,
            sequence,
            received_ms: Some(RECEIVED_MS + sequence as i64),
            payload: Some(Payload::AisSentence(b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23".to_vec().into())),
        };
        match self.ask(Ask::Batch(Batch { number: 1, records: sequences.map(record).collect() })).await? {
            Told::Ack(ack) => Ok(ack.positions[0].last_sequence),
            other => panic!("{other:?}"),
        }
    }
}

/// How many records the fixture has.
fn recorded() -> u64 {
    let recording = Recording::open(&[fixture()], &OpenOptions::default()).unwrap();
    let mut records = recording.records();
    std::iter::from_fn(|| records.next_record()).count() as u64
}

fn alerts(out: &Path) -> String {
    fs::read_to_string(out.join("alerts.jsonl")).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_failed_sync_leaves_in_doubt_is_not_acknowledged_and_the_server_ends() {
    let disk = BadDisk::default();
    let server = start(disk.clone(), Path::new(STORE), None).await;
    let (mut line, welcome) = Line::open(&server, None).await;
    assert_eq!((welcome.last_sequence, welcome.lost), (None, 0));
    assert_eq!(line.send(0..10).await.unwrap(), Some(9));
    disk.fail_next_sync();
    let error = line.send(10..20).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable, "{error}");
    let error = server.ended().await.unwrap_err();
    assert!(error.contains("could not be made durable") && error.contains("not tried again"), "{error}");

    disk.crash(|| false);
    let server = start(disk, Path::new(STORE), None).await;
    let (mut line, welcome) = Line::open(&server, Some(9)).await;
    assert_eq!((welcome.last_sequence, welcome.lost), (Some(9), 0), "neither lost nor made up");
    assert_eq!(line.send(5..20).await.unwrap(), Some(19), "what is sent again is taken once");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_without_room_holds_clients_off_and_loses_nothing() {
    let disk = BadDisk::default();
    let server = start(disk.clone(), Path::new(STORE), None).await;
    let (mut line, _) = Line::open(&server, None).await;
    assert_eq!(line.send(0..10).await.unwrap(), Some(9));
    disk.set_room(Some((101 << 20) - 1));
    // The room is seen with a group: those before it still fit.
    let mut acknowledged = 9;
    let refused = loop {
        match line.send(acknowledged + 1..acknowledged + 2).await {
            Ok(last) => acknowledged = last.unwrap(),
            Err(refused) => break refused,
        }
    };
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert!(refused.message().contains("the disk of the store is full (100 MiB free"), "{refused}");
    let (_, welcome) = Line::open(&server, None).await;
    assert_eq!(welcome.last_sequence, Some(acknowledged), "nothing of a request that was refused was taken");

    disk.set_room(None);
    // What the disk said last is in force until it is asked again: the sender is held off until then.
    let sent = server.feed(&fixture(), 100).await;
    assert_eq!((sent.acknowledged, sent.lost), (recorded(), 0));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loss_that_only_the_client_knows_of_is_told_and_written_down() {
    let disk = BadDisk::default();
    let server = start(disk.clone(), Path::new(STORE), None).await;
    let (mut line, _) = Line::open(&server, None).await;
    assert_eq!(line.send(0..10).await.unwrap(), Some(9));
    disk.lie(true);
    assert_eq!(line.send(10..30).await.unwrap(), Some(29));
    drop(line);
    // The server is gone with the power.
    let crashed = disk.clone();
    server.stop().await;
    crashed.crash(|| false);
    disk.lie(false);

    let server = start(disk.clone(), Path::new(STORE), None).await;
    let (mut line, welcome) = Line::open(&server, Some(29)).await;
    assert_eq!((welcome.last_sequence, welcome.lost), (Some(29), 20));
    assert_eq!(line.send(30..40).await.unwrap(), Some(39));
    server.stop().await;
    let server = start(disk, Path::new(STORE), None).await;
    let (_, welcome) = Line::open(&server, Some(39)).await;
    assert_eq!((welcome.last_sequence, welcome.lost), (Some(39), 0), "told once");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_starts_anew_shows_the_picture_and_takes_a_feed_sent_again_once() {
    let (disk, out) = (BadDisk::default(), tempfile::tempdir().unwrap());
    let server = start(disk.clone(), Path::new(STORE), Some(&out.path().join("first"))).await;
    let sent = server.feed(&fixture(), 300).await;
    assert_eq!((sent.acknowledged, sent.repeated), (recorded(), 0));
    let reached = reached(&disk);
    let shown = tracks(&server, reached).await;
    assert!(!shown.is_empty());
    server.stop().await;

    let server = start(disk, Path::new(STORE), Some(&out.path().join("second"))).await;
    let sent = server.feed(&fixture(), 300).await;
    assert_eq!((sent.acknowledged, sent.accepted + sent.refused), (recorded(), 0), "{sent:?}");
    assert_eq!(tracks(&server, reached).await, shown);
    server.stop().await;
    let alerts = alerts(&out.path().join("second"));
    assert!(!alerts.is_empty());
    assert_eq!(alerts, self::alerts(&out.path().join("first")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_reads_only_the_last_hour_again_gives_no_craft_the_number_of_another() {
    let disk = BadDisk::default();
    let server = start(disk.clone(), Path::new(STORE), None).await;
    server.feed(&fixture(), 300).await;
    let reached = reached(&disk);
    let shown = tracks(&server, reached).await.len();
    let mut client = TrackServiceClient::connect(server.url()).await.unwrap();
    let told: BTreeSet<String> = streamed(&mut client, everywhere()).await.into_iter().map(|p| p.track_id).collect();
    server.stop().await;

    // The recording goes six minutes into its second hour.
    let keep_for = Retention { start_ms: Some(0), ..Retention::default() };
    let server = start_keeping(disk.clone(), Path::new(STORE), None, keep_for).await;
    tracks(&server, reached).await;
    let anew = listed(&server).await;
    assert!(2 * anew.len() > shown, "{} of {shown} are shown again", anew.len());
    let last = told.last().unwrap();
    assert!(anew.iter().all(|id| id > last), "{anew:?} after {last}");
    server.stop().await;

    let server = start(disk, Path::new(STORE), None).await;
    tracks(&server, reached).await;
    let whole = listed(&server).await;
    assert!(whole.is_subset(&told), "read as a whole, the log gives everybody the number of old");
    server.stop().await;
}

/// The numbers of the tracks that are shown.
async fn listed(server: &Server) -> BTreeSet<String> {
    let mut client = TrackServiceClient::connect(server.url()).await.unwrap();
    let listed = client.list_tracks(ListTracksRequest::default()).await.unwrap().into_inner();
    listed.tracks.into_iter().map(|track| track.id).collect()
}

/// The instant up to which the log goes.
fn reached(disk: &BadDisk) -> i64 {
    let disk: Arc<dyn Disk> = Arc::new(disk.clone());
    let mut reached = 0;
    let read = LogReader::open(&disk, Path::new(STORE)).unwrap().each::<LogError>(None, |_, entry| {
        if let Entry::Advance(until) = entry {
            reached = until.as_millis();
        }
        Ok(())
    });
    read.unwrap();
    reached
}

/// The tracks of the picture of an instant, in words; waits until it is shown.
async fn tracks(server: &Server, at_ms: i64) -> Vec<String> {
    let mut client = TrackServiceClient::connect(server.url()).await.unwrap();
    let listed = loop {
        let listed = client.list_tracks(ListTracksRequest::default()).await.unwrap().into_inner();
        if listed.time_ms == at_ms {
            break listed;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    listed.tracks.iter().map(|track| format!("{track:?}")).collect()
}

type Tracks = TrackServiceClient<tonic::transport::Channel>;

/// All of history that a filter selects, page by page.
async fn paged(tracks: &mut Tracks, filter: PointFilter, page_size: u32) -> Vec<TrackPoint> {
    let (mut points, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListTrackPointsRequest { filter: Some(filter.clone()), page_size, page_token };
        let page = tracks.list_track_points(request).await.unwrap().into_inner();
        assert!(page.points.len() <= page_size as usize);
        points.extend(page.points);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return points;
        }
    }
}

/// The same in one stream.
async fn streamed(tracks: &mut Tracks, filter: PointFilter) -> Vec<TrackPoint> {
    let request = StreamTrackPointsRequest { filter: Some(filter) };
    let mut stream = tracks.stream_track_points(request).await.unwrap().into_inner();
    let mut points = Vec::new();
    while let Some(part) = stream.message().await.unwrap() {
        points.extend(part.points);
    }
    points
}

fn everywhere() -> PointFilter {
    let bbox = BoundingBox { west_deg: -180.0, south_deg: -90.0, east_deg: 180.0, north_deg: 90.0 };
    PointFilter { bbox: Some(bbox), ..PointFilter::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_tracks_were_is_found_by_track_vessel_box_and_time_and_is_there_once_after_a_crash() {
    let disk = BadDisk::default();
    let server = start(disk.clone(), Path::new(STORE), None).await;
    server.feed(&fixture(), 300).await;
    let mut tracks = Tracks::connect(server.url()).await.unwrap();
    let all = streamed(&mut tracks, everywhere()).await;
    assert!(all.len() > 1_000 && all.is_sorted_by_key(|point| (point.time_ms, point.track_id.clone())));
    let mut instants: Vec<i64> = all.iter().map(|point| point.time_ms).collect();
    instants.dedup();
    assert!(instants.windows(2).all(|pair| pair[1] - pair[0] == 10_000), "a regular picture every 10 s");
    assert_eq!(paged(&mut tracks, everywhere(), 777).await, all, "pages and stream are the same");

    // Each filter against all of it, looked at one by one.
    let some = &all[all.len() / 2];
    let of_track = PointFilter { track_id: some.track_id.clone(), ..PointFilter::default() };
    let with =
        |wanted: &dyn Fn(&TrackPoint) -> bool| all.iter().filter(|point| wanted(point)).cloned().collect::<Vec<_>>();
    assert_eq!(streamed(&mut tracks, of_track.clone()).await, with(&|point| point.track_id == some.track_id));
    let mmsi = all.iter().find_map(|point| point.mmsi).unwrap();
    let of_vessel = PointFilter { mmsi, ..PointFilter::default() };
    assert_eq!(paged(&mut tracks, of_vessel, 10).await, with(&|point| point.mmsi == Some(mmsi)));
    let (from_ms, to_ms) = (instants[instants.len() / 4], instants[instants.len() / 2]);
    let place = some.position.unwrap();
    let bbox = BoundingBox {
        west_deg: place.lon_deg - 0.05,
        south_deg: place.lat_deg - 0.05,
        east_deg: place.lon_deg + 0.05,
        north_deg: place.lat_deg + 0.05,
    };
    let there_and_then =
        PointFilter { bbox: Some(bbox), from_ms: Some(from_ms), to_ms: Some(to_ms), ..PointFilter::default() };
    let inside = |point: &TrackPoint| {
        let place = point.position.unwrap();
        (bbox.west_deg..=bbox.east_deg).contains(&place.lon_deg)
            && (bbox.south_deg..=bbox.north_deg).contains(&place.lat_deg)
    };
    let wanted = with(&|point| inside(point) && (from_ms..to_ms).contains(&point.time_ms));
    assert!(!wanted.is_empty() && wanted.len() < all.len());
    assert_eq!(streamed(&mut tracks, there_and_then).await, wanted);
    let nothing = tracks.list_track_points(ListTrackPointsRequest::default()).await.unwrap_err();
    assert_eq!(nothing.code(), Code::InvalidArgument);
    server.stop().await;

    // The power goes and takes the end of history along; the log writes it anew.
    let (path, bytes) =
        disk.files().into_iter().rfind(|(path, _)| path.to_string_lossy().contains("history/")).unwrap();
    disk.truncate(&path, bytes as u64 * 2 / 3 + 5).unwrap();
    let server = start(disk, Path::new(STORE), None).await;
    let mut tracks = Tracks::connect(server.url()).await.unwrap();
    server.feed(&fixture(), 300).await;
    assert_eq!(streamed(&mut tracks, everywhere()).await, all, "once, and the same");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_a_store_says_that_it_keeps_no_history() {
    let server = Server::start(&fixture(), None).await;
    let mut tracks = Tracks::connect(server.url()).await.unwrap();
    let request = ListTrackPointsRequest { filter: Some(everywhere()), ..Default::default() };
    let refused = tracks.list_track_points(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert!(refused.message().contains("--store"), "{refused}");
    server.stop().await;
}

fn shorewatch(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_shorewatch")).arg("log").args(arguments).output().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_is_checked_replayed_and_exported_without_its_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (store, told, again, lines) = (path("store"), path("told"), path("again"), path("lines.jsonl"));
    let server = start(RealDisk, Path::new(&store), Some(Path::new(&told))).await;
    let sent = server.feed(&fixture(), 300).await;
    let area = Area::open(&fixture()).unwrap();
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let second = OpenStore::open(&disk, Path::new(&store), &area, Retention::default()).err().unwrap();
    assert!(second.to_string().contains("is in use by another shorewatch server"), "{second}");
    server.stop().await;

    let checked = shorewatch(&["check", &store]);
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(checked.status.success() && said.contains("nothing that was acknowledged is missing"), "{said}");
    assert!(said.contains(&format!("{} records", sent.acknowledged)), "{said}");
    assert!(shorewatch(&["replay", &store, "--out", &again]).status.success());
    assert_eq!(alerts(Path::new(&again)), alerts(Path::new(&told)));
    assert!(shorewatch(&["export", &store, "--out", &lines]).status.success());
    assert_eq!(fs::read_to_string(&lines).unwrap().lines().count() as u64, sent.acknowledged);

    let log = Path::new(&store).join("log");
    let segment = fs::read_dir(&log).unwrap().next().unwrap().unwrap().path();
    let mut bytes = fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&segment, bytes).unwrap();
    let checked = shorewatch(&["check", &store]);
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(!checked.status.success() && said.contains("are damaged and were on disk once"), "{said}");
}
