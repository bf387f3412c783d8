//! Mails in doubt in a row. A relay that hangs up after the final dot, or answers it with what is no reply, may have every mail or none;
//! if it does so with all, sending more would only be sending more copies.

/// So many in a row are suspicious: from then on one mail at a time is sent, and nothing else, until the relay answers it.
const SUSPICIOUS: u32 = 5;

/// The mails in doubt since the relay last answered the end of a mail.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    in_row: u32,
    /// The words of the last one in this run.
    words: Option<String>,
}

impl Doubts {
    /// The relay had confirmed nothing at the end of an earlier run: the first mail of this run shows whether it does now.
    pub(super) fn suspect(&mut self) {
        self.in_row = SUSPICIOUS;
    }

    /// How many are known. A mail that starts when they are suspicious is the probe.
    pub(super) fn known(&self) -> u32 {
        self.in_row
    }

    /// The relay answered the end of a mail.
    pub(super) fn answered(&mut self) {
        *self = Self::default();
    }

    /// Another mail is in doubt, which was started when so many were known. Whether it was the probe, so that the relay answers none.
    pub(super) fn in_doubt(&mut self, known: u32, words: &str) -> bool {
        self.in_row = self.in_row.saturating_add(1);
        self.words = Some(words.to_owned());
        known >= SUSPICIOUS
    }

    /// Whether only one mail at a time is sent now.
    pub(super) fn is_probing(&self) -> bool {
        self.in_row >= SUSPICIOUS
    }

    /// The words, if this run has met as many as are suspicious, or the one that shows that nothing has changed.
    pub(super) fn suspicious(&self) -> Option<&str> {
        self.words.as_deref().filter(|_| self.is_probing())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_in_a_row_and_one_that_was_sent_alone_are_all() {
        let mut doubts = Doubts::default();
        for _ in 0..5 {
            assert!(!doubts.is_probing() && doubts.suspicious().is_none());
            assert!(!doubts.in_doubt(doubts.known(), "closed"));
        }
        assert!(doubts.is_probing());
        // Those that were under way before are no probes.
        assert!(!doubts.in_doubt(0, "closed") && !doubts.in_doubt(4, "closed"));
        assert_eq!(doubts.suspicious(), Some("closed"));
        assert!(doubts.in_doubt(doubts.known(), "closed"));
    }

    #[test]
    fn one_that_is_answered_clears_the_row() {
        let mut doubts = Doubts::default();
        for _ in 0..3 {
            for _ in 0..4 {
                assert!(!doubts.in_doubt(doubts.known(), "closed"));
            }
            doubts.answered();
            assert!(!doubts.is_probing());
        }
    }

    #[test]
    fn after_a_run_that_ended_so_the_first_mail_is_the_probe() {
        let mut doubts = Doubts::default();
        doubts.suspect();
        assert!(doubts.is_probing() && doubts.suspicious().is_none(), "nothing was sent yet");
        assert!(doubts.in_doubt(doubts.known(), "closed"));
        let mut doubts = Doubts::default();
        doubts.suspect();
        doubts.answered();
        assert!(!doubts.is_probing());
    }
}
