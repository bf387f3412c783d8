//! The hashes that may be stored, and the only way to create each of them. Their fields are private and their
//! constructors are in this file, so that no other part of the program can store the hash of an unchecked password:
//!
//! - [`AcceptedHash`]: the hash of a new password that met the policy ([`Hasher::admit`]), or that was set in spite
//!   of it by an operator with the permission for that ([`Hasher::admit_overridden`], which needs a
//!   [`PolicyOverride`]);
//! - [`Rehashed`]: a new hash of the password that the stored hash has just verified ([`Hasher::rehash`], which needs
//!   a [`Verified`]);
//! - [`ImportedHash`]: a hash from another system, stored unchanged.

use crate::domain::operator::PolicyOverride;
use crate::domain::policy::PersonalWords;
use crate::domain::policy::Policy;
use crate::domain::policy::UnreadableList;
use crate::domain::policy::Violation;
use crate::random::Random;
use crate::secrets::hash_workers::HashWorkers;
use crate::secrets::hasher::Hasher;
use crate::secrets::hasher::NoMemory;
use crate::secrets::password::Password;
use crate::secrets::password_hash::PasswordHash;
use crate::secrets::password_hash::PasswordHashError;

/// The hash of a new password that may be stored.
///
/// ```
/// use cxme_admin::secrets::admission::AcceptedHash;
/// fn stored(accepted: &AcceptedHash) -> &str {
///     accepted.hash().as_str()
/// }
/// ```
///
/// No other code can create one, neither from an existing hash nor from a password:
///
/// ```compile_fail,E0451
/// use cxme_admin::secrets::{PasswordHash, admission::AcceptedHash};
/// fn bypass(hash: PasswordHash) -> AcceptedHash {
///     AcceptedHash { hash, policy: None }
/// }
/// ```
///
/// ```compile_fail,E0624
/// use cxme_admin::{random::Random, secrets::{Hasher, Password, PasswordHash}};
/// fn bypass(hasher: &mut Hasher, password: &Password, random: &dyn Random) -> PasswordHash {
///     hasher.hash(password, random)
/// }
/// ```
#[derive(Debug)]
pub struct AcceptedHash {
    hash: PasswordHash,
    policy: Option<String>,
}

impl AcceptedHash {
    /// The hash.
    pub fn hash(&self) -> &PasswordHash {
        &self.hash
    }

    /// The fingerprint of the policy that the password met; `None`: the policy was overridden.
    pub fn policy(&self) -> Option<&str> {
        self.policy.as_deref()
    }
}

/// Why a password is not admitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdmissionError {
    /// Every rule that it breaks.
    #[error("the password does not meet the requirements")]
    Violations(Vec<Violation>),
    /// A list of refused passwords does not answer.
    #[error(transparent)]
    Unreadable(#[from] UnreadableList),
    /// The process may not have the memory that comparing it with the earlier ones needs.
    #[error(transparent)]
    NoMemory(#[from] NoMemory),
}

/// The earlier password of the user that a new one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Earlier {
    /// One that was ended after a breach.
    Ended,
    /// Another one.
    Former,
}

/// The earlier passwords of a user, which a new one must not match.
#[derive(Debug, Default)]
pub struct FormerPasswords {
    /// The current password, which the user has just proven: it is compared without hashing.
    pub proven: Option<Password>,
    /// The hashes of the others; the current one is the first, unless it is `proven`.
    pub hashes: Vec<PasswordHash>,
    /// How many passwords are refused, counted back from the current one.
    pub count: u32,
    /// The hashes of passwords that were ended after a breach, which are refused under any policy.
    pub ended: Vec<PasswordHash>,
}

impl FormerPasswords {
    /// The violation of a password that is one of the earlier ones.
    pub fn fault(&self) -> Violation {
        Violation::Reused { history: self.count }
    }

    /// All hashes with which a new password is compared.
    pub fn all_hashes(&self) -> impl Iterator<Item = &PasswordHash> {
        self.ended.iter().chain(&self.hashes)
    }

    /// Whether `password` is the proven current one, for which no hashing is needed.
    pub fn is_proven(&self, password: &Password) -> bool {
        self.proven.as_ref().is_some_and(|proven| proven.same_as(password))
    }
}

/// A password together with the stored hash that verified it. Only [`Hasher::verified`] creates one.
///
/// ```compile_fail,E0451
/// use cxme_admin::secrets::{Password, PasswordHash, admission::Verified};
/// fn bypass<'a>(password: &'a Password, hash: &'a PasswordHash) -> Verified<'a> {
///     Verified { password, hash }
/// }
/// ```
#[derive(Debug)]
pub struct Verified<'a> {
    password: &'a Password,
    hash: &'a PasswordHash,
}

/// A stored hash and its replacement: the same password, hashed with the current parameters.
///
/// ```compile_fail,E0451
/// use cxme_admin::secrets::{PasswordHash, admission::Rehashed};
/// fn bypass(old: PasswordHash, new: PasswordHash) -> Rehashed {
///     Rehashed { old, new }
/// }
/// ```
#[derive(Debug)]
pub struct Rehashed {
    old: PasswordHash,
    new: PasswordHash,
}

impl Rehashed {
    /// The hash that was verified. If the store has another one meanwhile, it must not be replaced.
    pub fn old(&self) -> &PasswordHash {
        &self.old
    }

    /// The replacement.
    pub fn new_hash(&self) -> &PasswordHash {
        &self.new
    }
}

/// A hash from another system that may be stored: only `users import` stores such hashes, with the permission
/// `export-hashes`. The password was not checked, so no policy is recorded for it.
///
/// ```compile_fail,E0423
/// use cxme_admin::secrets::admission::ImportedHash;
/// let bypass = ImportedHash("not even a hash");
/// ```
#[derive(Clone, Copy)]
pub struct ImportedHash<'a>(&'a str);

impl<'a> ImportedHash<'a> {
    /// Parses a PHC string of Argon2id whose cost is at least the OWASP minimum.
    ///
    /// # Errors
    /// Those of [`PasswordHash::parse`]; [`PasswordHashError::UnsupportedVariant`], [`PasswordHashError::Weak`].
    pub fn parse(text: &'a str) -> Result<Self, PasswordHashError> {
        PasswordHash::parse(text)?.check_import()?;
        Ok(Self(text))
    }

    /// The PHC string for the store.
    pub fn as_str(&self) -> &'a str {
        self.0
    }
}

impl std::fmt::Debug for ImportedHash<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ImportedHash")
    }
}

impl Hasher {
    /// Checks a new password against the policy and the user's earlier passwords, and hashes it.
    ///
    /// # Errors
    /// [`AdmissionError`].
    pub fn admit(
        &mut self,
        password: &Password,
        policy: &Policy,
        words: &PersonalWords<'_>,
        former: &FormerPasswords,
        random: &dyn Random,
    ) -> Result<AcceptedHash, AdmissionError> {
        let is_ended = former.ended.iter().any(|ended| self.verify(password, ended));
        let is_former = |hasher: &mut Self| former.hashes.iter().any(|old| hasher.verify(password, old));
        let earlier = match is_ended {
            true => Some(Earlier::Ended),
            false => (former.is_proven(password) || is_former(self)).then_some(Earlier::Former),
        };
        self.admit_unless(password, policy, words, (former, earlier), random)
    }

    /// The same, with several earlier passwords compared at once by `workers`: each comparison takes as long as a new hash.
    ///
    /// # Errors
    /// [`AdmissionError`].
    pub fn admit_by(
        &mut self,
        workers: &HashWorkers,
        password: &Password,
        policy: &Policy,
        words: &PersonalWords<'_>,
        former: &FormerPasswords,
        random: &dyn Random,
    ) -> Result<AcceptedHash, AdmissionError> {
        let count = former.all_hashes().count();
        if count < 2 {
            return self.admit(password, policy, words, former, random);
        }
        // The workers have memory of their own.
        self.release_memory();
        let (mut hashes, mut matching) = (former.all_hashes().enumerate(), vec![false; count]);
        workers.at_most(count).run(
            || Ok::<_, NoMemory>(hashes.next()),
            |hasher, (place, hash)| hasher.reserve_for([hash]).map(|()| (place, hasher.verify(password, hash))),
            |compared| {
                let (place, is_same) = compared?;
                matching[place] = is_same;
                Ok(())
            },
        )?;
        self.reserve_for([])?;
        let (ended, others) = matching.split_at(former.ended.len());
        let earlier = match ended.contains(&true) {
            true => Some(Earlier::Ended),
            false => (former.is_proven(password) || others.contains(&true)).then_some(Earlier::Former),
        };
        self.admit_unless(password, policy, words, (former, earlier), random)
    }

    /// Checks a password, of which is known whether it is an earlier one, and hashes it.
    fn admit_unless(
        &mut self,
        password: &Password,
        policy: &Policy,
        words: &PersonalWords<'_>,
        (former, earlier): (&FormerPasswords, Option<Earlier>),
        random: &dyn Random,
    ) -> Result<AcceptedHash, AdmissionError> {
        let mut faults = password.faults(policy, words)?;
        match earlier {
            Some(Earlier::Ended) => faults.push(Violation::Disabled),
            Some(Earlier::Former) => faults.push(former.fault()),
            None => {}
        }
        if !faults.is_empty() {
            return Err(AdmissionError::Violations(faults));
        }
        Ok(AcceptedHash { hash: self.hash(password, random), policy: Some(policy.fingerprint()) })
    }

    /// Hashes a new password in spite of the policy. The [`PolicyOverride`] proves that the permission was checked.
    pub fn admit_overridden(
        &mut self,
        password: &Password,
        _permit: &PolicyOverride,
        random: &dyn Random,
    ) -> AcceptedHash {
        AcceptedHash { hash: self.hash(password, random), policy: None }
    }

    /// Like [`Hasher::verify`], but returns the proof if the password matches.
    pub fn verified<'a>(&mut self, password: &'a Password, hash: &'a PasswordHash) -> Option<Verified<'a>> {
        self.verify(password, hash).then_some(Verified { password, hash })
    }

    /// Like [`Hasher::verified`], for a login: always does the work of a hash with the current parameters, also if
    /// the stored hash is cheaper or there is none, so that response times do not reveal which users exist.
    pub fn verified_at_full_cost<'a>(
        &mut self,
        password: &'a Password,
        hash: Option<&'a PasswordHash>,
    ) -> Option<Verified<'a>> {
        let Some(hash) = hash else {
            self.verify_nobody(password);
            return None;
        };
        self.take_memory();
        let verified = self.verified(password, hash);
        self.do_missing_work(hash);
        verified
    }

    /// Hashes a password again that its stored hash has just verified, if that hash is cheaper to attack than a new
    /// one.
    pub fn rehash(&mut self, verified: &Verified<'_>, random: &dyn Random) -> Option<Rehashed> {
        let is_weak = verified.hash.weaker_than(self.parameters());
        is_weak.then(|| Rehashed { old: verified.hash.clone(), new: self.hash(verified.password, random) })
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use zeroize::Zeroizing;

    use super::*;
    use crate::domain::operator::Authority;
    use crate::domain::operator_limits::OperatorLimits;
    use crate::domain::policy::Requirements;
    use crate::domain::role::Permission;
    use crate::domain::role::RoleId;
    use crate::random::ScriptedRandom;
    use crate::secrets::password_hash::HashParameters;

    const WORDS: PersonalWords<'_> =
        PersonalWords { username: "alice", email: "", name: "", organization: "", email_domains: &[] };

    fn hasher() -> Hasher {
        Hasher::new(HashParameters::new(8, 1, 1).unwrap())
    }

    fn password(text: &str) -> Password {
        Password::new(Zeroizing::new(text.to_owned())).unwrap()
    }

    #[test]
    fn a_new_password_is_hashed_only_if_it_meets_the_policy_and_was_not_used_before() {
        let (mut hasher, random) = (hasher(), ScriptedRandom::new(1));
        let policy = Policy::from(Requirements { history: 2, ..Requirements::default() });
        let good = password("quiet horse battery lantern");
        let none = FormerPasswords::default();
        let accepted = hasher.admit(&good, &policy, &WORDS, &none, &random).unwrap();
        assert_eq!(accepted.policy(), Some(policy.fingerprint().as_str()));
        assert!(hasher.verify(&good, accepted.hash()));
        let used = FormerPasswords { hashes: vec![accepted.hash().clone()], count: 2, ..none };
        let mut refused = |password: &Password, policy: &Policy, former: &FormerPasswords| {
            let AdmissionError::Violations(faults) =
                hasher.admit(password, policy, &WORDS, former, &random).unwrap_err()
            else {
                panic!("a rule refuses it");
            };
            faults
        };
        assert_eq!(refused(&good, &policy, &used), [Violation::Reused { history: 2 }]);
        let ended = FormerPasswords { ended: vec![accepted.hash().clone()], ..used };
        let faults = refused(&good, &Policy::default(), &ended);
        assert_eq!(faults, [Violation::Disabled], "once, and with the words that say why");
        // Without a history too, and without a hash.
        let proven = Some(password("quiet horse battery lantern"));
        let proven = FormerPasswords { proven, count: 1, ..FormerPasswords::default() };
        assert_eq!(refused(&good, &Policy::default(), &proven), [Violation::Reused { history: 1 }]);
        assert!(!refused(&password("short"), &policy, &FormerPasswords::default()).is_empty());
    }

    #[test]
    fn earlier_passwords_are_compared_at_once_with_the_same_result() {
        let (mut hasher, random) = (hasher(), ScriptedRandom::new(1));
        let words: Vec<String> = (0..6).map(|n| format!("quiet horse battery lantern {n}")).collect();
        let hashes: Vec<PasswordHash> = words.iter().map(|text| hasher.hash(&password(text), &random)).collect();
        let (ended, hashes) = (hashes[..2].to_vec(), hashes[2..].to_vec());
        let former = FormerPasswords { hashes, ended, count: 4, ..FormerPasswords::default() };
        let workers = HashWorkers::new(*hasher.parameters(), std::num::NonZeroUsize::new(3).unwrap());
        let policy = Policy::default();
        let other = "another horse battery lantern".to_owned();
        for text in words.iter().chain([&other]) {
            let given = password(text);
            let one = hasher.admit(&given, &policy, &WORDS, &former, &random).map(|accepted| accepted.policy);
            let at_once = hasher.admit_by(&workers, &given, &policy, &WORDS, &former, &random);
            assert_eq!(at_once.map(|accepted| accepted.policy), one, "{text}");
            assert_eq!(one.is_ok(), *text == other);
        }
    }

    #[test]
    fn the_policy_is_overridden_only_with_the_permission_for_it() {
        let (mut hasher, random) = (hasher(), ScriptedRandom::new(1));
        let permit = Authority::Root.require_policy_override().unwrap();
        let accepted = hasher.admit_overridden(&password("x"), &permit, &random);
        assert_eq!(accepted.policy(), None);
        assert!(hasher.verify(&password("x"), accepted.hash()));
        let all_but =
            Permission::VARIANTS.iter().copied().filter(|permission| *permission != Permission::OverridePolicy);
        let (id, role) = (RoleId(9), "Other".to_owned());
        let other = Authority::Operator { id, role, permissions: all_but.collect(), limits: OperatorLimits::default() };
        assert!(other.require_policy_override().is_err());
        assert!(Authority::Stranger.require_policy_override().is_err());
    }

    #[test]
    fn a_hash_is_replaced_only_by_one_of_the_password_that_it_verified() {
        let (mut hasher, random) = (hasher(), ScriptedRandom::new(1));
        let permit = Authority::Root.require_policy_override().unwrap();
        let stored = hasher.admit_overridden(&password("x"), &permit, &random);
        assert!(hasher.verified(&password("y"), stored.hash()).is_none());
        let right = password("x");
        let verified = hasher.verified(&right, stored.hash()).unwrap();
        assert!(hasher.rehash(&verified, &random).is_none(), "as dear as one of today");
        let mut hasher = Hasher::new(HashParameters::new(16, 1, 1).unwrap());
        let rehashed = hasher.rehash(&verified, &random).unwrap();
        assert_eq!(rehashed.old(), stored.hash());
        assert_ne!(rehashed.new_hash(), stored.hash());
        assert!(hasher.verify(&right, rehashed.new_hash()));
    }

    #[test]
    fn what_cannot_be_verified_is_not_imported_and_debug_shows_nothing() {
        assert!(ImportedHash::parse("$6$rounds=5000$salt$hash").is_err());
        let weak = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        assert_eq!(ImportedHash::parse(weak).unwrap_err(), PasswordHashError::Weak(256, 2));
        let text = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        let imported = ImportedHash::parse(text).unwrap();
        assert_eq!((imported.as_str(), format!("{imported:?}")), (text, "ImportedHash".to_owned()));
    }
}
