//! What officers say of tracks, on record: entries of the chain about `track/ID`, the last of which holds.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::book::{self, Book};
use super::entry::{Draft, sha256_hex};
use super::error::RecordsError;
use super::register::Request;
use crate::fusion::Stated;
use crate::units::{EventTime, Mmsi, TrackId, VesselClass};

/// Before the id of a track that an entry is about.
pub const TRACK: &str = "track/";

/// What is said of a craft, as it stands in an entry.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Statement {
    /// Whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mmsi: Option<Mmsi>,
    /// Its name, or the number on its hull.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<VesselClass>,
    /// Its length in metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length_m: Option<f64>,
}

/// Why a statement is not taken down.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StatementOrderError {
    /// What is said of the track has changed since.
    #[error("what is said of the track has changed since (etag {present}): look at it again")]
    Changed {
        /// The present etag.
        present: i64,
    },
    /// The request id stood for another call.
    #[error("this request_id stood for another call: choose a new one for each")]
    RequestReused,
    /// The records.
    #[error(transparent)]
    Records(#[from] RecordsError),
}

impl Book<'_> {
    /// Takes down what an officer says of a track, in place of what was said before; `None` takes it back. `etag` is the entry that he
    /// looked at (0: none). A call that was answered before changes nothing. Returns what the engine has to be told.
    ///
    /// # Errors
    /// When it cannot be done; nothing has changed then.
    pub fn state_track(
        &mut self,
        track: TrackId,
        said: Option<Statement>,
        etag: Option<i64>,
        request: &Request,
    ) -> Result<Option<Stated>, StatementOrderError> {
        let fingerprint = sha256_hex(format!("state\n{track}\n{said:?}\n{}", request.note).as_bytes());
        let stated = |sequence, at_ms| said.clone().map(|said| stated(said, request, sequence, at_ms));
        if let Some((known, sequence)) = self.request(&request.actor.id, &request.request_id)? {
            if known != fingerprint {
                return Err(StatementOrderError::RequestReused);
            }
            let entered = book::entered(self.connection(), sequence)?;
            return Ok(stated(sequence, entered.entry.time_ms));
        }
        let present = last(self.connection(), track)?;
        if etag.is_some_and(|etag| etag != present) {
            return Err(StatementOrderError::Changed { present });
        }
        let content = said.as_ref().map(serde_json::to_value).transpose();
        let content = content.map_err(|error| RecordsError::Damaged(error.to_string()))?;
        let entered = self.enter(Draft {
            time_ms: request.at_ms,
            kind: if said.is_some() { "track_stated" } else { "track_statement_withdrawn" },
            subject: format!("{TRACK}{track}"),
            actor: &request.actor,
            request_id: &request.request_id,
            note: &request.note,
            life: None,
            content,
            wire_sha256: String::new(),
        })?;
        let sequence = entered.entry.sequence;
        self.remember(&request.actor.id, &request.request_id, &fingerprint, sequence, request.at_ms)?;
        Ok(stated(sequence, request.at_ms))
    }
}

fn stated(said: Statement, request: &Request, sequence: i64, at_ms: i64) -> Stated {
    let Statement { mmsi, name, class, length_m } = said;
    let (reason, by) = (request.note.clone(), request.actor.id.clone());
    Stated { mmsi, name, class, length_m, reason, by, at: EventTime::from_millis(at_ms), sequence }
}

/// The entry that last said something of a track, or took it back; 0: none.
///
/// # Errors
/// When the records cannot be read.
pub fn last(connection: &Connection, track: TrackId) -> Result<i64, RecordsError> {
    let mut statement =
        connection.prepare_cached("SELECT coalesce(max(sequence), 0) FROM entries WHERE subject = ?1")?;
    Ok(statement.query_row([format!("{TRACK}{track}")], |row| row.get(0))?)
}

/// What is said of tracks since `since_ms`, by track: the last word on each, at most `size`, the latest first.
///
/// # Errors
/// When the records cannot be read.
pub fn latest(
    connection: &Connection,
    since_ms: i64,
    size: usize,
) -> Result<Vec<(TrackId, Option<Stated>)>, RecordsError> {
    let mut statement = connection.prepare(
        "SELECT max(sequence) AS last FROM entries WHERE subject >= 'track/' AND subject < 'track0' AND time_ms >= ?1
         GROUP BY subject ORDER BY last DESC LIMIT ?2",
    )?;
    let sequences: Vec<i64> =
        statement.query_map((since_ms, size as i64), |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut said = Vec::with_capacity(sequences.len());
    for sequence in sequences {
        let entry = book::entered(connection, sequence)?.entry;
        let id = entry.subject.strip_prefix("track/T").and_then(|digits| digits.parse().ok()).map(TrackId);
        let Some(id) = id else { continue };
        let damaged = |error: serde_json::Error| RecordsError::Damaged(format!("entry {sequence}: {error}"));
        let statement: Option<Statement> = entry.content.map(serde_json::from_value).transpose().map_err(damaged)?;
        let request =
            Request { actor: entry.actor, request_id: entry.request_id, note: entry.note, at_ms: entry.time_ms };
        said.push((id, statement.map(|statement| stated(statement, &request, sequence, entry.time_ms))));
    }
    Ok(said)
}
