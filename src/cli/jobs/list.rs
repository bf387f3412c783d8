//! `jobs list`.

use crate::actions::jobs::list;
use crate::actions::jobs::show::JobStatus;
use crate::cli::column;
use crate::cli::column::Column;
use crate::cli::context::Context;
use crate::cli::jobs::columns::ACCEPTED;
use crate::cli::jobs::columns::BOUNCED;
use crate::cli::jobs::columns::CANCELLED;
use crate::cli::jobs::columns::CREATED_AT;
use crate::cli::jobs::columns::ENDED_AT;
use crate::cli::jobs::columns::FAILED;
use crate::cli::jobs::columns::JOB;
use crate::cli::jobs::columns::KEY;
use crate::cli::jobs::columns::MAILS;
use crate::cli::jobs::columns::OPERATOR;
use crate::cli::jobs::columns::SELECTION;
use crate::cli::jobs::columns::SKIPPED;
use crate::cli::jobs::columns::STATE;
use crate::cli::jobs::columns::WAITING;
use crate::cli::jobs::columns::WHY;
use crate::cli::limit::LimitArgs;
use crate::cli::output::Format;
use crate::domain::action::Action;

/// List jobs, newest first
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    limit: LimitArgs,
}

const TABLE: [Column<JobStatus>; 9] = [JOB, STATE, CREATED_AT, OPERATOR, MAILS, ACCEPTED, FAILED, CANCELLED, WAITING];

const DATA: [Column<JobStatus>; 15] = [
    JOB, KEY, STATE, WHY, OPERATOR, CREATED_AT, ENDED_AT, SELECTION, MAILS, ACCEPTED, FAILED, BOUNCED, CANCELLED,
    WAITING, SKIPPED,
];

/// Runs the command.
///
/// # Errors
/// When the operator may not see users.
pub fn run(context: &mut Context, args: &ListArgs) -> anyhow::Result<()> {
    let app = context.app(Action::JobsList)?;
    let is_table = context.output.format == Format::Table;
    let (jobs, total) = list::list(&app, args.limit.rows(&context.output))?;
    let columns: &[Column<JobStatus>] = if is_table { &TABLE } else { &DATA };
    column::list::<_, anyhow::Error>(&mut context.output, columns, app.now(), |sink| {
        Ok(jobs.iter().try_for_each(sink)?)
    })?;
    args.limit.say_total(&mut context.output, jobs.len() as u64, total, "job");
    if jobs.is_empty() {
        context.output.say("No jobs.");
    }
    Ok(())
}
