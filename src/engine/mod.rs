//! The core in one piece: observations in, the picture and its events out.
//!
//! The engine is a pure function of its ordered input. It has no clock, thread, socket, file or randomness: receive time,
//! stamped at the edge, is the only time that drives it. The same input gives the same events to the byte, whatever the
//! speed, the size of batches or the number of threads that decode.
//!
//! Order of things for each observation: instants of the picture that lie before its receipt are taken; [`Intake`] says
//! whether it is taken at all (late, doubled, wrong clock); [`Fusion`] gives it to the tracks. At an instant of the picture
//! everything received by then is settled, the picture is taken, and the rules look at it.

mod config;
mod event;
mod saved;
mod sensor_status;
mod statements;

use std::collections::VecDeque;
use std::sync::Arc;

use rustc_hash::FxHashMap;

pub use config::{EngineConfig, PICTURE_INTERVAL_MS};
pub use event::{EngineEvent, Picture};
pub use saved::{Restored, Saved};
pub use sensor_status::{Health, SensorStatus};
pub use statements::{STATEMENTS_MAX, StatementError};

use crate::alert::{Alert, AlertBook, AlertEvent, Outcome, UnknownAlert};
use crate::behaviour::{Behaviour, Finding};
use crate::chart::Chart;
use crate::coverage::Coverage;
use crate::feed::observation::{Content, Observation};
use crate::feed::order::{Admission, Delays, Intake, LATE_MAX_MS, Liveness};
use crate::feed::sensor::{Sensor, SensorTable, SensorTableError};
use crate::fusion::{Fusion, Stated, TrackEvent, TrackState};
use crate::geodesy::LatLon;
use crate::register::Register;
use crate::units::{EventTime, SensorId, TrackId};
use statements::Statements;

/// Milliseconds of receive time between two looks at what the radars detect where.
const LOOK_INTERVAL_MS: i64 = 60_000;

/// Everything between decoded observations and what users are told.
#[derive(Debug)]
pub struct Engine {
    config: EngineConfig,
    sensors: SensorTable,
    intake: Intake,
    liveness: Liveness,
    delays: Delays,
    fusion: Fusion,
    coverage: Coverage,
    /// When coverage was last told what the radars detect.
    looked: Option<EventTime>,
    /// When something was last received of each sensor.
    last_received: Vec<Option<EventTime>>,
    /// Where sensors are that have moved.
    moved: FxHashMap<SensorId, LatLon>,
    chart: Arc<Chart>,
    behaviour: Behaviour,
    alerts: AlertBook,
    statements: Statements,
    /// The next instant of the picture; `None` before the first observation, when the configuration gives no origin.
    next_picture: Option<EventTime>,
    /// The next instant that the rules look at; behind the picture where feeds are late as a whole.
    next_look: Option<EventTime>,
    now: Option<EventTime>,
    events: VecDeque<EngineEvent>,
}

impl Engine {
    /// An engine for an area with this chart and these sensors. The rules of `config` must be valid
    /// ([`BehaviourConfig::validate`](crate::behaviour::BehaviourConfig::validate)).
    pub fn new(config: EngineConfig, chart: Arc<Chart>, sensors: SensorTable) -> Self {
        let mut liveness = Liveness::default();
        sensors.iter().for_each(|(_, sensor)| liveness.add_sensor(sensor));
        let mut behaviour = Behaviour::new(config.rules.clone());
        behaviour.set_register(Arc::clone(&config.register));
        Self {
            liveness,
            behaviour,
            alerts: AlertBook::new(&config.rules),
            statements: Statements::default(),
            chart,
            intake: Intake::new(sensors.len()),
            delays: Delays::new(sensors.len()),
            fusion: Fusion::new(config.fusion.clone(), &sensors).numbering_from(config.first_track),
            coverage: Coverage::new(&sensors),
            looked: None,
            last_received: vec![None; sensors.len()],
            moved: FxHashMap::default(),
            next_picture: config.origin,
            next_look: None,
            now: None,
            events: VecDeque::new(),
            sensors,
            config,
        }
    }

    /// Takes in a sensor that joins while the engine runs: an AIS receiver needs no place in the list to be of use.
    ///
    /// # Errors
    /// [`SensorTableError`] when its name is taken or the table is full.
    pub fn add_sensor(&mut self, sensor: Sensor) -> Result<SensorId, SensorTableError> {
        let id = self.sensors.add(sensor)?;
        if let Some(sensor) = self.sensors.get(id) {
            self.intake.add_sensor();
            self.delays.add_sensor();
            self.liveness.add_sensor(sensor);
            self.fusion.add_sensor(id, sensor);
            self.coverage.add_sensor(sensor);
            self.last_received.push(None);
        }
        Ok(id)
    }

    /// Tells where a sensor on a ship or vehicle is: what it measures from now on is measured from there.
    pub fn move_sensor(&mut self, id: SensorId, position: LatLon) {
        self.fusion.move_sensor(id, position);
        self.coverage.move_sensor(id, position);
        if self.sensors.get(id).is_some() {
            self.moved.insert(id, position);
        }
    }

    /// Takes one observation, in order of receipt. One that claims an earlier receipt than those before it is taken as
    /// received at the same time as the last.
    pub fn push(&mut self, mut observation: Observation) -> Admission {
        if let Some(now) = self.now {
            observation.received = observation.received.max(now);
        }
        // Others of the very same receipt time may follow, so the instant at it is not over yet.
        self.take_pictures(observation.received, false);
        self.now = Some(observation.received);
        if let Some(last) = self.last_received.get_mut(observation.sensor.index()) {
            *last = Some(observation.received);
        }
        if let Some(silence) = self.liveness.hear(&observation) {
            self.events.push_back(EngineEvent::Sensor(silence));
        }
        let admission = self.intake.admit(&mut observation);
        if admission.is_admitted() {
            self.delays.hear(&observation);
            if let Content::AisPosition(report) = &observation.content {
                self.coverage.hear(report, observation.time);
            }
            self.fusion.push(&observation);
        }
        admission
    }

    /// Says that everything received up to and at `now` has been pushed: instants of the picture up to then are taken.
    ///
    /// Nothing else happens, so it does not matter how often and when it is called between observations.
    pub fn advance(&mut self, now: EventTime) {
        let now = self.now.map_or(now, |before| before.max(now));
        self.take_pictures(now, true);
        self.now = Some(now);
    }

    /// Takes the pictures of all instants before `until`, or up to it if `inclusive`.
    fn take_pictures(&mut self, until: EventTime, inclusive: bool) {
        let interval = PICTURE_INTERVAL_MS;
        let mut next = *self.next_picture.get_or_insert_with(|| {
            EventTime::from_millis(until.as_millis().div_euclid(interval) * interval + interval)
        });
        while next < until || (inclusive && next == until) {
            // In a silence of hours, once the last track is gone, nothing happens: the instants in between are left out. So a
            // clock that jumps by years costs no more than a few hours.
            let gap = until.millis_since(next);
            if gap > self.config.silence_max_ms && self.fusion.is_empty() {
                next = next.plus_millis(gap.div_euclid(interval) * interval);
                continue;
            }
            self.take_picture(next);
            next = next.plus_millis(interval);
        }
        self.next_picture = Some(next);
    }

    fn take_picture(&mut self, at: EventTime) {
        self.events.extend(self.liveness.look(at).into_iter().map(EngineEvent::Sensor));
        let behind_ms = self.delays.behind_ms(at);
        self.fusion.set_behind(behind_ms);
        self.fusion.advance(at);
        self.fusion.settle();
        for event in self.fusion.drain_events() {
            self.note(event);
        }
        self.look_at_detection(at);
        let tracks = self.tracks(at);
        self.look(at, behind_ms, &tracks);
        let findings = self.behaviour.drain();
        let told = findings.into_iter().filter_map(|finding| self.alerts.take(Finding { told: at, ..finding }));
        let mut told: Vec<AlertEvent> = told.collect();
        let name = |sensor| self.sensors.get(sensor).map_or_else(String::new, |sensor| sensor.name.clone());
        told.extend(self.alerts.see(&tracks, name));
        self.events.push_back(EngineEvent::Picture(Picture { at, tracks }));
        self.events.extend(told.into_iter().map(Box::new).map(EngineEvent::Alert));
    }

    /// Lets the rules look at the instants up to `behind_ms` before `at`: once each, in order, and none before the regular sensors
    /// have told what they saw of it. Mostly that is `at` itself, whose tracks these are.
    fn look(&mut self, at: EventTime, behind_ms: i64, tracks: &[TrackState]) {
        if self.next_look.is_none() && tracks.is_empty() {
            return;
        }
        let until = at.plus_millis(-behind_ms);
        let pictures_behind = behind_ms.unsigned_abs().div_ceil(PICTURE_INTERVAL_MS.unsigned_abs()) as i64;
        let mut next = self.next_look.unwrap_or_else(|| at.plus_millis(-pictures_behind * PICTURE_INTERVAL_MS));
        // After a silence of hours, whose instants were left out of the pictures, there is nothing to catch up on.
        if at.millis_since(next) > LATE_MAX_MS + PICTURE_INTERVAL_MS {
            next = at;
        }
        while next <= until {
            if next == at {
                self.behaviour.sample(at, tracks, &self.chart);
            } else {
                let then = self.tracks(next);
                self.behaviour.sample(next, &then, &self.chart);
            }
            next = next.plus_millis(PICTURE_INTERVAL_MS);
        }
        self.next_look = Some(next);
    }

    /// Takes note that an officer knows of an alert and of its behaviour up to the event time `at`: what begins up to then
    /// is not told anew. An input like any observation: given at the same place among them, it has the same effect.
    ///
    /// # Errors
    /// When no such alert may still change.
    pub fn acknowledge(&mut self, id: &str, at: EventTime) -> Result<(), UnknownAlert> {
        self.events.extend(self.alerts.acknowledge(id, at)?.map(Box::new).map(EngineEvent::Alert));
        Ok(())
    }

    /// Takes note of what an officer found out about an alert, at the event time `at`; an input like [`Self::acknowledge`]. Returns
    /// whether it was said for the first time.
    ///
    /// # Errors
    /// When no such alert may still change.
    pub fn judge(&mut self, id: &str, outcome: Outcome, at: EventTime) -> Result<bool, UnknownAlert> {
        self.alerts.judge(id, outcome, at)
    }

    fn note(&mut self, event: TrackEvent) {
        self.statements.follow(&event);
        self.events.push_back(EngineEvent::Track(event));
    }

    /// Takes note of what an officer says of a craft, in place of what was said of it before; `None` takes that back. It is shown
    /// beside what the sensors tell, and the rules heed class and length as they heed a register. An input like
    /// [`Self::acknowledge`]. Returns whether it is another than before.
    ///
    /// # Errors
    /// When there is no such track, or something is said of too many.
    pub fn state(&mut self, id: TrackId, stated: Option<Stated>) -> Result<bool, StatementError> {
        if stated.is_some() && !self.fusion.has(id) {
            return Err(StatementError::UnknownTrack(id));
        }
        self.statements.say(id, stated)
    }

    /// What an officer has said of a craft.
    pub fn stated(&self, id: TrackId) -> Option<&Stated> {
        self.statements.of(id)
    }

    /// Takes another register, from the next instant of the picture on. An input like [`Self::acknowledge`].
    pub fn set_register(&mut self, register: Arc<Register>) {
        self.behaviour.set_register(register);
    }

    /// Tells coverage what the radars detect, once a minute.
    fn look_at_detection(&mut self, at: EventTime) {
        if self.looked.is_some_and(|looked| at.millis_since(looked) < LOOK_INTERVAL_MS) {
            return;
        }
        self.looked = Some(at);
        for look in self.fusion.radar_looks() {
            self.coverage.look(look.radar, look.place, look.detected, at);
        }
    }

    /// Where and by what each place is seen.
    pub fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// The alerts that may still change, in the order in which they were raised.
    pub fn alerts(&self) -> impl Iterator<Item = &Alert> {
        self.alerts.alerts()
    }

    /// Takes another chart of the area: the rules look at it from the next picture on. An input like any observation: given at
    /// the same place among them, it has the same effect.
    pub fn set_chart(&mut self, chart: Arc<Chart>) {
        self.chart = chart;
        self.behaviour.chart_changed();
    }

    /// The chart that the rules look at.
    pub fn chart(&self) -> &Arc<Chart> {
        &self.chart
    }

    /// Takes out what has happened since the last call, in order.
    pub fn drain_events(&mut self) -> impl Iterator<Item = EngineEvent> + '_ {
        self.events.drain(..)
    }

    /// The confirmed tracks predicted to `at`, sorted by number; for watchers that want more than the regular pictures.
    pub fn tracks(&self, at: EventTime) -> Vec<TrackState> {
        let mut tracks = self.fusion.tracks(at);
        self.statements.put_on(&mut tracks);
        tracks
    }

    /// One track predicted to `at`.
    pub fn track(&self, id: TrackId, at: EventTime) -> Option<TrackState> {
        let mut track = self.fusion.track(id, at)?;
        track.stated = self.statements.of(id).cloned().map(Box::new);
        Some(track)
    }

    /// The next instant of the picture: up to it, that instant left out, [`advance`](Self::advance) changes nothing.
    pub fn next_picture(&self) -> Option<EventTime> {
        self.next_picture
    }

    /// The receive time that the engine has reached.
    pub fn now(&self) -> Option<EventTime> {
        self.now
    }

    /// The sensors of the area.
    pub fn sensors(&self) -> &SensorTable {
        &self.sensors
    }

    /// What was taken and what was refused, by sensor.
    pub fn intake(&self) -> &Intake {
        &self.intake
    }

    /// Which radars have fallen silent, and how fast each turns.
    pub fn liveness(&self) -> &Liveness {
        &self.liveness
    }

    /// The tracker, for what it has learned of the sensors.
    pub fn fusion(&self) -> &Fusion {
        &self.fusion
    }
}
