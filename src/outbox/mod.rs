//! The outbox: the messages that have not ended, and the engine that sends them.
//!
//! Each connection to the relay has a worker. One thread, the caller's, owns the store and serves all workers: it
//! records the result of a worker's last message and starts its next one in one commit, grouped over the workers that
//! wait (`requests.rs`). So the hash of a code is on the disk before its mail leaves, and no more messages are in
//! flight than there are connections. After a crash these few are in doubt and are sent again with the same link,
//! Message-ID and Date: twice is better than never.
//!
//! # Pipelined envelopes
//! If the relay accepts several commands at once (PIPELINING, RFC 2920), a worker sends the envelope of its next
//! message right behind the final dot of the current one, so that a message costs one round trip. For this the
//! store's thread *reserves* a next message whenever it gives a worker one to send. The reservation is in memory
//! only; in the store that message still waits. When the worker has the reply to the current message, the store's
//! thread reads the reserved message again if anybody else has changed the store meanwhile, checks it once more,
//! starts and commits the attempt, and only then does the worker send the content. The worker renders that content
//! while the relay processes the current message, and renders it again if the message was changed. So a crash leaves
//! no doubt about a message of which only the envelope was sent: it still waits, and no recipient has it. If a
//! reserved message must not be sent after all (its user was locked just now), its worker opens another connection,
//! because a relay that has replied 354 waits for content and there is no command to cancel that. Nothing is reserved
//! while a rate limits the run or canaries are being sent: then there is no hurry, and the relay must not be left
//! waiting.
//!
//! # A relay that refuses everything
//! Refusals that are the same for everybody concern this program and not the recipients (`suspicion.rs`). Their
//! attempts are given back, the run stops, and the store holds further runs back for a while; the next run starts
//! with the same messages. Until a permanent refusal is known to concern only its recipient, the message is deferred
//! in the store, so that a process killed at that moment has failed nobody.
//! A relay that leaves every mail in doubt (`doubts.rs`) stops the run in the same way, except that these mails may
//! have arrived: their attempts count.
//!
//! Results are recorded outside of views and changes: the row of a message is its own record.

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
use crate::domain::job::JobId;
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
pub use probe::probe_sender;
use quota::UsedUp;
pub use stop::StopSignal;

/// What sending needs: the composer, the transport, the reset key, and the limits on links and lifetime.
#[derive(Debug)]
pub struct Mailer {
    /// Composes the mails.
    pub composer: Arc<Composer>,
    /// Delivers the mails.
    pub transport: Arc<Transport>,
    /// The reset key, from which the codes in links are derived.
    pub key: Option<ResetKey>,
    /// The organization, which determines the addresses that may get links.
    pub organization: Organization,
    /// How long a message may wait before the program gives up on it.
    pub queue_lifetime: Duration,
}

/// What a run sends, how fast, and when it stops.
#[derive(Debug, Clone)]
pub struct SendOptions {
    /// The messages to send.
    pub scope: Scope,
    /// The highest number of connections.
    pub connections: usize,
    /// How long the run keeps retrying when the relay cannot be used, before it stops.
    pub retry_for: Duration,
    /// When the run stops waiting for the relay, whatever the relay is doing.
    pub deadline: Option<Instant>,
    /// When the run stops starting messages; messages in flight end normally.
    pub begin_until: Option<Instant>,
    /// How fast messages are started, over all connections together; none: as fast as the relay accepts them. A relay
    /// that asks for it gets a slower pace for a while. Rates per hour and day count all mail of the store.
    pub rates: Rates,
    /// Additional rates that count only the mail of the scope's job.
    pub job_rates: Rates,
    /// The longest interval between two messages to which a relay can slow the run down.
    pub slowest: Duration,
    /// The run stops when more than this share of the ended messages failed, counted from the 10th ended message on.
    pub max_failures: Option<Share>,
    /// The number of messages to send first. The run stops at the first of them that the relay does not accept; the
    /// others follow when all of them are accepted.
    pub canary: Option<u64>,
    /// The totals of earlier runs of the same job, which `max_failures` and `canary` include.
    pub before: SendReport,
    /// Lets others ask the run to stop.
    pub stop: Option<Arc<StopSignal>>,
}

impl Default for SendOptions {
    /// Sends all due messages that belong to no job, over one connection, without retries and without limits.
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

/// The result of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SendReport {
    /// Messages that the relay accepted.
    pub accepted: u64,
    /// Messages that wait for another attempt.
    pub deferred: u64,
    /// Messages that the program gave up on.
    pub failed: u64,
    /// The first of them, and its job.
    pub first_failed: Option<(MessageId, Option<JobId>)>,
    /// Messages that the relay may or may not have; they wait for another attempt.
    pub in_doubt: u64,
    /// Messages that were cancelled because the reason for sending them no longer holds.
    pub cancelled: u64,
    /// Messages that were left unchanged because their rows are damaged.
    pub skipped: Skipped,
    /// The error that made the relay unusable, if it stopped the run.
    pub transport_error: Option<TransportError>,
    /// Whether that error occurred with one message only, so that others may be sent.
    pub is_over_one: bool,
    /// Whether a bug of the program made a message fail.
    pub bug: bool,
    /// Why the run stopped before all messages were handled.
    pub stop_reason: Option<StopReason>,
}

/// Messages that a run skipped because their rows are damaged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Number of messages.
    pub count: u64,
    /// Description of the first fault.
    pub first: Option<String>,
}

impl Skipped {
    /// Adds one message.
    pub fn add(&mut self, fault: &RowFault) {
        self.count += 1;
        self.first.get_or_insert_with(|| fault.to_string());
    }

    /// Adds messages that no run would find.
    pub fn add_stuck(&mut self, stuck: &Stuck) {
        self.count += stuck.count;
        self.first.get_or_insert_with(|| stuck.fault.to_string());
    }

    /// Adds the skipped messages of another run.
    pub fn add_all(&mut self, other: &Self) {
        self.count += other.count;
        self.first = self.first.take().or_else(|| other.first.clone());
    }
}

/// Why a run stopped before all messages were handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// The relay was unusable for longer than `retry_for`, or permanently, or it refuses everything: see
    /// [`SendReport::transport_error`].
    TransportFailed,
    /// More than [`SendOptions::max_failures`] of the messages failed.
    TooManyFailures {
        /// Number of failed messages.
        failed: u64,
        /// Number of ended messages.
        settled: u64,
    },
    /// One of the first messages was not accepted ([`SendOptions::canary`]).
    CanaryFailed,
    /// [`SendOptions::begin_until`] or [`SendOptions::deadline`] passed.
    OutOfTime,
    /// Another thread or process asked for it ([`SendOptions::stop`]).
    Stopped,
    /// The job was paused, cancelled or deleted meanwhile.
    Ended,
    /// A rate per hour or day is used up.
    RateUsedUp(UsedUp),
}

/// The progress of a run.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'run> {
    /// The totals so far.
    pub report: &'run SendReport,
    /// How many messages are in flight.
    pub in_flight: usize,
    /// The server's text, or ours, about the last message that was not accepted, or about the last error of the
    /// relay.
    pub last_error: Option<&'run str>,
    /// The time until the next attempt to use the relay, which cannot be used now ([`Progress::last_error`]); `None`:
    /// it can be used.
    pub relay_retry_in: Option<Duration>,
}

/// A message that a worker is delivering.
struct InFlight {
    id: MessageId,
    /// When its lifetime in the queue started; `None`: no attempt was counted yet.
    lifetime_from: Option<Timestamp>,
    attempts: u32,
    /// The last attempt was given back.
    given_back: bool,
    /// The recipient's domain.
    domain: String,
    /// The number of refusals that were known when it was announced to the relay (`suspicion.rs`).
    known_refusals: u64,
    /// How often it was in doubt.
    doubts: u32,
    /// How many mails in doubt in a row were known when it started (`doubts.rs`).
    known_doubts: u32,
    /// It was sent by `mail test`.
    is_test: bool,
}

impl SendReport {
    fn count(&mut self, state: MessageState) {
        match state {
            MessageState::Accepted => self.accepted += 1,
            MessageState::Failed | MessageState::Bounced => self.failed += 1,
            MessageState::InDoubt => self.in_doubt += 1,
            MessageState::Cancelled | MessageState::Skipped => self.cancelled += 1,
            MessageState::Deferred | MessageState::Queued | MessageState::Sending => self.deferred += 1,
        }
    }

    /// The rate per hour or day that stopped the run.
    pub fn used_up(&self) -> Option<UsedUp> {
        if let Some(StopReason::RateUsedUp(used_up)) = self.stop_reason { Some(used_up) } else { None }
    }

    /// Number of messages handled.
    pub fn total(&self) -> u64 {
        self.accepted + self.deferred + self.failed + self.in_doubt + self.cancelled
    }
}

/// Sends the messages of `send_options`, and returns when none of them is due or when something stops the run: see
/// [`StopReason`]. First marks the messages that another process was sending when it died.
///
/// # Errors
/// If the store fails. Messages in flight at that time are in doubt for the next run.
pub fn run(
    store: &Store,
    mailer: &Mailer,
    send_options: &SendOptions,
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<SendReport> {
    run_observed(store, mailer, send_options, clock, random, &mut |_| ()).map_err(|broken| broken.error)
}

/// Like [`run`], and reports the progress to `observer` after each commit and while it waits for the relay.
///
/// # Errors
/// Like [`run`], with the totals up to the error.
pub fn run_observed(
    store: &Store,
    mailer: &Mailer,
    send_options: &SendOptions,
    clock: &dyn Clock,
    random: &dyn Random,
    observer: &mut dyn FnMut(&Progress<'_>),
) -> std::result::Result<SendReport, Box<BrokenRun>> {
    let mut start = engine::StartingPoint::default();
    loop {
        // A command that sends at once reports damage itself.
        let may_examine = start.examined.is_none() && !matches!(send_options.scope, Scope::These(_));
        let lock = store.begin_sending(clock.now())?;
        let faults = recover(store, lock.number(), clock.now())?;
        let context = engine::RunContext { clock, random, observer: &mut *observer };
        let ran = engine::Engine::new(store, mailer, send_options, context, lock, start).run();
        let mut broken = match ran {
            Err(broken) if may_examine && matches!(broken.error, StoreError::Corrupt(_)) => broken,
            Err(broken) => return Err(broken),
            Ok(mut report) => {
                faults.iter().for_each(|fault| report.skipped.add(fault));
                return Ok(report);
            }
        };
        // A page of the store is damaged. If it holds waiting messages, the run continues with those that can be
        // read.
        match store.read().and_then(|reading| reading.examine_waiting(&send_options.scope, clock.now())) {
            Ok(examined) if !examined.unreadable.is_empty() => {
                let report = std::mem::take(&mut broken.report);
                start = engine::StartingPoint { report, examined: Some(examined) };
            }
            _ => return Err(broken),
        }
    }
}

/// Marks the messages that dead processes were sending as in doubt, without sending anything.
///
/// # Errors
/// If the store fails.
pub fn recover_dead_senders(store: &Store, clock: &dyn Clock) -> Result<()> {
    if store.read()?.senders_in_flight()?.is_empty() {
        return Ok(());
    }
    let lock = store.lock_as_sender()?;
    recover(store, lock.number(), clock.now()).map(drop)
}

/// Takes and returns the locks of dead processes that were sending something. Nobody else can take one while it is
/// held.
///
/// # Errors
/// If the store fails.
pub fn dead_senders(store: &Store) -> Result<Vec<LockGuard>> {
    let mut dead = Vec::new();
    for sender in store.read()?.senders_in_flight()? {
        dead.extend(store.try_lock(sender)?);
    }
    Ok(dead)
}

/// Marks the messages of dead senders as in doubt: of those whose lock is free, and of the one that held our own lock
/// before. Returns the faults of rows that cannot be marked.
fn recover(store: &Store, own: u32, now: Timestamp) -> Result<Vec<RowFault>> {
    let mut faults = Vec::new();
    let senders = store.read()?.senders_in_flight()?;
    for sender in senders {
        // Held until the messages are marked, so that nobody takes the lock and starts a message meanwhile.
        let lock = if sender == own { None } else { store.try_lock(sender)? };
        if sender == own || lock.is_some() {
            let writing = store.write()?;
            faults.extend(writing.doubt_sender(sender, now)?);
            writing.commit()?;
        }
    }
    Ok(faults)
}
