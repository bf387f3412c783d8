//! Completion in interactive shells: what TAB makes of a half-typed line is what the shell then runs. In the place of the
//! program runs one that prints its arguments, and has no answer when the script asks it for values (`completion_of_store.rs`).

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::harness::Shell;

/// What is typed after the name of the program, and the arguments that it is run with.
const LINES: &[(&str, &str)] = &[
    // Commands of each level.
    ("us\t\r", "<users>"),
    ("users set-p\t\r", "<users><set-password>"),
    ("us\tset-p\talice\r", "<users><set-password><alice>"),
    ("store b\tx\r", "<store><backup><x>"),
    // What help is wanted of.
    ("he\tusers set-p\t\r", "<help><users><set-password>"),
    ("users he\tset-p\t\r", "<users><help><set-password>"),
    ("help qx\t\r", "<help><qx>"),
    // Options of a command, global ones too, and behind another option.
    ("users set-password alice --stdi\t\r", "<users><set-password><alice><--stdin>"),
    ("users list --no-p\t\r", "<users><list><--no-password>"),
    ("users delete alice --dry\t\r", "<users><delete><alice><--dry-run>"),
    ("jobs show 1 --no-i\t\r", "<jobs><show><1><--no-input>"),
    ("-q users set\ta\r", "<-q><users><set-password><a>"),
    ("-o nd\twhoami\r", "<-o><ndjson><whoami>"),
    ("users show --no-i\t\r", "<users><show><--no-input>"),
    ("users delete --dry\t\r", "<users><delete><--dry-run>"),
    ("-o json jobs canc\t1\r", "<-o><json><jobs><cancel><1>"),
    // Values of options.
    ("users list --output nd\t\r", "<users><list><--output><ndjson>"),
    ("users list -o nd\t\r", "<users><list><-o><ndjson>"),
    ("users list --status lo\t\r", "<users><list><--status><locked>"),
    ("users list --sign-in sa\t\r", "<users><list><--sign-in><saml>"),
    ("users list --sort last\t\r", "<users><list><--sort><last-login>"),
    ("users list --columns locked\t\r", "<users><list><--columns><locked_until>"),
    ("users list --columns username,locked\t\r", "<users><list><--columns><username,locked_until>"),
    ("users import x --clear locale,locked\t\r", "<users><import><x><--clear><locale,locked_until>"),
    ("roles add x --allow view-u\t\r", "<roles><add><x><--allow><view-users>"),
    ("roles edit x --deny lock-users,view-u\t\r", "<roles><edit><x><--deny><lock-users,view-users>"),
    ("users import x --clear loca\t\r", "<users><import><x><--clear><locale>"),
    ("users add a@b.c --sign-in sa\t\r", "<users><add><a@b.c><--sign-in><saml>"),
    ("users edit a --sign-in sa\t\r", "<users><edit><a><--sign-in><saml>"),
    ("resets list --state rev\t\r", "<resets><list><--state><revoked>"),
    ("whoami --color nev\t\r", "<whoami><--color><never>"),
    ("users list --output=nd\t\r", "<users><list><--output=ndjson>"),
    ("users set-password a --generate=ch\t\r", "<users><set-password><a><--generate=characters>"),
    // Values of arguments.
    ("mail preview inv\t\r", "<mail><preview><invitation>"),
    ("completions fi\t\r", "<completions><fish>"),
    // Files, where one is meant.
    ("users import qx\t\r", "<users><import><qx list.txt>"),
    ("users import --update qx\t\r", "<users><import><--update><qx list.txt>"),
    ("store restore qx\t\r", "<store><restore><qx list.txt>"),
    ("users list --from qx\t\r", "<users><list><--from><qx list.txt>"),
    ("users set-password a --password-file qx\t\r", "<users><set-password><a><--password-file><qx list.txt>"),
    ("--config qx\twhoami\r", "<--config><qx list.txt><whoami>"),
    ("demo folder\ty\r", "<demo><folder-x/y>"),
    // No file, where something else is meant: users, jobs, roles, states, texts, numbers.
    ("users set-password qx\t\r", "<users><set-password><qx>"),
    ("users set-password a --generate wo\t\r", "<users><set-password><a><--generate><wo>"),
    ("users show qx\t\r", "<users><show><qx>"),
    ("users delete a qx\t\r", "<users><delete><a><qx>"),
    ("users list --role qx\t\r", "<users><list><--role><qx>"),
    ("users list --search qx\t\r", "<users><list><--search><qx>"),
    ("users list --status qx\t\r", "<users><list><--status><qx>"),
    ("users list --limit qx\t\r", "<users><list><--limit><qx>"),
    ("users lock a --reason qx\t\r", "<users><lock><a><--reason><qx>"),
    ("users send-reset --key qx\t\r", "<users><send-reset><--key><qx>"),
    ("users verify-password qx\t\r", "<users><verify-password><qx>"),
    ("jobs show qx\t\r", "<jobs><show><qx>"),
    ("jobs cancel qx\t\r", "<jobs><cancel><qx>"),
    ("resets list --state qx\t\r", "<resets><list><--state><qx>"),
    ("resets list --user qx\t\r", "<resets><list><--user><qx>"),
    ("mail test qx\t\r", "<mail><test><qx>"),
    ("mail queue --cancel qx\t\r", "<mail><queue><--cancel><qx>"),
    ("operators add qx\t\r", "<operators><add><qx>"),
    ("audit list --operator qx\t\r", "<audit><list><--operator><qx>"),
    // No hyphen, where users, jobs or accounts are expected.
    ("users lock \t\r", "<users><lock>"),
    ("users lock alice \t\r", "<users><lock><alice>"),
    ("users lock --dry-run \t\r", "<users><lock><--dry-run>"),
    ("jobs show \t\r", "<jobs><show>"),
    ("operators add \t\r", "<operators><add>"),
    ("qx\t\r", "<qx>"),
    ("users qx\t\r", "<users><qx>"),
];

/// Lines after which two TABs show everything there is to choose from: it is no file.
const SHOWS_NO_FILE: &[&str] = &[
    "users set-password ",
    "users delete alice ",
    "users list --role ",
    "users list --status ",
    "jobs show ",
    "jobs cancel ",
    "resets list --state ",
    "operators add ",
    "policy check --user ",
];

/// A shell with its script where it looks for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bash,
    BashWithCompletion,
    Zsh,
    Fish,
}

/// A home directory with the program that prints its arguments, and where lines are typed, a file and a directory.
pub(crate) fn directory() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("bin/cxme-admin");
    fs::create_dir_all(program.parent().unwrap()).unwrap();
    let refuses = "[ \"$1\" = __complete ] && { echo 'error: no such command'; exit 2; } >&2";
    fs::write(&program, format!("#!/bin/sh\n{refuses}\nprintf 'ran: '\nprintf '<%s>' \"$@\"\necho .\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let work = directory.path().join("work");
    fs::create_dir_all(work.join("folder-x")).unwrap();
    fs::write(work.join("qx list.txt"), "").unwrap();
    directory
}

fn script(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(name);
    fs::read_to_string(path).unwrap()
}

/// A shell in that directory, not yet at its prompt.
pub(crate) fn shell(kind: Kind, directory: &TempDir) -> Shell {
    let home = directory.path();
    let prompt = "PS1='ready> '\n";
    let rc = home.join("rc");
    let (name, arguments) = match kind {
        Kind::Bash | Kind::BashWithCompletion => ("bash", vec!["--rcfile", rc.to_str().unwrap(), "-i"]),
        Kind::Zsh => ("zsh", vec!["-i"]),
        Kind::Fish => ("fish", vec!["-i"]),
    };
    match kind {
        Kind::Bash => {
            fs::write(home.join("script"), script("cxme-admin.bash")).unwrap();
            fs::write(&rc, format!("{prompt}bind 'set enable-bracketed-paste off'\nsource ~/script\n")).unwrap();
        }
        Kind::BashWithCompletion => {
            let place = home.join("data/bash-completion/completions");
            fs::create_dir_all(&place).unwrap();
            fs::write(place.join("cxme-admin"), script("cxme-admin.bash")).unwrap();
            let loads = "source /usr/share/bash-completion/bash_completion\n";
            fs::write(&rc, format!("{prompt}bind 'set enable-bracketed-paste off'\n{loads}")).unwrap();
        }
        Kind::Zsh => {
            fs::create_dir_all(home.join("functions")).unwrap();
            fs::write(home.join("functions/_cxme-admin"), script("_cxme-admin")).unwrap();
            let functions = "fpath=(~/functions $fpath)\nautoload -U compinit\ncompinit -u -D\n";
            fs::write(home.join(".zshrc"), format!("{prompt}unsetopt beep prompt_sp\n{functions}")).unwrap();
        }
        Kind::Fish => {
            let config = home.join("config/fish");
            fs::create_dir_all(config.join("completions")).unwrap();
            fs::write(config.join("completions/cxme-admin.fish"), script("cxme-admin.fish")).unwrap();
            let rc = "function fish_prompt; echo -n 'ready> '; end\nfunction fish_greeting; end\n\
                      set -g fish_autosuggestion_enabled 0\nfunction fish_title; end\n";
            fs::write(config.join("config.fish"), rc).unwrap();
        }
    }
    let mut command = Command::new("setsid");
    command.arg("--ctty").arg(name).args(arguments).current_dir(home.join("work")).env_clear();
    command.env("PATH", format!("{}:/usr/bin:/bin", home.join("bin").display()));
    command.env("HOME", home).env("TERM", "dumb").env("LC_ALL", "C.UTF-8").env("PS1", "ready> ");
    command.env("XDG_CONFIG_HOME", home.join("config")).env("XDG_DATA_HOME", home.join("data"));
    Shell::begin(command)
}

/// Types lines, and gives those after which the program was not run as expected.
pub(crate) fn wrong_lines<'line>(
    shell: &mut Shell,
    lines: impl IntoIterator<Item = (&'line str, &'line str)>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for (typed, expected) in lines {
        shell.await_text("ready> ");
        shell.type_bytes(typed);
        shell.await_text("ran: ");
        let ran = shell.await_text(".\r\n");
        if ran != expected {
            wrong.push(format!("{typed:?}: {ran}, not {expected}"));
        }
    }
    wrong
}

/// Types all the lines, and then those after which the choices are shown.
fn complete_all(kind: Kind) {
    let directory = directory();
    let mut shell = shell(kind, &directory);
    let lines: Vec<(String, &str)> = LINES.iter().map(|(typed, ran)| (format!("cxme-admin {typed}"), *ran)).collect();
    let mut wrong = wrong_lines(&mut shell, lines.iter().map(|(typed, ran)| (typed.as_str(), *ran)));
    for typed in SHOWS_NO_FILE {
        shell.await_text("ready> ");
        // A menu takes the first Enter.
        shell.type_bytes(format!("cxme-admin {typed}\t\t\r\r"));
        let shown = shell.await_text("ran: ");
        shell.await_text(".\r\n");
        if ["qx list", "qx\\ list", "folder-x"].iter().any(|file| shown.contains(file)) {
            wrong.push(format!("{typed:?} offers files: {shown:?}"));
        }
    }
    shell.await_text("ready> ");
    shell.hang_up();
    assert!(wrong.is_empty(), "{kind:?}:\n  {}", wrong.join("\n  "));
}

#[test]
fn bash_completes_commands_options_and_values() {
    complete_all(Kind::Bash);
}

#[test]
fn bash_completes_the_same_with_bash_completion_which_finds_the_script_itself() {
    complete_all(Kind::BashWithCompletion);
}

#[test]
fn zsh_completes_commands_options_and_values() {
    complete_all(Kind::Zsh);
}

#[test]
fn fish_completes_commands_options_and_values() {
    complete_all(Kind::Fish);
}
