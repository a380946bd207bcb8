//! Any bytes as a stream of documents, packets or a transport stream, in pieces of any size: no panic, and memory stays bounded.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shorewatch::feed::splitter::Splitter;

fuzz_target!(|data: &[u8]| {
    let [first, second, data @ ..] = data else { return };
    let mut splitter = if first % 2 == 0 { Splitter::documents() } else { Splitter::klv() };
    let mut bytes = 0;
    for chunk in data.chunks(usize::from(*second) + 1) {
        splitter.push(chunk);
        while let Some((_, part)) = splitter.next_part() {
            bytes += part.len();
        }
    }
    splitter.finish();
    while let Some((_, part)) = splitter.next_part() {
        bytes += part.len();
    }
    assert!(bytes <= data.len());
});
