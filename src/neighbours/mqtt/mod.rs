//! MQTT 5, for small stations: how each alert stands and where each track is, as retained messages.
//!
//! Alerts go from the record (`record`) by QoS 1, and the next one when the broker has acknowledged the last. The topic is that of the
//! alert, so whoever subscribes sees each change, and whoever comes late the latest of each. What a broker that comes back still knows
//! cannot be asked for: the latest of each alert that goes on is told again then, as the same event. Tracks go by QoS 0, the latest state
//! of each; they expire at the broker when they are not told again, and are taken away when they end.

mod connection;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::{PubAckReason, PublishProperties};
use rumqttc::{AsyncClient, PublishNoticeError, PublishOptions};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tokio_rustls::rustls::ClientConfig;

use self::connection::Stands;
use super::event;
use super::health::Health;
use super::record::{self, Broker, Telling, Told};
use super::retry::Retry;
use super::share::Share;
use super::{Outlook, shut_down, track};
use crate::fusion::TrackState;
use crate::serve::picture::Picture;
use crate::serve::track_watch::{TrackChange, TrackWatch};
use crate::units::TrackId;

/// How long a broker keeps the latest of an alert that goes on.
const OPEN_EXPIRY_S: u32 = 7 * 86_400;
/// How long it keeps that of an alert that is over.
const OVER_EXPIRY_S: u32 = 3_600;
/// How often a track that is in the picture is told while it holds.
const TOLD_IN_EXPIRY: u32 = 3;
/// How often it is looked which tracks have to be told anew though nothing has changed.
const REFRESH_TICK: Duration = Duration::from_secs(1);
/// What comes with a message beside topic and payload, at most.
const OVERHEAD_BYTES: usize = 256;
/// What is under way when the server ends has this long.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// An MQTT broker that is to be told.
#[derive(Clone)]
pub struct Plan {
    /// Its name.
    pub name: String,
    /// Host.
    pub host: String,
    /// Port.
    pub port: u16,
    /// TLS with these settings; `None`: none.
    pub tls: Option<Arc<ClientConfig>>,
    /// User and password, where the broker asks for them.
    pub login: Option<(String, String)>,
    /// By what the broker tells clients apart.
    pub client_id: String,
    /// Begins every topic.
    pub topic: String,
    /// Seconds between two messages of one track.
    pub interval_s: u32,
    /// Seconds for which the broker keeps a track that is not told again.
    pub expiry_s: u32,
    /// Where it is kept how far it was told; `None`: nowhere, it is told what comes.
    pub cursor: Option<PathBuf>,
    /// What it is told.
    pub share: Share,
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}:{})", self.name, self.host, self.port)
    }
}

/// Tells one broker until the server of this process ends.
pub async fn run(plan: Plan, outlook: Outlook, health: Arc<Health>) {
    let (client, events) = connection::open(&plan);
    let (stand, standing) = watch::channel(None);
    let way = Way { plan: &plan, client: &client, standing, health: &health };
    let telling = async {
        let alerts = async {
            if !plan.share.alerts.is_empty() {
                let telling = Telling { name: &plan.name, share: &plan.share, cursor: plan.cursor.as_deref() };
                let mut alerts = Alerts { way: way.clone(), told_on: 0 };
                record::tell(telling, &mut alerts, outlook.clone(), &health).await;
            }
        };
        tokio::join!(alerts, tell_tracks(way.clone(), outlook.clone()), way.tell_status(outlook.clone()));
        if way.standing.borrow().is_some() {
            way.say_goodbye().await;
            sleep(LAST_WORDS).await;
        }
    };
    tokio::select! {
        () = connection::drive(events, &plan, stand, &health, outlook.shutdown.clone()) => {}
        () = telling => {}
    }
}

/// The way to a broker.
#[derive(Clone)]
struct Way<'a> {
    plan: &'a Plan,
    client: &'a AsyncClient,
    /// The connection that stands now.
    standing: watch::Receiver<Option<Stands>>,
    health: &'a Health,
}

impl Way<'_> {
    /// The connection, as soon as one stands.
    async fn until_stands(&mut self) -> Stands {
        match self.standing.wait_for(Option::is_some).await.map(|stands| *stands) {
            Ok(Some(stands)) => stands,
            // Nobody connects any more: the server ends.
            _ => std::future::pending().await,
        }
    }

    /// The next connection after this one.
    async fn until_anew(&mut self, before: u64) -> u64 {
        let is_new = |stands: &Option<Stands>| stands.is_some_and(|stands| stands.number != before);
        match self.standing.wait_for(is_new).await.map(|stands| *stands) {
            Ok(Some(stands)) => stands.number,
            _ => std::future::pending().await,
        }
    }

    /// Says at each connection that this server is there; the broker says by itself when it has gone ([`connection::open`]).
    async fn tell_status(&self, mut outlook: Outlook) {
        let (mut way, mut number) = (self.clone(), 0);
        loop {
            tokio::select! {
                new = way.until_anew(number) => number = new,
                () = shut_down(&mut outlook.shutdown) => return,
            }
            self.say_status(connection::ONLINE).await;
        }
    }

    async fn say_status(&self, status: &'static str) {
        let options = PublishOptions::new(QoS::AtLeastOnce).retained();
        let topic = connection::status_topic(self.plan);
        // One that does not come to be sent is sent at the next connection.
        let _ = self.client.try_publish(topic, status, options);
    }

    async fn say_goodbye(&self) {
        self.say_status(connection::OFFLINE).await;
        let _ = self.client.disconnect_with_timeout(LAST_WORDS).await;
    }
}

fn properties(content_type: &str, expiry_s: u32) -> PublishProperties {
    PublishProperties {
        payload_format_indicator: Some(1),
        content_type: Some(content_type.to_owned()),
        message_expiry_interval: Some(expiry_s),
        ..PublishProperties::default()
    }
}

/// Where alerts are told.
struct Alerts<'a> {
    way: Way<'a>,
    /// The connection on which all that goes on was told.
    told_on: u64,
}

impl Broker for Alerts<'_> {
    /// Sends one event until the broker has it.
    async fn store(&mut self, told: &Told) {
        let (plan, health) = (self.way.plan, self.way.health);
        let topic = format!("{}/alert/{}/{}", plan.topic, told.kind, told.id);
        let expiry_s = if told.is_open { OPEN_EXPIRY_S } else { OVER_EXPIRY_S };
        let options = PublishOptions::new(QoS::AtLeastOnce).properties(properties(event::CONTENT_TYPE, expiry_s));
        let mut retry = Retry::default();
        loop {
            let stands = self.way.until_stands().await;
            let size = topic.len() + told.event.body.len() + OVERHEAD_BYTES;
            let sent = if stands.takes(size) {
                let options = options.clone().retain(stands.retains);
                match self.way.client.publish_tracked(topic.clone(), told.event.body.clone(), options).await {
                    Ok(notice) => notice.wait_completion_async().await.map_err(Trouble::from),
                    Err(error) => Err(Trouble { text: error.to_string(), for_good: false, at_once: false }),
                }
            } else {
                let text = format!("{size} bytes are more than the broker takes");
                Err(Trouble { text, for_good: true, at_once: false })
            };
            let Err(trouble) = sent else { return health.send() };
            if trouble.at_once {
                continue;
            }
            health.fail(&trouble.text);
            if trouble.for_good {
                health.lose(1);
                return tracing::error!(neighbour = plan.name, entry = told.sequence, error = trouble.text, "given up");
            }
            let wait = retry.next_wait();
            tracing::warn!(neighbour = plan.name, error = trouble.text, ?wait, "not taken, is tried again");
            sleep(wait).await;
        }
    }

    async fn forgotten(&mut self) {
        self.told_on = self.way.until_anew(self.told_on).await;
    }
}

/// Why a broker does not have an event.
struct Trouble {
    text: String,
    /// It never will.
    for_good: bool,
    /// The connection broke: it is sent as soon as there is another.
    at_once: bool,
}

impl From<PublishNoticeError> for Trouble {
    fn from(error: PublishNoticeError) -> Self {
        let for_good = matches!(
            error,
            PublishNoticeError::V5PubAck(PubAckReason::TopicNameInvalid | PubAckReason::PayloadFormatInvalid)
        );
        Self { text: error.to_string(), for_good, at_once: error == PublishNoticeError::SessionReset }
    }
}

/// Tells where tracks are, while the broker is there.
async fn tell_tracks(way: Way<'_>, mut outlook: Outlook) {
    let Some(filter) = way.plan.share.track_filter() else { return };
    let new_watch = || TrackWatch::new(filter.clone(), way.plan.interval_s.saturating_mul(1_000));
    let mut watch = new_watch();
    let (mut told_on, mut told) = (0, BTreeMap::new());
    let mut ticks = interval(REFRESH_TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let goes_on = tokio::select! {
            picture = outlook.picture.next() => picture.is_some(),
            _ = ticks.tick() => true,
            () = shut_down(&mut outlook.shutdown) => false,
        };
        if !goes_on {
            return;
        }
        // What is not told now is looked at when the broker is back: nothing is kept for it.
        let Some(stands) = *way.standing.borrow() else { continue };
        let picture = outlook.picture.now();
        let mut changes = watch.look(&picture, |id| outlook.picture.farewell(id));
        if stands.number != told_on {
            told_on = stands.number;
            // The broker may have kept what has ended meanwhile, or forgotten what goes on.
            changes.retain(|change| track::told(change).is_some_and(|(_, end)| end.is_some()));
            watch = new_watch();
            changes.extend(watch.look(&picture, |_| None));
            told.clear();
        }
        let due = due(&mut told, &changes, &picture, Duration::from_secs(way.plan.expiry_s.into()) / TOLD_IN_EXPIRY);
        let changed = changes.iter().filter_map(track::told);
        for (track, end) in changed.chain(due.iter().map(|track| (&**track, None))) {
            tokio::select! {
                () = way.tell_track(track, end.as_deref()) => {}
                () = shut_down(&mut outlook.shutdown) => return,
            }
        }
    }
}

/// Takes down what is told now, and finds what was told too long ago.
fn due(
    told: &mut BTreeMap<TrackId, Instant>,
    changes: &[TrackChange],
    picture: &Picture,
    every: Duration,
) -> Vec<Arc<TrackState>> {
    let now = Instant::now();
    for (track, end) in changes.iter().filter_map(track::told) {
        match end {
            None => drop(told.insert(track.id, now)),
            Some(_) => drop(told.remove(&track.id)),
        }
    }
    let mut due = Vec::new();
    for (id, last) in told.iter_mut() {
        if now.duration_since(*last) >= every
            && let Some(track) = picture.track(*id)
        {
            *last = now;
            due.push(Arc::clone(track));
        }
    }
    due
}

impl Way<'_> {
    /// Says where a track is, or that it has ended: to those who listen how, and to the broker that it is gone.
    async fn tell_track(&self, track: &TrackState, end: Option<&str>) {
        let topic = format!("{}/track/{}", self.plan.topic, track.id);
        let options =
            PublishOptions::new(QoS::AtMostOnce).properties(properties("application/json", self.plan.expiry_s));
        let retained = PublishOptions::new(QoS::AtMostOnce).retained();
        let sent = async {
            match end {
                None => self.client.publish(topic, track::document(track, None), options.retained()).await,
                Some(_) => {
                    self.client.publish(topic.clone(), track::document(track, end), options).await?;
                    self.client.publish(topic, Vec::new(), retained).await
                }
            }
        };
        match sent.await {
            Ok(()) => self.health.send(),
            Err(error) => {
                self.health.fail(&error);
                self.health.lose(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::track_watch::tests::track;
    use crate::units::EventTime;

    #[tokio::test(start_paused = true)]
    async fn a_track_that_does_not_change_is_told_again_before_the_broker_drops_it() {
        let moored = Arc::new(track(1, 10, 110.0));
        let picture = Picture { time: EventTime::from_seconds(10), tracks: vec![Arc::clone(&moored)] };
        let (mut told, every) = (BTreeMap::new(), Duration::from_secs(40));
        let entered = [TrackChange::Enter(Arc::clone(&moored))];
        assert!(due(&mut told, &entered, &picture, every).is_empty(), "it is told just now");
        tokio::time::advance(Duration::from_secs(39)).await;
        assert!(due(&mut told, &[], &picture, every).is_empty());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(due(&mut told, &[], &picture, every), [Arc::clone(&moored)]);
        assert!(due(&mut told, &[], &picture, every).is_empty());
        due(&mut told, &[TrackChange::End(moored)], &picture, every);
        tokio::time::advance(Duration::from_secs(60)).await;
        assert!(due(&mut told, &[], &picture, every).is_empty(), "not after its end");
    }

    #[test]
    fn a_message_that_the_broker_can_never_take_is_given_up_and_others_are_not() {
        let of = |reason| Trouble::from(PublishNoticeError::V5PubAck(reason));
        assert!(of(PubAckReason::PayloadFormatInvalid).for_good);
        assert!(!of(PubAckReason::NotAuthorized).for_good, "somebody may put that right");
        assert!(!of(PubAckReason::QuotaExceeded).for_good);
        let broken = Trouble::from(PublishNoticeError::SessionReset);
        assert!(broken.at_once && !broken.for_good);
    }
}
