//! Whether another process that sends has stalled, so that mail waits for it.

use std::time::Duration;

use crate::app::App;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::action::Action;
use crate::domain::report_limit;
use crate::store::sender::Sender;

/// The process that sends and has done nothing for the longest time, if that is at least `complain_after`. `is_stopped` says whether
/// a process is stopped: others are given the time that a relay may take to answer.
///
/// # Errors
/// When the operator may not run jobs, or the file beside the store cannot be read.
pub fn find(app: &App, complain_after: Duration, is_stopped: impl Fn(&Sender) -> bool) -> Result<Option<Sender>> {
    app.view(Action::JobsRun, |view| {
        let senders = app.store().senders()?.into_iter();
        let stalled = senders.filter(|sender| {
            report_limit::has_stalled(sender.active_at, is_stopped(sender), complain_after, view.now())
        });
        Ok(stalled.min_by_key(|sender| sender.active_at))
    })
}
