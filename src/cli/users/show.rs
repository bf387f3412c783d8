//! `users show`.

use jiff::Timestamp;

use crate::actions::users::show;
use crate::actions::users::show::UserDetails;
use crate::actions::users::targets::Targets;
use crate::app::ActionError;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::output::Format;
use crate::cli::targets::TargetArgs;
use crate::cli::value::Heading;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::user::SignIn;
use crate::domain::user::Status;

/// Show users
///
/// Several users, or a selection, are sorted by email address; `-o json` then prints an array.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    #[command(flatten)]
    targets: TargetArgs,
}

/// Runs the command.
///
/// # Errors
/// When there is no such user, or the operator may not see users.
pub fn run(context: &mut Context, args: &ShowArgs) -> anyhow::Result<()> {
    args.targets.check()?;
    let app = context.app(Action::UsersShow)?;
    let now = app.now();
    let several = match args.targets.targets(context, &app)? {
        Targets::One(reference) => {
            let shown = show::show(&app, &reference)?;
            return Ok(write_one(context, &shown, now)?);
        }
        Targets::Many(several) => several,
    };
    let mut count = 0_u64;
    if context.output.format == Format::Table {
        context.output.hold();
        let read = show::show_several(&app, &several, &mut |shown| {
            if count > 0 {
                context.output.line("")?;
            }
            count += 1;
            Ok(write_one(context, shown, now)?)
        });
        context.output.release(read)?;
    } else {
        let heads = HEADS.map(|(name, title)| Heading { name, title });
        data::records::<ActionError>(&mut context.output, &heads, now, |sink| {
            show::show_several(&app, &several, &mut |shown| {
                count += 1;
                Ok(sink(&cells(shown, now))?)
            })
        })?;
    }
    if count == 0 {
        context.output.say("No users match.");
    }
    Ok(())
}

fn write_one(context: &mut Context, shown: &UserDetails, now: Timestamp) -> std::io::Result<()> {
    let is_table = context.output.format == Format::Table;
    // A table leaves out what does not apply; data always has every key.
    let applies = |cell: &Value<'_>| !is_table || *cell != Value::Nothing("");
    let rows = HEADS.into_iter().zip(cells(shown, now)).map(|((name, title), cell)| match cell {
        // In data it is a number.
        Value::Number(0) if is_table && name == "failed_logins" => (Heading { name, title }, Value::Nothing("")),
        cell => (Heading { name, title }, cell),
    });
    let (heads, cells): (Vec<Heading>, Vec<Value<'_>>) = rows.filter(|(_, cell)| applies(cell)).unzip();
    data::record(&mut context.output, &heads, &cells, now)
}

/// The names in data and the titles in a table, in the order of [`cells`].
const HEADS: [(&str, &str); 19] = [
    ("username", "Username"),
    ("email", "Email"),
    ("name", "Name"),
    ("role", "Role"),
    ("status", "Status"),
    ("locked_until", "Locked until"),
    ("lock_reason", "Lock reason"),
    ("sign_in", "Sign-in"),
    ("locale", "Locale"),
    ("password_set_at", "Password set"),
    ("must_change_password", "Must change password"),
    ("meets_policy", "Set under this policy"),
    ("session_epoch", "Session epoch"),
    ("last_login_at", "Last recorded login"),
    ("failed_logins", "Failed logins"),
    ("last_failed_login_at", "Last failed login"),
    ("last_failed_login_from", "Last failed login from"),
    ("created_at", "Added"),
    ("updated_at", "Changed"),
];

fn cells(shown: &UserDetails, now: Timestamp) -> [Value<'_>; 19] {
    let (user, failures) = (&shown.user, &shown.failures);
    let is_locked = user.status(now) == Status::Locked;
    let lock = user.lock.as_ref().filter(|_| is_locked);
    let password = user.password.as_ref();
    let no_password = if user.sign_in == SignIn::Saml { "none: the user signs in with SAML" } else { "none" };
    [
        Value::text(user.username.as_str()),
        Value::text(user.email.as_str()),
        Value::text(&user.name),
        Value::text(&shown.role),
        Value::text(user.status(now).word()),
        Value::time_or(lock.and_then(|lock| lock.until), if is_locked { "unlocked by an operator" } else { "" }),
        Value::text_or(lock.and_then(|lock| lock.reason.as_deref()), ""),
        Value::text(user.sign_in.word()),
        Value::text_or(user.locale.as_deref(), ""),
        Value::time_or(password.map(|facts| facts.set_at), no_password),
        Value::Flag(user.must_change_password),
        shown.meets_policy.map_or(Value::Nothing(""), Value::Flag),
        Value::Number(user.session_epoch),
        Value::time_or(user.last_login_at, "never"),
        Value::Number(i64::try_from(failures.count).unwrap_or(i64::MAX)),
        Value::time_or(failures.last_at, ""),
        Value::text_or(failures.client.as_deref(), ""),
        Value::Time(user.created_at),
        Value::Time(user.updated_at),
    ]
}
