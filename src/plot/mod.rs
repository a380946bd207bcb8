//! `shorewatch plot`: a picture of a replay as SVG, for people.
//!
//! Reads what a replay wrote (`tracks.csv`, `alerts.jsonl`) and the chart of its scenario folder, and writes one file that
//! any browser shows. Truth is drawn only when it is asked for, beside the tracks and never instead of them. Takes memory in
//! proportion to `tracks.csv`: a picture is for hours, not for a year.
//!
//! Every text that comes from a file is escaped where it is written (the `svg` module), as names come from outside.

mod alerts;
pub mod changes;
mod chart;
mod closeup;
mod detail;
mod made_of;
mod panel;
mod read;
pub mod shares;
mod sheet;
mod svg;
mod tracks;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::engine::EngineConfig;
use crate::recording::{ChartFileError, OpenOptions, Recording, RecordingError};
use crate::replay::{ReplayError, explain};
use crate::units::TrackId;
use made_of::Story;
use read::{Output, ReadError, Truth};
use sheet::Sheet;
use svg::Svg;

pub use closeup::plot_alert;
pub(crate) use svg::escaped;

/// Name of the picture in the folder of a replay.
pub const PICTURE_FILE: &str = "picture.svg";

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlotError {
    /// The scenario folder is wrong.
    #[error(transparent)]
    Scenario(#[from] RecordingError),
    /// Its chart is missing or refused.
    #[error(transparent)]
    Chart(#[from] ChartFileError),
    /// The output of the replay, or the truth, cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Nothing says which area to draw.
    #[error("{}: there is no area to draw: give scenario.json a bbox", .0.display())]
    NoArea(PathBuf),
    /// There is no such track in the output.
    #[error("there is no track {track} in {}: its tracks.csv names those there are", out.display())]
    NoTrack {
        /// The track.
        track: TrackId,
        /// The folder of the replay.
        out: PathBuf,
    },
    /// The recording cannot be replayed once more.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The picture cannot be written.
    #[error("{} cannot be written ({error}): check that the folder is yours and has room", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

/// What is in a picture that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plotted {
    /// The file.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: usize,
    /// Tracks in it.
    pub tracks: usize,
    /// Alerts in it; withdrawn ones are left out.
    pub alerts: usize,
}

/// Draws the replay in `out` of the scenario in `folder`, into `out/picture.svg`; with the truth of the folder if `truth`.
///
/// # Errors
/// [`PlotError`] when something cannot be read or written, with file and line.
pub fn plot(folder: &Path, out: &Path, truth: bool) -> Result<Plotted, PlotError> {
    let scenario = Recording::describe(folder)?;
    let chart = scenario.chart(None)?;
    let output = Output::read(out)?;
    let truth = if truth { Some(Truth::read(folder)?) } else { None };
    let sheet = Sheet::of(scenario.bbox.ok_or_else(|| PlotError::NoArea(folder.to_owned()))?);

    let mut svg = Svg::new(sheet.width(), sheet.height());
    svg.open_clipped(&sheet);
    chart::draw(&mut svg, &sheet, &read::land_rings(folder)?, &chart.zones);
    if let Some(truth) = &truth {
        tracks::draw_truth(&mut svg, &sheet, truth);
    }
    tracks::draw(&mut svg, &sheet, &output);
    let names = chart::draw_sensors(&mut svg, &sheet, &scenario.sensors);
    alerts::draw(&mut svg, &sheet, &output.alerts, &names);
    svg.close();
    chart::draw_scale(&mut svg, &sheet);
    panel::draw(&mut svg, &sheet, &scenario, &output, truth.is_some(), chart.coast.attribution());

    let path = out.join(PICTURE_FILE);
    let text = svg.finish();
    write(&path, &text)?;
    Ok(Plotted { path, bytes: text.len(), tracks: output.tracks.len(), alerts: output.alerts.len() })
}

/// Draws one track of the replay in `out` of the scenario in `folder`, with the observations that made it, into
/// `out/track-T000017.svg`; with the truth of the folder if `truth`. The recording is replayed once more for it.
///
/// # Errors
/// [`PlotError`] when something cannot be read or written, or there is no such track.
pub fn plot_track(folder: &Path, out: &Path, track: TrackId, truth: bool) -> Result<Plotted, PlotError> {
    let recording = Recording::open(&[folder.to_owned()], &OpenOptions::default())?;
    let chart = Arc::new(recording.chart(None)?);
    let output = Output::read(out)?;
    let truth = if truth { Some(Truth::read(folder)?) } else { None };
    let name = track.to_string();
    let rows = output.tracks.get(&name).ok_or_else(|| PlotError::NoTrack { track, out: out.to_owned() })?;
    let explanation = explain(&recording, &chart, &EngineConfig::default(), track)?;
    let story = Story { name: &name, rows, explanation: &explanation, sensors: &recording.sensors };
    let land = read::land_rings(folder)?;
    let text = made_of::draw(&story, &recording, &chart, &land, &output, truth.as_ref());
    let path = out.join(format!("track-{name}.svg"));
    write(&path, &text)?;
    Ok(Plotted { path, bytes: text.len(), tracks: 1, alerts: 0 })
}

fn write(path: &Path, text: &str) -> Result<(), PlotError> {
    fs::write(path, text).map_err(|error| PlotError::Write { path: path.to_owned(), error })
}
