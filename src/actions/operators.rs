//! `operators list`, `operators add`, `operators remove`.

use crate::actions::Desk;
use crate::actions::Intent;
use crate::actions::Record;
use crate::actions::Result;
use crate::actions::Scene as _;
use crate::domain::action::Action;
use crate::domain::operator::Operator;
use crate::domain::operator::OperatorKind;
use crate::domain::refusal::Refusal;

/// All operators, by account name.
///
/// # Errors
/// When the operator is none.
pub fn list(desk: &Desk) -> Result<Vec<Operator>> {
    desk.view(Action::OperatorsList, |view| Ok(view.operators()?))
}

/// Makes an OS account an operator.
///
/// # Errors
/// When it is one already, the role does not exist or may do more than the operator's own.
pub fn add(desk: &Desk, uid: u32, account: &str, role: &str, kind: OperatorKind, intent: &Intent) -> Result<()> {
    desk.change(Action::OperatorsAdd, intent, |change| {
        if change.operator(uid)?.is_some() {
            return Err(Refusal::OperatorExists(account.to_owned()).into());
        }
        let role = change.role_named(role)?.ok_or_else(|| Refusal::NoSuchRole(role.to_owned()))?;
        change.outrank(role.id, account, None)?;
        let operator = Operator {
            uid,
            account: account.to_owned(),
            kind,
            role: role.id,
            role_name: role.name,
            permissions: role.permissions,
            added_at: change.now(),
        };
        change.add_operator(&operator)?;
        Ok((record(&operator), ()))
    })
}

/// Removes an operator.
///
/// # Errors
/// When it is none, its role may do more than the operator's own, or nobody could administer the store then.
pub fn remove(desk: &Desk, uid: u32, account: &str, intent: &Intent) -> Result<()> {
    desk.change(Action::OperatorsRemove, intent, |change| {
        let Some(operator) = change.operator(uid)? else {
            return Err(Refusal::NoSuchOperator(account.to_owned()).into());
        };
        change.outrank(operator.role, account, None)?;
        if operator.is_admin() && change.operators()?.iter().filter(|other| other.is_admin()).count() == 1 {
            return Err(Refusal::LastAdmin(operator.account).into());
        }
        change.remove_operator(uid)?;
        Ok((record(&operator), ()))
    })
}

fn record(operator: &Operator) -> Record {
    let mut record = Record::default();
    record.note("account", operator.account.as_str());
    record.note("uid", operator.uid);
    record.note("role", operator.role_name.as_str());
    record.note("kind", operator.kind.word());
    record
}
