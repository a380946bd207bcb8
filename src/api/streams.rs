//! What all streams of the server share: their count, their queue, and their end when the server shuts down.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_stream::Stream;
use tonic::Status;

use crate::access::principal::Principal;
use crate::serve::clock;

/// The answers of one stream, as tonic wants them.
pub type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send + 'static>>;

/// A limited number of places for streams of one sort.
#[derive(Clone, Debug)]
pub struct Places {
    free: Arc<Semaphore>,
    max: usize,
    what: &'static str,
}

impl Places {
    /// Room for `max` of `what`.
    pub fn new(max: usize, what: &'static str) -> Self {
        Self { free: Arc::new(Semaphore::new(max)), max, what }
    }

    /// A place, given back when dropped.
    ///
    /// # Errors
    /// RESOURCE_EXHAUSTED when all are taken.
    pub fn take(&self) -> Result<OwnedSemaphorePermit, Status> {
        Arc::clone(&self.free).try_acquire_owned().map_err(|_| {
            Status::resource_exhausted(format!("this server has {} {} already: try again later", self.max, self.what))
        })
    }
}

/// Tells streams that the server shuts down; dropped or set, it means the same.
pub type Shutdown = watch::Receiver<bool>;

/// Waits until the server shuts down.
pub async fn shut_down(shutdown: &mut Shutdown) {
    // An error means that the server is gone, which is the same.
    let _ = shutdown.wait_for(|&down| down).await;
}

/// The word to a client whose stream ends because the server does.
pub fn shutting_down() -> Status {
    Status::unavailable("the server is shutting down: connect again")
}

/// The shortest time between heartbeats, in milliseconds.
const HEARTBEAT_MIN_MS: u32 = 1_000;

/// After how long without a word a heartbeat is sent, as a client asks for it; 0: never.
pub fn heartbeat_interval(asked_ms: u32) -> Duration {
    match asked_ms {
        0 => NEVER,
        millis => Duration::from_millis(millis.max(HEARTBEAT_MIN_MS).into()),
    }
}

/// Longer than any stream lasts.
const NEVER: Duration = Duration::from_secs(100 * 365 * 86_400);

/// How long the token of a caller is still good.
pub fn expires_in(caller: &Principal) -> Duration {
    caller.expires_ms.map_or(NEVER, |expires_ms| {
        Duration::from_millis(u64::try_from(expires_ms - clock::now().as_millis()).unwrap_or(0))
    })
}

/// The word to a client whose token ran out while his stream was open.
pub fn run_out() -> Status {
    Status::unauthenticated("your token has run out: get a new one, and connect again")
}
