//! What the engine task drives, seen from the task: records in, verdicts and news out.

use std::error::Error;
use std::sync::Arc;

use super::hubs::Hubs;
use super::officer::OfficerWord;
use super::picture::Picture;
use super::sensor_board::{Explained, SensorBoard};
use super::work::{FeedNumber, Hello, Payload, Standing};
use crate::alert::Alert;
use crate::chart::{Chart, ChartError};
use crate::coverage::Coverage;
use crate::engine::StatementError;
use crate::fusion::Stated;
use crate::register::Register;
use crate::store::history::Point;
use crate::units::{EventTime, TrackId};

/// A fault that ends the server: the output cannot be written.
pub type Fatal = Box<dyn Error + Send + Sync>;

/// An instant of the regular picture, and where the tracks were then.
pub type PicturePoints = (EventTime, Vec<Point>);

/// What became of a record.
pub type Verdict = Result<(), &'static str>;

/// Decoders, engine and output as one: the same for replay and live.
///
/// Deterministic: what it does follows from the calls and their order. Tests of the server put one here that stalls.
pub trait Core: Send + 'static {
    /// A feed said hello for the first time. Feeds are numbered as they come, from 0.
    fn open(&mut self, feed: FeedNumber, hello: &Hello) -> Standing;

    /// Takes one record. `received` never goes back.
    ///
    /// # Errors
    /// When the server cannot go on. A record that cannot be used is a verdict, not an error.
    fn take(
        &mut self,
        feed: FeedNumber,
        sequence: u64,
        received: EventTime,
        payload: &Payload,
    ) -> Result<Verdict, Fatal>;

    /// Everything received up to and including this instant has been taken.
    ///
    /// # Errors
    /// When the server cannot go on.
    fn advance(&mut self, received_until: EventTime) -> Result<(), Fatal>;

    /// Takes a change of the area's own zones ([`ZoneSet::changed`](crate::chart::ZoneSet::changed)), on top of no other: the
    /// rules look at it from the next picture on. Answers with the chart that holds.
    ///
    /// # Errors
    /// When the change is refused; then the chart stays as it was.
    fn change_zones(&mut self, change: &str) -> Result<Arc<Chart>, ChartError>;

    /// Who vessels are, from the next picture on.
    fn set_register(&mut self, _register: Arc<Register>) {}

    /// Takes note of what an officer says of a craft; `None` takes it back. Returns whether it is another than before.
    ///
    /// # Errors
    /// When there is no such track, or too much is said.
    fn state(&mut self, track: TrackId, _stated: Option<Stated>) -> Result<bool, StatementError> {
        Err(StatementError::UnknownTrack(track))
    }

    /// Posts how tracks ended since the last call.
    fn tell(&mut self, hubs: &Hubs);

    /// The alerts that changed since the last call. They are told when what they came of is on disk.
    fn take_alerts(&mut self) -> Vec<Alert> {
        Vec::new()
    }

    /// Where tracks were at the regular pictures since the last call.
    fn take_points(&mut self) -> Vec<PicturePoints> {
        Vec::new()
    }

    /// The instant up to which [`advance`](Self::advance) changes nothing, that instant left out; `None` when it is not known.
    fn next_instant(&self) -> Option<EventTime> {
        None
    }

    /// Takes note of what an officer knows at `at`; false when that has no effect. `restored`: it comes from the records, so it
    /// may have been taken before.
    fn hear(&mut self, _word: &OfficerWord, _at: EventTime, _restored: bool) -> Result<bool, Fatal> {
        Ok(false)
    }

    /// All confirmed tracks at `now`.
    fn picture(&mut self, now: EventTime) -> Picture;

    /// The number that the next track gets; 0 when it is not known.
    fn next_track(&self) -> u64 {
        0
    }

    /// Numbers tracks from `next` on. Only before the first record.
    fn number_tracks_from(&mut self, _next: u64) {}

    /// A digest of what a snapshot must have been made with to fit: settings, not what has come since.
    fn settings(&self) -> String {
        String::new()
    }

    /// Appends all that what comes next hangs on, settings, chart and register left out; false when this core cannot.
    ///
    /// # Errors
    /// When something of it cannot be written down.
    fn save(&self, _state: &mut Vec<u8>) -> Result<bool, Fatal> {
        Ok(false)
    }

    /// Takes what another core [saved](Self::save), before the first record and feed. `zones` is the change of the zones that held
    /// then. Answers with the chart that holds. On an error nothing has changed.
    ///
    /// # Errors
    /// When the state cannot be read, or the change does not fit.
    fn restore(&mut self, _state: &[u8], _zones: Option<&str>) -> Result<Arc<Chart>, Fatal> {
        Err("this core takes no snapshot".into())
    }

    /// How the sensors are doing.
    fn sensor_board(&mut self) -> SensorBoard {
        SensorBoard::default()
    }

    /// What the sensors cover.
    fn coverage(&mut self) -> Coverage {
        Coverage::default()
    }

    /// The latest observations that made a track; `None` when there is no such track.
    fn explain(&mut self, _track: TrackId) -> Option<Vec<Explained>> {
        None
    }

    /// The input is over: closes the output.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn finish(&mut self) -> Result<(), Fatal>;
}
