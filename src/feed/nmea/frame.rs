//! Cutting a line into sentences.
//!
//! One line holds one sentence as a rule, with a tag block before it and a suffix behind its checksum. On the wire lines
//! lose their end or are cut short, so a line may hold several sentences or the stump of one before a sound one. Rules:
//! a sentence starts at the last `!` or `$` before its `*`; a backslash inside it means that it was cut and a tag block
//! follows; a stump is given as [`Piece::Cut`], so that nothing vanishes.

use memchr::{memchr, memchr3, memchr3_iter, memrchr};

use super::hex_pair;

/// One sentence as framed; its checksum is stated but not yet compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Framed<'a> {
    /// What stands between the backslashes before the sentence.
    pub tag: Option<&'a [u8]>,
    /// `!` or `$`.
    pub start: u8,
    /// What the checksum covers: from after `start` to before `*`.
    pub body: &'a [u8],
    /// The checksum as stated.
    pub stated: u8,
    /// What follows the checksum; some receivers write station and time there.
    pub suffix: &'a [u8],
}

/// A part of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A whole sentence.
    Sentence(Framed<'a>),
    /// The beginning of a sentence without its checksum.
    Cut(&'a [u8]),
    /// A tag block on a line of its own: what stands between the backslashes.
    TagAlone(&'a [u8]),
    /// Neither: a comment, a banner, or damage.
    Text(&'a [u8]),
}

/// The parts of one line, in order. A line of blanks has none.
pub fn pieces(line: &[u8]) -> Pieces<'_> {
    Pieces { rest: line.trim_ascii() }
}

/// Iterator over the [`Piece`]s of a line.
#[derive(Clone, Debug)]
pub struct Pieces<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    #[inline]
    fn next(&mut self) -> Option<Piece<'a>> {
        let rest = self.rest;
        if rest.is_empty() {
            return None;
        }
        let mut start = None;
        for at in memchr3_iter(b'!', b'$', b'*', rest) {
            let is_star = rest.get(at) == Some(&b'*');
            match (start, is_star) {
                (None, true) => {} // the checksum of a tag block
                (None, false) => start = Some(at),
                (Some(from), _) => {
                    let tag_at = rest.get(from..at).and_then(|inner| memchr(b'\\', inner)).map(|offset| from + offset);
                    return match (tag_at, is_star) {
                        (Some(cut), _) => Some(self.cut_at(cut)),
                        (None, false) => Some(self.cut_at(at)),
                        (None, true) => Some(self.sentence(from, at)),
                    };
                }
            }
        }
        self.rest = &[];
        Some(match (start, rest) {
            (Some(_), _) => Piece::Cut(rest),
            (None, [b'\\', content @ .., b'\\']) => Piece::TagAlone(content),
            _ => Piece::Text(rest),
        })
    }
}

impl<'a> Pieces<'a> {
    fn cut_at(&mut self, at: usize) -> Piece<'a> {
        let (cut, rest) = self.rest.split_at(at);
        self.rest = rest;
        Piece::Cut(cut)
    }

    /// The sentence that starts at `from` and whose `*` stands at `star`.
    #[inline]
    fn sentence(&mut self, from: usize, star: usize) -> Piece<'a> {
        let (before, behind) = self.rest.split_at(star);
        let stated = match behind {
            [_, high, low, ..] => hex_pair(*high, *low),
            _ => None,
        };
        let Some(stated) = stated else {
            // Cut inside the checksum.
            let next = memchr3(b'\\', b'!', b'$', behind).map_or(self.rest.len(), |offset| star + offset);
            return self.cut_at(next);
        };
        let after = behind.get(3..).unwrap_or_default();
        let (suffix, rest) = match memchr3(b'\\', b'!', b'$', after) {
            Some(next) => after.split_at(next),
            None => (after, &[][..]),
        };
        self.rest = rest;
        let (prefix, sentence) = before.split_at(from);
        let (start, body) = sentence.split_first().map_or((0, &[][..]), |(&start, body)| (start, body));
        Piece::Sentence(Framed { tag: tag_before(prefix), start, body, stated, suffix })
    }
}

/// The content of the tag block at the end of `prefix`.
#[inline]
fn tag_before(prefix: &[u8]) -> Option<&[u8]> {
    let (&last, inner) = prefix.split_last()?;
    if last != b'\\' {
        return None;
    }
    let open = memrchr(b'\\', inner)?;
    inner.get(open + 1..)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(line: &[u8]) -> Vec<String> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        pieces(line)
            .map(|piece| match piece {
                Piece::Sentence(s) => format!(
                    "{}{}{}*{:02X}{}",
                    s.tag.map(|tag| format!("[{}]", text(tag))).unwrap_or_default(),
                    s.start as char,
                    text(s.body),
                    s.stated,
                    text(s.suffix)
                ),
                Piece::Cut(cut) => format!("cut {}", text(cut)),
                Piece::TagAlone(tag) => format!("tag {}", text(tag)),
                Piece::Text(line) => format!("text {}", text(line)),
            })
            .collect()
    }

    #[test]
    fn a_line_gives_its_tag_block_sentence_and_suffix() {
        assert_eq!(show(b"\\s:a,c:1*48\\!AIVDM,1*04,r0036,1152\r\n"), ["[s:a,c:1*48]!AIVDM,1*04,r0036,1152"]);
        assert_eq!(show(b"$GPZDA,1*0a"), ["$GPZDA,1*0A"]);
        assert_eq!(show(b"\\si:AISD*3F\\"), ["tag si:AISD*3F"]);
        assert_eq!(show(b"# note"), ["text # note"]);
        assert_eq!(show(b" \r\n"), Vec::<String>::new());
        assert_eq!(show(b"# !AIVDM,1*04"), ["!AIVDM,1*04"]);
    }

    #[test]
    fn lines_that_ran_together_give_each_sentence_and_each_stump() {
        assert_eq!(show(b"!AIV,1!AIVDM,2*04"), ["cut !AIV,1", "!AIVDM,2*04"]);
        assert_eq!(show(b"!A*01\\s:a*2\\!B*02"), ["!A*01", "[s:a*2]!B*02"]);
        assert_eq!(show(b"!A,169\\s:a*22\\!B*02"), ["cut !A,169", "[s:a*22]!B*02"]);
        assert_eq!(show(b"!A,0*1!B*02"), ["cut !A,0*1", "!B*02"]);
        assert_eq!(show(b"\\c:17*46*7E\\!B*02"), ["[c:17*46*7E]!B*02"]);
        assert_eq!(show(b"!A*01!B"), ["!A*01", "cut !B"]);
        assert_eq!(show(b"!A*"), ["cut !A*"]);
        assert_eq!(show(b"!A*4"), ["cut !A*4"]);
    }
}
