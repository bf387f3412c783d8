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

const HEADS: [Heading; 9] = [
    Heading { name: "account", title: "Account" },
    Heading { name: "uid", title: "UID" },
    Heading { name: "role", title: "Role" },
    Heading { name: "permissions", title: "Permissions" },
    Heading { name: "identified_by", title: "Identified by" },
    Heading { name: "login_uid", title: "Logged in as" },
    Heading { name: "restricted", title: "Restricted" },
    Heading { name: "store", title: "Store" },
    Heading { name: "config", title: "Configuration" },
];

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
    let is_table = context.output.format == Format::Table;
    let login = match account.login_uid {
        Some(uid) if is_table => Value::text(context.process.accounts.described(uid)),
        Some(uid) => Value::Number(uid.into()),
        None => Value::Nothing(""),
    };
    let shown = |path: &Path| without_secrets(&path.display().to_string()).into_owned();
    let (store, config) = (shown(&store), context.config_path().map(|path| shown(&path)));
    let cells = [
        Value::text(&account.name),
        Value::Number(i64::from(account.uid)),
        Value::text_or(authority.as_ref().map(Authority::words), UNKNOWN),
        authority.as_ref().map_or(Value::Nothing(UNKNOWN), |authority| {
            Value::List(authority.permissions().iter().map(Permission::word).collect())
        }),
        Value::text(elevation::word(account.elevation)),
        login,
        Value::Flag(context.is_restricted()),
        Value::text(store),
        Value::text_or(config.as_deref(), "none (defaults)"),
    ];
    // A table leaves out what does not apply, such as the login session of a timer; data always has every key.
    let applies = |cell: &Value<'_>| !is_table || *cell != Value::Nothing("");
    let (heads, cells): (Vec<Heading>, Vec<Value<'_>>) =
        HEADS.into_iter().zip(cells).filter(|(_, cell)| applies(cell)).unzip();
    data::record(&mut context.output, &heads, &cells, now)?;
    opened.map(drop)
}
