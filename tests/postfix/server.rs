//! A complete Postfix for one test, with its own configuration, queue, users and log, in a directory that is removed
//! with it.
//!
//! It only accepts mail for [`DOMAIN`], and delivers it to maildirs; every other transport is disabled. Several run
//! at the same time: a Postfix is identified by its configuration directory, and shares nothing with another one that
//! has other queue and data directories. The machine's own Postfix, if there is one, is not touched.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::fs::chown;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use cxme_admin::domain::relay::LoginMethod;
use cxme_admin::domain::relay::Security;
use cxme_admin::mail::smtp::Login;
use cxme_admin::mail::smtp::Relay;
use cxme_admin::mail::transport::Transport;
use nix::sys::signal::Signal;
use nix::sys::signal::kill;
use nix::sys::signal::killpg;
use nix::unistd::Pid;
use nix::unistd::User;
use tempfile::TempDir;

use crate::certificate::Authority;
use crate::certificate::self_signed;
use crate::support::comes_true;
use crate::support::command;
use crate::support::does;
use crate::support::free_port;
use crate::support::said;

/// The domain for which it accepts mail.
pub(crate) const DOMAIN: &str = "example.com";
/// The account for logins.
pub(crate) const USERNAME: &str = "mailer";
/// Its password, which occurs in no other text.
pub(crate) const PASSWORD: &str = "Sentinel-Relay-51c7";

/// The owner of delivered mail: an account that no program runs as, because Postfix delivers neither as root nor as
/// itself.
const OWNER: u32 = 61_002;
/// Settings for a self-signed certificate.
pub(crate) const SELF_SIGNED: &str = "smtpd_tls_chain_files = $config_directory/self-signed.pem";
/// Settings with which only clients with a certificate of the same authority are accepted.
pub(crate) const KNOWN_CLIENTS: &str = "smtpd_tls_ask_ccert = yes\nsmtpd_tls_req_ccert = yes\n\
                                        smtpd_tls_CAfile = $config_directory/../ca.pem";

/// After this many seconds a server ends by itself, in case its test was killed.
const MAX_LIFETIME: &str = "300";

/// The services of a Postfix that receives and delivers mail, without chroots; see master(5).
const SERVICES: &str = "\
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
virtual unix - n n - - virtual
proxymap unix - - n - - proxymap
tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
";

/// The options of a server.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// The protection of connections.
    pub(crate) tls: Security,
    /// Whether sending requires a login.
    pub(crate) login: bool,
    /// Number of mailboxes besides `alice` and `bob`: `user0`, `user1` and so on.
    pub(crate) users: usize,
    /// Additional lines for main.cf.
    pub(crate) settings: &'static str,
}

impl Default for Options {
    fn default() -> Self {
        Self { tls: Security::StartTls, login: true, users: 0, settings: "" }
    }
}

/// A delivered mail: its mailbox, and its bytes with the line ends of SMTP.
pub(crate) type Delivered = (String, Vec<u8>);

pub(crate) struct Postfix {
    directory: TempDir,
    options: Options,
    master: PathBuf,
    port: u16,
}

impl Postfix {
    /// Starts a server, and returns when it accepts mail.
    pub(crate) fn start(options: Options) -> Self {
        // Not in `TMPDIR`, which the account postfix may not be able to enter.
        let directory = tempfile::Builder::new().prefix("cxme-admin-postfix-").tempdir_in("/tmp").unwrap();
        set_mode(directory.path(), 0o711);
        let mut server = Self { directory, options, master: PathBuf::new(), port: 0 };
        server.set_up();
        server.master =
            Path::new(does(&mut server.tool("postconf", &["-h", "daemon_directory"])).trim()).join("master");
        server.write_master();
        // Creates the directories of the queue. Not before each start: it would report partly written mails of a
        // stopped Postfix as errors.
        let checked = server.tool("postfix", &["check"]).output().unwrap();
        assert!(checked.status.success(), "postfix check: {}\n{}", said(&checked), server.log());
        // Another process may have taken the port meanwhile.
        let started = (0..5).any(|_| {
            server.port = free_port();
            server.write_master();
            server.try_to_restart()
        });
        let said = fs::read_to_string(server.path("said")).unwrap();
        assert!(started, "Postfix did not start: {said}\n{}", server.log());
        server
    }

    /// Starts it again on the same port, after [`Postfix::stop`].
    pub(crate) fn restart(&self) {
        assert!(self.try_to_restart(), "Postfix did not start again:\n{}", self.log());
    }

    fn try_to_restart(&self) -> bool {
        // Like `postfix start` after its check. With -w the server is ready when the command ends. The output goes to
        // a file, because reading a pipe would wait for all processes that have it open.
        let said = fs::File::create(self.path("said")).unwrap();
        let mut start = self.tool(&self.master, &["-w", "-e", MAX_LIFETIME]);
        start.stdout(Stdio::null()).stderr(said).status().unwrap().success()
    }

    /// Stops it like `postfix stop`, which takes a second at least; mails that it was delivering remain in its queue.
    pub(crate) fn stop(&self) {
        assert!(self.try_to_stop(), "Postfix did not stop:\n{}", self.log());
    }

    fn try_to_stop(&self) -> bool {
        // The file outlives the server; its lock shows whether the server runs.
        let Some(pid) = self.pid().filter(|_| !self.is_down()) else { return true };
        // The first process passes the signal on to its children.
        let _ = kill(pid, Signal::SIGTERM);
        comes_true(|| self.is_down()) || {
            let _ = killpg(pid, Signal::SIGKILL);
            comes_true(|| self.is_down())
        }
    }

    fn pid(&self) -> Option<Pid> {
        let text = fs::read_to_string(self.directory.path().join("queue/pid/master.pid")).ok()?;
        // The ids 0 and 1 would hit far more than this server.
        text.trim().parse().ok().filter(|pid| *pid > 1).map(Pid::from_raw)
    }

    fn is_down(&self) -> bool {
        let mut test = self.tool(&self.master, &["-t"]);
        test.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    }

    /// A program of Postfix with the configuration of this server.
    fn tool(&self, program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
        let mut tool = command(program);
        tool.arg("-c").arg(self.path("conf")).args(arguments);
        tool
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn set_up(&self) {
        for directory in ["conf", "conf/sasl", "queue", "data", "mail"] {
            fs::create_dir(self.path(directory)).unwrap();
            set_mode(&self.path(directory), 0o755);
        }
        let postfix = User::from_name("postfix").unwrap().unwrap();
        chown(self.path("data"), Some(postfix.uid.as_raw()), None).unwrap();
        chown(self.path("mail"), Some(OWNER), Some(OWNER)).unwrap();

        let authority = Authority::new();
        fs::write(self.ca_file(), authority.pem()).unwrap();
        fs::write(self.path("other-ca.pem"), Authority::new().pem()).unwrap();
        fs::write(self.path("conf/chain.pem"), authority.chain_for("localhost")).unwrap();
        fs::write(self.path("client.pem"), authority.chain_for("client.example.com")).unwrap();
        let [certificate, key] = self_signed("localhost");
        fs::write(self.path("self-signed.pem"), &certificate).unwrap();
        fs::write(self.path("conf/self-signed.pem"), key + &certificate).unwrap();
        for private in ["conf/chain.pem", "conf/self-signed.pem", "client.pem"] {
            set_mode(&self.path(private), 0o600);
        }
        fs::write(self.path("password"), PASSWORD).unwrap();
        set_mode(&self.path("password"), 0o600);

        let mailboxes = ["alice".to_owned(), "bob".to_owned()].into_iter();
        let mailboxes = mailboxes.chain((0..self.options.users).map(|number| format!("user{number}")));
        let users: String = mailboxes.map(|name| format!("{name}@{DOMAIN} {name}/\n")).collect();
        for (file, text) in [("conf/users", users), ("conf/main.cf", self.main())] {
            let mut file = fs::File::create(self.path(file)).unwrap();
            file.write_all(text.as_bytes()).unwrap();
            // Each program of Postfix waits a second or two before it reads a file that was written just now.
            file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
            file.set_permissions(Permissions::from_mode(0o644)).unwrap();
        }
        if self.options.login {
            self.set_up_login(&postfix);
        }
    }

    /// Cyrus SASL with its own password database; Debian's Postfix searches `smtpd.conf` in `sasl` beside main.cf.
    fn set_up_login(&self, postfix: &User) {
        let database = self.path("conf/sasl/sasldb2");
        let settings = format!(
            "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\nsasldb_path: {}\n",
            database.display()
        );
        fs::write(self.path("conf/sasl/smtpd.conf"), settings).unwrap();
        let mut set = command("saslpasswd2");
        set.args(["-p", "-c", "-u", DOMAIN, "-f"]).arg(&database).arg(USERNAME).stdin(Stdio::piped());
        let mut child = set.spawn().unwrap();
        child.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "{set:?}");
        chown(&database, None, Some(postfix.gid.as_raw())).unwrap();
        set_mode(&database, 0o640);
    }

    fn main(&self) -> String {
        let Options { tls, login, settings, .. } = self.options;
        let directory = self.directory.path().display();
        let level = match tls {
            Security::None => "none",
            Security::StartTls | Security::Implicit => "encrypt",
        };
        // Postfix's own settings for port 587, in Debian's master.cf.
        let login = if login {
            format!(
                "smtpd_sasl_auth_enable = yes\nsmtpd_sasl_local_domain = {DOMAIN}\ncyrus_sasl_config_path = \
                 {directory}/conf/sasl\nsmtpd_client_restrictions = permit_sasl_authenticated, reject\n"
            )
        } else {
            String::new()
        };
        format!(
            "compatibility_level = 3.6
config_directory = {directory}/conf
queue_directory = {directory}/queue
data_directory = {directory}/data
maillog_file = {directory}/log
maillog_file_prefixes = {directory}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
myhostname = mail.{DOMAIN}
mydestination =
alias_maps =
virtual_mailbox_domains = {DOMAIN}
virtual_mailbox_maps = texthash:{directory}/conf/users
virtual_mailbox_base = {directory}/mail
virtual_uid_maps = static:{OWNER}
virtual_gid_maps = static:{OWNER}
virtual_minimum_uid = {OWNER}
default_transport = error:no mail leaves
relay_transport = error:no mail leaves
local_transport = error:no mail leaves
disable_dns_lookups = yes
smtpd_peername_lookup = no
smtpd_tls_chain_files = {directory}/conf/chain.pem
smtpd_tls_security_level = {level}
{login}{settings}
"
        )
    }

    fn write_master(&self) {
        let wrapper = if self.options.tls == Security::Implicit { " -o smtpd_tls_wrappermode=yes" } else { "" };
        let services = format!("127.0.0.1:{} inet n - n - - smtpd{wrapper}\n{SERVICES}", self.port);
        fs::write(self.path("conf/master.cf"), services).unwrap();
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The certificate of its authority.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.path("ca.pem")
    }

    /// The certificate of another authority.
    pub(crate) fn other_ca_file(&self) -> PathBuf {
        self.path("other-ca.pem")
    }

    /// Its certificate with [`SELF_SIGNED`].
    pub(crate) fn self_signed_file(&self) -> PathBuf {
        self.path("self-signed.pem")
    }

    /// A client certificate of the same authority, and its key.
    pub(crate) fn client_file(&self) -> PathBuf {
        self.path("client.pem")
    }

    /// A client of the server, equal to [`Postfix::config`].
    pub(crate) fn relay(&self) -> Relay {
        let ca_file = self.ca_file();
        let ca_file = (self.options.tls != Security::None).then_some(ca_file.as_path());
        let mut relay = Relay::new("localhost", self.port, self.options.tls, ca_file).unwrap();
        relay.login = self.options.login.then(|| login(PASSWORD, LoginMethod::Auto));
        relay
    }

    /// The same as a transport for the outbox.
    pub(crate) fn transport(&self) -> Transport {
        Transport::Smtp(Box::new(self.relay()))
    }

    /// The sections `[mail]` and `[mail.smtp]` of a configuration that sends through it.
    pub(crate) fn config(&self) -> String {
        let Options { tls, login, .. } = self.options;
        let mut config = format!(
            "[mail]\nfrom = \"no-reply@{DOMAIN}\"\n\n[mail.smtp]\nhost = \"localhost\"\nport = {}\ntls = \"{}\"\n",
            self.port,
            tls.word()
        );
        if tls != Security::None {
            config += &format!("ca_file = \"{}\"\n", self.ca_file().display());
        }
        if login {
            config += &format!("username = \"{USERNAME}\"\npassword_file = \"{}\"\n", self.path("password").display());
        }
        config
    }

    /// The delivered mails, after its queue has become empty.
    pub(crate) fn delivered(&self) -> Vec<Delivered> {
        // In the order in which a mail passes through them, so that none is missed between two.
        let queues = ["queue/incoming", "queue/active", "queue/deferred"];
        let is_empty =
            || !queues.iter().flat_map(|queue| files_below(&self.path(queue))).any(|mail| is_complete(&mail));
        assert!(comes_true(is_empty), "the queue has not become empty:\n{}", self.log());
        let mut delivered = Vec::new();
        // `tmp` contains mails that Postfix was writing when it was stopped.
        let is_new = |path: &PathBuf| path.parent().unwrap().ends_with("new");
        for path in files_below(&self.path("mail")).into_iter().filter(is_new) {
            let mailbox = path.strip_prefix(self.path("mail")).unwrap().iter().next().unwrap();
            // In a maildir, lines end in LF.
            let content = String::from_utf8(fs::read(&path).unwrap()).unwrap().replace('\n', "\r\n");
            delivered.push((mailbox.to_str().unwrap().to_owned(), content.into_bytes()));
        }
        delivered
    }

    /// The number of mails in each mailbox.
    pub(crate) fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for (mailbox, _) in self.delivered() {
            *counts.entry(mailbox).or_default() += 1;
        }
        counts
    }

    /// Its log of all connections, after the last of them has ended.
    pub(crate) fn complete_log(&self) -> String {
        static MARKS: AtomicU32 = AtomicU32::new(0);
        let mark = format!("mark-{}", MARKS.fetch_add(1, Ordering::Relaxed));
        // All lines pass through one socket, so the lines before the mark are in the file when the mark is.
        does(&mut self.tool("postlog", &["-t", &mark, "so far"]));
        let is_complete = |log: &str| {
            let count = |what: &str| log.matches(&format!("]: {what} from ")).count();
            log.contains(&format!("{mark}[")) && count("connect") == count("disconnect")
        };
        assert!(comes_true(|| is_complete(&self.log())), "the log does not become whole:\n{}", self.log());
        self.log()
    }

    /// Number of connections.
    pub(crate) fn connections(&self) -> usize {
        self.complete_log().matches("]: connect from ").count()
    }

    /// Its log so far, which may lag behind.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        // A panic here would hide a panic of the test.
        self.try_to_stop();
    }
}

/// The login with a password.
pub(crate) fn login(password: &str, method: LoginMethod) -> Login {
    Login { username: USERNAME.to_owned(), password: password.to_owned().into(), method }
}

/// Sets the mode, whatever the umask is.
fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Whether Postfix has accepted a mail in the queue: then it makes the file executable. Other files were left when
/// Postfix was stopped while receiving.
fn is_complete(mail: &Path) -> bool {
    fs::metadata(mail).is_ok_and(|metadata| metadata.permissions().mode() & 0o100 != 0)
}

/// The files below a directory, some of which may disappear meanwhile.
fn files_below(directory: &Path) -> Vec<PathBuf> {
    let (mut files, mut directories) = (Vec::new(), vec![directory.to_owned()]);
    while let Some(directory) = directories.pop() {
        let Ok(entries) = fs::read_dir(directory) else { continue };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() { directories.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}
