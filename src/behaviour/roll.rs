//! The roll of vessels: which track is which vessel, who is present, who is remembered.
#![expect(clippy::vec_box, reason = "vessels are more than a kilobyte, and move between lists at every instant")]

use super::config::BehaviourConfig;
use super::contact;
use super::subject::Subject;
use crate::fusion::TrackState;
use crate::units::EventTime;

/// The most vessels remembered that are out of the picture: four times the 10,000 of a busy area. The one lost longest
/// ago is forgotten first.
const ABSENT_MAX: usize = 40_000;

/// The age in milliseconds at which the velocity of a new track is worth comparing: from half a minute to three.
const SETTLED_MS: (i64, i64) = (30_000, 180_000);

/// All vessels.
#[derive(Debug, Default)]
pub(super) struct Roll {
    /// In the picture, in the order of their tracks.
    pub(super) present: Vec<Box<Subject>>,
    /// Remembered, in the order of their numbers.
    pub(super) absent: Vec<Box<Subject>>,
    last_number: u64,
    /// Numbers of those present that have no past.
    newborn: Vec<u64>,
}

impl Roll {
    /// Matches the vessels with the tracks of this instant and updates those present.
    pub(super) fn call(&mut self, now: EventTime, tracks: &[TrackState], config: &BehaviourConfig) {
        self.newborn.clear();
        let mut known = std::mem::take(&mut self.present).into_iter().peekable();
        let mut slots: Vec<Option<Box<Subject>>> = Vec::with_capacity(tracks.len());
        let mut gone: Vec<Box<Subject>> = Vec::new();
        let mut unknown: Vec<usize> = Vec::new();
        for (index, track) in tracks.iter().enumerate() {
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
        self.take_over(&mut slots, &mut gone, tracks, now, config);
        self.absent.append(&mut gone);
        self.absent.sort_unstable_by_key(|subject| subject.number);
        for index in unknown {
            let track = &tracks[index];
            let subject = match self.find_lost(track, now, config) {
                Some(place) => self.absent.remove(place),
                None => {
                    self.last_number += 1;
                    self.newborn.push(self.last_number);
                    Box::new(Subject::new(self.last_number, track, config))
                }
            };
            slots[index] = Some(subject);
        }
        self.present.clear();
        for (slot, track) in slots.into_iter().zip(tracks) {
            if let Some(mut subject) = slot {
                subject.update(now, track, config);
                self.present.push(subject);
            }
        }
        self.rejoin(tracks, now, config);
    }

    /// A vessel that has sent AIS, was lost under way, and sails on unheard, is known again by its course once the new track
    /// has settled.
    fn rejoin(&mut self, tracks: &[TrackState], now: EventTime, config: &BehaviourConfig) {
        if !self.absent.iter().any(|lost| lost.craft.sends_ais) {
            return;
        }
        for (slot, track) in self.present.iter_mut().zip(tracks) {
            let settled = (SETTLED_MS.0..SETTLED_MS.1).contains(&now.millis_since(slot.first_seen));
            if !settled || slot.craft.sends_ais || slot.has_spoken() {
                continue;
            }
            let place = self.absent.iter().position(|lost| lost.sails_on_as(track));
            if let Some(place) = place
                && let Some(old) = self.absent.get_mut(place)
            {
                std::mem::swap(slot, old);
                slot.update(now, track, config);
                self.absent.remove(place);
            }
        }
    }

    /// The remembered vessel that a new track continues best.
    fn find_lost(&self, track: &TrackState, now: EventTime, config: &BehaviourConfig) -> Option<usize> {
        if let Some(place) = self.absent.iter().position(|subject| subject.track == track.id) {
            return Some(place);
        }
        self.absent
            .iter()
            .enumerate()
            .filter_map(|(place, subject)| Some((subject.continued_by(track, now, config)?, place)))
            .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))
            .map(|(_, place)| place)
    }

    /// A track that ends while a younger one already follows the same vessel hands its past over to that one.
    fn take_over(
        &mut self,
        slots: &mut [Option<Box<Subject>>],
        gone: &mut Vec<Box<Subject>>,
        tracks: &[TrackState],
        now: EventTime,
        config: &BehaviourConfig,
    ) {
        gone.retain_mut(|lost| {
            let heir = slots
                .iter()
                .enumerate()
                .filter_map(|(index, slot)| {
                    let subject = slot.as_deref()?;
                    let younger = subject.number > lost.number && subject.first_seen > lost.first_seen;
                    if !younger || subject.has_spoken() {
                        return None;
                    }
                    let track = tracks.get(index)?;
                    let fit = lost.continued_by(track, now, config).or_else(|| lost.followed_by(subject, config))?;
                    Some((fit, index))
                })
                .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let Some((_, index)) = heir else { return true };
            if let Some(slot) = slots.get_mut(index).and_then(Option::as_mut) {
                std::mem::swap(lost, slot);
            }
            // What is left in `lost` is the younger one's own short past.
            false
        });
    }

    /// A craft that appears at speed beside another at speed, neither with AIS, has come out of its echo: what that one has
    /// done so far, it has done. To be called before the rules look at the instant.
    pub(super) fn note_companions(&mut self, now: EventTime, config: &BehaviourConfig) {
        for number in &self.newborn {
            let Some(index) = self.present.iter().position(|subject| subject.number == *number) else { continue };
            let Some(newborn) = self.present.get(index).filter(|newborn| newborn.runs_unnamed()) else { continue };
            let fit = |other: &Subject| {
                let older = other.number < *number && other.runs_unnamed();
                older.then(|| other.parted_from(newborn, config)).flatten().map(|apart_m| (apart_m, other.number))
            };
            let everyone = self.present.iter().chain(&self.absent);
            let nearest =
                everyone.filter_map(|other| fit(other)).min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let Some((_, companion)) = nearest else { continue };
            let everyone = self.present.iter_mut().chain(&mut self.absent);
            let Some(companion) = everyone.into_iter().find(|other| other.number == companion) else { continue };
            companion.parted = Some(now);
            let past = companion.past();
            if let Some(newborn) = self.present.get_mut(index) {
                newborn.take_past(past);
            }
        }
    }

    /// Judges once, for each vessel first seen at this instant, whether it appeared beside one at rest.
    pub(super) fn note_births(&mut self, config: &BehaviourConfig) {
        for number in std::mem::take(&mut self.newborn) {
            let Some(index) = self.present.iter().position(|subject| subject.number == number) else { continue };
            let found = contact::birth_beside(&self.present[index], &self.present, config.contact.born_within_m);
            self.present[index].born_beside = found;
        }
    }

    /// Takes out those that have been gone for too long.
    pub(super) fn forget(&mut self, now: EventTime, config: &BehaviourConfig) -> Vec<Box<Subject>> {
        let over = self.absent.len().saturating_sub(ABSENT_MAX);
        let mut oldest: Vec<EventTime> = Vec::new();
        if over > 0 {
            oldest = self.absent.iter().map(|subject| subject.present_at).collect();
            oldest.sort_unstable();
        }
        let cut = oldest.get(over).copied();
        let (gone, kept) = std::mem::take(&mut self.absent).into_iter().partition(|subject| {
            now.millis_since(subject.present_at) > subject.remembered_ms(config)
                || cut.is_some_and(|cut| subject.present_at < cut)
        });
        self.absent = kept;
        gone
    }
}
