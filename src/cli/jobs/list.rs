//! `jobs list`.

use crate::actions::jobs::show;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::data::Cell;
use crate::cli::data::Head;
use crate::cli::limit::LimitArgs;
use crate::cli::output::Format;
use crate::domain::action::Action;
use crate::domain::message::MessageState;
use crate::store::jobs::Counts;

/// List jobs, newest first
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    limit: LimitArgs,
}

const TABLE: [Head; 9] = [
    Head { name: "job", title: "JOB" },
    Head { name: "state", title: "STATE" },
    Head { name: "created_at", title: "MADE" },
    Head { name: "operator", title: "BY" },
    Head { name: "mails", title: "MAILS" },
    Head { name: "accepted", title: "ACCEPTED" },
    Head { name: "failed", title: "FAILED" },
    Head { name: "cancelled", title: "CANCELLED" },
    Head { name: "waiting", title: "WAITING" },
];

const DATA: [Head; 14] = [
    Head { name: "job", title: "" },
    Head { name: "key", title: "" },
    Head { name: "state", title: "" },
    Head { name: "why", title: "" },
    Head { name: "operator", title: "" },
    Head { name: "created_at", title: "" },
    Head { name: "ended_at", title: "" },
    Head { name: "selection", title: "" },
    Head { name: "mails", title: "" },
    Head { name: "accepted", title: "" },
    Head { name: "failed", title: "" },
    Head { name: "cancelled", title: "" },
    Head { name: "waiting", title: "" },
    Head { name: "skipped", title: "" },
];

/// Runs the command.
///
/// # Errors
/// When the operator may not see users.
pub fn run(context: &mut Context, args: &ListArgs) -> anyhow::Result<()> {
    let desk = context.desk(Action::JobsList)?;
    let is_table = context.output.format == Format::Table;
    let (jobs, total) = show::list(&desk, args.limit.rows(&context.output))?;
    let heads: &[Head] = if is_table { &TABLE } else { &DATA };
    data::records::<anyhow::Error>(&mut context.output, heads, desk.now(), |sink| {
        for shown in &jobs {
            let (job, counts) = (&shown.job, &shown.counts);
            let (number, state) = (Cell::Number(job.id.0), Cell::text(job.state.word()));
            let (made, operator) = (Cell::Time(job.created_at), Cell::text(&job.operator));
            let [mails, accepted, failed, cancelled, waiting, skipped] = numbers(counts);
            if is_table {
                sink(&[number, state, made, operator, mails, accepted, failed, cancelled, waiting])?;
                continue;
            }
            let (key, why) = (Cell::text_or(job.key.as_deref(), ""), Cell::text_or(job.why.as_deref(), ""));
            let (ended, selection) = (Cell::time_or(job.ended_at, ""), Cell::text(&job.selection));
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

fn numbers(counts: &Counts) -> [Cell<'static>; 6] {
    let skipped = counts.of(MessageState::Skipped);
    let numbers = [
        counts.total() - skipped,
        counts.of(MessageState::Accepted),
        counts.of(MessageState::Failed),
        counts.of(MessageState::Cancelled),
        counts.waiting(),
        skipped,
    ];
    numbers.map(|number| Cell::Number(number.cast_signed()))
}
