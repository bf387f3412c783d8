//! Users named in a file: `--from`.

use std::borrow::Cow;
use std::io::Read;

use serde::Deserialize;

use super::CsvRows;
use super::Elements;
use super::Input;
use super::InputError;
use super::Lines;
use super::NOT_UTF8;
use super::Text;
use crate::domain::formula::without_guards;
use crate::domain::user::UserReference;

/// The columns that name a user, the more exact one first. A row that has both must mean one user by them.
const COLUMNS: [&str; 2] = ["username", "email"];

/// The column of our lists of mails for the address that a mail was sent to. It names the user where nothing else does: one who was
/// deleted has no username there, and may be back in a restored store.
const ADDRESS: &str = "address";

/// The most users that a list names: they are kept in memory, and a list from a pipe need not end.
const MOST_NAMES: usize = 2_000_000;

/// What a row without a name is told.
const NOBODY: &str = "no user is named";

/// The users named in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The users, in the order of the file.
    pub users: Vec<UserReference>,
    /// The addresses that the file gives beside usernames: they must be those of the users.
    pub emails: Vec<Option<Box<str>>>,
    /// The lines that they are named on, from 1.
    pub lines: Vec<u64>,
    /// SHA-256 of the file, in hexadecimal digits.
    pub sha256: String,
    /// The size of the file.
    pub bytes: u64,
    /// Whether the last line of plain lines or of a CSV has no line break: the file may have been cut off there.
    pub ends_within_line: bool,
}

/// An element of a JSON list: the username or address itself, or an object that has one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Named<'text> {
    Name(#[serde(borrow)] Cow<'text, str>),
    User {
        #[serde(borrow)]
        username: Option<Cow<'text, str>>,
        #[serde(borrow)]
        email: Option<Cow<'text, str>>,
        #[serde(borrow)]
        address: Option<Cow<'text, str>>,
    },
}

/// Reads the users named in a file: what `users list` and `users export` write as CSV, JSON or NDJSON (`username` names the user,
/// else `email`; other columns are for others), or a user a line, where lines with `#` are comments.
///
/// # Errors
/// When the input cannot be read, or a row names nobody.
pub fn read_names(input: &mut dyn Read) -> Result<Names, InputError> {
    let mut names = Names {
        users: Vec::new(),
        emails: Vec::new(),
        lines: Vec::new(),
        sha256: String::new(),
        bytes: 0,
        ends_within_line: false,
    };
    match Input::open(input)? {
        Input::JsonLines(lines) => names.read_json_lines(lines)?,
        Input::JsonArray(elements) => names.read_json_array(elements)?,
        Input::Empty(text) | Input::Text(text) => names.read_text(text)?,
    }
    Ok(names)
}

impl Names {
    /// Adds the user whom the first name names. A second one is the address beside the username.
    fn add<'name>(&mut self, line: u64, names: impl IntoIterator<Item = &'name str>) -> Result<(), InputError> {
        let mut given = names.into_iter().map(str::trim).filter(|name| !name.is_empty());
        let Some(name) = given.next() else { return Err(InputError::line(line, NOBODY)) };
        if self.users.len() == MOST_NAMES {
            return Err(InputError::line(
                line,
                "more than 2,000,000 users are named: split the list, or select users by options",
            ));
        }
        self.users.push(UserReference::new(name));
        self.emails.push(given.next().map(Box::from));
        self.lines.push(line);
        Ok(())
    }

    fn add_json(&mut self, line: u64, text: &[u8]) -> Result<(), InputError> {
        let named = serde_json::from_slice(text);
        let named = named
            .map_err(|_| InputError::line(line, "is neither a name nor a JSON object with `username` or `email`"))?;
        match named {
            Named::Name(name) => self.add(line, [name.as_ref()]),
            Named::User { username, email, address } => {
                let is_empty = |name: &Option<Cow<'_, str>>| name.as_ref().is_none_or(|name| name.trim().is_empty());
                let address = address.filter(|_| is_empty(&username) && is_empty(&email));
                self.add(line, [username, email, address].iter().flatten().map(Cow::as_ref))
            }
        }
    }

    fn read_json_lines(&mut self, mut lines: Lines<'_>) -> Result<(), InputError> {
        while let Some((line, text)) = lines.next_text_line()? {
            self.add_json(line, text)?;
        }
        (self.sha256, self.bytes) = (lines.sha256(), lines.bytes_read());
        Ok(())
    }

    fn read_json_array(&mut self, mut elements: Elements<'_>) -> Result<(), InputError> {
        while let Some(element) = elements.next_element()? {
            self.add_json(element.line, element.text)?;
        }
        (self.sha256, self.bytes) = (elements.sha256(), elements.bytes_read());
        Ok(())
    }

    fn read_text(&mut self, mut text: Text<'_>) -> Result<(), InputError> {
        let is_name = |name: &str| COLUMNS.contains(&name);
        if text.has_column(is_name)? {
            let (rows, header) = text.csv(None, is_name)?;
            return self.read_csv(rows, &header.names);
        }
        let mut lines = text.lines();
        while let Some((line, text)) = lines.next_line()? {
            let text = std::str::from_utf8(text).map_err(|_| InputError::line(line, NOT_UTF8))?;
            let name = text.trim();
            if self.users.is_empty() && is_table(name) {
                return Err(InputError::line(line, "is a table for people to read: list the users with `-o csv`"));
            }
            if !name.is_empty() && !name.starts_with('#') {
                self.add(line, [name])?;
            }
        }
        (self.sha256, self.bytes) = (lines.sha256(), lines.bytes_read());
        self.ends_within_line = lines.ends_within_line();
        Ok(())
    }

    fn read_csv(&mut self, mut rows: CsvRows<'_>, header: &[String]) -> Result<(), InputError> {
        let places = [COLUMNS[0], COLUMNS[1], ADDRESS].map(|column| header.iter().position(|name| name == column));
        while let Some(row) = rows.next_row()? {
            let line = row.line();
            if let Some(fault) = row.broken() {
                return Err(InputError::line(line, fault));
            }
            let mut names = [const { Cow::Borrowed("") }; COLUMNS.len() + 1];
            for (name, place) in names.iter_mut().zip(places) {
                let field = place.and_then(|place| row.fields().nth(place)).unwrap_or_default();
                let field = std::str::from_utf8(field).map_err(|_| InputError::line(line, NOT_UTF8))?;
                *name = without_guards(field.trim());
            }
            let [username, email, address] = &names;
            let address = if username.is_empty() && email.is_empty() { address.as_ref() } else { "" };
            self.add(line, [username.as_ref(), email.as_ref(), address])?;
        }
        (self.sha256, self.bytes) = (rows.sha256(), rows.bytes_read());
        self.ends_within_line = rows.ends_within_line();
        Ok(())
    }
}

/// Whether a line is the heading of our own tables of users: they are cut to the width of the terminal, and are no data.
fn is_table(line: &str) -> bool {
    let mut headings = line.split("  ").map(str::trim).filter(|heading| !heading.is_empty());
    let is_name = |heading: &str| ["USERNAME", "EMAIL"].contains(&heading);
    headings.clone().count() > 1 && headings.any(is_name)
}
