//! Why a position report is refused.

use crate::feed::tally::Reason;

/// Why a line of position reports is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub enum ReportRefusal {
    /// Longer than any report.
    TooLong,
    /// Bytes that are no UTF-8 text.
    NoText,
    /// The line ends inside the object.
    CutShort,
    /// No JSON.
    BadJson,
    /// A field is missing or of the wrong type.
    BadField,
    /// CSV before its header, or a header without the columns that are needed.
    NoHeader,
    /// More or fewer values than the header has columns.
    Columns,
    /// An id that is empty or longer than 32 bytes.
    BadId,
    /// A time that is no RFC 3339 instant.
    BadTime,
    /// No place on earth.
    BadPlace,
    /// A speed, course, sigma or length outside its range.
    BadNumber,
    /// No system of this kind is configured for this feed.
    UnknownSensor,
}

impl ReportRefusal {
    /// How many reasons there are.
    pub const COUNT: usize = 12;
}

impl Reason for ReportRefusal {
    const ALL: &'static [Self] = &[
        Self::TooLong,
        Self::NoText,
        Self::CutShort,
        Self::BadJson,
        Self::BadField,
        Self::NoHeader,
        Self::Columns,
        Self::BadId,
        Self::BadTime,
        Self::BadPlace,
        Self::BadNumber,
        Self::UnknownSensor,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::NoText => "no_text",
            Self::CutShort => "cut_short",
            Self::BadJson => "bad_json",
            Self::BadField => "bad_field",
            Self::NoHeader => "no_header",
            Self::Columns => "columns",
            Self::BadId => "bad_id",
            Self::BadTime => "bad_time",
            Self::BadPlace => "bad_place",
            Self::BadNumber => "bad_number",
            Self::UnknownSensor => "unknown_sensor",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Self::TooLong => "a line longer than any report: a lost line end, or another format",
            Self::NoText => "bytes that are no UTF-8: damage, or another encoding",
            Self::CutShort => "the line ends too early: look at the link",
            Self::BadJson => "the line is no JSON: damage, or another format",
            Self::BadField => "a field is missing or of the wrong type: id, time, lat and lon are needed",
            Self::NoHeader => "CSV is to begin with a header that has at least id,time,lat,lon",
            Self::Columns => "more or fewer values than the header has columns: damage, or a comma in a value",
            Self::BadId => "id is to have 1 to 32 bytes",
            Self::BadTime => "time is to be RFC 3339, such as 2026-04-17T15:06:42Z",
            Self::BadPlace => "lat and lon are no place on earth: degrees of WGS 84 or CGCS2000 are expected",
            Self::BadNumber => "a speed, course, sigma_m or length_m outside its range",
            Self::UnknownSensor => "no sensor of kind report is configured for this feed: add it, or correct its id",
        }
    }
}
