//! Where the password requirements come from.

use crate::domain::policy::Policy;

/// Where the password requirements come from. Their blocklist is a file that may be missing, damaged or large: it is read by
/// the first action that needs it, and by no other, so that none fails or waits for what it does not need.
pub struct PolicySource(pub(super) Box<dyn Fn() -> Result<Policy, PolicyError>>);

/// Why the password requirements could not be read.
pub type PolicyError = Box<dyn std::error::Error + Send + Sync>;

impl PolicySource {
    /// Requirements that `read` gives.
    pub fn new(read: impl Fn() -> Result<Policy, PolicyError> + 'static) -> Self {
        Self(Box::new(read))
    }
}

impl Default for PolicySource {
    /// No requirements: where they are asked for all the same, that is a bug, and no password is set.
    fn default() -> Self {
        Self::new(|| Err("this command reads no password requirements".into()))
    }
}
