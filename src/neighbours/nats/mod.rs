//! NATS JetStream: every entry of the record about an alert as a message, at least once and in order; where tracks are, as it comes.
//!
//! Alerts go from the record (`record`), and the next one when JetStream has said that a message is stored. Each has the id of its
//! event, place and hash of the entry, as `Nats-Msg-Id`, by which JetStream stores once what was sent twice. Tracks are told by plain
//! NATS, the latest state of each, and not at all while the broker is away.

use std::future::IntoFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::context::PublishErrorKind;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::{self, stream};
use async_nats::{Client, ConnectOptions, Event};
use tokio::time::{sleep, timeout};
use tokio_rustls::rustls::ClientConfig;

use super::health::Health;
use super::record::{self, Broker, Telling, Told};
use super::retry::Retry;
use super::share::Share;
use super::{Outlook, shut_down, track};
use crate::serve::track_watch::TrackWatch;

/// How long JetStream may take to say that a message is stored.
const ACK_TIMEOUT: Duration = Duration::from_secs(5);
/// A broker that does not answer for two of these counts as gone.
const PING_INTERVAL: Duration = Duration::from_secs(10);
/// How often it is looked whether a broker that was away is back.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);
/// What is under way when the server ends has this long.
const LAST_WORDS: Duration = Duration::from_secs(3);
/// For how long a stream that is made here knows what it has stored.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(3_600);

/// How this server shows who it is.
#[derive(Clone, Default)]
pub enum Credentials {
    /// Not at all.
    #[default]
    None,
    /// The contents of a credentials file (JWT and seed).
    File(String),
    /// A token.
    Token(String),
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::File(_) => "File(…)",
            Self::Token(_) => "Token(…)",
        })
    }
}

/// A NATS server that is to be told.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its name.
    pub name: String,
    /// Where it is: `nats://host:4222`, several for a cluster.
    pub servers: Vec<String>,
    /// How this server shows who it is.
    pub credentials: Credentials,
    /// TLS with these settings; `None`: as the server asks, with the authorities of the system.
    pub tls: Option<Arc<ClientConfig>>,
    /// Begins every subject.
    pub subject: String,
    /// A stream that is made when it is not there; empty: whoever runs the broker has made one.
    pub stream: String,
    /// Seconds between two messages of one track.
    pub interval_s: u32,
    /// Where it is kept how far it was told; `None`: nowhere, it is told what comes.
    pub cursor: Option<std::path::PathBuf>,
    /// What it is told.
    pub share: Share,
}

/// Tells one broker until the server of this process ends.
pub async fn run(plan: Plan, mut outlook: Outlook, health: Arc<Health>) {
    let mut retry = Retry::default();
    let client = loop {
        match connect(&plan, &health).await {
            Ok(client) => break client,
            // The settings cannot be used; a server that is away is no error here.
            Err(error) => {
                health.fail(&error);
                tracing::error!(neighbour = plan.name, error, "cannot be told");
                tokio::select! {
                    () = sleep(retry.next_wait()) => {}
                    () = shut_down(&mut outlook.shutdown) => return,
                }
            }
        }
    };
    let alerts = async {
        if !plan.share.alerts.is_empty() {
            let mut context = jetstream::new(client.clone());
            context.set_timeout(ACK_TIMEOUT);
            let stream_is_there = plan.stream.is_empty();
            let mut stream = Stream { plan: &plan, client: &client, context, stream_is_there, health: &health };
            let telling = Telling { name: &plan.name, share: &plan.share, cursor: plan.cursor.as_deref() };
            record::tell(telling, &mut stream, outlook.clone(), &health).await;
        }
    };
    tokio::join!(alerts, tell_tracks(&plan, &client, outlook.clone(), &health));
    let _ = timeout(LAST_WORDS, client.drain()).await;
}

async fn connect(plan: &Plan, health: &Arc<Health>) -> Result<Client, String> {
    let (name, health) = (plan.name.clone(), Arc::clone(health));
    let stands = Arc::new(AtomicBool::new(false));
    let options = ConnectOptions::new()
        .name(format!("shorewatch {name}"))
        .retry_on_initial_connect()
        .ping_interval(PING_INTERVAL)
        .event_callback(move |event| {
            match &event {
                Event::Connected if !stands.swap(true, Ordering::Relaxed) => health.connect(),
                Event::Disconnected | Event::Closed if stands.swap(false, Ordering::Relaxed) => health.disconnect(),
                Event::ServerError(_) | Event::ClientError(_) => health.fail(&event),
                _ => {}
            }
            let name = name.clone();
            async move { tracing::info!(neighbour = name, %event, "NATS") }
        });
    let options = match &plan.credentials {
        Credentials::None => options,
        Credentials::File(text) => options.credentials(text).map_err(|error| format!("credentials: {error}"))?,
        Credentials::Token(token) => options.token(token.clone()),
    };
    let options = match &plan.tls {
        Some(tls) => options.require_tls(true).tls_client_config(ClientConfig::clone(tls)),
        None => options,
    };
    options.connect(plan.servers.as_slice()).await.map_err(|error| error.to_string())
}

/// Where alerts are stored.
struct Stream<'a> {
    plan: &'a Plan,
    client: &'a Client,
    context: jetstream::Context,
    stream_is_there: bool,
    health: &'a Health,
}

impl Broker for Stream<'_> {
    /// Sends one message until JetStream has it.
    async fn store(&mut self, told: &Told) {
        let mut retry = Retry::default();
        loop {
            // What is sent to a broker that is away would be held back by the client, and sent twice when it is back.
            until_connected(self.client).await;
            match self.send(told).await {
                Ok(()) => return self.health.send(),
                Err(trouble) if trouble.for_good => {
                    self.health.fail(&trouble.text);
                    self.health.lose(1);
                    let entry = told.sequence;
                    return tracing::error!(neighbour = self.plan.name, entry, error = trouble.text, "given up");
                }
                Err(trouble) => {
                    self.health.fail(&trouble.text);
                    let wait = retry.next_wait();
                    tracing::warn!(
                        neighbour = self.plan.name,
                        error = trouble.text,
                        ?wait,
                        "not stored, is tried again"
                    );
                    // Someone may have taken the stream away.
                    self.stream_is_there &= !trouble.no_stream || self.plan.stream.is_empty();
                    sleep(wait).await;
                }
            }
        }
    }
}

impl Stream<'_> {
    async fn send(&mut self, told: &Told) -> Result<(), Trouble> {
        if !self.stream_is_there {
            make_stream(self.plan, &self.context).await?;
            self.stream_is_there = true;
        }
        let message = PublishMessage::build().message_id(&told.event.id).payload(told.event.body.clone().into());
        let subject = format!("{}.alert.{}.{}", self.plan.subject, told.change, told.kind);
        self.context.send_publish(subject, message).await?.into_future().await?;
        Ok(())
    }
}

async fn until_connected(client: &Client) {
    while client.connection_state() != State::Connected {
        sleep(LOOK_INTERVAL).await;
    }
}

/// Why a message is not stored.
struct Trouble {
    text: String,
    /// It never will be.
    for_good: bool,
    no_stream: bool,
}

impl From<jetstream::context::PublishError> for Trouble {
    fn from(error: jetstream::context::PublishError) -> Self {
        let (for_good, no_stream) = match error.kind() {
            PublishErrorKind::MaxPayloadExceeded => (true, false),
            PublishErrorKind::StreamNotFound => (false, true),
            _ => (false, false),
        };
        Self { text: error.to_string(), for_good, no_stream }
    }
}

async fn make_stream(plan: &Plan, context: &jetstream::Context) -> Result<(), Trouble> {
    let config = stream::Config {
        name: plan.stream.clone(),
        subjects: vec![format!("{}.alert.>", plan.subject)],
        duplicate_window: DUPLICATE_WINDOW,
        ..stream::Config::default()
    };
    let made = context.get_or_create_stream(config).await;
    made.map(|_| ()).map_err(|error| Trouble {
        text: format!("stream {}: {error}", plan.stream),
        for_good: false,
        no_stream: true,
    })
}

/// Tells where tracks are, while the broker is there.
async fn tell_tracks(plan: &Plan, client: &Client, mut outlook: Outlook, health: &Health) {
    let Some(filter) = plan.share.track_filter() else { return };
    let mut watch = TrackWatch::new(filter, plan.interval_s.saturating_mul(1_000));
    loop {
        let picture = tokio::select! {
            picture = outlook.picture.next() => picture,
            () = shut_down(&mut outlook.shutdown) => None,
        };
        let Some(picture) = picture else { return };
        // What is not sent now is looked at when the broker is back: nothing is kept for it.
        if client.connection_state() != State::Connected {
            continue;
        }
        for change in watch.look(&picture, |id| outlook.picture.farewell(id)) {
            let Some((track, end)) = track::told(&change) else { continue };
            let subject = format!("{}.track.{}", plan.subject, track.id);
            match client.publish(subject, track::document(track, end.as_deref()).into()).await {
                Ok(()) => health.send(),
                Err(error) => {
                    health.fail(&error);
                    health.lose(1);
                }
            }
        }
    }
}
