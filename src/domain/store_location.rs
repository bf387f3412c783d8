//! Where a store may be.

use std::path::Path;

/// The location of a store is a URL of this scheme, such as that of a database server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a store at a URL (`{0}:`) is not supported by this build: give the path of a file")]
pub struct UnsupportedUrl(String);

/// Refuses a URL: this build keeps a store in a file. Without this, a URL would be taken for the path of a file that is missing, and
/// `init` would create it. The error names the scheme alone, because a URL may contain a password. A file whose path looks like a
/// URL can be given with `./` before it.
///
/// # Errors
/// [`UnsupportedUrl`].
pub fn check(location: &Path) -> Result<(), UnsupportedUrl> {
    let Some((scheme, _)) = location.to_str().and_then(|location| location.split_once("://")) else { return Ok(()) };
    // RFC 3986, section 3.1.
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    if is_scheme { Err(UnsupportedUrl(scheme.to_ascii_lowercase())) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_refused_without_its_password_and_a_path_is_not() {
        let words = check(Path::new("PostgreSQL://cxme:secret@db/cxme")).unwrap_err().to_string();
        assert_eq!(words, "a store at a URL (`postgresql:`) is not supported by this build: give the path of a file");
        for url in ["sqlite:///var/lib/x.db", "a+b-c.1://"] {
            assert!(check(Path::new(url)).is_err(), "{url}");
        }
        for path in ["store.db", "/a/b://c", "./postgresql://x", "1a://x", "://x", "a:/x", "", "ä://x"] {
            assert_eq!(check(Path::new(path)), Ok(()), "{path}");
        }
    }
}
