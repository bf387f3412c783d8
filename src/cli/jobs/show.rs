//! `jobs show`.

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

/// Show a job: its progress, pace, and the replies of the relay
///
/// `cxme-admin jobs recipients JOB` lists the result for each user.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// Number of the job
    #[arg(value_name = "JOB")]
    job: i64,
}

const DATA: [Head; 24] = [
    Head { name: "job", title: "" },
    Head { name: "key", title: "" },
    Head { name: "state", title: "" },
    Head { name: "why", title: "" },
    Head { name: "is_sent_now", title: "" },
    Head { name: "operator", title: "" },
    Head { name: "reason", title: "" },
    Head { name: "selection", title: "" },
    Head { name: "created_at", title: "" },
    Head { name: "ended_at", title: "" },
    Head { name: "mails", title: "" },
    Head { name: "accepted", title: "" },
    Head { name: "deferred", title: "" },
    Head { name: "failed", title: "" },
    Head { name: "in_doubt", title: "" },
    Head { name: "cancelled", title: "" },
    Head { name: "waiting", title: "" },
    Head { name: "skipped", title: "" },
    Head { name: "possibly_duplicated", title: "" },
    Head { name: "links_used", title: "" },
    Head { name: "seconds_left", title: "" },
    Head { name: "used_up_rate", title: "" },
    Head { name: "rate_free_at", title: "" },
    Head { name: "passwords_ended", title: "" },
];

/// Runs the command.
///
/// # Errors
/// When there is no such job, or the operator may not see users.
pub fn run(context: &mut Context, args: &ShowArgs) -> anyhow::Result<()> {
    let desk = context.desk(Action::JobsShow)?;
    let rates = &context.config()?.mail.smtp.rates.clone();
    let details = show::show(&desk, JobId(args.job), rates)?;
    if context.output.format == Format::Table {
        return show_details(context, &details, desk.now());
    }
    write_data(context, &details, desk.now())
}

fn write_data(context: &mut Context, details: &Details, now: jiff::Timestamp) -> anyhow::Result<()> {
    let (job, counts) = (&details.shown.job, &details.shown.counts);
    let number = |count: u64| Cell::Number(count.cast_signed());
    let left = details.left.map(|left| number(left.as_secs()));
    let cells = [
        Cell::Number(job.id.0),
        Cell::text_or(job.key.as_deref(), ""),
        Cell::text(job.state.word()),
        Cell::text_or(job.why.as_deref(), ""),
        Cell::Flag(details.is_sent_now),
        Cell::text(&job.operator),
        Cell::text_or(job.reason.as_deref(), ""),
        Cell::text(&job.selection),
        Cell::Time(job.created_at),
        Cell::time_or(job.ended_at, ""),
        number(counts.total() - counts.of(MessageState::Skipped)),
        number(counts.of(MessageState::Accepted)),
        number(counts.of(MessageState::Deferred)),
        number(counts.of(MessageState::Failed)),
        number(counts.of(MessageState::InDoubt)),
        number(counts.of(MessageState::Cancelled)),
        number(counts.waiting()),
        number(counts.of(MessageState::Skipped)),
        number(details.perhaps_twice),
        number(details.used),
        left.unwrap_or(Cell::Nothing("")),
        details.used_up.map_or(Cell::Nothing(""), |used_up| Cell::text(used_up.rate.to_string())),
        Cell::time_or(details.used_up.map(|used_up| used_up.until), ""),
        job.passwords_ended.map_or(Cell::Nothing(""), number),
    ];
    Ok(data::record(&mut context.output, &DATA, &cells, now)?)
}

fn show_details(context: &mut Context, details: &Details, now: jiff::Timestamp) -> anyhow::Result<()> {
    let (job, counts) = (&details.shown.job, &details.shown.counts);
    let state = match (job.state, &job.why) {
        (JobState::Paused, Some(why)) => format!("paused: {why}"),
        (JobState::Running, _) => match &details.used_up {
            Some(used_up) => format!("running: {}", summary::of_used_up(used_up, now)),
            None if details.is_sent_now => job.state.word().to_owned(),
            None => "running, and no process sends it now".to_owned(),
        },
        (state, _) => state.word().to_owned(),
    };
    let (taken, over) = details.pace;
    let pace = if taken == 0 { "none in the last minute".to_owned() } else { format!("{}/s", pace(taken, over)) };
    let left = details.left.map(|left| format!("about {}", SpokenDuration(rounded(left))));
    let twice = match details.perhaps_twice {
        0 => Cell::Nothing(""),
        count => Cell::text(format!("{}, sent again after a crash or a lost connection", summary::grouped(count))),
    };
    let without_password = summary::without_password(&details.shown).map(|words| {
        let words = format!("{words}: {}", summary::remedy(&details.shown));
        context.output.pasteable(&words).into_owned()
    });
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
        (
            head("Passwords ended"),
            job.passwords_ended.map_or(Cell::Nothing(""), |count| Cell::text(summary::grouped(count))),
        ),
        (head("Outcome"), Cell::text(summary::of_counts(counts, &[]))),
        (head("Without password"), without_password.map_or(Cell::Nothing(""), Cell::text)),
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
