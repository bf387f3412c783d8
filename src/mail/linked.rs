//! Turns the addresses in a sentence into links for the HTML part, so that the help contact is one click away.

use std::borrow::Cow;
use std::fmt::Write as _;

use minijinja::HtmlEscape;
use minijinja::Value;

use crate::domain::email_address::EmailAddress;
use crate::domain::email_domain;

/// What may precede an address in a sentence.
const BEFORE: [char; 6] = ['(', '<', '[', '"', '\'', '„'];
/// What may follow one.
const BEHIND: [char; 13] = ['.', ',', ';', ':', '!', '?', ')', '>', ']', '"', '\'', '“', '”'];

/// The template filter for sentences that contain the organization's contact: HTML in which each email address and
/// each web address is a link.
pub(super) fn linked(sentence: Cow<'_, str>) -> Value {
    let mut html = String::with_capacity(sentence.len() * 2);
    for (index, word) in sentence.split(' ').enumerate() {
        if index > 0 {
            html.push(' ');
        }
        let rest = word.trim_start_matches(BEFORE);
        let address = without_end(rest);
        let (before, behind) = (&word[..word.len() - rest.len()], &rest[address.len()..]);
        let written = match target(address) {
            Some(target) => write!(
                html,
                "{}<a href=\"{}\" style=\"color: #1a56c4;\">{}</a>{}",
                HtmlEscape(before),
                target.replace('&', "&amp;"),
                address.replace('&', "&amp;"),
                HtmlEscape(behind)
            ),
            None => write!(html, "{}", HtmlEscape(word)),
        };
        debug_assert!(written.is_ok(), "a String takes all");
    }
    Value::from_safe_string(html)
}

/// A word without the punctuation after an address. A closing bracket whose opening one is in the address belongs to
/// it (`…/a(b)`).
fn without_end(word: &str) -> &str {
    let mut address = word;
    while let Some(last) = address.chars().next_back().filter(|last| BEHIND.contains(last)) {
        let opening = match last {
            ')' => Some('('),
            ']' => Some('['),
            _ => None,
        };
        let count = |bracket: char| address.matches(bracket).count();
        if opening.is_some_and(|opening| count(opening) >= count(last)) {
            break;
        }
        address = &address[..address.len() - last.len_utf8()];
    }
    address
}

/// The target of a link for a word, in ASCII: the host as in DNS (RFC 5891), and other characters percent-encoded
/// (RFC 3987, 3.1). A web address may lack its scheme. The only character in it with a meaning in HTML is `&`.
fn target(word: &str) -> Option<String> {
    let is_web = word.starts_with("www.").then_some(("https://", word));
    let is_web = is_web.or_else(|| word.strip_prefix("https://").map(|rest| ("https://", rest)));
    match is_web.or_else(|| word.strip_prefix("http://").map(|rest| ("http://", rest))) {
        Some((scheme, rest)) => web_target(scheme, rest),
        None => mail_target(word),
    }
}

fn web_target(scheme: &str, rest: &str) -> Option<String> {
    let is_fit =
        |c: char| if c.is_ascii() { c.is_ascii_graphic() && !"<>\"'`\\^|{}".contains(c) } else { c.is_alphanumeric() };
    let (authority, behind) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (host, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
    // A username before the host would make the link look as if it led to another host.
    if !rest.chars().all(is_fit) || !host.starts_with(char::is_alphanumeric) || authority.contains('@') {
        return None;
    }
    let host = email_domain::to_ascii(host)?;
    let mut target = format!("{scheme}{host}{port}");
    for character in behind.chars() {
        if character.is_ascii() {
            target.push(character);
        } else {
            character.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| target.push_str(&format!("%{byte:02X}")));
        }
    }
    Some(target)
}

/// Other characters before the `@` would have to be encoded (RFC 6068, 2), which not every mail program decodes.
fn mail_target(word: &str) -> Option<String> {
    let is_fit = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-+".contains(&byte));
    let address: EmailAddress = word.parse().ok()?;
    let domain = email_domain::to_ascii(address.domain())?;
    (is_fit(address.local_part()) && domain.contains('.')).then(|| format!("mailto:{}@{domain}", address.local_part()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(sentence: &str) -> String {
        linked(Cow::Borrowed(sentence)).to_string().replace(" style=\"color: #1a56c4;\"", "")
    }

    #[test]
    fn addresses_become_links_and_nothing_else_does() {
        for (sentence, expected) in [
            ("Questions? help@example.com", "Questions? <a href=\"mailto:help@example.com\">help@example.com</a>"),
            (
                "IT desk, +49 30 1234567 (it.desk+pw@example.com).",
                "IT desk, +49 30 1234567 (<a href=\"mailto:it.desk+pw@example.com\">it.desk+pw@example.com</a>).",
            ),
            (
                "https://help.example.com/?a=b&c, or call",
                "<a href=\"https://help.example.com/?a=b&amp;c\">https://help.example.com/?a=b&amp;c</a>, or call",
            ),
            (
                "IT-Service: hilfe@bücher.example.",
                "IT-Service: <a href=\"mailto:hilfe@xn--bcher-kva.example\">hilfe@bücher.example</a>.",
            ),
            ("www.example.org/help", "<a href=\"https://www.example.org/help\">www.example.org/help</a>"),
            (
                "(https://bücher.example:8443/hilfe/über?a=ß)",
                "(<a href=\"https://xn--bcher-kva.example:8443/hilfe/%C3%BCber?a=%C3%9F\">\
                 https://bücher.example:8443/hilfe/über?a=ß</a>)",
            ),
            (
                "https://wiki.example.com/help_(it)",
                "<a href=\"https://wiki.example.com/help_(it)\">https://wiki.example.com/help_(it)</a>",
            ),
            (
                "(see https://wiki.example.com/a(b).)",
                "(see <a href=\"https://wiki.example.com/a(b)\">https://wiki.example.com/a(b)</a>.)",
            ),
            ("(www.example.org)", "(<a href=\"https://www.example.org\">www.example.org</a>)"),
            ("www. and www", "www. and www"),
            ("jörg@example.com", "jörg@example.com"),
            ("https://bank.example@evil.example/", "https:&#x2f;&#x2f;bank.example@evil.example&#x2f;"),
            ("https://a\u{202e}b.example", "https:&#x2f;&#x2f;a\u{202e}b.example"),
            ("Bo & <b>", "Bo &amp; &lt;b&gt;"),
            ("ask @desk or a@b", "ask @desk or a@b"),
            ("javascript:alert(1)", "javascript:alert(1)"),
            ("https://\"onclick=x", "https:&#x2f;&#x2f;&quot;onclick=x"),
            ("o'brien@example.com", "o&#x27;brien@example.com"),
            ("a%0d%0ab@example.com?bcc=x@example.com", "a%0d%0ab@example.com?bcc=x@example.com"),
        ] {
            assert_eq!(html(sentence), expected);
        }
    }
}
