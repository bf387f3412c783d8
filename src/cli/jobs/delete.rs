//! `jobs delete`.

use crate::actions::jobs::delete;
use crate::actions::jobs::delete::DeleteScope;
use crate::actions::jobs::delete::DeletedRecords;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::cli::jobs::summary;
use crate::cli::jobs::summary::counted;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::prompt;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::duration::parse_duration;
use crate::domain::job::JobId;

/// Delete the records of a finished job, or all old records
///
/// Asks for confirmation. Links in the deleted mails stop working; events are kept. `--older-than` also deletes single
/// mails that ended before that time.
#[derive(Debug, clap::Args)]
pub struct DeleteArgs {
    /// Number of the job
    #[arg(value_name = "JOB", required_unless_present = "older_than", conflicts_with = "older_than")]
    job: Option<i64>,
    /// Records that ended longer ago than this, such as `365d`
    #[arg(long, value_name = "AGE")]
    older_than: Option<String>,
    /// Skip confirmation
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    acting: ActingArgs,
}

/// Runs the command.
///
/// # Errors
/// When there is no such job, it has not ended, or the operator may not run jobs.
pub fn run(context: &mut Context, args: &DeleteArgs) -> anyhow::Result<()> {
    let old = match (&args.job, &args.older_than) {
        (Some(number), _) => DeleteScope::Job(JobId(*number)),
        (None, age) => {
            let usage = |words: String| CliError::Usage { words: format!("--older-than: {words}"), hint: None };
            let age = parse_duration(age.as_deref().unwrap_or_default()).map_err(|error| usage(error.to_string()))?;
            DeleteScope::OlderThan(age)
        }
    };
    let app = context.app(Action::JobsDelete)?;
    let found = delete::look(&app, old)?;
    let is_nothing = found.messages == 0 && found.jobs.is_empty();
    if args.acting.dry_run {
        let would = [
            Some(format!("Would delete {}.", words(&found, "and with them "))),
            without_password(&found),
            skipped(&found),
        ];
        let would = would.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let step = PlanStep::new(Action::JobsDelete, would)
            .if_changed(!is_nothing)
            .field("jobs", Value::count(found.jobs.len() as u64))
            .field("mails", Value::count(found.messages))
            .field("links", Value::count(found.links))
            .field("without_password", Value::count(found.without_password))
            .field("skipped_jobs", Value::count(found.skipped))
            .field("skipped_mails", Value::count(found.skipped_messages));
        return plan::print(&mut context.output, app.now(), &[step]);
    }
    if !is_nothing {
        let before = without_password(&found).map(|words| format!("{words} ")).unwrap_or_default();
        let question = format!("{before}Delete {} permanently?", words(&found, "and end "));
        prompt::confirm(context, args.yes, &question)?;
        delete::delete(&app, old, &args.acting.change_options())?;
    }
    context.output.say(&format!("Deleted {}.", words(&found, "and with them ")));
    if let Some(words) = summary::are_without_password(found.without_password) {
        context.output.warn(&words);
    }
    if let Some(words) = skipped(&found) {
        context.output.warn(&words);
    }
    Ok(())
}

fn without_password(found: &DeletedRecords) -> Option<String> {
    summary::would_be_without_password(found.without_password)
}

/// What stays although it is old: nobody may believe that everything was deleted.
fn skipped(found: &DeletedRecords) -> Option<String> {
    let DeletedRecords { skipped, skipped_messages, .. } = *found;
    (skipped + skipped_messages > 0).then(|| {
        let (jobs, mails) = (counted(skipped, "job"), counted(skipped_messages, "mail"));
        format!("Skipped {jobs} and {mails} to users you may not act on.")
    })
}

fn words(deleted: &DeletedRecords, and: &str) -> String {
    let links =
        if deleted.links > 0 { format!(", {and}{}", counted(deleted.links, "open link")) } else { String::new() };
    format!("{}, {}{links}", counted(deleted.jobs.len() as u64, "job"), counted(deleted.messages, "mail"))
}
