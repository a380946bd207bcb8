//! What the commands that speak gRPC share: threads and logging.

use std::io::IsTerminal;

use anyhow::{Context, Result};
use tokio::runtime::{Builder, Runtime};
use tracing_subscriber::EnvFilter;

/// Threads that move bytes; the engine has its own.
const WORKERS: usize = 2;

/// The threads that move bytes.
///
/// # Errors
/// When the system gives none.
pub(super) fn build() -> Result<Runtime> {
    Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build().context("cannot start threads")
}

/// Logs to the standard error; `RUST_LOG` chooses what (`info` when it says nothing).
pub(super) fn start_logging() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // Fails only when a test has started it already.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .try_init();
}
