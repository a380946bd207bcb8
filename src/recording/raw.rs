//! Recorded files without a scenario folder: what each is, and which sensors speak in it.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::error::RecordingError;
use super::framing::{Cutter, Framing};
use super::pcap;
use super::source::Source;
use super::times::{TimeSource, probe_ais};
use super::{Feed, OpenOptions, Recording, RefusedFeed, stem};
use crate::feed::asterix::{Category, HEADER_BYTES, Records, category};
use crate::feed::own_ship::OwnShipDecoder;
use crate::feed::sensor::{EoClaims, RadarClaims, ReportClaims, Sensor, SensorKind, SensorTable};
use crate::geodesy::LatLon;
use crate::units::{EventTime, SensorId};

/// Bytes looked at to tell what a file is.
const SNIFFED_BYTES: usize = 4096;
/// Records looked at to tell which sensors speak in a file and whether its lines have times.
const PROBED_RECORDS: usize = 5_000;
/// The most sensors of one file.
const SENSORS_PROBED_MAX: usize = 16;

/// What is assumed of a radar of which nothing but its records is known: a coastal set of the usual kind.
const USUAL_RADAR: RadarClaims =
    RadarClaims { sac: 0, sic: 0, max_range_m: 60_000.0, scan_s: 3.0, sigma_range_m: 20.0, sigma_azimuth_deg: 0.3 };
/// Likewise of a camera.
const USUAL_CAMERA: EoClaims = EoClaims { max_range_m: 12_000.0, sigma_azimuth_deg: 0.1 };

/// Where a sensor stands, as the user says.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// Its name, or `SAC/SIC` of a radar.
    pub name: String,
    /// Where it stands.
    pub position: LatLon,
}

impl FromStr for Site {
    type Err = RecordingError;

    /// Reads `NAME=LAT,LON` in degrees.
    fn from_str(text: &str) -> Result<Self, RecordingError> {
        let wrong = || RecordingError::Site(text.to_owned());
        let (name, place) = text.split_once('=').ok_or_else(wrong)?;
        let (lat, lon) = place.split_once(',').ok_or_else(wrong)?;
        let number = |text: &str| text.trim().parse::<f64>().map_err(|_| wrong());
        let position = LatLon::new(number(lat)?, number(lon)?);
        if name.is_empty() || !position.is_valid() {
            return Err(wrong());
        }
        Ok(Self { name: name.to_owned(), position })
    }
}

/// What the content of a file looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    AisLines,
    RadarLines,
    CameraLines,
    Blocks,
    Capture,
}

/// Opens recorded files.
///
/// # Errors
/// [`RecordingError`] when a file is of no known kind, or none of them can be used.
pub(super) fn open(files: &[PathBuf], options: &OpenOptions) -> Result<Recording, RecordingError> {
    let names: Vec<String> = files.iter().map(|path| stem(path)).collect();
    let mut recording = Recording { name: names.join("+"), ..Recording::default() };
    // The date of records without one: noon, so that each time of day is of that same day.
    let date = options.date.unwrap_or_default();
    recording.reference = Some(date.plus_millis(EventTime::DAY_MS / 2 - date.millis_of_day()));
    for (path, name) in files.iter().zip(names) {
        let added = match sniff(path)? {
            Content::AisLines => ais(path, &name, options, &mut recording),
            Content::RadarLines => radar_lines(path, &name, options, &mut recording),
            Content::CameraLines => cameras(path, &name, options, &mut recording),
            Content::Blocks => radars(path, &name, Framing::Blocks, options, &mut recording),
            Content::Capture => radars(path, &name, Framing::Capture, options, &mut recording),
        };
        if let Err(why) = added {
            recording.refused.push(RefusedFeed { name, why });
        }
    }
    let undated = |feed: &Feed| feed.kind == SensorKind::Radar && feed.framing != Framing::Capture;
    if options.date.is_none() && recording.feeds.iter().any(undated) {
        let note = "radar files tell the time of day and no date: 1970-01-01 is taken; give --date YYYY-MM-DD";
        recording.notes.push(note.to_owned());
    }
    recording.require_a_feed()
}

/// Tells what a file is by its content.
fn sniff(path: &Path) -> Result<Content, RecordingError> {
    let unreadable = |error| RecordingError::Unreadable { path: path.to_owned(), error };
    let mut start = Vec::new();
    Source::open(path).map_err(unreadable)?.take(SNIFFED_BYTES as u64).read_to_end(&mut start).map_err(unreadable)?;
    if start.is_empty() {
        // A damaged .zst, or nothing at all.
        return Err(RecordingError::UnknownFormat(path.to_owned()));
    }
    let magic: [u8; 4] = start.first_chunk().copied().unwrap_or_default();
    if pcap::is_capture(&magic) {
        return Ok(Content::Capture);
    }
    let readable = start.iter().filter(|&&byte| matches!(byte, b'\t' | b'\r' | b'\n' | b' '..=b'~')).count();
    if readable * 10 >= start.len() * 9 {
        let first = start.iter().find(|byte| !byte.is_ascii_whitespace());
        return Ok(match first {
            Some(b'{') => Content::CameraLines,
            _ if tells_targets(&start) => Content::RadarLines,
            _ => Content::AisLines,
        });
    }
    match start.as_slice() {
        &[number, high, low, ..] if category(number).is_some() && u16::from_be_bytes([high, low]) > 3 => {
            Ok(Content::Blocks)
        }
        _ if start.windows(4).any(|window| matches!(window, b"VDM," | b"VDO,")) => Ok(Content::AisLines),
        _ => Err(RecordingError::UnknownFormat(path.to_owned())),
    }
}

fn ais(path: &Path, name: &str, options: &OpenOptions, recording: &mut Recording) -> Result<(), String> {
    let lines = probe(path, Framing::Lines)?;
    let found = probe_ais(lines.iter().map(Vec::as_slice));
    let times = if found.with_time * 2 >= found.messages {
        TimeSource::Records
    } else {
        let start = options.date.or(found.base_station).unwrap_or_default();
        recording.notes.push(format!(
            "{name}: its lines do not say when they were received, so time goes by what the messages say of UTC, from {start} on"
        ));
        TimeSource::Messages(start)
    };
    let sensor = Sensor {
        name: name.to_owned(),
        kind: SensorKind::Ais,
        position: None,
        height_m: None,
        radar: None,
        eo: None,
        report: None,
        mount: None,
    };
    let sensor = recording.sensors.add(sensor).map_err(|error| error.to_string())?;
    recording.feeds.push(Feed {
        name: name.to_owned(),
        kind: SensorKind::Ais,
        sensor: Some(sensor),
        path: path.to_owned(),
        framing: Framing::Lines,
        times,
    });
    Ok(())
}

/// Whether lines are those of a radar: targets, and no AIS of others.
fn tells_targets(start: &[u8]) -> bool {
    let holds = |words: &[&[u8]]| start.windows(4).any(|window| words.contains(&window));
    holds(&[b"TTM,", b"TTD,", b"TLL,"]) && !holds(&[b"VDM,"])
}

fn radar_lines(path: &Path, name: &str, options: &OpenOptions, recording: &mut Recording) -> Result<(), String> {
    let site = options.sites.iter().find(|site| site.name == name).map(|site| site.position);
    // A radar aboard tells where it is.
    let Some(position) = site.or_else(|| first_fix(path)) else {
        return Err(format!("it is not known where this radar stands: give --site {name}=LAT,LON"));
    };
    let sensor = add_radar(&mut recording.sensors, name.to_owned(), [0, 0], position)?;
    recording.notes.push(format!("{name}: usual performance of a coastal radar is assumed"));
    recording.feeds.push(Feed {
        name: name.to_owned(),
        kind: SensorKind::Radar,
        sensor: Some(sensor),
        path: path.to_owned(),
        framing: Framing::Lines,
        times: TimeSource::Records,
    });
    Ok(())
}

/// The first position that the own ship's receiver tells in a file.
fn first_fix(path: &Path) -> Option<LatLon> {
    let mut own_ship = OwnShipDecoder::new();
    let mut position = None;
    for (line, number) in probe(path, Framing::Lines).ok()?.iter().zip(1..) {
        own_ship.push_line(line, number, &mut |report| position = position.or(report.position));
        if position.is_some() {
            break;
        }
    }
    position
}

fn cameras(path: &Path, name: &str, options: &OpenOptions, recording: &mut Recording) -> Result<(), String> {
    let mut names: Vec<String> = Vec::new();
    for line in probe(path, Framing::Lines)? {
        let camera = serde_json::from_slice::<serde_json::Value>(&line).ok();
        let camera = camera.as_ref().and_then(|line| line.get("sensor")).and_then(|name| name.as_str());
        if let Some(camera) = camera
            && names.len() < SENSORS_PROBED_MAX
            && names.iter().all(|known| known != camera)
        {
            names.push(camera.to_owned());
        }
    }
    let sensors = &mut recording.sensors;
    let mut first = None;
    for camera in &names {
        let Some(site) = options.sites.iter().find(|site| site.name == *camera) else { continue };
        let sensor = Sensor {
            name: camera.clone(),
            kind: SensorKind::Eo,
            position: Some(site.position),
            height_m: None,
            radar: None,
            eo: Some(USUAL_CAMERA),
            report: None,
            mount: None,
        };
        let id = sensors.add(sensor).map_err(|error| error.to_string())?;
        first = first.or(Some(id));
    }
    let Some(sensor) = first else {
        let example = names.first().map_or("NAME", String::as_str);
        return Err(format!(
            "it is not known where its cameras ({}) stand: give --site {example}=LAT,LON",
            names.join(", ")
        ));
    };
    recording.notes.push(format!("{name}: usual performance of a camera is assumed"));
    recording.feeds.push(Feed {
        name: name.to_owned(),
        kind: SensorKind::Eo,
        sensor: Some(sensor),
        path: path.to_owned(),
        framing: Framing::Lines,
        times: TimeSource::Records,
    });
    Ok(())
}

/// A source of radar records: SAC and SIC, and its position where it says so.
type RadarSource = ([u8; 2], Option<LatLon>);

fn radars(
    path: &Path,
    name: &str,
    framing: Framing,
    options: &OpenOptions,
    recording: &mut Recording,
) -> Result<(), String> {
    let blocks = probe(path, framing)?;
    let sources = radar_sources(&blocks);
    // A station that also sends system tracks under its own code is one sensor.
    let mut centres = centre_sources(&blocks);
    centres.retain(|centre| sources.iter().all(|(source, _)| source != centre));
    let own_name = |[sac, sic]: [u8; 2]| match sources.len() + centres.len() {
        1 => name.to_owned(),
        _ => format!("{name}-{sac}-{sic}"),
    };
    let mut first: Option<SensorId> = None;
    let mut without = Vec::new();
    for (source, told) in &sources {
        let [sac, sic] = source;
        let (code, own) = (format!("{sac}/{sic}"), own_name(*source));
        let site = options.sites.iter().find(|site| site.name == own || site.name == code);
        let Some(position) = site.map(|site| site.position).or(*told) else {
            without.push(code);
            continue;
        };
        let id = add_radar(&mut recording.sensors, own, *source, position)?;
        first = first.or(Some(id));
    }
    let mut reporting = None;
    for &source in &centres {
        let claims = ReportClaims { code: Some(source), sigma_m: None };
        let sensor = Sensor {
            name: own_name(source),
            kind: SensorKind::Report,
            position: None,
            height_m: None,
            radar: None,
            eo: None,
            report: Some(claims),
            mount: None,
        };
        let id = recording.sensors.add(sensor).map_err(|error| error.to_string())?;
        reporting = reporting.or(Some(id));
    }
    if let Some(code) = without.first() {
        let codes = without.join(", ");
        let advice = format!("it is not known where the radar with SAC/SIC {codes} stands: give --site {code}=LAT,LON");
        if first.or(reporting).is_none() {
            return Err(advice);
        }
        recording.notes.push(format!("{name}: {advice}"));
    }
    recording.notes.push(match (first, reporting) {
        (Some(_), _) => format!("{name}: usual performance of a coastal radar is assumed"),
        (None, Some(_)) => format!("{name}: tracks of another fusion centre are taken as reports"),
        (None, None) => {
            format!("{name}: it holds {}, and only CAT010, CAT048 and CAT062 give positions", categories(&blocks))
        }
    });
    recording.feeds.push(Feed {
        name: name.to_owned(),
        kind: if first.is_none() && reporting.is_some() { SensorKind::Report } else { SensorKind::Radar },
        sensor: first.or(reporting),
        path: path.to_owned(),
        framing,
        times: TimeSource::Records,
    });
    Ok(())
}

/// The fusion centres that send CAT062 in some blocks, in order of appearance.
fn centre_sources(blocks: &[Vec<u8>]) -> Vec<[u8; 2]> {
    let mut sources: Vec<[u8; 2]> = Vec::new();
    for block in blocks {
        let Some((&number, body)) = block.first().zip(block.get(HEADER_BYTES..)) else { continue };
        let Some(table) = category(number).filter(|_| number == 62) else { continue };
        for record in Records::new(table, body).map_while(Result::ok) {
            // I062/010 is the first item of the profile.
            if let Some(&[sac, sic]) = record.item(0)
                && sources.len() < SENSORS_PROBED_MAX
                && !sources.contains(&[sac, sic])
            {
                sources.push([sac, sic]);
            }
        }
    }
    sources
}

fn add_radar(
    sensors: &mut SensorTable,
    name: String,
    [sac, sic]: [u8; 2],
    position: LatLon,
) -> Result<SensorId, String> {
    let radar = Some(RadarClaims { sac, sic, ..USUAL_RADAR });
    let sensor = Sensor {
        name,
        kind: SensorKind::Radar,
        position: Some(position),
        height_m: None,
        radar,
        eo: None,
        report: None,
        mount: None,
    };
    sensors.add(sensor).map_err(|error| error.to_string())
}

/// The radars that send CAT010 or CAT048 in some blocks, in order of appearance, with the positions that CAT034 tells of them.
fn radar_sources(blocks: &[Vec<u8>]) -> Vec<RadarSource> {
    let mut sources: Vec<RadarSource> = Vec::new();
    let mut told: Vec<([u8; 2], LatLon)> = Vec::new();
    for block in blocks {
        let Some((&number, body)) = block.first().zip(block.get(HEADER_BYTES..)) else { continue };
        let Some(table) = category(number).filter(|_| matches!(number, 10 | 34 | 48)) else { continue };
        for record in Records::new(table, body).map_while(Result::ok) {
            let get = |code| item(table, code).and_then(|place| record.item(place));
            let Some(&[sac, sic]) = get("010") else { continue };
            let source = [sac, sic];
            if number == 34 {
                if let Some(position) = get("120").and_then(site_position)
                    && told.len() < SENSORS_PROBED_MAX
                {
                    told.push((source, position));
                }
            } else if sources.len() < SENSORS_PROBED_MAX && sources.iter().all(|(known, _)| *known != source) {
                sources.push((source, None));
            }
        }
    }
    for (source, position) in &mut sources {
        *position = told.iter().find(|(teller, _)| teller == source).map(|(_, position)| *position);
    }
    sources
}

/// The categories of some blocks in words: `CAT034, CAT048`.
fn categories(blocks: &[Vec<u8>]) -> String {
    let mut numbers: Vec<u8> =
        blocks.iter().filter_map(|block| block.first().copied()).filter(|&number| number > 0).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let shown: Vec<String> = numbers.iter().take(SENSORS_PROBED_MAX).map(|number| format!("CAT{number:03}")).collect();
    shown.join(", ")
}

/// The place of an item in the profile of a category.
fn item(table: &Category, code: &str) -> Option<usize> {
    table.uap.iter().position(|item| item.as_ref().is_some_and(|item| item.code == code))
}

/// I034/120: height (16 bits), latitude and longitude (24 bits each, 180 / 2^23 degrees).
fn site_position(bytes: &[u8]) -> Option<LatLon> {
    let &[_, _, a, b, c, d, e, f] = bytes else { return None };
    let degrees = |bytes: [u8; 3]| {
        let [high, middle, low] = bytes;
        f64::from(i32::from_be_bytes([high, middle, low, 0]) >> 8) * 180.0 / f64::from(1 << 23)
    };
    Some(LatLon::new(degrees([a, b, c]), degrees([d, e, f]))).filter(|position| position.is_valid())
}

/// The first records of a file.
fn probe(path: &Path, framing: Framing) -> Result<Vec<Vec<u8>>, String> {
    let mut cutter =
        Cutter::open(path, framing).map_err(|error| format!("{} cannot be opened: {error}", path.display()))?;
    let mut records = Vec::new();
    while records.len() < PROBED_RECORDS {
        let Some(cut) = cutter.next_cut() else { break };
        records.push(cut.bytes);
    }
    Ok(records)
}
