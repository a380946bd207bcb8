//! Checking a bundle, with nothing at hand but the bundle and, better, the public key of the server that it comes from.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::raw::{self, RECORDS, REPLAY, Replay};
use super::{ALERT, CHAIN, EVENTS, FORMAT, Link, MANIFEST, Manifest, PICTURE, SIGNATURE};
use crate::store::records::checkpoint::PublicKey;
use crate::store::records::entry::{self, Entry, chained, linked, sha256_hex};

/// Why a bundle does not stand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {problem}")]
pub struct Altered {
    /// Where it is.
    pub file: String,
    /// What it is.
    pub problem: String,
}

fn altered(file: &str, problem: impl ToString) -> Altered {
    Altered { file: file.to_owned(), problem: problem.to_string() }
}

/// What stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Stands {
    /// The alert.
    pub alert: String,
    /// Entries of its life.
    pub entries: usize,
    /// When the first checkpoint after its last entry was signed, milliseconds since 1970 by the server's clock.
    pub signed_ms: i64,
    /// The key that signed it.
    pub public_key: String,
    /// What its raw records tell; `None` when it has none.
    pub replay: Option<Replay>,
}

/// Replays the raw records: they must tell what the bundle says that they do.
fn replayed(bundle: &Path, text: &str, alert: &serde_json::Value, program: &str) -> Result<Replay, Altered> {
    let said: Replay = serde_json::from_str(text).map_err(|error| altered(REPLAY, error))?;
    let id = said.alert.get("id").and_then(serde_json::Value::as_str).unwrap_or_default();
    let (told, report) = raw::replay(bundle, id).map_err(|error| altered(RECORDS, error))?;
    if let Some(complaint) = report.complaints().into_iter().next() {
        return Err(altered(RECORDS, complaint));
    }
    if told.as_ref() != Some(&said.alert) {
        let version = env!("CARGO_PKG_VERSION");
        let problem = format!(
            "their replay does not tell what replay.json says; this is shorewatch {version}, the bundle was made by {program}"
        );
        return Err(altered(RECORDS, problem));
    }
    if said.is_identical && said.alert != *alert {
        return Err(altered(REPLAY, "is not the alert of the bundle, and says that it is"));
    }
    Ok(said)
}

/// Checks a bundle; against `pinned` where it is given, else against the key that the bundle names, which says only that nothing
/// was altered since it was signed by whoever has that key.
///
/// # Errors
/// With the first thing that does not stand.
pub fn verify(bundle: &Path, pinned: Option<&PublicKey>) -> Result<Stands, Altered> {
    let read = |name: &str| fs::read(bundle.join(name)).map_err(|error| altered(name, error));
    let read_text = |name: &str| String::from_utf8(read(name)?).map_err(|error| altered(name, error));
    let text = read_text(MANIFEST)?;
    let manifest: Manifest = serde_json::from_str(&text).map_err(|error| altered(MANIFEST, error))?;
    if manifest.format != FORMAT {
        return Err(altered(MANIFEST, format!("'{}' is no form of bundle that this program knows", manifest.format)));
    }
    let named = PublicKey::from_hex(&manifest.public_key).ok_or_else(|| altered(MANIFEST, "names no key"))?;
    if pinned.is_some_and(|pinned| *pinned != named) {
        return Err(altered(MANIFEST, format!("was signed by another key, {}", named.to_hex())));
    }
    let signature = read_text(SIGNATURE)?;
    if !signature.strip_suffix('\n').is_some_and(|signature| named.signed_text(&text, signature)) {
        return Err(altered(SIGNATURE, "is not the signature of the manifest"));
    }
    let mut files = BTreeMap::new();
    for file in &manifest.files {
        let bytes = read(&file.name)?;
        if sha256_hex(&bytes) != file.sha256 {
            return Err(altered(&file.name, "is not what was signed"));
        }
        let digits = file.name.strip_prefix(PICTURE).and_then(|rest| rest.split_once('.')).map(|(digits, _)| digits);
        if digits.is_some_and(|digits| digits != file.sha256) {
            return Err(altered(&file.name, "is not the picture that the alert names"));
        }
        files.insert(file.name.as_str(), bytes);
    }
    let mut known: BTreeSet<&str> = files.keys().copied().collect();
    known.extend([MANIFEST, SIGNATURE]);
    for entry in fs::read_dir(bundle).map_err(|error| altered("", error))? {
        let name = entry.map_err(|error| altered("", error))?.file_name();
        if !name.to_str().is_some_and(|name| known.contains(name)) {
            return Err(altered(&name.to_string_lossy(), "does not belong to the bundle"));
        }
    }
    let part = |name: &str| {
        let bytes = files.get(name).ok_or_else(|| altered(name, "is missing from the manifest"))?;
        std::str::from_utf8(bytes).map_err(|error| altered(name, error))
    };
    let links: Vec<Link> = serde_json::from_str(part(CHAIN)?).map_err(|error| altered(CHAIN, error))?;
    let lines: Vec<&str> = part(EVENTS)?.lines().collect();
    if lines.is_empty() || lines.len() != links.len() {
        return Err(altered(EVENTS, format!("{} entries, {} proofs", lines.len(), links.len())));
    }
    let (mut last_sequence, mut content) = (0, None);
    for (line, link) in lines.iter().zip(&links) {
        let entry: Entry = serde_json::from_str(line).map_err(|error| altered(EVENTS, error))?;
        let place = format!("entry {}", entry.sequence);
        if entry.sequence != link.sequence || entry.sequence <= last_sequence {
            return Err(altered(EVENTS, format!("{place} is out of order")));
        }
        if entry.subject != format!("{}{}", entry::ALERT, manifest.alert) {
            return Err(altered(EVENTS, format!("{place} is of another case")));
        }
        last_sequence = entry.sequence;
        let reached = link.sequence + i64::try_from(link.followers.len()).unwrap_or(i64::MAX);
        let hash = link.followers.iter().fold(chained(&link.previous_hash, line), |hash, line| linked(&hash, line));
        if reached != link.checkpoint.sequence || hash != link.checkpoint.hash {
            return Err(altered(CHAIN, format!("{place} does not lead to its checkpoint")));
        }
        if !link.checkpoint.is_signed_by(&named) {
            return Err(altered(CHAIN, format!("the checkpoint of {place} is not signed by the key")));
        }
        content = entry.content.or(content);
    }
    let alert: serde_json::Value = serde_json::from_str(part(ALERT)?).map_err(|error| altered(ALERT, error))?;
    if Some(&alert) != content.as_ref() {
        return Err(altered(ALERT, "is not the alert of the entries"));
    }
    let replay = match files.contains_key(REPLAY) {
        true => Some(replayed(bundle, part(REPLAY)?, &alert, &manifest.program)?),
        false => None,
    };
    Ok(Stands {
        replay,
        entries: lines.len(),
        signed_ms: links.last().map_or(0, |link| link.checkpoint.time_ms),
        public_key: named.to_hex(),
        alert: manifest.alert,
    })
}
