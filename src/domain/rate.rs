//! How fast mails may leave, as people write it in the configuration and on the command line: `600/min`, `10/s`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The spans that a rate counts in, with their words.
const SPANS: [(&str, u64); 3] = [("s", 1), ("min", 60), ("h", 3_600)];

/// The most that can be written: far beyond what a relay takes, and small enough to reckon with.
const MOST: u32 = 1_000_000;

/// At most this many in this span of time; never none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    count: u32,
    per: Duration,
}

/// Why a text is no rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RateFault {
    /// Not digits, a slash and a span.
    #[error("expected a whole number and one of `/s`, `/min`, `/h`, as in `600/min`")]
    Form,
    /// None at all: nothing would ever be sent.
    #[error("expected at least 1; to send nothing, pause the job")]
    Zero,
    /// Too many.
    #[error("expected at most {MOST}; for no limit, leave the rate out")]
    TooMany,
}

impl Rate {
    /// How many in each span, from 1.
    pub fn count(self) -> u32 {
        self.count
    }

    /// The span: a second, a minute or an hour.
    pub fn per(self) -> Duration {
        self.per
    }

    /// The time from one to the next, if they are spread evenly.
    pub fn interval(self) -> Duration {
        self.per / self.count
    }
}

impl FromStr for Rate {
    type Err = RateFault;

    fn from_str(text: &str) -> Result<Self, RateFault> {
        let (number, word) = text.split_once('/').ok_or(RateFault::Form)?;
        let (_, seconds) = SPANS.iter().find(|(known, _)| *known == word).ok_or(RateFault::Form)?;
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(RateFault::Form);
        }
        // Digits alone can only fail to parse by being too many.
        match number.parse::<u32>() {
            Ok(0) => Err(RateFault::Zero),
            Ok(count) if count <= MOST => Ok(Self { count, per: Duration::from_secs(*seconds) }),
            _ => Err(RateFault::TooMany),
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

    fn fault(text: &str) -> RateFault {
        text.parse::<Rate>().unwrap_err()
    }

    #[test]
    fn each_span_is_read_and_shown_again() {
        for (text, count, seconds) in [("10/s", 10, 1), ("600/min", 600, 60), ("5000/h", 5_000, 3_600)] {
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
        for text in
            ["", "600", "/min", "600/", "600/m", "600/d", "600 / min", "6e2/min", "-1/s", "+1/s", "1/s/s", "٥/s"]
        {
            assert_eq!(fault(text), RateFault::Form, "{text}");
        }
    }

    #[test]
    fn none_and_too_many_are_refused() {
        assert_eq!(fault("0/min"), RateFault::Zero);
        assert_eq!(fault("000/s"), RateFault::Zero);
        assert_eq!(fault("1000001/s"), RateFault::TooMany);
        assert_eq!(fault("99999999999999999999/s"), RateFault::TooMany);
    }

    proptest::proptest! {
        #[test]
        fn what_is_shown_reads_back(count in 1..=MOST, span in 0_usize..3) {
            let text = format!("{count}/{}", SPANS[span].0);
            proptest::prop_assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
    }
}
