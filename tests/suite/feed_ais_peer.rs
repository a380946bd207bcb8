//! AIS decoding against a second decoder, the `aivdm` crate: recorded sentences and random bits of every type.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use aivdm::AisMessage;
use proptest::prelude::*;
use shorewatch::feed::ais::{BitBuffer, Body, ChannelScope, CoarsePosition, Message, Position, StaticReport};
use shorewatch::feed::nmea::{Piece, checksum, pieces};
use shorewatch::feed::observation::Dimensions;

/// Compares every field that both decoders give, as the integers sent.
fn compare(ours: &Message<'_>, peer: &AisMessage) {
    let kind = ours.message_type;
    assert_eq!((kind, ours.mmsi), (peer.message_type(), peer.mmsi().raw()));
    if kind != 24 {
        assert_eq!(ours.repeat, peer.repeat_indicator(), "type {kind}");
    }
    match (&ours.body, peer) {
        (Body::ClassAPosition(a), AisMessage::PositionReportClassA(b)) => {
            same_position(a.position, b.longitude.raw(), b.latitude.raw());
            assert_eq!((a.sog.0, a.cog.0, a.heading.0), (b.sog.raw(), b.cog.raw(), b.heading.raw()));
            assert_eq!((a.nav_status, a.rate_of_turn.0), (b.navigation_status.to_raw(), b.rate_of_turn.raw()));
            assert_eq!((a.second.0, a.manoeuvre), (b.timestamp.to_raw(), b.maneuver_indicator.to_raw()));
            assert_eq!((a.accurate, a.raim, a.radio), (b.position_accuracy, b.raim, b.radio_status));
        }
        (Body::BaseStation(a), AisMessage::BaseStationReport(b)) => {
            same_position(a.position, b.longitude.raw(), b.latitude.raw());
            assert_eq!((a.utc.year, a.utc.month, a.utc.day), (b.utc_year, b.utc_month, b.utc_day));
            assert_eq!((a.utc.hour, a.utc.minute, a.utc.second), (b.utc_hour, b.utc_minute, b.utc_second));
            assert_eq!((a.accurate, a.raim, a.radio), (b.position_accuracy, b.raim, b.radio_status));
        }
        (Body::StaticVoyage(a), AisMessage::StaticVoyageData(b)) => {
            assert_eq!((a.edition, a.imo, a.ship_type), (b.ais_version, b.imo_number, b.ship_type));
            same_text(&a.name, b.name.as_str());
            same_text(&a.callsign, b.call_sign.as_str());
            same_text(&a.destination, b.destination.as_str());
            assert_eq!(
                a.dimensions,
                dimensions(b.dimension_to_bow, b.dimension_to_stern, b.dimension_to_port, b.dimension_to_starboard)
            );
            let eta = (a.eta.month, a.eta.day, a.eta.hour, a.eta.minute);
            assert_eq!(eta, (b.eta_month, b.eta_day, b.eta_hour, b.eta_minute));
            assert_eq!((a.draught, a.dte_unavailable), (b.draught_decimeters, b.dte_not_ready));
        }
        (Body::AddressedBinary(a), AisMessage::BinaryAddressedMessage(b)) => {
            // The peer inverts this flag in message 6, not in 12; table 54 says 1 for a retransmission.
            assert_eq!((a.sequence, a.retransmitted), (b.sequence_number, !b.retransmit));
            assert_eq!(a.destination, Some(b.destination_mmsi.raw()));
            assert_eq!(a.application.map(|one| (one.dac, one.fid)), Some((b.dac, b.fi)));
            same_bits(a.data.len(), a.data.bytes(), b.data.bit_len(), b.data.bytes());
        }
        (Body::Acknowledge(a), AisMessage::Acknowledge(b)) => {
            let acks: Vec<_> = b.acks.iter().flatten().map(|ack| (ack.mmsi.raw(), ack.sequence_number)).collect();
            assert_eq!(a.acknowledged.as_slice(), acks);
        }
        (Body::BroadcastBinary(a), AisMessage::BinaryBroadcastMessage(b)) => {
            assert_eq!(a.application.map(|one| (one.dac, one.fid)), Some((b.dac, b.fi)));
            same_bits(a.data.len(), a.data.bytes(), b.data.bit_len(), b.data.bytes());
        }
        (Body::SarAircraft(a), AisMessage::SarAircraftPositionReport(b)) => {
            same_position(a.position, b.longitude.raw(), b.latitude.raw());
            assert_eq!((a.altitude, a.sog.raw, a.cog.0), (b.altitude_meters, b.sog_knots, b.cog.raw()));
            assert_eq!(
                (a.second.0, a.barometric, a.dte_unavailable),
                (b.timestamp.to_raw(), b.barometric_altitude, b.dte_not_ready)
            );
            assert_eq!(
                (a.accurate, a.assigned, a.raim, a.radio),
                (b.position_accuracy, b.assigned, b.raim, b.radio_status)
            );
        }
        (Body::UtcInquiry(a), AisMessage::UtcDateInquiry(b)) => assert_eq!(*a, Some(b.destination_mmsi.raw())),
        (Body::AddressedSafety(a), AisMessage::SafetyRelatedAddressed(b)) => {
            assert_eq!((a.sequence, a.retransmitted), (b.sequence_number, b.retransmit));
            assert_eq!(a.destination, Some(b.destination_mmsi.raw()));
            same_text(&a.text.to_string(), b.text.as_str());
        }
        (Body::BroadcastSafety(a), AisMessage::SafetyRelatedBroadcast(b)) => same_text(&a.to_string(), b.text.as_str()),
        (Body::Assignment(a), AisMessage::AssignmentModeCommand(b)) => {
            let orders: Vec<_> = a.orders.iter().map(|one| (one.mmsi, one.slot_offset, one.increment)).collect();
            let peer = std::iter::once(b.first).chain(b.second);
            assert_eq!(
                orders,
                peer.map(|one| (one.destination_mmsi.raw(), one.offset, one.increment)).collect::<Vec<_>>()
            );
        }
        (Body::DifferentialGnss(a), AisMessage::DgnssBroadcastMessage(b)) => {
            same_coarse(a.position, b.longitude_raw, b.latitude_raw);
            same_bits(a.data.len(), a.data.bytes(), b.data.bit_len(), b.data.bytes());
        }
        (Body::ClassBPosition(a), AisMessage::PositionReportClassB(b)) => {
            same_position(a.position, b.longitude.raw(), b.latitude.raw());
            assert_eq!((a.sog.0, a.cog.0, a.heading.0), (b.sog.raw(), b.cog.raw(), b.heading.raw()));
            assert_eq!((a.second.0, a.carrier_sense, a.display), (b.timestamp.to_raw(), b.cs_unit, b.display_flag));
            assert_eq!((a.dsc, a.whole_band, a.assigned), (b.dsc_flag, b.band_flag, b.assigned));
            assert_eq!((a.accurate, a.raim, a.radio), (b.position_accuracy, b.raim, b.radio_status));
        }
        (Body::ClassBExtended(a), AisMessage::PositionReportClassBExtended(b)) => {
            same_position(a.position, b.longitude.raw(), b.latitude.raw());
            assert_eq!((a.sog.0, a.cog.0, a.heading.0), (b.sog.raw(), b.cog.raw(), b.heading.raw()));
            same_text(&a.name, b.name.as_str());
            assert_eq!((a.second.0, a.ship_type), (b.timestamp.to_raw(), b.ship_type));
            assert_eq!(
                a.dimensions,
                dimensions(b.dimension_to_bow, b.dimension_to_stern, b.dimension_to_port, b.dimension_to_starboard)
            );
            assert_eq!(
                (a.accurate, a.raim, a.dte_unavailable, a.assigned),
                (b.position_accuracy, b.raim, b.dte_not_ready, b.assigned)
            );
        }
        (Body::LinkManagement(a), AisMessage::DataLinkManagement(b)) => {
            let ours: Vec<_> =
                a.reservations.iter().map(|one| (one.slot_offset, one.slots, one.timeout_min, one.increment)).collect();
            let peer = b.reservations.iter().flatten();
            let peer: Vec<_> = peer.map(|one| (one.offset, one.reserved_slots, one.timeout, one.increment)).collect();
            assert_eq!(ours, peer);
        }
        (Body::AidToNavigation(a), AisMessage::AidToNavigationReport(b)) => {
            same_position(a.position, b.longitude.raw(), b.latitude.raw());
            // The peer drops blanks between the name and its extension, and goes on behind an `@`.
            let dense = |text: &str| text.replace(' ', "");
            assert!(dense(b.name.as_str()).starts_with(&dense(&a.name)), "{} against {}", a.name, b.name);
            assert_eq!((a.aid_type, a.second.0, a.status), (b.aid_type, b.timestamp.to_raw(), b.regional_reserved));
            assert_eq!(
                a.dimensions,
                dimensions(b.dimension_to_bow, b.dimension_to_stern, b.dimension_to_port, b.dimension_to_starboard)
            );
            assert_eq!((a.accurate, a.off_position, a.raim), (b.position_accuracy, b.off_position, b.raim));
            assert_eq!((a.virtual_aid, a.assigned), (b.virtual_aid, b.assigned));
        }
        (Body::ChannelManagement(a), AisMessage::ChannelManagement(b)) => {
            assert_eq!(
                (a.channel_a, a.channel_b, a.tx_rx, a.low_power),
                (b.channel_a, b.channel_b, b.tx_rx_mode, b.low_power)
            );
            assert!(matches!(a.scope, ChannelScope::Area { .. } | ChannelScope::Stations(..)));
        }
        (Body::GroupAssignment(a), AisMessage::GroupAssignmentCommand(b)) => {
            same_coarse(a.north_east, b.ne_longitude_raw, b.ne_latitude_raw);
            same_coarse(a.south_west, b.sw_longitude_raw, b.sw_latitude_raw);
            assert_eq!((a.station_type, a.ship_type, a.tx_rx), (b.station_type, b.ship_type, b.tx_rx_mode));
            assert_eq!((a.interval, a.quiet_min), (b.report_interval, b.quiet_time));
        }
        (
            Body::StaticReport(StaticReport::Name(a)),
            AisMessage::StaticDataReport(aivdm::message::StaticDataReport::A(b)),
        ) => {
            same_text(a, b.name.as_str());
        }
        (
            Body::StaticReport(StaticReport::Details(a)),
            AisMessage::StaticDataReport(aivdm::message::StaticDataReport::B(b)),
        ) => {
            same_text(&a.callsign, b.call_sign.as_str());
            assert_eq!(a.ship_type, b.ship_type);
            let theirs =
                dimensions(b.dimension_to_bow, b.dimension_to_stern, b.dimension_to_port, b.dimension_to_starboard);
            assert!(a.dimensions.is_none_or(|ours| ours == theirs));
        }
        (Body::SlotBinary(a), AisMessage::SingleSlotBinaryMessage(b)) => {
            assert_eq!(a.destination, b.destination_mmsi.map(|mmsi| mmsi.raw()));
            assert_eq!(a.application.map(|one| (one.dac, one.fid)), b.app_id);
            same_bits(a.data.len(), a.data.bytes(), b.data.bit_len(), b.data.bytes());
        }
        (Body::SlotBinary(a), AisMessage::MultiSlotBinaryMessage(b)) => {
            assert_eq!(a.destination, b.destination_mmsi.map(|mmsi| mmsi.raw()));
            assert_eq!(a.application.map(|one| (one.dac, one.fid)), b.app_id);
            same_bits(a.data.len(), a.data.bytes(), b.data.bit_len(), b.data.bytes());
        }
        (Body::LongRange(a), AisMessage::LongRangeBroadcast(b)) => {
            same_coarse(a.position, b.longitude_raw, b.latitude_raw);
            assert_eq!((a.sog.raw, a.cog, a.latent), (u16::from(b.sog_knots), b.cog_degrees, b.position_latency_high));
            assert_eq!((a.accurate, a.raim, a.nav_status), (b.position_accuracy, b.raim, b.navigation_status.to_raw()));
        }
        (Body::Interrogation(_), AisMessage::Interrogation(_)) => {}
        (ours, peer) => panic!("{ours:?} against {peer:?}"),
    }
}

fn same_position(ours: Position, lon: i32, lat: i32) {
    assert_eq!((ours.lon, ours.lat), (lon, lat));
}

fn same_coarse(ours: CoarsePosition, lon: i32, lat: i32) {
    assert_eq!((ours.lon, ours.lat), (lon, lat));
}

/// The peer keeps what follows an `@`, which the standard makes the end.
fn same_text(ours: &str, peer: &str) {
    let peer = peer.split('@').next().unwrap_or_default();
    assert_eq!(ours, peer.trim_end_matches(' '));
}

fn same_bits(our_len: usize, ours: impl Iterator<Item = u8>, peer_len: usize, peer: &[u8]) {
    assert_eq!(our_len, peer_len);
    assert_eq!(ours.collect::<Vec<_>>(), peer.get(..peer_len.div_ceil(8)).unwrap());
}

fn dimensions(to_bow_m: u16, to_stern_m: u16, to_port_m: u8, to_starboard_m: u8) -> Dimensions {
    Dimensions { to_bow_m, to_stern_m, to_port_m, to_starboard_m }
}

/// Decodes a payload with both; whether both could.
fn both(payload: &[u8], fill_bits: u8) -> bool {
    let mut buffer = BitBuffer::default();
    let ours = buffer.unpack(payload, fill_bits).and_then(Message::read);
    match (ours, aivdm::decode_payload(payload, fill_bits)) {
        (Ok(ours), Ok(peer)) => {
            compare(&ours, &peer);
            true
        }
        (Err(ours), Ok(peer)) => panic!("we refuse as {ours:?} what the peer reads as {peer:?}"),
        _ => false,
    }
}

fn armour(six: u8) -> u8 {
    if six < 40 { six + 48 } else { six + 56 }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(20_000) })]

    #[test]
    fn random_messages_of_every_type_read_as_the_peer_reads_them(
        kind in 1_u8..=27, mut sixes in prop::collection::vec(0_u8..64, 7..90), fill in 0_u8..6,
    ) {
        sixes[0] = kind;
        let payload: Vec<u8> = sixes.into_iter().map(armour).collect();
        both(&payload, fill);
    }
}

#[test]
fn recorded_single_sentences_read_as_the_peer_reads_them() {
    let Some(shared) = crate::support::shared_dir() else { return };
    let mut compared = 0;
    for name in
        ["bcl_unknown.log", "libais_test.aivdm", "noaadata_test.ais", "dma_stream_example.txt", "gpsd_18_27.log"]
    {
        let bytes = std::fs::read(shared.join("samples/ais").join(name)).unwrap();
        for piece in bytes.split(|&byte| byte == b'\n').flat_map(pieces) {
            let Piece::Sentence(framed) = piece else { continue };
            if checksum(framed.body) != framed.stated {
                continue;
            }
            let text = std::str::from_utf8(framed.body).unwrap();
            if let [_, "1", "1", _, _, payload, fill] = text.split(',').collect::<Vec<_>>()[..]
                && payload.len() > 6
            {
                compared += u32::from(both(payload.as_bytes(), fill.parse().unwrap_or(0)));
            }
        }
    }
    assert!(compared > 11_000, "{compared}");
}
