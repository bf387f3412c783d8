//! How long a password is valid: the end of a temporary one, and the ages that the configuration may ask for.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::duration::DisplayDuration;
use crate::domain::duration::parse_duration;
use crate::domain::link::link_time;
use crate::domain::role::RoleId;

const DAY: Duration = Duration::from_secs(86_400);

/// How long a temporary password may be valid.
pub const TEMPORARY_LIFETIME: RangeInclusive<Duration> =
    Duration::from_secs(5 * 60)..=Duration::from_secs(366 * 86_400);
/// How long a user may have to wait until they can change a password that they chose. Longer, and a password that somebody has seen
/// would be in use for too long.
pub const MIN_AGE: RangeInclusive<Duration> = Duration::from_secs(60)..=Duration::from_secs(30 * 86_400);
/// How old a password may become. Less than a day would end it between two sign-ins.
pub const MAX_AGE: RangeInclusive<Duration> = DAY..=Duration::from_secs(10 * 366 * 86_400);

/// What is known about a user's password; never the password or its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordStatus {
    /// When it was set.
    pub set_at: Timestamp,
    /// The fingerprint of the policy it met; `None` if it came as a hash.
    pub policy: Option<String>,
    /// When it ends, where it is temporary.
    pub expires_at: Option<Timestamp>,
    /// The period of the store's clock in which it was set; `None`: not known.
    pub period: Option<i64>,
    /// Whether the user chose it; otherwise somebody else set it.
    pub is_own: bool,
}

/// The greatest ages of passwords: that of every role, and those of roles with another one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MaxAges {
    /// Of every role that has none of its own; `None`: there is no bound.
    pub general: Option<Duration>,
    /// Of these roles.
    pub of_roles: BTreeMap<RoleId, Duration>,
}

impl MaxAges {
    /// Whether no role has a greatest age.
    pub fn is_empty(&self) -> bool {
        self.general.is_none() && self.of_roles.is_empty()
    }

    /// The greatest age of the password of a user with this role; `None`: there is no bound.
    pub fn of(&self, role: RoleId) -> Option<Duration> {
        self.of_roles.get(&role).copied().or(self.general)
    }
}

/// What the store knows that decides whether a password is still valid. The view `login` has a copy of these rules in SQL, which a
/// property test compares with them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PasswordTimes {
    /// The periods of the clock (`store/sqlite/clock.rs`), by number, with the latest time that the store has seen in each.
    pub periods: Vec<(i64, Timestamp)>,
    /// The greatest ages that are in force.
    pub max_ages: MaxAges,
}

impl PasswordTimes {
    /// The time that counts for a password: the present, or a later one that the store has seen since the password was set, so
    /// that a clock which is set back revives none.
    fn time_for(&self, password: &PasswordStatus, now: Timestamp) -> Timestamp {
        let since = |set_in: i64| self.periods.iter().find(|(number, _)| *number >= set_in);
        link_time(now, password.period.and_then(since).map(|(_, latest)| *latest))
    }

    /// Whether a temporary password has ended: at its end it is not accepted any more.
    pub fn has_expired(&self, password: &PasswordStatus, now: Timestamp) -> bool {
        password.expires_at.is_some_and(|end| end <= self.time_for(password, now))
    }

    /// Whether a password has reached the greatest age of its user's role, and must be changed.
    pub fn is_too_old(&self, password: &PasswordStatus, role: RoleId, now: Timestamp) -> bool {
        let age = self.time_for(password, now).as_second().saturating_sub(password.set_at.as_second());
        self.max_ages.of(role).is_some_and(|most| i64::try_from(most.as_secs()).is_ok_and(|most| age >= most))
    }
}

/// Reads how long a temporary password is valid.
///
/// # Errors
/// A line that says what is expected.
pub fn parse_lifetime(text: &str) -> Result<Duration, String> {
    let lifetime = parse_duration(text).map_err(|error| error.to_string())?;
    let (shortest, longest) =
        (DisplayDuration(*TEMPORARY_LIFETIME.start()), DisplayDuration(*TEMPORARY_LIFETIME.end()));
    let is_within = TEMPORARY_LIFETIME.contains(&lifetime);
    is_within.then_some(lifetime).ok_or_else(|| format!("expected a duration from {shortest} to {longest}"))
}

/// The end of a password that is set at `now` for this long. It is the last moment that the calendar has if that is earlier.
pub fn end_of(now: Timestamp, lifetime: Duration) -> Timestamp {
    now.checked_add(lifetime).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn password(set_at: i64, expires_at: Option<i64>, period: Option<i64>) -> PasswordStatus {
        PasswordStatus { set_at: at(set_at), policy: None, expires_at: expires_at.map(at), period, is_own: false }
    }

    #[test]
    fn a_temporary_password_ends_at_its_second_and_is_not_revived_by_the_clock() {
        let times = PasswordTimes { periods: vec![(1, at(900)), (2, at(400))], ..PasswordTimes::default() };
        let temporary = password(100, Some(1_000), Some(1));
        assert!(!times.has_expired(&temporary, at(999)));
        assert!(times.has_expired(&temporary, at(1_000)));
        let seen = PasswordTimes { periods: vec![(1, at(1_000)), (2, at(400))], ..PasswordTimes::default() };
        assert!(seen.has_expired(&temporary, at(200)), "the store has seen its end");
        assert!(!seen.has_expired(&password(100, Some(1_000), Some(2)), at(500)), "set after the clock was set right");
        assert!(!seen.has_expired(&password(100, None, Some(1)), at(5_000)));
    }

    #[test]
    fn the_age_of_the_role_counts_and_otherwise_that_of_all() {
        let of_roles = [(RoleId(1), Duration::from_secs(10))].into_iter().collect();
        let max_ages = MaxAges { general: Some(Duration::from_secs(100)), of_roles };
        let times = PasswordTimes { max_ages, ..PasswordTimes::default() };
        let is_too_old = |role, now| times.is_too_old(&password(1_000, None, None), RoleId(role), at(now));
        assert!(!is_too_old(1, 1_009) && is_too_old(1, 1_010));
        assert!(!is_too_old(2, 1_099) && is_too_old(2, 1_100));
        assert!(!is_too_old(1, 0), "set by a clock that was ahead");
        assert!(!PasswordTimes::default().is_too_old(&password(0, None, None), RoleId(1), at(1 << 33)));
    }
}
