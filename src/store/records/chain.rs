//! Whether the records are what this program wrote: every entry chained to the one before, every signature good, and how each alert
//! stands as its entries say.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::alert;
use super::checkpoint::{Checkpoint, PublicKey};
use super::entry::{ALERT, Entry, NO_HASH, chained, sha256_hex};
use super::error::RecordsError;
use crate::life::Life;

/// What was found sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sound {
    /// Entries in the chain.
    pub entries: i64,
    /// The hash of the last.
    pub hash: String,
    /// Alerts that stand as their entries say.
    pub alerts: usize,
    /// Checkpoints with a good signature.
    pub checkpoints: usize,
    /// The keys that signed them, by their names.
    pub keys: Vec<String>,
}

/// Reads all of the records and holds them against themselves; against `pinned` too where it is given: then that key must have
/// signed every checkpoint.
///
/// # Errors
/// [`RecordsError::Damaged`] with the first thing that is wrong.
pub fn check(connection: &Connection, pinned: Option<&PublicKey>) -> Result<Sound, RecordsError> {
    let damaged = |what: String| Err(RecordsError::Damaged(what));
    let verdict: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return damaged(format!("SQLite says: {verdict}"));
    }
    let mut lives: BTreeMap<String, (Option<Life>, String)> = BTreeMap::new();
    let checkpoints = checkpoints(connection)?;
    let mut signed = checkpoints.iter().peekable();
    let keys = public_keys(connection)?;
    let (mut previous, mut count) = (NO_HASH.to_owned(), 0);
    let mut statement = connection.prepare("SELECT sequence, entry, hash FROM entries ORDER BY sequence")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (sequence, line, hash): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        count += 1;
        if sequence != count {
            return damaged(format!("entry {count} is missing"));
        }
        if chained(&previous, &line) != hash {
            return damaged(format!("entry {sequence} is not what it was: its hash does not follow from it"));
        }
        let entry: Entry = match serde_json::from_str(&line) {
            Ok(entry) => entry,
            Err(error) => return damaged(format!("entry {sequence}: {error}")),
        };
        if entry.sequence != sequence {
            return damaged(format!("entry {sequence} says that it is entry {}", entry.sequence));
        }
        while let Some(checkpoint) = signed.next_if(|checkpoint| checkpoint.sequence == sequence) {
            if checkpoint.hash != hash {
                return damaged(format!("entry {sequence} is not the one that was signed"));
            }
            check_signature(checkpoint, &keys, pinned)?;
        }
        if let Some(id) = entry.subject.strip_prefix(ALERT) {
            let known = lives.entry(id.to_owned()).or_default();
            known.0 = entry.life.or(known.0.take());
            if !entry.wire_sha256.is_empty() {
                known.1 = entry.wire_sha256;
            }
        }
        previous = hash;
    }
    if let Some(checkpoint) = signed.next() {
        return damaged(format!("entry {} was signed, but is not there", checkpoint.sequence));
    }
    let alerts = lives.len();
    for (id, (life, wire_sha256)) in lives {
        let Some(record) = alert::load(connection, &id)? else {
            return damaged(format!("alert {id} is entered, but does not stand in the table of alerts"));
        };
        if Some(&record.life) != life.as_ref() {
            return damaged(format!("alert {id} does not stand as its entries say"));
        }
        if sha256_hex(&record.news.wire) != wire_sha256 {
            return damaged(format!("alert {id} is not as its entries say"));
        }
    }
    let in_table: i64 = connection.query_row("SELECT count(*) FROM alerts", [], |row| row.get(0))?;
    if usize::try_from(in_table) != Ok(alerts) {
        return damaged(format!("{in_table} alerts stand in the table, {alerts} were entered"));
    }
    Ok(Sound {
        entries: count,
        hash: previous,
        alerts,
        checkpoints: checkpoints.len(),
        keys: keys.into_keys().collect(),
    })
}

/// All checkpoints, in order.
///
/// # Errors
/// When the records cannot be read.
pub fn checkpoints(connection: &Connection) -> Result<Vec<Checkpoint>, RecordsError> {
    let mut statement =
        connection.prepare("SELECT sequence, hash, time_ms, key_id, signature FROM checkpoints ORDER BY sequence")?;
    let rows = statement.query_map([], |row| {
        Ok(Checkpoint {
            sequence: row.get(0)?,
            hash: row.get(1)?,
            time_ms: row.get(2)?,
            key_id: row.get(3)?,
            signature: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The public keys that the record was signed with, as its entries name them.
///
/// # Errors
/// When the records cannot be read.
pub fn public_keys(connection: &Connection) -> Result<BTreeMap<String, PublicKey>, RecordsError> {
    let mut statement = connection.prepare(
        "SELECT json_extract(entry, '$.content.public_key') FROM entries WHERE subject = 'server' AND kind = 'signing_key'",
    )?;
    let rows = statement.query_map([], |row| row.get::<_, Option<String>>(0))?;
    let mut keys = BTreeMap::new();
    for row in rows {
        if let Some(key) = row?.as_deref().and_then(PublicKey::from_hex) {
            keys.insert(key.id(), key);
        }
    }
    Ok(keys)
}

fn check_signature(
    checkpoint: &Checkpoint,
    keys: &BTreeMap<String, PublicKey>,
    pinned: Option<&PublicKey>,
) -> Result<(), RecordsError> {
    let key = pinned.or_else(|| keys.get(&checkpoint.key_id));
    match key {
        Some(key) if checkpoint.is_signed_by(key) => Ok(()),
        Some(key) => Err(RecordsError::Damaged(format!(
            "the checkpoint of entry {} is not signed by key {}",
            checkpoint.sequence,
            key.id()
        ))),
        None => Err(RecordsError::Damaged(format!("nothing says what key {} is", checkpoint.key_id))),
    }
}
