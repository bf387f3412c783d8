//! Many users changed at once: chosen first, then one statement over them.

use cxme_admin::domain::role::RoleId;
use cxme_admin::domain::selection::Selection;
use cxme_admin::domain::user::Lock;
use cxme_admin::domain::user::SignIn;
use cxme_admin::domain::user::UserId;
use cxme_admin::domain::user::UserReference;
use cxme_admin::store::Result;
use cxme_admin::store::WriteTransaction;
use cxme_admin::store::selected_users::BulkEdit;
use cxme_admin::store::selected_users::BulkEditOutcome;
use cxme_admin::store::selected_users::BulkLockOutcome;
use cxme_admin::store::selected_users::BulkUnlockOutcome;

use super::Engine;
use super::Fixture;
use super::at;
use super::sign_in;
use super::with_roles;

fn named(names: &[&str]) -> Selection {
    Selection { named: Some(names.iter().map(|name| UserReference::new(name)).collect()), ..Selection::default() }
}

/// The users erin, frank and grace, who are chosen, and bob, who is not.
fn users(fixture: &Fixture) -> [UserId; 4] {
    ["erin", "frank", "grace", "bob"].map(|name| fixture.add_user(name))
}

fn chosen<T>(fixture: &Fixture, seconds: i64, run: impl FnOnce(&WriteTransaction<'_>) -> Result<T>) -> T {
    fixture.change(|writing| {
        assert_eq!(writing.choose_users(&named(&["erin", "frank", "grace"]), at(seconds))?, 3);
        run(writing)
    })
}

#[test]
fn a_selection_is_resolved_until_the_next_one() {
    for fixture in Engine::each() {
        let [erin, ..] = users(&fixture);
        fixture.set_password(erin, 1);
        let reading = fixture.read();
        let usernames = |users: Vec<cxme_admin::domain::user::User>| -> Vec<String> {
            users.iter().map(|user| user.username.as_str().to_owned()).collect()
        };
        let choose = |names: &[&str]| reading.choose_users(&named(names), at(1)).unwrap();
        assert_eq!(choose(&["grace", "nobody", "erin", "frank"]), 3);
        let three = reading.chosen_digest().unwrap();
        assert_eq!(usernames(reading.first_chosen(2).unwrap()), ["erin", "frank"], "by address");
        assert_eq!(usernames(reading.first_chosen(9).unwrap()), ["erin", "frank", "grace"]);
        assert!(reading.first_chosen(0).unwrap().is_empty());
        assert_eq!(usernames(reading.first_chosen_with_password(9).unwrap()), ["erin"]);
        let (count, first) = reading.chosen_and_protected(&with_roles(&[RoleId::ADMIN, RoleId::MINIMAL]), 2).unwrap();
        assert_eq!((count, usernames(first)), (3, vec!["erin".to_owned(), "frank".to_owned()]));
        assert_eq!(reading.chosen_and_protected(&with_roles(&[]), 2).unwrap(), (0, Vec::new()));
        assert_eq!(reading.chosen_and_protected(&with_roles(&[RoleId::ADMIN]), 2).unwrap(), (0, Vec::new()));
        assert_eq!(choose(&["erin", "frank"]), 2);
        assert_ne!(reading.chosen_digest().unwrap(), three);
        assert_eq!(choose(&["frank", "grace", "erin"]), 3);
        assert_eq!(reading.chosen_digest().unwrap(), three, "whatever the order of the names is");
        assert_eq!(choose(&[]), 0);
        assert!(reading.first_chosen(9).unwrap().is_empty());
        assert_eq!(reading.choose_users(&Selection::default(), at(1)).unwrap(), 4);
    }
}

#[test]
fn many_are_locked_but_for_those_whose_lock_ends_later() {
    for fixture in Engine::each() {
        let [erin, frank, grace, bob] = users(&fixture);
        let until = |seconds| Lock { until: Some(at(seconds)), reason: Some("leave".to_owned()) };
        fixture.change(|writing| writing.set_lock(grace, Some(&Lock { until: None, reason: None }), at(0)));
        let lock = |lock: Lock, seconds| chosen(&fixture, seconds, |writing| writing.lock_chosen(&lock, at(seconds)));
        assert_eq!(lock(until(60), 1), BulkLockOutcome { changed: 2, kept: 1 });
        assert_eq!((fixture.user(erin).lock, fixture.user(erin).session_epoch), (Some(until(60)), 1));
        assert_eq!(fixture.user(grace).lock, Some(Lock { until: None, reason: None }));
        assert_eq!(fixture.user(bob).lock, None);
        assert_eq!(lock(until(60), 2), BulkLockOutcome { changed: 0, kept: 1 }, "the same lock is left alone");
        assert_eq!(lock(until(50), 3), BulkLockOutcome { changed: 0, kept: 3 });
        let longer = Lock { until: Some(at(70)), reason: None };
        assert_eq!(lock(longer.clone(), 4), BulkLockOutcome { changed: 2, kept: 1 });
        assert_eq!(fixture.user(frank).lock, Some(until(70)), "a lock without a reason keeps the one before");
        assert_eq!(lock(longer.clone(), 70), BulkLockOutcome { changed: 2, kept: 1 }, "it had ended");
        assert_eq!(fixture.user(frank).lock, Some(longer));
        fixture.undone(|writing| {
            writing.choose_users(&named(&["bob"]), at(71))?;
            writing.lock_chosen(&until(80), at(71))
        });
        assert_eq!(fixture.user(bob).lock, None);
    }
}

#[test]
fn many_are_unlocked_and_their_wrong_passwords_forgotten() {
    for fixture in Engine::each() {
        let [erin, frank, _, bob] = users(&fixture);
        let lock = Lock { until: None, reason: None };
        for id in [erin, bob] {
            fixture.change(|writing| writing.set_lock(id, Some(&lock), at(0)));
        }
        for seconds in 0..3 {
            sign_in::fail(&fixture, erin, seconds);
            sign_in::fail(&fixture, frank, seconds);
        }
        let unlock = |seconds| chosen(&fixture, seconds, |writing| writing.unlock_chosen(at(seconds)));
        assert_eq!(unlock(9), BulkUnlockOutcome { changed: 2, unlocked: 1, cleared: 2, failures: 6 });
        assert_eq!((fixture.user(erin).lock, fixture.read().sign_in_failures(frank).unwrap().count), (None, 0));
        assert!(fixture.user(bob).lock.is_some());
        let event = fixture.read().newest_event().unwrap().unwrap().number;
        assert_eq!(fixture.read().count_user_changes(event).unwrap(), (3, 2), "locked_at and the two counts");
        assert_eq!(unlock(10), BulkUnlockOutcome::default());
    }
}

#[test]
fn many_are_edited() {
    for fixture in Engine::each() {
        let [erin, frank, grace, bob] = users(&fixture);
        for id in [erin, bob] {
            fixture.set_password(id, 1);
        }
        let edit =
            |edit: BulkEdit, seconds| chosen(&fixture, seconds, |writing| writing.edit_chosen(&edit, at(seconds)));
        let none = BulkEditOutcome::default();
        assert_eq!(edit(BulkEdit::default(), 1), none);
        let must_change = |wanted| BulkEdit { must_change: Some(wanted), ..BulkEdit::default() };
        assert_eq!(edit(must_change(true), 2), BulkEditOutcome { without_password: 2, ..none });
        assert_eq!(edit(must_change(false), 3), BulkEditOutcome { changed: 1, ..none });
        let german = BulkEdit { role: Some(RoleId::ADMIN), locale: Some(Some("de".to_owned())), ..BulkEdit::default() };
        assert_eq!(edit(german.clone(), 4), BulkEditOutcome { changed: 3, ..none });
        assert_eq!(edit(german, 5), none, "they are so already");
        let user = fixture.user(frank);
        assert_eq!((user.role, user.locale.as_deref(), user.updated_at), (RoleId::ADMIN, Some("de"), at(4)));
        assert_eq!(user.session_epoch, 0);
        let saml = BulkEdit { sign_in: Some(SignIn::Saml), locale: Some(None), ..BulkEdit::default() };
        assert_eq!(edit(saml, 6), BulkEditOutcome { changed: 3, passwords_removed: 1, without_password: 0 });
        let user = fixture.user(erin);
        assert_eq!((user.sign_in, user.locale, user.password, user.session_epoch), (SignIn::Saml, None, None, 2));
        assert!(fixture.read().password_history(erin, 9).unwrap().is_empty());
        assert_eq!(fixture.user(grace).session_epoch, 1, "another way to sign in ends sessions");
        assert!(fixture.user(bob).password.is_some());
    }
}

#[test]
fn who_is_left_out_is_chosen_no_more() {
    for fixture in Engine::each() {
        let [erin, _, _, bob] = users(&fixture);
        let reading = fixture.read();
        reading.choose_users(&named(&["erin", "frank"]), at(1)).unwrap();
        assert!(reading.leave_out_of_chosen(erin).unwrap());
        assert!(!reading.leave_out_of_chosen(erin).unwrap() && !reading.leave_out_of_chosen(bob).unwrap());
        let left = reading.first_chosen(9).unwrap();
        assert_eq!(left.iter().map(|user| user.username.as_str()).collect::<Vec<_>>(), ["frank"]);
    }
}

#[test]
fn many_are_deleted() {
    for fixture in Engine::each() {
        let [erin, _, _, bob] = users(&fixture);
        fixture.undone(|writing| {
            writing.choose_users(&Selection::default(), at(1))?;
            writing.delete_chosen()
        });
        assert_eq!(fixture.user(erin).id, erin);
        assert_eq!(chosen(&fixture, 1, |writing| writing.delete_chosen()), 3);
        assert_eq!(fixture.read().count_users(&Selection::default(), at(2)).unwrap(), 1);
        assert_eq!(fixture.user(bob).id, bob);
        let count = fixture.change(|writing| {
            writing.choose_users(&named(&["erin"]), at(2))?;
            writing.delete_chosen()
        });
        assert_eq!(count, 0);
    }
}
