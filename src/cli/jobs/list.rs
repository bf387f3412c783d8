//! `jobs list`.

use crate::actions::jobs::show;
use crate::actions::jobs::show::JobStatus;
use crate::cli::column;
use crate::cli::column::Column;
use crate::cli::context::Context;
use crate::cli::limit::LimitArgs;
use crate::cli::output::Format;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::message::MessageState;

/// List jobs, newest first
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    limit: LimitArgs,
}

const JOB: Column<JobStatus> = Column { name: "job", title: "JOB", cell: |row| Value::Number(row.job.id.0) };
const KEY: Column<JobStatus> =
    Column { name: "key", title: "", cell: |row| Value::text_or(row.job.key.as_deref(), "") };
const STATE: Column<JobStatus> =
    Column { name: "state", title: "STATE", cell: |row| Value::text(row.job.state.word()) };
const WHY: Column<JobStatus> =
    Column { name: "why", title: "", cell: |row| Value::text_or(row.job.why.as_deref(), "") };
const OPERATOR: Column<JobStatus> =
    Column { name: "operator", title: "BY", cell: |row| Value::text(&row.job.operator) };
const CREATED_AT: Column<JobStatus> =
    Column { name: "created_at", title: "CREATED", cell: |row| Value::Time(row.job.created_at) };
const ENDED_AT: Column<JobStatus> =
    Column { name: "ended_at", title: "", cell: |row| Value::time_or(row.job.ended_at, "") };
const SELECTION: Column<JobStatus> =
    Column { name: "selection", title: "", cell: |row| Value::text(&row.job.selection) };
const MAILS: Column<JobStatus> = Column {
    name: "mails",
    title: "MAILS",
    cell: |row| Value::count(row.counts.total() - row.counts.of(MessageState::Skipped)),
};
const ACCEPTED: Column<JobStatus> =
    Column { name: "accepted", title: "ACCEPTED", cell: |row| Value::count(row.counts.of(MessageState::Accepted)) };
const FAILED: Column<JobStatus> =
    Column { name: "failed", title: "FAILED", cell: |row| Value::count(row.counts.of(MessageState::Failed)) };
const CANCELLED: Column<JobStatus> =
    Column { name: "cancelled", title: "CANCELLED", cell: |row| Value::count(row.counts.of(MessageState::Cancelled)) };
const WAITING: Column<JobStatus> =
    Column { name: "waiting", title: "WAITING", cell: |row| Value::count(row.counts.waiting()) };
const SKIPPED: Column<JobStatus> =
    Column { name: "skipped", title: "", cell: |row| Value::count(row.counts.of(MessageState::Skipped)) };

const TABLE: [Column<JobStatus>; 9] = [JOB, STATE, CREATED_AT, OPERATOR, MAILS, ACCEPTED, FAILED, CANCELLED, WAITING];

const DATA: [Column<JobStatus>; 14] = [
    JOB, KEY, STATE, WHY, OPERATOR, CREATED_AT, ENDED_AT, SELECTION, MAILS, ACCEPTED, FAILED, CANCELLED, WAITING,
    SKIPPED,
];

/// Runs the command.
///
/// # Errors
/// When the operator may not see users.
pub fn run(context: &mut Context, args: &ListArgs) -> anyhow::Result<()> {
    let app = context.app(Action::JobsList)?;
    let is_table = context.output.format == Format::Table;
    let (jobs, total) = show::list(&app, args.limit.rows(&context.output))?;
    let columns: &[Column<JobStatus>] = if is_table { &TABLE } else { &DATA };
    column::list::<_, anyhow::Error>(&mut context.output, columns, app.now(), |sink| {
        Ok(jobs.iter().try_for_each(sink)?)
    })?;
    args.limit.say_rest(&mut context.output, jobs.len() as u64, total);
    if jobs.is_empty() {
        context.output.say("No jobs.");
    }
    Ok(())
}
