//! The store's side of a run: settles, begins, and decides how long to bear with a relay in trouble.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use jiff::Timestamp;
use tokio::sync::Mutex;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::JoinSet;
use tokio::task::LocalSet;

use super::Order;
use super::Post;
use super::Report;
use super::judge::objection;
use super::parcel::Parcel;
use super::worker::Answer;
use super::worker::Request;
use super::worker::Seat;
use crate::clock::Clock;
use crate::domain::message::MessageId;
use crate::domain::message::MessageState;
use crate::domain::retry;
use crate::mail::handover::Handover;
use crate::mail::handover::Phase;
use crate::mail::handover::Trouble;
use crate::mail::handover::TroubleKind;
use crate::random::Random;
use crate::secrets::reset_code::NONCE;
use crate::secrets::reset_code::ResetCode;
use crate::store::Result;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::Writing;
use crate::store::lock::Held;
use crate::store::outbox::Beginning;
use crate::store::outbox::Due;
use crate::store::outbox::Scope;
use crate::store::outbox::Settlement;

/// The store is left free for others between two commits at least so long, and a tenth of the time.
const LEAST_PAUSE: Duration = Duration::from_micros(300);
/// The waits between two tries to reach a relay in trouble: the first, and the longest.
const RELAY_WAITS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));
/// How often the connection may be lost over one message before that counts as this message's own failure.
const LOST_OVER_ONE: u32 = 2;
/// How long name look-ups that nobody waits for any more may keep the program from ending.
const SHUTDOWN: Duration = Duration::from_millis(10);

/// A message that a worker has.
struct InFlight {
    id: MessageId,
    created_at: Timestamp,
    attempts: u32,
}

/// A worker, as the store's thread sees it.
struct Worker {
    answers: UnboundedSender<Answer>,
    in_flight: Option<InFlight>,
    has_ended: bool,
}

/// A run.
pub(super) struct Engine<'run> {
    store: &'run Store,
    post: &'run Post,
    order: &'run Order,
    clock: &'run dyn Clock,
    random: &'run mut dyn Random,
    lock: Held,
    report: Report,
    workers: Vec<Worker>,
    /// The messages of [`Scope::These`] that were not begun yet, last one first.
    named: Vec<MessageId>,
    /// Whether the next message is to be one that never was tried, so that neither kind waits behind the other.
    fresh_first: bool,
    /// Since when the relay is in trouble, and how often it was tried since.
    trouble: Option<(Instant, u32)>,
    /// How often the connection was lost over a message.
    lost_over: HashMap<MessageId, u32>,
    is_stopping: bool,
    /// Workers that were not told to begin yet.
    idle: Vec<usize>,
}

impl<'run> Engine<'run> {
    pub(super) fn new(
        store: &'run Store,
        post: &'run Post,
        order: &'run Order,
        clock: &'run dyn Clock,
        random: &'run mut dyn Random,
        lock: Held,
    ) -> Self {
        let named = match &order.scope {
            Scope::These(ids) => ids.iter().rev().copied().collect(),
            Scope::Everything => Vec::new(),
        };
        Self {
            store,
            post,
            order,
            clock,
            random,
            lock,
            report: Report::default(),
            workers: Vec::new(),
            named,
            fresh_first: true,
            trouble: None,
            lost_over: HashMap::new(),
            is_stopping: false,
            idle: Vec::new(),
        }
    }

    /// Sends until nothing is due.
    pub(super) fn run(mut self) -> Result<Report> {
        if !self.is_anything_due()? {
            return Ok(self.report);
        }
        let (requests, incoming) = mpsc::channel();
        let (mut seats, count) = (Vec::new(), self.order.connections.max(1));
        for number in 0..count {
            let (answers, hearing) = unbounded_channel();
            self.workers.push(Worker { answers, in_flight: None, has_ended: false });
            let seat = Seat {
                number,
                transport: Arc::clone(&self.post.transport),
                composer: Arc::clone(&self.post.composer),
                deadline: self.order.deadline,
                requests: requests.clone(),
            };
            seats.push((seat, hearing));
        }
        drop(requests);
        thread::scope(|scope| {
            let running = thread::Builder::new().name("relay".to_owned()).spawn_scoped(scope, || run_workers(seats));
            running.map_err(|error| StoreError::Disk(format!("no thread can be started: {error}")))?;
            // The first worker finds out whether the relay can be used; the others come when it can.
            self.idle = (1..count).collect();
            self.answer(0, Answer::Open(Duration::ZERO));
            let served = self.serve(&incoming);
            // Whatever happened, the workers end when nobody can answer them any more.
            self.workers.clear();
            served
        })?;
        Ok(self.report)
    }

    fn serve(&mut self, incoming: &mpsc::Receiver<(usize, Request)>) -> Result<()> {
        while self.workers.iter().any(|worker| !worker.has_ended) {
            let Ok(first) = incoming.recv() else { break };
            let mut requests = vec![first];
            requests.extend(incoming.try_iter());
            let began = Instant::now();
            self.turn(requests)?;
            thread::sleep(LEAST_PAUSE.max(began.elapsed() / 10));
        }
        Ok(())
    }

    /// Answers those who wait, in one transaction.
    fn turn(&mut self, requests: Vec<(usize, Request)>) -> Result<()> {
        let writing = self.store.write()?;
        let now = self.clock.now();
        let mut answers = Vec::new();
        let takes_mail = requests.iter().any(|(_, request)| matches!(request, Request::Next(_)));
        for (number, request) in requests {
            let answer = match request {
                Request::NotOpened(trouble) => self.bear_with(trouble),
                Request::Next(settled) => {
                    if let Some((id, handover)) = settled {
                        self.settle(&writing, number, id, handover, now)?;
                    }
                    self.next(&writing, number, now)?
                }
                Request::Lost(id, handover) => {
                    let trouble = match &handover {
                        Handover::Trouble(trouble) => Some(trouble.clone()),
                        _ => None,
                    };
                    self.settle(&writing, number, id, handover, now)?;
                    trouble.map_or(Answer::Open(Duration::ZERO), |trouble| self.bear_with(trouble))
                }
                Request::Panicked => {
                    self.report.bug = true;
                    if let Some(in_flight) = self.workers[number].in_flight.take() {
                        let reply = "a bug: the program failed while it sent this mail".to_owned();
                        let settlement = Settlement::Tried { state: MessageState::Failed, reply, due_at: None };
                        writing.settle_message(in_flight.id, &settlement, now)?;
                        self.report.count(MessageState::Failed);
                    }
                    Answer::Open(Duration::ZERO)
                }
            };
            answers.push((number, answer));
        }
        let is_more_due = self.is_more_due(&writing, now)?;
        writing.commit()?;
        for (number, answer) in answers {
            let is_over = self.is_stopping || self.order.deadline.is_some_and(|deadline| deadline <= Instant::now());
            match answer {
                Answer::Open(_) if is_over || !is_more_due => self.answer(number, Answer::End),
                answer => self.answer(number, answer),
            }
        }
        if self.is_stopping || !is_more_due {
            std::mem::take(&mut self.idle).into_iter().for_each(|number| self.answer(number, Answer::End));
        } else if takes_mail {
            let idle = std::mem::take(&mut self.idle);
            idle.into_iter().for_each(|number| self.answer(number, Answer::Open(Duration::ZERO)));
        }
        Ok(())
    }

    fn answer(&mut self, number: usize, answer: Answer) {
        let worker = &mut self.workers[number];
        worker.has_ended = matches!(answer, Answer::End);
        let _ = worker.answers.send(answer);
    }

    /// The next message for a worker that is free.
    fn next(&mut self, writing: &Writing<'_>, number: usize, now: Timestamp) -> Result<Answer> {
        self.trouble = None;
        let parcel = if self.is_stopping { None } else { self.begin_next(writing, number, now)? };
        Ok(parcel.map_or(Answer::End, |parcel| Answer::Send(Box::new(parcel))))
    }

    /// Begins the next message that is due; those that are not to be sent any more are called off on the way.
    fn begin_next(&mut self, writing: &Writing<'_>, number: usize, now: Timestamp) -> Result<Option<Parcel>> {
        while let Some(due) = self.take(writing, now)? {
            let later_link = match due.user.filter(|_| due.kind.has_link()) {
                Some(user) => writing.has_later_link(user, due.id)?,
                None => false,
            };
            let operator = writing.operator(due.operator_uid)?;
            if let Some(why) = objection(&due, later_link, operator.as_ref()) {
                writing.cancel_message(due.id, why, now)?;
                self.report.count(MessageState::Cancelled);
                continue;
            }
            let parcel = self.begin(writing, due, now)?;
            let (id, created_at, attempts) = (parcel.id, parcel.created_at, parcel.attempts);
            self.workers[number].in_flight = Some(InFlight { id, created_at, attempts });
            return Ok(Some(parcel));
        }
        Ok(None)
    }

    fn take(&mut self, writing: &Writing<'_>, now: Timestamp) -> Result<Option<Due>> {
        if self.order.scope != Scope::Everything {
            while let Some(id) = self.named.pop() {
                if let Some(due) = writing.waiting(id, now)? {
                    return Ok(Some(due));
                }
            }
            return Ok(None);
        }
        let fresh = self.fresh_first;
        self.fresh_first = !fresh;
        match writing.next_due(fresh, now)? {
            Some(due) => Ok(Some(due)),
            None => writing.next_due(!fresh, now),
        }
    }

    fn begin(&mut self, writing: &Writing<'_>, due: Due, now: Timestamp) -> Result<Parcel> {
        let nonce = due.nonce.unwrap_or_else(|| {
            let mut nonce = [0; NONCE];
            self.random.fill(&mut nonce);
            nonce
        });
        let code = match (&self.post.key, due.user) {
            (Some(key), Some(user)) if due.kind.has_link() => Some(ResetCode::make(key, &nonce, user)),
            _ => None,
        };
        let message_id = due.message_id.unwrap_or_else(|| self.post.composer.message_id(due.id, &nonce));
        writing.begin_message(&Beginning {
            id: due.id,
            nonce: &nonce,
            message_id: &message_id,
            code_hash: code.as_ref().map(ResetCode::hash),
            sender: self.lock.number(),
            now,
        })?;
        let must_change = due.recipient.as_ref().is_some_and(|user| user.must_change);
        let (username, name, locale) =
            due.recipient.map(|user| (user.username, user.name, user.locale)).unwrap_or_default();
        Ok(Parcel {
            id: due.id,
            kind: due.kind,
            address: due.address,
            name,
            username,
            locale,
            date: due.first_try_at.unwrap_or(now),
            created_at: due.created_at,
            attempts: due.attempts,
            must_change,
            nonce,
            message_id,
            code,
            life: due.life.unwrap_or_default(),
            cause: due.cause,
            note: due.note,
        })
    }

    fn settle(
        &mut self,
        writing: &Writing<'_>,
        number: usize,
        id: MessageId,
        handover: Handover,
        now: Timestamp,
    ) -> Result<()> {
        let Some(in_flight) = self.workers[number].in_flight.take().filter(|in_flight| in_flight.id == id) else {
            return Ok(());
        };
        let settlement = self.settlement(&in_flight, handover, now);
        writing.settle_message(id, &settlement, now)?;
        match &settlement {
            Settlement::Tried { state, .. } => self.report.count(*state),
            Settlement::Released => {
                if self.order.scope != Scope::Everything {
                    self.named.push(id);
                }
            }
        }
        Ok(())
    }

    /// What an outcome means for the message: the one place that turns a handover into a state.
    fn settlement(&mut self, in_flight: &InFlight, handover: Handover, now: Timestamp) -> Settlement {
        let (state, reply) = match handover {
            Handover::Accepted { reply } => (MessageState::Accepted, reply),
            Handover::Refused { reply } => (MessageState::Failed, reply),
            Handover::Deferred { reply, .. } => (MessageState::Deferred, reply),
            Handover::InDoubt { reply } => (MessageState::InDoubt, reply),
            Handover::Trouble(trouble) if !self.is_lost_again(in_flight.id, &trouble) => return Settlement::Released,
            Handover::Trouble(trouble) => (MessageState::Deferred, trouble.words),
        };
        if !matches!(state, MessageState::Deferred | MessageState::InDoubt) {
            return Settlement::Tried { state, reply, due_at: None };
        }
        let mut jitter = [0; 4];
        self.random.fill(&mut jitter);
        let wait = retry::wait(in_flight.attempts + 1, u32::from_le_bytes(jitter));
        let due_at = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
        let gives_up_at = in_flight.created_at.saturating_add(self.post.queue_life).unwrap_or(Timestamp::MAX);
        if due_at > gives_up_at {
            let reply = format!("gave up: {reply}");
            return Settlement::Tried { state: MessageState::Failed, reply, due_at: None };
        }
        Settlement::Tried { state, reply, due_at: Some(due_at) }
    }

    /// Whether the connection was lost over this message before, once the relay had heard of it: then it is the message's
    /// own failure, or one message could keep all others from being sent.
    fn is_lost_again(&mut self, id: MessageId, trouble: &Trouble) -> bool {
        if !matches!(trouble.phase, Phase::Rcpt | Phase::Data | Phase::Content | Phase::Dot) {
            return false;
        }
        let count = self.lost_over.entry(id).or_default();
        *count += 1;
        *count >= LOST_OVER_ONE
    }

    /// What a worker does whose relay is in trouble: try again after a while, or end the run.
    fn bear_with(&mut self, trouble: Trouble) -> Answer {
        let (since, tries) = self.trouble.get_or_insert_with(|| (Instant::now(), 0));
        let (first, longest) = RELAY_WAITS;
        let wait = first.saturating_mul(1 << (*tries).min(8)).min(longest);
        *tries += 1;
        let is_patient = trouble.kind == TroubleKind::Later && since.elapsed() + wait <= self.order.patience;
        if is_patient && !self.is_stopping {
            return Answer::Open(wait);
        }
        self.is_stopping = true;
        self.report.trouble.get_or_insert(trouble);
        Answer::End
    }

    fn is_anything_due(&self) -> Result<bool> {
        match &self.order.scope {
            Scope::These(ids) => Ok(!ids.is_empty()),
            Scope::Everything => self.store.read()?.anything_due(self.clock.now()),
        }
    }

    fn is_more_due(&self, writing: &Writing<'_>, now: Timestamp) -> Result<bool> {
        match &self.order.scope {
            Scope::These(_) => Ok(!self.named.is_empty()),
            Scope::Everything => writing.anything_due(now),
        }
    }
}

/// Runs the workers in a thread of their own until all have ended.
fn run_workers(seats: Vec<(Seat, UnboundedReceiver<Answer>)>) {
    // Without a runtime nobody asks for anything, and the run ends at once with nothing begun.
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    let all = LocalSet::new();
    runtime.block_on(all.run_until(async {
        let mut working = JoinSet::new();
        for (seat, hearing) in seats {
            working.spawn_local(supervise(seat, hearing));
        }
        while working.join_next().await.is_some() {}
    }));
    drop(all);
    runtime.shutdown_timeout(SHUTDOWN);
}

/// Lets a worker work, and another one in its place should it panic: that costs the message it had, and no other.
async fn supervise(seat: Seat, hearing: UnboundedReceiver<Answer>) {
    let (seat, hearing) = (Rc::new(seat), Rc::new(Mutex::new(hearing)));
    loop {
        let (at, to) = (Rc::clone(&seat), Rc::clone(&hearing));
        let working = tokio::task::spawn_local(async move { at.work(&mut *to.lock().await).await });
        if working.await.is_ok() {
            return;
        }
        seat.say(Request::Panicked);
    }
}
