//! The domain of an email address. It has two forms: with the letters of its language (`bücher.example`), and the one that DNS
//! has (`xn--bcher-kva.example`). Both are the same domain, and are compared in the second (Unicode UTS #46, RFC 5891).

use std::borrow::Cow;

use idna::uts46::AsciiDenyList;
use idna::uts46::DnsLength;
use idna::uts46::Hyphens;
use idna::uts46::Uts46;

use crate::domain::fold;

/// How a label of the DNS form begins that stands for letters outside ASCII (RFC 5890, 2.3.2.5).
const PREFIX: &str = "xn--";

/// Whether the domain has one form alone, which is itself but for the case of its letters.
pub fn is_plain(domain: &str) -> bool {
    let is_encoded = |label: &str| label.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX));
    domain.is_ascii() && !domain.split('.').any(is_encoded)
}

/// Whether the text has the syntax of a plain domain: labels of lower-case letters, digits and hyphens (RFC 1035, 2.3.1, with
/// RFC 1123, 2.1).
pub fn is_plain_domain(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_label = |label: &str| {
        matches!(label.len(), 1..=63)
            && label.bytes().all(is_letter)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

/// A domain that an operator gives, in either form and case, in the form in which domains are compared. `None`: it is none.
pub fn parse(given: &str) -> Option<Cow<'_, str>> {
    to_ascii(given).filter(|ascii| is_plain_domain(ascii))
}

/// The domain in the form of DNS, in lower case. `None`: it has none. Of a plain domain the syntax is not checked.
pub fn to_ascii(domain: &str) -> Option<Cow<'_, str>> {
    if is_plain(domain) {
        return Some(fold::ascii_lower_case(domain));
    }
    Uts46::new().to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify).ok()
}

/// The domain in the letters of its language, as far as it can be read so.
pub fn to_unicode(domain: &str) -> Cow<'_, str> {
    if is_plain(domain) {
        return Cow::Borrowed(domain);
    }
    match Uts46::new().to_unicode(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast) {
        (unicode, Ok(())) => unicode,
        (_, Err(_)) => Cow::Borrowed(domain),
    }
}

/// The form in which domains are compared: that of DNS. A domain which has none (it was stored before that was required) is the
/// same only as one that differs from it in case or normal form.
pub fn canonical(domain: &str) -> Cow<'_, str> {
    to_ascii(domain).unwrap_or_else(|| fold::simple(domain))
}

/// Whether two domains are the same one. A subdomain is another domain.
pub fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other) || (!(is_plain(one) && is_plain(other)) && canonical(one) == canonical(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_one_domain() {
        for (unicode, ascii) in [
            ("bücher.example", "xn--bcher-kva.example"),
            ("BÜCHER.Example", "XN--BCHER-KVA.example"),
            ("bu\u{308}cher.example", "xn--bcher-kva.example"),
            ("straße.example", "xn--strae-oqa.example"),
            ("例子.广告", "xn--fsqu00a.xn--4rr70v"),
            ("हिन्दी.भारत", "xn--j2bd4cyah0f.xn--h2brj9c"),
        ] {
            assert!(is_same(unicode, ascii), "{unicode} {ascii}");
            assert_eq!(canonical(unicode), ascii.to_lowercase());
            assert_eq!(canonical(ascii), ascii.to_lowercase());
        }
        assert_eq!(to_unicode("xn--bcher-kva.example"), "bücher.example");
        assert!(is_same("Example.COM", "example.com"));
        assert!(!is_same("strasse.example", "straße.example"));
        assert!(!is_same("mail.bücher.example", "xn--bcher-kva.example"));
    }

    #[test]
    fn a_given_domain_is_compared_in_the_form_of_dns() {
        for given in ["bücher.example", "BÜCHER.Example", "XN--BCHER-KVA.example"] {
            assert_eq!(parse(given).as_deref(), Some("xn--bcher-kva.example"));
        }
        assert_eq!(parse("Example.COM").as_deref(), Some("example.com"));
        for none in
            ["", ".", "example.com.", "x@example.com", "@example.com", "a b", "*.example", "xn--a.example", "a\u{1b}"]
        {
            assert_eq!(parse(none), None, "{none:?}");
        }
    }

    #[test]
    fn a_domain_that_dns_cannot_have_is_only_itself() {
        for bad in [
            "xn--a.example",
            "xn--.example",
            "a\u{2100}b.example",
            "ü-.example",
            &format!("{}.example", "ü".repeat(70)),
        ] {
            assert_eq!(to_ascii(bad), None, "{bad}");
            assert!(is_same(bad, bad));
            assert_eq!(to_unicode(bad), bad);
        }
        assert!(!is_same("xn--a.example", "a.example"));
    }
}
