//! How often a radar sees what is there: detection probability by place, learned from the tracks while it works.
//!
//! A radar sees less far out, low on the water and behind land. What a new track must expect is what the confirmed tracks of
//! the same place have met with; each track then learns its own. The ring that a place lies in speaks where its own cell
//! has not been sailed in yet, and the configured prior where the ring has not.

use super::config::RadarConfig;

/// Depth of a cell in metres of range.
const RING_M: f64 = 2_000.0;
/// Cells in a turn.
const SECTORS: usize = 16;
/// Turns of one track for which what is known of the wider place counts.
const PRIOR_TURNS: f64 = 30.0;
/// Turns over which a cell forgets.
const MEMORY_TURNS: f64 = 2_000.0;

/// Detections and turns, forgetting.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
struct Tally {
    seen: f64,
    turns: f64,
}

impl Tally {
    fn note(&mut self, seen: bool) {
        if self.turns >= MEMORY_TURNS {
            self.seen *= 1.0 - 1.0 / MEMORY_TURNS;
            self.turns *= 1.0 - 1.0 / MEMORY_TURNS;
        }
        self.seen += f64::from(u8::from(seen));
        self.turns += 1.0;
    }

    fn share(&self, prior: f64) -> f64 {
        (self.seen + prior * PRIOR_TURNS) / (self.turns + PRIOR_TURNS)
    }
}

/// Detection probability by range ring and azimuth sector of one radar.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct DetectionMap {
    cells: Vec<Tally>,
    rings: Vec<Tally>,
    prior: f64,
}

impl DetectionMap {
    /// A map for a radar of this range, with the configured probability everywhere.
    pub fn new(max_range_m: f64, config: &RadarConfig) -> Self {
        let rings = ((max_range_m / RING_M).ceil() as usize).clamp(1, 200);
        Self {
            cells: vec![Tally::default(); rings * SECTORS],
            rings: vec![Tally::default(); rings],
            prior: config.detection,
        }
    }

    /// Probability that a craft at this place is seen in one turn.
    pub fn probability(&self, range_m: f64, azimuth_deg: f64) -> f64 {
        let (ring, cell) = self.place(range_m, azimuth_deg);
        self.cells[cell].share(self.rings[ring].share(self.prior))
    }

    /// Notes that a craft at this place was or was not seen in one turn.
    pub fn note(&mut self, range_m: f64, azimuth_deg: f64, seen: bool) {
        let (ring, cell) = self.place(range_m, azimuth_deg);
        self.rings[ring].note(seen);
        self.cells[cell].note(seen);
    }

    fn place(&self, range_m: f64, azimuth_deg: f64) -> (usize, usize) {
        let ring = ((range_m / RING_M).max(0.0) as usize).min(self.rings.len() - 1);
        let sector = ((azimuth_deg / 360.0).rem_euclid(1.0) * SECTORS as f64) as usize;
        (ring, ring * SECTORS + sector.min(SECTORS - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fusion::config::FusionConfig;

    #[test]
    fn a_place_where_craft_are_seldom_seen_is_told_from_one_where_they_are_always() {
        let radar = FusionConfig::default().radar;
        let mut map = DetectionMap::new(40_000.0, &radar);
        for turn in 0..1000 {
            map.note(30_500.0, 10.0, turn % 5 == 0);
            map.note(5_500.0, 10.0, true);
        }
        assert!((map.probability(30_500.0, 10.0) - 0.2).abs() < 0.03, "{}", map.probability(30_500.0, 10.0));
        assert!(map.probability(5_500.0, 10.0) > 0.97);
        // Elsewhere in the ring nobody sailed yet: as in the ring.
        assert!((map.probability(30_500.0, 200.0) - 0.2).abs() < 0.05);
        assert!((map.probability(15_000.0, 10.0) - radar.detection).abs() < 1e-9);
    }
}
