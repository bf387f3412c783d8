//! `users send-reset` to a selection: a job.

use crate::actions::jobs::create;
use crate::actions::jobs::create::Audience;
use crate::actions::jobs::create::ConfirmedPlan;
use crate::actions::jobs::create::CreateOutcome;
use crate::actions::jobs::create::CreatedJob;
use crate::actions::jobs::create::JobPlan;
use crate::actions::jobs::create::JobRequest;
use crate::actions::jobs::run;
use crate::actions::jobs::show;
use crate::app::App;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::cli::failure::MailFailure;
use crate::cli::jobs::end_passwords;
use crate::cli::jobs::end_passwords::warn_of_kept;
use crate::cli::jobs::mail_args::MailArgs;
use crate::cli::jobs::retry;
use crate::cli::jobs::run::max_runtime;
use crate::cli::jobs::send;
use crate::cli::jobs::send::Task;
use crate::cli::jobs::summary;
use crate::cli::jobs::summary::counted;
use crate::cli::jobs::summary::grouped;
use crate::cli::jobs::summary::skipped_why;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::prompt;
use crate::cli::value::Value;
use crate::domain::job::JobId;
use crate::domain::job::JobState;
use crate::domain::message::MessageState;
use crate::domain::rate::Rate;
use crate::domain::rate::Rates;
use crate::domain::share::Share;
use crate::domain::text;
use crate::outbox::Mailer;
use crate::outbox::quota::Left;
use crate::store::job_creation::RecipientSelection;
use crate::store::jobs::Job;
use crate::store::jobs::JobSendOptions;

/// How a job is made and sent
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Many users")]
pub struct BulkArgs {
    /// Name of the job: using the same name again continues that job instead of creating a second one; exit code 3 if
    /// it has finished and mails failed
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    /// With `--key`: if the job has finished, retry its failed mails
    #[arg(long, requires = "key")]
    retry_failed: bool,
    /// Abort unless exactly N users would be mailed
    #[arg(long, value_name = "N")]
    expect: Option<u64>,
    /// Maximum number of connections; by default as configured
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    connections: Option<u32>,
    /// Maximum rate, such as `600/min` or `2000/day`; may be given several times; configured rates apply as well
    #[arg(long, value_name = "RATE")]
    rate: Vec<Rate>,
    /// Pause when more than this share of the mails fails, counted from 10 mails on; by default 30% for more than 50
    /// users
    #[arg(long, value_name = "SHARE")]
    max_failures: Option<Share>,
    /// Send this many first, and pause if one of them is not accepted
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    canary: Option<u64>,
    /// Stop starting new mails after this time, such as `50m`
    #[arg(long, value_name = "TIME")]
    max_runtime: Option<String>,
    /// Create the job without sending: `jobs run` sends it
    #[arg(long)]
    queue_only: bool,
    /// Skip confirmation
    #[arg(short, long)]
    yes: bool,
}

impl BulkArgs {
    /// The first of them that was given: they are for jobs alone. `--yes` says nothing about a job; where nothing is asked it does no harm.
    pub fn given(&self) -> Option<&'static str> {
        let given = [
            ("--key", self.key.is_some()),
            ("--retry-failed", self.retry_failed),
            ("--expect", self.expect.is_some()),
            ("--connections", self.connections.is_some()),
            ("--rate", !self.rate.is_empty()),
            ("--max-failures", self.max_failures.is_some()),
            ("--canary", self.canary.is_some()),
            ("--max-runtime", self.max_runtime.is_some()),
            ("--queue-only", self.queue_only),
        ];
        given.into_iter().find_map(|(option, is_given)| is_given.then_some(option))
    }

    fn sending(&self) -> JobSendOptions {
        JobSendOptions {
            connections: self.connections,
            rates: (!self.rate.is_empty()).then(|| self.rate.iter().copied().collect::<Rates>().to_string()),
            max_failures: self.max_failures.map(|share| share.to_string()),
            canary: self.canary,
        }
    }
}

/// Who is to be mailed.
#[derive(Debug)]
pub struct RequestedAudience {
    /// The users.
    pub audience: Audience,
    /// The same in the operator's words.
    pub selection: String,
    /// SHA-256 of the file that names them, in hexadecimal digits.
    pub sha256: Option<String>,
    /// Their passwords and sessions end.
    pub ends_passwords: bool,
}

/// Makes a job and sends it.
///
/// # Errors
/// When the operator may not, is not sure, or as `jobs run`.
pub fn send(
    context: &mut Context,
    app: &App,
    asked: RequestedAudience,
    mail: &MailArgs,
    bulk: &BulkArgs,
    acting: &ActingArgs,
) -> anyhow::Result<()> {
    let runtime = max_runtime(bulk.max_runtime.as_deref())?;
    // Where no mail can be sent, no job is made either.
    let mailer = context.mailer(app)?;
    let wanted = mail.wanted(context)?;
    let RequestedAudience { audience, selection, sha256, ends_passwords } = asked;
    if ends_passwords && !mailer.transport.reaches_people() {
        let words =
            "no passwords were ended: with `[mail] transport = \"file\"` the mails would reach nobody".to_owned();
        return Err(CliError::Configuration(words).into());
    }
    let (key, expect, sending) = (bulk.key.clone(), bulk.expect, bulk.sending());
    let request = JobRequest { audience, selection, sha256, key, expect, wanted, sending, ends_passwords };
    let before = bulk.key.as_deref().map(|key| create::with_key(app, key)).transpose()?.flatten();
    let id = match before {
        Some(job) => go_on(context, app, &job, &request, bulk, acting)?,
        None => create_new(context, app, &request, &mailer, bulk, acting)?,
    };
    let Some(id) = id else { return Ok(()) };
    if bulk.queue_only {
        context.output.say(&format!("Nothing is sent yet: cxme-admin jobs run {id}"));
        return send::write_record(context, app, id);
    }
    let jobs = vec![run::resume(app, id, &acting.change_options())?.id];
    send::go_on(context, app, &Task { max_runtime: runtime, ..Task::of_jobs(jobs, &mailer) })
}

/// Makes the job; `None`: nobody is to be mailed, or it was a trial.
fn create_new(
    context: &mut Context,
    app: &App,
    request: &JobRequest,
    mailer: &Mailer,
    bulk: &BulkArgs,
    acting: &ActingArgs,
) -> anyhow::Result<Option<JobId>> {
    let plan = create::plan(app, request, &acting.change_options())?;
    if request.ends_passwords && plan.mailed() > 0 {
        create::require_room(app, request, plan.mailed(), bulk.queue_only)?;
        create::require_sound_outbox(app, request)?;
    }
    let left = if request.ends_passwords && plan.mailed() > 0 && !bulk.queue_only {
        end_passwords::require_mail(context, app, request, mailer)?.filter(|left| left.count < plan.mailed())
    } else {
        None
    };
    if acting.dry_run {
        print_plan(context, app, request, &plan, left)?;
        return Ok(None);
    }
    // Another cron line with this key may have made the job while this one counted.
    let before = request.key.as_deref().filter(|_| plan.mailed() == 0).map(|key| create::with_key(app, key));
    if let Some(job) = before.transpose()?.flatten() {
        return go_on(context, app, &job, request, bulk, acting);
    }
    if plan.mailed() == 0 {
        say_nobody(context, &plan);
        if request.ends_passwords {
            warn_of_kept(context, plan.skipped_with_password(), "the same with `--dry-run`");
        }
        return Ok(None);
    }
    prompt::confirm(context, bulk.yes, &question(request, &plan, left))?;
    let confirmed = (!bulk.yes).then(|| ConfirmedPlan { mailed: plan.mailed(), passwords: plan.with_password() });
    match create::make(app, request, confirmed, &acting.change_options())? {
        CreateOutcome::New(CreatedJob { id, mailed, ended, kept }) => {
            context.output.say(&format!("Created job {id}: {}.", counted(mailed, "mail")));
            if request.ends_passwords {
                let ended = passwords_and(ended);
                context.output.say(&format!("Ended {ended}the sessions of {}.", counted(mailed, "user")));
                warn_of_kept(context, kept, &format!("cxme-admin jobs recipients {id}"));
                // At a terminal the question has said it.
                if bulk.yes {
                    let by_rate = left.map(|left| end_passwords::words_of(left, mailed));
                    let later = by_rate.into_iter().chain(end_passwords::canary_words(request, mailed));
                    later.for_each(|words| context.output.warn(&words));
                }
            }
            Ok(Some(id))
        }
        CreateOutcome::Before(job) => go_on(context, app, &job, request, bulk, acting),
    }
}

/// Says that nobody is mailed, and why.
fn say_nobody(context: &mut Context, plan: &JobPlan) {
    if plan.skipped() == 0 {
        context.output.say("No users match; no mail was sent.");
        return;
    }
    context.output.say(&format!("No mail sent: {} skipped.", counted(plan.skipped(), "user")));
    for part in plan.parts.iter().filter(|part| part.count > 0) {
        let why = part.skipped.as_deref().unwrap_or_default();
        context.output.say(&format!("  - {}: {why}", counted(part.count, "user")));
    }
}

/// The job that has the key already, if it is to go on.
fn go_on(
    context: &mut Context,
    app: &App,
    job: &Job,
    request: &JobRequest,
    bulk: &BulkArgs,
    acting: &ActingArgs,
) -> anyhow::Result<Option<JobId>> {
    let id = job.id;
    if job.selection != request.selection {
        let words = format!("job {id} with this key is for other users: {}", job.selection);
        return Err(CliError::Data(words).into());
    }
    if request.ends_passwords && job.passwords_ended.is_none() {
        let words = format!("job {id} with this key ended no passwords: give another key");
        return Err(CliError::Data(words).into());
    }
    let step = |words, would_change| {
        let step = PlanStep::new(request.action(), words).if_changed(would_change);
        [step.field("job", Value::Number(id.0)).field("state", Value::text(job.state.word()))]
    };
    match job.state {
        JobState::Finished => {
            let shown = show::find(app, id)?;
            let has_failures = shown.counts.of(MessageState::Failed) > 0;
            if has_failures && bulk.retry_failed {
                let is_any = retry::failed(context, app, id, acting)?;
                return Ok(Some(id).filter(|_| is_any && !acting.dry_run));
            }
            let words = match has_failures {
                true => format!("Job {id} with this key has finished: {}", summary::outcome(&shown)),
                false => format!("Job {id} with this key has finished: cxme-admin jobs show {id}"),
            };
            let words = context.output.pasteable(&words).into_owned();
            if acting.dry_run {
                plan::print(&mut context.output, app.now(), &step(words, false))?;
                return Ok(None);
            }
            send::write_record(context, app, id)?;
            if request.ends_passwords {
                let words =
                    "no passwords were ended now: the job with this key did that; give another key to end them again";
                context.output.warn(words);
            }
            if has_failures {
                let hint = format!(
                    "to try the failed ones again: cxme-admin jobs retry {id}, or the same with `--retry-failed`"
                );
                return Err(CliError::NotSent { fault: MailFailure::Some, words, hint }.into());
            }
            context.output.say(&words);
            Ok(None)
        }
        JobState::Cancelled => {
            let words = format!("job {id} with this key was cancelled: give another key");
            Err(CliError::Data(words).into())
        }
        JobState::Paused => {
            let without =
                summary::without_password(&show::find(app, id)?).map_or(String::new(), |words| format!("; {words}"));
            let why = job.why.as_deref().unwrap_or_default();
            let words = format!("job {id} with this key is paused: {why}{without}");
            let hint = format!("see: cxme-admin jobs show {id}; then: cxme-admin jobs run {id}");
            Err(CliError::NotSent { fault: MailFailure::Some, words, hint }.into())
        }
        JobState::Running if acting.dry_run => {
            let words = format!("Would continue job {id} with this key.");
            plan::print(&mut context.output, app.now(), &step(words, true))?;
            Ok(None)
        }
        JobState::Running => Ok(Some(id)),
    }
}

/// The passwords that end, before what else ends; where there are none, nothing.
fn passwords_and(ended: u64) -> String {
    if ended == 0 { String::new() } else { format!("{} and ", counted(ended, "password")) }
}

fn question(request: &JobRequest, plan: &JobPlan, left: Option<Left>) -> String {
    let skipped = match plan.skipped() {
        0 => String::new(),
        count => {
            let reasons = plan.parts.iter().map(|part| (part.count, part.skipped.as_deref().unwrap_or_default()));
            format!(", and skip {}", skipped_why(count, reasons))
        }
    };
    let mail = format!("mail a link to {}{skipped}", counted(plan.mailed(), "user"));
    if !request.ends_passwords {
        return format!("{}?", text::capitalized(&mail));
    }
    let and = if plan.skipped() == 0 { " and" } else { "," };
    let kept = match plan.skipped_with_password() {
        0 => String::new(),
        1 => ", of whom 1 keeps their password".to_owned(),
        kept => format!(", of whom {} keep their passwords", grouped(kept)),
    };
    let by_rate = left.map(|left| end_passwords::words_of(left, plan.mailed()));
    let by_canary = end_passwords::canary_words(request, plan.mailed());
    let later: Vec<String> = by_rate.into_iter().chain(by_canary).collect();
    let later = if later.is_empty() { String::new() } else { format!(" ({})", later.join("; ")) };
    let end = match plan.with_password() {
        0 => text::capitalized(&mail),
        count => format!("End {} now{and} {mail}", counted(count, "password")),
    };
    format!("{end}{kept}{later}?")
}

/// Prints who would be mailed, and who not and why.
fn print_plan(
    context: &mut Context,
    app: &App,
    request: &JobRequest,
    plan: &JobPlan,
    left: Option<Left>,
) -> anyhow::Result<()> {
    let action = request.action();
    let step = |part: &'_ RecipientSelection| {
        let users = counted(part.count, "user");
        let (words, result) = match &part.skipped {
            None => (format!("Would mail a link to {users}."), "would be mailed"),
            Some(why) => (format!("Would skip {users}: {why}"), "skipped"),
        };
        PlanStep::new(action, words)
            .if_changed(part.skipped.is_none())
            .field("users", Value::count(part.count))
            .field("result", Value::text(result))
            .field("why", part.skipped.clone().map_or(Value::Nothing(""), Value::text))
    };
    let mut steps: Vec<PlanStep<'_>> = plan.parts.iter().map(step).collect();
    if request.ends_passwords && plan.mailed() > 0 {
        let (ended, kept) = (plan.with_password(), plan.skipped_with_password());
        let passwords = passwords_and(ended);
        let mut words = format!("Would end {passwords}the sessions of {}", counted(plan.mailed(), "user"));
        words += &match kept {
            0 => String::new(),
            1 => "; 1 user who is skipped would keep theirs".to_owned(),
            _ => format!("; {} who are skipped would keep theirs", counted(kept, "user")),
        };
        let step = PlanStep::new(action, format!("{words}.")).field("users", Value::count(ended));
        steps.push(step.field("result", Value::text("password would be ended")).field("why", Value::Nothing("")));
    }
    if let Some(left) = left {
        let words = text::capitalized(&end_passwords::words_of(left, plan.mailed()));
        let step = PlanStep::new(action, format!("{words}."))
            .if_changed(false)
            .field("users", Value::count(plan.mailed() - left.count))
            .field("result", Value::text("would wait for their mail"))
            .field("why", Value::text(format!("rate {}", left.rate)));
        steps.push(step);
    }
    if let Some(words) = end_passwords::canary_words(request, plan.mailed()) {
        let canary = request.sending.canary.unwrap_or_default();
        let step = PlanStep::new(action, format!("{}.", text::capitalized(&words)))
            .if_changed(false)
            .field("users", Value::count(plan.mailed() - canary))
            .field("result", Value::text("may wait for their mail"))
            .field("why", Value::text(format!("canary {canary}")));
        steps.push(step);
    }
    if steps.is_empty() {
        steps.push(PlanStep::new(action, "No users match.").if_changed(false).field("users", Value::count(0)));
    }
    plan::print(&mut context.output, app.now(), &steps)
}
