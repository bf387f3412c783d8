//! An Exim for one test, which keeps accepted mails in its spool.

use std::collections::BTreeMap;
use std::fs;

use crate::account::MAILBOXES;
use crate::server::DOMAIN;
use crate::server::Kind;
use crate::server::Server;
use crate::support::comes_true;

const KIND: Kind = Kind {
    package: "exim4-daemon-light",
    program: "usr/sbin/exim4",
    arguments: &["-bdf"],
    programs: None,
    accounts: &["Debian-exim"],
    config: "etc/exim4/exim4.conf",
    directories: &[
        ("etc/exim4", None),
        ("var/run", None),
        ("var/spool", None),
        ("var/log", None),
        ("var/spool/exim4", Some("Debian-exim")),
        ("var/log/exim4", Some("Debian-exim")),
        ("var/mail", Some(MAILBOXES)),
    ],
};

/// Whether Exim can be started here; see [`Kind::can_start`].
pub(crate) fn can_exim() -> bool {
    KIND.can_start()
}

pub(crate) struct Exim {
    pub(crate) server: Server,
}

impl Exim {
    /// Starts a server that accepts mail for `user0`, `user1` and so on, with additional main options and additional
    /// rules at the start of the recipient ACL.
    pub(crate) fn start(options: &str, acl: &str) -> Self {
        let server = Server::start(&KIND, 0, |port, name| {
            format!(
                "primary_hostname = {name}
exim_path = {exim}
domainlist local_domains = {DOMAIN}
daemon_smtp_ports = {port}
daemon_startup_retries = 0
local_interfaces = 127.0.0.1
disable_ipv6
host_lookup =
rfc1413_query_timeout = 0s
tls_advertise_hosts =
log_file_path = /var/log/exim4/%slog
acl_smtp_rcpt = rcpt
queue_only
{options}
begin acl
rcpt:
{acl}
  deny domains = ! +local_domains
       message = relay not permitted
  deny ! verify = recipient
       message = Unrouteable address
  accept
begin routers
users:
  driver = accept
  local_parts = ^user[0-9]+\\$
  transport = mailbox
begin transports
mailbox:
  driver = appendfile
  file = /dev/null
  user = mailboxes
",
                exim = KIND.unpacked().join(KIND.program).display()
            )
        });
        Self { server }
    }

    /// Starts a server that delivers to the maildirs of `user0`, `user1` and so on below `var/mail`, accepts mail for everybody, and
    /// reports to the sender that others are unknown.
    pub(crate) fn delivering() -> Self {
        let server = Server::start(&KIND, 2, |port, name| {
            format!(
                "primary_hostname = {name}
exim_path = {exim}
domainlist local_domains = {DOMAIN}
daemon_smtp_ports = {port}
daemon_startup_retries = 0
local_interfaces = 127.0.0.1
disable_ipv6
host_lookup =
rfc1413_query_timeout = 0s
tls_advertise_hosts =
log_file_path = /var/log/exim4/%slog
acl_smtp_rcpt = rcpt
begin acl
rcpt:
  accept
begin routers
users:
  driver = accept
  local_parts = user0
  transport = mailbox
others:
  driver = redirect
  allow_fail
  data = :fail: Unknown user
begin transports
mailbox:
  driver = appendfile
  directory = /var/mail/user0
  create_directory
  maildir_format
  user = mailboxes
",
                exim = KIND.unpacked().join(KIND.program).display()
            )
        });
        Self { server }
    }

    /// The number of mails for each recipient in its spool. Exim replies 250 when a mail is there.
    pub(crate) fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for entry in fs::read_dir(self.server.path("var/spool/exim4/input")).into_iter().flatten().flatten() {
            let path = entry.path();
            if !path.to_str().unwrap().ends_with("-H") {
                continue;
            }
            // The envelope, which ends with the number of recipients and their addresses, and an empty line; then the
            // header.
            let content = fs::read_to_string(&path).unwrap();
            let (envelope, _) = content.split_once("\n\n").unwrap();
            let recipient = envelope.lines().last().unwrap();
            assert!(path.with_file_name(path.file_name().unwrap().to_str().unwrap().replace("-H", "-D")).exists());
            *counts.entry(recipient.to_owned()).or_default() += 1;
        }
        counts
    }

    /// Waits until its log contains this text.
    pub(crate) fn await_log(&self, text: &str) {
        let log = || fs::read_to_string(self.server.path("var/log/exim4/mainlog")).unwrap_or_default();
        let rest = || log().lines().filter(|line| !line.contains(" <= ")).collect::<Vec<_>>().join("\n");
        assert!(comes_true(|| log().contains(text)), "the log has no `{text}`:\n{}", rest());
    }
}
