//! `FeedService`: raw records in, acknowledgements out, in the pace of the engine.

use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::convert::feed::{self, Handles};
use super::proto::feed::v1 as wire;
use super::proto::feed::v1::feed_service_server::FeedService;
use super::proto::feed::v1::ingest_request::Message;
use super::streams::{Answers, Places, Shutdown, shut_down, shutting_down};
use crate::serve::engine_task::{EngineHandle, Stopped};
use crate::serve::limits::{ACKS_PER_STREAM, INGEST_STREAMS_MAX};
use crate::serve::work::{Answer, AnswerPlace};
use crate::units::EventTime;

/// The service.
#[derive(Debug)]
pub struct Feeds {
    engine: EngineHandle,
    places: Places,
    shutdown: Shutdown,
}

impl Feeds {
    /// A service that hands records to `engine`.
    pub fn new(engine: EngineHandle, shutdown: Shutdown) -> Self {
        Self { engine, places: Places::new(INGEST_STREAMS_MAX, "ingest streams"), shutdown }
    }
}

#[tonic::async_trait]
impl FeedService for Feeds {
    type IngestStream = Answers<wire::IngestResponse>;

    async fn ingest(
        &self,
        request: Request<Streaming<wire::IngestRequest>>,
    ) -> Result<Response<Self::IngestStream>, Status> {
        let place = self.places.take()?;
        let (answers, queue) = mpsc::channel(ACKS_PER_STREAM);
        let reader = Reader { engine: self.engine.clone(), answers, handles: Handles::default() };
        tokio::spawn(reader.run(request.into_inner(), self.shutdown.clone(), place));
        let answers = ReceiverStream::new(queue).map(answer);
        Ok(Response::new(Box::pin(answers)))
    }
}

/// Reads one stream, message by message.
///
/// Before it hands anything to the engine it reserves the place for the answer. So the engine never waits for a client, and a
/// client that does not read its answers is not read any more: flow control holds it back, nothing is cut off.
struct Reader {
    engine: EngineHandle,
    answers: mpsc::Sender<Answer>,
    handles: Handles,
}

/// Why the reading of a stream ends before the client ends it.
enum End {
    Client(String),
    Server,
    /// The answer to the last request ends the stream, or nobody reads the answers any more.
    Told,
}

impl From<Stopped> for End {
    fn from(_: Stopped) -> Self {
        Self::Server
    }
}

impl Reader {
    async fn run(
        mut self,
        mut requests: Streaming<wire::IngestRequest>,
        mut shutdown: Shutdown,
        _place: OwnedSemaphorePermit,
    ) {
        let end = loop {
            let request = tokio::select! {
                request = requests.message() => request,
                () = shut_down(&mut shutdown) => break End::Server,
            };
            match request {
                Ok(Some(request)) => {
                    if let Err(end) = self.take(request).await {
                        break end;
                    }
                }
                // The client has said all; its answers are under way.
                Ok(None) => return,
                Err(status) => {
                    tracing::debug!(%status, "an ingest stream broke");
                    return;
                }
            }
        };
        let last = match end {
            End::Client(problem) => Answer::BadRequest(problem),
            End::Server => Answer::ShuttingDown,
            End::Told => return,
        };
        let _ = self.answers.send(last).await;
    }

    async fn take(&mut self, request: wire::IngestRequest) -> Result<(), End> {
        match request.message {
            Some(Message::Hello(hello)) => self.hello(&hello).await,
            Some(Message::Batch(batch)) => {
                let number = batch.number;
                let records = feed::checked_batch(batch, &self.handles).map_err(|bad| End::Client(bad.to_string()))?;
                let place = self.place().await?;
                Ok(self.engine.batch(number, records, place).await?)
            }
            Some(Message::Advance(advance)) => {
                let place = self.place().await?;
                let until = EventTime::from_millis(advance.received_until_ms);
                Ok(self.engine.advance(advance.number, until, place).await?)
            }
            None => Err(End::Client("message: neither hello nor batch nor advance".to_owned())),
        }
    }

    /// Introduces a feed. Waits for the engine's answer: its number is needed for what follows.
    async fn hello(&mut self, hello: &wire::Hello) -> Result<(), End> {
        let hello = feed::checked_hello(hello).map_err(|bad| End::Client(bad.to_string()))?;
        let (once, mut answer) = mpsc::channel(1);
        let to_me = once.reserve_owned().await.map_err(|_| End::Server)?;
        self.engine.hello(hello, to_me).await?;
        let answer = answer.recv().await.ok_or(End::Server)?;
        let welcomed = matches!(answer, Answer::Welcome(_));
        if let Answer::Welcome(welcome) = &answer {
            self.handles.set(welcome.handle, welcome.feed);
        }
        self.answers.send(answer).await.map_err(|_| End::Told)?;
        if welcomed { Ok(()) } else { Err(End::Told) }
    }

    async fn place(&self) -> Result<AnswerPlace, End> {
        self.answers.clone().reserve_owned().await.map_err(|_| End::Told)
    }
}

fn answer(answer: Answer) -> Result<wire::IngestResponse, Status> {
    match answer {
        Answer::Welcome(welcome) => Ok(feed::welcome(&welcome)),
        Answer::Ack(ack) => Ok(feed::ack(&ack)),
        Answer::BadRequest(problem) => Err(Status::invalid_argument(problem)),
        Answer::Exhausted(problem) | Answer::DiskFull(problem) => Err(Status::resource_exhausted(problem)),
        Answer::ShuttingDown => Err(shutting_down()),
    }
}
