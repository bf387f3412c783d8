//! Whom refusals are about, learned from the replies: the same answer to everybody is about this program and burns nobody.
//!
//! Five refusals in a row over all connections, the same but for addresses, numbers and ids, with nothing accepted in between,
//! are suspicious. Then five other messages are sent as probes, from places all over the queue and to other domains where there
//! are any. One that is accepted or answered otherwise shows that the refusals were the recipients' own; if all are answered the
//! same, it is the program that is refused. A refusal that is never about a recipient ([`About::Sender`]) needs one other
//! message.

use std::collections::HashSet;

use jiff::Timestamp;

use crate::domain::message::MessageId;
use crate::domain::relay::Phase;
use crate::domain::reply::About;
use crate::domain::reply::RelayReply;

/// So many refusals in a row are suspicious.
const SUSPICIOUS: usize = 5;
/// So many probes that are answered the same confirm it.
pub(super) const PROBES: u32 = 5;
/// So many messages confirm a refusal that is never about a recipient.
const CONFIRMED_AT_ONCE: usize = 2;

/// A refused message of which it is not known yet whether the refusal is its own. In the store it is deferred.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Suspect {
    pub(super) id: MessageId,
    /// Since when its lifetime counted before this try.
    pub(super) lifetime_from: Option<Timestamp>,
    /// It was refused permanently, and fails if that was its own.
    pub(super) is_permanent: bool,
}

/// The refusals since the last message that was accepted or answered otherwise.
#[derive(Debug, Default)]
pub(super) struct Suspicion {
    reply: Option<(RelayReply, String)>,
    suspects: Vec<Suspect>,
    domains: Vec<String>,
    /// The probes in flight.
    probes: HashSet<MessageId>,
    /// How many were begun, and how many of them were answered the same.
    begun: u32,
    same: u32,
    /// A slower pace is tried instead of probes.
    is_paced: bool,
}

impl Suspicion {
    /// Another message was accepted: gives those whose refusals were their own.
    pub(super) fn accepted(&mut self) -> Vec<Suspect> {
        std::mem::take(self).suspects
    }

    /// Another message got a reply in this phase that says nothing of this program: where the suspects got no further than the
    /// phase before, theirs were their own.
    pub(super) fn answered(&mut self, phase: Phase) -> Vec<Suspect> {
        match &self.reply {
            Some((reply, _)) if reply.phase < phase => self.accepted(),
            _ => Vec::new(),
        }
    }

    /// Another refusal. Gives those before it whose refusals were their own, because this one is another.
    pub(super) fn refused(
        &mut self,
        suspect: Suspect,
        domain: &str,
        reply: RelayReply,
        words: String,
        is_paced: bool,
    ) -> Vec<Suspect> {
        let is_same = self.reply.as_ref().is_some_and(|(known, _)| known.is_same(&reply));
        let is_probe = self.probes.remove(&suspect.id);
        let cleared = if is_same { Vec::new() } else { self.accepted() };
        self.same += u32::from(is_same && is_probe);
        self.is_paced |= is_paced;
        self.reply = Some((reply, words));
        self.suspects.push(suspect);
        if !self.domains.iter().any(|known| known == domain) {
            self.domains.push(domain.to_owned());
        }
        cleared
    }

    /// A message ended without an answer of the relay that says anything.
    pub(super) fn forget_probe(&mut self, id: MessageId) {
        if self.probes.remove(&id) {
            self.begun -= 1;
        }
    }

    fn is_never_a_recipients(&self) -> bool {
        self.reply.as_ref().is_some_and(|(reply, _)| reply.about() == About::Sender)
    }

    /// Whether only probes are sent now.
    pub(super) fn is_probing(&self) -> bool {
        !self.is_paced && !self.is_never_a_recipients() && self.suspects.len() >= SUSPICIOUS && !self.is_confirmed()
    }

    /// The number of the next probe, from 1, if another one is to be sent.
    pub(super) fn wants_probe(&self) -> Option<u32> {
        (self.is_probing() && self.begun < PROBES).then_some(self.begun + 1)
    }

    pub(super) fn begin_probe(&mut self, id: MessageId) {
        self.begun += 1;
        self.probes.insert(id);
    }

    /// The domains of those that were refused.
    pub(super) fn domains(&self) -> &[String] {
        &self.domains
    }

    /// Whether it is the program that is refused.
    pub(super) fn is_confirmed(&self) -> bool {
        match self.is_never_a_recipients() {
            true => self.suspects.len() >= CONFIRMED_AT_ONCE,
            false => !self.is_paced && self.same >= PROBES,
        }
    }

    /// The same once nothing is left to be sent as a probe. With few messages each is on its own.
    pub(super) fn is_confirmed_by_all(&self) -> bool {
        self.is_confirmed() || !self.is_never_a_recipients() && self.suspects.len() >= SUSPICIOUS
    }

    /// Whether the one suspect met a refusal that is never a recipient's, nor about its own mail.
    pub(super) fn is_about_the_sender(&self) -> bool {
        let is_about_the_mail = self.reply.as_ref().is_some_and(|(reply, _)| reply.is_about_the_mail());
        self.is_never_a_recipients() && !is_about_the_mail
    }

    /// The refusal that is suspected.
    pub(super) fn reply(&self) -> Option<&RelayReply> {
        self.reply.as_ref().map(|(reply, _)| reply)
    }

    /// The refusal and its words, if there is one, and whoever met it. Begins anew.
    pub(super) fn conclude(&mut self) -> (Option<(RelayReply, String)>, Vec<Suspect>) {
        let concluded = std::mem::take(self);
        (concluded.reply, concluded.suspects)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::email_address::EmailAddress;
    use crate::domain::reply::Status;

    struct Story {
        suspicion: Suspicion,
        next: i64,
    }

    impl Story {
        fn new() -> Self {
            Self { suspicion: Suspicion::default(), next: 0 }
        }

        /// Another message is refused; the numbers of those whose refusals were their own.
        fn refused(&mut self, phase: Phase, text: &str) -> Vec<i64> {
            self.next += 1;
            let id = MessageId(self.next);
            if self.suspicion.wants_probe().is_some() {
                self.suspicion.begin_probe(id);
            }
            let recipient = EmailAddress::stored(format!("user{}@example.com", self.next));
            let (code, words) = text.split_once(' ').unwrap();
            let code = code.parse().unwrap();
            let reply = RelayReply::new(phase, code, Status::at_start(words), words, &recipient);
            let suspect = Suspect { id, lifetime_from: None, is_permanent: code >= 500 };
            let cleared = self.suspicion.refused(suspect, "example.com", reply, text.to_owned(), false);
            cleared.into_iter().map(|suspect| suspect.id.0).collect()
        }
    }

    #[test]
    fn five_and_five_that_are_answered_the_same_are_about_us() {
        let mut story = Story::new();
        for number in 1..=10 {
            assert_eq!(story.suspicion.is_probing(), number > 5, "{number}");
            assert_eq!(story.refused(Phase::Rcpt, &format!("550 relay not permitted for {number}")), [0; 0]);
        }
        assert!(story.suspicion.is_confirmed() && !story.suspicion.is_probing());
        assert_eq!(story.suspicion.conclude().1.len(), 10);
    }

    #[test]
    fn one_that_is_accepted_or_answered_otherwise_clears_the_others() {
        for count in [1, 4, 5, 9] {
            let mut story = Story::new();
            (0..count).for_each(|_| drop(story.refused(Phase::Rcpt, "550 no")));
            assert_eq!(story.suspicion.accepted().len(), count);
            assert!(!story.suspicion.is_probing());
            (0..count).for_each(|_| drop(story.refused(Phase::Rcpt, "550 no")));
            assert_eq!(story.refused(Phase::Rcpt, "550 never heard of").len(), count);
            assert!(!story.suspicion.is_probing());
        }
    }

    #[test]
    fn no_more_than_five_probes_are_out_and_those_that_did_not_get_through_are_replaced() {
        let mut story = Story::new();
        (0..5).for_each(|_| drop(story.refused(Phase::Rcpt, "550 no")));
        for number in 1..=5 {
            assert_eq!(story.suspicion.wants_probe(), Some(number));
            story.suspicion.begin_probe(MessageId(100 + i64::from(number)));
        }
        assert_eq!((story.suspicion.wants_probe(), story.suspicion.is_probing()), (None, true));
        story.suspicion.forget_probe(MessageId(101));
        assert_eq!(story.suspicion.wants_probe(), Some(5));
    }

    #[test]
    fn what_was_under_way_before_the_probes_counts_for_none_of_them() {
        let mut story = Story::new();
        (0..5).for_each(|_| drop(story.refused(Phase::Rcpt, "550 no")));
        for number in 1..=5 {
            story.suspicion.begin_probe(MessageId(100 + number));
        }
        (0..30).for_each(|_| drop(story.refused(Phase::Rcpt, "550 no")));
        assert!(!story.suspicion.is_confirmed() && story.suspicion.is_confirmed_by_all());
    }

    #[test]
    fn a_refusal_that_is_never_a_recipients_needs_one_other_message() {
        let mut story = Story::new();
        story.refused(Phase::Mail, "550 5.7.1 sender refused");
        assert!(!story.suspicion.is_confirmed() && story.suspicion.is_about_the_sender());
        story.refused(Phase::Mail, "550 5.7.1 sender refused");
        assert!(story.suspicion.is_confirmed());
        let mut story = Story::new();
        story.refused(Phase::Mail, "555 5.5.4 Unsupported option: SMTPUTF8");
        assert!(!story.suspicion.is_about_the_sender(), "it is about this mail");
        // The next one gets as far as RCPT.
        assert_eq!(story.suspicion.answered(Phase::Mail), []);
        assert_eq!(story.suspicion.answered(Phase::Rcpt).len(), 1);
    }
}
