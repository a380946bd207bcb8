//! Units ashore: the province's centre, city units, customs, coastguard, public security, local government; who stands above
//! whom, and who answers for which waters.

use std::collections::BTreeMap;
use std::fmt;

use geo::{Contains, LineString, MultiPolygon, Polygon};

use crate::geodesy::LatLon;

/// What a unit is, in the "1+9" order of Hainan: one centre of the province and the authorities that work in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitKind {
    /// The province's joint centre.
    ProvinceCentre,
    /// A city's or county's unit.
    CityUnit,
    /// Customs (anti-smuggling).
    Customs,
    /// Coastguard.
    Coastguard,
    /// Public security (coastal police).
    PublicSecurity,
    /// Local government.
    LocalGovernment,
}

impl UnitKind {
    /// The words in the configuration.
    pub const WORDS: [(&'static str, Self); 6] = [
        ("province_centre", Self::ProvinceCentre),
        ("city_unit", Self::CityUnit),
        ("customs", Self::Customs),
        ("coastguard", Self::Coastguard),
        ("public_security", Self::PublicSecurity),
        ("local_government", Self::LocalGovernment),
    ];

    /// The kind of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::WORDS.into_iter().find(|(known, _)| *known == word).map(|(_, kind)| kind)
    }
}

impl fmt::Display for UnitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::WORDS.into_iter().find(|(_, kind)| kind == self).map_or("", |(word, _)| word))
    }
}

/// The waters that a unit answers for.
#[derive(Clone, Debug, PartialEq)]
pub enum Area {
    /// All of them.
    Everywhere,
    /// Those inside these outlines: each a list of rings, the outer one first.
    Polygons(MultiPolygon<f64>),
}

impl Area {
    /// The area inside outlines: each a list of closed rings, the outer one first. `None` when a ring has fewer than three
    /// corners or a point off the globe.
    pub fn of_outlines(outlines: &[Vec<Vec<LatLon>>]) -> Option<Self> {
        let mut polygons = Vec::with_capacity(outlines.len());
        for rings in outlines {
            let mut lines = Vec::with_capacity(rings.len());
            for ring in rings {
                if ring.len() < 3 || !ring.iter().all(|point| point.is_valid()) {
                    return None;
                }
                lines.push(LineString::from_iter(ring.iter().map(|point| (point.lon_deg, point.lat_deg))));
            }
            let mut lines = lines.into_iter();
            polygons.push(Polygon::new(lines.next()?, lines.collect()));
        }
        (!polygons.is_empty()).then(|| Self::Polygons(MultiPolygon::new(polygons)))
    }

    /// Whether a place lies in it.
    pub fn holds(&self, place: LatLon) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Polygons(polygons) => polygons.contains(&geo::Point::new(place.lon_deg, place.lat_deg)),
        }
    }
}

/// A unit as the configuration has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// Its name for machines.
    pub id: String,
    /// Its name in English.
    pub name: String,
    /// Its name in Chinese; empty: not said.
    pub name_zh: String,
    /// What it is.
    pub kind: UnitKind,
    /// The unit above it; `None`: it stands at the top.
    pub parent: Option<String>,
    /// The waters that it answers for; `None`: those of the units below it, and what is handed to it.
    pub area: Option<Area>,
    /// The kinds of alert that come into its hands first; empty: all. What it sees does not depend on it.
    pub takes: Vec<String>,
}

/// Why units cannot be as the configuration says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrganisationError {
    /// Two units with one id.
    #[error("unit '{0}' stands there twice: give each an id of its own")]
    Twice(String),
    /// A parent that is no unit.
    #[error("unit '{unit}' has the parent '{parent}', which is no unit")]
    NoParent {
        /// The unit.
        unit: String,
        /// What stands as its parent.
        parent: String,
    },
    /// A circle of parents.
    #[error("unit '{0}' stands above itself")]
    Circle(String),
}

/// The units and their order. None configured: there is one user, who sees everything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Organisation {
    units: Vec<Unit>,
    by_id: BTreeMap<String, usize>,
}

impl Organisation {
    /// Puts units in order.
    ///
    /// # Errors
    /// When two have one id, a parent is missing, or one stands above itself.
    pub fn new(units: Vec<Unit>) -> Result<Self, OrganisationError> {
        let mut by_id = BTreeMap::new();
        for (index, unit) in units.iter().enumerate() {
            if by_id.insert(unit.id.clone(), index).is_some() {
                return Err(OrganisationError::Twice(unit.id.clone()));
            }
        }
        let organisation = Self { units, by_id };
        for unit in &organisation.units {
            if let Some(parent) = unit.parent.as_ref().filter(|parent| organisation.unit(parent).is_none()) {
                return Err(OrganisationError::NoParent { unit: unit.id.clone(), parent: parent.clone() });
            }
            if organisation.above(&unit.id).take(organisation.units.len() + 1).any(|above| above == unit.id) {
                return Err(OrganisationError::Circle(unit.id.clone()));
            }
        }
        Ok(organisation)
    }

    /// Whether no units are configured.
    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// The units in the order of the configuration.
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    /// The unit with this id.
    pub fn unit(&self, id: &str) -> Option<&Unit> {
        self.by_id.get(id).and_then(|index| self.units.get(*index))
    }

    /// The units above one, the nearest first.
    pub fn above<'a>(&'a self, unit: &str) -> impl Iterator<Item = &'a str> {
        let parent = |unit: &Unit| unit.parent.as_deref().and_then(|parent| self.unit(parent));
        std::iter::successors(self.unit(unit).and_then(parent), move |unit| parent(unit)).map(|unit| unit.id.as_str())
    }

    /// Whether `unit` is `top`, or stands below it.
    pub fn is_within(&self, unit: &str, top: &str) -> bool {
        unit == top || self.above(unit).any(|above| above == top)
    }

    /// Whether a place lies in the waters of a unit or of one below it.
    pub fn answers_for(&self, unit: &str, place: LatLon) -> bool {
        self.units
            .iter()
            .any(|other| other.area.as_ref().is_some_and(|area| area.holds(place)) && self.is_within(&other.id, unit))
    }

    /// The unit into whose hands an alert of that kind at that place comes: the lowest that answers for the place; of equals the
    /// one that stands first in the configuration.
    pub fn responsible_for(&self, place: LatLon, kind: &str) -> Option<&str> {
        let takes = |unit: &&Unit| {
            unit.area.as_ref().is_some_and(|area| area.holds(place))
                && (unit.takes.is_empty() || unit.takes.iter().any(|word| word == kind))
        };
        // `max_by_key` takes the last of equals, so they come in reverse.
        let lowest = self.units.iter().rev().filter(takes).max_by_key(|unit| self.above(&unit.id).count());
        lowest.map(|unit| unit.id.as_str())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn square(west_deg: f64, east_deg: f64) -> Option<Area> {
        let corners = [(20.0, west_deg), (20.0, east_deg), (21.0, east_deg), (21.0, west_deg), (20.0, west_deg)];
        Area::of_outlines(&[vec![corners.map(|(lat, lon)| LatLon::new(lat, lon)).to_vec()]])
    }

    fn unit(id: &str, parent: Option<&str>, area: Option<Area>, takes: &[&str]) -> Unit {
        Unit {
            id: id.to_owned(),
            name: id.to_owned(),
            name_zh: String::new(),
            kind: if parent.is_none() { UnitKind::ProvinceCentre } else { UnitKind::CityUnit },
            parent: parent.map(str::to_owned),
            area,
            takes: takes.iter().map(|word| (*word).to_owned()).collect(),
        }
    }

    /// A province (no waters of its own) with two cities side by side, a district of the first, and customs everywhere, who
    /// take unloading first.
    pub(crate) fn hainan() -> Organisation {
        Organisation::new(vec![
            unit("province", None, None, &[]),
            unit("haikou", Some("province"), square(110.0, 110.5), &[]),
            unit("xiuying", Some("haikou"), square(110.2, 110.3), &["zone_entry"]),
            unit("wenchang", Some("province"), square(110.5, 111.0), &[]),
            unit("customs", Some("province"), Some(Area::Everywhere), &["unloading"]),
        ])
        .unwrap()
    }

    #[test]
    fn an_alert_comes_to_the_lowest_unit_that_answers_for_the_place_and_takes_its_kind() {
        let hainan = hainan();
        let at = |lon_deg| LatLon::new(20.5, lon_deg);
        assert_eq!(hainan.responsible_for(at(110.25), "loitering"), Some("haikou"), "xiuying takes zone_entry only");
        assert_eq!(hainan.responsible_for(at(110.25), "zone_entry"), Some("xiuying"));
        assert_eq!(hainan.responsible_for(at(110.7), "loitering"), Some("wenchang"));
        assert_eq!(hainan.responsible_for(at(110.7), "unloading"), Some("wenchang"), "of equals the first in the file");
        assert_eq!(hainan.responsible_for(at(112.0), "unloading"), Some("customs"));
        assert_eq!(hainan.responsible_for(at(112.0), "loitering"), None);
    }

    #[test]
    fn a_unit_answers_for_the_waters_of_those_below_it_and_not_of_those_beside() {
        let hainan = hainan();
        let at = |lon_deg| LatLon::new(20.5, lon_deg);
        assert!(hainan.answers_for("haikou", at(110.25)) && !hainan.answers_for("haikou", at(110.7)));
        assert!(hainan.answers_for("province", at(110.7)), "by its city");
        assert!(!hainan.answers_for("xiuying", at(110.4)), "not those of the unit above");
        assert!(!hainan.answers_for("nobody", at(110.4)));
        assert_eq!(hainan.above("xiuying").collect::<Vec<_>>(), ["haikou", "province"]);
    }

    #[test]
    fn an_order_that_cannot_be_is_refused() {
        let refused = |units| Organisation::new(units).unwrap_err().to_string();
        assert!(refused(vec![unit("a", None, None, &[]); 2]).contains("twice"));
        assert!(refused(vec![unit("a", Some("b"), None, &[])]).contains("which is no unit"));
        let circle = vec![unit("a", Some("b"), None, &[]), unit("b", Some("a"), None, &[])];
        assert!(refused(circle).contains("above itself"));
        assert_eq!(Area::of_outlines(&[vec![vec![LatLon::new(20.0, 110.0); 2]]]), None);
    }
}
