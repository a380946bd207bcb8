//! Who is within reach of a place: a uniform grid made anew when it is needed, for what moves.
//!
//! It proposes, and whoever asks measures: nobody within reach is left out, some who are farther off are named too. Made in
//! the time of a sort, asked in the time of some look-ups for each row of cells. Source: Bentley, Stanat and Williams, "The
//! complexity of finding fixed-radius near neighbors", Information Processing Letters 6 (1977).

use crate::geodesy::{LatLon, metres_per_degree};

/// Side of a cell in degrees: 1.1 km north to south.
const CELL_DEG: f64 = 0.01;
/// The most that one question is answered with: where so many are within reach, none of them is the one in question.
pub(super) const NEAR_MAX: usize = 1_024;

/// Things by the places where they are; a thing may be in several.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// (row, column, thing), sorted.
    cells: Vec<(i32, i32, u32)>,
}

impl Places {
    /// The grid of things with their places.
    pub(super) fn of(things: impl IntoIterator<Item = (u32, LatLon)>) -> Self {
        let mut cells: Vec<_> =
            things.into_iter().map(|(thing, place)| (row(place.lat_deg), column(place.lon_deg), thing)).collect();
        cells.sort_unstable();
        Self { cells }
    }

    /// The things no farther than `within_m` from `place`, and some others; up to [`NEAR_MAX`] of them.
    pub(super) fn near(&self, place: LatLon, within_m: f64) -> impl Iterator<Item = u32> + '_ {
        self.all_near(place, within_m).take(NEAR_MAX)
    }

    /// The same, however many they are.
    pub(super) fn all_near(&self, place: LatLon, within_m: f64) -> impl Iterator<Item = u32> + '_ {
        // One in a hundred and a metre cover the metric; 110 km is less than any degree of latitude.
        let reach_m = within_m * 1.01 + 1.0;
        let reach_lat_deg = reach_m / 110_000.0;
        let (south, north) = (row(place.lat_deg - reach_lat_deg), row(place.lat_deg + reach_lat_deg));
        let first = self.cells.partition_point(|cell| cell.0 < south);
        let rows = self.cells.get(first..).unwrap_or_default();
        let rows = if rows.first().is_some_and(|cell| cell.0 <= north) { rows } else { &[] };
        let turns = if rows.is_empty() { [None; 3] } else { columns(place, reach_m, reach_lat_deg) };
        Rows { rest: rows, north }
            .flat_map(move |row| {
                turns.into_iter().flatten().flat_map(move |(west, east)| {
                    let start = row.partition_point(|cell| cell.1 < west);
                    row.get(start..).unwrap_or_default().iter().take_while(move |cell| cell.1 <= east)
                })
            })
            .map(|cell| cell.2)
    }
}

/// The rows of cells that hold anything, up to one of them.
struct Rows<'a> {
    rest: &'a [(i32, i32, u32)],
    north: i32,
}

impl<'a> Iterator for Rows<'a> {
    type Item = &'a [(i32, i32, u32)];

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.rest.first()?.0;
        if row > self.north {
            return None;
        }
        let (this, rest) = self.rest.split_at(self.rest.partition_point(|cell| cell.0 <= row));
        self.rest = rest;
        Some(this)
    }
}

fn row(lat_deg: f64) -> i32 {
    (lat_deg / CELL_DEG).floor() as i32
}

fn column(lon_deg: f64) -> i32 {
    (lon_deg / CELL_DEG).floor() as i32
}

/// The columns within reach, also those on the other side of the antimeridian.
fn columns(place: LatLon, reach_m: f64, reach_lat_deg: f64) -> [Option<(i32, i32)>; 3] {
    let steepest = (place.lat_deg.abs() + reach_lat_deg).min(90.0);
    let reach_deg = (reach_m / metres_per_degree(steepest).lon_m).min(180.0);
    [0.0, -360.0, 360.0].map(|turn| {
        let (west, east) = (place.lon_deg + turn - reach_deg, place.lon_deg + turn + reach_deg);
        (east >= -180.0 && west <= 180.0).then(|| (column(west), column(east)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geodesy::distance_m;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn nobody_within_reach_is_left_out(
            lat in -80.0..80.0_f64,
            lon in prop::sample::select(vec![-179.99, -0.01, 110.0, 179.99]),
            offsets in prop::collection::vec((-9_000.0..9_000.0_f64, -9_000.0..9_000.0_f64), 1..60),
            within_m in 1.0..6_000.0_f64,
        ) {
            let here = LatLon::new(lat, lon);
            let points: Vec<LatLon> = offsets.iter().map(|(e, n)| here.moved_m(*e, *n)).collect();
            let places = Places::of((0..).zip(points.iter().copied()));
            let near: Vec<u32> = places.near(here, within_m).collect();
            for (index, point) in (0..).zip(&points) {
                prop_assert!(near.contains(&index) || distance_m(here, *point) > within_m, "{index} at {point:?}");
            }
        }
    }

    #[test]
    fn few_who_are_not_within_reach_are_named() {
        let here = LatLon::new(20.0, 110.0);
        let grid = (0..100).flat_map(|east| (0..100).map(move |north| (east, north)));
        let places = Places::of((0..).zip(grid.map(|(e, n)| here.moved_m(f64::from(e) * 500.0, f64::from(n) * 500.0))));
        let near = places.near(here.moved_m(25_000.0, 25_000.0), 500.0).count();
        assert!((5..=64).contains(&near), "{near}");
        assert_eq!(places.near(LatLon::new(-20.0, 110.0), 500.0).count(), 0);
        assert_eq!(Places::default().near(here, 1e9).count(), 0);
    }

    #[test]
    fn where_everybody_is_an_answer_stays_short() {
        let here = LatLon::new(20.0, 110.0);
        let places = Places::of((0..100_000).map(|thing| (thing, here)));
        assert_eq!(places.near(here, 100.0).count(), NEAR_MAX);
    }
}
