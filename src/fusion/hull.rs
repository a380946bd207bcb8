//! Numbers that cameras read from hulls.
//!
//! A number on a hull belongs to the craft that a track follows, whatever its transponder says: it stays with the track when an AIS
//! name goes. One reading may be wrong by a digit; readings that agree are believed.

use arrayvec::ArrayVec;

use super::track_file::TrackFile;
use crate::units::Mmsi;

/// Most numbers kept for one track: the right one, and what it was misread as.
const NUMBERS_MAX: usize = 3;
/// Share of the weight of other numbers that a reading leaves.
const MEMORY: f64 = 0.9;
/// Weight of "misread": one reading is believed by half.
const DOUBT: f64 = 1.0;
/// How much likelier it is that a camera sees the craft whose number it reads, and how much less one that is known by another.
const SAME_NUMBER: f64 = 30.0;
const OTHER_NUMBER: f64 = 0.05;
/// Probability from which a number read before speaks for or against a track.
pub(super) const BELIEVED: f64 = 0.6;

/// The number on a hull as cameras read it.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct HullNumber {
    /// The MMSI that belongs to it.
    pub mmsi: Mmsi,
    /// How probable it is that this is what stands there, 0 to 1.
    pub probability: f64,
}

/// What cameras have read from one hull.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct HullReadings {
    numbers: ArrayVec<(Mmsi, f64), NUMBERS_MAX>,
}

impl HullReadings {
    /// Notes a reading; `share` is the probability that the camera saw this craft.
    pub(super) fn note(&mut self, read: Mmsi, share: f64) {
        for (mmsi, weight) in &mut self.numbers {
            *weight = if *mmsi == read { *weight + share } else { *weight * MEMORY };
        }
        if self.numbers.iter().any(|(mmsi, _)| *mmsi == read) {
            return;
        }
        if self.numbers.is_full() {
            let least = self.numbers.iter().enumerate().min_by(|(_, a), (_, b)| a.1.total_cmp(&b.1));
            if let Some(place) = least.map(|(place, _)| place) {
                self.numbers.remove(place);
            }
        }
        self.numbers.push((read, share));
    }

    /// The most probable number.
    pub(super) fn number(&self) -> Option<HullNumber> {
        let total: f64 = self.numbers.iter().map(|(_, weight)| weight).sum();
        let (mmsi, weight) = self.numbers.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))?;
        Some(HullNumber { mmsi, probability: weight / (total + DOUBT) })
    }
}

/// How well a number that a camera reads fits what is known of a track, as a factor of the likelihood.
pub(super) fn number_fits(file: &TrackFile, read: Option<Mmsi>) -> f64 {
    let Some(read) = read else { return 1.0 };
    let on_hull = file.hull.number().filter(|number| number.probability >= BELIEVED).map(|number| number.mmsi);
    match (on_hull, file.mmsi()) {
        (None, None) => 1.0,
        known if known.0 == Some(read) || known.1 == Some(read) => SAME_NUMBER,
        _ => OTHER_NUMBER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_that_agree_are_believed_and_one_that_is_off_is_not() {
        let (right, wrong) = (Mmsi::new(412_056_901).unwrap(), Mmsi::new(412_056_907).unwrap());
        let mut readings = HullReadings::default();
        assert_eq!(readings.number(), None);
        readings.note(right, 1.0);
        assert!(readings.number().is_some_and(|number| number.mmsi == right && number.probability <= 0.5));
        readings.note(right, 1.0);
        readings.note(wrong, 1.0);
        readings.note(right, 1.0);
        let number = readings.number().unwrap();
        assert!(number.mmsi == right && number.probability > 0.55, "{number:?}");
        for digit in 0..9 {
            readings.note(Mmsi::new(412_056_910 + digit).unwrap(), 0.3);
        }
        assert_eq!(readings.numbers.len(), NUMBERS_MAX, "rubbish takes no room");
        assert_eq!(readings.number().unwrap().mmsi, right);
    }
}
