//! Whom an operator may act on besides the rank of roles: users with certain roles, and users in certain email domains.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::domain::email_address::EmailAddress;
use crate::domain::email_domain;
use crate::domain::role::RoleId;

/// The limits of an operator. A user must be within both kinds; an empty kind is no limit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OperatorLimits {
    /// Only users with one of these roles: their numbers and names.
    pub roles: BTreeMap<RoleId, String>,
    /// Only users whose address is in one of these domains, in the form of [`email_domain::canonical`]. A subdomain is another
    /// domain.
    pub domains: BTreeSet<String>,
}

impl OperatorLimits {
    /// Whether there is no limit.
    pub fn is_none(&self) -> bool {
        self.roles.is_empty() && self.domains.is_empty()
    }

    /// Whether they allow to act on a user with this role and this address.
    pub fn allow(&self, role: RoleId, email: &EmailAddress) -> bool {
        self.allow_role(role) && self.allow_domain(email.domain())
    }

    /// Whether they allow users with this role.
    pub fn allow_role(&self, role: RoleId) -> bool {
        self.roles.is_empty() || self.roles.contains_key(&role)
    }

    /// Whether they allow users in this domain, in either form.
    pub fn allow_domain(&self, domain: &str) -> bool {
        self.domains.is_empty() || self.domains.contains(email_domain::canonical(domain).as_ref())
    }

    /// Whether everybody whom they allow is allowed by `other` too: a limited operator must not give wider limits than their own.
    pub fn are_within(&self, other: &Self) -> bool {
        let roles = other.roles.is_empty()
            || (!self.roles.is_empty() && self.roles.keys().all(|role| other.roles.contains_key(role)));
        let domains = other.domains.is_empty() || (!self.domains.is_empty() && self.domains.is_subset(&other.domains));
        roles && domains
    }

    /// The users within the limits, in words: "users with the role Clerk in example.com".
    pub fn words(&self) -> String {
        let roles: Vec<&str> = self.roles.values().map(String::as_str).collect();
        let domains: Vec<_> = self.domains.iter().map(|domain| email_domain::to_unicode(domain)).collect();
        let mut words = "users".to_owned();
        if !roles.is_empty() {
            words += &format!(" with the role {}", roles.join(" or "));
        }
        if !domains.is_empty() {
            words += &format!(" in {}", domains.join(" or "));
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(roles: &[i64], domains: &[&str]) -> OperatorLimits {
        OperatorLimits {
            roles: roles.iter().map(|id| (RoleId(*id), format!("Role {id}"))).collect(),
            domains: domains.iter().map(|domain| email_domain::canonical(domain).into_owned()).collect(),
        }
    }

    #[test]
    fn a_user_must_be_within_both_kinds_of_limits() {
        let email: EmailAddress = "alice@bücher.example".parse().unwrap();
        assert!(limits(&[], &[]).allow(RoleId(7), &email));
        for domain in ["bücher.example", "BÜCHER.example", "xn--bcher-kva.example", "XN--BCHER-KVA.Example"] {
            assert!(limits(&[7], &[domain]).allow(RoleId(7), &email), "{domain}");
            assert!(!limits(&[8], &[domain]).allow(RoleId(7), &email), "{domain}");
            assert!(limits(&[7], &[domain]).allow(RoleId(7), &"bob@xn--bcher-kva.example".parse().unwrap()));
        }
        assert!(!limits(&[], &["example", "sub.bücher.example"]).allow(RoleId(7), &email));
    }

    #[test]
    fn limits_are_within_others_when_they_allow_nobody_more() {
        let none = limits(&[], &[]);
        let own = limits(&[3, 4], &["example.com", "example.net"]);
        assert!(own.are_within(&none) && own.are_within(&own) && none.are_within(&none));
        assert!(limits(&[3], &["example.net"]).are_within(&own));
        for wider in [none, limits(&[3], &[]), limits(&[], &["example.com"]), limits(&[3, 5], &["example.com"])] {
            assert!(!wider.are_within(&own), "{wider:?}");
        }
    }

    #[test]
    fn limits_are_told_in_words() {
        assert_eq!(limits(&[], &[]).words(), "users");
        assert_eq!(limits(&[3], &[]).words(), "users with the role Role 3");
        assert_eq!(limits(&[], &["bücher.example"]).words(), "users in bücher.example");
        let both = limits(&[3, 4], &["bücher.example", "example.com"]);
        assert_eq!(both.words(), "users with the role Role 3 or Role 4 in example.com or bücher.example");
    }
}
