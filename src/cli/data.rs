//! Records on standard output: a table for people, or JSON, NDJSON and CSV for programs. They are streamed: a million of
//! them need no more memory than one.

use std::borrow::Cow;
use std::io;
use std::io::Write;

use jiff::Timestamp;
use serde::Serialize as _;
use serde_json::ser::Formatter;
use unicode_width::UnicodeWidthStr as _;

use crate::cli::output::Format;
use crate::cli::output::Output;
use crate::cli::table::Table;
use crate::domain::formula::guarded;
use crate::domain::invisible;
use crate::domain::text;

/// A column: its name in data, and its heading in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
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
fn joined(lines: &[(u64, &str)]) -> String {
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

/// Takes one record.
pub type Sink<'sink> = dyn FnMut(&[Value<'_>]) -> io::Result<()> + 'sink;

/// Writes records. `each` gives them to the sink it gets, in order, and is called a second time for a table too large
/// to be kept while the widths of its columns are still unknown.
///
/// # Errors
/// When `each` fails, or standard output cannot be written.
pub fn records<E: From<io::Error>>(
    output: &mut Output,
    heads: &[Column],
    now: Timestamp,
    mut each: impl FnMut(&mut Sink<'_>) -> Result<(), E>,
) -> Result<(), E> {
    match output.format {
        Format::Table => {
            let mut table = Table::new(heads, output.columns, output.charset(), now);
            // What can be read is shown, whatever comes of the rest.
            let mut read = each(&mut |cells| {
                table.measure(cells);
                Ok(())
            });
            table.begin(output)?;
            if !table.is_kept() {
                read = each(&mut |cells| table.write(output, cells));
            }
            table.end(output)?;
            read?;
        }
        Format::Csv => {
            let visible = output.stdout_is_terminal;
            let mut writer = csv::WriterBuilder::new().buffer_capacity(64 * 1024).from_writer(output.data());
            let written = write_csv(&mut writer, heads, visible, &mut each);
            writer.flush()?;
            written?;
        }
        Format::Json | Format::Ndjson => {
            let is_array = output.format == Format::Json;
            let keys = keys(heads);
            let (mut out, mut first) = (output.data(), true);
            if is_array {
                out.write_all(b"[")?;
            }
            each(&mut |cells| {
                if is_array {
                    out.write_all(if first { b"\n" } else { b",\n" })?;
                }
                first = false;
                write_object(&mut out, &keys, cells)?;
                if is_array { Ok(()) } else { out.write_all(b"\n") }
            })?;
            if is_array {
                out.write_all(if first { b"]\n" } else { b"\n]\n" })?;
            }
        }
    }
    Ok(())
}

/// Writes one record: a list of "title: value" for people, one object or one row for programs.
///
/// # Errors
/// When standard output cannot be written.
pub fn record(output: &mut Output, heads: &[Column], cells: &[Value<'_>], now: Timestamp) -> io::Result<()> {
    match output.format {
        Format::Table => {
            let width = heads.iter().map(|head| head.title.len()).max().unwrap_or(0) + 1;
            for (head, cell) in heads.iter().zip(cells) {
                let text = match cell {
                    Value::Time(time) => format!("{} ({})", cell.shown(now), output.local_time(*time)),
                    Value::List(texts) => texts.iter().map(|text| text::visible(text)).collect::<Vec<_>>().join(", "),
                    other => other.shown(now).into_owned(),
                };
                write_labelled(output, head.title, width, &text)?;
            }
            Ok(())
        }
        Format::Json | Format::Ndjson => {
            write_object(&mut output.data(), &keys(heads), cells)?;
            output.data().write_all(b"\n")
        }
        Format::Csv => records(output, heads, now, |sink| sink(cells)),
    }
}

/// Writes "label: text", where the labels are `width` columns wide. On a terminal the text is broken between words and stays
/// beside the labels; a text with a word that has no room there stands below its label. No word is broken.
///
/// # Errors
/// When standard output cannot be written.
pub(super) fn write_labelled(output: &mut Output, label: &str, width: usize, text: &str) -> io::Result<()> {
    let padding = (width + 2).saturating_sub(label.width() + 1);
    let label = output.heading(&format!("{label}:"));
    let text = output.charset().show(text).into_owned();
    let columns = output.columns.map_or(usize::MAX, usize::from);
    let room = columns.saturating_sub(width + 2);
    let is_wide = text.width() > room && text.split(' ').any(|word| word.width() > room);
    if is_wide {
        writeln!(output.data(), "{label}")?;
        for line in broken(&text, columns.saturating_sub(2)) {
            writeln!(output.data(), "  {line}")?;
        }
        return Ok(());
    }
    for (place, line) in broken(&text, room).into_iter().enumerate() {
        match place {
            0 => writeln!(output.data(), "{}", format!("{label}{:padding$}{line}", "").trim_end())?,
            _ => writeln!(output.data(), "{:width$}  {line}", "")?,
        }
    }
    Ok(())
}

/// The text in lines of `room` columns, broken at blanks alone. A word that is wider is a line.
fn broken(text: &str, room: usize) -> Vec<&str> {
    let (mut lines, mut rest) = (Vec::new(), text);
    while rest.width() > room {
        // A blank that begins the text is part of its first word.
        let blanks = rest.match_indices(' ').map(|(at, _)| at).filter(|&at| !rest[..at].trim().is_empty());
        let fitting = blanks.clone().take_while(|&at| rest[..at].trim_end().width() <= room).last();
        let Some(end) = fitting.or_else(|| blanks.clone().next()) else { break };
        lines.push(rest[..end].trim_end());
        rest = rest[end..].trim_start();
    }
    if !rest.is_empty() || lines.is_empty() {
        lines.push(rest);
    }
    lines
}

fn write_csv<E: From<io::Error>>(
    writer: &mut csv::Writer<&mut dyn Write>,
    heads: &[Column],
    visible: bool,
    each: &mut impl FnMut(&mut Sink<'_>) -> Result<(), E>,
) -> Result<(), E> {
    writer.write_record(heads.iter().map(|head| head.name)).map_err(io::Error::from)?;
    each(&mut |cells| {
        for cell in cells {
            match cell {
                Value::Text(text) | Value::Prose(text) | Value::Sentence(text) | Value::Json(text) => {
                    write_csv_text(writer, text, visible)?;
                }
                Value::Time(time) => writer.write_field(time.to_string())?,
                Value::Number(number) => writer.write_field(number.to_string())?,
                Value::Flag(flag) => writer.write_field(if *flag { "true" } else { "false" })?,
                Value::List(texts) => write_csv_text(writer, &texts.join(" "), visible)?,
                Value::Lines(lines) => write_csv_text(writer, &joined(lines), visible)?,
                Value::Nothing(_) => writer.write_field("")?,
            }
        }
        Ok(writer.write_record(None::<&[u8]>)?)
    })
}

/// Writes a text so that no spreadsheet runs it as a formula.
fn write_csv_text(writer: &mut csv::Writer<&mut dyn Write>, text: &str, visible: bool) -> io::Result<()> {
    let text = if visible { text::visible(text) } else { Cow::Borrowed(text) };
    Ok(writer.write_field(guarded(&text).as_bytes())?)
}

/// The keys of an object, with the punctuation around them.
fn keys(heads: &[Column]) -> Vec<String> {
    heads
        .iter()
        .enumerate()
        .map(|(place, head)| format!("{}\"{}\":", if place == 0 { "{" } else { "," }, head.name))
        .collect()
}

fn write_object(out: &mut impl Write, keys: &[String], cells: &[Value<'_>]) -> io::Result<()> {
    for (key, cell) in keys.iter().zip(cells) {
        out.write_all(key.as_bytes())?;
        match cell {
            Value::Text(text) | Value::Prose(text) | Value::Sentence(text) => write_json_text(out, text)?,
            Value::Json(text) => write_json_value(out, text)?,
            Value::Time(time) => write!(out, "\"{time}\"")?,
            Value::Number(number) => write!(out, "{number}")?,
            Value::Flag(flag) => out.write_all(if *flag { b"true" } else { b"false" })?,
            Value::List(texts) => {
                for (place, text) in texts.iter().enumerate() {
                    out.write_all(if place == 0 { b"[" } else { b"," })?;
                    write_json_text(out, text)?;
                }
                out.write_all(if texts.is_empty() { b"[]" } else { b"]" })?;
            }
            Value::Lines(lines) => {
                out.write_all(b"[")?;
                for (place, (line, username)) in lines.iter().enumerate() {
                    let comma = if place == 0 { "" } else { "," };
                    write!(out, "{comma}{{\"line\":{line},\"username\":")?;
                    write_json_text(out, username)?;
                    out.write_all(b"}")?;
                }
                out.write_all(b"]")?;
            }
            Value::Nothing(_) => out.write_all(b"null")?,
        }
    }
    out.write_all(b"}")
}

fn write_json_text(out: &mut impl Write, text: &str) -> io::Result<()> {
    // Most texts need no escape; serde_json looks at each byte and writes piecewise.
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte) && byte != b'"' && byte != b'\\') {
        out.write_all(b"\"")?;
        out.write_all(text.as_bytes())?;
        return out.write_all(b"\"");
    }
    Ok(text.serialize(&mut serde_json::Serializer::with_formatter(out, TerminalSafeJson))?)
}

/// Writes a value that is JSON already, as it is, so that the order of its keys stays. What is not JSON, as in a store that
/// somebody wrote to, or would break the line, is a string.
fn write_json_value(out: &mut impl Write, text: &str) -> io::Result<()> {
    let is_json = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    if !is_json || text.bytes().any(|byte| byte < 0x20) {
        return write_json_text(out, text);
    }
    // Outside of its strings such JSON is printable ASCII, so what is escaped stands in a string.
    TerminalSafeJson.write_string_fragment(out, text)
}

/// JSON whose strings hold nothing that drives a terminal: beyond what JSON itself escapes, whatever
/// nobody sees is written as `\u` escapes too.
struct TerminalSafeJson;

impl Formatter for TerminalSafeJson {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((place, character)) = rest.char_indices().find(|(_, c)| invisible::is_invisible(*c)) {
            writer.write_all(&rest.as_bytes()[..place])?;
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[place + character.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
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
    fn json_holds_nothing_that_drives_a_terminal() {
        let mut out = Vec::new();
        write_json_text(&mut out, "a\u{1b}[2J\u{9b}\u{202e}\u{7f}\"é\u{e0041}").unwrap();
        let written = String::from_utf8(out).unwrap();
        assert_eq!(written, r#""a\u001b[2J\u009b\u202e\u007f\"é\udb40\udc41""#);
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), "a\u{1b}[2J\u{9b}\u{202e}\u{7f}\"é\u{e0041}");
    }

    #[test]
    fn a_text_is_broken_between_words_and_no_word_is() {
        assert_eq!(broken("", 5), [""]);
        assert_eq!(broken("one two three", 13), ["one two three"]);
        assert_eq!(broken("one two three", 12), ["one two", "three"]);
        assert_eq!(broken("one two three", 3), ["one", "two", "three"]);
        assert_eq!(broken("one  two ", 3), ["one", "two"]);
        assert_eq!(broken("alice@example.com is long", 8), ["alice@example.com", "is long"]);
        assert_eq!(broken("明明 明明", 5), ["明明", "明明"]);
        assert_eq!(broken("  indented", 4), ["  indented"]);
        assert_eq!(broken("a b", 0), ["a", "b"]);
    }

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
