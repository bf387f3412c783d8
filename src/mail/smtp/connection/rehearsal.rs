//! Whether a relay would take mails: they are announced (MAIL, RCPT) and taken back (RSET), and none is sent.

use tokio::time::Instant;

use super::Delivery;
use super::Session;
use super::SmtpConnection;
use super::trouble;
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

/// Why a mail was refused, in words, and what the relay said; `None`: it said nothing.
type RefusedSample = (String, Option<RelayReply>);

impl SmtpConnection {
    /// Asks whether the relay would take mails such as these, without sending any. The largest must be small enough for it. The
    /// first ones are announced until one is accepted, which shows that the relay takes mail from here. Refusals of the sender,
    /// and the same refusal for all, are about this program; that of one recipient may be about a dead address.
    ///
    /// # Errors
    /// The trouble of a relay that would refuse all mail from here, that takes no mail of this size, or that cannot be used.
    pub async fn rehearse(&mut self, mails: &[Mail]) -> Result<(), TransportError> {
        let largest = mails.iter().max_by_key(|mail| mail.content.len());
        if let Some(refused) = largest.and_then(|mail| self.too_large(mail)) {
            return Err(self.refused(refused));
        }
        let mut all_refused = Vec::new();
        for mail in mails.iter().take(ANNOUNCED) {
            match self.announce_and_reset(mail).await {
                Ok(()) => return Ok(()),
                Err(DeliveryOutcome::Deferred { reply, relay } | DeliveryOutcome::Refused { reply, relay }) => {
                    all_refused.push((reply, relay));
                }
                Err(DeliveryOutcome::Trouble(trouble)) => return Err(trouble),
                // Neither comes from announcing alone.
                Err(DeliveryOutcome::Accepted { .. } | DeliveryOutcome::InDoubt { .. }) => {}
            }
            if !self.is_open() {
                break;
            }
        }
        about_everybody(all_refused).map_or(Ok(()), |refused| Err(self.refused(refused)))
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

    async fn announce_and_reset(&mut self, mail: &Mail) -> Result<(), DeliveryOutcome> {
        let Some((session, delivery)) = self.rehearsed(mail) else {
            return Err(trouble(&self.relay, TransportErrorKind::Temporary, Phase::Mail, "the connection is closed"));
        };
        let announced = delivery.rehearse(session).await;
        let ends = match &announced {
            Err(DeliveryOutcome::Deferred { relay, .. } | DeliveryOutcome::Refused { relay, .. }) => {
                relay.as_ref().is_some_and(RelayReply::ends_the_connection)
            }
            Err(_) => true,
            Ok(()) => false,
        };
        // Whatever becomes of the connection, the relay has said what it thinks of this mail.
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
        self.relay.trouble(kind, phase, &format!("the relay refuses the mail: {words}{look}"))
    }
}

impl Delivery<'_> {
    /// Announces the mail, without DATA.
    ///
    /// # Errors
    /// What refuses it.
    async fn rehearse(&self, session: &mut Session) -> Result<(), DeliveryOutcome> {
        let parameters = self.parameters(&session.capabilities)?;
        self.refuse_unsolicited(session).await?;
        let commands = EnvelopeCommands::new(&self.mail.envelope, parameters);
        let timeouts = self.timeouts();
        let steps = [(Phase::Mail, &commands.mail, timeouts.mail), (Phase::Rcpt, &commands.rcpt, timeouts.rcpt)];
        for (phase, command, wait) in steps {
            self.command(session, phase, command).await?;
            let reply = self.reply(session, phase, wait).await?;
            match (phase, reply.code) {
                (Phase::Mail, 250) | (Phase::Rcpt, 250..=252) => session.is_begun = true,
                (_, 400..=599) => return Err(self.refusal(session, phase, &reply)),
                _ => {
                    let words =
                        format!("the relay answers to {phase} with {}", reply.words_about(&self.codes(session)));
                    return Err(self.trouble(TransportErrorKind::Permanent, phase, &words));
                }
            }
        }
        Ok(())
    }

    /// Takes back what was announced, if the relay accepted any of it.
    async fn take_back(&self, session: &mut Session) -> Result<(), DeliveryOutcome> {
        if !std::mem::take(&mut session.is_begun) {
            return Ok(());
        }
        self.command(session, Phase::Mail, "RSET").await?;
        self.reset(session).await
    }
}

/// The refusal that says something about all mail from here, where each of these mails was refused: one of the sender, or the one
/// that all of them got whose recipients the relay does not say to be unknown. What this program itself finds wrong with a mail, such as
/// an address that the relay does not carry, says something about all only where it finds it in all.
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
