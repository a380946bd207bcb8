//! CPU time a radar plot through the tracker: correction, gate, association, filter, for more and more tracks in clutter.
//!
//! `cargo bench --bench association`, or with numbers of craft behind it. Goals: at least 50,000 plots/s on one core, and
//! 500,000 plots/s on two for 5,000 tracks; cost a plot flat from 500 to 20,000 tracks within a factor of two.

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

/// The plots of one turn in the order of the antenna.
fn turn(number: u32, craft: &[(f64, f64)], random: &mut Random) -> Vec<Observation> {
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
            Observation { sensor: SensorId(0), time, received: time, sequence: sequence as u64, content }
        })
        .collect()
}

fn main() {
    println!("true craft detected 9 turns in 10, {FALSE_SHARE} false plots for each, 60 km, {SCAN_S} s a turn");
    let mut asked: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    if asked.is_empty() {
        asked = vec![500, 2_000, 5_000, 20_000];
    }
    for craft in asked {
        let mut random = Random(42);
        let places: Vec<(f64, f64)> =
            (0..craft).map(|_| (1_000.0 + 58_000.0 * random.uniform().sqrt(), 360.0 * random.uniform())).collect();
        let mut sensors = SensorTable::default();
        let claims = RadarClaims {
            sac: 65,
            sic: 10,
            max_range_m: 60_000.0,
            scan_s: SCAN_S,
            sigma_range_m: 12.0,
            sigma_azimuth_deg: 0.1,
        };
        let radar = Sensor {
            name: "radar1".to_owned(),
            kind: SensorKind::Radar,
            position: Some(LatLon::new(20.1, 110.3)),
            height_m: Some(80.0),
            radar: Some(claims),
            eo: None,
            report: None,
            mount: None,
        };
        sensors.add(radar).expect("one radar with a position");
        let mut fusion = Fusion::new(FusionConfig::default(), &sensors);
        for number in 0..WARM_TURNS {
            for observation in turn(number, &places, &mut random) {
                fusion.push(&observation);
            }
        }
        let turns: Vec<_> = (WARM_TURNS..WARM_TURNS + TURNS).map(|number| turn(number, &places, &mut random)).collect();
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
            "{craft:>6} craft: {each_ns:>8.0} ns/plot {:>10.0} plots/s, {} tracks, worst turn {:.1} ms",
            1e9 / each_ns,
            fusion.len(),
            worst_turn_ns as f64 / 1e6
        );
    }
}
