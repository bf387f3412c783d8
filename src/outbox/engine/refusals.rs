//! A relay that refuses everything, or leaves everything in doubt: the run stops, and no message fails because of it.

use jiff::Timestamp;

use super::Engine;
use crate::domain::message::MessageId;
use crate::domain::message::MessageState;
use crate::domain::reply::RelayReply;
use crate::domain::retry;
use crate::mail::outcome::Phase;
use crate::mail::outcome::TransportError;
use crate::mail::outcome::TransportErrorKind;
use crate::outbox::InFlight;
use crate::outbox::StopReason;
use crate::outbox::store_turn::StoreTurn;
use crate::outbox::suspicion::PROBES;
use crate::outbox::suspicion::Suspect;
use crate::store::Result;
use crate::store::outbox::Due;
use crate::store::outbox::Scope;
use crate::store::relay_refusals::RelayHold;

/// What a run knows about the relay.
#[derive(Debug, Default)]
pub(super) struct RelayView {
    /// The last time it refused everything, from the store.
    pub(super) hold: Option<RelayHold>,
    /// It accepts messages that it had refused temporarily: it greylists, and each message is tried once.
    pub(super) greylists: bool,
    /// The reply with which it refuses everything, and until when nothing must be sent.
    pub(super) refuses_everything: Option<(RelayReply, Timestamp)>,
    /// Number of consecutive refusals that may have asked for a slower pace, and how many of them came at the slowest
    /// pace.
    pub(super) throttled_in_row: u32,
    pub(super) hopeless: u32,
}

impl Engine<'_> {
    /// Fails the suspects that were refused permanently: each refusal concerned its own recipient.
    pub(super) fn fail(&mut self, turn: &StoreTurn<'_>, suspects: Vec<Suspect>, now: Timestamp) -> Result<()> {
        for suspect in suspects.into_iter().filter(|suspect| suspect.is_permanent) {
            if turn.store()?.fail_deferred(suspect.id, now)? {
                self.report.deferred -= 1;
                self.report.count(MessageState::Failed);
                self.report.first_failed.get_or_insert((suspect.id, self.send_options.scope.job()));
            }
        }
        Ok(())
    }

    /// Stops the run because the relay refuses everything, and gives the attempts back.
    pub(super) fn stop_refused(&mut self, turn: &StoreTurn<'_>, now: Timestamp) -> Result<()> {
        let (Some((reply, words)), suspects) = self.suspicion.conclude() else { return Ok(()) };
        let until = self.refuse_everything(turn, reply, &words, now)?;
        self.give_back(turn, suspects, until)
    }

    fn give_back(&mut self, turn: &StoreTurn<'_>, suspects: Vec<Suspect>, until: Timestamp) -> Result<()> {
        for suspect in suspects {
            if turn.store()?.give_back_message(suspect.id, suspect.lifetime_from, until)? {
                self.report.deferred -= 1;
            }
        }
        Ok(())
    }

    /// The end of the current hold, if the relay still refuses everything with the same reply as then.
    fn still_refused_until(&self) -> Option<Timestamp> {
        let hold = self.relay.hold.as_ref().filter(|hold| hold.count > 0)?;
        let reply = self.suspicion.reply()?;
        let is_known = RelayReply::of_words(reply.phase, &hold.reply).is_some_and(|known| known.is_same(reply));
        is_known.then_some(hold.until)
    }

    /// Records that the relay refuses everything, and stops the run. Returns until when nothing must be sent.
    pub(super) fn refuse_everything(
        &mut self,
        turn: &StoreTurn<'_>,
        reply: RelayReply,
        words: &str,
        now: Timestamp,
    ) -> Result<Timestamp> {
        let store = turn.store()?;
        let until = store.hold_relay(words, now)?;
        self.relay.hold = store.relay_hold()?;
        let count = self.relay.hold.as_ref().map_or(1, |hold| hold.count);
        let minutes = retry::hold(count).as_secs().div_ceil(60);
        let words = format!(
            "the relay refuses all mail from here, for every recipient: {words}; check {}; `jobs run` waits {minutes} minutes \
             (`--now` does not)",
            reply.where_to_look()
        );
        self.relay.refuses_everything = Some((reply.clone(), until));
        self.stop_for(&reply, words);
        Ok(until)
    }

    /// Begins with a single mail, if the relay had left everything in doubt at the end of an earlier run.
    pub(super) fn look_for_doubts(&mut self) {
        if self.relay.hold.as_ref().is_some_and(|hold| hold.count > 0 && hold.is_for_doubts()) {
            self.doubts.suspect();
        }
    }

    /// Stops the run after a mail in doubt that shows that the relay answers none.
    pub(super) fn note_in_doubt(
        &mut self,
        turn: &StoreTurn<'_>,
        in_flight: &InFlight,
        reply: &str,
        now: Timestamp,
    ) -> Result<()> {
        // What was cut off because the run ends says nothing of the relay.
        if !self.is_stopping && self.doubts.in_doubt(in_flight.known_doubts, reply) {
            self.stop_in_doubt(turn, reply, now)?;
        }
        Ok(())
    }

    /// Stops the run, because the relay leaves every mail in doubt. They stay in doubt: each may have arrived.
    fn stop_in_doubt(&mut self, turn: &StoreTurn<'_>, reply: &str, now: Timestamp) -> Result<()> {
        let is_single = matches!(self.send_options.scope, Scope::These(_));
        let known = self.relay.hold.as_ref().filter(|hold| hold.is_for_doubts() && hold.count > 0);
        let until = match known.filter(|hold| is_single || hold.is_in_force(now)).map(|hold| hold.until) {
            // Somebody sends all the same, and that makes no later run wait longer.
            Some(until) => until,
            None => turn.store()?.hold_relay_for_doubts(reply, now)?,
        };
        self.relay.hold = turn.store()?.relay_hold()?;
        let mut words = format!("the relay leaves all mail in doubt: {reply}; check its log");
        if until > now {
            let minutes = until.duration_since(now).unsigned_abs().as_secs().div_ceil(60);
            words += &format!("; `jobs run` waits {minutes} minutes (`--now` does not)");
        }
        let transport_error = TransportError { kind: TransportErrorKind::Temporary, phase: Phase::Dot, message: words };
        self.report.transport_error.get_or_insert(transport_error);
        self.stop(StopReason::TransportFailed);
        Ok(())
    }

    fn stop_for(&mut self, reply: &RelayReply, words: String) {
        let kind = if reply.is_permanent() { TransportErrorKind::Permanent } else { TransportErrorKind::Temporary };
        self.report.transport_error.get_or_insert(TransportError { kind, phase: reply.phase, message: words });
        self.report.is_over_one = self.relay.refuses_everything.is_none() && self.failed_at.len() <= 1;
        self.stop(StopReason::TransportFailed);
    }

    /// Decides about the refusals that could only be judged by the replies to other messages, now that there are no
    /// others.
    pub(super) fn conclude(&mut self, turn: &StoreTurn<'_>, now: Timestamp) -> Result<()> {
        if let Some(reply) = self.doubts.suspicious().map(str::to_owned) {
            self.stop_in_doubt(turn, &reply, now)?;
        }
        // A relay that has accepted mail in this run and now refuses temporarily gets a slower pace, and later
        // attempts.
        let is_for_now = self.suspicion.reply().is_some_and(|reply| !reply.is_permanent()) && self.report.accepted > 0;
        if self.suspicion.is_confirmed() || !is_for_now && self.suspicion.is_confirmed_by_all() {
            return self.stop_refused(turn, now);
        }
        let is_about_the_sender = self.suspicion.is_about_the_sender() && self.report.accepted == 0;
        let until = self.still_refused_until();
        let (reply, suspects) = self.suspicion.conclude();
        match (reply, until) {
            // These are few, but everybody got this reply, and no message was accepted since.
            (Some((reply, words)), Some(until)) => {
                let look = reply.where_to_look();
                self.stop_for(&reply, format!("the relay still refuses all mail from here: {words}; check {look}"));
                self.give_back(turn, suspects, until)
            }
            // The reply may concern everybody, and no other message can show it. The message waits for its next
            // attempt.
            (Some((reply, words)), None) if is_about_the_sender => {
                let words = format!("the relay refuses the mail: {words}; check {}", reply.where_to_look());
                self.stop_for(&reply, words);
                Ok(())
            }
            _ => self.fail(turn, suspects, now),
        }
    }

    /// The next probe, if one is wanted and available.
    pub(super) fn take_probe(&mut self, turn: &StoreTurn<'_>, now: Timestamp) -> Result<Option<Due>> {
        let Some(place) = self.suspicion.wants_probe() else { return Ok(None) };
        let report = &mut self.report;
        let domains = self.suspicion.domains();
        let mut cancel = |id: MessageId, why: &str| {
            report.count(MessageState::Cancelled);
            turn.store()?.cancel_message(id, why, now).map(|_| ())
        };
        let due = self.message_source.take_elsewhere(turn, (place, PROBES), domains, now, &mut cancel)?;
        if let Some(due) = &due {
            self.suspicion.start_probe(due.id);
        }
        Ok(due)
    }

    /// Gives up on messages that have waited too long, because a run that cannot use the relay does not reach them.
    pub(super) fn give_up_waiting(&mut self) -> Result<()> {
        let now = self.context.clock.now();
        let before = now.saturating_sub(self.mailer.queue_lifetime).unwrap_or(Timestamp::MIN);
        let writing = self.store.write()?;
        self.report.failed += writing.give_up_waiting(&self.send_options.scope, before, now)?;
        writing.commit()
    }
}
