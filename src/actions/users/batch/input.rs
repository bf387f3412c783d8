//! The input of `users set-password --batch`: lines of chpasswd(8), or CSV.
//!
//! Its first line alone decides which of the two it is. CSV has a header: a row with the column `password` and `username` or `email`,
//! and without a colon. A line of chpasswd(8) has a colon, behind which everything up to the end of the line is the password. So a
//! password cannot turn one into the other, whatever is in it.

use std::io::Read;
use std::time::Duration;

use zeroize::Zeroizing;

use super::BadLine;
use super::BadLines;
use crate::actions::users::tabular::CsvRows;
use crate::actions::users::tabular::Header;
use crate::actions::users::tabular::Lines;
use crate::actions::users::tabular::NOT_UTF8;
use crate::actions::users::tabular::RawRow;
use crate::actions::users::tabular::Text;
use crate::actions::users::tabular::parse_flag;
use crate::app::ActionError;
use crate::app::Result;
use crate::domain::formula::without_guards;
use crate::domain::password_age;
use crate::domain::text;
use crate::domain::user::UserReference;
use crate::secrets::password::Password;

/// The most passwords of a batch: they are kept in memory, and input from a pipe need not end.
const MOST_LINES: usize = 1_000_000;

/// The columns that are read.
const COLUMNS: [&str; 5] = ["username", "email", "password", "must_change_password", "expires"];

/// The columns that `users list` and `users export` write besides, and that are ignored: so a column `password` can be added to their
/// output.
const IGNORED: [&str; 13] = [
    "id",
    "name",
    "role",
    "sign_in",
    "locale",
    "status",
    "locked_until",
    "created_at",
    "updated_at",
    "password_set_at",
    "password_expires_at",
    "last_login_at",
    "session_epoch",
];

/// What is said of a line that is neither.
const NO_COLON: &str = "has no colon: give `USER:PASSWORD` on each line, or CSV with a header that names the columns `password` and \
     `username` or `email`";

/// A password to be set, as the input gives it.
#[derive(Debug)]
pub(super) struct PasswordLine {
    /// Its line, from 1.
    pub(super) line: u64,
    /// The user.
    pub(super) user: UserReference,
    /// The address beside a username: it must be that of the user.
    pub(super) email: Option<Box<str>>,
    /// The password.
    pub(super) password: Password,
    /// Whether the user must choose another password at the next sign-in; `None`: the input does not say.
    pub(super) must_change: Option<bool>,
    /// How long it is valid; `None`: the input does not say.
    pub(super) lifetime: Option<Duration>,
}

/// What was read.
#[derive(Debug, Default)]
pub struct BatchInput {
    pub(super) lines: Vec<PasswordLine>,
    pub(super) bad: BadLines,
    /// How many lines or rows there were.
    pub(super) count: u64,
}

/// Reads a batch. Lines that cannot be read are kept to be reported with the others.
///
/// # Errors
/// When the input cannot be read, or the header of a CSV is wrong.
pub fn read(input: &mut dyn Read) -> Result<BatchInput> {
    let mut text = Text::open(input);
    let mut read = BatchInput::default();
    match text.header(|name| COLUMNS.contains(&name))? {
        Some(header) if is_header(&header) => {
            let (rows, header) = text.csv(None, |name| COLUMNS.contains(&name))?;
            read.csv(rows, &places(&header)?)?;
        }
        _ => read.lines(text.lines())?,
    }
    Ok(read)
}

/// Whether the first row is the header of a CSV, and no line of chpasswd(8).
fn is_header(header: &Header) -> bool {
    let has = |name: &str| header.names.iter().any(|other| other == name);
    has("password") && (has("username") || has("email")) && !header.names.iter().any(|name| name.contains(':'))
}

/// The place in [`COLUMNS`] of each column of a CSV; `None`: it is ignored.
fn places(header: &Header) -> Result<Vec<Option<usize>>> {
    let wrong = |fault: String| Err(ActionError::BadInput(format!("line {}: {fault}", header.line)));
    let mut places = Vec::new();
    for name in &header.names {
        let place = COLUMNS.iter().position(|column| column == name);
        if place.is_some() && places.contains(&place) {
            return wrong(format!("the column `{name}` appears twice"));
        }
        if place.is_none() && !name.is_empty() && !IGNORED.contains(&name.as_str()) {
            let (name, accepted) = (text::quoted(name, 40), COLUMNS.join(", "));
            return wrong(format!("unknown column `{name}`; accepted columns are: {accepted}"));
        }
        places.push(place);
    }
    Ok(places)
}

impl BatchInput {
    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn lines(&mut self, mut lines: Lines<'_>) -> Result<()> {
        while let Some((line, text)) = lines.next_line()? {
            let is_comment = text.first() == Some(&b'#');
            if text.trim_ascii().is_empty() || is_comment {
                continue;
            }
            let parsed = match text.iter().position(|byte| *byte == b':') {
                Some(colon) => parse(line, [&text[..colon], b"", &text[colon + 1..], b"", b""]),
                None => Err(BadLine::new(line, "", NO_COLON)),
            };
            self.add(line, parsed)?;
        }
        Ok(())
    }

    fn csv(&mut self, mut rows: CsvRows<'_>, places: &[Option<usize>]) -> Result<()> {
        while let Some(row) = rows.next_row()? {
            let line = row.line();
            let parsed = fields(row, places).and_then(|fields| parse(line, fields));
            self.add(line, parsed)?;
        }
        Ok(())
    }

    fn add(&mut self, line: u64, parsed: std::result::Result<PasswordLine, BadLine>) -> Result<()> {
        self.count += 1;
        if self.count > MOST_LINES as u64 {
            let words = format!("line {line}: more than 1,000,000 passwords are given: split the batch");
            return Err(ActionError::BadInput(words));
        }
        match parsed {
            Ok(parsed) => self.lines.push(parsed),
            Err(bad) => self.bad.add(bad),
        }
        Ok(())
    }
}

/// The fields of a row, in the order of [`COLUMNS`].
fn fields<'row>(
    row: &'row RawRow,
    places: &[Option<usize>],
) -> std::result::Result<[&'row [u8]; COLUMNS.len()], BadLine> {
    let bad = |fault: String| BadLine::new(row.line(), "", fault);
    if let Some(fault) = row.broken() {
        return Err(bad(fault.to_owned()));
    }
    let surplus = row.fields().skip(places.len()).any(|field| !field.trim_ascii().is_empty());
    // A field that is missing could have moved the others: a password in the wrong column.
    if surplus || row.count() < places.len() {
        let found = text::counted(row.count() as u64, "field");
        return Err(bad(format!("has {found}, the header has {}", places.len())));
    }
    let mut fields: [&[u8]; COLUMNS.len()] = [b""; COLUMNS.len()];
    for (field, place) in row.fields().zip(places) {
        if let Some(place) = place {
            fields[*place] = field;
        }
    }
    Ok(fields)
}

/// The fields of a line, in the order of [`COLUMNS`].
fn parse(line: u64, fields: [&[u8]; COLUMNS.len()]) -> std::result::Result<PasswordLine, BadLine> {
    let bad = |field, fault: String| BadLine::new(line, field, fault);
    let [username, email, password, must_change, expires] = fields;
    let name = |place: usize, field| {
        let name = std::str::from_utf8(field).map_err(|_| bad(COLUMNS[place], NOT_UTF8.to_owned()))?;
        Ok(without_guards(name.trim()))
    };
    let (username, email) = (name(0, username)?, name(1, email)?);
    let (must_change, expires) = (name(3, must_change)?, name(4, expires)?);
    let (user, email) = match (username.is_empty(), email.is_empty()) {
        (true, true) => return Err(bad("", "names no user".to_owned())),
        (true, false) => (UserReference::new(&email), None),
        (false, true) => (UserReference::new(&username), None),
        (false, false) => (UserReference::new(&username), Some(Box::from(email.as_ref()))),
    };
    let must_change = match must_change.as_ref() {
        "" => None,
        word => Some(parse_flag(word).map_err(|fault| bad("must_change_password", fault))?),
    };
    let lifetime = match expires.as_ref() {
        "" => None,
        text => Some(password_age::parse_lifetime(text).map_err(|fault| bad("expires", fault))?),
    };
    if lifetime.is_some() && must_change == Some(false) {
        let fault = "a password that ends must be changed: leave `expires` or `must_change_password` empty";
        return Err(bad("expires", fault.to_owned()));
    }
    // As it is: blanks, and what a spreadsheet would take for a formula, are part of a password.
    let password =
        Password::from_bytes(Zeroizing::new(password.to_vec())).map_err(|fault| bad("", fault.to_string()))?;
    Ok(PasswordLine { line, user, email, password, must_change, lifetime })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(input: &str) -> Vec<(u64, String, Password)> {
        let read = read(&mut input.as_bytes()).unwrap();
        assert!(read.bad.first.is_empty(), "{:?}", read.bad.first);
        read.lines.into_iter().map(|line| (line.line, line.user.as_str().to_owned(), line.password)).collect()
    }

    fn password(text: &str) -> Password {
        Password::new(Zeroizing::new(text.to_owned())).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        /// Whatever the passwords are, the first line alone says what the input is, and each is read as it is.
        #[test]
        fn what_is_written_in_one_form_is_never_read_in_the_other(
            passwords in prop::collection::vec("[ -~]{1,12}|(username|email|password)[,;:]{1,2}[a-z]{1,9}", 1..6),
            delimiter in prop::sample::select(vec![b',', b';', b'\t']),
        ) {
            let written: String = passwords.iter().enumerate().map(|(n, p)| format!("user{n}:{p}\n")).collect();
            let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
            writer.write_record(["password", "username"]).unwrap();
            for (n, password) in passwords.iter().enumerate() {
                writer.write_record([password.as_str(), &format!("user{n}")]).unwrap();
            }
            let csv = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            for input in [written, csv] {
                let read = lines(&input);
                prop_assert_eq!(read.len(), passwords.len());
                for (n, (_, user, read)) in read.iter().enumerate() {
                    prop_assert_eq!(user, &format!("user{n}"));
                    prop_assert!(read.same_as(&password(&passwords[n])), "{:?}", passwords[n]);
                }
            }
        }
    }

    #[test]
    fn lines_are_numbered_as_an_editor_does() {
        let read = lines("\r\n# x\r\nalice:a\r\n\n bob :b:c");
        let expected = [(3, "alice"), (5, "bob")];
        assert_eq!(read.iter().map(|(line, user, _)| (*line, user.as_str())).collect::<Vec<_>>(), expected);
        assert!(read[1].2.same_as(&password("b:c")));
    }
}
