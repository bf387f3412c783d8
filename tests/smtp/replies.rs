//! The meaning of each reply in each phase.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use cxme_admin::domain::relay::LoginMethod;
use cxme_admin::mail::smtp::Login;
use cxme_admin::mail::smtp::Timeouts;

use crate::relay::Act;
use crate::relay::At;
use crate::relay::At::Auth;
use crate::relay::At::Content;
use crate::relay::At::Data;
use crate::relay::At::Dot;
use crate::relay::At::Ehlo;
use crate::relay::At::Greeting;
use crate::relay::At::Mail;
use crate::relay::At::Rcpt;
use crate::relay::ScriptedRelay;
use crate::world;
use crate::world::brief;
use crate::world::brief_error;
use crate::world::mail;
use crate::world::plain;
use crate::world::run;

/// The relay hangs up instead of replying.
const DROP: &str = "DROP";
/// The relay does not reply.
const SILENCE: &str = "SILENCE";
/// The relay sends half of a reply and hangs up.
const HALF: &str = "HALF";
/// A text that is not UTF-8 after the code 250.
const BYTES: &str = "BYTES";

/// The connection can still be used, and the next mail is accepted over it.
const OPEN: bool = true;
/// The connection is closed.
const CLOSED: bool = false;

/// Phase, what the relay does there, what that means, and what happens to the connection. Each row holds for a relay
/// that takes commands one at a time and for one that takes them in groups.
const TABLE: [(At, &str, &str, bool); 96] = [
    (Greeting, "421 4.3.2 busy", "later at the greeting", CLOSED),
    (Greeting, "450 later", "later at the greeting", CLOSED),
    (Greeting, "554 5.7.1 not you", "permanent at the greeting", CLOSED),
    (Greeting, "250 hello", "permanent at the greeting", CLOSED),
    (Greeting, "HTTP/1.1 400 Bad Request", "permanent at the greeting", CLOSED),
    (Greeting, "SSH-2.0-OpenSSH_9.9", "permanent at the greeting", CLOSED),
    (Greeting, "220-one\r\n220 two", "accepted", OPEN),
    (Greeting, "220", "accepted", OPEN),
    (Greeting, DROP, "later at the greeting", CLOSED),
    (Greeting, HALF, "later at the greeting", CLOSED),
    (Greeting, SILENCE, "later at the greeting", CLOSED),
    (Ehlo, "421 bye", "later at EHLO", CLOSED),
    (Ehlo, "451 later", "later at EHLO", CLOSED),
    (Ehlo, "500 what", "configuration at AUTH", CLOSED),
    (Ehlo, "502 what", "configuration at AUTH", CLOSED),
    (Ehlo, "550 5.7.1 not you", "permanent at EHLO", CLOSED),
    (Ehlo, "354 go", "permanent at EHLO", CLOSED),
    (Ehlo, "250-\r\n250-AUTH PLAIN\r\n250 ", "accepted", OPEN),
    (Ehlo, "250-  \r\n250-\t\r\n250-AUTH PLAIN\r\n250", "accepted", OPEN),
    (Ehlo, "250-x\r\n550 y", "permanent at EHLO", CLOSED),
    (Ehlo, DROP, "later at EHLO", CLOSED),
    (Ehlo, HALF, "later at EHLO", CLOSED),
    (Ehlo, SILENCE, "later at EHLO", CLOSED),
    (Auth, "535 5.7.8 wrong", "configuration at AUTH", CLOSED),
    (Auth, "534 5.7.9 stronger", "configuration at AUTH", CLOSED),
    (Auth, "550 no", "configuration at AUTH", CLOSED),
    (Auth, "454 4.7.0 later", "later at AUTH", CLOSED),
    (Auth, "421 bye", "later at AUTH", CLOSED),
    (Auth, "250 ok", "permanent at AUTH", CLOSED),
    (Auth, "334 more", "permanent at AUTH", CLOSED),
    (Auth, "what", "permanent at AUTH", CLOSED),
    (Auth, DROP, "later at AUTH", CLOSED),
    (Auth, HALF, "later at AUTH", CLOSED),
    (Mail, "421 bye", "deferred at MAIL", CLOSED),
    (Mail, "450 4.7.1 slower", "deferred at MAIL", OPEN),
    (Mail, "452 full", "deferred at MAIL", OPEN),
    (Mail, "500 what", "refused at MAIL", OPEN),
    (Mail, "535 5.7.8 log in", "refused at MAIL", OPEN),
    (Mail, "550 not from there", "refused at MAIL", OPEN),
    (Mail, "552 full", "refused at MAIL", OPEN),
    (Mail, "251 ok", "permanent at MAIL FROM", CLOSED),
    (Mail, "354 go", "permanent at MAIL FROM", CLOSED),
    (Mail, "ok", "permanent at MAIL FROM", CLOSED),
    (Mail, DROP, "later at MAIL FROM", CLOSED),
    (Mail, HALF, "later at MAIL FROM", CLOSED),
    (Mail, SILENCE, "later at MAIL FROM", CLOSED),
    (Rcpt, "251 forwarded", "accepted", OPEN),
    (Rcpt, "252 perhaps", "accepted", OPEN),
    (Rcpt, "421 4.7.0 bye", "deferred", CLOSED),
    (Rcpt, "450 4.2.0 greylisted", "deferred", OPEN),
    (Rcpt, "450 4.7.1 slower", "deferred", OPEN),
    (Rcpt, "451 4.7.650 throttled", "deferred", OPEN),
    (Rcpt, "452 4.2.2 full", "deferred", OPEN),
    (Rcpt, "500 what", "refused", OPEN),
    (Rcpt, "535 log in", "refused", OPEN),
    (Rcpt, "550-5.1.1 no such\r\n550 5.1.1 user", "refused", OPEN),
    (Rcpt, "552 full", "refused", OPEN),
    (Rcpt, "571 5.7.1 no", "refused", OPEN),
    (Rcpt, "499 no", "deferred", OPEN),
    (Rcpt, "550-5.1.1 Unknown user\r\n554 5.0.0 Rejected", "refused", OPEN),
    (Rcpt, "503 5.5.1 order", "refused", OPEN),
    (Rcpt, "220 hm", "permanent at RCPT TO", CLOSED),
    (Rcpt, "354 go", "permanent at RCPT TO", CLOSED),
    (Rcpt, "2500 ok", "permanent at RCPT TO", CLOSED),
    (Rcpt, DROP, "later at RCPT TO", CLOSED),
    (Rcpt, HALF, "later at RCPT TO", CLOSED),
    (Rcpt, SILENCE, "later at RCPT TO", CLOSED),
    (Data, "421 bye", "deferred", CLOSED),
    (Data, "450 later", "deferred", OPEN),
    (Data, "452 full", "deferred", OPEN),
    (Data, "500 what", "refused", OPEN),
    (Data, "550 no", "refused", OPEN),
    (Data, "554 5.5.1 nobody", "refused", OPEN),
    (Data, "250 ok", "permanent at DATA", CLOSED),
    (Data, "what", "permanent at DATA", CLOSED),
    (Data, DROP, "later at DATA", CLOSED),
    (Data, HALF, "later at DATA", CLOSED),
    (Data, SILENCE, "later at DATA", CLOSED),
    (Content, DROP, "in doubt", CLOSED),
    (Dot, "250", "accepted", OPEN),
    (Dot, "250-2.0.0 Ok\r\n250 2.0.0 queued", "accepted", OPEN),
    (Dot, BYTES, "accepted", OPEN),
    (Dot, "200 ok", "in doubt", CLOSED),
    (Dot, "251 ok", "in doubt", CLOSED),
    (Dot, "354 go", "in doubt", CLOSED),
    (Dot, "421 4.7.0 bye", "deferred", CLOSED),
    (Dot, "450 later", "deferred", OPEN),
    (Dot, "451 4.7.1 slower", "deferred", OPEN),
    (Dot, "452 full", "deferred", OPEN),
    (Dot, "550 5.7.1 spam", "refused", OPEN),
    (Dot, "552 too large", "refused", OPEN),
    (Dot, "250-ok\r\n550 no", "refused", OPEN),
    (Dot, "ok", "in doubt", CLOSED),
    (Dot, DROP, "in doubt", CLOSED),
    (Dot, HALF, "in doubt", CLOSED),
    (Dot, SILENCE, "in doubt", CLOSED),
];

fn act(what: &str) -> Act {
    match what {
        DROP => Act::Hang(Vec::new()),
        HALF => Act::Hang(b"250 2.0".to_vec()),
        SILENCE => Act::Silence,
        BYTES => Act::Say(b"250 2.0.0 \xff\xfe\r\n".to_vec()),
        text => Act::Say(format!("{text}\r\n").into_bytes()),
    }
}

/// If the relay does not reply, the wait is short.
fn timeouts(at: At) -> Timeouts {
    let mut timeouts = world::patient();
    match at {
        Greeting => timeouts.greeting = world::MOMENT,
        Ehlo => timeouts.hello = world::MOMENT,
        Mail => timeouts.mail = world::MOMENT,
        Rcpt => timeouts.rcpt = world::MOMENT,
        Data => timeouts.data = world::MOMENT,
        _ => timeouts.dot = world::MOMENT,
    }
    timeouts
}

/// The outcome of one row, and whether the connection can still be used.
fn outcome(at: At, what: &'static str, extensions: &[&'static str]) -> (String, bool) {
    let is_done = AtomicBool::new(false);
    let server = ScriptedRelay::start(world::offer(extensions), move |moment| {
        if moment.at == at && !is_done.swap(true, Ordering::SeqCst) { act(what) } else { Act::Usual }
    });
    let mut relay = plain(&server);
    relay.login = Some(Login { username: "u".to_owned(), password: "p".into(), method: LoginMethod::Plain });
    if what == SILENCE {
        relay.timeouts = timeouts(at);
    }
    let outcome = run(async {
        let mut connection = match relay.open().await {
            Ok(connection) => connection,
            Err(transport_error) => return (brief_error(&transport_error), CLOSED),
        };
        let handover = connection.deliver(&mail("alice@example.com"), None).await;
        let is_open = connection.is_open();
        let next = connection.deliver(&mail("bob@example.com"), None).await;
        let expected = if is_open { "accepted: 250 2.0.0 Ok: queued" } else { "later at MAIL FROM: " };
        assert!(brief(&next).starts_with(expected), "{at:?} {what}: the next mail: {next:?}");
        connection.close().await;
        (brief(&handover), is_open)
    });
    let counted = server.accepted().iter().filter(|mail| mail.recipients == ["alice@example.com"]).count();
    let may_count = outcome.0.starts_with("accepted") || outcome.0.starts_with("in doubt");
    assert_eq!(counted > 0, may_count && counted > 0, "{at:?} {what}: {outcome:?}");
    outcome
}

#[test]
fn each_reply_in_each_phase_means_what_the_table_says() {
    let mut wrong = Vec::new();
    for (at, what, expected, open) in TABLE {
        for extensions in [world::PIPELINING, &["AUTH PLAIN"]] {
            let (found, is_open) = outcome(at, what, extensions);
            if found.split(": ").next() != Some(expected) || is_open != open {
                wrong.push(format!("{at:?}, {what:?}, {extensions:?}: {found}, open: {is_open}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_error_contains_the_servers_reply_and_its_name_if_the_server_is_the_cause() {
    let (words, _) = outcome(Rcpt, "550-5.1.1 no such\r\n550 5.1.1 user", &["AUTH PLAIN"]);
    assert_eq!(words, "refused: 550 5.1.1 no such user");
    let (words, _) = outcome(Dot, "250 2.0.0 Ok: queued as 4XyZ", &["AUTH PLAIN"]);
    assert_eq!(words, "accepted: 250 2.0.0 Ok: queued as 4XyZ");
    let (words, _) = outcome(Mail, "550 5.7.1 not\u{1b}[2J from there", &["AUTH PLAIN"]);
    assert_eq!(words, "refused at MAIL: 550 5.7.1 not\\u{1b}[2J from there");
    let (words, _) = outcome(Dot, DROP, &["AUTH PLAIN"]);
    assert!(words.ends_with(": after the end of the mail: the relay closed the connection without a reply"), "{words}");
    let (words, _) = outcome(Dot, HALF, &["AUTH PLAIN"]);
    assert!(words.ends_with("the relay closed the connection in the middle of a reply"), "{words}");
}

/// Every possible code, in every phase of a mail: the dialogue always ends in a defined way.
#[test]
fn every_three_digits_are_a_reply_to_a_mail() {
    for at in [Mail, Rcpt, Data, Dot] {
        for code in 400..600 {
            let line: &'static str = Box::leak(format!("{code} x").into_boxed_str());
            let (found, is_open) = outcome(at, line, world::PIPELINING);
            let expected = if code < 500 { "deferred" } else { "refused" };
            assert!(found.starts_with(expected), "{at:?} {code}: {found}");
            assert_eq!(is_open, code != 421, "{at:?} {code}");
        }
    }
}

#[test]
fn a_relay_that_refuses_pipelining_though_it_offers_it_gets_the_same_mail_without() {
    // As Postfix and others word it, and OpenSMTPD.
    let replies = ["503 5.5.0 Improper use of SMTP command pipelining", "500 5.5.2 Bad: Pipelining not supported"];
    for (at, reply) in replies.iter().flat_map(|reply| [(Mail, *reply), (Rcpt, *reply)]) {
        let is_first = AtomicBool::new(true);
        let server = ScriptedRelay::start(world::offer(&["PIPELINING"]), move |moment| {
            let is_there = moment.at == at && (at == Mail || moment.line.contains("alice"));
            if is_there && is_first.swap(false, Ordering::SeqCst) {
                return Act::Say(format!("{reply}\r\n").into_bytes());
            }
            Act::Usual
        });
        run(async {
            let relay = plain(&server);
            let mut connection = relay.open().await.unwrap();
            let handover = connection.deliver(&mail("alice@example.com"), None).await;
            assert_eq!(brief(&handover), "accepted: 250 2.0.0 Ok: queued");
            assert!(!connection.can_pipeline());
            connection.close().await;
            // No other connection to it uses pipelining either.
            assert!(!relay.clone().open().await.unwrap().can_pipeline());
        });
    }
}

#[test]
fn a_connection_sends_as_many_mails_as_configured() {
    let server = ScriptedRelay::start(world::offer(world::PIPELINING), |_| Act::Usual);
    run(async {
        let mut relay = plain(&server);
        relay.mails_per_connection = Some(2);
        let mut connection = relay.open().await.unwrap();
        assert!(connection.can_pipeline() && !connection.is_used_up());
        let next = world::envelope("bob@example.com");
        assert!(brief(&connection.deliver(&mail("alice@example.com"), Some(&next)).await).starts_with("accepted"));
        assert!(!connection.can_pipeline(), "nothing is announced behind the last mail");
        let more = world::envelope("carol@example.com");
        assert!(brief(&connection.deliver(&mail("bob@example.com"), Some(&more)).await).starts_with("accepted"));
        assert!(connection.is_used_up() && !connection.has_announced());
        connection.close().await;
    });
}

#[test]
fn an_encoded_code_in_a_reply_is_in_no_outcome() {
    const CODE: &str = "MXSXY0FZXMB264D4ZRK80R234D";
    let link = format!("https://reset.example.com/#{CODE}");
    let lower = CODE.to_lowercase();
    // Each with what precedes the code in it.
    let disguises =
        [("", CODE), ("", &lower), (&link[..link.len() - CODE.len()], &link)].into_iter().flat_map(|(before, text)| {
            let before = world::disguises(before).into_iter().map(|(_, disguised)| disguised.len());
            before.zip(world::disguises(text)).map(|(before, (how, disguised))| (how, before, disguised))
        });
    let disguises: Vec<_> = disguises.collect();
    let content = format!("To: alice@example.com\r\nSubject: x\r\n\r\n{link}\r\n");
    let mail = world::mail_with("alice@example.com", content.as_bytes());
    for code in ["250", "450", "554"] {
        for (how, before_code, disguised) in &disguises {
            let said = format!("{code} 2.0.0 <{disguised}> quoted\r\n");
            let server = ScriptedRelay::start(world::offer(world::PIPELINING), move |moment| match moment.at {
                Dot => Act::Say(said.clone().into_bytes()),
                _ => Act::Usual,
            });
            let handover = run(async { plain(&server).open().await.unwrap().deliver(&mail, None).await });
            let shown = brief(&handover);
            let (before, after) = shown.split_once('<').unwrap();
            assert!(before.ends_with(&format!("{code} 2.0.0 ")) && after.ends_with("> quoted"), "{how}: {shown}");
            let rest = after.replace("****", "").replace("> quoted", "");
            // A few bits at the ends of an encoding may be left.
            assert!(after.contains("****") && rest.len() <= before_code + 4, "{how}: {shown}");
            let last = disguised.char_indices().rev().nth(11).unwrap().0;
            assert!(!after.contains(&disguised[last..]), "{how}: {shown}");
        }
    }
}

#[test]
fn a_surplus_or_invalid_line_shows_no_code() {
    const CODES: [&str; 2] = ["MXSXY0FZXMB264D4ZRK80R234D", "0123456789ABCDEFGHJKMNPQRS"];
    let [first, second] = CODES.map(|code| {
        let content = format!("To: alice@example.com\r\nSubject: x\r\n\r\nhttps://reset.example.com/#{code}\r\n");
        world::mail_with("alice@example.com", content.as_bytes())
    });
    let garbage = format!("the link #{} is bad\r\n", CODES[0]);
    let server = ScriptedRelay::start(world::offer(world::PIPELINING), move |moment| match moment.at {
        Dot => Act::Say(garbage.clone().into_bytes()),
        _ => Act::Usual,
    });
    let shown = brief(&run(async { plain(&server).open().await.unwrap().deliver(&first, None).await }));
    assert!(shown.ends_with("the relay sent not SMTP: the link #(hidden: may be a code) is bad"), "{shown}");
    for (extensions, rides) in [(&["SIZE 10000"][..], false), (world::PIPELINING, false), (world::PIPELINING, true)] {
        let server = ScriptedRelay::start(world::offer(extensions), |moment| match moment.at {
            Dot => Act::Say(format!("250 taken\r\n550 5.7.1 the link #{} is bad\r\n", &CODES[0][..13]).into_bytes()),
            _ => Act::Usual,
        });
        let (one, two) = run(async {
            let mut connection = plain(&server).open().await.unwrap();
            let one = connection.deliver(&first, rides.then_some(&second.envelope)).await;
            (one, connection.deliver(&second, None).await)
        });
        assert_eq!(brief(&one), "accepted: 250 taken");
        let shown = brief(&two);
        assert!(!shown.contains(&CODES[0][..6]), "{extensions:?} {rides}: {shown}");
        assert!(shown.contains("550 5.7.1 the link #**** is bad"), "{extensions:?} {rides}: {shown}");
    }
}
