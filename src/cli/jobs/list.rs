//! `jobs list`.

use crate::actions::jobs::show;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::limit::LimitArgs;
use crate::cli::output::Format;
use crate::cli::value::Column;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::message::MessageState;
use crate::store::job_counts::Counts;

/// List jobs, newest first
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    limit: LimitArgs,
}

const TABLE: [Column; 9] = [
    Column { name: "job", title: "JOB" },
    Column { name: "state", title: "STATE" },
    Column { name: "created_at", title: "CREATED" },
    Column { name: "operator", title: "BY" },
    Column { name: "mails", title: "MAILS" },
    Column { name: "accepted", title: "ACCEPTED" },
    Column { name: "failed", title: "FAILED" },
    Column { name: "cancelled", title: "CANCELLED" },
    Column { name: "waiting", title: "WAITING" },
];

const DATA: [Column; 14] = [
    Column { name: "job", title: "" },
    Column { name: "key", title: "" },
    Column { name: "state", title: "" },
    Column { name: "why", title: "" },
    Column { name: "operator", title: "" },
    Column { name: "created_at", title: "" },
    Column { name: "ended_at", title: "" },
    Column { name: "selection", title: "" },
    Column { name: "mails", title: "" },
    Column { name: "accepted", title: "" },
    Column { name: "failed", title: "" },
    Column { name: "cancelled", title: "" },
    Column { name: "waiting", title: "" },
    Column { name: "skipped", title: "" },
];

/// Runs the command.
///
/// # Errors
/// When the operator may not see users.
pub fn run(context: &mut Context, args: &ListArgs) -> anyhow::Result<()> {
    let app = context.app(Action::JobsList)?;
    let is_table = context.output.format == Format::Table;
    let (jobs, total) = show::list(&app, args.limit.rows(&context.output))?;
    let heads: &[Column] = if is_table { &TABLE } else { &DATA };
    data::records::<anyhow::Error>(&mut context.output, heads, app.now(), |sink| {
        for shown in &jobs {
            let (job, counts) = (&shown.job, &shown.counts);
            let (number, state) = (Value::Number(job.id.0), Value::text(job.state.word()));
            let (made, operator) = (Value::Time(job.created_at), Value::text(&job.operator));
            let [mails, accepted, failed, cancelled, waiting, skipped] = numbers(counts);
            if is_table {
                sink(&[number, state, made, operator, mails, accepted, failed, cancelled, waiting])?;
                continue;
            }
            let (key, why) = (Value::text_or(job.key.as_deref(), ""), Value::text_or(job.why.as_deref(), ""));
            let (ended, selection) = (Value::time_or(job.ended_at, ""), Value::text(&job.selection));
            sink(&[
                number, key, state, why, operator, made, ended, selection, mails, accepted, failed, cancelled, waiting,
                skipped,
            ])?;
        }
        Ok(())
    })?;
    args.limit.say_rest(&mut context.output, jobs.len() as u64, total);
    if jobs.is_empty() {
        context.output.say("No jobs.");
    }
    Ok(())
}

fn numbers(counts: &Counts) -> [Value<'static>; 6] {
    let skipped = counts.of(MessageState::Skipped);
    let numbers = [
        counts.total() - skipped,
        counts.of(MessageState::Accepted),
        counts.of(MessageState::Failed),
        counts.of(MessageState::Cancelled),
        counts.waiting(),
        skipped,
    ];
    numbers.map(|number| Value::Number(number.cast_signed()))
}
