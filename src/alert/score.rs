//! The score of an alert: the sum of what its evidence weighs, capped by family, and the grade that follows.
//!
//! Nothing else goes into it: whoever adds up the weights that an alert lists, family by family, gets its score. Weights
//! are tenths of a point, so that the sum is exact.

use crate::behaviour::{BehaviourConfig, Evidence, Family, HonestCause, Kind, ScoreConfig, Verdict, Weights};

/// What an officer is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Grade {
    /// 1: to be read when there is time.
    Note,
    /// 2: to be kept in view.
    Watch,
    /// 3: to be looked at by a camera or a boat nearby.
    Verify,
    /// 4: a boat is worth sending.
    Dispatch,
}

impl Grade {
    /// 1 to 4.
    pub const fn number(self) -> u8 {
        match self {
            Self::Note => 1,
            Self::Watch => 2,
            Self::Verify => 3,
            Self::Dispatch => 4,
        }
    }

    /// The word used in files and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Watch => "watch",
            Self::Verify => "verify",
            Self::Dispatch => "dispatch",
        }
    }
}

/// The points of an alert, by family.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Score {
    /// After the cap of each family, in the order of [`Family::ALL`]; those of honest causes are negative.
    pub by_family: [f64; Family::ALL.len()],
}

impl Score {
    /// The score: the sum over all families.
    pub fn points(&self) -> f64 {
        tenths(self.by_family.iter().sum())
    }

    /// The points of one family.
    pub fn of(&self, family: Family) -> f64 {
        self.by_family.get(family as usize).copied().unwrap_or(0.0)
    }
}

/// Weighs evidence.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    config: ScoreConfig,
    weights: Weights,
}

impl Default for Scale {
    fn default() -> Self {
        Self::new(&BehaviourConfig::default())
    }
}

impl Scale {
    pub(super) fn new(config: &BehaviourConfig) -> Self {
        Self { config: config.score.clone(), weights: config.weights.clone() }
    }

    /// The settings of the score.
    pub(super) fn config(&self) -> &ScoreConfig {
        &self.config
    }

    /// Sets family and weight of every item that has a code of this kind. What earlier alerts left is weighed already.
    pub(super) fn weigh(&self, kind: Kind, confirmed: bool, evidence: &mut [Evidence], causes: &mut [HonestCause]) {
        for item in evidence.iter_mut().filter(|item| item.code != EARLIER_ALERT) {
            let Some((family, points)) = self.weights.of(kind, item.code) else { continue };
            // What only looks like the behaviour counts in part; what is known from elsewhere counts in full.
            let own = !matches!(family, Family::Context | Family::History);
            let share = if confirmed || !own { 1.0 } else { self.config.developing_share };
            (item.family, item.weight) = (Some(family), tenths(points * share));
        }
        for cause in causes.iter_mut() {
            let found = cause.verdict == Verdict::Found;
            cause.weight = if found { tenths(self.weights.of_honest_cause(cause.code)) } else { 0.0 };
        }
    }

    /// Adds up what is listed, capped by family.
    pub(super) fn sum(&self, evidence: &[Evidence], causes: &[HonestCause]) -> Score {
        let mut score = Score::default();
        for (family, sum) in Family::ALL.into_iter().zip(&mut score.by_family) {
            let listed: f64 = evidence.iter().filter(|item| item.family == Some(family)).map(|item| item.weight).sum();
            let cap = self.config.cap(family);
            *sum = if family == Family::Honest {
                (listed + causes.iter().map(|cause| cause.weight).sum::<f64>()).max(-cap)
            } else {
                listed.min(cap)
            };
            *sum = tenths(*sum);
        }
        score
    }

    /// The grade of a score. A boat is sent only for two families of evidence seen by two kinds of sensor, or for what a
    /// camera has identified.
    pub(super) fn grade(&self, score: &Score, evidence: &[Evidence]) -> Grade {
        let points = score.points();
        if points < self.config.watch_points {
            Grade::Note
        } else if points < self.config.verify_points {
            Grade::Watch
        } else if points < self.config.dispatch_points || !may_dispatch(score, evidence) {
            Grade::Verify
        } else {
            Grade::Dispatch
        }
    }
}

/// Code of what an earlier alert of the same vessel still weighs.
pub(super) const EARLIER_ALERT: &str = "earlier_alert";

fn may_dispatch(score: &Score, evidence: &[Evidence]) -> bool {
    let observed = [Family::Concealment, Family::Contact, Family::Shore, Family::Lingering, Family::Zone];
    let families = observed.into_iter().filter(|family| score.of(*family) > 0.0).count();
    let weighty = || evidence.iter().filter(|item| item.weight > 0.0);
    let by_camera = weighty().any(Evidence::is_seen_by_camera);
    let kinds_of_sensor = [
        weighty().any(|item| item.sensors.ais),
        weighty().any(|item| item.sensors.radar),
        weighty().any(|item| item.sensors.eo),
    ];
    by_camera || (families >= 2 && kinds_of_sensor.into_iter().filter(|holds| *holds).count() >= 2)
}

/// Rounded to a tenth of a point; no negative zero.
pub(super) fn tenths(points: f64) -> f64 {
    (points * 10.0).round() / 10.0 + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fusion::Sources;
    use proptest::prelude::*;

    fn scale() -> Scale {
        Scale::new(&BehaviourConfig::default())
    }

    fn item(code: &'static str, sensors: Sources) -> Evidence {
        Evidence { code, sensors, ..Evidence::default() }
    }

    const RADAR: Sources = Sources { ais: false, radar: true, eo: false, report: false };
    const AIS: Sources = Sources { ais: true, radar: false, eo: false, report: false };

    fn judged(kind: Kind, mut evidence: Vec<Evidence>, mut causes: Vec<HonestCause>) -> (f64, Grade) {
        let scale = scale();
        scale.weigh(kind, true, &mut evidence, &mut causes);
        let score = scale.sum(&evidence, &causes);
        (score.points(), scale.grade(&score, &evidence))
    }

    #[test]
    fn one_cause_is_not_counted_twice() {
        let seen = vec![item("time_at_shore", RADAR), item("camera_landing", RADAR)];
        assert_eq!(judged(Kind::Unloading, seen, Vec::new()), (35.0, Grade::Watch));
    }

    #[test]
    fn an_honest_cause_takes_points_off_only_when_it_is_found() {
        let seen = || vec![item("time_together", AIS), item("party_without_ais", RADAR)];
        let cause = |verdict| vec![HonestCause::new("permit", verdict, "", "")];
        assert_eq!(judged(Kind::Rendezvous, seen(), cause(Verdict::RuledOut)).0, 30.0);
        assert_eq!(judged(Kind::Rendezvous, seen(), cause(Verdict::Unknown)).0, 30.0);
        assert_eq!(judged(Kind::Rendezvous, seen(), cause(Verdict::Found)), (0.0, Grade::Note));
    }

    #[test]
    fn a_boat_is_sent_only_for_two_families_and_two_sensors_or_a_camera() {
        let earlier =
            |family, weight, sensors| Evidence { family: Some(family), weight, ..item(EARLIER_ALERT, sensors) };
        let dark = |other_sensors| {
            vec![
                item("no_ais", RADAR),
                item("meeting", RADAR),
                item("landfall", RADAR),
                earlier(Family::Shore, 20.0, other_sensors),
            ]
        };
        assert_eq!(judged(Kind::DarkVessel, dark(RADAR), Vec::new()), (70.0, Grade::Verify), "one sensor");
        assert_eq!(judged(Kind::DarkVessel, dark(AIS), Vec::new()), (70.0, Grade::Dispatch), "two sensors");
        let mut seen = dark(RADAR);
        seen.push(item("camera_landing", Sources { ais: false, radar: false, eo: true, report: false }));
        assert_eq!(judged(Kind::DarkVessel, seen, Vec::new()).1, Grade::Verify, "not an item of this kind");
    }

    #[test]
    fn what_develops_counts_in_part() {
        let mut evidence = vec![item("time_together", AIS), item("night", AIS)];
        scale().weigh(Kind::Rendezvous, false, &mut evidence, &mut []);
        assert_eq!(evidence.iter().map(|item| item.weight).collect::<Vec<_>>(), [8.0, 5.0]);
    }

    proptest! {
        #[test]
        fn the_score_is_the_sum_of_the_weights_listed_after_caps(
            items in prop::collection::vec((0..Family::ALL.len() - 1, -400..400_i32), 0..30),
            causes in prop::collection::vec(-400..=0_i32, 0..6),
        ) {
            let evidence: Vec<Evidence> = items.iter().map(|(family, points)| Evidence {
                family: Family::ALL.get(*family).copied(),
                weight: f64::from(*points) / 10.0,
                ..item("anything", RADAR)
            }).collect();
            let causes: Vec<HonestCause> = causes.iter().map(|points| HonestCause {
                weight: f64::from(*points) / 10.0,
                ..HonestCause::new("anything", Verdict::Found, "", "")
            }).collect();
            let score = scale().sum(&evidence, &causes);
            // Whole tenths, added up by hand.
            let config = ScoreConfig::default();
            let mut tenths_in_all = 0_i64;
            for (index, family) in Family::ALL.into_iter().enumerate() {
                let cap = (config.cap(family) * 10.0) as i64;
                let listed: i64 = items.iter().filter(|item| item.0 == index).map(|item| i64::from(item.1)).sum();
                tenths_in_all += match family {
                    Family::Honest => {
                        let taken: i64 = causes.iter().map(|cause| (cause.weight * 10.0).round() as i64).sum();
                        (listed + taken).max(-cap)
                    }
                    _ => listed.min(cap),
                };
            }
            prop_assert_eq!((score.points() * 10.0).round() as i64, tenths_in_all);
        }
    }
}
