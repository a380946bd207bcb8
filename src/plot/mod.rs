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
mod panel;
mod read;
pub mod shares;
mod sheet;
mod svg;
mod tracks;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::recording::{ChartFileError, Recording, RecordingError};
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

    let text = svg.finish();
    let path = out.join(PICTURE_FILE);
    write(&path, &text)?;
    Ok(Plotted { path, bytes: text.len(), tracks: output.tracks.len(), alerts: output.alerts.len() })
}

fn write(path: &Path, text: &str) -> Result<(), PlotError> {
    fs::write(path, text).map_err(|error| PlotError::Write { path: path.to_owned(), error })
}
