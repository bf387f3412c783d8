//! `doctor`: each of its failures made once. What it finds out about relays is in `doctor_relay.rs`.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::Ipv4Addr;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Mutex;
use std::sync::mpsc;

use insta::assert_snapshot;
use serde_json::Value;

use crate::relay::Act;
use crate::relay::Offer;
use crate::relay::ScriptedRelay;
use crate::support::CAROL;
use crate::support::Command;
use crate::support::GOOD;
use crate::support::MALLORY;
use crate::support::Run;
use crate::support::World;

/// What a check came to.
pub(crate) struct Found {
    pub(crate) status: String,
    pub(crate) words: String,
    pub(crate) next: String,
}

/// What each check came to, by its name.
pub(crate) fn found(run: &Run) -> BTreeMap<String, Found> {
    let rows: Vec<Value> = serde_json::from_str(&run.out()).unwrap_or_else(|error| panic!("{error}: {run}"));
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let found = |row: &Value| Found { status: text(row, "status"), words: text(row, "found"), next: text(row, "next") };
    rows.iter().map(|row| (text(row, "check"), found(row))).collect()
}

/// Runs `doctor -o json`, and expects of a check a status, words and the next step, and the exit code of a failure.
#[track_caller]
pub(crate) fn expect_of(command: Command<'_>, name: &str, expected: (&str, &str, &str), code: u8) {
    let run = command.run();
    let all = found(&run);
    let Some(found) = all.get(name) else { panic!("{name} is missing: {run}") };
    let (status, words, next) = expected;
    assert!(found.status == status && found.words.contains(words) && found.next.contains(next), "{name}: {run}");
    assert_eq!(run.status, code, "{name}: {run}");
    assert_eq!(run.err().starts_with("error: "), code != 0, "{run}");
}

#[track_caller]
fn expect(world: &World, name: &str, expected: (&str, &str, &str), code: u8) {
    expect_of(world.command("doctor -o json"), name, expected, code);
}

#[test]
fn a_sound_installation_has_nothing_but_ok_and_what_cannot_be_checked_here() {
    let world = World::with_mail().with_users("alice").with_password("alice", GOOD);
    let relay =
        ScriptedRelay::start(Offer { extensions: vec!["PIPELINING", "SIZE 1000000"], tls: None }, |_| Act::Usual);
    let page = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    world.configure_relay(relay.port());
    let text = fs::read_to_string(world.config()).unwrap();
    let link = format!("http://localhost:{}/#{{code}}", page.local_addr().unwrap().port());
    world.write_config(&text.replace("https://reset.example.com/#{code}", &link));
    let run = world.run("doctor -o json --strict").expect_status(0);
    assert!(run.stderr.is_empty(), "{run}");
    let rows: Vec<Value> = serde_json::from_str(&run.out()).unwrap();
    let rows = rows.iter().map(|row| format!("{}: {}", row["check"], row["status"]).replace('"', ""));
    assert_snapshot!(rows.collect::<Vec<_>>().join("\n"), @"
    configuration: ok
    store: ok
    file system: ok
    schema: ok
    integrity: ok
    references: ok
    rows: ok
    audit: ok
    addresses: ok
    clock: ok
    times: ok
    reset key: ok
    audit head: not checked
    disk: ok
    password hashing: ok
    lists: ok
    role policies: ok
    texts: ok
    link: ok
    mail: ok
    relay name: ok
    relay connection: ok
    relay TLS: ok
    relay features: ok
    relay login: ok
    relay sender: ok
    timer: not checked
    waiting mail: ok
    jobs: ok
    operator accounts: ok
    SAML domains: ok
    password hashes: ok
    ");
    // Nothing but an event is changed by it, and nothing was sent.
    assert_eq!(world.ask("SELECT count(*) FROM messages"), "0");
    let dumps = relay.end();
    let said = dumps[0].text();
    assert!(said.contains("MAIL FROM:<passwords@example.com>") && said.contains("RSET\r\nQUIT"), "{said}");
    assert!(!said.contains("RCPT") && !said.contains("DATA"), "{said}");
    // At a terminal it is a line for each, and names no hint where all is well.
    let table = world.command("doctor").columns(200).run();
    assert!(table.out().starts_with("CHECK "), "{table}");
}

#[test]
fn the_configuration_and_the_store_come_first() {
    let world = World::new();
    let good = fs::read_to_string(world.config()).unwrap();
    world.write_config(&format!("{good}\n[mial]\nfrom = 1\n"));
    let run = world.run("doctor -o json").expect_status(78);
    assert!(found(&run)["configuration"].words.contains("mial"), "{run}");
    assert_eq!(found(&run)["everything else"].status, "not checked");
    world.write_config(&good);
    fs::set_permissions(world.store(), fs::Permissions::from_mode(0o644)).unwrap();
    expect(&world, "store", ("failed", "world-readable", ""), 78);
    let run = world.run("doctor -o json").expect_status(78);
    assert_eq!(found(&run)["jobs"].words, "see: store");
    assert_eq!(found(&run)["password hashing"].status, "ok", "what needs no store is checked: {run}");
    fs::remove_file(world.store()).unwrap();
    expect(&world, "store", ("failed", "no such store", "cxme-admin init"), 78);
    fs::write(world.store(), "not a store, whatever it is").unwrap();
    fs::set_permissions(world.store(), fs::Permissions::from_mode(0o600)).unwrap();
    expect(&world, "store", ("failed", "not a cxme-admin store", "store check"), 78);
}

#[test]
fn what_store_check_finds_is_found() {
    let world = World::new();
    let key = world.store().with_file_name("reset.key");
    let content = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    expect(&world, "reset key", ("failed", "no such file", ""), 78);
    fs::write(&key, content).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    expect(&world, "reset key", ("failed", "group-readable", ""), 78);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let head = world.run("audit head").out();
    expect_of(
        world.command(&format!("doctor -o json --head {head}").replace('\n', "")),
        "audit",
        ("ok", "the given head", ""),
        0,
    );
    let other = "ab".repeat(32);
    expect_of(world.command(&format!("doctor -o json --head {other}")), "audit", ("failed", "", "store check"), 65);
    let run = world.run("doctor --head 12").expect_status(2);
    assert!(run.err().contains("--head: a hash is 64 hexadecimal digits"), "{run}");
    world.wait(-86_400);
    expect(&world, "clock", ("warning", "is behind the newest event", ""), 0);
    world.wait(86_400);
    world.sql("DROP TRIGGER refuse_update_of_events; UPDATE events SET reason = 'x' WHERE number = 1");
    expect(&world, "audit", ("failed", "event 1 was changed", "store check"), 65);
    let run = world.run("doctor").expect_status(65);
    assert!(run.err().contains("failed: schema, audit"), "{run}");
}

#[test]
fn a_policy_of_a_role_that_does_not_exist_is_named_with_its_line() {
    let world = World::with_mail();
    let config = fs::read_to_string(world.config()).unwrap();
    let line = config.lines().count() + 1;
    world.write_config(&format!("{config}[password.role.\"Teachr\"]\nmin_length = 20\n"));
    expect(&world, "role policies", ("failed", &format!("config.toml:{line}: "), ""), 78);
    world.write_config(&format!("{config}[password.role.\"Admin\"]\nmin_length = 20\n"));
    expect(&world, "role policies", ("ok", "roles with a policy of their own: 1", ""), 0);
}

#[test]
fn lists_texts_and_the_link_are_tried() {
    let world = World::with_mail();
    let list = world.path("list.txt");
    world.configure(&format!("blocklist_file = \"{}\"", list.display()));
    expect(&world, "lists", ("failed", "list.txt: no such file", ""), 78);
    world.file("list.txt", "letmein and other words\n");
    world
        .command("policy blocklist build")
        .argument(&list)
        .argument("--out")
        .argument(world.path("list"))
        .run()
        .expect_status(0);
    let mut filter = fs::read(world.path("list")).unwrap();
    *filter.last_mut().unwrap() ^= 1;
    fs::write(world.path("list"), filter).unwrap();
    world.configure(&format!("blocklist_file = \"{}\"", world.path("list").display()));
    expect(&world, "lists", ("failed", "damaged", "policy blocklist build"), 78);

    world.configure_mail("");
    expect(
        &world,
        "link",
        ("warning", "the name reset.example.com cannot be looked up: no such name", "[reset] link"),
        0,
    );
    expect(&world, "mail", ("warning", "nobody receives them", "transport"), 0);
    world.run("doctor --strict").expect_status(78);
    let texts = world.path("texts");
    fs::create_dir(&texts).unwrap();
    fs::write(
        texts.join("reset.txt"),
        "{% for x in range(100000) %}{% for y in range(100000) %}{% endfor %}{% endfor %}{{ link }}",
    )
    .unwrap();
    world.configure_mail(&format!("[texts]\ndirectory = \"{}\"", texts.display()));
    expect(&world, "texts", ("failed", "reset.txt", "mail preview"), 78);
}

#[test]
fn a_name_server_that_never_answers_holds_nobody_and_the_host_is_named() {
    let world = World::with_mail();
    world.configure_relay(25);
    let text = fs::read_to_string(world.config()).unwrap();
    let text = text
        .replace("host = \"127.0.0.1\"", "host = \"mail.example.com\"")
        .replace("tls = \"none\"", "tls = \"starttls\"");
    world.write_config(&text);
    let (_silent, answer) = mpsc::channel::<()>();
    let answer = Mutex::new(answer);
    let command = world.command("doctor -o json").resolver(move |host| match host {
        "mail.example.com" => {
            let _ = answer.lock().unwrap().recv();
            Ok(Vec::new())
        }
        _ => Err(io::ErrorKind::NotFound.into()),
    });
    let words = "the name mail.example.com cannot be looked up: no answer within 4 s";
    expect_of(command, "relay name", ("failed", words, "/etc/resolv.conf"), 75);
}

#[test]
fn mail_and_jobs_that_wait_are_named() {
    let world = World::with_mail().with_users("alice,bob");
    world.run("users send-reset --all --queue-only --yes").expect_status(0);
    expect(&world, "waiting mail", ("ok", "2 mails waiting; `jobs run` has not succeeded yet", ""), 0);
    world.wait(2 * 3_600);
    expect(&world, "waiting mail", ("failed", "the oldest for more than 60 min", "jobs run"), 75);
    expect(&world, "jobs", ("ok", "", ""), 75);
    world.wait(86_400);
    let words = "1 unfinished job: job 1 (running for 26 h)";
    expect(&world, "jobs", ("warning", words, "cxme-admin jobs show 1; to continue: cxme-admin jobs run 1"), 75);
    world.run("jobs pause 1").expect_status(0);
    expect(&world, "jobs", ("ok", "", ""), 0);
    world.run("jobs run").expect_status(0);
    expect(&world, "waiting mail", ("ok", "`jobs run` last succeeded at 2026-11-25T10:00:00Z", ""), 0);
    world.wait(86_401);
    expect(&world, "waiting mail", ("warning", "last succeeded", "see the timer"), 0);
    world.wait(-86_401);
    world.sql("INSERT INTO relay_hold (id, until, count, reply) VALUES (1, unixepoch('2026-11-25T10:30:00Z'), 1, '550 go away')");
    expect(&world, "waiting mail", ("failed", "the relay refused all mail: 550 go away", "jobs run --now"), 75);
}

#[test]
fn operators_without_accounts_and_users_unlike_the_configuration_are_counted() {
    let world = World::new().with_users("alice").with_password("alice", GOOD).with_saml_user();
    world.sql("INSERT INTO operators (uid, account, kind, role_id, added_at) VALUES (61500, 'gone', 'person', 1, 0)");
    expect(&world, "operator accounts", ("warning", "gone (uid 61500)", "cxme-admin operators remove 61500"), 0);
    let down = world.command("doctor -o json").directory_down();
    expect_of(
        down,
        "operator accounts",
        ("warning", "the account of uid 61500 cannot be looked up now", "getent passwd"),
        0,
    );
    world.sql("UPDATE users SET sign_in = 'password' WHERE username = 'sam'");
    expect(&world, "SAML domains", ("warning", "1 user: ", "users list --disagrees-with-saml-domains"), 0);
    let config = fs::read_to_string(world.config()).unwrap();
    world.write_config(&config.replace("memory_kib = 19456", "memory_kib = 32768"));
    expect(&world, "password hashes", ("warning", "hashed below the configured cost: 1 password", "next login"), 0);
    world.run("doctor --strict").expect_status(78);
}

#[test]
fn the_timer_is_asked_where_systemd_runs() {
    let world = World::new();
    let units = |timer: &str, service: &str| {
        format!("Id=cxme-admin-jobs.timer\n{timer}\n\nId=cxme-admin-jobs.service\nLoadState=loaded\n{service}\n")
    };
    let expect =
        |said: &str, expected| expect_of(world.command("doctor -o json").systemctl_says(said), "timer", expected, 0);
    let loaded = "LoadState=loaded\nLastTriggerUSec=Tue 2026-11-24 07:59:01 UTC\nActiveState=";
    let good = units(&format!("{loaded}active"), "Result=success\nExecMainStatus=0");
    expect(&good, ("ok", "active; last started Tue 2026-11-24 07:59:01 UTC", ""));
    let off = units(&format!("{loaded}inactive"), "Result=success");
    expect(&off, ("warning", "is not active", "systemctl enable --now cxme-admin-jobs.timer"));
    let failed = units(&format!("{loaded}active"), "Result=exit-code\nExecMainStatus=78");
    expect(&failed, ("warning", "failed (exit-code, exit code 78)", "journalctl -u cxme-admin-jobs.service"));
    expect(&units("LoadState=not-found", ""), ("not checked", "is not installed", ""));
    expect("", ("not checked", "does not answer", ""));
}

#[test]
fn a_mail_is_sent_only_where_an_address_is_named() {
    let world = World::with_mail();
    let events = world.events();
    world.run("doctor").expect_status(0);
    assert_eq!((world.mails().len(), world.events()), (0, events));
    let command = world.command("doctor -o json --send-to admin@example.net --reason TICKET-12");
    expect_of(command, "test mail", ("ok", "the test mail for admin@example.net was written to a file", ""), 0);
    assert_eq!(world.mails().len(), 1);
    assert!(
        world.newest_event().starts_with("mail test | done | owner, Admin | TICKET-12\n"),
        "{}",
        world.newest_event()
    );
    let run = world.run("doctor --send-to nobody").expect_status(65);
    assert!(run.out().is_empty(), "{run}");
    world.run("doctor --reason x").expect_status(2);
}

#[test]
fn by_sudo_and_not_admin_nothing_of_the_configuration_is_shown() {
    let world = World::with_mail().with_role("Keeper", "manage-store").with_operator(CAROL, "Keeper");
    let run = world.command("doctor -o json").sudo_by(MALLORY).run().expect_status(77);
    assert!(run.out().is_empty(), "{run}");
    let run = world.command("doctor -o json").sudo_by(CAROL).run().expect_status(0);
    let hidden = ["configuration", "store", "lists", "texts", "link", "mail"];
    for name in hidden {
        assert_eq!(found(&run)[name].words, "root sees why: sudo env -u SUDO_UID cxme-admin doctor", "{name}: {run}");
    }
    assert!(!run.to_string().contains("reset.example.com"), "{run}");
    assert_eq!(found(&run)["jobs"].status, "ok", "{run}");
    // An error of the configuration tells not a word of it either.
    let text = fs::read_to_string(world.config()).unwrap();
    world.write_config(&format!("{text}\n[secret_section]\n"));
    let run = world.command("doctor").sudo_by(CAROL).run().expect_status(78);
    assert!(!run.to_string().contains("secret_section") && run.out().is_empty(), "{run}");
}
