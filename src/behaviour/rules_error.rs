//! Why a file of rules is refused.

/// Why a file of rules is refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// Not TOML, or a key that is not known, or a value of the wrong type; the text says where.
    #[error("the rules cannot be read: {0}")]
    Unreadable(String),
    /// A layout that this program does not know.
    #[error("the rules are of version {0}, and this program reads version 1: take config/rules.toml of this release")]
    Version(u32),
    /// A value outside its range.
    #[error("rule {key} = {value} cannot be: {wants}")]
    OutOfRange {
        /// Section and key.
        key: String,
        /// The value given.
        value: f64,
        /// What it must be.
        wants: &'static str,
    },
    /// An override that cannot be.
    #[error("override {place}: {what}")]
    Override {
        /// Which, by number and name.
        place: String,
        /// What is wrong, and what is allowed.
        what: String,
    },
    /// A weight that cannot be, or of evidence that no rule has.
    #[error("rule {key}: {wants}")]
    Weight {
        /// Section and key.
        key: String,
        /// What is wrong, and what is allowed.
        wants: String,
    },
}
