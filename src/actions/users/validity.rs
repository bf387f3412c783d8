//! How long a password is valid that somebody else sets for a user.

use std::time::Duration;

use crate::domain::policy::PasswordAges;
use crate::domain::user::User;

/// Whether a user must change a password that somebody else sets, and how long it is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// They must choose another one at the next sign-in.
    pub must_change: bool,
    /// How long it is valid; `None`: it does not end. Only one that must be changed ends: a user who may keep a password must not lose
    /// it without having been asked for another one.
    pub lifetime: Option<Duration>,
}

/// What the operator says of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Demand {
    /// The user must change it.
    pub must_change: bool,
    /// How long it is valid, which outranks the requirements.
    pub lifetime: Option<Duration>,
    /// The user may keep it, whatever the requirements say.
    pub permanent: bool,
}

impl Demand {
    /// What a line of an input says of one user outranks what is said of all.
    #[must_use]
    pub fn or_rather(self, must_change: Option<bool>, lifetime: Option<Duration>) -> Self {
        let demanded = must_change.unwrap_or(self.must_change || lifetime.is_some());
        let is_said = must_change.is_some() || lifetime.is_some();
        let lifetime = if must_change == Some(false) { None } else { lifetime.or(self.lifetime) };
        Self { must_change: demanded, lifetime, permanent: if is_said { !demanded } else { self.permanent } }
    }
}

impl Validity {
    /// What is asked of the user's role, and what the operator says.
    pub fn of(user: &User, ages: &PasswordAges, demand: Demand) -> Self {
        // An import may have said it before there was a password.
        let asked = ages.must_change_after_set || user.must_change_password_next();
        let must_change = !demand.permanent && (demand.must_change || demand.lifetime.is_some() || asked);
        let lifetime = demand.lifetime.or(ages.temporary_lifetime).filter(|_| must_change);
        Self { must_change, lifetime }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    #[test]
    fn a_line_outranks_the_options_which_outrank_the_requirements() {
        let all = Demand { must_change: true, lifetime: Some(DAY), permanent: false };
        let kept = Demand { permanent: true, ..Demand::default() };
        assert_eq!(all.or_rather(None, None), all);
        assert_eq!(kept.or_rather(None, None), kept);
        assert_eq!(all.or_rather(Some(false), None), kept, "the line says that the user may keep it");
        let of_line = Demand { must_change: true, lifetime: Some(DAY * 2), permanent: false };
        for demand in [all, kept, Demand::default()] {
            assert_eq!(demand.or_rather(None, Some(DAY * 2)), of_line);
            assert_eq!(demand.or_rather(Some(true), Some(DAY * 2)), of_line);
        }
        assert_eq!(kept.or_rather(Some(true), None), Demand { must_change: true, ..Demand::default() });
    }
}
