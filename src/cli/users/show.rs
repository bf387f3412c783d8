//! `users show`.

use jiff::Timestamp;

use crate::actions::users::show;
use crate::actions::users::show::UserDetails;
use crate::actions::users::targets::Targets;
use crate::app::ActionError;
use crate::cli::column;
use crate::cli::column::Column;
use crate::cli::context::Context;
use crate::cli::output::Format;
use crate::cli::targets::TargetArgs;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::user::Lock;
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

/// A user, as a record shows them.
struct UserRecord {
    details: UserDetails,
    now: Timestamp,
    is_table: bool,
}

impl UserRecord {
    fn is_locked(&self) -> bool {
        self.details.user.status(self.now) == Status::Locked
    }

    /// The lock that is in force.
    fn lock(&self) -> Option<&Lock> {
        self.details.user.lock.as_ref().filter(|_| self.is_locked())
    }

    fn password_set_at(&self) -> Value<'static> {
        let user = &self.details.user;
        let none = if user.sign_in == SignIn::Saml { "none: the user signs in with SAML" } else { "none" };
        Value::time_or(user.password.as_ref().map(|metadata| metadata.set_at), none)
    }

    fn password_expires_at(&self) -> Value<'static> {
        Value::time_or(self.details.user.password.as_ref().and_then(|password| password.expires_at), "")
    }

    fn locked_until(&self) -> Value<'static> {
        let for_ever = if self.is_locked() { "unlocked by an operator" } else { "" };
        Value::time_or(self.lock().and_then(|lock| lock.until), for_ever)
    }

    /// In data a number, whatever it is; a table leaves out that there are none.
    fn failed_logins(&self) -> Value<'static> {
        match self.details.failures.count {
            0 if self.is_table => Value::Nothing(""),
            count => Value::count(count),
        }
    }
}

type UserField = Column<UserRecord>;

const FIELDS: [UserField; 22] = [
    UserField { name: "username", title: "Username", cell: |row| Value::text(row.details.user.username.as_str()) },
    UserField { name: "email", title: "Email", cell: |row| Value::text(row.details.user.email.as_str()) },
    UserField { name: "name", title: "Name", cell: |row| Value::text(&row.details.user.name) },
    UserField { name: "role", title: "Role", cell: |row| Value::text(&row.details.role) },
    UserField { name: "status", title: "Status", cell: |row| Value::text(row.details.user.status(row.now).word()) },
    UserField { name: "locked_until", title: "Locked until", cell: UserRecord::locked_until },
    UserField {
        name: "lock_reason",
        title: "Lock reason",
        cell: |row| Value::text_or(row.lock().and_then(|lock| lock.reason.as_deref()), ""),
    },
    UserField { name: "sign_in", title: "Sign-in", cell: |row| Value::text(row.details.user.sign_in.word()) },
    UserField { name: "locale", title: "Locale", cell: |row| Value::text_or(row.details.user.locale.as_deref(), "") },
    UserField { name: "password_set_at", title: "Password set", cell: UserRecord::password_set_at },
    UserField {
        name: "must_change_password",
        title: "Must change password",
        cell: |row| Value::Flag(row.details.must_change),
    },
    UserField { name: "password_expires_at", title: "Temporary password ends", cell: UserRecord::password_expires_at },
    UserField {
        name: "meets_policy",
        title: "Set under this policy",
        cell: |row| row.details.meets_policy.map_or(Value::Nothing(""), Value::Flag),
    },
    UserField {
        name: "session_epoch",
        title: "Session epoch",
        cell: |row| Value::Number(row.details.user.session_epoch),
    },
    UserField {
        name: "last_login_at",
        title: "Last recorded login",
        cell: |row| Value::time_or(row.details.user.last_login_at, "never"),
    },
    UserField { name: "failed_logins", title: "Failed logins", cell: UserRecord::failed_logins },
    UserField {
        name: "last_failed_login_at",
        title: "Last failed login",
        cell: |row| Value::time_or(row.details.failures.last_at, ""),
    },
    UserField {
        name: "last_failed_login_from",
        title: "Last failed login from",
        cell: |row| Value::text_or(row.details.failures.client.as_deref(), ""),
    },
    UserField {
        name: "bounced_at",
        title: "Address bounced",
        cell: |row| Value::time_or(row.details.user.bounce.as_ref().map(|bounce| bounce.at), ""),
    },
    UserField {
        name: "bounce_reply",
        title: "Remote server said",
        cell: |row| Value::text_or(row.details.user.bounce.as_ref().map(|bounce| bounce.reply.as_str()), ""),
    },
    UserField { name: "created_at", title: "Added", cell: |row| Value::Time(row.details.user.created_at) },
    UserField { name: "updated_at", title: "Changed", cell: |row| Value::Time(row.details.user.updated_at) },
];

/// Runs the command.
///
/// # Errors
/// When there is no such user, or the operator may not see users.
pub fn run(context: &mut Context, args: &ShowArgs) -> anyhow::Result<()> {
    args.targets.check()?;
    let app = context.app(Action::UsersShow)?;
    let (now, is_table) = (app.now(), context.output.format == Format::Table);
    let record = |details| UserRecord { details, now, is_table };
    let several = match args.targets.targets(context, &app)? {
        Targets::One(reference) => {
            let shown = record(show::show(&app, &reference)?);
            return Ok(column::record(&mut context.output, &FIELDS, &shown, now)?);
        }
        Targets::Many(several) => several,
    };
    let mut count = 0_u64;
    if is_table {
        context.output.hold();
        let read = show::show_several(&app, &several, &mut |details| {
            if count > 0 {
                context.output.line("")?;
            }
            count += 1;
            Ok(column::record(&mut context.output, &FIELDS, &record(details), now)?)
        });
        context.output.release(read)?;
    } else {
        column::list::<_, ActionError>(&mut context.output, &FIELDS, now, |sink| {
            show::show_several(&app, &several, &mut |details| {
                count += 1;
                Ok(sink(&record(details))?)
            })
        })?;
    }
    if count == 0 {
        context.output.say("No users match.");
    }
    Ok(())
}
