//! `shorewatch plot`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::plot::plot;

/// Arguments of `shorewatch plot`.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  shorewatch replay scenarios/small-1 --out out/small-1
  shorewatch plot scenarios/small-1 out/small-1")]
pub struct Plot {
    /// The scenario folder that was replayed: its area, coast, zones and sensors are drawn.
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// The folder that the replay wrote; picture.svg is added to it.
    #[arg(value_name = "OUT")]
    out: PathBuf,

    /// Draw DIR/truth too, to compare by eye.
    #[arg(long)]
    truth: bool,
}

impl Plot {
    /// Draws the picture and tells where it is.
    ///
    /// # Errors
    /// When something cannot be read or written.
    pub fn run(self) -> Result<()> {
        let plotted = plot(&self.folder, &self.out, self.truth)?;
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
