//! Admission: which records are taken, in the order in which they were received.

use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::quality::{FixedState, FoldHasher};

use super::heard::{HeardBy, Hearing, Transmissions};
use super::reject::{Reject, Rejected, Rejects};
use super::repeated::Repeats;
use super::station_clock::StationClock;
use super::{AHEAD_MAX_MS, CLOCK_OFF_MAX_MS, HEARD_BY_MAX, JITTER_MS, LATE_MAX_MS, STRAGGLER_MAX_MS};
use crate::feed::observation::{
    AisPosition, AisStatic, Content, EoDetection, Observation, RadarPlot, RadarService, TrackReport,
};
use crate::units::SensorId;

/// What becomes of one observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Taken.
    Fresh,
    /// Taken, although it comes this many milliseconds after its measurement.
    Late {
        /// Milliseconds from measurement to receipt, by the sensor's own clock.
        by_ms: i64,
    },
    /// Not taken: the same AIS transmission was taken from another station, or came by another way.
    HeardAgain,
    /// Not taken: the same record came before.
    Duplicate,
    /// Not taken: measured more than 30 s before it was received.
    TooLate,
    /// Not taken: measured minutes before or after it was received, so its clock is wrong.
    ClockWrong,
}

impl Admission {
    /// Whether the observation is taken.
    pub const fn is_admitted(self) -> bool {
        matches!(self, Self::Fresh | Self::Late { .. })
    }
}

/// What came in from one sensor.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct SensorIntake {
    /// Observations taken, late ones counted.
    pub admitted: u64,
    /// Of those, how many were late.
    pub late: u64,
    /// The latest that one of them was, in milliseconds.
    pub late_max_ms: i64,
    /// Those not taken.
    pub rejects: Rejects,
    /// The clock of an AIS station; unused for other sensors.
    pub clock: StationClock,
}

impl SensorIntake {
    /// Observations received: admitted and rejected.
    pub fn received(&self) -> u64 {
        self.admitted + self.rejects.total()
    }
}

/// Admits observations of all sensors of an area.
///
/// Given observations in order of receipt, it says of each whether it is taken, and puts the time of AIS observations into
/// true UTC. A pure function of what it was given; memory is bounded by the sensors and by the last minute of receipt.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Intake {
    sensors: Vec<SensorIntake>,
    transmissions: Transmissions,
    repeats: Repeats,
    heard_by_count: [u64; HEARD_BY_MAX],
}

impl Intake {
    /// An intake for sensors 0 to `sensors` - 1.
    pub fn new(sensors: usize) -> Self {
        Self { sensors: vec![SensorIntake::default(); sensors], ..Self::default() }
    }

    /// Makes room for one more sensor, with the next number.
    pub fn add_sensor(&mut self) {
        self.sensors.push(SensorIntake::default());
    }

    /// Says whether `observation` is taken, and sets the time of an admitted AIS observation to true UTC: for a position
    /// with its UTC second when the fix was made, else when the station received it, corrected for its clock.
    ///
    /// An observation of a sensor that the intake was not made for is rejected as a wrong clock would be, uncounted.
    pub fn admit(&mut self, observation: &mut Observation) -> Admission {
        let admission = self.judge(observation);
        let Some(sensor) = self.sensors.get_mut(observation.sensor.index()) else { return admission };
        let why = match admission {
            Admission::Fresh => {
                sensor.admitted += 1;
                return admission;
            }
            Admission::Late { by_ms } => {
                sensor.admitted += 1;
                sensor.late += 1;
                sensor.late_max_ms = sensor.late_max_ms.max(by_ms);
                return admission;
            }
            Admission::HeardAgain => Rejected::HeardAgain,
            Admission::Duplicate => Rejected::Duplicate,
            Admission::TooLate => Rejected::TooLate,
            Admission::ClockWrong => Rejected::ClockWrong,
        };
        let Observation { sequence, time, received, .. } = *observation;
        sensor.rejects.add(Reject { why, sequence, time, received });
        admission
    }

    /// What came in from a sensor.
    pub fn sensor(&self, id: SensorId) -> Option<&SensorIntake> {
        self.sensors.get(id.index())
    }

    /// Who heard the transmission of an AIS observation, in the order taken; empty when it is older than half a minute.
    pub fn heard_by(&self, observation: &Observation) -> HeardBy {
        self.transmissions.heard_by(fingerprint(&observation.content))
    }

    /// How many AIS transmissions were heard by 1, 2, 3 … sensors; the last counts that many or more.
    pub fn heard_by_count(&self) -> [u64; HEARD_BY_MAX] {
        self.heard_by_count
    }

    fn judge(&mut self, observation: &mut Observation) -> Admission {
        let Some(sensor) = self.sensors.get_mut(observation.sensor.index()) else { return Admission::ClockWrong };
        let by_ms = observation.received.millis_since(observation.time);
        if !(-AHEAD_MAX_MS..=STRAGGLER_MAX_MS).contains(&by_ms) {
            return Admission::ClockWrong;
        }
        if by_ms > LATE_MAX_MS + CLOCK_OFF_MAX_MS {
            return Admission::TooLate;
        }
        let content = fingerprint(&observation.content);
        if matches!(observation.content, Content::AisPosition(_) | Content::AisStatic(_)) {
            let tag = observation.time;
            let corrected = sensor.clock.corrected(tag);
            match self.transmissions.hear(content, observation.sensor, tag, corrected, observation.received) {
                Hearing::Repeated => return Admission::Duplicate,
                Hearing::Again { sensors, new_sensor } => {
                    learn(&mut sensor.clock, observation);
                    if new_sensor {
                        self.count_hearers(sensors);
                    }
                    return Admission::HeardAgain;
                }
                Hearing::First => {
                    learn(&mut sensor.clock, observation);
                    observation.time = match utc_second(&observation.content) {
                        Some(second) => sensor.clock.fix_time(tag, second).unwrap_or(corrected),
                        None => corrected,
                    };
                    self.count_hearers(1);
                }
            }
        } else if self.repeats.is_repeat(record_hash(content, observation), observation.received) {
            return Admission::Duplicate;
        }
        if by_ms > JITTER_MS { Admission::Late { by_ms } } else { Admission::Fresh }
    }

    /// Moves a transmission from "heard by one less" to "heard by `sensors`".
    fn count_hearers(&mut self, sensors: usize) {
        if let Some(count) = sensors.checked_sub(1).and_then(|place| self.heard_by_count.get_mut(place)) {
            *count += 1;
        }
        if let Some(count) = sensors.checked_sub(2).and_then(|place| self.heard_by_count.get_mut(place)) {
            *count = count.saturating_sub(1);
        }
    }
}

fn learn(clock: &mut StationClock, observation: &Observation) {
    if let Some(second) = utc_second(&observation.content) {
        clock.learn(observation.time, second);
    }
}

fn utc_second(content: &Content) -> Option<u8> {
    match content {
        Content::AisPosition(position) => position.utc_second.filter(|&second| second < 60),
        _ => None,
    }
}

/// A record of a radar or camera: the same sensor, time and content.
fn record_hash(content: u64, observation: &Observation) -> u64 {
    FixedState::default().hash_one((content, observation.sensor, observation.time))
}

/// A hash of everything that is said, with a fixed key: the same in every run, and hard to hit by chance.
fn fingerprint(content: &Content) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    let h = &mut hasher;
    std::mem::discriminant(content).hash(h);
    match content {
        Content::AisPosition(position) => hash_position(position, h),
        Content::AisStatic(data) => hash_static(data, h),
        Content::RadarPlot(plot) => hash_plot(plot, h),
        Content::RadarService(RadarService::StartOfCycle) => 0_u8.hash(h),
        Content::RadarService(RadarService::Status { operational }) => (1_u8, operational).hash(h),
        Content::RadarService(RadarService::Sector { azimuth_deg }) => (2_u8, azimuth_deg.to_bits()).hash(h),
        Content::RadarService(RadarService::Rotation { period_s }) => (3_u8, period_s.to_bits()).hash(h),
        Content::EoDetection(detection) => hash_detection(detection, h),
        Content::TrackReport(report) => hash_report(report, h),
        Content::Carrier(position) => (position.lat_deg.to_bits(), position.lon_deg.to_bits()).hash(h),
    }
    hasher.finish()
}

fn bits(value: Option<f64>) -> Option<u64> {
    value.map(f64::to_bits)
}

fn hash_position(position: &AisPosition, h: &mut FoldHasher<'_>) {
    let AisPosition {
        mmsi,
        station,
        position,
        step_deg,
        accurate,
        sog_mps,
        cog_deg,
        heading_deg,
        nav_status,
        utc_second,
    } = position;
    (mmsi, station, position.lat_deg.to_bits(), position.lon_deg.to_bits(), step_deg.to_bits(), accurate).hash(h);
    (bits(*sog_mps), bits(*cog_deg), bits(*heading_deg), nav_status, utc_second).hash(h);
}

fn hash_static(data: &AisStatic, h: &mut FoldHasher<'_>) {
    let AisStatic { mmsi, imo, name, callsign, ship_type, dimensions, destination, draught_m, mothership } = data;
    (mmsi, imo, name, callsign, ship_type, destination, bits(*draught_m), mothership).hash(h);
    dimensions.map(|size| (size.to_bow_m, size.to_stern_m, size.to_port_m, size.to_starboard_m)).hash(h);
}

fn hash_plot(plot: &RadarPlot, h: &mut FoldHasher<'_>) {
    let RadarPlot {
        range_m,
        azimuth_deg,
        track_number,
        velocity,
        track_ended,
        coasted,
        amplitude,
        length_m,
        test_target,
        // Follows from the format, which is that of the feed.
        rounding: _,
    } = plot;
    (range_m.to_bits(), azimuth_deg.to_bits(), track_number, track_ended, coasted, amplitude, test_target).hash(h);
    (velocity.map(|(speed, course)| (speed.to_bits(), course.to_bits())), bits(*length_m)).hash(h);
}

fn hash_detection(detection: &EoDetection, h: &mut FoldHasher<'_>) {
    let EoDetection {
        azimuth_deg,
        elevation_deg,
        range_m,
        class,
        class_confidence,
        length_m,
        activity,
        hull_mmsi,
        image,
        image_sha256,
        range_sigma_m,
        label,
    } = detection;
    (azimuth_deg.to_bits(), bits(*elevation_deg), bits(*range_m), class.as_str(), class_confidence.to_bits()).hash(h);
    (bits(*length_m), activity.map(|seen| seen.as_str()), hull_mmsi, image, image_sha256, bits(*range_sigma_m), label)
        .hash(h);
}

fn hash_report(report: &TrackReport, h: &mut FoldHasher<'_>) {
    let TrackReport { id, mmsi, name, position, sigma_m, sog_mps, cog_deg, length_m, ended, coasted, test_target } =
        report;
    (id, mmsi, name, position.lat_deg.to_bits(), position.lon_deg.to_bits(), sigma_m.to_bits()).hash(h);
    (bits(*sog_mps), bits(*cog_deg), bits(*length_m), ended, coasted, test_target).hash(h);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::observation::{AisStation, EoClass};
    use crate::feed::order::REJECTS_KEPT;
    use crate::geodesy::LatLon;
    use crate::units::{EventTime, Mmsi};
    use proptest::prelude::*;

    const START_MS: i64 = 1_776_438_400_000;

    fn report(sensor: u16, number: u32, time_ms: i64, utc_second: Option<u8>) -> Observation {
        let position = AisPosition {
            mmsi: Mmsi::new(413_000_000 + number).unwrap(),
            station: AisStation::ClassA,
            position: LatLon::new(20.0 + f64::from(number) / 600_000.0, 110.0),
            step_deg: 1.0 / 600_000.0,
            accurate: true,
            sog_mps: Some(5.0),
            cog_deg: Some(90.0),
            heading_deg: None,
            nav_status: Some(0),
            utc_second,
        };
        observation(sensor, time_ms, time_ms, Content::AisPosition(position))
    }

    fn plot(sensor: u16, range_m: f64, time_ms: i64, received_ms: i64) -> Observation {
        let plot = RadarPlot {
            range_m,
            azimuth_deg: 10.0,
            track_number: None,
            velocity: None,
            track_ended: false,
            coasted: false,
            amplitude: None,
            length_m: None,
            test_target: false,
            rounding: crate::feed::observation::Rounding::default(),
        };
        observation(sensor, time_ms, received_ms, Content::RadarPlot(plot))
    }

    fn detection(sensor: u16, azimuth_deg: f64, time_ms: i64, received_ms: i64) -> Observation {
        let detection = EoDetection {
            azimuth_deg,
            elevation_deg: None,
            range_m: None,
            class: EoClass::Tug,
            class_confidence: 0.5,
            length_m: None,
            activity: None,
            hull_mmsi: None,
            image: None,
            image_sha256: None,
            range_sigma_m: None,
            label: None,
        };
        observation(sensor, time_ms, received_ms, Content::EoDetection(detection))
    }

    fn observation(sensor: u16, time_ms: i64, received_ms: i64, content: Content) -> Observation {
        Observation {
            sensor: SensorId(sensor),
            time: EventTime::from_millis(time_ms),
            received: EventTime::from_millis(received_ms),
            sequence: 0,
            content,
        }
    }

    #[test]
    fn a_transmission_heard_by_two_stations_is_taken_once_with_who_heard_it() {
        let mut intake = Intake::new(3);
        let mut first = report(0, 1, START_MS + 1_900, None);
        assert_eq!(intake.admit(&mut first), Admission::Fresh);
        assert_eq!(intake.admit(&mut report(2, 1, START_MS, None)), Admission::HeardAgain);
        assert_eq!(intake.admit(&mut report(2, 1, START_MS, None)), Admission::Duplicate);
        assert_eq!(intake.heard_by(&first).as_slice(), [SensorId(0), SensorId(2)]);
        assert_eq!(intake.heard_by_count()[..3], [0, 1, 0]);
        // The same content three minutes later is another transmission: a ship at anchor.
        assert_eq!(intake.admit(&mut report(2, 1, START_MS + 180_000, None)), Admission::Fresh);
        assert_eq!(intake.heard_by_count()[..3], [1, 1, 0]);
        assert!(intake.transmissions.validate().is_empty());
    }

    #[test]
    fn what_comes_too_late_twice_or_from_a_wrong_clock_is_counted_and_kept() {
        let mut intake = Intake::new(1);
        let now = START_MS + 40_000;
        let cases = [
            (plot(0, 100.0, now, now), Admission::Fresh),
            (plot(0, 100.0, now, now + 29_000), Admission::Duplicate),
            (plot(0, 200.0, now, now + 30_000), Admission::Late { by_ms: 30_000 }),
            (plot(0, 300.0, now, now + 40_000), Admission::TooLate),
            (plot(0, 400.0, now + 86_400_000, now + 40_000), Admission::ClockWrong),
            (plot(0, 500.0, now - 86_400_000, now + 40_000), Admission::ClockWrong),
            (plot(0, 600.0, now + 42_000, now + 41_000), Admission::Fresh),
            (plot(7, 600.0, now + 42_000, now + 41_000), Admission::ClockWrong),
        ];
        for (mut observation, wanted) in cases {
            assert_eq!(intake.admit(&mut observation), wanted, "{observation:?}");
        }
        let sensor = intake.sensor(SensorId(0)).unwrap();
        assert_eq!((sensor.received(), sensor.admitted, sensor.late, sensor.late_max_ms), (7, 3, 1, 30_000));
        let kept: Vec<_> = sensor.rejects.kept().map(|reject| reject.why).collect();
        assert_eq!(kept, [Rejected::Duplicate, Rejected::TooLate, Rejected::ClockWrong, Rejected::ClockWrong]);
    }

    #[test]
    fn a_flood_of_rejects_keeps_the_latest() {
        let mut intake = Intake::new(1);
        for number in 0..1_000 {
            let mut wrong = plot(0, 1.0, 0, START_MS);
            wrong.sequence = number;
            assert_eq!(intake.admit(&mut wrong), Admission::ClockWrong);
        }
        let rejects = &intake.sensor(SensorId(0)).unwrap().rejects;
        assert_eq!((rejects.count(Rejected::ClockWrong), rejects.kept().count()), (1_000, REJECTS_KEPT));
        assert_eq!(rejects.kept().last().unwrap().sequence, 999);
    }

    #[test]
    fn the_time_of_a_position_becomes_that_of_its_fix_although_the_station_is_two_seconds_ahead() {
        let mut intake = Intake::new(1);
        for number in 0..200_u32 {
            let sent_ms = START_MS + i64::from(number) * 730;
            let mut observation = report(0, number, sent_ms + 1_900, Some((sent_ms / 1000 % 60) as u8));
            assert!(intake.admit(&mut observation).is_admitted());
            let error_ms = observation.time.as_millis() - sent_ms;
            assert!(error_ms.abs() < if number < 64 { 1_000 } else { 100 }, "{number}: {error_ms}");
        }
        assert!((intake.sensor(SensorId(0)).unwrap().clock.offset_ms().unwrap() - 1_900).abs() < 60);
    }

    /// Observations of three sensors in order of receipt.
    fn mixed() -> impl Strategy<Value = Vec<Observation>> {
        proptest::collection::vec((0_u16..3, 0_u32..12, 0_i64..1_500, 0_i64..35_000), 1..150).prop_map(|steps| {
            let mut now = START_MS;
            steps
                .into_iter()
                .map(|(sensor, number, step, late)| {
                    now += step;
                    let late = if number == 0 { late } else { 0 };
                    match sensor {
                        0 => {
                            let mut heard = report(0, number, now - late, None);
                            heard.received = EventTime::from_millis(now);
                            heard
                        }
                        1 => plot(1, f64::from(number), now - late, now),
                        _ => detection(2, f64::from(number), now - late, now),
                    }
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn doubling_every_record_changes_nothing_that_is_admitted(records in mixed(), behind in 0_usize..20) {
            let mut once = Intake::new(3);
            let admitted: Vec<_> =
                records.iter().cloned().filter_map(|mut one| once.admit(&mut one).is_admitted().then_some(one)).collect();
            let mut twice = Intake::new(3);
            let mut doubled = Vec::new();
            for (index, record) in records.iter().enumerate() {
                let mut record = record.clone();
                if twice.admit(&mut record).is_admitted() {
                    doubled.push(record);
                }
                // Its twin comes with a later record, no more than 20 records and 30 s behind.
                let Some(twin) = index.checked_sub(behind).and_then(|place| records.get(place)) else { continue };
                let mut twin = Observation { received: records[index].received, ..twin.clone() };
                let admission = twice.admit(&mut twin);
                prop_assert!(!admission.is_admitted(), "{admission:?}");
            }
            prop_assert_eq!(admitted, doubled);
            prop_assert!(twice.transmissions.validate().is_empty());
        }

        #[test]
        fn which_of_two_stations_reports_first_changes_nothing_that_is_taken(
            order in proptest::collection::vec(any::<bool>(), 40), offset_ms in -1_000_i64..1_000,
        ) {
            let mut intake = Intake::new(2);
            let mut taken = 0;
            for (number, first) in order.into_iter().enumerate() {
                let sent_ms = START_MS + number as i64 * 500;
                let mut pair = [report(0, number as u32, sent_ms, None), report(1, number as u32, sent_ms + offset_ms, None)];
                pair.iter_mut().for_each(|heard| heard.received = EventTime::from_millis(sent_ms + 1_000));
                if first {
                    pair.reverse();
                }
                taken += pair.iter_mut().map(|heard| usize::from(intake.admit(heard).is_admitted())).sum::<usize>();
            }
            prop_assert_eq!(taken, 40);
            prop_assert_eq!(intake.heard_by_count()[..2].to_vec(), vec![0, 40]);
        }
    }
}
