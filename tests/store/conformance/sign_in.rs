//! Sign-ins: wrong passwords and refused attempts counted, and right ones recorded.

use cxme_admin::domain::event::Event;
use cxme_admin::domain::event::NewEvent;
use cxme_admin::domain::sign_in::SignInFailures;
use cxme_admin::domain::user::UserId;
use cxme_admin::random::ScriptedRandom;
use cxme_admin::secrets::Hasher;
use cxme_admin::secrets::admission::Rehashed;
use cxme_admin::secrets::password_hash::HashParameters;
use cxme_admin::store::StoreError;
use cxme_admin::store::events::EventQuery;
use cxme_admin::store::sign_in_failures::AttemptKind;
use cxme_admin::store::sign_in_failures::RefusedAttempt;

use super::BEGIN;
use super::Engine;
use super::Fixture;
use super::at;
use super::hash;
use super::new_event;
use super::password;

fn event(action: &str, uid: u32, seconds: i64) -> NewEvent {
    let mut event = NewEvent { action: action.to_owned(), outcome: "refused", ..new_event(seconds, None) };
    event.account.uid = uid;
    event
}

fn attempt(event: NewEvent) -> RefusedAttempt<'static> {
    RefusedAttempt { event, refusal: "wrong password", kind: AttemptKind::Secret { failure: None } }
}

fn refuse(fixture: &Fixture, action: &str, uid: u32, seconds: i64) {
    fixture.store.count_refused(&attempt(event(action, uid, seconds))).unwrap();
}

/// Counts a wrong password of a user.
pub(super) fn fail(fixture: &Fixture, user: UserId, seconds: i64) {
    let failure = Some((user, Some("192.0.2.1")));
    let event = event("users verify-password", 0, seconds);
    let kind = AttemptKind::Secret { failure };
    fixture.store.count_refused(&RefusedAttempt { kind, ..attempt(event) }).unwrap();
}

/// The hash of the password `n` with one that costs more.
pub(super) fn rehashed(n: u32) -> Rehashed {
    let mut dearer = Hasher::new(HashParameters::new(16, 2, 1).unwrap());
    let (password, old) = (password(n), hash(n));
    let verified = dearer.verified(&password, &old).unwrap();
    dearer.rehash(&verified, &ScriptedRandom::new(9)).unwrap()
}

/// The events of refusals, the oldest first: action, time, details.
fn refusals(fixture: &Fixture) -> Vec<(String, i64, Option<String>)> {
    let mut events = Vec::new();
    let visit = |event: Event| {
        events.push((event.action, event.time - BEGIN, event.details));
        Ok::<_, StoreError>(())
    };
    fixture.read().each_event(&EventQuery { outcome: Some("refused"), ..EventQuery::default() }, visit).unwrap();
    events.reverse();
    events
}

#[test]
fn wrong_passwords_are_counted_until_a_right_one() {
    for fixture in Engine::each() {
        let (alice, bob) = (fixture.add_user("alice"), fixture.add_user("bob"));
        let failures = |id| fixture.read().sign_in_failures(id).unwrap();
        assert_eq!(failures(alice), SignInFailures::default());
        for seconds in [1, 2, 90] {
            fail(&fixture, alice, seconds);
        }
        let counted = SignInFailures { count: 3, last_at: Some(at(90)), client: Some("192.0.2.1".to_owned()) };
        assert_eq!((failures(alice), failures(bob)), (counted.clone(), SignInFailures::default()));
        fail(&fixture, UserId(i64::MAX), 91);
        assert_eq!(failures(UserId(i64::MAX)), SignInFailures::default(), "the user may be deleted by now");
        assert!(fixture.undone(|writing| writing.clear_sign_in_failures(alice)));
        assert_eq!(failures(alice), counted);
        let clear = |id| fixture.change(|writing| writing.clear_sign_in_failures(id));
        assert!(clear(alice) && !clear(alice) && !clear(bob));
        fail(&fixture, bob, 92);
        fixture.store.record_login(bob, None, at(93)).unwrap();
        assert_eq!(failures(bob), SignInFailures::default());
        fail(&fixture, alice, 94);
        fixture.change(|writing| writing.delete_user(alice));
        assert_eq!(failures(alice), SignInFailures::default());
    }
}

#[test]
fn one_event_a_minute_tells_of_refused_attempts_of_a_kind_and_an_account() {
    for fixture in Engine::each() {
        for seconds in [0, 1, 59] {
            refuse(&fixture, "redeem", 1, seconds);
        }
        refuse(&fixture, "redeem", 2, 59);
        refuse(&fixture, "verify", 1, 59);
        let first = refusals(&fixture);
        let told = |(action, time, _): &(String, i64, Option<String>)| (action.clone(), *time);
        let event = |action: &str, seconds| (action.to_owned(), seconds);
        let expected = [event("redeem", 0), event("redeem", 59), event("verify", 59)];
        assert_eq!(first.iter().map(told).collect::<Vec<_>>(), expected);
        let waiting = fixture.read().refused_attempts().unwrap();
        assert_eq!((waiting.len(), waiting[0].count, waiting[0].since), (1, 2, at(1)));
        assert_eq!((waiting[0].action.as_str(), waiting[0].account.uid), ("redeem", 1));
        assert_eq!(waiting[0].refusal, "wrong password");
        // The next one after the minute tells of those before it.
        refuse(&fixture, "redeem", 1, 60);
        let (_, time, details) = refusals(&fixture).pop().unwrap();
        assert_eq!(time, 60);
        assert!(details.as_ref().is_some_and(|details| details.contains("\"count\":3")), "{details:?}");
        assert!(fixture.read().refused_attempts().unwrap().is_empty());
        // Or another change does, once their minute is over.
        refuse(&fixture, "redeem", 1, 70);
        fixture.change(|writing| writing.append_refused_attempts(at(119)));
        assert_eq!((refusals(&fixture).len(), fixture.read().refused_attempts().unwrap().len()), (4, 1));
        fixture.undone(|writing| writing.append_refused_attempts(at(120)));
        assert_eq!(refusals(&fixture).len(), 4);
        for _ in 0..2 {
            fixture.change(|writing| writing.append_refused_attempts(at(120)));
        }
        assert_eq!((refusals(&fixture).len(), fixture.read().refused_attempts().unwrap().len()), (5, 0));
        let details = refusals(&fixture).pop().unwrap().2.unwrap();
        assert!(details.contains("\"count\":1"), "{details}");
    }
}

#[test]
fn a_count_waits_for_no_writer() {
    for fixture in Engine::each() {
        let alice = fixture.add_user("alice");
        let other = fixture.other();
        let writing = other.write().unwrap();
        for kind in [AttemptKind::Secret { failure: None }, AttemptKind::Stranger] {
            let refused = RefusedAttempt { kind, ..attempt(event("redeem", 1, 0)) };
            assert!(matches!(fixture.store.count_refused(&refused), Err(StoreError::Busy)));
        }
        assert!(matches!(fixture.store.record_login(alice, None, at(1)), Err(StoreError::Busy)));
        drop(writing);
        assert_eq!((refusals(&fixture).len(), fixture.user(alice).last_login_at), (0, None));
    }
}

#[test]
fn a_login_is_recorded_once_a_minute() {
    for fixture in Engine::each() {
        let alice = fixture.add_user("alice");
        let updated_at = fixture.user(alice).updated_at;
        let login = |seconds| {
            fixture.store.record_login(alice, None, at(seconds)).unwrap();
            fixture.user(alice).last_login_at
        };
        assert_eq!((login(10), login(69)), (Some(at(10)), Some(at(10))));
        assert_eq!((login(70), login(71)), (Some(at(70)), Some(at(70))));
        fail(&fixture, alice, 72);
        assert_eq!(login(73), Some(at(73)), "the end of wrong passwords is news");
        assert_eq!(fixture.user(alice).updated_at, updated_at);
        fixture.store.record_login(UserId(i64::MAX), None, at(99)).unwrap();
        let newest = fixture.read().newest_event().unwrap().map(|event| event.action);
        assert_eq!(newest.as_deref(), Some("users verify-password"), "a login is no event");
    }
}

#[test]
fn a_login_replaces_a_hash_that_costs_too_little() {
    for fixture in Engine::each() {
        let alice = fixture.add_user("alice");
        fixture.set_password(alice, 1);
        let before = fixture.user(alice);
        let rehashed = rehashed(1);
        fixture.store.record_login(alice, Some(&rehashed), at(50)).unwrap();
        assert_eq!(fixture.read().password_hash(alice).unwrap().as_ref(), Some(rehashed.new_hash()));
        let after = fixture.user(alice);
        assert_eq!((after.password, after.session_epoch), (before.password, before.session_epoch));
        assert!(fixture.read().password_history(alice, 9).unwrap().is_empty());
        // Another password was set meanwhile: it stays.
        fixture.set_password(alice, 2);
        fixture.store.record_login(alice, Some(&rehashed), at(200)).unwrap();
        assert_eq!(fixture.read().password_hash(alice).unwrap(), Some(hash(2)));
    }
}

#[test]
fn a_store_that_nobody_else_reads_has_a_short_log_and_keeps_nothing_that_was_erased() {
    for fixture in Engine::each() {
        fixture.add_user("alice");
        assert_eq!(fixture.store.long_log().unwrap(), None);
        assert!(!fixture.store.keeps_erased());
        assert_eq!(fixture.read().newest_password_hashes().unwrap(), []);
    }
}
