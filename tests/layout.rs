//! The rules of the house: which layer imports which, no circles, where SQL, secrets and `unsafe` may stand, and no file forgotten.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

#[path = "layout/circles.rs"]
mod circles;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

/// A layer, and the layers that it may import besides itself. `src/lib.rs` says the same to the reader.
const LAYERS: [(&str, &[&str]); 15] = [
    ("clock", &[]),
    ("random", &[]),
    ("private_file", &["random"]),
    ("domain", &[]),
    ("texts", &["domain"]),
    ("process", &[]),
    ("blocklist", &["domain", "private_file"]),
    ("secrets", &["domain", "random", "private_file"]),
    ("store", &["domain", "secrets", "private_file"]),
    ("mail", &["domain", "secrets", "texts", "private_file"]),
    ("outbox", &["clock", "random", "domain", "secrets", "store", "mail"]),
    ("config", &["domain", "secrets", "private_file"]),
    (
        "app",
        &[
            "clock",
            "random",
            "private_file",
            "domain",
            "blocklist",
            "secrets",
            "texts",
            "config",
            "store",
            "mail",
            "outbox",
        ],
    ),
    ("actions", &["clock", "random", "private_file", "domain", "secrets", "texts", "store", "mail", "outbox", "app"]),
    (
        "cli",
        &[
            "clock",
            "random",
            "private_file",
            "domain",
            "texts",
            "process",
            "blocklist",
            "secrets",
            "store",
            "mail",
            "outbox",
            "config",
            "app",
            "actions",
        ],
    ),
];

/// Where a secret may be unwrapped, and how often.
const UNWRAPPED: [(&str, usize); 3] =
    [("src/mail/smtp/login.rs", 1), ("src/secrets/key.rs", 1), ("src/secrets/password.rs", 1)];

/// Where `unsafe` may stand, and how often.
const UNSAFE: [(&str, usize); 7] = [
    ("src/private_file/removal.rs", 2),
    ("src/process/closed_at_start.rs", 2),
    ("src/process/full_disk.rs", 3),
    ("src/process/hardening.rs", 1),
    ("src/process/inherited.rs", 2),
    ("src/process/terminal/signals.rs", 1),
    ("src/secrets/memory.rs", 1),
];

/// The functions of the store's facade that belong to one engine: a store of another one has something else in their place.
const OF_ONE_ENGINE: [(&str, &[&str]); 6] = [
    (
        "the place of the file, its version, its file system",
        &["check_place", "version", "newest_version", "migrate", "open_with_schema", "refuse_unsafe_file_system"],
    ),
    ("room on the disk of the file", &["require_room_for_job", "require_room_for_change", "check_disk"]),
    (
        "copies of the file",
        &[
            "newest_backup",
            "begin_copy",
            "begin_copy_in",
            "write_copy",
            "open_written",
            "earlier_than",
            "earlier_than_begun",
            "store_label",
        ],
    ),
    (
        "whether the file is whole",
        &["examine_file_while", "file_faults", "integrity_faults", "dangling_references", "schema_differences"],
    ),
    ("damaged pages of the file", &["examine_waiting", "rehearse_sending", "salvaged_ended_passwords"]),
    (
        "values that only another program writes into the file, or an older one",
        &["row_faults", "add_type_faults", "first_damage", "table_without_numbers", "colliding_addresses"],
    ),
];

/// More lines are two things in one room.
const LINES: usize = 450;

/// A source file, named from the top of the house.
struct Source {
    name: String,
    text: String,
}

impl Source {
    /// The lines without those that are comments, numbered from 1.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let numbered = self.text.lines().enumerate().map(|(index, line)| (index + 1, line));
        numbered.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// `src/store/sqlite/open.rs` and `src/store.rs` are in the layer `store`; `src/lib.rs` and `src/main.rs` in none.
    fn layer(&self) -> Option<&str> {
        let below = self.name.strip_prefix("src/")?;
        let layer = below.split('/').next()?;
        Some(layer.strip_suffix(".rs").unwrap_or(layer)).filter(|layer| !["lib", "main"].contains(layer))
    }

    /// How often the code has `word` as a whole word.
    fn count(&self, word: &str) -> usize {
        let part = |character: char| character.is_alphanumeric() || character == '_';
        self.code()
            .map(|(_, line)| line.split(|character| !part(character)).filter(|found| *found == word).count())
            .sum()
    }
}

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a directory, in order, without what an editor keeps for itself.
fn files(directory: &str) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![top().join(directory)]);
    while let Some(directory) = folders.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let hidden = path.file_name().unwrap().to_string_lossy().starts_with('.');
            match path.is_dir() {
                _ if hidden => {}
                true => folders.push(path),
                false => files.push(path),
            }
        }
    }
    files.sort();
    files
}

fn sources(directory: &str) -> Vec<Source> {
    let read = |path: PathBuf| Source {
        name: path.strip_prefix(top()).unwrap().to_str().unwrap().to_owned(),
        text: fs::read_to_string(&path).unwrap(),
    };
    let rust = files(directory).into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let sources: Vec<Source> = rust.map(read).collect();
    assert!(!sources.is_empty(), "{directory} holds no source");
    sources
}

/// The layer behind each `crate::` of a line; `{` is a brace, which would hide several.
fn imported(line: &str) -> impl Iterator<Item = &str> {
    line.split("crate::").skip(1).map(|rest| {
        let end = rest.find(|character: char| !character.is_ascii_lowercase() && character != '_');
        if rest.starts_with(['{', '*']) { &rest[..1] } else { &rest[..end.unwrap_or(rest.len())] }
    })
}

/// Fails with all that is wrong, a line each.
fn assert_none(wrong: &[String], rule: &str) {
    assert!(wrong.is_empty(), "{rule}:\n  {}\n", wrong.join("\n  "));
}

#[test]
fn a_layer_imports_only_what_the_table_allows() {
    let table = BTreeMap::from(LAYERS);
    let mut wrong = Vec::new();
    let mut arrows = 0;
    for source in sources("src") {
        let Some(layer) = source.layer() else { continue };
        let allowed = table.get(layer).copied().unwrap_or_default();
        for (number, line) in source.code() {
            for other in imported(line) {
                arrows += 1;
                if other != layer && !allowed.contains(&other) {
                    wrong.push(format!("{}:{number}: {layer} -> {other}", source.name));
                }
            }
        }
    }
    assert!(arrows > 500, "only {arrows} imports were seen: the test looks past them");
    assert_none(&wrong, "forbidden imports (the table is LAYERS in tests/layout.rs)");
}

#[test]
fn what_an_import_is() {
    let seen = |line| imported(line).collect::<Vec<_>>();
    assert_eq!(seen("use crate::store::Store;"), ["store"]);
    assert_eq!(seen("    fn f(a: crate::private_file::Rule, b: crate::clock::Clock) {"), ["private_file", "clock"]);
    assert_eq!(seen("use crate::{store, domain};"), ["{"]);
    assert_eq!(seen("use super::store;"), [""; 0]);
}

#[test]
fn every_layer_is_in_the_table_and_the_table_has_no_other() {
    let sources = sources("src");
    let found: BTreeSet<&str> = sources.iter().filter_map(Source::layer).collect();
    assert_eq!(found, LAYERS.iter().map(|(layer, _)| *layer).collect());
}

#[test]
fn the_map_in_lib_rs_says_the_same_as_the_table() {
    let text = fs::read_to_string(top().join("src/lib.rs")).unwrap();
    let mut map = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("//! | [`")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        for layer in cells[1].split(", ") {
            map.insert(layer.trim_matches(['[', '`', ']']), cells[3]);
        }
    }
    let words = |allowed: &[&str]| if allowed.is_empty() { "nothing".to_owned() } else { allowed.join(", ") };
    let mut table: BTreeMap<&str, String> = LAYERS.iter().map(|(layer, allowed)| (*layer, words(allowed))).collect();
    table.insert("cli", "everything".to_owned());
    assert_eq!(map, table.iter().map(|(layer, words)| (*layer, words.as_str())).collect());
}

#[test]
fn sql_stands_only_in_the_store() {
    let words = ["SELECT ", "INSERT INTO", "INSERT OR ", "UPDATE ", "DELETE FROM", "PRAGMA ", "BEGIN "];
    let mut wrong = Vec::new();
    let mut seen = 0;
    for source in sources("src") {
        let hits = source.code().filter(|(_, line)| words.iter().any(|word| line.contains(word)));
        match source.name.starts_with("src/store/sqlite/") {
            true => seen += hits.count(),
            false => wrong.extend(hits.map(|(number, line)| format!("{}:{number}: {}", source.name, line.trim()))),
        }
    }
    assert!(seen > 20, "only {seen} statements were seen in the store: the test looks past them");
    assert_none(&wrong, "SQL outside src/store/sqlite");
}

/// What uses the store works with another engine too.
#[test]
fn no_type_of_an_engine_leaves_its_directory() {
    let all = places("rusqlite");
    let outside = |(name, _): &&(String, usize)| !name.starts_with("src/store/sqlite/");
    let wrong: Vec<String> = all.iter().filter(outside).map(|(name, count)| format!("{name}: {count} times")).collect();
    assert!(all.len() > 20, "only {} files were seen in the engine: the test looks past them", all.len());
    assert_none(&wrong, "`rusqlite` outside src/store/sqlite");
}

#[test]
fn the_tests_of_the_outbox_come_to_sqlite_in_one_file() {
    let all = sources("tests/outbox");
    let opens = all.iter().filter(|source| source.count("rusqlite") > 0).map(|source| source.name.as_str());
    assert_eq!(opens.collect::<Vec<_>>(), ["tests/outbox/world.rs"]);
}

#[test]
fn sqlite_opens_a_file_in_one_function_that_checks_it_first() {
    assert_eq!(places("open_with_flags"), [("src/store/sqlite/open.rs".to_owned(), 1)]);
    let mut wrong = Vec::new();
    for source in sources("src") {
        // A database in memory has no file; ATTACH would open one beside.
        let opens = |line: &str| line.contains("Connection::open(") || line.contains("ATTACH ");
        wrong.extend(source.code().filter(|(_, line)| opens(line)).map(|(n, _)| format!("{}:{n}", source.name)));
        if source.name == "src/store/sqlite/open.rs" {
            let (_, body) = source.text.split_once("fn connect(").unwrap();
            let (checked, opened) = (body.find("check_database(").unwrap(), body.find("open_with_flags").unwrap());
            assert!(checked < opened && opened < body.find("\n}\n").unwrap());
        }
    }
    assert_none(&wrong, "SQLite opens a file without `store::sqlite::open::connect`");
}

#[test]
fn no_lint_is_silenced_without_a_reason_that_is_checked() {
    let mut wrong = Vec::new();
    for source in sources("src").into_iter().chain(sources("tests")) {
        let silenced = ["#[", "#!["].map(|open| format!("{open}allow("));
        let hits = source.code().filter(|(_, line)| silenced.iter().any(|word| line.contains(word)));
        wrong.extend(hits.map(|(number, _)| format!("{}:{number}", source.name)));
    }
    assert_none(&wrong, "write `expect` with a reason, which fails when it is no longer needed");
}

#[test]
fn only_actions_come_to_the_store_of_an_app_without_a_view_or_a_change() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for source in sources("src") {
        let hits =
            source.code().filter(|(_, line)| [".store()", ".into_store()"].iter().any(|call| line.contains(call)));
        match source.layer() {
            Some("actions") => seen += hits.count(),
            // The outbox has stores of its own workers.
            Some("app" | "cli") => {
                wrong.extend(hits.map(|(number, line)| format!("{}:{number}: {}", source.name, line.trim())))
            }
            _ => {}
        }
    }
    assert!(seen > 20, "only {seen} calls were seen in the actions: the test looks past them");
    assert_none(&wrong, "a way to the store past `App::view` and `App::change`");
}

/// An app can be sent to another thread, as a server does with what answers a request; and what apps share can be shared.
#[test]
fn an_app_can_be_sent_to_another_thread() {
    fn sent<T: Send>() {}
    fn shared<T: Send + Sync>() {}
    sent::<cxme_admin::app::App>();
    shared::<cxme_admin::app::Setup>();
    shared::<cxme_admin::outbox::Mailer>();
}

/// Where, and how often, the sources of the program have a word.
fn places(word: &str) -> Vec<(String, usize)> {
    let counted = sources("src").into_iter().map(|source| (source.name.clone(), source.count(word)));
    counted.filter(|(_, count)| *count > 0).collect()
}

#[test]
fn secrets_are_unwrapped_only_where_it_is_listed() {
    assert_eq!(places("expose_secret"), UNWRAPPED.map(|(name, count)| (name.to_owned(), count)));
}

#[test]
fn unsafe_stands_only_where_it_is_listed() {
    assert_eq!(places("unsafe"), UNSAFE.map(|(name, count)| (name.to_owned(), count)));
}

#[test]
fn a_file_can_be_read_at_a_sitting() {
    let long = sources("src").into_iter().map(|source| (source.name.clone(), source.text.lines().count()));
    let wrong: Vec<String> =
        long.filter(|(_, lines)| *lines > LINES).map(|(name, lines)| format!("{name}: {lines} lines")).collect();
    assert_none(&wrong, "two things in one room");
}

#[test]
fn no_source_is_forgotten() {
    let mut wrong = Vec::new();
    for directory in ["src", "tests"] {
        let sources = sources(directory);
        for source in &sources {
            if !is_root(&source.name) && !sources.iter().any(|other| is_module_of(source, other)) {
                wrong.push(format!("{}: neither a target nor a module of one", source.name));
            }
        }
    }
    assert_none(&wrong, "cargo looks past these files");
}

/// Whether cargo finds the file without a `mod`: the program and the library, and each test.
fn is_root(name: &str) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    match parts[..] {
        ["src", file] => ["lib.rs", "main.rs"].contains(&file),
        ["tests", _] => true,
        ["tests", _, file] => file == "main.rs",
        _ => false,
    }
}

/// Whether `parent` declares `source`, by its name in the parent's directory or by `#[path]`.
fn is_module_of(source: &Source, parent: &Source) -> bool {
    let path = Path::new(&source.name);
    let (place, name) = match path.file_name().and_then(|name| name.to_str()) {
        Some("mod.rs") => (path.parent().unwrap(), path.parent().unwrap().file_name().unwrap().to_str().unwrap()),
        _ => (path, path.file_stem().unwrap().to_str().unwrap()),
    };
    let parent_path = Path::new(&parent.name);
    let directory = parent_path.parent().unwrap();
    let stem = parent_path.file_stem().unwrap().to_str().unwrap();
    let below = if ["mod", "lib", "main"].contains(&stem) || is_root(&parent.name) {
        directory.to_owned()
    } else {
        directory.join(stem)
    };
    let declares = || parent.code().any(|(_, line)| line.trim_end().ends_with(&format!("mod {name};")));
    let by_path = parent.text.contains("#[path").then(|| parent.code()).into_iter().flatten();
    let by_path = by_path.filter_map(|(_, line)| line.trim().strip_prefix("#[path = \"")?.strip_suffix("\"]"));
    let mut by_path = by_path.map(|given| directory.join(given));
    (place.parent() == Some(below.as_path()) && declares()) || by_path.any(|given| given == path)
}

#[test]
fn every_other_file_of_the_tests_is_used_by_one() {
    let sources = sources("tests");
    let is_used = |name: &str| sources.iter().any(|source| source.code().any(|(_, line)| line.contains(name)));
    let mut wrong = Vec::new();
    for path in files("tests") {
        let name = path.file_name().unwrap().to_str().unwrap();
        let extension = path.extension().and_then(|extension| extension.to_str());
        // `run` is for people; insta finds its snapshots by itself.
        if path != top().join("tests/run") && !["rs", "snap"].contains(&extension.unwrap_or_default()) && !is_used(name)
        {
            wrong.push(path.display().to_string());
        }
    }
    assert_none(&wrong, "no test names these files");
}

/// The public functions of the facade: those of the `impl` blocks of its three types.
fn facade() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for source in sources("src/store") {
        let mut is_facade = false;
        for (_, line) in source.code() {
            if let Some(rest) = line.strip_prefix("impl") {
                let name = rest.trim_start_matches(|character| character != ' ').trim_start();
                let name = name.split(|character: char| !character.is_alphanumeric()).next().unwrap();
                is_facade = ["Store", "ReadTransaction", "WriteTransaction"].contains(&name) && !line.contains(" for ");
            } else if let Some(rest) = line.strip_prefix("    pub fn ").filter(|_| is_facade) {
                names.insert(rest.split(['(', '<']).next().unwrap().to_owned());
            }
        }
    }
    names
}

#[test]
fn the_conformance_tests_call_every_function_of_the_store() {
    let facade = facade();
    assert!(facade.len() > 150, "only {} functions were seen: the test looks past them", facade.len());
    let tests = sources("tests/store/conformance");
    let is_called = |name: &str| {
        let calls = [format!(".{name}("), format!(".{name}::<"), format!("Store::{name}(")];
        tests.iter().any(|source| source.code().any(|(_, line)| calls.iter().any(|call| line.contains(call))))
    };
    let exempt: BTreeSet<&str> = OF_ONE_ENGINE.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    let missing = facade.iter().filter(|name| !exempt.contains(name.as_str()) && !is_called(name));
    let mut wrong: Vec<String> =
        missing.map(|name| format!("{name}: no file of tests/store/conformance calls it")).collect();
    for name in exempt {
        if !facade.contains(name) {
            wrong.push(format!("{name}: exempt, and no function of the facade"));
        } else if is_called(name) {
            wrong.push(format!("{name}: exempt, and called"));
        }
    }
    for source in &tests {
        let sql = source.code().filter(|(_, line)| line.contains("rusqlite") || line.contains("SELECT "));
        wrong.extend(sql.map(|(number, _)| format!("{}:{number}: more than the facade", source.name)));
    }
    assert_none(&wrong, "the conformance of engines");
}
