//! Names and notes as a mail may show them, and the lines of its parts.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr as _;

use crate::domain::invisible::is_invisible;
use crate::domain::invisible::is_needed_joiner;
use crate::domain::text::MAX_NAME;
use crate::secrets::zeroizing::ZeroizingBuf;

/// The columns of the text part: RFC 5322, 2.1.1 asks for at most 78, and replies put marks before the lines.
const COLUMNS: usize = 72;

/// A line as a mail shows it, without control characters, invisible characters and those that disguise text, and with
/// each white space as one blank. Stored values were validated at input, but the mail does not rely on that.
pub(super) fn plain(line: &str) -> Cow<'_, str> {
    let is_plain = |text: &str| {
        text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) && !text.contains("  ") && text.trim() == text
    };
    if is_plain(line) {
        return Cow::Borrowed(line);
    }
    let blank = |character: char| if character.is_whitespace() { ' ' } else { character };
    let is_shown = |place: usize, character: char| {
        let after = &line[place + character.len_utf8()..];
        character.is_whitespace() || !is_invisible(character) || is_needed_joiner(&line[..place], character, after)
    };
    let kept = line.char_indices().filter(|&(place, character)| is_shown(place, character));
    let kept: String = kept.map(|(_, character)| blank(character)).collect();
    Cow::Owned(kept.split_ascii_whitespace().collect::<Vec<_>>().join(" "))
}

/// A name as a mail shows it: [`plain`] and of limited length; `None` if nothing readable is left.
pub(super) fn name(name: &str) -> Option<String> {
    let name: String = plain(name).chars().take(MAX_NAME).collect();
    name.chars().any(char::is_alphanumeric).then_some(name)
}

/// The lines of an operator's note, each [`plain`]; consecutive empty lines become one, and those at the ends are
/// dropped.
pub(super) fn note(note: &str) -> Vec<Cow<'_, str>> {
    let mut lines: Vec<Cow<'_, str>> = note.lines().map(plain).collect();
    lines.dedup_by(|line, before| line.is_empty() && before.is_empty());
    if lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    if lines.first().is_some_and(|line| line.is_empty()) {
        lines.remove(0);
    }
    lines
}

/// The text part: the lines of a rendered template, wrapped at blanks and ended by CR LF. Quotations (`> `) and list
/// items (`- `) are continued with their indentation. A word longer than a line, such as a link, is not broken.
/// Consecutive empty lines become one, so that templates can leave out parts.
pub(super) fn text_part(rendered: &str) -> ZeroizingBuf<String> {
    let mut text = ZeroizingBuf::new(String::with_capacity(rendered.len() * 5 / 4));
    for line in rendered.trim().lines() {
        let line = line.trim_end();
        let is_second_empty_one = line.is_empty() && text.ends_with("\r\n\r\n");
        if !is_second_empty_one {
            push_broken(&mut text, line);
        }
    }
    text
}

/// The HTML part: lines ended by CR LF, without indentation and empty lines.
pub(super) fn html_part(rendered: &str) -> ZeroizingBuf<String> {
    let mut html = ZeroizingBuf::new(String::with_capacity(rendered.len() + 256));
    for line in rendered.lines().map(str::trim).filter(|line| !line.is_empty()) {
        push_unbroken(&mut html, line);
    }
    html
}

/// Adds a line unchanged.
pub(super) fn push_unbroken(html: &mut String, line: &str) {
    html.push_str(line);
    html.push_str("\r\n");
}

/// Adds a line, wrapped at blanks if it is too long.
pub(super) fn push_broken(text: &mut String, line: &str) {
    let (first, following, words) = match line.split_at_checked(2) {
        Some(("> ", words)) => ("> ", "> ", words),
        Some(("- ", words)) => ("- ", "  ", words),
        _ => ("", "", line),
    };
    text.push_str(first);
    if line.len() <= COLUMNS {
        text.push_str(words);
    } else {
        let mut column = first.len();
        for (index, word) in words.split(' ').enumerate() {
            let width = word.width();
            if index > 0 && column + 1 + width > COLUMNS {
                text.push_str("\r\n");
                text.push_str(following);
                column = following.len();
            } else if index > 0 {
                text.push(' ');
                column += 1;
            }
            text.push_str(word);
            column += width;
        }
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmful_characters_are_dropped_from_a_line() {
        for (line, shown) in [
            ("Zoë Łukasz", "Zoë Łukasz"),
            ("Eve\r\nBcc: all@example.com", "Eve Bcc: all@example.com"),
            ("a\u{1b}[2Jb\0c\u{7f}\u{9b}d", "a[2Jbcd"),
            ("evil\u{202e}gpj.exe\u{2066}", "evilgpj.exe"),
            ("  a \t\u{a0}\u{2029} b  ", "a b"),
            ("علی\u{200c}رضا", "علی\u{200c}رضا"),
            ("An\u{ad}n\u{200b}a\u{200d} O’Brien\u{fe0f}", "Anna O’Brien"),
        ] {
            assert_eq!(plain(line), shown);
        }
    }

    #[test]
    fn a_name_with_nothing_readable_is_none() {
        for nothing in ["", " \r\n", "\u{202e}\u{feff}", "...", "\u{1b}["] {
            assert_eq!(name(nothing), None, "{nothing:?}");
        }
        assert_eq!(name("Ünal"), Some("Ünal".to_owned()));
        assert_eq!(name(&"x".repeat(10_000)).map(|name| name.len()), Some(MAX_NAME));
    }

    #[test]
    fn the_lines_of_a_note_stay_lines() {
        assert_eq!(note("one\r\ntwo\n\n \n\tthree "), ["one", "two", "", "three"]);
        assert_eq!(note("\n \none\n\n"), ["one"]);
        for nothing in ["", "\n", " \n\r\n", "\u{202e}\n"] {
            assert_eq!(note(nothing), [""; 0], "{nothing:?}");
        }
    }

    #[test]
    fn long_lines_are_wrapped_at_blanks_and_links_are_not_broken() {
        let link = format!("https://example.com/{}", "x".repeat(90));
        let words = "word ".repeat(20);
        let text = text_part(&format!("\n{words}\n\n\n\n{link}\n> {words}\n- {words}{link}\n"));
        insta::assert_snapshot!(text.replace("\r\n", "\n").replace(&"x".repeat(90), "[x]"), @r"
        word word word word word word word word word word word word word word
        word word word word word word

        https://example.com/[x]
        > word word word word word word word word word word word word word word
        > word word word word word word
        - word word word word word word word word word word word word word word
          word word word word word word
          https://example.com/[x]
        ");
    }

    #[test]
    fn wide_letters_take_two_columns() {
        let text = text_part(&"明日 ".repeat(20));
        assert_eq!(text.lines().next().map(|line| line.chars().count()), Some(14 * 3 - 1));
    }
}
