//! `users delete`.

use crate::actions::Intent;
use crate::actions::users::delete;
use crate::cli::acting::ActingArgs;
use crate::cli::context::Context;
use crate::cli::data::Cell;
use crate::cli::plan;
use crate::cli::plan::Step;
use crate::cli::prompt;
use crate::domain::action::Action;
use crate::domain::user::User;
use crate::domain::user::UserReference;

/// Delete users
///
/// All of them or none. Asks before; the events about them stay.
#[derive(Debug, clap::Args)]
pub struct DeleteArgs {
    /// Usernames or email addresses, whole
    #[arg(value_name = "USER", required = true)]
    users: Vec<String>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    acting: ActingArgs,
}

/// Runs the command.
///
/// # Errors
/// When a user does not exist, or the operator may not.
pub fn run(context: &mut Context, args: &DeleteArgs) -> anyhow::Result<()> {
    let desk = context.desk(Action::UsersDelete)?;
    let references: Vec<UserReference> = args.users.iter().map(|name| UserReference::new(name)).collect();
    // What cannot be done is said before anybody is asked whether to do it.
    let found = delete::delete(&desk, &references, &Intent { dry_run: true, ..Intent::default() })?;
    if args.acting.dry_run {
        let steps: Vec<Step<'_>> = found.iter().map(step).collect();
        return plan::print(&mut context.output, desk.now(), &steps);
    }
    let names: Vec<String> = found.iter().map(|user| format!("{} ({})", user.username, user.email)).collect();
    prompt::confirm(context, args.yes, &format!("Delete {} for good?", names.join(", ")))?;
    delete::delete(&desk, &references, &args.acting.intent())?;
    for name in names {
        context.output.say(&format!("{name} is deleted."));
    }
    Ok(())
}

fn step(User { username, email, .. }: &User) -> Step<'_> {
    Step::new(Action::UsersDelete, format!("Would delete {username} ({email})."))
        .field("username", Cell::text(username.as_str()))
        .field("email", Cell::text(email.as_str()))
}
