//! When a mail that was deferred, or is in doubt, is tried again.

use std::time::Duration;

/// The wait after the first try: the time after which a relay that greylists usually takes a mail.
const FIRST: u64 = 300;
/// The longest wait, Postfix's `maximal_backoff_time`.
const LONGEST: u64 = 4_000;
/// The longest wait of a mail that is in doubt again and again: a day.
const LONGEST_IN_DOUBT: u64 = 24 * 3_600;
/// How far a wait is drawn out or shortened, in percent, so that mails deferred together do not come back together.
const SPREAD: u64 = 20;

/// How long to wait after the `attempts`-th try failed: 5 minutes, then twice as long each time, at most 4,000 seconds
/// (RFC 5321, 4.5.4.1, asks for 30 minutes after some tries; Postfix goes up to these). `jitter` is any random number,
/// which moves the wait by up to a fifth in either direction.
pub fn wait(attempts: u32, jitter: u32) -> Duration {
    let doubled = FIRST << attempts.saturating_sub(1).min(8);
    spread_out(doubled.min(LONGEST), jitter)
}

/// The same for a mail that is in doubt for the `doubts`-th time: 5 minutes, then four times as long each time (20 and 80 minutes, 5
/// hours), at most a day. Each try may bring its user another copy: in a day there are five, where [`wait`] would allow 23.
pub fn wait_in_doubt(doubts: u32, jitter: u32) -> Duration {
    let longer = FIRST << (2 * doubts.saturating_sub(1).min(8));
    spread_out(longer.min(LONGEST_IN_DOUBT), jitter)
}

fn spread_out(wait: u64, jitter: u32) -> Duration {
    let spread = wait * SPREAD / 100;
    Duration::from_secs(wait - spread + u64::from(jitter) % (2 * spread + 1))
}

/// The longest [`wait`] with its jitter.
pub const LONGEST_WAIT: Duration = Duration::from_secs(LONGEST + LONGEST * SPREAD / 100);

/// The longest [`wait_in_doubt`] with its jitter.
pub const LONGEST_WAIT_IN_DOUBT: Duration = Duration::from_secs(LONGEST_IN_DOUBT + LONGEST_IN_DOUBT * SPREAD / 100);

/// The longest time for which nothing is sent to a relay that refuses everything.
pub const LONGEST_HOLD: Duration = Duration::from_secs(LONGEST);

/// How long nothing is sent to a relay that has refused everything for the `count`-th time in a row: 5 minutes, then twice as
/// long each time, at most 4,000 seconds.
pub fn hold(count: u32) -> Duration {
    Duration::from_secs((FIRST << count.saturating_sub(1).min(8)).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn waits_double_up_to_their_bound() {
        // A fifth is the jitter that leaves a wait as it is.
        for (attempts, seconds) in [300, 300, 600, 1_200, 2_400, 4_000, 4_000, 4_000].into_iter().enumerate() {
            let attempts = u32::try_from(attempts).unwrap();
            assert_eq!(wait(attempts, u32::try_from(seconds / 5).unwrap()).as_secs(), seconds);
        }
        assert_eq!(wait(u32::MAX, 800).as_secs(), 4_000);
    }

    #[test]
    fn waits_in_doubt_are_four_times_as_long_each_time_up_to_a_day() {
        for (doubts, seconds) in [300, 300, 1_200, 4_800, 19_200, 76_800, 86_400, 86_400].into_iter().enumerate() {
            let doubts = u32::try_from(doubts).unwrap();
            assert_eq!(wait_in_doubt(doubts, u32::try_from(seconds / 5).unwrap()).as_secs(), seconds);
        }
        assert!(wait_in_doubt(u32::MAX, u32::MAX) <= LONGEST_WAIT_IN_DOUBT);
    }

    #[test]
    fn holds_double_up_to_their_bound() {
        let seconds: Vec<u64> = (0..7).map(|count| hold(count).as_secs()).collect();
        assert_eq!(seconds, [300, 300, 600, 1_200, 2_400, 4_000, 4_000]);
        assert_eq!(hold(u32::MAX), LONGEST_HOLD);
    }

    #[test]
    fn a_wait_is_spread_over_a_fifth_in_either_direction() {
        for (attempts, first, last) in [(1, 240, 360), (5, 3_200, 4_800)] {
            let waits: BTreeSet<u64> = (0..2_000).map(|jitter| wait(attempts, jitter).as_secs()).collect();
            assert!(waits.into_iter().eq(first..=last), "to the second, from {first} to {last}");
        }
    }
}
