//! A machine with throw-away accounts and rules of sudo, at whose usual places there is no store. Everything is removed
//! when it goes out of scope.

use std::fs;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use tempfile::TempDir;

/// Where the program's own directories are.
const STATE: &str = "/var/lib/cxme-admin";
const CONFIG: &str = "/etc/cxme-admin";
/// Held while they are in use: another run of the tests may want them.
const LOCK: &str = "/run/cxme-admin-tests.lock";
const RULES: &str = "/etc/sudoers.d";
const RULES_PREFIX: &str = "cxme-admin-tests-";
/// The rules of doas, which has them all in one file, and how those of the tests begin.
const DOAS_RULES: &str = "/etc/doas.conf";
const DOAS_MARK: &str = "# rules of the tests of cxme-admin\n";
/// The accounts of a run: may run everything; the program alone; is the service account; and one more.
const ROLES: [&str; 4] = ["full", "limited", "service", "other"];

/// More accounts, which only some tests have: those of the worked roles in docs/operators.md.
const OPERATORS: [&str; 4] = ["helpdesk", "onboarding", "auditor", "login"];

pub(crate) struct Machine {
    directory: TempDir,
    _lock: File,
}

/// What a command did.
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) said: String,
}

impl Machine {
    /// The machine, or `None` with the reason on standard error where it cannot be had.
    pub(crate) fn new() -> Option<Self> {
        let has = |path: &str| Path::new(path).exists();
        let ready = can(nix::unistd::geteuid().is_root(), "only root can set up sudo")
            && can(
                has("/usr/bin/sudo") && has("/usr/sbin/visudo") && has("/usr/sbin/useradd"),
                "no sudo or no useradd",
            );
        if !ready {
            return None;
        }
        let lock = lock();
        clean_up_after_the_dead();
        let is_free = !has(STATE) && !has(CONFIG);
        if !can(is_free, &format!("{STATE} or {CONFIG} is there: this machine has a store of its own")) {
            return None;
        }
        let machine = Self { directory: tempfile::tempdir().unwrap(), _lock: lock };
        fs::set_permissions(machine.directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::copy(env!("CARGO_BIN_EXE_cxme-admin"), machine.program()).unwrap();
        ROLES.iter().for_each(|role| add_account(role));
        machine.write_rules();
        Some(machine)
    }

    /// Adds the accounts of the worked roles, and lets them run the program by these rules for sudo, in which `[PROGRAM]` is the
    /// program. visudo must accept them.
    pub(crate) fn with_operators(&self, rules: &str) {
        OPERATORS.iter().for_each(|role| add_account(role));
        let draft = self.directory.path().join("more-rules");
        fs::write(&draft, rules.replace("[PROGRAM]", &self.program().display().to_string())).unwrap();
        fs::set_permissions(&draft, fs::Permissions::from_mode(0o440)).unwrap();
        let checked = Command::new("/usr/sbin/visudo").args(["-c", "-f"]).arg(&draft).output().unwrap();
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
        fs::copy(&draft, more_rules_file(std::process::id())).unwrap();
    }

    fn write_rules(&self) {
        let [full, limited, service, other] = ROLES.map(account);
        let program = self.program().display().to_string();
        let rules = format!(
            "{full} ALL = (ALL:ALL) NOPASSWD: ALL\n{limited} ALL = (root, {service}, {other}) NOPASSWD: {program}\n\
             {limited} ALL = (:{other}) NOPASSWD: {program}\n"
        );
        let draft = self.directory.path().join("rules");
        fs::write(&draft, rules).unwrap();
        fs::set_permissions(&draft, fs::Permissions::from_mode(0o440)).unwrap();
        assert!(quiet("/usr/sbin/visudo", &["-c", "-q", "-f", draft.to_str().unwrap()]).success());
        fs::copy(&draft, rules_file(std::process::id())).unwrap();
    }

    /// Lets the accounts use doas as they may use sudo, and `other` the program with an environment of its own choice; `false`, with
    /// the reason on standard error, where that cannot be had.
    pub(crate) fn with_doas(&self) -> bool {
        let is_free = fs::read_to_string(DOAS_RULES).map_or(true, |rules| rules.starts_with(DOAS_MARK));
        let can_have = can(Path::new("/usr/bin/doas").exists(), "no doas")
            && can(is_free, &format!("{DOAS_RULES} is there: this machine has rules of its own"));
        if can_have {
            let [full, limited, service, other] = ROLES.map(account);
            let program = self.program().display().to_string();
            let mut rules = format!("{DOAS_MARK}permit nopass {full}\n");
            for target in ["root", &service] {
                rules += &format!("permit nopass {limited} as {target} cmd {program}\n");
                rules += &format!("permit nopass keepenv {other} as {target} cmd {program}\n");
            }
            fs::write(DOAS_RULES, rules).unwrap();
            fs::set_permissions(DOAS_RULES, fs::Permissions::from_mode(0o400)).unwrap();
        }
        can_have
    }

    /// The program, where everybody can start it.
    pub(crate) fn program(&self) -> PathBuf {
        self.directory.path().join("cxme-admin")
    }

    /// A file that only root can read.
    pub(crate) fn secret(&self) -> PathBuf {
        let path = self.directory.path().join("secret");
        fs::write(&path, "zq7sentinel\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// Makes a directory that belongs to an account.
    pub(crate) fn home(&self, role: &str) -> PathBuf {
        let path = self.directory.path().join(role);
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        std::os::unix::fs::chown(&path, Some(uid(role)), None).unwrap();
        path
    }

    /// Lets a group read a file.
    pub(crate) fn give_to_group(&self, path: &Path, role: &str) {
        let group = nix::unistd::Group::from_name(&account(role)).unwrap().unwrap();
        std::os::unix::fs::chown(path, None, Some(group.gid.as_raw())).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o640)).unwrap();
    }

    /// Runs a line of a shell as an account; in it `$CXME` is the program.
    pub(crate) fn shell(&self, role: &str, line: &str) -> Ran {
        let mut command = Command::new("/usr/sbin/runuser");
        command.args(["-u", &account(role), "--", "/bin/sh", "-c", line]);
        self.run(command)
    }

    /// Runs a line of a shell as root, without sudo.
    pub(crate) fn root_shell(&self, line: &str) -> Ran {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", line]);
        self.run(command)
    }

    fn run(&self, mut command: Command) -> Ran {
        command.env_clear().current_dir("/");
        command.env("PATH", "/usr/bin:/bin").env("CXME", self.program()).env("LC_ALL", "C");
        for role in ROLES.into_iter().chain(OPERATORS) {
            command.env(role.to_uppercase(), account(role));
        }
        ran(&command.stdin(Stdio::null()).output().unwrap())
    }

    /// Makes the directory of the store for an account, as docs/operators.md says.
    pub(crate) fn make_state_directory(&self, role: &str) {
        fs::create_dir(STATE).unwrap();
        fs::set_permissions(STATE, fs::Permissions::from_mode(0o700)).unwrap();
        std::os::unix::fs::chown(STATE, Some(uid(role)), None).unwrap();
    }

    /// The accounts to which the directory of the store and what is in it belong.
    pub(crate) fn owners(&self) -> Vec<u32> {
        let files = fs::read_dir(STATE).unwrap().map(|entry| entry.unwrap().metadata().unwrap().uid());
        let mut owners: Vec<u32> = files.chain([fs::metadata(STATE).unwrap().uid()]).collect();
        owners.dedup();
        owners
    }

    /// The accounts to which the store itself and its companions belong.
    pub(crate) fn owners_of_the_store(&self) -> Vec<u32> {
        let entries = fs::read_dir(STATE).unwrap().map(|entry| entry.unwrap());
        let named = entries.filter(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            ["store.db", "store.db-wal", "store.db-shm", "store.db.lock"].contains(&name.as_str())
        });
        let mut owners: Vec<u32> = named.map(|entry| entry.metadata().unwrap().uid()).collect();
        owners.dedup();
        owners
    }

    /// Whether nothing is at the usual places.
    pub(crate) fn is_bare(&self) -> bool {
        !Path::new(STATE).exists() && !Path::new(CONFIG).exists()
    }

    /// Removes what is at the usual places.
    pub(crate) fn clear(&self) {
        for path in [STATE, CONFIG] {
            let _ = fs::remove_dir_all(path);
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.clear();
        remove_doas_rules();
        remove_accounts(std::process::id());
    }
}

impl Ran {
    #[track_caller]
    pub(crate) fn expect(self, status: i32) -> String {
        assert_eq!(self.status, status, "{}", self.said);
        self.said
    }
}

/// The name of an account of this run.
pub(crate) fn account(role: &str) -> String {
    account_of(role, std::process::id())
}

/// The number of an account of this run.
pub(crate) fn uid(role: &str) -> u32 {
    nix::unistd::User::from_name(&account(role)).unwrap().unwrap().uid.as_raw()
}

fn account_of(role: &str, process: u32) -> String {
    format!("cxt-{role}-{process}")
}

fn ran(output: &Output) -> Ran {
    let said = [output.stdout.as_slice(), &output.stderr].concat();
    Ran { status: output.status.code().unwrap_or(-1), said: String::from_utf8_lossy(&said).into_owned() }
}

fn rules_file(process: u32) -> PathBuf {
    Path::new(RULES).join(format!("{RULES_PREFIX}{process}"))
}

fn more_rules_file(process: u32) -> PathBuf {
    Path::new(RULES).join(format!("more-{RULES_PREFIX}{process}"))
}

fn add_account(role: &str) {
    let words = ["--system", "--user-group", "--no-create-home", "--shell", "/bin/sh", &account(role)];
    assert!(quiet("/usr/sbin/useradd", &words).success(), "useradd {role}");
}

fn remove_accounts(process: u32) {
    let _ = fs::remove_file(rules_file(process));
    let _ = fs::remove_file(more_rules_file(process));
    for role in ROLES.into_iter().chain(OPERATORS) {
        let _ = quiet("/usr/sbin/userdel", &[&account_of(role, process)]);
    }
}

fn remove_doas_rules() {
    if fs::read_to_string(DOAS_RULES).is_ok_and(|rules| rules.starts_with(DOAS_MARK)) {
        let _ = fs::remove_file(DOAS_RULES);
    }
}

/// Removes what runs left that were killed.
fn clean_up_after_the_dead() {
    remove_doas_rules();
    for entry in fs::read_dir(RULES).unwrap() {
        let name = entry.unwrap().file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(RULES_PREFIX)?.parse().ok());
        if let Some(process) = process.filter(|process| !Path::new(&format!("/proc/{process}")).exists()) {
            remove_accounts(process);
        }
    }
}

fn quiet(program: &str, words: &[&str]) -> std::process::ExitStatus {
    Command::new(program).args(words).stdin(Stdio::null()).stderr(Stdio::null()).status().unwrap()
}

fn lock() -> File {
    let mut options = fs::OpenOptions::new();
    #[expect(clippy::disallowed_methods, reason = "a file of the tests")]
    let file = options.write(true).create(true).truncate(false).mode(0o600).open(LOCK).unwrap();
    let deadline = Instant::now() + Duration::from_secs(120);
    while file.try_lock().is_err() {
        assert!(Instant::now() < deadline, "another run holds {LOCK}");
        std::thread::sleep(Duration::from_millis(50));
    }
    file
}

/// Says, past what libtest captures, that the kernel cannot do what a test is about.
pub(crate) fn skip_for_the_kernel(what: &str) {
    let _ = std::io::stderr().write_all(format!("tests/sudo.rs: skipped: {what}\n").as_bytes());
}

/// Whether a test can run here. Where not, it says so, past what libtest captures, and under CI it fails.
fn can(condition: bool, what: &str) -> bool {
    if !condition {
        #[expect(clippy::disallowed_methods, reason = "a switch of the tests, which the program never sees")]
        let is_ci = std::env::var_os("CI").is_some_and(|ci| ci == "true");
        assert!(!is_ci, "{what}: under CI that is a failure; tests/run as root sees to it");
        let _ = std::io::stderr().write_all(format!("tests/sudo.rs: skipped: {what}\n").as_bytes());
    }
    condition
}
