//! The clock that the store has seen: one that is set back revives no link, and times that one which was ahead has written are found.

use cxme_admin::domain::event::NewEvent;
use cxme_admin::domain::message::MessageState;
use cxme_admin::domain::report_limit::LastReport;
use cxme_admin::domain::retry;
use cxme_admin::domain::user::Lock;
use cxme_admin::store::StoreError;
use cxme_admin::store::messages::LinkState;
use cxme_admin::store::metadata::LAST_REPORT;

use super::Engine;
use super::Fixture;
use super::LIFETIME;
use super::at;

/// Far ahead of every test.
const AHEAD: i64 = 50_000_000;

fn lifetime() -> i64 {
    LIFETIME.as_secs().cast_signed()
}

fn kinds(fixture: &Fixture, seconds: i64) -> Vec<&'static str> {
    fixture.read().times_ahead(at(seconds)).unwrap().iter().map(|ahead| ahead.what).collect()
}

#[test]
fn a_clock_that_is_set_back_revives_no_link() {
    for fixture in Engine::each() {
        let id = fixture.queue(fixture.add_user("alice"), 0);
        fixture.deliver(id, 10);
        let state = |id, seconds| fixture.message(id).link.unwrap().state(at(seconds));
        fixture.undone(|writing| writing.note_time(at(AHEAD)));
        assert_eq!(state(id, 11), LinkState::Open);
        // Noted when somebody is told that it has expired.
        fixture.store.note_time_of_expiry(at(10 + lifetime())).unwrap();
        assert_eq!(state(id, 11), LinkState::Expired);
        assert!(!fixture.change(|writing| writing.use_link(id, at(11))));
        fixture.change(|writing| writing.note_time(at(12)));
        assert_eq!(state(id, 12), LinkState::Expired);
        // A link that is delivered after the clock was set right does not suffer from that.
        let newer = fixture.queue(fixture.add_user("bob"), 12);
        fixture.deliver(newer, 13);
        assert_eq!((state(newer, 14), state(newer, 13 + lifetime())), (LinkState::Open, LinkState::Expired));
    }
}

#[test]
fn the_time_of_an_expiry_waits_for_no_writer() {
    for fixture in Engine::each() {
        let other = fixture.other();
        let writing = other.write().unwrap();
        assert!(matches!(fixture.store.note_time_of_expiry(at(1)), Err(StoreError::Busy)));
        drop(writing);
        fixture.store.note_time_of_expiry(at(1)).unwrap();
    }
}

#[test]
fn the_latest_event_is_looked_for_from_the_last_one_of_an_action_on() {
    for fixture in Engine::each() {
        let append = |seconds, action: &str| {
            fixture.change(|writing| {
                writing.append_event(&NewEvent { action: action.to_owned(), ..super::new_event(seconds, None) })
            });
        };
        let latest = || fixture.read().latest_event_since("store check with repair of times").unwrap();
        assert_eq!(latest(), None);
        append(AHEAD, "users lock");
        append(5, "users lock");
        assert_eq!(latest(), Some(at(AHEAD)));
        append(10, "store check with repair of times");
        assert_eq!(latest(), Some(at(10)));
        append(7, "users lock");
        append(12, "users lock");
        assert_eq!(latest(), Some(at(12)));
    }
}

#[test]
fn times_that_are_ahead_are_found_and_brought_to_the_present() {
    for fixture in Engine::each() {
        let (alice, bob) = (fixture.add_user("alice"), fixture.add_user("bob"));
        let due = fixture.queue(alice, 0);
        // One that was in doubt several times waits long, and no clock was ahead.
        let longest = retry::LONGEST_WAIT_IN_DOUBT.as_secs().cast_signed();
        fixture.try_message(due, MessageState::InDoubt, Some(longest), 0);
        assert!(kinds(&fixture, 0).is_empty());
        assert_eq!(kinds(&fixture, -300 - 1)[0], "mails due");
        fixture.try_message(due, MessageState::Deferred, Some(retry::LONGEST_WAIT.as_secs().cast_signed()), 0);
        assert!(kinds(&fixture, 0).is_empty() && kinds(&fixture, -300).is_empty(), "clocks differ a little");
        assert!(kinds(&fixture, -301).contains(&"creations of users"));
        fixture.try_message(due, MessageState::Deferred, Some(AHEAD), 10);
        let lock = Lock { until: Some(at(AHEAD + 100)), reason: None };
        fixture.change(|writing| writing.set_lock(bob, Some(&lock), at(AHEAD)));
        fixture.change(|writing| writing.hold_relay("no", at(AHEAD)));
        fixture.change(|writing| writing.count_deliveries(None, 3, at(AHEAD)));
        let report = LastReport { at: at(AHEAD), failure: "no".to_owned() };
        fixture.change(|writing| writing.set_fact(LAST_REPORT, &report.to_bytes()));
        let all = [
            "mails due",
            "holds of the relay",
            "temporary locks",
            "permanent locks",
            "changes of users",
            "minutes of deliveries",
            "reports of `jobs run`",
        ];
        assert_eq!(kinds(&fixture, 20), all);
        let found = fixture.read().times_ahead(at(20)).unwrap();
        assert_eq!((found[0].count, found[0].time, found[0].takes_effect), (1, at(AHEAD), true));
        assert_eq!(found[0].first, format!("message {}", due.0));
        assert_eq!(found[2].first, "user bob");
        assert!(kinds(&fixture, AHEAD).is_empty());
        fixture.undone(|writing| writing.bring_times_to(at(20)));
        assert_eq!(kinds(&fixture, 20), all);
        fixture.change(|writing| writing.bring_times_to(at(20)));
        assert!(kinds(&fixture, 20).is_empty());
        assert_eq!(fixture.message(due).due_at, at(20));
        let lock = Lock { until: Some(at(120)), reason: None };
        assert_eq!(fixture.user(bob).lock, Some(lock), "it has its time still before it");
        assert!(!fixture.read().relay_hold().unwrap().unwrap().is_in_force(at(20)));
        assert_eq!(fixture.read().fact(LAST_REPORT).unwrap(), None);
    }
}
