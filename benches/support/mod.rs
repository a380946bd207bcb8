//! What the benches share: CPU time of one thread, the best and the median of several rounds.

#![allow(dead_code, unreachable_pub, reason = "each bench uses its part")]

use std::fs;
use std::path::PathBuf;

/// Rounds that are measured, after one that warms up.
const ROUNDS: usize = 7;

/// The least CPU time of a round in nanoseconds: short work is repeated until it takes that long.
const ROUND_NS_MIN: u64 = 150_000_000;

/// CPU time that this thread has used in nanoseconds, by the kernel's scheduler. Other load on the machine is not in it,
/// except for what it does to caches and clock rate.
///
/// # Panics
/// Where `/proc` is not that of Linux.
pub fn thread_cpu_ns() -> u64 {
    // A kernel without a tick brings the counter up to date only when it schedules: on an idle machine that may be never.
    std::thread::yield_now();
    let text = fs::read_to_string("/proc/thread-self/schedstat").expect("benches run on Linux");
    text.split_whitespace().next().and_then(|field| field.parse().ok()).expect("schedstat begins with nanoseconds")
}

/// The outcome of [`measure`].
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// Best round: CPU nanoseconds an item.
    pub best_ns: f64,
    /// Median round: CPU nanoseconds an item.
    pub median_ns: f64,
}

/// Runs `work`, which handles `items` items, in rounds, prints one line and returns CPU time an item.
pub fn measure(name: &str, item: &str, items: u64, mut work: impl FnMut()) -> Measured {
    // The kernel's counter may stand still for milliseconds: work is repeated until it has surely moved.
    let (mut repeats, mut spent_ns) = (1, 0);
    while spent_ns < ROUND_NS_MIN / 10 {
        let start = thread_cpu_ns();
        for _ in 0..repeats {
            work();
        }
        spent_ns = thread_cpu_ns() - start;
        repeats *= 4;
    }
    let repeats = (ROUND_NS_MIN * repeats / 4).div_ceil(spent_ns).max(1);
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = thread_cpu_ns();
            for _ in 0..repeats {
                work();
            }
            (thread_cpu_ns() - start) as f64 / (repeats * items) as f64
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    let measured = Measured { best_ns: rounds[0], median_ns: rounds[ROUNDS / 2] };
    println!(
        "{name:<44} {:>10.1} ns/{item} (median {:.1}) {:>14.0} {item}s/s",
        measured.best_ns,
        measured.median_ns,
        1e9 / measured.best_ns
    );
    measured
}

/// The folder of recordings beside the repository, if it is there.
pub fn shared_dir() -> Option<PathBuf> {
    let folder = std::env::var_os("SHOREWATCH_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    folder.is_dir().then_some(folder)
}
