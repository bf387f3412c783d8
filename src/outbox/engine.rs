//! The store's side of a run: settles, begins, and decides how long to bear with a relay in trouble.

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

use super::Halt;
use super::Order;
use super::Post;
use super::Progress;
use super::Report;
use super::StopSignal;
use super::broken::BrokenRun;
use super::broken::Heard;
use super::connections::Connections;
use super::crew;
use super::crew::Answers;
use super::limits::Leave;
use super::outcome::Outcomes;
use super::pace::Pace;
use super::quota::Quotas;
use super::requests::Requests;
use super::resources;
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
use crate::store::open::PATIENCE;
use crate::store::senders::SendingLock;
use crate::store::stop_signals;
use refusals::RelayView;
use trouble::Nonsense;
use trouble::bug_while_connecting;
pub(super) use turn::Turn;
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
enum Wish {
    Message {
        can_ride: bool,
    },
    Connection,
    /// It cannot continue because of this trouble of the relay.
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
    lock: SendingLock,
    report: Report,
    heard: Heard,
    last_error: Option<String>,
    workers: Vec<Worker>,
    /// The way to the workers, while they run, and what is to be said next.
    way: Option<UnboundedSender<Answers>>,
    answers: Answers,
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

/// How many requests one turn waits for, of so many workers that have a message: all of a few, and half of many, so that the
/// others are at work meanwhile.
fn group(in_flight: usize) -> usize {
    in_flight.min((in_flight / 2).max(WHOLE_GROUP))
}

impl<'run> Engine<'run> {
    pub(super) fn new(
        store: &'run Store,
        post: &'run Post,
        order: &'run Order,
        surroundings: Surroundings<'run>,
        lock: SendingLock,
    ) -> Self {
        Self {
            store,
            post,
            order,
            surroundings,
            lock,
            report: Report::default(),
            heard: Heard::default(),
            last_error: None,
            workers: Vec::new(),
            way: None,
            answers: Vec::new(),
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
    pub(super) fn run(mut self) -> std::result::Result<Report, Box<BrokenRun>> {
        let Err(error) = self.run_through() else { return Ok(self.report) };
        self.heard.correct(&mut self.report);
        Err(Box::new(BrokenRun { report: self.report, error }))
    }

    fn run_through(&mut self) -> Result<()> {
        if !self.is_anything_left()? {
            return Ok(());
        }
        let reading = self.store.read()?;
        self.relay.hold = reading.relay_hold()?;
        self.supply.begin_with(reading.given_back(&self.order.scope)?);
        self.quotas.look(&reading, 0, self.surroundings.clock.now())?;
        drop(reading);
        if let Leave::Never(halt) = self.quotas.leave() {
            self.report.halt = Some(halt);
            return Ok(());
        }
        resources::check(&self.post.transport, self.order.connections.max(1))?;
        let requests = Arc::new(Requests::default());
        let (mut seats, count) = (Vec::new(), self.order.connections.max(1));
        for number in 0..count {
            self.workers.push(Worker::default());
            seats.push(Seat {
                number,
                transport: Arc::clone(&self.post.transport),
                composer: Arc::clone(&self.post.composer),
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
                .spawn_scoped(scope, || crew::run(seats, answers, &requests));
            drop(deferred);
            running.map_err(StoreError::NoThread)?;
            self.idle = (1..count).collect();
            self.answer(0, Answer::Open(Duration::ZERO));
            let served = self.serve(&requests);
            // Whatever happened, the workers end when nobody can answer them any more.
            self.way = None;
            if served.is_err() {
                self.hear_the_rest(&requests);
            }
            served
        })?;
        self.report.skipped = self.supply.skipped().clone();
        if self.report.halt == Some(Halt::Trouble) {
            self.give_up_waiting()?;
        }
        if matches!(self.report.halt, Some(Halt::OutOfTime | Halt::Stopped | Halt::RateUsedUp(_)))
            && !self.is_anything_left()?
        {
            self.report.halt = None;
        }
        Ok(())
    }

    /// Counts what the workers still tell while they end, where nothing can be recorded any more.
    fn hear_the_rest(&mut self, requests: &Requests) {
        while let Some(requests) = requests.take(Instant::now() + LOOK, 1, Duration::ZERO) {
            self.heard.note(&requests);
        }
    }

    fn serve(&mut self, requests: &Requests) -> Result<()> {
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
        let _ = self.store.read().and_then(|reading| self.supply.read_ahead(&reading, now));
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
            self.answers.push((number, answer));
        }
    }

    /// Sends the workers what there is to say.
    fn send_answers(&mut self) {
        if let Some(way) = self.way.as_ref().filter(|_| !self.answers.is_empty()) {
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
    fn begin_turn(&mut self) -> Result<Writing<'run>> {
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
    fn note(&mut self, turn: &Turn<'_>, number: usize, request: Request, now: Timestamp) -> Result<Wish> {
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
            aside.into_iter().for_each(|aside| self.supply.give_back(aside.id(), false));
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
        self.settle(turn, number, id, handover, now)?;
        Ok(wish)
    }

    fn is_anything_left(&self) -> Result<bool> {
        self.supply.is_anything_left(&self.store.read()?, self.surroundings.clock.now())
    }
}
