//! The thread that writes: takes orders from one queue, many into one transaction, and answers after the commit.

use std::fs::File;

use rusqlite::Connection;
use tokio::sync::{mpsc, watch};

use super::board::Board;
use super::book::{Book, Head, Watchkeeping};
use super::error::RecordsError;
use crate::serve::limits::RECORDS_GROUP;

/// Tells whoever waits: `None` after the commit, else what stood against it.
pub(super) type Tell = Box<dyn FnOnce(Option<&RecordsError>) + Send>;

/// What became of a job, and who wants to know. `tell` is called once the transaction has been committed, or with what stood
/// against it.
pub(super) struct Done {
    pub(super) keep: bool,
    /// Set when the server must not go on without what could not be written.
    pub(super) failed: Option<RecordsError>,
    pub(super) tell: Tell,
}

/// Something to write.
pub(super) type Job = Box<dyn FnOnce(&mut Book<'_>) -> Done + Send>;

pub(super) struct Writer {
    connection: Connection,
    keeping: Watchkeeping,
    hub: Board,
    head: Head,
    /// Held as long as the records are open.
    _lock: Option<File>,
    /// Last, for it goes last: whoever waits for its end finds the folder free.
    failed: watch::Sender<Option<RecordsError>>,
}

impl Writer {
    pub(super) fn new(
        connection: Connection,
        keeping: Watchkeeping,
        hub: Board,
        failed: watch::Sender<Option<RecordsError>>,
        lock: Option<File>,
    ) -> Result<Self, RecordsError> {
        let head = Head::read(&connection)?;
        Ok(Self { connection, keeping, hub, head, _lock: lock, failed })
    }

    /// Works until the last handle is gone, or the disk fails.
    pub(super) fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        while let Some(first) = queue.blocking_recv() {
            let mut jobs = vec![first];
            while jobs.len() < RECORDS_GROUP {
                match queue.try_recv() {
                    Ok(job) => jobs.push(job),
                    Err(_) => break,
                }
            }
            if let Err(error) = self.group(jobs) {
                tracing::error!(%error, "the records cannot be written: the server ends rather than promise what is not on disk");
                self.failed.send_replace(Some(error));
                return;
            }
        }
    }

    /// One transaction.
    fn group(&mut self, jobs: Vec<Job>) -> Result<(), RecordsError> {
        let mut waiting = Vec::with_capacity(jobs.len());
        let result = Self::write(&self.connection, &self.keeping, &self.head, jobs, &mut waiting);
        match result {
            Ok((head, changed)) => {
                self.head = head;
                for record in changed {
                    self.hub.post(record);
                }
                for tell in waiting {
                    tell(None);
                }
                Ok(())
            }
            Err(error) => {
                // What was told before the fault was not committed either.
                let _ = self.connection.execute_batch("ROLLBACK");
                for tell in waiting {
                    tell(Some(&error));
                }
                Err(error)
            }
        }
    }

    fn write(
        connection: &Connection,
        keeping: &Watchkeeping,
        head: &Head,
        jobs: Vec<Job>,
        waiting: &mut Vec<Tell>,
    ) -> Result<(Head, Vec<std::sync::Arc<super::alert::AlertRecord>>), RecordsError> {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let mut book = Book::new(connection, keeping, head.clone());
        for job in jobs {
            let (head, changed) = (book.head.clone(), book.changed.len());
            connection.execute_batch("SAVEPOINT job")?;
            let done = job(&mut book);
            waiting.push(done.tell);
            if let Some(error) = done.failed {
                return Err(error);
            }
            if done.keep {
                connection.execute_batch("RELEASE job")?;
            } else {
                connection.execute_batch("ROLLBACK TO job; RELEASE job")?;
                book.head = head;
                book.changed.truncate(changed);
            }
        }
        connection.execute_batch("COMMIT")?;
        Ok((book.head, book.changed))
    }
}
