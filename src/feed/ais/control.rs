//! Messages by which stations manage the radio link: 10, 15, 16, 20, 22 and 23.

use arrayvec::ArrayVec;

use super::bits::Bits;
use super::quantity::CoarsePosition;

/// A station is asked for messages: message 15 (table 63).
#[derive(Clone, Debug, PartialEq)]
pub struct Interrogation {
    /// What is asked of whom: one or two messages of the first station, one of the second.
    pub requests: ArrayVec<Request, 3>,
}

/// One request of message 15.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// MMSI of the station asked.
    pub mmsi: u32,
    /// Type of the message that it shall send; 0: none.
    pub message_type: u8,
    /// Slot offset for the answer.
    pub slot_offset: u16,
}

impl Interrogation {
    pub(super) fn read(bits: Bits<'_>) -> Self {
        let mut requests = ArrayVec::new();
        for (mmsi_at, request_at) in [(40, 70), (40, 90), (110, 140)] {
            let Some(mmsi) = bits.unsigned(mmsi_at, 30) else { break };
            let message_type = bits.small(request_at, 6);
            // The first station always stands in the list; its second and the second station only when asked.
            if request_at == 70 || message_type != 0 {
                let slot_offset = bits.unsigned_or(request_at + 6, 12, 0) as u16;
                requests.push(Request { mmsi, message_type, slot_offset });
            }
        }
        Self { requests }
    }
}

/// A base station tells one or two stations when to report: message 16 (table 64).
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// The orders.
    pub orders: ArrayVec<AssignmentOrder, 2>,
}

/// One order of message 16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssignmentOrder {
    /// MMSI of the station ordered.
    pub mmsi: u32,
    /// Slot offset.
    pub slot_offset: u16,
    /// Increment in slots; 0: the offset is reports in ten minutes.
    pub increment: u16,
}

impl Assignment {
    pub(super) fn read(bits: Bits<'_>) -> Self {
        let order = |at: usize| {
            Some(AssignmentOrder {
                mmsi: bits.unsigned(at, 30)?,
                slot_offset: bits.unsigned(at + 30, 12)? as u16,
                increment: bits.unsigned(at + 42, 10)? as u16,
            })
        };
        Self { orders: [40, 92].into_iter().map_while(order).collect() }
    }
}

/// A base station reserves slots: message 20 (table 69).
#[derive(Clone, Debug, PartialEq)]
pub struct LinkManagement {
    /// The reservations.
    pub reservations: ArrayVec<Reservation, 4>,
}

/// One reservation of message 20.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// Slot offset; 0 not available.
    pub slot_offset: u16,
    /// Number of slots; 0 not available.
    pub slots: u8,
    /// Minutes for which it holds; 0 not available.
    pub timeout_min: u8,
    /// Increment in slots to the next block.
    pub increment: u16,
}

impl LinkManagement {
    pub(super) fn read(bits: Bits<'_>) -> Self {
        let reservation = |index: usize| {
            let at = 40 + index * 30;
            Some(Reservation {
                slot_offset: bits.unsigned(at, 12)? as u16,
                slots: bits.unsigned(at + 12, 4)? as u8,
                timeout_min: bits.unsigned(at + 16, 3)? as u8,
                increment: bits.unsigned(at + 19, 11)? as u16,
            })
        };
        Self { reservations: (0..4).map_while(reservation).collect() }
    }
}

/// To whom message 22 is addressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelScope {
    /// To all within a rectangle.
    Area {
        /// Its north-east corner.
        north_east: CoarsePosition,
        /// Its south-west corner.
        south_west: CoarsePosition,
    },
    /// To two stations by MMSI.
    Stations(u32, u32),
}

/// Channel management: message 22 (table 72).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChannelManagement {
    /// Channel number A (ITU-R M.1084).
    pub channel_a: u16,
    /// Channel number B.
    pub channel_b: u16,
    /// Transmit and receive mode, 0 to 15.
    pub tx_rx: u8,
    /// Low power.
    pub low_power: bool,
    /// To whom it is addressed.
    pub scope: ChannelScope,
    /// Size of the transitional zone in nautical miles (1 to 8, sent as 0 to 7).
    pub transition_nm: u8,
}

impl ChannelManagement {
    pub(super) fn read(bits: Bits<'_>) -> Self {
        let scope = if bits.flag(139) {
            ChannelScope::Stations(bits.unsigned_or(69, 30, 0), bits.unsigned_or(104, 30, 0))
        } else {
            ChannelScope::Area {
                north_east: CoarsePosition::read(bits, 69),
                south_west: CoarsePosition::read(bits, 104),
            }
        };
        Self {
            channel_a: bits.unsigned_or(40, 12, 0) as u16,
            channel_b: bits.unsigned_or(52, 12, 0) as u16,
            tx_rx: bits.small(64, 4),
            low_power: bits.flag(68),
            scope,
            transition_nm: bits.small(142, 3) + 1,
        }
    }
}

/// A base station orders all stations of a kind in a rectangle: message 23 (table 73).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GroupAssignment {
    /// North-east corner of the rectangle.
    pub north_east: CoarsePosition,
    /// South-west corner of the rectangle.
    pub south_west: CoarsePosition,
    /// Kind of station, 0 to 15.
    pub station_type: u8,
    /// Type of ship and cargo; 0 all.
    pub ship_type: u8,
    /// Transmit and receive mode.
    pub tx_rx: u8,
    /// Reporting interval code, 0 to 15.
    pub interval: u8,
    /// Minutes of silence ordered; 0 none.
    pub quiet_min: u8,
}

impl GroupAssignment {
    pub(super) fn read(bits: Bits<'_>) -> Self {
        Self {
            north_east: CoarsePosition::read(bits, 40),
            south_west: CoarsePosition::read(bits, 75),
            station_type: bits.small(110, 4),
            ship_type: bits.small(114, 8),
            tx_rx: bits.small(144, 2),
            interval: bits.small(146, 4),
            quiet_min: bits.small(150, 4),
        }
    }
}
