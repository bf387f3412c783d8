//! `resets revoke`.

use crate::actions::resets::revoke;
use crate::actions::resets::revoke::RevokedLinks;
use crate::app::ActionError;
use crate::app::ChangeOptions;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::context::PasswordSource;
use crate::cli::failure::CliError;
use crate::cli::jobs::summary;
use crate::cli::jobs::summary::counted;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::prompt;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::refusal::Refusal;
use crate::domain::role::Permission;
use crate::domain::user::UserReference;
use crate::secrets::reset_code::ResetCode;

/// Revoke the open links of a user, or of all users
///
/// Also cancels unsent mails with a link. Links that were already mailed stop working. `--stdin` revokes one link by
/// its code, for the page behind the `#!` link, where users cancel a link that they did not request.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("links").required(true).args(["user", "all", "stdin"]))]
pub struct RevokeArgs {
    /// Exact username or email address
    #[arg(value_name = "USER")]
    user: Option<String>,
    /// The links of all users; asks for confirmation
    #[arg(long)]
    all: bool,
    /// Read the code from the first line of standard input: by itself, prefixed with `!` or `#!`, or as the whole link
    #[arg(long)]
    stdin: bool,
    /// Skip confirmation
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    acting: ActingArgs,
}

/// Runs the command.
///
/// # Errors
/// When there is no such user, or the operator may not.
pub fn run(context: &mut Context, args: &RevokeArgs) -> anyhow::Result<()> {
    if args.stdin {
        return by_code(context, &args.acting.change_options());
    }
    let besides: &[Permission] = if args.all { &[Permission::RunBulkJobs] } else { &[] };
    let app = context.app_with(Action::ResetsRevoke, besides)?;
    let user = args.user.as_deref().map(UserReference::new);
    let mut change_options = args.acting.change_options();
    if user.is_none() && !change_options.dry_run {
        // What would be revoked is counted before anybody is asked.
        let trial = ChangeOptions { dry_run: true, ..change_options.clone() };
        let revoked = revoke::revoke(&app, None, &trial)?;
        let before = [without_password(revoked), skipped(revoked)].into_iter().flatten();
        let before: String = before.map(|words| format!("{words} ")).collect();
        prompt::confirm(context, args.yes, &format!("{}Revoke {}?", before, words(revoked)))?;
        change_options.dry_run = false;
    }
    let revoked = revoke::revoke(&app, user.as_ref(), &change_options).map_err(|error| without_code(error, args))?;
    if change_options.dry_run {
        let would = [Some(format!("Would revoke {}.", words(revoked))), without_password(revoked), skipped(revoked)];
        let would = would.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let step = PlanStep::new(Action::ResetsRevoke, would)
            .if_changed(revoked.links + revoked.waiting > 0)
            .field("user", Value::text_or(args.user.as_deref(), ""))
            .field("links", Value::count(revoked.links))
            .field("waiting", Value::count(revoked.waiting))
            .field("without_password", Value::count(revoked.without_password))
            .field("skipped_links", Value::count(revoked.skipped_links))
            .field("skipped_waiting", Value::count(revoked.skipped_waiting));
        return plan::print(&mut context.output, app.now(), &[step]);
    }
    context.output.say(&format!("Revoked {}.", words(revoked)));
    if let Some(words) = summary::are_without_password(revoked.without_password) {
        context.output.warn(&words);
    }
    if let Some(words) = skipped(revoked) {
        context.output.warn(&words);
    }
    Ok(())
}

fn by_code(context: &mut Context, change_options: &ChangeOptions) -> anyhow::Result<()> {
    let app = context.app(Action::ResetsRevokeByCode)?;
    let line = context.secret_line(&PasswordSource::Stdin)?;
    let code = std::str::from_utf8(&line).ok().and_then(|given| ResetCode::parse_cancelling(given).ok());
    revoke::revoke_by_code(&app, code.as_ref(), change_options).map_err(not_revoked)?;
    // As little as redeeming says to those who have only the code.
    if change_options.dry_run {
        let step = PlanStep::new(Action::ResetsRevokeByCode, "Would revoke the link.");
        return plan::print(&mut context.output, app.now(), &[step]);
    }
    context.output.say("Revoked the link.");
    Ok(())
}

/// A code that is not accepted needs no new link here.
fn not_revoked(error: ActionError) -> anyhow::Error {
    match error {
        ActionError::Refused(refusal @ Refusal::CodeNotAccepted { .. }) => {
            CliError::CodeNotRevoked(refusal.to_string()).into()
        }
        error => error.into(),
    }
}

/// Where no user has the name, it may be a code: that is not repeated.
fn without_code(error: ActionError, args: &RevokeArgs) -> anyhow::Error {
    let is_code = args.user.as_deref().is_some_and(|given| ResetCode::parse_cancelling(given).is_ok());
    match error {
        ActionError::Refused(Refusal::NoSuchUser { .. }) if is_code => CliError::Usage {
            words: "no such user; it looks like a code, and codes are not accepted as arguments".to_owned(),
            hint: Some("every account on this machine can read arguments; pass the code with `--stdin`".to_owned()),
        }
        .into(),
        error => error.into(),
    }
}

fn without_password(revoked: RevokedLinks) -> Option<String> {
    summary::would_be_without_password(revoked.without_password)
}

/// What stays although all were meant. It is always said: after an incident nobody may believe that every link is dead.
fn skipped(revoked: RevokedLinks) -> Option<String> {
    let (links, waiting) = (revoked.skipped_links, revoked.skipped_waiting);
    (links + waiting > 0).then(|| format!("Skipped {} of users you may not act on.", counts(links, waiting)))
}

fn words(revoked: RevokedLinks) -> String {
    counts(revoked.links, revoked.waiting)
}

fn counts(links: u64, waiting: u64) -> String {
    format!("{} and {}", counted(links, "open link"), counted(waiting, "waiting mail"))
}
