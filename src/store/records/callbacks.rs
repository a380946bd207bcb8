//! What other systems that act here were answered, so that a message that comes again does nothing again.
//!
//! An answer is remembered with the step that it tells of, in one transaction, for longer than a signed message holds; then it
//! is forgotten. What was carried out stays known by its request id for good.

use rusqlite::{OptionalExtension, params};

use super::book::Book;
use super::error::RecordsError;

/// Answers remembered for one endpoint.
pub const ANSWERS_MAX: i64 = 10_000;

/// An answer that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// HTTP status.
    pub status: u16,
    /// The document.
    pub body: String,
    /// SHA-256 of the message that it answers.
    pub fingerprint: String,
}

impl Book<'_> {
    /// What the message of that id was answered, if it came before.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub fn answered(&self, endpoint: &str, message: &str) -> Result<Option<Answered>, RecordsError> {
        let mut known = self
            .connection()
            .prepare_cached("SELECT status, body, fingerprint FROM callbacks WHERE endpoint = ?1 AND message = ?2")?;
        let answered = known.query_row([endpoint, message], |row| {
            Ok(Answered { status: row.get(0)?, body: row.get(1)?, fingerprint: row.get(2)? })
        });
        Ok(answered.optional()?)
    }

    /// Forgets answers given before `before_ms`; then, whether one more can be remembered.
    ///
    /// # Errors
    /// When the records cannot be written.
    pub fn has_room_for_answers(&mut self, endpoint: &str, before_ms: i64) -> Result<bool, RecordsError> {
        let connection = self.connection();
        let mut old = connection.prepare_cached("DELETE FROM callbacks WHERE endpoint = ?1 AND time_ms < ?2")?;
        old.execute(params![endpoint, before_ms])?;
        let mut count = connection.prepare_cached("SELECT count(*) FROM callbacks WHERE endpoint = ?1")?;
        Ok(count.query_row([endpoint], |row| row.get::<_, i64>(0))? < ANSWERS_MAX)
    }

    /// Remembers an answer.
    ///
    /// # Errors
    /// When the records cannot be written.
    pub fn remember_answer(
        &mut self,
        endpoint: &str,
        message: &str,
        answered: &Answered,
        now_ms: i64,
    ) -> Result<(), RecordsError> {
        let mut row = self
            .connection()
            .prepare_cached("INSERT INTO callbacks (endpoint, message, time_ms, status, body, fingerprint) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        row.execute(params![endpoint, message, now_ms, answered.status, answered.body, answered.fingerprint])?;
        Ok(())
    }
}
