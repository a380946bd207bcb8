//! What is asked of the engine task, and what it answers.

use std::fmt;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::limits::FEED_ID_CHARS_MAX;
use crate::feed::sensor::SensorKind;
use crate::units::EventTime;

/// A feed as the server numbers it: in the order in which feeds first said hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeedNumber(pub u16);

/// The name of a feed, checked: 1 to 64 letters, digits, `-`, `_` and `.`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct FeedName(Box<str>);

impl FeedName {
    /// The name, when the text is one.
    pub fn new(text: &str) -> Option<Self> {
        let sound = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        (!text.is_empty() && text.len() <= FEED_ID_CHARS_MAX && text.bytes().all(sound)).then(|| Self(text.into()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FeedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names a feed.
#[derive(Clone, Debug, PartialEq)]
pub struct Hello {
    /// Its name.
    pub name: FeedName,
    /// What the sensor is.
    pub kind: SensorKind,
    /// The client's number for it on this stream.
    pub handle: u32,
    /// The last record that the client saw acknowledged.
    pub last_sequence: Option<u64>,
}

/// The bytes of one record as the sensor sent them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// One line of AIS.
    AisSentence(Bytes),
    /// One ASTERIX data block.
    AsterixBlock(Bytes),
    /// One JSON object of a camera.
    EoJson(Bytes),
    /// One sentence of the sensor's own ship, or of a radar.
    NmeaSentence(Bytes),
    /// One line of a system that reports positions.
    ReportLine(Bytes),
    /// One ONVIF metadata document.
    OnvifMetadata(Bytes),
    /// One KLV packet.
    KlvPacket(Bytes),
    /// Nothing: the client said neither.
    Missing,
    /// More bytes than a record may have; they are not kept.
    TooLong,
}

impl Payload {
    /// The payload that a raw record of such a sensor is sent as, by how the record begins.
    pub fn of_record(kind: SensorKind, bytes: Bytes) -> Self {
        let first = bytes.trim_ascii_start().first().copied();
        match (kind, first) {
            (SensorKind::Ais, _) => Self::AisSentence(bytes),
            (SensorKind::Radar, Some(b'$' | b'!' | b'\\')) => Self::NmeaSentence(bytes),
            (SensorKind::Radar, _) => Self::AsterixBlock(bytes),
            (SensorKind::Eo, Some(b'<')) => Self::OnvifMetadata(bytes),
            (SensorKind::Eo, Some(0x06)) => Self::KlvPacket(bytes),
            (SensorKind::Eo, _) => Self::EoJson(bytes),
            // CAT062 and its like begin with a category below the letters, or one that no text begins with.
            (SensorKind::Report, Some(b'>' | b'A' | b'?')) if bytes.get(1).is_some_and(|&high| high < b' ') => {
                Self::AsterixBlock(bytes)
            }
            (SensorKind::Report, _) => Self::ReportLine(bytes),
        }
    }
}

/// One record on its way to the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The feed.
    pub feed: FeedNumber,
    /// The client's number for the feed on this stream.
    pub handle: u32,
    /// Number of the record in its feed.
    pub sequence: u64,
    /// When it was received, as the recording says; `None` when it is live.
    pub received: Option<EventTime>,
    /// The record itself.
    pub payload: Payload,
}

/// How a feed stands to the area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Standing {
    /// A sensor of the area.
    Known,
    /// Not in the area's list, but of use without it.
    Adopted,
    /// Not in the area's list, and of no use without a position.
    Unknown,
}

/// What became of one record that was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Its place in the batch.
    pub index: u32,
    /// The reason, a stable word.
    pub reason: &'static str,
    /// Whether the record counts as taken; else it may be sent again.
    pub taken: bool,
}

/// How far a feed has been taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedPosition {
    /// The client's number for the feed.
    pub handle: u32,
    /// The highest sequence up to which every record has been taken.
    pub last_sequence: Option<u64>,
}

/// Answers a batch or an advance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ack {
    /// The client's number of the batch.
    pub number: u64,
    /// How far each of its feeds has been taken.
    pub positions: Vec<FeedPosition>,
    /// Records taken into account.
    pub accepted: u32,
    /// Records passed over because they had been taken before.
    pub repeated: u32,
    /// Records that could not be used.
    pub refused: u32,
    /// The first of them, and why.
    pub rejections: Vec<Rejection>,
}

/// Answers a hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// The feed as the server numbers it.
    pub feed: FeedNumber,
    /// The client's number for it.
    pub handle: u32,
    /// The last record taken of it.
    pub last_sequence: Option<u64>,
    /// How it stands to the area.
    pub standing: Standing,
    /// Records that the client saw acknowledged, and that the disk has lost since.
    pub lost: u64,
}

/// Why a hello is turned down.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HelloError {
    /// The server keeps positions for no more feeds.
    #[error("more than {0} feeds: this server takes no other")]
    TooManyFeeds(usize),
    /// The name is in use for another kind of sensor.
    #[error("feed '{name}' is {known}, not {said}: a name stands for one sensor for life")]
    OtherKind {
        /// The name.
        name: FeedName,
        /// What it is known as.
        known: &'static str,
        /// What the hello says.
        said: &'static str,
    },
}

/// A place reserved in a stream's answers. The engine task can always answer without waiting: whoever asks holds a place first,
/// so a client that does not read its answers is simply not read any more itself.
pub type AnswerPlace = mpsc::OwnedPermit<Answer>;

/// What an ingest stream is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Answers a hello.
    Welcome(Welcome),
    /// Answers a batch or an advance.
    Ack(Ack),
    /// The stream ends here, because of the client.
    BadRequest(String),
    /// The stream ends here, because a limit is reached.
    Exhausted(String),
    /// The stream ends here, because the disk is full: nothing of the request was taken.
    DiskFull(String),
    /// The stream ends here, because the server does.
    ShuttingDown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_has_a_plain_name() {
        assert_eq!(FeedName::new("radar-1.north_2").unwrap().to_string(), "radar-1.north_2");
        for bad in ["", "a b", "雷达", "a/b", &"x".repeat(65)] {
            assert_eq!(FeedName::new(bad), None, "{bad}");
        }
    }
}
