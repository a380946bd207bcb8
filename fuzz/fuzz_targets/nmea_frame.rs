//! Any bytes as a line: its pieces lie in it, in order, and no sentence holds a delimiter.
//! `cargo +nightly fuzz run nmea_frame`

#![no_main]

use libfuzzer_sys::fuzz_target;
use shorewatch::feed::nmea::{Piece, TagBlock, pieces};

fuzz_target!(|line: &[u8]| {
    let mut room = line.len();
    for piece in pieces(line) {
        let used = match piece {
            Piece::Sentence(framed) => {
                assert!(!framed.body.iter().any(|byte| b"!$*\\".contains(byte)));
                if let Some(tag) = framed.tag {
                    let _ = TagBlock::parse(tag);
                }
                framed.tag.map_or(0, |tag| tag.len() + 2) + framed.body.len() + framed.suffix.len() + 4
            }
            Piece::Cut(cut) => cut.len(),
            Piece::TagAlone(content) => {
                let _ = TagBlock::parse(content);
                content.len() + 2
            }
            Piece::Text(text) => text.len(),
        };
        assert!(used > 0, "each piece takes something, so that cutting ends");
        room = room.checked_sub(used).expect("the pieces lie in the line");
    }
});
