//! Who gets which camera: one look at a time, the most urgent first, nobody for ever last.
//!
//! [`Schedule::step`] brings everything up to an instant: what is over goes, cameras that cannot go on give their look back, free
//! cameras are given out, and sites are told anew where a moving craft is. What waits gains urgency with time, so that everything
//! in sight of a camera is looked at in the end. An officer's word takes a camera from an alert, never from another officer.

use std::collections::{BTreeMap, VecDeque};

use smallvec::SmallVec;

use super::wish::ALERT_PRIORITY_MAX;
use super::{Aim, Answer, Camera, Cue, CueId, End, OFFICER_PRIORITY, Policy, Saw, Stage, Target, Wish};
use crate::geodesy::is_night;
use crate::units::{EventTime, SensorId, TrackId};

/// Seconds of waiting that are worth one point of urgency.
const POINT_S: f64 = 10.0;
/// A site is told anew when its camera would have to turn by more than this, degrees: a third of a narrow field of view …
const RE_AIM_DEG: f64 = 0.3;
/// … or when it was last told so many seconds ago.
const RE_AIM_S: f64 = 10.0;
/// Seconds for which a camera that refused a cue, or did not answer, is not asked for it again.
const TURNED_DOWN_S: f64 = 60.0;
/// Cues that are over and still known.
const OVER_KEPT: usize = 256;
/// Tracks of which it is remembered when a camera last looked.
const LOOKED_KEPT: usize = 4_096;
/// The most alerts that are looked at in one step, the most urgent first.
const WISHES_MAX: usize = 512;

/// What the schedule goes by at one instant.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The instant, event time.
    pub now: EventTime,
    /// All cameras.
    pub cameras: &'a [Camera],
    /// What alerts ask for.
    pub wishes: &'a [Wish],
    /// Where a track is; that of the track that it was merged into, where it was; `None` when it is over.
    pub target: &'a dyn Fn(TrackId) -> Option<Target>,
    /// Whether a camera has a craft within its reach and nothing in between.
    pub in_sight: &'a dyn Fn(&Camera, &Target) -> bool,
}

impl Scene<'_> {
    fn camera(&self, sensor: SensorId) -> Option<&Camera> {
        self.cameras.iter().find(|camera| camera.sensor == sensor)
    }

    fn is_too_dark(&self, camera: &Camera, target: &Target) -> bool {
        !camera.thermal && is_night(target.position, self.now)
    }

    fn suits(&self, camera: &Camera, target: &Target) -> bool {
        camera.attended && !self.is_too_dark(camera, target) && (self.in_sight)(camera, target)
    }
}

/// Why an officer's request cannot be met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestRefused {
    /// No such track.
    #[error("there is no such track, or it has ended")]
    NoTrack,
    /// No camera has it in sight.
    #[error("no camera has it in sight: it is out of reach, below the horizon or behind land")]
    NotInSight,
    /// Cameras have it in sight, and nobody takes cues for them.
    #[error(
        "no site takes cues for the cameras that have it in sight: is its adapter running (for ONVIF: shorewatch cue-onvif)?"
    )]
    Unattended,
    /// Cameras have it in sight that see nothing at night.
    #[error("it is night there, and the cameras that have it in sight are not thermal")]
    TooDark,
    /// Officers have asked for more already than fits.
    #[error("{0} cues of officers wait already: withdraw one, or ask again when one is done")]
    Full(usize),
}

/// Why an answer is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerRefused {
    /// The cue is over, was never asked, or was given to another camera meanwhile.
    #[error("this camera has no such cue: it is over, or was withdrawn from it")]
    NotYours,
}

/// The schedule of all cameras.
#[derive(Clone, Debug)]
pub struct Schedule {
    policy: Policy,
    /// What is open, in the order in which it was asked for.
    open: Vec<Cue>,
    /// What is over, the latest last.
    over: VecDeque<Cue>,
    looked: BTreeMap<TrackId, EventTime>,
    counts: BTreeMap<End, u64>,
    next: u64,
    now: EventTime,
}

impl Schedule {
    /// Nothing asked for yet.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            open: Vec::new(),
            over: VecDeque::new(),
            looked: BTreeMap::new(),
            counts: BTreeMap::new(),
            next: 1,
            now: EventTime::from_millis(i64::MIN),
        }
    }

    /// When cameras are asked, and for how long.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The cues that wait or go on, in the order in which they were asked for.
    pub fn open(&self) -> &[Cue] {
        &self.open
    }

    /// The latest cues that are over, the latest last.
    pub fn over(&self) -> impl DoubleEndedIterator<Item = &Cue> {
        self.over.iter()
    }

    /// The cue with this id, open or lately over.
    pub fn get(&self, id: &str) -> Option<&Cue> {
        self.open.iter().chain(self.over.iter().rev()).find(|cue| cue.id.as_str() == id)
    }

    /// How many cues have ended so.
    pub fn count(&self, end: End) -> u64 {
        self.counts.get(&end).copied().unwrap_or(0)
    }

    /// An officer asks for a look at a track. Where a cue for it is open already, that one becomes his.
    ///
    /// # Errors
    /// [`RequestRefused`]: then nothing has changed.
    pub fn request(
        &mut self,
        track: TrackId,
        alert: Option<Box<str>>,
        scene: &Scene<'_>,
    ) -> Result<CueId, RequestRefused> {
        self.move_to(scene.now);
        let target = (scene.target)(track).ok_or(RequestRefused::NoTrack)?;
        if !scene.cameras.iter().any(|camera| scene.suits(camera, &target)) {
            return Err(why_none_suits(&target, scene));
        }
        let now = self.now;
        if let Some(cue) = self.open.iter_mut().find(|cue| cue.target.track == target.track) {
            (cue.by_officer, cue.priority) = (true, OFFICER_PRIORITY);
            cue.alert = alert.or(cue.alert.take());
            match cue.stage {
                Stage::Waiting => cue.since = now,
                Stage::Pointing => cue.until = now.plus_seconds(self.policy.officer_dwell_s),
                _ => cue.until = asked_until(cue, &self.policy, now),
            }
            // Its site learns whose it is.
            cue.revision += u64::from(cue.camera.is_some());
            let id = cue.id.clone();
            self.step(scene);
            return Ok(id);
        }
        if self.waiting() >= self.policy.waiting_max {
            let least = self.least_urgent().filter(|index| self.open.get(*index).is_some_and(|cue| !cue.by_officer));
            match least {
                Some(index) => self.end(index, End::Crowded),
                None => return Err(RequestRefused::Full(self.policy.waiting_max)),
            }
        }
        let id = self.open_cue(target, alert, OFFICER_PRIORITY, true);
        self.step(scene);
        Ok(id)
    }

    /// Takes a cue back; false when there is no such open cue.
    pub fn withdraw(&mut self, id: &str, now: EventTime) -> bool {
        self.move_to(now);
        let found = self.open.iter().position(|cue| cue.id.as_str() == id);
        found.inspect(|index| self.end(*index, End::Withdrawn)).is_some()
    }

    /// Takes what the site of `camera` says to a cue.
    ///
    /// # Errors
    /// When the camera does not have it.
    pub fn answer(&mut self, id: &str, camera: SensorId, answer: Answer, now: EventTime) -> Result<(), AnswerRefused> {
        self.move_to(now);
        let now = self.now;
        let holds = |cue: &Cue| cue.id.as_str() == id && cue.camera == Some(camera);
        let index = self.open.iter().position(holds).ok_or(AnswerRefused::NotYours)?;
        let policy = &self.policy;
        let Some(cue) = self.open.get_mut(index) else { return Err(AnswerRefused::NotYours) };
        match answer {
            Answer::Accepted => {
                if cue.stage == Stage::Asked {
                    (cue.stage, cue.since) = (Stage::Accepted, now);
                }
            }
            Answer::Pointing => begin_to_look(cue, policy, now),
            Answer::Saw(saw) => {
                begin_to_look(cue, policy, now);
                // What was seen once is not taken back by looking on.
                if !matches!(cue.saw, Some(Saw::Craft(Some(_)))) || matches!(saw, Saw::Craft(Some(_))) {
                    cue.saw = Some(saw);
                }
            }
            Answer::Refused(reason) => {
                cue.refusal = Some(reason.into());
                turn_down(cue, camera, now);
            }
            Answer::Done => {
                let end = what_came_of(cue);
                self.end(index, end);
            }
        }
        Ok(())
    }

    /// Brings everything up to the instant of the scene. Time that goes back is taken as standing still.
    pub fn step(&mut self, scene: &Scene<'_>) {
        self.move_to(scene.now);
        let scene = &Scene { now: self.now, ..*scene };
        self.refresh(scene);
        self.admit(scene);
        self.give_out(scene);
        while self.waiting() > self.policy.waiting_max {
            let Some(index) = self.least_urgent() else { break };
            self.end(index, End::Crowded);
        }
    }

    /// Ends what is over, takes cues from cameras that cannot go on, follows what moves.
    fn refresh(&mut self, scene: &Scene<'_>) {
        let (policy, now) = (self.policy.clone(), self.now);
        let mut tracks: Vec<TrackId> = Vec::with_capacity(self.open.len());
        let mut index = 0;
        while let Some(cue) = self.open.get_mut(index) {
            let Some(target) = (scene.target)(cue.target.track) else {
                self.end(index, End::TrackOver);
                continue;
            };
            cue.target = target;
            if tracks.contains(&target.track) {
                // Two tracks have become one.
                self.end(index, End::NotNeeded);
                continue;
            }
            if let Some(end) = over_by_now(cue, scene, &policy) {
                self.end(index, end);
                continue;
            }
            if let Some(sensor) = cue.camera {
                let camera = scene.camera(sensor).filter(|camera| scene.suits(camera, &cue.target));
                let unanswered = matches!(cue.stage, Stage::Asked | Stage::Accepted)
                    && now.seconds_since(cue.since) >= policy.answer_s;
                match camera {
                    None => release(cue, now),
                    Some(_) if unanswered => {
                        cue.refusal = Some("no answer in time".into());
                        turn_down(cue, sensor, now);
                    }
                    Some(camera) => aim_anew(cue, camera, now),
                }
            }
            tracks.push(target.track);
            index += 1;
        }
        self.looked.retain(|_, last| now.seconds_since(*last) < policy.relook_s);
    }

    /// Takes up what alerts ask for, while there is room, and instead of what is less urgent where there is none.
    fn admit(&mut self, scene: &Scene<'_>) {
        let mut wishes: Vec<&Wish> = scene.wishes.iter().filter(|wish| wish.worth_a_look).collect();
        wishes.sort_by(|a, b| {
            b.priority.cmp(&a.priority).then_with(|| a.track.cmp(&b.track)).then_with(|| a.alert.cmp(&b.alert))
        });
        for wish in wishes.into_iter().take(WISHES_MAX) {
            let Some(target) = (scene.target)(wish.track) else { continue };
            let track = target.track;
            if self.looked.contains_key(&track) || self.open.iter().any(|cue| cue.target.track == track) {
                continue;
            }
            if !scene.cameras.iter().any(|camera| scene.suits(camera, &target)) {
                continue;
            }
            let priority = wish.priority.min(ALERT_PRIORITY_MAX);
            if self.waiting() >= self.policy.waiting_max {
                let less = |index: &usize| self.open.get(*index).is_some_and(|cue| self.urgency(cue) < priority);
                let Some(index) = self.least_urgent().filter(less) else { continue };
                self.end(index, End::Crowded);
            }
            self.open_cue(target, Some(wish.alert.clone()), priority, false);
        }
    }

    /// Gives cameras to what waits, the most urgent first.
    fn give_out(&mut self, scene: &Scene<'_>) {
        let mut waiting: Vec<usize> = self.indices_waiting().collect();
        waiting.sort_by_key(|index| {
            let urgency = self.open.get(*index).map_or(0, |cue| self.urgency(cue));
            (std::cmp::Reverse(urgency), *index)
        });
        // Which cameras each of them could have.
        let suitable: Vec<Vec<bool>> = waiting
            .iter()
            .filter_map(|index| self.open.get(*index))
            .map(|cue| scene.cameras.iter().map(|camera| self.may_have(cue, camera, scene)).collect())
            .collect();
        for (place, &index) in waiting.iter().enumerate() {
            let suits = |number: usize| suitable.get(place).and_then(|row| row.get(number)).copied().unwrap_or(false);
            let Some(cue) = self.open.get(index) else { continue };
            let (target, by_officer) = (cue.target, cue.by_officer);
            // The camera that fewest others wait for, so that none stands idle while another is fought for; then the nearest.
            let others =
                |number: usize| suitable.iter().skip(place + 1).filter(|row| row.get(number) == Some(&true)).count();
            let free = scene
                .cameras
                .iter()
                .enumerate()
                .filter(|(number, camera)| suits(*number) && self.holder(camera.sensor).is_none());
            let chosen = free.min_by(|(a, one), (b, other)| {
                let range = |camera: &Camera| Aim::at(camera, &target).range_m;
                others(*a)
                    .cmp(&others(*b))
                    .then(range(one).total_cmp(&range(other)))
                    .then(one.sensor.cmp(&other.sensor))
            });
            let mut chosen = chosen.map(|(_, camera)| camera);
            if chosen.is_none() && by_officer {
                let held =
                    scene.cameras.iter().enumerate().filter(|(number, _)| suits(*number)).filter_map(|(_, camera)| {
                        let holder = self.holder(camera.sensor)?;
                        let cue = self.open.get(holder).filter(|cue| !cue.by_officer)?;
                        Some((self.urgency(cue), camera, holder))
                    });
                if let Some((_, camera, holder)) = held.min_by_key(|(urgency, camera, _)| (*urgency, camera.sensor)) {
                    if let Some(cue) = self.open.get_mut(holder) {
                        release(cue, self.now);
                    }
                    chosen = Some(camera);
                }
            }
            if let (Some(camera), Some(cue)) = (chosen, self.open.get_mut(index)) {
                give(cue, camera, &self.policy, self.now);
            }
        }
    }

    fn may_have(&self, cue: &Cue, camera: &Camera, scene: &Scene<'_>) -> bool {
        let turned_down = cue.turned_down.iter().any(|(sensor, until)| *sensor == camera.sensor && *until > self.now);
        !turned_down && scene.suits(camera, &cue.target)
    }

    /// The cue that a camera has.
    fn holder(&self, camera: SensorId) -> Option<usize> {
        self.open.iter().position(|cue| cue.camera == Some(camera))
    }

    fn indices_waiting(&self) -> impl Iterator<Item = usize> {
        self.open.iter().enumerate().filter(|(_, cue)| cue.stage == Stage::Waiting).map(|(index, _)| index)
    }

    fn waiting(&self) -> usize {
        self.indices_waiting().count()
    }

    /// The one that waits and matters least; of several the youngest.
    fn least_urgent(&self) -> Option<usize> {
        let urgency = |index: &usize| self.open.get(*index).map_or(0, |cue| self.urgency(cue));
        self.indices_waiting().min_by_key(|index| (urgency(index), std::cmp::Reverse(*index)))
    }

    /// Priority and what waiting adds to it: what is asked for by alerts stays below officers.
    fn urgency(&self, cue: &Cue) -> u8 {
        if cue.by_officer {
            return OFFICER_PRIORITY;
        }
        let waited = (self.now.seconds_since(cue.asked) / POINT_S).clamp(0.0, f64::from(ALERT_PRIORITY_MAX));
        // Truncated: whole points.
        cue.priority.saturating_add(waited as u8).min(ALERT_PRIORITY_MAX)
    }

    fn open_cue(&mut self, target: Target, alert: Option<Box<str>>, priority: u8, by_officer: bool) -> CueId {
        let id = CueId::new(self.now, self.next);
        self.next += 1;
        self.open.push(Cue {
            id: id.clone(),
            target,
            alert,
            by_officer,
            priority,
            asked: self.now,
            stage: Stage::Waiting,
            camera: None,
            aim: None,
            until: self.now,
            since: self.now,
            saw: None,
            refusal: None,
            revision: 0,
            aimed: self.now,
            turned_down: SmallVec::new(),
        });
        id
    }

    fn end(&mut self, index: usize, end: End) {
        if index >= self.open.len() {
            return;
        }
        let mut cue = self.open.remove(index);
        (cue.stage, cue.since, cue.until) = (Stage::Over(end), self.now, self.now);
        *self.counts.entry(end).or_default() += 1;
        if end.has_looked() {
            self.looked.insert(cue.target.track, self.now);
            if self.looked.len() > LOOKED_KEPT {
                let oldest = self.looked.iter().min_by_key(|(track, last)| (**last, **track)).map(|(track, _)| *track);
                oldest.map(|track| self.looked.remove(&track));
            }
        }
        self.over.push_back(cue);
        if self.over.len() > OVER_KEPT {
            self.over.pop_front();
        }
    }

    fn move_to(&mut self, now: EventTime) {
        self.now = self.now.max(now);
    }
}

/// Whether a cue is over by the instant of the scene, and how; else it is as urgent as what asks for it now.
fn over_by_now(cue: &mut Cue, scene: &Scene<'_>, policy: &Policy) -> Option<End> {
    if cue.stage == Stage::Pointing && scene.now >= cue.until {
        return Some(what_came_of(cue));
    }
    if cue.by_officer {
        let waited_s = scene.now.seconds_since(cue.since);
        return (cue.stage == Stage::Waiting && waited_s >= policy.patience_s).then_some(End::NoCamera);
    }
    let asking = scene.wishes.iter().filter(|wish| wish.track == cue.target.track);
    let most = asking.min_by(|a, b| b.priority.cmp(&a.priority).then_with(|| a.alert.cmp(&b.alert)));
    let Some(wish) = most.filter(|wish| wish.worth_a_look || cue.camera.is_some()) else { return Some(End::NotNeeded) };
    cue.priority = wish.priority.min(ALERT_PRIORITY_MAX);
    if cue.alert.as_ref() != Some(&wish.alert) {
        cue.alert = Some(wish.alert.clone());
    }
    let out_of_sight = || !scene.cameras.iter().any(|camera| scene.suits(camera, &cue.target));
    (cue.stage == Stage::Waiting && out_of_sight()).then_some(End::NoCamera)
}

fn what_came_of(cue: &Cue) -> End {
    match cue.saw {
        Some(Saw::Craft(_)) => End::Seen,
        Some(Saw::Nothing) => End::NotSeen,
        None => End::Looked,
    }
}

fn give(cue: &mut Cue, camera: &Camera, policy: &Policy, now: EventTime) {
    (cue.camera, cue.stage, cue.since, cue.aimed) = (Some(camera.sensor), Stage::Asked, now, now);
    cue.aim = Some(Aim::at(camera, &cue.target));
    cue.until = asked_until(cue, policy, now);
    cue.revision += 1;
}

/// Until when a camera that is asked now is busy at most.
fn asked_until(cue: &Cue, policy: &Policy, now: EventTime) -> EventTime {
    now.plus_seconds(2.0 * policy.answer_s + dwell_s(cue, policy))
}

/// Gives a cue back into the queue.
fn release(cue: &mut Cue, now: EventTime) {
    (cue.camera, cue.aim, cue.stage, cue.since) = (None, None, Stage::Waiting, now);
    cue.saw = None;
}

fn turn_down(cue: &mut Cue, camera: SensorId, now: EventTime) {
    cue.turned_down.retain(|(sensor, until)| *sensor != camera && *until > now);
    cue.turned_down.push((camera, now.plus_seconds(TURNED_DOWN_S)));
    release(cue, now);
}

fn begin_to_look(cue: &mut Cue, policy: &Policy, now: EventTime) {
    if cue.stage != Stage::Pointing {
        (cue.stage, cue.since) = (Stage::Pointing, now);
        cue.until = now.plus_seconds(dwell_s(cue, policy));
        cue.revision += 1;
    }
}

fn dwell_s(cue: &Cue, policy: &Policy) -> f64 {
    if cue.by_officer { policy.officer_dwell_s } else { policy.dwell_s }
}

/// Tells the site where a craft has got to, when the camera would lose it else.
fn aim_anew(cue: &mut Cue, camera: &Camera, now: EventTime) {
    let aim = Aim::at(camera, &cue.target);
    let turned = cue.aim.is_none_or(|told| told.turn_deg(&aim) > RE_AIM_DEG);
    if turned || now.seconds_since(cue.aimed) >= RE_AIM_S {
        (cue.aim, cue.aimed) = (Some(aim), now);
        cue.revision += 1;
    }
}

fn why_none_suits(target: &Target, scene: &Scene<'_>) -> RequestRefused {
    let mut seeing = scene.cameras.iter().filter(|camera| (scene.in_sight)(camera, target)).peekable();
    if seeing.peek().is_none() {
        RequestRefused::NotInSight
    } else if seeing.any(|camera| camera.attended) {
        RequestRefused::TooDark
    } else {
        RequestRefused::Unattended
    }
}

#[cfg(test)]
mod tests;
