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
use crate::domain::formula::needs_guard;
use crate::domain::invisible;
use crate::domain::text;

/// A column: its name in data, and its heading in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// In data.
    pub name: &'static str,
    /// In a table.
    pub title: &'static str,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// A text.
    Text(Cow<'a, str>),
    /// A moment: RFC 3339 in data, "3 days ago" in a table.
    Time(Timestamp),
    /// A number.
    Number(i64),
    /// Yes or no.
    Flag(bool),
    /// Some texts.
    List(Vec<&'a str>),
    /// Nothing, with the words of a table.
    Nothing(&'static str),
}

impl<'a> Cell<'a> {
    /// A text.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
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
            Self::Text(text) => text::visible(text),
            Self::Time(time) => Cow::Owned(relative(*time, now)),
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Flag(flag) => Cow::Borrowed(if *flag { "yes" } else { "no" }),
            Self::List(texts) => Cow::Owned(texts.iter().map(|text| text::visible(text)).collect::<Vec<_>>().join(" ")),
            Self::Nothing(words) => Cow::Borrowed(words),
        }
    }
}

/// Takes one record.
pub type Sink<'sink> = dyn FnMut(&[Cell<'_>]) -> io::Result<()> + 'sink;

/// Writes records. `each` gives them to the sink it gets, in order, and is called a second time for a table too large
/// to be kept while the widths of its columns are still unknown.
///
/// # Errors
/// When `each` fails, or standard output cannot be written.
pub fn records<E: From<io::Error>>(
    output: &mut Output,
    heads: &[Head],
    now: Timestamp,
    mut each: impl FnMut(&mut Sink<'_>) -> Result<(), E>,
) -> Result<(), E> {
    match output.format {
        Format::Table => {
            let mut table = Table::new(heads, output.columns, now);
            each(&mut |cells| {
                table.measure(cells);
                Ok(())
            })?;
            table.begin(output)?;
            if !table.is_kept() {
                each(&mut |cells| table.write(output, cells))?;
            }
            table.end(output)?;
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
pub fn record(output: &mut Output, heads: &[Head], cells: &[Cell<'_>], now: Timestamp) -> io::Result<()> {
    match output.format {
        Format::Table => {
            let width = heads.iter().map(|head| head.title.len()).max().unwrap_or(0) + 1;
            for (head, cell) in heads.iter().zip(cells) {
                let label = output.heading(&format!("{:<width$}", format!("{}:", head.title)));
                let exact = match cell {
                    Cell::Time(time) => format!("{} ({time})", cell.shown(now)),
                    Cell::List(texts) => lines_of(texts, width + 2, output.columns),
                    other => other.shown(now).into_owned(),
                };
                writeln!(output.data(), "{label}  {exact}")?;
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

/// Texts with commas between them, in lines that begin at column `indent` and fit the terminal, if it is one.
fn lines_of(texts: &[&str], indent: usize, columns: Option<u16>) -> String {
    let room = columns.map_or(usize::MAX, |columns| usize::from(columns).saturating_sub(indent));
    let (mut lines, mut used) = (String::new(), 0);
    for (place, text) in texts.iter().enumerate() {
        let text = text::visible(text);
        // With the comma behind it.
        let width = text.width() + usize::from(place + 1 < texts.len());
        if place > 0 && used + 1 + width > room {
            lines.push_str(&format!(",\n{:indent$}", ""));
            used = width;
        } else {
            lines.push_str(if place > 0 { ", " } else { "" });
            used += width + usize::from(place > 0);
        }
        lines.push_str(&text);
    }
    lines
}

fn write_csv<E: From<io::Error>>(
    writer: &mut csv::Writer<&mut dyn Write>,
    heads: &[Head],
    visible: bool,
    each: &mut impl FnMut(&mut Sink<'_>) -> Result<(), E>,
) -> Result<(), E> {
    writer.write_record(heads.iter().map(|head| head.name)).map_err(io::Error::from)?;
    each(&mut |cells| {
        for cell in cells {
            match cell {
                Cell::Text(text) => write_csv_text(writer, text, visible)?,
                Cell::Time(time) => writer.write_field(time.to_string())?,
                Cell::Number(number) => writer.write_field(number.to_string())?,
                Cell::Flag(flag) => writer.write_field(if *flag { "true" } else { "false" })?,
                Cell::List(texts) => write_csv_text(writer, &texts.join(" "), visible)?,
                Cell::Nothing(_) => writer.write_field("")?,
            }
        }
        Ok(writer.write_record(None::<&[u8]>)?)
    })
}

/// Writes a text so that no spreadsheet runs it as a formula.
fn write_csv_text(writer: &mut csv::Writer<&mut dyn Write>, text: &str, visible: bool) -> io::Result<()> {
    let text = if visible { text::visible(text) } else { Cow::Borrowed(text) };
    if needs_guard(&text) {
        return Ok(writer.write_field(format!("'{text}"))?);
    }
    Ok(writer.write_field(text.as_bytes())?)
}

/// The keys of an object, with the punctuation around them.
fn keys(heads: &[Head]) -> Vec<String> {
    heads
        .iter()
        .enumerate()
        .map(|(place, head)| format!("{}\"{}\":", if place == 0 { "{" } else { "," }, head.name))
        .collect()
}

fn write_object(out: &mut impl Write, keys: &[String], cells: &[Cell<'_>]) -> io::Result<()> {
    for (key, cell) in keys.iter().zip(cells) {
        out.write_all(key.as_bytes())?;
        match cell {
            Cell::Text(text) => write_json_text(out, text)?,
            Cell::Time(time) => write!(out, "\"{time}\"")?,
            Cell::Number(number) => write!(out, "{number}")?,
            Cell::Flag(flag) => out.write_all(if *flag { b"true" } else { b"false" })?,
            Cell::List(texts) => {
                for (place, text) in texts.iter().enumerate() {
                    out.write_all(if place == 0 { b"[" } else { b"," })?;
                    write_json_text(out, text)?;
                }
                out.write_all(if texts.is_empty() { b"[]" } else { b"]" })?;
            }
            Cell::Nothing(_) => out.write_all(b"null")?,
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
    Ok(text.serialize(&mut serde_json::Serializer::with_formatter(out, Inert))?)
}

/// JSON whose strings hold nothing that drives a terminal: beyond what JSON itself escapes, whatever
/// nobody sees is written as `\u` escapes too.
struct Inert;

impl Formatter for Inert {
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

/// A moment as a person speaks of it.
pub fn relative(time: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second() - time.as_second();
    let (count, unit) = match seconds.unsigned_abs() {
        under @ 0..60 => (under, "second"),
        under @ 60..3_600 => (under / 60, "minute"),
        under @ 3_600..86_400 => (under / 3_600, "hour"),
        under @ 86_400..5_184_000 => (under / 86_400, "day"),
        under @ 5_184_000..63_072_000 => (under / 2_592_000, "month"),
        under => (under / 31_536_000, "year"),
    };
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
    fn moments_are_told_in_the_largest_unit_that_says_enough() {
        let now = Timestamp::from_second(1_000_000_000).unwrap();
        let told = |ago: i64| relative(Timestamp::from_second(1_000_000_000 - ago).unwrap(), now);
        assert_eq!(told(0), "now");
        assert_eq!(told(1), "1 second ago");
        assert_eq!(told(3 * 86_400), "3 days ago");
        assert_eq!(told(-7_200), "in 2 hours");
        assert_eq!(told(100 * 86_400), "3 months ago");
        assert_eq!(told(800 * 86_400), "2 years ago");
    }
}
