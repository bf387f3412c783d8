//! Lengths of time as people write them in the configuration and on the command line: `24h`, `90d`, `5m`, `30s`.

use std::fmt;
use std::time::Duration;

/// The units, longest first, in seconds. A day is 24 hours and a week 7 days, whatever the calendar does.
const UNITS: [(char, u64); 5] = [('w', 604_800), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// The longest duration that can be written: a hundred years, so that adding one to any time stays within the calendar.
pub const LONGEST: Duration = Duration::from_secs(36_500 * 86_400);

/// Why a text is not a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DurationProblem {
    /// Not digits followed by one unit. Fractions, signs, spaces and several units (`1h30m`) are not accepted.
    #[error("expected a whole number and one of the units w, d, h, m, s, as in `24h` or `90d`")]
    Form,
    /// Longer than [`LONGEST`].
    #[error("expected at most 36500d")]
    TooLong,
}

/// Reads a duration: a whole number and one unit, `w`, `d`, `h`, `m` or `s`.
///
/// # Errors
/// When the text has another form, or means more than a hundred years.
pub fn parse_duration(text: &str) -> Result<Duration, DurationProblem> {
    let (number, unit) = UNITS
        .iter()
        .find_map(|(letter, seconds)| Some((text.strip_suffix(*letter)?, *seconds)))
        .ok_or(DurationProblem::Form)?;
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DurationProblem::Form);
    }
    // Digits alone can only fail to parse by being too many.
    let number: u64 = number.parse().map_err(|_| DurationProblem::TooLong)?;
    let seconds = number.checked_mul(unit).ok_or(DurationProblem::TooLong)?;
    Some(Duration::from_secs(seconds)).filter(|duration| *duration <= LONGEST).ok_or(DurationProblem::TooLong)
}

/// Shows a duration in the form that [`parse_duration`] reads, in the longest of `d`, `h`, `m`, `s` that needs no
/// fraction. Parts of a second are cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShownDuration(pub Duration);

impl fmt::Display for ShownDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        // No weeks: people count `14d` and `90d` more easily.
        let fitting = UNITS.iter().skip(1).find(|(_, unit)| seconds != 0 && seconds.is_multiple_of(*unit));
        let (letter, unit) = fitting.unwrap_or(&('s', 1));
        write!(f, "{}{letter}", seconds / unit)
    }
}

/// Shows a duration as a person says it: "5 minutes", "24 hours", "7 days". Days are counted from two on, because "1 day"
/// may be understood as "until tomorrow". Parts of a second are cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpokenDuration(pub Duration);

impl fmt::Display for SpokenDuration {
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
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn any_other_form_is_refused() {
        for text in
            ["", "5", "m", "1.5h", "1,5h", "-5m", "+5m", " 5m", "5 m", "5m ", "5M", "1h30m", "5min", "٥m", "5ms", "∞d"]
        {
            assert_eq!(parse_duration(text), Err(DurationProblem::Form), "{text}");
        }
    }

    #[test]
    fn what_overflows_or_passes_a_hundred_years_is_refused() {
        for text in ["36501d", "5215w", "18446744073709551615s", "18446744073709551615w", "99999999999999999999999s"] {
            assert_eq!(parse_duration(text), Err(DurationProblem::TooLong), "{text}");
        }
    }

    #[test]
    fn a_duration_is_shown_in_its_longest_whole_unit() {
        for (text, shown) in
            [("0s", "0s"), ("90s", "90s"), ("120s", "2m"), ("60m", "1h"), ("24h", "1d"), ("25h", "25h"), ("1w", "7d")]
        {
            assert_eq!(ShownDuration(parse_duration(text).unwrap()).to_string(), shown);
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_shown_reads_back(seconds in 0..=LONGEST.as_secs()) {
            let duration = Duration::from_secs(seconds);
            proptest::prop_assert_eq!(parse_duration(&ShownDuration(duration).to_string()), Ok(duration));
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
            assert_eq!(SpokenDuration(Duration::from_secs(seconds)).to_string(), words);
        }
    }
}
