//! shorewatch: a fusion server for coastal surveillance.
//!
//! Recorded or live feeds of AIS, radar and photoelectric sensors go in; one picture of the sea (one track a vessel) and
//! the alerts that matter come out. `ARCHITECTURE.md` is the map; the modules below stand in layer order, and a lower one
//! never uses a higher one.

pub mod geodesy;
pub mod units;

pub mod chart;
pub mod feed;
pub mod register;

pub mod coverage;
pub mod fusion;

pub mod behaviour;

pub mod alert;
pub mod life;

pub mod cue;
pub mod engine;

pub mod access;
pub mod api;
pub mod backtest;
pub mod cli;
pub mod collect;
pub mod config;
pub mod decode;
pub mod evidence;
pub mod http;
pub mod neighbours;
pub mod plot;
pub mod recording;
pub mod replay;
pub mod serve;
pub mod slew;
pub mod store;
