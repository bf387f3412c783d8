//! `resets redeem`: a code becomes a password.

use crate::actions::notices::queue_notice;
use crate::actions::users::password::former_passwords;
use crate::actions::users::password::require_same_policy;
use crate::app::ActionError;
use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction;
use crate::domain::action::Action;
use crate::domain::message::MessageId;
use crate::domain::message::NoticeCause;
use crate::domain::policy::Policy;
use crate::domain::policy::Requirements;
use crate::domain::refusal::Refusal;
use crate::domain::user::SignIn;
use crate::domain::user::User;
use crate::domain::user::UserId;
use crate::secrets::admission::FormerPasswords;
use crate::secrets::password::Password;
use crate::secrets::reset_code::ResetCode;
use crate::secrets::reset_code::ResetCodeHash;
use crate::store::links::Link;
use crate::store::messages::LinkState;
use crate::store::users::NewPassword;

/// A link that can be used, and whose it is.
#[derive(Debug)]
pub struct Redeemable {
    code: ResetCodeHash,
    user: User,
    policy: Policy,
    former: FormerPasswords,
}

impl Redeemable {
    /// The user.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// What is asked of the password.
    pub fn requirements(&self) -> &Requirements {
        &self.policy
    }

    /// The rules that a password breaks, without those that need a hash.
    ///
    /// # Errors
    /// [`Refusal::Policy`] with every rule that fails.
    pub fn validate(&self, app: &App, password: &Password) -> Result<()> {
        app.validate(&self.user, password, &self.policy, &FormerPasswords::default())
    }
}

/// Looks whether a code can be used. `code` is `None` for a text that is no code at all; it is refused in the same words.
///
/// # Errors
/// [`Refusal::CodeNotAccepted`], alike for every reason; when the operator may not redeem.
pub fn look(app: &App, code: Option<&ResetCode>) -> Result<Redeemable> {
    let looked = app.view(Action::ResetsRedeem, |view| {
        let Some(code) = code.map(ResetCode::hash) else {
            return Ok(Err(CodeRejected::NOT_A_CODE));
        };
        match find(view, &code)? {
            Ok((_, user)) => {
                let policy = app.policy_of(view, user.role)?;
                let must_differ = user.must_change(view.now(), &view.password_times()?);
                let former = former_passwords(view, &user, &policy, must_differ)?;
                Ok(Ok(Redeemable { code, user, policy, former }))
            }
            Err(not) => Ok(Err(not)),
        }
    })?;
    looked.map_err(|not| refuse(app, Action::ResetsRedeem, not))
}

/// Judges the new password, and uses the link up with it, in one transaction. A password that the policy refuses does not
/// use it up. The least age of passwords does not count: a user who was sent a link may have lost theirs, or somebody may have seen
/// it, and who sends links can limit how many. With `notify`, the user's notice is queued with it: its number.
///
/// # Errors
/// [`Refusal::Policy`]; [`Refusal::CodeNotAccepted`] when the link was used or ended since it was looked at.
pub fn redeem(
    app: &App,
    redeemable: &Redeemable,
    password: &Password,
    notify: bool,
    change_options: &ChangeOptions,
) -> Result<Option<MessageId>> {
    let accepted = app.admit(&redeemable.user, password, &redeemable.policy, &redeemable.former, None)?;
    app.change(Action::ResetsRedeem, change_options, |change| {
        let found = find(change, &redeemable.code)?;
        let (link, user) = found.map_err(CodeRejected::refusal)?;
        require_same_policy(change, &user, &redeemable.policy)?;
        // First, so that the link ends as used, and not with all others by the new password.
        if !change.use_link(link.message, change.now())? {
            return Err(Refusal::CodeNotAccepted { why: "expired", user: Some(user.id) }.into());
        }
        // Demanded only since the link was looked at, and so not compared with the current password.
        let must_change = user.must_change_password && !redeemable.user.must_change_password;
        let new = NewPassword {
            accepted,
            must_change,
            keep_sessions: false,
            set_at: change.now(),
            expires_at: None,
            is_own: true,
        };
        change.set_password(user.id, &new)?;
        let notice = if notify { Some(queue_notice(change, &user, NoticeCause::ChosenByLink)?) } else { None };
        let mut details = EventDetails::of(&user);
        details.note("chosen_by", "user");
        details.note("message", link.message.0);
        Ok((details, notice))
    })
}

/// Why a code is not accepted.
pub(super) struct CodeRejected {
    why: &'static str,
    /// Whose it was, if it was anybody's.
    user: Option<UserId>,
    /// Whether it is because its link has expired.
    has_expired: bool,
}

impl CodeRejected {
    /// The text is no code.
    pub(super) const NOT_A_CODE: Self = Self { why: "not a code", user: None, has_expired: false };

    /// The same for everybody but the audit.
    pub(super) fn refusal(self) -> Refusal {
        Refusal::CodeNotAccepted { why: self.why, user: self.user }
    }
}

/// Refuses a code.
pub(super) fn refuse(app: &App, action: Action, not: CodeRejected) -> ActionError {
    if not.has_expired {
        // So that a clock that is set back does not revive it; if it cannot be written, the code is refused all the same.
        let _ = app.store().note_time_of_expiry(app.now());
    }
    app.refuse(action, not.refusal())
}

/// The link of a code and its user, if both are as they must be.
pub(super) fn find(
    scene: &impl Transaction,
    code: &ResetCodeHash,
) -> Result<std::result::Result<(Link, User), CodeRejected>> {
    let not = |why, user| Ok(Err(CodeRejected { why, user, has_expired: false }));
    let Some(link) = scene.reading().link_by_code(code)? else { return not("unknown", None) };
    let id = Some(link.user);
    if !link.metadata.is_usable(scene.now()) {
        let state = link.metadata.state(scene.now());
        return Ok(Err(CodeRejected { why: state.word(), user: id, has_expired: state == LinkState::Expired }));
    }
    let Some(user) = scene.reading().user_by_id(link.user)? else { return not("user deleted", id) };
    if scene.authority().limits().is_some_and(|limits| !limits.allow(user.role, &user.email)) {
        return not("outside the operator's limits", id);
    }
    // The link died with either change; this holds even if somebody has written to the file.
    if user.sign_in == SignIn::Saml {
        return not("SAML", id);
    }
    if user.is_locked(scene.now()) {
        return not("locked", id);
    }
    Ok(Ok((link, user)))
}
