//! What a replay cost: time by the wall and by the processor, memory. Only for the summary: nothing that is computed depends on it.

#![allow(clippy::disallowed_types, reason = "the outermost layer measures itself")]

use std::time::{Duration, Instant};

/// Ticks of processor time a second in `/proc`: fixed by the Linux ABI for all architectures in use.
const TICKS_PER_SECOND: f64 = 100.0;

/// A stop watch.
pub(super) struct Watch {
    began: Instant,
    cpu_s: Option<f64>,
}

/// What a stop watch shows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Elapsed {
    /// By the wall.
    pub(super) wall: Duration,
    /// Processor seconds of all threads, where the system tells.
    pub(super) cpu_s: Option<f64>,
    /// The most memory that the process has held, where the system tells.
    pub(super) peak_bytes: Option<u64>,
}

impl Watch {
    pub(super) fn start() -> Self {
        Self { began: Instant::now(), cpu_s: process_cpu_s() }
    }

    pub(super) fn elapsed(&self) -> Elapsed {
        let cpu_s = process_cpu_s().zip(self.cpu_s).map(|(now, then)| now - then);
        Elapsed { wall: self.began.elapsed(), cpu_s, peak_bytes: process_peak_bytes() }
    }
}

/// User and system time of this process: fields 14 and 15 of `/proc/self/stat` (proc(5)).
fn process_cpu_s() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program is in brackets and may hold blanks.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS_PER_SECOND)
}

/// `VmHWM` of `/proc/self/status` (proc(5)), given in kB.
fn process_peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}
