//! Sending by the program to a server, and what its store says of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::program::Program;
use crate::server::DOMAIN;
use crate::server::Server;
use crate::support::said;
use crate::world::is_long;

/// So many, or 2,000 with `--long`.
pub(crate) fn many(few: usize) -> usize {
    if is_long() { 2_000 } else { few }
}

/// The address of a user whom the servers know.
pub(crate) fn user(number: usize) -> String {
    format!("user{number}@{DOMAIN}")
}

/// A run of the command that sends a reset to everybody.
pub(crate) struct Sent {
    program: Program,
    /// Its exit code.
    pub(crate) status: i32,
    /// All that it has written.
    pub(crate) said: String,
}

impl Sent {
    /// Sends to these addresses by a server, with further lines in `[mail.smtp]`.
    pub(crate) fn to(server: &Server, settings: &str, addresses: impl Iterator<Item = String>) -> Self {
        let program = Program::new(&(server.config() + settings));
        let mut rows = "email\n".to_owned();
        addresses.for_each(|address| writeln!(rows, "{address}").unwrap());
        program.does(&["users", "import", "-"], &rows);
        // However many fail, all are tried.
        let arguments = ["users", "send-reset", "--all", "--key", "all", "--max-failures", "100%", "--yes"];
        let output = program.run(&arguments, "");
        Self { program, status: output.status.code().unwrap(), said: said(&output) }
    }

    /// The same job again, before the relay's hold is over.
    pub(crate) fn again(self) -> Self {
        let output = self.program.run(&["jobs", "run", "--now"], "");
        Self { program: self.program, status: output.status.code().unwrap(), said: said(&output) }
    }

    /// How many messages are in a state.
    pub(crate) fn count(&self, state: &str) -> usize {
        self.count_where(&format!("state = '{state}'"))
    }

    /// How many messages the store has of which this is true.
    pub(crate) fn count_where(&self, condition: &str) -> usize {
        self.number(&format!("SELECT count(*) FROM messages WHERE {condition}"))
    }

    /// One number from the store.
    pub(crate) fn number(&self, sql: &str) -> usize {
        self.program.count(sql).try_into().unwrap()
    }

    /// Nobody is burnt: as many as these wait, without an attempt, and the reply of those that were tried is known.
    pub(crate) fn assert_given_back(&self, count: usize, reply: &str) {
        assert_eq!(self.status, 69, "{}", self.said);
        assert!(
            self.said.contains("the relay refuses all mail from here") && self.said.contains(reply),
            "{}",
            self.said
        );
        assert_eq!(self.count_where("state = 'queued' AND attempts = 0"), count, "{}", self.said);
        let tried = self.count_where(&format!("state = 'queued' AND reply LIKE '{reply}%'"));
        // Five and five, and what the connections had in flight.
        assert!((10..=18).contains(&tried), "{tried} were tried: {}", self.said);
        assert_eq!(self.count("failed") + self.count("deferred"), 0, "{}", self.said);
    }
}

/// The server has one mail for each of the first users, and no other.
pub(crate) fn assert_each_once(counts: &BTreeMap<String, usize>, users: usize) {
    let expected: BTreeMap<String, usize> = (0..users).map(|number| (user(number), 1)).collect();
    assert!(*counts == expected, "{} of {users} have mail: {counts:?}", counts.len());
}
