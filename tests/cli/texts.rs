//! `[texts]`, `[mail.headers]` and `[organization] time_zone`: what an organization says in its mails, and how it is checked.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use insta::assert_snapshot;

use crate::support::CAROL;
use crate::support::World;

/// A world with mail whose texts are in the directory `texts`.
fn with_texts(files: &[(&str, &str)]) -> World {
    let world = World::with_mail().with_users("alice");
    write(&world, files);
    world.configure_mail(&format!("[texts]\ndirectory = \"{}\"", world.path("texts").display()));
    world
}

fn write(world: &World, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = world.path("texts").join(name);
        let directory = path.parent().unwrap();
        fs::create_dir_all(directory).unwrap();
        fs::set_permissions(directory, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    }
}

/// A language of its own: German under another name, with a few words of it.
fn french() -> String {
    let german = include_str!("../../src/texts/de.toml");
    german.replace("Guten Tag", "Bonjour").replace("Neues Passwort", "Nouveau mot de passe")
}

#[test]
fn sentences_templates_and_languages_of_the_organization_are_in_its_mails() {
    let world = with_texts(&[
        ("en.toml", "[reset]\nsubject = \"New password\"\n[invitation]\nsubject = \"Welcome\"\n"),
        ("fr.toml", &french()),
        ("reset.txt", "{{ greeting }}\n\nFrom the top:\n\n{{ link }}\n\n{{ note | join(' ') }}\n"),
        ("fr/reset.txt", "{{ greeting }}\n\nDu haut:\n\n{{ link }}\n\n{{ note | join(' ') }}\n"),
        (".reset.txt.swp", "not read"),
        ("reset.txt~", "not read"),
    ]);
    assert_snapshot!(world.run("mail preview reset"), @"
    status 0
    -- stdout
    To: alex@example.com
    Subject: New password

    Hello Alex Example,

    From the top:

    https://reset.example.com/#SAMP1EC0DESAMP1EC0DESAMP1E
    ");
    assert_snapshot!(world.run("mail preview reset --locale fr-CA"), @"
    status 0
    -- stdout
    To: alex@example.com
    Subject: Nouveau mot de passe für Example Travel wählen

    Bonjour Alex Example,

    Du haut:

    https://reset.example.com/#SAMP1EC0DESAMP1EC0DESAMP1E
    ");
    world.run("users send-reset alice").expect_status(0);
    world.run("users edit alice --locale fr").expect_status(0);
    world.set_password("alice", crate::support::GOOD);
    world.run("users send-reset alice --unless-sent-within 0s").expect_status(0);
    let mails = world.mails();
    assert!(mails[0].contains("\r\nSubject: Welcome\r\n") && mails[0].contains("\r\nContent-Language: en\r\n"));
    assert!(
        mails[1].contains("\r\nContent-Language: fr\r\n") && mails[1].contains("\r\n\r\nDu haut:\r\n"),
        "{}",
        mails[1]
    );
}

#[test]
fn every_sending_command_and_preview_say_all_that_is_wrong_and_send_nothing() {
    let world = with_texts(&[
        ("de.toml", "[reset]\nsubjekt = \"Neu\"\nsubject = \"{{ organisation }}\"\n"),
        ("invitation.txt", "{{ greeting }} {{ note | join }}\n"),
        ("reset.htm", ""),
    ]);
    assert_snapshot!(world.run("mail preview test"), @"
    status 78
    -- stderr
    error: the texts have 3 problems
      - [DIR]/texts/de.toml:2: reset.subjekt: unknown sentence, did you mean reset.subject?
      - [DIR]/texts/de.toml:3: reset.subject: unknown value organisation; those of this sentence: organization
      - [DIR]/texts/reset.htm: `reset.htm` is neither LANGUAGE.toml nor a template (frame.html, choice.html, reset.txt, reset.html, invitation.txt, invitation.html, notice.txt, notice.html, test.txt, test.html): rename or remove it
    hint: docs/texts.md describes the files; to check them again: cxme-admin mail preview test
    ");
    for command in ["users send-reset alice", "users send-reset --all --yes", "mail test admin@example.net"] {
        world.run(command).expect_status(78);
    }
    assert!(world.mails().is_empty());
    assert_eq!(world.ask("SELECT count(*) FROM messages"), "0");
    // What needs no mail goes on; its notice waits.
    assert_snapshot!(world.command("users set-password alice --stdin").stdin(crate::support::GOOD).run(), @"
    status 0
    -- stderr
    warning: the user is not notified by mail yet: the texts have 3 problems; `cxme-admin jobs run` tries again
    ");
    world.run("jobs run").expect_status(78);
    assert!(world.mails().is_empty());
    write(&world, &[("de.toml", "")]);
    fs::remove_file(world.path("texts/reset.htm")).unwrap();
    assert_snapshot!(world.run("users send-reset alice"), @"
    status 78
    -- stderr
    error: [DIR]/texts/invitation.txt: the mail invitation lacks {{ link }}
    hint: docs/texts.md describes the files; to check them again: cxme-admin mail preview test
    ");
    fs::remove_file(world.path("texts/invitation.txt")).unwrap();
    world.run("jobs run").expect_status(0);
    world.run("users send-reset alice").expect_status(0);
    assert_eq!(world.mails().len(), 2);
}

/// What is tried before sending are samples; a template may do anything with a name.
#[test]
fn a_template_that_leaves_the_link_out_for_some_user_sends_no_mail_without_it() {
    let note = "{% for line in note %}{{ line }}{% endfor %}\n";
    let conditional = format!("{{% if username != 'bob' %}}{{{{ link }}}}{{% endif %}}\n{note}");
    let failing = format!("{{{{ link }}}}\n{{% if username == 'bob' %}}{{{{ 1 // 0 }}}}{{% endif %}}{note}");
    for (template, what) in [(conditional, "leaves the link out"), (failing, "reset.txt")] {
        let world = with_texts(&[("reset.txt", &template)]).with_users("bob");
        for user in ["alice", "bob"] {
            world.set_password(user, crate::support::GOOD);
        }
        world.run("users send-reset alice").expect_status(0);
        let run = world.run("users send-reset bob").expect_status(75);
        assert!(run.err().contains("the mail cannot be written: ") && run.err().contains(what), "{run}");
        assert_eq!(world.mails().len(), 1, "{what}");
        // It waits, and leaves when the template is right.
        write(&world, &[("reset.txt", &format!("{{{{ link }}}}\n{note}"))]);
        world.wait(3_600);
        world.run("jobs run").expect_status(0);
        assert_eq!(world.mails().len(), 2, "{what}");
    }
}

#[test]
fn files_and_directories_that_others_may_write_are_refused() {
    let world = with_texts(&[("de/reset.txt", "{{ link }} {{ note | join }}\n"), ("en.toml", "")]);
    world.run("mail preview reset").expect_status(0);
    for (name, mode) in [("texts", 0o777), ("texts/de", 0o775), ("texts/de/reset.txt", 0o664), ("texts/en.toml", 0o646)]
    {
        let path = world.path(name);
        let before = fs::metadata(&path).unwrap().permissions();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let run = world.run("mail preview reset").expect_status(78);
        assert!(run.err().contains(path.to_str().unwrap()) && run.err().contains("writable"), "{run}");
        world.run("users send-reset alice").expect_status(78);
        fs::set_permissions(&path, before).unwrap();
    }
    world.run("mail preview reset").expect_status(0);
    fs::rename(world.path("texts"), world.path("elsewhere")).unwrap();
    assert_snapshot!(world.run("mail preview reset"), @"
    status 78
    -- stderr
    error: [DIR]/texts: no such directory: create it, or correct the path
    ");
    fs::create_dir(world.path("texts")).unwrap();
    fs::write(world.path("texts/en.toml"), b"[mail]\nnote = \"caf\xe9\"\n").unwrap();
    assert_snapshot!(world.run("mail preview reset"), @"
    status 78
    -- stderr
    error: [DIR]/texts/en.toml:2: is not UTF-8: save the file as UTF-8
    ");
}

#[test]
fn a_language_without_texts_is_said() {
    let world = World::with_mail();
    assert_snapshot!(world.run("mail preview reset --locale fr"), @"
    status 2
    -- stderr
    error: --locale: no texts in `fr`; use `en` or `de`
    hint: [texts] directory adds languages (docs/texts.md)
    ");
    assert_snapshot!(world.run("policy show --locale fr"), @"
    status 2
    -- stderr
    error: --locale: no texts in `fr`; use `en` or `de`
    hint: [texts] directory adds languages (docs/texts.md)
    ");
    assert_snapshot!(world.run("users add bob@example.com --locale fr"), @"
    status 0
    -- stderr
    warning: there are no texts in `fr` (only in `en` or `de`): mails are in `en`
    ");
    assert_snapshot!(world.run("users edit bob --locale es"), @"
    status 0
    -- stderr
    warning: there are no texts in `es` (only in `en` or `de`): mails are in `en`
    ");
    assert_snapshot!(world.run("users edit bob --locale de-AT"), @"status 0");
    world.run("users edit bob --locale fr").expect_status(0);
    // Of many users once.
    let rows =
        "email,locale\na@example.com,fr\nb@example.com,de\nc@example.com,fr\nd@example.com,xx-YY\ne@example.com,\n";
    for call in ["users import -n -", "users import -"] {
        let run = world.command(call).stdin(rows).run().expect_status(0);
        let words =
            "warning: there are no texts in `fr`, `xx-YY` (only in `en` or `de`): mails to 3 users are in `en`\n";
        assert_eq!(run.err(), words);
    }
    let none = world.command("users import -").stdin("email,locale\nf@example.com,de-AT\n").run();
    assert!(none.expect_status(0).stderr.is_empty());
    let run = world.run("mail preview invitation --user bob").expect_status(0);
    assert_eq!(run.err(), "warning: there are no texts in `fr` (only in `en` or `de`): mails are in `en`\n");
    assert!(run.out().contains("Hello"));
}

#[test]
fn a_note_may_have_several_lines() {
    let world = World::with_mail().with_users("alice");
    let note = "The old page is gone.\n\nQuestions: come to room 4.12\n";
    world.command("users send-reset alice --note").argument(note).run().expect_status(0);
    let mail = &world.mails()[0];
    assert!(mail.contains("\r\n\r\n> The old page is gone.\r\n>\r\n> Questions: come to room 4.12\r\n\r\n"), "{mail}");
    for (note, fault) in [("a\u{1b}[2Jb", "U+001B"), (&*"x\n".repeat(501), "has 1002 characters")] {
        let run = world.command("mail preview reset --note").argument(note).run().expect_status(65);
        assert!(run.err().contains(fault), "{run}");
    }
}

#[test]
fn headers_and_the_time_zone_of_the_organization_are_in_its_mails() {
    let world = World::with_mail().with_users("alice");
    world.configure_mail("[mail.headers]\nX-PM-TrackLinks = \"None\"\nX-SES-CONFIGURATION-SET = \"resets\"");
    let text = fs::read_to_string(world.config()).unwrap();
    world.write_config(&text.replacen("[organization]\n", "[organization]\ntime_zone = \"Europe/Berlin\"\n", 1));
    world.command("users set-password alice --stdin").stdin(crate::support::GOOD).run().expect_status(0);
    let mail = &world.mails()[0];
    for line in [
        "X-PM-TrackLinks: None",
        "X-SES-CONFIGURATION-SET: resets",
        "X-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply",
    ] {
        assert!(mail.contains(&format!("\r\n{line}\r\n")), "{mail}");
    }
    assert!(mail.contains("on 24 November 2026 at 09:00 CET."), "{mail}");
    let shown = world.run("config show").expect_status(0).out();
    let lines: Vec<&str> =
        shown.lines().filter(|line| line.contains("headers") || line.contains("time_zone")).collect();
    assert_snapshot!(lines.join("\n"), @"
    organization.time_zone                Europe/Berlin                                  file     2
    mail.headers.X-PM-TrackLinks          None                                           file     24
    mail.headers.X-SES-CONFIGURATION-SET  resets                                         file     25
    ");
    world.configure_mail("[mail.headers]\nSubject = \"x\"\nList-Unsubscribe = \"<mailto:a@example.com>\"");
    let run = world.run("mail preview test").expect_status(78);
    assert_snapshot!(world.without_paths(&run.err()), @"
    error: the configuration has 2 problems
      - [DIR]/config/cxme-admin/config.toml:23: [mail.headers] Subject: cxme-admin or the mail servers write this header: remove it
      - [DIR]/config/cxme-admin/config.toml:24: [mail.headers] List-Unsubscribe: `List-*` headers are refused: these mails are not from a mailing list; remove it
    ");
}

#[test]
fn an_operator_by_sudo_learns_nothing_of_the_texts() {
    let world = with_texts(&[("de.toml", "secret words = {{\n")]).with_role("None", "").with_operator(CAROL, "None");
    assert!(world.run("mail preview test").expect_status(78).err().contains("de.toml:1"));
    assert_snapshot!(world.command("mail preview test").sudo_by(CAROL).run(), @"
    status 78
    -- stderr
    error: [DIR]/texts: not usable texts; root sees why: sudo env -u SUDO_UID cxme-admin mail preview test
    ");
    fs::set_permissions(world.path("texts"), fs::Permissions::from_mode(0o777)).unwrap();
    assert_snapshot!(world.command("mail preview test").sudo_by(CAROL).run(), @"
    status 78
    -- stderr
    error: [DIR]/texts: not usable texts; root sees why: sudo env -u SUDO_UID cxme-admin mail preview test
    ");
}
