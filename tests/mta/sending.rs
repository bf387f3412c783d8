//! Sends mails to a server with the program, and reads the results from its store.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::program::Program;
use crate::server::DOMAIN;
use crate::server::Server;
use crate::support::said;
use crate::world::is_long;

/// This number, or 2,000 with `--long`.
pub(crate) fn many(few: usize) -> usize {
    if is_long() { 2_000 } else { few }
}

/// The address of a user whom the servers know.
pub(crate) fn user(number: usize) -> String {
    format!("user{number}@{DOMAIN}")
}

/// A run of the command that sends a reset to every user.
pub(crate) struct Sent {
    program: Program,
    /// The exit code.
    pub(crate) status: i32,
    /// All its output.
    pub(crate) output: String,
}

impl Sent {
    /// Sends to these addresses through a server, with additional lines in `[mail.smtp]`.
    pub(crate) fn to(server: &Server, settings: &str, addresses: impl Iterator<Item = String>) -> Self {
        let program = Program::new(&(server.config() + settings));
        let mut rows = "email\n".to_owned();
        addresses.for_each(|address| writeln!(rows, "{address}").unwrap());
        program.does(&["users", "import", "-"], &rows);
        // All are tried, however many fail.
        let arguments = ["users", "send-reset", "--all", "--key", "all", "--max-failures", "100%", "--yes"];
        let result = program.run(&arguments, "");
        Self { program, status: result.status.code().unwrap(), output: said(&result) }
    }

    /// Runs the same job again, before the relay's hold is over.
    pub(crate) fn again(self) -> Self {
        let output = self.program.run(&["jobs", "run", "--now"], "");
        Self { program: self.program, status: output.status.code().unwrap(), output: said(&output) }
    }

    /// Number of messages in a state.
    pub(crate) fn count(&self, state: &str) -> usize {
        self.count_where(&format!("state = '{state}'"))
    }

    /// Number of messages in the store for which `condition` is true.
    pub(crate) fn count_where(&self, condition: &str) -> usize {
        self.number(&format!("SELECT count(*) FROM messages WHERE {condition}"))
    }

    /// A number from the store.
    pub(crate) fn number(&self, sql: &str) -> usize {
        self.program.count(sql).try_into().unwrap()
    }

    /// Checks that nobody failed: this many messages wait without an attempt, and those that were tried have the
    /// reply.
    pub(crate) fn assert_given_back(&self, count: usize, reply: &str) {
        assert_eq!(self.status, 69, "{}", self.output);
        assert!(
            self.output.contains("the relay refuses all mail from here") && self.output.contains(reply),
            "{}",
            self.output
        );
        assert_eq!(self.count_where("state = 'queued' AND attempts = 0"), count, "{}", self.output);
        let tried = self.count_where(&format!("state = 'queued' AND reply LIKE '{reply}%'"));
        // Five and five probes, and the messages that the connections had in flight.
        assert!((10..=18).contains(&tried), "{tried} were tried: {}", self.output);
        assert_eq!(self.count("failed") + self.count("deferred"), 0, "{}", self.output);
    }
}

/// Checks that the server has one mail for each of the first users, and no other.
pub(crate) fn assert_each_once(counts: &BTreeMap<String, usize>, users: usize) {
    let expected: BTreeMap<String, usize> = (0..users).map(|number| (user(number), 1)).collect();
    assert!(*counts == expected, "{} of {users} have mail: {counts:?}", counts.len());
}
