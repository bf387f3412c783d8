//! Questions at a real terminal: whatever ends them, the terminal is as it was and nothing typed is left in it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

#[path = "pty/arguments.rs"]
mod arguments;
#[path = "pty/choice.rs"]
mod choice;
#[path = "pty/completion.rs"]
mod completion;
#[path = "pty/completion_of_store.rs"]
mod completion_of_store;
#[path = "pty/editing.rs"]
mod editing;
#[path = "pty/harness.rs"]
mod harness;
#[path = "pty/memory.rs"]
mod memory;
#[path = "pty/program.rs"]
mod program;
#[path = "pty/screens.rs"]
mod screens;
#[path = "pty/turn.rs"]
mod turn;
#[path = "pty/wait.rs"]
mod wait;

use std::process::Command;
use std::process::Output;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use cxme_admin::process::hardening::protect_memory;
use cxme_admin::process::terminal::ControllingTerminal;
use cxme_admin::process::terminal::PromptError;
use cxme_admin::process::terminal::Terminal;
use nix::sys::signal::Signal;
use nix::unistd::Uid;

use harness::Asking;
use harness::Shell;
use harness::await_state;
use harness::send;

/// Typed, and never to be seen or left behind.
const SENTINEL: &str = "zq7sentinel";

/// A failed libtest.
const REFUSED: &str = "101";

/// Long enough to be no reason for anything.
const PATIENT: Duration = Duration::from_secs(60);

/// Not a test but the program that the tests run: it asks twice and says what it got.
#[test]
#[ignore = "run by the other tests, at a terminal of their own"]
fn asks_twice() {
    #[expect(clippy::disallowed_methods, reason = "a test that runs itself has no other arguments")]
    let (what, patience) = (std::env::var("ASK").unwrap(), std::env::var("ANSWER_TIMEOUT").unwrap());
    if what == "hardened" {
        protect_memory().unwrap();
    }
    let ask = || {
        let mut terminal = ControllingTerminal::open(Duration::from_millis(patience.parse().unwrap()))?;
        if what == "choice" {
            let picked = terminal.choose("Which", &["one", "other"])?;
            return Ok([format!("{picked:?}"), String::new()]);
        }
        terminal.show("Two lines, please.\n")?;
        Ok::<_, PromptError>(if what == "lines" {
            [terminal.ask_line("First: ")?, terminal.ask_line("Second: ")?]
        } else {
            [terminal.ask_secret("First: ")?.to_string(), terminal.ask_secret("Second: ")?.to_string()]
        })
    };
    match ask() {
        Ok(answers) => println!("got {answers:?}."),
        Err(error) => panic!("refused: {error}."),
    }
}

fn asking(what: &str, patience: Duration) -> Asking {
    let program = std::env::current_exe().unwrap();
    let command = format!(
        "ASK={what} ANSWER_TIMEOUT={} {} --exact asks_twice --ignored --nocapture",
        patience.as_millis(),
        program.display()
    );
    Asking { command, first: "First: ", answer: "an answer", second: "Second: " }
}

fn secrets() -> Asking {
    asking("secrets", PATIENT)
}

/// The commands that every way to end them is tried on, at every moment.
fn commands() -> [Asking; 4] {
    [secrets(), asking("hardened", PATIENT), program::set_password(), program::change_password()]
}

/// When the blow falls.
#[derive(Debug, Clone, Copy)]
enum Moment {
    NothingTyped,
    HalfTyped,
    SecondQuestion,
}

const MOMENTS: [Moment; 3] = [Moment::NothingTyped, Moment::HalfTyped, Moment::SecondQuestion];

/// Lets a fresh shell run `asking` up to `moment`; also gives the settings that the terminal had before.
fn at(moment: Moment, asking: &Asking) -> (Shell, String) {
    let mut shell = Shell::start();
    let settings = shell.settings();
    shell.type_line(&asking.command);
    shell.await_text(asking.first);
    match moment {
        Moment::NothingTyped => {}
        Moment::HalfTyped => shell.type_bytes(SENTINEL),
        Moment::SecondQuestion => {
            shell.type_line(asking.answer);
            shell.await_text(asking.second);
        }
    }
    (shell, settings)
}

/// The program has ended as told, the terminal is as it was, and dash gets what is typed to dash and nothing else.
fn all_is_as_before(mut shell: Shell, settings: &str, status: &str, what: &str) {
    shell.await_shell();
    all_is_as_before_at_the_prompt(shell, settings, status, what);
}

fn all_is_as_before_at_the_prompt(mut shell: Shell, settings: &str, status: &str, what: &str) {
    assert_eq!(shell.value("$?"), status, "exit status after {what}:\n{}", shell.screen());
    assert_eq!(shell.settings(), settings, "settings after {what}:\n{}", shell.screen());
    assert!(!shell.screen().contains(SENTINEL), "shown after {what}:\n{}", shell.screen());
    shell.hang_up();
}

/// Ends the first question with `typed`, and gives the rest of the last line that the program says.
fn refusal_of(typed: &[u8]) -> String {
    let (mut shell, settings) = at(Moment::NothingTyped, &secrets());
    shell.type_bytes(typed);
    shell.await_text("refused: ");
    let reason = shell.await_text(".\r\n");
    all_is_as_before(shell, &settings, REFUSED, &format!("{:?}", String::from_utf8_lossy(typed)));
    reason
}

/// What the program gets when `typed` answers the first question.
fn answer_of(typed: &[u8]) -> String {
    let (mut shell, settings) = at(Moment::NothingTyped, &secrets());
    shell.type_bytes(typed);
    shell.await_text("Second: ");
    shell.type_line("second");
    shell.await_text("got [");
    let answer = shell.await_text(", \"second\"].");
    all_is_as_before(shell, &settings, "0", &format!("{:?}", String::from_utf8_lossy(typed)));
    answer
}

#[test]
fn ctrl_c_and_ctrl_backslash_end_the_program_by_their_signals() {
    for (key, status) in [(b"\x03", "130"), (b"\x1c", "131")] {
        for moment in MOMENTS {
            for asking in commands() {
                let (mut shell, settings) = at(moment, &asking);
                shell.type_bytes(key);
                all_is_as_before(shell, &settings, status, &format!("{key:?} at {moment:?} of {}", asking.command));
            }
        }
    }
    assert!(program::nothing_changed());
}

#[test]
fn a_question_with_echo_ends_as_sanely() {
    let asking = asking("lines", PATIENT);
    for (key, status) in [(b"\x03", "130"), (b"\x1c", "131")] {
        let (mut shell, settings) = at(Moment::SecondQuestion, &asking);
        shell.type_bytes(b"half");
        shell.type_bytes(key);
        all_is_as_before(shell, &settings, status, &format!("{key:?}"));
    }
    let (mut shell, settings) = at(Moment::SecondQuestion, &asking);
    shell.type_line("shown");
    shell.await_text("shown\r\n");
    shell.await_text("got [\"an answer\", \"shown\"].");
    all_is_as_before(shell, &settings, "0", "two lines");
    let (mut shell, settings) = at(Moment::NothingTyped, &asking);
    shell.type_bytes("wrong\x15caf\u{e9}x\x7f \u{1f40e}\r");
    shell.await_text("Second: ");
    shell.type_line("second");
    shell.await_text("got [\"caf\u{e9} \u{1f40e}\", \"second\"].");
    all_is_as_before(shell, &settings, "0", "an edited line");
}

#[test]
fn a_deadly_signal_ends_the_program_after_the_terminal_is_restored() {
    let signals = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGALRM];
    for signal in signals {
        for moment in MOMENTS {
            for asking in commands() {
                let (shell, settings) = at(moment, &asking);
                send(signal, shell.foreground());
                let status = (128 + signal as i32).to_string();
                all_is_as_before(shell, &settings, &status, &format!("{signal} at {moment:?} of {}", asking.command));
            }
        }
    }
    assert!(program::nothing_changed());
}

#[test]
fn a_signal_that_nobody_expects_ends_the_program_after_the_terminal_is_restored_too() {
    let signals = [
        Signal::SIGUSR1,
        Signal::SIGUSR2,
        Signal::SIGVTALRM,
        Signal::SIGPROF,
        Signal::SIGXCPU,
        Signal::SIGSTKFLT,
        Signal::SIGIO,
        Signal::SIGPWR,
    ];
    for signal in signals {
        let (shell, settings) = at(Moment::HalfTyped, &program::set_password());
        send(signal, shell.foreground());
        all_is_as_before(shell, &settings, &(128 + signal as i32).to_string(), signal.as_ref());
    }
    assert!(program::nothing_changed());
}

#[test]
fn ctrl_z_gives_the_terminal_to_the_shell_and_fg_asks_again() {
    for moment in MOMENTS {
        let (mut shell, settings) = at(moment, &secrets());
        shell.type_bytes(b"\x1a");
        shell.await_shell();
        assert_eq!(shell.settings(), settings, "stopped at {moment:?}");
        shell.type_line("fg");
        if !matches!(moment, Moment::SecondQuestion) {
            shell.await_text("First: ");
            shell.type_line("an answer");
        }
        shell.await_text("Second: ");
        shell.type_line("second");
        // What was typed before Ctrl-Z is no part of it.
        shell.await_text("got [\"an answer\", \"second\"].");
        all_is_as_before(shell, &settings, "0", &format!("Ctrl-Z and fg at {moment:?}"));
    }
}

#[test]
fn ctrl_z_without_a_shell_that_could_continue_the_program_only_asks_again() {
    let asking = secrets();
    let mut shell = Shell::start();
    // The program becomes the terminal's first process, as under `ssh -t host command`: a stop would be for ever.
    shell.type_line(&format!("exec env {}", asking.command));
    shell.await_text(asking.first);
    shell.type_bytes(b"\x1a");
    shell.await_text(asking.first);
    shell.type_line("first");
    shell.await_text(asking.second);
    shell.type_line("second");
    shell.await_text("got [\"first\", \"second\"].");
    shell.hang_up();
}

#[test]
fn a_stop_that_cannot_be_caught_is_made_good_when_the_program_goes_on() {
    // What is half typed then goes to the shell, as in every program: none is asked before SIGSTOP.
    let (mut shell, settings) = at(Moment::NothingTyped, &secrets());
    send(Signal::SIGSTOP, shell.foreground());
    shell.await_shell();
    shell.type_line("fg");
    shell.await_text("First: ");
    shell.type_line("first");
    shell.await_text("Second: ");
    shell.type_line("second");
    shell.await_text("got [\"first\", \"second\"].");
    all_is_as_before(shell, &settings, "0", "STOP and fg");
}

#[test]
fn a_program_killed_in_the_background_restores_a_terminal_that_is_still_as_it_set_it() {
    let (mut shell, settings) = at(Moment::NothingTyped, &secrets());
    let program = shell.foreground();
    send(Signal::SIGSTOP, program);
    shell.await_shell();
    send(Signal::SIGTERM, program);
    send(Signal::SIGCONT, program);
    await_state(program, "ZX");
    assert_eq!(shell.settings(), settings);
    shell.hang_up();
}

#[test]
fn a_program_started_in_the_background_waits_there_and_leaves_the_terminal_alone() {
    let mut shell = Shell::start();
    let settings = shell.settings();
    shell.type_line(&format!("{} >/dev/null &", secrets().command));
    shell.await_shell();
    let program = nix::unistd::Pid::from_raw(shell.value("$!").parse().unwrap());
    await_state(program, "T");
    assert_eq!(shell.settings(), settings);
    shell.type_line("fg >/dev/null");
    shell.await_text("First: ");
    shell.type_bytes(b"\x03");
    all_is_as_before(shell, &settings, "130", "fg");
}

#[test]
fn a_terminal_stopped_by_ctrl_s_does_not_keep_the_program_from_its_end() {
    let (mut shell, settings) = at(Moment::HalfTyped, &secrets());
    let program = shell.foreground();
    shell.type_bytes(b"\x13");
    send(Signal::SIGTERM, program);
    await_state(program, "ZX");
    shell.type_bytes(b"\x11");
    all_is_as_before(shell, &settings, "143", "Ctrl-S and TERM");
}

#[test]
fn a_signal_that_is_ignored_stays_ignored() {
    for (signal, name) in [(Signal::SIGHUP, "HUP"), (Signal::SIGINT, "INT")] {
        let mut shell = Shell::start();
        let settings = shell.settings();
        let asking = secrets();
        shell.type_line(&format!("(trap '' {name}; {})", asking.command));
        shell.await_text(asking.first);
        // The group: the subshell may be its leader, and ignores it as well.
        nix::sys::signal::killpg(shell.foreground(), signal).unwrap();
        shell.type_line("first");
        shell.await_text(asking.second);
        shell.type_line("second");
        shell.await_text("got [\"first\", \"second\"].");
        all_is_as_before(shell, &settings, "0", &format!("an ignored {name}"));
    }
}

#[test]
fn nobody_answers_in_time_and_nothing_typed_is_left() {
    for moment in MOMENTS {
        let (mut shell, settings) = at(moment, &asking("secrets", Duration::from_secs(1)));
        shell.await_text("refused: no answer within 1 second.");
        all_is_as_before(shell, &settings, REFUSED, &format!("no answer at {moment:?}"));
    }
}

#[test]
fn a_terminal_that_is_closed_ends_the_question() {
    for ignore in ["", "trap '' HUP; "] {
        let mut shell = Shell::start();
        let asking = secrets();
        shell.type_line(&format!("({ignore}exec env {})", asking.command));
        shell.await_text(asking.first);
        let program = shell.foreground();
        shell.hang_up();
        await_state(program, "ZX");
    }
}

#[test]
fn ctrl_d_is_no_answer_even_after_text() {
    assert!(refusal_of(b"\x04").starts_with("the input ended before Enter"));
    assert!(refusal_of(b"zq7sentinel\x04").starts_with("the input ended before Enter"));
}

#[test]
fn bytes_that_are_not_utf8_are_refused_at_once() {
    let (mut shell, settings) = at(Moment::NothingTyped, &secrets());
    let enter = Instant::now();
    shell.type_bytes(b"caf\xe9\r");
    shell.await_text("refused: the input is not UTF-8");
    assert!(enter.elapsed() < Duration::from_secs(1));
    all_is_as_before(shell, &settings, REFUSED, "Latin-1");
}

#[test]
fn every_byte_of_a_line_is_kept() {
    assert_eq!(answer_of(b" a\0b\tc \r"), r#"" a\0b\tc ""#);
    assert_eq!(answer_of("häß 🐎\r".as_bytes()), r#""häß 🐎""#);
    assert_eq!(answer_of(b"\r"), r#""""#);
}

#[test]
fn a_line_can_be_corrected() {
    assert_eq!(answer_of(b"wrong\x15righ!\x7ft\r"), r#""right""#);
}

#[test]
fn a_line_that_the_kernel_cuts_is_refused() {
    assert_eq!(answer_of(&[&[b'a'; 4094][..], b"\r"].concat()).len(), 4094 + 2);
    for length in [4095, 4096, 5000, 9000] {
        let typed = [vec![b'a'; length], b"\r".to_vec()].concat();
        assert_eq!(refusal_of(&typed), "the line is too long: at most 4094 bytes", "{length} bytes");
    }
}

#[test]
fn a_pasted_line_is_taken_without_the_markers_of_the_paste() {
    assert_eq!(answer_of(b"\x1b[200~pasted\x1b[201~\r"), r#""pasted""#);
}

#[test]
fn pasted_lines_are_neither_answer_nor_confirmation() {
    for typed in [
        "first\rzq7sentinel\r",
        "first\rzq7sentinel",
        "zq7sentinel\rzq7sentinel\r",
        "\x1b[200~first\rzq7sentinel\x1b[201~",
        "\x1b[200~first\rzq7sentinel\x1b[201~\r",
    ] {
        assert!(refusal_of(typed.as_bytes()).starts_with("the paste holds a line break"), "{typed:?}");
    }
}

/// A code, and in the next line the password: it neither shows nor reaches the shell.
#[test]
fn a_paste_behind_a_visible_line_does_not_show_and_is_dropped() {
    let long = format!("{}{SENTINEL}\r{SENTINEL}", "x".repeat(30_000));
    for typed in [
        format!("first\r{SENTINEL}\r"),
        format!("first\r{SENTINEL}"),
        format!("first\r{long}\r"),
        format!("\x1b[200~first\r{SENTINEL}\r\x1b[201~"),
    ] {
        let (mut shell, settings) = at(Moment::NothingTyped, &asking("lines", PATIENT));
        shell.type_bytes(&typed);
        shell.await_text("refused: the paste holds a line break");
        all_is_as_before(shell, &settings, REFUSED, "a paste");
    }
}

#[test]
fn what_was_typed_before_the_question_does_not_answer_it() {
    let asking = secrets();
    let mut shell = Shell::start();
    let settings = shell.settings();
    shell.type_bytes(format!("{}\rahead\r", asking.command));
    shell.await_text(asking.first);
    shell.type_line("first");
    shell.await_text(asking.second);
    shell.type_line("second");
    shell.await_text("got [\"first\", \"second\"].");
    all_is_as_before(shell, &settings, "0", "typing ahead");
}

/// Runs a command that must end within a second; on a busy machine, in one of three tries.
fn at_once(command: &mut Command) -> Output {
    let mut run = || {
        let began = Instant::now();
        (command.stdin(Stdio::null()).output().unwrap(), began.elapsed())
    };
    let quickest = [run(), run(), run()].into_iter().min_by_key(|(_, took)| *took).unwrap();
    assert!(quickest.1 < Duration::from_secs(1), "{:?}", quickest.1);
    quickest.0
}

#[test]
fn without_a_terminal_there_is_a_refusal_and_no_waiting() {
    let mut command = Command::new("setsid");
    command
        .arg("-w")
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "asks_twice", "--ignored", "--nocapture"])
        .env("ASK", "secrets")
        .env("ANSWER_TIMEOUT", "60000");
    let output = at_once(&mut command);
    assert_eq!(output.status.code(), Some(101));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("refused: there is no terminal to ask at."), "{said}");
}

#[test]
fn a_hardened_program_leaves_no_core_and_shows_its_memory_to_nobody_of_its_own_account() {
    // Root may look at everybody: as root, the program and who peeks are both `nobody`, who must be able to reach it.
    let directory = tempfile::tempdir().unwrap();
    let (mut account, mut program) = (Vec::new(), std::env::current_exe().unwrap());
    if Uid::effective().is_root() {
        account.extend(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]);
        std::fs::set_permissions(directory.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
        program = directory.path().join("program");
        std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    }
    let peek = |process: nix::unistd::Pid| {
        // The kernel asks of a reader of this file no more than of a debugger that attaches.
        let words = account.iter().copied().chain(["cat"]).map(str::to_owned);
        let words: Vec<String> = words.chain([format!("/proc/{process}/auxv")]).collect();
        Command::new(&words[0]).args(&words[1..]).output().unwrap().status.success()
    };
    for (what, hardened) in [("secrets", false), ("hardened", true)] {
        let mut shell = Shell::start();
        shell.type_line(&format!("cd {} && ulimit -c unlimited || ulimit -c hard", directory.path().display()));
        shell.await_shell();
        shell.type_line(&format!(
            "ASK={what} ANSWER_TIMEOUT=60000 {} {} --exact asks_twice --ignored --nocapture",
            account.join(" "),
            program.display()
        ));
        shell.await_text("First: ");
        let process = shell.foreground();
        assert_eq!(peek(process), !hardened, "peeking at {what}");
        if hardened {
            let limits = std::fs::read_to_string(format!("/proc/{process}/limits")).unwrap();
            let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
            assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
            // As SIGSEGV, of which the Rust runtime takes the first one.
            send(Signal::SIGABRT, process);
            // dash would add "(core dumped)".
            shell.await_text("Aborted\r\n");
            assert_eq!(
                std::fs::read_dir(directory.path()).unwrap().count(),
                account.len().min(1),
                "no file but the program"
            );
        }
        shell.hang_up();
    }
}

/// Types `lines` at the questions of `words`, and checks the exit status.
fn program_ends(words: &str, lines: &[(&str, &[u8])], status: &str) -> String {
    let mut shell = Shell::start();
    let settings = shell.settings();
    shell.type_line(&program::typed(words));
    for (question, line) in lines {
        shell.await_text(question);
        shell.type_bytes(line);
    }
    shell.await_shell();
    let screen = shell.screen();
    all_is_as_before_at_the_prompt(shell, &settings, status, words);
    assert!(program::nothing_changed(), "{words}");
    screen
}

#[test]
fn three_entries_that_differ_end_set_password() {
    let (first, second) = ("New password: ", "Retype new password: ");
    let good = format!("{}\r", program::NEXT);
    let lines = [(first, good.as_bytes()), (second, b"another good passphrase\r")].repeat(3);
    let screen = program_ends("users set-password alice", &lines, "65");
    assert!(screen.contains("no acceptable password in three tries; nothing was changed"), "{screen}");
}

#[test]
fn set_password_takes_no_bytes_that_are_not_utf8_no_nul_and_no_end_of_input() {
    let question = "New password: ";
    let screen = program_ends("users set-password alice", &[(question, b"caf\xe9 zq7sentinel\r")], "65");
    assert!(screen.contains("not UTF-8"), "{screen}");
    program_ends("users set-password alice", &[(question, b"zq7sentinel and more\x04\x04")], "74");
    let nul: (&str, &[u8]) = (question, b"zq7sentinel\0 and more\r");
    let screen = program_ends("users set-password alice", &[nul; 3], "65");
    assert!(screen.contains("NUL"), "{screen}");
}

#[test]
fn a_question_before_deleting_takes_ctrl_c_and_no() {
    program_ends("users delete alice", &[("permanently? [y/N] ", b"\x03")], "130");
    program_ends("users delete alice", &[("permanently? [y/N] ", b"n\r")], "65");
    program_ends("users delete alice", &[("permanently? [y/N] ", b"\x04")], "74");
}

#[test]
fn a_password_on_standard_input_is_not_read_from_a_terminal() {
    let screen = program_ends("users set-password alice --stdin", &[], "2");
    assert!(screen.contains("standard input is a terminal"), "{screen}");
}

#[test]
fn set_password_without_a_terminal_fails_at_once_and_says_what_to_give() {
    let words = program::typed("users set-password alice");
    let output = at_once(Command::new("setsid").arg("-w").args(words.split(' ')));
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("--stdin") && said.contains("--generate"), "{said}");
}
