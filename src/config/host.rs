//! Validates the names of mail hosts in the configuration.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

/// Validates the relay: a host name, an IPv4 address, or an IPv6 address with or without brackets. The error says
/// what was expected.
pub(super) fn validate(text: &str) -> Result<String, String> {
    if is_name(text) || address(text).is_some() {
        return Ok(text.to_owned());
    }
    if text.contains("://") || text.contains('/') {
        return Err("expected the host alone, such as \"smtp.example.com\"".to_owned());
    }
    if let Some((host, port)) = text.rsplit_once(':')
        && is_name(host)
    {
        let port = if port.bytes().all(|byte| byte.is_ascii_digit()) { port } else { "587" };
        return Err(format!("expected the host without its port, which is a key of its own: port = {port}"));
    }
    if !text.is_ascii() {
        return Err("expected the host as DNS writes it, beginning with `xn--`".to_owned());
    }
    Err("expected a host such as \"smtp.example.com\", or an address".to_owned())
}

/// Validates the name in EHLO: a host name, or an address literal (RFC 5321, 4.1.1.1 and 4.1.3). The error says what
/// was expected.
pub(super) fn validate_helo(text: &str) -> Result<String, String> {
    let literal = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_literal = literal.is_some_and(|inside| match inside.strip_prefix("IPv6:") {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => inside.parse::<Ipv4Addr>().is_ok(),
    });
    if is_name(text) || is_literal {
        return Ok(text.to_owned());
    }
    Err("expected a host name in ASCII, or an address such as \"[192.0.2.1]\" or \"[IPv6:2001:db8::1]\"".to_owned())
}

/// Whether a valid host is this machine, without asking a name server: `localhost`, 127.0.0.0/8 or ::1. Any other
/// name could resolve to another machine tomorrow.
pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost" || address(host).is_some_and(|address| address.is_loopback())
}

fn address(text: &str) -> Option<IpAddr> {
    match text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inside) => inside.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => text.parse().ok(),
    }
}

/// Labels of letters, digits and hyphens (RFC 1123, 2.1). A last label of only digits is not a top-level domain: then
/// the text is a mistyped address, and some resolvers take `127.1` for one.
fn is_name(text: &str) -> bool {
    let is_label = |label: &str| {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        matches!(label.len(), 1..=63) && label.bytes().all(known) && !label.starts_with('-') && !label.ends_with('-')
    };
    let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    text.len() <= 253 && text.split('.').all(is_label) && !text.rsplit('.').next().is_none_or(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_names_and_addresses_are_unchanged() {
        for good in ["smtp.example.com", "localhost", "Relay-1", "192.0.2.1", "[2001:db8::1]", "::1", "1and1.example"] {
            assert_eq!(validate(good).as_deref(), Ok(good));
        }
    }

    #[test]
    fn anything_else_is_refused_with_what_was_expected() {
        for bad in ["", ".", "a..b", "-a.example", "a b", "a_b.example", "300.1.1.1", "127.1", "[::1", "[127.0.0.1]"] {
            assert_eq!(
                validate(bad).unwrap_err(),
                "expected a host such as \"smtp.example.com\", or an address",
                "{bad}"
            );
        }
        assert_eq!(
            validate("smtp.example.com:465").unwrap_err(),
            "expected the host without its port, which is a key of its own: port = 465"
        );
        assert_eq!(
            validate("smtp://smtp.example.com").unwrap_err(),
            "expected the host alone, such as \"smtp.example.com\""
        );
        assert_eq!(
            validate("bücher.example").unwrap_err(),
            "expected the host as DNS writes it, beginning with `xn--`"
        );
        assert!(validate("a\r\nMAIL FROM:<x@y.z>").is_err());
    }

    #[test]
    fn helo_is_a_name_or_a_literal() {
        for good in ["mail.example.com", "host", "[192.0.2.1]", "[IPv6:2001:db8::1]"] {
            assert_eq!(validate_helo(good).as_deref(), Ok(good));
        }
        for bad in ["", "192.0.2.1", "[2001:db8::1]", "[IPv6:192.0.2.1]", "a b", "host\r\nQUIT", "höst", "[x]"] {
            assert!(validate_helo(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_names_of_this_machine_are_loopback() {
        for loopback in ["localhost", "127.0.0.1", "127.8.9.10", "::1", "[::1]"] {
            assert!(validate(loopback).is_ok() && is_loopback(loopback), "{loopback}");
        }
        for other in ["localhost.example.com", "smtp.example.com", "10.0.0.1", "::", "[::ffff:127.0.0.1]", "0.0.0.0"] {
            assert!(!is_loopback(other), "{other}");
        }
    }
}
