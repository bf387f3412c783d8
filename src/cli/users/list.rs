//! `users list`.

use crate::actions::Total;
use crate::actions::users::list;
use crate::app::ActionError;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::limit::LimitArgs;
use crate::cli::limit::MANY;
use crate::cli::output::Format;
use crate::cli::selection::SelectionArgs;
use crate::cli::users::columns::UserColumn;
use crate::cli::value::Heading;
use crate::domain::action::Action;
use crate::domain::selection::UserOrder;

/// List users, by email address
///
/// Without a condition, lists all users. Times are relative in the table and RFC 3339 in data. Example, users whose
/// password was not checked against the current policy: `cxme-admin users list --policy-outdated -o csv`
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    selection: SelectionArgs,
    /// Sort by email, username, name, created, password or last-login
    #[arg(long, value_name = "FIELD", default_value = "email", hide_default_value = true, hide_possible_values = true)]
    sort: Sort,
    /// Reverse the order
    #[arg(long)]
    reverse: bool,
    #[command(flatten)]
    limit: LimitArgs<MANY>,
    /// Columns, separated by commas, such as `username,role,created_at`
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = UserColumn::one_of(), hide_possible_values = true)]
    columns: Vec<UserColumn>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Sort {
    Email,
    Username,
    Name,
    Created,
    Password,
    LastLogin,
}

/// Runs the command.
///
/// # Errors
/// When the operator may not see users, or the output cannot be written.
pub fn run(context: &mut Context, args: &ListArgs) -> anyhow::Result<()> {
    let app = context.app(Action::UsersList)?;
    let mut wanted = args.selection.wanted(context, &app)?;
    wanted.query.order = match args.sort {
        Sort::Email => UserOrder::Email,
        Sort::Username => UserOrder::Username,
        Sort::Name => UserOrder::Name,
        Sort::Created => UserOrder::Created,
        Sort::Password => UserOrder::PasswordSet,
        Sort::LastLogin => UserOrder::LastLogin,
    };
    wanted.query.reverse = args.reverse;
    wanted.query.limit = args.limit.rows(&context.output);
    let columns: Vec<UserColumn> = match (args.columns.as_slice(), context.output.format) {
        ([], Format::Table) if args.selection.bounced => UserColumn::BOUNCED.to_vec(),
        ([], Format::Table) => UserColumn::TABLE.to_vec(),
        ([], _) if args.selection.bounced => {
            [UserColumn::DATA.as_slice(), &[UserColumn::BouncedAt, UserColumn::BounceReply]].concat()
        }
        ([], _) => UserColumn::DATA.to_vec(),
        (chosen, _) => chosen.to_vec(),
    };
    let heads: Vec<Heading> = columns.iter().map(|column| column.head()).collect();
    let (mut count, mut total) = (0_u64, Total::default());
    data::records::<ActionError>(&mut context.output, &heads, app.now(), |sink| {
        count = 0;
        total = list::list(&app, &wanted, |row, surroundings| {
            count += 1;
            let cells: Vec<_> = columns.iter().map(|column| column.cell(row, surroundings)).collect();
            Ok(sink(&cells)?)
        })?;
        Ok(())
    })?;
    args.limit.say_total(&mut context.output, count, total, "user");
    if count == 0 {
        context.output.say("No users.");
    }
    Ok(())
}
