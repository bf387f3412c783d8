//! `users list`, and the users of a selection for other commands.

use std::collections::HashMap;
use std::rc::Rc;

use jiff::Timestamp;

use crate::actions::Total;
use crate::app::ActionError;
use crate::app::App;
use crate::app::Result;
use crate::app::Transaction;
use crate::app::error::UnknownName;
use crate::app::similar_users;
use crate::domain::action::Action;
use crate::domain::password_age::PasswordTimes;
use crate::domain::refusal::Refusal;
use crate::domain::role::RoleId;
use crate::domain::selection::PoliciesInForce;
use crate::domain::selection::UserQuery;
use crate::domain::text;
use crate::domain::user::UserReference;
use crate::store::user_list::UserRow;

/// What the rows of a list are shown with.
#[derive(Debug)]
pub struct ListContext {
    /// The names of the roles.
    pub roles: HashMap<RoleId, String>,
    /// The moment that "locked" and "3 days ago" are about.
    pub now: Timestamp,
    /// What decides whether passwords are still valid.
    pub times: PasswordTimes,
}

/// What is wanted: the query, and what of it must be looked up first.
#[derive(Debug, Clone, Default)]
pub struct UserFilter {
    /// The query.
    pub query: UserQuery,
    /// The lines of the file that the names of the selection come from, in their order.
    pub lines: Vec<u64>,
    /// The addresses that the file gives beside usernames, in the same order: each must be the user's.
    pub emails: Vec<Option<Box<str>>>,
    /// Only those with the role of this name.
    pub role: Option<String>,
    /// Only those whose password met another policy than the one in force.
    pub policy_outdated: bool,
    /// Only those who sign in otherwise than the domain of their address says.
    pub disagrees_with_saml_domains: bool,
    /// All but those on this list.
    pub excluded: Option<ExcludedNames>,
    /// Give the password hashes too.
    pub with_hashes: bool,
}

/// A list of users who are no part of a selection.
#[derive(Debug, Clone)]
pub struct ExcludedNames {
    /// The users.
    pub names: Rc<[UserReference]>,
    /// The lines that they are on, in the same order.
    pub lines: Vec<u64>,
    /// The addresses beside usernames, in the same order: each must be the user's.
    pub emails: Vec<Option<Box<str>>>,
    /// Whether names that no user has are ignored. All of them may not be such names.
    pub ignores_unknown: bool,
}

/// Gives each user that is wanted to `visit`, as many as the limit of the query says.
///
/// # Errors
/// When the operator may not see users (or export hashes), a role or a user named does not exist, or `visit` fails.
pub fn list(
    app: &App,
    wanted: &UserFilter,
    mut visit: impl FnMut(&UserRow<'_>, &ListContext) -> Result<()>,
) -> Result<Total> {
    let action = if wanted.with_hashes { Action::UsersExportHashes } else { Action::UsersList };
    app.view(action, |view| {
        let query = resolve(view, wanted)?;
        let roles = view.roles()?.into_iter().map(|role| (role.id, role.name)).collect();
        let surroundings = ListContext { roles, now: view.now(), times: view.password_times()? };
        view.each_user(&query, wanted.with_hashes, view.now(), |row| visit(row, &surroundings))?;
        Ok(Total::of(query.limit, || view.count_users(&query.selection, view.now()))?)
    })
}

/// The query with its names turned into numbers.
pub(in crate::actions) fn resolve(scene: &impl Transaction, wanted: &UserFilter) -> Result<UserQuery> {
    let mut query = wanted.query.clone();
    if let Some(name) = &wanted.role {
        let role = scene.reading().role_named(name)?.ok_or_else(|| Refusal::NoSuchRole(name.clone()))?;
        query.selection.role = Some(role.id);
    }
    if wanted.policy_outdated {
        let fingerprints = scene.app().fingerprints(scene.reading())?;
        let others_are_few = scene.reading().are_outdated_passwords_few(&fingerprints)?;
        query.selection.policy_other_than = Some(PoliciesInForce { fingerprints, others_are_few });
    }
    if wanted.disagrees_with_saml_domains {
        query.selection.sign_in_unlike_domains = Some(scene.app().organization().saml_domains.clone());
    }
    if let Some(names) = &query.selection.named {
        check_names(scene, names, &wanted.lines, &wanted.emails, false)?;
    }
    if let Some(ExcludedNames { names, lines, emails, ignores_unknown }) = &wanted.excluded {
        check_names(scene, names, lines, emails, *ignores_unknown)?;
        query.selection.not_named = Some(names.clone());
    }
    Ok(query)
}

/// Refuses names that no user has, and rows that name two users. `lines` and `emails` are in the order of the names.
fn check_names(
    scene: &impl Transaction,
    names: &[UserReference],
    lines: &[u64],
    emails: &[Option<Box<str>>],
    ignores_unknown: bool,
) -> Result<()> {
    let unknown = scene.reading().unknown_names(names)?;
    let named = |(count, place): (usize, usize)| UnknownName {
        line: lines.get(place).copied(),
        name: names[place].as_str().to_owned(),
        near: if count < UnknownName::SHOWN {
            similar_users(scene.app(), scene.reading(), scene.authority(), &names[place])
        } else {
            Vec::new()
        },
    };
    let are_refused = !ignores_unknown || unknown.len() == names.len();
    if are_refused && !unknown.is_empty() {
        return Err(ActionError::UnknownNames(unknown.into_iter().enumerate().map(named).collect()));
    }
    let contradicted = scene.reading().names_with_other_email(names, emails)?;
    if let [place, more @ ..] = &contradicted[..] {
        let email = emails.get(*place).and_then(Option::as_deref).unwrap_or_default();
        return Err(contradiction(lines.get(*place).copied(), &names[*place], email, more.len()));
    }
    Ok(())
}

/// That a row of a file names one user by its username and not the same one by its address, and how many more rows do.
fn contradiction(line: Option<u64>, name: &UserReference, email: &str, more: usize) -> ActionError {
    let shown = |name: &UserReference| text::quoted(name.shown(), text::MAX_NAME);
    let line = line.map_or_else(String::new, |line| format!("line {line}: "));
    let more = match more {
        0 => String::new(),
        1 => ", nor are those of 1 more line".to_owned(),
        more => format!(", nor are those of {more} more lines"),
    };
    let (username, email) = (shown(name), shown(&UserReference::new(email)));
    let words = format!("{line}username `{username}` and email `{email}` are not of one user{more}; nothing was done");
    ActionError::BadInput(words)
}
