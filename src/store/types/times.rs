//! Times that a clock wrote that was ahead.

use jiff::Timestamp;

/// Times of one kind that are ahead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimesAhead {
    /// What they are the times of, in the plural.
    pub what: &'static str,
    /// In how many rows.
    pub count: u64,
    /// The first of these rows.
    pub first: String,
    /// The time in it.
    pub time: Timestamp,
    /// Whether something happens too late because of it; otherwise it only tells when something was.
    pub takes_effect: bool,
}
