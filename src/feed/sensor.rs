//! What is known of the sensors themselves: where they stand and what their makers claim.

use crate::geodesy::LatLon;
use crate::units::SensorId;

/// The families of sensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum SensorKind {
    /// A receiver of the Automatic Identification System.
    Ais,
    /// A coastal surveillance radar.
    Radar,
    /// A photoelectric (visible or infrared) camera.
    Eo,
    /// Another system that reports where craft are: a fusion centre (ASTERIX CAT062), the position service of a fishing fleet.
    Report,
}

impl SensorKind {
    /// All of them, in declaration order.
    pub const ALL: [Self; 4] = [Self::Ais, Self::Radar, Self::Eo, Self::Report];

    /// The word used in files and on the wire: `ais`, `radar`, `eo` or `report`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ais => "ais",
            Self::Radar => "radar",
            Self::Eo => "eo",
            Self::Report => "report",
        }
    }
}

/// One sensor as configured.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
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
    /// What is known of a system that reports positions; `None` for other kinds.
    pub report: Option<ReportClaims>,
    /// How a camera is mounted, for formats that tell pan and pixels instead of true bearings; `None` for other kinds.
    pub mount: Option<CameraMount>,
}

impl Sensor {
    /// SAC and SIC of its ASTERIX records, where it has such.
    pub fn code(&self) -> Option<[u8; 2]> {
        self.radar.and_then(|radar| radar.code()).or(self.report.and_then(|report| report.code))
    }
}

/// A radar's identity and the performance that its maker claims. A constant bias in range and azimuth that nobody
/// states may come on top; fusion estimates it.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct RadarClaims {
    /// System Area Code of its ASTERIX records. 0/0 stands for a radar without such a code: one that speaks NMEA 0183.
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
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct EoClaims {
    /// Farthest range of detection in metres.
    pub max_range_m: f64,
    /// One sigma of azimuth noise in degrees.
    pub sigma_azimuth_deg: f64,
}

impl RadarClaims {
    /// SAC and SIC; `None` for a radar that has none.
    pub fn code(&self) -> Option<[u8; 2]> {
        ((self.sac, self.sic) != (0, 0)).then_some([self.sac, self.sic])
    }
}

/// What is known of a system that reports positions.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ReportClaims {
    /// SAC and SIC of its ASTERIX CAT062 records, where it sends such.
    pub code: Option<[u8; 2]>,
    /// One sigma of its positions in metres, where they do not tell it themselves.
    pub sigma_m: Option<f64>,
}

/// How a camera is mounted and what its lens shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct CameraMount {
    /// True bearing of the pan position zero, in degrees.
    pub heading_deg: f64,
    /// Half of the horizontal field of view in degrees at the widest zoom, where the camera does not tell it.
    pub half_view_deg: Option<f64>,
}

/// All sensors of an area, numbered by [`SensorId`] in the order given.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
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
    #[error("sensors '{0}' and '{1}' both claim SAC/SIC {2}/{3}: each needs its own")]
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
            None if matches!(sensor.kind, SensorKind::Radar | SensorKind::Eo) => {
                return Err(SensorTableError::NoPosition(sensor.name));
            }
            Some(place) if !place.is_valid() => {
                return Err(SensorTableError::BadPosition(sensor.name, place.lat_deg, place.lon_deg));
            }
            _ => {}
        }
        if let Some([sac, sic]) = sensor.code()
            && let Some((_, twin)) = self.iter().find(|(_, other)| other.code() == Some([sac, sic]))
        {
            let twin = twin.name.clone();
            return Err(SensorTableError::DuplicateSacSic(twin, sensor.name, sac, sic));
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
