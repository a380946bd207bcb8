//! What is saved of an engine and its decoders, and read back, goes on as if nothing had happened: to the byte of the output.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use shorewatch::alert::{Alert, Outcome};
use shorewatch::chart::Chart;
use shorewatch::engine::{Engine, EngineConfig, Restored};
use shorewatch::feed::FeedDecoder;
use shorewatch::feed::sensor::SensorKind;
use shorewatch::recording::{OpenOptions, RawRecord, Recording};
use shorewatch::replay::PictureLog;
use shorewatch::serve::area::Area;
use shorewatch::serve::core::Core;
use shorewatch::serve::officer::OfficerWord;
use shorewatch::serve::session::{Plan, Session};
use shorewatch::serve::work::{FeedName, FeedNumber, Hello, Payload};
use shorewatch::units::SensorId;

use crate::support::server::fixture;
use crate::support::shared_dir;

/// A recording in memory, with what it is judged by.
struct Watch {
    recording: Recording,
    chart: Arc<Chart>,
    records: Vec<RawRecord>,
}

impl Watch {
    fn of(folder: &Path) -> Self {
        let recording = Recording::open(&[folder.to_owned()], &OpenOptions::default()).unwrap();
        let chart = Arc::new(recording.chart(None).unwrap());
        let mut stream = recording.records();
        let records = std::iter::from_fn(|| stream.next_record()).collect();
        Self { recording, chart, records }
    }

    /// The places between two parts of one AIS message, by the record that comes next.
    fn inside_messages(&self) -> Vec<usize> {
        let is_first = |record: &RawRecord| {
            let text = String::from_utf8_lossy(&record.bytes);
            text.split_once("VDM,").is_some_and(|(_, rest)| rest.starts_with("2,1,"))
        };
        (1..).zip(&self.records).filter(|(_, record)| is_first(record)).map(|(place, _)| place).collect()
    }

    /// The output of the first `length` records when engine and decoders are saved, dropped and read back before each of `places`.
    fn output(&self, length: usize, places: &BTreeSet<usize>) -> Vec<(String, Vec<u8>)> {
        let out = tempfile::tempdir().unwrap();
        let start = self.recording.start_at(self.records[0].received);
        let mut log = PictureLog::create(out.path(), start, self.recording.duration_ms).unwrap();
        let config = EngineConfig { origin: Some(start), ..EngineConfig::default() };
        let sensors = &self.recording.sensors;
        let mut engine = Engine::new(config.clone(), Arc::clone(&self.chart), sensors.clone());
        let decoder = |feed: &shorewatch::recording::Feed| {
            FeedDecoder::new(feed.kind, feed.sensor.unwrap_or(SensorId(u16::MAX)), sensors)
        };
        let mut decoders: Vec<FeedDecoder> = self.recording.feeds.iter().map(decoder).collect();
        let mut last = start;
        for (place, record) in self.records.iter().take(length).enumerate() {
            if places.contains(&place) {
                let bytes = postcard::to_stdvec(&(engine.saved(), &decoders)).unwrap();
                let (restored, again): (Restored, _) = postcard::from_bytes(&bytes).unwrap();
                engine = restored.into_engine(config.clone(), Arc::clone(&self.chart));
                decoders = again;
            }
            last = record.received;
            decoders[record.feed].decode(&record.bytes, record.place, record.received, |observation| {
                engine.push(observation);
            });
            // Not each time: what waits to be told is a part of what is saved.
            if place % 7 == 0 {
                engine.drain_events().for_each(|event| log.event(&event).unwrap());
            }
        }
        engine.advance(self.recording.closing_at(start, last));
        engine.drain_events().for_each(|event| log.event(&event).unwrap());
        log.finish().unwrap();
        let mut files: Vec<_> = fs::read_dir(out.path()).unwrap().map(|entry| entry.unwrap()).collect();
        files.sort_by_key(fs::DirEntry::file_name);
        files.iter().map(|file| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap())).collect()
    }

    /// Twelve places all over, and some in the middle of a message.
    fn places(&self) -> BTreeSet<usize> {
        let spread = (1..12).map(|part| part * self.records.len() / 12 + part);
        let inside = self.inside_messages();
        let some = inside.iter().step_by((inside.len() / 5).max(1)).copied();
        spread.chain(some).filter(|place| *place < self.records.len()).collect()
    }

    fn goes_on_as_if_nothing_had_happened(&self) {
        let whole = self.records.len();
        let wanted = self.output(whole, &BTreeSet::new());
        assert!(wanted.iter().any(|(name, bytes)| name == "tracks.csv" && bytes.len() > 100_000));
        let found = self.output(whole, &self.places());
        for ((name, wanted), (_, found)) in wanted.iter().zip(&found) {
            assert!(wanted == found, "{name} differs");
        }
        assert_eq!(wanted.len(), found.len());
    }
}

#[test]
fn an_evening_that_is_saved_and_read_back_gives_the_same_tracks_and_alerts() {
    let evening = Watch::of(&fixture());
    assert!(!evening.inside_messages().is_empty(), "places in the middle of a message");
    let output = evening.output(evening.records.len(), &BTreeSet::new());
    assert!(output.iter().any(|(name, bytes)| name == "alerts.jsonl" && !bytes.is_empty()));
    evening.goes_on_as_if_nothing_had_happened();
}

#[test]
fn scenarios_that_are_saved_and_read_back_give_the_same_tracks_and_alerts() {
    let Some(shared) = shared_dir() else { return };
    for name in ["small-1", "honest-1", "east-1", "strait-1"] {
        let folder = shared.join("scenarios").join(name);
        if folder.is_dir() {
            println!("{name}");
            Watch::of(&folder).goes_on_as_if_nothing_had_happened();
        }
    }
}

#[test]
fn what_is_read_back_may_be_cut_or_flipped_and_never_panics() {
    let evening = Watch::of(&fixture());
    let sensors = &evening.recording.sensors;
    let mut engine = Engine::new(EngineConfig::default(), Arc::clone(&evening.chart), sensors.clone());
    let feed = &evening.recording.feeds[0];
    let mut decoder = FeedDecoder::new(feed.kind, feed.sensor.unwrap(), sensors);
    for record in evening.records.iter().take(5_000).filter(|record| record.feed == 0) {
        decoder.decode(&record.bytes, record.place, record.received, |observation| {
            engine.push(observation);
        });
    }
    let bytes = postcard::to_stdvec(&(engine.saved(), &decoder)).unwrap();
    let read = |bytes: &[u8]| postcard::from_bytes::<(Restored, FeedDecoder)>(bytes).is_ok();
    assert!(read(&bytes));
    let mut state = 0x5eed_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for _ in 0..300 {
        assert!(!read(&bytes[..random(bytes.len())]), "a part is missing");
        let mut flipped = bytes.clone();
        for _ in 0..=random(3) {
            let place = random(bytes.len());
            flipped[place] = random(256) as u8;
        }
        read(&flipped);
        // A length of very many where there are few.
        let place = random(bytes.len());
        flipped.splice(place..place, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);
        read(&flipped);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]
    #[test]
    fn any_places_will_do(places in prop::collection::btree_set(1_usize..6_000, 1..8)) {
        let evening = Watch::of(&fixture());
        prop_assert!(evening.output(6_000, &BTreeSet::new()) == evening.output(6_000, &places));
    }
}

/// What a session tells: alerts as they change, points of history, and the picture at the end, as text to compare.
#[derive(PartialEq)]
struct Told {
    alerts: Vec<Alert>,
    points: String,
    picture: String,
}

fn session() -> Session {
    Session::new(Plan { history: true, ..Area::open(&fixture()).unwrap().into_plan(None) })
}

fn hello(name: &str, kind: SensorKind) -> Hello {
    Hello { name: FeedName::new(name).unwrap(), kind, handle: 0, last_sequence: None }
}

/// Runs the evening through sessions; before each of `places` one is saved and another goes on. On the way the zones change, an AIS
/// receiver joins that nobody listed, and an officer takes up each alert and finds something out.
fn evening_of_a_session(watch: &Watch, places: &BTreeSet<usize>, zones: Option<&str>) -> Told {
    let mut session = session();
    let (mut told, mut changed) = (Told { alerts: Vec::new(), points: String::new(), picture: String::new() }, None);
    let mut sequences = vec![0_u64; watch.recording.feeds.len()];
    for (number, feed) in (0..).zip(&watch.recording.feeds) {
        session.open(FeedNumber(number), &hello(&feed.name, feed.kind));
    }
    let joins = FeedNumber(watch.recording.feeds.len() as u16);
    let mut joined = 0;
    for (place, record) in watch.records.iter().enumerate() {
        if places.contains(&place) {
            let mut state = Vec::new();
            assert!(session.save(&mut state).unwrap());
            session = self::session();
            session.restore(&state, changed).unwrap();
        }
        if place == watch.records.len() / 5 {
            session.open(joins, &hello("joined-later", SensorKind::Ais));
            if let Some(zones) = zones {
                session.change_zones(zones).unwrap();
                changed = Some(zones);
            }
        }
        let feed = &watch.recording.feeds[record.feed];
        let payload = Payload::of_record(feed.kind, record.bytes.clone().into());
        let number = FeedNumber(record.feed as u16);
        let _ = session.take(number, sequences[record.feed], record.received, &payload).unwrap();
        sequences[record.feed] += 1;
        // What a second receiver hears too.
        if feed.kind == SensorKind::Ais && place > watch.records.len() / 5 && place % 3 == 0 {
            let _ = session.take(joins, joined, record.received, &payload).unwrap();
            joined += 1;
        }
        for alert in session.take_alerts() {
            if alert.acknowledged.is_none() && alert.confirmed.is_some() {
                let word = OfficerWord { alert_id: alert.id.to_string(), outcome: Some(Outcome::Offence) };
                session.hear(&word, record.received, false).unwrap();
            }
            told.alerts.push(alert);
        }
        session.take_points().iter().for_each(|points| writeln!(told.points, "{points:?}").unwrap());
    }
    told.picture = format!("{:?}", session.picture(watch.records.last().unwrap().received).tracks);
    told
}

#[test]
fn a_session_goes_on_with_changed_zones_receivers_that_joined_and_what_officers_said() {
    let watch = Watch::of(&fixture());
    let ids: Vec<&str> = watch.chart.zones.zones().iter().map(|zone| zone.id.as_str()).collect();
    let none = format!(r#"{{"type":"FeatureCollection","features":[],"version":9,"removed":{ids:?}}}"#);
    let (nowhere, places) = (BTreeSet::new(), watch.places());
    let wanted = evening_of_a_session(&watch, &nowhere, Some(&none));
    let found = evening_of_a_session(&watch, &places, Some(&none));
    assert!(wanted.alerts == found.alerts, "alerts differ");
    assert!(wanted.points == found.points, "points differ");
    assert!(wanted.picture == found.picture, "pictures differ");
    assert!(wanted.alerts.iter().any(|alert| alert.acknowledged.is_some()), "an officer was heard");
    let otherwise = evening_of_a_session(&watch, &nowhere, None);
    assert!(otherwise.alerts != wanted.alerts, "the zones matter");
}

#[test]
fn a_state_that_is_cut_or_of_other_zones_leaves_a_session_as_it_was() {
    let watch = Watch::of(&fixture());
    let mut first = session();
    first.open(FeedNumber(0), &hello(&watch.recording.feeds[0].name, watch.recording.feeds[0].kind));
    let mut state = Vec::new();
    assert!(first.save(&mut state).unwrap());
    let mut second = session();
    assert!(second.restore(&state[..state.len() - 1], None).is_err());
    assert!(second.restore(&state, Some("no zones")).is_err());
    let mut untouched = Vec::new();
    second.save(&mut untouched).unwrap();
    let mut fresh = Vec::new();
    session().save(&mut fresh).unwrap();
    assert_eq!(untouched, fresh);
    second.restore(&state, None).unwrap();
    let mut again = Vec::new();
    second.save(&mut again).unwrap();
    assert_eq!(again, state);
}
