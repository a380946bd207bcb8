//! What a server keeps on disk.
//!
//! [`records`] is the system of record: alerts and what officers did with them, one SQLite file.

pub mod records;
