//! The newest event of the audit log, to be kept elsewhere.

use super::finding::CheckResult;
use super::finding::Finding;
use crate::app::App;
use crate::domain::action::Action;

/// Names the newest event, for an operator who gave no head to compare with.
///
/// # Errors
/// When the operator may not manage the store, or it cannot be read.
pub fn check_head(app: &App) -> CheckResult {
    let newest = app.view(Action::Doctor, |view| Ok(view.newest_event()?))?;
    let Some(newest) = newest else { return Ok(Finding::not_checked("there is no event")) };
    let number = newest.number;
    Ok(Finding::not_checked(format!(
        "the newest event is {number}; to keep its hash elsewhere: cxme-admin audit head; to compare later: cxme-admin doctor --head HASH"
    )))
}
