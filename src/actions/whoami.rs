//! `whoami`.

use crate::actions::Desk;
use crate::actions::Result;
use crate::actions::Scene as _;
use crate::domain::action::Action;
use crate::domain::operator::Standing;

/// By what right the operator acts.
///
/// # Errors
/// When the account is no operator.
pub fn whoami(desk: &Desk) -> Result<Standing> {
    desk.view(Action::WhoAmI, |view| Ok(view.standing().clone()))
}
