//! Why an ONVIF metadata document is refused.

use crate::feed::tally::Reason;

/// Why an ONVIF metadata document is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub enum OnvifRefusal {
    /// Longer than any document.
    TooLong,
    /// Bytes that are no UTF-8 text.
    NoText,
    /// No XML.
    BadXml,
    /// The document ends before its elements do.
    CutShort,
    /// Nested deeper than any metadata.
    TooDeep,
    /// More objects than a picture can show.
    TooMany,
    /// A document type, which could define entities without bound.
    DocType,
    /// XML, but no metadata stream.
    NoMetadata,
    /// A number that is none, or outside its range.
    BadNumber,
    /// A geolocation that is no place on earth.
    BadPlace,
    /// A time that is no RFC 3339 instant.
    BadTime,
    /// No camera with a position is configured for this feed.
    UnknownSensor,
}

impl OnvifRefusal {
    /// How many reasons there are.
    pub const COUNT: usize = 12;
}

impl Reason for OnvifRefusal {
    const ALL: &'static [Self] = &[
        Self::TooLong,
        Self::NoText,
        Self::BadXml,
        Self::CutShort,
        Self::TooDeep,
        Self::TooMany,
        Self::DocType,
        Self::NoMetadata,
        Self::BadNumber,
        Self::BadPlace,
        Self::BadTime,
        Self::UnknownSensor,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::NoText => "no_text",
            Self::BadXml => "bad_xml",
            Self::CutShort => "cut_short",
            Self::TooDeep => "too_deep",
            Self::TooMany => "too_many",
            Self::DocType => "doc_type",
            Self::NoMetadata => "no_metadata",
            Self::BadNumber => "bad_number",
            Self::BadPlace => "bad_place",
            Self::BadTime => "bad_time",
            Self::UnknownSensor => "unknown_sensor",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Self::TooLong => "a document of 64 KiB or more",
            Self::NoText => "bytes that are no UTF-8: damage, or another encoding",
            Self::BadXml => "no XML: damage, or another format",
            Self::CutShort => "the document ends before its elements do: look at the link",
            Self::TooDeep => "elements nested deeper than any metadata",
            Self::TooMany => "more than 1024 objects in a document",
            Self::DocType => "a document type: metadata has none, and it could be an attack",
            Self::NoMetadata => "XML that is no tt:MetadataStream",
            Self::BadNumber => "a number that is none, or outside its range: damage, or another coordinate space",
            Self::BadPlace => "a geolocation that is no place on earth",
            Self::BadTime => "UtcTime is to be RFC 3339, such as 2026-04-17T15:06:42.354Z",
            Self::UnknownSensor => "no camera with a position is configured for this feed: add it, or correct its id",
        }
    }
}
