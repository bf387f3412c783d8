//! How fast mails may leave, as people write it in the configuration and on the command line: `600/min`, `10/s`, `2000/day`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;

/// The spans that a rate counts in, with their words.
const SPANS: [(&str, u64); 4] = [("s", 1), ("min", 60), ("h", 3_600), ("day", 86_400)];

/// A rate over so long a span is a quota.
const QUOTA_FROM: Duration = Duration::from_secs(3_600);

/// Deliveries are counted by the minute, which is one of these numbers since 1970.
const MINUTE: i64 = 60;

/// The largest count: far more than a relay takes, and small enough to calculate with.
const MOST: u32 = 1_000_000;

/// At most this many in this span of time; never none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    count: u32,
    per: Duration,
}

/// Why a text is no rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// Not digits, a slash and a span.
    #[error("expected a whole number and one of `/s`, `/min`, `/h`, `/day`, as in `600/min`")]
    Form,
    /// None at all: nothing would ever be sent.
    #[error("expected at least 1; to send nothing, pause the job")]
    Zero,
    /// Too many.
    #[error("expected at most {MOST}; for no limit, leave the rate out")]
    TooMany,
}

/// What a quota leaves at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotaAllowance {
    /// This many may still be sent now, at least one.
    Left(u64),
    /// None before this time.
    UsedUpUntil(Timestamp),
}

/// How many mails were delivered in a minute, or may have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveredInMinute {
    /// The minute, counted from 1970.
    pub minute: i64,
    /// How many.
    pub count: u64,
}

impl DeliveredInMinute {
    /// The minute of a moment.
    pub fn minute_of(time: Timestamp) -> i64 {
        time.as_second().div_euclid(MINUTE)
    }
}

impl Rate {
    /// How many in each span, from 1.
    pub fn count(self) -> u32 {
        self.count
    }

    /// The span: a second, a minute, an hour or a day.
    pub fn per(self) -> Duration {
        self.per
    }

    /// The time from one to the next, if they are spread evenly.
    pub fn interval(self) -> Duration {
        self.per / self.count
    }

    /// Whether it is a quota: its count may leave at once, and then nothing until the oldest of them is a span ago. It is counted
    /// over all runs. A rate per second or minute spreads the mails of a run evenly instead.
    pub fn is_quota(self) -> bool {
        self.per >= QUOTA_FROM
    }

    /// The first minute that counts at `now`: the one in which a span ago was, so that a relay that counts by the second never
    /// sees more.
    pub fn first_minute(self, now: Timestamp) -> i64 {
        let start = now.as_second().saturating_sub(self.per.as_secs().cast_signed());
        start.div_euclid(MINUTE)
    }

    /// What this quota leaves at `now`, with this many in flight. Minutes of `delivered` that do not count are ignored, and so
    /// are those of a clock that was ahead.
    pub fn allowance(self, delivered: &[DeliveredInMinute], in_flight: u64, now: Timestamp) -> QuotaAllowance {
        let counted = self.first_minute(now)..=DeliveredInMinute::minute_of(now);
        let mut delivered: Vec<_> = delivered.iter().filter(|one| counted.contains(&one.minute)).collect();
        delivered.sort_by_key(|one| one.minute);
        let mut used = delivered.iter().map(|one| one.count).sum::<u64>().saturating_add(in_flight);
        let limit = u64::from(self.count);
        if used < limit {
            return QuotaAllowance::Left(limit - used);
        }
        // What is in flight is delivered now, and counts as long as anything.
        let mut minute = DeliveredInMinute::minute_of(now);
        for one in delivered {
            used -= one.count;
            if used < limit {
                minute = one.minute;
                break;
            }
        }
        let free_at = minute.saturating_add(1).saturating_mul(MINUTE).saturating_add(self.per.as_secs().cast_signed());
        QuotaAllowance::UsedUpUntil(Timestamp::from_second(free_at).unwrap_or(Timestamp::MAX))
    }
}

/// Rates that hold at the same time; none: no limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rates(Vec<Rate>);

impl Rates {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The longest time between two mails that the rates per second and minute ask for.
    pub fn interval(&self) -> Option<Duration> {
        self.0.iter().filter(|rate| !rate.is_quota()).map(|rate| rate.interval()).max()
    }

    /// The rates per hour and day.
    pub fn quotas(&self) -> impl Iterator<Item = Rate> {
        self.0.iter().copied().filter(|rate| rate.is_quota())
    }
}

impl FromIterator<Rate> for Rates {
    fn from_iter<I: IntoIterator<Item = Rate>>(rates: I) -> Self {
        Self(rates.into_iter().collect())
    }
}

/// As [`Rates`] is written: `10/s, 2000/day`.
impl FromStr for Rates {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        text.split(',').map(|rate| rate.trim().parse()).collect()
    }
}

impl fmt::Display for Rates {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rates: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        formatter.write_str(&rates.join(", "))
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let (number, word) = text.split_once('/').ok_or(RateError::Form)?;
        let (_, seconds) = SPANS.iter().find(|(known, _)| *known == word).ok_or(RateError::Form)?;
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(RateError::Form);
        }
        // Digits alone can only fail to parse by being too many.
        match number.parse::<u32>() {
            Ok(0) => Err(RateError::Zero),
            Ok(count) if count <= MOST => Ok(Self { count, per: Duration::from_secs(*seconds) }),
            _ => Err(RateError::TooMany),
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.per.as_secs();
        let word = SPANS.iter().find(|(_, span)| *span == seconds).map_or("s", |(word, _)| word);
        write!(formatter, "{}/{word}", self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> RateError {
        text.parse::<Rate>().unwrap_err()
    }

    #[test]
    fn each_span_is_read_and_shown_again() {
        for (text, count, seconds) in
            [("10/s", 10, 1), ("600/min", 600, 60), ("5000/h", 5_000, 3_600), ("2000/day", 2_000, 86_400)]
        {
            let rate: Rate = text.parse().unwrap();
            assert_eq!((rate.count(), rate.per()), (count, Duration::from_secs(seconds)));
            assert_eq!(rate.to_string(), text);
        }
    }

    #[test]
    fn the_interval_spreads_them_evenly() {
        let interval = |text: &str| text.parse::<Rate>().unwrap().interval();
        assert_eq!(interval("600/min"), Duration::from_millis(100));
        assert_eq!(interval("1/h"), Duration::from_secs(3_600));
        assert_eq!(interval("1000000/s"), Duration::from_micros(1));
    }

    #[test]
    fn any_other_form_is_refused() {
        for text in [
            "",
            "600",
            "/min",
            "600/",
            "600/m",
            "600/d",
            "600/days",
            "600 / min",
            "6e2/min",
            "-1/s",
            "+1/s",
            "1/s/s",
            "٥/s",
        ] {
            assert_eq!(fault(text), RateError::Form, "{text}");
        }
    }

    #[test]
    fn none_and_too_many_are_refused() {
        assert_eq!(fault("0/min"), RateError::Zero);
        assert_eq!(fault("000/s"), RateError::Zero);
        assert_eq!(fault("1000001/s"), RateError::TooMany);
        assert_eq!(fault("99999999999999999999/s"), RateError::TooMany);
    }

    #[test]
    fn several_rates_hold_at_once_those_of_hours_and_days_as_quotas() {
        let rates: Rates = "10/s,600/min, 2000/day".parse().unwrap();
        assert_eq!(rates.to_string(), "10/s, 600/min, 2000/day");
        assert_eq!(rates.interval(), Some(Duration::from_millis(100)));
        let quotas: Vec<String> = rates.quotas().map(|quota| quota.to_string()).collect();
        assert_eq!(quotas, ["2000/day"]);
        assert_eq!("100/h".parse::<Rates>().unwrap().interval(), None);
        assert_eq!(Rates::default().interval(), None);
        for text in ["", ",", "10/s,", "10/s 5/min"] {
            assert_eq!(text.parse::<Rates>(), Err(RateError::Form), "{text}");
        }
    }

    const START: i64 = 1_800_000_000;

    fn allowance(rate: &str, delivered: &[(i64, u64)], in_flight: u64, at: i64) -> QuotaAllowance {
        let now = Timestamp::from_second(START + at).unwrap();
        let minute = |second: i64| DeliveredInMinute::minute_of(Timestamp::from_second(START + second).unwrap());
        let delivered: Vec<_> =
            delivered.iter().map(|&(at, count)| DeliveredInMinute { minute: minute(at), count }).collect();
        rate.parse::<Rate>().unwrap().allowance(&delivered, in_flight, now)
    }

    fn used_up_until(at: i64) -> QuotaAllowance {
        QuotaAllowance::UsedUpUntil(Timestamp::from_second(START + at).unwrap())
    }

    #[test]
    fn a_quota_leaves_what_was_not_delivered_in_its_span() {
        assert_eq!(allowance("10/h", &[], 0, 0), QuotaAllowance::Left(10));
        assert_eq!(allowance("10/h", &[(0, 4), (60, 2)], 1, 120), QuotaAllowance::Left(3));
        // The whole minute counts until its last second is a span ago.
        assert_eq!(allowance("10/h", &[(0, 10)], 0, 3_600 + 59), used_up_until(3_660));
        assert_eq!(allowance("10/h", &[(0, 10)], 0, 3_660), QuotaAllowance::Left(10));
        assert_eq!(allowance("10/day", &[(0, 10)], 0, 3_660), used_up_until(86_460));
    }

    #[test]
    fn a_quota_that_is_used_up_says_when_the_next_mail_may_leave() {
        assert_eq!(allowance("10/h", &[(0, 4), (600, 6)], 0, 900), used_up_until(3_660));
        // A smaller quota was written into the configuration.
        assert_eq!(allowance("5/h", &[(0, 4), (600, 6)], 0, 900), used_up_until(4_260));
        // Without what is in flight there would be some left.
        assert_eq!(allowance("5/h", &[(0, 4)], 1, 30), used_up_until(3_660));
        assert_eq!(allowance("5/h", &[], 5, 30), used_up_until(3_660));
    }

    #[test]
    fn deliveries_of_a_clock_that_was_ahead_use_nothing_up() {
        assert_eq!(allowance("5/h", &[(86_400, 100)], 0, 0), QuotaAllowance::Left(5));
    }

    proptest::proptest! {
        #[test]
        fn what_is_shown_reads_back(count in 1..=MOST, span in 0_usize..SPANS.len()) {
            let text = format!("{count}/{}", SPANS[span].0);
            proptest::prop_assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
    }
}
