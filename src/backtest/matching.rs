//! Which alert of one set of rules is which of the other.

use super::Change;
use crate::alert::Alert;
use crate::units::EventTime;

/// Behaviours of one vessel and kind that lie farther apart in time than this are two, in milliseconds: half an hour, the
/// longest stay that a rule waits for.
const APART_MS: i64 = 1_800_000;

/// Holds the alerts of the current rules against those of the new ones; in order of time. Each is used once, those nearest in
/// time first.
pub fn changes(before: Vec<Alert>, after: Vec<Alert>) -> Vec<Change> {
    let mut pairs: Vec<(i64, usize, usize)> = Vec::new();
    for (old, alert) in before.iter().enumerate() {
        for (new, other) in after.iter().enumerate().filter(|(_, other)| is_same(alert, other)) {
            pairs.push((told_at(other).millis_since(told_at(alert)).abs(), old, new));
        }
    }
    pairs.sort_unstable();
    let mut partner_of_old = vec![None; before.len()];
    let mut taken = vec![false; after.len()];
    for (_, old, new) in pairs {
        if let (Some(partner @ None), Some(free @ false)) = (partner_of_old.get_mut(old), taken.get_mut(new)) {
            (*partner, *free) = (Some(new), true);
        }
    }
    let mut after: Vec<Option<Alert>> = after.into_iter().map(Some).collect();
    let mut changes: Vec<Change> = Vec::new();
    for (from, partner) in before.into_iter().zip(partner_of_old) {
        let to = partner.and_then(|new| after.get_mut(new)?.take());
        changes.push(match to {
            None => Change::Vanishes(Box::new(from)),
            Some(to) if is_alike(&from, &to) => Change::Stays(Box::new(to)),
            Some(to) => Change::Moves { from: Box::new(from), to: Box::new(to) },
        });
    }
    changes.extend(after.into_iter().flatten().map(|alert| Change::Appears(Box::new(alert))));
    changes.sort_by(|a, b| (told_at(a.alert()), &a.alert().id).cmp(&(told_at(b.alert()), &b.alert().id)));
    changes
}

/// When it was told in full.
pub(super) fn told_at(alert: &Alert) -> EventTime {
    alert.confirmed.unwrap_or(alert.raised)
}

/// Whether both are about one behaviour: kind, vessel and zone, at about the same time.
fn is_same(a: &Alert, b: &Alert) -> bool {
    let vessel = a.track == b.track || (a.mmsi.is_some() && a.mmsi == b.mmsi);
    let ends = |alert: &Alert| alert.end.unwrap_or(told_at(alert)).max(told_at(alert));
    let gap_ms = a.began.millis_since(ends(b)).max(b.began.millis_since(ends(a)));
    a.kind == b.kind && a.zone == b.zone && vessel && gap_ms <= APART_MS
}

/// Whether an officer would see no difference.
fn is_alike(a: &Alert, b: &Alert) -> bool {
    told_at(a) == told_at(b) && a.grade == b.grade && a.score.points() == b.score.points() && a.stage == b.stage
}
