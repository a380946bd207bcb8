//! Neighbours: other systems that are told tracks and alerts, each in its own language.
//!
//! - [`share`]: what a neighbour is told; without a word nothing.
//! - [`cot`]: TAK servers, by Cursor on Target.
//! - [`aivdm`]: chart plotters and SignalK, by AIS sentences.
//! - [`nats`]: NATS JetStream, by CloudEvents.
//! - [`mqtt`]: MQTT brokers of small stations, by the same.
//! - [`webhook`]: platforms that are sent what happens to alerts over HTTPS, and take alerts further.
//! - [`event`]: what has happened to an alert as a CloudEvent, cut and masked by a [`profile`]; one envelope for platforms and brokers.
//! - `record`: telling a broker what is on record, entry by entry after a `cursor`.
//! - `track`: where a track is, for brokers.
//! - [`health`]: how the way to each stands.
//! - [`retry`]: when one that is away is tried again.
//!
//! Each neighbour is a task of its own that looks at the picture and the board of alerts like any watcher: one that is away or slow
//! costs itself only. Every queue is bounded, and what is given up is counted. Platforms are told from the outbox of the records
//! instead: to them nothing is given up.

pub mod aivdm;
pub mod cot;
mod cursor;
pub mod event;
pub mod health;
pub mod mqtt;
pub mod nats;
pub mod profile;
mod record;
pub mod retry;
pub mod share;
mod track;
pub mod webhook;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use self::health::{Health, NeighbourKind};
use crate::life::LifeState;
use crate::serve::heard::{HEARD_RING, Heard};
use crate::serve::picture::PictureWindow;
use crate::store::records::Records;
use crate::store::records::alert::{AlertRecord, Course};
use crate::store::records::board::AlertWindow;

/// The neighbours that are to be told.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// TAK servers.
    pub cot: Vec<cot::Plan>,
    /// Ports where AIS is given out.
    pub aivdm: Vec<aivdm::Plan>,
    /// NATS servers.
    pub nats: Vec<nats::Plan>,
    /// MQTT brokers.
    pub mqtt: Vec<mqtt::Plan>,
}

impl Plan {
    /// The same with a folder where it is kept how far neighbours were told.
    #[must_use]
    pub fn kept_in(mut self, folder: Option<&Path>) -> Self {
        let file = |name: &str| folder.map(|folder| folder.join("neighbours").join(format!("{name}.cursor")));
        for broker in &mut self.nats {
            broker.cursor = file(&broker.name);
        }
        for broker in &mut self.mqtt {
            broker.cursor = file(&broker.name);
        }
        self
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.cot.len() + self.aivdm.len() + self.nats.len() + self.mqtt.len()
    }

    /// Where AIS is heard, when any neighbour is to be passed it on.
    pub fn heard(&self) -> Option<broadcast::Sender<Heard>> {
        self.aivdm.iter().any(aivdm::Plan::passes_ais).then(|| broadcast::Sender::new(HEARD_RING))
    }
}

/// What a neighbour's task looks at.
#[derive(Clone, Debug)]
pub struct Outlook {
    /// The picture.
    pub picture: PictureWindow,
    /// The alerts on record.
    pub alerts: AlertWindow,
    /// The record itself.
    pub records: Records,
    /// The source of every event (a URI).
    pub source: Arc<str>,
    /// AIS as it is heard, where it is passed on.
    pub heard: Option<broadcast::Sender<Heard>>,
    /// Set when nothing more comes.
    pub shutdown: watch::Receiver<bool>,
}

/// How long the last words to all neighbours may take.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Comes when nothing more comes.
pub(crate) async fn shut_down(shutdown: &mut watch::Receiver<bool>) {
    // A sender that has gone has shut down too.
    let _ = shutdown.wait_for(|&down| down).await;
}

/// Whether an alert belongs on a map: the behaviour goes on and nobody has put the case away.
pub(crate) fn is_open(record: &AlertRecord) -> bool {
    let put_away = matches!(
        record.life.state,
        LifeState::Dismissed | LifeState::Disposed | LifeState::Closed | LifeState::Withdrawn
    );
    record.news.facts.course == Course::Active && !put_away
}

/// The tasks of all neighbours. Dropped, they end.
#[derive(Debug)]
pub struct Neighbours {
    /// How each is doing, in the order of the configuration.
    pub health: Arc<[Arc<Health>]>,
    tasks: JoinSet<()>,
    down: watch::Sender<bool>,
}

impl Neighbours {
    /// Starts telling what is seen through these windows.
    pub fn start(
        plan: Plan,
        picture: PictureWindow,
        records: &Records,
        source: Arc<str>,
        heard: Option<broadcast::Sender<Heard>>,
    ) -> Self {
        let (down, shutdown) = watch::channel(false);
        let outlook = Outlook { picture, alerts: records.window(), records: records.clone(), source, heard, shutdown };
        let (mut health, mut tasks) = (Vec::new(), JoinSet::new());
        let mut enlist = |name: &str, kind| {
            let new = Arc::new(Health::new(name, kind));
            health.push(Arc::clone(&new));
            new
        };
        for server in plan.cot {
            let health = enlist(&server.name, NeighbourKind::Cot);
            tasks.spawn(cot::run(server, outlook.clone(), health));
        }
        for port in plan.aivdm {
            let health = enlist(&port.name, NeighbourKind::Aivdm);
            let heard = outlook.heard.as_ref().map(broadcast::Sender::subscribe);
            tasks.spawn(aivdm::run(port, outlook.clone(), heard, health));
        }
        for broker in plan.nats {
            let health = enlist(&broker.name, NeighbourKind::Nats);
            tasks.spawn(nats::run(broker, outlook.clone(), health));
        }
        for broker in plan.mqtt {
            let health = enlist(&broker.name, NeighbourKind::Mqtt);
            tasks.spawn(mqtt::run(broker, outlook.clone(), health));
        }
        Self { health: health.into(), tasks, down }
    }

    /// Lets every task say its last words, and ends them.
    pub async fn end(mut self) {
        self.down.send_replace(true);
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(LAST_WORDS, all).await.is_err() {
            tracing::warn!("some neighbours do not listen to the last words; they are cut off");
        }
        self.tasks.shutdown().await;
    }
}
