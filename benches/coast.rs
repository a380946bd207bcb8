//! Coast and zone queries on the built-in chart, CPU time a query on one core.
//!
//! Targets (design of the chart, one core): nearest shore exact at random positions 0.3 M/s, moving 0.6 M/s; zones at a
//! position 7 M/s and more. Run with `cargo bench --bench coast`. Measured when this was written (36,354 segments, 73
//! zones, a loaded 2-core machine): nearest 0.48 M/s random, 1.13 M/s moving, 36 M/s for one threshold with memory; land
//! test 1.1 M/s; landfall 1.6 M/s; zones at a position 15 M/s, within a margin 0.9 to 3 M/s.

mod support;

use shorewatch::chart::ShoreMemo;
use shorewatch::geodesy::LatLon;
use shorewatch::recording::load_builtin_chart;
use shorewatch::units::{Bearing, EventTime};
use std::hint::black_box;
use support::measure;

const QUERIES: usize = 200_000;

fn main() {
    let chart = load_builtin_chart().expect("the built-in chart");
    let (coast, zones) = (&chart.coast, &chart.zones);
    let (shore, border) = coast.segment_counts();
    println!("{shore} segments of shore, {border} on the border, {} zones", zones.zones().len());

    let mut random = Random(1);
    let mut anywhere = Vec::with_capacity(QUERIES);
    while anywhere.len() < QUERIES {
        let position = LatLon::new(random.between(17.6, 21.9), random.between(107.1, 112.4));
        if coast.within(position, 40_000.0) {
            anywhere.push(position);
        }
    }
    // 200 vessels, 1,000 steps of 10 m each.
    let moving: Vec<LatLon> = (0..200)
        .flat_map(|vessel| {
            let (sin, cos) = random.between(0.0, std::f64::consts::TAU).sin_cos();
            let start = anywhere[vessel];
            (0..1_000).map(move |step| start.moved_m(sin * 10.0 * f64::from(step), cos * 10.0 * f64::from(step)))
        })
        .collect();
    let in_zones: Vec<LatLon> = (0..QUERIES)
        .map(|n| {
            let bounds = zones.zones()[n % zones.zones().len()].bounds;
            LatLon::new(
                random.between(bounds.south_deg, bounds.north_deg),
                random.between(bounds.west_deg, bounds.east_deg),
            )
        })
        .collect();
    let at = EventTime::default();
    let each = |name: &str, positions: &[LatLon], query: &dyn Fn(&LatLon) -> f64| {
        measure(name, "position", positions.len() as u64, || {
            black_box(positions.iter().map(query).sum::<f64>());
        });
    };

    each("nearest shore, random", &anywhere, &|here| coast.nearest(*here).map_or(0.0, |shore| shore.distance_m));
    each("nearest shore, moving", &moving, &|here| coast.nearest(*here).map_or(0.0, |shore| shore.distance_m));
    each("shore within 150 m", &anywhere, &|here| f64::from(u8::from(coast.within(*here, 150.0))));
    each("shore within 2 km", &anywhere, &|here| f64::from(u8::from(coast.within(*here, 2_000.0))));
    measure("shore within 2 km, moving, with memory", "position", moving.len() as u64, || {
        for vessel in moving.chunks(1_000) {
            let mut memo = ShoreMemo::default();
            black_box(vessel.iter().filter(|here| memo.within(coast, **here, 2_000.0)).count());
        }
    });
    each("land or water", &anywhere, &|here| f64::from(u8::from(coast.is_land(*here))));
    each("landfall within 5 km", &anywhere, &|here| {
        let course = Bearing::from_deg(here.lon_deg * 1e4);
        coast.landfall(*here, course, 5_000.0).map_or(0.0, |landfall| landfall.distance_m)
    });
    each("zones at, random", &anywhere, &|here| zones.containing(*here, at).len() as f64);
    each("zones at, inside their boxes", &in_zones, &|here| zones.containing(*here, at).len() as f64);
    each("zones within 300 m, random", &anywhere, &|here| zones.within(*here, 300.0, at).len() as f64);
    each("zones within 300 m, inside", &in_zones, &|here| zones.within(*here, 300.0, at).len() as f64);
    each("named place", &anywhere[..2_000], &|here| chart.nearest_named_place(*here).map_or(0.0, |p| p.distance_m));
}

/// A small generator (splitmix64, Steele and others 2014), so that every run asks the same.
struct Random(u64);

impl Random {
    fn between(&mut self, low: f64, high: f64) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        low + (high - low) * ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}
