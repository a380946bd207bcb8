//! Where a moving sensor is: RMC, GGA, HDT and ZDA sentences of the ship or vehicle that carries it.
//!
//! Framing and checksums are ours ([`crate::feed::nmea`]), the fields are read by the `nmea` crate; ranges are checked
//! here, because a right checksum does not make a latitude of 99 degrees right. A fix that is invalid, estimated, typed in
//! or simulated is refused: a sensor must not be moved by it. Sources: IEC 61162-1 section 8.3.

mod refusal;

use std::str;

use nmea::sentences::rmc::RmcStatusOfFix;
use nmea::sentences::{self, FaaMode};
use nmea::{NmeaSentence, SentenceType};

use crate::feed::nmea::{Framed, LINE_MAX, Piece, TagBlock, checksum, pieces};
use crate::feed::{Place, Tally};
use crate::geodesy::LatLon;
use crate::units::{EventTime, MPS_PER_KNOT};

pub use refusal::Refusal;

/// The count of an own-ship feed, by reason of refusal.
pub type OwnShipTally = Tally<Refusal, 8>;

/// What one sentence says of the carrier.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OwnShipReport {
    /// When, UTC with its date: of RMC and ZDA as sent; of GGA with the day that lies nearest to the last known time;
    /// of HDT, which has none, as the tag block says.
    pub time: Option<EventTime>,
    /// Position of the GNSS antenna.
    pub position: Option<LatLon>,
    /// True heading in degrees, below 360.
    pub heading_deg: Option<f64>,
    /// Speed over ground in m/s.
    pub sog_mps: Option<f64>,
    /// Course over ground in degrees true, below 360.
    pub cog_deg: Option<f64>,
}

/// Decodes the own-ship sentences of one carrier, line by line.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct OwnShipDecoder {
    /// The last time with a date, for sentences that have only the time of day.
    dated: Option<EventTime>,
    tally: OwnShipTally,
}

impl OwnShipDecoder {
    /// A decoder with nothing received.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one line and gives what each own-ship sentence in it says to `sink`. Other sentences are passed over.
    pub fn push_line(&mut self, line: &[u8], number: u64, sink: &mut impl FnMut(OwnShipReport)) {
        if line.len() > LINE_MAX {
            self.tally.receive();
            return self.tally.refuse_text(Refusal::LineTooLong, Place::Line(number), line);
        }
        for piece in pieces(line) {
            self.tally.receive();
            match piece {
                Piece::Sentence(framed) => match self.sentence(&framed) {
                    Ok(report) => {
                        self.tally.accept();
                        report.map(&mut *sink);
                    }
                    Err(refusal) => self.tally.refuse_text(refusal, Place::Line(number), framed.body),
                },
                Piece::Cut(cut) => self.tally.refuse_text(Refusal::NoChecksum, Place::Line(number), cut),
                Piece::TagAlone(_) | Piece::Text(_) => self.tally.accept(),
            }
        }
    }

    /// What was received, accepted (passed over included) and refused.
    pub fn tally(&self) -> &OwnShipTally {
        &self.tally
    }

    /// Reads one sentence, uncounted: for decoders of feeds that carry other sentences too. `None` for one of another kind.
    ///
    /// # Errors
    /// [`Refusal`] when its checksum or its fields are wrong, or the receiver has no fix.
    pub fn sentence(&mut self, framed: &Framed<'_>) -> Result<Option<OwnShipReport>, Refusal> {
        if checksum(framed.body) != framed.stated {
            return Err(Refusal::Checksum);
        }
        let [talker_1, talker_2, k1, k2, k3, b',', data @ ..] = framed.body else { return Ok(None) };
        let message_id = match [*k1, *k2, *k3].as_slice() {
            b"RMC" => SentenceType::RMC,
            b"GGA" => SentenceType::GGA,
            b"HDT" => SentenceType::HDT,
            b"ZDA" => SentenceType::ZDA,
            _ => return Ok(None),
        };
        let talker = [*talker_1, *talker_2];
        let text = |bytes| str::from_utf8(bytes).ok().filter(|text| text.is_ascii()).ok_or(Refusal::Fields);
        let sentence = NmeaSentence {
            talker_id: str::from_utf8(&talker).map_err(|_| Refusal::Fields)?,
            message_id,
            data: text(data)?,
            checksum: framed.stated,
        };
        let tag_time = framed.tag.and_then(|tag| TagBlock::parse(tag).ok()).and_then(|tag| tag.time);
        let report = match message_id {
            SentenceType::RMC => read_rmc(sentence)?,
            SentenceType::GGA => read_gga(sentence, self.dated.or(tag_time))?,
            SentenceType::HDT => OwnShipReport { time: tag_time, ..read_hdt(sentence)? },
            _ => read_zda(sentence)?,
        };
        if matches!(message_id, SentenceType::RMC | SentenceType::ZDA) {
            self.dated = report.time.or(self.dated);
        }
        Ok(Some(report))
    }
}

fn read_rmc(sentence: NmeaSentence<'_>) -> Result<OwnShipReport, Refusal> {
    let data = sentences::parse_rmc(sentence).map_err(|_| Refusal::Fields)?;
    let measured = !matches!(
        data.faa_mode,
        Some(FaaMode::Estimated | FaaMode::Manual | FaaMode::Simulator | FaaMode::DataNotValid)
    );
    if data.status_of_fix == RmcStatusOfFix::Invalid || !measured {
        return Err(Refusal::NoFix);
    }
    let time = data.fix_date.zip(data.fix_time).map(|(date, time)| date.and_time(time).and_utc().timestamp_millis());
    Ok(OwnShipReport {
        time: time.map(EventTime::from_millis),
        position: position(data.lat, data.lon)?,
        heading_deg: None,
        sog_mps: data
            .speed_over_ground
            .map(|knots| in_range(knots, 0.0..1000.0))
            .transpose()?
            .map(|knots| knots * MPS_PER_KNOT),
        cog_deg: data.true_course.map(angle_deg).transpose()?,
    })
}

fn read_gga(sentence: NmeaSentence<'_>, dated: Option<EventTime>) -> Result<OwnShipReport, Refusal> {
    let data = sentences::parse_gga(sentence).map_err(|_| Refusal::Fields)?;
    if !data.fix_type.is_some_and(|fix| fix.is_valid()) {
        return Err(Refusal::NoFix);
    }
    // The difference from midnight, whose type need not be named for it.
    let millis = data.fix_time.map(|time| time.signed_duration_since(Default::default()).num_milliseconds());
    Ok(OwnShipReport {
        time: millis.zip(dated).map(|(millis, dated)| nearest_day(millis, dated)),
        position: position(data.latitude, data.longitude)?,
        ..OwnShipReport::default()
    })
}

fn read_hdt(sentence: NmeaSentence<'_>) -> Result<OwnShipReport, Refusal> {
    let data = sentences::parse_hdt(sentence).map_err(|_| Refusal::Fields)?;
    Ok(OwnShipReport { heading_deg: data.heading.map(angle_deg).transpose()?, ..OwnShipReport::default() })
}

fn read_zda(sentence: NmeaSentence<'_>) -> Result<OwnShipReport, Refusal> {
    let data = sentences::parse_zda(sentence).map_err(|_| Refusal::Fields)?;
    let time = data.utc_date_time().map(|time| EventTime::from_millis(time.and_utc().timestamp_millis()));
    Ok(OwnShipReport { time, ..OwnShipReport::default() })
}

/// The instant with this time of day, in milliseconds, that lies nearest to `dated`.
pub(crate) fn nearest_day(millis_of_day: i64, dated: EventTime) -> EventTime {
    let apart = millis_of_day - dated.millis_of_day();
    let half = EventTime::DAY_MS / 2;
    dated.plus_millis((apart + half).rem_euclid(EventTime::DAY_MS) - half)
}

/// `None` when neither part is given.
fn position(lat_deg: Option<f64>, lon_deg: Option<f64>) -> Result<Option<LatLon>, Refusal> {
    let Some((lat_deg, lon_deg)) = lat_deg.zip(lon_deg) else { return Ok(None) };
    let position = LatLon::new(lat_deg, lon_deg);
    if position.is_valid() { Ok(Some(position)) } else { Err(Refusal::Range) }
}

/// Degrees brought below 360; 360 itself is sent for north.
fn angle_deg(degrees: f32) -> Result<f64, Refusal> {
    in_range(degrees, 0.0..360.001).map(|degrees| degrees % 360.0)
}

fn in_range(value: f32, range: std::ops::Range<f32>) -> Result<f64, Refusal> {
    if range.contains(&value) { Ok(f64::from(value)) } else { Err(Refusal::Range) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::Reason;
    use proptest::prelude::*;

    fn line(body: &str) -> String {
        format!("${body}*{:02X}", checksum(body.as_bytes()))
    }

    fn read(bodies: &[&str]) -> (Vec<OwnShipReport>, OwnShipTally) {
        let mut decoder = OwnShipDecoder::new();
        let mut reports = Vec::new();
        for (body, number) in bodies.iter().zip(1..) {
            decoder.push_line(line(body).as_bytes(), number, &mut |report| reports.push(report));
        }
        (reports, decoder.tally().clone())
    }

    #[test]
    fn position_heading_and_dated_time_are_read() {
        let (reports, tally) = read(&[
            "GPRMC,225446.33,A,2003.50,N,11018.25,E,010.0,054.7,170426,,,A",
            "GPGGA,225447,2003.51,N,11018.26,E,1,08,0.9,5.4,M,-9.0,M,,",
            "HEHDT,341.5,T",
            "GPZDA,235959.50,17,04,2026,00,00",
            "GPGGA,000000.25,2003.52,N,11018.27,E,4,08,0.9,5.4,M,-9.0,M,,",
        ]);
        assert_eq!(tally.refused_total(), 0);
        assert_eq!(reports.len(), 5);
        let time = |index: usize| reports[index].time.map(|time| time.to_string());
        assert_eq!(time(0).as_deref(), Some("2026-04-17T22:54:46.330Z"));
        assert!((reports[0].position.unwrap().lat_deg - 20.058_333_3).abs() < 1e-6);
        assert!((reports[0].position.unwrap().lon_deg - 110.304_166_7).abs() < 1e-6);
        assert!((reports[0].sog_mps.unwrap() - 5.144).abs() < 1e-3);
        assert!((reports[0].cog_deg.unwrap() - 54.7).abs() < 1e-4);
        assert_eq!(time(1).as_deref(), Some("2026-04-17T22:54:47.000Z"));
        assert_eq!((reports[2].time, reports[2].heading_deg), (None, Some(341.5)));
        assert_eq!(time(3).as_deref(), Some("2026-04-17T23:59:59.500Z"));
        assert_eq!(time(4).as_deref(), Some("2026-04-18T00:00:00.250Z"), "the day after the last dated time");
    }

    #[test]
    fn a_time_of_day_without_any_date_is_no_time() {
        let (reports, _) = read(&["GPGGA,225447,2003.51,N,11018.26,E,1,08,0.9,5.4,M,-9.0,M,,"]);
        assert_eq!(reports[0].time, None);
        assert!(reports[0].position.is_some());
    }

    #[test]
    fn what_must_not_move_a_sensor_is_refused_by_name() {
        for (body, refusal) in [
            ("GPRMC,225446,V,2003.50,N,11018.25,E,010.0,054.7,170426,,,N", Refusal::NoFix),
            ("GPRMC,225446,A,2003.50,N,11018.25,E,010.0,054.7,170426,,,S", Refusal::NoFix),
            ("GPRMC,225446,A,9903.50,N,11018.25,E,010.0,054.7,170426,,,A", Refusal::Range),
            ("GPRMC,225446,A,2003.50,N,11018.25,E,010.0,454.7,170426,,,A", Refusal::Range),
            ("GPRMC,nonsense", Refusal::Fields),
            ("GPGGA,225447,2003.51,N,11018.26,E,0,00,,,M,,M,,", Refusal::NoFix),
            ("GPGGA,225447,2003.51,N,11018.26,E,8,08,0.9,5.4,M,-9.0,M,,", Refusal::NoFix),
            ("HEHDT,nan,T", Refusal::Range),
            ("HEHDT,-1,T", Refusal::Range),
        ] {
            let (reports, tally) = read(&[body]);
            assert_eq!((reports.len(), tally.refused(refusal)), (0, 1), "{body}: {:?}", tally.by_reason().next());
        }
        let (reports, tally) = read(&["GPGSV,1,1,00", "HEHDT,,T", "GPZDA,,,,,,"]);
        assert_eq!((reports.len(), tally.accepted()), (2, 3));
        assert!(Refusal::ALL.iter().all(|refusal| !refusal.help().is_empty() && !refusal.as_str().is_empty()));
    }

    proptest! {
        #[test]
        fn no_sentence_with_a_right_checksum_panics_and_all_are_counted(
            kind in prop::sample::select(vec!["RMC", "GGA", "HDT", "ZDA"]), fields in "[0-9.,ANESWTM+eE-]{0,70}|\\PC{0,40}",
        ) {
            let mut decoder = OwnShipDecoder::new();
            decoder.push_line(line(&format!("GP{kind},{fields}")).as_bytes(), 1, &mut |report| {
                assert!(report.position.is_none_or(LatLon::is_valid));
                assert!(report.heading_deg.is_none_or(|degrees| (0.0..360.0).contains(&degrees)));
            });
            prop_assert!(decoder.tally().adds_up());
        }
    }
}
