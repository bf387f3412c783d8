//! How many connections are open: fewer for a while when the relay does not take as many.

/// After so many mails that the relay took, one connection more is tried; the more often it was refused, the later.
const STEP: (u32, u32) = (50, 6_400);

/// The number of connections of a run.
#[derive(Debug)]
pub(super) struct Connections {
    most: usize,
    allowed: usize,
    taken: u32,
    step: u32,
}

impl Connections {
    /// As many as the order says.
    pub(super) fn new(most: usize) -> Self {
        Self { most, allowed: most, taken: 0, step: STEP.0 }
    }

    /// How many may be open now, at least one.
    pub(super) fn allowed(&self) -> usize {
        self.allowed
    }

    /// The relay takes no more than so many. Whether that is less than before.
    pub(super) fn lower(&mut self, to: usize) -> bool {
        let to = to.max(1);
        if to >= self.allowed {
            return false;
        }
        (self.allowed, self.taken) = (to, 0);
        self.step = (self.step * 2).min(STEP.1);
        true
    }

    /// The relay accepted a mail.
    pub(super) fn taken(&mut self) {
        if self.allowed == self.most {
            return;
        }
        self.taken += 1;
        if self.taken >= self.step {
            (self.allowed, self.taken) = (self.allowed + 1, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_lowered_to_one_at_least_and_come_back_one_by_one() {
        let mut connections = Connections::new(4);
        assert!(connections.lower(2) && !connections.lower(2) && !connections.lower(3));
        (0..99).for_each(|_| connections.taken());
        assert_eq!(connections.allowed(), 2);
        connections.taken();
        assert_eq!(connections.allowed(), 3);
        assert!(connections.lower(0));
        assert_eq!(connections.allowed(), 1);
        (0..100_000).for_each(|_| connections.taken());
        assert_eq!(connections.allowed(), 4);
    }

    #[test]
    fn a_connection_that_is_refused_again_and_again_is_tried_less_and_less() {
        let mut connections = Connections::new(3);
        let mut tries = 0;
        connections.lower(2);
        for _ in 0..100_000 {
            connections.taken();
            if connections.allowed() == 3 {
                tries += 1;
                connections.lower(2);
            }
        }
        assert!((15..30).contains(&tries), "{tries}");
    }
}
