//! The end of a run whose transaction failed: what the workers had is heard, and recorded where the store takes it.

use std::time::Duration;
use std::time::Instant;

use super::Engine;
use super::LOOK;
use crate::outbox::requests::RequestQueue;
use crate::store::StoreError;

/// How long the relay's last replies are waited for where the store's damage ends a run.
const LAST_REPLIES: Duration = Duration::from_secs(60);

impl Engine<'_> {
    /// Ends the workers, and hears what became of their mails.
    pub(super) fn end_broken(&mut self, error: &StoreError, requests: &RequestQueue) {
        let is_damaged = error.damage().is_some();
        if is_damaged {
            self.hear_those_at_work(requests);
        }
        self.way = None;
        self.hear_the_rest(requests);
        // A store that is full or busy takes nothing now.
        if is_damaged {
            let now = self.surroundings.clock.now();
            self.heard.record_the_rest(self.store, self.send_options.scope.job(), now);
        }
    }

    /// Lets the mails that the relay has in part come to their end: one that is cut off is in doubt, and would be sent again.
    fn hear_those_at_work(&mut self, requests: &RequestQueue) {
        let until = Instant::now() + LAST_REPLIES;
        while self.heard.is_any_at_work() && self.cut_at.is_none_or(|at| Instant::now() < at) && Instant::now() < until
        {
            let Some(these) = requests.take(Instant::now() + LOOK, 1, Duration::ZERO) else { return };
            self.heard.note(&these);
            self.look_at_the_clock();
        }
    }

    /// Counts what the workers still tell while they end, where nothing can be recorded any more.
    fn hear_the_rest(&mut self, requests: &RequestQueue) {
        while let Some(requests) = requests.take(Instant::now() + LOOK, 1, Duration::ZERO) {
            self.heard.note(&requests);
        }
    }
}
