//! `mail preview`.

use crate::app::App;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::action::Action;
use crate::domain::role::Permission;
use crate::domain::user::User;
use crate::domain::user::UserReference;

/// A code as it looks, which no store has: the key and the nonce that it would come from are unknown to everybody.
pub const SAMPLE_CODE: &str = "SAMP1-EC0DE-SAMP1-EC0DE-SAMP1E";
/// The address of the made-up user; nobody can have one in this domain (RFC 2606).
pub const SAMPLE_ADDRESS: &str = "alex@example.com";

/// The user that a mail is to be shown for; `None`: a made-up one.
///
/// # Errors
/// When there is no such user, or the operator may not see users.
pub fn preview_user(app: &App, reference: Option<&UserReference>) -> Result<Option<User>> {
    app.view(Action::MailPreview, |view| {
        let Some(reference) = reference else { return Ok(None) };
        view.require(Permission::ViewUsers)?;
        Ok(Some(view.user(reference)?))
    })
}
