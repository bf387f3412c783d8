//! Imports: rows are staged, judged beside each other and the store, and written at once.

use cxme_admin::domain::message::MailKind;
use cxme_admin::domain::message::NoticeCause;
use cxme_admin::domain::removal::Removals;
use cxme_admin::domain::role::RoleId;
use cxme_admin::domain::user::Lock;
use cxme_admin::domain::user::SignIn;
use cxme_admin::domain::user::Status;
use cxme_admin::domain::user::User;
use cxme_admin::domain::user::UserReference;
use cxme_admin::secrets::admission::ImportedHash;
use cxme_admin::store::StoreError;
use cxme_admin::store::import::Conflict;
use cxme_admin::store::import::Given;
use cxme_admin::store::import::Imported;
use cxme_admin::store::import::Incoming;
use cxme_admin::store::import::RowPlace;
use cxme_admin::store::import_effects::LockEffect;
use cxme_admin::store::import_effects::RowRemoval;
use cxme_admin::store::import_effects::UpdateEffects;
use cxme_admin::store::messages::Message;

use super::Engine;
use super::Fixture;
use super::account;
use super::at;
use super::jobs::end_passwords_of;
use super::with_roles;

const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn incoming<'a>(line: u64, username: &'a str, email: &'a str) -> Incoming<'a> {
    Incoming {
        number: line - 1,
        line,
        username,
        username_given: true,
        email: Some(email),
        name: None,
        role: None,
        sign_in: None,
        sign_in_by_domain: SignIn::Password,
        is_foreign: false,
        locale: None,
        locked: None,
        locked_until: None,
        must_change: None,
        password_hash: None,
    }
}

fn row(number: u64) -> RowPlace {
    RowPlace { number, line: number + 1 }
}

fn stage(fixture: &Fixture, rows: &[Incoming<'_>]) {
    let mut staging = fixture.store.stage().unwrap();
    rows.iter().for_each(|row| staging.add(row).unwrap());
    staging.end().unwrap();
}

fn conflicts(fixture: &Fixture, forbidden: &[RoleId], only_existing: bool) -> Vec<(RowPlace, Conflict)> {
    let mut conflicts = Vec::new();
    let reading = fixture.read();
    reading.match_incoming().unwrap();
    reading
        .each_conflict(&with_roles(forbidden), only_existing, at(3), |row, conflict| conflicts.push((row, conflict)))
        .unwrap();
    conflicts
}

fn import(fixture: &Fixture, seconds: i64) -> Imported {
    fixture.change(|writing| {
        writing.match_incoming()?;
        writing.import(RoleId::MINIMAL, at(seconds))
    })
}

fn named(fixture: &Fixture, name: &str) -> User {
    fixture.read().user(&UserReference::new(name)).unwrap().unwrap()
}

#[test]
fn an_import_names_every_conflict_and_then_takes_all() {
    for fixture in Engine::each() {
        for name in ["alice", "bob", "carol"] {
            fixture.add_user(name);
        }
        stage(
            &fixture,
            &[
                incoming(2, "dave", "dave@example.com"),
                incoming(3, "DAVE", "other@example.com"),
                incoming(4, "erin", "Dave@example.com"),
                incoming(5, "BOB", "new@example.com"),
            ],
        );
        let mut found = Vec::new();
        let visit = |row, conflict| found.push((row, conflict));
        fixture.read().each_conflict(&with_roles(&[]), false, at(3), visit).unwrap();
        let twice = [(row(2), Conflict::UsernameTwice(row(1))), (row(3), Conflict::EmailTwice(row(1)))];
        assert_eq!(found, [twice[0], twice[1], (row(4), Conflict::UsernameTaken)], "before they were matched");
        let nobody = |number| (row(number), Conflict::NoUser { by_username: true });
        assert_eq!(conflicts(&fixture, &[], true), [nobody(1), twice[0], nobody(2), twice[1], nobody(3)]);
        assert_eq!(conflicts(&fixture, &[], false), twice);
        stage(&fixture, &[incoming(2, "dave", "dave@example.com"), incoming(3, "DAVE", "other@example.com")]);
        assert!(!fixture.read().has_conflict_with_a_user(false, at(3)).unwrap());
        let written = fixture.store.write().unwrap().import(RoleId::MINIMAL, at(3));
        assert!(written.unwrap_err().is_conflict());
        stage(
            &fixture,
            &[
                incoming(2, "dave", "dave@example.com"),
                incoming(3, "bob", "Bob@example.com"),
                incoming(4, "carol", "carol@example.com"),
            ],
        );
        fixture.undone(|writing| {
            writing.match_incoming()?;
            writing.import(RoleId::MINIMAL, at(3))
        });
        assert!(fixture.read().user(&UserReference::new("dave")).unwrap().is_none());
        assert_eq!(import(&fixture, 3), Imported { added: 1, changed: 1, unchanged: 1 });
        let bob = named(&fixture, "bob");
        assert_eq!((bob.email.as_str(), bob.session_epoch), ("Bob@example.com", 0));
        assert_eq!(import(&fixture, 4), Imported { added: 0, changed: 0, unchanged: 3 }, "the rows stay staged");
        stage(&fixture, &[]);
        assert_eq!(import(&fixture, 5), Imported::default());
    }
}

#[test]
fn what_a_user_cannot_have_is_a_conflict() {
    for fixture in Engine::each() {
        let [_, bob, _] = ["alice", "bob", "carol"].map(|name| fixture.add_user(name));
        fixture.set_password(bob, 1);
        let hash = Some(ImportedHash::parse(HASH).unwrap());
        stage(
            &fixture,
            &[
                Incoming { locked_until: Some(Given::Value(at(9))), ..incoming(2, "carol", "carol@example.com") },
                Incoming { must_change: Some(true), is_foreign: true, ..incoming(3, "bob", "BOB@example.com") },
                Incoming {
                    sign_in: Some(SignIn::Saml),
                    must_change: Some(true),
                    ..incoming(4, "alice", "alice@example.com")
                },
                Incoming { is_foreign: true, ..incoming(5, "erin", "erin@elsewhere.example") },
                Incoming { email: None, ..incoming(6, "frank", "") },
                Incoming {
                    sign_in_by_domain: SignIn::Saml,
                    password_hash: hash,
                    ..incoming(7, "grace", "g@example.com")
                },
                incoming(8, "heidi", "bob@EXAMPLE.com"),
                Incoming { username_given: false, ..incoming(9, "nobody", "nobody@example.com") },
            ],
        );
        let expected = [
            (row(1), Conflict::EndWithoutLock),
            (row(3), Conflict::NothingToChange),
            (row(4), Conflict::ForeignEmail),
            (row(5), Conflict::NoEmail),
            (row(6), Conflict::SamlWithHash),
            (row(7), Conflict::EmailTwice(row(2))),
            (row(7), Conflict::EmailTaken),
        ];
        assert_eq!(conflicts(&fixture, &[], false), expected);
        assert!(fixture.read().has_conflict_with_a_user(false, at(3)).unwrap());
        let only_existing = conflicts(&fixture, &[], true);
        assert!(only_existing.contains(&(row(8), Conflict::NoUser { by_username: false })));
        stage(&fixture, &[incoming(2, "carol", "carol@example.com"), incoming(3, "new", "new@example.com")]);
        assert_eq!(conflicts(&fixture, &[RoleId::MINIMAL], false), [(row(1), Conflict::Outranked)]);
        assert!(conflicts(&fixture, &[RoleId::ADMIN], false).is_empty());
        assert!(!fixture.read().has_conflict_with_a_user(false, at(3)).unwrap());
        assert!(fixture.read().has_conflict_with_a_user(true, at(3)).unwrap());
    }
}

#[test]
fn each_field_of_a_row_is_written() {
    for fixture in Engine::each() {
        let full = Incoming {
            name: Some("Dave Ö"),
            role: Some(RoleId::ADMIN),
            locale: Some(Given::Value("de")),
            locked: Some(true),
            locked_until: Some(Given::Value(at(90))),
            must_change: Some(true),
            password_hash: Some(ImportedHash::parse(HASH).unwrap()),
            ..incoming(2, "dave", "dave@example.com")
        };
        let by_domain = Incoming { sign_in_by_domain: SignIn::Saml, ..incoming(3, "erin", "erin@example.com") };
        stage(&fixture, &[full, by_domain]);
        assert_eq!(import(&fixture, 5), Imported { added: 2, changed: 0, unchanged: 0 });
        let dave = named(&fixture, "dave");
        assert_eq!((dave.name.as_str(), dave.role, dave.locale.as_deref()), ("Dave Ö", RoleId::ADMIN, Some("de")));
        assert_eq!(dave.lock, Some(Lock { until: Some(at(90)), reason: None }));
        assert_eq!((dave.must_change_password, dave.created_at), (true, at(5)));
        let password = dave.password.unwrap();
        assert_eq!((password.set_at, password.policy), (at(5), None), "the password behind a hash met no policy");
        assert_eq!(fixture.read().password_hash(dave.id).unwrap().unwrap().as_str(), HASH);
        let erin = named(&fixture, "erin");
        assert_eq!((erin.sign_in, erin.role, erin.password), (SignIn::Saml, RoleId::MINIMAL, None));
        // A row changes the fields that it has, and finds its user by the address where it says no username.
        let cleared = Incoming {
            username_given: false,
            locale: Some(Given::of_text("")),
            locked_until: Some(Given::Nothing),
            ..incoming(2, "made-up", "DAVE@example.com")
        };
        stage(&fixture, &[cleared]);
        assert_eq!(import(&fixture, 6), Imported { added: 0, changed: 1, unchanged: 0 });
        let dave = named(&fixture, "dave");
        assert_eq!((dave.locale, dave.lock.as_ref().unwrap().until), (None, None));
        assert_eq!((dave.name.as_str(), dave.role, dave.updated_at), ("Dave Ö", RoleId::ADMIN, at(6)));
        assert_eq!(dave.email.as_str(), "DAVE@example.com");
        // Another password hash puts the one before into the history, and SAML takes all of it away.
        fixture.set_password(dave.id, 1);
        stage(&fixture, &[Incoming { locked: Some(false), ..full }]);
        import(&fixture, 200);
        let dave = named(&fixture, "dave");
        assert_eq!((dave.status(at(200)), dave.password.unwrap().set_at), (Status::Active, at(200)));
        assert_eq!(fixture.read().password_history(dave.id, 9).unwrap().len(), 2);
        stage(&fixture, &[Incoming { sign_in: Some(SignIn::Saml), ..incoming(2, "dave", "dave@example.com") }]);
        import(&fixture, 201);
        assert_eq!((named(&fixture, "dave").password, named(&fixture, "dave").sign_in), (None, SignIn::Saml));
        assert!(fixture.read().password_history(dave.id, 9).unwrap().is_empty());
    }
}

#[test]
fn rows_of_a_role_are_counted_before_they_are_written() {
    for fixture in Engine::each() {
        fixture.add_user("alice");
        stage(
            &fixture,
            &[
                Incoming { role: Some(RoleId::ADMIN), ..incoming(2, "new", "new@example.com") },
                incoming(3, "alice", "alice@example.com"),
                incoming(4, "other", "other@example.com"),
            ],
        );
        let reading = fixture.read();
        reading.match_incoming().unwrap();
        let found = |roles: &[RoleId], limit| reading.incoming_and_protected(&with_roles(roles), limit).unwrap();
        assert_eq!(found(&[RoleId::ADMIN], 9), (1, vec!["new".to_owned()]));
        // A new user of whom the row does not say the role gets the smallest.
        let all = ["new", "alice", "other"];
        assert_eq!(found(&[RoleId::ADMIN, RoleId::MINIMAL], 9), (3, all.map(str::to_owned).into()));
        assert_eq!(found(&[RoleId::ADMIN, RoleId::MINIMAL], 1), (3, vec!["new".to_owned()]));
        assert_eq!(found(&[RoleId(i64::MAX)], 9), (0, Vec::new()));
        assert_eq!(found(&[], 9), (0, Vec::new()));
    }
}

#[test]
fn what_rows_take_away_is_told_before_they_are_written() {
    for fixture in Engine::each() {
        let [alice, bob, carol, dave] = ["alice", "bob", "carol", "dave"].map(|name| fixture.add_user(name));
        let lock = Lock { until: Some(at(100)), reason: None };
        for id in [alice, dave] {
            fixture.set_password(id, 1);
        }
        for id in [bob, carol] {
            fixture.change(|writing| writing.set_lock(id, Some(&lock), at(0)));
        }
        end_passwords_of(&fixture, "dave", 1);
        stage(
            &fixture,
            &[
                Incoming { sign_in: Some(SignIn::Saml), ..incoming(2, "ALICE", "alice@example.com") },
                Incoming { locked: Some(false), ..incoming(3, "bob", "bob@example.com") },
                Incoming { locked_until: Some(Given::Value(at(50))), ..incoming(4, "carol", "carol@example.com") },
                Incoming {
                    role: Some(RoleId::ADMIN),
                    password_hash: Some(ImportedHash::parse(HASH).unwrap()),
                    ..incoming(5, "dave", "dave@example.com")
                },
                incoming(6, "new", "new@example.com"),
            ],
        );
        let reading = fixture.read();
        reading.match_incoming().unwrap();
        let removals = Removals { passwords: 1, locks: 2 };
        let effects = UpdateEffects { removals, users: 3, roles_changed: 1, after_end: 1 };
        assert_eq!(reading.update_effects(at(10)).unwrap(), effects);
        let removal = |number, username: &str, password, lock| RowRemoval {
            place: row(number),
            username: username.to_owned(),
            password,
            lock,
        };
        let all = [
            removal(1, "alice", true, None),
            removal(2, "bob", false, Some(LockEffect::Ended)),
            removal(3, "carol", false, Some(LockEffect::Shortened)),
        ];
        assert_eq!(reading.first_removals(9, at(10)).unwrap(), all);
        assert_eq!(reading.first_removals(2, at(10)).unwrap(), all[..2]);
        assert!(reading.first_removals(0, at(10)).unwrap().is_empty());
        // The locks have ended then.
        let later = reading.update_effects(at(100)).unwrap();
        assert_eq!(later.removals, Removals { passwords: 1, locks: 0 });
        drop(reading);
        import(&fixture, 10);
        assert_eq!((named(&fixture, "bob").lock, named(&fixture, "alice").password), (None, None));
    }
}

#[test]
fn a_hash_of_an_ended_password_is_refused() {
    for fixture in Engine::each() {
        let with_hash = Incoming {
            password_hash: Some(ImportedHash::parse(HASH).unwrap()),
            ..incoming(2, "erin", "erin@example.com")
        };
        stage(&fixture, &[with_hash]);
        import(&fixture, 1);
        end_passwords_of(&fixture, "erin", 2);
        assert_eq!(conflicts(&fixture, &[], false), [(row(1), Conflict::EndedPassword)]);
        let reading = fixture.read();
        reading.match_incoming().unwrap();
        assert!(reading.has_conflict_with_a_user(false, at(3)).unwrap());
    }
}

#[test]
fn both_addresses_are_told_of_a_change() {
    for fixture in Engine::each() {
        let alice = fixture.add_user("alice");
        fixture.add_user("bob");
        stage(
            &fixture,
            &[
                incoming(2, "alice", "alicia@example.com"),
                incoming(3, "bob", "BOB@example.com"),
                incoming(4, "new", "new@example.com"),
            ],
        );
        let queue = |writing: &cxme_admin::store::WriteTransaction<'_>| {
            writing.match_incoming()?;
            writing.queue_address_notices(&account(), at(8))
        };
        assert_eq!(fixture.undone(queue), 2);
        assert_eq!(fixture.read().count_waiting_messages().unwrap(), 0);
        assert_eq!(fixture.change(queue), 2, "another form of an address is the same, and a new user had none");
        let mut seen = Vec::new();
        let mut visit = |message: Message| {
            assert_eq!((message.kind, message.user, message.created_at), (MailKind::AddressNotice, Some(alice), at(8)));
            seen.push((message.cause.unwrap(), message.address));
            Ok::<_, StoreError>(())
        };
        fixture.read().each_waiting_message(None, &mut visit).unwrap();
        let told =
            [(NoticeCause::AddressReplaced, "alice@example.com"), (NoticeCause::AddressSet, "alicia@example.com")];
        assert_eq!(seen, told.map(|(cause, address)| (cause, address.to_owned())));
    }
}
