//! Ctrl-Z at any instant: the next writer does not wait for a process that is stopped.

use std::fmt::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::Child;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use nix::sys::signal::Signal;
use nix::sys::signal::kill;
use nix::sys::wait::WaitPidFlag;
use nix::sys::wait::WaitStatus;
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

use crate::world::DEADLINE;
use crate::world::World;
use crate::world::is_long;

/// The longest that another writer may wait.
const BOUND: Duration = Duration::from_millis(200);

const USERS: usize = 2_000;

/// A command in a process group of its own, as a shell starts it: in the group of the tests, a stop may be ignored
/// (setpgid(2), "orphaned process group").
fn start(world: &World, words: &[&str]) -> (Child, Pid) {
    let mut command = world.command(words);
    let child = command.process_group(0).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let process = Pid::from_raw(child.id().try_into().unwrap());
    (child, process)
}

/// Waits until the process is stopped (true) or has ended well.
fn is_stopped(process: Pid, words: &[&str]) -> bool {
    let began = Instant::now();
    loop {
        match waitpid(process, Some(WaitPidFlag::WUNTRACED | WaitPidFlag::WNOHANG)).unwrap() {
            WaitStatus::Stopped(_, signal) => {
                assert_eq!(signal, Signal::SIGTSTP);
                return true;
            }
            WaitStatus::Exited(_, code) => {
                assert_eq!(code, 0, "{words:?}");
                return false;
            }
            WaitStatus::StillAlive => {
                assert!(began.elapsed() < DEADLINE, "{words:?} neither stops nor ends");
                std::thread::sleep(Duration::from_millis(1));
            }
            other => panic!("{words:?}: {other:?}"),
        }
    }
}

/// Stops the command at instants that are spread over its time, `stops` times in all, running it again as often as needed.
/// Each time, somebody else writes.
fn stop_everywhere(world: &World, stops: u32, mut words: impl FnMut(u32) -> Vec<String>) {
    let (mut run, mut done) = (0, 0);
    let mut time = Duration::from_millis(100);
    while done < stops {
        assert!(run < stops * 4, "only {done} of {run} runs were stopped");
        let words = words(run);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        run += 1;
        let (_child, process) = start(world, &words);
        let began = Instant::now();
        let mut stopped = Duration::ZERO;
        loop {
            // Multiples of the golden ratio, which are spread evenly and meet no instant twice.
            let part = f64::from(done + run).mul_add(0.618_033_988_749_895, 0.0).fract();
            std::thread::sleep(time.mul_f64(part));
            kill(process, Signal::SIGTSTP).unwrap();
            if !is_stopped(process, &words) {
                break;
            }
            let other = world.sqlite();
            other.busy_timeout(Duration::from_secs(5)).unwrap();
            let since = Instant::now();
            other.execute_batch("BEGIN IMMEDIATE; COMMIT").unwrap();
            let waited = since.elapsed();
            assert!(waited < BOUND, "a writer waited {waited:?} at stop {done} of {words:?}");
            done += 1;
            kill(process, Signal::SIGCONT).unwrap();
            stopped += since.elapsed();
        }
        time = (began.elapsed() - stopped).max(Duration::from_millis(20));
    }
    world.assert_sound();
}

fn stops() -> u32 {
    if is_long() { 50 } else { 12 }
}

#[test]
fn an_import_that_is_stopped_at_any_instant_keeps_no_writer_waiting() {
    let world = World::new();
    let files = ["Anna", "Otto"].map(|name| {
        let mut rows = "email,name\n".to_owned();
        for user in 0..USERS {
            writeln!(rows, "u{user}@example.com,{name} {user}").unwrap();
        }
        let path = world.directory().join(format!("{name}.csv"));
        std::fs::write(&path, rows).unwrap();
        path.to_str().unwrap().to_owned()
    });
    stop_everywhere(&world, stops(), |run| {
        ["users", "import", "--update", &files[run as usize % 2]].map(str::to_owned).to_vec()
    });
}

#[test]
fn a_job_that_is_stopped_at_any_instant_keeps_no_writer_waiting() {
    let world = World::new();
    let mail = world.directory().join("mail");
    world.configure(&format!(
        "[mail]\nfrom = \"passwords@example.com\"\ntransport = \"file\"\n[mail.file]\ndirectory = \"{}\"\n\
         [reset]\nlink = \"https://reset.example.com/#{{code}}\"",
        mail.display()
    ));
    let mut rows = "email\n".to_owned();
    for user in 0..USERS / 10 {
        writeln!(rows, "u{user}@example.com").unwrap();
    }
    let file = world.directory().join("users.csv");
    std::fs::write(&file, rows).unwrap();
    world.done(&["users", "import", file.to_str().unwrap()]);
    stop_everywhere(&world, stops(), |_| {
        let words = ["users", "send-reset", "--all", "--yes", "--unless-sent-within", "0s"];
        words.map(str::to_owned).to_vec()
    });
}

#[test]
fn who_waits_for_a_writer_is_stopped_at_once() {
    let world = World::new();
    let holder = world.sqlite();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let words = ["users", "lock", "bob"];
    let (_child, process) = start(&world, &words);
    // Long enough to have come to the lock; before it, it is stopped all the same.
    std::thread::sleep(Duration::from_millis(500));
    kill(process, Signal::SIGTSTP).unwrap();
    let since = Instant::now();
    assert!(is_stopped(process, &words));
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
    holder.execute_batch("ROLLBACK").unwrap();
    kill(process, Signal::SIGCONT).unwrap();
    assert!(!is_stopped(process, &words));
}
