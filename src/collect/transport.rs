//! The transports: how bytes get from a sensor to the collector. One task a source; what can only block gets a thread.
//!
//! A transport runs until it breaks or ends, and the task that supervises it ([`supervise`]) starts it again after a while:
//! half a second, then twice as long each time, up to half a minute, each a little by chance so that a hundred sources do not
//! come back at once.

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{sleep, timeout};

use super::config::{Source, Transport};
use super::health::Health;
use super::records::{Cutter, stamped};
use crate::collect::config::Format;
use crate::recording::pcap::PcapReader;
use crate::serve::clock::now;

/// Bytes read at a time; a datagram fits.
const READ_BYTES: usize = 64 * 1024;
/// The first wait before a source is tried again.
const RETRY_FIRST: Duration = Duration::from_millis(500);
/// The longest.
const RETRY_LONGEST: Duration = Duration::from_secs(30);
/// A connection that held for so long was a good one: the next wait is short again.
const GOOD: Duration = Duration::from_secs(60);
/// How long a connection attempt may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Clients that a listening source takes at a time.
const CLIENTS_MAX: usize = 16;
/// How often a file that grows is looked at.
const FOLLOW_INTERVAL: Duration = Duration::from_millis(100);
/// How long a read of a serial line waits before it looks whether anybody still listens.
const SERIAL_TIMEOUT: Duration = Duration::from_millis(200);

/// A record on its way to the sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Collected {
    /// The source, by its place in the list.
    pub(super) source: u32,
    /// The record.
    pub(super) bytes: Vec<u8>,
}

/// What a transport needs to hand its records on.
#[derive(Clone)]
pub(super) struct Intake {
    /// The source's place in the list.
    pub(super) number: u32,
    /// The source.
    pub(super) source: Source,
    /// Its counters.
    pub(super) health: Arc<Health>,
    /// Where records go.
    pub(super) records: mpsc::Sender<Collected>,
}

/// The other end has gone: the collector stops.
struct Gone;

impl Intake {
    /// Hands one record on. A live source never waits: when the server cannot be reached for so long that the queue is full,
    /// records are given up and counted. A file waits.
    fn give(&self, record: Vec<u8>) {
        self.health.record();
        let bytes = if self.source.format == Format::Nmea { stamped(record, now()) } else { record };
        let collected = Collected { source: self.number, bytes };
        if self.source.transport.ends() {
            if self.records.blocking_send(collected).is_err() {
                self.health.drop_record();
            }
        } else if self.records.try_send(collected).is_err() {
            self.health.drop_record();
        }
    }

    fn receive(&self, bytes: usize) {
        self.health.receive(bytes, now());
    }

    fn check(&self) -> Result<(), Gone> {
        if self.records.is_closed() { Err(Gone) } else { Ok(()) }
    }
}

/// Runs a source for as long as the collector does; returns when it has come to its end, as files do.
pub(super) async fn supervise(intake: Intake) {
    let mut wait = RETRY_FIRST;
    while intake.check().is_ok() {
        let began = now();
        let outcome = run(&intake).await;
        let trouble = outcome.as_ref().err().map(ToString::to_string);
        intake.health.disconnect(trouble.clone());
        match outcome {
            Ok(()) if intake.source.transport.ends() => {
                intake.health.end();
                tracing::info!(source = %intake.source.name, "has come to its end");
                return;
            }
            Ok(()) => tracing::warn!(source = %intake.source.name, "closed by the other side"),
            Err(error) => tracing::warn!(source = %intake.source.name, %error, "broken"),
        }
        if now().millis_since(began) > GOOD.as_millis() as i64 {
            wait = RETRY_FIRST;
        }
        sleep(jittered(wait)).await;
        wait = (wait * 2).min(RETRY_LONGEST);
    }
}

/// Between three quarters of a span and five quarters.
fn jittered(span: Duration) -> Duration {
    // The keys of a fresh hasher are random; that is all the chance that is needed here.
    let share = RandomState::new().hash_one(0_u8) % 1024;
    span.mul_f64(0.75 + share as f64 / 2048.0)
}

async fn run(intake: &Intake) -> io::Result<()> {
    match intake.source.transport.clone() {
        Transport::TcpClient { address } => {
            let stream = timeout(CONNECT_TIMEOUT, TcpStream::connect(&address))
                .await
                .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, format!("no answer from {address}")))??;
            tracing::info!(source = %intake.source.name, %address, "connected");
            intake.health.connect();
            read_stream(stream, intake).await
        }
        Transport::TcpServer { bind } => listen(bind, intake).await,
        Transport::Udp { bind, group, interface } => {
            let socket = UdpSocket::bind(bind).await?;
            if let Some(group) = group {
                socket.join_multicast_v4(group, interface)?;
            }
            intake.health.connect();
            tracing::info!(source = %intake.source.name, bind = %socket.local_addr()?, "listens for datagrams");
            read_datagrams(&socket, intake).await
        }
        Transport::Serial { path, baud } => blocking(intake, move |intake| read_serial(&path, baud, intake)).await,
        Transport::File { path, follow } => blocking(intake, move |intake| read_file(&path, follow, intake)).await,
        Transport::Stdin => blocking(intake, |intake| read_all(&mut io::stdin().lock(), intake)).await,
        Transport::Pcap { path } => blocking(intake, move |intake| read_capture(&path, intake)).await,
    }
}

/// Does on a thread of its own what can only block.
async fn blocking(intake: &Intake, work: impl FnOnce(&Intake) -> io::Result<()> + Send + 'static) -> io::Result<()> {
    let intake = intake.clone();
    tokio::task::spawn_blocking(move || work(&intake)).await.map_err(io::Error::other)?
}

async fn read_stream(mut stream: impl AsyncRead + Unpin, intake: &Intake) -> io::Result<()> {
    let mut cutter = Cutter::new(intake.source.format);
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let count = match stream.read(&mut buffer).await {
            Ok(0) => {
                cutter.end(|record| intake.give(record));
                return Ok(());
            }
            Ok(count) => count,
            Err(error) => {
                cutter.end(|record| intake.give(record));
                return Err(error);
            }
        };
        intake.receive(count);
        cutter.stream(buffer.get(..count).unwrap_or_default(), |record| intake.give(record));
    }
}

/// Listens, and reads each client on a task of its own. The tasks end with this one.
async fn listen(bind: SocketAddr, intake: &Intake) -> io::Result<()> {
    let listener = TcpListener::bind(bind).await?;
    tracing::info!(source = %intake.source.name, bind = %listener.local_addr()?, "listens");
    let places = Arc::new(Semaphore::new(CLIENTS_MAX));
    let mut clients = tokio::task::JoinSet::new();
    loop {
        let (stream, client) = listener.accept().await?;
        while clients.try_join_next().is_some() {}
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            tracing::warn!(source = %intake.source.name, %client, "turned away: {CLIENTS_MAX} clients are connected");
            continue;
        };
        intake.health.connect();
        tracing::info!(source = %intake.source.name, %client, "connected");
        let intake = intake.clone();
        clients.spawn(async move {
            let ended = read_stream(stream, &intake).await;
            tracing::info!(source = %intake.source.name, %client, ?ended, "gone");
            drop(place);
        });
    }
}

async fn read_datagrams(socket: &UdpSocket, intake: &Intake) -> io::Result<()> {
    let mut cutter = Cutter::new(intake.source.format);
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let (count, _) = socket.recv_from(&mut buffer).await?;
        intake.receive(count);
        cutter.datagram(buffer.get(..count).unwrap_or_default(), |record| intake.give(record));
        intake.health.set_foreign(cutter.foreign_datagrams);
    }
}

fn read_serial(path: &Path, baud: u32, intake: &Intake) -> io::Result<()> {
    let mut port = serialport::new(path.to_string_lossy(), baud).timeout(SERIAL_TIMEOUT).open()?;
    intake.health.connect();
    let mut cutter = Cutter::new(intake.source.format);
    let mut buffer = vec![0; READ_BYTES];
    while intake.check().is_ok() {
        match port.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                intake.receive(count);
                cutter.stream(buffer.get(..count).unwrap_or_default(), |record| intake.give(record));
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::Interrupted) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn read_file(path: &Path, follow: bool, intake: &Intake) -> io::Result<()> {
    let mut file = File::open(path)?;
    if !follow {
        return read_all(&mut file, intake);
    }
    intake.health.connect();
    let mut cutter = Cutter::new(intake.source.format);
    let mut buffer = vec![0; READ_BYTES];
    let mut taken = 0_u64;
    while intake.check().is_ok() {
        let count = file.read(&mut buffer)?;
        if count > 0 {
            taken += count as u64;
            intake.receive(count);
            cutter.stream(buffer.get(..count).unwrap_or_default(), |record| intake.give(record));
            continue;
        }
        // Rotated, or written anew: the new file is read from its beginning.
        let now_there = std::fs::metadata(path)?;
        if now_there.len() < taken || !is_same(&file.metadata()?, &now_there) {
            cutter.end(|record| intake.give(record));
            return Ok(());
        }
        std::thread::sleep(FOLLOW_INTERVAL);
    }
    Ok(())
}

#[cfg(unix)]
fn is_same(a: &std::fs::Metadata, b: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

#[cfg(not(unix))]
fn is_same(_: &std::fs::Metadata, _: &std::fs::Metadata) -> bool {
    true
}

fn read_all(input: &mut impl Read, intake: &Intake) -> io::Result<()> {
    intake.health.connect();
    let mut cutter = Cutter::new(intake.source.format);
    let mut buffer = vec![0; READ_BYTES];
    loop {
        match input.read(&mut buffer) {
            Ok(0) => {
                cutter.end(|record| intake.give(record));
                return Ok(());
            }
            Ok(count) => {
                intake.receive(count);
                cutter.stream(buffer.get(..count).unwrap_or_default(), |record| intake.give(record));
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn read_capture(path: &Path, intake: &Intake) -> io::Result<()> {
    let mut capture = PcapReader::open(File::open(path)?).map_err(|error| io::Error::other(error.to_string()))?;
    intake.health.connect();
    let mut cutter = Cutter::new(intake.source.format);
    while let Some(datagram) = capture.next_datagram() {
        intake.receive(datagram.payload.len());
        cutter.datagram(datagram.payload, |record| intake.give(record));
    }
    cutter.end(|record| intake.give(record));
    Ok(())
}
