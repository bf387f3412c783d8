//! The store's side of a run: settles, begins, and decides how long to bear with a relay in trouble.

mod end_broken;
mod next;
mod refusals;
mod settle;
mod trouble;
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
use super::broken::Heard;
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
use crate::store::waiting::ANSWER_TIMEOUT;
use refusals::RelayView;
use trouble::InvalidReplies;
use trouble::bug_while_connecting;
use workers::Worker;

/// The store is left free for others so long, in one piece: longer than a writer who waits for it takes from one look to the
/// next (`open.rs` in the store).
const PAUSE: Duration = Duration::from_millis(2);
/// And that at least so often.
const BUSY: Duration = Duration::from_millis(100);
/// Up to so many workers are answered all together.
const WHOLE_GROUP: usize = 8;
/// How often the run looks whether it is to stop.
const LOOK: Duration = Duration::from_millis(50);
/// How long a busy store is waited for before the run looks at the clock again.
const BUSY_LOOK: Duration = Duration::from_secs(1);
/// The waits between two tries to reach a relay in trouble: the first, and the longest.
const RELAY_WAITS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));

/// What a worker asks for, once what it had is settled.
enum WorkerNeed {
    Message {
        can_ride: bool,
    },
    Connection,
    /// It cannot continue because of this trouble of the relay.
    Patience(TransportError),
}

/// What a run is given by its caller.
pub(super) struct RunContext<'run> {
    pub(super) clock: &'run dyn Clock,
    pub(super) random: &'run dyn Random,
    pub(super) observer: &'run mut dyn FnMut(&Progress<'_>),
}

/// Where a run continues; by default, at the beginning.
#[derive(Default)]
pub(super) struct Beginning {
    /// What it has come to.
    pub(super) report: SendReport,
    /// The messages that it sends, in a store with damaged pages.
    pub(super) examined: Option<ExaminedMessages>,
}

/// A run.
pub(super) struct Engine<'run> {
    store: &'run Store,
    mailer: &'run Mailer,
    send_options: &'run SendOptions,
    surroundings: RunContext<'run>,
    lock: SendingLock,
    report: SendReport,
    heard: Heard,
    last_error: Option<String>,
    workers: Vec<Worker>,
    /// The way to the workers, while they run, and what is to be said next.
    way: Option<UnboundedSender<Answers>>,
    answers: Answers,
    message_source: MessageSource<'run>,
    outcomes: Outcomes,
    pace: Pace,
    quotas: Quotas,
    connections: Connections,
    suspicion: Suspicion,
    doubts: Doubts,
    relay: RelayView,
    nonsense: InvalidReplies,
    /// The messages over which the relay was in trouble since the last that it answered as a relay does.
    over: HashSet<MessageId>,
    /// Since when the relay is in trouble, and how often it was tried since.
    trouble: Option<(Instant, u32)>,
    /// When the relay is tried again, while it is waited for.
    retry_at: Option<Instant>,
    /// The worker that finds out whether the relay can be used, while the others do nothing.
    probe: Option<usize>,
    /// Workers without a connection, which wait for the probe, or until the relay takes more connections.
    idle: Vec<usize>,
    /// Nothing more is begun.
    is_stopping: bool,
    /// When what is in flight is waited for no longer.
    cut_at: Option<Instant>,
}

/// How many requests one turn waits for, of so many workers that have a message: all of a few, and half of many, so that the
/// others are at work meanwhile.
fn group(in_flight: usize) -> usize {
    in_flight.min((in_flight / 2).max(WHOLE_GROUP))
}

impl<'run> Engine<'run> {
    pub(super) fn new(
        store: &'run Store,
        mailer: &'run Mailer,
        send_options: &'run SendOptions,
        surroundings: RunContext<'run>,
        lock: SendingLock,
        beginning: Beginning,
    ) -> Self {
        let Beginning { report, examined } = beginning;
        Self {
            store,
            mailer,
            send_options,
            surroundings,
            lock,
            heard: Heard::before(&report),
            report,
            last_error: None,
            workers: Vec::new(),
            way: None,
            answers: Vec::new(),
            message_source: MessageSource::new(&send_options.scope, &mailer.organization, examined),
            outcomes: Outcomes::new(mailer.queue_lifetime),
            pace: Pace::new(send_options.rates.interval().max(send_options.job_rates.interval()), send_options.slowest),
            quotas: Quotas::new(&send_options.rates, send_options.scope.job(), &send_options.job_rates),
            connections: Connections::new(send_options.connections.max(1)),
            suspicion: Suspicion::default(),
            doubts: Doubts::default(),
            relay: RelayView::default(),
            nonsense: InvalidReplies::default(),
            over: HashSet::new(),
            trouble: None,
            retry_at: None,
            probe: Some(0),
            idle: Vec::new(),
            is_stopping: false,
            cut_at: send_options.deadline,
        }
    }

    /// Sends until nothing is due.
    pub(super) fn run(mut self) -> std::result::Result<SendReport, Box<BrokenRun>> {
        let ran = self.run_through();
        self.report.skipped = self.message_source.skipped().clone();
        let Err(error) = ran else { return Ok(self.report) };
        self.heard.correct(&mut self.report);
        Err(Box::new(BrokenRun { report: self.report, error }))
    }

    fn run_through(&mut self) -> Result<()> {
        if !self.is_anything_left()? {
            return Ok(());
        }
        let reading = self.store.read()?;
        self.relay.hold = reading.relay_hold()?;
        self.look_for_doubts();
        self.message_source.begin_with(reading.given_back(&self.send_options.scope)?);
        self.quotas.look(&reading, 0, self.surroundings.clock.now())?;
        drop(reading);
        if let StartDecision::Never(halt) = self.quotas.leave() {
            self.report.halt = Some(halt);
            return Ok(());
        }
        resources::check(&self.mailer.transport, self.send_options.connections.max(1))?;
        let requests = Arc::new(RequestQueue::default());
        let (mut seats, count) = (Vec::new(), self.send_options.connections.max(1));
        for number in 0..count {
            self.workers.push(Worker::default());
            seats.push(WorkerContext {
                number,
                transport: Arc::clone(&self.mailer.transport),
                composer: Arc::clone(&self.mailer.composer),
                requests: Arc::clone(&requests),
            });
        }
        let (way, answers) = unbounded_channel();
        self.way = Some(way);
        thread::scope(|scope| {
            // The threads that deliver never stop the process: it may be writing to the store.
            let deferred = stop_signals::defer();
            let running = thread::Builder::new()
                .name("relay".to_owned())
                .spawn_scoped(scope, || runtime::run(seats, answers, &requests));
            drop(deferred);
            running.map_err(StoreError::NoThread)?;
            self.idle = (1..count).collect();
            self.answer(0, WorkerResponse::Open(Duration::ZERO));
            let served = self.serve(&requests);
            if let Err(error) = &served {
                self.end_broken(error, &requests);
            }
            // Whatever happened, the workers end when nobody can answer them any more.
            self.way = None;
            served
        })?;
        if self.report.halt == Some(StopReason::Trouble) {
            self.give_up_waiting()?;
        }
        if matches!(self.report.halt, Some(StopReason::OutOfTime | StopReason::Stopped | StopReason::RateUsedUp(_)))
            && !self.is_anything_left()?
        {
            self.report.halt = None;
        }
        Ok(())
    }

    fn serve(&mut self, requests: &RequestQueue) -> Result<()> {
        let (mut was_free, mut last_turn) = (Instant::now(), Duration::ZERO);
        while self.workers.iter().any(|worker| !worker.has_ended || worker.in_flight.is_some()) {
            self.send_answers();
            let since = Instant::now();
            let Some(these) = requests.take(since + LOOK, group(self.in_flight()), last_turn) else { break };
            if since.elapsed() >= PAUSE {
                was_free = Instant::now();
            }
            self.heard.note(&these);
            self.look_at_the_clock();
            if !these.is_empty() {
                last_turn = self.turn(these, requests)?;
                self.heard.note_recorded();
                self.read_ahead();
            } else if self.retry_at.is_some() {
                self.observe();
            }
            if was_free.elapsed() >= BUSY {
                thread::sleep(PAUSE);
                was_free = Instant::now();
            }
        }
        Ok(())
    }

    /// Reads ahead while the workers have their messages.
    fn read_ahead(&mut self) {
        let now = self.surroundings.clock.now();
        // The next turn reads what cannot be read now, or says why it cannot.
        let _ = self.store.read().and_then(|reading| self.message_source.read_ahead(&reading, now));
    }

    /// Stops the run when it was asked to stop, or its time is over.
    fn look_at_the_clock(&mut self) {
        let now = Instant::now();
        let asked = self.send_options.stop.as_deref().map_or(0, StopSignal::asked);
        if let Some(stop) = self.send_options.stop.as_deref().filter(|_| asked > 0)
            && self.report.halt != Some(StopReason::Stopped)
        {
            self.stop(StopReason::Stopped);
            let end = now + stop.grace();
            self.cut_at = Some(self.cut_at.map_or(end, |at| at.min(end)));
        }
        // A worker that waits for its turn or for the relay does not ask before that is over, which may be long after this time.
        if self.send_options.begin_until.is_some_and(|until| until <= now) {
            self.stop(StopReason::OutOfTime);
        }
        if asked > 1 || self.cut_at.is_some_and(|at| at <= now) {
            self.stop(StopReason::OutOfTime);
            (0..self.workers.len()).for_each(|number| self.answer(number, WorkerResponse::End));
        }
        if self.is_stopping {
            self.dismiss_the_free();
        }
    }

    /// Begins nothing more. The first reason is the one that is reported.
    fn stop(&mut self, why: StopReason) {
        self.is_stopping = true;
        self.report.halt.get_or_insert(why);
    }

    /// Ends the workers that have no message.
    fn dismiss_the_free(&mut self) {
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

    /// Sends the workers what there is to say.
    fn send_answers(&mut self) {
        if let Some(way) = self.way.as_ref().filter(|_| !self.answers.is_empty()) {
            for (number, answer) in &self.answers {
                if matches!(answer, WorkerResponse::Send { .. }) {
                    self.heard.note_begun(*number);
                }
            }
            // Where nobody listens any more, the run is over.
            let _ = way.send(std::mem::take(&mut self.answers));
        }
    }

    /// Tells the observer how far the run is, and other processes that it does something.
    fn observe(&mut self) {
        self.lock.note(self.surroundings.clock.now());
        let relay_retry_in = self.retry_at.map(|at| at.saturating_duration_since(Instant::now()));
        let progress = Progress {
            report: &self.report,
            in_flight: self.in_flight(),
            last_error: self.last_error.as_deref(),
            relay_retry_in,
        };
        (self.surroundings.observer)(&progress);
    }

    /// Begins a transaction. While something is in flight, a store that others keep busy is waited for until the run is cut
    /// off: what is not settled would be sent again.
    fn begin_turn(&mut self) -> Result<WriteTransaction<'run>> {
        let store: &'run Store = self.store;
        let began = Instant::now();
        loop {
            match store.write_within(BUSY_LOOK) {
                Err(StoreError::Busy) => {}
                begun => return begun,
            }
            self.look_at_the_clock();
            self.send_answers();
            let is_cut = self.cut_at.is_some_and(|at| at <= Instant::now());
            let is_hurried = self.send_options.stop.as_deref().is_some_and(|stop| stop.asked() > 1);
            let is_idle = self.in_flight() == 0 && began.elapsed() >= ANSWER_TIMEOUT;
            if is_cut || is_hurried || is_idle {
                return Err(StoreError::Busy);
            }
        }
    }

    fn in_flight(&self) -> usize {
        self.workers.iter().filter(|worker| worker.in_flight.is_some()).count()
    }

    /// Settles what a worker had, and says what it wants now.
    fn note(
        &mut self,
        turn: &StoreTurn<'_>,
        number: usize,
        request: WorkerRequest,
        now: Timestamp,
    ) -> Result<WorkerNeed> {
        let (ended, wish) = match request {
            WorkerRequest::Next { last, can_ride } => (last, WorkerNeed::Message { can_ride }),
            WorkerRequest::Lost(id, outcome) => (Some((id, outcome)), WorkerNeed::Connection),
            WorkerRequest::NotOpened(trouble) => (None, WorkerNeed::Patience(trouble)),
            WorkerRequest::Panicked => {
                self.report.bug = true;
                match &self.workers[number].in_flight {
                    Some(in_flight) => {
                        let reply = "a bug: the program failed while it sent this mail".to_owned();
                        (Some((in_flight.id, DeliveryOutcome::Refused { reply, relay: None })), WorkerNeed::Connection)
                    }
                    // It would fail again and again.
                    None => (None, WorkerNeed::Patience(bug_while_connecting())),
                }
            }
        };
        let trouble = ended.as_ref().and_then(|(id, outcome)| self.trouble_of(*id, outcome));
        match (&trouble, &ended) {
            (Some(trouble), Some((id, _))) if trouble.phase >= Phase::Mail => drop(self.over.insert(*id)),
            (None, Some(_)) => self.over.clear(),
            _ => {}
        }
        let wish = trouble.map_or(wish, WorkerNeed::Patience);
        if let WorkerNeed::Patience(trouble) = &wish
            && self.report.halt == Some(StopReason::OutOfTime)
        {
            self.report.trouble.get_or_insert_with(|| trouble.clone());
        }
        if !matches!(wish, WorkerNeed::Message { .. }) {
            let reserved = self.workers[number].reserved.take();
            reserved.into_iter().for_each(|reserved| self.message_source.give_back(reserved.id(), false));
        }
        let Some((id, outcome)) = ended else {
            // An open connection says that the relay can be used, unless it was in trouble with open ones before.
            if matches!(wish, WorkerNeed::Message { .. }) {
                self.retry_at = None;
            }
            if self.trouble.is_none() && matches!(wish, WorkerNeed::Message { .. }) {
                self.probe = None;
            }
            return Ok(wish);
        };
        if !matches!(wish, WorkerNeed::Patience(_)) && !matches!(outcome, DeliveryOutcome::Trouble(_)) {
            (self.trouble, self.probe, self.retry_at) = (None, None, None);
        }
        self.settle(turn, number, id, outcome, now)?;
        Ok(wish)
    }

    fn is_anything_left(&self) -> Result<bool> {
        self.message_source.is_anything_left(&self.store.read()?, self.surroundings.clock.now())
    }
}
