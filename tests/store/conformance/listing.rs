//! Users as lists: which, in what order, how many.

use cxme_admin::domain::policy::Fingerprints;
use cxme_admin::domain::role::RoleId;
use cxme_admin::domain::search::SearchText;
use cxme_admin::domain::selection::PoliciesInForce;
use cxme_admin::domain::selection::Selection;
use cxme_admin::domain::selection::UserOrder;
use cxme_admin::domain::selection::UserQuery;
use cxme_admin::domain::user::Lock;
use cxme_admin::domain::user::SignIn;
use cxme_admin::domain::user::Status;
use cxme_admin::domain::user::UserReference;
use cxme_admin::secrets::password_hash::PasswordHash;
use cxme_admin::store::StoreError;
use cxme_admin::store::completion::FromEnd;
use cxme_admin::store::completion::UserNameKind;
use cxme_admin::store::completion::UserWithPrefix;
use cxme_admin::store::user_list::UserRow;
use cxme_admin::store::users::NewUser;

use super::Engine;
use super::Fixture;
use super::at;
use super::hash;
use super::new_password;
use super::new_user;

/// Four users whose columns are each in another order. Of carol's password the policy is known, bob is locked, dave has SAML.
fn fill(fixture: &Fixture) {
    let user = |name: &str, email: &str, person: &str, created: i64| NewUser {
        email: email.parse().unwrap(),
        name: person.to_owned(),
        created_at: at(created),
        ..new_user(name)
    };
    let users = [
        NewUser { role: RoleId::ADMIN, ..user("Alice", "z@example.com", "Müller", 3) },
        user("bob", "Y@example.net", "anna", 2),
        user("carol", "x@bücher.example", "Zoë O'Hara", 1),
        NewUser { sign_in: SignIn::Saml, locale: Some("de".to_owned()), ..user("dave", "w@sub.example.com", "", 4) },
    ];
    let [_, bob, carol, _] = users.map(|new| fixture.change(|writing| writing.add_user(&new)));
    fixture.set_password(bob, 20);
    fixture.set_password(carol, 10);
    let lock = Lock { until: Some(at(100)), reason: None };
    fixture.change(|writing| writing.set_lock(bob, Some(&lock), at(30)));
    fixture.store.record_login(carol, None, at(50)).unwrap();
}

fn names(fixture: &Fixture, query: &UserQuery) -> Vec<String> {
    let mut names = Vec::new();
    let visit = |row: &UserRow<'_>| {
        names.push(row.username().to_owned());
        Ok::<_, StoreError>(())
    };
    fixture.read().each_user(query, false, at(60), visit).unwrap();
    names
}

#[test]
fn users_are_listed_in_each_order_from_either_end() {
    for fixture in Engine::each() {
        fill(&fixture);
        let orders = [
            (UserOrder::Email, ["dave", "carol", "bob", "Alice"]),
            (UserOrder::Username, ["Alice", "bob", "carol", "dave"]),
            (UserOrder::Name, ["dave", "bob", "Alice", "carol"]),
            (UserOrder::Created, ["carol", "bob", "Alice", "dave"]),
            (UserOrder::PasswordSet, ["dave", "Alice", "carol", "bob"]),
            (UserOrder::LastLogin, ["dave", "bob", "Alice", "carol"]),
        ];
        for (order, mut expected) in orders {
            let query = UserQuery { order, ..UserQuery::default() };
            assert_eq!(names(&fixture, &query), expected, "{order:?}");
            assert_eq!(names(&fixture, &UserQuery { limit: Some(2), ..query.clone() }), expected[..2]);
            expected.reverse();
            assert_eq!(names(&fixture, &UserQuery { reverse: true, ..query }), expected, "{order:?}");
        }
        for (limit, count) in [(0, 0), (4, 4), (5, 4), (u64::MAX, 4)] {
            let query = UserQuery { limit: Some(limit), ..UserQuery::default() };
            assert_eq!(names(&fixture, &query).len(), count, "{limit}");
        }
    }
}

#[test]
fn each_condition_of_a_selection_chooses_and_counts_the_same() {
    for fixture in Engine::each() {
        fill(&fixture);
        let none = Selection::default;
        let search = |text: &str| Selection { search: Some(SearchText::new(text).unwrap()), ..none() };
        let named = |names: &[&str]| Selection {
            named: Some(names.iter().map(|name| UserReference::new(name)).collect()),
            ..none()
        };
        let not_named = |names: &[&str]| Selection { not_named: named(names).named, ..none() };
        let unlike = |domains: &[&str]| Selection {
            sign_in_unlike_domains: Some(domains.iter().map(|domain| (*domain).to_owned()).collect()),
            ..none()
        };
        let domain = |domain: &str| Selection { email_domain: Some(domain.to_owned()), ..none() };
        let policy = new_password(10, false).accepted.policy().unwrap().to_owned();
        let outdated = |general: &str, of_roles: &[(i64, &str)]| {
            let of_roles = of_roles.iter().map(|(role, policy)| (RoleId(*role), (*policy).to_owned())).collect();
            let fingerprints = Fingerprints { general: general.to_owned(), of_roles };
            let others_are_few = fixture.read().are_outdated_passwords_few(&fingerprints).unwrap();
            assert!(others_are_few, "four users are few");
            Selection { policy_other_than: Some(PoliciesInForce { fingerprints, others_are_few }), ..none() }
        };
        let selections: [(Selection, &[&str]); 37] = [
            (none(), &["dave", "carol", "bob", "Alice"]),
            (search("ALI"), &["Alice"]),
            (search("example.com"), &["dave", "Alice"]),
            (search("muller"), &[]),
            (search("müller"), &["Alice"]),
            (search("mu\u{308}ller"), &["Alice"]),
            (search("o'hara"), &["carol"]),
            (search("o’hara"), &["carol"]),
            (search("%"), &[]),
            (search("_"), &[]),
            (search("bücher"), &["carol"]),
            (Selection { role: Some(RoleId::ADMIN), ..none() }, &["Alice"]),
            (Selection { role: Some(RoleId(i64::MAX)), ..none() }, &[]),
            (Selection { status: Some(Status::Locked), ..none() }, &["bob"]),
            (Selection { status: Some(Status::Active), ..none() }, &["dave", "carol", "Alice"]),
            (Selection { sign_in: Some(SignIn::Saml), ..none() }, &["dave"]),
            (domain("EXAMPLE.com"), &["Alice"]),
            (domain("xn--bcher-kva.example"), &["carol"]),
            (Selection { no_password: true, ..none() }, &["Alice"]),
            (Selection { with_password: true, ..none() }, &["carol", "bob"]),
            (unlike(&[]), &["dave"]),
            (unlike(&["SUB.example.com"]), &[]),
            (unlike(&["sub.example.com", "xn--bcher-kva.example"]), &["carol"]),
            (unlike(&["example.com"]), &["dave", "Alice"]),
            (not_named(&["BOB", "nobody", "x@bücher.example"]), &["dave", "Alice"]),
            (not_named(&[]), &["dave", "carol", "bob", "Alice"]),
            (Selection { password_set_before: Some(at(20)), ..none() }, &["carol"]),
            (outdated("another", &[]), &["carol", "bob"]),
            (outdated(&policy, &[]), &[]),
            (outdated(&policy, &[(RoleId::MINIMAL.0, "another")]), &["carol", "bob"]),
            (outdated("another", &[(RoleId::MINIMAL.0, &policy), (RoleId::ADMIN.0, "another")]), &[]),
            (outdated(&policy, &[(RoleId::ADMIN.0, "another"), (77, "another")]), &[]),
            (Selection { bounced: true, ..none() }, &[]),
            (Selection { never_logged_in: true, ..none() }, &["dave", "bob", "Alice"]),
            (named(&["bob", "nobody", "Z@example.com", "BOB"]), &["bob", "Alice"]),
            (named(&[]), &[]),
            // All conditions at once.
            (Selection { status: Some(Status::Active), no_password: true, ..search("example") }, &["Alice"]),
        ];
        for (selection, expected) in selections {
            let query = UserQuery { selection: selection.clone(), ..UserQuery::default() };
            assert_eq!(names(&fixture, &query), expected, "{selection:?}");
            assert_eq!(fixture.read().count_users(&selection, at(60)).unwrap(), expected.len() as u64, "{selection:?}");
            if let Some(policies) = selection.policy_other_than.clone() {
                // The other way to look finds the same.
                let policies = PoliciesInForce { others_are_few: false, ..policies };
                let selection = Selection { policy_other_than: Some(policies), ..selection };
                let query = UserQuery { selection, ..UserQuery::default() };
                assert_eq!(names(&fixture, &query), expected, "{query:?}");
            }
        }
        // The lock of bob has ended then.
        let locked = Selection { status: Some(Status::Locked), ..none() };
        assert_eq!(fixture.read().count_users(&locked, at(99)).unwrap(), 1);
        assert_eq!(fixture.read().count_users(&locked, at(100)).unwrap(), 0);
    }
}

#[test]
fn a_row_of_a_list_is_the_user() {
    for fixture in Engine::each() {
        fill(&fixture);
        for with_hashes in [false, true] {
            let mut users = Vec::new();
            let visit = |row: &UserRow<'_>| {
                let user = row.to_user()?;
                let names = (row.id(), row.username(), row.email());
                assert_eq!(names, (user.id.0, user.username.as_str(), user.email.as_str()));
                assert_eq!((row.name(), row.role(), row.sign_in()), (user.name.as_str(), user.role, user.sign_in));
                assert_eq!((row.locale(), row.status(at(60))), (user.locale.as_deref(), user.status(at(60))));
                assert_eq!(row.locked_until(), user.lock.as_ref().and_then(|lock| lock.until));
                assert_eq!((row.session_epoch(), row.last_login_at()), (user.session_epoch, user.last_login_at));
                assert_eq!((row.created_at(), row.updated_at()), (Some(user.created_at), Some(user.updated_at)));
                assert_eq!(row.password_set_at(), user.password.as_ref().map(|password| password.set_at));
                assert_eq!(row.must_change_password(), user.must_change_password);
                let expected = match user.username.as_str() {
                    "bob" => Some(hash(20)),
                    "carol" => Some(hash(10)),
                    _ => None,
                };
                let expected = expected.filter(|_| with_hashes);
                assert_eq!(row.password_hash(), expected.as_ref().map(PasswordHash::as_str));
                users.push(user);
                Ok::<_, StoreError>(())
            };
            fixture.read().each_user(&UserQuery::default(), with_hashes, at(60), visit).unwrap();
            assert_eq!(users.len(), 4);
            users.into_iter().for_each(|user| assert_eq!(fixture.user(user.id), user));
        }
    }
}

#[test]
fn a_visitor_that_fails_ends_the_list() {
    for fixture in Engine::each() {
        fill(&fixture);
        let mut seen = 0;
        let failed = fixture.read().each_user(&UserQuery::default(), false, at(60), |_| {
            seen += 1;
            Err(StoreError::BeingRestored)
        });
        assert!(matches!(failed, Err(StoreError::BeingRestored)) && seen == 1);
    }
}

#[test]
fn names_that_no_user_has_are_told_by_their_place() {
    for fixture in Engine::each() {
        fill(&fixture);
        let names = ["carol", "erin", "Y@EXAMPLE.net", "nobody@example.com"].map(UserReference::new);
        assert_eq!(fixture.read().unknown_names(&names).unwrap(), [1, 3]);
        assert!(fixture.read().unknown_names(&[]).unwrap().is_empty());
        let names = ["carol", "carol", "erin", "bob", "alice"].map(UserReference::new);
        let emails = [Some("X@xn--bcher-kva.example"), Some("bob@example.com"), Some("x@example.com"), None, Some("")];
        let emails = emails.map(|email| email.map(Into::into));
        let others = fixture.read().names_with_other_email(&names, &emails).unwrap();
        assert_eq!(others, [1, 4], "an unknown name has none, and a name alone is not compared");
    }
}

#[test]
fn users_with_a_prefix_are_found_in_order_from_either_end_and_no_more_than_asked_for() {
    for fixture in Engine::each() {
        fill(&fixture);
        let found = |by, prefix: &str, end, limit| {
            let users = fixture.read().users_with_prefix(by, prefix, end, limit).unwrap();
            users.into_iter().map(|user| user.name).collect::<Vec<_>>()
        };
        let usernames = |prefix, end, limit| found(UserNameKind::Username, prefix, end, limit);
        assert_eq!(usernames("", FromEnd::First, 9), ["Alice", "bob", "carol", "dave"]);
        assert_eq!(usernames("", FromEnd::First, 2), ["Alice", "bob"]);
        assert_eq!(usernames("", FromEnd::Last, 2), ["dave", "carol"]);
        assert_eq!(usernames("aLI", FromEnd::First, 9), ["Alice"]);
        assert_eq!(usernames("alice", FromEnd::Last, 9), ["Alice"]);
        for none in ["alicf", "%", "_", "'", "\u{10ffff}"] {
            assert_eq!(usernames(none, FromEnd::First, 9), Vec::<String>::new(), "{none}");
        }
        let addresses = |prefix| found(UserNameKind::Email, prefix, FromEnd::First, 9);
        assert_eq!(addresses("y@"), ["Y@example.net"]);
        assert_eq!(addresses("x@bü"), ["x@bücher.example"]);
        let alice = fixture.read().users_with_prefix(UserNameKind::Email, "Z@", FromEnd::First, 1).unwrap();
        let expected = UserWithPrefix {
            name: "z@example.com".to_owned(),
            email: "z@example.com".to_owned(),
            person: "Müller".to_owned(),
            role: RoleId::ADMIN,
        };
        assert_eq!(alice, [expected]);
    }
}
