//! What became of one record that was handed to the engine task.

/// Why a record was not taken although it was sound: stable words of the interface.
pub(super) mod reason {
    /// Records before it are missing: send from the acknowledged position on.
    pub(in crate::serve) const SEQUENCE_GAP: &str = "sequence_gap";
    /// The server plays a recording, and this record does not say when it was received.
    pub(in crate::serve) const RECEIVED_MISSING: &str = "received_missing";
    /// The server is live and stamps records itself; this one says when it was received.
    pub(in crate::serve) const RECEIVED_GIVEN: &str = "received_given";
    /// It says that it was received before 1980 or after 2200.
    pub(in crate::serve) const RECEIVED_IMPLAUSIBLE: &str = "received_implausible";
    /// A radar or camera that the area does not know: its place is unknown.
    pub(in crate::serve) const UNKNOWN_SENSOR: &str = "unknown_sensor";
}

/// What became of one record.
pub(super) enum Taken {
    Accepted,
    Repeated,
    /// Damaged or of no use, for good.
    Refused(&'static str),
    /// Not taken: it may come again.
    NotYet(&'static str),
}
