//! `users show`.

use crate::actions::users::show;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::data::Cell;
use crate::cli::data::Head;
use crate::domain::action::Action;
use crate::domain::user::SignIn;
use crate::domain::user::Status;
use crate::domain::user::UserReference;

/// Show what is known of a user
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// Username or email address, whole
    #[arg(value_name = "USER")]
    user: String,
}

/// Runs the command.
///
/// # Errors
/// When there is no such user, or the operator may not see users.
pub fn run(context: &mut Context, args: &ShowArgs) -> anyhow::Result<()> {
    let desk = context.desk(Action::UsersShow)?;
    let shown = show::show(&desk, &UserReference::new(&args.user))?;
    let (user, now) = (&shown.user, desk.now());
    let is_locked = user.status(now) == Status::Locked;
    let lock = user.lock.as_ref().filter(|_| is_locked);
    let password = user.password.as_ref();
    let no_password = if user.sign_in == SignIn::Saml { "none: the user signs in with SAML" } else { "none" };
    let failures = &shown.failures;
    let is_table = context.output.format == crate::cli::output::Format::Table;
    // In a table none needs no line; in data it is a number.
    let failed = match i64::try_from(failures.count) {
        Ok(0) if is_table => Cell::Nothing(""),
        count => Cell::Number(count.unwrap_or(i64::MAX)),
    };
    let head = |name, title| Head { name, title };
    let rows = [
        (head("username", "Username"), Cell::text(user.username.as_str())),
        (head("email", "Email"), Cell::text(user.email.as_str())),
        (head("name", "Name"), Cell::text(&user.name)),
        (head("role", "Role"), Cell::text(&shown.role)),
        (head("status", "Status"), Cell::text(user.status(now).word())),
        (
            head("locked_until", "Locked until"),
            Cell::time_or(lock.and_then(|lock| lock.until), if is_locked { "unlocked by an operator" } else { "" }),
        ),
        (head("lock_reason", "Lock reason"), Cell::text_or(lock.and_then(|lock| lock.reason.as_deref()), "")),
        (head("sign_in", "Sign-in"), Cell::text(user.sign_in.word())),
        (head("locale", "Locale"), Cell::text_or(user.locale.as_deref(), "")),
        (head("password_set_at", "Password set"), Cell::time_or(password.map(|facts| facts.set_at), no_password)),
        (head("must_change_password", "Must change it"), Cell::Flag(password.is_some_and(|facts| facts.must_change))),
        (head("meets_policy", "Set under this policy"), shown.meets_policy.map_or(Cell::Nothing(""), Cell::Flag)),
        (head("session_epoch", "Session epoch"), Cell::Number(user.session_epoch)),
        (head("last_login_at", "Last login noted"), Cell::time_or(user.last_login_at, "never")),
        (head("failed_logins", "Failed logins"), failed),
        (head("last_failed_login_at", "Last failed login"), Cell::time_or(failures.last_at, "")),
        (head("last_failed_login_from", "Last failed login from"), Cell::text_or(failures.client.as_deref(), "")),
        (head("created_at", "Added"), Cell::Time(user.created_at)),
        (head("updated_at", "Changed"), Cell::Time(user.updated_at)),
    ];
    // A table leaves out what does not apply; data always has every key.
    let keep = |cell: &Cell<'_>| !is_table || *cell != Cell::Nothing("");
    let (heads, cells): (Vec<Head>, Vec<Cell<'_>>) = rows.into_iter().filter(|(_, cell)| keep(cell)).unzip();
    Ok(data::record(&mut context.output, &heads, &cells, now)?)
}
