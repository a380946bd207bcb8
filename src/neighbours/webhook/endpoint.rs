//! An endpoint as it is configured, and what the rest of the server sees of all of them.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use super::client::{Client, ClientError};
use super::guard::Guard;
use super::sender::Sender;
use super::signature::Secret;
use crate::access::principal::Principal;
use crate::neighbours::profile::Profile;
use crate::store::records::outbox::Subscriber;
use crate::store::records::{Records, RecordsError};

/// Where events are sent.
#[derive(Debug)]
pub struct Endpoint {
    /// Its name: in the outbox, in figures, in the path of its callbacks.
    pub name: String,
    /// Where it listens.
    pub url: reqwest::Url,
    /// What it signs and is signed with; the first is the newest.
    pub secrets: Vec<Secret>,
    /// What it is told.
    pub profile: Arc<Profile>,
    /// Whether nothing is sent for now; what happens waits.
    pub is_paused: bool,
    /// To which addresses anything is sent.
    pub guard: Guard,
    /// Whose certificates are good; none: those of the system.
    pub authorities: Vec<CertificateDer<'static>>,
    /// How long an attempt may take.
    pub timeout: Duration,
    /// How long to wait after one in vain.
    pub waits: Waits,
    /// What it may do here; `None`: nothing.
    pub callback: Option<Callback>,
}

/// What a platform may do here.
#[derive(Clone, Debug)]
pub struct Callback {
    /// Under which name, in which roles and for which unit it acts.
    pub principal: Arc<Principal>,
}

/// Waits after attempts in vain: the first and the longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    /// For an endpoint that is away.
    pub away: (Duration, Duration),
    /// Before an event is offered again that was refused, or at which the endpoint failed.
    pub refused: (Duration, Duration),
}

impl Default for Waits {
    /// An endpoint that is away is tried after a second, then every ten minutes at least; what it refuses after five seconds, then
    /// every hour at least.
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { away: (seconds(1), seconds(600)), refused: (seconds(5), seconds(3_600)) }
    }
}

/// What senders count.
#[derive(Debug, Default)]
pub struct Figures {
    /// Attempts that were in vain.
    pub failed: AtomicU64,
}

/// An endpoint at work.
#[derive(Debug)]
pub struct Working {
    /// As it is configured.
    pub endpoint: Arc<Endpoint>,
    /// What its sender counts.
    pub figures: Figures,
    /// Wakes its sender: something was replayed or enabled.
    pub wake: Notify,
}

/// All endpoints; clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Deliveries {
    working: Arc<[Arc<Working>]>,
    /// The source of events; empty: by the name of the records.
    source: Arc<str>,
}

/// Why nothing can be delivered.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// An endpoint.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The records.
    #[error(transparent)]
    Records(#[from] RecordsError),
}

impl Deliveries {
    /// Deliveries to these endpoints, as events of `source` (a URI; empty: `urn:shorewatch:` and the name of the records).
    pub fn new(endpoints: Vec<Endpoint>, source: &str) -> Self {
        let working = endpoints.into_iter().map(|endpoint| {
            let endpoint = Arc::new(endpoint);
            Arc::new(Working { endpoint, figures: Figures::default(), wake: Notify::new() })
        });
        Self { working: working.collect(), source: source.into() }
    }

    /// Those who are told of alerts, for the records.
    pub fn subscribers(&self) -> Arc<[Subscriber]> {
        let subscriber = |working: &Arc<Working>| Subscriber {
            name: working.endpoint.name.clone(),
            interest: Arc::clone(&working.endpoint.profile) as _,
        };
        self.working.iter().map(subscriber).collect()
    }

    /// The endpoint of that name.
    pub fn endpoint(&self, name: &str) -> Option<&Arc<Working>> {
        self.working.iter().find(|working| working.endpoint.name == name)
    }

    /// All of them.
    pub fn endpoints(&self) -> &[Arc<Working>] {
        &self.working
    }

    /// Attempts in vain since the server started, by endpoint.
    pub fn failed(&self) -> impl Iterator<Item = (&str, u64)> {
        let failed = |working: &Working| working.figures.failed.load(Ordering::Relaxed);
        self.working.iter().map(move |working| (working.endpoint.name.as_str(), failed(working)))
    }

    /// The source of every event, for platforms and brokers alike.
    pub fn source(&self, records: &Records) -> Arc<str> {
        match &*self.source {
            "" => format!("urn:shorewatch:{}", records.name()).into(),
            _ => Arc::clone(&self.source),
        }
    }

    /// Begins to send: one task an endpoint, until `shutdown` says so.
    ///
    /// # Errors
    /// When an endpoint's certificates are of no use, or the records cannot be written.
    pub async fn start(
        &self,
        records: &Records,
        shutdown: &watch::Receiver<bool>,
    ) -> Result<Vec<JoinHandle<()>>, DeliveryError> {
        let source = self.source(records);
        let clients = self.working.iter().map(|working| Client::new(Arc::clone(&working.endpoint)));
        let clients = clients.collect::<Result<Vec<_>, _>>()?;
        records.write(|book| book.configure_endpoints()).await?;
        let senders = self.working.iter().zip(clients).map(|(working, client)| {
            let sender = Sender::new(Arc::clone(working), client, records.clone(), Arc::clone(&source));
            tokio::spawn(sender.run(shutdown.clone()))
        });
        Ok(senders.collect())
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.url)
    }
}
