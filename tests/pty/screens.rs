//! The program at terminals of a width (TIOCSWINSZ), as the process itself learns of it, and in other environments.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use insta::assert_snapshot;
use nix::pty::Winsize;
use nix::pty::openpty;
use tempfile::TempDir;

use crate::program;

/// A store with a user whose every value is long.
static STORE: LazyLock<TempDir> = LazyLock::new(|| {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("config.toml"), "[store]\npath = \"store.db\"\n").unwrap();
    let name = "Maximilian Alexander von und zu Hohenstein und Wolfenbüttel, 明日香・ラングレー";
    let rows = format!(
        "username,email,name,status,locked_until\n\
         ann,ann@example.com,Ann Adams,,\n\
         maximilian.von.und.zu.hohenstein,maximilian.von.und.zu.hohenstein@travel.example.com,\"{name}\",locked,2099-01-15T12:00Z\n"
    );
    for (words, stdin) in [(&["init", "--yes"][..], ""), (&["users", "import", "-"], &rows)] {
        assert!(program::run(directory.path(), words, stdin).status.success(), "{words:?}");
    }
    directory
});

/// What a terminal of so many columns shows of a command; its lines end as the terminal ends them.
fn screen(columns: u16, environment: &[(&str, &str)], words: &str) -> String {
    screen_of(STORE.path(), columns, environment, words)
}

/// The same of a command on a store of one's own.
fn screen_of(store: &Path, columns: u16, environment: &[(&str, &str)], words: &str) -> String {
    let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    let pty = openpty(&size, None).unwrap();
    let mut command = Command::new("setsid");
    command
        .args(["--ctty", "--wait", env!("CARGO_BIN_EXE_cxme-admin"), "-c"])
        .arg(config(store))
        .args(words.split(' '))
        .env_clear()
        .envs([("PATH", "/usr/bin:/bin"), ("TERM", "xterm"), ("LANG", "C.UTF-8"), ("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")])
        .envs(environment.iter().copied())
        .stdin(pty.slave.try_clone().unwrap())
        .stdout(pty.slave.try_clone().unwrap())
        .stderr(pty.slave);
    let mut child = command.spawn().unwrap();
    // The command holds this side of the terminal open too.
    drop(command);
    let (mut terminal, mut shown) = (File::from(pty.master), Vec::new());
    // A terminal that nobody has open any more ends with EIO.
    let _ = terminal.read_to_end(&mut shown);
    child.wait().unwrap();
    String::from_utf8(shown).unwrap().replace("\r\n", "\n")
}

fn config(directory: &Path) -> std::path::PathBuf {
    directory.join("config.toml")
}

/// Without the styles of headings.
fn plain(screen: &str) -> String {
    ["\u{1b}[1m", "\u{1b}[0m"].into_iter().fold(screen.to_owned(), |text, style| text.replace(style, ""))
}

const LIST: &str = "users list --columns username,email,name,status,sign_in";

#[test]
fn a_table_fits_the_terminal_and_shows_what_is_to_be_copied_whole() {
    assert_snapshot!(plain(&screen(40, &[], LIST)), @"
    USERNAME:  ann
    EMAIL:     ann@example.com
    NAME:      Ann Adams
    STATUS:    active
    SIGN-IN:   password

    USERNAME:
      maximilian.von.und.zu.hohenstein
    EMAIL:
      maximilian.von.und.zu.hohenstein@travel.example.com
    NAME:      Maximilian Alexander von und
               zu Hohenstein und
               Wolfenbüttel,
               明日香・ラングレー
    STATUS:    locked
    SIGN-IN:   password
    2 users.
    ");
    assert_snapshot!(plain(&screen(80, &[], LIST)), @"
    USERNAME      EMAIL            NAME                             STATUS  SIGN-IN
    ann           ann@example.com  Ann Adams                        active  password
    maximilian.von.und.zu.hohenstein
                  maximilian.von.und.zu.hohenstein@travel.example.com
                                   Maximilian Alexander von und z…  locked  password
    2 users.
    ");
    assert_snapshot!(plain(&screen(200, &[], LIST)), @"
    USERNAME                          EMAIL                                                NAME                                                                             STATUS  SIGN-IN
    ann                               ann@example.com                                      Ann Adams                                                                        active  password
    maximilian.von.und.zu.hohenstein  maximilian.von.und.zu.hohenstein@travel.example.com  Maximilian Alexander von und zu Hohenstein und Wolfenbüttel, 明日香・ラングレー  locked  password
    2 users.
    ");
}

#[test]
fn a_record_shows_times_of_the_zone_of_the_environment() {
    let locked = |environment: &[(&str, &str)]| {
        let screen = plain(&screen(200, environment, "users show maximilian.von.und.zu.hohenstein"));
        let line = screen.lines().find(|line| line.starts_with("Locked until")).unwrap();
        line.split_once('(').unwrap().1.trim_end_matches(')').to_owned()
    };
    assert_eq!(locked(&[]), "2099-01-15T13:00:00+01:00");
    assert_eq!(locked(&[("TZ", "EST5")]), "2099-01-15T07:00:00-05:00");
    assert_eq!(locked(&[("TZ", "UTC0")]), "2099-01-15T12:00:00Z");
    // What names no zone is not guessed: it is UTC, and says so.
    assert_eq!(locked(&[("TZ", "Mars/Olympus")]), "2099-01-15T12:00:00Z");
}

#[test]
fn a_local_time_is_read_in_the_zone_of_the_environment() {
    let lock = |environment: &[(&str, &str)], until: &str| {
        plain(&screen(200, environment, &format!("users lock ann -n --until {until}")))
    };
    assert_snapshot!(lock(&[], "2099-01-15T12:00"), @"
    Would lock ann until 2099-01-15T12:00:00+01:00.
    Dry run; nothing was changed.
    ");
    assert_snapshot!(lock(&[("TZ", "Mars/Olympus")], "2099-01-15T12:00"), @"[31merror: --until: `2099-01-15T12:00` has no time zone, and the local one is unknown (TZ); add `Z` or an offset, as in 2026-12-01T08:00+01:00");
    assert_snapshot!(lock(&[("TZ", "Mars/Olympus")], "2099-01-15T12:00Z"), @"
    Would lock ann until 2099-01-15T12:00:00Z.
    Dry run; nothing was changed.
    ");
}

#[test]
fn a_dumb_terminal_and_a_locale_without_utf_8_get_nothing_that_they_cannot_show() {
    assert!(screen(80, &[], LIST).contains("\u{1b}[1m"));
    for environment in [("TERM", "dumb"), ("TERM", ""), ("NO_COLOR", "1")] {
        for words in [LIST, "users show nobody", "users list --help", "users nonsense"] {
            let shown = screen(80, &[environment], words);
            assert!(!shown.contains('\u{1b}'), "{environment:?} {words}: {shown:?}");
        }
    }
    for environment in [("LC_ALL", "C"), ("LC_CTYPE", "POSIX"), ("LANG", "de_DE.ISO-8859-1")] {
        let shown = screen(80, &[environment], LIST);
        assert!(shown.is_ascii() && shown.contains("..."), "{environment:?}: {shown}");
    }
    assert!(screen(200, &[("LC_ALL", "C")], LIST).contains("maximilian.von.und.zu.hohenstein@travel.example.com"));
}

#[test]
fn the_progress_of_a_run_fits_the_terminal_and_a_dumb_one_is_spared_it() {
    let store = tempfile::tempdir().unwrap();
    let settings = "[store]\npath = \"store.db\"\n[mail]\nfrom = \"passwords@example.com\"\ntransport = \"file\"\n\
        [mail.file]\ndirectory = \"mail\"\n[reset]\nlink = \"https://reset.example.com/#{code}\"\n";
    std::fs::write(config(store.path()), settings).unwrap();
    std::fs::create_dir(store.path().join("mail")).unwrap();
    for (words, stdin) in [
        (&["init", "--yes"][..], ""),
        (&["users", "import", "-"], "email\nann@example.com\nbob@example.com\ncarla@example.com\n"),
    ] {
        assert!(program::run(store.path(), words, stdin).status.success(), "{words:?}");
    }
    let run = |columns, environment: &[(&str, &str)]| {
        screen_of(store.path(), columns, environment, "users send-reset --all --yes --unless-sent-within 0s")
    };
    for columns in [40, 69, 80, 200] {
        let shown = run(columns, &[]);
        assert!(shown.contains(" of 3  ") && shown.contains("\r\u{1b}[2K"), "{shown:?}");
        for drawn in shown.split(['\r', '\n']).filter(|drawn| drawn.contains(" of 3  ")) {
            let drawn = drawn.replace("\u{1b}[2K", "");
            assert!(drawn.trim_end().chars().count() <= usize::from(columns), "{columns}: {drawn:?}");
        }
    }
    let shown = run(80, &[("TERM", "dumb")]);
    assert!(!shown.contains('\u{1b}') && !shown.contains('\r') && shown.contains("3 accepted"), "{shown:?}");
}

#[test]
fn a_terminal_that_says_nothing_of_its_width_has_eighty_columns() {
    assert_eq!(screen(0, &[], LIST), screen(80, &[], LIST));
}
