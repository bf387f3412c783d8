//! What is left of a password in the memory of the program that asked for it (CWE-316).

use std::fs;
use std::fs::File;
use std::net::TcpListener;
use std::os::unix::fs::FileExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use cxme_admin::process::terminal::ControllingTerminal;
use cxme_admin::process::terminal::Terminal as _;
use cxme_admin::secrets::HashParameters;
use cxme_admin::secrets::Hasher;
use cxme_admin::secrets::Password;
use nix::unistd::Pid;
use nix::unistd::Uid;
use tempfile::TempDir;

use crate::harness::Shell;
use crate::program;

/// No eight characters of it stand anywhere else. It is long, so that what a growing buffer would leave is seen.
const PASSWORD: &str = concat!(
    "u8jzPde0IgxLd6GncfBAepfJBd0Kh8oOOL8dKLzdocJ2isAjIhKtJ0RlgLKOmxgJTeKdNnFRIBXuDL7DxtpYlSXpfKtHF4vUCsMe",
    "hGAkWvj7FAc9QeWJKY40uvSwMFLZDe1f8rESQedUStPKR0CsTy4Qwb8DwkNhFdnXsiVpzz63FfkCzJr4i0B3JrTAwR4y9ojfljoQ",
    "oaF1LlqsajAIxNKu8iS2G8NPRVdD53X83RZJzzzzgEOzdmenCkhvMdgaKjIg8xNbe3nNyjOq9wMxEhh2FDEEtfjgVvVqE1SkHbn8"
);

/// Not a test but the program: asks for a password, hashes it, and waits twice, before and after it is dropped.
#[test]
#[ignore = "run by the other tests, at a terminal of their own"]
fn asks_and_forgets() {
    let mut terminal = ControllingTerminal::open(Duration::from_secs(60)).unwrap();
    // Gaps of every size, as in a program that has done something: a buffer that grows moves from one to the next.
    let mut blocks: Vec<Option<Vec<u8>>> = (0..4_000).map(|number| Some(vec![1; 8 << (number % 8)])).collect();
    blocks.iter_mut().step_by(3).for_each(|block| *block = None);
    let password = Password::new(terminal.ask_secret("Secret: ").unwrap()).unwrap();
    let parameters = HashParameters::new(19_456, 2, 1).unwrap();
    // All that a login does with it.
    Hasher::new(parameters).verify_nobody(&password);
    terminal.ask_line("Held: ").unwrap();
    drop(password);
    terminal.ask_line("Dropped: ").unwrap();
    drop(blocks);
}

/// How often the whole password, and any eight characters of it, stand in the writable memory of a process.
fn count(process: Pid) -> (usize, usize) {
    let memory = File::open(format!("/proc/{process}/mem")).unwrap();
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let mut is_first = [false; 256];
    for byte in PASSWORD.bytes() {
        is_first[usize::from(byte)] = true;
    }
    let (mut whole, mut parts, mut seen) = (0, 0, 0);
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let (from, to) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
        let [from, to] = [from, to].map(|address| u64::from_str_radix(address, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        // A page that cannot be read holds nothing.
        if memory.read_exact_at(&mut bytes, from).is_err() {
            continue;
        }
        seen += bytes.len();
        for at in (0..bytes.len()).filter(|at| is_first[usize::from(bytes[*at])]) {
            let rest = &bytes[at..];
            whole += usize::from(rest.starts_with(PASSWORD.as_bytes()));
            parts += usize::from(PASSWORD.as_bytes().windows(8).any(|part| rest.starts_with(part)));
        }
    }
    assert!(seen > 1 << 20, "only {seen} bytes could be read");
    (whole, parts)
}

/// The same while the password is held and after it was dropped, when it is typed as `keys`.
fn left(keys: &[u8]) -> [(usize, usize); 2] {
    let program = std::env::current_exe().unwrap();
    let mut shell = Shell::start();
    shell.type_line(&format!("{} --exact memory::asks_and_forgets --ignored --nocapture", program.display()));
    shell.await_text("Secret: ");
    shell.type_bytes(keys);
    shell.type_bytes(b"\r");
    let left = ["Held: ", "Dropped: "].map(|question| {
        shell.await_text(question);
        let counts = count(shell.foreground());
        shell.type_bytes(b"\r");
        counts
    });
    shell.await_shell();
    shell.hang_up();
    left
}

#[test]
fn a_password_is_absent_from_memory_when_it_was_used() {
    for keys in [
        PASSWORD.to_owned(),
        // With mistakes that were taken back, one by one and all at once.
        format!("{}yy\x7f\x7f{}", &PASSWORD[..212], &PASSWORD[212..]),
        format!("{PASSWORD}\x15{PASSWORD}"),
        format!("\x1b[200~{PASSWORD}\x1b[201~"),
        format!("\x1b[D{PASSWORD}\x1b[C"),
    ] {
        let [held, dropped] = left(keys.as_bytes());
        assert!(held.0 > 0, "{keys:?}: the search finds nothing at all");
        assert_eq!(dropped, (0, 0), "{keys:?}: (whole, parts) are left");
    }
}

#[test]
fn after_a_word_was_taken_back_the_whole_is_absent_and_only_a_beginning_may_stay() {
    // rpassword makes another buffer for Ctrl-W, which grows when more is typed (docs/security.md).
    let keys = format!("{} word\x17\x7f{}", &PASSWORD[..200], &PASSWORD[200..]);
    let [held, dropped] = left(keys.as_bytes());
    assert!(held.0 > 0);
    assert_eq!(dropped.0, 0);
}

/// A store whose user alice has another password, and whose notices go to a relay that never says anything: while one waits
/// for it, the command has done its work and is still there.
struct Stuck {
    directory: TempDir,
    relay: TcpListener,
}

impl Stuck {
    fn new() -> Self {
        let relay = TcpListener::bind("127.0.0.1:0").unwrap();
        let directory = tempfile::tempdir().unwrap();
        let config = format!(
            "[password.argon2]\nmemory_kib = 19456\niterations = 2\n[store]\npath = \"store.db\"\n\
             [mail]\nfrom = \"passwords@example.com\"\n\
             [mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n\
             [reset]\nlink = \"https://reset.example.com/#{{code}}\"\n",
            relay.local_addr().unwrap().port()
        );
        fs::write(directory.path().join("config.toml"), config).unwrap();
        for words in [&["init", "--yes"][..], &["users", "add", "alice@example.com", "--no-input"]] {
            assert!(program::run(directory.path(), words, "").status.success(), "{words:?}");
        }
        let set = ["users", "set-password", "alice", "--stdin", "--no-notify"];
        assert!(program::run(directory.path(), &set, program::NEXT).status.success());
        for (name, content) in [("one", PASSWORD.to_owned()), ("two", format!("{}\n{PASSWORD}", program::NEXT))] {
            fs::write(directory.path().join(name), content).unwrap();
            fs::set_permissions(directory.path().join(name), fs::Permissions::from_mode(0o600)).unwrap();
        }
        Self { directory, relay }
    }

    /// What is left of the password when the command waits for the relay.
    fn left(&self, words: &str, typed: &[(&str, &str)]) -> (usize, usize) {
        let mut shell = Shell::start();
        shell.type_line(&format!("cd {}", self.directory.path().display()));
        shell.await_shell();
        shell.type_line(&program::command(self.directory.path(), words));
        for (question, line) in typed {
            shell.await_text(question);
            shell.type_line(line);
        }
        let _waiting = self.relay.accept().unwrap();
        let left = count(shell.foreground());
        shell.type_bytes(b"\x03");
        shell.await_shell();
        shell.hang_up();
        left
    }
}

#[test]
fn a_command_that_still_waits_for_the_relay_has_forgotten_the_password() {
    // The program denies it to everybody else.
    if !Uid::effective().is_root() {
        return;
    }
    let old = program::NEXT;
    let (new, again) = (("New password: ", PASSWORD), ("Retype new password: ", PASSWORD));
    for (words, typed) in [
        ("users set-password alice", &[new, again][..]),
        ("users set-password alice --stdin < one", &[]),
        ("users set-password alice --password-file one", &[]),
        ("users change-password alice", &[("Old password: ", old), new, again]),
        ("users change-password alice --stdin < two", &[]),
    ] {
        let stuck = Stuck::new();
        assert_eq!(stuck.left(words, typed), (0, 0), "{words}: (whole, parts) are left");
    }
}
