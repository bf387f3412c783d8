//! How long passwords are valid, as the store keeps it.

use std::time::Duration;

use cxme_admin::domain::password_age::MaxAges;
use cxme_admin::domain::role::RoleId;
use cxme_admin::domain::user::SignIn;
use cxme_admin::domain::user::User;
use cxme_admin::store::selected_users::BulkEdit;
use cxme_admin::store::users::NewPassword;

use super::Engine;
use super::at;
use super::new_password;

#[test]
fn a_temporary_password_ends_and_one_that_the_user_may_keep_does_not() {
    for fixture in Engine::each() {
        let alice = fixture.add_user("alice");
        let temporary = |n| NewPassword { expires_at: Some(at(1_000)), ..new_password(n, false) };
        let expires_at = || fixture.user(alice).password.and_then(|password| password.expires_at);
        fixture.change(|writing| writing.note_time(at(50)));
        fixture.change(|writing| writing.set_password(alice, &temporary(1)));
        assert_eq!(expires_at(), Some(at(1_000)));
        let is_expired = |now| {
            let times = fixture.read().password_times().unwrap();
            fixture.user(alice).has_expired_password(at(now), &times)
        };
        assert!(!is_expired(999) && is_expired(1_000));
        fixture.change(|writing| writing.note_time(at(1_000)));
        fixture.change(|writing| writing.note_time(at(60)));
        assert!(is_expired(60), "the store has seen its end");
        fixture.change(|writing| writing.set_password(alice, &temporary(2)));
        assert!(!is_expired(60), "set by the clock that counts now");
        // Whatever says that the user may keep it takes the end away.
        fixture.change(|writing| writing.set_must_change(alice, false));
        assert_eq!(expires_at(), None);
        for edit in [
            BulkEdit { must_change: Some(false), ..BulkEdit::default() },
            BulkEdit { sign_in: Some(SignIn::Saml), ..BulkEdit::default() },
        ] {
            fixture.change(|writing| writing.set_password(alice, &temporary(3)));
            fixture.change(|writing| {
                writing.choose_users(&cxme_admin::domain::selection::Selection::default(), at(60))?;
                writing.edit_chosen(&edit, at(60))
            });
            assert_eq!(expires_at(), None, "{edit:?}");
            let user = User { sign_in: SignIn::Password, ..fixture.user(alice) };
            fixture.change(|writing| writing.update_user(&user));
        }
        fixture.change(|writing| writing.set_password(alice, &temporary(4)));
        let saml = User { sign_in: SignIn::Saml, ..fixture.user(alice) };
        fixture.change(|writing| writing.update_user(&saml));
        assert_eq!(expires_at(), None);
    }
}

#[test]
fn greatest_ages_are_those_that_were_brought_into_force_last() {
    for fixture in Engine::each() {
        assert_eq!(fixture.read().password_max_ages().unwrap(), MaxAges::default());
        let age = |seconds| Duration::from_secs(seconds);
        let of_roles = [(RoleId::ADMIN, age(30)), (RoleId(9), age(60))].into_iter().collect();
        let ages = MaxAges { general: Some(age(90)), of_roles };
        fixture.undone(|writing| writing.set_password_max_ages(&ages));
        assert_eq!(fixture.read().password_max_ages().unwrap(), MaxAges::default());
        fixture.change(|writing| writing.set_password_max_ages(&ages));
        assert_eq!(fixture.read().password_max_ages().unwrap(), ages);
        let alice = fixture.add_user("alice");
        fixture.set_password(alice, 10);
        fixture.change(|writing| writing.set_must_change(alice, false));
        let times = fixture.read().password_times().unwrap();
        assert!(!fixture.user(alice).must_change(at(99), &times));
        assert!(fixture.user(alice).must_change(at(100), &times));
        fixture.change(|writing| writing.set_password_max_ages(&MaxAges::default()));
        assert_eq!(fixture.read().password_max_ages().unwrap(), MaxAges::default());
    }
}
