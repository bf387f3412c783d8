//! The one gate that every new password passes, whichever way it came: prompt, standard input, file, generator, change by
//! the user (OWASP ASVS 6.3.4). Nothing else in the program makes a hash of a password to be stored.

use crate::actions::ActionError;
use crate::actions::Desk;
use crate::actions::Result;
use crate::domain::policy::Fault;
use crate::domain::policy::PersonalWords;
use crate::domain::refusal::Refusal;
use crate::domain::user::User;
use crate::secrets::password::Password;
use crate::secrets::password_hash::PasswordHash;

/// A password that passed, ready to be stored.
#[derive(Debug)]
pub struct Admitted {
    /// Its hash.
    pub hash: PasswordHash,
    /// The fingerprint of the policy it met; `None` if the policy was overridden.
    pub policy: Option<String>,
}

/// Whether the organization's policy holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// It does.
    Policy,
    /// An operator with the permission `override-policy` waived it.
    Overridden,
}

impl Desk {
    /// The words that must not make up this user's password.
    pub fn personal_words<'a>(&'a self, user: &'a User) -> PersonalWords<'a> {
        PersonalWords {
            username: user.username.as_str(),
            email: user.email.as_str(),
            name: &user.name,
            organization: &self.organization.name,
            email_domains: &self.organization.email_domains,
        }
    }

    /// The rules that a password breaks, without the history; quick, so that a prompt can say it before the second entry.
    ///
    /// # Errors
    /// [`Refusal::Policy`] with every rule that fails.
    pub fn judge(&self, user: &User, password: &Password) -> Result<()> {
        self.refuse_faults(password.faults(self.policy()?, &self.personal_words(user)))
    }

    /// Judges a password and makes its hash. `history` are the hashes that it must not match, the present one first.
    ///
    /// # Errors
    /// [`Refusal::Policy`] with every rule that fails.
    pub fn admit(
        &self,
        user: &User,
        password: &Password,
        history: &[PasswordHash],
        strictness: Strictness,
    ) -> Result<Admitted> {
        let mut hasher = self.hasher.borrow_mut();
        let mut fingerprint = None;
        if strictness == Strictness::Policy {
            let policy = self.policy()?;
            let mut faults = password.faults(policy, &self.personal_words(user));
            if history.iter().any(|old| hasher.verify(password, old)) {
                faults.push(Fault::Reused { history: policy.history });
            }
            self.refuse_faults(faults)?;
            fingerprint = Some(policy.fingerprint());
        }
        let hash = hasher.hash(password, self.random.borrow_mut().as_mut());
        Ok(Admitted { hash, policy: fingerprint })
    }

    /// Whether a password is the one of this hash; without a hash the same work is done, so that the time does not tell
    /// which users exist.
    pub fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> bool {
        let mut hasher = self.hasher.borrow_mut();
        match hash {
            Some(hash) => hasher.verify(password, hash),
            None => {
                hasher.verify_nobody(password);
                false
            }
        }
    }

    fn refuse_faults(&self, faults: Vec<Fault>) -> Result<()> {
        if faults.is_empty() {
            return Ok(());
        }
        let contact = self.organization.help_contact.clone();
        Err(ActionError::Refused(Refusal::Policy { faults, contact }))
    }

    /// Lends the randomness, for generating.
    pub fn with_random<T>(&self, run: impl FnOnce(&mut dyn crate::random::Random) -> T) -> T {
        run(self.random.borrow_mut().as_mut())
    }
}
