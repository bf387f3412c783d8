//! What the operator reads of the command line's own complaints.

use super::BUG;
use super::CONFIGURATION;
use super::Complaint;
use super::DATA;
use super::IO;
use super::LATER;
use super::MailFault;
use super::NOT_VERIFIED;
use super::PARTLY;
use super::RELAY;
use super::Told;
use super::USAGE;
use super::actions;
use super::screenful;

/// A complaint in words, with its exit code and what to do.
pub(super) fn of_complaint(complaint: &Complaint) -> Told {
    match complaint {
        Complaint::Usage { hint, .. } => Told::new(USAGE, complaint).hint(hint.clone().unwrap_or_default()),
        Complaint::NoSuchAction { nearest, .. } => {
            let hint = nearest.map_or(String::new(), |nearest| format!("did you mean `{nearest}`?"));
            Told { details: actions(), ..Told::new(USAGE, complaint) }.hint(hint)
        }
        Complaint::CannotAsk { hint, .. } => Told::new(USAGE, complaint).hint(hint),
        Complaint::NoPasswordFile => Told::new(IO, complaint).hint("give the file's path, such as `./FILE`"),
        Complaint::Declined | Complaint::NoPassword | Complaint::Data(_) => Told::new(DATA, complaint),
        Complaint::NotVerified => Told::new(NOT_VERIFIED, complaint),
        Complaint::Configuration(_) => Told::new(CONFIGURATION, complaint),
        Complaint::Texts(problems) => {
            let details = if problems.len() > 1 { screenful(problems, ToString::to_string) } else { Vec::new() };
            Told { details, ..Told::new(CONFIGURATION, complaint) }
                .hint("docs/texts.md describes the files; to check them again: cxme-admin mail preview test")
        }
        Complaint::NoConfiguration { named_by, create, .. } => {
            let other =
                if named_by.starts_with('-') { "give another path".to_owned() } else { format!("correct {named_by}") };
            Told::new(CONFIGURATION, complaint).hint(format!("create it: {create}; or {other}"))
        }
        Complaint::OthersHome { options, .. } => Told::new(CONFIGURATION, complaint)
            .hint(format!("set HOME to a directory of your own, or name the path: {options}")),
        Complaint::NoHome { options, .. } => Told::new(CONFIGURATION, complaint)
            .hint(format!("set HOME to an absolute path, or name the path: {options}")),
        Complaint::NoStore { create, .. } => Told::new(CONFIGURATION, complaint).hint(match create {
            Some(create) => format!("create it: {create}"),
            None => {
                "ask an administrator of this machine to run `cxme-admin init`: with sudo, only accounts that may run \
                     any command can use it"
                    .to_owned()
            }
        }),
        Complaint::NotABackup(_) => {
            Told::new(CONFIGURATION, complaint).hint("it was left as it is; give a file that `store backup` created")
        }
        Complaint::CodeNotRevoked(_) => {
            Told::new(DATA, complaint).hint("to revoke without the code: cxme-admin resets revoke USER")
        }
        Complaint::OtherAccountsStore { way, .. } => Told::new(CONFIGURATION, complaint)
            .hint(format!("to use it: {way}; to create a store of your own: cxme-admin init --store PATH")),
        Complaint::AccountLookup { given, .. } => Told::new(LATER, complaint).hint(format!(
            "try again when this knows the account: {}",
            crate::cli::as_typed(&["id".into(), given.into()])
        )),
        Complaint::StoreOfAccount { way, .. } => {
            Told::new(CONFIGURATION, complaint).hint(format!("run this as the account that owns it: {way}"))
        }
        Complaint::KeyOfStore { .. } => Told::new(CONFIGURATION, complaint)
            .hint("give the new store a directory or key of its own ([reset] key_file)"),
        Complaint::LeftoverKey { key, store, aside } => {
            let move_it = aside.as_ref().map(|aside| {
                let words = crate::cli::as_typed(&["mv".into(), key.into(), aside.into()]);
                format!("; or, if no store uses the key any more, move it: {words}")
            });
            Told::new(CONFIGURATION, complaint).hint(format!(
                "check the path of the store, {}; restore the store of this key: cxme-admin store restore FILE; or give \
                 the new store a key of its own: [reset] key_file{}",
                store.display(),
                move_it.unwrap_or_default()
            ))
        }
        Complaint::Stopped { signal, hint, .. } => {
            Told::new(u8::try_from(128 + signal).unwrap_or(BUG), complaint).hint(hint)
        }
        Complaint::NoOutput(_) => {
            Told::new(IO, complaint).hint("to run it without its output, redirect that: >/dev/null")
        }
        Complaint::WouldBeLost(_) => {
            Told::new(IO, complaint).hint("let standard output be a terminal, a file or a pipe")
        }
        Complaint::NotShown { username, .. } => Told::new(IO, complaint)
            .hint(format!("set another one: cxme-admin users set-password {username} --generate")),
        Complaint::NotAStore { remedy, .. } => Told::new(CONFIGURATION, complaint).hint(remedy),
        Complaint::ReportedBefore { code } => Told::new(*code, complaint),
        Complaint::Broken { code, hint, .. } => Told::new(*code, complaint).hint(hint),
        Complaint::NotSent { fault, hint, .. } => {
            let code = match fault {
                MailFault::Later | MailFault::InDoubt | MailFault::RateUsedUp | MailFault::Stalled => LATER,
                MailFault::Refused => RELAY,
                MailFault::Configuration => CONFIGURATION,
                MailFault::CalledOff => DATA,
                MailFault::Bug => BUG,
                MailFault::Some | MailFault::SomeSoFar | MailFault::Skipped => PARTLY,
            };
            Told::new(code, complaint).hint(hint)
        }
    }
}
