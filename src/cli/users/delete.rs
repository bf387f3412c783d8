//! `users delete`.

use crate::actions::users::delete;
use crate::actions::users::targets::ResolvedTargets;
use crate::actions::users::targets::TargetList;
use crate::actions::users::targets::Targets;
use crate::app::App;
use crate::app::ChangeOptions;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::jobs::summary::counted;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::prompt;
use crate::cli::targets;
use crate::cli::targets::TargetArgs;
use crate::cli::value::Value;
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
    let app = context.app(Action::UsersDelete)?;
    match args.targets.targets(context, &app)? {
        Targets::One(user) => delete_one(context, &app, &user, args),
        Targets::Many(several) => delete_several(context, &app, *several, args),
    }
}

fn delete_one(context: &mut Context, app: &App, user: &UserReference, args: &DeleteArgs) -> anyhow::Result<()> {
    // What cannot be done is said before anybody is asked whether to do it.
    let found = delete::delete(app, user, &ChangeOptions { dry_run: true, ..ChangeOptions::default() })?;
    let name = format!("{} ({})", found.username, found.email);
    if args.acting.dry_run {
        let step = PlanStep::new(Action::UsersDelete, format!("Would delete {name}."))
            .field("username", Value::text(found.username.as_str()))
            .field("email", Value::text(found.email.as_str()));
        return plan::print(&mut context.output, app.now(), &[step]);
    }
    prompt::confirm(context, args.yes, &format!("Delete {name} permanently?"))?;
    delete::delete(app, user, &args.acting.change_options())?;
    context.output.say(&format!("Deleted {name}."));
    warn_of_log(context, app);
    Ok(())
}

fn delete_several(context: &mut Context, app: &App, several: TargetList, args: &DeleteArgs) -> anyhow::Result<()> {
    let users = targets::change_several(
        context,
        args.yes,
        &args.acting,
        several,
        |users: &ResolvedTargets| {
            (users.count > 0).then(|| format!("Delete {} permanently?", targets::counted_and_named(users)))
        },
        |several, change_options| delete::delete_several(app, several, change_options),
    )?;
    if args.acting.dry_run {
        let words = targets::would(users.count, &users, |who| format!("Would delete {who}."));
        let step = PlanStep::new(Action::UsersDelete, words)
            .if_changed(users.count > 0)
            .field("users", Value::count(users.count))
            .field("usernames", targets::usernames(&users));
        return plan::print(&mut context.output, app.now(), &[step]);
    }
    context.output.say(&match users.count {
        0 => targets::NOBODY.to_owned(),
        count => format!("Deleted {}.", counted(count, "user")),
    });
    warn_of_log(context, app);
    Ok(())
}

/// Says where the values of those who were deleted still are.
fn warn_of_log(context: &mut Context, app: &App) {
    if delete::keeps_values(app) {
        context.output.warn(
            "other programs are reading the store: until they have ended and another command has run, its `-wal` file keeps values of \
             deleted users",
        );
    }
}
