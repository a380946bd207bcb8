//! Recorded feeds: files as sensors left them.

pub mod pcap;
