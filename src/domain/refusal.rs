//! Why the program says no. The words, the hint and the exit code belong to the command line (`cli::failure`).

mod recorded;

use jiff::Timestamp;

use crate::domain::archive_refusal::ArchiveRefusal;
use crate::domain::elevation::Elevation;
use crate::domain::email_address::EmailAddress;
use crate::domain::email_address::EmailAddressError;
use crate::domain::email_domain;
use crate::domain::job::JobId;
use crate::domain::job::JobState;
use crate::domain::management_refusal::ManagementRefusal;
use crate::domain::policy::Violation;
use crate::domain::removal::Removals;
use crate::domain::role::Permission;
use crate::domain::text;
use crate::domain::user::UserId;
use crate::domain::user::UsernameError;
use crate::domain::user::shown_reference;

/// Domains as people read them.
fn readable(domains: &[String]) -> String {
    domains.iter().map(|domain| email_domain::to_unicode(domain)).collect::<Vec<_>>().join(", ")
}

/// A reason to refuse, as a fact. Display is one line; names in it are made visible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The OS account has no operator row.
    #[error("{account} is not an operator of this store")]
    NotAnOperator {
        /// The account's name and number.
        account: String,
    },
    /// The number of the OS account is an operator's, and its name is another one.
    #[error(
        "uid {uid} was added as operator {}, but now belongs to account {}",
        text::quoted(operator, 80),
        text::quoted(account, 80)
    )]
    OtherName {
        /// The number.
        uid: u32,
        /// The operator's name.
        operator: String,
        /// The account's name now.
        account: String,
    },
    /// The operator's role lacks a permission.
    #[error("your role, {role}, lacks the permission `{permission}`")]
    NotPermitted {
        /// The role's name.
        role: String,
        /// What it lacks.
        permission: Permission,
    },
    /// An operator who uses an elevation program, and is not Admin, named what the program would open with rights that are not
    /// theirs.
    #[error("{what} is only allowed for Admins when using {}", by.word())]
    NotElevated {
        /// What they named.
        what: String,
        /// The elevation program.
        by: Elevation,
    },
    /// The same of a file in an argument.
    #[error(
        "{}naming a file is only allowed for Admins when using {}",
        if *.is_hyphen { "`-` is a file name here, and " } else { "" },
        by.word()
    )]
    NamedFile {
        /// The elevation program.
        by: Elevation,
        /// Whether its name was given as `-`.
        is_hyphen: bool,
        /// What the file is for.
        purpose: FilePurpose,
    },
    /// Somebody who uses an elevation program, and may not run any command on this machine, tried to set it up.
    #[error(
        "`init` with {} is only for accounts that sudo allows to run any command: {}",
        by.word(),
        if *.is_known { format!("{} is not one", text::quoted(account, 80)) } else { "sudo could not be queried".to_owned() }
    )]
    InitElevated {
        /// The elevation program.
        by: Elevation,
        /// The account that called it.
        account: String,
        /// Whether sudo said so; else it could not be asked.
        is_known: bool,
    },
    /// Two variables of elevation programs name different people, so that one may be invented.
    #[error("{one} and {other}: the operator is unknown")]
    CallersDiffer {
        /// One variable, and the account that it names.
        one: String,
        /// The other one.
        other: String,
    },
    /// The user's role may do more than the operator's, so the operator could raise themselves through the user.
    #[error("the role of {user} allows `{permission}`, and yours, {role}, does not")]
    Outranked {
        /// Whom it was meant for.
        user: String,
        /// The user's number.
        id: Option<UserId>,
        /// The operator's role.
        role: String,
        /// What that role lacks.
        permission: Permission,
    },
    /// A role that is to be given may do more than the operator's.
    #[error("the role {role} has the permission `{permission}`, which yours, {own}, lacks")]
    RoleOutranks {
        /// The role that was to be given.
        role: String,
        /// The operator's role.
        own: String,
        /// What that role lacks.
        permission: Permission,
    },
    /// A change of roles and operators, or an action on users outside the operator's limits.
    #[error(transparent)]
    Management(#[from] ManagementRefusal),
    /// Events are not moved out of the store, or were.
    #[error(transparent)]
    Archive(#[from] ArchiveRefusal),
    /// Rows of an import would act on users whose role may do more than the operator's, or give such a role.
    #[error(
        "{rows} {} a role with permissions that your role, {role}, lacks; nothing was imported",
        if *.rows == 1 { "row concerns" } else { "rows concern" }
    )]
    RowsOutrank {
        /// How many.
        rows: u64,
        /// The first of their users. For the event alone.
        usernames: Vec<String>,
        /// The operator's role.
        role: String,
    },
    /// Some of the users that a command is for have a role that may do more than the operator's.
    #[error(
        "{} a role with permissions that your role, {role}, lacks (such as `{permission}`): {}{}; nothing was changed",
        if *.count == 1 { "1 user has".to_owned() } else { format!("{count} users have") },
        users.join(", "),
        if *.count > users.len() as u64 { " and others" } else { "" }
    )]
    UsersOutrank {
        /// The first of them.
        users: Vec<String>,
        /// How many they are.
        count: u64,
        /// The operator's role.
        role: String,
        /// What that role lacks.
        permission: Permission,
    },
    /// A selection holds other users than those that the operator confirmed.
    #[error(
        "the selection holds other users than those you confirmed ({confirmed} then, {found} now); nothing was changed"
    )]
    SelectionChanged {
        /// How many it held when the operator was asked.
        confirmed: u64,
        /// How many it holds now.
        found: u64,
    },
    /// The user's lock ends later than the one that was to replace it.
    #[error(
        "{user} is already locked for longer, {}; nothing was changed",
        until.map_or("until `users unlock`".to_owned(), |until| format!("until {until}"))
    )]
    LockedLonger {
        /// The user.
        user: String,
        /// When the lock in force ends; `None`: only by `users unlock`.
        until: Option<Timestamp>,
    },
    /// The user has no password that they could have to change.
    #[error("{user} has no password to change")]
    NoPasswordToChange {
        /// The user.
        user: String,
    },
    /// More would be taken away from users than the operator confirmed.
    #[error("{0}; nothing was changed")]
    Removals(Removals),
    /// No user has this name or address.
    #[error(
        "no user with the {} `{}`",
        if given.contains('@') { "email address" } else { "username" },
        text::quoted(shown_reference(given), 80)
    )]
    NoSuchUser {
        /// The name or address.
        given: String,
        /// Users that may have been meant, for operators who may list users.
        near: Vec<String>,
    },
    /// No role has this name.
    #[error("no such role: `{}`", text::quoted(.0, 80))]
    NoSuchRole(String),
    /// No OS account has this name or number.
    #[error("no such account on this machine: `{}`", text::quoted(.0, 80))]
    NoSuchAccount(String),
    /// An account has this name, and another one this number.
    #[error(
        "`{}` is the name of the account with uid {named} and the uid of {numbered}; nothing was changed",
        text::quoted(given, 80)
    )]
    TwoAccounts {
        /// The name and number.
        given: String,
        /// The number of the account with this name.
        named: u32,
        /// The name of the account with this number.
        numbered: String,
    },
    /// The number of the account does not stand for one account.
    #[error("uid {uid} cannot be an operator: {why}")]
    ReservedUid {
        /// The number.
        uid: u32,
        /// What it stands for.
        why: &'static str,
    },
    /// Another user has the username.
    #[error("the username `{}` is already in use", text::quoted(.0, 80))]
    UsernameTaken(String),
    /// Another user has the address.
    #[error("the email address `{}` is already in use", text::quoted(.0, 80))]
    EmailTaken(String),
    /// The text is not a username.
    #[error("the username {0}")]
    Username(#[from] UsernameError),
    /// The address gives no username.
    #[error("the email address `{}` gives no username: {}", text::quoted(.0, 80), .1)]
    NoUsernameIn(String, UsernameError),
    /// The text is not an address.
    #[error("the email address {0}")]
    Email(#[from] EmailAddressError),
    /// The organization takes no users with this domain.
    #[error("the email domain of {email} is not one of the organization's: {}", readable(domains))]
    EmailDomain {
        /// The address.
        email: EmailAddress,
        /// The domains that are taken.
        domains: Vec<String>,
    },
    /// Another field is malformed.
    #[error("the {field} {fault}")]
    Field {
        /// Which.
        field: &'static str,
        /// What is wrong with it.
        fault: String,
    },
    /// The user signs in at the identity provider.
    #[error("{user} signs in with SAML: the password is kept by the organization's identity provider")]
    Saml {
        /// Whom it was meant for.
        user: String,
        /// The user's number.
        id: UserId,
        /// Who can help; may be empty.
        contact: String,
    },
    /// The user is locked, and could not use a link.
    #[error("{user} is locked, and cannot use a link")]
    Locked {
        /// Whom it was meant for.
        user: String,
    },
    /// A delivery report said that the user's address takes no mail.
    #[error("{user}: {words}")]
    Bounces {
        /// Whom it was meant for.
        user: String,
        /// What was reported, and when.
        words: String,
    },
    /// The code sets no password. The words are the same whatever the reason (OWASP ASVS 6.3.8).
    #[error(
        "this code is not accepted: it is mistyped, used, expired or revoked, or its user may not have a password here"
    )]
    CodeNotAccepted {
        /// The reason. For the event alone.
        why: &'static str,
        /// The user it was made for, if it was made. For the event alone.
        user: Option<UserId>,
    },
    /// The user is named twice in one command.
    #[error("{0} is named twice")]
    NamedTwice(String),
    /// No event has this number.
    #[error("no such event: {0}")]
    NoSuchEvent(i64),
    /// The store has another event with this number than the reader.
    #[error("event {0} is another one than the one that you have: the store was restored from a backup, or replaced")]
    OtherEvent(i64),
    /// The store does not have the event that the reader has.
    #[error(
        "there is no event {number}: the newest is {newest}; the store was restored from a backup, or is another one"
    )]
    EventNotThere {
        /// The event that the reader has.
        number: i64,
        /// The newest event of the store; 0: there is none.
        newest: i64,
    },
    /// The organization wants a reason for this command.
    #[error("`{0}` needs a reason here ([audit] require_reason); nothing was changed")]
    ReasonRequired(&'static str),
    /// No message has this number.
    #[error("no such message: {0}")]
    NoSuchMessage(i64),
    /// No job has this number.
    #[error("no such job: {0}")]
    NoSuchJob(JobId),
    /// A job has this key already.
    #[error("job {0} has this key already")]
    KeyTaken(JobId),
    /// A mail of the job is under way.
    #[error("a mail of job {0} is under way")]
    UnderWay(JobId),
    /// The job is not in a state for this.
    #[error("job {id} is {state}")]
    JobState {
        /// Its number.
        id: JobId,
        /// What it is.
        state: JobState,
    },
    /// Another process sends the job's messages now.
    #[error("job {0} is being sent by another process")]
    JobRuns(JobId),
    /// Another number of users is meant than the operator expects.
    #[error(
        "{} would be {}, and `--expect` says {expected}; {}",
        text::counted(*.found, "user"),
        effect.word(),
        if *.effect == ExpectedEffect::Mailed { "nobody was mailed" } else { "nothing was changed" }
    )]
    NotExpected {
        /// What would be done to them.
        effect: ExpectedEffect,
        /// How many the operator expects.
        expected: u64,
        /// How many it would be done to.
        found: u64,
    },
    /// A list of those who stay leaves out more than half of the users: it may have been cut off.
    #[error(
        "{} of {} would be locked: more than half are not on the list; nothing was changed",
        text::grouped(*.locked, ','),
        text::counted(*.of, "user")
    )]
    MostLocked {
        /// How many would be locked.
        locked: u64,
        /// How many there are.
        of: u64,
    },
    /// The message does not wait any more.
    #[error("message {id} does not wait: it is {state}")]
    NotWaiting {
        /// Its number.
        id: i64,
        /// What it is.
        state: &'static str,
    },
    /// The password breaks rules of the policy.
    #[error("the password does not meet the organization's requirements")]
    Policy {
        /// Every rule that fails.
        faults: Vec<Violation>,
        /// Who can help; may be empty.
        contact: String,
        /// The user whose former password it is, if the refusal tells that.
        former_of: Option<UserId>,
    },
    /// The user chose the password too recently to change it.
    #[error(
        "{user} must keep this password until {until}: a password that a user chose has a least age here ([password] min_age)"
    )]
    PasswordTooNew {
        /// The user.
        user: String,
        /// From when on they can change it.
        until: Timestamp,
    },
    /// The user got another role while the password was checked, of which other passwords are required.
    #[error("the role of {user} was changed meanwhile, and other requirements hold now; nothing was changed")]
    PolicyChanged {
        /// The user.
        user: String,
    },
    /// The old password given is not the user's, or they may not sign in with one.
    #[error("the old password is not the password of this user, or this user cannot sign in with a password now")]
    WrongPassword {
        /// The user as named, who may not exist. For the event alone: the words do not tell.
        given: String,
    },
}

/// What is done to the users whose number an operator expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectedEffect {
    /// They are mailed.
    Mailed,
    /// They are locked.
    Locked,
    /// Their password is set.
    GivenPassword,
}

impl ExpectedEffect {
    fn word(self) -> &'static str {
        match self {
            Self::Mailed => "mailed",
            Self::Locked => "locked",
            Self::GivenPassword => "given a password",
        }
    }
}

/// What a file that an argument names is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilePurpose {
    /// Input, which may come from standard input as well.
    Input,
    /// Output, which goes to standard output without this option.
    Output(&'static str),
    /// Anything else.
    Other,
}

impl Refusal {
    /// That no user has this name, where nothing near to it is looked for.
    pub fn no_such_user(given: impl Into<String>) -> Self {
        Self::NoSuchUser { given: given.into(), near: Vec::new() }
    }
}
