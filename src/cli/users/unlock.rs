//! `users unlock`.

use crate::actions::users::lock;
use crate::cli::acting::ActingArgs;
use crate::cli::context::Context;
use crate::domain::action::Action;
use crate::domain::user::UserReference;

/// Unlock a user
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
    match outcome.changed {
        true => context.output.say(&format!("{name} {}.", args.acting.verb("unlocked"))),
        false => context.output.say(&format!("{name} is not locked: nothing was changed.")),
    }
    Ok(())
}
