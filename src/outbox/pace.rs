//! The pace at which messages are started: the configured rate, and slower for a while when the relay asks for it.

use std::time::Duration;
use std::time::Instant;

/// The longest interval after the first request for a slower pace, which doubles the interval before.
const SLOWED: Duration = Duration::from_millis(100);
/// The longest interval, however often the relay asks.
pub(super) const SLOWEST: Duration = Duration::from_secs(60);
/// The interval is shortened after this many consecutive accepted messages, or after as many as are sent in this
/// time, but not after fewer than `LEAST_STEP`.
const STEP: u32 = 20;
const STEP_TIME: Duration = Duration::from_secs(30);
const LEAST_STEP: u32 = 3;
/// The factor by which a request for a slower pace lengthens the interval after accepted messages; without any in
/// between it doubles.
const SLOWER: f64 = 1.25;
/// The factor by which a step shortens the interval; the second consecutive step by its square, and so on up to the
/// power of `MOST_STEPS`, about a half.
const FASTER: f64 = 0.9;
const MOST_STEPS: i32 = 7;
/// An interval below this is dropped.
const LEAST: Duration = Duration::from_millis(1);

/// The pace of a run, shared by all its connections. Messages are spread evenly, and missed turns are not caught up.
///
/// When the relay asks for less mail, the interval between two messages grows, up to a minute. While the relay then
/// accepts messages, the interval shortens step by step until it is the configured one again, or none is needed. So
/// the pace approaches what the relay allows, whatever that is.
#[derive(Debug)]
pub(super) struct Pace {
    configured: Option<Duration>,
    /// The longest interval.
    slowest: Duration,
    slowed: Option<Duration>,
    /// When the next message may start.
    next_at: Option<Instant>,
    /// Until then, a request for a slower pace concerns messages that were started before the last one came in.
    counted_until: Option<Instant>,
    /// When the first message started, and the number accepted since.
    first: Option<(Instant, u32)>,
    /// Number of messages accepted since the last step, and of consecutive steps since the relay last asked for less.
    accepted: u32,
    steps: i32,
}

impl Pace {
    /// A pace with an interval of at least `configured`, and of at most `slowest` when the relay asks for less.
    pub(super) fn new(configured: Option<Duration>, slowest: Duration) -> Self {
        Self {
            configured,
            slowest,
            slowed: None,
            next_at: None,
            counted_until: None,
            first: None,
            accepted: 0,
            steps: 0,
        }
    }

    /// Whether messages must wait for their turn now.
    pub(super) fn is_limited(&self) -> bool {
        self.interval().is_some()
    }

    fn interval(&self) -> Option<Duration> {
        self.configured.max(self.slowed)
    }

    /// How long the next message must wait. This takes the turn: the next caller gets the one after it.
    pub(super) fn next(&mut self, now: Instant) -> Duration {
        self.first.get_or_insert((now, 0));
        let Some(interval) = self.interval() else { return Duration::ZERO };
        let at = self.next_at.map_or(now, |at| at.max(now));
        self.next_at = Some(at + interval);
        at - now
    }

    /// Whether the relay has slowed the run down to the slowest pace.
    pub(super) fn is_slowest(&self) -> bool {
        self.slowed.is_some_and(|slowed| slowed >= self.slowest)
    }

    /// Whether the run is slower than configured because the relay asked for it.
    pub(super) fn is_slowed(&self) -> bool {
        self.slowed.is_some()
    }

    /// Slows down because the relay asked for it. All connections get such replies at about the same time, so this
    /// counts once until a message was started at the new pace. Returns whether it counted.
    pub(super) fn slow_down(&mut self, now: Instant) -> bool {
        let has_taken = std::mem::take(&mut self.accepted) > 0 || self.steps > 0;
        if self.counted_until.is_some_and(|until| now < until) {
            return false;
        }
        self.steps = 0;
        let slower = |interval: Duration| if has_taken { interval.mul_f64(SLOWER) } else { interval * 2 };
        let interval = match (self.slowed, self.configured) {
            (Some(interval), _) | (None, Some(interval)) => slower(interval).min(self.slowest.max(interval)),
            (None, None) => {
                let (first, accepted) = self.first.unwrap_or((now, 0));
                let one = now.duration_since(first) / accepted.max(1);
                (one * 2).clamp(LEAST, SLOWED).min(self.slowest)
            }
        };
        self.slowed = Some(interval);
        let next_at = self.next_at.map_or(now, |at| at.max(now)) + interval;
        (self.next_at, self.counted_until) = (Some(next_at), Some(next_at));
        true
    }

    /// Notes that the relay accepted a message.
    pub(super) fn note_accepted(&mut self) {
        if let Some((_, accepted)) = &mut self.first {
            *accepted = accepted.saturating_add(1);
        }
        let Some(slowed) = self.slowed else { return };
        self.accepted += 1;
        let in_time = (STEP_TIME.as_secs_f64() / slowed.as_secs_f64()).min(f64::from(STEP)) as u32;
        if self.accepted >= in_time.max(LEAST_STEP) {
            self.accepted = 0;
            self.steps = (self.steps + 1).min(MOST_STEPS);
            let faster = slowed.mul_f64(FASTER.powi(self.steps));
            self.slowed = Some(faster).filter(|faster| *faster > self.configured.unwrap_or(LEAST));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milliseconds(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn without_a_rate_no_message_waits() {
        let (mut pace, now) = (Pace::new(None, SLOWEST), Instant::now());
        assert!((0..1_000).all(|_| pace.next(now).is_zero()));
        assert!(!pace.is_limited());
    }

    #[test]
    fn a_rate_spreads_messages_evenly() {
        let (mut pace, now) = (Pace::new(Some(milliseconds(100)), SLOWEST), Instant::now());
        let waits: Vec<u128> = (0..4).map(|_| pace.next(now).as_millis()).collect();
        assert_eq!(waits, [0, 100, 200, 300]);
        assert_eq!(pace.next(now + milliseconds(350)), milliseconds(50));
    }

    #[test]
    fn missed_turns_are_not_caught_up() {
        let (mut pace, now) = (Pace::new(Some(milliseconds(100)), SLOWEST), Instant::now());
        pace.next(now);
        let late = now + milliseconds(10_000);
        assert_eq!([pace.next(late), pace.next(late)], [Duration::ZERO, milliseconds(100)]);
    }

    #[test]
    fn simultaneous_requests_for_a_slower_pace_count_once() {
        let (mut pace, now) = (Pace::new(Some(milliseconds(100)), SLOWEST), Instant::now());
        assert_eq!((0..32).filter(|_| pace.slow_down(now)).count(), 1);
        assert_eq!(pace.interval(), Some(milliseconds(200)));
        assert_eq!(pace.next(now), milliseconds(200));
        assert!(!pace.slow_down(now + milliseconds(199)));
        assert!(pace.slow_down(now + milliseconds(200)));
        assert_eq!(pace.interval(), Some(milliseconds(400)));
    }

    #[test]
    fn the_first_slower_pace_is_half_of_that_before_and_at_least_ten_a_second() {
        let began = Instant::now();
        for (count, time, interval) in [(100, 1_000, 20), (1, 1_000, 100), (0, 0, 1), (2_000, 1_000, 1)] {
            let mut pace = Pace::new(None, SLOWEST);
            pace.next(began);
            (0..count).for_each(|_| pace.note_accepted());
            assert!(pace.slow_down(began + milliseconds(time)));
            assert_eq!(pace.interval(), Some(milliseconds(interval)), "{count} in {time} ms");
        }
    }

    #[test]
    fn a_pace_is_slowed_down_to_one_a_minute_and_recovers_step_by_step() {
        let (mut pace, mut now) = (Pace::new(Some(milliseconds(50)), SLOWEST), Instant::now());
        let mut seen = Vec::new();
        for _ in 0..12 {
            assert!(pace.slow_down(now));
            assert_eq!(pace.is_slowest(), seen.len() >= 10);
            seen.push(pace.interval().unwrap().as_millis());
            now += pace.next(now);
        }
        assert_eq!(seen, [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 51_200, 60_000, 60_000]);
        let (mut count, mut time) = (0, Duration::ZERO);
        while pace.interval() != Some(milliseconds(50)) {
            time += pace.interval().unwrap();
            pace.note_accepted();
            count += 1;
        }
        assert!((50..200).contains(&count) && time < Duration::from_secs(900), "{count} in {time:?}");
        (0..1_000).for_each(|_| pace.note_accepted());
        assert_eq!((pace.interval(), pace.is_slowed()), (Some(milliseconds(50)), false));
    }

    #[test]
    fn after_accepted_messages_the_pace_slows_down_by_less_and_the_count_restarts() {
        let (mut pace, now) = (Pace::new(Some(milliseconds(100)), SLOWEST), Instant::now());
        pace.slow_down(now);
        (1..STEP).for_each(|_| pace.note_accepted());
        assert!(pace.slow_down(now + milliseconds(1_000)));
        assert_eq!(pace.interval(), Some(milliseconds(250)));
        (1..STEP).for_each(|_| pace.note_accepted());
        assert_eq!(pace.interval(), Some(milliseconds(250)));
        pace.note_accepted();
        assert_eq!(pace.interval(), Some(milliseconds(225)));
    }

    #[test]
    fn a_pace_that_was_not_configured_is_dropped_in_the_end() {
        let (mut pace, now) = (Pace::new(None, SLOWEST), Instant::now());
        pace.slow_down(now);
        assert!(pace.is_limited());
        (0..1_000).for_each(|_| pace.note_accepted());
        assert!(!pace.is_limited() && !pace.is_slowed());
    }

    /// A relay that accepts `per_second` messages a second, and saves up the allowance of one second.
    struct TokenBucket {
        per_second: f64,
        left: f64,
        since: Instant,
    }

    impl TokenBucket {
        fn takes(&mut self, now: Instant) -> bool {
            let saved = self.per_second * now.duration_since(self.since).as_secs_f64();
            (self.left, self.since) = ((self.left + saved).min(self.per_second), now);
            let takes = self.left >= 1.0;
            self.left -= f64::from(u8::from(takes));
            takes
        }
    }

    #[test]
    fn at_least_four_fifths_of_what_a_relay_allows_are_used() {
        for per_second in [1.0, 2.0, 5.0, 14.0, 40.0, 100.0, 300.0] {
            let (mut pace, began) = (Pace::new(None, SLOWEST), Instant::now());
            let mut relay = TokenBucket { per_second, left: per_second, since: began };
            let (mut now, mut accepted, mut refused, mut refused_in_row) = (began, 0, 0, 0);
            while now < began + Duration::from_secs(600) {
                // A mail takes a millisecond, however fast the pace is.
                now += pace.next(now).max(milliseconds(1));
                if relay.takes(now) {
                    pace.note_accepted();
                    (accepted, refused_in_row) = (accepted + 1, 0);
                } else {
                    refused_in_row += 1;
                    refused += 1;
                    // As the engine does it.
                    if refused_in_row >= 3 || pace.is_slowed() {
                        pace.slow_down(now);
                    }
                }
            }
            let share = f64::from(accepted) / (600.0 * per_second);
            let deferred = f64::from(refused) / f64::from(accepted);
            assert!(share >= 0.8 && deferred < 0.06, "{per_second} a second: {share:.2}, deferred {deferred:.2}");
        }
    }
}
