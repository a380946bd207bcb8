//! The connection with a broker: made again when it breaks, with a wait that grows.

use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::{ConnAck, LastWill, Packet};
use rumqttc::{AsyncClient, Broker, ConnectionError, Event, EventLoop, MqttOptions, TlsConfiguration, Transport};
use tokio::sync::watch;
use tokio::time::sleep;

use super::Plan;
use crate::neighbours::health::Health;
use crate::neighbours::retry::Retry;
use crate::neighbours::shut_down;

/// Said of this server while it is there, and when it has gone.
pub(super) const ONLINE: &str = r#"{"online":true}"#;
pub(super) const OFFLINE: &str = r#"{"online":false}"#;

/// Messages that wait for the connection at most; whoever sends more waits himself.
const WAITING_MAX: usize = 64;
/// A broker that says nothing for one and a half of these, in seconds, counts as gone, and so does this server for it.
const KEEP_ALIVE_S: u16 = 20;

/// A connection that stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stands {
    /// Counts connections, from 1.
    pub(super) number: u64,
    /// Whether the broker keeps retained messages.
    pub(super) retains: bool,
    /// The largest message that it takes, in bytes.
    bytes_max: Option<u32>,
}

impl Stands {
    fn new(number: u64, answer: &ConnAck) -> Self {
        let properties = answer.properties.as_ref();
        let retain_available = properties.and_then(|it| it.retain_available);
        Self { number, retains: retain_available != Some(0), bytes_max: properties.and_then(|it| it.max_packet_size) }
    }

    /// Whether the broker takes a message of so many bytes. One that is larger would end the connection.
    pub(super) fn takes(&self, bytes: usize) -> bool {
        self.bytes_max.is_none_or(|max| usize::try_from(max).is_ok_and(|max| bytes <= max))
    }
}

/// Where it stands whether this server is there.
pub(super) fn status_topic(plan: &Plan) -> String {
    format!("{}/status", plan.topic)
}

/// A connection that has not been made yet. The broker is asked to say when this server has gone without a word.
pub(super) fn open(plan: &Plan) -> (AsyncClient, EventLoop) {
    let mut options = MqttOptions::new(plan.client_id.clone(), Broker::tcp(plan.host.clone(), plan.port));
    options.set_keep_alive(KEEP_ALIVE_S).set_last_will(LastWill::new(
        status_topic(plan),
        OFFLINE,
        QoS::AtLeastOnce,
        true,
        None,
    ));
    if let Some((user, password)) = &plan.login {
        options.set_credentials(user.clone(), password.clone());
    }
    if let Some(tls) = &plan.tls {
        options.set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(tls.clone())));
    }
    AsyncClient::builder(options).capacity(WAITING_MAX).build()
}

/// Keeps the connection, and says in `stand` whether it stands, until somebody disconnects or the server of this process ends
/// while the broker is away.
pub(super) async fn drive(
    mut events: EventLoop,
    plan: &Plan,
    stand: watch::Sender<Option<Stands>>,
    health: &Health,
    mut shutdown: watch::Receiver<bool>,
) {
    let (mut retry, mut number) = (Retry::default(), 0);
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(answer))) => {
                tracing::info!(neighbour = plan.name, host = plan.host, port = plan.port, "connected");
                health.connect();
                number += 1;
                stand.send_replace(Some(Stands::new(number, &answer)));
            }
            // A broker that lets this server in and throws it out at once has not taken anything.
            Ok(Event::Incoming(_)) => retry.restart(),
            Ok(_) => {}
            Err(ConnectionError::RequestsDone) => break,
            Err(error) => {
                if stand.send_replace(None).is_some() {
                    health.disconnect();
                }
                health.fail(&error);
                let wait = retry.next_wait();
                tracing::warn!(neighbour = plan.name, host = plan.host, %error, ?wait, "away, is tried again");
                tokio::select! {
                    () = sleep(wait) => {}
                    () = shut_down(&mut shutdown) => break,
                }
            }
        }
    }
    if stand.send_replace(None).is_some() {
        health.disconnect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_would_end_the_connection_is_known_before() {
        let small = Stands { number: 1, retains: true, bytes_max: Some(1_000) };
        assert!(small.takes(1_000) && !small.takes(1_001));
        assert!(Stands { bytes_max: None, ..small }.takes(10_000_000));
    }
}
