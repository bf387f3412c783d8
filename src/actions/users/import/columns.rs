//! The columns of an import, and those that a header names.

use std::borrow::Cow;

use crate::actions::users::import::Clearable;
use crate::actions::users::import::ImportOptions;
use crate::actions::users::tabular::Header;
use crate::app::ActionError;
use crate::app::Result;
use crate::domain::text;

/// The columns that are accepted, in the order of [`Fields`].
pub(super) const ACCEPTED: [&str; 10] = [
    "username",
    "email",
    "name",
    "role",
    "sign_in",
    "locale",
    "status",
    "locked_until",
    "must_change_password",
    "password_hash",
];
/// The fields of a row, trimmed; `None`: not given, which an empty field is too. Empty texts are those that `--clear` means.
pub(super) type Fields<'row> = [Option<Cow<'row, str>>; ACCEPTED.len()];

/// The place of a column among them.
pub(super) const USERNAME: usize = 0;
pub(super) const EMAIL: usize = 1;
pub(super) const NAME: usize = 2;
pub(super) const ROLE: usize = 3;
pub(super) const SIGN_IN: usize = 4;
pub(super) const LOCALE: usize = 5;
pub(super) const STATUS: usize = 6;
pub(super) const LOCKED_UNTIL: usize = 7;
pub(super) const MUST_CHANGE: usize = 8;
pub(super) const PASSWORD_HASH: usize = 9;

/// The columns that lists and exports write and an import ignores: the store decides them.
const DECIDED: [&str; 9] = [
    "id",
    "created_at",
    "updated_at",
    "password_set_at",
    "password_expires_at",
    "last_login_at",
    "session_epoch",
    "bounced_at",
    "bounce_reply",
];

/// What a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ImportColumn {
    /// One that is accepted, by its place.
    Accepted(usize),
    /// One that is ignored.
    Ignored,
    /// One without a name: nothing may stand in it.
    Unnamed,
}

impl Clearable {
    pub(super) fn place(self) -> usize {
        match self {
            Self::Name => NAME,
            Self::Locale => LOCALE,
            Self::LockedUntil => LOCKED_UNTIL,
        }
    }
}

/// Whether a name is that of a column, accepted or not.
pub(super) fn is_known(name: &str) -> bool {
    ACCEPTED.contains(&name) || DECIDED.contains(&name)
}

/// What the column of this name (in lower case) is.
pub(super) fn column(name: &str, ignore_unknown: bool) -> std::result::Result<ImportColumn, String> {
    if let Some(place) = ACCEPTED.iter().position(|accepted| *accepted == name) {
        return Ok(ImportColumn::Accepted(place));
    }
    if ignore_unknown || DECIDED.contains(&name) {
        return Ok(ImportColumn::Ignored);
    }
    Err(format!(
        "unknown column `{}`; accepted columns are: {}; `--ignore-unknown` ignores others",
        text::quoted(name, 40),
        ACCEPTED.join(", ")
    ))
}

/// What the columns of a CSV are.
pub(super) fn columns(header: &Header, options: &ImportOptions) -> Result<Vec<ImportColumn>> {
    let line = header.line;
    let wrong = |fault: String| Err(ActionError::BadInput(format!("line {line}{fault}")));
    if header.names.is_empty() {
        return Err(ActionError::BadInput(format!(
            "the header is missing: the line after `sep=` must name the columns, `email` or `username` among them; accepted columns \
             are: {}",
            ACCEPTED.join(", ")
        )));
    }
    if !header.names.iter().any(|name| name == ACCEPTED[USERNAME] || name == ACCEPTED[EMAIL]) {
        // The line of a wrong file may hold a password: it is not shown, and of names only those of columns.
        let known: Vec<String> =
            header.names.iter().filter(|name| is_known(name)).map(|name| format!("`{name}`")).collect();
        let found = if known.is_empty() {
            "is no header: it must name the columns, `email` or `username` among them".to_owned()
        } else {
            format!("names the columns {}, but neither `email` nor `username`", known.join(", "))
        };
        return wrong(format!(" {found}; accepted columns are: {}", ACCEPTED.join(", ")));
    }
    let mut columns = Vec::new();
    for name in &header.names {
        let column = match column(name, options.ignore_unknown) {
            _ if name.is_empty() => ImportColumn::Unnamed,
            Ok(column) => column,
            Err(fault) => return wrong(format!(": {fault}")),
        };
        if matches!(column, ImportColumn::Accepted(_)) && columns.contains(&column) {
            return wrong(format!(": the column `{name}` appears twice"));
        }
        columns.push(column);
    }
    for clear in &options.clear {
        if !columns.contains(&ImportColumn::Accepted(clear.place())) {
            return wrong(format!(": there is no column `{}` for `--clear` to read", ACCEPTED[clear.place()]));
        }
    }
    Ok(columns)
}
