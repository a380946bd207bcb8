//! Boats that lie alongside unseen: two hulls give radar one echo.
//!
//! A boat that closed on a vessel at rest and was lost there has gone alongside; one that is first seen as it leaves a vessel
//! has lain there. A hull hides another from radar and cameras, and from systems that live on them, never its AIS: what AIS alone
//! held is silent, not hidden.

use super::LOST_MS;
use crate::behaviour::config::{BehaviourConfig, ContactConfig, ms};
use crate::behaviour::places::Places;
use crate::behaviour::subject::{Hidden, Subject};
use crate::geodesy::{LatLon, distance_m, offset_m};
use crate::units::{EventTime, TrackId};

/// A boat that puts off at speed may be under way for so many seconds before it has a track of its own.
const PUT_OFF_S: u32 = 30;

/// That a craft was first seen beside another vessel.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(in crate::behaviour) struct BornBeside {
    /// The vessel, by number.
    pub(in crate::behaviour) host: u64,
    /// Since when the craft may have lain there: the host's coming to rest; `None` beside a vessel under way.
    pub(in crate::behaviour) since: Option<EventTime>,
    /// The host sends AIS: then what appears beside it may be its own radar echo that its track has lost.
    pub(in crate::behaviour) of_ais_vessel: bool,
}

/// Where the vessel [beside which](birth_beside) a newborn craft appeared must be: within so many metres of one of these
/// places.
pub(in crate::behaviour) fn birth_haunts(newborn: &Subject, within_m: f64) -> [(LatLon, f64); 2] {
    let put_off_m = newborn.speed_mps * f64::from(PUT_OFF_S);
    [(newborn.birthplace(), within_m), (newborn.position, put_off_m.hypot(within_m))]
}

/// The vessel of `hosts` beside which a newborn craft appeared, if there is one: it may be a boat that puts off, or a second
/// echo. Of several that are equally near it is the first.
pub(in crate::behaviour) fn birth_beside<'a>(
    newborn: &Subject,
    hosts: impl Iterator<Item = &'a Subject>,
    within_m: f64,
) -> Option<BornBeside> {
    let birthplace = newborn.birthplace();
    hosts
        .filter(|host| host.first_seen < newborn.first_seen && !newborn.craft.sends_ais)
        .filter(|host| host.craft.size_order() >= newborn.craft.size_order() && !host.is_shadow())
        .filter_map(|host| {
            let near_m = distance_m(host.position, birthplace)
                .min(distance_m(host.position, newborn.position))
                .min(newborn.miss_of_course(host.position, PUT_OFF_S));
            let since = host.slow_since.filter(|since| *since < newborn.first_seen);
            (near_m <= within_m).then_some((near_m, host.number, since, host.craft.sends_ais))
        })
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, host, since, of_ais_vessel)| BornBeside { host, since, of_ais_vessel })
}

/// Judges each boat that has just been lost: did it go alongside a vessel at rest?
pub(super) fn hide_the_lost(
    present: &mut [Box<Subject>],
    absent: &mut [Box<Subject>],
    resting: &[usize],
    may_be_lost: impl Iterator<Item = usize>,
    config: &BehaviourConfig,
    now: EventTime,
) {
    let lost: Vec<usize> = may_be_lost.filter(|index| is_to_be_judged(&present[*index], config, now)).collect();
    let absent: Vec<&mut Box<Subject>> =
        absent.iter_mut().filter(|subject| is_to_be_judged(subject, config, now)).collect();
    if lost.is_empty() && absent.is_empty() {
        return;
    }
    let hosts = Hosts::of(resting.iter().map(|index| &*present[*index]), config, now);
    for index in lost {
        hide(&mut present[index], &hosts, config, now);
    }
    for subject in absent {
        hide(subject, &hosts, config, now);
    }
}

/// Whether nobody has measured a vessel for so long that it may have gone alongside, or fusion says that it has.
pub(in crate::behaviour) fn may_be_lost(subject: &Subject, now: EventTime) -> bool {
    now.millis_since(subject.measured.time) >= LOST_MS || subject.merged_with.is_some()
}

/// Whether a vessel is lost or merged, is not hidden yet, and may have gone alongside another.
fn is_to_be_judged(subject: &Subject, config: &BehaviourConfig, now: EventTime) -> bool {
    let merged = subject.merged_with.is_some() && subject.present_at == now;
    let lost = now.millis_since(subject.measured.time) >= LOST_MS;
    let judged = subject.loss_judged == Some(subject.measured.time);
    let came = subject.ran && subject.roamed_m >= config.contact.lost_came_m;
    let sources = subject.sources;
    let seen = sources.radar || sources.eo || sources.report || merged;
    subject.hidden.is_none()
        && seen
        && (merged || (lost && !judged))
        && !subject.craft.official
        && came
        && !subject.landing.lies_at_shore()
}

fn hide(subject: &mut Subject, hosts: &Hosts, config: &BehaviourConfig, now: EventTime) {
    let host = match subject.merged_with.filter(|_| subject.present_at == now) {
        Some(track) => hosts.of_track(track).map(|host| (host, now)),
        None => {
            subject.loss_judged = Some(subject.measured.time);
            went_alongside(subject, hosts, &config.contact)
        }
    };
    if let Some((host, since)) = host {
        subject.hidden = Some(Hidden { place: host.position, with: Some(host.number), since });
    }
}

/// What is known of a vessel at rest.
struct Host {
    number: u64,
    track: TrackId,
    position: LatLon,
    size: f64,
    sends_ais: bool,
}

/// The vessels at rest beside which a boat may lie.
struct Hosts {
    /// In the order of their tracks.
    each: Vec<Host>,
    places: Places,
}

impl Hosts {
    /// Those of the vessels at rest, in the order of their tracks, that have long been there, in view and off the shore.
    fn of<'a>(resting: impl Iterator<Item = &'a Subject>, config: &BehaviourConfig, now: EventTime) -> Self {
        let each: Vec<Host> = resting
            .filter(|host| now.millis_since(host.first_seen) >= ms(config.contact.duration_s))
            .filter(|host| host.slow_since.is_some() && host.measured_lately())
            .filter(|host| host.surroundings.shore_m() > config.contact.shore_m)
            .map(|host| Host {
                number: host.number,
                track: host.track,
                position: host.position,
                size: host.craft.size_order(),
                sends_ais: host.craft.sends_ais,
            })
            .collect();
        let places = Places::of((0..).zip(each.iter().map(|host| host.position)));
        Self { each, places }
    }

    fn of_track(&self, track: TrackId) -> Option<&Host> {
        self.each.binary_search_by_key(&track, |host| host.track).ok().and_then(|place| self.each.get(place))
    }

    fn near(&self, place: LatLon, within_m: f64) -> impl Iterator<Item = &Host> {
        self.places.near(place, within_m).filter_map(|number| self.each.get(number as usize))
    }
}

/// The vessel that a lost boat was closing on, and when it must have come alongside.
fn went_alongside<'a>(subject: &Subject, hosts: &'a Hosts, rules: &ContactConfig) -> Option<(&'a Host, EventTime)> {
    let last = subject.measured;
    let (speed, (east_mps, north_mps), place) = (last.speed_mps(), last.velocity_mps(), last.position());
    let candidates = hosts.near(place, rules.lost_within_m).filter(|host| {
        host.number != subject.number
            && (host.sends_ais || !subject.craft.sends_ais)
            && host.size >= subject.craft.size_order()
    });
    let closing = candidates.filter_map(|host| {
        let (east, north) = offset_m(place, host.position);
        let gap_m = east.hypot(north);
        if gap_m > rules.lost_within_m {
            return None;
        }
        if gap_m <= rules.born_within_m {
            return Some((gap_m, host, last.time));
        }
        // How far off the course it would pass, and how long it would take to get there.
        let along = (east * east_mps + north * north_mps) / speed.max(1e-6);
        let aside = (gap_m * gap_m - along * along).max(0.0).sqrt();
        let seconds = (gap_m - rules.distance_m).max(0.0) / speed.max(1e-6);
        let meets = along > 0.0 && aside <= rules.born_within_m && seconds <= f64::from(rules.lost_time_to_meet_s);
        meets.then(|| (gap_m, host, last.time.plus_seconds(seconds)))
    });
    // Of several that lie together it goes to the largest.
    closing
        .min_by(|a, b| b.1.size.total_cmp(&a.1.size).then(a.0.total_cmp(&b.0)).then(a.1.number.cmp(&b.1.number)))
        .map(|(_, host, since)| (host, since))
}
