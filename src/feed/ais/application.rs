//! What two binary applications say that matter on a coast: weather and water (met/hydro) and area notices.
//!
//! Others are passed through as bits. A value that is marked as not available is `None`.
//!
//! **Source**: IMO SN.1/Circ.289, DAC 1: FI 31 (meteorological and hydrological data) and FI 22 (area notice, broadcast).

use arrayvec::{ArrayString, ArrayVec};

use super::binary::Application;
use super::bits::BitSlice;
use super::text::character;
use crate::geodesy::LatLon;

/// The most areas of one notice.
const AREAS_MAX: usize = 10;
/// Points of one line of a notice.
const POINTS_MAX: usize = 4;
/// Bits of one area.
const AREA_BITS: usize = 87;
/// Bits before the first area.
const NOTICE_BITS: usize = 55;
/// Characters of a text in a notice.
const TEXT_CHARACTERS: usize = 14;

/// What an application's data say.
#[derive(Clone, Debug, PartialEq)]
pub enum ApplicationData {
    /// Weather and water at a place.
    MetHydro(Box<MetHydro>),
    /// A notice about areas.
    AreaNotice(Box<AreaNotice>),
}

impl ApplicationData {
    /// Reads the data of an application that is known here; `None` for others, and when the data are cut.
    pub fn read(application: Application, data: BitSlice<'_>) -> Option<Self> {
        match (application.dac, application.fid) {
            (1, 31) => MetHydro::read(data).map(Box::new).map(Self::MetHydro),
            (1, 22) => AreaNotice::read(data).map(Box::new).map(Self::AreaNotice),
            _ => None,
        }
    }
}

/// Meteorological and hydrological data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetHydro {
    /// Where.
    pub position: Option<LatLon>,
    /// When: day of the month, hour and minute UTC.
    pub day_hour_minute: Option<(u8, u8, u8)>,
    /// Mean wind of ten minutes in knots; 126 stands for more.
    pub wind_kn: Option<f64>,
    /// Strongest gust of ten minutes in knots.
    pub gust_kn: Option<f64>,
    /// Where the wind comes from in degrees.
    pub wind_from_deg: Option<f64>,
    /// Where the gust comes from in degrees.
    pub gust_from_deg: Option<f64>,
    /// Air temperature in degrees Celsius.
    pub air_c: Option<f64>,
    /// Relative humidity in percent.
    pub humidity_pct: Option<f64>,
    /// Dew point in degrees Celsius.
    pub dew_point_c: Option<f64>,
    /// Air pressure in hectopascal; 799 and 1201 stand for less and more.
    pub pressure_hpa: Option<f64>,
    /// Horizontal visibility in nautical miles.
    pub visibility_nm: Option<f64>,
    /// The visibility is at least that.
    pub visibility_or_more: bool,
    /// Water level over chart datum in metres.
    pub water_level_m: Option<f64>,
    /// Currents: surface, then two depths.
    pub currents: ArrayVec<Current, 3>,
    /// Significant wave height in metres.
    pub wave_m: Option<f64>,
    /// Wave period in seconds.
    pub wave_period_s: Option<f64>,
    /// Where waves come from in degrees.
    pub wave_from_deg: Option<f64>,
    /// Swell height in metres.
    pub swell_m: Option<f64>,
    /// Swell period in seconds.
    pub swell_period_s: Option<f64>,
    /// Where the swell comes from in degrees.
    pub swell_from_deg: Option<f64>,
    /// Sea state in Beaufort, 0 to 12.
    pub sea_state: Option<u8>,
    /// Water temperature in degrees Celsius.
    pub water_c: Option<f64>,
}

/// A current.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Current {
    /// Speed in knots.
    pub speed_kn: f64,
    /// Where it sets to in degrees.
    pub to_deg: Option<f64>,
    /// Depth in metres.
    pub depth_m: f64,
}

/// Reads fields one after another.
struct Fields<'a> {
    data: BitSlice<'a>,
    at: usize,
}

impl Fields<'_> {
    fn unsigned(&mut self, width: usize) -> u32 {
        let value = self.data.unsigned(self.at, width).unwrap_or(0);
        self.at += width;
        value
    }

    fn signed(&mut self, width: usize) -> i32 {
        let unused = 32 - width as u32;
        ((self.unsigned(width) << unused) as i32) >> unused
    }

    /// A quantity below `end`; that and more say that it is not available.
    fn below(&mut self, width: usize, end: u32, step: f64) -> Option<f64> {
        let value = self.unsigned(width);
        (value < end).then(|| f64::from(value) * step)
    }

    /// A signed quantity in tenths within a range; outside it is not available.
    fn tenths(&mut self, width: usize, range: std::ops::RangeInclusive<i32>) -> Option<f64> {
        let value = self.signed(width);
        range.contains(&value).then(|| f64::from(value) / 10.0)
    }

    /// Longitude and latitude in thousandths of a minute.
    fn position(&mut self) -> Option<LatLon> {
        let (lon, lat) = (self.signed(25), self.signed(24));
        let degrees = |value: i32| f64::from(value) / 60_000.0;
        Some(LatLon::new(degrees(lat), degrees(lon))).filter(|position| position.is_valid())
    }
}

impl MetHydro {
    /// Bits up to the ice field: what follows is spare.
    const BITS: usize = 294;

    fn read(data: BitSlice<'_>) -> Option<Self> {
        if data.len() < Self::BITS {
            return None;
        }
        let mut fields = Fields { data, at: 0 };
        let position = fields.position();
        // Accuracy of the position.
        fields.unsigned(1);
        let (day, hour, minute) = (fields.unsigned(5), fields.unsigned(5), fields.unsigned(6));
        let is_time = (1..=31).contains(&day) && hour < 24 && minute < 60;
        let mut met = Self {
            position,
            day_hour_minute: is_time.then_some((day as u8, hour as u8, minute as u8)),
            wind_kn: fields.below(7, 127, 1.0),
            gust_kn: fields.below(7, 127, 1.0),
            wind_from_deg: fields.below(9, 360, 1.0),
            gust_from_deg: fields.below(9, 360, 1.0),
            air_c: fields.tenths(11, -600..=600),
            humidity_pct: fields.below(7, 101, 1.0),
            dew_point_c: fields.tenths(10, -200..=500),
            pressure_hpa: fields.below(9, 403, 1.0).map(|steps| steps + 799.0),
            ..Self::default()
        };
        // Tendency of the pressure.
        fields.unsigned(2);
        met.visibility_or_more = fields.unsigned(1) == 1;
        met.visibility_nm = fields.below(7, 127, 0.1);
        met.water_level_m = fields.below(12, 4001, 1.0).map(|centimetres| (centimetres - 1000.0) / 100.0);
        // Trend of the level.
        fields.unsigned(2);
        for depth_bits in [0, 5, 5] {
            let (speed, to_deg) = (fields.below(8, 252, 0.1), fields.below(9, 360, 1.0));
            let depth = if depth_bits == 0 { Some(0.0) } else { fields.below(depth_bits, 31, 1.0) };
            if let (Some(speed_kn), Some(depth_m)) = (speed, depth) {
                met.currents.push(Current { speed_kn, to_deg, depth_m });
            }
        }
        met.wave_m = fields.below(8, 252, 0.1);
        met.wave_period_s = fields.below(6, 61, 1.0);
        met.wave_from_deg = fields.below(9, 360, 1.0);
        met.swell_m = fields.below(8, 252, 0.1);
        met.swell_period_s = fields.below(6, 61, 1.0);
        met.swell_from_deg = fields.below(9, 360, 1.0);
        met.sea_state = Some(fields.unsigned(4)).filter(|&state| state < 13).map(|state| state as u8);
        met.water_c = fields.tenths(10, -100..=500);
        Some(met)
    }
}

/// A notice about areas.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AreaNotice {
    /// Joins notices and texts that belong together.
    pub linkage: u16,
    /// What it is about: 0 to 127, by the list of the circular (1 habitat, 23 wreck, 126 cancellation …).
    pub kind: u8,
    /// From when: month, day, hour, minute UTC.
    pub start: Option<(u8, u8, u8, u8)>,
    /// For how many minutes; `None` when it is not said.
    pub minutes: Option<u32>,
    /// Where.
    pub areas: ArrayVec<Area, AREAS_MAX>,
}

/// One area of a notice.
#[derive(Clone, Debug, PartialEq)]
pub enum Area {
    /// A circle; a point when the radius is 0.
    Circle {
        /// Its middle.
        centre: LatLon,
        /// Radius in metres.
        radius_m: f64,
    },
    /// A rectangle from its south-west corner.
    Rectangle {
        /// The corner.
        corner: LatLon,
        /// Length to the east in metres.
        east_m: f64,
        /// Length to the north in metres.
        north_m: f64,
        /// Turned by so many degrees clockwise.
        turned_deg: f64,
    },
    /// A sector of a circle.
    Sector {
        /// Its middle.
        centre: LatLon,
        /// Radius in metres.
        radius_m: f64,
        /// From this bearing, clockwise.
        from_deg: f64,
        /// To this one.
        to_deg: f64,
    },
    /// Steps from the end of the area before, as bearing in degrees and distance in metres: a line, or the outline of a polygon.
    Line {
        /// It is closed.
        polygon: bool,
        /// The steps.
        steps: ArrayVec<(f64, f64), POINTS_MAX>,
    },
    /// A text.
    Text(ArrayString<TEXT_CHARACTERS>),
}

impl AreaNotice {
    fn read(data: BitSlice<'_>) -> Option<Self> {
        if data.len() < NOTICE_BITS {
            return None;
        }
        let mut fields = Fields { data, at: 0 };
        let (linkage, kind) = (fields.unsigned(10) as u16, fields.unsigned(7) as u8);
        let (month, day) = (fields.unsigned(4) as u8, fields.unsigned(5) as u8);
        let (hour, minute) = (fields.unsigned(5) as u8, fields.unsigned(6) as u8);
        let is_start = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60;
        let minutes = Some(fields.unsigned(18)).filter(|&minutes| minutes < 262_143);
        let mut areas = ArrayVec::new();
        while data.len() - fields.at >= AREA_BITS && !areas.is_full() {
            let next = fields.at + AREA_BITS;
            areas.extend(area(&mut fields));
            fields.at = next;
        }
        let start = is_start.then_some((month, day, hour, minute));
        Some(Self { linkage, kind, start, minutes, areas })
    }
}

/// One area; `None` for a shape that is reserved or has no place on earth.
fn area(fields: &mut Fields<'_>) -> Option<Area> {
    let shape = fields.unsigned(3);
    if shape == 5 {
        let mut text = ArrayString::new();
        for _ in 0..TEXT_CHARACTERS {
            let _ = text.try_push(char::from(character(fields.unsigned(6))));
        }
        text.truncate(text.trim_end_matches(['@', ' ']).len());
        return Some(Area::Text(text));
    }
    let scale = 10.0_f64.powi(fields.unsigned(2) as i32);
    match shape {
        0 | 2 => {
            let centre = fields.position();
            // Precision of the position.
            fields.unsigned(3);
            let radius_m = f64::from(fields.unsigned(12)) * scale;
            if shape == 0 {
                return Some(Area::Circle { centre: centre?, radius_m });
            }
            let (from_deg, to_deg) = (f64::from(fields.unsigned(9)), f64::from(fields.unsigned(9)));
            Some(Area::Sector { centre: centre?, radius_m, from_deg, to_deg })
        }
        1 => {
            let corner = fields.position();
            fields.unsigned(3);
            let (east_m, north_m) = (f64::from(fields.unsigned(8)) * scale, f64::from(fields.unsigned(8)) * scale);
            let turned_deg = f64::from(fields.unsigned(9));
            Some(Area::Rectangle { corner: corner?, east_m, north_m, turned_deg })
        }
        3 | 4 => {
            let mut steps = ArrayVec::new();
            for _ in 0..POINTS_MAX {
                let (half_degrees, distance) = (fields.unsigned(10), fields.unsigned(10));
                // 720 half degrees: no further point.
                if half_degrees < 720 {
                    steps.push((f64::from(half_degrees) / 2.0, f64::from(distance) * scale));
                }
            }
            Some(Area::Line { polygon: shape == 4, steps })
        }
        _ => None,
    }
}
