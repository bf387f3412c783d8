//! Sends what there is to send, shows how far it is, and says what came of it: for `jobs run`, and for whoever makes a job.

use std::sync::Arc;
use std::sync::atomic::AtomicI32;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use crate::actions::Desk;
use crate::actions::jobs::run;
use crate::actions::jobs::run::Ran;
use crate::actions::jobs::run::Resumed;
use crate::actions::jobs::show;
use crate::cli::context::Context;
use crate::cli::failure::Complaint;
use crate::cli::failure::MailFault;
use crate::cli::jobs::progress::Progress;
use crate::cli::jobs::summary;
use crate::cli::mail::fault_of;
use crate::domain::job::JobId;
use crate::domain::job::JobState;
use crate::domain::message::MessageState;
use crate::domain::refusal::Refusal;
use crate::outbox::Halt;
use crate::outbox::Order;
use crate::outbox::Post;
use crate::outbox::Report;
use crate::outbox::StopSignal;

/// What is to be sent.
#[derive(Debug)]
pub struct Task<'a> {
    /// The messages of no job.
    pub single: bool,
    /// Jobs, one after the other.
    pub jobs: Vec<Resumed>,
    /// A job was named: that another process has it is an error.
    pub is_named: bool,
    /// How long messages may be begun.
    pub max_runtime: Option<Duration>,
    /// What sending takes.
    pub post: &'a Post,
}

/// What was sent, by whom it was asked for.
#[derive(Debug, Default)]
struct Sent {
    reports: Vec<Report>,
    elsewhere: usize,
}

/// Sends, and says what came of it.
///
/// # Errors
/// When the relay cannot be used, a mail was refused, a job was paused or has work left, or somebody asked it to stop.
pub fn go_on(context: &mut Context, desk: &Desk, task: &Task<'_>) -> anyhow::Result<()> {
    let stop = Arc::new(StopSignal::default());
    let signal = Arc::new(AtomicI32::new(0));
    let (asked, noted) = (Arc::clone(&stop), Arc::clone(&signal));
    context.process.on_stop_request(move |signal| {
        noted.store(signal, Ordering::Relaxed);
        asked.ask();
    })?;
    let patience = context.config()?.mail.smtp.patience;
    let begin_until = task.max_runtime.map(|time| Instant::now() + time);
    let order = Order { patience, begin_until, stop: Some(stop), ..context.order()? };
    let sent = send(context, desk, task, &order)?;
    let report = summary::sum(&sent.reports);
    if sent.reports.is_empty() && sent.elsewhere > 0 {
        return match task.jobs.first().filter(|_| task.is_named) {
            Some(resumed) => Err(crate::actions::ActionError::Refused(Refusal::JobRuns(resumed.job.id)).into()),
            None => {
                context.output.say("Another process is sending what is due.");
                Ok(())
            }
        };
    }
    let job = task.jobs.first().map(|resumed| resumed.job.id).filter(|_| task.is_named);
    let words = match job {
        Some(id) => {
            let shown = show::show(desk, id)?.shown;
            summary::line(&shown.job, &shown.counts)
        }
        None => summary::of_report(&report),
    };
    tell(context, desk, task, &report, words, signal.load(Ordering::Relaxed))
}

fn send(context: &mut Context, desk: &Desk, task: &Task<'_>, order: &Order) -> anyhow::Result<Sent> {
    let mut sent = Sent::default();
    let single = task.single.then_some(None);
    for part in single.into_iter().chain(task.jobs.iter().map(Some)) {
        let mut bar: Option<Progress> = None;
        let output = &mut context.output;
        let observer = &mut |_: Option<JobId>, total: u64, progress: &crate::outbox::Progress<'_>| {
            if bar.is_none() && total > 0 {
                bar = Progress::begin(output, total);
            }
            if let Some(bar) = &bar {
                bar.show(output, progress);
            }
        };
        let ran = match part {
            None => run::run_single(desk, task.post, order, observer),
            Some(resumed) => run::run_job(desk, task.post, resumed, order, observer),
        };
        if let Some(bar) = bar {
            bar.end(&mut context.output);
        }
        match ran? {
            Ran::Elsewhere => sent.elsewhere += 1,
            Ran::Sent(report) => {
                let is_over = matches!(report.halt, Some(Halt::Trouble | Halt::OutOfTime | Halt::Stopped));
                sent.reports.push(report);
                if is_over {
                    break;
                }
            }
        }
    }
    Ok(sent)
}

fn tell(
    context: &mut Context,
    desk: &Desk,
    task: &Task<'_>,
    report: &Report,
    words: String,
    signal: i32,
) -> anyhow::Result<()> {
    let go_on = || "what was not sent waits: cxme-admin jobs run".to_owned();
    let not_sent = |fault, words, hint| Err(Complaint::NotSent { fault, words, hint }.into());
    if report.bug {
        return not_sent(MailFault::Bug, words, "this is a bug: please report it".to_owned());
    }
    match report.halt {
        Some(Halt::Stopped) => {
            return Err(Complaint::Stopped { signal, words: format!("stopped; {words}"), hint: go_on() }.into());
        }
        Some(Halt::OutOfTime) => return not_sent(MailFault::Later, format!("out of time; {words}"), go_on()),
        _ => {}
    }
    if let Some(trouble) = &report.trouble {
        return not_sent(fault_of(trouble), format!("{}; {words}", trouble.words), go_on());
    }
    let mut is_left = false;
    for resumed in &task.jobs {
        let id = resumed.job.id;
        let shown = show::show(desk, id)?.shown;
        if shown.job.state == JobState::Paused {
            let words = summary::line(&shown.job, &shown.counts);
            return not_sent(
                MailFault::Some,
                words,
                format!("look: cxme-admin jobs show {id}; then: cxme-admin jobs run {id}"),
            );
        }
        is_left |= shown.counts.waiting() > 0;
        if task.is_named && !is_left && shown.counts.of(MessageState::Failed) > 0 {
            return not_sent(MailFault::Some, words, format!("who and why: cxme-admin jobs show {id} -o csv"));
        }
    }
    if task.is_named && is_left {
        return not_sent(MailFault::Later, words, go_on());
    }
    if report.failed > 0 {
        let hint = match task.jobs.first() {
            Some(resumed) => format!("who and why: cxme-admin jobs show {}", resumed.job.id),
            None => "who and why: cxme-admin resets list -o csv".to_owned(),
        };
        return not_sent(MailFault::Some, words, hint);
    }
    context.output.say(&format!("{words}."));
    Ok(())
}
