//! The queue of requests from the workers to the store's thread.
//!
//! A commit costs about as much for one message as for many, because it must be on the disk before anything
//! continues. So the store's thread waits a moment for the workers that are about to send a request, like the group
//! commit of a database: at most twice as long as its last turn took. It is not woken by each request but twice:
//! first when most have come in, which it handles while the others arrive, and then for these. To avoid waiting each
//! time for a worker whose relay is slow, it expects one request fewer when not all came in, and now and then one
//! more.

use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use crate::domain::message::MessageId;
use crate::mail::outcome::DeliveryOutcome;
use crate::mail::outcome::TransportError;

/// The longest wait for further requests.
const MAX_WAIT: Duration = Duration::from_millis(5);
/// Fewer requests than this are waited for together: waking the store's thread costs as much as what it would do
/// meanwhile.
const FEW: usize = 4;
/// The share of the requests that wakes the store's thread first. One request takes it a little less time than a
/// relay on the same machine, so that it has handled these when the last of the others come in.
const FIRST: (usize, usize) = (5, 8);
/// When all expected requests came in this many times in a row, one more is expected.
const RAISED_AFTER: u32 = 4;

/// A request of a worker to the store's thread. The answer to each is one
/// [`WorkerResponse`](super::worker::WorkerResponse).
#[derive(Debug)]
pub(super) enum WorkerRequest {
    /// The connection could not be opened.
    NotOpened(TransportError),
    /// The connection is open and free.
    Next {
        /// The result of the last message, if there was one.
        last: Option<(MessageId, DeliveryOutcome)>,
        /// Whether the envelope of the next message can be sent right behind the current one.
        can_pipeline: bool,
    },
    /// The connection is lost; with the result of the last message.
    Lost(MessageId, DeliveryOutcome),
    /// The worker panicked; the store's thread records the result of its message.
    Panicked,
}

/// A request with the number of the worker that sent it.
pub(super) type Numbered = (usize, WorkerRequest);

/// The requests that the store's thread has not taken yet.
#[derive(Debug, Default)]
pub(super) struct RequestQueue {
    waiting: Mutex<Waiting>,
    enough: Condvar,
}

#[derive(Debug)]
struct Waiting {
    requests: Vec<Numbered>,
    /// The number of requests that the store's thread waits for; 0: it does not wait.
    wanted: usize,
    /// The number of requests expected at about the same time, and how often in a row they came in.
    expected: usize,
    came: u32,
    /// What the store's thread still waits for after it took the first requests.
    rest: Option<Rest>,
    /// All workers have ended.
    has_ended: bool,
}

/// The second wait for requests, after the first ones were taken.
#[derive(Debug)]
struct Rest {
    until: Instant,
    /// The number waited for in total, and the number already taken.
    many: usize,
    taken: usize,
    /// The highest number that can come in.
    most: usize,
}

impl Default for Waiting {
    fn default() -> Self {
        Self { requests: Vec::new(), wanted: 0, expected: usize::MAX, came: 0, rest: None, has_ended: false }
    }
}

impl RequestQueue {
    /// Adds a request.
    pub(super) fn push(&self, number: usize, request: WorkerRequest) {
        let mut waiting = self.lock();
        waiting.requests.push((number, request));
        let is_enough = (1..=waiting.requests.len()).contains(&waiting.wanted);
        drop(waiting);
        if is_enough {
            self.enough.notify_one();
        }
    }

    /// Notes that all workers have ended.
    pub(super) fn end(&self) {
        self.lock().has_ended = true;
        self.enough.notify_one();
    }

    /// Waits for a request, at most until `until`; and for most of up to `most` requests, at most twice as long as
    /// the last turn took. Returns those that came in; [`RequestQueue::take_rest`] returns the others. `None`: all
    /// workers have ended.
    pub(super) fn take(&self, until: Instant, most: usize, last_turn: Duration) -> Option<Vec<Numbered>> {
        let wait = last_turn.saturating_mul(2).min(MAX_WAIT);
        let waiting = self.lock();
        let many = most.min(waiting.expected);
        let first = if many < FEW { many } else { many.saturating_mul(FIRST.0).div_ceil(FIRST.1) };
        let rest_until = Instant::now() + wait;
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

    /// Waits for the requests that [`RequestQueue::take`] left. Returns those that came in, which are none if nothing
    /// is left to wait for.
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
    /// Adapts the expectation, after `came` of `many` expected requests came in.
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

    fn push_all(requests: &RequestQueue, numbers: impl IntoIterator<Item = usize>) {
        numbers.into_iter().for_each(|number| requests.push(number, WorkerRequest::Panicked));
    }

    fn numbers(taken: Option<Vec<Numbered>>) -> Option<Vec<usize>> {
        taken.map(|taken| taken.into_iter().map(|(number, _)| number).collect())
    }

    #[test]
    fn requests_are_taken_once_and_in_their_order() {
        let requests = RequestQueue::default();
        let now = Instant::now();
        assert_eq!(numbers(requests.take(now, 8, Duration::ZERO)), Some(vec![]));
        push_all(&requests, [3, 1, 2]);
        assert_eq!(numbers(requests.take(now, 8, Duration::ZERO)), Some(vec![3, 1, 2]));
        assert_eq!(numbers(requests.take(now, 8, Duration::ZERO)), Some(vec![]));
    }

    #[test]
    fn the_first_request_wakes_the_stores_thread() {
        let requests = RequestQueue::default();
        std::thread::scope(|scope| {
            scope.spawn(|| push_all(&requests, [7]));
            assert_eq!(numbers(requests.take(Instant::now() + LONG, 1, LONG)), Some(vec![7]));
        });
    }

    #[test]
    fn the_wait_ends_when_all_expected_requests_are_in() {
        let requests = RequestQueue::default();
        push_all(&requests, 0..8);
        // Without enough requests it would wait for a minute.
        let taken = requests.take(Instant::now() + LONG, 8, LONG);
        assert_eq!(numbers(taken), Some((0..8).collect()));
    }

    #[test]
    fn most_requests_end_the_first_wait_and_the_others_the_second() {
        let requests = RequestQueue::default();
        push_all(&requests, 0..5);
        assert_eq!(numbers(requests.take(Instant::now() + LONG, 8, LONG)), Some(vec![0, 1, 2, 3, 4]));
        push_all(&requests, 5..8);
        assert_eq!(numbers(Some(requests.take_rest())), Some(vec![5, 6, 7]));
        assert_eq!(requests.lock().expected, usize::MAX);
        assert_eq!(numbers(Some(requests.take_rest())), Some(vec![]));
        // The requests of an earlier wait are not waited for.
        push_all(&requests, [1]);
        assert_eq!(numbers(requests.take(Instant::now() + LONG, 1, LONG)), Some(vec![1]));
        assert_eq!(numbers(Some(requests.take_rest())), Some(vec![]));
    }

    #[test]
    fn a_missing_request_is_not_waited_for_each_time() {
        let requests = RequestQueue::default();
        let mut expected = Vec::new();
        for _ in 0..6 {
            push_all(&requests, 0..7);
            let (first, rest) = (requests.take(Instant::now() + LONG, 8, LONG), requests.take_rest());
            assert_eq!(first.map_or(0, |first| first.len()) + rest.len(), 7);
            expected.push(requests.lock().expected);
        }
        assert_eq!(expected, [7, 7, 7, 7, 8, 7]);
    }

    #[test]
    fn take_returns_none_only_after_the_last_requests_of_ended_workers() {
        let requests = RequestQueue::default();
        push_all(&requests, [4]);
        requests.end();
        assert_eq!(numbers(requests.take(Instant::now() + LONG, 8, LONG)), Some(vec![4]));
        assert_eq!(numbers(requests.take(Instant::now() + LONG, 8, LONG)), None);
    }
}
