//! `operators disable` and `operators enable`.

use super::FoundOperator;
use super::details;
use crate::app::App;
use crate::app::Change;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::action::Action;
use crate::domain::management_refusal::ManagementRefusal;
use crate::domain::operator::Operator;
use crate::domain::uid::ROOT;

/// An operator who was disabled or enabled.
#[derive(Debug)]
pub struct SwitchedOperator {
    /// The operator.
    pub operator: Operator,
    /// False if they were so already.
    pub is_changed: bool,
    /// Whether it is the operator who did it.
    pub is_own: bool,
}

/// Disables an operator: they may do nothing until they are enabled, and keep their role and limits. `known` and `is_usable` as for
/// [`remove`](super::remove::remove).
///
/// # Errors
/// When there is no such operator, it is root, its role may do more than the operator's own, its limits are wider, or nobody could
/// administer the store then.
pub fn disable(
    app: &App,
    given: &str,
    known: Option<u32>,
    is_usable: impl Fn(&Operator) -> bool,
    change_options: &ChangeOptions,
) -> Result<SwitchedOperator> {
    app.change(Action::OperatorsDisable, change_options, |change| {
        let mut found = FoundOperator::find(change, given, known)?;
        if found.operator.uid == ROOT {
            return Err(ManagementRefusal::RootIsUnlimited("disabled").into());
        }
        found.require_another_admin(is_usable)?;
        let is_changed = found.operator.disabled_at.is_none();
        found.operator.disabled_at.get_or_insert(change.now());
        switched(change, found.operator, is_changed)
    })
}

/// Enables an operator again, with the role and the limits they had.
///
/// # Errors
/// When there is no such operator, its role may do more than the operator's own, or its limits are wider.
pub fn enable(app: &App, given: &str, known: Option<u32>, change_options: &ChangeOptions) -> Result<SwitchedOperator> {
    app.change(Action::OperatorsEnable, change_options, |change| {
        let mut operator = FoundOperator::find(change, given, known)?.operator;
        let is_changed = operator.disabled_at.take().is_some();
        switched(change, operator, is_changed)
    })
}

fn switched(change: &Change<'_>, operator: Operator, is_changed: bool) -> Result<(EventDetails, SwitchedOperator)> {
    if is_changed {
        change.update_operator(&operator)?;
    }
    let mut details = details(&operator);
    details.is_unchanged = !is_changed;
    let is_own = operator.uid == change.app().account().uid;
    Ok((details, SwitchedOperator { operator, is_changed, is_own }))
}
