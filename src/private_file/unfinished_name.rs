//! The name of a file that is being written beside its place.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::random::{Random as _, SystemRandom};

/// The suffix of a file that is being written.
pub(super) const UNFINISHED: &str = ".unfinished";

/// The suffix of a database that is being written beside a store.
pub(super) const TEMPORARY: &str = ".temporary";

/// Number of random bytes in a name, enough that nobody can guess it.
const RANDOM_BYTES: usize = 8;

const RANDOM_LENGTH: usize = 1 + 2 * RANDOM_BYTES;

/// A random name beside `place`.
pub(super) fn random_name(place: &Path, ending: &str) -> PathBuf {
    let mut bytes = [0; RANDOM_BYTES];
    SystemRandom.fill(&mut bytes);
    let mut middle = String::from(".");
    for byte in bytes {
        let _ = write!(middle, "{byte:02x}");
    }
    let mut name = place.as_os_str().to_owned();
    name.push(middle);
    name.push(ending);
    name.into()
}

/// Whether [`random_name`] can have created this name for a file at `place`.
pub(super) fn is_of_place(place: &[u8], name: &[u8]) -> bool {
    is_unfinished(place, name) || is_of_store(place, name)
}

/// Whether [`random_name`] can have created this name for a database beside `store`, or for a copy of a store that is
/// replaced.
fn is_of_store(store: &[u8], name: &[u8]) -> bool {
    let Some(rest) = name.strip_prefix(store) else { return false };
    if let Some(random) = rest.strip_suffix(TEMPORARY.as_bytes()) {
        return is_random(random);
    }
    let random = rest.strip_prefix(b".replaced-").and_then(|rest| rest.strip_suffix(UNFINISHED.as_bytes()));
    random.is_some_and(|rest| rest.len() > RANDOM_LENGTH && is_random(&rest[rest.len() - RANDOM_LENGTH..]))
}

/// Whether [`random_name`] can have created this name for an unfinished file for `place`.
fn is_unfinished(place: &[u8], name: &[u8]) -> bool {
    let random = name.strip_prefix(place).and_then(|rest| rest.strip_suffix(UNFINISHED.as_bytes()));
    random.is_some_and(is_random)
}

/// Whether [`random_name`] can have created this name for an unfinished file for any place.
pub(super) fn is_unfinished_of_any(name: &[u8]) -> bool {
    let place = name.len().checked_sub(RANDOM_LENGTH + UNFINISHED.len());
    place.is_some_and(|length| length > 0 && is_unfinished(&name[..length], name))
}

/// Whether this is the random part of a name: a dot and digits.
fn is_random(middle: &[u8]) -> bool {
    middle.strip_prefix(b".").is_some_and(|digits| {
        digits.len() == 2 * RANDOM_BYTES && digits.iter().all(|digit| b"0123456789abcdef".contains(digit))
    })
}
