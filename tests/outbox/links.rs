//! When links become valid and invalid.

use cxme_admin::domain::management::ProtectedUsers;
use cxme_admin::domain::message::MessageId;
use cxme_admin::domain::policy::PersonalWords;
use cxme_admin::domain::policy::Policy;
use cxme_admin::domain::user::Lock;
use cxme_admin::domain::user::SignIn;
use cxme_admin::domain::user::User;
use cxme_admin::domain::user::UserId;
use cxme_admin::outbox::SendReport;
use cxme_admin::random::ScriptedRandom;
use cxme_admin::secrets::Hasher;
use cxme_admin::secrets::Password;
use cxme_admin::secrets::ResetCode;
use cxme_admin::secrets::admission::AcceptedHash;
use cxme_admin::secrets::admission::FormerPasswords;
use cxme_admin::secrets::password_hash::HashParameters;
use cxme_admin::store::StoreError;
use cxme_admin::store::links::LinkQuery;
use cxme_admin::store::messages::LinkState;
use cxme_admin::store::messages::Message;
use cxme_admin::store::users::NewPassword;
use zeroize::Zeroizing;

use crate::relay::Act;
use crate::relay::At;
use crate::relay::ScriptedRelay;
use crate::relays::pipelining;
use crate::world::LIFETIME;
use crate::world::World;
use crate::world::code_in;
use crate::world::smtp;
use crate::world::sql_at;

/// The hash of a new password.
fn accepted() -> AcceptedHash {
    let mut hasher = Hasher::new(HashParameters::new(8, 1, 1).unwrap());
    let password = Password::new(Zeroizing::new("seven violet umbrellas".to_owned())).unwrap();
    let words = PersonalWords { username: "", email: "", name: "", organization: "", email_domains: &[] };
    hasher.admit(&password, &Policy::default(), &words, &FormerPasswords::default(), &ScriptedRandom::new(1)).unwrap()
}

fn sent(world: &World, user: UserId) -> (MessageId, ResetCode) {
    let id = world.queue(user);
    let mails = world.mails();
    (id, ResetCode::parse(&code_in(mails.last().unwrap())).unwrap())
}

fn is_found(world: &World, code: &ResetCode) -> bool {
    let link = world.store.read().unwrap().link_by_code(&code.hash()).unwrap();
    link.is_some_and(|link| link.metadata.used_at.is_none() && link.metadata.revoked_at.is_none())
}

/// A change to a user.
type Doing<'a> = &'a dyn Fn(&World, UserId);

#[test]
fn each_change_that_makes_a_link_pointless_ends_it() {
    let change_password = |world: &World, user| {
        let new = NewPassword {
            accepted: accepted(),
            must_change: false,
            keep_sessions: true,
            set_at: world.now(),
            expires_at: None,
            is_own: true,
        };
        world.change(|store| store.set_password(user, &new));
    };
    let lock = |world: &World, user| {
        world.change(|store| store.set_lock(user, Some(&Lock { until: None, reason: None }), world.now()));
    };
    let address = |world: &World, user: UserId| {
        world.change(|store| {
            let user = store.user_by_id(user)?.unwrap();
            store.update_user(&User { email: "adams@example.com".parse().unwrap(), ..user })
        });
    };
    let saml = |world: &World, user: UserId| {
        world.change(|store| {
            let user = store.user_by_id(user)?.unwrap();
            store.update_user(&User { sign_in: SignIn::Saml, ..user })
        });
    };
    let deleted = |world: &World, user: UserId| world.change(|store| store.delete_user(user));
    let changes: [(&str, Doing); 5] = [
        ("another password", &change_password),
        ("locked", &lock),
        ("another address", &address),
        ("moved to SAML", &saml),
        ("user deleted", &deleted),
    ];
    for (why, change) in changes {
        let world = World::new();
        let (alice, bob) = (world.user("alice"), world.user("bob"));
        let (id, code) = sent(&world, alice);
        let (_, of_bob) = sent(&world, bob);
        let waiting = world.queue(alice);
        assert!(is_found(&world, &code), "{why}");
        change(&world, alice);
        assert!(!is_found(&world, &code), "{why}");
        assert_eq!(world.message(id).link.unwrap().revoked_why.as_deref(), Some(why));
        let waiting = world.message(waiting);
        assert_eq!((waiting.state.word(), waiting.reply.as_deref()), ("cancelled", Some(why)));
        assert!(is_found(&world, &of_bob), "{why}: another user's link lives on");
    }
}

#[test]
fn changes_that_do_not_affect_the_password_keep_the_link() {
    let world = World::new();
    let alice = world.user("alice");
    let (_, code) = sent(&world, alice);
    world.sql(
        "UPDATE users SET email = 'ALICE@example.com', name = 'A', locale = 'de', last_login_at = 1, session_epoch = 9, must_change_password = 1",
    );
    assert!(is_found(&world, &code));
}

#[test]
fn a_newer_link_ends_the_older_one_when_its_mail_is_sent() {
    let world = World::new();
    let alice = world.user("alice");
    let (first, old) = sent(&world, alice);
    let second = world.queue(alice);
    assert!(is_found(&world, &old), "the newer one has not left");
    let new = ResetCode::parse(&code_in(&world.mails()[0])).unwrap();
    assert!(!is_found(&world, &old));
    assert!(is_found(&world, &new));
    assert_eq!(world.message(first).link.unwrap().revoked_why.as_deref(), Some("a newer link"));
    assert_eq!(world.message(second).link.unwrap().state(world.now()), LinkState::Open);
}

#[test]
fn the_lifetime_of_a_link_starts_at_its_last_delivery_and_it_is_used_once() {
    let world = World::new();
    let alice = world.user("alice");
    let (id, _) = sent(&world, alice);
    let lifetime = i64::try_from(LIFETIME.as_secs()).unwrap();
    let use_it = || world.change(|store| store.use_link(id, world.now()));
    world.wait(lifetime - 1);
    assert!(use_it());
    assert!(!use_it());
    let (id, _) = sent(&world, alice);
    world.wait(lifetime);
    assert!(!world.change(|store| store.use_link(id, world.now())));
    assert_eq!(world.message(id).link.unwrap().state(world.now()), LinkState::Expired);
}

#[test]
fn all_links_are_revoked_at_once_and_waiting_messages_are_cancelled() {
    let world = World::new();
    let (alice, bob) = (world.user("alice"), world.user("bob"));
    let ((_, one), (_, two)) = (sent(&world, alice), sent(&world, bob));
    world.queue(alice);
    let revoked =
        world.change(|store| store.revoke_links(Some(alice), &ProtectedUsers::default(), "revoked", world.now()));
    assert_eq!((revoked, is_found(&world, &one), is_found(&world, &two)), ((1, 1), false, true));
    assert_eq!(
        world.change(|store| store.revoke_links(None, &ProtectedUsers::default(), "revoked", world.now())),
        (1, 0)
    );
    assert!(!is_found(&world, &two));
}

/// Whether the link of a message can be used: by the rule, by the SQL that uses it, and in the list, which must
/// agree.
fn is_open(world: &World, id: MessageId) -> bool {
    let is_open = world.message(id).link.unwrap().is_usable(world.now());
    let mut listed = false;
    let query = LinkQuery { state: Some(LinkState::Open), ..LinkQuery::default() };
    let reading = world.store.read().unwrap();
    let visit = &mut |message: Message| {
        listed |= message.id == id;
        Ok::<_, StoreError>(())
    };
    reading.each_link(&query, world.now(), visit).unwrap();
    drop(reading);
    let writing = world.store.write().unwrap();
    assert_eq!((writing.use_link(id, world.now()).unwrap(), listed), (is_open, is_open), "message {}", id.0);
    is_open
}

#[test]
fn a_link_whose_mail_cannot_have_arrived_cannot_be_used() {
    // Refused permanently, refused temporarily, and lost after the dot: the relay may have the last one.
    let answers: [(&[u8], &str, bool); 3] = [
        (b"554 5.7.1 spam\r\n", "failed", false),
        (b"451 4.3.0 later\r\n", "deferred", false),
        (b"", "in doubt", true),
    ];
    for (answer, state, opens) in answers {
        let world = World::new();
        let id = world.queue(world.user("alice"));
        let path = world.store.path().to_owned();
        let relay = ScriptedRelay::start(pipelining(), move |moment| {
            if moment.at != At::Dot {
                return Act::Usual;
            }
            let under_way = World::at(&path);
            assert!(is_open(&under_way, MessageId(1)), "the mail may be read before the relay's answer is noted");
            if answer.is_empty() { Act::Hang(Vec::new()) } else { Act::Say(answer.to_vec()) }
        });
        world.send(smtp(relay.port()), 1);
        assert_eq!(world.message(id).state.word(), state);
        assert_eq!(is_open(&world, id), opens, "{state}");
        let expected = if opens { LinkState::Open } else { LinkState::Unsent };
        assert_eq!(world.message(id).link.unwrap().state(world.now()), expected, "{state}");
        // The same after the message is cancelled, because of a newer link or with its job.
        world.sql("UPDATE messages SET state = 'cancelled', sender = NULL, ended_at = 1 WHERE state = 'deferred'");
        assert_eq!(is_open(&world, id), opens, "{state}, and cancelled");
    }
}

/// A relay that takes time to reply to RCPT, during which `doing` changes the store, and then refuses temporarily.
fn while_under_way(world: &World, doing: &str) -> SendReport {
    let (path, doing) = (world.store.path().to_owned(), doing.to_owned());
    let relay = ScriptedRelay::start(pipelining(), move |moment| {
        if moment.at != At::Dot {
            return Act::Usual;
        }
        sql_at(&path, &doing);
        Act::Say(b"451 4.3.0 later\r\n".to_vec())
    });
    world.send(smtp(relay.port()), 1)
}

#[test]
fn a_link_that_ended_while_its_mail_was_in_flight_is_not_mailed_again() {
    for doing in [
        "UPDATE messages SET revoked_at = 1, revoked_why = 'by an operator'",
        "UPDATE messages SET used_at = 1",
        "UPDATE users SET locked_at = 1; UPDATE users SET locked_at = NULL",
    ] {
        let world = World::new();
        let id = world.queue(world.user("alice"));
        assert_eq!(while_under_way(&world, doing).deferred, 1, "{doing}");
        world.wait(1_000);
        assert!(world.mails().is_empty(), "{doing}");
        let message = world.message(id);
        assert_eq!(message.state.word(), "cancelled", "{doing}");
        assert_eq!(message.reply.as_deref(), Some("its link has ended"), "{doing}");
    }
}

#[test]
fn a_mail_in_flight_of_a_cancelled_job_does_not_wait_forever() {
    let world = World::new();
    let id = world.queue(world.user("alice"));
    world.sql(
        "INSERT INTO jobs (state, ended_at, operator, operator_uid, created_at, selection)
         VALUES ('cancelled', 1, 'x', 0, 1, 'x')",
    );
    assert_eq!(while_under_way(&world, "UPDATE messages SET job_id = 1").deferred, 1);
    let message = world.message(id);
    assert_eq!((message.state.word(), message.reply.as_deref()), ("cancelled", Some("job 1 cancelled")));
}
