//! What must not matter to the alerts of a whole recording: when it happened, in how many feeds it came, and how often; and
//! what lateness may change.
//!
//! The recording is the demo's: one hour off Haikou, three sensors, with its own lateness, doubles and damage.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use shorewatch::alert::Alert;
use shorewatch::chart::Chart;
use shorewatch::engine::{Engine, EngineConfig, EngineEvent};
use shorewatch::feed::sensor::{Sensor, SensorKind, SensorTable};
use shorewatch::feed::{FeedDecoder, Observation};
use shorewatch::recording::{OpenOptions, Recording};
use shorewatch::units::{EventTime, SensorId};

struct Evening {
    observations: Vec<Observation>,
    sensors: SensorTable,
    chart: Arc<Chart>,
    start: EventTime,
    end: EventTime,
}

static EVENING: LazyLock<Evening> = LazyLock::new(|| {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/haikou-evening");
    let recording = Recording::open(&[folder], &OpenOptions::default()).unwrap();
    let mut decoders: Vec<FeedDecoder> = recording
        .feeds
        .iter()
        .map(|feed| FeedDecoder::new(feed.kind, feed.sensor.unwrap(), &recording.sensors))
        .collect();
    let mut observations = Vec::new();
    let mut records = recording.records();
    while let Some(record) = records.next_record() {
        decoders[record.feed].decode(&record.bytes, record.place, record.received, |it| observations.push(it));
    }
    let (start, end) = recording.span().unwrap();
    let chart = Arc::new(recording.chart(None).unwrap());
    Evening { observations, sensors: recording.sensors.clone(), chart, start, end }
});

/// What an officer is told of one affair, without the sentences: these say how long it lasts, and that may differ by the
/// instant at which they were last brought up to date.
#[derive(Clone, Debug, PartialEq)]
struct Told {
    kind: &'static str,
    mmsi: Option<u32>,
    other: Option<u32>,
    raised_ms: i64,
    start_ms: i64,
    end_ms: Option<i64>,
}

/// The alerts of these observations, by time from `start`.
fn told(observations: impl Iterator<Item = Observation>, sensors: &SensorTable, start: EventTime) -> Vec<Told> {
    let evening = &*EVENING;
    let config = EngineConfig { origin: Some(start), ..EngineConfig::default() };
    let mut engine = Engine::new(config, Arc::clone(&evening.chart), sensors.clone());
    let mut alerts: BTreeMap<String, Alert> = BTreeMap::new();
    let mut take = |engine: &mut Engine| {
        for event in engine.drain_events() {
            if let EngineEvent::Alert(event) = event {
                alerts.insert(event.alert.id.to_string(), event.alert);
            }
        }
    };
    for observation in observations {
        engine.push(observation);
        take(&mut engine);
    }
    engine.advance(start.plus_millis(evening.end.millis_since(evening.start)));
    take(&mut engine);
    let since = |time: EventTime| time.millis_since(start);
    let mut told: Vec<Told> = alerts
        .into_values()
        .filter(|alert| alert.confirmed.is_some())
        .map(|alert| Told {
            kind: alert.kind.as_str(),
            mmsi: alert.mmsi.map(|mmsi| mmsi.number()),
            other: alert.other_mmsi.map(|mmsi| mmsi.number()),
            raised_ms: since(alert.confirmed.unwrap_or(alert.raised)),
            start_ms: since(alert.start),
            end_ms: alert.end.map(since),
        })
        .collect();
    told.sort_by_key(|it| (it.raised_ms, it.kind, it.mmsi, it.start_ms));
    told
}

/// What was told of whom.
type Affair = (&'static str, Option<u32>, Option<u32>);

/// What was told of whom, and when, in order of the affairs.
fn affairs(told: &[Told]) -> Vec<(Affair, i64)> {
    let mut affairs: Vec<_> = told.iter().map(|it| ((it.kind, it.mmsi, it.other), it.raised_ms)).collect();
    affairs.sort_unstable();
    affairs
}

/// That the same was told as in time, later by no more than `late_ms` and one picture.
fn assert_told_in_time(told: &[Told], late_ms: i64) {
    let (there, here) = (affairs(told), affairs(&PLAIN));
    let of = |affairs: &[(Affair, i64)]| -> Vec<Affair> { affairs.iter().map(|(affair, _)| *affair).collect() };
    assert_eq!(of(&there), of(&here), "{late_ms} ms late");
    for ((affair, there_ms), (_, here_ms)) in there.iter().zip(&here) {
        let delay_ms = there_ms - here_ms;
        assert!(
            (-60_000..=late_ms + 10_000).contains(&delay_ms),
            "{late_ms} ms late: {affair:?} came {delay_ms} ms later"
        );
    }
}

/// Likewise, but for two affairs of either side: a name that hangs on a few reports may stay in doubt longer, and with it who
/// met whom. That is more than should be; it is held here so that it does not grow.
fn assert_nearly_told_in_time(told: &[Told], late_ms: i64) {
    let (mut more, mut missing) = (affairs(told), Vec::new());
    for (affair, here_ms) in affairs(&PLAIN) {
        let in_time = |there_ms: i64| (-60_000..=late_ms + 10_000).contains(&(there_ms - here_ms));
        match more.iter().position(|(there, there_ms)| *there == affair && in_time(*there_ms)) {
            Some(place) => drop(more.remove(place)),
            None => missing.push((affair, here_ms)),
        }
    }
    assert!(missing.len() <= 2 && more.len() <= 2, "{late_ms} ms late: without {missing:?}, but with {more:?}");
}

static PLAIN: LazyLock<Vec<Told>> = LazyLock::new(|| {
    let evening = &*EVENING;
    told(evening.observations.iter().cloned(), &evening.sensors, evening.start)
});

#[test]
fn the_evening_has_alerts_to_compare() {
    assert!(PLAIN.len() >= 5, "{:#?}", *PLAIN);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3, max_shrink_iters: 4, ..ProptestConfig::default() })]

    /// Nothing is cut at an hour or a day. The turns of radars are counted from midnight, so the shift is by whole minutes
    /// of turns.
    #[test]
    fn the_same_evening_at_another_time_gives_the_same_alerts(minutes in -600_000_i64..600_000) {
        let evening = &*EVENING;
        let shift_ms = minutes * 60_000;
        let shifted = evening.observations.iter().cloned().map(|mut observation| {
            observation.time = observation.time.plus_millis(shift_ms);
            observation.received = observation.received.plus_millis(shift_ms);
            observation
        });
        prop_assert_eq!(told(shifted, &evening.sensors, evening.start.plus_millis(shift_ms)), PLAIN.clone());
    }

    /// Single records that come late are put where they belong: nearly all the same affairs are told, later by no more than they are late
    /// and one picture. One may come sooner: what was late may have been what showed that it is not so yet.
    #[test]
    fn single_late_records_delay_alerts_by_no_more_than_they_are_late(late_ms in 1_000_i64..20_000, every in 5_u64..20) {
        let evening = &*EVENING;
        let mut late: Vec<Observation> = evening.observations.clone();
        for observation in late.iter_mut().filter(|it| it.sequence % every == 0) {
            observation.received = observation.received.plus_millis(late_ms);
        }
        late.sort_by_key(|it| it.received);
        late.retain(|it| it.received <= evening.end);
        let late = told(late.into_iter(), &evening.sensors, evening.start);
        assert_nearly_told_in_time(&late, late_ms);
    }

    /// A record that comes again, at once or seconds later, adds nothing.
    #[test]
    fn doubled_records_change_no_alert(later_ms in 0_i64..20_000, every in 1_u64..4) {
        let evening = &*EVENING;
        let mut doubled: Vec<Observation> = evening.observations.clone();
        for observation in evening.observations.iter().filter(|it| it.sequence % every == 0) {
            let mut again = observation.clone();
            again.received = again.received.plus_millis(later_ms);
            again.sequence += 10_000_000;
            doubled.push(again);
        }
        doubled.sort_by_key(|it| it.received);
        doubled.retain(|it| it.received <= evening.end);
        prop_assert_eq!(told(doubled.into_iter(), &evening.sensors, evening.start), PLAIN.clone());
    }
}

/// The receiver's reports in two feeds, as if two programs had forwarded every other one. The clock of each half is estimated
/// by itself, which moves times by milliseconds.
#[test]
fn one_feed_split_in_two_gives_the_same_alerts() {
    let evening = &*EVENING;
    let mut sensors = evening.sensors.clone();
    let (whole, _) = sensors.iter().find(|(_, sensor)| sensor.kind == SensorKind::Ais).unwrap();
    let half: Sensor = Sensor { name: "ais1b".to_owned(), ..sensors.get(whole).unwrap().clone() };
    let half: SensorId = sensors.add(half).unwrap();
    let split = evening.observations.iter().cloned().map(|mut observation| {
        if observation.sensor == whole && observation.sequence % 2 == 1 {
            observation.sensor = half;
        }
        observation
    });
    let to_seconds = |told: &[Told]| -> Vec<Told> {
        let whole = |time_ms: i64| (time_ms + 500).div_euclid(1_000);
        let round = |it: &Told| Told {
            raised_ms: whole(it.raised_ms),
            start_ms: whole(it.start_ms),
            end_ms: it.end_ms.map(whole),
            ..it.clone()
        };
        told.iter().map(round).collect()
    };
    assert_eq!(to_seconds(&told(split, &sensors, evening.start)), to_seconds(&PLAIN));
}

/// The observations of the evening as received `late_ms` later, where `is_late` says so of their sensor.
fn with_late_feeds(late_ms: i64, is_late: impl Fn(SensorKind) -> bool) -> impl Iterator<Item = Observation> {
    let evening = &*EVENING;
    let mut late: Vec<Observation> = evening.observations.clone();
    for observation in &mut late {
        if evening.sensors.get(observation.sensor).is_some_and(|sensor| is_late(sensor.kind)) {
            observation.received = observation.received.plus_millis(late_ms);
        }
    }
    late.sort_by_key(|it| it.received);
    late.into_iter().filter(|it| it.received <= evening.end)
}

/// Feeds that are late as a whole, all of them or those of the radars or cameras alone, tell the same affairs; what is told comes later
/// by no more than that, and by one picture.
#[test]
fn late_feeds_delay_alerts_by_no_more_than_they_are_late() {
    let evening = &*EVENING;
    let any = |_| true;
    let radar = |kind| kind == SensorKind::Radar;
    let camera = |kind| kind == SensorKind::Eo;
    for late_ms in [2_000, 5_000, 10_000, 20_000, 25_000] {
        for (what, is_late) in [("all", any as fn(SensorKind) -> bool), ("radar", radar), ("camera", camera)] {
            println!("{what}:");
            let late = told(with_late_feeds(late_ms, is_late), &evening.sensors, evening.start);
            assert_told_in_time(&late, late_ms);
        }
    }
}
