//! `users unlock`.

use crate::actions::users::lock;
use crate::cli::acting::ActingArgs;
use crate::cli::context::Context;
use crate::cli::jobs::summary::counted;
use crate::domain::action::Action;
use crate::domain::user::UserReference;

/// Unlock a user
///
/// Forgets the wrong passwords since the last right one too, so that the next ones are answered at once.
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
    let forgotten = counted(outcome.failures, "failed login");
    match (outcome.was_locked, outcome.failures) {
        (true, 0) => context.output.say(&format!("{name} {}.", args.acting.verb("unlocked"))),
        (true, _) => {
            context.output.say(&format!("{name} {}, {forgotten} forgotten.", args.acting.verb("unlocked")));
        }
        (false, 0) => context.output.say(&format!("{name} is not locked: nothing was changed.")),
        (false, _) => {
            let verb = if args.acting.dry_run { "would be forgotten" } else { "forgotten" };
            context.output.say(&format!("{name} is not locked; {forgotten} {verb}."));
        }
    }
    Ok(())
}
