//! Evidence that stands without this server: a folder with everything behind one alert, and the proof that it was not altered.
//!
//! [`bundle`] writes the folder, [`verify`] checks it with nothing else at hand, [`page`] is the part for people. What is in it:
//!
//! | file | what |
//! | --- | --- |
//! | `alert.json` | the alert with its reasons, as it stands |
//! | `events.jsonl` | its life: the entries of the record, line by line as they were hashed |
//! | `chain.json` | for each entry the hash before it and the hashes of its followers up to a signed checkpoint |
//! | `records.seg` | everything received in a stretch of time that tells the alert again, in the form of `docs/log-format.md` |
//! | `scenario.json`, `coastline.geojson`, `zones.geojson`, `rules.toml` | sensors, chart and rules that they are replayed with |
//! | `replay.json` | what the replay tells |
//! | `<32 digits>.geojson` | changes of the zones that the records name |
//! | `register-<number>.csv` | what the registers that the records name say of the vessels that were in the picture |
//! | `zone.geojson` | the zone that the alert names, with its version, where the chart has it |
//! | `picture-<64 digits>.jpg` | pictures of cameras that the alert names by this SHA-256, where the server has them |
//! | `page.html` | all of that for people, in English and Chinese, with a picture |
//! | `manifest.json` | the hash of every file, and the public key |
//! | `manifest.sig` | the signature of the manifest |
//!
//! The neighbours of an entry are in the proof by their hashes alone: a bundle tells nothing of other cases. The raw records tell
//! what every vessel of the area sent in that time; without them (`--without-records`) the bundle proves what was told, not what of.

pub mod bundle;
pub mod page;
pub mod raw;
pub mod verify;

use serde::{Deserialize, Serialize};

use crate::store::records::checkpoint::Checkpoint;

/// What stands in the manifest for this form of bundle.
pub const FORMAT: &str = "shorewatch evidence 1";

/// Files of a bundle.
pub(crate) const ALERT: &str = "alert.json";
pub(crate) const EVENTS: &str = "events.jsonl";
pub(crate) const CHAIN: &str = "chain.json";
pub(crate) const ZONE: &str = "zone.geojson";
pub(crate) const PAGE: &str = "page.html";
/// Before the SHA-256 of a picture in the name of its file.
pub(crate) const PICTURE: &str = "picture-";
pub(crate) const MANIFEST: &str = "manifest.json";
pub(crate) const SIGNATURE: &str = "manifest.sig";

/// What a bundle is, and the hashes of its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// The alert.
    pub alert: String,
    /// Version of the program that wrote it.
    pub program: String,
    /// When, milliseconds since 1970 by the clock of the machine.
    pub made_ms: i64,
    /// The key that signed manifest and checkpoints, 64 hexadecimal digits.
    pub public_key: String,
    /// The files in order of name.
    pub files: Vec<FileHash>,
}

/// A file of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileHash {
    /// Its name.
    pub name: String,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

/// That one entry stands in the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Its place.
    pub sequence: i64,
    /// The hash before it.
    pub previous_hash: String,
    /// The hashes of the lines that follow it, up to the checkpoint.
    pub followers: Vec<String>,
    /// What was signed there.
    pub checkpoint: Checkpoint,
}
