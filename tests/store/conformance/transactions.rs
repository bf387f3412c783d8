//! Transactions: what they see of each other, who waits for whom, and what is not committed.

use std::time::Duration;

use cxme_admin::domain::user::User;
use cxme_admin::domain::user_change::SaltSeed;
use cxme_admin::store::StoreError;

use super::Engine;
use super::change;
use super::new_event;
use super::new_user;

#[test]
fn a_reader_sees_one_moment_and_a_writer_sees_itself() {
    for fixture in Engine::each() {
        let other = fixture.other();
        let reading = fixture.store.read().unwrap();
        assert_eq!(reading.fact("one").unwrap(), None);
        change(&other, |writing| {
            writing.set_fact("one", b"1")?;
            assert_eq!(writing.fact("one").unwrap().as_deref(), Some(&b"1"[..]));
            Ok(())
        });
        assert_eq!(reading.fact("one").unwrap(), None, "it began before");
        drop(reading);
        assert_eq!(fixture.read().fact("one").unwrap().as_deref(), Some(&b"1"[..]));
        // Another writer's uncommitted rows are nobody's.
        let writing = other.write().unwrap();
        writing.set_fact("one", b"2").unwrap();
        assert_eq!(fixture.read().fact("one").unwrap().as_deref(), Some(&b"1"[..]));
        drop(writing);
        assert_eq!(fixture.read().fact("one").unwrap().as_deref(), Some(&b"1"[..]));
    }
}

#[test]
fn one_writes_at_a_time_and_the_next_one_waits_no_longer_than_it_says() {
    for fixture in Engine::each() {
        let other = fixture.other();
        let writing = fixture.store.write().unwrap();
        for timeout in [Duration::ZERO, Duration::from_millis(5)] {
            assert!(matches!(other.write_within(timeout), Err(StoreError::Busy)));
        }
        writing.commit().unwrap();
        let writing = other.write_within(Duration::ZERO).unwrap();
        writing.set_fact("one", b"1").unwrap();
        writing.commit().unwrap();
        assert_eq!(fixture.read().fact("one").unwrap().as_deref(), Some(&b"1"[..]));
    }
}

#[test]
fn a_writer_waits_as_long_as_its_caller_wants() {
    for fixture in Engine::each() {
        let other = fixture.other();
        let mut writing = Some(fixture.store.write().unwrap());
        assert!(matches!(other.write_while(|_| false), Err(StoreError::Busy)));
        let mut asked = 0;
        let next = other.write_while(|is_long| {
            assert!(!is_long);
            asked += 1;
            writing.take().unwrap().commit().unwrap();
            true
        });
        next.unwrap().commit().unwrap();
        assert_eq!(asked, 1);
    }
}

#[test]
fn a_process_that_writes_all_the_time_leaves_room_for_others() {
    for fixture in Engine::each() {
        let other = fixture.other();
        let waiting = std::thread::spawn(move || {
            let writing = other.write().unwrap();
            writing.set_fact("other", b"1").unwrap();
            writing.commit().unwrap();
        });
        while !waiting.is_finished() {
            let writing = fixture.store.write().unwrap();
            writing.set_fact("one", b"1").unwrap();
            writing.commit().unwrap();
            fixture.store.yield_to_others(Duration::ZERO);
        }
        waiting.join().unwrap();
        assert_eq!(fixture.read().fact("other").unwrap().as_deref(), Some(&b"1"[..]));
    }
}

#[test]
fn users_are_changed_with_an_event_or_not_at_all() {
    for fixture in Engine::each() {
        let id = fixture.add_user("alice");
        let eve = User { name: "Eve".to_owned(), ..fixture.user(id) };
        let writing = fixture.store.write().unwrap();
        assert!(!writing.has_user_changes().unwrap());
        writing.update_user(&eve).unwrap();
        assert!(writing.has_user_changes().unwrap());
        assert!(matches!(writing.append_event(&new_event(9, Some(id))), Err(StoreError::Unrecorded)));
        assert!(matches!(writing.commit(), Err(StoreError::Unrecorded)));
        assert_eq!(fixture.user(id).name, "");
        let writing = fixture.store.write().unwrap();
        writing.update_user(&eve).unwrap();
        writing.append_event_of_change(&new_event(9, Some(id)), &SaltSeed::new([1; 32])).unwrap();
        assert!(!writing.has_user_changes().unwrap());
        writing.commit().unwrap();
        assert_eq!(fixture.user(id).name, "Eve");
    }
}

#[test]
fn a_dropped_transaction_undoes_all_of_it() {
    for fixture in Engine::each() {
        let before = fixture.read().newest_event().unwrap().map(|event| event.number);
        let writing = fixture.store.write().unwrap();
        let id = writing.add_user(&new_user("alice")).unwrap();
        writing.set_fact("one", b"1").unwrap();
        writing.append_event(&new_event(1, Some(id))).unwrap();
        drop(writing);
        let reading = fixture.read();
        assert!(reading.user_by_id(id).unwrap().is_none() && reading.fact("one").unwrap().is_none());
        assert_eq!(reading.newest_event().unwrap().map(|event| event.number), before);
    }
}

#[test]
fn changes_of_others_are_told_from_its_own() {
    for fixture in Engine::each() {
        let other = fixture.other();
        let seen = || fixture.store.write().unwrap().changes_of_others().unwrap();
        let before = seen();
        fixture.change(|writing| writing.set_fact("one", b"1"));
        drop(other.write().unwrap());
        assert_eq!(seen(), before);
        change(&other, |writing| writing.set_fact("one", b"2"));
        let after = seen();
        assert_ne!(after, before);
        fixture.change(|writing| writing.set_fact("one", b"3"));
        assert_eq!(seen(), after);
    }
}

#[test]
fn the_change_number_is_another_one_after_a_commit_of_somebody_else() {
    for fixture in Engine::each() {
        let other = fixture.other();
        let first = fixture.store.change_number().unwrap();
        change(&fixture.store, |writing| writing.set_fact("one", b"1"));
        let writing = other.write().unwrap();
        writing.set_fact("one", b"2").unwrap();
        drop(writing);
        assert_eq!(fixture.store.change_number().unwrap(), first, "nobody else has committed");
        change(&other, |writing| writing.set_fact("one", b"2"));
        let second = fixture.store.change_number().unwrap();
        assert_ne!(second, first);
        assert_eq!(fixture.store.change_number().unwrap(), second);
    }
}
