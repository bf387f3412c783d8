//! `users add`.

use crate::app::App;
use crate::app::Change;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction;
use crate::domain::action::Action;
use crate::domain::email_address::EmailAddress;
use crate::domain::refusal::Refusal;
use crate::domain::role::MINIMAL;
use crate::domain::role::Permission;
use crate::domain::role::RoleId;
use crate::domain::text;
use crate::domain::user::SignIn;
use crate::domain::user::User;
use crate::domain::user::UserReference;
use crate::domain::user::Username;
use crate::domain::user::validate_locale;
use crate::store::users::NewUser;

/// A user as the operator gives them.
#[derive(Debug, Clone)]
pub struct NewUserRequest {
    /// The address.
    pub email: EmailAddress,
    /// The name to sign in with; `None`: the part of the address before the @.
    pub username: Option<Username>,
    /// The person's name.
    pub name: String,
    /// The role's name; `None`: Minimal Permissions.
    pub role: Option<String>,
    /// How they sign in; `None`: as `[saml] email_domains` says.
    pub sign_in: Option<SignIn>,
    /// The language.
    pub locale: Option<String>,
    /// The permission for what is done with the new user next.
    pub then: Option<Permission>,
}

/// Adds a user, who has no password yet.
///
/// # Errors
/// When a field is malformed, a name is taken, the domain is not the organization's, or the operator may not add the user or
/// do what follows.
pub fn add(app: &App, wanted: &NewUserRequest, change_options: &ChangeOptions) -> Result<User> {
    app.change(Action::UsersAdd, change_options, |change| {
        if let Some(permission) = wanted.then {
            change.require(permission)?;
        }
        let username = match &wanted.username {
            Some(username) => username.clone(),
            None => username_of(&wanted.email)?,
        };
        check_line("name", &wanted.name)?;
        check_locale(wanted.locale.as_deref())?;
        check_domain(change, &wanted.email)?;
        check_free(change, &username, &wanted.email)?;
        let role = match &wanted.role {
            Some(name) => role(change, name)?,
            None => {
                change.role(RoleId::MINIMAL)?.map_or(Ok(()), |minimal| change.may_give(&minimal))?;
                RoleId::MINIMAL
            }
        };
        change.require_within_limits(username.as_str(), role, &wanted.email)?;
        let id = change.add_user(&NewUser {
            username,
            email: wanted.email.clone(),
            // As an import does: nobody sees blanks around a name.
            name: wanted.name.trim().to_owned(),
            role,
            sign_in: wanted.sign_in.unwrap_or_else(|| app.organization().sign_in_of(&wanted.email)),
            locale: wanted.locale.clone(),
            created_at: change.now(),
        })?;
        let user = change.user_by_id(id)?.ok_or_else(|| Refusal::no_such_user(wanted.email.to_string()))?;
        let mut details = EventDetails::of(&user);
        details.note("role", wanted.role.as_deref().unwrap_or(MINIMAL));
        details.note("sign_in", user.sign_in.word());
        Ok((details, user))
    })
}

/// The username that an address gives.
///
/// # Errors
/// When the part before the @ is not a username.
pub fn username_of(email: &EmailAddress) -> Result<Username> {
    let given = email.local_part().to_ascii_lowercase();
    Ok(given.parse().map_err(|fault| Refusal::NoUsernameIn(email.to_string(), fault))?)
}

/// The role of this name, if the operator may give it.
pub(super) fn role(scene: &impl Transaction, name: &str) -> Result<RoleId> {
    let role = scene.reading().role_named(name)?.ok_or_else(|| Refusal::NoSuchRole(name.to_owned()))?;
    scene.may_give(&role)?;
    Ok(role.id)
}

/// Refuses a name or an address that another user has.
pub(super) fn check_free(change: &Change<'_>, username: &Username, email: &EmailAddress) -> Result<()> {
    // The address first: where both are taken, another username would not help.
    if change.reading().is_email_taken(email, None)? {
        return Err(Refusal::EmailTaken(email.as_str().to_owned()).into());
    }
    if change.reading().user(&UserReference::Username(username.as_str().to_owned()))?.is_some() {
        return Err(Refusal::UsernameTaken(username.as_str().to_owned()).into());
    }
    Ok(())
}

/// Refuses an address outside the organization's domains.
pub(super) fn check_domain(scene: &impl Transaction, email: &EmailAddress) -> Result<()> {
    let organization = scene.app().organization();
    if organization.takes(email) {
        return Ok(());
    }
    Err(Refusal::EmailDomain { email: email.clone(), domains: organization.email_domains.clone() }.into())
}

pub(super) fn check_line(field: &'static str, value: &str) -> Result<()> {
    let validated = text::check_line(value, text::MAX_NAME);
    Ok(validated.map_err(|fault| Refusal::Field { field, fault: fault.to_string() })?)
}

pub(super) fn check_locale(locale: Option<&str>) -> Result<()> {
    let validated = locale.map_or(Ok(()), validate_locale);
    Ok(validated.map_err(|fault| Refusal::Field { field: "locale", fault })?)
}
