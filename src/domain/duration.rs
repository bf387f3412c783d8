//! Lengths of time as people write them in the configuration and on the command line: `24h`, `90d`, `5m`, `2h30m`.

use std::fmt;
use std::time::Duration;

/// The units, longest first, in seconds. A day is 24 hours and a week 7 days, whatever the calendar does.
const UNITS: [(char, u64); 5] = [('w', 604_800), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// The longest duration that can be written: a hundred years, so that adding one to any time stays within the calendar.
pub const LONGEST: Duration = Duration::from_secs(36_500 * 86_400);

/// Why a text is not a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Not digits and a unit, once or several times. Fractions, signs and spaces are not accepted.
    #[error("expected whole numbers with the units w, d, h, m, s, as in `24h`, `90d` or `2h30m`")]
    Form,
    /// The units are in another order than from the longest to the shortest, or one comes twice.
    #[error("expected each of the units w, d, h, m, s at most once, the longest first, as in `2h30m`")]
    Order,
    /// Longer than [`LONGEST`].
    #[error("expected at most 36500d")]
    TooLong,
}

/// Reads a duration: whole numbers, each with its unit `w`, `d`, `h`, `m` or `s`, the longest unit first: `90d`, `2h30m`.
///
/// # Errors
/// When the text has another form, or means more than a hundred years.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let (mut rest, mut units, mut total) = (text, UNITS.iter(), 0_u64);
    loop {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, behind) = rest.split_at(digits);
        let letter = behind.chars().next().filter(|_| digits > 0).ok_or(DurationError::Form)?;
        if !UNITS.iter().any(|(unit, _)| *unit == letter) {
            return Err(DurationError::Form);
        }
        let (_, seconds) = units.find(|(unit, _)| *unit == letter).ok_or(DurationError::Order)?;
        // Digits alone can only fail to parse by being too many.
        let part = number.parse::<u64>().ok().and_then(|number| number.checked_mul(*seconds));
        total = part.and_then(|part| total.checked_add(part)).ok_or(DurationError::TooLong)?;
        rest = &behind[letter.len_utf8()..];
        if rest.is_empty() {
            break;
        }
    }
    Some(Duration::from_secs(total)).filter(|duration| *duration <= LONGEST).ok_or(DurationError::TooLong)
}

/// Shows a duration in the form that [`parse_duration`] reads, in `d`, `h`, `m` and `s`. Parts of a second are cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DisplayDuration(pub Duration);

impl fmt::Display for DisplayDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut seconds = self.0.as_secs();
        if seconds == 0 {
            return f.write_str("0s");
        }
        // No weeks: people count `14d` and `90d` more easily.
        for (letter, unit) in UNITS.iter().skip(1) {
            if seconds >= *unit {
                write!(f, "{}{letter}", seconds / unit)?;
                seconds %= unit;
            }
        }
        Ok(())
    }
}

/// Shows a duration as a person says it: "5 minutes", "24 hours", "7 days". Days are counted from two on, because "1 day"
/// may be understood as "until tomorrow". Parts of a second are cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DurationInWords(pub Duration);

impl fmt::Display for DurationInWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let units = [(86_400, 2, "day"), (3_600, 1, "hour"), (60, 1, "minute")];
        let fitting = units.iter().find(|(unit, least, _)| seconds >= unit * least && seconds.is_multiple_of(*unit));
        let (unit, _, name) = fitting.copied().unwrap_or((1, 0, "second"));
        let count = seconds / unit;
        write!(f, "{count} {name}{}", if count == 1 { "" } else { "s" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_unit_is_read() {
        for (text, seconds) in [
            ("30s", 30),
            ("5m", 300),
            ("24h", 86_400),
            ("90d", 7_776_000),
            ("2w", 1_209_600),
            ("0s", 0),
            ("007d", 604_800),
            ("36500d", 3_153_600_000),
            ("2h30m", 9_000),
            ("1w2d3h4m5s", 788_645),
            ("1d0h", 86_400),
            ("0h0m0s", 0),
            ("1h90m", 9_000),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn any_other_form_is_refused() {
        for text in [
            "", "5", "m", "1.5h", "1,5h", "-5m", "+5m", " 5m", "5 m", "5m ", "5M", "5min", "٥m", "∞d", "2h30",
            "2h30 m", "2h 30m", "2hm", "hh", "PT2H30M", "2:30", "5m\n", "5m\0",
        ] {
            assert_eq!(parse_duration(text), Err(DurationError::Form), "{text}");
        }
        for text in ["30m2h", "2h30h", "1s1w", "5ms5m"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
        assert_eq!(parse_duration("30m2h"), Err(DurationError::Order));
    }

    #[test]
    fn what_overflows_or_passes_a_hundred_years_is_refused() {
        for text in [
            "36501d",
            "5215w",
            "18446744073709551615s",
            "18446744073709551615w",
            "99999999999999999999999s",
            "36500d1s",
            "30500568904943w18446744073709551615s",
        ] {
            assert_eq!(parse_duration(text), Err(DurationError::TooLong), "{text}");
        }
    }

    #[test]
    fn a_duration_is_shown_with_each_unit_that_it_needs() {
        for (text, shown) in [
            ("0s", "0s"),
            ("90s", "1m30s"),
            ("120s", "2m"),
            ("150m", "2h30m"),
            ("24h", "1d"),
            ("1w", "7d"),
            ("25h1s", "1d1h1s"),
        ] {
            assert_eq!(DisplayDuration(parse_duration(text).unwrap()).to_string(), shown);
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_shown_reads_back(seconds in 0..=LONGEST.as_secs()) {
            let duration = Duration::from_secs(seconds);
            proptest::prop_assert_eq!(parse_duration(&DisplayDuration(duration).to_string()), Ok(duration));
        }
    }

    #[test]
    fn a_duration_is_said_in_words() {
        for (seconds, words) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (90, "90 seconds"),
            (300, "5 minutes"),
            (3_600, "1 hour"),
            (86_400, "24 hours"),
            (172_800, "2 days"),
            (604_800, "7 days"),
            (604_801, "604801 seconds"),
        ] {
            assert_eq!(DurationInWords(Duration::from_secs(seconds)).to_string(), words);
        }
    }
}
