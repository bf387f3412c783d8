//! Records on standard output: a table for people, or JSON, NDJSON and CSV for programs. They are streamed: a million of
//! them need no more memory than one.

use std::borrow::Cow;
use std::io;
use std::io::Write;

use jiff::Timestamp;
use serde::Serialize as _;
use serde_json::ser::Formatter;

use crate::cli::labelled::write_labelled;
use crate::cli::output::Format;
use crate::cli::output::Output;
use crate::cli::table::Table;
use crate::cli::value::Heading;
use crate::cli::value::Value;
use crate::cli::value::joined;
use crate::domain::formula::guarded;
use crate::domain::invisible;
use crate::domain::text;

/// Takes one record.
pub type Sink<'sink> = dyn FnMut(&[Value<'_>]) -> io::Result<()> + 'sink;

/// Writes records. `each` gives them to the sink it gets, in order, and is called a second time for a table too large
/// to be kept while the widths of its columns are still unknown.
///
/// # Errors
/// When `each` fails, or standard output cannot be written. What was read before `each` failed is written.
pub fn records<E: From<io::Error>>(
    output: &mut Output,
    heads: &[Heading],
    now: Timestamp,
    each: impl FnMut(&mut Sink<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let begins = output.hold();
    let read = write_records(output, heads, now, each);
    if begins { output.release(read) } else { read }
}

fn write_records<E: From<io::Error>>(
    output: &mut Output,
    heads: &[Heading],
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
            // Nothing is written before the first record: what is refused prints no beginning.
            each(&mut |cells| {
                if is_array {
                    out.write_all(if first { b"[\n" } else { b",\n" })?;
                }
                first = false;
                write_object(&mut out, &keys, cells)?;
                if is_array { Ok(()) } else { out.write_all(b"\n") }
            })?;
            if is_array {
                out.write_all(if first { b"[]\n" } else { b"\n]\n" })?;
            }
        }
    }
    Ok(())
}

/// A record as a line of NDJSON.
///
/// # Errors
/// None: the line is in memory.
pub fn ndjson_line(heads: &[Heading], cells: &[Value<'_>]) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    write_object(&mut line, &keys(heads), cells)?;
    line.push(b'\n');
    Ok(line)
}

/// Writes fields as one record. A table leaves out what does not apply; data always has every key.
///
/// # Errors
/// When standard output cannot be written.
pub fn fields<'a>(
    output: &mut Output,
    fields: impl IntoIterator<Item = (Heading, Value<'a>)>,
    now: Timestamp,
) -> io::Result<()> {
    let is_table = output.format == Format::Table;
    let fields = fields.into_iter().filter(|(_, cell)| !is_table || *cell != Value::Nothing(""));
    let (heads, cells): (Vec<Heading>, Vec<Value<'_>>) = fields.unzip();
    record(output, &heads, &cells, now)
}

/// Writes one record: a list of "title: value" for people, one object or one row for programs.
///
/// # Errors
/// When standard output cannot be written.
pub fn record(output: &mut Output, heads: &[Heading], cells: &[Value<'_>], now: Timestamp) -> io::Result<()> {
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

fn write_csv<E: From<io::Error>>(
    writer: &mut csv::Writer<&mut dyn Write>,
    heads: &[Heading],
    visible: bool,
    each: &mut impl FnMut(&mut Sink<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut has_header = false;
    each(&mut |cells| {
        if !std::mem::replace(&mut has_header, true) {
            write_csv_header(writer, heads)?;
        }
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
    })?;
    if has_header { Ok(()) } else { Ok(write_csv_header(writer, heads)?) }
}

fn write_csv_header(writer: &mut csv::Writer<&mut dyn Write>, heads: &[Heading]) -> io::Result<()> {
    Ok(writer.write_record(heads.iter().map(|head| head.name))?)
}

/// Writes a text so that no spreadsheet runs it as a formula.
fn write_csv_text(writer: &mut csv::Writer<&mut dyn Write>, text: &str, visible: bool) -> io::Result<()> {
    let text = if visible { text::visible(text) } else { Cow::Borrowed(text) };
    Ok(writer.write_field(guarded(&text).as_bytes())?)
}

/// The keys of an object, with the punctuation around them.
fn keys(heads: &[Heading]) -> Vec<String> {
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
}
