//! The way of records into the server, with a core in place of the engine that remembers what it was given, or stalls.
#![allow(clippy::unwrap_used, missing_docs)]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use shorewatch::api::proto::feed::v1::feed_service_client::FeedServiceClient;
use shorewatch::api::proto::feed::v1::ingest_request::Message as Ask;
use shorewatch::api::proto::feed::v1::ingest_response::Message as Told;
use shorewatch::api::proto::feed::v1::{
    Ack, Advance, Batch, Hello, IngestRequest, Record, Standing as WireStanding, record::Payload as WirePayload,
};
use shorewatch::api::sender::{Introduction, OutRecord, Parcel, SendError, Sent, send};
use shorewatch::api::server::BoundServer;
use shorewatch::chart::{Chart, ChartError, Coast, ZoneSet};
use shorewatch::feed::sensor::SensorKind;
use shorewatch::serve::core::{Core, Fatal, Verdict};
use shorewatch::serve::hubs::Hubs;
use shorewatch::serve::picture::Picture;
use shorewatch::serve::work::{FeedName, FeedNumber, Hello as CoreHello, Payload, Standing};
use shorewatch::units::EventTime;
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Streaming};

/// What the core was told, in words.
type Diary = Arc<Mutex<Vec<String>>>;

/// Remembers what it is told. A payload of `bad` is refused as `bad_word`, one of `slow` takes 50 ms.
struct Scribe(Diary);

impl Scribe {
    fn note(&self, text: String) {
        self.0.lock().unwrap().push(text);
    }
}

impl Core for Scribe {
    fn open(&mut self, feed: FeedNumber, hello: &CoreHello) -> Standing {
        self.note(format!("open {} {} {}", feed.0, hello.name, hello.kind.as_str()));
        if hello.name.as_str().starts_with("unknown") { Standing::Unknown } else { Standing::Known }
    }

    fn take(&mut self, feed: FeedNumber, sequence: u64, at: EventTime, payload: &Payload) -> Result<Verdict, Fatal> {
        let Payload::AisSentence(bytes) = payload else { return Ok(Err("no_sentence")) };
        if bytes.as_ref() == b"slow" {
            thread::sleep(Duration::from_millis(50));
            return Ok(Ok(()));
        }
        if bytes.as_ref() == b"full disk" {
            return Err("no space left".into());
        }
        self.note(format!("{} {sequence} {} {}", feed.0, at.as_millis() - EPOCH_MS, String::from_utf8_lossy(bytes)));
        Ok(if bytes.as_ref() == b"bad" { Err("bad_word") } else { Ok(()) })
    }

    fn advance(&mut self, until: EventTime) -> Result<(), Fatal> {
        self.note(format!("advance {}", until.as_millis() - EPOCH_MS));
        Ok(())
    }

    fn change_zones(&mut self, _change: &str) -> Result<Arc<Chart>, ChartError> {
        Err(ZoneSet::from_geojson("it has no chart").unwrap_err())
    }

    fn tell(&mut self, _hubs: &Hubs) {}

    fn picture(&mut self, now: EventTime) -> Picture {
        Picture { time: now, tracks: Vec::new() }
    }

    fn finish(&mut self) -> Result<(), Fatal> {
        self.note("finish".to_owned());
        Ok(())
    }
}

/// An island, and no zones.
fn chart() -> Arc<Chart> {
    let coast = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"Isle"},"geometry":
        {"type":"Polygon","coordinates":[[[110,20],[110.1,20],[110.1,20.1],[110,20.1],[110,20]]]}}]}"#;
    Arc::new(Chart::new(Coast::from_geojson(coast, None).unwrap(), ZoneSet::empty()).unwrap())
}

struct Server {
    address: SocketAddr,
    diary: Diary,
    stop: Option<oneshot::Sender<()>>,
    ended: tokio::task::JoinHandle<Result<(), String>>,
}

impl Server {
    async fn start() -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap()).await
    }

    async fn start_at(address: SocketAddr) -> Self {
        let diary = Diary::default();
        let core = Scribe(Arc::clone(&diary));
        let server = BoundServer::bind(address).await.unwrap();
        let address = server.address();
        let (stop, stopped) = oneshot::channel::<()>();
        let ended = tokio::spawn(async move {
            let stop = async { stopped.await.unwrap_or(()) };
            server.serve(core, chart(), stop).await.map_err(|error| error.to_string())
        });
        Self { address, diary, stop: Some(stop), ended }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn diary(&self) -> Vec<String> {
        self.diary.lock().unwrap().clone()
    }

    async fn stop(mut self) -> Result<(), String> {
        let _ = self.stop.take().unwrap().send(());
        self.ended.await.unwrap()
    }
}

/// An ingest stream, spoken by hand.
struct Line {
    asks: mpsc::Sender<IngestRequest>,
    answers: Streaming<shorewatch::api::proto::feed::v1::IngestResponse>,
}

impl Line {
    async fn open(server: &Server) -> Self {
        let mut client = FeedServiceClient::connect(server.url()).await.unwrap();
        let (asks, queue) = mpsc::channel(64);
        let answers = client.ingest(ReceiverStream::new(queue)).await.unwrap().into_inner();
        Self { asks, answers }
    }

    async fn ask(&mut self, message: Ask) -> Result<Told, tonic::Status> {
        self.asks.send(IngestRequest { message: Some(message) }).await.unwrap();
        Ok(self.answers.message().await?.unwrap().message.unwrap())
    }

    async fn hello(&mut self, name: &str, handle: u32) -> Result<(Option<u64>, WireStanding), tonic::Status> {
        let hello = Hello { feed_id: name.to_owned(), kind: 1, handle, schema_version: 1, ..Hello::default() };
        match self.ask(Ask::Hello(hello)).await? {
            Told::Welcome(welcome) => Ok((welcome.last_sequence, welcome.standing())),
            Told::Ack(_) => panic!("an ack for a hello"),
        }
    }

    async fn batch(&mut self, records: Vec<Record>) -> Result<Ack, tonic::Status> {
        match self.ask(Ask::Batch(Batch { number: 7, records })).await? {
            Told::Ack(ack) => Ok(ack),
            Told::Welcome(_) => panic!("a welcome for a batch"),
        }
    }
}

/// Times of the tests count from here: 2026-04-17T15:06:40Z.
const EPOCH_MS: i64 = 1_776_438_400_000;

/// `after_ms` is the receipt after [`EPOCH_MS`], for records of a recording.
fn record(handle: u32, sequence: u64, after_ms: Option<i64>, text: &'static str) -> Record {
    let received_ms = after_ms.map(|after_ms| EPOCH_MS + after_ms);
    let payload = Some(WirePayload::AisSentence(bytes::Bytes::from_static(text.as_bytes())));
    Record { handle, sequence, received_ms, payload }
}

#[tokio::test]
async fn records_are_taken_once_in_order_and_the_rest_is_rejected_by_index_with_its_reason() {
    let server = Server::start().await;
    let mut line = Line::open(&server).await;
    assert_eq!(line.hello("ais1", 3).await.unwrap(), (None, WireStanding::Known));
    let batch = vec![
        record(3, 0, Some(100), "a"),
        record(3, 1, Some(200), "bad"),
        record(3, 1, Some(200), "again"),
        record(3, 5, Some(300), "too early"),
        record(3, 2, None, "live"),
        record(3, 2, Some(150), "time never goes back"),
        record(3, 3, Some(i64::MAX - EPOCH_MS), "the end of time"),
    ];
    let ack = line.batch(batch).await.unwrap();
    assert_eq!((ack.number, ack.accepted, ack.repeated, ack.refused), (7, 2, 1, 4));
    assert_eq!(ack.positions[0].last_sequence, Some(2));
    let rejections: Vec<_> = ack.rejections.iter().map(|r| (r.index, r.reason.as_str(), r.taken)).collect();
    assert_eq!(
        rejections,
        [
            (1, "bad_word", true),
            (3, "sequence_gap", false),
            (4, "received_missing", false),
            (6, "received_implausible", false)
        ]
    );
    let advanced = line.ask(Ask::Advance(Advance { received_until_ms: EPOCH_MS + 500, number: 8 })).await.unwrap();
    assert!(matches!(advanced, Told::Ack(Ack { number: 8, .. })));
    assert_eq!(
        server.diary(),
        ["open 0 ais1 ais", "0 0 100 a", "0 1 200 bad", "0 2 200 time never goes back", "advance 500"]
    );
    let year_5000 = Ask::Advance(Advance { received_until_ms: 95_617_584_000_000, number: 9 });
    let status = Line::open(&server).await.ask(year_5000).await.unwrap_err();
    assert!(status.message().starts_with("advance.received_until_ms"), "{}", status.message());
    // Another stream, another handle, the same feed: it goes on where the first one was.
    let mut second = Line::open(&server).await;
    assert_eq!(second.hello("ais1", 0).await.unwrap().0, Some(2));
    assert_eq!(second.batch(vec![record(0, 2, Some(600), "again")]).await.unwrap().repeated, 1);
    drop((line, second));
    server.stop().await.unwrap();
}

#[tokio::test]
async fn live_records_are_stamped_by_the_server() {
    let server = Server::start().await;
    let mut line = Line::open(&server).await;
    line.hello("ais1", 0).await.unwrap();
    assert_eq!(line.batch(vec![record(0, 0, None, "live")]).await.unwrap().accepted, 1);
    let ack = line.batch(vec![record(0, 1, Some(5), "recorded")]).await.unwrap();
    assert_eq!(ack.rejections[0].reason, "received_given");
    let stamped: i64 = server.diary()[1].split(' ').nth(2).unwrap().parse().unwrap();
    assert!(stamped.abs() > 1_000_000, "{stamped}");
    let advance = line.ask(Ask::Advance(Advance { received_until_ms: EPOCH_MS + 500, number: 8 })).await;
    assert_eq!(advance.unwrap_err().code(), Code::InvalidArgument);
    // Time goes on without records.
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!(server.diary().iter().any(|note| note.starts_with("advance")));
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_client_that_talks_nonsense_is_told_so() {
    let server = Server::start().await;
    let nonsense = [
        (Ask::Batch(Batch { number: 1, records: vec![record(9, 0, None, "x")] }), "batch.records[0].handle"),
        (Ask::Hello(Hello { feed_id: "ais1".to_owned(), kind: 1, ..Hello::default() }), "hello.schema_version"),
        (Ask::Hello(Hello { feed_id: String::new(), schema_version: 1, ..Hello::default() }), "hello.feed_id"),
    ];
    for (message, field) in nonsense {
        let status = Line::open(&server).await.ask(message).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert!(status.message().starts_with(field), "{}", status.message());
    }
    let mut line = Line::open(&server).await;
    assert_eq!(line.hello("unknown radar", 0).await.unwrap_err().code(), Code::InvalidArgument);
    let mut line = Line::open(&server).await;
    assert_eq!(line.hello("unknown", 0).await.unwrap().1, WireStanding::Unknown);
    let ack = line.batch(vec![record(0, 0, Some(1), "x")]).await.unwrap();
    assert_eq!((ack.refused, ack.rejections[0].reason.as_str()), (1, "unknown_sensor"));
    let hello = Hello { feed_id: "unknown".to_owned(), kind: 2, schema_version: 1, ..Hello::default() };
    let other_kind = line.ask(Ask::Hello(hello)).await.unwrap_err();
    assert!(other_kind.message().contains("is ais, not radar"), "{}", other_kind.message());
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_server_holds_a_fast_client_back_and_never_cuts_it_off() {
    let server = Server::start().await;
    let mut line = Line::open(&server).await;
    line.hello("ais1", 0).await.unwrap();
    // 40 x 50 ms of work: meanwhile tens of thousands of small messages pile up at h2's default windows.
    const COUNT: u64 = 30_000;
    let asks = line.asks.clone();
    let writer = tokio::spawn(async move {
        for sequence in 0..COUNT {
            let text = if sequence < 40 { "slow" } else { "x" };
            let batch = Batch { number: sequence, records: vec![record(0, sequence, Some(sequence as i64), text)] };
            asks.send(IngestRequest { message: Some(Ask::Batch(batch)) }).await.unwrap();
            if sequence % 4 == 0 {
                // Lets each message leave in a frame of its own: the case in which h2 used to lose patience.
                tokio::task::yield_now().await;
            }
        }
    });
    let mut accepted = 0;
    for number in 0..COUNT {
        match line.answers.message().await.unwrap().unwrap().message.unwrap() {
            Told::Ack(ack) => {
                assert_eq!(ack.number, number);
                accepted += u64::from(ack.accepted);
            }
            Told::Welcome(_) => panic!("a welcome for a batch"),
        }
    }
    writer.await.unwrap();
    assert_eq!(accepted, COUNT);
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_full_disk_stops_the_server_and_is_told() {
    let server = Server::start().await;
    let mut line = Line::open(&server).await;
    line.hello("ais1", 0).await.unwrap();
    let status = line.batch(vec![record(0, 0, Some(1), "full disk")]).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    let error = server.ended.await.unwrap().unwrap_err();
    assert!(error.contains("no space left"), "{error}");
}

/// Sends `count` records as the feed client does, in batches of `batch`.
async fn send_all(
    url: String,
    count: u64,
    batch: usize,
    halfway: Option<oneshot::Sender<()>>,
) -> Result<Sent, SendError> {
    let (parcels, queue) = mpsc::channel(4);
    let feed = Introduction { name: FeedName::new("ais1").unwrap(), kind: SensorKind::Ais };
    let writer = async move {
        let mut halfway = halfway;
        let sequences: Vec<u64> = (0..count).collect();
        for chunk in sequences.chunks(batch) {
            let payload = Payload::AisSentence(bytes::Bytes::from_static(b"x"));
            let out = |&sequence: &u64| OutRecord {
                feed: 0,
                sequence,
                received: Some(EventTime::from_millis(EPOCH_MS + sequence as i64)),
                payload: payload.clone(),
            };
            let _ = parcels.send(Parcel::Records(chunk.iter().map(out).collect())).await;
            if chunk.contains(&(count / 2))
                && let Some(halfway) = halfway.take()
            {
                let _ = halfway.send(());
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
        }
        let _ = parcels.send(Parcel::Advance(EventTime::from_millis(EPOCH_MS + count as i64))).await;
    };
    let (sent, ()) = tokio::join!(send(&url, vec![feed], queue, |_| {}), writer);
    sent
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_outlives_its_server_and_goes_on_where_it_was() {
    let first = Server::start().await;
    let (address, url) = (first.address, first.url());
    let (halfway, reached) = oneshot::channel();
    let sending = tokio::spawn(send_all(url, 2_000, 7, Some(halfway)));
    reached.await.unwrap();
    let diary = Arc::clone(&first.diary);
    first.stop().await.unwrap();
    let second = Server::start_at(address).await;
    let sent = sending.await.unwrap().unwrap();
    assert_eq!((sent.acknowledged, sent.accepted, sent.refused), (2_000, 2_000, 0));
    assert!(sent.reconnects >= 1);
    let taken: Vec<String> =
        diary.lock().unwrap().iter().chain(&second.diary()).filter(|note| note.ends_with('x')).cloned().collect();
    let mut numbers: Vec<u64> = taken.iter().map(|note| note.split(' ').nth(1).unwrap().parse().unwrap()).collect();
    // The first server may have taken a batch of which the word never got through; the second takes it again, as a server
    // without a memory must. Nothing is missing, and nothing comes out of order.
    assert!(numbers.is_sorted() || numbers.windows(2).filter(|pair| pair[0] >= pair[1]).count() <= 1, "out of order");
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 2_000);
    second.stop().await.unwrap();
}

#[tokio::test]
async fn a_feed_sent_twice_is_taken_once() {
    let server = Server::start().await;
    let first = send_all(server.url(), 500, 100, None).await.unwrap();
    let again = send_all(server.url(), 500, 33, None).await.unwrap();
    assert_eq!((first.accepted, first.repeated), (500, 0));
    assert_eq!((again.accepted, again.repeated), (0, 500));
    server.stop().await.unwrap();
}

#[tokio::test]
async fn an_address_that_is_none_is_said_so_at_once() {
    for address in ["nowhere", "", "ftp://host:21", "http://host with space:1"] {
        let error = send_all(address.to_owned(), 1, 1, None).await.unwrap_err();
        assert!(matches!(error, SendError::Address(_)), "{error}");
    }
}
