//! The fields of a VDM or VDO sentence (IEC 61162-1 section 8.3.80): `AIVDM,2,1,3,B,payload,0`.

use memchr::memchr;

use super::Refusal;
use crate::feed::nmea::decimal;

/// The most parts of one message.
pub(super) const PARTS_MAX: u8 = 9;

/// One VDM (heard from others) or VDO (own station) sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sentence<'a> {
    /// Two letters that say what kind of device sent it: `AI`, `BS`, `AB`.
    pub talker: [u8; 2],
    /// VDO: of the own station.
    pub own_ship: bool,
    /// Parts of the message, 1 to 9.
    pub count: u8,
    /// Number of this part, from 1.
    pub number: u8,
    /// Number that the parts of one message have in common, 0 to 9 as a rule.
    pub sequence: Option<u8>,
    /// Radio channel as sent: `A`, `B`, `1`, `2`; `None` when empty.
    pub channel: Option<u8>,
    /// Six-bit characters.
    pub payload: &'a [u8],
    /// Bits at the end of the payload that are no data, 0 to 5.
    pub fill_bits: u8,
}

/// What the body of a sentence turns out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parsed<'a> {
    /// VDM or VDO.
    Ais(Sentence<'a>),
    /// VDM or VDO with fields that cannot be.
    Refused(Refusal),
    /// Another sentence.
    Other,
}

/// Reads what stands between `!` and `*`.
#[inline]
pub fn parse(body: &[u8]) -> Parsed<'_> {
    let [first, second, b'V', b'D', kind @ (b'M' | b'O'), b',', fields @ ..] = body else {
        return Parsed::Other;
    };
    let known = |letter: &u8| letter.is_ascii_uppercase() || letter.is_ascii_digit();
    if !known(first) || !known(second) {
        return Parsed::Refused(Refusal::Talker);
    }
    match parse_fields([*first, *second], *kind == b'O', fields) {
        Ok(sentence) => Parsed::Ais(sentence),
        Err(refusal) => Parsed::Refused(refusal),
    }
}

#[inline]
fn parse_fields(talker: [u8; 2], own_ship: bool, fields: &[u8]) -> Result<Sentence<'_>, Refusal> {
    // By far the commonest beginning, read without looking for commas.
    let (count, number, sequence, channel, rest) = match fields {
        [b'1', b',', b'1', b',', b',', channel, b',', rest @ ..] if *channel != b',' => {
            (1, 1, None, Some(*channel), rest)
        }
        _ => parse_numbers(fields)?,
    };
    let comma = memchr(b',', rest).ok_or(Refusal::Fields)?;
    let (payload, fill) = rest.split_at(comma);
    let fill_bits = match fill {
        [b',', digit @ b'0'..=b'5'] => digit - b'0',
        [b','] => 0,
        [b',', b'0'..=b'9'] => return Err(Refusal::FillBits),
        _ => return Err(Refusal::Fields),
    };
    if payload.is_empty() {
        return Err(Refusal::EmptyPayload);
    }
    Ok(Sentence { talker, own_ship, count, number, sequence, channel, payload, fill_bits })
}

type Numbers<'a> = (u8, u8, Option<u8>, Option<u8>, &'a [u8]);

fn parse_numbers(fields: &[u8]) -> Result<Numbers<'_>, Refusal> {
    let mut parts = fields.splitn(5, |&byte| byte == b',');
    let mut field = || parts.next().ok_or(Refusal::Fields);
    let number = |digits: &[u8]| decimal(digits).ok_or(Refusal::Fields);
    let (count, part) = (number(field()?)?, number(field()?)?);
    let sequence = match field()? {
        [] => None,
        digits => Some(u8::try_from(number(digits)?).map_err(|_| Refusal::Fields)?),
    };
    let channel = match *field()? {
        [] => None,
        [channel] => Some(channel),
        _ => return Err(Refusal::Fields),
    };
    let rest = field()?;
    if count == 0 || part == 0 || part > count || count > u64::from(PARTS_MAX) {
        return Err(Refusal::PartNumbers);
    }
    Ok((count as u8, part as u8, sequence, channel, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_read_and_the_impossible_is_named() {
        let Parsed::Ais(got) = parse(b"BSVDO,2,1,10,B,53abc,2") else { panic!("refused") };
        assert_eq!((got.talker, got.own_ship, got.count, got.number), (*b"BS", true, 2, 1));
        assert_eq!((got.sequence, got.channel, got.payload, got.fill_bits), (Some(10), Some(b'B'), &b"53abc"[..], 2));
        for (body, expected) in [
            (&b"GPRMC,1"[..], Parsed::Other),
            (b"AIVDM", Parsed::Other),
            (b"--VDM,1,1,,A,8,0", Parsed::Refused(Refusal::Talker)),
            (b"AIVDM,", Parsed::Refused(Refusal::Fields)),
            (b"AIVDM,1,1,,A,8", Parsed::Refused(Refusal::Fields)),
            (b"AIVDM,1,1,,A,8,0,0", Parsed::Refused(Refusal::Fields)),
            (b"AIVDM,1,x,,A,8,0", Parsed::Refused(Refusal::Fields)),
            (b"AIVDM,1,1,,A,8,7", Parsed::Refused(Refusal::FillBits)),
            (b"AIVDM,0,1,,A,8,0", Parsed::Refused(Refusal::PartNumbers)),
            (b"AIVDM,2,3,1,A,8,0", Parsed::Refused(Refusal::PartNumbers)),
            (b"AIVDM,99999999999999999999,1,,A,8,0", Parsed::Refused(Refusal::Fields)),
            (b"AIVDM,1,1,,A,,0", Parsed::Refused(Refusal::EmptyPayload)),
        ] {
            assert_eq!(parse(body), expected, "{}", String::from_utf8_lossy(body));
        }
    }
}
