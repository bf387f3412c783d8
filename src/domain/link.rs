//! The link of a reset mail: an address with a place for the code.

use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::email_domain;
use crate::domain::text;

const DAY: Duration = Duration::from_secs(86_400);

/// How long the link of a reset may live after its mail was handed over. NIST SP 800-63B-4, 4.2.1.2 allows no more than
/// 24 hours.
pub const RESET_LIFE: RangeInclusive<Duration> = Duration::from_secs(5 * 60)..=DAY;
/// The same for an invitation, whose user never had a password.
pub const INVITATION_LIFE: RangeInclusive<Duration> = Duration::from_secs(5 * 60)..=Duration::from_secs(7 * 86_400);

/// The time that counts for a link: the present, or a later one that the store has seen since the link was delivered, so
/// that a clock which is set back revives none. `store/sqlite/clock.rs` has a fast copy of this in SQL.
pub fn link_time(now: Timestamp, seen_at: Option<Timestamp>) -> Timestamp {
    seen_at.map_or(now, |seen_at| now.max(seen_at))
}

/// The place of the code.
const PLACE: &str = "{code}";

/// `[reset] link`: an address whose fragment, the part after `#`, takes the code. A fragment is never sent to a server,
/// so the code stands in no access log, proxy or `Referer` (RFC 3986, 3.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkTemplate(String);

/// Why a text is no link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkTemplateError {
    /// Not https, and not a loopback address either.
    #[error("expected an address that begins with `https://` (`http://` only for localhost)")]
    Scheme,
    /// No host.
    #[error("expected a host, as in `https://reset.example.com/#{{code}}`")]
    Host,
    /// A host that no name can be looked up by, nor an address is.
    #[error(
        "expected a valid host: a name of letters, digits and `-` between dots, in the form that DNS has (`xn--…`), or an IP address"
    )]
    HostName,
    /// A port that there is not.
    #[error("expected a port from 1 to 65535 after the `:`, or none")]
    Port,
    /// A name or a password before the host (RFC 3986, 3.2.1).
    #[error(
        "expected no username or password before the host (`…@`): in a mailed link it looks like phishing, and browsers warn of it"
    )]
    UserInfo,
    /// A character that no address may have there (RFC 3986, 2), or `'`, which may be in one and ends a link in mail programs.
    #[error("{}", character_words(*.0))]
    Character(char),
    /// A `%` that begins no escape (RFC 3986, 2.1).
    #[error("expected two hexadecimal digits after each `%`; write a `%` itself as `%25`")]
    Escape,
    /// The code has no place, or two, or not behind the `#`.
    #[error("expected `{{code}}` once, after a `#`, as in `https://reset.example.com/#{{code}}`")]
    Place,
    /// Too long for one line of a mail.
    #[error("expected at most {} characters, so that the link stays on one line of a mail", LONGEST)]
    TooLong,
}

/// What is wrong with a character, and what to write instead of it.
fn character_words(character: char) -> String {
    let one = character.to_string();
    let shown = text::visible(&one);
    let why = match character {
        '\'' => "ends a link in mail programs",
        _ => "may not be in an address there (RFC 3986)",
    };
    let escaped: String = one.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let host = if character.is_ascii() { "" } else { ", and a host in its ASCII form (`xn--…`)" };
    format!("`{shown}` {why}: write it as `{escaped}`{host}")
}

/// The longest template: with the code in its place, and the `!`, it stays within the 76 characters of a line of
/// quoted-printable text (RFC 2045, 6.7), so that no mail program can break the link.
const LONGEST: usize = 75 - 26 - 1 + PLACE.len();

impl std::str::FromStr for LinkTemplate {
    type Err = LinkTemplateError;

    fn from_str(text: &str) -> Result<Self, LinkTemplateError> {
        let rest = match text.split_once("://") {
            Some(("https", rest)) => rest,
            Some(("http", rest)) if is_loopback(host(rest)) => rest,
            _ => return Err(LinkTemplateError::Scheme),
        };
        let (authority, behind) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(LinkTemplateError::UserInfo);
        }
        if host(rest).is_empty() {
            return Err(LinkTemplateError::Host);
        }
        let (before, fragment) = text.split_once('#').ok_or(LinkTemplateError::Place)?;
        let outside = text.replacen(PLACE, "", 1);
        if before.contains(PLACE) || !fragment.contains(PLACE) || outside.contains(['{', '}']) {
            return Err(LinkTemplateError::Place);
        }
        let is_fit = |character: &char| character.is_ascii_graphic() && !"<>\"'`\\^|".contains(*character);
        let unfit = text.chars().find(|character| !is_fit(character));
        // Brackets are for the host, and a second `#` is for nothing.
        let misplaced = behind.chars().find(|character| "[]".contains(*character));
        let second = fragment.contains('#').then_some('#');
        if let Some(character) = unfit.or(misplaced).or(second) {
            return Err(LinkTemplateError::Character(character));
        }
        let mut escapes = text.split('%').skip(1);
        if !escapes.all(|rest| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit())) {
            return Err(LinkTemplateError::Escape);
        }
        if !is_host(host(rest)) {
            return Err(LinkTemplateError::HostName);
        }
        let port = authority[host(rest).len()..].strip_prefix(':');
        let is_port = |port: &str| {
            port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
        };
        if port.is_some_and(|port| !is_port(port)) || port.is_none() && authority.len() > host(rest).len() {
            return Err(LinkTemplateError::Port);
        }
        if text.len() > LONGEST {
            return Err(LinkTemplateError::TooLong);
        }
        Ok(Self(text.to_owned()))
    }
}

impl LinkTemplate {
    /// The link by which the user chooses a password.
    pub fn with(&self, code: &str) -> String {
        self.0.replacen(PLACE, code, 1)
    }

    /// The link by which the user says that they did not ask for the mail.
    pub fn not_me(&self, code: &str) -> String {
        self.0.replacen(PLACE, &format!("!{code}"), 1)
    }

    /// The host, without the brackets of an IPv6 address, and the port of the server that it leads to.
    pub fn server(&self) -> (&str, u16) {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("https", &self.0));
        let host = host(rest);
        let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
        let port = authority[host.len()..].strip_prefix(':').and_then(|port| port.parse().ok());
        let port = port.unwrap_or(if scheme == "http" { 80 } else { 443 });
        (host.trim_start_matches('[').trim_end_matches(']'), port)
    }

    /// The template itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The host of an address without its scheme: up to the path, without a port.
fn host(rest: &str) -> &str {
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    if let Some(end) = authority.find(']') {
        return &authority[..=end];
    }
    authority.split(':').next().unwrap_or("")
}

/// Whether browsers take it for a host (WHATWG URL, 3.5): an address, or a name that DNS can have. A name whose last label is a number
/// is an address to them.
fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[') {
        return address.strip_suffix(']').is_some_and(|address| address.parse::<Ipv6Addr>().is_ok());
    }
    let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit()) || label.starts_with("0x");
    if host.rsplit('.').next().is_some_and(is_number) {
        return host.parse::<Ipv4Addr>().is_ok();
    }
    let is_label = |label: &str| {
        let is_fit = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (1..=63).contains(&label.len()) && is_fit && !label.starts_with('-') && !label.ends_with('-')
    };
    host.split('.').all(is_label) && email_domain::to_ascii(host).is_some()
}

fn is_loopback(host: &str) -> bool {
    let v4 = host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback());
    v4 || ["localhost", "[::1]"].contains(&host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<LinkTemplate, LinkTemplateError> {
        text.parse()
    }

    #[test]
    fn the_code_takes_its_place_in_the_fragment() {
        let link = parsed("https://reset.example.com/#{code}").unwrap();
        assert_eq!(link.with("ABC"), "https://reset.example.com/#ABC");
        assert_eq!(link.not_me("ABC"), "https://reset.example.com/#!ABC");
        let link = parsed("https://example.com/reset?tenant=a&lang=de#c={code}").unwrap();
        assert_eq!(link.with("ABC"), "https://example.com/reset?tenant=a&lang=de#c=ABC");
    }

    #[test]
    fn the_server_is_the_host_and_the_port() {
        for (link, host, port) in [
            ("https://reset.example.com/#{code}", "reset.example.com", 443),
            ("https://reset.example.com:8443/?x#{code}", "reset.example.com", 8443),
            ("http://localhost/#{code}", "localhost", 80),
            ("https://[2001:db8::1]:1#{code}", "2001:db8::1", 1),
            ("https://[2001:db8::1]/#{code}", "2001:db8::1", 443),
        ] {
            assert_eq!(parsed(link).unwrap().server(), (host, port), "{link}");
        }
    }

    #[test]
    fn without_tls_only_this_machine_is_named() {
        for good in ["http://localhost:8080/#{code}", "http://127.0.0.1/#{code}", "http://[::1]:8080/#{code}"] {
            assert!(parsed(good).is_ok(), "{good}");
        }
        for bad in ["http://example.com/#{code}", "http://localhost.example.com/#{code}", "ftp://x/#{code}", "{code}"] {
            assert_eq!(parsed(bad), Err(LinkTemplateError::Scheme), "{bad}");
        }
    }

    #[test]
    fn another_place_for_the_code_is_refused() {
        for bad in [
            "https://example.com/",
            "https://example.com/{code}",
            "https://example.com/?c:{code}#",
            "https://example.com/?c={code}&lang=de#x",
            "https://example.com/?c={code}",
            "https://example.com/#{code}{code}",
            "https://example.com/#{code}{user}",
        ] {
            assert_eq!(parsed(bad), Err(LinkTemplateError::Place), "{bad}");
        }
        for bad in ["https:///#{code}", "https://:8443/#{code}"] {
            assert_eq!(parsed(bad), Err(LinkTemplateError::Host), "{bad}");
        }
        assert_eq!(
            parsed(&format!("https://example.com/{}#{{code}}", "x".repeat(60))),
            Err(LinkTemplateError::TooLong)
        );
    }

    #[test]
    fn a_character_that_no_address_has_is_named_with_what_to_write_instead() {
        for (bad, character) in [
            ("https://a b/#{code}", ' '),
            ("https://x/#{code}\r\nBcc: a@b.c", '\r'),
            ("https://x/?a|b#{code}", '|'),
            ("https://x/it's#{code}", '\''),
            ("https://x/a[b]#{code}", '['),
            ("https://x/#a#{code}", '#'),
            ("https://bücher.example/#{code}", 'ü'),
        ] {
            assert_eq!(parsed(bad), Err(LinkTemplateError::Character(character)), "{bad}");
        }
        let words = |character| LinkTemplateError::Character(character).to_string();
        assert_eq!(words('|'), "`|` may not be in an address there (RFC 3986): write it as `%7C`");
        assert_eq!(words('\''), "`'` ends a link in mail programs: write it as `%27`");
        assert_eq!(words('\r'), "`\\u{d}` may not be in an address there (RFC 3986): write it as `%0D`");
        assert_eq!(
            words('ü'),
            "`ü` may not be in an address there (RFC 3986): write it as `%C3%BC`, and a host in its ASCII form (`xn--…`)"
        );
        for good in ["https://x/a%7Cb#{code}", "https://[::1]:8443/#{code}", "https://x/a@b?c=d@e#{code}"] {
            assert!(parsed(good).is_ok(), "{good}");
        }
        for bad in ["https://x/100%#{code}", "https://x/%7#{code}", "https://x/#{code}%"] {
            assert_eq!(parsed(bad), Err(LinkTemplateError::Escape), "{bad}");
        }
    }

    #[test]
    fn nobody_is_named_before_the_host() {
        for bad in ["https://user:pw@x/#{code}", "https://example.com@evil.example/#{code}", "https://@x/#{code}"] {
            assert_eq!(parsed(bad), Err(LinkTemplateError::UserInfo), "{bad}");
        }
    }

    #[test]
    fn a_host_and_a_port_that_there_cannot_be_are_refused() {
        for bad in [
            "r..example",
            ".r.example",
            "r.example.",
            "%75%40x",
            "xn--a",
            "-a.example",
            "a_b.example",
            "1.2.3",
            "[::g]",
        ] {
            assert_eq!(parsed(&format!("https://{bad}/#{{code}}")), Err(LinkTemplateError::HostName), "{bad}");
        }
        for bad in ["99999", "0", "", "+1", "80x", "8:0", "65536"] {
            assert_eq!(parsed(&format!("https://x:{bad}/#{{code}}")), Err(LinkTemplateError::Port), "{bad}");
        }
        assert_eq!(parsed("https://[::1]x/#{code}"), Err(LinkTemplateError::Port));
        for good in
            ["x:65535", "xn--bcher-kva.example", "192.0.2.1:8443", "[2001:db8::1]:1", "a-b.c1.example", "localhost"]
        {
            assert!(parsed(&format!("https://{good}/#{{code}}")).is_ok(), "{good}");
        }
    }
}
