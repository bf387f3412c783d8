//! Real login systems read the store: PAM by pam_exec(8), Dovecot and Python's argon2-cffi by the `login` view. All run what
//! docs/login-systems.md shows, with other paths.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

#[path = "login/dovecot.rs"]
mod dovecot;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;

use tempfile::TempDir;

/// What passwords of tests begin with, long enough for the policy.
const PASSWORD: &str = "ferry tobacco lantern";

/// Whether the tests run with their full counts.
fn rounds() -> usize {
    if variable("CXME_TEST_LONG").is_some() { 100 } else { 2 }
}

#[expect(clippy::disallowed_methods, reason = "a switch of the tests, which the program never sees")]
fn variable(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}

/// Whether a test can run here. Where not, it says so, past what libtest captures, and under CI it fails.
fn can(condition: bool, what: &str) -> bool {
    if !condition {
        assert!(
            variable("CI").is_none_or(|ci| ci != "true"),
            "{what}: under CI that is a failure; tests/run as root sees to it"
        );
        // `eprintln!` would be kept from who looks on.
        let _ = std::io::stderr().write_all(format!("tests/login.rs: skipped: {what}\n").as_bytes());
    }
    condition
}

/// Runs a command with `input` on its standard input, and no environment but the given one.
fn run(command: &mut Command, input: &str) -> Output {
    command.env_clear().env("PATH", "/usr/bin:/bin").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    // Who refuses at once may not read it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// A store with `alice`, `bob` and, who signs in by SAML, `sam`.
struct World {
    directory: TempDir,
}

impl World {
    fn new() -> Self {
        let world = Self { directory: tempfile::tempdir().unwrap() };
        fs::write(world.config(), "[store]\npath = \"store.db\"\n[saml]\nemail_domains = [\"idp.example.com\"]\n")
            .unwrap();
        world.does(&["init", "--yes"], "");
        let users = "email\nalice@example.com\nbob@example.com\nsam@idp.example.com\n";
        world.does(&["users", "import", "-"], users);
        world
    }

    fn config(&self) -> PathBuf {
        self.directory.path().join("config.toml")
    }

    fn store(&self) -> PathBuf {
        self.directory.path().join("store.db")
    }

    /// Runs the program, which must succeed; gives its standard output.
    fn does(&self, arguments: &[&str], input: &str) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cxme-admin"));
        let output = run(command.arg("-c").arg(self.config()).args(arguments), input);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn set_password(&self, user: &str, password: &str) {
        self.does(&["users", "set-password", user, "--stdin"], &format!("{password}\n"));
    }

    /// What the store knows of the user's last login.
    fn last_login(&self, user: &str) -> serde_json::Value {
        let shown = self.does(&["users", "show", user, "-o", "json"], "");
        serde_json::from_str::<serde_json::Value>(&shown).unwrap()["last_login_at"].take()
    }
}

/// A block of docs/login-systems.md, known by the word after its fence.
fn example(language: &str) -> String {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/login-systems.md")).unwrap();
    let (_, block) = page.split_once(&format!("\n```{language}\n")).unwrap();
    block.split_once("\n```\n").unwrap().0.to_owned() + "\n"
}

/// A file of /etc/pam.d, which goes when the test ends, however it ends.
struct PamService {
    name: String,
}

impl PamService {
    fn new(world: &World) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("cxme-admin-test-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let service = Self { name };
        // Without `quiet` pam_exec says with which status the program ended.
        let text = example("pam")
            .replace(" quiet ", " ")
            .replace("/usr/local/bin/cxme-admin", env!("CARGO_BIN_EXE_cxme-admin"))
            .replace("/etc/cxme-admin/config.toml", world.config().to_str().unwrap());
        assert!(text.contains(env!("CARGO_BIN_EXE_cxme-admin")) && text.contains("pam_exec.so"), "{text}");
        fs::write(service.path(), text).unwrap();
        service
    }

    fn path(&self) -> PathBuf {
        Path::new("/etc/pam.d").join(&self.name)
    }

    /// Whether PAM lets the user in.
    fn accepts(&self, user: &str, password: &str) -> bool {
        let mut command = Command::new("pamtester");
        let output = run(command.args([&self.name, user, "authenticate", "acct_mgmt"]), &format!("{password}\n"));
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        // Of all failures only this one is a verdict on the password.
        let refused = said.contains("failed: exit code 1\n");
        assert!(output.status.success() != refused, "{user}: {:?}: {said}", output.status);
        output.status.success()
    }
}

impl Drop for PamService {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.path());
    }
}

fn can_pam() -> bool {
    let has_pamtester = Path::new("/usr/bin/pamtester").exists();
    can(nix::unistd::geteuid().is_root(), "only root can make a service of PAM")
        && can(has_pamtester, "login by PAM needs pamtester")
}

#[test]
fn pam_lets_in_with_the_password_as_soon_as_set_password_returns() {
    if !can_pam() {
        return;
    }
    let world = World::new();
    let service = PamService::new(&world);
    assert!(!service.accepts("alice", PASSWORD), "no password is set yet");
    let mut former = String::from("nobody's");
    for round in 0..rounds() {
        let password = format!("{PASSWORD} {round}");
        world.set_password("alice", &password);
        assert!(service.accepts("alice", &password), "the new password, round {round}");
        assert!(!service.accepts("alice", &former), "the former password, round {round}");
        former = password;
    }
    assert!(service.accepts("ALICE@example.com", &former), "the address is a name too, in any case");
}

#[test]
fn pam_keeps_out_who_may_not_sign_in() {
    if !can_pam() {
        return;
    }
    let world = World::new();
    let service = PamService::new(&world);
    for user in ["alice", "bob"] {
        world.set_password(user, PASSWORD);
    }
    assert!(service.accepts("bob", PASSWORD));
    world.does(&["users", "lock", "bob"], "");
    assert!(!service.accepts("bob", PASSWORD), "a locked user");
    world.does(&["users", "unlock", "bob"], "");
    assert!(service.accepts("bob", PASSWORD), "an unlocked user");
    for (user, password) in [
        ("sam", PASSWORD),
        ("nobody", PASSWORD),
        ("alice", ""),
        ("alice", &PASSWORD[1..]),
        ("alice", &PASSWORD[..PASSWORD.len() - 1]),
        ("alice", &format!("{PASSWORD} ")),
        ("alice", &PASSWORD.to_uppercase()),
    ] {
        assert!(!service.accepts(user, password), "{user} with {password:?}");
    }
    world.does(&["users", "edit", "alice", "--sign-in", "saml", "--yes"], "");
    assert!(!service.accepts("alice", PASSWORD), "a user who has moved to SAML");
}

#[test]
fn pam_notes_the_login_and_no_failed_one() {
    if !can_pam() {
        return;
    }
    let world = World::new();
    let service = PamService::new(&world);
    world.set_password("alice", PASSWORD);
    assert!(!service.accepts("alice", "something else entirely"));
    assert!(world.last_login("alice").is_null(), "a wrong password is no login");
    assert!(service.accepts("alice", PASSWORD));
    assert!(!world.last_login("alice").is_null(), "a login is noted");
    assert!(world.last_login("bob").is_null(), "another user's is not");
}

#[test]
fn pam_says_where_a_wrong_password_came_from() {
    if !can_pam() {
        return;
    }
    let world = World::new();
    let service = PamService::new(&world);
    world.set_password("alice", PASSWORD);
    let mut command = Command::new("pamtester");
    let arguments = ["-I", "rhost=192.0.2.7", &service.name, "alice", "authenticate"];
    assert!(!run(command.args(arguments), "something else\n").status.success());
    let shown: serde_json::Value =
        serde_json::from_str(&world.does(&["users", "show", "alice", "-o", "json"], "")).unwrap();
    assert_eq!((&shown["failed_logins"], &shown["last_failed_login_from"]), (&1.into(), &"192.0.2.7".into()));
    assert!(service.accepts("alice", PASSWORD));
    let shown: serde_json::Value =
        serde_json::from_str(&world.does(&["users", "show", "alice", "-o", "json"], "")).unwrap();
    assert_eq!(shown["failed_logins"], 0);
}

#[test]
fn pam_takes_both_forms_of_an_accent() {
    if !can_pam() {
        return;
    }
    let world = World::new();
    let service = PamService::new(&world);
    world.set_password("alice", "cafe\u{301} by the harbour");
    assert!(service.accepts("alice", "caf\u{e9} by the harbour"), "composed");
    assert!(service.accepts("alice", "cafe\u{301} by the harbour"), "decomposed");
    assert!(!service.accepts("alice", "cafe by the harbour"), "without");
}

/// The example of docs/login-systems.md, in the Python that tests/run sets up.
struct Python {
    program: PathBuf,
    script: PathBuf,
    store: PathBuf,
}

impl Python {
    fn new(world: &World) -> Option<Self> {
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python/bin/python3");
        if !can(program.exists(), "login by Python needs argon2-cffi") {
            return None;
        }
        let script = world.directory.path().join("check_login.py");
        fs::write(&script, example("python")).unwrap();
        Some(Self { program, script, store: world.store() })
    }

    /// What the example says of a user and a password.
    fn says(&self, user: &str, password: &str) -> String {
        let mut command = Command::new(&self.program);
        let output = run(command.arg(&self.script).arg(&self.store).arg(user), &format!("{password}\n"));
        let wrong = String::from_utf8_lossy(&output.stderr);
        assert!(wrong.is_empty(), "{wrong}");
        let said = String::from_utf8(output.stdout).unwrap().trim_end().to_owned();
        assert_eq!(output.status.success(), said.starts_with("accepted"), "{said}");
        said
    }
}

#[test]
fn another_implementation_of_argon2_verifies_the_hash_in_the_view() {
    let world = World::new();
    let Some(python) = Python::new(&world) else { return };
    assert_eq!(python.says("alice", PASSWORD), "refused", "no password is set yet");
    for round in 0..rounds() {
        let password = format!("{PASSWORD} {round}");
        world.set_password("alice", &password);
        assert_eq!(python.says("alice", &password), "accepted");
        assert_eq!(python.says("Alice", &password), "accepted", "names have no case");
        assert_eq!(python.says("alice", PASSWORD), "refused");
    }
    world.does(&["users", "set-password", "alice", "--stdin", "--must-change"], PASSWORD);
    assert_eq!(python.says("alice", PASSWORD), "accepted, but must change it");
}

#[test]
fn the_view_has_only_who_may_sign_in_now() {
    let world = World::new();
    let Some(python) = Python::new(&world) else { return };
    world.set_password("bob", PASSWORD);
    assert_eq!(python.says("bob", PASSWORD), "accepted");
    world.does(&["users", "lock", "bob", "--for", "2h"], "");
    assert_eq!(python.says("bob", PASSWORD), "refused", "a locked user");
    world.does(&["users", "unlock", "bob"], "");
    assert_eq!(python.says("bob", PASSWORD), "accepted", "an unlocked user");
    world.does(&["users", "edit", "bob", "--sign-in", "saml", "--yes"], "");
    for user in ["bob", "sam", "nobody"] {
        assert_eq!(python.says(user, PASSWORD), "refused", "{user}");
    }
}

#[test]
fn a_reader_of_the_view_normalises_what_was_typed() {
    let world = World::new();
    let Some(python) = Python::new(&world) else { return };
    world.set_password("alice", "cafe\u{301} by the harbour");
    assert_eq!(python.says("alice", "caf\u{e9} by the harbour"), "accepted", "composed");
    assert_eq!(python.says("alice", "cafe\u{301} by the harbour"), "accepted", "decomposed");
    // Without the line that normalises, only one of the two is let in.
    let careless = example("python").replace("unicodedata.normalize(\"NFC\", typed)", "typed");
    assert!(careless != example("python"), "the example normalises elsewhere");
    fs::write(&python.script, careless).unwrap();
    assert_eq!(python.says("alice", "caf\u{e9} by the harbour"), "accepted", "composed");
    assert_eq!(python.says("alice", "cafe\u{301} by the harbour"), "refused", "decomposed");
}
