//! From observations to tracks: one track a vessel, with identity, sources and uncertainty.
//!
//! One tracker takes AIS reports, radar plots and camera detections as they come, each with its own error
//! (measurement-level fusion). It knows nothing of zones, shores or alerts, has no clock and no randomness: the same
//! observations in the same order give the same tracks to the bit.
//!
//! Where to look: [`filter`] how a craft moves; [`measurement`] and [`history`] how a measurement enters, also late;
//! [`associate`] whose plot it is; [`registration`], [`clutter`] and [`detection`] what a radar gets wrong, and how
//! often it sees what is there; `radar`, `ais` and `eo` the three ways in, `crossing` where bearings make a craft, `report` what other systems tell; `name` and
//! `hull` whether a name still belongs to the craft that
//! a track follows; `confirm` and `shown` when a track is a craft, and what of it is in the picture; `upkeep` how tracks end, hide behind one another and turn out to be doubles; [`explain`]
//! what made a track.
//!
//! Cost: a plot costs a look into nine grid cells and a filter step for each track in its gate; an AIS report of a known
//! MMSI one hash look-up and one step. Neither grows with the number of tracks elsewhere.

pub mod ablation;
mod ais;
pub mod associate;
pub mod clutter;
pub mod config;
mod confirm;
mod crossing;
pub mod detection;
mod eo;
pub mod explain;
pub mod filter;
pub mod grid;
pub mod history;
mod hull;
pub mod intersection;
mod lost;
pub mod measurement;
mod name;
mod nearby;
mod product;
mod radar;
pub mod registration;
mod report;
mod sector;
mod sensor_health;
mod shown;
mod slots;
mod stated;
pub mod track;
mod track_file;
mod upkeep;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

pub use ablation::Ablation;
pub use config::FusionConfig;
pub use explain::{Contribution, Explain, Told};
pub use hull::HullNumber;
pub use sensor_health::{RadarLook, SensorHealth};
pub use stated::{Stated, TEXT_CHARS_MAX};
pub use track::{EoSighting, Identity, PictureRef, Sources, TrackState};

use crate::feed::observation::{AisStatic, Content, Observation};
use crate::feed::sensor::{Sensor, SensorTable};
use crate::geodesy::{LatLon, metres_per_degree};
use crate::units::{EventTime, Mmsi, SensorId, TrackId};
use ais::StaticRegister;
use crossing::Crossings;
use eo::CameraSite;
use grid::{Entry, Grid};
use lost::LostVessels;
use measurement::{Kinematics, Measurement};
use radar::RadarSite;
use slots::Slots;
use track_file::TrackFile;

/// What happened to a track.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum TrackEvent {
    /// It is shown from now on.
    Confirmed {
        /// Which track.
        id: TrackId,
        /// When.
        time: EventTime,
    },
    /// It is over.
    Ended {
        /// Which track.
        id: TrackId,
        /// When.
        time: EventTime,
        /// The track that goes on in its place, when it turned out to be a double.
        into: Option<TrackId>,
    },
    /// Another craft hides it from radar from now on.
    Hidden {
        /// Which track.
        id: TrackId,
        /// When.
        time: EventTime,
        /// The craft that hides it.
        by: TrackId,
    },
    /// It is seen for itself again.
    Separated {
        /// Which track.
        id: TrackId,
        /// When.
        time: EventTime,
        /// The craft that had hidden it.
        from: TrackId,
    },
}

/// Observations that fusion could not use, by reason. Nothing is lost without being counted here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FusionRefusals {
    /// Of a sensor that is not in the table or of another kind.
    pub unknown_sensor: u64,
    /// Positions of base stations, aids to navigation and aircraft: no vessels.
    pub no_vessel: u64,
    /// Test targets and positions that a radar predicted without measuring.
    pub not_measured: u64,
    /// Beyond the instrumented range, or not a number.
    pub implausible: u64,
    /// Older than the past that is kept.
    pub too_late: u64,
    /// Late radar plots that fit no track of their time.
    pub late_without_track: u64,
    /// Bearings that fit no track or several alike.
    pub bearing_undecided: u64,
    /// AIS positions that contradict the track of their MMSI (kept as claims).
    pub contradicting: u64,
    /// More craft than the limit.
    pub no_room: u64,
}

/// All tracks, and what is known of the sensors.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Fusion {
    #[serde(skip)]
    config: FusionConfig,
    slots: Slots,
    by_id: FxHashMap<TrackId, u32>,
    by_mmsi: FxHashMap<Mmsi, SmallVec<[TrackId; 2]>>,
    grid: Grid,
    radars: Vec<Option<RadarSite>>,
    cameras: Vec<Option<CameraSite>>,
    /// Bearings that no track explains.
    crossings: Crossings,
    statics: StaticRegister,
    lost: LostVessels,
    next_id: u64,
    /// Receive time, and how far behind it the instant lies up to which the regular sensors have told what they saw.
    received: EventTime,
    behind_ms: i64,
    /// That instant: silence is judged at it.
    now: EventTime,
    last_upkeep: EventTime,
    last_look: EventTime,
    events: Vec<TrackEvent>,
    refusals: FusionRefusals,
    /// The observations of the one track that is to be explained as a whole.
    explained: Vec<Contribution>,
    /// Scratch for grid queries: kept so that none is allocated per message.
    #[serde(skip)]
    near: Vec<u32>,
}

impl Fusion {
    /// A tracker without tracks for these sensors.
    pub fn new(config: FusionConfig, sensors: &SensorTable) -> Self {
        Self {
            radars: sensors.iter().map(|(id, sensor)| RadarSite::new(id, sensor, &config)).collect(),
            cameras: sensors.iter().map(|(_, sensor)| CameraSite::new(sensor, &config)).collect(),
            crossings: Crossings::default(),
            config,
            slots: Slots::default(),
            by_id: FxHashMap::default(),
            by_mmsi: FxHashMap::default(),
            grid: Grid::default(),
            statics: StaticRegister::default(),
            lost: LostVessels::default(),
            next_id: 1,
            received: EventTime::from_millis(i64::MIN),
            behind_ms: 0,
            now: EventTime::from_millis(i64::MIN),
            last_upkeep: EventTime::from_millis(i64::MIN),
            last_look: EventTime::from_millis(i64::MIN),
            events: Vec::new(),
            refusals: FusionRefusals::default(),
            explained: Vec::new(),
            near: Vec::new(),
        }
    }

    /// Gives a tracker that was read back from what was saved the settings that it was saved with: those are not saved.
    pub fn set_config(&mut self, config: FusionConfig) {
        self.config = config;
    }

    /// The same with `first` as the number of its first track.
    #[must_use]
    pub fn numbering_from(mut self, first: TrackId) -> Self {
        self.next_id = first.0;
        self
    }

    /// The number of the next track.
    pub fn next_track(&self) -> TrackId {
        TrackId(self.next_id)
    }

    /// Makes room for one more sensor; `id` is the next number.
    pub fn add_sensor(&mut self, id: SensorId, sensor: &Sensor) {
        debug_assert_eq!(id.index(), self.radars.len(), "sensors are numbered one after another");
        self.radars.push(RadarSite::new(id, sensor, &self.config));
        self.cameras.push(CameraSite::new(sensor, &self.config));
    }

    /// Tells where a sensor on a ship or vehicle is from now on.
    pub fn move_sensor(&mut self, id: SensorId, position: LatLon) {
        if let Some(Some(radar)) = self.radars.get_mut(id.index()) {
            radar.position = position;
        }
        if let Some(Some(camera)) = self.cameras.get_mut(id.index()) {
            camera.position = position;
        }
    }

    /// Takes one observation. Observations come in order of receipt; their own times may be up to half a minute late.
    pub fn push(&mut self, observation: &Observation) {
        self.advance(observation.received);
        match &observation.content {
            Content::AisPosition(report) => self.take_report(observation, report),
            Content::AisStatic(data) => self.take_static(data),
            Content::RadarPlot(plot) => self.take_plot(observation, plot),
            Content::RadarService(service) => self.take_radar_service(observation, service),
            Content::EoDetection(detection) => self.take_detection(observation, detection),
            Content::TrackReport(report) => self.take_track_report(observation, report),
            Content::Carrier(position) => self.move_sensor(observation.sensor, *position),
        }
    }

    /// Lets receive time pass up to `now`: scan sectors that are complete are given to the tracks, tracks age.
    pub fn advance(&mut self, received: EventTime) {
        if received <= self.received {
            return;
        }
        self.received = received;
        self.close_sectors(received, false);
        let now = received.plus_millis(-self.behind_ms);
        if now <= self.now {
            return;
        }
        self.now = now;
        if now.millis_since(self.last_upkeep) >= upkeep::INTERVAL_MS {
            self.last_upkeep = now;
            self.upkeep(now);
        }
    }

    /// Says that feeds are late as a whole by so much: a craft is missed only where its sensors have told that they do not see it.
    pub fn set_behind(&mut self, behind_ms: i64) {
        self.behind_ms = behind_ms;
    }

    /// Gives everything received so far to the tracks, also scan sectors that are not yet complete: to be called before
    /// the picture of an instant is taken.
    pub fn settle(&mut self) {
        self.close_sectors(self.received, true);
    }

    /// The confirmed tracks that are shown at `at`, sorted by number.
    pub fn tracks(&self, at: EventTime) -> Vec<TrackState> {
        let (mut files, mut claims) = (Vec::with_capacity(self.len()), Vec::new());
        for file in self.files() {
            if file.confirmed {
                files.push(file);
            }
            if file.unproven {
                claims.push(file);
            }
        }
        files.sort_unstable_by_key(|file| file.id);
        let mut shown = Vec::with_capacity(files.len());
        shown.extend(files.into_iter().filter_map(|file| self.shown(file, at)));
        // Reports that point to where nothing is proven to be speak against the track that bears their name.
        for claim in claims {
            let (Some(mmsi), Some(told)) = (claim.mmsi(), claim.last_ais_told) else { continue };
            if let Some(track) = shown.iter_mut().find(|track| track.identity.mmsi == Some(mmsi)) {
                track.ais_elsewhere =
                    Some(track::AisElsewhere { since: claim.born, last: told.time, position: told.position });
            }
        }
        shown
    }

    /// One track at `at`, shown or not.
    pub fn track(&self, id: TrackId, at: EventTime) -> Option<TrackState> {
        self.file(id).map(|file| self.view(file, at))
    }

    /// Whether there is such a track, shown or not.
    pub fn has(&self, id: TrackId) -> bool {
        self.by_id.contains_key(&id)
    }

    /// The observations that made a track, oldest first, as far as [`FusionConfig::explain`] says to keep them.
    pub fn explain(&self, id: TrackId) -> Option<Vec<Contribution>> {
        match self.config.explain {
            Explain::Whole(whole, _) if whole == id => (!self.explained.is_empty()).then(|| self.explained.clone()),
            _ => self.file(id).map(|file| file.made_of.iter().copied().collect()),
        }
    }

    /// Takes out what happened to tracks since the last call, in order.
    pub fn drain_events(&mut self) -> Vec<TrackEvent> {
        std::mem::take(&mut self.events)
    }

    /// Observations that could not be used, by reason.
    pub fn refusals(&self) -> FusionRefusals {
        self.refusals
    }

    /// How many tracks there are, tentative ones included.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Remembers what a vessel says of itself.
    fn take_static(&mut self, data: &AisStatic) {
        let known = *self.statics.learn(data);
        for id in self.by_mmsi.get(&data.mmsi).cloned().unwrap_or_default() {
            if let Some(file) = self.file_mut(id) {
                known.describe(&mut file.identity);
            }
        }
    }

    fn files(&self) -> impl Iterator<Item = &TrackFile> {
        self.slots.iter()
    }

    fn slot(&self, slot: u32) -> Option<&TrackFile> {
        self.slots.get(slot)
    }

    fn slot_mut(&mut self, slot: u32) -> Option<&mut TrackFile> {
        self.slots.get_mut(slot)
    }

    fn file(&self, id: TrackId) -> Option<&TrackFile> {
        self.by_id.get(&id).and_then(|&slot| self.slot(slot))
    }

    fn file_mut(&mut self, id: TrackId) -> Option<&mut TrackFile> {
        let slot = *self.by_id.get(&id)?;
        self.slot_mut(slot)
    }

    /// Starts a track; `None` when there are as many as allowed.
    fn start(&mut self, kinematics: Kinematics, existence: f64) -> Option<u32> {
        if self.by_id.len() >= self.config.lifecycle.max_tracks {
            self.refusals.no_room += 1;
            return None;
        }
        let id = TrackId(self.next_id);
        self.next_id += 1;
        let file = Box::new(TrackFile::born(id, kinematics, existence));
        let (place, last_seen) = (file.place, file.last_seen);
        let slot = self.slots.put(file);
        self.by_id.insert(id, slot);
        self.grid.insert(Entry { slot, place, last_seen });
        Some(slot)
    }

    /// Ends a track.
    fn end(&mut self, slot: u32, into: Option<TrackId>) {
        let Some(file) = self.slots.take(slot) else { return };
        self.grid.remove(file.cell, slot);
        self.by_id.remove(&file.id);
        if let Some(mmsi) = file.mmsi() {
            self.forget_mmsi(mmsi, file.id);
        }
        if file.confirmed {
            self.events.push(TrackEvent::Ended { id: file.id, time: self.now, into });
        }
    }

    /// Takes a vessel with an identity out of the picture and remembers it.
    fn lose(&mut self, slot: u32) {
        let Some(file) = self.slots.take(slot) else { return };
        self.grid.remove(file.cell, slot);
        self.by_id.remove(&file.id);
        if let Some(mmsi) = file.mmsi() {
            self.forget_mmsi(mmsi, file.id);
        }
        if let Some(given_up) = self.lost.remember(file, self.now) {
            self.give_up(&given_up);
        }
    }

    /// A lost vessel is not waited for any longer.
    fn give_up(&mut self, file: &TrackFile) {
        self.events.push(TrackEvent::Ended { id: file.id, time: self.now, into: None });
    }

    /// A track goes on as a vessel that was lost: with its number and what was known of it.
    fn resume(&mut self, slot: u32, lost: &TrackFile) {
        let kept = self.config.explain.kept_of_each(self.len());
        let Some(file) = self.slots.get_mut(slot) else { return };
        let new_id = std::mem::replace(&mut file.id, lost.id);
        match self.config.explain {
            Explain::Whole(id, _) if id == lost.id => self.explained.extend(file.made_of.iter()),
            _ => file.made_of.follow(&lost.made_of, kept),
        }
        file.confirmed = lost.confirmed;
        file.born = lost.born;
        file.hits = file.hits.saturating_add(lost.hits);
        file.existence = file.existence.max(0.99);
        if file.mmsi().is_none() {
            file.identity = lost.identity;
            file.identity_votes = lost.identity_votes;
            file.last_ais = lost.last_ais;
            file.last_ais_told = lost.last_ais_told;
            file.doubts = lost.doubts.clone();
            file.went = lost.went;
            file.ais_interval_s = lost.ais_interval_s;
            file.middle_known = lost.middle_known;
        }
        file.class_weight = lost.class_weight;
        file.eo_length = lost.eo_length;
        if file.hull.number().is_none() {
            file.hull = lost.hull.clone();
        }
        let mmsi = file.mmsi();
        self.by_id.remove(&new_id);
        self.by_id.insert(lost.id, slot);
        if let Some(mmsi) = mmsi {
            self.forget_mmsi(mmsi, new_id);
            self.learn_mmsi(mmsi, lost.id);
        }
    }

    /// Gives a measurement to a track and keeps the grid true. `false` when it is too late for the track.
    fn give(&mut self, slot: u32, measurement: Measurement) -> bool {
        let Some(file) = self.slots.get_mut(slot) else { return false };
        let made_of = (self.config.explain != Explain::Nothing).then(|| {
            let before = file.state_at(measurement.time, &self.config);
            let late = measurement.time < file.kinematics.time();
            explain::contributions(&before, &measurement, late).collect::<SmallVec<[Contribution; 2]>>()
        });
        if !file.take(measurement, &self.config) {
            self.refusals.too_late += 1;
            return false;
        }
        for contribution in made_of.into_iter().flatten() {
            self.note_contribution(slot, contribution);
        }
        self.replace_in_grid(slot);
        true
    }

    /// Brings the grid up to date with where a track is, and when it was seen there.
    fn replace_in_grid(&mut self, slot: u32) {
        let Some(file) = self.slots.get_mut(slot) else { return };
        file.place = file.kinematics.position();
        file.cell = self.grid.shift(file.cell, Entry { slot, place: file.place, last_seen: file.last_seen });
    }

    /// Slots of tracks within about `radius_m`, ascending. The caller hands the vector back by [`Self::done_with`].
    fn slots_near(&mut self, position: LatLon, radius_m: f64) -> Vec<u32> {
        let mut found = std::mem::take(&mut self.near);
        found.clear();
        self.grid.near(position, radius_m, &mut found);
        found
    }

    /// Tracks whose last place lies within `radius_m` of `position`: slot, distance in metres and track, by slot ascending.
    fn within(&self, position: LatLon, radius_m: f64) -> impl Iterator<Item = (u32, f64, &TrackFile)> {
        let scale = metres_per_degree(position.lat_deg);
        let mut near: SmallVec<[(u32, f64); 16]> = SmallVec::new();
        for cell in Grid::cells_about(position, scale, radius_m) {
            for entry in self.grid.entries_in(cell) {
                let north_m = (entry.place.lat_deg - position.lat_deg) * scale.lat_m;
                let east_m = (entry.place.lon_deg - position.lon_deg) * scale.lon_m;
                let squared = north_m * north_m + east_m * east_m;
                if squared <= radius_m * radius_m {
                    near.push((entry.slot, squared.sqrt()));
                }
            }
        }
        near.sort_unstable_by_key(|(slot, _)| *slot);
        near.into_iter().filter_map(|(slot, distance_m)| Some((slot, distance_m, self.slot(slot)?)))
    }

    fn done_with(&mut self, found: Vec<u32>) {
        self.near = found;
    }

    fn learn_mmsi(&mut self, mmsi: Mmsi, id: TrackId) {
        let ids = self.by_mmsi.entry(mmsi).or_default();
        if !ids.contains(&id) {
            ids.push(id);
        }
    }

    fn forget_mmsi(&mut self, mmsi: Mmsi, id: TrackId) {
        if let Some(ids) = self.by_mmsi.get_mut(&mmsi) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.by_mmsi.remove(&mmsi);
            }
        }
    }
}
