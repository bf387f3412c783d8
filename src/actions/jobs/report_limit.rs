//! Whether an unattended `jobs run` that failed reports it, and the memory of the last report.

use std::time::Duration;

use crate::actions::ago;
use crate::app::App;
use crate::app::Result;
use crate::domain::action::Action;
use crate::domain::report_limit;
use crate::domain::report_limit::LastReport;
use crate::domain::report_limit::Recurrence;
use crate::store::metadata::LAST_REPORT;

/// How long other writers are waited for: what is not recorded is only reported once more.
const WRITE_WITHIN: Duration = Duration::from_millis(500);

/// Whether a failure is reported now. If it is, that is recorded. A store that cannot be read or written hides nothing.
pub fn is_reported(app: &App, recurrence: &Recurrence, complain_after: Duration) -> bool {
    *recurrence == Recurrence::Once || look(app, recurrence, complain_after).unwrap_or(true)
}

fn look(app: &App, recurrence: &Recurrence, complain_after: Duration) -> Result<bool> {
    let now = app.now();
    let (last, has_waited) = app.view(Action::JobsRun, |view| {
        let last = view.fact(LAST_REPORT)?.as_deref().and_then(LastReport::from_bytes);
        Ok((last, view.has_waited_since(ago(now, complain_after))?))
    })?;
    let is_due = report_limit::is_due(recurrence, last.as_ref(), has_waited, complain_after, now);
    if is_due {
        let report = LastReport::next(last.as_ref(), recurrence, now);
        // The full disk that keeps mail from being sent may keep this from being written too.
        let _ = app.store().write_within(WRITE_WITHIN).and_then(|writing| {
            writing.set_fact(LAST_REPORT, &report.to_bytes())?;
            writing.commit()
        });
    }
    Ok(is_due)
}

/// Forgets the last report, after a run that sent mail without a failure: the next failure is news. Most runs have nothing to
/// forget, and write nothing.
pub fn forget(app: &App) {
    let is_known = app.view(Action::JobsRun, |view| Ok(view.fact(LAST_REPORT)?.is_some()));
    if is_known.unwrap_or(false) {
        let _ = app.store().write_within(WRITE_WITHIN).and_then(|writing| {
            writing.delete_fact(LAST_REPORT)?;
            writing.commit()
        });
    }
}
