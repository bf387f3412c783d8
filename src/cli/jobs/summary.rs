//! What is said of a job: one line, the whole record, what became of a run.

use jiff::Timestamp;

use crate::actions::jobs::show::JobStatus;
use crate::cli::value;
use crate::domain::job::JobState;
use crate::domain::message::MessageState;
use crate::domain::text;
use crate::outbox::SendReport;
use crate::outbox::Skipped;
use crate::outbox::quota::UsedUp;
use crate::store::job_counts::Counts;
use crate::store::jobs::RecipientOutcome;

pub use crate::domain::text::counted;

/// The states in the order in which they are told.
const TOLD: [MessageState; 8] = [
    MessageState::Accepted,
    MessageState::Deferred,
    MessageState::Failed,
    MessageState::Bounced,
    MessageState::InDoubt,
    MessageState::Queued,
    MessageState::Sending,
    MessageState::Cancelled,
];

/// How many reasons why users are skipped are told in one line.
const MOST_REASONS: usize = 3;

/// A job in one line.
pub fn line(shown: &JobStatus) -> String {
    let JobStatus { job, .. } = shown;
    let state = match (&job.state, &job.why) {
        (JobState::Paused, Some(why)) => format!("paused ({why})"),
        (state, _) => state.word().to_owned(),
    };
    format!("Job {}, {state}: {}", job.id, outcome(shown))
}

/// How many mails a job has, and what became of them.
pub fn outcome(shown: &JobStatus) -> String {
    let JobStatus { counts, skipped, .. } = shown;
    let mails = counts.mails();
    let without = without_password(shown).map_or(String::new(), |words| format!("; {words}"));
    format!("{}: {}{without}", counted(mails, "mail"), of_counts(counts, skipped))
}

/// Says how many users cannot log in: the job ended their passwords, and they have no link with which to choose another.
pub fn without_password(shown: &JobStatus) -> Option<String> {
    words_without_password(shown.without_password.users)
}

/// The same of so many users.
pub fn words_without_password(users: u64) -> Option<String> {
    match users {
        0 => None,
        1 => Some("1 user has no password and no working link".to_owned()),
        count => Some(format!("{} have no password and no working link", counted(count, "user"))),
    }
}

/// What a change that ends links says of them before it is done, in front of its question or behind its plan.
pub fn would_be_without_password(users: u64) -> Option<String> {
    match users {
        0 => None,
        1 => Some("1 user has no password and would have no working link.".to_owned()),
        count => Some(format!("{} have no password and would have no working link.", counted(count, "user"))),
    }
}

/// The same afterwards, with the command that mails them.
pub fn are_without_password(users: u64) -> Option<String> {
    words_without_password(users).map(|words| format!("{words}; to mail them: {SEND_AGAIN}"))
}

/// The command that mails those users.
pub fn remedy(shown: &JobStatus) -> String {
    let (id, without) = (shown.job.id, shown.without_password);
    match shown.job.state {
        JobState::Running | JobState::Paused if without.waiting > 0 => format!("cxme-admin jobs run {id}"),
        JobState::Running | JobState::Paused | JobState::Finished if without.failed == without.users => {
            format!("cxme-admin jobs retry {id}")
        }
        // What was cancelled, and a link that was revoked or has expired, is not tried again.
        _ => SEND_AGAIN.to_owned(),
    }
}

/// Mails a link to everybody who has no password.
pub const SEND_AGAIN: &str = "cxme-admin users send-reset --no-password";

/// So many users who are skipped, and why: "3 (2 locked, 1 SAML)".
pub fn skipped_why<'a>(total: u64, reasons: impl Iterator<Item = (u64, &'a str)>) -> String {
    let reasons: Vec<(u64, &str)> = reasons.filter(|(_, why)| !why.is_empty()).collect();
    let told = reasons.iter().take(MOST_REASONS);
    let mut words: Vec<String> = told.clone().map(|(count, why)| format!("{} {why}", grouped(*count))).collect();
    let others = total.saturating_sub(told.map(|(count, _)| count).sum());
    if !words.is_empty() && others > 0 {
        words.push(format!("{} for other reasons", grouped(others)));
    }
    let why = if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) };
    format!("{}{why}", grouped(total))
}

/// The counts of a job that are not zero, and why users were skipped where `reasons` say it.
pub fn of_counts(counts: &Counts, reasons: &[RecipientOutcome]) -> String {
    let skipped = counts.of(MessageState::Skipped);
    let mut told: Vec<String> = TOLD
        .iter()
        .map(|state| (counts.of(*state), state.word()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{} {word}", grouped(count)))
        .collect();
    if counts.unknown > 0 {
        told.push(format!("{} in an unknown state", grouped(counts.unknown)));
    }
    if told.is_empty() {
        told.push("none".to_owned());
    }
    let skipped = match skipped {
        0 => String::new(),
        count => {
            let reasons = reasons.iter().map(|outcome| (outcome.count, outcome.reply.as_str()));
            format!("; skipped {}", skipped_why(count, reasons))
        }
    };
    format!("{}{skipped}", told.join(", "))
}

/// What was skipped because it is damaged, with the first fault; `None`: nothing.
pub fn of_skipped(jobs: &Skipped, mails: &Skipped) -> Option<String> {
    let first = jobs.first.as_ref().or(mails.first.as_ref())?;
    let counts = [(jobs.count, "job"), (mails.count, "mail")].into_iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, noun)| counted(count, noun)).collect();
    Some(format!("skipped {}, the store is damaged: {first}", counts.join(" and ")))
}

/// What keeps mail from leaving, and for how long.
pub fn of_used_up(used_up: &UsedUp, now: Timestamp) -> String {
    format!("{used_up}; the next mail may leave {}", value::relative(used_up.until, now))
}

/// One report of several.
pub fn sum(reports: &[SendReport]) -> SendReport {
    let mut sum = SendReport::default();
    for report in reports {
        sum.accepted += report.accepted;
        sum.deferred += report.deferred;
        sum.failed += report.failed;
        sum.first_failed = sum.first_failed.or(report.first_failed);
        sum.in_doubt += report.in_doubt;
        sum.cancelled += report.cancelled;
        sum.skipped.add_all(&report.skipped);
        sum.bug |= report.bug;
        sum.is_over_one |= report.is_over_one;
        sum.transport_error = sum.transport_error.or_else(|| report.transport_error.clone());
        // The last one ended the run; a pause before it is told by the job.
        sum.stop_reason = report.stop_reason.or(sum.stop_reason);
    }
    sum
}

/// The numbers of the first mail that failed, for the log: ` (first failed: message 12 of job 3)`; or nothing.
pub fn first_failed(report: &SendReport) -> String {
    match report.first_failed {
        None => String::new(),
        Some((message, None)) => format!(" (first failed: message {})", message.0),
        Some((message, Some(job))) => format!(" (first failed: message {} of job {job})", message.0),
    }
}

/// A number with a comma between thousands.
pub fn grouped(number: u64) -> String {
    text::grouped(number, ',')
}
