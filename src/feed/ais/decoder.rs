//! The decoder of one AIS feed.

use std::hash::Hasher;

use super::assembly::{Assembler, Step};
use super::bits::BitBuffer;
use super::hearing::{Clock, Hearing, Herald, StationName};
use super::message::Message;
use super::refusal::{Oddities, Refusal};
use super::sentence::{Parsed, Sentence, parse};
use crate::feed::nmea::{Framed, LINE_MAX, Piece, TagBlock, checksum, pieces};
use crate::feed::{Place, Tally};
use crate::units::EventTime;

/// The count of an AIS feed, by reason of refusal.
pub type AisTally = Tally<Refusal, 16>;

/// What was accepted, by kind. The sum is the accepted records of the [`AisTally`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counts {
    /// Messages given out.
    pub messages: u64,
    /// Sentences that they came in.
    pub message_sentences: u64,
    /// Sentences with a right checksum that are no AIS message: `$GPRMC`, `$PGHP`.
    pub other_sentences: u64,
    /// Lines without a sentence: comments, banners, tag blocks on a line of their own.
    pub other_lines: u64,
}

/// A message with where it stood and who heard it.
#[derive(Clone, Debug)]
pub struct Received<'a> {
    /// The line that completed it, as numbered by the caller.
    pub line: u64,
    /// The line of its first part; the same as `line` for a message of one sentence.
    pub first_line: u64,
    /// Sent by the own station (VDO).
    pub own_ship: bool,
    /// Kind of device that passed it on: `AI`, `BS`, `AB`.
    pub talker: [u8; 2],
    /// Radio channel: `A`, `B`, `1`, `2`.
    pub channel: Option<u8>,
    /// The station that heard it, by tag block, `$PGHP` line or suffix.
    pub station: Option<StationName>,
    /// When it heard it, by the station's clock.
    pub time: Option<EventTime>,
    /// Where that time stood.
    pub clock: Option<Clock>,
    /// The message.
    pub message: Message<'a>,
}

impl Received<'_> {
    /// A number that is equal for the same transmission, whoever heard it: a hash of its bits, the same in every run.
    /// Different transmissions have the same number once in 2^64; the standing still ones (a moored ship's messages) may be
    /// equal bit by bit, so compare times as well.
    pub fn transmission(&self) -> u64 {
        let bits = self.message.bits();
        let mut hasher = rustc_hash::FxHasher::default();
        hasher.write_usize(bits.len());
        let whole = bits.slice(0, bits.len());
        let mut at = 0;
        while at < bits.len() {
            let width = (bits.len() - at).min(32);
            hasher.write_u32(whole.unsigned(at, width).unwrap_or(0));
            at += width;
        }
        hasher.finish()
    }
}

/// Decodes one AIS feed, line by line.
#[derive(Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct AisDecoder {
    #[serde(skip)]
    bits: BitBuffer,
    assembler: Assembler,
    herald: Herald,
    tally: AisTally,
    counts: Counts,
    oddities: Oddities,
}

impl AisDecoder {
    /// A decoder with nothing received.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one line, with or without its end, and gives each message that it completes to `sink`: one as a rule, none for
    /// a first part or damage, several where lines have run together.
    ///
    /// `number` is the line's number in its feed; it is given back with the message and used for the age of parts that
    /// have no time.
    #[inline]
    pub fn push_line(&mut self, line: &[u8], number: u64, sink: &mut impl FnMut(&Received<'_>)) {
        if line.len() > LINE_MAX {
            self.tally.receive();
            self.tally.refuse_text(Refusal::LineTooLong, Place::Line(number), line);
            return;
        }
        for piece in pieces(line) {
            self.tally.receive();
            match piece {
                Piece::Sentence(framed) => self.push_sentence(&framed, number, sink),
                Piece::Cut(cut) => self.refuse(Refusal::NoChecksum, number, cut),
                Piece::TagAlone(content) => {
                    if let Some(tag) = self.read_tag(content) {
                        self.herald.announce_tag(&tag);
                    }
                    self.accept_other_line();
                }
                Piece::Text(text) if has_address(text) => self.refuse(Refusal::NoStart, number, text),
                Piece::Text(_) => self.accept_other_line(),
            }
        }
    }

    /// Counts parts that still wait for others as [`Refusal::Incomplete`]: the feed has ended.
    pub fn finish(&mut self) {
        self.assembler.finish(&mut self.tally);
    }

    /// What was received, accepted and refused. Until [`Self::finish`], parts that wait for others are received only.
    pub fn tally(&self) -> &AisTally {
        &self.tally
    }

    /// What was accepted, by kind.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// What was odd about accepted records.
    pub fn oddities(&self) -> Oddities {
        self.oddities
    }

    /// Parts that wait for others.
    pub fn held(&self) -> u64 {
        self.assembler.held()
    }

    /// Whether received = accepted + refused + held. False only by a fault of ours.
    pub fn adds_up(&self) -> bool {
        let Counts { message_sentences, other_sentences, other_lines, .. } = self.counts;
        self.tally.received() == self.tally.accepted() + self.tally.refused_total() + self.held()
            && self.tally.accepted() == message_sentences + other_sentences + other_lines
    }

    #[inline]
    fn push_sentence(&mut self, framed: &Framed<'_>, number: u64, sink: &mut impl FnMut(&Received<'_>)) {
        if checksum(framed.body) != framed.stated {
            return self.refuse(Refusal::Checksum, number, framed.body);
        }
        match parse(framed.body) {
            Parsed::Ais(_) if framed.start != b'!' => self.refuse(Refusal::NoStart, number, framed.body),
            Parsed::Ais(sentence) => self.push_ais(framed, &sentence, number, sink),
            Parsed::Refused(refusal) => self.refuse(refusal, number, framed.body),
            Parsed::Other => {
                if framed.body.starts_with(b"PGHP,") {
                    self.herald.announce_proxy(framed.body);
                }
                self.counts.other_sentences += 1;
                self.tally.accept();
            }
        }
    }

    #[inline]
    fn push_ais(
        &mut self,
        framed: &Framed<'_>,
        sentence: &Sentence<'_>,
        number: u64,
        sink: &mut impl FnMut(&Received<'_>),
    ) {
        let hearing = self.hearing(framed, sentence.count == 1);
        if sentence.count == 1 {
            return self.give_out(framed.body, sentence, &hearing, (number, number), 1, sink);
        }
        match self.assembler.push(sentence, &hearing, number, &mut self.tally) {
            Step::Held => {}
            Step::Refused(refusal) => self.refuse(refusal, number, framed.body),
            Step::Complete(slot) => {
                let payload = slot.payload();
                let whole = Sentence { payload: &payload, fill_bits: slot.fill_bits, ..*sentence };
                self.give_out(framed.body, &whole, &slot.hearing, (slot.first_line, number), slot.parts(), sink);
                self.assembler.reuse(slot);
            }
        }
    }

    /// Unpacks, reads and gives out one message that came in `parts` sentences, or refuses them all.
    #[allow(clippy::too_many_arguments, reason = "one hot path for single sentences and assembled ones")]
    #[inline]
    fn give_out(
        &mut self,
        record: &[u8],
        sentence: &Sentence<'_>,
        hearing: &Hearing,
        lines: (u64, u64),
        parts: u64,
        sink: &mut impl FnMut(&Received<'_>),
    ) {
        let message = match self.bits.unpack(sentence.payload, sentence.fill_bits).and_then(Message::read) {
            Ok(message) => message,
            Err(refusal) => {
                for _ in 0..parts {
                    self.tally.refuse_text(refusal, Place::Line(lines.1), record);
                }
                return;
            }
        };
        self.tally.accept_many(parts);
        self.counts.messages += 1;
        self.counts.message_sentences += parts;
        sink(&Received {
            line: lines.1,
            first_line: lines.0,
            own_ship: sentence.own_ship,
            talker: sentence.talker,
            channel: sentence.channel,
            station: hearing.station,
            time: hearing.time,
            clock: hearing.clock,
            message,
        });
    }

    /// Who heard a sentence: its tag block before what was announced before what follows the checksum.
    #[inline]
    fn hearing(&mut self, framed: &Framed<'_>, single: bool) -> Hearing {
        let announced = self.herald.take(framed.stated, single);
        if let Some(content) = framed.tag {
            if let Some(tag) = self.read_tag(content) {
                return Hearing::from_tag(&tag);
            }
        } else if announced != Hearing::default() {
            return announced;
        }
        if framed.suffix.is_empty() { announced } else { Hearing::from_suffix(framed.suffix) }
    }

    fn read_tag<'a>(&mut self, content: &'a [u8]) -> Option<TagBlock<'a>> {
        match TagBlock::parse(content) {
            Ok(tag) => {
                self.oddities.tag_times_unreadable += u64::from(tag.time_unreadable);
                Some(tag)
            }
            Err(_) => {
                self.oddities.tag_blocks_dropped += 1;
                None
            }
        }
    }

    fn accept_other_line(&mut self) {
        self.counts.other_lines += 1;
        self.tally.accept();
    }

    #[cold]
    fn refuse(&mut self, refusal: Refusal, number: u64, record: &[u8]) {
        self.tally.refuse_text(refusal, Place::Line(number), record);
    }
}

/// Whether a text looks like a VDM or VDO sentence that lost its start.
fn has_address(text: &[u8]) -> bool {
    text.windows(4).any(|window| matches!(window, b"VDM," | b"VDO,"))
}
