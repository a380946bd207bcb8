//! A small sea with boats, one radar, one AIS station and one camera on a shore site, a second camera down the coast, and another
//! system that tells of craft: what a tracker is tested on.
//!
//! Its own random numbers, so that a test sees the same sea on every machine.

#![allow(clippy::unwrap_used)]

use shorewatch::feed::observation::{
    AisPosition, AisStatic, AisStation, Content, Dimensions, EoClass, EoDetection, ForeignId, Observation, RadarPlot,
    TrackReport,
};
use shorewatch::feed::sensor::{EoClaims, RadarClaims, Sensor, SensorKind, SensorTable};
use shorewatch::fusion::{Fusion, FusionConfig, TrackState};
use shorewatch::geodesy::{LatLon, position_to_polar};
use shorewatch::units::{Bearing, EventTime, Mmsi, SensorId};

const SITE: LatLon = LatLon::new(20.1, 110.3);
/// Where the second camera stands: six kilometres down the coast.
const SECOND_SITE: LatLon = LatLon::new(20.1, 110.357_4);
const SCAN_S: f64 = 3.0;
const SIGMA_RANGE_M: f64 = 12.0;
const SIGMA_AZIMUTH_DEG: f64 = 0.15;
const START_MS: i64 = 1_776_438_398_000;

/// A craft and what it does.
#[derive(Clone)]
pub struct Boat {
    east_m: f64,
    north_m: f64,
    speed_mps: f64,
    course_deg: f64,
    mmsi: Option<u32>,
    sends_from_s: f64,
    silent_from_s: f64,
    /// Comes in until the first, lies until the second, goes back the way it came.
    alongside: Option<(f64, f64)>,
}

impl Boat {
    /// A craft that lies still, east and north of the site.
    pub fn new(east_m: f64, north_m: f64) -> Self {
        Self {
            east_m,
            north_m,
            speed_mps: 0.0,
            course_deg: 0.0,
            mmsi: None,
            sends_from_s: 0.0,
            silent_from_s: f64::INFINITY,
            alongside: None,
        }
    }

    pub fn runs(self, speed_mps: f64, course_deg: f64) -> Self {
        Self { speed_mps, course_deg, ..self }
    }

    pub fn sends(self, mmsi: u32) -> Self {
        Self { mmsi: Some(mmsi), ..self }
    }

    pub fn sends_from(self, at_s: f64) -> Self {
        Self { sends_from_s: at_s, ..self }
    }

    pub fn silent_from(self, at_s: f64) -> Self {
        Self { silent_from_s: at_s, ..self }
    }

    /// Runs east for `run_s`, lies `lie_s` hidden from radar, and runs back west.
    pub fn goes_alongside_and_back(self, speed_mps: f64, run_s: f64, lie_s: f64) -> Self {
        Self { speed_mps, course_deg: 90.0, alongside: Some((run_s, run_s + lie_s)), ..self }
    }

    fn way_s(&self, at_s: f64) -> f64 {
        match self.alongside {
            None => at_s,
            Some((come, _)) if at_s < come => at_s,
            Some((come, go)) if at_s < go => come,
            Some((come, go)) => come - (at_s - go),
        }
    }

    fn is_hidden(&self, at_s: f64) -> bool {
        self.alongside.is_some_and(|(come, go)| (come - 5.0..go + 5.0).contains(&at_s))
    }

    pub fn place(&self, at_s: f64) -> LatLon {
        let (sin, cos) = Bearing::from_deg(self.course_deg).unit_vector();
        let way_m = self.speed_mps * self.way_s(at_s);
        SITE.moved_m(self.east_m + way_m * sin, self.north_m + way_m * cos)
    }
}

/// Boats and sensors.
pub struct Sea {
    pub fusion: Fusion,
    boats: Vec<Boat>,
    now_s: f64,
    random: u64,
    sequence: u64,
    range_bias_m: f64,
    azimuth_bias_deg: f64,
    false_plots: f64,
    delay: bool,
    held: Vec<(f64, Observation)>,
}

impl Sea {
    pub fn new(seed: u64) -> Self {
        let mut sensors = SensorTable::default();
        let base = |name: &str, kind| Sensor {
            name: name.to_owned(),
            kind,
            position: Some(SITE),
            height_m: Some(80.0),
            radar: None,
            eo: None,
            report: None,
            mount: None,
        };
        let claims = RadarClaims {
            sac: 65,
            sic: 10,
            max_range_m: 40_000.0,
            scan_s: SCAN_S,
            sigma_range_m: SIGMA_RANGE_M,
            sigma_azimuth_deg: SIGMA_AZIMUTH_DEG,
        };
        sensors.add(Sensor { radar: Some(claims), ..base("radar1", SensorKind::Radar) }).unwrap();
        sensors.add(base("ais1", SensorKind::Ais)).unwrap();
        let camera = EoClaims { max_range_m: 12_000.0, sigma_azimuth_deg: 0.05 };
        sensors.add(Sensor { eo: Some(camera), ..base("eo1", SensorKind::Eo) }).unwrap();
        let down_the_coast = Sensor { position: Some(SECOND_SITE), ..base("eo2", SensorKind::Eo) };
        sensors.add(Sensor { eo: Some(camera), ..down_the_coast }).unwrap();
        sensors.add(base("fleet", SensorKind::Report)).unwrap();
        Self {
            fusion: Fusion::new(FusionConfig::default(), &sensors),
            boats: Vec::new(),
            now_s: 0.0,
            random: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            sequence: 0,
            range_bias_m: 0.0,
            azimuth_bias_deg: 0.0,
            false_plots: 0.0,
            delay: false,
            held: Vec::new(),
        }
    }

    pub fn radar_bias(self, range_bias_m: f64, azimuth_bias_deg: f64) -> Self {
        Self { range_bias_m, azimuth_bias_deg, ..self }
    }

    pub fn false_plots_a_turn(self, false_plots: f64) -> Self {
        Self { false_plots, ..self }
    }

    /// Whether one observation in twenty comes eight seconds late.
    pub fn delay_some(&mut self, delay: bool) {
        self.delay = delay;
    }

    pub fn add(&mut self, boat: Boat) {
        self.boats.push(boat);
    }

    /// Lets time pass up to `until_s` and returns the picture then.
    pub fn run(&mut self, until_s: f64) -> Vec<TrackState> {
        while self.now_s + 1.0 <= until_s {
            self.now_s += 1.0;
            self.second();
        }
        let at = time(self.now_s);
        self.fusion.advance(at);
        self.fusion.settle();
        self.fusion.tracks(at)
    }

    fn second(&mut self) {
        let now_s = self.now_s;
        for number in 0..self.boats.len() {
            let boat = self.boats[number].clone();
            // The antenna passes each boat once a turn, at its own moment.
            let sweep_s = (number as f64 * 0.37) % 1.0;
            if (now_s as u64 + number as u64).is_multiple_of(SCAN_S as u64)
                && !boat.is_hidden(now_s)
                && self.uniform() < 0.9
            {
                self.plot(now_s + sweep_s - 1.0, boat.place(now_s + sweep_s - 1.0));
            }
            if let Some(mmsi) = boat.mmsi
                && (boat.sends_from_s..boat.silent_from_s).contains(&now_s)
            {
                if (now_s as u64 + number as u64).is_multiple_of(6) {
                    self.report(now_s - 0.2, mmsi, boat.place(now_s - 0.2), boat.speed_mps, boat.course_deg);
                }
                if now_s as u64 % 60 == number as u64 {
                    self.describe(now_s, mmsi);
                }
            }
        }
        let mut expected = self.false_plots / SCAN_S;
        while self.uniform() < expected {
            expected -= 1.0;
            let (range, azimuth) = (1_000.0 + 25_000.0 * self.uniform(), 360.0 * self.uniform());
            self.push(SensorId(0), now_s, plot(range, azimuth));
        }
        let due: Vec<_> = (0..self.held.len()).filter(|&i| self.held[i].0 <= now_s).collect();
        for index in due.into_iter().rev() {
            let (_, mut observation) = self.held.remove(index);
            observation.received = time(now_s);
            self.fusion.push(&observation);
        }
    }

    fn plot(&mut self, at_s: f64, place: LatLon) {
        let (azimuth, range_m) = position_to_polar(SITE, place);
        let range_m = range_m + self.range_bias_m + SIGMA_RANGE_M * self.gauss();
        let azimuth_deg = azimuth.deg() + self.azimuth_bias_deg + SIGMA_AZIMUTH_DEG * self.gauss();
        self.push(SensorId(0), at_s, plot(range_m, Bearing::from_deg(azimuth_deg).deg()));
    }

    fn report(&mut self, at_s: f64, mmsi: u32, place: LatLon, sog_mps: f64, cog_deg: f64) {
        let position = place.moved_m(2.0 * self.gauss(), 2.0 * self.gauss());
        let content = Content::AisPosition(AisPosition {
            mmsi: Mmsi::new(mmsi).unwrap(),
            station: AisStation::ClassA,
            position,
            step_deg: 1.0 / 600_000.0,
            accurate: true,
            sog_mps: Some(sog_mps),
            cog_deg: Some(cog_deg),
            heading_deg: Some(cog_deg),
            nav_status: Some(0),
            utc_second: None,
        });
        self.push(SensorId(1), at_s, content);
    }

    /// One report out of its turn.
    pub fn report_at(&mut self, at_s: f64, mmsi: u32, place: LatLon) {
        self.report(at_s, mmsi, place, 6.0, 10.0);
    }

    /// One report of a craft that swings at its anchor.
    pub fn swing_at(&mut self, at_s: f64, mmsi: u32, place: LatLon, cog_deg: f64) {
        self.report(at_s, mmsi, place, 0.6, cog_deg);
    }

    /// One report of a vessel that lies still.
    pub fn rest_at(&mut self, at_s: f64, mmsi: u32, place: LatLon) {
        self.report(at_s, mmsi, place, 0.0, 0.0);
    }

    /// One plot of a boat under the number of the radar's own track, which may end with it.
    pub fn numbered_plot(&mut self, at_s: f64, boat: &Boat, number: u16, ended: bool) {
        let (azimuth, range_m) = position_to_polar(SITE, boat.place(at_s));
        let range_m = range_m + SIGMA_RANGE_M * self.gauss();
        let azimuth_deg = Bearing::from_deg(azimuth.deg() + SIGMA_AZIMUTH_DEG * self.gauss()).deg();
        let Content::RadarPlot(plot) = plot(range_m, azimuth_deg) else { return };
        let plot = RadarPlot { track_number: Some(number), track_ended: ended, ..plot };
        self.push(SensorId(0), at_s, Content::RadarPlot(plot));
    }

    /// One look of the camera at a boat, without range.
    pub fn look_at(&mut self, at_s: f64, boat: &Boat) {
        self.look(at_s, boat, (SensorId(2), SITE), None);
    }

    /// One look of the second camera.
    pub fn look_from_second(&mut self, at_s: f64, boat: &Boat) {
        self.look(at_s, boat, (SensorId(3), SECOND_SITE), None);
    }

    /// One look of the camera, close enough to read the number on the hull.
    pub fn read_hull(&mut self, at_s: f64, boat: &Boat, number: u32) {
        self.look(at_s, boat, (SensorId(2), SITE), Mmsi::new(number));
    }

    /// What another system tells of a boat: its place, with this one sigma, and its velocity.
    pub fn tell_of(&mut self, at_s: f64, boat: &Boat, sigma_m: f64) {
        self.tell(at_s, boat, sigma_m, Some((boat.speed_mps, boat.course_deg)));
    }

    /// The same without velocity.
    pub fn tell_place_of(&mut self, at_s: f64, boat: &Boat, sigma_m: f64) {
        self.tell(at_s, boat, sigma_m, None);
    }

    fn tell(&mut self, at_s: f64, boat: &Boat, sigma_m: f64, velocity: Option<(f64, f64)>) {
        let content = Content::TrackReport(TrackReport {
            id: ForeignId::from("7").unwrap(),
            mmsi: None,
            name: None,
            position: boat.place(at_s),
            sigma_m,
            sog_mps: velocity.map(|(sog_mps, _)| sog_mps),
            cog_deg: velocity.map(|(_, cog_deg)| cog_deg),
            length_m: None,
            ended: false,
            coasted: false,
            test_target: false,
        });
        self.push(SensorId(4), at_s, content);
    }

    fn look(&mut self, at_s: f64, boat: &Boat, (camera, site): (SensorId, LatLon), hull_mmsi: Option<Mmsi>) {
        let (azimuth, _) = position_to_polar(site, boat.place(at_s));
        // What sends is a ship of 80 m here.
        let (class, length_m) = if boat.mmsi.is_some() { (EoClass::Cargo, 80.0) } else { (EoClass::Fishing, 15.0) };
        let content = Content::EoDetection(EoDetection {
            azimuth_deg: Bearing::from_deg(azimuth.deg() + 0.05 * self.gauss()).deg(),
            elevation_deg: None,
            range_m: None,
            class,
            class_confidence: 0.8,
            length_m: Some(length_m),
            activity: None,
            hull_mmsi,
            image: None,
            image_sha256: None,
            range_sigma_m: None,
            label: None,
        });
        self.push(camera, at_s, content);
    }

    fn describe(&mut self, at_s: f64, mmsi: u32) {
        let content = Content::AisStatic(AisStatic {
            mmsi: Mmsi::new(mmsi).unwrap(),
            imo: None,
            name: None,
            callsign: None,
            ship_type: Some(70),
            dimensions: Some(Dimensions { to_bow_m: 40, to_stern_m: 40, to_port_m: 7, to_starboard_m: 7 }),
            destination: None,
            draught_m: None,
            mothership: None,
        });
        self.push(SensorId(1), at_s, content);
    }

    fn push(&mut self, sensor: SensorId, at_s: f64, content: Content) {
        self.sequence += 1;
        let received = time(at_s.max(self.now_s));
        let observation = Observation { sensor, time: time(at_s), received, sequence: self.sequence, content };
        if self.delay && self.sequence.is_multiple_of(20) && self.now_s < 560.0 {
            self.held.push((self.now_s + 8.0, observation));
        } else {
            self.fusion.push(&observation);
        }
    }

    /// Uniform in `[0, 1)`: xorshift64*, Vigna 2016.
    fn uniform(&mut self) -> f64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        (self.random.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Standard normal, by twelve uniforms.
    fn gauss(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

fn plot(range_m: f64, azimuth_deg: f64) -> Content {
    Content::RadarPlot(RadarPlot {
        range_m,
        azimuth_deg,
        track_number: None,
        velocity: None,
        track_ended: false,
        coasted: false,
        amplitude: None,
        length_m: None,
        test_target: false,
        rounding: shorewatch::feed::observation::Rounding::default(),
    })
}

fn time(seconds: f64) -> EventTime {
    EventTime::from_millis(START_MS).plus_seconds(seconds)
}
