//! `operators list`.

use crate::actions::operators;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::data::Cell;
use crate::cli::data::Head;
use crate::domain::action::Action;
use crate::domain::operator::Operator;
use crate::domain::text;

/// List operators and their roles
///
/// An operator is an OS account with a given uid and name. If the uid now belongs to an account with another name, that
/// account is refused and shown as ACCOUNT NOW. If the name cannot be looked up, only the uid is checked.
#[derive(Debug, clap::Args)]
pub struct ListArgs {}

const HEADS: [Head; 6] = [
    Head { name: "account", title: "ACCOUNT" },
    Head { name: "uid", title: "UID" },
    Head { name: "account_now", title: "ACCOUNT NOW" },
    Head { name: "role", title: "ROLE" },
    Head { name: "kind", title: "KIND" },
    Head { name: "added_at", title: "ADDED" },
];

/// Runs the command.
///
/// # Errors
/// When the operator is none.
pub fn run(context: &mut Context, _: &ListArgs) -> anyhow::Result<()> {
    let desk = context.desk(Action::OperatorsList)?;
    let operators = operators::list(&desk)?;
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
    data::records::<anyhow::Error>(&mut context.output, &HEADS, desk.now(), |sink| {
        for (operator, now) in operators.iter().zip(&names) {
            sink(&[
                Cell::text(&operator.account),
                Cell::Number(i64::from(operator.uid)),
                Cell::text_or(now.as_deref(), "-"),
                Cell::text(&operator.role_name),
                Cell::text(operator.kind.word()),
                Cell::Time(operator.added_at),
            ])?;
        }
        Ok(())
    })
}
