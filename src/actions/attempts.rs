//! What strangers can try as often as they like: passwords, codes, and commands of operators by those who are none. A refused
//! one costs the store little and waits for no writer; a password is counted for its user, and answered later where there
//! were too many.

use std::time::Duration;

use crate::actions::App;
use crate::actions::ChangeOptions;
use crate::actions::EventDetails;
use crate::domain::action::Action;
use crate::domain::event::EventOutcome;
use crate::domain::operator::Authority;
use crate::domain::sign_in::SignInFailures;
use crate::domain::user::User;
use crate::store::sign_in_failures::RefusedAttempt;

/// A wrong password, as the view before the hashing saw its user.
pub(super) struct WrongPassword<'a> {
    pub(super) action: Action,
    pub(super) authority: &'a Authority,
    /// The user whose password it was not; `None`: there is none, or none who may sign in with a password.
    pub(super) user: Option<&'a User>,
    /// The wrong ones before it.
    pub(super) before: &'a SignInFailures,
    /// Where it came from.
    pub(super) client: Option<&'a str>,
    /// What is said.
    pub(super) refusal: &'a str,
    /// What the event says besides, where there is a single one.
    pub(super) details: EventDetails,
}

impl App {
    /// Counts a wrong password, and waits where its user had too many in a row. No transaction is open meanwhile, and the
    /// memory of the hashing is given back, so that many who wait occupy little.
    pub(super) fn answer_wrong_password(&self, wrong: WrongPassword<'_>) {
        let WrongPassword { action, authority, user, before, client, refusal, mut details } = wrong;
        details.user = user.map(|user| user.id);
        details.note("refusal", refusal);
        if let Some(client) = client {
            details.note("client", client);
        }
        let event =
            self.event(action, authority, EventOutcome::Refused, self.now(), &ChangeOptions::default(), details);
        self.count_refused(RefusedAttempt {
            event,
            refusal,
            may_wait: false,
            failure: user.map(|user| (user.id, client)),
        });
        let delay = user.map_or(Duration::ZERO, |_| self.sign_in.delay(before.count + 1));
        if !delay.is_zero() {
            self.hasher.borrow_mut().release_memory();
            self.clock.sleep(delay);
        }
    }

    /// Counts a refused attempt, best-effort: where somebody else writes, or the disk is full, it is refused uncounted.
    pub(super) fn count_refused(&self, attempt: RefusedAttempt<'_>) {
        let _ = self.store.count_refused(&attempt);
    }
}
