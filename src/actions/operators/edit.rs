//! `operators edit`.

use super::FoundOperator;
use super::LimitsEdit;
use super::details;
use super::require_may_be;
use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::action::Action;
use crate::domain::operator::Operator;
use crate::domain::operator::OperatorKind;
use crate::domain::refusal::Refusal;
use crate::domain::role::Permissions;

/// What is to be changed of an operator; `None`: it stays.
#[derive(Debug, Clone, Default)]
pub struct OperatorEdit {
    /// The name of the role.
    pub role: Option<String>,
    /// Person or service.
    pub kind: Option<OperatorKind>,
    /// Whom they may act on.
    pub limits: LimitsEdit,
}

/// An operator who was changed.
#[derive(Debug)]
pub struct EditedOperator {
    /// As they were.
    pub old: Operator,
    /// As they are.
    pub new: Operator,
    /// Whether it is the operator who did it.
    pub is_own: bool,
}

impl EditedOperator {
    /// Whether anything differs.
    pub fn is_changed(&self) -> bool {
        self.old != self.new
    }

    /// The permissions that the operator has no more.
    pub fn lost(&self) -> Permissions {
        self.old.permissions.without(self.new.permissions)
    }
}

/// Changes an operator. `known` and `is_usable` as for [`remove`](super::remove::remove).
///
/// # Errors
/// When there is no such operator or role, the role or the limits are beyond the operator's own, before or after the change, root or
/// an Admin would be limited, or nobody could administer the store then.
pub fn edit(
    app: &App,
    given: &str,
    known: Option<u32>,
    edit: &OperatorEdit,
    is_usable: impl Fn(&Operator) -> bool,
    change_options: &ChangeOptions,
) -> Result<EditedOperator> {
    app.change(Action::OperatorsEdit, change_options, |change| {
        let found = FoundOperator::find(change, given, known)?;
        let mut new = found.operator.clone();
        if let Some(name) = &edit.role {
            let role = change.role_named(name)?.ok_or_else(|| Refusal::NoSuchRole(name.clone()))?;
            change.may_give(&role)?;
            (new.role, new.role_name, new.permissions) = (role.id, role.name, role.permissions);
        }
        new.kind = edit.kind.unwrap_or(new.kind);
        new.limits = edit.limits.apply(change, new.limits)?;
        require_may_be(change, &new)?;
        if !new.is_admin() {
            found.require_another_admin(is_usable)?;
        }
        let is_own = new.uid == app.account().uid;
        let edited = EditedOperator { old: found.operator, new, is_own };
        let mut details = details(&edited.new);
        details.is_unchanged = !edited.is_changed();
        if edited.old.role != edited.new.role {
            details.note("former_role", edited.old.role_name.as_str());
        }
        if edited.old.limits != edited.new.limits {
            let limits = &edited.old.limits;
            details.note("former_limits", if limits.is_none() { "none".to_owned() } else { limits.words() });
        }
        if edited.is_changed() {
            change.update_operator(&edited.new)?;
        }
        Ok((details, edited))
    })
}
