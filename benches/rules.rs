//! CPU time of all rules together, an update of one vessel at one instant, for more and more vessels.
//!
//! `cargo bench --bench rules`, or `cargo bench --bench rules -- 10000` for some numbers of vessels alone. Half of the vessels are in fleets: 250 in 10 by 10 km, slow; the others spread over the waters
//! round Hainan, under way. Goals: at most 300 ns an update at 10,000 vessels; at 200,000 no more than one and a half times
//! that. The first minutes, in which every vessel is new, are not measured.

#![allow(clippy::unwrap_used, reason = "a bench may fail by panic")]

mod support;

use shorewatch::behaviour::{Behaviour, BehaviourConfig};
use shorewatch::chart::Chart;
use shorewatch::fusion::{Identity, Sources, TrackState};
use shorewatch::geodesy::LatLon;
use shorewatch::recording::load_builtin_chart;
use shorewatch::units::{EventTime, Mmsi, TrackId};
use support::thread_cpu_ns;

/// Seconds between two instants.
const STEP_S: f64 = 10.0;
/// Instants before measuring starts: half an hour, so that windows are full.
const WARM: u32 = 190;
/// Updates that are measured, more or less.
const UPDATES: u32 = 1_000_000;
/// Vessels of a fleet, and the side of the square that it works in, metres.
const FLEET: usize = 250;
const FLEET_SIDE_M: f64 = 10_000.0;

/// A small generator (splitmix64, Steele and others 2014), so that every run sees the same sea.
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

/// One vessel's way: a course that wanders.
struct Way {
    course: f64,
    speed_mps: f64,
}

fn track(number: usize, start: EventTime, position: LatLon) -> TrackState {
    let sends = !number.is_multiple_of(4);
    let identity = Identity {
        mmsi: sends.then(|| Mmsi::new(412_000_000 + number as u32)).flatten(),
        mmsi_probability: f64::from(u8::from(sends)),
        class_a: number.is_multiple_of(3),
        ship_type: sends.then_some(if number.is_multiple_of(2) { 30 } else { 70 }),
        ..Identity::default()
    };
    TrackState {
        id: TrackId(number as u64 + 1),
        time: start,
        first_seen: start,
        last_seen: start,
        position,
        east_mps: 0.0,
        north_mps: 0.0,
        position_covariance_m2: [100.0, 0.0, 100.0],
        speed_sigma_mps: 0.3,
        stopped_probability: 0.0,
        existence: 1.0,
        confirmed: true,
        sources: Sources { ais: sends, radar: true, eo: false, report: false },
        last_ais: sends.then_some(start),
        last_radar: Some(start),
        last_eo: None,
        identity,
        eo_class: None,
        length_m: Some(20.0),
        sightings: Default::default(),
        ais_elsewhere: None,
        merged_with: None,
        hull: None,
        stated: None,
    }
}

fn fleet(vessels: usize, start: EventTime, random: &mut Random) -> (Vec<TrackState>, Vec<Way>) {
    let (mut tracks, mut ways) = (Vec::with_capacity(vessels), Vec::with_capacity(vessels));
    let mut ground = LatLon::new(20.0, 110.0);
    for number in 0..vessels {
        let in_fleet = number < vessels / 2;
        if number.is_multiple_of(FLEET) {
            ground = LatLon::new(random.between(17.6, 21.8), random.between(107.2, 112.3));
        }
        let position = if in_fleet {
            ground.moved_m(random.between(0.0, FLEET_SIDE_M), random.between(0.0, FLEET_SIDE_M))
        } else {
            LatLon::new(random.between(17.5, 22.0), random.between(107.0, 112.5))
        };
        tracks.push(track(number, start, position));
        let speed_mps = if in_fleet { random.between(0.0, 2.0) } else { random.between(3.0, 10.0) };
        ways.push(Way { course: random.between(0.0, std::f64::consts::TAU), speed_mps });
    }
    (tracks, ways)
}

fn step(tracks: &mut [TrackState], ways: &mut [Way], now: EventTime, random: &mut Random) {
    for (track, way) in tracks.iter_mut().zip(ways) {
        way.course += random.between(-0.1, 0.1);
        let (sin, cos) = way.course.sin_cos();
        (track.east_mps, track.north_mps) = (way.speed_mps * sin, way.speed_mps * cos);
        track.position = track.position.moved_m(track.east_mps * STEP_S, track.north_mps * STEP_S);
        track.time = now;
        track.last_seen = now.plus_seconds(-2.0);
        track.last_radar = Some(track.last_seen);
        if track.identity.mmsi.is_some() {
            track.last_ais = Some(track.last_seen);
        }
    }
}

/// What is measured, by a name of its own for profilers:
/// `valgrind --tool=callgrind --toggle-collect='*rules::measured*'`.
#[inline(never)]
fn measured(rules: &mut Behaviour, now: EventTime, tracks: &[TrackState], chart: &Chart) {
    rules.sample(now, tracks, chart);
}

fn main() {
    let chart = load_builtin_chart().unwrap();
    println!("half of the vessels in fleets of {FLEET} in {:.0} km, {STEP_S} s an instant", FLEET_SIDE_M / 1000.0);
    let mut first_ns = None;
    let asked: Vec<usize> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let sizes = if asked.is_empty() { vec![10_000, 50_000, 200_000] } else { asked };
    for vessels in sizes {
        let instants = (UPDATES / vessels as u32).clamp(6, 60);
        let mut random = Random(7);
        let start = EventTime::from_millis(1_776_438_000_000);
        let (mut tracks, mut ways) = fleet(vessels, start, &mut random);
        let mut rules = Behaviour::new(BehaviourConfig::default());
        let (mut spent_ns, mut worst_ns, mut findings) = (0, 0, 0);
        for number in 0..WARM + instants {
            let now = start.plus_seconds(f64::from(number) * STEP_S);
            step(&mut tracks, &mut ways, now, &mut random);
            let begun = thread_cpu_ns();
            if number < WARM {
                rules.sample(now, &tracks, &chart)
            } else {
                measured(&mut rules, now, &tracks, &chart)
            };
            let took_ns = thread_cpu_ns() - begun;
            let said = rules.drain().len();
            if number >= WARM {
                spent_ns += took_ns;
                worst_ns = worst_ns.max(took_ns);
                findings += said;
            }
        }
        let each_ns = spent_ns as f64 / (vessels as f64 * f64::from(instants));
        let first_ns = *first_ns.get_or_insert(each_ns);
        println!(
            "{vessels:>7} vessels: {each_ns:>7.0} ns/update, {:.2} times the first, worst instant {:.0} ms, {findings} findings",
            each_ns / first_ns,
            worst_ns as f64 / 1e6
        );
    }
}
