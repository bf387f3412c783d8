//! The selection flags, the same for every command that means many users.

use std::ffi::OsString;
use std::io::Read;

use sha2::Digest as _;
use sha2::Sha256;

use crate::actions::Desk;
use crate::actions::users::list::Wanted;
use crate::cli::context::Context;
use crate::cli::failure::Complaint;
use crate::cli::files::InputFile;
use crate::cli::one_of;
use crate::domain::duration::parse_duration;
use crate::domain::selection::Selection;
use crate::domain::text;
use crate::domain::user::SignIn;
use crate::domain::user::Status;
use crate::domain::user::UserReference;

/// The most that is read of a list of users, in bytes: a million of the longest addresses.
const LIST_LIMIT: u64 = 320 * 1024 * 1024;

/// Which users: those that meet every condition given
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Which users")]
pub struct SelectionArgs {
    /// Those whose username, email address or name holds this text
    #[arg(long, value_name = "TEXT")]
    pub search: Option<String>,
    /// Those with this role
    #[arg(long, value_name = "ROLE")]
    pub role: Option<String>,
    /// Those who are `active`, or `locked`
    #[arg(long, value_name = "STATUS", value_parser = one_of::status(), hide_possible_values = true)]
    pub status: Option<Status>,
    /// Those who sign in with a `password`, or with `saml`
    #[arg(long, value_name = "SIGN-IN", value_parser = one_of::sign_in(), hide_possible_values = true)]
    pub sign_in: Option<SignIn>,
    /// Those whose address is in this domain
    #[arg(long, value_name = "DOMAIN")]
    pub email_domain: Option<String>,
    /// Those who sign in with a password and have none yet
    #[arg(long)]
    pub no_password: bool,
    /// Those whose password was set longer ago than this, such as `90d`
    #[arg(long, value_name = "AGE")]
    pub password_older_than: Option<String>,
    /// Those whose password was set under another policy, or came as a hash
    #[arg(long)]
    pub policy_outdated: bool,
    /// Those of whom no login was noted; `users verify-password` notes logins, readers of the file do not
    #[arg(long)]
    pub never_logged_in: bool,
    /// Those named in a file (`-`: standard input): a user a line, or CSV with a column `username` or `email`
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::AnyPath)]
    pub from: Option<InputFile>,
}

impl SelectionArgs {
    /// What the action is told.
    ///
    /// # Errors
    /// When an age or the file is malformed.
    pub fn wanted(&self, context: &mut Context, desk: &Desk) -> anyhow::Result<Wanted> {
        Ok(self.wanted_with_digest(context, desk)?.0)
    }

    /// Whether a condition is given.
    pub fn is_given(&self) -> bool {
        !self.words().is_empty()
    }

    /// The conditions as one would type them.
    pub fn words(&self) -> String {
        let Self {
            search,
            role,
            status,
            sign_in,
            email_domain,
            no_password,
            password_older_than,
            policy_outdated,
            never_logged_in,
            from,
        } = self;
        let texts = [
            ("--search", search.clone()),
            ("--role", role.clone()),
            ("--status", status.map(|status| status.word().to_owned())),
            ("--sign-in", sign_in.map(|sign_in| sign_in.word().to_owned())),
            ("--email-domain", email_domain.clone()),
            ("--password-older-than", password_older_than.clone()),
            ("--from", from.as_ref().map(ToString::to_string)),
        ];
        let flags = [
            ("--no-password", *no_password),
            ("--policy-outdated", *policy_outdated),
            ("--never-logged-in", *never_logged_in),
        ];
        let mut words: Vec<OsString> = Vec::new();
        for (option, value) in texts {
            words.extend(value.into_iter().flat_map(|value| [OsString::from(option), OsString::from(value)]));
        }
        words.extend(flags.iter().filter(|(_, given)| *given).map(|(option, _)| OsString::from(option)));
        crate::cli::as_typed(&words)
    }

    /// The same, and the SHA-256 of the file that names users, in hexadecimal digits.
    ///
    /// # Errors
    /// When an age or the file is malformed.
    pub fn wanted_with_digest(&self, context: &mut Context, desk: &Desk) -> anyhow::Result<(Wanted, Option<String>)> {
        for (option, value) in
            [("--search", &self.search), ("--role", &self.role), ("--email-domain", &self.email_domain)]
        {
            // A script whose variable is empty must not mean everybody.
            if value.as_ref().is_some_and(|value| value.trim().is_empty()) {
                let hint = Some("leave it out to mean all".to_owned());
                return Err(Complaint::Usage { words: format!("{option}: the value is empty"), hint }.into());
            }
        }
        let password_set_before = match &self.password_older_than {
            None => None,
            Some(age) => {
                let usage =
                    |words: String| Complaint::Usage { words: format!("--password-older-than: {words}"), hint: None };
                let age = parse_duration(age).map_err(|error| usage(error.to_string()))?;
                Some(desk.now().checked_sub(age).map_err(|_| usage("reaches too far back".to_owned()))?)
            }
        };
        let read = self.from.as_ref().map(|source| read_names(context, source)).transpose()?;
        let (mut named, mut lines, mut digest) = (None, Vec::new(), None);
        if let Some(read) = read {
            (lines, named) = (read.lines, Some(read.names.into()));
            digest = Some(read.digest);
        }
        let selection = Selection {
            search: self.search.clone(),
            role: None,
            status: self.status,
            sign_in: self.sign_in,
            email_domain: self.email_domain.as_deref().map(|domain| domain.trim_start_matches('@').to_owned()),
            no_password: self.no_password,
            password_set_before,
            policy_other_than: None,
            never_logged_in: self.never_logged_in,
            named,
        };
        let policy_outdated = self.policy_outdated;
        let mut wanted = Wanted { role: self.role.clone(), policy_outdated, lines, ..Wanted::default() };
        wanted.query.selection = selection;
        Ok((wanted, digest))
    }
}

/// The users named in a file.
struct Named {
    names: Vec<UserReference>,
    /// The lines that they stand on, from 1.
    lines: Vec<u64>,
    /// SHA-256 of the file, in hexadecimal digits.
    digest: String,
}

/// Reads the users named in a file.
fn read_names(context: &mut Context, source: &InputFile) -> anyhow::Result<Named> {
    let mut bytes = Vec::new();
    match source {
        InputFile::Stdin => (&mut context.process.stdin.bytes).take(LIST_LIMIT + 1).read_to_end(&mut bytes)?,
        InputFile::File(path) => {
            let named = |error: std::io::Error| std::io::Error::new(error.kind(), format!("{source}: {error}"));
            super::users::import::open(path)?.take(LIST_LIMIT + 1).read_to_end(&mut bytes).map_err(named)?
        }
    };
    if bytes.len() as u64 > LIST_LIMIT {
        return Err(Complaint::Data(format!("{source}: larger than 320 MiB")).into());
    }
    let digest = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count() + 1;
        Complaint::Data(format!("{source}, line {line}: is not UTF-8"))
    })?;
    let named = names_in(text).map_err(|words| Complaint::Data(format!("{source}, {words}")))?;
    let (names, lines) = named.into_iter().unzip();
    Ok(Named { names, lines, digest })
}

/// A user a line, with the line; where the first line is the header of a CSV, the column `username`, else `email`.
fn names_in(text: &str) -> Result<Vec<(UserReference, u64)>, String> {
    let first = text.lines().next().unwrap_or("").to_ascii_lowercase();
    let columns: Vec<&str> = first.split(',').map(|name| name.trim().trim_matches('"')).collect();
    let column = ["username", "email"].iter().find_map(|name| columns.iter().position(|column| column == name));
    let Some(column) = column else {
        let lines = (1..).zip(text.lines().map(str::trim));
        let names = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        return Ok(names.map(|(line, name)| (UserReference::new(name), line)).collect());
    };
    let mut names = Vec::new();
    for record in csv::Reader::from_reader(text.as_bytes()).into_records() {
        let record = record.map_err(|error| text::quoted(&error.to_string(), 200))?;
        let line = record.position().map_or(0, csv::Position::line);
        match record.get(column).map(str::trim) {
            Some(name) if !name.is_empty() => names.push((UserReference::new(name), line)),
            _ => return Err(format!("line {line}: no user is named")),
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_users_is_plain_lines_or_csv() {
        let alice = UserReference::new("alice");
        let bob = UserReference::new("bob@example.com");
        assert_eq!(names_in("# who\nalice\r\n\n bob@example.com \n").unwrap(), [(alice.clone(), 2), (bob.clone(), 4)]);
        assert_eq!(names_in("name,Username\n\"A, A\",alice\n").unwrap(), [(alice, 2)]);
        assert_eq!(names_in("email\nbob@example.com\n").unwrap(), [(bob, 2)]);
        assert_eq!(names_in("username,email\n,bob@example.com\n").unwrap_err(), "line 2: no user is named");
    }
}
