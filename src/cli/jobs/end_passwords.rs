//! What `users send-reset --end-passwords` asks before it ends passwords, and says of those that it does not end.

use crate::actions::jobs::create;
use crate::actions::jobs::create::JobRequest;
use crate::actions::jobs::create::Obstacles;
use crate::app::ActionError;
use crate::app::App;
use crate::cli::context::Context;
use crate::cli::failure;
use crate::cli::failure::CliError;
use crate::cli::failure::MailFailure;
use crate::cli::jobs::summary;
use crate::cli::jobs::summary::counted;
use crate::cli::mail::fault_of;
use crate::outbox;
use crate::outbox::Mailer;
use crate::outbox::quota::Left;

/// Refuses to end passwords while no mail can leave: nobody could choose another one. Gives how many can leave now where a rate leaves
/// only so many. That is no reason to refuse: a stolen password must not wait for a mail, and the operator is told before.
///
/// # Errors
/// When the relay cannot be used, would refuse all mail or did a short while ago, a rate is used up, or the process may not have what sending
/// needs.
pub(super) fn require_mail(
    context: &mut Context,
    app: &App,
    request: &JobRequest,
    mailer: &Mailer,
) -> anyhow::Result<Option<Left>> {
    let hint = "to end the passwords all the same, and mail when that is possible: the same with `--queue-only`, then `jobs run`";
    let refused = |fault, words: &str| {
        let words = format!("no passwords were ended, because no mail can be sent now: {words}");
        Err(CliError::NotSent { fault, words, hint: hint.to_owned() }.into())
    };
    let rates = context.config()?.mail.smtp.rates.clone();
    let Obstacles { hold, used_up, left } = create::obstacles(app, request, &rates)?;
    if let Some(hold) = hold {
        let did = if hold.is_for_doubts() { "left all mail in doubt" } else { "refused all mail" };
        return refused(MailFailure::Later, &format!("the relay {did} a short while ago: {}", hold.words()));
    }
    if let Some(used_up) = used_up {
        return refused(MailFailure::Later, &summary::of_used_up(&used_up, app.now()));
    }
    let connections = match request.sending.connections {
        Some(connections) => usize::try_from(connections)?,
        None => app.send_options().connections,
    };
    if let Err(error) = outbox::resources::require(&mailer.transport, connections) {
        let error = ActionError::from(error);
        let told = failure::hint_of(&error).unwrap_or_default();
        let raise = told.trim_end_matches(", then: cxme-admin jobs run");
        let words = format!("no passwords were ended: {error}");
        let hint = format!("{raise}, and run the command again");
        return Err(CliError::Broken { code: failure::code_of(&error), is_shortage: true, words, hint }.into());
    }
    let samples = create::samples(app, request)?;
    match outbox::probe(mailer, &samples, app.now()) {
        Ok(()) => Ok(left),
        Err(transport_error) => refused(fault_of(&transport_error), &transport_error.message),
    }
}

/// Says that a rate leaves fewer mails than there are.
pub(super) fn words_of(left: Left, mailed: u64) -> String {
    let Left { count, rate } = left;
    let now = counted(count, "mail");
    let waiting = counted(mailed - count, "user");
    let wait = if mailed - count == 1 { "waits" } else { "wait" };
    format!("the rate {rate} leaves {now} now; {waiting} {wait} for theirs without a password")
}

/// Says that the job may pause after the first mails, while all passwords have ended; `None`: it cannot.
pub(super) fn canary_words(request: &JobRequest, mailed: u64) -> Option<String> {
    let canary = request.sending.canary.filter(|canary| request.ends_passwords && *canary < mailed)?;
    let first =
        if canary == 1 { "the first mail".to_owned() } else { format!("one of the first {}", counted(canary, "mail")) };
    let waiting = counted(mailed - canary, "user");
    let wait = if mailed - canary == 1 { "waits" } else { "wait" };
    Some(format!("the job pauses if {first} is not accepted; then {waiting} {wait} for theirs without a password"))
}

/// Warns of passwords that still work, in cron too: after a breach somebody has to look at each.
pub(super) fn warn_of_kept(context: &mut Context, kept: u64, look: &str) {
    let who = match kept {
        0 => return,
        1 => "1 user who is skipped keeps their password".to_owned(),
        kept => format!("{} who are skipped keep their passwords", counted(kept, "user")),
    };
    context.output.warn(&format!("{who}; see why: {look}"));
}
