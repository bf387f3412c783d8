//! Facts: single values about the store itself, by their name.

use cxme_admin::domain::message::MessageState;
use cxme_admin::store::metadata::LAST_SUCCESS;

use super::Engine;
use super::at;
use super::new_event;

#[test]
fn a_fact_is_set_replaced_and_deleted() {
    for fixture in Engine::each() {
        let fact = |name: &str| fixture.read().fact(name).unwrap();
        assert_eq!(fact("engine"), None);
        fixture.change(|writing| writing.set_fact("engine", b"one"));
        assert_eq!(fact("engine"), Some(b"one".to_vec()));
        assert_eq!(fact("Engine"), None, "the name is exact");
        // Bytes, not text; none at all is a value too.
        for value in [&[0, 255, 10][..], &[], &[7; 10_000]] {
            fixture.change(|writing| writing.set_fact("engine", value));
            assert_eq!(fact("engine").as_deref(), Some(value));
        }
        fixture.undone(|writing| writing.set_fact("engine", b"two"));
        fixture.undone(|writing| writing.delete_fact("engine"));
        assert_eq!(fact("engine").map(|value| value.len()), Some(10_000));
        fixture.change(|writing| writing.delete_fact("engine"));
        fixture.change(|writing| writing.delete_fact("engine"));
        assert_eq!(fact("engine"), None);
    }
}

#[test]
fn the_numbers_for_monitoring_are_counted() {
    for fixture in Engine::each() {
        assert_eq!(fixture.read().metrics(at(0)).unwrap().messages.total(), 0);
        let [alice, bob] = ["alice", "bob"].map(|name| fixture.add_user(name));
        fixture.deliver(fixture.queue(alice, 10), 20);
        fixture.queue(bob, 30);
        fixture.change(|writing| writing.append_event(&new_event(40, None)));
        let metrics = fixture.read().metrics(at(50)).unwrap();
        assert_eq!([MessageState::Accepted, MessageState::Queued].map(|state| metrics.messages.of(state)), [1, 1]);
        assert_eq!((metrics.messages.total(), metrics.messages.unknown), (2, 0));
        assert_eq!((metrics.oldest_single, metrics.oldest_of_job), (Some(at(30)), None));
        assert_eq!((metrics.refused_actions, metrics.relay_hold_until, metrics.last_success), (0, None, None));
        assert!(metrics.event_head > 0 && metrics.jobs.iter().all(|(_, count)| *count == 0));
        fixture.change(|writing| writing.set_fact(LAST_SUCCESS, &at(60).as_second().to_be_bytes()));
        assert_eq!(fixture.read().metrics(at(70)).unwrap().last_success, Some(at(60)));
    }
}
