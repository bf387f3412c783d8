//! Which processes send: locks that end with their holder, however it ends.

use cxme_admin::domain::job::JobId;
use cxme_admin::store::StoreError;

use super::Engine;
use super::at;

#[test]
fn each_sender_has_a_lock_of_its_own_until_it_drops_it() {
    for fixture in Engine::each() {
        let other = fixture.other();
        fixture.store.refuse_if_locked().unwrap();
        let (one, two) = (fixture.store.lock_as_sender().unwrap(), other.lock_as_sender().unwrap());
        assert_ne!(one.number(), two.number());
        for store in [&fixture.store, &other] {
            assert!(store.try_lock(one.number()).unwrap().is_none());
            assert!(matches!(store.refuse_if_locked(), Err(StoreError::Sending(None))));
        }
        let number = one.number();
        drop(one);
        let again = other.try_lock(number).unwrap().unwrap();
        assert_eq!(again.number(), number);
        drop((again, two));
        fixture.store.refuse_if_locked().unwrap();
    }
}

#[test]
fn one_process_runs_a_job_and_one_the_messages_of_none() {
    for fixture in Engine::each() {
        let other = fixture.other();
        let (first, second) = (JobId(1), JobId(2));
        let runs = |job| [&fixture.store, &other].map(|store| store.is_run(job).unwrap());
        assert_eq!(runs(first), [false, false]);
        let held = fixture.store.lock_as_runner(Some(first)).unwrap().unwrap();
        assert_eq!((runs(first), runs(second)), ([true, true], [false, false]));
        assert!(other.lock_as_runner(Some(first)).unwrap().is_none());
        assert!(fixture.store.lock_as_runner(Some(first)).unwrap().is_none());
        let of_second = other.lock_as_runner(Some(second)).unwrap().unwrap();
        let of_none = other.lock_as_runner(None).unwrap().unwrap();
        assert!(fixture.store.lock_as_runner(None).unwrap().is_none());
        drop((held, of_none));
        assert!(other.lock_as_runner(Some(first)).unwrap().is_some() && other.lock_as_runner(None).unwrap().is_some());
        assert!(matches!(fixture.store.refuse_if_locked(), Err(StoreError::Sending(_))));
        drop(of_second);
        fixture.store.refuse_if_locked().unwrap();
    }
}

#[test]
fn those_who_send_are_known_to_others() {
    for fixture in Engine::each() {
        let other = fixture.other();
        assert!(other.senders().unwrap().is_empty());
        let sending = fixture.store.begin_sending(at(10)).unwrap();
        let senders = other.senders().unwrap();
        assert_eq!((senders.len(), senders[0].process, &senders[0].elsewhere), (1, std::process::id(), &None));
        assert_eq!((senders[0].began_at, senders[0].active_at), (at(10), at(10)));
        assert!(other.try_lock(sending.number()).unwrap().is_none());
        assert!(matches!(other.refuse_if_locked(), Err(StoreError::Sending(Some(sender))) if sender == senders[0]));
        // A lock without a note is of nobody who is known.
        let silent = other.lock_as_sender().unwrap();
        assert_eq!(other.senders().unwrap(), senders);
        drop((sending, silent));
        assert!(other.senders().unwrap().is_empty());
    }
}
