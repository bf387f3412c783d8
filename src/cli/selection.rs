//! The selection flags, the same for every command that means many users.

use std::ffi::OsString;
use std::io;
use std::io::Read;

use crate::actions::users::list::UserFilter;
use crate::actions::users::tabular;
use crate::actions::users::tabular::InputError;
use crate::actions::users::tabular::Names;
use crate::app::App;
use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::cli::files::InputFile;
use crate::cli::files::open_data;
use crate::cli::one_of;
use crate::domain::duration::parse_duration;
use crate::domain::search::SearchText;
use crate::domain::secret_form;
use crate::domain::selection::Selection;
use crate::domain::user::SignIn;
use crate::domain::user::Status;

/// The most that is read of a list of users, in bytes: a million of the longest addresses.
const LIST_LIMIT: u64 = 320 * 1024 * 1024;

/// Which users: those that meet every condition given
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Which users")]
pub struct SelectionArgs {
    /// Users whose username, email address or name contains this text, ignoring case
    #[arg(long, value_name = "TEXT")]
    pub search: Option<String>,
    /// Users with this role
    #[arg(long, value_name = "ROLE")]
    pub role: Option<String>,
    /// Users who are `active` or `locked`
    #[arg(long, value_name = "STATUS", value_parser = one_of::status(), hide_possible_values = true)]
    pub status: Option<Status>,
    /// Users who sign in with a `password` or with `saml`
    #[arg(long, value_name = "SIGN-IN", value_parser = one_of::sign_in(), hide_possible_values = true)]
    pub sign_in: Option<SignIn>,
    /// Users whose address is in this domain
    #[arg(long, value_name = "DOMAIN")]
    pub email_domain: Option<String>,
    /// Users who sign in with a password and have none yet
    #[arg(long)]
    pub no_password: bool,
    /// Users who have a password; with `--sign-in saml`, those who should have none
    #[arg(long, conflicts_with = "no_password")]
    pub with_password: bool,
    /// Users who sign in otherwise than `[saml] email_domains` says for their address
    #[arg(long)]
    pub disagrees_with_saml_domains: bool,
    /// Users whose password was set longer ago than this, such as `90d`
    #[arg(long, value_name = "AGE")]
    pub password_older_than: Option<String>,
    /// Users whose password was set under another policy, or imported as a hash
    #[arg(long)]
    pub policy_outdated: bool,
    /// Users with no recorded login (only `users verify-password` records logins)
    #[arg(long)]
    pub never_logged_in: bool,
    /// Users whose address bounces, as `mail bounces` read
    #[arg(long)]
    pub bounced: bool,
    /// Users named in a file (`-`: standard input): one per line, or CSV or JSON with `username` or `email`
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::AnyPath)]
    pub from: Option<InputFile>,
    /// What stands before the names of the options that a command has for itself: `with-` makes `--with-role` of
    /// `--role`.
    #[arg(skip)]
    pub prefix: &'static str,
}

impl SelectionArgs {
    /// What the action is told.
    ///
    /// # Errors
    /// When an age or the file is malformed.
    pub fn wanted(&self, context: &mut Context, app: &App) -> anyhow::Result<UserFilter> {
        Ok(self.wanted_with_digest(context, app)?.0)
    }

    /// Whether a condition is given.
    pub fn is_given(&self) -> bool {
        !self.words().is_empty()
    }

    fn role_option(&self) -> String {
        format!("--{}role", self.prefix)
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
            with_password,
            disagrees_with_saml_domains,
            password_older_than,
            policy_outdated,
            never_logged_in,
            bounced,
            from,
            prefix: _,
        } = self;
        let texts = [
            ("--search".to_owned(), search.clone()),
            (self.role_option(), role.clone()),
            ("--status".to_owned(), status.map(|status| status.word().to_owned())),
            (format!("--{}sign-in", self.prefix), sign_in.map(|sign_in| sign_in.word().to_owned())),
            ("--email-domain".to_owned(), email_domain.clone()),
            ("--password-older-than".to_owned(), password_older_than.clone()),
            ("--from".to_owned(), from.as_ref().map(ToString::to_string)),
        ];
        let flags = [
            ("--no-password", *no_password),
            ("--with-password", *with_password),
            ("--disagrees-with-saml-domains", *disagrees_with_saml_domains),
            ("--policy-outdated", *policy_outdated),
            ("--never-logged-in", *never_logged_in),
            ("--bounced", *bounced),
        ];
        let mut words: Vec<OsString> = Vec::new();
        for (option, value) in texts {
            words.extend(value.map(|value| [OsString::from(option), OsString::from(value)]).into_iter().flatten());
        }
        words.extend(flags.iter().filter(|(_, given)| *given).map(|(option, _)| OsString::from(option)));
        secret_form::without_secrets(&crate::cli::as_typed(&words)).into_owned()
    }

    /// The same, and the SHA-256 of the file that names users, in hexadecimal digits.
    ///
    /// # Errors
    /// When an age or the file is malformed.
    pub fn wanted_with_digest(&self, context: &mut Context, app: &App) -> anyhow::Result<(UserFilter, Option<String>)> {
        for (option, value) in [
            ("--search".to_owned(), &self.search),
            (self.role_option(), &self.role),
            ("--email-domain".to_owned(), &self.email_domain),
        ] {
            // A script whose variable is empty must not mean everybody.
            if value.as_ref().is_some_and(|value| value.trim().is_empty()) {
                let hint = Some("leave it out to mean all".to_owned());
                return Err(CliError::Usage { words: format!("{option}: the value is empty"), hint }.into());
            }
        }
        let password_set_before = match &self.password_older_than {
            None => None,
            Some(age) => {
                let usage =
                    |words: String| CliError::Usage { words: format!("--password-older-than: {words}"), hint: None };
                let age = parse_duration(age).map_err(|error| usage(error.to_string()))?;
                Some(app.now().checked_sub(age).map_err(|_| usage("reaches too far back".to_owned()))?)
            }
        };
        let search = self.search.as_deref().map(SearchText::new).transpose().map_err(|blank| CliError::Usage {
            words: format!("--search: {blank}"),
            hint: Some("leave it out to mean all".to_owned()),
        })?;
        let read = self.from.as_ref().map(|source| read_names(context, source)).transpose()?;
        let (mut named, mut lines, mut emails, mut digest) = (None, Vec::new(), Vec::new(), None);
        if let Some(read) = read {
            (lines, emails, named) = (read.lines, read.emails, Some(read.users.into()));
            digest = Some(read.sha256);
        }
        let selection = Selection {
            search,
            role: None,
            status: self.status,
            sign_in: self.sign_in,
            email_domain: self.email_domain.as_deref().map(|domain| domain.trim_start_matches('@').to_owned()),
            no_password: self.no_password,
            with_password: self.with_password,
            sign_in_unlike_domains: None,
            password_set_before,
            policy_other_than: None,
            never_logged_in: self.never_logged_in,
            bounced: self.bounced,
            named,
            not_named: None,
        };
        let mut wanted = UserFilter {
            role: self.role.clone(),
            policy_outdated: self.policy_outdated,
            disagrees_with_saml_domains: self.disagrees_with_saml_domains,
            lines,
            emails,
            ..UserFilter::default()
        };
        wanted.query.selection = selection;
        Ok((wanted, digest))
    }
}

/// Reads the users named in a file.
///
/// # Errors
/// When the file cannot be read, or a row names nobody.
pub fn read_names(context: &mut Context, source: &InputFile) -> anyhow::Result<Names> {
    let read = match source {
        InputFile::Stdin => tabular::read_names(&mut (&mut context.process.stdin.bytes).take(LIST_LIMIT + 1)),
        InputFile::File(path) => tabular::read_names(&mut open_data(path)?.take(LIST_LIMIT + 1)),
    };
    let names = read.map_err(|error| match error {
        InputError::Io(error) if error.kind() != io::ErrorKind::InvalidData => anyhow::Error::from(error),
        InputError::Io(_) | InputError::Line { .. } => CliError::Data(format!("{source}, {error}")).into(),
    })?;
    if names.bytes > LIST_LIMIT {
        return Err(CliError::Data(format!("{source}: larger than 320 MiB")).into());
    }
    Ok(names)
}
