//! `jobs show`.

use crate::actions::jobs::show;
use crate::actions::jobs::show::JobDetails;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::jobs::columns;
use crate::cli::jobs::summary;
use crate::cli::output::Format;
use crate::cli::value::Heading;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::duration::DurationInWords;
use crate::domain::job::JobId;
use crate::domain::job::JobState;
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

/// Runs the command.
///
/// # Errors
/// When there is no such job, or the operator may not see users.
pub fn run(context: &mut Context, args: &ShowArgs) -> anyhow::Result<()> {
    let app = context.app(Action::JobsShow)?;
    let rates = &context.config()?.mail.smtp.rates.clone();
    let details = show::show(&app, JobId(args.job), rates)?;
    if context.output.format == Format::Table {
        return show_details(context, &details, app.now());
    }
    write_data(context, &details, app.now())
}

fn write_data(context: &mut Context, details: &JobDetails, now: jiff::Timestamp) -> anyhow::Result<()> {
    let status = &details.shown;
    let named = |name| Heading { name, title: "" };
    let left = details.left.map(|left| Value::count(left.as_secs()));
    let used_up = details.used_up.as_ref();
    let (headings, cells): (Vec<_>, Vec<_>) = [
        columns::JOB.of(status),
        columns::KEY.of(status),
        columns::STATE.of(status),
        columns::WHY.of(status),
        (named("is_sent_now"), Value::Flag(details.is_sent_now)),
        columns::OPERATOR.of(status),
        columns::REASON.of(status),
        columns::SELECTION.of(status),
        columns::CREATED_AT.of(status),
        columns::ENDED_AT.of(status),
        columns::MAILS.of(status),
        columns::ACCEPTED.of(status),
        columns::DEFERRED.of(status),
        columns::FAILED.of(status),
        columns::BOUNCED.of(status),
        columns::IN_DOUBT.of(status),
        columns::CANCELLED.of(status),
        columns::WAITING.of(status),
        columns::SKIPPED.of(status),
        (named("possibly_duplicated"), Value::count(details.perhaps_twice)),
        (named("links_used"), Value::count(details.used)),
        (named("seconds_left"), left.unwrap_or(Value::Nothing(""))),
        (named("used_up_rate"), used_up.map_or(Value::Nothing(""), |used_up| Value::text(used_up.rate.to_string()))),
        (named("rate_free_at"), Value::time_or(used_up.map(|used_up| used_up.until), "")),
        (named("passwords_ended"), status.job.passwords_ended.map_or(Value::Nothing(""), Value::count)),
    ]
    .into_iter()
    .unzip();
    Ok(data::record(&mut context.output, &headings, &cells, now)?)
}

fn show_details(context: &mut Context, details: &JobDetails, now: jiff::Timestamp) -> anyhow::Result<()> {
    let (job, counts) = (&details.shown.job, &details.shown.counts);
    let state = match (job.state, &job.why) {
        (JobState::Paused, Some(why)) => format!("paused: {why}"),
        (JobState::Running, _) => match &details.used_up {
            Some(used_up) => format!("running: {}", summary::of_used_up(used_up, now)),
            None if details.is_sent_now => job.state.word().to_owned(),
            None => "unfinished; no process is sending it".to_owned(),
        },
        (state, _) => state.word().to_owned(),
    };
    let (taken, over) = details.pace;
    let pace = if taken == 0 { "none in the last minute".to_owned() } else { format!("{}/s", pace(taken, over)) };
    let left = details.left.map(|left| format!("about {}", DurationInWords(rounded(left))));
    let twice = match details.perhaps_twice {
        0 => Value::Nothing(""),
        count => Value::text(format!("{}, sent again after a crash or a lost connection", summary::grouped(count))),
    };
    let without_password = summary::without_password(&details.shown).map(|words| {
        let words = format!("{words}: {}", summary::remedy(&details.shown));
        context.output.pasteable(&words).into_owned()
    });
    let head = |title| Heading { name: "", title };
    let is_over = job.state.has_ended();
    let rows = [
        (head("Job"), Value::Number(job.id.0)),
        (head("State"), Value::text(state)),
        (head("Key"), Value::text_or(job.key.as_deref(), "")),
        (head("Users"), Value::text(&job.selection)),
        (head("Requested by"), Value::text(&job.operator)),
        (head("Reason"), Value::text_or(job.reason.as_deref(), "")),
        (head("Created"), Value::Time(job.created_at)),
        (head("Ended"), Value::time_or(job.ended_at, "")),
        (head("Mails"), Value::text(summary::grouped(counts.mails()))),
        (
            head("Passwords ended"),
            job.passwords_ended.map_or(Value::Nothing(""), |count| Value::text(summary::grouped(count))),
        ),
        (head("Outcome"), Value::text(summary::of_counts(counts, &[]))),
        (head("Without password"), without_password.map_or(Value::Nothing(""), Value::text)),
        (head("Possibly duplicated"), twice),
        (head("Links used"), Value::text(summary::grouped(details.used))),
        (head("Pace"), if is_over { Value::Nothing("") } else { Value::text(pace) }),
        (head("Time left"), left.filter(|_| !is_over).map_or(Value::Nothing(""), Value::text)),
    ];
    data::fields(&mut context.output, rows, now)?;
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
