//! The end of a run whose transaction failed: collects the last results of the workers, and records them if the store
//! allows it.

use std::time::Duration;
use std::time::Instant;

use super::Engine;
use super::POLL_INTERVAL;
use crate::outbox::requests::RequestQueue;
use crate::store::StoreError;

/// How long to wait for the relay's last replies when damage of the store ends a run.
const LAST_REPLIES: Duration = Duration::from_secs(60);

impl Engine<'_> {
    /// Ends the workers and collects the results of their mails.
    pub(super) fn end_broken(&mut self, error: &StoreError, requests: &RequestQueue) {
        let is_damaged = error.damage().is_some();
        if is_damaged {
            self.wait_for_last_replies(requests);
        }
        self.sender = None;
        self.drain_requests(requests);
        // A store that is full or busy accepts no writes now.
        if is_damaged {
            let now = self.context.clock.now();
            self.received.record_the_rest(self.store, self.send_options.scope.job(), now);
        }
    }

    /// Waits until the mails that the relay has in part are delivered: a mail that is cut off is in doubt and would
    /// be sent again.
    fn wait_for_last_replies(&mut self, requests: &RequestQueue) {
        let until = Instant::now() + LAST_REPLIES;
        while self.received.is_any_in_flight()
            && self.cut_at.is_none_or(|at| Instant::now() < at)
            && Instant::now() < until
        {
            let Some(requests_now) = requests.take(Instant::now() + POLL_INTERVAL, 1, Duration::ZERO) else { return };
            self.received.note(&requests_now);
            self.check_stop();
        }
    }

    /// Counts the results that the workers still report while they end, when nothing can be recorded any more.
    fn drain_requests(&mut self, requests: &RequestQueue) {
        while let Some(requests) = requests.take(Instant::now() + POLL_INTERVAL, 1, Duration::ZERO) {
            self.received.note(&requests);
        }
    }
}
