//! Sends feeds into a server: keeps batches under way, and after a broken connection goes on where the last
//! acknowledgement left off.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_stream::wrappers::ReceiverStream;
use tonic::codegen::http::Uri;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Status, Streaming};

use super::convert::feed::{SCHEMA_VERSION, record};
use super::convert::geo::sensor_kind;
use super::proto::feed::v1 as wire;
use super::proto::feed::v1::feed_service_client::FeedServiceClient;
use super::proto::feed::v1::ingest_request::Message as Ask;
use super::proto::feed::v1::ingest_response::Message as Told;
use crate::feed::sensor::SensorKind;
use crate::serve::limits::{ACKS_PER_STREAM, MESSAGE_BYTES_MAX};
use crate::serve::work::{FeedName, Payload};
use crate::units::EventTime;

/// Batches sent and not acknowledged: what is kept to be sent again.
const UNDER_WAY_MAX: usize = ACKS_PER_STREAM;
/// The first wait before connecting again; each further one is twice as long.
const RETRY_FIRST: Duration = Duration::from_millis(100);
/// The longest wait before connecting again.
const RETRY_LONGEST: Duration = Duration::from_secs(5);
/// Attempts in a row without a single acknowledgement after which the sender gives up: half a minute.
const ATTEMPTS_MAX: u32 = 11;

/// A feed to send.
#[derive(Clone, Debug, PartialEq)]
pub struct Introduction {
    /// Its name: the sensor's id.
    pub name: FeedName,
    /// What the sensor is.
    pub kind: SensorKind,
}

/// One record to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutRecord {
    /// The feed, by its place in the list of introductions.
    pub feed: u32,
    /// Its number in the feed.
    pub sequence: u64,
    /// When it was received, for recordings.
    pub received: Option<EventTime>,
    /// The record.
    pub payload: Payload,
}

/// One thing to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parcel {
    /// Records in order of receipt.
    Records(Vec<OutRecord>),
    /// All that was received up to this instant has been sent.
    Advance(EventTime),
}

/// What the server made of it so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Records acknowledged.
    pub acknowledged: u64,
    /// Records taken into account.
    pub accepted: u64,
    /// Records that the server had taken before.
    pub repeated: u64,
    /// Records refused.
    pub refused: u64,
    /// Reasons of refusal with their counts; where a batch had more refusals than are listed, the rest has no reason.
    pub reasons: BTreeMap<String, u64>,
    /// How often the connection was made anew.
    pub reconnects: u32,
    /// Records that the server acknowledged once and has lost.
    pub lost: u64,
    /// Feeds that the server's area does not know and that are of no use without their position.
    pub unknown: Vec<FeedName>,
}

/// Why sending ended before all was sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The address is none.
    #[error("'{0}' is no address of a server: give one like http://127.0.0.1:7411")]
    Address(String),
    /// The certificates cannot be used.
    #[error("the certificates cannot be used: {0}")]
    Certificates(String),
    /// The server cannot be reached, again and again.
    #[error("no connection to {url} after {attempts} attempts: {reason}")]
    Unreachable {
        /// The server.
        url: String,
        /// How often it was tried.
        attempts: u32,
        /// What the last attempt said.
        reason: String,
    },
    /// The server turns the feed down.
    #[error("the server refuses the feed: {0}")]
    Refused(String),
    /// The server answers what was not asked.
    #[error("the server answers out of order: {0}")]
    OutOfOrder(String),
}

/// How a sender stands to numbers and to a server that cannot be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// A recording: its records have numbers for life, and after half a minute without an answer it gives up.
    Recorded,
    /// A live feed: it goes on with the numbers after the last that the server has, and never gives up.
    Live,
}

/// A break of the connection, or an end.
enum Break {
    /// Worth another attempt.
    Broken(String),
    Final(SendError),
}

impl From<Status> for Break {
    fn from(status: Status) -> Self {
        match status.code() {
            Code::InvalidArgument
            | Code::Unimplemented
            | Code::PermissionDenied
            | Code::Unauthenticated
            | Code::FailedPrecondition => Self::Final(SendError::Refused(status.message().to_owned())),
            _ => Self::Broken(format!("{:?}: {}", status.code(), status.message())),
        }
    }
}

/// Sends everything that comes out of `parcels` to the server at `url`, and returns when all is acknowledged.
/// `progress` is called after each acknowledgement.
///
/// # Errors
/// When the address is none, the server stays unreachable, or refuses the feeds. What was acknowledged stays taken.
pub async fn send(
    url: &str,
    feeds: Vec<Introduction>,
    parcels: mpsc::Receiver<Parcel>,
    progress: impl FnMut(&Sent),
) -> Result<Sent, SendError> {
    let endpoint = Endpoint::from(server_uri(url)?);
    send_as(Manner::Recorded, url, endpoint, feeds, parcels, progress).await
}

/// Likewise, over TLS: `tls` has the authority of the server and the certificate that this site shows.
///
/// # Errors
/// As [`send`], and when the certificates cannot be used.
pub async fn send_secured(
    url: &str,
    tls: ClientTlsConfig,
    feeds: Vec<Introduction>,
    parcels: mpsc::Receiver<Parcel>,
    progress: impl FnMut(&Sent),
) -> Result<Sent, SendError> {
    let full = if url.contains("://") { url.to_owned() } else { format!("https://{url}") };
    let endpoint = Endpoint::from_shared(full).map_err(|_| SendError::Address(url.to_owned()))?;
    let endpoint = endpoint.tls_config(tls).map_err(|error| SendError::Certificates(chain(&error)))?;
    send_as(Manner::Recorded, url, endpoint, feeds, parcels, progress).await
}

/// Sends live feeds, whose records are counted from 0 in each run of the sender: the server is asked first how far it has
/// taken each feed, and the numbers go on from there. A server that cannot be reached is tried again for ever; what it has
/// not acknowledged is kept, and nothing more is taken from `parcels` meanwhile.
///
/// # Errors
/// When the address is none, or the server refuses the feeds.
pub async fn send_live(
    url: &str,
    feeds: Vec<Introduction>,
    parcels: mpsc::Receiver<Parcel>,
    progress: impl FnMut(&Sent),
) -> Result<Sent, SendError> {
    let endpoint = Endpoint::from(server_uri(url)?);
    send_as(Manner::Live, url, endpoint, feeds, parcels, progress).await
}

async fn send_as(
    manner: Manner,
    url: &str,
    endpoint: Endpoint,
    feeds: Vec<Introduction>,
    parcels: mpsc::Receiver<Parcel>,
    mut progress: impl FnMut(&Sent),
) -> Result<Sent, SendError> {
    let mut sender = Sender::new(manner, feeds, parcels);
    let (mut attempt, mut wait) = (0, RETRY_FIRST);
    loop {
        let acknowledged_before = sender.sent.acknowledged;
        match sender.session(endpoint.clone(), &mut progress).await {
            Ok(()) => return Ok(sender.sent),
            Err(Break::Final(error)) => return Err(error),
            Err(Break::Broken(reason)) => {
                if sender.sent.acknowledged > acknowledged_before {
                    (attempt, wait) = (0, RETRY_FIRST);
                }
                attempt += 1;
                if attempt >= ATTEMPTS_MAX && manner == Manner::Recorded {
                    return Err(SendError::Unreachable { url: url.to_owned(), attempts: attempt, reason });
                }
                tracing::info!(%reason, attempt, "connecting again");
                sleep(wait).await;
                wait = (wait * 2).min(RETRY_LONGEST);
                sender.sent.reconnects += 1;
            }
        }
    }
}

/// The address of a server: `http://host:port`, or `host:port` for short.
///
/// # Errors
/// When the text is none of the two.
pub(crate) fn server_uri(url: &str) -> Result<Uri, SendError> {
    let full = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
    let uri = full.parse::<Uri>().ok();
    uri.filter(|uri| uri.scheme_str() == Some("http") && uri.port().is_some())
        .ok_or_else(|| SendError::Address(url.to_owned()))
}

struct Sender {
    manner: Manner,
    /// What is added to the numbers of each feed; `None` until its first welcome.
    bases: Vec<Option<u64>>,
    feeds: Vec<Introduction>,
    parcels: mpsc::Receiver<Parcel>,
    /// No more parcels will come.
    exhausted: bool,
    under_way: VecDeque<UnderWay>,
    next_number: u64,
    positions: Vec<Option<u64>>,
    sent: Sent,
}

struct UnderWay {
    number: u64,
    request: wire::IngestRequest,
    records: u64,
}

impl Sender {
    fn new(manner: Manner, feeds: Vec<Introduction>, parcels: mpsc::Receiver<Parcel>) -> Self {
        let positions = vec![None; feeds.len()];
        let bases = match manner {
            Manner::Recorded => vec![Some(0); feeds.len()],
            Manner::Live => vec![None; feeds.len()],
        };
        Self {
            manner,
            bases,
            feeds,
            parcels,
            exhausted: false,
            under_way: VecDeque::new(),
            next_number: 1,
            positions,
            sent: Sent::default(),
        }
    }

    /// One connection: introduces the feeds, sends again what was not acknowledged, then what comes.
    async fn session(&mut self, endpoint: Endpoint, progress: &mut impl FnMut(&Sent)) -> Result<(), Break> {
        let channel: Channel = endpoint
            .connect_timeout(Duration::from_secs(5))
            .tcp_nodelay(true)
            .connect()
            .await
            .map_err(|error| Break::Broken(chain(&error)))?;
        // Room for everything that can be under way, so that sending never waits while answers do.
        let (requests, queue) = mpsc::channel(self.feeds.len() + UNDER_WAY_MAX);
        for hello in self.hellos() {
            push(&requests, wire::IngestRequest { message: Some(Ask::Hello(hello)) })?;
        }
        for waiting in &self.under_way {
            push(&requests, waiting.request.clone())?;
        }
        let mut client = FeedServiceClient::new(channel).max_encoding_message_size(MESSAGE_BYTES_MAX);
        let mut answers: Streaming<wire::IngestResponse> =
            client.ingest(ReceiverStream::new(queue)).await?.into_inner();
        let mut welcomes = self.feeds.len();
        while welcomes > 0 || !self.exhausted || !self.under_way.is_empty() {
            let numbered = self.bases.iter().all(Option::is_some);
            let room = !self.exhausted && self.under_way.len() < UNDER_WAY_MAX && numbered;
            tokio::select! {
                parcel = self.parcels.recv(), if room => match parcel {
                    Some(parcel) => {
                        let request = self.pack(parcel);
                        push(&requests, request)?;
                    }
                    None => self.exhausted = true,
                },
                answer = answers.message() => match answer?.and_then(|answer| answer.message) {
                    Some(Told::Welcome(welcome)) => {
                        self.welcome(&welcome);
                        welcomes = welcomes.saturating_sub(1);
                    }
                    Some(Told::Ack(ack)) => {
                        self.ack(&ack)?;
                        progress(&self.sent);
                    }
                    None => return Err(Break::Broken("the server ended the stream".to_owned())),
                },
            }
        }
        Ok(())
    }

    fn hellos(&self) -> Vec<wire::Hello> {
        let hello = |(handle, (feed, &last_sequence)): (u32, (&Introduction, &Option<u64>))| wire::Hello {
            feed_id: feed.name.to_string(),
            kind: sensor_kind(feed.kind) as i32,
            handle,
            schema_version: SCHEMA_VERSION,
            last_sequence,
        };
        (0..).zip(self.feeds.iter().zip(&self.positions)).map(hello).collect()
    }

    fn pack(&mut self, parcel: Parcel) -> wire::IngestRequest {
        let number = self.next_number;
        self.next_number += 1;
        let (message, records) = match parcel {
            Parcel::Records(records) => {
                let count = records.len() as u64;
                let base = |feed: u32| self.bases.get(feed as usize).copied().flatten().unwrap_or(0);
                let pack = |out: OutRecord| record(out.feed, base(out.feed) + out.sequence, out.received, out.payload);
                let records = records.into_iter().map(pack).collect();
                (Ask::Batch(wire::Batch { number, records }), count)
            }
            Parcel::Advance(until) => (Ask::Advance(wire::Advance { received_until_ms: until.as_millis(), number }), 0),
        };
        let request = wire::IngestRequest { message: Some(message) };
        self.under_way.push_back(UnderWay { number, request: request.clone(), records });
        request
    }

    fn welcome(&mut self, welcome: &wire::Welcome) {
        let Some(feed) = self.feeds.get(welcome.handle as usize) else { return };
        if self.manner == Manner::Live
            && let Some(base) = self.bases.get_mut(welcome.handle as usize)
        {
            base.get_or_insert(welcome.last_sequence.map_or(0, |last| last + 1));
        }
        self.sent.lost += welcome.lost;
        if welcome.standing() == wire::Standing::Unknown && !self.sent.unknown.contains(&feed.name) {
            self.sent.unknown.push(feed.name.clone());
        }
    }

    fn ack(&mut self, ack: &wire::Ack) -> Result<(), Break> {
        let Some(waiting) = self.under_way.pop_front().filter(|waiting| waiting.number == ack.number) else {
            return Err(Break::Final(SendError::OutOfOrder(format!("batch {} is not the next one", ack.number))));
        };
        if let Some(rejection) = ack.rejections.iter().find(|rejection| !rejection.taken) {
            let reason = format!("{} (record {} of batch {})", rejection.reason, rejection.index, ack.number);
            return Err(Break::Final(SendError::Refused(reason)));
        }
        for position in &ack.positions {
            if let Some(known) = self.positions.get_mut(position.handle as usize) {
                *known = position.last_sequence;
            }
        }
        self.sent.acknowledged += waiting.records;
        self.sent.accepted += u64::from(ack.accepted);
        self.sent.repeated += u64::from(ack.repeated);
        self.sent.refused += u64::from(ack.refused);
        for rejection in &ack.rejections {
            *self.sent.reasons.entry(rejection.reason.clone()).or_default() += 1;
        }
        Ok(())
    }
}

fn push(requests: &mpsc::Sender<wire::IngestRequest>, request: wire::IngestRequest) -> Result<(), Break> {
    requests.try_send(request).map_err(|_| Break::Broken("the connection does not take what is sent".to_owned()))
}

/// An error with its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
