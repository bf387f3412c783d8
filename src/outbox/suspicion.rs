//! Finds out whether refusals concern the recipients or this program: the same reply to everybody concerns this
//! program, and no message must fail because of it.
//!
//! Five consecutive refusals over all connections, the same but for addresses, numbers and ids, with nothing accepted
//! in between, are suspicious. Then five other messages are sent as probes, from places all over the queue and, if
//! possible, to other domains. If one of them is accepted or gets another reply, the refusals concern their
//! recipients; if all get the same reply, the relay refuses this program. A refusal that is never about a recipient
//! ([`RefusalSubject::Sender`]) needs only one other message.
//!
//! With several connections, "in between" depends on when a message was announced, and not on when its reply came in:
//! see [`Suspicion::known`].

use std::collections::HashSet;

use jiff::Timestamp;

use crate::domain::message::MessageId;
use crate::domain::relay::Phase;
use crate::domain::reply::RefusalSubject;
use crate::domain::reply::RelayReply;
use crate::domain::reply::Throttle;

/// This many consecutive refusals are suspicious.
const SUSPICIOUS: usize = 5;
/// This many probes with the same reply confirm the suspicion.
pub(super) const PROBES: u32 = 5;
/// This many messages confirm a refusal that is never about a recipient.
const CONFIRMED_AT_ONCE: usize = 2;

/// A refused message whose refusal may concern everybody. In the store it is deferred.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Suspect {
    pub(super) id: MessageId,
    /// When its lifetime in the queue had started before this attempt.
    pub(super) lifetime_from: Option<Timestamp>,
    /// It was refused permanently, and fails if that concerns only this message.
    pub(super) is_permanent: bool,
}

/// A suspect, and the number of its refusal among all refusals of the run.
#[derive(Debug)]
struct Refused {
    suspect: Suspect,
    number: u64,
    is_probe: bool,
}

/// The refusals since the last message that was accepted or got another reply.
#[derive(Debug, Default)]
pub(super) struct Suspicion {
    reply: Option<(RelayReply, String)>,
    suspects: Vec<Refused>,
    domains: Vec<String>,
    /// The probes in flight.
    probes: HashSet<MessageId>,
    /// Number of probes that were started, and of those that got the same reply.
    started: u32,
    same: u32,
    /// A slower pace is tried instead of probes.
    is_paced: bool,
    /// A message was accepted that had been announced before these refusals were known.
    is_mixed: bool,
    /// Number of refusals in the run.
    refusals: u64,
}

impl Suspicion {
    /// Number of known refusals. It is noted when a message is announced, because the outcome of that message can
    /// only show something about the refusals before. For example, a relay may accept a recipient, then refuse
    /// everybody when a quota is used up, and after that reply 250 to the content.
    pub(super) fn known(&self) -> u64 {
        self.refusals
    }

    /// Notes that a message was accepted that was announced when `known` refusals were known. Returns the suspects
    /// whose refusals concerned only themselves.
    pub(super) fn accepted(&mut self, known: u64) -> Vec<Suspect> {
        if self.suspects.is_empty() {
            return Vec::new();
        }
        let is_before = |refused: &mut Refused| refused.number <= known;
        let cleared = self.suspects.extract_if(.., is_before).map(|refused| refused.suspect).collect();
        if self.suspects.is_empty() {
            *self = Self { refusals: self.refusals, ..Self::default() };
        } else {
            self.is_mixed = true;
            // The relay accepts mail, but wants less of it.
            let wants_less = |reply: &RelayReply| !reply.is_permanent() && reply.throttle() != Throttle::No;
            self.is_paced |= self.reply().is_some_and(wants_less);
            self.same = self.suspects.iter().map(|refused| u32::from(refused.is_probe)).sum();
            self.started = self.same + self.probes.len() as u32;
        }
        cleared
    }

    /// Notes that a message got a reply in this phase that shows nothing about this program. If the suspects were
    /// refused in an earlier phase, those refusals concerned only themselves. `known` as for [`Suspicion::accepted`].
    pub(super) fn answered(&mut self, phase: Phase, known: u64) -> Vec<Suspect> {
        match &self.reply {
            Some((reply, _)) if reply.phase < phase => self.accepted(known),
            _ => Vec::new(),
        }
    }

    /// Notes another refusal, with `known` as for [`Suspicion::accepted`]. Returns the suspects whose refusals
    /// concerned only themselves, because the refusals differ.
    pub(super) fn refused(
        &mut self,
        suspect: Suspect,
        known: u64,
        domain: &str,
        reply: RelayReply,
        words: String,
        is_paced: bool,
    ) -> Vec<Suspect> {
        self.refusals += 1;
        let is_same = self.reply.as_ref().is_some_and(|(other, _)| other.is_same(&reply));
        let is_probe = self.probes.remove(&suspect.id);
        let mut cleared = match is_same {
            true => Vec::new(),
            false if reply.about() == RefusalSubject::Sender => self.accepted(u64::MAX),
            false => self.accepted(known),
        };
        if !is_same && !self.suspects.is_empty() {
            // It was announced before all remaining suspects were refused, so they show nothing about it.
            cleared.push(suspect);
            return cleared;
        }
        self.same += u32::from(is_same && is_probe);
        self.is_paced |= is_paced;
        self.reply = Some((reply, words));
        self.suspects.push(Refused { suspect, number: self.refusals, is_probe: is_same && is_probe });
        if !self.domains.iter().any(|known| known == domain) {
            self.domains.push(domain.to_owned());
        }
        cleared
    }

    /// Notes that a message ended without a reply of the relay that shows anything.
    pub(super) fn forget_probe(&mut self, id: MessageId) {
        if self.probes.remove(&id) {
            self.started -= 1;
        }
    }

    fn is_never_about_a_recipient(&self) -> bool {
        self.reply.as_ref().is_some_and(|(reply, _)| reply.about() == RefusalSubject::Sender)
    }

    /// Whether only probes are sent now.
    pub(super) fn is_probing(&self) -> bool {
        !self.is_paced
            && !self.is_never_about_a_recipient()
            && self.suspects.len() >= SUSPICIOUS
            && !self.is_confirmed()
    }

    /// The number of the next probe, from 1, if another one must be sent.
    pub(super) fn wants_probe(&self) -> Option<u32> {
        (self.is_probing() && self.started < PROBES).then_some(self.started + 1)
    }

    pub(super) fn start_probe(&mut self, id: MessageId) {
        self.started += 1;
        self.probes.insert(id);
    }

    /// The domains of the refused messages.
    pub(super) fn domains(&self) -> &[String] {
        &self.domains
    }

    /// Whether it is confirmed that the relay refuses this program.
    pub(super) fn is_confirmed(&self) -> bool {
        match self.is_never_about_a_recipient() {
            true => self.suspects.len() >= CONFIRMED_AT_ONCE,
            false => !self.is_paced && self.same >= PROBES,
        }
    }

    /// The same, once no message is left to be sent as a probe. Few refusals count as the messages' own, and so do
    /// all if another message was accepted meanwhile.
    pub(super) fn is_confirmed_by_all(&self) -> bool {
        self.is_confirmed() || !self.is_never_about_a_recipient() && !self.is_mixed && self.suspects.len() >= SUSPICIOUS
    }

    /// Whether the suspect's refusal is never about a recipient, and not about this mail's content either.
    pub(super) fn is_about_the_sender(&self) -> bool {
        let is_about_the_mail = self.reply.as_ref().is_some_and(|(reply, _)| reply.is_about_the_mail());
        self.is_never_about_a_recipient() && !is_about_the_mail
    }

    /// The reply of the suspects.
    pub(super) fn reply(&self) -> Option<&RelayReply> {
        self.reply.as_ref().map(|(reply, _)| reply)
    }

    /// The reply with its text, if there is one, and the suspects. Resets the suspicion.
    pub(super) fn conclude(&mut self) -> (Option<(RelayReply, String)>, Vec<Suspect>) {
        let concluded = std::mem::replace(self, Self { refusals: self.refusals, ..Self::default() });
        (concluded.reply, concluded.suspects.into_iter().map(|refused| refused.suspect).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::email_address::EmailAddress;
    use crate::domain::reply::EnhancedStatus;

    #[test]
    fn temporary_refusals_while_earlier_mails_are_accepted_ask_for_a_slower_pace() {
        let mut story = Story::new();
        let known = story.suspicion.known();
        for _ in 0..6 {
            story.refused_of(known, Phase::Rcpt, "451 too many mails");
        }
        assert!(story.suspicion.is_probing());
        // It was announced before, and its content was accepted after the others were refused.
        story.suspicion.accepted(known);
        assert!(!story.suspicion.is_probing());
        for _ in 0..10 {
            story.refused(Phase::Rcpt, "451 too many mails");
        }
        assert!(!story.suspicion.is_confirmed());
    }

    struct Story {
        suspicion: Suspicion,
        next: i64,
    }

    impl Story {
        fn new() -> Self {
            Self { suspicion: Suspicion::default(), next: 0 }
        }

        /// Refuses another message. Returns the numbers of the messages whose refusals concerned only themselves.
        fn refused(&mut self, phase: Phase, text: &str) -> Vec<i64> {
            self.refused_of(self.suspicion.known(), phase, text)
        }

        /// The same for a message that was announced when `known` refusals were known.
        fn refused_of(&mut self, known: u64, phase: Phase, text: &str) -> Vec<i64> {
            self.next += 1;
            let id = MessageId(self.next);
            if self.suspicion.wants_probe().is_some() {
                self.suspicion.start_probe(id);
            }
            let recipient = EmailAddress::stored(format!("user{}@example.com", self.next));
            let (code, words) = text.split_once(' ').unwrap();
            let code = code.parse().unwrap();
            let reply = RelayReply::new(phase, code, EnhancedStatus::at_start(words), words, &recipient);
            let suspect = Suspect { id, lifetime_from: None, is_permanent: code >= 500 };
            let cleared = self.suspicion.refused(suspect, known, "example.com", reply, text.to_owned(), false);
            cleared.into_iter().map(|suspect| suspect.id.0).collect()
        }

        /// Accepts another message, announced now.
        fn accepted(&mut self) -> Vec<Suspect> {
            self.suspicion.accepted(self.suspicion.known())
        }
    }

    #[test]
    fn ten_equal_replies_are_about_this_program() {
        let mut story = Story::new();
        for number in 1..=10 {
            assert_eq!(story.suspicion.is_probing(), number > 5, "{number}");
            assert_eq!(story.refused(Phase::Rcpt, &format!("550 relay not permitted for {number}")), [0; 0]);
        }
        assert!(story.suspicion.is_confirmed() && !story.suspicion.is_probing());
        assert_eq!(story.suspicion.conclude().1.len(), 10);
    }

    #[test]
    fn an_accepted_message_or_another_reply_clears_the_suspects() {
        for count in [1, 4, 5, 9] {
            let mut story = Story::new();
            (0..count).for_each(|_| drop(story.refused(Phase::Rcpt, "550 no")));
            assert_eq!(story.accepted().len(), count);
            assert!(!story.suspicion.is_probing());
            (0..count).for_each(|_| drop(story.refused(Phase::Rcpt, "550 no")));
            assert_eq!(story.refused(Phase::Rcpt, "550 never heard of").len(), count);
            assert!(!story.suspicion.is_probing());
        }
    }

    #[test]
    fn at_most_five_probes_are_in_flight_and_lost_ones_are_replaced() {
        let mut story = Story::new();
        (0..5).for_each(|_| drop(story.refused(Phase::Rcpt, "550 no")));
        for number in 1..=5 {
            assert_eq!(story.suspicion.wants_probe(), Some(number));
            story.suspicion.start_probe(MessageId(100 + i64::from(number)));
        }
        assert_eq!((story.suspicion.wants_probe(), story.suspicion.is_probing()), (None, true));
        story.suspicion.forget_probe(MessageId(101));
        assert_eq!(story.suspicion.wants_probe(), Some(5));
    }

    #[test]
    fn messages_in_flight_before_the_probes_do_not_count_as_probes() {
        let mut story = Story::new();
        (0..5).for_each(|_| drop(story.refused(Phase::Rcpt, "550 no")));
        for number in 1..=5 {
            story.suspicion.start_probe(MessageId(100 + number));
        }
        (0..30).for_each(|_| drop(story.refused(Phase::Rcpt, "550 no")));
        assert!(!story.suspicion.is_confirmed() && story.suspicion.is_confirmed_by_all());
    }

    #[test]
    fn a_refusal_that_is_never_about_a_recipient_needs_one_other_message() {
        let mut story = Story::new();
        story.refused(Phase::Mail, "550 5.7.1 sender refused");
        assert!(!story.suspicion.is_confirmed() && story.suspicion.is_about_the_sender());
        story.refused(Phase::Mail, "550 5.7.1 sender refused");
        assert!(story.suspicion.is_confirmed());
        let mut story = Story::new();
        story.refused(Phase::Mail, "555 5.5.4 Unsupported option: SMTPUTF8");
        assert!(!story.suspicion.is_about_the_sender(), "it is about this mail");
        // The next message gets as far as RCPT.
        assert_eq!(story.suspicion.answered(Phase::Mail, 1), []);
        assert_eq!(story.suspicion.answered(Phase::Rcpt, 1).len(), 1);
    }

    #[test]
    fn a_message_announced_before_a_refusal_shows_nothing_about_it() {
        let mut story = Story::new();
        for number in 1..=10 {
            assert_eq!(story.refused(Phase::Rcpt, "550 quota exceeded"), [0; 0]);
            // Messages whose recipients it had accepted before are finally accepted.
            assert_eq!(story.suspicion.accepted(0), []);
            assert_eq!(story.suspicion.is_probing(), (5..10).contains(&number), "{number}");
        }
        assert!(story.suspicion.is_confirmed());
        // A message that was announced in between clears the refusals before it.
        let mut story = Story::new();
        (0..7).for_each(|_| drop(story.refused(Phase::Rcpt, "550 no")));
        assert_eq!(story.suspicion.accepted(3).len(), 3);
        assert!(!story.suspicion.is_probing());
        assert_eq!(story.accepted().len(), 4);
    }

    #[test]
    fn at_the_end_an_accepted_message_clears_all_suspects() {
        let mut story = Story::new();
        (0..7).for_each(|_| drop(story.refused(Phase::Rcpt, "550 no")));
        assert!(story.suspicion.is_confirmed_by_all());
        assert_eq!(story.suspicion.accepted(0), []);
        assert!(!story.suspicion.is_confirmed_by_all());
    }

    #[test]
    fn a_different_refusal_of_an_earlier_message_is_its_own_and_keeps_the_suspicion() {
        let mut story = Story::new();
        (0..4).for_each(|_| drop(story.refused(Phase::Rcpt, "550 quota exceeded")));
        assert_eq!(story.refused_of(0, Phase::Rcpt, "550 no such user"), [5]);
        assert_eq!(story.refused(Phase::Rcpt, "550 quota exceeded"), [0; 0]);
        assert!(story.suspicion.is_probing());
        // A refusal that is never about a recipient remains one.
        assert_eq!(story.refused_of(0, Phase::Rcpt, "504 helo").len(), 5);
        assert!(story.suspicion.is_about_the_sender());
    }
}
