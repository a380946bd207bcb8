//! The time that a raw record states, for telling when it was received.
//!
//! A record is sound when a decoder can read it. So the records go through a decoder of their own here, whose observations
//! are not used. AIS lines with a tag block are read no further than that.

use crate::feed::ais::{AisDecoder, Body, Message};
use crate::feed::nmea::{Piece, TagBlock, checksum, pieces};
use crate::feed::{FeedDecoder, SensorKind, SensorTable};
use crate::units::{EventTime, SensorId};

/// Where the times of a feed's records come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeSource {
    /// From the records: tag block, `$PGHP` line or suffix of AIS, time of day of radars, time of camera lines.
    #[default]
    Records,
    /// An AIS log without times: from what the messages say of UTC, starting at this instant.
    Messages(EventTime),
}

/// The farthest that the seconds of position reports move an AIS log without times at once, in milliseconds. Ships whose
/// second is wrong would drive it on otherwise.
const SECOND_STEP_MAX_MS: i64 = 3_000;
/// A report may be of a fix this much before, in milliseconds.
const SECOND_AGE_MAX_MS: i64 = 5_000;
/// After this many reports in a row that fit neither, time goes on to the last of them: the log has a gap.
const MISFITS_MAX: u8 = 4;

/// Reads the times of one feed's records, in file order.
pub(super) struct RecordTimes {
    kind: Kind,
}

enum Kind {
    Ais { shadow: Box<AisDecoder>, messages: Option<MessageTime> },
    Other(Box<FeedDecoder>),
}

impl RecordTimes {
    pub(super) fn new(kind: SensorKind, source: TimeSource, sensor: SensorId, sensors: &SensorTable) -> Self {
        let messages = match source {
            TimeSource::Records => None,
            TimeSource::Messages(start) => Some(MessageTime { now: start, misfits: 0 }),
        };
        let kind = match kind {
            SensorKind::Ais => Kind::Ais { shadow: Box::default(), messages },
            other => Kind::Other(Box::new(FeedDecoder::new(other, sensor, sensors))),
        };
        Self { kind }
    }

    /// The time of a record; `None` for one that is not sound or states none. `reference` tells the date.
    pub(super) fn of(&mut self, record: &[u8], place: u64, reference: EventTime) -> Option<EventTime> {
        match &mut self.kind {
            Kind::Other(shadow) => {
                let mut latest = None;
                shadow.decode(record, place, reference, |observation| latest = latest.max(Some(observation.time)));
                latest
            }
            Kind::Ais { shadow, messages: None } => tag_time(record).or_else(|| {
                let mut latest = None;
                shadow.push_line(record, place, &mut |heard| latest = latest.max(heard.time));
                latest
            }),
            Kind::Ais { shadow, messages: Some(now) } => {
                let mut heard_any = false;
                shadow.push_line(record, place, &mut |heard| {
                    heard_any = true;
                    now.hear(&heard.message);
                });
                heard_any.then_some(now.now)
            }
        }
    }
}

/// The time in the tag block of the last sound sentence of a line.
fn tag_time(line: &[u8]) -> Option<EventTime> {
    let mut latest = None;
    for piece in pieces(line) {
        if let Piece::Sentence(sentence) = piece
            && let Some(tag) = sentence.tag
            && checksum(sentence.body) == sentence.stated
        {
            latest = latest.max(TagBlock::parse(tag).ok().and_then(|tag| tag.time));
        }
    }
    latest
}

/// What time it is by the messages of a log without times.
#[derive(Clone, Copy, Debug)]
struct MessageTime {
    now: EventTime,
    misfits: u8,
}

impl MessageTime {
    /// Base stations say the time, position reports the second of the minute.
    fn hear(&mut self, message: &Message<'_>) {
        if let Body::BaseStation(report) = &message.body {
            self.now = report.utc.time().unwrap_or(self.now);
            return;
        }
        let second = match &message.body {
            Body::ClassAPosition(report) => report.second.utc_second(),
            Body::ClassBPosition(report) => report.second.utc_second(),
            _ => None,
        };
        let Some(second) = second else { return };
        let ahead_ms = (i64::from(second) * 1000 - self.now.as_millis().rem_euclid(60_000)).rem_euclid(60_000);
        if ahead_ms <= SECOND_STEP_MAX_MS || self.misfits + 1 >= MISFITS_MAX {
            self.now = self.now.plus_millis(ahead_ms);
            self.misfits = 0;
        } else if ahead_ms >= 60_000 - SECOND_AGE_MAX_MS {
            self.misfits = 0;
        } else {
            self.misfits += 1;
        }
    }
}

/// What the beginning of an AIS file tells of its times.
pub(super) fn probe_ais<'a>(lines: impl Iterator<Item = &'a [u8]>) -> AisTimesFound {
    let mut found = AisTimesFound::default();
    let mut decoder = AisDecoder::new();
    for (line, number) in lines.zip(1..) {
        decoder.push_line(line, number, &mut |heard| {
            found.messages += 1;
            found.with_time += u64::from(heard.time.is_some());
            if found.base_station.is_none()
                && let Body::BaseStation(report) = &heard.message.body
            {
                found.base_station = report.utc.time();
            }
        });
    }
    found
}

/// See [`probe_ais`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AisTimesFound {
    /// Messages read.
    pub(super) messages: u64,
    /// Of those, how many state when they were received.
    pub(super) with_time: u64,
    /// UTC by the first base station.
    pub(super) base_station: Option<EventTime>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ais_line_is_timed_by_its_tag_block_only_when_both_are_sound() {
        let mut times = RecordTimes::new(SensorKind::Ais, TimeSource::Records, SensorId(0), &SensorTable::default());
        let start = EventTime::default();
        let mut of = |line: &str| times.of(line.as_bytes(), 1, start).map(EventTime::as_millis);
        let sentence = "!AIVDM,1,1,,A,169job001Q7p?SV;RbqCJRg<3DP;,0*04";
        assert_eq!(of(&format!(r"\s:ais1,c:1776438400057*48\{sentence}")), Some(1_776_438_400_057));
        assert_eq!(of(&format!(r"\s:ais1,c:1776438400057*47\{sentence}")), None);
        assert_eq!(of(r"\s:ais1,c:1776438400057*48\!AIVDM,1,1,,A,169job001Q7p?SV;RbqCJRg<3DP;,0*05"), None);
        assert_eq!(of(sentence), None);
        assert_eq!(of(&format!("{sentence},r003669987,1152921693")), Some(1_152_921_693_000));
    }

    #[test]
    fn a_log_without_times_goes_by_what_its_messages_say() {
        let start = EventTime::parse_rfc3339("2026-04-17T15:06:04Z").unwrap();
        let mut times =
            RecordTimes::new(SensorKind::Ais, TimeSource::Messages(start), SensorId(0), &SensorTable::default());
        let report = b"!AIVDM,1,1,,A,169job001Q7p?SV;RbqCJRg<3DP;,0*04";
        let got: Vec<_> = (1..=4).filter_map(|line| times.of(report, line, start)).collect();
        assert_eq!(got[..3], [start; 3], "second 38 is too far on to be believed of one report");
        assert_eq!(got[3].to_string(), "2026-04-17T15:06:38.000Z");
        let got = times.of(b"!AIVDM,1,1,,A,403t8EAva8g6bWpm5<;ML6A00000,0*7B", 5, start).unwrap();
        assert_eq!(got.to_string(), "2026-04-17T15:06:42.000Z", "a base station says it all");
        assert_eq!(times.of(b"# note", 6, start), None);
    }
}
