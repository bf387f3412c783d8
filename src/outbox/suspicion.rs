//! Whom refusals are about, learned from the replies: the same answer to everybody is about this program and burns nobody.
//!
//! Five refusals in a row over all connections, the same but for addresses, numbers and ids, with nothing accepted in between,
//! are suspicious. Then five other messages are sent as probes, from places all over the queue and to other domains where there
//! are any. One that is accepted or answered otherwise shows that the refusals were the recipients' own; if all are answered the
//! same, it is the program that is refused. A refusal that is never about a recipient ([`RefusalSubject::Sender`]) needs one other
//! message.
//!
//! Over several connections "in between" is a matter of when a message was announced, and not of when its reply came: see
//! [`Suspicion::known`].

use std::collections::HashSet;

use jiff::Timestamp;

use crate::domain::message::MessageId;
use crate::domain::relay::Phase;
use crate::domain::reply::RefusalSubject;
use crate::domain::reply::RelayReply;
use crate::domain::reply::Throttle;

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

/// A suspect, and the number of its refusal among all of the run.
#[derive(Debug)]
struct Refused {
    suspect: Suspect,
    number: u64,
    is_probe: bool,
}

/// The refusals since the last message that was accepted or answered otherwise.
#[derive(Debug, Default)]
pub(super) struct Suspicion {
    reply: Option<(RelayReply, String)>,
    suspects: Vec<Refused>,
    domains: Vec<String>,
    /// The probes in flight.
    probes: HashSet<MessageId>,
    /// How many were begun, and how many of them were answered the same.
    begun: u32,
    same: u32,
    /// A slower pace is tried instead of probes.
    is_paced: bool,
    /// A message was accepted that had been announced before these refusals were known.
    is_mixed: bool,
    /// How many refusals there were in the run.
    refusals: u64,
}

impl Suspicion {
    /// How many refusals are known. With it a message is announced: what becomes of that message says something of these
    /// refusals alone. A relay that has accepted its recipient may refuse everybody a moment later, when a quota is used up,
    /// and say 250 to its content after that.
    pub(super) fn known(&self) -> u64 {
        self.refusals
    }

    /// Another message was accepted that was announced when so many refusals were known: gives those whose refusals were
    /// their own.
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
            // The relay takes mail, and wants less of it.
            let wants_less = |reply: &RelayReply| !reply.is_permanent() && reply.throttle() != Throttle::No;
            self.is_paced |= self.reply().is_some_and(wants_less);
            self.same = self.suspects.iter().map(|refused| u32::from(refused.is_probe)).sum();
            self.begun = self.same + self.probes.len() as u32;
        }
        cleared
    }

    /// Another message got a reply in this phase that says nothing of this program: where the suspects got no further than the
    /// phase before, theirs were their own. `known` as for [`Suspicion::accepted`].
    pub(super) fn answered(&mut self, phase: Phase, known: u64) -> Vec<Suspect> {
        match &self.reply {
            Some((reply, _)) if reply.phase < phase => self.accepted(known),
            _ => Vec::new(),
        }
    }

    /// Another refusal, with `known` as for [`Suspicion::accepted`]. Gives those whose refusals were their own, because they
    /// differ.
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
            // It was announced before all that are left, and they say nothing of it.
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

    /// A message ended without an answer of the relay that says anything.
    pub(super) fn forget_probe(&mut self, id: MessageId) {
        if self.probes.remove(&id) {
            self.begun -= 1;
        }
    }

    fn is_never_a_recipients(&self) -> bool {
        self.reply.as_ref().is_some_and(|(reply, _)| reply.about() == RefusalSubject::Sender)
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

    /// The same once nothing is left to be sent as a probe. With few messages each is on its own, and also where another one was
    /// accepted meanwhile.
    pub(super) fn is_confirmed_by_all(&self) -> bool {
        self.is_confirmed() || !self.is_never_a_recipients() && !self.is_mixed && self.suspects.len() >= SUSPICIOUS
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

    /// The refusal and its words, if there is one, and the messages that met it. Begins anew.
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
    fn refusals_for_now_that_overtake_what_is_accepted_are_a_matter_of_the_pace() {
        let mut story = Story::new();
        let known = story.suspicion.known();
        for _ in 0..6 {
            story.refused_of(known, Phase::Rcpt, "451 too many mails");
        }
        assert!(story.suspicion.is_probing());
        // It was announced before, and its content was taken after the others were refused.
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

        /// Another message is refused; the numbers of those whose refusals were their own.
        fn refused(&mut self, phase: Phase, text: &str) -> Vec<i64> {
            self.refused_of(self.suspicion.known(), phase, text)
        }

        /// The same for one that was announced when so many refusals were known.
        fn refused_of(&mut self, known: u64, phase: Phase, text: &str) -> Vec<i64> {
            self.next += 1;
            let id = MessageId(self.next);
            if self.suspicion.wants_probe().is_some() {
                self.suspicion.begin_probe(id);
            }
            let recipient = EmailAddress::stored(format!("user{}@example.com", self.next));
            let (code, words) = text.split_once(' ').unwrap();
            let code = code.parse().unwrap();
            let reply = RelayReply::new(phase, code, EnhancedStatus::at_start(words), words, &recipient);
            let suspect = Suspect { id, lifetime_from: None, is_permanent: code >= 500 };
            let cleared = self.suspicion.refused(suspect, known, "example.com", reply, text.to_owned(), false);
            cleared.into_iter().map(|suspect| suspect.id.0).collect()
        }

        /// Another message is accepted that was announced now.
        fn accepted(&mut self) -> Vec<Suspect> {
            self.suspicion.accepted(self.suspicion.known())
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
            assert_eq!(story.accepted().len(), count);
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
        assert_eq!(story.suspicion.answered(Phase::Mail, 1), []);
        assert_eq!(story.suspicion.answered(Phase::Rcpt, 1).len(), 1);
    }

    #[test]
    fn what_was_announced_before_a_refusal_says_nothing_of_it() {
        let mut story = Story::new();
        for number in 1..=10 {
            assert_eq!(story.refused(Phase::Rcpt, "550 quota exceeded"), [0; 0]);
            // Those that the relay had let in before it are accepted at last.
            assert_eq!(story.suspicion.accepted(0), []);
            assert_eq!(story.suspicion.is_probing(), (5..10).contains(&number), "{number}");
        }
        assert!(story.suspicion.is_confirmed());
        // One that was announced in between clears those before it.
        let mut story = Story::new();
        (0..7).for_each(|_| drop(story.refused(Phase::Rcpt, "550 no")));
        assert_eq!(story.suspicion.accepted(3).len(), 3);
        assert!(!story.suspicion.is_probing());
        assert_eq!(story.accepted().len(), 4);
    }

    #[test]
    fn at_the_end_what_was_accepted_meanwhile_clears_all() {
        let mut story = Story::new();
        (0..7).for_each(|_| drop(story.refused(Phase::Rcpt, "550 no")));
        assert!(story.suspicion.is_confirmed_by_all());
        assert_eq!(story.suspicion.accepted(0), []);
        assert!(!story.suspicion.is_confirmed_by_all());
    }

    #[test]
    fn another_refusal_that_was_announced_before_is_its_own_and_leaves_the_suspicion() {
        let mut story = Story::new();
        (0..4).for_each(|_| drop(story.refused(Phase::Rcpt, "550 quota exceeded")));
        assert_eq!(story.refused_of(0, Phase::Rcpt, "550 no such user"), [5]);
        assert_eq!(story.refused(Phase::Rcpt, "550 quota exceeded"), [0; 0]);
        assert!(story.suspicion.is_probing());
        // But one that is never a recipient's is no recipient's.
        assert_eq!(story.refused_of(0, Phase::Rcpt, "504 helo").len(), 5);
        assert!(story.suspicion.is_about_the_sender());
    }
}
