//! `audit verify`.

use crate::app::App;
use crate::app::Result;
use crate::domain::action::Action;
use crate::domain::event::ChainReport;
use crate::domain::event::ChainVerifier;

/// Checks the chain from its start, with the user changes of each event, and that a head kept elsewhere is in it.
///
/// # Errors
/// [`ActionError::Chain`](crate::app::ActionError::Chain) with the first break.
pub fn verify(app: &App, head: Option<Vec<u8>>) -> Result<ChainReport> {
    app.view(Action::AuditVerify, |view| view.follow_chain(ChainVerifier::new(head), |_| ()))
}
