//! The name of a role that an operator creates.

use unicode_normalization::UnicodeNormalization as _;
use unicode_security::skeleton;

use crate::domain::fold;
use crate::domain::invisible::is_invisible;
use crate::domain::text;
use crate::domain::text::TextError;

/// What is wrong with the name of a role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoleNameError {
    /// It is empty.
    #[error("is empty")]
    Empty,
    /// It begins or ends with a blank.
    #[error("begins or ends with a blank")]
    Blank,
    /// It begins with a hyphen, as options do.
    #[error("begins with `-`, as options do")]
    Hyphen,
    /// It holds a character that is never seen, with its number.
    #[error("holds the invisible character U+{0:04X}: leave it out")]
    Invisible(u32),
    /// It holds an unprintable character, or is too long.
    #[error(transparent)]
    Text(#[from] TextError),
}

/// The name as it is stored: in normal form C (UAX #15).
///
/// # Errors
/// The first fault found.
pub fn parse(given: &str) -> Result<String, RoleNameError> {
    text::check_line(given, text::MAX_NAME)?;
    if given.trim().is_empty() {
        return Err(RoleNameError::Empty);
    }
    if given.trim() != given {
        return Err(RoleNameError::Blank);
    }
    if given.starts_with('-') {
        return Err(RoleNameError::Hyphen);
    }
    if let Some(character) = given.chars().find(|&character| is_invisible(character)) {
        return Err(RoleNameError::Invisible(u32::from(character)));
    }
    Ok(given.nfc().collect())
}

/// Whether two names are the same but for case and normal form.
pub fn is_same(one: &str, other: &str) -> bool {
    fold::simple(one) == fold::simple(other)
}

/// Whether people can take one name for the other: they have the same skeleton (Unicode UTS #39, section 4), with or without
/// case. An operator who gives a role must know which one it is.
pub fn is_confusable(one: &str, other: &str) -> bool {
    let shape = |name: &str| fold::simple(&skeleton(name).collect::<String>()).into_owned();
    is_same(one, other) || shape(one) == shape(other) || shape(&fold::simple(one)) == shape(&fold::simple(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_line_that_people_can_read_and_type() {
        assert_eq!(parse("Helpdesk Köln").unwrap(), "Helpdesk Köln");
        assert_eq!(parse("Ko\u{308}ln").unwrap(), "Köln");
        assert_eq!(parse(""), Err(RoleNameError::Empty));
        assert_eq!(parse("  "), Err(RoleNameError::Empty));
        assert_eq!(parse(" Helpdesk"), Err(RoleNameError::Blank));
        assert_eq!(parse("--yes"), Err(RoleNameError::Hyphen));
        assert_eq!(parse("Help\u{200b}desk"), Err(RoleNameError::Invisible(0x200b)));
        assert!(matches!(parse("Help\u{1b}[2J"), Err(RoleNameError::Text(TextError::Unprintable(0x1b)))));
        assert!(matches!(parse(&"x".repeat(201)), Err(RoleNameError::Text(TextError::TooLong { .. }))));
        assert!(parse(&"ü".repeat(200)).is_ok());
    }

    #[test]
    fn names_that_look_alike_are_confusable() {
        for (one, other) in [
            ("Admin", "ADMIN"),
            ("Admin", "\u{410}dmin"),
            ("Büro", "BÜRO"),
            ("Büro", "Bu\u{308}ro"),
            ("Team l", "Team I"),
            ("Team O", "Team 0"),
            ("scope", "\u{455}\u{441}\u{43e}\u{440}\u{435}"),
        ] {
            assert!(is_confusable(one, other) && is_confusable(other, one), "{one} {other}");
        }
        assert!(!is_same("Admin", "\u{410}dmin"));
        assert!(!is_confusable("Helpdesk", "Helpdesk 2"));
        assert!(!is_confusable("strasse", "straße"));
    }
}
