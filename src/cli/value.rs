//! The values of a record, and how a person reads each.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::domain::text;

/// How a value is headed: its name in data, and its title in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heading {
    /// In data.
    pub name: &'static str,
    /// In a table.
    pub title: &'static str,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// A text that somebody may copy, such as an address or a username: a table shows it whole.
    Text(Cow<'a, str>),
    /// A text that is read and not copied, such as a person's name or a relay's reply: a table cuts it where the terminal is
    /// narrow.
    Prose(Cow<'a, str>),
    /// A sentence that is read to its end: a table breaks it between words.
    Sentence(Cow<'a, str>),
    /// A moment: RFC 3339 in UTC in data, "3 days ago" in a table.
    Time(Timestamp),
    /// A number.
    Number(i64),
    /// Yes or no.
    Flag(bool),
    /// JSON: in JSON the value itself, elsewhere its text.
    Json(Cow<'a, str>),
    /// Some texts.
    List(Vec<&'a str>),
    /// Lines of an input, and the username of each: objects with `line` and `username` in JSON, `LINE:USERNAME` elsewhere.
    Lines(Vec<(u64, &'a str)>),
    /// Nothing, with the words of a table.
    Nothing(&'static str),
}

impl<'a> Value<'a> {
    /// A text.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }

    /// A text that a table may cut.
    pub fn prose(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Prose(text.into())
    }

    /// A text that a table may cut, or nothing.
    pub fn prose_or(text: Option<&'a str>, nothing: &'static str) -> Self {
        text.map_or(Self::Nothing(nothing), Self::prose)
    }

    /// How a table makes it fit a narrow column.
    pub(super) fn fitting(&self) -> Truncation {
        match self {
            Self::Prose(_) => Truncation::Cut,
            Self::Sentence(_) | Self::List(_) | Self::Lines(_) => Truncation::Broken,
            Self::Text(_) | Self::Json(_) | Self::Time(_) | Self::Number(_) | Self::Flag(_) | Self::Nothing(_) => {
                Truncation::Whole
            }
        }
    }

    /// A text, or nothing.
    pub fn text_or(text: Option<&'a str>, nothing: &'static str) -> Self {
        text.map_or(Self::Nothing(nothing), Self::text)
    }

    /// A moment, or nothing.
    pub fn time_or(time: Option<Timestamp>, nothing: &'static str) -> Self {
        time.map_or(Self::Nothing(nothing), Self::Time)
    }

    /// A count.
    pub fn count(count: u64) -> Self {
        Self::Number(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// As a person reads it.
    pub fn shown(&self, now: Timestamp) -> Cow<'_, str> {
        match self {
            Self::Text(text) | Self::Prose(text) | Self::Sentence(text) | Self::Json(text) => text::visible(text),
            Self::Time(time) => Cow::Owned(relative(*time, now)),
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Flag(flag) => Cow::Borrowed(if *flag { "yes" } else { "no" }),
            Self::List(texts) => Cow::Owned(texts.iter().map(|text| text::visible(text)).collect::<Vec<_>>().join(" ")),
            Self::Lines(lines) => Cow::Owned(text::visible(&joined(lines)).into_owned()),
            Self::Nothing(words) => Cow::Borrowed(words),
        }
    }
}

/// "2:alice 3:bob".
pub(super) fn joined(lines: &[(u64, &str)]) -> String {
    lines.iter().map(|(line, username)| format!("{line}:{username}")).collect::<Vec<_>>().join(" ")
}

/// How a value fits a column that is narrower.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Truncation {
    /// It stays whole, and what follows in its row goes to the next line.
    Whole,
    /// It is cut.
    Cut,
    /// It is broken between words into several lines.
    Broken,
}

/// A moment as a person speaks of it: in the largest unit of which it is at least one, rounded to the nearest.
pub fn relative(time: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second() - time.as_second();
    let distance = seconds.unsigned_abs();
    let nearest = |unit: u64| (distance + unit / 2) / unit;
    // Each unit is valid for what rounds to less than the limit; a month and a year are those of the average.
    let units =
        [(1, 60, "second"), (60, 60, "minute"), (3_600, 24, "hour"), (86_400, 60, "day"), (2_629_746, 24, "month")];
    let unit = units.into_iter().find(|(unit, limit, _)| nearest(*unit) < *limit);
    let (count, unit) = unit.map_or((nearest(31_556_952), "year"), |(unit, _, name)| (nearest(unit), name));
    let plural = if count == 1 { "" } else { "s" };
    match seconds {
        0 => "now".to_owned(),
        1.. => format!("{count} {unit}{plural} ago"),
        _ => format!("in {count} {unit}{plural}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_in_the_largest_unit_that_says_enough() {
        let now = Timestamp::from_second(1_000_000_000).unwrap();
        let told = |ago: i64| relative(Timestamp::from_second(1_000_000_000 - ago).unwrap(), now);
        assert_eq!(told(0), "now");
        assert_eq!(told(1), "1 second ago");
        assert_eq!(told(3 * 86_400), "3 days ago");
        assert_eq!(told(-7_200), "in 2 hours");
        // To the nearest, and never sixty of a unit.
        for (seconds, words) in [
            (59, "59 seconds ago"),
            (60, "1 minute ago"),
            (89, "1 minute ago"),
            (90, "2 minutes ago"),
            (3_569, "59 minutes ago"),
            (3_570, "1 hour ago"),
            (5_399, "1 hour ago"),
            (6_900, "2 hours ago"),
            (84_599, "23 hours ago"),
            (84_600, "1 day ago"),
            (129_599, "1 day ago"),
            (129_600, "2 days ago"),
            (59 * 86_400, "59 days ago"),
            (60 * 86_400, "2 months ago"),
            (700 * 86_400, "23 months ago"),
            (730 * 86_400, "2 years ago"),
            (900 * 86_400, "2 years ago"),
            (920 * 86_400, "3 years ago"),
            (-86_399, "in 1 day"),
            (-86_400, "in 1 day"),
            (-1, "in 1 second"),
        ] {
            assert_eq!(told(seconds), words, "{seconds}");
        }
        assert_eq!(told(100 * 86_400), "3 months ago");
        assert_eq!(told(800 * 86_400), "2 years ago");
    }
}
