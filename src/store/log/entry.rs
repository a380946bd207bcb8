//! What a frame of the input log says, byte by byte; the specification is `docs/log-format.md`.

use crate::alert::Outcome;
use crate::feed::sensor::SensorKind;
use crate::units::EventTime;

/// Kinds of entries: the first byte of a body.
mod kind {
    pub(super) const AREA: u8 = 1;
    pub(super) const FEED: u8 = 2;
    pub(super) const RECORD: u8 = 3;
    pub(super) const ADVANCE: u8 = 4;
    pub(super) const DURABLE: u8 = 5;
    pub(super) const GAP: u8 = 6;
    pub(super) const SEALED: u8 = 7;
    pub(super) const ZONES: u8 = 8;
    pub(super) const OFFICER: u8 = 9;
    pub(super) const TRACKS: u8 = 10;
    pub(super) const REGISTER: u8 = 11;
    pub(super) const STATED: u8 = 12;
}

/// Flag beside the kind of payload: the server stamped the record, it does not come from a recording.
const STAMPED: u8 = 0x80;

/// What the bytes of a record are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum PayloadKind {
    /// The client sent none; no bytes.
    Missing = 0,
    /// One line of AIS.
    AisSentence = 1,
    /// One ASTERIX data block.
    AsterixBlock = 2,
    /// One JSON object of a camera.
    EoJson = 3,
    /// One sentence of the sensor's own ship, or of a radar.
    NmeaSentence = 4,
    /// More than a record may have; no bytes.
    TooLong = 5,
    /// One line of a system that reports positions.
    ReportLine = 6,
    /// One ONVIF metadata document.
    OnvifMetadata = 7,
    /// One KLV packet.
    KlvPacket = 8,
}

impl PayloadKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Missing,
        Self::AisSentence,
        Self::AsterixBlock,
        Self::EoJson,
        Self::NmeaSentence,
        Self::TooLong,
        Self::ReportLine,
        Self::OnvifMetadata,
        Self::KlvPacket,
    ];

    fn of(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == byte)
    }
}

/// One record as received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordEntry<'a> {
    /// The feed, by its number in this log.
    pub feed: u16,
    /// Its number in the feed.
    pub sequence: u64,
    /// When the engine took it as received: never earlier than those before.
    pub received: EventTime,
    /// Whether the server stamped it; else a recording said so.
    pub stamped: bool,
    /// What the bytes are.
    pub kind: PayloadKind,
    /// As the sensor sent them.
    pub bytes: &'a [u8],
}

/// A feed as the log knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedEntry {
    /// Its number in this log.
    pub number: u16,
    /// What the sensor is.
    pub kind: SensorKind,
    /// The last record taken of it before this entry.
    pub last_sequence: Option<u64>,
    /// Its name.
    pub name: String,
}

/// One entry of the input log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry<'a> {
    /// The area that the records after it are received in: name of its folder in the store.
    Area(String),
    /// The zones that hold from here on: name of the change in the store, on top of the area's own.
    Zones(String),
    /// A feed that is new, or known from earlier segments.
    Feed(FeedEntry),
    /// A record.
    Record(RecordEntry<'a>),
    /// Everything received up to and at this instant stands before it.
    Advance(EventTime),
    /// Everything before it in this segment was on disk when it was written.
    Durable,
    /// Records that a client saw acknowledged, and that this log does not hold.
    Gap {
        /// The feed.
        feed: u16,
        /// The first.
        first: u64,
        /// The last.
        last: u64,
    },
    /// An officer knows of an alert, and may have found out what it was.
    Officer {
        /// The event time up to which he knows of it.
        at: EventTime,
        /// What he found out.
        outcome: Option<Outcome>,
        /// Id of the alert.
        alert: String,
    },
    /// The register that holds from here on: as the records had it after their entry of this sequence.
    Register(i64),
    /// An officer says something of a craft, or takes it back.
    Stated {
        /// Number of the track.
        track: u64,
        /// What he says, as an object of JSON; empty: nothing any more.
        said: String,
    },
    /// Tracks have been numbered up to here: the number of the next one.
    Tracks(u64),
    /// The last entry of a segment that was closed in order.
    Sealed {
        /// Records in it.
        records: u64,
    },
}

/// What an officer may have found out.
const OUTCOMES: [Option<Outcome>; 3] = [None, Some(Outcome::Offence), Some(Outcome::False)];

const fn outcome_byte(outcome: Option<Outcome>) -> u8 {
    match outcome {
        None => 0,
        Some(Outcome::Offence) => 1,
        Some(Outcome::False) => 2,
    }
}

const fn kind_byte(kind: SensorKind) -> u8 {
    match kind {
        SensorKind::Ais => 1,
        SensorKind::Radar => 2,
        SensorKind::Eo => 3,
        SensorKind::Report => 4,
    }
}

impl<'a> Entry<'a> {
    /// Appends the bytes of the entry.
    pub fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Area(name) => {
                out.push(kind::AREA);
                out.extend_from_slice(name.as_bytes());
            }
            Self::Zones(name) => {
                out.push(kind::ZONES);
                out.extend_from_slice(name.as_bytes());
            }
            Self::Feed(feed) => {
                out.extend_from_slice(&[kind::FEED, kind_byte(feed.kind), u8::from(feed.last_sequence.is_some())]);
                out.extend_from_slice(&feed.number.to_le_bytes());
                out.extend_from_slice(&feed.last_sequence.unwrap_or(0).to_le_bytes());
                out.extend_from_slice(feed.name.as_bytes());
            }
            Self::Record(record) => {
                out.extend_from_slice(&[kind::RECORD, record.kind as u8 | if record.stamped { STAMPED } else { 0 }]);
                out.extend_from_slice(&record.feed.to_le_bytes());
                out.extend_from_slice(&record.sequence.to_le_bytes());
                out.extend_from_slice(&record.received.as_millis().to_le_bytes());
                out.extend_from_slice(record.bytes);
            }
            Self::Advance(until) => {
                out.push(kind::ADVANCE);
                out.extend_from_slice(&until.as_millis().to_le_bytes());
            }
            Self::Durable => out.push(kind::DURABLE),
            Self::Gap { feed, first, last } => {
                out.push(kind::GAP);
                out.extend_from_slice(&feed.to_le_bytes());
                out.extend_from_slice(&first.to_le_bytes());
                out.extend_from_slice(&last.to_le_bytes());
            }
            Self::Officer { at, outcome, alert } => {
                out.push(kind::OFFICER);
                out.extend_from_slice(&at.as_millis().to_le_bytes());
                out.push(outcome_byte(*outcome));
                out.extend_from_slice(alert.as_bytes());
            }
            Self::Register(sequence) => {
                out.push(kind::REGISTER);
                out.extend_from_slice(&sequence.to_le_bytes());
            }
            Self::Stated { track, said } => {
                out.push(kind::STATED);
                out.extend_from_slice(&track.to_le_bytes());
                out.extend_from_slice(said.as_bytes());
            }
            Self::Tracks(next) => {
                out.push(kind::TRACKS);
                out.extend_from_slice(&next.to_le_bytes());
            }
            Self::Sealed { records } => {
                out.push(kind::SEALED);
                out.extend_from_slice(&records.to_le_bytes());
            }
        }
    }

    /// Reads an entry from the body of a frame; `None` when it is none of this version.
    pub fn read(body: &'a [u8]) -> Option<Self> {
        let (&first, mut rest) = body.split_first()?;
        let entry = match first {
            kind::AREA => return Some(Self::Area(text(rest)?)),
            kind::ZONES => return Some(Self::Zones(text(rest)?)),
            kind::FEED => {
                let [kind, flags] = take(&mut rest)?;
                let kind = SensorKind::ALL.into_iter().find(|known| kind_byte(*known) == kind)?;
                let number = u16::from_le_bytes(take(&mut rest)?);
                let last = u64::from_le_bytes(take(&mut rest)?);
                let last_sequence = match (flags, last) {
                    (1, last) => Some(last),
                    (0, 0) => None,
                    _ => return None,
                };
                return Some(Self::Feed(FeedEntry { number, kind, last_sequence, name: text(rest)? }));
            }
            kind::RECORD => {
                let [flags] = take(&mut rest)?;
                let feed = u16::from_le_bytes(take(&mut rest)?);
                let sequence = u64::from_le_bytes(take(&mut rest)?);
                let received = EventTime::from_millis(i64::from_le_bytes(take(&mut rest)?));
                let kind = PayloadKind::of(flags & !STAMPED)?;
                let record = RecordEntry { feed, sequence, received, stamped: flags & STAMPED != 0, kind, bytes: rest };
                return Some(Self::Record(record));
            }
            kind::ADVANCE => Self::Advance(EventTime::from_millis(i64::from_le_bytes(take(&mut rest)?))),
            kind::DURABLE => Self::Durable,
            kind::GAP => Self::Gap {
                feed: u16::from_le_bytes(take(&mut rest)?),
                first: u64::from_le_bytes(take(&mut rest)?),
                last: u64::from_le_bytes(take(&mut rest)?),
            },
            kind::OFFICER => {
                let at = EventTime::from_millis(i64::from_le_bytes(take(&mut rest)?));
                let [byte] = take(&mut rest)?;
                let outcome = OUTCOMES.into_iter().find(|known| outcome_byte(*known) == byte)?;
                return Some(Self::Officer { at, outcome, alert: text(rest)? });
            }
            kind::REGISTER => Self::Register(i64::from_le_bytes(take(&mut rest)?)),
            kind::STATED => {
                let track = u64::from_le_bytes(take(&mut rest)?);
                return Some(Self::Stated { track, said: text(rest)? });
            }
            kind::TRACKS => Self::Tracks(u64::from_le_bytes(take(&mut rest)?)),
            kind::SEALED => Self::Sealed { records: u64::from_le_bytes(take(&mut rest)?) },
            _ => return None,
        };
        rest.is_empty().then_some(entry)
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(*taken)
}

fn text(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bytes_of(entry: &Entry<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        entry.put(&mut out);
        out
    }

    #[test]
    fn a_record_has_the_bytes_of_the_specification() {
        let record = RecordEntry {
            feed: 0x0102,
            sequence: 3,
            received: EventTime::from_millis(-2),
            stamped: true,
            kind: PayloadKind::EoJson,
            bytes: b"{}",
        };
        let wanted =
            [3, 0x83, 2, 1, 3, 0, 0, 0, 0, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, b'{', b'}'];
        assert_eq!(bytes_of(&Entry::Record(record)), wanted);
    }

    #[test]
    fn what_is_no_entry_is_none() {
        for bad in [
            &b""[..],
            &[0],
            &[99, 1],
            &[2, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &[4, 1],
            &[5, 0],
            &[3, 0x7f],
            &[9, 0, 0, 0, 0, 0, 0, 0, 0, 3],
            &[1, 0xff],
        ] {
            assert_eq!(Entry::read(bad), None, "{bad:?}");
        }
    }

    fn entries() -> impl Strategy<Value = (u8, u16, u64, Option<u64>, i64, bool, Vec<u8>, String)> {
        (
            0..21_u8,
            any::<u16>(),
            any::<u64>(),
            any::<Option<u64>>(),
            any::<i64>(),
            any::<bool>(),
            any::<Vec<u8>>(),
            ".{0,20}",
        )
    }

    proptest! {
        #[test]
        fn every_entry_is_read_as_it_was_written((choice, number, value, last_sequence, millis, stamped, bytes, name) in entries()) {
            let time = EventTime::from_millis(millis);
            let entry = match choice {
                0 => Entry::Area(name),
                1 => Entry::Feed(FeedEntry { number, kind: SensorKind::ALL[usize::from(number) % 4], last_sequence, name }),
                2 => Entry::Advance(time),
                3 => Entry::Durable,
                4 => Entry::Gap { feed: number, first: value, last: last_sequence.unwrap_or(9) },
                5 => Entry::Sealed { records: value },
                6 => Entry::Zones(name),
                8 => Entry::Tracks(value),
                9 => Entry::Register(millis),
                10 => Entry::Stated { track: value, said: name },
                7 => Entry::Officer { at: time, outcome: OUTCOMES[usize::from(number) % 3], alert: name },
                other => {
                    let kind = PayloadKind::ALL[usize::from(other) % 9];
                    Entry::Record(RecordEntry { feed: number, sequence: value, received: time, stamped, kind, bytes: &bytes })
                }
            };
            let written = bytes_of(&entry);
            prop_assert_eq!(Entry::read(&written), Some(entry));
        }

        #[test]
        fn what_is_read_from_any_bytes_is_written_back_the_same(bytes in any::<Vec<u8>>()) {
            if let Some(entry) = Entry::read(&bytes) {
                prop_assert_eq!(bytes_of(&entry), bytes);
            }
        }
    }
}
