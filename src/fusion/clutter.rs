//! What a radar sees where nothing is: false plots by cell, learned while it works.

use super::config::RadarConfig;

/// Depth of a cell in metres of range.
const RING_M: f64 = 1000.0;
/// Cells in a turn.
const SECTORS: usize = 32;
/// Scans over which a cell forgets.
const MEMORY_SCANS: f64 = 200.0;

/// False plots for each square metre and scan, by range ring and azimuth sector of one radar.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct ClutterMap {
    /// False plots a scan and cell, and the scan in which that was last brought up to date.
    cells: Vec<(f64, u64)>,
    rings: usize,
    prior: f64,
}

impl ClutterMap {
    /// A map for a radar of this range, with the configured density everywhere.
    pub fn new(max_range_m: f64, config: &RadarConfig) -> Self {
        let rings = ((max_range_m / RING_M).ceil() as usize).clamp(1, 400);
        let mut map = Self { cells: vec![(0.0, 0); rings * SECTORS], rings, prior: config.clutter };
        for index in 0..map.cells.len() {
            map.cells[index].0 = config.clutter * Self::area_m2(index / SECTORS);
        }
        map
    }

    /// False plots for each square metre and scan at this place, as of scan number `scan`.
    pub fn density(&self, range_m: f64, azimuth_deg: f64, scan: u64) -> f64 {
        let index = self.index(range_m, azimuth_deg);
        let (rate, last) = self.cells[index];
        let kept = (-(scan.saturating_sub(last) as f64) / MEMORY_SCANS).exp();
        (rate * kept / Self::area_m2(index / SECTORS)).max(self.prior * 0.1)
    }

    /// Notes a plot that belongs to no track with the probability `foreign`, in scan number `scan`.
    pub fn note(&mut self, range_m: f64, azimuth_deg: f64, foreign: f64, scan: u64) {
        let index = self.index(range_m, azimuth_deg);
        let floor = self.prior * Self::area_m2(index / SECTORS) * 0.1;
        let (rate, last) = &mut self.cells[index];
        let passed = scan.saturating_sub(*last) as f64;
        *rate = (*rate * (-passed / MEMORY_SCANS).exp()).max(floor) + foreign / MEMORY_SCANS;
        *last = (*last).max(scan);
    }

    fn index(&self, range_m: f64, azimuth_deg: f64) -> usize {
        let ring = ((range_m / RING_M) as usize).min(self.rings - 1);
        let sector = ((azimuth_deg / 360.0).rem_euclid(1.0) * SECTORS as f64) as usize;
        ring * SECTORS + sector.min(SECTORS - 1)
    }

    fn area_m2(ring: usize) -> f64 {
        let inner = ring as f64 * RING_M;
        std::f64::consts::PI * ((inner + RING_M).powi(2) - inner.powi(2)) / SECTORS as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fusion::config::FusionConfig;

    #[test]
    fn a_cell_full_of_clutter_is_told_from_a_quiet_one() {
        let mut map = ClutterMap::new(30_000.0, &FusionConfig::default().radar);
        for scan in 0..600 {
            map.note(1500.0, 10.0, 1.0, scan);
        }
        let area = ClutterMap::area_m2(1);
        assert!((map.density(1500.0, 10.0, 600) * area - 1.0).abs() < 0.1, "{}", map.density(1500.0, 10.0, 600) * area);
        assert!(map.density(1500.0, 190.0, 600) < map.density(1500.0, 10.0, 600) / 100.0);
    }
}
