//! `operators list`.

use crate::actions::operators;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::data::Cell;
use crate::cli::data::Head;
use crate::domain::action::Action;

/// List operators and their roles
#[derive(Debug, clap::Args)]
pub struct ListArgs {}

const HEADS: [Head; 5] = [
    Head { name: "account", title: "ACCOUNT" },
    Head { name: "uid", title: "UID" },
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
    data::records::<anyhow::Error>(&mut context.output, &HEADS, desk.now(), |sink| {
        for operator in &operators {
            sink(&[
                Cell::text(&operator.account),
                Cell::Number(i64::from(operator.uid)),
                Cell::text(&operator.role_name),
                Cell::text(operator.kind.word()),
                Cell::Time(operator.added_at),
            ])?;
        }
        Ok(())
    })
}
