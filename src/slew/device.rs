//! An ONVIF camera over HTTP: found, turned, asked where it points, stopped.

use std::error::Error;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use reqwest::Url;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;

use super::mount::PanTilt;
use super::soap::{self, ANSWER_BYTES_MAX, AnswerError, Ask, Space, Token};
use super::space::{Coordinates, Drive, OutOfReach, Position, Travel, ZOOM_GENERIC};
use crate::serve::clock;

/// How long a camera may take for one answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes of a nonce.
const NONCE_BYTES: usize = 16;

/// Who calls the camera.
#[derive(Clone)]
pub struct Login {
    /// Name of the user.
    pub user: String,
    /// His password.
    pub password: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

/// Why a camera cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// No request can be made.
    #[error("cannot ask the camera: {0}")]
    Client(String),
    /// It does not answer.
    #[error("the camera does not answer: {0}")]
    Away(String),
    /// It answers nonsense, or no.
    #[error("{ask}: {problem}")]
    Answer {
        /// What it was asked.
        ask: String,
        /// What is wrong with what it says.
        problem: AnswerError,
    },
    /// It takes neither positions nor speeds.
    #[error(
        "the camera takes neither absolute positions (AbsolutePanTiltPositionSpace) nor speeds (ContinuousPanTiltVelocitySpace): \
         it cannot be told where to look"
    )]
    NoMove,
    /// It takes speeds, and does not say where it points.
    #[error(
        "the camera takes speeds alone and does not say where it points (GetStatus): it cannot be told where to look"
    )]
    Blind,
    /// It does not turn so far.
    #[error(transparent)]
    OutOfReach(#[from] OutOfReach),
}

/// A camera that was found.
#[derive(Debug)]
pub struct Device {
    http: reqwest::Client,
    login: Option<Login>,
    device: Url,
    /// How far its clock is ahead of ours.
    clock_ahead_ms: AtomicI64,
    ptz: Url,
    profile: String,
    coordinates: Coordinates,
    /// The space in which the zoom takes positions, where it does.
    zoom: Option<Space>,
}

/// How far a camera has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// How far it is off, degrees, where it says where it points.
    pub off_deg: Option<f64>,
    /// Whether it turns, where it says so.
    pub moving: Option<bool>,
}

impl Device {
    /// Finds out what the camera at `device` (the address of its device service) can do. Its services are called at the host of
    /// `device`, whatever host the camera gives: behind a router it does not know its own address.
    ///
    /// # Errors
    /// When it does not answer, refuses, or cannot be told where to look.
    pub async fn find(
        device: &Url,
        login: Option<Login>,
        profile: Option<&str>,
        travel: Travel,
    ) -> Result<Self, DeviceError> {
        let http = client()?;
        let clock_ahead_ms = clock_ahead_ms(&http, device).await?;
        let ask = |url: Url, ask: Ask| {
            let token = login.as_ref().map(|login| token(login, clock_ahead_ms));
            let http = http.clone();
            async move {
                let text = call(&http, &url, &ask, token.transpose()?.as_ref()).await?;
                Ok::<_, DeviceError>((text, ask))
            }
        };
        let (text, asked) = ask(device.clone(), Ask::Capabilities).await?;
        let (media, ptz) = soap::services(&text).map_err(|problem| wrong(&asked, problem))?;
        let (media, ptz) = (at_host_of(device, &media)?, at_host_of(device, &ptz)?);
        let (text, asked) = ask(media, Ask::Profiles).await?;
        let (profile, node) = soap::profile(&text, profile).map_err(|problem| wrong(&asked, problem))?;
        let (text, asked) = ask(ptz.clone(), Ask::Node(node)).await?;
        let spaces = soap::spaces(&text).map_err(|problem| wrong(&asked, problem))?;
        let coordinates = Coordinates::choose(&spaces, travel).ok_or(DeviceError::NoMove)?;
        let zoom = spaces.zoom.into_iter().find(|space| space.uri == ZOOM_GENERIC && space.x.0 < space.x.1);
        let (device, clock_ahead_ms) = (device.clone(), AtomicI64::new(clock_ahead_ms));
        Ok(Self { http, login, device, clock_ahead_ms, ptz, profile, coordinates, zoom })
    }

    /// How positions are told to it.
    pub fn coordinates(&self) -> &Coordinates {
        &self.coordinates
    }

    /// Whether its zoom can be told where to be.
    pub fn zooms(&self) -> bool {
        self.zoom.is_some() && self.coordinates.drive == Drive::Absolute
    }

    /// Begins to turn; answers with where it will be. `zoom` is 0 (wide) to 1. A camera that is told speeds begins with
    /// [`Self::go_on`].
    ///
    /// # Errors
    /// When it does not answer, refuses, or does not turn so far.
    pub async fn turn(&self, wanted: PanTilt, zoom: Option<f64>) -> Result<Position, DeviceError> {
        let position = self.coordinates.position(wanted)?;
        if self.coordinates.drive == Drive::Absolute {
            let (profile, space) = (self.profile.clone(), self.coordinates.space.uri.clone());
            let zoom = zoom.zip(self.zoom.as_ref()).map(|(share, space)| {
                let (low, high) = space.x;
                (space.uri.clone(), low + share * (high - low))
            });
            self.ask(&Ask::AbsoluteMove { profile, space, position, zoom }, soap::done).await?;
        }
        Ok(position)
    }

    /// Asks how far it has come on its way to a position, and tells a camera that is told speeds how to go on; it is stopped within
    /// `near_deg`.
    ///
    /// # Errors
    /// When it does not answer, or refuses.
    pub async fn go_on(&self, to: Position, near_deg: f64) -> Result<Progress, DeviceError> {
        let status = self.ask(&Ask::Status(self.profile.clone()), soap::status).await?;
        // Some cameras tell where they are in another space than they were told in: that says nothing about this one.
        let ours = |space: &Option<String>| space.as_ref().is_none_or(|space| *space == self.coordinates.space.uri);
        let at = status.position.filter(|(_, space)| ours(space)).map(|(position, _)| position);
        let off_deg = at.map(|at| self.coordinates.apart_deg(at, to));
        let Drive::Velocity(space) = &self.coordinates.drive else {
            return Ok(Progress { off_deg, moving: status.moving });
        };
        let (Some(at), Some(off)) = (at, off_deg) else { return Err(DeviceError::Blind) };
        if off <= near_deg {
            self.stop().await?;
            return Ok(Progress { off_deg, moving: Some(false) });
        }
        if let Some(speed) = self.coordinates.speed(at, to) {
            let (profile, space) = (self.profile.clone(), space.uri.clone());
            self.ask(&Ask::ContinuousMove { profile, space, speed }, soap::done).await?;
        }
        Ok(Progress { off_deg, moving: Some(true) })
    }

    /// Stops turning.
    ///
    /// # Errors
    /// When it does not answer, or refuses.
    pub async fn stop(&self) -> Result<(), DeviceError> {
        self.ask(&Ask::Stop(self.profile.clone()), soap::done).await
    }

    async fn ask<T>(&self, ask: &Ask, read: fn(&str) -> Result<T, AnswerError>) -> Result<T, DeviceError> {
        match self.ask_once(ask, read).await {
            // A camera that was started anew may have another time, and then believes nobody.
            Err(DeviceError::Answer { problem: AnswerError::Fault(_), .. }) if self.login.is_some() => {
                self.clock_ahead_ms.store(clock_ahead_ms(&self.http, &self.device).await?, Ordering::Relaxed);
                self.ask_once(ask, read).await
            }
            answer => answer,
        }
    }

    async fn ask_once<T>(&self, ask: &Ask, read: fn(&str) -> Result<T, AnswerError>) -> Result<T, DeviceError> {
        let ahead_ms = self.clock_ahead_ms.load(Ordering::Relaxed);
        let token = self.login.as_ref().map(|login| token(login, ahead_ms)).transpose()?;
        let text = call(&self.http, &self.ptz, ask, token.as_ref()).await?;
        read(&text).map_err(|problem| wrong(ask, problem))
    }
}

/// How far a camera's clock is ahead of ours. One that does not tell the time is believed to have it.
async fn clock_ahead_ms(http: &reqwest::Client, device: &Url) -> Result<i64, DeviceError> {
    let text = call(http, device, &Ask::Time, None).await?;
    Ok(soap::time(&text).map_or(0, |time| time.millis_since(clock::now())))
}

fn wrong(ask: &Ask, problem: AnswerError) -> DeviceError {
    let action = ask.action();
    DeviceError::Answer { ask: action.rsplit('/').next().unwrap_or_default().to_owned(), problem }
}

fn client() -> Result<reqwest::Client, DeviceError> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| DeviceError::Client(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(Policy::none())
        .no_proxy()
        .timeout(PATIENCE)
        .build()
        .map_err(|error| DeviceError::Client(error.to_string()))
}

fn token(login: &Login, clock_ahead_ms: i64) -> Result<Token, DeviceError> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(|error| DeviceError::Client(format!("no randomness: {error}")))?;
    Ok(Token::new(&login.user, &login.password, &nonce, clock::now().plus_millis(clock_ahead_ms)))
}

/// The path of a service at the host of the device.
fn at_host_of(device: &Url, service: &str) -> Result<Url, DeviceError> {
    let given = Url::parse(service).map_err(|error| DeviceError::Client(format!("service at '{service}': {error}")))?;
    let mut url = device.clone();
    url.set_path(given.path());
    url.set_query(given.query());
    Ok(url)
}

/// Asks, and reads a bounded answer. A fault comes with a status of its own, so the answer is read whatever the status is.
async fn call(http: &reqwest::Client, url: &Url, ask: &Ask, token: Option<&Token>) -> Result<String, DeviceError> {
    let kind = format!("application/soap+xml; charset=utf-8; action=\"{}\"", ask.action());
    let request = http.post(url.clone()).header(CONTENT_TYPE, kind).body(ask.envelope(token));
    let away = |error: reqwest::Error| DeviceError::Away(with_causes(&error.without_url()));
    let mut response = request.send().await.map_err(away)?;
    let mut answer = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(away)? {
        answer.extend_from_slice(&chunk);
        if answer.len() > ANSWER_BYTES_MAX {
            return Err(wrong(ask, AnswerError::BadXml));
        }
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// An error with what is behind it.
fn with_causes(error: &dyn Error) -> String {
    let (mut text, mut cause) = (error.to_string(), error.source());
    while let Some(behind) = cause {
        text = format!("{text}: {behind}");
        cause = behind.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_called_at_the_host_that_is_known_to_work() {
        let device = Url::parse("http://gate.example:8081/onvif/device_service").unwrap();
        let found = at_host_of(&device, "http://192.168.1.64/onvif/ptz_service?x=1").unwrap();
        assert_eq!(found.as_str(), "http://gate.example:8081/onvif/ptz_service?x=1");
        assert!(at_host_of(&device, "no address").is_err());
    }

    #[test]
    fn a_password_is_never_printed() {
        let login = Login { user: "admin".to_owned(), password: "hush".to_owned() };
        assert!(!format!("{login:?}").contains("hush"));
    }
}
