//! From an error to what the operator reads: the words, the details, the hint, and the exit code. The only exit codes of
//! the program stand here (sysexits(3) where it has one).

mod complaint;
mod of_archive;
mod of_complaint;
mod of_file;
mod of_management;
mod of_setup;
mod of_store;
mod unknown_command;
mod unknown_names;
mod usage;

use std::io;
use strum::VariantArray as _;
use unknown_names::meant_users;
use unknown_names::of_unknown_names;
use unknown_names::screenful;

use crate::actions::doctor::finding::FaultClass;
use crate::app::ActionError;
use crate::app::MailerError;
use crate::app::SetupError;
use crate::cli::output::Output;
use crate::config::LoadError;
use crate::domain::action::Action;
use crate::domain::refusal::FilePurpose;
use crate::domain::refusal::Refusal;
use crate::domain::removal::Removals;
use crate::private_file::FileError;
use crate::private_file::is_shortage_of_descriptors;
use crate::process::terminal::PromptError;
use crate::secrets::generate::GenerateError;
use crate::secrets::password::PasswordError;
use crate::store::StoreError;
use crate::texts;
use crate::texts::Texts;
use crate::texts::policy::Reader;

pub use complaint::CliError;
pub use complaint::MailFailure;
use of_archive::of_archive;
use of_complaint::of_complaint;
use of_file::of_file;
use of_file::of_io;
use of_management::of_management;
use of_setup::is_shortage_of_setup;
use of_setup::of_setup;
use of_setup::of_unreadable_list;
use of_store::of_store;
pub use of_store::run_again;
pub use usage::of_low_limit;
pub use usage::of_no_memory;
pub use usage::of_topic;
pub use usage::of_usage;

/// Done, or nothing to do.
pub const OK: u8 = 0;
/// `verify-password`: not accepted.
pub const NOT_VERIFIED: u8 = 1;
/// The arguments are wrong.
pub const USAGE: u8 = 2;
/// Refused as data.
pub const DATA: u8 = 65;
/// No such user, or no such OS account.
pub const NO_USER: u8 = 67;
/// A bulk run ended, and some recipients failed.
pub const PARTLY: u8 = 3;
/// The relay refuses for good.
pub const RELAY: u8 = 69;
/// A bug.
pub const BUG: u8 = 70;
/// Input or output failed.
pub const IO: u8 = 74;
/// Later: the store is busy, the relay cannot be reached or defers.
pub const LATER: u8 = 75;
/// The operator may not.
pub const NOT_PERMITTED: u8 = 77;
/// Configuration: file, modes, store, key, the relay's certificate and login.
pub const CONFIGURATION: u8 = 78;
/// The reader of standard output went away: as if by SIGPIPE.
const BROKEN_PIPE: u8 = 128 + 13;

/// What to do where the process may not start enough processes or threads.
pub const PROCESSES: &str = "raise the limit of processes or memory (`ulimit -u`, `ulimit -v`; TasksMax=, LimitNPROC= or LimitAS= of the service)";
/// What to do where the process may not open enough files.
const OPEN_FILES: &str = "raise the limit of open files (`ulimit -n`, or LimitNOFILE= of the service)";

/// An error in words.
struct RenderedError {
    code: u8,
    words: String,
    details: Vec<String>,
    hint: Option<String>,
}

impl RenderedError {
    fn new(code: u8, words: impl ToString) -> Self {
        Self { code, words: words.to_string(), details: Vec::new(), hint: None }
    }

    /// The same with other words.
    fn said(self, words: impl ToString) -> Self {
        Self { words: words.to_string(), ..self }
    }

    fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()).filter(|hint: &String| !hint.is_empty()), ..self }
    }
}

/// Says an error on standard error and gives its exit code.
pub fn tell(output: &mut Output, error: &anyhow::Error) -> u8 {
    if let Some(CliError::ReportedBefore { code }) = error.downcast_ref() {
        let _ = output.flush();
        return *code;
    }
    let told = describe(error);
    if told.code == BROKEN_PIPE || told.code == NOT_VERIFIED {
        let _ = output.flush();
        if told.code == NOT_VERIFIED {
            output.say(&told.words);
        }
        return told.code;
    }
    // What was written so far stands before the error; a second failure would say nothing new.
    let _ = output.flush();
    // Who asked it to stop knows why it did: that is no error.
    if let Some(CliError::Stopped { .. }) = error.downcast_ref::<CliError>() {
        output.stopped(&told.words, told.hint.as_deref());
        return told.code;
    }
    output.error(&told.words, &told.details, told.hint.as_deref());
    told.code
}

/// The exit code of an error.
pub fn code_of(error: &ActionError) -> u8 {
    of_action(error).code
}

/// What to do about an error.
pub fn hint_of(error: &ActionError) -> Option<String> {
    of_action(error).hint
}

/// Whether the process may not have what it needs of the machine, which lasts until somebody raises a limit.
pub fn is_shortage(error: &anyhow::Error) -> bool {
    let of_store = |error: &StoreError| error.is_shortage();
    match error.downcast_ref() {
        Some(CliError::Broken { is_shortage, .. }) => return *is_shortage,
        Some(_) => return false,
        None => {}
    }
    match error.downcast_ref() {
        Some(ActionError::Store(error)) => return of_store(error),
        Some(ActionError::Broken { error, .. }) => {
            return matches!(&**error, ActionError::Store(error) if of_store(error));
        }
        Some(ActionError::NoMemory(_)) => return true,
        Some(ActionError::Setup(error)) => return is_shortage_of_setup(error),
        _ => {}
    }
    error.downcast_ref().is_some_and(of_store)
        || error.downcast_ref().is_some_and(is_shortage_of_setup)
        || error.downcast_ref().is_some_and(FileError::is_shortage_of_descriptors)
        || error.downcast_ref().is_some_and(is_shortage_of_descriptors)
}

/// An error of the newest backup of a directory, with the command that restores the one before it.
pub fn of_newest_backup(error: &anyhow::Error, before: Option<String>) -> CliError {
    let RenderedError { code, words, details, .. } = describe(error);
    CliError::NewestBackup { words, details, code, before }
}

/// The exit code of any error, and its words.
pub fn code_and_words(error: &anyhow::Error) -> (u8, String) {
    let told = describe(error);
    (told.code, told.words)
}

/// The exit code of any error, its words and details in one line, and what to do about it.
pub fn code_words_and_hint(error: &anyhow::Error) -> (u8, String, String) {
    let told = describe(error);
    let words = std::iter::once(told.words).chain(told.details).collect::<Vec<_>>().join("; ");
    (told.code, words, told.hint.unwrap_or_default())
}

/// The exit code of a fault that a check found.
pub fn code_of_fault(class: FaultClass) -> u8 {
    match class {
        FaultClass::Data => DATA,
        FaultClass::InputOutput => IO,
        FaultClass::Relay => RELAY,
        FaultClass::Later => LATER,
        FaultClass::Configuration => CONFIGURATION,
        FaultClass::Bug => BUG,
    }
}

fn describe(error: &anyhow::Error) -> RenderedError {
    if let Some(complaint) = error.downcast_ref::<CliError>() {
        return of_complaint(complaint);
    }
    if let Some(error) = error.downcast_ref::<ActionError>() {
        return of_action(error);
    }
    if let Some(error) = error.downcast_ref::<SetupError>() {
        return of_setup(error);
    }
    if let Some(error) = error.downcast_ref::<StoreError>() {
        return of_store(error);
    }
    if let Some(error) = error.downcast_ref::<PasswordError>() {
        return RenderedError::new(DATA, error);
    }
    if let Some(error) = error.downcast_ref::<PromptError>() {
        return of_prompt(error);
    }
    if let Some(error) = error.downcast_ref::<FileError>() {
        return of_file(error);
    }
    if let Some(error) = error.downcast_ref::<LoadError>() {
        return of_config(error);
    }
    if let Some(error) = error.downcast_ref::<GenerateError>() {
        return match error {
            GenerateError::Unreadable(_) => of_unreadable_list(error),
            _ => RenderedError::new(DATA, error),
        };
    }
    if let Some(errno) = error.downcast_ref::<nix::Error>() {
        return of_io(&io::Error::from(*errno));
    }
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return of_io(error);
    }
    RenderedError::new(BUG, format!("{error:#}"))
}

/// The actions that events have, a line for each group.
fn actions() -> Vec<String> {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for word in Action::VARIANTS.iter().filter(|action| **action != Action::StoreOpen).map(|action| action.word()) {
        let (group, rest) = word.split_once(' ').unwrap_or(("", word));
        match groups.iter_mut().find(|(name, _)| *name == group) {
            Some((_, actions)) => actions.push(rest),
            None => groups.push((group, vec![rest])),
        }
    }
    let line = |(group, actions): (&str, Vec<&str>)| {
        format!("{group}: {}", actions.join(", ")).trim_start_matches(": ").to_owned()
    };
    groups.into_iter().map(line).collect()
}

fn of_action(error: &ActionError) -> RenderedError {
    match error {
        ActionError::Refused(refusal) => of_refusal(refusal),
        ActionError::Store(error) => of_store(error),
        ActionError::Unrecorded { error: failure, .. } => of_store(failure).said(error),
        ActionError::Unfinished { error: failure, .. } => of_action(failure).said(error),
        ActionError::PasswordsKept { error: failure, path } => of_action(failure).said(error).hint(format!(
            "log in with one of the passwords: if none is in force, remove {} and run the command again",
            path.display()
        )),
        ActionError::Broken { error: failure, report } => {
            let told = of_action(failure);
            let hint = told.hint.unwrap_or_else(|| run_again(report).to_owned());
            RenderedError { hint: Some(hint), ..RenderedError::new(told.code, error) }
        }
        ActionError::Stream(error) => of_io(error),
        ActionError::UnreadableList(_) => of_unreadable_list(error),
        ActionError::Setup(error) => of_setup(error),
        ActionError::Chain(_) => RenderedError::new(DATA, error).hint(
            "another program has written to the file: compare with a backup and with the head kept elsewhere",
        ),
        ActionError::Unsound { faults, remedy } => {
            RenderedError { details: screenful(faults, Clone::clone), ..RenderedError::new(DATA, error) }.hint(remedy)
        }
        ActionError::UnknownNames(names) => of_unknown_names(names),
        ActionError::Mailer(fault) => RenderedError::new(CONFIGURATION, error).hint(match fault {
            MailerError::NoMail => "config.example.toml shows the sections [mail] and [mail.smtp]",
            MailerError::NoLink => {
                "such as: link = \"https://reset.example.com/#{code}\", the page where codes are redeemed"
            }
            MailerError::NoKey | MailerError::OtherKey => {
                "restore the key file that `init` made with this store, or name it: [reset] key_file; if it is lost, name a \
                 new file there, and cxme-admin init --new-key creates it"
            }
        }),
        ActionError::NoMemory(_) => RenderedError::new(LATER, error)
            .hint("see `ulimit -v`, or LimitAS= and MemoryMax= of the service; [password.argon2] memory_kib sets what a new hash needs"),
        ActionError::Password(_) | ActionError::BadRows { .. } | ActionError::BadLines { .. } | ActionError::BadInput(_) => RenderedError::new(DATA, error),
    }
}

fn of_refusal(refusal: &Refusal) -> RenderedError {
    let told = |code| RenderedError::new(code, refusal);
    match refusal {
        Refusal::NotAnOperator { .. } => {
            told(NOT_PERMITTED).hint("an Admin adds operators: cxme-admin operators add ACCOUNT --role ROLE")
        }
        Refusal::OtherName { uid, .. } => told(NOT_PERMITTED).hint(format!(
            "if this is the same person, an Admin can run: cxme-admin operators remove {uid}; then: cxme-admin operators \
             add {uid} --role ROLE"
        )),
        Refusal::NotPermitted { permission, .. } => {
            told(NOT_PERMITTED).hint(format!("{permission}: {}; an Admin can give another role", permission.help()))
        }
        Refusal::Outranked { .. }
        | Refusal::RoleOutranks { .. }
        | Refusal::RowsOutrank { .. }
        | Refusal::UsersOutrank { .. } => {
            told(NOT_PERMITTED).hint("ask an operator whose role has at least those permissions")
        }
        Refusal::ReasonRequired(_) => told(USAGE).hint("give `--reason TEXT`"),
        Refusal::SelectionChanged { .. } => told(DATA).hint("run the command again, and look at the new count"),
        Refusal::LockedLonger { user, .. } => {
            told(DATA).hint(format!("to shorten the lock, end it first: cxme-admin users unlock {user}"))
        }
        Refusal::NoPasswordToChange { user } => {
            told(DATA).hint(format!("set one that must be changed: cxme-admin users set-password {user} --must-change"))
        }
        Refusal::Removals(Removals { locks: 0, .. }) => {
            told(DATA).hint("look at them with `--dry-run`; give `--yes` to remove them without being asked")
        }
        Refusal::Removals(_) => told(DATA).hint("look at them with `--dry-run`; give `--yes` to do it without being asked"),
        Refusal::NamedFile { purpose, .. } => told(NOT_PERMITTED).hint(match purpose {
            FilePurpose::Input => "pass data by a pipe: with `-`, or with `--stdin`".to_owned(),
            FilePurpose::Output(option) => format!("leave out `{option}`: the data goes to standard output"),
            FilePurpose::Other => String::new(),
        }),
        Refusal::NotElevated { what, .. } => told(NOT_PERMITTED).hint(match what.trim_matches('`') {
            variable if variable.starts_with("CXME_") => format!("unset {variable}"),
            _ => String::new(),
        }),
        Refusal::InitElevated { by, account, .. } => told(NOT_PERMITTED).hint(format!(
            "if you may run any command with {}: {} cxme-admin init --operator {}",
            by.word(),
            by.as_root(),
            crate::cli::as_typed(&[account.into()])
        )),
        Refusal::CallersDiffer { .. } => {
            told(NOT_PERMITTED).hint("log in as yourself, and use one of sudo, doas, run0 and pkexec, once")
        }
        Refusal::Management(refusal) => of_management(refusal),
        Refusal::Archive(refusal) => of_archive(refusal),
        Refusal::NoSuchUser { near, .. } => told(NO_USER).hint(meant_users(near)),
        Refusal::NoSuchRole(_) => told(DATA).hint("cxme-admin roles list"),
        Refusal::NoSuchAccount(_) => {
            told(NO_USER).hint("give the name or the number of an OS account, as in `id -u NAME`")
        }
        Refusal::TwoAccounts { named, numbered, .. } => {
            told(DATA).hint(format!("give the uid of the one, {named}, or the name of the other, {numbered}"))
        }
        Refusal::ReservedUid { .. } => told(DATA).hint("give the program an account of its own, and add that"),
        Refusal::NoUsernameIn(..) | Refusal::UsernameTaken(_) => told(DATA).hint("give another one with `--username`"),
        Refusal::Saml { contact, .. } => {
            let whom = if contact.is_empty() { "the organization's systems administrator" } else { contact };
            told(DATA).hint(format!("the password is reset there: ask {whom}"))
        }
        Refusal::Locked { user } => told(DATA).hint(format!("cxme-admin users unlock {user}")),
        Refusal::Bounces { user, .. } => told(DATA).hint(format!(
            "correct the address: cxme-admin users edit {user} --email ADDRESS; or mail it all the same: `--include-bounced`"
        )),
        Refusal::CodeNotAccepted { .. } => told(DATA).hint("a new link: cxme-admin users send-reset USER"),
        Refusal::UnderWay(_) => {
            told(LATER).hint("wait until it has ended; if its sender died, `jobs run` will find out")
        }
        Refusal::NoSuchJob(_) | Refusal::JobState { .. } | Refusal::KeyTaken(_) => {
            told(DATA).hint("cxme-admin jobs list")
        }
        Refusal::NoSuchEvent(_) => told(DATA).hint("cxme-admin audit list"),
        Refusal::OtherEvent(_) | Refusal::EventNotThere { .. } => told(DATA)
            .hint("compare with the audit log that you have; to begin anew: cxme-admin audit export"),
        Refusal::JobRuns(id) => told(LATER).hint(format!("to see its progress: cxme-admin jobs show {id}")),
        Refusal::NotExpected { .. } => told(DATA).hint("details: the same with `--dry-run`"),
        Refusal::MostLocked { locked, .. } => told(DATA).hint(format!("if that is right, give `--expect {locked}`")),
        Refusal::NoSuchMessage(_) | Refusal::NotWaiting { .. } => told(DATA).hint("what waits: cxme-admin mail queue"),
        Refusal::Policy { faults, contact, .. } => {
            let english = Texts::built_in().default_language();
            let word = |fault| texts::policy::fault(fault, english, Reader::Operator);
            let details = faults.iter().map(word).collect();
            let hint = match contact.as_str() {
                "" => "all requirements: cxme-admin policy show".to_owned(),
                contact => format!("all requirements: cxme-admin policy show; help: {contact}"),
            };
            RenderedError { details, ..told(DATA) }.hint(hint)
        }
        Refusal::PasswordTooNew { user, .. } => {
            told(DATA).hint(format!("if somebody else knows it: cxme-admin users send-reset {user}"))
        }
        Refusal::PolicyChanged { .. } => told(LATER).hint("run the command again"),
        Refusal::EmailDomain { .. } => {
            told(DATA).hint("the domains are configured in [organization] email_domains")
        }
        Refusal::NamedTwice(_)
        | Refusal::EmailTaken(_)
        | Refusal::Username(_)
        | Refusal::Email(_)
        | Refusal::Field { .. }
        | Refusal::WrongPassword { .. } => told(DATA),
    }
}

fn of_prompt(error: &PromptError) -> RenderedError {
    match error {
        PromptError::NoTerminal => RenderedError::new(USAGE, error),
        PromptError::EndOfInput => RenderedError::new(IO, error),
        PromptError::TimedOut(_) | PromptError::Taken(_) => RenderedError::new(LATER, error),
        PromptError::Io(error) => of_io(error),
        _ => RenderedError::new(DATA, error),
    }
}

/// One problem is told in one line; of several, each gets its line.
fn of_config(error: &LoadError) -> RenderedError {
    match error {
        LoadError::File(problem) if problem.is_shortage_of_descriptors() => of_file(problem),
        LoadError::File(problem) => RenderedError { code: CONFIGURATION, ..of_file(problem) },
        LoadError::Contents(problems) if problems.len() == 1 => RenderedError::new(CONFIGURATION, problems),
        LoadError::Contents(problems) => {
            let words = format!("the configuration has {} problems", problems.len());
            let details = problems.to_string().lines().map(str::to_owned).collect();
            RenderedError { details, ..RenderedError::new(CONFIGURATION, words) }
        }
    }
}
