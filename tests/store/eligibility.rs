//! Who is locked, and who may get a link: the rules are in `domain`, and each copy of them in SQL says the same of whatever
//! users there are.

use std::cell::Cell;
use std::collections::BTreeMap;
use strum::EnumCount as _;
use strum::VariantArray as _;

use cxme_admin::domain::eligibility;
use cxme_admin::domain::eligibility::Candidate;
use cxme_admin::domain::email_address;
use cxme_admin::domain::email_domain;
use cxme_admin::domain::management::ManagedUser;
use cxme_admin::domain::management::ManagementError;
use cxme_admin::domain::management::ProtectedUsers;
use cxme_admin::domain::operator::Account;
use cxme_admin::domain::operator::Authority;
use cxme_admin::domain::operator_limits::OperatorLimits;
use cxme_admin::domain::organization::Organization;
use cxme_admin::domain::role::Permission;
use cxme_admin::domain::role::Permissions;
use cxme_admin::domain::role::RoleId;
use cxme_admin::domain::selection::Selection;
use cxme_admin::domain::selection::UserQuery;
use cxme_admin::domain::user::SignIn;
use cxme_admin::domain::user::Status;
use cxme_admin::domain::user::User;
use cxme_admin::domain::user::UserId;
use cxme_admin::domain::user::lock_is_in_force;
use cxme_admin::domain::user_change::SaltSeed;
use cxme_admin::private_file::Rule;
use cxme_admin::store::ReadTransaction;
use cxme_admin::store::Store;
use cxme_admin::store::StoreError;
use cxme_admin::store::import::Conflict;
use cxme_admin::store::import::Incoming;
use cxme_admin::store::job_creation::AudiencePart;
use cxme_admin::store::job_creation::NewJob;
use cxme_admin::store::job_creation::Recipients;
use cxme_admin::store::jobs::JobSendOptions;
use cxme_admin::store::messages::Message;
use cxme_admin::store::messages::NewContent;
use cxme_admin::store::messages::NewMessage;
use cxme_admin::store::open::ExpectedVersion;
use jiff::Timestamp;
use proptest::prelude::*;
use rusqlite::Connection;
use rusqlite::params;

use crate::conformance::new_event;
use crate::world::is_long;

/// A user as the file may hold one: also in ways that the program itself would not write.
#[derive(Debug, Clone)]
struct Generated {
    role: i64,
    is_saml: bool,
    has_password: bool,
    locked_at: Option<i64>,
    /// From now, in seconds.
    locked_until: Option<i64>,
    domain: &'static str,
    /// When the password was set, and when it ends; both from now, in seconds.
    set_at: i64,
    expires_at: Option<i64>,
    must_change: bool,
    /// The period of the clock in which it was set.
    period: Option<i64>,
    /// Before now, in seconds, and the words of the remote server.
    bounce: Option<(i64, &'static str)>,
}

/// What each role of one's own allows, in the order of their numbers from 3 on.
type Roles = Vec<Vec<Permission>>;

const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn permissions() -> impl Strategy<Value = Vec<Permission>> {
    proptest::sample::subsequence(Permission::VARIANTS.to_vec(), 0..Permission::COUNT)
}

fn user() -> impl Strategy<Value = Generated> {
    let moments =
        || prop_oneof![Just(None), (-3_i64..=3).prop_map(Some), any::<i32>().prop_map(|far| Some(far.into()))];
    let domains = prop_oneof![
        Just("example.com"),
        Just("EXAMPLE.com"),
        Just("sub.example.com"),
        Just("example.net"),
        Just("bücher.example"),
        Just("XN--BCHER-KVA.example")
    ];
    let replies = prop_oneof![Just("550 5.1.1 unknown"), Just("5.1.2"), Just("no such user"), Just("")];
    let bounces = prop_oneof![Just(None), (-90_000_i64..900_000, replies).prop_map(Some)];
    let ends = prop_oneof![Just(None), (-5_000_i64..5_000).prop_map(Some)];
    let password = (-200_000_i64..0, ends, any::<bool>(), proptest::option::of(1_i64..6));
    (1_i64..6, any::<bool>(), any::<bool>(), moments(), moments(), domains, (password, bounces)).prop_map(
        |(role, is_saml, has_password, locked_at, locked_until, domain, (password, bounce))| {
            let has_password = has_password && !is_saml;
            let (set_at, expires_at, must_change, period) = password;
            Generated {
                role,
                is_saml,
                has_password,
                locked_until: locked_until.filter(|_| locked_at.is_some()),
                locked_at,
                domain,
                set_at,
                expires_at: expires_at.filter(|_| has_password && must_change),
                must_change: must_change && has_password,
                period,
                bounce,
            }
        },
    )
}

/// A store, and a way into its file beside the program.
struct Scene {
    _folder: tempfile::TempDir,
    store: Store,
    sql: Connection,
}

impl Scene {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store.db");
        Store::create(&path, 0o600, |store| store.add_built_in_roles()).unwrap();
        let store = Store::open(&path, &Rule::store(false), ExpectedVersion::Current).unwrap();
        let sql = Connection::open(&path).unwrap();
        sql.execute_batch("PRAGMA synchronous = OFF").unwrap();
        Self { _folder: directory, store, sql }
    }

    /// Puts these users and roles in the place of those that are there.
    fn fill(&self, roles: &Roles, users: &[Generated], now: i64) {
        self.sql
            .execute_batch(
                "BEGIN; DELETE FROM messages; DELETE FROM jobs; DELETE FROM users; DELETE FROM roles WHERE id > 2",
            )
            .unwrap();
        for (place, permissions) in roles.iter().enumerate() {
            let id = i64::try_from(place).unwrap() + 3;
            self.sql.execute("INSERT INTO roles (id, name, built_in) VALUES (?1, 'role ' || ?1, 0)", [id]).unwrap();
            for permission in permissions {
                self.sql
                    .execute("INSERT INTO role_permissions VALUES (?1, ?2)", params![id, permission.word()])
                    .unwrap();
            }
        }
        for (place, user) in users.iter().enumerate() {
            let set_at = user.has_password.then_some(now + user.set_at);
            self.sql
                .execute(
                    "INSERT INTO users (id, username, email, name, role_id, sign_in, locked_at, locked_until, created_at, \
                     updated_at, password_set_at, password_hash, email_key, must_change_password, password_expires_at, password_period, \
                     bounced_at, bounce_reply) VALUES (?1, 'user' || ?1, 'user' || ?1 || '@' || ?2, '', ?3, \
                     ?4, ?5, ?6, 1, 1, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
                    params![
                        i64::try_from(place).unwrap() + 1,
                        user.domain,
                        user.role,
                        if user.is_saml { "saml" } else { "password" },
                        user.locked_at.map(|at| now + at),
                        user.locked_until.map(|until| now + until),
                        set_at,
                        set_at.map(|_| HASH),
                        email_address::key(&format!("user{}@{}", place + 1, user.domain)),
                        user.must_change,
                        user.expires_at.map(|end| now + end),
                        user.period,
                        user.bounce.map(|(ago, _)| now - ago),
                        user.bounce.map(|(_, reply)| reply),
                    ],
                )
                .unwrap();
        }
        self.sql.execute_batch("COMMIT").unwrap();
    }

    fn user(&self, place: usize) -> User {
        self.store.read().unwrap().user_by_id(UserId(i64::try_from(place).unwrap() + 1)).unwrap().unwrap()
    }

    /// The users that a selection means, by number.
    fn selected(&self, status: Status, now: Timestamp) -> Vec<i64> {
        let query =
            UserQuery { selection: Selection { status: Some(status), ..Selection::default() }, ..UserQuery::default() };
        let mut found = Vec::new();
        let reading = self.store.read().unwrap();
        reading
            .each_user::<StoreError>(&query, false, now, |row| {
                assert_eq!(row.status(now), status, "{}", row.username());
                found.push(row.id());
                Ok(())
            })
            .unwrap();
        assert_eq!(reading.count_users(&query.selection, now).unwrap(), found.len() as u64);
        found.sort_unstable();
        found
    }

    fn column<T: rusqlite::types::FromSql>(&self, sql: &str) -> Vec<T> {
        let mut statement = self.sql.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases: if is_long() { cases * 20 } else { cases },
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

#[test]
fn every_copy_of_who_is_locked_says_what_the_rule_says() {
    let scene = Scene::new();
    let now = 1_800_000_000;
    proptest!(config(24), |(users in proptest::collection::vec(user(), 1..20))| {
        scene.fill(&vec![Vec::new(); 3], &users, now);
        let is_locked = |user: &Generated| {
            user.locked_at.is_some() && lock_is_in_force(user.locked_until.map(|until| at(now + until)), at(now))
        };
        let numbers = |locked: bool| -> Vec<i64> {
            (1..).zip(&users).filter(|(_, user)| is_locked(user) == locked).map(|(number, _)| number).collect()
        };
        prop_assert_eq!(scene.selected(Status::Locked, at(now)), numbers(true));
        prop_assert_eq!(scene.selected(Status::Active, at(now)), numbers(false));
        for (place, user) in users.iter().enumerate() {
            prop_assert_eq!(scene.user(place).is_locked(at(now)), is_locked(user));
        }
        // An import that says "locked" changes nothing where a lock is in force, and makes one elsewhere.
        let before: Vec<Option<i64>> = scene.column("SELECT locked_at FROM users ORDER BY id");
        let mut staging = scene.store.stage().unwrap();
        for number in 1..=users.len() {
            let username = format!("user{number}");
            staging.add(&Incoming {
                number: number as u64,
                line: number as u64,
                username: &username,
                username_given: true,
                email: None,
                name: None,
                role: None,
                sign_in: None,
                sign_in_by_domain: SignIn::Password,
                is_foreign: false,
                locale: None,
                locked: Some(true),
                locked_until: None,
                must_change: None,
                password_hash: None,
            }).unwrap();
        }
        staging.end().unwrap();
        let writing = scene.store.write().unwrap();
        writing.match_incoming().unwrap();
        writing.import(RoleId::MINIMAL, at(now)).unwrap();
        writing.append_event_of_change(&new_event(0, None), &SaltSeed::new([0; 32])).unwrap();
        writing.commit().unwrap();
        let after: Vec<Option<i64>> = scene.column("SELECT locked_at FROM users ORDER BY id");
        for ((user, before), after) in users.iter().zip(before).zip(after) {
            prop_assert_eq!(after, if is_locked(user) { before } else { Some(now) });
        }
    });
}

/// The view asks SQLite for the time, so the users' locks and passwords end some time before or after the present. The clock was set
/// back several times, and roles have greatest ages.
#[test]
fn the_login_view_has_exactly_those_who_may_log_in() {
    let scene = Scene::new();
    let now = scene.column::<i64>("SELECT CAST(strftime('%s', 'now') AS INTEGER)")[0];
    let far = |user: Generated| Generated {
        locked_until: user.locked_until.map(|until| if until > 0 { until + 3_600 } else { until - 1 }),
        expires_at: user.expires_at.map(|end| if end > 0 { end + 3_600 } else { end - 1 }),
        ..user
    };
    // No age ends within the seconds that the test takes.
    let ages = proptest::collection::btree_map(0_i64..6, (1_i64..20).prop_map(|hours| hours * 10_000 + 4_321), 0..4);
    let seen = proptest::collection::vec(-400_000_i64..400_000, 0..4);
    let users = proptest::collection::vec(user().prop_map(far), 1..20);
    proptest!(config(24), |(users in users, ages in ages, seen in seen)| {
        let users: Vec<Generated> =
            users.into_iter().map(|user| Generated { set_at: user.set_at / 10_000 * 10_000, ..user }).collect();
        scene.fill(&vec![Vec::new(); 3], &users, now);
        scene.sql.execute_batch("DELETE FROM clock_periods; DELETE FROM password_max_ages").unwrap();
        for (number, latest) in seen.iter().enumerate() {
            let number = i64::try_from(number * 2 + 1).unwrap();
            scene.sql.execute("INSERT INTO clock_periods VALUES (?1, ?2)", [number, now + latest / 10_000 * 10_000]).unwrap();
        }
        for (role, seconds) in &ages {
            scene.sql.execute("INSERT INTO password_max_ages VALUES (?1, ?2)", [role, seconds]).unwrap();
        }
        let times = scene.store.read().unwrap().password_times().unwrap();
        let expected: Vec<(String, bool)> = (0..users.len())
            .map(|place| scene.user(place))
            .filter(|user| user.may_log_in(at(now), &times))
            .map(|user| (user.username.as_str().to_owned(), user.must_change(at(now), &times)))
            .collect();
        let sql = "SELECT username, must_change_password FROM login ORDER BY CAST(substr(username, 5) AS INTEGER)";
        let mut statement = scene.sql.prepare(sql).unwrap();
        let found = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        prop_assert_eq!(found.map(Result::unwrap).collect::<Vec<(String, bool)>>(), expected);
    });
}

#[test]
fn a_job_skips_exactly_those_who_may_get_no_link_and_for_the_same_reason() {
    let scene = Scene::new();
    let now = at(1_800_000_000);
    let organizations = prop_oneof![
        Just(vec![]),
        Just(vec!["Example.com"]),
        Just(vec!["example.net", "sub.example.com"]),
        Just(vec!["xn--bcher-kva.example"]),
        Just(vec!["BÜCHER.example"])
    ];
    let roles = proptest::collection::vec(permissions(), 3);
    proptest!(config(24), |(users in proptest::collection::vec(user(), 1..20), roles in roles, own in authority(),
                            domains in organizations, includes_bounced in any::<bool>())| {
        scene.fill(&roles, &users, now.as_second());
        let organization = Organization {
            email_domains: domains.iter().map(|domain| (*domain).to_owned()).collect(),
            ..Organization::default()
        };
        let found: Vec<User> = (0..users.len()).map(|place| scene.user(place)).collect();
        let reading = scene.store.read().unwrap();
        let protected = own.protected_users(reading.roles().unwrap().iter().map(|role| (role.id, role.permissions)));
        let reason = |user: &User| {
            let candidate = Candidate {
                user: managed(&reading, user),
                sign_in: user.sign_in,
                is_locked: user.is_locked(now),
                bounce: user.bounce.as_ref().filter(|_| !includes_bounced),
            };
            let why = eligibility::check(&candidate, &own, &organization).err();
            why.map(|why| why.words(&candidate, now).into_owned())
        };
        let expected: Vec<Option<String>> = found.iter().map(reason).collect();
        drop(reading);

        let selection = Selection::default();
        let recipients = Recipients {
            whom: AudiencePart::Selected(&selection),
            protected: &protected,
            email_domains: &organization.email_domains,
            sent_since: None,
            ends_passwords: false,
            includes_bounced,
            now,
        };
        let mut counts: BTreeMap<Option<String>, u64> = BTreeMap::new();
        for why in &expected {
            *counts.entry(why.clone()).or_default() += 1;
        }
        let planned = scene.store.read().unwrap().plan_job(&recipients).unwrap();
        let planned: BTreeMap<Option<String>, u64> = planned.into_iter().map(|part| (part.skipped, part.count)).collect();
        prop_assert_eq!(planned, counts);

        let operator = Account { uid: 0, name: "root".to_owned(), is_name_known: true, login_uid: None, host: String::new(), elevation: None };
        let job = NewJob {
            key: None,
            operator: &operator,
            reason: None,
            selection: "--all",
            note: None,
            reset_life: std::time::Duration::from_secs(3_600),
            invitation_lifetime: std::time::Duration::from_secs(3_600),
            sending: JobSendOptions::default(),
            ends_passwords: false,
        };
        let writing = scene.store.write().unwrap();
        let (id, _) = writing.create_job(&job, &recipients).unwrap();
        let mut made: Vec<(Option<UserId>, Option<String>)> = Vec::new();
        writing.each_message_of_job::<StoreError>(id, None, &mut |message: Message| {
            made.push((message.user, message.reply));
            Ok(())
        }).unwrap();
        made.sort_by_key(|(user, _)| user.map(|user| user.0));
        let made: Vec<Option<String>> = made.into_iter().map(|(_, reply)| reply).collect();
        prop_assert_eq!(made, expected);
    });
}

/// What the rule asks of a user.
fn managed<'a>(reading: &ReadTransaction<'_>, user: &'a User) -> ManagedUser<'a> {
    ManagedUser { role: user.role, permissions: reading.permissions(user.role).unwrap(), email: &user.email }
}

/// An operator's right: with some of the permissions, and limits or none.
fn authority() -> impl Strategy<Value = Authority> {
    let domains =
        ["example.com", "example.net", "sub.example.com", "bücher.example", "xn--bcher-kva.example", "EXAMPLE.net"];
    let roles = proptest::sample::subsequence(vec![1, 2, 3, 4, 5], 0..5);
    let domains = proptest::sample::subsequence(domains.to_vec(), 0..3);
    (permissions(), any::<bool>(), any::<bool>(), roles, domains).prop_map(
        |(own, everything, limited, roles, domains)| {
            let mut limits = OperatorLimits::default();
            if limited {
                limits.roles = roles.into_iter().map(|id| (RoleId(id), format!("role {id}"))).collect();
                let canonical = |domain| email_domain::parse(domain).unwrap().into_owned();
                limits.domains = domains.into_iter().map(canonical).collect();
            }
            Authority::Operator {
                id: RoleId(3),
                role: "role 3".to_owned(),
                permissions: if everything { Permissions::all() } else { own.into_iter().collect() },
                limits,
            }
        },
    )
}

#[test]
fn every_copy_of_who_may_act_on_whom_says_what_the_rule_says() {
    let scene = Scene::new();
    let now = at(1_800_000_000);
    let [free, outranked, outside] = [const { Cell::new(0) }; 3];
    let roles = proptest::collection::vec(permissions(), 3);
    proptest!(config(24), |(users in proptest::collection::vec(user(), 1..20), roles in roles, own in authority())| {
        scene.fill(&roles, &users, now.as_second());
        let places = 0..users.len();
        let found: Vec<User> = places.clone().map(|place| scene.user(place)).collect();
        let reading = scene.store.read().unwrap();
        let protected = own.protected_users(reading.roles().unwrap().iter().map(|role| (role.id, role.permissions)));
        let verdicts: Vec<_> = found.iter().map(|user| own.may_act_on(managed(&reading, user))).collect();
        let numbers = |is_meant: &dyn Fn(ManagementError) -> bool| -> Vec<i64> {
            let with_verdict = found.iter().zip(&verdicts);
            with_verdict.filter(|(_, verdict)| verdict.is_err_and(is_meant)).map(|(user, _)| user.id.0).collect()
        };
        let by_rank = numbers(&|error| matches!(error, ManagementError::Outranked(_)));
        let by_any = numbers(&|_| true);
        free.set(free.get() + found.len() - by_any.len());
        outranked.set(outranked.get() + by_rank.len());
        outside.set(outside.get() + by_any.len() - by_rank.len());

        // Chosen users, as the commands on many of them ask.
        reading.choose_users(&Selection::default(), now).unwrap();
        let chosen = |protected: &ProtectedUsers| {
            let (count, first) = reading.chosen_and_protected(protected, 100).unwrap();
            let mut ids: Vec<i64> = first.iter().map(|user| user.id.0).collect();
            assert_eq!(ids.len() as u64, count);
            ids.sort_unstable();
            ids
        };
        prop_assert_eq!(chosen(&protected), by_any.clone());
        prop_assert_eq!(chosen(&protected.by_rank()), by_rank);
        drop(reading);

        // The users of messages, as `resets revoke --all` and the commands of jobs ask.
        let writing = scene.store.write().unwrap();
        let operator = Account { uid: 0, name: "root".to_owned(), is_name_known: true, login_uid: None, host: String::new(), elevation: None };
        for user in &found {
            writing.queue_message(&NewMessage {
                content: NewContent::Link { invitation: false, lifetime: std::time::Duration::from_secs(3_600), note: None },
                user: Some(user.id),
                address: &user.email,
                operator: &operator,
                created_at: now,
            }).unwrap();
        }
        let left = writing.links_of_protected(&protected, now).unwrap();
        prop_assert_eq!(left.waiting, by_any.len() as u64);
        prop_assert_eq!(writing.revoke_links(None, &protected, "all", now).unwrap(), (0, (found.len() - by_any.len()) as u64));
        drop(writing);

        // Rows of an import: for each user as they are, and for new ones with the same role and address.
        let stage = |update: bool| {
            let emails: Vec<String> = found.iter().map(|user| {
                if update { user.email.to_string() } else { user.email.to_string().replace("user", "new") }
            }).collect();
            let mut staging = scene.store.stage().unwrap();
            for (number, (user, email)) in (1..).zip(found.iter().zip(&emails)) {
                staging.add(&Incoming {
                    number,
                    line: number,
                    username: if update { user.username.as_str() } else { email.split('@').next().unwrap() },
                    username_given: true,
                    email: (!update).then_some(email.as_str()),
                    name: None,
                    role: (!update).then_some(user.role),
                    sign_in: None,
                    sign_in_by_domain: SignIn::Password,
                    is_foreign: false,
                    locale: None,
                    locked: None,
                    locked_until: None,
                    must_change: None,
                    password_hash: None,
                }).unwrap();
            }
            staging.end().unwrap();
        };
        for update in [true, false] {
            stage(update);
            let reading = scene.store.read().unwrap();
            if update {
                reading.match_incoming().unwrap();
            }
            prop_assert_eq!(reading.incoming_and_protected(&protected, 100).unwrap().0, by_any.len() as u64, "update: {}", update);
            let mut denied = 0;
            reading.each_conflict(&protected, false, now, |_, conflict| {
                denied += u64::from(matches!(conflict, Conflict::Outranked | Conflict::OutsideLimits));
            }).unwrap();
            prop_assert!(!update || denied == by_any.len() as u64, "{denied} of {}", by_any.len());
        }
    });
    let counts = [free, outranked, outside].map(Cell::into_inner);
    assert!(counts.iter().all(|count| *count > 10), "{counts:?}");
}

/// The generator is of use only where it makes every kind of user.
#[test]
fn every_reason_comes_up() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut locked, mut free, mut saml, mut bounced) = (0, 0, 0, 0);
    for _ in 0..500 {
        let user = proptest::strategy::ValueTree::current(&user().new_tree(&mut runner).unwrap());
        let until = user.locked_until.map(|until| at(10_000_000_000 + until));
        let is_locked = user.locked_at.is_some() && lock_is_in_force(until, at(10_000_000_000));
        locked += u32::from(is_locked);
        free += u32::from(!is_locked && user.locked_at.is_some());
        saml += u32::from(user.is_saml);
        bounced += u32::from(user.bounce.is_some());
    }
    assert!(locked > 50 && free > 50 && saml > 50 && bounced > 50, "{locked} {free} {saml} {bounced}");
}
