//! AIS decoding, from lines to typed values, beside the `aivdm` crate in the same run.
//!
//! Target: 5 million lines/s on one core, and twice `aivdm`. Each message is handed to a black box as a whole struct.
//! `cargo bench --bench decode`; with the shared recordings beside the repository on those, else on a synthetic corpus.

mod support;

use std::hint::black_box;
use std::path::Path;

use aivdm::LineDecoder;
use shorewatch::feed::ais::AisDecoder;
use shorewatch::feed::nmea::{Piece, checksum, pieces};

use support::measure;

/// The recordings as they were made, without the derived ones, in the order of their list.
const RECORDINGS: [&str; 12] = [
    "gpsd_sample.aivdm",
    "gpsd_type6_fid55.log",
    "gpsd_18_27.log",
    "noaadata_test.ais",
    "libais_test.aivdm",
    "libais_tagblock.nmea",
    "kystverket_1000.nm4",
    "dma_stream_example.txt",
    "dma_ais_sample.txt.zst",
    "dma_drift_538004030.ais.zst",
    "bcl_sar.log.zst",
    "bcl_unknown.log",
];

fn main() {
    let (whole, sentences) = match support::shared_dir() {
        Some(shared) => recorded(&shared.join("samples/ais")),
        None => (Vec::new(), synthetic()),
    };
    compare("AIS sentences", &sentences);
    if !whole.is_empty() {
        compare("AIS files as recorded", &whole);
    }
}

fn compare(name: &str, corpus: &[u8]) {
    let lines: Vec<&[u8]> = corpus.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).collect();
    let texts: Vec<&str> = lines.iter().filter_map(|line| std::str::from_utf8(line).ok()).collect();
    let items = lines.len() as u64;
    println!("{name}: {items} lines, {} bytes", corpus.len());

    let mut messages = 0;
    let ours = measure("  shorewatch, to typed values", "line", items, || {
        let mut decoder = AisDecoder::new();
        for (line, number) in lines.iter().zip(1..) {
            decoder.push_line(line, number, &mut |received| {
                black_box(received);
            });
        }
        messages = decoder.counts().messages;
    });
    let ours_contents = measure("  shorewatch, to observation contents", "line", items, || {
        let mut decoder = AisDecoder::new();
        for (line, number) in lines.iter().zip(1..) {
            decoder.push_line(line, number, &mut |received| {
                let _ = black_box(received.message.contents());
            });
        }
    });
    let mut peer_messages = 0;
    let peer = measure("  aivdm, to typed values", "line", texts.len() as u64, || {
        let mut decoder = LineDecoder::<512>::new();
        peer_messages = 0;
        for text in &texts {
            if let Ok(Some(message)) = decoder.feed(text) {
                black_box(&message);
                peer_messages += 1;
            }
        }
    });
    println!(
        "  messages: {messages} against {peer_messages}; {:.1} times aivdm ({:.1} with contents)",
        peer.best_ns / ours.best_ns,
        peer.best_ns / ours_contents.best_ns
    );
}

/// The whole files, and their VDM and VDO sentences with a right checksum alone.
fn recorded(folder: &Path) -> (Vec<u8>, Vec<u8>) {
    let mut whole = Vec::new();
    for name in RECORDINGS {
        let bytes = std::fs::read(folder.join(name)).expect("a shared folder holds all recordings");
        if name.ends_with(".zst") {
            whole.extend(zstd::decode_all(&bytes[..]).expect("recordings are sound"));
        } else {
            whole.extend(bytes);
        }
        whole.push(b'\n');
    }
    let mut sentences = Vec::new();
    for line in whole.split(|&byte| byte == b'\n') {
        for piece in pieces(line) {
            if let Piece::Sentence(framed) = piece
                && checksum(framed.body) == framed.stated
                && matches!(framed.body.get(2..5), Some(b"VDM" | b"VDO"))
            {
                push_sentence(&mut sentences, framed.body);
            }
        }
    }
    (whole, sentences)
}

fn push_sentence(corpus: &mut Vec<u8>, body: &[u8]) {
    corpus.push(b'!');
    corpus.extend_from_slice(body);
    corpus.extend(format!("*{:02X}\n", checksum(body)).into_bytes());
}

/// Sentences with random contents in the mixture of a coast: mostly class A, some class B, static data in two parts.
fn synthetic() -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut six = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let code = (state >> 32) as u8 & 63;
        if code < 40 { code + 48 } else { code + 56 }
    };
    let mut corpus = Vec::new();
    for number in 0..60_000_u32 {
        let mut payload = |first: u8, length: usize| -> String {
            std::iter::once(first).chain((1..length).map(|_| six())).map(char::from).collect()
        };
        match number % 25 {
            0 => {
                let sequence = number / 25 % 10;
                push_sentence(&mut corpus, format!("AIVDM,2,1,{sequence},A,{},0", payload(b'5', 59)).as_bytes());
                push_sentence(&mut corpus, format!("AIVDM,2,2,{sequence},A,{},2", payload(b'0', 12)).as_bytes());
            }
            1..=3 => push_sentence(&mut corpus, format!("AIVDM,1,1,,B,{},0", payload(b'B', 28)).as_bytes()),
            4 => push_sentence(&mut corpus, format!("AIVDM,1,1,,A,{},0", payload(b'4', 28)).as_bytes()),
            _ => push_sentence(&mut corpus, format!("AIVDM,1,1,,A,{},0", payload(b'1', 28)).as_bytes()),
        }
    }
    corpus
}
