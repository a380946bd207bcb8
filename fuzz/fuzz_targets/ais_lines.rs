//! Any bytes as an AIS feed: no panic, and every record accepted, refused or held.
//! `cargo +nightly fuzz run ais_lines`

#![no_main]

use libfuzzer_sys::fuzz_target;
use shorewatch::decode::write_message;
use shorewatch::feed::ais::AisDecoder;
use shorewatch::feed::own_ship::OwnShipDecoder;

fuzz_target!(|bytes: &[u8]| {
    let mut decoder = AisDecoder::new();
    let mut own_ship = OwnShipDecoder::new();
    for (line, number) in bytes.split(|&byte| byte == b'\n').zip(1..) {
        decoder.push_line(line, number, &mut |received| {
            let _ = (received.message.contents(), received.transmission());
            write_message(&mut std::io::sink(), received).expect("a sink takes everything");
        });
        own_ship.push_line(line, number, &mut |_| {});
        assert!(decoder.adds_up() && own_ship.tally().adds_up());
    }
    decoder.finish();
    assert!(decoder.tally().adds_up());
});
