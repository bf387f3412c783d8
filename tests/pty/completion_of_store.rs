//! Completion of what only the store knows, in interactive shells and on a store of its own. The program that the line runs prints its
//! arguments; the one that the shell asks at TAB is the real one.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;

use nix::fcntl::FcntlArg;
use nix::fcntl::OFlag;
use nix::fcntl::fcntl;
use nix::sys::signal::Signal;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::completion;
use crate::completion::Kind;
use crate::program;

/// The name of a role.
const EVIL: &str = r#"Evil $(touch pwned) `touch pwned` "q" 'q' ; & * ~ {a,b} !x \"#;

/// What is typed after the name of the program, and the arguments that it is run with.
const LINES: &[(&str, &str)] = &[
    ("users set-password ali\t\r", "<users><set-password><alice>"),
    ("us\tset-p\tali\t\r", "<users><set-password><alice>"),
    ("users show ali\tbo\t\r", "<users><show><alice><bob>"),
    ("users show zed\t\r", "<users><show><zed>"),
    ("users show -ze\t\r", "<users><show><-ze>"),
    // Addresses: bash divides words at the sign.
    ("users show bob@ex\t\r", "<users><show><bob@example.com>"),
    ("users show bob@\t\r", "<users><show><bob@example.com>"),
    ("users show alice bob@ex\t\r", "<users><show><alice><bob@example.com>"),
    ("users show o\\'brien@\t\r", "<users><show><o'brien@example.com>"),
    // Values of options, in each way of writing them.
    ("audit list --user ali\t\r", "<audit><list><--user><alice>"),
    ("users list --role Nig\t\r", "<users><list><--role><Night shift>"),
    ("users list --role=Nig\t\r", "<users><list><--role=Night shift>"),
    ("users list --role 'Nig\t\r", "<users><list><--role><Night shift>"),
    ("users list --role \"Nig\t\r", "<users><list><--role><Night shift>"),
    ("users list --role Night\\ s\t\r", "<users><list><--role><Night shift>"),
    ("roles show Nig\t\r", "<roles><show><Night shift>"),
    ("roles edit Nig\t--allow view-u\t\r", "<roles><edit><Night shift><--allow><view-users>"),
    ("roles add x --allow lock-users,view-u\t\r", "<roles><add><x><--allow><lock-users,view-users>"),
    ("jobs show \t\r", "<jobs><show><1>"),
    ("jobs wait \t\r", "<jobs><wait><1>"),
    ("audit list --action jobs\\ pau\t\r", "<audit><list><--action><jobs pause>"),
    // What the store holds is never run.
    ("roles show Ev\t\r", "<roles><show><EVIL>"),
    ("users list --role 'Ev\t\r", "<users><list><--role><EVIL>"),
    ("users list --role=Ev\t\r", "<users><list><--role=EVIL>"),
    ("users show evil\t\r", "<users><show><evil$(touch pwned)>"),
    ("users show ctrl\t\r", "<users><show><ctrl>"),
    // The store that the line names.
    ("-c ~/other.toml users show car\t\r", "<-c><HOME/other.toml><users><show><carla>"),
    ("users show --config ~/other.toml car\t\r", "<users><show><--config><HOME/other.toml><carla>"),
    ("-c ~/nothing.toml users show ali\t\r", "<-c><HOME/nothing.toml><users><show><ali>"),
];

/// Lines behind sudo, as shells complete them that know it.
const BEHIND_SUDO: &[(&str, &str)] = &[
    ("sudo cxme-admin users show ali\t\r", "<users><show><alice>"),
    ("sudo -u root cxme-admin users show bob@e\t\r", "<users><show><bob@example.com>"),
];

/// A home directory with two stores, and a program that asks the real one.
fn home() -> TempDir {
    let directory = completion::directory();
    let home = directory.path();
    let asks = format!("[ \"$1\" = __complete ] && exec {} \"$@\"", env!("CARGO_BIN_EXE_cxme-admin"));
    let program = format!("#!/bin/sh\n{asks}\nprintf 'ran: '\nprintf '<%s>' \"$@\"\necho .\n");
    fs::write(home.join("bin/cxme-admin"), program).unwrap();
    let sudo = home.join("bin/sudo");
    fs::write(&sudo, "#!/bin/sh\n[ \"$1\" = -u ] && shift 2\nexec \"$@\"\n").unwrap();
    fs::set_permissions(&sudo, fs::Permissions::from_mode(0o755)).unwrap();
    make_store(home, "other", &[("carla", "carla@example.com", "")]);
    fs::rename(home.join("config.toml"), home.join("other.toml")).unwrap();
    make_store(
        home,
        "store",
        &[
            ("alice", "alice@example.com", "Alice Adams"),
            ("bob", "bob@example.com", ""),
            ("carlos", "o'brien@example.com", ""),
            ("evil$(touch pwned)", "e@x.com", "Eve\n$(touch pwned)"),
            ("ctrl\nx", "c@x.com", ""),
            ("-zed", "z@x.com", ""),
        ],
    );
    run(home, &["roles", "add", "Night shift"]);
    run(home, &["roles", "add", EVIL]);
    run(home, &["users", "send-reset", "--search", "alice", "--yes", "--queue-only"]);
    let place = home.join("config/cxme-admin");
    fs::create_dir_all(&place).unwrap();
    fs::rename(home.join("config.toml"), place.join("config.toml")).unwrap();
    directory
}

fn run(home: &Path, words: &[&str]) {
    let ran = program::run(home, words, "");
    assert!(ran.status.success(), "{words:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

/// A store in the directory, with users whom no command would add.
fn make_store(home: &Path, name: &str, users: &[(&str, &str, &str)]) {
    let (store, mails, key) = (home.join(format!("{name}.db")), home.join("mail"), home.join(format!("{name}.key")));
    let config = format!(
        "[store]\npath = \"{}\"\n[mail]\nfrom = \"passwords@example.com\"\ntransport = \"file\"\n\
         [mail.file]\ndirectory = \"{}\"\n[reset]\nkey_file = \"{}\"\nlink = \"https://reset.example.com/#{{code}}\"\n",
        store.display(),
        mails.display(),
        key.display()
    );
    fs::write(home.join("config.toml"), config).unwrap();
    run(home, &["init", "--yes"]);
    let connection = Connection::open(&store).unwrap();
    for user in users {
        let sql = "INSERT INTO users (username, email, name, role_id, sign_in, created_at, updated_at)
                   VALUES (?1, ?2, ?3, 2, 'password', 0, 0)";
        connection.execute(sql, *user).unwrap();
    }
}

fn complete_all(kind: Kind) {
    let directory = home();
    let home = directory.path();
    let lines: Vec<(String, String)> = LINES
        .iter()
        .map(|(typed, ran)| {
            (format!("cxme-admin {typed}"), ran.replace("HOME", &home.to_string_lossy()).replace("EVIL", EVIL))
        })
        .collect();
    let mut shell = completion::shell(kind, &directory);
    let mut wrong =
        completion::wrong_lines(&mut shell, lines.iter().map(|(typed, ran)| (typed.as_str(), ran.as_str())));
    if kind != Kind::Bash {
        wrong.extend(completion::wrong_lines(&mut shell, BEHIND_SUDO.iter().copied()));
    }
    shell.await_text("ready> ");
    shell.hang_up();
    assert!(wrong.is_empty(), "{kind:?}:\n  {}", wrong.join("\n  "));
    let pwned = ["work/pwned", "pwned"].map(|name| home.join(name).exists());
    assert_eq!(pwned, [false, false], "a value of the store was run");
}

#[test]
fn bash_completes_what_the_store_knows() {
    complete_all(Kind::Bash);
}

#[test]
fn bash_with_bash_completion_completes_what_the_store_knows() {
    complete_all(Kind::BashWithCompletion);
}

#[test]
fn zsh_completes_what_the_store_knows() {
    complete_all(Kind::Zsh);
}

#[test]
fn fish_completes_what_the_store_knows() {
    complete_all(Kind::Fish);
}

#[test]
fn what_keeps_an_answer_for_long_ends_the_program() {
    let directory = home();
    // Its reader is asleep, and it is full.
    let (reader, mut writer) = std::io::pipe().unwrap();
    fcntl(&writer, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
    while writer.write(&[0; 4096]).is_ok() {}
    fcntl(&writer, FcntlArg::F_SETFL(OFlag::empty())).unwrap();
    let config = directory.path().join("config/cxme-admin/config.toml");
    let asked = Command::new(env!("CARGO_BIN_EXE_cxme-admin"))
        .args(["__complete", "zsh", "", "cxme-admin", "-c"])
        .arg(config)
        .args(["users", "show", ""])
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!((asked.status.signal(), asked.stderr), (Some(Signal::SIGALRM as i32), Vec::new()));
    drop(reader);
}
