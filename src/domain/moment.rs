//! Points in time as people write them for the end of something: `users lock --until` and the column `locked_until`.

use jiff::Timestamp;

use crate::domain::text;

/// A text is neither a time nor a date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither a moment such as 2026-12-01T08:00:00Z nor a date such as 2026-12-01")]
pub struct MomentError(String);

/// Reads a time (RFC 3339), or a date, which means its midnight in UTC. Parts of a second are cut off, as the store does.
///
/// # Errors
/// When the text has another form.
pub fn parse_moment(text: &str) -> Result<Timestamp, MomentError> {
    let time = text.parse::<Timestamp>().or_else(|_| format!("{text}T00:00:00Z").parse::<Timestamp>());
    let time = time.and_then(|time| Timestamp::from_second(time.as_second()));
    time.map_err(|_| MomentError(text::quoted(text, 40)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_or_a_date_is_read() {
        for (given, time) in [
            ("2026-12-01T08:00:00Z", "2026-12-01T08:00:00Z"),
            ("2026-12-01T08:00:00.9+02:00", "2026-12-01T06:00:00Z"),
            ("2026-12-01", "2026-12-01T00:00:00Z"),
        ] {
            assert_eq!(parse_moment(given).unwrap().to_string(), time);
        }
        for other in ["", "soon", "2026-13-01", "01.12.2026", "1764576000"] {
            assert!(parse_moment(other).is_err(), "{other}");
        }
    }
}
