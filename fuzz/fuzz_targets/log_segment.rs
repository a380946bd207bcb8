//! Any bytes as a segment of the input log: no panic, every byte in a frame, in damage or in the tail, and entries that are read
//! are written again as they were.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shorewatch::store::log::entry::Entry;
use shorewatch::store::log::frame::{FRAME_HEADER_BYTES, Found, FrameScanner, put_frame};

fn entry(body: &[u8]) {
    if let Some(entry) = Entry::read(body) {
        let mut again = Vec::new();
        entry.put(&mut again);
        assert_eq!(again, body);
    }
}

fuzz_target!(|data: &[u8]| {
    entry(data);
    let mut whole = data.to_vec();
    if !data.is_empty() {
        put_frame(&mut whole, 7, data.len() as u64, |out| out.extend_from_slice(data));
    }
    let mut scanner = FrameScanner::new(&whole[..], 7, 0);
    let mut covered = 0;
    while let Some(found) = scanner.next_found().expect("memory can be read") {
        match found {
            Found::Body { body, .. } => {
                entry(body);
                covered += FRAME_HEADER_BYTES + body.len();
            }
            Found::Damage { bytes, .. } | Found::Tail { bytes, .. } => covered += bytes as usize,
        }
        assert!(covered <= whole.len());
    }
    assert_eq!(covered, whole.len());
});
