//! From messages to what fusion takes: positions and static data.

use arrayvec::ArrayVec;

use super::message::{Body, Message};
use super::position::ClassBExtended;
use super::quantity::{CoarsePosition, FixSecond, Position};
use super::static_data::{StaticReport, StaticVoyage};
use crate::feed::observation::{AisPosition, AisStatic, AisStation, Content, Dimensions, Text20};
use crate::geodesy::LatLon;
use crate::units::Mmsi;

/// Why a sound message gives nothing to fuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoContent {
    /// Its type carries neither a vessel's position nor static data.
    OtherType,
    /// Its MMSI is 0 or has more than nine digits.
    BadMmsi,
    /// It says that its position, or all of its static data, is not available.
    NotAvailable,
}

impl NoContent {
    /// The name used in summaries: `other_type`, `bad_mmsi`, `not_available`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OtherType => "other_type",
            Self::BadMmsi => "bad_mmsi",
            Self::NotAvailable => "not_available",
        }
    }
}

impl Message<'_> {
    /// What this message says for fusion: a position, static data, or (type 19) both.
    ///
    /// # Errors
    /// [`NoContent`] when there is neither.
    pub fn contents(&self) -> Result<ArrayVec<Content, 2>, NoContent> {
        let is_other = !matches!(self.message_type, 1..=5 | 9 | 11 | 18 | 19 | 21 | 24 | 27);
        if is_other {
            return Err(NoContent::OtherType);
        }
        let mmsi = Mmsi::new(self.mmsi).ok_or(NoContent::BadMmsi)?;
        let mut contents = ArrayVec::new();
        contents.extend(self.position(mmsi).map(Content::AisPosition));
        contents.extend(self.static_data(mmsi).map(Content::AisStatic));
        if contents.is_empty() { Err(NoContent::NotAvailable) } else { Ok(contents) }
    }

    fn position(&self, mmsi: Mmsi) -> Option<AisPosition> {
        Some(match &self.body {
            Body::ClassAPosition(report) => AisPosition {
                sog_mps: report.sog.mps(),
                cog_deg: report.cog.deg(),
                heading_deg: report.heading.deg(),
                nav_status: status(report.nav_status),
                ..fix(mmsi, AisStation::ClassA, report.position, report.accurate, report.second)?
            },
            Body::ClassBPosition(report) => AisPosition {
                sog_mps: report.sog.mps(),
                cog_deg: report.cog.deg(),
                heading_deg: report.heading.deg(),
                ..fix(mmsi, AisStation::ClassB, report.position, report.accurate, report.second)?
            },
            Body::ClassBExtended(report) => AisPosition {
                sog_mps: report.sog.mps(),
                cog_deg: report.cog.deg(),
                heading_deg: report.heading.deg(),
                ..fix(mmsi, AisStation::ClassB, report.position, report.accurate, report.second)?
            },
            Body::SarAircraft(report) => AisPosition {
                sog_mps: report.sog.mps(),
                cog_deg: report.cog.deg(),
                ..fix(mmsi, AisStation::SarAircraft, report.position, report.accurate, report.second)?
            },
            Body::BaseStation(report) => {
                let second = FixSecond(report.utc.second);
                fix(mmsi, AisStation::BaseStation, report.position, report.accurate, second)?
            }
            Body::AidToNavigation(report) => {
                let station = if report.virtual_aid { AisStation::VirtualAid } else { AisStation::AidToNavigation };
                fix(mmsi, station, report.position, report.accurate, report.second)?
            }
            Body::LongRange(report) => AisPosition {
                sog_mps: report.sog.mps(),
                cog_deg: report.cog_deg(),
                nav_status: status(report.nav_status),
                ..bare(
                    mmsi,
                    AisStation::ClassA,
                    report.position.lat_lon()?,
                    1.0 / f64::from(CoarsePosition::PER_DEGREE),
                    report.accurate,
                )
            },
            _ => return None,
        })
    }

    fn static_data(&self, mmsi: Mmsi) -> Option<AisStatic> {
        let data = match &self.body {
            Body::StaticVoyage(report) => static_voyage(mmsi, report),
            Body::ClassBExtended(report) => class_b_extended(mmsi, report),
            Body::StaticReport(StaticReport::Name(name)) => AisStatic { name: text(name), ..nothing(mmsi) },
            Body::StaticReport(StaticReport::Details(report)) => AisStatic {
                callsign: text(&report.callsign),
                ship_type: nonzero(report.ship_type),
                dimensions: report.dimensions.and_then(known),
                mothership: report.mothership.and_then(Mmsi::new),
                ..nothing(mmsi)
            },
            _ => return None,
        };
        (data != nothing(mmsi)).then_some(data)
    }
}

fn static_voyage(mmsi: Mmsi, report: &StaticVoyage) -> AisStatic {
    AisStatic {
        imo: (report.imo > 0).then_some(report.imo),
        name: text(&report.name),
        callsign: text(&report.callsign),
        ship_type: nonzero(report.ship_type),
        dimensions: known(report.dimensions),
        destination: text(&report.destination),
        draught_m: report.draught_m(),
        ..nothing(mmsi)
    }
}

fn class_b_extended(mmsi: Mmsi, report: &ClassBExtended) -> AisStatic {
    AisStatic {
        name: text(&report.name),
        ship_type: nonzero(report.ship_type),
        dimensions: known(report.dimensions),
        ..nothing(mmsi)
    }
}

fn fix(mmsi: Mmsi, station: AisStation, position: Position, accurate: bool, second: FixSecond) -> Option<AisPosition> {
    let step_deg = 1.0 / f64::from(Position::PER_DEGREE);
    let fix = bare(mmsi, station, position.lat_lon()?, step_deg, accurate);
    Some(AisPosition { utc_second: second.utc_second(), ..fix })
}

fn bare(mmsi: Mmsi, station: AisStation, position: LatLon, step_deg: f64, accurate: bool) -> AisPosition {
    AisPosition {
        mmsi,
        station,
        position,
        step_deg,
        accurate,
        sog_mps: None,
        cog_deg: None,
        heading_deg: None,
        nav_status: None,
        utc_second: None,
    }
}

fn nothing(mmsi: Mmsi) -> AisStatic {
    AisStatic {
        mmsi,
        imo: None,
        name: None,
        callsign: None,
        ship_type: None,
        dimensions: None,
        destination: None,
        draught_m: None,
        mothership: None,
    }
}

/// 15 is "not defined"; `None` as nothing can be concluded from it.
fn status(raw: u8) -> Option<u8> {
    (raw < 15).then_some(raw)
}

fn nonzero(value: u8) -> Option<u8> {
    (value > 0).then_some(value)
}

fn known(dimensions: Dimensions) -> Option<Dimensions> {
    (dimensions != Dimensions::default()).then_some(dimensions)
}

fn text(text: &str) -> Option<Text20> {
    if text.is_empty() { None } else { Text20::from(text).ok() }
}
