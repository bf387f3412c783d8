//! The roles of which the configuration asks more (`[password.role."NAME"]`).

use super::finding::CheckResult;
use super::finding::Finding;
use crate::app::App;
use crate::domain::action::Action;

/// Looks the roles up in the store.
///
/// # Errors
/// When there is no such role: no password could be set then.
pub fn check_role_policies(app: &App) -> CheckResult {
    let count = app.view(Action::Doctor, |view| Ok(app.requirements(view)?.roles().count() as u64))?;
    Ok(Finding::ok(match count {
        0 => "no role has a policy of its own".to_owned(),
        _ => format!("roles with a policy of their own: {count}"),
    }))
}
