//! Texts that a spreadsheet would run as a formula (OWASP ASVS 1.2.10): in CSV they get an apostrophe before them, which
//! reading takes away again.

/// What makes a formula of the text that it begins. NUL and line ends are here because some programs skip them.
const ACTIVE: [char; 8] = ['=', '+', '-', '@', '\t', '\r', '\n', '\0'];

/// Whether a text gets an apostrophe. So does one that starts with an apostrophe before such a character, so that taking one
/// away always gives the text back.
pub fn needs_guard(text: &str) -> bool {
    text.starts_with(ACTIVE) || text.strip_prefix('\'').is_some_and(|rest| rest.starts_with('\'') || needs_guard(rest))
}

/// The text without the apostrophe that guards it.
pub fn without_guard(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with('\'') || rest.starts_with(ACTIVE) => rest,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_guarded() {
        for text in ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\0", "'=1", "''x"] {
            assert!(needs_guard(text), "{text:?}");
        }
        for text in ["", "a=1", "'x", "O'Brien"] {
            assert!(!needs_guard(text), "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn taking_the_guard_away_gives_the_text_back(text in "['=+@x-]{0,6}") {
            let written = if needs_guard(&text) { format!("'{text}") } else { text.clone() };
            proptest::prop_assert_eq!(without_guard(&written), text);
        }
    }
}
