//! What each event changed in the rows of users, and what is left of it when a user is deleted.

use cxme_admin::domain::event_chain::ChainReport;
use cxme_admin::domain::event_chain::ChainVerifier;
use cxme_admin::domain::user::Lock;
use cxme_admin::domain::user::SignIn;
use cxme_admin::domain::user::User;
use cxme_admin::domain::user::UserId;
use cxme_admin::domain::user_change::UserChange;
use cxme_admin::store::events::EventQuery;
use cxme_admin::store::user_changes::ChangeQuery;

use super::Engine;
use super::Fixture;
use super::at;
use super::events::ChainOrStore;
use super::events::numbers;
use super::new_password;

/// Adds frank and changes each field, in five events; the first of them.
fn change_frank(fixture: &Fixture) -> (UserId, i64) {
    let id = fixture.add_user("frank");
    let lock = Lock { until: Some(at(100)), reason: Some("left".to_owned()) };
    let edited = User { name: "Frank".to_owned(), email: "f@example.com".parse().unwrap(), ..fixture.user(id) };
    let first = fixture.store.write().unwrap().next_event_number().unwrap();
    fixture.change(|writing| writing.update_user(&edited));
    fixture.change(|writing| writing.set_password(id, &new_password(1, false)));
    fixture.change(|writing| writing.set_password(id, &new_password(2, false)));
    fixture.change(|writing| writing.set_lock(id, Some(&lock), at(1)));
    fixture.change(|writing| {
        writing.set_lock(id, None, at(2))?;
        // SAML removes the password.
        writing.update_user(&User { sign_in: SignIn::Saml, ..edited.clone() })?;
        // Changed and changed back: nothing.
        writing.update_user(&User { name: "Eve".to_owned(), ..edited.clone() })?;
        writing.update_user(&edited)?;
        writing.note_user_change(id, "failed_logins", Some("5"), None)
    });
    (id, first)
}

/// The changes of [`change_frank`], by the number of the event from its first.
const TOLD: [&str; 14] = [
    "0 email: frank@example.com > f@example.com",
    "0 name:  > Frank",
    "1 must_change_password: false > true",
    "1 password: - > set",
    "2 password: - > changed",
    "3 lock_reason: - > left",
    "3 locked_at: - > 2027-01-15T08:00:01Z",
    "3 locked_until: - > 2027-01-15T08:01:40Z",
    "4 failed_logins: 5 > -",
    "4 lock_reason: left > -",
    "4 locked_at: 2027-01-15T08:00:01Z > -",
    "4 locked_until: 2027-01-15T08:01:40Z > -",
    "4 must_change_password: true > false",
    "4 password: - > removed",
];

#[test]
fn each_change_of_a_user_is_kept_beside_its_event() {
    for fixture in Engine::each() {
        let (id, first) = change_frank(&fixture);
        let changes = |query: ChangeQuery| {
            let changes = fixture.read().user_changes(&query).unwrap();
            let told = |change: &UserChange| {
                let value = |value: &Option<String>| value.clone().unwrap_or("-".to_owned());
                format!("{} {}: {} > {}", change.event - first, change.field, value(&change.old), value(&change.new))
            };
            (changes.iter().map(told).collect::<Vec<_>>(), changes.last().map(|change| change.id))
        };
        let all = ChangeQuery { user: Some(id), limit: 100, ..ChangeQuery::default() };
        assert_eq!(changes(all).0, TOLD);
        assert_eq!(changes(ChangeQuery { user: None, ..all }).0, TOLD, "frank is the only user");
        let (page, last) = changes(ChangeQuery { limit: 3, ..all });
        assert_eq!(page, TOLD[..3]);
        assert_eq!(changes(ChangeQuery { after: last.unwrap(), ..all }).0, TOLD[3..]);
        assert_eq!(changes(ChangeQuery { limit: 0, ..all }).0, [""; 0]);
        assert_eq!(changes(ChangeQuery { event: Some(first + 2), ..all }).0, TOLD[4..5]);
        assert_eq!(changes(ChangeQuery { event: Some(first + 1), user: None, ..all }).0, TOLD[2..4]);
        assert_eq!(changes(ChangeQuery { user: Some(UserId(id.0 + 1)), ..all }).0, [""; 0]);
        assert_eq!(fixture.read().count_user_changes(first + 4).unwrap(), (6, 1));
        assert_eq!(fixture.read().count_user_changes(first + 5).unwrap(), (0, 0));
        assert!(fixture.read().is_in_audit(id).unwrap());
        assert!(!fixture.read().is_in_audit(UserId(id.0 + 1)).unwrap());
    }
}

#[test]
fn the_values_of_a_deleted_user_are_erased_and_the_chain_is_whole() {
    for fixture in Engine::each() {
        let (frank, _) = change_frank(&fixture);
        let before = fixture.read().newest_event().unwrap().unwrap().number;
        fixture.change(|writing| writing.delete_user(frank));
        let reading = fixture.read();
        let query = ChangeQuery { user: Some(frank), limit: 100, ..ChangeQuery::default() };
        let changes = reading.user_changes(&query).unwrap();
        let (left, erased): (Vec<_>, Vec<_>) = changes.iter().partition(|change| change.event > before);
        assert_eq!(erased.len(), TOLD.len());
        assert!(erased.iter().all(|change| change.is_erased && change.old.is_none() && change.new.is_none()));
        let told = left.iter().map(|change| (change.field.as_str(), change.old.is_some(), change.new.as_deref()));
        assert_eq!(told.collect::<Vec<_>>(), [("added_by_event", true, None), ("user", false, Some("deleted"))]);
        let verified = reading.follow_chain::<ChainOrStore>(ChainVerifier::new(None), |_| ()).unwrap();
        assert_eq!(verified, ChainReport { events: before + 1, archived: 0, erased: 14 });
        assert!(reading.is_in_audit(frank).unwrap());
        drop(reading);
        let numbers = numbers(&fixture, &EventQuery { user: Some(frank), ..EventQuery::default() });
        let added: i64 = left[0].old.as_deref().unwrap().parse().unwrap();
        assert_eq!((numbers.first(), numbers.last()), (Some(&(before + 1)), Some(&added)));
    }
}
