//! The accounts in the `/etc/passwd` of a server.

/// The account that owns all mailboxes.
pub(crate) const MAILBOXES: &str = "mailboxes";

/// An account with a group of the same name and id.
pub(crate) struct Account {
    name: String,
    pub(crate) id: u32,
    home: String,
}

impl Account {
    /// One of root, nobody, the mailboxes and the servers' own accounts.
    pub(crate) fn of(name: &str) -> Self {
        let id = match name {
            "root" => 0,
            MAILBOXES => 61_002,
            "Debian-exim" => 61_003,
            "opensmtpd" => 61_004,
            "opensmtpq" => 61_005,
            "nobody" => 65_534,
            other => panic!("no account: {other}"),
        };
        Self { name: name.to_owned(), id, home: "/nonexistent".to_owned() }
    }

    /// A user with a mailbox.
    pub(crate) fn of_user(number: usize) -> Self {
        let name = format!("user{number}");
        Self { home: format!("/var/mail/{name}"), name, ..Self::of(MAILBOXES) }
    }

    /// The line in `/etc/passwd`.
    pub(crate) fn passwd(&self) -> String {
        let Self { name, id, home } = self;
        format!("{name}:x:{id}:{id}::{home}:/bin/sh\n")
    }

    /// The line in `/etc/group`.
    pub(crate) fn group(&self) -> String {
        format!("{}:x:{}:\n", self.name, self.id)
    }
}
