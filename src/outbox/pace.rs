//! How fast messages are begun: the rate that was asked for, and slower for a while when the relay asks for that.

use std::time::Duration;
use std::time::Instant;

/// The time between two messages once the relay has asked for a slower pace: twice what one took before, and at most this.
const SLOWED: Duration = Duration::from_millis(100);
/// The same however often it asks.
pub(super) const SLOWEST: Duration = Duration::from_secs(60);
/// After so many messages in a row without complaint that time is shortened, or after what is sent in this time, but not after
/// fewer than a few.
const STEP: u32 = 20;
const STEP_TIME: Duration = Duration::from_secs(30);
const LEAST_STEP: u32 = 3;
/// By how much it is drawn out at a complaint after messages that were taken; without any in between it doubles.
const SLOWER: f64 = 1.25;
/// By how much it is shortened at a step; at the second in a row by the square of that, and so on, at most by half.
const FASTER: f64 = 0.9;
const MOST_STEPS: i32 = 7;
/// A time between two messages that is not worth keeping any more.
const LEAST: Duration = Duration::from_millis(1);

/// The pace of a run, which all its connections share. Messages are spread evenly, and what was missed is not caught up.
///
/// When the relay asks for less, the time between two grows, up to a minute. As long as it takes messages then, that time
/// shortens step by step, until the rate that was asked for is reached again, or none is needed. So the pace comes close to
/// what the relay allows, whatever that is.
#[derive(Debug)]
pub(super) struct Pace {
    asked: Option<Duration>,
    /// The longest time between two.
    slowest: Duration,
    slowed: Option<Duration>,
    /// When the next message may begin.
    next_at: Option<Instant>,
    /// Until when a wish for a slower pace is about messages begun before the last one was heard.
    heard_until: Option<Instant>,
    /// When the first message began, and how many were taken since.
    first: Option<(Instant, u32)>,
    /// How many were taken in a row since the last step, and how many steps in a row since the last complaint.
    taken: u32,
    steps: i32,
}

impl Pace {
    /// A pace with at least the time `asked` between two messages, and at most `slowest` when the relay asks for less.
    pub(super) fn new(asked: Option<Duration>, slowest: Duration) -> Self {
        Self { asked, slowest, slowed: None, next_at: None, heard_until: None, first: None, taken: 0, steps: 0 }
    }

    /// Whether there is a limit now.
    pub(super) fn is_limited(&self) -> bool {
        self.interval().is_some()
    }

    fn interval(&self) -> Option<Duration> {
        self.asked.max(self.slowed)
    }

    /// How long the next message must wait. Its turn is taken with that: the next to ask comes after it.
    pub(super) fn next(&mut self, now: Instant) -> Duration {
        self.first.get_or_insert((now, 0));
        let Some(interval) = self.interval() else { return Duration::ZERO };
        let at = self.next_at.map_or(now, |at| at.max(now));
        self.next_at = Some(at + interval);
        at - now
    }

    /// Whether the relay has asked for the slowest pace.
    pub(super) fn is_slowest(&self) -> bool {
        self.slowed.is_some_and(|slowed| slowed >= self.slowest)
    }

    /// Whether the relay has asked for a slower pace, and not got the old one back yet.
    pub(super) fn is_slowed(&self) -> bool {
        self.slowed.is_some()
    }

    /// The relay asked for a slower pace. All connections hear that at about the same time: it counts once until the next
    /// message was begun at the new pace. Whether it counted.
    pub(super) fn slow_down(&mut self, now: Instant) -> bool {
        let has_taken = std::mem::take(&mut self.taken) > 0 || self.steps > 0;
        if self.heard_until.is_some_and(|until| now < until) {
            return false;
        }
        self.steps = 0;
        let slower = |interval: Duration| if has_taken { interval.mul_f64(SLOWER) } else { interval * 2 };
        let interval = match (self.slowed, self.asked) {
            (Some(interval), _) | (None, Some(interval)) => slower(interval).min(self.slowest.max(interval)),
            (None, None) => {
                let (first, taken) = self.first.unwrap_or((now, 0));
                let one = now.duration_since(first) / taken.max(1);
                (one * 2).clamp(LEAST, SLOWED).min(self.slowest)
            }
        };
        self.slowed = Some(interval);
        let next_at = self.next_at.map_or(now, |at| at.max(now)) + interval;
        (self.next_at, self.heard_until) = (Some(next_at), Some(next_at));
        true
    }

    /// The relay accepted a message.
    pub(super) fn taken(&mut self) {
        if let Some((_, taken)) = &mut self.first {
            *taken = taken.saturating_add(1);
        }
        let Some(slowed) = self.slowed else { return };
        self.taken += 1;
        let in_time = (STEP_TIME.as_secs_f64() / slowed.as_secs_f64()).min(f64::from(STEP)) as u32;
        if self.taken >= in_time.max(LEAST_STEP) {
            self.taken = 0;
            self.steps = (self.steps + 1).min(MOST_STEPS);
            let faster = slowed.mul_f64(FASTER.powi(self.steps));
            self.slowed = Some(faster).filter(|faster| *faster > self.asked.unwrap_or(LEAST));
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
    fn without_a_rate_nothing_waits() {
        let (mut pace, now) = (Pace::new(None, SLOWEST), Instant::now());
        assert!((0..1_000).all(|_| pace.next(now).is_zero()));
        assert!(!pace.is_limited());
    }

    #[test]
    fn a_rate_spreads_messages_evenly_whoever_sends_them() {
        let (mut pace, now) = (Pace::new(Some(milliseconds(100)), SLOWEST), Instant::now());
        let waits: Vec<u128> = (0..4).map(|_| pace.next(now).as_millis()).collect();
        assert_eq!(waits, [0, 100, 200, 300]);
        assert_eq!(pace.next(now + milliseconds(350)), milliseconds(50));
    }

    #[test]
    fn what_was_missed_is_not_caught_up() {
        let (mut pace, now) = (Pace::new(Some(milliseconds(100)), SLOWEST), Instant::now());
        pace.next(now);
        let late = now + milliseconds(10_000);
        assert_eq!([pace.next(late), pace.next(late)], [Duration::ZERO, milliseconds(100)]);
    }

    #[test]
    fn the_wish_for_a_slower_pace_of_all_connections_at_once_counts_once() {
        let (mut pace, now) = (Pace::new(Some(milliseconds(100)), SLOWEST), Instant::now());
        assert_eq!((0..32).filter(|_| pace.slow_down(now)).count(), 1);
        assert_eq!(pace.interval(), Some(milliseconds(200)));
        assert_eq!(pace.next(now), milliseconds(200));
        assert!(!pace.slow_down(now + milliseconds(199)));
        assert!(pace.slow_down(now + milliseconds(200)));
        assert_eq!(pace.interval(), Some(milliseconds(400)));
    }

    #[test]
    fn the_first_slower_pace_is_half_of_that_before_and_ten_a_second_at_least() {
        let began = Instant::now();
        for (count, time, interval) in [(100, 1_000, 20), (1, 1_000, 100), (0, 0, 1), (2_000, 1_000, 1)] {
            let mut pace = Pace::new(None, SLOWEST);
            pace.next(began);
            (0..count).for_each(|_| pace.taken());
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
            pace.taken();
            count += 1;
        }
        assert!((50..200).contains(&count) && time < Duration::from_secs(900), "{count} in {time:?}");
        (0..1_000).for_each(|_| pace.taken());
        assert_eq!((pace.interval(), pace.is_slowed()), (Some(milliseconds(50)), false));
    }

    #[test]
    fn a_complaint_after_messages_that_were_taken_slows_down_by_less_and_begins_the_count_again() {
        let (mut pace, now) = (Pace::new(Some(milliseconds(100)), SLOWEST), Instant::now());
        pace.slow_down(now);
        (1..STEP).for_each(|_| pace.taken());
        assert!(pace.slow_down(now + milliseconds(1_000)));
        assert_eq!(pace.interval(), Some(milliseconds(250)));
        (1..STEP).for_each(|_| pace.taken());
        assert_eq!(pace.interval(), Some(milliseconds(250)));
        pace.taken();
        assert_eq!(pace.interval(), Some(milliseconds(225)));
    }

    #[test]
    fn a_pace_that_nobody_asked_for_is_gone_in_the_end() {
        let (mut pace, now) = (Pace::new(None, SLOWEST), Instant::now());
        pace.slow_down(now);
        assert!(pace.is_limited());
        (0..1_000).for_each(|_| pace.taken());
        assert!(!pace.is_limited() && !pace.is_slowed());
    }

    /// A relay that takes so many a second, and saves up as many while nothing comes.
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
    fn of_what_a_relay_allows_at_least_four_fifths_are_used() {
        for per_second in [1.0, 2.0, 5.0, 14.0, 40.0, 100.0, 300.0] {
            let (mut pace, began) = (Pace::new(None, SLOWEST), Instant::now());
            let mut relay = TokenBucket { per_second, left: per_second, since: began };
            let (mut now, mut taken, mut refused, mut refused_in_row) = (began, 0, 0, 0);
            while now < began + Duration::from_secs(600) {
                // A mail takes a millisecond however fast the pace is.
                now += pace.next(now).max(milliseconds(1));
                if relay.takes(now) {
                    pace.taken();
                    (taken, refused_in_row) = (taken + 1, 0);
                } else {
                    refused_in_row += 1;
                    refused += 1;
                    // As the engine hears it.
                    if refused_in_row >= 3 || pace.is_slowed() {
                        pace.slow_down(now);
                    }
                }
            }
            let share = f64::from(taken) / (600.0 * per_second);
            let deferred = f64::from(refused) / f64::from(taken);
            assert!(share >= 0.8 && deferred < 0.06, "{per_second} a second: {share:.2}, deferred {deferred:.2}");
        }
    }
}
