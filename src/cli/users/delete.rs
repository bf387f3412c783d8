//! `users delete`.

use crate::actions::Desk;
use crate::actions::Intent;
use crate::actions::users::delete;
use crate::actions::users::targets::Resolved;
use crate::actions::users::targets::Several;
use crate::actions::users::targets::Targets;
use crate::cli::acting::ActingArgs;
use crate::cli::context::Context;
use crate::cli::data::Cell;
use crate::cli::jobs::summary::counted;
use crate::cli::plan;
use crate::cli::plan::Step;
use crate::cli::prompt;
use crate::cli::targets;
use crate::cli::targets::TargetArgs;
use crate::domain::action::Action;
use crate::domain::user::UserReference;

/// Delete users
///
/// Asks for confirmation. Of several users, named or selected, all are deleted or none. Events about them stay in the
/// audit log.
#[derive(Debug, clap::Args)]
pub struct DeleteArgs {
    /// Skip confirmation
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    acting: ActingArgs,
    #[command(flatten)]
    targets: TargetArgs,
}

/// Runs the command.
///
/// # Errors
/// When a user does not exist, or the operator may not.
pub fn run(context: &mut Context, args: &DeleteArgs) -> anyhow::Result<()> {
    args.targets.check()?;
    let desk = context.desk(Action::UsersDelete)?;
    match args.targets.targets(context, &desk)? {
        Targets::One(user) => delete_one(context, &desk, &user, args),
        Targets::Many(several) => delete_several(context, &desk, *several, args),
    }
}

fn delete_one(context: &mut Context, desk: &Desk, user: &UserReference, args: &DeleteArgs) -> anyhow::Result<()> {
    // What cannot be done is said before anybody is asked whether to do it.
    let found = delete::delete(desk, user, &Intent { dry_run: true, ..Intent::default() })?;
    let name = format!("{} ({})", found.username, found.email);
    if args.acting.dry_run {
        let step = Step::new(Action::UsersDelete, format!("Would delete {name}."))
            .field("username", Cell::text(found.username.as_str()))
            .field("email", Cell::text(found.email.as_str()));
        return plan::print(&mut context.output, desk.now(), &[step]);
    }
    prompt::confirm(context, args.yes, &format!("Delete {name} permanently?"))?;
    delete::delete(desk, user, &args.acting.intent())?;
    context.output.say(&format!("{name} is deleted."));
    Ok(())
}

fn delete_several(context: &mut Context, desk: &Desk, several: Several, args: &DeleteArgs) -> anyhow::Result<()> {
    let users = targets::change_several(
        context,
        args.yes,
        &args.acting,
        several,
        |users: &Resolved| {
            (users.count > 0).then(|| format!("Delete {} permanently?", targets::counted_and_named(users)))
        },
        |several, intent| delete::delete_several(desk, several, intent),
    )?;
    if args.acting.dry_run {
        let words = targets::would(users.count, &users, |who| format!("Would delete {who}."));
        let step = Step::new(Action::UsersDelete, words)
            .if_changed(users.count > 0)
            .field("users", Cell::count(users.count))
            .field("usernames", targets::usernames(&users));
        return plan::print(&mut context.output, desk.now(), &[step]);
    }
    context.output.say(&match users.count {
        0 => targets::NOBODY.to_owned(),
        count => format!("Deleted {}.", counted(count, "user")),
    });
    Ok(())
}
