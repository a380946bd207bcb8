//! The numbers that fusion runs on, each with its unit and where it comes from.

use super::ablation::Ablation;
use super::explain::Explain;

/// Settings of the fusion core. The defaults suit a coast with X-band radars of three seconds a turn; none is fitted to
/// one place: what differs from site to site (bias, clutter, detection probability) is learned on line.
#[derive(Clone, Debug, PartialEq)]
pub struct FusionConfig {
    /// How craft move.
    pub motion: MotionConfig,
    /// How well AIS measures.
    pub ais: AisConfig,
    /// When tracks start and end.
    pub lifecycle: LifecycleConfig,
    /// What is assumed of a radar before it has shown otherwise.
    pub radar: RadarConfig,
    /// How well a camera measures.
    pub eo: EoConfig,
    /// How far a measurement may lie from a prediction, as a squared Mahalanobis distance in two dimensions.
    /// 16 lets all but 0.03 % of true measurements through (chi-squared, 2 degrees of freedom).
    pub gate: f64,
    /// Seconds of measurements that each track keeps, so that late ones can go where they belong (FORMAT.md: up to 30 s).
    pub lateness_s: f64,
    /// The parts of the design that can be switched off to measure what each buys.
    pub ablation: Ablation,
    /// What is kept of the observations that make tracks; it changes no track.
    pub explain: Explain,
}

/// How craft move: three models that take turns (interacting multiple models, Blom and Bar-Shalom 1988).
#[derive(Clone, Debug, PartialEq)]
pub struct MotionConfig {
    /// Power of the white acceleration of a craft that keeps its course, m^2/s^3.
    pub cruise_noise: f64,
    /// Power of the white acceleration of a craft that manoeuvres, m^2/s^3.
    pub manoeuvre_noise: f64,
    /// Growth of the position variance of a craft that lies still (swinging, drifting slowly), m^2/s.
    pub still_noise: f64,
    /// One sigma of the speed of a craft that lies still, m/s.
    pub still_speed_mps: f64,
    /// Changes of model a second: `rates[from][to]`, in the order cruise, manoeuvre, still.
    pub rates: [[f64; 3]; 3],
    /// One sigma of each velocity component of a craft of which only one position is known, m/s.
    pub unknown_speed_mps: f64,
}

/// How well AIS measures.
#[derive(Clone, Debug, PartialEq)]
pub struct AisConfig {
    /// One sigma of a position that claims better than 10 m, metres, each axis.
    pub accurate_m: f64,
    /// One sigma of any other position, metres, each axis.
    pub coarse_m: f64,
    /// One sigma of speed over ground, m/s: half a step of 0.1 knot and the receiver's own noise.
    pub speed_mps: f64,
    /// One sigma of course over ground, degrees.
    pub course_deg: f64,
    /// One sigma of where the hull's middle lies along the heading while the size of a class A ship is not yet known, m.
    pub unknown_antenna_m: f64,
    /// A report farther than this from the track that bears its MMSI, at least, is no update of it but a claim, metres.
    pub contradiction_m: f64,
    /// Reports in a row that must agree before a contradicting claim is believed.
    pub claim_reports: u8,
    /// Fastest craft that is believed, m/s (70 knots).
    pub max_speed_mps: f64,
    /// Seconds since the last report after which an MMSI counts as silent.
    pub silent_s: f64,
}

/// When tracks start and end.
#[derive(Clone, Debug, PartialEq)]
pub struct LifecycleConfig {
    /// Existence probability from which a track is shown.
    pub confirm: f64,
    /// Existence probability below which a tentative track is dropped.
    pub drop: f64,
    /// Detections that a track without AIS needs before it is shown.
    pub confirm_hits: u32,
    /// Probability of lying still from which a new track of radar alone must prove itself for longer.
    pub still_doubt: f64,
    /// Seconds that such a track must be seen before it is shown.
    pub still_proof_s: f64,
    /// The same for what a radar of known bias shows by plots that no tracker of its own has made: spikes of clutter last a few
    /// turns, seconds.
    pub still_proof_by_plots_s: f64,
    /// Seconds that a tentative track may stay without a detection.
    pub tentative_s: f64,
    /// Seconds that a moving track of radar or EO alone is predicted without a detection.
    pub coast_s: f64,
    /// The same for a track with AIS identity under way.
    pub coast_ais_s: f64,
    /// The same for a track that lies still.
    pub coast_still_s: f64,
    /// Largest one sigma of position that is still shown, metres.
    pub max_sigma_m: f64,
    /// Seconds that a hidden craft is kept beside the one that hides it.
    pub merged_s: f64,
    /// Distance within which one craft can hide another from radar, metres.
    pub merge_m: f64,
    /// Most tracks at one time; beyond it no more are started (counted).
    pub max_tracks: usize,
}

/// What is assumed of a radar before it has shown otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct RadarConfig {
    /// Detection probability of a new track.
    pub detection: f64,
    /// False plots for each square metre and scan before any were counted.
    pub clutter: f64,
    /// New craft for each square metre and scan.
    pub birth: f64,
    /// Prior one sigma of range bias, metres (IMO MSC.192(79): range within 30 m or 1 %).
    pub range_bias_m: f64,
    /// Prior one sigma of azimuth bias, degrees (IMO MSC.192(79): bearing within 1 degree at most).
    pub azimuth_bias_deg: f64,
    /// Prior one sigma of clock offset, seconds (FORMAT.md: up to two).
    pub clock_s: f64,
    /// Part of a turn that is gathered before plots are given to tracks together.
    pub sector_turn: f64,
}

/// How well a camera measures.
#[derive(Clone, Debug, PartialEq)]
pub struct EoConfig {
    /// One sigma of the laser range, metres.
    pub laser_m: f64,
    /// Prior one sigma of azimuth bias of the mount, degrees.
    pub azimuth_bias_deg: f64,
    /// Share of the likelihood in a beam that one track must hold before a bearing moves it.
    pub decisive: f64,
}

impl Default for FusionConfig {
    fn default() -> Self {
        Self {
            motion: MotionConfig {
                cruise_noise: 0.003,
                manoeuvre_noise: 0.5,
                still_noise: 0.05,
                still_speed_mps: 0.1,
                rates: [
                    [0.0, 1.0 / 100.0, 1.0 / 900.0],
                    [1.0 / 20.0, 0.0, 1.0 / 60.0],
                    [1.0 / 900.0, 1.0 / 300.0, 0.0],
                ],
                unknown_speed_mps: 10.0,
            },
            ais: AisConfig {
                accurate_m: 4.0,
                coarse_m: 8.0,
                speed_mps: 0.15,
                course_deg: 2.0,
                unknown_antenna_m: 30.0,
                contradiction_m: 250.0,
                claim_reports: 3,
                max_speed_mps: 36.0,
                silent_s: 30.0,
            },
            lifecycle: LifecycleConfig {
                confirm: 0.99,
                drop: 0.02,
                confirm_hits: 3,
                still_doubt: 0.25,
                still_proof_s: 30.0,
                still_proof_by_plots_s: 10.0,
                tentative_s: 14.0,
                coast_s: 75.0,
                coast_ais_s: 200.0,
                coast_still_s: 600.0,
                max_sigma_m: 180.0,
                merged_s: 1800.0,
                merge_m: 120.0,
                max_tracks: 100_000,
            },
            radar: RadarConfig {
                detection: 0.75,
                clutter: 3e-9,
                birth: 1e-9,
                range_bias_m: 40.0,
                azimuth_bias_deg: 0.3,
                clock_s: 0.7,
                sector_turn: 1.0 / 12.0,
            },
            eo: EoConfig { laser_m: 8.0, azimuth_bias_deg: 0.15, decisive: 0.75 },
            gate: 16.0,
            lateness_s: 32.0,
            ablation: Ablation::NOTHING_OFF,
            explain: Explain::Nothing,
        }
    }
}
