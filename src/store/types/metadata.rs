//! The names of the single values that the store keeps.

/// The SHA-256 of the reset key, so that another key file is refused.
pub const KEY_FINGERPRINT: &str = "reset key sha256";

/// The fingerprint of the first reset key, by which the store's backups are known.
pub const FIRST_KEY_FINGERPRINT: &str = "first reset key sha256";

/// When `jobs run` last reported a failure, and which.
pub const LAST_REPORT: &str = "last report of jobs run";

/// When a `jobs run` without a job last succeeded.
pub const LAST_SUCCESS: &str = "success of jobs run";
