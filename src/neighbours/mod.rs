//! Neighbours: other systems that are told tracks and alerts, each in its own language.
//!
//! - [`share`]: what a neighbour is told; without a word nothing.
//! - [`cot`]: TAK servers, by Cursor on Target.
//! - [`aivdm`]: chart plotters and SignalK, by AIS sentences.
//! - [`webhook`]: platforms that are sent what happens to alerts over HTTPS, and take alerts further.
//! - [`health`]: how the way to each stands.
//! - [`retry`]: when one that is away is tried again.
//!
//! Each neighbour is a task of its own that looks at the picture and the board of alerts like any watcher: one that is away or slow
//! costs itself only. Every queue is bounded, and what is given up is counted. Platforms are told from the outbox of the records
//! instead: to them nothing is given up.

pub mod aivdm;
pub mod cot;
pub mod health;
pub mod retry;
pub mod share;
pub mod webhook;

use std::sync::Arc;

use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;

use self::health::Health;
use crate::serve::heard::{HEARD_RING, Heard};
use crate::serve::picture::PictureWindow;
use crate::store::records::board::AlertWindow;

/// The neighbours that are to be told.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// TAK servers.
    pub cot: Vec<cot::Plan>,
    /// Ports where AIS is given out.
    pub aivdm: Vec<aivdm::Plan>,
}

impl Plan {
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
    /// AIS as it is heard, where it is passed on.
    pub heard: Option<broadcast::Sender<Heard>>,
    /// Set when the server shuts down.
    pub shutdown: watch::Receiver<bool>,
}

/// Comes when the server shuts down.
pub(crate) async fn shut_down(shutdown: &mut watch::Receiver<bool>) {
    // A sender that has gone has shut down too.
    let _ = shutdown.wait_for(|&down| down).await;
}

/// The tasks of all neighbours. Dropped, they end.
#[derive(Debug, Default)]
pub struct Neighbours {
    /// How each is doing, in the order of the configuration.
    pub health: Arc<[Arc<Health>]>,
    tasks: JoinSet<()>,
}

impl Neighbours {
    /// Starts telling.
    pub fn start(plan: Plan, outlook: &Outlook) -> Self {
        let (mut health, mut tasks) = (Vec::new(), JoinSet::new());
        let mut enlist = |name: &str, kind| {
            let new = Arc::new(Health::new(name, kind));
            health.push(Arc::clone(&new));
            new
        };
        for server in plan.cot {
            let health = enlist(&server.name, "cot");
            tasks.spawn(cot::run(server, outlook.clone(), health));
        }
        for port in plan.aivdm {
            let health = enlist(&port.name, "aivdm");
            let heard = outlook.heard.as_ref().map(broadcast::Sender::subscribe);
            tasks.spawn(aivdm::run(port, outlook.clone(), heard, health));
        }
        Self { health: health.into(), tasks }
    }

    /// Waits until every task has seen that the server shuts down.
    pub async fn end(mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}
