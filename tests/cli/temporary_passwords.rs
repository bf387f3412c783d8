//! Temporary passwords: `users set-password --expires`, `[password] temporary_lifetime`.

use insta::assert_snapshot;

use crate::support::GOOD;
use crate::support::OTHER;
use crate::support::World;

const DAY: i64 = 86_400;

fn world() -> World {
    World::new().with_users("alice,bob")
}

fn temporary(world: &World, user: &str) {
    let set = world.command("users set-password --stdin --expires 7d --no-notify").argument(user);
    set.stdin(GOOD).run().expect_status(0);
}

#[test]
fn it_is_accepted_to_its_last_second_and_the_user_is_told() {
    let world = world();
    assert_snapshot!(world.command("users set-password alice --stdin --expires 7d -v").stdin(GOOD).run(), @"
    status 0
    -- stderr
    Password set for alice. It ends at 2026-12-01T08:00:00Z: the user must choose another password before then.
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users set-password | done | owner, Admin | -
    {"chosen_by":"operator","expires_at":"2026-12-01T08:00:00Z","must_change":true,"sessions":"ended","username":"alice"}
    "#);
    let listed = world.run("audit list").out();
    assert!(listed.contains("owner set a password for alice (must be changed; ends 2026-12-01T08:00:00Z)"), "{listed}");
    world.wait(7 * DAY - 1);
    assert_snapshot!(world.command("users verify-password alice --stdin -v").stdin(GOOD).run(), @"
    status 0
    -- stderr
    Password accepted. It is temporary and ends at 2026-12-01T08:00:00Z: the user must choose another one now.
    ");
    world.wait(1);
    assert_snapshot!(world.command("users verify-password alice --stdin").stdin(GOOD).run(), @"status 1");
    assert_snapshot!(world.command("users verify-password alice --stdin -v").stdin(GOOD).run(), @"
    status 1
    -- stderr
    The password was temporary, and ended at 2026-12-01T08:00:00Z. The user needs a link: cxme-admin users send-reset USER
    the password was not accepted
    ");
    // Of a wrong one nothing is said, and the right one counts as no wrong password.
    assert_snapshot!(world.command("users verify-password alice --stdin -v").stdin(OTHER).run(), @"
    status 1
    -- stderr
    the password was not accepted
    ");
    assert_eq!(world.ask("SELECT count FROM sign_in_failures"), "1");
}

#[test]
fn a_clock_that_is_set_back_revives_none() {
    let world = world();
    temporary(&world, "alice");
    temporary(&world, "bob");
    world.wait(7 * DAY);
    // The refusal itself is remembered, without any other change.
    assert!(!world.accepts("alice", GOOD));
    world.wait(-6 * DAY);
    assert!(!world.accepts("alice", GOOD));
    assert!(!world.accepts("bob", GOOD));
    temporary(&world, "bob");
    assert!(world.accepts("bob", GOOD), "set after the clock was set right");
}

#[test]
fn an_ended_one_proves_nothing_and_a_link_still_works() {
    let world = World::with_mail().with_users("alice");
    temporary(&world, "alice");
    world.wait(7 * DAY);
    let change =
        || world.command("users change-password alice --stdin --no-notify").stdin(format!("{GOOD}\n{OTHER}\n"));
    assert_snapshot!(change().run(), @"
    status 65
    -- stderr
    error: the old password is not the password of this user, or this user cannot sign in with a password now
    ");
    world.run("users send-reset alice").expect_status(0);
    let redeem = |password: &str| {
        let lines = format!("{}\n{password}\n", world.newest_code());
        world.command("resets redeem --stdin --no-notify").stdin(lines).run()
    };
    redeem(GOOD).expect_status(65);
    redeem(OTHER).expect_status(0);
    assert!(world.accepts("alice", OTHER));
    world.wait(400 * DAY);
    assert!(world.accepts("alice", OTHER), "the user chose it");
}

#[test]
fn lists_records_and_data_show_its_end() {
    let world = world();
    temporary(&world, "alice");
    assert_snapshot!(world.run("users list --columns username,must_change_password,password_expires_at").out(), @"
    USERNAME  MUST CHANGE  PASSWORD ENDS
    alice     yes          in 7 days
    bob       no           
    ");
    assert_snapshot!(world.run("users list --columns username,password_expires_at -o csv").out(), @"
    username,password_expires_at
    alice,2026-12-01T08:00:00Z
    bob,
    ");
    let shown = world.run("users show alice").out();
    assert!(shown.contains("Temporary password ends"), "{shown}");
    let changes = world.run("audit list --user alice -o json").out();
    assert!(changes.contains("password_expires_at") && changes.contains("2026-12-01T08:00:00Z"), "{changes}");
    // A user who may keep it does not lose it.
    world.run("users edit alice --no-must-change").expect_status(0);
    world.wait(30 * DAY);
    assert!(world.accepts("alice", GOOD));
}

#[test]
fn the_configured_lifetime_is_for_passwords_that_the_user_must_change() {
    let world = World::with_rules("temporary_lifetime = \"1d\"").with_users("alice,bob,carla,dora");
    let end = |user: &str| world.ask(&format!("SELECT password_expires_at FROM users WHERE username = '{user}'"));
    let set =
        |options: &str| world.command(&format!("users set-password --stdin --no-notify {options}")).stdin(GOOD).run();
    let tomorrow = (world.now().as_second() + DAY).to_string();
    set("alice").expect_status(0);
    assert_eq!(end("alice"), "-", "the user may keep it");
    set("alice --must-change").expect_status(0);
    assert_eq!(end("alice"), tomorrow);
    set("alice --must-change --expires 3d").expect_status(0);
    assert_eq!(end("alice"), (world.now().as_second() + 3 * DAY).to_string());
    set("alice --permanent").expect_status(0);
    assert_eq!(end("alice"), "-");
    world.run("users set-password bob --generate --must-change --no-notify").expect_status(0);
    assert_eq!(end("bob"), tomorrow);
    world.run("users set-password bob --generate --no-notify").expect_status(0);
    assert_eq!(end("bob"), "-");
    let out = world.path("new.csv");
    let command = "users set-password carla dora --generate --must-change --no-notify --yes --out";
    world.command(command).argument(&out).run().expect_status(0);
    assert_eq!((end("carla"), end("dora")), (tomorrow.clone(), tomorrow));
}

#[test]
fn a_batch_has_a_column_for_it() {
    let world = World::new().with_users("alice,bob,carla,dora");
    let batch = |rows: &str, options: &str| {
        let file =
            world.file_with_mode("batch.csv", format!("username,password,must_change_password,expires\n{rows}"), 0o600);
        world.command(&format!("users set-password --no-notify --yes {options} --batch")).argument(file).run()
    };
    batch("alice,quiet horse battery lantern,,2d\nbob,seven violet umbrellas whistle,true,\n", "").expect_status(0);
    let ends = "SELECT group_concat(username || ' ' || must_change_password || ' ' || \
                ifnull(password_expires_at - password_set_at, '-'), ', ') FROM users WHERE password_set_at IS NOT NULL";
    assert_eq!(world.ask(ends), "alice 1 172800, bob 1 -");
    let rows = "alice,quiet horse battery lantern,,\nbob,seven violet umbrellas whistle,false,\ncarla,eleven purple doors sing,,1h\n";
    batch(rows, "--expires 7d").expect_status(0);
    assert_eq!(world.ask(ends), "alice 1 604800, bob 0 -, carla 1 3600");
    let bad = batch(
        "alice,quiet horse battery lantern,no,2d\nbob,seven violet umbrellas whistle,,soon\ncarla,eleven purple doors sing,,1s\n",
        "",
    );
    assert_snapshot!(bad, @"
    status 65
    -- stderr
    line 2, expires: a password that ends must be changed: leave `expires` or `must_change_password` empty
    line 3, expires: expected whole numbers with the units w, d, h, m, s, as in `24h`, `90d` or `2h30m`
    line 4, expires: expected a duration from 5m to 366d
    error: 3 of 3 passwords cannot be set; nothing was changed
    ");
    assert_eq!(world.ask(ends), "alice 1 604800, bob 0 -, carla 1 3600", "nothing was changed");
}

#[test]
fn a_lifetime_that_makes_no_sense_is_refused() {
    let world = world();
    for bad in ["0s", "4m", "367d", "-1d", "7", "tomorrow", "", "７d"] {
        let command = world.command("users set-password alice --stdin").argument(format!("--expires={bad}"));
        let run = command.stdin(GOOD).run();
        assert_eq!(run.status, 2, "{bad}: {run}");
    }
    let both = world.command("users set-password alice --stdin --permanent --expires 7d").stdin(GOOD).run();
    assert_eq!(both.status, 2, "{both}");
    assert_eq!(world.ask("SELECT count(*) FROM users WHERE password_set_at IS NOT NULL"), "0");
    assert_snapshot!(world.command("users set-password alice --stdin --expires 7d --dry-run").stdin(GOOD).run(), @"
    status 0
    -- stdout
    Would set the password of alice. It ends at 2026-12-01T08:00:00Z: the user must choose another password before then.
    ");
}
