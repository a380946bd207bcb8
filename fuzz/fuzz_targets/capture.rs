//! Any bytes as a packet capture: no panic, it ends, a count that adds up, and no datagram longer than what came.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use shorewatch::recording::pcap::PcapReader;

fuzz_target!(|data: &[u8]| {
    let Ok(mut reader) = PcapReader::open(Cursor::new(data.to_vec())) else { return };
    let mut datagrams = 0;
    while let Some(datagram) = reader.next_datagram() {
        assert!(datagram.payload.len() <= data.len());
        datagrams += 1;
    }
    assert!(reader.tally().adds_up());
    assert_eq!(reader.tally().accepted(), datagrams);
});
