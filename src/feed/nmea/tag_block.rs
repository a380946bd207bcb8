//! Tag blocks: what a receiving station writes before a sentence, `\s:station,c:1776438400057*48\`.

use super::{checksum, decimal, hex_pair};
use crate::units::EventTime;

/// The values of a tag block with a right checksum. What is not here was not given, or not readable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TagBlock<'a> {
    /// `s`: the source, that is the station that received.
    pub source: Option<&'a [u8]>,
    /// `c`: when it received; given in seconds (10 digits) or milliseconds (13 digits) since 1970.
    pub time: Option<EventTime>,
    /// `g`: which part of which group of sentences.
    pub group: Option<Group>,
    /// `t`: free text.
    pub text: Option<&'a [u8]>,
    /// A `c` was given but is neither 10 nor 13 digits.
    pub time_unreadable: bool,
}

/// Grouping of sentences: `g:1-2-9999` is the first of two of group 9999. The number need not be unique in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Group {
    /// Number of this sentence, from 1.
    pub number: u8,
    /// Sentences in the group.
    pub count: u8,
    /// Name of the group.
    pub id: u32,
}

/// Why the values of a tag block are not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagFault {
    /// It has no checksum.
    NoChecksum,
    /// Its checksum is wrong.
    Checksum,
}

impl<'a> TagBlock<'a> {
    /// Reads what stands between the backslashes: `s:ais1,c:1776438400057*48`.
    ///
    /// # Errors
    /// [`TagFault`] when the checksum is missing or wrong: then no value can be trusted.
    pub fn parse(content: &'a [u8]) -> Result<Self, TagFault> {
        let &[ref fields @ .., b'*', high, low] = content else { return Err(TagFault::NoChecksum) };
        let stated = hex_pair(high, low).ok_or(TagFault::NoChecksum)?;
        if stated != checksum(fields) {
            return Err(TagFault::Checksum);
        }
        let mut block = Self::default();
        for field in fields.split(|&byte| byte == b',') {
            match field {
                [b's', b':', source @ ..] if !source.is_empty() => block.source = Some(source),
                [b'c', b':', digits @ ..] => match unix_time(digits) {
                    Some(time) => block.time = Some(time),
                    None => block.time_unreadable = true,
                },
                [b'g', b':', group @ ..] => block.group = Group::parse(group),
                [b't', b':', text @ ..] => block.text = Some(text),
                _ => {}
            }
        }
        Ok(block)
    }
}

impl Group {
    fn parse(text: &[u8]) -> Option<Self> {
        let mut parts = text.split(|&byte| byte == b'-').map(decimal);
        let (number, count, id) = (parts.next()??, parts.next()??, parts.next()??);
        if parts.next().is_some() {
            return None;
        }
        let group =
            Self { number: u8::try_from(number).ok()?, count: u8::try_from(count).ok()?, id: u32::try_from(id).ok()? };
        (1..=group.count).contains(&group.number).then_some(group)
    }
}

/// Unix time of 10 digits (seconds) or 13 digits (milliseconds).
pub(crate) fn unix_time(digits: &[u8]) -> Option<EventTime> {
    let value = i64::try_from(decimal(digits)?).ok()?;
    match digits.len() {
        10 => Some(EventTime::from_seconds(value)),
        13 => Some(EventTime::from_millis(value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn station_time_and_group_are_read_in_seconds_and_milliseconds() {
        let block = TagBlock::parse(b"g:1-2-97,s:ais1,c:1776438400801*3F").unwrap();
        assert_eq!(block.source, Some(&b"ais1"[..]));
        assert_eq!(block.time, Some(EventTime::from_millis(1_776_438_400_801)));
        assert_eq!(block.group, Some(Group { number: 1, count: 2, id: 97 }));
        let block = TagBlock::parse(b"c:1565218798*53").unwrap();
        assert_eq!(block.time, Some(EventTime::from_seconds(1_565_218_798)));
    }

    #[test]
    fn a_wrong_or_missing_checksum_takes_all_values_away() {
        assert_eq!(TagBlock::parse(b"g:1-2-9999,c:1565218798*53"), Err(TagFault::Checksum));
        assert_eq!(TagBlock::parse(b"c:1565218798"), Err(TagFault::NoChecksum));
        assert_eq!(TagBlock::parse(b"c:1565218798*5"), Err(TagFault::NoChecksum));
        assert_eq!(TagBlock::parse(b""), Err(TagFault::NoChecksum));
    }

    #[test]
    fn a_time_of_other_length_is_named_unreadable() {
        let content = format!("c:15652187*{:02X}", checksum(b"c:15652187"));
        let block = TagBlock::parse(content.as_bytes()).unwrap();
        assert!(block.time.is_none() && block.time_unreadable);
    }
}
