//! `operators remove`.

use super::FoundOperator;
use super::details;
use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::Result;
use crate::domain::action::Action;
use crate::domain::operator::Operator;

/// Removes the operator with this number or this name, which need not be an account of the machine any more, and gives the
/// name. `known`: the number that the machine knows the name by, if it does; `is_usable`: whether an operator can act.
///
/// # Errors
/// When it is none, its role may do more than the operator's own, its limits are wider, or nobody could administer the store then.
pub fn remove(
    app: &App,
    given: &str,
    known: Option<u32>,
    is_usable: impl Fn(&Operator) -> bool,
    change_options: &ChangeOptions,
) -> Result<String> {
    app.change(Action::OperatorsRemove, change_options, |change| {
        let found = FoundOperator::find(change, given, known)?;
        found.require_another_admin(is_usable)?;
        change.remove_operator(found.operator.uid)?;
        Ok((details(&found.operator), found.operator.account))
    })
}
