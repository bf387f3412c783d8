//! An address has several forms and is one address, wherever the program compares.

use cxme_admin::domain::email_address;
use cxme_admin::domain::email_address::EmailAddress;
use cxme_admin::domain::fold;
use cxme_admin::domain::management::ProtectedUsers;
use cxme_admin::domain::organization::Organization;
use cxme_admin::domain::role::RoleId;
use cxme_admin::domain::search::SearchText;
use cxme_admin::domain::selection::Selection;
use cxme_admin::domain::selection::UserQuery;
use cxme_admin::domain::user::SignIn;
use cxme_admin::domain::user::UserReference;
use cxme_admin::private_file::Rule;
use cxme_admin::store::Store;
use cxme_admin::store::StoreError;
use cxme_admin::store::import::Conflict;
use cxme_admin::store::import::Imported;
use cxme_admin::store::import::Incoming;
use cxme_admin::store::open::ExpectedVersion;
use cxme_admin::store::users::NewUser;
use jiff::Timestamp;
use proptest::prelude::*;
use rusqlite::Connection;
use unicode_normalization::UnicodeNormalization as _;

use crate::conformance::change;
use crate::world::is_long;

/// Domains in the letters of their language, and as DNS has them.
const DOMAINS: [(&str, &str); 6] = [
    ("example.com", "example.com"),
    ("bücher.example", "xn--bcher-kva.example"),
    ("straße.example", "xn--strae-oqa.example"),
    ("παράδειγμα.δοκιμή", "xn--hxajbheg2az3al.xn--jxalpdlp"),
    ("例子.广告", "xn--fsqu00a.xn--4rr70v"),
    ("हिन्दी.भारत", "xn--j2bd4cyah0f.xn--h2brj9c"),
];

/// What comes before the @.
const LOCALS: [&str; 4] = ["anna", "o'brien+x", "jörg", "владимир"];

/// One form of an address: in capitals or not, in either normal form, with either domain.
fn form(local: usize, domain: usize) -> impl Strategy<Value = String> {
    (any::<[bool; 5]>()).prop_map(move |[upper_local, upper_domain, decomposed_local, decomposed_domain, is_dns]| {
        let (unicode, dns) = DOMAINS[domain];
        let write = |text: &str, is_upper: bool, is_decomposed: bool| {
            // The capital of ß is SS, which is another domain.
            let text = if is_upper && !text.contains('ß') { text.to_uppercase() } else { text.to_owned() };
            if is_decomposed { text.nfd().collect() } else { text }
        };
        let domain = write(if is_dns { dns } else { unicode }, upper_domain, decomposed_domain);
        format!("{}@{domain}", write(LOCALS[local], upper_local, decomposed_local))
    })
}

/// Two forms of one address.
fn pair() -> impl Strategy<Value = (String, String)> {
    (0..LOCALS.len(), 0..DOMAINS.len()).prop_flat_map(|(local, domain)| (form(local, domain), form(local, domain)))
}

fn address(text: &str) -> EmailAddress {
    text.parse().unwrap_or_else(|fault| panic!("{text}: {fault}"))
}

fn new_user(username: &str, email: &str) -> NewUser {
    NewUser {
        username: username.parse().unwrap(),
        email: address(email),
        name: String::new(),
        role: RoleId::MINIMAL,
        sign_in: SignIn::Password,
        locale: None,
        created_at: Timestamp::UNIX_EPOCH,
    }
}

fn incoming<'a>(number: u64, username: &'a str, email: &'a str) -> Incoming<'a> {
    Incoming {
        number,
        line: number + 1,
        username,
        username_given: false,
        email: Some(email),
        name: Some("Imported"),
        role: None,
        sign_in: None,
        sign_in_by_domain: SignIn::Saml,
        is_foreign: false,
        locale: None,
        locked: None,
        locked_until: None,
        must_change: None,
        password_hash: None,
    }
}

fn stage(store: &Store, rows: &[Incoming<'_>]) {
    let mut staging = store.stage().unwrap();
    rows.iter().for_each(|row| staging.add(row).unwrap());
    staging.end().unwrap();
}

/// A new store, and a way into its file beside the program.
fn new_store() -> (tempfile::TempDir, Store, Connection) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    Store::create(&path, 0o600, |store| store.add_built_in_roles()).unwrap();
    let store = Store::open(&path, &Rule::store(false), ExpectedVersion::Current).unwrap();
    let sql = Connection::open(&path).unwrap();
    sql.execute_batch("PRAGMA synchronous = OFF").unwrap();
    (directory, store, sql)
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: if is_long() { 2_000 } else { 64 }, failure_persistence: None, ..ProptestConfig::default() }
}

/// The users that a selection means.
fn selected(store: &Store, selection: Selection) -> Vec<String> {
    let query = UserQuery { selection, ..UserQuery::default() };
    let mut found = Vec::new();
    let reading = store.read().unwrap();
    reading
        .each_user::<StoreError>(&query, false, Timestamp::UNIX_EPOCH, |row| {
            found.push(row.email().to_owned());
            Ok(())
        })
        .unwrap();
    found
}

#[test]
fn the_rules_of_the_organization_do_not_see_which_form_is_given() {
    proptest!(config(), |((one, other) in pair())| {
        prop_assert_eq!(email_address::canonical(&one), email_address::canonical(&other));
        let (one, other) = (address(&one), address(&other));
        prop_assert!(one.is_same(&other));
        let organization = Organization {
            email_domains: vec![other.domain().to_owned()],
            saml_domains: vec![other.domain().to_owned()],
            ..Organization::default()
        };
        prop_assert!(organization.takes(&one));
        prop_assert_eq!(organization.sign_in_of(&one), SignIn::Saml);
        let for_mail = one.for_mail().into_owned();
        prop_assert!(for_mail.is_same(&one));
        prop_assert_eq!(for_mail.as_str().is_ascii(), one.local_part().is_ascii());
    });
}

#[test]
fn a_user_is_found_by_every_form_and_nobody_else_gets_another_one() {
    let (_directory, store, sql) = new_store();
    proptest!(config(), |((one, other) in pair())| {
        sql.execute_batch("DELETE FROM users").unwrap();
        let id = change(&store, |writing| writing.add_user(&new_user("first", &one)));
        change(&store, |writing| writing.add_user(&new_user("second", "second@example.org")));
        let writing = store.write().unwrap();
        prop_assert!(writing.is_email_taken(&address(&other), None).unwrap());
        prop_assert!(!writing.is_email_taken(&address(&other), Some(id)).unwrap());
        prop_assert!(writing.add_user(&new_user("third", &other)).unwrap_err().is_conflict());
        drop(writing);

        let reference = UserReference::new(&other);
        let reading = store.read().unwrap();
        prop_assert_eq!(reading.user(&reference).unwrap().map(|user| user.id), Some(id));
        prop_assert_eq!(reading.unknown_names(std::slice::from_ref(&reference)).unwrap(), [0_usize; 0]);
        let mut second = reading.user(&UserReference::new("second")).unwrap().unwrap();
        drop(reading);
        second.email = address(&other);
        prop_assert!(store.write().unwrap().update_user(&second).unwrap_err().is_conflict());

        let only = vec![one.clone()];
        let named = Selection { named: Some([reference].into()), ..Selection::default() };
        prop_assert_eq!(selected(&store, named), &*only);
        let domain = other.split_once('@').unwrap().1.to_owned();
        let in_domain = Selection { email_domain: Some(domain.clone()), ..Selection::default() };
        prop_assert_eq!(selected(&store, in_domain), &*only);
        for part in [other.as_str(), &domain] {
            let search = Selection { search: Some(SearchText::new(part).unwrap()), ..Selection::default() };
            prop_assert_eq!(selected(&store, search), &*only, "{}", part);
        }
        prop_assert_eq!(store.read().unwrap().row_faults(false).unwrap().faults, [""; 0]);
    });
}

#[test]
fn an_import_takes_every_form_for_the_same_user() {
    let (_directory, store, sql) = new_store();
    proptest!(config(), |((one, other) in pair())| {
        sql.execute_batch("DELETE FROM users").unwrap();
        let conflicts = |matched: bool| {
            let reading = store.read().unwrap();
            if matched {
                reading.match_incoming().unwrap();
            }
            let mut found = Vec::new();
            reading.each_conflict(&ProtectedUsers::default(), false, Timestamp::UNIX_EPOCH, |row, conflict| found.push((row.number, conflict))).unwrap();
            found
        };
        stage(&store, &[incoming(1, "first", &one), incoming(2, "second", &other)]);
        let twice = conflicts(false);
        prop_assert!(matches!(twice[..], [(2, Conflict::EmailTwice(earlier))] if earlier.number == 1), "{:?}", twice);

        let id = change(&store, |writing| writing.add_user(&new_user("first", &one)));
        stage(&store, &[incoming(1, "second", &other)]);
        prop_assert_eq!(conflicts(false), [(1, Conflict::EmailTaken)]);
        prop_assert_eq!(conflicts(true), []);
        let imported = change(&store, |writing| {
            writing.match_incoming()?;
            writing.import(RoleId::MINIMAL, Timestamp::UNIX_EPOCH)
        });
        prop_assert_eq!(imported, Imported { changed: 1, ..Imported::default() });
        let user = store.read().unwrap().user_by_id(id).unwrap().unwrap();
        // It is no other domain, and so says nothing new of how the user signs in.
        prop_assert_eq!((user.email.as_str(), user.sign_in), (other.as_str(), SignIn::Password));
        prop_assert_eq!(store.read().unwrap().row_faults(false).unwrap().faults, [""; 0]);
    });
}

#[test]
fn two_users_to_whom_another_program_gave_one_address_are_found_by_the_exact_one() {
    let (_directory, store, sql) = new_store();
    let insert = |username: &str, email: &str, key: Option<&str>| {
        let statement = "INSERT INTO users (username, email, email_key, name, role_id, sign_in, created_at, updated_at) \
                         VALUES (?1, ?2, ?3, '', 2, 'password', 0, 0)";
        sql.execute(statement, (username, email, key))
    };
    insert("wide", "b@ｅxample.com", Some("b@example.com")).unwrap();
    insert("plain", "b@example.com", None).unwrap();
    // No other program can give one to two users whose addresses have letters outside ASCII.
    insert("unicode", "a@bücher.example", Some("a@xn--bcher-kva.example")).unwrap();
    insert("capitals", "a@BÜCHER.example", Some("a@xn--bcher-kva.example")).unwrap_err();
    let found = |given: &str| {
        let user = store.read().unwrap().user(&UserReference::new(given)).unwrap();
        user.map(|user| user.username.as_str().to_owned())
    };
    for (given, username) in [
        ("B@Example.com", Some("plain")),
        ("b@ｅxample.com", Some("wide")),
        ("b@example.ｃom", None),
        ("a@BU\u{308}CHER.example", Some("unicode")),
    ] {
        assert_eq!(found(given).as_deref(), username, "{given}");
    }
    let reading = store.read().unwrap();
    assert_eq!(
        reading.colliding_addresses().unwrap(),
        [
            "wide (b@ｅxample.com) and plain (b@example.com) have the same address: change one with `users edit USERNAME --email ADDRESS`"
        ]
    );
    assert!(reading.is_email_taken(&address("b@example.com"), None).unwrap());
    assert_eq!(reading.row_faults(false).unwrap().faults, [""; 0]);
    let mut user = reading.user(&UserReference::new("wide")).unwrap().unwrap();
    drop(reading);

    // With one of them gone, every form names the other again.
    user.email = address("c@example.com");
    change(&store, |writing| writing.update_user(&user));
    assert_eq!(found("b@example.ｃom").as_deref(), Some("plain"));
    assert_eq!(store.read().unwrap().colliding_addresses().unwrap(), [""; 0]);
}

#[test]
fn a_form_that_was_edited_by_hand_is_found() {
    let (_directory, store, sql) = new_store();
    change(&store, |writing| writing.add_user(&new_user("idn", "a@bücher.example")));
    change(&store, |writing| writing.add_user(&new_user("plain", "plain@example.com")));
    sql.execute_batch("UPDATE users SET email_key = 'admin@example.com'").unwrap_err();
    sql.execute_batch("UPDATE users SET email_key = username || '@example.com'").unwrap();
    let fault = |row: u8| format!("users: row {row}: email_key: is not the canonical form of the address");
    assert_eq!(store.read().unwrap().row_faults(false).unwrap().faults, [fault(1), fault(2)]);
}

/// Adds a user for each name.
fn add_named<Name: AsRef<str>>(store: &Store, names: &[Name]) {
    change(store, |writing| {
        for (number, name) in names.iter().enumerate() {
            let name = name.as_ref().to_owned();
            let user = NewUser { name, ..new_user(&format!("user{number}"), &format!("user{number}@example.com")) };
            writing.add_user(&user)?;
        }
        Ok(())
    });
}

/// The numbers of the users of [`add_named`] whom a search finds.
fn found_by(store: &Store, search: &str) -> Vec<usize> {
    let selection = Selection { search: Some(SearchText::new(search).unwrap()), ..Selection::default() };
    let count = store.read().unwrap().count_users(&selection, Timestamp::UNIX_EPOCH).unwrap();
    let found = selected(store, selection);
    assert_eq!(count, found.len() as u64);
    let number = |email: &String| email.trim_start_matches("user").split('@').next().unwrap().parse().unwrap();
    found.iter().map(number).collect()
}

/// What a search finds is what the rule says, whatever letters there are: nobody is missed.
#[test]
fn a_search_finds_whom_it_is_to_find() {
    let (_directory, store, sql) = new_store();
    let names = [
        "Hans Ärmel",
        "Hans A\u{308}rmel",
        "Am Straßentor",
        "AM STRASSENTOR",
        "Иван Иванов",
        "ΟΔΥΣΣΕΥΣ",
        "İpek Işık",
        "علی\u{200c}رضا",
        "100% _sure_",
        "\u{200b}Anna",
    ];
    add_named(&store, &names);
    let found = |search: &str| found_by(&store, search);
    for (search, expected) in [
        ("ärmel", &[0, 1][..]),
        ("A\u{308}RMEL", &[0, 1]),
        ("STRASSE", &[2, 3]),
        ("straße", &[2, 3]),
        ("иван", &[4]),
        ("ὀδυσσευς", &[]),
        ("οδυσσευς", &[5]),
        ("IŞIK", &[6]),
        ("ipek", &[6]),
        ("علیرضا", &[7]),
        ("%", &[8]),
        ("_", &[8]),
        ("anna", &[9]),
        ("USER7@", &[7]),
        ("absent", &[]),
    ] {
        assert_eq!(found(search), expected, "{search}");
    }
    // What is not UTF-8 (somebody edited the file) hides nobody.
    sql.execute_batch("UPDATE users SET name = CAST(x'ff416e6e61' AS TEXT) WHERE username = 'user9'").unwrap();
    assert_eq!(found("anna"), [9]);
}

/// Names that look alike are found together, however they are written: a bulk mail must not reach only one of them.
#[test]
fn names_that_look_alike_are_found_together() {
    let (_directory, store, _sql) = new_store();
    let names = [
        "Jo\u{308}rg",
        "Jörg",
        "Joe",
        "Sean O’Neil",
        "Sean O'Neil",
        "Sean O\u{2bc}Neil",
        "Jean-Luc",
        "Jean\u{2010}Luc",
        "Jean\u{2011}Luc",
        "Anna Maria",
        "Anna  Maria",
        "Anna\u{a0}Maria",
        "Maria Anna",
        "Änna\tMaria",
        "Sean O`Neil",
    ];
    add_named(&store, &names);
    for (search, expected) in [
        ("jo", &[2][..]),
        ("rg", &[0, 1]),
        ("JÖ", &[0, 1]),
        ("o'neil", &[3, 4, 5, 14]),
        ("o’neil", &[3, 4, 5, 14]),
        ("jean-luc", &[6, 7, 8]),
        ("jean–luc", &[6, 7, 8]),
        ("anna maria", &[9, 10, 11]),
        ("anna \u{a0} maria", &[9, 10, 11]),
        ("a maria", &[9, 10, 11, 13]),
        ("_ %", &[]),
    ] {
        let mut found = found_by(&store, search);
        found.sort_unstable();
        assert_eq!(found, expected, "{search}");
    }
}

#[test]
fn every_form_of_a_name_is_found_by_the_same_searches() {
    let (_directory, store, sql) = new_store();
    // None of the letters searched for is in the usernames and addresses.
    let text = "([bghBGH]|[äÄéİıſŉßά]|[\u{300}\u{308}\u{327}]|[ '-]){1,6}";
    proptest!(config(), |(text in text, search in "[bghäé' -]{0,2}[bghäé\u{308}'-]")| {
        let decomposed: String = text.nfd().collect();
        let names = [
            text.nfc().collect(),
            decomposed.to_uppercase(),
            decomposed.to_lowercase(),
            text.replace('\'', "’").replace('-', "\u{2011}").replace(' ', "\u{a0} "),
            decomposed,
            text,
        ];
        sql.execute_batch("DELETE FROM users").unwrap();
        add_named(&store, &names);
        let expected = if fold::search(&names[0]).contains(SearchText::new(&search).unwrap().folded()) { 6 } else { 0 };
        prop_assert_eq!(found_by(&store, &search).len(), expected, "{:?}", names);
    });
}
