//! Why a chart file is refused, and what looks odd about one that is not.

use std::fmt;

/// The most problems that one refusal lists; the rest are counted.
pub(super) const PROBLEMS_LISTED_MAX: usize = 20;

/// Why a file of coastline or zones is refused as a whole.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ChartError {
    /// The text is not JSON, or no GeoJSON FeatureCollection.
    #[error("{file} is not readable as GeoJSON: {reason}")]
    NotGeoJson {
        /// What kind of file: `coastline` or `zones`.
        file: &'static str,
        /// What is wrong, where, and what to do.
        reason: String,
    },
    /// Something about the collection as a whole.
    #[error("{file} refused: {reason}")]
    Collection {
        /// What kind of file: `coastline` or `zones`.
        file: &'static str,
        /// What is wrong with it.
        reason: Reason,
    },
    /// One or more features are not usable. Nothing of the file is taken: half a set of zones raises false alerts.
    #[error("{file} refused, {} of its features are not usable:{}", problems.len() + more, list(problems, *more))]
    Features {
        /// What kind of file: `coastline` or `zones`.
        file: &'static str,
        /// The first problems, in the order of the file.
        problems: Vec<FeatureProblem>,
        /// How many more there are.
        more: usize,
    },
}

/// What is wrong with one feature.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureProblem {
    /// Which feature: its place in the file, counted from 0, and its id where it has one.
    pub feature: String,
    /// What is wrong.
    pub reason: Reason,
}

/// One thing wrong with a feature or collection. Its text says what to do.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Reason {
    /// No geometry, or one that is neither Polygon nor MultiPolygon.
    NotAPolygon(String),
    /// A coordinate is not a pair of numbers.
    NotANumber(String),
    /// A coordinate lies outside the world.
    OutsideTheWorld(String),
    /// Latitude and longitude are exchanged.
    CrossedAxes(String),
    /// The last point of a ring is not its first.
    RingNotClosed(String),
    /// A ring has fewer than four points (three and the first again), or no area.
    TooFewPoints(String),
    /// A ring crosses or touches itself.
    SelfIntersection(String),
    /// A hole reaches out of its polygon, or two holes overlap.
    BadHole(String),
    /// A ring reaches over the antimeridian.
    Antimeridian,
    /// The coordinates are said to be in another datum than WGS 84 or CGCS2000.
    Datum(String),
    /// A property that is needed is missing or of the wrong type.
    Property(String),
    /// The kind of zone is not known.
    UnknownKind(String),
    /// Two zones have the same id.
    DuplicateId(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAPolygon(found) => write!(f, "geometry is {found}; give a Polygon or MultiPolygon"),
            Self::NotANumber(place) => write!(f, "{place} is not a pair of finite numbers; give [longitude, latitude]"),
            Self::OutsideTheWorld(place) => {
                write!(f, "{place} lies outside the world; give degrees, longitude -180 to 180, latitude -90 to 90")
            }
            Self::CrossedAxes(place) => {
                write!(f, "latitude and longitude look exchanged ({place}); GeoJSON is [longitude, latitude]")
            }
            Self::RingNotClosed(ring) => write!(f, "{ring} is not closed; repeat its first point at its end"),
            Self::TooFewPoints(ring) => {
                write!(f, "{ring} encloses nothing; a ring needs three different points and the first again")
            }
            Self::SelfIntersection(place) => write!(f, "{place}; redraw it or split it into a MultiPolygon"),
            Self::BadHole(place) => write!(f, "{place}; a hole must lie inside its polygon, apart from other holes"),
            Self::Antimeridian => f.write_str(
                "reaches over the antimeridian; cut it at 180 degrees into a MultiPolygon (RFC 7946, 3.1.9)",
            ),
            Self::Datum(datum) => f.write_str(datum),
            Self::Property(property) => f.write_str(property),
            Self::UnknownKind(kind) => {
                write!(f, "{kind}; use one of {}", super::ZoneKind::NAMES.join(", "))
            }
            Self::DuplicateId(id) => write!(f, "id {id} is used twice; give each zone an id of its own"),
        }
    }
}

fn list(problems: &[FeatureProblem], more: usize) -> String {
    let mut text: String =
        problems.iter().map(|problem| format!("\n  {}: {}", problem.feature, problem.reason)).collect();
    if more > 0 {
        text.push_str(&format!("\n  and {more} more"));
    }
    text
}

/// Something about a chart that an operator should look at, though it is taken.
#[derive(Clone, Debug, PartialEq)]
pub struct ChartWarning {
    /// Which feature or file.
    pub subject: String,
    /// What looks odd, and what to do.
    pub text: String,
}

impl fmt::Display for ChartWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.subject, self.text)
    }
}
