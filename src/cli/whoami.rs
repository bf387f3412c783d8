//! `whoami`.

use crate::actions::whoami;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::data::Cell;
use crate::cli::data::Head;
use crate::domain::role::Permission;

/// Show the account, role, permissions and store that commands use here
///
/// Operators who use sudo are restricted unless the store of this machine says that they are Admins: they may not choose
/// another configuration, store or file.
#[derive(Debug, clap::Args)]
pub struct WhoamiArgs {}

const HEADS: [Head; 8] = [
    Head { name: "account", title: "Account" },
    Head { name: "uid", title: "Uid" },
    Head { name: "role", title: "Role" },
    Head { name: "permissions", title: "Permissions" },
    Head { name: "by_sudo", title: "By sudo" },
    Head { name: "restricted", title: "Restricted" },
    Head { name: "store", title: "Store" },
    Head { name: "config", title: "Configuration" },
];

/// Runs the command.
///
/// # Errors
/// When the account is no operator.
pub fn run(context: &mut Context, _: &WhoamiArgs) -> anyhow::Result<()> {
    let desk = context.desk_for(crate::store::open::Expect::CurrentOrOlder)?;
    let standing = whoami::whoami(&desk)?;
    let account = desk.account();
    let store = context.place_of_store()?.display().to_string();
    let config = context.config_path().map(|path| path.display().to_string());
    let cells = [
        Cell::text(&account.name),
        Cell::Number(i64::from(account.uid)),
        Cell::text(standing.words()),
        Cell::List(standing.permissions().iter().map(Permission::word).collect()),
        Cell::Flag(account.by_sudo),
        Cell::Flag(context.is_restricted()),
        Cell::text(store),
        Cell::text_or(config.as_deref(), "none: the defaults hold"),
    ];
    Ok(data::record(&mut context.output, &HEADS, &cells, desk.now())?)
}
