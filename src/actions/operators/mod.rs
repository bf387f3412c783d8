//! Operators: the OS accounts that may use the program.

pub mod add;
pub mod disable;
pub mod edit;
pub mod list;
pub mod remove;

use crate::app::Change;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::email_domain;
use crate::domain::management_refusal::ManagementRefusal;
use crate::domain::operator::Operator;
use crate::domain::operator_limits::OperatorLimits;
use crate::domain::refusal::Refusal;
use crate::domain::role::RoleId;
use crate::domain::text;
use crate::domain::uid::ROOT;

/// Whom an operator is to be limited to, as it was given; `None`: as it is. Empty: no limit of that kind.
#[derive(Debug, Clone, Default)]
pub struct LimitsEdit {
    /// The names of roles.
    pub roles: Option<Vec<String>>,
    /// Domains, in either form.
    pub domains: Option<Vec<String>>,
}

impl LimitsEdit {
    fn apply(&self, change: &Change<'_>, mut limits: OperatorLimits) -> Result<OperatorLimits> {
        if let Some(names) = &self.roles {
            limits.roles.clear();
            for name in names {
                let role = change.role_named(name)?.ok_or_else(|| Refusal::NoSuchRole(name.clone()))?;
                limits.roles.insert(role.id, role.name);
            }
        }
        if let Some(domains) = &self.domains {
            limits.domains.clear();
            for given in domains {
                let domain = email_domain::parse(given).ok_or_else(|| Refusal::Field {
                    field: "domain",
                    fault: format!("`{}` is not an email domain, such as example.com", text::quoted(given, 80)),
                })?;
                limits.domains.insert(domain.into_owned());
            }
        }
        Ok(limits)
    }
}

/// An operator that an action may change, among all of them. `known`: the number that the machine knows the name by, if it does.
struct FoundOperator {
    operator: Operator,
    others: Vec<Operator>,
}

impl FoundOperator {
    /// The operator with this number or this name, which need not be an account of the machine any more.
    fn find(change: &Change<'_>, given: &str, known: Option<u32>) -> Result<Self> {
        let mut others = change.operators()?;
        let Some(operator) = find(&others, given, known)?.cloned() else {
            return Err(ManagementRefusal::NoSuchOperator(given.to_owned()).into());
        };
        change.require_may_manage(&operator)?;
        others.retain(|other| other.uid != operator.uid);
        Ok(Self { operator, others })
    }

    /// Refuses what would leave nobody who can administer the store: this operator is to be Admin no more. `is_usable`: whether an
    /// operator can act.
    fn require_another_admin(&self, is_usable: impl Fn(&Operator) -> bool) -> Result<()> {
        let is_left = |other: &Operator| other.is_admin() && is_usable(other);
        match self.operator.is_admin() && !self.others.iter().any(is_left) {
            true => Err(ManagementRefusal::LastAdmin(self.operator.account.clone()).into()),
            false => Ok(()),
        }
    }
}

/// Refuses an operator whom the operator of the change may not give these rights, or who cannot have them.
fn require_may_be(change: &Change<'_>, operator: &Operator) -> Result<()> {
    if operator.uid == ROOT {
        if operator.role != RoleId::ADMIN {
            return Err(ManagementRefusal::RootIsAdmin(operator.role_name.clone()).into());
        }
        if !operator.limits.is_none() {
            return Err(ManagementRefusal::RootIsUnlimited("limited").into());
        }
    }
    if operator.is_admin() && !operator.limits.is_none() {
        return Err(ManagementRefusal::AdminHasNoLimits(operator.account.clone()).into());
    }
    change.require_may_manage(operator)
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

/// What an event says of an operator.
fn details(operator: &Operator) -> EventDetails {
    let mut details = EventDetails::default();
    details.note("account", operator.account.as_str());
    details.note("uid", operator.uid);
    details.note("role", operator.role_name.as_str());
    details.note("kind", operator.kind.word());
    let OperatorLimits { roles, domains } = &operator.limits;
    if !roles.is_empty() {
        details.note("only_roles", roles.values().map(String::as_str).collect::<Vec<_>>());
    }
    if !domains.is_empty() {
        details.note("only_domains", domains.iter().map(String::as_str).collect::<Vec<_>>());
    }
    details
}
