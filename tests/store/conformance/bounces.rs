//! Bounces: a mail that did not arrive, and an address that takes none.

use cxme_admin::domain::bounce::Bounce;
use cxme_admin::domain::message::MessageState;

use super::Engine;
use super::at;

fn bounce(seconds: i64, reply: &str) -> Bounce {
    Bounce { at: at(seconds), reply: reply.to_owned() }
}

#[test]
fn only_what_the_relay_may_have_taken_can_bounce() {
    for fixture in Engine::each() {
        let alice = fixture.add_user("alice");
        let id = fixture.queue(alice, 1);
        assert_eq!(fixture.read().sent_message(id).unwrap(), None, "it was not sent");
        fixture.start(&[id], 1, 5);
        assert_eq!(fixture.read().sent_message(id).unwrap(), None, "it is in flight");
        fixture.record(id, super::tried(MessageState::Accepted, None), 6);
        let sent = fixture.read().sent_message(id).unwrap().unwrap();
        assert_eq!(
            (sent.message_id.as_str(), sent.address.as_str(), sent.user),
            ("1@example.com", "alice@example.com", Some(alice))
        );
        assert!(!sent.is_bounced && sent.delivered_at >= at(5));
        fixture.change(|writing| writing.bounce_message(id, "550 5.1.1 unknown", at(9)));
        assert!(fixture.read().sent_message(id).unwrap().unwrap().is_bounced);
        let message = fixture.message(id);
        assert_eq!(
            (message.state, message.reply.as_deref(), message.ended_at),
            (MessageState::Bounced, Some("550 5.1.1 unknown"), Some(at(9)))
        );
        let link = message.link.unwrap();
        assert_eq!((link.revoked_at, link.revoked_why.as_deref()), (Some(at(9)), Some("bounced")));
    }
}

#[test]
fn an_address_that_takes_no_mail_is_remembered_until_it_changes_or_is_cleared() {
    for fixture in Engine::each() {
        let alice = fixture.add_user("alice");
        assert!(fixture.change(|writing| writing.bounce_user(alice, &bounce(5, "550 no"))));
        assert!(
            !fixture.change(|writing| writing.bounce_user(alice, &bounce(4, "older"))),
            "an older report is no news"
        );
        assert_eq!(fixture.user(alice).bounce, Some(bounce(5, "550 no")));
        fixture.undone(|writing| writing.clear_bounce(alice));
        fixture.change(|writing| writing.clear_bounce(alice));
        assert_eq!(fixture.user(alice).bounce, None);
        fixture.change(|writing| writing.bounce_user(alice, &bounce(7, "550 no")));
        let mut edited = fixture.user(alice);
        edited.email = "Alice@EXAMPLE.com".parse().unwrap();
        fixture.change(|writing| writing.update_user(&edited));
        assert!(fixture.user(alice).bounce.is_some(), "it is the same address");
        edited.email = "alicia@example.com".parse().unwrap();
        fixture.change(|writing| writing.update_user(&edited));
        assert_eq!(fixture.user(alice).bounce, None);
        assert_eq!(fixture.read().metrics(at(9)).unwrap().bouncing_users, 0);
    }
}
