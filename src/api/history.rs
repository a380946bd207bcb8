//! Where tracks have been: pages and streams of points from the store.

use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::convert::history as convert;
use super::proto::track::v1 as wire;
use super::streams::{Answers, Places, expires_in, run_out};
use crate::access::principal::Principal;
use crate::serve::limits::{
    HISTORY_QUEUE, HISTORY_READS_AT_ONCE, POINT_PAGE_DEFAULT, POINT_PAGE_MAX, POINTS_LOOKED_AT_MAX,
};
use crate::store::history::{Cursor, Effort, HistoryReader, Page};

/// Reads history for clients, in threads that may wait for the disk.
#[derive(Debug)]
pub(super) struct History {
    reader: Option<HistoryReader>,
    turns: Arc<Semaphore>,
}

/// What one caller asks for, and may see of it.
#[derive(Clone)]
struct Question {
    reader: HistoryReader,
    turns: Arc<Semaphore>,
    filter: convert::PointFilter,
    caller: Arc<Principal>,
}

impl History {
    /// None for a server without a store.
    pub(super) fn new(reader: Option<HistoryReader>) -> Self {
        Self { reader, turns: Arc::new(Semaphore::new(HISTORY_READS_AT_ONCE)) }
    }

    fn question(&self, caller: Arc<Principal>, filter: Option<&wire::PointFilter>) -> Result<Question, Status> {
        let filter = convert::checked_filter(filter)?;
        let reader = self.reader.clone().ok_or_else(|| {
            Status::failed_precondition("this server keeps no history: start it with --store, to have one from then on")
        })?;
        Ok(Question { reader, turns: Arc::clone(&self.turns), filter, caller })
    }

    /// A page.
    pub(super) async fn list(
        &self,
        caller: Arc<Principal>,
        request: wire::ListTrackPointsRequest,
    ) -> Result<wire::ListTrackPointsResponse, Status> {
        let question = self.question(caller, request.filter.as_ref())?;
        let cursor = convert::checked_token(&request.page_token)?;
        let size = match request.page_size as usize {
            0 => POINT_PAGE_DEFAULT,
            size => size.min(POINT_PAGE_MAX),
        };
        let page = question.page(cursor, size).await?;
        let next_page_token = page.next.map_or_else(String::new, convert::token);
        Ok(wire::ListTrackPointsResponse { points: page.points.iter().map(convert::point).collect(), next_page_token })
    }

    /// All of it; the stream takes one of `places`.
    pub(super) fn stream(
        &self,
        caller: Arc<Principal>,
        request: &wire::StreamTrackPointsRequest,
        places: &Places,
    ) -> Result<Answers<wire::StreamTrackPointsResponse>, Status> {
        let expires_in = expires_in(&caller);
        let question = self.question(caller, request.filter.as_ref())?;
        let place = places.take()?;
        let (parts, queue) = mpsc::channel(HISTORY_QUEUE);
        tokio::spawn(async move {
            let _place = place;
            let all = async {
                let mut cursor = Some(Cursor::default());
                while let Some(from) = cursor {
                    let page = question.page(from, POINT_PAGE_MAX).await?;
                    cursor = page.next;
                    if !page.points.is_empty() {
                        let points = page.points.iter().map(convert::point).collect();
                        // Nobody reads any more: the reading ends below.
                        let _ = parts.send(Ok(wire::StreamTrackPointsResponse { points })).await;
                    }
                }
                Ok(())
            };
            let ended = tokio::select! {
                ended = all => ended,
                () = parts.closed() => return,
                () = tokio::time::sleep(expires_in) => Err(run_out()),
            };
            if let Err(status) = ended {
                let _ = parts.send(Err(status)).await;
            }
        });
        Ok(Box::pin(ReceiverStream::new(queue)))
    }
}

impl Question {
    /// The next points, read while others wait for their turn; a client that is waited for keeps no turn.
    async fn page(&self, from: Cursor, points_max: usize) -> Result<Page, Status> {
        let broke_off = || Status::internal("the reading of history broke off: ask again");
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| broke_off())?;
        let question = self.clone();
        let read = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let Question { reader, filter, caller, .. } = question;
            let effort = Effort { points_max, looked_at_max: POINTS_LOOKED_AT_MAX };
            reader.page(filter.when, from, effort, |point| filter.selects(point) && caller.sees_place(point.position))
        });
        read.await.map_err(|_| broke_off())?.map_err(|error| {
            tracing::error!(%error, "history cannot be read");
            Status::unavailable("history cannot be read: the log of the server says why")
        })
    }
}
