//! Thresholds of the rules: raw as read from TOML, each with its unit in the key and its source in the shipped file.
//!
//! The defaults compiled in are those of `config/rules.toml`, where each has its reason (a test holds the two equal).

use serde::{Deserialize, Serialize};

use super::finding::Kind;
use super::overrides::{self, OverrideConfig};
use super::rules_error::RulesError;
use super::score_config::{ScoreConfig, Weights};

/// All thresholds of all rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BehaviourConfig {
    /// Version of the layout of this file: 1.
    pub version: u32,
    /// Name of this set of rules, with its date: it goes into every alert.
    pub edition: String,
    /// Hours that local time is ahead of UTC, for overrides with hours.
    pub utc_offset_h: f64,
    /// What kind of craft a vessel is.
    pub craft: CraftConfig,
    /// How long vessels are remembered, and which track continues which.
    pub subjects: SubjectsConfig,
    /// Where vessels come from, and which ports are open to them.
    pub voyage: VoyageConfig,
    /// Slow and in one area.
    pub loitering: LoiteringConfig,
    /// Unloading at the shore.
    pub landing: LandingConfig,
    /// Two vessels alongside: rendezvous, and unloading to a lighter.
    pub contact: ContactConfig,
    /// Inside a restricted zone.
    pub zone_entry: ZoneEntryConfig,
    /// A fast craft that runs for the shore.
    pub fast_approach: FastApproachConfig,
    /// A craft without AIS that makes for the shore or meets another.
    pub dark_vessel: DarkVesselConfig,
    /// A vessel that falls silent and sails on.
    pub ais_gap: AisGapConfig,
    /// One MMSI twice, two MMSIs on one vessel, or a position that sensors contradict.
    pub identity_conflict: IdentityConfig,
    /// Small craft together where none has business.
    pub gathering: GatheringConfig,
    /// A vessel that goes where wind and current take it.
    pub drifting: DriftingConfig,
    /// Scores that make the grades, and caps of the families.
    pub score: ScoreConfig,
    /// Points of the items of evidence.
    pub weights: Weights,
    /// Thresholds for some vessels, places or times.
    #[serde(rename = "override", skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<OverrideConfig>,
}

impl Default for BehaviourConfig {
    fn default() -> Self {
        Self {
            version: 1,
            edition: "shipped-1".to_owned(),
            utc_offset_h: 8.0,
            craft: CraftConfig::default(),
            subjects: SubjectsConfig::default(),
            voyage: VoyageConfig::default(),
            loitering: LoiteringConfig::default(),
            landing: LandingConfig::default(),
            contact: ContactConfig::default(),
            zone_entry: ZoneEntryConfig::default(),
            fast_approach: FastApproachConfig::default(),
            dark_vessel: DarkVesselConfig::default(),
            ais_gap: AisGapConfig::default(),
            identity_conflict: IdentityConfig::default(),
            gathering: GatheringConfig::default(),
            drifting: DriftingConfig::default(),
            score: ScoreConfig::default(),
            weights: Weights::default(),
            overrides: Vec::new(),
        }
    }
}

/// Defines a section: its fields with unit, default and doc, all in one place.
macro_rules! section {
    ($(#[$outer:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $kind:ty = $value:expr,)* }) => {
        $(#[$outer])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name { $($(#[$doc])* pub $field: $kind,)* }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $value,)* }
            }
        }
    };
}

section! {
    /// What makes a craft an official one, a pleasure craft and so on. Ship types: ITU-R M.1371-5, table 53.
    CraftConfig {
        /// Law enforcement.
        patrol_ship_types: Vec<u8> = vec![55],
        /// Patrol craft, pilot boats and tugs.
        official_ship_types: Vec<u8> = vec![50, 52, 55],
        /// Sailing and pleasure craft.
        pleasure_ship_types: Vec<u8> = vec![36, 37],
        /// Fishing craft.
        fishing_ship_types: Vec<u8> = vec![30],
        /// Passenger ships and high-speed craft.
        passenger_ship_types: Vec<u8> = (40..=49).chain(60..=69).collect(),
        /// Probability from which a camera's class is believed.
        eo_class_probability: f64 = 0.6,
        /// The same for a craft without AIS to pass for an official one.
        eo_official_probability: f64 = 0.9,
        /// A thing that never left this radius (metres) and says nothing of itself is fixed.
        fixed_radius_m: f64 = 120.0,
    }
}

section! {
    /// How vessels outlive their tracks.
    SubjectsConfig {
        /// Seconds for which a vessel that lay still is remembered unseen.
        remembered_slow_s: u32 = 1800,
        /// Seconds for which a vessel under way is remembered unseen.
        remembered_moving_s: u32 = 300,
        /// Seconds for which a vessel under way that has sent AIS is remembered unseen.
        remembered_silent_s: u32 = 3600,
        /// Metres around the place where a lost vessel must be by now in which a new track continues it.
        continue_within_m: f64 = 250.0,
        /// Seconds for which the course of a lost vessel is worth following.
        continue_moving_s: u32 = 60,
        /// Metres from where it lay hidden within which a craft may be seen first, when it comes straight from there.
        continue_hidden_m: f64 = 1500.0,
        /// Seconds that it may have taken for that.
        continue_hidden_s: u32 = 300,
    }
}

section! {
    /// Where vessels come from, and so by which line of ports they are judged. Of use with zones that have a `line` or
    /// `vessel_classes`.
    VoyageConfig {
        /// Seconds that a vessel must lie in a port or at the shore for that to be a call.
        call_s: u32 = 1800,
        /// The same for one of which nothing is known as yet.
        first_call_s: u32 = 120,
        /// Metres from the shore within which it lies at it.
        shore_m: f64 = 300.0,
        /// Nautical miles from every shore beyond which a vessel that is seen for the first time comes from abroad.
        abroad_nmi: f64 = 12.0,
        /// First three digits of the MMSIs of the home flag: of those nobody knows from where they come in.
        home_flags: Vec<u16> = vec![412, 413, 414],
    }
}

section! {
    /// Thresholds of `loitering`.
    LoiteringConfig {
        /// Seconds of the stay.
        duration_s: u32 = 1800,
        /// Mean speed in m/s below which a stay is slow.
        mean_speed_mps: f64 = 1.0,
        /// Metres from the mean position that no position may exceed.
        radius_m: f64 = 1000.0,
        /// Metres from the shore that the stay must keep.
        shore_m: f64 = 150.0,
        /// Seconds between spells that are one.
        merge_s: u32 = 600,
        /// Metres around ports and anchorages that excuse everyone.
        port_anchorage_margin_m: f64 = 300.0,
        /// Metres around fishing harbours that excuse fishing craft and tenders.
        harbour_margin_m: f64 = 1500.0,
        /// Metres around farms that excuse fishing craft and tenders.
        farm_margin_m: f64 = 300.0,
        /// Metres around fishing grounds that excuse fishing craft.
        ground_margin_m: f64 = 300.0,
        /// Metres around ports that excuse passenger vessels.
        passenger_port_margin_m: f64 = 5000.0,
        /// Metres from the shore beyond which "not under command" excuses.
        not_under_command_shore_m: f64 = 2000.0,
        /// Share of the stay that must have been measured.
        measured_share: f64 = 0.5,
    }
}

section! {
    /// Thresholds of `unloading` at the shore.
    LandingConfig {
        /// Seconds at the shore.
        duration_s: u32 = 300,
        /// Speed in m/s below which a craft lies.
        speed_mps: f64 = 0.5,
        /// Metres a second that the noise of the track may add to it.
        speed_slack_mps: f64 = 0.3,
        /// Metres from the shore within which it lies at it.
        shore_m: f64 = 150.0,
        /// Metres around ports, harbours and farms within which landing is nobody's concern.
        zone_margin_m: f64 = 200.0,
        /// Seconds between landings that are one.
        merge_s: u32 = 1800,
        /// Seconds of a break that is forgiven.
        break_s: u32 = 60,
        /// Sigmas by which the position may be off.
        shore_sigmas: f64 = 1.0,
        /// Metres that those sigmas may amount to at most.
        shore_slack_m_max: f64 = 50.0,
        /// Metres from the shore within which a lost boat may have landed.
        lost_within_m: f64 = 600.0,
        /// Seconds to the shore that a lost boat may have had to go.
        lost_time_to_shore_s: u32 = 90,
        /// Camera reports of goods going ashore that make a landing.
        eo_reports: u32 = 2,
        /// Seconds within which they must come.
        eo_window_s: u32 = 120,
        /// Probability from which a report is of this craft.
        eo_association: f64 = 0.6,
        /// Runs from one vessel at rest to one stretch of shore that make a landing, however short each stay.
        shuttle_runs: u32 = 2,
        /// Seconds within which they must come.
        shuttle_s: u32 = 3600,
    }
}

section! {
    /// Thresholds of contacts: `rendezvous`, and `unloading` to a lighter.
    ContactConfig {
        /// Seconds together.
        duration_s: u32 = 300,
        /// Metres between the middles.
        distance_m: f64 = 100.0,
        /// Speed in m/s below which both lie.
        speed_mps: f64 = 1.0,
        /// Metres a second that the noise of the track may add to it.
        speed_slack_mps: f64 = 0.3,
        /// Seconds of a break that is forgiven.
        break_s: u32 = 60,
        /// Metres from the shore that the larger must keep.
        shore_m: f64 = 150.0,
        /// Metres around ports, harbours, anchorages and farms in which contacts are nobody's concern; the same around
        /// fishing grounds for two fishing craft.
        zone_margin_m: f64 = 300.0,
        /// Metres from the shore up to which a contact is an unloading to a lighter.
        lighter_shore_m: f64 = 2000.0,
        /// Seconds between contacts of the same two that are one.
        merge_s: u32 = 1800,
        /// Sigmas by which the distance may be off.
        distance_sigmas: f64 = 1.0,
        /// Metres that those sigmas may amount to at most.
        distance_slack_m_max: f64 = 60.0,
        /// Metres from a vessel at rest within which a lost boat may have gone alongside.
        lost_within_m: f64 = 600.0,
        /// Seconds that it may have had to go.
        lost_time_to_meet_s: u32 = 60,
        /// Metres that a lost boat must have come to be more than an echo.
        lost_came_m: f64 = 300.0,
        /// Metres from a vessel at rest within which a craft first seen has lain alongside.
        born_within_m: f64 = 200.0,
        /// Metres of distance at which it has left.
        left_at_m: f64 = 400.0,
        /// Seconds for which a boat is taken to lie alongside unseen, at most.
        hidden_s: u32 = 1800,
        /// Speed in m/s that the median of either stays below over the whole of the contact.
        median_mps: f64 = 1.3,
        /// Every pair of several that lie together counts, not only those with the largest.
        every_pair: bool = false,
        /// Probability from which a camera's report of a craft alongside is of this vessel.
        eo_association: f64 = 0.6,
    }
}

section! {
    /// Thresholds of `zone_entry`.
    ZoneEntryConfig {
        /// Metres inside the zone.
        depth_m: f64 = 50.0,
        /// Seconds inside.
        duration_s: u32 = 30,
        /// Sigmas that the position must be deeper.
        depth_sigmas: f64 = 1.0,
        /// Metres that those sigmas may amount to at most.
        depth_slack_m_max: f64 = 40.0,
        /// Metres outside at which it has left.
        left_m: f64 = 50.0,
        /// Seconds ahead within which a vessel that steers for the zone is warned of.
        warning_s: u32 = 600,
        /// Seconds for which it must steer so.
        warning_holds_s: u32 = 60,
        /// Seconds between stays that are one.
        merge_s: u32 = 600,
    }
}

section! {
    /// Thresholds of `fast_approach`.
    FastApproachConfig {
        /// Speed in m/s from which a craft is fast.
        speed_mps: f64 = 10.0,
        /// Metres ahead within which a shore must lie.
        shore_ahead_m: f64 = 5000.0,
        /// Metres from ports, harbours and farms within which a landfall is nobody's concern.
        zone_margin_m: f64 = 1000.0,
        /// Seconds for which it must run so.
        duration_s: u32 = 60,
        /// Speed in m/s from which a shorter run is enough.
        very_fast_mps: f64 = 12.9,
        /// Seconds of that shorter run.
        very_fast_duration_s: u32 = 30,
        /// Seconds of a break that is forgiven.
        break_s: u32 = 20,
        /// Seconds out of sight after which a run that goes on is the same.
        unseen_s: u32 = 60,
        /// Seconds between runs that are one.
        merge_s: u32 = 300,
    }
}

section! {
    /// Thresholds of `dark_vessel`.
    DarkVesselConfig {
        /// Speed in m/s from which a craft makes for the shore.
        speed_mps: f64 = 3.0,
        /// Metres from the shore at which it must have been before.
        offshore_m: f64 = 2500.0,
        /// Metres ahead within which a shore must lie.
        shore_ahead_m: f64 = 3000.0,
        /// Metres from ports, harbours and farms within which a landfall is nobody's concern.
        zone_margin_m: f64 = 1000.0,
        /// Seconds for which it must run so.
        duration_s: u32 = 60,
        /// Seconds of a break that is forgiven.
        break_s: u32 = 20,
        /// Speed in m/s that a vessel which has fallen silent and was lost is given to have got here, and be this craft.
        silent_vessel_mps: f64 = 8.0,
        /// Seconds for which a craft must have been seen without AIS.
        silent_s: u32 = 180,
        /// The same for one that runs, which a transponder would report more often.
        silent_running_s: u32 = 90,
        /// Seconds between runs and contacts of one craft that are one affair.
        merge_s: u32 = 14_400,
    }
}

section! {
    /// Thresholds of `ais_gap`.
    AisGapConfig {
        /// Seconds of silence.
        silent_s: u32 = 600,
        /// Metres that it must have gone in silence.
        moved_m: f64 = 1000.0,
        /// Seconds before the silence in which its reports are counted.
        before_s: u32 = 180,
        /// Reports that it must have sent in that time, at most one counted each ten seconds.
        reports_before: u32 = 4,
        /// Share of those instants in which class A under way must have been heard.
        regular_share: f64 = 0.5,
        /// Share of the minutes of silence in which others around it must have been heard.
        reception_share: f64 = 0.8,
        /// Metres around it within which others that fall silent at the same time point to a station.
        outage_radius_m: f64 = 10_000.0,
        /// Seconds between silences that are one.
        merge_s: u32 = 600,
    }
}

section! {
    /// Thresholds of `identity_conflict`.
    IdentityConfig {
        /// Speed in m/s from which a vessel that changes its MMSI is under way.
        under_way_mps: f64 = 1.0,
        /// Seconds for which a new MMSI must last.
        renamed_lasts_s: u32 = 40,
        /// Seconds for which a position elsewhere must last.
        lasts_s: u32 = 60,
        /// Metres between the position reported and the one seen.
        elsewhere_m: f64 = 1000.0,
        /// Metres between two vessels that send one MMSI.
        twin_m: f64 = 2000.0,
        /// Seconds for which both must be heard.
        twin_lasts_s: u32 = 40,
        /// Seconds between conflicts that are one.
        merge_s: u32 = 1800,
    }
}

section! {
    /// Thresholds of `gathering`.
    GatheringConfig {
        /// Small craft that make a crowd.
        craft: u32 = 5,
        /// Of them without AIS.
        without_ais: u32 = 2,
        /// Metres of the circle that holds them, across.
        within_m: f64 = 1000.0,
        /// Seconds for which they must stay.
        duration_s: u32 = 600,
        /// Metres of the longest craft that counts as small.
        length_max_m: f64 = 20.0,
        /// Speed in m/s below which a craft stays.
        speed_mps: f64 = 2.5,
        /// Metres around ports, harbours, anchorages, grounds and farms in which a crowd is nobody's concern.
        zone_margin_m: f64 = 300.0,
        /// Seconds of a break that is forgiven.
        break_s: u32 = 120,
        /// Seconds between crowds that are one.
        merge_s: u32 = 1800,
    }
}

section! {
    /// Thresholds of `drifting`.
    DriftingConfig {
        /// Speed in m/s from which it is more than swinging.
        speed_min_mps: f64 = 0.514,
        /// Speed in m/s above which it is under way.
        speed_max_mps: f64 = 2.572,
        /// Degrees between course and heading.
        angle_deg: f64 = 45.0,
        /// Seconds for which it must last.
        duration_s: u32 = 600,
        /// Metres that it must have moved.
        moved_m: f64 = 500.0,
        /// Seconds of a break that is forgiven.
        break_s: u32 = 20,
        /// Seconds between drifts that are one.
        merge_s: u32 = 600,
    }
}

impl BehaviourConfig {
    /// Reads rules from TOML; what the text leaves out keeps its default.
    ///
    /// # Errors
    /// [`RulesError`] with the key or the line, and what it must be.
    pub fn from_toml(text: &str) -> Result<Self, RulesError> {
        let config: Self = toml::from_str(text).map_err(|error| RulesError::Unreadable(error.to_string()))?;
        config.validate()?;
        Ok(config)
    }

    /// How long after its end a behaviour of this kind may be taken up again and still be the same affair, milliseconds.
    pub fn merge_ms(&self, kind: Kind) -> i64 {
        ms(match kind {
            Kind::Loitering => self.loitering.merge_s,
            Kind::ZoneEntry => self.zone_entry.merge_s,
            Kind::FastApproach => self.fast_approach.merge_s,
            Kind::DarkVessel => self.dark_vessel.merge_s,
            Kind::AisGap => self.ais_gap.merge_s,
            Kind::Unloading => self.landing.merge_s.max(self.contact.merge_s),
            Kind::IdentityConflict => self.identity_conflict.merge_s,
            Kind::Rendezvous => self.contact.merge_s,
            Kind::Gathering => self.gathering.merge_s,
            Kind::Drifting => self.drifting.merge_s,
        })
    }

    /// Checks that every value is one that the rules can work with: its range follows from the unit at the end of its key.
    ///
    /// # Errors
    /// The first value that is not.
    pub fn validate(&self) -> Result<(), RulesError> {
        if self.version != 1 {
            return Err(RulesError::Version(self.version));
        }
        let table = toml::Table::try_from(self).map_err(|error| RulesError::Unreadable(error.to_string()))?;
        for (section, keys) in &table {
            for (key, value) in keys.as_table().into_iter().flatten() {
                let value = match value {
                    toml::Value::Float(value) => *value,
                    toml::Value::Integer(value) => *value as f64,
                    _ => continue,
                };
                let (range, wants) = range_of(key);
                if !range.contains(&value) {
                    return Err(RulesError::OutOfRange { key: format!("{section}.{key}"), value, wants });
                }
            }
        }
        if let Some((key, wants)) = self.weights.fault() {
            return Err(RulesError::Weight { key, wants });
        }
        let stay_s = self.loitering.duration_s;
        if !(120..=3600).contains(&stay_s) {
            let wants = "120 to 3600: the window that is kept of a stay is at most an hour";
            let key = "loitering.duration_s".to_owned();
            return Err(RulesError::OutOfRange { key, value: f64::from(stay_s), wants });
        }
        if !(-12.0..=14.0).contains(&self.utc_offset_h) {
            let (key, wants) = ("utc_offset_h".to_owned(), "-12 to 14 hours");
            return Err(RulesError::OutOfRange { key, value: self.utc_offset_h, wants });
        }
        overrides::check(self)
    }
}

/// The range of values that a key of this name may have, and the same in words.
fn range_of(key: &str) -> (std::ops::RangeInclusive<f64>, &'static str) {
    if ["_probability", "_share", "_association"].iter().any(|end| key.ends_with(end)) {
        (0.0..=1.0, "0 to 1")
    } else if key.ends_with("_sigmas") {
        (0.0..=10.0, "0 to 10")
    } else if key.ends_with("_mps") {
        (0.0..=100.0, "0 to 100 m/s")
    } else if key.ends_with("_nmi") {
        (0.0..=24.0, "0 to 24 nautical miles")
    } else if key.ends_with("_s") {
        (0.0..=DURATION_MAX_S, "0 to 86400 s")
    } else {
        (0.0..=LENGTH_MAX_M, "0 to 10000, in the unit at the end of the key")
    }
}

/// The longest length in metres that a rule may ask for: what is known of surroundings reaches no farther.
const LENGTH_MAX_M: f64 = 10_000.0;
/// The longest time in seconds that a rule may ask for, a day: memory a vessel stays bounded.
const DURATION_MAX_S: f64 = 86_400.0;

/// A time of the configuration in milliseconds.
pub(super) fn ms(seconds: u32) -> i64 {
    i64::from(seconds) * 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../config/rules.toml");

    #[test]
    fn the_shipped_file_is_what_is_compiled_in() {
        assert_eq!(BehaviourConfig::from_toml(SHIPPED).unwrap(), BehaviourConfig::default());
    }

    #[test]
    fn the_shipped_file_leaves_nothing_out() {
        let shipped: toml::Table = SHIPPED.parse().unwrap();
        let full = toml::Table::try_from(BehaviourConfig::default()).unwrap();
        let keys = |table: &toml::Table| -> Vec<String> {
            let mut keys: Vec<String> = table
                .iter()
                .flat_map(|(section, value)| match value.as_table() {
                    Some(inner) => inner.keys().map(|key| format!("{section}.{key}")).collect(),
                    None => vec![section.clone()],
                })
                .collect();
            keys.sort();
            keys
        };
        assert_eq!(keys(&shipped), keys(&full));
    }

    #[test]
    fn an_unknown_key_and_a_value_out_of_range_are_refused_by_name() {
        let unknown = BehaviourConfig::from_toml("[loitering]\nspeed = 1.0\n").unwrap_err();
        assert!(unknown.to_string().contains("unknown field `speed`"), "{unknown}");
        let negative = BehaviourConfig::from_toml("[contact]\ndistance_m = -5.0\n").unwrap_err();
        assert!(negative.to_string().starts_with("rule contact.distance_m = -5 cannot be"), "{negative}");
        let nan = BehaviourConfig::from_toml("[contact]\ndistance_m = nan\n").unwrap_err();
        assert!(matches!(nan, RulesError::OutOfRange { .. }));
        let day = BehaviourConfig::from_toml("[loitering]\nduration_s = 86400\n").unwrap_err();
        assert!(day.to_string().starts_with("rule loitering.duration_s = 86400 cannot be"), "{day}");
        assert_eq!(BehaviourConfig::from_toml("version = 2").unwrap_err(), RulesError::Version(2));
    }

    #[test]
    fn what_a_file_leaves_out_keeps_its_default() {
        let config = BehaviourConfig::from_toml("[loitering]\nradius_m = 800.0\n").unwrap();
        assert_eq!(config.loitering.radius_m, 800.0);
        assert_eq!(config.loitering.duration_s, 1800);
    }
}
