//! Roles, and what each may do.

use std::fmt;

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// Look at tracks, alerts, zones and sensors.
    Look,
    /// Take alerts through their life.
    Act,
    /// Change zones, the register of vessels, and what is said of a track; try other rules.
    EditChart,
    /// Read the record of what everybody did.
    ReadRecord,
    /// Send the records of sensors.
    Feed,
    /// Set up what is sent to other systems.
    Deliver,
    /// Read the figures of the server's operation.
    Monitor,
    /// Ask what the server is: reflection. Any role may.
    Describe,
}

impl Permission {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Look,
        Self::Act,
        Self::EditChart,
        Self::ReadRecord,
        Self::Feed,
        Self::Deliver,
        Self::Monitor,
        Self::Describe,
    ];

    /// The word for machines.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Look => "look",
            Self::Act => "act",
            Self::EditChart => "edit_chart",
            Self::ReadRecord => "read_record",
            Self::Feed => "feed",
            Self::Deliver => "deliver",
            Self::Monitor => "monitor",
            Self::Describe => "describe",
        }
    }
}

/// What somebody is in the watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Keeps the watch: looks, and takes alerts through their life.
    WatchOfficer,
    /// Leads it: also changes zones and reads the record.
    Supervisor,
    /// A sensor's site: sends records, sees nothing.
    SensorFeeder,
    /// Another system: looks, and sets up what is sent to it.
    Integrator,
    /// Runs the server: zones, endpoints, figures; takes no alert through its life.
    Administrator,
    /// Looks at everything that was done, and does nothing.
    Auditor,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::WatchOfficer,
        Self::Supervisor,
        Self::SensorFeeder,
        Self::Integrator,
        Self::Administrator,
        Self::Auditor,
    ];

    /// The word in tokens and configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WatchOfficer => "watch_officer",
            Self::Supervisor => "supervisor",
            Self::SensorFeeder => "sensor_feeder",
            Self::Integrator => "integrator",
            Self::Administrator => "administrator",
            Self::Auditor => "auditor",
        }
    }

    /// The role of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }

    /// Whether the role may do that.
    pub const fn may(self, permission: Permission) -> bool {
        use Permission::{Act, Deliver, Describe, EditChart, Feed, Look, Monitor, ReadRecord};
        match self {
            Self::WatchOfficer => matches!(permission, Describe | Look | Act),
            Self::Supervisor => matches!(permission, Describe | Look | Act | EditChart | ReadRecord),
            Self::SensorFeeder => matches!(permission, Describe | Feed),
            Self::Integrator => matches!(permission, Describe | Look | Deliver | Monitor),
            Self::Administrator => matches!(permission, Describe | Look | EditChart | ReadRecord | Deliver | Monitor),
            Self::Auditor => matches!(permission, Describe | Look | ReadRecord | Monitor),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
