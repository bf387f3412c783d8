//! `mail bounces` reads the delivery reports that Exim and OpenSMTPD write.

use std::fs;

use crate::exim::Exim;
use crate::exim::can_exim;
use crate::opensmtpd::OpenSmtpd;
use crate::opensmtpd::can_opensmtpd;
use crate::program::Program;
use crate::server::Server;
use crate::support::comes_true;

/// Mails somebody whom the server reports as unknown, and reads the report in the maildir of `user0`.
fn a_report_is_read(server: &Server, recipient: &str, maildir: &str, codes: Option<&str>) {
    let config = server.config().replace("[mail]\n", "[mail]\nbounce_to = \"user0@example.com\"\n");
    let program = Program::new(&config);
    program.does(&["users", "add", recipient], "");
    program.does(&["users", "send-reset", recipient], "");
    let maildir = server.path(maildir);
    let arrived = || fs::read_dir(maildir.join("new")).is_ok_and(|mut mails| mails.next().is_some());
    assert!(comes_true(arrived), "no report arrived:\n{}", server.said());
    let path = maildir.to_str().unwrap();
    let told = program.does(&["mail", "bounces", path, "-o", "json"], "");
    let changed = usize::from(codes.is_some());
    assert!(told.contains(&format!("\"read\":1,\"bounced\":1,\"users_changed\":{changed},")), "{told}");
    let bounced = "SELECT count(*) FROM messages WHERE state = 'bounced' AND revoked_why = 'bounced'";
    assert_eq!(program.count(bounced), 1);
    // Read again, it changes nothing.
    let told = program.does(&["mail", "bounces", path, "-o", "json"], "");
    assert!(told.contains("\"bounced\":0,\"users_changed\":0,\"known\":1,"), "{told}");
    let Some(codes) = codes else { return };
    let shown = program.does(&["users", "show", recipient], "");
    assert!(shown.contains(codes), "{shown}");
    let refused = program.fails(65, &["users", "send-reset", recipient], "");
    assert!(refused.contains("address bounces (5") && refused.contains(", today)"), "{refused}");
}

#[test]
fn a_report_of_exim_is_read() {
    if can_exim() {
        let exim = Exim::delivering();
        a_report_is_read(&exim.server, "nobody@example.com", "var/mail/user0", Some("5.0.0"));
    }
}

/// OpenSMTPD refuses unknown users at once. Here the program that delivers fails, which it reports as 5.3.0: that is about the mail
/// system, and not about the address.
const SETTINGS: &str = "listen on localhost\naction \"local\" maildir\naction \"unknown\" mda \"exit 67\"\n\
                        match from any for rcpt-to \"user1@example.com\" action \"unknown\"\n\
                        match from any for domain \"example.com\" action \"local\"\nmatch for local action \"local\"\n";

#[test]
fn a_report_of_opensmtpd_is_read() {
    if can_opensmtpd() {
        let opensmtpd = OpenSmtpd::start(2, SETTINGS);
        a_report_is_read(&opensmtpd.server, "user1@example.com", "var/mail/user0/Maildir", None);
    }
}
