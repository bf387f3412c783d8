//! One row: read from CSV or NDJSON, judged field by field, staged.

use std::borrow::Cow;
use std::io::BufRead as _;
use std::io::BufReader;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::BadRow;
use super::Judge;
use super::intake::BUFFER;
use super::intake::Intake;
use super::intake::RowEnd;
use crate::actions::ActionError;
use crate::actions::Result;
use crate::domain::email_address;
use crate::domain::email_address::EmailAddress;
use crate::domain::text;
use crate::domain::user::SignIn;
use crate::domain::user::Status;
use crate::domain::user::judge_locale;
use crate::domain::user::judge_username;
use crate::secrets::admission::ImportedHash;
use crate::store::StoreError;
use crate::store::import::Incoming;
use crate::store::import::Staging;

/// The columns that are taken, in the order of [`Fields`].
const TAKEN: [&str; 10] = [
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
/// The columns that `users export` writes and an import passes over: the store decides them.
const PASSED_OVER: [&str; 6] = ["id", "created_at", "updated_at", "password_set_at", "last_login_at", "session_epoch"];

/// What a moment looks like.
const MOMENT: &str = "is not a moment such as 2026-12-01T08:00:00Z";

/// The fields of a row; `None`: not given.
type Fields<'row> = [Option<Cow<'row, str>>; TAKEN.len()];

/// Which of the columns that need more permission the rows have.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sensitive {
    pub(super) hashes: bool,
    pub(super) statuses: bool,
}

impl Sensitive {
    pub(super) fn see(&mut self, row: &Row<'_>) {
        if let Ok([.., status, _, _, hash]) = &row.fields {
            self.hashes |= hash.is_some();
            self.statuses |= status.is_some();
        }
    }
}

/// A row as read.
pub(super) struct Row<'row> {
    line: u64,
    fields: std::result::Result<Fields<'row>, BadRow>,
}

/// Reads row by row.
pub(super) enum Reader<'input> {
    Csv {
        reader: Box<csv::Reader<BufReader<Intake<'input>>>>,
        record: csv::ByteRecord,
        places: Vec<Option<usize>>,
        end: RowEnd,
    },
    Json {
        reader: BufReader<Intake<'input>>,
        text: Vec<u8>,
        line: u64,
        end: RowEnd,
    },
}

impl<'input> Reader<'input> {
    /// Reads the first bytes to tell the format, and the header of a CSV.
    pub(super) fn new(intake: Intake<'input>) -> Result<Self> {
        let end = intake.row_end();
        let mut reader = BufReader::with_capacity(BUFFER, intake);
        if reader.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
            reader.consume(3);
        }
        let first = reader.fill_buf()?.iter().find(|byte| !byte.is_ascii_whitespace()).copied();
        match first {
            None => {
                Err(ActionError::BadInput("the input is empty: it needs a header and a row for each user".to_owned()))
            }
            Some(b'{') => Ok(Self::Json { reader, text: Vec::new(), line: 0, end }),
            Some(_) => Self::csv(reader, end),
        }
    }

    fn csv(reader: BufReader<Intake<'input>>, end: RowEnd) -> Result<Self> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).buffer_capacity(BUFFER).from_reader(reader);
        let places = header_places(reader.byte_headers().map_err(unreadable)?)?;
        Ok(Self::Csv { reader: Box::new(reader), record: csv::ByteRecord::new(), places, end })
    }

    /// The next row.
    pub(super) fn next_row(&mut self) -> Result<Option<Row<'_>>> {
        match self {
            Self::Csv { reader, record, places, end } => {
                if !reader.read_byte_record(record).map_err(unreadable)? {
                    return Ok(None);
                }
                end.mark();
                let line = record.position().map_or(0, csv::Position::line);
                Ok(Some(Row { line, fields: csv_fields(record, places, line) }))
            }
            Self::Json { reader, text, line, end } => loop {
                text.clear();
                *line += 1;
                if reader.read_until(b'\n', text)? == 0 {
                    return Ok(None);
                }
                end.mark();
                if !text.trim_ascii().is_empty() {
                    return Ok(Some(Row { line: *line, fields: json_fields(text, *line) }));
                }
            },
        }
    }
}

fn unreadable(error: csv::Error) -> ActionError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => ActionError::Stream(error),
        other => ActionError::BadInput(format!("the input is not CSV: {other:?}")),
    }
}

fn header_places(header: &csv::ByteRecord) -> Result<Vec<Option<usize>>> {
    let mut places = Vec::new();
    let names: Vec<String> =
        header.iter().map(|name| String::from_utf8_lossy(name).trim().to_ascii_lowercase()).collect();
    if !names.iter().any(|name| name == "username" || name == "email") {
        return Err(ActionError::BadInput(format!(
            "line 1: the header must name the columns, `email` or `username` among them; taken are: {}",
            TAKEN.join(", ")
        )));
    }
    for name in &names {
        let place = TAKEN.iter().position(|taken| taken == name);
        if place.is_none() && !PASSED_OVER.contains(&name.as_str()) {
            return Err(ActionError::BadInput(format!(
                "line 1: unknown column `{}`; taken are: {}",
                text::quoted(name, 40),
                TAKEN.join(", ")
            )));
        }
        if place.is_some() && places.contains(&place) {
            return Err(ActionError::BadInput(format!("line 1: the column `{name}` stands twice")));
        }
        places.push(place);
    }
    Ok(places)
}

fn csv_fields<'row>(
    record: &'row csv::ByteRecord,
    places: &[Option<usize>],
    line: u64,
) -> std::result::Result<Fields<'row>, BadRow> {
    if record.len() != places.len() {
        let fault = format!("has {} fields, the header has {}", record.len(), places.len());
        return Err(BadRow::new(line, "", fault));
    }
    let mut fields = Fields::default();
    for (bytes, place) in record.iter().zip(places) {
        let Some(place) = *place else { continue };
        let text = std::str::from_utf8(bytes).map_err(|_| BadRow::new(line, TAKEN[place], "is not UTF-8"))?;
        // An empty field is one that is not given.
        fields[place] = Some(Cow::Borrowed(unguarded(text))).filter(|text| !text.is_empty());
    }
    Ok(fields)
}

/// Takes away the apostrophe that our own CSV puts before what a spreadsheet would run as a formula.
fn unguarded(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']) => rest,
        _ => text,
    }
}

/// A row of NDJSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what an export writes and an import passes over")]
struct JsonRow<'row> {
    #[serde(borrow)]
    username: Option<Cow<'row, str>>,
    #[serde(borrow)]
    email: Option<Cow<'row, str>>,
    #[serde(borrow)]
    name: Option<Cow<'row, str>>,
    #[serde(borrow)]
    role: Option<Cow<'row, str>>,
    #[serde(borrow)]
    sign_in: Option<Cow<'row, str>>,
    #[serde(borrow)]
    locale: Option<Cow<'row, str>>,
    #[serde(borrow)]
    status: Option<Cow<'row, str>>,
    #[serde(borrow)]
    locked_until: Option<Cow<'row, str>>,
    must_change_password: Option<bool>,
    #[serde(borrow)]
    password_hash: Option<Cow<'row, str>>,
    id: Option<IgnoredAny>,
    created_at: Option<IgnoredAny>,
    updated_at: Option<IgnoredAny>,
    password_set_at: Option<IgnoredAny>,
    last_login_at: Option<IgnoredAny>,
    session_epoch: Option<IgnoredAny>,
}

fn json_fields(text: &[u8], line: u64) -> std::result::Result<Fields<'_>, BadRow> {
    let row: JsonRow<'_> = serde_json::from_slice(text).map_err(|error| {
        let words = error.to_string();
        // serde_json counts lines within the row, which is always the first.
        let words = words.split(" at line ").next().unwrap_or_default();
        BadRow::new(line, "", format!("is not a user as a JSON object: {}", text::quoted(words, 200)))
    })?;
    let must_change = row.must_change_password.map(|must| Cow::Borrowed(if must { "true" } else { "false" }));
    Ok([
        row.username,
        row.email,
        row.name,
        row.role,
        row.sign_in,
        row.locale,
        row.status,
        row.locked_until,
        must_change,
        row.password_hash,
    ])
}

/// Judges a row and stages it. The outer error is a bad row; within it stands a fault of the store, if it was that.
pub(super) fn stage(
    staging: &Staging<'_>,
    row: &Row<'_>,
    judge: &Judge<'_>,
    update: bool,
) -> std::result::Result<(), std::result::Result<BadRow, StoreError>> {
    let fields = row.fields.as_ref().map_err(|bad| Ok(bad.clone()))?;
    let derived = derived_username(&fields[0], &fields[1]);
    let incoming = judged(fields, &derived, row.line, judge, update).map_err(Ok)?;
    staging.add(&incoming).map_err(Err)
}

/// The username that the address gives, where the row has none.
fn derived_username(username: &Option<Cow<'_, str>>, email: &Option<Cow<'_, str>>) -> String {
    match (username, email) {
        (None, Some(email)) => email.split('@').next().unwrap_or_default().to_ascii_lowercase(),
        _ => String::new(),
    }
}

fn judged<'row>(
    fields: &'row Fields<'row>,
    derived: &'row str,
    line: u64,
    judge: &Judge<'_>,
    update: bool,
) -> std::result::Result<Incoming<'row>, BadRow> {
    let [username, email, name, role, sign_in, locale, status, locked_until, must_change, password_hash] = fields;
    let bad = |place: usize, fault: String| BadRow::new(line, TAKEN[place], fault);
    let organization = judge.desk.organization();
    let mut sign_in_by_domain = SignIn::Password;
    if let Some(email) = email {
        email_address::judge(email).map_err(|fault| bad(1, fault.to_string()))?;
        let address = EmailAddress::stored(email.clone().into_owned());
        if !organization.takes(&address) {
            return Err(bad(1, "its domain is not one of the organization's".to_owned()));
        }
        sign_in_by_domain = organization.sign_in_of(&address);
    }
    let username = match username {
        Some(username) => username,
        None if email.is_some() => derived,
        None => return Err(bad(1, "is missing".to_owned())),
    };
    judge_username(username).map_err(|fault| bad(0, fault.to_string()))?;
    if email.is_none() && !update {
        return Err(bad(1, "is missing".to_owned()));
    }
    if let Some(name) = name {
        text::check_line(name, text::MAX_NAME).map_err(|fault| bad(2, fault.to_string()))?;
    }
    let role = match role {
        None => None,
        Some(role) => Some(match judge.roles.get(&role.to_lowercase()) {
            Some(Some(role)) => *role,
            Some(None) => {
                return Err(BadRow { outranks: true, ..bad(3, "has permissions that your role lacks".to_owned()) });
            }
            None => return Err(bad(3, format!("no role is called `{}`", text::quoted(role, 40)))),
        }),
    };
    let sign_in = match sign_in {
        None => None,
        Some(word) => Some(word.parse::<SignIn>().map_err(|fault| bad(4, fault))?),
    };
    if let Some(locale) = locale {
        judge_locale(locale).map_err(|fault| bad(5, fault))?;
    }
    let locked = match status {
        None => None,
        Some(word) => Some(word.parse::<Status>().map_err(|fault| bad(6, fault))? == Status::Locked),
    };
    let locked_until = match locked_until {
        None => None,
        Some(text) => Some(text.parse::<Timestamp>().map_err(|_| bad(7, MOMENT.to_owned()))?),
    };
    let must_change = match must_change.as_deref() {
        None => None,
        Some("true" | "1" | "yes") => Some(true),
        Some("false" | "0" | "no") => Some(false),
        Some(_) => return Err(bad(8, "is not `true` or `false`".to_owned())),
    };
    let password_hash = match password_hash {
        None => None,
        Some(hash) => Some(ImportedHash::parse(hash).map_err(|fault| bad(9, fault.to_string()))?),
    };
    if password_hash.is_some() && !update && sign_in.unwrap_or(sign_in_by_domain) == SignIn::Saml {
        return Err(bad(9, "the user signs in with SAML".to_owned()));
    }
    Ok(Incoming {
        line,
        username,
        username_given: fields[0].is_some(),
        email: email.as_deref(),
        name: name.as_deref(),
        role,
        sign_in,
        sign_in_by_domain,
        locale: locale.as_deref(),
        locked,
        // The end of a lock that is over says nothing about an active user.
        locked_until: locked_until.filter(|_| locked == Some(true)),
        must_change,
        password_hash,
    })
}
