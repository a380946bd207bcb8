//! How a vessel has moved of late: speed from displacement, and the stay of the last half hour.
//!
//! A filter's velocity is noisy for slow radar-only craft (0.2 to 0.5 m/s), and its positions wander by tens of metres.
//! Both averages here are made of positions: a straight line through the last minute for "is it slow now", two-minute
//! displacements over half an hour for "has it been slow all the while". Memory a vessel is fixed (about 1.3 kB).

use arrayvec::ArrayVec;

use crate::geodesy::{LatLon, LocalPlane};
use crate::units::EventTime;

/// Positions kept for the last minute: seven at 10 s span 60 s.
const RECENT: usize = 7;
/// Length of one bucket of the stay window in milliseconds; the stay is judged when a bucket is full.
pub(super) const BUCKET_MS: i64 = 30_000;
/// Buckets over which displacement is taken for the mean speed of a stay: 2 min. Ten metres of wandering then weigh 0.1 m/s.
const LAG: usize = 4;
/// Buckets kept: the longest stay that can be configured is an hour.
const STAY_MAX: usize = 120;

/// Positions of the last minute in a plane.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Recent {
    plane: LocalPlane,
    fixes: ArrayVec<(EventTime, f64, f64), RECENT>,
}

impl Recent {
    pub(super) fn new(position: LatLon) -> Self {
        Self { plane: LocalPlane::containing(position), fixes: ArrayVec::new() }
    }

    /// Adds the position at `now`. After a break of more than half a minute, or on a new plane, starts anew.
    pub(super) fn push(&mut self, now: EventTime, position: LatLon) {
        if self.fixes.last().is_some_and(|last| now.millis_since(last.0) > 30_000) {
            self.fixes.clear();
        }
        if self.plane.is_far(position) {
            *self = Self::new(position);
        }
        if self.fixes.is_full() {
            self.fixes.remove(0);
        }
        let (east, north) = self.plane.to_plane(position);
        self.fixes.push((now, east, north));
    }

    /// Speed in m/s of the straight line that fits the last minute best; `None` before half a minute has been seen.
    pub(super) fn speed_mps(&self) -> Option<f64> {
        let (first, last) = (self.fixes.first()?, self.fixes.last()?);
        if last.0.millis_since(first.0) < 30_000 {
            return None;
        }
        let fixes = self.fixes.as_slice();
        let mut seconds = [0.0; RECENT];
        for (seconds, fix) in seconds.iter_mut().zip(fixes) {
            *seconds = fix.0.seconds_since(first.0);
        }
        let count = fixes.len() as f64;
        let (mut mean_t, mut mean_e, mut mean_n) = (0.0, 0.0, 0.0);
        for (fix, seconds) in fixes.iter().zip(seconds) {
            mean_t += seconds;
            mean_e += fix.1;
            mean_n += fix.2;
        }
        (mean_t, mean_e, mean_n) = (mean_t / count, mean_e / count, mean_n / count);
        let (mut tt, mut te, mut tn) = (0.0, 0.0, 0.0);
        for (fix, seconds) in fixes.iter().zip(seconds) {
            let t = seconds - mean_t;
            tt += t * t;
            te += t * (fix.1 - mean_e);
            tn += t * (fix.2 - mean_n);
        }
        Some((te / tt).hypot(tn / tt))
    }
}

/// What is remembered of one bucket of a stay, as bits.
pub(super) mod mark {
    /// A sensor measured the vessel.
    pub(in crate::behaviour) const MEASURED: u8 = 1;
    /// Nearer to the shore than a stay at sea may be.
    pub(in crate::behaviour) const NEAR_SHORE: u8 = 2;
    /// In a zone that excuses everyone.
    pub(in crate::behaviour) const EXCUSES_ALL: u8 = 4;
    /// In a zone that excuses fishing craft and tenders.
    pub(in crate::behaviour) const EXCUSES_SMALL: u8 = 8;
    /// In a zone that excuses passenger vessels.
    pub(in crate::behaviour) const EXCUSES_PASSENGER: u8 = 16;
    /// Sends that it is not under command, far from the shore.
    pub(in crate::behaviour) const NOT_UNDER_COMMAND: u8 = 32;
    /// How many marks there are.
    pub(in crate::behaviour) const COUNT: usize = 6;
}

/// Half a minute of a stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
struct Bucket {
    east_m: f32,
    north_m: f32,
    /// Speed of the displacement over [`LAG`] buckets up to this one, in m/s.
    drift_mps: f32,
    /// The same, or what AIS says if that is more.
    speed_mps: f32,
    marks: u8,
}

/// The half minute that is not over yet.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
struct Open {
    start: EventTime,
    east_sum: f64,
    north_sum: f64,
    count: u32,
    marks: u8,
    /// The greatest speed in it of a track that AIS feeds; 0 without.
    ais_speed_mps: f64,
}

/// The buckets of the last while, with running sums: one update costs the same however long the window.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Stay {
    plane: LocalPlane,
    buckets: std::collections::VecDeque<Bucket>,
    window: usize,
    open: Open,
    last: (EventTime, f64, f64),
    speed_sum: f64,
    marked: [u16; mark::COUNT],
}

/// What the window of a stay shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct StaySummary {
    /// Mean speed in m/s, by two-minute displacements.
    pub(super) mean_speed_mps: f64,
    /// Share of the window in which a sensor measured the vessel.
    pub(super) measured: f64,
    /// Begin of the window.
    pub(super) from: EventTime,
    /// How many buckets bear each mark.
    pub(super) marked: [u16; mark::COUNT],
}

impl StaySummary {
    /// In how many buckets `mark` was set.
    pub(super) fn count(&self, mark: u8) -> u16 {
        self.marked[mark.trailing_zeros() as usize]
    }
}

impl Stay {
    /// A window of `window_ms`, rounded to whole buckets and cut at an hour.
    pub(super) fn new(now: EventTime, position: LatLon, window_ms: i64) -> Self {
        let plane = LocalPlane::containing(position);
        let (east, north) = plane.to_plane(position);
        Self {
            plane,
            buckets: std::collections::VecDeque::new(),
            window: ((window_ms / BUCKET_MS) as usize).clamp(LAG, STAY_MAX),
            open: Open { start: now, ..Open::default() },
            last: (now, east, north),
            speed_sum: 0.0,
            marked: [0; mark::COUNT],
        }
    }

    /// Makes the window another length: what no longer fits in is forgotten, a longer one fills up.
    pub(super) fn set_window(&mut self, window_ms: i64) {
        let window = ((window_ms / BUCKET_MS) as usize).clamp(LAG, STAY_MAX);
        if window == self.window {
            return;
        }
        self.window = window;
        while self.buckets.len() > window
            && let Some(old) = self.buckets.pop_front()
        {
            self.count(old, false);
        }
    }

    /// Takes the position at `now` with its marks, and the speed that AIS gives, which is better than displacement. A silence of up to `hold_ms` is bridged by a straight line without the
    /// mark of being measured; a longer one empties the window. Returns whether a bucket was completed.
    pub(super) fn push(
        &mut self,
        now: EventTime,
        position: LatLon,
        ais_speed_mps: Option<f64>,
        marks: u8,
        hold_ms: i64,
    ) -> bool {
        if self.plane.is_far(position) {
            self.move_plane(position);
        }
        let (east, north) = self.plane.to_plane(position);
        let silence_ms = now.millis_since(self.last.0);
        if silence_ms > hold_ms.max(BUCKET_MS) || silence_ms < 0 {
            let window_ms = self.window as i64 * BUCKET_MS;
            *self = Self::new(now, position, window_ms);
        }
        let mut completed = false;
        let (from, from_east, from_north) = self.last;
        while now.millis_since(self.open.start) >= BUCKET_MS {
            let middle = self.open.start.plus_millis(BUCKET_MS / 2);
            let share = if silence_ms > 0 { middle.millis_since(from) as f64 / silence_ms as f64 } else { 1.0 };
            let bridge = (
                from_east + (east - from_east) * share.clamp(0.0, 1.0),
                from_north + (north - from_north) * share.clamp(0.0, 1.0),
            );
            self.close_bucket(bridge, marks & !mark::MEASURED);
            completed = true;
        }
        self.open.east_sum += east;
        self.open.north_sum += north;
        self.open.count += 1;
        self.open.marks |= marks;
        self.open.ais_speed_mps = self.open.ais_speed_mps.max(ais_speed_mps.unwrap_or(0.0));
        self.last = (now, east, north);
        completed
    }

    /// Ends the open bucket; `bridge` and `bridge_marks` stand in when it holds no position.
    fn close_bucket(&mut self, bridge: (f64, f64), bridge_marks: u8) {
        let Open { start, east_sum, north_sum, count, marks, ais_speed_mps } = self.open;
        let (mean, marks) = if count > 0 {
            ((east_sum / f64::from(count), north_sum / f64::from(count)), marks)
        } else {
            (bridge, bridge_marks)
        };
        let drift_mps = match self.buckets.len().checked_sub(LAG).and_then(|index| self.buckets.get(index)) {
            Some(before) => {
                let moved = (mean.0 - f64::from(before.east_m)).hypot(mean.1 - f64::from(before.north_m));
                moved / (LAG as f64 * BUCKET_MS as f64 / 1000.0)
            }
            None => match self.buckets.back() {
                Some(before) => {
                    let moved = (mean.0 - f64::from(before.east_m)).hypot(mean.1 - f64::from(before.north_m));
                    moved / (BUCKET_MS as f64 / 1000.0)
                }
                None => 0.0,
            },
        };
        let bucket = Bucket {
            east_m: mean.0 as f32,
            north_m: mean.1 as f32,
            drift_mps: drift_mps as f32,
            speed_mps: drift_mps.max(ais_speed_mps) as f32,
            marks,
        };
        if self.buckets.len() == self.window
            && let Some(old) = self.buckets.pop_front()
        {
            self.count(old, false);
        }
        self.count(bucket, true);
        self.buckets.push_back(bucket);
        self.open = Open { start: start.plus_millis(BUCKET_MS), ..Open::default() };
    }

    fn count(&mut self, bucket: Bucket, add: bool) {
        let speed = f64::from(bucket.speed_mps);
        self.speed_sum += if add { speed } else { -speed };
        for (bit, count) in self.marked.iter_mut().enumerate() {
            if bucket.marks & (1 << bit) != 0 {
                *count = if add { *count + 1 } else { *count - 1 };
            }
        }
    }

    fn move_plane(&mut self, position: LatLon) {
        let (old, new) = (self.plane, LocalPlane::containing(position));
        let shift = |east: f64, north: f64| new.to_plane(old.to_position(east, north));
        for bucket in &mut self.buckets {
            let (east, north) = shift(f64::from(bucket.east_m), f64::from(bucket.north_m));
            (bucket.east_m, bucket.north_m) = (east as f32, north as f32);
        }
        if self.open.count > 0 {
            let count = f64::from(self.open.count);
            let (mean_east, mean_north) = shift(self.open.east_sum / count, self.open.north_sum / count);
            (self.open.east_sum, self.open.north_sum) = (mean_east * count, mean_north * count);
        }
        (self.last.1, self.last.2) = shift(self.last.1, self.last.2);
        self.plane = new;
    }

    /// Speed in m/s of the displacement over the last two minutes; `None` before that has been seen.
    pub(super) fn drift_mps(&self) -> Option<f64> {
        (self.buckets.len() > LAG).then(|| self.buckets.back().map(|bucket| f64::from(bucket.drift_mps))).flatten()
    }

    /// What the window shows; `None` until it is full.
    pub(super) fn summary(&self) -> Option<StaySummary> {
        if self.buckets.len() < self.window {
            return None;
        }
        let count = self.window as f64;
        Some(StaySummary {
            mean_speed_mps: self.speed_sum / count,
            measured: f64::from(self.marked[mark::MEASURED.trailing_zeros() as usize]) / count,
            from: self.open.start.plus_millis(-(self.window as i64) * BUCKET_MS),
            marked: self.marked,
        })
    }

    /// The mean position of the window and the farthest distance in metres of any bucket from it.
    pub(super) fn circle(&self) -> (LatLon, f64) {
        let count = self.buckets.len().max(1) as f64;
        let (mut east, mut north) = (0.0, 0.0);
        for bucket in &self.buckets {
            east += f64::from(bucket.east_m);
            north += f64::from(bucket.north_m);
        }
        let (east, north) = (east / count, north / count);
        let offset = |bucket: &Bucket| (f64::from(bucket.east_m) - east, f64::from(bucket.north_m) - north);
        let squared = |(east, north): (f64, f64)| east * east + north * north;
        let farthest = self.buckets.iter().map(|bucket| squared(offset(bucket))).fold(0.0, f64::max);
        // Squares tell who may be the farthest; only of those the distance is taken.
        let nearly = farthest * (1.0 - 1e-9);
        let far = self.buckets.iter().map(offset).filter(|offset| squared(*offset) >= nearly);
        let radius = far.map(|(east, north)| east.hypot(north)).fold(0.0, f64::max);
        (self.plane.to_position(east, north), radius)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: LatLon = LatLon::new(20.1, 110.5);

    fn at(seconds: i64) -> EventTime {
        EventTime::from_seconds(1_000_000 + seconds)
    }

    /// A zigzag of `metres` that averages to nothing, as a filter wanders.
    fn wander(second: i64, metres: f64) -> f64 {
        [0.3, -0.8, 1.0, -0.4, 0.6, -1.0, 0.2][(second / 10).rem_euclid(7) as usize] * metres
    }

    #[test]
    fn the_speed_of_a_minute_is_that_of_the_displacement() {
        let mut recent = Recent::new(HERE);
        assert_eq!(recent.speed_mps(), None);
        for second in (0..=60).step_by(10) {
            recent.push(at(second), HERE.moved_m(3.0 * second as f64, 4.0 * second as f64));
        }
        assert!((recent.speed_mps().unwrap() - 5.0).abs() < 0.01);
    }

    #[test]
    fn a_wandering_position_weighs_little_over_half_an_hour() {
        let mut stay = Stay::new(at(0), HERE, 1_800_000);
        for second in (0..=1_810).step_by(10) {
            let place = HERE.moved_m(0.2 * second as f64 + wander(second, 30.0), wander(second + 30, 30.0));
            stay.push(at(second), place, None, mark::MEASURED, 60_000);
        }
        let summary = stay.summary().unwrap();
        assert!((summary.mean_speed_mps - 0.2).abs() < 0.1, "{summary:?}");
        assert_eq!(summary.measured, 1.0);
        assert_eq!(summary.from, at(0));
        let (middle, radius) = stay.circle();
        assert!(crate::geodesy::distance_m(middle, HERE.moved_m(180.0, 0.0)) < 20.0);
        assert!((150.0..250.0).contains(&radius), "{radius}");
    }

    #[test]
    fn a_silence_is_bridged_up_to_the_hold_over_and_no_longer() {
        let run = |hold_ms| {
            let mut stay = Stay::new(at(0), HERE, 1_800_000);
            for second in (0..=2_400).step_by(10).filter(|second| !(600..1_200).contains(second)) {
                stay.push(at(second), HERE.moved_m(0.5 * second as f64, 0.0), None, mark::MEASURED, hold_ms);
            }
            stay.summary()
        };
        let held = run(700_000).unwrap();
        assert!((held.mean_speed_mps - 0.5).abs() < 0.02, "{held:?}");
        assert!((held.measured - 2.0 / 3.0).abs() < 0.02, "{held:?}");
        assert_eq!(run(300_000), None);
    }

    #[test]
    fn a_new_plane_moves_nothing() {
        let edge = LatLon::new(20.2495, 110.9995);
        let mut stay = Stay::new(at(0), edge, 120_000);
        for second in (0..=12_000).step_by(10) {
            stay.push(at(second), edge.moved_m(5.0 * second as f64, 5.0 * second as f64), None, 0, 60_000);
        }
        let summary = stay.summary().unwrap();
        assert!((summary.mean_speed_mps - 50.0_f64.sqrt()).abs() < 0.05, "{summary:?}");
    }

    #[test]
    fn marks_are_counted_while_they_are_in_the_window() {
        let mut stay = Stay::new(at(0), HERE, 300_000);
        for second in (0..=300).step_by(10) {
            stay.push(at(second), HERE, None, if second < 60 { mark::NEAR_SHORE } else { 0 }, 60_000);
        }
        assert_eq!(stay.summary().unwrap().count(mark::NEAR_SHORE), 2);
        stay.push(at(330), HERE, None, 0, 60_000);
        stay.push(at(360), HERE, None, 0, 60_000);
        assert_eq!(stay.summary().unwrap().count(mark::NEAR_SHORE), 0);
    }
}
