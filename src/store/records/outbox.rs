//! What waits to be sent to other systems.
//!
//! The outbox holds no events, only places in the chain: an event is made from its entry when it is sent, so it is the same at each
//! attempt, and what is not in the outbox can be put there again. A row is written in the transaction of its entry and goes when
//! the endpoint has taken the event. It is bounded ([`OUTBOX_WAITING_MAX`]); what does not fit stays in the chain, and the endpoint is
//! *behind* from there on until there is room ([`Book::catch_up`]).
//!
//! An endpoint that was told of an alert is told of everything that happens to it, whether or not it would be told of it now: else
//! it would never hear of the end of an alert whose grade fell.

use std::fmt;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;

use super::book::{self, Book};
use super::entry::{ALERT, Draft, Entered, Entry};
use super::error::RecordsError;
use crate::life::Actor;
use crate::serve::limits::{DEAD_LETTERS_MAX, OUTBOX_CATCH_UP, OUTBOX_WAITING_MAX};

/// Something that has happened to an alert.
#[derive(Clone, Copy, Debug)]
pub struct Happening<'a> {
    /// The entry that says so.
    pub entry: &'a Entry,
    /// The alert as it stood then, as a line of `alerts.jsonl`.
    pub alert: &'a Value,
}

/// Which events somebody is told of.
pub trait Interest: fmt::Debug + Send + Sync {
    /// Whether he is told of this one.
    fn wants(&self, happening: Happening<'_>) -> bool;
}

/// Somebody elsewhere who is told of alerts.
#[derive(Clone, Debug)]
pub struct Subscriber {
    /// The name of the endpoint.
    pub name: String,
    /// What it is told.
    pub interest: Arc<dyn Interest>,
}

/// How the outbox of an endpoint stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The endpoint.
    pub name: String,
    /// Whether it stands in the configuration.
    pub is_configured: bool,
    /// Why nothing is sent to it; empty: it is.
    pub disabled: String,
    /// The first entry that is not in its outbox yet; `None`: all are.
    pub behind_from: Option<i64>,
    /// How often it fell behind.
    pub behind_times: i64,
    /// Events that wait.
    pub waiting: i64,
    /// Dead letters.
    pub dead: i64,
    /// Events that it has taken.
    pub sent: i64,
    /// When the oldest event that waits was entered, milliseconds since 1970; `None`: none waits.
    pub oldest_ms: Option<i64>,
}

/// An event that waits, or a dead letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The endpoint.
    pub endpoint: String,
    /// Its place in the chain.
    pub sequence: i64,
    /// What it is about: `alert/ID`.
    pub subject: String,
    /// Whether it was refused for good.
    pub is_dead: bool,
    /// Attempts so far.
    pub attempts: i64,
    /// Answers that were about this event and not about the endpoint.
    pub refusals: i64,
    /// Not before then, milliseconds since 1970.
    pub next_attempt_ms: i64,
    /// What came of the last attempt.
    pub last_answer: String,
}

const LETTER: &str = "endpoint, sequence, subject, is_dead, attempts, refusals, next_attempt_ms, last_answer";

fn letter(row: &Row<'_>) -> rusqlite::Result<Letter> {
    Ok(Letter {
        endpoint: row.get(0)?,
        sequence: row.get(1)?,
        subject: row.get(2)?,
        is_dead: row.get(3)?,
        attempts: row.get(4)?,
        refusals: row.get(5)?,
        next_attempt_ms: row.get(6)?,
        last_answer: row.get(7)?,
    })
}

/// Puts what has happened into the outboxes of those who are told.
pub(super) fn queue(
    connection: &Connection,
    subscribers: &[Subscriber],
    happening: Happening<'_>,
) -> Result<(), RecordsError> {
    for subscriber in subscribers {
        let mut known =
            connection.prepare_cached("SELECT waiting, disabled, behind_from FROM endpoints WHERE name = ?1")?;
        let known = known
            .query_row([&subscriber.name], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, Option<i64>>(2)?))
            })
            .optional()?;
        let Some((waiting, disabled, None)) = known else { continue };
        if !is_told(connection, subscriber, happening)? {
            continue;
        }
        if disabled.is_empty() && waiting < OUTBOX_WAITING_MAX {
            put(connection, &subscriber.name, happening.entry)?;
        } else {
            fall_behind(connection, &subscriber.name, happening.entry.sequence)?;
            if disabled.is_empty() {
                let endpoint = &subscriber.name;
                tracing::warn!(
                    endpoint,
                    waiting,
                    "the outbox is full: later events stay in the record until there is room"
                );
            }
        }
    }
    Ok(())
}

fn is_told(connection: &Connection, to: &Subscriber, happening: Happening<'_>) -> Result<bool, RecordsError> {
    Ok(to.interest.wants(happening) || knows(connection, &to.name, &happening.entry.subject)?)
}

/// Whether an endpoint was told of an alert (`alert/ID`).
///
/// # Errors
/// When the records cannot be read.
pub fn knows(connection: &Connection, endpoint: &str, subject: &str) -> Result<bool, RecordsError> {
    let mut shared = connection.prepare_cached("SELECT 1 FROM shared WHERE endpoint = ?1 AND subject = ?2")?;
    Ok(shared.exists([endpoint, subject])?)
}

fn put(connection: &Connection, endpoint: &str, entry: &Entry) -> Result<(), RecordsError> {
    let mut row =
        connection.prepare_cached("INSERT OR IGNORE INTO outbox (endpoint, sequence, subject) VALUES (?1, ?2, ?3)")?;
    row.execute(params![endpoint, entry.sequence, entry.subject])?;
    let mut shared = connection
        .prepare_cached("INSERT OR IGNORE INTO shared (endpoint, subject, first_sequence) VALUES (?1, ?2, ?3)")?;
    shared.execute(params![endpoint, entry.subject, entry.sequence])?;
    Ok(())
}

fn fall_behind(connection: &Connection, endpoint: &str, from: i64) -> Result<(), RecordsError> {
    let mut behind = connection
        .prepare_cached("UPDATE endpoints SET behind_from = ?2, behind_times = behind_times + 1 WHERE name = ?1")?;
    behind.execute(params![endpoint, from])?;
    Ok(())
}

/// An entry with the alert as it stood then.
#[derive(Clone, Debug)]
pub struct Happened {
    /// The entry.
    pub entered: Entered,
    /// The alert.
    pub alert: Value,
}

impl Happened {
    /// Reads it.
    ///
    /// # Errors
    /// When there is no such entry of an alert, or it cannot be read.
    pub fn load(connection: &Connection, sequence: i64) -> Result<Self, RecordsError> {
        let entered = book::entered(connection, sequence)?;
        if let Some(alert) = &entered.entry.content {
            let alert = alert.clone();
            return Ok(Self { entered, alert });
        }
        let mut latest = connection.prepare_cached(
            "SELECT json_extract(entry, '$.content') FROM entries WHERE subject = ?1 AND sequence < ?2
             AND json_type(entry, '$.content') = 'object' ORDER BY sequence DESC LIMIT 1",
        )?;
        let text: String = latest.query_row(params![entered.entry.subject, sequence], |row| row.get(0))?;
        let alert = serde_json::from_str(&text)
            .map_err(|error| RecordsError::Damaged(format!("the alert of entry {sequence}: {error}")))?;
        Ok(Self { entered, alert })
    }

    /// What has happened.
    pub fn happening(&self) -> Happening<'_> {
        Happening { entry: &self.entered.entry, alert: &self.alert }
    }
}

/// How the outboxes stand, by name.
///
/// # Errors
/// When the records cannot be read.
pub fn standings(connection: &Connection) -> Result<Vec<Standing>, RecordsError> {
    let mut all = connection.prepare_cached(
        "SELECT name, is_configured, disabled, behind_from, behind_times, waiting, dead, sent,
         (SELECT time_ms FROM entries WHERE sequence =
            (SELECT min(sequence) FROM outbox WHERE endpoint = name AND NOT is_dead)) FROM endpoints ORDER BY name",
    )?;
    let rows = all.query_map([], |row| {
        Ok(Standing {
            name: row.get(0)?,
            is_configured: row.get(1)?,
            disabled: row.get(2)?,
            behind_from: row.get(3)?,
            behind_times: row.get(4)?,
            waiting: row.get(5)?,
            dead: row.get(6)?,
            sent: row.get(7)?,
            oldest_ms: row.get(8)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What can be sent to an endpoint now: the first event that waits of each alert, if its time has come; at most `size`.
///
/// # Errors
/// When the records cannot be read.
pub fn due(connection: &Connection, endpoint: &str, now_ms: i64, size: usize) -> Result<Vec<Letter>, RecordsError> {
    let mut first = connection.prepare_cached(&format!(
        "SELECT {LETTER} FROM outbox AS it WHERE endpoint = ?1 AND NOT is_dead AND next_attempt_ms <= ?2 AND NOT EXISTS
         (SELECT 1 FROM outbox AS older WHERE older.endpoint = it.endpoint AND older.subject = it.subject
            AND NOT older.is_dead AND older.sequence < it.sequence) ORDER BY sequence LIMIT ?3"
    ))?;
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    let rows = first.query_map(params![endpoint, now_ms, size], letter)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// When the next event is due that is not due now, milliseconds since 1970.
///
/// # Errors
/// When the records cannot be read.
pub fn next_due_ms(connection: &Connection, endpoint: &str, now_ms: i64) -> Result<Option<i64>, RecordsError> {
    let mut next = connection.prepare_cached(
        "SELECT min(next_attempt_ms) FROM outbox WHERE endpoint = ?1 AND NOT is_dead AND next_attempt_ms > ?2",
    )?;
    Ok(next.query_row(params![endpoint, now_ms], |row| row.get(0))?)
}

/// Events that wait or, with `dead`, dead letters of an endpoint (empty: of all) after the place `after`, in order; at most `size`.
///
/// # Errors
/// When the records cannot be read.
pub fn letters(
    connection: &Connection,
    endpoint: &str,
    dead: bool,
    after: i64,
    size: usize,
) -> Result<Vec<Letter>, RecordsError> {
    let mut all = connection.prepare_cached(&format!(
        "SELECT {LETTER} FROM outbox WHERE ?1 IN ('', endpoint) AND is_dead = ?2 AND sequence > ?3
         ORDER BY sequence, endpoint LIMIT ?4"
    ))?;
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    let rows = all.query_map(params![endpoint, dead, after, size], letter)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

impl Book<'_> {
    /// Takes down which endpoints there are. A new one is told of what happens from now on; what waits for one that is not
    /// configured any more goes on waiting, and it is told of the rest when it is configured again.
    ///
    /// # Errors
    /// When the records cannot be written.
    pub fn configure_endpoints(&mut self) -> Result<(), RecordsError> {
        let connection = self.connection();
        for standing in standings(connection)?.iter().filter(|standing| standing.is_configured) {
            if !self.subscribers().iter().any(|subscriber| subscriber.name == standing.name) {
                // What happens until it is configured again is taken from the chain then.
                connection.execute(
                    "UPDATE endpoints SET is_configured = 0, behind_from = coalesce(behind_from, ?2) WHERE name = ?1",
                    params![standing.name, self.head.sequence + 1],
                )?;
            }
        }
        for subscriber in self.subscribers() {
            connection.execute(
                "INSERT INTO endpoints (name, since_sequence) VALUES (?1, ?2)
                 ON CONFLICT (name) DO UPDATE SET is_configured = 1",
                params![subscriber.name, self.head.sequence],
            )?;
        }
        Ok(())
    }

    /// The endpoint has taken an event.
    ///
    /// # Errors
    /// When the records cannot be written.
    pub fn event_taken(&mut self, letter: &Letter, now_ms: i64) -> Result<(), RecordsError> {
        let connection = self.connection();
        let key = params![letter.endpoint, letter.sequence];
        connection.prepare_cached("DELETE FROM outbox WHERE endpoint = ?1 AND sequence = ?2")?.execute(key)?;
        connection
            .prepare_cached("UPDATE endpoints SET sent = sent + 1 WHERE name = ?1")?
            .execute([&letter.endpoint])?;
        let mut shared = connection.prepare_cached(
            "UPDATE shared SET taken_sequence = max(coalesce(taken_sequence, 0), ?3), taken_ms = ?4
             WHERE endpoint = ?1 AND subject = ?2",
        )?;
        shared.execute(params![letter.endpoint, letter.subject, letter.sequence, now_ms])?;
        Ok(())
    }

    /// An attempt was in vain: how often by now, and when the next one is.
    ///
    /// # Errors
    /// When the records cannot be written.
    pub fn event_postponed(&mut self, letter: &Letter, now_ms: i64) -> Result<(), RecordsError> {
        let mut row = self.connection().prepare_cached(
            "UPDATE outbox SET is_dead = ?3, attempts = ?4, refusals = ?5, next_attempt_ms = ?6, last_answer = ?7
             WHERE endpoint = ?1 AND sequence = ?2",
        )?;
        row.execute(params![
            letter.endpoint,
            letter.sequence,
            letter.is_dead,
            letter.attempts,
            letter.refusals,
            letter.next_attempt_ms,
            letter.last_answer
        ])?;
        if letter.is_dead {
            let mut dead = self.connection().prepare_cached("SELECT dead FROM endpoints WHERE name = ?1")?;
            let dead: i64 = dead.query_row([&letter.endpoint], |row| row.get(0))?;
            if dead >= DEAD_LETTERS_MAX {
                let why = format!("{dead} dead letters: look why it refuses, replay them, then enable it");
                self.disable_endpoint(&letter.endpoint, &why, &Actor::system(), now_ms)?;
            }
        }
        Ok(())
    }

    /// Sends nothing more to an endpoint; false when nothing was sent before.
    ///
    /// # Errors
    /// When the records cannot be written.
    pub fn disable_endpoint(
        &mut self,
        name: &str,
        why: &str,
        actor: &Actor,
        now_ms: i64,
    ) -> Result<bool, RecordsError> {
        let changed = self.connection().execute(
            "UPDATE endpoints SET disabled = ?2, disabled_ms = ?3 WHERE name = ?1 AND disabled = ''",
            params![name, why, now_ms],
        )?;
        if changed > 0 {
            self.note_endpoint(name, "endpoint_disabled", why, actor, now_ms)?;
        }
        Ok(changed > 0)
    }

    /// Sends to an endpoint again, what it has missed first; false when it was not disabled, or is none.
    ///
    /// # Errors
    /// When the records cannot be written.
    pub fn enable_endpoint(&mut self, name: &str, actor: &Actor, now_ms: i64) -> Result<bool, RecordsError> {
        let changed = self.connection().execute(
            "UPDATE endpoints SET disabled = '', disabled_ms = NULL WHERE name = ?1 AND disabled <> ''",
            [name],
        )?;
        if changed > 0 {
            self.note_endpoint(name, "endpoint_enabled", "", actor, now_ms)?;
        }
        Ok(changed > 0)
    }

    /// Lets dead letters of an endpoint wait again: that of the entry `sequence`, or all; returns how many.
    ///
    /// # Errors
    /// When the records cannot be written.
    pub fn replay_dead(
        &mut self,
        name: &str,
        sequence: Option<i64>,
        actor: &Actor,
        now_ms: i64,
    ) -> Result<usize, RecordsError> {
        let count = self.connection().execute(
            "UPDATE outbox SET is_dead = 0, refusals = 0, next_attempt_ms = 0
             WHERE endpoint = ?1 AND is_dead AND (?2 IS NULL OR sequence = ?2)",
            params![name, sequence],
        )?;
        if count > 0 {
            let note = sequence.map_or_else(|| format!("{count} events"), |sequence| format!("entry {sequence}"));
            self.note_endpoint(name, "dead_letters_replayed", &note, actor, now_ms)?;
        }
        Ok(count)
    }

    fn note_endpoint(
        &mut self,
        name: &str,
        kind: &str,
        note: &str,
        actor: &Actor,
        now_ms: i64,
    ) -> Result<(), RecordsError> {
        self.enter(Draft {
            time_ms: now_ms,
            kind,
            subject: format!("endpoint/{name}"),
            actor,
            request_id: "",
            note,
            life: None,
            content: None,
            wire_sha256: String::new(),
        })?;
        Ok(())
    }

    /// Takes into the outbox of an endpoint that is behind what the chain has for it, as far as there is room; true when there
    /// is more.
    ///
    /// # Errors
    /// When the records cannot be read or written.
    pub fn catch_up(&mut self, name: &str) -> Result<bool, RecordsError> {
        let connection = self.connection();
        let Some(subscriber) = self.subscribers().iter().find(|subscriber| subscriber.name == name) else {
            return Ok(false);
        };
        let (mut waiting, from): (i64, Option<i64>) =
            connection.query_row("SELECT waiting, behind_from FROM endpoints WHERE name = ?1", [name], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        let Some(from) = from else { return Ok(false) };
        let missed = book::entries(connection, "", from - 1, OUTBOX_CATCH_UP)?;
        let mut behind_from = (missed.len() == OUTBOX_CATCH_UP).then(|| from + OUTBOX_CATCH_UP as i64);
        for entered in missed.iter().filter(|entered| entered.entry.subject.starts_with(ALERT)) {
            let happened = Happened::load(connection, entered.entry.sequence)?;
            if !is_told(connection, subscriber, happened.happening())? {
                continue;
            }
            if waiting >= OUTBOX_WAITING_MAX {
                behind_from = Some(entered.entry.sequence);
                break;
            }
            put(connection, name, &entered.entry)?;
            waiting += 1;
        }
        connection.execute("UPDATE endpoints SET behind_from = ?2 WHERE name = ?1", params![name, behind_from])?;
        Ok(behind_from.is_some() && waiting < OUTBOX_WAITING_MAX)
    }
}
