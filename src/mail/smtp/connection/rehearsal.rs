//! Finds out whether a relay would accept mails: announces them (MAIL, RCPT), resets (RSET), and sends none.

use tokio::time::Instant;

use super::Delivery;
use super::Session;
use super::SmtpConnection;
use super::failed;
use crate::domain::reply::RefusalSubject;
use crate::domain::reply::RelayReply;
use crate::mail::Mail;
use crate::mail::outcome::DeliveryOutcome;
use crate::mail::outcome::Phase;
use crate::mail::outcome::TransportError;
use crate::mail::outcome::TransportErrorKind;
use crate::mail::smtp::envelope::EnvelopeCommands;

/// How many mails are announced at most. A relay counts refused recipients, and hangs up on clients with many.
const ANNOUNCED: usize = 5;

/// Why a mail was refused, and the reply of the relay; `None`: it was not the relay that refused.
type RefusedSample = (String, Option<RelayReply>);

impl SmtpConnection {
    /// Finds out whether the relay would accept such mails, without sending any. The largest must not exceed its size
    /// limit. Mails are announced until one is accepted, which shows that the relay accepts mail from here. Refusals
    /// of the sender, and the same refusal for all mails, concern this program; the refusal of one recipient may only
    /// concern a dead address.
    ///
    /// # Errors
    /// If the relay would refuse all mail from here, accepts no mail of this size, or cannot be used.
    pub async fn rehearse(&mut self, mails: &[Mail]) -> Result<(), TransportError> {
        let largest = mails.iter().max_by_key(|mail| mail.content.len());
        if let Some(refused) = largest.and_then(|mail| self.too_large(mail)) {
            return Err(self.refused(refused));
        }
        let mut all_refused = Vec::new();
        for mail in mails.iter().take(ANNOUNCED) {
            match self.announce_and_reset(mail, &[Phase::Mail, Phase::Rcpt]).await {
                Ok(()) => return Ok(()),
                Err(DeliveryOutcome::Deferred { reply, relay } | DeliveryOutcome::Refused { reply, relay }) => {
                    all_refused.push((reply, relay));
                }
                Err(DeliveryOutcome::TransportFailed(transport_error)) => return Err(transport_error),
                // Announcing alone leads to neither.
                Err(DeliveryOutcome::Accepted { .. } | DeliveryOutcome::InDoubt { .. }) => {}
            }
            if !self.is_open() {
                break;
            }
        }
        about_everybody(all_refused).map_or(Ok(()), |refused| Err(self.refused(refused)))
    }

    /// Finds out whether the relay accepts mail from the sender of `mail`: MAIL, then RSET.
    ///
    /// # Errors
    /// If it does not, or cannot be used.
    pub async fn rehearse_sender(&mut self, mail: &Mail) -> Result<(), TransportError> {
        match self.announce_and_reset(mail, &[Phase::Mail]).await {
            Ok(()) | Err(DeliveryOutcome::Accepted { .. } | DeliveryOutcome::InDoubt { .. }) => Ok(()),
            Err(DeliveryOutcome::Deferred { reply, relay } | DeliveryOutcome::Refused { reply, relay }) => {
                Err(self.refused((reply, relay)))
            }
            Err(DeliveryOutcome::TransportFailed(error)) => Err(error),
        }
    }

    fn too_large(&mut self, mail: &Mail) -> Option<RefusedSample> {
        let (session, delivery) = self.rehearsed(mail)?;
        match delivery.parameters(&session.capabilities) {
            Err(DeliveryOutcome::Refused { reply, relay: Some(relay) }) => Some((reply, Some(relay))),
            _ => None,
        }
    }

    fn rehearsed<'a>(&'a mut self, mail: &'a Mail) -> Option<(&'a mut Session, Delivery<'a>)> {
        let end = Instant::now() + self.relay.timeouts.whole;
        let delivery = Delivery { relay: &self.relay, mail, end, may_have_left: &mut self.may_have_left };
        Some((self.session.as_mut()?, delivery))
    }

    /// Announces the mail up to the last of `phases`, and resets.
    async fn announce_and_reset(&mut self, mail: &Mail, phases: &[Phase]) -> Result<(), DeliveryOutcome> {
        let Some((session, delivery)) = self.rehearsed(mail) else {
            return Err(failed(&self.relay, TransportErrorKind::Temporary, Phase::Mail, "the connection is closed"));
        };
        let announced = delivery.rehearse(session, phases).await;
        let ends = match &announced {
            Err(DeliveryOutcome::Deferred { relay, .. } | DeliveryOutcome::Refused { relay, .. }) => {
                relay.as_ref().is_some_and(RelayReply::ends_the_connection)
            }
            Err(_) => true,
            Ok(()) => false,
        };
        // The relay has given its verdict on this mail, whatever happens to the connection.
        if ends || delivery.take_back(session).await.is_err() {
            self.session = None;
        }
        announced
    }

    fn refused(&self, (words, relay): RefusedSample) -> TransportError {
        let is_for_now = relay.as_ref().is_some_and(|relay| !relay.is_permanent());
        let kind = if is_for_now { TransportErrorKind::Temporary } else { TransportErrorKind::Permanent };
        let look = relay.as_ref().map_or(String::new(), |relay| format!("; check {}", relay.where_to_look()));
        let phase = relay.map_or(Phase::Mail, |relay| relay.phase);
        self.relay.transport_error(kind, phase, &format!("the relay refuses the mail: {words}{look}"))
    }
}

impl Delivery<'_> {
    /// Announces the mail in these phases, of MAIL and RCPT.
    ///
    /// # Errors
    /// The refusal.
    async fn rehearse(&self, session: &mut Session, phases: &[Phase]) -> Result<(), DeliveryOutcome> {
        let parameters = self.parameters(&session.capabilities)?;
        self.refuse_unsolicited(session).await?;
        let commands = EnvelopeCommands::new(&self.mail.envelope, parameters);
        let timeouts = self.timeouts();
        let steps = [(Phase::Mail, &commands.mail, timeouts.mail), (Phase::Rcpt, &commands.rcpt, timeouts.rcpt)];
        for (phase, command, wait) in steps.into_iter().filter(|(phase, ..)| phases.contains(phase)) {
            self.command(session, phase, command).await?;
            let reply = self.reply(session, phase, wait).await?;
            match (phase, reply.code) {
                (Phase::Mail, 250) | (Phase::Rcpt, 250..=252) => session.needs_reset = true,
                (_, 400..=599) => return Err(self.refusal(session, phase, &reply)),
                _ => {
                    let words =
                        format!("the relay answers to {phase} with {}", reply.words_about(&self.codes(session)));
                    return Err(self.failed(TransportErrorKind::Permanent, phase, &words));
                }
            }
        }
        Ok(())
    }

    /// Resets the session if the relay accepted any part of the announcement.
    async fn take_back(&self, session: &mut Session) -> Result<(), DeliveryOutcome> {
        if !std::mem::take(&mut session.needs_reset) {
            return Ok(());
        }
        self.command(session, Phase::Mail, "RSET").await?;
        self.reset(session).await
    }
}

/// The refusal that concerns all mail from here, if all these mails were refused: that of a sender, or the same one
/// for all mails whose recipients the relay does not call unknown.
/// A problem that this program itself finds, such as an address that the relay does not accept, only concerns all mail
/// if it is the same for all mails.
fn about_everybody(all_refused: Vec<RefusedSample>) -> Option<RefusedSample> {
    let subject = |refused: &RefusedSample| refused.1.as_ref().map(RelayReply::about);
    if let Some(place) = all_refused.iter().position(|refused| subject(refused) == Some(RefusalSubject::Sender)) {
        return all_refused.into_iter().nth(place);
    }
    let (by_us, by_relay): (Vec<_>, Vec<_>) = all_refused.into_iter().partition(|(_, reply)| reply.is_none());
    if by_relay.is_empty() {
        let first = by_us.first()?;
        return by_us.iter().all(|(words, _)| *words == first.0).then(|| first.clone());
    }
    let mut unclear = by_relay.into_iter().filter(|refused| subject(refused) != Some(RefusalSubject::Recipient));
    let first = unclear.next()?;
    let is_same = |(_, other): RefusedSample| match (&first.1, other) {
        (Some(one), Some(other)) => one.is_same(&other),
        _ => false,
    };
    unclear.all(is_same).then_some(first)
}
