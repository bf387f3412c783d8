//! `users unlock`.

use crate::actions::users::lock;
use crate::cli::acting::ActingArgs;
use crate::cli::context::Context;
use crate::cli::data::Cell;
use crate::cli::jobs::summary::counted;
use crate::cli::plan;
use crate::cli::plan::Step;
use crate::domain::action::Action;
use crate::domain::user::UserReference;

/// Unlock a user
///
/// Also resets the count of failed logins, which ends the delay after wrong passwords.
#[derive(Debug, clap::Args)]
pub struct UnlockArgs {
    /// Username or email address, whole
    #[arg(value_name = "USER")]
    user: String,
    #[command(flatten)]
    acting: ActingArgs,
}

/// Runs the command.
///
/// # Errors
/// When there is no such user, or the operator may not.
pub fn run(context: &mut Context, args: &UnlockArgs) -> anyhow::Result<()> {
    let desk = context.desk(Action::UsersUnlock)?;
    let outcome = lock::unlock(&desk, &UserReference::new(&args.user), &args.acting.intent())?;
    let name = &outcome.username;
    let (unlocked, cleared) =
        if args.acting.dry_run { ("Would unlock", "Would clear") } else { ("Unlocked", "Cleared") };
    let failures = counted(outcome.failures, "failed login");
    let words = match (outcome.was_locked, outcome.failures) {
        (true, 0) => format!("{unlocked} {name}."),
        (true, _) => format!("{unlocked} {name}. {cleared} {failures}."),
        (false, 0) => format!("{name} is not locked; nothing was changed."),
        (false, _) => format!("{name} was not locked. {cleared} {failures}."),
    };
    if args.acting.dry_run {
        let step = Step::new(Action::UsersUnlock, words)
            .if_changed(outcome.was_locked || outcome.failures > 0)
            .field("username", Cell::text(name))
            .field("failed_logins", Cell::count(outcome.failures));
        return plan::print(&mut context.output, desk.now(), &[step]);
    }
    context.output.say(&words);
    Ok(())
}
