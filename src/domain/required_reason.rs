//! The commands that an organization wants no operator to use without a reason (`[audit] require_reason`).

use strum::VariantArray as _;

use crate::domain::action::Action;

/// The commands that are refused without a reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequiredReasons(Vec<String>);

/// Why a command cannot be one of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequiredReasonError {
    /// There is no such command.
    #[error(
        "expected a command such as \"users set-password\"{}",
        nearest.map_or_else(String::new, |nearest| format!(" (did you mean \"{nearest}\"?)"))
    )]
    Unknown {
        /// The command that it is most likely a mistyping of.
        nearest: Option<&'static str>,
    },
    /// The command changes nothing, and no event tells of it.
    #[error("expected a command that changes something; no event tells of this one")]
    OnlyReads,
}

impl RequiredReasons {
    /// These commands, each as [`RequiredReasons::command`] gives it.
    pub fn new(commands: Vec<String>) -> Self {
        Self(commands)
    }

    /// The command with these words, if it takes a reason.
    ///
    /// # Errors
    /// When there is none, or it changes nothing.
    pub fn command(words: &str) -> Result<&'static str, RequiredReasonError> {
        let named = Action::VARIANTS.iter().copied().find(|action| action.word() == words && action.command() == words);
        let Some(command) = named.filter(|action| *action != Action::StoreOpen).map(Action::word) else {
            let nearest = Action::nearest(words).and_then(Action::named).map(Action::command);
            return Err(RequiredReasonError::Unknown { nearest: nearest.filter(|nearest| Self::acts(nearest)) });
        };
        if Self::acts(command) { Ok(command) } else { Err(RequiredReasonError::OnlyReads) }
    }

    /// Whether the command, or a variant of it, changes something. `init` creates the configuration that would say so.
    fn acts(command: &str) -> bool {
        Action::VARIANTS.iter().copied().any(|action| action.command() == command && Self::takes_reason(action))
    }

    fn takes_reason(action: Action) -> bool {
        action.is_change() && action != Action::StoreInit
    }

    /// The command of the list for which this action needs a reason; `None`: it needs none.
    pub fn of(&self, action: Action) -> Option<&'static str> {
        let command = action.command();
        (Self::takes_reason(action) && self.0.iter().any(|listed| listed == command)).then_some(command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_covers_its_variants_and_what_only_reads_is_in_no_list() {
        let set = RequiredReasons::command("users set-password").unwrap();
        let export = RequiredReasons::command("users export").unwrap();
        let required = RequiredReasons::new(vec![set.to_owned(), export.to_owned()]);
        assert_eq!(required.of(Action::UsersSetPassword), Some("users set-password"));
        assert_eq!(required.of(Action::UsersOverridePolicy), Some("users set-password"));
        assert_eq!(required.of(Action::UsersExportHashes), Some("users export"));
        assert_eq!(required.of(Action::UsersExport), None, "no event tells of it");
        assert_eq!(required.of(Action::UsersLock), None);
        for words in ["users list", "audit verify", "whoami", "init", "users verify-password"] {
            assert_eq!(RequiredReasons::command(words), Err(RequiredReasonError::OnlyReads), "{words}");
        }
    }

    #[test]
    fn what_is_no_command_is_named_with_the_nearest_one() {
        let nearest = |words: &str| match RequiredReasons::command(words) {
            Err(RequiredReasonError::Unknown { nearest }) => nearest,
            other => panic!("{words}: {other:?}"),
        };
        assert_eq!(nearest("users set-pasword"), Some("users set-password"));
        assert_eq!(nearest("users set-password against the policy"), Some("users set-password"));
        assert_eq!(nearest("users lists"), None, "it would be refused as well");
        assert_eq!(nearest("opening the store"), None);
        assert_eq!(nearest(""), None);
        assert_eq!(nearest(&"x".repeat(10_000)), None);
    }
}
