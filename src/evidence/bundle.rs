//! Writing a bundle, from the records in the folder of a server.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use serde::Serialize;

use super::page::{self, Case};
use super::raw;
use super::{ALERT, CHAIN, EVENTS, FORMAT, FileHash, Link, MANIFEST, Manifest, PAGE, PICTURE, SIGNATURE, ZONE};
use crate::chart::Chart;
use crate::store::disk::{Disk, RealDisk};
use crate::store::pictures::{PictureStore, hash_of};
use crate::store::records::checkpoint::{Checkpoint, Signer};
use crate::store::records::entry::{self, Entered, NO_HASH, sha256_hex};
use crate::store::records::{FILE, RecordsError, alert, book, chain, open_to_read};

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The records.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// No such alert.
    #[error("there is no alert '{0}' on record: `shorewatch report` counts them, ListAlerts names them")]
    NoAlert(String),
    /// Entries after the last checkpoint, and nobody who signs.
    #[error("the last entries are not signed yet: wait a minute, or stop the server in order")]
    NotSigned,
    /// The raw records.
    #[error("the raw records of the alert: {0}")]
    Raw(#[from] raw::RawError),
    /// The folder.
    #[error("{path}: {problem}")]
    Write {
        /// What was to be written.
        path: PathBuf,
        /// What the system says.
        problem: String,
    },
}

/// A bundle that was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// What is in it.
    pub manifest: Manifest,
    /// What its raw records tell; `None` when it has none.
    pub replay: Option<raw::Replay>,
}

/// Writes everything behind an alert into a new folder, with the raw records if wanted and there. The server may run. `chart`,
/// where there is one, has the zone and the shore; `signer` is the key of the records.
///
/// # Errors
/// When the alert is not on record, its entries are not signed, or the folder is there already.
pub fn write(
    store: &Path,
    alert_id: &str,
    chart: Option<&Chart>,
    signer: &Signer,
    with_records: bool,
    made_ms: i64,
    out: &Path,
) -> Result<Written, BundleError> {
    let connection = open_to_read(&store.join(FILE))?;
    let record = alert::load(&connection, alert_id)?.ok_or_else(|| BundleError::NoAlert(alert_id.to_owned()))?;
    let entries = book::entries(&connection, &format!("{}{alert_id}", entry::ALERT), 0, usize::MAX)?;
    let links = links(&connection, &entries)?;
    let alert: serde_json::Value = serde_json::from_str(&record.news.content)
        .map_err(|error| RecordsError::Damaged(format!("alert {alert_id}: {error}")))?;
    let zone = chart.and_then(|chart| chart.zones.zones().iter().find(|zone| zone.id == record.news.facts.zone));
    let pictures = pictures(store, &alert)?;
    let names: Vec<&str> = pictures.iter().map(|(name, _)| name.as_str()).collect();
    let case = Case { record: &record, alert: &alert, entries: &entries, zone, chart, pictures: &names, made_ms };
    let mut files: Vec<(String, Vec<u8>)> = vec![
        (ALERT.to_owned(), pretty(&alert)),
        (CHAIN.to_owned(), pretty(&links)),
        (EVENTS.to_owned(), entries.iter().flat_map(|entered| [entered.line.as_bytes(), b"\n"].concat()).collect()),
        (PAGE.to_owned(), page::html(&case).into_bytes()),
    ];
    if let Some(zone) = zone {
        files.push((ZONE.to_owned(), pretty(&page::zone_feature(zone))));
    }
    files.extend(pictures);
    let raw = if with_records { raw::cut(store, &alert)? } else { None };
    let replay = raw.map(|raw| {
        files.push((raw::REPLAY.to_owned(), pretty(&raw.replay)));
        files.extend(raw.files);
        raw.replay
    });
    files.sort_unstable();
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        alert: alert_id.to_owned(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        made_ms,
        public_key: signer.public().to_hex(),
        files: files.iter().map(|(name, bytes)| FileHash { name: name.clone(), sha256: sha256_hex(bytes) }).collect(),
    };
    let text = String::from_utf8_lossy(&pretty(&manifest)).into_owned();
    files.push((SIGNATURE.to_owned(), (signer.sign_text(&text) + "\n").into_bytes()));
    files.push((MANIFEST.to_owned(), text.into_bytes()));

    let problem =
        |path: &Path, error: std::io::Error| BundleError::Write { path: path.to_owned(), problem: error.to_string() };
    fs::create_dir_all(out.parent().unwrap_or(Path::new(""))).map_err(|error| problem(out, error))?;
    // Never into what is there: a bundle is whole, and nothing else.
    fs::create_dir(out).map_err(|error| problem(out, error))?;
    for (name, bytes) in &files {
        let path = out.join(name);
        fs::write(&path, bytes).map_err(|error| problem(&path, error))?;
    }
    Ok(Written { manifest, replay })
}

/// The pictures that an alert names and the store has, each under the name of what it shows.
fn pictures(store: &Path, alert: &serde_json::Value) -> Result<Vec<(String, Vec<u8>)>, BundleError> {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let problem = |error: std::io::Error| BundleError::Write { path: store.to_owned(), problem: error.to_string() };
    let kept = PictureStore::look_into(&disk, store).map_err(problem)?;
    let mut files = Vec::new();
    for digits in alert["pictures"].as_array().into_iter().flatten().filter_map(|picture| picture["sha256"].as_str()) {
        let Some(hash) = hash_of(digits) else { continue };
        if let Some((form, bytes)) = kept.get(&hash).map_err(problem)? {
            files.push((format!("{PICTURE}{digits}.{}", form.extension()), bytes));
        }
    }
    files.sort_unstable();
    files.dedup();
    Ok(files)
}

/// For each entry the way to the next checkpoint.
fn links(connection: &Connection, entries: &[Entered]) -> Result<Vec<Link>, BundleError> {
    let checkpoints = chain::checkpoints(connection)?;
    let mut links = Vec::with_capacity(entries.len());
    for entered in entries {
        let sequence = entered.entry.sequence;
        let next = checkpoints.partition_point(|checkpoint| checkpoint.sequence < sequence);
        let checkpoint: &Checkpoint = checkpoints.get(next).ok_or(BundleError::NotSigned)?;
        let previous_hash = match sequence {
            ..=1 => NO_HASH.to_owned(),
            _ => book::entered(connection, sequence - 1)?.hash,
        };
        let count = usize::try_from(checkpoint.sequence - sequence).unwrap_or(0);
        let followers = book::entries(connection, "", sequence, count)?;
        let followers = followers.iter().map(|follower| sha256_hex(follower.line.as_bytes())).collect();
        links.push(Link { sequence, previous_hash, followers, checkpoint: checkpoint.clone() });
    }
    Ok(links)
}

/// As JSON for people.
fn pretty(value: &impl Serialize) -> Vec<u8> {
    // Maps with texts as keys and finite numbers always have a form.
    serde_json::to_string_pretty(value).map(|text| (text + "\n").into_bytes()).unwrap_or_default()
}
