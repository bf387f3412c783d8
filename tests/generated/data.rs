//! docs/reference/data.md: the fields of each command's data, as the program prints them.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use cxme_admin::cli;
use serde_json::Value;

use super::assert_committed;
use super::data_fields::FIELDS;
use super::data_fields::Kind;
use super::support::GOOD;
use super::support::OTHER;
use super::support::World;

/// A call of each command that prints data, with its standard input, and what its records are.
const CALLS: &[(&str, &str, &str)] = &[
    ("jobs remind 1 --after 1s --yes", "", "One record of the new job."),
    (
        "users list",
        "",
        "One record for each user. `--columns` chooses the fields, and also knows `id` and `session_epoch`.",
    ),
    ("users list --columns id,session_epoch", "", ""),
    ("users show alice", "", "One record for each user, in an array if several are named or selected."),
    ("users show alice carla", "", ""),
    (
        "users export --with-hashes --to [DIR]/export",
        "",
        "One record for each user; `password_hash` only with `--with-hashes`.",
    ),
    ("users import - --dry-run", "email\nnew@example.com\n", "One record. With `--dry-run` it has the same fields."),
    (
        "users send-reset dora bob",
        "",
        "One record for each named user. For a selection: one record of the job, as `jobs run`.",
    ),
    ("users set-password alice --generate", "", "With `--generate`: one record. Without: none."),
    ("users add other@example.com --generate", "", "With `--generate`: one record. Without: none."),
    ("users send-reset --search alice --unless-sent-within 0s --yes", "", ""),
    ("resets list", "", "One record for each link."),
    ("jobs list", "", "One record for each job."),
    ("jobs show 1", "", "One record."),
    ("jobs recipients 1", "", "One record for each user who has a mail in the job, or was skipped."),
    ("jobs run 1", "", "With JOB: one record of the job. Without: none."),
    ("jobs wait 1", "", "One record of the job."),
    ("jobs retry 1", "", "One record of the job."),
    ("roles list", "", "One record for each role."),
    ("roles show Admin", "", "One record."),
    ("roles permissions", "", "One record for each permission."),
    ("operators list", "", "One record for each operator."),
    ("policy show", "", "One object, also with `-o csv`."),
    ("policy blocklist build - --out [DIR]/filter", "zeppelin\n", "One record of the file."),
    ("policy blocklist info [DIR]/filter --verify", "", "One record."),
    ("audit list", "", "One record for each event."),
    ("audit show [EVENT]", "", "One record."),
    ("audit show [EVENT] --changes", "", "One record for each change of a user in the event."),
    ("audit verify", "", "One record."),
    ("audit head", "", "One record."),
    ("audit export", "", "One record for each event: NDJSON unless `-o` says otherwise."),
    ("mail preview reset", "", "One record."),
    ("mail queue", "", "One record for each mail that waits."),
    ("mail bounces -", "Subject: hello\n\nNo report.\n", "One record. With `--dry-run` it has the same fields."),
    ("store check", "", "One record for each part that is checked."),
    (
        "store backup --directory [DIR]/backups --keep 1",
        "",
        "One record for the new file, and one for each earlier backup that was deleted.",
    ),
    ("config show", "", "One record for each setting."),
    ("doctor", "", "One record for each check."),
    ("metrics", "", "One record for each number. Without `-o`: the text format of Prometheus."),
    ("whoami", "", "One record."),
];

/// The commands that print no data of their own: with `-o json` they print the same, or only the plan of a dry run.
const WITHOUT_DATA: &[&str] = &[
    "audit",
    "audit archive",
    "completions",
    "config",
    "demo",
    "init",
    "jobs",
    "jobs cancel",
    "jobs delete",
    "jobs pause",
    "jobs resume",
    "mail",
    "mail test",
    "operators",
    "operators add",
    "operators disable",
    "operators edit",
    "operators enable",
    "operators remove",
    "policy",
    "policy blocklist",
    "policy blocklist check",
    "policy check",
    "resets",
    "resets redeem",
    "resets revoke",
    "roles",
    "roles add",
    "roles clone",
    "roles delete",
    "roles edit",
    "store",
    "store migrate",
    "store restore",
    "users",
    "users change-password",
    "users clone",
    "users delete",
    "users edit",
    "users lock",
    "users password",
    "users unlock",
    "users verify-password",
];

/// A world in which each list has a record.
fn world() -> World {
    let world = World::with_mail().with_users("alice,bob,carla,dora");
    world.set_password("alice", GOOD);
    world.run("users edit alice --name 'Alice Adams'").expect_status(0);
    fs::create_dir(world.path("backups")).unwrap();
    world.run("users lock bob --for 2h --reason 'lost laptop'").expect_status(0);
    world.command("users verify-password alice --stdin --client 192.0.2.1").stdin(OTHER).run().expect_status(1);
    world.run("users send-reset --search dora --yes --key first").expect_status(0);
    world.wait(3_600);
    world.run("users send-reset --search carla --queue-only --yes").expect_status(0);
    world
}

/// The fields of the records that a call prints, in order, each with its values.
fn printed(world: &World, call: &str, stdin: &str) -> Vec<(String, Vec<Value>)> {
    let event = world.ask("SELECT max(event) FROM user_changes");
    let line = call.replace("[EVENT]", &event);
    let run = |format: &str| {
        let line = line.replace("[DIR]", &world.directory().to_string_lossy());
        let run = world.command(&format!("{line} -o {format}")).stdin(stdin).run();
        assert!([0, 3].contains(&run.status), "{call}: {run}");
        run.out()
    };
    let out = match call.contains("--to ") {
        true => {
            run("ndjson");
            let exported = world.path("export");
            let text = fs::read_to_string(&exported).unwrap();
            fs::remove_file(exported).unwrap();
            text
        }
        false => run("ndjson"),
    };
    let mut fields: Vec<(String, Vec<Value>)> = Vec::new();
    for line in out.lines() {
        let names = keys(line);
        let mut record: serde_json::Map<String, Value> = serde_json::from_str(line).unwrap();
        if fields.is_empty() {
            fields = names.iter().map(|name| (name.clone(), Vec::new())).collect();
        }
        let known: Vec<&String> = fields.iter().map(|(name, _)| name).collect();
        assert_eq!(names.iter().collect::<Vec<_>>(), known, "{call}: records differ in their fields");
        for (name, values) in &mut fields {
            values.push(record.remove(name).unwrap());
        }
    }
    assert!(!fields.is_empty(), "{call}: no record was printed");
    fields
}

/// The keys of an object, in the order in which they were printed.
fn keys(line: &str) -> Vec<String> {
    struct Keys;
    impl<'de> serde::de::Visitor<'de> for Keys {
        type Value = Vec<String>;

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Vec<String>, A::Error> {
            let mut keys = Vec::new();
            while let Some((key, _)) = map.next_entry::<String, serde::de::IgnoredAny>()? {
                keys.push(key);
            }
            Ok(keys)
        }
    }
    serde::Deserializer::deserialize_map(&mut serde_json::Deserializer::from_str(line), Keys).unwrap()
}

fn is_of(kind: Kind, value: &Value) -> bool {
    match (kind, value) {
        (_, Value::Null)
        | (Kind::Text, Value::String(_))
        | (Kind::Number, Value::Number(_))
        | (Kind::Flag, Value::Bool(_))
        | (Kind::Object, Value::Object(_)) => true,
        (Kind::Time, Value::String(text)) => text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok(),
        (Kind::Texts, Value::Array(values)) => values.iter().all(Value::is_string),
        (Kind::Objects, Value::Array(values)) => values.iter().all(Value::is_object),
        _ => false,
    }
}

/// The command of a call: its words before the first argument.
fn command_of(call: &str) -> String {
    let mut tree = cli::command_tree();
    let mut words = Vec::new();
    for word in call.split(' ') {
        let Some(below) = tree.find_subcommand(word).cloned() else { break };
        words.push(word);
        tree = below;
    }
    words.join(" ")
}

/// A field's name, its type and its meaning.
type Row = (String, Kind, &'static str);

#[test]
fn the_page_of_all_data_has_the_fields_that_the_commands_print() {
    let world = world();
    let mut used = BTreeSet::new();
    let mut missing = Vec::new();
    let mut sections: BTreeMap<String, (&str, Vec<Row>)> = BTreeMap::new();
    for (call, stdin, words) in CALLS {
        let is_changes = call.contains("--changes");
        let command = command_of(call) + if is_changes { " --changes" } else { "" };
        let fields = printed(&world, call, stdin);
        let mut rows = Vec::new();
        for (name, values) in fields {
            let own = format!("{}: {name}", command_of(call));
            let known =
                FIELDS.iter().find(|field| field.0 == own).or_else(|| FIELDS.iter().find(|field| field.0 == name));
            let Some((key, kind, meaning)) = known else {
                missing.push(format!("{own} {:?}", values.first()));
                continue;
            };
            used.insert(*key);
            for value in &values {
                assert!(is_of(*kind, value), "{call}: {name} is {value}, not of the type {}", kind.word());
            }
            rows.push((name, *kind, *meaning));
        }
        let section = sections.entry(command).or_insert((words, Vec::new()));
        if section.1.is_empty() {
            section.1 = rows;
        } else {
            // Another call of the same command.
            assert!(section.1 == rows || words.is_empty(), "{call}: other fields");
        }
    }
    assert!(missing.is_empty(), "give these fields a line in FIELDS:\n{}", missing.join("\n"));
    let unused: Vec<&str> = FIELDS.iter().map(|field| field.0).filter(|key| !used.contains(key)).collect();
    assert!(unused.is_empty(), "no command prints these fields of FIELDS: {unused:?}");
    let mut text = HEAD.to_owned();
    for (command, (words, rows)) in &sections {
        write!(text, "\n## {command}\n\n").unwrap();
        if !words.is_empty() {
            write!(text, "{words}\n\n").unwrap();
        }
        text.push_str("| field | type | meaning |\n|---|---|---|\n");
        for (name, kind, meaning) in rows {
            writeln!(text, "| `{name}` | {} | {meaning} |", kind.word()).unwrap();
        }
    }
    assert_committed("docs/reference/data.md", &text);
}

#[test]
fn every_command_is_listed_with_its_data_or_without() {
    let with_data: BTreeSet<String> = CALLS.iter().map(|(call, _, _)| command_of(call)).collect();
    let mut faults = Vec::new();
    let mut check = |name: String| {
        let is_without = WITHOUT_DATA.contains(&name.as_str());
        if with_data.contains(&name) == is_without {
            faults.push(name);
        }
    };
    let tree = cli::command_tree();
    for group in tree.get_subcommands() {
        check_both(group, &mut check);
    }
    assert!(faults.is_empty(), "give these commands a line in CALLS or in WITHOUT_DATA: {faults:?}");
}

fn check_both(group: &clap::Command, check: &mut impl FnMut(String)) {
    check_below(group.get_name().to_owned(), group, check);
}

fn check_below(name: String, command: &clap::Command, check: &mut impl FnMut(String)) {
    for below in command.get_subcommands() {
        check_below(format!("{name} {}", below.get_name()), below, check);
    }
    check(name);
}

const HEAD: &str = "\
# Data

The fields of each command's data, with `-o json` (one document), `-o ndjson` (one object per line) and `-o csv` (RFC 4180, one
row per record, with a header). Their names are part of what [versions](../../CHANGELOG.md) promise.

- Every field is there in every record. In JSON a field without a value is `null`, in CSV it is empty.
- A time is RFC 3339 in UTC, such as `2026-11-24T08:00:00Z`.
- In CSV, true and false are `true` and `false`, a list of texts is joined by blanks, and an object is its JSON text. A list of lines with
  usernames is `LINE:USERNAME`, joined by blanks.
- No data has a password or a code, except a generated password. Only `users export --with-hashes` has hashes.
- With `--dry-run`, a command prints its plan instead: [dry-run.md](../dry-run.md) has the fields.
- Commands that are not listed print no data of their own.
";
