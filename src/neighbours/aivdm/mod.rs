//! Chart plotters, SignalK, OpenCPN: AIS sentences (`!AIVDM`) to whoever connects by TCP.
//!
//! True AIS is passed on as it was received, once a transmission (`passed`); tracks that AIS does not tell come as targets that are
//! marked as such ([`marked`]). One task makes the sentences and puts them into a ring; each client has a task that reads the ring at
//! its own pace. A client that does not read, or is behind by the whole ring, is let go and may come again.

pub mod encode;
pub mod marked;
mod passed;

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use self::marked::{NAME_INTERVAL_MS, Named};
use self::passed::Passing;
use super::health::Health;
use super::retry::Retry;
use super::share::Share;
use super::{Outlook, shut_down};
use crate::access::organisation::Area;
use crate::fusion::{Sources, TrackState};
use crate::serve::heard::Heard;
use crate::serve::track_watch::{TrackChange, TrackFilter, TrackWatch};
use crate::units::TrackId;

/// Messages that a client may be behind.
const RING: usize = 4_096;
/// How long a client may take to read one message.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// A port where AIS is given out.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its name.
    pub name: String,
    /// Where it listens.
    pub listen: SocketAddr,
    /// Who may come; none: everybody who reaches it.
    pub allow: Vec<IpNet>,
    /// Clients at a time.
    pub clients_max: usize,
    /// Whether tracks that AIS does not tell are given out as marked targets.
    pub marked: bool,
    /// The first MMSI of those.
    pub mmsi_first: u32,
    /// Seconds between two reports of one of those.
    pub interval_s: u32,
    /// What is given out.
    pub share: Share,
}

impl Plan {
    /// Whether true AIS is passed on.
    pub fn passes_ais(&self) -> bool {
        self.share.tells_tracks() && self.share.tracks.ais
    }

    /// The tracks that may be told as marked targets; `None`: none.
    fn marked_filter(&self) -> Option<TrackFilter> {
        let kinds = Sources { ais: false, ..self.share.tracks };
        let share = Share { tracks: kinds, ..self.share.clone() };
        self.marked.then(|| share.track_filter()).flatten()
    }
}

/// Gives out sentences until the server of this process ends.
pub async fn run(plan: Plan, mut outlook: Outlook, heard: Option<broadcast::Receiver<Heard>>, health: Arc<Health>) {
    let mut retry = Retry::default();
    let listener = loop {
        match TcpListener::bind(plan.listen).await {
            Ok(listener) => break listener,
            Err(error) => {
                health.fail(&error);
                let wait = retry.next_wait();
                tracing::warn!(neighbour = plan.name, listen = %plan.listen, %error, ?wait, "cannot listen, is tried again");
                tokio::select! {
                    () = sleep(wait) => {}
                    () = shut_down(&mut outlook.shutdown) => return,
                }
            }
        }
    };
    let address = listener.local_addr().unwrap_or(plan.listen);
    tracing::info!(neighbour = plan.name, %address, "gives out AIS");
    let mut source = Source::new(&plan, heard);
    let mut clients = JoinSet::new();
    loop {
        tokio::select! {
            () = shut_down(&mut outlook.shutdown) => break,
            picture = outlook.picture.next() => {
                if picture.is_none() {
                    break;
                }
                source.look(&outlook);
            }
            heard = hear(&mut source.heard) => source.pass(heard, &health),
            accepted = listener.accept() => {
                while clients.try_join_next().is_some() {}
                let (stream, client) = match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        // Out of descriptors: waiting is all that helps.
                        health.fail(&error);
                        sleep(Duration::from_millis(100)).await;
                        continue;
                    }
                };
                if let Err(why) = admit(&plan, client.ip(), clients.len()) {
                    health.fail(&format!("{client}: {why}"));
                    tracing::warn!(neighbour = plan.name, %client, why, "turned away");
                    continue;
                }
                tracing::info!(neighbour = plan.name, %client, "connected");
                let (first, ring, health) = (source.all(), source.ring.subscribe(), Arc::clone(&health));
                let name = plan.name.clone();
                clients.spawn(async move {
                    health.connect();
                    let ended = serve(stream, first, ring, &health).await;
                    health.disconnect();
                    tracing::info!(neighbour = name, %client, ended = ended.err().map(|error| error.to_string()), "gone");
                });
            }
        }
    }
    clients.shutdown().await;
}

fn admit(plan: &Plan, client: IpAddr, connected: usize) -> Result<(), &'static str> {
    if !plan.allow.is_empty() && !plan.allow.iter().any(|net| net.contains(&client.to_canonical())) {
        return Err("its address is not among those that may come");
    }
    if connected >= plan.clients_max {
        return Err("as many clients are connected as may be");
    }
    Ok(())
}

/// Waits for the next line that was heard; for ever where none come.
async fn hear(heard: &mut Option<broadcast::Receiver<Heard>>) -> Result<Heard, RecvError> {
    match heard {
        Some(heard) => heard.recv().await,
        None => std::future::pending().await,
    }
}

/// Where the sentences come from.
struct Source {
    heard: Option<broadcast::Receiver<Heard>>,
    passing: Passing,
    watch: Option<TrackWatch>,
    mmsi_first: u32,
    /// The targets that are being told, with their latest report and when they were named.
    targets: BTreeMap<TrackId, (Arc<TrackState>, Named)>,
    ring: broadcast::Sender<Arc<str>>,
}

impl Source {
    fn new(plan: &Plan, heard: Option<broadcast::Receiver<Heard>>) -> Self {
        let area = plan.share.area.as_deref().cloned().unwrap_or(Area::Everywhere);
        let interval_ms = plan.interval_s.saturating_mul(1_000);
        Self {
            heard: heard.filter(|_| plan.passes_ais()),
            passing: Passing::new(area),
            watch: plan.marked_filter().map(|filter| TrackWatch::new(filter, interval_ms)),
            mmsi_first: plan.mmsi_first,
            targets: BTreeMap::new(),
            ring: broadcast::Sender::new(RING),
        }
    }

    /// Passes on a line that was heard.
    fn pass(&mut self, heard: Result<Heard, RecvError>, health: &Health) {
        match heard {
            // Nobody listens: that is no fault.
            Ok(heard) => self.passing.hear(&heard, |sentences| drop(self.ring.send(sentences.into()))),
            Err(RecvError::Lagged(count)) => health.lose(count),
            Err(RecvError::Closed) => self.heard = None,
        }
    }

    /// Tells the tracks of the picture that AIS does not tell.
    fn look(&mut self, outlook: &Outlook) {
        let Some(watch) = &mut self.watch else { return };
        for change in watch.look(&outlook.picture.now(), |id| outlook.picture.farewell(id)) {
            match change {
                TrackChange::Snapshot(track)
                | TrackChange::Enter(track)
                | TrackChange::Update(track)
                | TrackChange::Split(track, _) => {
                    if marked::is_marked(&track) {
                        tell(&mut self.targets, &self.ring, self.mmsi_first, track);
                    } else {
                        self.targets.remove(&track.id);
                    }
                }
                // Plotters drop a target that is not told any more: AIS has no word for its end.
                TrackChange::Leave(track) | TrackChange::End(track) | TrackChange::Merged(track, _) => {
                    self.targets.remove(&track.id);
                }
                TrackChange::SnapshotEnd => {}
            }
        }
    }

    /// All marked targets, for a client that has just come.
    fn all(&self) -> String {
        let tell = |(track, _): &(Arc<TrackState>, Named)| {
            marked::name(self.mmsi_first, track) + &marked::position(self.mmsi_first, track)
        };
        self.targets.values().map(tell).collect()
    }
}

fn tell(
    targets: &mut BTreeMap<TrackId, (Arc<TrackState>, Named)>,
    ring: &broadcast::Sender<Arc<str>>,
    mmsi_first: u32,
    track: Arc<TrackState>,
) {
    let named = targets
        .get(&track.id)
        .map(|(_, named)| *named)
        .filter(|named| named.held_by == track.sources && track.time.millis_since(named.at) < NAME_INTERVAL_MS);
    let mut sentences = marked::position(mmsi_first, &track);
    if named.is_none() {
        sentences += &marked::name(mmsi_first, &track);
    }
    let named = named.unwrap_or(Named { at: track.time, held_by: track.sources });
    targets.insert(track.id, (track, named));
    let _ = ring.send(sentences.into());
}

/// Serves one client until it goes, or is too slow.
async fn serve(
    stream: TcpStream,
    first: String,
    mut ring: broadcast::Receiver<Arc<str>>,
    health: &Health,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut read, mut write) = stream.into_split();
    let mut ignored = [0; 1_024];
    let late = |_| io::Error::new(io::ErrorKind::TimedOut, "it does not read what it is sent");
    timeout(WRITE_TIMEOUT, write.write_all(first.as_bytes())).await.map_err(late)??;
    loop {
        tokio::select! {
            sentences = ring.recv() => match sentences {
                Ok(sentences) => {
                    let sent = timeout(WRITE_TIMEOUT, write.write_all(sentences.as_bytes())).await.map_err(late);
                    if sent.is_err() {
                        health.lose(1 + ring.len() as u64);
                    }
                    sent??;
                    health.send();
                }
                Err(RecvError::Lagged(count)) => {
                    health.lose(count);
                    return Err(io::Error::other("it reads more slowly than AIS comes"));
                }
                Err(RecvError::Closed) => return Ok(()),
            },
            count = read.read(&mut ignored) => if count? == 0 {
                return Ok(());
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neighbours::health::NeighbourKind;

    fn plan() -> Plan {
        Plan {
            name: "bridge".to_owned(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            allow: Vec::new(),
            clients_max: 2,
            marked: true,
            mmsi_first: marked::MMSI_FIRST,
            interval_s: 0,
            share: Share::default(),
        }
    }

    #[test]
    fn only_those_who_may_come_are_admitted_and_not_too_many() {
        let mut plan = plan();
        let (near, far) = ("127.0.0.1".parse().unwrap(), "10.1.2.3".parse().unwrap());
        assert!(admit(&plan, near, 1).is_ok() && admit(&plan, near, 2).is_err());
        plan.allow = vec!["10.1.0.0/16".parse().unwrap()];
        assert!(admit(&plan, far, 0).is_ok() && admit(&plan, near, 0).is_err());
        assert!(admit(&plan, "::ffff:10.1.2.3".parse().unwrap(), 0).is_ok());
    }

    async fn connected(listener: &TcpListener) -> (TcpStream, TcpStream) {
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (client, listener.accept().await.unwrap().0)
    }

    #[tokio::test]
    async fn a_client_that_is_behind_by_the_whole_ring_is_let_go_and_counted_and_hurts_nobody() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let ring: broadcast::Sender<Arc<str>> = broadcast::Sender::new(16);
        let line: Arc<str> = "!AIVDM,1,1,,A,B,0*00\r\n".into();
        let health = Health::new("bridge", NeighbourKind::Aivdm);
        let (_lazy, served) = connected(&listener).await;
        let behind = ring.subscribe();
        for _ in 0..100 {
            ring.send(Arc::clone(&line)).unwrap();
        }
        let ended = serve(served, String::new(), behind, &health).await.unwrap_err();
        assert!(ended.to_string().contains("more slowly"), "{ended}");
        assert_eq!(health.report().lost, 84);

        let (mut eager, served) = connected(&listener).await;
        let in_time = ring.subscribe();
        ring.send(line).unwrap();
        drop(ring);
        serve(served, "first\r\n".to_owned(), in_time, &health).await.unwrap();
        let mut text = String::new();
        eager.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "first\r\n!AIVDM,1,1,,A,B,0*00\r\n");
    }
}
