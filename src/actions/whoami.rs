//! `whoami`.

use crate::app::App;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::action::Action;
use crate::domain::operator::Authority;

/// By what right the operator acts.
///
/// # Errors
/// When the account is no operator.
pub fn whoami(app: &App) -> Result<Authority> {
    app.view(Action::WhoAmI, |view| Ok(view.authority().clone()))
}
