//! What a vessel says of itself that cannot be: numbers that fail their check, a flag that there is none of, a size or a look
//! that its type does not have.
//!
//! Such contradictions are sloppiness more often than fraud: half of the world's fleet has mistyped something. So they raise
//! no alert; they are told beside an identity that is in question already.

use super::evidence::Evidence;
use super::subject::Subject;
use crate::feed::observation::EoClass;
use crate::units::{EventTime, Mmsi};

/// Longer than this in metres no pleasure or fishing craft is; shorter than [`SHIP_MIN_M`] no cargo ship or tanker.
const BOAT_MAX_M: f64 = 120.0;
/// See [`BOAT_MAX_M`].
const SHIP_MIN_M: f64 = 12.0;

/// Whether a number of the International Maritime Organization has the right check digit: the last digit of the sum of the
/// first six, weighed 7 to 2 (IMO resolution A.1117(30)).
pub(super) fn imo_is_sound(imo: u32) -> bool {
    if !(1_000_000..=9_999_999).contains(&imo) {
        return false;
    }
    let digit = |place: u32| imo / 10_u32.pow(place) % 10;
    let sum: u32 = (1..=6).map(|place| digit(place) * (place + 1)).sum();
    sum % 10 == digit(0)
}

/// Whether a ship's MMSI begins with digits that a flag may have: 2 to 7 for the regions (ITU-R M.585-9, annex 1), and it
/// is no default that transponders leave the works with.
pub(super) fn mmsi_is_plausible(mmsi: Mmsi) -> bool {
    let number = mmsi.number();
    let first = number / 100_000_000;
    let repeats = (0..9).all(|place| number / 10_u32.pow(place) % 10 == number % 10);
    (2..=7).contains(&first) && !repeats && number != 123_456_789
}

/// What contradicts itself in the papers of a vessel, as items of evidence.
pub(super) fn contradictions(subject: &Subject, now: EventTime) -> Vec<Evidence> {
    let craft = &subject.craft;
    let item = |code, observed, threshold, unit, en: String, zh: String| Evidence {
        code,
        observed,
        threshold,
        unit,
        from: subject.first_seen,
        to: now,
        sensors: subject.sources,
        sentence_en: en,
        sentence_zh: zh,
        ..Evidence::default()
    };
    let mut list = Vec::new();
    if let Some(imo) = subject.imo.filter(|imo| !imo_is_sound(*imo)) {
        list.push(item(
            "imo_check_digit",
            f64::from(imo),
            0.0,
            "number",
            format!("The IMO number that it sends, {imo}, fails its check digit: no ship has it."),
            format!("其发送的IMO编号{imo}校验位错误，不存在该编号的船舶。"),
        ));
    }
    if let Some(mmsi) = craft.mmsi.filter(|mmsi| !mmsi_is_plausible(*mmsi)) {
        list.push(item(
            "mmsi_without_flag",
            f64::from(mmsi.number()),
            0.0,
            "number",
            format!("MMSI {mmsi} belongs to no flag, or is what a transponder leaves the works with."),
            format!("MMSI {mmsi}不属于任何船旗国，或为设备出厂默认值。"),
        ));
    }
    let ship = matches!(craft.ship_type, Some(70..=89));
    let boat = matches!(craft.ship_type, Some(30 | 36 | 37));
    if let Some(length) = craft.length_m
        && ((ship && length < SHIP_MIN_M) || (boat && length > BOAT_MAX_M))
    {
        list.push(item(
            "size_against_type",
            length,
            if ship { SHIP_MIN_M } else { BOAT_MAX_M },
            "m",
            format!("It is {length:.0} m long, which its AIS type {} is not.", craft.ship_type.unwrap_or(0)),
            format!("其长度{length:.0}米与所报船舶类型{}不符。", craft.ship_type.unwrap_or(0)),
        ));
    }
    let looks_small = matches!(craft.eo_class, Some(EoClass::Speedboat | EoClass::Fishing));
    let looks_large = matches!(craft.eo_class, Some(EoClass::Cargo | EoClass::Tanker | EoClass::Passenger));
    if (ship && looks_small) || (boat && looks_large) {
        list.push(item(
            "look_against_type",
            1.0,
            1.0,
            "count",
            format!("A camera takes it for another sort of craft than its AIS type {}.", craft.ship_type.unwrap_or(0)),
            format!("光电识别的船型与其所报船舶类型{}不符。", craft.ship_type.unwrap_or(0)),
        ));
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_imo_numbers_pass_and_typing_errors_do_not() {
        // Emma Maersk, Queen Mary 2, Ever Given.
        for imo in [9_321_483, 9_241_061, 9_811_000] {
            assert!(imo_is_sound(imo), "{imo}");
            assert!(!imo_is_sound(imo + 1), "{imo}");
        }
        assert!(!imo_is_sound(0));
        assert!(!imo_is_sound(12_345));
    }

    #[test]
    fn numbers_of_no_flag_and_defaults_are_told_from_ships() {
        let plausible = |number| mmsi_is_plausible(Mmsi::new(number).unwrap());
        assert!(plausible(412_000_001) && plausible(244_123_456));
        assert!(!plausible(123_456_789) && !plausible(222_222_222) && !plausible(812_000_001));
    }
}
