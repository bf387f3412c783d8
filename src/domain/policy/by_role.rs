//! The requirements of each role: those of all users, and those of roles of which the configuration asks more.

use std::collections::BTreeMap;

use super::ListDigests;
use super::Requirements;
use super::StricterRequirements;
use crate::domain::role::RoleId;

/// The requirements of each role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoleRequirements {
    general: Requirements,
    of_roles: BTreeMap<RoleId, Requirements>,
}

/// The fingerprints of the policies in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprints {
    /// Of every role that has none of its own.
    pub general: String,
    /// Of the roles of which more is asked.
    pub of_roles: BTreeMap<RoleId, String>,
}

impl RoleRequirements {
    /// The same for everybody.
    pub fn new(general: Requirements) -> Self {
        Self { general, of_roles: BTreeMap::new() }
    }

    /// Asks more of the users with a role.
    pub fn add(&mut self, role: RoleId, stricter: &StricterRequirements) {
        let both = self.of(role).stricter(stricter);
        self.of_roles.insert(role, both);
    }

    /// What is asked of everybody.
    pub fn general(&self) -> &Requirements {
        &self.general
    }

    /// What is asked of the users with a role.
    pub fn of(&self, role: RoleId) -> &Requirements {
        self.of_roles.get(&role).unwrap_or(&self.general)
    }

    /// The roles of which more is asked.
    pub fn roles(&self) -> impl Iterator<Item = (RoleId, &Requirements)> {
        self.of_roles.iter().map(|(role, requirements)| (*role, requirements))
    }

    /// The fingerprints of all of them, with these lists.
    pub fn fingerprints(&self, lists: &ListDigests) -> Fingerprints {
        let of_roles = self.roles().map(|(role, requirements)| (role, requirements.fingerprint(lists)));
        Fingerprints { general: self.general.fingerprint(lists), of_roles: of_roles.collect() }
    }
}

impl Fingerprints {
    /// That of the policy of a role.
    pub fn of(&self, role: RoleId) -> &str {
        self.of_roles.get(&role).unwrap_or(&self.general)
    }
}
