//! Passwords that a job ends when it is created, and what a copy of the store would bring back.

use cxme_admin::domain::message::MailKind;
use cxme_admin::domain::message::MessageState;
use cxme_admin::domain::user::UserReference;
use cxme_admin::store::ended_passwords::MOST_ENDED;
use cxme_admin::store::ended_passwords::WithoutPassword;
use cxme_admin::store::job_creation::NewJob;
use cxme_admin::store::job_creation::Recipients;
use cxme_admin::store::metadata::KEY_FINGERPRINT;
use cxme_admin::store::passwords_back::PasswordsBack;

use super::Engine;
use super::account;
use super::at;
use super::hash;
use super::jobs::NOBODY;
use super::jobs::end_passwords_of;
use super::jobs::messages;
use super::jobs::named;
use super::jobs::new_job;
use super::jobs::recipients;

#[test]
fn a_job_ends_the_passwords_of_those_whom_it_mails() {
    for fixture in Engine::each() {
        let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| fixture.add_user(name));
        for (id, n) in [(alice, 1), (alice, 2), (carol, 3)] {
            fixture.set_password(id, n);
        }
        let epoch = fixture.user(alice).session_epoch;
        // A mail that waits holds back only users without a password.
        let (waits, waits_too) = (fixture.queue(alice, 0), fixture.queue(bob, 0));
        let (operator, selection) = (account(), named(&["alice", "bob"]));
        let new = NewJob { ends_passwords: true, ..new_job(&operator) };
        let recipients = Recipients { ends_passwords: true, ..recipients(&selection, 10) };
        fixture.undone(|writing| writing.create_job(&new, &recipients));
        assert_eq!(fixture.read().password_hash(alice).unwrap(), Some(hash(2)));
        let (id, count) = fixture.change(|writing| writing.create_job(&new, &recipients));
        assert_eq!((count, fixture.read().job(id).unwrap().unwrap().passwords_ended), (2, Some(1)));
        let user = fixture.user(alice);
        assert_eq!((user.password, user.must_change_password, user.session_epoch), (None, false, epoch + 1));
        let reading = fixture.read();
        assert_eq!(reading.password_hash(alice).unwrap(), None);
        assert_eq!(reading.ended_passwords(alice).unwrap(), [hash(2)]);
        assert_eq!(reading.password_history(alice, 9).unwrap(), [hash(2), hash(1)]);
        assert!(reading.ended_passwords(bob).unwrap().is_empty() && reading.ended_passwords(carol).unwrap().is_empty());
        assert_eq!(reading.password_hash(carol).unwrap(), Some(hash(3)));
        drop(reading);
        let mails = messages(&fixture, id);
        assert_eq!((mails[0].kind, mails[0].state), (MailKind::ForcedReset, MessageState::Queued));
        assert_eq!((mails[1].kind, mails[1].state), (MailKind::Invitation, MessageState::Skipped));
        assert!([waits, waits_too].iter().all(|id| fixture.read().message(*id).unwrap().is_some()));
    }
}

#[test]
fn the_newest_ended_passwords_are_kept_and_push_no_other_out() {
    for fixture in Engine::each() {
        let alice = fixture.add_user("alice");
        fixture.set_password(alice, 1);
        for n in 2..MOST_ENDED + 4 {
            fixture.set_password(alice, n);
            end_passwords_of(&fixture, "alice", n.into());
            // Its mail would hold back the next one.
            fixture.change(|writing| writing.cancel_waiting_links(alice, "", at(n.into())));
        }
        let ended = fixture.read().ended_passwords(alice).unwrap();
        let newest: Vec<_> = (4..MOST_ENDED + 4).rev().map(hash).collect();
        assert_eq!(ended, newest, "newest first");
        assert!(fixture.read().password_history(alice, 100).unwrap().contains(&hash(1)));
    }
}

#[test]
fn users_are_counted_who_have_neither_a_password_nor_a_link() {
    for fixture in Engine::each() {
        let names = ["brought", "waits", "failed", "set"];
        let users = names.map(|name| fixture.add_user(name));
        for id in users {
            fixture.set_password(id, 1);
        }
        let (operator, selection) = (account(), named(&names));
        let new = NewJob { ends_passwords: true, ..new_job(&operator) };
        let recipients = Recipients { ends_passwords: true, ..recipients(&selection, 10) };
        let id = fixture.change(|writing| writing.create_job(&new, &recipients)).0;
        let without = |seconds| fixture.read().job_without_password(id, at(seconds)).unwrap();
        assert_eq!(without(11), WithoutPassword { users: 4, waiting: 4, failed: 0 });
        let mails = messages(&fixture, id);
        fixture.deliver(mails[0].id, 12);
        fixture.try_message(mails[2].id, MessageState::Failed, None, 12);
        fixture.set_password(users[3], 20);
        assert_eq!(without(21), WithoutPassword { users: 2, waiting: 1, failed: 1 });
        assert_eq!(without(100_000), WithoutPassword { users: 3, waiting: 1, failed: 1 }, "the link has expired");
        // A mail that waits may bring one.
        let in_all = [21, 100_000].map(|seconds| fixture.read().ended_without_link(at(seconds)).unwrap());
        assert_eq!(in_all, [1, 2]);
        let deleted = [id, NOBODY].map(|job| fixture.read().ended_without_link_after_deleting(&[job], at(21)).unwrap());
        assert_eq!(deleted, [3, 0]);
        assert_eq!(fixture.read().job_without_password(NOBODY, at(21)).unwrap(), WithoutPassword::default());
        assert!(fixture.read().paused_after_ending().unwrap().is_empty());
        let plain = super::jobs::create(&fixture, &[], 30).0;
        for job in [id, plain] {
            assert!(fixture.change(|writing| writing.pause_job(job, "", at(31))));
        }
        assert_eq!(fixture.read().paused_after_ending().unwrap(), [id]);
    }
}

#[test]
fn a_copy_tells_which_ended_passwords_it_would_bring_back() {
    for (fixture, copy) in Engine::each().zip(Engine::each()) {
        // The copy is the store as it was before the job.
        for store in [&fixture, &copy] {
            store.change(|writing| writing.set_fact(KEY_FINGERPRINT, &[1; 32]));
            for (name, n) in [("alice", 1), ("bob", 2), ("carol", 3)] {
                let id = store.add_user(name);
                store.set_password(id, n);
            }
        }
        let none = PasswordsBack::default();
        let back = || copy.read().passwords_back(&fixture.read().all_ended_passwords().unwrap()).unwrap();
        assert_eq!(back(), none);
        let job = end_passwords_of(&fixture, "alice", 10);
        end_passwords_of(&fixture, "bob", 11);
        let found = back();
        assert_eq!((found.count, found.jobs.first(), found.jobs.len()), (2, Some(&job), 2));
        // A password that was set after the other ended is not one of them, and a deleted user's still is.
        let bob = copy.read().user(&UserReference::new("bob")).unwrap().unwrap().id;
        copy.set_password(bob, 20);
        assert_eq!(back().count, 1);
        let alice = fixture.read().user(&UserReference::new("alice")).unwrap().unwrap().id;
        fixture.change(|writing| writing.delete_user(alice));
        assert_eq!(back().count, 1);
        copy.change(|writing| writing.delete_user(alice));
        assert_eq!(back(), none);
    }
}
