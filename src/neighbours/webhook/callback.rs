//! What a platform says back: a CloudEvent signed as ours are, at `/v1/callbacks/ENDPOINT`, that takes an alert a step further.
//!
//! It goes the road of an officer's call: the platform's principal with its roles and unit, the etag, the request id (the event's
//! id), one transaction, the engine told. A platform acts only on alerts that it was told of. A message that comes again is
//! answered as it was the first time ([`Book::answered`]), one that was signed long ago is not taken.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::Deserialize;
use serde_json::json;

use super::Deliveries;
use super::endpoint::{Callback, Working};
use super::signature::{TOLERANCE_S, check};
use crate::access::role::Permission;
use crate::http::problem::Problem;
use crate::life::{DismissReason, Outcome, Step};
use crate::neighbours::event::CONTENT_TYPE as CLOUD_EVENT;
use crate::serve::clock;
use crate::serve::limits::{CALLBACK_BYTES_MAX, NOTE_CHARS_MAX, REQUEST_ID_CHARS_MAX};
use crate::serve::officer::OfficerDesk;
use crate::store::records::callbacks::{self, Answered};
use crate::store::records::entry::{ALERT, sha256_hex};
use crate::store::records::{Book, Order, OrderError, RecordsError, outbox};
use crate::units::EventTime;

/// Before and behind the name of a step in the type of a callback.
const TYPE: (&str, &str) = ("cn.shorewatch.callback.", ".v1");

/// The routes of callbacks.
pub fn routes(deliveries: Deliveries, desk: OfficerDesk) -> Router {
    Router::new()
        .route("/v1/callbacks/{endpoint}", post(take))
        .layer(DefaultBodyLimit::max(CALLBACK_BYTES_MAX))
        .with_state((deliveries, desk))
}

/// The event that a platform sends.
#[derive(Debug, Deserialize)]
struct Event {
    specversion: String,
    id: String,
    source: String,
    #[serde(rename = "type")]
    kind: String,
    /// The alert.
    subject: String,
    #[serde(default)]
    data: Data,
}

/// What it says of the step; what does not belong to the step is refused.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Data {
    etag: String,
    note: String,
    reason: Option<String>,
    unit: Option<String>,
    eta: Option<String>,
    outcome: Option<String>,
    reference: Option<String>,
}

/// A callback that is not taken, before anything was done.
#[derive(Debug)]
struct Bad(StatusCode, String);

async fn take(
    State((deliveries, desk)): State<(Deliveries, OfficerDesk)>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let refused = |status, detail: String| {
        tracing::warn!(endpoint = name, refused = detail, "a callback was refused");
        Problem::new(status, detail).into_response()
    };
    let Some(working) = deliveries.endpoint(&name) else {
        return refused(StatusCode::NOT_FOUND, "no endpoint of that name takes callbacks".to_owned());
    };
    let Some(callback) = &working.endpoint.callback else {
        return refused(StatusCode::NOT_FOUND, "no endpoint of that name takes callbacks".to_owned());
    };
    match handle(working, callback, &desk, &headers, &body).await {
        Ok(answered) => answer(answered),
        Err(Bad(status, detail)) => refused(status, detail),
    }
}

async fn handle(
    working: &Arc<Working>,
    callback: &Callback,
    desk: &OfficerDesk,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Answered, Bad> {
    let now_ms = clock::now().as_millis();
    let header = |name: &'static str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok()).filter(|value| !value.is_empty());
        value.ok_or_else(|| {
            Bad(StatusCode::UNAUTHORIZED, format!("{name}: missing, or not as Standard Webhooks has it"))
        })
    };
    let (id, timestamp, signatures) =
        (header("webhook-id")?, header("webhook-timestamp")?, header("webhook-signature")?);
    check(&working.endpoint.secrets, id, timestamp, signatures, body, now_ms.div_euclid(1_000))
        .map_err(|unsigned| Bad(StatusCode::UNAUTHORIZED, unsigned.to_string()))?;
    let is_event = headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(CLOUD_EVENT.as_bytes()));
    if !is_event {
        return Err(Bad(StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("content-type: {CLOUD_EVENT} is expected")));
    }
    let (order, says_something) =
        order(body, callback, now_ms).map_err(|detail| Bad(StatusCode::BAD_REQUEST, detail))?;
    let (message, fingerprint) = (id.to_owned(), sha256_hex(body));
    if message.chars().count() > 2 * REQUEST_ID_CHARS_MAX {
        return Err(Bad(
            StatusCode::BAD_REQUEST,
            format!("webhook-id: more than {} characters", 2 * REQUEST_ID_CHARS_MAX),
        ));
    }
    let (endpoint, principal) = (working.endpoint.name.clone(), Arc::clone(&callback.principal));
    let (step, actor) = (order.step.clone(), order.actor.clone());
    let taken = move |book: &mut Book<'_>| -> Result<_, Taken> {
        if let Some(before) = book.answered(&endpoint, &message)? {
            return if before.fingerprint == fingerprint { Ok((before, None)) } else { Err(Taken::Reused) };
        }
        if !book.has_room_for_answers(&endpoint, now_ms - 2 * TOLERANCE_S * 1_000)? {
            return Err(Taken::Full);
        }
        let knows = outbox::knows(book.connection(), &endpoint, &format!("{ALERT}{}", order.alert_id))?;
        let done = book.carry_out(&order, |record| knows && principal.sees_alert(record));
        let (status, body, record) = match done {
            Ok((record, entered)) => {
                let (life, sequence) = (&record.life, entered.entry.sequence);
                let body = json!({ "id": record.id(), "state": life.state, "etag": life.etag(), "sequence": sequence });
                (StatusCode::OK, body, Some(record))
            }
            // Nothing was written: the answer is remembered, so that the same message cannot do later what it could not now.
            Err(OrderError::Records(error)) => return Err(error.into()),
            Err(error) => {
                let (status, reason, etag) = reason(&error);
                let body = json!({ "title": status.canonical_reason(), "status": status.as_u16(), "detail": error.to_string(),
                    "reason": reason, "etag": etag });
                (status, body, None)
            }
        };
        let answered = Answered { status: status.as_u16(), body: body.to_string(), fingerprint };
        book.remember_answer(&endpoint, &message, &answered, now_ms)?;
        Ok((answered, record))
    };
    match desk.records().write(taken).await {
        Ok((answered, record)) => {
            if let Some(record) = record.filter(|_| says_something) {
                desk.follow(&record, &step, &actor).await;
            }
            Ok(answered)
        }
        Err(Taken::Reused) => Err(Bad(
            StatusCode::CONFLICT,
            "webhook-id: this one stood for another message: choose a new one for each, and keep it when you send again".to_owned(),
        )),
        Err(Taken::Full) => Err(Bad(
            StatusCode::TOO_MANY_REQUESTS,
            format!("more than {} callbacks in ten minutes: send it again later", callbacks::ANSWERS_MAX),
        )),
        Err(Taken::Records(RecordsError::Closed)) => {
            Err(Bad(StatusCode::SERVICE_UNAVAILABLE, "the server is shutting down: send it again".to_owned()))
        }
        Err(Taken::Records(error)) => Err(Bad(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
    }
}

/// Why a message was not looked at.
enum Taken {
    Reused,
    Full,
    Records(RecordsError),
}

impl From<RecordsError> for Taken {
    fn from(error: RecordsError) -> Self {
        Self::Records(error)
    }
}

fn answer(answered: Answered) -> Response {
    let status = StatusCode::from_u16(answered.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = if status.is_success() { "application/json" } else { "application/problem+json" };
    let mut response = (status, answered.body).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// Status and reason of a refused order, as the gRPC service has them, and the present etag where that is what was wrong.
fn reason(error: &OrderError) -> (StatusCode, &'static str, Option<&str>) {
    match error {
        OrderError::NotFound => (StatusCode::NOT_FOUND, "NOT_FOUND", None),
        OrderError::Changed { present } => (StatusCode::PRECONDITION_FAILED, "ETAG_MISMATCH", Some(present)),
        OrderError::Refused(_) => (StatusCode::CONFLICT, "STEP_NOT_ALLOWED", None),
        OrderError::RequestReused => (StatusCode::CONFLICT, "REQUEST_ID_REUSED", None),
        OrderError::Records(_) => (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", None),
    }
}

/// The order that an event gives, and whether it says something to the engine; or what is wrong with which field.
fn order(body: &[u8], callback: &Callback, now_ms: i64) -> Result<(Order, bool), String> {
    let event: Event = serde_json::from_slice(body).map_err(|error| format!("no CloudEvent: {error}"))?;
    if event.specversion != "1.0" || event.source.is_empty() || event.subject.is_empty() {
        return Err("a CloudEvent has specversion 1.0, a source, and as subject the id of the alert".to_owned());
    }
    if event.id.is_empty() || event.id.chars().count() > REQUEST_ID_CHARS_MAX || event.id.chars().any(char::is_control)
    {
        return Err(format!("id: 1 to {REQUEST_ID_CHARS_MAX} printable characters"));
    }
    let step = event.kind.strip_prefix(TYPE.0).and_then(|rest| rest.strip_suffix(TYPE.1));
    let step = step.ok_or_else(|| format!("type: '{}' is no callback: {}STEP{}", event.kind, TYPE.0, TYPE.1))?;
    let mut data = event.data;
    for (field, text) in
        [("note", Some(&data.note)), ("unit", data.unit.as_ref()), ("reference", data.reference.as_ref())]
    {
        if text.is_some_and(|text| text.chars().count() > NOTE_CHARS_MAX) {
            return Err(format!("data.{field}: more than {NOTE_CHARS_MAX} characters"));
        }
    }
    let step = self::step(step, &mut data, callback)?;
    let extra = [
        ("reason", &data.reason),
        ("unit", &data.unit),
        ("eta", &data.eta),
        ("outcome", &data.outcome),
        ("reference", &data.reference),
    ];
    if let Some((field, _)) = extra.into_iter().find(|(_, value)| value.is_some()) {
        return Err(format!("data.{field}: does not belong to {}", step.kind()));
    }
    let note_needed = matches!(step, Step::Comment | Step::Dismiss(DismissReason::Other));
    if note_needed && data.note.trim().is_empty() {
        return Err("data.note: missing: say what it is".to_owned());
    }
    if data.etag.is_empty() && step != Step::Comment {
        return Err("data.etag: missing: send data.life.etag of the latest event of this alert".to_owned());
    }
    let says_something = !matches!(step, Step::Comment | Step::Close);
    let order = Order {
        alert_id: event.subject,
        etag: Some(data.etag).filter(|etag| !etag.is_empty()),
        request_id: event.id,
        step,
        note: data.note,
        actor: callback.principal.actor(Permission::Act),
        at_ms: now_ms,
    };
    Ok((order, says_something))
}

/// The step of that name; takes out of `data` what belongs to it.
fn step(name: &str, data: &mut Data, callback: &Callback) -> Result<Step, String> {
    let needed = |field: &str, value: Option<String>| {
        value.filter(|value| !value.trim().is_empty()).ok_or_else(|| format!("data.{field}: missing"))
    };
    Ok(match name {
        "acknowledge" => Step::Acknowledge,
        "verify" => Step::Verify,
        "confirm" => Step::Confirm,
        "dismiss" => {
            let word = needed("reason", data.reason.take())?;
            Step::Dismiss(DismissReason::parse(&word).map_err(|unknown| format!("data.reason: {unknown}"))?)
        }
        "dispatch" => {
            let unit = needed("unit", data.unit.take())?.trim().to_owned();
            let eta = data.eta.take().map(|text| EventTime::parse_rfc3339(&text));
            let eta = eta.transpose().map_err(|error| format!("data.eta: {error}; write 2026-11-26T04:00:00Z"))?;
            let known = callback.principal.organisation().unit(&unit).is_some();
            Step::Dispatch { unit, eta_ms: eta.map(EventTime::as_millis), known }
        }
        "dispose" => {
            let word = needed("outcome", data.outcome.take())?;
            let outcome = Outcome::parse(&word).map_err(|unknown| format!("data.outcome: {unknown}"))?;
            Step::Dispose { outcome, reference: data.reference.take().unwrap_or_default() }
        }
        "close" => Step::Close,
        "feedback" => Step::Comment,
        other => {
            let known = "acknowledge, verify, confirm, dismiss, dispatch, dispose, close, feedback";
            return Err(format!("type: '{other}' is no step: {known}"));
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::access::principal::Principal;
    use crate::access::role::Role;

    fn read(kind: &str, data: Value) -> Result<Order, String> {
        let principal =
            Principal::new("platform", "", "webhook:platform", vec![Role::WatchOfficer], None, Arc::default());
        let callback = Callback { principal: Arc::new(principal) };
        let event = json!({ "specversion": "1.0", "id": "e1", "source": "urn:platform", "type": format!("cn.shorewatch.callback.{kind}.v1"),
            "subject": "unloading-1", "data": data });
        order(event.to_string().as_bytes(), &callback, 7).map(|(order, _)| order)
    }

    #[test]
    fn every_step_of_an_officer_that_a_platform_may_take_has_its_type() {
        for (kind, data, step) in [
            ("acknowledge", json!({"etag": "v1"}), Step::Acknowledge),
            ("verify", json!({"etag": "v1"}), Step::Verify),
            ("confirm", json!({"etag": "v1"}), Step::Confirm),
            ("dismiss", json!({"etag": "v1", "reason": "lawful_fishing"}), Step::Dismiss(DismissReason::LawfulFishing)),
            (
                "dispatch",
                json!({"etag": "v1", "unit": "boat 7", "eta": "1970-01-01T00:00:09Z"}),
                Step::Dispatch { unit: "boat 7".to_owned(), eta_ms: Some(9_000), known: false },
            ),
            (
                "dispose",
                json!({"etag": "v1", "outcome": "seized", "reference": "HK-7"}),
                Step::Dispose { outcome: Outcome::Seized, reference: "HK-7".to_owned() },
            ),
            ("close", json!({"etag": "v1"}), Step::Close),
            ("feedback", json!({"note": "a fishing boat that we know"}), Step::Comment),
        ] {
            let order = read(kind, data).unwrap();
            assert_eq!((&order.step, order.alert_id.as_str(), order.request_id.as_str()), (&step, "unloading-1", "e1"));
            assert_eq!((order.actor.id.as_str(), order.actor.role.as_str()), ("platform", "watch_officer"));
        }
    }

    #[test]
    fn what_does_not_belong_or_is_missing_is_named_by_field() {
        for (kind, data, problem) in [
            ("acknowledge", json!({}), "data.etag: missing"),
            ("acknowledge", json!({"etag": "v1", "outcome": "seized"}), "data.outcome: does not belong to acknowledge"),
            ("dismiss", json!({"etag": "v1"}), "data.reason: missing"),
            ("dismiss", json!({"etag": "v1", "reason": "tired"}), "data.reason: 'tired' is none of known_vessel"),
            ("dismiss", json!({"etag": "v1", "reason": "other"}), "data.note: missing"),
            ("dispatch", json!({"etag": "v1", "unit": "boat", "eta": "soon"}), "data.eta:"),
            ("dispose", json!({"etag": "v1"}), "data.outcome: missing"),
            ("feedback", json!({}), "data.note: missing"),
            ("withdraw", json!({"etag": "v1"}), "type: 'withdraw' is no step"),
            ("acknowledge", json!({"etag": "v1", "extra": 1}), "no CloudEvent: unknown field `extra`"),
            ("feedback", json!({"note": "x".repeat(NOTE_CHARS_MAX + 1)}), "data.note: more than"),
        ] {
            let refused = read(kind, data).unwrap_err();
            assert!(refused.contains(problem), "{kind}: {refused}");
        }
    }
}
