//! The link of a reset mail: an address with a place for the code.

use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::Timestamp;

const DAY: Duration = Duration::from_secs(86_400);

/// How long the link of a reset may live after its mail was handed over. NIST SP 800-63B-4, 4.2.1.2 allows no more than
/// 24 hours.
pub const RESET_LIFE: RangeInclusive<Duration> = Duration::from_secs(5 * 60)..=DAY;
/// The same for an invitation, whose user never had a password.
pub const INVITATION_LIFE: RangeInclusive<Duration> = Duration::from_secs(5 * 60)..=Duration::from_secs(7 * 86_400);

/// The time that counts for a link: the present, or a later one that the store has seen since the link was delivered, so
/// that a clock which is set back revives none. `store/clock.rs` has a fast copy of this in SQL.
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
pub enum LinkFault {
    /// Not https, and not a loopback address either.
    #[error("expected an address that begins with `https://` (`http://` only for localhost)")]
    Scheme,
    /// No host, or a character that stands in no address.
    #[error("expected an address of ASCII characters without blanks, such as `https://reset.example.com/#{{code}}`")]
    Form,
    /// The code has no place, or two, or not behind the `#`.
    #[error("expected `{{code}}` once, after a `#`, as in `https://reset.example.com/#{{code}}`")]
    Place,
    /// Too long for one line of a mail.
    #[error("expected at most {} characters, so that the link stays on one line of a mail", LONGEST)]
    TooLong,
}

/// The longest template: with the code in its place, and the `!`, it stays within the 76 characters of a line of
/// quoted-printable text (RFC 2045, 6.7), so that no mail program can break the link.
const LONGEST: usize = 75 - 26 - 1 + PLACE.len();

impl std::str::FromStr for LinkTemplate {
    type Err = LinkFault;

    fn from_str(text: &str) -> Result<Self, LinkFault> {
        let rest = match text.split_once("://") {
            Some(("https", rest)) => rest,
            Some(("http", rest)) if is_loopback(host(rest)) => rest,
            _ => return Err(LinkFault::Scheme),
        };
        // The others end a link in mail programs.
        let is_fit = |character: char| character.is_ascii_graphic() && !"<>\"'`\\^|".contains(character);
        if host(rest).is_empty() || !text.chars().all(is_fit) {
            return Err(LinkFault::Form);
        }
        let (before, fragment) = text.split_once('#').ok_or(LinkFault::Place)?;
        let outside = text.replacen(PLACE, "", 1);
        if before.contains(PLACE) || !fragment.contains(PLACE) || outside.contains(['{', '}']) {
            return Err(LinkFault::Place);
        }
        if text.len() > LONGEST {
            return Err(LinkFault::TooLong);
        }
        Ok(Self(text.to_owned()))
    }
}

impl LinkTemplate {
    /// The link by which the user chooses a password.
    pub fn with(&self, code: &str) -> String {
        self.0.replacen(PLACE, code, 1)
    }

    /// The link by which the user says that he did not ask for the mail.
    pub fn not_me(&self, code: &str) -> String {
        self.0.replacen(PLACE, &format!("!{code}"), 1)
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

fn is_loopback(host: &str) -> bool {
    let v4 = host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback());
    v4 || ["localhost", "[::1]"].contains(&host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<LinkTemplate, LinkFault> {
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
    fn without_tls_only_this_machine_is_named() {
        for good in ["http://localhost:8080/#{code}", "http://127.0.0.1/#{code}", "http://[::1]:8080/#{code}"] {
            assert!(parsed(good).is_ok(), "{good}");
        }
        for bad in ["http://example.com/#{code}", "http://localhost.example.com/#{code}", "ftp://x/#{code}", "{code}"] {
            assert_eq!(parsed(bad), Err(LinkFault::Scheme), "{bad}");
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
            assert_eq!(parsed(bad), Err(LinkFault::Place), "{bad}");
        }
        for bad in
            ["https:///#{code}", "https://a b/#{code}", "https://x/#{code}\r\nBcc: a@b.c", "https://x/?a|b#{code}"]
        {
            assert_eq!(parsed(bad), Err(LinkFault::Form), "{bad}");
        }
        assert_eq!(parsed(&format!("https://example.com/{}#{{code}}", "x".repeat(60))), Err(LinkFault::TooLong));
    }
}
