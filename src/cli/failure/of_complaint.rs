//! What the operator reads of the command line's own complaints.

use super::BUG;
use super::CONFIGURATION;
use super::CliError;
use super::DATA;
use super::IO;
use super::LATER;
use super::MailFailure;
use super::NOT_VERIFIED;
use super::PARTLY;
use super::RELAY;
use super::RenderedError;
use super::USAGE;
use super::actions;

/// A complaint in words, with its exit code and what to do.
pub(super) fn of_complaint(complaint: &CliError) -> RenderedError {
    match complaint {
        CliError::Usage { hint, .. } => RenderedError::new(USAGE, complaint).hint(hint.clone().unwrap_or_default()),
        CliError::NoSuchAction { nearest, .. } => {
            let hint = nearest.map_or(String::new(), |nearest| format!("did you mean `{nearest}`?"));
            RenderedError { details: actions(), ..RenderedError::new(USAGE, complaint) }.hint(hint)
        }
        CliError::CannotAsk { hint, .. } => RenderedError::new(USAGE, complaint).hint(hint),
        CliError::NoPasswordFile => RenderedError::new(IO, complaint).hint("give the file's path, such as `./FILE`"),
        CliError::Declined | CliError::NoPassword | CliError::Data(_) => RenderedError::new(DATA, complaint),
        CliError::JobDeleted(_) => {
            RenderedError::new(DATA, complaint).hint("who deleted it: cxme-admin audit list --action 'jobs delete'")
        }
        CliError::BadList { hint, .. } => RenderedError::new(DATA, complaint).hint(hint),
        CliError::NotVerified => RenderedError::new(NOT_VERIFIED, complaint),
        CliError::BadFile { hint, .. } => RenderedError::new(DATA, complaint).hint(hint),
        CliError::Configuration(_) => RenderedError::new(CONFIGURATION, complaint),
        CliError::NoConfiguration { named_by, create, .. } => {
            let other =
                if named_by.starts_with('-') { "give another path".to_owned() } else { format!("correct {named_by}") };
            RenderedError::new(CONFIGURATION, complaint).hint(format!("create it: {create}; or {other}"))
        }
        CliError::OthersHome { options, .. } => RenderedError::new(CONFIGURATION, complaint)
            .hint(format!("set HOME to a directory of your own, or name the path: {options}")),
        CliError::NoHome { options, .. } => RenderedError::new(CONFIGURATION, complaint)
            .hint(format!("set HOME to an absolute path, or name the path: {options}")),
        CliError::NoStore { create, .. } => RenderedError::new(CONFIGURATION, complaint).hint(match create {
            Some(create) => format!("create it: {create}"),
            None => {
                "ask an administrator of this machine to run `cxme-admin init`: with sudo, only accounts that may run \
                     any command can use it"
                    .to_owned()
            }
        }),
        CliError::NotABackup(_) => RenderedError::new(CONFIGURATION, complaint)
            .hint("it was left as it is; give a file that `store backup` created"),
        CliError::NotDeleted { .. } => RenderedError::new(IO, complaint)
            .hint("the next run tries again; delete it yourself if the directory is full"),
        CliError::NewestBackup { details, code, before, .. } => {
            let told = RenderedError { details: details.clone(), ..RenderedError::new(*code, complaint) };
            told.hint(match before {
                Some(command) => format!(
                    "the newest backup was left as it is, and the store as well; to restore the one before it: {command}"
                ),
                None => "the newest backup was left as it is, and the store as well; there is no earlier one".to_owned(),
            })
        }
        CliError::CodeNotRevoked(_) => {
            RenderedError::new(DATA, complaint).hint("to revoke without the code: cxme-admin resets revoke USER")
        }
        CliError::OtherAccountsStore { way, .. } => RenderedError::new(CONFIGURATION, complaint)
            .hint(format!("to use it: {way}; to create a store of your own: cxme-admin init --store PATH")),
        CliError::AccountLookup { given, .. } => RenderedError::new(LATER, complaint).hint(format!(
            "try again when this knows the account: {}",
            crate::cli::as_typed(&["id".into(), given.into()])
        )),
        CliError::StoreOfAccount { way, .. } => {
            RenderedError::new(CONFIGURATION, complaint).hint(format!("run this as the account that owns it: {way}"))
        }
        CliError::KeyOfStore { .. } => RenderedError::new(CONFIGURATION, complaint)
            .hint("give the new store a directory or key of its own ([reset] key_file)"),
        CliError::LeftoverKey { key, store, reserved } => {
            let move_it = reserved.as_ref().map(|reserved| {
                let words = crate::cli::as_typed(&["mv".into(), key.into(), reserved.into()]);
                format!("; or, if no store uses the key any more, move it: {words}")
            });
            RenderedError::new(CONFIGURATION, complaint).hint(format!(
                "check the path of the store, {}; restore the store of this key: cxme-admin store restore FILE; or give \
                 the new store a key of its own: [reset] key_file{}",
                store.display(),
                move_it.unwrap_or_default()
            ))
        }
        CliError::Stopped { signal, hint, .. } => {
            RenderedError::new(u8::try_from(128 + signal).unwrap_or(BUG), complaint).hint(hint)
        }
        CliError::NoOutput(_) => {
            RenderedError::new(IO, complaint).hint("to run it without its output, redirect that: >/dev/null")
        }
        CliError::WouldBeLost(_) => {
            RenderedError::new(IO, complaint).hint("let standard output be a terminal, a file or a pipe")
        }
        CliError::NotShown { username, .. } => RenderedError::new(IO, complaint)
            .hint(format!("set another one: cxme-admin users set-password {username} --generate")),
        CliError::NotAStore { remedy, .. } => RenderedError::new(CONFIGURATION, complaint).hint(remedy),
        CliError::ReportedBefore { code } => RenderedError::new(*code, complaint),
        CliError::ChecksFailed { code, .. } => RenderedError::new(*code, complaint),
        CliError::Broken { code, hint, .. } => RenderedError::new(*code, complaint).hint(hint),
        CliError::NotSent { fault, hint, .. } => {
            let code = match fault {
                MailFailure::Later
                | MailFailure::InDoubt
                | MailFailure::RateUsedUp
                | MailFailure::TimeLimit
                | MailFailure::Stalled => LATER,
                MailFailure::Refused => RELAY,
                MailFailure::Configuration => CONFIGURATION,
                MailFailure::CalledOff => DATA,
                MailFailure::Bug => BUG,
                MailFailure::Some | MailFailure::SomeSoFar | MailFailure::Skipped | MailFailure::Paused => PARTLY,
            };
            RenderedError::new(code, complaint).hint(hint)
        }
    }
}
