//! `CueService`: cameras told where to look, and what their sites say to it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Response, Status};

use super::convert::{BadField, cue as convert, life, track};
use super::faults::reasoned;
use super::proto::sensor::v1 as wire;
use super::proto::sensor::v1::cue_service_server::CueService;
use super::streams::{Answers, Places, Shutdown, expires_in, heartbeat_interval, run_out, shut_down, shutting_down};
use crate::access::layer::caller;
use crate::access::principal::Principal;
use crate::access::role::Permission;
use crate::cue::{CueId, RequestRefused};
use crate::serve::cue_desk::{Attendance, CueDesk, NamedCue};
use crate::serve::limits::{CUE_STREAMS_MAX, WATCH_QUEUE};
use crate::serve::picture::PictureWindow;
use crate::store::records::Records;
use crate::units::TrackId;

/// The service.
#[derive(Debug)]
pub struct Cues {
    desk: CueDesk,
    picture: PictureWindow,
    records: Records,
    places: Places,
    shutdown: Shutdown,
}

type Changes = mpsc::Sender<Result<wire::TakeCuesResponse, Status>>;

impl Cues {
    /// A service before this desk.
    pub fn new(desk: CueDesk, picture: PictureWindow, records: Records, shutdown: Shutdown) -> Self {
        Self { desk, picture, records, places: Places::new(CUE_STREAMS_MAX, "streams of cues"), shutdown }
    }

    /// The track that a request is about, when the caller may see it: the one that it names, or that of its alert.
    fn checked_track(&self, caller: &Principal, track_id: &str, alert_id: &str) -> Result<TrackId, Status> {
        let alert = match alert_id {
            "" => None,
            // Whoever may see an alert may have its vessel looked at, wherever it has gone.
            id => Some(
                self.records
                    .window()
                    .get(id)
                    .filter(|record| caller.sees_alert(record))
                    .ok_or_else(|| Status::not_found("no alert of that id is kept"))?,
            ),
        };
        if track_id.is_empty() {
            if alert.is_none() {
                return Err(BadField::new("track_id", "missing: name a track, or an alert").into());
            }
            return self
                .desk
                .track_of(alert_id)
                .ok_or_else(|| Status::not_found("the vessel of this alert is not in the picture"));
        }
        let id = track::checked_track_id(track_id)
            .map_err(|_| BadField::new("track_id", format!("'{track_id}' is no track: ids look like T000017")))?;
        let picture = self.picture.now();
        let seen = picture.track(id).filter(|track| caller.sees_place(track.position));
        seen.map(|track| track.id).ok_or_else(|| Status::not_found(format!("track {id} is not in the picture")))
    }
}

#[tonic::async_trait]
impl CueService for Cues {
    type TakeCuesStream = Answers<wire::TakeCuesResponse>;

    async fn take_cues(
        &self,
        request: Request<wire::TakeCuesRequest>,
    ) -> Result<Response<Self::TakeCuesStream>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        let cameras = convert::checked_cameras(request.cameras)?;
        let heartbeat = heartbeat_interval(request.heartbeat_interval_ms);
        let place = self.places.take()?;
        let attended = self.desk.attend(&cameras, caller.id()).await.map_err(|_| shutting_down())?;
        let attendance = attended
            .map_err(|name| BadField::new("cameras", format!("'{name}' is no camera of this server's area")))?;
        let (changes, queue) = mpsc::channel(WATCH_QUEUE);
        let site = Site { desk: self.desk.clone(), caller, heartbeat, told: BTreeMap::new() };
        let shutdown = self.shutdown.clone();
        tokio::spawn(async move {
            let _place = place;
            if let Err(status) = site.run(&attendance, shutdown, &changes).await {
                let _ = changes.send(Err(status)).await;
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(queue))))
    }

    async fn answer_cue(
        &self,
        request: Request<wire::AnswerCueRequest>,
    ) -> Result<Response<wire::AnswerCueResponse>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        let answer = convert::checked_answer(request.answer)?;
        let answered = self.desk.answer(&request.cue_id, &request.camera, answer, caller.id());
        answered.map_err(|error| {
            reasoned(Code::FailedPrecondition, error.to_string(), "NOT_YOURS", ("camera", &request.camera))
        })?;
        Ok(Response::new(wire::AnswerCueResponse {}))
    }

    async fn request_cue(
        &self,
        request: Request<wire::RequestCueRequest>,
    ) -> Result<Response<wire::RequestCueResponse>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        let note = life::checked_note(request.note)?;
        let track = self.checked_track(&caller, &request.track_id, &request.alert_id)?;
        let alert = Some(request.alert_id.as_str()).filter(|id| !id.is_empty());
        let actor = caller.actor(Permission::Act);
        let asked = self.desk.request(track, alert, &note, &actor).await.map_err(|_| shutting_down())?;
        let cue = asked.map_err(refused)?;
        Ok(Response::new(wire::RequestCueResponse { cue: Some(convert::cue(&cue)) }))
    }

    async fn withdraw_cue(
        &self,
        request: Request<wire::WithdrawCueRequest>,
    ) -> Result<Response<wire::WithdrawCueResponse>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        let note = life::checked_note(request.note)?;
        let gone = || Status::not_found("there is no such open cue");
        self.desk.get(&request.cue_id).filter(|cue| may_see(&caller, cue)).ok_or_else(gone)?;
        let actor = caller.actor(Permission::Act);
        let withdrawn = self.desk.withdraw(&request.cue_id, &note, &actor).await.map_err(|_| shutting_down())?;
        let cue = withdrawn.ok_or_else(gone)?;
        Ok(Response::new(wire::WithdrawCueResponse { cue: Some(convert::cue(&cue)) }))
    }

    async fn list_cues(
        &self,
        request: Request<wire::ListCuesRequest>,
    ) -> Result<Response<wire::ListCuesResponse>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        let of_alert =
            |cue: &NamedCue| request.alert_id.is_empty() || cue.cue.alert.as_deref() == Some(request.alert_id.as_str());
        let cues = self.desk.list(request.with_over);
        let cues = cues.iter().filter(|cue| of_alert(cue) && may_see(&caller, cue)).map(convert::cue);
        Ok(Response::new(wire::ListCuesResponse { cues: cues.collect() }))
    }
}

fn may_see(caller: &Principal, cue: &NamedCue) -> bool {
    caller.sees_place(cue.cue.target.position)
}

/// Why an officer's request is not met, in the words of the interface.
fn refused(error: RequestRefused) -> Status {
    let message = error.to_string();
    let cannot = |reason| reasoned(Code::FailedPrecondition, message.clone(), reason, ("", ""));
    match error {
        RequestRefused::NoTrack => Status::not_found(message),
        RequestRefused::NotInSight => cannot("NOT_IN_SIGHT"),
        RequestRefused::Unattended => cannot("UNATTENDED"),
        RequestRefused::TooDark => cannot("TOO_DARK"),
        RequestRefused::Full(_) => Status::resource_exhausted(message),
    }
}

/// One site that takes cues.
struct Site {
    desk: CueDesk,
    caller: Arc<Principal>,
    heartbeat: Duration,
    /// What it knows: of which cue of which camera which revision.
    told: BTreeMap<CueId, (Box<str>, u64)>,
}

impl Site {
    /// Tells the site until it goes (`Ok`), its token runs out or the server ends.
    async fn run(mut self, attendance: &Attendance, mut shutdown: Shutdown, changes: &Changes) -> Result<(), Status> {
        let mut watch = self.desk.watch();
        let expiry = tokio::time::sleep(expires_in(&self.caller));
        // The desk changes with every picture, also when this site has nothing to hear.
        let quiet = tokio::time::sleep(self.heartbeat);
        tokio::pin!(expiry, quiet);
        loop {
            watch.mark_unchanged();
            for change in self.look(attendance) {
                if changes.send(Ok(change)).await.is_err() {
                    return Ok(());
                }
                quiet.set(tokio::time::sleep(self.heartbeat));
            }
            tokio::select! {
                changed = watch.changed() => changed.map_err(|_| shutting_down())?,
                () = shut_down(&mut shutdown) => return Err(shutting_down()),
                () = changes.closed() => return Ok(()),
                () = &mut expiry => return Err(run_out()),
                () = &mut quiet => {
                    quiet.set(tokio::time::sleep(self.heartbeat));
                    let heartbeat = wire::TakeCuesResponse { change: wire::CueChange::Heartbeat as i32, cue: None };
                    if changes.send(Ok(heartbeat)).await.is_err() {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// What the site does not know yet: first what its cameras look at no longer.
    fn look(&mut self, attendance: &Attendance) -> Vec<wire::TakeCuesResponse> {
        let mut held = self.desk.held_by(&attendance.cameras);
        held.retain(|cue| may_see(&self.caller, cue));
        let mut changes = Vec::new();
        let desk = &self.desk;
        self.told.retain(|id, (camera, _)| {
            let goes_on = held.iter().any(|cue| cue.cue.id == *id && cue.camera == *camera);
            if !goes_on && let Some(cue) = desk.get(id.as_str()) {
                let cue = wire::Cue { camera: camera.to_string(), ..convert::cue(&cue) };
                changes.push(change(wire::CueChange::Withdrawn, cue));
            }
            goes_on
        });
        for cue in held {
            let revision = cue.cue.revision;
            let change = match self.told.insert(cue.cue.id.clone(), (cue.camera.clone(), revision)) {
                None => change(wire::CueChange::Asked, convert::cue(&cue)),
                Some((_, known)) if known != revision => change(wire::CueChange::Updated, convert::cue(&cue)),
                Some(_) => continue,
            };
            changes.push(change);
        }
        changes
    }
}

fn change(change: wire::CueChange, cue: wire::Cue) -> wire::TakeCuesResponse {
    wire::TakeCuesResponse { change: change as i32, cue: Some(cue) }
}
