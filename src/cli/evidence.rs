//! `shorewatch evidence` and `shorewatch verify`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use crate::evidence::bundle::{self, Written};
use crate::evidence::raw::Replay;
use crate::evidence::verify;
use crate::serve::area::Area;
use crate::serve::clock;
use crate::store::records::checkpoint::{KEY_FILE, PublicKey, Signer};
use crate::units::EventTime;

/// Arguments of `shorewatch evidence`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  shorewatch evidence loitering-20261009T113731-T000051 --store /var/lib/shorewatch --out case-17
  shorewatch verify case-17 --key 7d3c…

The folder holds the alert with its reasons, its life as it was entered, the proof that no entry was altered, the zone with its version,
a page for people, and the raw records that the alert came of, which verify replays to the same alert. The server may run.")]
pub struct Evidence {
    /// Id of the alert.
    #[arg(value_name = "ALERT")]
    alert: String,

    /// Folder of the server's store.
    #[arg(long, value_name = "DIR")]
    store: PathBuf,

    /// Folder to write; must not be there yet.
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,

    /// Folder of the area that the server watches, for zone and picture. Without it: the built-in chart of Hainan.
    #[arg(long, value_name = "DIR")]
    area: Option<PathBuf>,

    /// Leave out the raw records: they say what every vessel of the area sent in that time.
    #[arg(long)]
    without_records: bool,
}

/// Arguments of `shorewatch verify`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  shorewatch verify case-17 --key 7d3c…

Ends with an error that names the first thing that does not stand. Without --key it holds the folder against the key that the folder
names: that shows that nothing was altered since it was signed, not by whom.")]
pub struct Verify {
    /// The folder.
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,

    /// Public key of the server's records, 64 hexadecimal digits: the server logs it when it starts.
    #[arg(long, value_name = "HEX")]
    key: Option<String>,
}

impl Evidence {
    /// Writes the bundle.
    ///
    /// # Errors
    /// When there is no such alert, or something cannot be read or written.
    pub fn run(self) -> Result<()> {
        let area = match &self.area {
            Some(folder) => Area::open(folder).map(Some).with_context(|| format!("--area {}", folder.display()))?,
            None => Area::built_in().ok(),
        };
        let chart = area.as_ref().map(|area| area.chart.as_ref());
        let signer = Signer::load_or_make(&self.store.join(KEY_FILE))?;
        let made_ms = clock::now().as_millis();
        let with_records = !self.without_records;
        let Written { manifest, replay } =
            bundle::write(&self.store, &self.alert, chart, &signer, with_records, made_ms, &self.out)?;
        println!("{}: {} files, signed with key {}", self.out.display(), manifest.files.len() + 2, manifest.public_key);
        match replay {
            Some(replay) => println!("{}", said(&replay)),
            None if with_records => println!(
                "Without raw records: the log does not hold them any more, or this program does not tell the alert of them."
            ),
            None => {}
        }
        Ok(())
    }
}

/// What the replay of raw records tells, in words.
fn said(replay: &Replay) -> String {
    let Replay { records, received_from, received_to, is_identical, .. } = replay;
    let tell = match is_identical {
        true => "this very alert, to the byte",
        false => "the same behaviour of the same vessels at the same time and place",
    };
    format!("Its {records} raw records, received from {received_from} to {received_to}, replayed tell {tell}.")
}

impl Verify {
    /// Checks a bundle.
    ///
    /// # Errors
    /// When it does not stand.
    pub fn run(self) -> Result<()> {
        let key = self
            .key
            .as_deref()
            .map(|text| PublicKey::from_hex(text).context("--key is no public key: 64 hexadecimal digits"));
        let key = key.transpose()?;
        let stands = verify::verify(&self.bundle, key.as_ref())
            .with_context(|| format!("{} does not stand", self.bundle.display()))?;
        println!("{} stands: alert {}, {} entries.", self.bundle.display(), stands.alert, stands.entries);
        println!(
            "Its last entry was there on {} at the latest, by the server's clock.",
            EventTime::from_millis(stands.signed_ms)
        );
        match &stands.replay {
            Some(replay) => println!("{}", said(replay)),
            None => println!("It has no raw records."),
        }
        match key {
            Some(_) => println!("Signed with the key that you gave."),
            None => println!(
                "Signed with key {}: ask the server's administrator whether that is theirs.",
                stands.public_key
            ),
        }
        Ok(())
    }
}
