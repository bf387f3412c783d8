//! A relay that cannot be used: how long it is borne with, and by whom.

use std::collections::HashSet;
use std::time::Instant;

use super::Engine;
use super::RELAY_WAITS;
use crate::domain::message::MessageId;
use crate::mail::outcome::DeliveryOutcome;
use crate::mail::outcome::Phase;
use crate::mail::outcome::TransportError;
use crate::mail::outcome::TransportErrorKind;
use crate::outbox::StopReason;
use crate::outbox::worker::WorkerResponse;

/// Over so many messages in a row what a relay says may be no SMTP; then it is the relay that speaks none.
const NONSENSE: usize = 3;

/// The messages to which the relay said something that is no reply of SMTP, or none to that command.
#[derive(Debug, Default)]
pub(super) struct InvalidReplies {
    met: HashSet<MessageId>,
    /// Since the last message that ended in another way.
    in_row: HashSet<MessageId>,
}

impl InvalidReplies {
    /// A message ended in another way.
    pub(super) fn is_over(&mut self) {
        self.in_row.clear();
    }

    /// Whether a trouble is of this kind. So is a program in place of a relay that ends as if it were not set up.
    fn is_nonsense(trouble: &TransportError) -> bool {
        trouble.kind == TransportErrorKind::Permanent && (Phase::Mail..=Phase::Dot).contains(&trouble.phase)
            || trouble.phase == Phase::Program
    }

    /// Notes it; whether the message has met it before, so that it is this message's own.
    pub(super) fn is_met_again(&mut self, id: MessageId, trouble: &TransportError) -> bool {
        if !Self::is_nonsense(trouble) {
            return false;
        }
        let is_new = self.met.insert(id);
        if is_new {
            self.in_row.insert(id);
        }
        !is_new
    }

    /// Whether another message is tried after this one.
    pub(super) fn is_borne_with(&self, id: MessageId, trouble: &TransportError) -> bool {
        let others = self.in_row.iter().filter(|other| **other != id).count();
        Self::is_nonsense(trouble) && (others + 1 < NONSENSE || self.met.contains(&id))
    }
}

impl Engine<'_> {
    /// Whether another message is tried after one that met this trouble, without any retry. A program in place of a relay that
    /// has taken no mail yet in this run is not set up.
    fn is_borne_with(&self, id: MessageId, trouble: &TransportError) -> bool {
        let is_not_set_up = trouble.phase == Phase::Program && self.report.accepted == 0;
        !is_not_set_up && self.nonsense.is_borne_with(id, trouble)
    }

    /// What a worker does that cannot continue because of the relay's trouble: try again after a while as the probe, or wait for the
    /// probe (`None`), or end with the run.
    pub(super) fn bear_with(&mut self, number: usize, trouble: TransportError) -> Option<WorkerResponse> {
        self.last_error = Some(trouble.words.clone());
        if !self.is_stopping && self.is_one_too_many(number, &trouble) {
            self.idle.push(number);
            return None;
        }
        if !self.is_stopping && self.probe.is_some_and(|probe| probe != number && !self.workers[probe].has_ended) {
            self.idle.push(number);
            return None;
        }
        let (since, tries) = self.trouble.get_or_insert_with(|| (Instant::now(), 0));
        let (first, longest) = RELAY_WAITS;
        let wait = first.saturating_mul(1 << (*tries).min(8)).min(longest);
        *tries += 1;
        let is_patient =
            trouble.kind == TransportErrorKind::Temporary && since.elapsed() + wait <= self.send_options.retry_for;
        if is_patient && !self.is_stopping {
            self.probe = Some(number);
            self.retry_at = Some(Instant::now() + wait);
            return Some(WorkerResponse::Open(wait));
        }
        self.retry_at = None;
        if !self.is_stopping {
            self.report.is_over_one = trouble.phase >= Phase::Mail && self.over.len() == 1;
            self.report.trouble.get_or_insert(trouble);
        }
        self.stop(StopReason::Trouble);
        Some(WorkerResponse::End)
    }

    /// The trouble of the relay over a message, because of which a worker cannot continue.
    pub(super) fn trouble_of(&self, id: MessageId, outcome: &DeliveryOutcome) -> Option<TransportError> {
        match outcome {
            DeliveryOutcome::Trouble(trouble) if self.is_borne_with(id, trouble) => None,
            DeliveryOutcome::Trouble(trouble) => Some(trouble.clone()),
            // It refuses mail for now before it has heard for whom.
            DeliveryOutcome::Deferred { reply, relay: Some(relay) }
                if relay.phase == Phase::Mail && self.report.accepted == 0 =>
            {
                Some(TransportError { kind: TransportErrorKind::Temporary, phase: Phase::Mail, words: reply.clone() })
            }
            _ => None,
        }
    }

    /// Whether a connection could not be opened while others work: then the relay takes no more than those. A relay may say
    /// so with a permanent code at the greeting.
    fn is_one_too_many(&mut self, number: usize, trouble: &TransportError) -> bool {
        let is_passing = trouble.kind == TransportErrorKind::Temporary && trouble.phase < Phase::Mail;
        let is_at_opening =
            is_passing || trouble.kind == TransportErrorKind::Permanent && trouble.phase == Phase::Greeting;
        let others = self.open_connections() - usize::from(!self.idle.contains(&number));
        if !is_at_opening || others == 0 || self.trouble.is_some() {
            return false;
        }
        self.connections.lower(others);
        true
    }

    /// How many workers have a connection, or are about to.
    pub(super) fn open_connections(&self) -> usize {
        let is_open = |number: &usize| !self.workers[*number].has_ended && !self.idle.contains(number);
        (0..self.workers.len()).filter(is_open).count()
    }
}

pub(super) fn bug_while_connecting() -> TransportError {
    let words = "a bug: the program failed while it opened a connection to the relay".to_owned();
    TransportError { kind: TransportErrorKind::Permanent, phase: Phase::Connect, words }
}
