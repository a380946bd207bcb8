//! What a neighbour is told: waters, kinds and grades. What is not named is not told.

use std::sync::Arc;

use super::profile::{Field, MmsiMask, Profile, Words};
use crate::access::organisation::Area;
use crate::behaviour::Kind;
use crate::fusion::Sources;
use crate::geodesy::LatLon;
use crate::serve::track_watch::TrackFilter;
use crate::store::records::alert::AlertFacts;

/// What one neighbour is told. The default is nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Share {
    /// The waters; `None`: none.
    pub area: Option<Arc<Area>>,
    /// Kinds of sensor, one of which must hold a track; none: no tracks.
    pub tracks: Sources,
    /// Kinds of alert; none: no alerts.
    pub alerts: Vec<Kind>,
    /// The least grade of an alert.
    pub min_grade: u8,
}

impl Share {
    /// Whether anything is told at all.
    pub fn is_nothing(&self) -> bool {
        self.area.is_none() || (!self.tells_tracks() && self.alerts.is_empty())
    }

    /// Whether tracks are told.
    pub fn tells_tracks(&self) -> bool {
        self.area.is_some() && self.tracks != Sources::default()
    }

    /// The tracks that are told; `None`: none.
    pub fn track_filter(&self) -> Option<TrackFilter> {
        let filter = TrackFilter { kinds: self.tracks, within: self.area.clone(), ..TrackFilter::default() };
        self.tells_tracks().then_some(filter)
    }

    /// Whether an alert is told.
    pub fn tells_alert(&self, facts: &AlertFacts) -> bool {
        self.tells_kind(&facts.kind) && self.tells_case(facts.grade, facts.position)
    }

    /// Whether alerts of a kind are told.
    pub fn tells_kind(&self, kind: &str) -> bool {
        self.alerts.iter().any(|told| told.as_str() == kind)
    }

    /// Whether alerts of a grade at a place are told.
    pub fn tells_case(&self, grade: u32, position: LatLon) -> bool {
        self.area.as_ref().is_some_and(|area| area.holds(position)) && grade >= u32::from(self.min_grade)
    }

    /// What of an alert is told: everything but which officer did what, and what officers noted.
    pub fn fields(&self) -> Profile {
        let personal = [Field::Officer, Field::Note];
        Profile {
            name: String::new(),
            kinds: Words::Any,
            grades: (1..=4).collect(),
            stages: Words::Any,
            events: Words::Any,
            area: Some(Area::Everywhere),
            fields: Field::ALL.iter().copied().filter(|field| !personal.contains(field)).collect(),
            mmsi: MmsiMask::Plain,
            position_decimals: 6,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::track_watch::tests::track;
    use crate::store::records::alert::Course;

    fn facts(kind: Kind, grade: u32, lon_deg: f64) -> AlertFacts {
        AlertFacts {
            id: "x".to_owned(),
            kind: kind.as_str().to_owned(),
            grade,
            course: Course::Active,
            zone: String::new(),
            sensors: String::new(),
            mmsi: None,
            other_mmsi: None,
            raised_ms: 0,
            position: LatLon::new(20.5, lon_deg),
            revision: 1,
        }
    }

    fn haikou() -> Option<Arc<Area>> {
        let corners = [(20.0, 110.0), (20.0, 111.0), (21.0, 111.0), (21.0, 110.0), (20.0, 110.0)];
        Area::of_outlines(&[vec![corners.map(|(lat, lon)| LatLon::new(lat, lon)).to_vec()]]).map(Arc::new)
    }

    #[test]
    fn nothing_is_told_unless_it_is_named() {
        let silent = Share::default();
        assert!(silent.is_nothing() && silent.track_filter().is_none());
        assert!(!silent.tells_alert(&facts(Kind::Loitering, 4, 110.5)));
        let all_kinds =
            Share { tracks: Sources { radar: true, ..Sources::default() }, alerts: Kind::ALL.to_vec(), ..silent };
        assert!(all_kinds.is_nothing(), "kinds without waters");
        assert!(all_kinds.track_filter().is_none() && !all_kinds.tells_alert(&facts(Kind::Loitering, 4, 110.5)));
    }

    #[test]
    fn waters_kinds_and_grade_must_all_hold() {
        let radar = Sources { radar: true, ..Sources::default() };
        let share = Share { area: haikou(), tracks: radar, alerts: vec![Kind::Unloading], min_grade: 3 };
        assert!(share.tells_alert(&facts(Kind::Unloading, 3, 110.5)));
        assert!(!share.tells_alert(&facts(Kind::Unloading, 2, 110.5)), "grade");
        assert!(!share.tells_alert(&facts(Kind::Loitering, 4, 110.5)), "kind");
        assert!(!share.tells_alert(&facts(Kind::Unloading, 4, 111.5)), "waters");
        let filter = share.track_filter().unwrap();
        let (mut inside, mut outside, mut by_ais) = (track(1, 10, 110.5), track(2, 10, 111.5), track(3, 10, 110.5));
        for track in [&mut inside, &mut outside, &mut by_ais] {
            track.position.lat_deg = 20.5;
        }
        by_ais.sources = Sources { ais: true, ..Sources::default() };
        assert!(filter.selects(&inside) && !filter.selects(&outside) && !filter.selects(&by_ais));
    }
}
