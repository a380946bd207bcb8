//! Empties the outbox of one endpoint: in order for each alert, several alerts at once, until the endpoint has taken everything.
//!
//! Two things can stand against an event. The *endpoint* is away or asks for patience: then everything waits, and after the wait one
//! event goes first to see whether it is back. Or it is there and does not take *this event*: then the event waits, and what
//! else is known of its alert behind it; other alerts go on. An event that is refused time and again becomes a dead letter.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::absence::{Absence, Attempt, as_millis};
use super::answer::{Answer, FAILURES_MAX, REFUSALS_MAX, backoff};
use super::client::Client;
use super::endpoint::Working;
use crate::life::Actor;
use crate::neighbours::event;
use crate::serve::clock;
use crate::serve::limits::OUTBOX_WAITING_MAX;
use crate::store::records::outbox::{self, Happened, Letter};
use crate::store::records::{Records, RecordsError};

/// Events under way to one endpoint at once, each of another alert.
const AT_ONCE: usize = 8;

/// The longest sleep: what is missed by whatever wakes a sender is seen after that.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// How long events that are under way may take when the server shuts down. What is not answered then is sent again.
const GRACE: Duration = Duration::from_secs(2);

/// Sends to one endpoint.
pub(super) struct Sender {
    working: Arc<Working>,
    client: Client,
    records: Records,
    source: Arc<str>,
    absence: Absence,
}

/// What came of an attempt, and how long the endpoint had been away when it began.
type Flight = (Letter, Attempt, Answer);

impl Sender {
    pub(super) fn new(working: Arc<Working>, client: Client, records: Records, source: Arc<str>) -> Self {
        Self { working, client, records, source, absence: Absence::default() }
    }

    fn name(&self) -> &str {
        &self.working.endpoint.name
    }

    /// Sends until the server shuts down, or the records are closed.
    pub(super) async fn run(mut self, mut shutdown: watch::Receiver<bool>) {
        let mut flights = JoinSet::new();
        let ended = self.send_all(&mut flights, &mut shutdown).await;
        let landing = async {
            while let Some(Ok(flight)) = flights.join_next().await {
                self.settle(flight).await?;
            }
            Ok::<(), RecordsError>(())
        };
        let _ = timeout(GRACE, landing).await;
        if let Err(error) = ended
            && !matches!(error, RecordsError::Closed)
        {
            tracing::error!(endpoint = self.name(), %error, "nothing more is sent before the server is started again");
        }
    }

    async fn send_all(
        &mut self,
        flights: &mut JoinSet<Flight>,
        shutdown: &mut watch::Receiver<bool>,
    ) -> Result<(), RecordsError> {
        let mut board = self.records.window();
        let mut subjects = HashSet::new();
        loop {
            board.mark_seen();
            let wait = self.launch(flights, &mut subjects).await?;
            tokio::select! {
                Some(done) = flights.join_next(), if !flights.is_empty() => match done {
                    Ok(flight) => {
                        subjects.remove(&flight.0.subject);
                        self.settle(flight).await?;
                    }
                    // A panic, which has been printed. Its alert waits for the next start.
                    Err(error) => tracing::error!(endpoint = self.name(), %error, "an attempt crashed"),
                },
                more = board.changed() => if !more { return Ok(()) },
                () = self.working.wake.notified() => self.absence.try_now(),
                () = sleep(wait) => {}
                () = down(shutdown) => return Ok(()),
            }
        }
    }

    /// Sends off what can be; returns how long nothing more can be unless something happens.
    async fn launch(
        &mut self,
        flights: &mut JoinSet<Flight>,
        subjects: &mut HashSet<String>,
    ) -> Result<Duration, RecordsError> {
        let name = self.name().to_owned();
        let all = self.records.read(outbox::standings).await?;
        let Some(standing) = all.into_iter().find(|standing| standing.name == name) else { return Ok(LONGEST_SLEEP) };
        if !standing.disabled.is_empty() || self.working.endpoint.is_paused {
            return Ok(LONGEST_SLEEP);
        }
        if standing.behind_from.is_some() && standing.waiting < OUTBOX_WAITING_MAX / 2 {
            let name = name.clone();
            if self.records.write(move |book| book.catch_up(&name)).await? {
                return Ok(Duration::ZERO);
            }
        }
        let now_ms = clock::now().as_millis();
        if let Some(wait_ms) = self.absence.wait_ms(now_ms) {
            return Ok(millis(wait_ms));
        }
        let at_once = if self.absence.is_away() { 1 } else { AT_ONCE };
        let free = at_once.saturating_sub(flights.len());
        if free == 0 {
            return Ok(LONGEST_SLEEP);
        }
        let size = free + flights.len();
        let read = move |connection: &rusqlite::Connection| {
            let due = outbox::due(connection, &name, now_ms, size)?;
            let events = due.into_iter().map(|letter| {
                let happened = Happened::load(connection, letter.sequence)?;
                Ok::<_, RecordsError>((letter, happened))
            });
            Ok((events.collect::<Result<Vec<_>, _>>()?, outbox::next_due_ms(connection, &name, now_ms)?))
        };
        let (due, next_ms) = self.records.read(read).await?;
        let waiting: Vec<_> = due.into_iter().filter(|(letter, _)| !subjects.contains(&letter.subject)).collect();
        for (letter, happened) in waiting.into_iter().take(free) {
            subjects.insert(letter.subject.clone());
            let event = event::outgoing(&happened, &self.working.endpoint.profile, &self.source);
            let (client, attempt) = (self.client.clone(), self.absence.attempt());
            flights.spawn(async move { (letter, attempt, client.offer(event).await) });
        }
        Ok(next_ms.map_or(LONGEST_SLEEP, |next_ms| millis(next_ms - now_ms)))
    }

    /// Takes down what came of an attempt.
    async fn settle(&mut self, (mut letter, attempt, answer): Flight) -> Result<(), RecordsError> {
        let now_ms = clock::now().as_millis();
        letter.attempts += 1;
        let endpoint = self.name().to_owned();
        let waits = self.working.endpoint.waits;
        let (why, limit) = match answer {
            Answer::Taken => {
                if self.absence.is_over() {
                    tracing::info!(endpoint, "the endpoint takes events again");
                }
                return self.records.write(move |book| book.event_taken(&letter, now_ms)).await;
            }
            Answer::Gone => {
                self.failed();
                let why = "it answered 410: it will take nothing more";
                tracing::error!(
                    endpoint,
                    "the endpoint is disabled: {why}; shorewatch outbox enable when that has changed"
                );
                let disable = move |book: &mut crate::store::records::Book<'_>| {
                    book.disable_endpoint(&endpoint, why, &Actor::system(), now_ms)
                };
                return self.records.write(disable).await.map(|_| ());
            }
            Answer::Away(why, after) => {
                self.failed();
                if self.absence.goes_on(attempt, after, waits.away, now_ms) {
                    tracing::warn!(endpoint, why, "the endpoint is away: events wait for it");
                }
                letter.last_answer = why;
                return self.records.write(move |book| book.event_postponed(&letter, now_ms)).await;
            }
            Answer::Refused(why) => (why, REFUSALS_MAX),
            Answer::Failed(why) => (why, FAILURES_MAX),
        };
        self.failed();
        self.absence.is_over();
        letter.refusals += 1;
        letter.is_dead = letter.refusals >= limit;
        letter.next_attempt_ms =
            now_ms.saturating_add(as_millis(backoff(letter.refusals, waits.refused.0, waits.refused.1)));
        let (event, refusals) = (letter.sequence, letter.refusals);
        if letter.is_dead {
            tracing::error!(
                endpoint,
                event,
                why,
                "refused {refusals} times: a dead letter; shorewatch outbox replay sends it again"
            );
        } else {
            tracing::warn!(endpoint, event, why, "the endpoint does not take an event");
        }
        letter.last_answer = why;
        self.records.write(move |book| book.event_postponed(&letter, now_ms)).await
    }

    fn failed(&self) {
        self.working.figures.failed.fetch_add(1, Ordering::Relaxed);
    }
}

/// Comes when the server shuts down.
async fn down(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|down| *down).await;
}

fn millis(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or(0)).min(LONGEST_SLEEP)
}
