//! Decoders and engine as one: what the engine task drives in earnest.

mod saved;

use std::path::PathBuf;
use std::sync::Arc;

use super::core::{Core, Fatal, PicturePoints, Verdict};
use super::hubs::Hubs;
use super::officer::OfficerWord;
use super::picture::{Farewell, Picture as Shown};
use super::sensor_board::{Explained, SensorBoard};
use super::work::{FeedName, FeedNumber, Hello, Payload, Standing};
use crate::alert::Alert;
use crate::chart::{Chart, ChartError};
use crate::coverage::Coverage;
use crate::engine::{Engine, EngineConfig, EngineEvent, PICTURE_INTERVAL_MS, Picture, StatementError};
use crate::feed::order::Silence;
use crate::feed::own_ship::OwnShipDecoder;
use crate::feed::sensor::{Sensor, SensorKind, SensorTable, SensorTableError};
use crate::feed::{FeedDecoder, Reason};
use crate::fusion::{Stated, TrackEvent, TrackState};
use crate::register::Register;
use crate::replay::PictureLog;
use crate::store::history::Point;
use crate::units::{EventTime, SensorId, TrackId};

/// Why a record that came over the wire could not be used before any decoder saw it.
mod reason {
    /// The record has no payload.
    pub(super) const NO_PAYLOAD: &str = "no_payload";
    /// More bytes than a record may have.
    pub(super) const TOO_LONG: &str = "too_long";
    /// The payload is of another kind than the feed.
    pub(super) const WRONG_PAYLOAD: &str = "wrong_payload";
    /// The feed was never opened; a fault of the server.
    pub(super) const NO_FEED: &str = "no_feed";
}

/// When a recording was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// When the time of its output is 0.
    pub start: EventTime,
    /// How long it is, where that is said.
    pub duration_ms: Option<i64>,
}

impl Span {
    /// Whether something received at that instant may belong to it. A server that watches the area of an old scenario live
    /// does not count from its start.
    fn may_hold(&self, received: EventTime) -> bool {
        let since_ms = received.millis_since(self.start);
        (-STRAY_MS..=self.duration_ms.unwrap_or(i64::MAX - STRAY_MS) + STRAY_MS).contains(&since_ms)
    }
}

/// How far outside its span a recording's records may lie, in milliseconds: a day.
const STRAY_MS: i64 = EventTime::DAY_MS;

/// What a session is made of.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The sensors of the area.
    pub sensors: SensorTable,
    /// Its coast and zones.
    pub chart: Arc<Chart>,
    /// Settings of the core.
    pub engine: EngineConfig,
    /// When the recording was made that is expected, if one is.
    pub span: Option<Span>,
    /// Where `tracks.csv` and `alerts.jsonl` go, if anywhere.
    pub out: Option<PathBuf>,
    /// Whether points of tracks are kept for [`Core::take_points`].
    pub history: bool,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct OpenFeed {
    name: FeedName,
    kind: SensorKind,
    sensor: SensorId,
    decoder: FeedDecoder,
    /// Where the sensor is, when it moves.
    own_ship: OwnShipDecoder,
}

/// Decoders, engine and output of one area.
pub struct Session {
    plan: Plan,
    /// The chart as its files have it, without the changes that came since.
    filed: Arc<Chart>,
    /// Made when the first record comes: its receipt sets the instants of the picture.
    running: Option<Running>,
    feeds: Vec<Option<OpenFeed>>,
    news: News,
    /// A digest of the plan: a snapshot fits the settings that it was made with.
    settings: String,
}

struct Running {
    engine: Engine,
    log: Option<PictureLog>,
}

/// What watchers have not been told yet, and what they were shown.
#[derive(Default)]
struct News {
    farewells: Vec<(TrackId, Farewell)>,
    alerts: Vec<Alert>,
    /// Points for history; `None` when there is none.
    points: Option<Vec<PicturePoints>>,
    /// The tracks of the last regular picture, in order, less those that have ended since.
    regular: Vec<TrackId>,
    shown: Vec<Arc<TrackState>>,
}

impl Running {
    fn begin(plan: &Plan, received: EventTime) -> Result<Self, Fatal> {
        let span = plan.span.filter(|span| span.may_hold(received));
        let into_ms = received.as_millis().rem_euclid(PICTURE_INTERVAL_MS);
        let start = span.map_or(received.plus_millis(-into_ms), |span| span.start);
        let log = match &plan.out {
            Some(out) => Some(PictureLog::create(out, start, span.and_then(|span| span.duration_ms))?),
            None => None,
        };
        let config = EngineConfig { origin: Some(start), ..plan.engine.clone() };
        Ok(Self { engine: Engine::new(config, Arc::clone(&plan.chart), plan.sensors.clone()), log })
    }

    /// Takes what the engine has to say: it is written down, and kept for watchers.
    fn drain(&mut self, news: &mut News) -> Result<(), Fatal> {
        let mut silences: Vec<Silence> = Vec::new();
        for event in self.engine.drain_events() {
            if let Some(log) = &mut self.log {
                log.event(&event)?;
            }
            match event {
                EngineEvent::Track(TrackEvent::Ended { id, into, .. }) => {
                    news.farewells.push((id, into.map_or(Farewell::Ended, Farewell::MergedInto)));
                }
                EngineEvent::Picture(Picture { at, tracks }) => {
                    news.regular = tracks.iter().map(|track| track.id).collect();
                    if let Some(points) = &mut news.points {
                        points.push((at, tracks.iter().map(|track| Point::of(at, track)).collect()));
                    }
                }
                EngineEvent::Alert(event) => news.alerts.push(event.alert),
                EngineEvent::Sensor(silence) => silences.push(silence),
                EngineEvent::Track(_) => {}
            }
        }
        for Silence { sensor, since, until } in silences {
            let name = self.engine.sensors().get(sensor).map_or("?", |sensor| &sensor.name);
            match until {
                None => tracing::warn!(radar = name, %since, "silent: two turns without a word of it"),
                Some(until) => tracing::info!(radar = name, %since, %until, "speaks again"),
            }
        }
        Ok(())
    }
}

impl Session {
    /// A session that has received nothing yet.
    pub fn new(plan: Plan) -> Self {
        let filed = Arc::clone(&plan.chart);
        let news = News { points: plan.history.then(Vec::new), ..News::default() };
        let settings = saved::digest(&plan);
        Self { plan, filed, running: None, feeds: Vec::new(), news, settings }
    }

    fn sensor_table(&self) -> &SensorTable {
        self.running.as_ref().map_or(&self.plan.sensors, |running| running.engine.sensors())
    }

    /// The sensor that a feed belongs to, and how it stands.
    fn sensor_of(&mut self, hello: &Hello) -> (Option<SensorId>, Standing) {
        let sensors = self.sensor_table();
        let of_kind = |id: &SensorId| sensors.get(*id).is_some_and(|sensor| sensor.kind == hello.kind);
        if let Some(id) = sensors.by_name(hello.name.as_str()).filter(of_kind) {
            return (Some(id), Standing::Known);
        }
        if hello.kind == SensorKind::Ais {
            return match self.adopt(&hello.name) {
                Ok(id) => (Some(id), Standing::Adopted),
                Err(error) => {
                    tracing::warn!(feed = %hello.name, %error, "the feed cannot be adopted");
                    (None, Standing::Unknown)
                }
            };
        }
        // One feed may carry several radars or cameras: each record says whose it is.
        match sensors.iter().find(|(_, sensor)| sensor.kind == hello.kind) {
            Some((id, _)) => (Some(id), Standing::Known),
            None => (None, Standing::Unknown),
        }
    }

    /// Takes an AIS receiver in that the area does not list.
    fn adopt(&mut self, name: &FeedName) -> Result<SensorId, SensorTableError> {
        let name = name.to_string();
        let sensor = Sensor {
            name,
            kind: SensorKind::Ais,
            position: None,
            height_m: None,
            radar: None,
            eo: None,
            report: None,
            mount: None,
        };
        match &mut self.running {
            Some(running) => running.engine.add_sensor(sensor),
            None => self.plan.sensors.add(sensor),
        }
    }

    /// Makes the engine when there is none yet.
    fn begin(&mut self, received: EventTime) -> Result<(), Fatal> {
        if self.running.is_none() {
            self.running = Some(Running::begin(&self.plan, received)?);
        }
        Ok(())
    }
}

impl Core for Session {
    fn open(&mut self, feed: FeedNumber, hello: &Hello) -> Standing {
        let (sensor, standing) = self.sensor_of(hello);
        let opened = sensor.map(|sensor| OpenFeed {
            name: hello.name.clone(),
            kind: hello.kind,
            sensor,
            decoder: FeedDecoder::new(hello.kind, sensor, self.sensor_table()),
            own_ship: OwnShipDecoder::new(),
        });
        debug_assert_eq!(usize::from(feed.0), self.feeds.len(), "feeds are numbered as they come");
        self.feeds.push(opened);
        standing
    }

    fn take(
        &mut self,
        feed: FeedNumber,
        sequence: u64,
        received: EventTime,
        payload: &Payload,
    ) -> Result<Verdict, Fatal> {
        self.begin(received)?;
        let (Some(running), Some(Some(feed))) = (&mut self.running, self.feeds.get_mut(usize::from(feed.0))) else {
            return Ok(Err(reason::NO_FEED));
        };
        // Lines are counted from 1.
        let line = sequence.saturating_add(1);
        let bytes = match (payload, feed.kind) {
            // A radar's own sentences are targets, and the own ship's among them are read with them.
            (Payload::NmeaSentence(bytes), SensorKind::Radar) => bytes,
            (Payload::NmeaSentence(bytes), _) => return Ok(move_sensor(&mut running.engine, feed, bytes, line)),
            (Payload::AisSentence(bytes), SensorKind::Ais)
            | (Payload::AsterixBlock(bytes), SensorKind::Radar | SensorKind::Report)
            | (Payload::EoJson(bytes) | Payload::OnvifMetadata(bytes) | Payload::KlvPacket(bytes), SensorKind::Eo)
            | (Payload::ReportLine(bytes), SensorKind::Report) => bytes,
            (Payload::Missing, _) => return Ok(Err(reason::NO_PAYLOAD)),
            (Payload::TooLong, _) => return Ok(Err(reason::TOO_LONG)),
            _ => return Ok(Err(reason::WRONG_PAYLOAD)),
        };
        let (decoder, engine) = (&mut feed.decoder, &mut running.engine);
        let before = decoder.progress();
        decoder.decode(bytes, line, received, |observation| {
            engine.push(observation);
        });
        let after = decoder.progress();
        // A line may complete one message and show that another never will be: it is of use.
        let refused = after.refused > before.refused && after.accepted == before.accepted;
        let why = decoder.last_refused().filter(|_| refused);
        running.drain(&mut self.news)?;
        Ok(why.map_or(Ok(()), Err))
    }

    fn advance(&mut self, received_until: EventTime) -> Result<(), Fatal> {
        self.begin(received_until)?;
        let Some(running) = &mut self.running else { return Ok(()) };
        running.engine.advance(received_until);
        running.drain(&mut self.news)
    }

    fn next_track(&self) -> u64 {
        let first = self.plan.engine.first_track;
        self.running.as_ref().map_or(first, |running| running.engine.fusion().next_track()).0
    }

    fn number_tracks_from(&mut self, next: u64) {
        let first = &mut self.plan.engine.first_track;
        *first = (*first).max(TrackId(next));
    }

    fn change_zones(&mut self, change: &str) -> Result<Arc<Chart>, ChartError> {
        let chart = Arc::new(self.filed.with_zones(self.filed.zones.changed(change)?)?);
        self.plan.chart = Arc::clone(&chart);
        if let Some(running) = &mut self.running {
            running.engine.set_chart(Arc::clone(&chart));
        }
        Ok(chart)
    }

    fn set_register(&mut self, register: Arc<Register>) {
        self.plan.engine.register = Arc::clone(&register);
        if let Some(running) = &mut self.running {
            running.engine.set_register(register);
        }
    }

    fn state(&mut self, track: TrackId, stated: Option<Stated>) -> Result<bool, StatementError> {
        match &mut self.running {
            Some(running) => running.engine.state(track, stated),
            None => Err(StatementError::UnknownTrack(track)),
        }
    }

    fn tell(&mut self, hubs: &Hubs) {
        for (track, how) in self.news.farewells.drain(..) {
            hubs.picture.remember(track, how);
        }
    }

    fn hear(&mut self, word: &OfficerWord, at: EventTime, restored: bool) -> Result<bool, Fatal> {
        let Some(running) = &mut self.running else { return Ok(false) };
        let engine = &mut running.engine;
        // An alert that is too old to change is not in the engine any more.
        let Some(alert) = engine.alerts().find(|alert| alert.id.as_str() == word.alert_id) else { return Ok(false) };
        let known = alert.acknowledged.is_some_and(|until| restored || until >= at);
        let judged = match word.outcome {
            Some(outcome) => engine.judge(&word.alert_id, outcome, at)?,
            None => false,
        };
        if known && !judged {
            return Ok(false);
        }
        engine.acknowledge(&word.alert_id, at)?;
        let told = self.news.alerts.len();
        running.drain(&mut self.news)?;
        // Watchers have heard of the step from the records; the alert says so itself from its next change on.
        self.news.alerts.truncate(told);
        Ok(true)
    }

    fn take_alerts(&mut self) -> Vec<Alert> {
        std::mem::take(&mut self.news.alerts)
    }

    fn take_points(&mut self) -> Vec<PicturePoints> {
        self.news.points.as_mut().map(std::mem::take).unwrap_or_default()
    }

    fn next_instant(&self) -> Option<EventTime> {
        self.running.as_ref().and_then(|running| running.engine.next_picture())
    }

    fn picture(&mut self, now: EventTime) -> Shown {
        let tracks = self.running.as_ref().map(|running| running.engine.tracks(now)).unwrap_or_default();
        let mut tracks: Vec<Arc<TrackState>> = tracks.into_iter().map(Arc::new).collect();
        // The engine says only with its regular pictures how tracks ended. Until then one that is gone is shown as it was, so
        // that watchers hear of its end and of the reason at once.
        let News { regular, shown, .. } = &mut self.news;
        let gone = |track: &&Arc<TrackState>| {
            regular.binary_search(&track.id).is_ok()
                && tracks.binary_search_by_key(&track.id, |track| track.id).is_err()
        };
        let kept: Vec<Arc<TrackState>> = shown.iter().filter(gone).cloned().collect();
        tracks.extend(kept);
        tracks.sort_unstable_by_key(|track| track.id);
        shown.clone_from(&tracks);
        Shown { time: now, tracks }
    }

    fn settings(&self) -> String {
        self.settings.clone()
    }

    fn save(&self, state: &mut Vec<u8>) -> Result<bool, Fatal> {
        self.save_to(state)
    }

    fn restore(&mut self, state: &[u8], zones: Option<&str>) -> Result<Arc<Chart>, Fatal> {
        self.restore_from(state, zones)
    }

    fn sensor_board(&mut self) -> SensorBoard {
        let Some(running) = &self.running else { return SensorBoard::waiting(&self.plan.sensors) };
        let mut board = SensorBoard::of(&running.engine);
        for feed in self.feeds.iter().flatten() {
            board.add_refusals(feed.sensor, &feed.decoder.report());
        }
        board
    }

    fn coverage(&mut self) -> Coverage {
        match &self.running {
            Some(running) => running.engine.coverage().clone(),
            None => Coverage::new(&self.plan.sensors),
        }
    }

    fn explain(&mut self, track: TrackId) -> Option<Vec<Explained>> {
        let engine = &self.running.as_ref()?.engine;
        let made_of = engine.fusion().explain(track)?;
        Some(made_of.into_iter().filter_map(|contribution| Explained::of(contribution, engine.sensors())).collect())
    }

    fn finish(&mut self) -> Result<(), Fatal> {
        for feed in self.feeds.iter_mut().flatten() {
            feed.decoder.finish();
            let report = feed.decoder.report();
            let refused: Vec<String> =
                report.refused.iter().map(|refused| format!("{} {}", refused.count, refused.reason)).collect();
            tracing::info!(
                feed = %feed.name,
                received = report.received,
                accepted = report.accepted,
                refused = refused.join(", "),
                "feed closed"
            );
        }
        let Some(running) = &mut self.running else { return Ok(()) };
        running.drain(&mut self.news)?;
        if let Some(log) = &mut running.log {
            log.finish()?;
            tracing::info!(tracks = log.tracks(), alerts = log.alerts(), "output written");
        }
        Ok(())
    }
}

/// Reads where the carrier of a feed's sensor is, and puts the sensor there.
fn move_sensor(engine: &mut Engine, feed: &mut OpenFeed, bytes: &[u8], line: u64) -> Verdict {
    let refused_before = feed.own_ship.tally().refused_total();
    let mut position = None;
    feed.own_ship.push_line(bytes, line, &mut |report| position = report.position.or(position));
    if let Some(position) = position {
        engine.move_sensor(feed.sensor, position);
    }
    let tally = feed.own_ship.tally();
    match tally.last_refused() {
        Some(why) if tally.refused_total() > refused_before => Err(why.as_str()),
        _ => Ok(()),
    }
}
