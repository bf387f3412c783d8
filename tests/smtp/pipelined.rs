//! The next envelope is pipelined behind the final dot of the mail before it.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use crate::relay::Act;
use crate::relay::At;
use crate::relay::ScriptedRelay;
use crate::world;
use crate::world::brief;
use crate::world::envelope;
use crate::world::mail;
use crate::world::plain;
use crate::world::run;

#[test]
fn the_next_mail_is_announced_in_the_write_of_the_dot_and_its_content_waits_for_its_call() {
    let server = ScriptedRelay::start(world::offer(world::PIPELINING), |_| Act::Usual);
    run(async {
        let mut connection = plain(&server).open().await.unwrap();
        assert!(connection.can_pipeline());
        let bob = envelope("bob@example.com");
        assert_eq!(
            brief(&connection.deliver(&mail("alice@example.com"), Some(&bob)).await),
            "accepted: 250 2.0.0 Ok: queued"
        );
        assert_eq!(brief(&connection.deliver(&mail("bob@example.com"), None).await), "accepted: 250 2.0.0 Ok: queued");
        connection.close().await;
    });
    let dumps = server.end();
    let reads: Vec<String> = dumps[0].reads.iter().map(|read| String::from_utf8_lossy(read).into_owned()).collect();
    let with_dot = reads.iter().find(|read| read.contains("alice@example.com\r\nSubject")).unwrap();
    let announced = "\r\n.\r\nMAIL FROM:<bounces@example.com>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n";
    assert!(with_dot.ends_with(announced), "{with_dot:?}");
    let mails = &dumps[0].mails;
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[1].recipients, ["bob@example.com"]);
}

#[test]
fn without_pipelining_nothing_is_announced_ahead() {
    let server = ScriptedRelay::start(world::offer(&[]), |_| Act::Usual);
    run(async {
        let mut connection = plain(&server).open().await.unwrap();
        assert!(!connection.can_pipeline());
        let bob = envelope("bob@example.com");
        connection.deliver(&mail("alice@example.com"), Some(&bob)).await;
        connection.deliver(&mail("bob@example.com"), None).await;
        connection.close().await;
    });
    assert_eq!(server.accepted().len(), 2);
    let dumps = server.end();
    let dot = dumps[0].reads.iter().find(|read| read.ends_with(b"\r\n.\r\n")).cloned();
    assert!(dot.is_some(), "the dot ends its write");
}

#[test]
fn a_refused_pipelined_recipient_affects_only_its_mail_and_the_lone_dot_is_not_a_mail() {
    for data in ["354 go on", "554 5.5.1 nobody"] {
        let count = AtomicUsize::new(0);
        let server = ScriptedRelay::start(world::offer(world::PIPELINING), move |moment| match moment.at {
            At::Rcpt if moment.line.contains("<bob@") => Act::Say(b"550 5.1.1 no such user\r\n".to_vec()),
            At::Data if count.fetch_add(1, Ordering::SeqCst) == 1 => Act::Say(format!("{data}\r\n").into_bytes()),
            _ => Act::Usual,
        });
        let said: Vec<String> = run(async {
            let mut connection = plain(&server).open().await.unwrap();
            let (bob, carla) = (envelope("bob@example.com"), envelope("carla@example.com"));
            let said = vec![
                brief(&connection.deliver(&mail("alice@example.com"), Some(&bob)).await),
                brief(&connection.deliver(&mail("bob@example.com"), Some(&carla)).await),
                brief(&connection.deliver(&mail("carla@example.com"), None).await),
            ];
            connection.close().await;
            said
        });
        assert!(said[0].starts_with("accepted"), "{data}: {said:?}");
        assert_eq!(said[1], "refused: 550 5.1.1 no such user", "{data}");
        assert!(said[2].starts_with("accepted"), "{data}: {said:?}");
        let accepted: Vec<_> = server.accepted().into_iter().map(|mail| mail.recipients.concat()).collect();
        assert_eq!(accepted.iter().filter(|to| !to.is_empty()).count(), 2, "{data}: {accepted:?}");
        assert!(!accepted.iter().any(|to| to.contains("bob")), "{data}: {accepted:?}");
    }
}

#[test]
fn an_announced_mail_that_does_not_come_costs_the_connection_and_sends_nothing() {
    let server = ScriptedRelay::start(world::offer(world::PIPELINING), |_| Act::Usual);
    let said = run(async {
        let mut connection = plain(&server).open().await.unwrap();
        let bob = envelope("bob@example.com");
        connection.deliver(&mail("alice@example.com"), Some(&bob)).await;
        let said = brief(&connection.deliver(&mail("carla@example.com"), None).await);
        assert!(!connection.is_open());
        let mut other = plain(&server).open().await.unwrap();
        other.deliver(&mail("alice@example.com"), Some(&bob)).await;
        other.close().await;
        said
    });
    assert!(said.starts_with("later at MAIL FROM"), "{said}");
    let accepted: Vec<_> = server.accepted().into_iter().map(|mail| mail.recipients.concat()).collect();
    assert_eq!(accepted, ["alice@example.com", "alice@example.com"]);
}
