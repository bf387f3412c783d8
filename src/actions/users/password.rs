//! `users set-password`, `users verify-password`, `users change-password`.

use std::time::Duration;

use jiff::Timestamp;

use crate::actions::notices::queue_notice;
use crate::app::ActionError;
use crate::app::App;
use crate::app::Change;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction;
use crate::app::WrongPassword;
use crate::app::policy_check::PolicyEnforcement;
use crate::domain::action::Action;
use crate::domain::message::MessageId;
use crate::domain::message::NoticeCause;
use crate::domain::operator::Authority;
use crate::domain::operator::PolicyOverride;
use crate::domain::password_age::end_of;
use crate::domain::policy::Policy;
use crate::domain::policy::Requirements;
use crate::domain::refusal::Refusal;
use crate::domain::role::Permission;
use crate::domain::role::RoleId;
use crate::domain::sign_in::SignInFailures;
use crate::domain::text;
use crate::domain::user::User;
use crate::domain::user::UserReference;
use crate::secrets::admission::AcceptedHash;
use crate::secrets::admission::FormerPasswords;
use crate::secrets::password::Password;
use crate::secrets::password_hash::PasswordHash;
use crate::store::StoreError;
use crate::store::users::NewPassword;

/// A user whose password is about to be set, as a view saw them.
#[derive(Debug)]
pub struct PasswordTarget {
    /// The user.
    pub user: User,
    /// The policy of their role.
    pub policy: Policy,
    /// The proof of the permission, where the policy is overridden.
    permit: Option<PolicyOverride>,
    former: FormerPasswords,
}

impl PasswordTarget {
    /// How strict the policy is with the password.
    pub fn strictness(&self) -> PolicyEnforcement {
        if self.permit.is_some() { PolicyEnforcement::Overridden } else { PolicyEnforcement::Policy }
    }

    /// The rules that a new password breaks, without those that need a hash.
    ///
    /// # Errors
    /// [`Refusal::Policy`] with every rule that fails.
    pub fn validate(&self, app: &App, new: &Password) -> Result<()> {
        app.validate(&self.user, new, &self.policy, &FormerPasswords::default())
    }
}

/// How the password came to be; the event says it (OWASP ASVS 6.4.1: what an administrator chose is known to two).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordOrigin {
    /// The operator typed it or passed it on.
    Operator,
    /// The program made it up.
    Generated,
}

/// How it is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordOptions {
    /// The user must choose another password at the next sign-in.
    pub must_change: bool,
    /// How long it is valid; `None`: it does not end. Only a password that the user must change can end.
    pub lifetime: Option<Duration>,
    /// Sessions that are open stay so.
    pub keep_sessions: bool,
    /// The user's notice is queued with it.
    pub notify: bool,
}

/// What an operator may do about a user's password.
#[derive(Debug)]
pub struct PasswordManagement {
    /// The user.
    pub user: User,
    /// Mail the user a link.
    pub may_send: bool,
    /// Set it.
    pub may_set: bool,
}

/// Looks what the operator may do about this user's password: the choices of `users password`.
///
/// # Errors
/// When the user does not exist, outranks the operator or signs in with SAML, or the operator may do neither.
pub fn management(app: &App, reference: &UserReference) -> Result<PasswordManagement> {
    app.view(Action::UsersShow, |view| {
        let may_send = view.require(Permission::SendResets).is_ok();
        if !may_send {
            view.require(Permission::SetPasswords)?;
        }
        let may_set = view.require(Permission::SetPasswords).is_ok();
        let user = view.subordinate(reference)?;
        view.require_password_sign_in(&user)?;
        Ok(PasswordManagement { user, may_send, may_set })
    })
}

/// Looks whether the operator may set this user's password at all, before anybody is asked for one.
///
/// # Errors
/// When the user does not exist, outranks the operator or signs in with SAML, or the operator may not.
pub fn look(app: &App, reference: &UserReference, strictness: PolicyEnforcement) -> Result<PasswordTarget> {
    app.view(set_action(strictness), |view| {
        let user = view.subordinate(reference)?;
        view.require_password_sign_in(&user)?;
        let permit = match strictness {
            PolicyEnforcement::Policy => None,
            PolicyEnforcement::Overridden => Some(view.require_policy_override()?),
        };
        let policy = app.policy_of(view, user.role)?;
        let former = former_passwords(view, &user, &policy, false)?;
        Ok(PasswordTarget { user, policy, permit, former })
    })
}

/// Judges, hashes and stores a password. When it returns, the user can sign in with it. Gives the number of the notice.
///
/// # Errors
/// When the policy refuses it, or what [`look`] checks has changed since.
pub fn set(
    app: &App,
    target: &PasswordTarget,
    password: &Password,
    origin: PasswordOrigin,
    options: PasswordOptions,
    change_options: &ChangeOptions,
) -> Result<Option<MessageId>> {
    let action = set_action(target.strictness());
    let admitted = app.admit(&target.user, password, &target.policy, &target.former, target.permit.as_ref());
    let accepted = match admitted {
        // A change that is refused records what tells something of former passwords.
        Err(ActionError::Refused(refusal)) if refusal.is_recorded() => {
            return app.change(action, change_options, |_| Err(refusal.into()));
        }
        admitted => admitted?,
    };
    app.change(action, change_options, |change| {
        let user = change.subordinate(&UserReference::of(&target.user))?;
        change.require_password_sign_in(&user)?;
        require_same_policy(change, &user, &target.policy)?;
        let (_, notice) = store_accepted(change, &user, accepted, options)?;
        let mut details = EventDetails::of(&user);
        details.note("chosen_by", if origin == PasswordOrigin::Generated { "generator" } else { "operator" });
        details.note("must_change", options.must_change);
        if let Some(lifetime) = options.lifetime.filter(|_| options.must_change) {
            details.note("expires_at", end_of(change.now(), lifetime).to_string());
        }
        details.note("sessions", if options.keep_sessions { "kept" } else { "ended" });
        Ok((details, notice))
    })
}

/// Stores a password that an operator sets, and queues its notice. Gives the hash back, for a change that has to be tried again, and
/// the number of the notice.
pub(super) fn store_accepted(
    change: &Change<'_>,
    user: &User,
    accepted: AcceptedHash,
    options: PasswordOptions,
) -> Result<(AcceptedHash, Option<MessageId>)> {
    let new = new_password(accepted, options, false, change.now());
    change.set_password(user.id, &new)?;
    Ok((new.accepted, notice(change, user, NoticeCause::SetByOperator, options)?))
}

/// What a login system learns.
#[derive(Debug, PartialEq, Eq)]
pub enum VerifyOutcome {
    /// It is the password, and the user may sign in.
    Accepted {
        /// They must choose another one.
        must_change: bool,
        /// When it ends, where it is temporary.
        expires_at: Option<Timestamp>,
    },
    /// It is the password, and was a temporary one that has ended.
    Expired {
        /// When.
        at: Timestamp,
    },
    /// Wrong, unknown, locked, SAML or no password: which one is not told.
    Refused,
}

/// Checks a password as a login system does, and records the login. The same work is done whatever the reason of a refusal.
/// `client` is where the login comes from.
///
/// # Errors
/// When the operator may not verify passwords, or the store cannot be read.
pub fn verify(
    app: &App,
    reference: &UserReference,
    password: &Password,
    client: Option<&str>,
) -> Result<VerifyOutcome> {
    let action = Action::UsersVerifyPassword;
    let found = app.view(action, |view| LoginCandidate::find(view, reference))?;
    let verified = app.verify(password, found.hash.as_ref())?;
    match (found.user.as_ref().zip(verified), found.expired_at) {
        (Some(_), Some(at)) => {
            app.release_hashing_memory();
            // So that a clock that is set back does not revive it; if it cannot be written, it is refused all the same.
            let _ = app.store().note_time_of_expiry(app.now());
            Ok(VerifyOutcome::Expired { at })
        }
        (Some((user, verified)), None) => {
            // A courtesy: neither a full disk nor another writer keeps anybody out.
            let rehashed = app.rehash(&verified);
            app.release_hashing_memory();
            let _ = app.store().record_login(user.id, rehashed.as_ref(), app.now());
            let expires_at = user.password.as_ref().and_then(|password| password.expires_at);
            Ok(VerifyOutcome::Accepted { must_change: found.must_change, expires_at })
        }
        (None, _) => {
            let details = found.user.as_ref().map(EventDetails::of).unwrap_or_default();
            app.answer_wrong_password(found.wrong(action, client, "the password was not accepted", details));
            Ok(VerifyOutcome::Refused)
        }
    }
}

/// A user who wants to change their own password, and has shown the old one.
#[derive(Debug)]
pub struct VerifiedUser {
    target: PasswordTarget,
}

impl VerifiedUser {
    /// The user.
    pub fn user(&self) -> &User {
        &self.target.user
    }

    /// The rules that a new password breaks, without those that need a hash.
    ///
    /// # Errors
    /// [`Refusal::Policy`] with every rule that fails.
    pub fn validate(&self, app: &App, new: &Password) -> Result<()> {
        app.validate(&self.target.user, new, &self.target.policy, &self.target.former)
    }

    /// What is asked of a new password.
    pub fn requirements(&self) -> &Requirements {
        &self.target.policy
    }
}

/// Checks the old password. An unknown user is refused in the same words and with the same work as a wrong password.
/// `client` is where the user comes from.
///
/// # Errors
/// [`Refusal::WrongPassword`]; when the operator may not.
pub fn prove(app: &App, reference: &UserReference, old: Password, client: Option<&str>) -> Result<VerifiedUser> {
    let action = Action::UsersChangePassword;
    let (mut found, policy, mut former, kept_until) = app.view(action, |view| {
        let found = LoginCandidate::find(view, reference)?;
        // For unknown users too: reading the lists takes time, and must not tell who exists.
        let policy = app.policy_of(view, found.user.as_ref().map_or(RoleId::MINIMAL, |user| user.role))?;
        let Some(user) = &found.user else { return Ok((found, policy, FormerPasswords::default(), None)) };
        let former = former_passwords(view, user, &policy, true)?;
        let kept_until = kept_until(view, user, &policy)?;
        Ok((found, policy, former, kept_until))
    })?;
    let is_right = app.verify(&old, found.hash.as_ref())?.is_some();
    if is_right && found.expired_at.is_some() {
        // A temporary password that has ended proves nothing any more.
        found.user = None;
    }
    if is_right && let Some(user) = found.user {
        if let Some(until) = kept_until {
            return Err(Refusal::PasswordTooNew { user: user.username.to_string(), until }.into());
        }
        // The proven password is compared as it is, and not by its hash.
        former.hashes.retain(|hash| found.hash.as_ref() != Some(hash));
        former.proven = Some(old);
        return Ok(VerifiedUser { target: PasswordTarget { user, policy, permit: None, former } });
    }
    let refusal = Refusal::WrongPassword { given: reference.as_str().to_owned() };
    let mut details = EventDetails::default();
    details.note("user", text::quoted(reference.shown(), text::MAX_NAME));
    app.answer_wrong_password(found.wrong(action, client, &refusal.to_string(), details));
    Err(refusal.into())
}

/// Sets the password that the user chose, which must be another one than before. Gives the number of the notice.
///
/// # Errors
/// When the policy refuses it, or the user was locked, deleted or moved to SAML since, or has another password by now.
pub fn change(
    app: &App,
    proven: &VerifiedUser,
    new: &Password,
    notify: bool,
    change_options: &ChangeOptions,
) -> Result<Option<MessageId>> {
    let target = &proven.target;
    let accepted = app.admit(&target.user, new, &target.policy, &target.former, None)?;
    app.change(Action::UsersChangePassword, change_options, |change| {
        let reference = UserReference::of(&target.user);
        let found = LoginCandidate::find(change, &reference)?;
        let Some(user) = found.user.filter(|user| user.session_epoch == target.user.session_epoch) else {
            return Err(Refusal::WrongPassword { given: reference.as_str().to_owned() }.into());
        };
        require_same_policy(change, &user, &target.policy)?;
        change.clear_sign_in_failures(user.id)?;
        let options = PasswordOptions { must_change: false, lifetime: None, keep_sessions: false, notify };
        change.set_password(user.id, &new_password(accepted, options, true, change.now()))?;
        let mut details = EventDetails::of(&user);
        details.note("chosen_by", "user");
        Ok((details, notice(change, &user, NoticeCause::ChangedByUser, options)?))
    })
}

/// The action of setting a password, which needs more permission where the policy is overridden.
pub fn set_action(strictness: PolicyEnforcement) -> Action {
    match strictness {
        PolicyEnforcement::Policy => Action::UsersSetPassword,
        PolicyEnforcement::Overridden => Action::UsersOverridePolicy,
    }
}

fn new_password(accepted: AcceptedHash, options: PasswordOptions, is_own: bool, set_at: Timestamp) -> NewPassword {
    let PasswordOptions { must_change, lifetime, keep_sessions, notify: _ } = options;
    let expires_at = lifetime.filter(|_| must_change).map(|lifetime| end_of(set_at, lifetime));
    NewPassword { accepted, must_change, keep_sessions, set_at, expires_at, is_own }
}

/// Until when a user must keep the password that they chose; `None`: they may change it.
fn kept_until(scene: &impl Transaction, user: &User, policy: &Policy) -> Result<Option<Timestamp>> {
    let Some(least) = policy.ages.min_age else { return Ok(None) };
    let times = scene.reading().password_times()?;
    Ok(user.must_keep_password_until(least, scene.now(), &times))
}

/// Refuses a password that was checked against another policy than that of the user's role: they got another role meanwhile.
pub(in crate::actions) fn require_same_policy(
    scene: &impl Transaction,
    user: &User,
    checked: &Requirements,
) -> Result<()> {
    if scene.app().requirements(scene.reading())?.of(user.role) == checked {
        return Ok(());
    }
    Err(Refusal::PolicyChanged { user: user.username.to_string() }.into())
}

fn notice(change: &Change<'_>, user: &User, cause: NoticeCause, options: PasswordOptions) -> Result<Option<MessageId>> {
    if options.notify { Ok(Some(queue_notice(change, user, cause)?)) } else { Ok(None) }
}

/// The passwords that a new one must not match: as many as [`Requirements::refused_passwords`] says. Whatever that says, those that
/// were ended are among them: somebody may have stolen them.
pub(in crate::actions) fn former_passwords(
    scene: &impl Transaction,
    user: &User,
    policy: &Requirements,
    must_differ: bool,
) -> Result<FormerPasswords> {
    let count = policy.refused_passwords(must_differ);
    let reading = scene.reading();
    let ended = reading.ended_passwords(user.id)?;
    let mut hashes = Vec::new();
    if count > 0 {
        match reading.password_hash(user.id) {
            // Nobody's password: another one is what it needs.
            Err(StoreError::Row(_)) => {}
            hash => hashes.extend(hash?),
        }
        hashes.extend(reading.password_history(user.id, count)?);
        hashes.truncate(count as usize);
        // Each is compared once.
        hashes.retain(|hash| !ended.contains(hash));
    }
    Ok(FormerPasswords { proven: None, hashes, count, ended })
}

/// Whom a password is checked for: the user with a hash who may sign in with a password now.
struct LoginCandidate {
    authority: Authority,
    /// `None`: there is none, or none who may sign in with a password.
    user: Option<User>,
    hash: Option<PasswordHash>,
    /// When their password ended, where it was temporary and has ended: it is compared all the same, and never accepted.
    expired_at: Option<Timestamp>,
    /// Whether they must choose another one.
    must_change: bool,
    failures: SignInFailures,
}

impl LoginCandidate {
    fn find(scene: &impl Transaction, reference: &UserReference) -> Result<Self> {
        let nobody = Self {
            authority: scene.authority().clone(),
            user: None,
            hash: None,
            expired_at: None,
            must_change: false,
            failures: SignInFailures::default(),
        };
        let Some(user) = scene.reading().user(reference)? else { return Ok(nobody) };
        // A login system with limits asks about nobody outside them: for it there is no such user.
        let is_outside = scene.authority().limits().is_some_and(|limits| !limits.allow(user.role, &user.email));
        let now = scene.now();
        if is_outside || !user.has_password_to_try(now) {
            return Ok(nobody);
        }
        let times = scene.reading().password_times()?;
        let has_expired = user.has_expired_password(now, &times);
        let expired_at = user.password.as_ref().filter(|_| has_expired).and_then(|password| password.expires_at);
        let must_change = user.must_change(now, &times);
        let hash = scene.reading().password_hash(user.id)?;
        let failures = scene.reading().sign_in_failures(user.id)?;
        Ok(Self { user: hash.is_some().then_some(user), hash, expired_at, must_change, failures, ..nobody })
    }

    /// The answer to a password that is not the user's.
    fn wrong<'a>(
        &'a self,
        action: Action,
        client: Option<&'a str>,
        refusal: &'a str,
        details: EventDetails,
    ) -> WrongPassword<'a> {
        let Self { authority, user, failures, .. } = self;
        WrongPassword { action, authority, user: user.as_ref(), before: failures, client, refusal, details }
    }
}
