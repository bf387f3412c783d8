//! The number of open connections, which is lowered for a while when the relay accepts fewer.

/// One connection more is tried after this many accepted mails; the second number bounds the count, which doubles
/// each time the relay refuses a connection.
const STEP: (u32, u32) = (50, 6_400);

/// The number of connections of a run.
#[derive(Debug)]
pub(super) struct Connections {
    most: usize,
    allowed: usize,
    accepted: u32,
    step: u32,
}

impl Connections {
    /// The run's highest number of connections, all allowed at first.
    pub(super) fn new(most: usize) -> Self {
        Self { most, allowed: most, accepted: 0, step: STEP.0 }
    }

    /// Number of connections that may be open now, at least one.
    pub(super) fn allowed(&self) -> usize {
        self.allowed
    }

    /// Lowers the number to what the relay accepts. Returns whether that is less than before.
    pub(super) fn lower(&mut self, to: usize) -> bool {
        let to = to.max(1);
        if to >= self.allowed {
            return false;
        }
        (self.allowed, self.accepted) = (to, 0);
        self.step = (self.step * 2).min(STEP.1);
        true
    }

    /// Notes that the relay accepted a mail.
    pub(super) fn note_accepted(&mut self) {
        if self.allowed == self.most {
            return;
        }
        self.accepted += 1;
        if self.accepted >= self.step {
            (self.allowed, self.accepted) = (self.allowed + 1, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_falls_to_one_at_least_and_recovers_one_by_one() {
        let mut connections = Connections::new(4);
        assert!(connections.lower(2) && !connections.lower(2) && !connections.lower(3));
        (0..99).for_each(|_| connections.note_accepted());
        assert_eq!(connections.allowed(), 2);
        connections.note_accepted();
        assert_eq!(connections.allowed(), 3);
        assert!(connections.lower(0));
        assert_eq!(connections.allowed(), 1);
        (0..100_000).for_each(|_| connections.note_accepted());
        assert_eq!(connections.allowed(), 4);
    }

    #[test]
    fn a_connection_that_is_refused_repeatedly_is_tried_less_often() {
        let mut connections = Connections::new(3);
        let mut tries = 0;
        connections.lower(2);
        for _ in 0..100_000 {
            connections.note_accepted();
            if connections.allowed() == 3 {
                tries += 1;
                connections.lower(2);
            }
        }
        assert!((15..30).contains(&tries), "{tries}");
    }
}
