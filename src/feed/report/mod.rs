//! Position reports of other systems, one a line: the terminals of a fishing fleet on BeiDou, a vessel monitoring system, a
//! harbour's list.
//!
//! JSON Lines, `{"id","time","lat","lon","sog_mps"?|"sog_kn"?,"cog_deg"?,"sigma_m"?,"name"?,"mmsi"?,"length_m"?}`, or CSV
//! whose header names the same columns in any order. Columns and fields that are not known here are passed over. The id is
//! the sender's and the same for as long as it means the same craft; positions are WGS 84 or CGCS2000, never GCJ-02.

mod refusal;

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::error::Category;

use super::observation::{ForeignId, Text20, TrackReport};
use super::sensor::SensorTable;
use super::tally::{Place, Tally};
use crate::geodesy::LatLon;
use crate::units::{EventTime, MPS_PER_KNOT, Mmsi, SensorId};

pub use refusal::ReportRefusal;

/// The longest line that is looked at, in bytes. A report takes about 150.
pub const LINE_BYTES_MAX: usize = 4096;

/// One sigma of a position whose error nobody tells, in metres: a satellite receiver of a fishing boat, reported coarsely.
const USUAL_SIGMA_M: f64 = 30.0;
/// The most that is believed of a stated sigma, in metres.
const SIGMA_M_MIN: f64 = 5.0;
/// The worst sigma that is of use, in metres.
const SIGMA_M_MAX: f64 = 20_000.0;
/// The fastest craft that is believed, in m/s, as for radars.
const SPEED_MPS_MAX: f64 = 150.0;
/// The longest craft that is believed, in metres.
const LENGTH_M_MAX: f64 = 1000.0;
/// The most columns of CSV.
const COLUMNS_MAX: usize = 64;

/// A line as it stands.
#[derive(Debug, Default, Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    time: Cow<'a, str>,
    lat: f64,
    lon: f64,
    sog_mps: Option<f64>,
    sog_kn: Option<f64>,
    cog_deg: Option<f64>,
    sigma_m: Option<f64>,
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
    mmsi: Option<u32>,
    length_m: Option<f64>,
}

/// A column of CSV.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
enum Column {
    Id,
    Time,
    Lat,
    Lon,
    SogMps,
    SogKn,
    CogDeg,
    SigmaM,
    Name,
    Mmsi,
    LengthM,
    Other,
}

impl Column {
    fn of_word(word: &str) -> Self {
        match word.trim() {
            "id" => Self::Id,
            "time" => Self::Time,
            "lat" => Self::Lat,
            "lon" => Self::Lon,
            "sog_mps" => Self::SogMps,
            "sog_kn" => Self::SogKn,
            "cog_deg" => Self::CogDeg,
            "sigma_m" => Self::SigmaM,
            "name" => Self::Name,
            "mmsi" => Self::Mmsi,
            "length_m" => Self::LengthM,
            _ => Self::Other,
        }
    }
}

/// Decodes the lines of one reporting system.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct ReportDecoder {
    is_known: bool,
    /// One sigma of its positions, where they do not tell it.
    sigma_m: f64,
    /// The columns of CSV, once its header came.
    columns: Vec<Column>,
    tally: Tally<ReportRefusal, { ReportRefusal::COUNT }>,
}

impl ReportDecoder {
    /// A decoder for the system `sensor` of a table.
    pub fn new(sensor: SensorId, sensors: &SensorTable) -> Self {
        let claims = sensors.get(sensor).and_then(|system| system.report);
        Self {
            is_known: claims.is_some(),
            sigma_m: claims.and_then(|claims| claims.sigma_m).unwrap_or(USUAL_SIGMA_M),
            columns: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// Reads one line, with or without its line end. `None` when it is blank or a comment (not counted), a header (accepted),
    /// or refused (counted).
    pub fn line(&mut self, line: &[u8], number: u64) -> Option<(EventTime, TrackReport)> {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            return None;
        }
        self.tally.receive();
        match self.read(line) {
            Ok(report) => {
                self.tally.accept();
                report
            }
            Err(reason) => {
                self.tally.refuse_text(reason, Place::Line(number), line);
                None
            }
        }
    }

    /// Lines taken up, accepted and refused.
    pub fn tally(&self) -> &Tally<ReportRefusal, { ReportRefusal::COUNT }> {
        &self.tally
    }

    fn read(&mut self, line: &[u8]) -> Result<Option<(EventTime, TrackReport)>, ReportRefusal> {
        if line.len() > LINE_BYTES_MAX {
            return Err(ReportRefusal::TooLong);
        }
        let text = std::str::from_utf8(line).map_err(|_| ReportRefusal::NoText)?;
        if text.starts_with('{') {
            let line = serde_json::from_str(text).map_err(|error| match error.classify() {
                Category::Eof => ReportRefusal::CutShort,
                Category::Data => ReportRefusal::BadField,
                Category::Syntax | Category::Io => ReportRefusal::BadJson,
            })?;
            return self.checked(&line).map(Some);
        }
        if let Some(columns) = header(text) {
            self.columns = columns;
            return Ok(None);
        }
        let line = self.csv(text)?;
        self.checked(&line).map(Some)
    }

    fn csv<'a>(&self, text: &'a str) -> Result<Line<'a>, ReportRefusal> {
        if self.columns.is_empty() {
            return Err(ReportRefusal::NoHeader);
        }
        let values = text.split(',');
        if values.clone().count() != self.columns.len() {
            return Err(ReportRefusal::Columns);
        }
        let mut line = Line { lat: f64::NAN, lon: f64::NAN, ..Line::default() };
        for (column, value) in self.columns.iter().zip(values) {
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            let number = || value.parse::<f64>().map_err(|_| ReportRefusal::BadField);
            match column {
                Column::Id => line.id = value.into(),
                Column::Time => line.time = value.into(),
                Column::Lat => line.lat = number()?,
                Column::Lon => line.lon = number()?,
                Column::SogMps => line.sog_mps = Some(number()?),
                Column::SogKn => line.sog_kn = Some(number()?),
                Column::CogDeg => line.cog_deg = Some(number()?),
                Column::SigmaM => line.sigma_m = Some(number()?),
                Column::Name => line.name = Some(value.into()),
                Column::Mmsi => line.mmsi = Some(value.parse().map_err(|_| ReportRefusal::BadField)?),
                Column::LengthM => line.length_m = Some(number()?),
                Column::Other => {}
            }
        }
        Ok(line)
    }

    fn checked(&self, line: &Line<'_>) -> Result<(EventTime, TrackReport), ReportRefusal> {
        if !self.is_known {
            return Err(ReportRefusal::UnknownSensor);
        }
        let id = ForeignId::from(line.id.trim()).ok().filter(|id| !id.is_empty()).ok_or(ReportRefusal::BadId)?;
        let time = EventTime::parse_rfc3339(&line.time).map_err(|_| ReportRefusal::BadTime)?;
        let position = LatLon::new(line.lat, line.lon);
        if !position.is_valid() {
            return Err(ReportRefusal::BadPlace);
        }
        let sog_mps = line.sog_mps.or(line.sog_kn.map(|knots| knots * MPS_PER_KNOT));
        let outside =
            |value: Option<f64>, low: f64, high: f64| value.is_some_and(|value| !(low..=high).contains(&value));
        if outside(sog_mps, 0.0, SPEED_MPS_MAX)
            || outside(line.cog_deg, 0.0, 360.0)
            || outside(line.sigma_m, 0.0, SIGMA_M_MAX)
            || outside(line.length_m, 0.0, LENGTH_M_MAX)
        {
            return Err(ReportRefusal::BadNumber);
        }
        let mut name = Text20::new();
        for character in line.name.as_deref().unwrap_or("").trim().chars().filter(|character| !character.is_control()) {
            if name.try_push(character).is_err() {
                break;
            }
        }
        let report = TrackReport {
            id,
            mmsi: line.mmsi.and_then(Mmsi::new),
            name: (!name.is_empty()).then_some(name),
            position,
            sigma_m: line.sigma_m.unwrap_or(self.sigma_m).max(SIGMA_M_MIN),
            sog_mps,
            cog_deg: line.cog_deg,
            length_m: line.length_m.filter(|&length| length > 0.0),
            ended: false,
            coasted: false,
            test_target: false,
        };
        Ok((time, report))
    }
}

/// The columns of a CSV header; `None` for a line that is none.
fn header(text: &str) -> Option<Vec<Column>> {
    let columns: Vec<Column> = text.split(',').take(COLUMNS_MAX + 1).map(Column::of_word).collect();
    let needed = [Column::Id, Column::Time, Column::Lat, Column::Lon];
    (columns.len() <= COLUMNS_MAX && needed.iter().all(|column| columns.contains(column))).then_some(columns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::sensor::{ReportClaims, Sensor, SensorKind};
    use proptest::prelude::*;

    fn decoder() -> ReportDecoder {
        let mut sensors = SensorTable::default();
        let sensor = Sensor {
            name: "fleet".into(),
            kind: SensorKind::Report,
            position: None,
            height_m: None,
            radar: None,
            eo: None,
            report: Some(ReportClaims { code: None, sigma_m: Some(25.0) }),
            mount: None,
        };
        let id = sensors.add(sensor).unwrap();
        ReportDecoder::new(id, &sensors)
    }

    fn read(decoder: &mut ReportDecoder, line: &str) -> Option<(EventTime, TrackReport)> {
        let report = decoder.line(line.as_bytes(), 1);
        assert!(decoder.tally().adds_up());
        report
    }

    #[test]
    fn json_and_csv_say_the_same() {
        let mut decoder = decoder();
        let json = r#"{"id":"BD-4021","time":"2026-04-17T15:06:42Z","lat":20.1,"lon":110.2,"sog_kn":4.0,"cog_deg":90,"name":"琼渔01","extra":1}"#;
        let by_json = read(&mut decoder, json).unwrap();
        assert!(read(&mut decoder, "time,id,lon,lat,cog_deg,sog_kn,name,fuel").is_none());
        let by_csv = read(&mut decoder, "2026-04-17T15:06:42Z,BD-4021,110.2,20.1,90,4.0,琼渔01,77").unwrap();
        assert_eq!(by_json, by_csv);
        assert_eq!((by_csv.1.sigma_m, by_csv.1.name.unwrap().as_str()), (25.0, "琼渔01"));
        assert_eq!(decoder.tally().accepted(), 3);
    }

    #[test]
    fn what_cannot_be_a_report_is_refused_by_name() {
        use ReportRefusal::*;
        for (line, reason) in [
            ("1,2,3", NoHeader),
            (r#"{"id":"a","time":"2026-04-17T15:06:42Z","lat":20.1}"#, BadField),
            (r#"{"id":"a","time":"2026-04-17T15:0"#, CutShort),
            (r#"{"id":"a","time":"yesterday","lat":20.1,"lon":110.2}"#, BadTime),
            (r#"{"id":"a","time":"2026-04-17T15:06:42Z","lat":99.0,"lon":110.2}"#, BadPlace),
            (r#"{"id":"","time":"2026-04-17T15:06:42Z","lat":20.1,"lon":110.2}"#, BadId),
            (r#"{"id":"a","time":"2026-04-17T15:06:42Z","lat":20.1,"lon":110.2,"sog_mps":900}"#, BadNumber),
        ] {
            let mut decoder = decoder();
            assert!(read(&mut decoder, line).is_none());
            assert_eq!(decoder.tally().last_refused(), Some(reason), "{line}");
        }
        let mut decoder = decoder();
        read(&mut decoder, "id,time,lat,lon");
        read(&mut decoder, "a,2026-04-17T15:06:42Z,20.1");
        assert_eq!(decoder.tally().last_refused(), Some(Columns));
        read(&mut decoder, "a,2026-04-17T15:06:42Z,NaN,110.2");
        assert_eq!(decoder.tally().last_refused(), Some(BadPlace));
    }

    proptest! {
        #[test]
        fn any_bytes_are_accepted_or_counted(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
            let mut decoder = decoder();
            decoder.line(b"id,time,lat,lon", 1);
            decoder.line(&bytes, 2);
            prop_assert!(decoder.tally().adds_up());
        }
    }
}
