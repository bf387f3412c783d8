//! What strangers can try as often as they like: passwords, codes, and commands of operators by those who are none. A refused
//! one costs the store little and waits for no writer; a password is counted for its user, and answered later where there
//! were too many. The refusals of operators are recorded with them.

use std::time::Duration;

use crate::app::ActionError;
use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::domain::action::Action;
use crate::domain::event::EventOutcome;
use crate::domain::operator::Authority;
use crate::domain::refusal::Refusal;
use crate::domain::sign_in::SignInFailures;
use crate::domain::text;
use crate::domain::user::User;
use crate::store::sign_in_failures::AttemptKind;
use crate::store::sign_in_failures::RefusedAttempt;

/// A wrong password, as the view before the hashing saw its user.
pub(crate) struct WrongPassword<'a> {
    pub(crate) action: Action,
    pub(crate) authority: &'a Authority,
    /// The user whose password it was not; `None`: there is none, or none who may sign in with a password.
    pub(crate) user: Option<&'a User>,
    /// The wrong ones before it.
    pub(crate) before: &'a SignInFailures,
    /// Where it came from.
    pub(crate) client: Option<&'a str>,
    /// What is said.
    pub(crate) refusal: &'a str,
    /// What the event says besides, where there is a single one.
    pub(crate) details: EventDetails,
}

impl App {
    /// Counts a wrong password, and waits where its user had too many in a row. No transaction is open meanwhile, and the
    /// memory of the hashing is given back before, so that many who wait occupy little.
    pub(crate) fn answer_wrong_password(&self, wrong: WrongPassword<'_>) {
        let WrongPassword { action, authority, user, before, client, refusal, mut details } = wrong;
        details.user = user.map(|user| user.id);
        details.note("refusal", refusal);
        if let Some(client) = client {
            details.note("client", client);
        }
        let event =
            self.event(action, authority, EventOutcome::Refused, self.now(), &ChangeOptions::default(), details);
        self.release_hashing_memory();
        let kind = AttemptKind::Secret { failure: user.map(|user| (user.id, client)) };
        // Best-effort: where somebody else writes, or the disk is full, it is refused uncounted.
        let _ = self.store.count_refused(&RefusedAttempt { event, refusal, kind });
        let delay = user.map_or(Duration::ZERO, |_| self.setup.sign_in_rules().delay(before.count + 1));
        if !delay.is_zero() {
            self.setup.clock.sleep(delay);
        }
    }

    /// Records a refusal, where `result` is one that is recorded, in a transaction of its own. No other may be open.
    ///
    /// # Errors
    /// `result`; [`ActionError::Unrecorded`] where the refusal of an operator could not be recorded. What strangers can cause is
    /// refused all the same.
    pub(super) fn record_refusal<T>(
        &self,
        action: Action,
        authority: &Authority,
        change_options: &ChangeOptions,
        result: Result<T>,
    ) -> Result<T> {
        let refusal = match result {
            Err(ActionError::Refused(refusal)) if refusal.is_recorded() => refusal,
            result => return result,
        };
        let mut details = EventDetails { user: refusal.user(), ..EventDetails::default() };
        let words = refusal.to_string();
        details.note("refusal", words.as_str());
        if let Some(why) = refusal.why() {
            details.note("why", why);
        }
        if let Some((count, usernames)) = refusal.users() {
            details.note("count", count);
            details.note("usernames", usernames);
        }
        if let Some(given) = refusal.given() {
            details.note("user", text::quoted(given, text::MAX_NAME));
        }
        let kind = match authority {
            Authority::Stranger | Authority::Disabled { .. } | Authority::OtherName { .. } => AttemptKind::Stranger,
            _ if refusal.is_attempt() => AttemptKind::Secret { failure: None },
            _ => AttemptKind::Operator { may_be_counted: says_all(&refusal) && change_options.reason.is_none() },
        };
        let event = self.event(action, authority, EventOutcome::Refused, self.now(), change_options, details);
        match self.store.count_refused(&RefusedAttempt { event, refusal: &words, kind }) {
            Err(error) if !refusal.is_attempt() => {
                Err(ActionError::Unrecorded { refusal: Box::new(refusal), error: Box::new(error) })
            }
            _ => Err(refusal.into()),
        }
    }
}

/// Whether the words of a refusal say all that is to know of it: what is missing, and not of which user it is.
fn says_all(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::NotPermitted { .. }
            | Refusal::NotElevated { .. }
            | Refusal::NamedFile { .. }
            | Refusal::CallersDiffer { .. }
    )
}
