//! Points in time as people write and read them: `users lock --until`, the column `locked_until`, and the times in tables.
//! A time without a zone is of the zone of the person who wrote it, which is passed in.

use jiff::Timestamp;
use jiff::ZonedDateTime;
use jiff::civil::Date;
use jiff::civil::DateTime;
use jiff::fmt::temporal::Pieces;
use jiff::tz::AmbiguousOffset;
use jiff::tz::Offset;
use jiff::tz::TimeZone;

use crate::domain::text;

/// Why a text is not a point in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MomentError {
    /// Neither a date nor a time, or one that no calendar has.
    #[error("`{0}` is neither a date such as 2026-12-01 nor a time such as 2026-12-01T08:00 or 2026-12-01T08:00Z")]
    Form(String),
    /// It names a zone that this machine does not know, or an offset that this zone does not have then.
    #[error("unknown time zone or wrong offset in `{0}`; write the offset alone, as in 2026-12-01T08:00+01:00")]
    Zone(String),
    /// It names no zone, and the local one is not known.
    #[error(
        "`{0}` has no time zone, and the local one is unknown (TZ); add `Z` or an offset, as in 2026-12-01T08:00+01:00"
    )]
    NoZone(String),
    /// The clocks go forward over it.
    #[error("`{text}` does not exist in {zone}: the clocks go forward then; use {before} or {after}")]
    Skipped {
        /// As written.
        text: String,
        /// The name of the zone.
        zone: String,
        /// The moment with the offset after the change.
        before: String,
        /// The moment with the offset before the change.
        after: String,
    },
    /// The clocks go back over it.
    #[error("`{text}` happens twice in {zone}: the clocks go back then; use {first} or {second}")]
    Twice {
        /// As written.
        text: String,
        /// The name of the zone.
        zone: String,
        /// The moment before the change.
        first: String,
        /// The moment after the change.
        second: String,
    },
}

/// Reads a date or a time, of `zone` if it names no zone itself. A date means its first moment. Parts of a second are cut
/// off, as the store does. The last hours of 9999, by which others say "never", are later than any moment that can be stored,
/// and mean the last one that can: 9999-12-30T22:00:00Z.
///
/// The forms are those of RFC 3339 and RFC 9557, with these liberties: a blank may stand for the `T`, and the seconds and
/// the zone may be missing: `2026-12-01`, `2026-12-01 08:00`, `2026-12-01T08:00:30Z`, `2026-12-01T08:00+01:00`,
/// `2026-12-01T08:00[Europe/Berlin]`.
///
/// # Errors
/// When the text has another form, or its local time is skipped or repeated by a change of the clocks. The error says what to
/// write instead.
pub fn parse_moment(text: &str, zone: &TimeZone) -> Result<Timestamp, MomentError> {
    let quoted = || text::quoted(text, 40);
    let pieces = Pieces::parse(text).map_err(|_| MomentError::Form(quoted()))?;
    let named = pieces.to_time_zone().map_err(|_| MomentError::Zone(quoted()))?;
    let time = match (pieces.time(), pieces.to_numeric_offset(), named) {
        (Some(_), Some(_), Some(_)) => {
            text.parse::<ZonedDateTime>().map_err(|_| MomentError::Zone(quoted()))?.timestamp()
        }
        (Some(time), Some(offset), None) => {
            let local = pieces.date().to_datetime(time);
            offset.to_timestamp(local).or_else(|_| last_moment(local.date(), &quoted))?
        }
        (None, Some(_), _) => return Err(MomentError::Form(quoted())),
        (_, None, None) if zone.is_unknown() => return Err(MomentError::NoZone(quoted())),
        (time, None, named) => {
            let zone = named.as_ref().unwrap_or(zone);
            match time {
                Some(time) => in_zone(pieces.date().to_datetime(time), zone, &quoted)?,
                // The first moment of a day exists and is one, even where the clocks are set at midnight.
                None => {
                    let first = pieces.date().to_zoned_datetime(zone.clone()).map(|first| first.timestamp());
                    first.or_else(|_| last_moment(pieces.date(), &quoted))?
                }
            }
        }
    };
    Timestamp::from_second(time.as_second()).map_err(|_| MomentError::Form(quoted()))
}

/// The last moment, for a local time that is later.
fn last_moment(date: Date, quoted: &dyn Fn() -> String) -> Result<Timestamp, MomentError> {
    if date.year() == Date::MAX.year() { Ok(Timestamp::MAX) } else { Err(MomentError::Form(quoted())) }
}

/// The moment of a local time, if there is exactly one.
fn in_zone(local: DateTime, zone: &TimeZone, quoted: &dyn Fn() -> String) -> Result<Timestamp, MomentError> {
    let moment = |offset: Offset| offset.to_timestamp(local).or_else(|_| last_moment(local.date(), quoted));
    let written = |offset: Offset| Ok::<_, MomentError>(local_time(moment(offset)?, zone));
    let zone_name = || zone.iana_name().map_or("the local time zone".to_owned(), str::to_owned);
    match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => moment(offset),
        AmbiguousOffset::Gap { before, after } => Err(MomentError::Skipped {
            text: quoted(),
            zone: zone_name(),
            before: written(after)?,
            after: written(before)?,
        }),
        AmbiguousOffset::Fold { before, after } => Err(MomentError::Twice {
            text: quoted(),
            zone: zone_name(),
            first: written(before)?,
            second: written(after)?,
        }),
    }
}

/// A moment as the people of a zone read it: RFC 3339 with the offset that the zone has then, so that it cannot be mistaken,
/// and [`parse_moment`] reads it back wherever it is copied to.
pub fn local_time(time: Timestamp, zone: &TimeZone) -> String {
    let offset = zone.to_offset(time);
    if offset == Offset::UTC { time.to_string() } else { time.display_with_offset(offset).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Central European time, by its rule: a test machine may have no time zone database.
    fn berlin() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
    }

    fn read(text: &str) -> String {
        parse_moment(text, &berlin()).map_or_else(|error| error.to_string(), |time| time.to_string())
    }

    #[test]
    fn a_time_or_a_date_is_read_in_its_zone_or_else_the_local_one() {
        for (text, time) in [
            ("2026-12-01T08:00:00Z", "2026-12-01T08:00:00Z"),
            ("2026-12-01T08:00Z", "2026-12-01T08:00:00Z"),
            ("2026-12-01t08:00z", "2026-12-01T08:00:00Z"),
            ("2026-12-01T08:00:00.9+02:00", "2026-12-01T06:00:00Z"),
            ("2026-12-01 08:00:00-05:30", "2026-12-01T13:30:00Z"),
            ("2026-12-01T08:00", "2026-12-01T07:00:00Z"),
            ("2026-12-01 08:00", "2026-12-01T07:00:00Z"),
            ("2026-07-01 08:00:59.99", "2026-07-01T06:00:59Z"),
            ("2026-12-01", "2026-11-30T23:00:00Z"),
            ("2026-07-01", "2026-06-30T22:00:00Z"),
            ("2024-02-29", "2024-02-28T23:00:00Z"),
            ("2026-12-01T08:00[UTC]", "2026-12-01T08:00:00Z"),
            ("2026-12-01T08:00+00:00[UTC]", "2026-12-01T08:00:00Z"),
            // "Never".
            ("9999-12-30T23:00:00", "9999-12-30T22:00:00Z"),
            ("9999-12-31", "9999-12-30T22:00:00Z"),
            ("9999-12-31T23:59:59.9999999", "9999-12-30T22:00:00Z"),
            ("9999-12-31T23:59:59Z", "9999-12-30T22:00:00Z"),
            ("9999-12-31T23:59:59-23:59", "9999-12-30T22:00:00Z"),
            // The hours beside a change of the clocks.
            ("2026-03-29T01:59:59", "2026-03-29T00:59:59Z"),
            ("2026-03-29T03:00", "2026-03-29T01:00:00Z"),
            ("2026-10-25T03:00", "2026-10-25T02:00:00Z"),
            ("2026-10-25T02:30+02:00", "2026-10-25T00:30:00Z"),
            ("2026-10-25T02:30+01:00", "2026-10-25T01:30:00Z"),
        ] {
            assert_eq!(read(text), time, "{text}");
        }
    }

    #[test]
    fn any_other_form_is_refused() {
        for text in [
            "",
            " ",
            "soon",
            "7d",
            "2026",
            "2026-12",
            "2026-13-01",
            "2026-02-29",
            "01.12.2026",
            "12/01/2026",
            "08:00",
            "1764576000",
            "2026-12-01T",
            "2026-12-01T24:00",
            "2026-12-01T08:60",
            "2026-12-01 8:00",
            "2026-12-01T08:00 CET",
            "2026-12-01Z",
            "2026-12-01+01:00",
            " 2026-12-01",
            "2026-12-01T08:00Z ",
            "２０２６-12-01",
            "-009999-01-01T00:00+23:59",
            "999999-01-01",
        ] {
            assert!(matches!(parse_moment(text, &berlin()), Err(MomentError::Form(_))), "{text}: {}", read(text));
        }
        assert!(read("a\u{1b}[2J").starts_with("`a"), "{}", read("a\u{1b}[2J"));
        assert!(read(&"9".repeat(1_000_000)).len() < 300);
    }

    #[test]
    fn a_skipped_or_repeated_time_is_refused_with_what_to_write() {
        insta::assert_snapshot!(read("2026-03-29 02:30"), @"`2026-03-29 02:30` does not exist in the local time zone: the clocks go forward then; use 2026-03-29T01:30:00+01:00 or 2026-03-29T03:30:00+02:00");
        insta::assert_snapshot!(read("2026-10-25T02:30"), @"`2026-10-25T02:30` happens twice in the local time zone: the clocks go back then; use 2026-10-25T02:30:00+02:00 or 2026-10-25T02:30:00+01:00");
        for text in ["2026-03-29T01:30:00+01:00", "2026-03-29T03:30:00+02:00"] {
            assert_eq!(local_time(parse_moment(text, &berlin()).unwrap(), &berlin()), text);
        }
    }

    #[test]
    fn a_day_whose_midnight_is_skipped_or_repeated_begins_with_its_first_moment() {
        // Clocks that are set forward at midnight on 29 March, and back at one o'clock, to midnight, on 25 October.
        let zone = TimeZone::posix("XST-1XDT,M3.5.0/0,M10.5.0/1").unwrap();
        let begin = |text| local_time(parse_moment(text, &zone).unwrap(), &zone);
        assert_eq!(begin("2026-03-29"), "2026-03-29T01:00:00+02:00");
        assert_eq!(begin("2026-10-25"), "2026-10-25T00:00:00+02:00");
    }

    #[test]
    fn a_zone_that_is_not_known_is_not_guessed() {
        insta::assert_snapshot!(read("2026-12-01T08:00[Mars/Olympus]"), @"unknown time zone or wrong offset in `2026-12-01T08:00[Mars/Olympus]`; write the offset alone, as in 2026-12-01T08:00+01:00");
        insta::assert_snapshot!(read("2026-12-01T08:00+05:00[UTC]"), @"unknown time zone or wrong offset in `2026-12-01T08:00+05:00[UTC]`; write the offset alone, as in 2026-12-01T08:00+01:00");
        let error = parse_moment("2026-12-01 08:00", &TimeZone::unknown()).unwrap_err();
        insta::assert_snapshot!(error, @"`2026-12-01 08:00` has no time zone, and the local one is unknown (TZ); add `Z` or an offset, as in 2026-12-01T08:00+01:00");
        assert!(parse_moment("2026-12-01", &TimeZone::unknown()).is_err());
        assert!(parse_moment("2026-12-01T08:00Z", &TimeZone::unknown()).is_ok());
    }

    #[test]
    fn a_time_is_shown_with_the_offset_of_its_zone() {
        let time = parse_moment("2026-12-01T08:00Z", &TimeZone::UTC).unwrap();
        assert_eq!(local_time(time, &TimeZone::UTC), "2026-12-01T08:00:00Z");
        assert_eq!(local_time(time, &TimeZone::unknown()), "2026-12-01T08:00:00Z");
        assert_eq!(local_time(time, &berlin()), "2026-12-01T09:00:00+01:00");
    }

    proptest::proptest! {
        #[test]
        fn what_is_shown_reads_back(second in 0_i64..253_402_000_000, offset in -93_599_i32..=93_599) {
            let time = Timestamp::from_second(second).unwrap();
            // RFC 3339 writes offsets of whole minutes.
            let zone = Offset::from_seconds(offset / 60 * 60).unwrap().to_time_zone();
            proptest::prop_assert_eq!(parse_moment(&local_time(time, &zone), &TimeZone::UTC), Ok(time));
        }

        #[test]
        fn no_text_panics(text in "[-0-9TtZz :+.\\[\\]/A-Za-z]{0,40}") {
            let _ = parse_moment(&text, &berlin());
        }
    }
}
