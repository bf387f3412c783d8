//! The users that a command acts on: one, named exactly, or several, named or selected. Several are changed in one
//! transaction, all or none, with one event.

use crate::actions::users::list::UserFilter;
use crate::actions::users::list::resolve;
use crate::app::Change;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::management_refusal::ManagementRefusal;
use crate::domain::refusal::Refusal;
use crate::domain::role::Role;
use crate::domain::user::User;
use crate::domain::user::UserReference;

/// How many users are named in a question, a result, a refusal or an event; the others are counted.
pub const NAMED: usize = 20;

/// How many of the users who lose something are named in data; the others are counted.
pub const NAMED_IN_DATA: usize = 10_000;

/// The users that a command acts on.
#[derive(Debug, Clone)]
pub enum Targets {
    /// One user, named exactly.
    One(UserReference),
    /// Any number of users.
    Many(Box<TargetList>),
}

/// Several users, as the operator gave them.
#[derive(Debug, Clone, Default)]
pub struct TargetList {
    /// Which users.
    pub wanted: UserFilter,
    /// The same in the operator's words; `None`: they were named one by one.
    pub words: Option<String>,
    /// SHA-256 of the file that names them, in hexadecimal digits.
    pub sha256: Option<String>,
    /// Leave out the users with the name of an operator's account, and of the account that acts: nobody locks themselves out by a
    /// list of others.
    pub spares_operators: bool,
    /// What the operator confirmed: the change is refused if the selection holds other users by then.
    pub confirmed: Option<ResolvedTargets>,
}

/// The users that a selection held at a moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResolvedTargets {
    /// How many.
    pub count: u64,
    /// The first of them, by address: at most [`NAMED`].
    pub first: Vec<User>,
    /// The users who were left out because they have the name of an operator's account.
    pub spared: Vec<String>,
    digest: [u8; 32],
}

impl AsRef<Self> for ResolvedTargets {
    fn as_ref(&self) -> &Self {
        self
    }
}

/// Resolves several users in a change, and begins the record of its event. The store's functions for chosen users are about
/// them from then on.
///
/// # Errors
/// When one who is named does not exist, a role outranks the operator's, one is outside the operator's limits, or the users are
/// others than the operator confirmed.
pub(super) fn resolve_several(change: &Change<'_>, several: &TargetList) -> Result<(ResolvedTargets, EventDetails)> {
    let query = resolve(change, &several.wanted)?;
    let chosen = change.choose_users(&query.selection, change.now())?;
    let spared = if several.spares_operators { spare_operators(change)? } else { Vec::new() };
    let count = chosen - spared.len() as u64;
    let protected = change.protected_users()?;
    let (outranked, first) = change.chosen_and_protected(&protected.by_rank(), NAMED)?;
    if let Some(user) = first.first() {
        let permissions = change.role(user.role)?.map(|role: Role| role.permissions).unwrap_or_default();
        if let Some(permission) = permissions.beyond(change.authority().permissions()) {
            let users = first.iter().map(|user| user.username.to_string()).collect();
            let role = change.authority().words().to_owned();
            return Err(Refusal::UsersOutrank { users, count: outranked, role, permission }.into());
        }
    }
    let (outside, first) = change.chosen_and_protected(&protected.by_limits(), NAMED)?;
    if outside > 0 {
        let users = first.iter().map(|user| user.username.to_string()).collect();
        let limits = change.limits_in_words();
        return Err(ManagementRefusal::UsersOutsideLimits { users, count: outside, limits }.into());
    }
    let (first, digest) = (change.first_chosen(NAMED)?, change.chosen_digest()?);
    let resolved = ResolvedTargets { count, first, spared, digest };
    if let Some(confirmed) = &several.confirmed
        && confirmed.digest != resolved.digest
    {
        return Err(Refusal::SelectionChanged { confirmed: confirmed.count, found: count }.into());
    }
    let mut details = EventDetails::default();
    details.note("users", count);
    match &several.words {
        Some(words) => details.note("selection", words.as_str()),
        None => {
            let names: Vec<&str> = resolved.first.iter().map(|user| user.username.as_str()).collect();
            details.note("usernames", names);
        }
    }
    if let Some(sha256) = &several.sha256 {
        details.note("sha256", sha256.as_str());
    }
    if !resolved.spared.is_empty() {
        details.note("left_out", resolved.spared.as_slice());
    }
    Ok((resolved, details))
}

/// Takes the users with the name of an operator's account, and of the account that acts, out of the chosen ones. Gives their names.
fn spare_operators(change: &Change<'_>) -> Result<Vec<String>> {
    let operators = change.operators()?.into_iter().map(|operator| operator.account);
    let own = change.app().account().known_name().map(str::to_owned);
    let mut spared = Vec::new();
    for account in operators.chain(own) {
        if let Some(user) = change.reading().user(&UserReference::new(&account))?
            && change.leave_out_of_chosen(user.id)?
        {
            spared.push(user.username.to_string());
        }
    }
    Ok(spared)
}
