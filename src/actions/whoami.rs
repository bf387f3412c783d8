//! `whoami`.

use crate::actions::App;
use crate::actions::Result;
use crate::actions::Transaction as _;
use crate::domain::action::Action;
use crate::domain::operator::Authority;

/// By what right the operator acts.
///
/// # Errors
/// When the account is no operator.
pub fn whoami(app: &App) -> Result<Authority> {
    app.view(Action::WhoAmI, |view| Ok(view.authority().clone()))
}
