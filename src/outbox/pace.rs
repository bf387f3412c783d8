//! How fast messages are begun: the rate that was asked for, and slower for a while when the relay asks for that.

use std::time::Duration;
use std::time::Instant;

use crate::domain::rate::Rate;

/// The time between two messages once the relay has asked for a slower pace, at first and at most.
const SLOWED: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(60));
/// So many messages in a row without complaint halve that time.
const STEP: u32 = 20;
/// A time between two messages that is not worth keeping any more.
const LEAST: Duration = Duration::from_millis(1);

/// The pace of a run, which all its connections share. Messages are spread evenly, and what was missed is not caught up.
///
/// When the relay asks for less (421, 4.7.x), the time between two doubles, from 100 ms up to a minute. After 20 messages in
/// a row that it takes, the time halves, until the rate that was asked for is reached again, or none is needed.
#[derive(Debug)]
pub(super) struct Pace {
    asked: Option<Duration>,
    slowed: Option<Duration>,
    /// When the next message may begin.
    next_at: Option<Instant>,
    /// Until when a wish for a slower pace is about messages begun before the last one was heard.
    heard_until: Option<Instant>,
    /// How many were taken in a row since the pace last changed.
    taken: u32,
}

impl Pace {
    pub(super) fn new(rate: Option<Rate>) -> Self {
        Self { asked: rate.map(Rate::interval), slowed: None, next_at: None, heard_until: None, taken: 0 }
    }

    /// Whether there is a limit now.
    pub(super) fn is_limited(&self) -> bool {
        self.interval().is_some()
    }

    fn interval(&self) -> Option<Duration> {
        self.asked.max(self.slowed)
    }

    /// How long the next message must wait. Its turn is taken with that: whoever asks after it comes after it.
    pub(super) fn next(&mut self, now: Instant) -> Duration {
        let Some(interval) = self.interval() else { return Duration::ZERO };
        let at = self.next_at.map_or(now, |at| at.max(now));
        self.next_at = Some(at + interval);
        at - now
    }

    /// The relay asked for a slower pace. All connections hear that at about the same time: it counts once until the next
    /// message was begun at the new pace.
    pub(super) fn slow_down(&mut self, now: Instant) {
        self.taken = 0;
        if self.heard_until.is_some_and(|until| now < until) {
            return;
        }
        let (first, most) = SLOWED;
        let interval = self.interval().map_or(first, |interval| (interval * 2).clamp(first, most));
        self.slowed = Some(interval);
        let next_at = self.next_at.map_or(now, |at| at.max(now)) + interval;
        (self.next_at, self.heard_until) = (Some(next_at), Some(next_at));
    }

    /// The relay took a message.
    pub(super) fn taken(&mut self) {
        let Some(slowed) = self.slowed else { return };
        self.taken += 1;
        if self.taken == STEP {
            self.taken = 0;
            self.slowed = Some(slowed / 2).filter(|half| *half > self.asked.unwrap_or(LEAST));
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
        let (mut pace, now) = (Pace::new(None), Instant::now());
        assert!((0..1_000).all(|_| pace.next(now).is_zero()));
        assert!(!pace.is_limited());
    }

    #[test]
    fn a_rate_spreads_messages_evenly_whoever_sends_them() {
        let (mut pace, now) = (Pace::new(Some("10/s".parse().unwrap())), Instant::now());
        let waits: Vec<u128> = (0..4).map(|_| pace.next(now).as_millis()).collect();
        assert_eq!(waits, [0, 100, 200, 300]);
        assert_eq!(pace.next(now + milliseconds(350)), milliseconds(50));
    }

    #[test]
    fn what_was_missed_is_not_caught_up() {
        let (mut pace, now) = (Pace::new(Some("10/s".parse().unwrap())), Instant::now());
        pace.next(now);
        let late = now + milliseconds(10_000);
        assert_eq!([pace.next(late), pace.next(late)], [Duration::ZERO, milliseconds(100)]);
    }

    #[test]
    fn the_wish_for_a_slower_pace_of_all_connections_at_once_counts_once() {
        let (mut pace, now) = (Pace::new(None), Instant::now());
        (0..32).for_each(|_| pace.slow_down(now));
        assert_eq!(pace.interval(), Some(milliseconds(100)));
        assert_eq!(pace.next(now), milliseconds(100));
        pace.slow_down(now + milliseconds(99));
        assert_eq!(pace.interval(), Some(milliseconds(100)));
        pace.slow_down(now + milliseconds(100));
        assert_eq!(pace.interval(), Some(milliseconds(200)));
    }

    #[test]
    fn a_pace_is_slowed_down_to_one_a_minute_and_recovers_step_by_step() {
        let (mut pace, mut now) = (Pace::new(Some("20/s".parse().unwrap())), Instant::now());
        let mut seen = Vec::new();
        for _ in 0..12 {
            pace.slow_down(now);
            seen.push(pace.interval().unwrap().as_millis());
            now += pace.next(now);
        }
        assert_eq!(seen, [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 51_200, 60_000, 60_000]);
        let mut count = 0;
        while pace.interval() != Some(milliseconds(50)) {
            pace.taken();
            count += 1;
        }
        // 60 s is halved eleven times until it is less than the 50 ms that were asked for.
        assert_eq!(count, 11 * STEP);
        (0..1_000).for_each(|_| pace.taken());
        assert_eq!(pace.interval(), Some(milliseconds(50)));
    }

    #[test]
    fn a_pace_that_nobody_asked_for_is_gone_in_the_end_and_a_complaint_begins_the_count_again() {
        let (mut pace, now) = (Pace::new(None), Instant::now());
        pace.slow_down(now);
        (1..STEP).for_each(|_| pace.taken());
        pace.slow_down(now);
        pace.taken();
        assert_eq!(pace.interval(), Some(milliseconds(100)));
        (0..7 * STEP).for_each(|_| pace.taken());
        assert!(!pace.is_limited());
    }
}
