//! `shorewatch plot`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::plot::{plot, plot_alert};

/// Arguments of `shorewatch plot`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  shorewatch replay scenarios/small-1 --out out/small-1
  shorewatch plot scenarios/small-1 out/small-1
  shorewatch plot scenarios/small-1 out/small-1 --alert loitering-20260417T113731-T000051")]
pub struct Plot {
    /// The scenario folder that was replayed: its area, coast, zones and sensors are drawn.
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// The folder that the replay wrote; picture.svg or alert-ID.svg is added to it.
    #[arg(value_name = "OUT")]
    out: PathBuf,

    /// Draw this alert alone, close up: the coast, the tracks of its vessels, the evidence with its times.
    #[arg(long, value_name = "ID")]
    alert: Option<String>,

    /// Draw DIR/truth too, to compare by eye.
    #[arg(long, conflicts_with = "alert")]
    truth: bool,
}

impl Plot {
    /// Draws the picture and tells where it is.
    ///
    /// # Errors
    /// When something cannot be read or written.
    pub fn run(self) -> Result<()> {
        let plotted = match &self.alert {
            Some(id) => plot_alert(&self.folder, &self.out, id)?,
            None => plot(&self.folder, &self.out, self.truth)?,
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
