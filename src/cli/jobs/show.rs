//! `jobs show`.

use crate::actions::ActionError;
use crate::actions::jobs::show;
use crate::actions::jobs::show::Details;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::data::Cell;
use crate::cli::data::Head;
use crate::cli::jobs::summary;
use crate::cli::output::Format;
use crate::domain::action::Action;
use crate::domain::duration::SpokenDuration;
use crate::domain::job::JobId;
use crate::domain::job::JobState;
use crate::domain::message::MessageState;
use crate::domain::text;
use crate::store::messages::Message;

/// Show how far a job is, and what became of each of its mails
///
/// The table has the counts, the pace and the answers of the relay; CSV, JSON and NDJSON have a row for each user that the
/// job meant, with the server's own words: `cxme-admin jobs show 17 -o csv`
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// The number of the job
    #[arg(value_name = "JOB")]
    job: i64,
}

const DATA: [Head; 16] = [
    Head { name: "user", title: "" },
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
pub fn run(context: &mut Context, args: &ShowArgs) -> anyhow::Result<()> {
    let desk = context.desk(Action::JobsShow)?;
    let id = JobId(args.job);
    if context.output.format == Format::Table {
        let details = show::show(&desk, id)?;
        return show_details(context, &details, desk.now());
    }
    // What is not there has no heading either.
    show::find(&desk, id)?;
    Ok(data::records::<ActionError>(&mut context.output, &DATA, desk.now(), |sink| {
        show::each_message(&desk, id, &mut |message| Ok(sink(&cells(&message))?))
    })?)
}

fn cells(message: &Message) -> [Cell<'_>; 16] {
    let link = message.link.as_ref();
    let waits = !message.state.has_ended();
    [
        Cell::text_or(message.username.as_deref(), ""),
        Cell::text(&message.address),
        Cell::text(message.kind.word()),
        Cell::text(message.state.word()),
        Cell::text_or(message.reply.as_deref(), ""),
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

fn show_details(context: &mut Context, details: &Details, now: jiff::Timestamp) -> anyhow::Result<()> {
    let (job, counts) = (&details.shown.job, &details.shown.counts);
    let state = match (job.state, &job.why) {
        (JobState::Paused, Some(why)) => format!("paused: {why}"),
        (JobState::Running, _) if !details.is_sent_now => "running, and no process sends it now".to_owned(),
        (state, _) => state.word().to_owned(),
    };
    let (taken, over) = details.pace;
    let pace = if taken == 0 { "none in the last minute".to_owned() } else { format!("{}/s", pace(taken, over)) };
    let left = details.left.map(|left| format!("about {}", SpokenDuration(rounded(left))));
    let twice = match details.perhaps_twice {
        0 => Cell::Nothing(""),
        count => Cell::text(format!("{}, sent again after a crash or a lost connection", summary::grouped(count))),
    };
    let head = |title| Head { name: "", title };
    let is_over = job.state.has_ended();
    let rows = [
        (head("Job"), Cell::Number(job.id.0)),
        (head("State"), Cell::text(state)),
        (head("Key"), Cell::text_or(job.key.as_deref(), "")),
        (head("Users"), Cell::text(&job.selection)),
        (head("Asked by"), Cell::text(&job.operator)),
        (head("Reason"), Cell::text_or(job.reason.as_deref(), "")),
        (head("Made"), Cell::Time(job.created_at)),
        (head("Ended"), Cell::time_or(job.ended_at, "")),
        (head("Mails"), Cell::text(summary::grouped(counts.total() - counts.of(MessageState::Skipped)))),
        (head("Outcome"), Cell::text(summary::of_counts(counts))),
        (head("Perhaps twice"), twice),
        (head("Links used"), Cell::text(summary::grouped(details.used))),
        (head("Pace"), if is_over { Cell::Nothing("") } else { Cell::text(pace) }),
        (head("Time left"), left.filter(|_| !is_over).map_or(Cell::Nothing(""), Cell::text)),
    ];
    let (heads, cells): (Vec<Head>, Vec<Cell<'_>>) =
        rows.into_iter().filter(|(_, cell)| *cell != Cell::Nothing("")).unzip();
    data::record(&mut context.output, &heads, &cells, now)?;
    if !details.outcomes.is_empty() {
        context.output.line("")?;
    }
    for outcome in &details.outcomes {
        let count = summary::grouped(outcome.count);
        context.output.line(&format!("{count:>9}  {}: {}", outcome.state, text::visible(&outcome.reply)))?;
    }
    Ok(())
}

fn pace(taken: u64, over: u64) -> String {
    let tenths = taken * 10 / over.max(1);
    if tenths >= 100 { summary::grouped(tenths / 10) } else { format!("{}.{}", tenths / 10, tenths % 10) }
}

/// To whole minutes, so that it can be said.
fn rounded(time: std::time::Duration) -> std::time::Duration {
    let minutes = time.as_secs().div_ceil(60);
    let hours = minutes.div_ceil(60);
    std::time::Duration::from_secs(if minutes > 120 { hours * 3_600 } else { minutes * 60 })
}
