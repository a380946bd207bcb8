//! The register of vessels on record: every version of what it says of a vessel, as a line of CSV (`register::line_of`).

use rusqlite::{Connection, OptionalExtension, params};

use super::book::Book;
use super::entry::{Draft, Entered, Entry, sha256_hex};
use super::error::RecordsError;
use crate::life::Actor;
use crate::register::{Register, Registered, Sheet, VESSELS_MAX, Watch, line_of};
use crate::units::Mmsi;

/// Before the MMSI of a vessel that an entry is about.
const VESSEL: &str = "vessel/";

/// What stands of a vessel.
#[derive(Clone, Debug, PartialEq)]
pub struct VesselRecord {
    /// The vessel.
    pub mmsi: Mmsi,
    /// What is said of it; `None`: nothing any more.
    pub vessel: Option<Registered>,
    /// Counts its changes, from 1.
    pub version: i64,
    /// The entry that made it so.
    pub sequence: i64,
}

/// Who asks for a change, and how the call is known again.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who he is.
    pub actor: Actor,
    /// Names the call; empty: it is not to be known again.
    pub request_id: String,
    /// What he notes with it.
    pub note: String,
    /// When, by the server's clock.
    pub at_ms: i64,
}

/// What a file changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "counts of vessels by what became of them")]
pub struct Imported {
    pub added: u64,
    pub changed: u64,
    pub removed: u64,
    pub unchanged: u64,
    /// The entry; 0 when nothing was changed.
    pub sequence: i64,
}

/// Vessels of which something else is said now, or nothing.
pub type Changes = Vec<(Mmsi, Option<Registered>)>;

/// Why a change is not made.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RegisterOrderError {
    /// It is not on the watch list.
    #[error("vessel {0} is not on the watch list")]
    NotWatched(Mmsi),
    /// What is said of it has changed since.
    #[error("the vessel has changed since (version {present}): look at it again")]
    Changed {
        /// Its present version.
        present: i64,
    },
    /// The request id stood for another call.
    #[error("this request_id stood for another call: choose a new one for each")]
    RequestReused,
    /// More vessels than a register may have.
    #[error("the register would have more than {VESSELS_MAX} vessels")]
    Full,
    /// The records.
    #[error(transparent)]
    Records(#[from] RecordsError),
}

impl From<rusqlite::Error> for RegisterOrderError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Records(error.into())
    }
}

const LATEST: &str = "SELECT id, version, body, deleted, sequence FROM register AS it
     WHERE version = (SELECT max(version) FROM register WHERE id = it.id)";

type Row = (String, i64, String, bool, i64);

fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
}

fn damaged(id: &str, problem: impl std::fmt::Display) -> RecordsError {
    RecordsError::Damaged(format!("vessel {id} of the register: {problem}"))
}

fn record((id, version, body, deleted, sequence): Row) -> Result<VesselRecord, RecordsError> {
    let mmsi = id.parse().ok().and_then(Mmsi::new).ok_or_else(|| damaged(&id, "no MMSI"))?;
    let vessel = if deleted {
        None
    } else {
        let mut vessels = Sheet::from_lines(&[body]).map_err(|error| damaged(&id, error))?.into_vessels();
        Some(vessels.remove(&mmsi).ok_or_else(|| damaged(&id, "its line is of another"))?)
    };
    Ok(VesselRecord { mmsi, vessel, version, sequence })
}

/// The whole register.
///
/// # Errors
/// When the records cannot be read.
pub fn load(connection: &Connection) -> Result<Register, RecordsError> {
    let mut statement = connection.prepare(&format!("{LATEST} AND deleted = 0"))?;
    let lines: Vec<String> = statement.query_map([], |row| row.get(2))?.collect::<Result<_, _>>()?;
    let sheet = Sheet::from_lines(&lines).map_err(|error| RecordsError::Damaged(error.to_string()))?;
    Ok(Register::from(sheet))
}

/// The whole register as it stood after the entry `sequence`.
///
/// # Errors
/// When the records cannot be read.
pub fn load_at(connection: &Connection, sequence: i64) -> Result<Register, RecordsError> {
    let mut statement = connection.prepare(
        "SELECT body FROM register AS it WHERE deleted = 0 AND sequence <= ?1
         AND version = (SELECT max(version) FROM register WHERE id = it.id AND sequence <= ?1)",
    )?;
    let lines: Vec<String> = statement.query_map([sequence], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let sheet = Sheet::from_lines(&lines).map_err(|error| RecordsError::Damaged(error.to_string()))?;
    Ok(Register::from(sheet))
}

/// The entry that last changed the register; 0: none ever did.
///
/// # Errors
/// When the records cannot be read.
pub fn last_change(connection: &Connection) -> Result<i64, RecordsError> {
    Ok(connection.query_row("SELECT coalesce(max(sequence), 0) FROM register", [], |row| row.get(0))?)
}

/// What is said of one vessel; `None` when nothing ever was.
///
/// # Errors
/// When the records cannot be read.
pub fn vessel(connection: &Connection, mmsi: Mmsi) -> Result<Option<VesselRecord>, RecordsError> {
    let mut statement = connection.prepare_cached(&format!("{LATEST} AND id = ?1"))?;
    statement.query_row([mmsi.to_string()], row).optional()?.map(record).transpose()
}

/// A page of the vessels that `selects` takes, in order of MMSI, after `after`.
///
/// # Errors
/// When the records cannot be read.
pub fn list(
    connection: &Connection,
    after: u32,
    size: usize,
    selects: impl Fn(&Registered) -> bool,
) -> Result<Vec<VesselRecord>, RecordsError> {
    let mut statement = connection.prepare_cached(&format!("{LATEST} AND deleted = 0 AND id > ?1 ORDER BY id"))?;
    let mut rows = statement.query([format!("{after:09}")])?;
    let mut page = Vec::new();
    while page.len() < size {
        let Some(found) = rows.next()? else { break };
        let found = record(row(found)?)?;
        if found.vessel.as_ref().is_some_and(&selects) {
            page.push(found);
        }
    }
    Ok(page)
}

/// Every version of a vessel with the entry that made it, the first first.
///
/// # Errors
/// When the records cannot be read.
pub fn versions(connection: &Connection, mmsi: Mmsi) -> Result<Vec<(VesselRecord, Entry)>, RecordsError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, version, body, deleted, register.sequence, entry FROM register
         JOIN entries ON entries.sequence = register.sequence WHERE id = ?1 ORDER BY version",
    )?;
    let mut rows = statement.query([mmsi.to_string()])?;
    let mut all = Vec::new();
    while let Some(found) = rows.next()? {
        let line: String = found.get(5)?;
        let entry = serde_json::from_str(&line).map_err(|error| RecordsError::Damaged(format!("an entry: {error}")))?;
        all.push((record(row(found)?)?, entry));
    }
    Ok(all)
}

/// What a file would change, and how many vessels there would be of each sort.
///
/// # Errors
/// When the records cannot be read, or there would be too many vessels.
pub fn compare(
    connection: &Connection,
    sheet: &Sheet,
    replace: bool,
) -> Result<(Changes, Imported), RegisterOrderError> {
    let mut counts = Imported::default();
    let mut changes = Vec::new();
    let mut vessels = 0;
    let mut weigh = |mmsi: Mmsi, known: Option<&Registered>| {
        let nothing = Registered::default();
        let said = sheet.over(mmsi, known.unwrap_or(&nothing));
        let said = Some(said).filter(|said| *said != nothing);
        vessels += usize::from(said.is_some());
        match (known, &said) {
            (known, said) if known == said.as_ref() => counts.unchanged += 1,
            (None, _) => counts.added += 1,
            (Some(_), Some(_)) => counts.changed += 1,
            (Some(_), None) => counts.removed += 1,
        }
        if known != said.as_ref() {
            changes.push((mmsi, said));
        }
    };
    let mut present = rustc_hash::FxHashSet::default();
    let mut statement = connection.prepare(&format!("{LATEST} AND deleted = 0"))?;
    let mut rows = statement.query([])?;
    let mut left_alone = 0;
    while let Some(found) = rows.next()? {
        let found = record(row(found)?)?;
        if replace || sheet.lists(found.mmsi) {
            present.insert(found.mmsi);
            weigh(found.mmsi, found.vessel.as_ref());
        } else {
            left_alone += 1;
        }
    }
    for mmsi in sheet.listed().into_iter().filter(|mmsi| !present.contains(mmsi)) {
        weigh(mmsi, None);
    }
    if vessels + left_alone > VESSELS_MAX {
        return Err(RegisterOrderError::Full);
    }
    Ok((changes, counts))
}

impl Book<'_> {
    /// Takes what a file says into the register; with `replace`, of vessels that it does not list its columns are forgotten. A call
    /// that was answered before changes nothing.
    ///
    /// # Errors
    /// When it cannot be done; nothing has changed then.
    pub fn import_register(
        &mut self,
        sheet: &Sheet,
        sha256: &str,
        replace: bool,
        request: &Request,
    ) -> Result<(Changes, Imported), RegisterOrderError> {
        let fingerprint = sha256_hex(format!("import\n{sha256}\n{replace}").as_bytes());
        if let Some(entered) = self.known_request(request, &fingerprint)? {
            let counts = entered.entry.content.unwrap_or_default();
            let count = |name: &str| counts.get(name).and_then(serde_json::Value::as_u64).unwrap_or_default();
            let imported = Imported {
                added: count("added"),
                changed: count("changed"),
                removed: count("removed"),
                unchanged: count("unchanged"),
                sequence: entered.entry.sequence,
            };
            return Ok((Vec::new(), imported));
        }
        let (changes, mut counts) = compare(self.connection(), sheet, replace)?;
        if changes.is_empty() {
            return Ok((changes, counts));
        }
        let content = serde_json::json!({
            "sha256": sha256, "replace": replace, "added": counts.added, "changed": counts.changed,
            "removed": counts.removed, "unchanged": counts.unchanged,
        });
        let entered = self.enter_register("register_imported", "register".to_owned(), request, content)?;
        counts.sequence = entered.entry.sequence;
        for (mmsi, said) in &changes {
            self.keep_vessel(*mmsi, said.as_ref(), counts.sequence)?;
        }
        self.note_request(request, &fingerprint, counts.sequence)?;
        Ok((changes, counts))
    }

    /// Puts a vessel on the watch list, or takes it off; `version` is the one that the caller looked at.
    ///
    /// # Errors
    /// When it cannot be done; nothing has changed then.
    pub fn watch_vessel(
        &mut self,
        mmsi: Mmsi,
        watch: Option<Watch>,
        version: Option<i64>,
        request: &Request,
    ) -> Result<VesselRecord, RegisterOrderError> {
        let fingerprint = sha256_hex(format!("watch\n{mmsi}\n{watch:?}").as_bytes());
        let before = vessel(self.connection(), mmsi)?;
        if let (Some(_), Some(before)) = (self.known_request(request, &fingerprint)?, &before) {
            return Ok(before.clone());
        }
        let present = before.as_ref().map_or(0, |before| before.version);
        if version.is_some_and(|version| version != present) {
            return Err(RegisterOrderError::Changed { present });
        }
        let known = before.and_then(|before| before.vessel).unwrap_or_default();
        if watch.is_none() && known.watch.is_none() {
            return Err(RegisterOrderError::NotWatched(mmsi));
        }
        let kind = if watch.is_some() { "vessel_watched" } else { "vessel_unwatched" };
        let said = Registered { watch, ..known };
        let said = Some(said).filter(|said| *said != Registered::default());
        let body = said.as_ref().map(|said| line_of(mmsi, said)).unwrap_or_default();
        let content = serde_json::json!({ "version": present + 1, "body": body });
        let entered = self.enter_register(kind, format!("{VESSEL}{mmsi}"), request, content)?;
        let sequence = entered.entry.sequence;
        self.keep_vessel(mmsi, said.as_ref(), sequence)?;
        self.note_request(request, &fingerprint, sequence)?;
        Ok(VesselRecord { mmsi, vessel: said, version: present + 1, sequence })
    }

    fn enter_register(
        &mut self,
        kind: &str,
        subject: String,
        request: &Request,
        content: serde_json::Value,
    ) -> Result<Entered, RecordsError> {
        self.enter(Draft {
            time_ms: request.at_ms,
            kind,
            subject,
            actor: &request.actor,
            request_id: &request.request_id,
            note: &request.note,
            life: None,
            content: Some(content),
            wire_sha256: String::new(),
        })
    }

    fn keep_vessel(&self, mmsi: Mmsi, said: Option<&Registered>, sequence: i64) -> Result<(), RecordsError> {
        let mut insert = self.connection().prepare_cached(
            "INSERT INTO register (id, version, body, deleted, sequence)
             VALUES (?1, 1 + coalesce((SELECT max(version) FROM register WHERE id = ?1), 0), ?2, ?3, ?4)",
        )?;
        let body = said.map(|said| line_of(mmsi, said)).unwrap_or_default();
        insert.execute(params![mmsi.to_string(), body, said.is_none(), sequence])?;
        Ok(())
    }

    /// The entry that a call was answered with before.
    fn known_request(&self, request: &Request, fingerprint: &str) -> Result<Option<Entered>, RegisterOrderError> {
        if request.request_id.is_empty() {
            return Ok(None);
        }
        match self.request(&request.actor.id, &request.request_id)? {
            Some((known, sequence)) if known == fingerprint => {
                Ok(Some(super::book::entered(self.connection(), sequence)?))
            }
            Some(_) => Err(RegisterOrderError::RequestReused),
            None => Ok(None),
        }
    }

    fn note_request(&self, request: &Request, fingerprint: &str, sequence: i64) -> Result<(), RecordsError> {
        if request.request_id.is_empty() {
            return Ok(());
        }
        self.remember(&request.actor.id, &request.request_id, fingerprint, sequence, request.at_ms)
    }
}
