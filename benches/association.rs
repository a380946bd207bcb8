//! CPU time a radar plot through the tracker: correction, gate, association, filter, for more and more tracks in clutter.
//!
//! `cargo bench --bench association`, or with numbers of craft behind it. Each number is laid out twice: all in the view of one radar,
//! where more craft also means more of them in each gate, and 500 in the view of each of many radars, where it does not. Goals: at
//! least 50,000 plots/s on one core, and 500,000 plots/s on two for 5,000 tracks; cost a plot flat from 500 to 20,000 tracks within a
//! factor of two.

mod support;

use shorewatch::feed::observation::{Content, Observation, RadarPlot};
use shorewatch::feed::sensor::{RadarClaims, Sensor, SensorKind, SensorTable};
use shorewatch::fusion::{Fusion, FusionConfig};
use shorewatch::geodesy::LatLon;
use shorewatch::units::{EventTime, SensorId};

const SCAN_S: f64 = 3.0;
/// Turns before measuring: tracks are confirmed by then.
const WARM_TURNS: u32 = 20;
const TURNS: u32 = 10;
/// False plots for each true one.
const FALSE_SHARE: f64 = 0.5;
/// Craft in the view of each radar where there are many, and degrees between two radars: none sees a craft of another.
const CRAFT_A_RADAR: usize = 500;
const APART_DEG: f64 = 1.3;

/// xorshift64* (Vigna 2016): the same sea in every run.
struct Random(u64);

impl Random {
    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn gauss(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

/// The plots of one turn of one radar in the order of its antenna.
fn turn(sensor: SensorId, number: u32, craft: &[(f64, f64)], random: &mut Random) -> Vec<Observation> {
    let mut plots: Vec<(f64, f64)> = Vec::new();
    for &(range_m, azimuth_deg) in craft {
        if random.uniform() < 0.9 {
            plots.push((range_m + 12.0 * random.gauss(), (azimuth_deg + 0.1 * random.gauss()).rem_euclid(360.0)));
        }
    }
    for _ in 0..(craft.len() as f64 * FALSE_SHARE) as usize {
        plots.push((500.0 + 59_000.0 * random.uniform().sqrt(), 360.0 * random.uniform()));
    }
    plots.sort_by(|a, b| a.1.total_cmp(&b.1));
    let start = EventTime::from_millis(1_776_438_398_000).plus_seconds(f64::from(number) * SCAN_S);
    plots
        .into_iter()
        .enumerate()
        .map(|(sequence, (range_m, azimuth_deg))| {
            let time = start.plus_seconds(azimuth_deg / 360.0 * SCAN_S);
            let content = Content::RadarPlot(RadarPlot {
                range_m,
                azimuth_deg,
                track_number: None,
                velocity: None,
                track_ended: false,
                coasted: false,
                amplitude: None,
                length_m: None,
                test_target: false,
                rounding: shorewatch::feed::observation::Rounding::default(),
            });
            Observation { sensor, time, received: time, sequence: sequence as u64, content }
        })
        .collect()
}

/// The plots of one turn of all radars in the order in which they come.
fn turn_of_all(number: u32, craft: &[Vec<(f64, f64)>], random: &mut Random) -> Vec<Observation> {
    let of_each = (0..).zip(craft).flat_map(|(radar, craft)| turn(SensorId(radar), number, craft, random));
    let mut plots: Vec<Observation> = of_each.collect();
    plots.sort_by_key(|plot| plot.received);
    plots
}

fn radar(number: usize) -> Sensor {
    let claims = RadarClaims {
        sac: 65,
        sic: 10 + number as u8,
        max_range_m: 60_000.0,
        scan_s: SCAN_S,
        sigma_range_m: 12.0,
        sigma_azimuth_deg: 0.1,
    };
    let (row, column) = (number / 8, number % 8);
    Sensor {
        name: format!("radar{number}"),
        kind: SensorKind::Radar,
        position: Some(LatLon::new(15.0 + APART_DEG * row as f64, 107.0 + APART_DEG * column as f64)),
        height_m: Some(80.0),
        radar: Some(claims),
        eo: None,
        report: None,
        mount: None,
    }
}

/// CPU time a plot, nanoseconds, of so many craft shared by so many radars.
fn measure(craft: usize, radars: usize) -> f64 {
    let mut random = Random(42);
    let places: Vec<Vec<(f64, f64)>> = (0..radars)
        .map(|_| {
            let place = |_| (1_000.0 + 58_000.0 * random.uniform().sqrt(), 360.0 * random.uniform());
            (0..craft / radars).map(place).collect()
        })
        .collect();
    let mut sensors = SensorTable::default();
    for number in 0..radars {
        sensors.add(radar(number)).expect("a radar with a position and a name of its own");
    }
    let mut fusion = Fusion::new(FusionConfig::default(), &sensors);
    for number in 0..WARM_TURNS {
        for observation in turn_of_all(number, &places, &mut random) {
            fusion.push(&observation);
        }
    }
    let turns: Vec<_> =
        (WARM_TURNS..WARM_TURNS + TURNS).map(|number| turn_of_all(number, &places, &mut random)).collect();
    let plots: usize = turns.iter().map(Vec::len).sum();
    let mut worst_turn_ns = 0;
    let start = support::thread_cpu_ns();
    for plots in &turns {
        let begun = support::thread_cpu_ns();
        for observation in plots {
            fusion.push(observation);
        }
        worst_turn_ns = worst_turn_ns.max(support::thread_cpu_ns() - begun);
    }
    let each_ns = (support::thread_cpu_ns() - start) as f64 / plots as f64;
    println!(
        "{craft:>6} craft, {radars:>2} radars: {each_ns:>6.0} ns/plot {:>8.0} plots/s, {} tracks, worst turn {:.1} ms",
        1e9 / each_ns,
        fusion.len(),
        worst_turn_ns as f64 / 1e6
    );
    each_ns
}

fn main() {
    println!("true craft detected 9 turns in 10, {FALSE_SHARE} false plots for each, 60 km, {SCAN_S} s a turn");
    let mut asked: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    if asked.is_empty() {
        asked = vec![500, 2_000, 5_000, 20_000];
    }
    for of_one in [true, false] {
        let radars = |craft: usize| if of_one { 1 } else { craft.div_ceil(CRAFT_A_RADAR) };
        let costs: Vec<f64> = asked.iter().map(|&craft| measure(craft, radars(craft))).collect();
        let (least, most) =
            costs.iter().fold((f64::MAX, 0.0_f64), |(least, most), &cost| (least.min(cost), most.max(cost)));
        println!("       from the least to the most {:.2} times", most / least);
    }
}
