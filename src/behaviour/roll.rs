//! The roll of vessels: which track is which vessel, who is present, who is remembered.
#![expect(clippy::vec_box, reason = "vessels are more than a kilobyte, and move between lists at every instant")]

use rustc_hash::FxHashSet;

use super::config::BehaviourConfig;
use super::contact;
use super::continuation::OVERLAP_MS;
use super::newcomers::Newcomers;
use super::places::Places;
use super::subject::Subject;
use crate::fusion::TrackState;
use crate::units::{EventTime, Mmsi, TrackId};

/// The most vessels remembered that are out of the picture: four times the 10,000 of a busy area. The one lost longest
/// ago is forgotten first, of several the one known longest.
const ABSENT_MAX: usize = 40_000;

/// The age in milliseconds at which the velocity of a new track is worth comparing: from half a minute to three.
const SETTLED_MS: (i64, i64) = (30_000, 180_000);

/// A late record may move the begin of a track so far back, in milliseconds.
const LATE_MS: i64 = 120_000;

/// Of the new tracks that may continue a lost vessel so many are weighed, the best.
const FITS_MAX: usize = 32;

/// All vessels.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Roll {
    /// In the picture, in the order of their tracks.
    pub(super) present: Vec<Box<Subject>>,
    /// Remembered, in the order of their numbers.
    pub(super) absent: Vec<Box<Subject>>,
    last_number: u64,
    /// Those present that have no past: their numbers, and their places in [`Self::present`].
    newborn: Vec<(u64, u32)>,
}

impl Roll {
    /// Matches the vessels with the tracks of this instant and updates those present.
    pub(super) fn call(&mut self, now: EventTime, tracks: &[TrackState], config: &BehaviourConfig) {
        self.newborn.clear();
        let mut known = std::mem::take(&mut self.present).into_iter().peekable();
        let mut slots: Vec<Option<Box<Subject>>> = Vec::with_capacity(tracks.len());
        let mut gone: Vec<Box<Subject>> = Vec::new();
        let mut unknown: Vec<u32> = Vec::new();
        for (index, track) in (0..).zip(tracks) {
            while let Some(subject) = known.next_if(|subject| subject.track < track.id) {
                gone.push(subject);
            }
            let same = known.next_if(|subject| subject.track == track.id);
            if same.is_none() {
                unknown.push(index);
            }
            slots.push(same);
        }
        gone.extend(known);
        take_over(&mut slots, &mut gone, tracks, now, config);
        if !gone.is_empty() {
            self.absent.append(&mut gone);
            self.absent.sort_unstable_by_key(|subject| subject.number);
        }
        self.recall(&unknown, &mut slots, tracks, now, config);
        for index in unknown {
            let (Some(slot), Some(track)) = (slots.get_mut(index as usize), tracks.get(index as usize)) else {
                continue;
            };
            if slot.is_none() {
                self.last_number += 1;
                self.newborn.push((self.last_number, index));
                *slot = Some(Box::new(Subject::new(self.last_number, track, config)));
            }
        }
        let mut settling: Vec<u32> = Vec::new();
        for ((slot, track), index) in slots.into_iter().zip(tracks).zip(0..) {
            if let Some(mut subject) = slot {
                subject.update(now, track, config);
                let age_ms = now.millis_since(subject.first_seen);
                if (SETTLED_MS.0..SETTLED_MS.1).contains(&age_ms) && !subject.craft.sends_ais {
                    settling.push(index);
                }
                self.present.push(subject);
            }
        }
        self.rejoin(&settling, tracks, now, config);
    }

    /// Gives tracks that are not known the remembered vessels that they continue best, in the order of the tracks.
    fn recall(
        &mut self,
        unknown: &[u32],
        slots: &mut [Option<Box<Subject>>],
        tracks: &[TrackState],
        now: EventTime,
        config: &BehaviourConfig,
    ) {
        if unknown.is_empty() || self.absent.is_empty() {
            return;
        }
        let of = |index: &u32| Some((*index, tracks.get(*index as usize)?));
        let newcomers = Newcomers::of(unknown.iter().filter_map(of), []);
        let ids: Vec<TrackId> = unknown.iter().filter_map(of).map(|(_, track)| track.id).collect();
        // Track, how well the vessel fits it, place of the vessel.
        let mut fits: Vec<(u32, f64, usize)> = Vec::new();
        let (mut near, mut of_one) = (Vec::new(), Vec::new());
        for (place, lost) in self.absent.iter().enumerate() {
            if let Some(index) = ids.binary_search(&lost.track).ok().and_then(|known| unknown.get(known)) {
                fits.push((*index, f64::NEG_INFINITY, place));
            }
            newcomers.who_may_be(lost, now, config, &mut near);
            of_one.clear();
            of_one.extend(near.iter().filter_map(of).filter_map(|(index, track)| {
                let fit = lost.continued_by(track, now, config)?;
                Some((index, fit, place))
            }));
            of_one.sort_unstable_by(|a: &(u32, f64, usize), b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
            fits.extend(of_one.iter().take(FITS_MAX));
        }
        fits.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
        let mut absent: Vec<_> = std::mem::take(&mut self.absent).into_iter().map(Some).collect();
        for (index, _, place) in fits {
            if let Some(slot) = slots.get_mut(index as usize).filter(|slot| slot.is_none()) {
                *slot = absent.get_mut(place).and_then(Option::take);
            }
        }
        self.absent = absent.into_iter().flatten().collect();
    }

    /// A vessel that has sent AIS, was lost under way, and sails on unheard, is known again by its course once the new track
    /// has `settled`.
    fn rejoin(&mut self, settled: &[u32], tracks: &[TrackState], now: EventTime, config: &BehaviourConfig) {
        if settled.is_empty() || !self.absent.iter().any(|lost| lost.craft.sends_ais) {
            return;
        }
        let of = |index: &u32| Some((*index, tracks.get(*index as usize)?));
        let newcomers = Newcomers::of(settled.iter().filter_map(of), []);
        let mut fits: Vec<(u32, usize)> = Vec::new();
        let mut near = Vec::new();
        for (place, lost) in self.absent.iter().enumerate().filter(|(_, lost)| lost.craft.sends_ais) {
            newcomers.who_may_sail_on_as(lost, now, &mut near);
            let those = near.iter().filter_map(of).filter(|(_, track)| lost.sails_on_as(track));
            fits.extend(those.map(|(index, _)| (index, place)).take(FITS_MAX));
        }
        fits.sort_unstable();
        let mut absent: Vec<_> = std::mem::take(&mut self.absent).into_iter().map(Some).collect();
        let mut before = None;
        for (index, place) in fits {
            let (Some(slot), Some(track)) = (self.present.get_mut(index as usize), tracks.get(index as usize)) else {
                continue;
            };
            let Some(old) = absent.get_mut(place).filter(|old| old.is_some() && before != Some(index)) else {
                continue;
            };
            if slot.has_spoken() {
                continue;
            }
            if let Some(old) = old.take() {
                *slot = old;
                slot.update(now, track, config);
                before = Some(index);
            }
        }
        self.absent = absent.into_iter().flatten().collect();
    }

    /// A craft that appears at speed beside another at speed, neither with AIS, has come out of its echo: what that one has
    /// done so far, it has done. To be called before the rules look at the instant.
    pub(super) fn note_companions(&mut self, now: EventTime, config: &BehaviourConfig) {
        let newborn: Vec<u32> = self.newborn().filter(|(_, newborn)| newborn.runs_unnamed()).map(|it| it.0).collect();
        if newborn.is_empty() {
            return;
        }
        let everyone = || (0..).zip(self.present.iter().chain(&self.absent));
        let may_be = |other: &Subject| other.runs_unnamed() && other.was_there_at(now);
        let others = || everyone().filter(|(_, other)| may_be(other));
        let fastest_mps = others().map(|(_, other)| other.measured.speed_mps()).fold(0.0, f64::max);
        let places = Places::of(others().map(|(number, other)| (number, other.measured.position())));
        for index in newborn {
            let Some(newborn) = self.present.get(index as usize) else { continue };
            let [here, birthplace] = newborn.where_it_parted(fastest_mps, config);
            let near = places.near(here.0, here.1).chain(places.near(birthplace.0, birthplace.1));
            let fits = near.filter_map(|other| {
                let subject = self.get(other).filter(|other| other.number < newborn.number && may_be(other))?;
                Some((subject.parted_from(newborn, config)?, subject.number, other))
            });
            let nearest = fits.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let Some(companion) = nearest.and_then(|(.., other)| self.get_mut(other)) else { continue };
            companion.parted = Some(now);
            let past = companion.past();
            if let Some(newborn) = self.present.get_mut(index as usize) {
                newborn.take_past(past);
            }
        }
    }

    /// Judges once, for each vessel first seen at this instant, whether it appeared beside one at rest; returns who did, by
    /// place among those present.
    pub(super) fn note_births(&mut self, config: &BehaviourConfig) -> Vec<u32> {
        let newborn: Vec<u32> = self.newborn().filter(|(_, one)| !one.craft.sends_ais).map(|it| it.0).collect();
        self.newborn.clear();
        let mut beside: Vec<u32> = Vec::new();
        if newborn.is_empty() {
            return beside;
        }
        let places = Places::of((0..).zip(self.present.iter().map(|subject| subject.position)));
        let mut near: Vec<u32> = Vec::new();
        for index in newborn {
            let Some(newborn) = self.present.get(index as usize) else { continue };
            near.clear();
            for (place, within_m) in contact::birth_haunts(newborn, config.contact.born_within_m) {
                near.extend(places.near(place, within_m));
            }
            near.sort_unstable();
            near.dedup();
            let hosts = near.iter().filter_map(|host| self.present.get(*host as usize)).map(|host| &**host);
            let found = contact::birth_beside(newborn, hosts, config.contact.born_within_m);
            if let Some(newborn) = self.present.get_mut(index as usize).filter(|_| found.is_some()) {
                newborn.born_beside = found;
                beside.push(index);
            }
        }
        beside
    }

    /// Those who were born at this instant, each with its place among those present.
    fn newborn(&self) -> impl Iterator<Item = (u32, &Subject)> {
        self.newborn.iter().filter_map(|(number, index)| {
            let subject = self.present.get(*index as usize).filter(|subject| subject.number == *number)?;
            Some((*index, &**subject))
        })
    }

    /// The vessel of this place, counted through those present and those remembered.
    fn get(&self, place: u32) -> Option<&Subject> {
        let place = place as usize;
        let absent = || self.absent.get(place - self.present.len());
        self.present.get(place).or_else(absent).map(|subject| &**subject)
    }

    /// As [`Self::get`].
    fn get_mut(&mut self, place: u32) -> Option<&mut Subject> {
        let place = place as usize;
        let present = self.present.len();
        let subject = if place < present { self.present.get_mut(place) } else { self.absent.get_mut(place - present) };
        subject.map(|subject| &mut **subject)
    }

    /// Takes out those that have been gone for too long.
    pub(super) fn forget(&mut self, now: EventTime, config: &BehaviourConfig) -> Vec<Box<Subject>> {
        let over = self.absent.len().saturating_sub(ABSENT_MAX);
        let age = |subject: &Subject| (subject.present_at, subject.number);
        let mut oldest: Vec<(EventTime, u64)> = Vec::new();
        if over > 0 {
            oldest = self.absent.iter().map(|subject| age(subject)).collect();
            oldest.sort_unstable();
        }
        let cut = oldest.get(over).copied();
        let (gone, kept) = std::mem::take(&mut self.absent).into_iter().partition(|subject| {
            now.millis_since(subject.present_at) > subject.remembered_ms(config)
                || cut.is_some_and(|cut| age(subject) < cut)
        });
        self.absent = kept;
        gone
    }
}

/// A track that ends while a younger one already follows the same vessel hands its past over to that one.
fn take_over(
    slots: &mut [Option<Box<Subject>>],
    gone: &mut Vec<Box<Subject>>,
    tracks: &[TrackState],
    now: EventTime,
    config: &BehaviourConfig,
) {
    let Some(earliest) = gone.iter().map(|lost| lost.measured.time).min() else { return };
    let young = earliest.plus_millis(-OVERLAP_MS - LATE_MS);
    let heirs = || (0..).zip(tracks).zip(&*slots).filter_map(|(one, slot)| Some((one, slot.as_deref()?)));
    let younger = || heirs().filter(|((_, track), _)| track.first_seen >= young);
    // One that hands over takes the place of its heir, and may be heir to another in its turn.
    let count = slots.len() as u32;
    let origins = younger().map(|((index, _), subject)| (index, subject.origin().0));
    let origins = origins.chain((count..).zip(gone.iter().map(|lost| lost.origin().0)));
    let mut newcomers = Newcomers::of(younger().map(|(one, _)| one), origins);
    let names: FxHashSet<Mmsi> = gone.iter().filter_map(|lost| lost.craft.mmsi).collect();
    if !names.is_empty() {
        for ((index, track), subject) in heirs() {
            for name in [track.identity.mmsi, subject.craft.mmsi].into_iter().flatten() {
                if names.contains(&name) {
                    newcomers.add_name(name, index);
                }
            }
        }
    }
    let mut went_to: Vec<Option<u32>> = vec![None; gone.len()];
    let (mut near, mut number) = (Vec::new(), 0);
    gone.retain_mut(|lost| {
        number += 1;
        newcomers.who_may_be(lost, now, config, &mut near);
        let heir = near
            .iter()
            .filter_map(|near| match near.checked_sub(count) {
                None => Some(*near),
                Some(gone) => went_to.get(gone as usize).copied().flatten(),
            })
            .filter_map(|index| {
                let subject = slots.get(index as usize)?.as_deref()?;
                let younger = subject.number > lost.number && subject.first_seen > lost.first_seen;
                if !younger || subject.has_spoken() {
                    return None;
                }
                let track = tracks.get(index as usize)?;
                let fit = lost.continued_by(track, now, config).or_else(|| lost.followed_by(subject, config))?;
                Some((fit, index))
            })
            .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let Some((_, index)) = heir else { return true };
        if let Some(slot) = slots.get_mut(index as usize).and_then(Option::as_mut) {
            // What is left in `lost` is the younger one's own short past.
            std::mem::swap(lost, slot);
            went_to[number - 1] = Some(index);
            if let Some(mmsi) = slot.craft.mmsi {
                newcomers.add_name(mmsi, index);
            }
        }
        false
    });
}
