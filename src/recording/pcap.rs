//! Network captures (pcap and pcapng): the UDP datagrams in them, with the time each was captured.
//!
//! For recordings of radars, which send ASTERIX by UDP. Streams: memory is one packet, whatever the length of the capture.
//! Ethernet (with VLAN tags), Linux cooked and raw IP captures, IPv4 and IPv6. Fragments are counted, not put together: a
//! radar's datagrams fit the network. What is no UDP datagram is counted by reason, and a capture that breaks off gives what
//! stood before.

use std::io::Read;

use pcap_parser::traits::PcapReaderIterator;
use pcap_parser::{Block, Linktype, PcapBlockOwned, PcapError};

use crate::feed::tally::{Place, Reason, Tally};
use crate::units::EventTime;

/// First size of the read buffer; a packet has at most 64 KiB and its header.
const BUFFER_BYTES: usize = 128 * 1024;

/// The read buffer grows up to this, then the capture is given up: no packet is that long.
const BUFFER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How a section of a pcapng capture begins, in either byte order.
const SECTION_HEADER: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];
/// The least bytes of a pcapng block: its kind, and its length twice.
const BLOCK_BYTES_MIN: u32 = 12;

/// The most interfaces of one capture that are remembered.
const INTERFACES_MAX: usize = 256;

/// Whether a file that begins so is a capture.
pub fn is_capture(start: &[u8; 4]) -> bool {
    [
        [0xd4, 0xc3, 0xb2, 0xa1],
        [0xa1, 0xb2, 0xc3, 0xd4],
        [0x4d, 0x3c, 0xb2, 0xa1],
        [0xa1, 0xb2, 0x3c, 0x4d],
        SECTION_HEADER,
    ]
    .contains(start)
}

/// Why a packet gives no datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PcapRefusal {
    /// A link layer that is not read here.
    LinkLayer,
    /// Not IPv4 or IPv6: ARP, LLDP and so on.
    NotIp,
    /// Part of a fragmented datagram.
    Fragment,
    /// TCP, ICMP and so on.
    NotUdp,
    /// The packet was captured only in part, or its lengths do not fit.
    Truncated,
    /// The capture cannot be read further.
    Broken,
}

impl PcapRefusal {
    /// How many reasons there are.
    pub const COUNT: usize = 6;
}

impl Reason for PcapRefusal {
    const ALL: &'static [Self] =
        &[Self::LinkLayer, Self::NotIp, Self::Fragment, Self::NotUdp, Self::Truncated, Self::Broken];

    fn as_str(self) -> &'static str {
        match self {
            Self::LinkLayer => "link_layer",
            Self::NotIp => "not_ip",
            Self::Fragment => "fragment",
            Self::NotUdp => "not_udp",
            Self::Truncated => "truncated",
            Self::Broken => "broken",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Self::LinkLayer => "capture on an Ethernet or IP interface",
            Self::NotIp => "no IP packet: harmless",
            Self::Fragment => "a fragmented datagram: let the radar send blocks that fit the network",
            Self::NotUdp => "no UDP: harmless, unless the radar sends by TCP",
            Self::Truncated => "captured in part: capture whole packets (snap length 0)",
            Self::Broken => "the capture breaks off or is damaged here: what stood before was used",
        }
    }
}

/// A capture that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PcapOpenError {
    /// Neither pcap nor pcapng.
    #[error("this is no pcap or pcapng capture: give raw ASTERIX files another ending than .pcap or .pcapng")]
    NotACapture,
    /// The file is empty or cannot be read.
    #[error("the capture is empty or cannot be read")]
    Unreadable,
}

/// One datagram.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Datagram<'a> {
    /// Number of its packet in the capture, counted from 1.
    pub packet: u64,
    /// When it was captured: this is its receipt.
    pub received: EventTime,
    /// The UDP port that it was sent to.
    pub port: u16,
    /// What was sent.
    pub payload: &'a [u8],
}

/// Reads a capture packet by packet.
pub struct PcapReader {
    reader: Box<dyn PcapReaderIterator + Send>,
    interfaces: Vec<Interface>,
    /// The byte order of the section of a pcapng capture.
    big_endian: Option<bool>,
    packet: u64,
    payload: Vec<u8>,
    tally: Tally<PcapRefusal, { PcapRefusal::COUNT }>,
    ended: bool,
}

#[derive(Clone, Copy)]
struct Interface {
    link: Linktype,
    /// Units of a time stamp in a second.
    resolution: u64,
    /// Added to each time stamp, in seconds.
    offset_s: i64,
}

/// What one block of the capture is to us.
enum Found {
    Nothing,
    /// The capture ends here as it should.
    End,
    /// The next block is not read yet.
    More,
    /// A section of a pcapng capture begins, in this byte order.
    Section {
        big_endian: bool,
    },
    Interface(Interface),
    Datagram {
        received: EventTime,
        port: u16,
    },
    Refused(PcapRefusal),
}

impl PcapReader {
    /// Opens a capture.
    ///
    /// # Errors
    /// [`PcapOpenError`] when it is none.
    pub fn open(input: impl Read + Send + 'static) -> Result<Self, PcapOpenError> {
        let reader = pcap_parser::create_reader(BUFFER_BYTES, input).map_err(|error| match error {
            PcapError::Eof | PcapError::ReadError => PcapOpenError::Unreadable,
            _ => PcapOpenError::NotACapture,
        })?;
        Ok(Self {
            reader,
            interfaces: Vec::new(),
            big_endian: None,
            packet: 0,
            payload: Vec::new(),
            tally: Tally::default(),
            ended: false,
        })
    }

    /// The next datagram; `None` at the end, or where the capture breaks off.
    pub fn next_datagram(&mut self) -> Option<Datagram<'_>> {
        while !self.ended {
            if self.is_no_block_here() {
                self.broken();
                break;
            }
            let (length, found) = match self.reader.next() {
                Ok((length, block)) => (length, examine(&block, &self.interfaces, &mut self.payload)),
                Err(PcapError::Eof) => (0, Found::End),
                Err(PcapError::Incomplete(_)) => (0, Found::More),
                Err(_) => (0, Found::Refused(PcapRefusal::Broken)),
            };
            self.reader.consume(length);
            match found {
                Found::Nothing => {}
                Found::End => break,
                Found::More if self.refill() => {}
                Found::More | Found::Refused(PcapRefusal::Broken) => {
                    self.broken();
                    break;
                }
                Found::Section { big_endian } => {
                    self.big_endian = Some(big_endian);
                    self.interfaces.clear();
                }
                Found::Interface(interface) if self.interfaces.len() < INTERFACES_MAX => {
                    self.interfaces.push(interface);
                }
                Found::Interface(_) => {}
                Found::Datagram { received, port } => {
                    self.packet += 1;
                    self.tally.receive();
                    self.tally.accept();
                    return Some(Datagram { packet: self.packet, received, port, payload: &self.payload });
                }
                Found::Refused(reason) => {
                    self.packet += 1;
                    self.tally.receive();
                    self.tally.refuse_bytes(reason, Place::Packet(self.packet), &self.payload);
                }
            }
        }
        self.ended = true;
        None
    }

    /// Whether what follows in a pcapng capture says that it is shorter than a block can be: the reader trusts that of some
    /// kinds of block.
    fn is_no_block_here(&self) -> bool {
        let Some(big_endian) = self.big_endian else { return false };
        let Some((kind, rest)) = self.reader.data().split_first_chunk::<4>() else { return false };
        // A section says itself in which order its bytes stand.
        *kind != SECTION_HEADER
            && rest.first_chunk::<4>().is_some_and(|length| {
                let length = if big_endian { u32::from_be_bytes(*length) } else { u32::from_le_bytes(*length) };
                length < BLOCK_BYTES_MIN
            })
    }

    /// Packets taken up, given out as datagrams, and refused.
    pub fn tally(&self) -> &Tally<PcapRefusal, { PcapRefusal::COUNT }> {
        &self.tally
    }

    /// Reads on; false when nothing came, so that a failing disk or a bogus length cannot turn into an endless loop.
    fn refill(&mut self) -> bool {
        let held = self.reader.data().len();
        if self.reader.reader_exhausted() {
            return false;
        }
        let _ = self.reader.refill();
        if self.reader.data().len() > held {
            return true;
        }
        // The buffer is full with one packet.
        let wanted = held.max(BUFFER_BYTES) * 2;
        wanted <= BUFFER_BYTES_MAX && self.reader.grow(wanted) && self.reader.refill().is_ok()
    }

    fn broken(&mut self) {
        self.ended = true;
        self.tally.receive();
        let rest = self.reader.data();
        self.tally.refuse_bytes(PcapRefusal::Broken, Place::Packet(self.packet + 1), rest);
    }
}

/// Looks at one block; the payload of a datagram, or the beginning of what is refused, goes to `payload`.
fn examine(block: &PcapBlockOwned<'_>, interfaces: &[Interface], payload: &mut Vec<u8>) -> Found {
    let (data, captured, time, link) = match block {
        PcapBlockOwned::LegacyHeader(header) => {
            let resolution = if header.is_nanosecond_precision() { 1_000_000_000 } else { 1_000_000 };
            return Found::Interface(Interface { link: header.network, resolution, offset_s: 0 });
        }
        PcapBlockOwned::NG(Block::SectionHeader(header)) => {
            return Found::Section { big_endian: header.big_endian() };
        }
        PcapBlockOwned::NG(Block::InterfaceDescription(description)) => {
            return Found::Interface(Interface {
                link: description.linktype,
                resolution: description.ts_resolution().unwrap_or(1_000_000).max(1),
                offset_s: description.ts_offset(),
            });
        }
        PcapBlockOwned::Legacy(packet) => {
            let Some(interface) = interfaces.first() else { return refused(PcapRefusal::LinkLayer, &[], payload) };
            let time = instant(u64::from(packet.ts_sec), u64::from(packet.ts_usec), interface);
            (packet.data, packet.caplen, time, interface.link)
        }
        PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
            let Some(interface) = usize::try_from(packet.if_id).ok().and_then(|id| interfaces.get(id)) else {
                return refused(PcapRefusal::LinkLayer, packet.data, payload);
            };
            let stamp = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
            let time = instant(stamp / interface.resolution, stamp % interface.resolution, interface);
            (packet.data, packet.caplen, time, interface.link)
        }
        PcapBlockOwned::NG(_) => return Found::Nothing,
    };
    let data = usize::try_from(captured).ok().and_then(|length| data.get(..length)).unwrap_or(data);
    match datagram(link, data) {
        Ok((port, bytes)) => {
            payload.clear();
            payload.extend_from_slice(bytes);
            Found::Datagram { received: time, port }
        }
        Err(reason) => refused(reason, data, payload),
    }
}

fn refused(reason: PcapRefusal, data: &[u8], payload: &mut Vec<u8>) -> Found {
    payload.clear();
    payload.extend(data.iter().take(crate::feed::tally::EXCERPT_MAX));
    Found::Refused(reason)
}

fn instant(seconds: u64, parts: u64, interface: &Interface) -> EventTime {
    let millis = u128::from(parts) * 1000 / u128::from(interface.resolution);
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_add(interface.offset_s);
    EventTime::from_seconds(seconds).plus_millis(i64::try_from(millis).unwrap_or(0))
}

/// Port and payload of the UDP datagram in a packet.
fn datagram(link: Linktype, packet: &[u8]) -> Result<(u16, &[u8]), PcapRefusal> {
    let ip = match link {
        Linktype::ETHERNET => after_ethertype(packet, 12)?,
        Linktype::LINUX_SLL => after_ethertype(packet, 14)?,
        Linktype::RAW | Linktype::IPV4 | Linktype::IPV6 => packet,
        // Loopback of BSD: four bytes of address family in the byte order of the machine.
        Linktype::NULL | Linktype::LOOP => packet.get(4..).ok_or(PcapRefusal::Truncated)?,
        _ => return Err(PcapRefusal::LinkLayer),
    };
    let (protocol, udp) = match ip.first().ok_or(PcapRefusal::Truncated)? >> 4 {
        4 => ipv4(ip)?,
        6 => ipv6(ip)?,
        _ => return Err(PcapRefusal::NotIp),
    };
    if protocol != 17 {
        return Err(PcapRefusal::NotUdp);
    }
    let (port, length) = (number(udp, 2)?, usize::from(number(udp, 4)?));
    udp.get(8..length).map(|payload| (port, payload)).ok_or(PcapRefusal::Truncated)
}

/// What follows the EtherType that stands `at`, over any VLAN tags.
fn after_ethertype(packet: &[u8], mut at: usize) -> Result<&[u8], PcapRefusal> {
    // Two tags are usual at most; each takes four bytes, so that this ends.
    while matches!(number(packet, at)?, 0x8100 | 0x88a8 | 0x9100) {
        at += 4;
    }
    match number(packet, at)? {
        0x0800 | 0x86dd => packet.get(at + 2..).ok_or(PcapRefusal::Truncated),
        _ => Err(PcapRefusal::NotIp),
    }
}

/// Protocol and payload of an IPv4 packet.
fn ipv4(packet: &[u8]) -> Result<(u8, &[u8]), PcapRefusal> {
    let header = usize::from(packet.first().ok_or(PcapRefusal::Truncated)? & 15) * 4;
    let total = usize::from(number(packet, 2)?);
    // More fragments to come, or not the first.
    if number(packet, 6)? & 0x3fff != 0 {
        return Err(PcapRefusal::Fragment);
    }
    let protocol = *packet.get(9).ok_or(PcapRefusal::Truncated)?;
    if header < 20 {
        return Err(PcapRefusal::Truncated);
    }
    Ok((protocol, packet.get(header..total).ok_or(PcapRefusal::Truncated)?))
}

/// Protocol and payload of an IPv6 packet, over its option headers.
fn ipv6(packet: &[u8]) -> Result<(u8, &[u8]), PcapRefusal> {
    let length = usize::from(number(packet, 4)?);
    let mut protocol = *packet.get(6).ok_or(PcapRefusal::Truncated)?;
    let mut rest = packet.get(40..40 + length).ok_or(PcapRefusal::Truncated)?;
    loop {
        match protocol {
            44 => return Err(PcapRefusal::Fragment),
            0 | 43 | 60 => {
                let (&next, &units) = rest.first().zip(rest.get(1)).ok_or(PcapRefusal::Truncated)?;
                rest = rest.get(8 + usize::from(units) * 8..).ok_or(PcapRefusal::Truncated)?;
                protocol = next;
            }
            _ => return Ok((protocol, rest)),
        }
    }
}

/// Two bytes, high one first.
fn number(bytes: &[u8], at: usize) -> Result<u16, PcapRefusal> {
    match bytes.get(at..at + 2) {
        Some(&[high, low]) => Ok(u16::from_be_bytes([high, low])),
        _ => Err(PcapRefusal::Truncated),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// An Ethernet frame with a UDP datagram to port 8600.
    fn frame(payload: &[u8], vlan: bool) -> Vec<u8> {
        let mut packet = vec![0x11; 12];
        if vlan {
            packet.extend([0x81, 0x00, 0x00, 0x07]);
        }
        packet.extend([0x08, 0x00, 0x45, 0]);
        packet.extend((28 + payload.len() as u16).to_be_bytes());
        packet.extend([0, 1, 0x40, 0, 64, 17, 0, 0, 10, 0, 0, 1, 239, 0, 0, 1]);
        packet.extend([0x21, 0x98, 0x21, 0x98]);
        packet.extend((8 + payload.len() as u16).to_be_bytes());
        packet.extend([0, 0]);
        packet.extend(payload);
        packet.resize(packet.len().max(60), 0);
        packet
    }

    /// A little-endian pcap of Ethernet frames, one a second from 1,776,438,402.5 on.
    fn capture(frames: &[Vec<u8>]) -> Vec<u8> {
        let mut file = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 1, 0, 0, 0];
        for (number, frame) in frames.iter().enumerate() {
            for field in [1_776_438_402 + number as u32, 500_000, frame.len() as u32, frame.len() as u32] {
                file.extend(field.to_le_bytes());
            }
            file.extend(frame);
        }
        file
    }

    /// Packet, receipt, port and payload of each datagram.
    type Datagrams = Vec<(u64, EventTime, u16, Vec<u8>)>;

    fn read(file: Vec<u8>) -> (Datagrams, PcapReader) {
        let mut reader = PcapReader::open(std::io::Cursor::new(file)).unwrap();
        let mut datagrams = Vec::new();
        while let Some(datagram) = reader.next_datagram() {
            datagrams.push((datagram.packet, datagram.received, datagram.port, datagram.payload.to_vec()));
        }
        (datagrams, reader)
    }

    #[test]
    fn a_block_that_says_it_is_shorter_than_any_breaks_the_capture_off() {
        for big_endian in [false, true] {
            let word = |word: u32| if big_endian { word.to_be_bytes() } else { word.to_le_bytes() };
            // A section header of 28 bytes, then process information (its kind) of 5 bytes.
            let header = [0x0a0d_0d0a, 28, 0x1a2b_3c4d, if big_endian { 1 << 16 } else { 1 }, u32::MAX, u32::MAX, 28];
            let words = header.into_iter().chain([0x8000_0001, 5, 0, 0, 0, 0, 0, 0]);
            let (found, reader) = read(words.flat_map(word).collect());
            assert_eq!(found.len(), 0);
            let refused: Vec<_> = reader.tally().by_reason().collect();
            assert_eq!(refused, [(PcapRefusal::Broken, 1)], "big endian: {big_endian}");
        }
    }

    #[test]
    fn datagrams_come_with_time_port_and_no_padding() {
        let mut arp = frame(b"x", false);
        arp[13] = 6;
        let mut tcp = frame(b"x", false);
        tcp[23] = 6;
        let mut part = frame(b"x", false);
        part[20] = 0x20;
        let (datagrams, reader) = read(capture(&[frame(b"one", false), arp, tcp, part, frame(b"two", true)]));
        let time = |text| EventTime::parse_rfc3339(text).unwrap();
        assert_eq!(
            datagrams,
            [
                (1, time("2026-04-17T15:06:42.500Z"), 8600, b"one".to_vec()),
                (5, time("2026-04-17T15:06:46.500Z"), 8600, b"two".to_vec()),
            ]
        );
        let reasons: Vec<_> = reader.tally().by_reason().collect();
        assert_eq!(reasons, [(PcapRefusal::NotIp, 1), (PcapRefusal::Fragment, 1), (PcapRefusal::NotUdp, 1)]);
        assert!(reader.tally().adds_up());
    }

    #[test]
    fn a_capture_that_breaks_off_gives_what_stood_before() {
        let mut file = capture(&[frame(b"one", false), frame(b"two", false)]);
        file.truncate(file.len() - 7);
        let (datagrams, reader) = read(file);
        assert_eq!(datagrams.len(), 1);
        assert_eq!(reader.tally().refused(PcapRefusal::Broken), 1);
        assert!(PcapReader::open(&b"no capture at all, only text and more text"[..]).is_err());
        assert!(PcapReader::open(&b""[..]).is_err());
    }

    proptest! {
        #[test]
        fn a_damaged_capture_never_panics_and_adds_up(
            changes in prop::collection::vec((0_usize..500, any::<u8>()), 0..20), end in 24_usize..500,
        ) {
            let mut file = capture(&[frame(b"one", false), frame(&[7; 100], true), frame(b"two", false), frame(b"", true)]);
            for (at, byte) in changes {
                if let Some(place) = file.get_mut(at) {
                    *place = byte;
                }
            }
            file.truncate(end);
            if let Ok(mut reader) = PcapReader::open(std::io::Cursor::new(file)) {
                let mut count = 0;
                while reader.next_datagram().is_some() {
                    count += 1;
                }
                prop_assert_eq!(reader.tally().accepted(), count);
                prop_assert!(reader.tally().adds_up());
            }
        }

        #[test]
        fn any_packet_is_examined_without_panic(packet in prop::collection::vec(any::<u8>(), 0..120)) {
            for link in [Linktype::ETHERNET, Linktype::LINUX_SLL, Linktype::RAW, Linktype::NULL, Linktype(999)] {
                let _ = datagram(link, &packet);
            }
        }
    }
}
