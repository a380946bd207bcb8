//! Blocks: splitting a raw recording, a stream or a datagram into them, and finding the way back after damage.
//!
//! A block is `CAT(1) LEN(2) records…`, LEN counting all of it. In a raw recording one stands directly behind the other
//! without any mark, so that one lost byte would spoil all that follows if lengths were simply believed. Here a length is
//! believed when what it points to looks like a block itself: a category heard before, a length, a first few records that
//! can be walked, and a source (SAC/SIC) heard before; or a chain of three; or the end of the data. Where it does not, the
//! next block is searched for byte by byte, by the same signs.
//!
//! Nothing is lost without a word: every byte pushed comes out in exactly one [`Frame`].

use arrayvec::ArrayVec;

use super::record::{RecordFault, Records};
use super::tables::{category, category_name};

/// Bytes of category and length before the first record.
pub const HEADER_BYTES: usize = 3;

/// The shortest block that says anything.
const BLOCK_MIN: usize = HEADER_BYTES + 1;

/// How many records of a block are walked to see whether it is one. Bounds the cost of a byte-by-byte search.
const RECORDS_PROBED: usize = 4;

/// How many headers in a row are looked at where records cannot tell.
const LINKS_MAX: usize = 8;

/// So many pieces of weaker evidence in a row are no chance.
const LINKS_ENOUGH: usize = 3;

/// How many sources (SAC/SIC) are remembered to recognise a block by.
const SOURCES_MAX: usize = 16;

/// How many bytes of a stretch that is no block are kept to be shown.
pub const JUNK_SHOWN: usize = 32;

/// A block as framed: its content is not checked yet.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// Offset of its first byte in all that was pushed.
    pub offset: u64,
    /// Its category.
    pub category: u8,
    /// All its bytes: category, length and records.
    pub bytes: &'a [u8],
    /// It ends before its stated length: the next block begins, or the data end.
    pub cut: bool,
}

impl<'a> Block<'a> {
    /// The records without category and length.
    pub fn body(&self) -> &'a [u8] {
        self.bytes.get(HEADER_BYTES..).unwrap_or_default()
    }
}

/// What a [`BlockReader`] finds.
#[derive(Clone, Debug)]
pub enum Frame<'a> {
    /// A block.
    Block(Block<'a>),
    /// A stretch that is no block.
    Junk(Junk),
}

/// A stretch of bytes that is no block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Junk {
    /// Offset of its first byte in all that was pushed.
    pub offset: u64,
    /// How many bytes.
    pub length: u64,
    /// The first of them.
    pub shown: ArrayVec<u8, JUNK_SHOWN>,
}

/// Splits bytes into blocks, chunk by chunk.
///
/// For a file: [`push`](Self::push) a chunk, take [`next_frame`](Self::next_frame) until `None`, and so on, at the end
/// [`finish`](Self::finish) and take the rest. For datagrams: push one, finish, take all, then the next. For a live stream:
/// [`pause`](Self::pause) after each push, so that a block is not held back until another follows. Memory: the chunk and at
/// most nine blocks (a block is at most 65,535 bytes).
#[derive(Clone, Debug, Default)]
pub struct BlockReader {
    buffer: Vec<u8>,
    /// How many bytes of `buffer` have been given out.
    taken: usize,
    /// Offset of the first byte of `buffer`.
    base: u64,
    finished: bool,
    paused: bool,
    junk: Junk,
    /// Candidates before this one were looked at already, counted from `taken`.
    searched: usize,
    sources: ArrayVec<[u8; 2], SOURCES_MAX>,
    heard: [u64; 4],
}

/// An answer that may need more bytes than there are yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Yes,
    /// By weaker evidence: yes, if nothing speaks against it.
    Perhaps,
    No,
    Wait,
}

/// What to do with the bytes in front.
enum Step {
    /// `sure`: what follows bears the length out.
    Block {
        length: usize,
        sure: bool,
        cut: bool,
    },
    Junk {
        length: usize,
    },
    Wait,
}

impl BlockReader {
    /// A reader at offset 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds bytes.
    pub fn push(&mut self, chunk: &[u8]) {
        self.buffer.drain(..self.taken);
        self.base += self.taken as u64;
        self.taken = 0;
        self.finished = false;
        self.paused = false;
        self.buffer.extend_from_slice(chunk);
    }

    /// Says that nothing more belongs to what was pushed: end of file or of a datagram. Another push begins anew.
    pub fn finish(&mut self) {
        self.finished = true;
    }

    /// Says that nothing more is there for now: a block that ends with the data is given out at once.
    pub fn pause(&mut self) {
        self.paused = true;
    }

    /// How many bytes are held and not given out.
    pub fn pending(&self) -> usize {
        self.buffer.len() - self.taken
    }

    /// The next block or stretch of junk; `None` when more bytes are needed, or after the last.
    pub fn next_frame(&mut self) -> Option<Frame<'_>> {
        loop {
            match self.step() {
                Step::Wait if self.finished => return self.junk_frame(),
                Step::Wait => return None,
                Step::Junk { length } => self.take_junk(length),
                Step::Block { length, sure, cut } => {
                    // What stood before the block comes first; the same step is found again at the next call.
                    if self.junk.length > 0 {
                        return self.junk_frame();
                    }
                    let start = self.taken;
                    self.taken += length;
                    self.searched = 0;
                    let bytes = self.buffer.get(start..start + length)?;
                    let &number = bytes.first()?;
                    if sure {
                        remember(&mut self.sources, &mut self.heard, number, bytes);
                    }
                    return Some(Frame::Block(Block {
                        offset: self.base + start as u64,
                        category: number,
                        bytes,
                        cut,
                    }));
                }
            }
        }
    }

    /// Decides about the bytes in front.
    fn step(&mut self) -> Step {
        let pending = self.pending();
        if pending == 0 {
            return Step::Wait;
        }
        // In the middle of junk only a sure sign ends it; elsewhere a block is expected here.
        if self.junk.length > 0 {
            match self.search(0, pending) {
                (Answer::Yes, 0) => {}
                (Answer::Wait, 0) => return Step::Wait,
                (_, at) => return Step::Junk { length: at },
            }
        }
        self.front()
    }

    /// Decides about bytes in front that should begin a block.
    fn front(&mut self) -> Step {
        let pending = self.pending();
        let Some((number, length)) = self.header(0) else {
            return if self.finished { Step::Junk { length: pending } } else { Step::Wait };
        };
        if length < BLOCK_MIN {
            return Step::Junk { length: 1 };
        }
        let follows = self.follows(length);
        match follows {
            Answer::Yes => return Step::Block { length, sure: true, cut: false },
            Answer::Wait => return Step::Wait,
            // Neither what follows nor what was heard before speaks for a block.
            Answer::No if category(number).is_none() && !self.was_heard(number) => return Step::Junk { length: 1 },
            Answer::Perhaps | Answer::No => {}
        }
        match self.search(self.searched.max(1), length.min(pending)) {
            (Answer::Wait, at) => {
                self.searched = at;
                Step::Wait
            }
            (Answer::No, _) => {
                Step::Block { length: length.min(pending), sure: follows == Answer::Perhaps, cut: length > pending }
            }
            (_, at) => Step::Block { length: at, sure: false, cut: true },
        }
    }

    /// Looks for the beginning of a block from `from` up to `end`: found or to be waited for at the place given.
    fn search(&self, from: usize, end: usize) -> (Answer, usize) {
        for at in from..end {
            let answer = self.sync(at);
            if answer != Answer::No {
                return (answer, at);
            }
        }
        (Answer::No, end)
    }

    /// Whether a block surely begins `at`.
    fn sync(&self, at: usize) -> Answer {
        let Some(&number) = self.data().get(at) else { return Answer::No };
        if category(number).is_none() && !self.was_heard(number) {
            return Answer::No;
        }
        let Some((_, length)) = self.header(at) else {
            return if self.finished { Answer::No } else { Answer::Wait };
        };
        if length < BLOCK_MIN {
            return Answer::No;
        }
        if category(number).is_some() {
            let clean = self.clean(at);
            if clean != Answer::Yes {
                return clean;
            }
            let source = self.source(at);
            if source.is_none() || !self.is_known(source) {
                // A source not heard yet is believed when it speaks several times.
                return self.chain(at, source);
            }
        }
        match self.follows(at + length) {
            // A category without a table has nothing in itself to speak for it.
            Answer::Perhaps if category(number).is_none() => Answer::No,
            Answer::Perhaps => Answer::Yes,
            other => other,
        }
    }

    /// Whether `at` stands a chain of sound blocks of one source, which may be shorter at the end of the data.
    fn chain(&self, mut at: usize, source: Option<[u8; 2]>) -> Answer {
        for _ in 0..LINKS_ENOUGH {
            if at == self.data().len() && self.finished {
                return Answer::Yes;
            }
            let clean = self.clean(at);
            let Some((_, length)) = self.header(at) else { return clean };
            if clean != Answer::Yes {
                return clean;
            }
            if source.is_none() || self.source(at) != source {
                return Answer::No;
            }
            at += length;
        }
        Answer::Yes
    }

    /// Whether a length that points to `at` can be believed.
    ///
    /// A sound block of a known source there settles it, and so does the end of the data. One of them some headers further
    /// on, or three sound blocks of unknown sources or headers of heard categories in a row, are weaker evidence: records
    /// of one form repeat their bytes at equal distances, so that plain headers may agree by chance.
    fn follows(&self, mut at: usize) -> Answer {
        let end = self.data().len();
        let mut evidence = 0;
        for link in 0..LINKS_MAX {
            let settled = if link == 0 { Answer::Yes } else { Answer::Perhaps };
            if at == end && (self.finished || self.paused) {
                return settled;
            }
            let Some((number, length)) = self.header(at) else {
                return if self.finished { Answer::No } else { Answer::Wait };
            };
            if length < BLOCK_MIN {
                return Answer::No;
            }
            match self.clean(at) {
                Answer::Yes if self.is_known(self.source(at)) => return settled,
                Answer::Yes => evidence += 1,
                Answer::Wait => return Answer::Wait,
                _ => evidence += usize::from(category(number).is_none() && self.is_expected(number)),
            }
            if evidence >= LINKS_ENOUGH {
                return Answer::Perhaps;
            }
            at += length;
        }
        Answer::No
    }

    /// Whether a block of a tabled category stands `at` whose first records can be walked.
    fn clean(&self, at: usize) -> Answer {
        let short = if self.finished { Answer::No } else { Answer::Wait };
        let Some((number, length)) = self.header(at) else { return short };
        let Some(table) = category(number) else { return Answer::No };
        if length < BLOCK_MIN {
            return Answer::No;
        }
        let available = self.data().get(at..).unwrap_or_default();
        let whole = available.len() >= length;
        let body = available.get(HEADER_BYTES..length.min(available.len())).unwrap_or_default();
        for record in Records::new(table, body).take(RECORDS_PROBED) {
            match record {
                Ok(_) => {}
                // Perhaps only because the rest of the block is not there yet.
                Err(RecordFault::Truncated) if !whole => return short,
                Err(_) => return Answer::No,
            }
        }
        if whole { Answer::Yes } else { short }
    }

    /// Category and length of the block that may begin `at`; `None` when the data end before.
    fn header(&self, at: usize) -> Option<(u8, usize)> {
        match self.data().get(at..at + HEADER_BYTES)? {
            &[number, high, low] => Some((number, usize::from(u16::from_be_bytes([high, low])))),
            _ => None,
        }
    }

    /// The source of the first record of the block `at`.
    fn source(&self, at: usize) -> Option<[u8; 2]> {
        self.data().get(at..).and_then(source_of)
    }

    /// Whether this source was heard before; anybody, before any was heard.
    fn is_known(&self, source: Option<[u8; 2]>) -> bool {
        self.sources.is_empty() || source.is_some_and(|source| self.sources.contains(&source))
    }

    /// Whether blocks of this category are to be expected: those heard; any that has a name, before any was heard.
    fn is_expected(&self, number: u8) -> bool {
        if self.heard == [0; 4] { category_name(number).is_some() } else { self.was_heard(number) }
    }

    fn was_heard(&self, number: u8) -> bool {
        self.heard.get(usize::from(number / 64)).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    fn data(&self) -> &[u8] {
        self.buffer.get(self.taken..).unwrap_or_default()
    }

    fn take_junk(&mut self, length: usize) {
        if self.junk.length == 0 {
            self.junk.offset = self.base + self.taken as u64;
        }
        for &byte in self.buffer.iter().skip(self.taken).take(length) {
            if self.junk.shown.try_push(byte).is_err() {
                break;
            }
        }
        self.junk.length += length as u64;
        self.taken += length;
        self.searched = 0;
    }

    fn junk_frame(&mut self) -> Option<Frame<'static>> {
        let junk = std::mem::take(&mut self.junk);
        (junk.length > 0).then_some(Frame::Junk(junk))
    }
}

/// Remembers the category and source of a sound block.
fn remember(sources: &mut ArrayVec<[u8; 2], SOURCES_MAX>, heard: &mut [u64; 4], number: u8, bytes: &[u8]) {
    if category_name(number).is_some()
        && let Some(word) = heard.get_mut(usize::from(number / 64))
    {
        *word |= 1 << (number % 64);
    }
    if category(number).is_some()
        && let Some(source) = source_of(bytes)
        && !sources.contains(&source)
    {
        // When full the first ones stay: a real site has few, damage has many.
        let _ = sources.try_push(source);
    }
}

/// The data source identifier (item 010) of a block's first record: the first item of every tabled category.
fn source_of(block: &[u8]) -> Option<[u8; 2]> {
    let body = block.get(HEADER_BYTES..)?;
    if body.first()? & 0x80 == 0 {
        return None;
    }
    let fspec = body.iter().position(|octet| octet & 1 == 0)? + 1;
    match body.get(fspec..fspec + 2)? {
        &[sac, sic] => Some([sac, sic]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A CAT010 block with so many plots of the radar 65/10.
    fn block(plots: u8) -> Vec<u8> {
        let mut body = Vec::new();
        for plot in 0..plots {
            // I010/010, /000, /020, /140, /040.
            body.extend([0xf4, 65, 10, 1, 0x60, 0x6a, 0x40, plot, 0x10, plot, 0x80, plot ^ 0x0a]);
        }
        let mut block = vec![10, 0, 0];
        block.extend(&body);
        let length = block.len() as u16;
        block[1..3].copy_from_slice(&length.to_be_bytes());
        block
    }

    /// What a frame is, without its bytes.
    #[derive(Clone, Debug, PartialEq)]
    enum Seen {
        Block(u64, usize),
        Cut(u64, usize),
        Junk(u64, u64),
    }

    fn drain(reader: &mut BlockReader, seen: &mut Vec<Seen>) {
        while let Some(frame) = reader.next_frame() {
            seen.push(match frame {
                Frame::Block(block) if block.cut => Seen::Cut(block.offset, block.bytes.len()),
                Frame::Block(block) => Seen::Block(block.offset, block.bytes.len()),
                Frame::Junk(junk) => Seen::Junk(junk.offset, junk.length),
            });
        }
    }

    fn frames(data: &[u8], chunk: usize) -> Vec<Seen> {
        let mut reader = BlockReader::new();
        let mut seen = Vec::new();
        for part in data.chunks(chunk) {
            reader.push(part);
            drain(&mut reader, &mut seen);
        }
        reader.finish();
        drain(&mut reader, &mut seen);
        assert_eq!(reader.pending(), 0);
        seen
    }

    #[test]
    fn sound_blocks_come_out_whole_whatever_the_chunks() {
        let data = [block(1), block(7), block(3)].concat();
        let wanted = [Seen::Block(0, 15), Seen::Block(15, 87), Seen::Block(102, 39)];
        for chunk in [1, 2, 7, 16, 1000] {
            assert_eq!(frames(&data, chunk), wanted, "chunks of {chunk}");
        }
    }

    #[test]
    fn a_block_cut_short_costs_nothing_of_the_next() {
        for keep in [5, 14, 16, 40, 62] {
            let mut data = [block(2), block(4)].concat();
            let cut = block(5);
            data.extend(&cut[..keep]);
            data.extend([block(3), block(1)].concat());
            let wanted = [
                Seen::Block(0, 27),
                Seen::Block(27, 51),
                Seen::Cut(78, keep),
                Seen::Block(78 + keep as u64, 39),
                Seen::Block(117 + keep as u64, 15),
            ];
            assert_eq!(frames(&data, 11), wanted, "cut after {keep} bytes");
            assert_eq!(frames(&data, 4096), wanted, "cut after {keep} bytes");
        }
    }

    #[test]
    fn changed_bytes_inside_a_block_do_not_move_the_next() {
        let mut data = [block(2), block(4), block(3), block(1)].concat();
        data[30..40].fill(0xff);
        let wanted = [Seen::Block(0, 27), Seen::Block(27, 51), Seen::Block(78, 39), Seen::Block(117, 15)];
        assert_eq!(frames(&data, 13), wanted);
    }

    #[test]
    fn a_length_that_lies_is_not_believed() {
        for lie in [0_u16, 3, 9, 17, 60, 1000, 65_535] {
            let mut data = [block(2), block(4), block(3), block(1)].concat();
            data[28..30].copy_from_slice(&lie.to_be_bytes());
            for chunk in [17, 100_000] {
                let seen = frames(&data, chunk);
                assert_eq!(seen.first(), Some(&Seen::Block(0, 27)), "{lie}: {seen:?}");
                assert_eq!(seen[seen.len() - 2..], [Seen::Block(78, 39), Seen::Block(117, 15)], "{lie}: {seen:?}");
            }
        }
    }

    #[test]
    fn junk_between_blocks_is_one_stretch_with_its_place() {
        let data = [&block(2)[..], &[0x55; 500], &block(4), &block(1)].concat();
        let wanted = [Seen::Block(0, 27), Seen::Junk(27, 500), Seen::Block(527, 51), Seen::Block(578, 15)];
        for chunk in [1, 64, 4096] {
            assert_eq!(frames(&data, chunk), wanted);
        }
        assert_eq!(frames(&[0x55; 90], 8), [Seen::Junk(0, 90)]);
        assert_eq!(frames(&[10, 0], 8), [Seen::Junk(0, 2)]);
    }

    #[test]
    fn a_live_block_is_not_held_back_until_another_follows() {
        let mut reader = BlockReader::new();
        let mut seen = Vec::new();
        for _ in 0..3 {
            reader.push(&block(2));
            reader.pause();
            drain(&mut reader, &mut seen);
        }
        assert_eq!(seen, [Seen::Block(0, 27), Seen::Block(27, 27), Seen::Block(54, 27)]);
    }

    #[test]
    fn a_datagram_is_closed_by_its_end() {
        let mut reader = BlockReader::new();
        let mut seen = Vec::new();
        for datagram in [&block(2)[..], &[77, 0, 6, 1, 2, 3], &block(1)[..9], &[block(1), block(2)].concat()] {
            reader.push(datagram);
            reader.finish();
            drain(&mut reader, &mut seen);
        }
        let wanted =
            [Seen::Block(0, 27), Seen::Block(27, 6), Seen::Cut(33, 9), Seen::Block(42, 15), Seen::Block(57, 27)];
        assert_eq!(seen, wanted);
    }

    fn length_of(seen: &[Seen]) -> u64 {
        let mut next = 0;
        for frame in seen {
            let (offset, length) = match *frame {
                Seen::Block(offset, length) | Seen::Cut(offset, length) => (offset, length as u64),
                Seen::Junk(offset, length) => (offset, length),
            };
            assert_eq!(offset, next, "frames stand one behind the other: {seen:?}");
            next += length;
        }
        next
    }

    proptest! {
        #[test]
        fn every_byte_comes_out_in_exactly_one_frame(
            bytes in prop::collection::vec(prop_oneof![Just(10_u8), Just(0), any::<u8>()], 0..600), chunk in 1_usize..700,
        ) {
            prop_assert_eq!(length_of(&frames(&bytes, chunk)), bytes.len() as u64);
        }

        #[test]
        fn damage_in_one_block_costs_no_other(
            plots in prop::collection::vec(1_u8..8, 6..12), hit in 1_usize..5,
            changes in prop::collection::vec((3_usize..100, any::<u8>()), 1..9), chunk in 1_usize..300,
        ) {
            // As in FORMAT.md: bytes after the length are changed.
            let blocks: Vec<Vec<u8>> = plots.iter().map(|&plots| block(plots)).collect();
            let mut damaged = blocks.clone();
            for (at, byte) in changes {
                if let Some(place) = damaged[hit].get_mut(at) {
                    *place = byte;
                }
            }
            prop_assert_eq!(frames(&damaged.concat(), chunk), frames(&blocks.concat(), 10_000));
        }
    }
}
