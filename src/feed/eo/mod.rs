//! Detections of photoelectric (visible and infrared) cameras: here one JSON object a line; [`onvif`] reads the metadata of IP
//! cameras, [`klv`] that of aircraft.
//!
//! `{"time","sensor","azimuth_deg","elevation_deg"?,"range_m"?,"class","class_confidence","length_m"?,"activity"?,
//! "hull_mmsi"?,"image"?,"image_sha256"?}`. A detection without `range_m` is a bearing alone and a measurement in its own right. Fields
//! that are not known here are passed over, so that a vendor may add his own; a word for class or activity that is not
//! known is counted and taken as "other" or left out. A number outside its range refuses the line: who sends an azimuth of
//! 400 degrees cannot be believed in the rest.

pub mod klv;
pub mod onvif;
mod refusal;

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::error::Category;

use super::nmea::hex_pair;
use super::observation::{EoActivity, EoClass, EoDetection};
use super::sensor::{SensorKind, SensorTable};
use super::tally::{Place, Tally};
use crate::units::{EventTime, Mmsi, SensorId};

pub use refusal::EoRefusal;

/// The longest line that is looked at, in bytes. A detection takes about 200.
pub const LINE_BYTES_MAX: usize = 16 * 1024;

/// The longest reference of a picture, in bytes.
const IMAGE_BYTES_MAX: usize = 1024;

/// One accepted detection.
#[derive(Clone, Debug, PartialEq)]
pub struct EoReport {
    /// Which camera.
    pub sensor: SensorId,
    /// When it saw, by its own clock.
    pub time: EventTime,
    /// What it saw.
    pub detection: EoDetection,
}

/// Words in accepted lines that were not understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct OddWords {
    /// Classes that are not in the list: taken as "other".
    pub class: u64,
    /// Activities that are not in the list: left out.
    pub activity: u64,
    /// Hull numbers that are no MMSI: left out.
    pub hull_mmsi: u64,
    /// References of pictures that are too long: left out.
    pub image: u64,
    /// Hashes of pictures that are not 64 hexadecimal digits: left out.
    pub image_sha256: u64,
}

/// The line as it stands. Everything that may be missing is asked for by [`EoDecoder`], so that the reason can be named.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    time: Cow<'a, str>,
    #[serde(borrow)]
    sensor: Cow<'a, str>,
    azimuth_deg: f64,
    elevation_deg: Option<f64>,
    range_m: Option<f64>,
    #[serde(borrow)]
    class: Cow<'a, str>,
    class_confidence: f64,
    length_m: Option<f64>,
    #[serde(borrow)]
    activity: Option<Cow<'a, str>>,
    #[serde(borrow)]
    hull_mmsi: Option<HullMmsi<'a>>,
    #[serde(borrow)]
    image: Option<Cow<'a, str>>,
    #[serde(borrow)]
    image_sha256: Option<Cow<'a, str>>,
}

/// A hull number: some cameras send the digits as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum HullMmsi<'a> {
    Number(u64),
    Digits(#[serde(borrow)] Cow<'a, str>),
    /// Anything else, to be counted as odd.
    Odd(serde::de::IgnoredAny),
}

/// The decoder of one feed of detections, which may carry several cameras.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct EoDecoder {
    /// Sorted by name.
    cameras: Vec<(Box<str>, SensorId)>,
    tally: Tally<EoRefusal, { EoRefusal::COUNT }>,
    odd: OddWords,
}

impl EoDecoder {
    /// A decoder for the cameras of a sensor table.
    pub fn new(sensors: &SensorTable) -> Self {
        let mut cameras: Vec<(Box<str>, SensorId)> = sensors
            .iter()
            .filter(|(_, sensor)| sensor.kind == SensorKind::Eo)
            .map(|(id, sensor)| (sensor.name.as_str().into(), id))
            .collect();
        cameras.sort();
        Self { cameras, tally: Tally::default(), odd: OddWords::default() }
    }

    /// Reads one line, with or without its line end. `None` when it is blank (not counted) or refused (counted).
    ///
    /// `number` is the number of the line, counted from 1, for naming it when it is refused.
    pub fn line(&mut self, line: &[u8], number: u64) -> Option<EoReport> {
        let line = line.trim_ascii();
        if line.is_empty() {
            return None;
        }
        self.tally.receive();
        match self.read(line) {
            Ok(report) => {
                self.tally.accept();
                Some(report)
            }
            Err(reason) => {
                self.tally.refuse_text(reason, Place::Line(number), line);
                None
            }
        }
    }

    /// Lines taken up, accepted and refused.
    pub fn tally(&self) -> &Tally<EoRefusal, { EoRefusal::COUNT }> {
        &self.tally
    }

    /// Words in accepted lines that were not understood.
    pub fn odd_words(&self) -> OddWords {
        self.odd
    }

    fn read(&mut self, line: &[u8]) -> Result<EoReport, EoRefusal> {
        if line.len() > LINE_BYTES_MAX {
            return Err(EoRefusal::TooLong);
        }
        let text = std::str::from_utf8(line).map_err(|_| EoRefusal::NoText)?;
        let line: Line<'_> = serde_json::from_str(text).map_err(|error| match error.classify() {
            Category::Eof => EoRefusal::CutShort,
            Category::Data => EoRefusal::BadField,
            Category::Syntax | Category::Io => EoRefusal::BadJson,
        })?;
        let camera = self.cameras.binary_search_by(|(name, _)| (**name).cmp(&*line.sensor));
        let &(_, sensor) = camera.ok().and_then(|at| self.cameras.get(at)).ok_or(EoRefusal::UnknownSensor)?;
        let time = EventTime::parse_rfc3339(&line.time).map_err(|_| EoRefusal::BadTime)?;
        if !(0.0..=360.0).contains(&line.azimuth_deg) {
            return Err(EoRefusal::AzimuthOutside);
        }
        if line.elevation_deg.is_some_and(|elevation| !(-90.0..=90.0).contains(&elevation)) {
            return Err(EoRefusal::ElevationOutside);
        }
        if line.range_m.is_some_and(|range| !(range > 0.0 && range <= RANGE_MAX_M)) {
            return Err(EoRefusal::RangeOutside);
        }
        if !(0.0..=1.0).contains(&line.class_confidence) {
            return Err(EoRefusal::ConfidenceOutside);
        }
        if line.length_m.is_some_and(|length| !(length > 0.0 && length <= LENGTH_MAX_M)) {
            return Err(EoRefusal::LengthOutside);
        }
        let detection = EoDetection {
            azimuth_deg: if line.azimuth_deg == 360.0 { 0.0 } else { line.azimuth_deg },
            elevation_deg: line.elevation_deg,
            range_m: line.range_m,
            class: self.class(&line.class),
            class_confidence: line.class_confidence,
            length_m: line.length_m,
            activity: self.activity(line.activity.as_deref()),
            hull_mmsi: self.hull_mmsi(line.hull_mmsi.as_ref()),
            image: self.image(line.image.as_deref()),
            image_sha256: self.image_sha256(line.image_sha256.as_deref()),
            range_sigma_m: None,
            label: label_of_word(&line.class),
        };
        Ok(EoReport { sensor, time, detection })
    }

    fn class(&mut self, word: &str) -> EoClass {
        self.odd.class += u64::from(known_class(word).is_none());
        class_of_word(word)
    }

    fn activity(&mut self, word: Option<&str>) -> Option<EoActivity> {
        let word = word?;
        let known = ACTIVITIES.into_iter().find(|activity| activity.as_str() == word);
        self.odd.activity += u64::from(known.is_none());
        known
    }

    fn hull_mmsi(&mut self, sent: Option<&HullMmsi<'_>>) -> Option<Mmsi> {
        let number = match sent? {
            HullMmsi::Number(number) => u32::try_from(*number).ok(),
            HullMmsi::Digits(digits) => digits.parse().ok(),
            HullMmsi::Odd(_) => None,
        };
        let mmsi = number.and_then(Mmsi::new);
        self.odd.hull_mmsi += u64::from(mmsi.is_none());
        mmsi
    }

    fn image(&mut self, reference: Option<&str>) -> Option<Box<str>> {
        let reference = reference?;
        let short = reference.len() <= IMAGE_BYTES_MAX;
        self.odd.image += u64::from(!short);
        short.then(|| reference.into())
    }

    fn image_sha256(&mut self, digits: Option<&str>) -> Option<[u8; 32]> {
        let hash = sha256_of_hex(digits?);
        self.odd.image_sha256 += u64::from(hash.is_none());
        hash
    }
}

/// The class of this very word.
fn known_class(word: &str) -> Option<EoClass> {
    EoClass::ALL.into_iter().find(|class| class.as_str() == word)
}

/// The class that a camera's word means; [`EoClass::Other`] where the list has none.
fn class_of_word(word: &str) -> EoClass {
    let lower = word.to_ascii_lowercase();
    known_class(&lower).unwrap_or(match lower.as_str() {
        "cargo ship" | "container" | "bulk carrier" => EoClass::Cargo,
        "oil tanker" => EoClass::Tanker,
        "ferry" | "cruise ship" | "passenger ship" => EoClass::Passenger,
        "fishing boat" | "fishing vessel" | "trawler" => EoClass::Fishing,
        "speed boat" | "motorboat" | "motor boat" | "rib" | "jet ski" => EoClass::Speedboat,
        "tugboat" | "tug boat" => EoClass::Tug,
        "patrol boat" | "patrol vessel" => EoClass::Patrol,
        _ => EoClass::Other,
    })
}

/// Bytes of the longest class word that is kept.
const LABEL_BYTES_MAX: usize = 64;

/// A camera's word that is none of ours, to be kept beside [`EoClass::Other`].
fn label_of_word(word: &str) -> Option<Box<str>> {
    (!word.is_empty() && word.len() <= LABEL_BYTES_MAX && known_class(word).is_none()).then(|| word.into())
}

/// The bytes of 64 hexadecimal digits.
pub(super) fn sha256_of_hex(digits: &str) -> Option<[u8; 32]> {
    let digits = digits.as_bytes();
    let mut hash = [0; 32];
    if digits.len() != 2 * hash.len() {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
        let &[high, low] = pair else { return None };
        *byte = hex_pair(high, low)?;
    }
    Some(hash)
}

/// The farthest range that is believed of a laser rangefinder, in metres: twice the sea horizon of a mast of 200 m.
const RANGE_MAX_M: f64 = 120_000.0;

/// The longest craft that is believed, in metres: the longest ship ever built had 458.
const LENGTH_MAX_M: f64 = 1000.0;

/// All activities, in declaration order.
const ACTIVITIES: [EoActivity; 6] = [
    EoActivity::Underway,
    EoActivity::Stopped,
    EoActivity::AlongsideVessel,
    EoActivity::CargoTransfer,
    EoActivity::Beached,
    EoActivity::LandingGoods,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::sensor::{EoClaims, Sensor};
    use crate::geodesy::LatLon;
    use proptest::prelude::*;

    fn decoder() -> EoDecoder {
        let mut sensors = SensorTable::default();
        for (name, kind) in [("radar1", SensorKind::Radar), ("eo2", SensorKind::Eo), ("eo1", SensorKind::Eo)] {
            let eo = Some(EoClaims { max_range_m: 10_000.0, sigma_azimuth_deg: 0.1 });
            let position = Some(LatLon::new(20.0, 110.0));
            sensors
                .add(Sensor {
                    name: name.into(),
                    kind,
                    position,
                    height_m: None,
                    radar: None,
                    eo,
                    report: None,
                    mount: None,
                })
                .unwrap();
        }
        EoDecoder::new(&sensors)
    }

    const BEARING: &str = r#"{"time":"2026-04-17T15:06:42.354Z","sensor":"eo1","azimuth_deg":74.105,"class":"cargo","class_confidence":0.85}"#;

    #[test]
    fn a_bearing_alone_is_a_detection() {
        let report = decoder().line(BEARING.as_bytes(), 1).unwrap();
        assert_eq!(report.sensor, SensorId(2));
        assert_eq!(report.time.to_string(), "2026-04-17T15:06:42.354Z");
        assert_eq!((report.detection.azimuth_deg, report.detection.range_m), (74.105, None));
        assert_eq!(report.detection.class, EoClass::Cargo);
    }

    #[test]
    fn everything_that_a_camera_may_say_is_read() {
        let line = r#"{"time":"2026-04-17T23:06:42.354+08:00","sensor":"eo2","azimuth_deg":360.0,"elevation_deg":-0.5,
            "range_m":4113.9,"class":"fishing","class_confidence":1,"length_m":42.7,"activity":"landing_goods",
            "hull_mmsi":412056901,"image":"a/b\"c.jpg","vendor":{"x":[1,2]}}"#;
        let mut decoder = decoder();
        let report = decoder.line(line.as_bytes(), 1).unwrap();
        assert_eq!((report.sensor, report.time.to_string().as_str()), (SensorId(1), "2026-04-17T15:06:42.354Z"));
        let detection = report.detection;
        assert_eq!(
            (detection.azimuth_deg, detection.elevation_deg, detection.range_m),
            (0.0, Some(-0.5), Some(4113.9))
        );
        assert_eq!((detection.length_m, detection.activity), (Some(42.7), Some(EoActivity::LandingGoods)));
        assert_eq!((detection.hull_mmsi, detection.image.as_deref()), (Mmsi::new(412_056_901), Some("a/b\"c.jpg")));
        assert_eq!(decoder.odd_words(), OddWords::default());
    }

    #[test]
    fn words_that_are_not_known_are_counted_and_the_line_is_kept() {
        let line = BEARING
            .replace("\"cargo\"", "\"submarine\"")
            .replace("0.85}", r#"0.85,"activity":"dancing","hull_mmsi":"4120569O1"}"#);
        let mut decoder = decoder();
        let detection = decoder.line(line.as_bytes(), 1).unwrap().detection;
        assert_eq!((detection.class, detection.activity, detection.hull_mmsi), (EoClass::Other, None, None));
        assert_eq!(decoder.odd_words(), OddWords { class: 1, activity: 1, hull_mmsi: 1, ..OddWords::default() });
        let text = BEARING.replace("0.85}", r#"0.85,"hull_mmsi":"412056901"}"#);
        assert_eq!(decoder.line(text.as_bytes(), 2).unwrap().detection.hull_mmsi, Mmsi::new(412_056_901));
    }

    #[test]
    fn what_is_refused_is_named_with_its_line() {
        use EoRefusal::*;
        let mut decoder = decoder();
        for (number, (line, reason)) in [
            (BEARING[..60].to_owned(), CutShort),
            (BEARING.replace("74.105", "1e999"), BadJson),
            (BEARING.replace("74.105", "NaN"), BadJson),
            (BEARING.replace("74.105", "\"east\""), BadField),
            (BEARING.replace("\"azimuth_deg\":74.105,", ""), BadField),
            (BEARING.replace("74.105", "360.5"), AzimuthOutside),
            (BEARING.replace("74.105", "-1"), AzimuthOutside),
            (BEARING.replace("eo1", "radar1"), UnknownSensor),
            (BEARING.replace("2026-04-17", "2026-04-31"), BadTime),
            (BEARING.replace("0.85", "1.5"), ConfidenceOutside),
            (BEARING.replace("}", ",\"range_m\":0}"), RangeOutside),
            (BEARING.replace("}", ",\"elevation_deg\":91}"), ElevationOutside),
            (BEARING.replace("}", ",\"length_m\":-3}"), LengthOutside),
            ("hello".to_owned(), BadJson),
            ("7".to_owned(), BadField),
            (format!("{BEARING}{BEARING}"), BadJson),
        ]
        .into_iter()
        .enumerate()
        {
            let before = decoder.tally().refused(reason);
            assert_eq!(decoder.line(line.as_bytes(), number as u64 + 1), None, "{line}");
            assert_eq!(decoder.tally().refused(reason), before + 1, "{line}: {:?}", decoder.tally().examples().last());
        }
        let received = decoder.tally().received();
        assert_eq!(decoder.line(b"  \r\n", 98), None);
        assert_eq!(decoder.tally().received(), received, "a blank line is passed over without being counted");
        assert_eq!(decoder.line(&[b'{', 0xff, b'}'], 99), None);
        assert_eq!(decoder.tally().refused(NoText), 1);
        assert_eq!(decoder.line(&vec![b'['; LINE_BYTES_MAX + 1], 100), None);
        assert_eq!(decoder.tally().refused(TooLong), 1);
        assert!(decoder.tally().adds_up());
    }

    proptest! {
        #[test]
        fn a_line_with_changed_bytes_never_panics_and_is_counted(
            changes in prop::collection::vec((0_usize..116, any::<u8>()), 0..6), end in 0_usize..=116,
        ) {
            let mut line = BEARING.as_bytes().to_vec();
            for (at, byte) in changes {
                if let Some(place) = line.get_mut(at) {
                    *place = byte;
                }
            }
            line.truncate(end);
            let mut decoder = decoder();
            let accepted = decoder.line(&line, 1).is_some();
            prop_assert_eq!(decoder.tally().accepted(), u64::from(accepted));
            prop_assert!(decoder.tally().adds_up());
        }
    }
}
