//! The change that sets the passwords of a batch.

use std::path::PathBuf;

use super::BadLine;
use super::Batch;
use super::BatchOrigin;
use super::BatchTarget;
use super::Secret;
use super::fingerprint;
use super::hash::hash_these;
use crate::actions::users::password;
use crate::actions::users::targets::NAMED;
use crate::app::ActionError;
use crate::app::App;
use crate::app::Change;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::user::User;
use crate::domain::user::UserId;
use crate::secrets::generate::Generated;

/// How often users may be changed by others while their passwords are hashed, before the batch gives up.
const TRIES: u32 = 5;

/// What a batch did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchOutcome {
    /// How many passwords were set.
    pub users: u64,
    /// How many notices were queued.
    pub notices: u64,
    /// The users who were selected, and did not meet the conditions any more when the passwords were hashed: the first ones.
    pub left_out: Vec<String>,
    /// How many those are.
    pub left_out_count: u64,
}

/// A generated password with its user.
#[derive(Debug)]
pub struct GeneratedPassword<'batch> {
    /// The user.
    pub user: &'batch User,
    /// The password.
    pub password: &'batch Generated,
    /// Whether the user must choose another one.
    pub must_change: bool,
}

/// What an attempt to write came to.
enum Attempt {
    Done(BatchOutcome),
    /// These users are others than when their passwords were checked.
    Changed(Vec<UserId>),
}

/// Sets the hashed passwords, all or none. `keep` is given the generated ones before they are in force, in the change: what it
/// keeps cannot be lost. A user who was changed meanwhile is checked again, and the password hashed again.
///
/// # Errors
/// [`ActionError::BadLines`] when a user was deleted or moved to SAML meanwhile; [`ActionError::PasswordsKept`] when the
/// store fails after `keep` has succeeded; others when the operator may not, or the store or `keep` fails.
pub fn set(
    app: &App,
    batch: &mut Batch,
    change_options: &ChangeOptions,
    keep: &mut dyn FnMut(&[GeneratedPassword<'_>]) -> Result<PathBuf>,
    report: &mut dyn FnMut(BadLine),
) -> Result<BatchOutcome> {
    for _ in 0..TRIES {
        let mut kept = None;
        let attempt = app.change(batch.action(), change_options, |change| {
            write(change, batch, &mut |generated| {
                kept = Some(keep(generated)?);
                Ok(())
            })
        });
        match (attempt, kept) {
            (Ok(Attempt::Done(outcome)), _) => return Ok(outcome),
            (Ok(Attempt::Changed(users)), _) => {
                let places = batch.places(&users);
                hash_these(app, batch, &places, &mut |_| (), report)?;
            }
            (Err(error), Some(path)) => return Err(ActionError::PasswordsKept { path, error: Box::new(error) }),
            (Err(error), None) => return Err(error),
        }
    }
    let words = "users were changed again and again while their passwords were hashed; nothing was changed";
    Err(ActionError::BadInput(words.to_owned()))
}

fn write(
    change: &Change<'_>,
    batch: &mut Batch,
    keep: &mut dyn FnMut(&[GeneratedPassword<'_>]) -> Result<()>,
) -> Result<(EventDetails, Attempt)> {
    if let Some(query) = batch.selected() {
        change.choose_users(&query.selection, change.now())?;
    }
    let is_selected = batch.selected().is_some();
    let options = batch.options;
    let (mut outcome, mut set, mut must_change, mut temporary) = (BatchOutcome::default(), Vec::new(), 0_u64, 0_u64);
    let mut changed = Vec::new();
    for (place, target) in batch.targets.iter_mut().enumerate() {
        let user = change.user_by_id(target.user)?;
        // A user who chose a password meanwhile is no user without one any more.
        if is_selected && !change.leave_out_of_chosen(target.user)? {
            outcome.leave_out(user);
            continue;
        }
        let user = user.filter(|user| fingerprint(user) == target.seen);
        let (Some(user), Some(accepted)) = (user, target.accepted.take()) else {
            changed.push(target.user);
            continue;
        };
        // Those after one that has to be hashed again are only looked at.
        if changed.is_empty() {
            change.require_may_act_on(&user)?;
            change.require_password_sign_in(&user)?;
            let of_one = options.of_one(target.validity);
            let (accepted, notice) = password::store_accepted(change, &user, accepted, of_one)?;
            target.accepted = Some(accepted);
            outcome.notices += u64::from(notice.is_some());
            outcome.users += 1;
            must_change += u64::from(target.validity.must_change);
            temporary += u64::from(target.validity.lifetime.is_some());
            set.push((place, user));
        } else {
            target.accepted = Some(accepted);
        }
    }
    if !changed.is_empty() {
        return Ok((EventDetails { is_unchanged: true, ..EventDetails::default() }, Attempt::Changed(changed)));
    }
    let details = details(batch, &outcome, must_change, temporary);
    let generated: Vec<GeneratedPassword<'_>> =
        set.iter().filter_map(|(place, user)| batch.targets[*place].generated(user)).collect();
    if !generated.is_empty() {
        keep(&generated)?;
    }
    Ok((details, Attempt::Done(outcome)))
}

impl BatchOutcome {
    fn leave_out(&mut self, user: Option<User>) {
        self.left_out_count += 1;
        if self.left_out.len() < NAMED {
            self.left_out.extend(user.map(|user| user.username.to_string()));
        }
    }
}

impl BatchTarget {
    fn generated<'batch>(&'batch self, user: &'batch User) -> Option<GeneratedPassword<'batch>> {
        let Secret::Generated(password) = &self.secret else { return None };
        Some(GeneratedPassword { user, password, must_change: self.validity.must_change })
    }
}

fn details(batch: &Batch, outcome: &BatchOutcome, must_change: u64, temporary: u64) -> EventDetails {
    let mut details = EventDetails { is_unchanged: outcome.users == 0, ..EventDetails::default() };
    details.note("users", outcome.users);
    match &batch.origin {
        // No digest of the input: with it, the passwords of a short one could be guessed.
        BatchOrigin::Input(source) => details.note("source", source.as_str()),
        BatchOrigin::Named => details.note("usernames", batch.summary.usernames.as_slice()),
        BatchOrigin::Selected(_, words) => details.note("selection", words.as_str()),
    }
    let is_given = matches!(batch.origin, BatchOrigin::Input(_));
    details.note("chosen_by", if is_given { "operator" } else { "generator" });
    details.note("must_change", must_change);
    details.note("sessions", if batch.options.keep_sessions { "kept" } else { "ended" });
    for (name, count) in [("temporary", temporary), ("notices", outcome.notices), ("left_out", outcome.left_out_count)]
    {
        if count > 0 {
            details.note(name, count);
        }
    }
    details
}
