//! The bytes that are sent.

use proptest::prelude::*;

use crate::relay::Act;
use crate::relay::ScriptedRelay;
use crate::world;
use crate::world::brief;
use crate::world::mail;
use crate::world::mail_with;
use crate::world::plain;
use crate::world::run;

/// Lines that a careless client would take for the end of the mail, or break.
const LINES: [&str; 10] = ["", ".", "..", "...", ".x", "x.", " .", "QUIT", "MAIL FROM:<x@y>", "usual words"];

fn cases() -> ProptestConfig {
    let cases = if world::is_long() { 10_000 } else { 100 };
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) }
}

proptest! {
    #![proptest_config(cases())]
    #[test]
    fn the_relay_reads_exactly_the_mail_with_one_end(
        picked in proptest::collection::vec((0..LINES.len(), 0..900_usize), 1..40),
    ) {
        let mut content = String::from("Subject: x\r\n\r\n");
        for (line, length) in picked {
            content += LINES[line];
            content += &"y".repeat(if length > 850 { length } else { 0 });
            content += "\r\n";
        }
        let server = ScriptedRelay::start(world::offer(world::PIPELINING), |_| Act::Usual);
        let said = run(async {
            let mut connection = plain(&server).open().await.unwrap();
            let said = connection.deliver(&mail_with("alice@example.com", content.as_bytes()), None).await;
            connection.close().await;
            said
        });
        prop_assert!(brief(&said).starts_with("accepted"), "{said:?}");
        let dumps = server.end();
        prop_assert_eq!(&dumps[0].mails[0].content, content.as_bytes());
        let bytes = dumps[0].bytes();
        let ends = bytes.windows(5).filter(|window| window == b"\r\n.\r\n").count();
        prop_assert_eq!(ends, 1);
        for (place, byte) in bytes.iter().enumerate() {
            let before = place.checked_sub(1).and_then(|place| bytes.get(place));
            let after = bytes.get(place + 1);
            prop_assert!(*byte != b'\n' || before == Some(&b'\r'));
            prop_assert!(*byte != b'\r' || after == Some(&b'\n'));
        }
    }
}

#[test]
fn content_that_is_not_strict_is_refused_before_any_byte_is_sent() {
    let long = format!("{}\r\n", "x".repeat(999));
    let cases: [&[u8]; 7] =
        [b"a\nb\r\n", b"a\rb\r\n", b"a\r\n\r", b"a\0b\r\n", b"no end", long.as_bytes(), b".\n.\r\n"];
    let server = ScriptedRelay::start(world::offer(world::PIPELINING), |_| Act::Usual);
    run(async {
        let mut connection = plain(&server).open().await.unwrap();
        for content in cases {
            let said = brief(&connection.deliver(&mail_with("alice@example.com", content), None).await);
            assert!(said.starts_with("refused: this is a bug"), "{content:?}: {said}");
        }
        for address in ["a b@x.example", "a@x.example>\r\nRCPT TO:<b@x.example", "<a@x.example>", "a\0@x.example"] {
            let said = brief(&connection.deliver(&mail(address), None).await);
            assert!(said.starts_with("refused"), "{address:?}: {said}");
        }
        assert!(brief(&connection.deliver(&mail("alice@example.com"), None).await).starts_with("accepted"));
        connection.close().await;
    });
    assert_eq!(server.end()[0].mails.len(), 1);
}

#[test]
fn an_address_outside_ascii_needs_smtputf8() {
    for (extensions, expected) in [(&["PIPELINING", "SMTPUTF8", "8BITMIME"][..], true), (world::PIPELINING, false)] {
        let server = ScriptedRelay::start(world::offer(extensions), |_| Act::Usual);
        let said = run(async {
            let mut connection = plain(&server).open().await.unwrap();
            let said = brief(&connection.deliver(&mail_with("ü@example.com", b"Subject: x\r\n\r\nx\r\n"), None).await);
            assert!(connection.is_open());
            connection.close().await;
            said
        });
        assert_eq!(said.starts_with("accepted"), expected, "{said}");
        let text = server.end()[0].text();
        assert_eq!(text.contains("MAIL FROM:<bounces@example.com> SMTPUTF8"), expected, "{text}");
    }
}
