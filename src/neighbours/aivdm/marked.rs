//! Tracks that AIS does not tell, as AIS targets that nobody can take for ships with AIS.
//!
//! The standard way to tell radar targets by AIS is IMO SN.1/Circ.289 (message 8, DAC 1, FI 17), and no chart plotter or SignalK
//! draws it. What they draw are position reports, so that is what these are: of class B (message 18), which claims least, with a name and
//! call sign (message 24) that say what the target is. The MMSI begins with 1, which ITU-R M.585 gives to nobody but aircraft in search and
//! rescue (111): no vessel, coast station, aid or locator has one, so no target can be taken for another station's, and numbers of
//! 98 and 99 are left to craft and buoys that plotters draw as such.

use super::encode::Payload;
use crate::fusion::{Sources, TrackState};
use crate::units::EventTime;

/// The first MMSI of marked targets unless configured.
pub const MMSI_FIRST: u32 = 100_000_000;
/// MMSIs of marked targets: 100000000 to 109999999 unless configured.
pub const MMSI_COUNT: u32 = 10_000_000;
/// How long a ship whose AIS has fallen silent is left to the plotter, in milliseconds: as long as ships may be silent at anchor, twice.
const SILENT_MS: i64 = 360_000;
/// The communication state that M.1371 gives to class B units with carrier sense.
const CARRIER_SENSE: u32 = 0b110_0000_0000_0000_0110;
const KNOTS_PER_MPS: f64 = 3_600.0 / 1_852.0;
/// A position is told as accurate within so many metres (M.1371).
const ACCURATE_M: f64 = 10.0;

/// Whether AIS does not tell where a track is: it never had it, has been silent, or says it is elsewhere.
pub fn is_marked(track: &TrackState) -> bool {
    let silent = track.last_ais.is_none_or(|last| track.time.millis_since(last) > SILENT_MS);
    silent || track.identity.mmsi.is_none() || track.ais_elsewhere.is_some()
}

/// The MMSI of a track's target: the same for its life.
pub fn mmsi(first: u32, track: &TrackState) -> u32 {
    first + (track.id.0 % u64::from(MMSI_COUNT)) as u32
}

/// Where it is: message 18.
pub fn position(first: u32, track: &TrackState) -> String {
    let ten_thousandths_of_minutes = |degrees: f64| (degrees * 600_000.0).round() as i32;
    let speed_knots = track.sog_mps() * KNOTS_PER_MPS;
    let second = track.time.as_millis().div_euclid(1_000).rem_euclid(60);
    header(18, mmsi(first, track))
        .unsigned(8, 0)
        .unsigned(10, (speed_knots * 10.0).round().clamp(0.0, 1_022.0) as u32)
        .flag(track.position_sigma_m() <= ACCURATE_M)
        .signed(28, ten_thousandths_of_minutes(track.position.lon_deg))
        .signed(27, ten_thousandths_of_minutes(track.position.lat_deg))
        .unsigned(12, (track.cog().deg() * 10.0).round() as u32 % 3_600)
        // Where the bow points is not known.
        .unsigned(9, 511)
        .unsigned(6, second as u32)
        .unsigned(2, 0)
        // Carrier sense; no display, DSC, whole band, message 22, assigned mode or RAIM.
        .flag(true)
        .unsigned(6, 0)
        .flag(true)
        .unsigned(19, CARRIER_SENSE)
        .sentences(*b"AI", Some(b'A'), 0)
}

/// What it is: message 24, parts A and B. Name `SW-TRK 51`, call sign the sensors that hold it.
pub fn name(first: u32, track: &TrackState) -> String {
    let mmsi = mmsi(first, track);
    let held_by = match (track.sources.radar, track.sources.eo) {
        (true, true) => "RAD+EO",
        (true, false) => "RADAR",
        (false, true) => "EO",
        (false, false) if track.sources.report => "REPORT",
        (false, false) => "TRACK",
    };
    let part_a = header(24, mmsi).unsigned(2, 0).text(20, &format!("SW-TRK {}", track.id.0));
    // Type of ship, vendor, size and way of fixing are not known.
    let part_b =
        header(24, mmsi).unsigned(2, 1).unsigned(8, 0).text(7, "").text(7, held_by).unsigned(30, 0).unsigned(6, 0);
    part_a.sentences(*b"AI", Some(b'A'), 0) + &part_b.sentences(*b"AI", Some(b'A'), 0)
}

fn header(message_type: u32, mmsi: u32) -> Payload {
    // Repeat indicator 3: nobody is to send this on over the air.
    Payload::default().unsigned(6, message_type).unsigned(2, 3).unsigned(30, mmsi)
}

/// How long a target may be told without being named again, in milliseconds: ships send static data every six minutes.
pub const NAME_INTERVAL_MS: i64 = 360_000;

/// When a target was named, and by which sensors it was held then.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Named {
    /// When.
    pub at: EventTime,
    /// Who held it then.
    pub held_by: Sources,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::ais::{AisDecoder, Body};
    use crate::serve::track_watch::tests::track;
    use crate::units::{Mmsi, MmsiKind};

    fn each(sentences: &str, mut look: impl FnMut(&crate::feed::ais::Message<'_>)) {
        let mut decoder = AisDecoder::new();
        for (number, line) in (1..).zip(sentences.lines()) {
            decoder.push_line(line.as_bytes(), number, &mut |received| look(&received.message));
        }
        assert_eq!(decoder.tally().refused_total(), 0, "{sentences}");
    }

    #[test]
    fn a_track_without_ais_is_a_class_b_target_with_a_number_that_no_station_has() {
        let craft = track(51, 75, 110.123_456);
        let mut seen = 0;
        each(&position(MMSI_FIRST, &craft), |message| {
            seen += 1;
            assert_eq!((message.message_type, message.repeat, message.mmsi), (18, 3, 100_000_051));
            assert_eq!(Mmsi::new(message.mmsi).unwrap().kind(), MmsiKind::Other);
            assert_eq!(message.bits().len(), 168);
            let Body::ClassBPosition(report) = &message.body else { panic!("{message:?}") };
            let place = report.position.lat_lon().unwrap();
            assert!((place.lon_deg - 110.123_456).abs() < 2e-6 && (place.lat_deg - 20.0).abs() < 2e-6);
            // 5 m/s are 9.7 knots, over 36.9 degrees.
            assert_eq!((message.bits().unsigned(46, 10), message.bits().unsigned(112, 12)), (Some(97), Some(369)));
            assert_eq!(message.bits().unsigned(124, 9), Some(511));
            assert_eq!(message.bits().unsigned(133, 6), Some(15), "the second of its time");
        });
        assert_eq!(seen, 1);
    }

    #[test]
    fn its_name_says_that_it_is_a_track_and_its_call_sign_who_holds_it() {
        let mut names = Vec::new();
        each(&name(MMSI_FIRST, &track(51, 75, 110.0)), |message| {
            let Body::StaticReport(report) = &message.body else { panic!("{message:?}") };
            names.push(format!("{report:?}"));
        });
        assert_eq!(names.len(), 2);
        assert!(names[0].contains("SW-TRK 51") && names[1].contains("RADAR"), "{names:?}");
    }

    #[test]
    fn a_ship_is_left_to_its_own_ais_while_that_tells_where_it_is() {
        let mut ship = track(1, 1_000, 110.0);
        assert!(is_marked(&ship));
        ship.identity.mmsi = Mmsi::new(413_000_001);
        ship.last_ais = Some(EventTime::from_seconds(900));
        assert!(!is_marked(&ship));
        ship.last_ais = Some(EventTime::from_seconds(600));
        assert!(is_marked(&ship), "silent for more than six minutes");
        ship.last_ais = Some(ship.time);
        ship.ais_elsewhere =
            Some(crate::fusion::track::AisElsewhere { since: ship.time, last: ship.time, position: ship.position });
        assert!(is_marked(&ship), "its AIS says that it is elsewhere");
    }
}
