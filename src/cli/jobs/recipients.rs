//! `jobs recipients`.

use crate::actions::ActionError;
use crate::actions::Total;
use crate::actions::jobs::show;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::limit::LimitArgs;
use crate::cli::output::Format;
use crate::cli::value::Column;
use crate::cli::value::Value;
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

const TABLE: [Column; 5] = [
    Column { name: "username", title: "USER" },
    Column { name: "address", title: "ADDRESS" },
    Column { name: "state", title: "STATE" },
    Column { name: "attempts", title: "TRIES" },
    Column { name: "reply", title: "REPLY" },
];

const DATA: [Column; 16] = [
    Column { name: "username", title: "" },
    Column { name: "address", title: "" },
    Column { name: "kind", title: "" },
    Column { name: "state", title: "" },
    Column { name: "reply", title: "" },
    Column { name: "attempts", title: "" },
    Column { name: "times_in_doubt", title: "" },
    Column { name: "created_at", title: "" },
    Column { name: "last_try_at", title: "" },
    Column { name: "next_try_at", title: "" },
    Column { name: "ended_at", title: "" },
    Column { name: "message_id", title: "" },
    Column { name: "expires_at", title: "" },
    Column { name: "used_at", title: "" },
    Column { name: "revoked_at", title: "" },
    Column { name: "message", title: "" },
];

/// Runs the command.
///
/// # Errors
/// When there is no such job, or the operator may not see users.
pub fn run(context: &mut Context, args: &RecipientsArgs) -> anyhow::Result<()> {
    let app = context.app(Action::JobsRecipients)?;
    let id = JobId(args.job);
    // What is not there has no heading either.
    show::require(&app, id)?;
    let is_table = context.output.format == Format::Table;
    let heads: &[Column] = if is_table { &TABLE } else { &DATA };
    let limit = args.limit.rows(&context.output);
    let (mut shown, mut total) = (0, Total::default());
    data::records::<ActionError>(&mut context.output, heads, app.now(), |sink| {
        shown = 0;
        total = show::each_message(&app, id, limit, &mut |message| {
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

fn cells(message: &Message) -> [Value<'_>; 16] {
    let link = message.link.as_ref();
    let waits = !message.state.has_ended();
    [
        Value::text_or(message.username.as_deref(), ""),
        Value::text(&message.address),
        Value::text(message.kind.word()),
        Value::text(message.state.word()),
        Value::prose_or(message.reply.as_deref(), ""),
        Value::Number(i64::from(message.attempts)),
        Value::Number(i64::from(message.doubts)),
        Value::Time(message.created_at),
        Value::time_or(message.last_try_at, ""),
        Value::time_or(waits.then_some(message.due_at), ""),
        Value::time_or(message.ended_at, ""),
        Value::text_or(message.message_id.as_deref(), ""),
        Value::time_or(link.and_then(|link| link.expires_at), ""),
        Value::time_or(link.and_then(|link| link.used_at), ""),
        Value::time_or(link.and_then(|link| link.revoked_at), ""),
        Value::Number(message.id.0),
    ]
}
