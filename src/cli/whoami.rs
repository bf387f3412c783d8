//! `whoami`.

use crate::actions::whoami;
use crate::cli::context::Context;
use crate::cli::context::owner_of_store;
use crate::cli::data;
use crate::cli::data::Cell;
use crate::cli::data::Head;
use crate::cli::output::Format;
use crate::domain::action::Action;
use crate::domain::elevation;
use crate::domain::operator::Standing;
use crate::domain::role::Permission;

/// Show the account, role, permissions and store that commands use here
///
/// IDENTIFIED BY shows what identified the account: `uid` (the account of the process), or the variable of `sudo` (also
/// run0), `doas` or `pkexec`. Operators who use one of these are restricted unless they are Admins in this machine's
/// store: they may not choose another configuration, store or file. LOGGED IN AS is the account of the login session
/// (audit login uid), which su keeps; it is recorded but grants no rights. Without a usable store, everything else is
/// printed before the error.
#[derive(Debug, clap::Args)]
pub struct WhoamiArgs {}

const HEADS: [Head; 9] = [
    Head { name: "account", title: "Account" },
    Head { name: "uid", title: "UID" },
    Head { name: "role", title: "Role" },
    Head { name: "permissions", title: "Permissions" },
    Head { name: "identified_by", title: "Identified by" },
    Head { name: "login_uid", title: "Logged in as" },
    Head { name: "restricted", title: "Restricted" },
    Head { name: "store", title: "Store" },
    Head { name: "config", title: "Configuration" },
];

/// What only the store could say.
const UNKNOWN: &str = "unknown (the store cannot be used)";

/// Runs the command.
///
/// # Errors
/// When the account is no operator, or the store cannot be used: then what is known without it was printed.
pub fn run(context: &mut Context, _: &WhoamiArgs) -> anyhow::Result<()> {
    let store = context.place_of_store()?;
    let opened = context.desk_if_usable(Action::WhoAmI)?;
    let (account, standing, now) = match &opened {
        Ok(desk) => (desk.account().clone(), Some(whoami::whoami(desk)?), desk.now()),
        Err(_) => (context.account(owner_of_store(&store)), None, context.now()?),
    };
    let is_table = context.output.format == Format::Table;
    let login = match account.login_uid {
        Some(uid) if is_table => Cell::text(context.process.accounts.described(uid)),
        Some(uid) => Cell::Number(uid.into()),
        None => Cell::Nothing(""),
    };
    let store = store.display().to_string();
    let config = context.config_path().map(|path| path.display().to_string());
    let cells = [
        Cell::text(&account.name),
        Cell::Number(i64::from(account.uid)),
        Cell::text_or(standing.as_ref().map(Standing::words), UNKNOWN),
        standing.as_ref().map_or(Cell::Nothing(UNKNOWN), |standing| {
            Cell::List(standing.permissions().iter().map(Permission::word).collect())
        }),
        Cell::text(elevation::word(account.elevation)),
        login,
        Cell::Flag(context.is_restricted()),
        Cell::text(store),
        Cell::text_or(config.as_deref(), "none (defaults)"),
    ];
    // A table leaves out what does not apply, such as the login session of a timer; data always has every key.
    let applies = |cell: &Cell<'_>| !is_table || *cell != Cell::Nothing("");
    let (heads, cells): (Vec<Head>, Vec<Cell<'_>>) =
        HEADS.into_iter().zip(cells).filter(|(_, cell)| applies(cell)).unzip();
    data::record(&mut context.output, &heads, &cells, now)?;
    opened.map(drop)
}
