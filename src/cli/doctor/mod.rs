//! `doctor`.

mod checks;
mod report;
mod timer;

use std::time::Duration;

use crate::actions::doctor::finding::CheckLine;
use crate::actions::doctor::finding::CheckResult;
use crate::actions::doctor::finding::FaultClass;
use crate::actions::doctor::finding::Finding;
use crate::actions::doctor::side_by_side;
use crate::actions::doctor::store::finding_of;
use crate::app::ActionError;
use crate::app::App;
use crate::app::ChangeOptions;
use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::cli::store::check;
use crate::config::Config;
use crate::domain::action::Action;
use crate::domain::email_address::EmailAddress;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::refusal::Refusal;
use crate::store::StoreError;
use crate::store::damaged;
use crate::store::open::ExpectedVersion;

use checks::StoreAccess;

/// Check the whole installation, and name what is wrong
///
/// One line for each check: ok, warning or failed, and the next step; docs/doctor.md describes each. The checks are the
/// configuration, the store and its audit log, the reset key, the disk, the cost of a hash, the lists of passwords, the
/// texts of mails, the link, the relay up to its answer to the sender, the timer, mail and jobs that wait, operators
/// without an account, and users who are not as the configuration says. They run side by side and end within 15
/// seconds; one that gets no answer names the host.
///
/// Nothing is changed, and no mail is sent unless `--send-to` names an address. The exit code is that of the first
/// failed check, and 0 with warnings alone.
#[derive(Debug, clap::Args)]
pub struct DoctorArgs {
    /// Treat warnings as failures
    #[arg(long)]
    strict: bool,
    /// A hash that `audit head` printed earlier, which must be in the audit log
    #[arg(long, value_name = "HASH")]
    head: Option<String>,
    /// Also send a test mail to this address
    #[arg(long, value_name = "ADDRESS")]
    send_to: Option<String>,
    /// Reason, recorded in the audit log with the test mail
    #[arg(long, value_name = "TEXT", requires = "send_to")]
    reason: Option<String>,
}

/// How long all checks may take together.
const WHOLE: Duration = Duration::from_secs(15);

/// Runs the command.
///
/// # Errors
/// When the operator may not manage the store; with the exit code of the first failure, after the lines.
pub fn run(context: &mut Context, args: &DoctorArgs) -> anyhow::Result<()> {
    let config = match context.config() {
        Ok(config) => config,
        // A restricted operator sees no word of it.
        Err(error) if context.is_restricted() => return Err(error),
        Err(error) => {
            let rest = Finding::not_checked("see: configuration");
            let lines = [("configuration", report::failed(&error)), ("everything else", report::row(Ok(rest)))];
            return report::print(context, lines.into_iter().collect(), args.strict);
        }
    };
    let opened = open(context)?;
    // After the permission: an operator who may not do this is not told either what is wrong with the arguments.
    let head = args.head.as_deref().map(parse_head).transpose()?;
    let send_to: Option<EmailAddress> = match &args.send_to {
        Some(given) => Some(given.parse().map_err(|fault| ActionError::Refused(Refusal::Email(fault)))?),
        None => None,
    };
    let mut rows = vec![
        ("configuration", report::row(configuration(context))),
        (
            "store",
            match &opened {
                Ok(_) => report::row(store(context, &config)),
                Err(error) => report::failed(error),
            },
        ),
    ];
    let access = StoreAccess::new(context.setup()?, opened.ok().map(|app| app.account().clone()));
    if access.is_usable() {
        let group = check::reader_group(context)?;
        rows.extend(group.map(|part| (part.what, report::row(Ok(finding_of(&part))))));
    }
    let change_options = ChangeOptions { reason: args.reason.clone(), ..ChangeOptions::default() };
    let checks = checks::all(context, &access, head, send_to.map(|address| (address, change_options)))?;
    let lines = side_by_side::run(checks, WHOLE).into_iter();
    rows.extend(lines.map(|CheckLine { name, result }| (name, report::row(result))));
    report::print(context, rows, args.strict)
}

/// Asks whether the operator may do this, at a store that can be used. The inner error says why it cannot; a restricted operator gets
/// no more than that.
fn open(context: &mut Context) -> anyhow::Result<anyhow::Result<App>> {
    let path = context.place_of_store()?;
    // Before SQLite opens the store, which may remove a log that it does not believe.
    let log_fault = damaged::log_faults(&path).ok().and_then(|faults| faults.into_iter().next());
    if let Some(fault) = log_fault {
        let error = StoreError::Corrupt(fault).into();
        return if context.is_restricted() { Err(error) } else { Ok(Err(error)) };
    }
    let opened = context.app_if_usable(Action::Doctor)?;
    // One of an older version was asked for the operator, and has nothing else to say.
    Ok(opened.and_then(|_| context.app_for(ExpectedVersion::Current)))
}

fn parse_head(given: &str) -> Result<Vec<u8>, CliError> {
    let parsed = given.parse::<Fingerprint>().map(|hash| hash.0.to_vec());
    parsed.map_err(|_| CliError::Usage {
        words: "--head: a hash is 64 hexadecimal digits".to_owned(),
        hint: Some("cxme-admin audit head".to_owned()),
    })
}

/// Which configuration is in force, and what says so.
fn configuration(context: &Context) -> CheckResult {
    if let Some(ignored) = context.ignored_directories().into_iter().next() {
        return Ok(Finding::warning(FaultClass::Configuration, ignored, "set it to a directory of this account"));
    }
    let source = context.config_source().word();
    let path = context.config_path().map_or_else(|| "none".to_owned(), |path| path.display().to_string());
    Ok(Finding::ok(format!("{path} ({source})")))
}

/// Where the store is, and what says so.
fn store(context: &Context, config: &Config) -> CheckResult {
    let source = context.store_source(config).word();
    let path = context.store_path(config).map_or_else(|_| String::new(), |path| path.display().to_string());
    Ok(Finding::ok(format!("{path} ({source}); modes and owners are right")))
}
