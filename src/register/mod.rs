//! The register of vessels: who they are, what they may do, and whom to watch.
//!
//! Built from CSV text (reading files is the business of the outermost layer), immutable afterwards. A register speaks of
//! the vessels that it lists and of no others: a vessel that is not in it is neither better nor worse for that.

mod read;
mod sheet;

use std::sync::Arc;

pub use read::{RegisterError, RowProblem};
pub use sheet::{Sheet, line_of};

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

/// Changes that a register carries beside what it was made of, before they are worked into it.
const CHANGES_MAX: usize = 10_000;

/// A register, by MMSI. A changed one shares with the one before what has not changed.
#[derive(Clone, Debug, Default)]
pub struct Register {
    vessels: Arc<FxHashMap<Mmsi, Registered>>,
    /// What is known of vessels since; `None`: nothing more.
    changed: FxHashMap<Mmsi, Option<Registered>>,
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
        Sheet::from_csv(text).map(Self::from)
    }

    /// The register in which of these vessels something else is known, or nothing.
    #[must_use]
    pub fn with(&self, changes: impl IntoIterator<Item = (Mmsi, Option<Registered>)>) -> Self {
        let mut changed = self.changed.clone();
        changed.extend(changes);
        if changed.len() <= CHANGES_MAX {
            return Self { vessels: Arc::clone(&self.vessels), changed };
        }
        let mut vessels = FxHashMap::clone(&self.vessels);
        for (mmsi, vessel) in changed {
            match vessel {
                Some(vessel) => vessels.insert(mmsi, vessel),
                None => vessels.remove(&mmsi),
            };
        }
        Self { vessels: Arc::new(vessels), changed: FxHashMap::default() }
    }

    /// What is known of a vessel.
    pub fn get(&self, mmsi: Mmsi) -> Option<&Registered> {
        match self.changed.get(&mmsi) {
            Some(changed) => changed.as_ref(),
            None => self.vessels.get(&mmsi),
        }
    }

    /// How many vessels it lists.
    pub fn len(&self) -> usize {
        let listed = |mmsi: &Mmsi| usize::from(self.vessels.contains_key(mmsi));
        let (mut new, mut old) = (0, 0);
        for (mmsi, vessel) in &self.changed {
            (new, old) = (new + usize::from(vessel.is_some()), old + listed(mmsi));
        }
        self.vessels.len() + new - old
    }

    /// Whether it lists none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl From<Sheet> for Register {
    fn from(sheet: Sheet) -> Self {
        Self { vessels: Arc::new(sheet.into_vessels()), changed: FxHashMap::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vessel(number: u32) -> Mmsi {
        Mmsi::new(412_000_000 + number).unwrap()
    }

    #[test]
    fn a_changed_register_says_what_was_changed_and_what_was_not() {
        let register = Register::from_csv("mmsi,name\n412000001,one\n412000002,two\n").unwrap();
        let named = |name: &str| Some(Registered { name: Some(name.to_owned()), ..Registered::default() });
        let changed = register.with([(vessel(1), named("uno")), (vessel(2), None), (vessel(3), named("three"))]);
        let name = |number| changed.get(vessel(number)).and_then(|it| it.name.as_deref());
        assert_eq!((name(1), name(2), name(3), changed.len()), (Some("uno"), None, Some("three"), 2));
        assert_eq!(register.len(), 2);
        // So many changes that they are worked in.
        let many = (10..10 + CHANGES_MAX as u32).map(|number| (vessel(number), named("many")));
        let worked_in = changed.with(many);
        assert_eq!((worked_in.len(), worked_in.changed.len()), (CHANGES_MAX + 2, 0));
        assert_eq!(worked_in.get(vessel(2)), None);
    }
}
