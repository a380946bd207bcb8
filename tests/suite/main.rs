//! Every integration test of the project, a module a boundary. One binary: each further one would link the whole program
//! again, at 50 to 70 MB and some seconds of two cores apiece.

mod access;
mod alert_life;
mod backtest;
mod behaviour;
mod chart_import;
mod chart_oracle;
mod collect;
mod demo;
mod determinism;
mod engine_properties;
mod evidence;
mod feed_ais;
mod feed_ais_peer;
mod feed_ais_stream;
mod feed_eo;
mod feed_eo_formats;
mod feed_nmea_radar;
mod feed_radar;
mod fusion;
mod grpc;
mod grpc_ingest;
mod http;
mod kill;
mod live;
mod plot;
mod records;
mod replay;
mod scores;
mod secure;
mod sensors;
mod store_log;
mod stored;
mod support;
mod traffic;
mod zones;
