//! What all streams of the server share: their count, their queue, and their end when the server shuts down.

use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_stream::Stream;
use tonic::Status;

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
