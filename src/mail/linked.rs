//! Makes the addresses in a sentence links, for the HTML part: where to ask is one click away.

use std::borrow::Cow;
use std::fmt::Write as _;

use minijinja::HtmlEscape;
use minijinja::Value;

use crate::domain::email_address::EmailAddress;

/// What may be before an address in a sentence.
const BEFORE: [char; 6] = ['(', '<', '[', '"', '\'', '„'];
/// What may be behind one.
const BEHIND: [char; 13] = ['.', ',', ';', ':', '!', '?', ')', '>', ']', '"', '\'', '“', '”'];

/// The filter for sentences with the organization's contact: the text in HTML, each email address and each web address in it a link.
pub(super) fn linked(sentence: Cow<'_, str>) -> Value {
    let mut html = String::with_capacity(sentence.len() * 2);
    for (index, word) in sentence.split(' ').enumerate() {
        if index > 0 {
            html.push(' ');
        }
        let rest = word.trim_start_matches(BEFORE);
        let address = rest.trim_end_matches(BEHIND);
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

/// What a word leads to; it holds nothing that HTML reads but `&`.
fn target(word: &str) -> Option<String> {
    let is_plain = |text: &str| text.chars().all(|c| c.is_ascii_graphic() && !"<>\"'`\\^|{}".contains(c));
    let host = word.strip_prefix("https://").or_else(|| word.strip_prefix("http://"));
    if host.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()) && is_plain(rest)) {
        return Some(word.to_owned());
    }
    // Other characters would have to be encoded (RFC 6068, 2), which not every program reads back.
    let is_fit = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-+@".contains(&byte));
    let address: EmailAddress = word.parse().ok()?;
    (is_fit(word) && address.domain().contains('.')).then(|| format!("mailto:{word}"))
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
