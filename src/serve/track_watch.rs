//! What one watcher of tracks is told: the difference between the picture that it knows and the latest.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::picture::{Farewell, Picture};
use crate::access::organisation::Area;
use crate::access::principal::Principal;
use crate::chart::Chart;
use crate::fusion::{Sources, TrackState};
use crate::geodesy::LatLon;
use crate::units::{EventTime, Mmsi, TrackId, VesselClass};

/// A box along meridians and parallels, checked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GeoBox {
    /// Western edge in degrees; greater than the eastern one when the box crosses the antimeridian.
    pub west_deg: f64,
    /// Southern edge in degrees.
    pub south_deg: f64,
    /// Eastern edge in degrees.
    pub east_deg: f64,
    /// Northern edge in degrees.
    pub north_deg: f64,
}

impl GeoBox {
    /// Whether a position lies inside or on the edge.
    pub fn contains(&self, place: LatLon) -> bool {
        let in_lon = if self.west_deg <= self.east_deg {
            (self.west_deg..=self.east_deg).contains(&place.lon_deg)
        } else {
            place.lon_deg >= self.west_deg || place.lon_deg <= self.east_deg
        };
        in_lon && (self.south_deg..=self.north_deg).contains(&place.lat_deg)
    }

    /// Whether two boxes share a point.
    pub fn touches(&self, other: &Self) -> bool {
        let in_lat = self.south_deg <= other.north_deg && other.south_deg <= self.north_deg;
        let spans = |geo: &Self| -> [(f64, f64); 2] {
            if geo.west_deg <= geo.east_deg {
                [(geo.west_deg, geo.east_deg); 2]
            } else {
                [(geo.west_deg, 180.0), (-180.0, geo.east_deg)]
            }
        };
        let other_spans = spans(other);
        in_lat && spans(self).iter().any(|a| other_spans.iter().any(|b| a.0 <= b.1 && b.0 <= a.1))
    }
}

/// Zones by their ids, as one chart has them.
#[derive(Clone, Debug)]
pub struct InZones {
    ids: Arc<[String]>,
    chart: Arc<Chart>,
    /// Places of those zones in the chart.
    places: Vec<usize>,
}

impl InZones {
    /// The zones with these ids; an id that the chart does not have stands for no place at all.
    pub fn new(ids: impl Into<Arc<[String]>>, chart: Arc<Chart>) -> Self {
        let ids = ids.into();
        let zones = chart.zones.zones().iter().enumerate();
        let places = zones.filter(|(_, zone)| ids.iter().any(|id| zone.id == **id)).map(|(place, _)| place).collect();
        Self { ids, chart, places }
    }

    /// The first id that the chart does not have.
    pub fn missing(&self) -> Option<&str> {
        self.ids.iter().map(String::as_str).find(|id| self.chart.zones.by_id(id).is_none())
    }

    /// Whether a track is inside one of them that is in force then.
    fn hold(&self, track: &TrackState) -> bool {
        let zones = self.chart.zones.zones();
        let inside = |place: &usize| {
            zones.get(*place).is_some_and(|zone| zone.validity.holds(track.time) && zone.contains(track.position))
        };
        self.places.iter().any(inside)
    }
}

/// Selects tracks; every condition that is given must hold.
#[derive(Clone, Debug, Default)]
pub struct TrackFilter {
    /// Inside this box.
    pub bbox: Option<GeoBox>,
    /// Held by one of these kinds (see [`TrackState::sources`]); none given: any.
    pub kinds: Sources,
    /// Inside one of these zones; `None`: anywhere.
    pub zones: Option<InZones>,
    /// Most probably of one of these classes; empty: any.
    pub classes: Vec<VesselClass>,
    /// With one of these identities, sorted; empty: any.
    pub mmsis: Vec<Mmsi>,
    /// In the waters that this caller may see; `None`: anywhere.
    pub seen_by: Option<Arc<Principal>>,
    /// In these waters; `None`: anywhere.
    pub within: Option<Arc<Area>>,
}

impl TrackFilter {
    /// Whether a track is selected.
    pub fn selects(&self, track: &TrackState) -> bool {
        let sources = track.sources;
        let wanted = self.kinds;
        self.seen_by.as_ref().is_none_or(|caller| caller.sees_place(track.position))
            && self.bbox.is_none_or(|bbox| bbox.contains(track.position))
            && self.within.as_ref().is_none_or(|area| area.holds(track.position))
            && (self.classes.is_empty() || track.class().is_some_and(|class| self.classes.contains(&class)))
            && (wanted == Sources::default()
                || (wanted.ais && sources.ais)
                || (wanted.radar && sources.radar)
                || (wanted.eo && sources.eo)
                || (wanted.report && sources.report))
            && (self.mmsis.is_empty()
                || track.identity.mmsi.is_some_and(|mmsi| self.mmsis.binary_search(&mmsi).is_ok()))
            && self.zones.as_ref().is_none_or(|zones| zones.hold(track))
    }

    /// Takes zones from another chart from now on.
    pub fn look_at(&mut self, chart: &Arc<Chart>) {
        if let Some(zones) = self.zones.as_mut().filter(|zones| !Arc::ptr_eq(&zones.chart, chart)) {
            *zones = InZones::new(Arc::clone(&zones.ids), Arc::clone(chart));
        }
    }
}

/// One thing that a watcher is told.
#[derive(Clone, Debug, PartialEq)]
pub enum TrackChange {
    /// There when the watch began.
    Snapshot(Arc<TrackState>),
    /// The snapshot is complete.
    SnapshotEnd,
    /// Came into the picture, or came to meet the filter.
    Enter(Arc<TrackState>),
    /// Measured anew, or more became known.
    Update(Arc<TrackState>),
    /// Is seen for itself again, after it lay hidden beside that other one.
    Split(Arc<TrackState>, TrackId),
    /// No longer meets the filter, or is not shown for want of measurements; it may enter again. Carries the state that the
    /// watcher knows.
    Leave(Arc<TrackState>),
    /// Is over. Carries the state that the watcher knows.
    End(Arc<TrackState>),
    /// Was the same vessel as another. Carries the state that the watcher knows, and the other.
    Merged(Arc<TrackState>, TrackId),
}

/// What one watcher knows. Holds one state a track in its selection, nothing else.
#[derive(Debug)]
pub struct TrackWatch {
    filter: TrackFilter,
    interval_min_ms: i64,
    known: BTreeMap<TrackId, Arc<TrackState>>,
    begun: bool,
    /// Until the first look of a watch that goes on: what was measured since may not have been told, for updates keep their distance.
    untold_since: Option<EventTime>,
}

impl TrackWatch {
    /// A watch that knows nothing yet. Two updates of one track are at least `interval_min_ms` of event time apart.
    pub fn new(filter: TrackFilter, interval_min_ms: u32) -> Self {
        let interval_min_ms = i64::from(interval_min_ms);
        Self { filter, interval_min_ms, known: BTreeMap::new(), begun: false, untold_since: None }
    }

    /// A watch that goes on where another one had been told all of `picture`: without a snapshot, with what changed since.
    pub fn resume(filter: TrackFilter, interval_min_ms: u32, picture: &Picture) -> Self {
        let known = picture.tracks.iter().filter(|track| filter.selects(track));
        let known = known.map(|track| (track.id, Arc::clone(track))).collect();
        let untold_since = Some(picture.time.plus_millis(-i64::from(interval_min_ms)));
        Self { known, begun: true, untold_since, ..Self::new(filter, interval_min_ms) }
    }

    /// Takes the zones of the filter from this chart from now on.
    pub fn look_at(&mut self, chart: &Arc<Chart>) {
        self.filter.look_at(chart);
    }

    /// What to tell so that the watcher knows `picture`: first the ends, then tracks in order of id.
    pub fn look(&mut self, picture: &Picture, farewell: impl Fn(TrackId) -> Option<Farewell>) -> Vec<TrackChange> {
        let mut changes = self.gone(picture, farewell);
        for track in &picture.tracks {
            let selected = self.filter.selects(track);
            match (self.known.get(&track.id), selected) {
                (None, false) => {}
                (None, true) => {
                    self.known.insert(track.id, Arc::clone(track));
                    changes.push(if self.begun {
                        TrackChange::Enter(Arc::clone(track))
                    } else {
                        TrackChange::Snapshot(Arc::clone(track))
                    });
                }
                (Some(_), false) => {
                    if let Some(last) = self.known.remove(&track.id) {
                        changes.push(TrackChange::Leave(last));
                    }
                }
                (Some(last), true) => {
                    // An officer's word is no measurement: it waits for nothing.
                    let due = track.time.millis_since(last.time) >= self.interval_min_ms || last.stated != track.stated;
                    let untold = self.untold_since.is_some_and(|since| track.last_seen > since);
                    if untold || (due && is_news(last, track)) {
                        let split_from = last.merged_with.filter(|_| track.merged_with.is_none());
                        self.known.insert(track.id, Arc::clone(track));
                        changes.push(match split_from {
                            Some(other) => TrackChange::Split(Arc::clone(track), other),
                            None => TrackChange::Update(Arc::clone(track)),
                        });
                    }
                }
            }
        }
        if !self.begun {
            self.begun = true;
            changes.push(TrackChange::SnapshotEnd);
        }
        self.untold_since = None;
        changes
    }

    /// Forgets the tracks that are no longer in the picture, and says how they ended.
    fn gone(&mut self, picture: &Picture, farewell: impl Fn(TrackId) -> Option<Farewell>) -> Vec<TrackChange> {
        let mut changes = Vec::new();
        self.known.retain(|&id, last| {
            if picture.track(id).is_some() {
                return true;
            }
            let last = Arc::clone(last);
            changes.push(match farewell(id) {
                Some(Farewell::Ended) => TrackChange::End(last),
                Some(Farewell::MergedInto(other)) => TrackChange::Merged(last, other),
                None => TrackChange::Leave(last),
            });
            false
        });
        changes
    }
}

/// Whether a state says more than the one before: a new measurement, or something other than a prediction has changed.
fn is_news(before: &TrackState, after: &TrackState) -> bool {
    after.last_seen != before.last_seen
        || after.sources != before.sources
        || after.identity != before.identity
        || after.merged_with != before.merged_with
        || after.stated != before.stated
        || after.eo_class.map(|(class, _)| class) != before.eo_class.map(|(class, _)| class)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A track that was measured by radar at `seconds`.
    pub(crate) fn track(id: u64, seconds: i64, lon_deg: f64) -> TrackState {
        let time = EventTime::from_seconds(seconds);
        TrackState {
            id: TrackId(id),
            time,
            first_seen: EventTime::from_seconds(0),
            last_seen: time,
            position: LatLon::new(20.0, lon_deg),
            east_mps: 3.0,
            north_mps: 4.0,
            position_covariance_m2: [100.0, 0.0, 100.0],
            speed_sigma_mps: 0.5,
            stopped_probability: 0.0,
            existence: 0.99,
            confirmed: true,
            sources: Sources { radar: true, ..Sources::default() },
            last_ais: None,
            last_radar: Some(time),
            last_eo: None,
            identity: Default::default(),
            eo_class: None,
            length_m: None,
            sightings: Default::default(),
            ais_elsewhere: None,
            merged_with: None,
            hull: None,
            stated: None,
        }
    }

    fn picture(seconds: i64, tracks: &[TrackState]) -> Picture {
        Picture { time: EventTime::from_seconds(seconds), tracks: tracks.iter().cloned().map(Arc::new).collect() }
    }

    /// The changes as text: `enter 1`.
    fn told(watch: &mut TrackWatch, picture: &Picture) -> Vec<String> {
        let farewell = |id: TrackId| match id.0 {
            3 => Some(Farewell::MergedInto(TrackId(1))),
            5 => None,
            _ => Some(Farewell::Ended),
        };
        let name = |change: TrackChange| match change {
            TrackChange::Snapshot(track) => format!("snapshot {}", track.id.0),
            TrackChange::SnapshotEnd => "snapshot end".to_owned(),
            TrackChange::Enter(track) => format!("enter {}", track.id.0),
            TrackChange::Update(track) => format!("update {}", track.id.0),
            TrackChange::Split(track, from) => format!("split {} from {}", track.id.0, from.0),
            TrackChange::Leave(track) => format!("leave {}", track.id.0),
            TrackChange::End(track) => format!("end {}", track.id.0),
            TrackChange::Merged(track, into) => format!("merged {} into {}", track.id.0, into.0),
        };
        watch.look(picture, farewell).into_iter().map(name).collect()
    }

    #[test]
    fn a_watch_begins_with_a_snapshot_and_goes_on_with_what_changes() {
        let mut watch = TrackWatch::new(TrackFilter::default(), 0);
        let first = picture(10, &[track(1, 10, 110.0), track(3, 10, 110.1)]);
        assert_eq!(told(&mut watch, &first), ["snapshot 1", "snapshot 3", "snapshot end"]);
        assert_eq!(told(&mut watch, &first), Vec::<String>::new());
        let second = picture(20, &[track(1, 20, 110.0), track(3, 10, 110.1), track(4, 20, 110.2)]);
        assert_eq!(told(&mut watch, &second), ["update 1", "enter 4"]);
        assert_eq!(told(&mut watch, &picture(30, &[track(1, 20, 110.0)])), ["merged 3 into 1", "end 4"]);
    }

    #[test]
    fn a_track_that_ceases_to_meet_the_filter_leaves_and_may_enter_again() {
        let bbox = GeoBox { west_deg: 110.0, south_deg: 19.0, east_deg: 110.5, north_deg: 21.0 };
        let mut watch = TrackWatch::new(TrackFilter { bbox: Some(bbox), ..TrackFilter::default() }, 0);
        assert_eq!(told(&mut watch, &picture(10, &[track(1, 10, 110.4)])), ["snapshot 1", "snapshot end"]);
        assert_eq!(told(&mut watch, &picture(20, &[track(1, 20, 110.6)])), ["leave 1"]);
        assert_eq!(told(&mut watch, &picture(30, &[track(1, 30, 110.4)])), ["enter 1"]);
        assert_eq!(told(&mut watch, &picture(40, &[])), ["end 1"]);
    }

    #[test]
    fn a_track_leaves_when_the_zone_that_is_watched_is_moved_away_from_it() {
        let square = |west: f64| {
            let (east, south, north) = (west + 0.1, 19.9, 20.1);
            format!(
                r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{"id":"z","name":"Z","kind":"anchorage"}},
                "geometry":{{"type":"Polygon","coordinates":[[[{west},{south}],[{east},{south}],[{east},{north}],[{west},{north}],[{west},{south}]]]}}}}]}}"#
            )
        };
        let isle = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":
            {"type":"Polygon","coordinates":[[[109.0,20.0],[109.1,20.0],[109.1,20.1],[109.0,20.0]]]}}]}"#;
        let coast = Arc::new(crate::chart::Coast::from_geojson(isle, None).unwrap());
        let chart = |west| {
            let zones = crate::chart::ZoneSet::from_geojson(&square(west)).unwrap();
            Arc::new(Chart::new(Arc::clone(&coast), zones).unwrap())
        };
        let zones = Some(InZones::new(["z".to_owned()], chart(110.0)));
        let mut watch = TrackWatch::new(TrackFilter { zones, ..TrackFilter::default() }, 0);
        let tracks = [track(1, 10, 110.05), track(2, 10, 110.15)];
        assert_eq!(told(&mut watch, &picture(10, &tracks)), ["snapshot 1", "snapshot end"]);
        watch.look_at(&chart(110.1));
        assert_eq!(told(&mut watch, &picture(20, &tracks)), ["leave 1", "enter 2"]);
    }

    #[test]
    fn a_filter_takes_the_class_that_a_craft_most_probably_is_of() {
        use crate::feed::observation::EoClass;
        let classes = vec![VesselClass::Speedboat];
        let filter = TrackFilter { classes, ..TrackFilter::default() };
        let seen = TrackState { eo_class: Some((EoClass::Speedboat, 0.8)), ..track(1, 10, 110.0) };
        let mut says_cargo = seen.clone();
        says_cargo.identity.ship_type = Some(70);
        assert!(filter.selects(&seen) && !filter.selects(&says_cargo) && !filter.selects(&track(2, 10, 110.0)));
    }

    #[test]
    fn a_track_that_fades_leaves_and_may_come_back() {
        let mut watch = TrackWatch::new(TrackFilter::default(), 0);
        assert_eq!(told(&mut watch, &picture(10, &[track(5, 10, 110.4)])), ["snapshot 5", "snapshot end"]);
        assert_eq!(told(&mut watch, &picture(20, &[])), ["leave 5"]);
        assert_eq!(told(&mut watch, &picture(30, &[track(5, 30, 110.4)])), ["enter 5"]);
    }

    #[test]
    fn updates_of_one_track_keep_their_distance() {
        let mut watch = TrackWatch::new(TrackFilter::default(), 15_000);
        assert_eq!(told(&mut watch, &picture(10, &[track(1, 10, 110.4)])).len(), 2);
        assert_eq!(told(&mut watch, &picture(20, &[track(1, 20, 110.4)])), Vec::<String>::new());
        assert_eq!(told(&mut watch, &picture(30, &[track(1, 30, 110.4)])), ["update 1"]);
    }

    #[test]
    fn a_watch_goes_on_with_what_changed_since_a_picture() {
        let still = picture(20, &[track(1, 20, 110.0), track(2, 15, 110.1), track(3, 20, 110.2), track(4, 20, 110.3)]);
        let mut watch = TrackWatch::resume(TrackFilter::default(), 0, &still);
        let later = picture(30, &[track(1, 30, 110.0), track(2, 15, 110.1), track(4, 20, 110.3), track(5, 30, 110.4)]);
        assert_eq!(told(&mut watch, &later), ["merged 3 into 1", "update 1", "enter 5"]);
        assert_eq!(told(&mut watch, &later), Vec::<String>::new());
    }

    #[test]
    fn a_watch_that_goes_on_owes_the_updates_that_were_held_back() {
        let still = picture(20, &[track(1, 18, 110.0), track(2, 4, 110.1)]);
        let mut watch = TrackWatch::resume(TrackFilter::default(), 15_000, &still);
        assert_eq!(told(&mut watch, &still), ["update 1"], "it may have been told at 4 s last");
    }

    #[test]
    fn a_craft_that_lay_hidden_beside_another_splits_from_it() {
        let mut watch = TrackWatch::new(TrackFilter::default(), 0);
        let hidden = TrackState { merged_with: Some(TrackId(9)), ..track(1, 10, 110.4) };
        assert_eq!(told(&mut watch, &picture(10, &[hidden])), ["snapshot 1", "snapshot end"]);
        assert_eq!(told(&mut watch, &picture(20, &[track(1, 20, 110.4)])), ["split 1 from 9"]);
        assert_eq!(told(&mut watch, &picture(30, &[track(1, 30, 110.4)])), ["update 1"]);
    }

    #[test]
    fn what_an_officer_says_is_told_at_once() {
        let mut watch = TrackWatch::new(TrackFilter::default(), 15_000);
        assert_eq!(told(&mut watch, &picture(10, &[track(1, 10, 110.4)])).len(), 2);
        let stated = Some(Box::new(crate::fusion::Stated { reason: "seen".to_owned(), ..Default::default() }));
        let said = TrackState { stated, ..track(1, 10, 110.4) };
        assert_eq!(told(&mut watch, &picture(10, std::slice::from_ref(&said))), ["update 1"]);
        assert_eq!(told(&mut watch, &picture(10, &[said])), Vec::<String>::new());
    }

    #[test]
    fn a_filter_takes_identity_and_kind_of_sensor() {
        let mmsi = Mmsi::new(413_000_001);
        let mut with_ais = track(1, 10, 110.0);
        with_ais.sources.ais = true;
        with_ais.identity.mmsi = mmsi;
        let dark = track(2, 10, 110.0);
        let by_mmsi = TrackFilter { mmsis: mmsi.into_iter().collect(), ..TrackFilter::default() };
        assert!(by_mmsi.selects(&with_ais) && !by_mmsi.selects(&dark));
        let by_kind = TrackFilter { kinds: Sources { ais: true, ..Sources::default() }, ..TrackFilter::default() };
        assert!(by_kind.selects(&with_ais) && !by_kind.selects(&dark));
    }

    #[test]
    fn a_box_may_cross_the_antimeridian() {
        let bbox = GeoBox { west_deg: 170.0, south_deg: -10.0, east_deg: -170.0, north_deg: 10.0 };
        assert!(bbox.contains(LatLon::new(0.0, 175.0)) && bbox.contains(LatLon::new(0.0, -175.0)));
        assert!(!bbox.contains(LatLon::new(0.0, 0.0)));
        let east_of_it = GeoBox { west_deg: -175.0, south_deg: 0.0, east_deg: -160.0, north_deg: 5.0 };
        assert!(bbox.touches(&east_of_it) && east_of_it.touches(&bbox));
    }
}
