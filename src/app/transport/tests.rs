//! Where the relay's password comes from, and which way mails take.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::sync::Arc;

use super::*;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::config::ConfigEnv;
use crate::random::SystemRandom;

/// A private directory with a configuration in it.
struct Scratch(tempfile::TempDir);

impl Scratch {
    fn new(config: &str) -> Self {
        let scratch = Self(tempfile::tempdir().unwrap());
        scratch.write("config.toml", config.as_bytes(), 0o600);
        scratch
    }

    fn write(&self, name: &str, bytes: &[u8], mode: u32) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn setup(&self) -> Setup {
        let config = Config::load(&self.0.path().join("config.toml"), ConfigEnv::default()).unwrap();
        let store = self.0.path().join("store.db");
        Setup::new(Arc::new(config), store, 1000, "host", Arc::new(SystemClock), Arc::new(SystemRandom))
    }

    /// The relay's password, where the program logs in.
    fn password(&self) -> Result<Option<RelayPassword>, SetupError> {
        self.setup().relay_password_source().map(|source| source.read()).transpose()
    }

    /// The error of the relay's password, which is one of the configuration.
    fn refusal(&self) -> String {
        let error = self.password().unwrap_err();
        let of_configuration = match &error {
            SetupError::Configuration(_) | SetupError::Load(LoadError::File(_)) => true,
            SetupError::PasswordCommand { error, .. } => !error.is_shortage(),
            _ => false,
        };
        assert!(of_configuration, "{error:?}");
        error.to_string().replace(self.0.path().to_str().unwrap(), "[DIR]")
    }
}

/// A configuration that logs in to a relay with the password from `from`.
fn relay(from: &str) -> String {
    format!("mail.from = \"a@example.com\"\nmail.smtp = {{ host = \"localhost\", username = \"u\", {from} }}\n")
}

fn by_shell(script: &str) -> Scratch {
    Scratch::new(&relay(&format!("password_command = [\"/bin/sh\", \"-c\", '''{script}''', \"sentinel\"]")))
}

#[test]
fn without_a_login_there_is_no_password() {
    assert!(Scratch::new("").password().unwrap().is_none());
}

#[test]
fn a_private_file_holds_the_password_in_one_line() {
    let scratch = Scratch::new(&relay("password_file = \"relay\""));
    for bytes in [&b" pass word"[..], b" pass word\n", b" pass word\r\n"] {
        scratch.write("relay", bytes, 0o600);
        assert!(scratch.password().unwrap().unwrap().is(" pass word"));
    }
}

#[test]
fn a_file_that_is_loose_absent_or_no_password_is_refused_as_configuration() {
    let scratch = Scratch::new(&relay("password_file = \"relay\""));
    insta::assert_snapshot!(scratch.refusal(), @"[DIR]/relay: no such file: create it, or correct the path");
    scratch.write("relay", b"sentinel", 0o640);
    insta::assert_snapshot!(scratch.refusal(), @"[DIR]/relay: is group-readable (0640): use a file that only its owner may access");
    scratch.write("relay", b"sentinel\nsecond\n", 0o600);
    insta::assert_snapshot!(scratch.refusal(), @"[DIR]/relay: holds more than one line, and a password is one");
    for bytes in [&b""[..], b"\n", b"sentinel\0", b"sentinel\xff", &[b'x'; PASSWORD_FILE_LIMIT + 1]] {
        scratch.write("relay", bytes, 0o600);
        let refusal = scratch.refusal();
        assert!(refusal.starts_with("[DIR]/relay: ") && !refusal.contains("sentinel"), "{refusal}");
    }
}

#[test]
fn the_first_line_of_a_program_is_the_password() {
    for script in ["echo pass", "printf pass", "printf 'pass\\r\\n'", "echo pass; echo user; head -c 300000 /dev/zero"]
    {
        assert!(by_shell(script).password().unwrap().unwrap().is("pass"), "{script}");
    }
}

#[test]
fn no_shell_reads_the_command() {
    let scratch = Scratch::new(&relay("password_command = [\"/bin/echo\", \"$(id); x\"]"));
    assert!(scratch.password().unwrap().unwrap().is("$(id); x"));
}

#[test]
fn a_program_that_fails_is_told_by_name_and_status_and_nothing_that_it_said() {
    insta::assert_snapshot!(by_shell("echo sentinel; echo sentinel >&2; exit 3").refusal(), @"[mail.smtp] password_command: /bin/sh: ended with exit status: 3; run it yourself to see why");
    insta::assert_snapshot!(by_shell("echo sentinel; kill -9 $$").refusal(), @"[mail.smtp] password_command: /bin/sh: ended with signal: 9 (SIGKILL); run it yourself to see why");
    insta::assert_snapshot!(by_shell("echo; echo sentinel").refusal(), @"[mail.smtp] password_command: /bin/sh: holds no password");
    insta::assert_snapshot!(by_shell("head -c 70000 /dev/zero | tr '\\0' x").refusal(), @"[mail.smtp] password_command: /bin/sh: prints a first line of more than 65536 bytes");
    let absent = Scratch::new(&relay("password_command = [\"/absent/program\", \"sentinel\"]"));
    insta::assert_snapshot!(absent.refusal(), @"[mail.smtp] password_command: /absent/program: cannot be started: No such file or directory (os error 2)");
}

#[test]
fn a_program_that_others_could_exchange_is_not_run() {
    let parent = tempfile::tempdir().unwrap();
    let (directory, link) = (parent.path().join("bin"), parent.path().join("link"));
    let program = directory.join("give");
    fs::create_dir(&directory).unwrap();
    // By another process: a program that some thread of this one has open for writing cannot be started.
    let written = Command::new("cp").arg("/bin/true").arg(&program).status().unwrap();
    assert!(written.success());
    std::os::unix::fs::symlink(&program, &link).unwrap();
    let set_mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let command = |path: &Path| Scratch::new(&relay(&format!("password_command = [{:?}]", path.display().to_string())));
    let refusal = |path: &Path| command(path).refusal().replace(parent.path().to_str().unwrap(), "[BIN]");
    set_mode(&directory, 0o755);
    set_mode(&program, 0o755);
    for path in [&program, &link] {
        let started = command(path).refusal();
        assert!(started.ends_with("holds no password"), "{started}");
    }
    set_mode(&program, 0o777);
    insta::assert_snapshot!(refusal(&program), @"[mail.smtp] password_command: [BIN]/bin/give: [BIN]/bin/give: is world-writable (0777): use a file that only its owner may write to");
    set_mode(&program, 0o755);
    set_mode(&directory, 0o777);
    insta::assert_snapshot!(refusal(&link), @"[mail.smtp] password_command: [BIN]/link: [BIN]/bin/give: its directory [BIN]/bin is world-writable (0777): use a directory that only its owner may write in");
    if nix::unistd::geteuid().is_root() {
        set_mode(&directory, 0o755);
        std::os::unix::fs::chown(&program, Some(61_003), None).unwrap();
        insta::assert_snapshot!(refusal(&program), @"[mail.smtp] password_command: [BIN]/bin/give: [BIN]/bin/give: owned by uid 61003, not by root; refused because its owner could change it");
        std::os::unix::fs::chown(&program, Some(0), None).unwrap();
        std::os::unix::fs::lchown(&link, Some(61_003), None).unwrap();
        insta::assert_snapshot!(refusal(&link), @"[mail.smtp] password_command: [BIN]/link: [BIN]/link: owned by uid 61003, not by root; refused because its owner could change it");
    }
}

#[test]
fn the_program_reads_nothing_from_standard_input() {
    assert!(by_shell("cat; echo pass").password().unwrap().unwrap().is("pass"));
}

#[test]
fn the_way_is_the_one_that_is_named_and_none_without_a_sender() {
    let way = |config: &str| Scratch::new(config).setup().transport();
    assert!(way("").unwrap().is_none());
    assert!(way("mail.transport = \"sendmail\"\n").unwrap().is_none());
    let sender = "mail.from = \"a@example.com\"\n";
    let sendmail = way(&format!("{sender}mail.transport = \"sendmail\"\n")).unwrap();
    assert!(matches!(sendmail, Some(Transport::Sendmail(way)) if way == Sendmail::new("/usr/sbin/sendmail".into())));
    let scratch = Scratch::new(&format!("{sender}mail.transport = \"file\"\nmail.file.directory = \"out\"\n"));
    let expected = MailDirectory::new(scratch.0.path().join("out"));
    assert!(
        matches!(scratch.setup().transport().unwrap(), Some(Transport::Directory(directory)) if directory == expected)
    );
}
