//! Where and by what each place is seen now.
//!
//! "No AIS here" means nothing where nobody is heard, and "no plot there" nothing behind a cape. [`Coverage`] tells of any place
//! what could be expected to see it: how much of what ships send is received there, learned from the ships that are heard
//! (`reception`); which radars and cameras have it in sight, by range, horizon and the land between (`sight`), and how often
//! those radars really detect what is there (`shares`). [`Grid`] lays that over an area for a map.
//!
//! Knows sensors and chart and nothing of tracks: whoever owns it tells it what was heard and what was detected. No clock; memory
//! is bounded by named limits, and what was learned fades within the hour.

mod grid;
mod reception;
mod shares;
mod sight;
mod sweep;

use smallvec::SmallVec;

pub use grid::{CELLS_MAX as GRID_CELLS_MAX, Grid, GridError, Layer, LayerKind, value};
pub use shares::Expected;
pub use sight::View;

use crate::chart::Chart;
use crate::feed::observation::AisPosition;
use crate::feed::sensor::{Sensor, SensorKind, SensorTable};
use crate::geodesy::LatLon;
use crate::units::{EventTime, SensorId};
use reception::Reception;
use shares::{Cell, Shares};
use sight::Sight;

/// Height above the sea in metres of what is to be seen when nobody says otherwise: the hull of a small boat.
pub const SMALL_BOAT_M: f64 = 2.0;

/// What can see a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Share of what a class A ship sends there that is received; `None` where too few ships have been heard to tell.
    pub ais_class_a: Option<Expected>,
    /// The same for class B.
    pub ais_class_b: Option<Expected>,
    /// Each radar and camera, in table order.
    pub sights: SmallVec<[SensorView; 4]>,
}

impl Seen {
    /// Whether any radar or camera has the place in sight.
    pub fn in_sight(&self) -> bool {
        self.sights.iter().any(|sight| sight.view == View::InSight)
    }
}

/// How one radar or camera stands to a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SensorView {
    /// Which sensor.
    pub sensor: SensorId,
    /// Radar or camera.
    pub kind: SensorKind,
    /// Whether it has the place in sight, or what is between.
    pub view: View,
    /// Share of turns in which a radar detects a craft there; `None` where it has had too few to tell.
    pub detection: Option<Expected>,
}

/// What an area's sensors cover.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Coverage {
    reception: Reception,
    sights: Vec<Option<Sight>>,
    detection: Shares<(SensorId, Cell)>,
}

impl Coverage {
    /// Of these sensors, with nothing heard yet.
    pub fn new(sensors: &SensorTable) -> Self {
        Self { sights: sensors.iter().map(|(_, sensor)| Sight::of(sensor)).collect(), ..Self::default() }
    }

    /// Makes room for one more sensor, with the next number.
    pub fn add_sensor(&mut self, sensor: &Sensor) {
        self.sights.push(Sight::of(sensor));
    }

    /// Tells where a sensor on a ship or vehicle is from now on.
    pub fn move_sensor(&mut self, id: SensorId, position: LatLon) {
        if let Some(Some(sight)) = self.sights.get_mut(id.index()) {
            sight.move_to(position);
        }
    }

    /// A report of a ship was received, made at `time`. To be told once for each transmission, however many stations heard it.
    pub fn hear(&mut self, report: &AisPosition, time: EventTime) {
        self.reception.hear(report, time);
    }

    /// A radar detected the craft at `place` in this share of its latest turns, as of `now`.
    pub fn look(&mut self, radar: SensorId, place: LatLon, detected: f64, now: EventTime) {
        self.detection.note((radar, Cell::of(place)), detected, 1.0, now);
    }

    /// What can see a craft at `place` whose top is `height_m` above the sea, as of `now`.
    pub fn at(&self, place: LatLon, height_m: f64, now: EventTime, chart: &Chart) -> Seen {
        let sights = self.sights.iter().zip(0..).filter_map(|(sight, number)| {
            let (sight, sensor) = (sight.as_ref()?, SensorId(number));
            let detection = (sight.kind() == SensorKind::Radar).then(|| self.detected(sensor, place, now)).flatten();
            Some(SensorView { sensor, kind: sight.kind(), view: sight.view(place, height_m, chart), detection })
        });
        Seen {
            ais_class_a: self.reception.at(place, true, now),
            ais_class_b: self.reception.at(place, false, now),
            sights: sights.collect(),
        }
    }

    /// How one radar or camera stands to a craft at `place` whose top is `height_m` above the sea; `None` for a sensor that looks
    /// at nothing.
    pub fn view(&self, sensor: SensorId, place: LatLon, height_m: f64, chart: &Chart) -> Option<View> {
        let sight = self.sights.get(sensor.index())?.as_ref()?;
        Some(sight.view(place, height_m, chart))
    }

    /// How often a radar detects craft about `place`.
    fn detected(&self, radar: SensorId, place: LatLon, now: EventTime) -> Option<Expected> {
        self.detection.around(Cell::of(place), |cell| (radar, cell), now)
    }

    /// Cells of sea in which ships are heard, and the mean share of what they send that is received there.
    pub fn reception_summary(&self, now: EventTime) -> Option<(usize, f64)> {
        self.reception.summary(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{Coast, ZoneSet};
    use crate::feed::observation::AisStation;
    use crate::feed::sensor::RadarClaims;
    use crate::units::Mmsi;

    /// A square island of 2 km from 4 to 6 km east of the radar.
    fn island() -> Chart {
        let text = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"Isle"},"geometry":
            {"type":"Polygon","coordinates":[[[110.04,19.99],[110.06,19.99],[110.06,20.01],[110.04,20.01],[110.04,19.99]]]}}]}"#;
        Chart::new(Coast::from_geojson(text, None).unwrap(), ZoneSet::empty()).unwrap()
    }

    fn radar() -> Sensor {
        let claims = RadarClaims {
            sac: 1,
            sic: 1,
            max_range_m: 40_000.0,
            scan_s: 3.0,
            sigma_range_m: 20.0,
            sigma_azimuth_deg: 0.1,
        };
        Sensor {
            name: "radar1".to_owned(),
            kind: SensorKind::Radar,
            position: Some(LatLon::new(20.0, 110.0)),
            height_m: Some(25.0),
            radar: Some(claims),
            eo: None,
            report: None,
            mount: None,
        }
    }

    fn view(place: LatLon) -> View {
        let mut sensors = SensorTable::default();
        sensors.add(radar()).unwrap();
        let coverage = Coverage::new(&sensors);
        coverage.at(place, SMALL_BOAT_M, EventTime::default(), &island()).sights[0].view
    }

    #[test]
    fn a_radar_sees_neither_behind_an_island_nor_below_the_horizon_nor_beyond_its_range() {
        let site = LatLon::new(20.0, 110.0);
        assert_eq!(view(site.moved_m(3_000.0, 0.0)), View::InSight);
        assert_eq!(view(site.moved_m(8_000.0, 0.0)), View::LandShadow);
        assert_eq!(view(site.moved_m(8_000.0, 6_000.0)), View::InSight, "past the island");
        // 4.12 km by the root of metre: 20.6 km for the antenna and 5.8 km for the boat.
        assert_eq!(view(site.moved_m(-26_000.0, 0.0)), View::InSight);
        assert_eq!(view(site.moved_m(-27_000.0, 0.0)), View::BelowHorizon);
        assert_eq!(view(site.moved_m(-41_000.0, 0.0)), View::BeyondRange);
    }

    #[test]
    fn what_a_radar_misses_lowers_what_is_expected_of_it_there_and_nowhere_else() {
        let mut sensors = SensorTable::default();
        let id = sensors.add(radar()).unwrap();
        let mut coverage = Coverage::new(&sensors);
        let (near, far) = (LatLon::new(20.1, 110.1), LatLon::new(20.1, 109.7));
        let now = EventTime::from_seconds(1_000);
        for _ in 0..20 {
            coverage.look(id, near, 0.95, now);
            coverage.look(id, far, 0.4, now);
        }
        let chart = island();
        let detection = |place| coverage.at(place, SMALL_BOAT_M, now, &chart).sights[0].detection.unwrap().share;
        assert!((detection(near) - 0.95).abs() < 0.01 && (detection(far) - 0.4).abs() < 0.01);
        assert_eq!(coverage.at(LatLon::new(20.5, 110.0), SMALL_BOAT_M, now, &chart).sights[0].detection, None);
    }

    #[test]
    fn a_ship_heard_every_second_time_shows_that_half_is_received() {
        let mut coverage = Coverage::new(&SensorTable::default());
        let place = LatLon::new(20.2, 110.2);
        let report = AisPosition {
            mmsi: Mmsi::new(412_000_001).unwrap(),
            station: AisStation::ClassA,
            position: place,
            step_deg: 1.0 / 600_000.0,
            accurate: true,
            sog_mps: Some(5.0),
            cog_deg: Some(90.0),
            heading_deg: None,
            nav_status: Some(0),
            utc_second: None,
        };
        // Under way it sends every ten seconds.
        for number in 0..60 {
            coverage.hear(&report, EventTime::from_seconds(1_000 + 20 * number));
        }
        let chart = island();
        let now = EventTime::from_seconds(2_200);
        let seen = coverage.at(place, SMALL_BOAT_M, now, &chart);
        assert!((seen.ais_class_a.unwrap().share - 0.5).abs() < 0.05, "{:?}", seen.ais_class_a);
        assert_eq!(seen.ais_class_b, None, "nothing of class B was heard");
        let hours_later = now.plus_seconds(4.0 * 3_600.0);
        assert_eq!(coverage.at(place, SMALL_BOAT_M, hours_later, &chart).ais_class_a, None, "that is long ago");
        let far = LatLon::new(20.9, 110.2);
        assert_eq!(coverage.at(far, SMALL_BOAT_M, now, &chart).ais_class_a, None, "nobody was heard there");
    }
}
