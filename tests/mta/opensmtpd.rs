//! An OpenSMTPD for one test, with the configuration of Debian's package or its own, which delivers to maildirs.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;
use std::time::Instant;

use crate::account::MAILBOXES;
use crate::server::DOMAIN;
use crate::server::Kind;
use crate::server::Server;
use crate::support::DEADLINE;

const KIND: Kind = Kind {
    package: "opensmtpd",
    program: "usr/sbin/smtpd",
    arguments: &["-d", "-v"],
    programs: Some("usr/libexec"),
    accounts: &["opensmtpd", "opensmtpq"],
    config: "etc/smtpd.conf",
    directories: &[
        ("var/run", None),
        ("var/tmp", None),
        ("var/lib", None),
        ("var/lib/opensmtpd", None),
        ("var/lib/opensmtpd/empty", None),
        ("var/spool", None),
        ("var/spool/smtpd", None),
        ("var/mail", Some(MAILBOXES)),
    ],
};

/// The line of the package's configuration that defines where it listens.
const LISTEN: &str = "listen on localhost\n";

/// Whether OpenSMTPD can be started here; see [`Kind::can_start`].
pub(crate) fn can_opensmtpd() -> bool {
    KIND.can_start()
}

/// The configuration of the package.
pub(crate) fn shipped() -> String {
    fs::read_to_string(KIND.unpacked().join("etc/smtpd.conf")).unwrap()
}

pub(crate) struct OpenSmtpd {
    pub(crate) server: Server,
}

impl OpenSmtpd {
    /// Starts a server with this many users, with a configuration that listens like the package's; only the port
    /// differs.
    pub(crate) fn start(users: usize, config: &str) -> Self {
        assert!(config.contains(LISTEN), "{config}");
        let server = Server::start(&KIND, users, |port, name| {
            config.replace(LISTEN, &format!("listen on 127.0.0.1 port {port} hostname {name}\n"))
        });
        Self { server }
    }

    /// The number of mails for each address, after the queue has become empty.
    pub(crate) fn counts(&self) -> BTreeMap<String, usize> {
        let (mut counts, mut changed) = (self.delivered(), Instant::now());
        while !self.is_queue_empty() {
            std::thread::sleep(Duration::from_millis(20));
            let now = self.delivered();
            if now != counts {
                (counts, changed) = (now, Instant::now());
            }
            assert!(changed.elapsed() < DEADLINE, "the queue has not become empty:\n{}", self.server.said());
        }
        self.delivered()
    }

    fn is_queue_empty(&self) -> bool {
        ["queue", "incoming"].iter().all(|queue| {
            let queue = fs::read_dir(self.server.path(&format!("var/spool/smtpd/{queue}")));
            let entries = queue.into_iter().flatten().flatten();
            // The queue keeps a directory for each first two digits.
            entries.into_iter().all(|entry| fs::read_dir(entry.path()).is_ok_and(|mut mails| mails.next().is_none()))
        })
    }

    fn delivered(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for mailbox in fs::read_dir(self.server.path("var/mail")).unwrap().flatten() {
            let count = fs::read_dir(mailbox.path().join("Maildir/new")).map_or(0, Iterator::count);
            if count > 0 {
                counts.insert(format!("{}@{DOMAIN}", mailbox.file_name().to_str().unwrap()), count);
            }
        }
        counts
    }
}
