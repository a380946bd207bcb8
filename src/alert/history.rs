//! What is remembered of vessels between alerts: what earlier alerts still weigh, which were alike, what officers said.
//!
//! A vessel is known by its MMSI, one without by the number that the rules give it. Everything is bounded, and old enough
//! things are let go by event time alone: the same input gives the same memory.

use std::collections::{BTreeMap, VecDeque};

use super::score::{EARLIER_ALERT, tenths};
use super::{Alert, AlertId};
use crate::behaviour::{Evidence, Family, Finding, Geometry, Kind, ScoreConfig};
use crate::fusion::Sources;
use crate::geodesy::{LatLon, distance_m};
use crate::units::{EventTime, Mmsi};

/// The most vessels remembered; the one heard of longest ago leaves first.
const VESSELS_MAX: usize = 20_000;
/// The most earlier alerts remembered of one vessel.
const ALERTS_A_VESSEL: usize = 8;
/// The most alerts remembered by place.
const PLACES_MAX: usize = 4_096;
/// The most earlier alerts that one alert lists.
const SIMILAR_MAX: usize = 5;
/// An earlier alert that weighs less, in points, is not listed.
const POINTS_MIN: f64 = 1.0;
/// Milliseconds in which an alert of the same place counts as the same habit: seven days.
const HABIT_MS: i64 = 7 * EventTime::DAY_MS;
/// Milliseconds for which a verified offence counts: a year.
const OFFENCE_MS: i64 = 365 * EventTime::DAY_MS;
/// So many alerts that officers found to be false within the time of the history speak for a vessel.
const FALSE_ALERTS: usize = 2;

/// How a vessel is known from one alert to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub(super) enum VesselKey {
    /// It has sent this MMSI.
    Mmsi(Mmsi),
    /// It has no AIS; the rules number it.
    Number(u64),
}

impl VesselKey {
    /// The vessels that a finding is about.
    pub(super) fn of(finding: &Finding) -> (Self, Option<Self>) {
        let key = |mmsi: Option<Mmsi>, number| mmsi.map_or(Self::Number(number), Self::Mmsi);
        let other = finding.other_vessel.map(|number| key(finding.other_mmsi, number));
        (key(finding.mmsi, finding.vessel), other)
    }
}

/// What an officer found out about an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Outcome {
    /// There was an offence.
    Offence,
    /// There was nothing to it.
    False,
}

/// An alert of the past.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Past {
    id: AlertId,
    kind: Kind,
    last: EventTime,
    sensors: Sources,
    /// What it observed itself, by family, after caps.
    points: Vec<(Family, f64)>,
}

#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
struct Record {
    alerts: VecDeque<Past>,
    outcomes: VecDeque<(EventTime, Outcome)>,
    touched: EventTime,
}

/// An alert of the past by its place.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct PastPlace {
    id: AlertId,
    kind: Kind,
    place: LatLon,
    last: EventTime,
}

/// The memory.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct History {
    vessels: BTreeMap<VesselKey, Record>,
    places: VecDeque<PastPlace>,
}

impl History {
    /// Takes note of a confirmed alert as it stands.
    pub(super) fn note(&mut self, alert: &Alert, keys: (VesselKey, Option<VesselKey>), at: EventTime) {
        let own = |item: &&Evidence| {
            item.code != EARLIER_ALERT
                && item.weight > 0.0
                && !matches!(item.family, None | Some(Family::Context | Family::History | Family::Honest))
        };
        let mut points: BTreeMap<Family, f64> = BTreeMap::new();
        let mut sensors = Sources::default();
        for item in alert.evidence.iter().filter(own) {
            sensors = either(sensors, item.sensors);
            if let Some(family) = item.family {
                *points.entry(family).or_default() += item.weight;
            }
        }
        if points.is_empty() {
            return;
        }
        let last = alert.end.unwrap_or(at);
        for key in [Some(keys.0), keys.1].into_iter().flatten() {
            self.make_room(key);
            let record = self.vessels.entry(key).or_default();
            record.touched = record.touched.max(at);
            record.alerts.retain(|past| past.id != alert.id);
            if record.alerts.len() >= ALERTS_A_VESSEL {
                record.alerts.pop_front();
            }
            let points = points.iter().map(|(family, sum)| (*family, sum.min(alert.score.of(*family)))).collect();
            record.alerts.push_back(Past { id: alert.id.clone(), kind: alert.kind, last, sensors, points });
        }
        match self.places.iter_mut().find(|past| past.id == alert.id) {
            Some(past) => past.last = last,
            None => {
                if self.places.len() >= PLACES_MAX {
                    self.places.pop_front();
                }
                let (id, kind, place) = (alert.id.clone(), alert.kind, alert.position);
                self.places.push_back(PastPlace { id, kind, place, last });
            }
        }
    }

    /// Forgets an alert that was withdrawn.
    pub(super) fn strike(&mut self, id: &AlertId) {
        for record in self.vessels.values_mut() {
            record.alerts.retain(|past| past.id != *id);
        }
        self.places.retain(|past| past.id != *id);
    }

    /// Takes note of what an officer found out about an alert of these vessels.
    pub(super) fn judge(&mut self, keys: (VesselKey, Option<VesselKey>), outcome: Outcome, at: EventTime) {
        for key in [Some(keys.0), keys.1].into_iter().flatten() {
            self.make_room(key);
            let record = self.vessels.entry(key).or_default();
            record.touched = record.touched.max(at);
            if record.outcomes.len() >= ALERTS_A_VESSEL {
                record.outcomes.pop_front();
            }
            record.outcomes.push_back((at, outcome));
        }
    }

    /// What the past of the vessel, and of the place, adds to an alert: items of evidence, those of earlier alerts weighed.
    pub(super) fn evidence(
        &self,
        finding: &Finding,
        id: Option<&AlertId>,
        key: VesselKey,
        config: &ScoreConfig,
    ) -> Vec<Evidence> {
        let mut items = Vec::new();
        if let Some(record) = self.vessels.get(&key) {
            items.extend(earlier_alerts(record, finding, id, config));
            items.extend(outcomes(record, finding, config));
        }
        items.extend(self.habits(finding, id, config));
        items
    }

    /// That the same happened at the same place before.
    fn habits(&self, finding: &Finding, id: Option<&AlertId>, config: &ScoreConfig) -> Option<Evidence> {
        let landing =
            finding.evidence.iter().find(|item| item.code == "landfall").and_then(|item| match item.geometry {
                Some(Geometry::Point(place)) => Some(place),
                _ => None,
            });
        let (kind, place, code) = match (finding.kind, landing) {
            (Kind::FastApproach | Kind::DarkVessel, Some(place)) => (Kind::Unloading, place, "known_landing_place"),
            (Kind::Loitering | Kind::Unloading | Kind::Rendezvous, _) => {
                (finding.kind, finding.place, "same_place_before")
            }
            _ => return None,
        };
        let recent = |past: &&PastPlace| {
            let ago_ms = finding.began.millis_since(past.last);
            past.kind == kind && id != Some(&past.id) && (0..=HABIT_MS).contains(&ago_ms)
        };
        let near = |past: &&PastPlace| distance_m(past.place, place) <= config.same_place_m;
        let mut found = self.places.iter().filter(recent).filter(near);
        let latest = found.next_back()?;
        let count = 1 + found.count();
        let hours = finding.began.seconds_since(latest.last) / 3600.0;
        let distance = distance_m(latest.place, place);
        Some(Evidence {
            code,
            observed: count as f64,
            threshold: 1.0,
            unit: "count",
            from: latest.last,
            to: finding.at,
            sentence_en: format!(
                "The same was told {count} times within {distance:.0} m of here in the last 7 days, the latest {hours:.1} h ago ({}).",
                latest.id
            ),
            sentence_zh: format!(
                "近7天内此处{distance:.0}米范围已有{count}次同类告警，最近一次在{hours:.1}小时前（{}）。",
                latest.id
            ),
            geometry: Some(Geometry::Point(latest.place)),
            ..Evidence::default()
        })
    }

    /// The ids of earlier alerts of the same kind, of this vessel or at this place, the latest first.
    pub(super) fn similar(&self, finding: &Finding, key: VesselKey, config: &ScoreConfig) -> Vec<AlertId> {
        let by_vessel = self
            .vessels
            .get(&key)
            .into_iter()
            .flat_map(|record| record.alerts.iter().filter(|past| past.kind == finding.kind))
            .map(|past| (past.last, &past.id));
        let by_place = self
            .places
            .iter()
            .filter(|past| past.kind == finding.kind && distance_m(past.place, finding.place) <= config.same_place_m)
            .map(|past| (past.last, &past.id));
        let mut found: Vec<(EventTime, &AlertId)> =
            by_vessel.chain(by_place).filter(|(last, _)| *last <= finding.at).collect();
        found.sort_unstable_by(|a, b| b.cmp(a));
        found.dedup();
        found.into_iter().take(SIMILAR_MAX).map(|(_, id)| id.clone()).collect()
    }

    /// Lets go of what is too old to count.
    pub(super) fn forget(&mut self, now: EventTime, config: &ScoreConfig) {
        let keep_ms = history_ms(config);
        self.places.retain(|past| now.millis_since(past.last) <= keep_ms);
        self.vessels.retain(|_, record| {
            record.alerts.retain(|past| now.millis_since(past.last) <= keep_ms);
            record.outcomes.retain(|(at, _)| now.millis_since(*at) <= OFFENCE_MS);
            !record.alerts.is_empty() || !record.outcomes.is_empty()
        });
    }

    fn make_room(&mut self, key: VesselKey) {
        if self.vessels.len() < VESSELS_MAX || self.vessels.contains_key(&key) {
            return;
        }
        let oldest = self.vessels.iter().min_by_key(|(key, record)| (record.touched, **key)).map(|(key, _)| *key);
        oldest.and_then(|key| self.vessels.remove(&key));
    }
}

fn history_ms(config: &ScoreConfig) -> i64 {
    (config.history_days * EventTime::DAY_MS as f64) as i64
}

/// What earlier alerts of the vessel still weigh: half as much every half-life.
fn earlier_alerts(record: &Record, finding: &Finding, id: Option<&AlertId>, config: &ScoreConfig) -> Vec<Evidence> {
    let mut items = Vec::new();
    for past in record.alerts.iter().rev().filter(|past| id != Some(&past.id)) {
        let age_s = finding.at.seconds_since(past.last).max(0.0);
        let share = 0.5_f64.powf(age_s / f64::from(config.half_life_s.max(1)));
        let (name, name_zh) = (past.kind.as_str().replace('_', " "), past.kind.as_zh());
        for (family, points) in &past.points {
            let weight = tenths(points * share);
            if weight < POINTS_MIN {
                continue;
            }
            items.push(Evidence {
                code: EARLIER_ALERT,
                observed: age_s,
                threshold: f64::from(config.half_life_s),
                unit: "s",
                from: past.last,
                to: finding.at,
                sensors: past.sensors,
                sentence_en: format!(
                    "The same vessel was told for {name} {:.1} h ago ({}); that still counts {:.0} % of its {} points.",
                    age_s / 3600.0,
                    past.id,
                    share * 100.0,
                    family.as_str()
                ),
                sentence_zh: format!(
                    "该船{:.1}小时前曾触发“{name_zh}”告警（{}），按时间衰减仍计{:.0}%。",
                    age_s / 3600.0,
                    past.id,
                    share * 100.0
                ),
                family: Some(*family),
                weight,
                ..Evidence::default()
            });
        }
    }
    items
}

/// What officers found out about the vessel before.
fn outcomes(record: &Record, finding: &Finding, config: &ScoreConfig) -> Option<Evidence> {
    let within = |ms: i64, wanted: Outcome| {
        let recent = move |(at, outcome): &&(EventTime, Outcome)| {
            *outcome == wanted && (0..=ms).contains(&finding.at.millis_since(*at))
        };
        record.outcomes.iter().filter(recent).map(|(at, _)| *at).collect::<Vec<_>>()
    };
    let item = |code, times: &[EventTime], threshold: usize, en: String, zh: String| Evidence {
        code,
        observed: times.len() as f64,
        threshold: threshold as f64,
        from: times.first().copied().unwrap_or(finding.at),
        to: finding.at,
        sentence_en: en,
        sentence_zh: zh,
        ..Evidence::default()
    };
    let offences = within(OFFENCE_MS, Outcome::Offence);
    if !offences.is_empty() {
        let count = offences.len();
        return Some(item(
            "verified_offence",
            &offences,
            1,
            format!("Officers have verified {count} offences of this vessel in the last year."),
            format!("近一年内经核实该船有{count}次违法行为。"),
        ));
    }
    let false_ones = within(history_ms(config), Outcome::False);
    (false_ones.len() >= FALSE_ALERTS).then(|| {
        let count = false_ones.len();
        item(
            "verified_false",
            &false_ones,
            FALSE_ALERTS,
            format!("Officers have found {count} alerts of this vessel to be false in the last 30 days."),
            format!("近30天内该船有{count}次告警经核实为误报。"),
        )
    })
}

fn either(a: Sources, b: Sources) -> Sources {
    Sources { ais: a.ais || b.ais, radar: a.radar || b.radar, eo: a.eo || b.eo, report: a.report || b.report }
}
