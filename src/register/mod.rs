//! The register of vessels: who they are, what they may do, and whom to watch.
//!
//! Built from CSV text (reading files is the business of the outermost layer), immutable afterwards. A register speaks of
//! the vessels that it lists and of no others: a vessel that is not in it is neither better nor worse for that.

mod read;

pub use read::{RegisterError, RowProblem};

use rustc_hash::FxHashMap;

use crate::units::{EventTime, Mmsi, VesselClass};

/// The most vessels of a register: every fishing vessel of the country (some 400,000) and as many others.
pub const VESSELS_MAX: usize = 1_000_000;

/// How far the owner has been found to keep the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Credit {
    /// Always.
    A,
    /// As most do.
    B,
    /// Not always.
    C,
    /// Seldom.
    D,
}

impl Credit {
    /// The letter.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
        }
    }
}

/// Leave to be in a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    /// Id of the zone; `*` is every zone.
    pub zone: String,
    /// First instant at which it holds; `None`: always has.
    pub from: Option<EventTime>,
    /// First instant at which it no longer holds; `None`: never ends.
    pub until: Option<EventTime>,
}

impl Permit {
    /// Whether it holds for a zone at an instant.
    pub fn holds(&self, zone: &str, at: EventTime) -> bool {
        (self.zone == "*" || self.zone == zone)
            && self.from.is_none_or(|from| from <= at)
            && self.until.is_none_or(|until| at < until)
    }
}

/// Why to watch a vessel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// The reason, in the words of whoever put it on the list.
    pub reason: String,
    /// First instant at which it is off the list; `None`: until it is taken off.
    pub until: Option<EventTime>,
}

/// A vessel of the register. What is not known is `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Registered {
    /// Its name.
    pub name: Option<String>,
    /// What it is for.
    pub class: Option<VesselClass>,
    /// Its length in metres.
    pub length_m: Option<f64>,
    /// Whose it is.
    pub owner: Option<String>,
    /// How far the owner keeps the rules.
    pub credit: Option<Credit>,
    /// Where it may be.
    pub permits: Vec<Permit>,
    /// Why to watch it.
    pub watch: Option<Watch>,
}

impl Registered {
    /// Whether it may be in a zone at an instant.
    pub fn may_enter(&self, zone: &str, at: EventTime) -> bool {
        self.permits.iter().any(|permit| permit.holds(zone, at))
    }

    /// Why it is to be watched at an instant.
    pub fn watched(&self, at: EventTime) -> Option<&str> {
        let watch = self.watch.as_ref().filter(|watch| watch.until.is_none_or(|until| at < until))?;
        Some(&watch.reason)
    }
}

/// A register, by MMSI.
#[derive(Debug, Default)]
pub struct Register {
    vessels: FxHashMap<Mmsi, Registered>,
}

impl Register {
    /// Reads a register from CSV: a line of column names, then a line a vessel.
    ///
    /// Columns (only `mmsi` is needed; the order is free): `mmsi`; `name`; `class` (a word of [`VesselClass`]); `length_m`;
    /// `owner`; `credit` (A to D); `permits` (zone ids, each with `@FROM/UNTIL` where it does not hold for ever, separated by
    /// `;`, `*` for every zone); `watch_reason`; `watch_until`. Times are RFC 3339, or a date, which means its first instant
    /// in UTC. An empty field is not known.
    ///
    /// # Errors
    /// Every line that cannot be right, up to a limit, with line, column and what to give; nothing of such a file is taken.
    pub fn from_csv(text: &str) -> Result<Self, RegisterError> {
        read::read(text).map(|vessels| Self { vessels })
    }

    /// What is known of a vessel.
    pub fn get(&self, mmsi: Mmsi) -> Option<&Registered> {
        self.vessels.get(&mmsi)
    }

    /// How many vessels it lists.
    pub fn len(&self) -> usize {
        self.vessels.len()
    }

    /// Whether it lists none.
    pub fn is_empty(&self) -> bool {
        self.vessels.is_empty()
    }
}
