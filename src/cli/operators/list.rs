//! `operators list`.

use crate::actions::operators;
use crate::cli::column;
use crate::cli::column::Column;
use crate::cli::context::Context;
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
}

const COLUMNS: [Column<OperatorRow>; 6] = [
    Column { name: "account", title: "ACCOUNT", cell: |row| Value::text(&row.operator.account) },
    Column { name: "uid", title: "UID", cell: |row| Value::Number(i64::from(row.operator.uid)) },
    Column { name: "account_now", title: "ACCOUNT NOW", cell: |row| Value::text_or(row.account_now.as_deref(), "-") },
    Column { name: "role", title: "ROLE", cell: |row| Value::text(&row.operator.role_name) },
    Column { name: "kind", title: "KIND", cell: |row| Value::text(row.operator.kind.word()) },
    Column { name: "added_at", title: "ADDED", cell: |row| Value::Time(row.operator.added_at) },
];

/// Runs the command.
///
/// # Errors
/// When the operator is none.
pub fn run(context: &mut Context, _: &ListArgs) -> anyhow::Result<()> {
    let app = context.app(Action::OperatorsList)?;
    let operators = operators::list(&app)?.into_iter();
    let rows: Vec<OperatorRow> = operators
        .map(|operator| OperatorRow { account_now: context.process.accounts.known_name(operator.uid), operator })
        .collect();
    for OperatorRow { operator, account_now } in &rows {
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
    column::list::<_, anyhow::Error>(&mut context.output, &COLUMNS, app.now(), |sink| {
        Ok(rows.iter().try_for_each(sink)?)
    })
}
