//! Hashing the passwords of a batch on all cores.

use std::collections::VecDeque;

use super::BadLine;
use super::BadLines;
use super::Batch;
use super::BatchTarget;
use super::GeneratedKind;
use super::Secret;
use super::check::in_words;
use super::check::saml_fault;
use super::end;
use super::fingerprint;
use crate::actions::users::password::former_passwords;
use crate::app::ActionError;
use crate::app::App;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::policy::Policy;
use crate::domain::user::SignIn;
use crate::domain::user::User;
use crate::secrets::admission::AcceptedHash;
use crate::secrets::admission::AdmissionError;
use crate::secrets::admission::FormerPasswords;
use crate::secrets::generate;
use crate::secrets::generate::Generated;
use crate::secrets::hash_workers::HashWorkers;
use crate::secrets::hasher::Hasher;
use crate::secrets::hasher::NoMemory;
use crate::secrets::password::Password;

/// How many users are read in one view: a view for each would keep a core waiting.
const PAGE: usize = 64;

/// A password to be hashed.
struct Task {
    place: usize,
    user: User,
    policy: Policy,
    secret: Secret,
    former: FormerPasswords,
}

/// A password that was hashed, or refused.
struct Hashed {
    place: usize,
    username: String,
    secret: Secret,
    result: std::result::Result<std::result::Result<AcceptedHash, AdmissionError>, NoMemory>,
}

/// Checks the passwords against the former ones of their users, and hashes them. `progress` is told how many are done.
///
/// # Errors
/// [`ActionError::BadLines`] after the first bad lines were given to `report`; others when the operator may not, the process may
/// not have the memory of a hash, or no password can be generated that meets the policy.
pub fn hash(
    app: &App,
    batch: &mut Batch,
    progress: &mut dyn FnMut(u64),
    report: &mut dyn FnMut(BadLine),
) -> Result<()> {
    let all: Vec<usize> = (0..batch.targets.len()).collect();
    hash_these(app, batch, &all, progress, report)
}

/// The same for the targets at these places.
pub(super) fn hash_these(
    app: &App,
    batch: &mut Batch,
    places: &[usize],
    progress: &mut dyn FnMut(u64),
    report: &mut dyn FnMut(BadLine),
) -> Result<()> {
    let (action, of) = (batch.action(), batch.targets.len() as u64);
    let (organization, random) = (app.organization(), app.random());
    let (permit, kind) = (batch.permit.take(), batch.kind);
    let (targets, bad) = (std::cell::RefCell::new(&mut batch.targets), std::cell::RefCell::new(BadLines::default()));
    let (mut page, mut rest) = (VecDeque::<Task>::new(), places);
    let next = || -> Result<Option<Task>> {
        while page.is_empty() && !rest.is_empty() {
            let (these, others) = rest.split_at(rest.len().min(PAGE));
            rest = others;
            page = app.view(action, |view| {
                let mut tasks = VecDeque::new();
                for place in these {
                    let mut targets = targets.borrow_mut();
                    let target = &mut targets[*place];
                    let Some(user) = view.user_by_id(target.user)? else {
                        bad.borrow_mut().add(BadLine::new(
                            target.line,
                            "",
                            "the user was deleted while the passwords were hashed",
                        ));
                        continue;
                    };
                    view.require_may_act_on(&user)?;
                    if user.sign_in == SignIn::Saml {
                        bad.borrow_mut().add(BadLine::new(target.line, "", saml_fault(&user)));
                        continue;
                    }
                    let policy = app.policy_of(view, user.role)?;
                    let former = former_passwords(view, &user, &policy, false)?;
                    target.seen = fingerprint(&user);
                    let secret = take_secret(app, target, &user, &policy, kind)?;
                    tasks.push_back(Task { place: *place, secret, user, policy, former });
                }
                Ok(tasks)
            })?;
        }
        Ok(page.pop_front())
    };
    let work = |hasher: &mut Hasher, task: Task| {
        let result = hasher.reserve_for(task.former.all_hashes()).map(|()| match (task.secret.password(), &permit) {
            (None, _) => Err(AdmissionError::Violations(Vec::new())),
            (Some(password), Some(permit)) => Ok(hasher.admit_overridden(password, permit, random)),
            (Some(password), None) => {
                let words = organization.personal_words(&task.user);
                hasher.admit(password, &task.policy, &words, &task.former, random)
            }
        });
        Hashed { place: task.place, username: task.user.username.to_string(), secret: task.secret, result }
    };
    let mut count = 0;
    let done = |hashed: Hashed| -> Result<()> {
        let Hashed { place, username, secret, result } = hashed;
        let mut targets = targets.borrow_mut();
        let target = &mut targets[place];
        target.secret = secret;
        match result? {
            Ok(accepted) => target.accepted = Some(accepted),
            Err(AdmissionError::Unreadable(list)) => return Err(list.into()),
            Err(AdmissionError::NoMemory(error)) => return Err(error.into()),
            Err(AdmissionError::Violations(faults)) => {
                let fault = match target.line {
                    0 => format!("{username}: {}", in_words(&faults)),
                    _ => in_words(&faults),
                };
                bad.borrow_mut().add(BadLine::new(target.line, "password", fault));
            }
        }
        count += 1;
        progress(count);
        Ok(())
    };
    let ran = HashWorkers::of_all_cores(app.hash_parameters()).run(next, work, done);
    let bad = bad.into_inner();
    batch.permit = permit;
    ran?;
    end(bad, of, report)
}

/// The password of a target, which is generated where none is given.
fn take_secret(
    app: &App,
    target: &mut BatchTarget,
    user: &User,
    policy: &Policy,
    kind: GeneratedKind,
) -> Result<Secret> {
    match std::mem::replace(&mut target.secret, Secret::ToGenerate) {
        Secret::ToGenerate => Ok(Secret::Generated(generate(app, user, policy, kind)?)),
        secret => Ok(secret),
    }
}

fn generate(app: &App, user: &User, policy: &Policy, kind: GeneratedKind) -> Result<Generated> {
    let words = app.personal_words(user);
    loop {
        let generated = match kind {
            GeneratedKind::Words => generate::words(policy, &words, app.random(), None),
            GeneratedKind::Characters => generate::characters(policy, &words, app.random(), None),
        };
        let generated = generated.map_err(|error| ActionError::BadInput(error.to_string()))?;
        // One of twenty characters. People open the file in a spreadsheet.
        if !generated.is_like_formula() {
            return Ok(generated);
        }
    }
}

impl Secret {
    fn password(&self) -> Option<&Password> {
        match self {
            Self::Given(password) => Some(password),
            Self::Generated(generated) => Some(generated.password()),
            Self::ToGenerate => None,
        }
    }
}
