//! Watches a server: tracks and alerts as they change, checked and in few words.

use tonic::transport::{Channel, Endpoint};
use tonic::{Status, Streaming};

use super::convert::geo::checked_position;
use super::proto::alert::v1 as alerts;
use super::proto::alert::v1::alert_service_client::AlertServiceClient;
use super::proto::track::v1 as tracks;
use super::proto::track::v1::track_service_client::TrackServiceClient;
use super::sender::{SendError, server_uri};
use crate::geodesy::LatLon;
use crate::serve::limits::MESSAGE_BYTES_MAX;
use crate::units::EventTime;

/// Why a watch cannot begin, or breaks.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The address is none.
    #[error(transparent)]
    Address(#[from] SendError),
    /// The server cannot be reached.
    #[error("no connection: {0}")]
    Connect(#[from] tonic::transport::Error),
    /// The server refuses, or the connection broke.
    #[error("the server says: {}", .0.message())]
    Status(Box<Status>),
}

impl From<Status> for WatchError {
    fn from(status: Status) -> Self {
        Self::Status(Box::new(status))
    }
}

/// What a watcher sees of a track.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenTrack {
    /// Its id.
    pub id: String,
    /// The instant of its position.
    pub time: EventTime,
    /// Where it is; `None` when the server sends no sound position.
    pub position: Option<LatLon>,
    /// Speed over ground in m/s.
    pub sog_mps: f64,
    /// Course over ground in degrees.
    pub cog_deg: f64,
    /// Its MMSI, where known.
    pub mmsi: Option<u32>,
    /// Its name; empty where unknown.
    pub name: String,
    /// The class that cameras take it for; empty where none has seen it.
    pub eo_class: String,
    /// Kinds of sensor that hold it.
    pub sources: Vec<&'static str>,
}

/// A change of the picture, as a watcher sees it.
#[derive(Clone, Debug, PartialEq)]
pub enum SeenTrackChange {
    /// It is there: at the beginning, or from now on.
    Enters(SeenTrack),
    /// It was measured anew.
    Updates(SeenTrack),
    /// It is not shown any more, and may come back.
    Leaves(SeenTrack, EventTime),
    /// It is over.
    Ends(SeenTrack, EventTime),
    /// It was the same vessel as another track, which goes on.
    Merges(SeenTrack, EventTime, String),
    /// All that was there at the beginning has been told.
    SnapshotEnd,
}

/// Connects to a server.
///
/// # Errors
/// When the address is none, or nobody answers there.
pub async fn connect(url: &str) -> Result<Channel, WatchError> {
    Ok(Endpoint::from(server_uri(url)?).tcp_nodelay(true).connect().await?)
}

/// Changes of the picture.
#[derive(Debug)]
pub struct TrackStream(Streaming<tracks::WatchTracksResponse>);

impl TrackStream {
    /// Begins to watch all tracks; no two updates of one nearer than `interval_min_ms` of event time.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn open(channel: Channel, interval_min_ms: u32) -> Result<Self, WatchError> {
        let mut client = TrackServiceClient::new(channel).max_decoding_message_size(MESSAGE_BYTES_MAX);
        let request = tracks::WatchTracksRequest { min_update_interval_ms: interval_min_ms, ..Default::default() };
        Ok(Self(client.watch_tracks(request).await?.into_inner()))
    }

    /// The next change; `None` when the server has ended the stream in order.
    ///
    /// # Errors
    /// When the connection breaks or the server shuts down.
    pub async fn next_change(&mut self) -> Result<Option<SeenTrackChange>, WatchError> {
        while let Some(response) = self.0.message().await? {
            let change = response.change();
            let (time, merged_into) = (EventTime::from_millis(response.time_ms), response.merged_into);
            let track = response.track.map(seen_track);
            let seen = match (change, track) {
                (tracks::TrackChange::SnapshotEnd, _) => SeenTrackChange::SnapshotEnd,
                (tracks::TrackChange::Snapshot | tracks::TrackChange::Enter, Some(track)) => {
                    SeenTrackChange::Enters(track)
                }
                (tracks::TrackChange::Update | tracks::TrackChange::Split, Some(track)) => {
                    SeenTrackChange::Updates(track)
                }
                (tracks::TrackChange::Leave, Some(track)) => SeenTrackChange::Leaves(track, time),
                (tracks::TrackChange::End, Some(track)) => SeenTrackChange::Ends(track, time),
                (tracks::TrackChange::Merged, Some(track)) => SeenTrackChange::Merges(track, time, merged_into),
                // A change that a later server knows and we do not.
                (tracks::TrackChange::Unspecified | tracks::TrackChange::Heartbeat, _) | (_, None) => continue,
            };
            return Ok(Some(seen));
        }
        Ok(None)
    }
}

fn seen_track(track: tracks::Track) -> SeenTrack {
    let sources = track.sources().map(|kind| match kind {
        super::proto::r#type::v1::SensorKind::Ais => "AIS",
        super::proto::r#type::v1::SensorKind::Radar => "radar",
        super::proto::r#type::v1::SensorKind::Eo => "EO",
        super::proto::r#type::v1::SensorKind::Report => "report",
        super::proto::r#type::v1::SensorKind::Unspecified => "other",
    });
    let sources = sources.collect();
    let identity = track.identity.unwrap_or_default();
    SeenTrack {
        time: EventTime::from_millis(track.time_ms),
        position: track.position.as_ref().and_then(|place| checked_position(place).ok()),
        sog_mps: track.sog_mps,
        cog_deg: track.cog_deg,
        mmsi: identity.mmsi,
        name: identity.name,
        eo_class: track.eo_class,
        sources,
        id: track.id,
    }
}

/// What a watcher sees of an alert.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenAlert {
    /// Its id.
    pub id: String,
    /// The behaviour, as a word.
    pub kind: String,
    /// The track that does it, and the other one, if there is one.
    pub tracks: Vec<String>,
    /// MMSI of the vessel, where known.
    pub mmsi: Option<u32>,
    /// When it was first told.
    pub raised: EventTime,
    /// When the behaviour stopped, if it has.
    pub end: Option<EventTime>,
    /// The place in words, in English and Chinese; empty where nothing with a name is near.
    pub near: [String; 2],
    /// The zone concerned; empty for none.
    pub zone: String,
    /// How sure it is, 0 to 1.
    pub confidence: f64,
    /// Why: a sentence in English and the same in Chinese, for each reason.
    pub reasons: Vec<[String; 2]>,
}

/// A change of an alert, as a watcher sees it.
#[derive(Clone, Debug, PartialEq)]
pub enum SeenAlertChange {
    /// It is there: at the beginning, or told for the first time.
    Raised(SeenAlert),
    /// More is known.
    Updated(SeenAlert),
    /// The behaviour has stopped.
    Ended(SeenAlert),
    /// It is taken back.
    Withdrawn(SeenAlert),
    /// All that was there at the beginning has been told.
    SnapshotEnd,
}

/// Changes of alerts.
#[derive(Debug)]
pub struct AlertStream(Streaming<alerts::WatchAlertsResponse>);

impl AlertStream {
    /// Begins to watch all alerts.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn open(channel: Channel) -> Result<Self, WatchError> {
        let mut client = AlertServiceClient::new(channel).max_decoding_message_size(MESSAGE_BYTES_MAX);
        let request = alerts::WatchAlertsRequest::default();
        Ok(Self(client.watch_alerts(request).await?.into_inner()))
    }

    /// The next change; `None` when the server has ended the stream in order.
    ///
    /// # Errors
    /// When the connection breaks or the server shuts down.
    pub async fn next_change(&mut self) -> Result<Option<SeenAlertChange>, WatchError> {
        while let Some(response) = self.0.message().await? {
            let seen = match (response.change(), response.alert.map(seen_alert)) {
                (alerts::AlertChange::SnapshotEnd, _) => SeenAlertChange::SnapshotEnd,
                (alerts::AlertChange::Snapshot | alerts::AlertChange::Raised, Some(alert)) => {
                    SeenAlertChange::Raised(alert)
                }
                (
                    alerts::AlertChange::Updated | alerts::AlertChange::Life | alerts::AlertChange::Reminded,
                    Some(alert),
                ) => SeenAlertChange::Updated(alert),
                (alerts::AlertChange::Ended, Some(alert)) => SeenAlertChange::Ended(alert),
                (alerts::AlertChange::Withdrawn, Some(alert)) => SeenAlertChange::Withdrawn(alert),
                // A change that a later server knows and we do not.
                (alerts::AlertChange::Unspecified | alerts::AlertChange::Left | alerts::AlertChange::Heartbeat, _)
                | (_, None) => continue,
            };
            return Ok(Some(seen));
        }
        Ok(None)
    }
}

fn seen_alert(alert: alerts::Alert) -> SeenAlert {
    SeenAlert {
        tracks: [alert.track_id, alert.other_track_id].into_iter().filter(|id| !id.is_empty()).collect(),
        mmsi: alert.mmsi,
        raised: EventTime::from_millis(alert.raised_ms),
        end: alert.end_ms.map(EventTime::from_millis),
        near: [alert.near_en, alert.near_zh],
        zone: alert.zone_id,
        confidence: alert.confidence,
        reasons: alert.evidence.into_iter().map(|reason| [reason.sentence_en, reason.sentence_zh]).collect(),
        id: alert.id,
        kind: alert.kind,
    }
}
