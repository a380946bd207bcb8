//! `shorewatch replay` from end to end: the real program on recordings as they come, bad ones among them.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::recorded::{
    DURATION_S, SHIP, ais_file, ais_line, ais_line_from, instant, plot_block, radar_file, scenario_json, ship_at,
};
use crate::support::shared_dir;
use tempfile::TempDir;

/// A scenario folder and a place for output, thrown away at the end.
struct Case {
    folder: TempDir,
}

/// What the program did.
struct Ran {
    ok: bool,
    said: String,
    complained: String,
    tracks: String,
    alerts: String,
}

impl Case {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        crate::support::recorded::write_scenario(&folder.path().join("in"));
        Self { folder }
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.folder.path().join("in").join(name), content).unwrap();
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.folder.path().join("in").join(name)).unwrap();
    }

    fn sensors(&self, change: impl FnOnce(&mut serde_json::Value)) {
        let mut scenario = scenario_json();
        change(&mut scenario);
        self.write("scenario.json", serde_json::to_string_pretty(&scenario).unwrap());
    }

    fn replay(&self, more: &[&str]) -> Ran {
        let input = self.folder.path().join("in");
        replay(&[input.to_str().unwrap()], self.folder.path(), more)
    }
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_shorewatch"))
}

fn replay(inputs: &[&str], folder: &Path, more: &[&str]) -> Ran {
    let out = folder.join("out");
    let ended = program().arg("replay").args(inputs).arg("--out").arg(&out).args(more).output().unwrap();
    let Output { status, stdout, stderr } = ended;
    let read = |name| fs::read_to_string(out.join(name)).unwrap_or_default();
    Ran {
        ok: status.success(),
        said: String::from_utf8(stdout).unwrap(),
        complained: String::from_utf8(stderr).unwrap(),
        tracks: read("tracks.csv"),
        alerts: read("alerts.jsonl"),
    }
}

impl Ran {
    /// It went well, and said all of this.
    fn says(&self, wanted: &[&str]) {
        assert!(self.ok, "{}{}", self.said, self.complained);
        for words in wanted {
            assert!(self.said.contains(words), "'{words}' is not in:\n{}", self.said);
        }
    }

    /// It went well, and did not say this.
    fn says_not(&self, words: &str) {
        assert!(self.ok && !self.said.contains(words), "'{words}' is in:\n{}{}", self.said, self.complained);
    }

    /// It failed in one line that said all of this.
    fn fails(&self, wanted: &[&str]) {
        assert!(!self.ok, "{}", self.said);
        for words in wanted {
            assert!(self.complained.contains(words), "'{words}' is not in:\n{}", self.complained);
        }
        assert!(self.complained.starts_with("shorewatch: ") && !self.complained.contains("panicked"));
    }

    /// The rows of the ship at one instant: all columns.
    fn rows_at(&self, second: i64) -> Vec<Vec<&str>> {
        let rows = self.tracks.lines().skip(1).map(|row| row.split(',').collect::<Vec<_>>());
        rows.filter(|row| row[0] == second.to_string()).collect()
    }
}

#[test]
fn one_ship_seen_by_three_sensors_is_one_track_where_it_is() {
    let ran = Case::new().replay(&[]);
    ran.says(&[
        "ais1 (ais): 75 records, 75 read, 0 refused",
        "radar1 (radar): 100 records",
        "1 tracks over 31 instants",
    ]);
    assert!(ran.tracks.starts_with("time_s,track,lat,lon,sog_mps,cog_deg,mmsi,sources\n"));
    assert!(ran.alerts.is_empty());
    let rows = ran.rows_at(DURATION_S);
    assert_eq!(rows.len(), 1, "{rows:?}");
    let row = &rows[0];
    assert_eq!((row[6], row[7]), (SHIP.to_string().as_str(), "ais+radar+eo"));
    let place = ship_at(DURATION_S * 1000);
    let number = |at: usize| row[at].parse::<f64>().unwrap();
    assert!((number(2) - place.lat_deg).abs() < 2e-4 && (number(3) - place.lon_deg).abs() < 2e-4, "{row:?}");
    assert!((number(4) - 5.0).abs() < 0.5 && (number(5) - 90.0).abs() < 10.0, "{row:?}");
}

#[test]
fn a_part_of_the_tracker_can_be_switched_off_to_see_its_worth() {
    let case = Case::new();
    let whole = case.replay(&[]);
    whole.says(&["1 tracks"]);
    // The ship keeps her course: with one motion model instead of three her track is another, but near.
    let less = case.replay(&["--without", "models", "--without", "registration"]);
    less.says(&["1 tracks"]);
    assert_ne!(less.tracks, whole.tracks);
    let unknown = case.replay(&["--without", "luck"]);
    assert!(!unknown.ok && unknown.complained.contains("registration"), "{}", unknown.complained);
}

#[test]
fn a_missing_file_is_named_and_the_other_feeds_go_on() {
    let case = Case::new();
    case.remove("radar1.ast");
    let ran = case.replay(&[]);
    ran.says(&["radar1 is not used", "radar1.ast is missing", "take the sensor out of scenario.json", "1 tracks"]);
    assert_eq!(ran.rows_at(DURATION_S)[0][7], "ais+eo");
}

#[test]
fn a_feed_without_one_valid_record_is_named_with_the_reason() {
    let case = Case::new();
    case.write("ais1.nmea", "nothing\r\n!AIVDM,1,1,,A,169job001Q7p?SV;RbqCJRg<3DP;,0*05\r\n");
    case.write("eo1.jsonl", "");
    let ran = case.replay(&[]);
    ran.says(&[
        "ais1.nmea: no valid record among 2 (mostly checksum",
        "eo1.jsonl: no valid record among 0 (it is empty)",
    ]);
    assert!(!ran.rows_at(DURATION_S).is_empty(), "radar goes on");
}

#[test]
fn records_of_an_unknown_radar_are_counted_with_place_and_advice() {
    let case = Case::new();
    let mut blocks = radar_file();
    let at = blocks.len();
    blocks.extend((0..20).flat_map(|n| plot_block(298_000 + n, 7, 9, ship_at(298_000))));
    case.write("radar1.ast", blocks);
    case.replay(&[]).says(&[
        &format!("refused 20 x unknown_source (first at byte {}", at + 3),
        "20 records of SAC/SIC 7/9, which no sensor has: add it to the sensors",
    ]);
}

#[test]
fn a_radar_without_position_is_refused_and_the_others_go_on() {
    let case = Case::new();
    case.sensors(|scenario| {
        scenario["sensors"][1].as_object_mut().unwrap().remove("lat");
    });
    case.replay(&[]).says(&["radar1 is not used: sensor 'radar1' has no position", "add lat and lon", "1 tracks"]);
}

#[test]
fn a_radar_whose_scan_time_is_not_given_is_refused_by_the_name_of_the_field() {
    let case = Case::new();
    case.sensors(|scenario| {
        scenario["sensors"][1].as_object_mut().unwrap().remove("scan_s");
    });
    case.replay(&[]).says(&["radar1 is not used: scan_s is missing: add it to the sensor in scenario.json"]);
}

#[test]
fn a_cut_off_zstd_stream_is_used_up_to_there_and_named_with_its_offset() {
    let case = Case::new();
    let mut long = ais_file();
    while long.len() < 600_000 {
        // Lines that compress badly.
        let line = long.len();
        long.push_str(&format!("# {:x}\n", (line as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    }
    let whole = zstd::encode_all(long.as_bytes(), 3).unwrap();
    case.remove("ais1.nmea");
    case.write("ais1.nmea.zst", &whole[..whole.len() * 2 / 3]);
    let ran = case.replay(&[]);
    ran.says(&[
        "ais1.nmea.zst: the zstd stream is cut off after ",
        "bytes of content: what came before is used",
        "1 tracks",
    ]);
    assert_eq!(ran.rows_at(DURATION_S)[0][6], SHIP.to_string());
}

#[test]
fn a_clock_that_jumps_a_day_is_counted_and_changes_nothing() {
    let case = Case::new();
    let good = case.replay(&[]);
    let lines: Vec<String> = ais_file().lines().map(str::to_owned).collect();
    let mut jumping = String::new();
    for (number, line) in lines.iter().enumerate() {
        jumping.push_str(&format!("{line}\r\n"));
        if number % 10 == 5 {
            jumping.push_str(&format!("{}\r\n", ais_line(86_400_000 + number as i64 * 4_000)));
        }
    }
    case.write("ais1.nmea", &jumping);
    let ran = case.replay(&[]);
    ran.says(&[
        "not taken 7 x clock_wrong",
        "the last: clock_wrong",
        "7 records jump ahead in time and were not believed",
    ]);
    assert_eq!(ran.tracks, good.tracks);
}

#[test]
fn a_feed_whose_clock_is_a_day_off_throughout_is_named_and_the_others_go_on() {
    let case = Case::new();
    let lines: String = (0..DURATION_S).step_by(4).map(|second| ais_line(second * 1000 + 86_400_000) + "\n").collect();
    case.write("ais1.nmea", lines);
    let ran = case.replay(&[]);
    ran.says(&[
        "not taken 75 x clock_wrong",
        "ais1.nmea: nothing of it could be taken; the last: clock_wrong",
        "1 tracks",
    ]);
}

#[test]
fn records_that_come_twice_change_nothing() {
    let case = Case::new();
    let good = case.replay(&[]);
    let doubled: String = ais_file().lines().map(|line| format!("{line}\r\n{line}\r\n")).collect();
    case.write("ais1.nmea", doubled);
    let ran = case.replay(&[]);
    ran.says(&["not taken 75 x duplicate"]);
    assert_eq!(ran.tracks, good.tracks);
}

#[test]
fn an_unknown_field_in_scenario_json_is_named_with_file_and_line() {
    let case = Case::new();
    case.sensors(|scenario| scenario["sensors"][0]["colour"] = "red".into());
    case.replay(&[]).fails(&["scenario.json: unknown field `colour`", "at line ", "remove or correct the field"]);
}

#[test]
fn a_scenario_that_is_no_json_or_has_an_impossible_start_is_refused_with_advice() {
    let case = Case::new();
    case.write("scenario.json", "{\"name\": ");
    case.replay(&[]).fails(&["scenario.json: EOF", "mend the JSON there"]);
    case.sensors(|scenario| scenario["start"] = "yesterday".into());
    case.replay(&[]).fails(&["start 'yesterday'", "write RFC 3339"]);
    case.sensors(|scenario| scenario["duration_s"] = (-1).into());
    case.replay(&[]).fails(&["duration_s -1", "above 0"]);
}

#[test]
fn a_chart_that_cannot_be_right_is_refused_with_file_feature_and_reason() {
    let case = Case::new();
    let zones = fs::read_to_string(case.folder.path().join("in/zones.geojson")).unwrap();
    case.write("zones.geojson", zones.replace("designated_port", "porpoise"));
    case.replay(&[]).fails(&["zones.geojson", "p1", "porpoise"]);
    case.remove("zones.geojson");
    case.replay(&[]).fails(&["has no zones: give zones.geojson"]);
    case.replay(&["--chart", "/nowhere"]).fails(&["/nowhere has no coastline"]);
}

#[test]
fn when_no_feed_can_be_used_every_reason_is_told() {
    let case = Case::new();
    for file in ["ais1.nmea", "radar1.ast", "eo1.jsonl"] {
        case.remove(file);
    }
    case.replay(&[]).fails(&["no feed can be used", "ais1: its file", "radar1: its file", "eo1: its file"]);
}

#[test]
fn what_is_no_recording_is_refused_in_one_line_that_says_what_to_do() {
    let case = Case::new();
    let folder = case.folder.path();
    replay(&["/nowhere"], folder, &[]).fails(&["/nowhere does not exist: give a scenario folder, or recorded files"]);
    replay(&[folder.to_str().unwrap()], folder, &[]).fails(&["holds no scenario.json", "name the recorded files"]);
    let noise = folder.join("noise.bin");
    fs::write(&noise, [0x99; 300]).unwrap();
    replay(&[noise.to_str().unwrap()], folder, &[]).fails(&["noise.bin is neither AIS lines, ASTERIX"]);
    fs::write(folder.join("out"), "a file where the folder should be").unwrap();
    case.replay(&[]).fails(&["out cannot be written", "check that the folder"]);
}

#[test]
fn one_or_two_threads_compressed_or_not_give_the_same_bytes() {
    let case = Case::new();
    let one = case.replay(&["--threads", "1"]);
    let two = case.replay(&["--threads", "2"]);
    for file in ["ais1.nmea", "radar1.ast", "eo1.jsonl"] {
        let plain = fs::read(case.folder.path().join("in").join(file)).unwrap();
        case.write(&format!("{file}.zst"), zstd::encode_all(&plain[..], 3).unwrap());
        case.remove(file);
    }
    let packed = case.replay(&["--threads", "2"]);
    assert!(one.tracks.len() > 1_000);
    assert_eq!(one.tracks, two.tracks);
    assert_eq!(one.tracks, packed.tracks);
    assert_eq!((&one.alerts, &one.alerts), (&two.alerts, &packed.alerts));
}

#[test]
fn an_ais_log_alone_gives_tracks() {
    let case = Case::new();
    let log = case.folder.path().join("in/ais1.nmea");
    let ran = replay(&[log.to_str().unwrap()], case.folder.path(), &[]);
    ran.says(&["ais1: from 2026-04-17T15:00:00.000Z", "OpenStreetMap", "1 tracks"]);
    assert_eq!(ran.rows_at(200)[0][6], SHIP.to_string());
}

#[test]
fn memory_does_not_grow_with_the_length_of_a_recording() {
    let case = Case::new();
    let log = case.folder.path().join("long.nmea");
    let peak_mb = |hours: i64| {
        // A ship that sends every two seconds, and turns back to its first place every hour.
        let lines: String = (0..hours * 1_800).map(|n| ais_line_from(n * 2_000, n % 1_800 * 2_000) + "\r\n").collect();
        fs::write(&log, lines).unwrap();
        let ran = replay(&[log.to_str().unwrap()], case.folder.path(), &["--threads", "2"]);
        ran.says(&["MB of memory at most"]);
        let (before, _) = ran.said.rsplit_once(" MB of memory").unwrap();
        before.rsplit(' ').next().unwrap().parse::<f64>().unwrap()
    };
    let (short, long) = (peak_mb(1), peak_mb(24));
    assert!(long < short + 8.0, "{short} MB for an hour, {long} MB for a day");
}

#[test]
fn a_radar_file_alone_asks_where_its_radar_stands_and_then_gives_tracks() {
    let case = Case::new();
    let file = case.folder.path().join("in/radar1.ast");
    let file = file.to_str().unwrap();
    replay(&[file], case.folder.path(), &[]).fails(&["the radar with SAC/SIC 65/10 stands: give --site 65/10=LAT,LON"]);
    let ran = replay(&[file], case.folder.path(), &["--site", "65/10=20.0,110.3", "--date", "2026-04-17"]);
    ran.says(&["radar1: from 2026-04-17T15:00:00.000Z", "1 tracks"]);
    assert_eq!(ran.rows_at(200)[0][7], "radar");
    let wrong = replay(&[file], case.folder.path(), &["--site", "65/10=north"]);
    wrong_usage(&wrong, "write NAME=LAT,LON in degrees");
}

fn wrong_usage(ran: &Ran, words: &str) {
    assert!(!ran.ok && ran.complained.contains(words), "{}", ran.complained);
}

#[test]
fn the_help_shows_examples() {
    let said = program().args(["replay", "--help"]).output().unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(said.contains("shorewatch replay scenarios/small-1 --out out/small-1"), "{said}");
    assert_eq!(instant(0).to_string(), "2026-04-17T15:00:00.000Z");
}

#[test]
fn a_whole_scenario_gives_the_same_bytes_with_two_threads_and_packed() {
    let Some(shared) = shared_dir() else { return };
    let from = shared.join("scenarios/small-1");
    let case = tempfile::tempdir().unwrap();
    let packed = case.path().join("packed");
    fs::create_dir_all(&packed).unwrap();
    for name in ["scenario.json", "zones.geojson", "coastline.geojson"] {
        fs::copy(from.join(name), packed.join(name)).unwrap();
    }
    for name in ["ais1.nmea", "radar1.ast", "eo1.jsonl"] {
        let plain = fs::read(from.join(name)).unwrap();
        fs::write(packed.join(format!("{name}.zst")), zstd::encode_all(&plain[..], 3).unwrap()).unwrap();
    }
    let one = replay(&[from.to_str().unwrap()], case.path(), &["--threads", "1"]);
    let two = replay(&[packed.to_str().unwrap()], case.path(), &["--threads", "2"]);
    one.says(&["361 instants"]);
    two.says(&["361 instants"]);
    assert!(one.tracks == two.tracks && one.alerts == two.alerts, "the outputs differ");
}

#[test]
fn every_real_recording_is_replayed_to_its_end() {
    let Some(shared) = shared_dir() else { return };
    let case = tempfile::tempdir().unwrap();
    let mut replayed = 0;
    for folder in ["samples/ais", "samples/asterix/recorded"] {
        let mut files: Vec<_> = fs::read_dir(shared.join(folder)).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        for file in files {
            let name = file.file_name().unwrap().to_str().unwrap().to_owned();
            if name.contains("expected") || name.ends_with(".md") || name.ends_with(".chk") {
                continue;
            }
            // Where the radars of the recordings of air traffic stand is not known: anywhere will do.
            let sites = ["--site", "8/24=45,15", "--site", "25/201=45,15", "--site", "0/1=45,15"];
            let more: &[&str] = if folder.contains("asterix") { &sites } else { &[] };
            let ran = replay(&[file.to_str().unwrap()], case.path(), more);
            ran.says(&["records in "]);
            replayed += 1;
        }
    }
    assert!(replayed >= 18, "{replayed}");
}

#[test]
fn a_radar_that_falls_silent_is_told_with_how_long_and_the_end_of_the_recording_is_no_silence() {
    let case = Case::new();
    let whole = fs::read(case.folder.path().join("in/radar1.ast")).unwrap();
    case.replay(&[]).says_not("was silent");
    // All blocks are alike in length: the first minute and a half of five.
    let block = crate::support::recorded::radar_block(0).len();
    let third = whole.len() / block * 3 / 10 * block;
    case.write("radar1.ast", &whole[..third]);
    case.replay(&[]).says(&["radar1 was silent from 2026-04-17T15:01:", "to the end"]);
}

#[test]
fn an_analyst_gets_how_sure_each_row_is_when_asked_for() {
    let case = Case::new();
    let ran = case.replay(&["--uncertainty"]);
    assert!(ran.ok, "{}", ran.complained);
    let sure = fs::read_to_string(case.folder.path().join("out").join("uncertainty.csv")).unwrap();
    let mut lines = sure.lines();
    let header = lines.next().unwrap();
    assert!(header.starts_with("time_s,track,east_m2,east_north_m2,north_m2,speed_sigma_mps,"), "{header}");
    let rows: Vec<&str> = lines.collect();
    assert_eq!(rows.len(), ran.tracks.lines().count() - 1, "a row for each of tracks.csv");
    for (sure, track) in rows.iter().zip(ran.tracks.lines().skip(1)) {
        let start = |row: &str| row.splitn(3, ',').take(2).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(start(sure), start(track), "in the same order");
        let numbers: Vec<f64> = sure.split(',').skip(2).map(|number| number.parse().unwrap()).collect();
        let [east, cross, north, speed_sigma, stopped, existence, mmsi] = numbers[..] else { panic!("{sure}") };
        assert!(east > 0.0 && north > 0.0 && cross * cross <= east * north && speed_sigma >= 0.0, "{sure}");
        assert!([stopped, existence, mmsi].iter().all(|share| (0.0..=1.0).contains(share)), "{sure}");
    }
    let plain = Case::new();
    assert!(plain.replay(&[]).ok);
    assert!(!fs::exists(plain.folder.path().join("out").join("uncertainty.csv")).unwrap(), "only when asked for");
}

#[test]
fn a_radar_that_speaks_nmea_is_replayed_by_a_scenario_that_says_so() {
    let case = Case::new();
    let mut lines = String::new();
    for second in (0..300).step_by(3) {
        let (azimuth, range_m) = shorewatch::geodesy::position_to_polar(
            crate::support::recorded::SITE,
            crate::support::recorded::ship_at(second * 1000),
        );
        let time = format!("15{:02}{:02}.00", second / 60, second % 60);
        let body = format!("RATTM,07,{:.3},{:.1},T,,,T,,,N,,T,,{time},A", range_m / 1852.0, azimuth.deg());
        let sum = body.bytes().fold(0_u8, |sum, byte| sum ^ byte);
        lines.push_str(&format!("${body}*{sum:02X}\r\n"));
    }
    case.write("radar1.ast", lines);
    case.sensors(|scenario| {
        let radar = scenario["sensors"].as_array_mut().unwrap().iter_mut().find(|sensor| sensor["id"] == "radar1");
        let radar = radar.unwrap().as_object_mut().unwrap();
        radar.insert("format".into(), "nmea".into());
        radar.remove("sac");
        radar.remove("sic");
    });
    let ran = case.replay(&[]);
    ran.says(&["radar1 (radar): 100 records, 100 read, 0 refused; 100 observations, 100 taken", "1 tracks"]);
    let rows = ran.rows_at(200);
    assert!(rows[0][7].contains("radar"), "{rows:?}");
}
