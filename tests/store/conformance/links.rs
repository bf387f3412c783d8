//! The links of resets: found by their code, used once, revoked, expired.

use cxme_admin::domain::message::MessageId;
use cxme_admin::domain::message::MessageState;
use cxme_admin::domain::role::RoleId;
use cxme_admin::domain::user::Lock;
use cxme_admin::domain::user::SignIn;
use cxme_admin::domain::user::User;
use cxme_admin::domain::user::UserId;
use cxme_admin::secrets::reset_code::ResetCodeHash;
use cxme_admin::store::Result;
use cxme_admin::store::StoreError;
use cxme_admin::store::WriteTransaction;
use cxme_admin::store::links::LinkQuery;
use cxme_admin::store::links::ProtectedLinks;
use cxme_admin::store::messages::LinkState;
use cxme_admin::store::messages::Message;
use cxme_admin::store::users::NewUser;

use super::Engine;
use super::Fixture;
use super::LIFETIME;
use super::SENDER;
use super::at;
use super::code_hash;
use super::new_password;
use super::new_user;
use super::sign_in::rehashed;
use super::tried;
use super::with_roles;

fn lifetime() -> i64 {
    LIFETIME.as_secs().cast_signed()
}

fn state(fixture: &Fixture, id: MessageId, seconds: i64) -> LinkState {
    fixture.message(id).link.unwrap().state(at(seconds))
}

/// A link of a user of one's own that the relay accepted.
fn delivered(fixture: &Fixture, name: &str, seconds: i64) -> MessageId {
    let user = fixture.add_user(name);
    let id = fixture.queue(user, seconds);
    fixture.deliver(id, seconds);
    id
}

fn links(fixture: &Fixture, query: &LinkQuery, seconds: i64) -> Vec<MessageId> {
    let mut ids = Vec::new();
    let mut visit = |message: Message| {
        ids.push(message.id);
        Ok::<_, StoreError>(())
    };
    fixture.read().each_link(query, at(seconds), &mut visit).unwrap();
    ids
}

#[test]
fn a_link_is_found_by_the_hash_of_its_code() {
    for fixture in Engine::each() {
        let alice = fixture.add_user("alice");
        let (id, other) = (fixture.queue(alice, 0), fixture.queue(alice, 0));
        let found = |hash: &ResetCodeHash| fixture.read().link_by_code(hash).unwrap();
        assert!(found(&code_hash(id)).is_none(), "a message that was not tried has no code");
        fixture.start(&[id, other], SENDER, 1);
        let link = found(&code_hash(id)).unwrap();
        assert_eq!((link.message, link.user), (id, alice));
        assert_eq!(Some(link.metadata), fixture.message(id).link);
        let mut hash = code_hash(id);
        hash.0[31] ^= 1;
        assert!(found(&hash).is_none(), "all bytes count");
        // Whatever became of it: the page tells why it cannot be used.
        fixture.record(id, tried(MessageState::Failed, None), 2);
        fixture.change(|writing| writing.delete_user(alice));
        assert_eq!(found(&code_hash(id)).unwrap().user, alice);
    }
}

#[test]
fn a_link_is_used_once_and_while_it_lives() {
    for fixture in Engine::each() {
        let [used, expired] = ["alice", "bob"].map(|name| delivered(&fixture, name, 10));
        let waits = fixture.queue(fixture.add_user("carol"), 10);
        let use_up = |id, seconds| fixture.change(|writing| writing.use_link(id, at(seconds)));
        assert_eq!((state(&fixture, waits, 11), use_up(waits, 11)), (LinkState::Unsent, false));
        assert!(!use_up(MessageId(i64::MAX), 11));
        assert!(fixture.undone(|writing| writing.use_link(used, at(11))));
        assert_eq!(state(&fixture, used, 11), LinkState::Open);
        assert!(use_up(used, 11) && !use_up(used, 12));
        assert_eq!(fixture.message(used).link.unwrap().used_at, Some(at(11)));
        assert_eq!(state(&fixture, used, 11), LinkState::Used);
        let end = 10 + lifetime();
        assert_eq!(
            (state(&fixture, expired, end - 1), state(&fixture, expired, end)),
            (LinkState::Open, LinkState::Expired)
        );
        assert!(!use_up(expired, end) && use_up(expired, end - 1));
    }
}

#[test]
fn a_link_lives_from_the_last_time_that_its_mail_may_have_arrived() {
    for fixture in Engine::each() {
        let alice = fixture.add_user("alice");
        let id = fixture.queue(alice, 0);
        fixture.start(&[id], SENDER, 10);
        assert_eq!(state(&fixture, id, 11), LinkState::Open, "the mail may be read before the relay's answer is noted");
        fixture.record(id, tried(MessageState::InDoubt, Some(60)), 20);
        assert_eq!(fixture.message(id).link.unwrap().expires_at, Some(at(20 + lifetime())));
        fixture.try_message(id, MessageState::Accepted, None, 60);
        assert_eq!(fixture.message(id).link.unwrap().expires_at, Some(at(60 + lifetime())));
        // A newer link ends it, when the mail of that may have arrived.
        let newer = fixture.queue(alice, 70);
        fixture.start(&[newer], SENDER, 80);
        assert_eq!(state(&fixture, id, 81), LinkState::Open);
        fixture.record(newer, tried(MessageState::Accepted, None), 82);
        assert_eq!((state(&fixture, id, 83), state(&fixture, newer, 83)), (LinkState::Revoked, LinkState::Open));
        assert_eq!(fixture.message(id).link.unwrap().revoked_why.as_deref(), Some("a newer link"));
    }
}

#[test]
fn one_link_is_revoked_with_its_mail() {
    for fixture in Engine::each() {
        let sent = delivered(&fixture, "alice", 10);
        let doubtful = fixture.queue(fixture.add_user("bob"), 10);
        fixture.try_message(doubtful, MessageState::InDoubt, Some(60), 10);
        let revoke = |id, seconds| fixture.change(|writing| writing.revoke_link(id, "asked for", at(seconds)));
        assert!(fixture.undone(|writing| writing.revoke_link(sent, "asked for", at(20))));
        assert!(revoke(sent, 20) && !revoke(sent, 21) && !revoke(MessageId(i64::MAX), 20));
        let link = fixture.message(sent).link.unwrap();
        assert_eq!((link.revoked_at, link.revoked_why.as_deref()), (Some(at(20)), Some("asked for")));
        assert_eq!(fixture.state(sent), MessageState::Accepted);
        assert!(revoke(doubtful, 20));
        assert_eq!(fixture.state(doubtful), MessageState::Cancelled, "no copy of it is sent any more");
        let expired = delivered(&fixture, "carol", 10);
        assert!(!revoke(expired, 10 + lifetime()));
    }
}

#[test]
fn the_links_of_a_user_or_of_all_are_revoked() {
    for fixture in Engine::each() {
        let admin = fixture.change(|writing| writing.add_user(&NewUser { role: RoleId::ADMIN, ..new_user("admin") }));
        let alice = fixture.add_user("alice");
        let (of_admin, of_alice) = (fixture.queue(admin, 0), fixture.queue(alice, 0));
        fixture.deliver(of_admin, 1);
        fixture.deliver(of_alice, 1);
        let waits = fixture.queue(alice, 2);
        let waits_of_admin = fixture.queue(admin, 2);
        let none = ProtectedLinks::default();
        let of_roles =
            |roles: &[RoleId], seconds| fixture.read().links_of_protected(&with_roles(roles), at(seconds)).unwrap();
        assert_eq!(of_roles(&[], 3), none);
        let left = ProtectedLinks { links: 1, waiting: 1, user: Some(admin) };
        assert_eq!(of_roles(&[RoleId::ADMIN], 3), left);
        assert_eq!(of_roles(&[RoleId(i64::MAX)], 3), none);
        let revoke = |user, without: &[RoleId], seconds| {
            fixture.change(|writing| writing.revoke_links(user, &with_roles(without), "moved", at(seconds)))
        };
        assert_eq!(revoke(Some(UserId(i64::MAX)), &[], 3), (0, 0));
        assert_eq!(revoke(None, &[RoleId::ADMIN], 3), (1, 1));
        assert_eq!((state(&fixture, of_alice, 3), fixture.state(waits)), (LinkState::Revoked, MessageState::Cancelled));
        assert_eq!(state(&fixture, of_admin, 3), LinkState::Open);
        fixture.undone(|writing| writing.revoke_links(Some(admin), &with_roles(&[]), "moved", at(3)));
        assert_eq!(of_roles(&[RoleId::ADMIN], 3), left);
        assert_eq!(revoke(Some(admin), &[], 4), (1, 1));
        assert_eq!(fixture.state(waits_of_admin), MessageState::Cancelled);
        assert_eq!(of_roles(&[RoleId::ADMIN], 5), none);
        // One under way is revoked too: its end counts from the relay's answer on.
        let under_way = fixture.queue(alice, 6);
        fixture.start(&[under_way], SENDER, 6);
        assert_eq!(revoke(None, &[], 7), (1, 0));
        fixture.record(under_way, tried(MessageState::Accepted, None), 8);
        assert_eq!(state(&fixture, under_way, 9), LinkState::Revoked);
    }
}

#[test]
fn all_open_links_end_at_once_but_for_those_whose_mail_waits() {
    for fixture in Engine::each() {
        let sent = delivered(&fixture, "alice", 10);
        let doubtful = fixture.queue(fixture.add_user("bob"), 10);
        fixture.try_message(doubtful, MessageState::InDoubt, Some(60), 10);
        let old = delivered(&fixture, "carol", 11 - lifetime());
        assert_eq!(fixture.undone(|writing| writing.end_open_links("another key", at(20))), 1);
        assert_eq!(fixture.change(|writing| writing.end_open_links("another key", at(20))), 1);
        assert_eq!(fixture.change(|writing| writing.end_open_links("another key", at(21))), 0);
        let states = [sent, doubtful, old].map(|id| state(&fixture, id, 20));
        assert_eq!(states, [LinkState::Revoked, LinkState::Open, LinkState::Expired]);
        assert_eq!(fixture.message(sent).link.unwrap().revoked_why.as_deref(), Some("another key"));
    }
}

#[test]
fn links_are_listed_and_counted_by_state_and_user() {
    for fixture in Engine::each() {
        let expired = delivered(&fixture, "expired", 20 - lifetime());
        let [used, revoked, open] = ["used", "revoked", "open"].map(|name| delivered(&fixture, name, 10));
        let unsent = fixture.queue(fixture.add_user("unsent"), 10);
        assert!(fixture.change(|writing| writing.use_link(used, at(15))));
        assert!(fixture.change(|writing| writing.revoke_link(revoked, "", at(15))));
        let expected = [
            (LinkState::Unsent, unsent),
            (LinkState::Open, open),
            (LinkState::Used, used),
            (LinkState::Expired, expired),
            (LinkState::Revoked, revoked),
        ];
        for (state, id) in expected {
            let query = LinkQuery { state: Some(state), ..LinkQuery::default() };
            assert_eq!(links(&fixture, &query, 20), [id], "{state:?}");
            assert_eq!(fixture.read().count_links(&query, at(20)).unwrap(), 1);
            assert_eq!(self::state(&fixture, id, 20), state);
            let user = fixture.message(id).user;
            assert_eq!(links(&fixture, &LinkQuery { user, ..query.clone() }, 20), [id]);
            assert!(links(&fixture, &LinkQuery { user: Some(UserId(i64::MAX)), ..query }, 20).is_empty());
        }
        let newest_first = [unsent, open, revoked, used, expired];
        assert_eq!(links(&fixture, &LinkQuery::default(), 20), newest_first);
        let two = LinkQuery { limit: Some(2), ..LinkQuery::default() };
        assert_eq!(links(&fixture, &two, 20), newest_first[..2]);
        assert_eq!(fixture.read().count_links(&two, at(20)).unwrap(), 5, "the limit does not count");
        assert!(links(&fixture, &LinkQuery { limit: Some(0), ..two }, 20).is_empty());
        let failed = fixture.read().each_link(&LinkQuery::default(), at(20), &mut |_| Err(StoreError::BeingRestored));
        assert!(matches!(failed, Err(StoreError::BeingRestored)));
    }
}

#[test]
fn a_link_dies_with_what_changes_the_sign_in_of_its_user() {
    for fixture in Engine::each() {
        let lock = Lock { until: Some(at(1_000)), reason: None };
        let user = |id| fixture.user(id);
        type Change<'a> = &'a dyn Fn(&WriteTransaction<'_>, UserId, User) -> Result<()>;
        let changes: [(&str, Option<&str>, Change<'_>); 8] = [
            ("password", Some("another password"), &|writing, id, _| writing.set_password(id, &new_password(1, false))),
            ("address", Some("another address"), &|writing, _, user| {
                writing.update_user(&User { email: "other@example.com".parse().unwrap(), ..user })
            }),
            ("saml", Some("moved to SAML"), &|writing, _, user| {
                writing.update_user(&User { sign_in: SignIn::Saml, ..user })
            }),
            ("lock", Some("locked"), &|writing, id, _| writing.set_lock(id, Some(&lock), at(20))),
            ("deleted", Some("user deleted"), &|writing, id, _| writing.delete_user(id)),
            ("unlock", None, &|writing, id, _| writing.set_lock(id, None, at(20))),
            ("name", None, &|writing, _, user| writing.update_user(&User { name: "Other".to_owned(), ..user })),
            ("must", None, &|writing, id, _| writing.set_must_change(id, false)),
        ];
        for (name, why, change) in changes {
            let id = fixture.add_user(name);
            let sent = fixture.queue(id, 0);
            fixture.deliver(sent, 10);
            let (waits, under_way) = (fixture.queue(id, 11), fixture.queue(id, 12));
            fixture.start(&[under_way], SENDER, 12);
            let user = user(id);
            fixture.change(|writing| change(writing, id, user));
            let states = [fixture.state(sent), fixture.state(waits), fixture.state(under_way)];
            let waiting = if why.is_some() { MessageState::Cancelled } else { MessageState::Queued };
            assert_eq!(states, [MessageState::Accepted, waiting, MessageState::Sending], "{name}");
            for id in [sent, under_way] {
                let link = fixture.message(id).link.unwrap();
                assert_eq!((link.revoked_at.is_some(), link.revoked_why.as_deref()), (why.is_some(), why), "{name}");
            }
            fixture.record(under_way, tried(MessageState::Failed, None), 13);
        }
    }
}

#[test]
fn a_login_with_a_stronger_hash_ends_no_link() {
    for fixture in Engine::each() {
        let alice = fixture.add_user("alice");
        fixture.set_password(alice, 1);
        let sent = fixture.queue(alice, 0);
        fixture.deliver(sent, 10);
        fixture.store.record_login(alice, Some(&rehashed(1)), at(20)).unwrap();
        assert_eq!(state(&fixture, sent, 21), LinkState::Open);
    }
}
