//! What is said of paused jobs that ended passwords: their users cannot log in, and nothing mails them.

use crate::actions::jobs::show;
use crate::app::App;
use crate::cli::failure::CliError;
use crate::cli::failure::MailFailure;
use crate::cli::jobs::summary;
use crate::cli::jobs::summary::counted;

/// The complaint about the first of those jobs, with the number of the others; `None`: there is none. `before` is what this run came
/// to, if it sent anything.
///
/// # Errors
/// When the store cannot be read.
pub fn complaint(app: &App, before: Option<&str>) -> anyhow::Result<Option<CliError>> {
    let paused = show::paused_without_password(app)?;
    let Some(first) = paused.first() else { return Ok(None) };
    let id = first.job.id;
    let mut words = summary::line(first);
    if paused.len() > 1 {
        words += &format!("; the same for {}", counted(paused.len() as u64 - 1, "more paused job"));
    }
    if let Some(before) = before {
        words += &format!("; {before}");
    }
    let hint = format!("see: cxme-admin jobs show {id}; then: {}", summary::remedy(first));
    Ok(Some(CliError::NotSent { fault: MailFailure::Paused, words, hint }))
}
