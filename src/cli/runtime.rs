//! What the commands that speak gRPC share: threads and logging.

use std::io::IsTerminal;

use anyhow::{Context, Result};
use tokio::runtime::{Builder, Runtime};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::config::checked::LogFormat;

/// Threads that move bytes; the engine has its own.
const WORKERS: usize = 2;

/// The threads that move bytes.
///
/// # Errors
/// When the system gives none.
pub(super) fn build() -> Result<Runtime> {
    Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build().context("cannot start threads")
}

/// Logs to the standard error, as lines for people; `RUST_LOG` chooses what (`info` when it says nothing).
pub(super) fn start_logging() {
    start_logging_as(LogFormat::Text);
}

/// Logs to the standard error. A call that is over is told with how long it took, where `RUST_LOG` lets spans through
/// (`shorewatch::access=debug`).
pub(super) fn start_logging_as(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let logging = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_span_events(FmtSpan::CLOSE)
        .with_target(false);
    // Fails only when a test has started it already.
    let _ = match format {
        LogFormat::Text => logging.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => logging.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init(),
    };
}
