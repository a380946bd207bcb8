//! What the rest of the program sees of a track: read only, predicted to the instant asked for.

use arrayvec::ArrayVec;

use super::hull::HullNumber;
use super::stated::Stated;
use crate::feed::observation::{Dimensions, EoActivity, EoClass, Text20};
use crate::geodesy::LatLon;
use crate::units::{Bearing, EventTime, Mmsi, SensorId, TrackId, VesselClass};

/// Which kinds of sensor hold a track.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Sources {
    /// AIS reports.
    pub ais: bool,
    /// Radar plots or tracks.
    pub radar: bool,
    /// Camera detections.
    pub eo: bool,
    /// Reports of other systems.
    pub report: bool,
}

/// Who a track is, as far as AIS and cameras tell. Each field is the latest word heard under the track's identity.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Identity {
    /// The most probable MMSI.
    pub mmsi: Option<Mmsi>,
    /// How probable that MMSI is, 0 to 1.
    pub mmsi_probability: f64,
    /// Whether the AIS transponder is class A (`false`: class B, or no AIS heard).
    pub class_a: bool,
    /// Number of the International Maritime Organization.
    pub imo: Option<u32>,
    /// Name.
    pub name: Option<Text20>,
    /// Call sign.
    pub callsign: Option<Text20>,
    /// AIS type of ship and cargo.
    pub ship_type: Option<u8>,
    /// Size of the hull by AIS.
    pub dimensions: Option<Dimensions>,
    /// Latest navigational status, 0 to 14.
    pub nav_status: Option<u8>,
    /// Heading of the latest report in degrees true, where it gave one: where the bow points, not where the craft goes.
    pub heading_deg: Option<f64>,
}

/// Something a camera saw a track do.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct EoSighting {
    /// When.
    pub time: EventTime,
    /// Which camera.
    pub sensor: SensorId,
    /// What class it took the craft for, and how sure it was (0 to 1).
    pub class: EoClass,
    /// Confidence of the class, 0 to 1.
    pub class_confidence: f64,
    /// What it saw it doing.
    pub activity: Option<EoActivity>,
    /// How probable it is that the camera saw this track and no other in its beam, 0 to 1.
    pub association: f64,
    /// The picture that it took, where it says that it did.
    pub picture: Option<Box<PictureRef>>,
}

/// Where a picture of a camera is: by the site's own word, and by what it shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PictureRef {
    /// The site's reference, such as an address. Never followed by this program.
    pub reference: Option<Box<str>>,
    /// SHA-256 of the picture as the camera's side computed it.
    pub sha256: Option<[u8; 32]>,
}

impl PictureRef {
    /// The SHA-256 as 64 hexadecimal digits.
    pub fn sha256_digits(&self) -> Option<String> {
        use std::fmt::Write;
        self.sha256.map(|hash| {
            hash.iter().fold(String::with_capacity(64), |mut digits, byte| {
                let _ = write!(digits, "{byte:02x}");
                digits
            })
        })
    }
}

/// Reports under the MMSI of a track that point to another place than where sensors follow the track.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct AisElsewhere {
    /// When the first of them was made.
    pub since: EventTime,
    /// When the last of them was made.
    pub last: EventTime,
    /// Where the last of them points to.
    pub position: LatLon,
}

/// One track at one instant.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct TrackState {
    /// Its number, constant for life.
    pub id: TrackId,
    /// The instant for which everything below holds (predicted from the last measurement).
    pub time: EventTime,
    /// When the first of its measurements was made.
    pub first_seen: EventTime,
    /// When the last of its measurements was made, of any sensor.
    pub last_seen: EventTime,
    /// The middle of the hull.
    pub position: LatLon,
    /// Velocity to the east in m/s.
    pub east_mps: f64,
    /// Velocity to the north in m/s.
    pub north_mps: f64,
    /// Variance of the position to the east, covariance, variance to the north; square metres.
    pub position_covariance_m2: [f64; 3],
    /// One sigma of the speed in m/s.
    pub speed_sigma_mps: f64,
    /// Probability that the craft lies still.
    pub stopped_probability: f64,
    /// Probability that there is a craft at all.
    pub existence: f64,
    /// Shown to officers: existence was high enough once and has not fallen since.
    pub confirmed: bool,
    /// Kinds of sensor that measured it in the last minute; AIS also while the next report of a vessel at rest is not due.
    pub sources: Sources,
    /// When AIS last measured it.
    pub last_ais: Option<EventTime>,
    /// When radar last measured it.
    pub last_radar: Option<EventTime>,
    /// When a camera last measured it.
    pub last_eo: Option<EventTime>,
    /// Who it is.
    pub identity: Identity,
    /// The most probable class by cameras, and its probability.
    pub eo_class: Option<(EoClass, f64)>,
    /// Length in metres by AIS, else by cameras and radar.
    pub length_m: Option<f64>,
    /// The number that cameras have read from its hull, as an MMSI: what stands there, whatever its transponder says.
    pub hull: Option<HullNumber>,
    /// The latest sightings by cameras, newest last.
    pub sightings: ArrayVec<EoSighting, 8>,
    /// Its AIS reports contradict where radar and cameras see it: where they point to instead.
    pub ais_elsewhere: Option<AisElsewhere>,
    /// The larger track that hides it: lying alongside, the two give one plot.
    pub merged_with: Option<TrackId>,
    /// What an officer has said of it, beside what the sensors tell; fusion itself knows nothing of it.
    pub stated: Option<Box<Stated>>,
}

impl TrackState {
    /// The class that it most probably is of: by what an officer has said, by its AIS type, else by what cameras take it for.
    pub fn class(&self) -> Option<VesselClass> {
        let seen = || self.eo_class.and_then(|(class, _)| class.vessel_class());
        let stated = self.stated.as_ref().and_then(|stated| stated.class);
        stated.or_else(|| self.identity.ship_type.and_then(VesselClass::of_ship_type)).or_else(seen)
    }

    /// Speed over ground in m/s.
    pub fn sog_mps(&self) -> f64 {
        self.east_mps.hypot(self.north_mps)
    }

    /// Course over ground; north when it lies still.
    pub fn cog(&self) -> Bearing {
        Bearing::of_vector(self.east_mps, self.north_mps)
    }

    /// One sigma of the position along the worst direction, in metres.
    pub fn position_sigma_m(&self) -> f64 {
        let [east, cross, north] = self.position_covariance_m2;
        let middle = (east + north) / 2.0;
        let radius = ((east - north) / 2.0).hypot(cross);
        (middle + radius).max(0.0).sqrt()
    }
}
