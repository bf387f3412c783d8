//! Texts that a spreadsheet would run as a formula (OWASP ASVS 1.2.10; OWASP "CSV Injection"): in CSV they get an apostrophe
//! before them, which reading takes away again. A spreadsheet of another locale separates cells by semicolons or tabs, and does
//! not respect the quotes of a field that begins in the middle of its cell, so what follows such a character within a text is
//! guarded as its beginning is.

use std::borrow::Cow;

/// What begins a formula. The last four are the full-width forms, which some programs read alike.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// What some programs skip before a formula at the beginning of a field.
const SKIPPED: [char; 4] = ['\t', '\r', '\n', '\0'];

/// What may end a cell within a text.
const SEPARATORS: [char; 4] = [';', '\t', '\r', '\n'];

/// Where a cell may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    /// With the field.
    Field,
    /// Behind a separator within it.
    Inside,
}

/// The text as a field of CSV, with an apostrophe at each place where a formula may begin.
pub fn guarded(text: &str) -> Cow<'_, str> {
    rewritten(text, |rest, start| needs_guard(rest, start).then_some(("'", rest)))
}

/// The text of a field of CSV, without the apostrophes of [`guarded`].
pub fn without_guards(field: &str) -> Cow<'_, str> {
    rewritten(field, |rest, start| {
        let text = rest.strip_prefix('\'')?;
        (text.starts_with('\'') || is_active(text, start)).then_some(("", text))
    })
}

/// Applies `change` to what begins at each place where a cell may begin: what is written there, and what follows it.
fn rewritten<'a>(text: &'a str, change: impl Fn(&'a str, Start) -> Option<(&'static str, &'a str)>) -> Cow<'a, str> {
    let mut written = String::new();
    // What is copied with the next change.
    let mut pending = text;
    let (mut rest, mut start) = (text, Start::Field);
    loop {
        if let Some((added, following)) = change(rest, start) {
            written.push_str(&pending[..pending.len() - rest.len()]);
            written.push_str(added);
            (pending, rest) = (following, following);
        }
        let Some((_, following)) = rest.split_once(SEPARATORS) else { break };
        (rest, start) = (following, Start::Inside);
    }
    if pending.len() == text.len() && written.is_empty() {
        return Cow::Borrowed(text);
    }
    written.push_str(pending);
    Cow::Owned(written)
}

/// Whether a cell that begins so may be a formula. Quotes count as nothing, because the writer doubles them, and blanks too.
fn is_active(cell: &str, start: Start) -> bool {
    if start == Start::Field && cell.starts_with(SKIPPED) {
        return true;
    }
    let skipped = |character: char| {
        character == '"' || character == '\0' || (character.is_whitespace() && !SEPARATORS.contains(&character))
    };
    cell.trim_start_matches(skipped).starts_with(FORMULA)
}

/// Whether a cell that begins so gets an apostrophe. So does one with an apostrophe before such a beginning, so that taking one
/// away always gives the text back.
fn needs_guard(cell: &str, start: Start) -> bool {
    is_active(cell, start)
        || cell.strip_prefix('\'').is_some_and(|rest| rest.starts_with('\'') || is_active(rest, start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_guarded() {
        for (text, field) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@x", "'@x"),
            ("\tx", "'\tx"),
            ("\rx", "'\rx"),
            ("\0", "'\0"),
            ("'=1", "''=1"),
            ("''x", "'''x"),
            (" =1", "' =1"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("\u{ff0b}1", "'\u{ff0b}1"),
            ("\u{ff0d}1", "'\u{ff0d}1"),
            ("\u{ff20}x", "'\u{ff20}x"),
            ("x;=1+2", "x;'=1+2"),
            ("x;=1;=2", "x;'=1;'=2"),
            ("x\t=1+2", "x\t'=1+2"),
            ("x; \"=1+2", "x;' \"=1+2"),
            ("x;'=1", "x;''=1"),
            ("x\n-1", "x\n'-1"),
        ] {
            assert_eq!(guarded(text), field, "{text:?}");
            assert_eq!(without_guards(field), text, "{field:?}");
        }
        for text in ["", "a=1", "'x", "O'Brien", "Meier; Anna", "a;b;c", "x;'y", "a\r\nb", "a - b"] {
            assert!(matches!(guarded(text), Cow::Borrowed(same) if same == text), "{text:?}");
            assert!(matches!(without_guards(text), Cow::Borrowed(same) if same == text), "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn taking_the_guards_away_gives_the_text_back(text in "['=+@x;\t\r\n\0\" \u{ff1d}-]{0,12}") {
            let field = guarded(&text);
            proptest::prop_assert_eq!(without_guards(&field), text.as_str());
        }

        #[test]
        fn no_cell_of_any_separator_begins_with_a_formula(text in "['=+@x;\t \u{ff1d}-]{0,12}") {
            for cell in guarded(&text).split([';', '\t']) {
                proptest::prop_assert!(!cell.trim_start().starts_with(FORMULA), "{text:?}: {cell:?}");
            }
        }
    }
}
