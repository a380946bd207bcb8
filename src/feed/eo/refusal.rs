//! The reasons for which a line of a camera is refused.

use crate::feed::tally::Reason;

/// Why a line of a camera is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub enum EoRefusal {
    /// Longer than any detection.
    TooLong,
    /// Bytes that are no UTF-8 text.
    NoText,
    /// The line ends inside the object.
    CutShort,
    /// No JSON.
    BadJson,
    /// A field is missing or of the wrong type.
    BadField,
    /// A sensor that is no configured camera.
    UnknownSensor,
    /// A time that is no RFC 3339 instant.
    BadTime,
    /// An azimuth outside 0 to 360 degrees.
    AzimuthOutside,
    /// An elevation outside -90 to 90 degrees.
    ElevationOutside,
    /// A range of zero, negative, or beyond any horizon.
    RangeOutside,
    /// A confidence outside 0 to 1.
    ConfidenceOutside,
    /// A length of zero, negative, or beyond any ship.
    LengthOutside,
}

impl EoRefusal {
    /// How many reasons there are.
    pub const COUNT: usize = 12;
}

impl Reason for EoRefusal {
    const ALL: &'static [Self] = &[
        Self::TooLong,
        Self::NoText,
        Self::CutShort,
        Self::BadJson,
        Self::BadField,
        Self::UnknownSensor,
        Self::BadTime,
        Self::AzimuthOutside,
        Self::ElevationOutside,
        Self::RangeOutside,
        Self::ConfidenceOutside,
        Self::LengthOutside,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::NoText => "no_text",
            Self::CutShort => "cut_short",
            Self::BadJson => "bad_json",
            Self::BadField => "bad_field",
            Self::UnknownSensor => "unknown_sensor",
            Self::BadTime => "bad_time",
            Self::AzimuthOutside => "azimuth_outside",
            Self::ElevationOutside => "elevation_outside",
            Self::RangeOutside => "range_outside",
            Self::ConfidenceOutside => "confidence_outside",
            Self::LengthOutside => "length_outside",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Self::TooLong => "a line longer than any detection: a lost line end, or another format",
            Self::NoText => "bytes that are no UTF-8: damage, or another encoding",
            Self::CutShort => "the line ends too early: look at the link",
            Self::BadJson => "the line is no JSON: damage, or another format",
            Self::BadField => {
                "a field is missing or of the wrong type: time, sensor, azimuth_deg, class and class_confidence are needed"
            }
            Self::UnknownSensor => "no camera is configured under this name: add it, or correct its id",
            Self::BadTime => "time is to be RFC 3339, such as 2026-04-17T15:06:42.354Z",
            Self::AzimuthOutside => "azimuth_deg is to be 0 to 360, clockwise from true north",
            Self::ElevationOutside => "elevation_deg is to be -90 to 90",
            Self::RangeOutside => "range_m is to be positive, and left out where no range was measured",
            Self::ConfidenceOutside => "class_confidence is to be 0 to 1",
            Self::LengthOutside => "length_m is to be positive, and left out where it is not known",
        }
    }
}
