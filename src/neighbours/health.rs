//! How each neighbour is doing: its task counts, `/metrics` looks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::serve::clock::now;
use crate::units::EventTime;

/// What a neighbour is told by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeighbourKind {
    /// Cursor on Target, to a TAK server.
    Cot,
    /// AIS sentences, to whoever connects.
    Aivdm,
    /// NATS JetStream.
    Nats,
    /// MQTT 5.
    Mqtt,
}

impl NeighbourKind {
    /// The word in figures.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cot => "cot",
            Self::Aivdm => "aivdm",
            Self::Nats => "nats",
            Self::Mqtt => "mqtt",
        }
    }

    /// Whether this server makes the connection; chart plotters come by themselves, or stay away.
    pub const fn is_called(self) -> bool {
        match self {
            Self::Cot | Self::Nats | Self::Mqtt => true,
            Self::Aivdm => false,
        }
    }
}

/// What a neighbour has been told, and how the way to it stands.
#[derive(Debug)]
pub struct Health {
    /// Its name.
    pub name: String,
    /// What it is told by.
    pub kind: NeighbourKind,
    connected: AtomicU64,
    connections: AtomicU64,
    sent: AtomicU64,
    lost: AtomicU64,
    last_sent_ms: AtomicU64,
    trouble: Mutex<Option<String>>,
}

/// A look at a neighbour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthReport {
    /// Its name.
    pub name: String,
    /// What it is told by.
    pub kind: NeighbourKind,
    /// Connections that stand now.
    pub connected: u64,
    /// Connections that came about since the start.
    pub connections: u64,
    /// Messages that were sent.
    pub sent: u64,
    /// Messages that were given up: the neighbour could not keep up, or was away for too long.
    pub lost: u64,
    /// When the last message was sent, by the server's clock.
    pub last_sent: Option<EventTime>,
    /// What went wrong last.
    pub trouble: Option<String>,
}

impl Health {
    /// Nothing has been sent yet.
    pub fn new(name: &str, kind: NeighbourKind) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            connected: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            last_sent_ms: AtomicU64::new(0),
            trouble: Mutex::new(None),
        }
    }

    /// A connection stands.
    pub fn connect(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
        self.connected.fetch_add(1, Ordering::Relaxed);
    }

    /// A connection has gone.
    pub fn disconnect(&self) {
        self.connected.fetch_sub(1, Ordering::Relaxed);
    }

    /// Something went wrong.
    pub fn fail(&self, trouble: &dyn std::fmt::Display) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(trouble.to_string());
    }

    /// A message was sent.
    pub fn send(&self) {
        self.sent.fetch_add(1, Ordering::Relaxed);
        self.last_sent_ms.store(now().as_millis().max(0) as u64, Ordering::Relaxed);
    }

    /// Messages were given up.
    pub fn lose(&self, count: u64) {
        self.lost.fetch_add(count, Ordering::Relaxed);
    }

    /// How it stands.
    pub fn report(&self) -> HealthReport {
        let last_sent = self.last_sent_ms.load(Ordering::Relaxed);
        HealthReport {
            name: self.name.clone(),
            kind: self.kind,
            connected: self.connected.load(Ordering::Relaxed),
            connections: self.connections.load(Ordering::Relaxed),
            sent: self.sent.load(Ordering::Relaxed),
            lost: self.lost.load(Ordering::Relaxed),
            last_sent: (last_sent > 0).then(|| EventTime::from_millis(last_sent as i64)),
            trouble: self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}
