//! Who heard a sentence and when: from its tag block, from the line before it, or from what follows its checksum.

use arrayvec::ArrayString;

use crate::feed::nmea::{Group, TagBlock, decimal, hex_pair, unix_time};
use crate::units::EventTime;

/// The name of a receiving station; names longer than this are cut (IEC 61162-450 allows 15 characters).
pub type StationName = ArrayString<24>;

/// Who stated a time of reception. Their clocks differ, so times of different sources do not compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Clock {
    /// The tag block.
    TagBlock,
    /// The `$PGHP` line before the sentence.
    Proxy,
    /// What follows the checksum.
    Suffix,
}

/// What is known of the reception of one sentence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Hearing {
    /// The station that heard it.
    pub station: Option<StationName>,
    /// When it heard it.
    pub time: Option<EventTime>,
    /// By which clock.
    pub clock: Option<Clock>,
    /// The group that its tag block names.
    pub group: Option<Group>,
}

impl Hearing {
    pub(super) fn from_tag(tag: &TagBlock<'_>) -> Self {
        Self {
            station: tag.source.and_then(station_name),
            time: tag.time,
            clock: tag.time.map(|_| Clock::TagBlock),
            group: tag.group,
        }
    }

    /// Fills what is missing from `other`.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            station: self.station.or(other.station),
            time: self.time.or(other.time),
            clock: self.clock.or(other.clock),
            group: self.group.or(other.group),
        }
    }

    /// What stations of the US Coast Guard and MSSIS write behind the checksum: `,r003669987,1152921693`, where fields
    /// that begin with `r` or `b` name the station and a last field of 10 digits is Unix time.
    #[cold]
    pub(super) fn from_suffix(suffix: &[u8]) -> Self {
        let mut hearing = Self::default();
        let mut last = &[][..];
        for field in suffix.split(|&byte| byte == b',') {
            if let [b'r' | b'b', _, ..] = field {
                hearing.station = station_name(field);
            }
            last = field;
        }
        hearing.time = unix_time(last.trim_ascii());
        hearing.clock = hearing.time.map(|_| Clock::Suffix);
        hearing
    }
}

fn station_name(bytes: &[u8]) -> Option<StationName> {
    let shortened = bytes.get(..StationName::new().capacity()).unwrap_or(bytes);
    let text = std::str::from_utf8(shortened).ok().filter(|text| text.is_ascii())?;
    StationName::from(text).ok()
}

/// What a line announces for the sentence after it: a tag block on a line of its own, or a `$PGHP` sentence.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Herald {
    /// Something was announced: looked at before all else, as most feeds announce nothing.
    is_waiting: bool,
    hearing: Hearing,
    /// The checksum of the sentence that is meant, when told.
    checksum: Option<u8>,
}

impl Herald {
    /// Adds what a tag block on a line of its own says.
    pub(super) fn announce_tag(&mut self, tag: &TagBlock<'_>) {
        self.is_waiting = true;
        self.hearing = Hearing::from_tag(tag).or(self.hearing);
    }

    /// Adds what a `$PGHP` sentence of a base station proxy says, given without its checksum:
    /// `PGHP,1,2010,6,11,11,46,11,390,231,45,992190934,1,2B` is version, date and time with milliseconds, country,
    /// region, MMSI of the station, on-line flag, and the checksum of the sentence that follows.
    pub(super) fn announce_proxy(&mut self, body: &[u8]) {
        let mut fields = body.split(|&byte| byte == b',').skip(2);
        let mut number = |most: u64| fields.next().and_then(decimal).filter(|&value| value <= most).unwrap_or(u64::MAX);
        let (year, month, day) = (number(9999), number(12), number(31));
        let (hour, minute, second, millis) = (number(23), number(59), number(59), number(999));
        let time = if [year, month, day, hour, minute, second, millis].contains(&u64::MAX) {
            None
        } else {
            let small = |value: u64| value as u8;
            EventTime::from_utc(
                year as u16,
                small(month),
                small(day),
                small(hour),
                small(minute),
                small(second),
                millis as u16,
            )
        };
        let (_country, _region) = (fields.next(), fields.next());
        let station = fields.next().filter(|name| !name.is_empty()).and_then(station_name);
        let _on_line = fields.next();
        self.checksum = match fields.next() {
            Some(&[high, low]) => hex_pair(high, low),
            _ => None,
        };
        self.is_waiting = true;
        self.hearing = Hearing { station, time, clock: time.map(|_| Clock::Proxy), group: None }.or(self.hearing);
    }

    /// Takes what was announced for a sentence with this checksum. `single`: it is a whole message; for the first of
    /// several parts the proxies give the checksum of something else, so it is not compared.
    #[inline]
    pub(super) fn take(&mut self, checksum: u8, single: bool) -> Hearing {
        if !self.is_waiting {
            return Hearing::default();
        }
        let herald = std::mem::take(self);
        match herald.checksum {
            Some(meant) if single && meant != checksum => Hearing::default(),
            _ => herald.hearing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_line_gives_time_and_station_to_the_sentence_it_means() {
        let mut herald = Herald::default();
        let line = b"PGHP,1,2010,6,11,11,46,11,390,231,45,992190934,1,2B";
        herald.announce_proxy(line);
        let hearing = herald.take(0x2b, true);
        assert_eq!(hearing.station.unwrap().as_str(), "992190934");
        assert_eq!(hearing.time.unwrap().to_string(), "2010-06-11T11:46:11.390Z");
        assert_eq!(herald.take(0x2b, true), Hearing::default(), "taken once");
        herald.announce_proxy(line);
        assert_eq!(herald.take(0x2c, true), Hearing::default(), "meant for another sentence");
        herald.announce_proxy(b"PGHP,1,2010,6,31,,46,11,390,231,45,,1,");
        assert_eq!(herald.take(0, true), Hearing::default());
        herald.announce_proxy(b"PGHP");
        assert_eq!(herald.take(0, true), Hearing::default());
    }

    #[test]
    fn station_and_time_behind_the_checksum_are_read() {
        let hearing = Hearing::from_suffix(b",d-093,S2212,t235959.00,T59.00339837,r09STOL1,1272844797");
        assert_eq!(hearing.station.unwrap().as_str(), "r09STOL1");
        assert_eq!(hearing.time, Some(EventTime::from_seconds(1_272_844_797)));
        assert_eq!(Hearing::from_suffix(b",1412524603").time, Some(EventTime::from_seconds(1_412_524_603)));
        assert_eq!(Hearing::from_suffix(b"garbage"), Hearing::default());
    }
}
