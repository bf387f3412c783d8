//! The scripted relay does what it is told, in each test binary that uses it.

use std::io::Read as _;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::net::TcpStream;
use std::time::Duration;

use super::Act;
use super::At;
use super::Moment;
use super::Offer;
use super::ScriptedRelay;
use super::Tls;

/// Sends everything at once and gives what comes until the relay hangs up.
fn said(relay: &ScriptedRelay, commands: &str) -> String {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, relay.port())).unwrap();
    stream.write_all(commands.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn the_scripted_relay_does_what_it_is_told_and_records_what_it_got() {
    let script = |moment: &Moment<'_>| match (moment.connection, moment.at, moment.recipient) {
        (0, At::Rcpt, "bad@x") => Act::Say(b"550 no\r\n".to_vec()),
        (1, At::Greeting, _) => Act::Hang(b"22".to_vec()),
        (2, At::Greeting, _) => Act::Drip(b"421 x\r\n".to_vec(), Duration::ZERO),
        (2, At::Ehlo, _) => Act::Late(Duration::ZERO),
        (2, At::Quit, _) => Act::Silence,
        (3, At::Greeting, _) => Act::Forever(b"x".to_vec()),
        _ => Act::Usual,
    };
    let relay = ScriptedRelay::start(Offer { extensions: vec!["PIPELINING"], tls: None }, script);
    let commands = "EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<bad@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n..\r\n.\r\nQUIT\r\n";
    let replies = said(&relay, commands);
    let codes: Vec<&str> = replies.lines().map(|line| &line[..4]).collect();
    assert_eq!(codes, ["220 ", "250-", "250 ", "250 ", "550 ", "250 ", "354 ", "250 ", "221 "]);
    assert_eq!(said(&relay, ""), "22");
    let mut silent = TcpStream::connect((Ipv4Addr::LOCALHOST, relay.port())).unwrap();
    silent.write_all(b"EHLO x\r\nQUIT\r\n").unwrap();
    let mut endless = TcpStream::connect((Ipv4Addr::LOCALHOST, relay.port())).unwrap();
    endless.read_exact(&mut [0; 100_000]).unwrap();
    let accepted = relay.accepted();
    assert_eq!((accepted.len(), relay.connections()), (1, 4));
    assert_eq!((accepted[0].mail.as_str(), &accepted[0].recipients[..]), ("MAIL FROM:<a@x>", &["b@x".to_owned()][..]));
    let dumps = relay.end();
    assert_eq!((dumps[0].text(), dumps[0].encrypted, &dumps[0].mails), (commands.to_owned(), false, &accepted));
    assert_eq!(dumps[0].mails[0].content, b".\r\n");
    assert_eq!(dumps[0].written, replies.len());
    assert!(dumps[3].written >= 100_000);
    assert_ne!(Tls::Implicit, Tls::StartTls);
}
