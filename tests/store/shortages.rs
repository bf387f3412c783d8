//! A process that may have little: few descriptors, no threads, little memory, small files.

use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::os::unix::fs::lchown;
use std::path::Path;

use crate::own_mounts::Disk;
use crate::own_mounts::FileSystem;
use crate::own_mounts::empty;
use crate::own_mounts::fill;
use crate::own_mounts::in_own_mounts;
use crate::own_mounts::mount;
use crate::world::PASSWORD;
use crate::world::Ran;
use crate::world::World;
use crate::world::can_be_root;
use crate::world::finish;
use crate::world::mode;
use crate::world::set_mode;

/// A world with a mail to everybody that waits; nobody listens where the mails go.
fn world() -> World {
    let world = World::new();
    configure(&world);
    world.done(&["users", "send-reset", "--all", "--queue-only", "--yes"]);
    world
}

fn configure(world: &World) {
    world.configure(
        "[mail]\nfrom = \"accounts@example.com\"\n[mail.smtp]\nhost = \"localhost\"\nport = 1\ntls = \"none\"\nretry_for = \"0s\"\n\
         [reset]\nlink = \"https://reset.example.com/#{code}\"\n",
    );
}

/// Runs a command under a limit of the shell, such as `-n 12`.
fn limited(world: &World, limit: &str, words: &[&str], input: &str) -> Ran {
    let script = format!("ulimit {limit} || exit 99; exec \"$@\"");
    finish(world.under(&["sh", "-c", &script, "sh"], words), input)
}

/// The first line of what it said.
fn said(ran: &Ran) -> &str {
    ran.stderr.lines().next().unwrap_or_default()
}

#[test]
fn cron_is_told_at_once_and_then_once_an_hour_that_too_few_files_can_be_opened() {
    let world = world();
    let refused = |limit: u32, words: &[&str]| {
        let ran = limited(&world, &format!("-n {limit}"), words, "");
        (ran.code == Some(75) && ran.stderr.contains("open enough files")).then_some(ran)
    };
    let limit = (8..40).find(|limit| refused(*limit, &["jobs", "run", "-v"]).is_some()).unwrap();
    let first = refused(limit, &["jobs", "run"]).unwrap();
    assert!(first.stderr.contains("hint: raise the limit of open files (`ulimit -n`"), "{first:?}");
    let second = limited(&world, &format!("-n {limit}"), &["jobs", "run"], "");
    assert_eq!((second.code, second.stderr.as_str()), (Some(75), ""));
    // With fewer ones not even the configuration can be read: nothing is wrong with that.
    for few in 4..limit {
        let ran = limited(&world, &format!("-n {few}"), &["jobs", "run"], "");
        assert!(ran.stderr.is_empty() || ran.stderr.contains("Too many open files"), "{few}: {ran:?}");
        assert_eq!(ran.code, Some(if ran.stderr.contains("libgcc") { 127 } else { 75 }), "{few}: {ran:?}");
    }
}

/// Whatever the umask takes away, a file is of use to its owner.
#[test]
fn no_umask_takes_a_file_from_its_owner() {
    let world = World::without_store();
    configure(&world);
    let masked =
        |words: &[&str]| finish(world.under(&["sh", "-c", "umask 0777; exec \"$@\"", "sh"], words), "").done(words);
    masked(&["init", "--yes"]);
    masked(&["users", "add", "alice@example.com", "--name", "Alice"]);
    masked(&["users", "send-reset", "--all", "--queue-only", "--yes"]);
    let ran = finish(world.under(&["sh", "-c", "umask 0777; exec \"$@\"", "sh"], &["jobs", "run"]), "");
    assert_eq!(ran.code, Some(75), "nobody listens: {ran:?}");
    let names = world.names();
    assert!(names.contains(&"store.db.lock".to_owned()), "{names:?}");
    for name in names {
        assert_eq!(mode(&world.state().join(&name)), 0o600, "{name}");
    }
}

/// The file of locks that an older program created under such an umask.
#[test]
fn a_file_of_locks_that_its_owner_may_not_open_gets_its_mode_again() {
    if !can_be_root() {
        return;
    }
    let world = world();
    assert_eq!(world.run(&["jobs", "run"]).code, Some(75), "nobody listens");
    let lock = world.state().join("store.db.lock");
    // root works with the rights of this account, and could open everything with its own.
    for path in [world.state(), world.store(), world.state().join("reset.key"), lock.clone()] {
        lchown(&path, Some(1234), Some(1234)).unwrap();
    }
    set_mode(world.directory(), 0o711);
    set_mode(&lock, 0);
    let ran = world.run(&["jobs", "run"]);
    assert_eq!(ran.code, Some(75), "nobody listens: {ran:?}");
    assert_eq!(mode(&lock), 0o600);
}

/// Commands of each kind, with what they read.
const COMMANDS: [(&[&str], &str); 6] = [
    (&["users", "list"], ""),
    (&["users", "set-password", "alice", "--stdin", "--permanent"], PASSWORD),
    (&["users", "verify-password", "alice", "--stdin"], PASSWORD),
    (&["jobs", "run", "-v"], ""),
    (&["users", "send-reset", "bob", "--unless-sent-within", "0s"], ""),
    (&["store", "check"], ""),
];

#[test]
fn little_memory_ends_nothing_by_a_signal_or_a_panic() {
    let world = world();
    for option in ["-v", "-d"] {
        let run = |kib: u32, words: &[&str], input: &str| limited(&world, &format!("{option} {kib}"), words, input);
        // Below this the program cannot even be loaded.
        let least = (1_000..200_000).step_by(1_000).find(|kib| run(*kib, &["--version"], "").code == Some(0)).unwrap();
        let mut refused = 0;
        for kib in (least..least + 60_000).step_by(10_000) {
            for (words, input) in COMMANDS {
                let ran = run(kib, words, input);
                assert!(ran.code.is_some_and(|code| code != 70), "{option} {kib}: {words:?}: {ran:?}");
                assert!(!ran.stderr.contains("panicked"), "{option} {kib}: {words:?}: {ran:?}");
                refused += u32::from(ran.code == Some(75) && ran.stderr.contains("not enough memory"));
            }
        }
        assert!(refused > 0, "{option}");
    }
}

/// The hash takes most of the memory of the command, and what counts a wrong password comes after it.
#[test]
fn a_wrong_password_is_counted_or_not_looked_at_however_little_memory_there_is() {
    let world = World::new();
    world.configure("");
    world.set_password().done(&["set-password"]);
    let count = || -> i64 {
        world.sqlite().query_row("SELECT ifnull(sum(count), 0) FROM sign_in_failures", [], |row| row.get(0)).unwrap()
    };
    for option in ["-d", "-v"] {
        let verify = |kib: u32| {
            let words = ["users", "verify-password", "alice", "--stdin"];
            let before = count();
            let ran = limited(&world, &format!("{option} {kib}"), &words, "a wrong password of alice");
            let is_wrong = ran.code == Some(1) && ran.stderr.is_empty();
            assert_eq!(count() - before, i64::from(is_wrong), "{option} {kib}: {ran:?}");
            assert!(is_wrong || [75, 127].map(Some).contains(&ran.code), "{option} {kib}: {ran:?}");
            is_wrong
        };
        // The least with which the hash succeeds lies between these two.
        let (mut refused, mut enough) = (16_000, 160_000);
        while enough - refused > 16 {
            let middle = (refused + enough) / 2;
            if verify(middle) { enough = middle } else { refused = middle }
        }
        // The kernel places memory anew each time, so that more may be too little once.
        for kib in (enough..enough + 512).step_by(32) {
            verify(kib);
        }
        assert!(verify(enough + 8_192), "{option}: {enough}");
    }
}

#[test]
fn where_no_thread_can_be_started_no_mail_is_sent_and_the_words_say_why() {
    if !can_be_root() {
        return;
    }
    // The limit does not hold for root.
    let world = World::without_store();
    configure(&world);
    let account = Nameless(61_234);
    account.owns(world.directory());
    for words in [
        &["init", "--yes"][..],
        &["users", "add", "bob@example.com"],
        &["users", "send-reset", "--all", "--queue-only", "--yes"],
    ] {
        account.run(&world, None, words, "").done(words);
    }
    let run = |words: &[&str]| account.run(&world, Some(1), words, "");
    for words in [&["jobs", "run"][..], &["users", "send-reset", "bob", "--unless-sent-within", "0s"]] {
        run(words)
            .refused(75, "cannot send mail: no thread or process can be started (Resource temporarily unavailable");
    }
    assert_eq!(said(&run(&["jobs", "run"])), "", "it was reported");
    run(&["users", "list"]).done(&["list"]);
}

#[test]
fn too_few_descriptors_are_never_a_bug_nor_damage() {
    let world = world();
    world.done(&["users", "set-password", "bob", "--generate"]);
    let commands: [(&[&str], &str); 7] = [
        (&["users", "send-reset", "--all", "--end-passwords", "--yes", "--dry-run"], ""),
        (&["users", "send-reset", "--all", "--end-passwords", "--yes"], ""),
        (&["users", "send-reset", "bob", "--unless-sent-within", "0s"], ""),
        (&["mail", "test", "x@example.com"], ""),
        (&["jobs", "run", "-v"], ""),
        (&["users", "set-password", "alice", "--stdin"], PASSWORD),
        (&["store", "check"], ""),
    ];
    for limit in 3..=20 {
        for (words, input) in commands {
            let ran = limited(&world, &format!("-n {limit}"), words, input);
            assert!(!ran.stderr.contains("panicked"), "{limit} {words:?}: {ran:?}");
            // Below some limit the program cannot be loaded (127). With enough, nobody listens, or all is well.
            assert!([0, 69, 75, 127].map(Some).contains(&ran.code), "{limit} {words:?}: {ran:?}");
            assert!(
                !ran.stderr.contains("cannot be found") && !ran.stderr.contains("read-only"),
                "{limit} {words:?}: {ran:?}"
            );
        }
    }
}

/// An account without a name. A limit of processes counts those of the account, so each test that needs one has its own.
struct Nameless(u32);

impl Nameless {
    /// Gives it a directory and all that is in it.
    fn owns(&self, path: &Path) {
        lchown(path, Some(self.0), Some(self.0)).unwrap();
        if path.is_dir() {
            for entry in std::fs::read_dir(path).unwrap() {
                self.owns(&entry.unwrap().path());
            }
        }
    }

    /// Runs a command as it, where it may have so many processes and threads, if there is a limit.
    fn run(&self, world: &World, processes: Option<u32>, words: &[&str], input: &str) -> Ran {
        let id = self.0;
        let limit = processes.map(|most| format!("prlimit --nproc={most}:{most} ")).unwrap_or_default();
        let starter = format!("{limit}setpriv --reuid={id} --regid={id} --clear-groups");
        finish(world.under(&starter.split(' ').collect::<Vec<_>>(), words), input)
    }
}

#[test]
fn a_limit_on_the_size_of_files_is_told_as_such() {
    let world = world();
    let size = std::fs::metadata(world.store()).unwrap().len();
    // In blocks of 512 bytes: nothing more can be written.
    for (words, input) in COMMANDS {
        for blocks in [1, size / 512] {
            let ran = limited(&world, &format!("-f {blocks}"), words, input);
            assert!(ran.code.is_some_and(|code| code != 70), "{words:?} {blocks}: {ran:?}");
            assert!(!ran.stderr.contains("panicked"), "{words:?} {blocks}: {ran:?}");
        }
    }
    world.assert_sound();
}

/// A world whose mails go to a program that runs `at_the_20th` (shell) when it has taken 20 of the 60 mails, and the file in
/// which it writes a line for each.
fn world_that_fails(at_the_20th: &str) -> (World, std::path::PathBuf) {
    let world = World::new();
    let (program, mails) = (world.directory().join("sendmail"), world.directory().join("mails"));
    let script = format!(
        "#!/bin/sh\ncat >/dev/null\ncd {}\necho mail >>mails\n[ $(wc -l <mails) -ge 20 ] || exit 0\nstore={}\n{at_the_20th}\n",
        world.directory().display(),
        world.store().display()
    );
    std::fs::write(&program, script).unwrap();
    set_mode(&program, 0o755);
    world.configure(&format!(
        "[mail]\nfrom = \"passwords@example.com\"\ntransport = \"sendmail\"\n[mail.sendmail]\nprogram = {program:?}\n\
         [reset]\nlink = \"https://reset.example.com/#{{code}}\"\n"
    ));
    let users: String = (0..60).map(|number| format!("user{number}@example.com\n")).collect();
    finish(world.command(&["users", "import", "-"]), &format!("email\n{users}")).done(&["import"]);
    (world, mails)
}

/// The number before a word, such as that of "12 accepted"; 0: the word is not said.
fn number_of(words: &str, word: &str) -> usize {
    let before = words.split(&format!(" {word}")).next().filter(|before| before.len() < words.len());
    before.map_or(0, |before| before.rsplit([' ', ';']).next().unwrap().parse().unwrap())
}

#[test]
fn a_run_that_the_store_ends_says_how_many_mails_left_in_it() {
    let gone = "mv $store gone.db 2>/dev/null; exit 0";
    let replaced = "cp $store other.db; mv other.db $store; exit 0";
    for at_the_20th in [gone, replaced] {
        let (world, mails) = world_that_fails(at_the_20th);
        world.done(&["users", "send-reset", "--all", "--queue-only", "--yes"]);
        let ran = world.run(&["jobs", "run"]);
        let words = said(&ran);
        assert!([74, 75, 78].map(Some).contains(&ran.code), "{at_the_20th}: {ran:?}");
        assert!(!words.contains("no mail was sent") && !words.contains("nothing was changed"), "{ran:?}");
        let sent = std::fs::read_to_string(&mails).unwrap().lines().count();
        let (accepted, in_doubt) = (number_of(words, "accepted"), number_of(words, "in doubt"));
        // One that was ended before it could write its line may have the mail as well.
        assert!(accepted > 0 && accepted <= sent && sent <= accepted + in_doubt, "{at_the_20th}: {sent}: {ran:?}");
    }
}

#[test]
fn a_mail_that_left_before_the_store_failed_is_told_by_the_command_that_sent_it() {
    let (world, _) = world_that_fails("exit 0");
    let program = world.directory().join("sendmail");
    let script = format!("#!/bin/sh\ncat >/dev/null\nmv {0} {0}.gone\n", world.store().display());
    std::fs::write(&program, script).unwrap();
    for words in [&["users", "send-reset", "user1"][..], &["mail", "test", "x@example.com"]] {
        let ran = world.run(words);
        assert!(said(&ran).ends_with("; 1 accepted"), "{ran:?}");
        assert!(!ran.stderr.contains("nothing was changed"), "{ran:?}");
        std::fs::rename(format!("{}.gone", world.store().display()), world.store()).unwrap();
    }
}

/// A relay that takes all mail until the test ends.
fn relay() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for connection in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || converse(&connection));
        }
    });
    port
}

/// The relay's side of one connection. Who hangs up ends it.
fn converse(mut connection: &TcpStream) -> Option<()> {
    connection.write_all(b"220 relay\r\n").ok()?;
    let mut is_content = false;
    for line in BufReader::new(connection).lines() {
        let line = line.ok()?;
        let answer: &[u8] = match line.as_str() {
            "." => b"250 taken\r\n",
            _ if is_content => continue,
            "DATA" => b"354 go on\r\n",
            _ => b"250 ok\r\n",
        };
        is_content = line == "DATA";
        connection.write_all(answer).ok()?;
    }
    Some(())
}

/// A world whose mail goes to a relay that takes it, and where alice has a password.
pub(crate) fn world_with_password(world: World) -> World {
    let world = world.with_users();
    configure_relay(&world);
    world.set_password().done(&["set-password"]);
    world
}

/// Sends the world's mail to a relay that takes it.
pub(crate) fn configure_relay(world: &World) {
    world.configure(&format!(
        "[mail]\nfrom = \"accounts@example.com\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nretry_for = \"0s\"\n\
         [reset]\nlink = \"https://reset.example.com/#{{code}}\"\n",
        relay()
    ));
}

pub(crate) const END: [&str; 5] = ["users", "send-reset", "--all", "--end-passwords", "--yes"];
pub(crate) const TRIAL: [&str; 5] = ["users", "send-reset", "--all", "--end-passwords", "--dry-run"];

pub(crate) fn has_password(world: &World) -> bool {
    let sql = "SELECT count(*) FROM users WHERE password_hash IS NOT NULL";
    world.sqlite().query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap() > 0
}

#[test]
fn where_too_little_is_left_to_send_mail_no_password_ends_and_a_dry_run_says_so() {
    for (option, limits) in [("-n", (8..32).collect::<Vec<u32>>()), ("-v", (20_000..140_000).step_by(6_000).collect())]
    {
        let world = world_with_password(World::without_store());
        let mut refused = 0;
        let sent = limits.into_iter().find(|limit| {
            let run = |words: &[&str]| limited(&world, &format!("{option} {limit}"), words, "");
            let trial = run(&TRIAL);
            let ran = run(&END);
            assert_eq!(trial.code, ran.code, "{option} {limit}: {trial:?} {ran:?}");
            assert_eq!(has_password(&world), ran.code != Some(0), "{option} {limit}: {ran:?}");
            refused += u32::from(ran.stderr.contains("no passwords were ended: cannot send mail: "));
            ran.code == Some(0)
        });
        assert!(sent.is_some() && refused > 0, "{option}: {sent:?}, {refused}");
    }
}

#[test]
fn where_no_thread_can_be_started_no_password_ends() {
    if !can_be_root() {
        return;
    }
    // The limit does not hold for root.
    let world = World::without_store();
    configure_relay(&world);
    let account = Nameless(61_235);
    account.owns(world.directory());
    let run = |words: &[&str], input: &str| account.run(&world, None, words, input);
    run(&["init", "--yes"], "").done(&["init"]);
    run(&["users", "add", "alice@example.com"], "").done(&["add"]);
    run(&["users", "set-password", "alice", "--stdin"], PASSWORD).done(&["set-password"]);
    for words in [TRIAL, END] {
        let ran = account.run(&world, Some(1), &words, "");
        ran.refused(
            75,
            "no passwords were ended: cannot send mail: no thread or process can be started (Resource temporarily unavailable",
        );
        ran.refused(75, "TasksMax=, LimitNPROC= or LimitAS= of the service), and run the command again");
    }
    assert!(has_password(&world));
}

#[test]
fn where_too_few_processes_can_be_started_for_a_program_no_password_ends() {
    if !can_be_root() {
        return;
    }
    // The limit does not hold for root.
    let world = World::without_store();
    let program = world.directory().join("sendmail");
    std::fs::write(&program, "#!/bin/sh\ncat >/dev/null\n").unwrap();
    set_mode(&program, 0o755);
    world.configure(&format!(
        "[mail]\nfrom = \"passwords@example.com\"\ntransport = \"sendmail\"\n[mail.sendmail]\nprogram = {program:?}\n\
         [reset]\nlink = \"https://reset.example.com/#{{code}}\"\n"
    ));
    let account = Nameless(61_236);
    account.owns(world.directory());
    account.run(&world, None, &["init", "--yes"], "").done(&["init"]);
    account.run(&world, None, &["users", "add", "alice@example.com"], "").done(&["add"]);
    account.run(&world, None, &["users", "set-password", "alice", "--stdin"], PASSWORD).done(&["set-password"]);
    for words in [TRIAL, END] {
        let ran = account.run(&world, Some(8), &words, "");
        ran.refused(75, "no passwords were ended: cannot send mail: no thread or process can be started");
    }
    assert!(has_password(&world));
    account.run(&world, Some(64), &END, "").done(&END);
    assert!(!has_password(&world));
}

#[test]
fn a_password_command_that_may_not_be_started_now_is_tried_later() {
    if !can_be_root() {
        return;
    }
    let world = World::without_store();
    let smtp = "host = \"127.0.0.1\"\nport = 1\ntls = \"none\"\nretry_for = \"0s\"\nusername = \"u\"";
    world.configure(&format!(
        "[mail]\nfrom = \"accounts@example.com\"\n[mail.smtp]\n{smtp}\npassword_command = [\"/bin/echo\", \"secret\"]\n"
    ));
    let account = Nameless(61_237);
    account.owns(world.directory());
    account.run(&world, None, &["init", "--yes"], "").done(&["init"]);
    let test = ["mail", "test", "you@example.com"];
    for (processes, words) in [(1, "cannot be started: "), (2, "its output cannot be read: no thread can be started: ")]
    {
        let ran = account.run(&world, Some(processes), &test, "");
        ran.refused(75, &format!("[mail.smtp] password_command: /bin/echo: {words}Resource temporarily unavailable"));
        ran.refused(75, "hint: raise the limit of processes or memory (`ulimit -u`");
    }
}

#[test]
fn on_a_disk_that_is_nearly_full_or_read_only_no_password_ends() {
    in_own_mounts("shortages::passwords_on_a_small_disk");
}

#[test]
#[ignore = "started by on_a_disk_that_is_nearly_full_or_read_only_no_password_ends"]
fn passwords_on_a_small_disk() {
    let Some(disk) = Disk::mount(FileSystem::Tmpfs) else { return };
    let world = world_with_password(World::in_folder(disk.path()));
    let users: String = (0..3_000).map(|number| format!("user{number}@example.com\n")).collect();
    finish(world.command(&["users", "import", "-", "-q"]), &format!("email\n{users}")).done(&["import"]);
    fill(disk.path(), 1_400);
    for words in [TRIAL, END] {
        let ran = world.run(&words);
        ran.refused(74, "the disk that holds the store has too little room to send the mails of the job (1.");
        ran.refused(74, "nothing was changed\nhint: free some space there; to end the passwords all the same");
    }
    empty(disk.path());
    mount(&["-o", "remount,ro"], disk.path());
    for words in [TRIAL, END] {
        world
            .run(&words)
            .refused(74, "the store cannot be written: its disk is mounted read-only; nothing was changed");
    }
    mount(&["-o", "remount,rw"], disk.path());
    assert!(has_password(&world));
}
