//! Dovecot, with the settings of docs/login-systems.md and other paths.

use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Lines;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Child;
use std::process::ChildStderr;

use nix::unistd::Group;
use nix::unistd::chown;

use super::*;

/// The settings of a server of one's own, besides the documented ones. Nothing delays an answer.
const BASE: &str = "base_dir = [DIR]/run\nlog_path = /dev/stderr\nprotocols =\nssl = no\nauth_failure_delay = 0\n\
     service anvil {\n unix_listener anvil-auth-penalty {\n mode = 0\n }\n}\n";

/// A Dovecot of this test, which ends with it.
struct Dovecot {
    world: World,
    server: Child,
    /// Kept open, because the server writes to it.
    _log: Lines<BufReader<ChildStderr>>,
}

/// The blocks of the page below its heading "Dovecot": the settings, and the file that they name.
fn documented() -> [String; 2] {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/login-systems.md")).unwrap();
    let (_, section) = page.split_once("\n### Dovecot\n").unwrap();
    let (section, _) = section.split_once("\n### ").unwrap();
    let mut blocks = vec![String::new()];
    for line in section.lines() {
        match line.strip_prefix("    ") {
            Some(code) => blocks.last_mut().unwrap().push_str(&format!("{code}\n")),
            None if line.is_empty() => {}
            None => blocks.push(String::new()),
        }
    }
    let settings = |start: &str| blocks.iter().find(|block| block.starts_with(start)).unwrap().clone();
    [settings("auth_username_chars"), settings("driver = sqlite")]
}

/// Whether there is the Dovecot that the page is about.
fn can_dovecot() -> bool {
    let version = Command::new("/usr/sbin/dovecot").arg("--version").output();
    let is_there = can(nix::unistd::geteuid().is_root(), "only root can start a Dovecot")
        && can(version.is_ok(), "login by Dovecot needs dovecot-sqlite");
    // Later versions have other settings.
    let is_known = version.is_ok_and(|output| output.stdout.starts_with(b"2.3."));
    if is_there && !is_known {
        let _ = std::io::stderr().write_all(b"tests/login.rs: skipped: this is not Dovecot 2.3\n");
    }
    is_there && is_known
}

impl Dovecot {
    fn start() -> Self {
        let world = World { directory: tempfile::tempdir().unwrap() };
        let directory = world.directory.path();
        fs::set_permissions(directory, fs::Permissions::from_mode(0o755)).unwrap();
        let lib = directory.join("lib");
        fs::create_dir(&lib).unwrap();
        chown(&lib, None, Group::from_name("dovecot").unwrap().map(|group| group.gid)).unwrap();
        fs::set_permissions(&lib, fs::Permissions::from_mode(0o2750)).unwrap();
        fs::write(world.config(), "[store]\npath = \"lib/store.db\"\nreader_group = \"dovecot\"\n").unwrap();
        world.does(&["init", "--yes"], "");
        let users = "email,username\nalice@example.com,\nbob@example.com,\no'brien@example.com,obrien\n\
                     anna+tag@example.com,anna\njörg@bücher.example,joerg\n";
        world.does(&["users", "import", "-"], users);
        let write = |name: &str, text: String| fs::write(directory.join(name), text).unwrap();
        let [settings, query] = documented();
        let own = directory.join("query.conf").display().to_string();
        assert!(settings.contains("/etc/dovecot/cxme-admin.conf.ext"), "{settings}");
        let settings = settings.replace("/etc/dovecot/cxme-admin.conf.ext", &own);
        write("dovecot.conf", BASE.replace("[DIR]", &directory.display().to_string()) + &settings);
        assert!(query.contains("/var/lib/cxme-admin/store.db"), "{query}");
        write("query.conf", query.replace("/var/lib/cxme-admin/store.db", lib.join("store.db").to_str().unwrap()));
        let mut command = Command::new("/usr/sbin/dovecot");
        command.args(["-F", "-c"]).arg(directory.join("dovecot.conf"));
        let mut server = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(server.stderr.take().unwrap()).lines();
        let first =
            log.by_ref().map(Result::unwrap).find(|line| line.contains("starting up") || line.contains("Fatal"));
        assert!(first.as_ref().is_some_and(|line| line.contains("starting up")), "{first:?}");
        Self { world, server, _log: log }
    }

    /// Whether Dovecot accepts the user.
    fn accepts(&self, user: &str, password: &str) -> bool {
        let mut command = Command::new("/usr/bin/doveadm");
        let config = self.world.directory.path().join("dovecot.conf");
        let output = run(command.arg("-c").arg(config).args(["auth", "test", user, password]), "");
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("temp_fail") && said.contains("passdb:"), "{user}: {:?}: {said}", output.status);
        assert_eq!(output.status.success(), said.contains("auth succeeded"), "{user}: {said}");
        output.status.success()
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        let pid = nix::unistd::Pid::from_raw(self.server.id().cast_signed());
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
        let _ = self.server.wait();
    }
}

#[test]
fn dovecot_accepts_the_users_of_the_view_by_name_and_by_address() {
    if !can_dovecot() {
        return;
    }
    let dovecot = Dovecot::start();
    for (user, address) in [
        ("alice", "alice@example.com"),
        ("obrien", "o'brien@example.com"),
        ("anna", "anna+tag@example.com"),
        ("joerg", "jörg@bücher.example"),
    ] {
        let password = format!("{PASSWORD} of {user}");
        dovecot.world.set_password(user, &password);
        assert!(dovecot.accepts(user, &password), "{user}");
        assert!(dovecot.accepts(address, &password), "{address}");
        assert!(!dovecot.accepts(address, PASSWORD), "{address}");
    }
    assert!(!dovecot.accepts("bob", PASSWORD), "no password is set");
    assert!(!dovecot.accepts("nobody", PASSWORD));
    assert!(!dovecot.accepts("' OR username = 'alice", &format!("{PASSWORD} of alice")), "the query quotes the name");
    dovecot.world.does(&["users", "lock", "alice"], "");
    assert!(!dovecot.accepts("alice", &format!("{PASSWORD} of alice")), "a locked user");
}
