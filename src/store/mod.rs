//! What a server keeps on disk: everything received, alerts and what officers did with them, and where tracks have been.
//!
//! A store is one folder of one server. [`log`] holds what was received, in append-only segments; [`area`] keeps the sensors and
//! charts that it was received with, and [`zones`] what was changed of the zones meanwhile, so that a store alone can be replayed.
//! [`records`] is the system of record: alerts and what officers did with them, one SQLite file. [`history`] is where tracks have been.
//! [`snapshot`] is what the engine knew at a place of the log.
//!
//! All but the records goes through [`disk`], so that tests can put a disk in its place that tears, forgets, flips and fills
//! up. The layout of the files is specified in `docs/log-format.md`.
//!
//! Not here: what was received means. The engine reads the log through the same decoders as a live feed.

pub mod area;
pub mod disk;
pub mod history;
pub mod lock;
pub mod log;
pub mod pictures;
pub mod records;
pub mod snapshot;
pub mod zones;
