//! AIS messages into sentences: fields into bits (ITU-R M.1371-5), bits into six-bit characters and `!AIVDM` sentences
//! (IEC 61162-1). The inverse of [`crate::feed::ais`]; tests hold the two against each other, and the test of peers against pyais.

use std::fmt::Write;

use crate::feed::ais::{Bits, Received};

/// Characters of payload in one sentence: with 60 of them it keeps within the 82 that a sentence may have.
const CHARACTERS_PER_SENTENCE: usize = 60;

/// The bits of a message in the making, as six-bit characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payload {
    sextets: Vec<u8>,
    len: usize,
}

impl Payload {
    /// The bits of a message that was received.
    pub fn of(bits: Bits<'_>) -> Self {
        let mut payload = Self::default();
        let whole = bits.slice(0, bits.len());
        let mut at = 0;
        while at < bits.len() {
            let width = (bits.len() - at).min(6);
            payload = payload.unsigned(width, whole.unsigned(at, width).unwrap_or(0));
            at += width;
        }
        payload
    }

    /// Adds the lowest `width` bits of a number, the highest of them first.
    #[must_use]
    pub fn unsigned(mut self, width: usize, value: u32) -> Self {
        for bit in (0..width).rev() {
            let value = (value >> bit & 1) as u8;
            match (self.len % 6, self.sextets.last_mut()) {
                (1.., Some(last)) => *last |= value << (5 - self.len % 6),
                _ => self.sextets.push(value << 5),
            }
            self.len += 1;
        }
        self
    }

    /// Adds a number in two's complement.
    #[must_use]
    pub fn signed(self, width: usize, value: i32) -> Self {
        self.unsigned(width, value as u32)
    }

    /// Adds a flag.
    #[must_use]
    pub fn flag(self, set: bool) -> Self {
        self.unsigned(1, u32::from(set))
    }

    /// Adds a text of so many characters: what the six-bit alphabet lacks is a `?`, the rest is filled with `@`.
    #[must_use]
    pub fn text(self, characters: usize, text: &str) -> Self {
        let six_bits = |character: char| match character.to_ascii_uppercase() {
            upper @ '@'..='_' => upper as u32 - 64,
            upper @ ' '..='?' => upper as u32,
            _ => u32::from(b'?'),
        };
        let filled = text.chars().map(six_bits).chain(std::iter::repeat(0)).take(characters);
        filled.fold(self, |payload, character| payload.unsigned(6, character))
    }

    /// Bits.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The sentences that carry it, each with its line end.
    ///
    /// `sequence` tells messages of several sentences apart, 0 to 9.
    pub fn sentences(&self, talker: [u8; 2], channel: Option<u8>, sequence: u8) -> String {
        let characters: Vec<u8> =
            self.sextets.iter().map(|&sextet| sextet + if sextet < 40 { 48 } else { 56 }).collect();
        let count = characters.len().div_ceil(CHARACTERS_PER_SENTENCE).max(1);
        let fill_bits = self.sextets.len() * 6 - self.len;
        let channel = channel.map(char::from).map(String::from).unwrap_or_default();
        let sequence = if count > 1 { (sequence % 10).to_string() } else { String::new() };
        let mut text = String::with_capacity(characters.len() + 24 * count);
        for (number, part) in (1..).zip(characters.chunks(CHARACTERS_PER_SENTENCE)) {
            let fill_bits = if number == count { fill_bits } else { 0 };
            let body = format!(
                "{}{}VDM,{count},{number},{sequence},{channel},{},{fill_bits}",
                char::from(talker[0]),
                char::from(talker[1]),
                String::from_utf8_lossy(part)
            );
            let checksum = body.bytes().fold(0, |sum, byte| sum ^ byte);
            // Writing to a String never fails.
            let _ = write!(text, "!{body}*{checksum:02X}\r\n");
        }
        text
    }
}

/// A message as it was received, in sentences of our own: one of a single sentence comes out as it came in, without what stations
/// put around it; one of several gets a sequence number that no other message has at the same time.
pub fn passed_on(received: &Received<'_>, sequence: u8) -> String {
    Payload::of(received.message.bits()).sentences(received.talker, received.channel, sequence)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::feed::ais::{AisDecoder, Body};

    /// The first message of a text, passed on.
    fn again(lines: &str) -> String {
        let (mut decoder, mut passed) = (AisDecoder::new(), String::new());
        for (number, line) in (1..).zip(lines.lines()) {
            decoder.push_line(line.as_bytes(), number, &mut |received| passed += &passed_on(received, 3));
        }
        passed
    }

    #[test]
    fn a_message_of_one_sentence_comes_out_as_it_came_in() {
        for sentence in [
            "!AIVDM,1,1,,B,177KQJ5000G?tO`K>RA1wUbN0TKH,0*5C",
            "!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23",
            "!AIVDM,1,1,,A,B69V:w00<Iv2:?Rpk;Dn3wkUoP06,0*5F",
        ] {
            assert_eq!(again(sentence).trim_end(), sentence);
            let tagged = format!("\\s:station,c:1428451253*2D\\{sentence}");
            assert_eq!(again(&tagged).trim_end(), sentence, "without its tag block");
        }
    }

    #[test]
    fn a_message_of_two_sentences_gets_a_sequence_number_of_ours() {
        let lines = "!AIVDM,2,1,1,A,55?MbV02;H;s<HtKR20EHE:0@T4@Dn2222222216L961O5Gf0NSQEp6ClRp8,0*1C\n\
                     !AIVDM,2,2,1,A,88888888880,2*25";
        let passed = again(lines);
        let parts: Vec<&str> = passed.lines().collect();
        assert_eq!(parts.len(), 2);
        assert!(parts[0].starts_with("!AIVDM,2,1,3,A,55?MbV02") && parts[1].starts_with("!AIVDM,2,2,3,A,"), "{passed}");
        assert!(parts.iter().all(|part| part.len() <= 80), "{passed}");
        assert_eq!(again(&passed), passed, "and is the same message");
    }

    proptest! {
        #[test]
        fn bits_lead_back_to_themselves(fields in prop::collection::vec((1_usize..=32, any::<u32>()), 2..30)) {
            let mut payload = Payload::default().unsigned(6, 8).unsigned(32, 7);
            for &(width, value) in &fields {
                payload = payload.unsigned(width, value);
            }
            let mut found = None;
            let mut decoder = AisDecoder::new();
            for (number, line) in (1..).zip(payload.sentences(*b"AI", Some(b'A'), 1).lines()) {
                decoder.push_line(line.as_bytes(), number, &mut |received| {
                    found = Some((Payload::of(received.message.bits()), matches!(received.message.body, Body::BroadcastBinary(_))));
                });
            }
            prop_assert_eq!(found, Some((payload, true)));
        }
    }
}
