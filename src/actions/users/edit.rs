//! `users edit`.

use super::add::check_domain;
use super::add::check_line;
use super::add::check_locale;
use super::add::role;
use super::targets::NAMED_IN_DATA;
use super::targets::ResolvedTargets;
use super::targets::TargetList;
use super::targets::resolve_several;
use crate::actions::notices::queue_address_notices;
use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction;
use crate::domain::action::Action;
use crate::domain::email_address::EmailAddress;
use crate::domain::email_domain;
use crate::domain::management_refusal::ManagementRefusal;
use crate::domain::message::MessageId;
use crate::domain::refusal::Refusal;
use crate::domain::removal::Removals;
use crate::domain::role::Permission;
use crate::domain::role::RoleId;
use crate::domain::user::SignIn;
use crate::domain::user::User;
use crate::domain::user::UserReference;
use crate::domain::user::Username;
use crate::store::selected_users::BulkEdit;
use crate::store::selected_users::BulkEditOutcome;

/// The fields to be changed; `None`: stays as it is.
#[derive(Debug, Clone, Default)]
pub struct UserEdit {
    /// The address.
    pub email: Option<EmailAddress>,
    /// The name to sign in with.
    pub username: Option<Username>,
    /// The person's name.
    pub name: Option<String>,
    /// The role's name.
    pub role: Option<String>,
    /// How they sign in.
    pub sign_in: Option<SignIn>,
    /// The language; empty: the organization's.
    pub locale: Option<String>,
    /// Whether another address is told to the former one and to the new one.
    pub notify: bool,
    /// Whether they must choose another password at the next sign-in.
    pub must_change: Option<bool>,
    /// Forgets that the address bounced.
    pub clear_bounce: bool,
}

impl UserEdit {
    /// The first option that is about one user alone, such as an address, if one is given.
    pub fn option_for_one(&self) -> Option<&'static str> {
        let given = [
            ("--email", self.email.is_some()),
            ("--username", self.username.is_some()),
            ("--name", self.name.is_some()),
        ];
        given.into_iter().find_map(|(option, is_given)| is_given.then_some(option))
    }
}

/// What an edit did.
#[derive(Debug)]
pub struct EditOutcome {
    /// The user as they are now.
    pub user: User,
    /// The name of the role.
    pub role: String,
    /// The names of the fields that changed.
    pub changed: Vec<String>,
    /// Whether moving to SAML took a password away.
    pub password_removed: bool,
    /// The notices of another address that were queued.
    pub notices: Vec<MessageId>,
}

/// Says what an edit would do, without doing it: asked for before the operator is. It takes no lock.
///
/// # Errors
/// As [`edit`].
pub fn plan(app: &App, reference: &UserReference, edit: &UserEdit) -> Result<EditOutcome> {
    app.view(Action::UsersEdit, |view| Ok(planned(view, reference, edit)?.1))
}

/// The user as they are, and what an edit comes to.
fn planned(scene: &impl Transaction, reference: &UserReference, edit: &UserEdit) -> Result<(User, EditOutcome)> {
    require_must_change(scene, edit)?;
    let old = scene.subordinate(reference)?;
    let mut new = old.clone();
    apply(scene, edit, &mut new)?;
    scene.require_within_limits(new.username.as_str(), new.role, &new.email)?;
    let role = scene.reading().role(new.role)?.map(|role| role.name).unwrap_or_default();
    // By name: the order in which they are told. The values are recorded beside the event.
    let fields = [
        ("bounce", edit.clear_bounce && old.bounce.is_some()),
        ("email", old.email.as_str() != new.email.as_str()),
        ("locale", old.locale != new.locale),
        ("must_change_password", old.must_change_password != new.must_change_password),
        ("name", old.name != new.name),
        ("role", old.role != new.role),
        ("sign_in", old.sign_in != new.sign_in),
        ("username", old.username.as_str() != new.username.as_str()),
    ];
    let changed: Vec<String> =
        fields.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name.to_owned()).collect();
    let password_removed = !changed.is_empty() && new.sign_in == SignIn::Saml && old.password.is_some();
    if !changed.is_empty() {
        let ends_sessions = !old.email.is_same(&new.email) || old.sign_in != new.sign_in;
        new.session_epoch += i64::from(ends_sessions);
        new.updated_at = scene.now();
        if new.sign_in == SignIn::Saml {
            (new.password, new.must_change_password) = (None, false);
        }
    }
    Ok((old, EditOutcome { user: new, role, changed, password_removed, notices: Vec::new() }))
}

/// Edits a user. Moving to SAML, by `--sign-in` or by an address in a SAML domain, removes the password in the same change;
/// another address or another way to sign in ends the sessions that are open. `confirmed` is how many passwords the operator
/// agreed to remove; `None`: any number.
///
/// # Errors
/// When a field is malformed or taken, the operator may not, or a password would be removed that was not confirmed.
pub fn edit(
    app: &App,
    reference: &UserReference,
    edit: &UserEdit,
    confirmed: Option<u64>,
    change_options: &ChangeOptions,
) -> Result<EditOutcome> {
    app.change(Action::UsersEdit, change_options, |change| {
        let (old, mut edited) = planned(change, reference, edit)?;
        let mut details = EventDetails::of(&old);
        details.is_unchanged = edited.changed.is_empty();
        if !details.is_unchanged {
            change.update_user(&edited.user)?;
            if let Some(must_change) = edit.must_change {
                change.set_must_change(old.id, must_change)?;
            }
            if edit.clear_bounce {
                change.clear_bounce(old.id)?;
            }
        }
        if edit.notify && !old.email.is_same(&edited.user.email) {
            edited.notices = queue_address_notices(change, &edited.user, &old.email)?;
            details.note("notices", edited.notices.len());
        }
        if edited.password_removed {
            require_confirmed(1, confirmed)?;
            details.note("passwords_removed", 1);
        }
        Ok((details, edited))
    })
}

/// The role of this name, if the operator may give it, and act on users who have it.
fn role_within_limits(change: &impl Transaction, name: &str) -> Result<RoleId> {
    let id = role(change, name)?;
    if change.authority().limits().is_some_and(|limits| !limits.allow_role(id)) {
        let (user, limits) = (format!("a user with the role {name}"), change.limits_in_words());
        return Err(ManagementRefusal::LeavesLimits { user, limits }.into());
    }
    Ok(id)
}

/// Asks for the permission to say that a password must be changed, or need not be, where the edit says so.
fn require_must_change(scene: &impl Transaction, edit: &UserEdit) -> Result<()> {
    edit.must_change.map_or(Ok(()), |_| scene.require(Permission::MUST_CHANGE))
}

/// Refuses to remove more passwords than the operator confirmed.
fn require_confirmed(passwords: u64, confirmed: Option<u64>) -> Result<()> {
    if confirmed.is_some_and(|confirmed| passwords > confirmed) {
        return Err(Refusal::Removals(Removals::of_passwords(passwords)).into());
    }
    Ok(())
}

/// What an edit of several users did.
#[derive(Debug)]
pub struct EditManyOutcome {
    /// The users.
    pub users: ResolvedTargets,
    /// What was done.
    pub done: BulkEditOutcome,
    /// The first users whose passwords were removed, by address: at most [`NAMED_IN_DATA`].
    pub without_password_now: Vec<User>,
}

impl AsRef<ResolvedTargets> for EditManyOutcome {
    fn as_ref(&self) -> &ResolvedTargets {
        &self.users
    }
}

/// Edits several users, all or none. Fields that are about one user alone ([`UserEdit::option_for_one`]) are ignored. `confirmed` is
/// how many passwords the operator agreed to remove; `None`: any number.
///
/// # Errors
/// When a field is malformed, one of the users does not exist, one's role may do more than the operator's, or they are others
/// than the operator confirmed, or more passwords would be removed.
pub fn edit_several(
    app: &App,
    several: &TargetList,
    edit: &UserEdit,
    confirmed: Option<u64>,
    change_options: &ChangeOptions,
) -> Result<EditManyOutcome> {
    app.change(Action::UsersEdit, change_options, |change| {
        require_must_change(change, edit)?;
        let (users, mut details) = resolve_several(change, several)?;
        let locale = edit.locale.clone().map(|locale| Some(locale).filter(|locale| !locale.is_empty()));
        check_locale(locale.as_ref().and_then(Option::as_deref))?;
        let chosen = BulkEdit {
            role: edit.role.as_deref().map(|name| role_within_limits(change, name)).transpose()?,
            sign_in: edit.sign_in,
            locale,
            must_change: edit.must_change,
            clear_bounce: edit.clear_bounce,
        };
        let without_password_now = match chosen.sign_in {
            Some(SignIn::Saml) => change.first_chosen_with_password(NAMED_IN_DATA)?,
            _ => Vec::new(),
        };
        let done = change.edit_chosen(&chosen, change.now())?;
        require_confirmed(done.passwords_removed, confirmed)?;
        details.is_unchanged = done.changed == 0;
        details.note("changed", done.changed);
        let mut note_new = |name, new: Option<serde_json::Value>| {
            new.into_iter().for_each(|new| details.note(name, serde_json::json!({ "new": new })));
        };
        note_new("role", edit.role.as_deref().map(Into::into));
        note_new("sign_in", chosen.sign_in.map(|sign_in| sign_in.word().into()));
        note_new("locale", chosen.locale.map(Into::into));
        note_new("must_change_password", chosen.must_change.map(Into::into));
        if done.passwords_removed > 0 {
            details.note("passwords_removed", done.passwords_removed);
        }
        Ok((details, EditManyOutcome { users, done, without_password_now }))
    })
}

fn apply(scene: &impl Transaction, edit: &UserEdit, user: &mut User) -> Result<()> {
    if let Some(username) = &edit.username {
        let holder = scene.reading().user(&UserReference::Username(username.as_str().to_owned()))?;
        if holder.is_some_and(|holder| holder.id != user.id) {
            return Err(Refusal::UsernameTaken(username.as_str().to_owned()).into());
        }
        user.username = username.clone();
    }
    if let Some(email) = edit.email.as_ref().filter(|email| **email != user.email) {
        if scene.reading().is_email_taken(email, Some(user.id))? {
            return Err(Refusal::EmailTaken(email.as_str().to_owned()).into());
        }
        if !email.is_same(&user.email) {
            check_domain(scene, email)?;
        }
        // The domain decides when an address comes in; an address that only changes its user part says nothing new.
        if !email_domain::is_same(email.domain(), user.email.domain()) {
            user.sign_in = scene.app().organization().sign_in_of(email);
        }
        if !email.is_same(&user.email) {
            user.bounce = None;
        }
        user.email = email.clone();
    }
    if edit.clear_bounce {
        user.bounce = None;
    }
    if let Some(name) = &edit.name {
        check_line("name", name)?;
        name.trim().clone_into(&mut user.name);
    }
    if let Some(name) = &edit.role {
        user.role = role(scene, name)?;
    }
    if let Some(sign_in) = edit.sign_in {
        user.sign_in = sign_in;
    }
    if let Some(must_change) = edit.must_change {
        if must_change && (user.password.is_none() || user.sign_in == SignIn::Saml) {
            return Err(Refusal::NoPasswordToChange { user: user.username.to_string() }.into());
        }
        user.must_change_password = must_change;
    }
    if let Some(locale) = &edit.locale {
        user.locale = Some(locale.clone()).filter(|locale| !locale.is_empty());
        check_locale(user.locale.as_deref())?;
    }
    Ok(())
}
