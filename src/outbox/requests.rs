//! The requests of the workers, on their way to the store's thread.
//!
//! A commit costs about as much for one message as for many: the disk must have it before anything continues. So the store's
//! thread waits a moment for all that are about to ask, as databases do that commit in groups: at most for twice as long as its
//! last turn took. It is not woken by each of them: once by most of them, whose changes it writes while the others come, and once by
//! these. A worker whose relay takes long is not waited for each time: one less is expected when not all came, and one
//! more now and then.

use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use crate::domain::message::MessageId;
use crate::mail::outcome::DeliveryOutcome;
use crate::mail::outcome::TransportError;

/// The longest wait for others.
const LONGEST: Duration = Duration::from_millis(5);
/// Fewer than so many are waited for all at once: to wake the store's thread costs as much as what it would do meanwhile.
const FEW: usize = 4;
/// The share of them that wakes it first. It takes somewhat less time for one of them than a relay on the same machine, so that it is
/// through with these when the last of the others come.
const FIRST: (usize, usize) = (5, 8);
/// When as many came as were expected this often in a row, one more is expected.
const RAISED_AFTER: u32 = 4;

/// What a worker says to the store's thread. Each is answered by one [`WorkerResponse`](super::worker::WorkerResponse).
#[derive(Debug)]
pub(super) enum WorkerRequest {
    /// The connection could not be opened.
    NotOpened(TransportError),
    /// The connection is open and free.
    Next {
        /// What became of the last message, if there was one.
        last: Option<(MessageId, DeliveryOutcome)>,
        /// Whether the envelope of a message can ride behind the one before it.
        can_ride: bool,
    },
    /// The connection is lost; what became of the last message.
    Lost(MessageId, DeliveryOutcome),
    /// The worker failed; whatever it was sending is the store's thread to settle.
    Panicked,
}

/// A request, and the number of the worker that it is from.
pub(super) type Numbered = (usize, WorkerRequest);

/// The requests that wait for the store's thread.
#[derive(Debug, Default)]
pub(super) struct RequestQueue {
    waiting: Mutex<Waiting>,
    enough: Condvar,
}

#[derive(Debug)]
struct Waiting {
    requests: Vec<Numbered>,
    /// How many the store's thread waits for; 0: it does something else.
    wanted: usize,
    /// How many can be expected to come at about the same time, and how often in a row they did.
    expected: usize,
    came: u32,
    /// Those that are still waited for when some were taken.
    rest: Option<Rest>,
    /// There are no workers any more.
    has_ended: bool,
}

/// What is left of a wait for several requests.
#[derive(Debug)]
struct Rest {
    until: Instant,
    /// How many were waited for, and how many were taken already.
    many: usize,
    taken: usize,
    /// How many may come at most.
    most: usize,
}

impl Default for Waiting {
    fn default() -> Self {
        Self { requests: Vec::new(), wanted: 0, expected: usize::MAX, came: 0, rest: None, has_ended: false }
    }
}

impl RequestQueue {
    /// Adds a request.
    pub(super) fn say(&self, number: usize, request: WorkerRequest) {
        let mut waiting = self.lock();
        waiting.requests.push((number, request));
        let is_enough = (1..=waiting.requests.len()).contains(&waiting.wanted);
        drop(waiting);
        if is_enough {
            self.enough.notify_one();
        }
    }

    /// There are no workers any more.
    pub(super) fn end(&self) {
        self.lock().has_ended = true;
        self.enough.notify_one();
    }

    /// Waits for a request, at most until `until`, and for most of up to `most` twice as long as the last turn took. Gives those that
    /// came; the others are for [`RequestQueue::take_rest`]. `None`: there are no workers any more.
    pub(super) fn take(&self, until: Instant, most: usize, last_turn: Duration) -> Option<Vec<Numbered>> {
        let retry_for = last_turn.saturating_mul(2).min(LONGEST);
        let waiting = self.lock();
        let many = most.min(waiting.expected);
        let first = if many < FEW { many } else { many.saturating_mul(FIRST.0).div_ceil(FIRST.1) };
        let rest_until = Instant::now() + retry_for;
        let mut waiting = self.await_requests(waiting, first, rest_until);
        let taken = waiting.requests.len();
        waiting.rest = None;
        if taken == 0 {
            waiting = self.await_requests(waiting, 1, until);
        } else if taken < many {
            waiting.rest = Some(Rest { until: rest_until, many, taken, most });
        } else {
            waiting.note_came(taken, many, most);
        }
        match waiting.requests.is_empty() && waiting.has_ended {
            true => None,
            false => Some(std::mem::take(&mut waiting.requests)),
        }
    }

    /// Waits for the rest of those that [`RequestQueue::take`] waited for. Gives those that came: none, if there is nothing to wait for.
    pub(super) fn take_rest(&self) -> Vec<Numbered> {
        let mut waiting = self.lock();
        let Some(Rest { until, many, taken, most }) = waiting.rest.take() else { return Vec::new() };
        waiting = self.await_requests(waiting, many.saturating_sub(taken), until);
        let came = taken + waiting.requests.len();
        waiting.note_came(came, many, most);
        std::mem::take(&mut waiting.requests)
    }

    fn await_requests<'a>(
        &self,
        mut waiting: MutexGuard<'a, Waiting>,
        wanted: usize,
        until: Instant,
    ) -> MutexGuard<'a, Waiting> {
        waiting.wanted = wanted;
        while waiting.requests.len() < wanted && !waiting.has_ended {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            waiting = self.enough.wait_timeout(waiting, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        waiting.wanted = 0;
        waiting
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// Learns from how many came of as `many` as were waited for.
    fn note_came(&mut self, came: usize, many: usize, most: usize) {
        if came < many {
            (self.expected, self.came) = (many - 1, 0);
        } else if many < most {
            self.came += 1;
            if self.came >= RAISED_AFTER {
                (self.expected, self.came) = (many + 1, 0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn asked(requests: &RequestQueue, numbers: impl IntoIterator<Item = usize>) {
        numbers.into_iter().for_each(|number| requests.say(number, WorkerRequest::Panicked));
    }

    fn numbers(taken: Option<Vec<Numbered>>) -> Option<Vec<usize>> {
        taken.map(|taken| taken.into_iter().map(|(number, _)| number).collect())
    }

    #[test]
    fn those_that_came_are_taken_in_their_order_and_once() {
        let requests = RequestQueue::default();
        let now = Instant::now();
        assert_eq!(numbers(requests.take(now, 8, Duration::ZERO)), Some(vec![]));
        asked(&requests, [3, 1, 2]);
        assert_eq!(numbers(requests.take(now, 8, Duration::ZERO)), Some(vec![3, 1, 2]));
        assert_eq!(numbers(requests.take(now, 8, Duration::ZERO)), Some(vec![]));
    }

    #[test]
    fn the_store_waits_for_the_first_and_is_woken_by_it() {
        let requests = RequestQueue::default();
        std::thread::scope(|scope| {
            scope.spawn(|| asked(&requests, [7]));
            assert_eq!(numbers(requests.take(Instant::now() + LONG, 1, LONG)), Some(vec![7]));
        });
    }

    #[test]
    fn as_many_as_are_wanted_end_the_wait_for_others() {
        let requests = RequestQueue::default();
        asked(&requests, 0..8);
        // Without a limit of time it would wait without end.
        let taken = requests.take(Instant::now() + LONG, 8, LONG);
        assert_eq!(numbers(taken), Some((0..8).collect()));
    }

    #[test]
    fn most_of_them_end_the_first_wait_and_the_others_the_second() {
        let requests = RequestQueue::default();
        asked(&requests, 0..5);
        assert_eq!(numbers(requests.take(Instant::now() + LONG, 8, LONG)), Some(vec![0, 1, 2, 3, 4]));
        asked(&requests, 5..8);
        assert_eq!(numbers(Some(requests.take_rest())), Some(vec![5, 6, 7]));
        assert_eq!(requests.lock().expected, usize::MAX);
        assert_eq!(numbers(Some(requests.take_rest())), Some(vec![]));
        // Nobody waits for those of an earlier wait.
        asked(&requests, [1]);
        assert_eq!(numbers(requests.take(Instant::now() + LONG, 1, LONG)), Some(vec![1]));
        assert_eq!(numbers(Some(requests.take_rest())), Some(vec![]));
    }

    #[test]
    fn one_that_does_not_come_is_not_waited_for_each_time() {
        let requests = RequestQueue::default();
        let mut expected = Vec::new();
        for _ in 0..6 {
            asked(&requests, 0..7);
            let (first, rest) = (requests.take(Instant::now() + LONG, 8, LONG), requests.take_rest());
            assert_eq!(first.map_or(0, |first| first.len()) + rest.len(), 7);
            expected.push(requests.lock().expected);
        }
        assert_eq!(expected, [7, 7, 7, 7, 8, 7]);
    }

    #[test]
    fn the_end_of_the_workers_is_heard_when_all_that_they_said_is_taken() {
        let requests = RequestQueue::default();
        asked(&requests, [4]);
        requests.end();
        assert_eq!(numbers(requests.take(Instant::now() + LONG, 8, LONG)), Some(vec![4]));
        assert_eq!(numbers(requests.take(Instant::now() + LONG, 8, LONG)), None);
    }
}
