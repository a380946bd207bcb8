//! `RuleService`: the rules in force, and trials of others on what was received.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::spawn_blocking;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::alert_service::unreadable;
use super::convert::rule as convert;
use super::proto::rule::v1 as wire;
use super::proto::rule::v1::rule_service_server::RuleService;
use super::proto::rule::v1::try_rules_response::Said;
use super::streams::{Answers, Shutdown, expires_in, run_out, shut_down, shutting_down};
use crate::access::layer::caller;
use crate::access::principal::Principal;
use crate::backtest::stored::{Received, StoredTrial, TrialError, try_rules};
use crate::behaviour::BehaviourConfig;
use crate::register::Register;
use crate::serve::area::Area;
use crate::serve::limits::TRIAL_PROGRESS_INTERVAL;
use crate::serve::named::Named;
use crate::store::disk::{Disk, RealDisk};
use crate::store::log::LogError;
use crate::store::log::reader::LogReader;
use crate::store::records::{Records, register};
use crate::units::EventTime;

/// What rules are shown of and tried on.
#[derive(Clone, Debug, Default)]
pub struct Ground {
    /// The rules in force.
    pub rules: BehaviourConfig,
    /// The area as its files have it, and the folder of the store; `None`: no log is kept.
    pub log: Option<(Area, PathBuf)>,
}

/// The service.
#[derive(Debug)]
pub struct Rules {
    ground: Arc<Ground>,
    records: Records,
    /// The one place for a trial: each keeps a core busy.
    place: Arc<Semaphore>,
    shutdown: Shutdown,
}

impl Rules {
    /// A service of this ground; trials judge by the register in `records`.
    pub fn new(ground: Ground, records: Records, shutdown: Shutdown) -> Self {
        Self { ground: Arc::new(ground), records, place: Arc::new(Semaphore::new(1)), shutdown }
    }
}

#[tonic::async_trait]
impl RuleService for Rules {
    type TryRulesStream = Answers<wire::TryRulesResponse>;

    async fn get_rules(
        &self,
        _request: Request<wire::GetRulesRequest>,
    ) -> Result<Response<wire::GetRulesResponse>, Status> {
        let ground = Arc::clone(&self.ground);
        let looked = spawn_blocking(move || {
            let first = ground.log.as_ref().map(|(_, store)| open(store)?.first_received()).transpose();
            first.map(|first| convert::rules(&ground.rules, first.flatten()))
        });
        let rules = looked.await.map_err(|_| shutting_down())?;
        Ok(Response::new(rules.map_err(|error| failed(&TrialError::Log(error)))?))
    }

    async fn try_rules(
        &self,
        request: Request<wire::TryRulesRequest>,
    ) -> Result<Response<Self::TryRulesStream>, Status> {
        let caller = caller(&request)?;
        let (new, from, to) = convert::checked_trial(request.get_ref(), &self.ground.rules)?;
        if self.ground.log.is_none() {
            return Err(Status::failed_precondition(
                "this server keeps no log to try rules on: start it with --store DIR",
            ));
        }
        let place = Arc::clone(&self.place)
            .try_acquire_owned()
            .map_err(|_| Status::resource_exhausted("another trial is running: try again when it has ended"))?;
        let register = Arc::new(self.records.read(register::load).await.map_err(unreadable)?);
        let trial = Trial { ground: Arc::clone(&self.ground), register, new, from, to };
        let (answers, stream) = mpsc::channel(1);
        tokio::spawn(run(trial, place, caller, self.shutdown.clone(), answers));
        Ok(Response::new(Box::pin(ReceiverStream::new(stream))))
    }
}

fn open(store: &Path) -> Result<LogReader, LogError> {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    LogReader::open(&disk, store)
}

/// What is tried.
struct Trial {
    ground: Arc<Ground>,
    register: Arc<Register>,
    new: BehaviourConfig,
    from: EventTime,
    to: EventTime,
}

impl Trial {
    /// Plays it, on a thread that may block.
    fn play(&self, course: &Course) -> Result<StoredTrial, TrialError> {
        let Some((area, store)) = &self.ground.log else { return Err(TrialError::Unwanted) };
        let disk: Arc<dyn Disk> = Arc::new(RealDisk);
        let (log, named) = (open(store)?, Named::stored(&disk, store));
        let received = Received { log: &log, named: &named, area, register: &self.register };
        let rules = (&self.ground.rules, &self.new);
        try_rules(&received, rules, (self.from, self.to), |done| {
            course.per_mille.store((done * 1_000.0) as u32, Ordering::Relaxed);
            course.is_wanted.load(Ordering::Relaxed)
        })
    }
}

/// How a trial goes: told by its thread, ended by its caller.
struct Course {
    per_mille: AtomicU32,
    is_wanted: AtomicBool,
}

/// Ends a trial with its caller, however he goes.
struct EndWith(Arc<Course>);

impl Drop for EndWith {
    fn drop(&mut self) {
        self.0.is_wanted.store(false, Ordering::Relaxed);
    }
}

/// Runs a trial, and tells its caller how far it is until he goes, his token runs out or the server ends. The place is free when
/// the thread has ended.
async fn run(
    trial: Trial,
    place: OwnedSemaphorePermit,
    caller: Arc<Principal>,
    mut shutdown: Shutdown,
    answers: mpsc::Sender<Result<wire::TryRulesResponse, Status>>,
) {
    let course = Arc::new(Course { per_mille: AtomicU32::new(0), is_wanted: AtomicBool::new(true) });
    let _end = EndWith(Arc::clone(&course));
    let seen = Arc::clone(&course);
    let expiry = expires_in(&caller);
    let mut work = spawn_blocking(move || {
        let _place = place;
        let played = trial.play(&seen)?;
        Ok::<_, TrialError>(convert::result(played, &trial.ground.rules, &trial.new, &caller))
    });
    let expiry = tokio::time::sleep(expiry);
    tokio::pin!(expiry);
    let mut tick = tokio::time::interval(TRIAL_PROGRESS_INTERVAL);
    let last = loop {
        tokio::select! {
            ended = &mut work => break match ended {
                Ok(Ok(result)) => Ok(Said::Result(result)),
                Ok(Err(error)) => Err(failed(&error)),
                Err(_) => Err(Status::internal("the trial has failed: the server's log says why")),
            },
            () = answers.closed() => return,
            () = shut_down(&mut shutdown) => break Err(shutting_down()),
            () = &mut expiry => break Err(run_out()),
            _ = tick.tick() => {
                let done = f64::from(course.per_mille.load(Ordering::Relaxed)) / 1_000.0;
                let said = Some(Said::Progress(wire::TrialProgress { done }));
                // Who has not read the last word yet is told the next time.
                let _ = answers.try_send(Ok(wire::TryRulesResponse { said }));
            }
        }
    };
    let _ = answers.send(last.map(|said| wire::TryRulesResponse { said: Some(said) })).await;
}

fn failed(error: &TrialError) -> Status {
    match error {
        TrialError::Nothing { .. } => Status::not_found(error.to_string()),
        TrialError::TooMany(_) => Status::failed_precondition(error.to_string()),
        TrialError::Unwanted => Status::cancelled(error.to_string()),
        TrialError::Log(_) | TrialError::Engine(_) => {
            tracing::error!(%error, "rules cannot be tried");
            Status::internal(error.to_string())
        }
    }
}
