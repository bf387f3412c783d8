//! `operators list`, `operators add`, `operators remove`.

use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::action::Action;
use crate::domain::operator::Operator;
use crate::domain::operator::OperatorKind;
use crate::domain::refusal::Refusal;
use crate::domain::role::RoleId;
use crate::domain::uid;
use crate::domain::uid::ROOT;

/// All operators, by account name.
///
/// # Errors
/// When the operator is none.
pub fn list(app: &App) -> Result<Vec<Operator>> {
    app.view(Action::OperatorsList, |view| Ok(view.operators()?))
}

/// Makes an OS account an operator.
///
/// # Errors
/// When it is one already, the role does not exist or may do more than the operator's own, root is given another role than
/// Admin, or the number stands for no account or for any.
pub fn add(
    app: &App,
    uid: u32,
    account: &str,
    role: &str,
    kind: OperatorKind,
    change_options: &ChangeOptions,
) -> Result<()> {
    app.change(Action::OperatorsAdd, change_options, |change| {
        let role = change.role_named(role)?.ok_or_else(|| Refusal::NoSuchRole(role.to_owned()))?;
        change.may_give(&role)?;
        if let Some(why) = uid::reserved(uid) {
            return Err(Refusal::ReservedUid { uid, why }.into());
        }
        if uid == ROOT && role.id != RoleId::ADMIN {
            return Err(Refusal::RootIsAdmin(role.name).into());
        }
        if let Some(there) = change.operator(uid)? {
            // The number may be that of an account which has gone.
            let is_same = there.is_account(uid, Some(account));
            let shown = if is_same { there.account } else { format!("{} (uid {uid})", there.account) };
            return Err(Refusal::OperatorExists(shown).into());
        }
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
        Ok((details(&operator), ()))
    })
}

/// Removes the operator with this number or this name, which need not be an account of the machine any more, and gives the
/// name. `known`: the number that the machine knows the name by, if it does; `is_usable`: whether an operator's account still
/// has the operator's name.
///
/// # Errors
/// When it is none, its role may do more than the operator's own, or nobody could administer the store then.
pub fn remove(
    app: &App,
    given: &str,
    known: Option<u32>,
    is_usable: impl Fn(&Operator) -> bool,
    change_options: &ChangeOptions,
) -> Result<String> {
    app.change(Action::OperatorsRemove, change_options, |change| {
        let operators = change.operators()?;
        let Some(operator) = find(&operators, given, known)?.cloned() else {
            return Err(Refusal::NoSuchOperator(given.to_owned()).into());
        };
        change.outrank(operator.role, &operator.account, None)?;
        let is_left = |other: &Operator| other.uid != operator.uid && other.is_admin() && is_usable(other);
        if operator.is_admin() && !operators.iter().any(is_left) {
            return Err(Refusal::LastAdmin(operator.account).into());
        }
        change.remove_operator(operator.uid)?;
        Ok((details(&operator), operator.account))
    })
}

/// By name, else by number; of two that had the same name at different times, the one whose number it has now.
///
/// # Errors
/// When it is the name of one account and the number of another.
fn find<'a>(operators: &'a [Operator], given: &str, known: Option<u32>) -> Result<Option<&'a Operator>> {
    let mut named = operators.iter().filter(|operator| operator.account == given);
    let numbered = operators.iter().find(|operator| operator.uid.to_string() == given);
    if let Some(numbered) = numbered {
        let other = named.map(|operator| operator.uid).chain(known).find(|&uid| uid != numbered.uid);
        return match other {
            Some(named) => {
                let (given, numbered) = (given.to_owned(), numbered.account.clone());
                Err(Refusal::TwoAccounts { given, named, numbered }.into())
            }
            None => Ok(Some(numbered)),
        };
    }
    Ok(match (named.clone().count(), known) {
        (2.., Some(uid)) => named.find(|operator| operator.uid == uid),
        (1, _) => named.next(),
        _ => None,
    })
}

fn details(operator: &Operator) -> EventDetails {
    let mut details = EventDetails::default();
    details.note("account", operator.account.as_str());
    details.note("uid", operator.uid);
    details.note("role", operator.role_name.as_str());
    details.note("kind", operator.kind.word());
    details
}
