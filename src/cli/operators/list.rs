//! `operators list`.

use crate::actions::operators;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::value::Column;
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

const HEADS: [Column; 6] = [
    Column { name: "account", title: "ACCOUNT" },
    Column { name: "uid", title: "UID" },
    Column { name: "account_now", title: "ACCOUNT NOW" },
    Column { name: "role", title: "ROLE" },
    Column { name: "kind", title: "KIND" },
    Column { name: "added_at", title: "ADDED" },
];

/// Runs the command.
///
/// # Errors
/// When the operator is none.
pub fn run(context: &mut Context, _: &ListArgs) -> anyhow::Result<()> {
    let app = context.app(Action::OperatorsList)?;
    let operators = operators::list(&app)?;
    let names: Vec<Option<String>> =
        operators.iter().map(|operator| context.process.accounts.known_name(operator.uid)).collect();
    for (operator, now) in operators.iter().zip(&names) {
        if operator.is_ineffective() {
            let role = text::visible(&operator.role_name);
            context.output.warn(&format!(
                "root is always Admin: its role `{role}` has no effect; to remove it: cxme-admin operators remove 0"
            ));
        }
        if let Some(now) = now.as_deref().filter(|now| !operator.is_account(operator.uid, Some(now))) {
            let Operator { uid, account, .. } = operator;
            context.output.warn(&format!("uid {uid} now belongs to {now}, not {account}: {now} is refused; to remove the entry: cxme-admin operators remove {uid}"));
        }
    }
    data::records::<anyhow::Error>(&mut context.output, &HEADS, app.now(), |sink| {
        for (operator, now) in operators.iter().zip(&names) {
            sink(&[
                Value::text(&operator.account),
                Value::Number(i64::from(operator.uid)),
                Value::text_or(now.as_deref(), "-"),
                Value::text(&operator.role_name),
                Value::text(operator.kind.word()),
                Value::Time(operator.added_at),
            ])?;
        }
        Ok(())
    })
}
