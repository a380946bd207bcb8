//! `scenario.json`: what the sensors of a scenario folder are, and where their files lie.

use std::path::Path;

use serde::Deserialize;

use super::error::RecordingError;
use super::framing::Framing;
use super::{Feed, Recording, RefusedFeed, TimeSource};
use crate::feed::sensor::{CameraMount, EoClaims, RadarClaims, ReportClaims, Sensor, SensorKind, SensorTable};
use crate::geodesy::LatLon;
use crate::units::EventTime;

/// Name of the file that makes a folder a scenario.
pub const SCENARIO_FILE: &str = "scenario.json";

/// The longest recording that is believed, in seconds: ten years.
const DURATION_MAX_S: f64 = 3.2e8;

/// As written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawScenario {
    name: String,
    start: String,
    duration_s: f64,
    bbox: [f64; 4],
    sensors: Vec<RawSensor>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSensor {
    id: String,
    kind: String,
    lat: Option<f64>,
    lon: Option<f64>,
    height_m: Option<f64>,
    file: String,
    sac: Option<u8>,
    sic: Option<u8>,
    max_range_m: Option<f64>,
    scan_s: Option<f64>,
    sigma_range_m: Option<f64>,
    sigma_azimuth_deg: Option<f64>,
    format: Option<String>,
    mount_heading_deg: Option<f64>,
    half_view_deg: Option<f64>,
    sigma_m: Option<f64>,
}

/// Opens a scenario folder.
///
/// # Errors
/// [`RecordingError`] when its `scenario.json` cannot be read or is wrong as a whole. A sensor that is described wrongly or
/// whose file is missing is a refused feed of the recording instead.
pub(super) fn open(folder: &Path) -> Result<Recording, RecordingError> {
    describe(folder)?.require_a_feed()
}

/// Reads what a scenario folder says of its area and sensors, whether or not there is a file to read.
///
/// # Errors
/// As for [`open`].
pub(super) fn describe(folder: &Path) -> Result<Recording, RecordingError> {
    let path = folder.join(SCENARIO_FILE);
    let text =
        std::fs::read_to_string(&path).map_err(|error| RecordingError::Unreadable { path: path.clone(), error })?;
    let wrong = |what: String, advice| RecordingError::Scenario { path: path.clone(), what, advice };
    let raw: RawScenario = serde_json::from_str(&text).map_err(|error| {
        let advice = match error.classify() {
            serde_json::error::Category::Data => "remove or correct the field; FORMAT.md lists all fields",
            _ => "mend the JSON there",
        };
        wrong(error.to_string(), advice)
    })?;
    let start = EventTime::parse_rfc3339(&raw.start)
        .map_err(|error| wrong(format!("start '{}': {error}", raw.start), "write RFC 3339: 2026-04-17T15:06:38Z"))?;
    if !(raw.duration_s > 0.0 && raw.duration_s <= DURATION_MAX_S) {
        return Err(wrong(format!("duration_s {}", raw.duration_s), "give the length in seconds, above 0"));
    }
    let [west, south, east, north] = raw.bbox;
    if !(LatLon::new(south, west).is_valid() && LatLon::new(north, east).is_valid() && south < north && west < east) {
        return Err(wrong(format!("bbox {:?}", raw.bbox), "give west, south, east, north in degrees"));
    }
    let mut recording = Recording {
        name: raw.name,
        start: Some(start),
        duration_ms: Some((raw.duration_s * 1000.0).round() as i64),
        folder: Some(folder.to_owned()),
        bbox: Some(raw.bbox),
        ..Recording::default()
    };
    for sensor in raw.sensors {
        let name = sensor.id.clone();
        match feed(folder, sensor, &mut recording.sensors) {
            Ok(feed) => recording.feeds.push(feed),
            Err(why) => recording.refused.push(RefusedFeed { name, why }),
        }
    }
    Ok(recording)
}

/// One sensor and its file, or why it cannot be used.
fn feed(folder: &Path, raw: RawSensor, sensors: &mut SensorTable) -> Result<Feed, String> {
    let kind = kind(&raw.kind).ok_or_else(|| format!("kind '{}' is unknown: ais, radar, eo or report", raw.kind))?;
    let sensor = checked(&raw, kind)?;
    let format = format(&raw, kind)?;
    let (name, file) = (raw.id, raw.file);
    let id = sensors.add(sensor).map_err(|error| error.to_string())?;
    let path = folder.join(&file);
    // Any feed file may be compressed, so either name will do.
    let other = match file.strip_suffix(".zst") {
        Some(plain) => folder.join(plain),
        None => folder.join(format!("{file}.zst")),
    };
    let path = if !path.exists() && other.exists() { other } else { path };
    if !path.is_file() {
        return Err(format!(
            "its file {} is missing: copy it there, or take the sensor out of scenario.json",
            path.display()
        ));
    }
    Ok(Feed { name, kind, sensor: Some(id), framing: framing_of(&path, format), path, times: TimeSource::Records })
}

fn kind(word: &str) -> Option<SensorKind> {
    SensorKind::ALL.into_iter().find(|kind| kind.as_str() == word)
}

/// The wire format of a sensor's file: as said, else the usual one of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Nmea,
    Asterix,
    JsonLines,
    Documents,
    Klv,
}

fn format(raw: &RawSensor, kind: SensorKind) -> Result<Format, String> {
    let allowed: &[(&str, Format)] = match kind {
        SensorKind::Ais => &[("nmea", Format::Nmea)],
        SensorKind::Radar => &[("asterix", Format::Asterix), ("nmea", Format::Nmea)],
        SensorKind::Eo => &[("json", Format::JsonLines), ("onvif", Format::Documents), ("klv", Format::Klv)],
        SensorKind::Report => &[("json", Format::JsonLines), ("csv", Format::JsonLines), ("asterix", Format::Asterix)],
    };
    let usual = allowed.first().map(|(_, format)| *format);
    let found = match &raw.format {
        None => usual,
        Some(word) => allowed.iter().find(|(name, _)| name == word).map(|(_, format)| *format),
    };
    found.ok_or_else(|| {
        let words: Vec<&str> = allowed.iter().map(|(name, _)| *name).collect();
        format!(
            "format '{}' is unknown for kind {}: {}",
            raw.format.as_deref().unwrap_or(""),
            raw.kind,
            words.join(" or ")
        )
    })
}

/// How a file is cut: a capture by its datagrams, other files by their format.
fn framing_of(path: &Path, format: Format) -> Framing {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = name.strip_suffix(".zst").unwrap_or(&name);
    match format {
        _ if name.ends_with(".pcap") || name.ends_with(".pcapng") => Framing::Capture,
        Format::Asterix => Framing::Blocks,
        Format::Nmea | Format::JsonLines => Framing::Lines,
        Format::Documents => Framing::Documents,
        Format::Klv => Framing::Klv,
    }
}

fn checked(raw: &RawSensor, kind: SensorKind) -> Result<Sensor, String> {
    let position = match (raw.lat, raw.lon) {
        (Some(lat), Some(lon)) => Some(LatLon::new(lat, lon)),
        _ => None,
    };
    let above_zero = |field: &str, value: Option<f64>| match value {
        Some(value) if value > 0.0 && value.is_finite() => Ok(value),
        Some(value) => Err(format!("{field} is {value}: it must be above 0")),
        None => Err(format!("{field} is missing: add it to the sensor in scenario.json")),
    };
    let (mut radar, mut eo, mut report, mut mount) = (None, None, None, None);
    match kind {
        SensorKind::Ais => {}
        SensorKind::Radar => {
            let nmea = format(raw, kind)? == Format::Nmea;
            let code = |field: &str, value: Option<u8>| match value {
                // NMEA 0183 knows no such code: the feed itself is the radar's.
                None if nmea => Ok(0),
                None => Err(format!("{field} is missing: a radar is known by the SAC/SIC of its records")),
                Some(code) => Ok(code),
            };
            radar = Some(RadarClaims {
                sac: code("sac", raw.sac)?,
                sic: code("sic", raw.sic)?,
                max_range_m: above_zero("max_range_m", raw.max_range_m)?,
                scan_s: above_zero("scan_s", raw.scan_s)?,
                sigma_range_m: above_zero("sigma_range_m", raw.sigma_range_m)?,
                sigma_azimuth_deg: above_zero("sigma_azimuth_deg", raw.sigma_azimuth_deg)?,
            });
        }
        SensorKind::Eo => {
            eo = Some(EoClaims {
                max_range_m: above_zero("max_range_m", raw.max_range_m)?,
                sigma_azimuth_deg: above_zero("sigma_azimuth_deg", raw.sigma_azimuth_deg)?,
            });
            let optional = |field: &str, value: Option<f64>| value.map(|_| above_zero(field, value)).transpose();
            mount = Some(CameraMount {
                heading_deg: raw.mount_heading_deg.unwrap_or(0.0),
                half_view_deg: optional("half_view_deg", raw.half_view_deg)?,
            });
        }
        SensorKind::Report => {
            report = Some(ReportClaims {
                code: raw.sac.zip(raw.sic).map(|(sac, sic)| [sac, sic]),
                sigma_m: raw.sigma_m.map(|_| above_zero("sigma_m", raw.sigma_m)).transpose()?,
            });
        }
    }
    Ok(Sensor { name: raw.id.clone(), kind, position, height_m: raw.height_m, radar, eo, report, mount })
}
