//! `resets revoke`.

use crate::actions::resets::revoke;
use crate::actions::resets::revoke::Revoked;
use crate::cli::acting::ActingArgs;
use crate::cli::context::Context;
use crate::cli::jobs::summary::counted;
use crate::cli::prompt;
use crate::domain::action::Action;
use crate::domain::role::Permission;
use crate::domain::user::UserReference;

/// End the open links of a user, or of all
///
/// Mails with a link that still wait are called off too. A link that was mailed does nothing any more.
#[derive(Debug, clap::Args)]
pub struct RevokeArgs {
    /// Username or email address, whole
    #[arg(value_name = "USER", required_unless_present = "all", conflicts_with = "all")]
    user: Option<String>,
    /// The links of all users; asks before
    #[arg(long)]
    all: bool,
    /// Do not ask
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
    let besides: &[Permission] = if args.all { &[Permission::RunBulkJobs] } else { &[] };
    let desk = context.desk_with(Action::ResetsRevoke, besides)?;
    let user = args.user.as_deref().map(UserReference::new);
    let mut intent = args.acting.intent();
    if user.is_none() && !intent.dry_run {
        // What would be revoked is counted before anybody is asked.
        let trial = crate::actions::Intent { dry_run: true, ..intent.clone() };
        let revoked = revoke::revoke(&desk, None, &trial)?;
        prompt::confirm(context, args.yes, &format!("Revoke {}?", words(revoked)))?;
        intent.dry_run = false;
    }
    let revoked = revoke::revoke(&desk, user.as_ref(), &intent)?;
    let verb = if intent.dry_run { "would be revoked" } else { "revoked" };
    context.output.say(&format!("{verb}: {}.", words(revoked)));
    Ok(())
}

fn words(revoked: Revoked) -> String {
    format!("{} and {}", counted(revoked.links, "open link"), counted(revoked.waiting, "waiting mail"))
}
