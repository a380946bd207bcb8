//! What a sensor says, in one form for all sensors: the only thing that fusion sees of the outside world.

use arrayvec::ArrayString;

use crate::geodesy::LatLon;
use crate::units::{EventTime, Mmsi, SensorId, VesselClass};

/// Anything that a sensor says, with the times that belong to it.
///
/// Three times are kept apart: `time` is the sensor's own statement of when it measured (its clock may be off), `received`
/// is when the record reached the edge (stamped once when live, inferred for recordings), and processing time does not
/// exist in the core. Records are taken in order of (`received`, feed, `sequence`).
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// Which sensor.
    pub sensor: SensorId,
    /// When it measured, by its own clock; the date is resolved.
    pub time: EventTime,
    /// When the record was received.
    pub received: EventTime,
    /// Number of the record in its feed, counted from 0 and never used twice.
    pub sequence: u64,
    /// What it says.
    pub content: Content,
}

/// The kinds of statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// A position that a vessel reports of itself.
    AisPosition(AisPosition),
    /// Name, type and size that a vessel reports of itself.
    AisStatic(AisStatic),
    /// One detection of a radar.
    RadarPlot(RadarPlot),
    /// A radar's word about itself: north crossing, status.
    RadarService(RadarService),
    /// One detection of a camera: a bearing, seldom a range.
    EoDetection(EoDetection),
    /// Where another system says that a craft is: another fusion centre, a fleet's position service.
    TrackReport(TrackReport),
    /// Where the ship or vehicle is that carries the sensor: what it measures from now on is measured from there.
    Carrier(LatLon),
}

/// What sort of station sent an AIS position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AisStation {
    /// Class A shipborne (messages 1, 2, 3, and 27 of such a ship).
    ClassA,
    /// Class B shipborne (messages 18, 19).
    ClassB,
    /// Aircraft in search and rescue (message 9).
    SarAircraft,
    /// Base station on shore (messages 4, 11).
    BaseStation,
    /// Aid to navigation, real (message 21).
    AidToNavigation,
    /// Aid to navigation that is only broadcast (message 21, virtual flag): nothing is there.
    VirtualAid,
}

/// An AIS position report: messages 1, 2, 3, 4, 9, 11, 18, 19, 21 and 27 of ITU-R M.1371-5.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AisPosition {
    /// The claimed identity.
    pub mmsi: Mmsi,
    /// The sort of station.
    pub station: AisStation,
    /// The position of the GNSS antenna (not of the hull's middle).
    pub position: LatLon,
    /// One step of the position as sent, in degrees: 1/600000, or 1/600 for message 27.
    pub step_deg: f64,
    /// The sender claims better than 10 m.
    pub accurate: bool,
    /// Speed over ground in m/s; `None` when not available.
    pub sog_mps: Option<f64>,
    /// Course over ground in degrees true; `None` when not available.
    pub cog_deg: Option<f64>,
    /// Heading in degrees true; `None` when not available or out of range.
    pub heading_deg: Option<f64>,
    /// Navigational status 0 to 14 as sent; `None` for 15 (undefined) and for messages without one.
    pub nav_status: Option<u8>,
    /// UTC second of the position fix, 0 to 59; `None` when not given or the fix is not from a clock.
    pub utc_second: Option<u8>,
}

/// Text of up to 20 characters, without allocation.
pub type Text20 = ArrayString<20>;

/// Distances from the GNSS antenna to the edges of the hull in metres.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Dimensions {
    /// Metres to the bow.
    pub to_bow_m: u16,
    /// Metres to the stern.
    pub to_stern_m: u16,
    /// Metres to the port side.
    pub to_port_m: u8,
    /// Metres to the starboard side.
    pub to_starboard_m: u8,
}

impl Dimensions {
    /// Length over all in metres.
    pub fn length_m(&self) -> f64 {
        f64::from(self.to_bow_m) + f64::from(self.to_stern_m)
    }

    /// Beam in metres.
    pub fn beam_m(&self) -> f64 {
        f64::from(self.to_port_m) + f64::from(self.to_starboard_m)
    }

    /// From the antenna to the hull's middle: metres ahead and metres to starboard.
    ///
    /// `None` for what the standard lets a ship send when it gives its size without a reference point (bow or port 0).
    pub fn antenna_to_middle_m(&self) -> Option<(f64, f64)> {
        if self.to_bow_m == 0 && self.to_port_m == 0 {
            return None;
        }
        Some((
            (f64::from(self.to_bow_m) - f64::from(self.to_stern_m)) / 2.0,
            (f64::from(self.to_starboard_m) - f64::from(self.to_port_m)) / 2.0,
        ))
    }
}

/// AIS static data: messages 5, 19, 24 A and B. A field is `None` when the message does not carry it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AisStatic {
    /// The claimed identity.
    pub mmsi: Mmsi,
    /// Number of the International Maritime Organization.
    pub imo: Option<u32>,
    /// Name.
    pub name: Option<Text20>,
    /// Radio call sign.
    pub callsign: Option<Text20>,
    /// Type of ship and cargo, 1 to 255 (M.1371-5 table 53).
    pub ship_type: Option<u8>,
    /// Size of the hull about the antenna.
    pub dimensions: Option<Dimensions>,
    /// Destination as typed by the crew.
    pub destination: Option<Text20>,
    /// Draught in metres.
    pub draught_m: Option<f64>,
    /// Parent ship of an auxiliary craft.
    pub mothership: Option<Mmsi>,
}

/// A radar detection in polar coordinates from the site.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RadarPlot {
    /// Range in metres.
    pub range_m: f64,
    /// Azimuth at the site in degrees from true north.
    pub azimuth_deg: f64,
    /// The radar's own track number, when it tracks.
    pub track_number: Option<u16>,
    /// The radar's own velocity estimate, when it tracks: speed in m/s and course in degrees.
    pub velocity: Option<(f64, f64)>,
    /// The radar says this is the last report of its track.
    pub track_ended: bool,
    /// The radar predicts here without having measured.
    pub coasted: bool,
    /// Amplitude as sent (I010/131), when sent.
    pub amplitude: Option<u8>,
    /// Length of the echo in metres (I010/270), when sent.
    pub length_m: Option<f64>,
    /// The detection comes from a simulator or test target: shown to maintainers, never fused.
    pub test_target: bool,
    /// What the wire format's coarse steps add to the error.
    pub rounding: Rounding,
}

/// The error that a wire format adds by sending a measurement in steps: one sigma is a step by the root of twelve.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rounding {
    /// One sigma of the range in metres.
    pub range_m: f64,
    /// One sigma of the azimuth in degrees.
    pub azimuth_deg: f64,
}

impl Rounding {
    /// The rounding of a format with these steps.
    pub fn of_steps(range_m: f64, azimuth_deg: f64) -> Self {
        // The standard deviation of an even distribution over one step.
        let sigma = |step: f64| step / 12.0_f64.sqrt();
        Self { range_m: sigma(range_m), azimuth_deg: sigma(azimuth_deg) }
    }
}

/// What a radar says of itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RadarService {
    /// The antenna begins a new turn.
    StartOfCycle,
    /// The antenna crosses into a sector that begins at this azimuth, in degrees from true north.
    Sector {
        /// Where the sector begins.
        azimuth_deg: f64,
    },
    /// How long one turn of the antenna takes, in seconds.
    Rotation {
        /// Seconds for one turn.
        period_s: f64,
    },
    /// Status: operational or not, as far as told.
    Status {
        /// The site may be used operationally.
        operational: bool,
    },
}

/// What a camera takes a craft for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum EoClass {
    /// Cargo ship.
    Cargo,
    /// Tanker.
    Tanker,
    /// Ferry or cruise ship.
    Passenger,
    /// Fishing craft.
    Fishing,
    /// Fast open boat.
    Speedboat,
    /// Tug.
    Tug,
    /// Patrol craft.
    Patrol,
    /// Anything else.
    Other,
}

impl EoClass {
    /// All classes, in declaration order.
    pub const ALL: [Self; 8] = [
        Self::Cargo,
        Self::Tanker,
        Self::Passenger,
        Self::Fishing,
        Self::Speedboat,
        Self::Tug,
        Self::Patrol,
        Self::Other,
    ];

    /// The class of vessel that is meant; `None` for what is none of them.
    pub const fn vessel_class(self) -> Option<VesselClass> {
        Some(match self {
            Self::Cargo => VesselClass::Cargo,
            Self::Tanker => VesselClass::Tanker,
            Self::Passenger => VesselClass::Passenger,
            Self::Fishing => VesselClass::Fishing,
            Self::Speedboat => VesselClass::Speedboat,
            Self::Tug => VesselClass::Tug,
            Self::Patrol => VesselClass::Patrol,
            Self::Other => return None,
        })
    }

    /// The word used in the JSON Lines: `cargo`, `tanker` and so on.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cargo => "cargo",
            Self::Tanker => "tanker",
            Self::Passenger => "passenger",
            Self::Fishing => "fishing",
            Self::Speedboat => "speedboat",
            Self::Tug => "tug",
            Self::Patrol => "patrol",
            Self::Other => "other",
        }
    }
}

/// What a camera sees a craft do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum EoActivity {
    /// Making way.
    Underway,
    /// Not moving.
    Stopped,
    /// Lying alongside another vessel.
    AlongsideVessel,
    /// Goods go from vessel to vessel.
    CargoTransfer,
    /// Run up on the beach.
    Beached,
    /// Goods go ashore.
    LandingGoods,
}

impl EoActivity {
    /// The word used in the JSON Lines: `underway`, `stopped`, `alongside_vessel` and so on.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Underway => "underway",
            Self::Stopped => "stopped",
            Self::AlongsideVessel => "alongside_vessel",
            Self::CargoTransfer => "cargo_transfer",
            Self::Beached => "beached",
            Self::LandingGoods => "landing_goods",
        }
    }
}

/// A detection of a camera. Without `range_m` it is a bearing alone, which is a measurement in its own right.
#[derive(Clone, Debug, PartialEq)]
pub struct EoDetection {
    /// Azimuth at the site in degrees from true north.
    pub azimuth_deg: f64,
    /// Elevation above the horizon in degrees.
    pub elevation_deg: Option<f64>,
    /// Range in metres, where the laser rangefinder was fired.
    pub range_m: Option<f64>,
    /// What the camera takes it for.
    pub class: EoClass,
    /// How sure it is, 0 to 1.
    pub class_confidence: f64,
    /// Estimated length in metres.
    pub length_m: Option<f64>,
    /// What it is seen doing.
    pub activity: Option<EoActivity>,
    /// An MMSI read from the hull number.
    pub hull_mmsi: Option<Mmsi>,
    /// Reference of the picture.
    pub image: Option<Box<str>>,
    /// SHA-256 of the picture as the camera's side computed it: evidence that the picture was not exchanged later.
    pub image_sha256: Option<[u8; 32]>,
    /// One sigma of the range in metres where it does not come from a laser but was computed: from the depression of the
    /// camera on a flat sea, or by the camera's own geolocation. `None` for a laser.
    pub range_sigma_m: Option<f64>,
    /// The camera's own word for what it sees, where that is none of [`EoClass`]: its list is open.
    pub label: Option<Box<str>>,
}

/// Text of up to 32 bytes, without allocation: how another system numbers a craft.
pub type ForeignId = ArrayString<32>;

/// A craft's position as another system reports it. It is an opinion with a source, not a measurement of ours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrackReport {
    /// How the other system numbers or names the craft: the same for as long as it means the same craft.
    pub id: ForeignId,
    /// The MMSI that the other system gives it.
    pub mmsi: Option<Mmsi>,
    /// The craft's name, as far as the other system knows it.
    pub name: Option<Text20>,
    /// Where it is.
    pub position: LatLon,
    /// One sigma of the position in metres, east and north alike.
    pub sigma_m: f64,
    /// Speed over ground in m/s.
    pub sog_mps: Option<f64>,
    /// Course over ground in degrees true.
    pub cog_deg: Option<f64>,
    /// Length of the craft in metres.
    pub length_m: Option<f64>,
    /// The other system ends this track with this report.
    pub ended: bool,
    /// The other system predicts here without having measured.
    pub coasted: bool,
    /// A simulated or test track: shown to maintainers, never fused.
    pub test_target: bool,
}
