//! How outboxes stand, dead letters and their replay, over HTTP at `/v1/endpoints` (`docs/openapi.yaml`). For whoever may set up what is
//! sent to others; what is changed is on record under his name.
//!
//! Changes ask for `application/json`, which a page of another origin cannot send unasked.

use std::future::Future;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Deliveries;
use crate::access::principal::Principal;
use crate::access::role::Permission;
use crate::http::problem::Problem;
use crate::serve::clock;
use crate::store::records::entry::ALERT;
use crate::store::records::outbox::{self, Letter, Standing};
use crate::store::records::{Records, RecordsError};
use crate::units::EventTime;

/// Letters on a page.
const LETTERS_PAGE: usize = 1_000;

/// Characters in the reason for which an endpoint is disabled.
const WHY_MAX: usize = 200;

#[derive(Clone)]
struct Desk {
    deliveries: Deliveries,
    records: Records,
}

/// The routes.
pub fn routes(deliveries: Deliveries, records: Records) -> Router {
    Router::new()
        .route("/v1/endpoints", get(endpoints))
        .route("/v1/endpoints/{endpoint}/letters", get(letters))
        .route("/v1/endpoints/{endpoint}/replay", post(replay))
        .route("/v1/endpoints/{endpoint}/enable", post(enable))
        .route("/v1/endpoints/{endpoint}/disable", post(disable))
        .with_state(Desk { deliveries, records })
}

/// An endpoint, as it stands.
#[derive(Serialize)]
struct EndpointLine {
    name: String,
    configured: bool,
    paused: bool,
    disabled: String,
    behind: bool,
    waiting: i64,
    dead: i64,
    sent: i64,
    oldest: Option<String>,
}

async fn endpoints(State(desk): State<Desk>) -> Result<Response, Problem> {
    let standings = desk.records.read(outbox::standings).await.map_err(unreadable)?;
    let line = |standing: Standing| EndpointLine {
        paused: desk.deliveries.endpoint(&standing.name).is_some_and(|working| working.endpoint.is_paused),
        configured: standing.is_configured,
        behind: standing.behind_from.is_some(),
        oldest: standing.oldest_ms.map(|ms| EventTime::from_millis(ms).to_string()),
        name: standing.name,
        disabled: standing.disabled,
        waiting: standing.waiting,
        dead: standing.dead,
        sent: standing.sent,
    };
    let endpoints: Vec<EndpointLine> = standings.into_iter().map(line).collect();
    Ok(Json(json!({ "endpoints": endpoints })).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    #[serde(default)]
    dead: bool,
    #[serde(default)]
    after: i64,
}

async fn letters(
    State(desk): State<Desk>,
    Path(name): Path<String>,
    which: Result<Query<Which>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let Query(which) = which.map_err(|error| Problem::bad_request(error.body_text()))?;
    desk.known(&name).await?;
    let read = move |connection: &rusqlite::Connection| {
        outbox::letters(connection, &name, which.dead, which.after, LETTERS_PAGE)
    };
    let letters = desk.records.read(read).await.map_err(unreadable)?;
    let line = |letter: &Letter| {
        let subject = letter.subject.strip_prefix(ALERT).unwrap_or(&letter.subject);
        json!({ "sequence": letter.sequence, "subject": subject, "attempts": letter.attempts,
            "refusals": letter.refusals, "last_answer": letter.last_answer })
    };
    Ok(Json(json!({ "letters": letters.iter().map(line).collect::<Vec<_>>() })).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Replay {
    #[serde(default)]
    sequence: Option<i64>,
}

async fn replay(
    State(desk): State<Desk>,
    Extension(caller): Extension<Arc<Principal>>,
    Path(name): Path<String>,
    Json(Replay { sequence }): Json<Replay>,
) -> Result<Response, Problem> {
    desk.known(&name).await?;
    let (actor, now_ms, endpoint) = (caller.actor(Permission::Deliver), clock::now().as_millis(), name.clone());
    let replayed = desk.records.write(move |book| book.replay_dead(&endpoint, sequence, &actor, now_ms));
    let replayed = desk.and_wake(&name, replayed).await?;
    Ok(Json(json!({ "replayed": replayed })).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

async fn enable(
    State(desk): State<Desk>,
    Extension(caller): Extension<Arc<Principal>>,
    Path(name): Path<String>,
    Json(Nothing {}): Json<Nothing>,
) -> Result<Response, Problem> {
    desk.known(&name).await?;
    let (actor, now_ms, endpoint) = (caller.actor(Permission::Deliver), clock::now().as_millis(), name.clone());
    let changed = desk.records.write(move |book| book.enable_endpoint(&endpoint, &actor, now_ms));
    let changed = desk.and_wake(&name, changed).await?;
    Ok(Json(json!({ "changed": changed })).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Why {
    why: String,
}

async fn disable(
    State(desk): State<Desk>,
    Extension(caller): Extension<Arc<Principal>>,
    Path(name): Path<String>,
    Json(Why { why }): Json<Why>,
) -> Result<Response, Problem> {
    if why.trim().is_empty() || why.chars().count() > WHY_MAX {
        return Err(Problem::bad_request(format!("why: 1 to {WHY_MAX} characters, for the record")));
    }
    desk.known(&name).await?;
    let (actor, now_ms) = (caller.actor(Permission::Deliver), clock::now().as_millis());
    let changed = desk.records.write(move |book| book.disable_endpoint(&name, &why, &actor, now_ms));
    let changed = changed.await.map_err(unreadable)?;
    Ok(Json(json!({ "changed": changed })).into_response())
}

impl Desk {
    /// Refuses a name that no endpoint has or had.
    async fn known(&self, name: &str) -> Result<(), Problem> {
        let standings = self.records.read(outbox::standings).await.map_err(unreadable)?;
        if standings.iter().any(|standing| standing.name == name) {
            return Ok(());
        }
        let known: Vec<String> = standings.into_iter().map(|standing| standing.name).collect();
        let known = if known.is_empty() { "there are none".to_owned() } else { known.join(", ") };
        Err(Problem::not_found(format!("'{name}' is no endpoint: {known}")))
    }

    /// Waits for what is written, and lets the sender look.
    async fn and_wake<T>(
        &self,
        name: &str,
        written: impl Future<Output = Result<T, RecordsError>>,
    ) -> Result<T, Problem> {
        let done = written.await.map_err(unreadable)?;
        if let Some(working) = self.deliveries.endpoint(name) {
            working.wake.notify_one();
        }
        Ok(done)
    }
}

fn unreadable(error: RecordsError) -> Problem {
    match error {
        RecordsError::Closed => Problem::unavailable("the server is shutting down"),
        other => Problem::new(StatusCode::INTERNAL_SERVER_ERROR, other.to_string()),
    }
}
