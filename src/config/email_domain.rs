//! The form of an email domain in the configuration.

use std::borrow::Cow;

use crate::domain::email_domain;

/// Approves a domain in either form and gives the one that DNS has (RFC 1035 section 2.3.1 with RFC 1123 section 2.1): labels of
/// lower-case letters, digits and hyphens. The error says what was expected.
pub(super) fn validate(text: &str) -> Result<String, String> {
    if let Some(rest) = text.strip_prefix('@') {
        return Err(format!("expected the domain without `@`: \"{}\"", rest.escape_debug()));
    }
    if !email_domain::is_plain(text) {
        let ascii = email_domain::to_ascii(text).map(Cow::into_owned);
        return ascii.ok_or_else(|| "expected a domain that is valid by IDNA".to_owned());
    }
    let lower = text.to_ascii_lowercase();
    if !email_domain::is_plain_domain(&lower) {
        return Err("expected an email domain such as \"example.com\"".to_owned());
    }
    if lower != text {
        return Err(format!("expected lower case: \"{lower}\""));
    }
    Ok(lower)
}

#[cfg(test)]
mod tests {
    use super::validate;

    #[test]
    fn domains_of_lower_case_labels_are_approved() {
        for good in ["example.com", "a.b-c.example", "xn--bcher-kva.example", "1und1.de", "localhost", &"a".repeat(63)]
        {
            assert_eq!(validate(good).as_deref(), Ok(good));
        }
    }

    #[test]
    fn anything_else_is_refused_with_what_was_expected() {
        for bad in ["", ".", "example.com.", "a..b", "-a.example", "a-.example", "a b", "a_b.example", "x@y.example"] {
            assert_eq!(validate(bad).unwrap_err(), "expected an email domain such as \"example.com\"", "{bad}");
        }
        assert!(validate(&"a".repeat(64)).is_err());
        assert!(validate(&["a"; 128].join(".")).is_err());
        assert_eq!(validate("Example.COM").unwrap_err(), "expected lower case: \"example.com\"");
        assert_eq!(validate("@example.com").unwrap_err(), "expected the domain without `@`: \"example.com\"");
        for bad in ["xn--a.example", "b\u{2100}.example", "ü-.example"] {
            assert_eq!(validate(bad).unwrap_err(), "expected a domain that is valid by IDNA", "{bad}");
        }
    }

    #[test]
    fn both_forms_of_a_domain_are_one() {
        for form in ["bücher.example", "Bücher.EXAMPLE", "bu\u{308}cher.example", "xn--bcher-kva.example"] {
            assert_eq!(validate(form).as_deref(), Ok("xn--bcher-kva.example"), "{form}");
        }
    }
}
