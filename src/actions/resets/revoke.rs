//! `resets revoke`.

use crate::actions::resets::redeem::CodeRejected;
use crate::actions::resets::redeem::find;
use crate::actions::resets::redeem::refuse;
use crate::actions::without_password::note_without_password;
use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::action::Action;
use crate::domain::role::Permission;
use crate::domain::user::UserReference;
use crate::secrets::reset_code::ResetCode;
use crate::store::links::ProtectedLinks;

/// What ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevokedLinks {
    /// Links that could have been used.
    pub links: u64,
    /// Mails with a link that waited.
    pub waiting: u64,
    /// Users whose passwords a job ended, and who lose the only link with which they could choose another.
    pub without_password: u64,
    /// Links of users on whom the operator may not act: they can still be used.
    pub skipped_links: u64,
    /// Mails that still wait to bring such a user a link.
    pub skipped_waiting: u64,
}

/// Ends every open link, and cancels what waits to bring one: of one user, or (`None`) of all users but those on
/// whom the operator may not act, which are counted.
///
/// # Errors
/// When there is no such user, the operator may act on no user with an open link, or may not at all.
pub fn revoke(app: &App, user: Option<&UserReference>, change_options: &ChangeOptions) -> Result<RevokedLinks> {
    app.change(Action::ResetsRevoke, change_options, |change| {
        let user = user.map(|reference| change.subordinate(reference)).transpose()?;
        if user.is_none() {
            change.require(Permission::RunBulkJobs)?;
        }
        let mut details = user.as_ref().map(EventDetails::of).unwrap_or_default();
        if user.is_none() {
            details.note("of", "all users");
        }
        let id = user.map(|user| user.id);
        let (protected, now) = (change.protected_users()?, change.now());
        let left = if id.is_none() { change.links_of_protected(&protected, now)? } else { ProtectedLinks::default() };
        let before = change.ended_without_link(now)?;
        let (links, waiting) = change.revoke_links(id, &protected, "by an operator", now)?;
        if let (0, Some(user)) = (links + waiting, left.user)
            && let Some(user) = change.reading().user_by_id(user)?
        {
            change.require_may_act_on(&user)?;
        }
        details.note("links", links);
        details.note("waiting", waiting);
        if left.user.is_some() {
            details.note("skipped_links", left.links);
            details.note("skipped_waiting", left.waiting);
        }
        let without_password = change.ended_without_link(now)?.saturating_sub(before);
        note_without_password(&mut details, without_password);
        let (skipped_links, skipped_waiting) = (left.links, left.waiting);
        Ok((details, RevokedLinks { links, waiting, without_password, skipped_links, skipped_waiting }))
    })
}

/// Ends the link of a code: its user did not ask for it. The code is the user's proof, so nothing else is asked. `code` is
/// `None` for a text that is no code; it is refused in the same words.
///
/// # Errors
/// [`Refusal::CodeNotAccepted`](crate::domain::refusal::Refusal::CodeNotAccepted), as redeeming; when the operator may not.
pub fn revoke_by_code(app: &App, code: Option<&ResetCode>, change_options: &ChangeOptions) -> Result<()> {
    let action = Action::ResetsRevokeByCode;
    // In a view first: a wrong code waits for no writer.
    let looked = app.view(action, |view| match code.map(ResetCode::hash) {
        Some(code) => Ok(find(view, &code)?.map(|_| code)),
        None => Ok(Err(CodeRejected::NOT_A_CODE)),
    })?;
    let code = looked.map_err(|not| refuse(app, action, not))?;
    app.change(action, change_options, |change| {
        let (link, user) = find(change, &code)?.map_err(CodeRejected::refusal)?;
        change.revoke_link(link.message, "by the user", change.now())?;
        let mut details = EventDetails::of(&user);
        details.note("message", link.message.0);
        Ok((details, ()))
    })
}
