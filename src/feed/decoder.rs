//! One feed of raw records, whatever its format, to [`Observation`]s: the one way from bytes into the core, live and for
//! recordings, so that both give the same.
//!
//! A raw record is one line of text, one ASTERIX block, one XML document or one KLV packet. A kind of sensor may speak
//! several formats, and a record shows by its first byte which it is; damage that shows nothing is taken for more of what came
//! before it. Nothing here reads files or looks at a clock.

use super::asterix::{Block, Frame, HEADER_BYTES, JUNK_SHOWN, Junk};
use super::observation::{Content, Observation};
use super::sensor::{SensorKind, SensorTable};
use super::tally::{Place, Reason, Tally};
use super::wire::Wire;
use crate::units::{EventTime, SensorId};

/// Decodes one feed, record by record.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct FeedDecoder {
    sensor: SensorId,
    /// Observations given out: the number of the next.
    observations: u64,
    /// A decoder for each format that the kind of sensor may speak.
    wires: Vec<Wire>,
    /// Which of them took the last record.
    latest: usize,
}

impl FeedDecoder {
    /// A decoder for a feed of `kind` that belongs to `sensor`. A feed of ASTERIX or of camera lines may carry others of the
    /// table too: its records name their sensor.
    pub fn new(kind: SensorKind, sensor: SensorId, sensors: &SensorTable) -> Self {
        Self { sensor, observations: 0, wires: Wire::of_kind(kind, sensor, sensors), latest: 0 }
    }

    /// Decodes one raw record and gives each observation in it to `sink`.
    ///
    /// `place` is the number of the line (from 1) or the offset of the block, for naming it when it is refused. `received`
    /// is when it was received; it also tells the date of a time of day, and the time of what has none.
    pub fn decode(&mut self, record: &[u8], place: u64, received: EventTime, mut sink: impl FnMut(Observation)) {
        if let Some(speaks) = self.wires.iter().position(|wire| wire.begins(record)) {
            self.latest = speaks;
        }
        let (next, feed_sensor) = (&mut self.observations, self.sensor);
        let mut give = |sensor: Option<SensorId>, time: Option<EventTime>, content: Content| {
            let (sensor, time) = (sensor.unwrap_or(feed_sensor), time.unwrap_or(received));
            sink(Observation { sensor, time, received, sequence: *next, content });
            *next += 1;
        };
        if let Some(wire) = self.wires.get_mut(self.latest) {
            wire.decode(record, place, received, &mut give);
        }
    }

    /// Says that the feed has ended: what still waits for further parts is counted.
    pub fn finish(&mut self) {
        self.wires.iter_mut().for_each(Wire::finish);
    }

    /// How many records were received, accepted and refused so far, without the reasons. Received is more than accepted and
    /// refused by what still waits for further parts.
    pub fn progress(&self) -> Progress {
        self.wires.iter().map(Wire::progress).fold(Progress::default(), Progress::plus)
    }

    /// Why the latest refused record was refused, as the stable word of its reason.
    pub fn last_refused(&self) -> Option<&'static str> {
        self.wires.get(self.latest).and_then(Wire::last_refused)
    }

    /// What came in, in full.
    pub fn report(&self) -> DecodeReport {
        let mut report = DecodeReport { observations: self.observations, ..DecodeReport::default() };
        for part in self.wires.iter().map(Wire::report) {
            report.received += part.received;
            report.accepted += part.accepted;
            report.refused.extend(part.refused);
            report.notes.extend(part.notes);
        }
        report
    }
}

/// Records of a feed by fate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Taken up.
    pub received: u64,
    /// Read.
    pub accepted: u64,
    /// Refused, for whatever reason.
    pub refused: u64,
}

impl Progress {
    pub(super) fn of<R: Reason, const N: usize>(tally: &Tally<R, N>) -> Self {
        Self { received: tally.received(), accepted: tally.accepted(), refused: tally.refused_total() }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            received: self.received + other.received,
            accepted: self.accepted + other.accepted,
            refused: self.refused + other.refused,
        }
    }
}

/// What a decoder says of its feed, for people.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DecodeReport {
    /// Records taken up.
    pub received: u64,
    /// Records read.
    pub accepted: u64,
    /// Observations given out: a record may hold none, one or many.
    pub observations: u64,
    /// Refused records by reason.
    pub refused: Vec<RefusedCount>,
    /// What else is worth knowing.
    pub notes: Vec<String>,
}

/// How many records were refused for one reason.
#[derive(Clone, Debug, PartialEq)]
pub struct RefusedCount {
    /// The reason: `checksum`.
    pub reason: &'static str,
    /// What it means.
    pub help: &'static str,
    /// How many.
    pub count: u64,
    /// Where the first stood, and how it began.
    pub first: Option<(Place, String)>,
}

impl DecodeReport {
    pub(super) fn of<R: Reason, const N: usize>(tally: &Tally<R, N>) -> Self {
        let refused = tally.by_reason().map(|(reason, count)| RefusedCount {
            reason: reason.as_str(),
            help: reason.help(),
            count,
            first: tally
                .examples()
                .iter()
                .find(|example| example.reason == reason)
                .map(|example| (example.place, example.excerpt.to_string())),
        });
        Self {
            received: tally.received(),
            accepted: tally.accepted(),
            observations: 0,
            refused: refused.collect(),
            notes: Vec::new(),
        }
    }

    /// Records refused for any reason.
    pub fn refused_total(&self) -> u64 {
        self.refused.iter().map(|refused| refused.count).sum()
    }
}

/// The raw record that stands for a stretch of bytes that is no block: a header of zeros, which no block has, and the first
/// bytes of the stretch.
pub fn junk_record(junk: &Junk) -> Vec<u8> {
    let mut record = vec![0; HEADER_BYTES];
    record.extend_from_slice(&junk.shown);
    record
}

/// What a raw record of a radar feed is: a block when it is as long as it says, a cut one when it is shorter, else junk.
pub(super) fn block_frame(record: &[u8], offset: u64) -> Frame<'_> {
    let junk = |bytes: &[u8]| {
        let shown = bytes.iter().copied().take(JUNK_SHOWN).collect();
        Frame::Junk(Junk { offset, length: bytes.len() as u64, shown })
    };
    match record {
        [0, 0, 0, shown @ ..] => junk(shown),
        &[category, high, low, _, ..] => {
            let stated = usize::from(u16::from_be_bytes([high, low]));
            if stated < record.len() {
                return junk(record);
            }
            Frame::Block(Block { offset, category, bytes: record, cut: stated > record.len() })
        }
        short => junk(short),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::sensor::{EoClaims, RadarClaims, Sensor};
    use crate::geodesy::LatLon;

    fn sensors() -> SensorTable {
        let mut sensors = SensorTable::default();
        let radar = RadarClaims {
            sac: 65,
            sic: 10,
            max_range_m: 30_000.0,
            scan_s: 3.0,
            sigma_range_m: 10.0,
            sigma_azimuth_deg: 0.2,
        };
        let eo = EoClaims { max_range_m: 10_000.0, sigma_azimuth_deg: 0.1 };
        let position = Some(LatLon::new(20.0, 110.0));
        for (name, kind, radar, eo) in [
            ("ais1", SensorKind::Ais, None, None),
            ("radar1", SensorKind::Radar, Some(radar), None),
            ("eo1", SensorKind::Eo, None, Some(eo)),
        ] {
            sensors
                .add(Sensor { name: name.into(), kind, position, height_m: None, radar, eo, report: None, mount: None })
                .unwrap();
        }
        sensors
    }

    fn decode(kind: SensorKind, records: &[&[u8]]) -> (Vec<Observation>, DecodeReport) {
        let mut decoder = FeedDecoder::new(kind, SensorId(0), &sensors());
        let mut out = Vec::new();
        let received = EventTime::parse_rfc3339("2026-04-17T15:07:00Z").unwrap();
        for (record, place) in records.iter().zip(1..) {
            decoder.decode(record, place, received, |observation| out.push(observation));
        }
        decoder.finish();
        let report = decoder.report();
        assert_eq!(report.received, report.accepted + report.refused_total());
        (out, report)
    }

    #[test]
    fn each_kind_of_record_becomes_observations_with_numbers_of_their_own() {
        let line = br"\s:ais1,c:1776438400057*48\!AIVDM,1,1,,A,169job001Q7p?SV;RbqCJRg<3DP;,0*04";
        let (out, _) = decode(SensorKind::Ais, &[line, line]);
        assert_eq!(out.iter().map(|one| one.sequence).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(out[0].time.as_millis(), 1_776_438_400_057);
        let line = br#"{"time":"2026-04-17T15:06:42.354Z","sensor":"eo1","azimuth_deg":74.1,"class":"cargo","class_confidence":0.8}"#;
        let (out, _) = decode(SensorKind::Eo, &[line]);
        assert_eq!((out[0].sensor, out.len()), (SensorId(2), 1));
    }

    #[test]
    fn a_line_without_any_time_is_of_the_instant_of_its_receipt() {
        let (out, _) = decode(SensorKind::Ais, &[b"!AIVDM,1,1,,A,169job001Q7p?SV;RbqCJRg<3DP;,0*04"]);
        assert_eq!(out[0].time, out[0].received);
    }

    #[test]
    fn damage_is_counted_and_named_in_every_format() {
        for (kind, record, reason) in [
            (SensorKind::Ais, &b"!AIVDM,1,1,,A,169job001Q7p?SV;RbqCJRg<3DP;,0*05"[..], "checksum"),
            (SensorKind::Radar, &[0x0a, 0, 4, 1, 7][..], "no_block"),
            (SensorKind::Radar, &[][..], "no_block"),
            (SensorKind::Radar, &[0, 0, 0, 9, 9][..], "no_block"),
            (SensorKind::Radar, &[0x0a, 0, 9, 0x80][..], "cut_short"),
            (SensorKind::Eo, &b"{\"time\":"[..], "cut_short"),
        ] {
            let (out, report) = decode(kind, &[record]);
            assert!(out.is_empty(), "{record:?}");
            assert_eq!(report.refused.iter().map(|refused| refused.reason).collect::<Vec<_>>(), [reason], "{record:?}");
        }
    }
}
