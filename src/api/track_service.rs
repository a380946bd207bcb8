//! `TrackService`: the picture.

use std::sync::Arc;

use tokio::sync::{Mutex, Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Response, Status};

use super::convert::{life, sensor, statement, track as convert};
use super::faults::reasoned;
use super::history::History;
use super::proto::track::v1 as wire;
use super::proto::track::v1::track_service_server::TrackService;
use super::streams::{Answers, Places, shutting_down};
use super::track_watch::{self, Wish};
use crate::access::layer::caller;
use crate::access::principal::Principal;
use crate::access::role::Permission;
use crate::engine::StatementError;
use crate::serve::chart_window::ChartWindow;
use crate::serve::clock;
use crate::serve::engine_task::EngineHandle;
use crate::serve::limits::{TRACK_PAGE_DEFAULT, TRACK_PAGE_MAX, WATCH_QUEUE};
use crate::serve::picture::PictureWindow;
use crate::serve::track_watch::TrackFilter;
use crate::store::history::HistoryReader;
use crate::store::records::Records;
use crate::store::records::book::Book;
use crate::store::records::register::Request as RecordRequest;
use crate::store::records::track::StatementOrderError;
use crate::units::TrackId;

/// The service.
#[derive(Debug)]
pub struct Tracks {
    window: PictureWindow,
    chart: ChartWindow,
    places: Places,
    history: History,
    /// Who knows what made a track, and how many may ask at once.
    engine: Option<(EngineHandle, Arc<Semaphore>)>,
    /// Where statements of officers are taken down; one after the other, so that record and engine hear them in the same order.
    records: Option<Mutex<Records>>,
}

impl Tracks {
    /// A service that shows what `window` shows, with the zones of `chart`; watchers take one of `places` each. Without a store there is no
    /// `history`.
    pub fn new(window: PictureWindow, chart: ChartWindow, places: Places, history: Option<HistoryReader>) -> Self {
        Self { window, chart, places, history: History::new(history), engine: None, records: None }
    }

    /// Lets `engine` explain tracks; `questions` says how many may ask at once.
    #[must_use]
    pub fn explained_by(self, engine: EngineHandle, questions: Arc<Semaphore>) -> Self {
        Self { engine: Some((engine, questions)), ..self }
    }

    /// Takes statements of officers down in `records`.
    #[must_use]
    pub fn taking_down(self, records: Records) -> Self {
        Self { records: Some(Mutex::new(records)), ..self }
    }
}

#[tonic::async_trait]
impl TrackService for Tracks {
    type WatchTracksStream = Answers<wire::WatchTracksResponse>;
    type StreamTrackPointsStream = Answers<wire::StreamTrackPointsResponse>;

    async fn list_track_points(
        &self,
        request: Request<wire::ListTrackPointsRequest>,
    ) -> Result<Response<wire::ListTrackPointsResponse>, Status> {
        let caller = caller(&request)?;
        self.history.list(caller, request.into_inner()).await.map(Response::new)
    }

    async fn stream_track_points(
        &self,
        request: Request<wire::StreamTrackPointsRequest>,
    ) -> Result<Response<Self::StreamTrackPointsStream>, Status> {
        let caller = caller(&request)?;
        self.history.stream(caller, &request.into_inner(), &self.places).map(Response::new)
    }

    async fn get_track(
        &self,
        request: Request<wire::GetTrackRequest>,
    ) -> Result<Response<wire::GetTrackResponse>, Status> {
        let caller = caller(&request)?;
        let id = convert::checked_track_id(&request.into_inner().id)?;
        let picture = self.window.now();
        let track = picture
            .track(id)
            .filter(|track| caller.sees_place(track.position))
            .ok_or_else(|| Status::not_found(format!("track {id} is not in the picture")))?;
        Ok(Response::new(wire::GetTrackResponse { track: Some(convert::track(track)) }))
    }

    async fn explain_track(
        &self,
        request: Request<wire::ExplainTrackRequest>,
    ) -> Result<Response<wire::ExplainTrackResponse>, Status> {
        let caller = caller(&request)?;
        let id = convert::checked_track_id(&request.into_inner().id)?;
        let Some((engine, questions)) = &self.engine else {
            return Err(Status::unimplemented("this server keeps nothing that explains its tracks"));
        };
        let unknown = || Status::not_found(format!("track {id} is not in the picture"));
        self.window.now().track(id).filter(|track| caller.sees_place(track.position)).ok_or_else(unknown)?;
        let _place = questions.acquire().await.map_err(|_| shutting_down())?;
        let made_of = engine.explain(id).await.map_err(|_| shutting_down())?.ok_or_else(unknown)?;
        let seen = made_of.iter().filter(|explained| caller.sees_place(explained.contribution.of_track));
        let contributions = seen.map(sensor::contribution).collect();
        Ok(Response::new(wire::ExplainTrackResponse { contributions }))
    }

    async fn override_track(
        &self,
        request: Request<wire::OverrideTrackRequest>,
    ) -> Result<Response<wire::OverrideTrackResponse>, Status> {
        let caller = caller(&request)?;
        let wire::OverrideTrackRequest { id, statement: said, reason, etag, request_id } = request.into_inner();
        let id = convert::checked_track_id(&id)?;
        let said = said.map(statement::checked_statement).transpose()?;
        let etag = statement::checked_etag(&etag)?;
        let order = RecordRequest {
            actor: caller.actor(Permission::EditChart),
            request_id: life::checked_request_id(request_id)?,
            note: statement::checked_reason(&reason)?,
            at_ms: clock::now().as_millis(),
        };
        let (Some((engine, _)), Some(records)) = (&self.engine, &self.records) else {
            return Err(Status::unimplemented("this server keeps no record of what is said"));
        };
        let unknown = || Status::not_found(format!("track {id} is not in the picture"));
        self.window.now().track(id).filter(|track| caller.sees_place(track.position)).ok_or_else(unknown)?;
        let records = records.lock().await;
        let stated = records.write(move |book: &mut Book<'_>| book.state_track(id, said, etag, &order)).await;
        let stated = stated.map_err(refused)?;
        engine.state(id, stated).await.map_err(|_| shutting_down())?.map_err(|error| match error {
            StatementError::UnknownTrack(_) => unknown(),
            StatementError::Full => Status::resource_exhausted(error.to_string()),
        })?;
        drop(records);
        let picture = self.window.now();
        let track = picture.track(id).ok_or_else(unknown)?;
        Ok(Response::new(wire::OverrideTrackResponse { track: Some(convert::track(track)) }))
    }

    async fn list_tracks(
        &self,
        request: Request<wire::ListTracksRequest>,
    ) -> Result<Response<wire::ListTracksResponse>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        let filter = seen_by(&caller, convert::checked_filter(request.filter.as_ref(), &self.chart.now())?);
        let size = match request.page_size as usize {
            0 => TRACK_PAGE_DEFAULT,
            size => size.min(TRACK_PAGE_MAX),
        };
        // The token is the first id of the page: a track that ends between two pages shifts nothing.
        let first = match request.page_token.as_str() {
            "" => TrackId(0),
            token => convert::checked_track_id(token).map_err(|_| Status::invalid_argument("page_token: not ours"))?,
        };
        let picture = self.window.now();
        let mut selected = picture.tracks.iter().filter(|track| track.id >= first && filter.selects(track));
        let tracks = selected.by_ref().take(size).map(|track| convert::track(track)).collect();
        let next_page_token = selected.next().map_or_else(String::new, |track| track.id.to_string());
        Ok(Response::new(wire::ListTracksResponse { tracks, next_page_token, time_ms: picture.time.as_millis() }))
    }

    async fn watch_tracks(
        &self,
        request: Request<wire::WatchTracksRequest>,
    ) -> Result<Response<Self::WatchTracksStream>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        let filter = seen_by(&caller, convert::checked_filter(request.filter.as_ref(), &self.chart.now())?);
        let place = self.places.take()?;
        let wish = Wish::checked(&request, caller, filter, &self.window)?;
        let (changes, queue) = mpsc::channel(WATCH_QUEUE);
        let (window, chart) = (self.window.clone(), self.chart.clone());
        tokio::spawn(async move {
            let _place = place;
            track_watch::run(wish, window, chart, changes).await;
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(queue))))
    }
}

/// Why a statement was not taken down, in the words of the interface.
fn refused(error: StatementOrderError) -> Status {
    let message = error.to_string();
    match error {
        StatementOrderError::Changed { present } => {
            reasoned(Code::Aborted, message, "ETAG_MISMATCH", ("etag", &present.to_string()))
        }
        StatementOrderError::RequestReused => {
            reasoned(Code::AlreadyExists, message, "REQUEST_ID_REUSED", ("field", "request_id"))
        }
        StatementOrderError::Records(error) => Status::unavailable(error.to_string()),
    }
}

/// A filter that also leaves out what the caller may not see.
fn seen_by(caller: &Arc<Principal>, filter: TrackFilter) -> TrackFilter {
    let limited = (!caller.sees_everything()).then(|| Arc::clone(caller));
    TrackFilter { seen_by: limited, ..filter }
}
