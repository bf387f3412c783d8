//! `jobs run`.

use crate::actions::outbox;
use crate::actions::outbox::Ran;
use crate::cli::context::Context;
use crate::cli::failure::Complaint;
use crate::cli::failure::MailFault;
use crate::cli::mail::fault_of;
use crate::outbox::Order;
use crate::outbox::Report;
use crate::store::outbox::Scope;

/// Send what is due: queued, deferred, or in doubt after a crash
///
/// For cron, each minute: it says nothing while all is well, and ends at once while another one runs.
#[derive(Debug, clap::Args)]
pub struct RunArgs {}

/// Runs the command.
///
/// # Errors
/// When the relay cannot be used, a mail was refused, or the operator may not.
pub fn run(context: &mut Context, _args: &RunArgs) -> anyhow::Result<()> {
    let desk = context.desk()?;
    if !outbox::is_anything_due(&desk)? {
        context.output.say("Nothing is due.");
        return Ok(());
    }
    let post = context.post(&desk)?;
    let patience = context.config()?.mail.smtp.patience;
    let order = Order { scope: Scope::Everything, patience, ..context.order()? };
    match outbox::run_due(&desk, Some(&post), &order)? {
        Ran::NothingDue => context.output.say("Nothing is due."),
        Ran::Elsewhere => context.output.say("Another `jobs run` is sending now."),
        Ran::Sent(report) => return tell(context, &report),
    }
    Ok(())
}

fn tell(context: &mut Context, report: &Report) -> anyhow::Result<()> {
    let words = summary(report);
    if let Some(trouble) = &report.trouble {
        let words = format!("{}; {words}", trouble.words);
        let hint = "what was not sent waits: cxme-admin mail queue".to_owned();
        return Err(Complaint::NotSent { fault: fault_of(trouble), words, hint }.into());
    }
    if report.bug || report.failed > 0 {
        let fault = if report.bug { MailFault::Bug } else { MailFault::Some };
        let hint = "who and why: cxme-admin resets list -o csv".to_owned();
        return Err(Complaint::NotSent { fault, words, hint }.into());
    }
    context.output.say(&format!("{words}."));
    Ok(())
}

/// The counts that are not zero.
fn summary(report: &Report) -> String {
    let counts = [
        (report.accepted, "sent"),
        (report.deferred, "deferred"),
        (report.failed, "refused or given up"),
        (report.in_doubt, "in doubt"),
        (report.cancelled, "called off"),
    ];
    let told: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if told.is_empty() { "no mail was sent".to_owned() } else { told.join(", ") }
}
