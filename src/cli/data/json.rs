//! Texts and values in JSON.

use std::io;
use std::io::Write;

use serde::Serialize as _;
use serde_json::ser::Formatter;

use crate::domain::invisible;

pub(super) fn write_json_text(out: &mut impl Write, text: &str) -> io::Result<()> {
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
pub(super) fn write_json_value(out: &mut impl Write, text: &str) -> io::Result<()> {
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
