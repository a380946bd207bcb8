//! Two vessels alongside: `rendezvous` at sea, `unloading` to a lighter near the shore.
//!
//! Definition: middles within 100 m, both below 1.0 m/s, for 5 min (breaks of up to 60 s allowed), the larger more than 150 m
//! from the shore, neither official nor in a port, harbour, anchorage or farm (+ 300 m), and not both fishing craft on a
//! fishing ground. Of several that lie together only the pairs with the largest count. Begun within 2,000 m of the shore
//! it is unloading to a lighter.
//!
//! Two boats alongside give radar one echo. Three things tell of the hidden one: fusion says so; it closed on a vessel at
//! rest and was lost there; or it is first seen as it leaves one.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::config::{BehaviourConfig, ContactConfig, ms};
use super::dark_vessel::Meeting;
use super::evidence::Evidence;
use super::finding::Kind;
use super::pairs::PairSearch;
use super::spell::{Dwell, Rhythm, Spell};
use super::subject::{Hidden, Subject, Who};
use super::voice::{Telling, Voice};
use crate::chart::{Chart, ZoneKind};
use crate::geodesy::{LatLon, distance_m, offset_m};
use crate::units::{EventTime, TrackId};

/// A boat that nobody has measured for this long is lost, in milliseconds: some eight scans.
const LOST_MS: i64 = 25_000;
/// The most pairs that are followed at once; beyond it new ones wait (a whole fleet rafted up outside every zone).
const PAIRS_MAX: usize = 65_536;

/// All pairs that are or were lately together.
#[derive(Debug, Default)]
pub(super) struct Contacts {
    /// By the numbers of the two vessels, the smaller number first.
    pairs: BTreeMap<(u64, u64), Pair>,
    search: PairSearch,
}

#[derive(Clone, Debug)]
struct Pair {
    /// The larger of the two, by number.
    larger: u64,
    dwell: Dwell,
    spell: Option<Spell>,
    /// What it is told as: settled by where it began.
    kind: Kind,
    nearest_m: f64,
    /// The smaller lies alongside unseen, for all that is known.
    hidden: bool,
    /// First seen as it left.
    inferred: bool,
    last_touch: EventTime,
    /// Who they were when they were last together.
    who: Who,
    other: Who,
}

/// Every vessel known at an instant, for look-ups by number.
pub(super) struct Fleet<'a> {
    present: &'a mut [Box<Subject>],
    absent: &'a mut [Box<Subject>],
    by_number: FxHashMap<u64, (bool, usize)>,
}

impl<'a> Fleet<'a> {
    /// Only those that may matter to pairs are put into the index: `wanted` says which.
    pub(super) fn new(
        present: &'a mut [Box<Subject>],
        absent: &'a mut [Box<Subject>],
        mut wanted: impl FnMut(&Subject) -> bool,
    ) -> Self {
        let mut by_number = FxHashMap::default();
        for (index, subject) in present.iter().enumerate() {
            if wanted(subject) {
                by_number.insert(subject.number, (true, index));
            }
        }
        for (index, subject) in absent.iter().enumerate() {
            by_number.insert(subject.number, (false, index));
        }
        Self { present, absent, by_number }
    }

    fn get(&self, number: u64) -> Option<&Subject> {
        let (present, index) = *self.by_number.get(&number)?;
        if present { self.present.get(index) } else { self.absent.get(index) }.map(|subject| &**subject)
    }

    fn get_mut(&mut self, number: u64) -> Option<&mut Subject> {
        let (present, index) = *self.by_number.get(&number)?;
        if present { self.present.get_mut(index) } else { self.absent.get_mut(index) }.map(|subject| &mut **subject)
    }
}

/// Whether a vessel at rest may be party to a contact at its place.
fn fit(subject: &Subject, config: &BehaviourConfig) -> bool {
    let rules = &config.contact;
    let around = &subject.surroundings;
    subject.slow_speed_mps < rules.speed_mps + rules.speed_slack_mps
        && !subject.craft.official
        && !subject.is_fixed(config)
        && !subject.is_shadow()
        && ![ZoneKind::DesignatedPort, ZoneKind::FishingHarbour, ZoneKind::Anchorage, ZoneKind::Farm]
            .into_iter()
            .any(|kind| around.within(kind, rules.zone_margin_m))
}

/// Two fishing craft on a fishing ground have reason to lie together. What is not known counts for them.
fn fishing_together(a: &Subject, b: &Subject, rules: &ContactConfig) -> bool {
    let on_ground = |subject: &Subject| subject.surroundings.within(ZoneKind::FishingGround, rules.zone_margin_m);
    a.craft.fishing.possible() && b.craft.fishing.possible() && (on_ground(a) || on_ground(b))
}

/// The larger of two first.
fn by_size<'a>(a: &'a Subject, b: &'a Subject) -> (&'a Subject, &'a Subject) {
    let (size_a, size_b) = (a.craft.size_order(), b.craft.size_order());
    // Of equals the one known longer.
    if size_a > size_b || (size_a == size_b && a.number < b.number) { (a, b) } else { (b, a) }
}

impl Contacts {
    /// Looks at all pairs at one instant.
    pub(super) fn update(
        &mut self,
        present: &mut [Box<Subject>],
        absent: &mut [Box<Subject>],
        config: &BehaviourConfig,
        chart: &Chart,
        voice: &mut Voice,
    ) {
        let now = voice.now();
        let resting: Vec<usize> = (0..present.len()).filter(|index| fit(&present[*index], config)).collect();
        hide_the_lost(present, absent, &resting, config, now);
        let met = self.together(present, &resting, config);
        let mut party: FxHashSet<u64> = self.pairs.keys().flat_map(|(a, b)| [*a, *b]).collect();
        party.extend(met.iter().flat_map(|(a, b, _)| [*a, *b]));
        for subject in present.iter().chain(absent.iter()) {
            let hosts = [subject.hidden.and_then(|hidden| hidden.with), subject.born_beside.map(|born| born.host)];
            for host in hosts.into_iter().flatten() {
                party.extend([subject.number, host]);
            }
        }
        let mut fleet = Fleet::new(present, absent, |subject| party.contains(&subject.number));
        self.join(&met, &fleet, config, now);
        self.join_hidden(&mut fleet, config, now);
        self.join_leavers(&mut fleet, config, chart, voice);
        self.settle(&mut fleet, config, chart, voice);
    }

    /// Pairs of vessels in view that are within reach of each other: (number, number, distance).
    fn together(
        &mut self,
        present: &[Box<Subject>],
        resting: &[usize],
        config: &BehaviourConfig,
    ) -> Vec<(u64, u64, f64)> {
        let rules = &config.contact;
        let points: Vec<LatLon> = resting.iter().map(|index| present[*index].position).collect();
        let mut met = Vec::new();
        self.search.search(&points, rules.distance_m + rules.distance_slack_m_max, |a, b, distance| {
            let (a, b) = (&present[resting[a]], &present[resting[b]]);
            let sigma = a.sigma_m.hypot(b.sigma_m);
            let slack = (rules.distance_sigmas * sigma).min(rules.distance_slack_m_max);
            let measured = a.measured_lately() && b.measured_lately();
            if distance <= rules.distance_m + slack && measured && !fishing_together(a, b, rules) {
                met.push((a.number.min(b.number), a.number.max(b.number), distance));
            }
        });
        met.sort_unstable_by_key(|(a, b, _)| (*a, *b));
        met
    }

    /// Takes note of the pairs in view, of which only those with the largest of their company count.
    fn join(&mut self, met: &[(u64, u64, f64)], fleet: &Fleet<'_>, config: &BehaviourConfig, now: EventTime) {
        // The largest that each of them lies beside, itself included.
        let mut largest: FxHashMap<u64, u64> = FxHashMap::default();
        for (a, b, _) in met {
            let (Some(first), Some(second)) = (fleet.get(*a), fleet.get(*b)) else { continue };
            let larger = by_size(first, second).0;
            for number in [*a, *b] {
                let best = largest.entry(number).or_insert(larger.number);
                if let Some(known) = fleet.get(*best) {
                    *best = by_size(known, larger).0.number;
                }
            }
        }
        for (a, b, distance) in met {
            let (Some(first), Some(second)) = (fleet.get(*a), fleet.get(*b)) else { continue };
            let (larger, smaller) = by_size(first, second);
            if largest.get(&larger.number) != Some(&larger.number)
                || largest.get(&smaller.number) != Some(&larger.number)
            {
                continue;
            }
            let echo = !smaller.craft.sends_ais && !smaller.ran;
            if echo || larger.surroundings.shore_m() <= config.contact.shore_m {
                continue;
            }
            self.touch(larger, smaller, *distance, now, now, config);
        }
    }

    /// The two are together at `now`, and have been since `began` if they were not known to be.
    fn touch(
        &mut self,
        larger: &Subject,
        smaller: &Subject,
        distance_m: f64,
        began: EventTime,
        now: EventTime,
        config: &BehaviourConfig,
    ) -> Option<&mut Pair> {
        let rules = &config.contact;
        let key = (larger.number.min(smaller.number), larger.number.max(smaller.number));
        if self.pairs.len() >= PAIRS_MAX && !self.pairs.contains_key(&key) {
            return None;
        }
        let pair = self.pairs.entry(key).or_insert_with(|| Pair {
            larger: larger.number,
            dwell: Dwell::default(),
            spell: None,
            kind: Kind::Rendezvous,
            nearest_m: f64::INFINITY,
            hidden: false,
            inferred: false,
            last_touch: now,
            who: larger.who(),
            other: smaller.who(),
        });
        let lapsed = pair.dwell.last().is_none_or(|last| now.millis_since(last) > ms(rules.break_s));
        if lapsed {
            pair.dwell.begin_at(began, now);
            if pair.spell.is_none() {
                pair.larger = larger.number;
                pair.nearest_m = f64::INFINITY;
                let near_shore = larger.surroundings.shore_m() <= rules.lighter_shore_m;
                pair.kind = if near_shore { Kind::Unloading } else { Kind::Rendezvous };
            }
        } else {
            pair.dwell.feed(now, Some(true), ms(rules.break_s));
        }
        pair.nearest_m = pair.nearest_m.min(distance_m);
        pair.hidden = false;
        pair.last_touch = now;
        (pair.who, pair.other) =
            if pair.larger == larger.number { (larger.who(), smaller.who()) } else { (smaller.who(), larger.who()) };
        Some(pair)
    }

    /// Boats that lie alongside unseen stay together with their host while it stays at rest.
    fn join_hidden(&mut self, fleet: &mut Fleet<'_>, config: &BehaviourConfig, now: EventTime) {
        let mut hidden: Vec<(u64, u64, EventTime)> = Vec::new();
        for subject in fleet.present.iter().chain(fleet.absent.iter()) {
            if let Some(Hidden { with: Some(host), since, .. }) = subject.hidden {
                hidden.push((subject.number, host, since));
            }
        }
        hidden.sort_unstable_by_key(|(number, ..)| *number);
        for (number, host_number, since) in hidden {
            let Some(host) = fleet.get(host_number) else {
                release(fleet, number);
                continue;
            };
            let place = host.position;
            let expired = now.millis_since(since) > ms(config.contact.hidden_s);
            let gone = host.slow_since.is_none() && host.slow_speed_mps > 2.0 * config.contact.speed_mps;
            if expired || gone {
                release(fleet, number);
                continue;
            }
            if let Some(subject) = fleet.get_mut(number)
                && let Some(hidden) = &mut subject.hidden
            {
                hidden.place = place;
            }
            let (Some(host), Some(subject)) = (fleet.get(host_number), fleet.get(number)) else { continue };
            if fit(host, config)
                && host.surroundings.shore_m() > config.contact.shore_m
                && !fishing_together(host, subject, &config.contact)
                && let Some(pair) = self.touch(host, subject, 0.0, since, now, config)
            {
                pair.hidden = true;
            }
        }
    }

    /// Craft first seen as they leave a vessel at rest had lain alongside.
    fn join_leavers(&mut self, fleet: &mut Fleet<'_>, config: &BehaviourConfig, chart: &Chart, voice: &mut Voice) {
        let mut leavers: Vec<(u64, BornBeside)> =
            fleet.present.iter().filter_map(|subject| Some((subject.number, subject.born_beside?))).collect();
        leavers.sort_unstable_by_key(|(number, _)| *number);
        for (number, born) in leavers {
            let (Some(subject), Some(host)) = (fleet.get(number), fleet.get(born.host)) else {
                forget_birth(fleet, number);
                continue;
            };
            let away_m = distance_m(subject.position, host.position);
            if away_m < config.contact.left_at_m {
                continue;
            }
            let left = subject.first_seen;
            let since = born.since.unwrap_or(left);
            let stayed = left.millis_since(since) >= ms(config.contact.duration_s);
            let (host_fits, tells) = (fit(host, config), !subject.craft.sends_ais && !subject.craft.official);
            if stayed
                && host_fits
                && tells
                && subject.measured_lately()
                && !fishing_together(host, subject, &config.contact)
            {
                if let Some(pair) = self.touch(host, subject, 0.0, since, left, config) {
                    pair.inferred = true;
                    pair.dwell.begin_at(since, left);
                }
                self.tell_pair(key_of(host, subject), fleet, config, chart, voice);
            }
            forget_birth(fleet, number);
        }
    }

    /// Tells what is to be told of every pair, and forgets the old ones.
    fn settle(&mut self, fleet: &mut Fleet<'_>, config: &BehaviourConfig, chart: &Chart, voice: &mut Voice) {
        let keys: Vec<(u64, u64)> = self.pairs.keys().copied().collect();
        for key in keys {
            self.tell_pair(key, fleet, config, chart, voice);
        }
        let now = voice.now();
        let keep_ms = ms(config.contact.break_s) * 2;
        self.pairs.retain(|_, pair| pair.spell.is_some() || now.millis_since(pair.last_touch) <= keep_ms);
    }

    fn tell_pair(
        &mut self,
        key: (u64, u64),
        fleet: &mut Fleet<'_>,
        config: &BehaviourConfig,
        chart: &Chart,
        voice: &mut Voice,
    ) {
        let rules = &config.contact;
        let now = voice.now();
        let Some(pair) = self.pairs.get_mut(&key) else { return };
        let need_ms = ms(rules.duration_s);
        let lasting =
            pair.inferred || pair.dwell.last().is_some_and(|last| now.millis_since(last) <= ms(rules.break_s));
        pair.inferred = false;
        // One that is under way looks slow for a moment; over two minutes it does not.
        let drifts = |number| {
            fleet
                .get(number)
                .filter(|party| party.present_at == now && party.hidden.is_none())
                .is_some_and(|party| party.stay.drift_mps().is_some_and(|drift| drift > rules.speed_mps))
        };
        let at_rest = pair.spell.is_some() || !(drifts(key.0) || drifts(key.1));
        let met = pair
            .dwell
            .began()
            .zip(pair.dwell.last())
            .filter(|_| at_rest && lasting && pair.dwell.held_ms() >= need_ms)
            .map(|(began, last)| (began, began.plus_millis(need_ms), last));
        let smaller = if key.0 == pair.larger { key.1 } else { key.0 };
        if let Some((began, start, last)) = met {
            for (number, with) in [(pair.larger, pair.other), (smaller, pair.who)] {
                if let Some(party) = fleet.get_mut(number) {
                    party.dark_vessel.meets(Meeting { began, start, last, with });
                }
            }
        }
        let rhythm = Rhythm { need_ms, merge_ms: ms(rules.merge_s) };
        let Some((say, spell)) = voice.step(&mut pair.spell, met, rhythm) else { return };
        let evidence = match (fleet.get(pair.larger), fleet.get(smaller)) {
            (Some(larger), Some(smaller)) if met.is_some() => evidence(pair, larger, smaller, rules, now),
            _ => Vec::new(),
        };
        let telling = Telling {
            kind: pair.kind,
            say,
            spell,
            other: Some(pair.other),
            zone: None,
            confidence: if pair.hidden { 0.65 } else { 0.85 },
            evidence,
            honest_causes: Vec::new(),
        };
        voice.tell(telling, pair.who, chart);
    }
}

/// A boat that puts off at speed may be under way for so many seconds before it has a track of its own.
const PUT_OFF_S: u32 = 30;

/// That a craft was first seen beside another vessel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct BornBeside {
    /// The vessel, by number.
    pub(super) host: u64,
    /// Since when the craft may have lain there: the host's coming to rest; `None` beside a vessel under way.
    pub(super) since: Option<EventTime>,
    /// The host sends AIS: then what appears beside it may be its own radar echo that its track has lost.
    pub(super) of_ais_vessel: bool,
}

/// The vessel beside which a newborn craft appeared, if there is one: it may be a boat that puts off, or a second echo.
pub(super) fn birth_beside(newborn: &Subject, present: &[Box<Subject>], within_m: f64) -> Option<BornBeside> {
    let birthplace = newborn.birthplace();
    present
        .iter()
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

fn key_of(a: &Subject, b: &Subject) -> (u64, u64) {
    (a.number.min(b.number), a.number.max(b.number))
}

fn release(fleet: &mut Fleet<'_>, number: u64) {
    if let Some(subject) = fleet.get_mut(number) {
        subject.hidden = None;
    }
}

fn forget_birth(fleet: &mut Fleet<'_>, number: u64) {
    if let Some(subject) = fleet.get_mut(number) {
        subject.born_beside = None;
    }
}

/// Judges each boat that has just been lost: did it go alongside a vessel at rest?
fn hide_the_lost(
    present: &mut [Box<Subject>],
    absent: &mut [Box<Subject>],
    resting: &[usize],
    config: &BehaviourConfig,
    now: EventTime,
) {
    let hosts: Vec<Host> = resting
        .iter()
        .map(|index| &present[*index])
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
    for subject in present.iter_mut().chain(absent.iter_mut()) {
        let merged = subject.merged_with.filter(|_| subject.present_at == now);
        let lost = now.millis_since(subject.measured.time) >= LOST_MS;
        if subject.hidden.is_some() || (!lost && merged.is_none()) {
            continue;
        }
        let came = subject.ran && subject.roamed_m >= config.contact.lost_came_m;
        if subject.craft.official || !came || subject.landing.lies_at_shore() {
            continue;
        }
        let host = match merged {
            Some(track) => hosts.iter().find(|host| host.track == track).map(|host| (host, now)),
            None if subject.loss_judged == Some(subject.measured.time) => None,
            None => {
                subject.loss_judged = Some(subject.measured.time);
                went_alongside(subject, &hosts, &config.contact)
            }
        };
        if let Some((host, since)) = host {
            subject.hidden = Some(Hidden { place: host.position, with: Some(host.number), since });
        }
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

/// The vessel that a lost boat was closing on, and when it must have come alongside.
fn went_alongside<'a>(subject: &Subject, hosts: &'a [Host], rules: &ContactConfig) -> Option<(&'a Host, EventTime)> {
    let last = subject.measured;
    let speed = last.speed_mps();
    let candidates = hosts.iter().filter(|host| {
        host.number != subject.number
            && (host.sends_ais || !subject.craft.sends_ais)
            && host.size >= subject.craft.size_order()
    });
    let closing = candidates.filter_map(|host| {
        let (east, north) = offset_m(last.position, host.position);
        let gap_m = east.hypot(north);
        if gap_m > rules.lost_within_m {
            return None;
        }
        if gap_m <= rules.born_within_m {
            return Some((gap_m, host, last.time));
        }
        // How far off the course it would pass, and how long it would take to get there.
        let along = (east * last.east_mps + north * last.north_mps) / speed.max(1e-6);
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

fn evidence(pair: &Pair, larger: &Subject, smaller: &Subject, rules: &ContactConfig, now: EventTime) -> Vec<Evidence> {
    let from = pair.dwell.began().unwrap_or(now);
    let to = pair.dwell.last().unwrap_or(now);
    let (first, first_zh) = larger.words();
    let (second, second_zh) = smaller.words();
    let minutes = pair.dwell.held_ms() as f64 / 60_000.0;
    let sensors = larger.sources;
    let item = |code, observed, threshold, unit, en, zh| Evidence {
        code,
        observed,
        threshold,
        unit,
        from,
        to,
        sensors,
        sentence_en: en,
        sentence_zh: zh,
        ..Evidence::default()
    };
    let nearest = if pair.nearest_m.is_finite() { pair.nearest_m } else { 0.0 };
    let mut list = if pair.hidden || nearest == 0.0 {
        vec![item(
            "hidden_alongside",
            nearest,
            rules.distance_m,
            "m",
            format!(
                "{second} was last seen at {first}, which lies still, and nowhere else since: it must be alongside."
            ),
            format!("{second_zh}最后出现在静止的{first_zh}旁，此后未在他处出现，判断已靠泊其舷侧。"),
        )]
    } else {
        vec![item(
            "distance",
            nearest,
            rules.distance_m,
            "m",
            format!("{first} and {second} have come within {nearest:.0} m of each other, middle to middle."),
            format!("{first_zh}与{second_zh}相距最近{nearest:.0}米（船中至船中）。"),
        )]
    };
    list.push(item(
        "speed",
        larger.slow_speed_mps,
        rules.speed_mps,
        "m/s",
        format!("Both lie still: the larger makes {:.1} m/s.", larger.slow_speed_mps),
        format!("两船均处于停泊状态，大船航速{:.1}米/秒。", larger.slow_speed_mps),
    ));
    list.push(item(
        "time_together",
        minutes * 60.0,
        f64::from(rules.duration_s),
        "s",
        format!("They have lain together for {minutes:.0} min."),
        format!("两船已并靠{minutes:.0}分钟。"),
    ));
    let shore = larger.surroundings.shore_m();
    if shore.is_finite() {
        list.push(item(
            "shore_distance",
            shore,
            rules.lighter_shore_m,
            "m",
            format!("The shore is {:.1} km away; no port, harbour, anchorage or farm is near.", shore / 1000.0),
            format!("距岸{:.1}公里，附近无港口、渔港、锚地或养殖区。", shore / 1000.0),
        ));
    }
    if !smaller.craft.sends_ais || !larger.craft.sends_ais {
        list.push(item(
            "party_without_ais",
            1.0,
            1.0,
            "count",
            "One of the two sends no AIS.".to_owned(),
            "其中一船未开启或未安装AIS。".to_owned(),
        ));
    }
    list
}
