//! A mail costs two round trips, or one with pipelining: each group of commands, and each content with its dot, is
//! sent in one write, and no write waits for the acknowledgement of an earlier one (TCP_NODELAY). The test counts the
//! reads of the relay, not seconds.

use std::process::Command;
use std::time::Duration;

use cxme_admin::mail::smtp::Relay;
use cxme_admin::mail::smtp::SmtpConnection;

use crate::certificates;
use crate::certificates::Authority;
use crate::certificates::names;
use crate::relay::Act;
use crate::relay::At;
use crate::relay::Dump;
use crate::relay::ScriptedRelay;
use crate::world;
use crate::world::brief;
use crate::world::envelope;
use crate::world::mail;
use crate::world::plain;
use crate::world::run;

/// Number of mails over one connection.
const MAILS: usize = 50;

fn recipient(number: usize) -> String {
    format!("user{number}@example.com")
}

/// Delivers the mails over one connection; with `pipelines`, each is announced behind the one before.
async fn deliver_all(connection: &mut SmtpConnection, pipelines: bool) {
    for number in 0..MAILS {
        let next = Some(envelope(&recipient(number + 1))).filter(|_| pipelines && number + 1 < MAILS);
        let said = connection.deliver(&mail(&recipient(number)), next.as_ref()).await;
        assert_eq!(brief(&said), "accepted: 250 2.0.0 Ok: queued", "{number}");
    }
}

/// The reads of the relay, one text for each, from the first mail to QUIT.
fn reads(server: ScriptedRelay, relay: &Relay, pipelines: bool) -> Vec<String> {
    run(async {
        let mut connection = relay.open().await.unwrap();
        deliver_all(&mut connection, pipelines).await;
        connection.close().await;
    });
    let dumps: Vec<Dump> = server.end();
    assert_eq!((dumps.len(), dumps[0].mails.len()), (1, MAILS));
    let reads = dumps[0].reads.iter().map(|read| String::from_utf8(read.clone()).unwrap());
    reads.skip_while(|read| !read.contains("MAIL FROM")).collect()
}

/// MAIL, RCPT and DATA of a mail.
fn commands(number: usize) -> [String; 3] {
    let rcpt = format!("RCPT TO:<{}>\r\n", recipient(number));
    ["MAIL FROM:<bounces@example.com>\r\n".to_owned(), rcpt, "DATA\r\n".to_owned()]
}

/// The content of a mail, dot-stuffed, with its end.
fn content(number: usize) -> String {
    format!("To: {}\r\nSubject: x\r\n\r\n..hello\r\n.\r\n", recipient(number))
}

#[test]
fn with_pipelining_a_mail_is_two_writes_with_and_without_tls() {
    let mut expected: Vec<String> =
        (0..MAILS).flat_map(|number| [commands(number).concat(), content(number)]).collect();
    expected.push("QUIT\r\n".to_owned());

    let server = ScriptedRelay::start(world::offer(world::PIPELINING), |_| Act::Usual);
    let relay = plain(&server);
    assert_eq!(reads(server, &relay, false), expected);

    let authority = Authority::new("ours");
    for (security, tls) in certificates::TLS_KINDS {
        let config = authority.signs(&names(&["localhost"]));
        let server = ScriptedRelay::start(certificates::offer(tls, config), |_| Act::Usual);
        let relay = certificates::client(server.port(), security, Some(&authority.file()));
        assert_eq!(reads(server, &relay, false), expected, "{security:?}");
    }
}

#[test]
fn a_pipelined_mail_is_one_write() {
    let mut expected = vec![commands(0).concat()];
    expected.extend((1..MAILS).map(|number| content(number - 1) + &commands(number).concat()));
    expected.extend([content(MAILS - 1), "QUIT\r\n".to_owned()]);
    let server = ScriptedRelay::start(world::offer(world::PIPELINING), |_| Act::Usual);
    let relay = plain(&server);
    assert_eq!(reads(server, &relay, true), expected);
}

#[test]
fn without_pipelining_each_command_waits_for_the_reply_to_the_one_before() {
    let each = |number| commands(number).into_iter().chain([content(number)]).collect::<Vec<_>>();
    let mut expected: Vec<String> = (0..MAILS).flat_map(each).collect();
    expected.push("QUIT\r\n".to_owned());
    // Replies come late, so that commands which did not wait would arrive together.
    let server = ScriptedRelay::start(world::offer(&["SIZE 10240000"]), |moment| match moment.at {
        At::Mail | At::Rcpt => Act::Late(Duration::from_millis(1)),
        _ => Act::Usual,
    });
    let relay = plain(&server);
    assert_eq!(reads(server, &relay, false), expected);
}

#[test]
fn after_a_refused_recipient_the_reset_is_sent_with_the_next_group() {
    let server = ScriptedRelay::start(world::offer(world::PIPELINING), |moment| match moment.at {
        At::Rcpt if moment.recipient.starts_with("user0@") => Act::Say(b"550 5.1.1 nobody\r\n".to_vec()),
        _ => Act::Usual,
    });
    run(async {
        let mut connection = plain(&server).open().await.unwrap();
        assert!(brief(&connection.deliver(&mail(&recipient(0)), None).await).starts_with("refused"));
        assert!(brief(&connection.deliver(&mail(&recipient(1)), None).await).starts_with("accepted"));
        connection.close().await;
    });
    let dumps = server.end();
    let group = format!("RSET\r\n{}", commands(1).concat());
    assert!(dumps[0].reads.contains(&group.clone().into_bytes()), "{}", dumps[0].text());
}

/// The test that [`nothing_waits_for_an_acknowledgement`] runs again.
const TRACED: &str = "pace::a_pipelined_mail_is_one_write";

#[test]
fn nothing_waits_for_an_acknowledgement() {
    if !world::can_trace() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let log = log.to_str().unwrap();
    let ran = Command::new("strace")
        .args(["-f", "-qq", "-o", log, "-e", "trace=connect,setsockopt"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", TRACED])
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&ran.stdout).contains("1 passed"), "{ran:?}");
    let trace = std::fs::read_to_string(log).unwrap();
    let calls: Vec<&str> = trace.lines().filter_map(|line| line.split_once(' ')).map(|(_, call)| call.trim()).collect();
    let connect = calls.iter().find_map(|call| call.strip_prefix("connect(")?.split_once(", {sa_family=AF_INET,"));
    let (socket, _) = connect.unwrap_or_else(|| panic!("no connection: {trace}"));
    let set = format!("setsockopt({socket}, SOL_TCP, TCP_NODELAY, [1], 4) = 0");
    assert!(calls.contains(&set.as_str()), "{trace}");
}
