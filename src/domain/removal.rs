//! What a change takes away from users, and the operator is asked about before.

use std::fmt;

/// How much a change takes away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removals {
    /// Passwords removed, because their users would sign in with SAML.
    pub passwords: u64,
    /// Locks in force that would end now, or sooner than they do.
    pub locks: u64,
}

impl Removals {
    /// Only passwords.
    pub fn of_passwords(passwords: u64) -> Self {
        Self { passwords, locks: 0 }
    }

    /// Whether nothing is taken away.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// Whether more is taken away than was `confirmed`.
    pub fn exceeds(self, confirmed: Self) -> bool {
        self.passwords > confirmed.passwords || self.locks > confirmed.locks
    }
}

impl fmt::Display for Removals {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passwords, locks } = *self;
        if passwords > 0 {
            let noun = if passwords == 1 { "password" } else { "passwords" };
            write!(formatter, "{passwords} {noun} would be removed, because the users would sign in with SAML")?;
        }
        if locks > 0 {
            let noun = if locks == 1 { "lock" } else { "locks" };
            let and = if passwords > 0 { ", and " } else { "" };
            write!(formatter, "{and}{locks} {noun} would be ended or shortened")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_of_either_kind_exceeds_what_was_confirmed() {
        let confirmed = Removals { passwords: 2, locks: 1 };
        assert!(!confirmed.exceeds(confirmed) && !Removals::of_passwords(2).exceeds(confirmed));
        assert!(Removals { passwords: 3, locks: 0 }.exceeds(confirmed));
        assert!(Removals { passwords: 0, locks: 2 }.exceeds(confirmed));
    }
}
