//! Events that are moved out of the store, and events in the order of the chain.

use cxme_admin::domain::event::Event;
use cxme_admin::domain::event_archive::EventArchive;
use cxme_admin::domain::event_chain::ChainReport;
use cxme_admin::domain::event_chain::ChainVerifier;
use cxme_admin::domain::user::UserId;
use cxme_admin::domain::user_change::SaltSeed;
use cxme_admin::store::StoreError;
use cxme_admin::store::event_archives::OldEvents;
use cxme_admin::store::event_archives::OldRow;
use cxme_admin::store::events::EventQuery;

use super::BEGIN;
use super::Engine;
use super::Fixture;
use super::events::ChainOrStore;
use super::events::numbers;
use super::new_event;

/// What a store that has these old events records of a file of them.
fn archive(old: &OldEvents, before: i64, event: i64) -> EventArchive {
    EventArchive {
        first: old.first,
        last: old.last,
        last_hash: old.last_hash.clone(),
        before,
        changes: old.changes,
        file: "/srv/old.ndjson".to_owned(),
        sha256: vec![7; 32],
        event,
    }
}

/// Moves the events before this many seconds after the beginning, with the event that tells of it.
fn move_out(fixture: &Fixture, seconds: i64) -> EventArchive {
    let old = fixture.read().old_events(BEGIN + seconds).unwrap().unwrap();
    let mut moved = None;
    fixture.change(|writing| {
        let archive = archive(&old, BEGIN + seconds, writing.next_event_number()?);
        writing.move_out(&archive)?;
        let mut new = new_event(seconds + 1_000, None);
        new.action = "audit archive".to_owned();
        new.details = Some(serde_json::Value::Object(archive.details()).to_string());
        moved = Some(archive);
        writing.append_event(&new)
    });
    moved.unwrap()
}

#[test]
fn old_events_are_moved_and_the_chain_continues_behind_them() {
    for fixture in Engine::each() {
        for seconds in 1..=5 {
            fixture.change(|writing| writing.append_event(&new_event(seconds, None)));
        }
        assert!(fixture.read().event_archives().unwrap().is_empty());
        assert_eq!(fixture.read().old_events(BEGIN + 1).unwrap(), None);
        let old = fixture.read().old_events(BEGIN + 4).unwrap().unwrap();
        assert_eq!((old.first, old.last, old.changes, old.erased, old.hash_before.clone()), (1, 3, 0, 0, vec![0; 32]));
        assert_eq!(fixture.read().old_events(i64::MAX).unwrap().unwrap().last, 4, "the newest event stays");
        fixture.undone(|writing| writing.move_out(&archive(&old, BEGIN + 4, 6)));
        assert_eq!(numbers(&fixture, &EventQuery::default()), [5, 4, 3, 2, 1]);
        let moved = move_out(&fixture, 4);
        assert_eq!(fixture.read().event_archives().unwrap(), [moved]);
        assert_eq!(numbers(&fixture, &EventQuery::default()), [6, 5, 4]);
        let report = fixture.read().follow_chain::<ChainOrStore>(ChainVerifier::new(None), |_| ()).unwrap();
        assert_eq!(report, ChainReport { events: 3, archived: 3, erased: 0 });
        let again = fixture.read().old_events(BEGIN + 6).unwrap().unwrap();
        assert_eq!((again.first, again.last, again.hash_before), (4, 5, old.last_hash));
        let second = move_out(&fixture, 6);
        assert_eq!((second.first, second.last), (4, 5));
        let report = fixture.read().follow_chain::<ChainOrStore>(ChainVerifier::new(None), |_| ()).unwrap();
        assert_eq!(report, ChainReport { events: 2, archived: 5, erased: 0 });
    }
}

#[test]
fn a_clock_that_was_ahead_holds_up_the_events_behind_it() {
    for fixture in Engine::each() {
        for seconds in [1, 100_000, 2, 3] {
            fixture.change(|writing| writing.append_event(&new_event(seconds, None)));
        }
        assert_eq!(fixture.read().old_events(BEGIN + 50).unwrap().unwrap().last, 1);
    }
}

#[test]
fn old_rows_are_events_each_with_its_changes_behind_it() {
    for fixture in Engine::each() {
        let alice = fixture.add_user("alice");
        let before = fixture.read().newest_event().unwrap().map_or(0, |event| event.number);
        for name in ["one", "two"] {
            fixture.change(|writing| {
                writing.note_user_change(alice, "name", None, Some(name))?;
                writing.append_event_of_change(&new_event(10, Some(alice)), &SaltSeed::new([3; 32]))
            });
        }
        fixture.change(|writing| writing.append_event(&new_event(11, None)));
        let mut rows = Vec::new();
        let visit = |row: OldRow<'_>| {
            rows.push(match row {
                OldRow::Event(event) => (event.number - before, String::new()),
                OldRow::Change(values, _) => {
                    (values.event - before, String::from_utf8_lossy(values.new.unwrap_or_default()).into_owned())
                }
            });
            Ok::<_, StoreError>(())
        };
        fixture.read().each_old_row(before + 2, visit).unwrap();
        rows.retain(|(number, _)| *number > 0);
        let expected = [(1, ""), (1, "one"), (2, ""), (2, "two")].map(|(number, new)| (number, new.to_owned()));
        assert_eq!(rows, expected);
        let failed = fixture.read().each_old_row(before + 2, |_| Err(StoreError::BeingRestored));
        assert!(matches!(failed, Err(StoreError::BeingRestored)));
    }
}

#[test]
fn events_come_in_the_order_of_the_chain_from_any_of_them_on() {
    for fixture in Engine::each() {
        let alice = fixture.add_user("alice");
        let before = fixture.read().newest_event().unwrap().map_or(0, |event| event.number);
        fixture.change(|writing| writing.append_event(&new_event(1, None)));
        fixture.change(|writing| {
            writing.note_user_change(alice, "name", None, Some("new"))?;
            writing.append_event_of_change(&new_event(2, Some(alice)), &SaltSeed::new([3; 32]))
        });
        fixture.change(|writing| writing.append_event(&new_event(3, None)));
        let after = |number, limit| {
            let mut seen = Vec::new();
            let visit = |event: &cxme_admin::domain::event::EventFields<'_>, changes: &[_]| {
                seen.push((event.number - before, changes.len()));
                Ok::<_, StoreError>(())
            };
            fixture.read().each_event_after(number, limit, visit).unwrap();
            seen
        };
        assert_eq!(after(before, None), [(1, 0), (2, 1), (3, 0)]);
        assert_eq!(after(before + 1, Some(1)), [(2, 1)]);
        assert_eq!(after(before + 2, None), [(3, 0)]);
        assert!(after(i64::MAX, None).is_empty());
        assert_eq!(fixture.read().first_event_since(BEGIN + 2).unwrap(), Some(before + 2));
        assert_eq!(fixture.read().first_event_since(BEGIN + 9).unwrap(), None);
        let failed = fixture.read().each_event_after(before, None, |_, _| Err(StoreError::BeingRestored));
        assert!(matches!(failed, Err(StoreError::BeingRestored)));
    }
}

#[test]
fn the_users_of_an_event_are_found_with_the_names_that_they_have_now() {
    for fixture in Engine::each() {
        let (alice, bob) = (fixture.add_user("alice"), fixture.add_user("bob"));
        assert_eq!(fixture.read().username(alice).unwrap().as_deref(), Some("alice"));
        assert_eq!(fixture.read().username(UserId(i64::MAX)).unwrap(), None);
        fixture.change(|writing| {
            for user in [bob, alice] {
                for field in ["name", "locale"] {
                    writing.note_user_change(user, field, None, Some("x"))?;
                }
            }
            writing.append_event_of_change(&new_event(2, None), &SaltSeed::new([3; 32]))
        });
        let number = fixture.read().newest_event().unwrap().map(|event: Event| event.number).unwrap();
        assert_eq!(fixture.read().users_of_event(number, 5).unwrap(), [alice, bob]);
        assert_eq!(fixture.read().users_of_event(number, 1).unwrap(), [alice]);
        assert!(fixture.read().users_of_event(number + 1, 5).unwrap().is_empty());
        assert!(!fixture.read().is_deletion_told(alice).unwrap());
    }
}
