//! Detections of cameras by plain HTTP: the same records as by gRPC, for sites that would rather send JSON.
//!
//! `POST /v1/feeds/NAME/detections` takes a batch, `GET /v1/feeds/NAME` says how far the feed was taken. A batch goes the same road as
//! one by gRPC, through the same queue and the same decoder; its answer comes when what was taken is on disk.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::sync::{Semaphore, mpsc};

use super::problem::Problem;
use crate::feed::sensor::SensorKind;
use crate::serve::engine_task::EngineHandle;
use crate::serve::limits::{
    BATCH_RECORDS_MAX, DETECTION_POSTS_AT_ONCE, FEED_ID_CHARS_MAX, MESSAGE_BYTES_MAX, RECORD_BYTES_MAX,
};
use crate::serve::work::{Ack, Answer, FeedName, Hello, Payload, Record, Standing, Welcome};

/// What the routes need: the way to the engine, and how many may use it at once.
#[derive(Clone, Debug)]
struct Desk {
    engine: EngineHandle,
    places: Arc<Semaphore>,
}

/// The routes, handing detections to `engine`.
pub fn routes(engine: EngineHandle) -> Router {
    let places = Arc::new(Semaphore::new(DETECTION_POSTS_AT_ONCE));
    Router::new()
        .route("/v1/feeds/{feed}", get(position))
        .route("/v1/feeds/{feed}/detections", post(take))
        .layer(DefaultBodyLimit::max(MESSAGE_BYTES_MAX))
        .with_state(Desk { engine, places })
}

/// Detections in order; the numbers of those after the first follow.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch<'a> {
    /// Number of the first in its feed, from 0.
    sequence: u64,
    #[serde(borrow)]
    detections: Vec<&'a RawValue>,
}

/// What became of a batch.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Taken {
    /// Detections taken into account.
    accepted: u32,
    /// Passed over because they had been taken before.
    repeated: u32,
    /// Detections that could not be used.
    refused: u32,
    /// Number of the last detection that was taken of this feed, also one that was refused for good; null: none yet.
    last_sequence: Option<u64>,
    /// The first of those refused, and why.
    rejections: Vec<Rejected>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Rejected {
    index: u32,
    reason: &'static str,
    taken: bool,
}

#[derive(Debug, Serialize)]
struct Position {
    last_sequence: Option<u64>,
}

async fn take(State(desk): State<Desk>, Path(feed): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    match desk.take(&feed, &headers, &body).await {
        Ok(taken) => {
            // Who looks at the status alone must not believe that all of it is safe.
            let all = taken.rejections.iter().all(|rejected| rejected.taken);
            let status = if all { StatusCode::OK } else { StatusCode::CONFLICT };
            (status, axum::Json(taken)).into_response()
        }
        Err(problem) => problem.into_response(),
    }
}

async fn position(State(desk): State<Desk>, Path(feed): Path<String>) -> Response {
    match desk.hello(&feed).await {
        Ok(welcome) => axum::Json(Position { last_sequence: welcome.last_sequence }).into_response(),
        Err(problem) => problem.into_response(),
    }
}

impl Desk {
    async fn take(&self, feed: &str, headers: &HeaderMap, body: &Bytes) -> Result<Taken, Problem> {
        // A page of another origin cannot send this without asking first.
        let is_json = headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
        if !is_json {
            let problem = "content-type: application/json is expected";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, problem));
        }
        let batch: Batch<'_> = serde_json::from_slice(body).map_err(|error| Problem::bad_request(error.to_string()))?;
        if batch.detections.len() > BATCH_RECORDS_MAX {
            let problem = format!("detections: {} are more than {BATCH_RECORDS_MAX}", batch.detections.len());
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, problem));
        }
        let _place = self.places.acquire().await.map_err(|_| shutting_down())?;
        let welcome = self.hello(feed).await?;
        let record = |(sequence, detection): (u64, &&RawValue)| Record {
            feed: welcome.feed,
            handle: 0,
            sequence,
            received: None,
            payload: payload(body, detection.get()),
        };
        let sequences = (0..).map(|number| batch.sequence.saturating_add(number));
        let records = sequences.zip(&batch.detections).map(record).collect();
        let (place, mut answer) = self.answer_place().await?;
        self.engine.batch(0, records, place).await.map_err(|_| shutting_down())?;
        match answer.recv().await {
            Some(Answer::Ack(ack)) => Ok(taken(ack)),
            other => Err(problem(other)),
        }
    }

    /// Introduces the feed, and learns how far it was taken.
    async fn hello(&self, feed: &str) -> Result<Welcome, Problem> {
        let name = FeedName::new(feed).ok_or_else(|| {
            let letters = "letters, digits, '-', '_' and '.', and nothing else";
            Problem::not_found(format!("a feed has a name of 1 to {FEED_ID_CHARS_MAX} {letters}"))
        })?;
        let hello = Hello { name, kind: SensorKind::Eo, handle: 0, last_sequence: None };
        let (place, mut answer) = self.answer_place().await?;
        self.engine.hello(hello, place).await.map_err(|_| shutting_down())?;
        match answer.recv().await {
            Some(Answer::Welcome(welcome)) if welcome.standing == Standing::Unknown => {
                let problem =
                    "this server's area has no camera: start it with --area, so that it knows where cameras stand";
                Err(Problem::new(StatusCode::CONFLICT, problem))
            }
            Some(Answer::Welcome(welcome)) => Ok(welcome),
            other => Err(problem(other)),
        }
    }

    async fn answer_place(&self) -> Result<(mpsc::OwnedPermit<Answer>, mpsc::Receiver<Answer>), Problem> {
        let (answers, answer) = mpsc::channel(1);
        Ok((answers.reserve_owned().await.map_err(|_| shutting_down())?, answer))
    }
}

/// A detection as it was sent; on one line, as all records of cameras are.
fn payload(body: &Bytes, detection: &str) -> Payload {
    if detection.len() > RECORD_BYTES_MAX {
        Payload::TooLong
    } else if detection.contains(['\n', '\r']) {
        // In JSON these are blanks: within a string they are escaped.
        Payload::EoJson(detection.replace(['\n', '\r'], " ").into())
    } else {
        Payload::EoJson(body.slice_ref(detection.as_bytes()))
    }
}

fn taken(ack: Ack) -> Taken {
    let rejected =
        ack.rejections.iter().map(|it| Rejected { index: it.index, reason: it.reason, taken: it.taken }).collect();
    Taken {
        accepted: ack.accepted,
        repeated: ack.repeated,
        refused: ack.refused,
        last_sequence: ack.positions.first().and_then(|position| position.last_sequence),
        rejections: rejected,
    }
}

/// Why there is no answer to what was asked.
fn problem(answer: Option<Answer>) -> Problem {
    match answer {
        Some(Answer::BadRequest(problem)) => Problem::new(StatusCode::CONFLICT, problem),
        Some(Answer::Exhausted(problem)) => Problem::new(StatusCode::TOO_MANY_REQUESTS, problem),
        Some(Answer::DiskFull(problem)) => Problem::new(StatusCode::INSUFFICIENT_STORAGE, problem),
        Some(Answer::Welcome(_) | Answer::Ack(_) | Answer::ShuttingDown) | None => shutting_down(),
    }
}

fn shutting_down() -> Problem {
    Problem::unavailable("the server is shutting down or starting: send the same again")
}
