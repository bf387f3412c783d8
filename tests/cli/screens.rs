//! What people see on terminals of 40, 80 and 200 columns, in other locales and on dumb terminals, of records that somebody
//! chose to be hard to show.

use insta::assert_snapshot;
use unicode_width::UnicodeWidthStr as _;

use crate::support::World;

const WIDTHS: [u16; 3] = [40, 80, 200];

const LONG_USER: &str = "maximilian.alexander.von.und.zu.hohenstein-sigmaringen";
const LONG_EMAIL: &str = "maximilian.alexander.von.und.zu.hohenstein-sigmaringen@example.com";
const LONG_NAME: &str = "Maximilian Alexander Karl Friedrich von und zu Hohenstein-Sigmaringen und Wolfenbüttel";

/// Every screen with a table, a record or a time.
const SCREENS: [&str; 20] = [
    "users list",
    "users list --columns id,username,email,name,role,status,locked_until,sign_in,password_set_at,created_at",
    "users show ann",
    "users show maximilian.alexander.von.und.zu.hohenstein-sigmaringen",
    "users show wide",
    "jobs list",
    "jobs show 1",
    "jobs recipients 1",
    "resets list",
    "audit list",
    "mail queue",
    "operators list",
    "roles list",
    "roles permissions",
    "policy show",
    "config show",
    "whoami",
    "store check",
    "users send-reset --all -n",
    "audit verify",
];

fn world() -> World {
    let world = World::with_mail();
    let rows = format!(
        "username,email,name,role,status\n\
         ann,ann@example.com,Ann Adams,,\n\
         {LONG_USER},{LONG_EMAIL},{LONG_NAME},Admin,\n\
         wide,wide@example.com,明日香・ラングレー 惣流 明日香・ラングレー 惣流 明日香・ラングレー 惣流,,locked\n\
         combining,combining@example.com,{},,\n",
        "Z\u{300}\u{301}\u{302}o\u{308}e\u{308} ".repeat(12)
    );
    world.command("users import -").stdin(rows).run().expect_status(0);
    world.run("users edit ann --name 'Ann 👩‍👩‍👧‍👦 Adams'").expect_status(0);
    world.run("users lock ann --until 2027-03-01 --reason 'lost laptop on the train from Ghent to Antwerp, and did not notice it before Monday'").expect_status(0);
    world.run("users send-reset combining").expect_status(0);
    world.run("users send-reset --all --yes --key autumn --queue-only").expect_status(0);
    world.wait(7_000);
    world
}

/// The lines that go beyond a terminal of so many columns.
fn too_wide(text: &str, columns: u16) -> Vec<&str> {
    text.lines().filter(|line| line.width() > usize::from(columns)).collect()
}

#[test]
fn no_line_is_wider_than_the_terminal_but_for_a_value_that_is_to_be_copied() {
    let world = world();
    for command in SCREENS {
        for columns in WIDTHS {
            let screen = world.command(command).columns(columns).run().expect_status(0).out();
            for line in too_wide(&screen, columns) {
                // Sentences are wrapped by the terminal itself, which cuts nothing either.
                let is_sentence =
                    ["policy show", "audit verify", "users send-reset --all -n", "jobs show 1"].contains(&command);
                let widest = line.split_whitespace().max_by_key(|word| word.width()).unwrap_or_default();
                let is_value = line.trim_end().ends_with(widest) && widest.width() * 2 > usize::from(columns).min(60);
                assert!(is_sentence || is_value, "{command} at {columns}: {line}\n{screen}");
            }
        }
    }
}

#[test]
fn no_username_address_or_number_is_cut_on_any_terminal() {
    let world = world();
    for columns in WIDTHS {
        let screen = |command: &str| world.command(command).columns(columns).run().expect_status(0).out();
        for (command, values) in [
            ("users list", vec![LONG_USER, LONG_EMAIL, "combining@example.com"]),
            ("users list --columns email,id,name,username,created_at", vec![LONG_USER, LONG_EMAIL]),
            ("jobs recipients 1", vec![LONG_USER, LONG_EMAIL, "combining@example.com"]),
            ("mail queue", vec![LONG_EMAIL]),
            ("resets list", vec![LONG_USER, "combining"]),
            ("config show", vec!["passwords@example.com", "https://reset.example.com/#{code}"]),
        ] {
            let shown = screen(command);
            for value in values {
                assert!(shown.split_whitespace().any(|word| word == value), "{command} at {columns}: {value}\n{shown}");
            }
        }
    }
}

#[test]
fn a_file_or_a_pipe_gets_everything_whatever_the_terminal_and_the_locale() {
    let world = world();
    for command in SCREENS {
        let plain = world.run(command).expect_status(0).out();
        let other = world.command(command).variable("LC_ALL", "C").variable("TERM", "dumb").run().out();
        assert_eq!(other, plain, "{command}");
    }
    assert!(world.run("users list").out().contains(LONG_NAME));
}

#[test]
fn a_list_uses_the_width_that_there_is() {
    let world = world();
    let list = |columns| world.command("users list -q").columns(columns).run();
    assert_snapshot!(list(40), @r#"
    status 0
    -- stdout
    USERNAME:    ann
    EMAIL:       ann@example.com
    NAME:
      Ann 👩\u{200d}👩\u{200d}👧\u{200d}👦
      Adams
    STATUS:      locked
    PASSWORD:    none
    LAST LOGIN:  never

    USERNAME:    combining
    EMAIL:       combining@example.com
    NAME:        Z̀́̂öë Z̀́̂öë Z̀́̂öë Z̀́̂öë Z̀́̂öë Z̀́̂öë Z̀́̂öë
                 Z̀́̂öë Z̀́̂öë Z̀́̂öë Z̀́̂öë Z̀́̂öë
    STATUS:      active
    PASSWORD:    none
    LAST LOGIN:  never

    USERNAME:
      maximilian.alexander.von.und.zu.hohenstein-sigmaringen
    EMAIL:
      maximilian.alexander.von.und.zu.hohenstein-sigmaringen@example.com
    NAME:        Maximilian Alexander Karl
                 Friedrich von und zu
                 Hohenstein-Sigmaringen und
                 Wolfenbüttel
    STATUS:      active
    PASSWORD:    none
    LAST LOGIN:  never

    USERNAME:    wide
    EMAIL:       wide@example.com
    NAME:        明日香・ラングレー 惣流
                 明日香・ラングレー 惣流
                 明日香・ラングレー 惣流
    STATUS:      locked
    PASSWORD:    none
    LAST LOGIN:  never
    "#);
    assert_snapshot!(list(80), @r#"
    status 0
    -- stdout
    USERNAME      EMAIL                  NAME           STATUS  PASSWORD  LAST LOGIN
    ann           ann@example.com        Ann 👩\u{200…  locked  none      never
    combining     combining@example.com  Z̀́̂öë Z̀́̂öë Z̀́̂öë …  active  none      never
    maximilian.alexander.von.und.zu.hohenstein-sigmaringen
                  maximilian.alexander.von.und.zu.hohenstein-sigmaringen@example.com
                                         Maximilian A…  active  none      never
    wide          wide@example.com       明日香・ラン…  locked  none      never
    "#);
    assert_snapshot!(list(200), @r#"
    status 0
    -- stdout
    USERNAME                                                EMAIL                       NAME                                                                                    STATUS  PASSWORD  LAST LOGIN
    ann                                                     ann@example.com             Ann 👩\u{200d}👩\u{200d}👧\u{200d}👦 Adams                                              locked  none      never
    combining                                               combining@example.com       Z̀́̂öë Z̀́̂öë Z̀́̂öë Z̀́̂öë Z̀́̂öë Z̀́̂öë Z̀́̂öë Z̀́̂öë Z̀́̂öë Z̀́̂öë Z̀́̂öë Z̀́̂öë                                         active  none      never
    maximilian.alexander.von.und.zu.hohenstein-sigmaringen  maximilian.alexander.von.und.zu.hohenstein-sigmaringen@example.com
                                                                                        Maximilian Alexander Karl Friedrich von und zu Hohenstein-Sigmaringen und Wolfenbüttel  active  none      never
    wide                                                    wide@example.com            明日香・ラングレー 惣流 明日香・ラングレー 惣流 明日香・ラングレー 惣流                 locked  none      never
    "#);
}

#[test]
fn a_record_is_broken_between_words() {
    let world = world();
    let show = |user: &str, columns| world.command("users show").argument(user).columns(columns).run();
    assert_snapshot!(show("ann", 40), @r"
    status 0
    -- stdout
    Username:              ann
    Email:                 ann@example.com
    Name:
      Ann 👩\u{200d}👩\u{200d}👧\u{200d}👦
      Adams
    Role:                  Minimal
                           Permissions
    Status:                locked
    Locked until:
      in 3 months (2027-03-01T00:00:00Z)
    Lock reason:           lost laptop on
                           the train from
                           Ghent to Antwerp,
                           and did not
                           notice it before
                           Monday
    Sign-in:               password
    Password set:          none
    Must change password:  no
    Session epoch:         1
    Last recorded login:   never
    Added:
      2 hours ago (2026-11-24T08:00:00Z)
    Changed:
      2 hours ago (2026-11-24T08:00:00Z)
    ");
    assert_snapshot!(show(LONG_USER, 80), @"
    status 0
    -- stdout
    Username:              maximilian.alexander.von.und.zu.hohenstein-sigmaringen
    Email:
      maximilian.alexander.von.und.zu.hohenstein-sigmaringen@example.com
    Name:                  Maximilian Alexander Karl Friedrich von und zu
                           Hohenstein-Sigmaringen und Wolfenbüttel
    Role:                  Admin
    Status:                active
    Sign-in:               password
    Password set:          none
    Must change password:  no
    Session epoch:         0
    Last recorded login:   never
    Added:                 2 hours ago (2026-11-24T08:00:00Z)
    Changed:               2 hours ago (2026-11-24T08:00:00Z)
    ");
}

#[test]
fn times_are_those_of_the_local_zone_and_data_has_utc() {
    let world = world();
    let command = |words: &str| world.command(words).zone("CET-1CEST,M3.5.0,M10.5.0/3");
    let shown = command("users show ann").run().out();
    assert!(shown.contains("Locked until:          in 3 months (2027-03-01T01:00:00+01:00)"), "{shown}");
    assert!(shown.contains("2 hours ago (2026-11-24T09:00:00+01:00)"), "{shown}");
    for form in ["json", "ndjson", "csv"] {
        let data = command("users list --columns username,locked_until,created_at -o").argument(form).run().out();
        assert!(data.contains("2027-03-01T00:00:00Z") && data.contains("2026-11-24T08:00:00Z"), "{data}");
    }
}

#[test]
fn a_locale_without_utf_8_is_shown_ascii() {
    let world = world();
    for (name, value) in
        [("LC_ALL", "C"), ("LC_ALL", "POSIX"), ("LC_CTYPE", "de_DE.ISO-8859-1"), ("LANG", ""), ("LANG", "de_DE")]
    {
        for command in SCREENS.iter().chain(&[
            "users show zoë@example.com",
            "users lökk",
            "users lock ann --until 'ü…'",
            "users list --help",
        ]) {
            for columns in WIDTHS {
                let run = world.command(command).columns(columns).variable(name, value).run();
                assert!(run.all().is_ascii(), "{command} with {name}={value}: {run}");
            }
        }
        // Data is UTF-8 whatever the locale is (RFC 8259).
        let data = world.command("users list -o json").variable(name, value).at_terminal().run().out();
        assert!(data.contains("Wolfenbüttel"), "{data}");
    }
    for (name, value) in [("LC_ALL", "en_US.UTF-8"), ("LC_CTYPE", "C.utf8"), ("LANG", "de_DE.UTF-8@euro")] {
        let run = world.command("users list").columns(80).variable("LANG", "").variable(name, value).run();
        assert!(run.out().contains('…'), "{name}={value}: {run}");
    }
    // The first that is set decides.
    let run = world.command("users list").columns(80).variable("LANG", "C.UTF-8").variable("LC_ALL", "C").run();
    assert!(run.out().is_ascii() && run.out().contains("..."), "{run}");
    assert_snapshot!(world.command("users show wide").columns(80).variable("LC_ALL", "C").run(), @r"
    status 0
    -- stdout
    Username:              wide
    Email:                 wide@example.com
    Name:
      \u{660e}\u{65e5}\u{9999}\u{30fb}\u{30e9}\u{30f3}\u{30b0}\u{30ec}\u{30fc}
      \u{60e3}\u{6d41}
      \u{660e}\u{65e5}\u{9999}\u{30fb}\u{30e9}\u{30f3}\u{30b0}\u{30ec}\u{30fc}
      \u{60e3}\u{6d41}
      \u{660e}\u{65e5}\u{9999}\u{30fb}\u{30e9}\u{30f3}\u{30b0}\u{30ec}\u{30fc}
      \u{60e3}\u{6d41}
    Role:                  Minimal Permissions
    Status:                locked
    Locked until:          unlocked by an operator
    Sign-in:               password
    Password set:          none
    Must change password:  no
    Session epoch:         0
    Last recorded login:   never
    Added:                 2 hours ago (2026-11-24T08:00:00Z)
    Changed:               2 hours ago (2026-11-24T08:00:00Z)
    ");
}

#[test]
fn a_dumb_terminal_gets_lines_of_text_and_nothing_else() {
    let world = world();
    for term in ["dumb", "unknown", ""] {
        for command in SCREENS.iter().chain(&["users show nobody", "users list --help", "users nonsense"]) {
            let run = world.command(command).at_terminal().variable("TERM", term).run();
            assert!(!run.has_colour && !run.all().contains(&0x1b), "{command}: {run}");
        }
    }
    assert!(world.command("users list --color always").at_terminal().variable("TERM", "dumb").run().has_colour);
    assert!(world.command("users list").at_terminal().run().has_colour);
}

#[test]
fn a_dumb_terminal_is_asked_for_a_number() {
    let world = world();
    let password = || world.command("users password ann");
    assert_snapshot!(password().typing(["7", ""]).variable("TERM", "dumb").run(), @"
    status 65
    -- asked
    Password Management: ann (ann@example.com)
      1  Email the link for resetting password to this User
      2  Set a password for this user
    Number, 1 to 2 (Enter: neither): 7
    Number, 1 to 2 (Enter: neither): 
    -- stderr
    error: aborted; nothing was changed
    ");
    let run = password().typing(["1"]).variable("TERM", "dumb").variable("LC_ALL", "C").run();
    assert!(run.asked.is_ascii(), "{run}");
}
