//! What the command line itself has to say, besides the errors of the layers below.

use std::io;
use std::path::PathBuf;

use crate::domain::job::JobId;
use crate::domain::text;
use crate::private_file::FileError;
use crate::process::standard_output::LostOutput;

/// What the command line itself has to say.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The arguments fit their form and yet not each other.
    #[error("{words}")]
    Usage {
        /// What is wrong.
        words: String,
        /// What to do.
        hint: Option<String>,
    },
    /// An action that does not exist.
    #[error("--action: no such action: `{}`; the actions are those of the commands:", text::quoted(.given, 80))]
    NoSuchAction {
        /// What was given.
        given: String,
        /// The nearest that exists.
        nearest: Option<&'static str>,
    },
    /// Nobody can be asked.
    #[error("cannot prompt (no terminal or `--no-input`): {question}")]
    CannotAsk {
        /// What would be asked.
        question: String,
        /// What to do.
        hint: String,
    },
    /// There is no such file of a password. Its name is not repeated.
    #[error("no such password file in the current directory (name hidden: may be a password)")]
    NoPasswordFile,
    /// The operator said no.
    #[error("aborted; nothing was changed")]
    Declined,
    /// The password was not accepted; the exit code says it.
    #[error("the password was not accepted")]
    NotVerified,
    /// The two entries differ, or no entry was good, three times.
    #[error("no acceptable password in three tries; nothing was changed")]
    NoPassword,
    /// Whether an OS account exists cannot be known now.
    #[error("the account `{}` cannot be looked up now: {error}", text::quoted(.given, 80))]
    AccountLookup {
        /// The account's name or number, as given.
        given: String,
        /// What the system said.
        error: io::Error,
    },
    /// A file that an argument names is not what it must be, or says no.
    #[error("{words}")]
    BadFile {
        /// What is wrong.
        words: String,
        /// What to do.
        hint: String,
    },
    /// A file of the configuration, in words that tell nothing of its content.
    #[error("{0}")]
    Configuration(String),
    /// The configuration that was named is not there.
    #[error("{}: no such configuration file (set by `{named_by}`)", .path.display())]
    NoConfiguration {
        /// Where it would be.
        path: PathBuf,
        /// The option or the variable.
        named_by: &'static str,
        /// The command that creates it.
        create: &'static str,
    },
    /// Nothing says where the operator's own files are.
    #[error("neither HOME nor {variable} is set to an absolute path, so the default path of the {what} is unknown")]
    NoHome {
        /// The variable that would say it more exactly.
        variable: &'static str,
        /// What is looked for.
        what: &'static str,
        /// What names another place.
        options: &'static str,
    },
    /// The home directory is another account's.
    #[error("{ignored}, so the default path of the {what} is unknown")]
    OthersHome {
        /// That HOME is ignored, and why.
        ignored: String,
        /// What is looked for.
        what: &'static str,
        /// What names another place.
        options: &'static str,
    },
    /// There is no store.
    #[error("{}: no such store ({named_by})", .path.display())]
    NoStore {
        /// Where it would be.
        path: PathBuf,
        /// What says that it would be there.
        named_by: String,
        /// The command that creates it; `None`: the operator uses sudo, and `init` would refuse most of those.
        create: Option<&'static str>,
    },
    /// A file that is to be restored is no copy of a store.
    #[error("{}: not a cxme-admin store", .0.display())]
    NotABackup(PathBuf),
    /// A backup was written, and an earlier one that it makes superfluous cannot be deleted.
    #[error("{}: an earlier backup{more} could not be deleted, the new one is complete: {error}", .path.display())]
    NotDeleted {
        /// The first of the earlier ones.
        path: PathBuf,
        /// How many more, in words.
        more: String,
        /// Why not.
        error: String,
    },
    /// The newest backup of a directory cannot be restored.
    #[error("{words}")]
    NewestBackup {
        /// Why not.
        words: String,
        /// A line for each fault of it.
        details: Vec<String>,
        /// The exit code.
        code: u8,
        /// The command that restores the one before it; `None`: there is none.
        before: Option<String>,
    },
    /// A code that is to be revoked is not accepted.
    #[error("{0}")]
    CodeNotRevoked(String),
    /// The store belongs to an account that one comes to by sudo.
    #[error(
        "the {}store{} belongs to {}",
        if *.is_system { "system " } else { "" },
        if *.is_system { String::new() } else { format!(" {}", .store.display()) },
        text::visible(.owner)
    )]
    OtherAccountsStore {
        /// Whether it is the machine's.
        is_system: bool,
        /// Which.
        store: PathBuf,
        /// The account.
        owner: String,
        /// The same command by sudo.
        way: String,
    },
    /// The store that was named cannot be used, and lies in a directory of the account that it belongs to.
    #[error("{problem}")]
    StoreOfAccount {
        /// Why it cannot be used.
        problem: FileError,
        /// The program by sudo, as that account.
        way: String,
    },
    /// A reset key is where that of a new store would be, and there are stores beside it.
    #[error(
        "{}: belongs to {}{}",
        .key.display(),
        if .stores.len() == 1 { "" } else { "one of these stores: " },
        .stores.iter().map(|store| store.display().to_string()).collect::<Vec<_>>().join(", ")
    )]
    KeyOfStore {
        /// The key.
        key: PathBuf,
        /// The stores.
        stores: Vec<PathBuf>,
    },
    /// A reset key is where that of a new store would be, and no store is known to be beside it. That its store is gone is
    /// not known: it may be elsewhere.
    #[error("{}: there is a reset key already, which may be that of another store", .key.display())]
    LeftoverKey {
        /// The key.
        key: PathBuf,
        /// The store that was to be created.
        store: PathBuf,
        /// Where it could be moved; `None`: a store that was not seen may use it.
        reserved: Option<PathBuf>,
    },
    /// A job was deleted while the program waited for its end.
    #[error("job {0} was deleted meanwhile; how it ended is not known")]
    JobDeleted(JobId),
    /// The input of a stream is not what it should be.
    #[error("{0}")]
    Data(String),
    /// A list is not what it should be, and there is something to do about it.
    #[error("{words}")]
    BadList {
        /// What is wrong.
        words: String,
        /// What to do.
        hint: String,
    },
    /// Somebody asked the program to stop, and it did in good order.
    #[error("{words}")]
    Stopped {
        /// By which signal.
        signal: i32,
        /// How far it came.
        words: String,
        /// How it goes on.
        hint: String,
    },
    /// What the command prints would reach nobody.
    #[error("{0}; nothing was done")]
    NoOutput(LostOutput),
    /// A generated password would reach nobody.
    #[error("{0}: the generated password would be lost; nothing was changed")]
    WouldBeLost(LostOutput),
    /// A generated password is in force, and nobody has seen it.
    #[error("set a generated password for {username}, but could not print it: {error}; nobody knows this password")]
    NotShown {
        /// Whose it is.
        username: String,
        /// What kept it from being shown.
        error: io::Error,
    },
    /// The store failed in the middle of a run.
    #[error("{words}")]
    Broken {
        /// The exit code of that failure.
        code: u8,
        /// Whether the process may not have what it needs of the machine.
        is_shortage: bool,
        /// What failed, and how far the run came.
        words: String,
        /// How it goes on.
        hint: String,
    },
    /// A continuing failure that was reported before: the program exits with its code and prints nothing.
    #[error("reported before")]
    ReportedBefore {
        /// The exit code.
        code: u8,
    },
    /// What is in the place of the store does not begin as one.
    #[error("{}: not a cxme-admin store", path.display())]
    NotAStore {
        /// Where.
        path: PathBuf,
        /// What to do.
        remedy: String,
    },
    /// Checks failed.
    #[error("{words}")]
    ChecksFailed {
        /// The exit code of the first of them.
        code: u8,
        /// Which.
        words: String,
    },
    /// Mail was not handed over.
    #[error("{words}")]
    NotSent {
        /// What that means.
        fault: MailFailure,
        /// What happened.
        words: String,
        /// What to do.
        hint: String,
    },
}

/// What it means that mail was not handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailFailure {
    /// It is tried again, or is worth another try.
    Later,
    /// The relay refuses for good.
    Refused,
    /// The configuration is wrong.
    Configuration,
    /// The message was called off: what it was for does not hold any more.
    CalledOff,
    /// The program failed.
    Bug,
    /// Some of many were not.
    Some,
    /// Some mails of a running job failed; the end of the job reports all of them.
    SomeSoFar,
    /// Mails or jobs were left as they are, because their rows are damaged.
    Skipped,
    /// Some mails may have arrived, and will be sent again.
    InDoubt,
    /// A rate per hour or day is used up.
    RateUsedUp,
    /// The time that the run was given is over.
    TimeLimit,
    /// Another process that sends does nothing any more.
    Stalled,
    /// A paused job ended passwords, and its users cannot choose others.
    Paused,
}
