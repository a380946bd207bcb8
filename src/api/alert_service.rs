//! `AlertService`: what a watch officer is told, and what he does with it.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Response, Status};

use super::alert_watch::{self, Wish};
use super::convert::{BadField, life as convert, mask};
use super::faults::reasoned;
use super::proto::alert::v1 as wire;
use super::proto::alert::v1::alert_service_server::AlertService;
use super::streams::{Answers, Places, Shutdown};
use super::tokens;
use crate::access::layer::caller;
use crate::access::principal::Principal;
use crate::access::role::Permission;
use crate::life::{DismissReason, Step};
use crate::serve::clock;
use crate::serve::limits::{ALERT_PAGE_DEFAULT, ALERT_PAGE_MAX, WATCH_QUEUE};
use crate::serve::officer::OfficerDesk;
use crate::store::pictures::{PictureStore, hash_of};
use crate::store::records::alert::{self as alerts, AlertRecord};
use crate::store::records::entry::{ALERT, Entered, NO_HASH};
use crate::store::records::{Order, OrderError, Records, RecordsError, book};

/// The service.
#[derive(Debug)]
pub struct Alerts {
    records: Records,
    desk: OfficerDesk,
    places: Places,
    ended: Shutdown,
    pictures: Option<PictureStore>,
}

/// What an officer asks for, as the calls have it in common.
struct Asked {
    id: String,
    etag: String,
    request_id: String,
    note: String,
}

/// Takes apart what the requests have in common.
macro_rules! asked {
    ($request:expr) => {{
        let request = $request;
        Asked { id: request.id, etag: request.etag, request_id: request.request_id, note: request.note }
    }};
}

/// A call that takes no more than the alert: the answer is the alert and the entry.
macro_rules! answer {
    ($response:ident, $done:expr) => {{
        let (alert, event) = $done;
        Ok(Response::new(wire::$response { alert: Some(alert), event: Some(event) }))
    }};
}

impl Alerts {
    /// A service of what is on record, with the `desk` where steps are taken down. Watchers take one of `places` each, and end when
    /// `ended` says so.
    pub fn new(desk: OfficerDesk, places: Places, ended: Shutdown) -> Self {
        Self { records: desk.records().clone(), desk, places, ended, pictures: None }
    }

    /// Gives out the pictures that are kept in `pictures`.
    #[must_use]
    pub fn showing(self, pictures: Option<PictureStore>) -> Self {
        Self { pictures, ..self }
    }

    async fn carry_out(
        &self,
        caller: Arc<Principal>,
        asked: Asked,
        step: Step,
    ) -> Result<(wire::Alert, wire::AlertEvent), Status> {
        let note = convert::checked_note(asked.note)?;
        let note_needed = matches!(step, Step::Comment | Step::Dismiss(DismissReason::Other));
        if note_needed && note.trim().is_empty() {
            return Err(BadField::new("note", "missing: say what it is").into());
        }
        if asked.etag.is_empty() && step != Step::Comment {
            let problem = "missing: send alert.life.etag as you saw it";
            return Err(BadField::new("etag", problem).into());
        }
        let order = Order {
            alert_id: asked.id,
            etag: Some(asked.etag).filter(|etag| !etag.is_empty()),
            request_id: convert::checked_request_id(asked.request_id)?,
            step: step.clone(),
            note,
            actor: caller.actor(Permission::Act),
            at_ms: clock::now().as_millis(),
        };
        let actor = order.actor.clone();
        let says_something = !matches!(step, Step::Comment | Step::HandOver { .. } | Step::Close);
        let done = self.records.write(move |book| book.carry_out(&order, |record| caller.sees_alert(record))).await;
        let (record, entered) = done.map_err(refused)?;
        if says_something {
            self.desk.follow(&record, &step, &actor).await;
        }
        Ok((convert::alert(&record)?, convert::event(&entered)))
    }

    /// The alert with this id, when the caller may see it.
    async fn visible(&self, caller: Arc<Principal>, id: String) -> Result<AlertRecord, Status> {
        // What was told before this call is to be found by it.
        self.records.flush().await;
        let found = self.records.read(move |connection| alerts::load(connection, &id)).await.map_err(unreadable)?;
        found.filter(|record| caller.sees_alert(record)).ok_or_else(|| refused(OrderError::NotFound))
    }
}

#[tonic::async_trait]
impl AlertService for Alerts {
    type WatchAlertsStream = Answers<wire::WatchAlertsResponse>;

    async fn get_alert(
        &self,
        request: Request<wire::GetAlertRequest>,
    ) -> Result<Response<wire::GetAlertResponse>, Status> {
        let record = self.visible(caller(&request)?, request.into_inner().id).await?;
        Ok(Response::new(wire::GetAlertResponse { alert: Some(convert::alert(&record)?) }))
    }

    async fn list_alerts(
        &self,
        request: Request<wire::ListAlertsRequest>,
    ) -> Result<Response<wire::ListAlertsResponse>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        let query = convert::checked_filter(request.filter.as_ref())?;
        let mask = mask::checked(request.read_mask.as_ref())?;
        let of = format!("{query:?}");
        let before = tokens::read(&request.page_token, &of)?.unwrap_or(i64::MAX);
        let size = page_size(request.page_size);
        self.records.flush().await;
        let selects = move |record: &AlertRecord| query.selects(record) && caller.sees_alert(record);
        // One more than the page shows whether there is a next one.
        let found = self.records.read(move |connection| alerts::list(connection, before, size + 1, selects)).await;
        let mut found = found.map_err(unreadable)?;
        let more = found.len() > size;
        found.truncate(size);
        let next = found.last().filter(|_| more).map(|last| tokens::write(last.first_sequence, &of));
        let alerts = found.iter().map(|record| Ok(mask.apply(convert::alert(record)?)));
        let alerts = alerts.collect::<Result<_, Status>>()?;
        Ok(Response::new(wire::ListAlertsResponse { alerts, next_page_token: next.unwrap_or_default() }))
    }

    async fn watch_alerts(
        &self,
        request: Request<wire::WatchAlertsRequest>,
    ) -> Result<Response<Self::WatchAlertsStream>, Status> {
        let caller = caller(&request)?;
        let wish = Wish::checked(request.into_inner(), caller, &self.records)?;
        let place = self.places.take()?;
        self.records.flush().await;
        let (changes, queue) = mpsc::channel(WATCH_QUEUE);
        let (records, ended) = (self.records.clone(), self.ended.clone());
        tokio::spawn(async move {
            let _place = place;
            alert_watch::run(wish, records, ended, changes).await;
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(queue))))
    }

    async fn acknowledge_alert(
        &self,
        request: Request<wire::AcknowledgeAlertRequest>,
    ) -> Result<Response<wire::AcknowledgeAlertResponse>, Status> {
        let (caller, asked) = (caller(&request)?, asked!(request.into_inner()));
        answer!(AcknowledgeAlertResponse, self.carry_out(caller, asked, Step::Acknowledge).await?)
    }

    async fn verify_alert(
        &self,
        request: Request<wire::VerifyAlertRequest>,
    ) -> Result<Response<wire::VerifyAlertResponse>, Status> {
        let (caller, asked) = (caller(&request)?, asked!(request.into_inner()));
        answer!(VerifyAlertResponse, self.carry_out(caller, asked, Step::Verify).await?)
    }

    async fn confirm_alert(
        &self,
        request: Request<wire::ConfirmAlertRequest>,
    ) -> Result<Response<wire::ConfirmAlertResponse>, Status> {
        let (caller, asked) = (caller(&request)?, asked!(request.into_inner()));
        answer!(ConfirmAlertResponse, self.carry_out(caller, asked, Step::Confirm).await?)
    }

    async fn dismiss_alert(
        &self,
        request: Request<wire::DismissAlertRequest>,
    ) -> Result<Response<wire::DismissAlertResponse>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        let step = Step::Dismiss(convert::checked_dismiss_reason(request.reason)?);
        answer!(DismissAlertResponse, self.carry_out(caller, asked!(request), step).await?)
    }

    async fn dispatch_alert(
        &self,
        request: Request<wire::DispatchAlertRequest>,
    ) -> Result<Response<wire::DispatchAlertResponse>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        let unit = request.unit.trim();
        if unit.is_empty() {
            return Err(BadField::new("unit", "missing: a unit of the configuration, or a call sign").into());
        }
        let unit = convert::checked_note(unit.to_owned()).map_err(|_| BadField::new("unit", "too long"))?;
        let known = caller.organisation().unit(&unit).is_some();
        let step = Step::Dispatch { unit, eta_ms: request.eta_ms, known };
        answer!(DispatchAlertResponse, self.carry_out(caller, asked!(request), step).await?)
    }

    async fn dispose_alert(
        &self,
        request: Request<wire::DisposeAlertRequest>,
    ) -> Result<Response<wire::DisposeAlertResponse>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        let outcome = convert::checked_outcome(request.outcome)?;
        let reference = convert::checked_note(request.reference.clone()).map_err(|bad| bad.within("reference"))?;
        let step = Step::Dispose { outcome, reference };
        answer!(DisposeAlertResponse, self.carry_out(caller, asked!(request), step).await?)
    }

    async fn close_alert(
        &self,
        request: Request<wire::CloseAlertRequest>,
    ) -> Result<Response<wire::CloseAlertResponse>, Status> {
        let (caller, asked) = (caller(&request)?, asked!(request.into_inner()));
        answer!(CloseAlertResponse, self.carry_out(caller, asked, Step::Close).await?)
    }

    async fn comment_alert(
        &self,
        request: Request<wire::CommentAlertRequest>,
    ) -> Result<Response<wire::CommentAlertResponse>, Status> {
        let (caller, asked) = (caller(&request)?, asked!(request.into_inner()));
        answer!(CommentAlertResponse, self.carry_out(caller, asked, Step::Comment).await?)
    }

    async fn hand_over_alert(
        &self,
        request: Request<wire::HandOverAlertRequest>,
    ) -> Result<Response<wire::HandOverAlertResponse>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        if caller.organisation().unit(&request.unit_id).is_none() {
            let units: Vec<&str> = caller.organisation().units().iter().map(|unit| unit.id.as_str()).collect();
            let known = if units.is_empty() { "none are configured".to_owned() } else { units.join(", ") };
            return Err(BadField::new("unit_id", format!("'{}' is no unit: {known}", request.unit_id)).into());
        }
        let step = Step::HandOver { to: request.unit_id.clone(), joint: request.joint };
        answer!(HandOverAlertResponse, self.carry_out(caller, asked!(request), step).await?)
    }

    async fn list_alert_events(
        &self,
        request: Request<wire::ListAlertEventsRequest>,
    ) -> Result<Response<wire::ListAlertEventsResponse>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        let after = tokens::read(&request.page_token, &request.alert_id)?.unwrap_or(0);
        let size = page_size(request.page_size);
        let subject = if request.alert_id.is_empty() {
            if !caller.may(Permission::ReadRecord) {
                let message =
                    "the record of all alerts is for supervisors, administrators and auditors: name one alert";
                return Err(Status::permission_denied(message));
            }
            String::new()
        } else {
            self.visible(Arc::clone(&caller), request.alert_id.clone()).await?;
            format!("{ALERT}{}", request.alert_id)
        };
        let read = move |connection: &rusqlite::Connection| {
            let page = book::entries(connection, &subject, after, size)?;
            let next = page.last().filter(|_| page.len() == size).map(|last| last.entry.sequence);
            let mut shown = Vec::with_capacity(page.len());
            for entered in page {
                if sees_entry(&caller, connection, &entered)? {
                    shown.push(entered);
                }
            }
            Ok((shown, next))
        };
        let (shown, next) = self.records.read(read).await.map_err(unreadable)?;
        let next = next.map(|sequence| tokens::write(sequence, &request.alert_id));
        let events = shown.iter().map(convert::event).collect();
        Ok(Response::new(wire::ListAlertEventsResponse { events, next_page_token: next.unwrap_or_default() }))
    }

    async fn get_picture(
        &self,
        request: Request<wire::GetPictureRequest>,
    ) -> Result<Response<wire::GetPictureResponse>, Status> {
        let caller = caller(&request)?;
        let wire::GetPictureRequest { alert_id, sha256 } = request.into_inner();
        let bad = || BadField::new("sha256", "64 hexadecimal digits, as in alert.pictures");
        let hash = hash_of(&sha256).ok_or_else(bad)?;
        let record = self.visible(caller, alert_id).await?;
        let named =
            convert::alert(&record)?.pictures.iter().any(|picture| picture.sha256.eq_ignore_ascii_case(&sha256));
        let not_here = "its site has not sent this picture, or it is kept no more";
        if !named {
            return Err(Status::not_found("the alert names no such picture"));
        }
        let Some(pictures) = self.pictures.clone() else { return Err(Status::not_found(not_here)) };
        let found = tokio::task::spawn_blocking(move || pictures.get(&hash)).await;
        let found = found.map_err(|error| Status::internal(error.to_string()))?;
        let found = found.map_err(|error| Status::unavailable(error.to_string()))?;
        let (form, content) = found.ok_or_else(|| Status::not_found(not_here))?;
        Ok(Response::new(wire::GetPictureResponse { media_type: form.media_type().to_owned(), content }))
    }

    async fn get_evidence(
        &self,
        request: Request<wire::GetEvidenceRequest>,
    ) -> Result<Response<wire::GetEvidenceResponse>, Status> {
        let record = self.visible(caller(&request)?, request.into_inner().alert_id).await?;
        let (subject, first) = (format!("{ALERT}{}", record.id()), record.first_sequence);
        let read = move |connection: &rusqlite::Connection| {
            let previous = match first {
                ..=1 => NO_HASH.to_owned(),
                _ => book::entered(connection, first - 1)?.hash,
            };
            Ok((book::entries(connection, &subject, 0, usize::MAX)?, previous))
        };
        let (entries, previous_hash) = self.records.read(read).await.map_err(unreadable)?;
        Ok(Response::new(wire::GetEvidenceResponse {
            alert: Some(convert::alert(&record)?),
            events: entries.iter().map(convert::event).collect(),
            previous_hash,
            checkpoint: None,
        }))
    }
}

/// Whether the caller may see an entry: that of an alert when he may see the alert, others when nothing is hidden from him.
fn sees_entry(caller: &Principal, connection: &rusqlite::Connection, entered: &Entered) -> Result<bool, RecordsError> {
    if caller.sees_everything() {
        return Ok(true);
    }
    let Some(id) = entered.entry.subject.strip_prefix(ALERT) else { return Ok(false) };
    Ok(alerts::load(connection, id)?.is_some_and(|record| caller.sees_alert(&record)))
}

fn page_size(asked: u32) -> usize {
    match asked as usize {
        0 => ALERT_PAGE_DEFAULT,
        size => size.min(ALERT_PAGE_MAX),
    }
}

/// Why an order was not carried out, in the words of the interface.
fn refused(error: OrderError) -> Status {
    let message = error.to_string();
    match error {
        OrderError::NotFound => Status::not_found(message),
        OrderError::Changed { present } => reasoned(Code::Aborted, message, "ETAG_MISMATCH", ("etag", &present)),
        OrderError::Refused(refused) => {
            reasoned(Code::FailedPrecondition, message, "STEP_NOT_ALLOWED", ("state", refused.state.as_str()))
        }
        OrderError::RequestReused => {
            reasoned(Code::AlreadyExists, message, "REQUEST_ID_REUSED", ("field", "request_id"))
        }
        OrderError::Records(error) => unreadable(error),
    }
}

/// The records cannot be had.
pub(super) fn unreadable(error: RecordsError) -> Status {
    match error {
        RecordsError::Closed => super::streams::shutting_down(),
        other => {
            tracing::error!(error = %other, "the records cannot be read");
            Status::internal(other.to_string())
        }
    }
}
