//! The package: its units, scripts and examples are what systemd, sudo and a shell accept, and what is quick to try is tried.
//! The whole package is built, installed, upgraded, removed and purged in a root of its own with full counts
//! (`tests/run --long --test packaging`).

#![expect(clippy::unwrap_used, reason = "a test that cannot continue says so by a panic")]

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use cxme_admin::cli;

/// The highest exposure that `systemd-analyze security` may find for a unit, in tenths.
const MAX_EXPOSURE: u32 = 19;

const SCRIPTS: [&str; 4] =
    ["packaging/build", "packaging/debian/postinst", "packaging/debian/postrm", "packaging/debian/prerm"];

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(top().join(name)).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "a switch of the tests, which the program never sees")]
fn variable(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}

/// Whether a test can run here. Where not, it says so, past what libtest captures, and under CI it fails.
fn can(condition: bool, what: &str) -> bool {
    if !condition {
        assert!(variable("CI").is_none_or(|ci| ci != "true"), "{what}: under CI that is a failure");
        let _ = std::io::stderr().write_all(format!("tests/packaging.rs: skipped: {what}\n").as_bytes());
    }
    condition
}

/// A program in the directories in which Debian keeps them.
fn program(name: &str) -> Option<PathBuf> {
    let places = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"].map(|place| Path::new(place).join(name));
    let found = places.into_iter().find(|path| path.exists());
    can(found.is_some(), name).then_some(found).flatten()
}

/// Runs a program, which must succeed, and gives all that it printed.
#[track_caller]
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{command:?}: {}\n{text}", output.status);
    text
}

fn units() -> Vec<PathBuf> {
    let entries = fs::read_dir(top().join("packaging/systemd")).unwrap().map(|entry| entry.unwrap().path());
    let mut units: Vec<PathBuf> = entries.filter(|path| path.extension().is_some()).collect();
    units.sort();
    assert_eq!(units.len(), 4, "{units:?}");
    units
}

#[test]
fn systemd_accepts_the_units() {
    let Some(analyze) = program("systemd-analyze") else { return };
    // A root in which the program that the units start exists.
    let root = tempfile::tempdir().unwrap();
    let directory = root.path().join("usr/lib/systemd/system");
    fs::create_dir_all(&directory).unwrap();
    let program = root.path().join("usr/bin/cxme-admin");
    fs::create_dir_all(program.parent().unwrap()).unwrap();
    fs::write(&program, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let system = Path::new("/usr/lib/systemd/system");
    let system = if system.exists() { system } else { Path::new("/lib/systemd/system") };
    for entry in fs::read_dir(system).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_file() {
            fs::copy(&entry, directory.join(entry.file_name().unwrap())).unwrap();
        }
    }
    for unit in units() {
        fs::copy(&unit, directory.join(unit.file_name().unwrap())).unwrap();
    }
    for unit in units() {
        let mut verify = Command::new(&analyze);
        verify.args(["verify", "--man=no", "--recursive-errors=no", "--root"]).arg(root.path());
        let text = run(verify.arg(unit.file_name().unwrap()));
        // systemd warns of what other packages' units do, too.
        let own: Vec<&str> = text.lines().filter(|line| line.contains("cxme-admin")).collect();
        assert!(own.is_empty(), "{}", own.join("\n"));
    }
}

#[test]
fn the_units_are_confined() {
    let Some(analyze) = program("systemd-analyze") else { return };
    let threshold = format!("--threshold={MAX_EXPOSURE}");
    for unit in units().iter().filter(|unit| unit.extension().unwrap() == "service") {
        let mut security = Command::new(&analyze);
        run(security.args(["security", "--offline=yes", "--no-pager", &threshold]).arg(unit));
    }
}

#[test]
fn the_units_call_commands_that_exist_and_wait_for_the_store() {
    let mut calls = 0;
    for unit in units().iter().filter(|unit| unit.extension().unwrap() == "service") {
        let text = fs::read_to_string(unit).unwrap();
        assert!(text.contains("\nConditionPathExists=/var/lib/cxme-admin/store.db\n"), "{unit:?}");
        for call in text.lines().filter_map(|line| line.strip_prefix("ExecStart=/usr/bin/")) {
            cli::command_tree().try_get_matches_from(call.split(' ')).unwrap();
            calls += 1;
        }
        let timer = fs::read_to_string(unit.with_extension("timer")).unwrap();
        assert!(timer.contains("\nWantedBy=timers.target\n"), "{unit:?}");
    }
    assert_eq!(calls, 2);
    let drop_in = read("packaging/examples/metrics.conf");
    let call = drop_in.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/bin/")).unwrap();
    cli::command_tree().try_get_matches_from(call.split(' ')).unwrap();
    assert!(read("packaging/systemd/cxme-admin-jobs.service").contains("\nSuccessExitStatus=75\n"));
}

#[test]
fn the_units_run_as_the_service_account_and_write_only_where_the_package_lets_them() {
    let postinst = read("packaging/debian/postinst");
    for unit in units().iter().filter(|unit| unit.extension().unwrap() == "service") {
        let text = fs::read_to_string(unit).unwrap();
        for line in ["User=cxme-admin", "Group=cxme-admin", "CapabilityBoundingSet=", "NoNewPrivileges=yes"] {
            assert!(text.lines().any(|found| found == line), "{unit:?}: {line}");
        }
        for place in text.lines().filter_map(|line| line.strip_prefix("ReadWritePaths=-")) {
            assert!(postinst.contains(&format!("={place}\n")), "{unit:?}: {place}");
        }
    }
    for directory in ["$state", "$backups"] {
        let created = format!("install -d -o cxme-admin -g cxme-admin -m 0700 \"{directory}\"\n");
        assert!(postinst.contains(&created), "{directory}");
    }
}

#[test]
fn sudo_accepts_the_example() {
    let Some(visudo) = program("visudo") else { return };
    // Whatever account runs the test.
    let copy = tempfile::NamedTempFile::new().unwrap();
    fs::write(copy.path(), read("packaging/examples/sudoers")).unwrap();
    fs::set_permissions(copy.path(), fs::Permissions::from_mode(0o440)).unwrap();
    run(Command::new(visudo).args(["-c", "-f"]).arg(copy.path()));
}

/// promtool of the machine, or the one that tests/run unpacked.
fn promtool() -> Option<PathBuf> {
    let unpacked = Path::new(env!("CARGO_TARGET_TMPDIR")).join("prometheus/promtool");
    let found = ["/usr/bin/promtool".into(), unpacked].into_iter().find(|path: &PathBuf| path.exists());
    can(found.is_some(), "promtool").then_some(found).flatten()
}

#[test]
fn prometheus_accepts_the_alert_rules_and_each_fires_when_it_is_to() {
    let Some(promtool) = promtool() else { return };
    let rules = top().join("packaging/prometheus/cxme-admin.rules.yml");
    let told = run(Command::new(&promtool).args(["check", "rules"]).arg(&rules));
    assert!(told.contains("SUCCESS"), "{told}");
    let test = read("tests/packaging/cxme-admin.rules.test.yml");
    for alert in fs::read_to_string(&rules).unwrap().lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
        let fires = format!("        alertname: {alert}\n        exp_alerts:\n");
        assert!(test.contains(&fires), "{alert}: no test lets it fire");
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("test.yml");
    fs::write(&path, test.replace("[RULES]", &format!("[{}]", rules.display()))).unwrap();
    run(Command::new(&promtool).args(["test", "rules"]).arg(&path));
}

#[test]
fn prometheus_accepts_the_numbers_of_a_store_and_of_a_run() {
    let Some(promtool) = promtool() else { return };
    let directory = tempfile::tempdir().unwrap();
    let (config, file) = (directory.path().join("config.toml"), directory.path().join("cxme-admin.prom"));
    fs::write(&config, "[store]\npath = \"store.db\"\n").unwrap();
    let program = |line: &[&str]| run(Command::new(env!("CARGO_BIN_EXE_cxme-admin")).args(line).arg("-c").arg(&config));
    program(&["init", "--yes"]);
    let printed = program(&["metrics"]);
    program(&["jobs", "run", "--metrics-file", file.to_str().unwrap()]);
    for text in [printed, fs::read_to_string(&file).unwrap()] {
        let mut check = Command::new(&promtool);
        check.args(["check", "metrics"]).stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let mut child = check.stderr(std::process::Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let told = [output.stdout, output.stderr].concat();
        assert!(output.status.success() && told.is_empty(), "{}", String::from_utf8_lossy(&told));
    }
    // The names in the rules are names of numbers.
    let (rules, numbers) = (read("packaging/prometheus/cxme-admin.rules.yml"), fs::read_to_string(&file).unwrap());
    for name in
        rules.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| word.starts_with("cxme_admin_"))
    {
        assert!(numbers.contains(&format!("# TYPE {name} ")), "{name}");
    }
}

#[test]
fn the_scripts_are_clean_for_shellcheck() {
    let Some(shellcheck) = program("shellcheck") else { return };
    run(Command::new(shellcheck)
        .args(["--severity=style", "tests/packaging/scratch"])
        .args(SCRIPTS)
        .current_dir(top()));
}

#[test]
fn an_option_of_the_script_that_builds_is_refused_in_one_line() {
    for (arguments, told) in [
        (&[][..], "usage: packaging/build deb|tar [--binary FILE] [--revision N]"),
        (&["rpm"], "usage: packaging/build deb|tar [--binary FILE] [--revision N]"),
        (&["deb", "--fast"], "unknown option: --fast"),
        (&["deb", "--binary"], "--binary needs a value"),
        (&["deb", "--binary", "/absent"], "/absent: no such program"),
        (&["deb", "--revision", "one"], "--revision is a number"),
    ] {
        let output = Command::new(top().join("packaging/build")).args(arguments).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), format!("packaging/build: {told}\n"), "{arguments:?}");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn the_build_syncs_by_the_call_that_store_check_names() {
    let Some(strace) = program("strace") else { return };
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("config.toml");
    fs::write(&config, "[store]\npath = \"store.db\"\n").unwrap();
    let program = env!("CARGO_BIN_EXE_cxme-admin");
    let trace = directory.path().join("trace");
    let mut init = Command::new(strace);
    init.args(["-f", "-y", "-e", "trace=fdatasync,fsync", "-o"]).arg(&trace).args([program, "init", "--yes", "-c"]);
    run(init.arg(&config));
    let trace = fs::read_to_string(&trace).unwrap();
    let syncs_store =
        |call: &str| trace.lines().any(|line| line.contains(&format!("{call}(")) && line.contains("store.db"));
    let told = run(Command::new(program).args(["store", "check", "-v", "-c"]).arg(&config));
    let call = if syncs_store("fdatasync") { "fdatasync(2)" } else { "fsync(2)" };
    assert!(told.contains(&format!("SQLite syncs by {call} in this build.")), "{told}\n{trace}");
}

#[test]
fn the_package_is_installed_upgraded_removed_and_purged() {
    if variable("CXME_TEST_LONG").is_none() {
        return;
    }
    let is_root = nix::unistd::geteuid().is_root();
    if !can(is_root, "the package in a root of its own: only root can set it up") {
        return;
    }
    for name in ["debootstrap", "lintian", "dpkg-shlibdeps", "unshare"] {
        if program(name).is_none() {
            return;
        }
    }
    let text = run(Command::new(top().join("tests/packaging/scratch")).arg(env!("CARGO_BIN_EXE_cxme-admin")));
    assert!(text.ends_with("all done\n"), "{text}");
}
