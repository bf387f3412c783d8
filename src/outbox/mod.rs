//! The outbox: the messages that have not ended, and the engine that sends them.
//!
//! Each connection to the relay has a worker. One thread, the caller's, has the store and serves them all: it settles a
//! worker's last message and begins its next one in one commit, grouped over the workers that wait (`requests.rs`). So a code's
//! hash is on the disk before its mail leaves, and no more messages are in flight than there are connections. After a crash those
//! few are in doubt, and are sent again with the same link, Message-ID and Date: twice is better than never.
//!
//! # Riding envelopes
//! Where the relay takes several commands at once (RFC 2920), the envelope of a worker's next message rides behind the dot of
//! the one before it, so that a message costs one round trip. The store's thread therefore *sets a message aside* for the
//! worker whenever it gives it one to send: in memory alone, for in the store that message still waits. Its turn comes
//! when the worker has the reply to the one before: then it is read again if anybody else has changed the store meanwhile, judged once
//! more, begun and committed, and only then its content is sent. The worker writes that while the relay is at work on the one
//! before, and anew if the message was changed. So a crash leaves no doubt about a message of which
//! only the envelope left: it waits, and nobody has it. If a message that was set aside is not to be sent after all (its user was
//! locked just now), its worker is told to open another connection, because a relay that has said 354 waits for a content and
//! cannot be told otherwise. Nothing is set aside while a pace is kept or the canaries are out: there is no hurry then, and a relay
//! is not to be left waiting.
//!
//! # A relay that refuses everything
//! Refusals that are the same for everybody are about this program (`suspicion.rs`). They are given back, the run stops, and the
//! store holds the next ones back for a while; the next run begins with the same messages. Until a permanent refusal is known to
//! be a recipient's own, its message is deferred in the store: a process that is killed then has failed nobody.
//! A relay that leaves every mail in doubt (`doubts.rs`) stops the run in the same way, except that these mails may have arrived:
//! their attempts count.
//!
//! Settling stands outside views and changes: a message's row is its own record.

mod broken;
mod connections;
mod doubts;
mod engine;
mod limits;
mod message_source;
mod outcome;
mod outgoing;
mod pace;
mod probe;
pub mod quota;
mod requests;
pub mod resources;
mod runtime;
mod stop;
mod store_turn;
mod suspicion;
mod validate;
mod worker;

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use jiff::Timestamp;

use crate::clock::Clock;
use crate::domain::message::MessageId;
use crate::domain::message::MessageState;
use crate::domain::organization::Organization;
use crate::domain::rate::Rates;
use crate::domain::share::Share;
use crate::mail::compose::Composer;
use crate::mail::outcome::TransportError;
use crate::mail::transport::Transport;
use crate::random::Random;
use crate::secrets::ResetKey;
use crate::store::Result;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::damage::RowFault;
use crate::store::lock_file::LockGuard;
use crate::store::outbox::Scope;
use crate::store::unsendable::Stuck;

pub use broken::BrokenRun;
pub use probe::SampleMail;
pub use probe::probe;
use quota::UsedUp;
pub use stop::StopSignal;

/// What sending takes: how mails are written, and the way they leave.
#[derive(Debug)]
pub struct Mailer {
    /// Writes the mails.
    pub composer: Arc<Composer>,
    /// The way they leave.
    pub transport: Arc<Transport>,
    /// The key of the codes, for mails with links.
    pub key: Option<ResetKey>,
    /// Whose addresses get links.
    pub organization: Organization,
    /// How long a message may wait before the program gives it up.
    pub queue_lifetime: Duration,
}

/// What is to be sent, and with how a long time to retry.
#[derive(Debug, Clone)]
pub struct SendOptions {
    /// Which messages.
    pub scope: Scope,
    /// How many connections at most.
    pub connections: usize,
    /// How long a relay in trouble is tried again before the run stops.
    pub retry_for: Duration,
    /// When to stop waiting for the relay, whatever it does.
    pub deadline: Option<Instant>,
    /// When to begin nothing new any more; what is in flight ends as it does.
    pub begin_until: Option<Instant>,
    /// How fast messages are begun, over all connections together; none: as fast as the relay takes them. A relay that
    /// asks for it gets a slower pace for a while. Rates per hour and day count all mail of the store.
    pub rates: Rates,
    /// The same for the job of the scope alone, besides.
    pub job_rates: Rates,
    /// The longest time between two messages to which a relay that asks for a slower pace brings the run.
    pub slowest: Duration,
    /// The run stops when more than this share of the settled messages failed, from 10 settled ones on.
    pub max_failures: Option<Share>,
    /// So many messages are sent first, and the run stops at the first of them that the relay does not accept. The others
    /// follow when all of them are accepted.
    pub canary: Option<u64>,
    /// What earlier runs of the same job came to: the two limits before count it in.
    pub before: SendReport,
    /// How others ask the run to stop.
    pub stop: Option<Arc<StopSignal>>,
}

impl Default for SendOptions {
    /// Whatever is due and belongs to no job, over one connection, without retries and without limits.
    fn default() -> Self {
        Self {
            scope: Scope::OfNoJob,
            connections: 1,
            retry_for: Duration::ZERO,
            deadline: None,
            begin_until: None,
            rates: Rates::default(),
            job_rates: Rates::default(),
            slowest: pace::SLOWEST,
            max_failures: None,
            canary: None,
            before: SendReport::default(),
            stop: None,
        }
    }
}

/// What a run came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SendReport {
    /// Messages the relay took.
    pub accepted: u64,
    /// Messages that wait for another try.
    pub deferred: u64,
    /// Messages that were given up.
    pub failed: u64,
    /// Messages that the relay may have or not; they wait for another try.
    pub in_doubt: u64,
    /// Messages that were called off, because what they were for does not hold any more.
    pub cancelled: u64,
    /// Messages that were left as they are, because their rows are damaged.
    pub skipped: Skipped,
    /// The relay's trouble, if that stopped the run.
    pub trouble: Option<TransportError>,
    /// Whether that trouble came over one message alone, so that others may be sent.
    pub is_over_one: bool,
    /// Whether the program itself failed at a message.
    pub bug: bool,
    /// Why the run stopped before it was through.
    pub halt: Option<StopReason>,
}

/// What a run skipped because it is damaged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Skipped {
    /// How many.
    pub count: u64,
    /// What is wrong with the first of them, in words.
    pub first: Option<String>,
}

impl Skipped {
    /// Adds one.
    pub fn add(&mut self, fault: &RowFault) {
        self.count += 1;
        self.first.get_or_insert_with(|| fault.to_string());
    }

    /// Adds messages that no run would meet.
    pub fn add_stuck(&mut self, stuck: &Stuck) {
        self.count += stuck.count;
        self.first.get_or_insert_with(|| stuck.fault.to_string());
    }

    /// Adds those of another run.
    pub fn add_all(&mut self, other: &Self) {
        self.count += other.count;
        self.first = self.first.take().or_else(|| other.first.clone());
    }
}

/// Why a run stopped before it was through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// The relay was in trouble for longer than `retry_for`, or in one that does not pass, or it refuses everything:
    /// [`SendReport::trouble`].
    Trouble,
    /// More than [`SendOptions::max_failures`] of the messages failed.
    TooManyFailures {
        /// How many failed.
        failed: u64,
        /// Of how many that were tried.
        settled: u64,
    },
    /// One of the first messages was not accepted ([`SendOptions::canary`]).
    CanaryFailed,
    /// [`SendOptions::begin_until`] or [`SendOptions::deadline`] passed.
    OutOfTime,
    /// Somebody asked ([`SendOptions::stop`]).
    Stopped,
    /// The job was paused, cancelled or deleted meanwhile.
    Ended,
    /// A rate per hour or day is used up.
    RateUsedUp(UsedUp),
}

/// How far a run is.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'run> {
    /// What it came to so far.
    pub report: &'run SendReport,
    /// How many messages are in flight.
    pub in_flight: usize,
    /// The server's words, or ours, about the last message that was not accepted, or the relay's last trouble.
    pub last_error: Option<&'run str>,
    /// How long until the relay, which cannot be used now ([`Progress::last_error`]), is tried again; `None`: it can be used.
    pub relay_retry_in: Option<Duration>,
}

/// A message that a worker has.
struct InFlight {
    id: MessageId,
    /// Since when its lifetime in the queue counts; `None`: no try was counted yet.
    lifetime_from: Option<Timestamp>,
    attempts: u32,
    /// Its last try was given back.
    given_back: bool,
    /// Where it goes.
    domain: String,
    /// How many refusals were known when it was announced to the relay (`suspicion.rs`).
    known_refusals: u64,
    /// How often it was in doubt.
    doubts: u32,
    /// How many mails in doubt in a row were known when it started (`doubts.rs`).
    known_doubts: u32,
    /// It is a mail of `mail test`.
    is_test: bool,
}

impl SendReport {
    fn count(&mut self, state: MessageState) {
        match state {
            MessageState::Accepted => self.accepted += 1,
            MessageState::Failed => self.failed += 1,
            MessageState::InDoubt => self.in_doubt += 1,
            MessageState::Cancelled | MessageState::Skipped => self.cancelled += 1,
            MessageState::Deferred | MessageState::Queued | MessageState::Sending => self.deferred += 1,
        }
    }

    /// The rate per hour or day that stopped the run.
    pub fn used_up(&self) -> Option<UsedUp> {
        if let Some(StopReason::RateUsedUp(used_up)) = self.halt { Some(used_up) } else { None }
    }

    /// How many messages were handled.
    pub fn total(&self) -> u64 {
        self.accepted + self.deferred + self.failed + self.in_doubt + self.cancelled
    }
}

/// Sends what the order says, and returns when nothing of it is due any more, or when something stops it: see [`StopReason`]. What
/// another process was sending when it died is taken up first.
///
/// # Errors
/// When the store fails. Messages that are in flight then are in doubt for the next run.
pub fn run(
    store: &Store,
    mailer: &Mailer,
    send_options: &SendOptions,
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<SendReport> {
    run_observed(store, mailer, send_options, clock, random, &mut |_| ()).map_err(|broken| broken.error)
}

/// The same, and tells `observer` how far it is, after each commit and while it waits for the relay.
///
/// # Errors
/// As [`run`], with what the run had come to by then.
pub fn run_observed(
    store: &Store,
    mailer: &Mailer,
    send_options: &SendOptions,
    clock: &dyn Clock,
    random: &dyn Random,
    observer: &mut dyn FnMut(&Progress<'_>),
) -> std::result::Result<SendReport, Box<BrokenRun>> {
    let mut beginning = engine::Beginning::default();
    loop {
        // What a command sends at once is told of by the command.
        let may_examine = beginning.examined.is_none() && !matches!(send_options.scope, Scope::These(_));
        let lock = store.begin_sending(clock.now())?;
        let faults = recover(store, lock.number(), clock.now())?;
        let surroundings = engine::RunContext { clock, random, observer: &mut *observer };
        let ran = engine::Engine::new(store, mailer, send_options, surroundings, lock, beginning).run();
        let mut broken = match ran {
            Err(broken) if may_examine && matches!(broken.error, StoreError::Corrupt(_)) => broken,
            Err(broken) => return Err(broken),
            Ok(mut report) => {
                faults.iter().for_each(|fault| report.skipped.add(fault));
                return Ok(report);
            }
        };
        // A page is damaged. If it holds messages that wait, the run continues with those that can be read.
        match store.read().and_then(|reading| reading.examine_waiting(&send_options.scope, clock.now())) {
            Ok(examined) if !examined.unreadable.is_empty() => {
                let report = std::mem::take(&mut broken.report);
                beginning = engine::Beginning { report, examined: Some(examined) };
            }
            _ => return Err(broken),
        }
    }
}

/// Takes up what processes were sending that are gone, without sending anything: their messages are in doubt.
///
/// # Errors
/// When the store fails.
pub fn take_up_the_dead(store: &Store, clock: &dyn Clock) -> Result<()> {
    if store.read()?.senders_in_flight()?.is_empty() {
        return Ok(());
    }
    let lock = store.lock_as_sender()?;
    recover(store, lock.number(), clock.now()).map(drop)
}

/// The locks of processes that are gone and were sending something. Nobody else can take one while it is held.
///
/// # Errors
/// When the store fails.
pub fn dead_senders(store: &Store) -> Result<Vec<LockGuard>> {
    let mut dead = Vec::new();
    for sender in store.read()?.senders_in_flight()? {
        dead.extend(store.try_lock(sender)?);
    }
    Ok(dead)
}

/// Marks what processes were sending that are gone: those whose lock can be taken, and the one that held this lock before.
/// Gives what is wrong with the rows that cannot be marked.
fn recover(store: &Store, own: u32, now: Timestamp) -> Result<Vec<RowFault>> {
    let mut faults = Vec::new();
    let senders = store.read()?.senders_in_flight()?;
    for sender in senders {
        // Held until its messages are marked, so that nobody takes the lock and begins a message meanwhile.
        let lock = if sender == own { None } else { store.try_lock(sender)? };
        if sender == own || lock.is_some() {
            let writing = store.write()?;
            faults.extend(writing.doubt_sender(sender, now)?);
            writing.commit()?;
        }
    }
    Ok(faults)
}
