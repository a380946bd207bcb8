//! What of a track is in the picture, and where it is shown.

use super::Fusion;
use super::measurement::Kinematics;
use super::track::TrackState;
use super::track_file::TrackFile;
use super::upkeep::{LIES_MPS, STILL};
use crate::units::EventTime;

/// Seconds after which a picture no longer shows what no sensor has measured; still craft and hidden ones excepted.
const SHOWN_S: f64 = 62.0;
/// Seconds between reports of a craft that lies (ITU-R M.1371-5, tables 1 and 2: three minutes, and a bit); the same when one is lost.
const BETWEEN_REPORTS_S: f64 = 200.0;
const BETWEEN_REPORTS_MAX_S: f64 = 380.0;
/// Seconds of silence that each detection so far buys a track without AIS: three plots are no proof for a minute.
const SHOWN_A_HIT_S: f64 = 5.0;
/// Probability of lying there still below which a craft that nobody sees is not shown.
const LIES_STILL: f64 = 0.2;
/// Seconds for which a vessel that gets under way may go unheard: it reports every 10 to 30 s from then on (ITU-R M.1371-5, tables
/// 1 and 2).
const LEAVES_UNHEARD_S: f64 = 30.0;

impl Fusion {
    /// What the picture shows of a track, if it shows it.
    pub(super) fn shown(&self, file: &TrackFile, at: EventTime) -> Option<TrackState> {
        if !file.confirmed {
            return None;
        }
        let judged = if self.behind_ms == 0 { at } else { at.min(self.now) };
        let silent_s = judged.seconds_since(file.last_seen);
        let proven_s = f64::from(file.hits) * SHOWN_A_HIT_S;
        if silent_s > SHOWN_S || (file.last_ais.is_none() && silent_s > proven_s) {
            let lies =
                file.kinematics.still_probability() > STILL && self.lies_there_still(file, silent_s) > LIES_STILL;
            if !lies && file.hidden_by.is_none() && !self.is_between_reports(file, silent_s) {
                return None;
            }
        }
        let track = self.view(file, at);
        let [east, _, north] = track.position_covariance_m2;
        (east.max(north).sqrt() <= self.config.lifecycle.max_sigma_m).then_some(track)
    }

    /// Whether a craft is silent only because its next report is not due: one at anchor sends every three minutes, and swings.
    fn is_between_reports(&self, file: &TrackFile, silent_s: f64) -> bool {
        file.last_ais == Some(file.last_seen)
            && file.kinematics.speed_mps() < LIES_MPS
            && silent_s <= file.silent_after_s(&self.config).clamp(BETWEEN_REPORTS_S, BETWEEN_REPORTS_MAX_S)
    }

    /// What the rest of the program sees of a track at `at`. Where feeds are late, an instant may be asked for that other
    /// sensors are ahead of: it is shown as it was then.
    pub(super) fn view(&self, file: &TrackFile, at: EventTime) -> TrackState {
        let mut track = file.view(self.state_shown(file, at), at, &self.config);
        track.sources.ais |= self.is_between_reports(file, at.seconds_since(file.last_seen));
        if self.behind_ms != 0 {
            track.last_seen = track.last_seen.min(at);
            for last in [&mut track.last_ais, &mut track.last_radar, &mut track.last_eo] {
                *last = last.map(|last| last.min(at));
            }
        }
        track
    }

    /// Where a track is at `at`. A vessel at rest that AIS alone knows has lain there since its last report: had it left, it would
    /// have been heard, but for the last half minute. The filter, which waits for no report, would have it anywhere. With another
    /// craft so near that a report could be of either it is left to the filter: the two may have been taken for each other.
    fn state_shown(&self, file: &TrackFile, at: EventTime) -> Kinematics {
        let rests = at >= file.kinematics.time()
            && file.radars.is_empty()
            && file.kinematics.still_probability() > STILL
            && self.is_between_reports(file, at.seconds_since(file.last_seen))
            && self
                .within(file.place, self.config.ais.contradiction_m)
                .all(|(_, _, other)| other.id == file.id || !other.confirmed);
        if rests {
            file.kinematics.resting(at.plus_seconds(-LEAVES_UNHEARD_S), &self.config).at(at, &self.config)
        } else {
            file.state_at(at, &self.config)
        }
    }
}
