//! What is said of a job: one line, the whole record, what became of a run.

use crate::domain::job::JobState;
use crate::domain::message::MessageState;
use crate::outbox::Report;
use crate::store::jobs::Counts;
use crate::store::jobs::Job;

/// The states in the order in which they are told.
const TOLD: [MessageState; 7] = [
    MessageState::Accepted,
    MessageState::Deferred,
    MessageState::Failed,
    MessageState::InDoubt,
    MessageState::Queued,
    MessageState::Sending,
    MessageState::Cancelled,
];

/// A job in one line.
pub fn line(job: &Job, counts: &Counts) -> String {
    let state = match (&job.state, &job.why) {
        (JobState::Paused, Some(why)) => format!("paused ({why})"),
        (state, _) => state.word().to_owned(),
    };
    let mails = counts.total() - counts.of(MessageState::Skipped);
    format!("Job {}, {state}: {}: {}", job.id, counted(mails, "mail"), of_counts(counts))
}

/// The counts of a job that are not zero.
pub fn of_counts(counts: &Counts) -> String {
    let skipped = counts.of(MessageState::Skipped);
    let mut told: Vec<String> = TOLD
        .iter()
        .map(|state| (counts.of(*state), state.word()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{} {word}", grouped(count)))
        .collect();
    if told.is_empty() {
        told.push("none".to_owned());
    }
    let skipped = if skipped > 0 { format!("; {} skipped", grouped(skipped)) } else { String::new() };
    format!("{}{skipped}", told.join(", "))
}

/// What a run came to: the counts that are not zero.
pub fn of_report(report: &Report) -> String {
    let counts = [
        (report.accepted, "accepted"),
        (report.deferred, "deferred"),
        (report.failed, "failed"),
        (report.in_doubt, "in doubt"),
        (report.cancelled, "cancelled"),
    ];
    let told: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{} {word}", grouped(*count)))
        .collect();
    if told.is_empty() { "no mail was sent".to_owned() } else { told.join(", ") }
}

/// One report of several.
pub fn sum(reports: &[Report]) -> Report {
    let mut sum = Report::default();
    for report in reports {
        sum.accepted += report.accepted;
        sum.deferred += report.deferred;
        sum.failed += report.failed;
        sum.in_doubt += report.in_doubt;
        sum.cancelled += report.cancelled;
        sum.bug |= report.bug;
        sum.is_over_one |= report.is_over_one;
        sum.trouble = sum.trouble.or_else(|| report.trouble.clone());
        // The last one ended the run; a pause before it is told by the job.
        sum.halt = report.halt.or(sum.halt);
    }
    sum
}

/// "1 mail", "2,000 mails".
pub fn counted(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// A number with a comma between thousands.
pub fn grouped(number: u64) -> String {
    crate::texts::grouped(usize::try_from(number).unwrap_or(usize::MAX), ',')
}
