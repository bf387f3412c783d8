//! No locked crate has a known advisory, unless a person accepted it, with a reason and an end.
//!
//! `tests/advisories/known.toml` is generated from a copy of the RustSec database and committed, so that the gate needs no
//! network: `ADVISORY_DB=DIRECTORY cargo test --test advisories -- --ignored refresh`. It also names the crates that were
//! looked up: one that joins Cargo.lock fails the gate until somebody has looked it up.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue says so by a panic")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use semver::Version;
use semver::VersionReq;
use serde::Deserialize;
use serde::Deserializer;
use serde::de::Error as _;

/// How long before its end an exception is warned of.
const WARNING_DAYS: i64 = 30;

/// A copy of the database that is older than this is warned of.
const STALE_DAYS: i64 = 180;

/// The generated list.
#[derive(Debug, Deserialize)]
struct Known {
    /// The commit of the database, and its date.
    #[expect(dead_code, reason = "for the reader of the file")]
    commit: String,
    #[serde(deserialize_with = "day")]
    as_of: Date,
    /// The crates that were looked up.
    crates: BTreeSet<String>,
    #[serde(default)]
    advisory: Vec<Advisory>,
}

/// What a person decided.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Decided {
    #[serde(default)]
    advisory: Vec<Advisory>,
    #[serde(default)]
    exception: Vec<Exception>,
}

/// An advisory of the RustSec database. A version is affected unless it is patched or unaffected.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Advisory {
    id: String,
    #[serde(rename = "crate")]
    name: String,
    title: String,
    #[expect(dead_code, reason = "for the reader of the file")]
    date: Option<String>,
    #[serde(default)]
    patched: Vec<VersionReq>,
    #[serde(default)]
    unaffected: Vec<VersionReq>,
}

/// Advisories that are accepted for one version of a crate.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    version: Version,
    ids: Vec<String>,
    reason: String,
    /// The last day.
    #[serde(deserialize_with = "day")]
    until: Date,
}

/// A crate of Cargo.lock.
#[derive(Debug, Clone, Deserialize)]
struct Locked {
    name: String,
    version: Version,
    /// Absent for our own crate.
    source: Option<String>,
}

/// What the gate says: either list can be empty.
#[derive(Debug, Default, PartialEq, Eq)]
struct Verdict {
    failures: Vec<String>,
    warnings: Vec<String>,
}

fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

impl Advisory {
    fn affects(&self, locked: &Locked) -> bool {
        let is_safe = self.patched.iter().chain(&self.unaffected).any(|safe| safe.matches(&locked.version));
        self.name == locked.name && !is_safe
    }
}

impl Exception {
    fn covers(&self, advisory: &Advisory, locked: &Locked) -> bool {
        self.name == locked.name && self.version == locked.version && self.ids.contains(&advisory.id)
    }
}

/// Checks every locked crate against every advisory.
fn check(locked: &[Locked], known: &Known, decided: &Decided, today: Date) -> Verdict {
    let mut verdict = Verdict::default();
    let days_until = |date: Date| i64::from((date - today).get_days());
    for locked in locked.iter().filter(|locked| locked.source.is_some()) {
        if !known.crates.contains(&locked.name) {
            verdict.failures.push(format!("{}: never looked up; run `refresh` (see tests/advisories.rs)", locked.name));
        }
        for advisory in known.advisory.iter().chain(&decided.advisory).filter(|advisory| advisory.affects(locked)) {
            let what = format!("{} {}: {} ({})", locked.name, locked.version, advisory.id, advisory.title);
            let Some(exception) = decided.exception.iter().find(|exception| exception.covers(advisory, locked)) else {
                verdict.failures.push(what);
                continue;
            };
            match days_until(exception.until) {
                ..0 => verdict.failures.push(format!("{what}: the exception ended on {}", exception.until)),
                0..=WARNING_DAYS => {
                    verdict.warnings.push(format!("{what}: the exception ends on {}", exception.until));
                }
                _ => {}
            }
        }
    }
    verdict.failures.extend(contradictions(locked, known, decided));
    let age = -days_until(known.as_of);
    if age > STALE_DAYS {
        verdict.warnings.push(format!("the advisories are those of {}: run `refresh`", known.as_of));
    }
    verdict
}

/// Decisions that decide nothing, or nothing any more.
fn contradictions(locked: &[Locked], known: &Known, decided: &Decided) -> Vec<String> {
    let mut found = Vec::new();
    let all: Vec<&Advisory> = known.advisory.iter().chain(&decided.advisory).collect();
    for exception in &decided.exception {
        let what = format!("the exception for {} {}", exception.name, exception.version);
        if exception.reason.trim().is_empty() {
            found.push(format!("{what} has no reason"));
        }
        for id in &exception.ids {
            let is_needed = |advisory: &&&Advisory| {
                locked.iter().any(|locked| advisory.affects(locked) && exception.covers(advisory, locked))
            };
            if !all.iter().filter(|advisory| advisory.id == *id).any(|advisory| is_needed(&advisory)) {
                found.push(format!("{what} is not needed for {id}: remove it"));
            }
        }
    }
    for advisory in &decided.advisory {
        if known.advisory.iter().any(|other| other.id == advisory.id) {
            found.push(format!("{} is in known.toml now: remove it from exceptions.toml", advisory.id));
        }
    }
    found
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/advisories")
}

fn known() -> Known {
    toml::from_str(&fs::read_to_string(directory().join("known.toml")).unwrap()).unwrap()
}

fn decided() -> Decided {
    toml::from_str(&fs::read_to_string(directory().join("exceptions.toml")).unwrap()).unwrap()
}

/// The crates of Cargo.lock.
fn locked() -> Vec<Locked> {
    #[derive(Deserialize)]
    struct Lock {
        package: Vec<Locked>,
    }
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
    toml::from_str::<Lock>(&text).unwrap().package
}

/// The crates of Cargo.lock, with another version of one of them.
fn planted(name: &str, version: &str) -> Vec<Locked> {
    let mut locked = locked();
    let one = locked.iter_mut().find(|locked| locked.name == name).unwrap();
    one.version = version.parse().unwrap();
    locked
}

#[test]
fn no_locked_crate_has_an_advisory_that_nobody_accepted() {
    #[expect(clippy::disallowed_methods, reason = "the gate is about the day on which it runs")]
    let today = TimeZone::UTC.to_datetime(jiff::Timestamp::now()).date();
    let verdict = check(&locked(), &known(), &decided(), today);
    for warning in &verdict.warnings {
        // Not `eprintln!`, which the test harness keeps to itself when the test passes.
        writeln!(std::io::stderr(), "warning: {warning}").unwrap();
    }
    assert!(verdict.failures.is_empty(), "advisories:\n  {}\n", verdict.failures.join("\n  "));
}

#[test]
fn an_affected_version_fails_and_no_exception_for_another_version_helps_it() {
    let today = "2026-11-27".parse().unwrap();
    let verdict = check(&planted("lettre", "0.11.22"), &known(), &decided(), today);
    let failures = verdict.failures.join("\n");
    assert!(failures.contains("lettre 0.11.22: RUSTSEC-2026-0561"), "{failures}");
    let verdict = check(&planted("lettre", "0.11.21"), &known(), &decided(), today);
    assert!(verdict.failures.join("\n").contains("lettre 0.11.21: RUSTSEC-2026-0141"), "{:?}", verdict.failures);
    // And one from the middle of the list: nothing is wrong but this.
    let verdict = check(&planted("smallvec", "1.6.0"), &known(), &decided(), today);
    assert_eq!(verdict.failures.len(), 1, "{:?}", verdict.failures);
    assert!(verdict.failures[0].starts_with("smallvec 1.6.0: RUSTSEC-2021-0003"), "{:?}", verdict.failures);
}

#[test]
fn an_exception_is_silent_then_warned_of_for_thirty_days_and_then_fails() {
    let (locked, mut known) = (planted("lettre", "0.11.23"), known());
    // So that the age of the list is not warned of.
    known.as_of = "2027-01-31".parse().unwrap();
    let mut decided = decided();
    for exception in &mut decided.exception {
        exception.until = "2027-01-31".parse().unwrap();
    }
    let on = |day: &str| {
        let verdict = check(&locked, &known, &decided, day.parse().unwrap());
        (verdict.failures.len(), verdict.warnings.len())
    };
    assert_eq!(on("2026-11-27"), (0, 0));
    assert_eq!(on("2026-12-31"), (0, 0));
    assert_eq!(on("2027-01-01"), (0, 2));
    assert_eq!(on("2027-01-31"), (0, 2));
    assert_eq!(on("2027-02-01"), (2, 0));
    assert_eq!(on("2030-01-01").0, 2);
}

#[test]
fn a_crate_that_nobody_looked_up_and_a_decision_without_effect_fail() {
    let today = "2026-11-27".parse().unwrap();
    let mut more = locked();
    let source = Some("registry".to_owned());
    more.push(Locked { name: "brand-new".to_owned(), version: Version::new(1, 0, 0), source });
    let verdict = check(&more, &known(), &decided(), today);
    assert_eq!(verdict.failures, ["brand-new: never looked up; run `refresh` (see tests/advisories.rs)"]);

    let mut needless = decided();
    let exception =
        r#"{ crate = "toml", version = "1.0.0", ids = ["RUSTSEC-2026-0561"], reason = "", until = "2027-01-01" }"#;
    needless
        .exception
        .push(toml::from_str::<toml::Table>(&format!("a = {exception}")).unwrap()["a"].clone().try_into().unwrap());
    needless.advisory.push(known().advisory[0].clone());
    let failures = check(&locked(), &known(), &needless, today).failures.join("\n");
    for words in ["has no reason", "is not needed for RUSTSEC-2026-0561", "is in known.toml now"] {
        assert!(failures.contains(words), "{words}: {failures}");
    }
}

#[test]
fn what_the_exception_for_lettre_rests_on_is_so() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let lettre = toml::from_str::<toml::Table>(&manifest).unwrap()["dependencies"]["lettre"].clone();
    assert_eq!(lettre["default-features"].as_bool(), Some(false));
    // Its transports are not compiled.
    assert_eq!(lettre["features"].as_array().unwrap(), &["builder".into()]);
}

#[test]
fn a_list_that_grew_old_is_warned_of() {
    let known = known();
    let warnings = |days: i64| check(&[], &known, &Decided::default(), known.as_of + days.days()).warnings.len();
    assert_eq!((warnings(0), warnings(STALE_DAYS), warnings(STALE_DAYS + 1)), (0, 0, 1));
}

/// Not a test: writes known.toml anew from the copy of the database that ADVISORY_DB names, a clone of rustsec/advisory-db.
#[test]
#[ignore = "needs a clone of the RustSec database"]
fn refresh() {
    #[derive(Deserialize)]
    struct File {
        advisory: Head,
        versions: Versions,
    }
    #[derive(Deserialize)]
    struct Head {
        id: String,
        date: String,
        withdrawn: Option<String>,
    }
    #[derive(Deserialize)]
    struct Versions {
        patched: Vec<String>,
        #[serde(default)]
        unaffected: Vec<String>,
    }
    #[expect(clippy::disallowed_methods, reason = "a test takes no arguments of its own")]
    let database = PathBuf::from(std::env::var_os("ADVISORY_DB").unwrap());
    let git = |format: &str| {
        let log = Command::new("git").arg("-C").arg(&database).args(["log", "-1", format]).output().unwrap();
        assert!(log.status.success(), "{log:?}");
        String::from_utf8(log.stdout).unwrap().trim().to_owned()
    };
    let names: BTreeSet<String> =
        locked().into_iter().filter(|locked| locked.source.is_some()).map(|locked| locked.name).collect();
    let mut text = format!(
        "# Generated (see tests/advisories.rs): what the RustSec advisory database says of the crates in Cargo.lock.\n\
         commit = \"{}\"\nas_of = \"{}\"\ncrates = [\n",
        git("--format=%H"),
        git("--format=%cs")
    );
    for name in &names {
        writeln!(text, "    \"{name}\",").unwrap();
    }
    text.push_str("]\n");
    for name in &names {
        let Ok(entries) = fs::read_dir(database.join("crates").join(name)) else { continue };
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        for file in files {
            let markdown = fs::read_to_string(&file).unwrap();
            let (_, rest) = markdown.split_once("```toml\n").unwrap();
            let (head, body) = rest.split_once("\n```").unwrap();
            let File { advisory, versions } = toml::from_str(head).unwrap();
            if advisory.withdrawn.is_some() {
                continue;
            }
            let title = body.lines().find_map(|line| line.strip_prefix("# ")).unwrap().replace(['"', '\\', '`'], "");
            let list = |list: &[String]| toml::Value::try_from(list).unwrap();
            write!(
                text,
                "\n[[advisory]]\nid = \"{}\"\ncrate = \"{name}\"\ndate = \"{}\"\ntitle = \"{title}\"\npatched = {}\n",
                advisory.id,
                advisory.date,
                list(&versions.patched)
            )
            .unwrap();
            if !versions.unaffected.is_empty() {
                writeln!(text, "unaffected = {}", list(&versions.unaffected)).unwrap();
            }
        }
    }
    fs::write(directory().join("known.toml"), text).unwrap();
}
