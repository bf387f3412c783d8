//! Users one by one: found, added, changed, deleted; their password and their lock.

use cxme_admin::domain::role::RoleId;
use cxme_admin::domain::user::Lock;
use cxme_admin::domain::user::SignIn;
use cxme_admin::domain::user::Status;
use cxme_admin::domain::user::User;
use cxme_admin::domain::user::UserId;
use cxme_admin::domain::user::UserReference;
use cxme_admin::secrets::Hasher;
use cxme_admin::secrets::password_hash::HashParameters;
use cxme_admin::store::users::MOST_HISTORY;
use cxme_admin::store::users::NewPassword;
use cxme_admin::store::users::NewUser;

use super::Engine;
use super::accepted_by;
use super::at;
use super::hash;
use super::new_password;
use super::new_user;

#[test]
fn a_user_is_read_back_as_added() {
    for fixture in Engine::each() {
        let new = NewUser {
            name: "Alice Ädams".to_owned(),
            role: RoleId::ADMIN,
            sign_in: SignIn::Saml,
            locale: Some("de".to_owned()),
            created_at: at(4),
            ..new_user("Alice")
        };
        let id = fixture.change(|writing| writing.add_user(&new));
        let expected = User {
            id,
            username: new.username,
            email: new.email,
            name: new.name,
            role: RoleId::ADMIN,
            sign_in: SignIn::Saml,
            locale: new.locale,
            lock: None,
            password: None,
            must_change_password: false,
            session_epoch: 0,
            bounce: None,
            last_login_at: None,
            created_at: at(4),
            updated_at: at(4),
        };
        assert_eq!(fixture.user(id), expected);
        assert_eq!(fixture.read().user_by_id(UserId(id.0 + 1)).unwrap(), None);
    }
}

#[test]
fn a_user_is_found_by_name_and_address_without_case() {
    for fixture in Engine::each() {
        let alice = fixture.add_user("Alice");
        let reading = fixture.read();
        for given in ["alice", "ALICE", "aLiCe@Example.COM"] {
            assert_eq!(reading.user(&UserReference::new(given)).unwrap().unwrap().id, alice, "{given}");
        }
        let (user, gone) = (reading.user_by_id(alice).unwrap().unwrap(), UserId(alice.0 + 1));
        assert_eq!(reading.user(&UserReference::of(&user)).unwrap().unwrap().id, alice);
        // Whatever the name is: it is for messages.
        assert!(reading.user(&UserReference::Id(gone, user.username)).unwrap().is_none());
        for other in ["", "@", "alic", "alice@example", "ａlice", "alıce", "alice\0"] {
            assert!(reading.user(&UserReference::new(other)).unwrap().is_none(), "{other}");
        }
        drop(reading);
        for taken in ["ALICE", "alice"] {
            let error = fixture.store.write().unwrap().add_user(&new_user(taken)).unwrap_err();
            assert!(error.is_conflict(), "{taken}: {error}");
        }
        let new = NewUser { email: "ALICE@example.com".parse().unwrap(), ..new_user("other") };
        assert!(fixture.store.write().unwrap().add_user(&new).unwrap_err().is_conflict(), "the address is taken");
    }
}

#[test]
fn an_address_is_taken_in_whatever_form() {
    for fixture in Engine::each() {
        let new = NewUser { email: "dora@bücher.example".parse().unwrap(), ..new_user("dora") };
        let dora = fixture.change(|writing| writing.add_user(&new));
        let other = fixture.add_user("other");
        let reading = fixture.read();
        let is_taken = |email: &str, besides| reading.is_email_taken(&email.parse().unwrap(), besides).unwrap();
        for form in ["dora@bücher.example", "DORA@BÜCHER.example", "dora@xn--bcher-kva.example"] {
            assert_eq!(reading.user(&UserReference::new(form)).unwrap().unwrap().id, dora, "{form}");
            assert!(is_taken(form, None) && is_taken(form, Some(other)), "{form}");
            assert!(!is_taken(form, Some(dora)), "{form}: it is their own");
        }
        assert!(!is_taken("dora@bucher.example", None));
    }
}

#[test]
fn what_an_edit_changes_is_written_back() {
    for fixture in Engine::each() {
        let (alice, bob) = (fixture.add_user("alice"), fixture.add_user("bob"));
        fixture.set_password(alice, 1);
        let edited = User {
            username: "alicia".parse().unwrap(),
            email: "alicia@example.net".parse().unwrap(),
            name: "Alicia".to_owned(),
            role: RoleId::ADMIN,
            locale: Some("de".to_owned()),
            session_epoch: 9,
            updated_at: at(50),
            ..fixture.user(alice)
        };
        fixture.undone(|writing| writing.update_user(&edited));
        assert_eq!(fixture.user(alice).username.as_str(), "alice");
        fixture.change(|writing| writing.update_user(&edited));
        assert_eq!(fixture.user(alice), edited);
        assert_eq!(fixture.read().password_hash(alice).unwrap(), Some(hash(1)), "an edit leaves the password");
        let taken = User { email: "ALICIA@example.net".parse().unwrap(), ..fixture.user(bob) };
        assert!(fixture.store.write().unwrap().update_user(&taken).unwrap_err().is_conflict());
        // A user who does not exist is no error, and is not added.
        let nobody = User { id: UserId(9_999), username: "nobody".parse().unwrap(), ..taken };
        fixture.change(|writing| writing.update_user(&nobody));
        assert_eq!(fixture.read().user_by_id(UserId(9_999)).unwrap(), None);
        // SAML takes the password and its history away.
        fixture.set_password(alice, 2);
        fixture.change(|writing| writing.update_user(&User { sign_in: SignIn::Saml, ..edited.clone() }));
        let user = fixture.user(alice);
        assert_eq!((user.password, user.must_change_password), (None, false));
        assert_eq!(fixture.read().password_hash(alice).unwrap(), None);
        assert!(fixture.read().password_history(alice, 100).unwrap().is_empty());
    }
}

#[test]
fn a_password_ends_what_is_older() {
    for fixture in Engine::each() {
        let alice = fixture.add_user("alice");
        let epoch = || fixture.user(alice).session_epoch;
        assert_eq!(fixture.read().password_hash(alice).unwrap(), None);
        assert_eq!(epoch(), 0);
        for n in 1..=MOST_HISTORY + 3 {
            fixture.set_password(alice, n);
        }
        assert_eq!(epoch(), i64::from(MOST_HISTORY) + 3);
        fixture.change(|writing| writing.set_password(alice, &new_password(99, true)));
        assert_eq!(epoch(), i64::from(MOST_HISTORY) + 3, "sessions kept");
        let reading = fixture.read();
        assert_eq!(reading.password_hash(alice).unwrap(), Some(hash(99)));
        let history = reading.password_history(alice, 100).unwrap();
        assert_eq!(history.len(), MOST_HISTORY as usize);
        assert_eq!(history[0], hash(MOST_HISTORY + 3), "newest first");
        assert_eq!(reading.password_history(alice, 2).unwrap(), history[..2]);
        assert_eq!(reading.password_history(alice, 0).unwrap(), []);
        drop(reading);
        let user = fixture.user(alice);
        let status = user.password.unwrap();
        let new = new_password(99, true);
        assert_eq!((status.set_at, status.policy.as_deref()), (at(99), new.accepted.policy()));
        assert_eq!((user.must_change_password, user.updated_at), (true, at(99)));
    }
}

#[test]
fn a_password_of_nobody_is_none() {
    for fixture in Engine::each() {
        fixture.change(|writing| writing.set_password(UserId(77), &new_password(1, false)));
        assert_eq!(fixture.read().password_hash(UserId(77)).unwrap(), None);
        assert!(fixture.read().password_history(UserId(77), 100).unwrap().is_empty());
    }
}

#[test]
fn hashes_are_counted_by_what_they_cost() {
    for fixture in Engine::each() {
        assert!(fixture.read().password_hashes_by_cost().unwrap().is_empty());
        let mut dearer = Hasher::new(HashParameters::new(16, 2, 1).unwrap());
        for n in 0..3 {
            let id = fixture.add_user(&format!("user{n}"));
            let accepted = if n == 2 { accepted_by(&mut dearer, n) } else { accepted_by(&mut super::hasher(), n) };
            let new = NewPassword { accepted, ..new_password(n, false) };
            fixture.change(|writing| writing.set_password(id, &new));
        }
        fixture.add_user("without");
        let mut found = fixture.read().password_hashes_by_cost().unwrap();
        found.sort_by_key(|(_, count)| *count);
        let dear = accepted_by(&mut dearer, 2).hash().clone();
        assert_eq!((found.len(), &found[0]), (2, &(dear, 1)));
        assert!(found[1].1 == 2 && [hash(0), hash(1)].contains(&found[1].0));
    }
}

#[test]
fn only_a_user_with_a_password_can_have_to_change_it() {
    for fixture in Engine::each() {
        let alice = fixture.add_user("alice");
        let must = |wanted| {
            fixture.change(|writing| writing.set_must_change(alice, wanted));
            fixture.user(alice).must_change_password
        };
        assert!(!must(true), "there is none to change");
        fixture.set_password(alice, 1);
        assert!(!must(false) && must(true) && must(true) && !must(false));
        fixture.undone(|writing| writing.set_must_change(alice, true));
        assert!(!fixture.user(alice).must_change_password);
        fixture.change(|writing| writing.set_must_change(UserId(77), true));
    }
}

#[test]
fn a_lock_ends_with_its_time() {
    for fixture in Engine::each() {
        let alice = fixture.add_user("alice");
        let user = || fixture.user(alice);
        let lock = Lock { until: Some(at(100)), reason: Some("left".to_owned()) };
        fixture.change(|writing| writing.set_lock(alice, Some(&lock), at(1)));
        assert_eq!((user().lock, user().session_epoch, user().updated_at), (Some(lock), 1, at(1)));
        assert_eq!((user().status(at(99)), user().status(at(100))), (Status::Locked, Status::Active));
        let forever = Lock { until: None, reason: None };
        fixture.undone(|writing| writing.set_lock(alice, Some(&forever), at(2)));
        assert_eq!(user().status(at(100)), Status::Active);
        fixture.change(|writing| writing.set_lock(alice, Some(&forever), at(2)));
        assert_eq!((user().lock.clone(), user().session_epoch), (Some(forever), 2));
        assert_eq!(user().status(at(1_000_000)), Status::Locked);
        fixture.change(|writing| writing.set_lock(alice, None, at(3)));
        assert_eq!((user().lock, user().session_epoch), (None, 2), "the end of a lock ends no session");
    }
}

#[test]
fn a_deleted_user_leaves_nothing_and_the_number_free_for_nobody() {
    for fixture in Engine::each() {
        let alice = fixture.add_user("alice");
        let last = fixture.add_user("last");
        fixture.set_password(last, 1);
        fixture.set_password(last, 2);
        let writing = fixture.store.write().unwrap();
        writing.delete_user(last).unwrap();
        assert!(writing.user_by_id(last).unwrap().is_none(), "it sees itself");
        drop(writing);
        assert_eq!(fixture.read().password_hash(last).unwrap(), Some(hash(2)));
        for _ in 0..2 {
            fixture.change(|writing| writing.delete_user(last));
        }
        let reading = fixture.read();
        assert!(reading.user_by_id(last).unwrap().is_none() && reading.password_history(last, 9).unwrap().is_empty());
        drop(reading);
        let next = fixture.add_user("LAST");
        assert!(next > last && last > alice, "a number was given again");
        assert_eq!(fixture.read().password_hash(next).unwrap(), None);
    }
}

#[test]
fn usernames_near_to_one_that_no_user_has() {
    for fixture in Engine::each() {
        let reading = fixture.read();
        assert!(reading.usernames_around("carol", 2).unwrap().is_empty());
        drop(reading);
        for name in ["alice", "Bob", "carla", "Dave", "erin"] {
            fixture.add_user(name);
        }
        let reading = fixture.read();
        let among = |names: &[&str]| reading.usernames_among(names.iter().map(|name| (*name).to_owned())).unwrap();
        assert_eq!(among(&["dave", "nobody", "BOB", ""]), ["Dave", "Bob"], "as stored, in the order given");
        assert!(among(&[]).is_empty());
        let around = |name: &str, count| reading.usernames_around(name, count).unwrap();
        assert_eq!(around("carol", 1), ["carla", "Dave"]);
        assert_eq!(around("carol", 2), ["carla", "Bob", "Dave", "erin"], "the nearest first on each side");
        assert_eq!(around("CARLA", 1), ["Bob", "carla"], "the same name is behind its place");
        assert_eq!(around("", 1), ["alice"]);
        assert_eq!(around("zz", 9), ["erin", "Dave", "carla", "Bob", "alice"]);
        assert!(around("carol", 0).is_empty());
    }
}
