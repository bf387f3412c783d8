//! A world to run commands in: a directory, a configuration, a store, accounts, a clock that stands still.
//!
//! `World::new().with_users("alice,bob").run("users list")`

mod account;
mod app;
mod run;
mod words;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use cxme_admin::clock::ScriptedClock;
use cxme_admin::domain::role::Permission;
use cxme_admin::domain::selection::Selection;
use cxme_admin::private_file::Rule;
use cxme_admin::process::ScriptedProcess;
use cxme_admin::process::SystemPaths;
use cxme_admin::process::resolver::Resolver;
use cxme_admin::process::sudo::SudoRights;
use cxme_admin::process::systemd::Systemd;
use cxme_admin::process::terminal::PromptError;
use cxme_admin::process::terminal::ScriptedTerminal;
use cxme_admin::random::ScriptedRandom;
use cxme_admin::store::Store;
use cxme_admin::store::open::ExpectedVersion;
use jiff::Timestamp;
use jiff::ToSpan as _;
use jiff::tz::TimeZone;
use strum::VariantArray as _;
use tempfile::TempDir;

pub(crate) use account::AsAccount;
pub(crate) use run::Run;
pub(crate) use words::words;

/// A password that meets the default policy.
pub(crate) const GOOD: &str = "quiet horse battery lantern";
/// Another one.
pub(crate) const OTHER: &str = "seven violet umbrellas whistle";

/// The words of all permissions, in order.
pub(crate) fn permission_words() -> Vec<&'static str> {
    Permission::VARIANTS.iter().map(|permission| permission.word()).collect()
}

/// Accounts of the machine that are not the one that runs the test.
pub(crate) const CAROL: u32 = 61_001;
pub(crate) const DAVE: u32 = 61_002;
/// Nobody adds them as an operator.
pub(crate) const MALLORY: u32 = 61_003;

/// The cheapest hash that the configuration takes.
const ARGON2: &str = "[password.argon2]\nmemory_kib = 19456\niterations = 2\n";

const ORGANIZATION: &str = r#"[organization]
name = "Example Travel"
help_contact = "help@example.com, extension 4711"
email_domains = ["example.com", "idp.example.com"]
"#;

const SAML: &str = "[saml]\nemail_domains = [\"idp.example.com\"]\ncontact = \"the identity team\"\n";

/// A directory with all that a command meets.
pub(crate) struct World {
    directory: TempDir,
    clock: ScriptedClock,
    seed: Cell<u64>,
}

/// A command about to be run.
pub(crate) struct Command<'world> {
    world: &'world World,
    script: ScriptedProcess,
}

/// The account that runs the test, and so owns its files.
pub(crate) fn me() -> u32 {
    // Also while it is [`AsAccount`] another one.
    nix::unistd::getuid().as_raw()
}

impl World {
    /// A world with a configuration and a store, whose first operator is the account that runs the test.
    pub(crate) fn new() -> Self {
        Self::with_rules("")
    }

    /// As [`World::new`], with these lines in the section `[password]`.
    pub(crate) fn with_rules(rules: &str) -> Self {
        let world = Self::empty();
        world.configure(rules);
        world.run("init --yes").expect_status(0);
        world
    }

    /// An empty directory.
    pub(crate) fn empty() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let clock = ScriptedClock::new("2026-11-24T08:00:00Z".parse().unwrap());
        Self { directory, clock, seed: Cell::new(1) }
    }

    /// Writes the configuration.
    pub(crate) fn configure(&self, rules: &str) {
        let store = format!("[store]\npath = \"{}\"\n", self.store().display());
        let text = format!("{ORGANIZATION}{store}[password]\n{rules}\n{ARGON2}{SAML}");
        self.write_config(&text);
    }

    /// Writes a configuration of one's own.
    pub(crate) fn write_config(&self, text: &str) {
        fs::create_dir_all(self.config().parent().unwrap()).unwrap();
        fs::write(self.config(), text).unwrap();
        fs::set_permissions(self.config(), fs::Permissions::from_mode(0o644)).unwrap();
    }

    /// A world whose mails become files in the directory `mail`.
    pub(crate) fn with_mail() -> Self {
        let world = Self::empty();
        world.configure_mail("");
        world.run("init --yes").expect_status(0);
        world
    }

    /// Lets mails become files, with these sections or keys of `[reset]` besides.
    pub(crate) fn configure_mail(&self, more: &str) {
        let mail = format!("transport = \"file\"\n[mail.file]\ndirectory = \"{}\"", self.path("mail").display());
        self.configure_transport(&mail, more);
    }

    /// Lets mails go to a relay on this machine.
    pub(crate) fn configure_relay(&self, port: u16) {
        let smtp = format!("[mail.smtp]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\nretry_for = \"0s\"");
        self.configure_transport(&smtp, "");
    }

    fn configure_transport(&self, transport: &str, more: &str) {
        self.configure("");
        let mut text = fs::read_to_string(self.config()).unwrap();
        text.push_str(&format!("[mail]\nfrom = \"passwords@example.com\"\n{transport}\n"));
        text.push_str(&format!("[reset]\nlink = \"https://reset.example.com/#{{code}}\"\n{more}\n"));
        self.write_config(&text);
    }

    /// The mails that became files, in the order of their numbers.
    pub(crate) fn mails(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path("mail")) else { return Vec::new() };
        let mut mails: Vec<(u64, String)> = entries
            .map(|entry| {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_str().unwrap();
                let number = name.split('.').next().unwrap().parse().unwrap();
                (number, fs::read_to_string(&path).unwrap())
            })
            .collect();
        mails.sort();
        mails.into_iter().map(|(_, mail)| mail).collect()
    }

    /// The code in the newest mail.
    pub(crate) fn newest_code(&self) -> String {
        code_in(self.mails().last().unwrap())
    }

    /// The same world with these users, `name` or `name:role`, joined by commas; their addresses are in example.com.
    pub(crate) fn with_users(self, users: &str) -> Self {
        let mut rows = "email,role,name\n".to_owned();
        for user in users.split(',') {
            let (name, role) = user.split_once(':').unwrap_or((user, ""));
            let capital = name[..1].to_uppercase();
            rows.push_str(&format!("{name}@example.com,{role},{capital}{} Example\n", &name[1..]));
        }
        self.command("users import -").stdin(rows).run().expect_status(0);
        self
    }

    /// The same world with a user who signs in with SAML: sam.
    pub(crate) fn with_saml_user(self) -> Self {
        self.run("users add sam@idp.example.com").expect_status(0);
        self
    }

    /// The same world, where the user has this password.
    pub(crate) fn with_password(self, user: &str, password: &str) -> Self {
        self.set_password(user, password);
        self
    }

    /// The same world with a role of one's own.
    pub(crate) fn with_role(self, name: &str, permissions: &str) -> Self {
        self.sql(&format!("INSERT INTO roles (name, built_in) VALUES ('{name}', 0)"));
        for permission in permissions.split_whitespace() {
            self.sql(&format!(
                "INSERT INTO role_permissions SELECT id, '{permission}' FROM roles WHERE name = '{name}'"
            ));
        }
        self
    }

    /// The same world with an operator more.
    pub(crate) fn with_operator(self, uid: u32, role: &str) -> Self {
        self.command("operators add")
            .argument(uid.to_string())
            .argument("--role")
            .argument(role)
            .run()
            .expect_status(0);
        self
    }

    /// Sets a password.
    pub(crate) fn set_password(&self, user: &str, password: &str) {
        self.command("users set-password --stdin --permanent --no-notify")
            .argument(user)
            .stdin(password)
            .run()
            .expect_status(0);
    }

    /// Whether `verify-password` accepts it.
    pub(crate) fn accepts(&self, user: &str, password: impl AsRef<[u8]>) -> bool {
        let run = self.command("users verify-password --stdin").argument(user).stdin(password).run();
        assert!([0, 1].contains(&run.status), "{run}");
        run.status == 0
    }

    /// Runs a command without a terminal.
    pub(crate) fn run(&self, command: &str) -> Run {
        self.command(command).run()
    }

    /// A command, with words as a shell takes them apart.
    pub(crate) fn command(&self, command: &str) -> Command<'_> {
        let mut script = ScriptedProcess::new(me(), "owner");
        script.names = accounts();
        script.arguments = words(command).into_iter().map(OsString::from).collect();
        let directory = |name: &str| self.path(name).into_os_string();
        script.environment.insert("XDG_CONFIG_HOME".into(), directory("config"));
        script.environment.insert("XDG_DATA_HOME".into(), directory("data"));
        script.environment.insert("HOME".into(), directory("home"));
        script.system = SystemPaths { config: self.config(), store: self.store() };
        Command { world: self, script }
    }

    /// A file in the directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The directory.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The store.
    pub(crate) fn store(&self) -> PathBuf {
        self.path("data/store.db")
    }

    /// The configuration.
    pub(crate) fn config(&self) -> PathBuf {
        self.path("config/cxme-admin/config.toml")
    }

    /// Writes a file that only its owner can read.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        self.file_with_mode(name, content, 0o600)
    }

    /// Writes a file of a mode.
    pub(crate) fn file_with_mode(&self, name: &str, content: impl AsRef<[u8]>, mode: u32) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    /// Changes the store behind the program's back.
    pub(crate) fn sql(&self, statements: &str) {
        rusqlite::Connection::open(self.store()).unwrap().execute_batch(statements).unwrap();
    }

    /// The first value of a query, as text; NULL is `-`.
    pub(crate) fn ask(&self, query: &str) -> String {
        let connection = rusqlite::Connection::open(self.store()).unwrap();
        let value: rusqlite::types::Value = connection.query_row(query, [], |row| row.get(0)).unwrap();
        match value {
            rusqlite::types::Value::Null => "-".to_owned(),
            rusqlite::types::Value::Integer(number) => number.to_string(),
            rusqlite::types::Value::Text(text) => text,
            other => format!("{other:?}"),
        }
    }

    /// The store, to be asked by its own functions.
    fn open_store(&self) -> Store {
        Store::open(&self.store(), &Rule::store(false), ExpectedVersion::Current).unwrap()
    }

    /// How many users there are.
    pub(crate) fn count_users(&self) -> u64 {
        self.open_store().read().unwrap().count_users(&Selection::default(), self.now()).unwrap()
    }

    /// How many jobs there are.
    pub(crate) fn count_jobs(&self) -> u64 {
        self.open_store().read().unwrap().count_jobs().unwrap()
    }

    /// How many operators there are.
    pub(crate) fn count_operators(&self) -> usize {
        self.open_store().read().unwrap().operators().unwrap().len()
    }

    /// The newest event: action, outcome, operator, authority, reason and details.
    pub(crate) fn newest_event(&self) -> String {
        let fields = "action || ' | ' || outcome || ' | ' || operator || ', ' || authority || ' | ' \
             || ifnull(reason, '-') || char(10) || ifnull(details, '-')";
        let event = self.ask(&format!("SELECT {fields} FROM events ORDER BY number DESC LIMIT 1"));
        self.without_paths(&event)
    }

    /// How many events there are.
    pub(crate) fn events(&self) -> u32 {
        self.ask("SELECT count(*) FROM events").parse().unwrap()
    }

    /// Moves the clock.
    pub(crate) fn wait(&self, seconds: i64) {
        self.clock.set(self.now() + seconds.seconds());
    }

    /// Sets the clock.
    pub(crate) fn set_clock(&self, now: Timestamp) {
        self.clock.set(now);
    }

    /// What the clock shows.
    pub(crate) fn now(&self) -> Timestamp {
        cxme_admin::clock::Clock::now(&self.clock)
    }

    /// The text with the directory and the account of this machine replaced.
    pub(crate) fn without_paths(&self, text: &str) -> String {
        let text = text.replace(&*self.directory().to_string_lossy(), "[DIR]");
        text.replace(&format!("(uid {})", me()), "(uid [ME])")
    }
}

impl<'world> Command<'world> {
    /// One argument more, as it is.
    pub(crate) fn argument(mut self, argument: impl Into<OsString>) -> Self {
        self.script.arguments.push(argument.into());
        self
    }

    /// Standard input.
    pub(crate) fn stdin(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.script.stdin = bytes.as_ref().to_vec();
        self
    }

    /// Every write to standard output fails.
    pub(crate) fn stdout_fails(mut self, kind: std::io::ErrorKind) -> Self {
        self.script.stdout_error = Some(kind);
        self
    }

    /// The streams are a terminal of 80 columns, which shows colours; nobody answers.
    pub(crate) fn at_terminal(mut self) -> Self {
        self.script.at_terminal = true;
        self
    }

    /// The streams are a terminal of so many columns.
    pub(crate) fn columns(mut self, columns: u16) -> Self {
        self.script.columns = columns;
        self.at_terminal()
    }

    /// At a terminal at which these lines are typed.
    pub(crate) fn typing<const N: usize>(self, answers: [&str; N]) -> Self {
        self.answering(answers.map(|answer| Ok(answer.to_owned())))
    }

    /// At a terminal that gives these answers or failures.
    pub(crate) fn answering(mut self, answers: impl IntoIterator<Item = Result<String, PromptError>>) -> Self {
        self.script.terminal = Some(ScriptedTerminal::new(answers));
        self.at_terminal()
    }

    /// A variable of the environment.
    pub(crate) fn variable(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.script.environment.insert(name.into(), value.into());
        self
    }

    /// The zone of the local times, as a POSIX rule.
    pub(crate) fn zone(mut self, rule: &str) -> Self {
        self.script.time_zone = TimeZone::posix(rule).unwrap();
        self
    }

    /// The effective uid.
    pub(crate) fn uid(mut self, uid: u32) -> Self {
        self.script.effective_uid = uid;
        self
    }

    /// Called through sudo by this account, as the owner of the store.
    pub(crate) fn sudo_by(self, uid: u32) -> Self {
        self.variable("SUDO_UID", uid.to_string())
    }

    /// Called through doas by the account of this name, as the owner of the store.
    pub(crate) fn doas_by(self, name: &str) -> Self {
        self.variable("DOAS_USER", name)
    }

    /// Called through pkexec by this account, as the owner of the store.
    pub(crate) fn pkexec_by(self, uid: u32) -> Self {
        self.variable("PKEXEC_UID", uid.to_string())
    }

    /// In a login session of this account.
    pub(crate) fn logged_in_as(mut self, uid: u32) -> Self {
        self.script.login_uid = Some(uid);
        self
    }

    /// On a machine whose own configuration and store are elsewhere.
    pub(crate) fn system(mut self, config: PathBuf, store: PathBuf) -> Self {
        self.script.system = SystemPaths { config, store };
        self
    }

    /// On a machine where the number has this name; `None`: where it has none.
    pub(crate) fn account(mut self, uid: u32, name: Option<&str>) -> Self {
        self.script.names.remove(&uid);
        self.script.names.extend(name.map(|name| (uid, name.to_owned())));
        self
    }

    /// On a machine whose directory server cannot be reached.
    pub(crate) fn directory_down(mut self) -> Self {
        self.script.is_directory_down = true;
        self
    }

    /// On a machine that looks up hosts so.
    pub(crate) fn resolver(
        mut self,
        look_up: impl Fn(&str) -> std::io::Result<Vec<std::net::IpAddr>> + Send + Sync + 'static,
    ) -> Self {
        self.script.resolver = Resolver::Scripted(Arc::new(look_up));
        self
    }

    /// On a machine where systemd runs, and systemctl prints this.
    pub(crate) fn systemctl_says(mut self, said: &str) -> Self {
        self.script.systemd = Systemd::Scripted(Some(said.to_owned()));
        self
    }

    /// What sudo says when it is asked.
    pub(crate) fn sudo_says(mut self, answer: SudoRights) -> Self {
        self.script.sudo = answer;
        self
    }

    /// Runs it.
    pub(crate) fn run(self) -> Run {
        let seed = self.world.seed.get();
        self.world.seed.set(seed + 1_000);
        let (clock, random) = (self.world.clock.clone(), ScriptedRandom::new(seed));
        let transcript = self.script.terminal.as_ref().map(ScriptedTerminal::transcript);
        let status = cxme_admin::cli::run(self.script.process(), Arc::new(clock), Arc::new(random));
        let asked = transcript.map(|transcript| transcript.borrow().clone()).unwrap_or_default();
        let (stdout, stderr) = (self.script.stdout.bytes(), self.script.stderr.bytes());
        let (plain_stdout, plain_stderr) = (run::without_styles(&stdout), run::without_styles(&stderr));
        Run {
            status,
            has_colour: plain_stdout != stdout || plain_stderr != stderr,
            stdout: plain_stdout,
            stderr: plain_stderr,
            asked,
            directory: self.world.directory().to_string_lossy().into_owned(),
        }
    }
}

/// The code in a mail's link.
pub(crate) fn code_in(mail: &str) -> String {
    let (_, rest) = mail.split_once("https://reset.example.com/#").unwrap();
    rest.chars().take(26).collect()
}

fn accounts() -> BTreeMap<u32, String> {
    let names = [(CAROL, "carol"), (DAVE, "dave"), (MALLORY, "mallory"), (me(), "owner")];
    // Some more whose name says nothing.
    let more = (61_010..61_100).map(|uid| (uid, uid.to_string()));
    names.map(|(uid, name)| (uid, name.to_owned())).into_iter().chain(more).collect()
}
