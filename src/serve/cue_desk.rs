//! Where cameras are told where to look: feeds the schedule ([`crate::cue`]) with picture, alerts and what sites and officers say.
//!
//! A task steps the schedule as the picture moves; services ask the desk in between. Sites look at the desk like watchers at the
//! picture: they are told the latest of each cue, so a slow one costs itself only. What officers ask for and what came of it is on
//! record; cues themselves are gone when the server ends.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;
use serde_json::json;
use tokio::sync::{Notify, watch};

use super::alert_board::{AlertWatch, AlertWindow, Posted};
use super::chart_window::ChartWindow;
use super::clock::{self, Pacer};
use super::engine_task::{EngineHandle, Stopped};
use super::limits::{ALERTS_KEPT, CUE_SCENE_INTERVAL, CUE_STEP_MS};
use super::picture::{Farewell, Picture, PictureWindow};
use crate::alert::Alert;
use crate::coverage::{Coverage, SMALL_BOAT_M, View};
use crate::cue::{
    Answer, AnswerRefused, Camera, Cue, CueId, End, Policy, RequestRefused, Saw, Scene, Schedule, Stage, Target, Wish,
    wish_of,
};
use crate::feed::sensor::SensorKind;
use crate::fusion::TrackState;
use crate::life::{Actor, LifeState};
use crate::store::records::board::AlertWindow as RecordWindow;
use crate::store::records::entry::{CUE, Draft};
use crate::store::records::{Book, Records, RecordsError};
use crate::units::{EventTime, SensorId, TrackId};

/// How often a track that was merged is followed before it is given up: merges of merges are rare.
const MERGES_FOLLOWED: usize = 8;

/// The desk; clones are the same.
#[derive(Clone, Debug)]
pub struct CueDesk(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    picture: PictureWindow,
    alerts: AlertWindow<Alert>,
    lives: RecordWindow,
    chart: ChartWindow,
    engine: EngineHandle,
    records: Records,
    /// Somebody said something: the schedule is stepped though the picture stands still.
    wake: Notify,
    /// Counts the changes of cues, for those who watch.
    changes: watch::Sender<u64>,
}

#[derive(Debug)]
struct State {
    schedule: Schedule,
    /// What the engine says of cameras, and what they see; `None` before it was asked.
    known: Option<Known>,
    /// How far the board of alerts was read, and which of them go on.
    read: AlertWatch,
    ongoing: BTreeMap<Box<str>, Arc<Posted<Alert>>>,
    sites: Sites,
    /// Cues of officers that are open, so that their end goes on record.
    of_officers: BTreeSet<CueId>,
    stepped: EventTime,
}

#[derive(Debug)]
struct Known {
    cameras: Vec<Camera>,
    coverage: Coverage,
}

/// Who takes the cues of which camera.
#[derive(Debug, Default)]
struct Sites {
    next: u64,
    attending: Vec<Attending>,
}

#[derive(Debug)]
struct Attending {
    site: u64,
    camera: SensorId,
    thermal: bool,
    principal: Box<str>,
}

/// A site takes cues as long as this lives.
#[derive(Debug)]
pub struct Attendance {
    desk: CueDesk,
    site: u64,
    /// Its cameras.
    pub cameras: Vec<SensorId>,
}

impl Drop for Attendance {
    fn drop(&mut self) {
        self.desk.lock().sites.attending.retain(|attending| attending.site != self.site);
        self.desk.0.wake.notify_one();
    }
}

/// What the desk looks at.
#[derive(Debug)]
pub struct Sources {
    /// The picture.
    pub picture: PictureWindow,
    /// The alerts.
    pub alerts: AlertWindow<Alert>,
    /// Coast and zones.
    pub chart: ChartWindow,
    /// The engine.
    pub engine: EngineHandle,
    /// The records.
    pub records: Records,
}

/// A cue with the name of its camera.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedCue {
    /// The cue.
    pub cue: Cue,
    /// Name of its camera; empty while it has none.
    pub camera: Box<str>,
}

impl CueDesk {
    /// A desk with an empty schedule.
    pub fn new(policy: Policy, sources: Sources) -> Self {
        let Sources { picture, alerts, chart, engine, records } = sources;
        let state = State {
            schedule: Schedule::new(policy),
            known: None,
            read: AlertWatch::default(),
            ongoing: BTreeMap::new(),
            sites: Sites::default(),
            of_officers: BTreeSet::new(),
            stepped: EventTime::from_millis(i64::MIN),
        };
        let lives = records.window();
        let (wake, changes) = (Notify::new(), watch::Sender::new(0));
        Self(Arc::new(Inner {
            state: Mutex::new(state),
            picture,
            alerts,
            lives,
            chart,
            engine,
            records,
            wake,
            changes,
        }))
    }

    /// Steps the schedule until the server ends.
    pub async fn run(self) {
        let mut picture = self.0.picture.clone();
        let mut look_again = Pacer::new(CUE_SCENE_INTERVAL);
        loop {
            let woken = tokio::select! {
                shown = picture.next() => match shown {
                    Some(_) => false,
                    None => return,
                },
                () = self.0.wake.notified() => true,
            };
            if self.is_attended() && look_again.is_due() && self.look_at_cameras().await.is_err() {
                return;
            }
            let now = picture.now().time;
            let ended = {
                let mut state = self.lock();
                if !woken && now.millis_since(state.stepped) < CUE_STEP_MS {
                    continue;
                }
                state.step(&self.0);
                state.ended_of_officers()
            };
            self.0.changes.send_modify(|count| *count += 1);
            if !ended.is_empty() && self.0.records.write(move |book| enter_all(book, &ended)).await.is_err() {
                // Whoever waits for the records ends the server.
                return;
            }
        }
    }

    /// Asks the engine where cameras are and what they see.
    async fn look_at_cameras(&self) -> Result<(), Stopped> {
        let (board, coverage) = (self.0.engine.sensors().await?, self.0.engine.coverage().await?);
        let camera = |status: crate::engine::SensorStatus| {
            Some(Camera {
                sensor: status.id,
                name: status.sensor.name,
                position: status.position?,
                height_m: status.sensor.height_m,
                attended: false,
                thermal: false,
            })
        };
        let cameras =
            board.sensors.into_iter().filter(|status| status.sensor.kind == SensorKind::Eo).filter_map(camera);
        let cameras = cameras.collect();
        self.lock().known = Some(Known { cameras, coverage });
        Ok(())
    }

    /// Knows the cameras: from the last look, which is young while sites take cues, else from a new one.
    async fn know_cameras(&self) -> Result<(), Stopped> {
        let is_known = self.is_attended() && self.lock().known.is_some();
        if is_known { Ok(()) } else { self.look_at_cameras().await }
    }

    /// Whether anybody takes cues. While nobody does, the engine is not asked what cameras see: the answer is a copy of all that
    /// coverage knows.
    fn is_attended(&self) -> bool {
        !self.lock().sites.attending.is_empty()
    }

    /// A site takes the cues of these cameras, each with whether it is thermal.
    ///
    /// # Errors
    /// [`Stopped`] when the server shuts down. The inner error: the name that is no camera's.
    pub async fn attend(
        &self,
        cameras: &[(String, bool)],
        principal: &str,
    ) -> Result<Result<Attendance, String>, Stopped> {
        self.know_cameras().await?;
        let mut guard = self.lock();
        let state = &mut *guard;
        let known = state.known.as_ref().map_or(&[][..], |known| &known.cameras);
        let mut attending = Vec::with_capacity(cameras.len());
        let site = state.sites.next;
        for (name, thermal) in cameras {
            let Some(camera) = known.iter().find(|camera| camera.name == *name) else { return Ok(Err(name.clone())) };
            attending.push(Attending { site, camera: camera.sensor, thermal: *thermal, principal: principal.into() });
        }
        state.sites.next += 1;
        let ids = attending.iter().map(|attending| attending.camera).collect();
        state.sites.attending.extend(attending);
        self.0.wake.notify_one();
        Ok(Ok(Attendance { desk: self.clone(), site, cameras: ids }))
    }

    /// An officer asks for a look at a track.
    ///
    /// # Errors
    /// [`Stopped`] when the server shuts down. The inner error: why no camera can.
    pub async fn request(
        &self,
        track: TrackId,
        alert: Option<&str>,
        note: &str,
        actor: &Actor,
    ) -> Result<Result<NamedCue, RequestRefused>, Stopped> {
        self.know_cameras().await?;
        let asked = {
            let mut state = self.lock();
            let asked = state.request(&self.0, track, alert);
            asked.map(|id| {
                state.of_officers.insert(id.clone());
                state.named(id.as_str())
            })
        };
        self.tell();
        let cue = match asked {
            Ok(Some(cue)) => cue,
            Ok(None) => return Ok(Err(RequestRefused::NoTrack)),
            Err(refused) => return Ok(Err(refused)),
        };
        let entry = CueEntry::new(&cue, "cue_requested", actor, note);
        self.enter(entry).await?;
        Ok(Ok(cue))
    }

    /// An officer looks into an alert: asks for a look at its vessel where a camera can, and says nothing where none can.
    pub async fn verify(&self, alert: &str, actor: &Actor) {
        let Some(track) = self.track_of(alert) else { return };
        match self.request(track, Some(alert), "", actor).await {
            Ok(Ok(cue)) => tracing::info!(cue = %cue.cue.id, alert, "a camera is asked for a look"),
            Ok(Err(refused)) => tracing::info!(alert, reason = %refused, "no camera is asked for a look"),
            Err(Stopped) => {}
        }
    }

    /// The present track of an alert's vessel.
    pub fn track_of(&self, alert: &str) -> Option<TrackId> {
        let posted = self.0.alerts.get(alert)?;
        present(&self.0.picture, &self.0.picture.now(), posted.alert.track).map(|track| track.id)
    }

    /// An officer takes a cue back; `None` when it is over.
    ///
    /// # Errors
    /// [`Stopped`] when the server shuts down.
    pub async fn withdraw(&self, id: &str, note: &str, actor: &Actor) -> Result<Option<NamedCue>, Stopped> {
        let withdrawn = {
            let mut state = self.lock();
            let before = state.named(id);
            let now = self.0.picture.now().time;
            let done = state.schedule.withdraw(id, now);
            state.of_officers.retain(|known| known.as_str() != id);
            before
                .filter(|_| done)
                .zip(state.named(id))
                .map(|(before, after)| NamedCue { camera: before.camera, ..after })
        };
        self.tell();
        if let Some(cue) = &withdrawn {
            self.enter(CueEntry::new(cue, "cue_withdrawn", actor, note)).await?;
        }
        Ok(withdrawn)
    }

    /// Takes what a site says to a cue of its camera.
    ///
    /// # Errors
    /// When the camera does not have the cue, or `principal` is not who takes its cues.
    pub fn answer(&self, id: &str, camera: &str, answer: Answer, principal: &str) -> Result<(), AnswerRefused> {
        let taken = {
            let mut state = self.lock();
            let known = state.known.as_ref().map_or(&[][..], |known| &known.cameras);
            let sensor = known.iter().find(|known| known.name == camera).map(|camera| camera.sensor);
            let attending = state.sites.attending.iter();
            let is_his = |attending: &Attending| Some(attending.camera) == sensor && *attending.principal == *principal;
            let sensor = sensor.filter(|_| attending.clone().any(is_his)).ok_or(AnswerRefused::NotYours)?;
            state.schedule.answer(id, sensor, answer, self.0.picture.now().time)
        };
        self.tell();
        taken
    }

    /// The cue with this id, open or lately over.
    pub fn get(&self, id: &str) -> Option<NamedCue> {
        self.lock().named(id)
    }

    /// The cues that wait or go on, and with `over` the latest that are over; the latest asked for first.
    pub fn list(&self, over: bool) -> Vec<NamedCue> {
        let state = self.lock();
        let open = state.schedule.open().iter().rev();
        let over = state.schedule.over().rev().filter(|_| over);
        open.chain(over).map(|cue| state.name(cue)).collect()
    }

    /// The cues that these cameras have.
    pub fn held_by(&self, cameras: &[SensorId]) -> Vec<NamedCue> {
        let state = self.lock();
        let open = state.schedule.open().iter();
        let held = open.filter(|cue| cue.camera.is_some_and(|camera| cameras.contains(&camera)));
        held.map(|cue| state.name(cue)).collect()
    }

    /// For waiting until cues may have changed.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    /// How many cues have ended so, how many are open, and how many cameras have somebody who takes their cues.
    pub fn figures(&self) -> (Vec<(End, u64)>, usize, usize) {
        let state = self.lock();
        let cameras: BTreeSet<SensorId> = state.sites.attending.iter().map(|attending| attending.camera).collect();
        let ended = End::ALL.into_iter().map(|end| (end, state.schedule.count(end))).collect();
        (ended, state.schedule.open().len(), cameras.len())
    }

    /// Says that something has changed: to those who watch, and to the schedule.
    fn tell(&self) {
        self.0.changes.send_modify(|count| *count += 1);
        self.0.wake.notify_one();
    }

    async fn enter(&self, entry: CueEntry) -> Result<(), Stopped> {
        let written = self.0.records.write(move |book| enter_all(book, std::slice::from_ref(&entry))).await;
        written.map_err(|_: RecordsError| Stopped)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The track in the picture, or the one that it was merged into.
fn present<'a>(window: &PictureWindow, picture: &'a Picture, track: TrackId) -> Option<&'a Arc<TrackState>> {
    let mut id = track;
    for _ in 0..MERGES_FOLLOWED {
        if let Some(found) = picture.track(id) {
            return Some(found);
        }
        match window.farewell(id)? {
            Farewell::MergedInto(other) => id = other,
            Farewell::Ended => return None,
        }
    }
    None
}

impl State {
    /// What alerts ask for, by the picture. An alert that officers have put away asks for nothing.
    fn wishes(&mut self, inner: &Inner, picture: &Picture) -> Vec<Wish> {
        for (_, posted) in self.read.look(&inner.alerts) {
            if posted.stage.goes_on() {
                self.ongoing.insert(posted.id.clone(), posted);
            } else {
                self.ongoing.remove(&posted.id);
            }
        }
        if self.ongoing.len() > ALERTS_KEPT {
            self.ongoing.retain(|id, _| inner.alerts.get(id).is_some());
        }
        let policy = self.schedule.policy();
        let is_put_away = |id: &str| {
            let record = inner.lives.get(id);
            record.is_some_and(|record| {
                use LifeState::{Closed, Dismissed, Disposed, Withdrawn};
                matches!(record.life.state, Dismissed | Disposed | Closed | Withdrawn)
            })
        };
        let asking = self.ongoing.values().filter(|posted| !is_put_away(&posted.id));
        let wish = |posted: &Arc<Posted<Alert>>| {
            let track = present(&inner.picture, picture, posted.alert.track)?;
            wish_of(&posted.alert, track, picture.time, policy)
        };
        asking.filter_map(wish).collect()
    }

    /// Calls `act` with the schedule and the scene as it is now.
    fn on_scene<T>(&mut self, inner: &Inner, act: impl FnOnce(&mut Schedule, &Scene<'_>) -> T) -> T {
        let (picture, chart) = (inner.picture.now(), inner.chart.now());
        let wishes = self.wishes(inner, &picture);
        let attending: FxHashMap<SensorId, bool> =
            self.sites.attending.iter().fold(FxHashMap::default(), |mut all, it| {
                *all.entry(it.camera).or_default() |= it.thermal;
                all
            });
        let known = self.known.as_ref();
        let cameras: Vec<Camera> = known
            .map_or(&[][..], |known| &known.cameras)
            .iter()
            .map(|camera| {
                let attending = attending.get(&camera.sensor);
                Camera { attended: attending.is_some(), thermal: attending == Some(&true), ..camera.clone() }
            })
            .collect();
        let target = |track| present(&inner.picture, &picture, track).map(|track| Target::of(track));
        let in_sight = |camera: &Camera, target: &Target| {
            let view = known.and_then(|it| it.coverage.view(camera.sensor, target.position, SMALL_BOAT_M, &chart));
            view == Some(View::InSight)
        };
        let scene =
            Scene { now: picture.time, cameras: &cameras, wishes: &wishes, target: &target, in_sight: &in_sight };
        self.stepped = picture.time;
        act(&mut self.schedule, &scene)
    }

    fn step(&mut self, inner: &Inner) {
        self.on_scene(inner, |schedule, scene| schedule.step(scene));
    }

    fn request(&mut self, inner: &Inner, track: TrackId, alert: Option<&str>) -> Result<CueId, RequestRefused> {
        self.on_scene(inner, |schedule, scene| schedule.request(track, alert.map(Into::into), scene))
    }

    fn named(&self, id: &str) -> Option<NamedCue> {
        self.schedule.get(id).map(|cue| self.name(cue))
    }

    fn name(&self, cue: &Cue) -> NamedCue {
        let known = self.known.as_ref().map_or(&[][..], |known| &known.cameras);
        let camera = known.iter().find(|camera| Some(camera.sensor) == cue.camera);
        NamedCue { cue: cue.clone(), camera: camera.map_or("", |camera| camera.name.as_str()).into() }
    }

    /// The cues of officers that have ended since the last call, to be entered.
    fn ended_of_officers(&mut self) -> Vec<CueEntry> {
        let open: BTreeSet<&CueId> = self.schedule.open().iter().map(|cue| &cue.id).collect();
        let ended: Vec<CueId> = self.of_officers.iter().filter(|id| !open.contains(id)).cloned().collect();
        let entries = ended.iter().filter_map(|id| self.named(id.as_str()));
        let entries = entries.map(|cue| CueEntry::new(&cue, "cue_ended", &Actor::system(), "")).collect();
        for id in &ended {
            self.of_officers.remove(id);
        }
        entries
    }
}

/// What is entered of a cue.
#[derive(Clone, Debug)]
struct CueEntry {
    kind: &'static str,
    id: CueId,
    actor: Actor,
    note: String,
    content: serde_json::Value,
}

impl CueEntry {
    fn new(cue: &NamedCue, kind: &'static str, actor: &Actor, note: &str) -> Self {
        let NamedCue { cue, camera } = cue;
        let detection = match &cue.saw {
            Some(Saw::Craft(Some(detection))) => json!({ "feed": detection.feed, "sequence": detection.sequence }),
            _ => serde_json::Value::Null,
        };
        let end = if let Stage::Over(end) = cue.stage { Some(end.as_str()) } else { None };
        let position = cue.target.position;
        let content = json!({
            "track": cue.target.track.to_string(),
            "alert": cue.alert,
            "camera": (!camera.is_empty()).then_some(camera),
            "time_ms": cue.target.time.as_millis(),
            "lat": position.lat_deg,
            "lon": position.lon_deg,
            "end": end,
            "detection": detection,
            "refusal": cue.refusal,
        });
        Self { kind, id: cue.id.clone(), actor: actor.clone(), note: note.to_owned(), content }
    }
}

fn enter_all(book: &mut Book<'_>, entries: &[CueEntry]) -> Result<(), RecordsError> {
    for entry in entries {
        book.enter(Draft {
            time_ms: clock::now().as_millis(),
            kind: entry.kind,
            subject: format!("{CUE}{}", entry.id),
            actor: &entry.actor,
            request_id: "",
            note: &entry.note,
            life: None,
            content: Some(entry.content.clone()),
            wire_sha256: String::new(),
        })?;
    }
    Ok(())
}
