//! The server behind the wire: the task that owns the engine, and what watchers look at.
//!
//! One thread owns the engine and takes work from one bounded queue, so the order of the input is the order of the queue and
//! the core stays a pure function of it. Watchers never touch the engine: it shows them a picture and a board of alerts, and
//! each reads them at its own pace.

pub mod alert_board;
pub mod area;
pub mod chart_window;
pub mod clock;
pub mod core;
pub mod cue_desk;
pub mod engine_task;
mod handle;
pub mod heard;
pub mod hubs;
pub mod journal;
pub mod limits;
pub mod named;
pub mod officer;
pub mod picture;
pub mod sensor_board;
pub mod session;
pub mod snapshot;
pub mod stored;
mod taken;
pub mod track_watch;
pub mod work;
