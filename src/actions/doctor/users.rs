//! Users whose sign-in or password hash is not as the configuration says.

use super::finding::CheckResult;
use super::finding::FaultClass;
use super::finding::Finding;
use crate::actions::policy;
use crate::app::App;
use crate::domain::action::Action;
use crate::domain::selection::Selection;
use crate::domain::text;

/// Counts the users who disagree with `[saml] email_domains`.
///
/// # Errors
/// When the operator may not manage the store, or it cannot be read.
pub fn check_sign_in(app: &App) -> CheckResult {
    let domains = app.organization().saml_domains.clone();
    if domains.is_empty() {
        return Ok(Finding::ok("no [saml] email_domains are configured"));
    }
    let unlike = Selection { sign_in_unlike_domains: Some(domains), ..Selection::default() };
    let count = app.view(Action::Doctor, |view| Ok(view.count_users(&unlike, app.now())?))?;
    if count == 0 {
        return Ok(Finding::ok("each user signs in as [saml] email_domains say"));
    }
    let words = format!("{}: the sign-in is not that of [saml] email_domains", text::counted(count, "user"));
    let next = "to list them: cxme-admin users list --disagrees-with-saml-domains";
    Ok(Finding::warning(FaultClass::Data, words, next))
}

/// Counts the password hashes that cost less than a new one.
///
/// # Errors
/// As [`check_sign_in`].
pub fn check_hashes(app: &App) -> CheckResult {
    let count = app.view(Action::Doctor, |view| policy::weak_hashes(app, view))?;
    if count == 0 {
        return Ok(Finding::ok("none below the configured cost"));
    }
    let words = format!("hashed below the configured cost: {}", text::counted(count, "password"));
    let next = "each is replaced at the user's next login; for those who never log in: cxme-admin users send-reset";
    Ok(Finding::warning(FaultClass::Data, words, next))
}
