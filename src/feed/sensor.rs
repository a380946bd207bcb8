//! What is known of the sensors themselves: where they stand and what their makers claim.

use crate::geodesy::LatLon;
use crate::units::SensorId;

/// The three families of sensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SensorKind {
    /// A receiver of the Automatic Identification System.
    Ais,
    /// A coastal surveillance radar.
    Radar,
    /// A photoelectric (visible or infrared) camera.
    Eo,
}

impl SensorKind {
    /// The word used in files and on the wire: `ais`, `radar` or `eo`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ais => "ais",
            Self::Radar => "radar",
            Self::Eo => "eo",
        }
    }
}

/// One sensor as configured.
#[derive(Clone, Debug, PartialEq)]
pub struct Sensor {
    /// Its name, unique in the table: `radar1`.
    pub name: String,
    /// Which family it belongs to.
    pub kind: SensorKind,
    /// Where the antenna or camera stands. Needed for radar and EO: their measurements are relative to it.
    pub position: Option<LatLon>,
    /// Height of the antenna or camera above the sea in metres.
    pub height_m: Option<f64>,
    /// What is claimed of a radar; `None` for other kinds.
    pub radar: Option<RadarClaims>,
    /// What is claimed of a camera; `None` for other kinds.
    pub eo: Option<EoClaims>,
}

/// A radar's identity and the performance that its maker claims. A constant bias in range and azimuth that nobody
/// states may come on top; fusion estimates it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RadarClaims {
    /// System Area Code of its ASTERIX records.
    pub sac: u8,
    /// System Identification Code of its ASTERIX records.
    pub sic: u8,
    /// Instrumented range in metres.
    pub max_range_m: f64,
    /// Seconds for one turn of the antenna.
    pub scan_s: f64,
    /// One sigma of range noise in metres.
    pub sigma_range_m: f64,
    /// One sigma of azimuth noise in degrees.
    pub sigma_azimuth_deg: f64,
}

/// The performance that the maker of a camera claims.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EoClaims {
    /// Farthest range of detection in metres.
    pub max_range_m: f64,
    /// One sigma of azimuth noise in degrees.
    pub sigma_azimuth_deg: f64,
}

/// All sensors of an area, numbered by [`SensorId`] in the order given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SensorTable {
    sensors: Vec<Sensor>,
}

/// Why a sensor cannot be added to a [`SensorTable`].
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SensorTableError {
    /// Two sensors bear one name.
    #[error("sensor '{0}' is listed twice: give each sensor a name of its own")]
    DuplicateName(String),
    /// Two radars bear one SAC/SIC.
    #[error("sensors '{0}' and '{1}' both claim SAC/SIC {2}/{3}: each radar needs its own")]
    DuplicateSacSic(String, String, u8, u8),
    /// A radar or camera without a position.
    #[error("sensor '{0}' has no position: a radar or camera measures from where it stands, so add lat and lon")]
    NoPosition(String),
    /// A position outside the globe.
    #[error("sensor '{0}' stands at {1}, {2}, which is no place on earth: check lat and lon")]
    BadPosition(String, f64, f64),
    /// More sensors than a [`SensorId`] can number.
    #[error("more than {} sensors: split the area", SensorTable::MAX)]
    TooMany,
}

impl SensorTable {
    /// The most sensors that one table takes: ten times the "hundreds of sites" that an area is built for.
    pub const MAX: usize = 4096;

    /// Adds a sensor and returns its number.
    ///
    /// # Errors
    /// [`SensorTableError`] when its name or SAC/SIC is taken, or a radar or camera has no valid position.
    pub fn add(&mut self, sensor: Sensor) -> Result<SensorId, SensorTableError> {
        if self.sensors.len() >= Self::MAX {
            return Err(SensorTableError::TooMany);
        }
        if self.sensors.iter().any(|other| other.name == sensor.name) {
            return Err(SensorTableError::DuplicateName(sensor.name));
        }
        match sensor.position {
            None if sensor.kind != SensorKind::Ais => return Err(SensorTableError::NoPosition(sensor.name)),
            Some(place) if !place.is_valid() => {
                return Err(SensorTableError::BadPosition(sensor.name, place.lat_deg, place.lon_deg));
            }
            _ => {}
        }
        if let Some(radar) = sensor.radar
            && let Some(twin) = self.radar_by_code(radar.sac, radar.sic)
        {
            let twin = self.sensors[twin.index()].name.clone();
            return Err(SensorTableError::DuplicateSacSic(twin, sensor.name, radar.sac, radar.sic));
        }
        self.sensors.push(sensor);
        Ok(SensorId((self.sensors.len() - 1) as u16))
    }

    /// The sensor with this number, if there is one.
    pub fn get(&self, id: SensorId) -> Option<&Sensor> {
        self.sensors.get(id.index())
    }

    /// The number of the sensor with this name.
    pub fn by_name(&self, name: &str) -> Option<SensorId> {
        self.sensors.iter().position(|sensor| sensor.name == name).map(|index| SensorId(index as u16))
    }

    /// The number of the radar with this SAC/SIC.
    pub fn radar_by_code(&self, sac: u8, sic: u8) -> Option<SensorId> {
        self.sensors
            .iter()
            .position(|sensor| sensor.radar.is_some_and(|radar| (radar.sac, radar.sic) == (sac, sic)))
            .map(|index| SensorId(index as u16))
    }

    /// All sensors with their numbers, in order.
    pub fn iter(&self) -> impl Iterator<Item = (SensorId, &Sensor)> {
        self.sensors.iter().enumerate().map(|(index, sensor)| (SensorId(index as u16), sensor))
    }

    /// How many sensors there are.
    pub fn len(&self) -> usize {
        self.sensors.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.sensors.is_empty()
    }
}
