//! `audit head`.

use crate::app::App;
use crate::app::Result;
use crate::domain::action::Action;

/// The newest event's number and hash.
///
/// # Errors
/// When the operator may not view the audit.
pub fn head(app: &App) -> Result<Option<(i64, Vec<u8>)>> {
    app.view(Action::AuditHead, |view| Ok(view.newest_event()?.map(|event| (event.number, event.hash))))
}
