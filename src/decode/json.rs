//! One message as one JSON object, with the keys of the decode schema.
//!
//! "Not available" is left out. Values are those of the standard in its customary units (knots, degrees), as sent.

use std::fmt::Display;
use std::io::{self, Write};

use super::application::application_json;
use crate::feed::ais::{
    AidToNavigation, Application, BaseStation, BitSlice, Body, ClassAPosition, ClassBExtended, ClassBPosition, Course,
    Eta, FixSecond, Heading, LongRange, Message, Position, Received, SarAircraft, Speed, StaticDetails, StaticReport,
    StaticVoyage,
};
use crate::feed::observation::Dimensions;

/// Writes `received` as one line.
///
/// # Errors
/// What writing gives.
pub fn write_message(out: &mut impl Write, received: &Received<'_>) -> io::Result<()> {
    let message = &received.message;
    write!(out, "{{\"line\":{},\"type\":{},\"mmsi\":{}", received.line, message.message_type, message.mmsi)?;
    let mut object = Object { out };
    object.number("repeat", message.repeat)?;
    write_body(&mut object, message)?;
    if received.own_ship {
        object.flag("own_ship", true)?;
    }
    if let Some(station) = received.station {
        object.text("station", station.bytes())?;
    }
    if let Some(time) = received.time {
        object.text("received", time.to_string().bytes())?;
    }
    out.write_all(b"}\n")
}

fn write_body<W: Write>(object: &mut Object<'_, W>, message: &Message<'_>) -> io::Result<()> {
    match &message.body {
        Body::ClassAPosition(report) => object.class_a(report),
        Body::BaseStation(report) => object.base_station(report),
        Body::StaticVoyage(report) => object.static_voyage(report),
        Body::AddressedBinary(report) => {
            object.maybe("dest_mmsi", report.destination)?;
            object.maybe("dac", report.application.map(|application| application.dac))?;
            object.maybe("fid", report.application.map(|application| application.fid))?;
            object.application(report.application, report.data)
        }
        Body::BroadcastBinary(report) => {
            object.maybe("dac", report.application.map(|application| application.dac))?;
            object.maybe("fid", report.application.map(|application| application.fid))?;
            object.application(report.application, report.data)
        }
        Body::SarAircraft(report) => object.sar_aircraft(report),
        Body::UtcInquiry(destination) => object.maybe("dest_mmsi", *destination),
        Body::AddressedSafety(report) => {
            object.maybe("dest_mmsi", report.destination)?;
            object.text("text", report.text.characters())
        }
        Body::BroadcastSafety(text) => object.text("text", text.characters()),
        Body::Interrogation(report) => object.maybe("dest_mmsi", report.requests.first().map(|request| request.mmsi)),
        Body::DifferentialGnss(report) => {
            object.degrees("lat", report.position.lat_deg())?;
            object.degrees("lon", report.position.lon_deg())
        }
        Body::ClassBPosition(report) => object.class_b(report),
        Body::ClassBExtended(report) => object.class_b_extended(report),
        Body::AidToNavigation(report) => object.aid_to_navigation(report),
        Body::StaticReport(StaticReport::Name(name)) => object.text("name", name.bytes()),
        Body::StaticReport(StaticReport::Details(report)) => object.static_details(report),
        Body::LongRange(report) => object.long_range(report),
        Body::StaticReport(StaticReport::UnknownPart(_))
        | Body::Acknowledge(_)
        | Body::Assignment(_)
        | Body::LinkManagement(_)
        | Body::ChannelManagement(_)
        | Body::GroupAssignment(_)
        | Body::SlotBinary(_) => Ok(()),
    }
}

struct Object<'a, W> {
    out: &'a mut W,
}

impl<W: Write> Object<'_, W> {
    fn number(&mut self, key: &str, value: impl Display) -> io::Result<()> {
        write!(self.out, ",\"{key}\":{value}")
    }

    fn maybe(&mut self, key: &str, value: Option<impl Display>) -> io::Result<()> {
        value.map_or(Ok(()), |value| self.number(key, value))
    }

    /// The data of a binary message: by value where the application is known, else as digits.
    fn application(&mut self, application: Option<Application>, data: BitSlice<'_>) -> io::Result<()> {
        let told = application_json(application, data);
        told.map_or(Ok(()), |(key, value)| self.number(key, value))
    }

    fn flag(&mut self, key: &str, value: bool) -> io::Result<()> {
        self.number(key, value)
    }

    fn degrees(&mut self, key: &str, value: Option<f64>) -> io::Result<()> {
        value.map_or(Ok(()), |value| write!(self.out, ",\"{key}\":{value:.7}"))
    }

    fn tenths(&mut self, key: &str, value: Option<f64>) -> io::Result<()> {
        value.map_or(Ok(()), |value| write!(self.out, ",\"{key}\":{value:.1}"))
    }

    /// A string; nothing when it is empty.
    fn text(&mut self, key: &str, letters: impl Iterator<Item = u8>) -> io::Result<()> {
        let mut letters = letters.peekable();
        if letters.peek().is_none() {
            return Ok(());
        }
        write!(self.out, ",\"{key}\":\"")?;
        for letter in letters {
            match letter {
                b'"' | b'\\' => self.out.write_all(&[b'\\', letter])?,
                b' '..=b'~' => self.out.write_all(&[letter])?,
                _ => write!(self.out, "\\u{letter:04x}")?,
            }
        }
        self.out.write_all(b"\"")
    }

    fn position(&mut self, position: Position) -> io::Result<()> {
        self.degrees("lat", position.lat_deg())?;
        self.degrees("lon", position.lon_deg())
    }

    fn movement(&mut self, sog: Speed, cog: Course, heading: Heading) -> io::Result<()> {
        self.tenths("sog_knots", sog.knots())?;
        self.tenths("cog_deg", cog.deg())?;
        self.maybe("heading_deg", (u32::from(heading.0) != Heading::NOT_AVAILABLE).then_some(heading.0))
    }

    fn second(&mut self, second: FixSecond) -> io::Result<()> {
        self.maybe("timestamp_s", (second.0 != 60).then_some(second.0))
    }

    fn quality(&mut self, accurate: bool, raim: bool) -> io::Result<()> {
        self.flag("accuracy", accurate)?;
        self.flag("raim", raim)
    }

    fn dimensions(&mut self, dimensions: Dimensions) -> io::Result<()> {
        for (key, metres) in [
            ("to_bow", dimensions.to_bow_m),
            ("to_stern", dimensions.to_stern_m),
            ("to_port", u16::from(dimensions.to_port_m)),
            ("to_starboard", u16::from(dimensions.to_starboard_m)),
        ] {
            self.maybe(key, (metres > 0).then_some(metres))?;
        }
        Ok(())
    }

    fn ship_type(&mut self, ship_type: u8) -> io::Result<()> {
        self.maybe("ship_type", (ship_type > 0).then_some(ship_type))
    }

    fn class_a(&mut self, report: &ClassAPosition) -> io::Result<()> {
        self.position(report.position)?;
        self.movement(report.sog, report.cog, report.heading)?;
        self.number("nav_status", report.nav_status)?;
        self.maybe("rot_raw", (report.rate_of_turn.0 != -128).then_some(report.rate_of_turn.0))?;
        self.tenths("rot", report.rate_of_turn.deg_per_min())?;
        self.second(report.second)?;
        self.quality(report.accurate, report.raim)
    }

    fn base_station(&mut self, report: &BaseStation) -> io::Result<()> {
        self.position(report.position)?;
        let utc = report.utc;
        write!(
            self.out,
            ",\"utc\":\"{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z\"",
            utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second
        )?;
        self.quality(report.accurate, report.raim)
    }

    fn static_voyage(&mut self, report: &StaticVoyage) -> io::Result<()> {
        self.maybe("imo", (report.imo > 0).then_some(report.imo))?;
        self.text("callsign", report.callsign.bytes())?;
        self.text("name", report.name.bytes())?;
        self.ship_type(report.ship_type)?;
        self.dimensions(report.dimensions)?;
        self.tenths("draught_m", report.draught_m())?;
        self.text("destination", report.destination.bytes())?;
        let Eta { month, day, hour, minute } = report.eta;
        if (month, day, hour, minute) == (0, 0, 24, 60) {
            return Ok(());
        }
        write!(self.out, ",\"eta\":\"{month:02}-{day:02}T{hour:02}:{minute:02}Z\"")
    }

    fn sar_aircraft(&mut self, report: &SarAircraft) -> io::Result<()> {
        self.position(report.position)?;
        self.maybe("sog_knots", report.sog.knots())?;
        self.tenths("cog_deg", report.cog.deg())?;
        self.maybe("alt_m", report.altitude_m())?;
        self.second(report.second)
    }

    fn class_b(&mut self, report: &ClassBPosition) -> io::Result<()> {
        self.position(report.position)?;
        self.movement(report.sog, report.cog, report.heading)?;
        self.second(report.second)?;
        self.quality(report.accurate, report.raim)
    }

    fn class_b_extended(&mut self, report: &ClassBExtended) -> io::Result<()> {
        self.position(report.position)?;
        self.movement(report.sog, report.cog, report.heading)?;
        self.second(report.second)?;
        self.text("name", report.name.bytes())?;
        self.ship_type(report.ship_type)?;
        self.dimensions(report.dimensions)
    }

    fn aid_to_navigation(&mut self, report: &AidToNavigation) -> io::Result<()> {
        self.position(report.position)?;
        self.second(report.second)?;
        self.text("name", report.name.bytes())?;
        self.dimensions(report.dimensions)?;
        self.number("aid_type", report.aid_type)?;
        self.flag("off_position", report.off_position)?;
        self.flag("virtual_aid", report.virtual_aid)
    }

    fn static_details(&mut self, report: &StaticDetails) -> io::Result<()> {
        self.ship_type(report.ship_type)?;
        self.text("callsign", report.callsign.bytes())?;
        if let Some(dimensions) = report.dimensions {
            self.dimensions(dimensions)?;
        }
        self.maybe("mothership_mmsi", report.mothership.filter(|&mmsi| mmsi > 0))
    }

    fn long_range(&mut self, report: &LongRange) -> io::Result<()> {
        self.degrees("lat", report.position.lat_deg())?;
        self.degrees("lon", report.position.lon_deg())?;
        self.maybe("sog_knots", report.sog.knots())?;
        self.maybe("cog_deg", report.cog_deg())?;
        self.number("nav_status", report.nav_status)?;
        self.quality(report.accurate, report.raim)
    }
}
