//! The one gate that every new password passes, whichever way it came: prompt, standard input, file, generator, change by
//! the user (OWASP ASVS 6.3.4). Nothing else in the program makes a hash of a password to be stored: see
//! [`crate::secrets::admission`], whose types keep that.

use std::time::Duration;

use crate::app::ActionError;
use crate::app::App;
use crate::app::Result;
use crate::app::Setup;
use crate::app::hashing_cost::HashingCost;
use crate::domain::operator::PolicyOverride;
use crate::domain::policy::PersonalWords;
use crate::domain::policy::Policy;
use crate::domain::policy::Violation;
use crate::domain::refusal::Refusal;
use crate::domain::user::User;
use crate::secrets::admission::AcceptedHash;
use crate::secrets::admission::AdmissionError;
use crate::secrets::admission::FormerPasswords;
use crate::secrets::admission::Rehashed;
use crate::secrets::admission::Verified;
use crate::secrets::hash_workers::HashWorkers;
use crate::secrets::password::Password;
use crate::secrets::password_hash::HashParameters;
use crate::secrets::password_hash::PasswordHash;

/// How many earlier passwords are compared at once: each takes the memory of a hash, 64 MiB by default.
const COMPARED_AT_ONCE: usize = 4;

/// Whether the organization's policy holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyEnforcement {
    /// It does.
    Policy,
    /// An operator with the permission `override-policy` waived it.
    Overridden,
}

impl Setup {
    /// What a new hash costs, and how long one takes in the time of a processor.
    ///
    /// # Errors
    /// When the configured cost is none that a hash can have, or the process may not have the memory.
    pub fn time_hash(&self) -> Result<(HashParameters, Duration)> {
        let mut hasher = self.hashing_cost()?.hasher();
        let time = hasher.time_of_hash()?;
        Ok((*hasher.parameters(), time))
    }
}

impl App {
    /// The words that must not make up this user's password.
    pub fn personal_words<'a>(&'a self, user: &'a User) -> PersonalWords<'a> {
        self.organization().personal_words(user)
    }

    /// The rules that a password breaks, without those that need a hash; quick, so that a prompt can say it before the second
    /// entry.
    ///
    /// # Errors
    /// [`Refusal::Policy`] with every rule that fails.
    pub fn validate(&self, user: &User, password: &Password, policy: &Policy, former: &FormerPasswords) -> Result<()> {
        let mut faults = password.faults(policy, &self.personal_words(user))?;
        if former.is_proven(password) {
            faults.push(former.fault());
        }
        if faults.is_empty() { Ok(()) } else { Err(self.policy_refusal(user, faults)) }
    }

    /// Checks a password and hashes it. `permit` lets it pass whatever the policy says.
    ///
    /// # Errors
    /// [`Refusal::Policy`] with every rule that fails; when the process may not have the memory that a hash needs.
    pub fn admit(
        &self,
        user: &User,
        password: &Password,
        policy: &Policy,
        former: &FormerPasswords,
        permit: Option<&PolicyOverride>,
    ) -> Result<AcceptedHash> {
        let mut hasher = self.hasher.borrow_mut();
        hasher.reserve_for(former.all_hashes())?;
        if let Some(permit) = permit {
            return Ok(hasher.admit_overridden(password, permit, self.random()));
        }
        let words = self.personal_words(user);
        let workers = HashWorkers::of_all_cores(*hasher.parameters()).at_most(COMPARED_AT_ONCE);
        let accepted = hasher.admit_by(&workers, password, policy, &words, former, self.random());
        accepted.map_err(|error| match error {
            AdmissionError::NoMemory(error) => error.into(),
            AdmissionError::Violations(faults) => self.policy_refusal(user, faults),
            AdmissionError::Unreadable(list) => list.into(),
        })
    }

    /// Whether a password is the one of this hash, with the proof. The same work is done without a hash, or with one that
    /// costs less than a new one, so that the time does not tell which users exist. Where the cost of a new one is not known, it
    /// is that of the hashes in the store. No transaction may be open.
    ///
    /// # Errors
    /// When the process may not have the memory that this needs, or the store cannot be read.
    pub fn verify<'a>(&self, password: &'a Password, hash: Option<&'a PasswordHash>) -> Result<Option<Verified<'a>>> {
        let mut hasher = self.hasher.borrow_mut();
        if self.hashing == HashingCost::Unknown {
            hasher.adopt_cost_of(&self.store.read()?.newest_password_hashes()?);
        }
        hasher.reserve_for(hash)?;
        Ok(hasher.verified_at_full_cost(password, hash))
    }

    /// What a new hash costs.
    pub fn hash_parameters(&self) -> HashParameters {
        *self.hasher.borrow().parameters()
    }

    /// Whether a hash costs less to guess against than a new one.
    pub fn is_weak(&self, hash: &PasswordHash) -> bool {
        hash.weaker_than(self.hasher.borrow().parameters())
    }

    /// The hash that is to take the place of one that costs less than a new one; none where that cost is not known.
    pub fn rehash(&self, verified: &Verified<'_>) -> Option<Rehashed> {
        if self.hashing == HashingCost::Unknown {
            return None;
        }
        self.hasher.borrow_mut().rehash(verified, self.random())
    }

    /// Gives back the memory of the hashing. Where the process may have little, it is enough for what is recorded after it.
    pub(crate) fn release_hashing_memory(&self) {
        self.hasher.borrow_mut().release_memory();
    }

    fn policy_refusal(&self, user: &User, faults: Vec<Violation>) -> ActionError {
        let contact = self.organization().help_contact.clone();
        let tells_former = faults.iter().any(|fault| matches!(fault, Violation::Reused { .. } | Violation::Disabled));
        ActionError::Refused(Refusal::Policy { faults, contact, former_of: tells_former.then_some(user.id) })
    }
}
