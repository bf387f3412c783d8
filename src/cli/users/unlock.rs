//! `users unlock`.

use crate::actions::users::targets::TargetList;
use crate::actions::users::targets::Targets;
use crate::actions::users::unlock;
use crate::actions::users::unlock::UnlockManyOutcome;
use crate::app::App;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::jobs::summary::counted;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::targets;
use crate::cli::targets::TargetArgs;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::user::UserReference;

/// Unlock users
///
/// Also resets the count of failed logins, which ends the delay after wrong passwords. Of several users, named or
/// selected, all are unlocked or none, after confirmation.
#[derive(Debug, clap::Args)]
pub struct UnlockArgs {
    /// Skip confirmation before several users are unlocked
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
/// When there is no such user, or the operator may not.
pub fn run(context: &mut Context, args: &UnlockArgs) -> anyhow::Result<()> {
    args.targets.check()?;
    let app = context.app(Action::UsersUnlock)?;
    match args.targets.targets(context, &app)? {
        Targets::One(user) => unlock_one(context, &app, &user, args),
        Targets::Many(several) => unlock_several(context, &app, *several, args),
    }
}

fn unlock_one(context: &mut Context, app: &App, user: &UserReference, args: &UnlockArgs) -> anyhow::Result<()> {
    let outcome = unlock::unlock(app, user, &args.acting.change_options())?;
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
        let step = PlanStep::new(Action::UsersUnlock, words)
            .if_changed(outcome.was_locked || outcome.failures > 0)
            .field("username", Value::text(name))
            .field("failed_logins", Value::count(outcome.failures));
        return plan::print(&mut context.output, app.now(), &[step]);
    }
    context.output.say(&words);
    Ok(())
}

fn unlock_several(context: &mut Context, app: &App, several: TargetList, args: &UnlockArgs) -> anyhow::Result<()> {
    let unlocked = targets::change_several(
        context,
        args.yes,
        &args.acting,
        several,
        |UnlockManyOutcome { users, done }| {
            (done.changed > 0).then(|| format!("Unlock {}?", targets::changed_of(done.changed, users)))
        },
        |several, change_options| unlock::unlock_several(app, several, change_options),
    )?;
    let UnlockManyOutcome { users, done } = &unlocked;
    if args.acting.dry_run {
        let words = targets::would(done.changed, users, |who| format!("Would unlock {who}."));
        let step = PlanStep::new(Action::UsersUnlock, words)
            .if_changed(done.changed > 0)
            .field("users", Value::count(users.count))
            .field("users_changed", Value::count(done.changed))
            .field("usernames", targets::usernames(users))
            .field("failed_logins", Value::count(done.failures));
        return plan::print(&mut context.output, app.now(), &[step]);
    }
    let failures = counted(done.failures, "failed login");
    let of_users = counted(done.cleared, "user");
    context.output.say(&match (users.count, done.unlocked, done.cleared) {
        (0, ..) => targets::NOBODY.to_owned(),
        (_, 0, 0) => "None of these users is locked; nothing was changed.".to_owned(),
        (_, _, 0) => format!("Unlocked {}.", targets::count_of(done.unlocked, users)),
        (_, 0, _) => format!("None of these users was locked. Cleared {failures} of {of_users}."),
        _ => format!("Unlocked {}. Cleared {failures} of {of_users}.", targets::count_of(done.unlocked, users)),
    });
    Ok(())
}
