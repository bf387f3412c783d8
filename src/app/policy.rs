//! The password requirements as configured.

use crate::app::SetupError;
use crate::app::setup::Setup;
use crate::config::LoadError;
use crate::domain::policy::Blocklist;
use crate::domain::policy::Policy;
use crate::private_file;
use crate::private_file::Rule;

/// The most that is read of a blocklist, in bytes.
const BLOCKLIST_LIMIT: usize = 256 * 1024 * 1024;

impl Setup {
    /// The password requirements, with the organization's blocklist read. That is a file that may be missing, damaged or large: it
    /// is read by the first action that needs it, and by no other.
    ///
    /// # Errors
    /// When the blocklist cannot be read. [`SetupError::OnlyForLogin`]: where they are asked for all the same, that is a bug, and no
    /// password is set.
    pub(super) fn policy(&self) -> Result<Policy, SetupError> {
        if self.is_for_login() {
            return Err(SetupError::OnlyForLogin);
        }
        let section = &self.config().password;
        let blocklist = match &section.blocklist_file {
            None => Blocklist::default(),
            Some(path) => {
                let bytes = private_file::read(path, &Rule::config(), BLOCKLIST_LIMIT).map_err(LoadError::from)?;
                Blocklist::from_bytes(&bytes).map_err(|error| SetupError::configuration(path.display(), error))?
            }
        };
        let named = |error: &dyn std::fmt::Display| SetupError::configuration("[password]", error);
        let classes = section.classes.iter().map(|class| class.parse());
        let classes = classes.collect::<Result<Vec<_>, _>>().map_err(|error| named(&error))?;
        let min_score = u8::try_from(section.min_score).map_err(|error| named(&error))?;
        Ok(Policy { min_length: section.min_length, classes, history: section.history, min_score, blocklist })
    }
}
