//! Messages that carry a position: 1, 2, 3, 4, 9, 11, 18, 19, 21 and 27.
//!
//! Each field stands on one line with its bit offset in ITU-R M.1371-5 annex 8. A field that a short message does not
//! reach has its "not available" value.

use arrayvec::ArrayString;

use crate::feed::observation::{Dimensions, Text20};

use super::bits::Bits;
use super::quantity::{
    CoarsePosition, Course, FixSecond, Heading, Position, RateOfTurn, Speed, UtcStamp, WholeKnots, dimensions,
};

/// Position report of a class A ship: messages 1, 2 and 3 (table 48).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassAPosition {
    /// Navigational status, 0 to 15; 15 not defined.
    pub nav_status: u8,
    /// Rate of turn.
    pub rate_of_turn: RateOfTurn,
    /// Speed over ground.
    pub sog: Speed,
    /// Better than 10 m is claimed.
    pub accurate: bool,
    /// Position.
    pub position: Position,
    /// Course over ground.
    pub cog: Course,
    /// True heading.
    pub heading: Heading,
    /// UTC second of the fix.
    pub second: FixSecond,
    /// Special manoeuvre indicator: 0 not available, 1 not engaged, 2 engaged.
    pub manoeuvre: u8,
    /// Integrity monitoring in use.
    pub raim: bool,
    /// Communication state, 19 bits.
    pub radio: u32,
}

impl ClassAPosition {
    #[inline(always)]
    pub(super) fn read(bits: Bits<'_>) -> Self {
        Self {
            nav_status: bits.unsigned_or(38, 4, 15) as u8,
            rate_of_turn: RateOfTurn(bits.signed_or(42, 8, -128) as i8),
            sog: Speed::read(bits, 50),
            accurate: bits.flag(60),
            position: Position::read(bits, 61),
            cog: Course::read(bits, 116),
            heading: Heading::read(bits, 128),
            second: FixSecond::read(bits, 137),
            manoeuvre: bits.small(143, 2),
            raim: bits.flag(148),
            radio: bits.unsigned_or(149, 19, 0),
        }
    }
}

/// Report of a base station, and answer to an inquiry for UTC: messages 4 and 11 (table 51).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BaseStation {
    /// Date and time.
    pub utc: UtcStamp,
    /// Better than 10 m is claimed.
    pub accurate: bool,
    /// Position.
    pub position: Position,
    /// Type of position fixing device, 0 to 15.
    pub epfd: u8,
    /// Integrity monitoring in use.
    pub raim: bool,
    /// Communication state, 19 bits.
    pub radio: u32,
}

impl BaseStation {
    pub(super) fn read(bits: Bits<'_>) -> Self {
        Self {
            utc: UtcStamp {
                year: bits.unsigned_or(38, 14, 0) as u16,
                month: bits.small(52, 4),
                day: bits.small(56, 5),
                hour: bits.unsigned_or(61, 5, 24) as u8,
                minute: bits.unsigned_or(66, 6, 60) as u8,
                second: bits.unsigned_or(72, 6, 60) as u8,
            },
            accurate: bits.flag(78),
            position: Position::read(bits, 79),
            epfd: bits.small(134, 4),
            raim: bits.flag(148),
            radio: bits.unsigned_or(149, 19, 0),
        }
    }
}

/// Report of an aircraft in search and rescue: message 9 (table 57).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SarAircraft {
    /// Altitude in metres; 4094 means that or more, 4095 not available.
    pub altitude: u16,
    /// Speed over ground in whole knots; 1022 means that or more.
    pub sog: WholeKnots,
    /// Better than 10 m is claimed.
    pub accurate: bool,
    /// Position.
    pub position: Position,
    /// Course over ground.
    pub cog: Course,
    /// UTC second of the fix.
    pub second: FixSecond,
    /// The altitude is barometric, not from GNSS.
    pub barometric: bool,
    /// No data terminal is ready.
    pub dte_unavailable: bool,
    /// Reports in assigned mode.
    pub assigned: bool,
    /// Integrity monitoring in use.
    pub raim: bool,
    /// Communication state with its selector, 20 bits.
    pub radio: u32,
}

impl SarAircraft {
    pub(super) fn read(bits: Bits<'_>) -> Self {
        Self {
            altitude: bits.unsigned_or(38, 12, 4095) as u16,
            sog: WholeKnots { raw: bits.unsigned_or(50, 10, 1023) as u16, not_available: 1023 },
            accurate: bits.flag(60),
            position: Position::read(bits, 61),
            cog: Course::read(bits, 116),
            second: FixSecond::read(bits, 128),
            barometric: bits.flag(134),
            dte_unavailable: bits.unsigned_or(142, 1, 1) == 1,
            assigned: bits.flag(146),
            raim: bits.flag(147),
            radio: bits.unsigned_or(148, 20, 0),
        }
    }

    /// Altitude in metres.
    pub fn altitude_m(&self) -> Option<f64> {
        (self.altitude < 4095).then(|| f64::from(self.altitude))
    }
}

/// Position report of a class B ship: message 18 (table 67).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassBPosition {
    /// Speed over ground.
    pub sog: Speed,
    /// Better than 10 m is claimed.
    pub accurate: bool,
    /// Position.
    pub position: Position,
    /// Course over ground.
    pub cog: Course,
    /// True heading.
    pub heading: Heading,
    /// UTC second of the fix.
    pub second: FixSecond,
    /// Carrier sense unit (`false`: self-organising).
    pub carrier_sense: bool,
    /// Has a display.
    pub display: bool,
    /// Has digital selective calling.
    pub dsc: bool,
    /// Works over the whole marine band.
    pub whole_band: bool,
    /// Obeys message 22.
    pub message_22: bool,
    /// Reports in assigned mode.
    pub assigned: bool,
    /// Integrity monitoring in use.
    pub raim: bool,
    /// Communication state with its selector, 20 bits.
    pub radio: u32,
}

impl ClassBPosition {
    #[inline(always)]
    pub(super) fn read(bits: Bits<'_>) -> Self {
        Self {
            sog: Speed::read(bits, 46),
            accurate: bits.flag(56),
            position: Position::read(bits, 57),
            cog: Course::read(bits, 112),
            heading: Heading::read(bits, 124),
            second: FixSecond::read(bits, 133),
            carrier_sense: bits.flag(141),
            display: bits.flag(142),
            dsc: bits.flag(143),
            whole_band: bits.flag(144),
            message_22: bits.flag(145),
            assigned: bits.flag(146),
            raim: bits.flag(147),
            radio: bits.unsigned_or(148, 20, 0),
        }
    }
}

/// Extended report of a class B ship, position and static data in one: message 19 (table 68).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassBExtended {
    /// Speed over ground.
    pub sog: Speed,
    /// Better than 10 m is claimed.
    pub accurate: bool,
    /// Position.
    pub position: Position,
    /// Course over ground.
    pub cog: Course,
    /// True heading.
    pub heading: Heading,
    /// UTC second of the fix.
    pub second: FixSecond,
    /// Name; empty when not available.
    pub name: Text20,
    /// Type of ship and cargo; 0 not available.
    pub ship_type: u8,
    /// Size about the antenna.
    pub dimensions: Dimensions,
    /// Type of position fixing device, 0 to 15.
    pub epfd: u8,
    /// Integrity monitoring in use.
    pub raim: bool,
    /// No data terminal is ready.
    pub dte_unavailable: bool,
    /// Reports in assigned mode.
    pub assigned: bool,
}

impl ClassBExtended {
    pub(super) fn read(bits: Bits<'_>) -> Self {
        Self {
            sog: Speed::read(bits, 46),
            accurate: bits.flag(56),
            position: Position::read(bits, 57),
            cog: Course::read(bits, 112),
            heading: Heading::read(bits, 124),
            second: FixSecond::read(bits, 133),
            name: bits.fixed_text(143),
            ship_type: bits.small(263, 8),
            dimensions: dimensions(bits, 271),
            epfd: bits.small(301, 4),
            raim: bits.flag(305),
            dte_unavailable: bits.unsigned_or(306, 1, 1) == 1,
            assigned: bits.flag(307),
        }
    }
}

/// Report of an aid to navigation: message 21 (table 70).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AidToNavigation {
    /// Kind of aid, 0 to 31 (table 71).
    pub aid_type: u8,
    /// Name with its extension of up to 14 characters; empty when not available.
    pub name: ArrayString<34>,
    /// Better than 10 m is claimed.
    pub accurate: bool,
    /// Position.
    pub position: Position,
    /// Size about the position.
    pub dimensions: Dimensions,
    /// Type of position fixing device, 0 to 15.
    pub epfd: u8,
    /// UTC second of the fix.
    pub second: FixSecond,
    /// The floating aid is off its place (valid when the second is 0 to 59).
    pub off_position: bool,
    /// Status bits of the authority.
    pub status: u8,
    /// Integrity monitoring in use.
    pub raim: bool,
    /// Only broadcast: nothing is there.
    pub virtual_aid: bool,
    /// Reports in assigned mode.
    pub assigned: bool,
}

impl AidToNavigation {
    pub(super) fn read(bits: Bits<'_>) -> Self {
        Self {
            aid_type: bits.small(38, 5),
            name: aid_name(bits),
            accurate: bits.flag(163),
            position: Position::read(bits, 164),
            dimensions: dimensions(bits, 219),
            epfd: bits.small(249, 4),
            second: FixSecond::read(bits, 253),
            off_position: bits.flag(259),
            status: bits.small(260, 8),
            raim: bits.flag(268),
            virtual_aid: bits.flag(269),
            assigned: bits.flag(270),
        }
    }
}

/// Twenty characters at bit 43, and when all are used, up to fourteen more at bit 272.
fn aid_name(bits: Bits<'_>) -> ArrayString<34> {
    let mut name = ArrayString::new();
    let places = (0..20).map(|index| 43 + index * 6).chain((0..14).map(|index| 272 + index * 6));
    for place in places {
        match bits.unsigned(place, 6) {
            None | Some(0) => break,
            Some(code) => name.push(char::from(super::text::character(code))),
        }
    }
    name.truncate(name.trim_end_matches(' ').len());
    name
}

/// Long-range report: message 27 (table 77). Coarse, so not to be used while a full report of the same ship is fresh.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LongRange {
    /// Better than 10 m is claimed (of the fix, not of the coarse number).
    pub accurate: bool,
    /// Integrity monitoring in use.
    pub raim: bool,
    /// Navigational status, 0 to 15; 15 not defined.
    pub nav_status: u8,
    /// Position in 1/10 minute.
    pub position: CoarsePosition,
    /// Speed over ground in whole knots; 63 not available.
    pub sog: WholeKnots,
    /// Course over ground in whole degrees; 511 not available.
    pub cog: u16,
    /// The position is older than 5 seconds.
    pub latent: bool,
}

impl LongRange {
    pub(super) fn read(bits: Bits<'_>) -> Self {
        Self {
            accurate: bits.flag(38),
            raim: bits.flag(39),
            nav_status: bits.unsigned_or(40, 4, 15) as u8,
            position: CoarsePosition::read(bits, 44),
            sog: WholeKnots { raw: bits.unsigned_or(79, 6, 63) as u16, not_available: 63 },
            cog: bits.unsigned_or(85, 9, 511) as u16,
            latent: bits.flag(94),
        }
    }

    /// Course over ground in degrees true, below 360.
    pub fn cog_deg(&self) -> Option<f64> {
        (self.cog < 360).then(|| f64::from(self.cog))
    }
}
