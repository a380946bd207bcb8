//! TAK servers: every track as an event of Cursor on Target, alerts as markers, and the end of both.
//!
//! One task a server. It looks at the picture and the board of alerts like any watcher, so it holds nobody up: what waits is the
//! latest state of each track and alert and the ends of those that have gone (`told`), and while the server is away or slow, pictures
//! pass by unlooked at. When it is back, it is told all that goes on, and what has gone meanwhile.

pub mod event;
pub mod link;
mod told;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval, sleep};

use self::link::{Address, Link};
use self::told::Told;
use super::health::Health;
use super::retry::Retry;
use super::share::Share;
use super::{Outlook, shut_down};

/// How often it is looked for what has to be told anew though nothing has changed.
const REFRESH_TICK: Duration = Duration::from_secs(1);

/// A TAK server that is to be told.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub address: Address,
    /// Begins every uid.
    pub uid: String,
    /// Seconds between two events of one track.
    pub interval_s: u32,
    /// Seconds for which an event holds.
    pub stale_s: u32,
    /// What it is told.
    pub share: Share,
}

/// Tells one server until the server of this process ends.
pub async fn run(plan: Plan, mut outlook: Outlook, health: Arc<Health>) {
    let mut told = Told::new(&plan, &outlook);
    let mut retry = Retry::default();
    loop {
        let failed = match Link::open(&plan.address).await {
            Ok(link) => {
                tracing::info!(neighbour = plan.name, address = %plan.address, "connected");
                health.connect();
                told.begin_anew();
                let ended = session(link, &mut told, &mut outlook, &health).await;
                health.disconnect();
                match ended {
                    Ok(()) => return,
                    Err(Broken { error, good }) => {
                        if good {
                            retry.restart();
                        }
                        error
                    }
                }
            }
            Err(error) => error,
        };
        health.fail(&failed);
        let wait = retry.next_wait();
        tracing::warn!(neighbour = plan.name, address = %plan.address, error = %failed, ?wait, "away, is tried again");
        tokio::select! {
            () = sleep(wait) => {}
            () = shut_down(&mut outlook.shutdown) => return,
        }
    }
}

/// A connection that has broken, and whether anything went over it.
struct Broken {
    error: io::Error,
    good: bool,
}

/// Tells over one connection; `Ok` when this server ends.
async fn session(mut link: Link, told: &mut Told, outlook: &mut Outlook, health: &Health) -> Result<(), Broken> {
    let mut ticks = interval(REFRESH_TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut good, mut ending) = (false, false);
    loop {
        told.look(outlook, health);
        if let Err(error) = tell(&mut link, told, health, &mut good).await {
            return Err(Broken { error, good });
        }
        if ending {
            return Ok(());
        }
        tokio::select! {
            picture = outlook.picture.next() => ending = picture.is_none(),
            goes_on = outlook.alerts.changed() => ending = !goes_on,
            _ = ticks.tick() => {}
            () = shut_down(&mut outlook.shutdown) => ending = true,
            () = link.closed() => {
                let error = io::Error::new(io::ErrorKind::ConnectionReset, "closed by the server");
                return Err(Broken { error, good });
            }
        }
    }
}

/// Sends all that waits. What is not sent waits on.
async fn tell(link: &mut Link, told: &mut Told, health: &Health, good: &mut bool) -> io::Result<()> {
    let mut any = false;
    while let Some(event) = told.next() {
        link.send(&event).await?;
        told.sent();
        health.send();
        any = true;
    }
    if any {
        link.flush().await?;
        *good = true;
    }
    Ok(())
}
