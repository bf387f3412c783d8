//! Programs of all kinds in place of sendmail.

use std::fs;
use std::path::Path;
use std::time::Instant;

use super::super::tests::mail;
use super::super::tests::script;
use super::super::tests::wait;
use super::*;

/// Delivers a mail to a shell script.
fn run(body: &str) -> DeliveryOutcome {
    let scratch = tempfile::tempdir().unwrap();
    wait(Sendmail::new(script(scratch.path(), body)).deliver(&mail("1@example.com")))
}

/// Runs a script that knows the scratch directory as `$D`, and returns what it wrote to the file `seen`.
fn seen(scratch: &Path, mail: &Mail, body: &str) -> String {
    let program = script(scratch, &format!("D='{}'\n{body}", scratch.display()));
    let outcome = wait(Sendmail::new(program).deliver(mail));
    assert!(matches!(outcome, DeliveryOutcome::Accepted { .. }), "{outcome:?}");
    fs::read_to_string(scratch.join("seen")).unwrap()
}

fn kind(outcome: &DeliveryOutcome) -> &'static str {
    match outcome {
        DeliveryOutcome::Accepted { .. } => "accepted",
        DeliveryOutcome::Deferred { .. } => "deferred",
        DeliveryOutcome::Refused { .. } => "refused",
        DeliveryOutcome::InDoubt { .. } => "in doubt",
        DeliveryOutcome::TransportFailed(TransportError { kind: TransportErrorKind::Temporary, .. }) => "later",
        DeliveryOutcome::TransportFailed(TransportError { kind: TransportErrorKind::Configuration, .. }) => {
            "configuration"
        }
        DeliveryOutcome::TransportFailed(TransportError { kind: TransportErrorKind::Permanent, .. }) => "permanent",
    }
}

#[test]
fn each_exit_status_determines_the_outcome() {
    for (codes, expected) in [
        (&[0][..], "accepted"),
        (&[1, 2, 69, 71, 73, 74, 75, 76, 255], "deferred"),
        (&[65, 67, 68], "refused"),
        (&[64, 66, 70, 72, 77, 78, 126, 127], "configuration"),
    ] {
        for code in codes {
            assert_eq!(kind(&run(&format!("cat >/dev/null; exit {code}"))), expected, "{code}");
        }
    }
}

#[test]
fn the_program_gets_the_addresses_as_arguments_and_the_mail_with_unix_line_ends() {
    let scratch = tempfile::tempdir().unwrap();
    let mut mail = mail("1@example.com");
    mail.envelope.recipient = "-bp@example.com".parse().unwrap();
    mail.envelope.sender = "-x@example.com".parse().unwrap();
    mail.content = ZeroizingBuf::new(b"Subject: x\r\n\r\none\r\n.\r\n..two\r\n".to_vec());
    assert_eq!(
        seen(scratch.path(), &mail, r#"{ printf '[%s]' "$@"; echo; cat; } >"$D/seen""#),
        "[-i][-f][-x@example.com][--][-bp@example.com]\nSubject: x\n\none\n.\n..two\n"
    );
}

#[test]
fn the_program_gets_no_environment_but_a_path() {
    let scratch = tempfile::tempdir().unwrap();
    let seen = seen(scratch.path(), &mail("1@example.com"), "cat >/dev/null; pwd >\"$D/seen\"; env >>\"$D/seen\"");
    let mut names: Vec<&str> = seen.lines().skip(1).filter_map(|line| line.split('=').next()).collect();
    names.retain(|name| !["PWD", "SHLVL", "_", "OLDPWD"].contains(name));
    assert_eq!((seen.lines().next(), names), (Some("/"), vec!["PATH"]));
}

#[test]
fn a_large_mail_arrives_completely() {
    let scratch = tempfile::tempdir().unwrap();
    let mut mail = mail("1@example.com");
    mail.content = ZeroizingBuf::new(b"0123456789\r\n".repeat(100_000));
    // It writes much before it reads, which must block nobody.
    let body = r#"head -c 300000 /dev/zero >&2; wc -c >"$D/seen""#;
    assert_eq!(seen(scratch.path(), &mail, body).trim(), "1100000");
}

#[test]
fn the_reply_is_the_error_output_shortened_and_made_harmless() {
    let DeliveryOutcome::Refused { reply, .. } =
        run("cat >/dev/null; printf 'no \\033[2Jsuch\\n\\n  user\\377\\n' >&2; exit 67")
    else {
        panic!("not refused");
    };
    assert!(reply.ends_with(": exit status 67 (no such user): no \\u{1b}[2Jsuch; user\u{fffd}"), "{reply}");
    let DeliveryOutcome::Deferred { reply, .. } =
        run("cat >/dev/null; head -c 99999 /dev/zero | tr '\\0' x >&2; exit 75")
    else {
        panic!("not deferred");
    };
    assert!((1_000..1_400).contains(&reply.len()), "{}", reply.len());
}

#[test]
fn a_code_of_the_mail_that_the_program_quotes_is_masked() {
    let mut mail = mail("1@example.com");
    mail.content = ZeroizingBuf::new(b"\r\nhttps://reset.example.com/#0123456789ABCDEFGHJKMNPQRS\r\n".to_vec());
    let scratch = tempfile::tempdir().unwrap();
    let program = script(scratch.path(), "cat >&2; exit 69");
    let DeliveryOutcome::Deferred { reply, .. } = wait(Sendmail::new(program).deliver(&mail)) else {
        panic!("not deferred");
    };
    assert!(reply.ends_with(": https://reset.example.com/#****"), "{reply}");
}

#[test]
fn a_missing_or_invalid_program_is_a_configuration_error() {
    let scratch = tempfile::tempdir().unwrap();
    let plain = scratch.path().join("plain");
    fs::write(&plain, "#!/bin/sh\n").unwrap();
    for path in [scratch.path().join("absent"), scratch.path().to_owned(), plain] {
        let DeliveryOutcome::TransportFailed(transport_error) =
            wait(Sendmail::new(path.clone()).deliver(&mail("1@example.com")))
        else {
            panic!("{} was started", path.display());
        };
        assert_eq!((transport_error.kind, transport_error.phase), (TransportErrorKind::Configuration, Phase::Local));
        assert!(
            transport_error.message.starts_with(&format!("{}: cannot be started: ", path.display())),
            "{transport_error:?}"
        );
    }
}

#[test]
fn a_hanging_program_is_killed_with_all_its_children() {
    let scratch = tempfile::tempdir().unwrap();
    let large = || {
        let mut mail = mail("1@example.com");
        mail.content = ZeroizingBuf::new(b"0123456789\r\n".repeat(100_000));
        mail
    };
    for (mail, body, expected) in [
        (mail("1@example.com"), "cat >/dev/null; sleep 61 & echo $! >\"$0.child\"; sleep 62", "in doubt"),
        (large(), "sleep 61 & echo $! >\"$0.child\"; sleep 62", "deferred"),
    ] {
        let program = script(scratch.path(), body);
        let began = Instant::now();
        let sendmail = Sendmail { program: program.clone(), timeout: Duration::from_millis(1_500) };
        let outcome = wait(sendmail.deliver(&mail));
        assert_eq!(kind(&outcome), expected, "{outcome:?}");
        assert!(began.elapsed() < Duration::from_secs(50), "it was waited for");
        let child = fs::read_to_string(program.with_extension("child")).unwrap();
        // It was sent SIGKILL, which the kernel may act on a little later.
        let state = || fs::read_to_string(format!("/proc/{}/stat", child.trim())).unwrap_or_default();
        while !state().is_empty() && !state().contains(") Z ") {
            assert!(began.elapsed() < Duration::from_secs(50), "still there: {}", state());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

#[test]
fn a_process_that_inherits_standard_error_blocks_nobody() {
    let began = Instant::now();
    let outcome = run("cat >/dev/null; echo queued >&2; sleep 5 & exit 0");
    assert!(matches!(&outcome, DeliveryOutcome::Accepted { reply } if reply.ends_with(": queued")), "{outcome:?}");
    assert!(began.elapsed() < Duration::from_secs(4));
}

#[test]
fn a_program_that_is_killed_or_does_not_read_the_mail_leaves_it_in_doubt() {
    assert_eq!(kind(&run("cat >/dev/null; kill -9 $$")), "in doubt");
    let scratch = tempfile::tempdir().unwrap();
    let mut mail = mail("1@example.com");
    mail.content = ZeroizingBuf::new(b"0123456789\r\n".repeat(100_000));
    let of = |body: &str| kind(&wait(Sendmail::new(script(scratch.path(), body)).deliver(&mail)));
    assert_eq!(of("exit 0"), "in doubt");
    assert_eq!(of("exit 75"), "deferred");
}

#[test]
fn a_program_that_the_system_cannot_execute_is_found_without_starting_it() {
    let scratch = tempfile::tempdir().unwrap();
    let probed = |body: &[u8], mode: u32| {
        let path = scratch.path().join("sendmail");
        let _ = fs::remove_file(&path);
        fs::write(&path, body).unwrap();
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
        let probed = Sendmail::new(path).probe();
        probed.map_err(|transport_error| {
            assert_eq!(transport_error.kind, TransportErrorKind::Configuration);
            transport_error.message.split_once("cannot be started: ").unwrap().1.to_owned()
        })
    };
    let outer = format!("#! {}\n", script(scratch.path(), "true").display());
    for good in [&b"#!/bin/sh\n"[..], b"#!/usr/bin/env -S sh -e\n", b"#! \t/bin/sh", outer.as_bytes()] {
        assert_eq!(probed(good, 0o755), Ok(()), "{}", String::from_utf8_lossy(good));
    }
    assert_eq!(Sendmail::new("/bin/sh".into()).probe(), Ok(()));
    let format = "Exec format error (os error 8)";
    let missing = |name: &str| format!("its interpreter `{name}`: No such file or directory (os error 2)");
    for (bad, expected) in [
        (&b""[..], format.to_owned()),
        (b"echo a mail\n", format.to_owned()),
        (b"#!\n/bin/sh", format.to_owned()),
        (b"#!/nonexistent/sh -e\n", missing("/nonexistent/sh")),
        (b"#!/bin/sh\r\n", missing("/bin/sh\\u{d}")),
        (b"#!/etc/passwd\n", "its interpreter `/etc/passwd`: Permission denied (os error 13)".to_owned()),
    ] {
        assert_eq!(probed(bad, 0o755), Err(expected), "{}", String::from_utf8_lossy(bad));
    }
    let own = format!("#!{}\n", scratch.path().join("sendmail").display());
    assert!(Sendmail::new(scratch.path().join("sendmail")).probe().is_err());
    fs::write(scratch.path().join("sendmail"), own).unwrap();
    let looped = Sendmail::new(scratch.path().join("sendmail")).probe().unwrap_err();
    assert!(looped.message.ends_with("Too many levels of symbolic links (os error 40)"), "{}", looped.message);
    assert_eq!(probed(b"#!/bin/sh\n", 0o644), Err("Permission denied (os error 13)".to_owned()));
}
