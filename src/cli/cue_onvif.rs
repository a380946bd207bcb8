//! `shorewatch cue-onvif`.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use reqwest::Url;

use super::runtime;
use super::site::Site;
use crate::neighbours::retry::Retry;
use crate::slew::adapter::Adapter;
use crate::slew::device::{Device, DeviceError, Login};
use crate::slew::lens::Lens;
use crate::slew::mount::Mount;
use crate::slew::space::{Drive, Travel};

/// Arguments of `shorewatch cue-onvif`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  shorewatch cue-onvif --camera eo1 --device http://10.0.0.20/onvif/device_service --user shorewatch --password-file eo1.password --heading 285
  shorewatch cue-onvif --camera eo1 --device http://10.0.0.20/onvif/device_service --check
  shorewatch cue-onvif --camera eo2 --device http://10.0.0.21/onvif/device_service --thermal --heading 90.4 --elevation -0.3 \\
    --server coast.example:7411 --ca ca.pem --certificate site1.pem --key site1.key

To find heading and elevation: point the camera at something whose true bearing is known, and read its pan and tilt;
heading is the bearing less pan, elevation the true elevation less tilt. docs/eo-sites.md tells more.")]
pub struct CueOnvif {
    /// The server.
    #[arg(long, default_value = "127.0.0.1:7411", value_name = "URL")]
    server: String,

    /// The camera's name in the server's area.
    #[arg(long, value_name = "NAME")]
    camera: String,

    /// Address of its ONVIF device service.
    #[arg(long, value_name = "URL")]
    device: Url,

    /// User of the camera.
    #[arg(long, value_name = "NAME", requires = "password_file")]
    user: Option<String>,

    /// File with his password.
    #[arg(long, value_name = "FILE", requires = "user")]
    password_file: Option<PathBuf>,

    /// Media profile to turn; the first with motors without it.
    #[arg(long, value_name = "TOKEN")]
    profile: Option<String>,

    /// The camera sees without light: it is asked at night too.
    #[arg(long)]
    thermal: bool,

    /// True bearing of pan zero, degrees.
    #[arg(long, default_value_t = 0.0, value_name = "DEG", allow_negative_numbers = true)]
    heading: f64,

    /// Elevation of tilt zero, degrees.
    #[arg(long, default_value_t = 0.0, value_name = "DEG", allow_negative_numbers = true)]
    elevation: f64,

    /// By how much the mast leans, degrees, and towards which true bearing.
    #[arg(long, num_args = 2, value_names = ["DEG", "BEARING"])]
    lean: Option<Vec<f64>>,

    /// Pan grows to the left.
    #[arg(long)]
    pan_inverted: bool,

    /// Tilt grows downwards.
    #[arg(long)]
    tilt_inverted: bool,

    /// For a camera that takes or tells no degrees: its pan at the smallest and the largest position, degrees.
    #[arg(long, num_args = 2, value_names = ["MIN", "MAX"], allow_negative_numbers = true)]
    pan_travel: Option<Vec<f64>>,

    /// For a camera that takes or tells no degrees: its tilt at the smallest and the largest position, degrees.
    #[arg(long, num_args = 2, value_names = ["MIN", "MAX"], allow_negative_numbers = true)]
    tilt_travel: Option<Vec<f64>>,

    /// Horizontal field of view with the zoom at its smallest and at its largest, degrees: the zoom is set for each craft. Without it the
    /// zoom is left as it is.
    #[arg(long, num_args = 2, value_names = ["WIDE", "TELE"])]
    field_of_view: Option<Vec<f64>>,

    /// Elevation to look at where the server does not know how high the camera stands, degrees.
    #[arg(long, default_value_t = 0.0, value_name = "DEG", allow_negative_numbers = true)]
    level: f64,

    /// Only find out what the camera can do, and say so.
    #[arg(long)]
    check: bool,

    #[command(flatten)]
    site: Site,
}

impl CueOnvif {
    /// Takes cues until it is asked to stop (SIGINT or SIGTERM).
    ///
    /// # Errors
    /// When the camera cannot be told where to look, or the server refuses.
    pub fn run(self) -> Result<()> {
        runtime::start_logging();
        let login = self.login()?;
        let [lean_deg, lean_towards_deg] = two("--lean", self.lean.as_deref(), [0.0, 0.0])?;
        let mount = Mount {
            heading_deg: finite("--heading", self.heading)?,
            elevation_deg: finite("--elevation", self.elevation)?,
            lean_deg,
            lean_towards_deg,
            pan_inverted: self.pan_inverted,
            tilt_inverted: self.tilt_inverted,
        };
        let usual = Travel::default();
        let [pan_low, pan_high] = two("--pan-travel", self.pan_travel.as_deref(), usual.pan_deg.into())?;
        let [tilt_low, tilt_high] = two("--tilt-travel", self.tilt_travel.as_deref(), usual.tilt_deg.into())?;
        if pan_low == pan_high || tilt_low == tilt_high {
            bail!("--pan-travel, --tilt-travel: the two ends are the same");
        }
        let travel = Travel { pan_deg: (pan_low, pan_high), tilt_deg: (tilt_low, tilt_high) };
        let lens = self.lens()?;
        let endpoint = self.site.endpoint(&self.server)?;
        runtime::build()?.block_on(async {
            let stop = super::serve::stop_signal()?;
            tokio::pin!(stop);
            let device = tokio::select! {
                found = self.find(login, travel) => found?,
                () = &mut stop => return Ok(()),
            };
            let space = &device.coordinates().space;
            let unit = if device.coordinates().are_degrees() { "degrees" } else { "of its travel" };
            let ((x_low, x_high), (y_low, y_high)) = (space.x, space.y);
            let how = match device.coordinates().drive {
                Drive::Absolute => "is told positions",
                Drive::Velocity(_) => "is told speeds",
            };
            let zoom = if device.zooms() { "zooms" } else { "does not zoom" };
            println!(
                "{} turns from {x_low} to {x_high} and tilts from {y_low} to {y_high} ({unit}), {how}, {zoom}",
                self.camera
            );
            if self.check {
                return Ok(());
            }
            let level_deg = finite("--level", self.level)?;
            let adapter = Adapter { camera: self.camera, thermal: self.thermal, mount, level_deg, lens, device };
            tokio::select! {
                ended = adapter.run(endpoint) => Ok(ended?),
                () = &mut stop => {
                    // What it was turning to, it does no longer.
                    let _ = adapter.device.stop().await;
                    Ok(())
                }
            }
        })
    }

    /// Finds the camera; one that is away is waited for, unless it is only to be checked.
    async fn find(&self, login: Option<Login>, travel: Travel) -> Result<Device> {
        let mut retry = Retry::default();
        loop {
            match Device::find(&self.device, login.clone(), self.profile.as_deref(), travel).await {
                Err(error @ DeviceError::Away(_)) if !self.check => {
                    let wait = retry.next_wait();
                    tracing::warn!(%error, ?wait, "trying again");
                    tokio::time::sleep(wait).await;
                }
                found => return found.with_context(|| format!("--device {}", self.device)),
            }
        }
    }

    fn lens(&self) -> Result<Option<Lens>> {
        match self.field_of_view.as_deref() {
            None => Ok(None),
            Some(&[wide_deg, tele_deg]) if 0.0 < tele_deg && tele_deg < wide_deg && wide_deg < 180.0 => {
                Ok(Some(Lens { wide_deg, tele_deg }))
            }
            Some(_) => bail!("--field-of-view: degrees, the wide one first: 60 2"),
        }
    }

    fn login(&self) -> Result<Option<Login>> {
        let (Some(user), Some(file)) = (&self.user, &self.password_file) else { return Ok(None) };
        let text = std::fs::read_to_string(file).with_context(|| format!("--password-file {}", file.display()))?;
        Ok(Some(Login { user: user.clone(), password: text.trim_end_matches(['\r', '\n']).to_owned() }))
    }
}

fn finite(option: &str, value: f64) -> Result<f64> {
    if value.is_finite() && value.abs() <= 360.0 {
        Ok(value)
    } else {
        bail!("{option}: {value} is no angle in degrees")
    }
}

fn two(option: &str, given: Option<&[f64]>, usual: [f64; 2]) -> Result<[f64; 2]> {
    match given {
        None => Ok(usual),
        Some(&[first, second]) => Ok([finite(option, first)?, finite(option, second)?]),
        Some(_) => bail!("{option}: two numbers are needed"),
    }
}
