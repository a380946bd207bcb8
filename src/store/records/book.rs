//! The record book, open for writing: what may be written, always together with its entry in the chain.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use super::alert::{self, AlertNews, AlertRecord, Course};
use super::chain;
use super::checkpoint::Signer;
use super::entry::{ALERT, Draft, Entered, Entry, NO_HASH, chained, sha256_hex};
use super::error::RecordsError;
use super::outbox::{self, Happening, Subscriber};
use crate::access::organisation::Organisation;
use crate::life::duty::Duty;
use crate::life::{Actor, Life, Step, StepKind, StepRefused};

/// Alerts of which units are reminded in one go; the others at the next tick.
const REMINDERS_AT_ONCE: usize = 256;

/// What decides into whose hands alerts come, and when somebody is reminded.
#[derive(Clone, Debug, Default)]
pub struct Watchkeeping {
    /// The units and their areas.
    pub organisation: Arc<Organisation>,
    /// When to remind; `None`: never.
    pub duty: Option<Duty>,
    /// Signs what the chain is; `None`: nobody does.
    pub signer: Option<Arc<Signer>>,
    /// Who is told of alerts elsewhere.
    pub subscribers: Arc<[Subscriber]>,
}

impl Watchkeeping {
    fn next_reminder_ms(&self, life: &Life, grade: u32) -> Option<i64> {
        self.duty.as_ref().and_then(|duty| duty.next(life, grade)).map(|due| due.at_ms)
    }
}

/// An officer's order to take an alert a step further.
#[derive(Clone, Debug)]
pub struct Order {
    /// The alert.
    pub alert_id: String,
    /// The life that he was looking at; `None`: whatever it is.
    pub etag: Option<String>,
    /// Names the call.
    pub request_id: String,
    /// What is to be done.
    pub step: Step,
    /// What he notes with it.
    pub note: String,
    /// Who he is.
    pub actor: Actor,
    /// When, by the server's clock.
    pub at_ms: i64,
}

impl Order {
    /// The same call has the same fingerprint; the etag is left out, for a client that repeats a call may have looked again.
    fn fingerprint(&self) -> String {
        sha256_hex(format!("{}\n{:?}\n{}", self.alert_id, self.step, self.note).as_bytes())
    }
}

/// Why an order is not carried out.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OrderError {
    /// No such alert, or not for him.
    #[error("no alert of that id is kept")]
    NotFound,
    /// The life has changed since.
    #[error("the alert has changed since ({present}): look at it again")]
    Changed {
        /// Its present etag.
        present: String,
    },
    /// The step does not follow.
    #[error(transparent)]
    Refused(#[from] StepRefused),
    /// The request id stood for another call.
    #[error("this request_id stood for another call: choose a new one for each")]
    RequestReused,
    /// The records.
    #[error(transparent)]
    Records(#[from] RecordsError),
}

impl From<rusqlite::Error> for OrderError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Records(error.into())
    }
}

/// Where the chain ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Place of the last entry; 0: none.
    pub sequence: i64,
    /// Its hash.
    pub hash: String,
}

impl Head {
    /// Reads it from the file.
    pub(super) fn read(connection: &Connection) -> Result<Self, RecordsError> {
        let last = connection
            .query_row("SELECT sequence, hash FROM entries ORDER BY sequence DESC LIMIT 1", [], |row| {
                Ok(Self { sequence: row.get(0)?, hash: row.get(1)? })
            })
            .optional()?;
        Ok(last.unwrap_or_else(|| Self { sequence: 0, hash: NO_HASH.to_owned() }))
    }
}

/// The book, within one transaction.
#[derive(Debug)]
pub struct Book<'a> {
    connection: &'a Connection,
    keeping: &'a Watchkeeping,
    pub(super) head: Head,
    /// Alerts that have changed, for those who watch.
    pub(super) changed: Vec<Arc<AlertRecord>>,
}

impl<'a> Book<'a> {
    pub(super) fn new(connection: &'a Connection, keeping: &'a Watchkeeping, head: Head) -> Self {
        Self { connection, keeping, head, changed: Vec::new() }
    }

    /// The place of the last entry (0: there is none) and its hash.
    pub fn last_entry(&self) -> (i64, String) {
        (self.head.sequence, self.head.hash.clone())
    }

    /// For reading what stands in it, what this transaction has written included.
    pub fn connection(&self) -> &'a Connection {
        self.connection
    }

    /// Who is told of alerts elsewhere.
    pub(super) fn subscribers(&self) -> &'a [Subscriber] {
        &self.keeping.subscribers
    }

    /// Enters something into the chain.
    ///
    /// # Errors
    /// When the records cannot be written.
    pub fn enter(&mut self, draft: Draft<'_>) -> Result<Entered, RecordsError> {
        let entry = Entry {
            sequence: self.head.sequence + 1,
            time_ms: draft.time_ms,
            kind: draft.kind.to_owned(),
            subject: draft.subject,
            actor: draft.actor.clone(),
            request_id: draft.request_id.to_owned(),
            note: draft.note.to_owned(),
            life: draft.life.cloned(),
            content: draft.content,
            wire_sha256: draft.wire_sha256,
        };
        let line = serde_json::to_string(&entry).map_err(|error| RecordsError::Damaged(format!("entry: {error}")))?;
        let hash = chained(&self.head.hash, &line);
        let mut insert =
            self.connection.prepare_cached("INSERT INTO entries (sequence, entry, hash) VALUES (?1, ?2, ?3)")?;
        insert.execute(params![entry.sequence, line, hash])?;
        self.head = Head { sequence: entry.sequence, hash: hash.clone() };
        Ok(Entered { entry, line, hash })
    }

    /// Takes what the system says of an alert; false when that is known already, as after a restart that replays.
    ///
    /// # Errors
    /// When the records cannot be written.
    pub fn post(&mut self, news: AlertNews, now_ms: i64) -> Result<bool, RecordsError> {
        let system = Actor::system();
        let before = alert::load(self.connection, &news.facts.id)?;
        if before.as_ref().is_some_and(|before| news.facts.revision <= before.news.facts.revision) {
            return Ok(false);
        }
        let course = news.facts.course;
        let (kind, life) = match &before {
            None => {
                let unit = self.keeping.organisation.responsible_for(news.facts.position, &news.facts.kind);
                let life = Life::begin(unit.unwrap_or_default(), now_ms);
                if course == Course::Withdrawn {
                    ("withdrawn", life.step(&Step::Withdraw, &system, now_ms).unwrap_or(life))
                } else {
                    ("raised", life)
                }
            }
            Some(before) if course == Course::Withdrawn && before.news.facts.course != Course::Withdrawn => {
                let life = before.life.step(&Step::Withdraw, &system, now_ms);
                ("withdrawn", life.unwrap_or_else(|_| before.life.clone()))
            }
            Some(before) if course == Course::Ended && before.news.facts.course == Course::Active => {
                ("ended", before.life.clone())
            }
            Some(before) => ("updated", before.life.clone()),
        };
        let content = serde_json::from_str(&news.content)
            .map_err(|error| RecordsError::Damaged(format!("alert {}: {error}", news.facts.id)))?;
        let entered = self.enter(Draft {
            time_ms: now_ms,
            kind,
            subject: format!("{ALERT}{}", news.facts.id),
            actor: &system,
            request_id: "",
            note: "",
            life: Some(&life),
            content: Some(content),
            wire_sha256: sha256_hex(&news.wire),
        })?;
        if let Some(alert) = &entered.entry.content {
            let happening = Happening { entry: &entered.entry, alert };
            outbox::queue(self.connection, &self.keeping.subscribers, happening)?;
        }
        let sequence = entered.entry.sequence;
        let same_course = before.as_ref().filter(|before| before.news.facts.course == course);
        let record = AlertRecord {
            news,
            life,
            first_sequence: before.as_ref().map_or(sequence, |before| before.first_sequence),
            course_sequence: same_course.map_or(sequence, |before| before.course_sequence),
            changed_sequence: sequence,
            changed_kind: kind.to_owned(),
            next_reminder_ms: None,
        };
        self.keep(record)?;
        Ok(true)
    }

    /// Carries out an officer's order on an alert that `may_see` lets him see. An order that was carried out before is not carried
    /// out again: its first entry is returned.
    ///
    /// # Errors
    /// When it cannot be carried out; nothing has changed then.
    pub fn carry_out(
        &mut self,
        order: &Order,
        may_see: impl Fn(&AlertRecord) -> bool,
    ) -> Result<(Arc<AlertRecord>, Entered), OrderError> {
        let record = alert::load(self.connection, &order.alert_id)?.filter(&may_see).ok_or(OrderError::NotFound)?;
        let fingerprint = order.fingerprint();
        if let Some((known, sequence)) = self.request(&order.actor.id, &order.request_id)? {
            if known != fingerprint {
                return Err(OrderError::RequestReused);
            }
            let entered = entered(self.connection, sequence)?;
            let life = entered.entry.life.clone().unwrap_or_else(|| record.life.clone());
            return Ok((Arc::new(AlertRecord { life, ..record }), entered));
        }
        let present = record.life.etag();
        if order.etag.as_ref().is_some_and(|etag| *etag != present) {
            return Err(OrderError::Changed { present });
        }
        let (record, entered) =
            self.step(record, &order.step, &order.actor, order.at_ms, &order.note, &order.request_id)?;
        self.remember(&order.actor.id, &order.request_id, &fingerprint, entered.entry.sequence, order.at_ms)?;
        Ok((record, entered))
    }

    /// Signs what the chain is, when something was entered since the last time; false when there is nothing to sign.
    ///
    /// # Errors
    /// When the records cannot be written.
    pub fn sign(&mut self, now_ms: i64) -> Result<bool, RecordsError> {
        let Some(signer) = self.keeping.signer.clone() else { return Ok(false) };
        let last: i64 =
            self.connection.query_row("SELECT coalesce(max(sequence), 0) FROM checkpoints", [], |row| row.get(0))?;
        if last >= self.head.sequence {
            return Ok(false);
        }
        let key = signer.public();
        if !chain::public_keys(self.connection)?.contains_key(&key.id()) {
            self.enter(Draft {
                time_ms: now_ms,
                kind: "signing_key",
                subject: "server".to_owned(),
                actor: &Actor::system(),
                request_id: "",
                note: "",
                life: None,
                content: Some(serde_json::json!({ "key_id": key.id(), "public_key": key.to_hex() })),
                wire_sha256: String::new(),
            })?;
        }
        let signed = signer.sign(self.head.sequence, &self.head.hash, now_ms);
        let mut insert = self.connection.prepare_cached("INSERT INTO checkpoints VALUES (?1, ?2, ?3, ?4, ?5)")?;
        insert.execute(params![signed.sequence, signed.hash, signed.time_ms, signed.key_id, signed.signature])?;
        Ok(true)
    }

    /// Reminds of alerts on which nobody has acted, and tells the units above; returns of how many.
    ///
    /// # Errors
    /// When the records cannot be written.
    pub fn remind(&mut self, now_ms: i64) -> Result<usize, RecordsError> {
        let Some(duty) = self.keeping.duty else { return Ok(0) };
        let due = alert::to_remind(self.connection, now_ms, REMINDERS_AT_ONCE)?;
        let count = due.len();
        for record in due {
            let escalate = duty.next(&record.life, record.news.facts.grade).is_some_and(|due| due.escalate);
            let above = if escalate { self.unit_above(&record.life) } else { None };
            let step = above.map_or(Step::Remind, |to| Step::Escalate { to });
            // Refused only for an alert that waits for nothing: it is not asked for again.
            match self.step(record, &step, &Actor::system(), now_ms, "", "") {
                Ok(_) | Err(OrderError::Refused(_)) => {}
                Err(OrderError::Records(error)) => return Err(error),
                Err(other) => return Err(RecordsError::Damaged(other.to_string())),
            }
        }
        Ok(count)
    }

    /// The next unit above the one that has the alert, that does not see it yet.
    fn unit_above(&self, life: &Life) -> Option<String> {
        let organisation = &self.keeping.organisation;
        organisation.above(&life.unit).find(|unit| !life.concerns(unit)).map(str::to_owned)
    }

    fn step(
        &mut self,
        record: AlertRecord,
        step: &Step,
        actor: &Actor,
        at_ms: i64,
        note: &str,
        request_id: &str,
    ) -> Result<(Arc<AlertRecord>, Entered), OrderError> {
        let life = record.life.step(step, actor, at_ms)?;
        let entered = self.enter(Draft {
            time_ms: at_ms,
            kind: step.kind().done(),
            subject: format!("{ALERT}{}", record.id()),
            actor,
            request_id,
            note,
            life: Some(&life),
            content: None,
            wire_sha256: String::new(),
        })?;
        if !self.keeping.subscribers.is_empty() {
            let alert = serde_json::from_str(&record.news.content)
                .map_err(|error| RecordsError::Damaged(format!("alert {}: {error}", record.id())))?;
            let happening = Happening { entry: &entered.entry, alert: &alert };
            outbox::queue(self.connection, &self.keeping.subscribers, happening)?;
        }
        let changed_sequence = entered.entry.sequence;
        let changed_kind = step.kind().done().to_owned();
        let record = self.keep(AlertRecord { life, changed_sequence, changed_kind, ..record })?;
        Ok((record, entered))
    }

    fn keep(&mut self, mut record: AlertRecord) -> Result<Arc<AlertRecord>, RecordsError> {
        record.next_reminder_ms = self.keeping.next_reminder_ms(&record.life, record.news.facts.grade);
        alert::save(self.connection, &record)?;
        let record = Arc::new(record);
        self.changed.push(Arc::clone(&record));
        Ok(record)
    }

    /// Notes that a call was answered, with which entry.
    pub(super) fn remember(
        &self,
        actor: &str,
        request_id: &str,
        fingerprint: &str,
        sequence: i64,
        at_ms: i64,
    ) -> Result<(), RecordsError> {
        let mut insert = self.connection.prepare_cached("INSERT INTO requests VALUES (?1, ?2, ?3, ?4, ?5)")?;
        insert.execute(params![actor, request_id, fingerprint, sequence, at_ms])?;
        Ok(())
    }

    /// What a call of that name was, and the entry that it was answered with.
    pub(super) fn request(&self, actor: &str, request_id: &str) -> Result<Option<(String, i64)>, RecordsError> {
        let mut known = self
            .connection
            .prepare_cached("SELECT fingerprint, sequence FROM requests WHERE actor = ?1 AND request_id = ?2")?;
        Ok(known.query_row([actor, request_id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }
}

/// Whether a word of the chain is a reminder: watchers are told of those in their own way.
pub fn is_reminder(kind: &str) -> bool {
    kind == StepKind::Remind.done() || kind == StepKind::Escalate.done()
}

/// Entries about `subject` (empty: about any alert) after the entry `after`, in order, at most `size`.
///
/// # Errors
/// When the records cannot be read.
pub fn entries(connection: &Connection, subject: &str, after: i64, size: usize) -> Result<Vec<Entered>, RecordsError> {
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    let mut found = Vec::new();
    let mut take = |row: &rusqlite::Row<'_>| -> rusqlite::Result<(String, String)> { Ok((row.get(0)?, row.get(1)?)) };
    if subject.is_empty() {
        let mut statement = connection
            .prepare_cached("SELECT entry, hash FROM entries WHERE sequence > ?1 ORDER BY sequence LIMIT ?2")?;
        for row in statement.query_map(params![after, size], &mut take)? {
            found.push(parsed(row?)?);
        }
    } else {
        let mut statement = connection.prepare_cached(
            "SELECT entry, hash FROM entries WHERE subject = ?1 AND sequence > ?2 ORDER BY sequence LIMIT ?3",
        )?;
        for row in statement.query_map(params![subject, after, size], &mut take)? {
            found.push(parsed(row?)?);
        }
    }
    Ok(found)
}

/// One entry.
///
/// # Errors
/// When it is not there, or cannot be read.
pub fn entered(connection: &Connection, sequence: i64) -> Result<Entered, RecordsError> {
    let mut statement = connection.prepare_cached("SELECT entry, hash FROM entries WHERE sequence = ?1")?;
    parsed(statement.query_row([sequence], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

fn parsed((line, hash): (String, String)) -> Result<Entered, RecordsError> {
    let entry = serde_json::from_str(&line).map_err(|error| RecordsError::Damaged(format!("an entry: {error}")))?;
    Ok(Entered { entry, line, hash })
}
