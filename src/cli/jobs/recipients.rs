//! `jobs recipients`.

use crate::actions::ActionError;
use crate::actions::Total;
use crate::actions::jobs::show;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::data::Cell;
use crate::cli::data::Head;
use crate::cli::limit::LimitArgs;
use crate::cli::output::Format;
use crate::domain::action::Action;
use crate::domain::job::JobId;
use crate::store::messages::Message;

/// List the recipients of a job with the result for each
///
/// Skipped users are listed too, with the reason. Replies are quoted from the server.
#[derive(Debug, clap::Args)]
pub struct RecipientsArgs {
    /// Number of the job
    #[arg(value_name = "JOB")]
    job: i64,
    #[command(flatten)]
    limit: LimitArgs,
}

const TABLE: [Head; 5] = [
    Head { name: "username", title: "USER" },
    Head { name: "address", title: "ADDRESS" },
    Head { name: "state", title: "STATE" },
    Head { name: "attempts", title: "TRIES" },
    Head { name: "reply", title: "REPLY" },
];

const DATA: [Head; 16] = [
    Head { name: "username", title: "" },
    Head { name: "address", title: "" },
    Head { name: "kind", title: "" },
    Head { name: "state", title: "" },
    Head { name: "reply", title: "" },
    Head { name: "attempts", title: "" },
    Head { name: "times_in_doubt", title: "" },
    Head { name: "created_at", title: "" },
    Head { name: "last_try_at", title: "" },
    Head { name: "next_try_at", title: "" },
    Head { name: "ended_at", title: "" },
    Head { name: "message_id", title: "" },
    Head { name: "expires_at", title: "" },
    Head { name: "used_at", title: "" },
    Head { name: "revoked_at", title: "" },
    Head { name: "message", title: "" },
];

/// Runs the command.
///
/// # Errors
/// When there is no such job, or the operator may not see users.
pub fn run(context: &mut Context, args: &RecipientsArgs) -> anyhow::Result<()> {
    let desk = context.desk(Action::JobsRecipients)?;
    let id = JobId(args.job);
    // What is not there has no heading either.
    show::require(&desk, id)?;
    let is_table = context.output.format == Format::Table;
    let heads: &[Head] = if is_table { &TABLE } else { &DATA };
    let limit = args.limit.rows(&context.output);
    let (mut shown, mut total) = (0, Total::default());
    data::records::<ActionError>(&mut context.output, heads, desk.now(), |sink| {
        shown = 0;
        total = show::each_message(&desk, id, limit, &mut |message| {
            shown += 1;
            let cells = cells(&message);
            let [user, address, _, state, reply, attempts, ..] = &cells;
            if is_table {
                let row = [user, address, state, attempts, reply].map(Clone::clone);
                return Ok(sink(&row)?);
            }
            Ok(sink(&cells)?)
        })?;
        Ok(())
    })?;
    args.limit.say_rest(&mut context.output, shown, total);
    Ok(())
}

fn cells(message: &Message) -> [Cell<'_>; 16] {
    let link = message.link.as_ref();
    let waits = !message.state.has_ended();
    [
        Cell::text_or(message.username.as_deref(), ""),
        Cell::text(&message.address),
        Cell::text(message.kind.word()),
        Cell::text(message.state.word()),
        Cell::prose_or(message.reply.as_deref(), ""),
        Cell::Number(i64::from(message.attempts)),
        Cell::Number(i64::from(message.doubts)),
        Cell::Time(message.created_at),
        Cell::time_or(message.last_try_at, ""),
        Cell::time_or(waits.then_some(message.due_at), ""),
        Cell::time_or(message.ended_at, ""),
        Cell::text_or(message.message_id.as_deref(), ""),
        Cell::time_or(link.and_then(|link| link.expires_at), ""),
        Cell::time_or(link.and_then(|link| link.used_at), ""),
        Cell::time_or(link.and_then(|link| link.revoked_at), ""),
        Cell::Number(message.id.0),
    ]
}
