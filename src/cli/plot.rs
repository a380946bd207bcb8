//! `shorewatch plot`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::plot::{plot, plot_alert, plot_track};
use crate::units::TrackId;

/// Arguments of `shorewatch plot`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  shorewatch replay scenarios/small-1 --out out/small-1
  shorewatch plot scenarios/small-1 out/small-1
  shorewatch plot scenarios/small-1 out/small-1 --alert loitering-20260417T113731-T000051
  shorewatch plot scenarios/small-1 out/small-1 --track T000017")]
pub struct Plot {
    /// The scenario folder that was replayed: its area, coast, zones and sensors are drawn.
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// The folder that the replay wrote; picture.svg, alert-ID.svg or track-ID.svg is added to it.
    #[arg(value_name = "OUT")]
    out: PathBuf,

    /// Draw this alert alone, close up: the coast, the tracks of its vessels, the evidence with its times.
    #[arg(long, value_name = "ID")]
    alert: Option<String>,

    /// Draw DIR/truth too, to compare by eye.
    #[arg(long, conflicts_with = "alert")]
    truth: bool,

    /// Draw this track alone, with the observations that made it and how far each was off, as track-ID.svg.
    #[arg(long, value_name = "ID", value_parser = track, conflicts_with = "alert")]
    track: Option<TrackId>,
}

fn track(text: &str) -> Result<TrackId, String> {
    let digits = text.strip_prefix('T').unwrap_or(text);
    digits.parse().map(TrackId).map_err(|_| "write it as in tracks.csv, for example T000017".into())
}

impl Plot {
    /// Draws the picture and tells where it is.
    ///
    /// # Errors
    /// When something cannot be read or written.
    pub fn run(self) -> Result<()> {
        let plotted = match (&self.alert, self.track) {
            (Some(id), _) => plot_alert(&self.folder, &self.out, id)?,
            (None, Some(track)) => plot_track(&self.folder, &self.out, track, self.truth)?,
            (None, None) => plot(&self.folder, &self.out, self.truth)?,
        };
        println!(
            "{} tracks and {} alerts -> {} ({} kB)",
            plotted.tracks,
            plotted.alerts,
            plotted.path.display(),
            plotted.bytes.div_ceil(1000)
        );
        Ok(())
    }
}
