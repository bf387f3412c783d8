//! The passwords of many users in one change: `users set-password --batch`, and `--generate` with `--out`.
//!
//! Everything is read and checked first, in a view. Then the passwords are hashed on all cores, which takes minutes for thousands, and
//! no transaction is open. The change checks each user again and sets all passwords, or none.

mod change;
mod check;
mod hash;
mod input;
mod targets;

use std::collections::HashMap;
use std::fmt;
use std::hash::DefaultHasher;
use std::hash::Hash as _;
use std::hash::Hasher as _;
use std::time::Duration;

use crate::actions::users::password::PasswordOptions;
use crate::actions::users::validity::Demand;
use crate::actions::users::validity::Validity;
use crate::app::ActionError;
use crate::app::Result;
use crate::app::policy_check::PolicyEnforcement;
use crate::domain::action::Action;
use crate::domain::operator::PolicyOverride;
use crate::domain::policy::PasswordAges;
use crate::domain::selection::UserQuery;
use crate::domain::user::User;
use crate::domain::user::UserId;
use crate::secrets::admission::AcceptedHash;
use crate::secrets::generate::Generated;
use crate::secrets::password::Password;

pub use change::BatchOutcome;
pub use change::GeneratedPassword;
pub use change::set;
pub use check::check;
pub use hash::hash;
pub use input::BatchInput;
pub use input::read;
pub use targets::choose;

/// How many bad lines are named; the others are counted.
pub const NAMED: usize = 100;

/// A line of a batch that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    /// Its line, from 1; 0: the user was selected, and is on no line.
    pub line: u64,
    /// The column; empty: the line as a whole.
    pub field: &'static str,
    /// What is wrong; one line, and never a password.
    pub fault: String,
}

impl BadLine {
    fn new(line: u64, field: &'static str, fault: impl Into<String>) -> Self {
        Self { line, field, fault: fault.into() }
    }
}

impl fmt::Display for BadLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, field, fault } = self;
        match (line, *field) {
            (0, _) => write!(formatter, "{fault}"),
            (_, "") => write!(formatter, "line {line}: {fault}"),
            _ => write!(formatter, "line {line}, {field}: {fault}"),
        }
    }
}

/// Bad lines, of which the first are kept.
#[derive(Debug, Default)]
pub(super) struct BadLines {
    first: Vec<BadLine>,
    count: u64,
}

impl BadLines {
    fn add(&mut self, bad: BadLine) {
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push(bad);
        }
    }

    /// Gives the first of them, in the order of the lines.
    fn tell(&mut self, report: &mut dyn FnMut(BadLine)) {
        self.first.sort_by_key(|bad| bad.line);
        self.first.drain(..).for_each(report);
    }
}

/// How the passwords are set.
#[derive(Debug, Clone, Copy)]
pub struct BatchOptions {
    /// Whether the policy holds.
    pub strictness: PolicyEnforcement,
    /// Whether users must choose another password at the next sign-in, where the input does not say. The requirements of a user's role
    /// may ask it too.
    pub must_change: bool,
    /// How long the passwords are valid, where the input does not say, and each must be changed; `None`: as the requirements of the
    /// user's role say.
    pub lifetime: Option<Duration>,
    /// Whether users may keep the password who were to choose another one.
    pub permanent: bool,
    /// Sessions that are open stay so.
    pub keep_sessions: bool,
    /// Each user's notice is queued with it.
    pub notify: bool,
}

impl BatchOptions {
    /// Whether a user must change the password, and how long it is valid. `given` is what the input says of both.
    fn validity(&self, user: &User, ages: &PasswordAges, given: (Option<bool>, Option<Duration>)) -> Validity {
        let own = Demand { must_change: self.must_change, lifetime: self.lifetime, permanent: self.permanent };
        Validity::of(user, ages, own.or_rather(given.0, given.1))
    }

    fn of_one(&self, Validity { must_change, lifetime }: Validity) -> PasswordOptions {
        PasswordOptions { must_change, lifetime, keep_sessions: self.keep_sessions, notify: self.notify }
    }
}

/// A password to be set.
enum Secret {
    /// The input gave it.
    Given(Password),
    /// It is generated when it is hashed.
    ToGenerate,
    /// It was generated.
    Generated(Generated),
}

/// A user whose password is to be set.
struct BatchTarget {
    /// The line of the input, from 1; 0: the user was selected.
    line: u64,
    user: UserId,
    /// What was known of the user when the password was checked against their former ones.
    seen: u64,
    secret: Secret,
    validity: Validity,
    /// The hash, once there is one.
    accepted: Option<AcceptedHash>,
}

/// The passwords to be set, checked, and hashed once [`hash`] has returned.
pub struct Batch {
    targets: Vec<BatchTarget>,
    options: BatchOptions,
    /// The proof of the permission, where the policy is overridden.
    permit: Option<PolicyOverride>,
    origin: BatchOrigin,
    kind: GeneratedKind,
    /// What is to be said before the passwords are set.
    pub summary: BatchSummary,
}

/// Where a batch comes from.
enum BatchOrigin {
    /// Users and passwords come from an input of this name.
    Input(String),
    /// The operator named the users, and the passwords are generated.
    Named,
    /// The operator selected the users, in these words, and the passwords are generated.
    Selected(Box<UserQuery>, String),
}

/// How to generate a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GeneratedKind {
    /// Of words.
    Words,
    /// Of characters.
    Characters,
}

/// The counts of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchSummary {
    /// How many users get a password.
    pub users: u64,
    /// The first of them.
    pub usernames: Vec<String>,
    /// How many of them have one already, which will stop working.
    pub with_password: u64,
    /// How many of them are locked, and stay so.
    pub locked: u64,
    /// How many of them must choose another one at the next sign-in.
    pub must_change: u64,
    /// How many of the passwords are temporary.
    pub temporary: u64,
    /// How many users were selected and are left out, because they sign in with SAML.
    pub saml: u64,
    /// The lines whose password begins or ends with a blank: how many, and the first.
    pub blanks: Option<(u64, u64)>,
}

impl Batch {
    fn action(&self) -> Action {
        super::password::set_action(self.options.strictness)
    }

    /// The query of a batch whose users were selected.
    fn selected(&self) -> Option<&UserQuery> {
        if let BatchOrigin::Selected(query, _) = &self.origin { Some(query) } else { None }
    }

    /// The places of these users in the targets.
    fn places(&self, users: &[UserId]) -> Vec<usize> {
        let places: HashMap<UserId, usize> =
            self.targets.iter().enumerate().map(|(place, target)| (target.user, place)).collect();
        users.iter().filter_map(|user| places.get(user).copied()).collect()
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Batch").field("summary", &self.summary).finish_non_exhaustive()
    }
}

/// What a password depends on of its user, in one number: whatever changes it, the password is checked again.
fn fingerprint(user: &User) -> u64 {
    let mut hasher = DefaultHasher::new();
    (user.username.as_str(), user.email.as_str(), &user.name, user.role.0, user.sign_in.word()).hash(&mut hasher);
    let password = user.password.as_ref().map(|password| (password.set_at.as_second(), password.policy.as_deref()));
    (user.session_epoch, password).hash(&mut hasher);
    hasher.finish()
}

/// Reports bad lines, and ends with them where there are any.
fn end(mut bad: BadLines, of: u64, report: &mut dyn FnMut(BadLine)) -> Result<()> {
    bad.tell(report);
    match bad.count {
        0 => Ok(()),
        count => Err(ActionError::BadLines { bad: count, of }),
    }
}
