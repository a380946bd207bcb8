//! What kind of craft a vessel is, as far as AIS and cameras tell: honest causes hang on it.

use super::config::CraftConfig;
use crate::feed::observation::EoClass;
use crate::fusion::TrackState;
use crate::register::Registered;
use crate::units::{Mmsi, VesselClass};

/// How much is known of a yes-or-no question. What is unknown is never held against a vessel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Known {
    /// It is so.
    Yes,
    /// It is not so.
    No,
    /// Nothing was heard or seen that tells.
    #[default]
    Unknown,
}

impl Known {
    /// Whether it may be so.
    pub fn possible(self) -> bool {
        self != Self::No
    }
}

/// What kind of craft a vessel is. Kept for the life of a subject: silence takes nothing back.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Craft {
    /// The last MMSI heard.
    pub mmsi: Option<Mmsi>,
    /// It has sent AIS at some time.
    pub sends_ais: bool,
    /// Its transponder is class A.
    pub class_a: bool,
    /// AIS ship type under that MMSI.
    pub ship_type: Option<u8>,
    /// Class by cameras, where sure enough.
    pub eo_class: Option<EoClass>,
    /// Patrol craft, pilot boat or tug.
    pub official: bool,
    /// Patrol craft.
    pub patrol: bool,
    /// Sailing or pleasure craft.
    pub pleasure: bool,
    /// Passenger vessel.
    pub passenger: bool,
    /// Fishing craft, or tender of a farm: these look alike.
    pub fishing: Known,
    /// Length in metres.
    pub length_m: Option<f64>,
    /// Class by the register.
    pub registered: Option<VesselClass>,
    /// Class by an officer's word.
    pub stated: Option<VesselClass>,
}

impl Craft {
    /// Takes what the track says now.
    pub(super) fn learn(&mut self, track: &TrackState, config: &CraftConfig) {
        let identity = &track.identity;
        if let Some(mmsi) = identity.mmsi {
            if self.mmsi != Some(mmsi) {
                // Another identity: what the old one claimed of itself is not this one's.
                (self.mmsi, self.ship_type, self.registered) = (Some(mmsi), None, None);
            }
            self.ship_type = identity.ship_type.filter(|kind| *kind != 0).or(self.ship_type);
            self.class_a = identity.class_a;
        }
        self.sends_ais |= track.last_ais.is_some();
        self.length_m = track.length_m.or(self.length_m);
        let stated = track.stated.as_deref();
        self.stated = stated.and_then(|stated| stated.class);
        self.length_m = stated.and_then(|stated| stated.length_m).or(self.length_m);
        let eo = track.eo_class.filter(|(_, probability)| *probability >= config.eo_class_probability);
        if let Some((class, _)) = eo {
            self.eo_class = Some(class);
        }
        let says = |kinds: &[u8]| self.ship_type.is_some_and(|kind| kinds.contains(&kind));
        let looks_official = !self.sends_ais
            && track.eo_class.is_some_and(|(class, probability)| {
                matches!(class, EoClass::Patrol | EoClass::Tug) && probability >= config.eo_official_probability
            });
        self.patrol = says(&config.patrol_ship_types) || (looks_official && self.eo_class == Some(EoClass::Patrol));
        self.official = says(&config.official_ship_types) || looks_official;
        self.pleasure = says(&config.pleasure_ship_types);
        self.passenger = says(&config.passenger_ship_types);
        self.fishing = match (self.ship_type, self.eo_class) {
            (Some(_), _) if says(&config.fishing_ship_types) => Known::Yes,
            // 90 is "other type": tenders send it.
            (Some(90..=99), _) | (None, None | Some(EoClass::Other)) => Known::Unknown,
            (Some(_), _) => Known::No,
            (None, Some(EoClass::Fishing)) => Known::Yes,
            (None, Some(_)) => Known::No,
        };
        if let Some(class) = self.stated {
            self.excuse(class);
        }
    }

    /// Takes what a register says of it, where the vessel itself says nothing: a prior that may excuse, and never accuses.
    pub(super) fn learn_registered(&mut self, registered: &Registered) {
        self.length_m = self.length_m.or(registered.length_m);
        self.registered = registered.class;
        if self.ship_type.is_some() {
            return;
        }
        if let Some(class) = registered.class {
            self.excuse(class);
        }
    }

    /// Takes a class for what it may excuse: it never accuses.
    fn excuse(&mut self, class: VesselClass) {
        match class {
            VesselClass::Patrol => (self.patrol, self.official) = (true, true),
            VesselClass::Pilot | VesselClass::Tug => self.official = true,
            VesselClass::Pleasure => self.pleasure = true,
            VesselClass::Passenger | VesselClass::HighSpeed => self.passenger = true,
            VesselClass::Fishing | VesselClass::Tender => self.fishing = Known::Yes,
            _ => {}
        }
    }

    /// Its class, as far as an officer says, it says itself, a register says, or cameras see.
    pub(super) fn class(&self) -> Option<VesselClass> {
        let seen = || self.eo_class.and_then(EoClass::vessel_class);
        let says = || self.ship_type.and_then(VesselClass::of_ship_type);
        self.stated.or_else(says).or(self.registered).or_else(seen)
    }

    /// A number that orders vessels by size: what is longer is larger, a class A ship is larger than what is unknown.
    pub(super) fn size_order(&self) -> f64 {
        self.length_m.unwrap_or(if self.class_a {
            40.0
        } else if self.sends_ais {
            20.0
        } else {
            10.0
        })
    }

    /// What to call it, in English and Chinese.
    pub(super) fn words(&self) -> (&'static str, &'static str) {
        match (self.ship_type, self.eo_class) {
            (Some(30), _) => ("fishing vessel", "渔船"),
            (Some(36 | 37), _) => ("pleasure craft", "游艇"),
            (Some(60..=69), _) => ("passenger vessel", "客船"),
            (Some(40..=49), _) => ("high-speed craft", "高速船"),
            (Some(70..=79), _) => ("cargo ship", "货船"),
            (Some(80..=89), _) => ("tanker", "油船"),
            (_, Some(EoClass::Cargo)) => ("cargo ship", "货船"),
            (_, Some(EoClass::Tanker)) => ("tanker", "油船"),
            (_, Some(EoClass::Passenger)) => ("passenger vessel", "客船"),
            (_, Some(EoClass::Fishing)) => ("fishing vessel", "渔船"),
            (_, Some(EoClass::Speedboat)) => ("speedboat", "快艇"),
            _ if self.sends_ais => ("vessel", "船舶"),
            _ => ("craft without AIS", "无AIS船只"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fusion::Stated;
    use crate::fusion::{Identity, Sources};
    use crate::geodesy::LatLon;
    use crate::units::{EventTime, TrackId};

    fn a_track() -> TrackState {
        TrackState {
            id: TrackId(1),
            time: EventTime::default(),
            first_seen: EventTime::default(),
            last_seen: EventTime::default(),
            position: LatLon::new(20.0, 110.0),
            east_mps: 0.0,
            north_mps: 0.0,
            position_covariance_m2: [225.0, 0.0, 225.0],
            speed_sigma_mps: 0.3,
            stopped_probability: 0.5,
            existence: 0.99,
            confirmed: true,
            sources: Sources::default(),
            last_ais: None,
            last_radar: None,
            last_eo: None,
            identity: Identity::default(),
            eo_class: None,
            length_m: None,
            sightings: Default::default(),
            ais_elsewhere: None,
            merged_with: None,
            hull: None,
            stated: None,
        }
    }

    fn craft_of(ship_type: Option<u8>, eo: Option<(EoClass, f64)>) -> Craft {
        let mut track = a_track();
        if let Some(kind) = ship_type {
            track.identity.mmsi = Mmsi::new(412_000_001);
            track.identity.ship_type = Some(kind);
            track.last_ais = Some(track.time);
        }
        track.eo_class = eo;
        let mut craft = Craft::default();
        craft.learn(&track, &CraftConfig::default());
        craft
    }

    #[test]
    fn ship_types_tell_officials_from_others() {
        assert!(craft_of(Some(50), None).official && !craft_of(Some(50), None).patrol);
        assert!(craft_of(Some(55), None).patrol);
        assert!(craft_of(Some(37), None).pleasure);
        assert!(craft_of(Some(69), None).passenger);
        assert_eq!(craft_of(Some(30), None).fishing, Known::Yes);
        assert_eq!(craft_of(Some(70), None).fishing, Known::No);
        assert_eq!(craft_of(None, None).fishing, Known::Unknown);
    }

    #[test]
    fn a_camera_must_be_very_sure_to_see_a_patrol_boat_in_a_craft_without_ais() {
        assert!(!craft_of(None, Some((EoClass::Patrol, 0.8))).patrol);
        assert!(craft_of(None, Some((EoClass::Patrol, 0.95))).patrol);
        assert!(!craft_of(Some(70), Some((EoClass::Patrol, 0.95))).patrol, "AIS says otherwise");
    }

    #[test]
    fn a_new_mmsi_does_not_inherit_the_old_ship_type() {
        let config = CraftConfig::default();
        let mut track = a_track();
        track.identity.mmsi = Mmsi::new(412_000_001);
        track.identity.ship_type = Some(55);
        let mut craft = Craft::default();
        craft.learn(&track, &config);
        track.identity.mmsi = Mmsi::new(412_000_002);
        track.identity.ship_type = None;
        craft.learn(&track, &config);
        assert!(!craft.patrol);
    }

    #[test]
    fn what_an_officer_says_goes_before_what_a_craft_says_of_itself_and_is_taken_back() {
        let config = CraftConfig::default();
        let mut track = a_track();
        track.identity.mmsi = Mmsi::new(412_000_001);
        track.identity.ship_type = Some(70);
        let said = Stated { class: Some(VesselClass::Patrol), length_m: Some(31.0), ..Stated::default() };
        let mut craft = Craft::default();
        track.stated = Some(Box::new(said));
        craft.learn(&track, &config);
        assert_eq!((craft.class(), craft.official, craft.patrol), (Some(VesselClass::Patrol), true, true));
        assert_eq!(craft.length_m, Some(31.0));
        track.stated = None;
        craft.learn(&track, &config);
        assert_eq!((craft.class(), craft.official, craft.patrol), (Some(VesselClass::Cargo), false, false));
    }
}
