//! `users set-password --generate --out`: generated passwords of many users, in a file.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use cxme_admin::actions::users::batch;
use cxme_admin::actions::users::batch::BatchOptions;
use cxme_admin::actions::users::batch::GeneratedKind;
use cxme_admin::actions::users::list::UserFilter;
use cxme_admin::actions::users::targets::TargetList;
use cxme_admin::app::ActionError;
use cxme_admin::app::ChangeOptions;
use cxme_admin::app::policy_check::PolicyEnforcement;
use insta::assert_snapshot;

use crate::permission_first::dump;
use crate::support::CAROL;
use crate::support::GOOD;
use crate::support::World;
use crate::support::me;

fn world() -> World {
    World::new().with_role("Student", "").with_users("alice:Student,bob:Student,carla").with_saml_user()
}

fn options() -> BatchOptions {
    BatchOptions {
        strictness: PolicyEnforcement::Policy,
        must_change: false,
        lifetime: None,
        permanent: false,
        keep_sessions: false,
        notify: false,
    }
}

/// The rows of a file: username and password.
fn rows(text: &str) -> Vec<(String, String)> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(reader.headers().unwrap(), ["username", "email", "password", "must_change_password"].as_slice());
    reader.records().map(|row| row.map(|row| (row[0].to_owned(), row[2].to_owned())).unwrap()).collect()
}

#[test]
fn a_class_of_new_users_gets_passwords_in_a_private_file() {
    let world = world();
    let out = world.path("new.csv");
    let run = world
        .command("users set-password --role Student --generate --must-change --out")
        .argument(&out)
        .typing(["y"])
        .run();
    assert_snapshot!(run, @"
    status 0
    -- asked
    Set the passwords of 2 users (alice, bob)? [y/N] y
    -- stderr
    Set 2 passwords; they are in [DIR]/new.csv.
    Non-interactive equivalent: cxme-admin users set-password --role Student --generate --must-change --out [DIR]/new.csv --yes
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users set-password | done | owner, Admin | -
    {"chosen_by":"generator","must_change":2,"selection":"--role Student","sessions":"ended","users":2}
    "#);
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&out).unwrap();
    let rows = rows(&text);
    assert_eq!(rows.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["alice", "bob"]);
    for (name, password) in &rows {
        assert!(world.accepts(name, password), "{name}");
    }
    assert_ne!(rows[0].1, rows[1].1);
    let run = world.run("audit list --user bob --action 'users set-password' -o ndjson").out();
    assert!(run.contains("generator") && !run.contains(&rows[1].1), "{run}");
    // Its own file is a batch.
    world.command("users set-password --yes --batch").argument(&out).run().expect_status(0);
}

#[test]
fn a_file_that_is_there_is_refused_before_anything() {
    let world = world();
    let before = dump(&world);
    let out = world.file("new.csv", "precious");
    let run = world.command("users set-password --all --yes --generate --out").argument(&out).run();
    assert_snapshot!(run, @"
    status 74
    -- stderr
    error: [DIR]/new.csv: already exists: give another path
    ");
    assert_eq!(fs::read_to_string(&out).unwrap(), "precious");
    for name in ["/dev/stdout", "/dev/tty"] {
        let run = world.command("users set-password --all --yes --generate --out").argument(name).run();
        assert_eq!(run.status, 74, "{run}");
    }
    assert_eq!(dump(&world), before);
}

#[test]
fn users_of_the_identity_provider_are_left_out_or_refused_by_name() {
    let world = world();
    let out = world.path("new.csv");
    let run = world.command("users set-password --all --generate=characters --out").argument(&out).typing(["y"]).run();
    assert_snapshot!(run, @"
    status 0
    -- asked
    Set the passwords of 3 users (alice, bob, carla); 1 user signs in with SAML and is left out? [y/N] y
    -- stderr
    Set 3 passwords; they are in [DIR]/new.csv.
    Non-interactive equivalent: cxme-admin users set-password --all --generate=characters --out [DIR]/new.csv --yes
    ");
    let text = fs::read_to_string(&out).unwrap();
    assert!(rows(&text).iter().all(|(name, password)| name != "sam" && password.len() == 20), "{text}");
    let other = world.path("other.csv");
    let run = world.command("users set-password alice sam --yes --generate --out").argument(&other).run();
    assert_snapshot!(run, @"
    status 65
    -- stderr
    error: sam signs in with SAML: the password is kept by the organization's identity provider
    hint: the password is reset there: ask the identity team
    ");
    assert!(!other.exists());
    let run = world.command("users set-password sam --yes --generate --out").argument(&other).run();
    assert_eq!((run.status, other.exists()), (65, false), "{run}");
    world.command("users set-password alice --yes --generate --out").argument(&other).run().expect_status(0);
    assert_eq!(rows(&fs::read_to_string(&other).unwrap()).len(), 1);
}

#[test]
fn nobody_is_no_file() {
    let world = world();
    let out = world.path("new.csv");
    let run = world.command("users set-password --search nobody -v --generate --out").argument(&out).run();
    assert_snapshot!(run, @"
    status 0
    -- stderr
    No users match; nothing was changed.
    ");
    let run = world.command("users set-password --sign-in saml -v --generate --out").argument(&out).run();
    assert_snapshot!(run, @"
    status 0
    -- stderr
    Nothing was changed: 1 user signs in with SAML and is left out.
    ");
    let run = world.command("users set-password --search nobody -n --generate --out").argument(&out).run();
    assert_snapshot!(run, @"
    status 0
    -- stdout
    No users match; nothing was changed.
    ");
    assert!(!out.exists());
}

#[test]
fn a_dry_run_says_what_it_would_do_and_writes_nothing() {
    let world = world().with_password("alice", GOOD);
    let out = world.path("new.csv");
    let before = dump(&world);
    let run = world.command("users set-password --all -n --generate --out").argument(&out).run();
    assert_snapshot!(run, @"
    status 0
    -- stdout
    Would set the passwords of 3 users (alice, bob, carla); 1 has a password, which would stop working; 1 user signs in with SAML and is left out.
    ");
    let run = world.command("users set-password --role Student -n -o json --generate --out").argument(&out).run();
    assert_snapshot!(run, @r#"
    status 0
    -- stdout
    [
    {"action":"users set-password","would_change":true,"users":2,"usernames":["alice","bob"],"with_password":1,"locked":0,"must_change":0,"temporary":0,"notices":0,"skipped_saml":0}
    ]
    "#);
    assert!(!out.exists() && dump(&world) == before);
}

#[test]
fn a_refusal_or_a_no_leaves_no_file() {
    let world = world().with_role("Setter", "view-users set-passwords").with_operator(CAROL, "Setter");
    let out = world.path("new.csv");
    let run = world.command("users set-password --all --generate --out").argument(&out).typing(["n"]).run();
    assert_eq!((run.status, out.exists()), (65, false), "{run}");
    let run = world.command("users set-password --all --yes --expect 9 --generate --out").argument(&out).run();
    assert_snapshot!(run, @"
    status 65
    -- stderr
    error: 3 users would be given a password, and `--expect` says 9; nothing was changed
    hint: details: the same with `--dry-run`
    ");
    let run = world.command("users set-password --all --yes --generate --out").argument(&out).sudo_by(CAROL).run();
    assert_snapshot!(run, @"
    status 77
    -- stderr
    error: naming a file is only allowed for Admins when using sudo
    ");
    assert!(!out.exists());
    let left: Vec<_> = fs::read_dir(world.directory()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("new.csv")), "{left:?}");
}

/// By sudo nobody but an Admin may name a file; an operator who is the store's own account may.
#[test]
fn nobody_generates_passwords_for_users_who_outrank_them() {
    let world = World::new()
        .with_role("Setter", "view-users set-passwords")
        .with_role("Higher", "view-users set-passwords view-audit")
        .with_users("peer:Setter,high:Higher")
        .with_operator(CAROL, "Setter");
    let app = world.app(CAROL, "carol");
    let all = TargetList { words: Some("--all".to_owned()), ..TargetList::default() };
    let refused = batch::choose(&app, &all, GeneratedKind::Words, options()).unwrap_err();
    assert_snapshot!(refused, @"1 user has a role with permissions that your role, Setter, lacks (such as `view-audit`): high; nothing was changed");
    assert_snapshot!(world.newest_event(), @r#"
    users set-password | refused | carol, Setter | -
    {"refusal":"1 user has a role with permissions that your role, Setter, lacks (such as `view-audit`): high; nothing was changed"}
    "#);
}

/// A user who chose a password meanwhile is no user without one any more: theirs stays, and is not in the file.
#[test]
fn users_who_left_the_selection_meanwhile_keep_their_password() {
    let world = world();
    let app = world.app(me(), "owner");
    let mut wanted = UserFilter::default();
    wanted.query.selection.no_password = true;
    let several = TargetList { wanted, words: Some("--no-password".to_owned()), ..TargetList::default() };
    let mut batch = batch::choose(&app, &several, GeneratedKind::Words, options()).unwrap();
    assert_eq!(batch.summary.users, 3);
    batch::hash(&app, &mut batch, &mut |_| (), &mut |line| panic!("{line}")).unwrap();
    world.set_password("bob", GOOD);
    world.run("users delete carla --yes").expect_status(0);
    let mut kept = Vec::new();
    let keep = &mut |generated: &[batch::GeneratedPassword<'_>]| {
        kept.extend(generated.iter().map(|one| (one.user.username.to_string(), one.password.reveal().to_owned())));
        Ok(PathBuf::from("new.csv"))
    };
    let outcome = batch::set(&app, &mut batch, &ChangeOptions::default(), keep, &mut |line| panic!("{line}")).unwrap();
    assert_eq!((outcome.users, outcome.left_out_count, outcome.left_out), (1, 2, vec!["bob".to_owned()]));
    assert!(world.accepts("bob", GOOD));
    assert_eq!(kept.len(), 1);
    assert!(kept[0].0 == "alice" && world.accepts("alice", &kept[0].1));
    assert_snapshot!(world.newest_event(), @r#"
    users set-password | done | owner, Admin | -
    {"chosen_by":"generator","left_out":2,"must_change":0,"selection":"--no-password","sessions":"ended","users":1}
    "#);
}

/// The passwords are in the file before they are in force: where the file cannot be kept, they never are.
#[test]
fn a_file_that_cannot_be_written_sets_no_password() {
    let world = world();
    let app = world.app(me(), "owner");
    let several = TargetList { words: Some("--all".to_owned()), ..TargetList::default() };
    let mut batch = batch::choose(&app, &several, GeneratedKind::Words, options()).unwrap();
    batch::hash(&app, &mut batch, &mut |_| (), &mut |line| panic!("{line}")).unwrap();
    let keep = &mut |_: &[batch::GeneratedPassword<'_>]| {
        Err(ActionError::Stream(std::io::Error::from(std::io::ErrorKind::StorageFull)))
    };
    batch::set(&app, &mut batch, &ChangeOptions::default(), keep, &mut |line| panic!("{line}")).unwrap_err();
    assert_eq!(world.ask("SELECT count(*) FROM users WHERE password_hash IS NOT NULL"), "0");
    // An event that cannot be written comes after the file, which then stays.
    world.sql("CREATE TRIGGER no_event BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'no room'); END");
    let keep = &mut |_: &[batch::GeneratedPassword<'_>]| Ok(PathBuf::from("new.csv"));
    let error =
        batch::set(&app, &mut batch, &ChangeOptions::default(), keep, &mut |line| panic!("{line}")).unwrap_err();
    assert!(error.to_string().ends_with("; new.csv has the passwords, which are probably not in force"), "{error}");
    assert_eq!(world.ask("SELECT count(*) FROM users WHERE password_hash IS NOT NULL"), "0");
}
