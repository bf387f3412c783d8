//! `jobs recipients`.

use crate::actions::Total;
use crate::app::App;
use crate::app::Result;
use crate::domain::action::Action;
use crate::domain::job::JobId;
use crate::domain::refusal::Refusal;
use crate::store::messages::Message;

/// Refuses a job that does not exist, before anything is written of its messages.
///
/// # Errors
/// When there is none with this number, or the operator may not see users.
pub fn require(app: &App, id: JobId) -> Result<()> {
    app.view(Action::JobsRecipients, |view| {
        view.job(id)?.ok_or(Refusal::NoSuchJob(id))?;
        Ok(())
    })
}

/// Gives each message of a job to `visit`, at most `limit` of them.
///
/// # Errors
/// When there is no such job, the operator may not see users, or `visit` fails.
pub fn each_message(
    app: &App,
    id: JobId,
    limit: Option<u64>,
    visit: &mut dyn FnMut(Message) -> Result<()>,
) -> Result<Total> {
    app.view(Action::JobsRecipients, |view| {
        view.job(id)?.ok_or(Refusal::NoSuchJob(id))?;
        view.each_message_of_job(id, limit, visit)?;
        Ok(Total::of(limit, || Ok(view.job_counts(id)?.total()))?)
    })
}
