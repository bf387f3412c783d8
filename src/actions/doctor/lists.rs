//! The organization's lists of passwords that are refused.

use super::finding::CheckResult;
use super::finding::Finding;
use crate::app::ActionError;
use crate::app::Setup;
use crate::domain::text;

/// A larger filter is not read whole, which could take longer than a check may: its header is, and each login reads what it needs.
const READ_WHOLE: u64 = 256 * 1024 * 1024;

/// Reads the lists that the configuration names.
///
/// # Errors
/// When one cannot be read, or is damaged: no password could be set then.
pub fn check_lists(setup: &Setup) -> CheckResult {
    let count = setup.config().password.blocklist_files.len() as u64;
    let large = setup.check_lists(READ_WHOLE).map_err(ActionError::from)?;
    let files = text::counted(count, "file");
    Ok(Finding::ok(match (count, large.first()) {
        (0, _) => "the built-in list".to_owned(),
        (_, None) => format!("the built-in list and {files}"),
        (_, Some(path)) => {
            let path = path.display();
            format!(
                "the built-in list and {files}; to check every byte of {path}: cxme-admin policy blocklist info FILE"
            )
        }
    }))
}
