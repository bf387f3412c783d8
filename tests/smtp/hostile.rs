//! A hostile or broken relay costs at most its deadline and a few kilobytes.

use std::sync::Arc;
use std::sync::Mutex;

use cxme_admin::domain::text;
use cxme_admin::mail::smtp::Relay;
use cxme_admin::mail::smtp::Timeouts;
use cxme_admin::mail::smtp::Transcript;

use crate::relay::Act;
use crate::relay::At;
use crate::relay::ScriptedRelay;
use crate::world;
use crate::world::MOMENT;
use crate::world::brief;
use crate::world::brief_error;
use crate::world::mail;
use crate::world::mail_with;
use crate::world::plain;
use crate::world::run;

/// Each place at which the relay replies to one mail, the code of its usual reply, and the phase of a failure there.
const PLACES: [(At, &str, &str); 6] = [
    (At::Greeting, "220", "the greeting"),
    (At::Ehlo, "250", "EHLO"),
    (At::Mail, "250", "MAIL FROM"),
    (At::Rcpt, "250", "RCPT TO"),
    (At::Data, "354", "DATA"),
    (At::Dot, "250", ""),
];

/// The most that an endless relay can write: the client reads 64 KiB of it, and the network buffers of the system
/// hold the rest.
const MOST_WRITTEN: usize = 24 * 1024 * 1024;

/// Delivers a mail to a relay that does `act` at one place. Returns the outcome, and how much the relay could write.
fn deliver_to(at: At, act: Act, settle: impl FnOnce(&mut Relay)) -> (String, usize) {
    let server =
        ScriptedRelay::start(
            world::offer(world::PIPELINING),
            move |moment| {
                if moment.at == at { act.clone() } else { Act::Usual }
            },
        );
    let mut relay = plain(&server);
    settle(&mut relay);
    let said = run(async {
        match relay.open().await {
            Ok(mut connection) => {
                let said = connection.deliver(&mail("alice@example.com"), None).await;
                connection.close().await;
                brief(&said)
            }
            Err(transport_error) => brief_error(&transport_error),
        }
    });
    (said, server.end()[0].written)
}

/// The outcome with `words` at a place: a permanent error, or after the dot a mail in doubt.
fn given_up(place: &str, words: &str) -> String {
    match place {
        "" => format!("in doubt: after the end of the mail: the relay sent {words}"),
        place => format!("permanent at {place}: the relay sent {words}"),
    }
}

/// The text without the host and the port.
fn nameless(said: &str) -> String {
    let parts: Vec<&str> = said.split(": ").filter(|part| !part.starts_with("127.0.0.1:")).collect();
    parts.join(": ")
}

#[test]
fn an_endless_reply_ends_after_128_lines_or_64_kib() {
    for (at, code, place) in PLACES {
        let line = format!("{code}-more\r\n");
        let long = format!("{code}-{}\r\n", "x".repeat(4_000));
        for (act, words) in [
            (Act::Forever(line.repeat(100).into_bytes()), "a reply without an end: 128 lines, 1024 bytes"),
            (Act::Forever(long.clone().into_bytes()), "a reply without an end: 17 lines, 68068 bytes"),
            (
                Act::Say(format!("{}{code} end\r\n", line.repeat(999)).into_bytes()),
                "a reply without an end: 128 lines, 1024 bytes",
            ),
        ] {
            let (said, written) = deliver_to(at, act, |_| {});
            assert_eq!(nameless(&said), given_up(place, words));
            assert!(written < MOST_WRITTEN, "{at:?}: {written} bytes");
        }
    }
}

#[test]
fn an_endless_line_ends_after_4_kib() {
    for (at, code, place) in PLACES {
        let long = format!("{code} {}", "x".repeat(10 * 1024 * 1024)).into_bytes();
        for act in [Act::Forever(vec![b'x'; 65_536]), Act::Forever(b"\0".to_vec()), Act::Say(long)] {
            let (said, written) = deliver_to(at, act, |_| {});
            assert_eq!(nameless(&said), given_up(place, "a line of more than 4096 bytes"));
            assert!(written < MOST_WRITTEN, "{at:?}: {written} bytes");
        }
    }
}

#[test]
fn empty_lines_are_not_a_reply() {
    for (at, _, place) in PLACES {
        for (line, shown) in [("\r\n", ""), ("\n", ""), (" \t \r\n", " \\u{9} "), ("\u{c}\n", "\\u{c}")] {
            let (said, written) = deliver_to(at, Act::Forever(line.repeat(1_000).into_bytes()), |_| {});
            assert_eq!(nameless(&said), given_up(place, &format!("not SMTP: {shown}")), "{line:?}");
            assert!(written < MOST_WRITTEN, "{at:?}: {written} bytes");
        }
    }
}

/// Shortens the deadline at this place only.
fn short_at(at: At, timeouts: &mut Timeouts) {
    *match at {
        At::Greeting => &mut timeouts.greeting,
        At::Ehlo => &mut timeouts.hello,
        At::Mail => &mut timeouts.mail,
        At::Rcpt => &mut timeouts.rcpt,
        At::Data => &mut timeouts.data,
        _ => &mut timeouts.dot,
    } = MOMENT;
}

/// The outcome of a mail after a timeout.
fn late(place: &str) -> String {
    let words = "no reply within 0 s";
    match place {
        "" => format!("in doubt: after the end of the mail: {words}"),
        place => format!("later at {place}: {words}"),
    }
}

#[test]
fn single_bytes_do_not_extend_the_deadlines_of_reply_and_mail() {
    // With a byte just before a deadline for each byte would end, it would take minutes.
    let pause = MOMENT / 3;
    for (at, code, place) in PLACES {
        let line = format!("{code} {}\r\n", "x".repeat(4_000)).into_bytes();
        let lines = format!("{code}-x\r\n").repeat(10_000).into_bytes();
        for drip in [line, lines] {
            let (said, _) = deliver_to(at, Act::Drip(drip.clone(), pause), |relay| short_at(at, &mut relay.timeouts));
            assert_eq!(nameless(&said), late(place));
            let (said, _) = deliver_to(at, Act::Drip(drip, pause), |relay| relay.timeouts.whole = MOMENT * 3);
            assert_eq!(nameless(&said), late(place));
        }
    }
}

#[test]
fn a_relay_that_reads_nothing_blocks_for_one_block_at_most() {
    let server = ScriptedRelay::start(world::offer(&[]), |moment| match moment.at {
        At::Content => Act::Silence,
        _ => Act::Usual,
    });
    let mut relay = plain(&server);
    relay.timeouts.block = MOMENT;
    // More than the network buffers of a system hold.
    let line = [&[b'x'; 900][..], b"\r\n"].concat();
    let content = line.repeat(24 * 1024 * 1024 / line.len());
    let said = run(async {
        let mut connection = relay.open().await.unwrap();
        let said = brief(&connection.deliver(&mail_with("alice@example.com", &content), None).await);
        assert!(!connection.is_open());
        said
    });
    assert_eq!(nameless(&said), "later at the content: the relay takes no more: time is up");
}

#[test]
fn the_reply_to_quit_is_only_waited_for_briefly() {
    for act in [
        Act::Silence,
        Act::Forever(b"221-bye\r\n".to_vec()),
        Act::Forever(vec![b'x'; 65_536]),
        Act::Drip(vec![b'2'; 4_000], MOMENT / 3),
        Act::Hang(Vec::new()),
    ] {
        let (said, written) = deliver_to(At::Quit, act, |relay| relay.timeouts.quit = MOMENT);
        assert_eq!(said, "accepted: 250 2.0.0 Ok: queued");
        assert!(written < MOST_WRITTEN);
    }
}

#[test]
fn an_odd_reply_to_ehlo_does_no_harm() {
    let odd = [
        "250-\r\n250- \r\n250-\t\r\n250-\u{b}\u{c}\r\n250-\u{a0}\u{2003}\r\n250-\0\r\n250",
        "250-x\r\n250-=\r\n250-AUTH\r\n250-AUTH=\r\n250-AUTH = \r\n250-SIZE\r\n250-SIZE=\r\n250 SIZE -1",
        "250-x\r\n250-SIZE 99999999999999999999999999\r\n250-SIZE 0\r\n250-SIZE \u{663}\r\n250 PIPELINING\u{2003}x",
        "250-x\r\n250-\u{1b}[2J\r\n250-\u{202e}GNINILEPIP\r\n250 \u{feff}",
    ];
    let mut replies: Vec<Vec<u8>> = odd.iter().map(|reply| format!("{reply}\r\n").into_bytes()).collect();
    replies.push(b"250-\xff\xfe\r\n250-AUTH \x80\r\n250 \xc3\r\n".to_vec());
    replies.push([&b"250-"[..], &[0xff; 4_000], b"\r\n250 x\r\n"].concat());
    for reply in replies {
        let (said, _) = deliver_to(At::Ehlo, Act::Say(reply.clone()), |_| {});
        assert_eq!(said, "accepted: 250 2.0.0 Ok: queued", "{}", String::from_utf8_lossy(&reply));
    }
}

#[test]
fn replies_contain_no_control_characters_or_line_breaks_when_shown() {
    let nasty = b"\x1b]52;c;eA==\x07\x1b[2J\x9b31m\xc2\x9b0m\xe2\x80\xae\xe2\x80\xa8\0\x08\x7f a\rb \xff\xfe";
    for (at, code, _) in PLACES {
        for code in [code, "421", "450", "550", "299", "no code"] {
            let act = Act::Say([format!("{code} ").as_bytes(), nasty, b"\r\n"].concat());
            let heard = Arc::new(Mutex::new(Vec::new()));
            let received = Arc::clone(&heard);
            let (said, _) = deliver_to(at, act, move |relay| {
                let receive = move |_, line: &str| received.lock().unwrap().push(line.to_owned());
                relay.transcript = Some(Transcript::new(receive));
            });
            let mut heard = heard.lock().unwrap().clone();
            assert!(heard.iter().any(|line| line.contains("\\u{1b}]52;c;eA==\\u{7}")), "{heard:?}");
            heard.push(said);
            for line in heard {
                assert!(!line.chars().any(text::is_unprintable), "{at:?} {code}: {line:?}");
            }
        }
    }
}

#[test]
fn a_long_reply_is_shown_shortened() {
    let long = format!("{0}-5.1.1 {1}\r\n{0} 5.1.1 {1}\r\n", 550, "\u{1b}".repeat(2_000)).into_bytes();
    for (at, _, _) in PLACES {
        let (said, _) = deliver_to(at, Act::Say(long.clone()), |_| {});
        assert!(said.len() < 4_000, "{at:?}: {} bytes", said.len());
        assert!(said.contains('…'), "{at:?}: {said}");
    }
}
