//! The thread of a run that owns the store: it records results, starts messages, and decides how long to retry when
//! the relay cannot be used.

mod end_broken;
mod next;
mod record_outcome;
mod refusals;
mod transport_error;
mod turn;
mod workers;

use std::collections::HashSet;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::mpsc::unbounded_channel;

use super::Mailer;
use super::Progress;
use super::SendOptions;
use super::SendReport;
use super::StopReason;
use super::StopSignal;
use super::broken::BrokenRun;
use super::broken::ReceivedOutcomes;
use super::connections::Connections;
use super::doubts::Doubts;
use super::limits::StartDecision;
use super::message_source::MessageSource;
use super::outcome::Outcomes;
use super::pace::Pace;
use super::quota::Quotas;
use super::requests::RequestQueue;
use super::requests::WorkerRequest;
use super::resources;
use super::runtime;
use super::runtime::Answers;
use super::store_turn::StoreTurn;
use super::suspicion::Suspicion;
use super::worker::WorkerContext;
use super::worker::WorkerResponse;
use crate::clock::Clock;
use crate::domain::message::MessageId;
use crate::mail::outcome::DeliveryOutcome;
use crate::mail::outcome::Phase;
use crate::mail::outcome::TransportError;
use crate::random::Random;
use crate::store::Result;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::WriteTransaction;
use crate::store::damaged_pages::ExaminedMessages;
use crate::store::senders::SendingLock;
use crate::store::stop_signals;
use refusals::RelayView;
use transport_error::InvalidReplies;
use transport_error::bug_while_connecting;
use workers::Worker;

/// Up to this many workers are answered together.
const SMALL_GROUP: usize = 8;
/// How often the run checks whether it must stop.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// The waits between two attempts to use an unusable relay: the first and the longest.
const RELAY_WAITS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));

/// What a worker needs, once the result of its last message is recorded.
enum WorkerNeed {
    Message {
        can_pipeline: bool,
    },
    Connection,
    /// The relay cannot be used because of this error; wait and try again.
    RelayRetry(TransportError),
}

/// What the caller of a run provides.
pub(super) struct RunContext<'run> {
    pub(super) clock: &'run dyn Clock,
    pub(super) random: &'run dyn Random,
    pub(super) observer: &'run mut dyn FnMut(&Progress<'_>),
}

/// Where a run starts; by default, at the first message.
#[derive(Default)]
pub(super) struct StartingPoint {
    /// The totals so far.
    pub(super) report: SendReport,
    /// The messages that can be sent from a store with damaged pages.
    pub(super) examined: Option<ExaminedMessages>,
}

/// A run.
pub(super) struct Engine<'run> {
    store: &'run Store,
    mailer: &'run Mailer,
    send_options: &'run SendOptions,
    context: RunContext<'run>,
    lock: SendingLock,
    report: SendReport,
    received: ReceivedOutcomes,
    last_error: Option<String>,
    workers: Vec<Worker>,
    /// The channel to the workers while they run, and the answers not yet sent.
    sender: Option<UnboundedSender<Answers>>,
    answers: Answers,
    message_source: MessageSource<'run>,
    outcomes: Outcomes,
    pace: Pace,
    quotas: Quotas,
    connections: Connections,
    suspicion: Suspicion,
    doubts: Doubts,
    relay: RelayView,
    invalid_replies: InvalidReplies,
    /// The messages at which the relay failed since it last replied properly to one.
    failed_at: HashSet<MessageId>,
    /// When the relay became unusable, and the number of attempts since.
    unusable: Option<(Instant, u32)>,
    /// When the relay is tried again, while the run waits for it.
    retry_at: Option<Instant>,
    /// The worker that finds out whether the relay can be used, while the others wait.
    probe: Option<usize>,
    /// Workers without a connection, which wait for the probe or until the relay accepts more connections.
    idle: Vec<usize>,
    /// No more messages are started.
    is_stopping: bool,
    /// When the run stops waiting for messages in flight.
    cut_at: Option<Instant>,
}

/// How many requests a turn waits for if `in_flight` workers have a message: all of a small number, and half of a
/// large one, so that the others keep working meanwhile.
fn group(in_flight: usize) -> usize {
    in_flight.min((in_flight / 2).max(SMALL_GROUP))
}

impl<'run> Engine<'run> {
    pub(super) fn new(
        store: &'run Store,
        mailer: &'run Mailer,
        send_options: &'run SendOptions,
        context: RunContext<'run>,
        lock: SendingLock,
        start: StartingPoint,
    ) -> Self {
        let StartingPoint { report, examined } = start;
        Self {
            store,
            mailer,
            send_options,
            context,
            lock,
            received: ReceivedOutcomes::before(&report),
            report,
            last_error: None,
            workers: Vec::new(),
            sender: None,
            answers: Vec::new(),
            message_source: MessageSource::new(&send_options.scope, &mailer.organization, examined),
            outcomes: Outcomes::new(mailer.queue_lifetime),
            pace: Pace::new(send_options.rates.interval().max(send_options.job_rates.interval()), send_options.slowest),
            quotas: Quotas::new(&send_options.rates, send_options.scope.job(), &send_options.job_rates),
            connections: Connections::new(send_options.connections.max(1)),
            suspicion: Suspicion::default(),
            doubts: Doubts::default(),
            relay: RelayView::default(),
            invalid_replies: InvalidReplies::default(),
            failed_at: HashSet::new(),
            unusable: None,
            retry_at: None,
            probe: Some(0),
            idle: Vec::new(),
            is_stopping: false,
            cut_at: send_options.deadline,
        }
    }

    /// Sends until no message is due.
    pub(super) fn run(mut self) -> std::result::Result<SendReport, Box<BrokenRun>> {
        let ran = self.send_all();
        self.report.skipped = self.message_source.skipped().clone();
        let Err(error) = ran else { return Ok(self.report) };
        self.received.correct(&mut self.report);
        Err(Box::new(BrokenRun { report: self.report, error }))
    }

    fn send_all(&mut self) -> Result<()> {
        if !self.has_more()? {
            return Ok(());
        }
        let reading = self.store.read()?;
        self.relay.hold = reading.relay_hold()?;
        self.look_for_doubts();
        self.message_source.put_first(reading.given_back(&self.send_options.scope)?);
        self.quotas.update(&reading, 0, self.context.clock.now())?;
        drop(reading);
        if let StartDecision::Never(stop_reason) = self.quotas.start_decision() {
            self.report.stop_reason = Some(stop_reason);
            return Ok(());
        }
        resources::check(&self.mailer.transport, self.send_options.connections.max(1))?;
        let requests = Arc::new(RequestQueue::default());
        let (mut contexts, count) = (Vec::new(), self.send_options.connections.max(1));
        for number in 0..count {
            self.workers.push(Worker::default());
            contexts.push(WorkerContext {
                number,
                transport: Arc::clone(&self.mailer.transport),
                composer: Arc::clone(&self.mailer.composer),
                requests: Arc::clone(&requests),
            });
        }
        let (sender, answers) = unbounded_channel();
        self.sender = Some(sender);
        thread::scope(|scope| {
            // Stop signals go to the store's thread; they must not interrupt the relay's thread.
            let deferred = stop_signals::defer();
            let running = thread::Builder::new()
                .name("relay".to_owned())
                .spawn_scoped(scope, || runtime::run(contexts, answers, &requests));
            drop(deferred);
            running.map_err(StoreError::NoThread)?;
            self.idle = (1..count).collect();
            self.answer(0, WorkerResponse::Open(Duration::ZERO));
            let served = self.serve(&requests);
            if let Err(error) = &served {
                self.end_broken(error, &requests);
            }
            // Closing the channel ends the workers, whatever happened.
            self.sender = None;
            served
        })?;
        if self.report.stop_reason == Some(StopReason::TransportFailed) {
            self.give_up_waiting()?;
        }
        if matches!(
            self.report.stop_reason,
            Some(StopReason::OutOfTime | StopReason::Stopped | StopReason::RateUsedUp(_))
        ) && !self.has_more()?
        {
            self.report.stop_reason = None;
        }
        Ok(())
    }

    fn serve(&mut self, requests: &RequestQueue) -> Result<()> {
        let mut last_turn = Duration::ZERO;
        while self.workers.iter().any(|worker| !worker.has_ended || worker.in_flight.is_some()) {
            self.send_answers();
            let since = Instant::now();
            let Some(requests_now) = requests.take(since + POLL_INTERVAL, group(self.in_flight()), last_turn) else {
                break;
            };
            self.store.yield_to_others(since.elapsed());
            self.received.note(&requests_now);
            self.check_stop();
            if !requests_now.is_empty() {
                last_turn = self.turn(requests_now, requests)?;
                self.received.note_recorded();
                self.read_ahead();
            } else if self.retry_at.is_some() {
                self.observe();
            }
        }
        Ok(())
    }

    /// Reads upcoming messages while the workers are busy.
    fn read_ahead(&mut self) {
        let now = self.context.clock.now();
        // An error is ignored: the next turn reads again and reports it.
        let _ = self.store.read().and_then(|reading| self.message_source.read_ahead(&reading, now));
    }

    /// Stops the run when it was asked to stop or its time is over.
    fn check_stop(&mut self) {
        let now = Instant::now();
        let asked = self.send_options.stop.as_deref().map_or(0, StopSignal::asked);
        if let Some(stop) = self.send_options.stop.as_deref().filter(|_| asked > 0)
            && self.report.stop_reason != Some(StopReason::Stopped)
        {
            self.stop(StopReason::Stopped);
            let end = now + stop.grace();
            self.cut_at = Some(self.cut_at.map_or(end, |at| at.min(end)));
        }
        // A worker that waits for its turn or for the relay asks for nothing until then, which may be long after this
        // time.
        if self.send_options.begin_until.is_some_and(|until| until <= now) {
            self.stop(StopReason::OutOfTime);
        }
        if asked > 1 || self.cut_at.is_some_and(|at| at <= now) {
            self.stop(StopReason::OutOfTime);
            (0..self.workers.len()).for_each(|number| self.answer(number, WorkerResponse::End));
        }
        if self.is_stopping {
            self.end_workers_without_message();
        }
    }

    /// Stops starting messages. The first reason is reported.
    fn stop(&mut self, why: StopReason) {
        self.is_stopping = true;
        self.report.stop_reason.get_or_insert(why);
    }

    /// Ends the workers that have no message.
    fn end_workers_without_message(&mut self) {
        let free = |worker: &Worker| worker.in_flight.is_none();
        let free: Vec<usize> = (0..self.workers.len()).filter(|number| free(&self.workers[*number])).collect();
        free.into_iter().for_each(|number| self.answer(number, WorkerResponse::End));
    }

    fn answer(&mut self, number: usize, answer: WorkerResponse) {
        let worker = &mut self.workers[number];
        if !worker.has_ended {
            worker.has_ended = matches!(answer, WorkerResponse::End);
            self.answers.push((number, answer));
        }
    }

    /// Sends the collected answers to the workers.
    fn send_answers(&mut self) {
        if let Some(sender) = self.sender.as_ref().filter(|_| !self.answers.is_empty()) {
            for (number, answer) in &self.answers {
                if matches!(answer, WorkerResponse::Send { .. }) {
                    self.received.note_started(*number);
                }
            }
            // Without a receiver, the run is over.
            let _ = sender.send(std::mem::take(&mut self.answers));
        }
    }

    /// Reports the progress to the observer, and notes in the lock file that this process is alive.
    fn observe(&mut self) {
        self.lock.note(self.context.clock.now());
        let relay_retry_in = self.retry_at.map(|at| at.saturating_duration_since(Instant::now()));
        let progress = Progress {
            report: &self.report,
            in_flight: self.in_flight(),
            last_error: self.last_error.as_deref(),
            relay_retry_in,
        };
        (self.context.observer)(&progress);
    }

    /// Starts a transaction. While messages are in flight, a busy store is retried until the run is cut off, because
    /// a message whose result is not recorded would be sent again.
    fn start_transaction(&mut self) -> Result<WriteTransaction<'run>> {
        let store: &'run Store = self.store;
        store.write_while(|is_long| {
            self.check_stop();
            self.send_answers();
            let is_cut = self.cut_at.is_some_and(|at| at <= Instant::now());
            let is_urgent = self.send_options.stop.as_deref().is_some_and(|stop| stop.asked() > 1);
            let is_idle = self.in_flight() == 0 && is_long;
            !(is_cut || is_urgent || is_idle)
        })
    }

    fn in_flight(&self) -> usize {
        self.workers.iter().filter(|worker| worker.in_flight.is_some()).count()
    }

    /// Records the result of a worker's last message, and returns what the worker needs now.
    fn note(
        &mut self,
        turn: &StoreTurn<'_>,
        number: usize,
        request: WorkerRequest,
        now: Timestamp,
    ) -> Result<WorkerNeed> {
        let (ended, need) = match request {
            WorkerRequest::Next { last, can_pipeline } => (last, WorkerNeed::Message { can_pipeline }),
            WorkerRequest::Lost(id, outcome) => (Some((id, outcome)), WorkerNeed::Connection),
            WorkerRequest::NotOpened(transport_error) => (None, WorkerNeed::RelayRetry(transport_error)),
            WorkerRequest::Panicked => {
                self.report.bug = true;
                match &self.workers[number].in_flight {
                    Some(in_flight) => {
                        let reply = "a bug: the program failed while it sent this mail".to_owned();
                        (Some((in_flight.id, DeliveryOutcome::Refused { reply, relay: None })), WorkerNeed::Connection)
                    }
                    // A retry would fail in the same way.
                    None => (None, WorkerNeed::RelayRetry(bug_while_connecting())),
                }
            }
        };
        let error = ended.as_ref().and_then(|(id, outcome)| self.transport_error_of(*id, outcome));
        match (&error, &ended) {
            (Some(error), Some((id, _))) if error.phase >= Phase::Mail => drop(self.failed_at.insert(*id)),
            (None, Some(_)) => self.failed_at.clear(),
            _ => {}
        }
        let need = error.map_or(need, WorkerNeed::RelayRetry);
        if let WorkerNeed::RelayRetry(error) = &need
            && self.report.stop_reason == Some(StopReason::OutOfTime)
        {
            self.report.transport_error.get_or_insert_with(|| error.clone());
        }
        if !matches!(need, WorkerNeed::Message { .. }) {
            let reserved = self.workers[number].reserved.take();
            reserved.into_iter().for_each(|reserved| self.message_source.give_back(reserved.id(), false));
        }
        let Some((id, outcome)) = ended else {
            // An open connection shows that the relay can be used, unless it failed with open connections before.
            if matches!(need, WorkerNeed::Message { .. }) {
                self.retry_at = None;
                self.probe = self.probe.filter(|_| self.unusable.is_some());
            }
            return Ok(need);
        };
        if !matches!(need, WorkerNeed::RelayRetry(_)) && !matches!(outcome, DeliveryOutcome::TransportFailed(_)) {
            (self.unusable, self.probe, self.retry_at) = (None, None, None);
        }
        self.record_outcome(turn, number, id, outcome, now)?;
        Ok(need)
    }

    fn has_more(&self) -> Result<bool> {
        self.message_source.has_more(&self.store.read()?, self.context.clock.now())
    }
}
