//! What the operator reads of password requirements that cannot be read.

use super::BUG;
use super::CONFIGURATION;
use super::CliError;
use super::RenderedError;
use super::of_complaint;
use super::of_config;
use crate::config::LoadError;
use crate::domain::policy::UnreadableList;

/// A list that the configuration names; without it no password is accepted.
pub(super) fn of_unreadable_list(error: impl ToString) -> RenderedError {
    RenderedError::new(CONFIGURATION, error)
        .hint("build it again, or copy it again from where it was built: cxme-admin policy blocklist build")
}

pub(super) fn of_policy(error: &(dyn std::error::Error + Send + Sync + 'static)) -> RenderedError {
    match (error.downcast_ref::<LoadError>(), error.downcast_ref::<CliError>()) {
        (Some(error), _) => of_config(error),
        (_, Some(complaint)) => of_complaint(complaint),
        _ if error.is::<UnreadableList>() => of_unreadable_list(error),
        _ => RenderedError::new(BUG, error),
    }
}
