//! Lines of "label: text" for people.

use std::io;

use unicode_width::UnicodeWidthStr as _;

use crate::cli::output::Output;

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
