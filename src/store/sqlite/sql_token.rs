//! The tokens of a statement.

/// How long the first token of a statement is: a comment, a quoted text or name, a word, or one character; `None`: there is no more.
pub(super) fn token(sql: &str) -> Option<usize> {
    let first = sql.chars().next()?;
    let through = |from: usize, end: char| sql[from..].find(end).map_or(sql.len(), |at| from + at + end.len_utf8());
    let is_of_word = |character: char| character.is_alphanumeric() || character == '_';
    Some(match first {
        '-' if sql.starts_with("--") => through(0, '\n'),
        // A quote that is doubled is two tokens, which is no difference here.
        '\'' | '"' | '`' => through(1, first),
        _ if is_of_word(first) => sql.find(|character| !is_of_word(character)).unwrap_or(sql.len()),
        _ => first.len_utf8(),
    })
}
