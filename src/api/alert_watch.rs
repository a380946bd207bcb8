//! One watch of alerts: what was asked for, and the task that tells it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tonic::{Code, Status};

use super::alert_service::unreadable;
use super::convert::life as convert;
use super::faults::reasoned;
use super::proto::alert::v1 as wire;
use super::streams::{Shutdown, expires_in, heartbeat_interval, run_out, shut_down, shutting_down};
use crate::access::principal::Principal;
use crate::serve::limits::ALERT_PAGE_MAX;
use crate::store::records::Records;
use crate::store::records::alert::{self as alerts, AlertQuery, AlertRecord};
use crate::store::records::board::{AlertChange, AlertWatch, AlertWindow, Sight};

type Changes = mpsc::Sender<Result<wire::WatchAlertsResponse, Status>>;

/// What a watcher asked for, checked.
#[derive(Debug)]
pub struct Wish {
    caller: Arc<Principal>,
    query: AlertQuery,
    resume: Option<i64>,
    heartbeat: Duration,
}

impl Wish {
    /// What is asked for.
    ///
    /// # Errors
    /// For a filter that makes no sense, and for a token of other records.
    pub fn checked(
        request: wire::WatchAlertsRequest,
        caller: Arc<Principal>,
        records: &Records,
    ) -> Result<Self, Status> {
        let mut filter = request.filter.unwrap_or_default();
        filter.kinds.extend(request.kinds);
        let query = convert::checked_filter(Some(&filter))?;
        let resume = match request.resume_token.as_str() {
            "" => None,
            token => Some(resume_from(token, records)?),
        };
        let heartbeat = heartbeat_interval(request.heartbeat_interval_ms);
        Ok(Self { caller, query, resume, heartbeat })
    }

    fn sight(&self, record: &AlertRecord) -> Sight {
        match (self.caller.sees_alert(record), self.query.selects(record)) {
            (false, _) => Sight::Hidden,
            (true, false) => Sight::Visible,
            (true, true) => Sight::Selected,
        }
    }
}

fn token(records: &Records, sequence: i64) -> String {
    format!("{}-{sequence:x}", records.name())
}

fn resume_from(token: &str, records: &Records) -> Result<i64, Status> {
    let place = token.split_once('-').filter(|(name, _)| *name == records.name());
    let place = place.and_then(|(_, place)| i64::from_str_radix(place, 16).ok());
    // A place that has not been reached yet is of a file that was restored from a backup since.
    place.filter(|place| (0..=records.window().latest()).contains(place)).ok_or_else(|| {
        let message = "this token is of other records than this server's: watch without one, for a new snapshot";
        reasoned(Code::OutOfRange, message, "RESUME_TOKEN_UNKNOWN", ("field", "resume_token"))
    })
}

/// Tells a watcher until he goes, his token runs out, or the server ends.
pub async fn run(wish: Wish, records: Records, mut ended: Shutdown, changes: Changes) {
    let farewell = match watch(&wish, &records, &mut ended, &changes).await {
        Ok(()) => return,
        Err(status) => status,
    };
    let _ = changes.send(Err(farewell)).await;
}

/// `Ok` when the watcher has gone; else what to tell him at the end.
async fn watch(wish: &Wish, records: &Records, ended: &mut Shutdown, changes: &Changes) -> Result<(), Status> {
    let mut window = records.window();
    let mut watch = wish.resume.map_or_else(AlertWatch::default, AlertWatch::resume);
    if wish.resume.is_some() && !catch_up(wish, records, &mut watch, changes).await? {
        return Ok(());
    }
    let mut snapshot = wish.resume.is_none();
    let mut ending = false;
    let expiry = tokio::time::sleep(expires_in(&wish.caller));
    // Alerts change all the time somewhere, also when this watcher has nothing to hear.
    let quiet = tokio::time::sleep(wish.heartbeat);
    tokio::pin!(expiry, quiet);
    loop {
        // Before the look: what is posted during it is looked at again.
        window.mark_seen();
        // The watch is over all that was posted up to here, also where nothing of it is for this watcher.
        let looked = look(wish, &mut watch, &window);
        if !looked.is_empty() {
            quiet.set(tokio::time::sleep(wish.heartbeat));
        }
        if !tell(records, looked, snapshot, changes).await {
            return Ok(());
        }
        if std::mem::take(&mut snapshot) && !say(changes, wire::AlertChange::SnapshotEnd, records, watch.seen()).await {
            return Ok(());
        }
        if ending {
            return Err(shutting_down());
        }
        tokio::select! {
            goes_on = window.changed() => ending = !goes_on,
            () = shut_down(ended) => ending = true,
            () = changes.closed() => return Ok(()),
            () = &mut expiry => return Err(run_out()),
            () = &mut quiet => {
                quiet.set(tokio::time::sleep(wish.heartbeat));
                if !say(changes, wire::AlertChange::Heartbeat, records, watch.seen()).await {
                    return Ok(());
                }
            }
        }
    }
}

fn look(wish: &Wish, watch: &mut AlertWatch, window: &AlertWindow) -> Vec<(AlertChange, Arc<AlertRecord>)> {
    watch.look(window, |record| wish.sight(record))
}

/// Tells what changed so long ago that it is in the file only; false when the watcher has gone.
async fn catch_up(wish: &Wish, records: &Records, watch: &mut AlertWatch, changes: &Changes) -> Result<bool, Status> {
    while watch.seen() < records.window().floor() {
        let (after, size) = (watch.seen(), ALERT_PAGE_MAX);
        let page = records.read(move |connection| alerts::changed_since(connection, after, size)).await;
        let page: Vec<Arc<AlertRecord>> = page.map_err(unreadable)?.into_iter().map(Arc::new).collect();
        if page.is_empty() {
            break;
        }
        if !tell(records, watch.take(page, |record| wish.sight(record)), false, changes).await {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Sends changes, each with the token to resume after it; false when the watcher has gone. Waits while he does not read; meanwhile
/// the board keeps the latest of each alert.
async fn tell(
    records: &Records,
    looked: Vec<(AlertChange, Arc<AlertRecord>)>,
    snapshot: bool,
    changes: &Changes,
) -> bool {
    let mut done = None;
    let mut looked = looked.into_iter().peekable();
    while let Some((change, record)) = looked.next() {
        // Two changes of one state: only after the second is it done with.
        let is_last = looked.peek().is_none_or(|(_, next)| next.changed_sequence != record.changed_sequence);
        if is_last {
            done = Some(record.changed_sequence);
        }
        let alert = match change {
            AlertChange::Left => Ok(wire::Alert { id: record.id().to_owned(), ..wire::Alert::default() }),
            _ => convert::alert(&record),
        };
        let resume_token = done.filter(|_| !snapshot).map(|sequence| token(records, sequence)).unwrap_or_default();
        let response = alert.map(|alert| wire::WatchAlertsResponse {
            change: convert::change(change) as i32,
            alert: Some(alert),
            resume_token,
        });
        if changes.send(response).await.is_err() {
            return false;
        }
    }
    true
}

/// Sends a word without an alert.
async fn say(changes: &Changes, change: wire::AlertChange, records: &Records, seen: i64) -> bool {
    let resume_token = token(records, seen);
    changes.send(Ok(wire::WatchAlertsResponse { change: change as i32, alert: None, resume_token })).await.is_ok()
}
