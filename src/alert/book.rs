//! The book of alerts: which finding belongs to which alert.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::history::{History, Outcome, VesselKey};
use super::pictures::Taken;
use super::score::{Grade, Scale, Score};
use super::{Alert, AlertId, Stage};
use crate::behaviour::{BehaviourConfig, Finding, Kind, RecordRef};
use crate::fusion::TrackState;
use crate::geodesy::distance_m;
use crate::units::{EventTime, Mmsi, SensorId};

/// A lost vessel that takes up the same behaviour does so within this of where it was, in metres.
const SAME_PLACE_M: f64 = 500.0;
/// Two findings of one vessel may overlap by so much in milliseconds when its track changes hands.
const OVERLAP_MS: i64 = 60_000;
/// A craft without AIS that is found again after longer than this is another one, in milliseconds.
const NAMELESS_MS: i64 = 300_000;
/// An acknowledged alert is kept for so long in milliseconds, a day, so that the same behaviour does not come back as new.
const ACKNOWLEDGED_MS: i64 = EventTime::DAY_MS;
/// The most alerts kept in the book at once; the oldest that is over leaves first.
const ALERTS_MAX: usize = 10_000;

/// What watchers hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum AlertChange {
    /// A new alert, developing or confirmed at once.
    Raised,
    /// One that was developing meets the full rule.
    Confirmed,
    /// It goes on, or more is known.
    Updated,
    /// The behaviour has stopped.
    Ended,
    /// It is taken back.
    Withdrawn,
}

/// A change of one alert, with the alert as it stands after it.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct AlertEvent {
    /// What happened.
    pub change: AlertChange,
    /// The alert.
    pub alert: Alert,
}

/// An alert that an officer speaks of is not in the book: it was never told, or is too old to change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("alert {0} is not in the book: it was never told, or is too old to change")]
pub struct UnknownAlert(pub String);

/// All alerts that may still change. Those that cannot leave the book: whoever wants a list keeps what it is told.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct AlertBook {
    /// By number of the affair that raised it.
    alerts: BTreeMap<u64, Entry>,
    /// Affairs that go on under the alert of an earlier one.
    continues: BTreeMap<u64, u64>,
    /// How long after its end an alert may be taken up again, a kind, in milliseconds.
    #[serde(skip)]
    merge_ms: [i64; Kind::ALL.len()],
    #[serde(skip)]
    scale: Scale,
    history: History,
    /// Edition of the rules.
    #[serde(skip)]
    rules: Arc<str>,
    /// The instant up to which what is too old was let go.
    forgotten_to: EventTime,
}

/// An alert with what is known of its vessels.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Entry {
    alert: Alert,
    keys: (VesselKey, Option<VesselKey>),
    /// What an officer found out about it.
    judged: Option<Outcome>,
}

impl AlertBook {
    /// A book whose times of merging and weights are those of the rules.
    pub fn new(config: &BehaviourConfig) -> Self {
        Self {
            alerts: BTreeMap::new(),
            continues: BTreeMap::new(),
            merge_ms: Kind::ALL.map(|kind| config.merge_ms(kind)),
            scale: Scale::new(config),
            history: History::default(),
            rules: config.edition.as_str().into(),
            forgotten_to: EventTime::default(),
        }
    }

    /// Gives a book that was read back from what was saved the rules that it was saved with: those are not saved.
    pub fn set_rules(&mut self, config: &BehaviourConfig) {
        let Self { merge_ms, scale, rules, .. } = Self::new(config);
        (self.merge_ms, self.scale, self.rules) = (merge_ms, scale, rules);
    }

    /// Takes a finding; returns what there is to tell of it.
    pub fn take(&mut self, mut finding: Finding) -> Option<AlertEvent> {
        if finding.at > self.forgotten_to {
            self.forgotten_to = finding.at;
            self.forget(finding.at);
        }
        let mut affair = self.continues.get(&finding.affair).copied().unwrap_or(finding.affair);
        if finding.stage.goes_on()
            && !self.alerts.contains_key(&affair)
            && let Some(earlier) = self.same_behaviour(&finding)
        {
            self.continues.insert(finding.affair, earlier);
            affair = earlier;
        }
        let keys = VesselKey::of(&finding);
        let known = self.alerts.get(&affair);
        if known.is_none() && !finding.stage.goes_on() {
            return None;
        }
        self.weigh(&mut finding, known.map(|entry| &entry.alert), keys.0);
        let (change, alert) = match self.alerts.get_mut(&affair) {
            Some(entry) => {
                let change = update(&mut entry.alert, finding, &self.scale)?;
                entry.keys = keys;
                (change, entry.alert.clone())
            }
            None => {
                let similar = self.history.similar(&finding, keys.0, self.scale.config());
                let id = name(&finding, self.alerts.values().map(|entry| &entry.alert));
                let mut alert = raise(finding, id, similar, Arc::clone(&self.rules));
                grade(&mut alert, &self.scale);
                self.alerts.insert(affair, Entry { alert: alert.clone(), keys, judged: None });
                (AlertChange::Raised, alert)
            }
        };
        if alert.stage == Stage::Withdrawn {
            self.history.strike(&alert.id);
        } else if let Some(told) = alert.confirmed {
            self.history.note(&alert, keys, alert.end.unwrap_or(told).max(told));
        }
        self.drop_oldest();
        Some(AlertEvent { change, alert })
    }

    /// Adds to the alerts that go on the pictures that cameras took of their vessels; returns what there is to tell. `name` names a
    /// sensor.
    pub fn see(&mut self, tracks: &[TrackState], name: impl Fn(SensorId) -> String) -> Vec<AlertEvent> {
        let taken = Taken::of(tracks);
        if taken.is_empty() {
            return Vec::new();
        }
        let mut told = Vec::new();
        for Entry { alert, .. } in self.alerts.values_mut().filter(|entry| entry.alert.stage.goes_on()) {
            if taken.add_to(alert, &name) {
                alert.revision += 1;
                told.push(AlertEvent { change: AlertChange::Updated, alert: alert.clone() });
            }
        }
        told
    }

    /// Sets what every item of a finding weighs, adds what the past of the vessel says, and names the records.
    fn weigh(&self, finding: &mut Finding, known: Option<&Alert>, key: VesselKey) {
        if finding.evidence.is_empty() {
            return;
        }
        if finding.stage.goes_on() {
            let past = self.history.evidence(finding, known.map(|alert| &alert.id), key, self.scale.config());
            finding.evidence.extend(past);
        }
        for item in &mut finding.evidence {
            item.records = Some(RecordRef { received_from: item.from, received_to: finding.told });
        }
        let confirmed = finding.stage == Stage::Confirmed || known.is_some_and(|alert| alert.confirmed.is_some());
        self.scale.weigh(finding.kind, confirmed, &mut finding.evidence, &mut finding.honest_causes);
    }

    /// Takes note that an officer knows of an alert, and of its behaviour up to the event time `at`. The behaviour is not
    /// told anew: what begins up to then is the same, whenever it is found.
    ///
    /// # Errors
    /// When no such alert is in the book.
    pub fn acknowledge(&mut self, id: &str, at: EventTime) -> Result<Option<AlertEvent>, UnknownAlert> {
        let entry = self.entry_mut(id)?;
        if entry.alert.acknowledged.is_some_and(|before| before >= at) {
            return Ok(None);
        }
        entry.alert.acknowledged = Some(at);
        entry.alert.revision += 1;
        Ok(Some(AlertEvent { change: AlertChange::Updated, alert: entry.alert.clone() }))
    }

    /// Takes note of what an officer found out about an alert, at the event time `at`: it counts in later alerts of the
    /// same vessels. Said again, it counts once; returns whether it was said for the first time.
    ///
    /// # Errors
    /// When no such alert is in the book.
    pub fn judge(&mut self, id: &str, outcome: Outcome, at: EventTime) -> Result<bool, UnknownAlert> {
        let entry = self.entry_mut(id)?;
        if entry.judged.replace(outcome) == Some(outcome) {
            return Ok(false);
        }
        let keys = entry.keys;
        self.history.judge(keys, outcome, at);
        Ok(true)
    }

    fn entry_mut(&mut self, id: &str) -> Result<&mut Entry, UnknownAlert> {
        let found = self.alerts.values_mut().find(|entry| entry.alert.id.as_str() == id);
        found.ok_or_else(|| UnknownAlert(id.to_owned()))
    }

    fn drop_oldest(&mut self) {
        if self.alerts.len() > ALERTS_MAX {
            let oldest = self.alerts.iter().find(|(_, entry)| !entry.alert.stage.goes_on());
            let oldest = oldest.or(self.alerts.iter().next()).map(|(affair, _)| *affair);
            oldest.and_then(|affair| self.alerts.remove(&affair));
        }
    }

    /// An alert of the same behaviour of the same vessel (or pair) that the finding continues.
    fn same_behaviour(&self, finding: &Finding) -> Option<u64> {
        let merge_ms = self.merge_ms.get(finding.kind as usize).copied().unwrap_or(0);
        let vessels = VesselKey::of(finding);
        let same = |Entry { alert, keys, .. }: &Entry| {
            if alert.kind != finding.kind || alert.zone != finding.zone || alert.stage == Stage::Withdrawn {
                return false;
            }
            let acknowledged = alert.acknowledged.is_some_and(|until| finding.began <= until);
            if acknowledged && *keys == vessels {
                return true;
            }
            let same_track = alert.track == finding.subject && alert.other_track == finding.other;
            if alert.stage.goes_on() {
                return same_track;
            }
            let Some(end) = alert.end else { return same_track };
            let pause_ms = finding.began.millis_since(end);
            // Nobody tells one craft without AIS from another, but for whom it goes alongside of.
            let known = alert.mmsi.is_some() || alert.other_mmsi.is_some();
            let merge_ms = if known { merge_ms } else { merge_ms.min(NAMELESS_MS) };
            if !(-OVERLAP_MS..=merge_ms).contains(&pause_ms) {
                return false;
            }
            let near = || distance_m(alert.position, finding.place) <= SAME_PLACE_M;
            let same = |a: Option<Mmsi>, b: Option<Mmsi>| match (a, b) {
                (Some(a), Some(b)) => a == b,
                (None, None) => near(),
                _ => false,
            };
            // A craft without AIS that comes back to the same vessel, one at a time, is a shuttle: one affair. What begins
            // before the other has ended is another craft.
            // What runs is not where it was: only what lies still is known again by its place.
            let lies = matches!(finding.kind, Kind::Loitering | Kind::Unloading | Kind::Rendezvous);
            let unknown_other = alert.other_track.is_none() || finding.other.is_none();
            let one_after_the_other = pause_ms >= 0 || alert.mmsi.is_some() && unknown_other;
            // A camera that tells of a transfer, but not to whom, tells of the meeting that is known already.
            let pairs = finding.other.is_none() || alert.other_track.is_some();
            let vessel = same(alert.mmsi, finding.mmsi) || (alert.mmsi.is_some() != finding.mmsi.is_some() && near());
            let other = unknown_other || same(alert.other_mmsi, finding.other_mmsi);
            same_track || (pairs && (lies || known) && one_after_the_other && vessel && other)
        };
        self.alerts.iter().rev().find(|(_, entry)| same(entry)).map(|(affair, _)| *affair)
    }

    /// Lets go of alerts that are over and too old to be taken up again.
    fn forget(&mut self, now: EventTime) {
        let merge_ms = self.merge_ms;
        // An affair may be told when it has lasted an hour already.
        const LONGEST_TELLING_MS: i64 = 3_600_000;
        self.alerts.retain(|_, Entry { alert, .. }| {
            // What an officer has acknowledged must not come back as new.
            if alert.acknowledged.is_some_and(|until| now.millis_since(until) <= ACKNOWLEDGED_MS) {
                return true;
            }
            let keep_ms = merge_ms.get(alert.kind as usize).copied().unwrap_or(0) + LONGEST_TELLING_MS;
            alert.stage.goes_on() || alert.end.is_none_or(|end| now.millis_since(end) <= keep_ms)
        });
        let alerts = &self.alerts;
        self.continues.retain(|_, affair| alerts.contains_key(affair));
        self.history.forget(now, self.scale.config());
    }

    /// Alerts that may still change, in the order of raising.
    pub fn alerts(&self) -> impl Iterator<Item = &Alert> {
        self.alerts.values().map(|entry| &entry.alert)
    }
}

fn raise(finding: Finding, id: AlertId, similar_before: Vec<AlertId>, rules: Arc<str>) -> Alert {
    Alert {
        id,
        kind: finding.kind,
        stage: finding.stage,
        track: finding.subject,
        other_track: finding.other,
        mmsi: finding.mmsi,
        other_mmsi: finding.other_mmsi,
        raised: finding.told,
        confirmed: (finding.stage == Stage::Confirmed).then_some(finding.told),
        began: finding.began,
        start: finding.start,
        end: finding.end,
        position: finding.place,
        near: finding.near,
        zone: finding.zone,
        jurisdiction: finding.jurisdiction,
        night: finding.night,
        confidence: finding.confidence,
        score: Score::default(),
        grade: Grade::Note,
        evidence: finding.evidence,
        honest_causes: finding.honest_causes,
        pictures: Vec::new(),
        similar_before,
        acknowledged: None,
        rules,
        revision: 1,
    }
}

/// Sums the score and sets the grade that follows from it; returns whether either is another.
fn grade(alert: &mut Alert, scale: &Scale) -> bool {
    let score = set(&mut alert.score, scale.sum(&alert.evidence, &alert.honest_causes));
    set(&mut alert.grade, scale.grade(&alert.score, &alert.evidence)) || score
}

/// Sets a field; returns whether that changes it.
fn set<T: PartialEq>(field: &mut T, value: T) -> bool {
    let changes = *field != value;
    *field = value;
    changes
}

/// Brings an alert up to a finding; returns what that is, `None` when it says nothing new or nothing may change any more.
fn update(alert: &mut Alert, finding: Finding, scale: &Scale) -> Option<AlertChange> {
    if alert.stage == Stage::Withdrawn {
        return None;
    }
    if finding.stage == Stage::Withdrawn {
        alert.revision += 1;
        alert.stage = Stage::Withdrawn;
        alert.end = alert.end.or(Some(finding.at));
        alert.evidence.extend(finding.evidence);
        grade(alert, scale);
        return Some(AlertChange::Withdrawn);
    }
    let went_on = alert.stage.goes_on();
    let confirmed_now = finding.stage == Stage::Confirmed && alert.confirmed.is_none();
    if confirmed_now {
        alert.confirmed = Some(finding.told);
        (alert.began, alert.start) = (alert.began.min(finding.began), finding.start);
        (alert.position, alert.near, alert.jurisdiction) = (finding.place, finding.near, finding.jurisdiction);
    }
    let mut changes = confirmed_now;
    changes |= set(&mut alert.end, finding.end);
    // What was confirmed once does not go back to developing.
    let looks_again = finding.stage == Stage::Developing && alert.confirmed.is_some();
    changes |= set(&mut alert.stage, if looks_again { Stage::Confirmed } else { finding.stage });
    if alert.mmsi.is_none() {
        changes |= set(&mut alert.mmsi, finding.mmsi);
    }
    if alert.other_track.is_none() {
        // Whom a camera alone had seen alongside has a track at last.
        changes |= set(&mut alert.other_track, finding.other);
        changes |= set(&mut alert.other_mmsi, finding.other_mmsi);
    }
    if !finding.evidence.is_empty() {
        changes |= set(&mut alert.evidence, finding.evidence);
        changes |= set(&mut alert.honest_causes, finding.honest_causes);
        changes |= set(&mut alert.confidence, finding.confidence);
    }
    changes |= grade(alert, scale);
    if !changes {
        return None;
    }
    alert.revision += 1;
    let ended = finding.stage == Stage::Closed && went_on;
    Some(match (confirmed_now, ended) {
        (true, _) => AlertChange::Confirmed,
        (false, true) => AlertChange::Ended,
        (false, false) => AlertChange::Updated,
    })
}

/// Kind, begin, tracks and zone; what still is not unique gets a number.
fn name<'a>(finding: &Finding, others: impl Iterator<Item = &'a Alert>) -> AlertId {
    let stamp: String =
        finding.began.to_string().chars().filter(|c| c.is_ascii_digit() || *c == 'T').take(15).collect();
    let mut text = format!("{}-{stamp}-{}", finding.kind, finding.subject);
    if let Some(other) = finding.other {
        text.push_str(&format!("-{other}"));
    }
    if let Some(zone) = &finding.zone {
        text.push_str(&format!("-{zone}"));
    }
    let twins = others.filter(|alert| alert.id.0.starts_with(&text)).count();
    if twins > 0 {
        text.push_str(&format!("-{}", twins + 1));
    }
    AlertId(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geodesy::LatLon;
    use crate::units::{Mmsi, TrackId};

    fn finding(affair: u64, stage: Stage, at_s: i64) -> Finding {
        Finding {
            affair,
            kind: Kind::Loitering,
            stage,
            at: EventTime::from_seconds(at_s),
            told: EventTime::from_seconds(at_s),
            subject: TrackId(7),
            vessel: 7,
            other_vessel: None,
            other: None,
            mmsi: Mmsi::new(412_000_001),
            other_mmsi: None,
            began: EventTime::from_seconds(at_s - 1_800),
            start: EventTime::from_seconds(at_s),
            end: None,
            place: LatLon::new(20.0, 110.0),
            near: None,
            jurisdiction: None,
            night: false,
            zone: None,
            confidence: 0.9,
            evidence: Vec::new(),
            honest_causes: Vec::new(),
        }
    }

    fn ended(affair: u64, at_s: i64, end_s: i64) -> Finding {
        Finding { end: Some(EventTime::from_seconds(end_s)), ..finding(affair, Stage::Closed, at_s) }
    }

    #[test]
    fn an_alert_keeps_its_id_from_raising_to_the_end() {
        let mut book = AlertBook::new(&BehaviourConfig::default());
        let raised = book.take(finding(1, Stage::Confirmed, 2_000)).unwrap();
        assert_eq!(raised.change, AlertChange::Raised);
        assert_eq!(raised.alert.id.as_str(), "loitering-19700101T000320-T000007");
        let end = book.take(ended(1, 2_500, 2_400)).unwrap();
        assert_eq!((end.change, end.alert.stage, end.alert.revision), (AlertChange::Ended, Stage::Closed, 2));
        assert_eq!(end.alert.id, raised.alert.id);
        assert_eq!(end.alert.raised, raised.alert.raised);
        assert_eq!(book.take(ended(1, 2_600, 2_400)), None, "nothing new");
    }

    #[test]
    fn a_vessel_found_again_under_another_track_is_not_told_twice() {
        let mut book = AlertBook::new(&BehaviourConfig::default());
        let first = book.take(finding(1, Stage::Confirmed, 2_000)).unwrap();
        book.take(ended(1, 2_500, 2_400));
        let mut again = finding(2, Stage::Confirmed, 4_500);
        again.subject = TrackId(9);
        let second = book.take(again).unwrap();
        assert_eq!((second.change, &second.alert.id), (AlertChange::Updated, &first.alert.id));
        let mut end = ended(2, 5_000, 4_990);
        end.subject = TrackId(9);
        assert_eq!(book.take(end).unwrap().alert.id, first.alert.id);
    }

    #[test]
    fn the_same_behaviour_long_after_is_another_alert() {
        let mut book = AlertBook::new(&BehaviourConfig::default());
        let first = book.take(finding(1, Stage::Confirmed, 2_000)).unwrap();
        book.take(ended(1, 2_500, 2_400));
        let second = book.take(finding(2, Stage::Confirmed, 6_000)).unwrap();
        assert_eq!(second.change, AlertChange::Raised);
        assert_ne!(first.alert.id, second.alert.id);
    }

    #[test]
    fn two_boats_on_one_beach_are_two_alerts() {
        let mut book = AlertBook::new(&BehaviourConfig::default());
        let mut boats = [3, 4].map(|track| Finding {
            subject: TrackId(track),
            mmsi: None,
            ..finding(track, Stage::Confirmed, 2_000)
        });
        boats[1].place = boats[0].place.moved_m(20.0, 0.0);
        let changes = boats.map(|boat| book.take(boat).unwrap().change);
        assert_eq!(changes, [AlertChange::Raised, AlertChange::Raised]);
    }

    #[test]
    fn a_withdrawn_alert_is_told_once_and_stays_withdrawn() {
        let mut book = AlertBook::new(&BehaviourConfig::default());
        book.take(finding(1, Stage::Confirmed, 2_000));
        let gone = book.take(finding(1, Stage::Withdrawn, 2_100)).unwrap();
        assert_eq!((gone.change, gone.alert.stage), (AlertChange::Withdrawn, Stage::Withdrawn));
        assert_eq!(book.take(finding(1, Stage::Confirmed, 2_200)), None);
    }

    #[test]
    fn the_book_does_not_grow_with_the_recording() {
        let mut book = AlertBook::new(&BehaviourConfig::default());
        for affair in 0..500 {
            let start = 2_000 + affair as i64 * 10_000;
            book.take(finding(affair, Stage::Confirmed, start));
            book.take(ended(affair, start + 100, start + 90));
        }
        assert!(book.alerts().count() < 5);
    }
}
