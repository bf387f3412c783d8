//! The store's story, told to its library functions alone: what a second engine would have to do as well.

use std::path::Path;
use std::time::Duration;

use cxme_admin::domain::event::ChainBreak;
use cxme_admin::domain::event::ChainReport;
use cxme_admin::domain::event::ChainVerifier;
use cxme_admin::domain::event::NewEvent;
use cxme_admin::domain::message::MessageId;
use cxme_admin::domain::message::MessageState;
use cxme_admin::domain::operator::Account;
use cxme_admin::domain::operator::Operator;
use cxme_admin::domain::operator::OperatorKind;
use cxme_admin::domain::policy::PersonalWords;
use cxme_admin::domain::policy::Policy;
use cxme_admin::domain::role;
use cxme_admin::domain::role::Permission;
use cxme_admin::domain::role::RoleId;
use cxme_admin::domain::selection::Selection;
use cxme_admin::domain::selection::UserQuery;
use cxme_admin::domain::user::Lock;
use cxme_admin::domain::user::SignIn;
use cxme_admin::domain::user::Status;
use cxme_admin::domain::user::User;
use cxme_admin::domain::user::UserId;
use cxme_admin::domain::user::UserReference;
use cxme_admin::domain::user_change::SaltSeed;
use cxme_admin::domain::user_change::UserChange;
use cxme_admin::private_file::Rule;
use cxme_admin::random::ScriptedRandom;
use cxme_admin::secrets::Hasher;
use cxme_admin::secrets::Password;
use cxme_admin::secrets::admission::AcceptedHash;
use cxme_admin::secrets::admission::FormerPasswords;
use cxme_admin::secrets::password_hash::HashParameters;
use cxme_admin::secrets::password_hash::PasswordHash;
use cxme_admin::secrets::reset_code::NONCE;
use cxme_admin::secrets::reset_code::ResetCodeHash;
use cxme_admin::store::Result;
use cxme_admin::store::Store;
use cxme_admin::store::StoreError;
use cxme_admin::store::WriteTransaction;
use cxme_admin::store::attempts::AttemptResult;
use cxme_admin::store::attempts::AttemptStart;
use cxme_admin::store::chosen::BulkEdit;
use cxme_admin::store::events::EventQuery;
use cxme_admin::store::import::Conflict;
use cxme_admin::store::import::Given;
use cxme_admin::store::import::Imported;
use cxme_admin::store::import::Incoming;
use cxme_admin::store::import::RowPlace;
use cxme_admin::store::messages::NewContent;
use cxme_admin::store::messages::NewMessage;
use cxme_admin::store::open::ExpectedVersion;
use cxme_admin::store::outbox::Cursor;
use cxme_admin::store::outbox::Due;
use cxme_admin::store::user_changes::ChangeQuery;
use cxme_admin::store::users::MOST_HISTORY;
use cxme_admin::store::users::NewPassword;
use cxme_admin::store::users::NewUser;
use jiff::Timestamp;
use zeroize::Zeroizing;

/// When the story begins.
const BEGIN: i64 = 1_800_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(BEGIN + seconds).unwrap()
}

/// A password that differs by `n`, hashed as cheaply as can be.
fn accepted(n: u32) -> AcceptedHash {
    let mut hasher = Hasher::new(HashParameters::new(8, 1, 1).unwrap());
    let password = Password::new(Zeroizing::new(format!("seven violet umbrellas {n}"))).unwrap();
    let words = PersonalWords { username: "", email: "", name: "", organization: "", email_domains: &[] };
    hasher
        .admit(&password, &Policy::default(), &words, &FormerPasswords::default(), &mut ScriptedRandom::new(n.into()))
        .unwrap()
}

fn hash(n: u32) -> PasswordHash {
    accepted(n).hash().clone()
}

fn open(path: &Path) -> Result<Store> {
    Store::open(path, &Rule::store(false), ExpectedVersion::Current)
}

pub(crate) fn change<T>(store: &Store, run: impl FnOnce(&WriteTransaction<'_>) -> Result<T>) -> T {
    let writing = store.write().unwrap();
    let value = run(&writing).unwrap();
    if writing.has_user_changes().unwrap() {
        writing.append_event_of_change(&new_event(0, None), &SaltSeed::new([7; 32])).unwrap();
    }
    writing.commit().unwrap();
    value
}

pub(crate) fn new_event(seconds: i64, user: Option<UserId>) -> NewEvent {
    let account = Account {
        uid: 0,
        name: "root".to_owned(),
        is_name_known: true,
        login_uid: None,
        host: "host".to_owned(),
        elevation: None,
    };
    NewEvent {
        time: at(seconds),
        account,
        authority: role::ADMIN.to_owned(),
        action: "users lock".to_owned(),
        outcome: "done",
        user,
        reason: None,
        details: None,
    }
}

fn new_user(name: &str, role: RoleId) -> NewUser {
    NewUser {
        username: name.parse().unwrap(),
        email: format!("{name}@example.com").parse().unwrap(),
        name: String::new(),
        role,
        sign_in: SignIn::Password,
        locale: None,
        created_at: at(0),
    }
}

fn new_password(n: u32, keep_sessions: bool) -> NewPassword {
    NewPassword { accepted: accepted(n), must_change: true, keep_sessions, set_at: at(n.into()) }
}

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

#[test]
fn the_story_of_a_store() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    let (admin, minimal) = it_is_made_whole_or_not_at_all(&path);
    let store = open(&path).unwrap();
    operators_are_known_by_their_number(&store, admin);
    let alice = a_user_is_found_by_name_and_address_without_case(&store, minimal);
    a_password_ends_what_is_older(&store, alice);
    a_lock_ends_with_its_time(&store, alice);
    a_change_that_is_dropped_leaves_nothing(&store, alice);
    lists_count_and_order(&store, minimal);
    an_import_names_every_conflict_and_then_takes_all(&store, minimal);
    events_form_a_chain(&store, alice);
    let frank = each_change_of_a_user_is_kept_beside_its_event(&store, minimal);
    the_values_of_a_deleted_user_are_erased_and_the_chain_is_whole(&store, frank);
    many_users_are_changed_at_once(&store, minimal);
    a_deleted_user_leaves_his_events_and_his_number_free_for_nobody(&store, alice, minimal);
    attempts_are_started_and_recorded_in_batches(&store, minimal);
    changes_of_others_are_told_from_its_own(&store, &path);
    let copy = directory.path().join("copy.db");
    store.write_copy(store.begin_copy(&copy).unwrap()).unwrap().finish().unwrap();
    let users = |store: &Store| store.read().unwrap().count_users(&Selection::default(), at(0)).unwrap();
    let count = users(&store);
    drop(store);
    for path in [&path, &copy] {
        let again = open(path).unwrap();
        assert_eq!(users(&again), count);
        assert!(again.read().unwrap().integrity_faults().unwrap().is_empty());
        assert!(again.read().unwrap().dangling_references().unwrap().is_empty());
    }
}

fn it_is_made_whole_or_not_at_all(path: &Path) -> (RoleId, RoleId) {
    assert!(matches!(open(path), Err(StoreError::Missing(_))));
    let failed = Store::create(path, 0o600, |_| Err(StoreError::Busy));
    assert!(failed.is_err() && std::fs::read_dir(path.parent().unwrap()).unwrap().count() == 0);
    Store::create(path, 0o600, |writing| {
        writing.add_built_in_roles()?;
        writing.set_fact("engine", b"one")
    })
    .unwrap();
    assert!(matches!(Store::create(path, 0o600, |_| Ok(())), Err(StoreError::Exists(_))));
    let reading_store = open(path).unwrap();
    let reading = reading_store.read().unwrap();
    assert_eq!(reading.fact("engine").unwrap(), Some(b"one".to_vec()));
    assert_eq!(reading.fact("other").unwrap(), None);
    let id = |name: &str| reading.role_named(name).unwrap().unwrap().id;
    let (admin, minimal) = (id(role::ADMIN), id(&role::MINIMAL.to_uppercase()));
    assert_eq!(reading.roles().unwrap().len(), role::BUILT_IN.len());
    assert!(reading.role(admin).unwrap().unwrap().permissions.has(Permission::ManageStore));
    assert!(reading.role_named("nobody's").unwrap().is_none());
    (admin, minimal)
}

fn operators_are_known_by_their_number(store: &Store, admin: RoleId) {
    let permissions = store.read().unwrap().role(admin).unwrap().unwrap().permissions;
    let operator = |uid: u32| Operator {
        uid,
        account: "carol".to_owned(),
        kind: OperatorKind::Person,
        role: admin,
        role_name: role::ADMIN.to_owned(),
        permissions,
        added_at: at(0),
    };
    change(store, |writing| writing.add_operator(&operator(1_000)));
    assert!(store.write().unwrap().add_operator(&operator(1_000)).is_err(), "twice");
    let found = store.read().unwrap().operator(1_000).unwrap().unwrap();
    assert_eq!((found.role_name.as_str(), found.added_at), (role::ADMIN, at(0)));
    assert!(found.permissions.has(Permission::ManageOperators));
    assert!(store.read().unwrap().operator(1_001).unwrap().is_none());
    change(store, |writing| writing.remove_operator(1_000));
    assert!(store.read().unwrap().operators().unwrap().is_empty());
}

fn a_user_is_found_by_name_and_address_without_case(store: &Store, minimal: RoleId) -> UserId {
    let alice = change(store, |writing| writing.add_user(&new_user("Alice", minimal)));
    let reading = store.read().unwrap();
    for given in ["alice", "ALICE", "aLiCe@Example.COM"] {
        assert_eq!(reading.user(&UserReference::new(given)).unwrap().unwrap().id, alice, "{given}");
    }
    for other in ["alic", "alice@example", "ａlice", "alıce"] {
        assert!(reading.user(&UserReference::new(other)).unwrap().is_none(), "{other}");
    }
    drop(reading);
    for taken in ["ALICE", "alice"] {
        let error = store.write().unwrap().add_user(&new_user(taken, minimal)).unwrap_err();
        assert!(error.is_conflict(), "{taken}: {error}");
    }
    alice
}

fn a_password_ends_what_is_older(store: &Store, alice: UserId) {
    let epoch = || store.read().unwrap().user_by_id(alice).unwrap().unwrap().session_epoch;
    assert_eq!(store.read().unwrap().password_hash(alice).unwrap(), None);
    assert_eq!(epoch(), 0);
    for n in 1..=MOST_HISTORY + 3 {
        change(store, |writing| writing.set_password(alice, &new_password(n, false)));
    }
    assert_eq!(epoch(), i64::from(MOST_HISTORY) + 3);
    change(store, |writing| writing.set_password(alice, &new_password(99, true)));
    assert_eq!(epoch(), i64::from(MOST_HISTORY) + 3, "sessions kept");
    let reading = store.read().unwrap();
    assert_eq!(reading.password_hash(alice).unwrap(), Some(hash(99)));
    let history = reading.password_history(alice, 100).unwrap();
    assert_eq!(history.len(), MOST_HISTORY as usize);
    assert_eq!(history[0], hash(MOST_HISTORY + 3), "newest first");
    let user = reading.user_by_id(alice).unwrap().unwrap();
    assert_eq!((user.password.unwrap().set_at, user.must_change_password), (at(99), true));
}

fn a_lock_ends_with_its_time(store: &Store, alice: UserId) {
    let user = || store.read().unwrap().user_by_id(alice).unwrap().unwrap();
    let before = user().session_epoch;
    let lock = Lock { until: Some(at(100)), reason: Some("left".to_owned()) };
    change(store, |writing| writing.set_lock(alice, Some(&lock), at(1)));
    assert_eq!((user().lock, user().session_epoch), (Some(lock), before + 1));
    assert_eq!((user().status(at(99)), user().status(at(100))), (Status::Locked, Status::Active));
    change(store, |writing| writing.set_lock(alice, None, at(2)));
    assert_eq!((user().lock, user().session_epoch), (None, before + 1));
}

fn a_change_that_is_dropped_leaves_nothing(store: &Store, alice: UserId) {
    let before = store.read().unwrap().user_by_id(alice).unwrap();
    let writing = store.write().unwrap();
    writing.set_password(alice, &new_password(7, false)).unwrap();
    writing.delete_user(alice).unwrap();
    assert!(writing.user_by_id(alice).unwrap().is_none(), "it sees itself");
    drop(writing);
    assert_eq!(store.read().unwrap().user_by_id(alice).unwrap(), before);
    assert_eq!(store.read().unwrap().password_hash(alice).unwrap(), Some(hash(99)));
}

fn lists_count_and_order(store: &Store, minimal: RoleId) {
    change(store, |writing| {
        writing.add_user(&new_user("carol", minimal))?;
        writing.add_user(&new_user("bob", minimal))
    });
    let reading = store.read().unwrap();
    let names = |query: &UserQuery| {
        let mut names = Vec::new();
        let visit = |row: &cxme_admin::store::user_list::UserRow<'_>| {
            names.push(row.username().to_owned());
            Ok::<_, StoreError>(())
        };
        reading.each_user(query, false, at(0), visit).unwrap();
        names
    };
    assert_eq!(names(&UserQuery::default()), ["Alice", "bob", "carol"], "by address, without case");
    assert_eq!(names(&UserQuery { reverse: true, limit: Some(2), ..UserQuery::default() }), ["carol", "bob"]);
    let without = Selection { no_password: true, ..Selection::default() };
    assert_eq!(reading.count_users(&without, at(0)).unwrap(), 2);
    assert_eq!(names(&UserQuery { selection: without, ..UserQuery::default() }), ["bob", "carol"]);
    let unknown = ["carol", "dave", "BOB@example.com"].map(UserReference::new);
    assert_eq!(reading.unknown_names(&unknown).unwrap(), [1]);
}

fn an_import_names_every_conflict_and_then_takes_all(store: &Store, minimal: RoleId) {
    let stage = |rows: &[Incoming<'_>]| {
        let mut staging = store.stage().unwrap();
        rows.iter().for_each(|row| staging.add(row).unwrap());
        staging.end().unwrap();
    };
    stage(&[
        incoming(2, "dave", "dave@example.com"),
        incoming(3, "DAVE", "other@example.com"),
        incoming(4, "erin", "Dave@example.com"),
        incoming(5, "BOB", "new@example.com"),
    ]);
    let row = |number| RowPlace { number, line: number + 1 };
    let found = |only_existing| {
        let mut conflicts = Vec::new();
        let reading = store.read().unwrap();
        reading.match_incoming().unwrap();
        reading.each_conflict(&[], only_existing, at(3), |row, conflict| conflicts.push((row, conflict))).unwrap();
        conflicts
    };
    let mut conflicts = Vec::new();
    let visit = |row, conflict| conflicts.push((row, conflict));
    store.read().unwrap().each_conflict(&[], false, at(3), visit).unwrap();
    let twice = [(row(2), Conflict::UsernameTwice(row(1))), (row(3), Conflict::EmailTwice(row(1)))];
    assert_eq!(conflicts, [twice[0], twice[1], (row(4), Conflict::UsernameTaken)]);
    let nobody = |number| (row(number), Conflict::NoUser { by_username: true });
    assert_eq!(found(true), [nobody(1), twice[0], nobody(2), twice[1], nobody(3)]);
    assert_eq!(found(false), twice);
    stage(&[
        Incoming { locked_until: Some(Given::Value(at(9))), ..incoming(2, "carol", "carol@example.com") },
        Incoming { must_change: Some(true), is_foreign: true, ..incoming(3, "bob", "BOB@example.com") },
        Incoming { sign_in: Some(SignIn::Saml), must_change: Some(true), ..incoming(4, "alice", "alice@example.com") },
        Incoming { is_foreign: true, ..incoming(5, "erin", "erin@elsewhere.example") },
    ]);
    let wanted = [Conflict::EndWithoutLock, Conflict::NothingToChange, Conflict::ForeignEmail];
    assert_eq!(found(false), [1, 3, 4].map(row).into_iter().zip(wanted).collect::<Vec<_>>());
    assert!(store.read().unwrap().has_conflict_with_a_user(false, at(3)).unwrap());
    stage(&[incoming(2, "dave", "dave@example.com"), incoming(3, "DAVE", "other@example.com")]);
    assert!(!store.read().unwrap().has_conflict_with_a_user(false, at(3)).unwrap());
    assert!(store.write().unwrap().import(minimal, at(3)).unwrap_err().is_conflict());
    stage(&[
        incoming(2, "dave", "dave@example.com"),
        incoming(3, "bob", "Bob@example.com"),
        incoming(4, "carol", "carol@example.com"),
    ]);
    let imported = change(store, |writing| {
        writing.match_incoming()?;
        writing.import(minimal, at(3))
    });
    assert_eq!(imported, Imported { added: 1, changed: 1, unchanged: 1 });
    let bob = store.read().unwrap().user(&UserReference::new("bob")).unwrap().unwrap();
    assert_eq!((bob.email.as_str(), bob.session_epoch), ("Bob@example.com", 0));
}

fn many_users_are_changed_at_once(store: &Store, minimal: RoleId) {
    let names = ["erin", "frank", "grace"];
    for name in names {
        change(store, |writing| writing.add_user(&new_user(name, minimal)));
    }
    let named = Selection { named: Some(names.map(UserReference::new).into()), ..Selection::default() };
    let lock = Lock { until: Some(at(60)), reason: None };
    let choose = |writing: &WriteTransaction<'_>| writing.choose_users(&named, at(1));
    let digest = store.read().unwrap();
    assert_eq!(digest.choose_users(&named, at(1)).unwrap(), 3);
    let all = digest.chosen_digest().unwrap();
    let (count, first) = digest.chosen_with_roles(&[minimal], 2).unwrap();
    assert_eq!((count, first[0].username.as_str(), first.len()), (3, "erin", 2));
    assert_eq!(digest.chosen_with_roles(&[], 2).unwrap().0, 0);
    let two =
        Selection { named: Some([UserReference::new("erin"), UserReference::new("frank")].into()), ..named.clone() };
    assert_eq!(digest.choose_users(&two, at(1)).unwrap(), 2);
    assert_ne!(digest.chosen_digest().unwrap(), all);
    drop(digest);
    let changed = |run: &dyn Fn(&WriteTransaction<'_>) -> Result<u64>| {
        change(store, |writing| {
            choose(writing)?;
            run(writing)
        })
    };
    assert_eq!(changed(&|writing| Ok(writing.lock_chosen(&lock, at(1))?.changed)), 3);
    assert_eq!(changed(&|writing| Ok(writing.lock_chosen(&lock, at(2))?.changed)), 0, "the same lock is left alone");
    assert_eq!(changed(&|writing| Ok(writing.lock_chosen(&lock, at(60))?.changed)), 3, "it had ended");
    assert_eq!(changed(&|writing| Ok(writing.unlock_chosen(at(61))?.unlocked)), 3);
    let event = store.read().unwrap().newest_event().unwrap().unwrap().number;
    assert_eq!(store.read().unwrap().count_user_changes(event).unwrap().1, 3, "each is found by its own changes");
    let edit = BulkEdit { sign_in: Some(SignIn::Saml), locale: Some(Some("de".to_owned())), ..BulkEdit::default() };
    assert_eq!(changed(&|writing| Ok(writing.edit_chosen(&edit, at(62))?.changed)), 3);
    assert_eq!(changed(&|writing| Ok(writing.edit_chosen(&edit, at(63))?.changed)), 0);
    let frank = store.read().unwrap().user(&UserReference::new("frank")).unwrap().unwrap();
    assert_eq!((frank.sign_in, frank.locale.as_deref(), frank.session_epoch), (SignIn::Saml, Some("de"), 3));
    assert_eq!(changed(&|writing| writing.delete_chosen()), 3);
    assert_eq!(store.read().unwrap().count_users(&named, at(64)).unwrap(), 0);
}

fn events_form_a_chain(store: &Store, alice: UserId) {
    let newest = |store: &Store| store.read().unwrap().newest_event().unwrap().unwrap();
    let before = newest(store).number;
    for number in 1..=3 {
        change(store, |writing| writing.append_event(&new_event(number, (number == 2).then_some(alice))));
    }
    let chain = ChainVerifier::new(Some(newest(store).hash));
    let verified = store.read().unwrap().follow_chain::<ChainOrStore>(chain, |_| ()).unwrap();
    assert_eq!(verified, ChainReport { events: before + 3, erased: 0 });
    let reading = store.read().unwrap();
    let numbers = |query: &EventQuery| {
        let mut numbers = Vec::new();
        let visit = |event: cxme_admin::domain::event::Event| {
            numbers.push(event.number - before);
            Ok::<_, StoreError>(())
        };
        reading.each_event(query, visit).unwrap();
        numbers
    };
    assert_eq!(numbers(&EventQuery { limit: Some(2), ..EventQuery::default() }), [3, 2], "newest first");
    assert_eq!(numbers(&EventQuery { user: Some(alice), ..EventQuery::default() })[0], 2);
    assert_eq!(numbers(&EventQuery { since: Some(BEGIN + 2), ..EventQuery::default() }), [3, 2]);
    let first = |query: EventQuery| numbers(&EventQuery { limit: Some(3), ..query });
    assert_eq!(first(EventQuery { until: Some(BEGIN + 2), ..EventQuery::default() })[..2], [2, 1]);
    assert_eq!(first(EventQuery { action: Some("users lock"), ..EventQuery::default() }), [3, 2, 1]);
    assert_eq!(first(EventQuery { action: Some("users"), ..EventQuery::default() }), [3, 2, 1]);
    assert_eq!(first(EventQuery { action: Some("users l"), ..EventQuery::default() }), [0; 0]);
    assert_eq!(reading.event(before + 2).unwrap().map(|event| event.number), Some(before + 2));
    assert_eq!(reading.event(before + 4).unwrap(), None);
}

/// What a check of the chain can end with.
#[derive(Debug)]
struct ChainOrStore;

impl From<StoreError> for ChainOrStore {
    fn from(_: StoreError) -> Self {
        Self
    }
}

impl From<ChainBreak> for ChainOrStore {
    fn from(_: ChainBreak) -> Self {
        Self
    }
}

fn each_change_of_a_user_is_kept_beside_its_event(store: &Store, minimal: RoleId) -> UserId {
    let id = change(store, |writing| writing.add_user(&new_user("frank", minimal)));
    let user = || store.read().unwrap().user_by_id(id).unwrap().unwrap();
    let lock = Lock { until: Some(at(100)), reason: Some("left".to_owned()) };
    let edited = User { name: "Frank".to_owned(), email: "f@example.com".parse().unwrap(), ..user() };
    let first = store.write().unwrap().next_event_number().unwrap();
    change(store, |writing| writing.update_user(&edited));
    change(store, |writing| writing.set_password(id, &new_password(1, false)));
    change(store, |writing| writing.set_password(id, &new_password(2, false)));
    change(store, |writing| writing.set_lock(id, Some(&lock), at(1)));
    change(store, |writing| {
        writing.set_lock(id, None, at(2))?;
        // SAML removes the password.
        writing.update_user(&User { sign_in: SignIn::Saml, ..edited.clone() })?;
        // Changed and changed back: nothing.
        writing.update_user(&User { name: "Eve".to_owned(), ..edited.clone() })?;
        writing.update_user(&edited)?;
        writing.note_user_change(id, "failed_logins", Some("5"), None)
    });
    let changes = |query: ChangeQuery| {
        let changes = store.read().unwrap().user_changes(&query).unwrap();
        let told = |change: &UserChange| {
            let value = |value: &Option<String>| value.clone().unwrap_or("-".to_owned());
            format!("{} {}: {} > {}", change.event - first, change.field, value(&change.old), value(&change.new))
        };
        (changes.iter().map(told).collect::<Vec<_>>(), changes.last().map(|change| change.id))
    };
    let all = ChangeQuery { user: Some(id), limit: 100, ..ChangeQuery::default() };
    let told = [
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
    assert_eq!(changes(all).0, told);
    let (page, last) = changes(ChangeQuery { limit: 3, ..all });
    assert_eq!(page, told[..3]);
    assert_eq!(changes(ChangeQuery { after: last.unwrap(), ..all }).0, told[3..]);
    assert_eq!(changes(ChangeQuery { event: Some(first + 2), ..all }).0, told[4..5]);
    assert_eq!(changes(ChangeQuery { event: Some(first + 1), user: None, ..all }).0, told[2..4]);
    assert_eq!(store.read().unwrap().count_user_changes(first + 4).unwrap(), (6, 1));
    // What no event tells of is not saved.
    let writing = store.write().unwrap();
    writing.update_user(&User { name: "Eve".to_owned(), ..edited.clone() }).unwrap();
    assert!(matches!(writing.append_event(&new_event(9, Some(id))), Err(StoreError::Unrecorded)));
    assert!(matches!(writing.commit(), Err(StoreError::Unrecorded)));
    assert_eq!(user().name, "Frank");
    id
}

fn the_values_of_a_deleted_user_are_erased_and_the_chain_is_whole(store: &Store, frank: UserId) {
    let before = store.read().unwrap().newest_event().unwrap().unwrap().number;
    change(store, |writing| writing.delete_user(frank));
    let reading = store.read().unwrap();
    let query = ChangeQuery { user: Some(frank), limit: 100, ..ChangeQuery::default() };
    let changes = reading.user_changes(&query).unwrap();
    let (left, erased): (Vec<_>, Vec<_>) = changes.iter().partition(|change| change.event > before);
    assert_eq!(erased.len(), 14);
    assert!(erased.iter().all(|change| change.is_erased && change.old.is_none() && change.new.is_none()));
    let told = left.iter().map(|change| (change.field.as_str(), change.old.is_some(), change.new.as_deref()));
    assert_eq!(told.collect::<Vec<_>>(), [("added_by_event", true, None), ("user", false, Some("deleted"))]);
    let verified = reading.follow_chain::<ChainOrStore>(ChainVerifier::new(None), |_| ()).unwrap();
    assert_eq!(verified, ChainReport { events: before + 1, erased: 14 });
    assert!(reading.is_in_audit(frank).unwrap());
    let mut numbers = Vec::new();
    let visit = |event: cxme_admin::domain::event::Event| {
        numbers.push(event.number);
        Ok::<_, StoreError>(())
    };
    reading.each_event(&EventQuery { user: Some(frank), ..EventQuery::default() }, visit).unwrap();
    let added: i64 = left[0].old.as_deref().unwrap().parse().unwrap();
    assert_eq!((numbers.first(), numbers.last()), (Some(&(before + 1)), Some(&added)));
}

fn a_deleted_user_leaves_his_events_and_his_number_free_for_nobody(store: &Store, alice: UserId, minimal: RoleId) {
    let last = change(store, |writing| writing.add_user(&new_user("last", minimal)));
    change(store, |writing| writing.delete_user(last));
    change(store, |writing| writing.delete_user(alice));
    let reading = store.read().unwrap();
    assert!(reading.user_by_id(alice).unwrap().is_none());
    assert!(reading.password_history(alice, 100).unwrap().is_empty());
    drop(reading);
    let next = change(store, |writing| writing.add_user(&new_user("Alice", minimal)));
    assert!(next.0 > last.0, "a number was given again");
    assert_eq!(store.read().unwrap().password_hash(next).unwrap(), None);
}

fn attempts_are_started_and_recorded_in_batches(store: &Store, minimal: RoleId) {
    let operator = new_event(0, None).account;
    let queue = |writing: &WriteTransaction<'_>, n: i64| {
        let new = new_user(&format!("mailed{n}"), minimal);
        let user = Some(writing.add_user(&new)?);
        let content = NewContent::Link { invitation: false, lifetime: Duration::from_secs(3_600), note: None };
        let message = NewMessage { content, user, address: &new.email, operator: &operator, created_at: at(n) };
        writing.queue_message(&message)
    };
    let ids = change(store, |writing| (0..5).map(|n| queue(writing, n)).collect::<Result<Vec<MessageId>>>());
    let batch = |fresh, place: &Cursor, seconds, most| {
        let found = store.read().unwrap().due_batch(fresh, place, at(seconds), most).unwrap();
        let due: Vec<Due> = found.into_iter().map(|found| found.unwrap()).collect();
        (due.iter().map(|due| due.id).collect::<Vec<MessageId>>(), due)
    };
    let waiting = |ids: &[MessageId]| {
        let due = store.read().unwrap().waiting_batch(ids.iter().copied()).unwrap();
        due.into_iter().map(|due| due.unwrap().id).collect::<Vec<MessageId>>()
    };

    let untried = |ids: &[MessageId]| store.read().unwrap().still_untried(ids.iter().copied()).unwrap();

    // The oldest first, no more than asked for, and none twice.
    let mut place = Cursor::of(None);
    let (first, due) = batch(true, &place, 10, 2);
    assert_eq!(first, ids[..2]);
    due.iter().for_each(|due| place.pass(due));
    assert_eq!(batch(true, &place, 10, 10).0, ids[2..]);
    assert_eq!(batch(false, &Cursor::of(None), 10, 10).0, []);
    assert_eq!(waiting(&[ids[4], MessageId(i64::MAX), ids[0]]), [ids[4], ids[0]]);

    let hash = |n: u8| ResetCodeHash([n; 32]);
    let start = |n: u8| AttemptStart {
        id: ids[usize::from(n)],
        nonce: [n; NONCE],
        message_id: format!("{n}@example.com"),
        code_hash: Some(hash(n)),
    };
    let begun = |writing: &WriteTransaction<'_>| {
        writing.note_time(at(10))?;
        writing.start_attempts(&[start(0), start(1), start(2)], 7, at(10))
    };
    begun(&store.write().unwrap()).unwrap();
    assert_eq!(waiting(&ids), ids, "a transaction that is dropped starts nothing");
    assert_eq!(untried(&ids), ids);
    change(store, begun);
    assert_eq!(waiting(&ids), ids[3..]);
    assert_eq!(untried(&ids), ids[3..]);
    let reading = store.read().unwrap();
    assert!(reading.senders_in_flight().unwrap().into_iter().eq([7]));
    assert_eq!(reading.link_by_code(&hash(1)).unwrap().unwrap().message, ids[1]);
    drop(reading);

    let tried = |state, due_at| AttemptResult::Tried { state, reply: "250 ok".to_owned(), due_at };
    let released = AttemptResult::Released { reply: "gone".to_owned(), due_at: at(30), given_back: false };
    let results = [
        (ids[0], tried(MessageState::Accepted, None)),
        (ids[1], tried(MessageState::Deferred, Some(at(60)))),
        (ids[2], released),
        // It was not started.
        (ids[4], tried(MessageState::Accepted, None)),
    ];
    change(store, |writing| writing.record_attempts(&results, at(20)));
    let reading = store.read().unwrap();
    let seen = |id: MessageId| {
        let message = reading.message(id).unwrap().unwrap();
        (message.state, message.attempts, message.reply)
    };
    let reply = |reply: &str| Some(reply.to_owned());
    assert_eq!(seen(ids[0]), (MessageState::Accepted, 1, reply("250 ok")));
    assert_eq!(seen(ids[1]), (MessageState::Deferred, 1, reply("250 ok")));
    assert_eq!(seen(ids[2]), (MessageState::Queued, 0, reply("gone")));
    assert_eq!(seen(ids[4]), (MessageState::Queued, 0, None));
    assert!(reading.senders_in_flight().unwrap().is_empty());
    drop(reading);
    assert_eq!(
        batch(true, &place, 20, 10).0,
        [ids[3], ids[4], ids[2]],
        "what was released is due again behind the others"
    );
    assert_eq!(batch(false, &place, 59, 10).0, []);
    assert_eq!(batch(false, &place, 60, 10).0, [ids[1]]);
    assert_eq!(untried(&ids), ids[3..], "what was released waits as before, and was tried");
}

fn changes_of_others_are_told_from_its_own(store: &Store, path: &Path) {
    let other = open(path).unwrap();
    let seen = || store.write().unwrap().changes_of_others().unwrap();
    let note_time = |store: &Store, seconds| change(store, |writing| writing.note_time(at(seconds)));
    let before = seen();
    note_time(store, 1_000);
    drop(other.write().unwrap());
    assert_eq!(seen(), before);
    note_time(&other, 1_001);
    let after = seen();
    assert_ne!(after, before);
    note_time(store, 1_002);
    assert_eq!(seen(), after);
}
