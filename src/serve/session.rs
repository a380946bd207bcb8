//! Decoders and engine as one: what the engine task drives in earnest.

use std::sync::Arc;

use super::core::{Core, Fatal, Verdict};
use super::hubs::Hubs;
use super::picture::{Farewell, Picture};
use super::work::{FeedNumber, Hello, Payload, Standing};
use crate::engine::{Engine, EngineEvent};
use crate::feed::own_ship::OwnShipDecoder;
use crate::feed::sensor::{Sensor, SensorKind};
use crate::feed::{FeedDecoder, Reason};
use crate::fusion::TrackEvent;
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

/// What is written down as the session goes, if anything: `tracks.csv` and `alerts.jsonl`.
pub trait Output: Send + 'static {
    /// Writes down one event of the engine.
    ///
    /// # Errors
    /// When it cannot be written.
    fn write(&mut self, event: &EngineEvent) -> Result<(), Fatal>;

    /// Closes what was written.
    ///
    /// # Errors
    /// When it cannot be written.
    fn finish(&mut self) -> Result<(), Fatal>;
}

struct OpenFeed {
    kind: SensorKind,
    sensor: SensorId,
    decoder: FeedDecoder,
    /// Where the sensor is, when it moves.
    own_ship: OwnShipDecoder,
}

/// Decoders, engine and output of one area.
pub struct Session {
    engine: Engine,
    feeds: Vec<Option<OpenFeed>>,
    output: Option<Box<dyn Output>>,
    farewells: Vec<(TrackId, Farewell)>,
}

impl Session {
    /// A session that drives `engine`, and writes what comes out of it to `output`.
    pub fn new(engine: Engine, output: Option<Box<dyn Output>>) -> Self {
        Self { engine, feeds: Vec::new(), output, farewells: Vec::new() }
    }

    /// The sensor that a feed belongs to, and how it stands.
    fn sensor_of(&mut self, hello: &Hello) -> (Option<SensorId>, Standing) {
        let sensors = self.engine.sensors();
        let of_kind = |id: &SensorId| sensors.get(*id).is_some_and(|sensor| sensor.kind == hello.kind);
        if let Some(id) = sensors.by_name(hello.name.as_str()).filter(of_kind) {
            return (Some(id), Standing::Known);
        }
        match hello.kind {
            SensorKind::Ais => {
                let name = hello.name.to_string();
                let sensor =
                    Sensor { name, kind: SensorKind::Ais, position: None, height_m: None, radar: None, eo: None };
                match self.engine.add_sensor(sensor) {
                    Ok(id) => (Some(id), Standing::Adopted),
                    Err(error) => {
                        tracing::warn!(feed = %hello.name, %error, "the feed cannot be adopted");
                        (None, Standing::Unknown)
                    }
                }
            }
            // One feed may carry several radars or cameras: each record says whose it is.
            SensorKind::Radar | SensorKind::Eo => match sensors.iter().find(|(_, sensor)| sensor.kind == hello.kind) {
                Some((id, _)) => (Some(id), Standing::Known),
                None => (None, Standing::Unknown),
            },
        }
    }

    /// Takes what the engine has to say.
    fn drain(&mut self) -> Result<(), Fatal> {
        for event in self.engine.drain_events() {
            if let EngineEvent::Track(TrackEvent::Ended { id, into, .. }) = &event {
                self.farewells.push((*id, into.map_or(Farewell::Ended, Farewell::MergedInto)));
            }
            if let Some(output) = &mut self.output {
                output.write(&event)?;
            }
        }
        Ok(())
    }
}

impl Core for Session {
    fn open(&mut self, feed: FeedNumber, hello: &Hello) -> Standing {
        let (sensor, standing) = self.sensor_of(hello);
        let place = usize::from(feed.0);
        if self.feeds.len() <= place {
            self.feeds.resize_with(place + 1, || None);
        }
        if let Some(place) = self.feeds.get_mut(place) {
            *place = sensor.map(|sensor| OpenFeed {
                kind: hello.kind,
                sensor,
                decoder: FeedDecoder::new(hello.kind, sensor, self.engine.sensors()),
                own_ship: OwnShipDecoder::new(),
            });
        }
        standing
    }

    fn take(
        &mut self,
        feed: FeedNumber,
        sequence: u64,
        received: EventTime,
        payload: &Payload,
    ) -> Result<Verdict, Fatal> {
        let Some(Some(feed)) = self.feeds.get_mut(usize::from(feed.0)) else {
            return Ok(Err(reason::NO_FEED));
        };
        // Lines are counted from 1.
        let line = sequence.saturating_add(1);
        let bytes = match (payload, feed.kind) {
            (Payload::NmeaSentence(bytes), _) => return Ok(move_sensor(&mut self.engine, feed, bytes, line)),
            (Payload::AisSentence(bytes), SensorKind::Ais)
            | (Payload::AsterixBlock(bytes), SensorKind::Radar)
            | (Payload::EoJson(bytes), SensorKind::Eo) => bytes,
            (Payload::Missing, _) => return Ok(Err(reason::NO_PAYLOAD)),
            (Payload::TooLong, _) => return Ok(Err(reason::TOO_LONG)),
            _ => return Ok(Err(reason::WRONG_PAYLOAD)),
        };
        let (decoder, engine) = (&mut feed.decoder, &mut self.engine);
        let before = decoder.progress();
        decoder.decode(bytes, line, received, |observation| {
            engine.push(observation);
        });
        let after = decoder.progress();
        // A line may complete one message and show that another never will be: it is of use.
        let refused = after.refused > before.refused && after.accepted == before.accepted;
        let why = decoder.last_refused().filter(|_| refused);
        self.drain()?;
        Ok(why.map_or(Ok(()), Err))
    }

    fn advance(&mut self, received_until: EventTime) -> Result<(), Fatal> {
        self.engine.advance(received_until);
        self.drain()
    }

    fn tell(&mut self, hubs: &Hubs) {
        for (track, how) in self.farewells.drain(..) {
            hubs.picture.remember(track, how);
        }
    }

    fn picture(&self, now: EventTime) -> Picture {
        Picture { time: now, tracks: self.engine.tracks(now).into_iter().map(Arc::new).collect() }
    }

    fn finish(&mut self) -> Result<(), Fatal> {
        for feed in self.feeds.iter_mut().flatten() {
            feed.decoder.finish();
        }
        self.drain()?;
        self.output.as_mut().map_or(Ok(()), |output| output.finish())
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
