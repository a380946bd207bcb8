//! What happens to tracks when nobody speaks of them: turns without a plot, hiding, doubles, the end.

use nalgebra::{Matrix2, Vector2};

use super::Fusion;
use super::TrackEvent;
use super::history::History;
use super::measurement::Kinematics;
use super::slots::Rest;
use super::track_file::{DETECTION_KEPT, RadarHold, TrackFile};
use crate::geodesy::{distance_m, offset_m};
use crate::units::{EventTime, TrackId};

/// Milliseconds of receive time between two rounds of upkeep.
pub(super) const INTERVAL_MS: i64 = 1000;
/// Milliseconds of receive time between two looks for doubles and hidden craft.
const LOOK_INTERVAL_MS: i64 = 2000;
/// A track younger than this may be a double of one that began with it, seconds.
const YOUNG_S: f64 = 60.0;
/// Seconds that two tracks must have looked like one before they become one.
const DOUBLE_S: f64 = 8.0;
/// Seconds after which a camera or another system no longer sees a craft.
const UNSEEN_S: f64 = 30.0;
/// Fewest turns without a plot after which a track beside another counts as hidden by it.
const HIDDEN_TURNS: u32 = 3;
/// So improbable must a run of turns without a plot be, by how often the radar saw the craft before.
const HIDDEN_BY_CHANCE: f64 = 0.02;
/// A craft whose place is known is hidden only by one whose middle is nearer than this, metres.
const BESIDE_KNOWN_M: f64 = 35.0;
/// One sigma of position up to which a still craft's own place is better than a guess beside its neighbour, metres.
const PLACE_KNOWN_M: f64 = 30.0;
/// Metres from the middle of one hull to that of the craft alongside, as assumed when it cannot be measured.
const BESIDE_M: f64 = 20.0;
/// Seconds after which a hidden craft is laid beside its neighbour anew.
const MOORED_ANEW_S: f64 = 20.0;
/// A hidden craft farther than this from the one that hides it is brought back to its side, metres.
const STRAYED_M: f64 = 60.0;
/// A craft that comes alongside does so slower than this, m/s.
const COMES_ALONGSIDE_MPS: f64 = 3.0;
/// A vessel that others lie alongside moves slower than this, m/s; one that makes twice as much has cast off.
pub(super) const LIES_MPS: f64 = 1.0;
/// Turns without a plot in a row that tell how often a radar sees what is there.
const TELLING_MISSES: u32 = 10;
/// Turns after which one without a plot counts as missed: half a turn of grace, for the plot may still come.
const GRACE_TURNS: f64 = 1.5;
/// Existence of a track that was shown once does not fall below this by turns without a plot.
const EXISTENCE_MIN: f64 = 0.01;
/// Seconds after which a craft that lies still and that nobody sees is as likely to have left as not, were there no turns to
/// tell.
const LEAVES_S: f64 = 900.0;
/// Probability of lying there still below which the track of a craft that nobody sees is over.
const GONE: f64 = 0.01;
/// Probability of lying still below which a track is under way.
const MAY_BE_STILL: f64 = 0.2;
/// Probability of lying still from which a track counts as still.
pub(super) const STILL: f64 = 0.6;

impl Fusion {
    /// One round over all tracks.
    pub(super) fn upkeep(&mut self, now: EventTime) {
        let look = self.config.ablation.merging && now.millis_since(self.last_look) >= LOOK_INTERVAL_MS;
        if look {
            self.last_look = now;
        }
        let mut looking = Vec::new();
        let latest_plot = self.radars.iter().flatten().map(|radar| radar.latest).max();
        let latest_plot = latest_plot.unwrap_or(EventTime::from_millis(i64::MIN));
        for slot in 0..self.slots.len() as u32 {
            if self.slots.rests(slot, now, latest_plot) {
                continue;
            }
            self.count_missed_turns(slot);
            self.look_again_for_lost(slot, now);
            let Some(file) = self.slot(slot) else { continue };
            if self.is_over(file, now) {
                if file.confirmed && file.mmsi().is_some() && self.config.ablation.identity_memory {
                    self.lose(slot);
                } else {
                    self.end(slot, None);
                }
                continue;
            }
            let rest = self.rest(file, now);
            if look && file.confirmed && !self.speaks_for_itself(file, now) {
                looking.push((file.id, slot));
            }
            self.slots.let_rest(slot, rest);
        }
        while let Some(given_up) = self.lost.give_up(now) {
            self.give_up(&given_up);
        }
        if look {
            // Doubles of others, and craft that lie hidden beside others.
            looking.sort_unstable();
            for &(_, slot) in &looking {
                self.look_beside(slot, now);
            }
            self.look_for_strays(looking, now);
        }
    }

    /// Counts turns of the radars that hold a track and did not see it.
    fn count_missed_turns(&mut self, slot: u32) {
        let Self { radars, slots, config, .. } = self;
        let Some(file) = slots.get_mut(slot) else { return };
        let confirmed = file.confirmed;
        let least = if confirmed { EXISTENCE_MIN.min(file.existence) } else { 0.0 };
        for hold in &mut file.radars {
            let Some(radar) = radars.get_mut(hold.sensor.index()).and_then(Option::as_mut) else { continue };
            let (latest, scan_s) = (radar.latest, radar.claims.scan_s);
            while latest.seconds_since(hold.counted_to) > GRACE_TURNS * scan_s {
                hold.counted_to = hold.counted_to.plus_seconds(scan_s);
                hold.misses += 1;
                let weighed = config.ablation.existence || !confirmed;
                if weighed && file.hidden_by.is_none() {
                    let missed = 1.0 - hold.detection;
                    file.existence = (file.existence * missed / (1.0 - file.existence * hold.detection)).max(least);
                }
                // After a long run of misses it is not there: that says nothing of the place.
                if confirmed && hold.misses <= TELLING_MISSES {
                    let (range_m, azimuth_deg) = radar.cell_of(file.place);
                    radar.detection.note(range_m, azimuth_deg, false);
                }
                hold.detection = (hold.detection * DETECTION_KEPT).max(0.05);
                if hold.misses > 100 {
                    hold.counted_to = latest;
                }
            }
        }
    }

    /// Up to when nothing happens to a track that nobody touches: no turn is missed, it is not over, and it is nobody's double.
    fn rest(&self, file: &TrackFile, now: EventTime) -> Rest {
        let missed = file.radars.iter().filter_map(|hold| {
            let radar = self.radars.get(hold.sensor.index()).and_then(Option::as_ref)?;
            Some(before(hold.counted_to, GRACE_TURNS * radar.claims.scan_s))
        });
        let patience_s = self.patience_s(file);
        let doubtful_s = if file.mmsi().is_none() { self.config.lifecycle.coast_s } else { patience_s };
        let over = before(file.last_seen, patience_s.min(doubtful_s));
        let looked_at = match file.last_ais {
            _ if !file.confirmed || rests_alone(file, now) => EventTime::from_millis(i64::MAX),
            Some(last) if self.speaks_for_itself(file, now) => before(last, self.config.ais.silent_s),
            _ => self.last_look.plus_millis(LOOK_INTERVAL_MS - 1),
        };
        Rest { receipt: over.min(looked_at), radar: missed.min().unwrap_or(EventTime::from_millis(i64::MAX)) }
    }

    /// Seconds of silence after which a track is over for that alone.
    fn patience_s(&self, file: &TrackFile) -> f64 {
        let lifecycle = &self.config.lifecycle;
        if !file.confirmed && !file.unproven {
            return lifecycle.tentative_s * if file.hits > lifecycle.confirm_hits { 2.0 } else { 1.0 };
        }
        let still = file.kinematics.still_probability() > STILL;
        match (file.hidden_by.is_some(), still, file.mmsi().is_some()) {
            (true, _, _) => lifecycle.merged_s,
            (false, true, _) => lifecycle.coast_still_s,
            (false, false, true) => lifecycle.coast_ais_s,
            (false, false, false) => lifecycle.coast_s,
        }
    }

    /// Whether a track is over.
    fn is_over(&self, file: &TrackFile, now: EventTime) -> bool {
        let lifecycle = &self.config.lifecycle;
        let silent_s = now.seconds_since(file.last_seen);
        if silent_s > self.patience_s(file) {
            return true;
        }
        if !file.confirmed && !file.unproven {
            return file.existence < lifecycle.drop;
        }
        let still = file.kinematics.still_probability() > STILL;
        let may_be_gone = self.config.ablation.existence && still && file.hidden_by.is_none() && file.mmsi().is_none();
        may_be_gone && silent_s > lifecycle.coast_s && self.lies_there_still(file, silent_s) < GONE
    }

    /// Whether a track is old and held by AIS: it is nobody's double and hidden by nobody. A double of it looks from its side.
    fn speaks_for_itself(&self, file: &TrackFile, now: EventTime) -> bool {
        let held = file.ais_age_s(now) < self.config.ais.silent_s;
        (held && now.seconds_since(file.born) > YOUNG_S && file.hidden_by.is_none()) || rests_alone(file, now)
    }

    /// Probability that a still craft that nobody has seen for `silent_s` lies there still: it may have left meanwhile, and each
    /// turn in which a radar should have seen it speaks for that.
    pub(super) fn lies_there_still(&self, file: &TrackFile, silent_s: f64) -> f64 {
        if !self.config.ablation.existence {
            return 1.0;
        }
        let unseen: f64 = file.radars.iter().map(|hold| hold.missed_by_chance()).product();
        unseen / (unseen + (silent_s / LEAVES_S).clamp(1e-3, 1.0))
    }

    /// Settles how one track stands to its nearest neighbours.
    fn look_beside(&mut self, slot: u32, now: EventTime) {
        let Some(file) = self.slot(slot) else { return };
        let (id, here, merge_m) = (file.id, file.place, self.config.lifecycle.merge_m);
        let reach_m = 2.5 * merge_m;
        if let Some((hider, _)) = file.hidden_by {
            self.check_hidden(slot, hider, now);
            return;
        }
        let stands = self.within(here, reach_m).filter(|(_, _, theirs)| theirs.confirmed && theirs.id != id).find_map(
            |(other, _, theirs)| match () {
                () if self.looks_double(file, theirs, now) => Some((other, None)),
                () if hides(theirs, file, merge_m, now) => Some((other, Some(theirs.id))),
                () => None,
            },
        );
        match stands {
            Some((other, None)) => self.suspect_double(slot, other, now),
            Some((other, Some(by))) => {
                self.moor(slot, other, now);
                if let Some(file) = self.slot_mut(slot) {
                    file.hidden_by = Some((by, now));
                }
                self.events.push(TrackEvent::Hidden { id, time: now, by });
            }
            None => {
                if let Some(file) = self.slot_mut(slot) {
                    file.double_of = None;
                }
            }
        }
    }

    /// Lays a craft that radar has lost where it lay, or beside the one that hides it if its place was not known: where else
    /// could it be, having come so near so slowly.
    fn moor(&mut self, slot: u32, hider: u32, now: EventTime) {
        let (Some(file), Some(hider)) = (self.slot(slot), self.slot(hider)) else { return };
        let side = hider.kinematics.at(now, &self.config);
        let (east, north) = offset_m(side.position(), file.kinematics.position());
        let known = knows_its_place(file) && east.hypot(north) < STRAYED_M;
        let reach = if known { 1.0 } else { (BESIDE_M / east.hypot(north).max(1.0)).min(1.0) };
        let place = side.position().moved_m(east * reach, north * reach);
        let speed = side.gaussian().mean;
        let velocity = (Vector2::new(speed.z, speed.w), Matrix2::identity() * 0.1);
        let covariance = if known {
            file.kinematics.gaussian().covariance.fixed_view::<2, 2>(0, 0).into_owned()
        } else {
            Matrix2::identity() * (BESIDE_M * BESIDE_M)
        };
        let state = Kinematics::start(now, place, covariance, Some(velocity), &self.config);
        if let Some(file) = self.slot_mut(slot) {
            file.kinematics = state;
            file.history = History::start(state);
        }
        self.replace_in_grid(slot);
    }

    /// A hidden craft stays with the one that hides it; it is alone again when that one is over.
    fn check_hidden(&mut self, slot: u32, hider: TrackId, now: EventTime) {
        let Some(file) = self.slot(slot) else { return };
        let (id, here, since) = (file.id, file.kinematics.position(), file.kinematics.time());
        match self.by_id.get(&hider).copied() {
            Some(other) if self.slot(other).is_some_and(|other| !lies(other)) => self.part(slot, id, hider, now),
            Some(other) => {
                let strayed =
                    self.slot(other).is_some_and(|other| distance_m(here, other.kinematics.position()) > STRAYED_M);
                // Left alone, a prediction spreads; but the craft lies where its neighbour lies.
                if strayed || now.seconds_since(since) > MOORED_ANEW_S {
                    self.moor(slot, other, now);
                }
            }
            None => self.part(slot, id, hider, now),
        }
    }

    /// A craft is no longer hidden by another: that one has gone, or made way.
    fn part(&mut self, slot: u32, id: TrackId, hider: TrackId, now: EventTime) {
        if let Some(file) = self.slot_mut(slot) {
            file.hidden_by = None;
        }
        self.events.push(TrackEvent::Separated { id, time: now, from: hider });
    }

    /// Whether a track about to be shown is a craft that was hidden where it began, or lay there unseen, and now parts: then
    /// that craft's track goes on with what the new one has measured.
    pub(super) fn is_one_that_was_hidden(&mut self, slot: u32) -> bool {
        let Some(file) = self.slot(slot) else { return false };
        let (place, reach_m) = (file.born_at, 2.0 * self.config.lifecycle.merge_m);
        let found = self.slots_near(place, reach_m);
        let hidden = found
            .iter()
            .filter_map(|&other| self.slot(other).map(|file| (other, file)))
            .filter(|(_, file)| file.hidden_by.is_some() || lies_unseen(file, self.now))
            .map(|(other, file)| (distance_m(place, file.kinematics.position()), other))
            .filter(|(distance, _)| *distance <= reach_m)
            .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        self.done_with(found);
        let Some((_, hidden)) = hidden else { return false };
        if let (Some(file), Some(parted)) = (self.slot(hidden), self.slot(slot)) {
            let (id, now, state, history) = (file.id, self.now, parted.kinematics, parted.history.clone());
            let (radars, from) = (parted.radars.clone(), file.hidden_by.map(|(hider, _)| hider));
            if let Some(file) = self.slot_mut(hidden) {
                file.kinematics = state;
                file.history = history;
                file.radars = radars;
                file.hidden_by = None;
            }
            if let Some(from) = from {
                self.events.push(TrackEvent::Separated { id, time: now, from });
            }
        }
        self.absorb(hidden, slot);
        true
    }

    /// Whether `new` began to send under its MMSI beside `old`, both under way, and `old` has been silent since: one craft
    /// that changed its name. At anchor nothing follows from silence: reports are minutes apart.
    fn took_over(&self, new: &TrackFile, old: &TrackFile, now: EventTime) -> bool {
        new.born > old.born
            && old.last_ais.is_none_or(|last| last <= new.born)
            && old.ais_age_s(now) > old.silent_after_s(&self.config)
            && is_under_way(new)
            && is_under_way(old)
    }

    /// Whether two tracks may be one craft: near, moving alike, never seen side by side, and one of them began where the
    /// other already was, or both have just begun.
    fn looks_double(&self, mine: &TrackFile, theirs: &TrackFile, now: EventTime) -> bool {
        if let (Some(a), Some(b)) = (mine.mmsi(), theirs.mmsi())
            && a != b
            && !self.took_over(mine, theirs, now)
            && !self.took_over(theirs, mine, now)
        {
            return false;
        }
        if mine.unproven || theirs.unproven {
            return false;
        }
        let young = |file: &TrackFile| now.seconds_since(file.born) < YOUNG_S;
        let beside = mine.born_beside == Some(theirs.id)
            || theirs.born_beside == Some(mine.id)
            || (young(mine) && young(theirs))
            || (mine.mmsi().is_some() != theirs.mmsi().is_some() && (young(mine) || young(theirs)));
        let side_by_side = [mine.resolved_from(theirs.id), theirs.resolved_from(mine.id)];
        if !beside || side_by_side.into_iter().flatten().any(|time| now.seconds_since(time) < 120.0) {
            return false;
        }
        let (a, b) = (mine.kinematics.at(now, &self.config), theirs.kinematics.at(now, &self.config));
        let covariance = a.gaussian().covariance.fixed_view::<2, 2>(0, 0).into_owned();
        let (fit, _) = b.fit(a.position(), &(covariance + nalgebra::Matrix2::identity() * 900.0));
        let (va, vb) = (a.gaussian(), b.gaussian());
        let slip = (va.mean.z - vb.mean.z).hypot(va.mean.w - vb.mean.w);
        let open = (va.covariance[(2, 2)] + vb.covariance[(2, 2)]).sqrt();
        fit < 12.0 && slip < 1.5 + 3.0 * open
    }

    /// After some seconds of looking like one, two tracks become one: the older goes on, with what the younger knew.
    fn suspect_double(&mut self, slot: u32, other: u32, now: EventTime) {
        let (Some(mine), Some(theirs)) = (self.slot(slot), self.slot(other)) else { return };
        let theirs_id = theirs.id;
        let since = match mine.double_of {
            Some((id, since)) if id == theirs_id => since,
            _ => {
                if let Some(file) = self.slot_mut(slot) {
                    file.double_of = Some((theirs_id, now));
                }
                return;
            }
        };
        if now.seconds_since(since) < DOUBLE_S {
            return;
        }
        let renamed = mine.mmsi().is_some() && theirs.mmsi().is_some() && mine.mmsi() != theirs.mmsi();
        if renamed {
            // The craft goes on under its new name.
            let (old, new) = if self.took_over(mine, theirs, now) { (other, slot) } else { (slot, other) };
            if let Some((mmsi, id)) = self.slot(old).and_then(|file| file.mmsi().map(|mmsi| (mmsi, file.id))) {
                self.strip_identity(old, mmsi, id);
            }
            self.absorb(old, new);
            return;
        }
        let (older, younger) =
            if (mine.born, mine.id) <= (theirs.born, theirs.id) { (slot, other) } else { (other, slot) };
        self.absorb(older, younger);
    }

    /// Makes one track of two.
    fn absorb(&mut self, older: u32, younger: u32) {
        let (Some(kept), Some(gone)) = (self.slot(older), self.slot(younger)) else { return };
        let (kept_id, gone_id, mmsi) = (kept.id, gone.id, gone.mmsi());
        let gone = gone.clone();
        if let (Some(mmsi), None) = (mmsi, kept.mmsi()) {
            self.forget_mmsi(mmsi, gone_id);
            self.learn_mmsi(mmsi, kept_id);
        }
        if let Some(file) = self.slot_mut(older) {
            if file.mmsi().is_none() && gone.mmsi().is_some() {
                file.identity = gone.identity;
                file.identity_votes = gone.identity_votes;
                file.last_ais = gone.last_ais;
                file.last_ais_told = gone.last_ais_told;
                file.doubts = gone.doubts.clone();
                file.went = gone.went;
                file.ais_interval_s = gone.ais_interval_s;
                // AIS knows best where the craft is: its state goes on.
                file.kinematics = gone.kinematics;
                file.history = gone.history.clone();
            }
            if file.hull.number().is_none() {
                file.hull = gone.hull.clone();
            }
            file.existence = file.existence.max(gone.existence);
            file.last_seen = file.last_seen.max(gone.last_seen);
            file.last_radar = file.last_radar.max(gone.last_radar);
            file.last_eo = file.last_eo.max(gone.last_eo);
            file.last_report = file.last_report.max(gone.last_report);
            for hold in &gone.radars {
                if !file.radars.iter().any(|own| own.sensor == hold.sensor) {
                    file.radars.push(*hold);
                }
            }
            file.double_of = None;
        }
        self.replace_in_grid(older);
        self.end(younger, Some(kept_id));
    }
}

/// Whether a track is a vessel at rest that only AIS knows, and that began where nobody was: radar cannot have lost it behind
/// another, and what may be its double looks from its own side. At anchor reports are minutes apart.
fn rests_alone(file: &TrackFile, now: EventTime) -> bool {
    let begun_alone = file.born_beside.is_none() && file.double_of.is_none() && file.hidden_by.is_none();
    let only_ais = file.mmsi().is_some() && file.radars.is_empty();
    begun_alone && only_ais && !is_under_way(file) && now.seconds_since(file.born) > YOUNG_S
}

/// Whether a craft is likely to be moving.
fn is_under_way(file: &TrackFile) -> bool {
    file.kinematics.still_probability() < MAY_BE_STILL
}

/// The last instant that is less than `seconds` after `time`.
fn before(time: EventTime, seconds: f64) -> EventTime {
    time.plus_millis((seconds * 1000.0).ceil() as i64 - 1)
}

/// Whether a craft lies or hardly moves, so that another can lie alongside.
fn lies(file: &TrackFile) -> bool {
    file.kinematics.speed_mps() < 2.0 * LIES_MPS
}

/// Whether `hider` hides `file` from radar: near, itself seen, while the other is not although it was before.
fn hides(hider: &TrackFile, file: &TrackFile, merge_m: f64, now: EventTime) -> bool {
    let hider_seen = || now.seconds_since(hider.last_seen) < 30.0;
    let slow = || file.kinematics.speed_mps() < COMES_ALONGSIDE_MPS && hider.kinematics.speed_mps() < LIES_MPS;
    // Only the larger hull hides the other.
    let smaller = || file.length_m().zip(hider.length_m()).is_none_or(|(own, other)| own < other);
    let near = || {
        let reach_m = if knows_its_place(file) { BESIDE_KNOWN_M.min(merge_m) } else { merge_m };
        distance_m(file.kinematics.position(), hider.kinematics.position()) <= reach_m
    };
    // The cheapest first: nearly all pairs end there.
    is_lost_to_radar(file)
        && file.ais_age_s(now) > 60.0
        && hider_seen()
        && hider.hidden_by.is_none()
        && slow()
        && smaller()
        && near()
}

/// Whether the radars that saw a craft no longer do, for so long that it can hardly be chance.
fn is_lost_to_radar(file: &TrackFile) -> bool {
    let lost = |hold: &RadarHold| hold.misses >= HIDDEN_TURNS && hold.missed_by_chance() < HIDDEN_BY_CHANCE;
    !file.radars.is_empty() && file.radars.iter().all(lost)
}

/// Whether a craft without a name lies still, as far as anybody knows, but neither radar nor anybody else sees it there any longer.
fn lies_unseen(file: &TrackFile, now: EventTime) -> bool {
    let seen_otherwise = file.last_eo.max(file.last_report).is_some_and(|seen| now.seconds_since(seen) < UNSEEN_S);
    let nameless = file.confirmed && file.mmsi().is_none() && !seen_otherwise;
    nameless && file.kinematics.still_probability() > STILL && is_lost_to_radar(file)
}

/// Whether a craft lies still at a place that is well known.
fn knows_its_place(file: &TrackFile) -> bool {
    let spread = file.kinematics.gaussian().covariance;
    file.kinematics.still_probability() > STILL && spread[(0, 0)].max(spread[(1, 1)]) < PLACE_KNOWN_M * PLACE_KNOWN_M
}
