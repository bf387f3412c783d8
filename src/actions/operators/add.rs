//! `operators add`.

use super::LimitsEdit;
use super::details;
use super::require_may_be;
use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::action::Action;
use crate::domain::management_refusal::ManagementRefusal;
use crate::domain::operator::Operator;
use crate::domain::operator::OperatorKind;
use crate::domain::operator_limits::OperatorLimits;
use crate::domain::refusal::Refusal;
use crate::domain::uid;

/// An operator as one gives them.
#[derive(Debug)]
pub struct NewOperator<'a> {
    /// The number of the OS account.
    pub uid: u32,
    /// Its name.
    pub account: &'a str,
    /// The name of the role.
    pub role: &'a str,
    /// Person or service.
    pub kind: OperatorKind,
    /// Whom they may act on.
    pub limits: LimitsEdit,
}

/// Makes an OS account an operator.
///
/// # Errors
/// When it is one already, the role does not exist or may do more than the operator's own, the limits are wider than the operator's
/// own, root or an Admin would be limited, or the number stands for no account or for any.
pub fn add(app: &App, new: &NewOperator<'_>, change_options: &ChangeOptions) -> Result<Operator> {
    app.change(Action::OperatorsAdd, change_options, |change| {
        let NewOperator { uid, account, role, kind, limits } = new;
        let role = change.role_named(role)?.ok_or_else(|| Refusal::NoSuchRole((*role).to_owned()))?;
        change.may_give(&role)?;
        if let Some(why) = uid::reserved(*uid) {
            return Err(Refusal::ReservedUid { uid: *uid, why }.into());
        }
        let operator = Operator {
            uid: *uid,
            account: (*account).to_owned(),
            kind: *kind,
            role: role.id,
            role_name: role.name,
            permissions: role.permissions,
            limits: limits.apply(change, OperatorLimits::default())?,
            disabled_at: None,
            added_at: change.now(),
        };
        require_may_be(change, &operator)?;
        if let Some(there) = change.operator(*uid)? {
            // The number may be that of an account which has gone.
            let is_same = there.is_account(*uid, Some(account));
            let shown = if is_same { there.account } else { format!("{} (uid {uid})", there.account) };
            return Err(ManagementRefusal::OperatorExists(shown).into());
        }
        change.add_operator(&operator)?;
        Ok((details(&operator), operator))
    })
}
