//! The outbox: the messages that have not ended, and the engine that sends them.
//!
//! Each connection to the relay has a worker. One thread, the caller's, has the store and serves them all: it settles a
//! worker's last message and begins its next one in one commit, grouped over the workers that wait. So a code's hash is
//! on the disk before its mail leaves, and no more messages are in flight than there are connections. After a crash those
//! few are in doubt, and are sent again with the same link, Message-ID and Date: twice is better than never.
//!
//! Settling stands outside views and changes: a message's row is its own record.

mod engine;
mod judge;
mod parcel;
mod worker;

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use jiff::Timestamp;

use crate::clock::Clock;
use crate::domain::message::MessageState;
use crate::mail::compose::Composer;
use crate::mail::handover::Trouble;
use crate::mail::transport::Transport;
use crate::random::Random;
use crate::secrets::ResetKey;
use crate::store::Result;
use crate::store::Store;
use crate::store::outbox::Scope;

/// What sending takes: how mails are written, and the way they leave.
#[derive(Debug)]
pub struct Post {
    /// Writes the mails.
    pub composer: Arc<Composer>,
    /// The way they leave.
    pub transport: Arc<Transport>,
    /// The key of the codes, for mails with links.
    pub key: Option<ResetKey>,
    /// How long a message may wait before the program gives it up.
    pub queue_life: Duration,
}

/// What is to be sent, and with how much patience.
#[derive(Debug, Clone)]
pub struct Order {
    /// Which messages.
    pub scope: Scope,
    /// How many connections at most.
    pub connections: usize,
    /// How long a relay in trouble is tried again before the run stops.
    pub patience: Duration,
    /// When to stop waiting for the relay, whatever it does.
    pub deadline: Option<Instant>,
}

/// What a run came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
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
    /// Why the run stopped before it was through.
    pub trouble: Option<Trouble>,
    /// Whether the program itself failed at a message.
    pub bug: bool,
}

impl Report {
    fn count(&mut self, state: MessageState) {
        match state {
            MessageState::Accepted => self.accepted += 1,
            MessageState::Failed => self.failed += 1,
            MessageState::InDoubt => self.in_doubt += 1,
            MessageState::Cancelled | MessageState::Skipped => self.cancelled += 1,
            MessageState::Deferred | MessageState::Queued | MessageState::Sending => self.deferred += 1,
        }
    }

    /// How many messages were handled.
    pub fn total(&self) -> u64 {
        self.accepted + self.deferred + self.failed + self.in_doubt + self.cancelled
    }
}

/// Sends what the order says, and returns when nothing of it is due any more, or the relay is in trouble for longer than
/// the order's patience. What another process was sending when it died is taken up first.
///
/// # Errors
/// When the store fails. Messages that are in flight then are in doubt for the next run.
pub fn run(store: &Store, post: &Post, order: &Order, clock: &dyn Clock, random: &mut dyn Random) -> Result<Report> {
    let lock = store.lock_as_sender()?;
    recover(store, lock.number(), clock.now())?;
    engine::Engine::new(store, post, order, clock, random, lock).run()
}

/// Marks what processes were sending that are gone: those whose lock can be taken, and the one that held this lock before.
fn recover(store: &Store, own: u32, now: Timestamp) -> Result<()> {
    let senders = store.read()?.senders_in_flight()?;
    for sender in senders {
        // Held until its messages are marked, so that nobody takes the lock and begins a message meanwhile.
        let lock = if sender == own { None } else { store.try_lock(sender)? };
        if sender == own || lock.is_some() {
            let writing = store.write()?;
            writing.doubt_sender(sender, now)?;
            writing.commit()?;
        }
    }
    Ok(())
}
