//! `operators list`.

use crate::actions::operators::list;
use crate::cli::column;
use crate::cli::column::Column;
use crate::cli::context::Context;
use crate::cli::output::Format;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::operator::Operator;
use crate::domain::text;

/// List operators and their roles
///
/// An operator is an OS account with a given uid and name. If the uid now belongs to an account with another name, that
/// account is refused and shown as ACCOUNT NOW. If the name cannot be looked up, only the uid is checked.
#[derive(Debug, clap::Args)]
pub struct ListArgs {}

/// An operator, and the account that has their uid now.
struct OperatorRow {
    operator: Operator,
    account_now: Option<String>,
    is_table: bool,
}

impl OperatorRow {
    /// Some names: a table separates them by commas, because names of roles have blanks.
    fn list<'a>(&self, names: Vec<&'a str>) -> Value<'a> {
        match (self.is_table, names.is_empty()) {
            (true, true) => Value::Nothing("-"),
            (true, false) => Value::text(names.join(", ")),
            (false, _) => Value::List(names),
        }
    }
}

const COLUMNS: [Column<OperatorRow>; 9] = [
    Column { name: "account", title: "ACCOUNT", cell: |row| Value::text(&row.operator.account) },
    Column { name: "uid", title: "UID", cell: |row| Value::Number(i64::from(row.operator.uid)) },
    Column { name: "account_now", title: "ACCOUNT NOW", cell: |row| Value::text_or(row.account_now.as_deref(), "-") },
    Column { name: "role", title: "ROLE", cell: |row| Value::text(&row.operator.role_name) },
    Column { name: "kind", title: "KIND", cell: |row| Value::text(row.operator.kind.word()) },
    Column {
        name: "only_roles",
        title: "ONLY ROLES",
        cell: |row| row.list(row.operator.limits.roles.values().map(String::as_str).collect()),
    },
    Column {
        name: "only_domains",
        title: "ONLY DOMAINS",
        cell: |row| row.list(row.operator.limits.domains.iter().map(String::as_str).collect()),
    },
    Column { name: "disabled_at", title: "DISABLED", cell: |row| Value::time_or(row.operator.disabled_at, "-") },
    Column { name: "added_at", title: "ADDED", cell: |row| Value::Time(row.operator.added_at) },
];

/// Runs the command.
///
/// # Errors
/// When the operator is none.
pub fn run(context: &mut Context, _: &ListArgs) -> anyhow::Result<()> {
    let app = context.app(Action::OperatorsList)?;
    let operators = list::list(&app)?.into_iter();
    let is_table = context.output.format == Format::Table;
    let accounts = &context.process.accounts;
    let row = |operator: Operator| OperatorRow { account_now: accounts.known_name(operator.uid), operator, is_table };
    let rows: Vec<OperatorRow> = operators.map(row).collect();
    for OperatorRow { operator, account_now, .. } in &rows {
        if operator.is_ineffective() {
            let role = text::visible(&operator.role_name);
            context.output.warn(&format!(
                "root is always Admin: its role `{role}` has no effect; to remove it: cxme-admin operators remove 0"
            ));
        }
        if let Some(now) = account_now.as_deref().filter(|now| !operator.is_account(operator.uid, Some(now))) {
            let Operator { uid, account, .. } = operator;
            context.output.warn(&format!("uid {uid} now belongs to {now}, not {account}: {now} is refused; to remove the entry: cxme-admin operators remove {uid}"));
        }
    }
    // A table leaves out the limits and the disabled where there are none; data always has every key.
    let has_any = |name: &str| match name {
        "only_roles" => rows.iter().any(|row| !row.operator.limits.roles.is_empty()),
        "only_domains" => rows.iter().any(|row| !row.operator.limits.domains.is_empty()),
        "disabled_at" => rows.iter().any(|row| row.operator.disabled_at.is_some()),
        _ => true,
    };
    let columns: Vec<_> = COLUMNS.into_iter().filter(|column| !is_table || has_any(column.name)).collect();
    column::list::<_, anyhow::Error>(&mut context.output, &columns, app.now(), |sink| {
        Ok(rows.iter().try_for_each(sink)?)
    })
}
