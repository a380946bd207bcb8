//! Cues in, moves and answers out, for one camera.

use std::time::Duration;

use tokio::time::sleep;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status, Streaming};

use super::device::{Device, DeviceError, Progress};
use super::lens::Lens;
use super::mount::Mount;
use super::space::Position;
use crate::api::proto::sensor::v1 as wire;
use crate::api::proto::sensor::v1::answer_cue_request::Answer;
use crate::api::proto::sensor::v1::cue_service_client::CueServiceClient;
use crate::neighbours::retry::Retry;
use crate::serve::limits::CUE_REFUSAL_CHARS_MAX;

/// How often the camera is asked whether it has arrived.
const POLL: Duration = Duration::from_millis(200);
/// After so many polls it is given up: the server's patience is 30 s.
const POLLS_MAX: u32 = 125;
/// How near a camera must come, degrees.
const SETTLED_DEG: f64 = 0.5;
/// Polls for which a camera that tells neither where it is nor whether it moves is given time to turn.
const BLIND_POLLS: u32 = 25;
/// How often the server is to say something although nothing changes, milliseconds.
const HEARTBEAT_MS: u32 = 10_000;
/// After this long without a word the connection is made anew.
const SILENCE: Duration = Duration::from_secs(35);

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How often the server is asked whether it is there, and how long it may take to say so.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// One camera, and what it is called.
#[derive(Debug)]
pub struct Adapter {
    /// Its name in the server's area.
    pub camera: String,
    /// It sees without light.
    pub thermal: bool,
    /// How it stands.
    pub mount: Mount,
    /// Elevation to look at where the server knows no height of the camera, degrees.
    pub level_deg: f64,
    /// How wide it sees, where the zoom is to be told.
    pub lens: Option<Lens>,
    /// The camera.
    pub device: Device,
}

/// A cue that the camera is turned to.
struct Work {
    cue: wire::Cue,
    /// Where it was told to turn.
    position: Position,
    /// How often it was asked since.
    polls: u32,
    /// It has arrived there.
    arrived: bool,
    /// The server knows that the camera points at the craft.
    told: bool,
}

/// Why there will be no more cues.
#[derive(Debug, thiserror::Error)]
pub enum AdapterError {
    /// The server does not want this site.
    #[error("the server refuses: {}", .0.message())]
    Refused(Box<Status>),
}

impl Adapter {
    /// Takes cues from the server for ever; a connection that breaks is made anew.
    ///
    /// # Errors
    /// When the server does not know the camera, or may not tell this site.
    pub async fn run(&self, endpoint: Endpoint) -> Result<(), AdapterError> {
        let mut retry = Retry::default();
        loop {
            let endpoint = endpoint.clone().connect_timeout(CONNECT_TIMEOUT).tcp_nodelay(true);
            // A server that has gone without a word would never answer an answer.
            let endpoint = endpoint.http2_keep_alive_interval(KEEP_ALIVE).keep_alive_timeout(KEEP_ALIVE);
            let reason = match endpoint.connect().await {
                Ok(channel) => match self.take(channel, &mut retry).await {
                    Ok(()) => "the server ended the stream".to_owned(),
                    Err(status) if is_final(&status) => return Err(AdapterError::Refused(Box::new(status))),
                    Err(status) => format!("{:?}: {}", status.code(), status.message()),
                },
                Err(error) => error.to_string(),
            };
            let wait = retry.next_wait();
            tracing::warn!(%reason, wait_s = wait.as_secs_f64(), "no cues come; connecting again");
            sleep(wait).await;
        }
    }

    /// One connection.
    async fn take(&self, channel: Channel, retry: &mut Retry) -> Result<(), Status> {
        let mut client = CueServiceClient::new(channel);
        let cameras = vec![wire::CueCamera { name: self.camera.clone(), thermal: self.thermal }];
        let request = wire::TakeCuesRequest { cameras, heartbeat_interval_ms: HEARTBEAT_MS };
        let mut cues = client.take_cues(request).await?.into_inner();
        retry.restart();
        tracing::info!(camera = self.camera, "cues are taken");
        let mut work: Option<Work> = None;
        let ended = self.serve(&mut client, &mut cues, &mut work).await;
        if work.is_some() {
            // Whoever has it now, it is not this camera.
            self.stop().await;
        }
        ended
    }

    async fn serve(
        &self,
        client: &mut CueServiceClient<Channel>,
        cues: &mut Streaming<wire::TakeCuesResponse>,
        work: &mut Option<Work>,
    ) -> Result<(), Status> {
        loop {
            let turning = work.as_ref().is_some_and(|work| !work.arrived);
            tokio::select! {
                told = cues.message() => match told? {
                    Some(told) => self.told(client, told, work).await?,
                    None => return Ok(()),
                },
                () = sleep(POLL), if turning => self.poll(client, work).await?,
                () = sleep(SILENCE), if !turning => return Err(Status::deadline_exceeded("not a word, not even a heartbeat")),
            }
        }
    }

    /// Does what the server says.
    async fn told(
        &self,
        client: &mut CueServiceClient<Channel>,
        told: wire::TakeCuesResponse,
        work: &mut Option<Work>,
    ) -> Result<(), Status> {
        let change = told.change();
        let Some(cue) = told.cue else { return Ok(()) };
        match change {
            wire::CueChange::Asked => {
                tracing::info!(cue = cue.id, track = cue.track_id, alert = cue.alert_id, "asked");
                self.say(client, &cue, Answer::Accepted(wire::CueAccepted {})).await?;
                *work = self.turn_to(client, cue, None).await?;
            }
            wire::CueChange::Updated => {
                if let Some(before) = work.take_if(|work| work.cue.id == cue.id) {
                    *work = self.turn_to(client, cue, Some(before)).await?;
                }
            }
            wire::CueChange::Withdrawn => {
                if work.take_if(|work| work.cue.id == cue.id).is_some() {
                    tracing::info!(cue = cue.id, state = cue.state().as_str_name(), "withdrawn");
                    self.stop().await;
                }
            }
            wire::CueChange::Unspecified | wire::CueChange::Heartbeat => {}
        }
        Ok(())
    }

    /// Turns the camera to a cue, or says that it cannot.
    async fn turn_to(
        &self,
        client: &mut CueServiceClient<Channel>,
        cue: wire::Cue,
        mut before: Option<Work>,
    ) -> Result<Option<Work>, Status> {
        let Some(aim) = cue.aim else { return Ok(before) };
        let zoom = self
            .lens
            .filter(|_| self.device.zooms())
            .map(|lens| lens.zoom(lens.field_of_view_deg(cue.length_m, aim.range_m, aim.azimuth_sigma_deg)));
        let wanted = self.mount.towards(aim.azimuth_deg, aim.elevation_deg.unwrap_or(self.level_deg));
        if let Some(before) = before.take_if(|before| before.cue.aim == Some(aim)) {
            // The time is another, and the craft is where it was.
            return Ok(Some(Work { cue, ..before }));
        }
        match self.device.turn(wanted, zoom).await {
            Ok(position) => {
                let told = before.is_some_and(|before| before.told);
                Ok(Some(Work { cue, position, polls: 0, arrived: false, told }))
            }
            Err(error) => {
                self.refuse(client, &cue, &error).await?;
                Ok(None)
            }
        }
    }

    /// Asks the camera whether it has arrived, and tells the server.
    async fn poll(&self, client: &mut CueServiceClient<Channel>, work: &mut Option<Work>) -> Result<(), Status> {
        let Some(turning) = work else { return Ok(()) };
        turning.polls += 1;
        let arrived = match self.device.go_on(turning.position, SETTLED_DEG).await {
            Ok(progress) => has_arrived(progress, turning.polls),
            Err(error) => {
                let cue = turning.cue.clone();
                *work = None;
                return self.refuse(client, &cue, &error).await;
            }
        };
        if arrived {
            turning.arrived = true;
            if std::mem::replace(&mut turning.told, true) {
                return Ok(());
            }
            tracing::info!(cue = turning.cue.id, "pointing");
            return self.say(client, &turning.cue, Answer::Pointing(wire::CuePointing {})).await;
        }
        if turning.polls >= POLLS_MAX {
            let cue = turning.cue.clone();
            *work = None;
            self.stop().await;
            let reason = "the camera does not come to where it was told to turn".to_owned();
            tracing::warn!(cue = cue.id, reason);
            return self.say(client, &cue, Answer::Refused(wire::CueRefused { reason })).await;
        }
        Ok(())
    }

    async fn refuse(
        &self,
        client: &mut CueServiceClient<Channel>,
        cue: &wire::Cue,
        error: &DeviceError,
    ) -> Result<(), Status> {
        tracing::warn!(cue = cue.id, %error, "refused");
        let reason = error.to_string().chars().take(CUE_REFUSAL_CHARS_MAX).collect();
        self.say(client, cue, Answer::Refused(wire::CueRefused { reason })).await
    }

    async fn say(&self, client: &mut CueServiceClient<Channel>, cue: &wire::Cue, answer: Answer) -> Result<(), Status> {
        let request =
            wire::AnswerCueRequest { cue_id: cue.id.clone(), camera: self.camera.clone(), answer: Some(answer) };
        match client.answer_cue(request).await {
            Ok(_) => Ok(()),
            // It was withdrawn in this moment: the stream says so.
            Err(status) if status.code() == Code::FailedPrecondition => Ok(()),
            Err(status) => Err(status),
        }
    }

    async fn stop(&self) {
        if let Err(error) = self.device.stop().await {
            tracing::warn!(%error, "the camera could not be stopped");
        }
    }
}

/// Whether a camera that was asked so often has arrived, by what it says.
fn has_arrived(progress: Progress, polls: u32) -> bool {
    match (progress.off_deg, progress.moving) {
        (Some(off_deg), moving) => off_deg <= SETTLED_DEG && moving != Some(true),
        (None, Some(moving)) => !moving,
        (None, None) => polls >= BLIND_POLLS,
    }
}

/// Whether the same call would be refused again.
fn is_final(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::InvalidArgument | Code::PermissionDenied | Code::Unauthenticated | Code::Unimplemented
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_has_arrived_when_it_stands_where_it_was_told_to() {
        let says = |off_deg, moving| Progress { off_deg, moving };
        assert!(has_arrived(says(Some(0.4), Some(false)), 1));
        assert!(has_arrived(says(Some(0.4), None), 1), "it does not say whether it moves");
        assert!(!has_arrived(says(Some(0.4), Some(true)), 1), "it passes by");
        assert!(!has_arrived(says(Some(5.0), Some(false)), 1), "it has not begun");
        assert!(has_arrived(says(None, Some(false)), 1) && !has_arrived(says(None, Some(true)), 1));
        assert!(!has_arrived(says(None, None), 1) && has_arrived(says(None, None), BLIND_POLLS), "it says nothing");
    }

    #[test]
    fn a_site_that_is_not_wanted_is_not_kept_waiting() {
        assert!(is_final(&Status::permission_denied("no")) && is_final(&Status::invalid_argument("no such camera")));
        assert!(!is_final(&Status::unavailable("restarting")) && !is_final(&Status::deadline_exceeded("silent")));
    }
}
