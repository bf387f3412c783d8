//! Messages: queued, looked up and cancelled.

use std::time::Duration;

use cxme_admin::domain::message::MailKind;
use cxme_admin::domain::message::MessageId;
use cxme_admin::domain::message::MessageState;
use cxme_admin::domain::message::NoticeCause;
use cxme_admin::domain::user::UserId;
use cxme_admin::store::StoreError;
use cxme_admin::store::messages::LinkState;
use cxme_admin::store::messages::LinkStatus;
use cxme_admin::store::messages::Message;
use cxme_admin::store::messages::NewContent;
use cxme_admin::store::messages::NewMessage;

use super::Engine;
use super::Fixture;
use super::LIFETIME;
use super::SENDER;
use super::account;
use super::at;

fn waiting(fixture: &Fixture, limit: Option<u64>) -> Vec<MessageId> {
    let mut ids = Vec::new();
    let mut visit = |message: Message| {
        ids.push(message.id);
        Ok::<_, StoreError>(())
    };
    fixture.read().each_waiting_message(limit, &mut visit).unwrap();
    ids
}

#[test]
fn a_message_of_each_kind_is_read_back() {
    for fixture in Engine::each() {
        let alice = fixture.add_user("alice");
        let operator = cxme_admin::domain::operator::Account { uid: 7, name: "dora".to_owned(), ..account() };
        let address = "ALICE@example.com".parse().unwrap();
        let lifetime = Duration::from_secs(300);
        let link = |invitation, note| NewContent::Link { invitation, lifetime, note };
        let contents = [
            (MailKind::Reset, link(false, Some("Grüße")), Some(alice)),
            (MailKind::Invitation, link(true, None), Some(alice)),
            (MailKind::Notice, NewContent::Notice(NoticeCause::ChosenByLink), Some(alice)),
            (MailKind::AddressNotice, NewContent::Notice(NoticeCause::AddressReplaced), Some(alice)),
            (MailKind::Test, NewContent::Test, None),
        ];
        for (kind, content, user) in contents {
            let new = NewMessage { content, user, address: &address, operator: &operator, created_at: at(3) };
            let undone = fixture.undone(|writing| writing.queue_message(&new));
            assert!(fixture.read().message(undone).unwrap().is_none());
            let id = fixture.change(|writing| writing.queue_message(&new));
            let status = LinkStatus {
                lifetime,
                expires_at: None,
                seen_at: None,
                is_sending: false,
                delivered_at: None,
                used_at: None,
                revoked_at: None,
                revoked_why: None,
            };
            let cause = if let NewContent::Notice(cause) = content { Some(cause) } else { None };
            let expected = Message {
                id,
                kind,
                state: MessageState::Queued,
                user,
                username: user.map(|_| "alice".to_owned()),
                address: "ALICE@example.com".to_owned(),
                operator: "dora".to_owned(),
                operator_uid: 7,
                created_at: at(3),
                due_at: at(3),
                attempts: 0,
                last_try_at: None,
                ended_at: None,
                link: kind.has_link().then_some(status),
                cause,
                note: (kind == MailKind::Reset).then(|| "Grüße".to_owned()),
                message_id: None,
                reply: None,
                times_in_doubt: 0,
                job: None,
            };
            assert_eq!(fixture.message(id), expected);
        }
        assert!(fixture.read().message(MessageId(i64::MAX)).unwrap().is_none());
    }
}

#[test]
fn a_message_outlives_its_user() {
    for fixture in Engine::each() {
        let alice = fixture.add_user("alice");
        let id = fixture.queue(alice, 1);
        fixture.change(|writing| writing.delete_user(alice));
        let message = fixture.message(id);
        assert_eq!((message.user, message.username), (Some(alice), None));
    }
}

#[test]
fn what_has_not_ended_is_listed_and_counted_oldest_first() {
    for fixture in Engine::each() {
        let user = fixture.add_user("alice");
        assert!(waiting(&fixture, None).is_empty() && !fixture.read().any_link_waits().unwrap());
        // The order is that of queueing, and not of the time.
        let ids: Vec<MessageId> = (0..5).map(|n| fixture.queue(user, 10 - n)).collect();
        assert_eq!(waiting(&fixture, None), ids);
        fixture.deliver(ids[0], 20);
        fixture.start(&ids[1..2], SENDER, 20);
        fixture.try_message(ids[2], MessageState::Deferred, Some(60), 20);
        fixture.try_message(ids[3], MessageState::Failed, None, 20);
        let left = [ids[1], ids[2], ids[4]];
        assert_eq!(waiting(&fixture, None), left);
        assert_eq!(waiting(&fixture, Some(2)), left[..2]);
        assert!(waiting(&fixture, Some(0)).is_empty());
        assert_eq!(fixture.read().count_waiting_messages().unwrap(), 3);
        let mut seen = 0;
        let failed = fixture.read().each_waiting_message(None, &mut |_| {
            seen += 1;
            Err(StoreError::BeingRestored)
        });
        assert!(matches!(failed, Err(StoreError::BeingRestored)) && seen == 1);
    }
}

#[test]
fn a_link_that_waits_is_told_from_a_notice() {
    for fixture in Engine::each() {
        let alice = fixture.add_user("alice");
        let address = fixture.user(alice).email;
        let content = NewContent::Notice(NoticeCause::SetByOperator);
        let operator = account();
        let notice =
            NewMessage { content, user: Some(alice), address: &address, operator: &operator, created_at: at(0) };
        fixture.change(|writing| writing.queue_message(&notice));
        assert!(!fixture.read().any_link_waits().unwrap());
        let link = fixture.queue(alice, 1);
        assert!(fixture.read().any_link_waits().unwrap());
        fixture.start(&[link], SENDER, 2);
        assert!(fixture.read().any_link_waits().unwrap(), "it is under way");
        fixture.record(link, super::tried(MessageState::Accepted, None), 3);
        assert!(!fixture.read().any_link_waits().unwrap());
    }
}

#[test]
fn what_waits_can_be_cancelled_and_nothing_else() {
    for fixture in Engine::each() {
        let user = fixture.add_user("alice");
        let ids: Vec<MessageId> = (0..6).map(|n| fixture.queue(user, n)).collect();
        fixture.try_message(ids[1], MessageState::Deferred, Some(60), 10);
        fixture.try_message(ids[2], MessageState::InDoubt, Some(60), 10);
        fixture.start(&ids[3..4], SENDER, 10);
        fixture.deliver(ids[4], 10);
        fixture.try_message(ids[5], MessageState::Failed, None, 10);
        let cancel = |id| fixture.change(|writing| writing.cancel_message(id, "by hand", at(20)));
        assert!(fixture.undone(|writing| writing.cancel_message(ids[0], "by hand", at(20))));
        assert_eq!(fixture.state(ids[0]), MessageState::Queued);
        assert_eq!(ids.iter().map(|id| cancel(*id)).collect::<Vec<_>>(), [true, true, true, false, false, false]);
        assert!(!cancel(ids[0]) && !cancel(MessageId(i64::MAX)));
        let message = fixture.message(ids[0]);
        assert_eq!((message.state, message.ended_at), (MessageState::Cancelled, Some(at(20))));
        assert_eq!(message.reply.as_deref(), Some("by hand"));
        assert_eq!(fixture.state(ids[3]), MessageState::Sending);
    }
}

#[test]
fn the_waiting_links_of_one_user_are_cancelled() {
    for fixture in Engine::each() {
        let (alice, bob) = (fixture.add_user("alice"), fixture.add_user("bob"));
        let (first, second, other) = (fixture.queue(alice, 0), fixture.queue(alice, 1), fixture.queue(bob, 2));
        let address = fixture.user(alice).email;
        let content = NewContent::Notice(NoticeCause::SetByOperator);
        let operator = account();
        let notice =
            NewMessage { content, user: Some(alice), address: &address, operator: &operator, created_at: at(0) };
        let notice = fixture.change(|writing| writing.queue_message(&notice));
        let under_way = fixture.queue(alice, 3);
        fixture.start(&[under_way], SENDER, 4);
        fixture.undone(|writing| writing.cancel_waiting_links(alice, "a newer one", at(9)));
        assert_eq!(fixture.state(first), MessageState::Queued);
        fixture.change(|writing| writing.cancel_waiting_links(alice, "a newer one", at(9)));
        fixture.change(|writing| writing.cancel_waiting_links(UserId(i64::MAX), "a newer one", at(9)));
        let states = [first, second, under_way, notice, other].map(|id| fixture.state(id));
        let (cancelled, queued) = (MessageState::Cancelled, MessageState::Queued);
        assert_eq!(states, [cancelled, cancelled, MessageState::Sending, queued, queued]);
        assert_eq!(fixture.message(first).reply.as_deref(), Some("a newer one"));
    }
}

#[test]
fn the_newest_link_that_may_have_arrived_lately_is_found() {
    for fixture in Engine::each() {
        let alice = fixture.add_user("alice");
        let recent =
            |since, now| fixture.read().recent_link(alice, at(since), at(now)).unwrap().map(|message| message.id);
        let (first, second) = (fixture.queue(alice, 0), fixture.queue(alice, 1));
        assert_eq!(recent(-100, 100), None, "none was sent");
        fixture.deliver(first, 10);
        assert_eq!((recent(9, 10), recent(10, 20), recent(0, 9)), (Some(first), None, None));
        fixture.start(&[second], SENDER, 20);
        assert_eq!(recent(500, 600), Some(second), "it is under way");
        fixture.record(second, super::tried(MessageState::InDoubt, Some(60)), 30);
        assert_eq!((recent(29, 30), recent(30, 40)), (Some(second), None));
        assert_eq!(recent(0, 25), None, "the older link was revoked by the newer one");
        // Its link expires, and it was mailed all the same.
        assert_eq!(recent(0, 100_000), Some(second));
        let state = fixture.message(second).link.unwrap().state(at(30 + LIFETIME.as_secs().cast_signed()));
        assert_eq!(state, LinkState::Expired);
        assert!(fixture.change(|writing| writing.revoke_link(second, "wrong", at(40))));
        assert_eq!(recent(0, 100), None);
        assert_eq!(fixture.read().recent_link(UserId(i64::MAX), at(0), at(9)).unwrap(), None);
    }
}
