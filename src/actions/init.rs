//! `init`: a new store, with what no store is without: the built-in roles, the first operator, and their event.

use std::path::Path;

use jiff::Timestamp;

use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::action::Action;
use crate::domain::event::EventOutcome;
use crate::domain::event::NewEvent;
use crate::domain::operator::Account;
use crate::domain::operator::Authority;
use crate::domain::operator::Operator;
use crate::domain::operator::OperatorKind;
use crate::domain::operator_limits::OperatorLimits;
use crate::domain::role::ADMIN;
use crate::domain::role::Permissions;
use crate::domain::role::RoleId;
use crate::store::Store;
use crate::store::WriteTransaction;
use crate::store::metadata::FIRST_KEY_FINGERPRINT;
use crate::store::metadata::KEY_FINGERPRINT;

/// Why links end when the key that made them is gone.
const LOST: &str = "the reset key was lost";

/// An operator whom a store has from its beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstOperator {
    /// The number of the OS account.
    pub uid: u32,
    /// Its name.
    pub account: String,
    /// Person or service.
    pub kind: OperatorKind,
    /// The built-in role.
    pub role: RoleId,
}

/// Makes a store that has these operators; `account` is who makes it. `make_key` makes the reset key and gives its
/// fingerprint, when it is certain that no other run is making the same store.
///
/// # Errors
/// When there is a store already, or it cannot be written; then there is none.
pub fn init(
    path: &Path,
    mode: u32,
    account: &Account,
    operators: &[FirstOperator],
    make_key: impl FnOnce() -> crate::store::Result<[u8; 32]>,
    now: Timestamp,
) -> Result<()> {
    Ok(Store::create(path, mode, |store| fill(store, account, operators, &make_key()?, now))?)
}

fn fill(
    store: &WriteTransaction<'_>,
    account: &Account,
    operators: &[FirstOperator],
    key_fingerprint: &[u8],
    now: Timestamp,
) -> crate::store::Result<()> {
    store.set_fact(KEY_FINGERPRINT, key_fingerprint)?;
    store.set_fact(FIRST_KEY_FINGERPRINT, key_fingerprint)?;
    store.add_built_in_roles()?;
    for first in operators {
        let role = store.role(first.role)?;
        store.add_operator(&Operator {
            uid: first.uid,
            account: first.account.clone(),
            kind: first.kind,
            role: first.role,
            role_name: role.as_ref().map(|role| role.name.clone()).unwrap_or_default(),
            permissions: role.map(|role| role.permissions).unwrap_or_default(),
            limits: OperatorLimits::default(),
            disabled_at: None,
            added_at: now,
        })?;
    }
    let mut details = EventDetails::default();
    for first in operators {
        let name = if first.kind == OperatorKind::Person { "operator" } else { "service" };
        details.note(name, first.account.as_str());
    }
    let authority = match account.uid {
        uid if operators.iter().any(|first| first.uid == uid) => {
            let (role, permissions, limits) = (ADMIN.to_owned(), Permissions::all(), OperatorLimits::default());
            Authority::Operator { id: RoleId::ADMIN, role, permissions, limits }
        }
        uid => Authority::of(uid, None, None),
    };
    store.append_event(&NewEvent {
        time: now,
        account: account.clone(),
        authority: authority.words().to_owned(),
        action: Action::StoreInit.word().to_owned(),
        outcome: EventOutcome::Done.word(),
        user: None,
        reason: None,
        details: Some(serde_json::Value::Object(details.details).to_string()),
    })
}

/// How many links die with a key that was lost.
///
/// # Errors
/// When the operator may not manage the store, or it cannot be read.
pub fn links_of_lost_key(app: &App) -> Result<u64> {
    app.change(Action::StoreInit, &ChangeOptions { dry_run: true, ..ChangeOptions::default() }, |change| {
        Ok((EventDetails::default(), change.end_open_links(LOST, change.now())?))
    })
}

/// Lets the store know a new key in the place of one that was lost: open links end, because their codes can be made again by
/// nobody, and what waits is mailed with codes of the new one.
///
/// # Errors
/// When the operator may not manage the store, or it cannot be written.
pub fn renew_key(app: &App, fingerprint: &[u8]) -> Result<()> {
    app.change(Action::StoreInit, &ChangeOptions::default(), |change| {
        let links = change.end_open_links(LOST, change.now())?;
        change.set_fact(KEY_FINGERPRINT, fingerprint)?;
        let mut details = EventDetails::default();
        details.note("key", "made anew");
        details.note("links", links);
        Ok((details, ()))
    })
}
