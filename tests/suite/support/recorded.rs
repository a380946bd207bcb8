//! A small recording made for tests: one ship that sends AIS, seen by radar and camera, off a straight shore.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use shorewatch::feed::radar::time_of_day_ticks;
use shorewatch::geodesy::{LatLon, position_to_polar};
use shorewatch::units::EventTime;

/// MMSI of the ship.
pub const SHIP: u32 = 413_172_714;
/// When the recording starts.
pub const START: &str = "2026-04-17T15:00:00Z";
/// How long it is.
pub const DURATION_S: i64 = 300;
/// Where radar and camera stand.
pub const SITE: LatLon = LatLon::new(20.0, 110.3);

/// The instant that lies `millis` after the start.
pub fn instant(millis: i64) -> EventTime {
    EventTime::parse_rfc3339(START).unwrap().plus_millis(millis)
}

/// Where the ship is then: 5 km north of the site, going east at 5 m/s.
pub fn ship_at(millis: i64) -> LatLon {
    SITE.moved_m(5.0 * millis as f64 / 1000.0, 5_000.0)
}

/// A position report of the ship as a station writes it down.
pub fn ais_line(millis: i64) -> String {
    ais_line_from(millis, millis)
}

/// Likewise, from where the ship is at another time.
pub fn ais_line_from(millis: i64, place_millis: i64) -> String {
    let time = instant(millis);
    let place = ship_at(place_millis);
    let mut bits = Bits::default();
    bits.push(1, 6).push(0, 2).push(u64::from(SHIP), 30).push(0, 4).push(128, 8).push(97, 10).push(1, 1);
    bits.push_signed((place.lon_deg * 600_000.0).round() as i64, 28);
    bits.push_signed((place.lat_deg * 600_000.0).round() as i64, 27);
    bits.push(900, 12).push(90, 9).push((time.as_millis() / 1000 % 60) as u64, 6).push(0, 2 + 3 + 1 + 19);
    let sentence = format!("AIVDM,1,1,,A,{},0", bits.armoured());
    let tag = format!("s:ais1,c:{}", time.as_millis());
    format!("\\{tag}*{:02X}\\!{sentence}*{:02X}", checksum(&tag), checksum(&sentence))
}

/// A target report of the ship by radar 65/10, CAT010.
pub fn radar_block(millis: i64) -> Vec<u8> {
    plot_block(millis, 65, 10, ship_at(millis))
}

/// A target report by any radar at the site.
pub fn plot_block(millis: i64, sac: u8, sic: u8, place: LatLon) -> Vec<u8> {
    let (azimuth, range_m) = position_to_polar(SITE, place);
    let [_, high, middle, low] = time_of_day_ticks(instant(millis)).to_be_bytes();
    let mut block = vec![10, 0, 0, 0xf4, sac, sic, 1, 0x60, high, middle, low];
    block.extend((range_m.round() as u16).to_be_bytes());
    block.extend(((azimuth.deg() / 360.0 * 65_536.0).round() as u32 as u16).to_be_bytes());
    block[2] = block.len() as u8;
    block
}

/// A line of the camera: a bearing to the ship.
pub fn camera_line(millis: i64) -> String {
    let (azimuth, _) = position_to_polar(SITE, ship_at(millis));
    let time = instant(millis);
    format!(
        r#"{{"time":"{time}","sensor":"eo1","azimuth_deg":{:.3},"class":"cargo","class_confidence":0.9}}"#,
        azimuth.deg()
    )
}

/// The lines of the AIS file.
pub fn ais_file() -> String {
    (0..DURATION_S).step_by(4).map(|second| ais_line(second * 1000 + 350) + "\r\n").collect()
}

/// The blocks of the radar file.
pub fn radar_file() -> Vec<u8> {
    (0..DURATION_S).step_by(3).flat_map(|second| radar_block(second * 1000 + 700)).collect()
}

/// The lines of the camera file.
pub fn camera_file() -> String {
    (0..DURATION_S).step_by(10).map(|second| camera_line(second * 1000 + 500) + "\n").collect()
}

/// `scenario.json`.
pub fn scenario_json() -> serde_json::Value {
    let (lat, lon) = (SITE.lat_deg, SITE.lon_deg);
    serde_json::json!({
        "name": "made", "start": START, "duration_s": DURATION_S, "bbox": [110.0, 19.9, 110.6, 20.3],
        "sensors": [
            {"id": "ais1", "kind": "ais", "lat": lat, "lon": lon, "height_m": 50, "file": "ais1.nmea"},
            {"id": "radar1", "kind": "radar", "lat": lat, "lon": lon, "height_m": 50, "file": "radar1.ast", "sac": 65,
             "sic": 10, "max_range_m": 30000.0, "scan_s": 3.0, "sigma_range_m": 10.0, "sigma_azimuth_deg": 0.2},
            {"id": "eo1", "kind": "eo", "lat": lat, "lon": lon, "height_m": 50, "file": "eo1.jsonl",
             "max_range_m": 10000.0, "sigma_azimuth_deg": 0.1},
        ],
    })
}

/// Land south of 19.98 N, and one harbour.
fn chart_json(property: &str, ring: &str) -> String {
    format!(
        r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{{property}}},
        "geometry":{{"type":"Polygon","coordinates":[{ring}]}}}}]}}"#
    )
}

/// Writes the whole folder.
pub fn write_scenario(folder: &Path) -> PathBuf {
    fs::create_dir_all(folder).unwrap();
    let write = |name: &str, content: &[u8]| fs::write(folder.join(name), content).unwrap();
    write("scenario.json", scenario_json().to_string().as_bytes());
    write("ais1.nmea", ais_file().as_bytes());
    write("radar1.ast", &radar_file());
    write("eo1.jsonl", camera_file().as_bytes());
    let land = "[[110.0,19.9],[110.6,19.9],[110.6,19.98],[110.0,19.98],[110.0,19.9]]";
    write("coastline.geojson", chart_json(r#""name":"made""#, land).as_bytes());
    let port = "[[110.1,19.975],[110.12,19.975],[110.12,19.99],[110.1,19.99],[110.1,19.975]]";
    let named = r#""id":"p1","name":"Port","kind":"designated_port""#;
    write("zones.geojson", chart_json(named, port).as_bytes());
    folder.to_owned()
}

fn checksum(text: &str) -> u8 {
    text.bytes().fold(0, |sum, byte| sum ^ byte)
}

#[derive(Default)]
struct Bits(Vec<bool>);

impl Bits {
    fn push(&mut self, value: u64, width: u32) -> &mut Self {
        self.0.extend((0..width).rev().map(|bit| value >> bit & 1 == 1));
        self
    }

    fn push_signed(&mut self, value: i64, width: u32) -> &mut Self {
        self.push(value as u64 & ((1 << width) - 1), width)
    }

    /// In the six-bit alphabet of AIS payloads.
    fn armoured(&self) -> String {
        let value = |bits: &[bool]| bits.iter().fold(0_u8, |value, &bit| value << 1 | u8::from(bit));
        let letter = |value: u8| char::from(if value < 40 { value + 48 } else { value + 56 });
        self.0.chunks(6).map(|bits| letter(value(bits))).collect()
    }
}
