//! `gathering`: a crowd of small craft, some without AIS, where none has business.
//!
//! Definition: five or more small craft, two or more of them without AIS, within a circle of 1 km, for 10 min, outside ports,
//! harbours, anchorages, fishing grounds and farms. Where speedboats wait together a transfer is due.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::config::{BehaviourConfig, GatheringConfig, ms};
use super::evidence::Evidence;
use super::finding::Kind;
use super::spell::{Dwell, Rhythm, Spell};
use super::subject::{Subject, Who};
use super::voice::{Telling, Voice};
use crate::chart::{Chart, ZoneKind};
use crate::fusion::Sources;
use crate::geodesy::{LatLon, distance_m, metres_per_degree};
use crate::units::EventTime;

/// Crowds form slowly: every third instant is looked at.
const EVERY: u32 = 3;
/// The most crowds followed at once.
const GATHERINGS_MAX: usize = 256;
/// Of a crowd no more craft than this are looked at: it is one by then.
const CROWD_MAX: usize = 64;

/// All crowds that are or were lately.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Gatherings {
    known: BTreeMap<u64, Gathering>,
    next: u64,
    instants: u32,
}

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Gathering {
    middle: LatLon,
    /// The craft that most others are near to.
    who: Who,
    dwell: Dwell,
    spell: Option<Spell>,
    craft: usize,
    dark: usize,
    sources: Sources,
    last_touch: EventTime,
}

/// A crowd at one instant.
struct Crowd<'a> {
    core: &'a Subject,
    middle: LatLon,
    members: SmallVec<[usize; 8]>,
    dark: usize,
}

impl Gatherings {
    /// Looks for crowds among the vessels in the picture.
    pub(super) fn update(
        &mut self,
        present: &[Box<Subject>],
        config: &BehaviourConfig,
        chart: &Chart,
        voice: &mut Voice,
    ) {
        self.instants = self.instants.wrapping_add(1);
        if !self.instants.is_multiple_of(EVERY) {
            return;
        }
        let rules = &config.gathering;
        let now = voice.now();
        let small: Vec<&Subject> =
            present.iter().map(|subject| &**subject).filter(|subject| counts(subject, config)).collect();
        if small.len() >= rules.craft as usize {
            for crowd in crowds(&small, rules) {
                self.note(&crowd, rules, now);
            }
        }
        for gathering in self.known.values_mut() {
            gathering.tell(rules, chart, voice);
        }
        let keep_ms = ms(rules.break_s) * 2;
        self.known.retain(|_, crowd| crowd.spell.is_some() || now.millis_since(crowd.last_touch) <= keep_ms);
    }

    /// Takes note of a crowd: a new one, or one that has moved a little.
    fn note(&mut self, crowd: &Crowd<'_>, rules: &GatheringConfig, now: EventTime) {
        let near =
            |known: &Gathering| known.last_touch != now && distance_m(known.middle, crowd.middle) <= rules.within_m;
        let nearest = self.known.iter().filter(|(_, known)| near(known)).min_by(|a, b| {
            distance_m(a.1.middle, crowd.middle).total_cmp(&distance_m(b.1.middle, crowd.middle)).then(a.0.cmp(b.0))
        });
        let number = nearest.map(|(number, _)| *number);
        if number.is_none() && self.known.len() >= GATHERINGS_MAX {
            return;
        }
        let number = number.unwrap_or_else(|| {
            self.next += 1;
            self.next
        });
        let gathering = self.known.entry(number).or_insert_with(|| Gathering {
            middle: crowd.middle,
            who: crowd.core.who(),
            dwell: Dwell::default(),
            spell: None,
            craft: 0,
            dark: 0,
            sources: Sources::default(),
            last_touch: now,
        });
        gathering.dwell.feed(now, Some(true), ms(rules.break_s));
        (gathering.middle, gathering.last_touch, gathering.sources) = (crowd.middle, now, crowd.core.sources);
        (gathering.craft, gathering.dark) = (crowd.members.len(), crowd.dark);
        if gathering.spell.is_none() {
            gathering.who = Who { place: crowd.middle, ..crowd.core.who() };
        }
    }
}

/// Whether a craft counts: small, slow, real, and where it has no business.
fn counts(subject: &Subject, config: &BehaviourConfig) -> bool {
    let rules = &config.gathering;
    let craft = &subject.craft;
    let small = craft.length_m.map_or(!craft.class_a, |length| length <= rules.length_max_m);
    small
        && subject.slow_speed_mps < rules.speed_mps
        && subject.measured_lately()
        && !craft.official
        && !craft.pleasure
        && !subject.is_fixed(config)
        && !subject.is_shadow()
        && ![
            ZoneKind::DesignatedPort,
            ZoneKind::FishingHarbour,
            ZoneKind::Anchorage,
            ZoneKind::FishingGround,
            ZoneKind::Farm,
        ]
        .into_iter()
        .any(|kind| subject.surroundings.within(kind, rules.zone_margin_m))
}

/// The crowds of an instant, the largest first; a craft is in one at most.
fn crowds<'a>(small: &[&'a Subject], rules: &GatheringConfig) -> Vec<Crowd<'a>> {
    let radius_m = rules.within_m / 2.0;
    let Some(steepest) = small.iter().map(|subject| subject.position.lat_deg.abs()).reduce(f64::max) else {
        return Vec::new();
    };
    let scale = metres_per_degree((steepest + 0.01).min(89.9));
    let cell = |place: LatLon| {
        (
            (place.lat_deg * scale.lat_m / radius_m).floor() as i32,
            (place.lon_deg * scale.lon_m / radius_m).floor() as i32,
        )
    };
    let mut cells: FxHashMap<(i32, i32), SmallVec<[usize; 4]>> = FxHashMap::default();
    for (index, subject) in small.iter().enumerate() {
        cells.entry(cell(subject.position)).or_default().push(index);
    }
    let around = |index: usize| -> SmallVec<[usize; 8]> {
        let place = small[index].position;
        let (row, column) = cell(place);
        let cells = &cells;
        (row - 1..=row + 1)
            .flat_map(|row| (column - 1..=column + 1).filter_map(move |column| cells.get(&(row, column))))
            .flatten()
            .copied()
            .filter(|other| distance_m(small[*other].position, place) <= radius_m)
            .take(CROWD_MAX)
            .collect()
    };
    let dark = |members: &[usize]| members.iter().filter(|member| !small[**member].craft.sends_ais).count();
    let enough =
        |members: &[usize]| members.len() >= rules.craft as usize && dark(members) >= rules.without_ais as usize;
    let mut cores: Vec<(usize, SmallVec<[usize; 8]>)> =
        (0..small.len()).map(|index| (index, around(index))).filter(|(_, members)| enough(members)).collect();
    cores.sort_by_key(|(index, members)| (std::cmp::Reverse(members.len()), small[*index].number));
    let mut taken = vec![false; small.len()];
    let mut found = Vec::new();
    for (index, members) in cores {
        let members: SmallVec<[usize; 8]> = members.into_iter().filter(|member| !taken[*member]).collect();
        if !enough(&members) {
            continue;
        }
        members.iter().for_each(|member| taken[*member] = true);
        let count = members.len() as f64;
        let mean = |of: fn(&Subject) -> f64| members.iter().map(|member| of(small[*member])).sum::<f64>() / count;
        let middle = LatLon::new(mean(|craft| craft.position.lat_deg), mean(|craft| craft.position.lon_deg));
        found.push(Crowd { core: small[index], middle, dark: dark(&members), members });
    }
    found
}

impl Gathering {
    fn tell(&mut self, rules: &GatheringConfig, chart: &Chart, voice: &mut Voice) {
        let now = voice.now();
        let lasting = self.dwell.last().is_some_and(|last| now.millis_since(last) <= ms(rules.break_s));
        let need_ms = ms(rules.duration_s);
        let met = self
            .dwell
            .began()
            .zip(self.dwell.last())
            .filter(|_| lasting && self.dwell.held_ms() >= need_ms)
            .map(|(began, last)| (began, began.plus_millis(need_ms), last));
        let rhythm = Rhythm { need_ms, merge_ms: ms(rules.merge_s) };
        let Some((say, spell)) = voice.step(&mut self.spell, met, rhythm) else { return };
        let evidence = if met.is_some() { self.evidence(rules, now) } else { Vec::new() };
        let telling = Telling {
            kind: Kind::Gathering,
            say,
            spell,
            other: None,
            zone: None,
            confidence: 0.8,
            evidence,
            honest_causes: Vec::new(),
        };
        voice.tell(telling, self.who, chart);
    }

    fn evidence(&self, rules: &GatheringConfig, now: EventTime) -> Vec<Evidence> {
        let item = |code, observed, threshold, unit, en, zh| Evidence {
            code,
            observed,
            threshold,
            unit,
            from: self.dwell.began().unwrap_or(now),
            to: now,
            sensors: self.sources,
            sentence_en: en,
            sentence_zh: zh,
            ..Evidence::default()
        };
        let (craft, dark) = (self.craft, self.dark);
        let minutes = self.dwell.held_ms() as f64 / 60_000.0;
        vec![
            item(
                "craft_together",
                craft as f64,
                f64::from(rules.craft),
                "count",
                format!("{craft} small craft lie within {:.0} m of one another.", rules.within_m),
                format!("{craft}艘小型船艇聚集在{:.0}米范围内。", rules.within_m),
            ),
            item(
                "craft_without_ais",
                dark as f64,
                f64::from(rules.without_ais),
                "count",
                format!("{dark} of them send no AIS; no port, harbour, anchorage, fishing ground or farm is near."),
                format!("其中{dark}艘未发送AIS信号；附近无港口、渔港、锚地、渔场或养殖区。"),
            ),
            item(
                "duration",
                minutes * 60.0,
                f64::from(rules.duration_s),
                "s",
                format!("They have been there for {minutes:.0} min."),
                format!("已聚集{minutes:.0}分钟。"),
            ),
        ]
    }
}
