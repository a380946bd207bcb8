//! Reads the output of a replay, the land of its scenario and, when asked to, its truth. Strict: the files were written by
//! programs, so a line that does not read is a fault to tell with its place.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::geodesy::LatLon;

/// Why something cannot be drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The file is missing or unreadable.
    #[error("{} cannot be read ({error}): {advice}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
        /// What to do.
        advice: &'static str,
    },
    /// The alert that was asked for is not in the output.
    #[error("{} has no alert '{id}'; it has:{known}", out.display())]
    UnknownAlert {
        /// The id that was asked for.
        id: String,
        /// The folder.
        out: PathBuf,
        /// Those that are there, one a line.
        known: String,
    },
    /// A line is not as it should be.
    #[error("{} line {line}: {what}: write it anew with shorewatch replay", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
}

/// What held a track at an instant: the column `sources`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct HeldBy {
    pub(super) ais: bool,
    pub(super) eo: bool,
}

/// A row of `tracks.csv`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) time_s: f64,
    pub(super) position: LatLon,
    pub(super) sog_mps: f64,
    pub(super) cog_deg: f64,
    pub(super) mmsi: Option<u32>,
    pub(super) held_by: HeldBy,
}

/// An alert as far as it is drawn. Fields that are not are left alone.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct AlertRow {
    pub(super) kind: String,
    pub(super) track: String,
    pub(super) mmsi: Option<u32>,
    pub(super) raised_s: f64,
    pub(super) lat: f64,
    pub(super) lon: f64,
    #[serde(default)]
    pub(super) withdrawn: bool,
}

/// The output of a replay: rows by track in order of time, and the alerts that stand, in order of being raised.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) tracks: BTreeMap<String, Vec<Row>>,
    pub(super) alerts: Vec<AlertRow>,
}

impl Output {
    pub(super) fn read(out: &Path) -> Result<Self, ReadError> {
        let advice = "name a folder that shorewatch replay wrote";
        let mut tracks: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        for_each_line(&out.join("tracks.csv"), advice, |number, line| {
            if number > 1 {
                let (track, row) = track_row(line)?;
                tracks.entry(track).or_default().push(row);
            }
            Ok(())
        })?;
        let mut alerts: Vec<AlertRow> = Vec::new();
        for_each_line(&out.join("alerts.jsonl"), advice, |_, line| {
            let alert: AlertRow = serde_json::from_str(line).map_err(|error| error.to_string())?;
            if !alert.withdrawn {
                alerts.push(alert);
            }
            Ok(())
        })?;
        alerts.sort_by(|a, b| a.raised_s.total_cmp(&b.raised_s));
        Ok(Self { tracks, alerts })
    }
}

/// What really happened, for people to compare.
#[derive(Debug)]
pub(super) struct Truth {
    pub(super) vessels: BTreeMap<String, Vec<LatLon>>,
    pub(super) events: Vec<TruthEvent>,
}

/// An event of the truth.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct TruthEvent {
    pub(super) kind: String,
    pub(super) lat: f64,
    pub(super) lon: f64,
}

impl Truth {
    pub(super) fn read(folder: &Path) -> Result<Self, ReadError> {
        let advice = "this scenario has no truth; leave out --truth";
        let file = |name: &str| {
            let plain = folder.join("truth").join(name);
            let packed = folder.join("truth").join(format!("{name}.zst"));
            if !plain.is_file() && packed.is_file() { packed } else { plain }
        };
        let mut vessels: BTreeMap<String, Vec<LatLon>> = BTreeMap::new();
        for_each_line(&file("tracks.csv"), advice, |number, line| {
            if number > 1 {
                let mut fields = line.split(',').skip(1);
                let vessel = fields.next().unwrap_or_default();
                let position = LatLon::new(decimal("lat", fields.next())?, decimal("lon", fields.next())?);
                vessels.entry(vessel.to_owned()).or_default().push(position);
            }
            Ok(())
        })?;
        let mut events = Vec::new();
        for_each_line(&file("events.jsonl"), advice, |_, line| {
            events.push(serde_json::from_str(line).map_err(|error| error.to_string())?);
            Ok(())
        })?;
        Ok(Self { vessels, events })
    }
}

/// The rings of all land polygons of a scenario, outer ones and lakes alike. The chart has judged the file before.
pub(super) fn land_rings(folder: &Path) -> Result<Vec<Vec<LatLon>>, ReadError> {
    let path = folder.join("coastline.geojson");
    let text = fs::read_to_string(&path).map_err(|error| ReadError::Unreadable {
        path: path.clone(),
        error,
        advice: "the land is drawn from it",
    })?;
    let collection: serde_json::Value = serde_json::from_str(&text).map_err(|error| ReadError::Line {
        path,
        line: error.line(),
        what: error.to_string(),
    })?;
    let mut rings = Vec::new();
    for feature in collection["features"].as_array().into_iter().flatten() {
        collect_rings(&feature["geometry"]["coordinates"], &mut rings);
    }
    Ok(rings)
}

/// A ring is a list of lists of numbers, however deep a Polygon or MultiPolygon holds it.
fn collect_rings(value: &serde_json::Value, rings: &mut Vec<Vec<LatLon>>) {
    let Some(list) = value.as_array() else { return };
    let position = |point: &serde_json::Value| Some(LatLon::new(point.get(1)?.as_f64()?, point.get(0)?.as_f64()?));
    if list.first().and_then(position).is_some() {
        rings.push(list.iter().filter_map(position).collect());
    } else {
        list.iter().for_each(|inner| collect_rings(inner, rings));
    }
}

/// `time_s,track,lat,lon,sog_mps,cog_deg,mmsi,sources`.
fn track_row(line: &str) -> Result<(String, Row), String> {
    let fields: Vec<&str> = line.split(',').collect();
    let [time_s, track, lat, lon, sog_mps, cog_deg, mmsi, sources] = fields[..] else {
        return Err(format!("{} columns, not 8", fields.len()));
    };
    let mmsi = match mmsi {
        "" => None,
        text => Some(text.parse().map_err(|_| format!("mmsi '{text}' is no number"))?),
    };
    let position = LatLon::new(decimal("lat", Some(lat))?, decimal("lon", Some(lon))?);
    if !position.is_valid() {
        return Err(format!("{lat}, {lon} is no position"));
    }
    let row = Row {
        time_s: decimal("time_s", Some(time_s))?,
        position,
        sog_mps: decimal("sog_mps", Some(sog_mps))?,
        cog_deg: decimal("cog_deg", Some(cog_deg))?,
        mmsi,
        held_by: HeldBy { ais: sources.contains("ais"), eo: sources.contains("eo") },
    };
    Ok((track.to_owned(), row))
}

fn decimal(name: &str, text: Option<&str>) -> Result<f64, String> {
    let text = text.unwrap_or_default();
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        _ => Err(format!("{name} '{text}' is no number")),
    }
}

/// Gives each line, with its number from 1; decompresses a file whose name ends in `.zst`.
pub(super) fn for_each_line(
    path: &Path,
    advice: &'static str,
    mut take: impl FnMut(usize, &str) -> Result<(), String>,
) -> Result<(), ReadError> {
    let unreadable = |error| ReadError::Unreadable { path: path.to_owned(), error, advice };
    let file = File::open(path).map_err(unreadable)?;
    let input: Box<dyn Read> = if path.extension().is_some_and(|it| it == "zst") {
        Box::new(zstd::stream::read::Decoder::new(file).map_err(unreadable)?)
    } else {
        Box::new(file)
    };
    for (line, number) in BufReader::new(input).lines().zip(1..) {
        take(number, &line.map_err(unreadable)?).map_err(|what| ReadError::Line {
            path: path.to_owned(),
            line: number,
            what,
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_and_a_bad_one_says_why() {
        let (track, row) = track_row("10,T000001,20.170709,110.154773,4.91,86.7,412923816,ais+radar").unwrap();
        assert_eq!(
            (track.as_str(), row.mmsi, row.held_by),
            ("T000001", Some(412_923_816), HeldBy { ais: true, eo: false })
        );
        let (_, dark) = track_row("10,T000001,20.1,110.1,4.91,86.7,,radar+eo").unwrap();
        assert_eq!((dark.mmsi, dark.held_by), (None, HeldBy { ais: false, eo: true }));
        for (line, what) in [
            ("10,T1,20.1", "3 columns, not 8"),
            ("10,T1,north,110.1,4.91,86.7,,radar", "lat 'north' is no number"),
            ("10,T1,20.1,110.1,4.91,nan,,radar", "cog_deg 'nan' is no number"),
            ("10,T1,120.1,110.1,4.91,1,,radar", "120.1, 110.1 is no position"),
            ("10,T1,20.1,110.1,4.91,86.7,x,radar", "mmsi 'x' is no number"),
        ] {
            assert_eq!(track_row(line).unwrap_err(), what);
        }
    }

    #[test]
    fn rings_are_found_in_polygons_and_multipolygons() {
        let mut rings = Vec::new();
        collect_rings(&serde_json::json!([[[1.0, 2.0], [3.0, 4.0]]]), &mut rings);
        collect_rings(&serde_json::json!([[[[1.0, 2.0]], [[5.0, 6.0]]]]), &mut rings);
        collect_rings(&serde_json::Value::Null, &mut rings);
        assert_eq!(rings.len(), 3);
        assert_eq!(rings[0][1], LatLon::new(4.0, 3.0));
    }
}
