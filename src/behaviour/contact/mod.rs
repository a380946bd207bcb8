//! Two vessels alongside: `rendezvous` at sea, `unloading` to a lighter near the shore.
//!
//! Definition: middles within 100 m, both below 1.0 m/s, for 5 min (breaks of up to 60 s allowed), the larger more than 150 m
//! from the shore, neither official nor in a port, harbour, anchorage or farm (+ 300 m), and not both fishing craft on a
//! fishing ground. Of several that lie together only the pairs with the largest count. Begun within 2,000 m of the shore
//! it is unloading to a lighter.
//!
//! Two boats alongside give radar one echo. Three things tell of the hidden one: fusion says so; it closed on a vessel at
//! rest and was lost there; or it is first seen as it leaves one.

mod evidence;
mod unseen;

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::behaviour::alongside::EO_BREAK_MS;
use crate::behaviour::config::{BehaviourConfig, ContactConfig, ms};
use crate::behaviour::dark_vessel::Meeting;
use crate::behaviour::finding::Kind;
use crate::behaviour::honest;
use crate::behaviour::note::Note;
use crate::behaviour::pairs::PairSearch;
use crate::behaviour::spell::{Dwell, Rhythm, Spell};
use crate::behaviour::subject::{Hidden, Subject, Who};
use crate::behaviour::voice::{Telling, Voice};
use evidence::{camera_evidence, evidence};
use unseen::hide_the_lost;

use crate::chart::{Chart, ZoneKind};
use crate::geodesy::{LatLon, distance_m};
use crate::units::EventTime;
pub(in crate::behaviour) use unseen::{BornBeside, birth_beside, birth_haunts, may_be_lost};

/// Interval of AIS reports at anchor in milliseconds (ITU-R M.1371-5, tables 1 and 2).
const AT_REST_MS: i64 = 180_000;
/// A vessel counts as measured for so long after its last measurement otherwise, in milliseconds.
const MEASURED_MS: i64 = 60_000;
/// A boat that nobody has measured for this long is lost, in milliseconds: some eight scans.
const LOST_MS: i64 = 25_000;
/// A craft that lies alongside for so long, in milliseconds, takes or brings something.
const VISIT_MS: i64 = 60_000;
/// The most pairs that are followed at once; beyond it new ones wait (a whole fleet rafted up outside every zone).
const PAIRS_MAX: usize = 65_536;

/// What shows that the smaller of two lies alongside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
enum KnownBy {
    /// Both are seen there.
    Sight,
    /// It was lost as it came there.
    Coming,
    /// It was first seen as it left.
    Leaving,
}

/// All pairs that are or were lately together.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
pub(in crate::behaviour) struct Contacts {
    /// By the numbers of the two vessels, the smaller number first.
    pairs: BTreeMap<(u64, u64), Pair>,
    #[serde(skip)]
    search: PairSearch,
}

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Pair {
    /// The larger of the two, by number.
    larger: u64,
    dwell: Dwell,
    spell: Option<Spell>,
    /// What it is told as: settled by where it began.
    kind: Kind,
    nearest_m: f64,
    known_by: KnownBy,
    /// First seen as it left.
    inferred: bool,
    /// Until when it was taken to last while reports were missing; `None` when both were seen at the last instant.
    held_until: Option<EventTime>,
    last_touch: EventTime,
    /// At how many instants both were in view, and at how many of them each was slow, the larger first.
    instants: u32,
    slow: [u32; 2],
    /// Who they were when they were last together; the other is not known while a camera alone tells of it.
    who: Who,
    other: Option<Who>,
}

/// Two vessels within reach of each other, by number.
#[derive(Clone, Copy, Debug)]
struct Near {
    a: u64,
    b: u64,
    distance_m: f64,
    /// Both are seen; else one is where it was when it was last.
    seen: bool,
}

impl Pair {
    fn new(larger: &Subject, smaller: Option<&Subject>, now: EventTime) -> Self {
        Self {
            larger: larger.number,
            dwell: Dwell::default(),
            spell: None,
            kind: Kind::Rendezvous,
            nearest_m: f64::INFINITY,
            known_by: KnownBy::Sight,
            inferred: false,
            held_until: None,
            last_touch: now,
            instants: 0,
            slow: [0, 0],
            who: larger.who(),
            other: smaller.map(Subject::who),
        }
    }

    /// Near the shore it is an unloading to a lighter, else a rendezvous.
    fn settle_kind(&mut self, larger: &Subject, config: &BehaviourConfig) {
        let near_shore = larger.surroundings.shore_m() <= config.contact.lighter_shore_m;
        self.kind = if near_shore { Kind::Unloading } else { Kind::Rendezvous };
    }

    /// Whether both were slow at more than half of the instants: their medians are.
    fn is_slow(&self) -> bool {
        self.slow.iter().all(|slow| 2 * slow >= self.instants)
    }
}

/// Stands in for the number of a vessel that only a camera has seen alongside another.
const UNKNOWN: u64 = 0;

/// What is known of where a vessel is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sight {
    /// It was measured within the interval at which it is measured.
    Seen,
    /// Reports are missing, but a vessel that lay still will be where it was.
    Held,
}

/// How well the place of a vessel is known at `now`; `None` when it may be anywhere.
fn sight(subject: &Subject, now: EventTime) -> Option<Sight> {
    let silence_ms = now.millis_since(subject.last_seen);
    // A report at anchor every 3 min, and a bit.
    let lies_and_sends = subject.craft.sends_ais && subject.nominal_interval_ms() == AT_REST_MS;
    let seen_ms = if lies_and_sends { AT_REST_MS + 20_000 } else { MEASURED_MS };
    if silence_ms <= seen_ms {
        // Fusion has let go of it: only what lies still is where it was.
        return (subject.present_at == now || lies_and_sends).then_some(Sight::Seen);
    }
    (silence_ms <= subject.hold_over_ms() && (subject.present_at == now || lies_and_sends)).then_some(Sight::Held)
}

/// Every vessel known at an instant, for look-ups by number.
pub(in crate::behaviour) struct Fleet<'a> {
    present: &'a mut [Box<Subject>],
    absent: &'a mut [Box<Subject>],
    by_number: FxHashMap<u64, (bool, usize)>,
}

impl<'a> Fleet<'a> {
    /// Only those that may matter to pairs are put into the index: `wanted` says which.
    pub(in crate::behaviour) fn new(
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
    rests(subject, config) && !subject.is_shadow()
}

/// The same, but that it may be a second echo of another.
pub(in crate::behaviour) fn rests(subject: &Subject, config: &BehaviourConfig) -> bool {
    let rules = &config.contact;
    let around = &subject.surroundings;
    subject.slow_speed_mps < rules.speed_mps + rules.speed_slack_mps
        && !subject.craft.official
        && !subject.is_fixed(config)
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
    /// Looks at all pairs at one instant. `notes` say of each vessel in the picture which of this concerns it.
    pub(in crate::behaviour) fn update(
        &mut self,
        present: &mut [Box<Subject>],
        absent: &mut [Box<Subject>],
        notes: &[Note],
        config: &BehaviourConfig,
        chart: &Chart,
        voice: &mut Voice,
    ) {
        let now = voice.now();
        let noted = |of: fn(&Note) -> bool| (0..).zip(notes).filter(move |(_, note)| of(note)).map(|(index, _)| index);
        let resting: Vec<usize> = noted(|note| note.rests).filter(|index| !present[*index].is_shadow()).collect();
        hide_the_lost(present, absent, &resting, noted(|note| note.may_be_lost), config, now);
        let met = self.together(present, absent, &resting, config, now);
        let mut party: FxHashSet<u64> = self.pairs.keys().flat_map(|(a, b)| [*a, *b]).collect();
        party.extend(met.iter().flat_map(|near| [near.a, near.b]));
        party.extend(noted(|note| note.alongside).map(|index| present[index].number));
        let tied: Vec<usize> = noted(|note| note.tied || note.may_be_lost).collect();
        let tied_here = tied.iter().map(|index| &present[*index]);
        for subject in tied_here.chain(absent.iter()) {
            let hosts = [subject.hidden.and_then(|hidden| hidden.with), subject.born_beside.map(|born| born.host)];
            for host in hosts.into_iter().flatten() {
                party.extend([subject.number, host]);
            }
        }
        let mut fleet = Fleet::new(present, absent, |subject| party.contains(&subject.number));
        self.join(&met, &fleet, config, now);
        self.join_hidden(&mut fleet, &tied, config, now);
        self.join_seen_by_camera(&fleet, noted(|note| note.alongside), config, now);
        self.join_leavers(&mut fleet, &tied, config, chart, voice);
        self.settle(&mut fleet, config, chart, voice);
    }

    /// Pairs of vessels that are within reach of each other, in order.
    fn together(
        &mut self,
        present: &[Box<Subject>],
        absent: &[Box<Subject>],
        resting: &[usize],
        config: &BehaviourConfig,
        now: EventTime,
    ) -> Vec<Near> {
        let rules = &config.contact;
        let resting: Vec<(&Subject, Sight)> = resting
            .iter()
            .map(|index| &present[*index])
            .chain(absent.iter().filter(|subject| fit(subject, config)))
            .filter(|subject| subject.hidden.is_none())
            .filter_map(|subject| Some((&**subject, sight(subject, now)?)))
            .collect();
        let points: Vec<LatLon> = resting.iter().map(|(subject, _)| subject.position).collect();
        let mut met = Vec::new();
        self.search.search(&points, rules.distance_m + rules.distance_slack_m_max, |a, b, distance_m| {
            let ((a, sight_a), (b, sight_b)) = (resting[a], resting[b]);
            let sigma = a.sigma_m.hypot(b.sigma_m);
            let slack = (rules.distance_sigmas * sigma).min(rules.distance_slack_m_max);
            let seen = sight_a == Sight::Seen && sight_b == Sight::Seen;
            // The echo of a vessel that has fallen silent is no other vessel.
            let held = a.craft.sends_ais && b.craft.sends_ais;
            if distance_m <= rules.distance_m + slack && (seen || held) && !fishing_together(a, b, rules) {
                met.push(Near { a: a.number.min(b.number), b: a.number.max(b.number), distance_m, seen });
            }
        });
        met.sort_unstable_by_key(|near| (near.a, near.b));
        met
    }

    /// Takes note of the pairs in view, of which only those with the largest of their company count.
    fn join(&mut self, met: &[Near], fleet: &Fleet<'_>, config: &BehaviourConfig, now: EventTime) {
        // The largest that each of them lies beside, itself included.
        let mut largest: FxHashMap<u64, u64> = FxHashMap::default();
        for Near { a, b, .. } in met {
            let (Some(first), Some(second)) = (fleet.get(*a), fleet.get(*b)) else { continue };
            let larger = by_size(first, second).0;
            for number in [*a, *b] {
                let best = largest.entry(number).or_insert(larger.number);
                if let Some(known) = fleet.get(*best) {
                    *best = by_size(known, larger).0.number;
                }
            }
        }
        for Near { a, b, distance_m, seen } in met {
            let (Some(first), Some(second)) = (fleet.get(*a), fleet.get(*b)) else { continue };
            let (larger, smaller) = by_size(first, second);
            let with_the_largest = [larger, smaller].iter().all(|of| largest.get(&of.number) == Some(&larger.number));
            if !with_the_largest && !config.contact.every_pair {
                continue;
            }
            let echo = !smaller.craft.sends_ais && !smaller.ran;
            if echo || larger.surroundings.shore_m() <= config.contact.shore_m {
                continue;
            }
            if *seen {
                let Some(pair) = self.touch(larger, smaller, *distance_m, now, now, config) else { continue };
                pair.instants += 1;
                let parties = if pair.larger == larger.number { [larger, smaller] } else { [smaller, larger] };
                for (count, party) in pair.slow.iter_mut().zip(parties) {
                    *count += u32::from(party.slow_speed_mps < config.contact.median_mps);
                }
            } else if let Some(pair) = self.pairs.get_mut(&key_of(larger, smaller)) {
                // Reports are missing: what is known of the two does not end, and does not grow.
                (pair.held_until, pair.last_touch) = (Some(now), now);
            }
        }
    }

    /// A camera sees something alongside a vessel at rest that nobody else can tell from it.
    fn join_seen_by_camera(
        &mut self,
        fleet: &Fleet<'_>,
        hosts: impl Iterator<Item = usize>,
        config: &BehaviourConfig,
        now: EventTime,
    ) {
        for host in hosts.map(|index| &fleet.present[index]) {
            let Some((began, last)) = host.alongside.interval() else { continue };
            // With whom is known when somebody lies there now, or has been told of for that time.
            let merge_ms = ms(config.contact.merge_s);
            let told = |pair: &Pair| pair.spell.is_some_and(|spell| last.millis_since(spell.last) <= merge_ms);
            let with_known = self.pairs.range((UNKNOWN + 1, 0)..).any(|((a, b), pair)| {
                (*a == host.number || *b == host.number) && (pair.dwell.last() == Some(now) || told(pair))
            });
            let measured = host.slow_since.is_some_and(|since| since <= last);
            if with_known || !measured || !fit(host, config) || host.surroundings.shore_m() <= config.contact.shore_m {
                continue;
            }
            // Two fishing craft on their ground have reason to; what is not known counts for them.
            let on_ground = host.surroundings.within(ZoneKind::FishingGround, config.contact.zone_margin_m);
            if on_ground && host.craft.fishing.possible() {
                continue;
            }
            let began = host.slow_since.map_or(began, |since| since.max(began));
            let pair = self.pairs.entry((UNKNOWN, host.number)).or_insert_with(|| Pair::new(host, None, now));
            let lapsed = pair.dwell.last().is_none_or(|end| began.millis_since(end) > ms(config.contact.break_s));
            if lapsed && pair.spell.is_none() {
                pair.settle_kind(host, config);
            }
            let began = pair.dwell.began().filter(|_| !lapsed).unwrap_or(began);
            pair.dwell.begin_at(began, last);
            (pair.last_touch, pair.who) = (now, host.who());
        }
    }

    /// The two are together at `now`, and have been since `began` if they were not known to be; the distance is infinite where
    /// nobody sees it.
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
        let pair = self.pairs.entry(key).or_insert_with(|| Pair::new(larger, Some(smaller), now));
        let known_until = pair.dwell.last().max(pair.held_until);
        let lapsed = known_until.is_none_or(|last| now.millis_since(last) > ms(rules.break_s));
        if lapsed || pair.dwell.last().is_none() {
            pair.dwell.begin_at(began, now);
            (pair.instants, pair.slow) = (0, [0, 0]);
            if pair.spell.is_none() {
                pair.larger = larger.number;
                pair.nearest_m = f64::INFINITY;
                pair.settle_kind(larger, config);
            }
        } else {
            pair.dwell.feed(now, Some(true), i64::MAX);
        }
        pair.nearest_m = pair.nearest_m.min(distance_m);
        (pair.known_by, pair.held_until, pair.last_touch) = (KnownBy::Sight, None, now);
        let (first, second) = if pair.larger == larger.number { (larger, smaller) } else { (smaller, larger) };
        (pair.who, pair.other) = (first.who(), Some(second.who()));
        Some(pair)
    }

    /// Boats that lie alongside unseen stay together with their host while it stays at rest.
    fn join_hidden(&mut self, fleet: &mut Fleet<'_>, tied: &[usize], config: &BehaviourConfig, now: EventTime) {
        let mut hidden: Vec<(u64, u64, EventTime)> = Vec::new();
        for subject in tied.iter().map(|index| &fleet.present[*index]).chain(fleet.absent.iter()) {
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
                && let Some(pair) = self.touch(host, subject, f64::INFINITY, since, now, config)
            {
                pair.known_by = KnownBy::Coming;
            }
        }
    }

    /// Craft first seen as they leave a vessel at rest had lain alongside.
    fn join_leavers(
        &mut self,
        fleet: &mut Fleet<'_>,
        tied: &[usize],
        config: &BehaviourConfig,
        chart: &Chart,
        voice: &mut Voice,
    ) {
        let tied = tied.iter().map(|index| &fleet.present[*index]);
        let mut leavers: Vec<(u64, BornBeside)> =
            tied.filter_map(|subject| Some((subject.number, subject.born_beside?))).collect();
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
            let host_fits = fit(host, config) && host.surroundings.shore_m() > config.contact.shore_m;
            let tells = !subject.craft.sends_ais && !subject.craft.official;
            if stayed
                && host_fits
                && tells
                && subject.measured_lately()
                && !fishing_together(host, subject, &config.contact)
            {
                if let Some(pair) = self.touch(host, subject, f64::INFINITY, since, left, config) {
                    (pair.inferred, pair.known_by) = (true, KnownBy::Leaving);
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
        let break_ms = if key.0 == UNKNOWN { EO_BREAK_MS } else { ms(rules.break_s) };
        let known_until = pair.dwell.last().max(pair.held_until);
        let lasting = pair.inferred || known_until.is_some_and(|last| now.millis_since(last) <= break_ms);
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
            .filter(|_| at_rest && lasting && pair.is_slow() && pair.dwell.held_ms() >= need_ms)
            .map(|(began, last)| (began, began.plus_millis(need_ms), last));
        let smaller = if key.0 == pair.larger { key.1 } else { key.0 };
        let larger = pair.larger;
        let visits = pair.dwell.last() == Some(now) && pair.dwell.held_ms() >= VISIT_MS;
        if let Some((began, start, last)) = met {
            for (number, with) in [(pair.larger, pair.other), (smaller, Some(pair.who))] {
                if let Some(party) = fleet.get_mut(number) {
                    party.dark_vessel.meets(Meeting { began, start, last, with });
                }
            }
        }
        if let Some(party) = fleet.get_mut(smaller).filter(|_| visits) {
            party.shuttle.visit(larger, now);
        }
        let rhythm = Rhythm { need_ms, merge_ms: ms(rules.merge_s) };
        if met.is_some() && key.0 != UNKNOWN {
            self.take_over_unknown(key, rules);
        }
        let Some(pair) = self.pairs.get_mut(&key) else { return };
        let Some((say, spell)) = voice.step(&mut pair.spell, met, rhythm) else { return };
        let evidence = match (fleet.get(pair.larger), fleet.get(smaller)) {
            (Some(larger), Some(smaller)) if met.is_some() => evidence(pair, larger, smaller, rules, now),
            (Some(larger), None) if met.is_some() && key.0 == UNKNOWN => camera_evidence(pair, larger, rules, now),
            _ => Vec::new(),
        };
        let parties = [fleet.get(pair.larger), fleet.get(smaller)];
        let honest_causes = parties.into_iter().flatten().map(honest::official_craft).collect();
        let telling = Telling {
            kind: pair.kind,
            say,
            spell,
            other: pair.other,
            zone: None,
            confidence: if pair.known_by == KnownBy::Sight { 0.85 } else { 0.65 },
            evidence,
            honest_causes,
        };
        voice.tell(telling, pair.who, chart);
    }
}

impl Contacts {
    /// What a camera saw alongside has a track at last: the affair goes on with it.
    fn take_over_unknown(&mut self, key: (u64, u64), rules: &ContactConfig) {
        let Some(pair) = self.pairs.get(&key).filter(|pair| pair.spell.is_none()) else { return };
        let (larger, began) = (pair.larger, pair.dwell.began());
        let unknown = (UNKNOWN, larger);
        let same = self
            .pairs
            .get(&unknown)
            .and_then(|unknown| unknown.spell)
            .is_some_and(|spell| began.is_some_and(|began| began.millis_since(spell.last) <= ms(rules.merge_s)));
        let taken = if same { self.pairs.remove(&unknown) } else { None };
        if let (Some(taken), Some(pair)) = (taken, self.pairs.get_mut(&key)) {
            // To be told anew at once, with the name.
            pair.spell = taken.spell.map(|spell| Spell { ongoing: false, ..spell });
            pair.kind = taken.kind;
        }
    }
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
