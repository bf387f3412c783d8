//! `whoami`.

use std::path::Path;

use crate::actions::whoami;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::output::Format;
use crate::cli::value::Heading;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::elevation;
use crate::domain::operator::Authority;
use crate::domain::operator_limits::OperatorLimits;
use crate::domain::role::Permission;
use crate::domain::secret_form::without_secrets;
use crate::private_file::owner_of_place;

/// Show the account, role, permissions and store that commands use here
///
/// IDENTIFIED BY shows what identified the account: `uid` (the account of the process), or the variable of `sudo` (also
/// run0), `doas` or `pkexec`. Operators who use one of these are restricted unless they are Admins in this machine's
/// store: they may not choose another configuration, store or file. LOGGED IN AS is the account of the login session
/// (audit login uid), which su keeps; it is recorded but grants no rights. Without a usable store, everything else is
/// printed before the error.
#[derive(Debug, clap::Args)]
pub struct WhoamiArgs {}

/// What only the store could say.
const UNKNOWN: &str = "unknown (the store cannot be used)";

/// Runs the command.
///
/// # Errors
/// When the account is no operator, or the store cannot be used: then what is known without it was printed.
pub fn run(context: &mut Context, _: &WhoamiArgs) -> anyhow::Result<()> {
    let store = context.place_of_store()?;
    let opened = context.app_if_usable(Action::WhoAmI)?;
    let (account, authority, now) = match &opened {
        Ok(app) => (app.account().clone(), Some(whoami::whoami(app)?), app.now()),
        Err(_) => (context.account(owner_of_place(&store)), None, context.now()),
    };
    let login = match account.login_uid {
        Some(uid) if context.output.format == Format::Table => Value::text(context.process.accounts.described(uid)),
        Some(uid) => Value::Number(uid.into()),
        None => Value::Nothing(""),
    };
    let shown = |path: &Path| without_secrets(&path.display().to_string()).into_owned();
    let config = context.config_path().map(|path| shown(&path));
    let permissions = authority.as_ref().map_or(Value::Nothing(UNKNOWN), |authority| {
        Value::List(authority.permissions().iter().map(Permission::word).collect())
    });
    let is_table = context.output.format == Format::Table;
    // A table leaves out a kind of limit that there is not; data has an empty list.
    let limit = |names: fn(&OperatorLimits) -> Vec<&str>| match &authority {
        Some(authority) => match authority.limits().map(names).unwrap_or_default() {
            names if is_table && names.is_empty() => Value::Nothing(""),
            names => Value::List(names),
        },
        None => Value::Nothing(""),
    };
    let head = |name, title| Heading { name, title };
    let fields = [
        (head("account", "Account"), Value::text(&account.name)),
        (head("uid", "UID"), Value::Number(i64::from(account.uid))),
        (head("role", "Role"), Value::text_or(authority.as_ref().map(Authority::words), UNKNOWN)),
        (head("permissions", "Permissions"), permissions),
        (
            head("only_roles", "Only users with role"),
            limit(|limits| limits.roles.values().map(String::as_str).collect()),
        ),
        (head("only_domains", "Only users in"), limit(|limits| limits.domains.iter().map(String::as_str).collect())),
        (head("identified_by", "Identified by"), Value::text(elevation::word(account.elevation))),
        (head("login_uid", "Logged in as"), login),
        (head("restricted", "Restricted"), Value::Flag(context.is_restricted())),
        (head("store", "Store"), Value::text(shown(&store))),
        (head("config", "Configuration"), Value::text_or(config.as_deref(), "none (defaults)")),
    ];
    data::fields(&mut context.output, fields, now)?;
    opened.map(drop)
}
