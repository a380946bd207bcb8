//! The count that every decoder keeps: what was received, accepted, and refused for which reason.
//!
//! The sum must always come out: received = accepted + refused, by reason. A refusal is never only a number: the first
//! examples of each reason are kept with their place and a short excerpt, so that an operator can look. Fixed size: a feed
//! that is nothing but damage takes no more memory than a sound one.

use std::fmt;
use std::marker::PhantomData;

use arrayvec::{ArrayString, ArrayVec};

/// The reasons for which one decoder refuses input: a plain enum, listed once.
pub trait Reason: Copy + Eq + fmt::Debug + 'static {
    /// Every reason, in declaration order.
    const ALL: &'static [Self];

    /// The name used in summaries and metrics: `bad_checksum`.
    fn as_str(self) -> &'static str;

    /// What the reason means and what an operator can do about it, in one sentence.
    fn help(self) -> &'static str {
        ""
    }
}

/// Where in its feed a record stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum Place {
    /// Line of a text feed, counted from 1.
    Line(u64),
    /// Byte offset in a binary feed, counted from 0.
    Byte(u64),
    /// Packet of a network capture, counted from 1.
    Packet(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(number) => write!(f, "line {number}"),
            Self::Byte(offset) => write!(f, "byte {offset}"),
            Self::Packet(number) => write!(f, "packet {number}"),
        }
    }
}

/// One refused record: why, where, and how it began.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Example<R> {
    /// Why it was refused.
    pub reason: R,
    /// Where it stood.
    pub place: Place,
    /// Its first bytes: text as it is (what is not printable as `.`), binary as hexadecimal.
    pub excerpt: Excerpt,
}

/// The beginning of a refused record, without allocation.
pub type Excerpt = ArrayString<EXCERPT_MAX>;

/// Bytes of text in an [`Excerpt`].
pub const EXCERPT_MAX: usize = 64;

/// How many examples of one reason are kept.
pub const EXAMPLES_PER_REASON: usize = 3;

/// How many examples are kept in all.
pub const EXAMPLES_MAX: usize = 24;

/// Counts of one decoder. `N` is at least the number of reasons of `R`.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Tally<R, const N: usize> {
    received: u64,
    accepted: u64,
    #[serde(with = "crate::units::saved_array")]
    refused: [u64; N],
    examples: ArrayVec<Example<R>, EXAMPLES_MAX>,
    last_refused: Option<R>,
    reasons: PhantomData<R>,
}

impl<R: Reason, const N: usize> Default for Tally<R, N> {
    fn default() -> Self {
        const { assert!(R::ALL.len() <= N, "a tally has a counter for every reason") };
        Self {
            received: 0,
            accepted: 0,
            refused: [0; N],
            examples: ArrayVec::new(),
            last_refused: None,
            reasons: PhantomData,
        }
    }
}

impl<R: Reason, const N: usize> Tally<R, N> {
    /// Counts a record taken up, before anything is known of it.
    pub fn receive(&mut self) {
        self.received += 1;
    }

    /// Counts a record that could be read.
    pub fn accept(&mut self) {
        self.accepted += 1;
    }

    /// Counts several records that make one whole and could be read together.
    pub fn accept_many(&mut self, records: u64) {
        self.accepted += records;
    }

    /// Counts a record of text that was refused.
    pub fn refuse_text(&mut self, reason: R, place: Place, record: &[u8]) {
        if self.count(reason) {
            self.examples.push(Example { reason, place, excerpt: text_excerpt(record) });
        }
    }

    /// Counts a binary record that was refused.
    pub fn refuse_bytes(&mut self, reason: R, place: Place, record: &[u8]) {
        if self.count(reason) {
            self.examples.push(Example { reason, place, excerpt: hex_excerpt(record) });
        }
    }

    /// Records taken up.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Records that could be read.
    pub fn accepted(&self) -> u64 {
        self.accepted
    }

    /// Records refused for `reason`.
    pub fn refused(&self, reason: R) -> u64 {
        Self::slot(reason).and_then(|slot| self.refused.get(slot)).copied().unwrap_or(0)
    }

    /// Records refused for any reason.
    pub fn refused_total(&self) -> u64 {
        self.refused.iter().sum()
    }

    /// Why the latest refused record was refused.
    pub fn last_refused(&self) -> Option<R> {
        self.last_refused
    }

    /// The reasons that occurred with their counts, in declaration order.
    pub fn by_reason(&self) -> impl Iterator<Item = (R, u64)> + '_ {
        R::ALL.iter().zip(self.refused).filter(|&(_, count)| count > 0).map(|(&reason, count)| (reason, count))
    }

    /// The first examples of each reason, in order of arrival.
    pub fn examples(&self) -> &[Example<R>] {
        &self.examples
    }

    /// Whether received = accepted + refused. False only by a fault of ours.
    pub fn adds_up(&self) -> bool {
        self.received == self.accepted + self.refused_total()
    }

    /// Adds the counts of `other`, and its examples while there is room.
    pub fn absorb(&mut self, other: &Self) {
        self.received += other.received;
        self.accepted += other.accepted;
        for (mine, theirs) in self.refused.iter_mut().zip(other.refused) {
            *mine += theirs;
        }
        for example in &other.examples {
            if self.has_room(example.reason) {
                self.examples.push(example.clone());
            }
        }
    }

    /// Counts, and says whether an example of this reason is still wanted.
    fn count(&mut self, reason: R) -> bool {
        self.last_refused = Some(reason);
        if let Some(counter) = Self::slot(reason).and_then(|slot| self.refused.get_mut(slot)) {
            *counter += 1;
        }
        self.has_room(reason)
    }

    fn has_room(&self, reason: R) -> bool {
        !self.examples.is_full()
            && self.examples.iter().filter(|example| example.reason == reason).count() < EXAMPLES_PER_REASON
    }

    fn slot(reason: R) -> Option<usize> {
        R::ALL.iter().position(|&listed| listed == reason)
    }
}

/// The beginning of a text record; what is not printable ASCII becomes `.`.
pub fn text_excerpt(record: &[u8]) -> Excerpt {
    let mut excerpt = Excerpt::new();
    for &byte in record.iter().take(EXCERPT_MAX) {
        let shown = if (b' '..=b'~').contains(&byte) { byte as char } else { '.' };
        // Cannot overflow: one ASCII character a byte, no more than fit.
        let _ = excerpt.try_push(shown);
    }
    excerpt
}

/// The beginning of a binary record in hexadecimal.
pub fn hex_excerpt(record: &[u8]) -> Excerpt {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('?');
    let mut excerpt = Excerpt::new();
    for &byte in record.iter().take(EXCERPT_MAX / 2) {
        let _ = excerpt.try_push(digit(byte >> 4));
        let _ = excerpt.try_push(digit(byte & 15));
    }
    excerpt
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Fault {
        Short,
        Long,
    }

    impl Reason for Fault {
        const ALL: &'static [Self] = &[Self::Short, Self::Long];

        fn as_str(self) -> &'static str {
            match self {
                Self::Short => "short",
                Self::Long => "long",
            }
        }
    }

    #[test]
    fn a_flood_of_one_fault_leaves_room_for_examples_of_another() {
        let mut tally = Tally::<Fault, 2>::default();
        for line in 1..=1000 {
            tally.receive();
            tally.refuse_text(Fault::Short, Place::Line(line), b"!AIVDM\x01\xff");
        }
        tally.receive();
        tally.refuse_bytes(Fault::Long, Place::Byte(77), &[0x0a; 100]);
        tally.receive();
        tally.accept();
        assert!(tally.adds_up());
        assert_eq!((tally.received(), tally.accepted(), tally.refused_total()), (1002, 1, 1001));
        assert_eq!(tally.by_reason().collect::<Vec<_>>(), [(Fault::Short, 1000), (Fault::Long, 1)]);
        assert_eq!(tally.examples().len(), EXAMPLES_PER_REASON + 1);
        assert_eq!(tally.examples()[0].excerpt.as_str(), "!AIVDM..");
        assert_eq!(tally.examples()[3].excerpt.len(), EXCERPT_MAX);
        assert_eq!(tally.examples()[3].place.to_string(), "byte 77");
    }

    #[test]
    fn two_tallies_add_up_to_one() {
        let mut one = Tally::<Fault, 2>::default();
        one.receive();
        one.refuse_text(Fault::Long, Place::Line(3), b"x");
        let mut both = one.clone();
        both.absorb(&one);
        assert_eq!((both.received(), both.refused(Fault::Long), both.examples().len()), (2, 2, 2));
        assert!(both.adds_up());
    }
}
