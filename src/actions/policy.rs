//! `policy show` and `policy check`.

use std::time::Duration;

use crate::app::ActionError;
use crate::app::App;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::app::View;
use crate::domain::action::Action;
use crate::domain::duration::DisplayDuration;
use crate::domain::policy::PersonalWords;
use crate::domain::policy::Requirements;
use crate::domain::policy::Violation;
use crate::domain::refusal::Refusal;
use crate::domain::role::Permission;
use crate::domain::user::User;
use crate::domain::user::UserReference;
use crate::secrets::admission::FormerPasswords;
use crate::secrets::password::Password;

/// The policy of all users, or of one.
#[derive(Debug)]
pub struct PolicyDetails {
    /// What is asked of passwords.
    pub requirements: Requirements,
    /// The fingerprint beside the passwords that met it.
    pub fingerprint: String,
    /// How many hashes cost less than a new one; `None`: the operator may not see users.
    pub weak_hashes: Option<u64>,
    /// The names of the roles of which more is asked.
    pub stricter_roles: Vec<String>,
    /// Whether the greatest ages are those that the store has: the view `login` shows others until the next change.
    pub is_age_in_force: bool,
    /// Whose policy it is; `None`: that of everybody.
    pub of_user: Option<PolicyOfUser>,
}

/// Whose policy it is, and where it comes from.
#[derive(Debug)]
pub struct PolicyOfUser {
    /// The username.
    pub username: String,
    /// The name of the user's role.
    pub role: String,
    /// Each setting.
    pub settings: Vec<PolicySetting>,
}

/// A setting of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicySetting {
    /// The key in the configuration.
    pub key: &'static str,
    /// Its value, as the configuration has it; `None`: it is not asked for.
    pub value: Option<String>,
    /// The section that says so.
    pub section: String,
}

/// Shows the policy, for a user where one is named. For operators who may see users, counts the hashes that cost less than a new one.
///
/// # Errors
/// When the account is no operator, may not see the user, or there is none.
pub fn show(app: &App, reference: Option<&UserReference>) -> Result<PolicyDetails> {
    app.view(Action::PolicyShow, |view| {
        let user = match reference {
            None => None,
            Some(reference) => {
                view.require(Permission::ViewUsers)?;
                Some(view.user(reference)?)
            }
        };
        let weak_hashes = match view.require(Permission::ViewUsers) {
            Err(_) => None,
            Ok(()) => Some(weak_hashes(app, view)?),
        };
        let (all, fingerprints) = (app.requirements(view)?, app.fingerprints(view)?);
        let mut stricter_roles = Vec::new();
        for (role, _) in all.roles() {
            stricter_roles.extend(view.role(role)?.map(|role| role.name));
        }
        stricter_roles.sort_unstable();
        let (requirements, fingerprint, of_user) = match user {
            None => (all.general(), fingerprints.general, None),
            Some(user) => {
                let role = view.role(user.role)?.map(|role| role.name).unwrap_or_default();
                let settings = settings(app, all.general(), all.of(user.role), &role);
                let of_user = PolicyOfUser { username: user.username.to_string(), role, settings };
                (all.of(user.role), fingerprints.of(user.role).to_owned(), Some(of_user))
            }
        };
        let is_age_in_force = app.are_max_ages_in_force(view)?;
        let requirements = requirements.clone();
        Ok(PolicyDetails { requirements, fingerprint, weak_hashes, stricter_roles, is_age_in_force, of_user })
    })
}

/// How many hashes cost less than a new one.
pub(super) fn weak_hashes(app: &App, view: &View<'_>) -> Result<u64> {
    let hashes = view.password_hashes_by_cost()?;
    Ok(hashes.iter().filter(|(hash, _)| app.is_weak(hash)).map(|(_, count)| count).sum())
}

/// The settings of a role, each with the section that says so.
fn settings(app: &App, general: &Requirements, of_role: &Requirements, role: &str) -> Vec<PolicySetting> {
    let header = app.role_header(role).unwrap_or_default();
    let (all, theirs) = (values(general), values(of_role));
    let setting = |(all, theirs): ((_, Option<String>), (&'static str, Option<String>))| {
        let (key, value) = theirs;
        let section = if value == all.1 { "[password]".to_owned() } else { header.clone() };
        PolicySetting { key, value, section }
    };
    all.into_iter().zip(theirs).map(setting).collect()
}

/// The values that a role may have of its own, as the configuration has them.
fn values(requirements: &Requirements) -> [(&'static str, Option<String>); 8] {
    let duration = |duration: Option<Duration>| duration.map(|duration| DisplayDuration(duration).to_string());
    let Requirements { min_length, classes, history, min_score, ages, .. } = requirements;
    let classes: Vec<String> = classes.iter().map(ToString::to_string).collect();
    [
        ("min_length", Some(min_length.to_string())),
        ("classes", (!classes.is_empty()).then(|| classes.join(", "))),
        ("history", Some(history.to_string())),
        ("min_score", Some(min_score.to_string())),
        ("must_change_after_set", Some(ages.must_change_after_set.to_string())),
        ("temporary_lifetime", duration(ages.temporary_lifetime)),
        ("min_age", duration(ages.min_age)),
        ("max_age", duration(ages.max_age)),
    ]
}

/// The rules that a password would break, for a user where one is named. Sets nothing and notes nothing.
///
/// # Errors
/// When the operator is none, or the user does not exist.
pub fn check(app: &App, reference: Option<&UserReference>, password: &Password) -> Result<Vec<Violation>> {
    let of_user: Option<(User, _)> = app.view(Action::PolicyCheck, |view| match reference {
        None => Ok(None),
        Some(reference) => {
            view.require(Permission::ViewUsers)?;
            let user = view.user(reference)?;
            let policy = app.policy_of(view, user.role)?;
            Ok(Some((user, policy)))
        }
    })?;
    let validated = match &of_user {
        Some((user, policy)) => app.validate(user, password, policy, &FormerPasswords::default()),
        None => {
            let organization = app.organization();
            let words = PersonalWords {
                username: "",
                email: "",
                name: "",
                organization: &organization.name,
                email_domains: &organization.email_domains,
            };
            return Ok(password.faults(&app.general_policy()?, &words)?);
        }
    };
    match validated {
        Ok(()) => Ok(Vec::new()),
        Err(ActionError::Refused(Refusal::Policy { faults, .. })) => Ok(faults),
        Err(error) => Err(error),
    }
}
