//! What wrong passwords cost: nobody is locked out by strangers, and nobody guesses on at full speed.

use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::text;

/// The longest that a wrong password is answered later.
pub const LONGEST_DELAY: Duration = Duration::from_secs(30);

/// The longest name or address of a client, in characters: that of a name in the DNS (RFC 1035 section 2.3.4).
const MAX_CLIENT: usize = 255;

/// How logins are guarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignInRules {
    /// How many wrong passwords of one user cost nothing.
    pub max_failures: u32,
}

impl Default for SignInRules {
    fn default() -> Self {
        // The most that NIST SP 800-63B-4 section 3.2.2 allows.
        Self { max_failures: 100 }
    }
}

impl SignInRules {
    /// How much later the newest of so many wrong passwords in a row is answered: 1 s for the first that is too many, then
    /// twice as long each time, up to [`LONGEST_DELAY`]. A right one never is.
    pub fn delay(&self, failures: u64) -> Duration {
        match failures.checked_sub(u64::from(self.max_failures)) {
            None | Some(0) => Duration::ZERO,
            Some(beyond) => {
                let doublings = u32::try_from(beyond - 1).unwrap_or(u32::MAX).min(5);
                Duration::from_secs(1 << doublings).min(LONGEST_DELAY)
            }
        }
    }
}

/// The wrong passwords of a user since the last right one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignInFailures {
    /// How many.
    pub count: u64,
    /// When the last one was.
    pub last_at: Option<Timestamp>,
    /// Where it came from, as the login system said.
    pub client: Option<String>,
}

/// The client that a login system names as an argument. An empty argument names none: PAM sets an empty PAM_RHOST for a local
/// login, and a wrapper passes it on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedClient(Option<String>);

impl NamedClient {
    /// Its address or name; `None`: none was named.
    pub fn name(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl FromStr for NamedClient {
    type Err = &'static str;

    /// Reads the address or the name of the host that a login comes from.
    fn from_str(given: &str) -> Result<Self, &'static str> {
        let given = given.trim();
        if given.is_empty() {
            return Ok(Self(None));
        }
        // An IPv6 address may be in brackets, as in a URL (RFC 3986 section 3.2.2).
        let given = given.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(given);
        if let Ok(address) = given.parse::<IpAddr>() {
            return Ok(Self(Some(address.to_string())));
        }
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '%');
        if given.is_empty() || given.len() > MAX_CLIENT || !given.chars().all(is_part) || given.starts_with('-') {
            return Err("not an IP address or a host name");
        }
        Ok(Self(Some(given.to_owned())))
    }
}

/// What PAM says of the client, which may come from a name server that an attacker runs: kept as it is, made visible and cut.
pub fn client_of_pam(given: &str) -> Option<String> {
    let given = given.trim();
    (!given.is_empty()).then(|| text::quoted(given, MAX_CLIENT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_password_costs_nothing_at_first_and_then_more_each_time_up_to_half_a_minute() {
        let rules = SignInRules { max_failures: 3 };
        let seconds = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1_000, u64::MAX].map(|count| rules.delay(count).as_secs());
        assert_eq!(seconds, [0, 0, 0, 0, 1, 2, 4, 8, 16, 30, 30, 30, 30]);
        assert_eq!(SignInRules::default().delay(100), Duration::ZERO);
        assert_eq!(SignInRules::default().delay(101), Duration::from_secs(1));
    }

    #[test]
    fn a_client_is_an_address_or_a_name() {
        for good in ["192.0.2.7", "2001:db8::7", "fe80::1%eth0", "mail.example.com", "tty1", "my_host:0"] {
            assert_eq!(good.parse::<NamedClient>().unwrap().name(), Some(good));
        }
        for bad in ["a b", "\u{1b}[31m", "-x", "ü.example", "a\nb", "[]", &"x".repeat(256)] {
            assert!(bad.parse::<NamedClient>().is_err(), "{bad:?}");
        }
        assert_eq!("[::1]".parse::<NamedClient>().unwrap().name(), Some("::1"));
        for none in ["", " ", "\n"] {
            assert_eq!(none.parse::<NamedClient>().unwrap().name(), None, "{none:?}");
        }
        assert_eq!(client_of_pam("\u{1b}[31mx").as_deref(), Some("\\u{1b}[31mx"));
        assert_eq!(client_of_pam("  "), None);
    }
}
