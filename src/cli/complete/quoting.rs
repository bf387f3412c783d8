//! The words of a command line as a shell has them, with their quotes (POSIX, Shell Command Language, 2.2), and values as bash takes
//! them.

/// A word as the command would get it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unquoted {
    /// Without its quotes.
    pub(super) text: String,
    /// Whether it begins with `~/` outside of quotes.
    pub(super) has_tilde: bool,
    /// The quote that is still open at its end.
    pub(super) open: Option<char>,
}

/// The word without its quotes; `None`: only the shell knows what it becomes, such as `$HOME` or `$(command)`.
pub(super) fn unquoted(word: &str) -> Option<Unquoted> {
    let (mut text, mut open) = (String::new(), None);
    let mut characters = word.chars();
    while let Some(character) = characters.next() {
        match (open, character) {
            (Some('\''), '\'') | (Some('"'), '"') => open = None,
            (None, '\'' | '"') => open = Some(character),
            (None | Some('"'), '$' | '`') => return None,
            // One at the very end quotes what is not typed yet.
            (None, '\\') => text.extend(characters.next()),
            (Some('"'), '\\') => match characters.next() {
                Some(quoted @ ('"' | '\\' | '$' | '`')) => text.push(quoted),
                other => {
                    text.push('\\');
                    text.extend(other);
                }
            },
            (_, character) => text.push(character),
        }
    }
    Some(Unquoted { text, has_tilde: word.starts_with("~/"), open })
}

/// What bash puts in the place of `replaced`, the end of the word `typed`, so that the command gets `value` where the word has `prefix`
/// so far. `None`: it cannot be written there.
pub(super) fn for_bash(typed: &Unquoted, replaced: &str, prefix: &str, value: &str) -> Option<String> {
    let replaced = match typed.open {
        None => unquoted(replaced)?.text,
        // The quote that is open is in front of what bash replaces.
        Some(quote) => unquoted(&format!("{quote}{replaced}"))?.text,
    };
    let option = typed.text.strip_suffix(prefix)?;
    let kept = typed.text.strip_suffix(&replaced)?.len();
    let whole = format!("{option}{value}");
    let text = whole.get(kept..)?;
    match typed.open {
        Some('\'') => Some(text.replace('\'', "'\\''")),
        // A `!` begins a word of the history there, and a backslash in front of it stays.
        Some(_) => (!text.contains('!')).then(|| escaped(text, |c| !"\"\\$`".contains(c))),
        None => Some(escaped(text, |c| c.is_ascii_alphanumeric() || !c.is_ascii() || "_-./,:@%+=".contains(c))),
    }
}

/// The text with a backslash in front of each character that is not `plain`.
fn escaped(text: &str, plain: impl Fn(char) -> bool) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        if !plain(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(word: &str) -> Option<String> {
        unquoted(word).map(|unquoted| unquoted.text)
    }

    #[test]
    fn quotes_are_taken_away_as_a_shell_does() {
        for (word, expected) in [
            ("alice", "alice"),
            ("'Night shift'", "Night shift"),
            ("\"Night shift\"", "Night shift"),
            ("Night\\ shift", "Night shift"),
            ("'Night sh", "Night sh"),
            ("--role=\"Ni", "--role=Ni"),
            ("o\\'brien", "o'brien"),
            ("\"a\\$b\\c\"", "a$b\\c"),
            ("'$(id)'", "$(id)"),
            ("x\\", "x"),
            ("", ""),
        ] {
            assert_eq!(text(word).as_deref(), Some(expected), "{word}");
        }
        for word in ["$HOME", "`id`", "a$(id)", "\"$x\"", "$'a'"] {
            assert_eq!(text(word), None, "{word}");
        }
    }

    #[test]
    fn bash_gets_the_end_of_the_word_quoted_as_the_word_is() {
        let whole = |typed: &str, replaced: &str, prefix: &str, value: &str| {
            for_bash(&unquoted(typed).unwrap(), replaced, prefix, value)
        };
        for (typed, replaced, prefix, value, expected) in [
            ("al", "al", "al", "alice", "alice"),
            ("AL", "AL", "AL", "alice", "alice"),
            ("", "", "", "alice", "alice"),
            // With `@` among the characters that divide words, and without it.
            ("alice@ex", "@ex", "alice@ex", "alice@example.com", "@example.com"),
            ("alice@ex", "alice@ex", "alice@ex", "alice@example.com", "alice@example.com"),
            ("--role=Ni", "Ni", "Ni", "Night shift", "Night\\ shift"),
            ("--role=Ni", "--role=Ni", "Ni", "Night shift", "--role=Night\\ shift"),
            ("--role=", "", "", "Night shift", "Night\\ shift"),
            ("Night\\ sh", "Night\\ sh", "Night sh", "Night shift", "Night\\ shift"),
            ("'Night sh", "Night sh", "Night sh", "Night shift", "Night shift"),
            ("\"Ni", "Ni", "Ni", "Night \"$(id)\"", "Night \\\"\\$(id)\\\""),
            ("'Ni", "Ni", "Ni", "Night's", "Night'\\''s"),
            ("", "", "", "$(id);`id`*~!", "\\$\\(id\\)\\;\\`id\\`\\*\\~\\!"),
            ("ü", "ü", "ü", "über uns", "über\\ uns"),
        ] {
            assert_eq!(whole(typed, replaced, prefix, value).as_deref(), Some(expected), "{typed} {value}");
        }
        assert_eq!(whole("\"Ni", "Ni", "Ni", "Night!"), None, "history");
        assert_eq!(whole("alice", "bob", "alice", "alice"), None, "another word than the last one");
    }
}
