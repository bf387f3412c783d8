//! What a shell offers where a command line names a user, a role, an operator or a job of the store.
//!
//! It is asked at each TAB, by operators who have not decided on a command yet: a refusal is no event, and gives nothing.

use std::collections::HashMap;

use crate::app::App;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::app::View;
use crate::domain::action::Action;
use crate::domain::management::ManagedUser;
use crate::domain::role::Permissions;
use crate::domain::role::RoleId;
use crate::domain::text;
use crate::store::completion::FromEnd;
use crate::store::completion::UserNameKind;
use crate::store::completion::UserWithPrefix;

/// How many values are given at most: more is no choice.
pub const MOST: usize = 200;
/// How many users are looked at from each end, where the operator may not act on all of them.
const LOOKED_AT: u32 = 2_000;
/// How many jobs are looked at, the newest first.
const JOBS: u64 = 1_000;

/// What a value names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A user, by username, or by address where the value has an `@` already.
    User {
        /// Whether the command acts on them: then only those are given whom the operator may act on.
        acts: bool,
    },
    /// A role.
    Role,
    /// The account of an operator.
    Operator,
    /// The number of a job.
    Job,
}

/// A value that can be given, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletionItem {
    /// The value.
    pub value: String,
    /// What it stands for, for shells that show it.
    pub description: String,
}

/// The values that begin with `prefix`, in whatever ASCII case, and no more than [`MOST`]: users in order, jobs the newest first. Where
/// there are more users, the last one of all is among them: what all given names begin with, the others begin with too, and a shell can
/// put it on the line. Values that nobody could type, or that a command would take for an option, are left out.
///
/// # Errors
/// When the store cannot be read.
pub fn candidates(app: &App, subject: Subject, prefix: &str) -> Result<Vec<CompletionItem>> {
    let found = match subject {
        Subject::User { acts } => app.view_quietly(Action::UsersList, |view| users(view, acts, prefix)),
        Subject::Role => app.view_quietly(Action::RolesList, |view| {
            let roles = view.roles()?.into_iter();
            Ok(some(roles.map(|role| CompletionItem { value: role.name, description: role.description }), prefix))
        }),
        Subject::Operator => app.view_quietly(Action::OperatorsList, |view| {
            let operators = view.operators()?.into_iter();
            Ok(some(operators.map(|one| CompletionItem { value: one.account, description: one.role_name }), prefix))
        }),
        Subject::Job => app.view_quietly(Action::JobsList, |view| {
            let jobs = view.jobs(Some(JOBS))?.into_iter().map(|job| {
                let words = job.key.unwrap_or(job.selection);
                CompletionItem { value: job.id.to_string(), description: format!("{}, {words}", job.state) }
            });
            Ok(some(jobs, prefix))
        }),
    };
    Ok(found?.unwrap_or_default())
}

/// Those that begin with the prefix.
fn some(all: impl Iterator<Item = CompletionItem>, prefix: &str) -> Vec<CompletionItem> {
    let begins = |value: &str| value.get(..prefix.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(prefix));
    all.filter(|candidate| begins(&candidate.value) && can_be_typed(&candidate.value)).take(MOST).collect()
}

/// Whether a value holds nothing that drives a terminal or that nobody sees, and is no option.
fn can_be_typed(value: &str) -> bool {
    !value.is_empty() && !value.starts_with('-') && text::visible(value) == value
}

fn users(view: &View<'_>, acts: bool, prefix: &str) -> Result<Vec<CompletionItem>> {
    let by = if prefix.contains('@') { UserNameKind::Email } else { UserNameKind::Username };
    let is_everybody = !acts || view.protected_users()?.is_empty();
    let roles: HashMap<RoleId, Permissions> = if is_everybody {
        HashMap::new()
    } else {
        view.roles()?.into_iter().map(|role| (role.id, role.permissions)).collect()
    };
    let may = |user: &UserWithPrefix| {
        let may_act = || {
            let permissions = *roles.get(&user.role)?;
            let email = &user.email.parse().ok()?;
            view.authority().may_act_on(ManagedUser { role: user.role, permissions, email }).ok()
        };
        can_be_typed(&user.name) && (is_everybody || may_act().is_some())
    };
    let looked_at = if is_everybody { MOST as u32 + 1 } else { LOOKED_AT };
    let mut first = view.users_with_prefix(by, prefix, FromEnd::First, looked_at)?;
    let is_all = first.len() < looked_at as usize;
    first.retain(may);
    if !is_all || first.len() > MOST {
        let last = match is_all {
            true => first.pop(),
            false => view.users_with_prefix(by, prefix, FromEnd::Last, looked_at)?.into_iter().find(may),
        };
        // Without it a shell would take what the first ones begin with for what all begin with.
        let Some(last) = last else { return Ok(Vec::new()) };
        first.truncate(MOST - 1);
        if first.last().is_none_or(|user| user.name != last.name) {
            first.push(last);
        }
    }
    Ok(first.into_iter().map(|user| CompletionItem { value: user.name, description: user.person }).collect())
}
