//! `jobs recipients`.

use crate::actions::Total;
use crate::actions::jobs::recipients;
use crate::app::ActionError;
use crate::cli::column;
use crate::cli::column::Column;
use crate::cli::context::Context;
use crate::cli::limit::LimitArgs;
use crate::cli::output::Format;
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

const USERNAME: Column<Message> =
    Column { name: "username", title: "USER", cell: |row| Value::text_or(row.username.as_deref(), "(deleted)") };
const ADDRESS: Column<Message> =
    Column { name: "address", title: "ADDRESS", cell: |row| Value::text_or(row.known_address(), "") };
const KIND: Column<Message> = Column { name: "kind", title: "", cell: |row| Value::text(row.kind.word()) };
const STATE: Column<Message> = Column { name: "state", title: "STATE", cell: |row| Value::text(row.state.word()) };
const REPLY: Column<Message> =
    Column { name: "reply", title: "REPLY", cell: |row| Value::prose_or(row.reply.as_deref(), "") };
const ATTEMPTS: Column<Message> =
    Column { name: "attempts", title: "TRIES", cell: |row| Value::Number(i64::from(row.attempts)) };
const TIMES_IN_DOUBT: Column<Message> =
    Column { name: "times_in_doubt", title: "", cell: |row| Value::Number(i64::from(row.times_in_doubt)) };
const CREATED_AT: Column<Message> = Column { name: "created_at", title: "", cell: |row| Value::Time(row.created_at) };
const LAST_TRY_AT: Column<Message> =
    Column { name: "last_try_at", title: "", cell: |row| Value::time_or(row.last_try_at, "") };
const NEXT_TRY_AT: Column<Message> = Column {
    name: "next_try_at",
    title: "",
    cell: |row| Value::time_or((!row.state.has_ended()).then_some(row.due_at), ""),
};
const ENDED_AT: Column<Message> = Column { name: "ended_at", title: "", cell: |row| Value::time_or(row.ended_at, "") };
const MESSAGE_ID: Column<Message> =
    Column { name: "message_id", title: "", cell: |row| Value::text_or(row.message_id.as_deref(), "") };
const EXPIRES_AT: Column<Message> = Column {
    name: "expires_at",
    title: "",
    cell: |row| Value::time_or(row.link.as_ref().and_then(|link| link.expires_at), ""),
};
const USED_AT: Column<Message> = Column {
    name: "used_at",
    title: "",
    cell: |row| Value::time_or(row.link.as_ref().and_then(|link| link.used_at), ""),
};
const REVOKED_AT: Column<Message> = Column {
    name: "revoked_at",
    title: "",
    cell: |row| Value::time_or(row.link.as_ref().and_then(|link| link.revoked_at), ""),
};
const MESSAGE: Column<Message> = Column { name: "message", title: "", cell: |row| Value::Number(row.id.0) };

const TABLE: [Column<Message>; 5] = [USERNAME, ADDRESS, STATE, ATTEMPTS, REPLY];

const DATA: [Column<Message>; 16] = [
    USERNAME,
    ADDRESS,
    KIND,
    STATE,
    REPLY,
    ATTEMPTS,
    TIMES_IN_DOUBT,
    CREATED_AT,
    LAST_TRY_AT,
    NEXT_TRY_AT,
    ENDED_AT,
    MESSAGE_ID,
    EXPIRES_AT,
    USED_AT,
    REVOKED_AT,
    MESSAGE,
];

/// Runs the command.
///
/// # Errors
/// When there is no such job, or the operator may not see users.
pub fn run(context: &mut Context, args: &RecipientsArgs) -> anyhow::Result<()> {
    let app = context.app(Action::JobsRecipients)?;
    let id = JobId(args.job);
    // What is not there has no heading either.
    recipients::require(&app, id)?;
    let is_table = context.output.format == Format::Table;
    let columns: &[Column<Message>] = if is_table { &TABLE } else { &DATA };
    let limit = args.limit.rows(&context.output);
    let (mut shown, mut total) = (0, Total::default());
    column::list::<_, ActionError>(&mut context.output, columns, app.now(), |sink| {
        shown = 0;
        total = recipients::each_message(&app, id, limit, &mut |message| {
            shown += 1;
            Ok(sink(&message)?)
        })?;
        Ok(())
    })?;
    args.limit.say_total(&mut context.output, shown, total, "recipient");
    Ok(())
}
