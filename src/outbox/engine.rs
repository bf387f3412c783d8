//! The store's side of a run: settles, begins, and decides how long to bear with a relay in trouble.

mod next;
mod refusals;
mod settle;
mod trouble;
mod workers;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::mpsc;
use std::sync::mpsc::RecvTimeoutError;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use jiff::Timestamp;
use tokio::sync::mpsc::unbounded_channel;

use super::Halt;
use super::Order;
use super::Post;
use super::Progress;
use super::Report;
use super::StopSignal;
use super::connections::Connections;
use super::crew;
use super::limits::Leave;
use super::outcome::Outcomes;
use super::pace::Pace;
use super::quota::Quotas;
use super::supply::Supply;
use super::suspicion::Suspicion;
use super::worker::Answer;
use super::worker::Request;
use super::worker::Seat;
use crate::clock::Clock;
use crate::domain::message::MessageId;
use crate::mail::handover::Handover;
use crate::mail::handover::Phase;
use crate::mail::handover::Trouble;
use crate::random::Random;
use crate::store::Result;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::Writing;
use crate::store::lock::Held;
use crate::store::open::PATIENCE;
use crate::store::outbox::Scope;
use crate::store::stop_signals;
use refusals::RelayView;
use trouble::Nonsense;
use trouble::bug_while_connecting;
use workers::Worker;

/// The store is left free for others so long, in one piece: longer than a writer who waits for it takes from one look to the
/// next (`open.rs` in the store).
const PAUSE: Duration = Duration::from_millis(2);
/// And that at least so often.
const BUSY: Duration = Duration::from_millis(100);
/// How often the run looks whether it is to stop.
const LOOK: Duration = Duration::from_millis(50);
/// How long a busy store is waited for before the run looks at the clock again.
const BUSY_LOOK: Duration = Duration::from_secs(1);
/// The waits between two tries to reach a relay in trouble: the first, and the longest.
const RELAY_WAITS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));

/// What a worker asks for, once what it had is settled.
enum Wish {
    Message {
        can_ride: bool,
    },
    Connection,
    /// It cannot go on for this trouble of the relay.
    Patience(Trouble),
}

/// What a run is given by its caller.
pub(super) struct Surroundings<'run> {
    pub(super) clock: &'run dyn Clock,
    pub(super) random: &'run mut dyn Random,
    pub(super) observer: &'run mut dyn FnMut(&Progress<'_>),
}

/// A run.
pub(super) struct Engine<'run> {
    store: &'run Store,
    post: &'run Post,
    order: &'run Order,
    surroundings: Surroundings<'run>,
    lock: Held,
    report: Report,
    last_error: Option<String>,
    workers: Vec<Worker>,
    supply: Supply<'run>,
    outcomes: Outcomes,
    pace: Pace,
    quotas: Quotas,
    connections: Connections,
    suspicion: Suspicion,
    relay: RelayView,
    nonsense: Nonsense,
    /// The messages over which the relay was in trouble since the last that it answered as a relay does.
    over: HashSet<MessageId>,
    /// Since when the relay is in trouble, and how often it was tried since.
    trouble: Option<(Instant, u32)>,
    /// When the relay is tried again, while it is waited for.
    retry_at: Option<Instant>,
    /// The worker that finds out whether the relay can be used, while the others do nothing.
    scout: Option<usize>,
    /// Workers without a connection, which wait for the scout, or until the relay takes more connections.
    idle: Vec<usize>,
    /// Nothing more is begun.
    is_stopping: bool,
    /// When what is in flight is waited for no longer.
    cut_at: Option<Instant>,
}

impl<'run> Engine<'run> {
    pub(super) fn new(
        store: &'run Store,
        post: &'run Post,
        order: &'run Order,
        surroundings: Surroundings<'run>,
        lock: Held,
    ) -> Self {
        Self {
            store,
            post,
            order,
            surroundings,
            lock,
            report: Report::default(),
            last_error: None,
            workers: Vec::new(),
            supply: Supply::new(&order.scope, &post.organization),
            outcomes: Outcomes::new(post.queue_life),
            pace: Pace::new(order.rates.interval().max(order.job_rates.interval()), order.slowest),
            quotas: Quotas::new(&order.rates, order.scope.job(), &order.job_rates),
            connections: Connections::new(order.connections.max(1)),
            suspicion: Suspicion::default(),
            relay: RelayView::default(),
            nonsense: Nonsense::default(),
            over: HashSet::new(),
            trouble: None,
            retry_at: None,
            scout: Some(0),
            idle: Vec::new(),
            is_stopping: false,
            cut_at: order.deadline,
        }
    }

    /// Sends until nothing is due.
    pub(super) fn run(mut self) -> Result<Report> {
        if !self.is_anything_left()? {
            return Ok(self.report);
        }
        let reading = self.store.read()?;
        self.relay.hold = reading.relay_hold()?;
        self.supply.begin_with(reading.given_back(&self.order.scope)?);
        self.quotas.look(&reading, 0, self.surroundings.clock.now())?;
        drop(reading);
        if let Leave::Never(halt) = self.quotas.leave() {
            self.report.halt = Some(halt);
            return Ok(self.report);
        }
        let (requests, incoming) = mpsc::channel();
        let (mut seats, count) = (Vec::new(), self.order.connections.max(1));
        let desk = Arc::default();
        for number in 0..count {
            let (answers, hearing) = unbounded_channel();
            self.workers.push(Worker::new(answers));
            let seat = Seat {
                number,
                transport: Arc::clone(&self.post.transport),
                composer: Arc::clone(&self.post.composer),
                requests: requests.clone(),
                desk: Arc::clone(&desk),
            };
            seats.push((seat, hearing));
        }
        drop(requests);
        thread::scope(|scope| {
            // The threads that deliver never stop the process: it may be writing to the store.
            let deferred = stop_signals::defer();
            let running = thread::Builder::new().name("relay".to_owned()).spawn_scoped(scope, || crew::run(seats));
            drop(deferred);
            running.map_err(|error| StoreError::Disk(format!("no thread can be started: {error}")))?;
            self.idle = (1..count).collect();
            self.answer(0, Answer::Open(Duration::ZERO));
            let served = self.serve(&incoming);
            // Whatever happened, the workers end when nobody can answer them any more.
            self.workers.clear();
            served
        })?;
        if self.report.halt == Some(Halt::Trouble) {
            self.give_up_waiting()?;
        }
        if matches!(self.report.halt, Some(Halt::OutOfTime | Halt::Stopped | Halt::RateUsedUp(_)))
            && !self.is_anything_left()?
        {
            self.report.halt = None;
        }
        Ok(self.report)
    }

    fn serve(&mut self, incoming: &mpsc::Receiver<(usize, Request)>) -> Result<()> {
        let mut was_free = Instant::now();
        while self.workers.iter().any(|worker| !worker.has_ended || worker.in_flight.is_some()) {
            let since = Instant::now();
            let first = match incoming.recv_timeout(LOOK) {
                Ok(request) => Some(request),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => break,
            };
            if since.elapsed() >= PAUSE {
                was_free = Instant::now();
            }
            self.look_at_the_clock();
            let requests: Vec<_> = first.into_iter().chain(incoming.try_iter()).collect();
            if !requests.is_empty() {
                self.turn(requests)?;
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

    /// Stops the run when it was asked to stop, or its time is over.
    fn look_at_the_clock(&mut self) {
        let now = Instant::now();
        let asked = self.order.stop.as_deref().map_or(0, StopSignal::asked);
        if let Some(stop) = self.order.stop.as_deref().filter(|_| asked > 0)
            && self.report.halt != Some(Halt::Stopped)
        {
            self.stop(Halt::Stopped);
            let end = now + stop.grace();
            self.cut_at = Some(self.cut_at.map_or(end, |at| at.min(end)));
        }
        // A worker that waits for its turn or for the relay does not ask before that is over, which may be long after this time.
        if self.order.begin_until.is_some_and(|until| until <= now) {
            self.stop(Halt::OutOfTime);
        }
        if asked > 1 || self.cut_at.is_some_and(|at| at <= now) {
            self.stop(Halt::OutOfTime);
            (0..self.workers.len()).for_each(|number| self.answer(number, Answer::End));
        }
        if self.is_stopping {
            self.dismiss_the_free();
        }
    }

    /// Begins nothing more. The first reason is the one that is reported.
    fn stop(&mut self, why: Halt) {
        self.is_stopping = true;
        self.report.halt.get_or_insert(why);
    }

    /// Ends the workers that have no message.
    fn dismiss_the_free(&mut self) {
        let free = |worker: &Worker| worker.in_flight.is_none();
        let free: Vec<usize> = (0..self.workers.len()).filter(|number| free(&self.workers[*number])).collect();
        free.into_iter().for_each(|number| self.answer(number, Answer::End));
    }

    fn answer(&mut self, number: usize, answer: Answer) {
        let worker = &mut self.workers[number];
        if !worker.has_ended {
            worker.has_ended = matches!(answer, Answer::End);
            let _ = worker.answers.send(answer);
        }
    }

    /// Answers those who wait, in one transaction.
    fn turn(&mut self, requests: Vec<(usize, Request)>) -> Result<()> {
        let writing = self.begin_turn()?;
        let now = self.surroundings.clock.now();
        writing.note_time(now)?;
        self.supply.begin_transaction();
        if let Scope::Job(job) = self.order.scope
            && !writing.is_job_running(job)?
        {
            self.stop(Halt::Ended);
        }
        let mut wishes = Vec::new();
        for (number, request) in requests {
            let wish = self.note(&writing, number, request, now)?;
            // A worker that was told to end meanwhile is not waiting for an answer.
            if !self.workers[number].has_ended {
                wishes.push((number, wish));
            }
        }
        self.quotas.look_again(&writing, self.in_flight() as u64, now)?;
        let mut answers = Vec::new();
        for (number, wish) in wishes {
            // The scout is the one that says when the others continue.
            let is_one_too_many = self.scout.is_none() && self.open_connections() > self.connections.allowed();
            let answer = match wish {
                Wish::Message { .. } if is_one_too_many => {
                    let aside = self.workers[number].aside.take();
                    aside.into_iter().for_each(|(id, _)| self.supply.give_back(id, false));
                    self.idle.push(number);
                    Some(Answer::Rest)
                }
                Wish::Message { can_ride } => Some(self.next(&writing, number, can_ride, now)?),
                Wish::Connection if is_one_too_many => {
                    self.idle.push(number);
                    None
                }
                Wish::Connection => Some(Answer::Open(Duration::ZERO)),
                Wish::Patience(trouble) => self.bear_with(number, trouble),
            };
            answers.extend(answer.map(|answer| (number, answer)));
        }
        let is_through = !self.supply.is_anything_left(&writing, now)?;
        if is_through && self.in_flight() == 0 && !self.is_stopping {
            self.conclude(&writing, now)?;
        }
        let is_over = self.is_stopping || is_through;
        writing.commit()?;
        for (number, answer) in answers {
            let answer = if is_over && !matches!(answer, Answer::Send { .. }) { Answer::End } else { answer };
            self.answer(number, answer);
        }
        if is_over {
            self.dismiss_the_free();
        } else if self.scout.is_none_or(|scout| self.workers[scout].has_ended) {
            while self.open_connections() < self.connections.allowed()
                && let Some(number) = self.idle.pop()
            {
                self.answer(number, Answer::Open(Duration::ZERO));
            }
        }
        self.observe();
        Ok(())
    }

    /// Tells the observer how far the run is.
    fn observe(&mut self) {
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
    fn begin_turn(&mut self) -> Result<Writing<'run>> {
        let store: &'run Store = self.store;
        let began = Instant::now();
        loop {
            match store.write_within(BUSY_LOOK) {
                Err(StoreError::Busy) => {}
                begun => return begun,
            }
            self.look_at_the_clock();
            let is_cut = self.cut_at.is_some_and(|at| at <= Instant::now());
            let is_hurried = self.order.stop.as_deref().is_some_and(|stop| stop.asked() > 1);
            let is_idle = self.in_flight() == 0 && began.elapsed() >= PATIENCE;
            if is_cut || is_hurried || is_idle {
                return Err(StoreError::Busy);
            }
        }
    }

    fn in_flight(&self) -> usize {
        self.workers.iter().filter(|worker| worker.in_flight.is_some()).count()
    }

    /// Settles what a worker had, and says what it wants now.
    fn note(&mut self, writing: &Writing<'_>, number: usize, request: Request, now: Timestamp) -> Result<Wish> {
        let (ended, wish) = match request {
            Request::Next { last, can_ride } => (last, Wish::Message { can_ride }),
            Request::Lost(id, handover) => (Some((id, handover)), Wish::Connection),
            Request::NotOpened(trouble) => (None, Wish::Patience(trouble)),
            Request::Panicked => {
                self.report.bug = true;
                match &self.workers[number].in_flight {
                    Some(in_flight) => {
                        let reply = "a bug: the program failed while it sent this mail".to_owned();
                        (Some((in_flight.id, Handover::Refused { reply, relay: None })), Wish::Connection)
                    }
                    // It would fail again and again.
                    None => (None, Wish::Patience(bug_while_connecting())),
                }
            }
        };
        let trouble = ended.as_ref().and_then(|(id, handover)| self.trouble_of(*id, handover));
        match (&trouble, &ended) {
            (Some(trouble), Some((id, _))) if trouble.phase >= Phase::Mail => drop(self.over.insert(*id)),
            (None, Some(_)) => self.over.clear(),
            _ => {}
        }
        let wish = trouble.map_or(wish, Wish::Patience);
        if let Wish::Patience(trouble) = &wish
            && self.report.halt == Some(Halt::OutOfTime)
        {
            self.report.trouble.get_or_insert_with(|| trouble.clone());
        }
        if !matches!(wish, Wish::Message { .. }) {
            let aside = self.workers[number].aside.take();
            aside.into_iter().for_each(|(id, _)| self.supply.give_back(id, false));
        }
        let Some((id, handover)) = ended else {
            // An open connection says that the relay can be used, unless it was in trouble with open ones before.
            if matches!(wish, Wish::Message { .. }) {
                self.retry_at = None;
            }
            if self.trouble.is_none() && matches!(wish, Wish::Message { .. }) {
                self.scout = None;
            }
            return Ok(wish);
        };
        if !matches!(wish, Wish::Patience(_)) && !matches!(handover, Handover::Trouble(_)) {
            (self.trouble, self.scout, self.retry_at) = (None, None, None);
        }
        self.settle(writing, number, id, handover, now)?;
        Ok(wish)
    }

    fn is_anything_left(&self) -> Result<bool> {
        self.supply.is_anything_left(&self.store.read()?, self.surroundings.clock.now())
    }
}
