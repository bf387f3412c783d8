//! `jobs retry`.

use crate::actions::jobs::create::JobPlan;
use crate::actions::jobs::retry;
use crate::app::App;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::cli::failure::MailFailure;
use crate::cli::jobs::run::max_runtime;
use crate::cli::jobs::send;
use crate::cli::jobs::send::Task;
use crate::cli::jobs::summary::counted;
use crate::cli::jobs::summary::skipped_why;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::job::JobId;

/// Retry the failed mails of a job, or the deferred ones
///
/// Each mail goes to the user's current address, with a new link; only a mail that may have arrived keeps its link
/// while that works. Users who may no longer get a link, or who have since set a password or got a newer link, are
/// skipped. Accepted, cancelled and skipped mails stay as they are. The job runs again, even if it has finished or is
/// paused.
#[derive(Debug, clap::Args)]
pub struct RetryArgs {
    /// Number of the job
    #[arg(value_name = "JOB")]
    job: i64,
    /// Retry the deferred mails now, instead of the failed ones
    #[arg(long)]
    deferred: bool,
    /// Stop starting new mails after this time, such as `50m`
    #[arg(long, value_name = "TIME")]
    max_runtime: Option<String>,
    /// Do not send: `jobs run` does
    #[arg(long)]
    queue_only: bool,
    #[command(flatten)]
    acting: ActingArgs,
}

/// Runs the command.
///
/// # Errors
/// When there is no such job, it was cancelled, nobody can be mailed again, or as `jobs run`.
pub fn run(context: &mut Context, args: &RetryArgs) -> anyhow::Result<()> {
    let max_runtime = max_runtime(args.max_runtime.as_deref())?;
    let app = context.app(Action::JobsRetry)?;
    let id = JobId(args.job);
    // Where no mail can be sent, nothing is queued either.
    let mailer = context.mailer(&app)?;
    let is_any =
        if args.deferred { try_deferred(context, &app, id, args)? } else { failed(context, &app, id, &args.acting)? };
    if args.acting.dry_run {
        return Ok(());
    }
    if args.queue_only || !is_any {
        if is_any {
            context.output.say(&format!("To send now: cxme-admin jobs run {id}"));
        }
        return send::write_record(context, &app, id);
    }
    let task = Task { max_runtime, ..Task::of_jobs(vec![id], &mailer) };
    send::go_on(context, &app, &task)
}

fn try_deferred(context: &mut Context, app: &App, id: JobId, args: &RetryArgs) -> anyhow::Result<bool> {
    let (deferred, queued, waiting) = retry::deferred(app, id, &args.acting.change_options())?;
    let mails = counted(deferred, "deferred mail");
    let none = format!("Job {id}: no mail is deferred.");
    if args.acting.dry_run {
        let words = if deferred > 0 { format!("Would try {mails} of job {id} now.") } else { none };
        let result = if deferred > 0 { "would be tried now" } else { "" };
        let tried = step(id, words, deferred, result, None);
        let steps: Vec<PlanStep<'_>> = [tried].into_iter().chain(step_of_queued(id, queued)).collect();
        plan::print(&mut context.output, app.now(), &steps)?;
    } else if deferred > 0 {
        context.output.say(&format!("Job {id}: trying {mails} now."));
    } else {
        context.output.say(&none);
    }
    Ok(waiting > 0)
}

/// The job sends its mails that wait for their first try as well, also one that was paused.
fn step_of_queued<'a>(id: JobId, queued: u64) -> Option<PlanStep<'a>> {
    let words = format!("Would send {} of job {id}.", counted(queued, "queued mail"));
    (queued > 0).then(|| step(id, words, queued, "would be sent", None))
}

/// Queues the failed mails of a job again, and says so. Returns whether there are any.
///
/// # Errors
/// As the command; when mails failed, and nobody can be mailed again.
pub fn failed(context: &mut Context, app: &App, id: JobId, acting: &ActingArgs) -> anyhow::Result<bool> {
    let (plan, queued) = retry::failed(app, id, &acting.change_options())?;
    if acting.dry_run {
        print_plan(context, app, id, &plan, queued)?;
        return Ok(plan.mailed() > 0);
    }
    if plan.mailed() == 0 && plan.skipped() == 0 {
        context.output.say(&format!("Job {id}: no mail failed."));
        return Ok(false);
    }
    let skipped = match plan.skipped() {
        0 => String::new(),
        count => format!("skipped {}", why(&plan, count)),
    };
    if plan.mailed() == 0 {
        let words = format!("job {id}: no failed mail can be tried again: {skipped}");
        let hint = format!("details: cxme-admin jobs recipients {id}");
        return Err(CliError::NotSent { fault: MailFailure::Some, words, hint }.into());
    }
    let skipped = if skipped.is_empty() { skipped } else { format!("; {skipped}") };
    context.output.say(&format!("Job {id}: trying {} again{skipped}.", counted(plan.mailed(), "failed mail")));
    Ok(true)
}

fn why(plan: &JobPlan, count: u64) -> String {
    skipped_why(count, plan.parts.iter().map(|part| (part.count, part.skipped.as_deref().unwrap_or_default())))
}

fn print_plan(context: &mut Context, app: &App, id: JobId, plan: &JobPlan, queued: u64) -> anyhow::Result<()> {
    let mut steps = Vec::new();
    for part in &plan.parts {
        let mails = counted(part.count, "failed mail");
        let (words, result) = match &part.skipped {
            None => (format!("Would try {mails} of job {id} again."), "would be tried again"),
            Some(why) => (format!("Would skip {mails} of job {id}: {why}"), "skipped"),
        };
        steps.push(step(id, words, part.count, result, part.skipped.as_deref()));
    }
    if steps.is_empty() {
        steps.push(step(id, format!("Job {id}: no mail failed."), 0, "", None));
    }
    // Where nobody gets another mail, the job is left as it is.
    steps.extend(step_of_queued(id, queued).filter(|_| plan.mailed() > 0));
    plan::print(&mut context.output, app.now(), &steps)
}

fn step<'a>(id: JobId, words: String, count: u64, result: &'static str, why: Option<&'a str>) -> PlanStep<'a> {
    PlanStep::new(Action::JobsRetry, words)
        .if_changed(count > 0 && why.is_none())
        .field("job", Value::Number(id.0))
        .field("mails", Value::count(count))
        .field("result", if result.is_empty() { Value::Nothing("") } else { Value::text(result) })
        .field("why", Value::text_or(why, ""))
}
