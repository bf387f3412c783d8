//! A relay that cannot be used: which workers retry, and for how long.

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

/// The number of consecutive messages with invalid replies after which the relay itself, and not a message, is the
/// cause.
const INVALID_REPLY_LIMIT: usize = 3;

/// The messages to which the relay replied with something that is not SMTP, or not a reply to that command.
#[derive(Debug, Default)]
pub(super) struct InvalidReplies {
    seen: HashSet<MessageId>,
    /// Those since the last message that ended in another way.
    in_row: HashSet<MessageId>,
}

impl InvalidReplies {
    /// Notes that a message ended in another way.
    pub(super) fn reset(&mut self) {
        self.in_row.clear();
    }

    /// Whether an error is of this kind. So is a program in place of a relay that exits as if it were not set up.
    fn is_invalid_reply(transport_error: &TransportError) -> bool {
        transport_error.kind == TransportErrorKind::Permanent
            && (Phase::Mail..=Phase::Dot).contains(&transport_error.phase)
            || transport_error.phase == Phase::Program
    }

    /// Notes the error, and returns whether this message met such an error before, so that the message is the cause.
    pub(super) fn is_repeated(&mut self, id: MessageId, transport_error: &TransportError) -> bool {
        if !Self::is_invalid_reply(transport_error) {
            return false;
        }
        let is_new = self.seen.insert(id);
        if is_new {
            self.in_row.insert(id);
        }
        !is_new
    }

    /// Whether another message is tried after this one.
    pub(super) fn is_tolerated(&self, id: MessageId, transport_error: &TransportError) -> bool {
        let others = self.in_row.iter().filter(|other| **other != id).count();
        Self::is_invalid_reply(transport_error) && (others + 1 < INVALID_REPLY_LIMIT || self.seen.contains(&id))
    }
}

impl Engine<'_> {
    /// Whether another message is tried after this error, without a retry. A program in place of a relay that has
    /// accepted no mail in this run is taken to be not set up.
    fn is_tolerated(&self, id: MessageId, transport_error: &TransportError) -> bool {
        let is_not_set_up = transport_error.phase == Phase::Program && self.report.accepted == 0;
        !is_not_set_up && self.invalid_replies.is_tolerated(id, transport_error)
    }

    /// What a worker does after an error of the relay: try again after a while as the probe, wait for the probe
    /// (`None`), or end with the run.
    pub(super) fn retry_or_stop(&mut self, number: usize, transport_error: TransportError) -> Option<WorkerResponse> {
        self.last_error = Some(transport_error.message.clone());
        if !self.is_stopping && self.is_one_too_many(number, &transport_error) {
            self.idle.push(number);
            return None;
        }
        if !self.is_stopping && self.probe.is_some_and(|probe| probe != number && !self.workers[probe].has_ended) {
            self.idle.push(number);
            return None;
        }
        let (since, tries) = self.unusable.get_or_insert_with(|| (Instant::now(), 0));
        let (first, longest) = RELAY_WAITS;
        let wait = first.saturating_mul(1 << (*tries).min(8)).min(longest);
        *tries += 1;
        let may_retry = transport_error.kind == TransportErrorKind::Temporary
            && since.elapsed() + wait <= self.send_options.retry_for;
        if may_retry && !self.is_stopping {
            self.probe = Some(number);
            self.retry_at = Some(Instant::now() + wait);
            return Some(WorkerResponse::Open(wait));
        }
        self.retry_at = None;
        if !self.is_stopping {
            self.report.is_over_one = transport_error.phase >= Phase::Mail && self.failed_at.len() == 1;
            self.report.transport_error.get_or_insert(transport_error);
        }
        self.stop(StopReason::TransportFailed);
        Some(WorkerResponse::End)
    }

    /// The error of the relay at a message that keeps a worker from continuing.
    pub(super) fn transport_error_of(&self, id: MessageId, outcome: &DeliveryOutcome) -> Option<TransportError> {
        match outcome {
            DeliveryOutcome::TransportFailed(transport_error) if self.is_tolerated(id, transport_error) => None,
            DeliveryOutcome::TransportFailed(transport_error) => Some(transport_error.clone()),
            // The relay refuses mail temporarily before it knows the recipient.
            DeliveryOutcome::Deferred { reply, relay: Some(relay) }
                if relay.phase == Phase::Mail && self.report.accepted == 0 =>
            {
                Some(TransportError { kind: TransportErrorKind::Temporary, phase: Phase::Mail, message: reply.clone() })
            }
            _ => None,
        }
    }

    /// Whether a connection failed to open while others work: then the relay accepts no more than those. A relay may
    /// say so with a permanent code in the greeting.
    fn is_one_too_many(&mut self, number: usize, transport_error: &TransportError) -> bool {
        let is_temporary = transport_error.kind == TransportErrorKind::Temporary && transport_error.phase < Phase::Mail;
        let is_at_opening = is_temporary
            || transport_error.kind == TransportErrorKind::Permanent && transport_error.phase == Phase::Greeting;
        let others = self.open_connections() - usize::from(!self.idle.contains(&number));
        if !is_at_opening || others == 0 || self.unusable.is_some() {
            return false;
        }
        self.connections.lower(others);
        true
    }

    /// Number of workers that have a connection or are opening one.
    pub(super) fn open_connections(&self) -> usize {
        let is_open = |number: &usize| !self.workers[*number].has_ended && !self.idle.contains(number);
        (0..self.workers.len()).filter(is_open).count()
    }
}

pub(super) fn bug_while_connecting() -> TransportError {
    let words = "a bug: the program failed while it opened a connection to the relay".to_owned();
    TransportError { kind: TransportErrorKind::Permanent, phase: Phase::Connect, message: words }
}
