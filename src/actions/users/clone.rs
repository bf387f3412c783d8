//! `users clone`.

use super::add::check_domain;
use super::add::check_free;
use super::add::check_line;
use super::add::username_of;
use crate::app::App;
use crate::app::Change;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::action::Action;
use crate::domain::email_address::EmailAddress;
use crate::domain::email_domain;
use crate::domain::refusal::Refusal;
use crate::domain::user::MAX_USERNAME;
use crate::domain::user::User;
use crate::domain::user::UserReference;
use crate::domain::user::Username;
use crate::random::Random;
use crate::store::users::NewUser;

/// How many random characters a made address has.
const SUFFIX: usize = 6;
/// Their alphabet: 32 characters, so that each is equally likely, and none that is mistaken for another one.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// What is other than at the user who is cloned.
#[derive(Debug, Clone, Default)]
pub struct CloneRequest {
    /// The address; `None`: `name+clone_XXXXXX@domain`, made from the address of the user who is cloned.
    pub email: Option<EmailAddress>,
    /// The name to sign in with; `None`: as the address says.
    pub username: Option<Username>,
    /// The person's name.
    pub name: String,
}

/// The new user.
#[derive(Debug)]
pub struct CloneOutcome {
    /// The new user.
    pub user: User,
    /// The username of the user who was cloned.
    pub original: String,
    /// The name of the role.
    pub role: String,
}

/// Adds a user with the role, the language and the sign-in of another one, and without a password. In another email domain,
/// that domain decides how they sign in.
///
/// # Errors
/// When there is no such user, a name is taken or malformed, the domain is not the organization's, or the operator may not give the role.
pub fn clone(
    app: &App,
    reference: &UserReference,
    request: &CloneRequest,
    change_options: &ChangeOptions,
) -> Result<CloneOutcome> {
    app.change(Action::UsersClone, change_options, |change| {
        let original = change.subordinate(reference)?;
        check_line("name", &request.name)?;
        let (email, username) = names(change, &original, request)?;
        check_domain(change, &email)?;
        check_free(change, &username, &email)?;
        let is_same_domain = email_domain::is_same(email.domain(), original.email.domain());
        let sign_in = if is_same_domain { original.sign_in } else { app.organization().sign_in_of(&email) };
        change.require_within_limits(username.as_str(), original.role, &email)?;
        let role = change.role(original.role)?.map(|role| role.name).unwrap_or_default();
        let id = change.add_user(&NewUser {
            username,
            email,
            name: request.name.trim().to_owned(),
            role: original.role,
            sign_in,
            locale: original.locale.clone(),
            created_at: change.now(),
        })?;
        let user = change.user_by_id(id)?.ok_or_else(|| Refusal::no_such_user(original.username.to_string()))?;
        let mut details = EventDetails::of(&user);
        // The number: a username in an event cannot be erased.
        details.note("cloned_from", original.id.0);
        details.note("role", role.as_str());
        details.note("sign_in", user.sign_in.word());
        Ok((details, CloneOutcome { user, original: original.username.to_string(), role }))
    })
}

/// The address and the username of the new user.
fn names(change: &Change<'_>, original: &User, request: &CloneRequest) -> Result<(EmailAddress, Username)> {
    let (email, own_name) = match &request.email {
        Some(email) => (email.clone(), None),
        None => {
            let suffix = suffix(change.app().random());
            let (local, domain) = (original.email.local_part(), original.email.domain());
            let email = format!("{local}+clone_{suffix}@{domain}").parse().map_err(Refusal::Email)?;
            (email, Some(clone_name(&original.username, &suffix)?))
        }
    };
    let username = match request.username.clone().or(own_name) {
        Some(username) => username,
        None => username_of(&email)?,
    };
    Ok((email, username))
}

/// `alice_clone_k3x9qp`: a username has no `+`.
fn clone_name(original: &Username, suffix: &str) -> Result<Username> {
    let ending = format!("_clone_{suffix}");
    // A username is ASCII.
    let kept = original.as_str().get(..MAX_USERNAME - ending.len()).unwrap_or(original.as_str());
    Ok(format!("{kept}{ending}").parse().map_err(Refusal::Username)?)
}

fn suffix(random: &dyn Random) -> String {
    let mut bytes = [0; SUFFIX];
    random.fill(&mut bytes);
    bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
}
