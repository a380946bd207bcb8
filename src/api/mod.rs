//! gRPC: the definitions under `proto/`, their conversion to and from our own types, and the services.

pub mod alert_service;
pub mod alert_watch;
pub mod convert;
pub mod cue_service;
pub mod faults;
pub mod feed_service;
mod history;
pub mod playback;
pub mod proto;
pub mod register_service;
pub mod rule_service;
pub mod sender;
pub mod sensor_service;
pub mod server;
pub mod streams;
pub mod tls;
pub mod tokens;
pub mod track_service;
pub mod track_watch;
pub mod watcher;
pub mod zone_desk;
pub mod zone_service;
