//! Between the generated types and our own: checked once, here, and named by field when something is wrong.

pub mod alert;
pub mod cue;
pub mod feed;
pub mod geo;
pub mod history;
pub mod life;
pub mod mask;
pub mod register;
pub mod rule;
pub mod sensor;
pub mod statement;
pub mod track;
pub mod zone;

use std::fmt;

use tonic_types::{ErrorDetails, StatusExt};

use crate::units::VesselClass;

/// The words for classes of vessel, for who used another.
fn class_words() -> String {
    VesselClass::ALL.map(VesselClass::as_str).join(", ")
}

/// A field of a request that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadField {
    field: String,
    problem: String,
}

impl BadField {
    /// What is wrong with which field: `filter.bbox`, `is upside down`.
    pub fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { field: field.into(), problem: problem.into() }
    }

    /// The same, seen from the message that holds the field.
    #[must_use]
    pub fn within(self, outer: &str) -> Self {
        Self { field: format!("{outer}.{}", self.field), problem: self.problem }
    }
}

impl fmt::Display for BadField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.problem)
    }
}

impl std::error::Error for BadField {}

impl From<BadField> for tonic::Status {
    fn from(bad: BadField) -> Self {
        let message = bad.to_string();
        let details = ErrorDetails::with_bad_request_violation(bad.field, bad.problem);
        Self::with_error_details(tonic::Code::InvalidArgument, message, details)
    }
}
