//! The system of record: alerts with what officers did with them, zones, register and endpoints, in one SQLite file.
//!
//! Everything that happens is an entry of one chain (`entries`), added in the same transaction as what follows from it: how an alert
//! stands (`alerts`), what waits to be sent (`outbox`). One thread writes, many orders in one transaction; an answer is given
//! only after the commit has reached the disk (WAL, synchronous=FULL). A commit that fails ends the server: the operating system
//! may have dropped what it could not write, so trying again would promise what is not there.

pub mod alert;
pub mod backup;
pub mod board;
pub mod book;
pub mod callbacks;
pub mod chain;
pub mod checkpoint;
pub mod entry;
pub mod error;
pub mod outbox;
pub mod register;
pub mod schema;
pub mod track;
mod writer;
pub mod zones;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags};
use tokio::sync::{mpsc, oneshot, watch};

pub use book::{Book, Order, OrderError, Watchkeeping};
pub use error::RecordsError;

use board::{AlertWindow, Board};

use crate::serve::limits::{ALERTS_KEPT, RECORDS_QUEUE, RECORDS_READERS};
use writer::{Done, Job, Writer};

/// Name of the file in the folder of data.
pub const FILE: &str = "records.sqlite";

/// Where records are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In memory: gone when the server ends. For a look, for tests, for the demo.
    Memory,
    /// In this folder.
    Folder(PathBuf),
}

/// The records; clones are the same ones.
#[derive(Clone, Debug)]
pub struct Records {
    jobs: mpsc::Sender<Job>,
    readers: Readers,
    window: AlertWindow,
    name: Arc<str>,
    failure: watch::Receiver<Option<RecordsError>>,
}

#[derive(Clone, Debug)]
enum Readers {
    /// Connections that only read. None is idle: one more is opened, and closed afterwards.
    File(Arc<FileReaders>),
    /// What is in memory is read by the writer.
    Writer,
}

#[derive(Debug)]
struct FileReaders {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Records {
    /// Opens the records, makes them where there are none, and starts the thread that writes.
    ///
    /// # Errors
    /// When they are in use, of a newer program, damaged, or cannot be opened.
    pub fn open(place: &Place, keeping: Watchkeeping, now_ms: i64) -> Result<Self, RecordsError> {
        let (connection, readers, lock) = match place {
            Place::Memory => (Connection::open_in_memory()?, Readers::Writer, None),
            Place::Folder(folder) => {
                let lock = lock(folder)?;
                let path = folder.join(FILE);
                let connection = Connection::open(&path)?;
                let files = FileReaders { path, idle: Mutex::new(Vec::new()) };
                (connection, Readers::File(Arc::new(files)), Some(lock))
            }
        };
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000;",
        )?;
        schema::migrate(&connection, now_ms)?;
        let name = name_of(&connection, now_ms)?;
        let hub = Board::default();
        let mut latest = alert::latest(&connection, ALERTS_KEPT)?;
        latest.reverse();
        hub.fill(latest.into_iter().map(Arc::new).collect());
        let window = hub.window();
        let (jobs, queue) = mpsc::channel(RECORDS_QUEUE);
        let (failed, failure) = watch::channel(None);
        let writer = Writer::new(connection, keeping, hub, failed, lock)?;
        std::thread::Builder::new()
            .name("records".to_owned())
            .spawn(move || writer.run(queue))
            .map_err(|error| RecordsError::Sqlite(format!("no thread: {error}")))?;
        Ok(Self { jobs, readers, window, name: name.into(), failure })
    }

    /// A name of these very records, for tokens: those of other records are told apart.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether they are on a disk, and there again when the server is started the next time.
    pub fn outlive_the_server(&self) -> bool {
        matches!(self.readers, Readers::File(_))
    }

    /// A window on the board of alerts: what is committed, as soon as it is.
    pub fn window(&self) -> AlertWindow {
        self.window.clone()
    }

    /// Writes: what `job` has written is on disk when this returns, or nothing of it is.
    ///
    /// # Errors
    /// Those of the job, [`RecordsError::Closed`] when the server shuts down, and what the disk says.
    pub async fn write<T, E>(&self, job: impl FnOnce(&mut Book<'_>) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<RecordsError> + Send + 'static,
    {
        let (tell, told) = oneshot::channel();
        self.jobs.send(answered(job, tell)).await.map_err(|_| RecordsError::Closed)?;
        told.await.map_err(|_| RecordsError::Closed)?
    }

    /// Likewise, from a thread outside the runtime, without waiting for the disk. What cannot be written ends the server.
    ///
    /// # Errors
    /// When the records are closed.
    pub fn write_soon(
        &self,
        job: impl FnOnce(&mut Book<'_>) -> Result<(), RecordsError> + Send + 'static,
    ) -> Result<(), RecordsError> {
        let run = Box::new(move |book: &mut Book<'_>| {
            let failed = job(book).err();
            Done { keep: failed.is_none(), failed, tell: Box::new(|_| {}) }
        });
        self.jobs.blocking_send(run).map_err(|_| RecordsError::Closed)
    }

    /// From a thread outside the runtime: waits until everything ordered before is on disk, and says which entry is the last, and
    /// its hash.
    ///
    /// # Errors
    /// When the records are closed, or what the disk says.
    pub fn settle(&self) -> Result<(i64, String), RecordsError> {
        self.write_and_wait(|book| Ok(book.last_entry()))
    }

    /// From a thread outside the runtime: whether the entry at a place of the chain is there and has this hash. Place 0, before
    /// the first, always is.
    ///
    /// # Errors
    /// When the records are closed, or what the disk says.
    pub fn has_entry(&self, sequence: i64, hash: &str) -> Result<bool, RecordsError> {
        let hash = hash.to_owned();
        self.write_and_wait(move |book| {
            let same = "SELECT count(*) FROM entries WHERE sequence = ?1 AND hash = ?2";
            let found: i64 = book.connection().query_row(same, (sequence, hash), |row| row.get(0))?;
            Ok(sequence == 0 || found > 0)
        })
    }

    /// The register as it stood after the entry `sequence`. From a thread outside the runtime.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub fn register_at(&self, sequence: i64) -> Result<crate::register::Register, RecordsError> {
        self.write_and_wait(move |book| register::load_at(book.connection(), sequence))
    }

    fn write_and_wait<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Book<'_>) -> Result<T, RecordsError> + Send + 'static,
    ) -> Result<T, RecordsError> {
        let (tell, told) = oneshot::channel();
        self.jobs.blocking_send(answered(job, tell)).map_err(|_| RecordsError::Closed)?;
        told.blocking_recv().map_err(|_| RecordsError::Closed)?
    }

    /// Reads. Not on the threads that move bytes.
    ///
    /// # Errors
    /// Those of `read`, and [`RecordsError::Closed`].
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, RecordsError> + Send + 'static,
    ) -> Result<T, RecordsError> {
        match &self.readers {
            Readers::Writer => self.write(move |book: &mut Book<'_>| read(book.connection())).await,
            Readers::File(files) => {
                let files = Arc::clone(files);
                let task = tokio::task::spawn_blocking(move || files.read(read));
                task.await.map_err(|error| RecordsError::Sqlite(error.to_string()))?
            }
        }
    }

    /// Waits until everything ordered before is on disk.
    pub async fn flush(&self) {
        let _ = self.write(|_| Ok::<(), RecordsError>(())).await;
    }

    /// Lets go of the records and waits until the last other handle is gone too: then the folder is free.
    pub async fn close(self) {
        let Self { jobs, mut failure, .. } = self;
        drop(jobs);
        while failure.changed().await.is_ok() {}
    }

    /// Comes when the records can no longer be written: the server must end.
    pub async fn failed(&self) -> RecordsError {
        let mut failure = self.failure.clone();
        match failure.wait_for(Option::is_some).await {
            Ok(error) => error.clone().unwrap_or(RecordsError::Closed),
            // The thread is gone without a word, though there are handles: it panicked.
            Err(_) => RecordsError::Closed,
        }
    }
}

/// A job whose result goes to `tell` after the commit.
fn answered<T, E>(
    job: impl FnOnce(&mut Book<'_>) -> Result<T, E> + Send + 'static,
    tell: oneshot::Sender<Result<T, E>>,
) -> Job
where
    T: Send + 'static,
    E: From<RecordsError> + Send + 'static,
{
    Box::new(move |book| {
        let result = job(book);
        Done {
            keep: result.is_ok(),
            failed: None,
            tell: Box::new(move |failure| {
                let _ = tell.send(match failure {
                    Some(error) => Err(error.clone().into()),
                    None => result,
                });
            }),
        }
    })
}

impl FileReaders {
    fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T, RecordsError>) -> Result<T, RecordsError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open_to_read(&self.path)?,
        };
        let result = read(&connection);
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < RECORDS_READERS {
            idle.push(connection);
        }
        result
    }
}

/// Opens the file of records to read, beside a server that may be writing.
///
/// # Errors
/// When it cannot be opened.
pub fn open_to_read(path: &Path) -> Result<Connection, RecordsError> {
    let problem = |error: rusqlite::Error| RecordsError::File { path: path.to_owned(), problem: error.to_string() };
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(problem)?;
    connection.execute_batch("PRAGMA busy_timeout = 5000;").map_err(problem)?;
    let found = schema::version(&connection)?;
    if found > schema::VERSION {
        return Err(RecordsError::Newer { found, known: schema::VERSION });
    }
    Ok(connection)
}

/// Takes the folder for this process.
fn lock(folder: &Path) -> Result<File, RecordsError> {
    let problem = |error: std::io::Error| RecordsError::File { path: folder.to_owned(), problem: error.to_string() };
    std::fs::create_dir_all(folder).map_err(problem)?;
    let file = File::create(folder.join("records.lock")).map_err(problem)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(RecordsError::InUse(folder.to_owned())),
        Err(TryLockError::Error(error)) => Err(problem(error)),
    }
}

/// The name that the records were given when they were made; made from their first table's time and place in memory.
fn name_of(connection: &Connection, now_ms: i64) -> Result<String, RecordsError> {
    connection.execute_batch("CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;")?;
    let random: String = connection.query_row("SELECT lower(hex(randomblob(8)))", [], |row| row.get(0))?;
    connection.execute("INSERT OR IGNORE INTO about VALUES ('name', ?1)", [random])?;
    connection.execute("INSERT OR IGNORE INTO about VALUES ('made_ms', ?1)", [now_ms.to_string()])?;
    Ok(connection.query_row("SELECT value FROM about WHERE key = 'name'", [], |row| row.get(0))?)
}
