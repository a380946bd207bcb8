//! The way to the engine task: what may be asked of it, from any thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{mpsc, oneshot};

use super::clock;
use super::officer::OfficerWord;
use super::sensor_board::{Explained, SensorBoard};
use super::work::{AnswerPlace, Hello, Record};
use crate::chart::ChartError;
use crate::coverage::Coverage;
use crate::engine::StatementError;
use crate::fusion::Stated;
use crate::register::Register;
use crate::units::{EventTime, TrackId};

/// One thing to do.
pub(super) enum Work {
    Hello(Hello, AnswerPlace),
    Batch { number: u64, records: Vec<Record>, stamp: EventTime, place: AnswerPlace },
    Advance { number: u64, received_until: EventTime, place: AnswerPlace },
    Zones { change: String, answer: oneshot::Sender<Result<(), ChartError>> },
    Tick(EventTime),
    Officer(OfficerWord),
    Restore(Vec<OfficerWord>),
    Sensors(oneshot::Sender<SensorBoard>),
    Coverage(oneshot::Sender<Coverage>),
    Explain(TrackId, oneshot::Sender<Option<Vec<Explained>>>),
    Register(Arc<Register>, i64),
    State { track: TrackId, stated: Option<Stated>, answer: oneshot::Sender<Result<(), StatementError>> },
    Finish,
}

/// The engine task has ended; the server is shutting down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the engine has stopped")]
pub struct Stopped;

/// The way to the engine task; clones lead to the same one.
#[derive(Clone, Debug)]
pub struct EngineHandle {
    pub(super) work: mpsc::Sender<Work>,
    /// Ends the reading of the log, which looks at no work.
    pub(super) stopping: Arc<AtomicBool>,
}

impl EngineHandle {
    /// Introduces a feed. The answer goes to `place`.
    ///
    /// # Errors
    /// [`Stopped`] when the server shuts down.
    pub async fn hello(&self, hello: Hello, place: AnswerPlace) -> Result<(), Stopped> {
        self.send(Work::Hello(hello, place)).await
    }

    /// Hands over records in order of receipt, and stamps them in case they are live. The answer goes to `place`.
    ///
    /// # Errors
    /// [`Stopped`] when the server shuts down.
    pub async fn batch(&self, number: u64, records: Vec<Record>, place: AnswerPlace) -> Result<(), Stopped> {
        self.send(Work::Batch { number, records, stamp: clock::now(), place }).await
    }

    /// Says that a recording has nothing more up to an instant. The answer goes to `place`.
    ///
    /// # Errors
    /// [`Stopped`] when the server shuts down.
    pub async fn advance(&self, number: u64, received_until: EventTime, place: AnswerPlace) -> Result<(), Stopped> {
        self.send(Work::Advance { number, received_until, place }).await
    }

    /// Gives the rules another register, which stands on record since the entry `sequence`. It holds from the next picture on; nobody
    /// waits for an answer.
    ///
    /// # Errors
    /// [`Stopped`] when the server shuts down.
    pub async fn set_register(&self, register: Arc<Register>, sequence: i64) -> Result<(), Stopped> {
        self.send(Work::Register(register, sequence)).await
    }

    /// Says something of a craft, or takes back what was said. When this returns it is in the picture.
    ///
    /// # Errors
    /// [`Stopped`] when the server shuts down. The inner error: the statement is refused.
    pub async fn state(&self, track: TrackId, stated: Option<Stated>) -> Result<Result<(), StatementError>, Stopped> {
        let (answer, answered) = oneshot::channel();
        self.send(Work::State { track, stated, answer }).await?;
        answered.await.map_err(|_| Stopped)
    }

    /// Changes the zones ([`Core::change_zones`](super::core::Core::change_zones)). What was handed over before is judged by
    /// the zones of before; when this returns, the new ones are shown. The same change once more changes nothing.
    ///
    /// # Errors
    /// [`Stopped`] when the server shuts down. The inner error: the change is refused.
    pub async fn change_zones(&self, change: String) -> Result<Result<(), ChartError>, Stopped> {
        let (answer, answered) = oneshot::channel();
        self.send(Work::Zones { change, answer }).await?;
        answered.await.map_err(|_| Stopped)
    }

    /// Tells what an officer knows.
    ///
    /// # Errors
    /// [`Stopped`] when the server shuts down; then the next start tells it from the records.
    pub async fn officer(&self, word: OfficerWord) -> Result<(), Stopped> {
        self.send(Work::Officer(word)).await
    }

    /// Tells what officers knew before the server started.
    ///
    /// # Errors
    /// [`Stopped`] when the server shuts down.
    pub async fn restore(&self, words: Vec<OfficerWord>) -> Result<(), Stopped> {
        self.send(Work::Restore(words)).await
    }

    /// Lets time go on where records are live, and the picture be shown. Passed over when the task is busy: then it does so
    /// by itself.
    pub fn tick(&self) {
        let _ = self.work.try_send(Work::Tick(clock::now()));
    }

    /// How the sensors are doing, after all work handed over before.
    ///
    /// # Errors
    /// [`Stopped`] when the server shuts down.
    pub async fn sensors(&self) -> Result<SensorBoard, Stopped> {
        let (answer, answered) = oneshot::channel();
        self.send(Work::Sensors(answer)).await?;
        answered.await.map_err(|_| Stopped)
    }

    /// What the sensors cover, after all work handed over before.
    ///
    /// # Errors
    /// [`Stopped`] when the server shuts down.
    pub async fn coverage(&self) -> Result<Coverage, Stopped> {
        let (answer, answered) = oneshot::channel();
        self.send(Work::Coverage(answer)).await?;
        answered.await.map_err(|_| Stopped)
    }

    /// The latest observations that made a track; `None` when there is no such track.
    ///
    /// # Errors
    /// [`Stopped`] when the server shuts down.
    pub async fn explain(&self, track: TrackId) -> Result<Option<Vec<Explained>>, Stopped> {
        let (answer, answered) = oneshot::channel();
        self.send(Work::Explain(track, answer)).await?;
        answered.await.map_err(|_| Stopped)
    }

    /// Ends the task after all work handed over before.
    pub async fn finish(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        let _ = self.send(Work::Finish).await;
    }

    async fn send(&self, work: Work) -> Result<(), Stopped> {
        self.work.send(work).await.map_err(|_| Stopped)
    }
}
