//! The input log: everything received, in the order in which the engine took it.
//!
//! From the bottom: [`frame`] tells whole bytes from damage, [`entry`] what they say, [`segment`] and [`segments`] put them
//! into files, [`LogWriter`] is the log while a server runs, [`read`] and [`reader`] give it back. What stands here was on disk before
//! anybody was told that it was taken; the order is that of the engine, so a log replays to the same alerts.

pub mod entry;
mod error;
pub mod frame;
pub mod read;
pub mod reader;
pub mod segment;
pub mod segments;
mod state;
mod writer;

pub use error::LogError;
pub use state::LogState;
pub use writer::{INPUT_FOLDER, LogWriter, Recovered};
