//! Delivers mails: MAIL, RCPT, DATA, the content, and the outcome.
//!
//! Pipelined envelopes: if the relay accepts several commands at once (RFC 2920), the next mail is announced in the
//! same write as the end of the current one, so that a mail costs one round trip. The next call reads the replies and
//! sends the content. A relay that replied 354 waits for content, and there is no command to cancel that; so if the
//! next call is for another mail, or there is none, the connection is dropped.

mod rehearsal;

use std::fmt;
use std::time::Duration;

use tokio::time::Instant;

use super::Relay;
use super::Timeouts;
use super::capabilities::Capabilities;
use super::content;
use super::envelope;
use super::envelope::DATA;
use super::envelope::EnvelopeCommands;
use super::reply::Reply;
use super::tls::ended_tls;
use super::wire::NoReply;
use super::wire::Timeout;
use super::wire::Wire;
use crate::domain::reply::EnhancedStatus;
use crate::domain::reply::RelayReply;
use crate::mail::Envelope;
use crate::mail::Mail;
use crate::mail::code_mask::CodeMask;
use crate::mail::outcome::DeliveryOutcome;
use crate::mail::outcome::Phase;
use crate::mail::outcome::TransportErrorKind;

/// An open connection to a relay.
pub struct SmtpConnection {
    /// `None` once the connection is lost or dropped, also if [`SmtpConnection::deliver`] was not awaited to its end.
    session: Option<Session>,
    relay: Relay,
    /// See [`SmtpConnection::may_have_left`].
    may_have_left: bool,
}

struct Session {
    wire: Wire,
    capabilities: Capabilities,
    /// The envelope that was announced and waits for its content.
    pipelined_next: Option<Envelope>,
    /// A mail was announced and then refused: RSET must precede the next MAIL.
    needs_reset: bool,
    /// Number of mails that the relay accepted.
    accepted: u32,
    /// The codes of the mail before this one: a surplus reply of the relay is read as the next reply, and could
    /// contain them.
    earlier_codes: CodeMask,
}

/// The outcome of a mail; `Ok` if the connection can still be used.
type Ended = Result<DeliveryOutcome, DeliveryOutcome>;

impl SmtpConnection {
    pub(super) fn new(wire: Wire, capabilities: Capabilities, relay: &Relay) -> Self {
        let session = Session {
            wire,
            capabilities,
            pipelined_next: None,
            needs_reset: false,
            accepted: 0,
            earlier_codes: CodeMask::default(),
        };
        Self { session: Some(session), relay: relay.clone(), may_have_left: false }
    }

    /// Delivers one mail. Only 250 after the final dot is [`DeliveryOutcome::Accepted`]; another 2yz there is no
    /// valid reply, and the mail is [`DeliveryOutcome::InDoubt`]. `next`, if it [can be
    /// pipelined](SmtpConnection::can_pipeline), is announced behind the dot; then the next call must be for it.
    pub async fn deliver(&mut self, mail: &Mail, next: Option<&Envelope>) -> DeliveryOutcome {
        let relay = &self.relay;
        let Some(mut session) = self.session.take() else {
            return failed(relay, TransportErrorKind::Temporary, Phase::Mail, "the connection is closed");
        };
        self.may_have_left = false;
        let mut delivery = Delivery {
            relay,
            mail,
            end: Instant::now() + relay.timeouts.whole,
            may_have_left: &mut self.may_have_left,
        };
        // Nothing is announced behind the last mail of a connection.
        let next = next.filter(|_| !relay.is_last_mail(session.accepted));
        match delivery.run(&mut session, next).await {
            Ok(outcome) => {
                session.accepted += u32::from(matches!(outcome, DeliveryOutcome::Accepted { .. }));
                self.session = Some(session);
                outcome
            }
            Err(outcome) => outcome,
        }
    }

    /// Whether another mail can be delivered.
    pub fn is_open(&self) -> bool {
        self.session.is_some()
    }

    /// Whether the relay accepted as many mails on this connection as [`Relay::mails_per_connection`] allows.
    pub fn is_used_up(&self) -> bool {
        let accepted = self.session.as_ref().map_or(0, |session| session.accepted);
        self.relay.mails_per_connection.is_some_and(|most| accepted >= most)
    }

    /// Whether the envelope given as `next` can be pipelined. An envelope with an address outside ASCII cannot, nor
    /// can one behind a content outside ASCII: the parameters of MAIL that they need depend on the content.
    pub fn can_pipeline(&self) -> bool {
        let may_pipeline =
            |session: &Session| session.capabilities.pipelining && !self.relay.is_last_mail(session.accepted);
        self.session.as_ref().is_some_and(may_pipeline)
    }

    /// Whether a mail was announced that the next call must be for.
    pub fn has_announced(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.pipelined_next.is_some())
    }

    /// Whether the relay may have the mail of the last [`SmtpConnection::deliver`], if that was not awaited to its
    /// end.
    pub fn may_have_left(&self) -> bool {
        self.may_have_left
    }

    /// Sends QUIT, and waits briefly for the reply. If an envelope is pipelined, drops the connection.
    pub async fn close(self) {
        if let Some(session) = self.session
            && session.pipelined_next.is_none()
        {
            session.wire.quit(self.relay.timeouts.quit).await;
        }
    }
}

impl fmt::Debug for SmtpConnection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Connection").field("is_open", &self.is_open()).finish_non_exhaustive()
    }
}

/// The delivery of one mail.
struct Delivery<'a> {
    relay: &'a Relay,
    mail: &'a Mail,
    end: Instant,
    may_have_left: &'a mut bool,
}

impl Delivery<'_> {
    async fn run(&mut self, session: &mut Session, next: Option<&Envelope>) -> Ended {
        let rides = match session.pipelined_next.take() {
            Some(pipelined_next) if pipelined_next != self.mail.envelope => {
                let words = "the connection was given up, because another mail was announced on it";
                return Err(self.failed(TransportErrorKind::Temporary, Phase::Mail, words));
            }
            pipelined_next => pipelined_next.is_some(),
        };
        let parameters = match self.parameters(&session.capabilities) {
            Ok(parameters) => parameters,
            Err(refused) if rides => return Err(refused),
            Err(refused) => return Ok(refused),
        };
        if rides && !parameters.is_empty() {
            let words = "the connection was given up, because the mail was announced without what it needs";
            return Err(self.failed(TransportErrorKind::Temporary, Phase::Mail, words));
        }
        let commands = EnvelopeCommands::new(&self.mail.envelope, parameters);
        let mut refused = match rides {
            true => self.answers(session, None).await?,
            false => self.announce(session, &commands).await?,
        };
        if session.capabilities.pipelining && refused.as_ref().is_some_and(refuses_pipelining) {
            // The relay offers PIPELINING but refuses it, so no connection to it uses it any more.
            session.capabilities.pipelining = false;
            self.relay.give_up_pipelining();
            refused = self.announce(session, &commands).await?;
        }
        match refused {
            Some(outcome) => Ok(outcome),
            None => self.content(session, next).await,
        }
    }

    /// The parameters of MAIL for this mail.
    ///
    /// # Errors
    /// Why it cannot be delivered to this relay at all, whatever the recipient.
    fn parameters(&self, capabilities: &Capabilities) -> Result<&'static str, DeliveryOutcome> {
        let own = |reply: String| DeliveryOutcome::Refused { reply, relay: None };
        let content = &self.mail.content;
        if let Some(fault) = envelope::fault(&self.mail.envelope) {
            return Err(own(fault));
        }
        if let Some(fault) = content::fault(content) {
            return Err(own(format!("this is a bug: the mail cannot be sent, because {fault}")));
        }
        if let Some(size) = capabilities.size.filter(|size| *size < content.len()) {
            // Every mail may be too large. The relay would give the same reply to each, so this counts as its reply
            // (RFC 1870, 6.1).
            let reply = format!("the mail has {} bytes, and the relay takes at most {size} (SIZE)", content.len());
            let recipient = &self.mail.envelope.recipient;
            let relay = Some(RelayReply::new(Phase::Mail, 552, Some(EnhancedStatus(5, 3, 4)), &reply, recipient));
            return Err(DeliveryOutcome::Refused { reply, relay });
        }
        let needs_utf8 = self.mail.envelope.needs_smtputf8() || content::has_header_outside_ascii(content);
        let needs_eight_bit = !content.is_ascii();
        match (needs_utf8, needs_eight_bit) {
            (true, _) if !capabilities.smtputf8 => {
                Err(own("the relay does not carry addresses outside ASCII (SMTPUTF8)".to_owned()))
            }
            (_, true) if !capabilities.eight_bit => {
                Err(own("the relay does not carry content outside ASCII (8BITMIME)".to_owned()))
            }
            (true, true) => Ok(" BODY=8BITMIME SMTPUTF8"),
            (true, false) => Ok(" SMTPUTF8"),
            (false, true) => Ok(" BODY=8BITMIME"),
            (false, false) => Ok(""),
        }
    }

    /// Refuses to announce a mail if the relay has already sent something.
    async fn refuse_unsolicited(&self, session: &mut Session) -> Result<(), DeliveryOutcome> {
        if session.wire.is_quiet() {
            return Ok(());
        }
        // This is not the reply to MAIL, but usually a 421 that came with the last reply.
        let reply = self.reply(session, Phase::Mail, self.timeouts().mail).await?;
        let kind = if reply.code / 100 == 4 { TransportErrorKind::Temporary } else { TransportErrorKind::Permanent };
        let words = format!("unsolicited reply from the relay: {}", reply.words_about(&self.codes(session)));
        Err(self.failed(kind, Phase::Mail, &words))
    }

    /// Announces the mail. Returns the refusal, if there is one.
    async fn announce(
        &self,
        session: &mut Session,
        commands: &EnvelopeCommands,
    ) -> Result<Option<DeliveryOutcome>, DeliveryOutcome> {
        self.refuse_unsolicited(session).await?;
        let reset = session.needs_reset;
        session.needs_reset = false;
        if !session.capabilities.pipelining {
            if reset {
                self.command(session, Phase::Mail, "RSET").await?;
                self.reset(session).await?;
            }
            return self.answers(session, Some(commands)).await;
        }
        let group = format!("{}{}", if reset { "RSET\r\n" } else { "" }, commands.group());
        group.lines().for_each(|line| session.wire.note(line));
        let sent = session.wire.send(group.as_bytes(), self.timeout(self.timeouts().mail)).await;
        sent.map_err(|cut| self.failed(TransportErrorKind::Temporary, Phase::Mail, &cut.words))?;
        if reset {
            self.reset(session).await?;
        }
        self.answers(session, None).await
    }

    /// Reads the reply to RSET. A refusal concerns the connection, whatever its code: Exim ends a connection with 554
    /// after ten RSETs.
    async fn reset(&self, session: &mut Session) -> Result<(), DeliveryOutcome> {
        let reply = self.reply(session, Phase::Mail, self.timeouts().mail).await?;
        match reply.code {
            250 => Ok(()),
            _ => Err(self.failed(
                TransportErrorKind::Temporary,
                Phase::Mail,
                &format!("RSET: {}", reply.words_about(&self.codes(session))),
            )),
        }
    }

    /// Reads the replies to MAIL, RCPT and DATA. Returns the refusal, if there is one; later replies do not change it.
    /// Sends `commands` one at a time; without them, reads all three replies to commands that were sent before.
    async fn answers(
        &self,
        session: &mut Session,
        commands: Option<&EnvelopeCommands>,
    ) -> Result<Option<DeliveryOutcome>, DeliveryOutcome> {
        let timeouts = self.timeouts();
        let mut refused: Option<DeliveryOutcome> = None;
        for (phase, wait) in [(Phase::Mail, timeouts.mail), (Phase::Rcpt, timeouts.rcpt), (Phase::Data, timeouts.data)]
        {
            if let Some(commands) = commands {
                match phase {
                    _ if refused.is_some() => break,
                    Phase::Mail => self.command(session, phase, &commands.mail).await?,
                    Phase::Rcpt => self.command(session, phase, &commands.rcpt).await?,
                    _ => self.command(session, phase, DATA).await?,
                }
            }
            let reply = match self.reply(session, phase, wait).await {
                Ok(reply) => reply,
                Err(lost) => return Err(refused.unwrap_or(lost)),
            };
            match (phase, reply.code) {
                (_, 421) => return Err(refused.unwrap_or_else(|| self.refusal(session, phase, &reply))),
                (_, 400..=599) => {
                    refused.get_or_insert_with(|| self.refusal(session, phase, &reply));
                }
                // 251: the relay forwards the mail; 252: it does not know yet whether it can.
                (Phase::Mail, 250) | (Phase::Rcpt, 250..=252) => session.needs_reset = true,
                (Phase::Data, 354) => match refused.take() {
                    None => return Ok(None),
                    Some(outcome) => {
                        self.lone_dot(session).await.map_err(|()| outcome.clone())?;
                        refused = Some(outcome);
                    }
                },
                _ => {
                    let words =
                        format!("the relay answers to {phase} with {}", reply.words_about(&self.codes(session)));
                    return Err(refused.unwrap_or_else(|| self.failed(TransportErrorKind::Permanent, phase, &words)));
                }
            }
        }
        Ok(refused)
    }

    /// Ends the content for which the relay waits although it refused the recipient. The mail has no recipient then,
    /// so the reply does not count.
    async fn lone_dot(&self, session: &mut Session) -> Result<(), ()> {
        session.wire.note(".");
        session.wire.send(b".\r\n", self.timeout(self.timeouts().data)).await.map_err(|_| ())?;
        let reply = session.wire.reply(self.timeout(self.timeouts().data)).await.map_err(|_| ())?;
        session.needs_reset = false;
        if reply.code == 421 { Err(()) } else { Ok(()) }
    }

    /// Sends the content with its end, and the pipelined envelope behind it. The reply determines the outcome.
    async fn content(&mut self, session: &mut Session, next: Option<&Envelope>) -> Ended {
        if !session.wire.is_quiet() {
            let words = "the relay answers to the content before it has it";
            return Err(self.failed(TransportErrorKind::Permanent, Phase::Content, words));
        }
        let pipelined_next = next.filter(|next| self.may_pipeline(session, next));
        let group = pipelined_next.map(|next| EnvelopeCommands::new(next, "").group()).unwrap_or_default();
        let stuffed = content::stuffed(&self.mail.content, &group);
        session.wire.note(&format!("(… {} bytes)", self.mail.content.len()));
        session.wire.note(".");
        group.lines().for_each(|line| session.wire.note(line));
        *self.may_have_left = true;
        if let Err(cut) = session.wire.send(&stuffed.bytes, self.timeout(self.timeouts().block)).await {
            return Err(match cut.left > stuffed.dot {
                true => self.in_doubt(&cut.words),
                false => self.failed(TransportErrorKind::Temporary, Phase::Content, &cut.words),
            });
        }
        drop(stuffed);
        session.needs_reset = false;
        // Build the masks while the relay processes the mail.
        let codes = self.codes(session);
        session.earlier_codes = CodeMask::of(&self.mail.content);
        let reply = match session.wire.reply_to_keep(self.timeout(self.timeouts().dot)).await {
            Ok(reply) => reply,
            Err(NoReply::Lost(words)) => return Err(self.in_doubt(&words)),
            Err(NoReply::Alert(alert)) => return Err(self.in_doubt(&ended_tls(alert))),
            Err(NoReply::Garbage(words)) => {
                return Err(self.in_doubt(&format!("the relay sent {}", codes.text(&words))));
            }
        };
        let words = reply.words_about(&codes);
        match reply.code {
            421 => return Err(self.refusal(session, Phase::Dot, &reply)),
            250 | 400..=599 => session.pipelined_next = pipelined_next.cloned(),
            _ => return Err(self.in_doubt(&format!("the relay answers with {words}"))),
        }
        Ok(if reply.code == 250 {
            DeliveryOutcome::Accepted { reply: words }
        } else {
            self.refusal(session, Phase::Dot, &reply)
        })
    }

    /// The codes to mask in replies.
    fn codes(&self, session: &Session) -> CodeMask {
        CodeMask::of(&self.mail.content).with(&session.earlier_codes)
    }

    fn may_pipeline(&self, session: &Session, next: &Envelope) -> bool {
        session.capabilities.pipelining
            && self.mail.content.is_ascii()
            && !next.needs_smtputf8()
            && envelope::fault(next).is_none()
    }

    /// The outcome for a 4yz or 5yz reply.
    fn refusal(&self, session: &Session, phase: Phase, reply: &Reply) -> DeliveryOutcome {
        let words = reply.words_about(&self.codes(session));
        let relay = Some(reply.about(phase, &self.mail.envelope.recipient));
        match reply.code {
            400..=499 => DeliveryOutcome::Deferred { reply: words, relay },
            _ => DeliveryOutcome::Refused { reply: words, relay },
        }
    }

    async fn command(&self, session: &mut Session, phase: Phase, command: &str) -> Result<(), DeliveryOutcome> {
        let sent = session.wire.command(command, self.timeout(self.timeouts().mail)).await;
        sent.map_err(|no| self.no_reply(session, phase, no))
    }

    async fn reply(&self, session: &mut Session, phase: Phase, wait: Duration) -> Result<Reply, DeliveryOutcome> {
        let reply = session.wire.reply(self.timeout(wait)).await;
        reply.map_err(|no| self.no_reply(session, phase, no))
    }

    fn no_reply(&self, session: &Session, phase: Phase, no: NoReply) -> DeliveryOutcome {
        match no {
            NoReply::Lost(words) => self.failed(TransportErrorKind::Temporary, phase, &words),
            NoReply::Alert(alert) => self.failed(TransportErrorKind::Temporary, phase, &ended_tls(alert)),
            NoReply::Garbage(words) => {
                let words = self.codes(session).text(&words);
                self.failed(TransportErrorKind::Permanent, phase, &format!("the relay sent {words}"))
            }
        }
    }

    fn in_doubt(&self, words: &str) -> DeliveryOutcome {
        DeliveryOutcome::InDoubt { reply: format!("{}: after the end of the mail: {words}", self.relay.name()) }
    }

    fn failed(&self, kind: TransportErrorKind, phase: Phase, words: &str) -> DeliveryOutcome {
        failed(self.relay, kind, phase, words)
    }

    fn timeouts(&self) -> &Timeouts {
        &self.relay.timeouts
    }

    fn timeout(&self, wait: Duration) -> Timeout {
        Timeout { wait, end: self.end }
    }
}

fn failed(relay: &Relay, kind: TransportErrorKind, phase: Phase, words: &str) -> DeliveryOutcome {
    DeliveryOutcome::TransportFailed(relay.transport_error(kind, phase, words))
}

fn refuses_pipelining(outcome: &DeliveryOutcome) -> bool {
    matches!(outcome, DeliveryOutcome::Refused { relay: Some(reply), .. } if reply.refuses_pipelining())
}
