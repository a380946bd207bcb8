//! One watch of tracks: what was asked for, and the task that tells it.

use std::sync::Arc;
use std::time::Duration;

use prost::Message;
use tokio::sync::mpsc;
use tonic::{Code, Status};

use super::convert::track as convert;
use super::faults::reasoned;
use super::proto::track::v1 as wire;
use super::streams::{expires_in, heartbeat_interval, run_out, shutting_down};
use super::tokens;
use crate::access::principal::Principal;
use crate::serve::chart_window::ChartWindow;
use crate::serve::picture::{Picture, PictureWindow};
use crate::serve::track_watch::{TrackFilter, TrackWatch};
use crate::units::EventTime;

type Changes = mpsc::Sender<Result<wire::WatchTracksResponse, Status>>;

/// What a watcher asked for, checked.
#[derive(Debug)]
pub struct Wish {
    caller: Arc<Principal>,
    watch: TrackWatch,
    heartbeat: Duration,
    /// What tokens of this watch are good for: the same question of the same caller to this run of the server.
    question: String,
}

impl Wish {
    /// What is asked for, of tracks that `filter` selects.
    ///
    /// # Errors
    /// For a token that is not ours, of another watch, or too old.
    pub fn checked(
        request: &wire::WatchTracksRequest,
        caller: Arc<Principal>,
        filter: TrackFilter,
        window: &PictureWindow,
    ) -> Result<Self, Status> {
        let interval_min_ms = request.min_update_interval_ms;
        let question = format!(
            "{} {} {interval_min_ms} {:?}",
            window.run(),
            caller.id(),
            request.filter.as_ref().map(Message::encode_to_vec)
        );
        let watch = match request.resume_token.as_str() {
            "" => TrackWatch::new(filter, interval_min_ms),
            token => {
                TrackWatch::resume(filter, interval_min_ms, &*still(token, &question, window).ok_or_else(unknown)?)
            }
        };
        Ok(Self { caller, watch, heartbeat: heartbeat_interval(request.heartbeat_interval_ms), question })
    }
}

fn still(token: &str, question: &str, window: &PictureWindow) -> Option<Arc<Picture>> {
    window.still(EventTime::from_millis(tokens::read(token, question).ok()??))
}

fn unknown() -> Status {
    let message =
        "this token is too old, or of another watch or run of the server: watch without one, for a new snapshot";
    reasoned(Code::OutOfRange, message, "RESUME_TOKEN_UNKNOWN", ("field", "resume_token"))
}

/// Tells a watcher until he goes, his token runs out, or the server ends.
pub async fn run(wish: Wish, mut window: PictureWindow, chart: ChartWindow, changes: Changes) {
    let Wish { caller, mut watch, heartbeat, question } = wish;
    let token = |window: &PictureWindow, told: EventTime| {
        window.still_until(told).map_or_else(String::new, |still| tokens::write(still.as_millis(), &question))
    };
    let mut picture = window.now();
    let expiry = tokio::time::sleep(expires_in(&caller));
    let quiet = tokio::time::sleep(heartbeat);
    tokio::pin!(expiry, quiet);
    loop {
        watch.look_at(&chart.now());
        let mut looked = watch.look(&picture, |id| window.farewell(id)).into_iter().peekable();
        while let Some(change) = looked.next() {
            quiet.set(tokio::time::sleep(heartbeat));
            let mut told = convert::track_change(&change, picture.time);
            if looked.peek().is_none() {
                told.resume_token = token(&window, picture.time);
            }
            // Waits while the watcher does not read; meanwhile newer pictures replace each other.
            if changes.send(Ok(told)).await.is_err() {
                return;
            }
        }
        let next = tokio::select! {
            next = window.next() => next,
            () = &mut quiet => {
                quiet.set(tokio::time::sleep(heartbeat));
                let mut beat = convert::heartbeat(picture.time);
                beat.resume_token = token(&window, picture.time);
                if changes.send(Ok(beat)).await.is_err() {
                    return;
                }
                continue;
            }
            () = changes.closed() => return,
            () = &mut expiry => {
                let _ = changes.send(Err(run_out())).await;
                return;
            }
        };
        match next {
            Some(next) => picture = next,
            None => break,
        }
    }
    let _ = changes.send(Err(shutting_down())).await;
}
